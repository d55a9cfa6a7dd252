"""Searches for medians and centers, step by step, against plain references from their rules."""

import math
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from boxreach.errors import BoxreachError
from boxreach.location import GroupLimit, Rules, median
from boxreach.location.arrays import as_costs
from boxreach.location.choices import allowed_next
from boxreach.location.median_bound import Prices
from boxreach.location.median_pairs import pair_up, with_penalties
from boxreach.location.median_program import write_rest
from boxreach.location.median_search import Search, _best_addition
from boxreach.location.program import Answer
from boxreach.location.proof import keeps

SITES, CHOSEN = 10, 4


class Asked:
    """A question of a seed: costs with pairs that are not possible, and rules."""

    def __init__(self, seed, beyond, rules, sites=SITES, demand=16):
        random = self.random = np.random.default_rng(seed + 2400)
        cost = random.integers(1, 30, (sites, demand)) * 1.0
        cost[random.random(cost.shape) < 0.3] = np.inf
        cost[0, cost.min(axis=0) == np.inf] = 9.0
        if beyond is not None:
            cost[cost > beyond] = np.inf
        self.matrix = as_costs(cost)[0]
        self.cost, self.beyond = cost, beyond
        self.weights = random.integers(0, 4, demand) * 1.0
        given = {"limits": (GroupLimit(np.arange(sites) < 5, 1, 2),), "fixed": np.array([7]),
                 "forbidden": np.array([8]), "apart": np.array([[1, 2]])}  # fmt: skip
        self.rules = Rules(**(given if rules else {}))
        self.rows = self.rules.rows(self.matrix)
        self.pairs = pair_up(self.matrix, self.weights, beyond)
        worst = with_penalties(self.pairs)
        self.values = np.full((len(worst.otherwise), sites), np.inf)
        owner = np.repeat(np.arange(len(worst.otherwise)), np.diff(worst.near_starts))
        self.values[owner, worst.near_sites] = worst.near_values
        self.otherwise = worst.otherwise

    def measure(self, chosen):
        """What a choice costs; what it does not serve counts more than all that it could."""
        least = self.values[:, list(chosen)].min(axis=1, initial=np.inf)
        return np.minimum(least, self.otherwise).sum()

    def keeps(self, chosen):
        return keeps(self.rows, np.isin(np.arange(len(self.cost)), list(chosen)) * 1.0)

    def starts(self, many):
        found = []
        while len(found) < many:
            one = sorted(self.random.choice(len(self.cost), CHOSEN, replace=False).tolist())
            found += [one] if self.keeps(one) else []
        return found


def swap_on(asked, chosen):
    """Look at one site after the other, round and round from the second; make its best swap."""
    count, idle, site = len(asked.cost), 0, 0
    fixed, barred = set(asked.rules.fixed), set(asked.rules.forbidden)
    places = [one for one in chosen if one not in fixed]
    while idle < count:
        site, idle = (site + 1) % count, idle + 1
        held = {*places, *fixed}
        if site in held or site in barred:
            continue
        now = asked.measure(held)
        saves = [now - asked.measure(held - {one} | {site}) for one in places]
        allowed = [asked.keeps(held - {one} | {site}) for one in places]
        best = max((saved for saved, may in zip(saves, allowed, strict=True) if may), default=0)
        if best > 1e-11 * now:
            # Of equal swaps that of the place that comes first.
            places[
                [one if may else -1 for one, may in zip(saves, allowed, strict=True)].index(best)
            ] = site
            idle = 0
    return sorted({*places, *fixed})


@pytest.mark.parametrize(("beyond", "rules"), list(product([None, 12.0], [True, False])))
@pytest.mark.parametrize("seed", range(4))
def test_swaps_are_made_in_the_order_of_sites_each_the_best_of_its_own(seed, beyond, rules):
    asked = Asked(seed, beyond, rules)
    search = Search(asked.pairs, asked.rows)
    for start in asked.starts(12):
        chosen, cost = search.descend(np.array(start), math.inf)
        assert chosen.tolist() == swap_on(asked, start)
        assert cost == pytest.approx(asked.measure(chosen))
        early, _ = search.descend(np.array(start), 0.0)
        assert early.tolist() == chosen.tolist()  # 64 swaps are made before a look at the clock
        random, same = np.random.default_rng(seed), np.random.default_rng(seed)
        for _ in range(4):
            kicked, plain = search.kick(np.array(start), random), list(start)
            leave = [nth for nth, one in enumerate(start) if one not in asked.rules.fixed]
            free = [one for one in range(SITES)
                    if one not in start and one not in asked.rules.forbidden]  # fmt: skip
            many = min(int(same.integers(1, 5)), len(leave), len(free))
            places = same.choice(leave, many, replace=False)
            for place, site in zip(places, same.choice(free, many, replace=False), strict=True):
                moved = [*plain[:place], site, *plain[place + 1 :]]
                plain = moved if asked.keeps(moved) else plain
            assert kicked.tolist() == sorted(plain)


