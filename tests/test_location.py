"""What the location models promise, against enumeration of every choice."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError, InputError
from boxreach.location import GroupLimit, Rules, max_cover

VALIDATION = Path(__file__).parents[2] / "shared" / "data" / "validation"


def covered_by(cover, weights, sites):
    return float(weights[cover[list(sites)].any(axis=0)].sum()) if len(sites) else 0.0


def keeps(limits, sites):
    counts = [int(limit.members[list(sites)].sum()) if len(sites) else 0 for limit in limits]
    return all(
        limit.at_least <= count and (limit.at_most is None or count <= limit.at_most)
        for limit, count in zip(limits, counts, strict=True)
    )


def can_end_well(count, sites, limits, later_sites):
    """Whether some `later_sites` further sites make the whole keep the limits."""
    rest = [one for one in range(count) if one not in sites]
    return any(keeps(limits, (*sites, *more)) for more in combinations(rest, later_sites))


def enumerate_best(cover, weights, sites, limits=(), later_sites=0):
    """Return the best objective over all choices, or None where none keeps the limits."""
    count = len(cover)
    return max(
        (
            covered_by(cover, weights, chosen)
            for chosen in combinations(range(count), sites)
            if can_end_well(count, chosen, limits, later_sites)
        ),
        default=None,
    )


WHOLE = st.integers(0, 12)


@st.composite
def problems(draw, weights=WHOLE):
    count, demand = draw(st.integers(1, 7)), draw(st.integers(0, 9))
    bits = st.lists(st.booleans(), min_size=demand, max_size=demand)
    cover = np.array(draw(st.lists(bits, min_size=count, max_size=count)), dtype=bool)
    values = draw(st.lists(weights, min_size=demand, max_size=demand))
    sites = draw(st.integers(0, count))
    return cover.reshape(count, demand), np.array(values, dtype=float), sites


@st.composite
def limited_problems(draw):
    """A problem with limits on groups that may overlap, to be kept with later sites."""
    cover, weights, sites = draw(problems())
    count = len(cover)
    later_sites = draw(st.integers(0, count - sites))
    limits = []
    for _ in range(draw(st.integers(1, 3))):
        members = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
        at_least = draw(st.integers(0, 2))
        at_most = draw(st.none() | st.integers(at_least, 4))
        limits.append(GroupLimit(members, at_least, at_most))
    return cover, weights, sites, limits, later_sites


def solve(cover, weights, sites, limits=(), **options):
    rules = Rules(limits=tuple(limits))
    return max_cover(csr_array(cover.astype(float)), weights, sites=sites, rules=rules, **options)


def check_truth(solution, cover, weights, sites, best, limits=()):
    """Whatever the status says must be so, told from the chosen sites and the enumeration."""
    if best is None:
        assert solution.status == "infeasible"
        assert solution.sites.size == 0
        return
    assert solution.status == "optimal"
    assert len(solution.sites) == len(set(solution.sites.tolist())) == sites
    assert keeps(limits, solution.sites)
    assert solution.objective == pytest.approx(
        covered_by(cover, weights, solution.sites), rel=1e-12, abs=0
    )
    assert solution.objective == pytest.approx(best, rel=1e-8, abs=0)
    assert solution.bound >= best * (1 - 1e-9)
    assert solution.gap == pytest.approx(0, abs=1e-9)


@settings(max_examples=120, deadline=None)
@given(problems())
def test_the_plan_equals_the_best_of_all_choices(problem):
    """Without limits, the objective is that of enumeration and is called optimal."""
    cover, weights, sites = problem
    check_truth(
        solve(cover, weights, sites),
        cover,
        weights,
        sites,
        enumerate_best(cover, weights, sites),
    )


@settings(max_examples=120, deadline=None)
@given(limited_problems())
def test_limits_are_kept_with_later_sites_and_cost_no_more_than_they_must(problem):
    """With limits on groups, kept at once or with sites to follow, the plan is enumeration's."""
    cover, weights, sites, limits, later_sites = problem
    best = enumerate_best(cover, weights, sites, limits, later_sites)
    solution = solve(cover, weights, sites, limits=limits, later_sites=later_sites)
    check_truth(solution, cover, weights, sites, best, () if later_sites else limits)
    if best is not None:
        assert can_end_well(len(cover), solution.sites.tolist(), limits, later_sites)


