"""Trips: by which way a site and demand are joined in the time that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats, point_distances_m
from boxreach.errors import RoutingError
from boxreach.network import RoadNetwork, drive_between, time_ways
from boxreach.routing.courses import Course, Spans, Tip, follow
from boxreach.routing.hops import chains_along
from boxreach.routing.landings import Ends, Landings
from boxreach.routing.predecessors import Predecessors

Longs = npt.NDArray[np.int64]
Way = tuple[Tip, Tip, Spans]
"""Where it joins the roads, where it leaves them, and what it follows between."""


class Trips:
    """The ways of one site after the other.

    Parameters
    ----------
    network
        The network.
    backwards
        Whether ways are driven from the demand to the site.
    """

    def __init__(self, network: RoadNetwork, *, backwards: bool) -> None:
        chains = network.chains
        self._network, self._backwards = network, backwards
        if backwards:
            self._reached = Predecessors(chains.in_first, chains.in_arcs)
        else:
            self._reached = Predecessors(chains.out_first, chains.out_arcs)

    def begin(self, landings: Landings, site: int, limit_ms: int) -> None:
        """Search from a site, one of those that have landings, as far as a limit."""
        self._here, self._site = landings, site
        self._entries = landings.ends(site, outward=not self._backwards)
        self._reached.search(self._entries.junction, self._entries.ms, limit_ms=limit_ms)

    def course(self, landings: Landings, demand: int, total_ms: int) -> Course:
        """Return the way between the site and demand, as it is driven.

        Parameters
        ----------
        landings, demand
            The demand, one of those that have landings.
        total_ms
            What the way takes.

        Raises
        ------
        RoutingError
            If no way takes just that.
        """
        here, there = (self._here, self._site), (landings, demand)
        start, finish = (there, here) if self._backwards else (here, there)
        begin, end = start[0].xy[start[1]], finish[0].xy[finish[1]]
        exits = landings.ends(demand, outward=self._backwards)
        way = self._through_junctions(landings, exits, total_ms) or _along_chain(
            start, finish, total_ms
        )
        if way is None:
            return self._over_ground(begin, end, total_ms)
        (first, onto), (last, off), spans = way
        return Course.join(
            Course.over_ground(
                begin, first.spot(onto), first.off_road_m[onto], first.off_road_ms[onto]
            ),
            follow(self._network, spans),
            Course.over_ground(last.spot(off), end, last.off_road_m[off], last.off_road_ms[off]),
        )

    def _through_junctions(self, landings: Landings, exits: Ends, total_ms: int) -> Way | None:
        entries, reached, first = self._entries, self._reached, self._network.chains.first
        out = np.flatnonzero(reached.ms[exits.junction] + exits.ms == total_ms)
        if not len(out):
            return None
        out = out[np.argsort(exits.junction[out], kind="stable")]  # ties break by place
        path = reached.path(int(exits.junction[out[0]]))
        into = np.flatnonzero((entries.junction == path[0]) & (entries.ms == reached.ms[path[0]]))
        sides = [(self._here, entries, int(into[0])), (landings, exits, int(out[0]))]
        if self._backwards:
            sides, path = sides[::-1], path[::-1]
        chain, turned = chains_along(self._network, path)
        start, finish = ((one, int(ends.link[at])) for one, ends, at in sides)
        onto, off = (int(ends.end[at]) for _, ends, at in sides)
        begin, end = start[0].spots, finish[0].spots
        count = first[chain + 1] - first[chain]
        spans = Spans.between(
            start,
            finish,
            np.concatenate([[begin.chain[start[1]]], chain, [end.chain[finish[1]]]]),
            np.concatenate([[begin.place[start[1]]], count * turned, [off]]),
            np.concatenate([[onto], count * ~turned, [end.place[finish[1]]]]),
        )
        return start, finish, spans

    def _over_ground(self, begin: Floats, end: Floats, total_ms: int) -> Course:
        metres = point_distances_m(begin[:1], begin[1:], end[:1], end[1:])
        ends = (begin[:1], begin[1:]), (end[:1], end[1:])
        ms = int(time_ways(self._network, *ends, metres)[0])
        if abs(ms - total_ms) > 1:
            raise RoutingError("a route cannot be read back; please report the data")
        return Course.over_ground(begin, end, float(metres[0]), total_ms)


def _along_chain(start: Tip, finish: Tip, total_ms: int) -> Way | None:
    """Return the way along one chain that takes so long, from one point to another."""
    (mine, one_point), (theirs, other_point) = start, finish
    here, there = (
        slice(one.first[at], one.first[at + 1])
        for one, at in ((mine, one_point), (theirs, other_point))
    )
    chain = mine.spots.chain[here]
    begin = np.searchsorted(theirs.spots.chain[there], chain, side="left")
    count = np.searchsorted(theirs.spots.chain[there], chain, side="right") - begin
    one = np.repeat(np.arange(len(count)), count)
    skipped = np.cumsum(count) - count
    other = there.start + begin[one] + np.arange(len(one)) - skipped[one]
    one = here.start + one
    by_road = drive_between(
        mine.network.chains, mine.spots, one, theirs.spots, other, backwards=False
    )
    found = np.flatnonzero(mine.off_road_ms[one] + by_road + theirs.off_road_ms[other] == total_ms)
    if not len(found):
        return None
    first, last = int(one[found[0]]), int(other[found[0]])
    spans = Spans.between(
        (mine, first),
        (theirs, last),
        mine.spots.chain[[first]],
        mine.spots.place[[first]],
        theirs.spots.place[[last]],
    )
    ms = by_road[found[:1]].astype(np.int64)
    return (
        (mine, first),
        (theirs, last),
        replace(spans, end_ms=spans.begin_ms + np.where(spans.begin <= spans.end, ms, -ms)),
    )
