"""The order of a plan: after each site, the one that gains most next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.placement.question import Question

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NOBODY = -1


@dataclass(frozen=True)
class Step:
    """One site more, and the one that gives up its place for it, if any: positions."""

    site: int
    given_up: int = NOBODY


class Tally:
    """How many of the chosen sites reach each demand, and what that is worth."""

    def __init__(
        self,
        cover: csr_array,
        weights: Floats,
        worth: Floats,
        chosen: Integers,
        bonus: Floats | None = None,
    ) -> None:
        self.cover, self.weights, self.worth = cover, weights, worth
        self.bonus = np.zeros(cover.shape[0]) if bonus is None else bonus
        self.reached = np.zeros(cover.shape[1], dtype=np.int64)
        for site in chosen.tolist():
            self.reached[self._row(site)] += 1

    def _row(self, site: int) -> Integers:
        indices = self.cover.indices
        return np.asarray(indices[self.cover.indptr[site] : self.cover.indptr[site + 1]])

    def _changes(self, step: Step) -> tuple[Integers, Integers]:
        """Return the demand that a step may change, and how many reach it afterwards."""
        if step.given_up == NOBODY:
            changed = self._row(step.site)
            return changed, self.reached[changed] + 1
        came, went = self._row(step.site), self._row(step.given_up)
        changed = np.union1d(came, went)
        after = self.reached[changed] + np.isin(changed, came) - np.isin(changed, went)
        return changed, after

    def gain(self, step: Step) -> tuple[float, float]:
        """Return what a step gains by the worth and the bonus, and in weight reached at all."""
        changed, after = self._changes(step)
        before, weights = self.reached[changed], self.weights[changed]
        most = len(self.worth) - 1
        worth = self.worth[np.minimum(after, most)] - self.worth[np.minimum(before, most)]
        reached = (after > 0).astype(float) - (before > 0)
        bonus = self.bonus[step.site]
        if step.given_up != NOBODY:
            bonus -= self.bonus[step.given_up]
        return float(weights @ worth + bonus), float(weights @ reached)

    def take(self, step: Step) -> None:
        """Do a step."""
        changed, after = self._changes(step)
        self.reached[changed] = after


def order_steps(question: Question, before: Integers, steps: Sequence[Step]) -> list[Step]:
    """Put steps in the order of what each gains next; ties go to the first by id.

    Parameters
    ----------
    question
        What is asked.
    before
        Positions of the sites that are there already.
    steps
        What is to be done after that.
    """
    worth = question.aim.worth_on_the_way
    tally = Tally(question.cover, question.pull, worth, before, question.bonus)
    left, order = sorted(steps, key=lambda one: one.site), []
    while left:
        gains = [tally.gain(step) for step in left]
        best = left.pop(max(range(len(left)), key=lambda at: (*gains[at], -at)))
        tally.take(best)
        order.append(best)
    return order


def running_cover(question: Question, before: Integers, steps: Sequence[Step]) -> Floats:
    """Return how much is reached after each step."""
    tally = Tally(question.cover, question.weights, np.array([0.0, 1.0]), before)
    running = []
    for step in steps:
        tally.take(step)
        running.append(float(question.weights[tally.reached > 0].sum()))
    return np.array(running)
