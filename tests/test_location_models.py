"""What the location models beside maximal covering promise, against every choice there is."""

import re
import subprocess
import sys
from itertools import chain, combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array

from boxreach.errors import BoxreachError, InputError
from boxreach.location.capacity import capacitated_cover
from boxreach.location.center import p_center
from boxreach.location.cover import max_cover
from boxreach.location.covering import Covering
from boxreach.location.covering_bound import CoverPrices, price_covers
from boxreach.location.median import p_median
from boxreach.location.median_bound import raise_bound
from boxreach.location.median_pairs import pair_up
from boxreach.location.median_program import write_rest
from boxreach.location.models import (
    BackupCover,
    ExpectedCover,
    MaxCover,
    PCenter,
    PMedian,
    SetCover,
    Solution,
)
from boxreach.location.program import Program, solve_program
from boxreach.location.rules import GroupLimit, Rules
from boxreach.location.set_cover import set_cover
from boxreach.location.subsets import implied_demand, needless_sites

pytestmark = pytest.mark.slow

MANY = [pytest.param(60, id="60"), pytest.param(2000, id="2000", marks=pytest.mark.heavy)]


def as_matrix(possible, values):
    """Store the possible pairs, zeros too."""
    rows, columns = np.nonzero(possible)
    starts = np.append(0, np.cumsum(possible.sum(axis=1)))
    return csr_array((values[rows, columns].astype(float), columns, starts), shape=possible.shape)


def draw_rules(random, count, demand, *, budget):
    """Draw a few rules of every kind; most draws leave some choice."""
    rules = {}
    if random.random() < 0.4:
        limits = []
        for _ in range(random.integers(1, 3)):
            least = int(random.integers(0, 2))
            most = None if random.random() < 0.5 else int(random.integers(least, 3))
            limits.append(GroupLimit(random.random(count) < 0.5, least, most))
        rules["limits"] = tuple(limits)
    if random.random() < 0.2:
        rules["fixed"] = random.integers(0, count, 1)
    if random.random() < 0.2:
        rules["forbidden"] = random.integers(0, count, 1)
    if demand and random.random() < 0.2:
        rules["must_cover"] = random.integers(0, demand, 1)
    if count > 1 and random.random() < 0.3:
        rules["apart"] = np.array([random.choice(count, 2, replace=False)])
    if random.random() < 0.4:
        rules["costs"] = random.integers(0, 5, count).astype(float)
        if budget or random.random() < 0.5:
            rules["budget"] = float(random.integers(2, 12))
    if budget and "budget" not in rules:
        rules |= {"costs": np.ones(count), "budget": float(random.integers(0, 4))}
    return Rules(**rules)


def keeps(rules, chosen, possible):
    """Whether a choice keeps the rules, told without the library."""
    chosen = set(chosen)
    counts = [sum(bool(limit.members[one]) for one in chosen) for limit in rules.limits]
    return (
        all(
            limit.at_least <= have and (limit.at_most is None or have <= limit.at_most)
            for limit, have in zip(rules.limits, counts, strict=True)
        )
        and chosen >= set(rules.fixed.tolist())
        and not chosen & set(rules.forbidden.tolist())
        and all(possible[sorted(chosen), one].any() for one in rules.must_cover)
        and not any({one, other} <= chosen for one, other in rules.apart.tolist())
        and (rules.budget is None or sum(rules.costs[one] for one in chosen) <= rules.budget)
    )


def draw_pairs(random):
    """Draw sites, demand and costs with ties, demand out of reach, and a twin of some site."""
    count, demand = int(random.integers(1, 8)), int(random.integers(0, 10))
    possible = random.random((count, demand)) < random.choice([0.3, 0.6, 1.0])
    values = random.integers(0, 6, (count, demand)) * random.choice([1.0, 0.25, 1 / 3])
    if count > 1:
        possible[-1], values[-1] = possible[0], values[0]
    weights = random.integers(0, 5, demand) * random.choice([1.0, 0.1])
    return possible, values, weights


def choices(count, sites=None):
    """All choices of so many sites, or of any number."""
    sizes = range(count + 1) if sites is None else [sites]
    return chain.from_iterable(combinations(range(count), size) for size in sizes)


