"""What the location models answer in full, of small questions that are told by hand or counted."""

import math
import time
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError
from boxreach.location import (
    CoverCase,
    GroupLimit,
    Rules,
    backup_cover,
    capacitated_cover,
    capacity,
    covering_search,
    expected_cover,
    max_cover,
    p_center,
    p_median,
    robust_cover,
    set_cover,
)

SITES, SEEDS = 6, range(10)


class Drawn:
    """Sites, demand and costs with ties and twins, and every choice of sites."""

    def __init__(self, seed, *, halves=False):
        random = self.random = np.random.default_rng(seed + 700)
        self.possible = random.random((SITES, 8)) < 0.55
        if halves:  # demand between every two sites: half of each site covers all
            pairs = combinations(range(SITES), 2)
            self.possible = np.array([np.isin(np.arange(SITES), pair) for pair in pairs]).T
        self.minutes = random.integers(0, 6, self.possible.shape).astype(float)
        if not halves:
            self.possible[-1], self.minutes[-1] = self.possible[1], self.minutes[1]
        self.weights = random.integers(halves, 5, self.minutes.shape[1]) * random.choice([1.0, 0.1])
        bits = (np.arange(2**SITES)[:, None] >> np.arange(SITES)) & 1
        self.choices = bits.astype(bool)
        self.counts = bits @ self.possible.astype(int)
        self.nearest = np.where(
            self.choices[:, :, None], np.where(self.possible, self.minutes, np.inf), np.inf
        ).min(axis=1)
        rows, columns = np.nonzero(self.possible)
        starts = np.append(0, np.cumsum(self.possible.sum(axis=1)))
        values = self.minutes[rows, columns]
        self.matrix = csr_array((values, columns, starts), shape=self.possible.shape)

    def draw_rules(self, *, budget=False):
        random, given = self.random, {}
        if random.random() < 0.5:
            least = int(random.integers(0, 2))
            given["limits"] = (GroupLimit(random.random(SITES) < 0.5, least, least + 1),)
        for name, below in (("fixed", SITES), ("forbidden", SITES), ("must_cover", 8)):
            if random.random() < 0.25:
                given[name] = random.integers(0, below, 1)
        if random.random() < 0.3:
            given["apart"] = random.choice(SITES, 2, replace=False)[None, :]
        if budget or random.random() < 0.4:
            given["costs"] = random.integers(1, 5, SITES) * random.choice([1.0, 0.3])
            given["budget"] = float(random.integers(3, 9))
        return Rules(**given)

    def keeping(self, rules, sites, possible=None):
        kept = np.ones(len(self.choices), dtype=bool)
        for limit in rules.limits:
            have = self.choices[:, limit.members].sum(axis=1)
            kept &= (have >= limit.at_least) & (have <= limit.at_most)
        kept &= self.choices[:, rules.fixed].all(axis=1)
        kept &= ~self.choices[:, rules.forbidden].any(axis=1)
        near = self.possible if possible is None else possible
        for one in rules.must_cover:
            kept &= self.choices[:, near[:, one]].any(axis=1)
        kept &= ~self.choices[:, rules.apart].all(axis=2).any(axis=1)
        if rules.budget is not None:
            kept &= self.choices @ rules.costs <= rules.budget * (1 + 1e-12)
        return kept if sites is None else kept & (self.choices.sum(axis=1) == sites)

    def check(self, found, values, kept, sense, seed=0):
        """The status says what is so, of the choice itself, and all else follows from it."""
        assert found.sense == sense
        assert found.seed == seed
        assert 0 < found.seconds < 60
        if not kept.any():
            assert (found.status, found.sites.tolist()) == ("infeasible", [])
            assert found.objective == found.bound == (0 if sense == "max" else math.inf)
            assert found.gap == 0
            return
        best = values[kept].max() if sense == "max" else values[kept].min()
        chosen = int((1 << found.sites).sum())
        assert found.status == "optimal"
        assert found.sites.dtype == np.int64
        assert kept[chosen]
        assert found.objective == pytest.approx(values[chosen], rel=1e-12, abs=1e-12)
        assert found.objective == pytest.approx(best, rel=1e-8, abs=1e-12)
        assert found.bound == found.objective


