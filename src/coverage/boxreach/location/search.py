"""The search for a good plan of a covering problem, and for a proof of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from boxreach.location.cover_sets import CoverSets, thin_into_memory
from boxreach.location.dominance import find_dominated
from boxreach.location.dual import Dual, add_up
from boxreach.location.greedy import choose_greedily
from boxreach.location.picks import part_rows
from boxreach.location.problem import Finding, Problem, count_least, raise_to_hull
from boxreach.location.program import Answer, relax_program, solve_program
from boxreach.location.proof import (
    is_concave,
    keep_among,
    keeps,
    loosen,
    write_model,
    write_rules,
    write_start,
)
from boxreach.location.regions import Regions
from boxreach.location.shortlist import Shortlist, list_nearest
from boxreach.location.swaps import Board, improve, read_later, read_plan, set_up, settle
from boxreach.location.walks import walk
from boxreach.scratch import is_on_disk

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMALL = 3_000
"""Problems of so few pairs go to the solver at once."""
_EASY, _FOR_SOLVER = 60_000, 350_000
"""Pairs left that the solver gets at once, and those that it gets at all."""
_FOR_RELAXATION, _PAIRS_A_SECOND = 700_000, 15_000
"""Pairs left that are priced by the relaxation, and how many of them in a second at least."""
_TAKEN = 1e-4
"""What the relaxation takes of a site for it to be tried."""
BIG = 8_000_000
_STEPS, _ROUNDS = 60, 100
_FIELD, _MOST_FIELD = 4_000_000, 15_000_000
"""Pairs of the sites among which plans are made."""
_SLOW, _NEWER, _SETTLED = 3e-3, 2.5e-4, 3e-6
"""Shares that a bound must fall by for plans to wait, for them to be made elsewhere, and at all."""
_STALE = 3
_TURNS_SMALLER = 4
_WALKS, _KICKS_OF_ROUND = 4, 10
_SECONDS_CROSSING = 3.0
_CORE, _SHARE_CORE = 2.5, 0.4
_WORTHWHILE = 0.8
"""What is left of the pairs after sites were ruled out, to merge demand again."""
_SAME = 1e-9
_DUST = 1e-11


class Search:
    """A search for the best plan: exchanges from below, prices from above, sites ruled out between.

    Every plan that covers more than the one at hand avoids the sites that the bound rules out, so
    demand is merged again without them, and both go on with less. What is left goes to HiGHS.
    What is done does not depend on the clock, save where the time ends.

    Parameters
    ----------
    problem
        What to choose.
    deadline
        When to stop, by the clock of `time.monotonic`.
    seed
        Of all random choices.
    small
        Problems of at most so many pairs go to the solver at once.
    big
        Of problems of more pairs, prices and plans are made on lists of sites.
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
        big: int = BIG,
        solver: bool = True,
        progress: Callable[[float, float], None] | None = None,
    ) -> None:
        self.progress = progress
        self.problem, self.sets, self.seed = problem, problem.sets, seed
        self.place = np.arange(len(problem.sets.weights))
        self.deadline, self.small, self.big, self.solver = deadline, small, big, solver
        self.random = np.random.default_rng(seed)
        self.picks, self.rest = part_rows(loosen(problem.rows, problem.later_sites), problem.sites)
        self.barred, self.sure = self.picks.barred, self.picks.fixed
        self.chosen = self.later = np.empty(0, dtype=np.int64)
        self.value = -math.inf
        self.bound = float(problem.sets.weights.sum() * problem.worth[-1])
        self.board: Board | None = None
        self.field, self.listed = problem.sets, np.ones(problem.sets.sites, dtype=bool)
        self.prices: Floats | None = None
        self.rule_prices = np.zeros(len(self.rest.lower))

    def run(self) -> Finding:
        """Search until the plan is proven or the time ends."""
        alone = add_up(self.sets, self.sets.weights) * raise_to_hull(self.problem.worth)[1]
        most = self.picks.best(alone)
        if most is not None:
            self.bound = min(self.bound, math.fsum(alone[most]) * (1 + _SAME / 10))
        found = self._find_start()
        if found is not None:
            return found
        if self.sets.pairs > self.small or not self.solver:
            self._close_in()
        else:
            self._improve(_ROUNDS // 4)
        if self.solver and not self.proven and self.sets.pairs <= _FOR_SOLVER:
            self._prove()
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
        if self.picks.best(np.zeros(self.sets.sites)) is None:
            return Finding(None, 0.0, infeasible=True)
        if self.sets.pairs > self.big:
            thin = thin_into_memory(self.sets)
            if is_on_disk(self.sets.demand) or thin.pairs <= self.sets.pairs / 2:
                return self._start_smaller(thin)
        return self._start_greedily()

    def _start_greedily(self) -> Finding | None:
        problem = self.problem
        self._drop_dominated()
        rows = replace(problem.rows, column_upper=np.where(self.barred, 0.0, 1.0))
        hull = raise_to_hull(problem.worth)
        whole = choose_greedily(self.sets, hull, rows, problem.total, problem.costs)
        if whole is None:
            program = write_rules(
                problem.rows, add_up(self.sets, self.sets.weights), sites=problem.total
            )
            answer = solve_program(program, seconds=max(0.0, self.left), seed=self.seed)
            if answer.values is None:
                return Finding(None, self.bound, infeasible=answer.status == "infeasible")
            whole = np.flatnonzero(answer.values > 0.5)
        self.chosen, self.later = whole, whole[:0]
        if problem.later_sites:
            chosen = choose_greedily(
                self.sets, hull, keep_among(problem.rows, whole), problem.sites
            )
            if chosen is None:  # more sites are fixed than are to be chosen
                return Finding(None, self.bound, infeasible=True)
            self.chosen, self.later = chosen, np.setdiff1d(whole, chosen)
        self.value = self._measure(self.chosen)
        return None

    def _start_smaller(self, thin: CoverSets) -> Finding | None:
        """Search a thinned-out problem first, for a plan and for prices to start with."""
        problem = replace(self.problem, sets=thin)
        smaller = Search(problem, deadline=self.deadline, seed=self.seed, solver=False)
        found = smaller._start_greedily()
        if found is not None:
            return replace(found, bound=self.bound)
        smaller._close_in(_TURNS_SMALLER, kicks=0)
        self.chosen, self.later = smaller.chosen, smaller.later
        if smaller.prices is not None:
            # Demand that no site left to it covers buys nothing.
            shares = np.append(smaller.prices / smaller.sets.weights, 1.0)[smaller.place]
            self.prices = self.sets.weights * shares[thin.merged]
            self.rule_prices = smaller.rule_prices
        self.value = self._measure(self.chosen)
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

    def _measure(self, chosen: Integers) -> float:
        return self.sets.measure(chosen, self.problem.worth)

    def _improve(self, rounds: int) -> Board:
        """Exchange sites, kick so many times, and return the board that this is done on."""
        problem, board, many = self.problem, self.board, self.field.pairs > min(_EASY, self.big)
        if board is None:
            locked = self.barred | self.sure | ~self.listed
            rows, chosen, later = problem.rows, self.chosen, self.later
            board = set_up(self.field, problem.worth, rows, chosen, later, locked)
        self.board = board
        improve(
            board,
            any_number=problem.sites is None,
            rounds=0 if many else rounds,
            deadline=self.deadline,
            random=self.random,
        )
        self._take(board)
        if many and rounds and self.left > 0:
            self._walk(board, rounds // _KICKS_OF_ROUND)
        return board

    def _take(self, board: Board) -> None:
        """Take over the plan of a board."""
        self.chosen, self.later = read_plan(board), read_later(board)
        self.value = self._measure(self.chosen)

    def _walk(self, board: Board, rounds: int) -> None:
        """Send out walks from a plan; of their ends, or of the sites of all, take what is best."""
        ends = walk(
            board,
            walks=_WALKS,
            any_number=self.problem.sites is None,
            rounds=rounds,
            deadline=self.deadline,
            random=self.random,
        )
        best = max(ends, key=lambda end: float(end.value[0]))
        used = (board.place > 0) | np.any([end.place > 0 for end in ends], axis=0)
        if best.value[0] > board.value[0]:
            self.board = best
            self._take(best)
        if self.solver and self.left > 0 and int(used.sum()) > len(self.chosen):
            seconds = min(self.left, _SECONDS_CROSSING)
            self._ask_solver(~used, np.zeros_like(used), seconds)

    def _close_in(self, turns: int | None = None, kicks: int = _ROUNDS) -> None:
        """Lower the bound and raise the plan in turns, on what is left of the problem."""
        hull = raise_to_hull(self.problem.worth)
        if self.prices is None:
            self.prices = self.sets.weights * hull[1] / (1 + self.sets.count(self.chosen))
        dual = Dual(self.sets, hull, self.picks, self.rest, self.prices, self.rule_prices)
        if self.sets.pairs > self.big:
            dual = self._close_in_on_lists(dual)
        stale, cored, relaxed = 0, False, False
        while not self.proven and self.left > 0 and stale < _STALE and turns != 0:
            value, turns = self.value, turns if turns is None else turns - 1
            if dual.moves:
                before = dual.best.bound
                dual.descend(value, _STEPS, self.deadline)
                self._note(dual)
                if not dual.moves and dual.best.bound < before * (1 - _SETTLED):
                    dual.lengthen()
            self._improve(kicks)
            stale = 0 if self.value > value or dual.moves else stale + 1
            if stale and self.sets.pairs <= _EASY and self.solver:
                break
            if stale == _STALE and self.solver and not cored and self.left > 0:
                cored, stale = True, 0
                self._solve_core(dual)
            if stale and cored and self.sets.pairs > _FOR_SOLVER:
                stale = 1  # too much for the solver: exchanges go on until the time ends
            if stale and not relaxed and self._can_relax():
                relaxed, stale = True, 0
                self._relax(dual)
                dual = self._make_less(dual)
                self._close_regions(dual)
            dual = self._make_less(dual)

    def _can_relax(self) -> bool:
        """Tell whether the relaxation as a linear program is worth its time."""
        pairs = self.sets.pairs
        plain = is_concave(self.problem.worth) and not len(self.rest.lower)
        plain = plain and not self.problem.later_sites and self.solver
        return plain and _EASY < pairs <= min(_FOR_RELAXATION, _PAIRS_A_SECOND * self.left)

    def _relax(self, dual: Dual) -> None:
        """Price demand by the linear relaxation, where steps lead no lower; try what it takes."""
        program = write_model(self.problem, self.sets, barred=self.barred, sure=self.sure)
        relaxed = relax_program(program, seconds=self.left)
        if relaxed is None:
            return
        before = dual.best
        prices = np.abs(relaxed.row_prices[: len(self.sets.weights)])
        dual.prices = np.clip(prices, 0.0, self.sets.weights * self.problem.worth[1])
        if dual.evaluate(self.value).bound < before.bound:
            self._note(dual)
        within = np.flatnonzero(~self.barred)
        outside = np.ones(self.sets.sites, dtype=bool)
        outside[within[relaxed.values[: len(within)] > _TAKEN]] = False
        outside[self.chosen] = outside[self.sure] = False
        seconds = _SHARE_CORE * self.left
        if self._divide(dual, outside, seconds) is None:
            self._ask_solver(outside, np.zeros_like(outside), seconds)

    def _divide(self, dual: Dual, barred: Flags, seconds: float) -> Regions | None:
        """Find the best of each region by itself, at what the last site chosen earns."""
        free = dual.best.chosen[~self.sure[dual.best.chosen]]
        if self.picks.count is None or len(self.picks.low) > 1 or not len(free):
            return None
        picks, price = replace(self.picks, barred=barred), float(dual.best.earned[free].min())
        regions = Regions(self.sets, self.problem.worth, picks, price, self.chosen)
        regions.follow(time.monotonic() + seconds)
        plan = regions.plan()
        if self._measure(plan) > self.value:
            self.chosen, self.value, self.board = plan, self._measure(plan), None
        return regions

    def _close_regions(self, dual: Dual) -> None:
        """Bound the regions that are left, and rule out what they leave no room for."""
        regions = None if self.proven else self._divide(dual, self.barred, self.left)
        if regions is not None:
            self.bound = min(self.bound, max(regions.bound, self.value))
            out, into = regions.turned_over(self.value)
            self.barred, self.sure = self.barred | out, self.sure | into

    def _note(self, dual: Dual) -> None:
        """Take over a bound and its prices, and tell what is known."""
        self.bound = min(self.bound, max(dual.best.bound, self.value))
        self.prices, self.rule_prices = dual.best.prices, dual.best.rule_prices
        if self.progress is not None:
            self.progress(self.value, self.bound)

    def _make_less(self, dual: Dual) -> Dual:
        """Rule out sites, and return the prices on what is left if that is much less."""
        smaller = self._rule_out(dual)
        if self.picks.best(dual.best.earned) is None:
            self.bound = self.value  # what any better plan would have to be cannot be
        elif smaller:
            prices = self._merge_again(dual.best.prices)
            return dual.with_less(self.sets, self.picks, prices)
        return dual

    def _close_in_on_lists(self, dual: Dual) -> Dual:
        """Do both on lists of sites that prices nearly take, while there are too many for more."""
        dual.evaluate(self.value)
        self._note(dual)
        shortlist = Shortlist(dual, self._in_plan | self.sure)
        pairs, drawn, stale, idle = _FIELD, math.inf, 0, 0
        while not self.proven and self.left > 0 and self.sets.pairs > self.big:
            before, value = dual.best.bound, self.value
            if idle < _STALE:
                whole = shortlist.descend(value, deadline=self.deadline)
                self._note(dual)
                fell = 1 - dual.best.bound / before
                idle = idle + 1 if whole and fell < _SETTLED else 0
                if (fell > _SLOW or not whole) and self.left > 0:
                    continue
            if stale == _STALE and (self.listed | self.barred).all():
                break
            if dual.best.bound < drawn * (1 - _NEWER) or stale == _STALE:
                pairs, stale = min(2 * pairs, _MOST_FIELD) if stale == _STALE else pairs, 0
                drawn = dual.best.bound
                self._draw_field(dual, pairs)
            at = -math.inf
            while self.value > at and self.left > 0:
                at = self.value
                self._improve(_ROUNDS)
            stale = 0 if self.value > value or idle < _STALE else stale + 1
            rest = self._make_less(dual)
            if rest is not dual:
                return rest
        return dual

    @property
    def _in_plan(self) -> Flags:
        """Which sites are in the plan or follow later."""
        there = np.zeros(self.sets.sites, dtype=bool)
        there[self.chosen] = there[self.later] = True
        return there

    def _draw_field(self, dual: Dual, pairs: int) -> None:
        """Make plans among the sites that prices nearly take, from now on."""
        losses = self.picks.losses(dual.best.earned, dual.best.chosen)
        always = self._in_plan | self.sure
        always[dual.best.chosen] = True
        self.listed = list_nearest(losses, self.sets, always, pairs) & (always | ~self.barred)
        self.field = self.sets.among(self.listed, count_least(self.problem.worth))
        self.board = None

    def _solve_core(self, dual: Dual) -> None:
        """Let HiGHS choose among the few sites that prices nearly take, for a better plan."""
        losses = self.picks.losses(dual.best.earned, dual.best.chosen)
        losses[dual.best.chosen] = losses[self.chosen] = -np.inf
        losses[self.barred] = np.inf
        order = np.argsort(losses, kind="stable")
        least = int(np.searchsorted(np.cumsum(np.diff(self.sets.start)[order]), self.small))
        size = max(least, int(_CORE * len(self.chosen)), 1)
        end = time.monotonic() + _SHARE_CORE * self.left
        while time.monotonic() < end:
            outside = np.ones(self.sets.sites, dtype=bool)
            outside[order[:size]] = False
            answer = self._ask_solver(
                outside | self.barred, np.zeros_like(outside), end - time.monotonic()
            )
            if answer.status != "optimal" or size >= len(order):
                break
            size *= 2

    def _rule_out(self, dual: Dual) -> bool:
        """Bar or fix what the bound allows; merge demand again if that makes much less of it."""
        turned = dual.turned_over(self.value)
        taken = np.zeros(self.sets.sites, dtype=bool)
        taken[dual.best.chosen] = True
        self.sure = self.sure | (turned & taken)
        self.barred = self.barred | (turned & ~taken)
        self.picks = replace(self.picks, fixed=self.sure, barred=self.barred)
        dual.picks = self.picks
        left = int(np.diff(self.sets.start)[~self.barred].sum())
        return left < _WORTHWHILE * self.sets.pairs

    def _merge_again(self, prices: Floats) -> Floats:
        """Merge demand without the sites that are barred; return the prices of what is left."""
        old = self.sets
        self.sets = old.among(~self.barred, count_least(self.problem.worth))
        self.place = np.append(self.sets.merged, -1)[self.place]
        self.prices = self.sets.sum_up(prices)
        self.board, self.field = None, self.sets
        self.listed = np.ones(old.sites, dtype=bool)
        return self.prices

    def _prove(self) -> None:
        """Let HiGHS do what is left, in the time that is left."""
        answer = self._ask_solver(self.barred, self.sure, self.left)
        if answer.status == "infeasible":
            # No plan that may be better is left, and not even the one at hand, which is no worse.
            self.bound = self.value
            return
        closed = answer.status == "optimal" and self.value >= answer.bound * (1 - _SAME)
        # What weighs less than the solver can tell from nothing may be missing from its bound.
        dust = 0.0 if closed else _DUST * float(self.sets.weights.max(initial=0.0))
        self.bound = min(self.bound, max(answer.bound + dust, self.value))

    def _ask_solver(self, barred: Flags, sure: Flags, seconds: float) -> Answer:
        """Let HiGHS choose among the sites not barred, and keep its plan if it is better."""
        problem, sets = self.problem, self.sets
        if barred[~self.listed].all():
            sets = self.field
        if (np.diff(sets.start)[barred] > 0).any():
            sets = sets.among(~barred, count_least(problem.worth))
        program = write_model(problem, sets, barred=barred, sure=sure)
        start = write_start(sets, problem.worth, self.chosen, self.later, barred=barred)
        answer = solve_program(program, start=start, seconds=max(0.0, seconds), seed=self.seed)
        if answer.values is not None:
            within = np.flatnonzero(~barred)
            chosen = within[answer.values[: len(within)] > 0.5]
            value = self._measure(chosen)
            if value > self.value and self._keeps_rules(answer, chosen):
                self.chosen, self.value, self.board = chosen, value, None
        return answer

    def _keeps_rules(self, answer: Answer, chosen: Integers) -> bool:
        """Tell whether a plan of the solver keeps the rules to the letter; note what follows it."""
        problem, whole = self.problem, np.zeros(self.sets.sites)
        whole[chosen] = 1.0
        if problem.later_sites and answer.values is not None:
            whole = np.maximum(whole, np.round(answer.values[-self.sets.sites :]))
        kept = keeps(problem.rows, whole)
        if kept:
            whole[chosen] = 0.0
            self.later = np.flatnonzero(whole)
        return kept

    def _settle(self) -> None:
        before = self.chosen
        if self.field.pairs > max(BIG, self.big):
            return  # a pass over so many pairs takes longer than a tie is worth
        board = self._improve(0)
        settle(board, self.problem.sites is None, np.zeros((8, 2), dtype=np.int64))
        self.chosen, self.later = read_plan(board), read_later(board)
        if self._measure(self.chosen) < self.value:
            self.chosen = before
