"""What no plan can beat: the Lagrangian relaxation of the links between demand and sites."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.location.cover_sets import CoverSets, in_parts
from boxreach.location.picks import Picks
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_SLACK = 1e-11
"""Sums of a million floats are true to this share."""
_MOMENTUM = 0.9
_PATIENCE = 12
_SHRINK = 0.5
_SHORTEST = 1e-4
"""After so many steps without gain they become shorter, and shorter than the last none is made."""
_FRESH = 0.05
"""What steps on prices from elsewhere are at least as long as."""
_FLAT = 1e-12
"""A slope of so small a share of all weights is none."""


@dataclass(frozen=True, eq=False)
class Offer:
    """Prices, and what they lead to.

    Attributes
    ----------
    prices, rule_prices
        Of demand and of rules.
    earned, chosen
        What each site earns at these prices, and the sites that earn most together.
    bound
        What no plan can beat.
    """

    prices: Floats
    rule_prices: Floats
    earned: Floats
    chosen: Integers
    bound: float


class Dual:
    """Prices of demand and of rules, and the bound that they prove.

    Let n_j be how many chosen sites cover demand j. A price p_j for each of them parts the
    problem: each demand buys as many as it likes, and the sites that earn most are chosen:

        bound(p) = sum_j max_n (w_j worth[n] - p_j n) + max_x sum_i x_i sum_{j in i} p_j

    Rules that the picks cannot keep have prices q too: the earnings of a site fall by q times
    what it adds to the rule, and the bound grows by q times the limit. Any prices give a valid
    bound (Galvao and ReVelle, 1996, for the model without rules); `descend` looks for lower ones
    along subgradients, with momentum, and steps in proportion to the weights (Polyak, 1969).

    Parameters
    ----------
    sets
        What the sites cover.
    worth
        Share of a weight that counts when n sites cover it, from n = 0.
    picks, rest
        The rules, those kept exactly and the rest.
    prices, rule_prices
        Prices to start with; the first those of demand.

    Attributes
    ----------
    best
        The prices with the lowest bound so far.
    last
        What the prices last evaluated lead to.
    length
        Of the steps, as a share of Polyak's.
    """

    def __init__(
        self,
        sets: CoverSets,
        worth: Floats,
        picks: Picks,
        rest: Rows,
        prices: Floats,
        rule_prices: Floats,
    ) -> None:
        self.sets, self.worth, self.picks, self.rest = sets, worth, picks, rest
        self._ceiling = sets.weights * float((worth[1:] / np.arange(1, len(worth))).max())
        self._turned = csr_array(rest.matrix.T)
        self._direction, self._rule_direction = np.zeros(len(prices)), np.zeros(len(rule_prices))
        self.length, self._idle, self._most = 1.0, 0, float(sets.weights.sum())
        self._scale = 1 / np.maximum(1e-300, _mean_amounts(rest)) ** 2
        self.prices, self.rule_prices = prices, rule_prices
        self.best = Offer(prices, rule_prices, np.empty(0), np.empty(0, dtype=np.int64), math.inf)
        self.last: Offer | None = None

    def with_less(self, sets: CoverSets, picks: Picks, prices: Floats) -> Dual:
        """Return prices for what is left of the problem, where these ones leave off.

        Parameters
        ----------
        sets, picks
            The problem without the sites that were ruled out.
        prices
            Prices of its demand: those of what was merged, added up.
        """
        less = Dual(sets, self.worth, picks, self.rest, prices, self.best.rule_prices)
        less.best = replace(self.best, prices=prices)
        less.length = self.length
        return less

    def on_part(self, sets: CoverSets, picks: Picks, prices: Floats, before: Dual | None) -> Dual:
        """Return prices on a part of the sites, steps as long as on the part before.

        Parameters
        ----------
        sets, picks
            The part.
        prices
            Prices of its demand.
        before
            Prices on the part before, if there was one.
        """
        part = Dual(sets, self.worth, picks, self.rest, prices, self.rule_prices)
        part.length = (self if before is None else before).length
        return part

    def lengthen(self) -> None:
        """Make steps longer again, and forget what was best: prices have come from elsewhere."""
        self.length, self._idle = min(1.0, max(_FRESH, 2 * self.length)), 0

    def go_on_from(self, shares: Floats, part: Dual) -> None:
        """Take over prices from a part of the sites.

        Demand that none of these covers is bought from the others, if they come to be worth it:
        its prices go half of the way to where it buys nothing.

        Parameters
        ----------
        shares
            Prices of the demand of the part, as shares of its weight.
        part
            Where they come from; its demand is merged from that of these prices.
        """
        merged = part.sets.merged
        higher = (self.prices + self._ceiling) / 2
        known = self.sets.weights * np.append(shares, 0.0)[merged]
        self.prices = np.where(merged >= 0, known, higher)
        self.rule_prices = part.best.rule_prices

    def evaluate(self, target: float) -> Offer:
        """Return what the prices as they are lead to, without a step."""
        offer, _ = self._evaluate(target)
        self.last = offer
        if offer.bound < self.best.bound or math.isinf(self.best.bound):
            self.best = offer
        return offer

    @property
    def moves(self) -> bool:
        """Whether steps are still long enough to lead anywhere."""
        return self.length >= _SHORTEST

    def descend(self, target: float, steps: int, deadline: float) -> None:
        """Take steps towards lower bounds.

        Parameters
        ----------
        target
            What a plan covers: no bound is lower.
        steps
            How many, at most.
        deadline
            When to stop, by `time.monotonic`. One step is always taken.
        """
        for _ in range(steps):
            offer, slope = self._evaluate(target)
            enough = 1e-3 * (self.best.bound - target)
            self._idle = 0 if offer.bound < self.best.bound - enough else self._idle + 1
            if offer.bound < self.best.bound or math.isinf(self.best.bound):
                self.best = offer
            far = offer.bound - target
            if far <= 0 or slope <= _FLAT * self._most:
                self.length = 0.0  # there is nowhere to go
            if time.monotonic() > deadline or not self.moves:
                break
            if self._idle > _PATIENCE:
                self.length, self._idle = self.length * _SHRINK, 0
                self.prices, self.rule_prices = self.best.prices, self.best.rule_prices
                self._direction[:], self._rule_direction[:] = 0.0, 0.0
                continue
            self._go(self.length * far / slope, target)

    def turned_over(self, least: float) -> Flags:
        """Tell which sites every plan that covers more than `least` has as the best offer has them.

        Parameters
        ----------
        least
            What a plan covers.
        """
        losses = self.picks.losses(self.best.earned, self.best.chosen)
        return np.asarray(self.best.bound - losses < least * (1 - _SLACK) - _SLACK)

    def _evaluate(self, target: float) -> tuple[Offer, float]:
        """Return what the prices lead to, and the square of the slope, and turn towards it."""
        sets, rest = self.sets, self.rest
        earned = add_up(sets, self.prices)
        earned -= self._turned @ self.rule_prices
        chosen = self.picks.best(earned)
        if chosen is None:  # prices change nothing in what can be chosen at all
            message = "there is no choice to price"
            raise ValueError(message)
        counts = sets.count(chosen)
        bought, slope = _buy(
            self.prices, self._ceiling, sets.weights, self.worth, counts, self._direction, _MOMENTUM
        )
        limits = np.where(self.rule_prices > 0, rest.upper, rest.lower)
        ruled = np.multiply(
            self.rule_prices, limits, where=self.rule_prices != 0, out=np.zeros(len(limits))
        )
        terms = np.concatenate([[bought], earned[chosen], ruled])
        bound = math.fsum(terms) + _SLACK * math.fsum(np.abs(terms))
        if len(limits):
            slope += self._turn_rules(rest.matrix[:, chosen].sum(axis=1), target)
        return Offer(self.prices, self.rule_prices, earned, chosen, bound), slope

    def _turn_rules(self, activity: Floats, target: float) -> float:
        rest = self.rest
        over, under = np.maximum(activity - rest.upper, 0), np.maximum(rest.lower - activity, 0)
        slope = under - over
        slope = np.where(self.rule_prices > 0, rest.upper - activity, slope)
        slope = np.where(self.rule_prices < 0, rest.lower - activity, slope)
        self._rule_direction = slope + _MOMENTUM * self._rule_direction
        return float((self._rule_direction**2 * self._rule_metric(target)).sum())

    def _rule_metric(self, target: float) -> Floats:
        """Return how far to go along each rule: about what one site covers, for one site."""
        sites = max(1, self.picks.count or len(self.best.chosen))
        return np.asarray(max(target, 1e-300) / sites * self._scale)

    def _go(self, length: float, target: float) -> None:
        step = length * self.sets.weights * self._direction
        self.prices = np.clip(self.prices - step, 0.0, self._ceiling)
        if len(self.rule_prices):
            moved = self.rule_prices - length * self._rule_metric(target) * self._rule_direction
            lowest = np.where(np.isfinite(self.rest.lower), -np.inf, 0.0)
            highest = np.where(np.isfinite(self.rest.upper), np.inf, 0.0)
            self.rule_prices = np.clip(moved, lowest, highest)


def _mean_amounts(rows: Rows) -> Floats:
    counts = np.maximum(1, np.diff(rows.matrix.indptr))
    return np.asarray(rows.matrix.sum(axis=1) / counts, dtype=np.float64)


def add_up(sets: CoverSets, prices: Floats) -> Floats:
    """Return for each site the sum of the prices of what it covers.

    On two threads where that is much; the sums do not depend on that.
    """
    earned = np.zeros(sets.sites)
    work = partial(_add_up, sets.start, sets.demand, prices, earned)
    in_parts(sets.start, [sets.demand], work)
    return earned


def buy(weights: Floats, worth: Floats, prices: Floats) -> Floats:
    """Return what each demand gains by buying as many sites as it likes, at prices of 0 or more.

    Parameters
    ----------
    weights, worth
        What so many sites are worth to it, from none on.
    prices
        What it pays for each.

    Examples
    --------
    >>> buy(np.array([4.0, 4.0]), np.array([0.0, 0.5, 1.0]), np.array([1.0, 3.0]))
    array([2., 0.])
    """
    gained = np.zeros(len(prices))
    for often in range(1, len(worth)):
        np.maximum(gained, weights * worth[often] - prices * often, out=gained)
    return gained


@compiled
def _add_up(
    start: Integers, demand: Indices, prices: Floats, earned: Floats, low: int, high: int
) -> None:
    for one in range(low, high):
        total = 0.0
        for at in range(start[one], start[one + 1]):
            total += prices[demand[at]]
        earned[one] = total


@compiled
def _buy(
    prices: Floats,
    ceiling: Floats,
    weights: Floats,
    worth: Floats,
    counts: Integers,
    direction: Floats,
    momentum: float,
) -> tuple[float, float]:
    """Return what demand gains by buying, and the square of the slope that it turned to.

    Of numbers that gain as much, the one nearest to what the sites offer is bought, so that there
    is no slope where nothing is to be gained.
    """
    gained, square, most = 0.0, 0.0, len(worth) - 1
    for j in range(len(prices)):
        best, buys = 0.0, 0
        for n in range(1, most + 1):
            gain = weights[j] * worth[n] - prices[j] * n
            if gain > best or (gain == best and n <= counts[j]):
                best, buys = gain, n
        gained += best
        slope = float(counts[j] - buys)
        if (slope > 0 and prices[j] <= 0.0) or (slope < 0 and prices[j] >= ceiling[j]):
            slope = 0.0
        turned = slope + momentum * direction[j]
        direction[j] = turned
        square += turned * turned * weights[j]
    return gained, square
