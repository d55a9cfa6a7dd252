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

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled, typed

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Slots = npt.NDArray[np.uint32]
Bits = npt.NDArray[np.uint8]
Table = npt.NDArray[Any]

UNREACHED = np.int32(2**31 - 1)
FAR = np.int64(2**62)

SPAN_BITS = 12
"""A bucket holds 2**12 ms: about as long as the shortest edges that matter take."""

_FIRST_SLOTS = 1 << 16
_FIRST_PAIRS = 1 << 12
_ONE, _BLOCK, _IN_BLOCK = np.uint32(1), np.uint32(16), np.uint32(15)
_BYTE_BITS, _IN_BYTE = np.uint32(3), np.uint32(7)
_GROUP_BITS = 6
_NONE = typed(0)
"""Of the type that all other numbers of its kind are of, so that each kernel is compiled once."""
_STAYS = np.bool_(True)
_AT_ONCE_MS = cast("int", np.int32(0))


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
    has_exit: Bits,
    exit_first: Longs,
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
        The arcs that leave each junction: milliseconds above its lower 32 bits, the junction in
        these.
    entry_first, entries
        Ways from each source to junctions, rows of junction and milliseconds.
    has_exit, exit_first, exits
        Ways from each junction to demand, rows of demand and milliseconds; and a bit for each
        junction that has any: so few bytes that they stay in fast memory, as the others cannot.
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
        settled, slots, count = _spread(first, arcs, way_in, _NONE, best, settled, slots, buckets)
        way_out = beside[beside_first[source] : beside_first[source + 1]]
        _improve(way_out, _AT_ONCE_MS, best_exit, touched)
        for one in range(count):
            node = np.uint32(settled[np.uint32(one)])
            ms = best[node]
            # A junction that was scanned twice stands here twice.
            if (has_exit[node >> _BYTE_BITS] >> (node & _IN_BYTE)) & 1 and ms < unreached:
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
    _spread(first, arcs, entries, bits, best, settled, slots, np.zeros(turn, np.uint32))
    return best


@compiled
def spread_labels(
    first: Ints, arcs: Longs, entries: Longs, labels: Longs, bits: int, turn: int
) -> None:
    """Bring labels of junctions down to what they are by ways from entries, in place.

    Parameters
    ----------
    first, arcs, entries, bits
        As in `search_nearest`.
    labels
        The label of each junction; those that are right as they are stay.
    turn
        The number of buckets, from `bucket_count` of the longest arc or entry.
    """
    settled, slots = np.empty(_FIRST_SLOTS, np.int32), np.empty(_FIRST_SLOTS, np.uint32)
    _spread(first, arcs, entries, bits, labels, settled, slots, np.zeros(turn, np.uint32))


@compiled
def drop_labels(first: Ints, arcs: Longs, labels: Longs, bits: int, stack: Longs) -> Longs:
    """Forget the labels of some junctions, and all that may rest on them.

    A label rests on another one if an arc leads from there in just the time between both.

    Parameters
    ----------
    first, arcs, labels, bits
        As in `spread_labels`.
    stack
        The junctions to begin with, each once.

    Returns
    -------
    numpy.ndarray
        The junctions whose labels are `FAR` now.
    """
    known = np.empty(len(stack), np.int64)
    found = len(stack)
    for at in range(found):
        known[at] = labels[stack[at]]
        labels[stack[at]] = FAR
    done = 0
    while done < found:
        node, label = stack[done], known[done]
        done += 1
        if label == FAR:
            continue
        for at in range(first[node], first[node + 1]):
            other = arcs[at] & 0xFFFFFFFF
            if labels[other] == FAR or label + ((arcs[at] >> 32) << bits) != labels[other]:
                continue
            if found == len(stack):
                stack, known = np.concatenate((stack, stack)), np.concatenate((known, known))
            stack[found], known[found] = other, labels[other]
            labels[other] = FAR
            found += 1
    return stack[:found].copy()


