"""Bring the longest time to the nearest site as low as can be."""

from __future__ import annotations

from typing import Any

from boxreach.location import PCenter, Solution, p_center
from boxreach.placement.aims.aim import Aim, Keys
from boxreach.placement.question import Question


class PCenterAim(Aim):
    """`PCenter`."""

    model: PCenter
    kind = PCenter
    name = "p-center"
    small = True
    serves_all = True
    objective_is = "minutes to the nearest site of those farthest from any"
    proof = "no plan brings the longest way below {:,.1f} minutes"
    counts = "minutes"
    seeks = "PCenter"
    told = "p_center"
    measure = "minutes"

    @classmethod
    def of_plan(cls, asked: Keys) -> PCenter:
        """Return the model that ``[propose]`` asks for."""
        return PCenter(sites=asked.new_boxes() or 0)

    def solve(self, question: Question, total: int | None, limits: dict[str, Any], /) -> Solution:
        """Answer the question."""
        return p_center(question.times, weights=question.pull, sites=total or 0, **limits)


AIM = PCenterAim
