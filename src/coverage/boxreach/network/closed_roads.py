"""Which roads a closure means, and on which ground it closes or slows them."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import STRtree

from boxreach.crs import Floats
from boxreach.errors import DataWarning

POINT_REACH_M = 50.0
"""A point means the nearest road within this distance, and slows so much of it to each side."""

_POINT_CUT_M = 1.0
_LINE_CUT_M = 15.0
_ALONG = 0.7
"""A road runs along a line if it gets on by so much of its own length along it."""

_SAME_COURSE = 0.95
"""Cosine of the angle up to which two lines through a place have the same course."""

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]


def wanted_ids(closures: gpd.GeoDataFrame) -> npt.NDArray[np.str_]:
    """Return the road each closure means, blank where it names none."""
    if "road_id" not in closures:
        return np.full(len(closures), "")
    said = closures["road_id"]
    text = said.astype(object).where(said.notna(), "").astype(str).str.strip()
    return np.asarray(text, dtype=str)


def is_part(road_id: str) -> bool:
    """Tell whether an id is that of a part of a road of several lines: id/1, id/2 and so on."""
    return road_id.rpartition("/")[2].isdecimal() and "/" in road_id


def met_roads(
    road_ids: pd.Index[str],
    lines: Shapes,
    parts: Shapes,
    wanted: npt.NDArray[np.str_],
    names: pd.Index[str],
) -> tuple[Integers, Integers]:
    """Return pairs of edge and part of a closure that it means."""
    tree = STRtree(lines)
    kind = shapely.get_dimensions(parts)
    pairs = []
    for dimension, reach_m in enumerate((POINT_REACH_M, _LINE_CUT_M, 0.0)):
        asked = np.flatnonzero(kind == dimension)
        if reach_m:
            part, edge = tree.query(parts[asked], predicate="dwithin", distance=reach_m)
        else:
            part, edge = tree.query(parts[asked], predicate="intersects")
        part = asked[part]
        meant = _is_meant(road_ids, wanted, edge, part)
        pairs.append(_choose(lines, parts, edge[meant], part[meant], road_ids, names, dimension))
    edge, part = np.concatenate(pairs, axis=1)
    order = np.lexsort((part, edge))
    return edge[order], part[order]


def _is_meant(
    road_ids: pd.Index[str], wanted: npt.NDArray[np.str_], edge: Integers, part: Integers
) -> Flags:
    """Tell which pairs of edge and closure are not ruled out by the closure's ``road_id``."""
    meant = np.asarray(wanted[part] == "")
    for at in np.flatnonzero(~meant):
        road_id, one = road_ids[edge[at]], wanted[part[at]]
        meant[at] = road_id == one or (is_part(road_id) and road_id.rpartition("/")[0] == one)
    return meant


def _choose(
    lines: Shapes,
    parts: Shapes,
    edge: Integers,
    part: Integers,
    road_ids: pd.Index[str],
    names: pd.Index[str],
    dimension: int,
) -> Integers:
    """Return of the roads in range those that are meant, as pairs of edge and part."""
    if dimension == 2 or not len(part):
        return np.stack([edge, part]).astype(np.int64)
    order = np.lexsort((road_ids[edge], part))
    edge, part = edge[order], part[order]
    one, starts = np.unique(part, return_index=True)
    chosen = []
    for number, met in zip(one, np.split(edge, starts[1:]), strict=True):
        if dimension == 0:
            kept = _nearest_roads(lines, met, parts[number], names[number])
        else:
            kept = met[~_pass_over_or_under(lines[met], parts[number])]
        chosen.append(np.stack([kept, np.full(len(kept), number)]))
    return np.concatenate(chosen, axis=1).astype(np.int64)


def _nearest_roads(lines: Shapes, met: Integers, point: shapely.Point, name: str) -> Integers:
    """Return the edges a closed point means: all at a junction, else the nearest road."""
    away = shapely.distance(lines[met], point)
    near: Integers = met[away <= away.min(initial=np.inf) + _POINT_CUT_M]
    if len(near) < 2:
        return near
    along = shapely.line_locate_point(lines[near], point)
    at_end = np.minimum(along, shapely.length(lines[near]) - along) <= _POINT_CUT_M
    if at_end.any():
        return np.asarray(near[at_end])
    course = _courses(lines[near], along)
    # Both directions of a street may be lines of their own, one upon the other.
    same = np.abs(course @ course[0]) > _SAME_COURSE
    if not same.all():
        warnings.warn(
            f"the closed point {name} lies where roads cross; one is closed: name it as road_id",
            DataWarning,
            stacklevel=7,
        )
    return np.asarray(near[same])


def _courses(lines: Shapes, along: Floats) -> Floats:
    """Return the unit vectors in which lines run at places so far along them."""
    before, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(at, 0.0)))
        for at in (along - _POINT_CUT_M, along + _POINT_CUT_M)
    )
    step = after - before
    return np.asarray(step / np.maximum(np.hypot(*step.T), 1e-9)[:, None])


def _pass_over_or_under(lines: Shapes, closed: shapely.LineString) -> Flags:
    """Tell which edges only pass over or under a road along which a closed line runs.

    They cross that road and share none of its ends: where roads meet, edges end.
    """
    beside = shapely.intersection(lines, shapely.buffer(closed, _LINE_CUT_M, cap_style="flat"))
    pieces, line = shapely.get_parts(beside, return_index=True)
    some = shapely.length(pieces) > 0
    pieces, line = pieces[some], line[some]
    first, last = (
        shapely.line_locate_point(closed, shapely.get_point(pieces, side)) for side in (0, -1)
    )
    along = np.zeros(len(lines), dtype=bool)
    along[line[np.abs(last - first) >= _ALONG * shapely.length(pieces)]] = True
    if along.all() or not along.any():
        return np.zeros(len(lines), dtype=bool)
    road = shapely.union_all(lines[along])
    ends = shapely.multipoints(
        [end for side in (0, -1) for end in shapely.get_point(lines[along], side)]
    )
    touching = shapely.boundary(lines)
    joined = shapely.dwithin(touching, ends, _POINT_CUT_M) | shapely.is_empty(touching)
    elsewhere = shapely.difference(closed, shapely.buffer(road, _LINE_CUT_M))
    return np.asarray(
        ~along & ~joined & shapely.intersects(lines, road) & ~shapely.intersects(lines, elsewhere)
    )


def zones_of(lines: Shapes, parts: Shapes, edge: Integers, part: Integers, slowed: Flags) -> Shapes:
    """Return the ground on which each part closes or slows the roads it means."""
    zones = parts.copy()
    kind = shapely.get_dimensions(parts)
    zones[kind == 1] = shapely.buffer(parts[kind == 1], _LINE_CUT_M)
    for one in np.unique(part[kind[part] == 0]):
        road = lines[edge[part == one]]
        places = shapely.line_interpolate_point(road, shapely.line_locate_point(road, parts[one]))
        reach_m = POINT_REACH_M if slowed[one] else _POINT_CUT_M
        zones[one] = shapely.union_all(shapely.buffer(places, reach_m))
    return zones
