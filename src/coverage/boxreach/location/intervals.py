"""Exact answers where every site covers one run of the demand in its order, as along a line.

The fewest sites by sorting and reaching furthest; the most weight by dynamic programming.
"""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.location.arrays import SAME, are_whole
from boxreach.location.cover import covered_weight
from boxreach.location.models import Solution
from boxreach.location.rules import nobody

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BITS = 60
"""Weights are counted in the 2^60th part of the next power of two above their sum."""
_COARSE = 16
"""So many bits less where plans are compared: what the floats blur is no difference then."""
_NEVER = -(2**62)


@dataclass(frozen=True, eq=False)
class Runs:
    """The demand that each site covers: from `first` up to the one before `after`; none if equal.

    Attributes
    ----------
    first, after
        Positions of demand, one each for every site.
    demand
        How much demand there is.
    """

    first: Integers
    after: Integers
    demand: int


def find_runs(cover: csr_array) -> Runs | None:
    """Return the run of demand that each site covers; None where a site has a hole in it.

    Parameters
    ----------
    cover
        Sites by demand in the order of the line; what is stored covers, whatever its value.

    Examples
    --------
    >>> runs = find_runs(csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]])))
    >>> runs.first.tolist(), runs.after.tolist()
    ([0, 1, 0], [2, 3, 0])
    >>> find_runs(csr_array(np.array([[1, 0, 1]]))) is None
    True
    """
    pairs = csr_array(cover, copy=True)
    pairs.sum_duplicates()
    sizes = np.diff(pairs.indptr)
    reaching = np.flatnonzero(sizes)
    first, after = np.zeros((2, len(sizes)), dtype=np.int64)
    first[reaching] = pairs.indices[pairs.indptr[reaching]]
    after[reaching] = pairs.indices[pairs.indptr[reaching + 1] - 1] + 1
    return Runs(first, after, cover.shape[1]) if (after - first == sizes).all() else None


def fewest_along(
    runs: Runs, need: Integers, *, fixed: Integers | None = None, forbidden: Integers | None = None
) -> Integers | None:
    """Return the fewest sites that cover each demand as often as it needs; None if none do.

    Demand is passed in its order; where it is not covered often enough, the site that covers it
    and reaches furthest is taken, the first of equals. No choice needs fewer: in one that takes
    another site there, that site can be exchanged for this one, since all demand before has what
    it needs (for one site each: Gupta, Lee and Leung, *Efficient algorithms for interval graphs
    and circular-arc graphs*, Networks 12, 1982).

    Parameters
    ----------
    runs
        From `find_runs`.
    need
        How many sites each demand asks for, 0 for none.
    fixed, forbidden
        Positions of sites that are always, and never, in the choice.

    Returns
    -------
    numpy.ndarray or None
        Positions, ascending, the fixed ones among them.

    Examples
    --------
    >>> runs = Runs(np.array([0, 0, 2, 2]), np.array([2, 3, 4, 4]), 4)
    >>> fewest_along(runs, np.array([1, 1, 1, 1])).tolist()
    [1, 2]
    >>> fewest_along(runs, np.array([2, 2, 2, 2])).tolist()
    [0, 1, 2, 3]
    """
    fixed, free = _part_sites(runs, fixed, forbidden)
    change = np.zeros(runs.demand + 1, dtype=np.int64)
    np.add.at(change, runs.first[fixed], 1)
    np.add.at(change, runs.after[fixed], -1)
    change_by, asked = change.tolist(), need.tolist()
    coming = free[np.argsort(runs.first[free], kind="stable")][::-1].tolist()
    first, after = runs.first.tolist(), runs.after.tolist()
    open_sites: list[tuple[int, int]] = []
    chosen, have = fixed.tolist(), 0
    for demand in range(runs.demand):
        have += change_by[demand]
        while coming and first[coming[-1]] <= demand:
            site = coming.pop()
            heapq.heappush(open_sites, (-after[site], site))
        while have < asked[demand]:
            if not open_sites or -open_sites[0][0] <= demand:
                return None
            end, site = heapq.heappop(open_sites)
            chosen.append(site)
            change_by[-end] -= 1
            have += 1
    return np.array(sorted(chosen), dtype=np.int64)


