"""The kernels of the sieve: blocks of points, the roads about them, and which of these matter."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import GEOD, Floats
from boxreach.network.legs import UNITS_PER_DEGREE, leg_ends

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SPARE_MS = 5
"""More than what rounding to whole milliseconds makes of a way."""

_FEW_POINTS = 3
"""So many points of a block are looked at one by one."""

_SAME_M2 = 1e-6
_FEW_ROADS = 3
_BUCKETS = 256
_FAR = np.int32(2**31 - 1)
_UNIT = 1 / UNITS_PER_DEGREE
_RADIUS_M, _FLATNESS = float(GEOD.a), float(GEOD.es)
_SMALL_RADIUS_M = 6_300_000.0
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


class Paces(NamedTuple):
    """Milliseconds a metre over open ground: at least, on plain ground, and at most anywhere."""

    least: float
    plain: float
    most: float


class Roads(NamedTuple):
    """Roads about a block, in the order of their numbers.

    `legs` are those in range, in degrees, and `leg_number` which of its road's each is. `ends` holds tail and head of the chain, -1 of a road that a closure
    touches. `from_point_ms` is the most that lies between any place on the road and each of these,
    driven as one does from a point (or, inward, to it), and -1 where one may not; `to_road_ms` the
    same the other way. `there_ms` and `back_ms` tell how far along the chain both its sides lie.
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
def sift_blocks(
    drawn: tuple[Ints, ...], shape: tuple[Any, ...], cell_first: Longs, cell_legs: Ints,
    piece: Ints, chained: Chained, outward: bool, paces: Paces,
    hindrance_first: Longs, hindrances: Floats,
    lon: Floats, lat: Floats, code: Longs, halvings: int, block_first: Longs,
    begin: int, end: int, range_m: float, most: int,
) -> tuple[Longs, Ints, Ints, int]:  # fmt: skip
    """Return the roads that may matter to the points of some blocks (see `Sieve.sift`)."""
    stamp = np.zeros(len(drawn[2]), np.int32)
    junctions = len(chained.arc_first) - 1
    mark, label = np.zeros(junctions, np.int32), np.empty(junctions, np.int32)
    heads, waiting = np.empty(_BUCKETS + 2, np.int32), np.empty((4096, 2), np.int32)
    offset = block_first[begin]
    first = np.zeros(block_first[end] - offset + 1, np.int64)
    edge = np.empty(4096, np.int32)
    leg = np.empty(4096, np.int32)
    stack = np.empty((4096, 6), np.int64)
    found = marks = 0
    block = begin
    while block < end and found < most:
        low, high = block_first[block], block_first[block + 1]
        near_by = hindrances[hindrance_first[block] : hindrance_first[block + 1]]
        whole = _find_middle(lon, lat, low, high, near_by, range_m)
        roads = _gather(
            drawn, shape, cell_first, cell_legs, piece, chained, outward, whole, range_m,
            stamp, np.int32(block + 1),
        )  # fmt: skip
        count = len(roads.edge)
        kept, away, soonest = (
            np.empty((4 * count + 64, 4), np.int32),
            np.empty(count),
            np.empty(count),
        )
        most_ms, least_ms = np.empty(count), np.empty(count)
        for at in range(count):
            kept[at, 0], kept[at, 1], kept[at, 2] = at, roads.leg_first[at], roads.leg_first[at + 1]
        legs = np.arange(2 * len(roads.legs) + 64).astype(np.int32)
        depth = 1
        stack[0] = low, high, 0, 0, count, len(roads.legs)
        while depth > 0:
            depth -= 1
            low, high, level, start, stop, room = stack[depth]
            while 2 * stop - start > len(kept):
                kept = np.concatenate((kept, kept))
            middle = _find_middle(lon, lat, low, high, near_by, range_m)
            count, room, legs = _measure(
                roads, kept, start, stop, legs, room, away, middle, range_m
            )
            limit = _bound(away, count, middle, range_m, paces, most_ms, least_ms)
            if count > _FEW_ROADS and limit > 0.0:
                marks += 1
                waiting = _spread(
                    roads, chained, kept, stop, count, most_ms, limit,
                    mark, label, np.int32(marks), heads, waiting,
                )  # fmt: skip
                count = _drop(
                    roads, kept, stop, count, away, most_ms, least_ms, soonest, label, outward
                )
            if middle.wide_m > 0.0:
                while depth + high - low > len(stack):
                    stack = np.concatenate((stack, stack))
                shift = 2 * max(halvings - level - 1, 0)
                one_by_one = high - low <= _FEW_POINTS or level == halvings
                for at in range(high - 1, low - 1, -1):
                    if one_by_one or at == low or code[at] >> shift != code[at - 1] >> shift:
                        stack[depth] = at, high, level + 1, stop, stop + count, room
                        depth, high = depth + 1, at
                continue
            for at in range(low, high):
                while found + count > len(edge):
                    edge, leg = np.concatenate((edge, edge)), np.concatenate((leg, leg))
                for one in range(count):
                    edge[found + one] = roads.edge[kept[stop + one, 0]]
                    leg[found + one] = roads.leg_number[kept[stop + one, 3]]
                found += count
                first[at - offset + 1] = found
        block += 1
    done = block_first[block] - offset
    return first[: done + 1], edge[:found].copy(), leg[:found].copy(), block


