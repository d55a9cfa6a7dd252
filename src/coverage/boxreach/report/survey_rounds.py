"""From two rounds of a survey to how the report says one became the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from boxreach.report.changes import digits_of, round_parts
from boxreach.report.figures import number_of, require_columns, share_out, text_of
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
    """Prepare the steps from one round to the next; what is within reach adds up.

    Where the steps part what the comparison says in all, they are rounded so that they make it.
    """
    require_columns(found.steps, _STEPS, "rounds.steps", "give what compare_rounds() returned")
    digits, table = digits_of(found.comparison.unit), found.comparison.table
    if found.steps.empty:
        return ()
    last = table.to_dict("records")[-1]
    before = number_of(found.steps["within"].iloc[0]) or 0.0
    parts = round_parts(last, before, digits)
    columns = {
        change: _rounded(found.steps, change, (change, people), last, parts, digits)
        for change, people in (("gained", "returned_within"), ("lost", "left_within"))
    }
    within = round(before, digits)
    steps: list[RoundStep] = []
    rows = zip(found.steps.index, columns["gained"], columns["lost"], strict=True)
    for step, gained, lost in rows:
        within = round(within + gained - lost, digits)
        steps.append(RoundStep(text_of(step), within, gained, lost))
    return tuple(steps)


def _rounded(
    steps: pd.DataFrame,
    column: str,
    names: tuple[str, str],
    row: Mapping[Any, Any],
    told: Mapping[str, float],
    digits: int,
) -> list[float]:
    """Return a column of the steps: those but the last make one part of the net, the last another.

    They do so as the parts are told, if they do so as they are in the row.
    """
    values = [number_of(one) or 0.0 for one in steps[column]]
    sums = [number_of(row.get(one)) or 0.0 for one in names]
    parts = [math.fsum(values[:-1]), values[-1]]
    if not all(
        math.isclose(part, total, rel_tol=1e-9, abs_tol=1e-6)
        for part, total in zip(parts, sums, strict=True)
    ):
        return [round(one, digits) for one in values]
    first, last = (told[one] for one in names)
    return [*share_out(values[:-1], sums[0], digits, told=first), last]


def prepare_round_moves(found: Rounds) -> tuple[Move, ...]:
    """Prepare which boxes should move; none where nobody asked."""
    return () if found.plan is None else tuple(moves_of(found.plan))
