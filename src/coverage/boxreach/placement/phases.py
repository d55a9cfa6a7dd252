"""The sites of each phase: each keeps those of the one before, but for moves that are allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from boxreach.errors import BoxreachError
from boxreach.location import GroupLimit, Solution
from boxreach.placement.clauses import Clause
from boxreach.placement.nesting import nest_phases
from boxreach.placement.question import Question
from boxreach.placement.solving import Effort, solve, try_to_solve

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
    least_lost
        The same of all phases: in any plan of them some phase loses this share of its best at
        least; 0 where nothing better is known.
    """

    total: int
    chosen: Integers
    objective: float
    alone: Solution
    kept_bound: float
    least_lost: float = 0.0


@dataclass(frozen=True)
class Phasing:
    """Running totals of sites, and how many may move from one phase to the next."""

    totals: tuple[int, ...]
    moves: int = 0
    relocates: bool = False


def plan_phases(question: Question, phasing: Phasing, effort: Effort) -> list[Phase]:
    """Choose the sites of each phase so that the one that loses most to its best loses least.

    Where the best sites of each phase can be found among those of the next, they are. Else all
    phases are one question: of all plans in which each phase keeps the sites of the one before,
    but for moves that are allowed, that is taken whose largest share lost is smallest, and no
    phase can be bettered while the others stay; with moves, the last one. Sites that stood move
    in the first phase.
    Models other than those of cover take the better of two ways: each phase as the best of the
    sites of the next, or as the best that keeps those of the one before.
    """
    final = phasing.totals[-1]
    free = [
        solve(question, total, effort, early=total < final)
        if phasing.relocates or phasing.moves or question.asks_early
        else solve(question, total, effort, later=final - total)
        for total in phasing.totals
    ]
    if phasing.relocates:
        free[-1] = relocate_fewest(question, free[-1], effort)
    found = _thin_out(question, free, effort)
    bounds, least = [alone.bound for alone in free], 0.0
    if most_lost(found, free) > SAME:
        if phasing.relocates:
            free[0] = relocate_fewest(question, free[0], effort, early=len(free) > 1)
        found, bounds, least = _nest(question, free, found, phasing, effort)
    return [
        Phase(total, one.sites, one.objective, alone, bound, least)
        for total, one, alone, bound in zip(phasing.totals, found, free, bounds, strict=True)
    ]


def most_lost(found: Sequence[Solution], free: Sequence[Solution]) -> float:
    """Return the largest share that a phase loses to the best of its size.

    Parameters
    ----------
    found, free
        Of each phase what was found, and the best whatever the others.
    """
    return max(
        1 - one.objective / alone.objective if alone.objective > 0 else 0.0
        for one, alone in zip(found, free, strict=True)
    )


def _nest(
    question: Question,
    free: list[Solution],
    thinned: list[Solution],
    phasing: Phasing,
    effort: Effort,
) -> tuple[list[Solution], list[float], float]:
    """Return all phases as one question, what each keeps within, and what must be lost at least."""
    bounds, known = [alone.bound for alone in free], [thinned]
    with suppress(BoxreachError):
        known.append(_build_up(question, free, phasing, effort))
    nested = nest_phases(question, free, known, phasing.moves, effort)
    if nested is None:
        found = min(known, key=lambda plan: most_lost(plan, free))
        if found is not thinned:
            bounds = [min(one.bound, most) for one, most in zip(found, bounds, strict=True)]
        return found, bounds, 0.0
    whole = [
        replace(
            alone, status="feasible", sites=some, objective=value, bound=max(alone.bound, value)
        )
        for some, value, alone in zip(nested.chosen, nested.objectives, free, strict=True)
    ]
    # Of plans whose worst phases lose the same, that whose phases keep most in all.
    equal = [one for one in known if most_lost(one, free) <= most_lost(whole, free) + SAME]
    whole = max([whole, *equal], key=lambda plan: _sum_kept(plan, free))
    found, bounds[-1] = _better_each(question, whole, free[-1].bound, phasing, effort)
    return found, bounds, min(nested.bound, max(0.0, most_lost(found, free)))


def _better_each(
    question: Question,
    nested: Sequence[Solution],
    most: float,
    phasing: Phasing,
    effort: Effort,
) -> tuple[list[Solution], float]:
    """Return the best of each phase while the others stay, and a bound of the last one."""
    found, last = list(nested), len(nested) - 1
    # Where the time ends before any choice is found, a phase stays as it is.
    for at in range(last if not phasing.moves else 0):
        among = _lie_between(question, found[at - 1].sites if at else None, found[at + 1].sites)
        with suppress(BoxreachError):
            other = solve(question, phasing.totals[at], effort, more=[among], early=True)
            found[at] = max(other, found[at], key=_objective)
    with suppress(BoxreachError):
        other = _follow(question, found[-2].sites, phasing.totals[-1], phasing, effort)
        found[-1] = max(other, found[-1], key=_objective)
        most = min(most, max(other.bound, found[-1].objective))
    return found, most


