"""Gaps between parts of a network that are drawn apart, bridged and listed one by one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.cluster.hierarchy import DisjointSet
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import STRtree

from boxreach.crs import line_lengths_m, metric_crs, metric_stretch
from boxreach.network.noding import insert_vertices, split_at_shared_vertices


def bridge_gaps(
    roads: gpd.GeoDataFrame, bridge_m: float
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Join parts of the network where a road's end lies at most `bridge_m` from a road of another.

    Shortest first, and only between parts that are not joined yet: within a part nothing is
    added, so no shortcut is made.

    Parameters
    ----------
    roads
        Noded roads in EPSG:4326.
    bridge_m
        The widest gap to bridge, in metres.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        The noded roads with the bridges, which have the class ``bridge_gap``, and the bridges
        alone: ``from_road``, ``to_road``, ``metres`` and the line, shortest first.
    """
    ends = end_nodes(roads)
    part = _parts(ends)
    main = int(np.bincount(part).argmax())
    crs = metric_crs(tuple(roads.total_bounds))
    lines = roads.geometry.to_crs(crs).to_numpy()
    search_m = bridge_m * metric_stretch(tuple(roads.total_bounds))
    node, edge, metres = _near_pairs(lines, ends, part, main, search_m)
    joined = DisjointSet(range(part.max() + 1))
    chosen = [
        at
        for at in np.lexsort((edge, node, metres))
        if joined.merge(int(part[ends[edge[at], 0]]), int(part[node[at]]))
    ]
    return _join(roads, lines, ends, node[chosen], edge[chosen], crs)


def end_nodes(roads: gpd.GeoDataFrame) -> np.ndarray:
    """Return the node numbers of both ends of each road; equal places are one node."""
    lines = roads.geometry.to_numpy()
    ends = np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], axis=1)
    _, number = np.unique(shapely.get_coordinates(ends.ravel()), axis=0, return_inverse=True)
    return number.reshape(-1, 2)


def _parts(ends: np.ndarray) -> np.ndarray:
    count = ends.max() + 1
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _near_pairs(
    lines: np.ndarray, ends: np.ndarray, part: np.ndarray, main: int, bridge_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes with the roads of other parts near to them; one of both is outside the main."""
    nodes, first_use = np.unique(ends.ravel(), return_index=True)
    points = shapely.get_point(lines[first_use // 2], np.where(first_use % 2, -1, 0))
    loose = np.flatnonzero(part[nodes] != main)
    loose_edges = np.flatnonzero(part[ends[:, 0]] != main)
    at, edge = STRtree(lines).query(points[loose], predicate="dwithin", distance=bridge_m)
    back, back_edge = STRtree(lines[loose_edges]).query(
        points, predicate="dwithin", distance=bridge_m
    )
    at, edge = np.append(loose[at], back), np.append(edge, loose_edges[back_edge])
    apart = part[nodes[at]] != part[ends[edge, 0]]
    at, edge = at[apart], edge[apart]
    return nodes[at], edge, shapely.distance(points[at], lines[edge])


def _join(
    roads: gpd.GeoDataFrame,
    lines: np.ndarray,
    ends: np.ndarray,
    node: np.ndarray,
    edge: np.ndarray,
    crs: CRS,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    use = [np.flatnonzero((ends == one).any(axis=1))[0] for one in node]
    drawn = roads.geometry.to_numpy()
    starts = np.array(
        [
            shapely.get_coordinates(drawn[road])[0 if ends[road, 0] == one else -1]
            for road, one in zip(use, node, strict=True)
        ]
    ).reshape(-1, 2)
    points = gpd.GeoSeries.from_xy(*starts.T, crs=roads.crs).to_crs(crs).to_numpy()
    nearest = shapely.line_interpolate_point(
        lines[edge], shapely.line_locate_point(lines[edge], points)
    )
    landing = shapely.get_coordinates(gpd.GeoSeries(nearest, crs=crs).to_crs(roads.crs).to_numpy())
    bridges = gpd.GeoDataFrame(
        {
            "from_road": roads.index.to_numpy()[use] if use else [],
            "to_road": roads.index.to_numpy()[edge],
        },
        index=pd.Index([f"bridge-{n}" for n in range(1, len(node) + 1)], name=roads.index.name),
        geometry=list(shapely.linestrings(np.stack([starts, landing], axis=1))),
        crs=roads.crs,
    )
    bridges["metres"] = line_lengths_m(bridges.geometry.to_numpy())
    bent = insert_vertices(drawn, edge, landing)
    whole = roads.set_geometry(gpd.GeoSeries(bent, index=roads.index, crs=roads.crs))
    added = bridges[["geometry"]].assign(road_class="bridge_gap")
    text = [name for name in ("name", "ref", "surface", "oneway") if name in whole]
    joined = pd.concat([whole, added.assign(**dict.fromkeys(text, ""))])
    return split_at_shared_vertices(joined), bridges
