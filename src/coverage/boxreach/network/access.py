"""Ways between points and the graph: the links that matter, as seen from the junctions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.network.graph import RoadNetwork
from boxreach.network.ground import NO_WAY
from boxreach.network.links import Links, link_points
from boxreach.network.spots import Spots

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_FAR = np.int32(2**31 - 1)
_NEVER = np.int64(2**62)


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


def find_access(network: RoadNetwork, lon: Floats, lat: Floats, *, outward: bool) -> Access:
    """Return the ways that lead from points to the network, or from the network to points.

    Parameters
    ----------
    network
        The network.
    lon, lat
        The points, in degrees.
    outward
        Whether ways lead from the points.
    """
    nearest_m, nearest_ms = np.full(len(lon), np.inf), np.full(len(lon), _NEVER)
    batches, done = [], 0
    while done < len(lon):
        links, count = link_points(network, lon[done:], lat[done:], outward=outward)
        np.minimum.at(nearest_m[done:], links.point, links.off_road_m)
        nearest = links.off_road_m == nearest_m[done:][links.point]
        np.minimum.at(nearest_ms[done:], links.point[nearest], links.off_road_ms[nearest])
        batches.append(_prune(network, links, count, outward, done))
        done += count
    if not batches:
        batches.append(_prune(network, link_points(network, lon, lat)[0], 0, outward, 0))
    entries, point, off_road = (
        np.concatenate([one[part] for one in batches]) for part in (0, 1, 2)
    )
    spots = Spots.join([one[3] for one in batches])
    first = np.append(0, np.cumsum(np.bincount(entries[:, 0], minlength=len(lon))))
    nearest_m[np.isinf(nearest_m)] = np.nan
    ways = np.ascontiguousarray(entries[:, 1:])
    nearest_ms[nearest_ms == _NEVER] = NO_WAY
    return Access(first, ways, point, spots, off_road, nearest_m, nearest_ms)


def _prune(
    network: RoadNetwork, links: Links, points: int, outward: bool, offset: int
) -> tuple[Ints, Longs, Longs, Spots]:
    """Return ways to junctions, and the points, milliseconds and spots of links that matter."""
    chains, spots = network.chains, Spots.of(network, links)
    # A link that meets its road at a junction is at that junction, whatever way the road goes.
    at_end = (spots.place == chains.first[spots.chain]) + 2 * (
        spots.place == chains.first[spots.chain + 1]
    )
    arcs = (chains.in_first, chains.in_arcs) if outward else (chains.out_first, chains.out_arcs)
    first = np.searchsorted(links.point, np.arange(points + 1))
    entries, kept = _prune_points(
        first, spots.chain, at_end, spots.there_ms, spots.back_ms, links.off_road_ms,
        chains.tail, chains.head, chains.forward_ms, chains.backward_ms, *arcs, outward,
    )  # fmt: skip
    entries[:, 0] += offset
    return entries, links.point[kept] + offset, links.off_road_ms[kept], spots.take(kept)


@compiled
def _prune_points(
    first: Longs, chain: Longs, at_end: Longs, there: Longs, back: Longs, off_ms: Longs,
    chain_tail: Ints, chain_head: Ints, forward_ms: Ints, backward_ms: Ints,
    arc_first: Ints, arcs: Ints, outward: bool,
) -> tuple[Ints, npt.NDArray[np.bool_]]:  # fmt: skip
    """Return rows of point, junction and milliseconds, and which links matter beside them."""
    best = np.full(len(arc_first) - 1, _FAR, np.int32)
    met = np.empty(2 * len(chain) + 1, np.int32)
    kept = np.empty(len(chain), np.bool_)
    entries = np.empty((1024, 3), np.int32)
    found = 0
    for point in range(len(first) - 1):
        low, high = first[point], first[point + 1]
        count = 0
        for link in range(low, high):
            one = chain[link]
            to_tail, to_head = _to_ends(
                at_end[link], there[link], back[link], forward_ms[one], backward_ms[one], outward
            )
            for ms, node in ((to_tail, chain_tail[one]), (to_head, chain_head[one])):
                if ms >= 0 and ms + off_ms[link] < best[node]:
                    if best[node] == _FAR:
                        met[count] = node
                        count += 1
                    best[node] = ms + off_ms[link]
        _prune_links(
            low, high, chain, at_end, there, back, off_ms, chain_tail, chain_head,
            forward_ms, backward_ms, best, outward, kept,
        )  # fmt: skip
        while found + count > len(entries):
            entries = np.concatenate((entries, entries))
        for at in range(count):
            node = met[at]
            if not _is_slower(node, arc_first, arcs, best):
                entries[found, 0], entries[found, 1], entries[found, 2] = point, node, best[node]
                found += 1
        for at in range(count):
            best[met[at]] = _FAR
    return entries[:found].copy(), kept


@compiled
def _is_slower(node: int, first: Ints, arcs: Ints, best: Ints) -> bool:
    """Tell whether a junction is reached sooner by road from the one before it."""
    for arc in range(first[node], first[node + 1]):
        before = best[arcs[arc, 0]]
        if before != _FAR and np.int64(before) + arcs[arc, 1] < best[node]:
            return True
    return False


@compiled
def _to_ends(
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
    chain: Longs, at_end: Longs, there: Longs, back: Longs, off_ms: Longs,
    chain_tail: Ints, chain_head: Ints, forward_ms: Ints, backward_ms: Ints,
    best: Ints, outward: bool, kept: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Keep links whose place is not reached sooner through a junction or another link."""
    for link in range(low, high):
        one = chain[link]
        to_tail, to_head = _to_ends(
            at_end[link], there[link], back[link], forward_ms[one], backward_ms[one], not outward
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
    _sweep(low, high, 1, chain, up, off_ms, up_ms, kept)
    _sweep(low, high, -1, chain, down, off_ms, down_ms, kept)


@compiled
def _sweep(
    low: int, high: int, step: int,
    chain: Longs, along: Longs, off_ms: Longs, chain_ms: Ints, kept: npt.NDArray[np.bool_],
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
