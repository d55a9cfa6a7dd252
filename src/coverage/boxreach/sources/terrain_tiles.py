"""Tiles of heights, joined to one grid that can be held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.windows import Window

from boxreach.errors import Fault, InputError
from boxreach.sources.grid_file import open_grid

PER_DEGREE = (3600, 1800, 1200, 900, 600, 450, 400, 300, 240, 200, 150, 120)
"""How many cells a degree may have: 30 m, 60 m, 90 m and so on. Tiles of 30 m divide into all."""

CELLS_AT_MOST = 150_000_000
"""Cells of a grid that is read whole with room around it; see `boxreach.read_terrain`."""

_UNKNOWN_M = -9999.0


def join_tiles(
    tiles: Sequence[Path],
    target: Path,
    *,
    cells_at_most: int = CELLS_AT_MOST,
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Write tiles of a degree each as one GeoTIFF, coarser where it would be too large.

    Each cell is the mean of those of the tile that it takes the place of; where there is no tile
    the height is not known, as over the sea.

    Parameters
    ----------
    tiles
        Grids in degrees whose sides are one degree, half a cell of which may lie beside it.
    target
        The file to write.
    cells_at_most
        How many cells it may have.
    tell
        Hears how many tiles are done.

    Returns
    -------
    int
        How many cells a degree has.

    Raises
    ------
    InputError
        If one is no such tile.
    """
    corners, finest = [_corner(tile) for tile in tiles], max(map(_rows, tiles))
    west, north = min(one for one, _ in corners), max(one for _, one in corners)
    wide, high = (
        max(one for one, _ in corners) - west + 1,
        north - min(one for _, one in corners) + 1,
    )
    fitting = (
        each for each in PER_DEGREE if each <= finest and wide * each * high * each <= cells_at_most
    )
    each = next(fitting, PER_DEGREE[-1])
    with open_grid(tiles[0], holds="heights") as first:
        left, top = first.bounds.left - corners[0][0], first.bounds.top - corners[0][1]
    cell = 1 / each
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "width": wide * each,
        "height": high * each, "crs": "EPSG:4326", "nodata": _UNKNOWN_M, "tiled": True,
        "transform": Affine(cell, 0, west + left, 0, -cell, north + top), "compress": "deflate",
        "predictor": 3, "bigtiff": "if_safer", "sparse_ok": True,
    }  # fmt: skip
    with rasterio.open(target, "w", **profile) as joined:
        for number, (tile, (x, y)) in enumerate(zip(tiles, corners, strict=True)):
            window = Window((x - west) * each, (north - y) * each, each, each)
            joined.write(_read_coarse(tile, each), 1, window=window)
            tell(number + 1, len(tiles))
    return each


def _corner(tile: Path) -> tuple[int, int]:
    """Return the western and northern degree of a tile."""
    with open_grid(tile, holds="heights") as grid:
        bounds = grid.bounds
        sides = bounds.right - bounds.left, bounds.top - bounds.bottom
        degrees = grid.crs is not None and grid.crs.is_geographic
        cell = max(abs(grid.transform.a), abs(grid.transform.e))
    west, north = round(bounds.left), round(bounds.top)
    beside = max(abs(bounds.left - west), abs(bounds.top - north), *(abs(one - 1) for one in sides))
    if not degrees or beside > cell:
        what = "it is no tile of one degree"
        raise InputError(Fault(what, tile.name, advice="check the catalogue"))
    return west, north


def _rows(tile: Path) -> int:
    with open_grid(tile, holds="heights") as grid:
        return int(grid.height)


def _read_coarse(tile: Path, each: int) -> np.ndarray:
    with open_grid(tile, holds="heights") as grid:
        read = grid.read(1, out_shape=(each, each), resampling=Resampling.average, masked=True)
    return np.ma.filled(read.astype("float32"), _UNKNOWN_M)