def test_one_later_site_may_serve_two_later_limits():
    """A site that counts in a province and in a district fills both limits at once."""
    first, second = np.array([True, False, False]), np.array([True, False, False])
    solution = solve(
        np.eye(3, dtype=bool),
        np.array([1.0, 5.0, 2.0]),
        1,
        limits=[GroupLimit(first, 1), GroupLimit(second, 1)],
        later_sites=1,
    )
    assert (solution.status, solution.objective, solution.sites.tolist()) == ("optimal", 5.0, [1])


def test_later_limits_that_overlap_are_not_called_infeasible():
    """Two sites, each in two groups, keep four later limits: one now, one later."""
    here = np.array([True, False])
    limits = [GroupLimit(members, 1) for members in (here, here, ~here, ~here)]
    solution = solve(np.eye(2, dtype=bool), np.array([1.0, 2.0]), 1, limits=limits, later_sites=1)
    assert (solution.status, solution.sites.tolist()) == ("optimal", [1])


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_a_limit_never_raises_the_objective(problem, data):
    """What is covered under a limit is at most what is covered without it."""
    cover, weights, sites = problem
    members = np.array(data.draw(st.lists(st.booleans(), min_size=len(cover), max_size=len(cover))))
    free = solve(cover, weights, sites)
    bound = solve(cover, weights, sites, limits=[GroupLimit(members, 1)])
    assert bound.status == "infeasible" or bound.objective <= free.objective


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_the_order_of_the_demand_changes_nothing(problem, data):
    """Shuffled demand gives the very same sites, even where several plans are as good."""
    cover, weights, sites = problem
    order = np.array(data.draw(st.permutations(range(len(weights)))), dtype=int)
    one, other = solve(cover, weights, sites), solve(cover[:, order], weights[order], sites)
    assert one.sites.tolist() == other.sites.tolist()
    assert one.objective == other.objective


def test_the_order_of_the_demand_changes_nothing_on_larger_problems():
    """The same on a hundred problems of eight sites with many ties."""
    random = np.random.default_rng(0)
    for _ in range(100):
        cover, weights = random.random((8, 14)) < 0.3, random.integers(0, 4, 14).astype(float)
        order = random.permutation(14)
        one, other = solve(cover, weights, 3), solve(cover[:, order], weights[order], 3)
        assert one.sites.tolist() == other.sites.tolist()


def test_of_two_equal_sites_the_first_is_chosen():
    """Sites that cover the same are a tie, and ties go to the lower position (the lower id)."""
    cover = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]], dtype=bool)
    assert solve(cover, np.ones(3), 2).sites.tolist() == [0, 2]


@pytest.mark.parametrize("scale", [1e-12, 1e-9, 1e-7, 1e-4, 1e3, 1e9])
def test_the_scale_of_the_weights_changes_nothing(scale):
    """Weights as shares of a country or as billions are solved as truly as people are."""
    random = np.random.default_rng(1)
    for _ in range(30):
        cover = random.random((7, 12)) < 0.3
        weights = random.integers(0, 20, 12) * scale
        best = enumerate_best(cover, weights, 3)
        check_truth(solve(cover, weights, 3), cover, weights, 3, best)


@settings(max_examples=40, deadline=None)
@given(problems(weights=st.floats(1e-3, 1e6)))
def test_weights_that_are_no_whole_numbers_are_solved_as_well(problem):
    """Kilometres are weights too; the bound is not rounded down on them."""
    cover, weights, sites = problem
    best = enumerate_best(cover, weights, sites)
    solution = solve(cover, weights, sites)
    assert solution.bound >= best * (1 - 1e-9)
    assert solution.objective == pytest.approx(best, rel=1e-8)


def test_a_stored_zero_covers():
    """What is stored in the matrix covers, whatever its value: 0 minutes is near."""
    cover = csr_array((np.zeros(2), np.array([0, 1]), np.array([0, 1, 2])), shape=(2, 2))
    solution = max_cover(cover, np.array([3.0, 4.0]), sites=1)
    assert (solution.objective, solution.sites.tolist()) == (4.0, [1])


def test_zero_weights_and_unreachable_demand_leave_a_true_answer():
    """Demand that weighs nothing or that none covers adds nothing, also when all is such."""
    cover = np.array([[1, 0, 0], [0, 0, 1]], dtype=bool)
    for weights, best in ((np.array([0.0, 9.0, 0.0]), 0.0), (np.array([0.0, 9.0, 2.0]), 2.0)):
        solution = solve(cover, weights, 1)
        assert (solution.status, solution.objective, solution.bound) == ("optimal", best, best)


