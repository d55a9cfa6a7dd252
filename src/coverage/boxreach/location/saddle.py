"""Fractions of sites and prices of demand that move towards each other, and meet at the bound."""

from __future__ import annotations

import math
import time

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.location.cover_sets import CoverSets
from boxreach.location.dual import Dual, add_up
from boxreach.location.picks import Picks

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_LOOK = 40
"""After so many steps the two sides are compared."""
_MUCH, _SOME, _LONG = 0.5, 0.8, 0.4
"""Shares of the distance left, and of all steps, after which to start again from the mean."""
_SHORTER, _LONGER = -0.3, -0.6
"""How soon steps come near to as long as they may be, and stop becoming longer than they were."""
_HALVINGS = 60


class Saddle:
    """Prices of demand lowered against fractions of sites raised: the relaxation from both sides.

    With worth f, fractions x of sites within the picks, and prices u of demand, the relaxation is

        min_u max_x  sum_j max_n (w_j f(n) - u_j n) + sum_i x_i sum_{j in i} u_j

    Each side takes a step against the other, prices against where the fractions are about to be
    (Chambolle and Pock, 2011), each site and demand as far as fits what it covers (Pock and
    Chambolle, 2011). How long steps are, and when to start again from their mean, is as in PDLP
    (Applegate et al., 2021). A subgradient sees one choice of sites at a time and slows down where
    many are nearly as good; fractions hold all of them at once.

    Prices are judged by the bound of a `Dual` alone, whatever they come from.

    Parameters
    ----------
    part
        Prices to start with, and where the best are kept. All its rules are kept by its picks.
    fractions
        Of sites, to start with.
    before
        The same on other sites, if there was that: steps go on as long as they were there.

    Attributes
    ----------
    part
        Prices and their bound.
    fractions
        Where the fractions are.
    value
        What the best fractions cover: no prices of the part give a lower bound, save for rounding.
    length, balance
        Of steps: how long they are, and how much longer those of prices than those of fractions.
    steps
        How many were made.
    """

    def __init__(self, part: Dual, fractions: Floats, before: Saddle | None = None) -> None:
        self.part, self.value = part, -math.inf
        sets, weights = part.sets, part.sets.weights
        self._sites = np.flatnonzero(~part.picks.barred)
        mass = add_up(sets, weights)[self._sites]
        self._near = 1 / np.where(mass > 0, mass, mass.max(initial=0.0) or 1.0)
        self._far = weights / np.maximum(1, np.bincount(sets.demand, minlength=len(weights)))
        self._room = _Room(part.picks, self._sites)
        self._prices = part.prices
        self.fractions = self._spread(self._room.project(fractions[self._sites], self._near))
        self.length, self.steps = 1.0, 0
        self.balance = self._weigh(self._prices, self.fractions) or 1.0
        if before is not None:
            self.length, self.steps = before.length, before.steps
            self.balance = before.balance
        self._start_again()

    def approach(self, target: float, steps: int, deadline: float) -> None:
        """Take steps, and keep the prices with the lowest bound in the part.

        Parameters
        ----------
        target
            What a plan covers.
        steps
            How many, at most.
        deadline
            When to stop, by `time.monotonic`.
        """
        left = before = self._judge(self._prices, self.fractions, target)
        for nth in range(1, steps + 1):
            self._step()
            late = time.monotonic() > deadline
            if nth % _LOOK and nth < steps and not late:
                continue
            mean = self._mean_prices / self._travelled, self._mean_fractions / self._travelled
            at_mean = self._judge(*mean, target)
            if late:
                break
            now = self._judge(self._prices, self.fractions, target)
            least = min(now, at_mean)
            slower, before = before < least <= _SOME * left, least
            if least <= _MUCH * left or slower or self._since >= _LONG * self.steps:
                if at_mean <= now:
                    self._prices, self.fractions = mean
                self._rebalance()
                self._start_again()
                left, before = least, math.inf

    def _start_again(self) -> None:
        sets = self.part.sets
        self._from = self._prices, self.fractions
        self._mean_prices, self._mean_fractions = np.zeros(len(sets.weights)), np.zeros(sets.sites)
        self._travelled, self._since = 0.0, 0
        self._covered = _cover(sets, self.fractions)

    def _step(self) -> None:
        """Take a step that is short enough, and tell by it how long the next may be."""
        earned = add_up(self.part.sets, self._prices)[self._sites]
        while True:
            length = self.length
            prices, fractions, covered, most = self._try(length, earned)
            self.steps += 1
            shorter = (1 - (self.steps + 1) ** _SHORTER) * most
            self.length = min(shorter, (1 + (self.steps + 1) ** _LONGER) * length)
            if length <= most:
                break
        self._prices, self.fractions, self._covered = prices, fractions, covered
        self._mean_prices += length * prices
        self._mean_fractions += length * fractions
        self._travelled += length
        self._since += 1

    def _try(self, length: float, earned: Floats) -> tuple[Floats, Floats, Floats, float]:
        """Return where a step leads, and how long it may be for both sides to come nearer by it."""
        sets, near = self.part.sets, length / self.balance * self._near
        here = self.fractions[self._sites]
        there = self._room.project(here + near * earned, near)
        fractions = self._spread(there)
        covered, prices = _cover(sets, fractions), np.empty(len(sets.weights))
        far = length * self.balance * self._far
        worth = self.part.worth
        _set_prices(self._prices, self._covered, covered, far, sets.weights, worth, prices)
        way, both = _measure(self._prices, self._covered, prices, covered, self._far)
        way = way / self.balance + self.balance * float(((there - here) ** 2 / self._near).sum())
        return prices, fractions, covered, way / (2 * abs(both)) if both else math.inf

    def _rebalance(self) -> None:
        """Let both sides go as far as they went since they last started."""
        went = self._weigh(self._prices - self._from[0], self.fractions - self._from[1])
        if went > 0:
            self.balance = math.sqrt(went * self.balance)

    def _weigh(self, prices: Floats, fractions: Floats) -> float:
        """Return how far prices are from nothing, as a share of how far fractions are; or 0."""
        square = float((fractions[self._sites] ** 2 / self._near).sum())
        return math.sqrt(float((prices**2 / self._far).sum()) / square) if square > 0 else 0.0

    def _judge(self, prices: Floats, fractions: Floats, target: float) -> float:
        """Return the distance between both sides; the part keeps the prices if they are best."""
        part = self.part
        part.prices = prices
        bound = part.evaluate(target).bound
        covered = _cover(part.sets, fractions)
        shares = np.interp(covered, np.arange(len(part.worth)), part.worth)
        value = float((part.sets.weights * shares).sum())
        self.value = max(self.value, value)
        return max(0.0, bound - value)

    def _spread(self, fractions: Floats) -> Floats:
        whole = np.zeros(self.part.sets.sites)
        whole[self._sites] = fractions
        return whole