@compiled
def _find_middle(
    lon: Floats, lat: Floats, low: int, high: int, hindrances: Floats, range_m: float
) -> Middle:
    west, east = lon[low:high].min(), lon[low:high].max()
    south, north = lat[low:high].min(), lat[low:high].max()
    x, y = (west + east) / 2, (south + north) / 2
    sine = np.sin(y * (np.pi / 180))
    within = 1 - _FLATNESS * sine * sine
    prime_vertical = _RADIUS_M / np.sqrt(within)
    east_m = np.pi / 180 * prime_vertical * np.sqrt(1 - sine * sine)
    north_m = np.pi / 180 * prime_vertical * (1 - _FLATNESS) / within
    # A degree of longitude shrinks with the tangent of the latitude.
    radians = (range_m + _BLOCK_M) / _SMALL_RADIUS_M
    steep = np.tan(min(abs(y) * (np.pi / 180) + radians, 1.5))
    margin = 1.0 + 2e-5 + radians * steep + radians * radians
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
def _gather(
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
    column1 = max(int(np.floor((middle.lon - wide - west) / cell_lon)), 0)
    column2 = min(int(np.floor((middle.lon + wide - west) / cell_lon)), columns - 1)
    met = np.empty(1024, np.int32)
    count = 0
    for row in range(row1, row2 + 1):
        for at in range(
            cell_first[row * columns + column1],
            cell_first[row * columns + max(column2, column1 - 1) + 1],
        ):
            edge = cell_legs[at, 4]
            if stamp[edge] != mark and far_m * far_m >= _square(
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
            if _square(lon1, lat1, lon2, lat2, middle) <= far_m * far_m:
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
def _squared_m(legs: Floats, leg: int, middle: Middle) -> float:
    """Return the square of the metres from a middle to a leg."""
    return _square(legs[leg, 0], legs[leg, 1], legs[leg, 2], legs[leg, 3], middle)


@compiled
def _square(lon1: float, lat1: float, lon2: float, lat2: float, middle: Middle) -> float:
    x1, y1 = (lon1 - middle.lon) * middle.east_m, (lat1 - middle.lat) * middle.north_m
    dx, dy = (lon2 - lon1) * middle.east_m, (lat2 - lat1) * middle.north_m
    squared = dx * dx + dy * dy
    share = 0.0
    if squared > 0.0:
        share = min(max(-(x1 * dx + y1 * dy) / squared, 0.0), 1.0)
    x, y = x1 + share * dx, y1 + share * dy
    return float(x * x + y * y)


@compiled
def _measure(
    roads: Roads, kept: Ints, start: int, stop: int, legs: Ints, room: int, away: Floats,
    middle: Middle, range_m: float,
) -> tuple[int, int, Ints]:  # fmt: skip
    """Put those of some roads that are in range behind them, and how far off they are.

    Of their legs only those go on that may be nearest to one of the points. Of legs as far off as
    each other, but for what floats lose, the first along the road is the nearest.
    """
    most_m2, count = ((range_m + middle.wide_m) * middle.margin) ** 2, 0
    for at in range(start, stop):
        first, last = kept[at, 1], kept[at, 2]
        while room + last - first > len(legs):
            legs = np.concatenate((legs, legs))
        nearest = legs[first]
        least_m2 = _squared_m(roads.legs, nearest, middle)
        for one in range(first + 1, last):
            away_m2 = _squared_m(roads.legs, legs[one], middle)
            if away_m2 < least_m2 - _SAME_M2:
                nearest = legs[one]
            least_m2 = min(least_m2, away_m2)
        if least_m2 > most_m2:
            continue
        away[count] = np.sqrt(least_m2)
        kept[stop + count, 0], kept[stop + count, 3] = kept[at, 0], nearest
        kept[stop + count, 1] = room
        if last == first + 1:
            legs[room] = nearest
            room += 1
        elif middle.wide_m > 0.0:
            near_m2 = (away[count] * middle.margin + 2 * middle.wide_m + 1.0) ** 2
            for one in range(first, last):
                if _squared_m(roads.legs, legs[one], middle) <= near_m2:
                    legs[room] = legs[one]
                    room += 1
        kept[stop + count, 2] = room
        count += 1
    return count, room, legs


@compiled
def _bound(
    away: Floats, count: int, middle: Middle, range_m: float, paces: Paces,
    most_ms: Floats, least_ms: Floats,
) -> float:  # fmt: skip
    """Write the most and the least that ways between the points and roads take.

    The most is infinite where a point may have no way. Returns the greatest least.
    """
    limit = 0.0
    for at in range(count):
        metres = away[at] * middle.margin + middle.wide_m
        # A way from a point to the road leads no farther from the middle than this.
        swing_m = metres + middle.wide_m
        pace = paces.plain if swing_m < middle.slowed_m else paces.most
        known = metres <= range_m and swing_m < middle.blocked_m
        most_ms[at] = metres * pace + _SPARE_MS if known else np.inf
        least_ms[at] = (away[at] / middle.margin - middle.wide_m) * paces.least - _SPARE_MS
        limit = max(limit, least_ms[at])
    return limit


@compiled
def _spread(
    roads: Roads, chained: Chained, kept: Ints, begin: int, count: int, most_ms: Floats,
    limit: float, mark: Ints, label: Ints, marked: np.int32, heads: Ints, waiting: Ints,
) -> Ints:  # fmt: skip
    """Label the ends of chains with the most it takes to them: Dijkstra's search with buckets."""
    steps = _BUCKETS / (limit + 1.0)
    heads[:] = -1
    used = 0
    for at in range(count):
        road = kept[begin + at, 0]
        if roads.chain[road] < 0:
            continue
        for end in range(2):
            node, along = roads.ends[road, end], roads.from_point_ms[road, end]
            if mark[node] != marked:
                mark[node], label[node] = marked, _FAR
            ms = most_ms[at] + along
            if along >= 0 and ms < limit and ms < label[node]:
                label[node] = np.int32(ms) + 1
                used, waiting = _wait(node, int(label[node] * steps), heads, waiting, used)
    for bucket in range(_BUCKETS + 1):
        while heads[bucket] >= 0:
            node = waiting[heads[bucket], 0]
            heads[bucket] = waiting[heads[bucket], 1]
            here = np.int64(label[node])
            if int(here * steps) < bucket:
                continue
            for arc in range(chained.arc_first[node], chained.arc_first[node + 1]):
                other = chained.arcs[arc, 0]
                ms = here + chained.arcs[arc, 1]
                if mark[other] == marked and ms < label[other] and ms < limit:
                    label[other] = ms
                    used, waiting = _wait(other, int(ms * steps), heads, waiting, used)
    return waiting


@compiled
def _wait(node: int, bucket: int, heads: Ints, waiting: Ints, used: int) -> tuple[int, Ints]:
    if used == len(waiting):
        waiting = np.concatenate((waiting, waiting))
    waiting[used, 0], waiting[used, 1] = node, heads[bucket]
    heads[bucket] = used
    return used + 1, waiting


@compiled
def _drop(
    roads: Roads, kept: Ints, begin: int, count: int, away: Floats,
    most_ms: Floats, least_ms: Floats, soonest: Floats, label: Ints, outward: bool,
) -> int:  # fmt: skip
    """Leave the roads of which a place may not be reached sooner over others."""
    for at in range(count):
        road = kept[begin + at, 0]
        soonest[at] = np.inf
        if roads.chain[road] < 0:
            continue
        for end in range(2):
            along, here = roads.to_road_ms[road, end], label[roads.ends[road, end]]
            if along >= 0 and here != _FAR:
                soonest[at] = min(soonest[at], float(here) + along)
    for way in range(2):
        _pass_along(roads, kept, begin, count, most_ms, soonest, way, outward)
    left = 0
    for at in range(count):
        if not soonest[at] < least_ms[at]:
            for part in range(4):
                kept[begin + left, part] = kept[begin + at, part]
            left += 1
    return left


@compiled
def _pass_along(
    roads: Roads, kept: Ints, begin: int, count: int, link: Floats, soonest: Floats,
    way: int, outward: bool,
) -> None:  # fmt: skip
    """Bring down what it takes to roads over others of their chain, from its tail on or back."""
    carried, chain, last = np.inf, -1, -1
    # Outward one drives on from the roads passed; inward one comes towards them.
    with_chain = outward == (way == 0)
    for step in range(count):
        at = step if way == 0 else count - 1 - step
        road = kept[begin + at, 0]
        if roads.chain[road] < 0:
            continue
        rising = roads.piece[road] > last if way == 0 else roads.piece[road] < last
        if roads.chain[road] != chain or not rising:
            carried, chain = np.inf, roads.chain[road]
        last = roads.piece[road]
        if not roads.may[road, 0 if with_chain else 1]:
            continue
        side = roads.there_ms[road] if with_chain else roads.back_ms[road]
        # Between any two places of both: from the near side of the one to the far one of the other.
        if way == 0:
            soonest[at] = min(soonest[at], carried + side[1])
            carried = min(carried, link[at] - side[0])
        else:
            soonest[at] = min(soonest[at], carried - side[0])
            carried = min(carried, link[at] + side[1])
