"""What prices prove: never more than is true, as much as a linear program, and no site wrongly."""

import math
from functools import partial
from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules
from boxreach.location.branching import Branching
from boxreach.location.cover_sets import merge_demand
from boxreach.location.dual import Dual, add_up, buy
from boxreach.location.picks import Picks, part_rows
from boxreach.location.proof import keeps
from boxreach.location.regions import Regions, cut_out, find_regions, fit
from boxreach.location.saddle import Saddle
from boxreach.location.shortlist import Shortlist, list_nearest
from boxreach.location.simplex import Simplex

SITES, CHOSEN, SEEDS = 8, 3, range(6)
WORTHS = [(0.0, 1.0), (0.0, 0.6, 1.0), (0.0, 0.5, 0.8, 0.9)]


class Question:
    """A covering question with rules, its prices, all plans, and its linear relaxation."""

    def __init__(self, draw_cover, merge_cover, seed, *, rules=True, worth=None):
        random = self.random = np.random.default_rng(seed + 300)
        cover, weights = draw_cover(random)
        self.sets = merge_cover(cover, weights)
        self.cover, self.weights = self.sets.as_matrix().toarray() > 0, self.sets.weights
        self.worth = np.array(WORTHS[seed % 3] if worth is None else worth)
        half = np.arange(SITES) < 4
        limits = (GroupLimit(half, 1, 2), GroupLimit(np.arange(SITES) % 3 == 1, 0, 1))
        asked = Rules(
            limits=limits, costs=random.integers(1, 5, SITES).astype(float), budget=8.0
        )  # fmt: skip
        self.rows = (asked if rules else Rules()).rows(csr_array(cover.astype(float)))
        self.picks, self.rest = part_rows(self.rows, CHOSEN)
        self.plans = {
            one: self.measure(one)
            for one in combinations(range(SITES), CHOSEN)
            if keeps(self.rows, np.isin(np.arange(SITES), one).astype(float))
        }
        self.best = max(self.plans.values())

    def measure(self, plan):
        counts = np.minimum(self.cover[list(plan)].sum(axis=0), len(self.worth) - 1)
        return float(self.weights @ self.worth[counts])

    def price(self, prices=None, rule_prices=None):
        prices = self.weights * self.worth[1] / 2 if prices is None else prices
        rule_prices = np.zeros(len(self.rest.lower)) if rule_prices is None else rule_prices
        return Dual(self.sets, self.worth, self.picks, self.rest, prices, rule_prices)

    def relax(self):
        """Return what the relaxation comes to, by a linear program."""
        many, demand = len(self.worth) - 1, len(self.weights)
        steps = np.diff(self.worth)
        buys = np.hstack([-self.cover.T.astype(float), *[np.eye(demand)] * many])
        rules, idle = self.rows.matrix.toarray(), np.zeros((len(self.rows.lower), demand * many))
        finite = np.isfinite(self.rows.lower)
        within = np.vstack([buys, np.hstack([rules, idle]), np.hstack([-rules, idle])[finite]])
        most = np.concatenate([np.zeros(demand), self.rows.upper, -self.rows.lower[finite]])
        there = np.isfinite(most)
        found = linprog(
            -np.concatenate([np.zeros(SITES), *[step * self.weights for step in steps]]),
            A_ub=within[there], b_ub=most[there], bounds=(0, 1),
            A_eq=np.concatenate([np.ones(SITES), np.zeros(demand * many)])[None], b_eq=[CHOSEN],
        )  # fmt: skip
        assert found.status == 0
        return -found.fun


