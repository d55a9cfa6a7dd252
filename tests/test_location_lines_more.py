"""Choices along a line and of capacities, against plain references written from their rules."""

import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError
from boxreach.location import GroupLimit, Rules, capacity
from boxreach.location.capacity import (
    _assign,
    _better,
    _bound,
    _held_down,
    _largest_flow,
    _pose,
    _start,
    _take_greedily,
    _total,
    _with_capacities,
    _write_program,
    capacitated_cover,
)
from boxreach.location.intervals import (
    Chains,
    Runs,
    Scale,
    _place_rest,
    _prove,
    _undominated,
    fewest_along,
    fewest_for,
    find_runs,
    most_along,
)
from boxreach.location.program import Answer


def draw_runs(seed, sites=12, demand=14, longest=5):
    """Runs of many lengths, some alike, some empty."""
    random = np.random.default_rng(seed + 2200)
    first = random.integers(0, demand, sites)
    after = np.minimum(demand, first + random.integers(0, longest + 1, sites))
    first[after == first] = after[after == first] = 0
    first[-1], after[-1] = first[0], after[0]
    return Runs(first, after, demand), random


def holds(runs, one, other):
    """Whether the run of a site holds that of another; of equal runs the first site's does."""
    wide = runs.first[one] <= runs.first[other] and runs.after[one] >= runs.after[other]
    same = runs.first[one] == runs.first[other] and runs.after[one] == runs.after[other]
    return one != other and wide and (not same or one < other)


@pytest.mark.parametrize(("sites_given", "demand", "longest"), [(12, 14, 5), (40, 60, 25)])
@pytest.mark.parametrize("seed", range(12))
def test_chains_are_the_best_of_all_ways_to_add_a_last_site(seed, sites_given, demand, longest):
    """Of equal ways one that ends before the last begins, then the earliest: n by n."""
    runs, random = draw_runs(seed, sites_given, demand, longest)
    free = np.sort(random.choice(sites_given, sites_given - 2, replace=False))
    weights = random.integers(0, 4, demand).astype(float)
    sums = np.append(0, np.cumsum(weights)).astype(np.int64)
    sites = [one for one in free if runs.after[one] > runs.first[one]
             and not any(holds(runs, other, one) for other in free)]  # fmt: skip
    sites.sort(key=lambda one: runs.first[one])
    assert _undominated(runs, free).tolist() == sites
    first, after = runs.first[sites], runs.after[sites]
    alone = sums[after] - sums[first]
    values, parents = [alone.tolist()], [[-1] * len(sites)]
    while len(values) < len(sites):
        value, parent = [], []
        for one in range(len(sites)):
            apart = [(values[-1][j] + alone[one], 1, -j) for j in range(one)
                     if after[j] <= first[one] and values[-1][j] >= 0]  # fmt: skip
            beyond = [j for j in range(one) if after[j] > first[one] and values[-1][j] >= 0]
            joined = [(values[-1][j] + sums[after[one]] - sums[after[j]], 0, -j) for j in beyond]
            most = max(apart + joined, default=(-(2**62), 0, 1))
            value.append(int(most[0]))
            parent.append(-most[2])
        if max(value) <= max(values[-1]):
            break
        values.append(value)
        parents.append(parent)
    for count in (0, 1, 2, 3, 12):
        chains = Chains(runs, sums, free)
        chains.grow(count)
        many = min(count, len(values))
        if not max(values[0]):
            many = 0
        assert chains.count == many
        assert [one.tolist() for one in chains.values] == values[:many]
        assert [one.tolist() for one in chains.parents] == parents[:many]
        assert chains.value == (max(values[many - 1]) if many else 0)
        at = values[many - 1].index(chains.value) if many else -1
        best = []
        for nth in reversed(range(many)):
            best.append(sites[at])
            at = parents[nth][at]
        assert chains.best.tolist() == sorted(best)
    chains.grow(2)
    assert chains.count == min(12, len(values) if max(values[0]) else 0)


