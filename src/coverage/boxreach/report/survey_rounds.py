"""From two rounds of a survey to how the report says one became the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pandas as pd

from boxreach.report.changes import digits_of
from boxreach.report.figures import number_of, require_columns, text_of
from boxreach.report.model import Move
from boxreach.report.price import moves_of
from boxreach.report.what_if import RoundStep

if TYPE_CHECKING:
    from boxreach.placement import Proposal
    from boxreach.scenarios import Comparison

_STEPS = ("within", "gained", "lost")


class Rounds(Protocol):
    """What `compare_rounds` returned."""

    @property
    def comparison(self) -> Comparison:
        """The later round as a scenario of the earlier one."""

    @property
    def steps(self) -> pd.DataFrame:
        """How one becomes the other."""

    @property
    def plan(self) -> Proposal | None:
        """The boxes that should move."""


def prepare_steps(found: Rounds) -> tuple[RoundStep, ...]:
    """Prepare the steps from one round to the next; what is within reach adds up."""
    require_columns(found.steps, _STEPS, "rounds.steps", "give what compare_rounds() returned")
    digits = digits_of(found.comparison.unit)
    steps: list[RoundStep] = []
    for step, row in zip(found.steps.index, found.steps.to_dict("records"), strict=True):
        within, gained, lost = (round(number_of(row[one]) or 0.0, digits) for one in _STEPS)
        if steps:
            within = round(steps[-1].within + gained - lost, digits)
        steps.append(RoundStep(text_of(step), within, gained, lost))
    return tuple(steps)


def prepare_round_moves(found: Rounds) -> tuple[Move, ...]:
    """Prepare which boxes should move; none where nobody asked."""
    return () if found.plan is None else tuple(moves_of(found.plan))
