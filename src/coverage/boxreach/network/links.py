"""The last mile: points joined over open ground to every road in range."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array

from boxreach.crs import WGS84, Floats, point_distances_m
from boxreach.network.closing import slow_ms
from boxreach.network.graph import RoadNetwork, part_of, quickest

Integers = npt.NDArray[np.int64]

# The projected nearest point is off by less; what is found is measured again on the ground.
_SEARCH_MARGIN = 1.005
_TOUCHING_M = 0.01
"""A place so near to the limit of off-road range is within it: projecting moves points by less."""


@dataclass(frozen=True)
class Links:
    """Ways from points to roads: one entry for every road within off-road range of a point.

    ``point`` and ``edge`` are positions. ``share`` is where along the edge the link meets it,
    rising from tail to head. ``off_road_m`` and ``off_road_ms`` are the way over open ground,
    ``from_tail_ms`` and ``to_tail_ms`` that along the edge, where it may be driven so.
    """

    point: Integers
    edge: Integers
    share: Floats
    off_road_m: Floats
    off_road_ms: Integers
    from_tail_ms: Integers
    to_tail_ms: Integers

    def nearest_m(self, points: int) -> Floats:
        """Return the metres to the nearest road of each point, NaN where none is in range."""
        nearest = np.full(points, np.inf)
        np.minimum.at(nearest, self.point, self.off_road_m)
        return np.where(np.isinf(nearest), np.nan, nearest)

    def take(self, kept: npt.NDArray[np.bool_] | Integers) -> Links:
        """Return the links that are kept."""
        return Links(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})


def link_points(network: RoadNetwork, lon: Floats, lat: Floats) -> Links:
    """Join each point to the nearest place of every road within the network's off-road range.

    Linking to every road in range, not only to the nearest, keeps answers monotone: a new road
    only adds ways. So that a closure only takes ways away, a road is joined where it would be
    without closures, and not at all where that place is closed.
    """
    if network.lifted is not None:
        return _move_to_stretches(network, link_points(network.lifted, lon, lat))
    points = gpd.GeoSeries.from_xy(lon, lat, crs=WGS84).to_crs(network.crs).to_numpy()
    range_m = network.off_road_km * 1000 + _TOUCHING_M
    search_m = range_m * network.stretch * _SEARCH_MARGIN
    point, edge = network.tree.query(points, predicate="dwithin", distance=search_m)
    lines = network.lines[edge]
    share = shapely.line_locate_point(lines, points[point], normalized=True)
    landing = shapely.line_interpolate_point(lines, share, normalized=True)
    met = gpd.GeoSeries(landing, crs=network.crs).to_crs(WGS84)
    metres = point_distances_m(lon[point], lat[point], met.x.to_numpy(), met.y.to_numpy())
    order = np.lexsort((edge, point))
    order = order[metres[order] <= range_m]
    edge, share, metres = edge[order].astype(np.int64), share[order], metres[order]
    return Links(
        point=point[order].astype(np.int64),
        edge=edge,
        share=share,
        off_road_m=metres,
        off_road_ms=network.off_road_ms(metres),
        from_tail_ms=part_of(network.forward_ms[edge], share),
        to_tail_ms=part_of(network.backward_ms[edge], share),
    )


def _move_to_stretches(network: RoadNetwork, links: Links) -> Links:
    """Return the links of the lifted network that meet an open stretch, on that stretch."""
    kept, lifted = network.stretches, network.lifted
    if kept is None or lifted is None:
        return links
    first = np.searchsorted(kept.edge, links.edge, side="left")
    count = np.searchsorted(kept.edge, links.edge, side="right") - first
    one = np.repeat(np.arange(len(links.edge)), count)
    stretch = first[one] + np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    share = links.share[one]
    inside = (share >= kept.start[stretch]) & (share <= kept.end[stretch])
    one, stretch = one[inside], stretch[inside]
    moved = links.take(one)
    start, slowed = kept.start[stretch], kept.slowed[stretch]
    # Counted on the milliseconds of the whole edge, so that a closure makes nothing faster.
    return replace(
        moved,
        edge=stretch,
        from_tail_ms=slow_ms(
            moved.from_tail_ms - part_of(lifted.forward_ms[moved.edge], start), slowed
        ),
        to_tail_ms=slow_ms(
            moved.to_tail_ms - part_of(lifted.backward_ms[moved.edge], start), slowed
        ),
    )


@dataclass(frozen=True)
class Access:
    """The useful ways between points and the network: to nodes, and to places along edges.

    ``nodes`` is sparse, points by nodes, in milliseconds. What is left out of it and of ``links``
    is slower than another way that leads to the same place by road, so no time changes.
    """

    nodes: csr_array
    links: Links


def reach_nodes(network: RoadNetwork, links: Links, points: int, adjacency: csr_array) -> Access:
    """Return the ways from points through their links to the nodes of the network."""
    forward, backward = network.forward_ms[links.edge], network.backward_ms[links.edge]
    to_head = links.off_road_ms + forward - links.from_tail_ms
    to_tail = links.off_road_ms + links.to_tail_ms
    nodes = quickest(
        np.tile(links.point, 2),
        np.concatenate([network.head[links.edge], network.tail[links.edge]]),
        np.concatenate([to_head, to_tail]),
        np.concatenate([forward >= 0, backward >= 0]),
        (points, network.node_count),
    )
    # Coming from the tail one passes the link's place on the way to the head, and the other way.
    by_tail = _look_up(nodes, links.point, network.tail[links.edge]) + links.from_tail_ms
    by_head = _look_up(nodes, links.point, network.head[links.edge]) + backward - links.to_tail_ms
    slower = ((forward >= 0) & (by_tail < links.off_road_ms)) | (
        (backward >= 0) & (by_head < links.off_road_ms)
    )
    return Access(_drop_slower(nodes, csr_array(adjacency.T)), links.take(~slower))


_FAR = np.int64(2**60)


def _look_up(nodes: csr_array, point: Integers, node: Integers) -> Integers:
    """Return the milliseconds between points and nodes, very many where there is no way."""
    width = nodes.shape[1]
    keys = np.repeat(np.arange(nodes.shape[0]), np.diff(nodes.indptr)) * width + nodes.indices
    if not len(keys):
        return np.full(len(point), _FAR)
    wanted = point * width + node
    at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[at] == wanted, nodes.data[at], _FAR)


def _drop_slower(nodes: csr_array, before: csr_array) -> csr_array:
    """Drop ways to a node that are slower than the way to the node before it and on by road.

    Of a chain of such ways the first is never dropped, so every time stays what it was.
    """
    point = np.repeat(np.arange(nodes.shape[0]), np.diff(nodes.indptr))
    node = nodes.indices.astype(np.int64)
    count = np.diff(before.indptr)[node]
    one = np.repeat(np.arange(len(node)), count)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    road = before.indptr[node[one]] + offset
    through = _look_up(nodes, point[one], before.indices[road].astype(np.int64))
    slower = np.zeros(len(node), dtype=bool)
    slower[one[through + before.data[road] < nodes.data[one]]] = True
    kept = ~slower
    starts = np.append(0, np.cumsum(kept))[nodes.indptr]
    return csr_array((nodes.data[kept], nodes.indices[kept], starts), shape=nodes.shape)