@compiled
def _spread(
    first: Ints,
    arcs: Longs,
    entries: Table,
    bits: int,
    best: Table,
    settled: Ints,
    slots: Slots,
    buckets: Slots,
) -> tuple[Ints, Slots, int]:
    """Find the least label of every junction, if it is less than what stands in `best`.

    Buckets, a power of two of them, go round: all labels that wait lie within one turn. A bucket
    is a row of blocks of 16 slots: the first slot says where the block before it ends, the others
    hold junctions. ``buckets`` says where the next slot of each is; at 0 it has no block, at a
    multiple of 16 its last block is full. Blocks that are done are used again, so the queue stays
    in the fastest memory.

    Returns
    -------
    tuple
        Junctions in the order they were scanned, some of them twice, in an array that may have
        grown; the slots, which may have too; how many junctions.
    """
    count, empty, now, asked = _NONE, _NONE, _NONE, _NONE
    slots, used = _enter(entries, bits, best, slots, buckets)
    free = np.uint32(0)
    while empty < len(buckets):
        place = np.uint32(now) & np.uint32(len(buckets) - 1)
        if buckets[place] == 0:
            now += 1
            empty += 1
            continue
        begin, empty = count, 0
        settled, count, free = _settle(
            best, bits + SPAN_BITS, now, place, settled, count, slots, buckets, free
        )
        asked ^= _ask(first, arcs, settled, begin, count)
        slots, used, free = _scan(
            first, arcs, bits, best, settled, begin, count, slots, buckets, used, free
        )
    slots[0] = np.uint32(asked)  # of no use but that it was asked for; no block begins at 0
    return settled, slots, count


@compiled
def _enter(
    entries: Table, bits: int, best: Table, slots: Slots, buckets: Slots
) -> tuple[Slots, np.uint32]:
    """Queue the junctions that a source enters by."""
    used, free = _BLOCK, np.uint32(0)
    while len(slots) < (len(entries) + 2) * 16:
        slots = np.concatenate((slots, slots))
    for at in range(len(entries)):
        node, label = entries[at, 0], np.int64(entries[at, 1])
        if label < best[node]:
            best[node] = label
            place = np.uint32(label >> (bits + SPAN_BITS)) & np.uint32(len(buckets) - 1)
            used, free = _put(np.uint32(node), place, _STAYS, slots, buckets, used, free)
    return slots, used


@compiled
def _settle(
    best: Table,
    span: int,
    now: int,
    place: np.uint32,
    settled: Ints,
    count: int,
    slots: Slots,
    buckets: Slots,
    free: np.uint32,
) -> tuple[Ints, int, np.uint32]:
    """Take the junctions out of a bucket; those whose label has left it since are not settled."""
    slot = buckets[place]
    buckets[place] = 0
    while slot > 0:
        block = np.uint32((slot - _ONE) & ~_IN_BLOCK)
        if count + 16 > len(settled):
            settled = np.concatenate((settled, settled))
        for at in range(block + _ONE, slot):
            node = slots[np.uint32(at)]
            settled[np.uint32(count)] = node
            count += (best[node] >> span) == now
        slot = slots[block]
        slots[block], free = free, block
    return settled, count, free


@compiled
def _ask(first: Ints, arcs: Longs, settled: Ints, begin: int, end: int) -> int:
    """Read an arc of each junction before any is needed, so that memory answers all at once."""
    asked, last = 0, len(arcs) - 1
    for at in range(begin, end if last >= 0 else begin):
        asked ^= arcs[np.uint32(min(first[np.uint32(settled[np.uint32(at)])], last))]
    return asked


@compiled
def _scan(
    first: Ints,
    arcs: Longs,
    bits: int,
    best: Table,
    settled: Ints,
    begin: int,
    end: int,
    slots: Slots,
    buckets: Slots,
    used: np.uint32,
    free: np.uint32,
) -> tuple[Slots, np.uint32, np.uint32]:
    """Improve what the arcs of settled junctions lead to, and queue it."""
    span, mask = bits + SPAN_BITS, np.uint32(len(buckets) - 1)
    for at in range(begin, end):
        node = np.uint32(settled[np.uint32(at)])
        low, high, label = first[node], first[node + _ONE], np.int64(best[node])
        while used + ((high - low) << 4) > len(slots):
            slots = np.concatenate((slots, slots))
        for way in range(low, high):
            arc = arcs[np.uint32(way)]
            other, later = np.uint32(arc), label + ((arc >> 32) << bits)
            known = np.int64(best[other])
            best[other] = min(later, known)
            place = np.uint32(later >> span) & mask
            used, free = _put(other, place, later < known, slots, buckets, used, free)
    return slots, used, free


@compiled
def _put(
    node: np.uint32,
    place: np.uint32,
    stays: np.bool_,
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
