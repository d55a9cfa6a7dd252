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

_FIRST_ROWS = 1 << 16

SPAN_BITS = 11
"""A bucket holds 2**11 ms: about as long as the shortest edges that matter take."""


@compiled
def search_within(
    first: Ints,
    arcs: Ints,
    entry_first: Longs,
    entries: Ints,
    exit_first: Ints,
    exits: Ints,
    beside_first: Longs,
    beside: Ints,
    sources: Longs,
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
    sources
        The sources to search from, best in the order of the places they are at.
    limit_ms, demands
        The longest time, and the number of demand rows.
    turn
        The number of buckets, from `bucket_count`.
    """
    nodes = len(first) - 1
    best_ms, best_exit = np.full(nodes, UNREACHED, np.int32), np.full(demands, UNREACHED, np.int32)
    reached, met = np.empty(nodes, np.int32), np.empty(demands, np.int32)
    has_exit = exit_first[1:] > exit_first[:-1]
    buckets, queue = np.zeros(turn, np.int32), np.empty((_FIRST_ROWS, 3), np.int32)
    found = np.empty((1024, 3), np.int32)
    pairs = 0
    for source in sources:
        way_in = entries[entry_first[source] : entry_first[source + 1]]
        queue, count = _spread(
            first, arcs, way_in, 0, limit_ms, int(UNREACHED), best_ms, reached, queue, buckets
        )
        way_out = beside[beside_first[source] : beside_first[source + 1]]
        hits = _improve(way_out, 0, limit_ms, best_exit, met, 0)
        for one in range(count):
            node = np.uint32(reached[one])
            if has_exit[node]:
                way_out = exits[exit_first[node] : exit_first[node + np.uint32(1)]]
                hits = _improve(way_out, best_ms[node], limit_ms, best_exit, met, hits)
            best_ms[node] = UNREACHED
        while pairs + hits > len(found):
            found = np.concatenate((found, found))
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
    best, reached = np.full(nodes, FAR, np.int64), np.empty(nodes, np.int32)
    queue, buckets = np.empty((_FIRST_ROWS, 3), np.int64), np.zeros(turn, np.int32)
    _spread(first, arcs, entries, bits, FAR_LIMIT, int(FAR), best, reached, queue, buckets)
    return best


@compiled
def _spread(
    first: Ints,
    arcs: Ints,
    entries: Table,
    bits: int,
    limit: int,
    unreached: int,
    best: Table,
    reached: Ints,
    queue: Table,
    buckets: Ints,
) -> tuple[Table, int]:
    """Find the least label of every junction within a limit; return the queue and their number."""
    while True:
        while len(queue) <= len(entries):
            queue = np.concatenate((queue, queue))
        shift = bits + SPAN_BITS
        count = _enter(entries, shift, limit, unreached, best, reached, queue, buckets)
        count, has_room = _drain(
            first, arcs, bits, limit, unreached, best, reached, count, queue, buckets
        )
        if has_room:
            return queue, count
        # Hardly ever: with more room it begins again.
        queue = np.concatenate((queue, queue))
        buckets[:] = 0
        for one in range(count):
            best[reached[one]] = unreached


@compiled
def _enter(
    entries: Table,
    shift: int,
    limit: int,
    unreached: int,
    best: Table,
    reached: Ints,
    queue: Table,
    buckets: Ints,
) -> int:
    """Queue the junctions that a source enters by; return their number."""
    count = 0
    for at in range(len(entries)):
        node, label = entries[at, 0], entries[at, 1]
        if label <= limit and label < best[node]:
            if best[node] == unreached:
                reached[count] = node
                count += 1
            best[node] = label
    for row in range(1, count + 1):
        node = reached[row - 1]
        place = (best[node] >> shift) & (len(buckets) - 1)
        queue[row, 0], queue[row, 1], queue[row, 2] = node, best[node], buckets[place]
        buckets[place] = row
    return count


@compiled
def _drain(
    first: Ints,
    arcs: Ints,
    bits: int,
    limit: int,
    unreached: int,
    best: Table,
    reached: Ints,
    count: int,
    queue: Table,
    buckets: Ints,
) -> tuple[int, bool]:
    """Scan what is queued, and what that leads to; return how many are reached, and if all are.

    The buckets, a power of two of them, go round: all labels that wait lie within one turn. A
    row of the queue is junction, label and the next row of its bucket; row 0 is none. Rows that
    are done are used again, so that the queue stays in the fastest memory. Indices are unsigned:
    numba then need not ask whether they count from the end.
    """
    shift, mask, room = bits + SPAN_BITS, np.uint32(len(buckets) - 1), len(queue)
    bucket, waiting, queued, done = np.uint32(0), count, count + 1, np.uint32(0)
    while waiting > 0:
        row = np.uint32(buckets[bucket])
        if row == 0:
            bucket = np.uint32(bucket + np.uint32(1)) & mask
            continue
        node, label = np.uint32(queue[row, 0]), np.int64(queue[row, 1])
        buckets[bucket] = queue[row, 2]
        queue[row, 2], done = done, row
        waiting -= 1
        if best[node] != label:
            continue
        low, high = first[node], first[node + np.uint32(1)]
        if queued + high - low > room:
            return count, False
        for at in range(low, high):
            way = np.uint32(at)
            other, later = np.uint32(arcs[way, 0]), label + (np.int64(arcs[way, 1]) << bits)
            known = best[other]
            if later >= known or later > limit:
                continue
            if known == unreached:
                reached[np.uint32(count)] = other
                count += 1
            best[other] = later
            row = done
            if row > 0:
                done = np.uint32(queue[row, 2])
            else:
                row = np.uint32(queued)
                queued += 1
            place = np.uint32(later >> shift) & mask
            queue[row, 0], queue[row, 1], queue[row, 2] = other, later, buckets[place]
            buckets[place] = row
            waiting += 1
    return count, True


@compiled
def _improve(ways: Ints, base: int, limit: int, best: Ints, met: Ints, hits: int) -> int:
    for at in range(len(ways)):
        demand, ms = ways[at, 0], base + np.int64(ways[at, 1])
        if ms <= limit and ms < best[demand]:
            if best[demand] == UNREACHED:
                met[hits] = demand
                hits += 1
            best[demand] = ms
    return hits
