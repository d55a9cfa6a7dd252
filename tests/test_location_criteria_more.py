"""Cases as one question and as a program, what their values come to, and what is told."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError, InputError
from boxreach.location import CoverCase, GroupLimit, Rules, robust, robust_cover
from boxreach.location.cases import case_faults, join_cases
from boxreach.location.cases_program import WHOLE, write_cases
from boxreach.location.criteria import Criterion
from boxreach.location.problem import Finding

COVERS = [
    np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 1]]),
    np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 1]]),
]


def give(weights=((5.0, 4.0, 0.0), (1.0, 2.0, 3.0)), chances=(1.0, 3.0)):
    return [CoverCase(csr_array(cover), np.array(own), chance)
            for cover, own, chance in zip(COVERS, weights, chances, strict=True)]  # fmt: skip


def reach(cases):
    """Return who covers each merged demand, and what it weighs in each case, in a fixed order."""
    dense = cases.sets.as_matrix().toarray()
    return sorted(
        (tuple(np.flatnonzero(dense[:, one]).tolist()), tuple(cases.amounts.toarray()[:, one]))
        for one in range(dense.shape[1])
    )


def test_demand_of_all_cases_is_one_and_what_cannot_happen_or_weighs_nothing_is_left_out():
    cases = join_cases(give(), 0.25, Rules(), 2)
    assert reach(cases) == [
        ((0,), (5.0, 0.0)), ((0, 1), (4.0, 0.0)), ((0, 3), (0.0, 1.0)), ((1, 2), (0.0, 2.0)),
        ((3,), (0.0, 3.0)),
    ]  # fmt: skip
    assert cases.criterion.odds.tolist() == [0.25, 0.75]
    assert (cases.criterion.share, cases.sites, cases.costs) == (0.25, 2, None)
    assert cases.values(np.array([0, 3])).tolist() == [9.0, 4.0]
    one = join_cases(give(chances=(0.0, 3.0)), 0.25, Rules(), 2)
    assert reach(one) == [((0, 3), (1.0,)), ((1, 2), (2.0,)), ((3,), (3.0,))]
    assert one.criterion.odds.tolist() == [1.0]
    costs = np.arange(4.0)
    ruled = Rules(must_cover=np.array([1, 2]), costs=costs, budget=4.0)
    cases = join_cases(give(), 0.0, ruled, None)
    assert cases.rows.matrix.toarray().tolist() == [
        [1, 1, 0, 0], [0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 1], costs.tolist(),
    ]  # fmt: skip
    assert cases.costs.tolist() == costs.tolist()
    assert join_cases(give(), 0.0, Rules(costs=costs), 1).costs is None
    twice = [CoverCase(csr_array(([1.0, 1.0], [0, 0], [0, 2]), shape=(1, 1)), np.array([2.0]))]
    assert reach(join_cases(twice, 0.0, Rules(), 1)) == [((0,), (2.0,))]


def test_a_mix_of_cases_drops_what_weighs_nothing_in_it_and_less_sites_cover_less():
    cases = join_cases(give(), 0.25, Rules(), 2)
    problem = cases.mixed(np.array([0.5, 2.0]))
    assert sorted(problem.sets.weights) == [2.0, 2.0, 2.5, 4.0, 6.0]
    assert (problem.sites, problem.later_sites, problem.costs) == (2, 0, None)
    assert problem.worth.tolist() == [0.0, 1.0]
    first = cases.mixed(np.array([1.0, 0.0])).sets
    assert (sorted(first.weights), first.sites) == ([4.0, 5.0], 4)
    assert problem.rows is cases.rows
    less = cases.without(np.arange(4) == 0)
    assert reach(less) == [((1,), (4.0, 0.0)), ((1, 2), (0.0, 2.0)), ((3,), (0.0, 4.0))]
    assert less.rows.column_upper.tolist() == [0, 1, 1, 1]
    assert cases.rows.column_upper.tolist() == [1, 1, 1, 1]
    assert less.criterion is cases.criterion


def test_sites_are_needless_that_others_stand_for_unless_a_rule_or_the_number_cares():
    def ask(rules=None, sites=1, costs=None):
        cases = join_cases(give(), 0.0, rules or Rules(), sites)
        return np.flatnonzero(cases.find_needless()).tolist()

    assert ask() == [2]  # the second covers what it does, and more
    assert ask(sites=3) == [2]
    assert ask(sites=4) == []
    assert ask(Rules(fixed=np.array([2]))) == []
    assert ask(Rules(forbidden=np.array([2]))) == []
    assert ask(Rules(limits=(GroupLimit(np.arange(4) == 2, 0, 1),))) == []
    for dear, needless in ((1.0, [2]), (0.5, [])):
        rules = Rules(costs=np.array([1.0, 1.0, dear, 1.0]), budget=3.0)
        assert ask(rules, None) == needless
    alike = [CoverCase(csr_array(np.array([[1, 1], [1, 0], [1, 1]])), np.array([2.0, 3.0]))]

    def of(costs, sites=None):
        rules = Rules(costs=np.array(costs), budget=3.0)
        return np.flatnonzero(join_cases(alike, 0.0, rules, sites).find_needless()).tolist()

    assert of([1.0, 1.0, 1.0]) == [1, 2]
    assert of([2.0, 1.0, 1.0]) == [0, 1]
    assert of([2.0, 1.0, 2.0]) == [2]
    assert of([1.0, 1.0, 1.0], 1) == []  # the budget speaks of all of them


def test_faults_of_cases_are_told_each_and_of_their_shapes():
    good, wide = give()[0], CoverCase(csr_array((4, 9)), np.ones(9))

    def told(cases):
        return [fault.column or fault.what.split()[0] for fault in case_faults(cases)]

    assert told([]) == ["cases"]
    assert told([good, wide]) == ["cases"]
    for chance in (-1.0, math.inf, math.nan, "often"):
        wrong = CoverCase(good.cover, good.weights, chance)
        assert told([good, wrong, wrong]) == ["probability"] * 2
        assert told([wide, wrong]) == ["cases", "probability"]
    never = CoverCase(good.cover, good.weights, 0.0)
    assert told([never, never]) == ["probability"]
    assert told([never, good]) == []
    assert told([never, wide]) == ["cases"]


@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("sites", [2, None])
def test_a_program_of_cases_has_a_row_for_what_each_comes_to(share, sites):
    """To the letter; where cases may be given up each has a column, and their odds a row."""
    rules = Rules(costs=np.ones(4), budget=3.0, forbidden=np.array([1]))
    cases = join_cases(give(), share, rules, sites)
    least = np.array([5.0, 16.0])
    written = write_cases(cases, np.arange(4) == 3, top=10.0, most=0.25, least=least)
    program, demand = written.program, len(cases.sets.weights)
    assert written.within.tolist() == [0, 2, 3]
    own, further = 3 + demand, 3 if share else 1
    matrix, height = program.matrix.toarray(), demand + (sites is not None) + 1
    assert (written.rules, written.shares) == (height - 1, height)
    assert matrix.shape == (height + 2 + bool(share), own + further)
    dense = cases.sets.as_matrix().toarray()
    rows = [
        [*-dense[[0, 2, 3], one], *np.eye(demand)[one], *[0] * further] for one in range(demand)
    ]
    rows += [[1, 1, 1, *[0] * (demand + further)]] * (1 + (sites is not None))
    spared = np.diag(WHOLE * np.array([0.5, 0.0])) if share else np.zeros((2, 0))
    for nth, amounts in enumerate(cases.amounts.toarray()):
        rows.append([0, 0, 0, *(amounts * WHOLE / 10), 1.0, *spared[nth]])
    if share:
        rows.append([*[0] * (own + 1), 0.25, 0.75])
    assert matrix == pytest.approx(np.array(rows, dtype=float))
    assert program.row_lower[height:].tolist() == [WHOLE, WHOLE] + [-math.inf] * bool(share)
    assert program.row_upper[height : height + 2].tolist() == [math.inf] * 2
    if share:
        assert program.row_upper[-1] == pytest.approx(cases.criterion.spare * (1 + 1e-9), rel=1e-15)
    assert program.gain.tolist() == [0.0] * own + [-1.0] + [0.0] * (further - 1)
    assert program.column_lower.tolist() == [0, 0, 1] + [0] * (demand + further)
    assert program.column_upper[own:].tolist() == [WHOLE / 4] + [1.0] * (further - 1)
    assert program.integer[own:].tolist() == [False] + [True] * (further - 1)
    wide = write_cases(cases, np.arange(4) == 3, top=10.0, most=1.5, least=least)
    assert wide.program.column_upper[own] == WHOLE
    start = written.start(np.array([0, 3]))
    assert start[:3].tolist() == [1, 0, 1]
    assert np.isnan(start[3:]).all()
    assert len(start) == own + further
    assert written.read(np.array([0.51, 0.5, 1.0, *[1.0] * (own - 3)])).tolist() == [0, 3]


# --- criteria -------------------------------------------------------------------------------------


def test_odds_that_may_be_given_up_are_forgiven_rounding_and_of_equal_cases_are_whole():
    tenths = Criterion(0.3, np.full(10, 0.1))
    assert tenths.spare == pytest.approx(0.3, abs=1e-15)
    assert tenths.of(np.arange(10.0)) == 3.0
    assert Criterion(0.3 - 2e-9, np.full(10, 0.1)).of(np.arange(10.0)) == 2.0
    assert Criterion(0.3 - 0.5e-9, np.full(10, 0.1)).of(np.arange(10.0)) == 3.0
    uneven = Criterion(0.3, np.array([0.1, 0.2, 0.7]))
    assert uneven.spare == 0.3 + 1e-9
    for values, came in (([1.0, 2, 3], 3), ([1.0, 3, 2], 2), ([3.0, 1, 2], 2), ([3.0, 2, 1], 1)):
        assert uneven.of(np.array(values)) == came
    assert Criterion(0.0, np.array([0.1, 0.2, 0.7])).of(np.array([3.0, 1, 2])) == 1.0
    assert Criterion(None, np.array([0.25, 0.75])).of(np.array([3.0, 1.0])) == 1.5
    near = np.array([0.1, 0.9 * (1 / 9)]) * 5
    assert Criterion(0.4, near).spare == 0.0  # they differ by rounding alone
    ties = Criterion(0.5, np.array([0.25, 0.25, 0.5]))
    assert ties.of(np.array([2.0, 2.0, 2.0])) == 2.0
    assert ties.of(np.array([0.0, 0.0, 2.0])) == 2.0


def test_a_bound_in_a_mix_is_the_highest_value_that_it_leaves_room_for():
    """By hand, of two cases at even odds, one of which may be given up, and of what cannot be."""
    half = Criterion(0.5, np.array([0.5, 0.5]))
    mix, none = np.array([1.0, 3.0]), np.zeros(2)
    # Of a plan that comes to q, the case of more weight is given up: 1 q is left of it.
    told = [half.in_mix(one, mix, none) for one in (0.0, 2.0, 5.0)]
    assert told == pytest.approx([0.0, 2.0, 5.0], rel=1e-8)
    assert half.mixed(5.0, mix, none) == pytest.approx(5.0, rel=1e-8)
    assert half.in_mix(5.0, mix, np.array([2.0, 4.0])) == pytest.approx(20.0 - 3.0, rel=1e-8)
    assert half.in_mix(1.0, mix, np.array([2.0, 4.0])) == 14.0
    assert half.mixed(17.0, mix, np.array([2.0, 4.0])) == pytest.approx(5.0)
    assert math.isinf(half.mixed(9.0, np.array([2.0, 0.0]), none))
    third = Criterion(0.25, np.array([0.5, 0.5]))
    assert third.in_mix(4.0, mix, none) == 16.0  # of equal cases whole ones alone: none
    assert third.mixed(16.0, mix, none) == 4.0
    part = Criterion(0.25, np.array([0.4, 0.6]))
    # 12 for 0.6 before 4 for 0.4: of the first 0.25 / 0.6 is given up.
    assert part.in_mix(4.0, mix, none) == pytest.approx(16.0 - 12.0 * 0.25 / 0.6, rel=1e-8)
    assert part.mixed(11.0, mix, none) == pytest.approx(4.0, rel=1e-7)
    big = 1e30
    assert part.mixed(11.0 * big, mix, none) == pytest.approx(4.0 * big, rel=1e-7)
    worst = Criterion(0.0, np.array([0.5, 0.5]))
    assert (worst.mixed(8.0, mix, none), worst.in_mix(2.0, mix, none)) == (2.0, 8.0)


# --- several cases, told --------------------------------------------------------------------------


@pytest.fixture
def ready(monkeypatch):
    """Have no kernels made ready: it takes long where they are not compiled."""
    monkeypatch.setattr(robust, "rehearse", lambda *_, **__: None)
    monkeypatch.setattr(robust, "_rehearse_cases", lambda: None)


@pytest.mark.usefixtures("ready")
def test_an_answer_tells_what_each_case_comes_to_also_one_that_cannot_happen(monkeypatch):
    """And of what no plan covers more; without a plan it says whether there is any."""
    cases = give(chances=(1.0, 0.0))
    found = robust_cover(cases, sites=1, criterion="worst", seed=7)
    assert (found.status, found.objective, found.bound) == ("optimal", 9.0, 9.0)
    assert (found.sites.tolist(), found.values.tolist(), found.most.tolist()) == (
        [0], [9.0, 1.0], [9.0, 6.0],
    )  # fmt: skip
    assert (found.seed, found.seconds > 0) == (7, True)
    told = {}
    whole = robust.CasesSearch

    class Search(whole):
        def __init__(self, joined, **options):
            told.update(options)
            super().__init__(joined, **options)

        def run(self, known):
            told["known"] = [one.tolist() for one in known]
            return findings[0]

    monkeypatch.setattr(robust, "CasesSearch", Search)
    heard = print
    for finding, status, bound in (
        (Finding(np.array([1]), 6.0), "feasible", 6.0),
        (Finding(np.array([1]), 4.0), "optimal", 4.0),
        (Finding(np.array([1]), 3.0), "optimal", 4.0),
        (Finding(np.array([1]), 4.0 * (1 + 0.5e-9)), "optimal", 4.0),
    ):  # fmt: skip
        findings = [finding]
        came = robust_cover(cases, sites=1, criterion="worst", known=[[2, 0, 2], []], seed=3,
                            progress=heard, seconds=5)  # fmt: skip
        assert (came.status, came.objective, came.bound) == (status, 4.0, bound)
    assert (told["known"], told["seed"], told["progress"]) == ([[0, 2], []], 3, heard)
    assert told["chances"].tolist() == [1.0]
    findings = [Finding(None, 4.0)]
    with pytest.raises(BoxreachError, match="found in 5 seconds"):
        robust_cover(cases, sites=1, seconds=5)
    findings = [Finding(None, 0.0, infeasible=True)]
    none = robust_cover(cases, sites=1, seed=2)
    assert (none.status, none.objective, none.bound, none.sites.tolist()) == (
        "infeasible",
        0,
        0,
        [],
    )
    assert none.seed == 2


@pytest.mark.usefixtures("ready")
def test_faults_of_arguments_are_told_once_and_of_each_case():
    def told(cases=None, **given):
        with pytest.raises(InputError) as caught:
            robust_cover(give() if cases is None else cases, **{"sites": 1, **given})
        return [fault.column or fault.what.split()[0] for fault in caught.value.faults]

    assert told(sites=None) == ["sites"]
    assert told(sites=9, seconds=-1, seed=-1) == ["sites", "seconds", "seed"]
    assert told(criterion="p0") == ["criterion"]
    for plan in ([4], [-1], [0.0], [[0]], ["a"]):
        assert told(known=[[0], plan]) == ["known"]
    assert told(known=[[9], [8]]) == ["known", "known"]
    assert told([], criterion="p0") == ["cases", "criterion"]
    short = [CoverCase(csr_array(one), np.ones(2)) for one in COVERS]
    assert told(short) == ["weights", "weights"]
    assert told(rules=Rules(fixed=np.array([9]))) == ["fixed"]
    assert robust_cover(give(), sites=1, known=[[], [3]]).status == "optimal"
    budget = Rules(costs=np.ones(4), budget=1.0)
    assert robust_cover(give(), sites=None, rules=budget).objective > 0
