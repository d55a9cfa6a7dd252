"""Maximal covering part by part: plans of parts joined under one number of sites, with a bound."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from boxreach.arguments import shown
from boxreach.errors import BoxreachError, Fault
from boxreach.location.arrays import SAME, are_whole, as_array, check_inputs, shape_of
from boxreach.location.cover import NO_RULES, covered_weight, max_cover
from boxreach.location.cover_sets import merge_demand
from boxreach.location.dual import Dual
from boxreach.location.greedy import choose_greedily
from boxreach.location.models import Solution, Status
from boxreach.location.picks import part_rows
from boxreach.location.rules import Rules
from boxreach.location.shares import Curve, Limit, share_out

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Progress = Callable[[float, float], None]

_STEPS, _PATIENCE, _SHORTEST = 30, 3, 0.02
"""So many times prices change at most; after so many in vain less, and at last not at all."""
_PLAIN_STEPS = 400
_WORTH = np.array([0.0, 1.0])
_ENOUGH = 1e-3
"""A bound that falls by less than this share of the gap falls in vain."""
_FOR_BOUND = 0.7
"""The share of the time in which prices change; the rest is for exchanges between parts."""
_SLACK = 1e-11
_LEAST_SECONDS = 0.5
_POOL = 4
"""So many times the sites of a plan are tried beside those that parts chose."""


def divided_cover(
    cover: csr_array,
    weights: Floats,
    parts: Integers,
    *,
    sites: int,
    rules: Rules = NO_RULES,
    seconds: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Solution:
    """Choose sites that cover the most weight, where the sites lie in parts that are planned alone.

    The question is that of `max_cover`. Let demand on the border of several parts have prices l_j,
    from 0 to its weight w_j. If any site covers it, then

        w_j <= (w_j - l_j) + sum over parts k of l_j [k covers j]

    so that with V_k(n), the most that n sites of part k cover at weights w_j within and l_j on
    borders,

        bound(l) = sum_j (w_j - l_j) + max over n_1 + n_2 + ... = p of sum_k V_k(n_k)

    is what no plan can beat: a Lagrangian decomposition (Guignard and Kim, 1987). The shares n_k
    are found exactly by dynamic programming on bounds of V_k, which `max_cover` proves where shares
    come to lie. Prices rise where no part covers demand and fall where several do (subgradients).
    The plans of the parts together are judged by what they cover; exchanges of sites across borders
    better them.

    Parameters
    ----------
    cover, weights, seed
        As in `max_cover`.
    parts
        The part in which each site lies, a whole number: a tile, a country.
    sites
        How many to choose in all parts together, exactly.
    rules
        What the choice must keep to: fixed and forbidden sites, and limits on groups. Limits on
        groups that share sites, beyond the first of these, are kept by the plan and not known to
        the bound.
    seconds
        How long it may take; the bound holds whenever time ends.
    progress
        Called now and then with the weight covered so far and the bound.

    Returns
    -------
    Solution
        Sites, with status, objective, bound and gap in weight.

    Raises
    ------
    InputError
        If an argument means nothing, or the rules have what does not part: places that must be
        covered, sites apart, a budget.
    BoxreachError
        If no choice that keeps the rules was found in the time given.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]))
    >>> divided_cover(cover, np.array([5.0, 1.0, 4.0, 2.0]), np.array([0, 0, 1]), sites=2)
    Solution(status='optimal', objective=12.0, bound=12.0, sites=array([0, 2]))
    """
    check_inputs(
        cover, weights, rules, sites=sites, seconds=seconds, seed=seed,
        more=_more_faults(parts, sites, rules, shape_of(cover), progress),
    )  # fmt: skip
    begun = time.monotonic()
    cover, weights = _as_ones(csr_array(cover)), np.asarray(weights, dtype=np.float64)
    question = _Question(cover, weights, np.asarray(parts), int(sites), rules, seed)
    if question.impossible:
        return _no_choice()
    search = _Search(question, begun + seconds, progress)
    search.start(begun + seconds * _FOR_BOUND)
    search.close_in(begun + seconds * _FOR_BOUND)
    search.exchange()
    if search.impossible and search.value == -math.inf:
        return _no_choice()
    return _tell(search, time.monotonic() - begun)


def _no_choice() -> Solution:
    return Solution("infeasible", 0.0, 0.0, np.empty(0, dtype=np.int64))


def _tell(search: _Search, seconds: float) -> Solution:
    question, objective, bound = search.question, search.value, search.bound
    if objective == -math.inf:
        raise BoxreachError("no plan that keeps the rules was found in the time given; allow more")
    if are_whole(question.weights):
        bound = float(math.floor(bound * (1 + SAME / 10)))
    status: Status = "feasible"
    if objective >= bound * (1 - SAME):
        status, bound = "optimal", objective
    chosen = search.chosen
    bound = max(bound, objective)
    return Solution(status, objective, bound, chosen, seconds=seconds, seed=question.seed)


class _Question:
    """The question without the sites that stand: parts, and the demand that is left of each."""

    def __init__(
        self,
        cover: csr_array,
        weights: Floats,
        parts: Integers,
        sites: int,
        rules: Rules,
        seed: int,
    ) -> None:
        self.cover, self.weights, self.rules, self.seed = cover, weights, rules, seed
        self.sites, self.left = sites, sites - len(np.unique(rules.fixed))
        count = np.bincount(cover[rules.fixed].indices, minlength=cover.shape[1])
        self.standing = math.fsum(weights[count > 0].tolist())
        self.open = np.where(count > 0, 0.0, weights)
        free = np.ones(cover.shape[0], dtype=bool)
        free[rules.fixed] = free[rules.forbidden] = False
        self.free = np.flatnonzero(free)
        self.limits, part_of = self._divide(parts)
        order = np.argsort(part_of, kind="stable")
        edges = np.searchsorted(part_of[order], np.arange(part_of.max(initial=-1) + 2))
        self.members = [self.free[order[low:high]] for low, high in pairwise(edges)]
        self.parts = [_Part.of(cover, members, self.open) for members in self.members]
        met = [np.empty(0, dtype=np.int64), *(part.demand for part in self.parts)]
        self.times = np.bincount(np.concatenate(met), minlength=cover.shape[1])
        self.border = np.flatnonzero(self.times > 1)

    @property
    def impossible(self) -> bool:
        """Whether no shares keep the limits, or there are too few sites."""
        if self.left < 0:
            return True
        curves = [Curve(np.zeros(len(members) + 1)) for members in self.members]
        picks, _ = part_rows(self.rules.rows(self.cover), self.sites)
        none = picks.best(np.zeros(self.cover.shape[0])) is None
        return none or share_out(curves, self.limits, self.left) is None

    def _divide(self, given: Integers) -> tuple[list[Limit], Integers]:
        """Return limits on parts, and the part of each free site: divided by limits where given."""
        held = np.full(self.cover.shape[0], -1)
        numbers: list[tuple[int, int]] = []
        for limit in self.rules.limits:
            members = np.asarray(limit.members, dtype=bool)
            if (held[members] >= 0).any():
                continue
            held[members] = len(numbers)
            stand = int(members[self.rules.fixed].sum())
            most = self.left if limit.at_most is None else limit.at_most - stand
            numbers.append((limit.at_least - stand, most))
        both = np.stack([np.unique(given, return_inverse=True)[1], held], axis=1)[self.free]
        names, part_of = np.unique(both, axis=0, return_inverse=True)
        limits = [
            Limit(tuple(np.flatnonzero(names[:, 1] == one).tolist()), *both_ends)
            for one, both_ends in enumerate(numbers)
        ]
        return limits, part_of.reshape(-1)


@dataclass(frozen=True, eq=False)
class _Part:
    """A part: its pairs, of the demand that any of its sites covers, and which demand that is."""

    cover: csr_array
    demand: Integers

    @classmethod
    def of(cls, cover: csr_array, members: Integers, weights: Floats) -> _Part:
        rows = csr_array(cover[members])
        demand = np.unique(rows.indices)
        demand = demand[weights[demand] > 0].astype(np.int64)
        return cls(csr_array(csc_array(rows)[:, demand]), demand)


class _Search:
    """Prices on borders, what they prove, and the best plan so far."""

    def __init__(self, question: _Question, deadline: float, progress: Progress | None) -> None:
        self.question, self.deadline, self.progress = question, deadline, progress
        self.bound = question.standing + math.fsum(question.open.tolist()) * (1 + _SLACK)
        self.value, self.chosen = -math.inf, np.sort(question.rules.fixed)
        self.tried = np.zeros(question.cover.shape[0], dtype=bool)
        self.impossible = False
        self.curves: list[Curve] = []
        self.prices = self.plain = question.open
        self.priced: Floats | None = None

    def start(self, deadline: float) -> None:
        """Plan greedily, and price all demand by the plain relaxation, which is a bound too.

        Parameters
        ----------
        deadline
            When to stop, by `time.monotonic`.
        """
        question, cover = self.question, self.question.cover
        kept = np.ones(cover.shape[0], dtype=bool)
        kept[question.rules.forbidden] = False
        sets = merge_demand(cover.indptr, cover.indices, question.open, kept=kept)
        rows = question.rules.rows(cover)
        plan = choose_greedily(sets, _WORTH, rows, question.sites)
        if plan is not None:
            self._judge(plan)
        picks, rest = part_rows(rows, question.sites)
        dual = Dual(sets, _WORTH, picks, rest, sets.weights / 2, np.zeros(len(rest.lower)))
        dual.descend(max(self.value - question.standing, 0.0), _PLAIN_STEPS, deadline)
        self.bound = min(self.bound, question.standing + dual.best.bound)
        shares = np.append(dual.best.prices / sets.weights, 0.0)
        self.plain = question.open * np.clip(shares[sets.merged], 0.0, 1.0)
        self.prices = question.open.copy()
        self.prices[question.border] = self.plain[question.border]

    def close_in(self, deadline: float) -> None:
        """Change prices on borders until the bound is met, or falls no more, or the time ends.

        Parameters
        ----------
        deadline
            When to stop, by `time.monotonic`.
        """
        length, idle, least = 1.0, 0, math.inf
        best = self.prices, np.empty(0)
        for _ in range(_STEPS):
            before = self.bound
            bound, found = self._evaluate(deadline)
            self._judge(found)
            prices, slope = self.prices, self._slope(found)
            if bound < least:
                least, best = bound, (prices, slope)
            self.bound = min(self.bound, bound)
            if self.progress is not None:
                self.progress(max(self.value, 0.0), self.bound)
            idle = 0 if self.bound < before - _ENOUGH * (before - self.value) else idle + 1
            if idle > _PATIENCE:
                length, idle = length / 3, 0
                prices, slope = best
            square = float((slope * slope * self.question.open[self.question.border]).sum())
            late = time.monotonic() > deadline or length < _SHORTEST
            if late or self._is_met() or square == 0.0:
                break
            self._go(prices, length * (bound - max(self.value, 0.0)) / square * slope)

    def exchange(self) -> None:
        """Better the plan across borders: among sites that parts chose, then one by one."""
        if self._is_met():
            return
        self._plan_among(self._pool())
        if self.value == -math.inf:
            self._plan_among(np.append(self.question.free, self.question.rules.fixed))
        while time.monotonic() < self.deadline and not self._is_met() and self._swap():
            pass

    def _plan_among(self, pool: Integers) -> None:
        """Plan with some of the sites, those of all parts at once."""
        question = self.question
        barred = np.setdiff1d(np.arange(question.cover.shape[0]), pool)
        rules = Rules(limits=question.rules.limits, fixed=question.rules.fixed, forbidden=barred)
        found = max_cover(
            question.cover, question.weights, sites=question.sites, rules=rules,
            seconds=max(self.deadline - time.monotonic(), _LEAST_SECONDS), seed=question.seed,
        )  # fmt: skip
        self.impossible = found.status == "infeasible"
        if not self.impossible:
            self._judge(found.sites)

    def _is_met(self) -> bool:
        return self.value >= self.bound * (1 - SAME)

    def _evaluate(self, deadline: float) -> tuple[float, Integers]:
        """Return what prices prove, and the sites that parts choose at them."""
        question = self.question
        self._draw_curves()
        while True:
            shared = share_out(self.curves, question.limits, question.left)
            value, shares = shared if shared is not None else (0.0, [0] * len(self.curves))
            unknown = [
                (part, count) for part, count in enumerate(shares)
                if count and count not in self.curves[part].plans
            ]  # fmt: skip
            if not unknown or time.monotonic() > deadline:
                break
            for part, count in unknown:
                self._refine(part, count, deadline)
        on_border = question.open[question.border] - self.prices[question.border]
        bound = math.fsum([question.standing, value, *on_border.tolist()])
        found = [question.rules.fixed]
        for part, count in enumerate(shares):
            plan = self.curves[part].plans.get(count)
            if plan is not None:
                found.append(question.members[part][plan])
        return bound + _SLACK * abs(bound), np.unique(np.concatenate(found))

    def _draw_curves(self) -> None:
        """Draw the curves, or lift those of parts whose demand has other prices now."""
        question, before = self.question, self.priced
        for at, part in enumerate(question.parts):
            weights = self.prices[part.demand]
            if before is None:
                most = min(part.cover.shape[0], question.left)
                curve = Curve.over(part.cover @ weights, most)
            elif (weights != before[part.demand]).any():
                higher = np.maximum(weights - before[part.demand], 0.0)
                curve = self.curves[at].lifted(math.fsum(higher.tolist()), part.cover @ weights)
            else:
                continue
            # Demand pays so much to each site, and keeps the rest of its weight.
            paid = np.minimum(self.plain[part.demand], weights)
            curve.cut(part.cover @ paid, math.fsum((weights - paid).tolist()))
            self.curves[at : at + 1] = [curve]
        self.priced = self.prices

    def _refine(self, part: int, count: int, deadline: float) -> None:
        one = self.question.parts[part]
        if not len(one.demand):
            self.curves[part].plans[count] = np.arange(count)
            return
        seconds = max(deadline - time.monotonic(), _LEAST_SECONDS) / 2
        found = max_cover(
            one.cover, self.prices[one.demand], sites=count, seconds=seconds,
            seed=self.question.seed,
        )  # fmt: skip
        self.tried[self.question.members[part][found.sites]] = True
        self.curves[part].note(count, found)

    def _slope(self, chosen: Integers) -> Floats:
        """Return for demand on borders how many parts cover it, less the one that it is bought."""
        question, border = self.question, self.question.border
        covered = np.zeros(question.cover.shape[1])
        for members in question.members:
            mine = members[np.isin(members, chosen)]
            covered[np.unique(question.cover[mine].indices)] += 1
        slope = covered[border] - 1.0
        prices = self.prices[border]
        stuck = (slope > 0) & (prices <= 0) | (slope < 0) & (prices >= question.open[border])
        return np.where(stuck, 0.0, slope)

    def _go(self, prices: Floats, step: Floats) -> None:
        """Change the prices on borders, in proportion to weights."""
        border, weights = self.question.border, self.question.open
        self.prices = prices.copy()
        moved = prices[border] - step * weights[border]
        self.prices[border] = np.clip(moved, 0.0, weights[border])

    def _judge(self, chosen: Integers) -> None:
        """Keep a plan that covers more than the best one, if it is whole and keeps the rules."""
        question = self.question
        if len(chosen) != question.sites or question.rules.broken(chosen, question.cover):
            return
        value = covered_weight(question.cover, question.weights, chosen)
        if value > self.value:
            self.value, self.chosen = value, np.sort(chosen)

    def _pool(self) -> Integers:
        """Return the sites that plans are made of across borders.

        Those that parts chose at any prices; those that would add most to the plan; and of each
        group as many as it needs, those first that cover most.
        """
        question = self.question
        count = np.bincount(question.cover[self.chosen].indices, minlength=len(question.weights))
        pool = self.tried.copy()
        pool[question.rules.fixed] = True
        for weights in (np.where(count > 0, 0.0, question.open), question.open):
            gains = question.cover @ weights
            for group in (
                question.free,
                *(np.flatnonzero(one.members) for one in question.rules.limits),
            ):
                among = np.intersect1d(group, question.free)
                best = among[np.argsort(-gains[among], kind="stable")]
                pool[best[: _POOL * max(question.left, 1)]] = True
        return np.flatnonzero(pool)

    def _swap(self) -> bool:
        """Exchange one site of the plan for the one that adds most in its place; tell if any did.

        Those first that cover least alone.
        """
        question, before = self.question, self.value
        if self.value == -math.inf:
            return False
        count = np.bincount(question.cover[self.chosen].indices, minlength=len(question.weights))
        lost = question.cover[self.chosen] @ np.where(count == 1, question.weights, 0.0)
        for at in np.argsort(lost, kind="stable").tolist():
            out = int(self.chosen[at])
            if out in question.rules.fixed or time.monotonic() > self.deadline:
                continue
            without = count - np.bincount(question.cover[[out]].indices, minlength=len(count))
            gains = question.cover @ np.where(without > 0, 0.0, question.weights)
            allowed = self._may_follow(out)
            allowed[self.chosen] = False
            into = int(np.argmax(np.where(allowed, gains, -1.0)))
            if allowed[into] and gains[into] > lost[at] * (1 + SAME):
                self._judge(np.append(np.delete(self.chosen, at), into))
                if self.value > before:
                    return True
        return False

    def _may_follow(self, out: int) -> Flags:
        """Tell which sites may take the place of one without breaking a limit."""
        allowed = np.zeros(self.question.cover.shape[0], dtype=bool)
        allowed[self.question.free] = True
        for limit in self.question.rules.limits:
            members = np.asarray(limit.members, dtype=bool)
            have, mine = int(members[self.chosen].sum()), bool(members[out])
            if mine and have <= limit.at_least:
                allowed &= members
            if not mine and limit.at_most is not None and have >= limit.at_most:
                allowed &= ~members
        return allowed


def _as_ones(cover: csr_array) -> csr_array:
    """Return the same pairs, each once and a 1, whatever the values that are stored."""
    ones = csr_array(
        (np.ones(len(cover.indices)), cover.indices.copy(), cover.indptr.copy()), shape=cover.shape
    )
    ones.sum_duplicates()
    ones.data[:] = 1.0
    return ones


def _more_faults(
    parts: object, sites: object, rules: object, shape: tuple[int, int] | None, progress: object
) -> list[Fault]:
    given, faults = as_array(parts), []
    count = given.size if shape is None else shape[0]
    if given.shape != (count,) or given.dtype.kind not in "iu":
        what = f"it holds {given.dtype} values of shape {given.shape}"
        of = "" if shape is None else f"{count} "
        faults.append(Fault(what, column="parts", advice=f"give {of}whole numbers, one a site"))
    if sites is None:
        faults.append(Fault("it is not said how many", column="sites", advice="say how many"))
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
    if not isinstance(rules, Rules):
        return faults
    for name, there in (
        ("must_cover", rules.must_cover.size), ("apart", rules.apart.size),
        ("budget", rules.budget is not None),
    ):  # fmt: skip
        if there:
            advice = "ask max_cover, which takes all sites at once"
            faults.append(
                Fault("parts cannot be planned alone under it", column=name, advice=advice)
            )
    return faults
