"""All phases as one question: the plan of which the phase that loses most loses least."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from boxreach.location import GroupLimit, Rules, Solution
from boxreach.location.cover import covered_weight
from boxreach.location.cover_sets import merge_demand
from boxreach.location.problem import count_least
from boxreach.location.stages import Plan, Stage, Stages
from boxreach.location.stages_search import SAME, Staged, choose_in_stages
from boxreach.placement.bonus import add_bonus
from boxreach.placement.clauses import Clause
from boxreach.placement.question import Question
from boxreach.placement.solving import Effort

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Nested:
    """A plan of all phases, and what every such plan loses.

    Attributes
    ----------
    chosen
        The sites of each phase.
    objectives
        What each comes to.
    bound
        In any plan of these phases, some phase loses this share of its best at least.
    """

    chosen: tuple[Integers, ...]
    objectives: tuple[float, ...]
    bound: float


def nest_phases(
    question: Question,
    free: Sequence[Solution],
    known: Sequence[Sequence[Solution]],
    moves: int,
    effort: Effort,
) -> Nested | None:
    """Choose the sites of all phases together; None where that cannot be.

    That is for models other than those of cover, and where pairs do not fit into memory.

    Of plans that lose the same, one is taken in which no more sites move than must: of those of a
    phase first, then of those that stood.

    Parameters
    ----------
    question
        What is asked.
    free
        The best choice for each phase, whatever the others.
    known
        Plans to start with.
    moves
        How many sites of a phase may move in the next.
    effort
        How long each search may take.
    """
    if not question.aim.covers or question.scratch is not None:
        return None
    totals = [len(one.sites) for one in free]
    before = [[one.sites for one in plan] for plan in known]
    best = [one.objective for one in free]
    found = _search(_pose(question, totals, best, moves), before, 1.0, effort)
    if found.plan is None:
        return None

    def move_between(most: int, lost: float) -> Staged:
        return _search(_pose(question, totals, best, most), [], lost, effort)

    def give_up(most: int, lost: float) -> Staged:
        return _search(_pose(question, totals, best, moves, most), [], lost, effort)

    plan = found.plan
    if moves:
        plan = _move_fewest(plan, found.lost, _count_moved(question, plan), move_between)
        moves = _count_moved(question, plan)
    given_up = len(np.setdiff1d(question.stood, plan[-1]))
    plan = _move_fewest(plan, found.lost, given_up, give_up)
    values = tuple(_measure(question, chosen) for chosen in plan)
    return Nested(plan, values, found.bound)


@dataclass(frozen=True, eq=False)
class _Posed:
    """The phases on plain arrays, and how many sites there are for the count alone."""

    stages: Stages
    further: int


def _pose(
    question: Question,
    totals: Sequence[int],
    best: Sequence[float],
    moves: int,
    given_up: int | None = None,
) -> _Posed:
    """Return the phases as stages; of the sites that stand only so many may be given up."""
    stay = []
    if given_up is not None and question.standing:
        members = np.zeros(question.count, dtype=bool)
        members[question.stood] = True
        limit = GroupLimit(members, at_least=question.standing - given_up)
        stay = [Clause("more of the sites that stand stay", limits=(limit,), lasting=True)]
    asked = [
        add_bonus(question, question.rules(*stay, early=total < totals[-1])) for total in totals
    ]
    cover, further = asked[0].cover, asked[0].further
    worth, sites = question.aim.worth_of_stages, cover.shape[0]
    sets = merge_demand(
        cover.indptr,
        cover.indices,
        np.asarray(asked[0].pull, dtype=np.float64),
        kept=np.ones(sites, dtype=bool),
        least=count_least(worth),
    )
    tied = np.zeros(sites, dtype=bool)
    tied[question.stood] = True
    each = tuple(
        Stage(one.rules.rows(one.cover), total + further, value)
        for one, total, value in zip(asked, totals, best, strict=True)
    )
    return _Posed(Stages(sets, worth, each, tied, moves), further)


def _measure(question: Question, chosen: Integers) -> float:
    """Return what the sites of a phase come to."""
    asked = add_bonus(question, Rules())
    whole = np.append(chosen, question.count + np.arange(asked.further))
    return covered_weight(asked.cover, asked.pull, whole, question.aim.worth_of_stages)


def _search(
    posed: _Posed, known: Sequence[Sequence[Integers]], most: float, effort: Effort
) -> Staged:
    """Search for the plan that loses least, and no more than `most`, sites for the count aside."""
    real = posed.stages.sets.sites - posed.further
    extra = real + np.arange(posed.further)
    plans = [tuple(np.append(one, extra) for one in plan) for plan in known]
    found = choose_in_stages(
        posed.stages, known=plans, most=most, seconds=effort.seconds, seed=effort.seed
    )
    if found.plan is None:
        return found
    return replace(found, plan=tuple(one[one < real] for one in found.plan))


def _count_moved(question: Question, plan: Plan) -> int:
    """Return how many sites that did not stand leave one phase for the next, at most."""
    gone = [
        np.setdiff1d(np.setdiff1d(before, question.stood), after)
        for before, after in pairwise(plan)
    ]
    return max(map(len, gone))


def _move_fewest(
    plan: Plan, lost: float, moved: int, search: Callable[[int, float], Staged]
) -> Plan:
    """Return a plan that loses no more with the fewest moves, by halving their number."""
    low, high = 0, moved
    while low < high:
        middle = (low + high) // 2
        other = search(middle, lost)
        if other.plan is not None and other.lost <= lost + SAME:
            plan, high = other.plan, middle
        else:
            low = middle + 1
    return plan
