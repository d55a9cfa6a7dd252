"""What other libraries take to draw what is seen from one place, and how far they agree.

They tell of whole grids of square cells in a plane. A cell agrees where its answer is ours, or
where a neighbour of it has the other answer too: then both draw the same edge within a cell.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.sight_land import SQUARE, make_square

Figures = dict[str, Any]
Seen = npt.NDArray[np.bool_]

_TOWER_M: Final = 7.6
_TARGET_M: Final = 1.7
_TIMES: Final = 2
_BENT: Final = 6 / 7
"""GDAL's coefficient of curvature for a refraction of 1/7."""


def measure_xarray_spatial(folder: Path, settings: Figures) -> Figures:
    """Draw the squares with xarray-spatial, which knows no curvature."""
    import xarray as xr
    from xrspatial import viewshed

    def draw(terrain: Any) -> Seen:
        x, y = SQUARE.axes(terrain)
        ground = terrain.grid_m.astype(np.float64)
        raster = xr.DataArray(ground, dims=["y", "x"], coords={"y": y, "x": x})
        middle = SQUARE.cells // 2
        angles = viewshed(
            raster, x=x[middle], y=y[middle], observer_elev=_TOWER_M, target_elev=_TARGET_M
        )
        return np.asarray(angles.to_numpy() >= 0)

    return _measure(folder, "flat", draw)


def measure_gdal(folder: Path, settings: Figures) -> Figures:
    """Draw the squares with gdal_viewshed, without curvature."""
    return _measure_gdal(folder, "flat", 0.0)


def measure_gdal_curved(folder: Path, settings: Figures) -> Figures:
    """Draw the squares with gdal_viewshed, with curvature and refraction."""
    return _measure_gdal(folder, "curved", _BENT)


def _measure_gdal(folder: Path, name: str, curvature: float) -> Figures:
    import rasterio

    program = shutil.which("gdal_viewshed")
    if program is None:
        return {"failed": "gdal_viewshed is not installed"}
    ground, drawn = folder / "square.tif", folder / "drawn.tif"

    def draw(terrain: Any) -> Seen:
        rows, columns = terrain.shape
        with rasterio.open(
            ground, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32",
            crs=terrain.crs.to_wkt(), transform=terrain.transform,
        ) as grid:  # fmt: skip
            grid.write(terrain.grid_m, 1)
        x, y = (axis[SQUARE.cells // 2] for axis in SQUARE.axes(terrain))
        heights = ["-oz", str(_TOWER_M), "-tz", str(_TARGET_M), "-cc", str(curvature)]
        where = ["-ox", str(x), "-oy", str(y), "-md", str(SQUARE.within_m)]
        subprocess.run([program, "-q", *heights, *where, ground, drawn], check=True)
        seen = np.zeros(terrain.shape, dtype=bool)
        with rasterio.open(drawn) as grid:
            left, top = ~terrain.transform * (grid.transform.c, grid.transform.f)
            part = grid.read(1) > 0
        seen[round(top) : round(top) + part.shape[0], round(left) : round(left) + part.shape[1]] = (
            part
        )
        return seen

    return _measure(folder, name, draw)


def _measure(folder: Path, name: str, draw: Callable[[Any], Seen]) -> Figures:
    squares = [make_square(seed) for seed in range(SQUARE.squares)]
    draw(squares[0])  # what is compiled is compiled
    differs = beyond = cells = 0
    wall, cpu = time.perf_counter(), _processor_s()
    for _ in range(_TIMES):
        found = [draw(one) for one in squares]
    wall_s, cpu_s = time.perf_counter() - wall, _processor_s() - cpu
    for at, theirs in enumerate(found):
        ours = np.load(folder / f"{name}-{at}.npy")
        near = ~np.isnan(ours)
        off = near & ((ours > 0) != theirs)
        differs, cells = differs + int(off.sum()), cells + int(near.sum())
        beyond += int((off & ~edges(ours > 0)).sum())
    drawn = _TIMES * len(squares)
    return {
        "wall_s": wall_s / drawn,
        "cpu_s": cpu_s / drawn,
        "differs": differs / cells,
        "beyond": beyond / cells,
        "cells": cells,
    }


def _processor_s() -> float:
    """Return the processor's time of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def edges(seen: Seen) -> Seen:
    """Return the cells beside which, or at a corner of which, another has the other answer."""
    rows, columns = seen.shape
    framed = np.pad(seen, 1, mode="edge")
    around = [
        framed[down : down + rows, right : right + columns]
        for down in range(3)
        for right in range(3)
    ]
    return np.asarray(np.any(around, axis=0) & ~np.all(around, axis=0))
