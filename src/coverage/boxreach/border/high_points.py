"""High points of the ground near the line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.candidates.thinning import thin_places
from boxreach.crs import WGS84, Floats, point_distances_m, transformer_between
from boxreach.sources.terrain import Terrain, placed
from boxreach.sources.terrain_grid import TerrainFile
from boxreach.sources.terrain_groups import bounds_of, group_places

Grounds = Terrain | TerrainFile
Longs = npt.NDArray[np.int64]

_LEAST_RISE_M = 5.0
_DIGITS = 6


def find_high_points(
    terrain: Grounds, lon: Floats, lat: Floats, *, around_m: float, apart_m: float
) -> tuple[Floats, Floats]:
    """Return the high points of the ground near places: centres of cells.

    A cell is one if none within `apart_m` east, west, north and south of it is higher, and the
    lowest there lies 5 m lower at least. Of several equally high the westmost stays.

    Parameters
    ----------
    terrain
        Heights; only what is near to the places is read.
    lon, lat
        Places along the line, in degrees.
    around_m
        How far from them high points are looked for.
    apart_m
        How far apart they lie at least.

    Examples
    --------
    >>> from affine import Affine
    >>> grid = np.zeros((40, 40), dtype="float32")
    >>> grid[10, 20], grid[30, 20], grid[30, 22] = 90.0, 60.0, 70.0
    >>> hills = Terrain(grid, Affine(0.001, 0, 44, 0, -0.001, 33), WGS84)
    >>> places = find_high_points(hills, np.array([44.02]), np.array([32.98]), around_m=2500,
    ...                           apart_m=500)
    >>> [one.round(4).tolist() for one in places]
    [[44.0205, 44.0225], [32.9895, 32.9695]]
    """
    wide_m = around_m + apart_m
    found = [
        _highest_cells(terrain.window(bounds_of(lon[rows], lat[rows], wide_m)), apart_m)
        for rows in group_places(lon, lat, terrain.cell_m, wide_m)
        if terrain.covers(lon[rows], lat[rows]).any()
    ]
    if not found:
        return np.empty(0), np.empty(0)
    x, y, height_m = (np.concatenate(one) for one in zip(*found, strict=True))
    x, y = np.round((x + 180) % 360 - 180, _DIGITS), np.round(y, _DIGITS)
    keeper = thin_places(x, y, np.lexsort((y, x, -height_m)), apart_m)
    stays = keeper == np.arange(len(x))
    return x[stays], y[stays]


def _highest_cells(terrain: Terrain, apart_m: float) -> tuple[Floats, Floats, Floats]:
    """Return longitude, latitude and height of the cells than which none about them is higher."""
    from scipy.ndimage import maximum_filter, minimum_filter  # noqa: PLC0415 - large

    size = [2 * max(int(np.ceil(apart_m / side)), 1) + 1 for side in _sides_m(terrain)]
    known = np.isfinite(terrain.grid_m)
    highest = maximum_filter(np.where(known, terrain.grid_m, -np.inf), size, mode="nearest")
    lowest = minimum_filter(np.where(known, terrain.grid_m, np.inf), size, mode="nearest")
    stands_out = highest - lowest >= _LEAST_RISE_M
    row, column = np.nonzero(known & (terrain.grid_m == highest) & stands_out)
    lon, lat = _middles(terrain, column, row)
    return lon, lat, terrain.grid_m[row, column].astype(float)


def _sides_m(terrain: Terrain) -> tuple[float, float]:
    """Return the metres from one row to the next, and from one column to the next."""
    rows, columns = terrain.grid_m.shape
    lon, lat = _middles(
        terrain, columns // 2 + np.array([0, 0, 1]), rows // 2 + np.array([0, 1, 0])
    )
    down, across = point_distances_m(np.repeat(lon[:1], 2), np.repeat(lat[:1], 2), lon[1:], lat[1:])
    return float(down), float(across)


def _middles(terrain: Terrain, column: Longs, row: Longs) -> tuple[Floats, Floats]:
    """Return longitude and latitude of the middles of cells."""
    x, y = placed(terrain.transform, column + 0.5, row + 0.5)
    lon, lat = transformer_between(terrain.crs, WGS84).transform(x, y)
    return np.asarray(lon), np.asarray(lat)
