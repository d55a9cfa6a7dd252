"""Reach as much as can be by so many sites, or for so much money, or by sites of one capacity."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from boxreach.location import MaxCover, Rules, Solution, capacitated_cover, max_cover
from boxreach.placement.aims.aim import Aim, Floats, InLine, Keys
from boxreach.placement.in_line import fill_line
from boxreach.placement.question import Question


class MaxCoverAim(Aim):
    """`MaxCover`."""

    model: MaxCover
    kind = MaxCover
    name = "max-cover"
    keys = ("boxes", "budget_usd", "capacity", "cases", "criterion")
    of_cover = True
    measure = None
    proof = "no plan covers more than {:,.0f}"

    @classmethod
    def of_plan(cls, asked: Keys) -> MaxCover:
        """Return the model that ``[propose]`` asks for."""
        return MaxCover(
            sites=asked.new_boxes(), minutes=asked.minutes, budget=asked.budget_usd,
            capacity=asked.capacity,
        )  # fmt: skip

    @property
    def budget(self) -> float | None:
        """What new sites may cost in US dollars."""
        return self.model.budget

    @property
    def covers(self) -> bool:
        """Whether no site serves only so much."""
        return self.model.capacity is None

    @property
    def leaves_spares(self) -> bool:
        """What is covered once is covered."""
        return self.covers

    def cover(
        self, cover: csr_array, pull: Floats, total: int | None, limits: dict[str, Any], /
    ) -> Solution:
        """Answer who is to be covered."""
        return max_cover(cover, pull, sites=total, **limits)

    def solve(self, question: Question, total: int | None, limits: dict[str, Any], /) -> Solution:
        """Answer with a capacity."""
        capacities = np.full(question.count, float(self.model.capacity or 0))
        return capacitated_cover(question.cover, question.pull, capacities, sites=total, **limits)

    @property
    def in_line(self) -> InLine | None:
        """What answers a question along a line."""
        return _fill if self.covers else None

    @property
    def objective_is(self) -> str:
        """What the objective is."""
        site = "a site" if self.covers else "a site that has room for them"
        return f"{{unit}} within the minutes of {site}"

    @property
    def seeks(self) -> str:
        """Reach is all that is sought, but for a capacity."""
        return "" if self.covers else "capacity"

    @property
    def told(self) -> str:
        """Whether sites, money or a capacity limit it."""
        if not self.covers:
            return "served"
        return "budget" if self.model.sites is None else "max_cover"

    @property
    def figures(self) -> dict[str, float]:
        """The money and the capacity, where they are given."""
        given = {"budget": self.model.budget, "capacity": self.model.capacity}
        return {name: float(most) for name, most in given.items() if most is not None}


def _fill(question: Question, total: int | None, rules: Rules) -> Solution | None:
    """Cover the most of a line with so many sites."""
    line = None if total is None or rules.must_cover.size else question.line
    return None if line is None else fill_line(line, int(total or 0), rules)


AIM = MaxCoverAim
