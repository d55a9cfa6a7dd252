"""Sites and demand linked to one network: all that is known of ways before any is searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from boxreach.network import Access, RoadNetwork, Spots
from boxreach.network.differences import Differences
from boxreach.network.links import shift_legs
from boxreach.routing.beside import along_chains
from boxreach.routing.kernels import FAR
from boxreach.routing.search import Question, Ways

Longs = npt.NDArray[np.int64]
Pairs = tuple[Longs, Longs, Longs]

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, eq=False)
class Linked:
    """Sites and demand, and how they are linked to a network.

    Attributes
    ----------
    network
        The network.
    sites, demand
        Their ways to the network and from it, the way they are driven.
    straight
        Site, demand and milliseconds of ways over open ground alone.
    mobilise_ms
        Milliseconds until one moves.
    backwards
        Whether one drives from the demand to the sites.
    """

    network: RoadNetwork
    sites: Access
    demand: Access
    straight: Pairs
    mobilise_ms: int
    backwards: bool

    @property
    def entries(self) -> Ways:
        """The ways of the sites to junctions, mobilising included."""
        return enter(self.sites, self.mobilise_ms)

    @property
    def exits(self) -> Ways:
        """The ways of the demand from junctions."""
        return Ways(self.demand.first, self.demand.ways)

    def question(self) -> Question:
        """Return what is to be searched, each demand row on its own."""
        return Question.on(self.network, self.entries, self.exits, backwards=self.backwards)

    def beside(self, limit_ms: float) -> Pairs:
        """Return ways that pass no junction, up to a limit, mobilising included."""
        site, demand, ms = (
            np.concatenate(part) for part in zip(*self.each_beside(limit_ms), strict=True)
        )
        return site, demand, ms

    def labels_beside(self, bits: int) -> Longs:
        """Return the least label of each demand row by ways that pass no junction.

        A label is milliseconds shifted by `bits`, and the site; `FAR` where there is none.
        """
        best = np.full(len(self.demand.first) - 1, FAR)
        site, demand, ms = self.beside(np.inf)
        np.minimum.at(best, demand, (ms << bits) + site)
        return best

    def each_beside(self, limit_ms: float = np.inf) -> Iterator[Pairs]:
        """Yield ways that pass no junction, some at a time; see `beside`."""
        ways = along_chains(
            self.network,
            self.sites,
            self.demand,
            limit_ms - self.mobilise_ms,
            backwards=self.backwards,
        )
        for site, demand, ms in chain(ways, [self.straight]):
            in_all = ms + self.mobilise_ms
            good = in_all <= limit_ms
            yield site[good], demand[good], in_all[good]

    def take_sites(self, kept: Longs) -> Linked:
        """Return the same for some of the sites, rising; they are numbered anew."""
        number = np.full(len(self.sites.first) - 1, -1)
        number[kept] = np.arange(len(kept))
        site, demand, ms = self.straight
        some = number[site] >= 0
        sites = take_points(self.sites, kept)
        met = np.zeros(len(self.network.chains.tail), dtype=bool)
        met[sites.spots.chain] = True
        beside = met[self.demand.spots.chain]
        return replace(
            self,
            sites=sites,
            demand=replace(
                self.demand,
                point=self.demand.point[beside],
                spots=self.demand.spots.take(beside),
                off_road_ms=self.demand.off_road_ms[beside],
            ),
            straight=(number[site[some]], demand[some], ms[some]),
        )

    def take_demand(self, kept: Longs) -> Linked:
        """Return the same for some of the demand rows, rising; they are numbered anew."""
        number = np.full(len(self.demand.first) - 1, -1)
        number[kept] = np.arange(len(kept))
        site, demand, ms = self.straight
        some = number[demand] >= 0
        return replace(
            self,
            demand=take_points(self.demand, kept),
            straight=(site[some], number[demand[some]], ms[some]),
        )


def enter(sites: Access, mobilise_ms: int) -> Ways:
    """Return the ways of sites to junctions, mobilising included."""
    return Ways(sites.first, sites.ways + np.array([0, mobilise_ms], np.int32))


def read_labels(labels: Longs, bits: int) -> tuple[Longs, Longs]:
    """Return the site and the milliseconds of labels; -1 where there is none."""
    has_way = labels < FAR
    site = np.where(has_way, labels & ((1 << bits) - 1), -1)
    return site, np.where(has_way, labels >> bits, -1)


def best_labels(exits: Ways, labels: Longs, bits: int) -> Longs:
    """Return the least label of each demand row through junctions, `FAR` where there is none."""
    best = np.full(len(exits.first) - 1, FAR)
    for low in range(0, len(best), _ROWS_AT_ONCE):
        first = exits.first[low : low + _ROWS_AT_ONCE + 1]
        served = np.flatnonzero(np.diff(first))
        if len(served):
            ways = exits.ways[first[0] : first[-1]]
            onward = labels[ways[:, 0]]
            onward = np.where(onward < FAR, onward + (ways[:, 1].astype(np.int64) << bits), FAR)
            best[low + served] = np.minimum.reduceat(onward, first[served] - first[0])
    return best


def no_access(points: int) -> Access:
    """Return the ways of points that are not linked yet: none."""
    none = np.empty(0, dtype=np.int64)
    spots = Spots(
        none, none.astype(float), none, none, none, none.astype(float), none.astype(float)
    )
    return Access(
        first=np.zeros(points + 1, dtype=np.int64),
        ways=np.empty((0, 2), dtype=np.int32),
        point=none,
        spots=spots,
        off_road_ms=none,
        off_road_m=np.full(points, np.nan),
        nearest_ms=np.full(points, -1),
    )


def take_points(access: Access, kept: Longs) -> Access:
    """Return the ways of some points, rising; they are numbered anew."""
    number = np.full(len(access.first) - 1, -1)
    number[kept] = np.arange(len(kept))
    row = np.repeat(number, np.diff(access.first))
    some = number[access.point] >= 0
    return Access(
        first=np.append(0, np.cumsum(np.diff(access.first)[kept])),
        ways=access.ways[row >= 0],
        point=number[access.point[some]],
        spots=access.spots.take(some),
        off_road_ms=access.off_road_ms[some],
        off_road_m=access.off_road_m[kept],
        nearest_ms=access.nearest_ms[kept],
    )


def put_points(access: Access, at: Longs, fresh: Access) -> Access:
    """Return the ways of points, of some of them those that were found anew.

    Parameters
    ----------
    access
        The ways of all points.
    at
        Which points were looked at anew, rising.
    fresh
        Their ways.
    """
    points = len(access.first) - 1
    stays = np.ones(points, dtype=bool)
    stays[at] = False
    row = np.repeat(np.arange(points), np.diff(access.first))
    kept = stays[row]
    fresh_row = at[np.repeat(np.arange(len(at)), np.diff(fresh.first))]
    ways = np.concatenate([access.ways[kept], fresh.ways])
    sorted_ways = Ways.sort(np.append(row[kept], fresh_row), ways[:, 0], ways[:, 1], points)
    some = stays[access.point]
    point = np.append(access.point[some], at[fresh.point])
    order = np.argsort(point, kind="stable")
    off_road_m, nearest_ms = access.off_road_m.copy(), access.nearest_ms.copy()
    off_road_m[at], nearest_ms[at] = fresh.off_road_m, fresh.nearest_ms
    return Access(
        first=sorted_ways.first,
        ways=sorted_ways.ways,
        point=point[order],
        spots=Spots.join([access.spots.take(some), fresh.spots]).take(order),
        off_road_ms=np.append(access.off_road_ms[some], fresh.off_road_ms)[order],
        off_road_m=off_road_m,
        nearest_ms=nearest_ms,
    )


def renumber(access: Access, differences: Differences) -> tuple[Access, Longs]:
    """Return ways by the numbers of a network after, and the points that lost some of theirs."""
    ways, spots = access.ways.copy(), access.spots
    ways[:, 0] = differences.junction[access.ways[:, 0]]
    chain = differences.chain[spots.chain]
    # Edges of a chain stand in its order before and after.
    shift = differences.after.chains.first[chain].astype(np.int64)
    shift -= differences.before.chains.first[spots.chain]
    spots = replace(spots, chain=chain, leg=shift_legs(spots.leg, shift))
    row = np.repeat(np.arange(len(access.first) - 1), np.diff(access.first))
    lost = np.append(row[ways[:, 0] < 0], access.point[chain < 0])
    return replace(access, ways=ways, spots=spots), np.unique(lost)