@pytest.mark.parametrize("seed", range(20))
def test_the_fewest_along_a_line_are_those_that_reach_furthest_the_first_of_equals(seed):
    runs, random = draw_runs(seed)
    fixed, barred = random.choice(12, 1), random.choice(12, seed % 3, replace=False)
    barred = np.setdiff1d(barred, fixed)
    need = random.integers(0, 3, 14) * (random.random(14) < 0.5)
    chosen, found = set(fixed.tolist()), True
    for one, asked in enumerate(need.tolist()):
        covering = [s for s in range(12) if runs.first[s] <= one < runs.after[s]]
        left = sorted(set(covering) - chosen - set(barred.tolist()),
                      key=lambda s: (-runs.after[s], s))  # fmt: skip
        lacks = asked - len(chosen.intersection(covering))
        found = found and lacks <= len(left)
        chosen |= set(left[: max(0, lacks)])
    told = fewest_along(runs, need, fixed=fixed, forbidden=barred)
    assert (told is None) == (not found)
    if found:
        assert told.tolist() == sorted(chosen)
        assert told.dtype == np.int64


def test_runs_are_told_of_covers_in_any_order_and_stored_twice():
    twice = csr_array(([1.0, 1, 1, 1], [2, 1, 2, 0], [0, 3, 3, 4]), shape=(3, 4))
    runs = find_runs(twice)
    assert (runs.first.tolist(), runs.after.tolist(), runs.demand) == ([1, 0, 0], [3, 0, 1], 4)
    assert twice.nnz == 4
    assert find_runs(csr_array((2, 3))).after.tolist() == [0, 0]


def test_a_scale_is_the_finest_on_which_all_weights_together_can_be_counted():
    """In parts of 2 ** -60 of the next power of two above their sum."""
    for weights, coarse, exponent, rounded, slack in (
        ([1.0, 2.0, 3.0], 16, 3 - 60, 16, 0.0), ([8.0], 0, 4 - 60, 0, 0.0),
        ([2.0**43 - 1], 16, 43 - 60, 16, 0.0), ([2.0**43], 16, 44 - 60, 0, 0.0),
        ([0.5, 0.25], 0, 0 - 60, 0, 2.0**-60 * (2 + 1)),
        ([0.5, 0.25, 0.5], 16, 1 - 60, 16, 2.0**-59 * (3 + 2**16)), ([0.0], 0, -60, 0, 0.0),
        ([2.0**70, 0.5], 0, 71 - 60, 0, 2.0**11 * (2 + 1)),
    ):  # fmt: skip
        scale = Scale.of(np.array(weights), coarse)
        assert (scale.exponent, scale.coarse, scale.slack) == (exponent, rounded, slack)
    for coarse in (0, 3):
        scale, weights = Scale(-4, coarse, 0.25), [0.3, 1.0, 2.71]
        parts = [round(Fraction(one) * 16) for one in weights]
        sums = [sum(parts[:many]) for many in range(4)]
        half = (1 << coarse) // 2
        assert scale.prefix(np.array(weights)).tolist() == [
            (one + half) // (1 << coarse) for one in sums
        ]
        chains = SimpleNamespace(value=5, count=3)
        assert scale.most(chains) == 5 * 2.0 ** (coarse - 4) + 0.75


def test_more_or_fewer_sites_than_there_may_be_are_infeasible_along_a_line():
    cover, rules = csr_array(np.eye(3)), {"fixed": np.array([0]), "forbidden": np.array([2])}
    for sites, status in ((0, "infeasible"), (1, "optimal"), (2, "optimal"), (3, "infeasible")):
        found = most_along(cover, np.ones(3), sites=sites, **rules)
        assert found.status == status
        assert found.objective == found.bound == (sites if status == "optimal" else 0.0)
        assert len(found.sites) == found.objective


def test_what_is_proven_along_a_line_is_what_meets_the_bound():
    cover, chosen = csr_array(np.eye(2)), np.array([0])
    for weight, most, status, bound in (
        (4.0, 4.0, "optimal", 4.0), (4.0, 4.9, "optimal", 4.0), (4.0, 5.0, "feasible", 5.0),
        (4.0, 5.0 - 1e-12, "feasible", 5.0), (4.5, 4.5 * (1 + 0.9e-9), "optimal", 4.5),
        (4.5, 4.6, "feasible", 4.6), (4.0, 5.5, "feasible", 5.0),
    ):  # fmt: skip
        found = _prove(cover, np.array([weight, 9.0]), chosen, most)
        assert (found.status, found.objective) == (status, weight)
        assert found.bound == pytest.approx(bound, rel=1e-15)
        assert found.sites.tolist() == [0]


