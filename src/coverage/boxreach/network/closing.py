"""Closures: which stretches of which roads they leave open, and which of those they slow."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from boxreach.compilation import compiled
from boxreach.crs import WGS84, Floats, require_frame
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.network.closed_roads import is_part, met_roads, wanted_ids, zones_of
from boxreach.network.legs import slow_whole_ms

_LEG_DEGREES = 0.01
_MARGIN_DEGREES = 0.01
"""More than a closure reaches beyond its shape, wherever on earth roads are."""

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

    def take(self, kept: Flags | Integers) -> OpenStretches:
        """Return the stretches that are kept."""
        return OpenStretches(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})


def slow_ms(ms: Integers, slowed: Floats) -> Integers:
    """Return milliseconds `slowed` times as long, rounded up so that nothing becomes faster.

    Examples
    --------
    >>> slow_ms(np.array([700, 700, 1]), np.array([1.0, 1 / 0.7, 1 / 0.3])).tolist()
    [700, 1000, 4]
    """
    return _slow_all(ms, slowed)


@compiled
def _slow_all(ms: Integers, slowed: Floats) -> Integers:
    slow = np.empty(len(ms), np.int64)
    for at in range(len(ms)):
        slow[at] = slow_whole_ms(ms[at], slowed[at])
    return slow


def require_known_roads(road_ids: pd.Index[str], closures: gpd.GeoDataFrame) -> None:
    """Raise `InputError` for every closure whose ``road_id`` is that of no road.

    Parameters
    ----------
    road_ids
        The ids of all roads, as often as you like.
    closures
        A closures table.
    """
    require_frame(closures, file="closures")
    wanted = wanted_ids(closures)
    if not (wanted != "").any():
        return
    known = known_roads(road_ids)
    faults = [
        Fault(f"there is no road {str(one)!r}", "closures", row, "road_id", "give the id of a road")
        for row, one in enumerate(wanted, start=1)
        if one and one not in known
    ]
    if faults:
        raise InputError(*faults)


def known_roads(road_ids: pd.Index[str]) -> set[str]:
    """Return all ids by which closures may name roads: those of the roads, and of whole ones."""
    known = set(road_ids.astype(str))
    return known | {road_id.rpartition("/")[0] for road_id in known if is_part(road_id)}


def windows_about(closures: gpd.GeoDataFrame) -> Floats:
    """Return west, south, east and north, in degrees, of all that each closure may close."""
    windows = closures.bounds.to_numpy()
    farthest = np.abs(windows[:, 1::2]).max(axis=1)
    wide = _MARGIN_DEGREES / np.maximum(np.cos(np.radians(farthest)), 0.01)
    return np.asarray(windows + np.column_stack([-wide, -wide, wide, wide]))


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
    road_ids: pd.Index[str],
    lines: Shapes,
    closures: gpd.GeoDataFrame,
    *,
    told: Flags | None = None,
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
    told
        Which closures are told if they meet no road; all if not given.

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
    wanted = wanted_ids(closures)[owner]
    edge, part = met_roads(road_ids.astype(str), lines, parts, wanted, names[owner])
    idle = np.setdiff1d(np.arange(len(closures)), owner[part])
    if told is not None:
        idle = idle[told[idle]]
    if len(idle):
        listed = ", ".join(names[idle[:10]])
        warnings.warn(f"closures that meet no road: {listed}", DataWarning, stacklevel=4)
    zones = zones_of(lines, parts, edge, part, np.isfinite(slowness[owner]))
    return _divide(lines, _spans(lines, zones, edge, part), slowness[owner])


def _slowness(closures: gpd.GeoDataFrame) -> Floats:
    """Return how many times as long each closure makes a road; infinitely where it is closed."""
    if "speed_factor" not in closures:
        return np.full(len(closures), np.inf)
    factor = closures["speed_factor"].fillna(0.0).to_numpy(dtype=float)
    slowness: Floats = np.divide(1.0, factor, out=np.full(len(factor), np.inf), where=factor > 0)
    return slowness


@dataclass(frozen=True)
class _Spans:
    """Spans of edges inside closures, in metres along the edge; no end is without end."""

    edge: Integers
    part: Integers
    start_m: Floats
    end_m: Floats


def _spans(lines: Shapes, zones: Shapes, edge: Integers, part: Integers) -> _Spans:
    """Return which spans of edges lie in the zones they meet."""
    long = shapely.length(lines[edge]) > 0
    edge, part = edge[long], part[long]
    shapely.prepare(zones)
    whole = shapely.covers(zones[part], lines[edge])
    pair, start_m, end_m = _crossings(lines[edge[~whole]], zones[part[~whole]])
    return _Spans(
        edge=np.append(edge[whole], edge[~whole][pair]),
        part=np.append(part[whole], part[~whole][pair]),
        start_m=np.append(np.zeros(whole.sum()), start_m),
        end_m=np.append(np.full(whole.sum(), np.inf), end_m),
    )


def _crossings(lines: Shapes, zones: Shapes) -> tuple[Integers, Floats, Floats]:
    """Return spans of lines in their zones: of which pair, from and to how many metres.

    Told leg by leg: a line that crosses or retraces itself passes the same place twice.
    """
    xy, pair = shapely.get_coordinates(lines, return_index=True)
    at = _metres_along(xy, pair)
    leg = np.flatnonzero(pair[1:] == pair[:-1])
    low, high = np.minimum(xy[leg], xy[leg + 1]), np.maximum(xy[leg], xy[leg + 1])
    bounds = shapely.bounds(zones)[pair[leg]]
    leg = leg[((low <= bounds[:, 2:]) & (high >= bounds[:, :2])).all(axis=1)]
    start, end, which = _inside_legs(xy, leg, zones[pair[leg]])
    leg = leg[which]
    start, end = np.minimum(at[leg] + start, at[leg + 1]), np.minimum(at[leg] + end, at[leg + 1])
    order = np.lexsort((start, leg))
    pair, start, end = pair[leg[order]], start[order], end[order]
    # Legs inside where they meet are one span.
    joined = (pair[1:] == pair[:-1]) & (start[1:] - end[:-1] < _ALIKE_M)
    first, last = (
        (np.append(True, ~joined), np.append(~joined, True)) if len(pair) else (pair, pair)
    )
    return pair[first], start[first], end[last]


def _metres_along(xy: Floats, line: Integers) -> Floats:
    """Return how far along its line each vertex lies."""
    steps = np.append(0.0, np.hypot(*np.diff(xy, axis=0).T))[: len(xy)]
    starts = np.flatnonzero(np.append(True, line[1:] != line[:-1])[: len(line)])
    steps[starts] = 0.0
    # Summed line by line: a running total over a country would cost the last digits.
    return np.concatenate([np.empty(0), *map(np.cumsum, np.split(steps, starts[1:]))])


def _expand(first: Integers, count: Integers) -> tuple[Integers, Integers]:
    """Return each run ``first … first + count - 1`` spelled out, and of which run a number is."""
    run = np.repeat(np.arange(len(count)), count)
    offset = np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    return run, first[run] + offset


def _inside_legs(xy: Floats, begin: Integers, zones: Shapes) -> tuple[Floats, Floats, Integers]:
    """Return from where to where, in metres, legs lie in their zones, and which legs those are."""
    legs = shapely.linestrings(np.stack([xy[begin], xy[begin + 1]], axis=1))
    inside = shapely.covers(zones, legs)
    cut = np.flatnonzero(~inside & shapely.intersects(zones, legs))
    pieces, leg = shapely.get_parts(shapely.intersection(legs[cut], zones[cut]), return_index=True)
    some = shapely.length(pieces) > 0
    pieces, leg = pieces[some], cut[leg[some]]
    ends = [shapely.line_locate_point(legs[leg], shapely.get_point(pieces, end)) for end in (0, -1)]
    whole = np.flatnonzero(inside & (shapely.length(legs) > 0))
    return (
        np.append(np.zeros(len(whole)), np.minimum(*ends)),
        np.append(shapely.length(legs[whole]), np.maximum(*ends)),
        np.append(whole, leg),
    )


def _divide(lines: Shapes, spans: _Spans, slowness: Floats) -> OpenStretches:
    """Return the stretches into which spans divide the edges, closed ones left out."""
    touched, line = np.unique(spans.edge, return_inverse=True)
    count, length = len(touched), shapely.length(lines[touched])
    line = np.concatenate([np.arange(count), np.arange(count), line, line])
    place = np.concatenate([np.zeros(count), length, spans.start_m, spans.end_m])
    place = np.where(place > length[line] - _ALIKE_M, length[line], place)
    order = np.lexsort((place, line))
    fresh = (np.diff(line[order]) > 0) | (np.diff(place[order]) > _ALIKE_M)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.append(0, np.cumsum(fresh))[: len(order)]
    kept = order[np.append(True, fresh)[: len(order)]]
    line, place = line[kept], place[kept]
    # A step leads from each place to the next one; the last of a line leads nowhere.
    onward = np.append(line[1:] == line[:-1], False)[: len(line)]
    slowed = np.where(onward, 1.0, np.inf)
    opening, closing = rank[2 * count :].reshape(2, -1)
    span, step = _expand(opening, closing - opening)
    np.maximum.at(slowed, step, slowness[spans.part[span]])
    # Steps that are equally slow are one stretch.
    joined = onward[:-1] & (slowed[1:] == slowed[:-1])
    first = np.flatnonzero(np.isfinite(slowed) & np.append(True, ~joined)[: len(line)])
    last = np.flatnonzero(np.isfinite(slowed) & np.append(~joined, True)[: len(line)])
    whole = length[line[first]]
    cut = OpenStretches(
        touched[line[first]], place[first] / whole, place[last + 1] / whole, slowed[first]
    )
    return _with_untouched(cut, np.setdiff1d(np.arange(len(lines)), touched))


def _with_untouched(cut: OpenStretches, untouched: Integers) -> OpenStretches:
    """Return the stretches of edges that are cut, and between them those that stay whole."""
    ones = np.ones(len(untouched))
    edge = np.append(untouched, cut.edge)
    start = np.append(0 * ones, cut.start)
    order = np.lexsort((start, edge))
    return OpenStretches(
        edge=edge[order].astype(np.int64),
        start=start[order],
        end=np.append(ones, cut.end)[order],
        slowed=np.append(ones, cut.slowed)[order],
    )
