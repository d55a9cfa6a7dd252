"""What the searches hold true on the way, on every path a large question may take."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules
from boxreach.location import search as search_room
from boxreach.location.cover import pose
from boxreach.location.dual import Dual
from boxreach.location.proof import keeps
from boxreach.location.search import Search
from boxreach.location.swaps import read_plan

SITES, CHOSEN, TURNS = 9, 3, 20
WORTHS = [(0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.6, 0.9)]


class Watched(Search):
    """A search that is held against every plan at each of its turns."""

    def __init__(self, problem, plans, **options):
        self.plans, self.turns = plans, 0
        super().__init__(problem, deadline=1e12, **options)
        self.best = max(plans.values(), default=-math.inf)

    def check(self):
        assert self.bound >= self.best * (1 - 1e-9)
        for plan, value in self.plans.items():
            if value > self.value * (1 + 1e-9):
                flags = np.isin(np.arange(SITES), plan)
                assert not (flags & self.barred).any()
                assert flags[self.sure].all()

    def _rule_out(self, dual):
        told = super()._rule_out(dual)
        self.check()
        left = int(np.diff(self.sets.start)[~self.barred].sum())
        assert told == (left < 0.8 * self.sets.pairs)
        assert self.picks.barred is self.barred
        assert self.picks.fixed is self.sure
        return told

    def _close_regions(self, dual):
        super()._close_regions(dual)
        self.check()

    def _note(self, dual):
        before = self.bound
        super()._note(dual)
        assert self.bound <= before
        assert self.prices is dual.best.prices
        self.check()

    def _merge_again(self, prices):
        before = self.sets
        told = super()._merge_again(prices)
        dense, old = self.sets.as_matrix().toarray() > 0, before.as_matrix().toarray() > 0
        assert not dense[self.barred].any()
        for one, place in enumerate(self.sets.merged):
            if place >= 0:
                assert (dense[:, place] == old[:, one] & ~self.barred).all()
        assert told.sum() == pytest.approx(prices[self.sets.merged >= 0].sum())
        assert self.listed.all()
        return told

    def _improve(self, rounds):
        before, self.turns = self.value, self.turns + 1
        if self.turns == TURNS:  # where it would go on until the time ends, it ends now
            self.deadline = 0.0
        board = super()._improve(rounds)
        assert self.value >= before * (1 - 1e-9)
        plan = tuple(self.chosen.tolist())
        assert plan in self.plans or self.problem.later_sites
        assert self.value == pytest.approx(self.plans.get(plan, self.value))
        assert self.board is None or read_plan(self.board).tolist() == self.chosen.tolist()
        return board


PATHS = {
    "at once": ({}, {}),
    "turns": ({"small": 0}, {}),
    "lists": ({"small": 0, "big": 0}, {}),
    "alone": ({"small": 0, "solver": False}, {}),
    "alone on lists": ({"small": 0, "big": 0, "solver": False}, {}),
    "walks": ({"small": 0}, {"_EASY": 0}),
    "core": ({"small": 5}, {"_EASY": 0, "_FOR_RELAXATION": 0}),
    "too many": ({"small": 0}, {"_EASY": 0, "_FOR_SOLVER": 0}),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["free", "groups", "all"])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("seed", range(3))
def test_every_path_of_a_search_leads_to_the_best_plan_and_rules_out_no_better_one(
    seed, path, kind, draw_road_cover, draw_rules_of_kind, list_plans, monkeypatch
):
    """The solver proves it; without it the plan is as good here, and the bound is near."""
    options, constants = PATHS[path]
    for name, value in constants.items():
        monkeypatch.setattr(search_room, name, value)
    monkeypatch.setattr(search_room, "_ROUNDS", 20)
    random = np.random.default_rng(seed + 800)
    cover, weights = draw_road_cover(random)
    rules, worth = draw_rules_of_kind(random, kind), WORTHS[seed]
    plans = list_plans(cover, weights, worth, rules, CHOSEN)
    problem = pose(csr_array(cover.astype(float)), weights, np.array(worth),
                   sites=CHOSEN, later_sites=0, rules=rules)  # fmt: skip
    heard = []
    search = Watched(
        problem, plans, seed=seed, progress=lambda *told: heard.append(told), **options
    )
    found = search.run()
    if not plans:
        assert found.infeasible
        return
    best = max(plans.values())
    assert plans[tuple(found.chosen.tolist())] == pytest.approx(best)
    assert found.bound >= best * (1 - 1e-9)
    solved = search.solver and path != "too many"
    assert found.bound <= best * (1 + 1e-9 if solved else 1.35)
    assert all(value <= bound * (1 + 1e-9) for value, bound in heard)
    assert all(one[1] >= other[1] for one, other in pairwise(heard))


@pytest.mark.parametrize("path", ["at once", "turns", "lists"])
@pytest.mark.parametrize("kind", ["groups", "all"])
def test_a_search_with_sites_that_follow_leaves_a_way_to_keep_the_rules(
    kind, path, draw_road_cover, draw_rules_of_kind, list_plans, monkeypatch
):
    monkeypatch.setattr(search_room, "_ROUNDS", 20)
    for seed in range(3):
        random = np.random.default_rng(seed + 830)
        cover, weights = draw_road_cover(random)
        rules = draw_rules_of_kind(random, kind)
        plans = list_plans(cover, weights, (0, 1), rules, 2, 1)
        problem = pose(csr_array(cover.astype(float)), weights, np.array([0.0, 1.0]),
                       sites=2, later_sites=1, rules=rules)  # fmt: skip
        search = Watched(problem, plans, seed=seed, **PATHS[path][0])
        found = search.run()
        if not plans:
            assert found.infeasible
            continue
        assert plans[tuple(found.chosen.tolist())] == pytest.approx(max(plans.values()))
        whole = np.zeros(SITES)
        whole[found.chosen] = whole[search.later] = 1.0
        assert whole.sum() == 3
        assert keeps(problem.rows, whole)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["turns", "alone", "lists"])
def test_a_search_of_any_number_within_a_budget_leads_to_the_best_plan(
    path, draw_road_cover, list_plans, monkeypatch
):
    monkeypatch.setattr(search_room, "_ROUNDS", 20)
    for seed in range(4):
        random = np.random.default_rng(seed + 860)
        cover, weights = draw_road_cover(random)
        rules = Rules(costs=random.integers(1, 5, SITES).astype(float), budget=6.0)
        plans = list_plans(cover, weights, (0, 1), rules, None)
        problem = pose(csr_array(cover.astype(float)), weights, np.array([0.0, 1.0]),
                       sites=None, later_sites=0, rules=rules)  # fmt: skip
        found = Watched(problem, plans, seed=seed, **PATHS[path][0]).run()
        best = max(plans.values())
        assert plans[tuple(found.chosen.tolist())] == pytest.approx(best)
        assert best * (1 - 1e-9) <= found.bound <= best * (1.2 if path == "alone" else 1 + 1e-9)


def towns(seed):
    """Towns that share no demand, too many pairs to be called easy."""
    random = np.random.default_rng(seed + 900)
    town = np.arange(SITES) // 3
    cover = (random.random((SITES, 30)) < 0.5) & (town[:, None] == random.integers(0, 3, 30))
    return cover, random.integers(1, 9, 30) + 0.5


def relax(sets, worth):
    """Return what the linear relaxation comes to, by a linear program."""
    cover = sets.as_matrix().toarray().T
    demand, steps = len(sets.weights), np.diff(worth)
    whole = np.append(np.ones(SITES), np.zeros(demand * len(steps)))
    found = linprog(
        -np.concatenate([np.zeros(SITES), *[step * sets.weights for step in steps]]),
        A_ub=np.hstack([-cover, *[np.eye(demand)] * len(steps)]), b_ub=np.zeros(demand),
        A_eq=whole[None], b_eq=[CHOSEN], bounds=(0, 1),
    )  # fmt: skip
    assert found.status == 0
    return -found.fun


@pytest.mark.parametrize("worth", [(0.0, 1.0), (0.0, 0.6, 1.0)])
@pytest.mark.parametrize("seed", range(4))
def test_the_relaxation_is_priced_as_low_as_it_is_and_regions_go_below(seed, worth, list_plans):
    """Few steps were made before; both find plans too, and rule out no better one."""
    cover, weights = towns(seed)
    plans = list_plans(cover, weights, worth, Rules(), CHOSEN)
    problem = pose(csr_array(cover.astype(float)), weights, np.array(worth),
                   sites=CHOSEN, later_sites=0, rules=Rules())  # fmt: skip
    search, best = Watched(problem, plans), max(plans.values())
    assert not search._can_relax()
    search._start_greedily()
    started = search.value
    shares = problem.sets.weights * worth[1]
    dual = Dual(search.sets, search.problem.worth, search.picks, search.rest, shares, np.empty(0))
    dual.descend(search.value, 2, math.inf)
    search._note(dual)
    wide = search.bound
    search._relax(dual)
    value = relax(problem.sets, worth)
    assert value * (1 - 1e-9) <= search.bound <= value * (1 + 1e-4)
    assert search.bound <= wide
    assert started <= search.value <= best * (1 + 1e-12)
    search._close_regions(dual)
    assert best * (1 - 1e-9) <= search.bound <= value * (1 + 1e-4)
    assert search.value == pytest.approx(best)
    search.bound = math.inf
    search._solve_core(dual)
    search._prove()
    assert search.bound == pytest.approx(best)
    assert search.proven


@pytest.mark.parametrize(
    ("changed", "can"),
    [
        ({}, True),
        ({"solver": False}, False),
        ({"rules": Rules(limits=(GroupLimit(np.arange(SITES) < 4, 0, 3),) * 2)}, False),
        ({"worth": (0.0, 0.0, 1.0)}, False),
        ({"later_sites": 1}, False),
        ({"deadline": 0.0}, False),
        ({"_EASY": 10**6}, False),
        ({"_FOR_RELAXATION": 10}, False),
        ({"_PAIRS_A_SECOND": 1e-12}, False),
    ],
)
def test_the_relaxation_is_priced_where_it_is_worth_its_time(changed, can, monkeypatch):
    monkeypatch.setattr(search_room, "_EASY", 0)
    cover, weights = towns(0)
    for name in [name for name in changed if name.startswith("_")]:
        monkeypatch.setattr(search_room, name, changed[name])
    problem = pose(csr_array(cover.astype(float)), weights,
                   np.array(changed.get("worth", (0.0, 1.0))), sites=CHOSEN,
                   later_sites=changed.get("later_sites", 0),
                   rules=changed.get("rules", Rules()))  # fmt: skip
    deadline = changed.get("deadline", 1e12)
    search = Search(problem, deadline=deadline, solver=changed.get("solver", True))
    assert search._can_relax() is can


def test_a_search_stops_when_time_ends_and_says_what_it_has(
    draw_road_cover, list_plans, monkeypatch
):
    random = np.random.default_rng(1)
    cover, weights = draw_road_cover(random)
    plans = list_plans(cover, weights, (0, 1), Rules(), CHOSEN)
    problem = pose(csr_array(cover.astype(float)), weights, np.array([0.0, 1.0]),
                   sites=CHOSEN, later_sites=0, rules=Rules())  # fmt: skip
    for options, _ in PATHS.values():
        search = Watched(problem, plans, **options)
        search.deadline = 0.0
        assert search.left < 0
        found = search.run()
        assert found.chosen.tolist() == search.chosen.tolist()
        assert (
            plans[tuple(found.chosen.tolist())] <= max(plans.values()) <= found.bound * (1 + 1e-9)
        )


@pytest.mark.parametrize("seed", range(6))
def test_sites_that_no_plan_needs_are_barred_and_none_that_a_rule_speaks_of(seed, draw_road_cover):
    random = np.random.default_rng(seed + 950)
    cover, weights = draw_road_cover(random)
    matrix = csr_array(cover.astype(float))
    for sites, rules in (
        (2, Rules()),
        (8, Rules()),
        (2, Rules(limits=(GroupLimit(np.arange(SITES) >= 7, 0, 2),), fixed=np.array([0]))),
        (None, Rules(costs=np.arange(SITES) % 3 + 1.0, budget=3.0)),
        (2, Rules(costs=np.arange(SITES) % 3 + 1.0, budget=3.0)),
    ):
        problem = pose(
            matrix, weights, np.array([0.0, 1.0]), sites=sites, later_sites=0, rules=rules
        )
        search = Search(problem, deadline=math.inf)
        before = search.barred
        search._drop_dominated()
        barred = search.barred & ~before
        dense, price = problem.sets.as_matrix().toarray() > 0, np.ones(SITES)
        price = price if problem.costs is None else problem.costs
        ruled = np.isin(np.arange(SITES), rules.fixed)
        ruled |= sites is not None and rules.budget is not None
        for limit in rules.limits:
            ruled |= limit.members
        assert not (barred & ruled).any()
        needless = np.zeros(SITES, dtype=bool)
        for one in np.flatnonzero(~ruled):
            needless[one] = any(
                one != other and not ruled[other]
                and (dense[one] <= dense[other]).all() and price[other] <= price[one]
                and ((dense[one] < dense[other]).any() or price[other] < price[one] or other < one)
                and dense[one].any() == dense[other].any()
                for other in range(SITES)
            )  # fmt: skip
        enough = sites is None or (~ruled & ~needless).sum() >= sites
        assert barred.tolist() == (needless if enough else np.zeros(SITES, bool)).tolist()
        assert search.picks.barred.tolist() == search.barred.tolist()
    for worth, later in (((0.0, 0.5, 1.0), 0), ((0.0, 1.0), 1)):
        problem = pose(matrix, weights, np.array(worth), sites=2, later_sites=later, rules=Rules())
        search = Search(problem, deadline=math.inf)
        search._drop_dominated()
        assert not search.barred.any()


def test_a_solver_that_finds_nothing_leaves_the_plan_as_it_is():
    cover, weights = towns(0)
    problem = pose(csr_array(cover.astype(float)), weights, np.array([0.0, 1.0]),
                   sites=CHOSEN, later_sites=0, rules=Rules())  # fmt: skip
    search = Search(problem, deadline=1e12)
    search._start_greedily()
    before = search.chosen.tolist(), search.value
    barred = np.arange(SITES) >= 2
    answer = search._ask_solver(barred, np.zeros_like(barred), 10.0)
    assert (answer.values, answer.status) == (None, "infeasible")
    assert (search.chosen.tolist(), search.value) == before


def test_a_relaxation_that_comes_to_nothing_leaves_plan_and_bound_as_they_are(monkeypatch):
    monkeypatch.setattr(search_room, "relax_program", lambda *_, **__: None)
    cover, weights = towns(0)
    problem = pose(csr_array(cover.astype(float)), weights, np.array([0.0, 1.0]),
                   sites=CHOSEN, later_sites=0, rules=Rules())  # fmt: skip
    search = Search(problem, deadline=1e12)
    search._start_greedily()
    before = search.chosen.tolist(), search.value, search.bound
    shares = problem.sets.weights
    search._relax(Dual(search.sets, problem.worth, search.picks, search.rest, shares, np.empty(0)))
    assert (search.chosen.tolist(), search.value, search.bound) == before


def test_a_worse_plan_of_the_solver_is_not_taken():
    cover, weights = towns(0)
    problem = pose(csr_array(cover.astype(float)), weights, np.array([0.0, 1.0]),
                   sites=CHOSEN, later_sites=0, rules=Rules())  # fmt: skip
    search = Search(problem, deadline=1e12)
    search._start_greedily()
    search._prove()
    best = search.chosen.tolist(), search.value
    barred = np.isin(np.arange(SITES), best[0][:2])
    answer = search._ask_solver(barred, np.zeros_like(barred), 10.0)
    assert answer.bound < best[1]
    assert (search.chosen.tolist(), search.value) == best