@pytest.mark.parametrize("seed", range(10))
def test_sites_to_spare_go_where_they_cover_most_again_and_then_to_the_first(seed):
    runs, random = draw_runs(seed)
    weights = random.integers(0, 4, 14) * 1.0
    free = np.arange(1, 12)
    sums = np.append(0, np.cumsum(weights)).astype(np.int64)
    chosen = set()
    for count in range(1, 12):
        told = _place_rest(runs, weights, np.array(sorted(chosen), dtype=int), free, count)
        plain = set(chosen)
        while len(plain) < count:
            left = np.setdiff1d(free, sorted(plain))
            more = Chains(runs, sums, left)
            more.grow(count - len(plain))
            some = more.best.tolist() if more.value else left[: count - len(plain)].tolist()
            plain |= set(some)
        assert told.tolist() == sorted(plain)
        chosen = {1, 4} if count > 4 else set()


def test_the_fewest_for_a_weight_are_no_more_than_that_needs():
    cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]]))
    weights, runs = np.array([4.0, 1.0, 1.0, 3.0]), find_runs(cover)

    def ask(need, **rules):
        told = fewest_for(runs, cover, weights, need, **rules)
        return told and (told[0].tolist(), told[1])

    assert [ask(need) for need in (0.0, 5.0, 5.5, 9.0, 9.5)] == [
        ([], 0), ([0], 1), ([0, 2], 2), ([0, 2], 2), None,
    ]  # fmt: skip
    fixed = {"fixed": np.array([1])}
    assert [ask(need, **fixed) for need in (2.0, 6.0, 9.0)] == [
        ([1], 1),
        ([0, 1], 2),
        ([0, 1, 2], 3),
    ]
    assert ask(6.0, forbidden=np.array([0])) is None
    assert ask(5.0, forbidden=np.array([0])) == ([1, 2], 2)


def test_a_choice_along_a_line_is_looked_at_again_where_it_may_be_a_difference(monkeypatch):
    """First rounded off, then as fine as can be, and no more where the first is proven."""
    scales = []
    whole = Scale.of
    monkeypatch.setattr(
        Scale,
        "of",
        lambda weights, coarse: scales.append(coarse) or whole(weights, coarse),
    )
    cover = csr_array(np.eye(3))
    assert most_along(cover, np.array([3.0, 1.0, 2.0]), sites=2).sites.tolist() == [0, 2]
    assert scales == [16]
    del scales[:]
    near = np.array([1.0, 1.0 + 2.0**-47, 0.1])
    assert most_along(cover, near, sites=1).objective == pytest.approx(1.0)
    assert scales[0] == 16


# --- capacities -----------------------------------------------------------------------------------


def draw_task(seed, *, sites=3, rules=None):
    random = np.random.default_rng(seed + 2300)
    cover = random.random((6, 9)) < 0.4
    cover[:, 3] = cover[:, 5]
    weights = random.integers(0, 6, 9).astype(float)
    given = random.integers(0, 12, 6).astype(float)
    given[0] = np.inf
    return _pose(csr_array(cover.astype(float)), weights, given, sites, rules or Rules()), given


