"""Searches for covers and prices of them step by step, against their rules on plain lists."""

import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import Rules
from boxreach.location import covering_bound as prices_of
from boxreach.location import covering_search as covers
from boxreach.location.covering import Covering

ASKED = [(1, None), (2, None), (1, 0.7), (2, 0.6)]


# --- local search ---------------------------------------------------------------------------------


class Plain:
    """The rule of the search, every number counted anew; ranks are exact fractions."""

    def __init__(self, hunt, seed):
        self.hunt, self.costs, self.cover = hunt, hunt.costs, hunt.cover
        self.chosen, self.chance = set(range(len(hunt.cover))) - {2}, seed + 1
        self.best, self.least = set(self.chosen), self.cost()
        self.moved = dict.fromkeys(range(len(hunt.cover)), -20)
        self.share = hunt.covering.need is not None
        self.weights = hunt.weights.copy() if self.share else np.ones(hunt.cover.shape[1])

    def cost(self):
        return float(self.costs[sorted(self.chosen)].sum())

    def counts(self):
        return self.cover[sorted(self.chosen)].sum(axis=0)

    def enough(self):
        return bool(self.hunt.is_enough(sorted(self.chosen)))

    def rank(self, site):
        """What a site that is in would lose, or one that is out gain, for its cost."""
        most = self.hunt.boxes - (site not in self.chosen)
        total = self.weights[self.cover[site] & (self.counts() <= most)].sum()
        return Fraction(float(total)) / Fraction(float(self.costs[site]))

    def draw(self):
        """The multiplicative congruential generator of Park and Miller, multiplier 48271."""
        self.chance = self.chance * 48271 % (2**31 - 1)
        return self.chance

    def cheapest_loss(self, since):
        may = [one for one in sorted(self.chosen) if one != 1 and self.moved[one] < since]
        return min(may, key=lambda one: (self.rank(one), self.moved[one]), default=None)

    def best_gain(self, since):
        may = [one for one in range(len(self.costs))
               if one not in self.chosen and one != 2 and self.moved[one] < since
               and self.cost() + self.costs[one] < self.least]  # fmt: skip
        if not self.share:
            short = np.flatnonzero(self.counts() < self.hunt.boxes)
            one = short[self.draw() % len(short)]
            may = [site for site in may if self.cover[site, one]]
        return min(may, key=lambda one: (-self.rank(one), self.moved[one]), default=None)

    def step(self, number, last, enough):
        """Leave while it covers enough; then one more leaves, and others mend it."""
        while self.enough():
            if self.cost() < self.least:
                self.least, self.best = self.cost(), set(self.chosen)
            leaves = self.cheapest_loss(last)
            if leaves is None or self.least <= enough:
                return False
            self.chosen.discard(leaves)
            self.moved[leaves] = number
        draw = self.draw()
        memory = 1 + draw % 10 if self.share else 1
        leaves = self.cheapest_loss(number - memory)
        if leaves is not None:
            self.chosen.discard(leaves)
            self.moved[leaves] = number
        while not self.enough():
            enters = self.best_gain(number - memory + 1)
            if enters is None:
                break
            self.chosen.add(enters)
            self.moved[enters] = number
        if not self.share:
            self.weights[self.counts() < self.hunt.boxes] += 1
        return True

    def improve(self, first, last, enough):
        for number in range(first, last):
            if not self.step(number, last, enough):
                return

    def agrees(self, board):
        assert set(np.flatnonzero(board.chosen).tolist()) == self.chosen
        assert set(np.flatnonzero(board.best).tolist()) == self.best
        assert board.moved.tolist() == list(self.moved.values())
        assert board.weights.tolist() == self.weights.tolist()
        assert (board.least[0], board.chance[0]) == (self.least, self.chance)