def most_along(
    cover: csr_array,
    weights: Floats,
    *,
    sites: int,
    runs: Runs | None = None,
    fixed: Integers | None = None,
    forbidden: Integers | None = None,
) -> Solution | None:
    """Choose so many sites that cover the most weight, proven; None if sites cover no runs.

    Of sites sorted by where their runs begin, those within the run of another are left out. Let
    f(n, i) be the most weight of n sites of which i is the last; then f(n, i) is the largest, over
    the sites j before i, of f(n - 1, j) and the weight of what i covers beyond the end of j, found
    in O(1) each: of the j that end before i begins by a running maximum, and of the others by
    taking the first, which leaves least uncovered: O(sites chosen x sites) in all.

    Where fewer sites cover all that can be covered, the others are placed where they cover the
    most weight a second time, and so on.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers.
    weights
        Weight of each demand, 0 or more.
    sites
        How many to choose, the fixed ones among them.
    runs
        Those of the cover, where they are known.
    fixed, forbidden
        Positions of sites that are always, and never, in the choice.

    Returns
    -------
    Solution or None
        Of choices that come to the same, one with sites early in the order of the demand.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]))
    >>> most_along(cover, np.array([4.0, 1.0, 1.0, 3.0]), sites=2)
    Solution(status='optimal', objective=9.0, bound=9.0, sites=array([0, 2]))
    """
    began = time.monotonic()
    runs = find_runs(cover) if runs is None else runs
    if runs is None:
        return None
    fixed, free = _part_sites(runs, fixed, forbidden)
    if not len(fixed) <= sites <= len(fixed) + len(free):
        return Solution("infeasible", 0.0, 0.0, nobody())
    left = _without(runs, weights, fixed)
    base = covered_weight(cover, weights, fixed)
    # What is no difference to floats is none; where it may be one, it is looked at again.
    for coarse in (_COARSE, 0):
        scale = Scale.of(left, coarse)
        lines = Chains(runs, scale.prefix(left), free)
        lines.grow(sites - len(fixed))
        chosen = np.union1d(fixed, lines.best)
        solution = _prove(cover, weights, chosen, base + scale.most(lines))
        if solution.status == "optimal":
            break
    chosen = _place_rest(runs, weights, chosen, free, sites)
    return replace(solution, sites=chosen, seconds=time.monotonic() - began)


def fewest_for(
    runs: Runs,
    cover: csr_array,
    weights: Floats,
    need: float,
    *,
    fixed: Integers | None = None,
    forbidden: Integers | None = None,
) -> tuple[Integers, int] | None:
    """Return the fewest sites that cover so much weight, and what no choice goes below.

    Sites are added to the dynamic program of `most_along` until they cover enough. The two differ
    only where a choice of fewer misses the weight by less than can be told.

    Parameters
    ----------
    runs, cover, weights, fixed, forbidden
        As in `most_along`.
    need
        The weight to be covered.

    Returns
    -------
    tuple or None
        Positions and a number of sites, the fixed ones counted; None if all cover less.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]))
    >>> fewest_for(find_runs(cover), cover, np.array([4.0, 1.0, 1.0, 3.0]), 5.0)
    (array([0]), 1)
    """
    fixed, free = _part_sites(runs, fixed, forbidden)
    left = _without(runs, weights, fixed)
    base = covered_weight(cover, weights, fixed)
    scale = Scale.of(left, 0)
    lines = Chains(runs, scale.prefix(left), free)
    bound = len(fixed)
    while True:
        chosen = np.union1d(fixed, lines.best)
        if covered_weight(cover, weights, chosen) >= need:
            return chosen, bound
        if base + scale.most(lines) < need:
            bound = len(chosen) + 1
        before = lines.count
        lines.grow(before + 1)
        if lines.count == before:
            return None


@dataclass(frozen=True)
class Scale:
    """How weights are counted in whole numbers, so that sums of them are exact.

    Attributes
    ----------
    exponent
        Weights are counted in 2 to the power of this.
    coarse
        How many bits sums of them are rounded off by.
    slack
        In weight, how far the sum over one run may be from that of the weights as given.
    """

    exponent: int
    coarse: int
    slack: float

    @classmethod
    def of(cls, weights: Floats, coarse: int) -> Scale:
        """Return the finest scale on which all weights together can be counted."""
        exponent = math.frexp(math.fsum(weights.tolist()))[1] - _BITS
        if are_whole(weights):
            return cls(min(0, exponent), coarse if exponent + coarse < 0 else 0, 0.0)
        one = math.ldexp(1.0, exponent)
        return cls(exponent, coarse, one * (len(weights) + (1 << coarse)))

    def prefix(self, weights: Floats) -> Integers:
        """Return the sums of the weights before each demand, in parts of the scale."""
        parts = np.rint(np.ldexp(weights, -self.exponent)).astype(np.int64)
        sums = np.append(0, np.cumsum(parts))
        return (sums + ((1 << self.coarse) >> 1)) >> self.coarse

    def most(self, chains: Chains) -> float:
        """Return the weight that no choice of as many sites as the chains have goes beyond."""
        return math.ldexp(chains.value, self.exponent + self.coarse) + self.slack * chains.count


