"""Maximal covering in several cases: the plan that is best on average, at the worst, or between."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.arguments import shown
from boxreach.errors import BoxreachError, Fault, FaultCollector, InputError
from boxreach.location.arrays import SAME, check_inputs
from boxreach.location.cases import CoverCase, case_faults, join_cases
from boxreach.location.cases_search import CasesSearch
from boxreach.location.cover import NO_RULES, covered_weight
from boxreach.location.criteria import read_criterion
from boxreach.location.exchanges import exchange
from boxreach.location.models import Solution, Status
from boxreach.location.problem import Finding
from boxreach.location.rehearsal import rehearse
from boxreach.location.rules import Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Progress = Callable[[float, float], None]

_FEW_PAIRS = 1_000_000
"""For fewer, waiting for kernels that may not be needed takes longer than the question."""


@dataclass(frozen=True, eq=False)
class RobustSolution(Solution):
    """An answer for several cases, and how good it is proven to be.

    `objective` is what `values` come to by the criterion, and `bound` what no choice exceeds.

    Attributes
    ----------
    values
        What the chosen sites cover in each case.
    most
        What no choice covers more than in each case, whatever the others.
    """

    values: Floats = field(default_factory=lambda: np.empty(0), repr=False)
    most: Floats = field(default_factory=lambda: np.empty(0), repr=False)


def robust_cover(
    cases: Sequence[CoverCase],
    *,
    sites: int | None,
    criterion: str = "mean",
    rules: Rules = NO_RULES,
    known: Sequence[Integers] = (),
    seconds: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> RobustSolution:
    """Choose sites once, so that what they cover in several cases is most by a criterion.

    With v_k(x) what the sites x cover in case k: the mean is sum_k p_k v_k(x), one maximal
    covering question with the demand of all cases side by side. The worst is min_k v_k(x). A
    percentile such as ``p10`` is the highest q that v_k(x) reaches in cases whose probabilities
    come to 90 % or more: the others, 10 % at most, are given up.

    Bounds are the least of: the criterion of what each case alone can come to; what no plan
    exceeds in a mix of the cases (for each choice of l_k >= 0, a plan that comes to q at the worst
    has sum_k l_k v_k >= q sum_k l_k; of a percentile, less what may be given up, a knapsack in
    parts); and what HiGHS proves of all cases as one program. Of choices that are equal by the
    criterion, one with a higher mean is preferred.

    Parameters
    ----------
    cases
        What the sites cover and what that weighs, in each; the same sites and demand in all.
    sites
        How many to choose, exactly. None for any number within the budget of the rules.
    criterion
        ``mean``, ``worst``, or a percentile: ``p10``, ``p2.5``.
    rules
        What the choice must keep to; what must be covered must be in every case.
    known
        Choices to begin with: the answer is no worse than those that keep the rules.
    seconds, seed
        As `max_cover` takes them.
    progress
        Called now and then with what the best choice comes to and the bound.

    Returns
    -------
    RobustSolution
        Sites, with status, objective, bound and gap by the criterion, and the value in each case.

    Raises
    ------
    InputError
        If an argument means nothing.
    BoxreachError
        If no choice that keeps the rules was found in the time given.

    Examples
    --------
    >>> usual = CoverCase(csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])), np.ones(3))
    >>> flood = CoverCase(csr_array(np.array([[1, 0, 0], [0, 0, 0], [0, 1, 1]])), np.ones(3))
    >>> found = robust_cover([usual, flood], sites=1, criterion="worst")
    >>> found.sites, found.objective, found.values
    (array([0]), 1.0, array([2., 1.]))
    >>> robust_cover([usual, flood], sites=1, criterion="mean").objective
    1.5
    """
    share, faults = read_criterion(criterion)
    _check(cases, sites, rules, known, seconds, seed, faults)
    first = csr_array(cases[0].cover)
    few = sum(case.cover.nnz for case in cases) <= _FEW_PAIRS
    rehearse(first.indptr.dtype.name, first.indices.dtype.name, small=few)
    _rehearse_cases()
    begun = time.monotonic()
    joined = join_cases(cases, share, rules, sites)
    search = CasesSearch(
        joined,
        deadline=begun + seconds,
        chances=np.array([case.probability for case in cases if case.probability > 0], float),
        seed=int(seed),
        progress=progress,
    )
    found = search.run([np.unique(np.asarray(plan, dtype=np.int64)) for plan in known])
    solution = _tell(cases, search, found, seconds)
    return replace(solution, seconds=time.monotonic() - begun, seed=int(seed))


def _tell(
    cases: Sequence[CoverCase], search: CasesSearch, found: Finding, seconds: float
) -> RobustSolution:
    """Return what was found as a solution, its values recomputed from the sites."""
    if found.chosen is None and found.infeasible:
        return RobustSolution("infeasible", 0.0, 0.0, np.empty(0, dtype=np.int64))
    if found.chosen is None:
        message = f"no plan that keeps the rules was found in {seconds:g} seconds; allow more"
        raise BoxreachError(message)
    weights = [np.asarray(case.weights, dtype=np.float64) for case in cases]
    values = np.array(
        [
            covered_weight(csr_array(case.cover), own, found.chosen)
            for case, own in zip(cases, weights, strict=True)
        ]
    )
    likely = np.flatnonzero([case.probability > 0 for case in cases])
    most = np.array([float(own.sum()) for own in weights])
    most[likely] = search.alone
    objective, bound = search.criterion.of(values[likely]), search.sharpened(found.bound)
    status: Status = "feasible"
    if objective >= bound * (1 - SAME):
        status, bound = "optimal", objective
    return RobustSolution(
        status,
        objective,
        max(bound, objective),
        found.chosen,
        values=values,
        most=np.maximum(most, values),
    )


def _check(
    cases: Sequence[CoverCase],
    sites: int | None,
    rules: Rules,
    known: Sequence[Integers],
    seconds: float,
    seed: int,
    faults: list[Fault],
) -> None:
    """Raise `InputError` with all that is wrong with the arguments of `robust_cover`."""
    wrong = case_faults(cases)
    if wrong:
        raise InputError(*wrong, *faults)
    if sites is None and rules.budget is None:
        advice = "say how many, or give a budget"
        faults = [*faults, Fault("it is not said how many", column="sites", advice=advice)]
    count = cases[0].cover.shape[0]
    for plan in known:
        given = np.asarray(plan)
        fits = given.ndim == 1 and given.dtype.kind in "iu" and given.size
        if given.size and not (fits and given.min() >= 0 and given.max() < count):
            advice = f"give positions of {count} sites, from 0"
            faults = [*faults, Fault(f"it holds {shown(plan)}", column="known", advice=advice)]
    collector = FaultCollector()
    collector.add(faults)
    for at, case in enumerate(cases):
        with collector.attempt():
            check_inputs(
                case.cover,
                case.weights,
                rules if not at else NO_RULES,
                sites=None if at else sites,
                seconds=0 if at else seconds,
                seed=0 if at else seed,
            )
    collector.raise_any()


@cache
def _rehearse_cases() -> None:
    """Compile the exchanges before the clock runs."""
    covers = [np.eye(4), np.ones((4, 4)) - np.eye(4)]
    cases = [CoverCase(csr_array(one), np.arange(1.0, 5.0)) for one in covers]
    joined = join_cases(cases, 0.0, NO_RULES, 2)
    random = np.random.default_rng(0)
    exchange(joined, np.array([0, 1]), kicks=1, deadline=math.inf, random=random)
    joined.without(joined.find_needless())