def test_more_swaps_than_are_made_at_once_are_made_all_the_same():
    """Sites in a row, each as good as it is late: every look at one is a swap."""
    sites, demand = 150, 3
    cost = np.full((sites, demand), 500.0) - np.arange(sites)[:, None]
    asked = as_costs(cost)[0]
    rows = Rules().rows(asked)
    search = Search(pair_up(asked, np.ones(demand), None), rows)
    assert search.descend(np.array([0]), math.inf)[0].tolist() == [149]
    assert search.descend(np.array([0]), 0.0)[0].tolist() == [64]


@pytest.mark.parametrize(("beyond", "rules"), list(product([None, 12.0], [True, False])))
@pytest.mark.parametrize("seed", range(5))
def test_sites_are_added_that_save_most_the_first_of_equals(seed, beyond, rules):
    asked = Asked(seed, beyond, rules)
    search = Search(asked.pairs, asked.rows)
    for many in range(SITES + 1):
        plan, found = asked.rules.fixed.tolist(), True
        while len(plan) < many and found:
            may = np.flatnonzero(allowed_next(asked.rows, np.isin(np.arange(SITES), plan)))
            found = len(may) > 0
            if found:
                plan.append(min(may, key=lambda one: (asked.measure([*plan, one]), one)))
        told = search.add(many)
        assert (told is not None) == (found and len(plan) == many)
        if told is not None:
            assert told.tolist() == sorted(plan)
    barred, now = np.ones(SITES, dtype=bool), search.pairs.otherwise
    assert _best_addition(search.pairs, now, barred) == -1
    barred[6] = False
    assert _best_addition(search.pairs, np.zeros(len(now)), barred) == 6


# --- medians --------------------------------------------------------------------------------------


def task_of(asked, sites=CHOSEN, until=math.inf):
    return median._Task(asked.matrix, asked.weights, sites, asked.beyond, asked.rules, 5, until)


def test_costs_of_a_plan_are_told_and_what_is_beyond_is_left_out():
    cost = as_costs(np.array([[0.0, 3.0, np.inf], [2.0, 0.5, np.inf]]))[0]
    task = median._Task(cost, np.array([2.0, 4.0, 0.0]), 1, None, Rules(), 0, math.inf)
    assert task.measure(np.array([0]))[0] == 12.0
    assert task.measure(np.array([1]))[0] == 6.0
    assert task.measure(np.array([0, 1]))[1].tolist() == [0, 1, -1]
    bounded = median._Task(cost, np.array([2.0, 4.0, 1.0]), 1, 2.5, Rules(), 0, 0.0)
    assert bounded.measure(np.array([0]))[0] == 10.0 + 2.5
    assert bounded.left() == 0.0
    near = median._within(cost, 2.0)
    assert (near.nnz, near.data.tolist(), near.indices.tolist()) == (3, [0.0, 2.0, 0.5], [0, 0, 1])
    assert near.indptr.tolist() == [0, 1, 3]
    assert median._mean_costs(task) == pytest.approx([12 / 6, 6 / 6])
    blank = as_costs(np.array([[4.0, np.inf], [np.inf, 1.0], [np.inf, np.inf]]))[0]
    idle = median._Task(blank, np.array([3.0, 0.0]), 1, None, Rules(), 0, math.inf)
    assert median._mean_costs(idle).tolist() == [4.0, 4.0, 4.0]
    pairs = pair_up(cost, np.array([2.0, 4.0, 0.0]), None)
    whole, parts = pairs._replace(whole=True), pairs._replace(whole=False)
    assert [median._rounded_up(whole, one) for one in (3.0, 3.1, 3.0 + 1e-7, 3.0 - 1e-7)] == [
        3, 4, 3, 3,
    ]  # fmt: skip
    assert median._rounded_up(parts, 3.1) == 3.1
    assert median._is_proven(whole, 4.0, 3.1)
    assert not median._is_proven(whole, 5.0, 3.9)
    assert median._is_proven(parts, 4.0 * (1 + 0.9e-9), 4.0)
    assert not median._is_proven(parts, 4.0 * (1 + 1.1e-9), 4.0)


