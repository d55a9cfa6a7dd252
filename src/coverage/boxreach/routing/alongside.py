"""Ways that pass no junction, of links that are timed anew for each state of the roads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled, typed

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Links = tuple[npt.NDArray[Any], ...]
Chained = tuple[Ints, Flags, Ints, Ints]

_FAR = np.int32(2**31 - 1)
_NONE = typed(0)


@compiled
def drive_along(
    rows: Longs, first: Longs, mine: Links, theirs: Links, demand: Ints,
    by_chain: Ints, chain_first: Longs, straight_first: Longs, straight: Ints, chains: Chained,
    gone: Flags, slowed: Floats, backwards: bool, waits: bool, limit_ms: int, demands: int,
) -> tuple[Ints, Longs]:  # fmt: skip
    """Return the quickest ways of some sites along one chain, or straight, up to a limit.

    Parameters
    ----------
    rows, first
        The sites, and where the links of all sites begin.
    mine, theirs
        Links of sites and of demand: edge, share, leg, milliseconds there and back on that leg,
        over open ground, there and back along the chain, and whether it is at an end of that.
    demand
        The place of each of their links.
    by_chain, chain_first
        Their links by chain, and where those of each chain begin.
    straight_first, straight
        Ways over open ground, by site: demand and milliseconds.
    chains
        The chain of each edge, whether it is drawn along that, and both times of each chain.
    gone, slowed
        Which chains are gone, and how many times as long each edge takes.
    backwards
        Whether one drives from demand to sites.
    waits
        Whether something is waited at junctions.
    limit_ms, demands
        The longest time, and the number of places.

    Returns
    -------
    tuple
        The ways: the position in `rows`, demand and milliseconds. And ways that are less than
        these and count only if both links matter (see `find_access`): position, both links and
        milliseconds. That is told by differences of rounded times, which other ways are.
    """
    best, met = np.full(demands, _FAR, np.int32), np.empty(demands, np.int32)
    ways, found = np.empty((1024, 3), np.int32), 0
    doubtful, doubts = np.empty((1024, 4), np.int64), _NONE
    for row in range(len(rows)):
        site = rows[row]
        count = _go_straight(straight, straight_first[site], straight_first[site + 1], limit_ms,
                             best, met)  # fmt: skip
        before = doubts
        for link in range(first[site], first[site + 1]):
            if not gone[chains[0][mine[0][link]]]:
                count, doubts, doubtful = _drive_from(
                    row, link, mine, theirs, demand, by_chain, chain_first, chains, slowed,
                    backwards, waits, limit_ms, best, met, count, doubtful, doubts,
                )  # fmt: skip
        kept = before
        for at in range(before, doubts):
            if doubtful[at, 3] < best[demand[doubtful[at, 2]]]:
                doubtful[kept] = doubtful[at]
                kept += 1
        doubts = kept
        while found + count > len(ways):
            ways = np.concatenate((ways, ways))
        for at in range(count):
            ways[found, 0], ways[found, 1], ways[found, 2] = row, met[at], best[met[at]]
            best[met[at]] = _FAR
            found += 1
    return ways[:found].copy(), doubtful[:doubts].copy()


@compiled
def _drive_from(
    row: int, link: int, mine: Links, theirs: Links, demand: Ints, by_chain: Ints,
    chain_first: Longs, chains: Chained, slowed: Floats, backwards: bool, waits: bool,
    limit_ms: int, best: Ints, met: Ints, count: int, doubtful: Longs, doubts: int,
) -> tuple[int, int, Longs]:  # fmt: skip
    """Write the ways from one link of a site to all links on its chain."""
    chain = chains[0][mine[0][link]]
    for at in range(chain_first[chain], chain_first[chain + 1]):
        other, place = by_chain[at], demand[by_chain[at]]
        ground = np.int64(mine[5][link]) + theirs[5][other]
        if ground > min(limit_ms, best[place]):
            continue
        ms, least = _drive(mine, link, theirs, other, chains, chain, slowed, backwards)
        doubt = waits and (mine[8][link] > 0 or theirs[8][other] > 0)
        if ms >= 0 and not doubt and ms + ground <= min(limit_ms, best[place] - 1):
            if best[place] == _FAR:
                met[count] = place
                count += 1
            best[place] = ms + ground
        if (least < ms or doubt) and least >= 0 and least + ground <= limit_ms:
            if doubts == len(doubtful):
                doubtful = np.concatenate((doubtful, doubtful))
            doubtful[doubts, 0], doubtful[doubts, 1] = row, link
            doubtful[doubts, 2], doubtful[doubts, 3] = other, least + ground
            doubts += 1
    return count, doubts, doubtful


@compiled
def _go_straight(
    straight: Ints, low: int, high: int, limit_ms: int, best: Ints, met: Ints
) -> int:  # fmt: skip
    """Write the ways of a site over open ground alone, and return how many there are."""
    count = 0
    for at in range(low, high):
        place, ms = straight[at, 0], straight[at, 1]
        if ms <= limit_ms and ms < best[place]:
            if best[place] == _FAR:
                met[count] = place
                count += 1
            best[place] = ms
    return count


@compiled
def _drive(
    mine: Links, one: int, theirs: Links, other: int, chains: Chained,
    chain: int, slowed: Floats, backwards: bool,
) -> tuple[int, int]:  # fmt: skip
    """Return the milliseconds between two links of a chain, as of rounded times and as they count.

    See `drive_between`. -1 for no way.
    """
    here, far = mine[0][one], theirs[0][other]
    along = chains[1][here]
    place = here + (mine[1][one] if along else 1 - mine[1][one])
    target = far + (theirs[1][other] if chains[1][far] else 1 - theirs[1][other])
    if place == target:
        return 0, 0
    with_chain = (place < target) != backwards
    if (chains[2][chain] if with_chain else chains[3][chain]) < 0:
        return -1, -1
    if with_chain:
        ms = np.int64(theirs[6][other]) - mine[6][one]
    else:
        ms = np.int64(theirs[7][other]) - mine[7][one]
    ms = int(ms) if place < target else int(-ms)
    if here != far or mine[2][one] != theirs[2][other] or slowed[here] != 1.0:
        return ms, ms
    # On one leg: their share of its milliseconds, rounded down.
    if with_chain == along:
        part = theirs[3][other] - mine[3][one]
    else:
        part = theirs[4][other] - mine[4][one]
    if along != (place < target):
        part = -part
    return ms, int(np.floor(max(part, 0.0)))
