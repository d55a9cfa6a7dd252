"""Rows of buckets over areas, cut into runs that edges may touch and runs that none does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NONE, TOUCHED = -1, -2
"""No area holds a bucket; and a bucket of run r says ``TOUCHED - r``."""
NOBODY = 2**31 - 1
"""It comes after every area."""

NARROWEST_DEGREES = 1e-6
"""A bucket is so wide that the margin, a part of it, is a thousand roundings and more."""
_MARGIN = 1e-3


def find_touched(
    edge: Floats, owner: Ints, areas: int, bounds: Floats, steps: Floats, bucket: Ints
) -> tuple[Longs, Floats, Ints, Flags, Ints]:
    """Fill buckets and return the runs that edges may touch.

    Parameters
    ----------
    edge, owner, areas
        From `list_edges`: edges in the order of their areas, and how many areas there are.
    bounds, steps
        West, south, east and north of the buckets, and how many lie in a degree.
    bucket
        Where to write, a row of buckets a row.

    Returns
    -------
    first, edge, owner, beyond, whole
        As in `AreaIndex`.
    """
    rows, columns = bucket.shape
    which, row, span = _list_spans(edge, bounds, steps, rows, columns)
    start, order = _sort_stably(row, rows)
    which, span = which[order], span[order]
    run, first_run, ends = _find_runs(span, start, columns)
    first, order = _sort_stably(run, len(ends))
    edge, owner = edge[which[order]], owner[which[order]]
    beyond, whole = _fill(edge, owner, first, ends, first_run, areas, bounds, steps, bucket)
    return first, edge, owner, beyond, whole


@compiled
def find_step(at: float, start: float, per_degree: float, count: int) -> int:
    """Return the column or row of a place.

    Each part of it is monotone, rounded or not: what lies between two places lies between their
    columns.
    """
    return min(max(int((at - start) * per_degree), 0), count - 1)


@compiled
def _find_span(
    edge: Floats, one: int, row: int, bounds: Floats, steps: Floats, columns: int
) -> tuple[int, int]:
    """Return the first and last column that an edge may touch in a row of buckets."""
    x1, y1, x2, y2 = edge[one, 0], edge[one, 1], edge[one, 2], edge[one, 3]
    low, high = min(x1, x2), max(x1, x2)
    if y2 - y1 > _MARGIN / steps[1]:  # what is lower gains nothing, and its slope may overflow
        slope = (x2 - x1) / (y2 - y1)
        south = max(y1, bounds[1] + (row - _MARGIN) / steps[1])
        north = min(y2, bounds[1] + (row + 1 + _MARGIN) / steps[1])
        here, there = x1 + (south - y1) * slope, x1 + (north - y1) * slope
        low = max(low, min(here, there) - _MARGIN / steps[0])
        high = min(high, max(here, there) + _MARGIN / steps[0])
    return (
        find_step(low, bounds[0], steps[0], columns),
        find_step(high, bounds[0], steps[0], columns),
    )


@compiled
def _list_spans(
    edge: Floats, bounds: Floats, steps: Floats, rows: int, columns: int
) -> tuple[Ints, Ints, Ints]:
    """Return edge, row and columns wherever an edge may touch a row of buckets."""
    count = 0
    for one in range(len(edge)):
        count += find_step(edge[one, 3], bounds[1], steps[1], rows) + 1
        count -= find_step(edge[one, 1], bounds[1], steps[1], rows)
    which, rows_met = np.empty(count, np.int32), np.empty(count, np.int32)
    span = np.empty((count, 2), np.int32)
    at = 0
    for one in range(len(edge)):
        low = find_step(edge[one, 1], bounds[1], steps[1], rows)
        high = find_step(edge[one, 3], bounds[1], steps[1], rows)
        for row in range(low, high + 1):
            which[at], rows_met[at] = one, row
            span[at, 0], span[at, 1] = _find_span(edge, one, row, bounds, steps, columns)
            at += 1
    return which, rows_met, span


@compiled
def _sort_stably(key: Ints, count: int) -> tuple[Longs, Longs]:
    """Return where each of so many keys begins, and the order that sorts them."""
    first = np.zeros(count + 1, np.int64)
    for one in range(len(key)):
        first[key[one] + 1] += 1
    for one in range(count):
        first[one + 1] += first[one]
    free, order = first.copy(), np.empty(len(key), np.int64)
    for one in range(len(key)):
        order[free[key[one]]] = one
        free[key[one]] += 1
    return first, order


@compiled
def _find_runs(span: Ints, start: Longs, columns: int) -> tuple[Ints, Longs, Ints]:
    """Return the run of each span, the first run of each row, and where each begins and ends.

    Spans that touch or overlap are of one run.
    """
    rows = len(start) - 1
    run, first_run = np.empty(len(span), np.int32), np.zeros(rows + 1, np.int64)
    ends = np.empty((len(span), 2), np.int32)
    rises, run_at = np.empty(columns + 1, np.int64), np.empty(columns, np.int64)
    runs = 0
    for row in range(rows):
        rises[:] = 0
        for one in range(start[row], start[row + 1]):
            rises[span[one, 0]] += 1
            rises[span[one, 1] + 1] -= 1
        depth = 0
        for column in range(columns + 1):
            if depth == 0 and rises[column] > 0:
                ends[runs, 0] = column
            depth += rises[column]
            if depth > 0:
                run_at[column] = runs
            elif rises[column] < 0:
                ends[runs, 1] = column
                runs += 1
        for one in range(start[row], start[row + 1]):
            run[one] = run_at[span[one, 0]]
        first_run[row + 1] = runs
    return run, first_run, ends[:runs].copy()


@compiled
def _fill(
    edge: Floats,
    owner: Ints,
    first: Longs,
    ends: Ints,
    first_run: Longs,
    areas: int,
    bounds: Floats,
    steps: Floats,
    bucket: Ints,
) -> tuple[Flags, Ints]:
    """Fill buckets from west to east; return which areas go on beyond runs, and which hold them."""
    beyond, whole = np.empty(len(owner), np.bool_), np.empty(len(ends), np.int32)
    inside, asked = np.zeros(areas, np.bool_), np.full(areas, -1, np.int64)
    held = np.empty(areas, np.int32)
    for row in range(len(bucket)):
        middle = bounds[1] + (row + 0.5) / steps[1]
        holding, least, west = 0, NONE, 0
        for run in range(first_run[row], first_run[row + 1]):
            bucket[row, west : ends[run, 0]] = least
            bucket[row, ends[run, 0] : ends[run, 1]] = TOUCHED - run
            west = ends[run, 1]
            for one in range(first[run], first[run + 1]):
                asked[owner[one]] = run
                if edge[one, 1] <= middle < edge[one, 3]:
                    holding = _cross(owner[one], inside, held, holding)
            for one in range(first[run], first[run + 1]):
                beyond[one] = inside[owner[one]]
            lowest = whole_area = NOBODY
            for area in held[:holding]:
                lowest = min(lowest, area)
                if asked[area] != run:
                    whole_area = min(whole_area, area)
            least = lowest if lowest < NOBODY else NONE
            whole[run] = whole_area
        bucket[row, west:] = least
    return beyond, whole


@compiled
def _cross(area: int, inside: Flags, held: Ints, holding: int) -> int:
    """Go over an edge of an area: in, if it was outside, and out if it was inside."""
    inside[area] = not inside[area]
    if inside[area]:
        held[holding] = area
        return holding + 1
    at = 0
    while held[at] != area:
        at += 1
    held[at] = held[holding - 1]
    return holding - 1