def test_a_first_choice_is_asked_for_where_the_greedy_one_is_no_plan(monkeypatch):
    cost = as_costs(np.array([[1.0, 1.0, np.inf], [5.0, np.inf, 2.0], [np.inf, 5.0, 9.0]]))[0]
    weights, asked = np.array([1.0, 2.0, 0.0]), []

    def first(task):
        search = Search(pair_up(cost, weights, task.beyond), task.rules.rows(cost))
        return median._first_choice(task, search)

    task = median._Task(cost, weights, 1, None, Rules(), 9, math.inf)
    assert first(task).tolist() == [0]
    monkeypatch.setattr(Search, "add", lambda *_: None)
    assert first(task).tolist() == [0]

    def answer(status, values):
        def find(rows, blocks, merit, *, seconds, seed):
            asked.append((merit.tolist(), [one.matrix.shape for one in blocks], seed))
            return Answer(values, 0.0, status)

        monkeypatch.setattr(median, "find_choice", find)

    answer("infeasible", None)
    assert first(task) is None
    assert asked.pop() == ([-1.0, -5.0, -5.0], [(1, 3), (2, 3)], 9)
    far = median._Task(cost, weights, 1, 9.0, Rules(), 9, math.inf)
    assert first(far) is None
    assert asked.pop()[1] == [(1, 3)]
    answer("optimal", np.array([1.0, 0.0, 0.0]))
    assert first(task).tolist() == [0]
    for values in (None, np.array([0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0])):
        answer("feasible", values)
        with pytest.raises(BoxreachError, match="allow more"):
            first(task)
    for sites, rules, right in (
        ([0], Rules(), True), ([1], Rules(), False), ([0, 1], Rules(), False),
        ([0], Rules(forbidden=np.array([0])), False), ([], Rules(), False),
    ):  # fmt: skip
        held = median._Task(cost, weights, 1, None, rules, 9, math.inf)
        assert median._is_plan(held, np.array(sites, dtype=int)) is right


def test_kicks_start_from_the_sites_of_the_bound_and_stop_where_it_is_met(monkeypatch):
    """At most 300, fewer for many pairs, and each from the best so far."""
    asked = Asked(1, None, rules=False)
    task, search = task_of(asked), Search(asked.pairs, asked.rows)
    none = Prices(np.zeros(1), np.zeros(1), np.array([0, 1, 2, 3]), -math.inf)
    kicked, descended = [], []
    descend, kick = search.descend, search.kick
    search.kick = lambda choice, random: kicked.append(choice.tolist()) or kick(choice, random)
    search.descend = lambda choice, until: (
        descended.append(choice.tolist()) or descend(choice, until)
    )
    start = np.array([6, 7, 8, 9])
    best = median._kick_on(task, search, start, none)
    assert (len(kicked), len(descended), descended[0]) == (299, 300, [0, 1, 2, 3])
    assert task.measure(best)[0] <= task.measure(start)[0]
    costs = [task.measure(np.array(one))[0] for one in kicked]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == task.measure(best)[0]
    del kicked[:], descended[:]
    # Each from the best so far: a worse one is not taken, nor one that breaks a rule.
    plans = sorted(asked.starts(8), key=asked.measure)
    comes = [plans[5], plans[7], plans[2], plans[3], [0, 1], plans[1]]
    stub = SimpleNamespace(pairs=search.pairs, kick=lambda choice, _: kicked.append(list(choice)))
    stub.descend = lambda *_: (np.array(comes.pop(0) if comes else plans[6]), 0.0)
    told = median._kick_on(task, stub, np.array(plans[6]), none)
    best_so_far = [plans[one] for one in (5, 5, 2, 2, 2, 1)]
    assert kicked[:6] == best_so_far
    assert told.tolist() == plans[1]
    del kicked[:]
    met = Prices(np.zeros(1), np.zeros(1), start, task.measure(best)[0])
    assert median._kick_on(task, search, best, met).tolist() == best.tolist()
    assert (
        median._kick_on(task_of(asked, until=0.0), search, start, none).tolist() == start.tolist()
    )
    assert descended == []
    monkeypatch.setattr(median, "_KICKED_PAIRS", 2.0 * len(search.pairs.values))
    median._kick_on(task, search, start, none)
    assert len(descended) == 12
    del descended[:], kicked[:]
    monkeypatch.undo()
    ruled = Asked(1, None, rules=True)
    other = Search(ruled.pairs, ruled.rows)
    other.descend = lambda choice, until: descended.append(choice.tolist()) or (choice, 0.0)
    begin = np.array(ruled.starts(1)[0])
    median._kick_on(task_of(ruled), other, begin, none)  # 0 to 3 break the rules
    assert len(descended) == 299


