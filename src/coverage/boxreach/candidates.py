"""Places where a box could stand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import WGS84, metric_crs
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.sources.areas import fill_areas, join_areas
from boxreach.sources.places import distances_km
from boxreach.tables import tidy

_TEXT = ("name", "name_ar", "name_ckb", "governorate")


def candidate_sites(
    network: RoadNetwork,
    communities: gpd.GeoDataFrame,
    *,
    spacing_km: float | None = None,
    areas: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """List places where a box could stand: every community, and points along the roads.

    Parameters
    ----------
    network
        From `build_network`.
    communities
        Points with ids in the index; each is a candidate under its own id, ``at-`` before it.
    spacing_km
        With it, also the ends of all roads and points along them at most so far apart,
        numbered from west to east as ``road-0001`` and so on.
    areas
        With them, points on roads, and communities without a ``governorate``, get the one they
        lie in; else points on roads have that of the nearest community. Communities that have
        one keep it, so that quotas count what tables say.

    Returns
    -------
    geopandas.GeoDataFrame
        Points in EPSG:4326, index ``site_id``; the names of the nearest community and
        ``near_km``, how far it is (0 at the community itself).
    """
    places = tidy(communities, _TEXT)
    if areas is not None:
        places = fill_areas(places, areas)
    kept = [name for name in _TEXT if name in places]
    places = places[[*kept, "geometry"]]
    at_places = places.assign(near_km=0.0)
    at_places.index = pd.Index([f"at-{one}" for one in communities.index], name="site_id")
    candidates = at_places
    if spacing_km is not None:
        if not spacing_km > 0:
            what = f"spacing_km is {spacing_km:g}"
            raise InputError(Fault(what, advice="give a distance above 0"))
        on_roads = _points_along(network, spacing_km)
        nearest, km = distances_km(on_roads, places)
        named = places[kept].iloc[nearest].set_axis(on_roads.index)
        on_roads = on_roads.join(named).assign(near_km=np.round(km, 1))
        if areas is not None:
            on_roads = join_areas(on_roads, areas)
        candidates = pd.concat([at_places, on_roads[at_places.columns]])
        candidates.index.name = "site_id"
    return candidates


def _points_along(network: RoadNetwork, spacing_km: float) -> gpd.GeoDataFrame:
    lengths_km = network.roads["length_m"].to_numpy() / 1000
    steps = np.maximum(1, np.ceil(lengths_km / spacing_km)).astype(int)
    edge = np.repeat(np.arange(len(steps)), steps + 1)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(steps + 1) - (steps + 1), steps + 1)
    share = step / steps[edge]
    drawn = shapely.line_interpolate_point(network.metric_lines()[edge], share, normalized=True)
    points = gpd.GeoSeries(drawn, crs=metric_crs(network.bounds)).to_crs(WGS84).to_numpy()
    # Road ends come once for every road that meets there, so they keep their own coordinates.
    lines = network.roads.geometry.to_numpy()[edge]
    points[share == 0] = shapely.get_point(lines[share == 0], 0)
    points[share == 1] = shapely.get_point(lines[share == 1], -1)
    lon_lat = np.unique(np.round(shapely.get_coordinates(points), 6), axis=0)
    ids = [f"road-{number:0{len(str(len(lon_lat)))}d}" for number in range(1, len(lon_lat) + 1)]
    index = pd.Index(ids, name="site_id", dtype=object)
    return gpd.GeoDataFrame(index=index, geometry=gpd.points_from_xy(*lon_lat.T), crs=WGS84)
