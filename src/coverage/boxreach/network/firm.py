"""Firm links: those of places to roads that may matter in any state, timed anew for each.

What is needless with everything that may close closed, all other roads at their slowest and open
ground at its fastest is needless in every state: a way over open ground is replaced by a shorter
one and roads, and grows by as much or more where open ground is slower, while roads take no longer.
A few milliseconds are left for rounding.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.network.access import FEWEST_SIFTED, relax, to_ends
from boxreach.network.graph import RoadNetwork
from boxreach.network.legs import LONGEST_MS, slow_whole_ms
from boxreach.network.links import LINKS_AT_ONCE, Links, leg_of_edge, link_known, link_points
from boxreach.network.nearness import place_known
from boxreach.network.sieve import Sieve
from boxreach.network.slowing import pace_ground
from boxreach.network.timetable import RoadTimes, Timetable

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SPARE_MS = 8
"""More than what rounding of two ways to whole milliseconds makes of their difference."""

_SHARES = 64
_FAR = np.int32(2**31 - 1)
_NEVER = np.int64(2**62)


@dataclass(frozen=True, eq=False)
class States:
    """What states of a network there may be.

    Attributes
    ----------
    table
        The times of its states.
    closable
        The edges that may be gone.
    slowest
        How many times as long each edge takes at most; None if no road is ever slowed.
    fastest_off_road
        The largest share of the usual speed over open ground.
    steady
        Whether open ground is as quick in all of them.
    """

    table: Timetable
    closable: Flags
    slowest: Floats | None
    fastest_off_road: float
    steady: bool


@dataclass(frozen=True, eq=False)
class FirmLinks:
    """Links by point and then along chains; see `Links` and `Spots` for what they tell.

    Attributes
    ----------
    lon, lat
        The points.
    first
        The links of point p are rows ``first[p]`` up to ``first[p + 1]``.
    links
        On the network as if no closure slowed a road.
    at_end
        1 where a link meets its road at the tail of its chain, 2 at its head.
    ends
        Whether a link's way to the tail of its chain matters, and that to its head.
    """

    lon: Floats
    lat: Floats
    first: Longs
    links: Links
    at_end: Longs
    ends: Flags

    @property
    def point(self) -> Longs:
        """The point of each link."""
        return self.links.point


@dataclass(frozen=True, eq=False)
class LinkTimes:
    """What links take in a state.

    Attributes
    ----------
    off_ms
        The way over open ground.
    there_ms, back_ms
        From the tail of the chain to the place of each link and back, as if both were allowed.
    tail_ms, head_ms
        From the point to the ends of the chain, or from these to the point, open ground
        included; `LONGEST_MS` where one may not drive so, or the road is gone.
    """

    off_ms: Longs
    there_ms: Longs
    back_ms: Longs
    tail_ms: Ints
    head_ms: Ints


def find_firm(states: States, lon: Floats, lat: Floats, *, outward: bool) -> FirmLinks:
    """Return the links of points that may matter in any state.

    Parameters
    ----------
    states
        What states there may be.
    lon, lat
        The points, in degrees.
    outward
        Whether ways lead from the points.
    """
    worst = states.table.under(states.slowest, states.closable)
    network = _bare(states)
    if len(lon) < FEWEST_SIFTED:
        parts: list[_Part] = []
        done = 0
        while done < len(lon) or not parts:
            links, count = link_points(network, lon[done:], lat[done:], outward=outward)
            part = _keep(states, worst, links, lon[done:], lat[done:], count, outward=outward)
            parts.append(part)
            done += count
        return _join(parts, np.arange(len(lon)), lon, lat)
    sieve = Sieve.over(_worst_network(network, worst), lon, lat, outward=outward)
    closable = np.append(states.closable, False)
    sieve = replace(sieve, piece=np.where(closable[sieve.piece], np.int32(-1), sieve.piece))
    ends = sieve.shares(_SHARES)

    def find(begin: int, end: int) -> list[_Part]:
        found = []
        while begin < end:
            first, known, after = sieve.sift(begin, end, LINKS_AT_ONCE // 4)
            points = slice(sieve.first[begin], sieve.first[after])
            places = sieve.lon[points], sieve.lat[points]
            links = link_known(network, *places, first, known, outward=outward)
            count = len(places[0])
            found.append(_keep(states, worst, links, *places, count, outward=outward))
            begin = after
        return found

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        shares = list(pool.map(find, ends[:-1], ends[1:]))
    return _join([part for share in shares for part in share], sieve.order, lon, lat)


def _bare(states: States) -> RoadNetwork:
    """Return the network with roads as quick as ever, and open ground at its fastest."""
    network = pace_ground(states.table.network, states.fastest_off_road)
    if network.stretches is None:
        return network
    usual = np.ones(len(network.stretches.edge))
    return replace(network, stretches=replace(network.stretches, slowed=usual))


def _worst_network(network: RoadNetwork, worst: RoadTimes) -> RoadNetwork:
    edges = replace(network.edges, forward_ms=worst.forward_ms, backward_ms=worst.backward_ms)
    return replace(network, edges=edges, chains=worst.chains)


@dataclass(frozen=True, eq=False)
class _Part:
    """The links of some points that follow each other."""

    points: int
    links: Links
    at_end: Longs
    ends: Flags


def _keep(
    states: States, worst: RoadTimes, links: Links, lon: Floats, lat: Floats, points: int, *,
    outward: bool,
) -> _Part:  # fmt: skip
    """Return the links that are not needless in the worst state."""
    table, chains = states.table, worst.chains
    chain = chains.chain[links.edge].astype(np.int64)
    at_end = _find_ends(table.network, links, chain)
    every = FirmLinks(lon, lat, np.empty(0, np.int64), links, at_end, np.empty((0, 2), bool))
    timed = time_links(table, every, replace(worst, gone=worst.gone & False), links.off_road_ms,
                       outward=outward)  # fmt: skip
    first = np.searchsorted(links.point, np.arange(points + 1))
    arcs = (chains.in_first, chains.in_arcs) if outward else (chains.out_first, chains.out_arcs)
    kept, ends = _prune_firm(
        first, chain, timed.there_ms, timed.back_ms, links.off_road_ms,
        timed.tail_ms, timed.head_ms, chains.tail, chains.head, chains.forward_ms,
        chains.backward_ms, worst.gone, *arcs, outward,
        0 if states.slowest is None and states.steady else _SPARE_MS,
        states.slowest is None and states.steady,
    )  # fmt: skip
    return _Part(points, links.take(kept), at_end[kept], ends[kept])


def _find_ends(network: RoadNetwork, links: Links, chain: Longs) -> Longs:
    """Tell which links meet their roads at a junction, as `network.access` does."""
    chains, edge = network.chains, links.edge
    place = np.where(chains.along[edge], links.share, 1 - links.share) + edge.astype(np.float64)
    at_end: Longs = (place == chains.first[chain]) + 2 * (place == chains.first[chain + 1])
    return at_end


def _join(parts: list[_Part], order: Longs, lon: Floats, lat: Floats) -> FirmLinks:
    """Return what was found for points, whose positions `order` tells, in their own order."""
    begins = np.cumsum([0, *(one.points for one in parts)])[:-1].tolist()
    point = np.concatenate(
        [order[one.links.point + begin] for one, begin in zip(parts, begins, strict=True)]
    )
    row = np.argsort(point, kind="stable")
    links = Links(
        **{one.name: np.concatenate([getattr(part.links, one.name) for part in parts])[row]
           for one in fields(Links)}
    )  # fmt: skip
    return FirmLinks(
        lon=lon,
        lat=lat,
        first=np.searchsorted(point[row], np.arange(len(lon) + 1)),
        links=replace(links, point=point[row]),
        at_end=np.concatenate([one.at_end for one in parts])[row],
        ends=np.concatenate([one.ends for one in parts])[row],
    )


def off_road_ms(table: Timetable, firm: FirmLinks, off_road: float, *, outward: bool) -> Longs:
    """Return what links take over open ground at a share of the usual speed.

    Parameters
    ----------
    table
        Of whose states.
    firm
        The links.
    off_road
        The share.
    outward
        Whether ways lead from the points.
    """
    network, links = pace_ground(table.network, off_road), firm.links
    ms = network.off_road_ms(links.off_road_m)
    ground = network.ground
    if not len(ground.areas) and ground.terrain is None:
        return ms
    known = np.column_stack([table.edge[links.edge], leg_of_edge(links.leg)]).astype(np.int32)
    drawn, range_m = table.whole.edges, 2 * network.off_road_km * 1000 + 1
    near = place_known(drawn, firm.lon, firm.lat, firm.first, known, range_m)
    here, there = (firm.lon[firm.point], firm.lat[firm.point]), (near.lon, near.lat)
    if not outward:
        here, there = there, here
    which, known_ms = ground.time(*here, *there, links.off_road_m, network.off_road_kmh)
    ms[which] = known_ms
    return ms


def time_links(
    table: Timetable, firm: FirmLinks, times: RoadTimes, off_ms: Longs, *, outward: bool
) -> LinkTimes:
    """Return what links take in a state.

    Parameters
    ----------
    table, firm
        Of whose states, and the links.
    times
        What roads take in it.
    off_ms
        As of `off_road_ms`.
    outward
        Whether ways lead from the points.
    """
    links, chains, whole = firm.links, times.chains, table.whole.edges
    there, back = links.from_tail_ms.copy(), links.to_tail_ms.copy()
    slowed = times.slowed[links.edge]
    some = np.flatnonzero(slowed != 1)
    if len(some):
        edge = links.edge[some]
        _slow_places(
            some, slowed[some], table.edge[edge], leg_of_edge(links.leg[some]),
            links.leg_there_ms, links.leg_back_ms, whole.before_legs[1], whole.bend_first,
            there, back,
        )  # fmt: skip
        cut = some[table.start[edge] > 0]
        begin = whole.part_ms(
            table.edge[links.edge[cut]], table.start[links.edge[cut]], slowed[cut]
        )
        for place, before in zip((there, back), begin, strict=True):
            place[cut] = np.minimum(place[cut] - before, LONGEST_MS)
    tail_ms, head_ms = np.empty((2, len(there)), np.int32)
    _reach_ends(
        links.edge, firm.at_end, off_ms, times.forward_ms, times.backward_ms,
        chains.chain, chains.along, chains.before_ms, chains.behind_ms,
        chains.forward_ms, chains.backward_ms, times.gone, outward, there, back, tail_ms, head_ms,
    )  # fmt: skip
    return LinkTimes(off_ms, there, back, tail_ms, head_ms)


@compiled
def _slow_places(
    which: Longs, slowed: Floats, edge: Longs, leg: Longs, leg_there: Floats, leg_back: Floats,
    before_ms: Ints, bend_first: Ints, there: Longs, back: Longs,
) -> None:  # fmt: skip
    """Write the milliseconds from the tails of slowed edges to links on them and back."""
    for at in range(len(which)):
        link = which[at]
        ahead = slow_whole_ms(int(np.floor(leg_there[link] + 0.5)), slowed[at])
        behind = slow_whole_ms(int(np.floor(leg_back[link] + 0.5)), slowed[at])
        if len(before_ms):
            first = bend_first[edge[at]] + 2 * edge[at]
            for row in range(first, first + leg[at]):
                ahead += slow_whole_ms(before_ms[row + 1, 0] - before_ms[row, 0], slowed[at])
                behind += slow_whole_ms(before_ms[row + 1, 1] - before_ms[row, 1], slowed[at])
        there[link], back[link] = ahead, behind


@compiled
def _reach_ends(
    edge: Longs, at_end: Longs, off_ms: Longs, edge_forward: Ints, edge_backward: Ints,
    chain: Ints, along: Flags, before: Ints, behind: Ints, forward: Ints, backward: Ints,
    gone: Flags, outward: bool, there: Longs, back: Longs, tail_ms: Ints, head_ms: Ints,
) -> None:  # fmt: skip
    """Turn places on edges into places on chains, and write what it is to the ends of these."""
    for link in range(len(edge)):
        own, one = edge[link], chain[edge[link]]
        ahead, behind_it = there[link], back[link]
        if not along[own]:
            ahead, behind_it = (
                max(edge_backward[own], 0) - behind_it,
                max(edge_forward[own], 0) - ahead,
            )
        there[link], back[link] = before[own] + ahead, behind[own] + behind_it
        to_tail, to_head = to_ends(
            at_end[link], there[link], back[link], forward[one], backward[one], outward
        )
        lost = gone[one]
        tail_ms[link] = (
            LONGEST_MS if lost or to_tail < 0 else min(to_tail + off_ms[link], LONGEST_MS)
        )
        head_ms[link] = (
            LONGEST_MS if lost or to_head < 0 else min(to_head + off_ms[link], LONGEST_MS)
        )


@compiled
def _prune_firm(
    first: Longs, chain: Longs, there: Longs, back: Longs, off_ms: Longs,
    tail_ms: Ints, head_ms: Ints, chain_tail: Ints, chain_head: Ints,
    forward_ms: Ints, backward_ms: Ints, gone: Flags, arc_first: Ints, arcs: Ints,
    outward: bool, spare: int, fixed: bool,
) -> tuple[Flags, Flags]:  # fmt: skip
    """Tell which links matter, and which of their ways to both ends of the chain.

    By roads that may close nothing is reached but places on them. Where no road is ever slower,
    ways to junctions that others reach sooner do not matter either.
    """
    by_road = np.full(len(arc_first) - 1, _FAR, np.int32)
    met = np.empty(2 * len(chain) + 1, np.int32)
    kept, ends = np.empty(len(chain), np.bool_), np.empty((len(chain), 2), np.bool_)
    for point in range(len(first) - 1):
        low, high = first[point], first[point + 1]
        count = 0
        for link in range(low, high):
            one = chain[link]
            for ms, node in ((tail_ms[link], chain_tail[one]), (head_ms[link], chain_head[one])):
                met[count] = node
                count += 1
                if ms < LONGEST_MS and not gone[one]:
                    by_road[node] = min(by_road[node], ms)
        relax(met[:count], arc_first, arcs, by_road)
        for link in range(low, high):
            one = chain[link]
            # By the road itself, even from its end: what is waited there is not spared.
            to_tail, to_head = to_ends(
                0, there[link], back[link], forward_ms[one], backward_ms[one], not outward,
            )  # fmt: skip
            soonest, tail, head = _NEVER, by_road[chain_tail[one]], by_road[chain_head[one]]
            if to_tail >= 0 and tail != _FAR:
                soonest = min(soonest, np.int64(tail) + to_tail)
            if to_head >= 0 and head != _FAR:
                soonest = min(soonest, np.int64(head) + to_head)
            kept[link] = soonest + spare >= off_ms[link]
            ends[link, 0] = tail_ms[link] < LONGEST_MS
            ends[link, 1] = head_ms[link] < LONGEST_MS
            if fixed:
                ends[link, 0] &= tail_ms[link] <= tail
                ends[link, 1] &= head_ms[link] <= head
        up, down = (there, back) if outward else (back, there)
        up_ms, down_ms = (forward_ms, backward_ms) if outward else (backward_ms, forward_ms)
        _sweep(low, high, 1, chain, up, off_ms, up_ms, kept, spare)
        _sweep(low, high, -1, chain, down, off_ms, down_ms, kept, spare)
        for at in range(count):
            by_road[met[at]] = _FAR
    return kept, ends


@compiled
def _sweep(
    low: int, high: int, step: int,
    chain: Longs, along: Longs, off_ms: Longs, chain_ms: Ints, kept: Flags, spare: int,
) -> None:  # fmt: skip
    """Drop links to which another link of the chain, further back, leads sooner."""
    link = low if step > 0 else high - 1
    known, soonest = -1, _NEVER
    while low <= link < high:
        if chain[link] != known:
            known, soonest = chain[link], _NEVER
        if chain_ms[known] >= 0:
            if soonest + step * along[link] + spare < off_ms[link]:
                kept[link] = False
            soonest = min(soonest, off_ms[link] - step * along[link])
        link += step
