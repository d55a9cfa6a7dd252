"""Which roads lead from sites to those whom they reach first, and what is known of roads."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.columns import find_bridges, is_bridge
from boxreach.crs import WGS84
from boxreach.network import RoadNetwork
from boxreach.network.dividing import Division
from boxreach.routing import TravelTimes
from boxreach.routing.routes import find_used
from boxreach.scenarios.losses import Quickest

Longs = npt.NDArray[np.int64]


def roads_in_use(times: TravelTimes, usual: Quickest, limit_ms: int) -> list[str]:
    """Return the ids of all roads on a quickest way from a site to a place it reaches first.

    Parameters
    ----------
    times
        The times.
    usual
        The quickest site of each place.
    limit_ms
        The longest time that counts.
    """
    place = np.flatnonzero((usual.ms >= 0) & (usual.ms <= limit_ms))
    edges = find_used(times, usual.site[place], place)
    return sorted({str(one) for one in times.network.road_ids(edges)} - {""})


def bridges_of(network: RoadNetwork) -> list[str]:
    """Return the ids of all roads of a network that say they are bridges, each once."""
    if "bridge" not in network.attributes:
        return []
    edges = np.flatnonzero(find_bridges(network.attributes["bridge"]))
    return sorted({str(one) for one in network.road_ids(edges)} - {""})


def describe_roads(
    division: Division, features: Sequence[str] | gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return name, kind, class and shape of features, as their table says or else their roads.

    Parameters
    ----------
    division
        The network divided at them.
    features
        As they were given.
    """
    network = division.network
    given = isinstance(features, gpd.GeoDataFrame)
    table = features if isinstance(features, gpd.GeoDataFrame) else gpd.GeoDataFrame()
    rows = []
    for at in range(len(division.ids)):
        edges = division.edges_of(at)
        told = {
            name: str(network.attributes[name].iloc[edges[0]])
            if len(edges) and name in network.attributes
            else ""
            for name in ("name", "road_class")
        }
        row = table.iloc[at] if given else {"bridge": _said_bridge(network, edges)}
        for name in told:
            said = row.get(name)
            if said is not None and pd.notna(said) and str(said):
                told[name] = str(said)
        shape = table.geometry.iloc[at] if given else None
        if shape is None:
            shape = shapely.union_all(network.edges.lines(edges))
        rows.append({**told, "kind": _kind(row, shape), "geometry": shape})
    columns = ["name", "kind", "road_class", "geometry"]
    index = pd.Index(division.ids, name="feature_id")
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns, index=index), crs=WGS84)


def _said_bridge(network: RoadNetwork, edges: Longs) -> str:
    """Return what the edges of a road say of a bridge; blank where none of them says any."""
    if "bridge" not in network.attributes:
        return ""
    said = network.attributes["bridge"].iloc[edges]
    return next((str(one) for one in said if is_bridge(one)), "")


def _kind(row: pd.Series | dict[str, object], shape: shapely.Geometry) -> str:
    """Return ``"bridge"``, ``"road"`` or ``"crossing"``, as its row says or its shape."""
    said = row.get("kind")
    if isinstance(said, str) and said in ("bridge", "road", "crossing"):
        return said
    if is_bridge(row.get("bridge")):
        return "bridge"
    return "crossing" if shapely.get_dimensions(shape) == 0 else "road"
