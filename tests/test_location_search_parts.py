"""What a search takes over from prices, regions and the solver, and what it asks of them."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from boxreach.location import GroupLimit, Rules
from boxreach.location import search as search_room
from boxreach.location.dual import Dual
from boxreach.location.picks import Picks
from boxreach.location.program import Answer

SITES, DEMAND, CHOSEN = 9, 24, 3


def stop_clock(monkeypatch, now):
    """Let the clock of the search stand."""
    monkeypatch.setattr(search_room, "time", SimpleNamespace(monotonic=lambda: now))


def flags(*ones):
    return np.isin(np.arange(SITES), ones)


# --- prices, regions and what is ruled out --------------------------------------------------------


def price(search):
    """Prices of a search, evaluated once."""
    hull = search.problem.worth
    dual = Dual(search.sets, hull, search.picks, search.rest, search.sets.weights / 2, np.empty(0))
    dual.evaluate(search.value)
    return dual


def test_first_prices_share_the_weight_among_the_sites_that_cover_it_and_one_more(
    monkeypatch, searching
):
    search, made = searching(9, worth=(0.0, 0.0, 1.0)), []

    def refuse(*given):
        made.append(given)
        return SimpleNamespace(moves=False)

    monkeypatch.setattr(search_room, "Dual", refuse)
    search.deadline = 0.0
    search._close_in()
    hull = [0.0, 0.5, 1.0]
    assert made[0][1].tolist() == hull
    wanted = search.sets.weights * 0.5 / (1 + search.sets.count(search.chosen))
    assert made[0][4].tolist() == wanted.tolist()
    search.prices = np.ones(3)
    search._close_in()
    assert made[1][4] is search.prices


def test_a_bound_is_taken_over_with_its_prices_but_never_below_the_plan(searching):
    search, heard = searching(1), []
    best = SimpleNamespace(bound=search.value - 5, prices="prices", rule_prices="rule prices")
    search._note(SimpleNamespace(best=best))
    assert search.bound == search.value
    assert (search.prices, search.rule_prices) == ("prices", "rule prices")
    search.bound, search.progress = search.value + 1, lambda *told: heard.append(told)
    best.bound = search.value + 2
    search._note(SimpleNamespace(best=best))
    assert heard == [(search.value, search.value + 1)]


def test_what_is_left_is_merged_again_where_it_is_less_and_proven_where_nothing_can_be_left(
    searching,
):
    search, merged = searching(2), []
    dual = price(search)
    dual.with_less = lambda *given: ("less", given)
    search._merge_again = lambda prices: merged.append(prices) or "prices"
    search._rule_out = lambda dual: less
    less, search.bound = False, search.value + 9
    assert search._make_less(dual) is dual
    assert not merged
    less = True
    assert search._make_less(dual) == ("less", (search.sets, search.picks, "prices"))
    assert merged == [dual.best.prices]
    assert search.bound == search.value + 9
    search.picks = search_room.replace(search.picks, barred=np.ones(SITES, dtype=bool))
    assert search._make_less(dual) is dual
    assert search.bound == search.value


@pytest.mark.parametrize("worth", [(0.0, 1.0), (0.0, 0.0, 1.0)])
def test_the_field_is_what_prices_nearly_take_with_the_plan_and_sure_sites(worth, searching):
    search = searching(3, worth=worth)
    dual = price(search)
    idle = next(one for one in range(SITES)
                if one not in search.chosen and one not in dual.best.chosen)  # fmt: skip
    search.sure = flags(idle)
    search.board, listed = "board", {idle, *search.chosen.tolist(), *dual.best.chosen.tolist()}
    search._draw_field(dual, 0)
    assert set(np.flatnonzero(search.listed).tolist()) == listed
    assert search.board is None
    least = int(np.argmax(np.array(worth) > 0))
    dense = search.sets.as_matrix().toarray() * search.listed[:, None]
    counting = dense.sum(axis=0) >= max(1, least)
    assert search.field.weights.sum() == search.sets.weights[counting].sum()
    assert not search.field.as_matrix().toarray()[~search.listed].any()
    other = next(one for one in range(SITES) if one not in listed)
    search.barred = flags(other, idle)
    search._draw_field(dual, 10**6)
    assert set(np.flatnonzero(search.listed).tolist()) == set(range(SITES)) - {other}


def test_the_core_is_what_prices_nearly_take_and_grows_twofold_while_the_solver_is_quick(
    monkeypatch, searching
):
    """Twofold, in four tenths of the time left; never without the plan, never with barred sites."""
    for small, first in ((0, 7), (10**6, SITES)):
        search, asked, statuses = searching(4, small=small), [], []
        dual = price(search)
        search.barred = flags(next(one for one in range(SITES) if one not in search.chosen
                                   and one not in dual.best.chosen))  # fmt: skip
        losses = search.picks.losses(dual.best.earned, dual.best.chosen)
        losses[dual.best.chosen] = losses[search.chosen] = -np.inf
        losses[search.barred] = np.inf
        order = np.argsort(losses, kind="stable")

        def ask(barred, sure, seconds, *, asked=asked, statuses=statuses):
            asked.append((np.flatnonzero(~barred).tolist(), sure.any(), seconds))
            return Answer(None, 0.0, statuses[len(asked) - 1])

        search._ask_solver = ask
        stop_clock(monkeypatch, 100.0)
        search.deadline = 110.0
        for said in (["optimal"] * 9, ["feasible"] * 9):
            statuses[:] = said
            asked.clear()
            search._solve_core(dual)
            sizes = [first]
            while said[0] == "optimal" and sizes[-1] < SITES:
                sizes.append(2 * sizes[-1])
            kept = [sorted(set(order[:size].tolist()) - set(np.flatnonzero(search.barred).tolist()))
                    for size in sizes]  # fmt: skip
            assert asked == [(one, False, 4.0) for one in kept]
        asked.clear()
        search.deadline = 100.0
        search._solve_core(dual)
        assert not asked


def test_regions_are_searched_at_what_the_last_loose_site_earns_and_their_plan_is_taken(
    monkeypatch, searching
):
    """Only where a number is given and no group is limited, and not all sites are sure."""
    made = []

    class Told:
        def __init__(self, sets, worth, picks, price, chosen):
            made.append((sets, picks.barred, price, chosen))
            self.bound = math.inf

        def follow(self, deadline):
            made.append(deadline)

        def plan(self):
            return plan

    monkeypatch.setattr(search_room, "Regions", Told)
    stop_clock(monkeypatch, 50.0)
    search = searching(5)
    dual, barred = price(search), flags(8)
    search.sure = flags(int(dual.best.chosen[np.argmin(dual.best.earned[dual.best.chosen])]))
    plan, before, search.board = search.chosen[:1], search.chosen, "board"
    assert isinstance(search._divide(dual, barred, 3.0), Told)
    loose = dual.best.chosen[~search.sure[dual.best.chosen]]
    sets, seen, cost, chosen = made[0]
    assert (sets, cost) == (search.sets, dual.best.earned[loose].min())
    assert seen is barred
    assert chosen is before
    assert made[1] == 53.0
    assert (search.chosen is before, search.board) == (True, "board")
    search.value, plan = 0.0, np.array([0, 1, 2])
    search._divide(dual, barred, 3.0)
    assert (search.chosen.tolist(), search.board) == ([0, 1, 2], None)
    assert search.value == search._measure(plan)
    search.sure = np.ones(SITES, dtype=bool)
    assert search._divide(dual, barred, 3.0) is None
    search.sure = flags()
    picks = search.picks
    search.picks = search_room.replace(picks, count=None)
    assert search._divide(dual, barred, 3.0) is None
    limit = Rules(limits=(GroupLimit(flags(0, 1), 0, 1),))
    search.picks = searching(5, rules=limit).picks
    assert isinstance(search.picks, Picks)
    assert search._divide(dual, barred, 3.0) is None


def test_regions_close_the_bound_and_rule_out_what_they_leave_no_room_for(monkeypatch, searching):
    search, asked = searching(6), []
    search.bound, search.barred, search.sure = search.value + 9, flags(1), flags(2)
    found = SimpleNamespace(bound=search.value + 4,
                            turned_over=lambda least: (flags(3), flags(4)))  # fmt: skip
    search._divide = lambda dual, barred, seconds: asked.append((barred.copy(), seconds)) or found
    stop_clock(monkeypatch, 100.0)
    search.deadline = 105.0
    search._close_regions("dual")
    assert search.bound == search.value + 4
    assert asked[0][0].tolist() == flags(1).tolist()
    assert asked[0][1] == 5.0
    assert np.flatnonzero(search.barred).tolist() == [1, 3]
    assert np.flatnonzero(search.sure).tolist() == [2, 4]
    found.bound = search.value - 1
    search._close_regions("dual")
    assert search.bound == search.value
    search._close_regions("dual")
    assert len(asked) == 2
    found, search.bound = None, search.value + 9
    search._close_regions("dual")
    assert (len(asked), search.bound) == (3, search.value + 9)


# --- the solver -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "told", "bound"),
    [("infeasible", -math.inf, 0.0), ("optimal", 5.0, 5.0), ("feasible", 5.0, 5.0 + 8.5e-11),
     ("feasible", 20.0, 9.0), ("feasible", -3.0, 0.0), ("optimal", 1e-12, 0.0),
     ("optimal", 6e-10, 6e-10 + 8.5e-11)],
)  # fmt: skip
def test_what_the_solver_says_becomes_the_bound_less_nothing_that_it_may_miss(
    status, told, bound, searching
):
    """What weighs a hundred-billionth of the heaviest demand may be missing from a bound."""
    search = searching(7)
    value = 100.0
    search.value, search.bound = value, value + 9.0
    heaviest = float(search.sets.weights.max())
    search._ask_solver = lambda *_: Answer(None, value + told, status)
    search._prove()
    if status == "infeasible":
        assert search.bound == value
        return
    closed = status == "optimal" and value >= (value + told) * (1 - 1e-9)
    dust = 0.0 if closed else 1e-11 * heaviest
    assert search.bound == min(value + 9.0, max(value + told + dust, value))
    assert bound >= 0


def test_the_solver_gets_what_is_left_the_plan_to_begin_with_and_the_seconds(
    monkeypatch, searching
):
    """Its own plan is taken if it covers more and keeps the rules; the board is laid anew then."""
    search, asked = searching(8, worth=(0.0, 1.0)), []
    answer = Answer(None, math.inf, "unknown")

    def solve(program, **given):
        asked.append((program, given))
        return answer

    monkeypatch.setattr(search_room, "solve_program", solve)
    barred, sure = (
        flags(int(next(one for one in range(SITES) if one not in search.chosen))),
        flags(),
    )
    assert search._ask_solver(barred, sure, 7.0) is answer
    program, given = asked.pop()
    within = np.flatnonzero(~barred)
    assert (given["seconds"], given["seed"]) == (7.0, search.seed)
    assert within[given["start"][: len(within)] == 1].tolist() == search.chosen.tolist()
    assert len(program.gain) == len(given["start"])
    search._ask_solver(barred, sure, -2.0)
    assert asked.pop()[1]["seconds"] == 0.0
    best = search.chosen.copy()
    values = np.isin(within, best).astype(float)
    for value, board, taken in ((search.value, "board", False), (search.value - 1, None, True)):
        search.value, search.board, search.chosen = value, "board", best[:1]
        answer = Answer(values, 0.0, "optimal")
        search._ask_solver(barred, sure, 7.0)
        assert search.board == board
        assert search.chosen.tolist() == (best if taken else best[:1]).tolist()
    assert search.value == search._measure(best)
    search.value, search.chosen = 0.0, best
    answer = Answer(np.where(np.isin(within, best[:2]), 1.0, 0.0), 0.0, "feasible")
    search._ask_solver(barred, sure, 7.0)
    assert search.chosen.tolist() == best[:2].tolist()


def test_sites_that_follow_in_a_plan_of_the_solver_are_noted(searching):
    rules = Rules(limits=(GroupLimit(flags(0, 1, 2), 0, 2),))
    search = searching(9, later=2, rules=rules)
    for followers, kept in (([5, 6], True), ([1, 2], False)):
        search.later = np.array([8])
        values = np.concatenate([np.full(4, 0.3), flags(0, 3, 4, *followers) * 0.999999])
        whole = search._keeps_rules(Answer(values, 0.0, "optimal"), np.array([0, 3, 4]))
        assert whole is kept
        assert search.later.tolist() == (followers if kept else [8])


def test_a_bound_that_the_plan_meets_but_for_a_billionth_misses_nothing(searching):
    search = searching(7)
    told, search.bound = 200.0, 300.0
    search.value = told * (1 - 1e-9)
    search._ask_solver = lambda *_: Answer(None, told, "optimal")
    search._prove()
    assert search.bound == told
