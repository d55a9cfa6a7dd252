"""Places along a frontier that are seen or not: `Samples`."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import GEOD, Floats, point_distances_m


@dataclass(frozen=True, eq=False)
class Samples:
    """The middles of short equal parts of segments, in their order.

    Attributes
    ----------
    segment
        Position of the segment that each lies on.
    chainage_km
        Of the middle.
    span_km
        Length of the part, by chainage.
    lon, lat
        In degrees.
    """

    segment: npt.NDArray[np.int64]
    chainage_km: Floats
    span_km: Floats
    lon: Floats
    lat: Floats


def sample_line(line: gpd.GeoDataFrame, step_m: float) -> Samples:
    """Divide each segment into the fewest equal parts that are no longer than a step.

    Parameters
    ----------
    line
        Segments as of `read_frontier`, in EPSG:4326.
    step_m
        The longest a part may be.
    """
    coordinates, owner = shapely.get_coordinates(line.geometry.to_numpy(), return_index=True)
    lon, lat = coordinates.T
    steps_m = point_distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    steps_m[owner[1:] != owner[:-1]] = 0.0  # from one segment to the next
    at_m = np.append(0.0, np.cumsum(steps_m))
    first = np.searchsorted(owner, np.arange(len(line)))
    last = np.append(first[1:], len(owner)) - 1
    lengths_m = at_m[last] - at_m[first]
    parts = np.maximum(np.ceil(lengths_m / step_m - 1e-9), 1).astype(np.int64)
    segment = np.repeat(np.arange(len(line)), parts)
    nth = np.arange(len(segment)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = (nth + 0.5) / parts[segment]
    wanted_m = at_m[first[segment]] + share * lengths_m[segment]
    before = np.searchsorted(at_m, wanted_m, side="right") - 1
    before = np.clip(before, first[segment], last[segment] - 1)
    azimuth = GEOD.inv(lon[before], lat[before], lon[before + 1], lat[before + 1])[0]
    there = GEOD.fwd(lon[before], lat[before], azimuth, wanted_m - at_m[before])
    start_km, end_km = (
        line[name].to_numpy(dtype=float) for name in ("chainage_from_km", "chainage_to_km")
    )
    long_km = (end_km - start_km)[segment]
    return Samples(
        segment,
        start_km[segment] + share * long_km,
        long_km / parts[segment],
        np.asarray(there[0]),
        np.asarray(there[1]),
    )
