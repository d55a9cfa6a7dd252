"""The nearest place of every edge within range of a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats, metres_per_degree, point_distances_m
from boxreach.network.edges import Edges
from boxreach.network.grid import LegGrid
from boxreach.network.legs import (
    LONGEST_MS,
    UNITS_PER_DEGREE,
    leg_ends,
    leg_length,
    margin_of,
    pace_row,
    whole_ms,
)

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_UNIT = 1 / UNITS_PER_DEGREE

_SHARES = 2.0**32
_SAME_SHARE = 1e-9
_SAME_M2 = 1e-6


@dataclass(frozen=True, eq=False)
class Near:
    """Edges near points, by point and then by edge.

    Attributes
    ----------
    point, edge
        Positions.
    share
        Where along the edge its nearest place lies, rising from tail to head.
    lon, lat
        That place, in degrees.
    there_ms, back_ms
        From the edge's tail to that place and back, as `Edges.part_ms` counts them, and what is
        waited at the tail by who comes back to it.
    leg
        Which leg of the edge it lies on.
    leg_there_ms, leg_back_ms
        From the beginning of the leg to that place and back, not rounded.
    metres
        How far it is.
    """

    point: Longs
    edge: Longs
    share: Floats
    lon: Floats
    lat: Floats
    there_ms: Longs
    back_ms: Longs
    leg: Longs
    leg_there_ms: Floats
    leg_back_ms: Floats
    metres: Floats


def find_near(
    edges: Edges, grid: LegGrid, lon: Floats, lat: Floats, range_m: float, most: int
) -> tuple[Near, int]:
    """Return what is near to the first points, until there are about as many as `most`.

    Parameters
    ----------
    edges, grid
        Where to look.
    lon, lat
        The points, in degrees.
    range_m
        How far away an edge may be.
    most
        When to stop.

    Returns
    -------
    tuple
        What was found, and of how many of the points.
    """
    east_m, north_m = metres_per_degree(lat)
    # A hair beyond the range: those found are measured again.
    search_m = range_m * margin_of(float(np.abs(lat).max(initial=0.0)), range_m)
    farthest = np.minimum(np.abs(lat) + search_m / 110_000, 89.9)
    spans = search_m / metres_per_degree(farthest)[0]
    rows, places, times, done = _scan(
        edges.drawn, edges.pace, edges.forward_ms, edges.backward_ms, *edges.before_legs,
        grid.west, grid.south, grid.cell_lon, grid.cell_lat, grid.columns, grid.rows,
        grid.first, grid.legs,
        lon, lat, east_m, north_m, spans, search_m, most,
    )  # fmt: skip
    return _measure(rows, places, times, lon, lat, range_m), done


def place_known(
    edges: Edges, lon: Floats, lat: Floats, first: Longs, known: Ints, range_m: float
) -> Near:
    """Return what is near to points of the edges that are known to matter to each.

    Parameters
    ----------
    edges, lon, lat, range_m
        As in `find_near`.
    first, known
        Those of point p are ``known[first[p] : first[p + 1]]``: rows of an edge, rising, and
        which of its legs is nearest.
    """
    east_m, north_m = metres_per_degree(lat)
    point = np.repeat(np.arange(len(lon), dtype=np.int32), np.diff(first))
    rows = np.column_stack([point, known])
    places, times = _place(
        edges.drawn, edges.pace, edges.forward_ms, edges.backward_ms, *edges.before_legs,
        lon, lat, east_m, north_m, rows,
    )  # fmt: skip
    return _measure(rows, places, times, lon, lat, range_m)


def _measure(
    rows: Ints, places: Floats, times: Ints, lon: Floats, lat: Floats, range_m: float
) -> Near:
    point = rows[:, 0].astype(np.int64)
    metres = point_distances_m(lon[point], lat[point], places[:, 1], places[:, 2])
    kept = metres <= range_m
    places, times = places[kept], times[kept]
    return Near(
        point=point[kept],
        edge=rows[kept, 1].astype(np.int64),
        share=places[:, 0].copy(),
        lon=places[:, 1].copy(),
        lat=places[:, 2].copy(),
        there_ms=times[:, 0].astype(np.int64),
        back_ms=times[:, 1].astype(np.int64),
        leg=rows[kept, 2].astype(np.int64),
        leg_there_ms=places[:, 3].copy(),
        leg_back_ms=places[:, 4].copy(),
        metres=metres[kept],
    )


@compiled
def _place(
    drawn: tuple[Ints, ...], pace: Floats, forward_ms: Ints, backward_ms: Ints,
    before_m: Floats, before_ms: Ints,
    lon: Floats, lat: Floats, east_m: Floats, north_m: Floats, rows: Ints,
) -> tuple[Floats, Ints]:  # fmt: skip
    """Return places and times of rows of point, edge and leg, as `_scan` does."""
    places, times = np.empty((len(rows), 5)), np.empty((len(rows), 2), np.int32)
    for at in range(len(rows)):
        point, edge, leg = rows[at]
        _time_place(
            drawn, pace, forward_ms, backward_ms, before_m, before_ms, edge, leg,
            lon[point], lat[point], east_m[point], north_m[point], places[at], times[at],
        )  # fmt: skip
    return places, times


@compiled
def _scan(
    drawn: tuple[Ints, ...], pace: Floats, forward_ms: Ints, backward_ms: Ints,
    before_m: Floats, before_ms: Ints,
    west: float, south: float, cell_lon: float, cell_lat: float, columns: int, rows: int,
    cell_first: Longs, legs: Ints,
    lon: Floats, lat: Floats, east_m: Floats, north_m: Floats, spans: Floats,
    search_m: float, most: int,
) -> tuple[Ints, Floats, Ints, int]:  # fmt: skip
    edges = len(drawn[2])
    nearest, nearest_leg = np.full(edges, np.inf), np.empty(edges, np.int32)
    met = np.empty(edges, np.int32)
    pairs, places = np.empty((1024, 3), np.int32), np.empty((1024, 5))
    times = np.empty((1024, 2), np.int32)
    found = point = 0
    while point < len(lon) and found < most:
        x0, y0, east, north = lon[point], lat[point], east_m[point], north_m[point]
        row1 = max(int(np.floor((y0 - search_m / 110_000 - south) / cell_lat)), 0)
        row2 = min(int(np.floor((y0 + search_m / 110_000 - south) / cell_lat)), rows - 1)
        column1 = min(max(int(np.floor((x0 - spans[point] - west) / cell_lon)), 0), columns - 1)
        column2 = min(int(np.floor((x0 + spans[point] - west) / cell_lon)), columns - 1)
        count = 0
        for row in range(row1, row2 + 1):
            first = cell_first[row * columns + column1]
            last = cell_first[row * columns + max(column2, column1 - 1) + 1]
            count = _meet(
                legs[first:last], x0, y0, east, north, search_m, nearest, nearest_leg, met, count
            )
        while found + count > len(pairs):
            pairs, places = np.concatenate((pairs, pairs)), np.concatenate((places, places))
            times = np.concatenate((times, times))
        for edge in np.sort(met[:count]):
            nearest[edge] = np.inf
            pairs[found, 0], pairs[found, 1], pairs[found, 2] = point, edge, nearest_leg[edge]
            _time_place(
                drawn, pace, forward_ms, backward_ms, before_m, before_ms, edge, nearest_leg[edge],
                x0, y0, east, north, places[found], times[found],
            )  # fmt: skip
            found += 1
        point += 1
    return pairs[:found], places[:found], times[:found], point


@compiled
def _meet(
    legs: Ints, x0: float, y0: float, east: float, north: float, search_m: float,
    nearest: Floats, nearest_leg: Ints, met: Ints, count: int,
) -> int:  # fmt: skip
    """Note of the edges of some legs which of these is nearest to a point, and that they are met.

    Of places equally far, but for what floats lose, it is the first along the edge, wherever a new
    road divides it.
    """
    for at in range(len(legs)):
        x1, y1 = (legs[at, 0] * _UNIT - x0) * east, (legs[at, 1] * _UNIT - y0) * north
        x2, y2 = (legs[at, 2] * _UNIT - x0) * east, (legs[at, 3] * _UNIT - y0) * north
        if min(x1, x2) > search_m or max(x1, x2) < -search_m:
            continue
        away = _squared_m(x1, y1, x2, y2)
        edge, leg = legs[at, 4], legs[at, 5]
        if away <= search_m * search_m and (
            away < nearest[edge] - _SAME_M2
            or (away < nearest[edge] + _SAME_M2 and leg < nearest_leg[edge])
        ):
            if nearest[edge] == np.inf:
                met[count] = edge
                count += 1
            nearest[edge] = away
            nearest_leg[edge] = leg
    return count


@compiled
def _squared_m(x1: float, y1: float, x2: float, y2: float) -> float:
    """Return the square of the metres from the origin of the plane to a leg."""
    share = _nearest_share(x1, y1, x2, y2)
    return float((x1 + share * (x2 - x1)) ** 2 + (y1 + share * (y2 - y1)) ** 2)


@compiled
def _nearest_share(x1: float, y1: float, x2: float, y2: float) -> float:
    """Return where along a leg lies the place nearest to the origin of the plane."""
    dx, dy = x2 - x1, y2 - y1
    squared = dx * dx + dy * dy
    if squared == 0.0:
        return 0.0
    share = -(x1 * dx + y1 * dy) / squared
    # What lies at a vertex, but for what floats lose, lies at it.
    if share < _SAME_SHARE:
        return 0.0
    return share if share < 1.0 - _SAME_SHARE else 1.0


@compiled
def _time_place(
    drawn: tuple[Ints, ...], pace: Floats, forward_ms: Ints, backward_ms: Ints,
    before_m: Floats, before_ms: Ints, edge: int, leg: int,
    x0: float, y0: float, east: float, north: float, place: Floats, times: Ints,
) -> None:  # fmt: skip
    """Write the place of an edge nearest to a point: the share before it, lon, lat, and times.

    Behind lon and lat stand the milliseconds from the beginning of its leg and back, not rounded.
    """
    node_lon, node_lat, tail, head, bend_first, bend_lon, bend_lat = drawn
    x1, y1, x2, y2 = leg_ends(
        node_lon, node_lat, tail, head, bend_first, bend_lon, bend_lat, edge, leg
    )
    share = _nearest_share((x1 - x0) * east, (y1 - y0) * north, (x2 - x0) * east, (y2 - y0) * north)
    metres = leg_length(x1, y1, x2, y2)
    # Each edge has one more row than it has legs: what lies before its end is all of it.
    first = bend_first[edge] + 2 * edge
    whole_m = before_m[bend_first[edge + 1] + 2 * edge + 1]
    place[0] = (before_m[first + leg] + share * metres) / whole_m if whole_m > 0.0 else 0.0
    # So coarse that it stays exact when the edges before it in a chain are added, or it is turned:
    # which places are one does not depend on where a chain begins.
    place[0] = np.rint(place[0] * _SHARES) / _SHARES
    place[1], place[2] = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
    if not len(pace):  # its edges have one leg each
        place[3] = share * max(forward_ms[edge], 0)
        place[4] = share * max(backward_ms[edge], 0)
        times[0], times[1] = whole_ms(place[3]), whole_ms(place[4])
        return
    row = pace_row(pace, bend_first, edge, leg)
    for way in range(2):
        place[3 + way] = share * whole_ms(metres * pace[row, way])
        part_ms = int(before_ms[first + leg, way]) + whole_ms(place[3 + way])
        if way == 1:  # what is waited at the tail comes after all legs
            last = bend_first[edge + 1] + 2 * edge + 1
            part_ms += max(int(backward_ms[edge]) - int(before_ms[last, 1]), 0)
        times[way] = min(part_ms, LONGEST_MS)
