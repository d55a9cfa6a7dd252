"""Where places meet roads, and the ways from there to the ends of their chains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.network import RoadNetwork, Spots, link_points

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Landings:
    """All links of some points, those that are slower than others too.

    Attributes
    ----------
    network
        The network.
    xy
        Longitude and latitude of the points.
    first
        The links of point p are ``first[p]`` up to ``first[p + 1]``, by chain.
    spots
        Where along chains each of them meets a road.
    off_road_ms, off_road_m
        The way over open ground.
    edge, share
        The same place as seen from the edge's tail.
    """

    network: RoadNetwork
    xy: Floats
    first: Longs
    spots: Spots
    off_road_ms: Longs
    off_road_m: Floats
    edge: Longs
    share: Floats

    @classmethod
    def of_first(
        cls, network: RoadNetwork, lon: Floats, lat: Floats, *, outward: bool
    ) -> tuple[Landings, int]:
        """Return the links of the first points, and of how many (see `link_points`)."""
        links, done = link_points(network, lon, lat, outward=outward)
        landings = cls(
            network=network,
            xy=np.column_stack([lon[:done], lat[:done]]),
            first=np.searchsorted(links.point, np.arange(done + 1)).astype(np.int64),
            spots=Spots.of(network, links),
            off_road_ms=links.off_road_ms,
            off_road_m=links.off_road_m,
            edge=links.edge,
            share=links.share,
        )
        return landings, done

    def ends(self, point: int, *, outward: bool) -> Ends:
        """Return the ways of a point to the ends of its chains, or from there to the point."""
        link = np.arange(self.first[point], self.first[point + 1])
        chains, chain = self.network.chains, self.spots.chain[link]
        forward, backward = (
            ms[chain].astype(np.int64) for ms in (chains.forward_ms, chains.backward_ms)
        )
        there, back = self.spots.there_ms[link], self.spots.back_ms[link]
        to_tail, to_head = (back, forward - there) if outward else (there, backward - back)
        may_tail, may_head = (backward, forward) if outward else (forward, backward)
        count = chains.first[chain + 1] - chains.first[chain]
        sides = []
        for junction, end, by_road, may in (
            (chains.tail[chain], np.zeros_like(count), to_tail, may_tail),
            (chains.head[chain], count, to_head, may_head),
        ):
            # A link that meets its road at a junction is there, whatever way the road goes.
            is_there = self.spots.place[link] == end
            ms = np.where(is_there, 0, by_road) + self.off_road_ms[link]
            kept = is_there | (may >= 0)
            sides.append((junction[kept], ms[kept], link[kept], end[kept]))
        return Ends(*(np.concatenate(one).astype(np.int64) for one in zip(*sides, strict=True)))

    def spot(self, link: int) -> Floats:
        """Return longitude and latitude of the place where a link meets its road."""
        xy, known = self.network.edges.measured(int(self.edge[link]))
        return np.array([np.interp(self.share[link], known, one) for one in xy.T])


@dataclass(frozen=True, eq=False)
class Ends:
    """Ways between a point and junctions, open ground and road together.

    Attributes
    ----------
    junction, ms
        The junctions and the milliseconds.
    link, end
        By which link of the point, and the place at that end of its chain.
    """

    junction: Longs
    ms: Longs
    link: Longs
    end: Longs