@pytest.fixture
def ask(draw_cover, merge_cover):
    """Return a question of a seed."""
    return partial(Question, draw_cover, merge_cover)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_prices_bound_every_plan_by_what_demand_gains_and_sites_earn(seed, ask):
    """To the letter: the sum of what is bought, of what the best sites earn, and of the rules."""
    asked = ask(seed)
    for _ in range(8):
        prices = asked.random.random(len(asked.weights)) * asked.weights
        limits = np.where(np.isfinite(asked.rest.upper), 1.0, 0.0)
        rule_prices = (
            asked.random.random(len(limits)) * limits * asked.random.integers(0, 2, len(limits))
        )
        dual = asked.price(prices, rule_prices)
        offer = dual.evaluate(0.0)
        often = np.arange(len(asked.worth))[:, None]
        gains = (asked.weights * asked.worth[:, None] - prices * often).max(axis=0)
        assert buy(asked.weights, asked.worth, prices) == pytest.approx(gains)
        earned = asked.cover @ prices - asked.rest.matrix.T @ rule_prices
        assert offer.earned == pytest.approx(earned)
        assert add_up(asked.sets, prices) == pytest.approx(asked.cover @ prices)
        assert offer.chosen.tolist() == asked.picks.best(offer.earned).tolist()
        priced = rule_prices > 0
        worth = rule_prices[priced] @ asked.rest.upper[priced]
        bound = gains.sum() + earned[offer.chosen].sum() + worth
        assert bound <= offer.bound <= bound * (1 + 1e-9)
        assert offer.bound >= asked.best
        assert dual.last is offer
        assert dual.best is offer
        assert (offer.prices is prices, offer.rule_prices is rule_prices) == (True, True)


@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_steps_lower_the_bound_to_that_of_the_linear_relaxation(seed, rules, ask):
    """The best is kept, no step leads below the truth, and no steps are made where none lead on."""
    asked = ask(seed, rules=rules)
    dual, value = asked.price(), asked.relax()
    first = asked.price().evaluate(0.0).bound
    dual.descend(asked.best, 500, math.inf)
    assert asked.best <= dual.best.bound <= first
    assert value * (1 - 1e-9) <= dual.best.bound <= value * (1.03 if rules else 1.01)
    again = asked.price(dual.best.prices, dual.best.rule_prices).evaluate(0.0)
    assert again.bound == dual.best.bound
    assert (dual.best.prices >= 0).all()
    assert (dual.best.prices <= asked.weights * asked.worth[1] + 1e-12).all()
    upper = np.isfinite(asked.rest.upper)
    assert (dual.best.rule_prices[~upper] <= 0).all()
    assert (dual.best.rule_prices[~np.isfinite(asked.rest.lower)] >= 0).all()
    late = asked.price()
    late.descend(asked.best, 500, 0.0)
    assert late.best.bound == first
    met = asked.price()
    met.descend(first + 1.0, 500, math.inf)
    assert not met.moves
    assert met.best.bound == first
    met.lengthen()
    assert met.moves
    assert met.length == 0.05
    met.length = 0.3
    met.lengthen()
    assert met.length == 0.6
    met.lengthen()
    assert met.length == 1.0


@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_sites_ruled_out_or_in_are_so_in_every_plan_that_covers_more(seed, rules, ask):
    """And as many as the losses of the picks tell: nothing that they settle is left open."""
    asked = ask(seed, rules=rules)
    dual = asked.price()
    dual.descend(asked.best, 200, math.inf)
    losses = asked.picks.losses(dual.best.earned, dual.best.chosen)
    for least in (0.0, 0.9 * asked.best, asked.best, dual.best.bound):
        turned = dual.turned_over(least)
        left = dual.best.bound - losses - least
        clear = np.abs(left) > 1e-7
        assert turned[clear].tolist() == (left < 0)[clear].tolist()
        for plan, value in asked.plans.items():
            if value > least:
                same = np.isin(np.arange(SITES), plan) == np.isin(
                    np.arange(SITES), dual.best.chosen
                )
                assert same[turned].all()


