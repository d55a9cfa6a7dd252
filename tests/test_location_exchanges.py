"""What exchanges for several cases and searches for covers keep true, against counting anew."""

import math
from itertools import product

import numpy as np
import pytest

from boxreach.location import covering_search as covers
from boxreach.location import exchanges

SITES, DEMAND, SEEDS = 8, 14, range(8)


# --- exchanges of a plan for several cases --------------------------------------------------------


SHARES = [None, 0.0, 0.3]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", SEEDS[:5])
def test_a_table_tells_what_a_plan_and_every_exchange_come_to_in_each_case(seed, share, lay_game):
    game = lay_game(seed, share)
    for one in (*game.plans[::5], game.plans[0][:2]):
        exchanges._lay(game.table, np.array(one))
        game.check()
        assert exchanges._judge_plan(game.table) == pytest.approx(game.judge(one))
        for into in set(range(SITES)) - set(one):
            assert exchanges._pay(game.table, into) >= len(one) * 3
            more = game.judge({*one, into})
            assert exchanges._try_out(game.table, -1) == pytest.approx(more)
            for nth, out in enumerate(one):
                value = game.judge({*one, into} - {out})
                assert exchanges._try_out(game.table, nth) == pytest.approx(value)
            for out in (-1, *one):
                after = {*one, into} - {out}
                if game.holds(one):
                    assert exchanges._fits(game.table, out, into) == game.holds(after)


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_sites_that_leave_and_come_change_the_table_as_if_it_were_laid_anew(seed, lay_game):
    game = lay_game(seed, 0.0)
    for _ in range(12):
        plan = game.plan()
        outside = sorted(set(range(SITES)) - plan)
        out, into = int(game.random.choice(sorted(plan))), int(game.random.choice(outside))
        exchanges._change(game.table, out, into)
        assert game.plan() == plan - {out} | {into}
        game.check()
    exchanges._lay(game.table, game.start[:2])
    exchanges._change(game.table, -1, next(iter(set(range(SITES)) - set(game.start.tolist()))))
    assert len(game.plan()) == 3
    game.check()


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_for_cases_climbs_until_no_exchange_gains_by_the_criterion_or_the_mean(
    seed, share, lay_game
):
    game = lay_game(seed, share)
    before, cursor = game.judge(game.plan()), np.zeros(2, dtype=np.int64)
    assert exchanges._climb(game.table, cursor, False, 0) == 0
    assert cursor.tolist() == [0, 0]
    assert exchanges._climb(game.table, cursor, False, 10**9) > 0
    game.check()
    now = game.judge(game.plan())
    assert cursor[1] == SITES
    assert now >= before
    for *_, after in game.exchanges():
        value, mean = game.judge(after)
        assert value <= now[0] + 1e-9
        assert value < now[0] or mean <= now[1] + 1e-9
    assert game.holds(game.plan())
    assert not (game.plan() ^ set(game.start.tolist())) & set(np.flatnonzero(game.locked).tolist())


@pytest.mark.parametrize("share", SHARES)
def test_a_plan_for_cases_takes_the_best_exchange_of_the_site_that_may_come(share, lay_game):
    """One site after the other is looked at, and the work ends soon after enough was done."""
    for seed in range(12):
        game = lay_game(seed, share)
        cursor = np.zeros(2, dtype=np.int64)
        plan, now = game.plan(), game.judge(game.plan())
        while game.plan() == plan and cursor[1] < SITES:
            exchanges._climb(game.table, cursor, False, 1)
        if cursor[1] == SITES:
            continue
        (into,) = game.plan() - plan
        assert cursor.tolist() == [(into + 1) % SITES, 0]
        ended = game.judge(game.plan())
        exchanges._lay(game.table, np.array(sorted(plan)))
        best = max(game.judge(after) for _, come, after in game.exchanges() if come == into)
        assert ended == pytest.approx(best)
        assert best > now
        for one in range(into):
            assert all(game.judge(after) <= now for _, come, after in game.exchanges()
                       if come == one)  # fmt: skip


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_of_any_number_for_cases_none_is_left_out_that_gains_and_fits(seed, share, lay_game):
    game = lay_game(seed, share, sites=None)
    cursor = np.zeros(2, dtype=np.int64)
    exchanges._climb(game.table, cursor, True, 10**9)
    game.check()
    plan, now = game.plan(), game.judge(game.plan())
    for into in set(range(SITES)) - plan - set(np.flatnonzero(game.locked).tolist()):
        assert not game.holds(plan | {into}) or game.judge(plan | {into}) <= now
    assert game.holds(plan)


@pytest.mark.parametrize("near", [0.69, 0.7, 0.71])
@pytest.mark.parametrize("seed", SEEDS[:3])
def test_a_kick_for_cases_reaches_every_neighbour_or_any_site_and_no_other(seed, near, lay_game):
    thirds, grid = (np.arange(3) + 0.5) / 3, (np.arange(40) + 0.5) / 40
    game, seen = lay_game(seed, 0.0), set()
    plan = game.plan()
    for a, b, c in product(thirds, grid, grid[::5] if near < 0.7 else grid[:1]):
        exchanges._kick(game.table, np.array([a, b, c, near]))
        if game.plan() != plan:
            seen.add((*sorted(plan - game.plan()), *sorted(game.plan() - plan)))
            game.lay()
    after = {(out, into) for out, into, _ in game.exchanges()}
    cover = game.cases.sets.as_matrix().toarray() > 0
    shared = {(out, into) for out, into in after if (cover[out] & cover[into]).any()}
    assert seen == (after if near >= 0.7 else shared)
    game.table.size[0] = 0
    exchanges._kick(game.table, np.full(8, 0.5))
    assert game.plan() == plan


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", SEEDS[:6])
def test_exchanges_for_cases_lead_to_the_best_plan_and_of_equal_ones_to_early_sites(
    seed, share, lay_game
):
    game = lay_game(seed, share)

    def go(kicks, deadline=math.inf):
        random = np.random.default_rng(seed)
        return exchanges.exchange(
            game.cases, game.start, kicks=kicks, deadline=deadline, random=random
        )

    assert go(50, 0.0).tolist() == game.start.tolist()
    found = set(go(40).tolist())
    game.locked[:] = False
    exchanges._lay(game.table, np.array(sorted(found)))
    best = max(map(game.judge, game.plans))
    assert game.judge(found) == pytest.approx(best)
    assert game.judge(go(0)) >= game.judge(game.start)
    assert go(40).tolist() == sorted(found)
    for out, into, after in game.exchanges():
        assert into > out or game.judge(after) < best
    assert game.holds(found)


