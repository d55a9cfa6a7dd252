"""Places in groups, each of which needs only a small part of a large grid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats, metres_per_degree, point_distances_m
from boxreach.extents import Bounds

_CELLS = 4_000_000
"""Cells of a part; reading one holds about 20 bytes for each."""


def group_places(
    lon: Floats, lat: Floats, cell_m: float, around_m: float = 0.0
) -> Iterator[npt.NDArray[np.int64]]:
    """Divide places into groups that lie together: the rows of each.

    The box around all is halved, and its halves, until each holds few cells or is no longer than
    what is needed around it anyway.

    Parameters
    ----------
    lon, lat
        The places, in degrees.
    cell_m
        Metres of a cell of the grid.
    around_m
        How far around them the grid is needed.

    Examples
    --------
    >>> lon, lat = np.array([44.0, 49.0, 44.01]), np.array([33.0, 33.0, 33.0])
    >>> [one.tolist() for one in group_places(lon, lat, 30.0, 5_000.0)]
    [[0, 2], [1]]
    """
    waiting = [np.arange(len(lon))] if len(lon) else []
    lon = _unwrapped(lon)
    while waiting:
        rows = waiting.pop()
        sides = np.array([np.ptp(lon[rows]), np.ptp(lat[rows])])
        sides_m = sides * np.array(metres_per_degree(lat[rows].mean()))
        few = np.prod((sides_m + 2 * around_m) / cell_m) <= _CELLS
        if few or sides_m.max() <= max(around_m, cell_m):
            yield rows
            continue
        at = (lon, lat)[int(sides_m.argmax())][rows]
        low = at <= (at.min() + at.max()) / 2
        waiting += [rows[~low], rows[low]]


def bounds_of(lon: Floats, lat: Floats, around_m: float = 0.0) -> Bounds:
    """Return west, south, east and north of places, so many metres wider.

    Across the antimeridian they run on beyond 180 degrees.

    Examples
    --------
    >>> bounds_of(np.array([179.5, -179.5]), np.array([10.0, 11.0]))
    (179.5, 10.0, 180.5, 11.0)
    """
    lon = _unwrapped(lon)
    south, north = float(lat.min()), float(lat.max())
    east_m, north_m = metres_per_degree(np.array([south, north]))
    wide, high = around_m / float(east_m.min()), around_m / float(north_m.min())
    return float(lon.min()) - wide, south - high, float(lon.max()) + wide, north + high


def _unwrapped(lon: Floats) -> Floats:
    """Return longitudes within half a turn of the first."""
    if not len(lon):
        return lon
    return np.asarray(lon[0] + (lon - lon[0] + 180) % 360 - 180)


def distances_m(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> Floats:
    """Return `point_distances_m` of places that may lie at either side of the antimeridian.

    Examples
    --------
    >>> one, zero = np.array([179.99]), np.array([0.0])
    >>> distances_m(one, zero, -one, zero).round().tolist()
    [2226.0]
    """
    lon, lat, to_lon, to_lat = np.broadcast_arrays(lon, lat, to_lon, to_lat)
    return point_distances_m(lon, lat, lon + (to_lon - lon + 180) % 360 - 180, to_lat)