class _Room:
    """Where the fractions of sites that are not barred may be."""

    def __init__(self, picks: Picks, sites: Integers) -> None:
        self._fixed, self._group = picks.fixed[sites], picks.group[sites]
        self._low, self._high = picks.low.astype(np.float64), picks.high.astype(np.float64)
        self._count = -1.0 if picks.count is None else float(picks.count)

    def project(self, fractions: Floats, scale: Floats) -> Floats:
        """Return the nearest fractions that keep the picks; those of a larger scale move more."""
        nearest, limits = np.empty(len(fractions)), (self._low, self._high, self._count)
        _project(fractions, scale, self._fixed, self._group, *limits, nearest)
        return nearest


def _cover(sets: CoverSets, fractions: Floats) -> Floats:
    """Return how many sites cover each demand, each site counted by its fraction."""
    covered = np.zeros(len(sets.weights))
    _add_fractions(sets.start, sets.demand, fractions, covered)
    return covered


@compiled
def _add_fractions(start: Integers, demand: Indices, fractions: Floats, covered: Floats) -> None:
    for one in range(len(fractions)):
        share = fractions[one]
        if share > 0.0:
            for at in range(start[one], start[one + 1]):
                covered[demand[at]] += share


@compiled
def _set_prices(
    before: Floats,
    was: Floats,
    covered: Floats,
    far: Floats,
    weights: Floats,
    worth: Floats,
    prices: Floats,
) -> None:
    """Move prices against what is about to cover the demand, until it buys as much as that.

    The nearest price p with p = before + far (n - ahead), where demand buys n at p: that is
    between what the n-th and the next site add. No price is above what the first one adds.
    """
    most = len(worth) - 1
    for j in range(len(before)):
        price = before[j] - far[j] * (2 * covered[j] - was[j])
        added = weights[j] * (worth[1] - worth[0])
        for n in range(most + 1):
            next_added = weights[j] * (worth[n + 1] - worth[n]) if n < most else 0.0
            moved = price + far[j] * n
            if moved >= next_added or n == most:
                prices[j] = min(added, max(next_added, moved))
                break
            added = next_added


