"""The same sums by other engines, and cell centres counted by GEOS alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from benchmarks.answers import time_best
from benchmarks.people_land import AREAS, RASTER

Figures = dict[str, Any]
Sums = npt.NDArray[np.float64]


def count_centres(folder: Path, settings: Figures) -> Figures:
    """Ask GEOS for every area which cell centres it holds, and hold our answer against it.

    Runs after boxreach and before the other engines, whose sums are compared with these.
    """
    shapes = gpd.read_file(folder / AREAS).geometry.to_numpy()
    shapely.prepare(shapes)
    with np.load(folder / "cells.npz") as kept:
        lon, lat, people, ours = (kept[name] for name in ("lon", "lat", "people", "where"))
    first, sums = np.full(len(lon), -1), np.zeros(len(shapes))
    for at in range(len(shapes) - 1, -1, -1):
        west, south, east, north = shapes[at].bounds
        near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
        held = near[shapely.intersects_xy(shapes[at], lon[near], lat[near])]
        first[held] = at
        sums[at] = people[held].sum()
    np.save(folder / "centres.npy", sums)
    inside = first >= 0
    return {
        "elsewhere": int((first[inside] != ours[inside]).sum()),
        "outside": int((~inside).sum()),
        "to_nearest": int((ours[~inside] >= 0).sum()),
    }


def measure_exactextract(folder: Path, settings: Figures) -> Figures:
    """Time exactextract area by area and at once, from the file."""
    from exactextract import exact_extract

    areas, raster = gpd.read_file(folder / AREAS), str(folder / RASTER)
    extract = partial(exact_extract, raster, ops=["sum"], output="pandas")
    return _time_all(
        folder,
        looped=lambda: [
            extract(areas.iloc[at : at + 1])["sum"].iloc[0] for at in range(len(areas))
        ],
        at_once=lambda: extract(areas)["sum"],
    )


def measure_rasterstats(folder: Path, settings: Figures) -> Figures:
    """Time rasterstats, which goes from area to area, from the file and with the raster at hand."""
    import rasterio
    from rasterstats import zonal_stats

    shapes = list(gpd.read_file(folder / AREAS).geometry)
    with rasterio.open(folder / RASTER) as raster:
        counts, affine, nodata = raster.read(1), raster.transform, raster.nodata

    def add_up(source: object, **options: object) -> list[float]:
        found = zonal_stats(shapes, source, stats=["sum"], nodata=nodata, **options)
        return [one["sum"] or 0.0 for one in found]

    return _time_all(
        folder,
        looped=lambda: add_up(str(folder / RASTER)),
        at_hand=lambda: add_up(counts, affine=affine),
    )


def _time_all(folder: Path, **works: Callable[[], npt.ArrayLike]) -> Figures:
    """Time each work, and say how far its sums, and their sum, are off those of cell centres."""
    figures: Figures = {}
    centres: Sums = np.load(folder / "centres.npy")
    for name, work in works.items():
        figures[f"{name}_s"], sums = time_best(work, repeats=3)
        off = np.asarray(sums, dtype=np.float64) - centres
        figures[f"{name}_off"] = float((np.abs(off) / np.maximum(centres, 1.0)).max())
        figures[f"{name}_total_off"] = float(abs(off.sum()) / centres.sum())
    return figures
