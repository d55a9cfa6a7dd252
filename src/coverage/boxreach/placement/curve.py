"""What each number of boxes comes to: in the order of the plan, at best, and at most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.errors import InfeasibleError
from boxreach.location.models import relative_gap
from boxreach.placement.order import Step, Tally
from boxreach.placement.question import Question
from boxreach.placement.solving import Effort, solve

Floats = npt.NDArray[np.float64]

_LEAST_S = 0.05


def draw_curve(
    question: Question, steps: Sequence[Step], seconds: float, seed: int
) -> pd.DataFrame:
    """Return the curve of a plan; see `Proposal.curve`."""
    effort = Effort(max(_LEAST_S, seconds / (len(steps) + 1)), seed)
    running = _running_objective(question, steps)
    # A move adds no site: of steps with as many new sites the last one counts.
    new = np.cumsum([0, *(step.given_up < 0 for step in steps)])
    rows = []
    for number, reached in dict(zip(new.tolist(), running.tolist(), strict=True)).items():
        best = bound = reached
        try:
            found = solve(question, question.standing + number, effort, early=True)
            best, bound = max(found.objective, reached), max(found.bound, reached)
        except InfeasibleError:
            best = bound = np.nan
        rows.append((reached, best, bound, relative_gap(best, bound), best - reached))
    columns = ["in_order", "best", "bound", "gap", "order_loses"]
    table = pd.DataFrame(rows, columns=columns)
    table.index.name = "new_sites"
    return table


def _running_objective(question: Question, steps: Sequence[Step]) -> Floats:
    """Return what the model makes of the sites after each step, and before the first."""
    worth = question.aim.worth
    tally = Tally(question.cover, question.pull, worth, question.stood)
    bonus = np.zeros(question.count) if question.bonus is None else question.bonus
    values, added = [], 0.0
    for step in [None, *steps]:
        if step is not None:
            tally.take(step)
            added += bonus[step.site] - (bonus[step.given_up] if step.given_up >= 0 else 0.0)
        counted = worth[np.minimum(tally.reached, len(worth) - 1)]
        values.append(float(question.pull @ counted) + added)
    return np.array(values)
