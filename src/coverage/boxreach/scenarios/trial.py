"""A trial: plans measured in drawn worlds, beside the best choice that is found for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.accessibility.divisions import Division
from boxreach.accessibility.sums import sums_of
from boxreach.crs import Floats
from boxreach.scenarios.certainty import Certainty, reached_by
from boxreach.scenarios.contestants import Contestants
from boxreach.scenarios.drawn_roads import DrawnRoads
from boxreach.scenarios.regret import find_best

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one world comes to.

    Attributes
    ----------
    people
        In all.
    within
        Plans by areas, all together last: people within reach.
    best, bound
        By plan: the most that a choice of no more sites was found to reach, and what no choice of
        as many exceeds; the last is NaN without candidates.
    choices
        By number of sites, the best choice that was found; none without candidates.
    """

    people: float
    within: Floats
    best: Floats
    bound: Floats
    choices: Mapping[int, Integers] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Trial:
    """Plans, and the worlds in which they are measured.

    Attributes
    ----------
    contestants
        The sites of plans and candidates.
    roads
        The roads as they were drawn, to the places that are unsure.
    certain
        What no draw changes.
    people, layers
        People as usual, and by layer.
    division
        The areas, if any.
    """

    contestants: Contestants
    roads: DrawnRoads
    certain: Certainty
    people: Floats
    layers: Mapping[str, Floats]
    division: Division | None

    def measure_usual(self) -> Outcome:
        """Return what plans come to where nothing is drawn."""
        return self._measure(self.roads.usual_times(), self.people, {})

    def measure(self, draw: int, usual: Outcome) -> Outcome:
        """Return what plans come to in a world.

        Parameters
        ----------
        draw
            The number of the world.
        usual
            What they usually come to: its best choices are tried in this world too, and bettered.
        """
        people = self.layers.get(str(self.roads.worlds.population[draw]), self.people)
        return self._measure(self.roads.times(draw), people, usual.choices)

    def _measure(self, ms: csr_array, people: Floats, tried: Mapping[int, Integers]) -> Outcome:
        plans = list(self.contestants.plans.values())
        within = np.array([
            self._within(ms, people, one, self.certain.surely[name])
            for name, one in self.contestants.plans.items()
        ])  # fmt: skip
        sizes = np.array([len(one) for one in plans])
        best = np.where(sizes[:, None] >= sizes, within[:, -1], 0.0).max(axis=1)
        total = self._sums(people)[-1]
        bound = np.full(len(plans), np.nan)
        if not self.contestants.has_candidates:
            return Outcome(float(total), within, best, bound)
        choices = {}
        for size in np.unique(sizes).tolist():
            starts = [one for one in plans if len(one) == size]
            starts += [tried[size]] if size in tried else []
            fixed = self.contestants.fixed
            found = find_best(ms, people, sites=size, starts=starts, fixed=fixed)
            choices[size] = found.chosen
            reached = self._sums(np.where(reached_by(ms, found.chosen), people, 0.0))[-1]
            best[sizes >= size] = np.maximum(best[sizes >= size], reached)
            bound[sizes == size] = found.bound
        # Fewer sites may be found to reach more than as many; and sums may end in other digits.
        return Outcome(float(total), within, best, np.maximum(bound, best), choices)

    def _within(self, ms: csr_array, people: Floats, plan: Integers, surely: Flags) -> Floats:
        """Return the people that a plan reaches, by area and in all."""
        reached = surely.copy()
        reached[self.certain.unsure] |= reached_by(ms, plan)
        return self._sums(np.where(reached, people, 0.0))

    def _sums(self, people: Floats) -> Floats:
        if self.division is None:
            return sums_of(np.zeros(len(people), dtype=np.int64), 1, people)[-1:]
        return sums_of(self.division.members[0], len(self.division.areas), people)
