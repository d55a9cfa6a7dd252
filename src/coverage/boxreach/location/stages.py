"""Choices of sites one after the other, each keeping those of the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from boxreach.location.cover_sets import CoverSets
from boxreach.location.proof import keeps
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Plan: TypeAlias = tuple[Integers, ...]
"""The chosen sites of each stage."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One of the choices.

    Attributes
    ----------
    rows
        The rules that it keeps.
    sites
        How many sites it has.
    best
        What the best choice of as many comes to, whatever the other stages: what it loses is
        measured by that.
    """

    rows: Rows
    sites: int
    best: float

    def share(self, value: float) -> float:
        """Return what a value is of the best; all of it where the best is nothing."""
        return value / self.best if self.best > 0 else 1.0


@dataclass(frozen=True, eq=False)
class Stages:
    """What to choose so that the stage that loses most of its best loses as little as may be.

    Attributes
    ----------
    sets
        What the sites cover.
    worth
        Share of a weight that counts when n sites cover it, from n = 0; the last for more.
    each
        The stages, two or more.
    tied
        Sites that are in all stages or in none. With moves, they are in none after a stage that
        they are not in.
    moves
        How many of the other sites of a stage may be missing in the next.
    """

    sets: CoverSets
    worth: Floats
    each: tuple[Stage, ...]
    tied: Flags
    moves: int = 0

    def most_lost(self, plan: Plan) -> float:
        """Return the largest share of its best that a stage of a plan loses, 0 or more."""
        most = 0.0
        for stage, chosen in zip(self.each, plan, strict=True):
            most = max(most, 1 - stage.share(self.sets.measure(chosen, self.worth)))
        return most

    def keeps(self, plan: Plan) -> bool:
        """Tell whether a plan keeps the rules of each stage, and those between stages."""
        taken = [self._flag(chosen) for chosen in plan]
        kept = all(
            keeps(stage.rows, flags.astype(np.float64)) and int(flags.sum()) == stage.sites
            for stage, flags in zip(self.each, taken, strict=True)
        )
        return kept and all(map(self._follows, taken[:-1], taken[1:]))

    def _follows(self, before: Flags, after: Flags) -> bool:
        back = after & ~before & self.tied
        gone = before & ~after
        if not self.moves:
            return not back.any() and not gone.any()
        return not back.any() and int((gone & ~self.tied).sum()) <= self.moves

    def _flag(self, chosen: Integers) -> Flags:
        flags = np.zeros(self.sets.sites, dtype=bool)
        flags[chosen] = True
        return flags


def spread(barred: Sequence[Flags], sure: Sequence[Flags], stages: Stages) -> None:
    """Carry what is known of the sites of one stage over to the others, in place.

    Parameters
    ----------
    barred, sure
        For each stage, sites that it cannot have, and sites that it must.
    stages
        Where they are chosen.
    """
    tied, last = stages.tied, len(stages.each) - 1
    for at in range(last):
        barred[at + 1][:] |= barred[at] & tied
        if not stages.moves:
            sure[at + 1][:] |= sure[at]
    for at in range(last, 0, -1):
        sure[at - 1][:] |= sure[at] & tied
        if not stages.moves:
            barred[at - 1][:] |= barred[at]