@pytest.mark.parametrize(("boxes", "share"), ASKED)
@pytest.mark.parametrize("seed", range(8))
def test_a_search_for_covers_drops_and_mends_as_its_rule_says(seed, boxes, share, lay_hunt):
    """One step after the other, then many at once, and up to a cost that is enough."""
    hunt = lay_hunt(seed + 20, boxes=boxes, share=share)
    hunt.board = covers._set_up(hunt.sets, hunt.chosen(), seed)
    plain = Plain(hunt, seed)
    plain.agrees(hunt.board)
    for first, last in ((1, 2), (2, 3), (3, 4), (4, 5), (5, 30)):
        covers._improve(hunt.sets, hunt.board, first, last, 0.0)
        plain.improve(first, last, 0.0)
        plain.agrees(hunt.board)
        hunt.check()
    every = np.setdiff1d(np.arange(len(hunt.cover)), [2])
    for enough in (plain.least, plain.least + 1):
        board, plain = covers._set_up(hunt.sets, every, seed), Plain(hunt, seed)
        covers._improve(hunt.sets, board, 1, 30, enough)
        plain.improve(1, 30, enough)
        plain.agrees(board)


@pytest.mark.parametrize(
    ("reads", "most"), [(0.0, 2000), (1e9, 200_000), (5e5, None)]
)  # fmt: skip
def test_a_search_for_covers_goes_on_for_so_many_steps(reads, most, lay_hunt, monkeypatch):
    """Half a thousand between two looks at the clock, by what a move of a site reads."""
    hunt, spans = lay_hunt(3), []
    sites, demand = hunt.cover.shape
    if most is None:
        most = int(reads / (2 * hunt.cover.sum() ** 2 / (sites * demand) + sites + demand + 1))
        assert 2500 < most < 200_000
    monkeypatch.setattr(covers, "_improve", lambda *given: spans.append(given[2:4]))
    start = hunt.chosen()
    for until, many in ((math.inf, math.ceil(most / 500)), (0.0, 1)):
        spans.clear()
        found = covers.search_covers(
            hunt.covering, start, enough=0.0, until=until, seed=0, reads=reads
        )
        assert spans == [(500 * nth + 1, 500 * nth + 501) for nth in range(many)]
        assert found.tolist() == start.tolist()
    spans.clear()
    dear = float(hunt.costs[start].sum())
    covers.search_covers(hunt.covering, start, enough=dear, until=math.inf, seed=0)
    assert len(spans) == 1
    clock = iter([1.0, 2.0, 3.0, 4.0])
    monkeypatch.setattr(covers, "time", SimpleNamespace(perf_counter=clock.__next__))
    spans.clear()
    covers.search_covers(hunt.covering, start, enough=0.0, until=3.0, seed=0)
    assert len(spans) == 3


def test_sites_that_cost_nothing_count_as_nearly_nothing_in_a_search():
    cover = csr_array(np.ones((3, 2)))
    covering = Covering(cover, np.ones(2), None, Rules(), np.array([0.0, 0.0, 2.0]), cover)
    sets = covers._read_sets(covering)
    assert sets.costs.tolist() == [1e-9, 1e-9, 2.0]
    board = covers._set_up(sets, np.arange(3), 2**31 - 1)
    assert board.chance[0] == 1
    found = covers.search_covers(
        covering, np.arange(3), enough=0.0, until=math.inf, seed=0, reads=0.0
    )
    assert len(found) == 1
    assert found[0] < 2


# --- prices ---------------------------------------------------------------------------------------


