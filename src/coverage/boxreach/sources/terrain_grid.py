"""Heights of the ground from a file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from pyproj import CRS, Transformer
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
from rasterio.windows import Window

from boxreach.arguments import require_bounds, require_file, require_path
from boxreach.crs import WGS84
from boxreach.errors import CRSError, DataWarning, Fault, InputError
from boxreach.sources.terrain import Terrain, placed
from boxreach.tables import Bounds

_LOWEST_M, _HIGHEST_M = -450.0, 9000.0
"""No land lies lower than the Dead Sea's shore or higher than Everest, with some room."""

_CELLS_AT_MOST = 200_000_000
_METRES_OF_UNIT = {
    "": 1.0, "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us survey foot": 1200 / 3937,
}  # fmt: skip


def read_terrain(path: str | Path, *, bounds: Bounds | None = None) -> Terrain:
    """Read a grid of heights.

    Parameters
    ----------
    path
        One band of heights in metres or feet, any CRS, as GeoTIFF or what else GDAL reads. Values
        that no land has, such as an undeclared -99999, count as not known: a `DataWarning`.
    bounds
        West, south, east, north in degrees of what is needed; the rest is not read.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS or several bands, is in no known unit, is too large
        or holds no height.
    """
    path = require_path(path)
    require_bounds(bounds)
    require_file(path)
    try:
        with warnings.catch_warnings():
            # A grid that says nothing of where it lies is refused below, in words.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as grid:
                return _read(grid, path.name, bounds)
    except RasterioIOError as error:
        what = f"it cannot be read as a grid ({str(error).splitlines()[0]})"
        raise InputError(Fault(what, path.name, advice="give a GeoTIFF of heights")) from error


def _read(grid: rasterio.DatasetReader, file: str, bounds: Bounds | None) -> Terrain:
    unit_m = _require_heights(grid, file)
    crs = CRS.from_user_input(grid.crs)
    window = _window(grid, crs, bounds, file)
    if window.width * window.height > _CELLS_AT_MOST:
        what = (
            f"it has {window.width * window.height:,.0f} cells, and {_CELLS_AT_MOST:,} can be held"
        )
        advice = "cut it to the study area, or resample it to cells of 90 m"
        raise InputError(Fault(what, file, advice=advice))
    stored = grid.read(1, window=window, masked=True)
    heights = stored.astype("float32").filled(np.nan)
    heights = heights * np.float32(grid.scales[0] * unit_m) + np.float32(grid.offsets[0] * unit_m)
    x, y = placed(grid.transform, window.col_off, window.row_off)
    part = rasterio.Affine(*grid.transform[:2], x, *grid.transform[3:5], y)
    return Terrain(_known(heights, file), part, crs, file)


def _require_heights(grid: rasterio.DatasetReader, file: str) -> float:
    """Return the metres of a unit of the grid, or refuse what holds no heights."""
    unit = (grid.units[0] or "").strip().lower()
    faults = []
    if grid.count != 1:
        faults.append(Fault(f"it has {grid.count} bands", file, advice="give one band of heights"))
    if any(np.issubdtype(np.dtype(one), np.complexfloating) for one in grid.dtypes):
        faults.append(Fault("it holds complex numbers", file, advice="give heights"))
    if unit not in _METRES_OF_UNIT:
        what = f"its heights are in {unit!r}, which is not known"
        faults.append(Fault(what, file, advice="give metres"))
    if grid.crs is None:
        what = "the grid does not say its coordinate reference system"
        fault = Fault(what, file, advice="set it in the file")
        raise InputError(*faults, fault) if faults else CRSError(fault)
    if faults:
        raise InputError(*faults)
    return _METRES_OF_UNIT[unit]


def _window(grid: rasterio.DatasetReader, crs: CRS, bounds: Bounds | None, file: str) -> Window:
    """Return the part of a grid that holds the bounds and a cell around them."""
    if bounds is None:
        return Window(0, 0, grid.width, grid.height)
    there = Transformer.from_crs(WGS84, crs, always_xy=True).transform_bounds(*bounds)
    x, y = np.array(there)[[0, 0, 2, 2]], np.array(there)[[1, 3, 1, 3]]
    column, row = placed(~grid.transform, x, y)
    (left, right), (top, bottom) = (
        (max(int(at.min()) - 1, 0), min(int(at.max()) + 2, size))
        for at, size in ((column, grid.width), (row, grid.height))
    )
    if left >= right or top >= bottom:
        west, south, east, north = bounds
        extent = f"{west:.1f} to {east:.1f} E, {south:.1f} to {north:.1f} N"
        what = f"it does not meet the study area ({extent})"
        raise InputError(Fault(what, file, advice="give a grid of the same country"))
    return Window(left, top, right - left, bottom - top)


def _known(heights: npt.NDArray[np.float32], file: str) -> npt.NDArray[np.float32]:
    """Return the heights without those that no land has."""
    heights[~np.isfinite(heights)] = np.nan
    with np.errstate(invalid="ignore"):
        absurd = (heights < _LOWEST_M) | (heights > _HIGHEST_M)
    if absurd.any():
        values, cells = np.unique(heights[absurd], return_counts=True)
        warnings.warn(
            f"{file}: {int(absurd.sum())} cells hold heights that no land has, most often"
            f" {values[cells.argmax()]:g} m; they count as not known",
            DataWarning,
            stacklevel=4,
        )
        heights[absurd] = np.nan
    if np.isnan(heights).all():
        raise InputError(Fault("there is no height in it", file, advice="give a grid of heights"))
    return heights
