"""Closures: which stretches of which roads they leave open, and which of those they slow."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from shapely import STRtree

from boxreach.crs import WGS84, Floats
from boxreach.errors import DataWarning, Fault, InputError

POINT_REACH_M = 50.0
"""A point means the nearest road within this distance, and slows so much of it to each side."""

_POINT_CUT_M = 1.0
_LINE_CUT_M = 15.0
_ALONG = 0.7
"""A road runs along a line if it gets on by so much of its own length along it."""

_SAME_COURSE = 0.95
"""Cosine of the angle up to which two lines through a place have the same course."""

_LEG_DEGREES = 0.01
_ALIKE_M = 1e-6
"""Places of a road so near to each other are one place: a micrometre is less than any cut."""

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class OpenStretches:
    """What is left open of edges, by edge and then by start.

    Attributes
    ----------
    edge
        Positions of the edges.
    start, end
        From and to which share of its edge a stretch goes. Where one ends with exactly the share
        with which the next begins, they are joined there; any other end between 0 and 1 is a cut.
    slowed
        How many times as long a stretch takes; 1 where it is as quick as ever.
    """

    edge: Integers
    start: Floats
    end: Floats
    slowed: Floats


def slow_ms(ms: Integers, slowed: Floats) -> Integers:
    """Return milliseconds `slowed` times as long, rounded up so that nothing becomes faster.

    Examples
    --------
    >>> slow_ms(np.array([700, 700, 1]), np.array([1.0, 1 / 0.7, 1 / 0.3])).tolist()
    [700, 1000, 4]
    """
    # A factor such as 1 / 0.7 is off in its last digit, which must not cost a millisecond.
    return np.ceil(np.round(ms * slowed, 6)).astype(np.int64)


def require_known_roads(road_ids: pd.Index[str], closures: gpd.GeoDataFrame) -> None:
    """Raise `InputError` for every closure whose ``road_id`` is that of no road.

    Parameters
    ----------
    road_ids
        The ids of all roads, as often as you like.
    closures
        A closures table.
    """
    wanted = _wanted_ids(closures)
    if not (wanted != "").any():
        return
    known = set(road_ids.astype(str))
    known |= {road_id.rpartition("/")[0] for road_id in known if _is_part(road_id)}
    faults = [
        Fault(f"there is no road {str(one)!r}", "closures", row, "road_id", "give the id of a road")
        for row, one in enumerate(wanted, start=1)
        if one and one not in known
    ]
    if faults:
        raise InputError(*faults)


def project_closures(closures: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return closures in a system in metres, outlines that cross themselves repaired.

    Parameters
    ----------
    closures
        A closures table in EPSG:4326. What is straight there is bent in metres, so long legs are
        divided first.
    crs
        The system, as of `boxreach.crs.metric_crs`.

    Warns
    -----
    DataWarning
        For outlines that were repaired.
    """
    shapes = closures.geometry.to_numpy().copy()
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        names = ", ".join(closures.index[broken][:10].astype(str))
        warnings.warn(
            f"closures whose outline crosses itself were repaired: {names}",
            DataWarning,
            stacklevel=3,
        )
        shapes[broken] = shapely.make_valid(
            shapes[broken], method="structure", keep_collapsed=False
        )
    return closures.set_geometry(shapely.segmentize(shapes, _LEG_DEGREES), crs=WGS84).to_crs(crs)


def find_open_stretches(
    road_ids: pd.Index[str], lines: Shapes, closures: gpd.GeoDataFrame
) -> OpenStretches:
    """Return what is left of edges when closures are cut out, and how much it is slowed.

    Parameters
    ----------
    road_ids
        The id of the road of each edge.
    lines
        The edges as lines in a system in metres: at least all that lie within `POINT_REACH_M` of
        a closure.
    closures
        A closures table in that system, as of `project_closures`. Areas close every road inside
        them. Lines close what they cross, and roads along them within 15 m, but not what passes
        over or under a road along which they run. A point on a junction closes all roads there;
        any other point closes the nearest road within 50 m, and only that one, so a road under a
        closed bridge stays open. Where ``road_id`` is given, only that road is meant. With a
        ``speed_factor`` above 0 the same stretches are not closed but slowed, those of a point
        for 50 m to each side. Closed comes before slowed, slower before less slow.

    Returns
    -------
    OpenStretches
        Of every edge, those that no closure meets being one stretch.

    Warns
    -----
    DataWarning
        For closures that meet no road, and for a point on two roads that cross.
    """
    parts, owner = shapely.get_parts(closures.geometry.to_numpy(), return_index=True)
    slowness = _slowness(closures)
    names = closures.index.astype(str)
    wanted = _wanted_ids(closures)[owner]
    edge, part = _met_roads(road_ids.astype(str), lines, parts, wanted, names[owner])
    idle = np.setdiff1d(np.arange(len(closures)), owner[part])
    if len(idle):
        listed = ", ".join(names[idle[:10]])
        warnings.warn(f"closures that meet no road: {listed}", DataWarning, stacklevel=4)
    zones = _zones(lines, parts, edge, part, np.isfinite(slowness[owner]))
    touched, spans = _spans(lines, zones, edge, part)
    return _join(len(lines), touched, _sweep(lines[touched], spans, slowness[owner]))