@pytest.mark.parametrize("seed", SEEDS)
def test_covers_are_the_best_of_all_choices_however_often_demand_asks_for_sites(seed):
    drawn = Drawn(seed)
    rules = drawn.draw_rules()
    sites = int(drawn.random.integers(1, 5))
    kept, given = drawn.keeping(rules, sites), (drawn.matrix, drawn.weights)
    options = {"sites": sites, "rules": rules, "seed": seed}
    covered = (drawn.counts > 0) @ drawn.weights
    drawn.check(max_cover(*given, **options), covered, kept, "max", seed)
    for boxes in (1, 2, 3):
        covered = (drawn.counts >= boxes) @ drawn.weights
        found = backup_cover(*given, boxes=boxes, **options)
        drawn.check(found, covered, kept, "max", seed)
    twice = backup_cover(*given, **options)
    drawn.check(twice, (drawn.counts >= 2) @ drawn.weights, kept, "max", seed)
    for vehicles in (1, 2):
        expected = (1 - 0.4 ** (vehicles * drawn.counts)) @ drawn.weights
        found = expected_cover(*given, busy=0.4, vehicles=vehicles, **options)
        drawn.check(found, expected, kept, "max", seed)
    usual = expected_cover(*given, busy=0.4, **options)
    drawn.check(usual, (1 - 0.16**drawn.counts) @ drawn.weights, kept, "max", seed)
    drawn.check(expected_cover(*given, busy=0, **options), (drawn.counts > 0) @ drawn.weights,
                kept, "max", seed)  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_a_budget_alone_may_decide_how_many_sites_there_are(seed):
    drawn = Drawn(seed)
    rules = drawn.draw_rules(budget=True)
    kept = drawn.keeping(rules, None)
    found = max_cover(drawn.matrix, drawn.weights, sites=None, rules=rules, seed=3)
    drawn.check(found, (drawn.counts > 0) @ drawn.weights, kept, "max", 3)
    capacities = drawn.random.integers(0, 6, SITES).astype(float)
    found = capacitated_cover(drawn.matrix, drawn.weights, capacities, sites=None, rules=rules)
    drawn.check(found, flows(drawn, capacities), kept, "max")


def flows(drawn, capacities):
    """The largest flow is the least cut: some sites at capacity, all that others reach in full."""
    held, reached = drawn.choices @ capacities, (drawn.counts > 0) @ drawn.weights
    inside = (drawn.choices[:, None, :] >= drawn.choices[None, :, :]).all(axis=2)
    cut = held[:, None] - np.where(np.isinf(held), np.nan, held)[None, :] + reached[None, :]
    return np.where(inside, cut, np.inf).min(axis=1)


@pytest.mark.parametrize("seed", range(20))
def test_capacities_are_kept_and_the_middle_of_the_weight_of_demand_is_assigned(seed):
    drawn = Drawn(seed)
    rules, sites = drawn.draw_rules(), int(drawn.random.integers(1, 5))
    capacities = drawn.random.integers(0, 8, SITES) * drawn.random.choice([1.0, 0.1])
    found = capacitated_cover(
        drawn.matrix, drawn.weights, capacities, sites=sites, rules=rules, seed=seed
    )
    kept = drawn.keeping(rules, sites)
    drawn.check(found, flows(drawn, capacities), kept, "max", seed)
    if found.status == "infeasible":
        assert found.assignment is None
        return
    served = found.assignment >= 0
    assert drawn.possible[found.assignment[served], np.flatnonzero(served)].all()
    assert set(found.assignment[served].tolist()) <= set(found.sites.tolist())
    assert not served[drawn.weights == 0].any()
    for site in found.sites.tolist():
        mine = drawn.weights[found.assignment == site]
        # Of each demand that it serves it serves a part at least.
        assert len(mine) == 0 or capacities[site] > 0
    whole = capacitated_cover(
        drawn.matrix, drawn.weights, np.full(SITES, np.inf), sites=sites, rules=rules
    )
    drawn.check(whole, (drawn.counts > 0) @ drawn.weights, kept, "max")
    reached = drawn.possible[whole.sites].any(axis=0) & (drawn.weights > 0)
    assert (whole.assignment >= 0).tolist() == reached.tolist()