def test_a_program_of_what_bounds_leave_proves_or_betters_a_plan(monkeypatch):
    """Of whole costs a better plan is one cheaper; what is left out costs the target or more."""
    asked = Asked(2, None, rules=False)
    search = Search(asked.pairs, asked.rows)
    task = task_of(asked)
    costs = [(task.measure(np.array(one))[0], one) for one in asked.starts(90)]
    plans = sorted(pair for pair in costs if math.isfinite(pair[0]))
    assert len(plans) > 9
    (_, best), (worst, bad) = plans[0], plans[-1]
    prices = median.raise_bound(asked.pairs, asked.rows, CHOSEN, worst, until=math.inf)
    found, bound = median._prove(task, asked.pairs, asked.rows, search, np.array(bad), prices)
    value = task.measure(found)[0]
    assert value <= plans[0][0]
    assert bound == value
    again, same = median._prove(task, asked.pairs, asked.rows, search, found, prices)
    assert (again.tolist(), same) == (found.tolist(), value)
    targets = []

    def write(pairs, rows, sites, told, target, most):
        targets.append((sites, target, most))

    monkeypatch.setattr(median, "write_rest", write)
    told, low = median._prove(task, asked.pairs, asked.rows, search, np.array(bad), prices)
    assert (told.tolist(), low) == (bad, math.ceil(prices.bound - 1e-6))
    parts = asked.pairs._replace(whole=False)
    told, low = median._prove(task, parts, asked.rows, search, np.array(bad), prices)
    assert low == prices.bound
    assert [one[:2] for one in targets] == [
        (CHOSEN, worst - 0.5), (CHOSEN, pytest.approx(worst * (1 - 0.5e-9), rel=1e-15)),
    ]  # fmt: skip
    assert targets[0][2] == 3_000_000
    left = SimpleNamespace(program=None, least=math.inf)
    monkeypatch.setattr(median, "write_rest", lambda *_: left)
    assert median._prove(task, asked.pairs, asked.rows, search, np.array(bad), prices)[1] == worst
    left.program, left.least = object(), 10.0
    for answer, came, low in (
        (Answer(None, -np.inf, "infeasible"), bad, worst),
        (Answer(None, np.inf, "unknown"), bad, None),
        (Answer(None, 10.0 - worst + 3.2, "unknown"), bad, worst - 3),
        (Answer(None, 10.0 - 2 * worst, "unknown"), bad, worst),
    ):  # fmt: skip
        monkeypatch.setattr(median, "solve_program", lambda *_, answer=answer, **__: answer)
        told, bound = median._prove(task, asked.pairs, asked.rows, search, np.array(bad), prices)
        assert told.tolist() == came
        assert bound == (math.ceil(prices.bound - 1e-6) if low is None else low)
    values = np.isin(np.arange(SITES), best) * 1.0
    monkeypatch.setattr(
        median, "solve_program", lambda *_, **__: Answer(values, np.inf, "feasible")
    )
    told, _ = median._prove(task, asked.pairs, asked.rows, search, np.array(bad), prices)
    assert told.tolist() == swap_on(asked, best)
    values = np.ones(SITES)
    monkeypatch.setattr(
        median, "solve_program", lambda *_, **__: Answer(values, np.inf, "feasible")
    )
    told, _ = median._prove(task, asked.pairs, asked.rows, search, np.array(bad), prices)
    assert told.tolist() == bad


def test_of_plans_as_good_the_one_that_was_there_stays(monkeypatch):
    cost = as_costs(np.array([[1.0, 1.0], [1.0, 1.0], [5.0, 5.0]]))[0]
    pairs, rows = pair_up(cost, np.ones(2), None), Rules().rows(cost)
    task = median._Task(cost, np.ones(2), 1, None, Rules(), 0, math.inf)
    prices = Prices(np.zeros(len(pairs.otherwise)), np.zeros(3), np.array([0]), 0.0)
    other = Answer(np.array([0.0, 1.0, 0.0]), 0.0, "optimal")
    monkeypatch.setattr(median, "solve_program", lambda *_, **__: other)
    chosen, _ = median._prove(task, pairs, rows, Search(pairs, rows), np.array([0]), prices)
    assert chosen.tolist() == [0]