def nearest(possible, values, chosen):
    """The least cost of each demand to a chosen site; infinite where there is none."""
    some = np.where(possible, values, np.inf)[list(chosen)]
    return some.min(axis=0, initial=np.inf)


def median_value(possible, values, weights, beyond, chosen):
    least = nearest(possible, values, chosen)
    least = least if beyond is None else np.minimum(least, beyond)
    return float((weights[weights > 0] * least[weights > 0]).sum())


def center_value(possible, values, weights, chosen):
    return float(nearest(possible, values, chosen)[weights > 0].max(initial=0.0))


def served_value(possible, weights, capacities, chosen):
    """The largest flow is the least cut: some sites at capacity, all that others reach in full."""
    return min(
        capacities[[one for one in chosen if one not in inside]].sum()
        + weights[possible[list(inside)].any(axis=0)].sum()
        for size in range(len(chosen) + 1)
        for inside in combinations(chosen, size)
    )


def solve(model, *arguments, **options):
    """Solve, and see that nothing that was handed over is changed."""
    arrays = [one for one in arguments if isinstance(one, np.ndarray)]
    matrices = [one for one in arguments if isinstance(one, csr_array)]
    before = [one.copy() for one in arrays], [one.data.tobytes() for one in matrices]
    solution = model(*arguments, **options)
    for one, old in zip(arrays, before[0], strict=True):
        assert np.array_equal(one, old)
    assert [one.data.tobytes() for one in matrices] == before[1]
    return solution


def check_truth(solution, best, value, allowed):
    """Whatever the status says must be so, told from the sites and the enumeration."""
    sites = solution.sites.tolist()
    if best is None or not np.isfinite(best):
        assert (solution.status, sites) == ("infeasible", [])
        return
    assert solution.status == "optimal"
    assert sites == sorted(set(sites))
    assert allowed(sites)
    assert solution.objective == pytest.approx(value(sites), rel=1e-9, abs=1e-12)
    assert solution.objective == pytest.approx(best, rel=1e-8, abs=1e-12)
    assert solution.bound == solution.objective
    assert solution.gap == 0


@pytest.mark.parametrize("many", MANY)
def test_a_set_cover_costs_what_the_best_of_all_choices_costs(many):
    """All demand that weighs something, under rules of every kind, at the least cost."""
    for seed in range(many):
        random = np.random.default_rng(seed)
        possible, values, weights = draw_pairs(random)
        rules = draw_rules(random, *possible.shape, budget=False)
        given = None if random.random() < 0.5 else weights
        asks = np.ones(len(weights), bool) if given is None else weights > 0

        def allowed(chosen, possible=possible, rules=rules, asks=asks):
            reached = possible[list(chosen)].any(axis=0)
            return keeps(rules, chosen, possible) and reached[asks].all()

        def value(chosen, rules=rules):
            return float(len(chosen) if rules.costs is None else rules.costs[list(chosen)].sum())

        best = min(map(value, filter(allowed, choices(len(possible)))), default=None)
        cover = as_matrix(possible, values)
        check_truth(solve(set_cover, cover, given, rules=rules), best, value, allowed)


@pytest.mark.parametrize("many", MANY)
def test_a_partial_cover_covers_its_share_at_the_least_cost(many):
    """A share of all weight, that out of reach counted in, under rules of every kind."""
    for seed in range(many):
        random = np.random.default_rng(seed + 10_000)
        possible, values, weights = draw_pairs(random)
        rules = draw_rules(random, *possible.shape, budget=False)
        share = float(random.choice([0.1, 0.3, 0.5, 0.7, 0.9, 0.999]))

        def allowed(chosen, possible=possible, weights=weights, rules=rules, share=share):
            reached = weights[possible[list(chosen)].any(axis=0)].sum()
            enough = reached >= share * weights.sum() - 1e-9
            return keeps(rules, chosen, possible) and enough

        def value(chosen, rules=rules):
            return float(len(chosen) if rules.costs is None else rules.costs[list(chosen)].sum())

        best = min(map(value, filter(allowed, choices(len(possible)))), default=None)
        solution = solve(set_cover, as_matrix(possible, values), weights, share=share, rules=rules)
        check_truth(solution, best, value, allowed)


