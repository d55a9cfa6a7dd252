"""Reach all, or a share of all, with as few new sites as can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from boxreach.location import SetCover, Solution, set_cover
from boxreach.placement.aims.aim import Aim, Floats, InLine, Keys
from boxreach.placement.in_line import cover_line
from boxreach.placement.question import Question


class SetCoverAim(Aim):
    """`SetCover`."""

    model: SetCover
    kind = SetCover
    name = "set-cover"
    keys = ("share",)
    small = True
    takes_ties = True
    may_shrink = True
    counts_new = True
    objective_is = "new sites"
    counts = "sites"
    seeks = "SetCover"
    told = "set_cover"
    measure = "sites"

    @classmethod
    def of_plan(cls, asked: Keys) -> SetCover:
        """Return the model that ``[propose]`` asks for."""
        return SetCover(minutes=asked.minutes, share=asked.share)

    @property
    def boxes(self) -> int:
        """How many sites must reach a place for it to count."""
        return self.model.boxes

    @property
    def serves(self) -> int:
        """How many sites must reach what must be reached."""
        return self.model.boxes

    @property
    def serves_all(self) -> bool:
        """Whether no share is asked for."""
        return self.model.share == 1

    @property
    def share(self) -> float:
        """The share that must be reached."""
        return self.model.share

    @property
    def worth_on_the_way(self) -> Floats:
        """How much of what each place lacks is there already."""
        return np.arange(self.boxes + 1) / self.boxes

    def solve(self, question: Question, _total: int | None, limits: dict[str, Any], /) -> Solution:
        """Answer the question."""
        asked: dict[str, Any] = {"share": self.share, "boxes": self.boxes}
        return set_cover(question.cover, question.pull, **asked, **limits)

    @property
    def in_line(self) -> InLine | None:
        """What answers a question along a line."""
        return lambda question, _total, rules: cover_line(question, self.model, rules)

    @property
    def proof(self) -> str:
        """What is proven, and of what, where each place is to be reached several times."""
        said = "no plan needs fewer new sites than {:,.0f}"
        if self.boxes == 1:
            return said
        what = "all" if self.share == 1 else f"{self.share:.4g} of all"
        return f"{said} to reach {what} by {self.boxes} sites each"

    @property
    def figures(self) -> dict[str, float]:
        """The share."""
        return {"share": self.share}


AIM = SetCoverAim
