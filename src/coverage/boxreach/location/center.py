"""P-centers: the least of what the farthest demand costs, by halving the range it can be in.

Whether so many sites cover all demand within a limit is a covering question. Greedy covers and
prices narrow the range first; local search, better prices and HiGHS decide what is left.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError
from boxreach.location.arrays import as_costs, check_inputs, merge_demand, nearest_sites
from boxreach.location.choices import Block, build_program, chosen_in, first_of_equals
from boxreach.location.covering import Covering, cover_greedily, price_bound, reduce_rows
from boxreach.location.covering_bound import price_covers
from boxreach.location.covering_search import search_covers
from boxreach.location.models import Solution
from boxreach.location.program import solve_program
from boxreach.location.rules import Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_ROUNDING = 1e-9
# Share of the time left that the local search, and then the prices, may take for one limit.
_QUICK = 0.1
_READS = 3e7


def p_center(
    cost: csr_array | Floats,
    *,
    sites: int,
    weights: Floats | None = None,
    rules: Rules | None = None,
    seconds: float = 60.0,
    seed: int = 0,
) -> Solution:
    """Choose sites so that the largest cost of any demand to the nearest of them is least.

    Minimise z subject to the sum of c_ij y_ij over the sites i being at most z for every demand j,
    the sum of y_ij being 1, y_ij <= x_i, the sum of x_i = p, x_i in {0, 1} (Hakimi, 1964). The
    answer is one of the costs; whether p sites cover all within one of them is a covering problem
    (Minieka, 1970), and the range of costs is halved until one is left.

    Parameters
    ----------
    cost
        Sites by demand, 0 or more. Of a sparse array the stored pairs are possible, a stored 0
        is a cost of 0; of a dense one those that are not infinite.
    sites
        How many to choose, exactly.
    weights
        Demand of weight 0 asks for nothing; other weights say nothing here. None: all counts.
    rules
        What the choice must keep to; demand is covered where a pair is possible.
    seconds
        How long it may take; what was found then is returned with a valid bound.
    seed
        Seed of the solver's random choices.

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
    >>> p_center(minutes, sites=1)
    Solution(status='optimal', objective=5.0, bound=5.0, sites=array([1]))
    """
    began = time.perf_counter()
    rules = Rules() if rules is None else rules
    pairs, faults = as_costs(cost)
    check_inputs(
        pairs, weights, rules, sites=sites, seconds=seconds, seed=seed, more=faults, weighed=False
    )
    task = _pose(pairs, weights, sites, rules, seed, began + seconds)
    found = _narrow(task)
    if found is None:
        none = np.empty(0, dtype=np.int64)
        spent = time.perf_counter() - began
        return Solution("infeasible", np.inf, np.inf, none, "min", spent, seed)
    chosen, bound = found
    chosen = first_of_equals(pairs, chosen, rules, pairs)
    objective = task.measure(chosen)
    return Solution(
        "optimal" if objective <= bound else "feasible",
        objective,
        min(bound, objective),
        chosen,
        "min",
        time.perf_counter() - began,
        seed,
        nearest_sites(pairs, chosen)[0],
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """The question brought to order: pairs of the demand that counts, and the costs there are."""

    original: csr_array
    pairs: csr_array
    values: Floats
    sites: int
    rules: Rules
    seed: int
    until: float

    def measure(self, chosen: Integers) -> float:
        """Return the largest cost of any demand that counts to its nearest chosen site."""
        return float(nearest_sites(self.pairs, chosen)[1].max(initial=0.0))

    def within(self, limit: float) -> Covering:
        """Return the question of covering all within a limit with as few sites as can be."""
        near = self.pairs.data <= limit
        before = np.append(0, np.cumsum(near))
        starts = before[self.pairs.indptr]
        cover = csr_array(
            (np.ones(int(near.sum())), self.pairs.indices[near], starts), shape=self.pairs.shape
        )
        ones = np.ones(cover.shape[0])
        return Covering(cover, np.ones(cover.shape[1]), None, self.rules, ones, self.original)

    def left(self) -> float:
        """Return how many seconds are left."""
        return max(0.0, self.until - time.perf_counter())


def _pose(
    pairs: csr_array,
    weights: Floats | None,
    sites: int,
    rules: Rules,
    seed: int,
    until: float,
) -> _Task:
    counts = np.ones(pairs.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    counting = csr_array(merge_demand(pairs, counts, with_values=True).columns)
    counting.sort_indices()
    values = np.unique(counting.data) if counting.shape[1] else np.zeros(1)
    return _Task(pairs, counting, values, sites, rules, seed, until)


def _narrow(task: _Task) -> tuple[Integers, float] | None:
    """Return a choice and a bound; None if no choice serves all and keeps the rules."""
    if not len(task.values):
        return None
    chosen, lowest = _narrow_quickly(task)
    if chosen is None:
        chosen, excluded = _decide(task, float(task.values[-1]))
        if excluded:
            return None
        if chosen is None:
            message = "no plan that serves all and keeps the rules was found in time; allow more"
            raise BoxreachError(message)
    highest = int(np.searchsorted(task.values, task.measure(chosen)))
    while lowest < highest and task.left() > 0:
        middle = (lowest + highest) // 2
        found, excluded = _decide(task, float(task.values[middle]))
        if found is not None:
            chosen = found
            highest = int(np.searchsorted(task.values, task.measure(chosen)))
        elif excluded:
            lowest = middle + 1
        else:
            break
    return chosen, float(task.values[lowest])


def _narrow_quickly(task: _Task) -> tuple[Integers | None, int]:
    """Return the best of greedy choices, and the first cost that prices do not exclude."""
    allowed = np.setdiff1d(np.arange(task.pairs.shape[0]), task.rules.forbidden)
    least = nearest_sites(task.pairs, allowed)[1].max(initial=0.0)
    lowest = min(int(np.searchsorted(task.values, least)), len(task.values) - 1)
    low, high = lowest, len(task.values) - 1
    best: Integers | None = None
    while low <= high:
        middle = (low + high) // 2
        covering = task.within(float(task.values[middle]))
        chosen = _fill_up(task, cover_greedily(covering))
        if chosen is not None:
            best, high = chosen, middle - 1
            continue
        low = middle + 1
        if price_bound(covering) > task.sites * (1 + _ROUNDING):
            lowest = max(lowest, min(low, len(task.values) - 1))
    return best, lowest


def _fill_up(task: _Task, chosen: Integers | None) -> Integers | None:
    """Return a choice brought to the number of sites asked for; None if it breaks a rule."""
    if chosen is None or len(chosen) > task.sites:
        return None
    barred = np.concatenate([chosen, task.rules.forbidden])
    free = np.setdiff1d(np.arange(task.pairs.shape[0]), barred)
    full = np.sort(np.append(chosen, free[: task.sites - len(chosen)]))
    if len(full) < task.sites or task.rules.broken(full, task.original):
        return None
    return full


def _decide(task: _Task, limit: float) -> tuple[Integers | None, bool]:
    """Return a choice that serves all within a limit, or whether it is proven there is none."""
    covering = task.within(limit)
    found, excluded = _decide_quickly(task, covering)
    if found is not None or excluded:
        return found, excluded
    # Without rules that tie sites together, fewer sites will do, and others fill up the number.
    loose = covering.is_loose and not task.rules.must_cover.size
    rows, block = reduce_rows(covering, drop_sites=loose)
    count = len(rows.column_lower)
    many = np.array([float(task.sites)])
    total = Block(csr_array(np.ones((1, count))), np.array([-np.inf]) if loose else many, many)
    program = build_program(rows, [block, total], np.zeros(count))
    answer = solve_program(program, seconds=task.left(), seed=task.seed)
    chosen = _fill_up(task, chosen_in(answer, count))
    if chosen is not None and not math.isfinite(task.measure(chosen)):
        chosen = None
    return chosen, answer.status == "infeasible"


def _decide_quickly(task: _Task, covering: Covering) -> tuple[Integers | None, bool]:
    """Decide by local search and by prices, if they can."""
    count = len(covering.costs)
    if count - len(np.unique(task.rules.forbidden)) < task.sites:
        return None, True
    start, enough = cover_greedily(covering), float(task.sites)
    upper = max(float(count if start is None else len(start)), enough + 1)
    until = time.perf_counter() + _QUICK * task.left()
    if price_covers(covering, upper, until=until).bound > enough * (1 + _ROUNDING):
        return None, True
    if start is None or not covering.is_loose:
        return None, False
    until = time.perf_counter() + _QUICK * task.left()
    found = search_covers(covering, start, enough=enough, until=until, seed=task.seed, reads=_READS)
    full = _fill_up(task, found)
    return (full, False) if full is not None and covering.is_cover(full) else (None, False)
