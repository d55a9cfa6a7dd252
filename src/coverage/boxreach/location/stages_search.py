"""The search for the plan in stages whose worst stage loses least, and for a proof of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.location.dual import Dual
from boxreach.location.picks import part_rows
from boxreach.location.problem import raise_to_hull
from boxreach.location.program import relax_program, solve_program
from boxreach.location.proof import is_concave
from boxreach.location.stages import Plan, Stages, spread
from boxreach.location.stages_bound import price_stages
from boxreach.location.stages_program import WHOLE, write_stages

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMALL = 3_000
"""Stages of so few pairs go to the solver at once."""
SAME = 1e-9
"""Shares that differ by less are the same."""
_STEPS, _CLOSE = 60, 0.1
"""Steps at a time towards the prices of a stage, until they tell what it loses to such a part."""
_FOR_SOLVER, _FOR_RELAXATION, _PAIRS_A_SECOND = 350_000, 5_000, 15_000
"""Pairs left that the solver gets at all, those it gets unpriced, and priced in a second."""
_HALVINGS = 4
_SECONDS_CROSSING, _SHARE_DESCENT = 3.0, 0.3
_SHARE_RELAXATION = 0.8
"""An interior point may never come to rest; what it leaves of the time is for the solver."""


@dataclass(frozen=True, eq=False)
class Staged:
    """A plan in stages, and how good it is proven to be.

    Attributes
    ----------
    plan
        The sites of each stage; None where none was found that loses no more than it may.
    lost
        The largest share of its best that a stage loses.
    bound
        In every plan a stage loses so much at least, but for a share of 1e-9; of a plan that may
        lose so much and was not found, how much that was.
    """

    plan: Plan | None
    lost: float
    bound: float


def choose_in_stages(
    stages: Stages,
    *,
    known: Sequence[Plan] = (),
    most: float = 1.0,
    seconds: float = 60.0,
    seed: int = 0,
    small: int = SMALL,
) -> Staged:
    """Choose sites for each stage so that the stage that loses most of its best loses least.

    The sites of plans that are known are crossed first. Prices of each stage alone rule out sites
    without which it keeps enough; prices of the linear relaxation of all stages together bound
    what any plan keeps, and rule out more. What is left is a mixed-integer program for HiGHS.

    Parameters
    ----------
    stages
        What to choose.
    known
        Plans to start with.
    most
        No more than this share may be lost.
    seconds
        How long it may take, about.
    seed
        Seed of the solver's random choices.
    small
        Stages of at most so many pairs go to the solver at once.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from boxreach.location.cover_sets import merge_demand
    >>> from boxreach.location.rules import Rules
    >>> from boxreach.location.stages import Stage
    >>> cover = csr_array(np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]]))
    >>> sets = merge_demand(
    ...     cover.indptr, cover.indices, np.array([4.0, 4.0, 3.0, 3.0]), kept=np.ones(3, dtype=bool)
    ... )
    >>> each = tuple(Stage(Rules().rows(cover), n, best) for n, best in ((1, 8.0), (2, 14.0)))
    >>> found = choose_in_stages(Stages(sets, np.array([0.0, 1.0]), each, np.zeros(3, dtype=bool)))
    >>> found.plan, found.lost, found.bound
    ((array([1]), array([1, 2])), 0.125, 0.125)
    """
    search = _Search(stages, most, time.monotonic() + seconds, seed)
    for plan in known:
        search.take(plan)
    return search.run(small)


class _Search:
    """The best plan so far, and what every better one is known to have and not to have."""

    def __init__(self, stages: Stages, most: float, deadline: float, seed: int) -> None:
        self.stages, self.deadline, self.seed = stages, deadline, seed
        self.plan: Plan | None = None
        self.lost, self.bound = most, 0.0
        self.barred = [stage.rows.column_upper < 1 for stage in stages.each]
        self.sure = [stage.rows.column_lower > 0 for stage in stages.each]
        self.used = np.zeros(stages.sets.sites, dtype=bool)

    def take(self, plan: Plan) -> None:
        """Take over a plan if it keeps all rules and loses less."""
        if not self.stages.keeps(plan):
            return
        for chosen in plan:
            self.used[chosen] = True
        lost = self.stages.most_lost(plan)
        if lost < self.lost or (self.plan is None and lost <= self.lost + SAME):
            self.plan, self.lost = plan, lost

    def run(self, small: int) -> Staged:
        """Search until the plan is proven or the time ends."""
        many = self.stages.sets.pairs > small
        if many and self.used.any() and self.left > 0:
            outside = [no | ~self.used for no in self.barred]
            seconds = min(self.left, _SECONDS_CROSSING)
            self._solve(outside, [yes.copy() for yes in self.sure], self.lost, seconds)
        if not self.proven and self.left > 0:
            self._close_in(many)
        if self.proven:
            self.bound = self.lost
        return Staged(self.plan, self.lost, min(self.bound, self.lost))

    @property
    def left(self) -> float:
        """How many seconds are left."""
        return self.deadline - time.monotonic()

    @property
    def proven(self) -> bool:
        """Whether a plan meets the bound."""
        # Of the slack the bound gave one half away.
        return self.plan is not None and self.lost <= self.bound + 2 * SAME

    def _close_in(self, many: bool) -> None:
        """Rule sites out, and let HiGHS choose among the others.

        Where these are too many, only plans that lose a part of what the best one does are looked
        for: a bound is what either of both proves.
        """
        duals = self._price_each() if many else []
        most = self.lost
        for _ in range(_HALVINGS):
            barred, sure = self._rule_out(duals, most)
            if self._measure(barred) <= _FOR_SOLVER:
                break
            most /= 2
        else:
            return
        limit = min(_FOR_SOLVER, _PAIRS_A_SECOND * self.left)
        if is_concave(self.stages.worth) and _FOR_RELAXATION < self._measure(barred) <= limit:
            self._relax(barred, sure, most)
        if (self.plan is None or self.bound < most - SAME) and self.left > 0:
            least = self._solve(barred, sure, most, self.left)
            self.bound = max(self.bound, min(most, least))

    def _price_each(self) -> list[Dual]:
        """Return prices of each stage by itself, near enough to rule sites out."""
        stages, duals = self.stages, []
        hull = raise_to_hull(stages.worth)
        until = time.monotonic() + _SHARE_DESCENT * self.left
        for at, stage in enumerate(stages.each):
            picks, rest = part_rows(stage.rows, stage.sites)
            often = 1 if self.plan is None else 1 + stages.sets.count(self.plan[at])
            prices = stages.sets.weights * hull[1] / often
            dual = Dual(stages.sets, hull, picks, rest, prices, np.zeros(len(rest.lower)))
            aim = stage.best * (1 + _CLOSE * self.lost)
            while dual.moves and dual.best.bound > aim:
                dual.descend(stage.best, _STEPS, until)
                if time.monotonic() > until:
                    break
            duals.append(dual)
        return duals

    def _rule_out(self, duals: list[Dual], most: float) -> tuple[list[Flags], list[Flags]]:
        """Return of each stage the sites that it cannot, and must, have to lose no more."""
        barred, sure = ([one.copy() for one in some] for some in (self.barred, self.sure))
        for dual, stage, no, yes in zip(duals, self.stages.each, barred, sure, strict=False):
            over = dual.turned_over(stage.best * (1 - most - SAME))
            _turn(over, dual.best.chosen, no, yes)
        spread(barred, sure, self.stages)
        return barred, sure

    def _relax(self, barred: list[Flags], sure: list[Flags], most: float) -> None:
        """Price all stages together by the linear relaxation; rule out more sites, in place."""
        if _conflict(barred, sure):
            return
        written = write_stages(self.stages, barred, sure, most)
        relaxed = relax_program(written.program, seconds=_SHARE_RELAXATION * self.left)
        if relaxed is None:
            return
        offer = price_stages(self.stages, written, relaxed.row_prices, barred, sure)
        if offer is None:
            return
        self.bound = max(self.bound, min(most, 1 - offer.kept))
        for over, chosen, no, yes in zip(
            offer.turned_over(most + SAME), offer.chosen, barred, sure, strict=True
        ):
            _turn(over, chosen, no, yes)
        spread(barred, sure, self.stages)

    def _solve(self, barred: list[Flags], sure: list[Flags], most: float, seconds: float) -> float:
        """Let HiGHS choose among sites that are not barred; return what all these plans lose."""
        spread(barred, sure, self.stages)
        if _conflict(barred, sure):
            return most
        written = write_stages(self.stages, barred, sure, most + SAME)
        start = None if self.plan is None else written.start(self.plan)
        answer = solve_program(written.program, start=start, seconds=seconds, seed=self.seed)
        if answer.status == "infeasible":
            return most
        if answer.values is not None:
            self.take(written.read(answer.values))
        return -answer.bound / WHOLE - SAME if np.isfinite(answer.bound) else 0.0

    def _measure(self, barred: list[Flags]) -> int:
        """Return how many pairs and how much demand that counts several times is left at most."""
        lengths, times = np.diff(self.stages.sets.start), len(self.stages.worth) - 1
        return times * sum(int(lengths[~no].sum()) for no in barred)


def _turn(over: Flags, chosen: Integers, barred: Flags, sure: Flags) -> None:
    """Note of sites that every plan has as one choice has them whether that is in or out."""
    taken = np.zeros_like(over)
    taken[chosen] = True
    barred |= over & ~taken
    sure |= over & taken


def _conflict(barred: list[Flags], sure: list[Flags]) -> bool:
    """Tell whether a stage must have a site that it cannot have."""
    return any(bool((no & yes).any()) for no, yes in zip(barred, sure, strict=True))
