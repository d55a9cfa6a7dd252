"""Bring the mean time to the nearest site as low as can be."""

from __future__ import annotations

from typing import Any

from boxreach.location import PMedian, Solution, p_median
from boxreach.placement.aims.aim import Aim
from boxreach.placement.question import Question


class PMedianAim(Aim):
    """`PMedian`."""

    model: PMedian
    kind = PMedian
    name = "p-median"
    small = True
    objective_is = "{unit} times minutes to the nearest site"
    counts = "{unit} times minutes"
    seeks = "PMedian"
    told = "p_median"
    measure = "minutes"
    averages = True

    @property
    def serves_all(self) -> bool:
        """Whether nobody counts with the minutes of the plan who is farther."""
        return self.model.minutes is None

    def solve(self, question: Question, total: int | None, limits: dict[str, Any], /) -> Solution:
        """Answer the question."""
        beyond = self.model.minutes
        return p_median(question.times, question.pull, sites=total or 0, beyond=beyond, **limits)


AIM = PMedianAim
