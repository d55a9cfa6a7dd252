"""Who covers what, made small: demand with the same covering sites is one demand."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled

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
    """

    start: Integers
    demand: Indices
    weights: Floats
    merged: Indices

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
    _split(start, demand, kept, _name_sites(len(kept)), same, first, tally)
    used = np.flatnonzero((same >= 0) & (tally[:, 0] >= max(1, least)))
    order = used[np.lexsort((weights[used], same[used], tally[used, 1], first[used]))]
    ahead = same[order]
    is_head = np.append(True, ahead[1:] != ahead[:-1])[: len(order)]
    heads = np.flatnonzero(is_head)
    totals = np.add.reduceat(weights[order], heads) if len(heads) else np.empty(0)
    merged, number = np.full(count, -1, dtype=np.int32), np.full(count, -1, dtype=np.int32)
    merged[order] = np.cumsum(is_head) - 1
    number[order[heads]] = merged[order[heads]]
    return CoverSets(*_renumber(start, demand, kept, number), totals, merged)


def thin_out(sets: CoverSets) -> CoverSets:
    """Merge demand that looks alike: a smaller problem, near the one it was made of.

    Demand is alike if of the sites that cover it the same few have the lowest names, and names are
    random: the more sites two have in common, the likelier that is (Broder's min-hash, 1997). The
    heaviest of each group stands for all of it.
    """
    order = np.argsort(_name_sites(sets.sites), kind="stable")
    lowest = np.full((len(sets.weights), _LOOKS), sets.sites, dtype=np.int32)
    _find_lowest(sets.start, sets.demand, order, lowest)
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
    return CoverSets(*_renumber(sets.start, sets.demand, kept, number), totals, merged)


def find_dominated(sets: CoverSets, open_sites: Flags, costs: Floats | None) -> Flags:
    """Tell which sites cover nothing that one other does not cover too, at no higher cost.

    Of sites that cover and cost the same, all but the first are dominated.

    Parameters
    ----------
    sets
        What the sites cover.
    open_sites
        Between which sites to compare.
    costs
        What each costs, if that matters.
    """
    start, site = sets.by_demand
    costs = np.zeros(sets.sites) if costs is None else costs
    return _compare(sets.start, sets.demand, start, site, open_sites, costs)


def in_parts(start: npt.NDArray[Any], work: Callable[[int, int], object]) -> None:
    """Do work on all sites, from one to before another; on two threads where that is much.

    Parameters
    ----------
    start
        Where the pairs of each site begin.
    work
        What is to be done, each site by itself, so that it does not matter when.
    """
    sites, pairs = len(start) - 1, int(start[-1])
    if pairs < _PAIRS_FOR_THREADS:
        work(0, sites)
        return
    shares = np.linspace(0, pairs, _THREADS + 1)[1:-1]
    ends = [0, *np.searchsorted(start, shares).tolist(), sites]
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(work, ends[:-1], ends[1:]))


def _renumber(
    start: npt.NDArray[Any], demand: npt.NDArray[Any], kept: Flags, number: Indices
) -> tuple[Integers, Indices]:
    """Return the pairs of the kept sites by the new numbers of the demand, -1 for none."""
    lengths = np.zeros(len(start) - 1, dtype=np.int64)
    in_parts(start, partial(_count_kept, start, demand, kept, number, lengths))
    begin = np.append(0, np.cumsum(lengths))
    room = np.empty(begin[-1], dtype=np.int32)
    in_parts(start, partial(_gather, start, demand, number, begin, room, lengths))
    end = np.append(0, np.cumsum(lengths))
    if end[-1] < begin[-1]:
        _close_up(begin, end, room)
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
def _find_lowest(start: Integers, demand: Indices, order: Integers, lowest: Indices) -> None:
    none = len(order)
    for one in order:
        for at in range(start[one], start[one + 1]):
            j = demand[at]
            for k in range(lowest.shape[1]):
                if lowest[j, k] == none:
                    lowest[j, k] = one
                    break


@compiled
def _split(  # noqa: C901  (one pass, and hot)
    start: Integers,
    demand: Indices,
    kept: Flags,
    names: Integers,
    same: Indices,
    first: Indices,
    tally: Integers,
) -> None:
    """Give demand the same number in `same` if and only if the same kept sites cover it.

    `first` becomes the first of these sites, `tally` how many they are and the sum of their names.
    Each site parts every class into those it covers and the others. `split` holds the new class of
    an old one, valid where `seen` is the site. A class that was emptied is used again.
    """
    count = len(same)
    split, seen = np.zeros(count + 1, dtype=np.int32), np.full(count + 1, -1, dtype=np.int32)
    size, free = np.zeros(count + 1, dtype=np.int32), np.zeros(count + 1, dtype=np.int32)
    empty, used = 0, 1
    for j in range(count):
        if same[j] == 0:
            size[0] += 1
    for site in range(len(start) - 1):
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
def _close_up(begin: Integers, end: Integers, room: Indices) -> None:
    """Leave no room between what was written down for one site and for the next."""
    for site in range(len(begin) - 1):
        back = begin[site] - end[site]
        for at in range(end[site], end[site + 1]):
            room[at] = room[at + back]


@compiled
def _compare(
    start: Integers,
    demand: Indices,
    turned: Integers,
    site: Indices,
    open_sites: Flags,
    costs: Floats,
) -> Flags:
    dominated = np.zeros(len(start) - 1, dtype=np.bool_)
    _compare_empty(start, open_sites, costs, dominated)
    for one in range(len(start) - 1):
        low, high = start[one], start[one + 1]
        if not open_sites[one] or low == high:
            continue
        rarest = demand[low]
        for at in range(low, high):
            j = demand[at]
            if turned[j + 1] - turned[j] < turned[rarest + 1] - turned[rarest]:
                rarest = j
        for at in range(turned[rarest], turned[rarest + 1]):
            other = site[at]
            if other == one or dominated[other] or not open_sites[other]:
                continue
            longer = start[other + 1] - start[other] - (high - low)
            same = longer == 0 and costs[other] == costs[one]
            if longer < 0 or costs[other] > costs[one] or (same and other > one):
                continue
            if _is_within(start, demand, one, other):
                dominated[one] = True
                break
    return dominated


@compiled
def _compare_empty(start: Integers, open_sites: Flags, costs: Floats, dominated: Flags) -> None:
    """Of the sites that cover nothing, leave the cheapest."""
    least = -1
    for one in range(len(start) - 1):
        if open_sites[one] and start[one] == start[one + 1]:
            if least < 0:
                least = one
            elif costs[one] < costs[least]:
                dominated[least] = True
                least = one
            else:
                dominated[one] = True


@compiled
def _is_within(start: Integers, demand: Indices, one: int, other: int) -> bool:
    """Tell whether a site covers all that one does, by binary searches that go on rightwards."""
    at = start[other]
    for mine in range(start[one], start[one + 1]):
        j = demand[mine]
        end = start[other + 1]
        while at < end:
            middle = (at + end) // 2
            if demand[middle] < j:
                at = middle + 1
            else:
                end = middle
        if at == start[other + 1] or demand[at] != j:
            return False
    return True
