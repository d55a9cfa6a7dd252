"""A synthetic land: a raster of people, most of it empty, and areas with jagged outlines."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Figures = dict[str, Any]

RASTER, AREAS = "people.tif", "areas.gpkg"
_PER_DEGREE = 900
_WEST, _NORTH = 39.0, 37.5
_AT_FULL_SIZE = 1_000_000, 8_000, 300
"""Populated cells, cells along a side, and areas."""


def prepare(folder: Path, settings: Figures) -> Figures:
    """Write raster and areas, the same for the same number of cells and seed."""
    begun = time.perf_counter()
    random = np.random.default_rng(settings["seed"])
    share = settings["cells"] / _AT_FULL_SIZE[0]
    side = round(_AT_FULL_SIZE[1] * share**0.5)
    counts = scatter_people(random, side, settings["cells"])
    write_raster(folder / RASTER, counts)
    shapes = draw_areas(random, side / _PER_DEGREE, max(12, round(_AT_FULL_SIZE[2] * share)))
    ids = [f"A{at:03d}" for at in range(len(shapes))]
    areas = gpd.GeoDataFrame({"area_id": ids, "name": ids}, geometry=shapes, crs=4326)
    areas.to_file(folder / AREAS)
    return {
        "made_s": time.perf_counter() - begun,
        "side": side,
        "cells": int((counts > 0).sum()),
        "areas": len(areas),
        "vertices": int(shapely.get_num_coordinates(shapes).sum()),
    }


def scatter_people(random: np.random.Generator, side: int, cells: int) -> npt.NDArray[np.float32]:
    """Return a square of people, in so many of its cells, most of them in towns."""
    towns = max(1, cells // 250)
    at = random.integers(0, side, (towns, 2))
    whose = random.integers(0, towns, 3 * cells)
    off = random.normal(0, 12, (3 * cells, 2))
    row, column = np.clip(at[whose] + off, 0, side - 1).astype(np.int64).T
    populated = random.permutation(np.unique(row * side + column))[:cells]
    counts = np.zeros(side * side, dtype=np.float32)
    counts[populated] = 0.01 + 40 * random.random(len(populated))
    return counts.reshape(side, side)


def write_raster(path: Path, counts: npt.NDArray[np.float32]) -> None:
    """Write people as GeoTIFF in tiles, as they are published."""
    import rasterio

    profile = {
        "driver": "GTiff", "width": counts.shape[1], "height": counts.shape[0], "count": 1,
        "dtype": "float32", "crs": "EPSG:4326", "nodata": -99999, "compress": "deflate",
        "tiled": True, "blockxsize": 512, "blockysize": 512,
        "transform": rasterio.Affine(1 / _PER_DEGREE, 0, _WEST, 0, -1 / _PER_DEGREE, _NORTH),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(counts, 1)


def draw_areas(random: np.random.Generator, degrees: float, count: int) -> npt.NDArray[np.object_]:
    """Return areas that fill a square nearly to its sides and share their jagged edges."""
    square = shapely.box(_WEST, _NORTH - degrees, _WEST + degrees, _NORTH)
    west, south, east, north = square.bounds
    sites = shapely.multipoints(random.uniform([west, south], [east, north], (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(sites))
    cells = shapely.segmentize(shapely.intersection(cells, square), 0.01)
    return shapely.transform(cells, _jag)


def _jag(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Move places by less than they lie apart, to seven digits so that neighbours agree."""
    lon, lat = at.T
    east = np.sin(lon * 40) * np.sin(lat * 53) * 0.01 + np.sin(lon * 313 + lat * 97) * 0.001
    north = np.cos(lon * 47) * np.sin(lat * 31) * 0.01 + np.sin(lon * 211 - lat * 177) * 0.001
    return np.round(at + np.column_stack([east, north]), 7)
