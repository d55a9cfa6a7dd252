"""The figures of a run that every output repeats."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from boxreach.cli.pipeline import Results
from boxreach.cli.plan import Plan
from boxreach.cli.post_tables import describe_posting
from boxreach.cli.proposal_tables import count_candidates, describe_proposal
from boxreach.cli.what_if_tables import describe_what_if
from boxreach.exports import digits_of, plain_number
from boxreach.network import describe_network
from boxreach.routing.merging import Merging
from boxreach.tables import NAMES, TOTAL, TRANSLATIONS

_CLUSTERS = 5
_OF_CLUSTERS = (
    *NAMES,
    "near_km",
    "governorate",
    "places",
    "people",
    "people_gained",
    "places_gained",
    "spot_id",
    "spot_name",
)
_SPREAD = ("mean_minutes", "median_minutes", "p90_minutes", "gini_minutes")


def summarise_run(plan: Plan, results: Results) -> dict[str, object]:
    """Return the figures of a run that every output repeats."""
    tables = results.tables
    total = results.areas[results.areas["governorate"] == TOTAL].set_index("threshold_minutes")
    summary: dict[str, object] = {
        "threshold_minutes": plan.propose.minutes,
        "boxes": len(tables.boxes),
        **{
            name: plain_number(total[name].iloc[0]) for name in ("vehicles", "officers", "cost_usd")
        },
        "communities": {
            "total": len(tables.communities),
            "unknown_people": int(tables.communities["people"].isna().sum()),
            "covered": _by_minutes(total["places_covered"]),
            "uncovered": _by_minutes(total["places_uncovered"]),
            "uncovered_by_reason": _count_reasons(
                results.gaps[results.gaps["kind"] == "community"]
            ),
        },
        "people": _describe_people(total, results),
        "layers": {name: _describe_layer(total, name) for name in plan.inputs.communities.layers},
        "must_reach": _describe_marked(total, results.gaps),
        "gap_clusters": _describe_clusters(results.clusters),
        "demand": _describe_demand(results.demand_areas),
        "merging": _describe_merging(results.merging),
        "candidates": None if results.candidates is None else count_candidates(results.candidates),
        "network": describe_network(results.network),
    }
    if results.plan is not None:
        summary["proposal"] = describe_proposal(results.plan)
    if results.posting is not None:
        summary["posts"] = describe_posting(results.posting)
    if results.what_if is not None:
        summary["what_if"] = describe_what_if(results.what_if)
    summary["notes"] = [dict(note) for note in plan.output.notes]
    return summary


def _describe_people(total: pd.DataFrame, results: Results) -> dict[str, object]:
    """Return how many people there are where they are counted, who is reached, and who is not."""
    on_cells = results.tables.cells is not None
    left_out = results.gaps[results.gaps["kind"] == ("cell" if on_cells else "community")]
    return {
        "counted_on": "population cells" if on_cells else "communities",
        "total": plain_number(total["people"].iloc[0]),
        "unknown_places": int(total["places_unknown_people"].iloc[0]),
        "covered": _by_minutes(total["people_covered"]),
        "uncovered": _by_minutes(total["people_uncovered"]),
        "uncovered_by_reason": {
            str(reason): plain_number(people)
            for reason, people in left_out.groupby("reason")["people"].sum().items()
        },
        **_describe_minutes(total),
    }


def _describe_minutes(total: pd.DataFrame) -> dict[str, object]:
    """Return how far away the quickest box is, whatever the threshold, and who has two."""
    return {
        "two_boxes": _by_minutes(total["people_two_boxes"]),
        "without_way": plain_number(total["people_without_way"].iloc[0]),
        **{name: plain_number(total[name].iloc[0], digits_of(name)) for name in _SPREAD},
    }


def _describe_layer(total: pd.DataFrame, name: str) -> dict[str, object]:
    """Return the people of one kind; the communities are where they are known."""
    return {
        "total": plain_number(total[name].iloc[0]),
        "unknown_communities": int(total[f"places_unknown_{name}"].iloc[0]),
        "covered": _by_minutes(total[f"{name}_covered"]),
        "uncovered": _by_minutes(total[f"{name}_uncovered"]),
    }


def _describe_marked(total: pd.DataFrame, left_out: gpd.GeoDataFrame) -> object:
    """Return how many of the communities that must be reached are, and who is left out."""
    if "must_reach" not in total:
        return None
    rows = left_out[left_out["kind"] == "community"]
    rows = rows[rows["must_reach"].astype(bool)]
    return {
        "total": int(total["must_reach"].iloc[0]),
        "covered": _by_minutes(total["must_reach_covered"]),
        "left_out": [
            {"id": str(row["id"]), "name": _text(row.get("name"))}
            for row in rows.to_dict("records")
        ],
    }


def _describe_merging(merging: Merging) -> dict[str, object]:
    """Return how many rows there are, how many were searched, and what that changed at most."""
    return {
        "rows": merging.rows,
        "searched": merging.searched,
        "largest_change_minutes": plain_number(merging.largest_change_minutes),
    }


def _describe_clusters(clusters: gpd.GeoDataFrame) -> dict[str, object]:
    """Return how many pieces the gaps make, and the largest of them."""
    near = {"nearest_community": "name"} | {
        f"nearest_community_{code}": f"name_{code}" for code in TRANSLATIONS
    }
    if "nearest_community" in clusters:  # what has no name of its own
        clusters = clusters.drop(columns=near.values(), errors="ignore").rename(columns=near)
    points = clusters.geometry.head(_CLUSTERS)
    kept = [name for name in _OF_CLUSTERS if name in clusters]
    largest = [
        {"cluster_id": str(key)}
        | {name: plain_number(value) for name, value in row.items()}
        | {"lon": plain_number(point.x), "lat": plain_number(point.y)}
        for (key, row), point in zip(
            clusters[kept].head(_CLUSTERS).to_dict("index").items(), points, strict=True
        )
    ]
    return {"count": len(clusters), "largest": largest}


def _describe_demand(areas: pd.DataFrame | None) -> dict[str, object]:
    """Return what is reached of each further layer of demand."""
    if areas is None:
        return {}
    whole = areas[areas["area"] == TOTAL]
    return {
        str(layer): {
            "unit": rows["unit"].iloc[0],
            "total": plain_number(rows["total"].iloc[0]),
            "covered": _by_minutes(rows.set_index("threshold_minutes")["covered"]),
            "uncovered": _by_minutes(rows.set_index("threshold_minutes")["uncovered"]),
        }
        for layer, rows in whole.groupby("layer", sort=False)
    }


def _by_minutes(values: pd.Series[float]) -> Mapping[str, object]:
    return {f"{float(str(minutes)):g}": plain_number(value) for minutes, value in values.items()}


def _count_reasons(rows: gpd.GeoDataFrame) -> dict[str, int]:
    counts = rows["reason"].value_counts()
    return {str(reason): int(counts[reason]) for reason in sorted(counts.index)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
