"""Set covering: the fewest or the cheapest sites that cover all demand, or a share of its weight.

A greedy choice is thinned out and bettered by local search; prices bound what any cover can cost;
what sites and demand make needless is taken out, and HiGHS proves or betters the rest.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack
from scipy.sparse import eye_array as eye

from boxreach.errors import BoxreachError
from boxreach.location.arrays import SAME, are_whole, check_inputs, merge_demand
from boxreach.location.choices import Block, build_program, chosen_in, first_of_equals
from boxreach.location.covering import (
    ROUNDING,
    Covering,
    cover_greedily,
    price_bound,
    reduce_rows,
    repeat_rows,
    thin_out,
)
from boxreach.location.covering_bound import CoverPrices, price_covers
from boxreach.location.covering_search import search_covers
from boxreach.location.models import Solution, Status, boxes_faults, share_faults
from boxreach.location.program import Program, solve_program
from boxreach.location.rules import Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# When prices, and the local search after them, are to end, as shares of the time.
_PRICED, _SEARCHED = 0.2, 0.5
# With less time HiGHS would not get far, and would not stop in time.
_PAIRS_A_SECOND = 3e4
_LARGEST_WEIGHT, _LARGEST_SUM = 1e6, 1e9


def set_cover(
    cover: csr_array,
    weights: Floats | None = None,
    *,
    share: float = 1.0,
    boxes: int = 1,
    rules: Rules | None = None,
    seconds: float = 60.0,
    seed: int = 0,
) -> Solution:
    """Choose the fewest sites, or the cheapest, that cover all demand or a share of its weight.

    Minimise the sum of c_i x_i subject to the sum of x_i over the sites i that cover j being at
    least 1 for every demand j, x_i in {0, 1} (Toregas, Swain, ReVelle and Bergman, 1971); c_i is 1
    where the rules give no costs. With a share below 1, y_j <= the sum of x_i over the sites that
    cover j, and the sum of w_j y_j >= share * the sum of w_j (Daskin and Owen, 1999). With `boxes`
    = k, all demand asks for k of the sites that cover it, and y_j is 0 or 1 with k y_j <= the sum
    of x_i. Demand that fewer sites can cover is left out by no one but you: with it there is no
    cover of all.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers, whatever its value.
    weights
        Weight of each demand, 0 or more; demand of weight 0 asks for nothing. None: each is 1.
    share
        The share of all weight that is to be covered, above 0 and up to 1; one part in 10^12 is
        forgiven as rounding. Demand that cannot be covered counts in all weight.
    boxes
        How many sites must cover demand, each site counted once. Demand of weight 0 that a rule
        says must be covered asks for one.
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
    >>> set_cover(cover, share=0.5, boxes=2).sites.tolist()
    [0, 1, 2]
    """
    began = time.perf_counter()
    rules = Rules() if rules is None else rules
    check_inputs(
        cover, weights, rules, sites=None, seconds=seconds, seed=seed,
        more=share_faults(share) + boxes_faults(boxes), weighed=False,
    )  # fmt: skip
    cover = csr_array(cover)
    covering = _pose(cover, weights, share, int(boxes), rules)
    found = _solve(covering, began + seconds, seed)
    if found is None:
        none = np.empty(0, dtype=np.int64)
        return _finish(Solution("infeasible", np.inf, np.inf, none), began, seed)
    chosen = first_of_equals(covering.cover, found[0], covering.rules, cover)
    objective = math.fsum(covering.costs[chosen].tolist())
    bound = found[1]
    status: Status = "feasible"
    if objective <= bound * (1 + SAME):
        status, bound = "optimal", objective
    return _finish(Solution(status, objective, min(bound, objective), chosen), began, seed)


def _solve(covering: Covering, until: float, seed: int) -> tuple[Integers, float] | None:
    """Return a choice and a bound; None if no choice covers so much and keeps the rules."""
    began = time.perf_counter()
    start = cover_greedily(covering)
    aim = math.fsum(covering.costs if start is None else covering.costs[start])
    prices = price_covers(covering, aim, until=began + _PRICED * (until - began))
    bound = max(_knapsack_bound(covering), prices.bound)
    if covering.need is None:
        bound = max(bound, price_bound(covering))
    bound = _rounded_up(covering, bound)
    if start is not None and covering.is_loose:
        start = _search(covering, start, bound, began + _SEARCHED * (until - began), seed)
    upper = math.inf if start is None else math.fsum(covering.costs[start].tolist())
    if start is not None and upper <= bound * (1 + SAME):
        return start, bound
    program = _full_program(covering) if covering.need is None else _partial_program(covering)
    # Of whole costs a better cover is 1 cheaper; else one not a billionth cheaper is as good.
    target = upper - 0.5 if are_whole(covering.costs) else upper * (1 - SAME / 2)
    _close_sites(program, prices, target)
    left = max(0.0, until - time.perf_counter())
    if start is not None and program.matrix.nnz > left * _PAIRS_A_SECOND:
        return start, bound
    answer = solve_program(
        program, start=_as_start(covering, program, start), seconds=left, seed=seed
    )
    if start is None and answer.status == "infeasible":
        return None
    chosen = _better(covering, start, chosen_in(answer, len(covering.costs)))
    if chosen is None:
        raise BoxreachError("no cover that keeps the rules was found in time; allow more")
    # Covers that the program leaves out cost the target or more.
    return chosen, _rounded_up(covering, max(bound, min(-answer.bound, target)))


def _search(covering: Covering, start: Integers, bound: float, until: float, seed: int) -> Integers:
    """Return the start bettered by local search, if it is."""
    enough = bound * (1 + SAME)
    found = search_covers(covering, start, enough=enough, until=until, seed=seed)
    better = _better(covering, start, found)
    return start if better is None else better


def _close_sites(program: Program, prices: CoverPrices, target: float) -> None:
    """Fix the sites that every cover below the target opens, or none does."""
    count = len(prices.reduced)
    lower, upper = program.column_lower[:count], program.column_upper[:count]
    loose = (lower < 1) & (upper > 0)
    upper[loose & (prices.reduced > 0) & (prices.bound + prices.reduced >= target)] = 0.0
    lower[loose & (prices.reduced < 0) & (prices.bound - prices.reduced >= target)] = 1.0


def _pose(
    cover: csr_array, weights: Floats | None, share: float, boxes: int, rules: Rules
) -> Covering:
    count, demand = cover.shape
    costs = np.ones(count) if rules.costs is None else rules.costs
    weight = np.ones(demand) if weights is None else np.asarray(weights, dtype=np.float64)
    counting = csr_array(cover, dtype=np.float64, copy=True)
    counting.sum_duplicates()
    need = None
    if share < 1:
        need = share * math.fsum(weight.tolist()) * (1 - ROUNDING)
    else:
        # What must be covered by a rule must be so whatever it weighs, but once is enough.
        weight = (weight > 0).astype(np.float64)
        if boxes == 1:
            weight[rules.must_cover] = 1.0
        rules = replace(rules, must_cover=rules.must_cover[weight[rules.must_cover] == 0])
    merged = merge_demand(counting, weight, with_values=False)
    sites = csr_array(merged.columns)
    sites.sort_indices()
    sites.data[:] = 1.0
    return Covering(sites, merged.weights, need, rules, costs, cover, boxes)


def _full_program(covering: Covering) -> Program:
    """Return the program that covers all demand."""
    rows, block = reduce_rows(covering) if covering.boxes == 1 else repeat_rows(covering)
    return build_program(rows, [block], -covering.costs)


def _partial_program(covering: Covering) -> Program:
    """Return the program that covers enough weight; further columns are the merged demand."""
    assert covering.need is not None  # noqa: S101
    rows = covering.rules.rows(covering.original)
    count, demand = covering.cover.shape
    reach = csr_array(covering.cover.T)
    link = Block(
        csr_array(hstack([-reach, covering.boxes * eye(demand, format="csr")], format="csr")),
        np.full(demand, -np.inf),
        np.zeros(demand),
    )
    # The solver's tolerance is absolute, and must be small beside any weight.
    largest, total = covering.weights.max(initial=0.0), covering.weights.sum()
    scale = min(_LARGEST_WEIGHT / largest, _LARGEST_SUM / total) if total > 0 else 1.0
    weighed = csr_array(np.append(np.zeros(count), covering.weights * scale)[None, :])
    enough = Block(weighed, np.array([covering.need * scale]), np.array([np.inf]))
    gain = np.append(-covering.costs, np.zeros(demand))
    program = build_program(rows, [link, enough], gain, np.ones(demand))
    # Half as many sites as are asked for are not half of a cover.
    return (
        program if covering.boxes == 1 else replace(program, integer=np.ones_like(program.integer))
    )


def _as_start(covering: Covering, program: Program, chosen: Integers | None) -> Floats | None:
    """Return a choice as values of the sites, unless the program has left out one of them."""
    if chosen is None or (program.column_upper[chosen] < 1).any():
        return None
    values = np.full(len(program.gain), np.nan)
    values[: len(covering.costs)] = 0.0
    values[chosen] = 1.0
    return values


def _better(covering: Covering, start: Integers | None, found: Integers | None) -> Integers | None:
    """Return the cheaper of two choices that cover enough."""
    if found is None or not covering.is_cover(found):
        return start
    found = thin_out(covering, found)
    if start is None or math.fsum(covering.costs[found]) < math.fsum(covering.costs[start]):
        return found
    return start


def _rounded_up(covering: Covering, bound: float) -> float:
    """Return a bound rounded up where costs are whole, but for the dust of floats."""
    return float(np.ceil(bound - 1e-6)) if are_whole(covering.costs) else bound


def _knapsack_bound(covering: Covering) -> float:
    """Return the cost of enough weight if no two sites covered the same."""
    need = math.fsum(covering.weights.tolist()) if covering.need is None else covering.need
    need *= covering.boxes
    gains = covering.cover @ covering.weights
    useful = np.flatnonzero(gains > 0)
    best = useful[np.argsort(covering.costs[useful] / gains[useful], kind="stable")]
    before = np.append(0.0, np.cumsum(gains[best]))[:-1]
    parts = np.clip((need - before) / gains[best], 0.0, 1.0)
    return float(parts @ covering.costs[best]) * (1 - ROUNDING)


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
