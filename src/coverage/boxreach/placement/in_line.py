"""Questions along a line: where each site reaches one run of it, intervals answer exactly."""

from __future__ import annotations

import math

import numpy as np

from boxreach.location import Rules, SetCover, Solution
from boxreach.location.covering import ROUNDING
from boxreach.location.intervals import fewest_along, fewest_for, most_along
from boxreach.location.models import Status
from boxreach.location.rules import nobody
from boxreach.placement.question import Line, Question


def answer_in_line(
    question: Question, total: int | None, rules: Rules, later: int
) -> Solution | None:
    """Answer the question by intervals; None where it is not for them.

    Parameters
    ----------
    question
        What is asked.
    total
        How many sites, None where the model decides.
    rules
        What the choice, with the sites that follow, must keep to.
    later
        How many follow.
    """
    if question.bonus is not None or not _are_loose(rules, later):
        return None
    answer = question.aim.in_line
    return None if answer is None else answer(question, total, rules)


def fill_line(line: Line, total: int, rules: Rules) -> Solution | None:
    """Return the most of the line that so many sites cover."""
    fixed, forbidden = rules.fixed, rules.forbidden
    return most_along(
        line.cover, line.pull, sites=total, runs=line.runs, fixed=fixed, forbidden=forbidden
    )


def cover_line(question: Question, model: SetCover, rules: Rules) -> Solution | None:
    """Return the fewest sites that cover the line, or a share of it; None if not for intervals."""
    partly = model.share < 1 and (model.boxes > 1 or rules.must_cover.size)
    weightless = not (question.pull[rules.must_cover] > 0).all()
    line = None if partly or weightless or not _cost_the_same(rules) else question.line
    return None if line is None else _find_fewest(line, model, rules)


def _find_fewest(line: Line, model: SetCover, rules: Rules) -> Solution:
    fixed, forbidden = rules.fixed, rules.forbidden
    if model.share < 1:
        need = model.share * math.fsum(line.pull.tolist()) * (1 - ROUNDING)
        found = fewest_for(line.runs, line.cover, line.pull, need, fixed=fixed, forbidden=forbidden)
        chosen, least = (None, 0) if found is None else found
    else:
        often = np.full(line.runs.demand, model.boxes)
        chosen = fewest_along(line.runs, often, fixed=fixed, forbidden=forbidden)
        least = 0 if chosen is None else len(chosen)
    if chosen is None:
        return Solution("infeasible", math.inf, math.inf, nobody(), sense="min")
    costs = np.ones(len(line.runs.first)) if rules.costs is None else rules.costs
    objective = math.fsum(costs[chosen].tolist())
    status: Status = "optimal" if least == len(chosen) else "feasible"
    return Solution(status, objective, objective - (len(chosen) - least), chosen, sense="min")


def _are_loose(rules: Rules, later: int) -> bool:
    """Tell whether no rule ties sites to each other, but for what sites that follow can mend."""
    free = np.ones(0 if not rules.limits else len(rules.limits[0].members), dtype=bool)
    free[rules.forbidden if rules.limits else []] = False
    asked = sum(limit.at_least for limit in rules.limits)
    mended = asked <= later and all(
        limit.at_most is None and limit.at_least <= int((limit.members & free).sum())
        for limit in rules.limits
    )
    return mended and not rules.apart.size and rules.budget is None


def _cost_the_same(rules: Rules) -> bool:
    """Tell whether each site that may be chosen or not counts as one."""
    if rules.costs is None:
        return True
    return bool((np.delete(rules.costs, rules.fixed) == 1).all())
