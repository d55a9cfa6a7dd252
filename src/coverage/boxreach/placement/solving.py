"""Ask the location models: one function for every model a plan can have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boxreach.errors import Fault, InputError
from boxreach.location import Solution
from boxreach.location.cover import covered_weight
from boxreach.placement.aims import Aim
from boxreach.placement.bonus import Asked, add_bonus
from boxreach.placement.clauses import Clause
from boxreach.placement.conflicts import explain_conflict
from boxreach.placement.in_line import answer_in_line
from boxreach.placement.preferences import settle_ties
from boxreach.placement.question import Question
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
    solution = answer_in_line(question, total, rules, later)
    if solution is None:
        covers = question.aim.covers
        solution = (
            _ask_cover(question, total, later, limits)
            if covers
            else question.aim.solve(question, total, limits)
        )
    if solution.status == "infeasible":
        return None
    solution = settle_ties(question, solution, rules, later)
    return place_spares(question, solution, rules, later)


def _ask_cover(
    question: Question, total: int | None, later: int, limits: dict[str, Any]
) -> Solution:
    """Ask a model of cover, which takes several phases, and what sites add beside their reach."""
    asked = add_bonus(question, limits["rules"])
    limits = {**limits, "rules": asked.rules, "later_sites": later, "scratch": question.scratch}
    whole = None if total is None else total + asked.further
    found = question.aim.cover(asked.cover, asked.pull, whole, limits)
    if question.scratch is None and found.status != "infeasible":
        _require_worth(question.aim, asked, found)
    return asked.strip(found)


def _require_worth(aim: Aim, asked: Asked, found: Solution) -> None:
    """Refuse a model of cover that makes something else large than it says: phases go by that."""
    comes_to = covered_weight(asked.cover, asked.pull, found.sites, aim.worth_of_stages)
    if not math.isclose(comes_to, found.objective, rel_tol=1e-6, abs_tol=1e-9):
        what = f"{aim.name} comes to {found.objective:g}, and its worth times the weights"
        advice = "say another worth, or let it be no model of cover (of_cover, solve)"
        raise InputError(Fault(f"{what} to {comes_to:g}", column="model", advice=advice))
