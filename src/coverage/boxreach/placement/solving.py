"""Ask the location models: one function for every model a plan can have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from boxreach.errors import InfeasibleError
from boxreach.location import (
    BackupCover,
    ExpectedCover,
    MaxCover,
    PCenter,
    PMedian,
    Rules,
    SetCover,
    Solution,
    backup_cover,
    capacitated_cover,
    expected_cover,
    max_cover,
    p_center,
    p_median,
    set_cover,
)
from boxreach.placement.clauses import Clause
from boxreach.placement.conflicts import explain_conflict
from boxreach.placement.question import Question

Integers = npt.NDArray[np.int64]


def solve(
    question: Question,
    total: int | None,
    *,
    more: Sequence[Clause] = (),
    early: bool = False,
    later: int = 0,
    seconds: float,
    seed: int,
) -> Solution:
    """Answer the question for so many sites in all, standing ones counted.

    Parameters
    ----------
    question
        What is asked.
    total
        How many sites; None where the model decides.
    more
        Further rules.
    early
        Whether the rules that ask for something at least need only be kept at the end, not yet.
    later
        How many sites will be chosen afterwards, with which the rules must be kept.
    seconds, seed
        How long it may take, and the seed of random choices.

    Raises
    ------
    InfeasibleError
        If no choice keeps the rules; it names those in the way.
    """
    rules = question.rules(*more, early=early)
    solution = _ask(question, total, rules, later, seconds, seed)
    if solution.status == "infeasible":
        raise explain_conflict(question, total)
    return solution


def _ask(
    question: Question, total: int | None, rules: Rules, later: int, seconds: float, seed: int
) -> Solution:
    model, cover, pull = question.model, question.cover, question.pull
    limits = {"rules": rules, "seconds": seconds, "seed": seed}
    match model:
        case MaxCover(capacity=None):
            return max_cover(cover, pull, sites=total, later_sites=later, **limits)
        case MaxCover():
            capacities = np.full(question.count, float(model.capacity or 0))
            return capacitated_cover(cover, pull, capacities, sites=total, **limits)
        case BackupCover():
            return backup_cover(
                cover, pull, sites=total, boxes=model.boxes, later_sites=later, **limits
            )
        case ExpectedCover():
            return expected_cover(
                cover, pull, sites=total, busy=model.busy, vehicles=model.vehicles,
                later_sites=later, **limits,
            )  # fmt: skip
        case SetCover():
            return set_cover(cover, pull, share=model.share, **limits)
        case PMedian():
            return p_median(question.times, pull, sites=total, beyond=model.minutes, **limits)
        case PCenter():
            return p_center(question.times, weights=pull, sites=total, **limits)
    raise InfeasibleError(f"{model!r} is no model of boxreach")
