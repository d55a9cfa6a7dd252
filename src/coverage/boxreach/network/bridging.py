"""Gaps between parts of a network that are drawn apart, bridged and listed one by one."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import STRtree

from boxreach.crs import WGS84, Floats, line_lengths_m, metric_crs, metric_stretch
from boxreach.network.noding import insert_vertices
from boxreach.network.obstacles import NO_OBSTACLES, Flags, Obstacles

_BARRIER_M = 1.0
"""No bridge comes nearer to a barrier than this, or it would lead around it."""


def bridge_gaps(
    roads: gpd.GeoDataFrame, bridge_m: float, water: Obstacles = NO_OBSTACLES
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Join parts of the network where a road's end lies at most `bridge_m` from a road of another.

    Shortest first, and only between parts that are not joined yet: within a part nothing is
    added, so no shortcut is made. No bridge comes within a metre of a node of a negative number,
    where a barrier stops vehicles, and none crosses water.

    Parameters
    ----------
    roads
        Noded roads in EPSG:4326.
    bridge_m
        The widest gap to bridge, in metres.
    water
        Rivers and shores.

    Returns
    -------
    tuple of geopandas.GeoDataFrame
        The noded roads with the bridges, which have the class ``bridge_gap``, and the bridges
        alone: ``from_road``, ``to_road``, ``metres`` and the line, shortest first.
    """
    from scipy.cluster.hierarchy import DisjointSet  # noqa: PLC0415 - large, and seldom asked for

    names, ends = np.unique(roads[["from_node", "to_node"]].to_numpy(), return_inverse=True)
    ends = ends.reshape(-1, 2)
    part = _parts(ends)
    main = int(np.bincount(part).argmax())
    crs = metric_crs(tuple(roads.total_bounds))
    lines = roads.geometry.to_crs(crs).to_numpy()
    stretch = metric_stretch(tuple(roads.total_bounds))
    use = np.unique(ends, return_index=True)[1]
    points = _pick_ends(lines, use)
    node, edge, metres = _near_pairs(lines, points, ends, part, main, bridge_m * stretch)
    landing = shapely.line_interpolate_point(
        lines[edge], shapely.line_locate_point(lines[edge], points[node])
    )
    ways = _draw_ways(_pick_ends(roads.geometry.to_numpy(), use)[node], landing, crs)
    passing = _passing(points[node], landing, points[names < 0], _BARRIER_M * stretch)
    free = ~(passing | water.blocks(*ways.reshape(-1, 4).T))
    # Of roads equally near the first by id: the order of the rows must not matter.
    rank = np.argsort(np.argsort(roads.index.astype(str), kind="stable"), kind="stable")
    joined = DisjointSet(range(part.max() + 1))
    chosen = [
        at
        for at in np.lexsort((rank[edge], node, metres))
        if free[at] and joined.merge(int(part[ends[edge[at], 0]]), int(part[node[at]]))
    ]
    bridges = _list_bridges(roads, use[node[chosen]] // 2, edge[chosen], ways[chosen])
    return _join(roads, bridges, names[node[chosen]], edge[chosen]), bridges


def _parts(ends: np.ndarray) -> np.ndarray:
    count = ends.max() + 1
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _pick_ends(lines: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Return an end of a line for each use, which counts the first and last ends of all lines."""
    return np.asarray(shapely.get_point(lines[use // 2], np.where(use % 2, -1, 0)))


def _near_pairs(
    lines: np.ndarray,
    points: np.ndarray,
    ends: np.ndarray,
    part: np.ndarray,
    main: int,
    bridge_m: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes with the roads of other parts near to them; one of both is outside the main."""
    loose = np.flatnonzero(part != main)
    loose_edges = np.flatnonzero(part[ends[:, 0]] != main)
    node, edge = STRtree(lines).query(points[loose], predicate="dwithin", distance=bridge_m)
    back, back_edge = STRtree(lines[loose_edges]).query(
        points, predicate="dwithin", distance=bridge_m
    )
    node, edge = np.append(loose[node], back), np.append(edge, loose_edges[back_edge])
    apart = part[node] != part[ends[edge, 0]]
    node, edge = node[apart], edge[apart]
    return node, edge, shapely.distance(points[node], lines[edge])


def _draw_ways(starts: np.ndarray, landing: np.ndarray, crs: CRS) -> Floats:
    """Return both ends of straight ways in degrees, from points in degrees to points in metres."""
    there = gpd.GeoSeries(landing, crs=crs).to_crs(WGS84).to_numpy()
    to = np.round(shapely.get_coordinates(there), 7)
    return np.stack([shapely.get_coordinates(starts), to], axis=1)


def _passing(
    starts: np.ndarray, landing: np.ndarray, barriers: np.ndarray, within_m: float
) -> Flags:
    """Tell which straight ways come near to a barrier."""
    xy = np.stack([shapely.get_coordinates(starts), shapely.get_coordinates(landing)], axis=1)
    near, _ = STRtree(barriers).query(
        shapely.linestrings(xy), predicate="dwithin", distance=within_m
    )
    passing = np.zeros(len(starts), dtype=bool)
    passing[near] = True
    return passing


def _list_bridges(
    roads: gpd.GeoDataFrame, from_row: np.ndarray, to_row: np.ndarray, ways: Floats
) -> gpd.GeoDataFrame:
    bridges = gpd.GeoDataFrame(
        {
            "from_road": roads.index.to_numpy()[from_row],
            "to_road": roads.index.to_numpy()[to_row],
        },
        index=pd.Index([f"bridge-{n}" for n in range(1, len(ways) + 1)], name=roads.index.name),
        geometry=list(shapely.linestrings(ways)),
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
