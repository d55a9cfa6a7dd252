"""P-medians: the least sum of weighted costs to the nearest chosen site, and how good it is.

A greedy choice is bettered by swaps and by swaps after random kicks; Lagrangian prices bound what
any plan can cost; what such bounds leave open goes to HiGHS, which is often little.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from boxreach.arguments import number_faults
from boxreach.errors import BoxreachError, Fault
from boxreach.location.arrays import SAME, as_costs, check_inputs, nearest_sites
from boxreach.location.choices import (
    chosen_in,
    count_block,
    cover_block,
    find_choice,
    first_of_equals,
)
from boxreach.location.median_bound import Prices, raise_bound
from boxreach.location.median_pairs import Pairs, pair_up
from boxreach.location.median_program import write_rest
from boxreach.location.median_search import Search
from boxreach.location.models import Solution
from boxreach.location.program import solve_program
from boxreach.location.rules import Rows, Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MOST_PAIRS = 3_000_000
_MOST_KICKS, _KICKED_PAIRS = 300, 1e8


def p_median(
    cost: csr_array | Floats,
    weights: Floats,
    *,
    sites: int,
    beyond: float | None = None,
    rules: Rules | None = None,
    seconds: float = 60.0,
    seed: int = 0,
) -> Solution:
    """Choose sites so that the sum of weighted costs to the nearest of them is least.

    Minimise the sum of w_j c_ij y_ij subject to the sum of y_ij over the sites i being 1 for every
    demand j, y_ij <= x_i, the sum of x_i = p, x_i in {0, 1} (Hakimi, 1964; ReVelle and Swain,
    1970). With `beyond`, demand that no chosen site serves at that cost or less counts `beyond`.

    Parameters
    ----------
    cost
        Sites by demand, 0 or more. Of a sparse array the stored pairs are possible, a stored 0
        is a cost of 0; of a dense one those that are not infinite.
    weights
        Weight of each demand, 0 or more; demand of weight 0 asks for nothing.
    sites
        How many to choose, exactly.
    beyond
        What demand out of reach costs at most; None if all must be in reach.
    rules
        What the choice must keep to; demand is covered where a pair is possible.
    seconds
        How long it may take; what was found then is returned with a valid bound.
    seed
        Seed of the random choices.

    Returns
    -------
    Solution
        `assignment` is the nearest chosen site of each demand.

    Raises
    ------
    InputError
        If a number is out of range.
    BoxreachError
        If no choice that serves all and keeps the rules was found in the time given.

    Examples
    --------
    >>> minutes = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]])
    >>> solution = p_median(minutes, np.array([3.0, 1.0, 2.0]), sites=2)
    >>> solution
    Solution(status='optimal', objective=4.0, bound=4.0, sites=array([0, 2]))
    >>> solution.assignment.tolist()
    [0, 0, 2]
    """
    began = time.perf_counter()
    rules = Rules() if rules is None else rules
    pairs, faults = as_costs(cost)
    check_inputs(
        pairs,
        weights,
        rules,
        sites=sites,
        seconds=seconds,
        seed=seed,
        more=faults + _beyond_faults(beyond),
    )
    weights = np.asarray(weights, dtype=np.float64)
    if beyond is not None:
        pairs = _within(pairs, beyond)
    task = _Task(pairs, weights, sites, beyond, rules, seed, began + seconds)
    outcome = _search(task)
    if outcome is None:
        none = np.empty(0, dtype=np.int64)
        spent = time.perf_counter() - began
        return Solution("infeasible", np.inf, np.inf, none, "min", spent, seed)
    chosen, bound = outcome
    chosen = first_of_equals(pairs, chosen, rules, pairs)
    objective, nearest = task.measure(chosen)
    proven = objective <= bound * (1 + SAME)
    return Solution(
        "optimal" if proven else "feasible",
        objective,
        objective if proven else bound,
        chosen,
        "min",
        time.perf_counter() - began,
        seed,
        nearest,
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """The question as given; `until` is when the clock says to stop."""

    cost: csr_array
    weights: Floats
    sites: int
    beyond: float | None
    rules: Rules
    seed: int
    until: float

    def measure(self, chosen: Integers) -> tuple[float, Integers]:
        """Return the sum of weighted costs of a choice, and the site of each demand."""
        nearest, least = nearest_sites(self.cost, chosen)
        if self.beyond is not None:
            least = np.minimum(least, self.beyond)
        some = self.weights > 0
        return math.fsum((self.weights[some] * least[some]).tolist()), nearest

    def left(self) -> float:
        """Return how many seconds are left."""
        return max(0.0, self.until - time.perf_counter())


def _beyond_faults(beyond: float | None) -> list[Fault]:
    if beyond is None:
        return []
    advice = "give a number of 0 or more, or None if all demand must be in reach"
    return number_faults("beyond", beyond, lambda cost: 0 <= cost < math.inf, advice)


def _within(pairs: csr_array, beyond: float) -> csr_array:
    """Return the pairs of no more than a cost; those of 0 stay stored."""
    near = pairs.data <= beyond
    before = np.append(0, np.cumsum(near))
    return csr_array(
        (pairs.data[near], pairs.indices[near], before[pairs.indptr]), shape=pairs.shape
    )


def _search(task: _Task) -> tuple[Integers, float] | None:
    """Return a choice and a bound; None if no choice serves all and keeps the rules."""
    pairs = pair_up(task.cost, task.weights, task.beyond)
    rows = task.rules.rows(task.cost)
    search = Search(pairs, rows)
    chosen = _first_choice(task, search)
    if chosen is None:
        return None
    chosen, _ = search.descend(chosen, task.until)
    upper = task.measure(chosen)[0]
    prices = raise_bound(pairs, rows, task.sites, upper, until=task.until)
    if not _is_proven(pairs, upper, prices.bound):
        chosen = _kick_on(task, search, chosen, prices)
        upper = task.measure(chosen)[0]
        prices = raise_bound(pairs, rows, task.sites, upper, until=task.until, start=prices.prices)
    bound = _rounded_up(pairs, prices.bound)
    if not _is_proven(pairs, upper, bound) and task.left() > 0:
        return _prove(task, pairs, rows, search, chosen, prices)
    return chosen, bound


def _rounded_up(pairs: Pairs, bound: float) -> float:
    """Return a bound rounded up where costs are whole, but for the dust of floats."""
    return float(np.ceil(bound - 1e-6)) if pairs.whole else bound


def _is_proven(pairs: Pairs, upper: float, bound: float) -> bool:
    return upper <= _rounded_up(pairs, bound) * (1 + SAME)


def _first_choice(task: _Task, search: Search) -> Integers | None:
    """Return a choice that serves all and keeps the rules; None if it is proven there is none."""
    greedy = search.add(task.sites)
    if greedy is not None and _is_plan(task, greedy):
        return greedy
    rows = task.rules.rows(task.cost)
    blocks = [count_block(len(rows.column_lower), task.sites)]
    if task.beyond is None:
        blocks.append(cover_block(csc_array(task.cost[:, np.flatnonzero(task.weights > 0)])))
    merit = np.asarray(-_mean_costs(task))
    answer = find_choice(rows, blocks, merit, seconds=task.left(), seed=task.seed)
    if answer.status == "infeasible":
        return None
    chosen = chosen_in(answer, task.cost.shape[0])
    if chosen is None or not _is_plan(task, chosen):
        message = "no plan that serves all and keeps the rules was found in time; allow more"
        raise BoxreachError(message)
    return chosen


def _mean_costs(task: _Task) -> Floats:
    """Return what each site costs the demand it can serve, on the mean; the most where none."""
    total = csr_array(task.cost @ csc_array(task.weights[:, None])).toarray().ravel()
    served = task.cost.copy()
    served.data = np.ones(len(served.data))
    weight = served @ task.weights
    mean = np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)
    return np.asarray(np.where(np.isnan(mean), np.nanmax(mean, initial=0.0), mean))


def _is_plan(task: _Task, chosen: Integers) -> bool:
    """Tell whether a choice serves all and keeps the rules."""
    return (
        len(chosen) == task.sites
        and math.isfinite(task.measure(chosen)[0])
        and not task.rules.broken(chosen, task.cost)
    )


def _kick_on(task: _Task, search: Search, chosen: Integers, prices: Prices) -> Integers:
    """Better a choice by swaps, from the sites of the bound and after random kicks."""
    random = np.random.default_rng(task.seed)
    best = task.measure(chosen)[0]
    pairs = search.pairs
    kicks = min(_MOST_KICKS, int(_KICKED_PAIRS / max(1, len(pairs.values))) + 10)
    for number in range(kicks):
        if task.left() <= 0 or _is_proven(pairs, best, prices.bound):
            break
        start = prices.chosen if number == 0 else search.kick(chosen, random)
        if number == 0 and task.rules.broken(start, task.cost):
            continue
        found, _ = search.descend(start, task.until)
        value = task.measure(found)[0]
        if value < best and _is_plan(task, found):
            chosen, best = found, value
    return chosen


def _prove(
    task: _Task, pairs: Pairs, rows: Rows, search: Search, chosen: Integers, prices: Prices
) -> tuple[Integers, float]:
    """Let HiGHS look for a better plan among those that the bounds leave open."""
    upper = task.measure(chosen)[0]
    bound = _rounded_up(pairs, prices.bound)
    # Of whole costs a better plan is 1 cheaper; else what is not a billionth cheaper is as good.
    target = upper - 0.5 if pairs.whole else upper * (1 - SAME / 2)
    rest = write_rest(pairs, rows, task.sites, prices, target, _MOST_PAIRS)
    if rest is None:
        return chosen, bound
    # Plans that the program leaves out cost the target or more.
    outside = _rounded_up(pairs, target)
    if rest.program is None:
        return chosen, outside
    answer = solve_program(rest.program, seconds=task.left(), seed=task.seed)
    found = chosen_in(answer, len(rows.column_lower))
    if found is not None and _is_plan(task, found):
        found, _ = search.descend(found, task.until)
        if task.measure(found)[0] < upper and _is_plan(task, found):
            chosen = found
    least = _rounded_up(pairs, rest.least - answer.bound)
    return chosen, max(bound, min(least, outside))
