"""Ask the location models: one function for every model a plan can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boxreach.location import (
    BackupCover,
    ExpectedCover,
    MaxCover,
    PMedian,
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
from boxreach.placement.bonus import add_bonus
from boxreach.placement.clauses import Clause
from boxreach.placement.conflicts import explain_conflict
from boxreach.placement.in_line import answer_in_line
from boxreach.placement.preferences import settle_ties
from boxreach.placement.question import Model, Question
from boxreach.placement.spares import place_spares


@dataclass(frozen=True)
class Effort:
    """How long each solve may take, and the seed of random choices."""

    seconds: float
    seed: int = 0


def solve(
    question: Question,
    total: int | None,
    effort: Effort,
    *,
    more: Sequence[Clause] = (),
    early: bool = False,
    later: int = 0,
) -> Solution:
    """Answer the question for so many sites in all, standing ones counted.

    Parameters
    ----------
    question
        What is asked.
    total
        How many sites; None where the model decides.
    effort
        How long it may take.
    more
        Further rules.
    early
        Whether the rules that ask for something at least need only be kept at the end, not yet.
    later
        How many sites will be chosen afterwards, with which the rules must be kept.

    Raises
    ------
    InfeasibleError
        If no choice keeps the rules; it names those in the way.
    """
    solution = try_to_solve(question, total, effort, more=more, early=early, later=later)
    if solution is None:
        raise explain_conflict(question, total)
    return solution


def try_to_solve(
    question: Question,
    total: int | None,
    effort: Effort,
    *,
    more: Sequence[Clause] = (),
    early: bool = False,
    later: int = 0,
) -> Solution | None:
    """Answer as `solve` does, with None where no choice keeps the rules."""
    rules = question.rules(*more, early=early, later=later > 0)
    limits = {"rules": rules, "seconds": effort.seconds, "seed": effort.seed}
    solution = (
        answer_in_line(question, total, rules, later)
        or _ask_cover(question, total, later, limits)
        or _ask_other(question, total, limits)
    )
    if solution.status == "infeasible":
        return None
    solution = settle_ties(question, solution, rules, later)
    return place_spares(question, solution, rules, later)


def _ask_cover(
    question: Question, total: int | None, later: int, limits: dict[str, Any]
) -> Solution | None:
    """Ask the models of cover that take several phases; None if it is none of them."""
    model = question.model
    if not isinstance(model, (MaxCover, BackupCover, ExpectedCover)) or _serves(model):
        return None
    asked = add_bonus(question, limits["rules"])
    cover, pull = asked.cover, asked.pull
    limits = {**limits, "rules": asked.rules, "later_sites": later, "scratch": question.scratch}
    match model:
        case BackupCover():
            sites = (total or 0) + asked.further
            found = backup_cover(cover, pull, sites=sites, boxes=model.boxes, **limits)
        case ExpectedCover():
            found = expected_cover(
                cover, pull, sites=total or 0, busy=model.busy, vehicles=model.vehicles, **limits
            )
        case _:
            found = max_cover(cover, pull, sites=total, **limits)
    return asked.strip(found)


def _serves(model: Model) -> bool:
    """Tell whether what a site can serve has a limit."""
    return getattr(model, "capacity", None) is not None


def _ask_other(question: Question, total: int | None, limits: dict[str, Any]) -> Solution:
    model, cover, pull = question.model, question.cover, question.pull
    match model:
        case MaxCover():
            capacities = np.full(question.count, float(model.capacity or 0))
            return capacitated_cover(cover, pull, capacities, sites=total, **limits)
        case SetCover():
            return set_cover(cover, pull, share=model.share, boxes=model.boxes, **limits)
        case PMedian():
            return p_median(question.times, pull, sites=total or 0, beyond=model.minutes, **limits)
    return p_center(question.times, weights=pull, sites=total or 0, **limits)
