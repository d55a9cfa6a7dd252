"""Who covers what, made small: demand with the same covering sites is one demand.

Of pairs that are a file (see `boxreach.scratch`) only so many are held at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.scratch import Scratch, is_on_disk, room_for, stages

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_LOOKS = 8
_THREADS = 2
_PAIRS_FOR_THREADS = 1_000_000
_NAME_BITS = 42
"""Names of so few bits can be added up for two million sites without going over."""


@dataclass(frozen=True, eq=False)
class CoverSets:
    """The pairs of a covering problem, by site and by demand.

    Attributes
    ----------
    start, demand
        The demand that site i covers is ``demand[start[i]:start[i + 1]]``, ascending.
    weights
        Weight of each demand, all above 0.
    merged
        For each demand as it was before, its place among the merged; -1 where it was dropped.
    scratch
        Where pairs are kept that are too many for memory; None if they all are in it.
    """

    start: Integers
    demand: Indices
    weights: Floats
    merged: Indices
    scratch: Scratch | None = None

    @property
    def sites(self) -> int:
        """How many sites there are, those that cover nothing counted."""
        return len(self.start) - 1

    @property
    def pairs(self) -> int:
        """How many pairs of a site and a demand it covers there are."""
        return len(self.demand)

    def of(self, site: int) -> Indices:
        """Return the demand that a site covers."""
        return self.demand[self.start[site] : self.start[site + 1]]

    @cached_property
    def by_demand(self) -> tuple[Integers, Indices]:
        """The same pairs by demand: where the sites that cover each begin, and the sites."""
        counts = np.bincount(self.demand, minlength=len(self.weights))
        start = np.append(0, np.cumsum(counts, dtype=np.int64))
        site = np.empty(self.pairs, dtype=np.int32)
        _turn(self.start, self.demand, start[:-1].copy(), site)
        return start, site

    def among(self, kept: Flags, least: int = 1) -> CoverSets:
        """Return what is left if only some sites are looked at; see `merge_demand`."""
        return merge_demand(
            self.start, self.demand, self.weights, kept=kept, least=least, scratch=self.scratch
        )

    def as_matrix(self) -> csr_array:
        """Return the pairs as a matrix of ones, sites by demand."""
        ones = np.ones(self.pairs)
        shape = (self.sites, len(self.weights))
        return csr_array((ones, self.demand, self.start), shape=shape)

    def sum_up(self, amounts: Floats) -> Floats:
        """Return amounts of the demand as it was before, added up where it was merged."""
        left = self.merged >= 0
        sums = np.bincount(self.merged[left], amounts[left], minlength=len(self.weights))
        return np.asarray(sums, dtype=np.float64)

    def count(self, chosen: Integers) -> Integers:
        """Return how many of the chosen sites cover each demand."""
        counts = np.zeros(len(self.weights), dtype=np.int64)
        for site in chosen:
            counts[self.of(site)] += 1
        return counts

    def measure(self, chosen: Integers, worth: Floats) -> float:
        """Return what chosen sites cover, each weight by what it is worth; summed exactly."""
        counts = np.minimum(self.count(chosen), len(worth) - 1)
        return math.fsum(self.weights * worth[counts])


def merge_demand(
    start: npt.NDArray[Any],
    demand: npt.NDArray[Any],
    weights: Floats,
    *,
    kept: Flags,
    least: int = 1,
    scratch: Scratch | None = None,
) -> CoverSets:
    """Merge demand that the same sites cover; drop what too few cover or what weighs nothing.

    The sets themselves are told apart, by splitting them at one site after the other (Paige and
    Tarjan's partition refinement), in time linear in the pairs. The order of the merged demand and
    its weights do not depend on the order of the demand.

    Parameters
    ----------
    start, demand
        The demand that each site covers, as in a CSR matrix; it may repeat itself.
    weights
        Weight of each demand, 0 or more.
    kept
        Which sites are looked at. The others cover nothing afterwards.
    least
        Demand that fewer sites cover is dropped.
    scratch
        Where the pairs that are left go if they are too many for memory.

    Returns
    -------
    CoverSets
        With all sites in their places.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [1, 1, 1]]))
    >>> sets = merge_demand(
    ...     cover.indptr, cover.indices, np.array([5.0, 1.0, 4.0]), kept=np.ones(2, dtype=bool)
    ... )
    >>> sets.start, sets.demand, sets.weights
    (array([0, 1, 3]), array([0, 0, 1], dtype=int32), array([6., 4.]))
    """
    count = len(weights)
    # of one type, whatever scipy chose, so that kernels are compiled once
    start = np.ascontiguousarray(start, np.int64)
    demand = np.ascontiguousarray(demand, np.int32)
    same = np.where(weights > 0, 0, -1).astype(np.int32)
    first, tally = np.zeros(count, dtype=np.int32), np.zeros((count, 2), dtype=np.int64)
    _part(start, demand, kept, same, first, tally)
    used = np.flatnonzero((same >= 0) & (tally[:, 0] >= max(1, least)))
    order = used[np.lexsort((weights[used], same[used], tally[used, 1], first[used]))]
    ahead = same[order]
    is_head = np.append(True, ahead[1:] != ahead[:-1])[: len(order)]
    heads = np.flatnonzero(is_head)
    totals = np.add.reduceat(weights[order], heads) if len(heads) else np.empty(0)
    merged, number = np.full(count, -1, dtype=np.int32), np.full(count, -1, dtype=np.int32)
    merged[order] = np.cumsum(is_head) - 1
    number[order[heads]] = merged[order[heads]]
    left = _renumber(start, demand, kept, number, scratch)
    return CoverSets(*left, totals, merged, scratch)


def thin_out(sets: CoverSets, looks: int = _LOOKS) -> CoverSets:
    """Merge demand that looks alike: a smaller problem, near the one it was made of.

    Demand is alike if of the sites that cover it the same few have the lowest names, and names are
    random: the more sites two have in common, the likelier that is (Broder's min-hash, 1997). The
    heaviest of each group stands for all of it.

    Parameters
    ----------
    sets
        The problem.
    looks
        How many sites are the few: of fewer, more demand looks alike.
    """
    rank = np.empty(sets.sites, dtype=np.int32)
    rank[np.argsort(_name_sites(sets.sites), kind="stable")] = np.arange(sets.sites)
    lowest = np.full((len(sets.weights), looks), sets.sites, dtype=np.int32)
    for low, high in stages(sets.start, [sets.demand]):
        _find_lowest(sets.start, sets.demand, rank, lowest, low, high)
    by_look = np.lexsort((-sets.weights, *lowest.T))
    look = lowest[by_look]
    is_head = np.append(True, (look[1:] != look[:-1]).any(axis=1))[: len(look)]
    heads = np.sort(by_look[is_head])
    number = np.full(len(sets.weights), -1, dtype=np.int32)
    number[heads] = np.arange(len(heads), dtype=np.int32)
    merged = np.empty(len(sets.weights), dtype=np.int32)
    merged[by_look] = number[by_look[is_head]][np.cumsum(is_head) - 1]
    totals = np.bincount(merged, sets.weights, len(heads)).astype(np.float64)
    kept = np.ones(sets.sites, dtype=bool)
    left = _renumber(sets.start, sets.demand, kept, number, sets.scratch)
    return CoverSets(*left, totals, merged, sets.scratch)


def thin_into_memory(sets: CoverSets) -> CoverSets:
    """Merge demand that looks alike, and less alike as long as that is too much for memory."""
    looks = _LOOKS
    thin = thin_out(sets)
    while is_on_disk(thin.demand) and looks > 1:
        looks //= 2
        thin = thin_out(sets, looks)
    return thin


def in_parts(
    start: npt.NDArray[Any], lists: Sequence[npt.NDArray[Any]], work: Callable[[int, int], object]
) -> None:
    """Do work on all sites, from one to before another; on two threads where that is much.

    Parameters
    ----------
    start
        Where the pairs of each site begin.
    lists
        The pairs that are read or written.
    work
        What is to be done, each site by itself, so that it does not matter when.
    """
    for low, high in stages(start, lists):
        pairs = int(start[high] - start[low])
        if pairs < _PAIRS_FOR_THREADS:
            work(low, high)
            continue
        shares = start[low] + np.linspace(0, pairs, _THREADS + 1)[1:-1]
        ends = [low, *np.searchsorted(start, shares).tolist(), high]
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(work, ends[:-1], ends[1:]))


def _part(
    start: Integers, demand: Indices, kept: Flags, same: Indices, first: Indices, tally: Integers
) -> None:
    """Part demand into classes that the same sites cover; see `_split`."""
    count, names = len(same), _name_sites(len(kept))
    split, seen = np.zeros(count + 1, dtype=np.int32), np.full(count + 1, -1, dtype=np.int32)
    size, free = np.zeros(count + 1, dtype=np.int32), np.zeros(count + 1, dtype=np.int32)
    size[0] = int((same == 0).sum())
    marks = np.array([0, 1], dtype=np.int64)
    for low, high in stages(start, [demand]):
        _split(
            start, demand, kept, names, same, first, tally, split, seen, size, free, marks,
            low, high,
        )  # fmt: skip


def _renumber(
    start: npt.NDArray[Any],
    demand: npt.NDArray[Any],
    kept: Flags,
    number: Indices,
    scratch: Scratch | None,
) -> tuple[Integers, Indices]:
    """Return the pairs of the kept sites by the new numbers of the demand, -1 for none."""
    lengths = np.zeros(len(start) - 1, dtype=np.int64)
    in_parts(start, [demand], partial(_count_kept, start, demand, kept, number, lengths))
    begin = np.append(0, np.cumsum(lengths))
    room = room_for(int(begin[-1]), scratch)
    work = partial(_gather, start, demand, number, begin, room, lengths)
    in_parts(start, [demand, room], work)
    end = np.append(0, np.cumsum(lengths))
    if end[-1] < begin[-1]:
        for low, high in stages(begin, [room]):
            _close_up(begin, end, room, low, high)
    if scratch is not None and is_on_disk(room) and end[-1] <= scratch.pairs_in_memory:
        return end, room[: end[-1]].copy()
    return end, room[: end[-1]]


def _name_sites(count: int) -> Integers:
    """Return a number for each position that looks random (splitmix64)."""
    with np.errstate(over="ignore"):
        name = (np.arange(1, count + 1, dtype=np.uint64)) * _GOLDEN
        name = (name ^ (name >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        name = (name ^ (name >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((name ^ (name >> np.uint64(31))) >> np.uint64(64 - _NAME_BITS)).astype(np.int64)


@compiled
def _turn(start: Integers, demand: Indices, room: Integers, site: Indices) -> None:
    for one in range(len(start) - 1):
        for at in range(start[one], start[one + 1]):
            j = demand[at]
            site[room[j]] = one
            room[j] += 1


@compiled
def _find_lowest(
    start: Integers, demand: Indices, rank: Indices, lowest: Indices, low: int, high: int
) -> None:
    """Put the ranks of the sites that cover each demand into its row, the lowest first."""
    last = lowest.shape[1] - 1
    for one in range(low, high):
        for at in range(start[one], start[one + 1]):
            j = demand[at]
            if rank[one] >= lowest[j, last]:
                continue
            place = last
            while place > 0 and lowest[j, place - 1] > rank[one]:
                lowest[j, place] = lowest[j, place - 1]
                place -= 1
            lowest[j, place] = rank[one]


@compiled
def _split(
    start: Integers,
    demand: Indices,
    kept: Flags,
    names: Integers,
    same: Indices,
    first: Indices,
    tally: Integers,
    split: Indices,
    seen: Indices,
    size: Indices,
    free: Indices,
    marks: Integers,
    low: int,
    high: int,
) -> None:
    """Give demand the same number in `same` if and only if the same kept sites cover it.

    `first` becomes the first of these sites, `tally` how many they are and the sum of their names.
    Each site parts every class into those it covers and the others. `split` holds the new class of
    an old one, valid where `seen` is the site. A class that was emptied is used again: `marks`
    are how many of these wait in `free`, and how many classes there were.
    """
    empty, used = marks
    for site in range(low, high):
        if not kept[site]:
            continue
        for at in range(start[site], start[site + 1]):
            j = demand[at]
            old = same[j]
            if old < 0:
                continue
            if seen[old] != site:
                if empty > 0:
                    empty -= 1
                    new = free[empty]
                else:
                    new = used
                    used += 1
                seen[old], split[old] = site, new
                seen[new], split[new] = site, new
            new = split[old]
            if new == old:  # this pair was there before
                continue
            same[j] = new
            size[new] += 1
            size[old] -= 1
            if size[old] == 0:
                free[empty] = old
                empty += 1
            if tally[j, 0] == 0:
                first[j] = site
            tally[j, 0] += 1
            tally[j, 1] += names[site]
    marks[0], marks[1] = empty, used


@compiled
def _count_kept(
    start: Integers,
    demand: Indices,
    kept: Flags,
    number: Indices,
    lengths: Integers,
    low: int,
    high: int,
) -> None:
    for site in range(low, high):
        length = 0
        if kept[site]:
            for at in range(start[site], start[site + 1]):
                if number[demand[at]] >= 0:
                    length += 1
        lengths[site] = length


@compiled
def _gather(
    start: Integers,
    demand: Indices,
    number: Indices,
    begin: Integers,
    room: Indices,
    lengths: Integers,
    low: int,
    high: int,
) -> None:
    """Write down the new numbers of the demand that each site covers, each once and ascending."""
    for site in range(low, high):
        if lengths[site] == 0:
            continue
        end = begin[site]
        for at in range(start[site], start[site + 1]):
            new = number[demand[at]]
            if new >= 0:
                room[end] = new
                end += 1
        room[begin[site] : end].sort()
        length, last = begin[site], -1
        for at in range(begin[site], end):
            new = room[at]
            if new != last:
                room[length] = new
                length += 1
                last = new
        lengths[site] = length - begin[site]


@compiled
def _close_up(begin: Integers, end: Integers, room: Indices, low: int, high: int) -> None:
    """Leave no room between what was written down for one site and for the next."""
    for site in range(low, high):
        back = begin[site] - end[site]
        for at in range(end[site], end[site + 1]):
            room[at] = room[at + back]
