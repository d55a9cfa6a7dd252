"""Heights of the ground on a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS, Transformer

from boxreach.compilation import compiled
from boxreach.crs import GEOD, WGS84, Floats


@dataclass(frozen=True, eq=False)
class Terrain:
    """Heights on a grid.

    Attributes
    ----------
    grid_m
        Metres above the sea at the centres of the cells, rows from the top; NaN where not known.
    transform
        From column and row to the coordinates of `crs`.
    crs
        Of the grid.
    file
        Where it comes from.
    """

    grid_m: npt.NDArray[np.float32]
    transform: Affine
    crs: CRS
    file: str = "terrain"

    @property
    def cell_m(self) -> float:
        """The longer side of the cell in the middle of the grid, in metres."""
        rows, columns = self.grid_m.shape
        column, row = columns // 2 + np.array([0, 1, 0]), rows // 2 + np.array([0, 0, 1])
        x, y = placed(self.transform, column, row)
        lon, lat = Transformer.from_crs(self.crs, WGS84, always_xy=True).transform(x, y)
        sides = GEOD.inv([lon[0]] * 2, [lat[0]] * 2, lon[1:], lat[1:])[2]
        return float(np.max(sides))

    def heights_m(self, lon: Floats, lat: Floats) -> Floats:
        """Return the height at each place (degrees), between the four cells around it.

        It is NaN outside the grid and where one of the four is not known.

        Examples
        --------
        >>> grid = np.array([[10, 20], [30, 40]], dtype="float32")
        >>> land = Terrain(grid, Affine(1, 0, 44, 0, -1, 34), WGS84)
        >>> land.heights_m(np.array([44.5, 45.0, 50.0]), np.array([33.5, 33.0, 33.0])).tolist()
        [10.0, 25.0, nan]
        """
        return _heights(self.grid_m, *self.cells(lon, lat))

    def cells(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return the column and the row of each place (degrees), with fractions of them."""
        x, y = Transformer.from_crs(WGS84, self.crs, always_xy=True).transform(lon, lat)
        if self.crs.is_geographic:  # a grid may count its longitudes from 0 to 360
            middle = self.transform.c + self.transform.a * self.grid_m.shape[1] / 2
            x = np.asarray(x) + 360 * np.rint((middle - np.asarray(x)) / 360)
        column, row = placed(~self.transform, np.asarray(x), np.asarray(y))
        return column, row


def placed(transform: Affine, x: Any, y: Any) -> tuple[Any, Any]:
    """Return where an affine transform puts points."""
    return (
        transform.a * x + transform.b * y + transform.c,
        transform.d * x + transform.e * y + transform.f,
    )


@compiled
def height_at(grid_m: npt.NDArray[np.float32], column: float, row: float) -> float:
    """Return the height at a column and a row of a grid, as `Terrain.heights_m` does."""
    rows, columns = grid_m.shape
    if not (0 <= column <= columns and 0 <= row <= rows):
        return np.nan
    column, row = min(max(column - 0.5, 0.0), columns - 1.0), min(max(row - 0.5, 0.0), rows - 1.0)
    left, top = int(column), int(row)
    right, bottom = min(left + 1, columns - 1), min(top + 1, rows - 1)
    upper = _between(grid_m[top, left], grid_m[top, right], column - left)
    lower = _between(grid_m[bottom, left], grid_m[bottom, right], column - left)
    return _between(upper, lower, row - top)


@compiled
def _heights(grid_m: npt.NDArray[np.float32], column: Floats, row: Floats) -> Floats:
    heights = np.empty(len(column))
    for at in range(len(column)):
        heights[at] = height_at(grid_m, column[at], row[at])
    return heights


@compiled
def _between(one: float, other: float, share: float) -> float:
    """Return the value `share` of the way from one to the other; at 0 the other may be unknown."""
    return float(one) + share * (other - float(one)) if share > 0 else float(one)
