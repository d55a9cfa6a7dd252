"""Where one box would help most: clusters of gaps, ranked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxreach.accessibility import REASONS
from boxreach.report.details import SpotRow, SpotTable
from boxreach.report.figures import (
    Namer,
    away_km,
    name_of,
    number_of,
    require_columns,
    share_out,
    text_of,
)
from boxreach.tables import TRANSLATIONS

if TYPE_CHECKING:
    import geopandas as gpd

    from boxreach.report.model import Name

SPOT_ROWS = 15
"""Clusters listed; the rest are added up in one row."""

_NEEDED = ("places", "people", "places_unknown_people", "spot_id", "people_gained", "geometry")


def prepare_spots(clusters: gpd.GeoDataFrame, namer: Namer) -> SpotTable | None:
    """Prepare what `boxreach.cluster_gaps` found; None if nobody is left out."""
    needed = [*_NEEDED, *(reason.lower() for reason in REASONS)]
    require_columns(clusters, needed, "clusters", "give the clusters of cluster_gaps()")
    if clusters.empty:
        return None
    columns = pd.DataFrame(clusters.drop(columns=clusters.geometry.name))
    total = float(columns["people"].sum())
    people = [int(one) for one in share_out(list(columns["people"]), total)]
    rows = tuple(
        _row(row.to_dict(), cluster, whole, point, namer)
        for (cluster, row), whole, point in zip(
            columns.iterrows(), people, clusters.geometry, strict=True
        )
    )
    thresholds = set(columns.get("threshold_minutes", ()))
    return SpotTable(
        minutes=number_of(thresholds.pop()) if len(thresholds) == 1 else None,
        rows=rows[:SPOT_ROWS],
        count=len(rows),
        places=sum(row.places for row in rows),
        people=sum(people),
        rest_count=len(rows[SPOT_ROWS:]),
        rest_places=sum(row.places for row in rows[SPOT_ROWS:]),
        rest_people=sum(people[SPOT_ROWS:]),
    )


def _row(
    row: dict[Hashable, Any], cluster: object, people: int, point: Any, namer: Namer
) -> SpotRow:
    near = _near(row)
    places = int(row["places"])
    gained = number_of(row["people_gained"]) if text_of(row["spot_id"]) else None
    counts = [int(row[reason.lower()]) for reason in REASONS]
    return SpotRow(
        name=near or name_of(row, cluster),
        away_km=away_km(row.get("near_km")) if near else None,
        governorate=namer(row.get("governorate", "")),
        places=places,
        people=None if int(row["places_unknown_people"]) == places else people,
        reason=REASONS[counts.index(max(counts))],
        gained=None if gained is None else round(gained),
        lon=float(point.x),
        lat=float(point.y),
    )


def _near(row: dict[Hashable, Any]) -> Name | None:
    """Return the community that a cluster of cells is called after, if it says one."""
    found: dict[Hashable, Any] = {"name": row.get("nearest_community")}
    found |= {f"name_{code}": row.get(f"nearest_community_{code}") for code in TRANSLATIONS}
    name = name_of(found)
    return name if name.in_language("en") else None
