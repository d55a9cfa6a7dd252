"""A covering problem on merged sets, and the search for a good plan and a proof of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location.cover_sets import CoverSets, find_dominated, merge_demand
from boxreach.location.dual import Dual
from boxreach.location.greedy import choose_greedily
from boxreach.location.picks import part_rows
from boxreach.location.program import solve_program
from boxreach.location.proof import write_program, write_rules, write_start
from boxreach.location.rules import Rows
from boxreach.location.swaps import improve, read_later, read_plan, set_up, settle

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMALL = 3_000
"""Problems of so few pairs go to the solver at once."""
_FOR_SOLVER = 400_000
_STEPS, _ROUNDS = 60, 100
_WORTHWHILE = 0.8
"""What is left of the pairs after sites were ruled out, to merge demand again."""
_SAME = 1e-9
_DUST = 1e-10


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be chosen.

    Attributes
    ----------
    sets
        What the sites cover.
    worth
        Share of a weight that counts when n sites cover it, from n = 0; the last for more.
    rows
        The rules, for the plan with the sites that follow.
    sites, later_sites
        How many to choose, None for any number, and how many follow.
    costs
        What each site costs, if that matters.
    """

    sets: CoverSets
    worth: Floats
    rows: Rows
    sites: int | None
    later_sites: int = 0
    costs: Floats | None = None

    @property
    def total(self) -> int | None:
        """How many sites stand in the end."""
        return None if self.sites is None else self.sites + self.later_sites


@dataclass(frozen=True, eq=False)
class Finding:
    """What a search came to: a plan if there is one, a bound, and whether none can be."""

    chosen: Integers | None
    bound: float
    infeasible: bool = False


