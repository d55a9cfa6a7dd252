"""What a board keeps true with every exchange of sites, against counting all anew."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules, swaps, walks
from boxreach.location.cover_sets import merge_demand

SITES, DEMAND, SEEDS = 8, 14, range(8)
OUT, IN, LATER = 0, 1, 2


# --- exchanges of one plan -----------------------------------------------------------------------


def log_of(many=64):
    return np.zeros((many, 2), dtype=np.int64), np.zeros(3, dtype=np.int64)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_board_tells_of_each_site_what_it_adds_or_what_is_lost_without_it(seed, lay_play):
    """At first, and after every move of any site to any place."""
    play = lay_play(seed)
    play.check()
    for one, to in zip(
        play.random.integers(0, SITES, 30), play.random.integers(0, 3, 30), strict=True
    ):
        if play.board.place[one] != to:
            play.board.fresh[:] = False
            before = play.board.gain.copy()
            swaps._move(play.board, int(one), int(to))
            play.check()
            out = play.board.place != IN
            assert play.board.fresh[out & (before != play.board.gain)].all()
            assert play.board.fresh[one]


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_allow_an_exchange_if_they_hold_afterwards(seed, lay_play):
    play = lay_play(seed)
    whole = play.at(IN) | play.at(LATER)
    for out, into in product([-1, *sorted(whole)], [-1, *sorted(set(range(SITES)) - whole)]):
        after = (whole - {out}) | ({into} - {-1})
        assert swaps._fits(play.board, out, into) == play.holds(after)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_exchange_for_a_coming_site_is_found(seed, lay_play):
    """Its gain is that of the two plans, and it keeps the rules; none is told where none gains."""
    play = lay_play(seed)
    board, now = play.board, play.value(play.at(IN))
    possible = {}
    for out, into, third, after, _ in play.exchanges():
        possible.setdefault(into, []).append((play.value(after) - now, out, third))
    back = np.zeros(SITES)
    for into in sorted(set(range(SITES)) - play.at(IN) - set(np.flatnonzero(play.locked))):
        swaps._pay_back(board, into, back)
        for gain, out, _ in possible.get(into, []):
            told = board.gain[into] - board.gain[out] + back[board.slot[out]]
            assert told == pytest.approx(gain)
        for least in (-1e9, 0.0, 2.0):
            found = swaps._choose_out(board, into, back, least)
            most = max((gain for gain, *_ in possible.get(into, [])), default=-math.inf)
            if most <= least:
                assert found == (-1, -1)
            else:
                assert found in [(out, third) for gain, out, third in possible[into]
                                 if gain == pytest.approx(most)]  # fmt: skip


@pytest.mark.parametrize("later", [0, 1])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_climb_ends_where_no_exchange_gains_and_can_be_undone(seed, later, lay_play):
    play = lay_play(seed, later=later)
    board, (log, cursor) = play.board, log_of()
    before = play.value(play.at(IN))
    assert swaps.climb(board, cursor, False, 0, log) == 0
    assert cursor.tolist() == [0, 0, 0]
    work = swaps.climb(board, cursor, False, 10**9, log)
    play.check()
    now = play.value(play.at(IN))
    assert cursor[1] == SITES
    assert (work > 0) >= (now > before)
    assert now >= before
    assert all(play.value(after) <= now for *_, after, _ in play.exchanges())
    assert play.holds(play.at(IN) | play.at(LATER))
    assert (cursor[2] > 0) == (now > before)
    swaps.undo(board, cursor, log)
    play.check()
    assert (play.at(IN), play.at(LATER)) == tuple(set(one.tolist()) for one in play.start)
    assert play.value(play.at(IN)) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_where_any_number_may_stand_none_is_left_out_that_gains_and_fits(seed, lay_play):
    play = lay_play(seed, later=0, chosen=2)
    log, cursor = log_of()
    swaps.climb(play.board, cursor, True, 10**9, log)
    play.check()
    plan = play.at(IN)
    for into in set(range(SITES)) - plan - set(np.flatnonzero(play.locked).tolist()):
        assert not play.holds(plan | {into}) or play.value(plan | {into}) == play.value(plan)
    assert play.holds(plan)


def test_a_climb_stops_when_the_log_is_full_or_enough_was_looked_at(lay_play):
    """What it did until then is in the log, and it goes on from there."""
    for seed in range(40):
        play = lay_play(seed, later=0)
        log, cursor = log_of()
        swaps.climb(play.board, cursor, False, 10**9, log)
        moved = int(cursor[2])
        if moved >= 4:
            break
    assert moved >= 4
    ends = play.at(IN)
    play = lay_play(seed, later=0)
    log, cursor = log_of(5)
    swaps.climb(play.board, cursor, False, 10**9, log)
    assert cursor[2] == 2
    cursor[2] = 0
    for _ in range(60):
        log, cursor[2] = log_of()[0], 0
        assert swaps.climb(play.board, cursor, False, 1, log) <= 21 * DEMAND
        assert cursor[2] <= 2
        if cursor[1] == SITES:
            break
    assert play.at(IN) == ends


@pytest.mark.parametrize("later", [0, 1])
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_kick_reaches_every_neighbour_or_any_site_that_may_move_and_no_other(
    seed, later, lay_play
):
    """Of draws spread evenly, seven in ten lead to a site that covers some of the same demand."""
    thirds, grid = (np.arange(3) + 0.5) / 3, (np.arange(15) + 0.5) / 15
    for near in (0.69, 0.7, 0.71):
        seen = set()
        play = lay_play(seed, later=later)
        plan = play.at(IN)
        for a, b, c in product(thirds, grid, grid[::2]):
            log, cursor = log_of()
            cursor[1] = 5
            swaps.kick(play.board, np.array([a, b, c, near]), cursor, log)
            assert cursor[1] == 0
            if cursor[2]:
                seen.add((*sorted(plan - play.at(IN)), *sorted(play.at(IN) - plan)))
                play.lay()
        after = {(out, into) for out, into, third, *_ in play.exchanges() if third < 0}
        shared = {(out, into) for out, into in after if (play.cover[out] & play.cover[into]).any()}
        assert seen == (after if near >= 0.7 else shared)
        play.check()


def test_a_kick_exchanges_once_for_each_four_draws_until_the_log_is_full(lay_play):
    play = lay_play(1, later=0)
    draws = np.random.default_rng(0).random(4 * 30)
    log, cursor = log_of(200)
    swaps.kick(play.board, draws[:0], cursor, log)
    assert cursor[2] == 0
    swaps.kick(play.board, draws, cursor, log)
    assert 4 < cursor[2] <= 60
    play.check()
    swaps.undo(play.board, cursor, log)
    short = np.zeros((9, 2), dtype=np.int64)
    swaps.kick(play.board, draws, cursor, short)
    assert cursor[2] == 6
    empty = swaps.set_up(play.sets, play.worth, Rules().rows(csr_array(play.cover.astype(float))),
                         np.empty(0, int), np.empty(0, int), play.locked)  # fmt: skip
    swaps.kick(empty, draws, np.zeros(3, dtype=np.int64), log)
    assert (empty.place == OUT).all()


@pytest.mark.parametrize("later", [0, 1])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_settled_plan_has_no_site_for_which_an_earlier_one_may_come_without_loss(
    seed, later, lay_play
):
    play = lay_play(seed, later=later)
    log, cursor = log_of()
    swaps.climb(play.board, cursor, False, 10**9, log)
    before = play.value(play.at(IN))
    swaps.settle(play.board, False, np.zeros((8, 2), dtype=np.int64))
    play.check()
    assert play.value(play.at(IN)) >= before
    assert play.holds(play.at(IN) | play.at(LATER))
    for out, into, third, after, _ in play.exchanges():
        assert third >= 0 or into > out or play.value(after) < play.value(play.at(IN))
    assert sorted(play.at(IN)) == swaps.read_plan(play.board).tolist()
    assert sorted(play.at(LATER)) == swaps.read_later(play.board).tolist()


@pytest.mark.parametrize("any_number", [True, False])
def test_of_any_number_sites_that_add_nothing_are_left_out_the_last_first(any_number):
    """But for locked ones, and those that a rule asks for; of a number that is given none is."""
    cover = csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [0, 0]]))
    sets = merge_demand(cover.indptr, cover.indices, np.array([3.0, 4.0]), kept=np.ones(6, bool))
    limits = (GroupLimit(np.arange(6) == 5, 1),)
    locked = np.arange(6) == 3
    board = swaps.set_up(sets, np.array([0.0, 1.0]), Rules(limits=limits).rows(cover),
                         np.arange(6), np.empty(0, int), locked)  # fmt: skip
    swaps.settle(board, any_number, np.zeros((8, 2), dtype=np.int64))
    assert swaps.read_plan(board).tolist() == ([0, 3, 5] if any_number else [0, 1, 2, 3, 4, 5])
    assert board.value[0] == 7


@pytest.mark.parametrize("seed", SEEDS)
def test_kicks_lead_to_the_best_of_all_plans_and_never_down(seed, lay_play):
    play = lay_play(seed, later=0)
    start = play.value(play.at(IN))
    swaps.improve(play.board, any_number=False, rounds=50, deadline=0.0, random=play.random)
    assert play.at(IN) == set(play.start[0].tolist())
    swaps.improve(play.board, any_number=False, rounds=0, deadline=math.inf, random=play.random)
    climbed = play.value(play.at(IN))
    swaps.improve(play.board, any_number=False, rounds=60, deadline=math.inf, random=play.random)
    play.check()
    fixed = set(play.start[0].tolist()) & set(np.flatnonzero(play.locked).tolist())
    barred = set(np.flatnonzero(play.locked).tolist()) - fixed
    best = max(play.value(one) for one in combinations(range(SITES), 3)
               if play.holds(one) and fixed <= set(one) and not barred & set(one))  # fmt: skip
    assert start <= climbed <= play.value(play.at(IN)) == best


def test_walks_set_out_from_one_plan_and_depend_on_their_seeds_alone(lay_play):
    """The plan they set out from stays, and each ends where no exchange gains."""
    play = lay_play(3, later=0)
    before = play.board.place.copy()

    def go(seed, rounds=4):
        return walks.walk(play.board, walks=4, any_number=False, rounds=rounds, deadline=math.inf,
                          random=np.random.default_rng(seed))  # fmt: skip

    ends = go(5)
    assert len(ends) == 4
    assert np.array_equal(play.board.place, before)
    play.check()
    again = go(5)
    assert [one.place.tolist() for one in ends] == [one.place.tolist() for one in again]
    whole = play.board
    for one in ends:
        play.board = one
        play.check()
        assert play.holds(play.at(IN))
        assert all(
            play.value(after) <= play.value(play.at(IN)) for *_, after, _ in play.exchanges()
        )
    play.board = whole
    assert (
        len({tuple(swaps.read_plan(one).tolist()) for seed in range(4) for one in go(seed, 0)}) > 1
    )


def test_a_climb_goes_on_with_the_site_that_it_was_to_look_at_next(lay_play):
    for seed, at in product(SEEDS, range(SITES)):
        play = lay_play(seed, later=0)
        log, cursor = log_of()
        cursor[0] = at
        swaps.climb(play.board, cursor, False, 1, log)
        if cursor[1] == 0:
            (into,) = play.at(IN) - set(play.start[0].tolist())
            assert cursor[0] == (into + 1) % SITES
        else:
            assert cursor[0] == (at + cursor[1]) % SITES
