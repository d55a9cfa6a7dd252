"""Plans in phases that are chosen together, against enumeration of all of them."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array

import boxreach as br
from boxreach.errors import InfeasibleError
from boxreach.location import GroupLimit, Rules, max_cover
from boxreach.location.cover_sets import merge_demand
from boxreach.location.stages import Stage, Stages
from boxreach.location.stages_search import choose_in_stages
from boxreach.placement import phases

pytestmark = pytest.mark.slow

SEEDS = range(1, 12)
WORTHS = ((0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.7, 0.9))
TINY = 1e-8


def draw(seed, totals=(2, 4), *, sites=8, demand=24):
    """Return a cover, weights, rules of each stage, tied sites, and a worth."""
    random = np.random.default_rng(seed)
    cover = csr_array((random.random((sites, demand)) < 0.3).astype(np.int8))
    weights = random.integers(1, 40, demand).astype(float)
    zone = random.integers(0, 2, sites)
    tied = np.arange(sites) >= sites - 2
    lasting = [GroupLimit(tied, at_least=int(random.integers(0, 2)))]
    early = [GroupLimit(zone == 0, at_least=int(seed % 3 == 0 and (zone == 0).any()))]
    late = [GroupLimit(zone == 1, at_least=min(2, int((zone == 1).sum())))]
    each = [Rules(limits=(*lasting, *early)) for _ in totals]
    each[-1] = Rules(limits=(*lasting, *early, *late))
    return cover, weights, each, tied, np.array(WORTHS[seed % 3])


def enumerate_plans(cover, weights, each, worth, totals):
    """Return for each stage all choices that keep its rules, with what they come to."""
    rows = cover.toarray()
    found = []
    for rules, total in zip(each, totals, strict=True):
        values = {}
        for some in combinations(range(cover.shape[0]), total):
            if not rules.broken(np.array(some), cover):
                often = np.minimum(rows[list(some)].sum(axis=0), len(worth) - 1)
                values[frozenset(some)] = float(weights @ worth[often])
        found.append(values)
    return found


def least_lost(values, best, tied, moves):
    """Return the smallest largest loss of all plans, by dynamic programming over all choices."""
    bound = frozenset(np.flatnonzero(tied).tolist())
    lost = {some: max(0.0, 1 - value / best[0]) for some, value in values[0].items()}
    for after, most in zip(values[1:], best[1:], strict=True):
        before = lost
        lost = {}
        for some, value in after.items():
            ways = [of for past, of in before.items() if follows(past, some, bound, moves)]
            lost[some] = max(0.0, 1 - value / most, min(ways, default=np.inf))
    return min(lost.values(), default=np.inf)


def follows(before, after, tied, moves):
    """Tell whether a choice keeps the one before."""
    gone, back = before - after, (after - before) & tied
    return not back and (len(gone - tied) <= moves if moves else not gone)


def pose(seed, totals, moves):
    """Return stages, all choices of each, and the least that must be lost; None if none is."""
    cover, weights, each, tied, worth = draw(seed, totals)
    values = enumerate_plans(cover, weights, each, worth, totals)
    if not all(values):
        return None
    best = [max(one.values()) for one in values]
    least = least_lost(values, best, tied, moves)
    sets = merge_demand(cover.indptr, cover.indices, weights, kept=np.ones(cover.shape[0], bool))
    stages = tuple(
        Stage(rules.rows(cover), total, most)
        for rules, total, most in zip(each, totals, best, strict=True)
    )
    return Stages(sets, worth, stages, tied, moves), values, least


@pytest.mark.parametrize("small", [0, 3_000])
@pytest.mark.parametrize("totals", [(2, 4), (2, 3, 5)])
@pytest.mark.parametrize("moves", [0, 1])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_stage_that_loses_most_loses_least_of_all_plans(seed, moves, totals, small):
    """The plan keeps all rules and loses what enumeration says; the bound is met, and no higher."""
    posed = pose(seed, totals, moves)
    if posed is None:
        return
    stages, values, least = posed
    found = choose_in_stages(stages, seconds=20, small=small)
    if np.isinf(least):
        assert found.plan is None
        return
    assert found.lost == pytest.approx(least, abs=TINY)
    assert least - TINY <= found.bound <= least + TINY
    chosen = [frozenset(one.tolist()) for one in found.plan]
    assert all(one in of for one, of in zip(chosen, values, strict=True))
    tied = frozenset(np.flatnonzero(stages.tied).tolist())
    assert all(follows(before, after, tied, moves) for before, after in pairwise(chosen))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_plan_is_given_that_loses_more_than_it_may(seed):
    """A little below what must be lost there is none, and that much is a bound."""
    posed = pose(seed, (2, 4), 0)
    if posed is None or not 0 < posed[2] < 1:
        return
    stages, _, least = posed
    found = choose_in_stages(stages, most=0.9 * least, seconds=20)
    assert found.plan is None
    assert found.bound == pytest.approx(0.9 * least, abs=TINY)
    assert choose_in_stages(stages, most=least, seconds=20).plan is not None


@pytest.mark.parametrize("small", [0, 3_000])
def test_a_plan_that_may_lose_nothing_is_found_if_there_is_one(small):
    """Moves are made fewer among plans that lose no more, and that may be nothing at all."""
    cover, weights = csr_array(np.eye(4, dtype=np.int8)), np.array([4.0, 3.0, 2.0, 1.0])
    sets = merge_demand(cover.indptr, cover.indices, weights, kept=np.ones(4, bool))
    each = tuple(Stage(Rules().rows(cover), n, best) for n, best in ((1, 4.0), (2, 7.0)))
    stages = Stages(sets, np.array([0.0, 1.0]), each, np.zeros(4, dtype=bool))
    found = choose_in_stages(stages, most=0.0, small=small)
    assert [one.tolist() for one in found.plan] == [[0], [0, 1]]
    assert (found.lost, found.bound) == (0.0, 0.0)


def make_wide(seed, *, sites=60, demand=300, totals=(5, 8)):
    """Return stages of sites and demand on a square, and a plan thinned out of the last stage."""
    random = np.random.default_rng(seed)
    at, of = random.random((sites, 2)), random.random((demand, 2))
    near = ((at[:, None] - of[None]) ** 2).sum(axis=2) < 0.16**2
    cover, weights = csr_array(near.astype(np.int8)), random.integers(1, 100, demand).astype(float)
    zone = at[:, 0] < 0.3
    each = [Rules(), Rules(limits=(GroupLimit(zone, at_least=4),))]
    free = [
        max_cover(cover, weights, sites=total, rules=rules, seconds=20)
        for rules, total in zip(each, totals, strict=True)
    ]
    stages = tuple(
        Stage(rules.rows(cover), total, one.objective)
        for rules, total, one in zip(each, totals, free, strict=True)
    )
    sets = merge_demand(cover.indptr, cover.indices, weights, kept=np.ones(sites, bool))
    among = Rules(forbidden=np.setdiff1d(np.arange(sites), free[-1].sites))
    first = max_cover(cover, weights, sites=totals[0], rules=among, seconds=20)
    whole = Stages(sets, np.array([0.0, 1.0]), stages, np.zeros(sites, bool))
    return whole, (first.sites, free[-1].sites)


@pytest.mark.parametrize("seed", range(3))
def test_prices_rule_out_no_site_of_the_best_plan(seed, monkeypatch):
    """With sites ruled out by prices the answer is that of the solver on all of them."""
    stages, known = make_wide(seed)
    monkeypatch.setattr("boxreach.location.stages_search._FOR_RELAXATION", 0)
    priced = choose_in_stages(stages, known=[known], seconds=60, small=0)
    whole = choose_in_stages(stages, seconds=60, small=10**9)
    assert priced.lost == pytest.approx(whole.lost, abs=TINY)
    assert priced.lost - TINY <= priced.bound <= priced.lost
    assert 0 < whole.lost < 0.2


def test_where_time_ends_the_bound_still_holds():
    """Without time the plan that was known is kept, and the bound is no higher than the least."""
    stages, known = make_wide(0)
    whole = choose_in_stages(stages, seconds=60)
    for seconds in (0.0, 0.05):
        found = choose_in_stages(stages, known=[known], seconds=seconds, small=0)
        assert found.plan is not None
        assert found.lost <= stages.most_lost(known)
        assert found.bound <= whole.lost + TINY


def make_plan(seed, make_times, *, shuffled=None, totals=(4, 7), **more):
    """Return a plan of phases in which some of three standing boxes may move."""
    random = np.random.default_rng(seed)
    names = [f"c{n}" for n in range(10)], [f"s{n}" for n in range(3)]
    minutes = {
        one: random.choice([5.0, 12.0, 30.0, 31.0, 50.0, 99.0], 16)
        for one in (*names[0], *names[1])
    }
    people = random.integers(0, 50, 16).astype(float)
    if shuffled is not None:
        shuffled.shuffle(names[0])
    options, existing = (make_times({one: minutes[one] for one in some}, people) for some in names)
    sides = {one: ("east" if int(one[1:]) % 2 else "west") for one in (*names[0], *names[1])}
    for times in (options, existing):
        times.sites["side"] = [sides[one] for one in times.sites.index]
    return br.propose(
        options, br.MaxCover(sites=totals[-1] - 3, minutes=30), existing=existing,
        phases=list(totals), relocation=br.Relocation(at_most=2),
        quotas=[br.Quota("side", "east", at_least=3)], **more,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(80, 90))
def test_phases_lose_no_more_than_by_thinning_out_or_building_up(seed, make_times, monkeypatch):
    """Nor less than the plan says that every plan of them must lose."""
    together = make_plan(seed, make_times)
    assert together.least_regret <= together.most_regret + TINY
    assert together.most_regret == pytest.approx(together.least_regret, abs=TINY)

    def refuse(*_):
        raise InfeasibleError("")

    monkeypatch.setattr(phases, "nest_phases", lambda *_: None)
    either = make_plan(seed, make_times)
    monkeypatch.setattr(phases, "_build_up", refuse)
    thinned = make_plan(seed, make_times)
    assert together.most_regret <= either.most_regret + TINY
    assert either.most_regret <= thinned.most_regret + TINY
    assert together.least_regret <= thinned.most_regret + TINY


@pytest.mark.parametrize("seed", [83, 88, 90])
def test_the_order_of_candidates_changes_no_plan_of_phases(seed, make_times):
    """Shuffled rows give the same ids."""
    plain = make_plan(seed, make_times)
    mixed = make_plan(seed, make_times, shuffled=np.random.default_rng(seed))
    assert plain.sites.index.tolist() == mixed.sites.index.tolist()
    assert plain.phases["objective"].tolist() == mixed.phases["objective"].tolist()


@pytest.mark.parametrize("seed", [83, 88, 90])
def test_three_phases_each_keep_the_one_before(seed, make_times):
    """No site that came leaves again, and the least that must be lost is told."""
    plan = make_plan(seed, make_times, totals=(4, 6, 8))
    assert plan.phases.index.tolist() == [4, 6, 8]
    came = set(plan.sites.index)
    gone = set(plan.moves["from_site_id"]) if len(plan.moves) else set()
    assert not gone & came
    assert plan.most_regret == pytest.approx(plan.least_regret, abs=TINY)


def test_a_plan_says_what_its_phases_must_lose(make_times):
    """The summary tells it where a phase loses something, and not where none does."""
    rows = {"a": [5, 5, 99, 99], "b": [5, 99, 5, 99], "c": [99, 5, 99, 5]}
    minutes = {one: np.array(row, dtype=float) for one, row in rows.items()}
    options = make_times(minutes, np.array([4.0, 4.0, 3.0, 3.0]))
    plan = br.propose(options, br.MaxCover(sites=2, minutes=30), phases=[1, 2])
    assert plan.phases["regret"].tolist() == [1.0, 0.0]
    assert plan.least_regret == plan.most_regret == 1 / 8
    assert "in every plan of these phases one loses at least 12.500%" in str(plan)
    whole = replace(plan, least_regret=0.0)
    assert "in every plan of these phases" not in str(whole)


def test_in_a_twentieth_of_a_second_there_is_a_plan(make_times):
    """Its bound is no higher than what must be lost."""
    for seed in (83, 88, 90):
        hasty, whole = (make_plan(seed, make_times, seconds=many) for many in (0.05, 30.0))
        assert hasty.least_regret <= whole.most_regret + TINY
        assert hasty.most_regret >= hasty.least_regret - TINY