@pytest.mark.parametrize("many", MANY)
def test_a_p_median_costs_what_the_best_of_all_choices_costs(many):
    """With and without a cost beyond reach, sparse and dense, under rules of every kind."""
    for seed in range(many):
        random = np.random.default_rng(seed + 20_000)
        possible, values, weights = draw_pairs(random)
        sites = int(random.integers(0, len(possible) + 1))
        beyond = None if random.random() < 0.4 else float(random.integers(0, 7))
        rules = draw_rules(random, *possible.shape, budget=False)
        near = possible if beyond is None else possible & (values <= beyond)

        def allowed(chosen, near=near, rules=rules):
            return keeps(rules, chosen, near)

        def value(chosen, possible=possible, values=values, weights=weights, beyond=beyond):
            return median_value(possible, values, weights, beyond, chosen)

        best = min(map(value, filter(allowed, choices(len(possible), sites))), default=None)
        dense = np.where(possible, values, np.inf)
        cost = dense if random.random() < 0.3 else as_matrix(possible, values)
        options = {"sites": sites, "beyond": beyond, "rules": rules}
        solution = solve(p_median, cost, weights, **options)
        check_truth(solution, best, value, allowed)
        if solution.status == "optimal":
            check_assignment(solution, possible, values, beyond)


def check_assignment(solution, possible, values, beyond=None):
    """Each demand is assigned to a chosen site that is nearest, or to none if none is in reach."""
    least = nearest(possible, values, solution.sites)
    limit = np.inf if beyond is None else beyond
    for demand, site in enumerate(solution.assignment.tolist()):
        if least[demand] > limit or np.isinf(least[demand]):
            assert site == -1
        else:
            assert site in solution.sites
            assert possible[site, demand]
            assert values[site, demand] == least[demand]


@pytest.mark.parametrize("many", MANY)
def test_a_p_center_is_as_near_as_the_best_of_all_choices(many):
    """The farthest demand, that of no weight left out, under rules of every kind."""
    for seed in range(many):
        random = np.random.default_rng(seed + 30_000)
        possible, values, weights = draw_pairs(random)
        sites = int(random.integers(0, len(possible) + 1))
        rules = draw_rules(random, *possible.shape, budget=False)
        given = None if random.random() < 0.5 else weights
        counts = np.ones(len(weights)) if given is None else weights

        def allowed(chosen, possible=possible, rules=rules):
            return keeps(rules, chosen, possible)

        def value(chosen, possible=possible, values=values, counts=counts):
            return center_value(possible, values, counts, chosen)

        best = min(map(value, filter(allowed, choices(len(possible), sites))), default=None)
        options = {"sites": sites, "weights": given, "rules": rules}
        solution = solve(p_center, as_matrix(possible, values), **options)
        check_truth(solution, best, value, allowed)
        if solution.status == "optimal":
            check_assignment(solution, possible, values)


@pytest.mark.parametrize("many", MANY)
def test_capacitated_cover_serves_what_the_best_of_all_choices_serves(many):
    """The least cut of each choice is the oracle; weight is divided, a budget may decide."""
    for seed in range(many):
        random = np.random.default_rng(seed + 40_000)
        possible, values, weights = draw_pairs(random)
        count = len(possible)
        sites = None if random.random() < 0.3 else int(random.integers(0, min(count, 4) + 1))
        rules = draw_rules(random, *possible.shape, budget=sites is None)
        capacities = random.integers(0, 9, count) * random.choice([1.0, 0.1])
        capacities[random.random(count) < 0.1] = np.inf

        def allowed(chosen, possible=possible, rules=rules):
            return keeps(rules, chosen, possible)

        def value(chosen, possible=possible, weights=weights, capacities=capacities):
            return served_value(possible, weights, capacities, chosen)

        best = max(map(value, filter(allowed, choices(count, sites))), default=None)
        options = {"sites": sites, "rules": rules}
        solution = solve(
            capacitated_cover, as_matrix(possible, values), weights, capacities, **options
        )
        check_truth(solution, best, value, allowed)
        if solution.status == "optimal":
            served = solution.assignment >= 0
            assert possible[solution.assignment[served], np.flatnonzero(served)].all()
            assert np.isin(solution.assignment[served], solution.sites).all()


