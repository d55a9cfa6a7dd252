"""Branch and bound for the sites of one region, where each site has a price."""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass, replace

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location.cover_sets import CoverSets
from boxreach.location.dual import add_up, buy
from boxreach.location.program import Program
from boxreach.location.proof import write_program
from boxreach.location.rules import Rows
from boxreach.location.simplex import Simplex

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SLACK = 1e-11
"""Sums of a million floats are true to this share."""
_CLOSE = 1e-10
"""Share of all weights that a branch must promise beyond the best choice, to be followed."""
_PARTLY = 1e-6
"""What is more than nothing, and less than one by as much."""
_TRIED, _KNOWN = 4, 2
"""How many sites are tried in a branch, until one that was tried so often before."""


@dataclass(frozen=True, eq=False)
class Branch:
    """The choices that have some sites and lack others.

    Attributes
    ----------
    low, high
        Which sites are in, and which may be.
    bound
        What none of these choices can beat.
    margins
        What each site earns beyond its price, at the prices of demand that prove the bound.
    values
        How much of each site the linear relaxation takes; None where it was not solved.
    basis
        Where the simplex method came to rest.
    """

    low: Flags
    high: Flags
    bound: float
    margins: Floats
    values: Floats | None = None
    basis: highspy.HighsBasis | None = None


