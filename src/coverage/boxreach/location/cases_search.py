"""The search for the plan that is best by its worst case or a percentile, and for a proof of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location.arrays import SAME, are_whole
from boxreach.location.cases import ONCE, Cases
from boxreach.location.cases_program import WHOLE, write_cases
from boxreach.location.dual import Dual
from boxreach.location.exchanges import exchange
from boxreach.location.picks import part_rows
from boxreach.location.problem import Finding
from boxreach.location.program import relax_program, solve_program
from boxreach.location.proof import keeps
from boxreach.location.search import Search

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SMALL = 3_000
"""Cases of so few pairs go to the solver at once."""
_FOR_SOLVER, _FOR_RELAXATION, _NUMBERS_A_SECOND, _EASY = 350_000, 700_000, 15_000, 20_000
"""Numbers left that the solver gets at all, that the relaxation prices, how many of them in a
second, and with how few it begins."""
_SHARE_MEAN, _SHARE_ALONE, _SHARE_RELAXATION, _SHARE_CORE = 0.15, 0.15, 0.8, 0.4
_KICKS, _STARTS = 60, 3
_TAKEN = 1e-4
"""What the relaxation takes of a site for it to be tried."""
_PRICINGS, _WORTHWHILE, _TIGHTENINGS = 4, 0.8, 2
_MIXES, _STEPS, _TURN = 24, 40, 2.0
"""How often cases are mixed anew, steps of prices for each, and how far the first of them turns."""
_MOST_BRANCHES, _NEXT_TO_NOTHING = 40, 0.01
_SECONDS_CROSSING = 3.0
_HIDDEN = SAME / 4
"""The share that the solver's tolerances may hide."""


