"""Heights of the ground on a grid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS

from boxreach.arguments import require_bounds
from boxreach.compilation import compiled
from boxreach.crs import GEOD, WGS84, Floats, transformer_between
from boxreach.errors import Fault, InputError
from boxreach.extents import Bounds


class Lattice(ABC):
    """Where the cells of a grid lie: what heights in memory and heights in a file have in common.

    Attributes
    ----------
    transform
        From column and row to the coordinates of `crs`.
    crs
        Of the grid.
    file
        Where it comes from.
    """

    transform: Affine
    crs: CRS
    file: str

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    @property
    def cell_m(self) -> float:
        """The longer side of the cell in the middle of the grid, in metres."""
        rows, columns = self.shape
        column, row = columns // 2 + np.array([0, 1, 0]), rows // 2 + np.array([0, 0, 1])
        x, y = placed(self.transform, column, row)
        lon, lat = transformer_between(self.crs, WGS84).transform(x, y)
        sides = GEOD.inv([lon[0]] * 2, [lat[0]] * 2, lon[1:], lat[1:])[2]
        return float(np.max(sides))

    def cells(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return the column and the row of each place (degrees), with fractions of them."""
        x, y = transformer_between(WGS84, self.crs).transform(lon, lat)
        if self.crs.is_geographic:  # a grid may count its longitudes from 0 to 360
            x = np.asarray(x) + 360 * np.rint((self._middle - np.asarray(x)) / 360)
        column, row = placed(~self.transform, np.asarray(x), np.asarray(y))
        return column, row

    def covers(self, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
        """Tell which places (degrees) lie on the grid, whether their heights are known or not."""
        column, row = self.cells(lon, lat)
        rows, columns = self.shape
        return np.asarray((column >= 0) & (column <= columns) & (row >= 0) & (row <= rows))

    def span(self, bounds: Bounds | None) -> tuple[slice, slice]:
        """Return the rows and columns that hold the bounds (degrees) and a cell around them.

        Raises
        ------
        InputError
            If the grid lies elsewhere.
        """
        require_bounds(bounds)
        rows, columns = self.shape
        if bounds is None:
            return slice(0, rows), slice(0, columns)
        west, south, east, north = bounds
        if self.crs.is_geographic:
            turn = 360 * float(np.rint((self._middle - (west + east) / 2) / 360))
            west, east = west + turn, east + turn
        there = transformer_between(WGS84, self.crs).transform_bounds(west, south, east, north)
        x, y = np.array(there)[[0, 0, 2, 2]], np.array(there)[[1, 3, 1, 3]]
        column, row = placed(~self.transform, x, y)
        (left, right), (top, bottom) = (
            (max(int(at.min()) - 1, 0), min(int(at.max()) + 2, size))
            for at, size in ((column, columns), (row, rows))
        )
        if left >= right or top >= bottom:
            raise InputError(self.elsewhere("the study area", bounds))
        return slice(top, bottom), slice(left, right)

    def moved(self, rows: slice, columns: slice) -> Affine:
        """Return the transform of a part of the grid."""
        x, y = placed(self.transform, columns.start, rows.start)
        turn = self.transform
        return Affine(turn.a, turn.b, x, turn.d, turn.e, y)

    def elsewhere(self, what: str, bounds: Bounds) -> Fault:
        """Return the fault of a grid that does not meet something within some bounds."""
        west, south, east, north = bounds
        extent = f"{west:.1f} to {east:.1f} E, {south:.1f} to {north:.1f} N"
        said = f"it does not meet {what} ({extent})"
        return Fault(said, self.file, advice="give a grid of the same country")

    @property
    def _middle(self) -> float:
        return float(self.transform.c + self.transform.a * self.shape[1] / 2)


@dataclass(frozen=True, eq=False)
class Terrain(Lattice):
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
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.grid_m.shape
        return rows, columns

    def window(self, bounds: Bounds) -> Terrain:
        """Return the part within west, south, east and north in degrees, and a cell around it.

        Raises
        ------
        InputError
            If the grid does not meet the bounds.

        Examples
        --------
        >>> land = Terrain(np.zeros((100, 100), "float32"), Affine(1, 0, 0, 0, -1, 50), WGS84)
        >>> land.window((44, 30, 46, 33)).shape
        (6, 5)
        """
        rows, columns = self.span(bounds)
        return Terrain(self.grid_m[rows, columns], self.moved(rows, columns), self.crs, self.file)

    def windows(self, several: Iterable[Bounds]) -> Iterator[Terrain]:
        """Return the parts within several bounds, one after the other."""
        return map(self.window, several)

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