def test_prices_go_on_with_less_and_on_parts_where_they_were(ask):
    asked = ask(1, rules=False)
    dual = asked.price()
    dual.descend(asked.best, 60, math.inf)
    dual.length = 0.25
    some = np.arange(SITES) < 5
    sets = merge_demand(asked.sets.start, asked.sets.demand, asked.weights, kept=some)
    picks = Picks(
        CHOSEN, asked.picks.group, asked.picks.low, asked.picks.high, asked.picks.fixed, ~some
    )
    less = dual.with_less(sets, picks, sets.sum_up(dual.best.prices))
    assert (less.length, less.best.bound, less.sets) == (0.25, dual.best.bound, sets)
    assert (
        less.best.prices.tolist() == less.prices.tolist() == sets.sum_up(dual.best.prices).tolist()
    )
    part = dual.on_part(sets, picks, sets.sum_up(dual.prices), None)
    assert (part.length, part.best.bound) == (0.25, math.inf)
    part.length = 0.5
    assert dual.on_part(sets, picks, part.prices, part).length == 0.5
    part.evaluate(0.0)
    before, ceiling = dual.prices.copy(), asked.weights * asked.worth[1]
    shares = np.linspace(0.1, 0.9, len(sets.weights))
    dual.go_on_from(shares, part)
    for one, place in enumerate(sets.merged.tolist()):
        known = asked.weights[one] * shares[place] if place >= 0 else (before + ceiling)[one] / 2
        assert dual.prices[one] == pytest.approx(known)
    assert (sets.merged < 0).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_fractions_and_prices_meet_at_the_linear_relaxation(seed, ask):
    """Within some hundred steps, and the fractions stay within the picks all the time."""
    asked = ask(seed, rules=False)
    if seed % 2:
        asked.picks.low[0], asked.picks.high[0] = 0, CHOSEN
    dual, value = asked.price(), asked.relax()
    saddle = Saddle(dual, np.isin(np.arange(SITES), range(CHOSEN)).astype(float))
    gaps = []
    for _ in range(3):
        saddle.approach(0.0, 200, math.inf)
        assert saddle.fractions.sum() == pytest.approx(CHOSEN)
        assert ((saddle.fractions >= 0) & (saddle.fractions <= 1)).all()
        gaps.append(dual.best.bound - saddle.value)
    assert saddle.value <= value * (1 + 1e-9)
    assert value * (1 - 1e-9) <= dual.best.bound
    assert gaps[-1] < 2e-3 * value
    assert saddle.steps >= 600
    steps = saddle.steps
    saddle.approach(0.0, 300, 0.0)
    assert saddle.steps <= steps + 5


@pytest.mark.slow
def test_lists_of_few_sites_lead_to_the_bound_of_all(ask):
    for seed, rules in product(SEEDS[:4], (True, False)):
        asked = ask(seed, rules=rules)
        dual = asked.price()
        dual.evaluate(0.0)
        lists = Shortlist(dual, np.isin(np.arange(SITES), [0, 1, 5]))
        told = [
            lists.descend(0.9 * asked.best, deadline=math.inf, steps=80, pairs=12)
            for _ in range(12)
        ]
        assert told[-1]
        value = asked.relax()
        assert value * (1 - 1e-9) <= dual.best.bound <= value * 1.06


def test_sites_that_lose_least_are_listed_up_to_so_many_pairs_and_some_always(merge_cover):
    cover = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 1]]) > 0
    sets = merge_cover(cover, np.array([1.0, 2.0, 3.0, 4.0]))
    losses, always = np.array([3.0, 2.0, 0.0, 1.0, 5.0]), np.array([0, 0, 0, 0, 1], bool)
    for pairs, listed in ((0, [4]), (1, [4]), (3, [4]), (4, [2, 4]), (5, [2, 3, 4]),
                          (6, [1, 2, 3, 4]), (99, [0, 1, 2, 3, 4])):  # fmt: skip
        assert np.flatnonzero(list_nearest(losses, sets, always, pairs)).tolist() == listed
    assert always.tolist() == [False] * 4 + [True]


# --- branches and regions ------------------------------------------------------------------------


