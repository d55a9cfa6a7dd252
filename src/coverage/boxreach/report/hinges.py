"""From a criticality to what the report says of bridges, roads and boxes on which much hangs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from boxreach.crs import to_wgs84
from boxreach.report.changes import PlaceNames, digits_of
from boxreach.report.figures import name_of, number_of, require_columns, text_of
from boxreach.report.site_sheet import Point
from boxreach.report.what_if import (
    CriticalRoad,
    CriticalSite,
    CriticalSums,
    Loss,
    LostPlace,
    Paths,
)

if TYPE_CHECKING:
    from boxreach.scenarios import Criticality

MOST_KEPT = 200
"""So many roads, and so many sites, are kept at most: those without which most lose reach."""

MOST_LOST = 25
"""So many places are named of each of them at most."""

_LOSS = (
    "people_lost", "places_lost", "people_slower", "slower_minutes", "next_site_id", "next_minutes",
    "mending_site_id", "people_mended",
)  # fmt: skip
_LOST = ("what", "people", "site_id_before", "minutes_before", "site_id", "minutes")
_ADVICE = "give what criticality() returned"


def prepare_critical(found: Criticality) -> CriticalSums:
    """Prepare what holds for all roads and sites that were looked at."""
    require_columns(found.roads, ["kind", "road_class", *_LOSS], "criticality.roads", _ADVICE)
    require_columns(found.sites, ["people_within", *_LOSS], "criticality.sites", _ADVICE)
    digits = digits_of(found.unit)
    both = pd.concat([found.roads["mending_site_id"], found.sites["mending_site_id"]])
    return CriticalSums(
        minutes=float(found.minutes),
        cutoff_minutes=float(found.cutoff_minutes),
        total=round(float(found.total), digits),
        within=round(float(found.within), digits),
        unit=found.unit,
        roads=len(found.roads),
        roads_needed=int((found.roads["people_lost"] > 0).sum()),
        sites=len(found.sites),
        sites_needed=int((found.sites["people_lost"] > 0).sum()),
        mending=any(map(text_of, both)),
    )


def prepare_critical_roads(found: Criticality) -> tuple[CriticalRoad, ...]:
    """Prepare the roads, those without which most lose reach first."""
    table = _worst_first(found.roads)
    digits = digits_of(prepare_critical(found).unit)
    rows = zip(table.index, _records(table), paths_of(table), strict=True)
    return tuple(
        CriticalRoad(
            feature_id=text_of(feature_id),
            name=name_of(row),
            kind=text_of(row["kind"]),
            road_class=text_of(row["road_class"]),
            loss=_loss(row, digits),
            paths=paths,
        )
        for feature_id, row, paths in rows
    )


def prepare_critical_sites(found: Criticality) -> tuple[CriticalSite, ...]:
    """Prepare the boxes or posts, those without which most lose reach first."""
    table = _worst_first(found.sites)
    digits = digits_of(prepare_critical(found).unit)
    return tuple(
        CriticalSite(
            site_id=text_of(site_id),
            name=name_of(row, site_id),
            within=round(number_of(row["people_within"]) or 0.0, digits),
            loss=_loss(row, digits),
        )
        for site_id, row in zip(table.index, _records(table), strict=True)
    )


def _worst_first(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return those without which most lose reach, of ties bridges first, then most are later."""
    lost, slower = (
        table[one].fillna(0.0).astype(float) for one in ("people_lost", "people_slower")
    )
    road = table["kind"] != "bridge" if "kind" in table else 0 * lost
    keys = list(zip(-lost, road, -slower, map(text_of, table.index), strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return table.iloc[order[:MOST_KEPT]]


def _records(table: gpd.GeoDataFrame) -> list[dict[Hashable, Any]]:
    return pd.DataFrame(table.drop(columns=table.geometry.name)).to_dict("records")


def _loss(row: Mapping[Hashable, Any], digits: int) -> Loss:
    mending = text_of(row["mending_site_id"])
    return Loss(
        lost=round(number_of(row["people_lost"]) or 0.0, digits),
        places=int(number_of(row["places_lost"]) or 0),
        slower=round(number_of(row["people_slower"]) or 0.0, digits),
        slower_minutes=number_of(row["slower_minutes"]),
        next_site_id=text_of(row["next_site_id"]),
        next_minutes=number_of(row["next_minutes"]),
        mending_site_id=mending,
        mended=round(number_of(row["people_mended"]) or 0.0, digits) if mending else None,
    )


def prepare_lost_places(
    found: Criticality, kept: Mapping[str, Sequence[str]], known: PlaceNames
) -> tuple[LostPlace, ...]:
    """Prepare the places that lose reach, those with most people first in each case.

    Parameters
    ----------
    found
        The criticality.
    kept
        Ids of roads and of sites that are told, in their order, under ``road`` and ``site``.
    known
        Names of places.
    """
    table = found.lost
    require_columns(table, ["feature_id", *_LOST], "criticality.lost", _ADVICE)
    places = next(
        (one for one in ("community_id", "cell_id", "segment_id") if one in table),
        str(table.columns[-1]),
    )
    told = pd.Series(False, index=table.index)
    for what, ids in kept.items():
        told |= (table["what"] == what) & table["feature_id"].astype(str).isin(ids)
    table = table[told].sort_values(
        ["people", places], ascending=[False, True], kind="stable", na_position="last"
    )
    # The cases in the order of their roads and sites, which is that of what is kept.
    order = {(what, one): at for what, ids in kept.items() for at, one in enumerate(ids)}
    table = table.groupby(["what", "feature_id"], sort=False).head(MOST_LOST)
    digits = digits_of(prepare_critical(found).unit)
    rows = [_lost(row, places, known, digits) for row in table.to_dict("records")]
    return tuple(sorted(rows, key=lambda one: order[one.what, one.of_id]))


def _lost(
    row: Mapping[Hashable, Any], places: Hashable, known: PlaceNames, digits: int
) -> LostPlace:
    place_id, people = text_of(row[places]), number_of(row["people"])
    return LostPlace(
        what=text_of(row["what"]),
        of_id=text_of(row["feature_id"]),
        place_id=place_id,
        name=known.get(place_id) or name_of(row, place_id),
        people=None if people is None else round(people, digits),
        site_id_before=text_of(row["site_id_before"]),
        minutes_before=number_of(row["minutes_before"]),
        site_id=text_of(row["site_id"]),
        minutes=number_of(row["minutes"]),
    )


def paths_of(table: gpd.GeoDataFrame) -> list[Paths]:
    """Return the lines of shapes in degrees; of an area its edges, of a place a single point.

    Examples
    --------
    >>> bridge = gpd.GeoSeries.from_wkt(["LINESTRING (44 36, 44.5 36)", "POINT (44 36)"], crs=4326)
    >>> paths_of(gpd.GeoDataFrame(geometry=bridge))
    [(((44.0, 36.0), (44.5, 36.0)),), (((44.0, 36.0),),)]
    """
    return [_paths(shape) for shape in to_wgs84(table).geometry]


def _paths(shape: Any) -> Paths:
    if shape is None or shape.is_empty:
        return ()
    parts = shapely.get_parts(shapely.force_2d(shape))
    lines = (part.boundary if part.geom_type == "Polygon" else part for part in parts)
    return tuple(
        tuple(_point(*place) for place in shapely.get_coordinates(one).tolist())
        for line in lines
        for one in shapely.get_parts(line)
    )


def _point(x: float, y: float) -> Point:
    return round(x, 6), round(y, 6)