class Search:
    """A search for the best plan: exchanges from below, prices from above, sites ruled out between.

    Every plan that covers more than the one at hand avoids the sites that the bound rules out, so
    demand is merged again without them, and both go on with less. What is left goes to HiGHS.
    What is done does not depend on the clock, save where the time ends.

    Parameters
    ----------
    problem
        What to choose.
    seconds
        When to stop, from now.
    seed
        Of all random choices.
    small
        Problems of at most so many pairs go to the solver at once.
    solver
        Whether HiGHS may be asked for a proof.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        deadline: float,
        seed: int = 0,
        small: int = SMALL,
        solver: bool = True,
        progress: Callable[[float, float], None] | None = None,
    ) -> None:
        self.progress = progress
        self.problem, self.sets, self.seed = problem, problem.sets, seed
        self.deadline, self.small, self.solver = deadline, small, solver
        self.random = np.random.default_rng(seed)
        self.picks, self.rest = part_rows(_loosen(problem.rows, problem.later_sites), problem.sites)
        self.barred, self.sure = self.picks.barred, self.picks.fixed
        self.chosen = self.later = np.empty(0, dtype=np.int64)
        self.value, self.bound = -math.inf, math.inf

    def run(self) -> Finding:
        """Search until the plan is proven or the time ends."""
        first = self.sets.weights.sum() * self.problem.worth[-1]
        self.bound = float(first)
        found = self._find_start()
        if found is not None:
            return found
        self._improve(0)
        if self.sets.pairs > self.small or not self.solver:
            self._close_in()
        else:
            self._improve(_ROUNDS // 4)
        if self.solver and not self.proven and self.sets.pairs <= _FOR_SOLVER:
            self._prove()
        while not self.proven and self.left > 0 and self.solver and self.sets.pairs > self.small:
            self._improve(_ROUNDS)
        self._settle()
        return Finding(self.chosen, max(self.bound, self.value))

    @property
    def left(self) -> float:
        """How many seconds are left."""
        return self.deadline - time.monotonic()

    @property
    def proven(self) -> bool:
        """Whether the bound is met."""
        return self.value >= self._sharpened(self.bound) * (1 - _SAME / 10)

    def _sharpened(self, bound: float) -> float:
        whole = (self.sets.weights % 1 == 0).all() and (self.problem.worth % 1 == 0).all()
        return math.floor(bound * (1 + _SAME / 10)) if whole else bound

    def _find_start(self) -> Finding | None:
        """Find a first plan; return what is to be said if there is none."""
        problem = self.problem
        none = np.empty(0, dtype=np.int64)
        if self.picks.best(np.zeros(self.sets.sites)) is None:
            return Finding(None, 0.0, infeasible=True)
        self._drop_dominated()
        rows = replace(problem.rows, column_upper=np.where(self.barred, 0.0, 1.0))
        hull = raise_to_hull(problem.worth)
        whole = choose_greedily(self.sets, hull, rows, problem.total, problem.costs)
        if whole is None:
            alone = np.add.reduceat(
                np.append(self.sets.weights[self.sets.demand], 0.0), self.sets.start[:-1]
            ) * (np.diff(self.sets.start) > 0)
            program = write_rules(rows, alone, sites=problem.total)
            answer = solve_program(program, seconds=max(0.0, self.left), seed=self.seed)
            if answer.values is None:
                return Finding(None, self.bound, infeasible=answer.status == "infeasible")
            whole = np.flatnonzero(answer.values > 0.5)
        self.chosen, self.later = whole, none
        if problem.later_sites:
            among = np.zeros(self.sets.sites)
            among[whole] = 1.0
            free = Rows(
                csr_array((0, self.sets.sites)), np.empty(0), np.empty(0), rows.column_lower, among
            )
            chosen = choose_greedily(self.sets, hull, free, problem.sites)
            if chosen is None:  # more sites are fixed than are to be chosen
                return Finding(None, self.bound, infeasible=True)
            self.chosen, self.later = chosen, np.setdiff1d(whole, chosen)
        self._lay_out()
        return None

    def _drop_dominated(self) -> None:
        """Bar sites that no plan needs: others cover as much, and no rule tells them apart."""
        problem = self.problem
        if len(problem.worth) > 2 or problem.later_sites:
            return
        costly = problem.sites is None and problem.costs is not None
        matrix = problem.rows.matrix[:-1] if costly else problem.rows.matrix
        ruled = np.zeros(self.sets.sites, dtype=bool)
        ruled[matrix.indices] = True
        free = ~ruled & ~self.barred & ~self.sure
        dominated = find_dominated(self.sets, free, problem.costs if costly else None)
        if problem.sites is None or int((free & ~dominated).sum()) >= problem.sites:
            self.barred = self.barred | dominated
            self.picks = replace(self.picks, barred=self.barred)

    def _lay_out(self) -> None:
        problem = self.problem
        self.board = set_up(
            self.sets, problem.worth, problem.rows, self.chosen, self.later, self.barred | self.sure
        )
        self.value = self._measure(self.chosen)

    def _measure(self, chosen: Integers) -> float:
        counts = np.minimum(self.sets.count(chosen), len(self.problem.worth) - 1)
        return math.fsum(self.sets.weights * self.problem.worth[counts])

    def _improve(self, rounds: int) -> None:
        improve(
            self.board,
            any_number=self.problem.sites is None,
            rounds=rounds,
            deadline=self.deadline,
            random=self.random,
        )
        self.chosen, self.later = read_plan(self.board), read_later(self.board)
        self.value = self._measure(self.chosen)

    def _close_in(self) -> None:
        """Lower the bound and raise the plan in turns, on what is left of the problem."""
        hull = raise_to_hull(self.problem.worth)
        counts = self.sets.count(self.chosen)
        prices = self.sets.weights * hull[1] / (1 + counts)
        rule_prices = np.zeros(len(self.rest.lower))
        dual = Dual(self.sets, hull, self.picks, self.rest, prices, rule_prices)
        while not self.proven and self.left > 0 and dual.moves:
            dual.descend(self.value, _STEPS, self.deadline)
            self.bound = min(self.bound, max(dual.best.bound, self.value))
            if DEBUG:
                print(
                    f"{-self.left:.2f} value {self.value} bound {self.bound} gap {100 * (1 - self.value / self.bound):.4f}% pairs {self.sets.pairs} demand {len(self.sets.weights)} open {(~self.barred).sum()} sure {self.sure.sum()} length {dual._length}",
                    flush=True,
                )
            if self.proven:
                break
            self._improve(_ROUNDS)
            if self._rule_out(dual):
                prices = np.bincount(
                    self.sets.merged[self.sets.merged >= 0],
                    weights=dual.best.prices[self.sets.merged >= 0],
                    minlength=len(self.sets.weights),
                )
                length = dual._length
                dual = Dual(self.sets, hull, self.picks, self.rest, prices, dual.best.rule_prices)
                dual._length = length

    def _rule_out(self, dual: Dual) -> bool:
        """Bar or fix what the bound allows; merge demand again if that makes much less of it."""
        turned = dual.turned_over(self.value)
        taken = np.zeros(self.sets.sites, dtype=bool)
        taken[dual.best.chosen] = True
        self.sure = self.sure | (turned & taken)
        self.barred = self.barred | (turned & ~taken)
        self.picks = replace(self.picks, fixed=self.sure, barred=self.barred)
        left = int(np.diff(self.sets.start)[~self.barred].sum())
        if left > _WORTHWHILE * self.sets.pairs:
            dual.picks = self.picks
            return False
        self.sets = merge_demand(
            self.sets.start,
            self.sets.demand,
            self.sets.weights,
            kept=~self.barred,
            least=count_least(self.problem.worth),
        )
        self._lay_out()
        return True

    def _prove(self) -> None:
        """Let HiGHS do what is left, in the time that is left."""
        problem = self.problem
        program = write_program(
            self.sets,
            problem.worth,
            problem.rows,
            sites=problem.sites,
            later_sites=problem.later_sites,
            barred=self.barred,
            sure=self.sure,
        )
        start = write_start(self.sets, problem.worth, self.chosen, self.later, barred=self.barred)
        answer = solve_program(program, start=start, seconds=max(0.0, self.left), seed=self.seed)
        if DEBUG:
            print("highs", self.left, answer.status, answer.bound, self.value, self.sets.pairs)
        if answer.status == "infeasible":
            # No plan that may be better is left, save the one at hand.
            self.bound = self.value
            return
        dust = _DUST * float(self.sets.weights.max(initial=0.0))
        self.bound = min(self.bound, max(answer.bound + dust, self.value))
        if answer.values is not None:
            within = np.flatnonzero(~self.barred)
            chosen = within[answer.values[: len(within)] > 0.5]
            if self._measure(chosen) > self.value:
                self.chosen = chosen
                if problem.later_sites:
                    whole = answer.values[-self.sets.sites :] > 0.5
                    whole[chosen] = False
                    self.later = np.flatnonzero(whole)
                self._lay_out()

    def _settle(self) -> None:
        before = self.chosen
        settle(self.board, self.problem.sites is None, np.zeros((8, 2), dtype=np.int64))
        self.chosen, self.later = read_plan(self.board), read_later(self.board)
        if self._measure(self.chosen) < self.value:
            self.chosen = before


DEBUG = False


def raise_to_hull(worth: Floats) -> Floats:
    """Return the least concave worth that is nowhere below.

    Examples
    --------
    >>> raise_to_hull(np.array([0.0, 0.0, 1.0]))
    array([0. , 0.5, 1. ])
    """
    many = len(worth)
    hull = worth.copy()
    for low in range(many):
        for high in range(low + 2, many):
            between = np.arange(low, high + 1)
            line = worth[low] + (worth[high] - worth[low]) * (between - low) / (high - low)
            hull[between] = np.maximum(hull[between], line)
    return hull


def count_least(worth: Floats) -> int:
    """Return how many sites demand needs before any of it counts."""
    return int(np.argmax(worth > 0))


def _loosen(rows: Rows, later_sites: int) -> Rows:
    """Return what the rules for the plan with later sites ask of the plan itself."""
    if not later_sites or not len(rows.lower):
        return rows
    return replace(rows, lower=rows.lower - later_sites * rows.matrix.max(axis=1).toarray())