class Chains:
    """The best choices of 1, 2 ... sites that end with each site: the tables of the program."""

    def __init__(self, runs: Runs, sums: Integers, free: Integers) -> None:
        self.sites = _undominated(runs, free)
        self.first, self.after = runs.first[self.sites], runs.after[self.sites]
        self.starts, self.ends = sums[self.first], sums[self.after]
        self.values: list[Integers] = []
        self.parents: list[Integers] = []

    @property
    def count(self) -> int:
        """How many sites the best choice has."""
        return len(self.values)

    @property
    def value(self) -> int:
        """What the best choice covers."""
        return int(self.values[-1].max()) if self.values else 0

    def grow(self, sites: int) -> None:
        """Add sites up to so many, as long as they cover more."""
        while self.count < min(sites, len(self.sites)):
            before, most = self.values[-1] if self.values else None, self.value
            if before is None:
                value, parent = self.ends - self.starts, np.full(len(self.sites), -1)
            else:
                value, parent = _add_site(self.first, self.after, self.starts, self.ends, before)
            if int(value.max()) <= most:
                break
            self.values.append(value)
            self.parents.append(parent)

    @property
    def best(self) -> Integers:
        """The sites of the best choice."""
        chosen = []
        last = int(self.values[-1].argmax()) if self.values else -1
        for parent in reversed(self.parents):
            chosen.append(int(self.sites[last]))
            last = int(parent[last])
        return np.array(sorted(chosen), dtype=np.int64)


@compiled
def _add_site(
    first: Integers, after: Integers, starts: Integers, ends: Integers, before: Integers
) -> tuple[Integers, Integers]:
    """Return the most that each site covers as the last of one more, and the one before it."""
    many = len(first)
    value, parent = np.full(many, _NEVER), np.full(many, -1)
    apart, most_apart, ended, near = -1, _NEVER, 0, 0
    for one in range(many):
        while ended < one and after[ended] <= first[one]:
            if before[ended] > most_apart:
                apart, most_apart = ended, before[ended]
            ended += 1
        if apart >= 0:
            value[one] = most_apart + ends[one] - starts[one]
            parent[one] = apart
        # A choice that ends with an earlier site leaves no more uncovered before its end, so of
        # those that reach into this site's run the first is the best.
        near = max(near, ended)
        while near < one and before[near] == _NEVER:
            near += 1
        if near < one:
            joined = before[near] - ends[near] + ends[one]
            if joined > value[one]:
                value[one] = joined
                parent[one] = near
    return value, parent


def _prove(cover: csr_array, weights: Floats, chosen: Integers, most: float) -> Solution:
    """Return a choice as a solution, its objective computed anew."""
    objective = covered_weight(cover, weights, chosen)
    if are_whole(weights):
        most = float(math.floor(most * (1 + SAME / 10)))
    if objective >= most * (1 - SAME):
        return Solution("optimal", objective, objective, chosen)
    return Solution("feasible", objective, most, chosen)


def _place_rest(
    runs: Runs, weights: Floats, chosen: Integers, free: Integers, sites: int
) -> Integers:
    """Add sites that cover nothing new where they cover the most once more, the first at last."""
    while len(chosen) < sites:
        left = np.setdiff1d(free, chosen)
        scale = Scale.of(weights, _COARSE)
        lines = Chains(runs, scale.prefix(weights), left)
        lines.grow(sites - len(chosen))
        more = lines.best if lines.value > 0 else left[: sites - len(chosen)]
        chosen = np.union1d(chosen, more)
    return chosen


def _part_sites(
    runs: Runs, fixed: Integers | None, forbidden: Integers | None
) -> tuple[Integers, Integers]:
    """Return the fixed sites, and those of the others that are not forbidden."""
    fixed = nobody() if fixed is None else np.unique(fixed).astype(np.int64)
    barred = fixed if forbidden is None else np.union1d(fixed, forbidden)
    return fixed, np.setdiff1d(np.arange(len(runs.first)), barred)


def _without(runs: Runs, weights: Floats, sites: Integers) -> Floats:
    """Return the weights, 0 where some sites cover."""
    left = weights.astype(np.float64)
    for site in sites.tolist():
        left[runs.first[site] : runs.after[site]] = 0.0
    return left


def _undominated(runs: Runs, free: Integers) -> Integers:
    """Return the sites whose run no other's holds, by where it begins; of equals the first."""
    order = free[np.lexsort((free, -runs.after[free], runs.first[free]))]
    furthest = np.maximum.accumulate(np.append(0, runs.after[order]))[:-1]
    return order[runs.after[order] > furthest]
