"""What searches through several cases hold true on the way, on every path."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from boxreach.location import CoverCase, Rules
from boxreach.location import cases_search as cases_room
from boxreach.location.cases import join_cases
from boxreach.location.cases_program import write_cases
from boxreach.location.cases_search import CasesSearch
from boxreach.location.cover import pose
from boxreach.location.cover_sets import CoverSets
from boxreach.location.problem import Problem
from boxreach.location.program import solve_program
from boxreach.location.proof import keeps, write_program, write_rules, write_start

SITES, CHOSEN = 9, 3
WORTHS = [(0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.6, 0.9)]


@pytest.mark.slow
@pytest.mark.parametrize("later", [0, 2])
@pytest.mark.parametrize("worth", WORTHS)
@pytest.mark.parametrize("seed", range(3))
def test_a_program_of_a_cover_has_every_plan_at_its_worth(
    seed, worth, later, draw_road_cover, draw_rules_of_kind, list_plans
):
    """Sites barred and sure are so, and a plan given as a start is a solution of it."""
    random = np.random.default_rng(seed + 1000)
    cover, weights = draw_road_cover(random, demand=10)
    rules = draw_rules_of_kind(random, "groups")
    sites = None if seed == 2 and not later else 2
    problem = pose(csr_array(cover.astype(float)), weights, np.array(worth), sites=sites,
                   later_sites=later, rules=rules)  # fmt: skip
    plans = list_plans(cover, weights, worth, rules, sites, later)
    barred, sure = np.arange(SITES) == 7, np.arange(SITES) == 4
    plans = {one: value for one, value in plans.items() if 7 not in one and 4 in one}
    program = write_program(
        problem.sets, problem.worth, problem.rows, sites=sites, later_sites=later,
        barred=barred, sure=sure,
    )  # fmt: skip
    answer = solve_program(program, seconds=20)
    assert answer.status == "optimal"
    assert answer.bound == pytest.approx(max(plans.values()))
    within = np.flatnonzero(~barred)
    chosen = within[answer.values[: len(within)] > 0.5]
    assert plans[tuple(chosen.tolist())] == pytest.approx(answer.bound)
    concave = worth != WORTHS[1]
    assert program.integer.sum() == len(within) + (SITES if later else 0) + (
        0 if concave else len(problem.sets.weights) * 2
    )
    whole = answer.values[-SITES:] > 0.5 if later else np.zeros(SITES, dtype=bool)
    follow = np.setdiff1d(np.flatnonzero(whole), chosen)
    start = write_start(problem.sets, problem.worth, chosen, follow, barred=barred)
    rows = program.matrix @ start
    assert ((rows >= program.row_lower) & (rows <= program.row_upper)).all()
    assert ((start >= program.column_lower) & (start <= program.column_upper)).all()
    assert program.gain @ start == pytest.approx(answer.bound)
    gain = random.integers(1, 9, SITES).astype(float)
    for many in (3, None):
        some = solve_program(write_rules(problem.rows, gain, sites=many), seconds=20)
        allowed = list_plans(cover, weights, worth, rules, many)
        best = max(gain[list(one)].sum() for one in allowed)
        assert some.bound == pytest.approx(best)


# --- several cases --------------------------------------------------------------------------------


class WatchedCases(CasesSearch):
    """The same for several cases."""

    def __init__(self, cases, plans, **options):
        self.every = plans
        super().__init__(cases, deadline=1e12, **options)
        self.best = max((value for value, _ in plans.values()), default=-math.inf)

    def _note(self, bound):
        assert bound >= self.best * (1 - 1e-9)
        super()._note(bound)

    def _turn(self, barred, sure):
        super()._turn(barred, sure)
        for plan, (value, _) in self.every.items():
            if value > self.value * (1 + 1e-9):
                flags = np.isin(np.arange(SITES), plan)
                assert not (flags & self._barred).any()
                assert flags[self.sure].all()
        assert not self.cases.sets.as_matrix().toarray()[self._barred].any()

    def take(self, plan):
        before = self.value, self.mean
        super().take(plan)
        assert (self.value, self.mean) >= before
        if self.chosen is not None:
            value, mean = self.every[tuple(self.chosen.tolist())]
            assert (self.value, self.mean) == (pytest.approx(value), pytest.approx(mean))


@pytest.fixture
def pose_cases(draw_road_cover, draw_rules_of_kind):
    """Pose a question of four cases: the cases, all plans, and the odds."""

    def build(seed, share, kind, sites=CHOSEN):
        random = np.random.default_rng(seed + 1100)
        usual, weights = draw_road_cover(random)
        ways = [usual & (random.random(usual.shape) < 0.75) for _ in range(4)]
        given = [CoverCase(csr_array(way.astype(float)), np.roll(weights, at), 1.0 + at % 2)
                 for at, way in enumerate(ways)]  # fmt: skip
        rules = draw_rules_of_kind(random, kind)
        cases = join_cases(given, share, rules, sites)
        odds, plans = cases.criterion.odds, {}
        for one in combinations(range(SITES), CHOSEN):
            flags = np.isin(np.arange(SITES), one).astype(float)
            if keeps(cases.rows, flags):
                values = np.array([case.weights[way[list(one)].any(axis=0)].sum()
                                   for way, case in zip(ways, given, strict=True)])  # fmt: skip
                assert cases.values(np.array(one)) == pytest.approx(values)
                if share is None:
                    came = float(odds @ values)
                else:
                    gives = [some for size in range(4) for some in combinations(range(4), size)
                             if odds[list(some)].sum() <= share + 1e-9]  # fmt: skip
                    came = max(np.delete(values, list(some)).min() for some in gives)
                plans[one] = came, float(odds @ values)
        return cases, plans, [1.0 + at % 2 for at in range(4)]

    return build


WAYS = {
    "at once": ({}, {}),
    "relaxed": ({"small": 0}, {}),
    "mixed": ({"small": 0}, {"_EASY": 0, "_FOR_RELAXATION": 0}),
    "mixed alone": ({"small": 0}, {"_EASY": 0, "_FOR_RELAXATION": 0, "_FOR_SOLVER": 0}),
    "relaxed alone": ({"small": 0}, {"_FOR_SOLVER": 0}),
}


@pytest.mark.slow
@pytest.mark.parametrize("share", [None, 0.0, 0.35])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("seed", "kind"), [(0, "free"), (1, "groups"), (2, "all")])
def test_every_way_through_cases_leads_to_the_best_plan_and_rules_out_no_better_one(
    seed, kind, way, share, pose_cases, monkeypatch
):
    options, constants = WAYS[way]
    for name, value in constants.items():
        monkeypatch.setattr(cases_room, name, value)
    cases, plans, odds = pose_cases(seed, share, kind)
    heard = []
    search = WatchedCases(cases, plans, chances=np.array(odds), seed=seed,
                          progress=lambda *told: heard.append(told), **options)  # fmt: skip
    found = search.run()
    if not plans:
        assert found.infeasible
        return
    best = max(plans.values())
    value, mean = plans[tuple(found.chosen.tolist())]
    assert value == pytest.approx(best[0])
    assert mean <= best[1] + 1e-9 or value < best[0] + 1e-9
    assert best[0] * (1 - 1e-9) <= found.bound
    solved = way in ("at once", "relaxed", "mixed") or share is None
    assert search.sharpened(found.bound) <= best[0] * (1 + 1e-8 if solved else 1.25)
    alone = np.array([max(cases.values(np.array(one))[at] for one in plans) for at in range(4)])
    assert search.alone == pytest.approx(alone)
    assert heard
    assert all(value <= bound for value, bound in heard)
    assert all(one <= other for (one, _), (other, _) in pairwise(heard))
    again = WatchedCases(cases, plans, chances=np.array(odds), **options)
    told = again.run([np.array(max(plans, key=plans.get)), np.arange(8)])
    assert plans[tuple(told.chosen.tolist())] >= (best[0] * (1 - 1e-9), 0)


@pytest.mark.parametrize("share", [0.0, 0.35])
@pytest.mark.parametrize("seed", range(3))
def test_a_program_of_cases_loses_what_its_best_plan_loses(seed, share, pose_cases):
    cases, plans, _ = pose_cases(seed, share, "groups")
    best = max(plans.values())[0]
    top, least = 1.25 * best, cases.values(np.array([4]))
    sure = np.arange(SITES) == 4
    written = write_cases(cases, sure, top=top, most=1.0, least=least)
    answer = solve_program(written.program, seconds=20)
    assert answer.status == "optimal"
    assert -answer.bound == pytest.approx(1e4 * 0.2, rel=1e-6)
    assert plans[tuple(written.read(answer.values).tolist())][0] == pytest.approx(best)
    start = written.start(np.array([0, 4, 8]))
    assert written.read(np.nan_to_num(start)).tolist() == [0, 4, 8]
    assert np.isnan(start[len(written.within) :]).all()
    tight = write_cases(cases, sure, top=top, most=0.19, least=least)
    assert solve_program(tight.program, seconds=20).status == "infeasible"
    rows = written.program.matrix.shape[0]
    assert written.shares - written.rules == len(cases.rows.lower)
    assert rows - written.shares == 4 + (share > 0)
    gone = int(np.setdiff1d(written.read(answer.values), [4])[0])
    barred = cases.without(np.arange(SITES) == gone)
    rest = max(value for one, (value, _) in plans.items() if gone not in one)
    part = write_cases(barred, sure, top=top, most=1.0, least=least)
    other = solve_program(part.program, seconds=20)
    assert 1 + other.bound / 1e4 == pytest.approx(rest / top, rel=1e-6)
    assert len(part.within) == SITES - 1


@pytest.mark.parametrize("seed", range(4))
def test_cases_side_by_side_are_one_question_whose_demand_is_merged(seed, pose_cases):
    cases, plans, odds = pose_cases(seed, 0.0, "groups")
    dense = cases.sets.as_matrix().toarray() > 0
    assert len({column.tobytes() for column in dense.T}) == dense.shape[1]
    assert cases.criterion.odds == pytest.approx(np.array(odds) / sum(odds))
    mix = np.array([0.5, 0.0, 2.0, 1.0])
    problem = cases.mixed(mix)
    assert isinstance(problem, Problem)
    for one in list(plans)[::9]:
        value = problem.sets.measure(np.array(one), problem.worth)
        assert value == pytest.approx(mix @ cases.values(np.array(one)))
    only = cases.mixed(np.array([0.0, 1.0, 0.0, 0.0])).sets
    assert isinstance(only, CoverSets)
    assert (only.weights > 0).all()
    barred = np.arange(SITES) < 2
    less = cases.without(barred)
    assert (less.rows.column_upper == np.where(barred, 0, cases.rows.column_upper)).all()
    assert less.values(np.array([3, 5])) == pytest.approx(cases.values(np.array([3, 5])))
    assert less.values(np.array([0, 1])).tolist() == [0, 0, 0, 0]
    needless = cases.find_needless()
    ruled = np.isin(np.arange(SITES) % 3, [0, 1]) | (np.arange(SITES) == 4)
    assert not (needless & ruled).any()
    free = np.flatnonzero(~ruled)
    wanted = [any(one != other and (dense[one] <= dense[other]).all()
                  and ((dense[one] < dense[other]).any() or other < one)
                  and dense[one].any() == dense[other].any() for other in free)
              for one in free]  # fmt: skip
    enough = len(free) - sum(wanted) >= CHOSEN
    assert needless[free].tolist() == (wanted if enough else [False] * len(free))


def relax(cases):
    """Return what the relaxation of the worst case comes to, by a linear program."""
    cover, amounts = cases.sets.as_matrix().toarray().T, cases.amounts.toarray()
    demand, many = cover.shape[0], len(amounts)
    rules, finite = cases.rows.matrix.toarray(), np.isfinite(cases.rows.lower)
    blank = np.zeros((len(rules), demand + 1))
    rules = np.hstack([rules, blank])
    found = linprog(
        np.append(np.zeros(SITES + demand), -1.0),
        A_ub=np.vstack([
            np.hstack([-cover, np.eye(demand), np.zeros((demand, 1))]),
            np.hstack([np.zeros((many, SITES)), -amounts, np.ones((many, 1))]),
            rules, -rules[finite],
        ]),
        b_ub=np.concatenate(
            [np.zeros(demand + many), cases.rows.upper, -cases.rows.lower[finite]]
        ),
        A_eq=np.append(np.ones(SITES), np.zeros(demand + 1))[None], b_eq=[CHOSEN],
        bounds=[*zip(cases.rows.column_lower, cases.rows.column_upper, strict=True),
                *[(0, 1)] * demand, (0, None)],
    )  # fmt: skip
    assert found.status == 0
    return -found.fun


@pytest.mark.parametrize("way", ["_relax", "_mix"])
@pytest.mark.parametrize("kind", ["free", "groups"])
@pytest.mark.parametrize("seed", range(3))
def test_the_worst_case_is_bounded_about_as_low_as_by_the_linear_relaxation(
    seed, kind, way, pose_cases
):
    """And sites are ruled out by it, none of a better plan."""
    cases, plans, odds = pose_cases(seed + 5, 0.0, kind)
    search = WatchedCases(cases, plans, chances=np.array(odds))
    for plan in list(plans)[:: max(1, len(plans) // 4)]:
        search.take(np.array(plan))
    wide, least = search.bound, relax(cases)
    getattr(search, way)()
    near = 1e-3 if way == "_relax" else 0.1
    assert least * (1 - 1e-9) <= search.bound * (1 + 1e-9) or search.unit or search.proven
    assert search.bound <= min(wide, max(least * (1 + near), search.value))
    search.value, search.mean = map(float, max(plans.values()))
    search.chosen = np.array(max(plans, key=plans.get))
    getattr(search, way)()
    assert search.bound >= search.value


def test_a_relaxation_of_cases_that_comes_to_nothing_leaves_everything_as_it_is(
    pose_cases, monkeypatch
):
    monkeypatch.setattr(cases_room, "relax_program", lambda *_, **__: None)
    cases, plans, odds = pose_cases(0, 0.0, "free")
    search = WatchedCases(cases, plans, chances=np.array(odds))
    search.take(np.array(max(plans, key=plans.get)))
    before = search.value, search.bound, search.chosen.tolist()
    search._relax()
    assert (search.value, search.bound, search.chosen.tolist()) == before


def test_values_of_plans_come_in_steps_only_where_weights_and_chances_are_whole():
    for share, weight, chances, unit in (
        (0.0, 1.0, [1.0, 2.0], 1.0), (0.0, 0.5, [1.0, 2.0], 0.0), (None, 1.0, [1.0, 2.0], 1 / 3),
        (None, 0.5, [1.0, 2.0], 0.0), (None, 1.0, [0.5, 0.5], 0.0), (0.3, 2.0, [0.5, 0.5], 1.0),
    ):  # fmt: skip
        cover = csr_array(np.eye(3))
        given = [CoverCase(cover, np.full(3, weight), chance) for chance in chances]
        cases = join_cases(given, share, Rules(), 1)
        search = CasesSearch(cases, deadline=1e12, chances=np.array(chances))
        assert search.unit == pytest.approx(unit)
        assert search.sharpened(2.5) == pytest.approx(2.5 - 2.5 % unit if unit else 2.5)