def test_who_serves_demand_is_told_by_the_middle_of_its_weight():
    """Of alike demand the first is served first; what is served in part is so if half of it is."""
    cover = csr_array(np.ones((2, 3)))

    def ask(*capacities):
        found = capacitated_cover(cover, np.array([4.0, 2.0, 4.0]), np.array(capacities), sites=2)
        return found.objective, found.assignment.tolist()

    assert ask(10.0, 0.0) == (10.0, [0, 0, 0])
    assert ask(7.0, 0.0) == (7.0, [0, 0, -1])
    assert ask(9.0, 0.0) == (9.0, [0, 0, 0])
    assert ask(5.0, 0.0) == (5.0, [0, 0, -1])
    assert ask(4.5, 0.0) == (4.5, [0, -1, -1])
    assert ask(0.0, 6.0) == (6.0, [1, 1, -1])
    assert ask(5.5, 4.5)[0] == 10.0


@pytest.mark.parametrize("seed", range(20))
def test_covers_of_all_or_a_share_cost_least_of_all_choices(seed, monkeypatch):
    monkeypatch.setattr(covering_search, "_MOST_STEPS", 500)  # more is for larger questions
    drawn = Drawn(seed)
    rules = drawn.draw_rules()
    costs = np.ones(SITES) if rules.costs is None else rules.costs
    for boxes, share in ((1, 1.0), (2, 1.0), (1, 0.6), (2, 0.4)):
        enough = drawn.counts >= boxes
        for given in (None, drawn.weights):
            weights = np.ones(8) if given is None else given
            kept = drawn.keeping(rules, None)
            if share == 1:
                kept &= enough[:, weights > 0].all(axis=1)
            else:
                kept &= enough @ weights >= share * weights.sum() - 1e-9
            found = set_cover(drawn.matrix, given, share=share, boxes=boxes, rules=rules, seed=seed)
            drawn.check(found, drawn.choices @ costs, kept, "min", seed)
    free = set_cover(drawn.matrix, share=0.5)
    enough = (drawn.counts > 0).sum(axis=1) >= 4
    drawn.check(free, drawn.choices.sum(axis=1), enough, "min")


def check_assigned(found, drawn, near):
    some = np.where(near, drawn.minutes, np.inf)[found.sites]
    for one, site in enumerate(found.assignment.tolist()):
        least = some[:, one].min(initial=np.inf)
        first = [site for site, value in zip(found.sites, some[:, one], strict=True)
                 if value == least]  # fmt: skip
        assert site == (-1 if np.isinf(least) else first[0])


@pytest.mark.parametrize("seed", range(20))
def test_medians_and_centers_are_the_best_of_all_choices_and_say_who_serves_whom(seed):
    drawn = Drawn(seed)
    rules, sites = drawn.draw_rules(), int(drawn.random.integers(1, 5))
    asks = drawn.weights > 0
    for beyond in (None, 3.0, 0.0):
        limit = np.inf if beyond is None else beyond
        near = drawn.possible & (drawn.minutes <= limit)
        values = np.minimum(drawn.nearest, limit)[:, asks] @ drawn.weights[asks]
        kept = drawn.keeping(rules, sites, near) & np.isfinite(values)
        dense = np.where(drawn.possible, drawn.minutes, np.inf)
        cost = dense if seed % 2 else drawn.matrix
        found = p_median(cost, drawn.weights, sites=sites, beyond=beyond, rules=rules, seed=seed)
        drawn.check(found, values, kept, "min", seed)
        if found.status == "optimal":
            check_assigned(found, drawn, near)
    for given in (None, drawn.weights):
        counts = np.ones(8, dtype=bool) if given is None else asks
        values = drawn.nearest[:, counts].max(axis=1, initial=0.0)
        kept = drawn.keeping(rules, sites) & np.isfinite(values)
        found = p_center(drawn.matrix, sites=sites, weights=given, rules=rules, seed=seed)
        drawn.check(found, values, kept, "min", seed)
        if found.status == "optimal":
            check_assigned(found, drawn, drawn.possible)


