"""Ways that pass no junction: along one chain, or straight over open ground."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from boxreach.compilation import compiled
from boxreach.crs import Floats, on_sphere, point_distances_m
from boxreach.network import NO_LEG, NO_WAY, Access, RoadNetwork, drive_between, time_ways
from boxreach.workers import thread_count

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Pairs = tuple[Longs, Longs, Longs]
Spotted = tuple[Floats, Longs, Longs, Longs, Floats, Floats, Longs]
"""Where spots lie, on which leg, milliseconds onward and back, the same on the leg, off road."""

_FAR = np.int64(2**31 - 1)

_PAIRS_AT_ONCE = 10_000_000
_FEW_PAIRS = 100_000
"""For fewer pairs of spots, threads take longer to begin than the work does."""


def along_chains(
    network: RoadNetwork, mine: Access, theirs: Access, limit_ms: float, *, backwards: bool
) -> Iterator[Pairs]:
    """Yield source, demand and milliseconds of ways along one chain, up to a limit.

    Parameters
    ----------
    network
        The network.
    mine, theirs
        Ways out of the sources, and into the demand (the other way round if backwards).
    limit_ms
        The longest time.
    backwards
        Whether ways lead from the demand to the sources.
    """
    chain, order = _in_order(theirs.spots.chain)
    begin = np.searchsorted(chain, mine.spots.chain, side="left")
    count = np.searchsorted(chain, mine.spots.chain, side="right") - begin
    batch = np.cumsum(count) // _PAIRS_AT_ONCE
    for rows in np.split(np.arange(len(count)), np.flatnonzero(np.diff(batch)) + 1):
        one = np.repeat(rows, count[rows])
        skipped = np.cumsum(count[rows]) - count[rows]
        other = begin[one] + np.arange(len(one)) - np.repeat(skipped, count[rows])
        other = other if order is None else order[other]
        by_road = drive_between(
            network.chains, mine.spots, one, theirs.spots, other, backwards=backwards
        )
        ms = mine.off_road_ms[one] + by_road + theirs.off_road_ms[other]
        good = (ms <= limit_ms) & np.isfinite(ms)
        yield mine.point[one][good], theirs.point[other][good], ms[good].astype(np.int64)


def quickest_beside(
    network: RoadNetwork, mine: Access, theirs: Access, straight: Pairs, *, backwards: bool
) -> tuple[Ints, Ints, Ints]:
    """Return of the ways between a source and a demand row that pass no junction the quickest.

    The numbers are those of `along_chains`; but of sources and demand with many spots on each
    other's chains all pairs of spots are looked at, and none is kept.

    Parameters
    ----------
    network, mine, theirs, backwards
        As in `along_chains`.
    straight
        Ways over open ground alone, by source.

    Returns
    -------
    tuple
        Source, demand row and milliseconds, by source.
    """
    sources, rows = len(mine.first) - 1, len(theirs.first) - 1
    order = np.argsort(theirs.spots.chain, kind="stable")
    chains = network.chains
    first = np.searchsorted(theirs.spots.chain[order], np.arange(len(chains.tail) + 1))
    there = _of_spots(theirs, order, backwards=backwards)
    here = _of_spots(mine, np.arange(len(mine.point)), backwards=backwards)
    own, onto = (np.searchsorted(one, np.arange(sources + 1)) for one in (mine.point, straight[0]))
    onward, back = chains.forward_ms >= 0, chains.backward_ms >= 0
    if backwards:
        onward, back = back, onward

    def find(low: int, high: int) -> tuple[Ints, Ints, Ints]:
        found: tuple[Ints, Ints, Ints] = _find_beside(
            low, high, own, onto, straight[1], straight[2], mine.spots.chain, here, first, there,
            theirs.point[order], onward, back, rows,
        )  # fmt: skip
        return found

    if own[-1] * len(order) < _FEW_PAIRS:
        return find(0, sources)
    threads = thread_count()
    ends = np.searchsorted(own, np.linspace(0, own[-1], 4 * threads + 1)[1:-1])
    ends = np.concatenate([[0], ends, [sources]])
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(find, ends[:-1].tolist(), ends[1:].tolist()))
    site, row, ms = (np.concatenate(column) for column in zip(*parts, strict=True))
    return site, row, ms


def _of_spots(access: Access, order: Longs, *, backwards: bool) -> Spotted:
    """Return of spots, in some order, what a drive between two of a chain is reckoned from."""
    spots = access.spots
    names = ("back_ms", "there_ms") if backwards else ("there_ms", "back_ms")
    parts = [getattr(spots, f"{kind}{name}")[order] for kind in ("", "leg_") for name in names]
    return spots.place[order], spots.leg[order], *parts, access.off_road_ms[order]


@compiled
def _find_beside(
    low: int, high: int, mine_first: Longs, straight_first: Longs, straight: Longs,
    straight_ms: Longs, chain: Longs, here: Spotted, chain_first: Longs, there: Spotted,
    demand: Longs, onward: Flags, back: Flags, rows: int,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    best, met = np.full(rows, _FAR), np.empty(rows, np.int32)
    found, size = 0, 1024
    site, row, ms = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
    for source in range(low, high):
        count = 0
        for at in range(straight_first[source], straight_first[source + 1]):
            count = _improve(best, met, count, straight[at], straight_ms[at])
        for one in range(mine_first[source], mine_first[source + 1]):
            for other in range(chain_first[chain[one]], chain_first[chain[one] + 1]):
                ground, place = here[6][one] + there[6][other], demand[other]
                if ground >= best[place]:
                    continue
                by_road = _drive(here, one, there, other, onward[chain[one]], back[chain[one]])
                if by_road >= 0:
                    count = _improve(best, met, count, place, ground + by_road)
        while found + count > size:
            site, row = np.append(site, site), np.append(row, row)
            ms, size = np.append(ms, ms), 2 * size
        for at in range(count):
            site[found], row[found], ms[found] = source, met[at], best[met[at]]
            best[met[at]] = _FAR
            found += 1
    return site[:found].copy(), row[:found].copy(), ms[:found].copy()


@compiled
def _improve(best: Longs, met: Ints, count: int, row: int, ms: int) -> int:
    """Note a way to a row if it is the quickest so far; return how many rows were met."""
    if ms < best[row]:
        if best[row] == _FAR:
            met[count] = row
            count += 1
        best[row] = ms
    return count


@compiled
def _drive(
    here: Spotted, one: int, there: Spotted, other: int, onward: bool, back: bool
) -> int:  # fmt: skip
    """Return the milliseconds between two spots of a chain, -1 for no way; see `drive_between`."""
    place, far = here[0][one], there[0][other]
    if place == far:
        return 0
    with_chain = place < far
    if not (onward if with_chain else back):
        return -1
    if here[1][one] != there[1][other] or here[1][one] == NO_LEG:
        ms = there[2][other] - here[2][one] if with_chain else here[3][one] - there[3][other]
        return int(ms)
    part = there[4][other] - here[4][one] if with_chain else here[5][one] - there[5][other]
    return int(np.floor(max(part, 0.0)))


def _in_order(chain: Longs) -> tuple[Longs, Longs | None]:
    """Return the chains in rising order, and which was where; None if they already rise."""
    if (chain[1:] >= chain[:-1]).all():
        return chain, None
    order = np.argsort(chain, kind="stable")
    return chain[order], order


def straight_ways(
    network: RoadNetwork,
    here: tuple[Floats, Floats],
    there: tuple[Floats, Floats],
    *,
    backwards: bool = False,
) -> Pairs:
    """Return source, demand and milliseconds of ways over open ground alone.

    Parameters
    ----------
    network
        Its off-road range and speed hold.
    here, there
        Longitude and latitude of the sources and of the demand, in degrees.
    backwards
        Whether ways lead from the demand to the sources.
    """
    none = np.empty(0, dtype=np.int64)
    if not len(here[0]) or not len(there[0]):
        return none, none, none
    range_m = network.off_road_km * 1000
    # Trees for few questions: balancing them takes longer than they do.
    mine, theirs = (
        cKDTree(on_sphere(*one), balanced_tree=False, compact_nodes=False) for one in (here, there)
    )
    near = mine.sparse_distance_matrix(theirs, range_m + 1.0, output_type="ndarray")
    order = np.lexsort((near["j"], near["i"]))
    source, demand = near["i"][order], near["j"][order]
    metres = point_distances_m(here[0][source], here[1][source], there[0][demand], there[1][demand])
    in_range = metres <= range_m
    source, demand, metres = source[in_range], demand[in_range], metres[in_range]
    begin, end = (here[0][source], here[1][source]), (there[0][demand], there[1][demand])
    if backwards:
        begin, end = end, begin
    ms = time_ways(network, begin, end, metres)
    kept = ms != NO_WAY
    return source[kept], demand[kept], ms[kept]
