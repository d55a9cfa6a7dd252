"""How a search through several cases prices them: by the relaxation, and by mixes of them."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from boxreach.location import GroupLimit, Rules
from boxreach.location import cases_search as room
from boxreach.location.cases import ONCE
from boxreach.location.cases_search import CasesSearch
from boxreach.location.dual import Dual
from boxreach.location.picks import part_rows
from boxreach.location.problem import Finding
from boxreach.location.program import Answer, Relaxation


def lists(arrays):
    return [one.tolist() for one in arrays]


def test_prices_of_the_relaxation_are_a_mix_of_the_cases_and_prices_of_their_demand(
    search_for, fixed_time, monkeypatch
):
    """What it takes of sites is tried with the plan and sure ones, for two fifths of the time."""
    rules = Rules(costs=np.ones(5), budget=3.0)
    search = search_for(0.0, rules=rules)
    search.take(np.array([0, 2]))
    search.sure[4] = True
    demand = len(search.cases.sets.weights)
    prices, rows = np.zeros(0), []
    write = room.write_cases

    def note(cases, sure, *, top, most, least):
        rows.append((top, most, sure.tolist()))
        return write(cases, sure, top=top, most=most, least=least)

    def relax(program, *, seconds):
        nonlocal prices
        rows.append(seconds)
        prices = np.zeros(len(program.row_lower))
        prices[:demand] = np.arange(demand)
        prices[-3:] = [-1.0, 0.5, -3.5]
        prices[-4] = 2.0
        values = np.zeros(len(program.gain))
        values[[1, 3]] = 2e-4, 1e-4
        return Relaxation(values, sign[0] * prices)

    sign, told = [1.0], []
    monkeypatch.setattr(room, "write_cases", note)
    monkeypatch.setattr(room, "relax_program", relax)
    monkeypatch.setattr(search, "_offer", lambda *given: told.append(given) or offer[0])
    monkeypatch.setattr(search, "_rule_out", lambda *given: told.append(given))
    monkeypatch.setattr(search, "_exchange", told.append)

    def solve(cases, seconds, *, proves):
        told.append((np.flatnonzero(cases.rows.column_upper).tolist(), seconds, proves))

    monkeypatch.setattr(search, "_solve", solve)
    for offer in (["dual"], [None]):
        for sign[0] in (1.0, -1.0):
            del told[:], rows[:]
            search._relax()
            top, most, sure = rows[0]
            assert (top, sure) == (15.0, search.sure.tolist())
            assert most == pytest.approx(1 - search.value / 15 + 1e-9, rel=1e-12)
            assert rows[1] == pytest.approx(80.0)
            mix, of_demand, of_rules = told[0]
            assert mix == pytest.approx(np.array([1.0, 0.0, 3.5]) / 4.5)
            scale = -15.0 / 1e4 / (sign[0] * -4.0) * sign[0]
            assert of_demand == pytest.approx(prices[:demand] * scale)
            assert of_rules == pytest.approx([2.0 * scale])
            if offer[0]:
                assert told.pop(1)[0] == "dual"
            assert told[1:] == [([0, 1, 2, 4], pytest.approx(40.0), False), 60]
    sign[0] = 0.0
    del told[:]
    search._relax()
    sign[0] = math.nan
    search._relax()
    assert told == []


def test_an_offer_in_a_mix_bounds_the_criterion_and_settles_sites(search_for, monkeypatch):
    """Prices of rules without such a limit, or of no site, count for nothing."""
    rules = Rules(limits=(GroupLimit(np.array([1, 1, 0, 0, 0], bool), 1, None),),
                  costs=np.array([1.0, 2, 3, 2, 1]), budget=5.0)  # fmt: skip
    search = search_for(0.0, rules=rules)
    search.take(np.array([0, 2]))
    mix, many = np.array([0.5, 0.0, 0.5]), len(search.cases.sets.weights)
    weights = search.cases.amounts.T @ mix
    for given, used in (([3.0, 0.5], [0.0, 0.5]), ([-3.0, -0.5], [-3.0, 0.0]), ([0, 0], [0, 0])):
        search.bound = 15.0
        dual = search._offer(mix, np.full(many, 2.0), np.array(given, float))
        kept = [one for one in used if one]
        assert dual.best.rule_prices.tolist() == kept
        assert dual.prices.tolist() == np.minimum(2.0, weights).tolist()
        assert dual.sets.weights.tolist() == weights.tolist()
        matrix = search.cases.rows.matrix.toarray()[[nth for nth, one in enumerate(used) if one]]
        earned = search.cases.sets.as_matrix() @ np.minimum(2.0, weights) - matrix.T @ np.array(
            kept
        )
        assert dual.best.earned == pytest.approx(earned)
        assert search.bound == pytest.approx(min(15.0, max(dual.best.bound, search.value)))
    cheap = search_for(0.0, rules=Rules(costs=np.full(5, 0.1), budget=0.3))
    assert cheap._offer(mix, np.full(many, 2.0), np.array([1.0])).best.rule_prices.tolist() == [1.0]
    free = search_for(0.0, rules=Rules(costs=np.zeros(5), budget=0.3))
    assert len(free._offer(mix, np.full(many, 2.0), np.array([1.0])).best.rule_prices) == 0
    told = []
    monkeypatch.setattr(search, "_turn", lambda *given: told.append(lists(given)))
    dual = SimpleNamespace(best=SimpleNamespace(chosen=np.array([0, 1])), least=[])
    dual.turned_over = lambda least: dual.least.append(least) or np.array([1, 0, 1, 0, 0], bool)
    search._rule_out(dual, mix)
    assert told == [[[False, False, True, False, False], [True, False, False, False, False]]]
    assert dual.least == [pytest.approx(search.better)]
    search.sure[:] = True
    assert search._offer(mix, np.full(many, 2.0), np.zeros(2)) is None
    assert search.bound == search.value


def test_what_is_turned_is_taken_over_and_a_contradiction_proves_the_plan(search_for):
    search = search_for(0.0)
    search.take(np.array([0, 2]))
    none, whole = np.zeros(5, dtype=bool), search.cases
    search._turn(none, np.arange(5) == 1)
    assert search.cases is whole
    assert search.sure.tolist() == [False, True, False, False, False]
    search._turn(np.arange(5) == 3, none)
    search._turn(np.arange(5) == 4, np.arange(5) == 0)
    assert search._barred.tolist() == [False, False, False, True, True]
    assert search.sure.tolist() == [True, True, False, False, False]
    assert search.bound == 15.0
    search._turn(np.arange(5) == 1, none)
    assert search.bound == search.value
    search.bound = 15.0
    search._turn(none, np.arange(5) == 3)
    assert search.bound == search.value


def test_mixes_are_turned_for_all_cases_and_for_those_that_may_be_left(
    search_for, fixed_time, monkeypatch
):
    """Of the cases of a mix each may be given up, as far as the odds go; and none twice."""

    def ask(share, mixes, **given):
        search, kept, told = search_for(share, **given), [], []
        search.take(np.array([0, 2]))

        def turn(flags):
            kept.append(np.flatnonzero(flags).tolist())
            mix = mixes(kept[-1])
            if mix is None:
                return None
            mix = np.array(mix, dtype=float)
            least = []
            dual = SimpleNamespace(best=SimpleNamespace(bound=10.0 + len(kept), chosen=[0]))
            turned = np.array([1, 1, 1, 0, len(kept) < 2], dtype=bool)
            dual.turned_over = lambda value: least.append(value) or turned
            told.append((least, mix.sum()))
            return dual, mix

        monkeypatch.setattr(search, "_turn_mix", turn)
        turned = []
        monkeypatch.setattr(search, "_turn", lambda *given: turned.append(lists(given)))
        monkeypatch.setattr(search, "_exchange", turned.append)
        search._mix()
        assert all(least == [pytest.approx(search.better * mix)] for least, mix in told)
        return search, kept, turned

    search, kept, turned = ask(0.0, lambda _: [0.5, 0.5, 1.0])
    assert kept == [[0, 1, 2]]
    assert turned == [[[False, True, True, False, True], [True, *[False] * 4]], 60]
    assert search.bound == max(11.0 / 2, search.value)
    search, kept, turned = ask(0.5, lambda _: [0.25, 0.25, 0.5])
    assert kept == [[0, 1, 2], [0, 1], [0, 2], [2], [1, 2]]
    assert turned[0] == [[False, True, True, False, False], [True, *[False] * 4]]
    assert search.bound == max(min(15.0, 10.0 + len(kept)), search.value)
    _, kept, _ = ask(0.25, lambda _: [0.25, 0.25, 0.5])
    assert kept == [[0, 1, 2], [0, 2], [1, 2]]
    _, kept, _ = ask(0.25, lambda _: [0.5, 0.0, 0.5])
    assert kept == [[0, 1, 2], [1, 2]]
    search, kept, turned = ask(0.25, lambda flags: [1, 1, 1] if len(flags) == 3 else None)
    assert (len(kept), turned, search.bound) == (2, [], search.value)
    fixed_time[0] = 0.0
    search, kept, turned = ask(0.25, lambda _: [0.25, 0.25, 0.5])
    assert (kept, turned, search.bound) == ([], [], search.criterion.of(search.alone))
    fixed_time[0] = 5.0
    monkeypatch.setattr(room, "_MOST_BRANCHES", 1)
    search, kept, turned = ask(0.25, lambda _: [0.25, 0.25, 0.5])
    assert (len(kept), turned) == (1, [])


@pytest.mark.parametrize("turn", [2.0, 12.0])
@pytest.mark.parametrize("share", [0.0, 0.3])
@pytest.mark.parametrize("kept", [[1, 1, 1], [1, 0, 1]])
def test_a_mix_turns_towards_the_cases_of_which_least_is_bought(
    search_for, share, kept, turn, monkeypatch
):
    """By the power of what each lacks, less and less; near the end small parts are left out."""
    monkeypatch.setattr(room, "_TURN", turn)
    kept = np.array(kept, dtype=bool)
    search = search_for(share, rules=Rules(fixed=np.array([3])))
    plain = search_for(share)
    for one in (search, plain):
        monkeypatch.setattr(one, "take", lambda plan, one=one: one.plans.append(plan.tolist()))
        one.value = 4.0
    cases, odds = search.cases, search.criterion.odds
    picks, rest = part_rows(cases.rows, 2)
    mix, best, shares = (
        np.where(kept, odds, 0) / odds[kept].sum(),
        None,
        np.ones(len(cases.sets.weights)),
    )
    for nth in range(24):
        weights = cases.amounts.T @ mix
        sets = replace(cases.sets, weights=weights)
        dual = Dual(sets, ONCE, picks, rest, weights * shares, np.zeros(len(rest.lower)))
        dual.descend(4.0 * math.fsum(mix), 40, math.inf)
        plain.plans.append(dual.best.chosen.tolist())
        shares = np.where(weights > 0, dual.best.prices / np.where(weights > 0, weights, 1), 0.0)
        if best is None or dual.best.bound < best[0]:
            best = dual.best.bound, mix
        if share and nth == 12:
            best = None
        bought = cases.amounts @ (dual.best.prices < weights)
        short = np.where(kept, bought[kept].mean() - bought, 0.0)
        mix = mix * np.exp(turn / math.sqrt(nth + 1) / np.abs(short).max() * short)
        if share and nth >= 12:
            mix = np.where(mix > 0.01 * mix.max(), mix, 0.0)
        mix = mix / mix.sum()
    dual, told = search._turn_mix(kept)
    assert search.plans == plain.plans
    assert told == pytest.approx(best[1])
    assert dual.best.bound == pytest.approx(best[0])
    search.value = 1e6
    del search.plans[:]
    search._turn_mix(kept)
    assert len(search.plans) == 1
    search.sure[:] = True
    assert search._turn_mix(kept) is None
    search.chosen = None
    assert set(search._first_shares()) == {1.0}
    search.chosen = np.array([0, 1])
    often = search.cases.sets.count(search.chosen)
    assert search._first_shares().tolist() == (1 / (1 + often)).tolist()


def test_as_long_as_any_time_is_left_it_is_used(search_for, fixed_time, monkeypatch):
    search = search_for(0.0)
    plan = search.take(np.array([0, 2])) or search.chosen
    fixed_time[0] = 0.5
    told = []
    for name in ("_relax", "_improve", "_exchange"):
        monkeypatch.setattr(search, name, lambda *_, name=name: told.append(name) or plan)
    search._settle()
    search._price()
    assert told == ["_improve", "_relax", "_relax"]
    del told[:]
    monkeypatch.setattr(
        search, "_solve_mixed", lambda *_: told.append("mixed") or Finding(plan, 15.0)
    )
    monkeypatch.setattr(search, "_close_in", lambda: told.append("close"))
    search._look_at_each(0.5)
    search.run()
    assert told == ["mixed"] * 7 + ["close"]
    monkeypatch.undo()
    monkeypatch.setattr(CasesSearch, "left", property(lambda _: 0.5))
    monkeypatch.setattr(
        room, "solve_program", lambda *_, **__: told.append("solve") or Answer(None, 0.0, "unknown")
    )
    search._solve(search.cases, 0.5, proves=False)
    assert told[-1] == "solve"
    del told[:]
    names = ("_exchange", "_cross", "_price", "_solve", "_settle")
    for name in names:
        monkeypatch.setattr(search, name, lambda *_, name=name, **__: told.append(name))
    search.small = 0
    search._close_in()
    assert told == [*names[:4], "_solve", "_exchange", "_settle"]
    other, many = search_for(0.0), []
    monkeypatch.setattr(other, "take", many.append)
    other.value = 4.0
    assert other._turn_mix(np.ones(3, dtype=bool)) is not None
    assert len(many) == 24
    monkeypatch.setattr(CasesSearch, "left", property(lambda _: 0.0))
    other._turn_mix(np.ones(3, dtype=bool))
    assert len(many) == 25
