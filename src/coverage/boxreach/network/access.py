"""Ways between points and the graph: the links that matter, as seen from the junctions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled, lend, typed
from boxreach.crs import Floats
from boxreach.network.arrivals import UNKNOWN, Arrivals
from boxreach.network.graph import RoadNetwork
from boxreach.network.ground import NO_WAY
from boxreach.network.links import LINKS_AT_ONCE, Links, link_known, link_points
from boxreach.network.sieve import Sieve
from boxreach.network.spots import Spots
from boxreach.workers import thread_count

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FEWEST_SIFTED = 64
"""For fewer points, looking at each road in range is quicker."""

_SHARES = 64
_FAR = np.int32(2**31 - 1)
_NEVER = np.int64(2**62)
AT_NO_END, ONWARD, BACK = typed(0), typed(1), typed(-1)
"""Of the one type that kernels are compiled for: where a place is, and which way one goes on."""


@dataclass(frozen=True, eq=False)
class Access:
    """The useful ways between points and the network, one way or the other.

    What is left out of it is slower than another way that leads to the same place by road, so no
    time changes.

    Attributes
    ----------
    first, ways
        The ways of point p are rows ``first[p]`` up to ``first[p + 1]``: junction, milliseconds.
    point, spots
        Points beside chains, and where along these; by point.
    off_road_ms
        The way over open ground.
    off_road_m
        Metres from each point to the nearest road in range, NaN where none is.
    nearest_ms
        Milliseconds of that way, that way round; nothing where points lie on roads.
    """

    first: Longs
    ways: Ints
    point: Longs
    spots: Spots
    off_road_ms: Longs
    off_road_m: Floats
    nearest_ms: Longs = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def find_access(
    network: RoadNetwork,
    lon: Floats,
    lat: Floats,
    *,
    outward: bool,
    beside: Access | None = None,
    arrivals: Arrivals = UNKNOWN,
) -> Access:
    """Return the ways that lead from points to the network, or from the network to points.

    Parameters
    ----------
    network
        The network.
    lon, lat
        The points, in degrees.
    outward
        Whether ways lead from the points.
    beside
        The ways of other points to which one drives along one chain: only spots on chains on which
        these have some are returned. All if not given.
    arrivals
        How soon the sites to which one drives reach the junctions; ways by which none comes first
        are left out too.
    """
    wanted = np.full(len(network.chains.tail), beside is None)
    if beside is not None:
        wanted[beside.spots.chain] = True
    if len(lon) < FEWEST_SIFTED:
        parts: list[_Part] = []
        done = 0
        while done < len(lon) or not parts:
            links, count = link_points(network, lon[done:], lat[done:], outward=outward)
            parts.append(_Part.of(network, links, count, wanted, outward=outward))
            done += count
        return _join(parts, np.arange(len(lon)))
    sieve = Sieve.over(network, lon, lat, outward=outward, arrivals=arrivals)
    ends = sieve.shares(_SHARES)
    with ThreadPoolExecutor(thread_count()) as pool:
        shares = list(pool.map(partial(_find_sifted, sieve, wanted), ends[:-1], ends[1:]))
    return _join([part for share in shares for part in share], sieve.order)


def _find_sifted(sieve: Sieve, wanted: Flags, begin: int, end: int) -> list[_Part]:
    """Return the ways of the points of some blocks."""
    network, outward = sieve.network, sieve.outward
    parts: list[_Part] = []
    while begin < end:
        first, known, after = sieve.sift(begin, end, LINKS_AT_ONCE // 4)
        points = slice(sieve.first[begin], sieve.first[after])
        lon, lat = sieve.lon[points], sieve.lat[points]
        links = link_known(network, lon, lat, first, known, outward=outward)
        parts.append(_Part.of(network, links, len(lon), wanted, outward=outward))
        begin = after
    return parts


@dataclass(frozen=True, eq=False)
class _Part:
    """The ways of some points that follow each other, as `Access` has them.

    `entries` are rows of point, junction and milliseconds.
    """

    entries: Ints
    point: Longs
    off_road_ms: Longs
    spots: Spots
    off_road_m: Floats
    nearest_ms: Longs

    @classmethod
    def of(
        cls, network: RoadNetwork, links: Links, points: int, wanted: Flags, *, outward: bool
    ) -> _Part:
        nearest_m, nearest_ms = np.full(points, np.inf), np.full(points, _NEVER)
        np.minimum.at(nearest_m, links.point, links.off_road_m)
        nearest = links.off_road_m == nearest_m[links.point]
        np.minimum.at(nearest_ms, links.point[nearest], links.off_road_ms[nearest])
        nearest_m[np.isinf(nearest_m)] = np.nan
        nearest_ms[nearest_ms == _NEVER] = NO_WAY
        return cls(*_prune(network, links, points, wanted, outward), nearest_m, nearest_ms)


def _join(parts: list[_Part], order: Longs) -> Access:
    """Return what was found for points, whose positions `order` tells, in their own order."""
    begins = np.cumsum([0, *(len(one.off_road_m) for one in parts)])[:-1].tolist()
    of_entry, of_spot = (
        np.concatenate([one + begin for one, begin in zip(found, begins, strict=True)])
        for found in ([one.entries[:, 0] for one in parts], [one.point for one in parts])
    )
    first, entry = _reorder(of_entry, order)
    _, spot = _reorder(of_spot, order)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return Access(
        first=first,
        ways=np.concatenate([one.entries[:, 1:] for one in parts])[entry],
        point=order[of_spot][spot],
        spots=Spots.join([one.spots for one in parts]).take(spot),
        off_road_ms=np.concatenate([one.off_road_ms for one in parts])[spot],
        off_road_m=np.concatenate([one.off_road_m for one in parts])[rank],
        nearest_ms=np.concatenate([one.nearest_ms for one in parts])[rank],
    )


def _reorder(point: Longs, order: Longs) -> tuple[Longs, Longs]:
    """Return where the rows of each point begin, and the rows in that order.

    `point` tells whose each row is, rising; `order` the position of each point.
    """
    count = np.bincount(point, minlength=len(order))
    there = np.empty_like(count)
    there[order] = count
    first = np.append(0, np.cumsum(there))
    place = np.arange(len(point)) + np.repeat(first[order] - (np.cumsum(count) - count), count)
    rows = np.empty_like(place)
    rows[place] = np.arange(len(place))
    return first, rows


def _prune(
    network: RoadNetwork, links: Links, points: int, wanted: Flags, outward: bool
) -> tuple[Ints, Longs, Longs, Spots]:
    """Return ways to junctions, and the points, milliseconds and spots of links that matter."""
    chains, spots = network.chains, Spots.of(network, links)
    # A link that meets its road at a junction is at that junction, whatever way the road goes.
    count = chains.first[spots.chain + 1] - chains.first[spots.chain]
    at_end = (spots.place == 0) + 2 * (spots.place == count)
    first_arc = lend(chains.in_first if outward else chains.out_first)
    arcs = lend(chains.in_arcs if outward else chains.out_arcs)
    first = np.searchsorted(links.point, np.arange(points + 1))
    entries, kept = prune_points(
        first, spots.chain, at_end, spots.there_ms, spots.back_ms, links.off_road_ms,
        lend(chains.tail), lend(chains.head), lend(chains.forward_ms), lend(chains.backward_ms),
        first_arc, arcs, outward,
    )  # fmt: skip
    kept &= wanted[spots.chain]
    return entries, links.point[kept], links.off_road_ms[kept], spots.take(kept)


@compiled
def prune_points(
    first: Longs, chain: Longs, at_end: Longs, there: Longs, back: Longs, off_ms: Longs,
    chain_tail: Ints, chain_head: Ints, forward_ms: Ints, backward_ms: Ints,
    arc_first: Ints, arcs: Ints, outward: bool,
) -> tuple[Ints, Flags]:  # fmt: skip
    """Return rows of point, junction and milliseconds, and which links matter beside them."""
    best = np.full(len(arc_first) - 1, _FAR, np.int32)
    by_road = best.copy()
    met = np.empty(2 * len(chain) + 1, np.int32)
    kept = np.empty(len(chain), np.bool_)
    entries = np.empty((1024, 3), np.int32)
    found = 0
    for point in range(len(first) - 1):
        low, high = first[point], first[point + 1]
        count = 0
        for link in range(low, high):
            one = chain[link]
            to_tail, to_head = to_ends(
                at_end[link], there[link], back[link], forward_ms[one], backward_ms[one], outward
            )
            for ms, node in ((to_tail, chain_tail[one]), (to_head, chain_head[one])):
                if ms >= 0 and ms + off_ms[link] < best[node]:
                    if best[node] == _FAR:
                        met[count] = node
                        count += 1
                    best[node] = ms + off_ms[link]
        by_road[met[:count]] = best[met[:count]]
        relax(met[:count], arc_first, arcs, by_road)
        _prune_links(
            low, high, chain, there, back, off_ms, chain_tail, chain_head,
            forward_ms, backward_ms, by_road, outward, kept,
        )  # fmt: skip
        while found + count > len(entries):
            entries = np.concatenate((entries, entries))
        for node in met[:count]:
            if by_road[node] == best[node]:
                entries[found, 0], entries[found, 1], entries[found, 2] = point, node, best[node]
                found += 1
            best[node] = by_road[node] = _FAR
    return entries[:found].copy(), kept


@compiled
def relax(met: Ints, first: Ints, arcs: Ints, by_road: Ints) -> None:
    """Bring junctions down to what they are by road from others of them (Bellman and Ford)."""
    changed = True
    while changed:
        changed = False
        for node in met:
            for arc in range(first[node], first[node + 1]):
                before = by_road[arcs[arc, 0]]
                if before != _FAR and np.int64(before) + arcs[arc, 1] < by_road[node]:
                    by_road[node] = before + arcs[arc, 1]
                    changed = True


@compiled
def to_ends(
    at_end: int, there: int, back: int, forward: int, backward: int, outward: bool
) -> tuple[int, int]:
    """Return the time between a place on a chain and its tail and head, -1 where there is none."""
    if outward:
        to_tail, to_head = back if backward >= 0 else -1, forward - there if forward >= 0 else -1
    else:
        to_tail, to_head = there if forward >= 0 else -1, backward - back if backward >= 0 else -1
    return 0 if at_end & 1 else to_tail, 0 if at_end & 2 else to_head


@compiled
def _prune_links(
    low: int, high: int,
    chain: Longs, there: Longs, back: Longs, off_ms: Longs,
    chain_tail: Ints, chain_head: Ints, forward_ms: Ints, backward_ms: Ints,
    best: Ints, outward: bool, kept: Flags,
) -> None:  # fmt: skip
    """Keep links whose place is not reached sooner through a junction or another link."""
    for link in range(low, high):
        one = chain[link]
        # By the road itself, even from its end: what is waited there is not spared.
        to_tail, to_head = to_ends(
            AT_NO_END, there[link], back[link], forward_ms[one], backward_ms[one], not outward
        )
        off = off_ms[link]
        slower = (
            to_tail >= 0
            and best[chain_tail[one]] != _FAR
            and (best[chain_tail[one]] + to_tail < off)
        )
        slower |= (
            to_head >= 0
            and best[chain_head[one]] != _FAR
            and (best[chain_head[one]] + to_head < off)
        )
        kept[link] = not slower
    up, down = (there, back) if outward else (back, there)
    up_ms, down_ms = (forward_ms, backward_ms) if outward else (backward_ms, forward_ms)
    _sweep(low, high, ONWARD, chain, up, off_ms, up_ms, kept)
    _sweep(low, high, BACK, chain, down, off_ms, down_ms, kept)


@compiled
def _sweep(
    low: int, high: int, step: int,
    chain: Longs, along: Longs, off_ms: Longs, chain_ms: Ints, kept: Flags,
) -> None:  # fmt: skip
    """Drop links to which another link of the chain, further back, leads sooner.

    The links of a chain stand together, in its order.
    """
    link = low if step > 0 else high - 1
    known, soonest = -1, _NEVER
    while low <= link < high:
        if chain[link] != known:
            known, soonest = chain[link], _NEVER
        if chain_ms[known] >= 0:
            if soonest + step * along[link] < off_ms[link]:
                kept[link] = False
            soonest = min(soonest, off_ms[link] - step * along[link])
        link += step
