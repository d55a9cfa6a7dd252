"""Questions along a line: where each site reaches one run of it, intervals answer exactly."""

from __future__ import annotations

import math

import numpy as np

from boxreach.location import MaxCover, Rules, SetCover, Solution
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
    match question.model:
        case MaxCover(capacity=None) if total is not None and not rules.must_cover.size:
            line = question.line
            return None if line is None else _fill_line(line, total, rules)
        case SetCover() as model if _cost_the_same(rules):
            wanted = not (question.pull[rules.must_cover] > 0).all()
            if wanted or (model.share < 1 and (model.boxes > 1 or rules.must_cover.size)):
                return None
            line = question.line
            return None if line is None else _cover_line(line, model, rules)
    return None


def _fill_line(line: Line, total: int, rules: Rules) -> Solution | None:
    """Return the most of the line that so many sites cover."""
    fixed, forbidden = rules.fixed, rules.forbidden
    return most_along(
        line.cover, line.pull, sites=total, runs=line.runs, fixed=fixed, forbidden=forbidden
    )


def _cover_line(line: Line, model: SetCover, rules: Rules) -> Solution:
    """Return the fewest sites that cover the line, or a share of it."""
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
