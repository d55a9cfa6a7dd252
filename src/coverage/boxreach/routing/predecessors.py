"""Quickest ways from one place, junction by junction, each with the junction before it.

After E. W. Dijkstra, "A note on two problems in connexion with graphs" (1959), with a binary heap.
It gives the times of `boxreach.routing.kernels`, which are quicker and keep no way.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.routing.kernels import UNREACHED

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_ENTERED = -1
"""Stands for the junction before one that is entered from the place itself."""

_JUNCTION_BITS = 32


class Predecessors:
    """The junctions that a place reaches, and by which way.

    It serves one search after the other: what the last one reached is forgotten, and nothing else
    is touched, so a search costs what it reaches.

    Parameters
    ----------
    first, arcs
        The arcs that leave each junction: rows of junction and milliseconds.

    Attributes
    ----------
    ms
        Milliseconds to each junction; `UNREACHED` beyond the limit.

    Examples
    --------
    >>> arcs = np.array([[1, 700], [2, 100], [1, 200]], dtype=np.int32)
    >>> ways = Predecessors(np.array([0, 2, 2, 3], dtype=np.int32), arcs)
    >>> ways.search(np.array([0]), np.array([5]), limit_ms=1_000)
    >>> ways.ms.tolist(), ways.path(1).tolist()
    ([5, 305, 105], [0, 2, 1])
    """

    def __init__(self, first: Ints, arcs: Ints) -> None:
        junctions = len(first) - 1
        self._first, self._arcs = first, arcs
        self.ms: Ints = np.full(junctions, UNREACHED, dtype=np.int32)
        self._before: Ints = np.empty(junctions, dtype=np.int32)
        self._reached: Ints = np.empty(junctions, dtype=np.int32)
        self._count = 0

    def search(self, entries: Longs, entry_ms: Longs, *, limit_ms: int) -> None:
        """Find the quickest way to every junction within a limit.

        Of ways that are equally quick one is taken by the numbers of the junctions alone, in
        whatever order entries and arcs stand.

        Parameters
        ----------
        entries, entry_ms
            The junctions by which the place enters, as often as you like, and the milliseconds.
        limit_ms
            The longest time, which is within; below `UNREACHED`.
        """
        self.ms[self._reached[: self._count]] = UNREACHED
        self._count = _spread(
            self._first, self._arcs, entries, entry_ms, limit_ms,
            self.ms, self._before, self._reached,
        )  # fmt: skip

    def path(self, junction: int) -> Longs:
        """Return the junctions on the way to one that is reached, from the first to itself."""
        return _trace(self._before, junction)


@compiled
def _spread(
    first: Ints, arcs: Ints, entries: Longs, entry_ms: Longs, limit_ms: int,
    best_ms: Ints, before: Ints, reached: Ints,
) -> int:  # fmt: skip
    """Write the least time of every junction and the one before it; return how many there are.

    A label in the heap is the time, and in its last bits the junction, so junctions are settled
    in one order only, and the first that leads to another in the least time is before it.
    """
    heap = [np.int64(0) for _ in range(0)]
    count = 0
    for at in range(len(entries)):
        node, ms = entries[at], entry_ms[at]
        if ms <= limit_ms and ms < best_ms[node]:
            if best_ms[node] == UNREACHED:
                reached[count] = node
                count += 1
            best_ms[node], before[node] = ms, _ENTERED
            heappush(heap, (np.int64(ms) << _JUNCTION_BITS) + np.int64(node))
    while len(heap) > 0:
        label = heappop(heap)
        node, ms = label & ((np.int64(1) << _JUNCTION_BITS) - 1), label >> _JUNCTION_BITS
        if best_ms[node] != ms:
            continue
        for at in range(first[node], first[node + 1]):
            other, later = arcs[at, 0], ms + np.int64(arcs[at, 1])
            if later > limit_ms or later >= best_ms[other]:
                continue
            if best_ms[other] == UNREACHED:
                reached[count] = other
                count += 1
            best_ms[other], before[other] = later, node
            heappush(heap, (later << _JUNCTION_BITS) + np.int64(other))
    return count


@compiled
def _trace(before: Ints, junction: int) -> Longs:
    count, at = 1, junction
    while before[at] != _ENTERED:
        at = before[at]
        count += 1
    path = np.empty(count, np.int64)
    at = junction
    for place in range(count - 1, -1, -1):
        path[place] = at
        at = before[at]
    return path
