"""What hangs on each road and box, and what opening a road brings, as columns of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.crs import to_wgs84
from boxreach.maps.changes import find_ids, points_within
from boxreach.maps.columns import (
    Columns,
    fill_columns,
    names_of,
    numbers_of,
    positions_of,
    texts_of,
)
from boxreach.maps.lines import encode_lines
from boxreach.maps.packing import pack_integers

if TYPE_CHECKING:
    from boxreach.scenarios import Criticality, Opening

_DETAIL_DEGREES = 5e-5
"""Roads that are critical lie within some 5 m of their places."""
_LOSES = {
    "people_within": 3,
    "people_lost": 3,
    "places_lost": 0,
    "people_slower": 3,
    "slower_minutes": 3,
    "next_minutes": 3,
    "people_mended": 3,
}
_BRINGS = {"people_regained": 3, "places_regained": 0, "quicker_minutes": 3, "cost_usd": 0}
_PER_MINUTE = 10


def write_critical(
    criticality: Criticality | None, reach: gpd.GeoDataFrame, *, coarse: bool = False
) -> dict[str, Any] | None:
    """Return criticality as columns: roads, boxes, and of each the places that lose reach.

    Parameters
    ----------
    criticality
        What `boxreach.scenarios.criticality` returned.
    reach
        A row per community of the map; places that it lacks are counted, and not listed.
    coarse
        Write times in whole minutes and not in tenths.
    """
    if criticality is None:
        return None
    roads = to_wgs84(criticality.roads, file="criticality")
    sites = to_wgs84(criticality.sites, file="criticality")
    sides = {"road": roads, "site": sites}
    return {
        "minutes": float(criticality.minutes),
        "total": round(float(criticality.total), 3),
        "within": round(float(criticality.within), 3),
        "roads": _write_things(roads),
        "sites": _write_things(sites),
        "lost": {
            what: _write_lost(criticality.lost, what, table, reach, 1 if coarse else _PER_MINUTE)
            for what, table in sides.items()
        },
        "per_minute": 1 if coarse else _PER_MINUTE,
    }


def write_opening(opening: Opening | None) -> dict[str, Any] | None:
    """Return closed roads as columns, and the order in which opening them helps most."""
    if opening is None:
        return None
    alone = to_wgs84(opening.alone, file="opening")
    together = opening.together.reset_index()
    closures = pd.Index([str(one) for one in alone.index], dtype=object)
    at = closures.get_indexer(pd.Index(list(texts_of(together, "closure_id")), dtype=object))
    return {
        "minutes": float(opening.minutes),
        "closed": round(float(opening.within_closed), 3),
        "open": round(float(opening.within_open), 3),
        "alone": _shapes_of(alone)
        | fill_columns({"reason": texts_of(alone, "reason").tolist()})
        | {key: numbers_of(alone, key, digits) for key, digits in _BRINGS.items()},
        "together": {"rank": numbers_of(together, "rank", 0), "at": at.tolist()}
        | {key: numbers_of(together, key, 3) for key in ("people_gained", "people_regained")},
    }


def _write_things(table: gpd.GeoDataFrame) -> Columns:
    """Return roads or boxes: what each is, who loses reach without it, and what mends that."""
    if not len(table):
        return {}
    texts = {"what": "kind", "road_class": "road_class", "next_site": "next_site_id",
             "mending_site": "mending_site_id"}  # fmt: skip
    return (
        _shapes_of(table)
        | fill_columns({key: texts_of(table, column).tolist() for key, column in texts.items()})
        | fill_columns({key: numbers_of(table, key, digits) for key, digits in _LOSES.items()})
    )


def _shapes_of(table: gpd.GeoDataFrame) -> Columns:
    """Return ids, names, where each is, and its lines; points have none."""
    if not len(table):
        return {}
    lines = [_lines(shape) for shape in table.geometry]
    return (
        {"id": [str(one) for one in table.index]}
        | names_of(table)
        | positions_of(_middles(table))
        | ({"lines": lines} if any(lines) else {})
    )


def _middles(table: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return a place on each shape: of a line its middle, or that of its longest part."""
    shapes = table.geometry.to_numpy()
    parts, of = shapely.get_parts(shapes, return_index=True)
    length = shapely.length(parts)
    order = np.lexsort((-length, of))
    first = order[np.unique(of[order], return_index=True)[1]]
    first = first[length[first] > 0]
    first = first[shapely.get_dimensions(parts[first]) == 1]
    where = points_within(table)
    middle = shapely.line_interpolate_point(parts[first], 0.5, normalized=True)
    where[of[first]] = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    return where


def _lines(shape: shapely.Geometry | None) -> list[str]:
    if shape is None or shape.geom_type.endswith("Point"):
        return []
    outline = shape.boundary if shape.geom_type.endswith("Polygon") else shape
    return encode_lines([outline], detail_degrees=_DETAIL_DEGREES)


def _write_lost(
    lost: pd.DataFrame, what: str, things: gpd.GeoDataFrame, reach: gpd.GeoDataFrame, per: int
) -> dict[str, Any]:
    """Return who loses reach: of each thing how many places, each a step on from the one before.

    Of each place follow its minutes then, raised to whole units and one more, and its box then,
    one more than its position among ``sites``; 0 where there is none.
    """
    own = lost[texts_of(lost, "what") == what]
    ids = pd.Index([str(one) for one in things.index], dtype=object)
    thing = ids.get_indexer(pd.Index(list(texts_of(own, "feature_id")), dtype=object))
    place = reach.index.astype(object).get_indexer(find_ids(own, reach))
    kept = np.flatnonzero((thing >= 0) & (place >= 0))
    kept = kept[np.lexsort((place[kept], thing[kept]))]
    thing, place, own = thing[kept], place[kept], own.iloc[kept]
    step = np.diff(place, prepend=0)
    starts = np.diff(thing, prepend=-1) != 0
    step[starts] = place[starts]
    minutes = own["minutes"].to_numpy(dtype=float)
    known = np.isfinite(minutes)
    units = np.where(known, np.ceil(np.where(known, minutes, 0.0) * per - 1e-6) + 1, 0)
    names = texts_of(own, "site_id")
    sites = sorted({*names} - {""})
    at = {"": 0} | {one: position + 1 for position, one in enumerate(sites)}
    return {
        "count": pack_integers(np.bincount(thing, minlength=len(ids))),
        "place": pack_integers(step.astype(np.int64)),
        "units": pack_integers(units.astype(np.int64)),
        "site": pack_integers(np.array([at[one] for one in names], dtype=np.int64)),
        "sites": sites,
    }
