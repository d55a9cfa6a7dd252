"""Firm links: those of places to roads that may matter in any state, timed anew for each.

What is needless with everything that may close closed, all other roads at their slowest and open
ground at its fastest is needless in every state: a way over open ground is replaced by a shorter
one and roads, and grows by as much or more where open ground is slower, while roads take no longer.
A few milliseconds are left for rounding.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled, lend
from boxreach.crs import Floats
from boxreach.network.access import AT_NO_END, BACK, FEWEST_SIFTED, ONWARD, relax, to_ends
from boxreach.network.graph import RoadNetwork
from boxreach.network.legs import LONGEST_MS, slow_whole_ms
from boxreach.network.links import LINKS_AT_ONCE, Links, leg_of_edge, link_known, link_points
from boxreach.network.nearness import place_known
from boxreach.network.sieve import Sieve
from boxreach.network.slowing import pace_ground
from boxreach.network.timetable import RoadTimes, Timetable, in_shares
from boxreach.workers import thread_count

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
    """Links by point and then along chains.

    Attributes
    ----------
    lon, lat
        The points.
    first
        The links of point p are rows ``first[p]`` up to ``first[p + 1]``.
    point, edge
        Positions of the point and of the edge of each.
    off_road_m
        Metres over open ground.
    share
        Where along the edge its place lies.
    leg
        Which leg of the edge of the lifted network that is on.
    from_tail_ms, to_tail_ms
        From the tail of the edge to the place and back, where nothing is slowed.
    leg_there_ms, leg_back_ms
        From the beginning of the leg to the place and back, not rounded.
    at_end
        1 where a link meets its road at the tail of its chain, 2 at its head.
    ends
        Whether a link's way to the tail of its chain matters, and that to its head.
    """

    lon: Floats
    lat: Floats
    first: Longs
    point: Ints
    edge: Ints
    off_road_m: Floats
    share: Floats
    leg: Ints
    from_tail_ms: Ints
    to_tail_ms: Ints
    leg_there_ms: Floats
    leg_back_ms: Floats
    at_end: npt.NDArray[np.int8]
    ends: Flags

    @classmethod
    def of(
        cls, links: Links, lon: Floats, lat: Floats, points: int, at_end: Longs, ends: Flags
    ) -> FirmLinks:
        """Return links, as they are found, of some points."""
        return cls(
            lon=lon[:points],
            lat=lat[:points],
            first=np.searchsorted(links.point, np.arange(points + 1)),
            point=links.point.astype(np.int32),
            edge=links.edge.astype(np.int32),
            off_road_m=links.off_road_m,
            share=links.share,
            leg=leg_of_edge(links.leg).astype(np.int32),
            from_tail_ms=links.from_tail_ms.astype(np.int32),
            to_tail_ms=links.to_tail_ms.astype(np.int32),
            leg_there_ms=links.leg_there_ms,
            leg_back_ms=links.leg_back_ms,
            at_end=at_end.astype(np.int8),
            ends=ends,
        )

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, kept: Flags | Longs) -> dict[str, npt.NDArray[Any]]:
        """Return what is known of some links, by name."""
        return {name: getattr(self, name)[kept] for name in _BY_LINK}


_BY_LINK = (
    "point", "edge", "off_road_m", "share", "leg", "from_tail_ms", "to_tail_ms",
    "leg_there_ms", "leg_back_ms", "at_end", "ends",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class LinkTimes:
    """What links take in a state.

    Attributes
    ----------
    off_ms
        The way over open ground.
    there_ms, back_ms
        From the tail of the chain to the place of each link and back, as if both were allowed.
    ends_ms
        From the point to the tail and to the head of the chain, or from these to the point, open
        ground included; `LONGEST_MS` where one may not drive so, or the road is gone.
    """

    off_ms: Ints
    there_ms: Ints
    back_ms: Ints
    ends_ms: Ints


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
        parts: list[FirmLinks] = []
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

    def find(begin: int, end: int) -> list[FirmLinks]:
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

    with ThreadPoolExecutor(thread_count()) as pool:
        shares = list(pool.map(find, ends[:-1], ends[1:]))
    return _join([part for share in shares for part in share], sieve.order, lon, lat)


def _bare(states: States) -> RoadNetwork:
    """Return the network with roads as quick as ever, and open ground at its fastest."""
    network = pace_ground(states.table.network, states.fastest_off_road)
    if network.stretches is None:
        return network
    usual = np.ones(len(network.stretches.edge))
    return network.changed(stretches=replace(network.stretches, slowed=usual))


def _worst_network(network: RoadNetwork, worst: RoadTimes) -> RoadNetwork:
    edges = replace(network.edges, forward_ms=worst.forward_ms, backward_ms=worst.backward_ms)
    return network.changed(edges=edges, chains=worst.chains)


def _keep(
    states: States, worst: RoadTimes, links: Links, lon: Floats, lat: Floats, points: int, *,
    outward: bool,
) -> FirmLinks:  # fmt: skip
    """Return the links that are not needless in the worst state."""
    table, chains = states.table, worst.chains
    chain = chains.chain[links.edge].astype(np.int64)
    at_end = _find_ends(table.network, links, chain)
    every = FirmLinks.of(links, lon, lat, points, at_end, np.empty((0, 2), bool))
    roads = replace(worst, gone=worst.gone & False)
    timed = time_links(table, every, roads, links.off_road_ms.astype(np.int32), outward=outward)
    first_arc = lend(chains.in_first if outward else chains.out_first)
    arcs = lend(chains.in_arcs if outward else chains.out_arcs)
    fixed = states.slowest is None and states.steady
    kept, ends = _prune_firm(
        every.first, chain, timed.there_ms, timed.back_ms, timed.off_ms, timed.ends_ms,
        lend(chains.tail), lend(chains.head), lend(chains.forward_ms), lend(chains.backward_ms),
        worst.gone, first_arc, arcs, outward, 0 if fixed else _SPARE_MS, fixed,
    )  # fmt: skip
    timed_ends = replace(every, ends=ends)
    return replace(timed_ends, **timed_ends.take(kept))


def _find_ends(network: RoadNetwork, links: Links, chain: Longs) -> Longs:
    """Tell which links meet their roads at a junction, as `network.access` does."""
    chains, edge = network.chains, links.edge
    place = np.where(chains.along[edge], links.share, 1 - links.share) + edge.astype(np.float64)
    at_end: Longs = (place == chains.first[chain]) + 2 * (place == chains.first[chain + 1])
    return at_end


def _join(parts: list[FirmLinks], order: Longs, lon: Floats, lat: Floats) -> FirmLinks:
    """Return what was found for points, whose positions `order` tells, in their own order."""
    begins = np.cumsum([0, *(len(one.lon) for one in parts)])[:-1].tolist()
    point = np.concatenate(
        [order[one.point + begin] for one, begin in zip(parts, begins, strict=True)]
    ).astype(np.int32)
    row = np.argsort(point, kind="stable")
    joined = {
        name: np.concatenate([getattr(one, name) for one in parts])[row]
        for name in _BY_LINK if name != "point"
    }  # fmt: skip
    first = np.searchsorted(point[row], np.arange(len(lon) + 1))
    return FirmLinks(lon=lon, lat=lat, first=first, point=point[row], **joined)


def off_road_ms(table: Timetable, firm: FirmLinks, off_road: float, *, outward: bool) -> Ints:
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
    network = pace_ground(table.network, off_road)
    ms = network.off_road_ms(firm.off_road_m)
    ground = network.ground
    if not len(ground.areas) and ground.terrain is None:
        return ms.astype(np.int32)
    known = np.column_stack([table.edge[firm.edge], firm.leg]).astype(np.int32)
    range_m = 2 * network.off_road_km * 1000 + 1
    near = place_known(table.whole.edges, firm.lon, firm.lat, firm.first, known, range_m)
    here, there = (firm.lon[firm.point], firm.lat[firm.point]), (near.lon, near.lat)
    if not outward:
        here, there = there, here
    which, known_ms = ground.time(*here, *there, firm.off_road_m, network.off_road_kmh)
    ms[which] = known_ms
    return ms.astype(np.int32)


def time_links(
    table: Timetable, firm: FirmLinks, times: RoadTimes, off_ms: Ints, *, outward: bool
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
    chains, whole = times.chains, table.whole.edges
    there, back = np.empty((2, len(firm)), np.int32)
    ends_ms = np.empty((len(firm), 2), np.int32)
    begin = np.zeros((2, len(table.edge) if len(table.cut) else 0), np.int64)
    cut = table.cut[(table.start[table.cut] > 0) & (times.slowed[table.cut] != 1)]
    if len(cut):
        begin[:, cut] = whole.part_ms(table.edge[cut], table.start[cut], times.slowed[cut])
    in_shares(
        _time_links, len(firm), firm.edge, firm.leg, firm.from_tail_ms, firm.to_tail_ms,
        firm.leg_there_ms, firm.leg_back_ms, firm.at_end, off_ms,
        times.slowed, table.edge, whole.before_legs[1], whole.bend_first, begin,
        lend(times.forward_ms), lend(times.backward_ms), chains.chain, chains.along,
        lend(chains.before_ms), lend(chains.behind_ms), lend(chains.forward_ms),
        lend(chains.backward_ms), times.gone, outward,
        there, back, ends_ms,
    )  # fmt: skip
    return LinkTimes(off_ms, there, back, ends_ms)


@compiled
def _time_links(
    low: int, high: int, edge: Ints, leg: Ints, from_tail: Ints, to_tail: Ints,
    leg_there: Floats, leg_back: Floats, at_end: npt.NDArray[np.int8], off_ms: Ints,
    slowed: Floats, whole_edge: Longs, before_legs: Ints, bend_first: Ints, begin: Longs,
    edge_forward: Ints, edge_backward: Ints, chain: Ints, along: Flags, before: Ints,
    behind: Ints, forward: Ints, backward: Ints, gone: Flags, outward: bool,
    there: Ints, back: Ints, ends_ms: Ints,
) -> None:  # fmt: skip
    """Write where along their chains links meet them, and what it is to the ends of these."""
    for link in range(low, high):
        own = edge[link]
        one, times = chain[own], slowed[own]
        ahead, behind_it = int(from_tail[link]), int(to_tail[link])
        if times != 1.0:
            ahead = slow_whole_ms(int(np.floor(leg_there[link] + 0.5)), times)
            behind_it = slow_whole_ms(int(np.floor(leg_back[link] + 0.5)), times)
            if len(before_legs):
                first = bend_first[whole_edge[own]] + 2 * whole_edge[own]
                # What is more than the legs take is waited at the tail, however slow they are.
                legs = int(before_legs[first + leg[link], 1]) + int(np.floor(leg_back[link] + 0.5))
                behind_it += max(int(to_tail[link]) - legs, 0)
                for row in range(first, first + leg[link]):
                    ahead += slow_whole_ms(before_legs[row + 1, 0] - before_legs[row, 0], times)
                    behind_it += slow_whole_ms(before_legs[row + 1, 1] - before_legs[row, 1], times)
            if begin.shape[1]:
                ahead, behind_it = ahead - begin[0, own], behind_it - begin[1, own]
            ahead, behind_it = min(ahead, LONGEST_MS), min(behind_it, LONGEST_MS)
        if not along[own]:
            ahead, behind_it = (
                max(int(edge_backward[own]), 0) - behind_it,
                max(int(edge_forward[own]), 0) - ahead,
            )
        there[link], back[link] = before[own] + ahead, behind[own] + behind_it
        to_tail_ms, to_head_ms = to_ends(
            int(at_end[link]), int(there[link]), int(back[link]),
            int(forward[one]), int(backward[one]), outward,
        )  # fmt: skip
        ends_ms[link, 0] = ends_ms[link, 1] = LONGEST_MS
        if to_tail_ms >= 0 and not gone[one]:
            ends_ms[link, 0] = min(to_tail_ms + off_ms[link], LONGEST_MS)
        if to_head_ms >= 0 and not gone[one]:
            ends_ms[link, 1] = min(to_head_ms + off_ms[link], LONGEST_MS)


@compiled
def _prune_firm(
    first: Longs, chain: Longs, there: Ints, back: Ints, off_ms: Ints,
    ends_ms: Ints, chain_tail: Ints, chain_head: Ints,
    forward_ms: Ints, backward_ms: Ints, gone: Flags, arc_first: Ints, arcs: Ints,
    outward: bool, spare: int, fixed: bool,
) -> tuple[Flags, Flags]:  # fmt: skip
    """Tell which links matter, and which of their ways to both ends of the chain.

    By roads that may close nothing is reached but places on them. Where no road is ever slower,
    ways to junctions that others reach sooner do not matter either.
    """
    by_road = np.full(len(arc_first) - 1, _FAR, np.int32)
    met, seen = np.empty(2 * len(chain) + 1, np.int32), np.zeros(len(by_road), np.int32)
    kept, ends = np.empty(len(chain), np.bool_), np.empty((len(chain), 2), np.bool_)
    for point in range(len(first) - 1):
        low, high = first[point], first[point + 1]
        count = 0
        for link in range(low, high):
            one = chain[link]
            for end in range(2):
                node = chain_head[one] if end else chain_tail[one]
                if seen[node] != point + 1:
                    seen[node] = point + 1
                    met[count] = node
                    count += 1
                if ends_ms[link, end] < LONGEST_MS and not gone[one]:
                    by_road[node] = min(by_road[node], ends_ms[link, end])
        relax(met[:count], arc_first, arcs, by_road)
        for link in range(low, high):
            one = chain[link]
            tail, head = by_road[chain_tail[one]], by_road[chain_head[one]]
            soonest = _find_soonest(
                int(there[link]), int(back[link]), forward_ms[one], backward_ms[one], tail, head,
                outward,
            )  # fmt: skip
            kept[link] = soonest + spare >= off_ms[link]
            ends[link, 0] = ends_ms[link, 0] < LONGEST_MS
            ends[link, 1] = ends_ms[link, 1] < LONGEST_MS
            if fixed:
                ends[link, 0] &= ends_ms[link, 0] <= tail
                ends[link, 1] &= ends_ms[link, 1] <= head
        up, down = (there, back) if outward else (back, there)
        up_ms, down_ms = (forward_ms, backward_ms) if outward else (backward_ms, forward_ms)
        _sweep(low, high, ONWARD, chain, up, off_ms, up_ms, kept, spare)
        _sweep(low, high, BACK, chain, down, off_ms, down_ms, kept, spare)
        for at in range(count):
            by_road[met[at]] = _FAR
    return kept, ends


@compiled
def _find_soonest(
    there: int, back: int, forward: int, backward: int, tail: int, head: int, outward: bool
) -> int:
    """Return how soon the place of a link is reached through the ends of its chain.

    By the road itself, even from its end: what is waited there is not spared.
    """
    to_tail, to_head = to_ends(AT_NO_END, there, back, forward, backward, not outward)
    soonest = _NEVER
    if to_tail >= 0 and tail != _FAR:
        soonest = min(soonest, np.int64(tail) + to_tail)
    if to_head >= 0 and head != _FAR:
        soonest = min(soonest, np.int64(head) + to_head)
    return int(soonest)


@compiled
def _sweep(
    low: int, high: int, step: int,
    chain: Longs, along: Ints, off_ms: Ints, chain_ms: Ints, kept: Flags, spare: int,
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
            soonest = min(soonest, np.int64(off_ms[link]) - step * along[link])
        link += step