@pytest.mark.parametrize("seed", range(12))
def test_a_first_choice_takes_what_can_serve_most_and_gives_the_rarest_demand_first(seed):
    """Fixed sites come first, the last named before the others; without a number it stops."""
    half = np.arange(6) < 3
    ways = (
        (3, Rules()), (4, Rules(fixed=np.array([2, 4]))), (3, Rules(forbidden=np.array([0, 5]))),
        (3, Rules(apart=np.array([[0, 1]]), limits=(GroupLimit(half, 2, None),))),
        (None, Rules(costs=np.ones(6), budget=4.0)),
        (None, Rules(costs=np.ones(6), budget=5.0, limits=(GroupLimit(~half, 3, None),))),
    )  # fmt: skip
    for sites, rules in ways:
        task, _ = draw_task(seed, sites=sites, rules=rules)
        cover, left = task.cover.toarray() > 0, task.merged.weights.copy()
        rare, chosen, waiting = cover.sum(axis=0), [], rules.fixed.tolist()
        while sites is None or len(chosen) < sites or waiting:
            allowed = capacity.allowed_next(task.rows, np.isin(np.arange(6), chosen))
            gains = [min(task.capacities[one], left[cover[one]].sum()) if allowed[one] else -1.0
                     for one in range(6)]  # fmt: skip
            if waiting:
                best = waiting.pop()
            elif max(gains) < 0:
                break
            else:
                best = gains.index(max(gains))
            held = task.rows.matrix @ np.isin(np.arange(6), chosen).astype(float)
            if sites is None and gains[best] == 0 and (held >= task.rows.lower).all():
                break
            chosen.append(best)
            spare = task.capacities[best]
            for one in sorted(np.flatnonzero(cover[best]), key=lambda one: rare[one]):
                given = min(spare, left[one])
                left[one], spare = left[one] - given, spare - given
        assert _take_greedily(task).tolist() == sorted(chosen)


@pytest.mark.parametrize("most_tied", [200_000, 0])
@pytest.mark.parametrize("sites", [2, None])
def test_a_program_of_capacities_is_that_of_the_model(sites, most_tied, monkeypatch):
    """Each pair serves a share of the least of both; all shares of a demand are one at most."""
    monkeypatch.setattr(capacity, "_MOST_TIED_PAIRS", most_tied)
    rules = Rules(fixed=np.array([1]), costs=np.array([1.0, 2.0, 4.0]), budget=5.0)
    cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]]))
    task = _pose(cover, np.array([4.0, 3.0, 1.0]), np.array([5.0, 9.0, 2.0]), sites, rules)
    assert task.capacities.tolist() == [5.0, 4.0, 0.0]
    assert task.sites == sites
    program = _write_program(task)
    dense, merged = program.matrix.toarray(), task.merged.weights
    pairs = [(site, one) for site in range(3) for one in np.flatnonzero(task.cover.toarray()[site])]
    most = [min(task.capacities[site], merged[one]) for site, one in pairs]
    assert program.gain.tolist() == [0, 0, 0, *most]
    wanted, limits = [[1.0, 2.0, 4.0, *[0.0] * len(pairs)]], [(-np.inf, 5.0)]
    if sites is not None:
        wanted.append([1.0] * 3 + [0.0] * len(pairs))
        limits.append((2.0, 2.0))
    for one in range(3):
        shares = [size / merged[one] for size in most]
        wanted.append([0.0] * 3 + [share * (own == one) for (_, own), share in
                                   zip(pairs, shares, strict=True)])  # fmt: skip
        limits.append((-np.inf, 1.0))
    for site in range(3):
        wanted.append([-1.0 * (other == site) for other in range(3)]
                      + [size / (task.capacities[site] or 1.0) if own == site else 0.0
                         for (own, _), size in zip(pairs, most, strict=True)])  # fmt: skip
        limits.append((-np.inf, 0.0))
    for nth, (own, _) in enumerate(pairs if most_tied else []):
        wanted.append([-1.0 * (site == own) for site in range(3)]
                      + [1.0 * (other == nth) for other in range(len(pairs))])  # fmt: skip
        limits.append((-np.inf, 0.0))
    assert dense == pytest.approx(np.array(wanted))
    told = np.column_stack([program.row_lower, program.row_upper])
    assert told == pytest.approx(np.array(limits))
    assert program.column_lower.tolist() == [0, 1, 0, *[0] * len(pairs)]
    assert program.column_upper.tolist() == [1] * (3 + len(pairs))
    assert program.integer.tolist() == [True] * 3 + [False] * len(pairs)
    monkeypatch.setattr(capacity, "_MOST_TIED_PAIRS", len(pairs))
    assert _write_program(task).matrix.shape[0] == len(wanted) + (0 if most_tied else len(pairs))


