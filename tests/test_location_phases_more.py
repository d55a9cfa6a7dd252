"""What a search in stages does in its order, what its prices prove, and what its program says."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules
from boxreach.location import stages_search as room
from boxreach.location.dual import Dual, add_up, buy
from boxreach.location.picks import part_rows
from boxreach.location.program import Answer, Relaxation
from boxreach.location.stages import Stage, Stages
from boxreach.location.stages_bound import StagesOffer, _are_kept, _pick, _price_links, price_stages
from boxreach.location.stages_program import WHOLE, write_stages

SITES = 6
COVER = np.eye(6) + np.roll(np.eye(6), 1, axis=1)
NONE = [np.zeros(SITES, dtype=bool)] * 2


@pytest.fixture
def stage(merge_cover):
    """Two stages of two and three sites in a ring, the first with a group, all with a budget."""

    def build(moves=0, tied=(0,), bests=(18.0, 21.0), weights=(6, 5, 4, 3, 2, 1), worth=(0.0, 1.0)):
        sets = merge_cover(COVER > 0, np.array(weights, dtype=float))
        half = GroupLimit(np.arange(SITES) < 3, 1, 2)
        rules = [Rules(limits=(half,) * (at == 0), costs=np.arange(1.0, 7.0), budget=15.0)
                 for at in range(2)]  # fmt: skip
        each = tuple(Stage(rule.rows(csr_array(COVER)), 2 + at, bests[at])
                     for at, rule in enumerate(rules))  # fmt: skip
        return Stages(sets, np.array(worth), each, np.isin(np.arange(SITES), tied), moves)

    return build


BARRED = [np.arange(SITES) == 5, np.arange(SITES) == 1]
SURE = [np.arange(SITES) == 2, np.arange(SITES) == 3]


def dense_of(sets):
    return sets.as_matrix().toarray()


@pytest.mark.parametrize("moves", [0, 2])
@pytest.mark.parametrize("bests", [(18.0, 21.0), (0.0, 21.0)])
def test_a_program_of_stages_has_a_block_for_each_and_rows_that_tie_them(moves, bests, stage):
    """To the letter: x and y of each stage, what moves, the loss; and the rows of all these."""
    stages = stage(moves, tied=(0, 4), bests=bests)
    written = write_stages(stages, BARRED, SURE, 0.25)
    program, first, second = written.program, *written.blocks
    assert (first.within.tolist(), second.within.tolist()) == ([0, 1, 2, 3, 4], [0, 2, 3, 4, 5])
    sizes = [len(block.sets.weights) for block in written.blocks]
    own = 10 + sum(sizes)
    width = own + (5 if moves else 0) + 1
    assert (first.column, second.column) == (0, 5 + sizes[0])
    assert (first.row, second.row) == (0, sizes[0] + 1 + 2)
    assert (first.rules, second.rules) == (sizes[0] + 1, second.row + sizes[1] + 1)
    matrix = program.matrix.toarray()
    height = second.rules + 1
    assert written.links == (height,)
    assert written.shares == height + 5 + (1 if moves else 0)
    assert matrix.shape == (written.shares + 2, width)
    assert program.gain.tolist() == [0.0] * (width - 1) + [-1.0]
    for at, block in enumerate(written.blocks):
        own_part = np.arange(block.column, block.column + 5 + sizes[at])
        rows = matrix[block.row : block.row + sizes[at]]
        assert rows[:, own_part[:5]].tolist() == (-dense_of(block.sets)[block.within].T).tolist()
        assert rows[:, own_part[5:]].tolist() == np.eye(sizes[at]).tolist()
        assert not np.delete(matrix[block.row : block.rules + 2 - at], own_part, axis=1).any()
        share = matrix[written.shares + at]
        assert share[-1] == 1.0
        scale = WHOLE / bests[at] if bests[at] else 0.0
        assert share[own_part[5:]] == pytest.approx(block.sets.weights * scale)
        assert np.count_nonzero(share) == 1 + (sizes[at] if bests[at] else 0)
        assert program.row_lower[written.shares + at] == (WHOLE if bests[at] else 0.0)
        assert program.row_upper[written.shares + at] == math.inf
        assert program.column_lower[own_part[:5]].tolist() == SURE[at][block.within].tolist()
        assert program.integer[own_part].tolist() == [True] * 5 + [False] * sizes[at]
    tie = np.zeros((5 + bool(moves), width))
    for nth, site in enumerate(first.within):
        tie[nth, nth] = 1.0
        if site != 1:
            tie[nth, second.column + second.within.tolist().index(site)] = -1.0
        if moves:
            tie[nth, own + nth] = -1.0
            tie[5, own + nth] = 1.0
    assert matrix[height : written.shares].tolist() == tie.tolist()
    low = [0.0 if site in (0, 4) else -math.inf for site in first.within]
    high = [math.inf if moves and site in (0, 4) else 0.0 for site in first.within]
    extra = ([-math.inf], [2.0]) if moves else ([], [])
    assert program.row_lower[height : written.shares].tolist() == low + extra[0]
    assert program.row_upper[height : written.shares].tolist() == high + extra[1]
    assert program.column_lower[own:].tolist() == [0.0] * (width - own)
    moving = [0.0, 1, 1, 1, 0] if moves else []
    assert program.column_upper[own:].tolist() == [*moving, WHOLE / 4]
    assert not program.integer[own:].any()
    assert write_stages(stages, BARRED, SURE, 3.0).program.column_upper[-1] == WHOLE


@pytest.mark.parametrize("moves", [0, 2])
def test_a_program_of_stages_starts_from_plans_and_is_read_as_plans(moves, stage):
    """What is not known of a start is left to the solver; a column of more than half is a site."""
    stages = stage(moves, tied=(0, 4), bests=(18.0, 21.0))
    written = write_stages(stages, BARRED, SURE, 0.25)
    second = written.blocks[1]
    start = written.start((np.array([2, 3]), np.array([0, 3, 5])))
    assert start[:5].tolist() == [0, 0, 1, 1, 0]
    assert start[second.column : second.column + 5].tolist() == [1, 0, 1, 0, 1]
    assert np.isnan(start).sum() == written.program.matrix.shape[1] - 10
    values = np.where(np.isnan(start), 0.7, start * 0.51)
    assert [one.tolist() for one in written.read(values)] == [[2, 3], [0, 3, 5]]
    assert written.read(values * 0.5 / 0.51 - 1e-9)[0].tolist() == []


@pytest.mark.parametrize("moves", [0, 1, 3])
def test_prices_of_links_are_paid_by_a_stage_and_free_the_next(moves, stage):
    """Where sites are tied they may be of either sign, else not below nothing; moves have own."""
    stages = stage(moves, tied=(0, 4))
    written = write_stages(stages, [np.arange(SITES) == 5, NONE[1]], NONE, 1.0)
    prices = np.zeros(len(written.program.row_lower))
    paid = np.array([3.0, -2.0, 5.0, 1.0, -4.0])
    prices[written.links[0] : written.links[0] + 5] = paid
    ties, moved = _price_links(stages, written, prices)
    free = [0.0, 0, 5, 1, -4, 0] if moves else [3.0, 0, 5, 1, -4, 0]
    assert [one.tolist() for one in ties] == [[0.0] * 6, free, [0.0] * 6]
    assert moved == {0: 0.0, 1: 5.0, 3: 6.0}[moves]


def test_rules_that_picks_keep_have_no_price_and_no_other_beyond_its_limits(stage):
    """Worth of limits, and what each site pays for what it adds to them."""
    half, rest = GroupLimit(np.arange(SITES) < 3, 1, 2), GroupLimit(np.arange(SITES) > 1, 1, None)
    rows = Rules(limits=(half, rest), costs=np.arange(1.0, 7.0), budget=15.0).rows(csr_array(COVER))
    one = Stage(rows, 3, 9.0)
    barred, sure = np.arange(SITES) == 4, np.arange(SITES) == 1
    for prices, used in (([9.0, -2.0, 3.0], [0, -2, 3]), ([9.0, 2.0, -3.0], [0, 0, 0]),
                         ([-9.0, 0.0, 0.0], [0, 0, 0])):  # fmt: skip
        picks, (worth, paid) = _pick(one, np.array(prices), barred, sure)
        assert worth == pytest.approx(used[1] * 1.0 + used[2] * 15.0, rel=1e-8)
        assert paid.tolist() == (rows.matrix.toarray().T @ np.array(used, float)).tolist()
        assert picks.barred.tolist() == barred.tolist()
        assert picks.fixed.tolist() == sure.tolist()
    named = Rules(fixed=np.array([0]), forbidden=np.array([2])).rows(csr_array(COVER))
    picks, _ = _pick(Stage(named, 3, 9.0), np.empty(0), barred, sure)
    assert np.flatnonzero(picks.fixed).tolist() == [0, 1]
    assert np.flatnonzero(picks.barred).tolist() == [2, 4]
    picks, _ = part_rows(rows, 3)
    assert _are_kept(rows, picks).tolist() == [True, False, False]
    both = Rules(limits=(half, GroupLimit(np.arange(SITES) > 2, 1, None))).rows(csr_array(COVER))
    picks, _ = part_rows(both, 3)
    assert _are_kept(both, picks).tolist() == [True, True]
    few = replace(both, matrix=csr_array(both.matrix.toarray() * (np.arange(SITES) != 1)))
    assert _are_kept(few, picks).tolist() == [False, True]
    twice = replace(both, matrix=csr_array(both.matrix.toarray() * [[1.0], [2.0]]))
    assert _are_kept(twice, picks).tolist() == [True, False]
    alone = replace(both, matrix=csr_array(np.ones((1, SITES))), lower=both.lower[:1])
    last = part_rows(Rules().rows(csr_array(COVER)), 3)[0]
    assert _are_kept(alone, last).tolist() == [False]


@pytest.mark.parametrize("worth", [(0.0, 1.0), (0.0, 0.6, 0.9)])
@pytest.mark.parametrize("bests", [(18.0, 21.0), (0.0, 21.0)])
@pytest.mark.parametrize("moves", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_prices_of_stages_prove_what_their_parts_come_to(seed, moves, bests, worth, stage):
    """The sum of what demand gains, of limits and moves, and of what the best sites earn."""
    random = np.random.default_rng(seed)
    stages = stage(moves, bests=bests, worth=worth)
    barred, sure = [NONE[0], np.arange(SITES) == 2], [np.arange(SITES) == 3, NONE[1]]
    written = write_stages(stages, barred, sure, 1.0)
    given = random.normal(size=len(written.program.row_lower)) * 0.3
    given[written.shares :] = [0.25, 0.75] if seed else [-0.4, 1.0]
    prices = -given / given[written.shares :].sum() / WHOLE
    shares = np.maximum(0, given[written.shares :])
    shares /= shares.sum()
    ties, whole = _price_links(stages, written, prices)
    dearest = max(one / nth for nth, one in enumerate(worth) if nth)
    earned_all = []
    for at, (one, block) in enumerate(zip(stages.each, written.blocks, strict=True)):
        many = len(block.sets.weights)
        weights = block.sets.weights * (shares[at] / one.best if one.best else 0.0)
        demand = np.clip(prices[block.row : block.row + many], 0, weights * dearest)
        rules = prices[block.rules : block.rules + len(one.rows.lower)]
        picks, (limits, paid) = _pick(one, rules, barred[at], sure[at])
        earned = add_up(block.sets, demand) - paid + ties[at] - ties[at + 1]
        chosen = picks.best(earned)
        whole += buy(weights, stages.worth, demand).sum() + limits + earned[chosen].sum()
        whole += 0.0 if one.best else shares[at]
        earned_all.append((earned, chosen))
    for factor in (1.0, -7.0):
        offer = price_stages(stages, written, given * factor, barred, sure)
        assert whole < offer.kept <= whole + 1e-9
        for (earned, chosen), told, sites in zip(
            earned_all, offer.earned, offer.chosen, strict=True
        ):
            assert told == pytest.approx(earned, abs=1e-12)
            assert sites.tolist() == chosen.tolist()
    given[0] = math.nan
    assert price_stages(stages, written, given, barred, sure) is None
    given[:] = 0.0
    given[written.shares :] = 1.0, -1.0
    assert price_stages(stages, written, given, barred, sure) is None
    given[-1] = 1.0
    full = [np.ones(SITES, dtype=bool), NONE[1]]
    assert price_stages(stages, written, given, full, [NONE[0], NONE[1]]) is None
    lost = SimpleNamespace(losses=lambda earned, chosen: np.array([0.5, 0.2, 0.3 - 1e-9]))
    told = StagesOffer(1.0, (lost,), (np.empty(0),), (np.empty(0),)).turned_over(0.3)
    assert [one.tolist() for one in told] == [[True, False, False]]
    told = StagesOffer(1.0, (lost,), (np.empty(0),), (np.empty(0),)).turned_over(0.3 - 1e-8)
    assert [one.tolist() for one in told] == [[True, False, True]]


# --- the search -----------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """Leave a search a hundred seconds all the time, or what is put into the list."""
    left = [100.0]
    monkeypatch.setattr(room._Search, "left", property(lambda _: left[0]))
    return left


def begin(stages, most=1.0):
    return room._Search(stages, most, 1e12, 5)


def plan_of(*sites):
    return tuple(np.array(one) for one in sites)


def test_a_plan_in_stages_is_taken_that_keeps_the_rules_and_loses_less(stage):
    stages = stage()
    search = begin(stages)
    assert (search.plan, search.lost, search.bound) == (None, 1.0, 0.0)
    bad, first, better = (
        plan_of([3, 4], [3, 4, 5]),
        plan_of([1, 4], [1, 4, 5]),
        plan_of([0, 2], [0, 2, 4]),
    )
    search.take(bad)
    assert (search.plan, search.used.any()) == (None, False)
    for plan in (first, better, first):
        search.take(plan)
    assert search.plan is better
    assert search.lost == stages.most_lost(better)
    assert search.used.tolist() == [True, True, True, False, True, True]
    least = stages.most_lost(first)
    for most, taken in ((least, True), (least - 0.9e-9, True), (least - 1.1e-9, False)):
        bounded = begin(stages, most)
        bounded.take(first)
        assert (bounded.plan is first) == taken
        assert bounded.lost == (least if taken else most)
    again = plan_of([1, 4], [1, 4, 5])
    bounded = begin(stages, least)
    bounded.take(first)
    bounded.take(again)
    assert bounded.plan is first
    for bound, proven in ((least - 1.9e-9, True), (least - 2.1e-9, False), (least + 1, True)):
        bounded.bound = bound
        assert bounded.proven is proven
    assert not begin(stages, 0.0).proven


def test_plans_are_crossed_where_stages_are_many_and_then_the_rest_is_closed_in_on(
    stage, clock, monkeypatch
):
    stages, told = stage(), []
    pairs = stages.sets.pairs

    def run(small, *plans, closes=0.0):
        search = begin(stages)
        for plan in plans:
            search.take(plan)

        def solve(outside, sure, most, seconds):
            told.append(([np.flatnonzero(~one).tolist() for one in outside], most, seconds))

        def close(many):
            told.append(many)
            search.bound = closes

        monkeypatch.setattr(search, "_solve", solve)
        monkeypatch.setattr(search, "_close_in", close)
        del told[:]
        return search.run(small)

    plan = plan_of([1, 4], [1, 4, 5])
    lost = stages.most_lost(plan)
    found = run(pairs - 1, plan)
    assert told == [([[1, 4, 5]] * 2, lost, 3.0), True]
    assert (found.plan, found.lost, found.bound) == (plan, lost, 0.0)
    run(pairs, plan)
    assert told == [False]
    run(0)
    assert told == [True]
    assert run(0, plan, closes=lost - 1.5e-9).bound == lost
    assert run(0, plan, closes=lost / 2).bound == lost / 2
    assert run(0, closes=3.0).bound == 1.0
    clock[0] = 0.5
    run(0, plan)
    assert (told[0][2], told[1]) == (0.5, True)
    clock[0] = 0.0
    run(0, plan)
    assert told == []


def test_less_is_looked_for_where_too_many_sites_are_left(stage, clock, monkeypatch):
    """Half of what may be lost, and half again, three times; then the solver gets what is left."""
    stages = stage()

    def ask(sizes, *, many=True, bound=0.0, worth=None, plan=True, solves=0.125):
        search, told = begin(replace(stages, worth=np.array(worth or (0.0, 1.0)))), []
        search.lost, search.plan, search.bound = 0.8, plan or None, bound
        left = list(sizes)
        monkeypatch.setattr(search, "_price_each", lambda: told.append("price") or ["duals"])
        monkeypatch.setattr(
            search, "_rule_out", lambda duals, most: told.append((len(duals), most)) or (1, 2)
        )
        monkeypatch.setattr(search, "_measure", lambda _: left.pop(0))
        monkeypatch.setattr(search, "_relax", lambda *given: told.append(("relax", given[2])))
        monkeypatch.setattr(
            search, "_solve", lambda *given: told.append(("solve", *given[2:])) or solves
        )
        search._close_in(many)
        return told, search.bound

    small = [350_000, 4_000]
    assert ask(small) == (["price", (1, 0.8), ("solve", 0.8, 100.0)], 0.125)
    assert ask(small, many=False)[0][0] == (0, 0.8)
    assert ask([350_001, 350_001, 9, 9])[0][1:] == [
        (1, 0.8),
        (1, 0.4),
        (1, 0.2),
        ("solve", 0.2, 100.0),
    ]
    assert ask([350_001] * 4) == (["price", (1, 0.8), (1, 0.4), (1, 0.2), (1, 0.1)], 0.0)
    assert ("relax", 0.8) in ask([9_000, 5_001])[0]
    assert ("relax", 0.8) not in ask([9_000, 5_000])[0]
    assert ("relax", 0.8) in ask([9_000, 350_000])[0]
    assert ("relax", 0.8) not in ask([9_000, 350_001])[0]
    assert ("relax", 0.8) not in ask([9_000, 9_000], worth=(0.0, 0.0, 1.0))[0]
    assert ask(small, bound=0.8 - 0.9e-9)[1] == 0.8 - 0.9e-9
    assert ("solve", 0.8, 100.0) not in ask(small, bound=0.8 - 0.9e-9)[0]
    assert ("solve", 0.8, 100.0) in ask(small, bound=0.8 - 1.1e-9)[0]
    assert ("solve", 0.8, 100.0) in ask(small, bound=0.9, plan=None)[0]
    assert ask(small, solves=0.9)[1] == 0.8
    assert ask(small, bound=0.3)[1] == 0.3
    clock[0] = 1.0
    assert ("relax", 0.8) in ask([9_000, 15_000])[0]
    assert ("relax", 0.8) not in ask([9_000, 15_001])[0]
    clock[0] = 0.5
    assert ("solve", 0.8, 0.5) in ask(small)[0]
    clock[0] = 0.0
    assert ask(small)[0] == ["price", (1, 0.8)]


def test_each_stage_is_priced_until_it_tells_a_tenth_of_what_is_lost(stage, monkeypatch):
    """From prices of what the plan leaves, sixty steps at a time, for three tenths of the time."""
    stages = stage(bests=(14.0, 18.0), worth=(0.0, 0.0, 1.0))
    asked, bounds, now = [], [], [100.0]
    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: now[0]))

    class Priced(Dual):
        def descend(self, target, steps, deadline):
            asked.append((target, steps, deadline, self.prices.tolist(), self.worth.tolist()))
            self.best = replace(self.best, bound=bounds.pop(0))

    monkeypatch.setattr(room, "Dual", Priced)
    for plan, given, calls in (
        (None, [16.0, 14.0 + 1.4 + 1e-6, 15.3, 19.0], [14, 14, 14, 18]),
        (plan_of([1, 4], [1, 4, 5]), [15.0, 14.6, 18.9], [14, 14, 18]),
    ):
        bounds[:] = given
        search = room._Search(stages, 1.0, 110.0, 5)
        search.plan, search.lost = plan, 1.0 if plan is None else 0.5
        del asked[:]
        duals = search._price_each()
        assert [one[0] for one in asked] == calls
        assert len(duals) == 2
        often = 1 if plan is None else 1 + stages.sets.count(plan[0])
        assert asked[0][1:] == (
            60,
            103.0,
            (stages.sets.weights * 0.5 / often).tolist(),
            [0, 0.5, 1],
        )
    bounds[:] = [99.0, 99.0]
    del asked[:]
    search = room._Search(stages, 1.0, 110.0, 5)
    now[0] = 120.0
    search._price_each()
    assert [one[0] for one in asked] == [14, 18]


def test_sites_are_ruled_out_of_each_stage_by_its_own_prices_and_carried_over(stage):
    stages = stage()
    search = begin(stages)
    least = []

    def dual(over, chosen):
        turned = np.isin(np.arange(SITES), over)
        best = SimpleNamespace(chosen=np.array(chosen))
        return SimpleNamespace(best=best, turned_over=lambda value: least.append(value) or turned)

    barred, sure = search._rule_out([dual([1, 2], [1]), dual([3, 4], [4])], 0.25)
    assert least == [pytest.approx(18 * (0.75 - 1e-9)), pytest.approx(21 * (0.75 - 1e-9))]
    assert [np.flatnonzero(one).tolist() for one in barred] == [[2, 3], [3]]
    assert [np.flatnonzero(one).tolist() for one in sure] == [[1], [1, 4]]
    assert not search.barred[0].any()
    assert not search.sure[1].any()
    barred, _ = search._rule_out([], 0.25)
    assert not np.any(barred)
    assert search._measure([np.arange(SITES) > 1, np.arange(SITES) > 4]) == 2 * 2 + 5 * 2
    twice = begin(stage(worth=(0.0, 0.5, 1.0)))
    assert twice._measure([np.arange(SITES) > 1] * 2) == 16


def test_what_the_solver_says_of_stages_is_taken_and_told(stage, monkeypatch):
    """A contradiction or nothing left loses all that it may; a bound is given less its slack."""
    stages, asked, answers = stage(), [], [Answer(None, np.inf, "unknown")]

    def solve(program, *, start, seconds, seed):
        asked.append((program.column_upper[-1], start, seconds, seed))
        return answers[0]

    monkeypatch.setattr(room, "solve_program", solve)
    search = begin(stages)

    def ask(most=0.25, barred=(), sure=()):
        flags = [
            [np.isin(np.arange(SITES), some), np.zeros(SITES, bool)] for some in (barred, sure)
        ]
        return search._solve(*flags, most, 6.0)

    assert ask() == 0.0
    assert asked == [(pytest.approx(WHOLE * (0.25 + 1e-9), rel=1e-15), None, 6.0, 5)]
    answers[0] = Answer(None, -WHOLE * 0.125, "unknown")
    assert ask() == pytest.approx(0.125 - 1e-9, abs=1e-15)
    answers[0] = Answer(None, -np.inf, "infeasible")
    assert ask() == 0.25
    many = len(asked)
    assert ask(0.5, barred=[1], sure=[1]) == 0.5
    assert ask(0.5, barred=[0], sure=[]) == 0.5
    assert len(asked) == many + 1
    values = np.zeros(40)
    values[[1, 4]] = 1.0
    written = write_stages(stages, NONE, NONE, 1.0)
    values[written.blocks[1].column + np.array([1, 4, 5])] = 1.0
    answers[0] = Answer(values[: len(written.program.gain)], -WHOLE * 0.0625, "feasible")
    assert ask(1.0) == pytest.approx(0.0625 - 1e-9, abs=1e-15)
    assert [one.tolist() for one in search.plan] == [[1, 4], [1, 4, 5]]
    ask(1.0)
    assert asked[-1][1][:6].tolist() == [0, 1, 0, 0, 1, 0]


def test_the_relaxation_of_stages_bounds_them_and_turns_sites(stage, clock, monkeypatch):
    """With four fifths of the time; a bound is no more than what may be lost."""
    stages = stage()
    search, told = begin(stages), []
    turned = [np.isin(np.arange(SITES), one) for one in ([1, 2], [3, 4])]
    offers = [SimpleNamespace(kept=0.875, chosen=plan_of([1], [4]),
                              turned_over=lambda lost: told.append(lost) or turned)]  # fmt: skip
    relaxed = [Relaxation(np.zeros(1), np.arange(3.0))]

    def relax(program, *, seconds):
        told.append((program.column_upper[-1], seconds))
        return relaxed[0]

    monkeypatch.setattr(room, "relax_program", relax)
    monkeypatch.setattr(
        room, "price_stages",
        lambda stages, written, prices, barred, sure: told.append(prices.tolist()) or offers[0],
    )  # fmt: skip

    def ask(most):
        del told[:]
        barred, sure = [[np.zeros(SITES, dtype=bool) for _ in range(2)] for _ in range(2)]
        search._relax(barred, sure, most)
        return [[np.flatnonzero(one).tolist() for one in some] for some in (barred, sure)]

    assert ask(0.25) == [[[2, 3], [3]], [[1], [1, 4]]]
    assert told == [(WHOLE / 4, pytest.approx(80.0)), [0.0, 1.0, 2.0], 0.25 + 1e-9]
    assert search.bound == 0.125
    ask(0.0625)
    assert search.bound == 0.125
    search.bound = 0.0
    ask(0.0625)
    assert search.bound == 0.0625
    offers[0] = None
    assert ask(0.25) == [[[], []], [[], []]]
    relaxed[0] = None
    ask(0.25)
    assert len(told) == 1
    clash = [np.arange(SITES) == 1, NONE[1]]
    del told[:]
    search._relax(clash, [one.copy() for one in clash], 0.25)
    assert told == []
