"""Places on a grid over the ground, roads or not."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import STRtree

from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.network.roadside import road_distances_m

_KM_PER_DEGREE = 111.2
_MOST = 5_000_000
_DIGITS = 6


def lay_grid_points(
    network: RoadNetwork, spacing_km: float, areas: gpd.GeoDataFrame | None
) -> tuple[Floats, Floats]:
    """Return the places of a grid that have a road within off-road range, from west to east.

    Rows lie `spacing_km` apart from the equator on, the places of a row from Greenwich on, both to
    within 1 %: so the same grid is laid over whatever roads there are.

    Parameters
    ----------
    network
        The network.
    spacing_km
        How far apart.
    areas
        Polygons in EPSG:4326; with them only places in one of them.
    """
    bounds = _reach(network) if areas is None else areas.total_bounds
    step = spacing_km / _KM_PER_DEGREE
    rows = np.arange(np.ceil(bounds[1] / step), np.floor(bounds[3] / step) + 1) * step
    steps = step / np.maximum(np.cos(np.radians(rows)), 0.01)
    first, last = np.ceil(bounds[0] / steps), np.floor(bounds[2] / steps)
    count = np.maximum(last - first + 1, 0).astype(np.int64)
    if count.sum() > _MOST:
        what = f"a grid {spacing_km:g} km apart has {count.sum():,} places"
        raise InputError(Fault(what, column="spacing_km", advice="give more km"))
    row = np.repeat(np.arange(len(rows)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    lon = np.round((first[row] + place) * steps[row], _DIGITS)
    lat = np.round(rows[row], _DIGITS)
    if areas is not None:
        inside = STRtree(shapely.points(lon, lat)).query(
            areas.geometry.to_numpy(), predicate="intersects"
        )
        kept = np.unique(inside[1])
        lon, lat = lon[kept], lat[kept]
    if network.off_road_km == 0:
        return lon[:0], lat[:0]
    metres = road_distances_m(network, lon, lat, within_km=network.off_road_km)
    lon, lat = lon[~np.isnan(metres)], lat[~np.isnan(metres)]
    order = np.lexsort((lat, lon))
    return lon[order], lat[order]


def _reach(network: RoadNetwork) -> Floats:
    """Return the bounds of all places that have a road within off-road range."""
    west, south, east, north = network.bounds
    high = 1.01 * network.off_road_km / _KM_PER_DEGREE
    farthest = min(max(abs(south), abs(north)) + high, 89.0)
    wide = high / np.cos(np.radians(farthest))
    return np.array([west - wide, south - high, east + wide, north + high])