class Branching:
    """A search for the sites that cover most, each less its price, and for a proof of it.

    A branch is bounded by its linear relaxation. The prices p_j that this finds for demand, and
    the price c of a site, prove for all choices within the limits of the branch

        sum_j max_n (w_j worth[n] - p_j n) + sum_i max_x x_i (sum_{j in i} p_j - c)

    whatever the solver's tolerances are. Sites that would lose more than a branch promises, if
    they were turned over, are settled by that. Of some sites that the relaxation takes in part,
    that one divides the branch which lowers the bounds of both halves most; those are tried first
    that did so before (reliability branching; Achterberg, Koch and Martin, 2005). The branch that
    promises most is next, so that the bound falls all the time. There are no cuts: HiGHS spends
    seconds on each round of them here, and they lower the bound less than one branch does.

    Parameters
    ----------
    sets
        What the sites cover.
    worth
        Share of a weight that counts when n sites cover it, from n = 0; concave.
    price
        Of each site, 0 or more.
    sure
        Sites that every choice has.
    chosen
        A choice to begin with.

    Attributes
    ----------
    chosen, value
        The best choice so far, and what it covers less the prices of its sites.
    root
        The branch of all choices, with the lowest bound that it has alone.
    """

    def __init__(
        self, sets: CoverSets, worth: Floats, price: float, *, sure: Flags, chosen: Integers
    ) -> None:
        self.sets, self.worth, self.price = sets, worth, price
        self.chosen, self.value = chosen, self._measure(chosen)
        margins = add_up(sets, sets.weights * worth[1]) - price
        everything = np.ones(sets.sites, dtype=bool)
        bound = self._bound_by(sets.weights * worth[1], margins, sure, everything)
        self.root = Branch(sure, everything, bound, margins)
        self._enough = _CLOSE * float(sets.weights.sum() * worth[-1])
        self._given_up, self._made = -math.inf, 0
        self._open: list[tuple[float, int, Branch]] = []
        self._push(self.root)
        self._simplex: Simplex | None = None
        self._lost, self._tries = np.ones((sets.sites, 2)), np.zeros(sets.sites, dtype=np.int64)

    @property
    def bound(self) -> float:
        """What no choice can beat."""
        best_open = -self._open[0][0] if self._open else -math.inf
        return max(self.value, self._given_up, best_open)

    def follow(self, deadline: float) -> None:
        """Follow branches until none is left, or the time ends.

        Parameters
        ----------
        deadline
            When to stop, by `time.monotonic`.
        """
        while self._open and time.monotonic() < deadline:
            branch = self._open[0][2]
            below = self._part(branch, deadline) if self._promises(branch) else []
            if below is None:  # the time ended, or the solver gave up; what is open stays so
                break
            heapq.heappop(self._open)
            if not below:
                self._given_up = max(self._given_up, branch.bound)
            for one in below:
                self._push(one)

    def _promises(self, branch: Branch) -> bool:
        return branch.bound > self.value + self._enough

    def _push(self, branch: Branch) -> None:
        self._made += 1
        heapq.heappush(self._open, (-branch.bound, self._made, branch))

    def _part(self, branch: Branch, deadline: float) -> list[Branch] | None:
        """Return what a branch divides into, nothing if its choice is whole; None if time ends."""
        if branch.values is None:
            root = self._relax(branch, deadline)
            if root is None:
                return None
            self.root = root
            return [root]
        branch = self._settle(branch)
        most, halves = -math.inf, []
        for site in self._find_partly(branch):
            known = self._tries[site] >= _KNOWN
            pair = self._halve(branch, site, deadline)
            if pair is None:
                return None
            if not all(self._promises(one) for one in pair):
                return pair
            lost = [max(branch.bound - one.bound, self._enough) for one in pair]
            if lost[0] * lost[1] > most:
                most, halves = lost[0] * lost[1], pair
            if known:
                break
        return halves

    def _settle(self, branch: Branch) -> Branch:
        """Return a branch without the choices that cannot be better than the best one known."""
        lost = np.abs(branch.margins)
        settled = (branch.bound - lost <= self.value) & ~branch.low & branch.high
        gains = branch.margins > 0
        return replace(
            branch, low=branch.low | (settled & gains), high=branch.high & ~(settled & ~gains)
        )

    def _find_partly(self, branch: Branch) -> list[int]:
        """Return some sites that the relaxation takes in part, what costs most both ways first."""
        values = np.empty(0) if branch.values is None else branch.values
        partly = np.flatnonzero(
            (values > _PARTLY) & (values < 1 - _PARTLY) & ~branch.low & branch.high
        )
        share = np.column_stack([values[partly], 1 - values[partly]])
        mean = self._lost.sum(axis=0) / max(1, self._tries.sum())
        lost = (self._lost[partly] + mean) / (self._tries[partly, None] + 1)
        cost = (share * lost).prod(axis=1)
        return [int(site) for site in partly[np.argsort(-cost, kind="stable")][:_TRIED]]

    def _halve(self, branch: Branch, site: int, deadline: float) -> list[Branch] | None:
        """Return the choices without a site and those with it; None if the time ends."""
        low, high = branch.low.copy(), branch.high.copy()
        low[site], high[site] = True, False
        without = self._relax(replace(branch, high=high), deadline)
        within = None if without is None else self._relax(replace(branch, low=low), deadline)
        if without is None or within is None or branch.values is None:
            return None
        share = branch.values[site]  # what is lost is told for the whole of what was taken or not
        lost = branch.bound - np.array([without.bound, within.bound])
        self._lost[site] += lost / np.array([share, 1 - share])
        self._tries[site] += 1
        return [without, within]

    def _relax(self, branch: Branch, deadline: float) -> Branch | None:
        """Return a branch with the bound of its relaxation; take its choice, rounded, if better."""
        if self._simplex is None:
            self._simplex = Simplex(self._write_program())
        corner = self._simplex.solve(
            branch.low.astype(np.float64),
            branch.high.astype(np.float64),
            seconds=deadline - time.monotonic(),
            basis=branch.basis,
        )
        if corner is None:
            return None
        sets, values = self.sets, corner.values[: self.sets.sites]
        chosen = np.flatnonzero(values > 0.5)
        value = self._measure(chosen)
        if value > self.value:
            self.chosen, self.value = chosen, value
        known = replace(branch, values=values, basis=corner.basis)
        prices = np.clip(np.abs(corner.row_prices), 0.0, sets.weights * self.worth[1])
        margins = add_up(sets, prices) - self.price
        bound = self._bound_by(prices, margins, branch.low, branch.high)
        return replace(known, bound=bound, margins=margins) if bound < branch.bound else known

    def _bound_by(self, prices: Floats, margins: Floats, low: Flags, high: Flags) -> float:
        """Return what prices prove for choices within limits."""
        bought = buy(self.sets.weights, self.worth, prices)
        earned = np.where(low, margins, np.where(high, np.maximum(margins, 0.0), 0.0))
        terms = np.concatenate([bought, earned])
        near = int(np.count_nonzero(margins > -2 * _SLACK * self.price))
        return math.fsum(terms) + _SLACK * (math.fsum(np.abs(terms)) + self.price * near)

    def _measure(self, chosen: Integers) -> float:
        return self.sets.measure(chosen, self.worth) - self.price * len(chosen)

    def _write_program(self) -> Program:
        """Return the model in which nothing need be whole, and each site has its price."""
        sites, none = self.sets.sites, np.empty(0)
        free = Rows(csr_array((0, sites)), none, none, np.zeros(sites), np.ones(sites))
        program = write_program(
            self.sets,
            self.worth,
            free,
            sites=None,
            later_sites=0,
            barred=np.zeros(sites, dtype=bool),
            sure=self.root.low,
        )
        gain, nothing = program.gain.copy(), np.zeros(len(program.gain), dtype=bool)
        gain[:sites] = -self.price
        return replace(program, gain=gain, integer=nothing)
