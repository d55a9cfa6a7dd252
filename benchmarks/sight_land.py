"""Synthetic ground for lines of sight: hills of noise, a strip of them along a frontier, and posts.

Nothing here is of any country; the same numbers give the same ground to the bit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LINE_KM: Final = 604.0
SEGMENT_KM: Final = 0.1
POSTS: Final = 3_000
_CELL: Final = 1 / 3600
"""Degrees of a cell of the strip: a second of arc, 31 m to the north and 25 m to the east."""

_WIDE_M: Final = 12_000.0
_TILE: Final = 256
_NORTH, _EAST = 37.1, 42.0
_METRES_PER_DEGREE: Final = 111_000.0
_WAVES: Final = ((20_000, 150.0), (7_000, 60.0), (2_500, 22.0), (900, 8.0), (300, 2.5), (110, 0.8))
"""Metres from hill to hill, and how high they are at most."""


def make_heights(x_m: Floats, y_m: Floats, seed: int) -> npt.NDArray[np.float32]:
    """Return the heights where columns and rows of places in metres cross.

    Value noise: random heights on lattices, joined smoothly, from wide hills to narrow ones.
    """
    heights = np.full((len(y_m), len(x_m)), 400.0)
    for wave, (long_m, high_m) in enumerate(_WAVES):
        column, share_x = _lattice(x_m / long_m)
        row, share_y = _lattice(y_m / long_m)
        left, right = (
            (1 - share_y)[:, None] * _random(row, column + step, seed + wave)
            + share_y[:, None] * _random(row + 1, column + step, seed + wave)
            for step in (0, 1)
        )
        heights += high_m * ((1 - share_x) * left + share_x * right)
    return heights.astype(np.float32)


def _lattice(at: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the node before each place, and the smoothed share of the way to the next."""
    node = np.floor(at).astype(np.int64)
    share = at - node
    return node, share * share * (3 - 2 * share)


def _random(row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], seed: int) -> Floats:
    """Return a number from -1 to 1 for each node where rows and columns cross, by a hash of it."""
    word = (row[:, None] * 73_856_093 ^ column[None, :] * 19_349_663 ^ seed * 83_492_791).astype(
        np.uint64
    )
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray((word >> np.uint64(11)).astype(np.float64) / 2**52 - 1)


@dataclass(frozen=True)
class Square:
    """Squares of ground about a place, in a plane, as other libraries take them.

    Attributes
    ----------
    squares
        How many there are.
    cells
        Along a side; the place is in the middle one.
    cell_m
        Their side.
    within_m
        How far is looked.
    """

    squares: int = 5
    cells: int = 335
    cell_m: float = 30.0
    within_m: float = 5_000.0

    def axes(self, terrain: Any) -> tuple[Floats, Floats]:
        """Return the coordinates of the centres of columns and of rows."""
        at = (np.arange(self.cells) + 0.5) * self.cell_m
        return terrain.transform.c + at, terrain.transform.f - at

    def place(self, terrain: Any) -> tuple[float, float]:
        """Return longitude and latitude of the middle."""
        from pyproj import Transformer

        x, y = (float(axis[self.cells // 2]) for axis in self.axes(terrain))
        lon, lat = Transformer.from_crs(terrain.crs, 4326, always_xy=True).transform(x, y)
        return float(lon), float(lat)


SQUARE: Final = Square()


def make_square(seed: int) -> Any:
    """Return a square of ground as a `Terrain` in UTM zone 37."""
    from affine import Affine
    from pyproj import CRS

    from boxreach.sources.terrain import Terrain

    west, north = 500_000.0 + 20_000 * seed, 3_800_000.0
    place = Affine(SQUARE.cell_m, 0, west, 0, -SQUARE.cell_m, north)
    at = (np.arange(SQUARE.cells) + 0.5) * SQUARE.cell_m
    heights = make_heights(west + at, north - at, seed)
    return Terrain(heights, place, CRS.from_epsg(32637), "synthetic")


def line_places(km: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude at about so many kilometres along a winding line southwards."""
    lat = _NORTH - km * 0.85 * 1000 / _METRES_PER_DEGREE
    lon = _EAST + 0.35 * np.sin(km / 70) + 0.08 * np.sin(km / 17) - 0.0012 * km
    return lon, lat


def write_line(path: Path) -> None:
    """Write the frontier as one line of the wanted geodesic length."""
    from pyproj import Geod

    lon, lat = line_places(np.arange(0.0, 1_000.0, 0.2))
    at_km = np.append(
        0.0, np.cumsum(Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])
    )
    within = at_km / 1000 <= LINE_KM
    points = np.column_stack([lon, lat])[within].tolist()
    shape = {"type": "LineString", "coordinates": points}
    feature = {"type": "Feature", "properties": {"name": "synthetic"}, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))


def place_posts(line: Any, seed: int) -> Any:
    """Return posts beside the middles of segments, 0.3 to 2 km to the east of them."""
    import geopandas as gpd
    import shapely

    random = np.random.default_rng([seed, POSTS])
    middle = shapely.get_coordinates(
        shapely.line_interpolate_point(line.geometry.to_numpy(), 0.5, normalized=True)
    )
    lon, lat = middle[np.linspace(0, len(line) - 1, POSTS).astype(np.int64)].T
    east_m = random.uniform(300, 2_000, POSTS)
    lon = lon + east_m / (_METRES_PER_DEGREE * np.cos(np.radians(lat)))
    return gpd.GeoDataFrame(
        index=[f"post-{one:04}" for one in range(POSTS)],
        geometry=gpd.points_from_xy(lon, lat),
        crs=4326,
    )


def write_strip(path: Path, line: Any, seed: int) -> int:
    """Write the ground within 12 km of the line as a tiled GeoTIFF, the rest of it empty.

    Returns
    -------
    int
        The cells that were filled.
    """
    import rasterio
    from rasterio.windows import Window
    from scipy.spatial import cKDTree

    west, south, east, north = line.total_bounds + np.array([-1, -1, 1, 1]) * 0.15
    columns, rows = (int(size / _CELL / _TILE + 1) * _TILE for size in (east - west, north - south))
    squeeze = np.cos(np.radians((south + north) / 2))
    near = cKDTree(line.geometry.get_coordinates().to_numpy() * [squeeze, 1.0])
    filled = 0
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32",
        crs="EPSG:4326", transform=rasterio.Affine(_CELL, 0, west, 0, -_CELL, north),
        nodata=-32768, tiled=True, blockxsize=_TILE, blockysize=_TILE, compress="deflate",
        predictor=3, SPARSE_OK=True,
    ) as grid:  # fmt: skip
        for top in range(0, rows, _TILE):
            for left in range(0, columns, _TILE):
                lon = west + (left + np.arange(_TILE) + 0.5) * _CELL
                lat = north - (top + np.arange(_TILE) + 0.5) * _CELL
                far = near.query([lon.mean() * squeeze, lat.mean()])[0] * _METRES_PER_DEGREE
                if far > _WIDE_M:
                    continue
                x_m, y_m = lon * squeeze * _METRES_PER_DEGREE, lat * _METRES_PER_DEGREE
                heights = make_heights(x_m, y_m, seed)
                grid.write(heights, 1, window=Window(left, top, _TILE, _TILE))
                filled += heights.size
    return filled