def hard_problem():
    random = np.random.default_rng(7)
    places = random.random((120, 2))
    cost = np.sqrt(((places[:, None] - places) ** 2).sum(axis=-1))
    return cost, random.integers(1, 100, 120) + 0.5


HARD = {
    "set cover": lambda cost, weights, seconds: set_cover(
        as_matrix(cost <= 0.13, cost), seconds=seconds
    ),
    "partial": lambda cost, weights, seconds: set_cover(
        as_matrix(cost <= 0.13, cost), weights, share=0.8, seconds=seconds
    ),
    "p-median": lambda cost, weights, seconds: p_median(cost, weights, sites=7, seconds=seconds),
    "p-center": lambda cost, weights, seconds: p_center(cost, sites=7, seconds=seconds),
    "capacity": lambda cost, weights, seconds: capacitated_cover(
        as_matrix(cost <= 0.13, cost), weights, np.full(120, 900.0), sites=8, seconds=seconds
    ),
}


@pytest.mark.parametrize("model", HARD)
def test_little_time_gives_a_true_bound_and_never_a_false_optimum(model):
    """Whenever it stops, the optimum lies between objective and bound."""
    cost, weights = hard_problem()
    full = HARD[model](cost, weights, 60)
    assert full.status == "optimal"
    for seconds in (0.0, 1e-9, 0.01, 0.05, 0.3):
        try:
            solution = HARD[model](cost, weights, seconds)
        except BoxreachError:
            continue
        low, high = sorted([solution.objective, solution.bound])
        assert low * (1 - 1e-8) <= full.objective <= high * (1 + 1e-8)
        if solution.status == "optimal":
            assert solution.objective == pytest.approx(full.objective, rel=1e-8)
        else:
            assert (solution.status, solution.gap > 0) == ("feasible", True)


@pytest.mark.parametrize("model", HARD)
def test_the_order_of_demand_and_sites_changes_no_objective(model):
    """Shuffled demand gives the very same sites, shuffled sites as good ones."""
    cost, weights = hard_problem()
    cost = np.round(cost, 2)
    random = np.random.default_rng(1)
    one = HARD[model](cost, weights, 60)
    order = random.permutation(120)
    other = HARD[model](cost[:, order], weights[order], 60)
    assert (one.sites.tolist(), one.objective) == (other.sites.tolist(), other.objective)
    turned = HARD[model](cost[order], weights, 60)
    assert turned.objective == pytest.approx(one.objective, rel=1e-9)


@pytest.mark.parametrize("model", HARD)
def test_of_equal_sites_the_first_are_chosen(model):
    """Where every site is there twice, the second is in no plan without the first."""
    cost, weights = hard_problem()
    doubled = np.vstack([cost[:60, :60]] * 2).repeat(2, axis=1)
    sites = HARD[model](doubled, weights, 60).sites
    assert all(one < 60 or one - 60 in sites for one in sites.tolist())