@pytest.mark.parametrize("criterion", ["mean", "worst", "p40"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_for_several_cases_is_the_best_of_all_and_tells_what_each_case_comes_to(
    seed, criterion
):
    drawn = Drawn(seed)
    rules, sites = drawn.draw_rules(), int(drawn.random.integers(1, 4))
    ways = [drawn.possible & (drawn.random.random(drawn.possible.shape) < 0.7) for _ in "abcd"]
    odds = np.array([1.0, 2.0, 0.0, 1.0])
    cases = [CoverCase(csr_array(way.astype(float)), drawn.weights + at, odd)
             for at, (way, odd) in enumerate(zip(ways, odds, strict=True))]  # fmt: skip
    values = np.array([(drawn.choices.astype(int) @ way > 0) @ case.weights
                       for way, case in zip(ways, cases, strict=True)])  # fmt: skip
    likely = values[odds > 0]
    if criterion == "mean":
        came = odds[odds > 0] @ likely / 4
    elif criterion == "worst":
        came = likely.min(axis=0)
    else:
        order = np.argsort(likely, axis=0, kind="stable")
        up_to = np.cumsum((odds[odds > 0] / 4)[order], axis=0)
        at = (up_to > 0.4 + 1e-8).argmax(axis=0)
        came = np.take_along_axis(likely, order, axis=0)[at, np.arange(len(at))]
    kept = np.all([drawn.keeping(rules, sites, way) for way in ways], axis=0)
    found = robust_cover(cases, sites=sites, criterion=criterion, rules=rules, seed=seed)
    drawn.check(found, came, kept, "max", seed)
    if found.status == "infeasible":
        assert (len(found.values), len(found.most)) == (0, 0)
        return
    chosen = int((1 << found.sites).sum())
    assert found.values == pytest.approx(values[:, chosen])
    best = np.where(kept, values, -1).max(axis=1)
    assert (found.most >= best - 1e-9).all()
    assert found.most[2] == pytest.approx(cases[2].weights.sum())
    known = robust_cover(cases, sites=sites, criterion=criterion, rules=rules,
                         known=[found.sites], seed=seed)  # fmt: skip
    assert known.objective == pytest.approx(found.objective)


@pytest.mark.parametrize("seed", SEEDS)
def test_sites_that_follow_leave_a_way_to_keep_the_rules(seed):
    drawn = Drawn(seed)
    rules, sites = drawn.draw_rules(), int(drawn.random.integers(1, 4))
    later = int(drawn.random.integers(1, 3))
    ends = drawn.keeping(rules, sites + later)
    size = drawn.choices.sum(axis=1) == sites
    within = ~(drawn.choices[:, None] & ~drawn.choices[None, ends]).any(axis=2)
    kept = size & within.any(axis=1) & drawn.choices[:, rules.fixed].all(axis=1)
    found = max_cover(drawn.matrix, drawn.weights, sites=sites, later_sites=later, rules=rules)
    drawn.check(found, (drawn.counts > 0) @ drawn.weights, kept, "max")
    found = backup_cover(drawn.matrix, drawn.weights, sites=sites, later_sites=later, rules=rules)
    drawn.check(found, (drawn.counts > 1) @ drawn.weights, kept, "max")


ASK = {
    "max": lambda drawn, **how: max_cover(drawn.matrix, drawn.weights, sites=2, **how),
    "set": lambda drawn, **how: set_cover(drawn.matrix, drawn.weights, share=0.5, **how),
    "capacity": lambda drawn, **how: capacitated_cover(
        drawn.matrix, drawn.weights, np.full(SITES, 3.0), sites=2, **how
    ),
    "median": lambda drawn, **how: p_median(
        drawn.matrix, drawn.weights, sites=2, beyond=9.0, **how
    ),
    "robust": lambda drawn, **how: robust_cover(
        [CoverCase(drawn.matrix, drawn.weights)], sites=2, **how
    ),
}


@pytest.mark.parametrize("model", ASK)
def test_without_time_the_bound_holds_and_the_plan_keeps_the_rules(model):
    """No time is used: the answer comes at once, and says no more than is known."""
    for seed in SEEDS:
        drawn = Drawn(seed, halves=seed % 2 == 1)
        full = ASK[model](drawn)
        begun = time.process_time()
        try:
            found = ASK[model](drawn, seconds=0)
        except BoxreachError:
            continue
        assert time.process_time() - begun < 5
        low, high = sorted([found.objective, found.bound])
        assert low * (1 - 1e-9) <= full.objective <= high * (1 + 1e-9)
        assert len(found.sites) == 2 or model == "set"
        assert (found.status == "optimal") == (found.gap == 0)
        assert found.status == "feasible" or found.objective == pytest.approx(full.objective)


def test_a_share_of_no_weight_at_all_is_covered_by_what_the_rules_ask_for():
    rules = Rules(limits=(GroupLimit(np.array([0, 1, 1], bool), 1),), costs=np.array([1.0, 3, 2]),
                  budget=9.0)  # fmt: skip
    found = set_cover(csr_array(np.eye(3)), np.zeros(3), share=0.5, rules=rules)
    assert (found.status, found.objective, found.sites.tolist()) == ("optimal", 2.0, [2])


def test_a_first_plan_of_capacities_takes_what_can_serve_most_of_what_is_left():
    """Demand that few can serve is served first."""
    cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 1, 1]]))
    weights = np.array([3.0, 5.0, 4.5, 0.0])

    def take(capacities, sites, **rules):
        task = capacity._pose(cover, weights, np.array(capacities), sites, Rules(**rules))
        return capacity._take_greedily(task).tolist()

    assert take([6.0, 5.0, 4.5, 0.0], 1) == [0]
    # Of the second demand 2 are left, of the third all.
    assert take([6.0, 5.0, 4.5, 0.0], 2) == [0, 2]
    assert take([3.0, 5.0, 4.5, 2.9], 2) == [1, 2]
    # Its 3.2 go to the first demand, and 4.8 are left of the second.
    assert take([3.2, 5.0, 4.5, 0.0], 2, fixed=np.array([0])) == [0, 1]
    assert take([6.0, 5.0, 4.5, 9.5], 2) == [0, 3]
    assert take([6.0, 5.0, 4.5, 9.5], 2, forbidden=np.array([3])) == [0, 2]
    budget = {"costs": np.array([1.0, 1, 1, 1]), "budget": 3.0}
    assert take([6.0, 5.0, 4.5, 9.5], None, **budget) == [0, 3]


