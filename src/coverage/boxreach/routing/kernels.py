"""Shortest times on a contracted network: a bucket queue over whole milliseconds.

After E. W. Dijkstra, "A note on two problems in connexion with graphs" (1959), with the queue of
R. B. Dial, "Algorithm 360: shortest-path forest with topological ordering" (1969). A bucket holds
a span of milliseconds, not one; what improves within its own bucket is scanned again, so times are
exact whatever the span.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Table = npt.NDArray[Any]

UNREACHED = np.int32(2**31 - 1)
FAR = np.int64(2**62)
FAR_LIMIT = 2**62 - 1

SPAN_BITS = 11
"""A bucket holds 2**11 ms: about as long as the shortest edges that matter take."""


@compiled
def search_within(
    first: Ints,
    arcs: Ints,
    entry_first: Longs,
    entries: Ints,
    exit_first: Longs,
    exits: Ints,
    beside_first: Longs,
    beside: Ints,
    begin: int,
    end: int,
    limit_ms: int,
    demands: int,
    turn: int,
) -> Ints:
    """Return rows of source, demand and milliseconds: all pairs up to a limit, which is within.

    Parameters
    ----------
    first, arcs
        The arcs that leave each junction: rows of junction and milliseconds.
    entry_first, entries
        Ways from each source to junctions, rows of junction and milliseconds.
    exit_first, exits
        Ways from each junction to demand, rows of demand and milliseconds.
    beside_first, beside
        Ways from each source to demand that pass no junction.
    begin, end
        The sources to search from.
    limit_ms, demands
        The longest time, and the number of demand rows.
    turn
        The number of buckets, from `bucket_count`.
    """
    nodes = len(first) - 1
    best_ms, best_exit = np.full(nodes, UNREACHED, np.int32), np.full(demands, UNREACHED, np.int32)
    reached, met = np.empty(nodes, np.int32), np.empty(demands, np.int32)
    buckets = np.full(turn, -1, np.int32)
    queue, found = np.empty((1024, 3), np.int32), np.empty((1024, 3), np.int32)
    pairs = 0
    for source in range(begin, end):
        low, high = entry_first[source], entry_first[source + 1]
        queue, count = _spread(
            first, arcs, entries, int(low), int(high), 0, limit_ms, best_ms, reached, queue, buckets
        )
        hits = _improve(
            beside, beside_first[source], beside_first[source + 1], 0, limit_ms, best_exit, met, 0
        )
        for one in range(count):
            node = reached[one]
            low, high = exit_first[node], exit_first[node + 1]
            if low < high:
                base = best_ms[node]
                hits = _improve(exits, low, high, base, limit_ms, best_exit, met, hits)
            best_ms[node] = UNREACHED
        while pairs + hits > len(found):
            found = _grow(found)
        for one in range(hits):
            found[pairs, 0], found[pairs, 1] = source, met[one]
            found[pairs, 2] = best_exit[met[one]]
            best_exit[met[one]] = UNREACHED
            pairs += 1
    return found[:pairs].copy()


def bucket_count(longest_ms: int) -> int:
    """Return how many buckets hold labels that lie so many milliseconds apart: a power of two.

    Examples
    --------
    >>> bucket_count(5_000)
    4
    """
    return 1 << ((longest_ms >> SPAN_BITS) + 1).bit_length()


@compiled
def search_nearest(first: Ints, arcs: Ints, entries: Longs, bits: int, turn: int) -> Longs:
    """Return for each junction the least label: milliseconds, and in the last bits the source.

    Of sources at the same time the first wins, for its label is less. `FAR` where none has a way.

    Parameters
    ----------
    first, arcs
        As in `search_within`.
    entries
        Ways from sources: rows of junction and label, milliseconds shifted by `bits` and source.
    bits
        Bits that hold the source.
    turn
        The number of buckets, from `bucket_count` of the longest arc or entry.
    """
    nodes = len(first) - 1
    best = np.full(nodes, FAR, np.int64)
    _spread(
        first,
        arcs,
        entries,
        0,
        len(entries),
        bits,
        FAR_LIMIT,
        best,
        np.empty(nodes, np.int32),
        np.empty((1024, 3), np.int64),
        np.full(turn, -1, np.int64),
    )
    return best


@compiled
def _spread(
    first: Ints,
    arcs: Ints,
    entries: Table,
    begin: int,
    end: int,
    bits: int,
    limit: int,
    best: Table,
    reached: Ints,
    queue: Table,
    buckets: Table,
) -> tuple[Table, int]:
    """Find the least label of every junction within a limit; return the queue and their number.

    The buckets, a power of two of them, go round: all labels that wait lie within one turn.
    """
    shift, mask = bits + SPAN_BITS, len(buckets) - 1
    unreached = FAR if best.itemsize == 8 else np.int64(UNREACHED)
    count = queued = waiting = bucket = 0
    node, base, low, high = -1, np.int64(0), begin, end
    while True:
        while len(queue) < queued + high - low:
            queue = _grow(queue)
        for at in range(low, high):
            if node < 0:
                other, later = entries[at, 0], np.int64(entries[at, 1])
            else:
                other, later = arcs[at, 0], base + (np.int64(arcs[at, 1]) << bits)
            known = best[other]
            if later > limit or later >= known:
                continue
            if known == unreached:
                reached[count] = other
                count += 1
            best[other] = later
            place = (later >> shift) & mask
            queue[queued, 0], queue[queued, 1] = other, later
            queue[queued, 2], buckets[place] = buckets[place], queued
            queued += 1
            waiting += 1
        while waiting > 0:
            at = buckets[bucket]
            if at < 0:
                bucket = (bucket + 1) & mask
                continue
            node, base = queue[at, 0], np.int64(queue[at, 1])
            buckets[bucket] = queue[at, 2]
            waiting -= 1
            if best[node] == base:
                break
        else:
            return queue, count
        low, high = first[node], first[node + 1]


@compiled
def _improve(
    ways: Ints, begin: int, end: int, base: int, limit: int, best: Ints, met: Ints, hits: int
) -> int:
    for at in range(begin, end):
        demand, ms = ways[at, 0], base + np.int64(ways[at, 1])
        if ms <= limit and ms < best[demand]:
            if best[demand] == UNREACHED:
                met[hits] = demand
                hits += 1
            best[demand] = ms
    return hits


@compiled
def _grow(table: Table) -> Table:
    bigger = np.empty((2 * table.shape[0], table.shape[1]), table.dtype)
    bigger[: table.shape[0]] = table
    return bigger