def _slowness(closures: gpd.GeoDataFrame) -> Floats:
    """Return how many times as long each closure makes a road; infinitely where it is closed."""
    if "speed_factor" not in closures:
        return np.full(len(closures), np.inf)
    factor = closures["speed_factor"].fillna(0.0).to_numpy(dtype=float)
    slowness: Floats = np.divide(1.0, factor, out=np.full(len(factor), np.inf), where=factor > 0)
    return slowness


def _wanted_ids(closures: gpd.GeoDataFrame) -> npt.NDArray[np.str_]:
    """Return the road each closure means, blank where it names none."""
    if "road_id" not in closures:
        return np.full(len(closures), "")
    said = closures["road_id"]
    text = said.astype(object).where(said.notna(), "").astype(str).str.strip()
    return np.asarray(text, dtype=str)


def _is_part(road_id: str) -> bool:
    """Tell whether an id is that of a part of a road of several lines: id/1, id/2 and so on."""
    return road_id.rpartition("/")[2].isdecimal() and "/" in road_id


# --- which roads a closure means -----------------------------------------------------------


def _met_roads(
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
        meant[at] = road_id == one or (_is_part(road_id) and road_id.rpartition("/")[0] == one)
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
    return np.asarray(step / np.maximum(np.hypot(*step.T), _ALIKE_M)[:, None])


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


def _zones(lines: Shapes, parts: Shapes, edge: Integers, part: Integers, slowed: Flags) -> Shapes:
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


# --- where along its edges -----------------------------------------------------------------


@dataclass(frozen=True)
class _Spans:
    """Spans of edges inside closures: metres along the edge, told leg by leg and then joined."""

    line: Integers
    part: Integers
    start_m: Floats
    end_m: Floats


def _spans(lines: Shapes, zones: Shapes, edge: Integers, part: Integers) -> tuple[Integers, _Spans]:
    """Return the edges that closures touch, and which spans of them lie in which zone.

    Told leg by leg: a line that crosses or retraces itself passes the same place twice.
    """
    long = shapely.length(lines[edge]) > 0
    edge, part = edge[long], part[long]
    touched, line = np.unique(edge, return_inverse=True)
    xy, owner = shapely.get_coordinates(lines[touched], return_index=True)
    begin = np.flatnonzero(owner[1:] == owner[:-1])
    at = _metres_along(xy, owner)
    first = np.searchsorted(owner[begin], np.arange(len(touched) + 1))
    pair, leg = _expand(first[line], np.diff(first)[line])
    low, high = np.minimum(xy[begin], xy[begin + 1]), np.maximum(xy[begin], xy[begin + 1])
    bounds = shapely.bounds(zones)[part[pair]]
    near = ((low[leg] <= bounds[:, 2:]) & (high[leg] >= bounds[:, :2])).all(axis=1)
    pair, leg = pair[near], leg[near]
    start, end, which = _inside_legs(xy, begin[leg], zones, part[pair])
    pair, leg = pair[which], begin[leg[which]]
    start, end = np.minimum(at[leg] + start, at[leg + 1]), np.minimum(at[leg] + end, at[leg + 1])
    order = np.lexsort((start, pair))
    pair, start, end = pair[order], start[order], end[order]
    # Legs inside where they meet are one span.
    fresh = np.append(True, (pair[1:] != pair[:-1]) | (start[1:] - end[:-1] >= _ALIKE_M))
    fresh = fresh[: len(pair)]
    last = np.append(fresh[1:], True)[: len(pair)]
    pair = pair[fresh]
    return touched, _Spans(line[pair], part[pair], start[fresh], end[last])


def _metres_along(xy: Floats, owner: Integers) -> Floats:
    """Return how far along its line each vertex lies."""
    steps = np.append(0.0, np.hypot(*np.diff(xy, axis=0).T))
    first = np.append(True, owner[1:] != owner[:-1])[: len(owner)]
    starts = np.flatnonzero(first)
    # Summed line by line: a running total over a country would cost the last digits.
    steps[: len(first)][first] = 0.0
    return np.concatenate([np.empty(0), *map(np.cumsum, np.split(steps[: len(xy)], starts[1:]))])


def _expand(first: Integers, count: Integers) -> tuple[Integers, Integers]:
    """Return each run ``first … first + count - 1`` spelled out, and of which run a number is."""
    run = np.repeat(np.arange(len(count)), count)
    offset = np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    return run, first[run] + offset


def _inside_legs(
    xy: Floats, begin: Integers, zones: Shapes, zone: Integers
) -> tuple[Floats, Floats, Integers]:
    """Return from where to where, in metres, legs lie in their zones, and which legs those are."""
    legs = shapely.linestrings(np.stack([xy[begin], xy[begin + 1]], axis=1))
    shapely.prepare(zones)
    whole = shapely.covers(zones[zone], legs)
    some = np.flatnonzero(~whole & shapely.intersects(zones[zone], legs))
    pieces, of = shapely.get_parts(
        shapely.intersection(legs[some], zones[zone[some]]), return_index=True
    )
    real = shapely.length(pieces) > 0
    pieces, of = pieces[real], some[of[real]]
    ends = [
        shapely.line_locate_point(legs[of], shapely.get_point(pieces, side)) for side in (0, -1)
    ]
    whole_of = np.flatnonzero(whole & (shapely.length(legs) > 0))
    return (
        np.append(np.zeros(len(whole_of)), np.minimum(*ends)),
        np.append(shapely.length(legs[whole_of]), np.maximum(*ends)),
        np.append(whole_of, of),
    )


def _sweep(lines: Shapes, spans: _Spans, slowness: Floats) -> OpenStretches:
    """Return the stretches into which spans divide lines, closed ones left out."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    length = _metres_along(xy, owner)[np.append(owner[1:] != owner[:-1], True)[: len(owner)]]
    count = len(lines)
    line = np.concatenate([np.arange(count), np.arange(count), spans.line, spans.line])
    place = np.concatenate([np.zeros(count), length, spans.start_m, spans.end_m])
    place = np.where(place > length[line] - _ALIKE_M, length[line], place)
    order = np.lexsort((place, line))
    fresh = (np.diff(line[order]) > 0) | (np.diff(place[order]) > _ALIKE_M)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.append(0, np.cumsum(fresh))[: len(order)]
    kept = order[np.append(True, fresh)[: len(order)]]
    line, place = line[kept], place[kept]
    # A step leads from each place to the next one; the last of a line leads nowhere.
    worst = np.where(np.append(line[1:] == line[:-1], False)[: len(line)], 1.0, np.inf)
    opening, closing = rank[2 * count :].reshape(2, -1)
    span, step = _expand(opening, closing - opening)
    np.maximum.at(worst, step, slowness[spans.part[span]])
    going_on = np.append(False, (worst[1:] == worst[:-1]) & (line[1:] == line[:-1]))[: len(line)]
    first = np.isfinite(worst) & ~going_on
    last = np.isfinite(worst) & ~np.append(going_on[1:], False)[: len(line)]
    edge, end = line[first], np.flatnonzero(last) + 1
    return OpenStretches(edge, place[first] / length[edge], place[end] / length[edge], worst[first])


def _join(count: int, touched: Integers, cut: OpenStretches) -> OpenStretches:
    """Return the stretches of touched edges, and between them the edges that stay whole."""
    whole = np.setdiff1d(np.arange(count), touched)
    edge = np.append(whole, touched[cut.edge]).astype(np.int64)
    start = np.append(np.zeros(len(whole)), cut.start)
    order = np.lexsort((start, edge))
    return OpenStretches(
        edge=edge[order],
        start=start[order],
        end=np.append(np.ones(len(whole)), cut.end)[order],
        slowed=np.append(np.ones(len(whole)), cut.slowed)[order],
    )