@compiled
def _measure(
    before: Floats, was: Floats, prices: Floats, covered: Floats, far: Floats
) -> tuple[float, float]:
    """Return the way of the prices, squared, and what both ways have in common."""
    way, both = 0.0, 0.0
    for j in range(len(before)):
        off = prices[j] - before[j]
        way += off * off / far[j]
        both += off * (covered[j] - was[j])
    return way, both


@compiled
def _project(
    fractions: Floats,
    scale: Floats,
    fixed: Flags,
    group: Integers,
    low: Floats,
    high: Floats,
    count: float,
    nearest: Floats,
) -> None:
    """Lower all fractions by one toll times their scale, and those of a group by one of its own."""
    groups = len(low)
    totals, tolls = np.zeros(groups), np.zeros(groups)
    least, most = 0.0, 0.0
    for i in range(len(fractions)):
        least = min(least, (fractions[i] - 1.0) / scale[i])
        most = max(most, fractions[i] / scale[i])
    if count >= 0.0:
        below, above = least, most
        for _ in range(_HALVINGS):
            toll = (below + above) / 2
            tolls[:] = toll
            _total(fractions, scale, fixed, group, tolls, totals)
            total = 0.0
            for k in range(groups):
                total += min(high[k], max(low[k], totals[k]))
            if total > count:
                below = toll
            else:
                above = toll
        tolls[:] = above
    _total(fractions, scale, fixed, group, tolls, totals)
    wanted = totals.copy()
    outside = False
    for k in range(groups):
        wanted[k] = min(high[k], max(low[k], totals[k]))
        outside = outside or wanted[k] != totals[k]
    if outside:
        _toll_groups(fractions, scale, fixed, group, wanted, tolls, least, most)
    for i in range(len(fractions)):
        lowered = fractions[i] - scale[i] * tolls[group[i]]
        nearest[i] = 1.0 if fixed[i] else min(1.0, max(0.0, lowered))


@compiled
def _toll_groups(
    fractions: Floats,
    scale: Floats,
    fixed: Flags,
    group: Integers,
    wanted: Floats,
    tolls: Floats,
    least: float,
    most: float,
) -> None:
    """Find the toll of each group at which its fractions add up to what is wanted."""
    totals = np.zeros(len(tolls))
    _total(fractions, scale, fixed, group, tolls, totals)
    off = totals != wanted
    below, above = np.full(len(tolls), least), np.full(len(tolls), most)
    for _ in range(_HALVINGS):
        for k in range(len(tolls)):
            if off[k]:
                tolls[k] = (below[k] + above[k]) / 2
        _total(fractions, scale, fixed, group, tolls, totals)
        for k in range(len(tolls)):
            if totals[k] > wanted[k]:
                below[k] = tolls[k]
            else:
                above[k] = tolls[k]
    for k in range(len(tolls)):
        if off[k]:
            tolls[k] = above[k]


@compiled
def _total(
    fractions: Floats,
    scale: Floats,
    fixed: Flags,
    group: Integers,
    tolls: Floats,
    totals: Floats,
) -> None:
    totals[:] = 0.0
    for i in range(len(fractions)):
        lowered = fractions[i] - scale[i] * tolls[group[i]]
        totals[group[i]] += 1.0 if fixed[i] else min(1.0, max(0.0, lowered))