def test_demand_that_nothing_covers_is_left_out_by_no_one():
    """A cover of all is infeasible then, and of a share not where enough is in reach."""
    cover = csr_array(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    assert set_cover(cover).status == "infeasible"
    assert set_cover(cover, np.array([1.0, 1.0, 0.0])).sites.tolist() == [0, 1]
    assert set_cover(cover, share=2 / 3).sites.tolist() == [0, 1]
    assert set_cover(cover, share=0.7).status == "infeasible"


def test_what_is_at_exactly_the_limit_is_inside():
    """A share that is just reached, a cost just at `beyond`, and a budget that is just spent."""
    cover = csr_array(np.array([[1.0] * 7 + [0.0] * 3, [0.0] * 7 + [1.0] * 3]))
    assert set_cover(cover, np.full(10, 0.1), share=0.7).sites.tolist() == [0]
    cost = np.array([[30.0, 60.0]])
    solution = p_median(cost, np.ones(2), sites=1, beyond=60)
    assert (solution.objective, solution.assignment.tolist()) == (90.0, [0, 0])
    rules = Rules(costs=np.array([0.1, 0.2]), budget=0.3)
    assert set_cover(csr_array(np.eye(2)), rules=rules).objective == pytest.approx(0.3)


def test_weight_is_divided_between_sites():
    """Two sites of 5 serve a place of 10, which neither could alone."""
    solution = capacitated_cover(
        csr_array(np.ones((2, 1))), np.array([10.0]), np.array([5.0, 5.0]), sites=2
    )
    assert (solution.status, solution.objective) == ("optimal", 10.0)


@pytest.mark.parametrize("scale", [1e-9, 1e-4, 1e3, 1e9])
def test_the_scale_of_weights_and_costs_changes_nothing(scale):
    """Shares of a country and billions are solved as truly as people are."""
    for seed in range(25):
        random = np.random.default_rng(seed)
        possible, values, weights = draw_pairs(random)
        sites = int(random.integers(1, len(possible) + 1))
        value = [median_value(possible, values, weights, 9.0, one)
                 for one in choices(len(possible), sites)]  # fmt: skip
        cost = as_matrix(possible, values)
        solution = p_median(cost, weights * scale, sites=sites, beyond=9.0)
        assert solution.objective == pytest.approx(min(value) * scale, rel=1e-8, abs=0)
        capacities = np.full(len(possible), 6.0)
        most = max(served_value(possible, weights, capacities, one)
                   for one in choices(len(possible), sites))  # fmt: skip
        solution = capacitated_cover(cost, weights * scale, capacities * scale, sites=sites)
        assert solution.objective == pytest.approx(most * scale, rel=1e-8, abs=0)
        assert solution.status == "optimal"


def test_a_gap_of_what_is_to_be_small_is_a_share_of_the_objective():
    """100 found where nothing below 80 can be: at most a fifth can be saved."""
    none = np.empty(0, dtype=np.int64)
    assert Solution("feasible", 100.0, 80.0, none, sense="min").gap == pytest.approx(0.2)
    assert Solution("feasible", 80.0, 100.0, none).gap == pytest.approx(0.2)
    assert Solution("infeasible", np.inf, np.inf, none, sense="min").gap == 0
    assert Solution("feasible", 5.0, 0.0, none, sense="min").gap == 1


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: MaxCover(minutes=30), "sites or a budget"),
        (lambda: MaxCover(sites=-1, minutes=0, budget=-1, capacity=0), "4 faults"),
        (lambda: MaxCover(sites=1.5, minutes=30), "sites is 1.5"),
        (lambda: MaxCover(sites=True, minutes=30), "sites is True"),
        (lambda: SetCover(minutes=np.nan, share=1.1), "2 faults"),
        (lambda: SetCover(minutes=30, share=0), "share is 0"),
        (lambda: BackupCover(sites=-1, minutes="x", boxes=0), "3 faults"),
        (lambda: ExpectedCover(sites=-1, minutes=-1, busy=1, vehicles=0), "4 faults"),
        (lambda: PMedian(sites=None, minutes=0), "2 faults"),
        (lambda: PCenter(sites="3"), "sites is '3'"),
    ],
)
def test_models_of_impossible_numbers_are_refused_with_all_faults(model, said):
    """One error says all that is wrong."""
    with pytest.raises(InputError, match=said):
        model()


