"""Travel times in many states of the roads: closed, slower, open ground worse; on one graph.

Links of places to roads are looked for once, for all states (`network.firm`). A state is then new
milliseconds of arcs and links, and a search from the sites that it concerns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled, lend
from boxreach.crs import Floats, point_distances_m
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork, time_ways
from boxreach.network.access import prune_points
from boxreach.network.firm import (
    FirmLinks,
    LinkTimes,
    States,
    find_firm,
    off_road_ms,
    time_links,
)
from boxreach.network.legs import LONGEST_MS
from boxreach.network.slowing import pace_ground, require_state
from boxreach.network.timetable import RoadTimes, Timetable, in_shares
from boxreach.routing.alongside import drive_along
from boxreach.routing.beside import straight_ways
from boxreach.routing.search import Question, Ways, find_within
from boxreach.routing.terms import Direction
from boxreach.routing.times import places_of

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MS_PER_MINUTE = 60_000


class RoadStates:
    """The times between sites and demand in states of a network's roads.

    What it returns is what `travel_times` finds on the network that `restrict` puts together for
    the state, to the millisecond.

    Parameters
    ----------
    network
        The network; what may close must be whole chains of it (`divide`).
    sites, demand, cutoff, mobilise_minutes, direction
        As in `travel_times`.
    closable
        Which of its edges may be gone; none if not given.
    slowest
        How many times as long each edge takes at most; as usual if not given.
    fastest_off_road
        The largest share of the usual speed over open ground.
    steady
        Whether open ground is as quick as usual in all states.
    beside
        States of the same network and demand, of which links are taken over: for other sites.

    Raises
    ------
    InputError
        If arrays do not fit the network.
    """

    def __init__(
        self,
        network: RoadNetwork,
        sites: gpd.GeoDataFrame,
        demand: gpd.GeoDataFrame,
        *,
        cutoff: float,
        mobilise_minutes: float = 0.0,
        direction: Direction = "site_to_demand",
        closable: Flags | None = None,
        slowest: Floats | None = None,
        fastest_off_road: float = 1.0,
        steady: bool = True,
        beside: RoadStates | None = None,
    ) -> None:
        count = len(network.edges)
        closable = np.zeros(count, dtype=bool) if closable is None else closable
        if slowest is not None or fastest_off_road != 1:
            require_state(
                count, closable & False, np.ones(count) if slowest is None else slowest,
                fastest_off_road,
            )  # fmt: skip
        self.backwards = direction == "demand_to_site"
        self.mobilise_ms = round(mobilise_minutes * _MS_PER_MINUTE)
        self.limit_ms = round(cutoff * _MS_PER_MINUTE)
        if beside is None:
            table = Timetable(network)
            self.states = States(table, closable, slowest, fastest_off_road, steady)
            self.demand = _Links.of(self.states, demand, outward=self.backwards)
        else:
            self.states, self.demand = beside.states, beside.demand
        self.network = self.states.table.network
        self.sites = _Links.of(self.states, sites, outward=not self.backwards)
        self.straight = _Straight.of(self)

    @cached_property
    def base(self) -> csr_array:
        """The times with every road there and as quick as usual."""
        return self.times()

    def times(
        self,
        *,
        gone: Flags | None = None,
        slowed: Floats | None = None,
        off_road: float = 1.0,
        sites: Longs | None = None,
    ) -> csr_array:
        """Return the milliseconds within the cutoff in a state, sites by demand.

        Parameters
        ----------
        gone
            Which edges are gone, among the closable ones and whole chains of them.
        slowed
            How many times as long each edge takes, at most as often as `slowest`.
        off_road
            The share of the usual speed over open ground, at most `fastest_off_road`.
        sites
            Positions of the sites that are asked for; all if not given.
        """
        self._require(gone, slowed, off_road)
        roads = self.states.table.under(slowed, gone)
        rows = np.arange(len(self.sites.lon)) if sites is None else np.asarray(sites)
        if slowed is None and off_road == 1:
            mine = self.sites.without(self._usual_sites, roads.gone)
            theirs = self.demand.without(self.usual_links, roads.gone)
        else:
            mine = self.sites.timed(self, roads, off_road, outward=not self.backwards)
            theirs = self.demand.timed(self, roads, off_road, outward=self.backwards)
        beside = self._beside(roads, mine, theirs, off_road, rows)
        question = Question(
            *self._arcs(roads),
            _take_rows(self.sites.entries(mine, roads, self.mobilise_ms), rows),
            self.demand.no_exits,
            self.demand.exits_by_junction(theirs),
        )
        return find_within(question, beside, self.limit_ms)

    @cached_property
    def usual_links(self) -> LinkTimes:
        """What the links of the demand take with every road there and as quick as usual."""
        roads = self.states.table.under(None, None)
        return self.demand.timed(self, roads, 1.0, outward=self.backwards)

    @cached_property
    def _usual_sites(self) -> LinkTimes:
        roads = self.states.table.under(None, None)
        return self.sites.timed(self, roads, 1.0, outward=not self.backwards)

    def reach(self, junctions: Longs) -> csr_array:
        """Return the milliseconds from sites to junctions within the cutoff, as usual.

        Mobilising is included; from the junctions to the sites where one drives to these.
        """
        roads = self.states.table.under(None, None)
        mine = self._usual_sites
        exits = np.column_stack([junctions, np.zeros(len(junctions))]).astype(np.int32)
        question = Question(
            *self._arcs(roads),
            self.sites.entries(mine, roads, self.mobilise_ms),
            Ways(np.arange(len(junctions) + 1), exits),
        )
        nothing = np.empty(0, dtype=np.int64)
        none = Ways.sort(nothing, nothing, nothing, question.sources)
        return find_within(question, none, self.limit_ms)

    def _require(self, gone: Flags | None, slowed: Floats | None, off_road: float) -> None:
        states, faults = self.states, []
        if gone is not None and (gone & ~states.closable).any():
            faults.append(Fault("an edge is gone that may not close", advice="name it closable"))
        if slowed is not None:
            slowest = states.slowest if states.slowest is not None else np.ones(len(slowed))
            if len(slowed) != len(slowest) or (slowed > slowest).any():
                what = "an edge is slower than the slowest that was named"
                faults.append(Fault(what, advice="give a larger slowest"))
        if off_road > states.fastest_off_road or (states.steady and off_road != 1):
            what = "open ground is quicker than was named, or not steady"
            faults.append(Fault(what, advice="give fastest_off_road and steady=False"))
        if faults:
            raise InputError(*faults)

    def _arcs(self, roads: RoadTimes) -> tuple[Ints, Ints]:
        chains = roads.chains
        if self.backwards:
            return chains.in_first, chains.in_arcs
        return chains.out_first, chains.out_arcs

    def _beside(
        self, roads: RoadTimes, mine: LinkTimes, theirs: LinkTimes, off_road: float, rows: Longs
    ) -> Ways:
        """Return ways that pass no junction, mobilising included, of some sites by row."""
        straight_first, straight = self.straight.timed(self, off_road)
        chains, here, there = roads.chains, self.sites.firm, self.demand.firm
        sides = [
            (one.edge, one.share, one.leg, one.leg_there_ms, one.leg_back_ms,
             ms.off_ms, ms.there_ms, ms.back_ms, one.at_end)
            for one, ms in ((here, mine), (there, theirs))
        ]  # fmt: skip
        by_chain, chain_first = self.demand.by_chain
        ways, doubtful = drive_along(
            rows, here.first, sides[0], sides[1], there.point, by_chain, chain_first,
            straight_first, straight,
            (chains.chain, chains.along, lend(chains.forward_ms), lend(chains.backward_ms)),
            roads.gone, roads.slowed, self.backwards, self.states.table.waits,
            self.limit_ms - self.mobilise_ms, len(self.demand.lon),
        )  # fmt: skip
        if len(doubtful):
            matters = self.sites.matter(
                roads, mine, doubtful[:, 1], outward=not self.backwards
            ) & self.demand.matter(roads, theirs, doubtful[:, 2], outward=self.backwards)
            sure = doubtful[matters]
            more = np.column_stack([sure[:, 0], there.point[sure[:, 2]], sure[:, 3]])
            ways = np.concatenate([ways, more.astype(np.int32)])
        return Ways.sort(ways[:, 0], ways[:, 1], ways[:, 2] + self.mobilise_ms, len(rows))


@dataclass(frozen=True, eq=False)
class _Links:
    """The firm links of some places, and the ways that these are between them and junctions."""

    lon: Floats
    lat: Floats
    firm: FirmLinks
    by_junction: Ints
    first: Longs
    by_chain: tuple[Ints, Longs]

    @classmethod
    def of(cls, states: States, table: gpd.GeoDataFrame, *, outward: bool) -> _Links:
        lon, lat = places_of(table)
        firm, chains = find_firm(states, lon, lat, outward=outward), states.table.network.chains
        chain = chains.chain[firm.edge]
        # Ways are numbered link by link: that to the tail of the chain, then that to its head.
        junction = np.column_stack([chains.tail[chain], chains.head[chain]]).ravel()
        way = np.flatnonzero(firm.ends.ravel())
        order = np.argsort(junction[way], kind="stable")
        first = np.searchsorted(junction[way[order]], np.arange(len(chains.node) + 1))
        by_chain = np.argsort(chain, kind="stable").astype(np.int32)
        chain_first = np.searchsorted(chain[by_chain], np.arange(len(chains.tail) + 1))
        return cls(lon, lat, firm, way[order].astype(np.int32), first, (by_chain, chain_first))

    @property
    def no_exits(self) -> Ways:
        """As many rows as there are places, without ways: they are told by junction."""
        return Ways(np.zeros(len(self.lon) + 1, dtype=np.int64), np.empty((0, 2), dtype=np.int32))

    def timed(
        self, states: RoadStates, roads: RoadTimes, off_road: float, *, outward: bool
    ) -> LinkTimes:
        """Return what the links take in a state."""
        table = states.states.table
        off_ms = off_road_ms(table, self.firm, off_road, outward=outward)
        return time_links(table, self.firm, roads, off_ms, outward=outward)

    def without(self, usual: LinkTimes, gone: Flags) -> LinkTimes:
        """Return the times of links where some chains are gone, and nothing else differs."""
        rows, first = self.by_chain
        ends_ms = usual.ends_ms.copy()
        for chain in np.flatnonzero(gone):
            ends_ms[rows[first[chain] : first[chain + 1]]] = LONGEST_MS
        return replace(usual, ends_ms=ends_ms)

    def exits_by_junction(self, times: LinkTimes) -> Ways:
        """Return the ways by junction: places and milliseconds."""
        ways = np.empty((len(self.by_junction), 2), np.int32)
        in_shares(
            _take_ways, len(ways), self.by_junction, self.firm.point, times.ends_ms.ravel(), ways
        )
        return Ways(self.first, ways)

    def entries(self, times: LinkTimes, roads: RoadTimes, mobilise_ms: int) -> Ways:
        """Return the ways by place: junctions and milliseconds, mobilising included."""
        chain = roads.chains.chain[self.firm.edge]
        point = np.repeat(self.firm.point, 2)
        junction = np.column_stack([roads.chains.tail[chain], roads.chains.head[chain]]).ravel()
        ms = times.ends_ms.ravel()
        kept = self.firm.ends.ravel() & (ms < LONGEST_MS)
        return Ways.sort(point[kept], junction[kept], ms[kept] + mobilise_ms, len(self.lon))

    def matter(self, roads: RoadTimes, times: LinkTimes, links: Longs, *, outward: bool) -> Flags:
        """Tell which of some links matter beside chains, as `find_access` tells it."""
        chains, firm = roads.chains, self.firm
        asked = np.unique(firm.point[links])
        rows = np.concatenate([np.arange(firm.first[one], firm.first[one + 1]) for one in asked])
        rows = rows[~roads.gone[chains.chain[firm.edge[rows]]]]
        first = np.searchsorted(firm.point[rows], np.append(asked, len(self.lon)))
        told = chains.chain[firm.edge], firm.at_end, times.there_ms, times.back_ms, times.off_ms
        chain, at_end, ahead, behind, off = (one[rows].astype(np.int64) for one in told)
        first_arc = lend(chains.in_first if outward else chains.out_first)
        arcs = lend(chains.in_arcs if outward else chains.out_arcs)
        _, kept = prune_points(
            first, chain, at_end, ahead, behind, off, lend(chains.tail), lend(chains.head),
            lend(chains.forward_ms), lend(chains.backward_ms), first_arc, arcs, outward,
        )  # fmt: skip
        return np.asarray(kept[np.searchsorted(rows, links)])


@compiled
def _take_ways(low: int, high: int, way: Ints, point: Ints, ms: Ints, ways: Ints) -> None:
    for at in range(low, high):
        ways[at, 0], ways[at, 1] = point[way[at] >> 1], ms[way[at]]


@dataclass(frozen=True, eq=False)
class _Straight:
    """Ways over open ground alone."""

    site: Longs
    demand: Longs
    usual_ms: Longs
    first: Longs

    @classmethod
    def of(cls, states: RoadStates) -> _Straight:
        here = states.sites.lon, states.sites.lat
        there = states.demand.lon, states.demand.lat
        site, demand, ms = straight_ways(states.network, here, there, backwards=states.backwards)
        order = np.argsort(site, kind="stable")
        first = np.searchsorted(site[order], np.arange(len(here[0]) + 1))
        return cls(site[order], demand[order], ms[order], first)

    def timed(self, states: RoadStates, off_road: float) -> tuple[Longs, Ints]:
        """Return where the ways of each site begin, and rows of demand and milliseconds."""
        ms = self.usual_ms
        if off_road != 1 and len(ms):
            here, there = (
                (one.lon[at], one.lat[at])
                for one, at in ((states.sites, self.site), (states.demand, self.demand))
            )
            metres = point_distances_m(*here, *there)
            ends = (there, here) if states.backwards else (here, there)
            ms = time_ways(pace_ground(states.network, off_road), *ends, metres)
        return self.first, np.column_stack([self.demand, ms]).astype(np.int32)


def _take_rows(ways: Ways, rows: Longs) -> Ways:
    """Return the ways of some rows, in the order asked for."""
    count = np.diff(ways.first)[rows]
    first = np.append(0, np.cumsum(count))
    at = np.arange(first[-1]) + np.repeat(ways.first[rows] - first[:-1], count)
    return Ways(first, ways.ways[at])
