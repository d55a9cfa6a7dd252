"""The sites of each phase: each keeps those of the one before, but for moves that are allowed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.errors import InfeasibleError
from boxreach.location import GroupLimit, Solution
from boxreach.placement.clauses import Clause
from boxreach.placement.question import Question
from boxreach.placement.solving import Effort, solve

Integers = npt.NDArray[np.int64]

SAME = 1e-9
"""Objectives that differ by a smaller share are the same."""


@dataclass(frozen=True, eq=False)
class Phase:
    """What stands at the end of a phase.

    Attributes
    ----------
    total
        Number of sites.
    chosen
        Their positions, those that stood before the plan among them.
    objective
        What they come to, by the model.
    alone
        The best choice of as many sites, whatever the other phases.
    kept_bound
        What no choice goes beyond that keeps the sites of the phase before.
    """

    total: int
    chosen: Integers
    objective: float
    alone: Solution
    kept_bound: float


@dataclass(frozen=True)
class Phasing:
    """Running totals of sites, and how many may move from one phase to the next."""

    totals: tuple[int, ...]
    moves: int = 0
    relocates: bool = False


def plan_phases(question: Question, phasing: Phasing, effort: Effort) -> list[Phase]:
    """Choose the sites of each phase.

    Where the best sites of each phase can be found among those of the next, they are; else each
    phase is the best that can be made of the one before. Sites that stood move in the first phase.
    """
    final = phasing.totals[-1]
    free = [
        solve(question, total, effort, early=total < final)
        if phasing.relocates
        else solve(question, total, effort, later=final - total)
        for total in phasing.totals
    ]
    found = _thin_out(question, free, effort)
    loses = any(
        one.objective < alone.objective * (1 - SAME) for one, alone in zip(found, free, strict=True)
    )
    bounds = [alone.bound for alone in free]
    if loses and not phasing.relocates:
        with suppress(InfeasibleError):
            found = _build_up(question, free, phasing, effort)
            bounds = [min(one.bound, most) for one, most in zip(found, bounds, strict=True)]
    return [
        Phase(total, one.sites, one.objective, alone, bound)
        for total, one, alone, bound in zip(phasing.totals, found, free, bounds, strict=True)
    ]


def _thin_out(question: Question, free: list[Solution], effort: Effort) -> list[Solution]:
    """Return each phase as the best of the sites of the next one.

    Often many plans are equally good at first, and only some of them lead to the best end.
    """
    found = [free[-1]]
    for alone in free[-2::-1]:
        later = found[0].sites
        among = Clause(
            "sites of the next phase",
            fixed=np.intersect1d(later, question.stood),
            forbidden=np.setdiff1d(np.arange(question.count), later),
            lasting=True,
        )
        total = len(alone.sites)
        found.insert(0, solve(question, total, effort, more=[among], early=True))
    return found


def _build_up(
    question: Question, free: list[Solution], phasing: Phasing, effort: Effort
) -> list[Solution]:
    """Return each phase as the best that keeps the sites of the one before, or most of them."""
    found = [free[0]]
    for alone in free[1:]:
        before, total = found[-1].sites, len(alone.sites)
        keep, later = _keep(question, before, phasing.moves), phasing.totals[-1] - total
        # What later sites may mend holds for all together, so what moves now is told apart.
        early, later = (later > 0, 0) if phasing.moves else (False, later)
        found.append(solve(question, total, effort, more=[keep], early=early, later=later))
    return found


def _keep(question: Question, before: Integers, moves: int) -> Clause:
    """Return the rule that the sites of a phase stay, but for so many."""
    said = "the sites of the phase before stay"
    if not moves:
        return Clause(said, fixed=before)
    members = np.zeros(question.count, dtype=bool)
    members[np.setdiff1d(before, question.stood)] = True
    limit = GroupLimit(members, at_least=max(0, int(members.sum()) - moves))
    return Clause(said, limits=(limit,), lasting=True)
