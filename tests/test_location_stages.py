"""What plans in stages lose, what prices of them prove, and what is carried from one to another."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules, stages_search
from boxreach.location.cover import pose
from boxreach.location.program import solve_program
from boxreach.location.stages import Stage, Stages, spread
from boxreach.location.stages_bound import price_stages
from boxreach.location.stages_program import WHOLE, write_stages
from boxreach.location.stages_search import choose_in_stages

SITES, CHOSEN = 9, 3
WORTHS = [(0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.6, 0.9)]


@pytest.fixture
def pose_stages(draw_road_cover, list_plans):
    """Stages with rules, all plans of them, and what each loses."""

    def build(seed, moves, totals=(2, 3, 5)):
        random = np.random.default_rng(seed + 1200)
        cover, weights = draw_road_cover(random, demand=14)
        matrix, worth = csr_array(cover.astype(float)), WORTHS[seed % 3]
        tied = np.isin(np.arange(SITES), [0, 6])
        rules = [Rules(limits=(GroupLimit(np.arange(SITES) < 5, 1 + (at == 2), 4),),
                       costs=1.0 + tied, budget=9.0) for at in range(len(totals))]  # fmt: skip
        options = [list_plans(cover, weights, worth, rule, total)
                   for rule, total in zip(rules, totals, strict=True)]  # fmt: skip
        best = [max(one.values()) for one in options]
        problem = pose(matrix, weights, np.array(worth), sites=2, later_sites=0, rules=rules[0])
        each = tuple(Stage(rule.rows(matrix), total, most)
                     for rule, total, most in zip(rules, totals, best, strict=True))  # fmt: skip
        stages = Stages(problem.sets, problem.worth, each, tied, moves)
        plans = [((one,), 1 - value / best[0]) for one, value in options[0].items()]
        for at in range(1, len(totals)):
            plans = [((*before, one), max(lost, 1 - value / best[at]))
                     for before, lost in plans for one, value in options[at].items()
                     if follows(set(before[-1]), set(one), moves)]  # fmt: skip
        return stages, plans

    return build


def follows(before, after, moves):
    back, gone = (after - before) & {0, 6}, before - after
    return not back and (len(gone - {0, 6}) <= moves if moves else not gone)


@pytest.mark.slow
@pytest.mark.parametrize("small", [0, 3_000])
@pytest.mark.parametrize("moves", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_plans_in_stages_lose_least_and_are_proven_to(seed, moves, small, pose_stages):
    stages, plans = pose_stages(seed, moves)
    least = max(0.0, min(lost for _, lost in plans))
    known, lost = plans[len(plans) // 2]
    known = tuple(np.array(one) for one in known)
    assert stages.keeps(known)
    assert stages.most_lost(known) == pytest.approx(max(0.0, lost))
    for before in ((), (known,), (known[:1] * 3,)):
        found = choose_in_stages(stages, known=before, seconds=60, small=small)
        chosen = tuple(tuple(one.tolist()) for one in found.plan)
        assert dict(plans)[chosen] == pytest.approx(least, abs=1e-8)
        assert found.lost == pytest.approx(least, abs=1e-8)
        assert least - 1e-8 <= found.bound + 1e-8
        assert found.bound <= least + 1e-8
    early = choose_in_stages(stages, known=(known,), seconds=0, small=small)
    assert (early.lost, early.bound) == (pytest.approx(max(0.0, lost)), 0.0)
    assert [one.tolist() for one in early.plan] == [one.tolist() for one in known]
    if least > 0:
        none = choose_in_stages(stages, most=least / 2, seconds=60, small=small)
        assert (none.plan, none.lost) == (None, least / 2)
        assert none.bound == pytest.approx(least / 2, abs=1e-8)


@pytest.mark.parametrize("moves", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_any_prices_of_stages_bound_what_they_keep_and_rule_out_no_better_plan(
    seed, moves, pose_stages
):
    stages, plans = pose_stages(seed, moves, (2, 4))
    random = np.random.default_rng(seed)
    none = [np.zeros(SITES, dtype=bool) for _ in stages.each]
    written = write_stages(stages, none, [one.copy() for one in none], 1.0)
    answer = solve_program(written.program, seconds=20)
    least = max(0.0, min(lost for _, lost in plans))
    assert -answer.bound / WHOLE == pytest.approx(least, abs=1e-8)
    told = tuple(tuple(one.tolist()) for one in written.read(answer.values))
    assert dict(plans)[told] == pytest.approx(least, abs=1e-8)
    start = written.start(tuple(np.array(one) for one in told))
    assert [one.tolist() for one in written.read(np.nan_to_num(start))] == [
        list(one) for one in told
    ]
    kinds = np.isfinite(start)
    assert (start[kinds] == np.round(answer.values[kinds])).all()
    for _ in range(6):
        prices = random.random(len(written.program.row_lower)) * random.choice([0.0, 1.0, 20.0])
        prices[written.shares :] = -random.random(2)
        offer = price_stages(stages, written, prices * random.choice([-1.0, 1.0]), none, none)
        assert offer.kept >= 1 - least - 1e-9
        for lost in (least, 1.5 * least + 0.05):
            for at, over in enumerate(offer.turned_over(lost)):
                has = np.isin(np.arange(SITES), offer.chosen[at])
                for plan, loses in plans:
                    if loses <= lost:
                        same = np.isin(np.arange(SITES), plan[at]) == has
                        assert same[over].all()
    prices[written.shares :] = 0.0
    assert price_stages(stages, written, prices, none, none) is None


@pytest.mark.slow
def test_what_is_known_of_a_stage_is_carried_over_to_the_others(pose_stages):
    stages, _ = pose_stages(0, 0)
    moving, _ = pose_stages(0, 1)

    def flags(*ones):
        return [np.isin(np.arange(SITES), one) for one in ones]

    barred, sure = flags([0], [2], []), flags([], [3], [6])
    spread(barred, sure, stages)
    assert [np.flatnonzero(one).tolist() for one in barred] == [[0, 2], [0, 2], [0]]
    assert [np.flatnonzero(one).tolist() for one in sure] == [[6], [3, 6], [3, 6]]
    barred, sure = flags([0, 1], [2], []), flags([4], [3], [6])
    spread(barred, sure, moving)
    assert [np.flatnonzero(one).tolist() for one in barred] == [[0, 1], [0, 2], [0]]
    assert [np.flatnonzero(one).tolist() for one in sure] == [[4, 6], [3, 6], [6]]
    one = moving.each[0]
    assert Stage(one.rows, 2, 8.0).share(2.0) == 0.25
    assert Stage(one.rows, 2, 0.0).share(2.0) == 1.0


@pytest.mark.slow
def test_a_stage_keeps_the_sites_of_the_one_before_but_for_those_that_may_move(pose_stages):
    """Tied ones may leave where sites move, and never come back; of the others so many may go."""
    still, moving = pose_stages(0, 0)[0], pose_stages(0, 2)[0]

    def follows(stages, before, after):
        return stages._follows(*(np.isin(np.arange(SITES), one) for one in (before, after)))

    for before, after, kept, moved in (
        ([1, 2], [1, 2, 3], True, True), ([0, 1], [1, 2], False, True), ([1], [0, 1], False, False),
        ([1, 2], [2, 3], False, True), ([1, 2, 3], [4], False, False), ([], [], True, True),
        ([0, 1, 2, 6], [3], False, True), ([0, 1], [0, 1, 6], False, False),
    ):  # fmt: skip
        assert (follows(still, before, after), follows(moving, before, after)) == (kept, moved)


def test_what_every_plan_has_as_one_choice_has_it_is_barred_or_sure():
    barred, sure = np.arange(5) == 4, np.arange(5) == 3
    stages_search._turn(np.array([1, 1, 0, 0, 0], bool), np.array([1, 2]), barred, sure)
    assert barred.tolist() == [True, False, False, False, True]
    assert sure.tolist() == [False, True, False, True, False]
    assert stages_search._conflict([barred, barred], [sure, np.arange(5) == 4])
    assert not stages_search._conflict([barred, barred], [sure, sure])


def test_a_relaxation_of_stages_that_comes_to_nothing_leaves_everything_as_it_is(
    pose_stages, monkeypatch
):
    monkeypatch.setattr(stages_search, "relax_program", lambda *_, **__: None)
    stages, _ = pose_stages(0, 0)
    staged = stages_search._Search(stages, 1.0, 1e12, 0)
    barred, sure = [one.copy() for one in staged.barred], [one.copy() for one in staged.sure]
    staged._relax(barred, sure, 1.0)
    assert staged.bound == 0
    assert np.array_equal(barred, staged.barred)
    assert np.array_equal(sure, staged.sure)


@pytest.mark.slow
@pytest.mark.parametrize("moves", [0, 1])
@pytest.mark.parametrize("seed", range(4))
def test_prices_of_stages_rule_out_no_plan_that_loses_as_little_as_the_best(
    seed, moves, pose_stages
):
    stages, plans = pose_stages(seed, moves, (2, 4))
    least = max(0.0, min(lost for _, lost in plans))
    search = stages_search._Search(stages, 1.0, 1e12, 0)
    duals = search._price_each()
    assert len(duals) == 2
    for dual, stage in zip(duals, stages.each, strict=True):
        assert dual.best.bound >= stage.best * (1 - 1e-9)
        assert dual.best.bound <= stage.best * 1.11 or not dual.moves
    settled = 0
    for most in (least, least + 0.1, 1.0):
        barred, sure = search._rule_out(duals, most)
        relaxed = [one.copy() for one in barred], [one.copy() for one in sure]
        if not stages_search._conflict(*relaxed):
            search._relax(*relaxed, most)
        assert search.bound <= least + 1e-9
        for out, into in ((barred, sure), relaxed):
            settled += int(np.sum(out) + np.sum(into))
            for plan, lost in plans:
                if lost <= most:
                    for one, no, yes in zip(plan, out, into, strict=True):
                        flags = np.isin(np.arange(SITES), one)
                        assert not (flags & no).any()
                        assert flags[yes].all()
    assert settled


@pytest.mark.parametrize("small", [0, 3_000])
def test_a_stage_that_can_come_to_nothing_at_best_loses_nothing(small):
    """One site alone covers nothing twice; of two the best ones are chosen, whatever is first."""
    cover = csr_array(np.array([[1, 1, 0, 0], [1, 0, 0, 1], [0, 1, 1, 1]], dtype=float))
    weights, worth = np.array([4.0, 2.0, 9.0, 5.0]), np.array([0.0, 0.0, 1.0])
    problem = pose(cover, weights, worth, sites=1, later_sites=0, rules=Rules())
    rows = Rules().rows(cover)
    each = (Stage(rows, 1, 0.0), Stage(rows, 2, 5.0))
    stages = Stages(problem.sets, worth, each, np.zeros(3, dtype=bool))
    found = choose_in_stages(stages, seconds=60, small=small)
    assert found.plan[1].tolist() == [1, 2]
    assert (found.lost, found.bound) == (0.0, pytest.approx(0.0, abs=1e-8))
    none = [np.zeros(3, dtype=bool)] * 2
    written = write_stages(stages, none, none, 1.0)
    prices = np.zeros(len(written.program.row_lower))
    prices[written.shares :] = -1.0
    assert price_stages(stages, written, prices, none, none).kept >= 1.0
