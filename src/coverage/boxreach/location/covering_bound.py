"""What no cover can cost less than: the Lagrangian bound of a covering question.

Each demand is given a price u_j of 0 or more. A cover costs at least the sum of min(0, r_i) over
the sites, where r_i is the cost of a site less the prices of what it covers, plus the least sum of
prices of demand that makes up the weight to be covered, each paid as often as sites must cover it,
whatever the prices (Beasley, 1990).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from boxreach.compilation import compiled
from boxreach.location.covering import ROUNDING, Covering

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_STEPS_AT_ONCE, _MOST_STEPS, _PATIENCE = 25, 1500, 20
_FIRST_STEP, _SHORTEST_STEP, _RISE = 2.0, 1e-4, 1e-9


@dataclass(frozen=True, eq=False)
class CoverPrices:
    """A bound, and what opening each site adds to it; below 0 where the bound opens it."""

    bound: float
    reduced: Floats


class State(NamedTuple):
    """Where the ascent stands.

    `share` is how much of each demand the bound covers, by `boxes` sites; `forced` tells by 1 and
    -1 what rules ask of each site; `numbers` are the best bound, the step length and the steps
    since it rose.
    """

    starts: Integers
    sites: Integers
    costs: Floats
    forced: Integers
    weights: Floats
    need: float
    boxes: float
    prices: Floats
    best: Floats
    share: Floats
    reduced: Floats
    numbers: Floats


def price_covers(covering: Covering, upper: float, *, until: float) -> CoverPrices:
    """Return the best bound that prices were found for; rules on several sites are left out.

    Parameters
    ----------
    covering
        The question.
    upper
        What some cover costs; it sets the length of the steps.
    until
        When the clock says to stop.
    """
    columns = csc_array(covering.cover)
    forced = np.zeros(len(covering.costs), dtype=np.int64)
    forced[covering.rules.forbidden] = -1
    forced[covering.rules.fixed] = 1
    many = columns.shape[1]
    prices = _first_prices(covering)
    state = State(
        columns.indptr.astype(np.int64),
        columns.indices.astype(np.int64),
        covering.costs,
        forced,
        covering.weights,
        math.inf if covering.need is None else covering.need,
        float(covering.boxes),
        prices,
        prices.copy(),
        np.ones(many),
        np.empty(len(forced)),
        np.array([-np.inf, _FIRST_STEP, 0.0]),
    )
    for _ in range(0, _MOST_STEPS, _STEPS_AT_ONCE):
        _climb(state, upper)
        reached, step, _ = state.numbers
        if time.perf_counter() >= until or step < _SHORTEST_STEP or reached >= upper:
            break
    return _evaluate(state)


def _first_prices(covering: Covering) -> Floats:
    """Return the least cost by demand covered of the sites of each demand."""
    sizes = np.maximum(1, np.diff(covering.cover.indptr))
    each = np.repeat(covering.costs / sizes, np.diff(covering.cover.indptr))
    prices = np.full(covering.cover.shape[1], np.inf)
    np.minimum.at(prices, covering.cover.indices, each)
    return np.where(np.isinf(prices), 0.0, prices)


def _evaluate(state: State) -> CoverPrices:
    """Compute the bound of the best prices anew, with as little rounding as can be."""
    owner = np.repeat(np.arange(len(state.best)), np.diff(state.starts))
    paid = np.bincount(state.sites, state.best[owner], minlength=len(state.costs))
    reduced = state.costs - paid
    added = np.where(state.forced > 0, reduced, np.minimum(0.0, reduced))
    added[state.forced < 0] = 0.0
    state.prices[:] = state.best
    covered = _cover_cheaply(state)
    slack = ROUNDING * (float(paid.sum()) + float(state.costs.sum()) + covered)
    return CoverPrices(covered + math.fsum(added.tolist()) - slack, reduced)


@compiled
def _cover_cheaply(state: State) -> float:
    """Cover the weight needed where prices are least; return what all sites for it are paid."""
    state.share[:] = 1.0
    if state.need == np.inf:
        return float(state.prices.sum()) * state.boxes
    left, total = state.need, 0.0
    order = np.argsort(state.prices / state.weights, kind="mergesort")  # stable
    for place in range(len(order)):
        one = order[place]
        state.share[one] = min(1.0, max(0.0, left / state.weights[one]))
        total += state.share[one] * state.prices[one]
        left -= state.weights[one]
    return total * state.boxes


@compiled
def _open_sites(state: State) -> float:
    """Find what each site adds, and return the bound."""
    state.reduced[:] = state.costs
    for one in range(len(state.prices)):
        for at in range(state.starts[one], state.starts[one + 1]):
            state.reduced[state.sites[at]] -= state.prices[one]
    bound = _cover_cheaply(state)
    for site in range(len(state.reduced)):
        if state.forced[site] > 0:
            bound += state.reduced[site]
        elif state.forced[site] == 0:
            bound += min(0.0, state.reduced[site])
    return bound


@compiled
def _slope(one: int, state: State) -> float:
    """Return how the bound changes with a price."""
    slope = state.share[one] * state.boxes
    for at in range(state.starts[one], state.starts[one + 1]):
        site = state.sites[at]
        if state.forced[site] > 0 or (state.forced[site] == 0 and state.reduced[site] < 0.0):
            slope -= 1.0
    return 0.0 if slope < 0.0 and state.prices[one] <= 0.0 else slope


@compiled
def _climb(state: State, aim: float) -> None:
    """Move the prices some steps along the slope; shorten the steps where that gains nothing."""
    numbers, slopes = state.numbers, np.empty(len(state.prices))
    for _ in range(_STEPS_AT_ONCE):
        bound = _open_sites(state)
        numbers[2] = 0.0 if bound > numbers[0] + _RISE * abs(bound) else numbers[2] + 1.0
        if bound > numbers[0]:
            numbers[0] = bound
            state.best[:] = state.prices
        if numbers[2] >= _PATIENCE:
            numbers[1] /= 2.0
            numbers[2] = 0.0
            state.prices[:] = state.best
            bound = _open_sites(state)
        length = 0.0
        for one in range(len(slopes)):
            slopes[one] = _slope(one, state)
            length += slopes[one] * slopes[one]
        if length == 0.0:
            numbers[1] = 0.0
        if numbers[1] < _SHORTEST_STEP:
            return
        step = numbers[1] * max(aim - bound, 1e-6 * abs(aim)) / length
        for one in range(len(slopes)):
            state.prices[one] = max(0.0, state.prices[one] + step * slopes[one])
