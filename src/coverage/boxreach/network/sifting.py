"""The kernels of the sieve: blocks of points, the roads about them, and which of these matter."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled, typed
from boxreach.crs import Floats
from boxreach.network.arrivals import Arrivals, Schedule, leave_in_time, schedule_roads
from boxreach.network.legs import LONGEST_MS
from boxreach.network.surroundings import (
    Chained,
    Middle,
    Roads,
    find_middle,
    gather_roads,
    square_m,
)

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_SPARE_MS = 5
"""More than what rounding to whole milliseconds makes of a way."""

_FEW_POINTS = 3
"""So many points of a block are looked at one by one."""

_SAME_M2 = 1e-6
_FEW_ROADS = 3
_WHOLE_LEVELS = 2
_BUCKETS = 256
_LABEL_BITS = 32
_FAR = 2**31 - 1
_NONE = typed(0)
"""Typed: a kernel that is given a bare constant is compiled once more for it."""


class Paces(NamedTuple):
    """Milliseconds a metre over open ground: at least, on plain ground, and at most anywhere."""

    least: float
    plain: float
    most: float


class Terms(NamedTuple):
    """What holds for all points: the graph, which way one drives, how fast, and how far off.

    `arrivals` has no columns where it is not known who drives there.
    """

    chained: Chained
    arrivals: Arrivals
    outward: bool
    paces: Paces
    range_m: float


class Table(NamedTuple):
    """What a search writes on: stamps of edges and junctions, labels, and the heads of queues."""

    stamp: Ints
    near: Ints
    label: Longs
    heads: Ints


@compiled
def sift_blocks(
    drawn: tuple[Ints, ...], shape: tuple[Any, ...], cell_first: Longs, cell_legs: Ints,
    piece: Ints, terms: Terms, hindrance_first: Longs, hindrances: Floats,
    lon: Floats, lat: Floats, code: Longs, halvings: int, block_first: Longs,
    begin: int, end: int, most: int,
) -> tuple[Longs, Ints, int]:  # fmt: skip
    """Return the roads that may matter to the points of some blocks (see `Sieve.sift`)."""
    junctions = len(terms.chained.arc_first) - 1
    table = Table(
        np.zeros(len(drawn[2]), np.int32), np.zeros(junctions, np.int32),
        np.full(junctions, np.int64(_FAR)), np.empty(_BUCKETS + 2, np.int32),
    )  # fmt: skip
    waiting, found = np.empty((4096, 2), np.int32), np.empty((4096, 2), np.int32)
    offset = block_first[begin]
    first = np.zeros(block_first[end] - offset + 1, np.int64)
    marks, count, block = _NONE, _NONE, begin
    while block < end and count < most:
        low, high = block_first[block], block_first[block + 1]
        near_by = hindrances[hindrance_first[block] : hindrance_first[block + 1]]
        middle = find_middle(lon, lat, low, high, near_by, terms.range_m)
        roads = gather_roads(
            drawn, shape, cell_first, cell_legs, piece, terms.chained, terms.outward, middle,
            terms.range_m, table.stamp, np.int32(block + 1),
        )  # fmt: skip
        schedule = schedule_roads(roads, terms.arrivals, terms.outward)
        marks, count, found, waiting = _sift_block(
            roads, schedule, terms, near_by, lon, lat, code, halvings, low, high,
            np.int32(block + 1), table, waiting, marks, first[low - offset :], count, found,
        )  # fmt: skip
        block += 1
    return first[: block_first[block] - offset + 1], found[:count].copy(), block


@compiled
def _sift_block(
    roads: Roads, schedule: Schedule, terms: Terms, hindrances: Floats,
    lon: Floats, lat: Floats, code: Longs,
    halvings: int, low: int, high: int, block: np.int32,
    table: Table, waiting: Ints, marks: int, first: Longs, found: int, rows: Ints,
) -> tuple[int, int, Ints, Ints]:  # fmt: skip
    """Write the roads that may matter to the points of a block, quarter by quarter."""
    count, begin = len(roads.edge), low
    kept, legs = _lay_out(roads, table, block)
    away, soonest, most_ms, least_ms = np.empty((4, count))
    stack = np.empty((high - low + 4 * halvings + 8, 6), np.int64)
    stack[0] = low, high, 0, 0, count, len(roads.legs)
    depth = 1
    while depth > 0:
        depth -= 1
        low, high, level, start, stop, room = stack[depth]
        middle = find_middle(lon, lat, low, high, hindrances, terms.range_m)
        while 2 * stop - start > len(kept):
            kept = np.concatenate((kept, kept))
        count, room, legs = _measure(
            roads, kept, start, stop, legs, room, away, middle, terms.range_m
        )
        limit = _bound(away, count, middle, terms.range_m, terms.paces, most_ms, least_ms)
        if len(schedule.latest):
            count = leave_in_time(
                roads, schedule, kept, stop, count, away, middle, most_ms, least_ms
            )
        elif count > _FEW_ROADS and limit > 0.0:
            marks += 1
            count, waiting = _search_over_roads(
                roads, terms, kept, stop, count, most_ms, least_ms, soonest, limit,
                level <= _WHOLE_LEVELS, block, marks, table, waiting,
            )  # fmt: skip
        if middle.wide_m > 0.0:
            depth = _divide(
                code, low, high, level, halvings, stack, depth, stop, stop + count, room
            )
            continue
        for at in range(low - begin, high - begin):
            found, rows = _hand_out(roads, kept[stop : stop + count], found, rows)
            first[at + 1] = found
    return marks, found, rows, waiting


@compiled
def _hand_out(roads: Roads, kept: Ints, found: int, rows: Ints) -> tuple[int, Ints]:
    """Write the roads that are left, and which leg of each is nearest, behind those found."""
    while found + len(kept) > len(rows):
        rows = np.concatenate((rows, rows))
    for one in range(len(kept)):
        rows[found, 0] = roads.edge[kept[one, 0]]
        rows[found, 1] = roads.leg_number[kept[one, 3]]
        found += 1
    return found, rows


@compiled
def _lay_out(roads: Roads, table: Table, block: np.int32) -> tuple[Ints, Ints]:
    """Return all roads as rows of road, where its legs begin and end, nearest leg and soonest."""
    count = len(roads.edge)
    kept = np.empty((4 * count + 64, 5), np.int32)
    for at in range(count):
        if roads.chain[at] >= 0:
            table.near[roads.ends[at, 0]] = table.near[roads.ends[at, 1]] = block
        kept[at, 0], kept[at, 4] = at, _FAR
        kept[at, 1], kept[at, 2] = roads.leg_first[at], roads.leg_first[at + 1]
    return kept, np.arange(2 * len(roads.legs) + 64).astype(np.int32)


@compiled
def _divide(
    code: Longs, low: int, high: int, level: int, halvings: int,
    stack: Longs, depth: int, start: int, stop: int, room: int,
) -> int:  # fmt: skip
    """Put the quarters of some points on the stack, the last first; few points one by one."""
    shift = 2 * max(halvings - level - 1, 0)
    one_by_one = high - low <= _FEW_POINTS or level == halvings
    for at in range(high - 1, low - 1, -1):
        if one_by_one or at == low or code[at] >> shift != code[at - 1] >> shift:
            stack[depth] = at, high, level + 1, start, stop, room
            depth, high = depth + 1, at
    return depth


@compiled
def _squared_m(legs: Floats, leg: int, middle: Middle) -> float:
    """Return the square of the metres from a middle to a leg."""
    return square_m(legs[leg, 0], legs[leg, 1], legs[leg, 2], legs[leg, 3], middle)


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
        kept[stop + count, 1], kept[stop + count, 4] = room, kept[at, 4]
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
        most_ms[at] = min(metres * pace, LONGEST_MS) + _SPARE_MS if known else np.inf
        least = (away[at] / middle.margin - middle.wide_m) * paces.least
        least_ms[at] = min(least, LONGEST_MS) - _SPARE_MS
        limit = max(limit, least_ms[at])
    return limit


@compiled
def _search_over_roads(
    roads: Roads, terms: Terms, kept: Ints, begin: int, count: int,
    most_ms: Floats, least_ms: Floats, soonest: Floats, limit: float,
    whole: bool, block: np.int32, marks: int, table: Table, waiting: Ints,
) -> tuple[int, Ints]:  # fmt: skip
    """Leave those of some roads of which every place is reached as soon over others."""
    # Labels of earlier searches are larger than any of this one.
    base = -(marks << _LABEL_BITS)
    used, waiting = _seed(roads, kept, begin, count, most_ms, limit, base, table, waiting)
    waiting = _spread(terms.chained, limit, whole, block, base, table, waiting, used)
    count = _drop(
        roads, kept, begin, count, most_ms, least_ms, soonest, table.label, base, terms.outward
    )
    return count, waiting


@compiled
def _seed(
    roads: Roads, kept: Ints, begin: int, count: int, most_ms: Floats,
    limit: float, base: int, table: Table, waiting: Ints,
) -> tuple[int, Ints]:  # fmt: skip
    """Label the ends of chains with the most it takes to them over one road."""
    label, heads, used = table.label, table.heads, 0
    steps = _BUCKETS / (limit + 1.0)
    heads[:] = -1
    while len(waiting) < 2 * count:
        waiting = np.concatenate((waiting, waiting))
    for at in range(count):
        road = kept[begin + at, 0]
        if roads.chain[road] < 0:
            continue
        for end in range(2):
            node, along = roads.ends[road, end], roads.from_point_ms[road, end]
            label[node] = min(label[node], base + _FAR)
            ms = most_ms[at] + along + 1.0
            if along >= 0 and ms < limit and base + int(ms) < label[node]:
                label[node] = base + int(ms)
                bucket = int(ms * steps)
                waiting[used, 0], waiting[used, 1] = node, heads[bucket]
                heads[bucket] = used
                used += 1
    return used, waiting


@compiled
def _spread(
    chained: Chained, limit: float, whole: bool, block: np.int32, base: int,
    table: Table, waiting: Ints, used: int,
) -> Ints:  # fmt: skip
    """Bring labels down to what they are over several roads: Dijkstra's search with buckets.

    It leads over all junctions about the block, or only over the ends of the roads that are left.
    """
    label, heads, near = table.label, table.heads, table.near
    steps, most = _BUCKETS / (limit + 1.0), int(np.ceil(limit))
    for bucket in range(_BUCKETS + 1):
        while heads[bucket] >= 0:
            node = waiting[heads[bucket], 0]
            heads[bucket] = waiting[heads[bucket], 1]
            here = label[node]
            if int((here - base) * steps) < bucket:
                continue
            first, last = chained.arc_first[node], chained.arc_first[node + 1]
            if used + last - first > len(waiting):
                waiting = np.concatenate(
                    (waiting, np.empty((last - first + len(waiting), 2), np.int32))
                )
            for arc in range(first, last):
                other, there = chained.arcs[arc, 0], here + chained.arcs[arc, 1]
                known = label[other]
                if there >= known or there >= base + most:
                    continue
                if known > base + _FAR and not (whole and near[other] == block):
                    continue
                label[other] = there
                target = int((there - base) * steps)
                waiting[used, 0], waiting[used, 1] = other, heads[target]
                heads[target] = used
                used += 1
    return waiting


@compiled
def _drop(
    roads: Roads, kept: Ints, begin: int, count: int,
    most_ms: Floats, least_ms: Floats, soonest: Floats, label: Longs, base: int, outward: bool,
) -> int:  # fmt: skip
    """Leave the roads of which a place may not be reached sooner over others."""
    for at in range(count):
        road = kept[begin + at, 0]
        # What holds for more points holds for fewer.
        soonest[at] = kept[begin + at, 4] if kept[begin + at, 4] != _FAR else np.inf
        if roads.chain[road] < 0:
            continue
        for end in range(2):
            along, here = roads.to_road_ms[road, end], label[roads.ends[road, end]] - base
            if along >= 0 and here < _FAR:
                soonest[at] = min(soonest[at], float(here + along))
    for way in range(2):
        _pass_along(roads, kept, begin, count, most_ms, soonest, way, outward)
    left = 0
    for at in range(count):
        if not soonest[at] < least_ms[at]:
            kept[begin + left, :4] = kept[begin + at, :4]
            kept[begin + left, 4] = np.int32(min(soonest[at] + 1.0, float(_FAR)))
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
