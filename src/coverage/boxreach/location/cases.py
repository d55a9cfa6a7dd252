"""One covering question in several cases: the same sites and rules, other cover and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array, hstack

from boxreach.arguments import number_faults
from boxreach.errors import Fault
from boxreach.location.cover_sets import CoverSets, merge_demand
from boxreach.location.criteria import Criterion
from boxreach.location.dominance import find_dominated
from boxreach.location.problem import Problem
from boxreach.location.rules import Rows, Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ONCE = np.array([0.0, 1.0])
"""What it is worth that no site covers demand, and that one does."""


@dataclass(frozen=True, eq=False)
class CoverCase:
    """What the sites cover in one case, and how likely that is.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers, whatever its value.
    weights
        Weight of each demand, 0 or more.
    probability
        How likely the case is beside the others, 0 or more; it need not be a share. A case of 0
        does not count, but rules on demand hold in it.

    Examples
    --------
    >>> CoverCase(csr_array(np.array([[1, 0], [0, 1]])), np.array([5.0, 4.0])).probability
    1.0
    """

    cover: csr_array
    weights: Floats
    probability: float = 1.0


@dataclass(frozen=True, eq=False)
class Cases:
    """What is to be chosen once for all cases.

    Attributes
    ----------
    sets
        What the sites cover, the demand of all cases side by side and merged: what the same sites
        cover in several cases is one demand.
    amounts
        Cases by that demand: what it weighs in each.
    criterion
        What is made large.
    rows, sites, costs
        As in `Problem`.
    """

    sets: CoverSets
    amounts: csr_array
    criterion: Criterion
    rows: Rows
    sites: int | None
    costs: Floats | None = None

    def values(self, chosen: Integers) -> Floats:
        """Return what chosen sites cover in each case."""
        return np.asarray(self.amounts @ (self.sets.count(chosen) > 0), dtype=np.float64)

    def mixed(self, mix: Floats) -> Problem:
        """Return the question whose weights are those of the cases, added up.

        Parameters
        ----------
        mix
            By what the weights of each case are multiplied.
        """
        sets = replace(self.sets, weights=np.asarray(self.amounts.T @ mix, dtype=np.float64))
        if not (sets.weights > 0).all():
            sets = sets.among(np.ones(sets.sites, dtype=bool))
        return Problem(sets, ONCE, self.rows, self.sites, 0, self.costs)

    def without(self, barred: Flags) -> Cases:
        """Return the same with sites that may not be chosen any more, which cover nothing then."""
        sets = self.sets.among(~barred)
        upper = np.where(barred, 0.0, self.rows.column_upper)
        rows = replace(self.rows, column_upper=upper)
        return replace(self, sets=sets, amounts=_add_up(self.amounts, sets), rows=rows)

    def find_needless(self) -> Flags:
        """Tell which sites no plan needs: others cover as much in each case, and no rule cares."""
        costly = self.sites is None and self.costs is not None
        matrix = self.rows.matrix[:-1] if costly else self.rows.matrix
        free = (self.rows.column_lower < 1) & (self.rows.column_upper > 0)
        free[matrix.indices] = False
        needless = find_dominated(self.sets, free, self.costs if costly else None)
        if self.sites is not None and int((free & ~needless).sum()) < self.sites:
            return np.zeros_like(needless)
        return needless


def join_cases(
    cases: Sequence[CoverCase], share: float | None, rules: Rules, sites: int | None
) -> Cases:
    """Return cases of the same sites and demand as one question.

    Parameters
    ----------
    cases
        The cases; one of them at least is likely.
    share
        As in `Criterion`.
    rules
        What the plan must keep to; what must be covered must be in every case.
    sites
        How many to choose, or None.
    """
    whole = csr_array(hstack([csr_array(case.cover) for case in cases], format="csr"))
    demand = cases[0].cover.shape[1]
    begins = demand * np.arange(len(cases))[:, None]
    must = (begins + rules.must_cover[None, :]).ravel()
    likely = [at for at, case in enumerate(cases) if case.probability > 0]
    weights = np.zeros((len(cases), demand))
    for at in likely:
        weights[at] = cases[at].weights
    sets = merge_demand(
        whole.indptr, whole.indices, weights.ravel(), kept=np.ones(whole.shape[0], dtype=bool)
    )
    rows, columns = np.nonzero(weights[likely])
    entries = weights[likely][rows, columns], (rows, np.asarray(likely)[rows] * demand + columns)
    amounts = csr_array(coo_array(entries, shape=(len(likely), whole.shape[1])))
    odds = np.array([cases[at].probability for at in likely], dtype=np.float64)
    costs = rules.costs if rules.budget is not None else None
    criterion = Criterion(share, odds / odds.sum())
    ruled = replace(rules, must_cover=must).rows(whole)
    return Cases(sets, _add_up(amounts, sets), criterion, ruled, sites, costs)


def case_faults(cases: Sequence[CoverCase]) -> list[Fault]:
    """Return what is wrong with cases beside each other."""
    if not len(cases):
        return [Fault("there are none", column="cases", advice="give one or more")]
    shapes = {case.cover.shape for case in cases}
    faults = []
    if len(shapes) > 1:
        what = f"their covers are {' and '.join(map(str, sorted(shapes)))}"
        faults.append(Fault(what, column="cases", advice="give the same sites and demand in each"))
    for case in cases:
        advice = "give a number of 0 or more"
        faults += number_faults("probability", case.probability, _is_amount, advice)
    if not faults and not any(case.probability > 0 for case in cases):
        faults.append(Fault("no case is likely", column="probability", advice="give one above 0"))
    return faults


def _is_amount(value: float) -> bool:
    return 0 <= value < np.inf


def _add_up(amounts: csr_array, sets: CoverSets) -> csr_array:
    """Return amounts of demand by the demand that it was merged to."""
    pairs = amounts.tocoo()
    place = sets.merged[pairs.coords[1]]
    left = place >= 0
    entries = pairs.data[left], (pairs.coords[0][left], place[left])
    return csr_array(coo_array(entries, shape=(amounts.shape[0], len(sets.weights))))