def test_no_demand_at_all_is_solved():
    """Two of three sites are chosen though there is nothing to cover."""
    solution = solve(np.zeros((3, 0), dtype=bool), np.empty(0), 2)
    assert (solution.status, solution.objective, len(solution.sites)) == ("optimal", 0.0, 2)


def test_no_site_of_none_is_a_plan():
    """Choosing nothing where there is nothing to choose is possible: the empty plan."""
    solution = solve(np.zeros((0, 3), dtype=bool), np.ones(3), 0)
    assert (solution.status, solution.objective, solution.bound) == ("optimal", 0.0, 0.0)


@pytest.mark.parametrize("sites", [-1, 4])
def test_more_sites_than_there_are_is_refused(sites):
    """The message says how many were asked of how many."""
    with pytest.raises(InputError, match=f"{sites} of 3 sites"):
        solve(np.eye(3, dtype=bool), np.ones(3), sites)


@pytest.mark.parametrize("weight", [-1.0, np.nan])
def test_weights_below_zero_or_unknown_are_refused(weight):
    """An optimum over such weights would mean nothing."""
    with pytest.raises(InputError, match="weight"):
        solve(np.eye(3, dtype=bool), np.array([1.0, weight, 1.0]), 1)


def hard_problem():
    random = np.random.default_rng(3)
    return random.random((400, 3000)) < 0.02, random.random(3000) * 100


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 0.3])
def test_little_time_gives_a_plan_with_a_true_bound_and_never_a_false_optimum(seconds):
    """`seconds` promises what the solver has then; its bound is at most all there is to cover."""
    cover, weights = hard_problem()
    solution = solve(cover, weights, 30, seconds=seconds)
    assert solution.status == "feasible"
    assert len(solution.sites) == 30
    assert solution.objective == pytest.approx(covered_by(cover, weights, solution.sites))
    assert solution.objective < solution.bound <= weights[cover.any(axis=0)].sum() * (1 + 1e-9)
    assert solution.gap > 1e-3


def test_an_end_of_time_without_a_plan_is_an_error_of_the_library():
    """Where no plan was found in time, the error is a BoxreachError and not a false infeasible."""
    cover, weights = hard_problem()
    limits = [GroupLimit(np.arange(400) % 7 == rest, 4) for rest in range(7)]
    try:
        solution = solve(cover, weights, 30, limits=limits, seconds=1e-9)
    except BoxreachError:
        return
    assert solution.status == "feasible"
    assert keeps(limits, solution.sites)


def test_solving_twice_gives_the_same_plan():
    """Same in, same out, also where the first best is one of many."""
    cover = np.eye(9, dtype=bool)
    assert solve(cover, np.ones(9), 4).sites.tolist() == solve(cover, np.ones(9), 4).sites.tolist()


def test_the_inputs_are_not_changed():
    """Cover matrix and weights are the caller's."""
    cover, weights = csr_array(np.eye(4)), np.array([1.0, 2.0, 0.0, 4.0])
    max_cover(cover, weights, sites=2)
    assert (cover.toarray() == np.eye(4)).all()
    assert weights.tolist() == [1.0, 2.0, 0.0, 4.0]


def validation(name):
    path = VALIDATION / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the validation instance {name} is not beside the checkout")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.real
def test_swain_55_is_solved_to_its_known_optima():
    """Every answer of Swain's 55 nodes, where 18 pairs lie at exactly the radius."""
    data = validation("swain55")
    x, y, weights = (np.array(data[name], dtype=float) for name in ("x", "y", "demand"))
    square = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    for answer in data["mclp"]:
        cover = square <= answer["radius"] ** 2
        solution = solve(cover, weights, answer["p"])
        assert solution.status == "optimal"
        assert solution.objective == solution.bound == answer["optimum"]
        assert covered_by(cover, weights, solution.sites) == answer["optimum"]


@pytest.mark.real
def test_san_francisco_is_solved_to_its_published_optimum():
    """205 tracts and 16 stores of spopt: the population covered by four within 5 km."""
    data = validation("sf205x16")
    answer = data["answers"]["mclp"]
    cover = answer["radius"] >= np.array(data["cost_matrix"]).T
    solution = solve(cover, np.array(data["demand"]), answer["p"])
    assert (solution.status, solution.objective) == ("optimal", answer["optimum"])
    chosen = {data["site_ids"][one] for one in solution.sites}
    assert chosen == set(answer["sites"])
