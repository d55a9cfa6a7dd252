"""What regions and their branches prove, against enumeration of every choice."""

import math
import time
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import Rules
from boxreach.location import search as search_room
from boxreach.location.branching import Branching
from boxreach.location.cover import covered_weight, pose
from boxreach.location.cover_sets import merge_demand
from boxreach.location.dual import add_up
from boxreach.location.picks import Picks
from boxreach.location.regions import Regions, find_regions, fit
from boxreach.location.search import Search
from boxreach.location.simplex import Corner, Simplex

WORTHS = [(0.0, 1.0), (0.0, 0.6, 1.0), (0.0, 0.5, 0.8, 0.9)]
SITES, DEMAND, CHOSEN = 9, 24, 4


def draw_towns(random, sites=SITES, demand=DEMAND):
    """Sites in towns of three, each town its own region, and some barred and sure."""
    town, where = np.arange(sites) // 3, random.random((sites, demand)) < 0.5
    cover = where & (town[:, None] == random.integers(0, sites // 3, demand))
    weights = np.round(random.random(demand) * random.choice([1, 40], demand), 1) + 0.1
    barred, sure = random.random(sites) < 0.1, random.random(sites) < 0.1
    return cover, weights, barred & ~sure, sure


def merge(cover, weights):
    matrix = csr_array(cover.astype(float))
    return merge_demand(
        matrix.indptr, matrix.indices, weights, kept=np.ones(len(cover), dtype=bool)
    )


def pick(count, barred, sure):
    group, none = np.zeros(len(barred), dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Picks(count, group, none, none + len(barred), sure, barred)


def worth_of(cover, weights, worth, chosen):
    counts = np.minimum(cover[list(chosen)].sum(axis=0, dtype=int), len(worth) - 1)
    return math.fsum(weights * np.asarray(worth)[counts])


def list_plans(cover, weights, worth, count, barred, sure):
    """Return every plan of so many sites, and what it covers."""
    open_sites = np.flatnonzero(~barred & ~sure)
    fixed = tuple(np.flatnonzero(sure).tolist())
    plans = [
        tuple(sorted((*fixed, *more)))
        for more in combinations(open_sites.tolist(), max(0, count - len(fixed)))
    ]
    return {plan: worth_of(cover, weights, worth, plan) for plan in plans if len(plan) == count}


def find_cases(seed, count):
    """Yield towns, the plans there, and a price for each site, of all sorts."""
    random = np.random.default_rng(seed)
    while count:
        cover, weights, barred, sure = draw_towns(random)
        worth = WORTHS[count % len(WORTHS)]
        plans = list_plans(cover, weights, worth, CHOSEN, barred, sure)
        if plans:
            price = float(random.choice([0.0, 1.0, 7.5, 20.0, 100.0 * random.random()]))
            yield random, cover, weights, np.array(worth), barred, sure, plans, price
            count -= 1


def break_after(monkeypatch, times):
    """Let the solver find nothing after so many times, as if time had ended."""
    whole, left = Simplex.solve, [times]

    def solve(self, *limits, **options):
        left[0] -= 1
        return whole(self, *limits, **options) if left[0] >= 0 else None

    monkeypatch.setattr(Simplex, "solve", solve)


@pytest.mark.slow
def test_branches_find_the_best_choice_at_a_price_and_prove_it():
    """Of every number of sites, with those that are sure."""
    for random, cover, weights, worth, _, sure, _, price in find_cases(0, 40):
        cover[random.random(cover.shape) < 0.2] = True
        every = [
            chosen
            for size in range(SITES + 1)
            for chosen in combinations(range(SITES), size)
            if set(np.flatnonzero(sure)) <= set(chosen)
        ]
        best = max(worth_of(cover, weights, worth, one) - price * len(one) for one in every)
        search = Branching(
            merge(cover, weights), worth, price, sure=sure, chosen=np.flatnonzero(sure)
        )
        assert search.bound >= best
        search.follow(math.inf)
        assert search.value == pytest.approx(best, abs=1e-9)
        mine = search.chosen
        assert worth_of(cover, weights, worth, mine) - price * len(mine) == pytest.approx(best)
        assert best <= search.bound <= best + 1e-6
        assert set(np.flatnonzero(sure)) <= set(mine.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("times", [0, 1, 2, 3, 5, 8, 1_000])
def test_a_bound_of_regions_holds_whenever_the_time_ends(monkeypatch, times):
    """Never below the best plan, and in the end never above what prices of demand prove."""
    break_after(monkeypatch, times)
    for random, cover, weights, worth, barred, sure, plans, price in find_cases(times, 25):
        sets, best = merge(cover, weights), max(plans.values())
        start = np.array(next(iter(plans)))
        regions = Regions(sets, worth, pick(CHOSEN, barred, sure), price, start)
        before = regions.bound
        regions.follow(math.inf)
        assert best <= regions.bound <= before
        plan = regions.plan()
        assert plans[tuple(plan.tolist())] <= best
        if times < 1_000:
            continue
        prices = sets.weights * worth[1] * random.random(len(sets.weights))
        shares = np.outer(sets.weights, worth) - np.outer(prices, np.arange(len(worth)))
        margins = add_up(sets, prices) - price
        earned = np.where(sure, margins, np.where(barred, 0.0, np.maximum(margins, 0.0)))
        lagrangian = price * CHOSEN + shares.max(axis=1).sum() + earned.sum()
        assert regions.bound <= lagrangian * (1 + 1e-9)


@pytest.mark.slow
def test_a_bound_holds_whatever_the_solver_says(monkeypatch):
    """Prices out of the air, and values that are none, prove no less than is true."""
    random = np.random.default_rng(3)
    whole = Simplex.solve

    def solve(self, low, high, **options):
        corner = whole(self, low, high, **options)
        prices = corner.row_prices + random.normal(size=len(corner.row_prices)) * 5
        values = np.clip(random.random(len(corner.values)) * 1.5 - 0.2, 0, 1)
        values[: len(low)] = np.clip(values[: len(low)], low, high)
        return Corner(values, prices, corner.basis)

    monkeypatch.setattr(Simplex, "solve", solve)
    for _, cover, weights, worth, barred, sure, plans, price in find_cases(4, 40):
        start = np.array(next(iter(plans)))
        regions = Regions(merge(cover, weights), worth, pick(CHOSEN, barred, sure), price, start)
        regions.follow(math.inf)
        assert regions.bound >= max(plans.values())


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 4, 1_000])
def test_no_better_plan_has_a_site_ruled_out_or_lacks_one_that_is_sure(monkeypatch, times):
    """Each plan that covers more than another is listed, and none is lost."""
    break_after(monkeypatch, times)
    told = 0
    for random, cover, weights, worth, barred, sure, plans, price in find_cases(5, 45):
        start = np.array(next(iter(plans)))
        regions = Regions(merge(cover, weights), worth, pick(CHOSEN, barred, sure), price, start)
        regions.follow(math.inf)
        values = np.array(sorted(plans.values()))
        for least in (values[-1], random.choice(values), values[-1] * 0.95):
            out, into = regions.turned_over(float(least))
            told += int(out.sum() + into.sum())
            for plan in (plan for plan, value in plans.items() if value > least * (1 + 1e-9)):
                assert not out[list(plan)].any()
                assert set(np.flatnonzero(into)) <= set(plan)
    assert told > 30


def test_regions_share_no_demand_and_cannot_be_parted_further():
    """Sites are neighbours if some demand is covered by both."""
    random = np.random.default_rng(6)
    for _ in range(50):
        cover, weights, barred, _ = draw_towns(random, 12, 20)
        parts = find_regions(merge(cover, weights), ~barred)
        together = np.sort(np.concatenate(parts))
        assert together.tolist() == np.flatnonzero(~barred).tolist()
        for part in parts:
            rest = np.setdiff1d(together, part)
            assert not (cover[part].any(axis=0) & cover[rest].any(axis=0)).any()
            for size in range(1, len(part)):
                for few in combinations(part.tolist(), size):
                    others = np.setdiff1d(part, few)
                    assert (cover[list(few)].any(axis=0) & cover[others].any(axis=0)).any()


def test_a_site_that_covers_nothing_and_is_sure_takes_its_place_in_the_plan():
    """One is left to choose beside it, and the bound knows."""
    cover, weights = np.eye(3, 2, dtype=bool), np.array([5.0, 3.0])
    sure = np.array([False, False, True])
    regions = Regions(
        merge(cover, weights), np.array([0.0, 1.0]), pick(2, sure & False, sure), 4.0, np.array([2])
    )
    regions.follow(math.inf)
    assert regions.plan().tolist() == [0, 2]
    assert regions.bound == pytest.approx(5.0)


def test_a_choice_is_fitted_to_the_number_of_sites():
    """None barred is added, none sure is dropped, and one more or fewer is the best one."""
    for random, cover, weights, worth, barred, sure, plans, _ in find_cases(7, 60):
        free = np.flatnonzero(~barred & ~sure)
        few = random.choice(free, min(len(free), int(random.integers(0, 7))), replace=False)
        begun = np.sort(np.concatenate([np.flatnonzero(sure), few]))
        plan = fit(merge(cover, weights), worth, pick(CHOSEN, barred, sure), begun)
        value = plans[tuple(plan.tolist())]
        near = [v for one, v in plans.items() if len(set(one) ^ set(begun)) == 1]
        assert value == pytest.approx(max(near)) if near else value > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seconds", "worth"),
    [
        (20.0, WORTHS[0]), (0.05, WORTHS[1]), (20.0, WORTHS[2]),
        *(pytest.param(*one, marks=pytest.mark.release)
          for one in ((0.05, WORTHS[0]), (20.0, WORTHS[1]), (0.05, WORTHS[2]))),
    ],
)  # fmt: skip
def test_a_search_through_regions_equals_enumeration(monkeypatch, worth, seconds):
    """Under rules that fix and forbid sites, and never a bound below the best plan."""
    monkeypatch.setattr(search_room, "_EASY", 0)
    monkeypatch.setattr(search_room, "_FOR_SOLVER", 0)
    random, proven = np.random.default_rng(8), 0
    for _ in range(25):
        cover, weights, barred, sure = draw_towns(random, 12, 60)
        plans = list_plans(cover, weights, worth, 4, barred, sure)
        if not plans:
            continue
        matrix, best = csr_array(cover.astype(float)), max(plans.values())
        rules = Rules(fixed=np.flatnonzero(sure), forbidden=np.flatnonzero(barred))
        problem = pose(matrix, weights, np.array(worth), sites=4, later_sites=0, rules=rules)
        found = Search(problem, deadline=time.monotonic() + seconds, small=0).run()
        value = covered_weight(matrix, weights, found.chosen, worth)
        assert rules.broken(found.chosen, matrix) == []
        assert value <= best * (1 + 1e-9)
        assert found.bound >= best * (1 - 1e-12)
        proven += found.bound <= value * (1 + 1e-9)
        assert value >= best * (1 - 1e-9) or found.bound > value * (1 + 1e-9)
    assert proven > 10 or seconds < 1


@pytest.mark.slow
def test_regions_prove_what_prices_of_demand_alone_do_not(monkeypatch):
    """A land of towns: the solver is kept out, and regions meet the plan all the same."""
    monkeypatch.setattr(search_room, "_EASY", 0)
    monkeypatch.setattr(search_room, "_FOR_SOLVER", 0)
    monkeypatch.setattr(Search, "_solve_core", lambda *_: None)
    random = np.random.default_rng(2)
    where, whom = random.random((300, 2)) * 100, random.random((3_000, 2)) * 100
    far = ((where[:, None] - whom) ** 2).sum(axis=2) ** 0.5
    matrix = csr_array((far < 9).astype(float))
    weights = np.ceil(random.pareto(1.3, 3_000) * 40 + 1)
    problem = pose(matrix, weights, np.array([0.0, 1.0]), sites=30, later_sites=0, rules=Rules())

    def search():
        return Search(problem, deadline=time.monotonic() + 60, small=0)

    told = [search().run() for _ in range(2)]
    value = covered_weight(matrix, weights, told[0].chosen)
    assert told[0].bound == told[1].bound
    assert told[0].chosen.tolist() == told[1].chosen.tolist()
    assert value <= told[0].bound < value + 1
    monkeypatch.setattr(Search, "_close_regions", lambda *_: None)
    alone = Search(problem, deadline=time.monotonic() + 3, small=0).run()
    assert alone.bound > value + 50
