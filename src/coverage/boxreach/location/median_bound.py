"""What no p-median plan can cost less than: the Lagrangian bound, raised step by step.

Each demand is given a price u_j. A plan costs at least the sum of the prices plus the sum over
its sites of r_i, the sum of min(0, w_j c_ij - u_j): the p least r_i give a bound, whatever the
prices. Prices are raised where no site, and lowered where several, would take the demand
(subgradients; Cornuejols, Fisher and Nemhauser, 1977).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.location.median_pairs import Pairs
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ROUNDING = 1e-12
_STEPS_AT_ONCE = 25
_MOST_STEPS = 1500
_PATIENCE = 20
_FIRST_STEP, _SHORTEST_STEP = 2.0, 1e-4
_RISE = 1e-9


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices, and what follows from them.

    Attributes
    ----------
    prices
        Of each demand.
    reduced
        Of each site: what opening it adds to the bound, 0 or less.
    chosen
        The sites that the bound opens.
    bound
        What no plan can cost less than.
    """

    prices: Floats
    reduced: Floats
    chosen: Integers
    bound: float


def raise_bound(
    pairs: Pairs, rows: Rows, sites: int, upper: float, *, until: float, start: Floats | None = None
) -> Prices:
    """Return the best prices found.

    Parameters
    ----------
    pairs
        The question.
    rows
        Of the rules, those on single sites are kept; without the others the bound only is lower.
    sites
        How many are chosen.
    upper
        What some plan costs; it sets the length of the steps.
    until
        When the clock says to stop.
    start
        Prices to begin with.
    """
    stays, stays_out = rows.column_lower > 0, rows.column_upper < 1
    best = _first_prices(pairs) if start is None else start.copy()
    state = State(
        prices=best.copy(),
        best=best,
        slope=np.empty(len(best)),
        reduced=np.empty(len(stays)),
        opened=np.empty(len(stays), dtype=np.bool_),
        forced=stays.astype(np.int64) - stays_out.astype(np.int64),
        numbers=np.array([-np.inf, _FIRST_STEP, 0.0]),
    )
    aim = upper if math.isfinite(upper) else 2.0 * float(best.sum()) + 1.0
    for _ in range(0, _MOST_STEPS, _STEPS_AT_ONCE):
        _climb(pairs, state, sites, aim)
        reached, step, _ = state.numbers
        if time.perf_counter() >= until or step < _SHORTEST_STEP or reached >= aim:
            break
    return _evaluate(pairs, best, stays, stays_out, sites)


def _first_prices(pairs: Pairs) -> Floats:
    """Return the second least value of each demand, a price at which one site would take it."""
    begins, ends = pairs.near_starts[:-1], pairs.near_starts[1:]
    at = np.minimum(begins + 1, ends - 1)
    some = ends > begins
    prices = np.where(np.isinf(pairs.otherwise), 0.0, pairs.otherwise)
    prices[some] = np.minimum(pairs.near_values[at[some]], pairs.otherwise[some])
    return prices


def _evaluate(pairs: Pairs, prices: Floats, stays: Flags, stays_out: Flags, sites: int) -> Prices:
    """Compute the bound of prices anew, with as little rounding as can be."""
    owner = np.repeat(np.arange(len(prices)), np.diff(pairs.near_starts))
    under = np.minimum(0.0, pairs.near_values - prices[owner])
    reduced = np.bincount(pairs.near_sites, under, minlength=len(stays)).astype(np.float64)
    rank = np.where(stays, -np.inf, np.where(stays_out, np.inf, reduced))
    chosen = np.sort(np.argsort(rank, kind="stable")[:sites])
    bound = math.fsum(prices.tolist()) + math.fsum(reduced[chosen].tolist())
    slack = _ROUNDING * (float(np.abs(prices).sum()) + float(np.abs(under).sum()))
    return Prices(prices, reduced, chosen.astype(np.int64), bound - slack)


class State(NamedTuple):
    """Where the ascent stands.

    `numbers` are the best bound, the step length and the steps since the bound rose; `opened` are
    the sites that the bound opens; -1, 0 or 1 in `forced` tells what rules ask of each site.
    """

    prices: Floats
    best: Floats
    slope: Floats
    reduced: Floats
    opened: Flags
    forced: Integers
    numbers: Floats


@compiled
def _open_sites(pairs: Pairs, state: State, sites: int) -> float:
    """Open the sites that add least to the bound, and return the bound."""
    state.reduced[:] = 0.0
    for one in range(len(state.prices)):
        for at in range(pairs.near_starts[one], pairs.near_starts[one + 1]):
            below = pairs.near_values[at] - state.prices[one]
            if below >= 0.0:
                break
            state.reduced[pairs.near_sites[at]] += below
    rank = state.reduced.copy()
    for site in range(len(rank)):
        if state.forced[site] != 0:
            rank[site] = -np.inf if state.forced[site] > 0 else np.inf
    bound = float(state.prices.sum())
    state.opened[:] = False
    order = np.argsort(rank, kind="mergesort")  # of equals the first, compiled or not
    for place in range(sites):
        state.opened[order[place]] = True
        bound += state.reduced[order[place]]
    return bound


@compiled
def _find_slope(pairs: Pairs, state: State) -> float:
    """Find how the bound changes with each price; return the square of its length."""
    length = 0.0
    for one in range(len(state.prices)):
        slope = 1.0
        for at in range(pairs.near_starts[one], pairs.near_starts[one + 1]):
            if pairs.near_values[at] >= state.prices[one]:
                break
            if state.opened[pairs.near_sites[at]]:
                slope -= 1.0
        state.slope[one] = slope
        length += slope * slope
    return length


@compiled
def _climb(pairs: Pairs, state: State, sites: int, aim: float) -> None:
    """Move the prices some steps along the slope; shorten the steps where that gains nothing."""
    numbers = state.numbers
    for _ in range(_STEPS_AT_ONCE):
        bound = _open_sites(pairs, state, sites)
        numbers[2] = 0.0 if bound > numbers[0] + _RISE * abs(bound) else numbers[2] + 1.0
        if bound > numbers[0]:
            numbers[0] = bound
            state.best[:] = state.prices
        if numbers[2] >= _PATIENCE:
            numbers[1] /= 2.0
            numbers[2] = 0.0
            state.prices[:] = state.best
            bound = _open_sites(pairs, state, sites)
        length = _find_slope(pairs, state)
        if length == 0.0:
            numbers[1] = 0.0
        if numbers[1] < _SHORTEST_STEP:
            return
        step = numbers[1] * max(aim - bound, 1e-6 * abs(aim)) / length
        for one in range(len(state.prices)):
            price = max(0.0, state.prices[one] + step * state.slope[one])
            state.prices[one] = min(price, pairs.otherwise[one])