@pytest.mark.parametrize("price", [0.0, 3.0, 7.5])
@pytest.mark.parametrize("seed", SEEDS)
def test_branches_find_and_prove_the_best_choice_at_a_price(seed, price, ask):
    """Of any number of sites, with those that are sure; each bound on the way holds."""
    asked = ask(seed)
    sure = np.arange(SITES) == 2
    values = {
        one: asked.measure(one) - price * len(one)
        for size in range(1, SITES + 1)
        for one in combinations(range(SITES), size)
        if 2 in one
    }
    best = max(values.values())
    search = Branching(asked.sets, asked.worth, price, sure=sure, chosen=np.array([2]))
    assert search.value == pytest.approx(values[2,])
    assert best <= search.bound
    search.follow(0.0)
    assert search.chosen.tolist() == [2]
    search.follow(math.inf)
    assert search.value == pytest.approx(best)
    assert values[tuple(search.chosen.tolist())] == pytest.approx(best)
    assert best <= search.bound * (1 + 1e-12)
    assert search.bound <= best + 1e-7
    root = search.root
    for one, value in values.items():
        flags = np.isin(np.arange(SITES), one)
        turned = np.abs(root.margins)[(flags != (root.margins > 0)) & ~sure].sum()
        assert value <= root.bound - turned + 1e-7


def towns_of(seed):
    """Two towns that share no demand, and a site that covers nothing."""
    random = np.random.default_rng(seed + 400)
    cover = np.zeros((SITES, 16), dtype=bool)
    cover[:4, :8], cover[4:7, 8:] = random.random((4, 8)) < 0.5, random.random((3, 8)) < 0.5
    cover[random.integers(0, 4, 8), np.arange(8)] = True
    cover[random.integers(4, 7, 8), np.arange(8, 16)] = True
    cover[:3, 0] = cover[1:4, 1] = cover[4:7, 8] = True
    return cover, random.integers(1, 9, 16).astype(float)


@pytest.mark.parametrize("seed", SEEDS)
def test_regions_bound_every_plan_and_rule_out_only_what_no_better_plan_has(seed, merge_cover):
    cover, weights = towns_of(seed)
    sets, worth = merge_cover(cover, weights), np.array(WORTHS[seed % 3])
    none = np.zeros(1, dtype=np.int64)
    fixed, barred = np.arange(SITES) == (7 if seed % 2 else 1), np.arange(SITES) == 5
    picks = Picks(CHOSEN, np.zeros(SITES, dtype=np.int64), none, none + SITES, fixed, barred)
    dense = sets.as_matrix().toarray() > 0
    plans = {
        one: float(sets.weights @ worth[np.minimum(dense[list(one)].sum(axis=0), len(worth) - 1)])
        for one in combinations(np.flatnonzero(~barred).tolist(), CHOSEN)
        if fixed[list(one)].any()
    }
    best = max(plans.values())
    for price in (0.0, 4.0, 9.0):
        regions = Regions(sets, worth, picks, price, np.array([0, 4]))
        wide = regions.bound
        assert best <= wide
        regions.follow(math.inf)
        assert best * (1 - 1e-12) <= regions.bound <= wide
        parts = [[0, 1, 2, 3], [4, 6]]
        most = 0.0
        for part in parts:
            sure = [one for one in part if fixed[one]]
            some = [(*sure, *more) for size in range(len(part) + 1)
                    for more in combinations(sorted(set(part) - set(sure)), size)]  # fmt: skip
            counts = [np.minimum(dense[list(one)].sum(axis=0), len(worth) - 1) for one in some]
            most += max(sets.weights @ worth[count] - price * len(one)
                        for one, count in zip(some, counts, strict=True))  # fmt: skip
        assert regions.bound == pytest.approx(most + price * (CHOSEN - int(fixed[7])), abs=1e-6)
        plan = tuple(regions.plan().tolist())
        assert plan in plans
        for least in (0.8 * best, best, 1.2 * best):
            out, into = regions.turned_over(least)
            assert not (out & into).any()
            for one, value in plans.items():
                if value > least:
                    flags = np.isin(np.arange(SITES), one)
                    assert not (out & flags).any()
                    assert flags[into].all()
        out, into = regions.turned_over(1e9)
        assert (out | into | fixed | barred | (np.arange(SITES) == 7)).all()


