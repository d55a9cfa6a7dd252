"""What the location models take, and what they tell of what was found: boundaries and ties."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array

from boxreach.errors import BoxreachError, InputError
from boxreach.location import GroupLimit, Rules, arrays, cover, max_cover, rehearsal, shortlist
from boxreach.location.dual import Offer
from boxreach.location.problem import Finding, Problem, count_least, raise_to_hull
from boxreach.location.regions import Regions

COVER = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=float))
PLAN = np.array([0, 1])


# --- arrays and rules -----------------------------------------------------------------------------


def test_no_positions_are_taken_however_they_are_written():
    for none in ([], (), np.empty(0), np.empty((0, 2))):
        rules = Rules(fixed=none, forbidden=none, must_cover=none, apart=none)
        for name in ("fixed", "forbidden", "must_cover", "apart"):
            assert getattr(rules, name).dtype == np.int64
            assert getattr(rules, name).shape == ((0, 2) if name == "apart" else (0,))
    rules = Rules(fixed=[3, 1, 3], limits=[GroupLimit(np.ones(4, bool))], costs=[1, 2, 3, 4])
    assert rules.fixed.tolist() == [1, 3]
    assert isinstance(rules.limits, tuple)
    assert rules.costs.dtype == np.float64
    assert Rules(apart=np.array([[2, 1], [0, 3]], dtype=np.uint8)).apart.tolist() == [
        [2, 1],
        [0, 3],
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fixed": [[1]]}, ["fixed"]), ({"fixed": [1.0]}, ["fixed"]),
        ({"fixed": [True]}, ["fixed"]),
        ({"fixed": [-1]}, ["position -1"]), ({"apart": [1, 2]}, ["apart"]),
        ({"apart": [[1, 2, 3]]}, ["apart"]), ({"apart": [[1, 1]]}, ["apart from itself"]),
        ({"apart": [[[1, 2]]]}, ["apart"]), ({"apart": [[1, 2], [3, 3]]}, ["apart from itself"]),
        ({"fixed": [-1], "must_cover": [-2]}, ["position -1", "position -2"]),
        ({"budget": 1.0}, ["no costs"]), ({"costs": [1.0], "budget": -1.0}, ["budget"]),
        ({"costs": [1.0], "budget": math.inf}, ["budget"]), ({"costs": [-1.0]}, ["cost"]),
        ({"costs": [math.nan]}, ["cost"]), ({"costs": [math.inf]}, ["cost"]),
        ({"limits": [GroupLimit(np.ones(1, bool), 0, -1)]}, ["at_most of limit 0 is -1"]),
        ({"limits": [GroupLimit(np.ones(1, bool), -1)]}, ["at_least of limit 0 is -1"]),
    ],
)  # fmt: skip
def test_rules_that_mean_nothing_are_refused_all_at_once(given, said):
    with pytest.raises(InputError) as told:
        Rules(**given)
    assert all(one in str(told.value) for one in said)
    assert len(told.value.faults) == len(said)


def test_rules_at_the_edge_mean_something():
    Rules(costs=[0.0], budget=0.0, fixed=[0], apart=[[0, 1]])
    Rules(limits=[GroupLimit(np.ones(1, bool), 0, 0), GroupLimit(np.ones(1, bool), -1, 0)])
    Rules(fixed=[2], forbidden=[0], must_cover=[1], apart=[[0, 2]], costs=[1.0] * 3).check(3, 2)
    for given, said in (({"fixed": [3]}, "position 3 of 3"), ({"must_cover": [2]}, "of 2"),
                        ({"forbidden": [3]}, "of 3"), ({"apart": [[0, 3]]}, "of 3"),
                        ({"costs": [1.0] * 2}, "2 costs for 3 sites"),
                        ({"limits": [GroupLimit(np.ones(2, bool))]}, "1 limits")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            Rules(**given).check(3, 2)


def test_rules_are_written_as_rows_in_their_order():
    """Quotas, demand to be covered, sites apart, and the budget, with half a billionth more."""
    doubled = csr_array((np.ones(4), [0, 0, 1, 1], [0, 2, 3, 4]), shape=(3, 2))
    members = np.array([1, 0, 1], dtype=int)
    rules = Rules(
        limits=[GroupLimit(members, 1), GroupLimit(~members.astype(bool), 0, 2)],
        must_cover=[0, 1], apart=[[0, 2], [1, 2]], costs=[4.0, 0.0, 6.0], budget=8.0,
        fixed=[2], forbidden=[1],
    )  # fmt: skip
    rows = rules.rows(doubled)
    assert rows.matrix.toarray().tolist() == [
        [1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 1], [1, 0, 1], [0, 1, 1], [4, 0, 6],
    ]  # fmt: skip
    inf = math.inf
    assert rows.lower.tolist() == [1, 0, 1, 1, -inf, -inf, -inf]
    assert rows.upper.tolist() == [inf, 2, inf, inf, 1, 1, 8.0 * (1 + 5e-10)]
    assert (rows.column_lower.tolist(), rows.column_upper.tolist()) == ([0, 0, 1], [1, 0, 1])
    assert Rules(costs=[1.0] * 3).rows(doubled).matrix.shape == (0, 3)
    for cost, broken in ((8.0 * (1 + 0.9e-9), False), (8.0 * (1 + 1.1e-9), True)):
        priced = Rules(costs=[cost, 0.0, 0.0], budget=8.0)
        assert bool(priced.broken(np.array([0]), doubled)) == broken


def test_costs_of_any_numbers_are_taken_as_fractions_and_copied():
    pairs, faults = arrays.as_costs(np.array([[1, 0], [2, 3]]))
    assert (pairs.dtype, pairs.nnz, faults) == (np.float64, 4, [])
    given = csr_array((np.array([2, 1]), [1, 0], [0, 2]), shape=(1, 2))
    pairs, faults = arrays.as_costs(given)
    assert (pairs.dtype, pairs.data.tolist(), pairs.indices.tolist()) == (
        np.float64,
        [1, 2],
        [0, 1],
    )
    assert given.indices.tolist() == [1, 0]
    for wrong, said in (
        (np.ones(3), "1 dimensions"), (np.ones((1, 1, 1)), "3 dimensions"),
        (np.array([[-1.0]]), "below 0"), (np.array([[np.nan]]), "below 0"),
        (csr_array((np.ones(2), [0, 0], [0, 2]), shape=(1, 2)), "stored twice"),
    ):  # fmt: skip
        pairs, faults = arrays.as_costs(wrong)
        assert len(faults) == 1
        assert said in str(InputError(*faults))
        assert "cost" in str(InputError(*faults))
    gaps, faults = arrays.as_costs(np.array([[np.inf, 1.0], [np.inf, np.inf], [0.0, np.inf]]))
    assert (gaps.indptr.tolist(), gaps.indices.tolist(), faults) == ([0, 1, 1, 2], [1, 0], [])


def test_demand_merged_by_values_is_told_apart_by_them_and_weighs_what_all_of_it_does():
    matrix = csr_array(np.array([[1.0, 2.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 3.0, 0.0]]))
    weights = np.array([1.0, 2.0, 1e16, 4.0, 1.0])
    merged = arrays.merge_demand(matrix, weights, with_values=True)
    assert isinstance(merged.columns, csc_array)
    assert sorted(merged.weights.tolist()) == [2.0, 4.0, 1e16 + 2]
    assert merged.group[0] == merged.group[2] == merged.group[4] != merged.group[1]
    plain = arrays.merge_demand(matrix, weights, with_values=False)
    assert len(plain.weights) == 2
    assert arrays.merge_demand(matrix, 0 * weights, with_values=True).group.tolist() == [-1] * 5


# --- maximal covering -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "worth", "bound", "status", "told"),
    [
        ([5, 1, 4], (0, 1), 10.0, "optimal", 10.0),
        ([5, 1, 4], (0, 1), 10.9, "optimal", 10.0),
        ([5, 1, 4], (0, 1), 11.0, "feasible", 11.0),
        ([5, 1, 4], (0, 1), 11.0 - 1e-10, "feasible", 11.0),
        ([5, 1, 4], (0, 1), 11.0 - 1e-8, "optimal", 10.0),
        ([5, 1, 4.5], (0, 1), 10.9, "feasible", 10.9),
        ([5, 1, 4.5], (0, 1), 10.5 * (1 + 0.9e-9), "optimal", 10.5),
        ([5, 1, 4.5], (0, 1), 10.5 * (1 + 1.1e-9), "feasible", 10.5 * (1 + 1.1e-9)),
        ([5, 1, 4.5], (0, 1), 9.0, "optimal", 10.5),
        ([5, 1, 4], (0, 0.5), 5.3, "feasible", 5.3),
    ],
)
def test_what_was_found_is_optimal_if_the_bound_is_no_higher(weights, worth, bound, status, told):
    """Bounds of whole weights lose what they have beyond a whole number."""
    found = cover._tell(Finding(PLAN, bound), COVER, np.array(weights) * 1.0, np.array(worth), 5.0)
    assert (found.status, found.bound, found.sites.tolist()) == (status, told, [0, 1])
    assert found.objective == sum(weights) * worth[-1]


def test_a_bound_below_all_that_can_be_covered_is_nothing():
    nothing, weights = np.empty(0, dtype=np.int64), np.array([0.0, 0.5, 2.0])
    worth = np.array([0.0, 0.0, 0.5])
    for bound, status in ((0.25 * (1 - 2e-9), "optimal"), (0.25, "feasible")):
        found = cover._tell(Finding(nothing, bound), COVER, weights, worth, 5.0)
        assert (found.status, found.bound) == (status, 0.0 if status == "optimal" else bound)
    none = cover._tell(Finding(None, 3.0, infeasible=True), COVER, weights, worth, 5.0)
    assert (none.status, none.objective, none.bound, none.sites.size) == ("infeasible", 0.0, 0.0, 0)
    with pytest.raises(BoxreachError, match="5 seconds"):
        cover._tell(Finding(None, 3.0), COVER, weights, worth, 5.0)


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ({"later_sites": 1}, True), ({"later_sites": 2}, False), ({"later_sites": -1}, False),
        ({"later_sites": 0.5}, False), ({"worth": (0, 1)}, True), ({"worth": (0,)}, False),
        ({"worth": (0.1, 1)}, False), ({"worth": (0, 0)}, False), ({"worth": (0, 1.1)}, False),
        ({"worth": (0, 0.6, 0.5)}, False), ({"worth": (0, 0.5, 0.5)}, True),
        ({"worth": ((0, 1), (0, 1))}, False), ({"sites": None}, False),
        ({"sites": None, "rules": Rules(costs=[1.0] * 3, budget=2.0)}, True),
        ({"sites": None, "rules": Rules(costs=[1.0] * 3, budget=2.0), "later_sites": 1}, False),
        ({"sites": 0, "later_sites": 3}, True), ({"sites": 0, "later_sites": 4}, False),
    ],
)  # fmt: skip
def test_numbers_worth_and_sites_that_mean_nothing_are_refused(given, right):
    asked = {"worth": (0, 1), "sites": 2, "later_sites": 0, "rules": Rules()} | given
    faults = cover._more_faults(
        *(asked[one] for one in ("worth", "sites", "later_sites", "rules")), 3
    )
    assert len(faults) == (not right)


def test_a_cover_is_searched_from_when_its_kernels_are_there_with_all_that_was_given(monkeypatch):
    kinds, made = [], []

    class Told:
        def __init__(self, problem, **given):
            made.append((problem, given))

        def run(self):
            return Finding(PLAN, 10.0)

    clock = iter([100.0, 103.0] * 2)
    monkeypatch.setattr(cover, "rehearse", lambda *had, small: kinds.append((*had, small)))
    monkeypatch.setattr(cover, "Search", Told)
    monkeypatch.setattr(cover, "time", SimpleNamespace(monotonic=clock.__next__))
    rules = Rules(costs=[1.0, 2, 3], budget=9.0)
    for few, small in ((5, True), (4, False)):
        monkeypatch.setattr(cover, "_FEW_PAIRS", few)
        found = max_cover(COVER, np.array([5.0, 1, 4]), sites=2, seconds=7.0, seed=9, rules=rules,
                          progress=print)  # fmt: skip
        assert kinds.pop() == ("int32", "int32", small)
        problem, given = made.pop()
        assert given == {"deadline": 107.0, "seed": 9, "progress": print}
        assert (problem.sites, problem.later_sites, problem.costs) == (2, 0, rules.costs)
        assert (found.seconds, found.seed, found.status) == (3.0, 9, "optimal")


def test_costs_matter_to_a_search_only_beside_a_budget_and_demand_must_have_enough_sites():
    weights, worth = np.array([5.0, 1.0, 4.0]), np.array([0.0, 0.0, 1.0])
    given = {"sites": 1, "later_sites": 2, "rules": Rules(costs=[1.0] * 3)}
    problem = cover.pose(COVER, weights, worth, **given)
    assert problem.costs is None
    assert (problem.total, problem.later_sites) == (3, 2)
    assert problem.sets.merged.tolist() == [-1, 0, 1]
    assert Problem(problem.sets, worth, problem.rows, None, 2).total is None
    assert count_least(worth) == 2
    assert raise_to_hull(np.array([0.0, 0.0, 0.0, 0.9, 1.0])) == pytest.approx(
        [0, 0.3, 0.6, 0.9, 1]
    )
    assert raise_to_hull(np.array([0.0, 0.5, 0.5, 1.0])) == pytest.approx([0, 0.5, 0.75, 1.0])


# --- what runs before and beside a search ---------------------------------------------------------


@pytest.mark.parametrize("small", [True, False])
def test_kernels_are_called_beforehand_in_the_kinds_that_come_and_in_every_way_of_a_search(
    small, monkeypatch
):
    merged, thinned, made = [], [], []
    merge = rehearsal.merge_demand

    def told(start, demand, weights, *, kept):
        merged.append((start.dtype.name, demand.dtype.name, start[-1] == len(demand), kept.all()))
        return merge(start, demand, weights, kept=kept)

    class Told:
        def __init__(self, problem, **given):
            made.append((problem.sites, problem.worth.tolist(), problem.rows.matrix.shape, given))

        def run(self):
            made.append("run")

    monkeypatch.setattr(rehearsal, "merge_demand", told)
    monkeypatch.setattr(rehearsal, "thin_out", lambda sets: thinned.append(sets.sites))
    monkeypatch.setattr(rehearsal, "Search", Told)
    rehearsal.rehearse.__wrapped__("int64", "int32", small=small)
    ways = {} if small else {"small": 0, "big": 0, "solver": False}
    assert made == [(3, [0.0, 1.0], (0, 12), {"deadline": math.inf, **ways}), "run"]
    # A matrix as it comes, its pairs doubled, and one that was merged before.
    assert merged == [("int64", "int32", True, True)] * (1 if small else 2)
    assert thinned == ([] if small else [12])


class Part:
    """Prices on a list, as a shortlist sees them."""

    def __init__(self, rules):
        self.rule_prices, self.told = np.zeros(rules), []
        self.sets = SimpleNamespace(sites=4, weights=np.array([2.0, 4.0]))
        self.best = SimpleNamespace(prices=np.array([1.0, 3.0]), bound=100.0)

    def lengthen(self):
        self.told.append("lengthen")

    def descend(self, *given):
        self.told.append(given)


@pytest.mark.parametrize(("over", "whole"), [(0.0099, True), (0.0101, False)])
@pytest.mark.parametrize("rules", [0, 1])
def test_steps_on_a_list_lead_to_prices_on_all_sites(rules, over, whole, monkeypatch):
    """From both sides where picks keep all rules, one approach for as long as the list is one."""
    offer = Offer(np.empty(0), np.empty(0), np.empty(0), np.array([1, 3]), 5.0)
    part, saddles, went = Part(rules), [], []

    class Saddle:
        def __init__(self, part, fractions, before=None):
            self.part, self.fractions, self.told = part, fractions, []
            saddles.append((part, fractions, before, self))

        def approach(self, *given):
            self.told.append(given)

    evaluated = []

    def evaluate(target):
        evaluated.append(target)
        return SimpleNamespace(bound=100.0 + over)

    def go_on_from(shares, part):
        went.append((shares.tolist(), part))

    dual = SimpleNamespace(last=offer, evaluate=evaluate, go_on_from=go_on_from)
    monkeypatch.setattr(shortlist, "Saddle", Saddle)
    listed = shortlist.Shortlist(dual, np.zeros(4, dtype=bool))
    asked = []
    monkeypatch.setattr(listed, "_extend", lambda *given: asked.append(given) or part)
    assert listed.descend(7.0, deadline=9.0) is whole
    assert listed.descend(7.0, deadline=9.0, steps=5, pairs=6) is whole
    assert asked == [(offer, 3_000_000), (offer, 6)]
    assert went == [([0.5, 0.75], part)] * 2
    assert evaluated == [7.0, 7.0]
    if rules:
        assert part.told == ["lengthen", (7.0, 100, 9.0), "lengthen", (7.0, 5, 9.0)]
        assert not saddles
        return
    ((on, fractions, before, first),) = saddles
    assert (on, fractions.tolist(), before) == (part, [0, 1, 0, 1], None)
    assert first.told == [(7.0, 100, 9.0), (7.0, 5, 9.0)]
    part = Part(rules)
    listed.descend(7.0, deadline=9.0)
    assert saddles[1][:3] == (part, first.fractions, first)


def test_regions_add_up_to_a_bound_and_turn_over_what_would_fall_below_the_plan():
    """A site's margin is what its region loses; what is not loose there stays as it is."""
    regions = Regions.__new__(Regions)
    regions.sets, regions.price = SimpleNamespace(sites=7), 2.0
    regions.picks, regions._idle = SimpleNamespace(count=5), np.array([6])
    regions._parts = [np.array([0, 2, 4]), np.array([1, 3, 5])]
    one = SimpleNamespace(margins=np.array([3.0, -3.0, 0.5]), low=np.zeros(3, bool), bound=12.0)
    two = SimpleNamespace(margins=np.array([-1.0, 1.0, 0.0]), low=np.array([0, 1, 0]) > 0,
                          bound=20.0)  # fmt: skip
    regions._searches = [
        SimpleNamespace(bound=10.0, root=one),
        SimpleNamespace(bound=20.0, root=two),
    ]
    assert regions.bound == pytest.approx(38.0, rel=1e-9)
    assert regions.bound > 38.0
    # At most 38 - 10 + 12 less 3 = 37 in one region, and 38 less 1 = 37 in the other.
    for least, out, into in ((36.9, [], []), (37.1, [1, 2], [0]), (38.1, [1, 2, 5], [0]),
                             (40.1, [1, 2, 5], [0, 4])):  # fmt: skip
        told = regions.turned_over(least)
        assert [np.flatnonzero(each).tolist() for each in told] == [out, into]
    regions.picks = SimpleNamespace(count=None)
    assert regions.bound == pytest.approx(28.0, rel=1e-9)