def test_a_program_of_what_is_left_has_a_level_for_each_value_that_is_of_use():
    """By hand: sites 0 to 2 at values 1, 3, 3 of one demand and 2, none, 6 of the other."""
    cost = as_costs(np.array([[1.0, 2.0], [3.0, np.inf], [3.0, 6.0]]))[0]
    pairs = pair_up(cost, np.ones(2), None)
    swapped = pairs.near_values[0] == 2.0
    rows = Rules(forbidden=np.empty(0, dtype=int)).rows(cost)
    nothing = np.zeros(3)

    def ask(pairs, target, *, bound=0.0, reduced=nothing, chosen=(0,), own=(0.0, 0.0), most=99):
        prices = np.array(own[::-1] if swapped else own)
        return write_rest(
            pairs, rows, 1, Prices(prices, reduced, np.array(chosen), bound), target, most
        )

    rest = ask(pairs, 100.0)
    assert rest.least == 3.0
    sites, levels = 3, 4
    assert rest.program.gain[:sites].tolist() == [0, 0, 0]
    assert sorted((-rest.program.gain[sites:]).tolist()) == [0, 0, 2, 4]
    assert sorted(rest.program.column_upper[sites:].tolist()) == [0, 0, 1, 1]
    matrix = rest.program.matrix.toarray()
    assert matrix.shape == (1 + levels, sites + levels)
    assert matrix[0].tolist() == [1, 1, 1, 0, 0, 0, 0]
    wide = [[1, 0, 0, 1, 0], [0, 1, 1, -1, 1]], [[1, 0, 0, 1, 0], [0, 0, 1, -1, 1]]
    for nth, one in enumerate(wide[::-1] if swapped else wide):
        part = matrix[1 + 2 * nth : 3 + 2 * nth]
        assert part[:, [0, 1, 2, 3 + 2 * nth, 4 + 2 * nth]].tolist() == one
        assert not part[:, [3 + 2 * (1 - nth), 4 + 2 * (1 - nth)]].any()
    assert rest.program.row_lower.tolist() == [1, 1, 0, 1, 0]
    assert np.isinf(rest.program.row_upper[1:]).all()
    assert rest.program.integer.tolist() == [True] * 3 + [False] * 4
    assert ask(pairs, 100.0, most=4) is None
    assert ask(pairs, 100.0, most=5) is not None
    # What costs the target or more beyond a price is of no use.
    few = ask(pairs, 5.0, bound=1.0, own=(1.0, 2.0))
    assert (few.least, few.program.matrix.shape) == (3.0, (1 + 3, 3 + 3))
    fewer = ask(pairs, 3.0, bound=1.0, own=(1.0, 2.0))
    assert (fewer.least, fewer.program.matrix.shape) == (3.0, (1 + 2, 3 + 2))
    assert ask(pairs, 1.0, bound=1.0).program is None
    assert math.isinf(ask(pairs, 1.0, bound=1.0).least)
    # Unserved demand counts 3 and 4: it is a level after all sites at that value.
    both = pairs._replace(otherwise=np.array([4.0, 3.0] if swapped else [3.0, 4.0]))
    open_to_all = ask(both, 100.0)
    assert open_to_all.least == 3.0
    assert sorted((-open_to_all.program.gain[3:]).tolist()) == [0, 2, 2]
    assert open_to_all.program.column_upper[3:].tolist().count(1.0) == 3
    # A site that turned over costs the target or more stays as the bound has it.
    for target, low, high in (
        (4.5, [1, 0, 0], [1, 0, 0]), (5.0, [0, 0, 0], [1, 0, 1]), (6.0, [0, 0, 0], [1, 0, 1]),
        (6.25, [0, 0, 0], [1, 1, 1]),
    ):  # fmt: skip
        told = ask(pairs, target, bound=2.5, reduced=np.array([-4.0, -0.5, -1.8]), own=(1.0, 2.0))
        assert told.program.column_lower[:3].tolist() == low
        assert told.program.column_upper[:3].tolist() == high
