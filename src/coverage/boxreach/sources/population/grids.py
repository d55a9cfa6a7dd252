"""Grids of people, read window by window: memory goes by who lives there, not by the grid."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.enums import MaskFlags
from rasterio.windows import Window

from boxreach.crs import WGS84, Floats, areas_km2, transformer_between
from boxreach.errors import CRSError, DataWarning, Fault, InputError
from boxreach.sources.grid_file import open_grid
from boxreach.sources.population.cells import CELLS_AT_MOST, Cells
from boxreach.sources.population.grid_faults import ImpossibleValues, require_grid
from boxreach.sources.population.units import Unit, UnitName, tell_unit
from boxreach.tables import PEOPLE

_WINDOW_CELLS = 2**22
_EAST_AT_MOST = 540.0
_PIECE = 250_000
"""Cells whose corners are held at once."""


def read_grid(path: Path, unit: UnitName | None = None) -> Cells:
    """Read the populated cells of one band.

    Raises
    ------
    InputError
        If the file cannot be read, or holds what are no counts.
    """
    with open_grid(path, holds="counts") as grid:
        require_grid(grid, path.name)
        told = tell_unit(unit, _own_words(grid, path.name), path.name)
        row, column, values = _populated(grid, path.name)
        return _cells(grid, row, column, values, told, path.name)


def _own_words(grid: rasterio.DatasetReader, file: str) -> dict[str, str]:
    """Return what a grid says of its values, by where it says so, the surest first."""
    tags = {**grid.tags(), **grid.tags(1)}
    described = [grid.descriptions[0] or "", *(f"{key}={value}" for key, value in tags.items())]
    return {
        "its unit": grid.units[0] or "",
        "its tags": "; ".join(one for one in described if one)[:10_000],
        "its name": file,
    }


def _windows(grid: rasterio.DatasetReader) -> Iterator[Window]:
    """Return windows of whole blocks, a few million cells each."""
    high, wide = grid.block_shapes[0]
    columns = min(grid.width, max(_WINDOW_CELLS // high // wide, 1) * wide)
    rows = min(grid.height, max(_WINDOW_CELLS // columns // high, 1) * high)
    for top in range(0, grid.height, rows):
        for left in range(0, grid.width, columns):
            yield Window(left, top, min(columns, grid.width - left), min(rows, grid.height - top))


def _populated(
    grid: rasterio.DatasetReader, file: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Return row, column and value of each cell above 0, row by row."""
    impossible = ImpossibleValues(file)
    found: list[tuple[Any, ...]] = []
    cells = full = 0
    for window in _windows(grid):
        values, known = _read(grid, window)
        with np.errstate(invalid="ignore"):
            at = np.nonzero(known & (values != 0))
        held = values[at].astype(np.float64)
        top, left = window.row_off, window.col_off
        row, column = (at[0] + top).astype(np.int32), (at[1] + left).astype(np.int32)
        fine = (held > 0) & (held <= PEOPLE.maximum)
        if values.dtype.kind in "iu" and values.dtype.itemsize <= 4:
            full += int((held == np.iinfo(values.dtype).max).sum())
        impossible.add(row[~fine], column[~fine], held[~fine])
        cells += int(fine.sum())
        if cells > CELLS_AT_MOST:
            what = f"it has more than {CELLS_AT_MOST:,} cells with people, too many to be held"
            advice = "cut it to the study area, or resample it to cells of 1 km"
            raise InputError(Fault(what, file, advice=advice))
        if fine.any():
            found.append((row[fine], column[fine], held[fine]))
    impossible.raise_any()
    if full:
        what = (
            f"{full:,} cells hold {np.iinfo(grid.dtypes[0]).max:,} people, the most that"
            " its numbers can be; declare the value as nodata if it stands for what is not known"
        )
        warnings.warn(DataWarning(Fault(what, file)), stacklevel=4)
    if not found:
        raise InputError(Fault("there is nobody in it", file, advice="give a grid of counts"))
    row, column, values = (np.concatenate(part) for part in zip(*found, strict=True))
    if grid.block_shapes[0][1] < grid.width:  # windows may lie beside each other
        order = np.lexsort((column, row))
        row, column, values = row[order], column[order], values[order]
    return row.astype(np.int64), column.astype(np.int64), values


