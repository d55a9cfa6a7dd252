"""Lines cut into segments of equal geodesic length."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString

from boxreach.crs import GEOD, Floats, point_distances_m


def cut_line(line: LineString, segment_km: float) -> tuple[npt.NDArray[np.object_], Floats]:
    """Return the segments of a line (EPSG:4326), and the kilometres at which they begin and end.

    Parameters
    ----------
    line
        Of some length.
    segment_km
        The longest a segment may be; all have the same length along the geodesics between the
        vertices.

    Examples
    --------
    >>> pieces, cuts_km = cut_line(LineString([(44.0, 33.0), (44.1, 33.0)]), 5.0)
    >>> len(pieces), cuts_km.round(2).tolist()
    (2, [0.0, 4.67, 9.35])
    """
    coordinates = shapely.get_coordinates(line)
    lon, lat = coordinates.T
    at_m = np.append(0.0, np.cumsum(point_distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])))
    count = max(1, int(np.ceil(at_m[-1] / 1000 / segment_km - 1e-9)))
    cuts_m = np.linspace(0, at_m[-1], count + 1)
    cut_points = _points_at(coordinates, at_m, cuts_m)
    pieces = np.empty(count, dtype=object)
    for start, end in zip(range(count), range(1, count + 1), strict=True):
        between = (at_m > cuts_m[start]) & (at_m < cuts_m[end])
        pieces[start] = LineString(
            np.vstack([cut_points[start], coordinates[between], cut_points[end]])
        )
    return pieces, cuts_m / 1000


def chainage_ids(cuts_km: Floats) -> list[str]:
    """Return an id for each segment by the kilometre at which it begins.

    Examples
    --------
    >>> chainage_ids(np.array([0.0, 5.0, 10.0])), chainage_ids(np.array([0.0, 0.01, 0.02]))
    (['km-00.0', 'km-05.0'], ['km-0.000', 'km-0.010'])
    """
    width = len(f"{cuts_km[-1]:.0f}")
    ids = [f"km-{chainage:0{width + 2}.1f}" for chainage in cuts_km[:-1]]
    if len(set(ids)) < len(ids):
        ids = [f"km-{chainage:0{width + 4}.3f}" for chainage in cuts_km[:-1]]
    return ids


def _points_at(coordinates: Floats, at_m: Floats, cuts_m: Floats) -> Floats:
    """Return the points at the given chainages, on the geodesics between the vertices."""
    before = np.searchsorted(at_m, cuts_m, side="right").clip(1, len(at_m) - 1) - 1
    lon, lat = coordinates[before].T
    azimuth = GEOD.inv(lon, lat, *coordinates[before + 1].T)[0]
    points = np.column_stack(GEOD.fwd(lon, lat, azimuth, cuts_m - at_m[before])[:2])
    points[0], points[-1] = coordinates[0], coordinates[-1]
    return points
