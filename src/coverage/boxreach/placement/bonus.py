"""What sites add beside what they reach: demand that only the site itself covers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import block_array, csr_array

from boxreach.location import Rules, Solution
from boxreach.placement.question import Question

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Asked:
    """What the models of cover are asked.

    Attributes
    ----------
    cover, pull
        Who reaches whom, and what that weighs.
    rules
        What the choice must keep to.
    further
        How many sites are there for the count alone, behind all others, and always chosen.
    """

    cover: csr_array
    pull: Floats
    rules: Rules
    further: int = 0

    def strip(self, solution: Solution) -> Solution:
        """Return a solution without the sites that are there for the count alone."""
        real = self.cover.shape[0] - self.further
        return replace(solution, sites=solution.sites[solution.sites < real])


def add_bonus(question: Question, rules: Rules) -> Asked:
    """Return the question with each site's bonus as demand that only this site covers.

    Where demand counts by several sites alone, further ones cover what weighs the bonus.

    Parameters
    ----------
    question
        What is asked.
    rules
        What the choice must keep to.
    """
    if question.bonus is None:
        return Asked(question.cover, question.pull, rules)
    aim, count = question.aim, question.count
    paid = np.flatnonzero(question.bonus > 0)
    weight = question.bonus[paid] / aim.worth_of_stages[aim.boxes]
    own = csr_array((np.ones(len(paid)), (paid, np.arange(len(paid)))), shape=(count, len(paid)))
    further = aim.boxes - 1
    parts = [[question.cover, own], [None, csr_array(np.ones((further, len(paid))))]]
    cover = csr_array(block_array(parts[: 2 if further else 1], format="csr"))
    pull = np.append(question.pull, weight)
    return Asked(cover, pull, _widen(rules, count, further), further)


def _widen(rules: Rules, count: int, further: int) -> Rules:
    """Return rules that hold with further sites, all of which are chosen."""
    none = np.zeros(further, dtype=bool)
    limits = [replace(one, members=np.append(one.members, none)) for one in rules.limits]
    return replace(
        rules,
        limits=tuple(limits),
        fixed=np.append(rules.fixed, count + np.arange(further)),
        costs=None if rules.costs is None else np.append(rules.costs, np.zeros(further)),
    )
