"""Maximal covering: the plan with most weight, checked before it is believed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.arguments import number_faults, shown
from boxreach.errors import BoxreachError, Fault
from boxreach.location.arrays import SAME, are_whole, as_array, check_inputs, shape_of
from boxreach.location.cover_sets import merge_demand
from boxreach.location.models import Solution, Status
from boxreach.location.problem import Finding, Problem, count_least
from boxreach.location.rehearsal import rehearse
from boxreach.location.rules import Rules
from boxreach.location.search import Search
from boxreach.scratch import Scratch

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Progress = Callable[[float, float], None]

_FEW_PAIRS = 1_000_000
"""For fewer, waiting for kernels that may not be needed takes longer than the question."""

NO_RULES = Rules()


def max_cover(
    cover: csr_array,
    weights: Floats,
    *,
    sites: int | None,
    rules: Rules = NO_RULES,
    worth: Sequence[float] = (0.0, 1.0),
    later_sites: int = 0,
    seconds: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
    scratch: Scratch | None = None,
) -> Solution:
    """Choose sites that cover the most weight: the maximal covering location problem.

    Maximise the sum of w_j y_j subject to y_j <= sum of x_i over the sites i that cover j,
    sum of x_i = p, x_i in {0, 1}, 0 <= y_j <= 1 (Church and ReVelle, 1974), with rules on the
    choice; more generally, the sum of w_j worth[n_j], where n_j chosen sites cover demand j.

    Demand with the same covering sites is merged first, which changes no answer. A greedy choice
    is bettered by exchanges; prices of demand bound what any choice can cover and rule sites out;
    what is left is given to HiGHS. Of choices found to be equally good, one with low positions is
    returned; it does not depend on the order of the demand.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers, whatever its value.
    weights
        Weight of each demand, 0 or more.
    sites
        How many to choose, exactly. None for any number within the budget of the rules.
    rules
        What the choice must keep to or, where more sites are to follow, the choice with those;
        only fixed sites are always in the choice itself.
    worth
        The share of its weight that counts of demand that n chosen sites cover, from n = 0, where
        it is 0; the last holds for more. It may not fall.
    later_sites
        How many more will be chosen afterwards: the choice must leave a way to keep the rules.
    seconds
        How long it may take; what was found then is returned with a valid bound. Reading and
        merging the pairs is not cut short, and the first call of an installation compiles its
        kernels before.
    seed
        Seed of all random choices.
    progress
        Called now and then with the weight covered so far and the bound.
    scratch
        Where pairs are kept that are too many for memory; None if they all are in it. The indices
        of `cover` may be such a list.

    Returns
    -------
    Solution
        Sites, with status, objective, bound and gap in weight.

    Raises
    ------
    InputError
        If an argument means nothing.
    BoxreachError
        If no choice that keeps the rules was found in the time given.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    >>> max_cover(cover, np.array([5.0, 1.0, 4.0]), sites=1)
    Solution(status='optimal', objective=6.0, bound=6.0, sites=array([0]))
    >>> max_cover(cover, np.array([5.0, 1.0, 4.0]), sites=2, worth=(0, 0, 1))
    Solution(status='optimal', objective=4.0, bound=4.0, sites=array([1, 2]))
    """
    shape = shape_of(cover)
    check_inputs(
        cover,
        weights,
        rules,
        sites=sites,
        seconds=seconds,
        seed=seed,
        more=_more_faults(worth, sites, later_sites, rules, shape and shape[0]),
    )
    cover = csr_array(cover)
    kinds = cover.indptr.dtype.name, cover.indices.dtype.name
    rehearse(*kinds, small=cover.nnz <= _FEW_PAIRS)
    begun = time.monotonic()
    weights, values = np.asarray(weights, dtype=np.float64), np.asarray(worth, dtype=np.float64)
    problem = pose(
        cover, weights, values, sites=sites, later_sites=later_sites, rules=rules, scratch=scratch
    )
    search = Search(problem, deadline=begun + seconds, seed=seed, progress=progress)
    found = search.run()
    solution = _tell(found, cover, weights, values, seconds)
    return replace(solution, seconds=time.monotonic() - begun, seed=seed)


def pose(
    cover: csr_array,
    weights: Floats,
    worth: Floats,
    *,
    sites: int | None,
    later_sites: int,
    rules: Rules,
    scratch: Scratch | None = None,
) -> Problem:
    """Return a problem on merged demand; see `max_cover` for what is asked."""
    sets = merge_demand(
        cover.indptr,
        cover.indices,
        weights,
        kept=np.ones(cover.shape[0], dtype=bool),
        least=count_least(worth),
        scratch=scratch,
    )
    costs = rules.costs if rules.budget is not None else None
    return Problem(sets, worth, rules.rows(cover), sites, later_sites, costs)


def covered_weight(
    cover: csr_array, weights: Floats, chosen: Integers, worth: Sequence[float] | Floats = (0, 1)
) -> float:
    """Return the weight that chosen sites cover, each demand counted once, summed exactly.

    Parameters
    ----------
    cover, weights, worth
        As `max_cover` takes them.
    chosen
        Positions of the chosen sites.
    """
    counts = np.zeros(cover.shape[1], dtype=np.int64)
    for site in np.asarray(chosen, dtype=np.int64).tolist():
        counts[cover.indices[cover.indptr[site] : cover.indptr[site + 1]]] += 1
    values = np.asarray(worth, dtype=np.float64)
    reached = np.flatnonzero(counts)
    shares = values[np.minimum(counts[reached], len(values) - 1)]
    return math.fsum((weights[reached] * shares).tolist())


def _tell(
    found: Finding, cover: csr_array, weights: Floats, worth: Floats, seconds: float
) -> Solution:
    """Return what was found as a solution, its objective recomputed from the sites."""
    if found.infeasible:
        return Solution("infeasible", 0.0, 0.0, np.empty(0, dtype=np.int64))
    if found.chosen is None:
        message = f"no plan that keeps the rules was found in {seconds:g} seconds; allow more"
        raise BoxreachError(message)
    objective = covered_weight(cover, weights, found.chosen, worth)
    bound = found.bound
    if are_whole(weights, worth):
        # Whole weights add up to whole numbers, so what the bound has beyond one is dust.
        bound = float(math.floor(bound * (1 + SAME / 10)))
    elif bound < _least_above_nothing(weights, worth):
        bound = 0.0
    status: Status = "feasible"
    if objective >= bound * (1 - SAME):
        status, bound = "optimal", objective
    return Solution(status, objective, max(bound, objective), found.chosen)


def _least_above_nothing(weights: Floats, worth: Floats) -> float:
    """Return the least that a plan covers if it covers anything."""
    least = float(weights[weights > 0].min(initial=math.inf))
    return least * float(worth[worth > 0].min()) * (1 - SAME)


def _more_faults(
    worth: Sequence[float],
    sites: int | None,
    later_sites: int,
    rules: Rules,
    count: int | None,
) -> list[Fault]:
    advice = "give a whole number of sites that are there, 0 or more"
    taken = int(sites) if isinstance(sites, Integral) else 0
    most = math.inf if count is None else max(0, count - taken)
    faults = number_faults(
        "later_sites", later_sites, lambda later: later % 1 == 0 and 0 <= later <= most, advice
    )
    given = as_array(worth)
    rises = given.ndim == 1 and len(given) > 1 and given.dtype.kind in "biuf"
    if not (rises and given[0] == 0 and (np.diff(given) >= 0).all() and 0 < given[-1] <= 1):
        advice = "give shares from 0 up to at most 1 that do not fall"
        told = tuple(worth) if given.ndim == 1 else shown(worth)
        faults.append(Fault(f"they are {told}", column="worth", advice=advice))
    if sites is None and (getattr(rules, "budget", None) is None or later_sites):
        advice = "say how many, or give a budget and no later sites"
        faults.append(Fault("it is not said how many", column="sites", advice=advice))
    return faults
