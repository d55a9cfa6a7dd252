"""What is along a line and what programs come to, against every choice and every value."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location.intervals import Runs, fewest_along, fewest_for, find_runs, most_along
from boxreach.location.program import Program, relax_program, solve_program
from boxreach.location.simplex import Simplex

SEEDS = range(10)


def draw_line(random, sites=7, demand=9):
    first = random.integers(0, demand, sites)
    after = np.minimum(demand, first + random.integers(0, 5, sites))
    cover = (np.arange(demand) >= first[:, None]) & (np.arange(demand) < after[:, None])
    return cover, random.integers(0, 6, demand) * random.choice([1.0, 0.1])


@pytest.mark.parametrize("seed", range(25))
def test_along_a_line_the_most_weight_and_the_fewest_sites_are_those_of_all_choices(seed):
    random = np.random.default_rng(seed)
    cover, weights = draw_line(random)
    matrix = csr_array(cover.astype(float))
    runs = find_runs(matrix)
    for site in range(7):
        assert np.flatnonzero(cover[site]).tolist() == list(
            range(runs.first[site], runs.after[site])
        )
    fixed = random.choice(7, random.integers(0, 2), replace=False)
    barred = np.setdiff1d(random.choice(7, random.integers(0, 3), replace=False), fixed)
    rules = {"fixed": fixed, "forbidden": barred}
    every = [np.array(one, dtype=int) for size in range(8) for one in combinations(range(7), size)
             if set(fixed) <= set(one) and not set(barred) & set(one)]  # fmt: skip
    value = [float(weights[cover[one].any(axis=0)].sum()) for one in every]
    for sites in range(8):
        some = [worth for one, worth in zip(every, value, strict=True) if len(one) == sites]
        found = most_along(matrix, weights, sites=sites, **rules)
        if not some:
            assert (found.status, found.objective, len(found.sites)) == ("infeasible", 0.0, 0)
            continue
        assert found.status == "optimal"
        assert found.objective == found.bound == pytest.approx(max(some))
        assert any(np.array_equal(found.sites, one) for one in every if len(one) == sites)
        assert weights[cover[found.sites].any(axis=0)].sum() == pytest.approx(max(some))
        assert found.seconds > 0
    for need in random.choice(value, 3):
        told = fewest_for(runs, matrix, weights, need - 1e-9, **rules)
        least = min(
            len(one) for one, worth in zip(every, value, strict=True) if worth >= need - 1e-9
        )
        assert (len(told[0]), told[1]) == (least, least)
    assert fewest_for(runs, matrix, weights, max(value) + 0.01, **rules) is None
    asked = random.integers(0, 3, 9)
    right = [one for one in every if (cover[one].sum(axis=0) >= asked).all()]
    told = fewest_along(runs, asked, **rules)
    if not right:
        assert told is None
    else:
        assert len(told) == min(map(len, right))
        assert any(np.array_equal(told, one) for one in right)


def test_sites_beyond_need_cover_most_a_second_time_and_then_the_first_are_taken():
    cover = csr_array(
        np.array([[1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    )
    weights = np.array([1.0, 2.0, 3.0, 9.0])

    def ask(sites, **rules):
        return most_along(cover, weights, sites=sites, **rules).sites.tolist()

    assert [ask(n) for n in range(6)] == [[], [1], [0, 1], [0, 1, 3], [0, 1, 2, 3], [0, 1, 2, 3, 4]]
    assert ask(3, forbidden=np.array([3])) == [0, 1, 2]
    assert ask(1, fixed=np.array([4])) == [4]
    assert most_along(csr_array(np.array([[1, 0, 1]])), np.ones(3), sites=1) is None
    runs = Runs(np.array([0, 0, 2]), np.array([2, 2, 4]), 4)
    assert fewest_along(runs, np.array([1, 1, 0, 1])).tolist() == [0, 2]
    assert fewest_along(runs, np.array([0, 2, 0, 0])).tolist() == [0, 1]
    assert fewest_along(runs, np.array([0, 0, 2, 0])) is None
    assert fewest_along(runs, np.array([0, 0, 0, 0])).tolist() == []


# --- programs -------------------------------------------------------------------------------------


def knapsack(seed, **changed):
    random = np.random.default_rng(seed)
    parts = {
        "gain": random.integers(1, 9, 6).astype(float),
        "matrix": csr_array(random.integers(0, 5, (2, 6)).astype(float)),
        "row_lower": np.array([-np.inf, 2.0]),
        "row_upper": np.array([6.0, 9.0]),
        "column_lower": np.zeros(6),
        "column_upper": np.array([1.0, 1, 1, 2, 1, 0]),
        "integer": np.ones(6, dtype=bool),
    }
    return Program(**(parts | changed))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_program_comes_to_the_best_of_all_values_and_its_relaxation_to_no_less(seed):
    program = knapsack(seed)
    every = np.array(np.meshgrid(*[np.arange(most + 1) for most in program.column_upper])).reshape(
        6, -1
    )
    rows = program.matrix @ every
    kept = ((rows >= program.row_lower[:, None]) & (rows <= program.row_upper[:, None])).all(axis=0)
    answer = solve_program(program, seconds=10)
    if not kept.any():
        assert (answer.status, answer.values, answer.bound) == ("infeasible", None, -math.inf)
        return
    best = (program.gain @ every)[kept].max()
    assert (answer.status, answer.bound) == ("optimal", pytest.approx(best))
    assert program.gain @ answer.values == best
    for scale in (1e-7, 1e7):
        turned = solve_program(knapsack(seed, gain=program.gain * scale), seconds=10)
        assert (turned.status, turned.bound) == ("optimal", pytest.approx(best * scale))
    start = np.full(6, np.nan)
    start[:2] = answer.values[:2]
    assert solve_program(program, start=start, seconds=10).bound == pytest.approx(best)
    relaxed = relax_program(program, seconds=10)
    linear = solve_program(knapsack(seed, integer=np.zeros(6, dtype=bool)), seconds=10)
    assert linear.status == "optimal"
    assert program.gain @ relaxed.values == pytest.approx(linear.bound, rel=1e-5)
    assert linear.bound >= best - 1e-9
    low = np.where(np.isfinite(program.row_lower), program.row_lower, 0)

    def proven(prices):
        """What prices of the rows prove: any do, the right ones what there is."""
        worth = np.maximum(prices, 0) @ program.row_upper + np.minimum(prices, 0) @ low
        rest = program.gain - program.matrix.T @ prices
        return worth + np.maximum(rest, 0) @ program.column_upper

    whole = Simplex(knapsack(seed, integer=np.zeros(6, dtype=bool)))
    corner = whole.solve(program.column_lower, program.column_upper, seconds=10)
    assert program.gain @ corner.values == pytest.approx(linear.bound)
    for prices in (relaxed.row_prices, corner.row_prices):
        least = min(proven(prices), proven(-prices))
        assert least == pytest.approx(linear.bound, rel=1e-4)
    closed = whole.solve(np.zeros(1), np.zeros(1), seconds=10, basis=corner.basis)
    again = whole.solve(program.column_lower, program.column_upper, seconds=10, basis=corner.basis)
    assert program.gain @ again.values == pytest.approx(linear.bound)
    assert closed is None or closed.values[0] == 0


@pytest.mark.slow
def test_a_program_without_time_claims_nothing_that_is_not_so():
    random = np.random.default_rng(0)
    many = 60
    program = Program(
        gain=random.random(many), matrix=csr_array(random.integers(1, 99, (5, many)).astype(float)),
        row_lower=np.full(5, -np.inf), row_upper=np.full(5, 700.5), column_lower=np.zeros(many),
        column_upper=np.ones(many), integer=np.ones(many, dtype=bool),
    )  # fmt: skip
    full = solve_program(program, seconds=60)
    assert full.status == "optimal"
    for seconds in (0.0, 0.001):
        answer = solve_program(program, seconds=seconds)
        assert answer.status in ("unknown", "feasible")
        assert answer.bound >= full.bound - 1e-9
        assert (answer.values is None) == (answer.status == "unknown")
    assert relax_program(program, seconds=0) is None


def test_a_relaxation_without_an_answer_is_none():
    """Rules that no fraction keeps, and numbers that grow without end."""
    assert relax_program(knapsack(0, row_lower=np.array([99.0, 2.0])), seconds=9) is None
    free = knapsack(0, column_upper=np.full(6, np.inf), row_upper=np.full(2, np.inf))
    assert relax_program(free, seconds=9) is None


def test_whole_numbers_that_no_row_takes_are_infeasible_and_bounded_by_nothing():
    half = knapsack(0, matrix=csr_array(np.full((2, 6), 2.0)), row_lower=np.array([2.5, 2.0]),
                    row_upper=np.array([3.5, 9.0]))  # fmt: skip
    answer = solve_program(half, seconds=9)
    assert (answer.status, answer.values, answer.bound) == ("infeasible", None, -math.inf)
    linear = knapsack(0, matrix=half.matrix, row_lower=np.array([15.0, 2.0]),
                      row_upper=np.array([16.0, 9.0]), integer=np.zeros(6, bool))  # fmt: skip
    answer = solve_program(linear, seconds=9)
    assert (answer.status, answer.values, answer.bound) == ("infeasible", None, -math.inf)


def test_limits_that_cross_are_infeasible_before_anyone_is_asked():
    for crossed in ({"row_lower": np.array([7.0, 2.0])}, {"column_lower": np.full(6, 3.0)}):
        answer = solve_program(knapsack(0, **crossed), seconds=9)
        assert (answer.status, answer.values, answer.bound) == ("infeasible", None, -math.inf)
