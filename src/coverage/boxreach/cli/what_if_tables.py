"""What scenarios change, what is critical and how robust it is, as tables, layers and figures."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from boxreach.cli.what_if import WhatIf
from boxreach.exports import plain_number
from boxreach.scenarios import Comparison, Criticality, Robustness

_OF_SCENARIOS = (
    "minutes", "boxes", "people", "within", "share", "gained", "lost", "net", "places_gained",
    "places_lost", "returned", "left",
)  # fmt: skip


_LARGEST = 5
"""Of so many roads and boxes the summary tells; files of the run list them all."""


def tabulate_what_if(found: WhatIf) -> dict[str, pd.DataFrame]:
    """Return the tables of what was asked besides, by the names of their files."""
    tables: dict[str, pd.DataFrame] = {}
    if found.comparison is not None:
        tables |= tabulate_comparison(found.comparison)
    if found.criticality is not None:
        tables["critical_roads"] = found.criticality.roads
        tables["critical_boxes"] = found.criticality.sites
        tables["critical_places"] = found.criticality.lost
    if found.opening is not None:
        tables["opening"] = found.opening.alone
        tables["opening_order"] = found.opening.together
    if found.robustness is not None:
        tables["robustness"] = found.robustness.table
        tables["robustness_draws"] = _with_factors(found.robustness)
        tables["robustness_areas"] = found.robustness.areas
        if len(found.robustness.chosen):
            tables["robustness_sites"] = found.robustness.chosen
    return tables


def _with_factors(found: Robustness) -> pd.DataFrame:
    """Return the draws with what was drawn in each; ids of closures in one text."""
    factors = found.factors.assign(
        closed=[" ".join(map(str, one)) for one in found.factors["closed"]]
    )
    return found.draws.merge(factors, on="draw", how="left", validate="many_to_one")


def tabulate_comparison(found: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables of a comparison; of the places those that anything changes."""
    return {
        "scenarios": found.table,
        "scenario_areas": found.areas,
        "scenario_places": changed_places(found),
        "scenario_boxes": found.boxes,
    }


def draw_what_if(found: WhatIf) -> dict[str, gpd.GeoDataFrame]:
    """Return what of it a map program draws, by the names of its files."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    if found.comparison is not None:
        layers["scenario_places"] = changed_places(found.comparison)
    if found.criticality is not None:
        layers["critical_roads"] = found.criticality.roads
    return layers


def changed_places(found: Comparison) -> gpd.GeoDataFrame:
    """Return the places that a scenario changes: how soon they are reached, or who lives there."""
    places = found.places
    before, after = places["people_before"].fillna(-1), places["people"].fillna(-1)
    return places[(places["change"] != "same") | (before != after)].reset_index(drop=True)


def describe_what_if(found: WhatIf) -> dict[str, object]:
    """Return the figures of what was asked besides, for ``summary.json``."""
    described: dict[str, object] = {}
    if found.comparison is not None:
        described["scenarios"] = describe_comparison(found.comparison)
    if found.criticality is not None:
        described["critical"] = _describe_criticality(found.criticality)
    if found.opening is not None:
        described["opening"] = {
            "closures": len(found.opening.alone),
            "within_closed": plain_number(found.opening.within_closed),
            "within_open": plain_number(found.opening.within_open),
        }
    if found.robustness is not None:
        described["robustness"] = _describe_robustness(found.robustness)
    return described


def _describe_criticality(found: Criticality) -> dict[str, object]:
    """Return what hangs on the road and on the box on which most people do, and how many count."""
    return {
        "minutes": found.minutes,
        "total": plain_number(found.total),
        "within": plain_number(found.within),
        **{
            name: {
                "count": len(table),
                "critical": int((table["people_lost"] > 0).sum()),
                "largest": [
                    {"id": str(key), "people_lost": plain_number(lost)}
                    for key, lost in table["people_lost"].head(_LARGEST).items()
                ],
            }
            for name, table in (("roads", found.roads), ("boxes", found.sites))
        },
    }


def _describe_robustness(found: Robustness) -> dict[str, object]:
    """Return between what how many people are reached, and how much better one could choose."""
    plans = {
        str(name): {str(key): plain_number(value) for key, value in row.items()}
        for name, row in zip(found.table.index, found.table.to_dict("records"), strict=True)
    }
    return {"minutes": found.minutes, "seed": found.seed, "plans": plans}


def describe_comparison(found: Comparison) -> list[dict[str, object]]:
    """Return the figures of each scenario, the base first, and what it changes."""
    said = found.assumptions
    changes: dict[str, dict[str, str]] = {}
    for row in [] if said is None else said.to_dict("records"):
        changes.setdefault(str(row["scenario"]), {})[str(row["field"])] = str(row["says"])
    return [
        {"scenario": str(name)}
        | {key: plain_number(row[key]) for key in _OF_SCENARIOS}
        | {"changes": changes.get(str(name), {})}
        for name, row in zip(found.table.index, found.table.to_dict("records"), strict=True)
    ]
