"""Where along a line the sites stand that it does not take to cover it: where they back others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location import Rules, Solution
from boxreach.placement.question import Question

Integers = npt.NDArray[np.int64]

_AGAIN = 1e-3
"""What covering once more counts, of what covering once less does."""


def place_spares(question: Question, solution: Solution, rules: Rules, later: int) -> Solution:
    """Place sites without which the plan comes to the same where they cover most a second time.

    Of a line as much is covered by as many as it takes, and the others would stand anywhere. What
    the plan comes to stays as it is; where the rules do not allow it, so does the plan.

    Parameters
    ----------
    question
        What is asked.
    solution
        A plan.
    rules
        What it must keep to.
    later
        How many sites follow; then the plan is left as it is.
    """
    if not question.in_line or not question.aim.leaves_spares or later:
        return solution
    if question.bonus is not None or rules.must_cover.size:
        return solution
    cover = csr_array(question.cover, dtype=np.float64)
    often = np.bincount(cover[solution.sites].indices, minlength=cover.shape[1])
    spare = _find_spares(question, cover, solution.sites, rules, often)
    kept = np.setdiff1d(solution.sites, spare)
    free = np.ones(question.count, dtype=bool)
    free[kept] = free[rules.forbidden] = False
    for _ in range(len(spare)):
        again = question.pull * _AGAIN ** np.clip(often - 1, 0, 3)
        gains = np.where(free, cover @ again, -1.0)
        best = int(gains.argmax())
        free[best] = False
        kept = np.append(kept, best)
        often[cover.indices[cover.indptr[best] : cover.indptr[best + 1]]] += 1
    chosen = np.sort(kept).astype(np.int64)
    if not len(spare) or rules.broken(chosen, question.cover):
        return solution
    return replace(solution, sites=chosen)


def _find_spares(
    question: Question, cover: csr_array, chosen: Integers, rules: Rules, often: Integers
) -> Integers:
    """Return sites without which nothing is lost and no limit is undercut, taken off `often`."""
    stay = np.union1d(rules.fixed, question.stood)
    counts = [int(limit.members[chosen].sum()) for limit in rules.limits]
    spare = []
    for site in np.setdiff1d(chosen, stay)[::-1].tolist():
        own = cover.indices[cover.indptr[site] : cover.indptr[site + 1]]
        of = [at for at, limit in enumerate(rules.limits) if limit.members[site]]
        needed = ((often[own] == 1) & (question.pull[own] > 0)).any()
        if needed or any(counts[at] <= rules.limits[at].at_least for at in of):
            continue
        often[own] -= 1
        for at in of:
            counts[at] -= 1
        spare.append(site)
    return np.array(spare, dtype=np.int64)