def _sum_kept(found: Sequence[Solution], free: Sequence[Solution]) -> float:
    """Return the sum of what phases keep of the best of their size, to what differs at all."""
    pairs = zip(found, free, strict=True)
    return round(sum(one.objective / max(alone.objective, SAME) for one, alone in pairs), 9)


def _objective(solution: Solution) -> float:
    return solution.objective


def _lie_between(question: Question, before: Integers | None, after: Integers) -> Clause:
    """Return the rule that the sites of a phase are some of the next one, and keep those before."""
    stay = np.intersect1d(after, question.stood)
    return Clause(
        "sites between those of two phases",
        fixed=stay if before is None else np.union1d(before, stay),
        forbidden=np.setdiff1d(np.arange(question.count), after),
        lasting=True,
    )


def _thin_out(question: Question, free: list[Solution], effort: Effort) -> list[Solution]:
    """Return each phase as the best of the sites of the next one.

    Often many plans are equally good at first, and only some of them lead to the best end.
    """
    found = [free[-1]]
    for alone in free[-2::-1]:
        among = _lie_between(question, None, found[0].sites)
        total = len(alone.sites)
        found.insert(0, solve(question, total, effort, more=[among], early=True))
    return found


def _build_up(
    question: Question, free: list[Solution], phasing: Phasing, effort: Effort
) -> list[Solution]:
    """Return each phase as the best that keeps the sites of the one before, or most of them."""
    found = [free[0]]
    for alone in free[1:]:
        found.append(_follow(question, found[-1].sites, len(alone.sites), phasing, effort))
    return found


def _follow(
    question: Question, before: Integers, total: int, phasing: Phasing, effort: Effort
) -> Solution:
    """Return the best choice that keeps the sites of the phase before, or most of them."""
    later = phasing.totals[-1] - total
    # What later sites may mend holds for all together, so what moves now is told apart.
    early, later = (later > 0, 0) if phasing.moves else (False, later)

    def solve_with(moves: int) -> Solution | None:
        keep = _keep(question, before, moves)
        return try_to_solve(question, total, effort, more=[keep], early=early, later=later)

    best = solve_with(phasing.moves)
    if best is None:
        keep = _keep(question, before, phasing.moves)
        return solve(question, total, effort, more=[keep], early=early, later=later)
    return _move_fewest(best, len(np.setdiff1d(before, best.sites)), solve_with)


def relocate_fewest(
    question: Question, best: Solution, effort: Effort, *, early: bool = False
) -> Solution:
    """Return a choice as good in which no more standing sites move than must.

    Parameters
    ----------
    question, effort, early
        As in `plan_phases` and `solve`.
    best
        The best choice.
    """
    total = None if question.counts_itself else len(best.sites)

    def solve_with(moves: int) -> Solution | None:
        members = np.zeros(question.count, dtype=bool)
        members[question.stood] = True
        limit = GroupLimit(members, at_least=question.standing - moves)
        stay = Clause("more of the sites that stand stay", limits=(limit,), lasting=True)
        return try_to_solve(question, total, effort, more=[stay], early=early)

    return _move_fewest(best, len(np.setdiff1d(question.stood, best.sites)), solve_with)


def _move_fewest(
    best: Solution, moves: int, solve_with: Callable[[int], Solution | None]
) -> Solution:
    """Return a choice as good as the best with the fewest moves, by halving their number.

    Parameters
    ----------
    best
        The best choice with that many moves or more.
    moves
        How many it makes.
    solve_with
        Gives the best choice with at most so many; None where there is none.
    """
    found, low, high = best, 0, moves
    while low < high:
        middle = (low + high) // 2
        other = solve_with(middle)
        if other is not None and other.objective >= best.objective * (1 - SAME):
            found, high = other, middle
        else:
            low = middle + 1
    # Fewer moves are a narrower question; the proof is that of the wider one.
    return replace(found, bound=best.bound, status=best.status)


def _keep(question: Question, before: Integers, moves: int) -> Clause:
    """Return the rule that the sites of a phase stay, but for so many."""
    said = "the sites of the phase before stay"
    given_up = np.setdiff1d(question.stood, before)
    if not moves:
        return Clause(said, fixed=before, forbidden=given_up)
    members = np.zeros(question.count, dtype=bool)
    members[np.setdiff1d(before, question.stood)] = True
    limit = GroupLimit(members, at_least=max(0, int(members.sum()) - moves))
    return Clause(said, limits=(limit,), forbidden=given_up, lasting=True)
