"""The nearest road of a place, however far: its name, its class and the metres to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import flag_faults, number_faults
from boxreach.compilation import compiled
from boxreach.crs import Floats, metres_per_degree, point_distances_m
from boxreach.errors import Fault, InputError
from boxreach.network.graph import RoadNetwork
from boxreach.network.legs import UNITS_PER_DEGREE

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_UNIT = 1 / UNITS_PER_DEGREE
_SAME_M2 = 1e-6
_UNNAMED = -1
_NONE = -1
_MISSING = "<NA>"
"""What pandas writes into files in place of a name that is missing."""


def nearest_roads(
    network: RoadNetwork,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    *,
    within_km: float = 100.0,
    named: bool = False,
) -> pd.DataFrame:
    """Return the nearest road of each place, as the network has it with its closures.

    Of roads equally near, as where they meet, it is one with a name before one without, then the
    fastest, then the first by name and class.

    Parameters
    ----------
    network
        The network.
    lon, lat
        The places, in degrees.
    within_km
        How far a road may be; infinity asks for the nearest outright.
    named
        Whether only roads count that have a ``name`` or a ``ref``.

    Returns
    -------
    pandas.DataFrame
        A row a place: ``road_name``, which is the ``ref`` where a road has no name, and
        ``road_class``, both blank where the network does not know them or no road is so near;
        ``road_m``, metres in a straight line, NaN where none is. Up to 5 km they are good to a
        metre; farther out another road may be nearer by a thousandth.

    Raises
    ------
    InputError
        If an argument is not of its kind.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from boxreach.network import build_network
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": ["trunk", "track"], "name": ["Highway 12", ""]}, crs=4326,
    ...     geometry=[LineString([(44, 33), (45, 33)]), LineString([(44.5, 33), (44.5, 34)])])
    >>> nearest_roads(build_network(roads), [44.2, 44.5], [33.01, 33.0]).round(1)
        road_name road_class  road_m
    0  Highway 12      trunk  1109.0
    1  Highway 12      trunk     0.0
    """
    faults = number_faults("within_km", within_km, lambda km: km > 0, "give a distance above 0")
    faults += flag_faults("named", named)
    x, y = (np.asarray(one, dtype=float) for one in (lon, lat))
    if x.ndim != 1 or x.shape != y.shape or not (np.isfinite(x) & np.isfinite(y)).all():
        advice = "give two rows of degrees, equally long"
        faults.append(Fault("lon and lat are no places", advice=advice))
    if faults:
        raise InputError(*faults)
    name, kind, rank = _describe(network, named=named)
    edge, metres = _find(network, x, y, within_km, rank)
    # What is blank stands behind the last edge, where `_NONE` points to.
    return pd.DataFrame({"road_name": name[edge], "road_class": kind[edge], "road_m": metres})


def road_distances_m(
    network: RoadNetwork, lon: Floats, lat: Floats, *, within_km: float = np.inf
) -> Floats:
    """Return the metres to the nearest road, as `nearest_roads` does, NaN where none is so near.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from boxreach.network import build_network
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(44, 33), (45, 33)])], crs=4326)
    >>> lon, lat = np.array([44.2, 44.2]), np.array([33.0, 33.01])
    >>> road_distances_m(build_network(road), lon, lat, within_km=1).round(3).tolist()
    [0.0, nan]
    """
    rank = np.zeros(len(network.edges), dtype=np.int64)
    return _find(network, lon, lat, within_km, rank)[1]


def _find(
    network: RoadNetwork, lon: Floats, lat: Floats, within_km: float, rank: Longs
) -> tuple[Longs, Floats]:
    """Return the nearest edge of each place, -1 if none is so near, and the metres to it."""
    grid, (east_m, north_m) = network.grid, metres_per_degree(lat)
    shape = (grid.west, grid.south, grid.cell_lon, grid.cell_lat, grid.columns, grid.rows)
    edge, x, y = _search(
        *shape, grid.first, grid.legs, lon, lat, east_m, north_m, float(within_km) * 1000, rank
    )
    found = np.flatnonzero(edge != _NONE)
    metres = np.full(len(lon), np.nan)
    metres[found] = point_distances_m(lon[found], lat[found], x[found], y[found])
    return edge, metres


def _describe(
    network: RoadNetwork, *, named: bool
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_], Longs]:
    """Return name and class of each edge, blank behind the last, and which comes before which."""
    known, count = network.attributes, len(network.edges)
    blank = np.full(count + 1, "", dtype=object)
    name, ref, kind = (
        np.append(_text(known[column]), "") if column in known else blank.copy()
        for column in ("name", "ref", "road_class")
    )
    name = np.where(name == "", ref, name)
    edges = network.edges
    ms = np.where(edges.forward_ms >= 0, edges.forward_ms, edges.backward_ms)
    pace = np.round(ms / np.maximum(edges.length_m, 1e-3), 3)
    unnamed = name[:-1] == ""
    order = np.lexsort((_codes(kind[:-1]), _codes(name[:-1]), pace, unnamed))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    if named:
        rank[unnamed] = _UNNAMED
    return name, kind, rank


def _text(values: pd.Series[str]) -> npt.NDArray[np.object_]:
    """Return what a column says, stripped; each word of it is looked at once."""
    said = values.astype("category").cat
    words = [str(word).strip() for word in said.categories]
    clean = np.array([*("" if word == _MISSING else word for word in words), ""], dtype=object)
    return np.asarray(clean[said.codes])


def _codes(text: npt.NDArray[np.object_]) -> Longs:
    return np.asarray(pd.factorize(text, sort=True)[0], dtype=np.int64)


@compiled
def _search(
    west: float, south: float, cell_lon: float, cell_lat: float, columns: int, rows: int,
    cell_first: Longs, legs: Ints,
    lon: Floats, lat: Floats, east_m: Floats, north_m: Floats, within_m: float, rank: Longs,
) -> tuple[Longs, Floats, Floats]:  # fmt: skip
    """Return the nearest edge of each point, -1 if there is none, and its place nearest to it.

    Cells are looked at in rings about that of the point, until no farther one can hold more.
    """
    edges, xs, ys = np.full(len(lon), _NONE), lon.copy(), lat.copy()
    for point in range(len(lon)):
        x0, y0, east, north = lon[point], lat[point], east_m[point], north_m[point]
        row, column = int((y0 - south) // cell_lat), int((x0 - west) // cell_lon)
        side_m = min(cell_lat * north, cell_lon * east)
        rings = max(row, column, rows - 1 - row, columns - 1 - column)
        edge, best, x, y = _NONE, np.inf, 0.0, 0.0
        for ring in range(rings + 1):
            for at_row in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                step = 1 if abs(at_row - row) == ring else max(2 * ring, 1)
                for at_column in range(column - ring, column + ring + 1, step):
                    if 0 <= at_column < columns:
                        cell = at_row * columns + at_column
                        edge, best, x, y = _look_into(
                            legs, cell_first[cell], cell_first[cell + 1],
                            x0, y0, east, north, rank, edge, best, x, y,
                        )  # fmt: skip
            if ring * side_m > within_m or best <= (ring * side_m) ** 2:
                break
        if best <= within_m * within_m:
            edges[point], xs[point], ys[point] = edge, x0 + x / east, y0 + y / north
    return edges, xs, ys


@compiled
def _look_into(
    legs: Ints, low: int, high: int, x0: float, y0: float, east: float, north: float,
    rank: Longs, edge: int, best: float, x: float, y: float,
) -> tuple[int, float, float, float]:  # fmt: skip
    """Return the nearest edge so far, or one of some legs: the square of its metres, its place."""
    for at in range(low, high):
        one = int(legs[at, 4])
        if rank[one] < 0:
            continue
        x1, y1 = _nearest_place(legs, at, x0, y0, east, north)
        away = x1 * x1 + y1 * y1
        alike = abs(away - best) <= _SAME_M2
        if rank[one] < rank[edge] if alike else away < best:
            edge, x, y = one, x1, y1
            best = min(best, away)
    return edge, best, x, y


@compiled
def _nearest_place(
    legs: Ints, at: int, x0: float, y0: float, east: float, north: float
) -> tuple[float, float]:
    """Return where, in metres from a point, lies the place of a leg nearest to it."""
    x1, y1 = (legs[at, 0] * _UNIT - x0) * east, (legs[at, 1] * _UNIT - y0) * north
    dx, dy = (legs[at, 2] * _UNIT - x0) * east - x1, (legs[at, 3] * _UNIT - y0) * north - y1
    squared = dx * dx + dy * dy
    share = -(x1 * dx + y1 * dy) / squared if squared > 0.0 else 0.0
    share = min(max(share, 0.0), 1.0)
    return x1 + share * dx, y1 + share * dy