@pytest.mark.parametrize("seed", range(6))
def test_flows_are_the_largest_and_held_to_weights_and_capacities(seed):
    """Of chosen sites, what any cut between some of them and the demand lets through at least."""
    task, _ = draw_task(seed)
    cover, weights = task.cover.toarray() > 0, task.merged.weights
    for chosen in ([0, 1, 2], [1, 3], [4], [2, 3, 5]):
        flows = _largest_flow(task, np.array(chosen))
        dense = flows.toarray()
        assert (dense >= 0).all()
        assert (dense.sum(axis=0) <= weights * (1 + 1e-12)).all()
        assert (dense.sum(axis=1) <= task.capacities[chosen] * (1 + 1e-12)).all()
        assert not dense[~cover[chosen]].any()
        cuts = []
        for some in range(2 ** len(chosen)):
            here = [one for nth, one in enumerate(chosen) if some >> nth & 1]
            rest = [one for one in chosen if one not in here]
            cuts.append(task.capacities[here].sum() + weights[cover[rest].any(axis=0)].sum())
        assert _total(task, flows) == min(cuts)
        best = max(
            ([4], [0, 1, 2]), key=lambda one: _total(task, _largest_flow(task, np.array(one)))
        )
        assert _better(task, np.array([0, 1, 2]), np.array([4])).tolist() == [0, 1, 2]
        assert best
    one, two = np.array([0, 1, 2]), np.array([2, 3, 5])
    served = [_total(task, _largest_flow(task, some)) for some in (one, two)]
    assert _better(task, one, two) is (two if served[1] > served[0] else one)
    assert _better(task, two, one) is (one if served[0] > served[1] else two)
    assert _better(task, one, one.copy()) is one
    assert _better(task, one, None) is one
    assert _with_capacities(task).toarray() == pytest.approx(cover * task.capacities[:, None])


def test_little_too_much_is_taken_off_and_nothing_is_added():
    flows = csr_array(np.array([[2.0, 1.0, 0.0], [2.0, 0.0, 3.0]]))
    held = _held_down(csr_array(flows, copy=True), np.array([2.0, 1.0, 4.0]), np.array([9.0, 2.0]))
    assert held.toarray() == pytest.approx(np.array([[1.0, 1.0, 0.0], [0.5, 0.0, 1.5]]))
    same = _held_down(csr_array(flows, copy=True), np.array([4.0, 1.0, 4.0]), np.array([3.0, 9.0]))
    assert same.toarray().tolist() == flows.toarray().tolist()
    none = csr_array((np.zeros(2), [0, 1], [0, 1, 2]), shape=(2, 3))
    assert not _held_down(none, np.zeros(3), np.zeros(2)).data.any()


def test_no_choice_serves_more_than_all_weight_or_the_largest_capacities():
    """Of whole numbers a bound is whole, and so is what is served, but for the dust of a solver."""
    task = _pose(csr_array(np.ones((3, 2))), np.array([4.0, 3.0]), np.array([2.0, 1.0, 3.0]), 2,
                 Rules())  # fmt: skip
    assert [_bound(task, told) for told in (9.0, 4.9, 5.0 - 1e-7, 4.0 - 1e-5)] == [5, 4, 5, 3]
    budget = Rules(costs=np.ones(3), budget=3.0)
    free = _pose(csr_array(np.ones((3, 2))), np.array([4.0, 3.0]), np.full(3, 9.0), None, budget)
    assert _bound(free, math.inf) == 7.0
    parts = _pose(csr_array(np.ones((3, 2))), np.array([4.0, 3.25]), np.array([2.0, 1, 3]), 1,
                  Rules())  # fmt: skip
    assert [_bound(parts, told) for told in (9.0, 2.75)] == [3.0, 2.75]

    def total(which, *served):
        return _total(which, csr_array(np.array([served])))

    assert total(task, 1.0, 2.0 - 1e-8) == 3.0
    assert total(task, 1.0, 2.0 + 1e-8) == 3.0
    assert total(task, 1.0, 2.1) == 4.0
    assert total(parts, 1.0, 2.125) == 3.125


