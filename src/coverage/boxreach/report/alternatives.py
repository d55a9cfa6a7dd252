"""From what was asked of other states than the one planned for to the one `WhatIf`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boxreach.report.changes import (
    PlaceNames,
    prepare_round_places,
    prepare_scenario_areas,
    prepare_scenario_boxes,
    prepare_scenario_places,
    prepare_scenarios,
)
from boxreach.report.figures import Namer, name_of, text_of
from boxreach.report.ground import records_of
from boxreach.report.hinges import (
    prepare_critical,
    prepare_critical_roads,
    prepare_critical_sites,
    prepare_lost_places,
)
from boxreach.report.model import Name
from boxreach.report.openings import prepare_closures, prepare_opening, prepare_order
from boxreach.report.spread import (
    prepare_area_spreads,
    prepare_chosen,
    prepare_draws,
    prepare_plan_spreads,
    prepare_robust,
)
from boxreach.report.survey_rounds import Rounds, prepare_round_moves, prepare_steps
from boxreach.report.what_if import WhatIf

if TYPE_CHECKING:
    import pandas as pd

    from boxreach.scenarios import Comparison, Criticality, Opening, Robustness


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What was found of other states, as `write_report` takes it."""

    comparison: Comparison | None = None
    criticality: Criticality | None = None
    opening: Opening | None = None
    robustness: Robustness | None = None
    rounds: Rounds | None = None


def prepare_what_if(
    given: Alternatives, reach: pd.DataFrame, sites: Mapping[str, Name], namer: Namer
) -> WhatIf | None:
    """Prepare all that is said of other states; None where nobody asked.

    Parameters
    ----------
    given
        What was found.
    reach
        Of the communities, for their names.
    sites
        Names of the sites that the report knows.
    namer
        Gives the names of governorates.

    Raises
    ------
    InputError
        If a table lacks a column, or does not add up.
    """
    known = _place_names(reach)
    found: dict[str, Any] = {}
    if given.comparison is not None:
        found |= _of_scenarios(given.comparison, namer, known)
    if given.criticality is not None:
        found |= _of_criticality(given.criticality, known)
    if given.opening is not None:
        found |= {
            "opening": prepare_opening(given.opening),
            "closures": prepare_closures(given.opening),
            "order": prepare_order(given.opening),
        }
    if given.robustness is not None:
        found |= {
            "robust": prepare_robust(given.robustness),
            "plans": prepare_plan_spreads(given.robustness),
            "draws": prepare_draws(given.robustness),
            "spreads": prepare_area_spreads(given.robustness, namer),
            "chosen": prepare_chosen(given.robustness),
        }
    if given.rounds is not None:
        found |= _of_rounds(given.rounds, namer, known)
    if not found:
        return None
    told = WhatIf(**found)
    names = _own_names(given) | {**sites}
    named = {one: names[one] for one in sorted(sites_in(told)) if names.get(one)}
    return WhatIf(**found, names=tuple(named.items()))


def _of_scenarios(compared: Comparison, namer: Namer, known: PlaceNames) -> dict[str, Any]:
    return {
        "unit": text_of(compared.unit),
        "scenarios": prepare_scenarios(compared),
        "areas": prepare_scenario_areas(compared, namer),
        "places": prepare_scenario_places(compared, namer, known),
        "boxes": prepare_scenario_boxes(compared),
    }


def _of_criticality(given: Criticality, known: PlaceNames) -> dict[str, Any]:
    roads, sites = prepare_critical_roads(given), prepare_critical_sites(given)
    kept = {"road": [one.feature_id for one in roads], "site": [one.site_id for one in sites]}
    return {
        "critical": prepare_critical(given),
        "roads": roads,
        "sites": sites,
        "lost": prepare_lost_places(given, kept, known),
    }


def _of_rounds(rounds: Rounds, namer: Namer, known: PlaceNames) -> dict[str, Any]:
    compared = rounds.comparison
    return {
        "rounds_unit": text_of(compared.unit),
        "rounds": prepare_scenarios(compared),
        "round_areas": prepare_scenario_areas(compared, namer),
        "round_places": prepare_round_places(compared, namer, known),
        "round_boxes": prepare_scenario_boxes(compared),
        "steps": prepare_steps(rounds),
        "moves": prepare_round_moves(rounds),
    }


def _place_names(reach: pd.DataFrame) -> dict[str, Name]:
    """Return the names of communities by their ids, those that have one."""
    columns = [one for one in ("name", "name_ar", "name_ckb", "name_kmr") if one in reach]
    rows = records_of(reach[columns])
    named = {text_of(one): name_of(row) for one, row in zip(reach.index, rows, strict=True)}
    return {one: name for one, name in named.items() if name.text or name.translations}


def _own_names(given: Alternatives) -> dict[str, Name]:
    """Return the names that what was found gives to sites."""
    compared = [given.comparison, None if given.rounds is None else given.rounds.comparison]
    tables = [one.boxes.set_index("site_id") for one in compared if one is not None]
    if given.criticality is not None:
        tables.append(given.criticality.sites)
    if given.robustness is not None:
        tables.append(given.robustness.chosen)
    named = (
        (text_of(site_id), name_of(row))
        for table in tables
        for site_id, row in zip(table.index, records_of(table), strict=True)
    )
    return {site_id: name for site_id, name in named if name.text or name.translations}


def sites_in(told: WhatIf) -> set[str]:
    """Return the ids of all sites that are told of."""
    losses = [*(one.loss for one in told.roads), *(one.loss for one in told.sites)]
    every: Iterable[str] = (
        *(one.site_id for one in told.places),
        *(one.site_id_before for one in told.places),
        *(one.site_id for one in told.round_places),
        *(one.site_id_before for one in told.round_places),
        *(one.site_id for one in told.boxes),
        *(one.site_id for one in told.round_boxes),
        *(one.site_id for one in told.sites),
        *(one.next_site_id for one in losses),
        *(one.mending_site_id for one in losses),
        *(one.site_id for one in told.lost),
        *(one.site_id_before for one in told.lost),
        *(one.site_id for one in told.chosen),
    )
    return {*every} - {""}