@pytest.mark.parametrize(
    ("call", "faults"),
    [
        (lambda cost: set_cover(cost, np.array([1.0, -1.0]), share=2, seconds=-1), 3),
        (lambda cost: p_median(cost, np.ones(3), sites=4, beyond=-1.0, seed=-1), 4),
        (lambda cost: p_median(-cost, np.ones(2), sites=1), 1),
        (lambda cost: p_median(np.array([[np.nan, 1.0]]), np.ones(2), sites=1), 1),
        (lambda cost: p_center(cost, sites=-1, weights=np.array([np.inf, 1.0])), 2),
        (lambda cost: p_center(cost, sites=1, rules=Rules(fixed=np.array([7]))), 1),
        (lambda cost: capacitated_cover(cost, np.ones(2), np.ones(1), sites=None), 2),
        (lambda cost: capacitated_cover(cost, np.ones(2), np.array([-1.0, 1]), sites=1), 1),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_all_faults(call, faults):
    """What would make an optimum mean nothing is said before it is looked for."""
    with pytest.raises(InputError) as caught:
        call(csr_array(np.ones((2, 2))))
    assert len(caught.value.faults) == faults


def test_a_pair_stored_twice_is_refused():
    """Whether its cost is the sum or the least cannot be known."""
    twice = csr_array((np.ones(2), np.array([0, 0]), np.array([0, 2])), shape=(1, 1))
    with pytest.raises(InputError, match="twice"):
        p_median(twice, np.ones(1), sites=1)


def test_no_plan_in_time_is_an_error_and_no_false_infeasible():
    """Where nothing was found in no time at all, the error is a BoxreachError."""
    cost, weights = hard_problem()
    rules = Rules(limits=[GroupLimit(np.arange(120) % 7 == rest, 1, 1) for rest in range(7)])
    for call in (
        lambda: p_median(as_matrix(cost < 0.4, cost), weights, sites=7, rules=rules, seconds=0),
        lambda: p_center(as_matrix(cost < 0.4, cost), sites=7, rules=rules, seconds=0),
    ):
        try:
            status = call().status
        except BoxreachError:
            continue
        assert status == "feasible"


def small_program(**changed):
    parts = {
        "gain": np.array([5.0, 4.0, 3.0]),
        "matrix": csr_array([[2.0, 3.0, 1.0]]),
        "row_lower": np.array([-np.inf]),
        "row_upper": np.array([4.0]),
        "column_lower": np.zeros(3),
        "column_upper": np.ones(3),
        "integer": np.ones(3, dtype=bool),
    }
    return Program(**(parts | changed))


def test_a_program_is_solved_and_its_bound_is_its_optimum():
    """Whole and not whole, with a start and without."""
    for start in (None, np.array([np.nan, 1.0, np.nan]), np.array([0.0, 0.0, 1.0])):
        answer = solve_program(small_program(), start=start, seconds=10)
        assert (answer.status, answer.values.tolist(), answer.bound) == ("optimal", [1, 0, 1], 8)
    answer = solve_program(small_program(integer=np.zeros(3, dtype=bool)), seconds=10)
    assert (answer.status, answer.bound) == ("optimal", pytest.approx(8 + 4 / 3))


@pytest.mark.parametrize(
    "changed",
    [
        {"row_lower": np.array([7.0]), "row_upper": np.array([9.0])},
        {"row_lower": np.array([5.0])},
        {"column_lower": np.full(3, 2.0)},
        {"row_lower": np.array([0.4]), "row_upper": np.array([0.6])},
    ],
)
def test_a_program_without_an_answer_is_infeasible(changed):
    """Rows out of reach, limits that cross, and no whole number between two."""
    assert solve_program(small_program(**changed), seconds=10).status == "infeasible"


def test_a_start_that_the_solver_misreads_costs_no_proof():
    """HiGHS 1.16.0 takes this start of 2 sites for one of 1, and ends the search with it."""
    cover = csr_array(
        np.array([[1, 1, 0], [0, 0, 1], [0, 1, 0], [1, 0, 1], [1, 1, 0], [1, 1, 0]], dtype=float)
    )
    limits = [
        GroupLimit(np.array([0, 0, 1, 1, 1, 0], dtype=bool), 0, 2),
        GroupLimit(np.array([0, 1, 0, 0, 0, 0], dtype=bool), 1),
    ]
    weights = np.array([0.4, 0.1, 0.2])
    solution = set_cover(cover, weights, share=0.3, rules=Rules(limits=limits))
    assert (solution.status, solution.objective, solution.bound) == ("optimal", 2, 2)


def test_sites_that_differ_only_in_what_must_be_covered_are_not_equal():
    """Demand that weighs nothing may still have to be covered, and only the second site does."""
    cover = csr_array(np.array([[1.0, 0.0], [1.0, 1.0]]))
    rules = Rules(must_cover=np.array([1]))
    weights, capacities = np.array([3.0, 0.0]), np.full(2, 9.0)
    assert capacitated_cover(cover, weights, capacities, sites=1, rules=rules).sites == [1]
    assert set_cover(cover, weights, share=0.5, rules=rules).sites == [1]


def test_a_program_of_nothing_is_solved():
    """No columns keep rows that 0 keeps, and no others."""
    empty = {name: np.empty(0) for name in ("gain", "column_lower", "column_upper")}
    empty |= {"matrix": csr_array((1, 0)), "integer": np.empty(0, dtype=bool)}
    assert solve_program(small_program(**empty), seconds=1).status == "optimal"
    empty["row_lower"] = np.array([1.0])
    assert solve_program(small_program(**empty), seconds=1).status == "infeasible"


@pytest.mark.parametrize("threads", [pytest.param(None, marks=pytest.mark.release), 2])
def test_the_solver_prints_nothing_whoever_used_it_before(threads):
    """No banner in a new process, nor where someone else has set it up for more threads."""
    other = f"""
h = highspy.Highs.__mro__[1]()
h.setOptionValue('output_flag', False)
h.setOptionValue('threads', {threads})
h.addVar(0.0, 1.0)
h.run()
"""
    code = f"""
import highspy
import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array
from boxreach.location.program import Program, solve_program
{other if threads else ""}
one, two = np.ones(1), np.full(1, 2.5)
program = Program(gain=one, matrix=csr_array([[1.0]]), row_lower=-two, row_upper=two,
                  column_lower=-two, column_upper=9 * two, integer=one > 0)
answer = solve_program(program, seconds=10)
assert answer.status == "optimal" and answer.bound == 2, answer
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


@pytest.mark.slow
def test_the_examples_of_the_page_print_what_it_says(capsys):
    """A reader can copy them, one after the other."""
    page = (Path(__file__).parents[1] / "docs" / "location.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    said = re.findall(r"^# (.*)$", "".join(blocks), flags=re.MULTILINE)
    exec(compile("".join(blocks), "location.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == said


def test_prices_and_what_they_leave_open_hold_for_every_p_median():
    """The bound of a few steps is below the best; the program left has every better plan."""
    for seed in range(150):
        random = np.random.default_rng(seed + 50_000)
        possible, values, weights = draw_pairs(random)
        count = len(possible)
        sites = int(random.integers(1, count + 1))
        rules = draw_rules(random, *possible.shape, budget=False)
        cost = as_matrix(possible & (values <= 4.0), values)
        costs = [
            median_value(possible, values, weights, 4.0, one)
            for one in choices(count, sites)
            if keeps(rules, one, possible & (values <= 4.0))
        ]
        if not costs:
            continue
        pairs, rows = pair_up(cost, weights, 4.0), rules.rows(cost)
        prices = raise_bound(pairs, rows, sites, max(costs), until=0.0)
        assert prices.bound <= min(costs) * (1 + 1e-9)
        for target in (min(costs) * 0.99, min(costs) * 1.02 + 1e-3, max(costs) + 1.0):
            rest = write_rest(pairs, rows, sites, prices, target, 10**6)
            answer = rest.program and solve_program(rest.program, seconds=20)
            least = rest.least - answer.bound if answer else np.inf
            if min(costs) < target:
                assert least == pytest.approx(min(costs), rel=1e-8, abs=1e-9)
            else:
                assert least >= target * (1 - 1e-9)


def test_prices_never_exceed_the_least_cover_nor_close_a_better_one():
    """All and a share, few steps: bound and reduced costs hold for each cover there is."""
    for seed in range(150):
        random = np.random.default_rng(seed + 60_000)
        possible, values, _ = draw_pairs(random)
        count, demand = possible.shape
        weights, costs = random.integers(1, 5, demand) * 1.0, random.integers(0, 5, count) * 1.0
        need = None if random.random() < 0.5 else 0.6 * weights.sum()
        cover = as_matrix(possible, np.ones_like(values))
        asked = weights.sum() if need is None else need
        covering = Covering(cover, weights, need, Rules(), costs, cover)
        prices = price_covers(covering, float(costs.sum()) + 1.0, until=0.0)
        for one in choices(count):
            if weights[possible[list(one)].any(axis=0)].sum() >= asked:
                least = prices.bound + np.maximum(0.0, prices.reduced)[list(one)].sum()
                assert least <= costs[list(one)].sum() + 1e-9


def test_sites_and_demand_left_out_are_needless():
    """A site for one that covers as much and costs no more, demand for one that implies it."""
    for seed in range(150):
        random = np.random.default_rng(seed + 70_000)
        possible, values, _ = draw_pairs(random)
        count = len(possible)
        costs, cover = random.integers(0, 3, count) * 1.0, as_matrix(possible, values)
        dropped, implied = needless_sites(cover, costs), implied_demand(cover)
        for one in np.flatnonzero(dropped):
            assert not possible[one].any() or any(
                (possible[other] >= possible[one]).all() and costs[other] <= costs[one]
                for other in np.flatnonzero(~dropped)
            )
        for one in np.flatnonzero(implied):
            assert any((possible[:, one] >= possible[:, other]).all()
                       for other in np.flatnonzero(~implied))  # fmt: skip
        for one, other in permutations(range(count), 2):
            if (possible[other] >= possible[one]).all() and costs[other] < costs[one]:
                assert dropped[one]


@pytest.mark.parametrize("model", ["set cover", "partial", "p-center"])
def test_the_solver_alone_comes_to_the_same(model, monkeypatch):
    """Without local search and prices HiGHS decides, and the answer is no other."""
    cost, weights = hard_problem()
    expected = HARD[model](cost, weights, 60)
    room = sys.modules["boxreach.location.set_cover"]
    nothing = CoverPrices(0.0, np.zeros(120))
    monkeypatch.setattr(room, "price_covers", lambda *_, **__: nothing)
    monkeypatch.setattr(room, "search_covers", lambda _, start, **__: start)
    room = sys.modules["boxreach.location.center"]
    monkeypatch.setattr(room, "_decide_quickly", lambda *_: (None, False))
    monkeypatch.setattr(room, "_narrow_quickly", lambda _: (None, 0))
    alone = HARD[model](cost, weights, 60)
    assert (alone.status, alone.objective) == ("optimal", expected.objective)


def test_halving_the_range_alone_finds_the_p_center(monkeypatch):
    """Nothing is narrowed before, and no cost is passed over."""
    room = sys.modules["boxreach.location.center"]
    monkeypatch.setattr(room, "_decide_quickly", lambda *_: (None, False))
    monkeypatch.setattr(room, "_narrow_quickly", lambda _: (None, 0))
    for seed in range(40):
        random = np.random.default_rng(seed + 80_000)
        values = random.integers(0, 30, (5, 6)) / 3
        possible, weights = np.ones((5, 6), dtype=bool), np.ones(6)
        best = min(center_value(possible, values, weights, one) for one in choices(5, 2))
        solution = p_center(values, sites=2)
        assert (solution.status, solution.objective) == ("optimal", best)


def test_a_site_that_is_fixed_twice_is_fixed_once():
    """Repeated positions count once in every model."""
    minutes = np.array([[0.0, 6.0], [1.0, 9.0]])
    rules = Rules(fixed=np.array([1, 1]))
    for solution in (
        p_center(minutes, sites=2, rules=rules),
        p_median(minutes, np.ones(2), sites=2, rules=rules),
        max_cover(csr_array(minutes <= 5), np.ones(2), sites=2, rules=rules),
    ):
        assert solution.sites.tolist() == [0, 1]


@pytest.mark.parametrize("form", [csc_array, coo_array, np.asarray])
def test_the_form_of_the_matrix_changes_no_answer(form):
    """By columns, as a list of pairs or dense, it is the same question."""
    cover = np.array([[0, 3, 0], [7, 0, 0], [0, 0, 8]])
    rules = Rules(must_cover=np.array([1]))
    weights = np.array([4.0, 4.0, 5.0])
    for ask in (
        lambda matrix: set_cover(matrix, weights, share=0.3, rules=rules),
        lambda matrix: capacitated_cover(matrix, weights, np.full(3, 5.0), sites=1, rules=rules),
        lambda matrix: max_cover(matrix, weights, sites=1, rules=rules),
    ):
        assert ask(form(cover)).sites.tolist() == ask(csr_array(cover)).sites.tolist() == [0]
