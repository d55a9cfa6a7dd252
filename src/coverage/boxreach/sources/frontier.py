"""The frontier: one line cut into segments of a set length, with chainage from its north."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import LineString

from boxreach.crs import (
    GEOD,
    WGS84,
    Floats,
    left_normals,
    line_lengths_m,
    metric_crs,
    point_distances_m,
)
from boxreach.errors import Fault, InputError
from boxreach.sources.areas import join_areas
from boxreach.sources.tabular import read_table
from boxreach.tables import FRONTIER, meets_swapped

_SIDE_PROBE_M = 5_000.0


def read_frontier(
    path: str | Path,
    *,
    segment_km: float = 1.0,
    areas: gpd.GeoDataFrame | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Read a frontier and cut it into segments of equal geodesic length.

    Parameters
    ----------
    path
        A layer that holds one line, in any CRS.
    segment_km
        The longest a segment may be; all have the same length.
    areas
        The country's own areas. With them each segment gets its ``governorate`` (the nearest
        area) and ``own_side``: where the own ground lies, seen from north to south along the
        line, ``"left"`` or ``"right"``.
    layer
        The layer to read, where a file has several.

    Returns
    -------
    geopandas.GeoDataFrame
        A segment a row from north to south in EPSG:4326, index ``segment_id``; columns
        ``chainage_from_km``, ``chainage_to_km``, ``km`` and with `areas` ``governorate`` and
        ``own_side``.

    Raises
    ------
    InputError
        If the layer does not hold one line of some length, or `segment_km` is not above 0.
    """
    file = Path(path).name
    if not segment_km > 0:
        raise InputError(Fault(f"segment_km is {segment_km:g}", advice="give a length above 0"))
    lines = read_table(path, FRONTIER, layer=layer)
    line = shapely.line_merge(shapely.union_all(lines.geometry.to_numpy()))
    if line.geom_type != "LineString" or not line.length > 0:
        what = f"it holds {shapely.get_num_geometries(line)} lines that do not join, or no length"
        raise InputError(Fault(what, file, advice="give one unbroken line"))
    (first_lon, first_lat), (last_lon, last_lat) = line.coords[0], line.coords[-1]
    if (first_lat, -first_lon) < (last_lat, -last_lon):
        # The southern end comes first, or, on a parallel, the eastern one.
        line = line.reverse()
    segments = _cut(line, segment_km)
    if areas is None:
        return segments
    segments = join_areas(segments, areas, within_km=np.inf)
    return segments.assign(own_side=_own_side(line, areas, file))


def _cut(line: LineString, segment_km: float) -> gpd.GeoDataFrame:
    coordinates = shapely.get_coordinates(line)
    lon, lat = coordinates.T
    at_m = np.append(0.0, np.cumsum(point_distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])))
    count = max(1, int(np.ceil(at_m[-1] / 1000 / segment_km - 1e-9)))
    cuts_m = np.linspace(0, at_m[-1], count + 1)
    cut_points = _points_at(coordinates, at_m, cuts_m)
    pieces = []
    for start, end in zip(range(count), range(1, count + 1), strict=True):
        between = (at_m > cuts_m[start]) & (at_m < cuts_m[end])
        pieces.append(
            LineString(np.vstack([cut_points[start], coordinates[between], cut_points[end]]))
        )
    cuts_km = cuts_m / 1000
    width = len(f"{cuts_km[-1]:.0f}")
    ids = [f"km-{chainage:0{width + 2}.1f}" for chainage in cuts_km[:-1]]
    if len(set(ids)) < count:
        ids = [f"km-{chainage:0{width + 4}.3f}" for chainage in cuts_km[:-1]]
    return gpd.GeoDataFrame(
        {
            "chainage_from_km": cuts_km[:-1],
            "chainage_to_km": cuts_km[1:],
            "km": line_lengths_m(np.array(pieces, dtype=object)) / 1000,
        },
        index=pd.Index(ids, name="segment_id", dtype=object),
        geometry=pieces,
        crs=WGS84,
    )


def _points_at(coordinates: Floats, at_m: Floats, cuts_m: Floats) -> Floats:
    """Return the points at the given chainages, on the geodesics between the vertices."""
    before = np.searchsorted(at_m, cuts_m, side="right").clip(1, len(at_m) - 1) - 1
    lon, lat = coordinates[before].T
    azimuth = GEOD.inv(lon, lat, *coordinates[before + 1].T)[0]
    points = np.column_stack(GEOD.fwd(lon, lat, azimuth, cuts_m - at_m[before])[:2])
    points[0], points[-1] = coordinates[0], coordinates[-1]
    return points


def _own_side(line: LineString, areas: gpd.GeoDataFrame, file: str) -> str:
    """Tell the side of the line (north to south) on which probes mostly fall into the areas."""
    crs = metric_crs(tuple(areas.total_bounds))
    ground = shapely.union_all(areas.geometry.to_crs(crs).to_numpy())
    drawn = gpd.GeoSeries([line], crs=WGS84).to_crs(crs).to_numpy()[0]
    places = np.linspace(0.02, 0.98, 97) * drawn.length
    here = shapely.get_coordinates(shapely.line_interpolate_point(drawn, places))
    step = shapely.get_coordinates(shapely.line_interpolate_point(drawn, places + 100.0)) - here
    left = left_normals(step)
    inside_left = shapely.contains_xy(ground, here + left * _SIDE_PROBE_M).sum()
    inside_right = shapely.contains_xy(ground, here - left * _SIDE_PROBE_M).sum()
    if inside_left == inside_right:
        what = "its own side cannot be told: the areas lie on both sides of it or on none"
        swapped = meets_swapped(line.bounds, tuple(areas.total_bounds))
        advice = "longitude and latitude of either look swapped"
        advice = advice if swapped else "give the areas of one country"
        raise InputError(Fault(what, file, advice=advice))
    return "left" if inside_left > inside_right else "right"
