"""From what was asked of other states than the one planned for to the one `WhatIf`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boxreach.report.changes import (
    prepare_scenario_areas,
    prepare_scenario_boxes,
    prepare_scenario_places,
    prepare_scenarios,
)
from boxreach.report.figures import Namer, name_of, require_columns, text_of
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
from boxreach.report.what_if import WhatIf

if TYPE_CHECKING:
    import geopandas as gpd

    from boxreach.scenarios import Comparison, Criticality, Opening, Robustness


@dataclass(frozen=True, eq=False)
class Alternatives:
    """What was found of other states, as `write_report` takes it."""

    comparison: Comparison | None = None
    criticality: Criticality | None = None
    opening: Opening | None = None
    robustness: Robustness | None = None


def prepare_what_if(
    given: Alternatives, reach: gpd.GeoDataFrame, sites: Mapping[str, Name], namer: Namer
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
        found |= {
            "unit": text_of(given.comparison.unit),
            "scenarios": prepare_scenarios(given.comparison),
            "areas": prepare_scenario_areas(given.comparison, namer),
            "places": prepare_scenario_places(given.comparison, namer, known),
            "boxes": prepare_scenario_boxes(given.comparison),
        }
    if given.criticality is not None:
        roads = prepare_critical_roads(given.criticality)
        hinges = prepare_critical_sites(given.criticality)
        kept = {"road": {one.feature_id for one in roads}, "site": {one.site_id for one in hinges}}
        found |= {
            "critical": prepare_critical(given.criticality),
            "roads": roads,
            "sites": hinges,
            "lost": prepare_lost_places(given.criticality, kept, known),
        }
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
    if not found:
        return None
    told = WhatIf(**found)
    names = _own_names(given) | {**sites}
    named = {one: names[one] for one in sorted(sites_in(told)) if names.get(one)}
    return WhatIf(**found, names=tuple(named.items()))


def _place_names(reach: gpd.GeoDataFrame) -> dict[str, Name]:
    """Return the names of communities by their ids, those that have one."""
    columns = [one for one in ("name", "name_ar", "name_ckb", "name_kmr") if one in reach]
    records = reach[columns].to_dict("records")
    named = {text_of(one): name_of(row) for one, row in zip(reach.index, records, strict=True)}
    return {one: name for one, name in named.items() if name.text or name.translations}


def _own_names(given: Alternatives) -> dict[str, Name]:
    """Return the names that what was found gives to sites."""
    rows: list[tuple[Any, dict[Any, Any]]] = []
    if given.comparison is not None:
        require_columns(given.comparison.boxes, ["site_id"], "comparison.boxes", "give compare()'s")
        table = given.comparison.boxes
        rows += zip(
            table["site_id"], table.drop(columns="geometry").to_dict("records"), strict=True
        )
    if given.criticality is not None:
        table = given.criticality.sites
        rows += zip(table.index, table.drop(columns="geometry").to_dict("records"), strict=True)
    if given.robustness is not None and len(given.robustness.chosen):
        table = given.robustness.chosen
        rows += zip(table.index, table.drop(columns="geometry").to_dict("records"), strict=True)
    named = ((text_of(site_id), name_of(row)) for site_id, row in rows)
    return {site_id: name for site_id, name in named if name.text or name.translations}


def sites_in(told: WhatIf) -> set[str]:
    """Return the ids of all sites that are told of."""
    losses = [*(one.loss for one in told.roads), *(one.loss for one in told.sites)]
    every: Iterable[str] = (
        *(one.site_id for one in told.places),
        *(one.site_id_before for one in told.places),
        *(one.site_id for one in told.boxes),
        *(one.site_id for one in told.sites),
        *(one.next_site_id for one in losses),
        *(one.mending_site_id for one in losses),
        *(one.site_id for one in told.lost),
        *(one.site_id_before for one in told.lost),
        *(one.site_id for one in told.chosen),
    )
    return {*every} - {""}
