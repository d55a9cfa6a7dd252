"""How soon sites and junctions reach each other: it tells which roads are too late for a place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.network.surroundings import Middle, Roads

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

NOT_REACHED = 2**30 - 1
"""Stands for milliseconds where there is no way: sums of it and a way stay within 32 bits."""


class Arrivals(NamedTuple):
    """What is known of the times between sites and junctions before places are linked.

    Attributes
    ----------
    ms
        Junctions by columns: the milliseconds between a site and each junction, or between it and
        the nearest of all sites; `NOT_REACHED` where there is no way or it takes too long.
    latest
        The longest time of each column that is of use.
    beside_first, beside
        Where the rows of each chain begin, and what drives along it without passing a junction:
        the column, and the least it takes to the chain.
    """

    ms: Ints
    latest: Ints
    beside_first: Longs
    beside: Ints


UNKNOWN = Arrivals(
    np.empty((0, 0), np.int32), np.empty(0, np.int32),
    np.zeros(1, np.int64), np.empty((0, 2), np.int32),
)  # fmt: skip
"""Where sites are not known, or are too many."""


class Schedule(NamedTuple):
    """The arrivals at the roads about a block: the first place of each, and the last one.

    Both are roads by columns, of which only those that arrive are kept; `latest` goes with them.
    """

    first: Ints
    last: Ints
    latest: Ints


@compiled
def schedule_roads(roads: Roads, arrivals: Arrivals, outward: bool) -> Schedule:
    """Return when the roads about a block are reached."""
    if not len(arrivals.latest):
        return Schedule(np.empty((0, 0), np.int32), np.empty((0, 0), np.int32), arrivals.latest)
    columns = _find_columns(roads, arrivals)
    count = len(roads.edge)
    first = np.full((count, len(columns)), np.int32(NOT_REACHED))
    last = first.copy()
    for road in range(count):
        chain = roads.chain[road]
        if chain < 0:
            continue
        there = roads.there_ms[road, 1] - roads.there_ms[road, 0]
        back = roads.back_ms[road, 1] - roads.back_ms[road, 0]
        for end in range(2):
            farthest, node = roads.from_point_ms[road, end], roads.ends[road, end]
            own = there if (end == 0) != outward else back
            for at, column in enumerate(columns):
                ms = arrivals.ms[node, column]
                # A place at the junction itself is reached whatever way its road is driven.
                nearest = ms + max(farthest - own, 0)
                first[road, at] = min(first[road, at], nearest)
                if farthest >= 0:
                    last[road, at] = min(last[road, at], ms + farthest)
        for row in range(arrivals.beside_first[chain], arrivals.beside_first[chain + 1]):
            for at, column in enumerate(columns):
                if column == arrivals.beside[row, 0]:
                    first[road, at] = min(first[road, at], arrivals.beside[row, 1])
    return Schedule(first, last, arrivals.latest[columns])


@compiled
def _find_columns(roads: Roads, arrivals: Arrivals) -> Longs:
    """Return the columns that arrive at any of some roads in time."""
    arrives = np.zeros(len(arrivals.latest), np.bool_)
    for road in range(len(roads.edge)):
        chain = roads.chain[road]
        if chain < 0:
            continue
        for end in range(2):
            node = roads.ends[road, end]
            for column in range(len(arrives)):
                arrives[column] |= arrivals.ms[node, column] <= arrivals.latest[column]
        for row in range(arrivals.beside_first[chain], arrivals.beside_first[chain + 1]):
            arrives[arrivals.beside[row, 0]] = True
    return np.flatnonzero(arrives)


@compiled
def leave_in_time(
    roads: Roads, schedule: Schedule, kept: Ints, begin: int, count: int,
    away: Floats, middle: Middle, most_ms: Floats, least_ms: Floats,
) -> int:  # fmt: skip
    """Leave the roads by which a site may come first to some of the points, or that are nearest."""
    due = schedule.latest.copy()
    nearest_m = np.inf
    for at in range(count):
        if most_ms[at] == np.inf:
            continue
        nearest_m = min(nearest_m, away[at] * middle.margin + middle.wide_m)
        road, most = kept[begin + at, 0], np.int32(np.ceil(most_ms[at]))
        for column in range(len(due)):
            due[column] = min(due[column], np.int32(schedule.last[road, column] + most))
    left = 0
    for at in range(count):
        road, least = kept[begin + at, 0], np.int32(np.floor(least_ms[at]))
        spare = np.int32(-NOT_REACHED)
        for column in range(len(due)):
            spare = max(spare, np.int32(due[column] - schedule.first[road, column]))
        near = away[at] / middle.margin - middle.wide_m <= nearest_m
        if near or spare >= least or roads.chain[road] < 0:
            for part in range(4):
                kept[begin + left, part] = kept[begin + at, part]
            left += 1
    return left
