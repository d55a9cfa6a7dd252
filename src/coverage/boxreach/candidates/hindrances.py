"""What the ground is like where a box would stand: how steep, how near to water and to boxes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree
from shapely import STRtree

from boxreach.candidates.thinning import place_in_space
from boxreach.crs import Floats, metres_per_degree, point_distances_m
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile

Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

_AT_ONCE = 20_000
_TOUCHING_M = 0.01
"""Coordinates are that coarse."""


def slopes_deg(terrain: Terrain | TerrainFile, lon: Floats, lat: Floats) -> Floats:
    """Return the slope of the ground at each place in degrees, NaN where heights are not known.

    By the differences between the heights one cell to the east and west, and one to the north and
    south (L. W. Zevenbergen and C. R. Thorne, Earth Surface Processes and Landforms 12, 1987,
    47-56, equations 2 and 3): it is that of the ground about the place, over two cells.

    Examples
    --------
    >>> from affine import Affine
    >>> from boxreach.crs import WGS84
    >>> rise = np.tile(np.arange(0.0, 1000, 10, dtype="float32"), (100, 1))
    >>> hill = Terrain(rise, Affine(0.001, 0, 44, 0, -0.001, 33), WGS84)
    >>> slopes_deg(hill, np.array([44.05, 50.0]), np.array([32.95, 32.95])).round(1).tolist()
    [6.1, nan]
    """
    step_m = terrain.cell_m
    east_m, north_m = metres_per_degree(lat)
    east, north = step_m / east_m, step_m / north_m
    along = terrain.heights_m(lon + east, lat) - terrain.heights_m(lon - east, lat)
    up = terrain.heights_m(lon, lat + north) - terrain.heights_m(lon, lat - north)
    return np.degrees(np.arctan(np.hypot(along, up) / (2 * step_m)))


def lies_near(segments: Floats, lon: Floats, lat: Floats, metres: float) -> Flags:
    """Tell which places are nearer than so many metres to straight pieces, or lie on one.

    Parameters
    ----------
    segments
        Longitude and latitude of both ends of each, four columns.
    lon, lat
        The places, in degrees.
    metres
        How near is too near.

    Examples
    --------
    >>> river = np.array([[44.0, 33.0, 44.0, 34.0]])
    >>> lies_near(river, np.array([44.0, 44.001, 44.002]), np.full(3, 33.5), 100.0).tolist()
    [True, True, False]
    """
    near = np.zeros(len(lon), dtype=bool)
    tree = STRtree(shapely.linestrings(segments.reshape(-1, 2, 2)))
    east_m, north_m = metres_per_degree(lat)
    for begin in range(0, len(lon), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        x, y = lon[some], lat[some]
        # A hair wider: what is found is measured.
        wide, high = (1.01 * metres / one[some] + 1e-7 for one in (east_m, north_m))
        point, piece = tree.query(shapely.box(x - wide, y - high, x + wide, y + high))
        at = begin + point
        scale = np.column_stack([east_m[at], north_m[at]])
        place = np.column_stack([lon[at], lat[at]])
        one, other = ((segments[piece, two] - place) * scale for two in (slice(2), slice(2, 4)))
        along = other - one
        squared = (along**2).sum(axis=1)
        share = np.divide(-(one * along).sum(axis=1), squared, where=squared > 0,
                          out=np.zeros(len(at)))  # fmt: skip
        away_m = np.hypot(*(one + np.clip(share, 0, 1)[:, None] * along).T)
        near[at[(away_m < metres) | (away_m <= _TOUCHING_M)]] = True
    return near


def lies_in(shapes: Shapes, lon: Floats, lat: Floats, *, border: bool) -> Flags:
    """Tell which places lie in polygons, their borders included or not."""
    inside = np.zeros(len(lon), dtype=bool)
    predicate = "intersects" if border else "within"
    found = STRtree(shapes).query(shapely.points(lon, lat), predicate=predicate)
    inside[found[0]] = True
    return inside


def standing_km(boxes: gpd.GeoDataFrame, lon: Floats, lat: Floats) -> Floats:
    """Return the geodesic km from each place to the nearest box, NaN where there is none."""
    if not len(boxes):
        return np.full(len(lon), np.nan)
    box_lon, box_lat = boxes.geometry.x.to_numpy(), boxes.geometry.y.to_numpy()
    _, at = cKDTree(place_in_space(box_lon, box_lat)).query(place_in_space(lon, lat))
    return point_distances_m(lon, lat, box_lon[at], box_lat[at]) / 1000