class Ascent:
    """The subgradient ascent of the dual of a covering question, on dense arrays."""

    def __init__(self, covering, upper, prices):
        self.covering, self.upper, self.cover = covering, upper, covering.cover.toarray() > 0
        self.prices, self.margin = prices.copy(), np.inf
        self.best, self.reached, self.length, self.idle = self.prices.copy(), -np.inf, 2.0, 0

    def look(self):
        """Return the bound of the prices, what each site adds, and the slope of each price."""
        asked, rules = self.covering, self.covering.rules
        reduced = asked.costs.copy()
        for one, price in enumerate(self.prices):  # in this order, for sums of floats
            reduced[self.cover[:, one]] -= price
        share = np.ones(len(self.prices))
        if asked.need is not None:
            left = asked.need
            for one in np.argsort(self.prices / asked.weights, kind="stable"):
                share[one] = min(1.0, max(0.0, left / asked.weights[one]))
                left -= asked.weights[one]
        self.margin = min(self.margin, np.abs(reduced).min())
        opened = reduced < 0
        opened[rules.fixed], opened[rules.forbidden] = True, False
        self.covered = asked.boxes * float(share @ self.prices)
        bound = self.covered + float(reduced[opened].sum())
        slopes = share * asked.boxes - self.cover[opened].sum(axis=0)
        return bound, reduced, np.where((slopes < 0) & (self.prices <= 0), 0.0, slopes)

    def climb(self):
        """Twenty-five steps; half as long after twenty in vain, from the best prices again."""
        for _ in range(25):
            bound, _, slopes = self.look()
            self.idle = 0 if bound > self.reached + 1e-9 * abs(bound) else self.idle + 1
            if bound > self.reached:
                self.reached, self.best = bound, self.prices.copy()
            if self.idle >= 20:
                self.length, self.idle, self.prices = self.length / 2, 0, self.best.copy()
                bound, _, slopes = self.look()
            if not slopes.any():
                self.length = 0.0
            if self.length < 1e-4:
                return
            far = max(self.upper - bound, 1e-6 * abs(self.upper))
            step = self.length * far / float(slopes @ slopes)
            self.prices = np.maximum(0.0, self.prices + step * slopes)

    def run(self, rounds=60):
        done = 0
        while done < rounds and self.length >= 1e-4 and self.reached < self.upper:
            self.climb()
            done += 1
        self.prices = self.best
        return self.look()


def ask(seed, boxes, share, *, rules=True):
    """A covering question of uneven costs and weights, and what all its sites cost."""
    random = np.random.default_rng(seed + 700)
    cover = random.random((9, 12)) < 0.4
    cover[random.integers(0, 9, 12), np.arange(12)] = True
    weights, costs = random.random(12) + 0.5, random.random(9) + 0.5
    need = None if share is None else share * float(weights.sum())
    ruled = Rules(fixed=np.array([3]), forbidden=np.array([5])) if rules else Rules()
    matrix = csr_array(cover.astype(float))
    return Covering(matrix, weights, need, ruled, costs, matrix, boxes), float(costs.sum())


@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize(("boxes", "share"), ASKED)
@pytest.mark.parametrize("seed", range(3))
def test_prices_of_covers_climb_along_the_slope_as_their_rule_says(
    seed, boxes, share, rules, monkeypatch
):
    """As long as the clock allows; the bound is that of the best prices, less what may be dust."""
    covering, upper = ask(seed, boxes, share, rules=rules)
    begun = np.random.default_rng(seed).random(12) / 4
    monkeypatch.setattr(prices_of, "_first_prices", lambda _: begun.copy())
    for aim, rounds in ((upper, 1), (upper / 3, 2), (0.6 * upper, 4)):
        clock = iter(range(1, 100))
        monkeypatch.setattr(prices_of, "time", SimpleNamespace(perf_counter=clock.__next__))
        told = prices_of.price_covers(covering, aim, until=rounds)
        plain = Ascent(covering, aim, begun)
        bound, reduced, _ = plain.run(rounds)
        assert plain.margin > 1e-9  # else a step may hang on how a sum is rounded
        assert told.reduced == pytest.approx(reduced, abs=1e-9)
        paid = float((covering.cover.toarray() @ plain.best).sum())
        slack = 1e-12 * (paid + float(covering.costs.sum()) + plain.covered)
        assert told.bound == pytest.approx(bound - slack, rel=1e-13)


def test_prices_of_covers_end_where_the_slope_is_level_or_steps_are_short():
    """Sites apart from each other are priced at once; of others the length falls in the end."""
    matrix = csr_array(np.eye(3))
    covering = Covering(matrix, np.ones(3), None, Rules(), np.array([1.0, 2.0, 4.0]), matrix)
    told = prices_of.price_covers(covering, 7.0, until=math.inf)
    assert told.bound == pytest.approx(7.0, rel=1e-11)
    assert told.bound < 7.0


def test_first_prices_are_the_least_cost_by_demand_covered_of_the_sites_of_each():
    cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]]) * 1.0)
    costs = np.array([3.0, 1.25, 6.0, 1.0])
    covering = Covering(cover, np.ones(4), None, Rules(), costs, cover)
    assert prices_of._first_prices(covering).tolist() == [1.5, 1.25, 2.0, 0.0]
