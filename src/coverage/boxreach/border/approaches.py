"""By how many roads a place can be driven at: where roads cross a circle about it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats, metres_per_degree
from boxreach.network import RoadNetwork
from boxreach.network.legs import UNITS_PER_DEGREE

Integers = npt.NDArray[np.int64]

_SAME_ROAD_M = 30.0
"""Nearer to each other than this, crossings of the circle are carriageways of one road."""


def count_approaches(
    network: RoadNetwork, lon: Floats, lat: Floats, *, within_m: float = 1000.0
) -> Integers:
    """Return how many roads cross the circle about each place.

    A road that passes through comes in twice. Crossings that follow each other on the circle
    within 30 m are one: the carriageways of one road. Roads that may be driven in no direction,
    and those that are closed, do not count.

    Parameters
    ----------
    network
        The roads.
    lon, lat
        The places, in degrees.
    within_m
        The radius, in metres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from boxreach.network import build_network
    >>> roads = gpd.GeoDataFrame(crs=4326, geometry=[
    ...     LineString([(44, 33), (45, 33)]), LineString([(44.5, 33), (44.5, 33.005)]),
    ...     LineString([(44.7, 33), (44.7, 34)])])
    >>> lon, lat = np.array([44.5, 44.7, 44.5]), np.array([33.0, 33.0, 33.5])
    >>> count_approaches(build_network(roads), lon, lat).tolist()
    [2, 3, 0]
    """
    edges = network.edges
    driven = (edges.forward_ms >= 0) | (edges.backward_ms >= 0)
    east_m, north_m = metres_per_degree(lat)
    counts = np.zeros(len(lon), dtype=np.int64)
    for at in range(len(lon)):
        scale = np.array([east_m[at], north_m[at]])
        place = np.array([lon[at], lat[at]])
        legs = _legs_about(network, place, within_m / scale * 1.01)
        legs = legs[driven[legs[:, 4]]]
        ends = (legs[:, :4] / UNITS_PER_DEGREE - np.tile(place, 2)) * np.tile(scale, 2)
        counts[at] = _count_apart(_find_crossings(ends, within_m), within_m)
    return counts


def _legs_about(network: RoadNetwork, place: Floats, degrees: Floats) -> npt.NDArray[np.int32]:
    """Return the legs of edges in the cells within so many degrees of a place, once a cell."""
    grid = network.grid
    corner, size = np.array([grid.west, grid.south]), np.array([grid.cell_lon, grid.cell_lat])
    low, high = (
        np.floor((place + way * degrees - corner) / size).astype(np.int64) for way in (-1, 1)
    )
    (left, bottom), (right, top) = np.maximum(low, 0), high
    right, top = min(right, grid.columns - 1), min(top, grid.rows - 1)
    if left > right:
        return grid.legs[:0]
    cells = np.arange(bottom, top + 1) * grid.columns
    found = [
        grid.legs[grid.first[cell + left] : grid.first[cell + right + 1]] for cell in cells.tolist()
    ]
    return np.concatenate([grid.legs[:0], *found])


def _find_crossings(ends: Floats, radius: float) -> Floats:
    """Return the bearings at which straight pieces cross a circle about the origin.

    An end on the circle is inside of it, so that no crossing at a vertex is missed or told twice.
    """
    one, along = ends[:, :2], ends[:, 2:] - ends[:, :2]
    starts_in, ends_in = (np.hypot(*ends[:, two].T) <= radius for two in (slice(2), slice(2, 4)))
    squared = (along**2).sum(axis=1)
    half = (one * along).sum(axis=1)
    room = half**2 - squared * ((one**2).sum(axis=1) - radius**2)
    moves = (squared > 0) & (room > 0)
    root = np.sqrt(np.where(moves, room, 0.0))
    enters, leaves = (
        np.divide(-half + way * root, squared, out=np.zeros(len(ends)), where=moves)
        for way in (-1, 1)
    )
    passes = moves & ~starts_in & ~ends_in & (enters > 0) & (leaves < 1)
    bearings = []
    for share, crosses in (
        (enters, passes | (~starts_in & ends_in)),
        (leaves, passes | (starts_in & ~ends_in)),
    ):
        x, y = (one + share[:, None] * along)[crosses].T
        bearings.append(np.arctan2(x, y))
    return np.concatenate(bearings)


def _count_apart(bearings: Floats, radius: float) -> int:
    """Return how many bearings there are, those that follow each other closely as one."""
    if not len(bearings):
        return 0
    ordered = np.sort(bearings)
    steps = np.diff(ordered, append=ordered[0] + 2 * np.pi) * radius
    return max(int((steps > _SAME_ROAD_M).sum()), 1)
