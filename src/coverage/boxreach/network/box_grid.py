"""A grid over boxes, to find those that the box of a way meets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_MOST_CELLS = 1024


@dataclass(frozen=True, eq=False)
class BoxGrid:
    """Which boxes meet each cell of a grid in degrees.

    Attributes
    ----------
    boxes
        West, south, east and north of each box.
    corner, steps
        West and south of the grid, and how many of its cells lie in a degree, both ways.
    cells
        Cells along each side.
    first, box
        The boxes that meet cell c, counted row by row, are ``box[first[c]]`` up to
        ``box[first[c + 1]]``.
    """

    boxes: Floats
    corner: Floats
    steps: Floats
    cells: int
    first: Longs
    box: Ints

    @classmethod
    def over(cls, boxes: Floats) -> BoxGrid:
        """Return the grid over boxes, one at least."""
        cells = min(_MOST_CELLS, 8 * math.isqrt(len(boxes)))
        corner = boxes[:, :2].min(axis=0)
        steps = cells / np.maximum(boxes[:, 2:].max(axis=0) - corner, 1e-9)
        first, box = _lay(np.ascontiguousarray(boxes), corner, steps, cells)
        return cls(boxes, corner, steps, cells, first, box)

    def meet(self, ways: Floats) -> tuple[Ints, Ints]:
        """Return pairs of way and box where the box of the way, two places, meets the other.

        Examples
        --------
        >>> grid = BoxGrid.over(np.array([[44.0, 33.0, 44.1, 33.1], [44.5, 33.0, 44.6, 33.1]]))
        >>> way, box = grid.meet(np.array([[44.2, 33.2, 44.05, 33.05], [44.3, 33.0, 44.4, 33.1]]))
        >>> way.tolist(), box.tolist()
        ([0], [0])
        """
        pairs = _meet(
            np.ascontiguousarray(ways), self.boxes, self.corner, self.steps, self.cells,
            self.first, self.box,
        )  # fmt: skip
        return pairs[:, 0], pairs[:, 1]


@compiled
def _cell(place: float, corner: float, steps: float, cells: int) -> int:
    """Return the column or row of a place, the outermost one if it lies beyond the grid."""
    return int(min(max((place - corner) * steps, 0.0), cells - 1.0))


@compiled
def _lay(boxes: Floats, corner: Floats, steps: Floats, cells: int) -> tuple[Longs, Ints]:
    first = np.zeros(cells * cells + 1, np.int64)
    box = np.empty(0, np.int32)
    for filling in (False, True):
        if filling:
            first[1:] = np.cumsum(first[1:])
            box = np.empty(first[-1], np.int32)
            free = first[:-1].copy()
        for one in range(len(boxes)):
            column1 = _cell(boxes[one, 0], corner[0], steps[0], cells)
            column2 = _cell(boxes[one, 2], corner[0], steps[0], cells)
            for row in range(
                _cell(boxes[one, 1], corner[1], steps[1], cells),
                _cell(boxes[one, 3], corner[1], steps[1], cells) + 1,
            ):
                for cell in range(row * cells + column1, row * cells + column2 + 1):
                    if filling:
                        box[free[cell]] = one
                        free[cell] += 1
                    else:
                        first[cell + 1] += 1
    return first, box


@compiled
def _meet(
    ways: Floats, boxes: Floats, corner: Floats, steps: Floats, cells: int, first: Longs, box: Ints
) -> Ints:
    pairs = np.empty((1024, 2), np.int32)
    found = 0
    for way in range(len(ways)):
        west, east = min(ways[way, 0], ways[way, 2]), max(ways[way, 0], ways[way, 2])
        south, north = min(ways[way, 1], ways[way, 3]), max(ways[way, 1], ways[way, 3])
        column1 = _cell(west, corner[0], steps[0], cells)
        column2 = _cell(east, corner[0], steps[0], cells)
        row1 = _cell(south, corner[1], steps[1], cells)
        for row in range(row1, _cell(north, corner[1], steps[1], cells) + 1):
            for column in range(column1, column2 + 1):
                cell = row * cells + column
                for at in range(first[cell], first[cell + 1]):
                    one = box[at]
                    if (
                        boxes[one, 0] > east or boxes[one, 2] < west
                        or boxes[one, 1] > north or boxes[one, 3] < south
                    ):  # fmt: skip
                        continue
                    # Where both meet in several cells, the first of these tells.
                    if column > max(column1, _cell(boxes[one, 0], corner[0], steps[0], cells)):
                        continue
                    if row > max(row1, _cell(boxes[one, 1], corner[1], steps[1], cells)):
                        continue
                    if found == len(pairs):
                        pairs = np.concatenate((pairs, pairs))
                    pairs[found, 0], pairs[found, 1] = way, one
                    found += 1
    return pairs[:found].copy()
