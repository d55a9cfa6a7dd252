"""Demand rows that share their links, searched as one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.routing.search import Ways
from boxreach.workers import thread_count

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_MS_PER_MINUTE = 60_000
_ROWS_AT_ONCE = 65_536
_BLOCK_BITS = 6


@dataclass(frozen=True)
class Merging:
    """How many rows were searched as one with others, and what that may have changed.

    Attributes
    ----------
    rows, searched
        Demand rows, and how many of them were searched for.
    largest_change_minutes
        By how much the time to a row may differ from what it is on its own, at most; 0 where all
        that were merged have the same links.
    allowed_minutes
        What it was allowed to differ.
    """

    rows: int = 0
    searched: int = 0
    largest_change_minutes: float = 0.0
    allowed_minutes: float = 0.0


UNMERGED = Merging()
"""Of times that were given, and not searched for."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows in groups of the same ways.

    Attributes
    ----------
    row
        The row that stands for each group.
    group
        The group of each row.
    """

    row: Longs
    group: Longs

    def ways(self, ways: Ways) -> Ways:
        """Return the ways of the rows that stand for the groups."""
        if len(self.row) == len(self.group):
            return ways
        count = np.diff(ways.first)[self.row]
        first = np.append(0, np.cumsum(count))
        at = np.arange(first[-1]) + np.repeat(ways.first[self.row] - first[:-1], count)
        return Ways(first, ways.ways[at])

    def spread(self, ms: csr_array) -> csr_array:
        """Return a matrix over the groups as one over all rows, columns rising in each row."""
        if len(self.row) == len(self.group):
            return ms
        members = np.argsort(self.group, kind="stable")
        begin = np.append(0, np.cumsum(np.bincount(self.group, minlength=len(self.row))))
        first = _count_members(ms.indptr, ms.indices, begin)
        rows = len(self.group)
        small = max(rows, int(first[-1])) < np.iinfo(np.int32).max
        column = np.empty(first[-1], np.int32 if small else np.int64)
        data = np.empty(first[-1], ms.data.dtype)
        threads = thread_count()
        ends = np.searchsorted(first, np.linspace(0, first[-1], threads + 1))
        given = (ms.indptr, ms.indices, ms.data, begin, members, first, column, data)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda low, high: _spread(low, high, *given), ends[:-1], ends[1:]))
        return csr_array((data, column, first.astype(column.dtype)), shape=(ms.shape[0], rows))


@compiled
def _count_members(indptr: Longs, indices: Longs, begin: Longs) -> Longs:
    """Return where each row of a matrix begins once every group stands for its members."""
    first = np.zeros(len(indptr), np.int64)
    for row in range(len(indptr) - 1):
        count = 0
        for at in range(indptr[row], indptr[row + 1]):
            count += begin[indices[at] + 1] - begin[indices[at]]
        first[row + 1] = first[row] + count
    return first


@compiled
def _spread(
    low: int, high: int,
    indptr: Longs, indices: Longs, data: npt.NDArray[Any], begin: Longs, members: Longs,
    first: Longs, column: npt.NDArray[Any], spread: npt.NDArray[Any],
) -> None:  # fmt: skip
    """Write what is known of each group to all its members, for some rows, members rising."""
    blocks = (len(members) >> _BLOCK_BITS) + 1
    known, touched = np.zeros(blocks << _BLOCK_BITS, np.bool_), np.zeros(blocks, np.bool_)
    value = np.empty(len(members), data.dtype)
    for row in range(low, high):
        place, last, rising = first[row], np.int64(-1), True
        for at in range(indptr[row], indptr[row + 1]):
            for one in range(begin[indices[at]], begin[indices[at] + 1]):
                column[place], spread[place] = members[one], data[at]
                rising &= members[one] > last
                last = members[one]
                place += 1
        if not rising:
            _sort_row(column[first[row] : place], spread[first[row] : place], known, touched, value)


@compiled
def _sort_row(
    column: npt.NDArray[Any], spread: npt.NDArray[Any], known: Flags, touched: Flags,
    value: npt.NDArray[Any],
) -> None:  # fmt: skip
    """Bring a row into the order of its columns, by way of a table with a place for each."""
    for at in range(len(column)):
        value[column[at]], known[column[at]] = spread[at], True
        touched[column[at] >> _BLOCK_BITS] = True
    place = 0
    for block in np.flatnonzero(touched):
        touched[block] = False
        for one in range(block << _BLOCK_BITS, (block + 1) << _BLOCK_BITS):
            if known[one]:
                column[place], spread[place] = one, value[one]
                known[one] = False
                place += 1


def merge_rows(ways: Ways, alone: Flags, allowed_minutes: float) -> tuple[Groups, Merging]:
    """Put rows into groups whose ways lead to the same junctions and take as long.

    Parameters
    ----------
    ways
        Those of each row.
    alone
        Rows that have other ways besides, and stay alone.
    allowed_minutes
        How much longer or shorter the ways of a group may take.

    Returns
    -------
    tuple
        The groups, and what that comes to. Rows are compared way by way; their hashes only tell
        which are worth it.
    """
    step_ms = max(1, round(allowed_minutes * _MS_PER_MINUTE))
    rows = len(alone)
    hashes = _hash_rows(ways.first, ways.ways, step_ms)
    others = np.flatnonzero(~alone)
    _, first, group = np.unique(hashes[others], return_index=True, return_inverse=True)
    stands_for = np.arange(rows)
    stands_for[others] = others[first[group]]
    differs = _differ(ways.first, ways.ways, stands_for, step_ms)
    stands_for = np.where(differs < 0, np.arange(rows), stands_for)
    row, group = np.unique(stands_for, return_inverse=True)
    changed = float(differs[stands_for != np.arange(rows)].max(initial=0)) / _MS_PER_MINUTE
    return Groups(row, group), Merging(rows, len(row), changed, float(allowed_minutes))


def _hash_rows(first: Longs, ways: Ints, step_ms: int) -> Hashes:
    """Return a hash of the junctions of each row and of the steps that they are away."""
    hashes = np.empty(len(first) - 1, np.uint64)
    for low in range(0, len(hashes), _ROWS_AT_ONCE):
        begins = first[low : low + _ROWS_AT_ONCE + 1]
        some = ways[begins[0] : begins[-1]]
        mixed = some[:, 0].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= (some[:, 1] // step_ms).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= mixed >> np.uint64(31)
        mixed *= np.uint64(0xFF51AFD7ED558CCD)
        sums = np.append(np.uint64(0), np.cumsum(mixed))
        here = begins - begins[0]
        hashes[low : low + _ROWS_AT_ONCE] = sums[here[1:]] - sums[here[:-1]]
    return hashes


@compiled
def _differ(first: Longs, ways: Ints, stands_for: Longs, step_ms: int) -> Longs:
    """Return by how many ms each row differs from the one that stands for it; -1 if it may not."""
    differs = np.zeros(len(stands_for), np.int64)
    for row in range(len(stands_for)):
        one, count = stands_for[row], first[row + 1] - first[row]
        if first[one + 1] - first[one] != count:
            differs[row] = -1
            continue
        for step in range(count):
            here, there = first[row] + step, first[one] + step
            apart = abs(ways[here, 1] - ways[there, 1])
            if ways[here, 0] != ways[there, 0] or apart >= step_ms:
                differs[row] = -1
                break
            differs[row] = max(differs[row], apart)
    return differs
