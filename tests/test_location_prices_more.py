"""Steps of prices and fractions, one by one, against plain references written from their rules."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules
from boxreach.location.dual import Dual
from boxreach.location.median_bound import (
    Prices,
    State,
    _climb,
    _evaluate,
    _first_prices,
    raise_bound,
)
from boxreach.location.median_pairs import pair_up
from boxreach.location.picks import Picks, part_rows
from boxreach.location.saddle import Saddle, _Room

WORTHS = [(0.0, 1.0), (0.0, 0.5, 1.0), (0.0, 0.6, 0.9)]


class Question:
    """A cover with rules of which some have prices, and prices to begin with, many at a limit."""

    def __init__(self, draw_cover, merge_cover, seed, *, count=3, rules=True, sites=8, demand=14):
        random = np.random.default_rng(seed + 2000)
        cover, weights = draw_cover(random, sites=sites, demand=demand)
        self.sets = merge_cover(cover, weights)
        self.cover = self.sets.as_matrix().toarray()
        self.weights, self.worth = self.sets.weights, np.array(WORTHS[seed % 3])
        limits = (
            GroupLimit(np.arange(sites) < 4, 1, 2),
            GroupLimit(np.arange(sites) % 3 == 1, 0, 1),
            GroupLimit(np.arange(sites) > 4, 1, None),
        )
        asked = Rules(limits=limits, costs=random.integers(1, 5, sites) * 1.0, budget=8.0)
        rows = (asked if rules else Rules()).rows(csr_array(cover.astype(float)))
        self.picks, self.rest = part_rows(rows, count)
        often = np.arange(1, len(self.worth))
        self.ceiling = self.weights * (self.worth[1:] / often).max()
        self.prices = random.choice([0.0, 0.5, 1.0, 1.5], len(self.weights)) * self.ceiling

    def price(self):
        rules = np.zeros(len(self.rest.lower))
        return Dual(self.sets, self.worth, self.picks, self.rest, self.prices, rules)


class Descent:
    """What `Dual.descend` does, in words of arrays: one step at a time."""

    def __init__(self, asked):
        self.asked, self.prices = asked, asked.prices.copy()
        self.turn = np.zeros(len(asked.weights))
        self.matrix = asked.rest.matrix.toarray()
        self.rule_prices = self.rule_turn = np.zeros(len(self.matrix))
        stored = np.diff(asked.rest.matrix.indptr)
        self.size = self.matrix.sum(axis=1) / np.maximum(1, stored)
        self.length, self.idle, self.best = 1.0, 0, math.inf
        self.best_at, self.best_sites = (self.prices, self.rule_prices), 0

    def buys(self, one, count):
        """How many sites demand buys: of numbers as good, the one nearest to how many there are."""
        numbers = np.arange(len(self.asked.worth))
        gains = self.asked.weights[one] * self.asked.worth - self.prices[one] * numbers
        good = numbers[gains == gains.max()]
        return gains.max(), good[np.argmin(np.abs(good - count))]

    def metric(self, target):
        """About what one site covers, for one site that a rule counts."""
        sites = self.asked.picks.count or max(1, self.best_sites)
        return max(target, 1e-300) / sites / self.size**2

    def step(self, target):
        asked, rest = self.asked, self.asked.rest
        earned = asked.cover @ self.prices - self.matrix.T @ self.rule_prices
        chosen = asked.picks.best(earned)
        counts = asked.cover[chosen].sum(axis=0)
        gained, bought = np.array([self.buys(*pair) for pair in enumerate(counts)]).T
        slope = counts - bought
        slope[(slope > 0) & (self.prices <= 0)] = 0.0
        slope[(slope < 0) & (self.prices >= asked.ceiling)] = 0.0
        self.turn = slope + 0.9 * self.turn
        activity = self.matrix[:, chosen].sum(axis=1)
        limit = np.where(self.rule_prices > 0, rest.upper, rest.lower)
        limit = np.where(self.rule_prices == 0, np.clip(activity, rest.lower, rest.upper), limit)
        self.rule_turn = limit - activity + 0.9 * self.rule_turn
        square = (self.turn**2 * asked.weights).sum()
        square += (self.rule_turn**2 * self.metric(target)).sum()
        worth = (self.rule_prices * limit)[self.rule_prices != 0].sum()
        bound = gained.sum() + earned[chosen].sum() + worth
        gains = math.isfinite(self.best) and bound < self.best - 1e-3 * (self.best - target)
        self.idle = 0 if gains else self.idle + 1
        if bound < self.best:
            self.best, self.best_sites = bound, len(chosen)
            self.best_at = self.prices, self.rule_prices
        if bound <= target or square <= 1e-12 * asked.weights.sum():
            self.length = 0.0
        elif self.idle > 12:
            self.length, self.idle = self.length / 2, 0
            self.prices, self.rule_prices = self.best_at
            self.turn, self.rule_turn = 0.0 * self.turn, 0.0 * self.rule_turn
        else:
            far = self.length * (bound - target) / square
            self.prices = np.clip(self.prices - far * asked.weights * self.turn, 0, asked.ceiling)
            moved = self.rule_prices - far * self.metric(target) * self.rule_turn
            low = np.where(np.isfinite(rest.lower), -np.inf, 0.0)
            high = np.where(np.isfinite(rest.upper), np.inf, 0.0)
            self.rule_prices = np.clip(moved, low, high)


@pytest.mark.parametrize(("count", "rules"), [(3, True), (3, False), (None, True)])
@pytest.mark.parametrize("seed", range(6))
def test_prices_go_step_by_step_as_the_rule_of_subgradients_says(
    seed, count, rules, draw_cover, merge_cover
):
    """With momentum, shorter steps after 12 without gain, and rules priced beside the demand."""
    asked = Question(draw_cover, merge_cover, seed, count=count, rules=rules)
    dual, plain = asked.price(), Descent(asked)
    target = 0.8 * float(asked.weights.sum() * asked.worth[-1]) * (0.5 if seed % 2 else 1.0)
    for nth in range(45):
        if nth == 20:
            dual.lengthen()
            plain.length, plain.idle = min(1.0, max(0.05, 2 * plain.length)), 0
        dual.descend(target, 1, math.inf)
        plain.step(target)
        assert dual.length == plain.length
        assert dual.best.bound == pytest.approx(plain.best, rel=1e-9)
        assert dual.prices == pytest.approx(plain.prices, rel=1e-7, abs=1e-9)
        assert dual.rule_prices == pytest.approx(plain.rule_prices, rel=1e-7, abs=1e-9)
        if not plain.length:
            break
    at_once, again = asked.price(), asked.price()
    at_once.descend(target, 30, math.inf)
    for _ in range(30):
        again.descend(target, 1, math.inf)
    assert (at_once.best.bound, at_once.length) == (again.best.bound, again.length)


def test_steps_end_where_they_are_too_short_to_lead_anywhere(draw_cover, merge_cover):
    asked = Question(draw_cover, merge_cover, 0)
    dual = asked.price()
    dual.length = 1e-4
    assert dual.moves
    dual.length = 0.99e-4
    assert not dual.moves
    dual.descend(0.0, 9, math.inf)
    assert dual.prices.tolist() == asked.prices.tolist()
    met = asked.price()
    bound = met.evaluate(0.0).bound
    met.descend(bound, 9, math.inf)
    assert (met.length, met.prices.tolist()) == (0.0, asked.prices.tolist())


def test_prices_of_what_cannot_be_chosen_are_refused(draw_cover, merge_cover):
    asked = Question(draw_cover, merge_cover, 0)
    asked.picks.fixed[:] = True
    with pytest.raises(ValueError, match="no choice to price"):
        asked.price().evaluate(0.0)


# --- fractions against prices ---------------------------------------------------------------------


class Approach:
    """What `Saddle` does, with dense arrays: both sides step, are judged, and start again."""

    def __init__(self, asked, fractions):
        self.asked, self.dual = asked, asked.price()
        self.cover, self.free = asked.cover, np.flatnonzero(~asked.picks.barred)
        mass = (self.cover @ asked.weights)[self.free]
        self.near = 1 / np.where(mass > 0, mass, mass.max() if mass.max() > 0 else 1.0)
        self.far = asked.weights / np.maximum(1, self.cover.sum(axis=0))
        self.room = _Room(asked.picks, self.free)
        self.x = self.room.project(fractions[self.free], self.near)
        self.u, self.length, self.steps, self.value = asked.prices.copy(), 1.0, 0, -math.inf
        self.balance = self.weigh(self.u, self.x) or 1.0
        self.restart()

    def weigh(self, prices, fractions):
        square = (fractions**2 / self.near).sum()
        return math.sqrt((prices**2 / self.far).sum() / square) if square > 0 else 0.0

    def restart(self):
        self.origin, self.sum_u, self.sum_x, self.way, self.since = (self.u, self.x), 0, 0, 0, 0

    def covered(self, fractions):
        return fractions @ self.cover[self.free]

    def nearest_price(self, one, price, far):
        """The price p with p = price + far * n, where demand buys n at p."""
        worth = self.asked.weights[one] * self.asked.worth
        adds = [math.inf, *np.diff(worth), 0.0]
        for n in range(len(worth)):
            low, high = adds[n + 1], adds[n]
            if low <= price + far * n <= high:
                return min(price + far * n, adds[1])
            if price + far * n > high:  # it stays where both numbers are bought
                return min(high, adds[1])
        return max(0.0, min(adds[-2], price + far * (len(worth) - 1)))

    def step(self):
        while True:
            length = self.length
            near = length / self.balance * self.near
            x = self.room.project(self.x + near * (self.cover[self.free] @ self.u), near)
            was, now = self.covered(self.x), self.covered(x)
            far = length * self.balance * self.far
            u = np.array([self.nearest_price(one, price, far[one]) for one, price in
                          enumerate(self.u - far * (2 * now - was))])  # fmt: skip
            way = ((u - self.u) ** 2 / self.far).sum() / self.balance
            way += self.balance * ((x - self.x) ** 2 / self.near).sum()
            both = abs(((u - self.u) * (now - was)).sum())
            most = way / (2 * both) if both else math.inf
            self.steps += 1
            k = self.steps + 1
            self.length = min((1 - k**-0.3) * most, (1 + k**-0.6) * length)
            if length <= most:
                break
        self.u, self.x = u, x
        self.sum_u, self.sum_x = self.sum_u + length * u, self.sum_x + length * x
        self.way, self.since = self.way + length, self.since + 1

    def judge(self, prices, fractions):
        self.dual.prices = prices
        worth, covered = self.asked.worth, self.covered(fractions)
        shares = np.interp(covered, np.arange(len(worth)), worth)
        value = float(self.asked.weights @ shares)
        self.value = max(self.value, value)
        return max(0.0, self.dual.evaluate(0.0).bound - value)

    def approach(self, steps):
        left, before = (self.judge(self.u, self.x),) * 2
        for nth in range(1, steps + 1):
            self.step()
            if nth % 40 and nth < steps:
                continue
            mean = self.sum_u / self.way, self.sum_x / self.way
            at_mean, now = self.judge(*mean), self.judge(self.u, self.x)
            least = min(at_mean, now)
            slower = before < least <= 0.8 * left
            before = least
            if least <= 0.5 * left or slower or self.since >= 0.4 * self.steps:
                if at_mean <= now:
                    self.u, self.x = mean
                went = self.weigh(self.u - self.origin[0], self.x - self.origin[1])
                self.balance = math.sqrt(went * self.balance) if went > 0 else self.balance
                self.restart()
                left, before = least, math.inf


@pytest.mark.parametrize("seed", [0, 2, 3, 5])
def test_fractions_and_prices_take_the_steps_of_the_rule(seed, draw_cover, merge_cover):
    """Each as long as fits what it covers, and again from the mean where that is nearer."""
    asked = Question(draw_cover, merge_cover, seed, count=4, rules=False, sites=16, demand=50)
    asked.picks.barred[5] = seed % 2
    asked.picks.fixed[2] = seed % 3 == 0
    if seed > 3:
        asked.prices[:] = 0.0
    start = np.isin(np.arange(16), [0, 2, 5, 9]).astype(float)
    saddle, plain = Saddle(asked.price(), start), Approach(asked, start)
    for steps in (1, 2, 39, 50, 0):
        saddle.approach(0.0, steps, math.inf)
        plain.approach(steps)
        assert saddle.steps == plain.steps
        assert saddle.length == pytest.approx(plain.length, rel=1e-5)
        assert saddle.balance == pytest.approx(plain.balance, rel=1e-5)
        assert saddle.fractions[plain.free] == pytest.approx(plain.x, abs=1e-6)
        assert saddle.fractions[asked.picks.barred].sum() == 0
        assert saddle.value == pytest.approx(plain.value, rel=1e-7)
        assert saddle.part.best.bound == pytest.approx(plain.dual.best.bound, rel=1e-7)
    then = Saddle(asked.price(), saddle.fractions, saddle)
    assert (then.length, then.steps, then.balance) == (saddle.length, saddle.steps, saddle.balance)
    first = Saddle(asked.price(), saddle.fractions)
    assert (first.length, first.steps, first.value) == (1.0, 0, -math.inf)


def test_both_sides_start_again_where_they_came_much_nearer_or_slow_down_or_after_long(
    draw_cover, merge_cover, monkeypatch
):
    """From the mean where that is as near; by halves, four fifths, and two fifths of all steps."""
    asked = Question(draw_cover, merge_cover, 0, rules=False)

    def ask(first, *looks, steps=0):
        saddle, told = Saddle(asked.price(), np.zeros(8)), []
        distances = [first, *[one for look in looks for one in look]]
        saddle.steps = steps

        def step():
            saddle.steps, saddle._since, saddle._travelled = saddle.steps + 1, saddle._since + 1, 1

        def start_again():
            told.append((saddle.steps - steps, saddle._prices is mean[0]))
            saddle._since = 0

        mean = []

        def judge(prices, fractions, target):
            mean[:] = [prices] if len(distances) % 2 == 0 else mean
            return distances.pop(0)

        monkeypatch.setattr(saddle, "_step", step)
        monkeypatch.setattr(saddle, "_judge", judge)
        monkeypatch.setattr(saddle, "_rebalance", lambda: None)
        monkeypatch.setattr(saddle, "_start_again", start_again)
        saddle.approach(0.0, 40 * len(looks), math.inf)
        assert not distances
        return told

    long = 10_000
    assert ask(8.0, (9.0, 5.0), (9.0, 4.0), steps=long) == [(80, False)]
    assert ask(8.0, (4.0, 5.0), (9.0, 9.0), (2.0, 2.0), steps=long) == [(40, True), (120, True)]
    assert ask(8.0, (6.0, 7.0), (6.4, 6.5), steps=long) == [(80, True)]
    assert ask(8.0, (6.0, 7.0), (6.5, 6.6), steps=long) == []
    assert ask(8.0, (6.0, 7.0), (5.0, 6.5), (5.5, 6.5), steps=long) == [(120, True)]
    assert ask(8.0, (7.0, 6.0), (6.2, 6.1), steps=long) == [(80, False)]
    assert ask(8.0, (4.0, 4.0), (3.0, 3.1), (3.1, 3.2), steps=long) == [(40, True), (120, True)]
    assert ask(8.0, (9.0, 9.0)) == [(40, True)]
    assert ask(8.0, (9.0, 9.0), (9.0, 9.0), steps=120) == [(80, True)]
    assert ask(8.0, (9.0, 9.0), (9.0, 9.0), steps=121) == []


def test_of_sites_that_cover_nothing_steps_are_those_of_the_largest(merge_cover):
    cover = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]], dtype=bool)
    sets, none = merge_cover(cover, np.array([0.375, 0.25, 0.125])), np.zeros(1, dtype=np.int64)
    free = np.zeros(3, dtype=bool)
    picks = Picks(1, np.zeros(3, dtype=np.int64), none, none + 3, free, free)
    rest = part_rows(Rules().rows(csr_array(cover.astype(float))), 1)[1]
    dual = Dual(sets, np.array([0.0, 1.0]), picks, rest, sets.weights / 2, np.empty(0))
    saddle = Saddle(dual, np.array([1.0, 0.0, 0.0]))
    assert saddle._near.tolist() == [1.6, 1.6, 1 / 0.375]
    assert sorted(saddle._far) == [0.125, 0.125, 0.375]
    assert saddle.balance == pytest.approx(math.sqrt((0.75 + 1 + 0.25) * 0.125 / 0.625))
    saddle.approach(0.0, 400, math.inf)
    assert saddle.fractions == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)
    assert (saddle.value, dual.best.bound) == (pytest.approx(0.625), pytest.approx(0.625))


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        ((0,), (4,), None, [0.9, 0.0, 0.5, 1.0]),  # within limits nothing is lowered
        ((0,), (4,), 2, [0.766667, 0.0, 0.233333, 1.0]),  # a toll of 2 / 15, by scales 1 and 2
        ((0,), (1,), None, [0.15, 0.0, 0.0, 0.85]),  # one toll of 0.75 where all are one group
        ((3,), (4,), None, [1.0, 0.2, 0.8, 1.0]),
    ],
)
def test_fractions_are_lowered_by_one_toll_times_their_scale(low, high, count, expected):
    """Worked out by hand: of 0.9, -0.1, 0.5 and 1.6, whose scales are 1, 2, 2 and 1."""
    none = np.zeros(4, dtype=bool)
    picks = Picks(count, np.zeros(4, dtype=np.int64), np.array(low), np.array(high), none, none)
    room = _Room(picks, np.arange(4))
    told = room.project(np.array([0.9, -0.1, 0.5, 1.6]), np.array([1.0, 2.0, 2.0, 1.0]))
    assert told == pytest.approx(expected, abs=1e-6)


# --- prices of medians ----------------------------------------------------------------------------


class Climb:
    """The steps of `raise_bound` on a dense matrix of what each demand counts at each site."""

    def __init__(self, values, otherwise, forced, prices):
        self.values, self.otherwise, self.forced = values, otherwise, forced
        self.prices, self.best = prices.copy(), prices.copy()
        self.top, self.length, self.idle = -math.inf, 2.0, 0

    def look(self, sites):
        reduced = np.minimum(0.0, self.values - self.prices[:, None]).sum(axis=0)
        rank = np.where(self.forced > 0, -np.inf, np.where(self.forced < 0, np.inf, reduced))
        opened = np.argsort(rank, kind="stable")[:sites]
        taken = (self.values[:, opened] < self.prices[:, None]).sum(axis=1)
        return self.prices.sum() + reduced[opened].sum(), 1.0 - taken

    def step(self, sites, aim):
        bound, slope = self.look(sites)
        self.idle = 0 if bound > self.top + 1e-9 * abs(bound) else self.idle + 1
        if bound > self.top:
            self.top, self.best = bound, self.prices
        if self.idle >= 20:
            self.length, self.idle, self.prices = self.length / 2, 0, self.best
            bound, slope = self.look(sites)
        if not slope.any():
            self.length = 0.0
        if self.length < 1e-4:
            return False
        far = self.length * max(aim - bound, 1e-6 * abs(aim)) / (slope**2).sum()
        self.prices = np.minimum(np.maximum(0.0, self.prices + far * slope), self.otherwise)
        return True


def ask_median(seed, beyond):
    random = np.random.default_rng(seed + 2100)
    cost = np.where(random.random((7, 9)) < 0.7, random.integers(0, 9, (7, 9)), np.inf)
    cost[0] = random.integers(5, 9, 9)
    if beyond is not None:
        cost[cost > beyond] = np.inf
        cost[:, 4] = np.inf
    rows, columns = np.nonzero(np.isfinite(cost))
    starts = np.append(0, np.cumsum(np.isfinite(cost).sum(axis=1)))
    matrix = csr_array((cost[rows, columns], columns, starts), shape=cost.shape)
    pairs = pair_up(matrix, random.integers(0, 4, 9).astype(float), beyond)
    values = np.full((len(pairs.otherwise), 7), np.inf)
    owner = np.repeat(np.arange(len(values)), np.diff(pairs.near_starts))
    values[owner, pairs.near_sites] = pairs.near_values
    rules = Rules(fixed=np.array([1]), forbidden=np.array([6])) if seed % 2 else Rules()
    return pairs, values, rules.rows(matrix)


@pytest.mark.parametrize("beyond", [None, 6.0])
@pytest.mark.parametrize("seed", range(5))
def test_prices_of_a_median_climb_step_by_step_as_the_rule_says(seed, beyond):
    pairs, values, rows = ask_median(seed, beyond)
    stays, out = rows.column_lower > 0, rows.column_upper < 1
    forced = stays.astype(np.int64) - out
    seconds = np.sort(values, axis=1)
    listed = np.isfinite(values).sum(axis=1)
    second = np.where(listed > 1, seconds[:, 1], seconds[:, 0])
    known = np.where(np.isinf(pairs.otherwise), 0.0, pairs.otherwise)
    first = np.where(listed > 0, np.minimum(second, pairs.otherwise), known)
    assert _first_prices(pairs).tolist() == first.tolist()
    if beyond is None:
        blank = csr_array(([2.0], [0], [0, 1]), shape=(1, 2))
        assert sorted(_first_prices(pair_up(blank, np.ones(2), None))) == [0.0, 2.0]
    state = State(
        first.copy(), first.copy(), np.empty(len(first)), np.empty(7), np.empty(7, dtype=np.bool_),
        forced, np.array([-np.inf, 2.0, 0.0]),
    )  # fmt: skip
    plain, aim, goes_on = Climb(values, pairs.otherwise, forced, first), 30.0 + seed, True
    for _ in range(9):
        _climb(pairs, state, 3, aim)
        for _ in range(25):
            goes_on = goes_on and plain.step(3, aim)
        if not goes_on:
            assert state.numbers[:2] == pytest.approx([plain.top, plain.length])
            break
        assert state.numbers == pytest.approx([plain.top, plain.length, plain.idle])
        assert state.prices == pytest.approx(plain.prices)
        assert state.best == pytest.approx(plain.best)
    early = raise_bound(pairs, rows, 3, aim, until=0.0)
    once = Climb(values, pairs.otherwise, forced, first)
    for _ in range(25):
        once.step(3, aim)
    assert early.prices == pytest.approx(once.best)
    assert early.bound == pytest.approx(once.top)
    low = once.top - 1.0
    met = raise_bound(pairs, rows, 3, low, until=math.inf)
    near = Climb(values, pairs.otherwise, forced, first)
    while near.top < low:
        for _ in range(25):
            near.step(3, low)
    assert met.bound == pytest.approx(near.top)
    free = Climb(values, pairs.otherwise, forced, first)
    for _ in range(25):
        free.step(3, 2.0 * first.sum() + 1.0)
    assert raise_bound(pairs, rows, 3, math.inf, until=0.0).bound == pytest.approx(free.top)


def test_a_bound_of_a_median_is_what_prices_and_the_best_sites_come_to():
    """By hand: prices 5, 4; sites save 3 + 1, 0, 4 of them, and fixed ones are opened first."""
    matrix = csr_array(np.array([[2.0, 3.0], [5.0, 9.0], [6.0, 0.5]]))
    pairs = pair_up(matrix, np.ones(2), None)
    order = np.argsort([pairs.near_values[0], pairs.near_values[pairs.near_starts[1]]])[::-1]
    prices = np.array([5.0, 4.0])[order]
    no = np.zeros(3, dtype=bool)
    found = _evaluate(pairs, prices, no, no, 1)
    assert isinstance(found, Prices)
    assert found.reduced.tolist() == [-4.0, 0.0, -3.5]
    slack = 1e-12 * (9.0 + 7.5)
    for stays, out, sites, chosen, bound in (
        ([], [], 1, [0], 5.0), ([], [], 2, [0, 2], 1.5), ([], [0], 1, [2], 5.5),
        ([1], [], 1, [1], 9.0), ([1], [0], 2, [1, 2], 5.5), ([], [], 0, [], 9.0),
    ):  # fmt: skip
        told = _evaluate(
            pairs, prices, np.isin(np.arange(3), stays), np.isin(np.arange(3), out), sites
        )
        assert told.chosen.tolist() == chosen
        assert told.bound == pytest.approx(bound - slack, abs=1e-13)
        assert told.bound < bound