@pytest.mark.parametrize("seed", range(8))
def test_what_the_relaxation_takes_in_halves_is_solved_as_truly(seed, monkeypatch):
    """Prices leave a gap there, that only whole numbers close."""
    monkeypatch.setattr(covering_search, "_MOST_STEPS", 500)
    drawn = Drawn(seed, halves=True)
    rules = Rules(costs=drawn.random.integers(1, 5, SITES) * (1.0 if seed % 2 else 0.3))
    kept, size = drawn.keeping(rules, None), drawn.choices.sum(axis=1)
    for boxes, share in ((1, 1.0), (1, 0.7), (2, 0.3)):
        enough = (drawn.counts >= boxes) @ drawn.weights
        right = kept & (enough >= share * drawn.weights.sum() - 1e-9)
        found = set_cover(drawn.matrix, drawn.weights, share=share, boxes=boxes, rules=rules)
        drawn.check(found, drawn.choices @ rules.costs, right, "min")
    sites = 2 + seed % 3
    for beyond in (9.0, 3.0):
        values = np.minimum(drawn.nearest, beyond) @ drawn.weights
        found = p_median(drawn.matrix, drawn.weights, sites=sites, beyond=beyond)
        drawn.check(found, values, size == sites, "min")
    values = drawn.nearest.max(axis=1)
    for limits in ((), (GroupLimit(np.arange(SITES) < 3, 0, 2),)):
        bound = Rules(limits=limits)
        found = p_center(drawn.matrix, sites=5, rules=bound)
        drawn.check(found, values, drawn.keeping(bound, 5) & np.isfinite(values), "min")
    capacities = drawn.random.integers(2, 9, SITES) * 0.5
    found = capacitated_cover(drawn.matrix, drawn.weights, capacities, sites=sites)
    drawn.check(found, flows(drawn, capacities), size == sites, "max")
    found = max_cover(drawn.matrix, drawn.weights, sites=sites)
    drawn.check(found, (drawn.counts > 0) @ drawn.weights, size == sites, "max")