def _read(
    grid: rasterio.DatasetReader, window: Window
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Return the values of a window, and which of them are known."""
    flags = set(grid.mask_flag_enums[0])
    if flags <= {MaskFlags.all_valid, MaskFlags.nodata}:
        values = grid.read(1, window=window)
        known = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
    else:
        read = grid.read(1, window=window, masked=True)
        values = read.data
        known = ~np.ma.getmaskarray(read) & ~np.isnan(values)
    if grid.nodata is not None:
        known &= ~_is_nodata(values, grid.nodata)
    return values, known


def _is_nodata(values: npt.NDArray[Any], nodata: float) -> npt.NDArray[np.bool_]:
    """Tell which values are the declared one, even if its text was rounded.

    A value that no cell can hold, below 0 or far above all people, needs not be met to the bit:
    -3.4028234663852886e+38 is often declared as -3.40282e+38.
    """
    if math.isnan(nodata):
        return np.zeros(values.shape, dtype=bool)
    if values.dtype.kind == "f" and (nodata < 0 or nodata > PEOPLE.maximum):
        if math.isinf(nodata):
            return np.asarray(values == nodata)
        room = abs(nodata) * 1e-5
        with np.errstate(over="ignore", invalid="ignore"):
            low, high = (np.array(nodata + step).astype(values.dtype) for step in (-room, room))
        return np.asarray((values >= low) & (values <= high) & np.isfinite(values))
    if values.dtype.kind == "f":
        return np.asarray(values == values.dtype.type(nodata))
    return np.asarray(values == nodata)


def _cells(
    grid: rasterio.DatasetReader,
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    values: Floats,
    unit: Unit,
    file: str,
) -> Cells:
    crs = CRS.from_user_input(grid.crs)
    lon, lat = _degrees(grid.transform, crs, column + 0.5, row + 0.5)
    areas = _areas_km2(grid.transform, crs, row, column)
    lost = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90))
    if unit.name == "density":  # without an area they would be nobody
        lost |= np.isnan(areas)
    if lost.any():
        first = int(np.flatnonzero(lost)[0])
        what = f"{int(lost.sum())} cells with people lie nowhere on earth"
        advice = "check the coordinate reference system and the transform of the grid"
        raise CRSError(Fault(what, file, int(row[first]), f"cell {column[first]}", advice))
    people = values * areas if unit.name == "density" else values
    ids = [f"r{r}c{c}" for r, c in zip(row.tolist(), column.tolist(), strict=True)]
    return Cells(lon, lat, people, areas, np.array(ids, dtype=object), unit)


def _degrees(
    transform: Any, crs: CRS, column: npt.NDArray[Any], row: npt.NDArray[Any]
) -> tuple[Floats, Floats]:
    """Return longitude and latitude of places on a grid, infinite where there are none."""
    x = transform.a * column + transform.b * row + transform.c
    y = transform.d * column + transform.e * row + transform.f
    if crs != WGS84:
        try:
            x, y = transformer_between(crs, WGS84).transform(x, y)
        except ProjError:
            return np.full(len(row), np.inf), np.full(len(row), np.inf)
    x[np.abs(x) > _EAST_AT_MOST] = np.inf
    beyond = np.abs(x) > 180  # a grid may count its longitudes from 0 to 360
    with np.errstate(invalid="ignore"):
        x[beyond] = (x[beyond] + 180) % 360 - 180
    return x, y


def _areas_km2(
    transform: Any, crs: CRS, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64]
) -> Floats:
    """Return the area of each cell on the ellipsoid."""
    if crs.is_geographic and transform.b == transform.d == 0:
        # All cells of a row are alike.
        rows, each = np.unique(row, return_inverse=True)
        return _areas_of_corners(transform, crs, rows, np.zeros_like(rows))[each]
    pieces = [
        _areas_of_corners(transform, crs, row[at : at + _PIECE], column[at : at + _PIECE])
        for at in range(0, len(row), _PIECE)
    ]
    return np.concatenate(pieces)


def _areas_of_corners(
    transform: Any, crs: CRS, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64]
) -> Floats:
    east, south = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0])
    lon, lat = _degrees(
        transform, crs, (column[:, None] + east).ravel(), (row[:, None] + south).ravel()
    )
    with np.errstate(invalid="ignore"):  # at the rim of a map of the world there is no corner
        areas = areas_km2(lon.reshape(-1, 4), np.clip(lat, -90, 90).reshape(-1, 4))
    return np.where(np.isfinite(areas), areas, np.nan)
