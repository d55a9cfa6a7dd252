"""The roads about some points, as the kernels of the sieve take them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import GEOD, Floats
from boxreach.network.legs import UNITS_PER_DEGREE, leg_ends, margin_of

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_UNIT = 1 / UNITS_PER_DEGREE
_RADIUS_M, _FLATNESS = float(GEOD.a), float(GEOD.es)
_BLOCK_M = 10_000.0
"""No block is that wide."""


class Chained(NamedTuple):
    """Edges in their chains, and the arcs that lead away from points, the way they are driven."""

    chain: Ints
    along: Flags
    before_ms: Ints
    behind_ms: Ints
    edge_forward_ms: Ints
    edge_backward_ms: Ints
    tail: Ints
    head: Ints
    forward_ms: Ints
    backward_ms: Ints
    arc_first: Ints
    arcs: Ints


class Roads(NamedTuple):
    """Roads about a block, in the order of their numbers.

    `legs` are those in range, in degrees, and `leg_number` tells which of its road's each is.
    `ends` holds tail and head of the chain, -1 of a road that a closure touches. `from_point_ms`
    is the most that lies between any place on the road and each of these, driven as one does from
    a point (or, inward, to it), and -1 where one may not; `to_road_ms` the same the other way.
    `there_ms` and `back_ms` tell how far along the chain both its sides lie.
    """

    edge: Ints
    leg_first: Ints
    legs: Floats
    leg_number: Ints
    piece: Ints
    chain: Ints
    ends: Ints
    from_point_ms: Ints
    to_road_ms: Ints
    there_ms: Ints
    back_ms: Ints
    may: Flags


class Middle(NamedTuple):
    """The middle of some points: how wide they lie about it, and what is near."""

    lon: float
    lat: float
    east_m: float
    north_m: float
    wide_m: float
    margin: float
    blocked_m: float
    slowed_m: float


@compiled
def find_middle(
    lon: Floats, lat: Floats, low: int, high: int, hindrances: Floats, range_m: float
) -> Middle:
    """Return the middle of some points, how wide they lie, and how near hindrances are."""
    west, east = lon[low:high].min(), lon[low:high].max()
    south, north = lat[low:high].min(), lat[low:high].max()
    x, y = (west + east) / 2, (south + north) / 2
    sine = np.sin(y * (np.pi / 180))
    within = 1 - _FLATNESS * sine * sine
    prime_vertical = _RADIUS_M / np.sqrt(within)
    east_m = np.pi / 180 * prime_vertical * np.sqrt(1 - sine * sine)
    north_m = np.pi / 180 * prime_vertical * (1 - _FLATNESS) / within
    margin = margin_of(y, range_m + _BLOCK_M)
    wide_m = np.hypot((east - west) / 2 * east_m, (north - south) / 2 * north_m) * margin
    blocked_m = slowed_m = np.inf
    for at in range(len(hindrances)):
        dx = max(hindrances[at, 0] - x, x - hindrances[at, 2], 0.0) * east_m
        dy = max(hindrances[at, 1] - y, y - hindrances[at, 3], 0.0) * north_m
        metres = np.hypot(dx, dy) / margin
        if hindrances[at, 4] > 0:
            blocked_m = min(blocked_m, metres)
        else:
            slowed_m = min(slowed_m, metres)
    return Middle(x, y, east_m, north_m, wide_m, margin, blocked_m, slowed_m)


@compiled
def gather_roads(
    drawn: tuple[Ints, ...], shape: tuple[Any, ...], cell_first: Longs, cell_legs: Ints,
    piece: Ints, chained: Chained, outward: bool, middle: Middle, range_m: float,
    stamp: Ints, mark: np.int32,
) -> Roads:  # fmt: skip
    """Return the roads in range of any point about a middle."""
    west, south, cell_lon, cell_lat, columns, rows = shape
    far_m = (range_m + middle.wide_m) * middle.margin
    high = far_m / 110_000
    wide = far_m / (middle.east_m / middle.margin)
    row1 = max(int(np.floor((middle.lat - high - south) / cell_lat)), 0)
    row2 = min(int(np.floor((middle.lat + high - south) / cell_lat)), rows - 1)
    column1 = min(max(int(np.floor((middle.lon - wide - west) / cell_lon)), 0), columns - 1)
    column2 = min(int(np.floor((middle.lon + wide - west) / cell_lon)), columns - 1)
    met = np.empty(1024, np.int32)
    count = 0
    for row in range(row1, row2 + 1):
        for at in range(
            cell_first[row * columns + column1],
            cell_first[row * columns + max(column2, column1 - 1) + 1],
        ):
            edge = cell_legs[at, 4]
            if stamp[edge] != mark and far_m * far_m >= square_m(
                cell_legs[at, 0] * _UNIT, cell_legs[at, 1] * _UNIT,
                cell_legs[at, 2] * _UNIT, cell_legs[at, 3] * _UNIT, middle,
            ):  # fmt: skip
                stamp[edge] = mark
                if count == len(met):
                    met = np.concatenate((met, met))
                met[count] = edge
                count += 1
    met = np.sort(met[:count])
    legs = _gather_legs(drawn, met, middle, far_m)
    return _chain_roads(met, legs, piece, chained, outward)


@compiled
def _gather_legs(
    drawn: tuple[Ints, ...], edges: Ints, middle: Middle, far_m: float
) -> tuple[Ints, Floats, Ints]:
    node_lon, node_lat, tail, head, bend_first, bend_lon, bend_lat = drawn
    first = np.zeros(len(edges) + 1, np.int32)
    legs, number = np.empty((2 * len(edges) + 64, 4)), np.empty(2 * len(edges) + 64, np.int32)
    found = 0
    for at in range(len(edges)):
        edge = edges[at]
        for leg in range(bend_first[edge + 1] - bend_first[edge] + 1):
            lon1, lat1, lon2, lat2 = leg_ends(
                node_lon, node_lat, tail, head, bend_first, bend_lon, bend_lat, edge, leg
            )
            if square_m(lon1, lat1, lon2, lat2, middle) <= far_m * far_m:
                if found == len(legs):
                    legs = np.concatenate((legs, legs))
                    number = np.concatenate((number, number))
                number[found] = leg
                legs[found, 0], legs[found, 1] = lon1, lat1
                legs[found, 2], legs[found, 3] = lon2, lat2
                found += 1
        first[at + 1] = found
    return first, legs[:found], number[:found]


@compiled
def _chain_roads(
    edges: Ints, legs: tuple[Ints, Floats, Ints], piece: Ints, chained: Chained, outward: bool
) -> Roads:
    count = len(edges)
    pieces, chain = piece[edges], np.full(count, -1, np.int32)
    ends, may = np.full((count, 2), -1, np.int32), np.zeros((count, 2), np.bool_)
    there, back = np.zeros((count, 2), np.int32), np.zeros((count, 2), np.int32)
    enter, leave = np.full((count, 2), -1, np.int32), np.full((count, 2), -1, np.int32)
    for at in range(count):
        own = pieces[at]
        if own < 0:
            continue
        one = chained.chain[own]
        ahead, behind = max(chained.edge_forward_ms[own], 0), max(chained.edge_backward_ms[own], 0)
        if not chained.along[own]:
            ahead, behind = behind, ahead
        chain[at], ends[at, 0], ends[at, 1] = one, chained.tail[one], chained.head[one]
        there[at, 0], there[at, 1] = chained.before_ms[own], chained.before_ms[own] + ahead
        back[at, 0], back[at, 1] = chained.behind_ms[own], chained.behind_ms[own] + behind
        may[at, 0], may[at, 1] = chained.forward_ms[one] >= 0, chained.backward_ms[one] >= 0
        if may[at, 0]:
            enter[at, 0], leave[at, 1] = there[at, 1], chained.forward_ms[one] - there[at, 0]
        if may[at, 1]:
            enter[at, 1], leave[at, 0] = chained.backward_ms[one] - back[at, 0], back[at, 1]
    if outward:
        enter, leave = leave, enter
    return Roads(
        edges, legs[0], legs[1], legs[2], pieces, chain, ends, enter, leave, there, back, may
    )


@compiled
def square_m(lon1: float, lat1: float, lon2: float, lat2: float, middle: Middle) -> float:
    """Return the square of the metres from a middle to a leg."""
    x1, y1 = (lon1 - middle.lon) * middle.east_m, (lat1 - middle.lat) * middle.north_m
    dx, dy = (lon2 - lon1) * middle.east_m, (lat2 - lat1) * middle.north_m
    squared = dx * dx + dy * dy
    share = 0.0
    if squared > 0.0:
        share = min(max(-(x1 * dx + y1 * dy) / squared, 0.0), 1.0)
    x, y = x1 + share * dx, y1 + share * dy
    return float(x * x + y * y)