def test_regions_are_the_parts_that_share_no_demand_and_are_cut_out_alone(merge_cover):
    cover, weights = towns_of(0)
    sets = merge_cover(cover, weights)
    every = np.ones(SITES, dtype=bool)
    assert [one.tolist() for one in find_regions(sets, every)] == [[0, 1, 2, 3], [4, 5, 6], [7]]
    some = every & (np.arange(SITES) != 0)
    assert sorted(site for one in find_regions(sets, some) for site in one.tolist()) == list(
        range(1, 8)
    )
    alone = cut_out(sets, np.array([1, 4, 6]))
    whole = sets.as_matrix().toarray()[[1, 4, 6]] > 0
    assert alone.sites == 3
    dense = alone.as_matrix().toarray() > 0
    seen = whole.any(axis=0)
    assert (dense[:, alone.merged[seen]] == whole[:, seen]).all()
    assert alone.weights.sum() == sets.weights[seen].sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_choice_is_made_to_fit_by_what_covers_most_or_loses_least(seed, ask):
    asked = ask(seed)
    none = np.zeros(1, dtype=np.int64)
    fixed, barred = np.arange(SITES) == 1, np.arange(SITES) == 5
    for count in (1, 2, 4, 6):
        picks = Picks(count, np.zeros(SITES, dtype=np.int64), none, none + SITES, fixed, barred)
        plan = {1, 2, 4}
        found = fit(asked.sets, asked.worth, picks, np.array(sorted(plan)))
        while len(plan) != count:
            if len(plan) < count:
                ways = [plan | {one} for one in set(range(SITES)) - plan - {5}]
            else:
                ways = [plan - {one} for one in plan - {1}]
            plan = max(ways, key=lambda one: (asked.measure(one), -min(one ^ plan)))
        assert found.tolist() == sorted(plan)


def test_branches_are_not_divided_where_the_relaxation_is_whole(ask, merge_cover, monkeypatch):
    solved = []
    whole = Simplex.solve

    def solve(self, *limits, **options):
        solved.append(limits)
        return whole(self, *limits, **options)

    monkeypatch.setattr(Simplex, "solve", solve)
    sets = merge_cover(np.eye(5, dtype=bool), np.array([5.0, 4.0, 3.0, 2.0, 1.0]))
    search = Branching(sets, np.array([0.0, 1.0]), 2.5, sure=np.zeros(5, bool), chosen=np.arange(5))
    search.follow(math.inf)
    assert (search.chosen.tolist(), search.value) == ([0, 1, 2], 4.5)
    assert len(solved) == 1
    every = 0
    for seed in SEEDS:
        asked = ask(seed)
        search = Branching(asked.sets, asked.worth, 3.0, sure=np.arange(SITES) == 2,
                           chosen=np.array([2]))  # fmt: skip
        del solved[:]
        search.follow(math.inf)
        every += len(solved)
    assert every < 6 * 20  # of 128 choices each


@pytest.mark.parametrize("seed", range(8))
def test_branches_prove_what_the_relaxation_takes_in_halves(seed, merge_cover):
    """Demand between every two of some sites: half of each is a cover of all."""
    random = np.random.default_rng(seed)
    pairs = list(combinations(range(7), 2))
    cover = np.array([[site in pair for pair in pairs] for site in range(7)])
    weights = random.integers(4, 8, len(pairs)) + random.random(len(pairs))
    worth, price = np.array([(0.0, 1.0), (0.0, 0.7, 1.0)][seed % 2]), 3.0 * weights.mean()
    sure = np.arange(7) == (2 if seed % 3 else -1)
    values = {
        one: float(weights @ worth[np.minimum(cover[list(one)].sum(axis=0), len(worth) - 1)])
        - price * len(one)
        for size in range(8)
        for one in combinations(range(7), size)
        if set(np.flatnonzero(sure)) <= set(one)
    }
    best = max(values.values())
    search = Branching(
        merge_cover(cover, weights), worth, price, sure=sure, chosen=np.flatnonzero(sure)
    )
    search.follow(math.inf)
    assert search.value == pytest.approx(best)
    assert values[tuple(search.chosen.tolist())] == pytest.approx(best)
    assert best - 1e-9 <= search.bound <= best + 1e-7