def test_the_middle_of_the_weight_of_a_demand_says_who_serves_it():
    """Of 1, 2 and 3 that are alike the first site serves 2, the second 3: middles at .5, 2, 4.5."""
    cover = csr_array(np.ones((3, 4)))
    weights = np.array([1.0, 2.0, 0.0, 3.0])
    task = _pose(cover, weights, np.array([2.0, 9.0, 3.0]), 2, Rules())
    flows = csr_array(np.array([[2.0], [3.0]]))
    assert _assign(task, np.array([0, 2]), flows, weights).tolist() == [0, 0, -1, 2]
    fewer = csr_array(np.array([[2.0], [2.0]]))
    assert _assign(task, np.array([0, 2]), fewer, weights).tolist() == [0, 0, -1, -1]
    assert _assign(task, np.array([0, 2]), csr_array((2, 1)), weights).tolist() == [-1] * 4


def test_where_the_greedy_choice_breaks_a_rule_another_is_asked_for(monkeypatch):
    """Its merit is what sites can serve; that there is none, and that none was found, differ."""
    rules = Rules(must_cover=np.array([2]))
    task = _pose(csr_array(np.array([[1, 1, 0], [0, 1, 1]])), np.array([4.0, 4.0, 3.0]),
                 np.array([5.0, 5.0]), 1, rules)  # fmt: skip
    assert _start(task, math.inf, 0).tolist() == [1]
    monkeypatch.setattr(capacity, "_take_greedily", lambda _: np.array([0]))
    assert _start(task, math.inf, 0).tolist() == [1]
    asked = []

    def answer(status, values):
        def find(rows, blocks, merit, *, seconds, seed):
            asked.append((merit.tolist(), len(blocks), seconds, seed))
            return Answer(values, 0.0, status)

        monkeypatch.setattr(capacity, "find_choice", find)

    answer("infeasible", None)
    assert _start(task, -1.0, 7) is None
    assert asked == [([5.0, 5.0], 1, 0.0, 7)]
    for values in (None, np.array([1.0, 0.0])):
        answer("unknown" if values is None else "feasible", values)
        with pytest.raises(BoxreachError, match="allow more"):
            _start(task, math.inf, 0)
    monkeypatch.undo()
    none = Rules(forbidden=np.array([0, 1]))
    found = capacitated_cover(csr_array(np.eye(2)), np.ones(2), np.ones(2), sites=1, rules=none,
                              seed=3)  # fmt: skip
    assert (found.status, found.objective, found.bound, found.seed) == ("infeasible", 0, 0, 3)
    assert found.sites.tolist() == []


def test_the_solver_of_capacities_begins_with_a_choice_and_has_the_time_that_is_left(monkeypatch):
    """Its answer is taken if it serves more; what is proven is told as such, else the bound."""
    cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0]]))
    weights, asked, whole = np.array([4.0, 2.0, 3.0, 1.0]), [], capacity.solve_program

    def solve(program, *, start=None, seconds, seed=0):
        if start is None:
            return whole(program, seconds=seconds, seed=seed)
        asked.append((start[:3].tolist(), np.isnan(start[3:]).all(), len(start), seed))
        assert 0 <= seconds <= 30
        return answers[0]

    def ask(**given):
        return capacitated_cover(cover, weights, np.full(3, 9.0), sites=2, seed=6, **given)

    monkeypatch.setattr(capacity, "solve_program", solve)
    for solver, status, bound in (
        (9.0, "optimal", 9.0), (9.9, "optimal", 9.0), (10.0, "feasible", 10.0),
        (99.0, "feasible", 10.0), (8.0, "optimal", 9.0),
    ):  # fmt: skip
        answers = [Answer(None, solver, "unknown")]
        found = ask(seconds=30)
        assert asked.pop() == ([1, 1, 0], True, 3 + 5, 6)
        assert (found.sites.tolist(), found.objective, found.seed) == ([0, 1], 9.0, 6)
        assert (found.status, found.bound, found.sense) == (status, bound, "max")
        assert found.assignment[[0, 2, 3]].tolist() == [0, 1, -1]
        assert found.seconds > 0
    answers = [Answer(np.array([0.0, 1, 1, 0, 0, 1, 1, 1]), 10.0, "feasible")]
    assert ask(seconds=0).sites.tolist() == [0, 1]
