"""Shortest times on a contracted network: a bucket queue over whole milliseconds.

After E. W. Dijkstra, "A note on two problems in connexion with graphs" (1959), with the queue of
R. B. Dial, "Algorithm 360: shortest-path forest with topological ordering" (1969). A bucket holds
a span of milliseconds, not one; what improves within its own bucket is scanned again, so times are
exact whatever the span.

Whether an arc improves a junction is a coin toss that no processor foresees. So nothing branches on
it: every junction that an arc leads to is written behind the queue, and the queue grows by it only
if it improved. Indices are unsigned, for numba then need not ask whether they count from the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Slots = npt.NDArray[np.uint32]
Table = npt.NDArray[Any]

UNREACHED = np.int32(2**31 - 1)
FAR = np.int64(2**62)

SPAN_BITS = 12
"""A bucket holds 2**12 ms: about as long as the shortest edges that matter take."""

_FIRST_SLOTS = 1 << 16
_FIRST_PAIRS = 1 << 12
_ONE, _BLOCK, _IN_BLOCK = np.uint32(1), np.uint32(16), np.uint32(15)
_GROUP_BITS = 6


def bucket_count(longest_ms: int) -> int:
    """Return how many buckets hold labels that lie so many milliseconds apart: a power of two.

    Examples
    --------
    >>> bucket_count(10_000)
    4
    """
    return 1 << ((longest_ms >> SPAN_BITS) + 1).bit_length()


@compiled
def search_within(
    first: Ints,
    arcs: Longs,
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
) -> tuple[Longs, Ints, Ints]:
    """Find all pairs up to a limit, which is within.

    Parameters
    ----------
    first, arcs
        The arcs that leave each junction: milliseconds in the upper half, the junction in the lower.
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

    Returns
    -------
    tuple
        How many pairs each source has; then demand, rising for each source, and milliseconds.
    """
    nodes, unreached = len(first) - 1, limit_ms + 1
    groups = (demands >> _GROUP_BITS) + 1
    best = np.full(nodes, unreached, np.int32)
    best_exit = np.full(groups << _GROUP_BITS, unreached, np.int32)
    touched = np.zeros(groups, np.bool_)
    settled, slots = np.empty(_FIRST_SLOTS, np.int32), np.empty(_FIRST_SLOTS, np.uint32)
    buckets = np.zeros(turn, np.uint32)
    pairs = np.zeros(len(sources), np.int64)
    met, met_ms = np.empty(_FIRST_PAIRS, np.int32), np.empty(_FIRST_PAIRS, np.int32)
    found = 0
    for at, source in enumerate(sources):
        way_in = entries[entry_first[source] : entry_first[source + 1]]
        settled, slots, count = _spread(
            first, arcs, way_in, 0, unreached, best, settled, slots, buckets
        )
        way_out = beside[beside_first[source] : beside_first[source + 1]]
        _improve(way_out, 0, best_exit, touched)
        for one in range(count):
            node = np.uint32(settled[np.uint32(one)])
            ms = best[node]
            # A junction that was scanned twice stands here twice.
            if exit_first[node + _ONE] > exit_first[node] and ms < unreached:
                way_out = exits[exit_first[node] : exit_first[node + _ONE]]
                _improve(way_out, ms, best_exit, touched)
            best[node] = unreached
        before = found
        for group in np.flatnonzero(touched):
            touched[group] = False
            if found + (1 << _GROUP_BITS) > len(met):
                met, met_ms = np.concatenate((met, met)), np.concatenate((met_ms, met_ms))
            for demand in range(group << _GROUP_BITS, (group + 1) << _GROUP_BITS):
                ms = best_exit[demand]
                met[found], met_ms[found] = demand, ms
                found += ms < unreached
                best_exit[demand] = unreached
        pairs[at] = found - before
    return pairs, met[:found].copy(), met_ms[:found].copy()


@compiled
def _improve(ways: Ints, base: int, best: Ints, touched: npt.NDArray[np.bool_]) -> None:
    for at in range(len(ways)):
        demand, ms = ways[at, 0], base + np.int64(ways[at, 1])
        best[demand] = min(ms, np.int64(best[demand]))
        touched[demand >> _GROUP_BITS] = True


@compiled
def search_nearest(first: Ints, arcs: Longs, entries: Longs, bits: int, turn: int) -> Longs:
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
    best = np.full(len(first) - 1, FAR, np.int64)
    settled, slots = np.empty(_FIRST_SLOTS, np.int32), np.empty(_FIRST_SLOTS, np.uint32)
    _spread(first, arcs, entries, bits, FAR, best, settled, slots, np.zeros(turn, np.uint32))
    return best


@compiled
def _spread(
    first: Ints,
    arcs: Longs,
    entries: Table,
    bits: int,
    unreached: int,
    best: Table,
    settled: Ints,
    slots: Slots,
    buckets: Slots,
) -> tuple[Ints, Slots, int]:
    """Find the least label of every junction, if below `unreached`.

    Buckets, a power of two of them, go round: all labels that wait lie within one turn. A bucket is
    a chain of blocks of 16 slots: the first holds where the block before it ends, the others
    junctions. ``buckets`` says where its next slot is; at 0 it has no block, at a multiple of 16 the
    last one is full. A junction that was since improved into another bucket is known by its label.

    Returns
    -------
    tuple
        Junctions as they were scanned, some of them twice, in an array that may have grown; the
        slots, which may have too; how many junctions.
    """
    span, mask = bits + SPAN_BITS, np.uint32(len(buckets) - 1)
    count, empty, now, used, free = 0, 0, np.int64(0), _BLOCK, np.uint32(0)
    while len(slots) < (len(entries) + 2) * 16:
        slots = np.concatenate((slots, slots))
    for at in range(len(entries)):
        node, label = entries[at, 0], np.int64(entries[at, 1])
        if label < best[node]:
            best[node] = label
            place = np.uint32(label >> span) & mask
            used, free = _put(np.uint32(node), place, True, slots, buckets, used, free)
    while empty < len(buckets):
        place = np.uint32(now) & mask
        slot = buckets[place]
        if slot == 0:
            now += 1
            empty += 1
            continue
        empty, begin = 0, count
        buckets[place] = 0
        while slot > 0:
            block = (slot - _ONE) & ~_IN_BLOCK
            if count + 16 > len(settled):
                settled = np.concatenate((settled, settled))
            for at in range(block + _ONE, slot):
                node = slots[np.uint32(at)]
                settled[np.uint32(count)] = node
                count += (best[node] >> span) == now
            slot = slots[block]
            slots[block], free = free, block
        for at in range(begin, count):
            node = np.uint32(settled[np.uint32(at)])
            low, high, label = first[node], first[node + _ONE], np.int64(best[node])
            if used + ((high - low) << 4) > len(slots):
                slots = np.concatenate((slots, slots))
            for way in range(low, high):
                arc = arcs[np.uint32(way)]
                other, later = np.uint32(arc), label + ((arc >> 32) << bits)
                known = np.int64(best[other])
                best[other] = min(later, known)
                place = np.uint32(later >> span) & mask
                used, free = _put(other, place, later < known, slots, buckets, used, free)
    return settled, slots, count


@compiled
def _put(
    node: np.uint32,
    place: np.uint32,
    stays: bool,
    slots: Slots,
    buckets: Slots,
    used: np.uint32,
    free: np.uint32,
) -> tuple[np.uint32, np.uint32]:
    """Write a junction behind a bucket, where the next one overwrites it unless it stays."""
    slot = buckets[place]
    if slot & _IN_BLOCK == 0:
        if free > 0:
            block = free
            free = slots[block]
        else:
            block = used
            used = np.uint32(used + _BLOCK)
        slots[block] = slot
        slot = np.uint32(block + _ONE)
    slots[slot] = node
    buckets[place] = np.uint32(slot + np.uint32(stays))
    return used, free