class CasesSearch:
    """The best plan so far, what no plan can beat, and what every better one must and cannot have.

    A plan for the mean and one for each case alone come first. What the mean is at most, and each
    case alone, bounds the criterion. Exchanges better the plans by the criterion itself. Prices of
    the linear relaxation of all cases together are a mix of the cases and prices of their demand:
    what no plan beats in that mix bounds the criterion too, and rules sites out. What is left is a
    program for HiGHS.

    Parameters
    ----------
    cases
        What to choose.
    deadline
        When to stop, by `time.monotonic`.
    chances
        Those of the cases, in any unit; of whole ones, the mean may be sharper.
    seed
        Of all random choices.
    small
        Cases of at most so many numbers go to the solver at once.
    progress
        Called with what the best plan comes to and the bound.

    Attributes
    ----------
    alone
        What no plan comes to more than in each case, whatever the others.
    """

    def __init__(
        self,
        cases: Cases,
        *,
        deadline: float,
        chances: Floats | None = None,
        seed: int = 0,
        small: int = SMALL,
        progress: Callable[[float, float], None] | None = None,
    ) -> None:
        self.whole = self.cases = cases
        self.deadline, self.seed, self.small, self.progress = deadline, seed, small, progress
        self.random = np.random.default_rng(seed)
        self.criterion = cases.criterion
        self.chosen: Integers | None = None
        self.value = self.mean = -math.inf
        self.plans: list[Integers] = []
        self.alone = np.asarray(cases.amounts.sum(axis=1), dtype=np.float64).ravel()
        self.bound = self.criterion.of(self.alone)
        self.chances = self.criterion.odds if chances is None else chances
        self.unit = _unit_of(cases, self.chances)
        self.sure = cases.rows.column_lower > 0
        self.least = cases.values(np.flatnonzero(self.sure))

    def run(self, known: Sequence[Integers] = ()) -> Finding:
        """Search until the plan is proven or the time ends.

        Parameters
        ----------
        known
            Plans to begin with.
        """
        for plan in known:
            self.take(plan)
        odds = self.chances
        by_mean = self.criterion.share is None or len(odds) == 1
        share = 1 - _SHARE_ALONE if by_mean else _SHARE_MEAN
        found = self._solve_mixed(odds, share * self.left)
        if self.chosen is None:
            return found
        if not found.infeasible:
            self._note(self.criterion.mixed(found.bound, odds, self.least))
        if len(odds) > 1:
            self._look_at_each((1 if by_mean else _SHARE_ALONE) * self.left)
        else:
            self.alone = np.array([found.bound / odds[0]])
        if not by_mean and not self.proven and self.left > 0:
            self._close_in()
        if self.proven:
            self.bound = self.value
        return Finding(self.chosen, max(self.bound, self.value))

    @property
    def left(self) -> float:
        """How many seconds are left."""
        return self.deadline - time.monotonic()

    @property
    def proven(self) -> bool:
        """Whether the bound is met."""
        return self.value >= self.sharpened(self.bound) * (1 - SAME / 10)

    def sharpened(self, bound: float) -> float:
        """Return a bound, or the highest value below it where they come in steps."""
        if not self.unit:
            return 0.0 if bound < self._dust else bound
        return math.floor(bound / self.unit * (1 + SAME / 10)) * self.unit

    @property
    def better(self) -> float:
        """What a better plan comes to at least."""
        return self.value + self.unit * (1 - 1e-6)

    @property
    def _dust(self) -> float:
        """Half the least that a plan comes to if it comes to anything."""
        least = float(self.criterion.odds.min()) if self.criterion.share is None else 1.0
        return least * float(self.whole.amounts.data.min(initial=math.inf)) / 2

    def take(self, plan: Integers) -> None:
        """Take over a plan if it keeps the rules and is better, of equal ones by the mean."""
        flags = np.zeros(self.whole.sets.sites)
        flags[plan] = 1.0
        count = self.whole.sites
        if not keeps(self.whole.rows, flags) or (count is not None and len(plan) != count):
            return
        self.plans.append(plan)
        values = self.whole.values(plan)
        value, mean = self.criterion.of(values), float(self.criterion.odds @ values)
        if (value, mean) > (self.value, self.mean):
            self.chosen, self.value, self.mean = plan, value, mean
            self._tell()

    def _note(self, bound: float) -> None:
        self.bound = min(self.bound, max(bound, self.value))
        self._tell()

    def _tell(self) -> None:
        if self.progress is not None and self.chosen is not None:
            self.progress(self.value, max(self.bound, self.value))

    def _solve_mixed(self, mix: Floats, seconds: float) -> Finding:
        """Answer the question whose weights are those of a mix of the cases; take its plan."""
        end = time.monotonic() + max(0.0, seconds)
        found = Search(self.whole.mixed(mix), deadline=end, seed=self.seed).run()
        if found.chosen is not None:
            self.take(found.chosen)
        return found

    def _look_at_each(self, seconds: float) -> None:
        """Answer the question for each case alone: what it can come to bounds the criterion."""
        many, end = len(self.alone), time.monotonic() + seconds
        for at in range(many):
            left = end - time.monotonic()
            if left <= 0:
                break
            found = self._solve_mixed(np.eye(1, many, at)[0], left / (many - at))
            if not found.infeasible:
                bound = found.bound
                if self.criterion.share is not None:
                    bound = self.sharpened(bound)
                self.alone[at] = min(self.alone[at], bound)
        self._note(self.criterion.of(self.alone))

    def _close_in(self) -> None:
        """Better the plan, rule sites out, and let HiGHS choose among the others."""
        small = self._measure(self.cases) <= self.small
        self._exchange(_KICKS // 4 if small else _KICKS)
        if self.proven or self.left <= 0:
            return
        if not small:
            self.cases = self.cases.without(self.cases.find_needless() | self._barred)
            self._cross()
            self._price()
        if not self.proven and self.left > 0 and self._measure(self.cases) <= _FOR_SOLVER:
            for _ in range(_TIGHTENINGS):
                # Of a bound that is far above the plan, tolerances hide more than of a near one.
                self._solve(self.cases, self.left, proves=True)
        if not self.proven and self.left > 0:
            self._exchange(_KICKS)
        self._settle()

    @property
    def _barred(self) -> Flags:
        return np.asarray(self.cases.rows.column_upper < 1)

    def _measure(self, cases: Cases) -> int:
        """Return how many numbers a program has, about."""
        return cases.sets.pairs + int(cases.amounts.nnz)

    def _exchange(self, kicks: int) -> None:
        """Better the best plans by exchanges, those with most first."""
        seen: dict[bytes, Integers] = {plan.tobytes(): plan for plan in self.plans}
        best = sorted(seen.values(), key=self._rank, reverse=True)[:_STARTS]
        for number, plan in enumerate(best):
            rounds = kicks if number == 0 else 0
            self.take(self._improve(plan, rounds))

    def _rank(self, plan: Integers) -> tuple[float, float]:
        values = self.whole.values(plan)
        return self.criterion.of(values), float(self.criterion.odds @ values)

    def _improve(self, plan: Integers, kicks: int) -> Integers:
        return exchange(self.whole, plan, kicks=kicks, deadline=self.deadline, random=self.random)

    def _settle(self) -> None:
        """Take the first of equal sites, as far as single exchanges lead."""
        if self.chosen is None or self.left <= 0:
            return
        plan = self._improve(self.chosen, 0)
        if self._rank(plan) >= (self.value, self.mean):
            self.take(plan)
            self.chosen = plan

    def _cross(self) -> None:
        """Let HiGHS choose among the sites of the plans so far."""
        used = np.zeros(self.whole.sets.sites, dtype=bool)
        for plan in self.plans:
            used[plan] = True
        if self.chosen is not None and int(used.sum()) > len(self.chosen):
            few = self.whole.without(~used)
            if self._measure(few) <= _FOR_SOLVER:
                self._solve(few, min(self.left, _SECONDS_CROSSING), proves=False)

    def _solve(self, cases: Cases, seconds: float, *, proves: bool) -> None:
        """Let HiGHS choose among the sites of some cases; what it proves of all may be a bound."""
        top = self.sharpened(self.bound)
        if not top > 0 or self.proven or seconds <= 0:
            return
        sure = self.sure & (cases.rows.column_upper > 0)
        if not (sure == self.sure).all():
            return
        most = max(0.0, 1 - self.better / top) + SAME
        written = write_cases(cases, sure, top=top, most=most, least=self.least)
        start = None if self.chosen is None else written.start(self.chosen)
        answer = solve_program(written.program, start=start, seconds=seconds, seed=self.seed)
        if answer.values is not None:
            self.take(written.read(answer.values))
        if not proves:
            return
        if answer.status == "infeasible":
            # No plan that may be better is left.
            self.bound = self.value
        elif np.isfinite(answer.bound):
            lost = max(0.0, -answer.bound / WHOLE - _HIDDEN)
            self._note(top * (1 - lost))

    def _price(self) -> None:
        """Price all cases together and rule out sites: by mixes, then by the relaxation."""
        for turn in range(_PRICINGS):
            before = self._measure(self.cases)
            if self.proven or self.left <= 0 or not before:
                return
            limit = min(_FOR_RELAXATION, _NUMBERS_A_SECOND * self.left)
            if before > limit or (turn == 0 and before > _EASY):
                self._mix()
            else:
                self._relax()
            if turn > 0 and self._measure(self.cases) > _WORTHWHILE * before:
                return

    def _relax(self) -> None:
        """Price the cases and their demand by the linear relaxation; try what it takes."""
        top = self.sharpened(self.bound)
        written = write_cases(
            self.cases, self.sure, top=top, most=1 - self.value / top + SAME, least=self.least
        )
        relaxed = relax_program(written.program, seconds=_SHARE_RELAXATION * self.left)
        if relaxed is None:
            return
        cases, prices = self.cases, relaxed.row_prices
        of_cases = prices[written.shares : written.shares + len(self.alone)]
        total = math.fsum(of_cases)
        if total == 0 or not np.isfinite(prices).all():
            return
        mix = np.maximum(0.0, of_cases / total)
        scaled = prices * (-top / WHOLE / total)
        demand, rules = scaled[: len(cases.sets.weights)], scaled[written.rules : written.shares]
        dual = self._offer(mix / math.fsum(mix), demand, rules)
        if dual is not None:
            self._rule_out(dual, mix / math.fsum(mix))
        taken = np.zeros(cases.sets.sites, dtype=bool)
        taken[written.within[relaxed.values[: len(written.within)] > _TAKEN]] = True
        taken[self.sure] = True
        if self.chosen is not None:
            taken[self.chosen] = True
        self._solve(self.whole.without(~taken), _SHARE_CORE * self.left, proves=False)
        self._exchange(_KICKS)

    def _offer(self, mix: Floats, demand: Floats, rules: Floats) -> Dual | None:
        """Return what prices lead to in a mix of the cases; None if no choice is left."""
        rows = self.cases.rows
        weights = np.asarray(self.cases.amounts.T @ mix, dtype=np.float64)
        rules = np.where((rules > 0) & ~np.isfinite(rows.upper), 0.0, rules)
        rules = np.where((rules < 0) & ~np.isfinite(rows.lower), 0.0, rules)
        priced = np.flatnonzero((rules != 0) & (abs(rows.matrix).sum(axis=1) > 0))
        rest = replace(
            rows,
            matrix=csr_array(rows.matrix[priced]),
            lower=rows.lower[priced],
            upper=rows.upper[priced],
        )
        picks, _ = part_rows(rows, self.cases.sites)
        picks = replace(picks, fixed=picks.fixed | self.sure)
        sets = replace(self.cases.sets, weights=weights)
        if picks.best(np.zeros(sets.sites)) is None:
            self.bound = self.value
            return None
        dual = Dual(sets, ONCE, picks, rest, np.clip(demand, 0.0, weights), rules[priced])
        dual.evaluate(self.value)
        self._note(self.criterion.mixed(dual.best.bound, mix, self.least))
        return dual

    def _rule_out(self, dual: Dual, mix: Floats) -> None:
        """Bar or fix what the bound in a mix allows."""
        least = self.criterion.in_mix(self.better, mix, self.least)
        turned = dual.turned_over(least)
        taken = np.zeros(self.cases.sets.sites, dtype=bool)
        taken[dual.best.chosen] = True
        self._turn(turned & ~taken, turned & taken)

    def _turn(self, barred: Flags, sure: Flags) -> None:
        """Take over which sites no better plan has and all have, and merge demand again."""
        self.sure = self.sure | sure
        if barred.any():
            self.cases = self.cases.without(barred | self._barred)
        if (self.sure & self._barred).any():
            self.bound = self.value  # what a better plan must have it cannot have

    def _mix(self) -> None:
        """Bound the criterion by mixes of the cases, and rule out what all of them leave no room.

        Where cases may be given up, a plan gives up none of those that a mix is of, and the mix
        bounds it; or it gives up one of them, and a mix of the others may.
        """
        odds, most = self.criterion.odds, -math.inf
        waiting, seen = [np.ones(len(odds), dtype=bool)], set[bytes]()
        barred = np.ones(self.cases.sets.sites, dtype=bool)
        sure = barred.copy()
        while waiting:
            kept = waiting.pop()
            if self.left <= 0 or len(seen) > _MOST_BRANCHES or not kept.any():
                return
            found = self._turn_mix(kept)
            if found is None:
                self.bound = self.value  # no choice is left that may be better
                return
            dual, mix = found
            whole = math.fsum(mix)
            most = max(most, dual.best.bound / whole)
            turned = dual.turned_over(self.better * whole)
            taken = np.zeros(len(turned), dtype=bool)
            taken[dual.best.chosen] = True
            barred, sure = barred & turned & ~taken, sure & turned & taken
            spare = self.criterion.spare + SAME - float(odds[~kept].sum())
            for case in np.flatnonzero((mix > 0) & (odds <= spare)):
                fewer = kept.copy()
                fewer[case] = False
                if fewer.tobytes() not in seen:
                    seen.add(fewer.tobytes())
                    waiting.append(fewer)
        self._note(most)
        self._turn(barred, sure)
        self._exchange(_KICKS)

    def _turn_mix(self, kept: Flags) -> tuple[Dual, Floats] | None:
        """Turn a mix of some cases towards those that fare worst, pricing demand by steps."""
        cases, shares = self.cases, self._first_shares()
        picks, rest = part_rows(cases.rows, cases.sites)
        picks = replace(picks, fixed=picks.fixed | self.sure)
        if picks.best(np.zeros(cases.sets.sites)) is None:
            return None
        mix, rule_prices = np.where(kept, self.criterion.odds, 0.0), np.zeros(len(rest.lower))
        mix = mix / math.fsum(mix)
        found: tuple[Dual, Floats] | None = None
        for number in range(_MIXES):
            weights = np.asarray(cases.amounts.T @ mix, dtype=np.float64)
            sets = replace(cases.sets, weights=weights)
            dual = Dual(sets, ONCE, picks, rest, weights * shares, rule_prices)
            dual.descend(self.value * math.fsum(mix), _STEPS, self.deadline)
            prices, rule_prices = dual.best.prices, dual.best.rule_prices
            shares = np.divide(prices, weights, out=np.zeros(len(weights)), where=weights > 0)
            if found is None or dual.best.bound < found[0].best.bound:
                found = dual, mix
            self.take(dual.best.chosen)
            if self.left <= 0 or dual.best.bound <= self.value * math.fsum(mix):
                break
            bought = np.asarray(cases.amounts @ (prices < weights), dtype=np.float64)
            short = np.where(kept, bought[kept].mean() - bought, 0.0)
            turn = _TURN / math.sqrt(number + 1) / max(float(np.abs(short).max()), 1e-300)
            mix = mix * np.exp(turn * short)
            if self.criterion.spare and number >= _MIXES // 2:
                # Cases that are next to nothing in the mix need not be looked at as given up.
                found = found if number > _MIXES // 2 else None
                mix = np.where(mix > _NEXT_TO_NOTHING * mix.max(), mix, 0.0)
            mix = mix / math.fsum(mix)
        return found

    def _first_shares(self) -> Floats:
        """Return prices of demand to start with, as shares of its weight."""
        if self.chosen is None:
            return np.ones(len(self.cases.sets.weights))
        return np.asarray(1 / (1 + self.cases.sets.count(self.chosen)), dtype=np.float64)


def _unit_of(cases: Cases, chances: Floats) -> float:
    """Return in which steps the criterion of a plan comes; 0 where it is any number."""
    whole = are_whole(cases.amounts.data)
    if cases.criterion.share is not None:
        return 1.0 if whole else 0.0
    mixed = np.asarray(cases.amounts.T @ chances, dtype=np.float64)
    return 1 / math.fsum(chances) if whole and are_whole(chances) and are_whole(mixed) else 0.0
