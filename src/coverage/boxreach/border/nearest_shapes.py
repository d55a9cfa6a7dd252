"""The nearest of some shapes to each place, and how far it is over the ground."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.crs import WGS84, Floats, metres_per_degree, metric_crs, point_distances_m

Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

NONE_NEAR = -1
"""Stands for a shape where none is near."""

_LEG_DEGREES = 0.01
"""Legs no longer than this stay where they are, however they are projected."""


def find_nearest_shapes(
    lon: Floats, lat: Floats, shapes: Shapes, *, within_m: float
) -> tuple[Integers, Floats]:
    """Return the nearest shape of each place and the geodesic metres to it, 0 inside of one.

    Parameters
    ----------
    lon, lat
        The places, in degrees.
    shapes
        Shapes of any kind in EPSG:4326; those that are missing or empty are near to nothing.
    within_m
        How far away a shape may be, in metres.

    Returns
    -------
    tuple
        The position of the shape, the lowest of those equally near, `NONE_NEAR` where none is so
        near; and the metres, NaN there. What is nearest is told on a conformal map about the
        places: several 100 km wide, another place may be nearer by a thousandth.

    Examples
    --------
    >>> river = np.array([shapely.LineString([(44, 32), (44, 34)]), shapely.Point(44.5, 33)])
    >>> lon, lat = np.array([44.1, 44.49, 50.0]), np.full(3, 33.0)
    >>> which, metres = find_nearest_shapes(lon, lat, river, within_m=20_000)
    >>> which.tolist(), metres.round().tolist()
    ([0, 1, -1], [9345.0, 935.0, nan])
    """
    which, metres = np.full(len(lon), NONE_NEAR, dtype=np.int64), np.full(len(lon), np.nan)
    some = np.unique(STRtree(shapes).query(_boxes(lon, lat, within_m))[1])
    if not len(some):
        return which, metres
    crs = metric_crs((lon.min(), lat.min(), lon.max(), lat.max()))
    # GEOS refuses to divide a line of no length, such as a road between two nodes at one place.
    fine, long = shapes[some].copy(), shapely.length(shapes[some]) > 0
    fine[long] = shapely.segmentize(fine[long], _LEG_DEGREES)
    drawn = gpd.GeoSeries(fine, crs=WGS84).to_crs(crs).to_numpy()
    places = gpd.GeoSeries.from_xy(lon, lat, crs=WGS84).to_crs(crs).to_numpy()
    place, shape = STRtree(drawn).query_nearest(places)
    order = np.lexsort((shape, place))
    place, first = np.unique(place[order], return_index=True)
    shape = shape[order][first]
    reached = shapely.get_point(shapely.shortest_line(places[place], drawn[shape]), 1)
    there = gpd.GeoSeries(reached, crs=crs).to_crs(WGS84)
    away = point_distances_m(lon[place], lat[place], there.x.to_numpy(), there.y.to_numpy())
    # A place in a shape is in it, whatever the way there and back through the map loses.
    away[shapely.intersects(places[place], drawn[shape])] = 0.0
    near = away <= within_m
    which[place[near]], metres[place[near]] = some[shape[near]], away[near]
    return which, metres


def _boxes(lon: Floats, lat: Floats, metres: float) -> Shapes:
    """Return boxes in degrees that hold all that lies within so many metres of places."""
    high = metres / 110_000
    farthest = np.minimum(np.abs(lat) + high, 89.9)
    wide = metres / metres_per_degree(farthest)[0]
    return np.asarray(shapely.box(lon - wide, lat - high, lon + wide, lat + high))
