"""Gaps between parts of a network that are drawn apart, bridged and listed one by one."""

from __future__ import annotations

from itertools import pairwise

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
from boxreach.network.noding import insert_vertices


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
    names, ends = np.unique(roads[["from_node", "to_node"]].to_numpy(), return_inverse=True)
    ends = ends.reshape(-1, 2)
    part = _parts(ends)
    main = int(np.bincount(part).argmax())
    crs = metric_crs(tuple(roads.total_bounds))
    lines = roads.geometry.to_crs(crs).to_numpy()
    search_m = bridge_m * metric_stretch(tuple(roads.total_bounds))
    node, edge, metres = _near_pairs(lines, ends, part, main, search_m)
    # Of roads equally near the first by id: the order of the rows must not matter.
    rank = np.argsort(np.argsort(roads.index.astype(str), kind="stable"), kind="stable")
    joined = DisjointSet(range(part.max() + 1))
    chosen = [
        at
        for at in np.lexsort((rank[edge], node, metres))
        if joined.merge(int(part[ends[edge[at], 0]]), int(part[node[at]]))
    ]
    bridges = _draw_bridges(roads, lines, ends, node[chosen], edge[chosen], crs)
    return _join(roads, bridges, names[node[chosen]], edge[chosen]), bridges


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


def _draw_bridges(
    roads: gpd.GeoDataFrame,
    lines: np.ndarray,
    ends: np.ndarray,
    node: np.ndarray,
    edge: np.ndarray,
    crs: CRS,
) -> gpd.GeoDataFrame:
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
        geometry=list(shapely.linestrings(np.stack([starts, np.round(landing, 7)], axis=1))),
        crs=roads.crs,
    )
    bridges["metres"] = line_lengths_m(bridges.geometry.to_numpy())
    return bridges


def _join(
    roads: gpd.GeoDataFrame, bridges: gpd.GeoDataFrame, start: np.ndarray, edge: np.ndarray
) -> gpd.GeoDataFrame:
    """Return the roads and the bridges, roads divided where a bridge lands on them."""
    landing = shapely.get_coordinates(shapely.get_point(bridges.geometry.to_numpy(), -1))
    fresh = int(max(roads["from_node"].max(), roads["to_node"].max())) + 1
    bent = insert_vertices(roads.geometry.to_numpy(), edge, landing)
    node = np.empty(len(edge), dtype=np.int64)
    keep = np.setdiff1d(np.arange(len(roads)), edge)
    pieces, place = [roads.iloc[keep]], [keep]
    for one in np.unique(edge):
        rows = np.flatnonzero(edge == one)
        parts, at_place = _divide(roads.iloc[[one]].set_geometry([bent[one]]), landing[rows], fresh)
        pieces.append(parts)
        place.append(np.full(len(parts), one))
        node[rows] = at_place
        fresh = max(fresh, int(parts[["from_node", "to_node"]].to_numpy().max()) + 1)
    # The pieces of a road stay one behind the other, for their times are counted along it.
    joined = pd.concat(pieces).iloc[np.argsort(np.concatenate(place), kind="stable")]
    text = [name for name in ("name", "ref", "surface", "oneway") if name in roads]
    added = bridges[["geometry"]].assign(
        road_class="bridge_gap", from_node=start, to_node=node, **dict.fromkeys(text, "")
    )
    return pd.concat([joined, added]) if len(added) else joined


def _divide(
    road: gpd.GeoDataFrame, places: np.ndarray, fresh: int
) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Divide one road at vertices of it; return its pieces, and the node at each of the places."""
    xy = shapely.get_coordinates(road.geometry.iloc[0])
    vertex = np.array([int(np.argmin(np.hypot(*(xy - one).T))) for one in places])
    cuts = np.unique(np.concatenate([[0], vertex, [len(xy) - 1]]))
    inner = fresh + np.arange(len(cuts) - 2)
    nodes = np.concatenate([road["from_node"], inner, road["to_node"]])
    parts = road.iloc[np.zeros(len(cuts) - 1, dtype=int)].assign(
        from_node=nodes[:-1], to_node=nodes[1:]
    )
    lines = [shapely.linestrings(xy[a : b + 1]) for a, b in pairwise(cuts)]
    return parts.set_geometry(gpd.GeoSeries(lines, index=parts.index, crs=road.crs)), nodes[
        np.searchsorted(cuts, vertex)
    ]
