"""Set covering: the fewest or the cheapest sites that cover all demand, or a share of its weight.

What other sites or other demand make needless is taken out first, a greedy choice is thinned out,
and HiGHS proves or betters it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, hstack
from scipy.sparse import eye_array as eye

from boxreach.errors import BoxreachError
from boxreach.location.arrays import SAME, are_whole, check_inputs, merge_demand
from boxreach.location.choices import (
    Block,
    build_program,
    chosen_in,
    cover_block,
    first_of_equals,
)
from boxreach.location.models import Solution, Status, share_faults
from boxreach.location.program import Answer, Program, solve_program
from boxreach.location.rules import Rules
from boxreach.location.subsets import implied_demand, needless_sites

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_ROUNDING = 1e-12
_ROUNDS = 10
_LARGEST_WEIGHT, _LARGEST_SUM = 1e6, 1e9


def set_cover(
    cover: csr_array,
    weights: Floats | None = None,
    *,
    share: float = 1.0,
    rules: Rules | None = None,
    seconds: float = 60.0,
    seed: int = 0,
) -> Solution:
    """Choose the fewest sites, or the cheapest, that cover all demand or a share of its weight.

    Minimise the sum of c_i x_i subject to the sum of x_i over the sites i that cover j being at
    least 1 for every demand j, x_i in {0, 1} (Toregas, Swain, ReVelle and Bergman, 1971); c_i is 1
    where the rules give no costs. With a share below 1, y_j <= the sum of x_i over the sites that
    cover j, and the sum of w_j y_j >= share * the sum of w_j (Daskin and Owen, 1999). Demand that
    no site can cover is left out by no one but you: with it there is no cover of all.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers, whatever its value.
    weights
        Weight of each demand, 0 or more; demand of weight 0 asks for nothing. None: each is 1.
    share
        The share of all weight that is to be covered, above 0 and up to 1; one part in 10^12 is
        forgiven as rounding. Demand that cannot be covered counts in all weight.
    rules
        What the choice must keep to.
    seconds
        How long the solver may take; what it has then is returned with a valid bound.
    seed
        Seed of the solver's random choices.

    Returns
    -------
    Solution
        `objective` and `bound` are numbers of sites, or costs where the rules give any.

    Raises
    ------
    InputError
        If a number is out of range.
    BoxreachError
        If no choice that covers so much and keeps the rules was found in the time given.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]))
    >>> set_cover(cover)
    Solution(status='optimal', objective=2.0, bound=2.0, sites=array([0, 2]))
    >>> set_cover(cover, share=0.5).sites.tolist()
    [0]
    """
    began = time.perf_counter()
    rules = Rules() if rules is None else rules
    check_inputs(
        cover, weights, rules, sites=None, seconds=seconds, seed=seed, more=share_faults(share)
    )
    task = _pose(cover, weights, share, rules)
    start = _start(task)
    program = _full_program(task) if task.need is None else _partial_program(task)
    left = max(0.0, seconds - (time.perf_counter() - began))
    answer = solve_program(program, start=_as_start(task, program, start), seconds=left, seed=seed)
    if start is None and answer.status == "infeasible":
        none = np.empty(0, dtype=np.int64)
        return _finish(Solution("infeasible", np.inf, np.inf, none), began, seed)
    chosen = _better(task, start, chosen_in(answer, cover.shape[0]))
    if chosen is None:
        message = f"no cover that keeps the rules was found in {seconds:g} seconds; allow more"
        raise BoxreachError(message)
    chosen = first_of_equals(task.cover, chosen, rules)
    objective = math.fsum(task.costs[chosen].tolist())
    bound = _bound(task, answer)
    status: Status = "feasible"
    if objective <= bound * (1 + SAME):
        status, bound = "optimal", objective
    return _finish(Solution(status, objective, min(bound, objective), chosen), began, seed)


@dataclass(frozen=True, eq=False)
class _Task:
    """The question brought to order.

    `cover` holds the demand that counts, merged; `need` is the weight to be covered, None for all
    of it; `original` is the cover as given.
    """

    cover: csr_array
    weights: Floats
    need: float | None
    rules: Rules
    costs: Floats
    original: csr_array

    def is_cover(self, chosen: Integers) -> bool:
        """Tell whether a choice covers what it must and keeps the rules."""
        covered = np.zeros(self.cover.shape[1], dtype=bool)
        covered[self.cover[chosen].indices] = True
        if self.need is None:
            enough = bool(covered.all())
        else:
            enough = math.fsum(self.weights[covered].tolist()) >= self.need
        return enough and not self.rules.broken(chosen, self.original)


def _pose(cover: csr_array, weights: Floats | None, share: float, rules: Rules) -> _Task:
    count, demand = cover.shape
    costs = np.ones(count) if rules.costs is None else rules.costs
    weight = np.ones(demand) if weights is None else np.asarray(weights, dtype=np.float64)
    counting = csr_array(cover, dtype=np.float64, copy=True)
    counting.sum_duplicates()
    need = None
    if share < 1:
        need = share * math.fsum(weight.tolist()) * (1 - _ROUNDING)
    else:
        # What must be covered by a rule must be so whatever it weighs.
        weight = (weight > 0).astype(np.float64)
        weight[rules.must_cover] = 1.0
    merged = merge_demand(counting, weight, with_values=False)
    sites = csr_array(merged.columns)
    sites.sort_indices()
    sites.data[:] = 1.0
    return _Task(sites, merged.weights, need, rules, costs, cover)


def _free_sites(task: _Task) -> Integers:
    """Return the sites that no rule speaks of: any of them may stand for another."""
    bound = np.zeros(len(task.costs), dtype=bool)
    rules = task.rules
    bound[np.concatenate([rules.fixed, rules.forbidden, rules.apart.ravel()])] = True
    for limit in rules.limits:
        bound |= limit.members.astype(bool)
    return np.flatnonzero(~bound)


def _full_program(task: _Task) -> Program:
    """Return the program that covers all, without what other sites and other demand imply."""
    rows = task.rules.rows(task.original)
    open_demand = np.ones(task.cover.shape[1], dtype=bool)
    open_demand[task.cover[task.rules.fixed].indices] = False
    usable = np.ones(len(task.costs), dtype=bool)
    usable[task.rules.forbidden] = False
    free = _free_sites(task)
    for _ in range(_ROUNDS):
        left = csr_array(task.cover[:, np.flatnonzero(open_demand)].multiply(usable[:, None]))
        left.eliminate_zeros()
        left.sort_indices()
        needless = free[usable[free]]
        needless = needless[needless_sites(csr_array(left[needless]), task.costs[needless])]
        implied = implied_demand(left)
        usable[needless] = False
        open_demand[np.flatnonzero(open_demand)[implied]] = False
        if not needless.size and not implied.any():
            break
    left = csr_array(task.cover[:, np.flatnonzero(open_demand)].multiply(usable[:, None]))
    left.eliminate_zeros()
    rows.column_upper[~usable] = 0.0
    return build_program(rows, [cover_block(csc_array(left))], -task.costs)


def _partial_program(task: _Task) -> Program:
    """Return the program that covers enough weight; further columns are the merged demand."""
    assert task.need is not None  # noqa: S101
    rows = task.rules.rows(task.original)
    count, demand = task.cover.shape
    reach = csr_array(task.cover.T)
    link = Block(
        csr_array(hstack([-reach, eye(demand, format="csr")], format="csr")),
        np.full(demand, -np.inf),
        np.zeros(demand),
    )
    # The solver's tolerance is absolute, and must be small beside any weight.
    largest, total = task.weights.max(initial=0.0), task.weights.sum()
    scale = min(_LARGEST_WEIGHT / largest, _LARGEST_SUM / total) if total > 0 else 1.0
    weighed = csr_array(np.append(np.zeros(count), task.weights * scale)[None, :])
    enough = Block(weighed, np.array([task.need * scale]), np.array([np.inf]))
    gain = np.append(-task.costs, np.zeros(demand))
    return build_program(rows, [link, enough], gain, np.ones(demand))


def _start(task: _Task) -> Integers | None:
    """Return a choice that covers enough and keeps the rules, or None where none was found."""
    chosen = _take_greedily(task)
    for limit in task.rules.limits:
        have = int(limit.members[chosen].sum())
        if have < limit.at_least:
            others = np.setdiff1d(np.flatnonzero(limit.members), [*chosen, *task.rules.forbidden])
            cheapest = others[np.argsort(task.costs[others], kind="stable")]
            chosen += cheapest[: limit.at_least - have].tolist()
    found = np.array(sorted(chosen), dtype=np.int64)
    return _thin_out(task, found) if task.is_cover(found) else None


def _take_greedily(task: _Task) -> list[int]:
    """Take what covers most weight for its cost next, until nothing more is asked for."""
    weights = task.weights.copy()
    chosen: list[int] = task.rules.fixed.tolist()
    weights[task.cover[chosen].indices] = 0.0
    allowed = np.ones(len(task.costs), dtype=bool)
    allowed[task.rules.forbidden] = allowed[chosen] = False
    worth = 1.0 / np.maximum(task.costs, 1e-9 * max(1.0, float(task.costs.max(initial=0.0))))
    over = 0.0 if task.need is None else float(task.weights.sum()) - task.need
    while weights.sum() > over and allowed.any():
        value = np.where(allowed, (task.cover @ weights) * worth, -1.0)
        best = int(np.argmax(value))
        if value[best] <= 0:
            break
        allowed[best] = False
        weights[task.cover.indices[task.cover.indptr[best] : task.cover.indptr[best + 1]]] = 0.0
        chosen.append(best)
    return chosen


def _thin_out(task: _Task, chosen: Integers) -> Integers:
    """Leave out what is not needed, the dearest first."""
    for site in chosen[np.argsort(-task.costs[chosen], kind="stable")].tolist():
        fewer = chosen[chosen != site]
        if task.is_cover(fewer):
            chosen = fewer
    return chosen


def _as_start(task: _Task, program: Program, chosen: Integers | None) -> Floats | None:
    """Return a choice as values of the sites, unless the program has left out one of them."""
    if chosen is None or (program.column_upper[chosen] < 1).any():
        return None
    values = np.full(len(program.gain), np.nan)
    values[: len(task.costs)] = 0.0
    values[chosen] = 1.0
    return values


def _better(task: _Task, start: Integers | None, found: Integers | None) -> Integers | None:
    """Return the cheaper of two choices that cover enough."""
    if found is None or not task.is_cover(found):
        return start
    found = _thin_out(task, found)
    if start is None or math.fsum(task.costs[found]) < math.fsum(task.costs[start]):
        return found
    return start


def _bound(task: _Task, answer: Answer) -> float:
    """Return what no cover can cost less than."""
    bound = max(-answer.bound, _knapsack_bound(task), 0.0)
    if task.need is None:
        bound = max(bound, _price_bound(task))
    if are_whole(task.costs):
        # Whole costs add up to whole numbers, so what is beyond one is rounded up.
        return float(np.ceil(bound - 1e-6))
    return bound


def _knapsack_bound(task: _Task) -> float:
    """Return the cost of enough weight if no two sites covered the same."""
    need = math.fsum(task.weights.tolist()) if task.need is None else task.need
    gains = task.cover @ task.weights
    useful = np.flatnonzero(gains > 0)
    best = useful[np.argsort(task.costs[useful] / gains[useful], kind="stable")]
    before = np.append(0.0, np.cumsum(gains[best]))[:-1]
    parts = np.clip((need - before) / gains[best], 0.0, 1.0)
    return float(parts @ task.costs[best]) * (1 - _ROUNDING)


def _price_bound(task: _Task) -> float:
    """Return what demand can pay at most together if no site takes more than it costs.

    A feasible answer to the dual program, made by letting each demand in turn, those with the
    fewest sites first, pay what is left at the site where least is.
    """
    left = task.costs.copy()
    left[task.rules.fixed] = 0.0
    left[task.rules.forbidden] = np.inf
    fixed = math.fsum(task.costs[task.rules.fixed].tolist())
    columns = csc_array(task.cover)
    paid = []
    for demand in np.argsort(np.diff(columns.indptr), kind="stable").tolist():
        sites = columns.indices[columns.indptr[demand] : columns.indptr[demand + 1]]
        least = float(left[sites].min(initial=np.inf))
        if math.isfinite(least) and least > 0:
            left[sites] -= least
            paid.append(least)
    return (fixed + math.fsum(paid)) * (1 - _ROUNDING)


def _finish(solution: Solution, began: float, seed: int) -> Solution:
    return Solution(
        solution.status,
        solution.objective,
        solution.bound,
        solution.sites,
        sense="min",
        seconds=time.perf_counter() - began,
        seed=seed,
    )
