"""Times from sites to demand, searched by networkx on the roads of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from boxreach.verification.links import Links, find_links
from boxreach.verification.open_ground import NO_WAY, OpenGround, geodesic_m
from boxreach.verification.roads import Floats, Longs, Roads

if TYPE_CHECKING:
    import networkx as nx

Direction = Literal["site_to_demand", "demand_to_site"]

_WHOLE_GRAPH = 20_000_000
"""So many searched nodes are searched to the end for every site; beyond it to the cutoff."""

_ALL = "all"
_PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True, eq=False)
class Times:
    """Milliseconds, infinite where there is no way.

    Attributes
    ----------
    ms
        Sites by demand rows.
    soonest
        From the quickest site, however far.
    metres, off_ms
        To the nearest road in range of each demand row, NaN where none is.
    limit_ms
        How far `ms` is known.
    """

    ms: Floats
    soonest: Floats
    metres: Floats
    off_ms: Floats
    limit_ms: float


@dataclass(frozen=True, eq=False)
class Search:
    """Everything but the places: roads, ground, range, direction and time to mobilise."""

    roads: Roads
    ground: OpenGround
    range_km: float
    mobilise_ms: int
    direction: Direction

    def times(self, sites: Floats, demand: Floats, cutoff_ms: float) -> Times:
        """Return the times between sites and demand, both in degrees."""
        backwards = self.direction == "demand_to_site"
        here = find_links(self.roads, self.ground, sites, self.range_km, outward=not backwards)
        there = find_links(self.roads, self.ground, demand, self.range_km, outward=backwards)
        graph = self.roads.graph(backwards=backwards)
        _join_sites(graph, self.roads, here, len(sites), backwards=backwards)
        node, cost, place = _ends(self.roads, there, leaving=backwards)
        limit = cutoff_ms - self.mobilise_ms
        if len(sites) * graph.number_of_nodes() <= _WHOLE_GRAPH:
            limit = np.inf
        ms = np.full((len(sites), len(demand)), np.inf)
        for site in range(len(sites)):
            reached = _search(graph, ("site", site), limit, self.roads.nodes)
            np.minimum.at(ms[site], place, reached[node] + cost)
        soonest = np.full(len(demand), np.inf)
        np.minimum.at(soonest, place, _search(graph, _ALL, np.inf, self.roads.nodes)[node] + cost)
        for one, other, direct in (
            _along_roads(self.roads, here, there, backwards=backwards),
            self._straight(sites, demand, backwards=backwards),
        ):
            np.minimum.at(ms, (one, other), direct)
        soonest = np.minimum(soonest, ms.min(axis=0, initial=np.inf))
        metres, off_ms = _nearest(there, len(demand))
        return Times(
            ms + self.mobilise_ms, soonest + self.mobilise_ms, metres, off_ms,
            np.inf if np.isinf(limit) else cutoff_ms,
        )  # fmt: skip

    def _straight(
        self, sites: Floats, demand: Floats, *, backwards: bool
    ) -> tuple[Longs, Longs, Floats]:
        """Return sites, demand and milliseconds of ways over open ground alone."""
        degrees = self.range_km / 100 / np.cos(np.radians(min(abs(sites[:, 1]).max(initial=0), 89)))
        tree = shapely.STRtree(shapely.points(demand))
        one, other = tree.query(shapely.box(*(sites - degrees).T, *(sites + degrees).T))
        metres = geodesic_m(*sites[one].T, *demand[other].T)
        kept = metres <= self.range_km * 1000
        one, other, metres = one[kept], other[kept], metres[kept]
        ends = [sites[one], demand[other]]
        ms = self.ground.times(np.hstack(ends[::-1] if backwards else ends), metres)
        kept = ms != NO_WAY
        return one[kept], other[kept], ms[kept].astype(float)


def _join_sites(
    graph: nx.DiGraph, roads: Roads, links: Links, sites: int, *, backwards: bool
) -> None:
    """Join sites to the graph, and one place from which all of them set out."""
    graph.add_node(_ALL)
    for site in range(sites):
        graph.add_edge(_ALL, ("site", site), weight=0)
    ends = _ends(roads, links, leaving=not backwards)
    for node, cost, site in zip(*(one.tolist() for one in ends), strict=True):
        known = graph.get_edge_data(("site", site), node)
        if known is None or cost < known["weight"]:
            graph.add_edge(("site", site), node, weight=cost)


def _ends(roads: Roads, links: Links, *, leaving: bool) -> tuple[Longs, Longs, Longs]:
    """Return nodes, milliseconds and places of the ways between places and ends of roads.

    Parameters
    ----------
    leaving
        Whether one drives from the places to the nodes.
    """
    piece = links.piece
    tail, head = roads.tail[piece], roads.head[piece]
    forward, backward = roads.forward_ms[piece], roads.backward_ms[piece]
    never = np.int64(-1)
    if leaving:
        to_tail = np.where(backward >= 0, links.back_ms, never)
        to_head = np.where(forward >= 0, forward - links.there_ms, never)
    else:
        to_tail = np.where(forward >= 0, links.there_ms, never)
        to_head = np.where(backward >= 0, backward - links.back_ms, never)
    to_tail = np.where(links.at_tail, 0, to_tail)
    to_head = np.where(links.at_head, 0, to_head)
    node, ms = np.append(tail, head), np.append(to_tail, to_head)
    cost = ms + np.append(links.off_ms, links.off_ms)
    place = np.append(links.place, links.place)
    kept = ms >= 0
    return node[kept], cost[kept], place[kept]


def _search(graph: nx.DiGraph, source: object, limit: float, nodes: int) -> Floats:
    """Return the milliseconds from a source to every node, infinite where it does not come."""
    import networkx as nx  # noqa: PLC0415 - large, and only verify asks for it

    cutoff = None if np.isinf(limit) else limit
    found: Mapping[object, float] = nx.single_source_dijkstra_path_length(
        graph, source, cutoff=cutoff
    )
    reached = np.full(nodes, np.inf)
    known = {node: ms for node, ms in found.items() if isinstance(node, int)}
    reached[list(known)] = list(known.values())
    return reached


def _along_roads(
    roads: Roads, here: Links, there: Links, *, backwards: bool
) -> tuple[Longs, Longs, Floats]:
    """Return sites, demand and milliseconds of ways along one piece, passing no end of it."""
    order = np.argsort(there.piece, kind="stable")
    pieces = there.piece[order]
    low, high = (np.searchsorted(pieces, here.piece, side=side) for side in ("left", "right"))
    one = np.repeat(np.arange(len(here.piece)), high - low)
    other = order[np.arange(len(one)) - np.repeat(np.cumsum(high - low) - high, high - low)]
    start, end = (
        (there.take(other), here.take(one)) if backwards else (here.take(one), there.take(other))
    )
    piece = start.piece
    ahead = np.where(
        (roads.forward_ms[piece] >= 0) & (end.share >= start.share),
        np.maximum(end.there_ms - start.there_ms, 0), np.inf,
    )  # fmt: skip
    behind = np.where(
        (roads.backward_ms[piece] >= 0) & (end.share <= start.share),
        np.maximum(start.back_ms - end.back_ms, 0), np.inf,
    )  # fmt: skip
    same = np.where(start.share == end.share, 0.0, np.inf)
    ms = np.minimum(np.minimum(ahead, behind), same) + start.off_ms + end.off_ms
    found = np.asarray(ms, dtype=np.float64)
    return here.place[one], np.asarray(there.place[other], np.int64), found


def _nearest(links: Links, places: int) -> tuple[Floats, Floats]:
    """Return metres and milliseconds to the nearest road of each place."""
    metres, off_ms = np.full(places, np.nan), np.full(places, np.nan)
    order = np.lexsort((links.off_ms, np.round(links.metres, 4), links.place))
    place = links.place[order]
    first = order[np.append(True, place[1:] != place[:-1])[: len(order)]]
    metres[links.place[first]] = links.metres[first]
    off_ms[links.place[first]] = links.off_ms[first]
    return metres, off_ms
