"""`measure_supply`: how far posts are from a town, from water and from a main road."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import require_kind, shown
from boxreach.border.nearest_shapes import NONE_NEAR, find_nearest_shapes
from boxreach.border.post_table import require_posts
from boxreach.crs import Floats, point_distances_m, to_wgs84
from boxreach.errors import Fault, FaultCollector
from boxreach.network import RoadNetwork
from boxreach.routing import NEVER, travel_times
from boxreach.tables import Schema, place_faults, point_faults

MAIN_CLASSES = ("motorway", "trunk", "primary")
"""The classes of roads on which supplies come in any season."""

_WITHIN_M = 500_000.0
_MS_PER_MINUTE = 60_000
_WATER = Schema(
    "water",
    "feature_id",
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
)


def measure_supply(
    network: RoadNetwork,
    posts: gpd.GeoDataFrame,
    *,
    towns: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    main_classes: Sequence[str] = MAIN_CLASSES,
) -> pd.DataFrame:
    """Measure how far each post is from what keeps it supplied.

    Parameters
    ----------
    network
        From `build_network`; roads are those that its closures leave.
    posts
        Points with unique ids in the index.
    towns
        Points with unique ids in the index, and ``name`` where known, as of `read_communities`.
    water
        Rivers, lakes and wells: lines, areas, points. Rows without a shape are left out.
    main_classes
        The classes of roads that count as main roads.

    Returns
    -------
    pandas.DataFrame
        A row a post, in their order: ``town``, its name or else its id, and ``town_minutes`` from
        there, that which is quickest by the network, of those equally quick the one with the
        lower id; ``town_km``, the straight geodesic distance to the same town. Where no town has
        a way to the post, ``town`` is the nearest in a straight line and ``town_minutes`` blank.
        ``water_km``, 0 in water, and ``main_road_km``, straight too; another place of water or
        road may be nearer by a thousandth. What was not given, is not known or lies farther than
        500 km is blank.

    Raises
    ------
    InputError
        If a table is not as it should be, or `main_classes` are no words; all faults at once.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach.network import build_network
    >>> road = gpd.GeoDataFrame({"road_class": ["trunk"], "speed_kmh": [60.0]}, crs=4326,
    ...                         geometry=[LineString([(44, 33), (45, 33)])])
    >>> posts = gpd.GeoDataFrame(index=["a"], geometry=[Point(44.1, 33.01)], crs=4326)
    >>> towns = gpd.GeoDataFrame({"name": ["Hit"]}, index=["t1"], geometry=[Point(44, 33)],
    ...                          crs=4326)
    >>> measure_supply(build_network(road), posts, towns=towns).round(2)
      town  town_km  town_minutes  water_km  main_road_km
    a  Hit     9.41         13.78       NaN          1.11
    """
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    posts, towns, water = _require_tables(posts, towns, water, main_classes)
    lon, lat = posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy()
    columns = _measure_towns(network, posts, lon, lat, towns)
    for name, shapes in (
        ("water_km", water.geometry.to_numpy()),
        ("main_road_km", _main_roads(network, main_classes)),
    ):
        columns[name] = find_nearest_shapes(lon, lat, shapes, within_m=_WITHIN_M)[1] / 1000
    return pd.DataFrame(columns, index=posts.index)


def _require_tables(
    posts: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame | None,
    water: gpd.GeoDataFrame | None,
    main_classes: Sequence[str],
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return posts, towns by their ids and water in EPSG:4326, or raise with all their faults."""
    nothing = gpd.GeoDataFrame(geometry=[], crs=4326)
    faults = FaultCollector()
    with faults.attempt():
        posts = require_posts(posts)
    with faults.attempt():
        towns = to_wgs84(nothing if towns is None else towns, file="towns")
        faults.add(point_faults(towns, file="towns"))
        towns = towns.iloc[np.argsort(towns.index.to_numpy(dtype=str), kind="stable")]
    with faults.attempt():
        water = to_wgs84(nothing if water is None else water, file="water")
        water = water[~(water.geometry.isna() | water.geometry.is_empty)]
        rows = np.arange(1, len(water) + 1)
        faults.add(place_faults(water, _WATER, file="water", rows=rows))
    if isinstance(main_classes, str) or not all(isinstance(one, str) for one in main_classes):
        advice = 'give classes of roads, like ["trunk", "primary"]'
        faults.add([Fault(f"main_classes is {shown(main_classes)}", advice=advice)])
    faults.raise_any()
    return posts, towns, water


def _measure_towns(
    network: RoadNetwork, posts: gpd.GeoDataFrame, lon: Floats, lat: Floats, towns: gpd.GeoDataFrame
) -> dict[str, npt.NDArray[np.object_] | Floats]:
    """Return the town of each post by column: that which is quickest, or else the nearest."""
    town = np.full(len(posts), NONE_NEAR, dtype=np.int64)
    minutes, km = np.full(len(posts), np.nan), np.full(len(posts), np.nan)
    x, y = towns.geometry.x.to_numpy(), towns.geometry.y.to_numpy()
    if len(towns) and len(posts):
        # The quickest site is known however far: the cutoff is only that of the other times.
        sites, demand = towns.geometry.to_frame(), posts.geometry.to_frame()
        times = travel_times(network, sites, demand, cutoff=1.0)
        town = times.nearest_site.copy()
        has_way = times.nearest_ms != NEVER
        minutes[has_way] = times.nearest_ms[has_way] / _MS_PER_MINUTE
        if (~has_way).any():
            town[~has_way], _ = find_nearest_shapes(
                lon[~has_way], lat[~has_way], towns.geometry.to_numpy(), within_m=_WITHIN_M
            )
    known = town != NONE_NEAR
    km[known] = point_distances_m(lon[known], lat[known], x[town[known]], y[town[known]]) / 1000
    names = np.full(len(posts), "", dtype=object)
    names[known] = _names(towns)[town[known]]
    return {"town": names, "town_km": km, "town_minutes": minutes}


def _names(towns: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return the name of each town, its id where it has none."""
    ids = np.array([str(one) for one in towns.index], dtype=object)
    if "name" not in towns:
        return ids
    names = towns["name"].astype(object).fillna("").astype(str).str.strip().to_numpy(dtype=object)
    return np.asarray(np.where(names == "", ids, names))


def _main_roads(network: RoadNetwork, main_classes: Sequence[str]) -> npt.NDArray[np.object_]:
    """Return the edges of some classes as lines; none where classes are not known."""
    if "road_class" not in network.attributes:
        return np.empty(0, dtype=object)
    main = network.attributes["road_class"].isin(list(main_classes)).to_numpy()
    return network.edges.lines(np.flatnonzero(main))
