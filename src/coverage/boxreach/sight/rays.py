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
_FEWEST = 256
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
    threads = os.cpu_count() or 1
    share = max(-(-len(eye) // (threads * _SHARES_PER_THREAD)), _FEWEST)

    def run(begin: int) -> None:
        some = slice(begin, begin + share)
        _judge(
            grid_m, eyes.column, eyes.row, eyes.height_m,
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
    grid_m: Grid,
    eye_column: Floats, eye_row: Floats, eye_m: Floats,
    column: Floats, row: Floats, height_m: Floats,
    eye: Rows, target: Rows, drop_m: Floats, verdicts: Verdicts,
) -> None:  # fmt: skip
    for at in range(len(eye)):
        here, there = eye[at], target[at]
        verdicts[at] = look(
            grid_m, eye_column[here], eye_row[here], column[there], row[there],
            eye_m[here], height_m[there], drop_m[at],
        )  # fmt: skip


@compiled
def look(
    grid_m: Grid, column: float, row: float, to_column: float, to_row: float,
    eye_m: float, target_m: float, drop_m: float,
) -> int:  # fmt: skip
    """Return what an eye sees of a target.

    With t the share of the way, the ground stands above the line of sight by
    ``z(t) + drop t (1 - t) - (1 - t) eye - t target``.
    """
    if math.isnan(eye_m) or math.isnan(target_m):
        return UNKNOWN
    x, y = column - 0.5, row - 0.5
    run_x, run_y = to_column - column, to_row - row
    rise = target_m - eye_m
    next_x, next_y = _first_line(x, run_x), _first_line(y, run_y)
    at_x, at_y = _share_at(next_x, x, run_x), _share_at(next_y, y, run_y)
    begin, known = 0.0, True
    while begin < 1.0:
        end = min(at_x, at_y, 1.0)
        above = _above(grid_m, x, y, run_x, run_y, begin, end, eye_m, rise, drop_m)
        if above > _TOUCH_M:
            return HIDDEN
        known = known and above == above  # noqa: PLR0124 - NaN differs from itself
        if at_x <= end:
            next_x += 1.0 if run_x > 0 else -1.0
            at_x = _share_at(next_x, x, run_x)
        if at_y <= end:
            next_y += 1.0 if run_y > 0 else -1.0
            at_y = _share_at(next_y, y, run_y)
        begin = end
    return SEEN if known else UNKNOWN


@compiled
def _first_line(at: float, run: float) -> float:
    """Return the first line of centres that a way meets after its beginning."""
    return math.floor(at) + 1.0 if run > 0 else math.ceil(at) - 1.0


@compiled
def _share_at(line: float, at: float, run: float) -> float:
    """Return the share of the way at which it meets a line of centres."""
    return (line - at) / run if run != 0 else _NEVER


@compiled
def _above(
    grid_m: Grid, x: float, y: float, run_x: float, run_y: float,
    begin: float, end: float, eye_m: float, rise: float, drop_m: float,
) -> float:  # fmt: skip
    """Return by how much the ground of one square rises above the line; NaN if it is not known."""
    last_row, last_column = grid_m.shape[0] - 1, grid_m.shape[1] - 1
    middle = (begin + end) / 2
    middle_x = min(max(x + run_x * middle, 0.0), float(last_column))
    middle_y = min(max(y + run_y * middle, 0.0), float(last_row))
    left, top = int(middle_x), int(middle_y)
    # On a line of centres, and beyond the outermost, the cells at the other side do not count.
    right = left + 1 if middle_x > left else left
    bottom = top + 1 if middle_y > top else top
    corner = float(grid_m[top, left])
    by_x, by_y = float(grid_m[top, right]) - corner, float(grid_m[bottom, left]) - corner
    twist = float(grid_m[bottom, right]) - corner - by_x - by_y
    from_x, from_y = x + run_x * begin - left, y + run_y * begin - top
    to_x, to_y = x + run_x * end - left, y + run_y * end - top
    first = (
        corner + by_x * from_x + by_y * from_y + twist * from_x * from_y
        - eye_m - rise * begin + drop_m * begin * (1 - begin)
    )  # fmt: skip
    last = (
        corner + by_x * to_x + by_y * to_y + twist * to_x * to_y
        - eye_m - rise * end + drop_m * end * (1 - end)
    )  # fmt: skip
    highest = max(first, last)
    curve = twist * run_x * run_y - drop_m
    slope = (
        by_x * run_x + by_y * run_y + twist * (from_x * run_y + from_y * run_x)
        - rise + drop_m * (1 - 2 * begin)
    )  # fmt: skip
    if curve < 0 and 0 < slope < -2 * curve * (end - begin):
        highest = max(highest, first - slope * slope / (4 * curve))
    return highest if not math.isnan(first + last) else math.nan