# --- local search for covers ----------------------------------------------------------------------


ASKED = [(1, None), (2, None), (1, 0.7), (2, 0.6)]


@pytest.mark.parametrize(("boxes", "share"), ASKED)
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_scores_follow_every_site_that_enters_or_leaves(seed, boxes, share, lay_hunt):
    """What a site would gain or lose counts demand that too few, or just enough, cover."""
    hunt = lay_hunt(seed, boxes=boxes, share=share)
    hunt.check()
    assert hunt.board.least[0] == hunt.board.totals[0]
    assert np.flatnonzero(hunt.board.best).tolist() == hunt.chosen().tolist()
    for nth, site in enumerate(hunt.random.integers(0, len(hunt.cover), 40).tolist()):
        if hunt.board.chosen[site]:
            covers._leave(site, hunt.sets, hunt.board)
        else:
            covers._enter(site, hunt.sets, hunt.board)
        hunt.check()
        if share is None and nth % 5 == 0:
            before = hunt.board.weights.copy()
            covers._weigh_more(hunt.sets, hunt.board)
            assert (hunt.board.weights - before == ~hunt.covered()).all()
            hunt.check()


@pytest.mark.parametrize(("boxes", "share"), ASKED)
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_the_site_that_leaves_loses_least_for_its_cost_and_the_one_that_enters_gains_most(
    seed, boxes, share, lay_hunt
):
    """Of equals the one that moved longest ago; fixed, barred and lately moved ones stay."""
    hunt = lay_hunt(seed, boxes=boxes, share=share)
    board, costs = hunt.board, hunt.sets.costs
    for since in range(10):
        board.moved[:] = hunt.random.integers(0, 10, len(board.moved))
        ranks = {site: (board.score[site] / costs[site], board.moved[site])
                 for site in hunt.chosen() if site != 1 and board.moved[site] < since}  # fmt: skip
        leaves = covers._cheapest_loss(hunt.sets, board, since)
        assert (leaves == -1) if not ranks else ranks[leaves] == min(ranks.values())
        for site in hunt.random.choice(hunt.chosen(), min(4, len(hunt.chosen())), replace=False):
            covers._leave(int(site), hunt.sets, board)
        board.least[0] = board.totals[0] + float(hunt.random.integers(1, 5))
        if covers._is_enough(hunt.sets, board):
            continue
        short = ~hunt.covered()
        enters = covers._best_gain(hunt.sets, board, since)
        outside = [
            site
            for site in range(len(costs))
            if not board.chosen[site]
            and site != 2
            and board.moved[site] < since
            and board.totals[0] + costs[site] < board.least[0]
        ]
        ranks = {site: (-board.score[site] / costs[site], board.moved[site]) for site in outside}
        if share is not None:
            assert (enters == -1) if not ranks else ranks[enters] == min(ranks.values())
            continue
        ways = [
            {site for site in outside if hunt.cover[site, one]} for one in np.flatnonzero(short)
        ]
        leads = [min(ranks[site] for site in way) if way else None for way in ways]
        assert (None if enters < 0 else ranks[enters]) in leads


@pytest.mark.parametrize(("boxes", "share"), ASKED)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_cheapest_cover_is_found_from_that_of_all_sites(seed, boxes, share, lay_hunt):
    hunt = lay_hunt(seed, boxes=boxes, share=share)
    best = hunt.best()
    if math.isinf(best):
        return
    start = hunt.chosen()
    found = covers.search_covers(
        hunt.covering, start, enough=best, until=math.inf, seed=seed, reads=2e5
    )
    assert hunt.covering.is_cover(found)
    assert hunt.costs[found].sum() == best
    told = covers.search_covers(hunt.covering, start, enough=1e9, until=math.inf, seed=0)
    assert told.tolist() == start.tolist()
    covers._improve(hunt.sets, hunt.board, 1, 120, 0.0)
    hunt.check()
    kept = np.flatnonzero(hunt.board.best)
    assert hunt.covering.is_cover(kept)
    assert hunt.board.least[0] == hunt.costs[kept].sum()
    assert hunt.board.least[0] <= hunt.costs[start].sum()


@pytest.mark.slow
def test_a_climb_for_cases_goes_on_with_the_site_that_it_was_to_look_at_next(lay_game):
    for seed, at in product(SEEDS, range(SITES)):
        game = lay_game(seed, 0.0)
        if at in game.plan() or game.locked[at]:
            continue
        cursor = np.array([at, 0])
        assert exchanges._climb(game.table, cursor, False, 1) > 0
        assert cursor[0] == (at + 1) % SITES
        assert cursor[1] == (0 if at in game.plan() else 1)
