"""The kernel: whether a straight line from eye to target passes over the ground.

Between the centres of four cells the ground is the bilinear surface through their heights, the same
that `Terrain.heights_m` tells. Along a straight line on the grid it is then a quadratic of the way
in each square of centres, so that its highest place against the line of sight is known in closed
form: nothing is sampled, and no ridge is stepped over.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.sources.terrain import Terrain

HIDDEN, SEEN, UNKNOWN = 0, 1, 2

_TOUCH_M = 1e-6
"""Ground that touches the line of sight does not hide, and rounding does not decide whether."""

_NEVER = 2.0
_NOTHING = 1e-12
"""Share of a way that holds no ground: by rounding it may end a hair beyond its last square."""

_BLOCK = 8
"""Squares along a side of what is passed over at once."""

_FEWEST = 4_096
_SHARES_PER_THREAD = 4

Grid = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Verdicts = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Ends:
    """Ends of lines of sight.

    Attributes
    ----------
    column, row
        On the grid, as of `Terrain.cells`.
    height_m
        Of the eye or of the target, above the sea.
    """

    column: Floats
    row: Floats
    height_m: Floats


def ends_at(terrain: Terrain, lon: Floats, lat: Floats, above_m: float) -> Ends:
    """Return ends of lines of sight at places (degrees), so many metres above the ground."""
    return Ends(*terrain.cells(lon, lat), terrain.heights_m(lon, lat) + above_m)


def judge(
    grid_m: Grid, eyes: Ends, targets: Ends, eye: Rows, target: Rows, drop_m: Floats
) -> Verdicts:
    """Tell of pairs of eyes and targets whether they see each other.

    Parameters
    ----------
    grid_m
        Heights of the ground.
    eyes, targets
        Both ends; where a height is not known, nothing is.
    eye, target
        The rows of each pair.
    drop_m
        How far the earth sinks on the way of each pair, as of `Sight.drops_m`.

    Returns
    -------
    numpy.ndarray
        For each pair `HIDDEN`, `SEEN`, or `UNKNOWN` where nothing that is known hides it, and not
        all heights on the way are known.
    """
    verdicts = np.empty(len(eye), np.int8)
    tops_m = block_tops(grid_m)
    threads = os.cpu_count() or 1
    share = max(-(-len(eye) // (threads * _SHARES_PER_THREAD)), _FEWEST)

    def run(begin: int) -> None:
        some = slice(begin, begin + share)
        _judge(
            grid_m, tops_m, eyes.column, eyes.row, eyes.height_m,
            targets.column, targets.row, targets.height_m,
            eye[some], target[some], drop_m[some], verdicts[some],
        )  # fmt: skip

    begins = range(0, len(eye), share)
    if len(begins) <= 1:
        run(0)
        return verdicts
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, begins))
    return verdicts


@compiled
def _judge(
    grid_m: Grid, tops_m: Grid,
    eye_column: Floats, eye_row: Floats, eye_m: Floats,
    column: Floats, row: Floats, height_m: Floats,
    eye: Rows, target: Rows, drop_m: Floats, verdicts: Verdicts,
) -> None:  # fmt: skip
    for at in range(len(eye)):
        here, there = eye[at], target[at]
        verdicts[at] = look(
            grid_m, tops_m, eye_column[here], eye_row[here], column[there], row[there],
            eye_m[here], height_m[there], drop_m[at],
        )  # fmt: skip


@compiled
def look(
    grid_m: Grid, tops_m: Grid, column: float, row: float, to_column: float, to_row: float,
    eye_m: float, target_m: float, drop_m: float,
) -> int:  # fmt: skip
    """Return what an eye sees of a target.

    With t the share of the way, the ground stands above the line of sight by
    ``z(t) + drop t (1 - t) - (1 - t) eye - t target``. Blocks of squares whose highest corner is
    below the line are passed over; the others are walked through.
    """
    if math.isnan(eye_m) or math.isnan(target_m):
        return UNKNOWN
    x, y = column - 0.5, row - 0.5
    run_x, run_y = to_column - column, to_row - row
    rise = target_m - eye_m
    at_x, step_x, left, turn_x = _begin(x / _BLOCK, run_x / _BLOCK)
    at_y, step_y, top, turn_y = _begin(y / _BLOCK, run_y / _BLOCK)
    last_row, last_column = tops_m.shape[0] - 1, tops_m.shape[1] - 1
    begin, line_m, known = 0.0, eye_m, True
    while begin < 1.0:
        end = min(at_x, at_y, 1.0)
        end_m = eye_m + rise * end - drop_m * end * (1 - end)
        lowest_m = _lowest(line_m, end_m, drop_m, end - begin)
        block_m = tops_m[min(max(top, 0), last_row), min(max(left, 0), last_column)]
        if end - begin > _NOTHING and block_m > lowest_m:
            verdict = _walk(grid_m, x, y, run_x, run_y, begin, end, eye_m, rise, drop_m)
            if verdict == HIDDEN:
                return HIDDEN
            known = known and verdict == SEEN
        if at_x <= end:
            left, at_x = left + turn_x, at_x + step_x
        if at_y <= end:
            top, at_y = top + turn_y, at_y + step_y
        begin, line_m = end, end_m
    return SEEN if known else UNKNOWN


@compiled
def _walk(
    grid_m: Grid, x: float, y: float, run_x: float, run_y: float,
    begin: float, until: float, eye_m: float, rise: float, drop_m: float,
) -> int:  # fmt: skip
    """Return what stands in a part of the way, square by square."""
    at_x, step_x, left, turn_x = _begin(x + run_x * begin, run_x)
    at_y, step_y, top, turn_y = _begin(y + run_y * begin, run_y)
    at_x, at_y = at_x + begin, at_y + begin
    # Along a line of centres the cells at either side of it do not count.
    wide, high = int(run_x != 0 or x != left), int(run_y != 0 or y != top)
    line_m, known = eye_m + rise * begin - drop_m * begin * (1 - begin), True
    while begin < until:
        end = min(at_x, at_y, until)
        end_m = eye_m + rise * end - drop_m * end * (1 - end)
        lowest_m = _lowest(line_m, end_m, drop_m, end - begin)
        is_below = _is_below(grid_m, left, top, wide, high, lowest_m)
        if end - begin > _NOTHING and not is_below:
            above = _above(
                grid_m, left, top, wide, high, x, y, run_x, run_y,
                begin, end, eye_m, rise, drop_m,
            )  # fmt: skip
            if above > _TOUCH_M:
                return HIDDEN
            known = known and not math.isnan(above)
        if at_x <= end:
            left, at_x = left + turn_x, at_x + step_x
        if at_y <= end:
            top, at_y = top + turn_y, at_y + step_y
        begin, line_m = end, end_m
    return SEEN if known else UNKNOWN


@compiled
def _lowest(begin_m: float, end_m: float, drop_m: float, share: float) -> float:
    """Return what a share of the line, which sags between its ends, is nowhere lower than."""
    return (min(end_m, begin_m)) - drop_m * share * share / 4 + _TOUCH_M


@compiled
def block_tops(grid_m: Grid) -> Grid:
    """Return the highest corner of the squares of each block; infinite where one is not known."""
    last_row, last_column = grid_m.shape[0] - 1, grid_m.shape[1] - 1
    rows, columns = last_row // _BLOCK + 1, last_column // _BLOCK + 1
    tops_m = np.full((rows, columns), -np.inf, np.float32)
    for row in range(rows):
        for column in range(columns):
            for y in range(row * _BLOCK, min((row + 1) * _BLOCK, last_row) + 1):
                for x in range(column * _BLOCK, min((column + 1) * _BLOCK, last_column) + 1):
                    if not grid_m[y, x] <= tops_m[row, column]:
                        tops_m[row, column] = grid_m[y, x]
                    if math.isnan(grid_m[y, x]):
                        tops_m[row, column] = np.inf
    return tops_m


@compiled
def _begin(at: float, run: float) -> tuple[float, float, int, int]:
    """Return how a way meets lines of centres.

    The share of the way at the first of them, the share from one to the next, the line before its
    beginning, and the direction in which it goes on.
    """
    line = math.floor(at)
    if run > 0:
        return (line + 1.0 - at) / run, 1.0 / run, int(line), 1
    if run < 0:
        before = math.ceil(at) - 1.0
        return (before - at) / run, -1.0 / run, int(before), -1
    return _NEVER, 0.0, int(line), 0


@compiled
def _is_below(grid_m: Grid, left: int, top: int, wide: int, high: int, most_m: float) -> bool:
    """Tell whether all corners of a square are known and at most so high."""
    last_row, last_column = grid_m.shape[0] - 1, grid_m.shape[1] - 1
    right, bottom = min(left + wide, last_column), min(top + high, last_row)
    left, top = max(left, 0), max(top, 0)
    return bool(
        grid_m[top, left] <= most_m
        and grid_m[bottom, right] <= most_m
        and grid_m[top, right] <= most_m
        and grid_m[bottom, left] <= most_m
    )


@compiled
def _above(
    grid_m: Grid, left: int, top: int, wide: int, high: int,
    x: float, y: float, run_x: float, run_y: float,
    begin: float, end: float, eye_m: float, rise: float, drop_m: float,
) -> float:  # fmt: skip
    """Return by how much the ground of one square rises above the line; NaN if it is not known."""
    # Beyond the outermost centres the ground goes on level.
    right = min(left + wide, grid_m.shape[1] - 1)
    bottom = min(top + high, grid_m.shape[0] - 1)
    left, top = max(left, 0), max(top, 0)
    corner = float(grid_m[top, left])
    by_x, by_y = float(grid_m[top, right]) - corner, float(grid_m[bottom, left]) - corner
    twist = float(grid_m[bottom, right]) - corner - by_x - by_y
    from_x, from_y = x + run_x * begin - left, y + run_y * begin - top
    long = end - begin
    first = (
        corner + by_x * from_x + by_y * from_y + twist * from_x * from_y
        - eye_m - rise * begin + drop_m * begin * (1 - begin)
    )  # fmt: skip
    slope = (
        by_x * run_x + by_y * run_y + twist * (from_x * run_y + from_y * run_x)
        - rise + drop_m * (1 - 2 * begin)
    )  # fmt: skip
    curve = twist * run_x * run_y - drop_m
    last = first + slope * long + curve * long * long
    highest = max(first, last)
    if curve < 0 and 0 < slope < -2 * curve * long:
        highest = max(highest, first - slope * slope / (4 * curve))
    return highest if not math.isnan(last) else math.nan
