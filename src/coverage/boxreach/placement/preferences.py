"""Which of equal plans: sites exchanged for better ones while the plan comes to the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from boxreach.location import Rules, Solution
from boxreach.placement.question import Question

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_SAME = 1e-12
"""What one exchange may lose, as a share of all there is: the rounding of sums of floats."""


def settle_ties(question: Question, solution: Solution, rules: Rules, later: int) -> Solution:
    """Exchange sites for others of a higher value, or a lower id, as long as nothing is lost.

    In the end no single exchange that keeps the rules and all that the plan comes to is left that
    brings a higher value, or the same and a lower id. What the sites reach may be another part.

    Parameters
    ----------
    question
        What is asked.
    solution
        A plan.
    rules
        What it must keep to.
    later
        How many sites follow; where it takes these to keep the rules, the plan is left as it is.
    """
    bound_by_later = rules.limits or rules.must_cover.size or rules.budget is not None
    if question.ties is None or (later and bound_by_later):
        return solution
    board = Board(question, solution.sites, rules)
    while board.exchange_any():
        pass
    if np.array_equal(board.chosen, solution.sites):
        return solution
    if solution.sense == "min":
        return replace(solution, sites=board.chosen)
    objective = board.objective
    return replace(
        solution, sites=board.chosen, objective=objective, bound=max(objective, solution.bound)
    )


class Board:
    """A plan in the making: its sites, and how many of them reach each demand."""

    def __init__(self, question: Question, chosen: Integers, rules: Rules) -> None:
        assert question.ties is not None  # noqa: S101
        self.question, self.rules, self.ties = question, rules, question.ties
        self.cover = csr_array(question.cover, dtype=np.float64)
        self.columns = csc_array(self.cover)
        self.pull, self.worth = question.pull, question.aim.worth
        self.bonus = np.zeros(question.count) if question.bonus is None else question.bonus
        self.slack = _SAME * float(self.pull.sum() + self.bonus.sum())
        self.taken = np.zeros(question.count, dtype=bool)
        self.taken[chosen] = True
        self.often = np.bincount(self.cover[chosen].indices, minlength=len(self.pull))

    @property
    def chosen(self) -> Integers:
        """The sites, ascending."""
        return np.flatnonzero(self.taken).astype(np.int64)

    @property
    def objective(self) -> float:
        """What the plan comes to."""
        counted = self.worth[np.minimum(self.often, len(self.worth) - 1)]
        return float(self.pull @ counted + self.bonus[self.taken].sum())

    def exchange_any(self) -> bool:
        """Exchange each site that can be, those of the lowest value first; tell if any was."""
        stay = np.union1d(self.rules.fixed, self.question.stood)
        loose = np.setdiff1d(self.chosen, stay)
        order = loose[np.lexsort((-loose, self.ties[loose]))]
        return sum(map(self._exchange, order.tolist())) > 0

    def _exchange(self, site: int) -> bool:
        own = self.cover.indices[self.cover.indptr[site] : self.cover.indptr[site + 1]]
        better = (self.ties > self.ties[site]) & ~self.taken
        same = (self.ties == self.ties[site]) & ~self.taken
        better[:site] |= same[:site]
        better[self.rules.forbidden] = False
        gains = self._gains(own)
        others = np.flatnonzero(better & (gains >= gains[site] - self.slack))
        for other in others[np.lexsort((others, -self.ties[others]))].tolist():
            self.taken[[site, other]] = False, True
            if not self.rules.broken(self.chosen, self.question.cover):
                self.often[own] -= 1
                self.often[self.cover[[other]].indices] += 1
                return True
            self.taken[[site, other]] = True, False
        return False

    def _gains(self, own: Integers) -> Floats:
        """Return what each site adds to the plan without the one that reaches `own`."""
        without = self.often.copy()
        without[own] -= 1
        # Where nobody else's help is lacking, nothing is gained: only some demand matters.
        last = len(self.worth) - 1
        rise = (
            self.worth[np.minimum(without + 1, last)] - self.worth[np.minimum(without, last)]
        ) * self.pull
        matters = np.flatnonzero(rise)
        return np.asarray(self.columns[:, matters] @ rise[matters]) + self.bonus
