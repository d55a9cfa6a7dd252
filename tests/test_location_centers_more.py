"""How centers are narrowed down and equal sites told apart, by hand and against every choice."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError
from boxreach.location import GroupLimit, Rules, center, p_center, p_median
from boxreach.location.arrays import as_costs
from boxreach.location.choices import first_of_equals
from boxreach.location.program import Answer


def center_task(cost, sites, rules=None, weights=None, until=math.inf):
    pairs = as_costs(cost)[0]
    return center._pose(pairs, weights, sites, rules or Rules(), 3, until)


def test_a_question_within_a_limit_has_the_pairs_up_to_it():
    cost = np.array([[0.0, 4.0, 9.0], [4.0, np.inf, 5.0]])
    task = center_task(cost, 1, weights=np.array([1.0, 0.0, 2.0]))
    assert task.values.tolist() == [0.0, 4.0, 5.0, 9.0]
    for limit, reach in ((0.0, [[1, 0], [0, 0]]), (4.0, [[1, 0], [1, 0]]), (5.0, [[1, 0], [1, 1]])):
        covering = task.within(limit)
        dense = covering.cover.toarray()
        order = [0, 1] if dense[0, 0] else [1, 0]
        assert dense[:, order].tolist() == reach
        assert (covering.weights.tolist(), covering.costs.tolist()) == ([1, 1], [1, 1])
        assert (covering.need, covering.boxes) == (None, 1)
    assert task.measure(np.array([1])) == 5.0
    assert task.measure(np.array([0])) == 9.0
    assert math.isinf(task.measure(np.array([], dtype=int)))
    assert center_task(cost, 1, weights=np.zeros(3)).values.tolist() == [0.0]
    assert center_task(cost, 1, until=0.0).left() == 0.0


def test_a_choice_is_filled_up_by_the_first_sites_that_may_stand():
    task = center_task(np.ones((5, 2)), 3, Rules(forbidden=np.array([1])))
    assert center._fill_up(task, None) is None
    for given, full in (([4], [0, 2, 4]), ([], [0, 2, 3]), ([0, 2, 4], [0, 2, 4]),
                        ([0, 2, 3, 4], None), ([1], None)):  # fmt: skip
        told = center._fill_up(task, np.array(given, dtype=int))
        assert (None if told is None else told.tolist()) == full
    short = center_task(np.ones((3, 2)), 3, Rules(forbidden=np.array([1])))
    assert center._fill_up(short, np.array([0])) is None
    apart = center_task(np.ones((3, 2)), 2, Rules(apart=np.array([[0, 1]])))
    assert center._fill_up(apart, np.array([0])) is None
    assert center._fill_up(apart, np.array([2])).tolist() == [0, 2]


@pytest.mark.parametrize("seed", range(12))
def test_the_range_of_a_center_is_halved_and_each_half_decided_rightly(seed, monkeypatch):
    """Of n costs no more than log2 n and one are asked about, and none outside of what is open."""
    monkeypatch.setattr(center, "_READS", 2e3)
    random = np.random.default_rng(seed + 2500)
    cost = random.permutation(70).reshape(7, 10) * 1.0
    rules = [Rules(), Rules(forbidden=np.array([2])),
             Rules(limits=(GroupLimit(np.arange(7) < 3, 2, 2),))][seed % 3]  # fmt: skip
    task = center_task(cost, 3, rules)
    every = {one: task.measure(np.array(one)) for one in combinations(range(7), 3)
             if not rules.broken(np.array(one), task.original)}  # fmt: skip
    best = min(every.values())
    quick, lowest = center._narrow_quickly(task)
    assert quick is None or every[tuple(quick.tolist())] >= best
    assert task.values[lowest] <= best
    allowed = [one for one in range(7) if one not in rules.forbidden]
    assert task.values[lowest] >= cost[allowed].min(axis=0).max()
    asked, decide = [], center._decide
    monkeypatch.setattr(
        center, "_decide", lambda task, limit: asked.append(limit) or decide(task, limit)
    )
    for blind in (False, True):
        if blind:
            monkeypatch.setattr(center, "_narrow_quickly", lambda _: (None, 0))
            monkeypatch.setattr(center, "_decide_quickly", lambda *_: (None, False))
        del asked[:]
        chosen, bound = center._narrow(task)
        assert every[tuple(chosen.tolist())] == best == bound
        assert len(asked) <= 1 + math.ceil(math.log2(71))
        assert len(set(asked)) == len(asked)
    assert asked[0] == task.values[-1]
    low, high = (
        0,
        int(np.searchsorted(task.values, every[tuple(decide(task, asked[0])[0].tolist())])),
    )
    for limit in asked[1:]:
        middle = (low + high) // 2
        assert limit == task.values[middle]
        found, _ = decide(task, limit)
        if found is None:
            low = middle + 1
        else:
            high = int(np.searchsorted(task.values, task.measure(found)))
    assert low == high


def test_what_is_decided_of_a_limit_is_so_and_the_rest_stays_open(monkeypatch):
    cost = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 5.0], [9.0, 5.0, 0.0]])
    task = center_task(cost, 1)
    assert center._decide(task, 4.0) == (None, True)
    found, excluded = center._decide(task, 5.0)
    assert (found.tolist(), excluded) == ([1], False)
    assert center._decide_quickly(task, task.within(4.0)) == (None, True)
    assert center._decide_quickly(task, task.within(5.0))[0].tolist() == [1]
    few = center_task(cost, 3, Rules(forbidden=np.array([0, 0, 1])))
    assert center._decide_quickly(few, few.within(9.0)) == (None, True)
    just = center_task(cost, 2, Rules(forbidden=np.array([0])))
    assert center._decide_quickly(just, just.within(5.0))[0].tolist() == [1, 2]
    tied = center_task(cost, 1, Rules(limits=(GroupLimit(np.array([1, 0, 1], bool), 1, 1),)))
    assert center._decide_quickly(tied, tied.within(9.0)) == (None, False)
    assert center._decide(tied, 9.0)[0].tolist() in ([0], [2])
    asked = []

    def answer(status, values):
        def solve(program, *, seconds, seed):
            asked.append((program.row_lower.tolist(), program.row_upper.tolist(), seed))
            return Answer(values, 0.0, status)

        monkeypatch.setattr(center, "solve_program", solve)

    monkeypatch.setattr(center, "_decide_quickly", lambda *_: (None, False))
    answer("infeasible", None)
    assert center._decide(task, 5.0) == (None, True)
    assert (asked[-1][0][-1], asked[-1][1][-1], asked[-1][2]) == (-math.inf, 1.0, 3)
    assert center._decide(tied, 9.0) == (None, True)
    assert (asked[-1][0][-1], asked[-1][1][-1]) == (1.0, 1.0)
    answer("unknown", None)
    assert center._decide(task, 5.0) == (None, False)
    answer("optimal", np.array([0.0, 1.0, 0.0]))
    assert center._decide(task, 5.0)[0].tolist() == [1]
    answer("optimal", np.zeros(3))
    assert center._decide(center_task(cost, 0), 5.0) == (None, False)
    must = center_task(cost, 1, Rules(must_cover=np.array([0])))
    answer("infeasible", None)
    center._decide(must, 5.0)
    assert asked[-1][0][-1] == 1.0


def test_a_center_in_no_time_has_a_true_bound_or_says_that_none_was_found(monkeypatch):
    cost = np.random.default_rng(3).permutation(60).reshape(6, 10) * 1.0
    whole = p_center(cost, sites=2)
    idle = p_center(cost, sites=2, weights=np.zeros(10))
    assert (idle.status, idle.objective, idle.bound) == ("optimal", 0.0, 0.0)
    early = p_center(cost, sites=2, seconds=0, seed=4)
    assert early.bound <= whole.objective <= early.objective
    assert (early.seed, whole.seed, early.sense) == (4, 0, "min")
    monkeypatch.setattr(center, "_narrow_quickly", lambda _: (None, 0))
    monkeypatch.setattr(center, "_decide", lambda *_: (None, False))
    with pytest.raises(BoxreachError, match="allow more"):
        p_center(cost, sites=2)
    monkeypatch.setattr(center, "_narrow_quickly", lambda _: (np.array([0, 1]), 2))
    stuck = p_center(cost, sites=2)
    assert (stuck.status, stuck.sites.tolist()) == ("feasible", [0, 1])
    values = np.unique(cost)
    assert (stuck.objective, stuck.bound) == (cost[:2].min(axis=0).max(), values[2])
    monkeypatch.setattr(center, "_decide", lambda *_: (None, True))
    assert p_center(cost, sites=2).status == "optimal"
    monkeypatch.setattr(center, "_narrow_quickly", lambda _: (None, 0))
    none = p_center(cost, sites=2, seed=6)
    assert (none.status, none.objective, none.bound, none.seed) == (
        "infeasible", math.inf, math.inf, 6,
    )  # fmt: skip
    assert (none.sites.tolist(), none.sense) == ([], "min")
    ample = p_median(cost, np.ones(10), sites=2, seed=8)
    assert (ample.status, ample.sense, ample.seed) == ("optimal", "min", 8)
    out = p_median(np.full((2, 2), np.inf), np.ones(2), sites=1, seed=8)
    assert (out.status, out.objective, out.bound, out.sense) == (
        "infeasible", math.inf, math.inf, "min",
    )  # fmt: skip


# --- choices --------------------------------------------------------------------------------------


def test_of_sites_alike_the_first_are_taken_unless_a_rule_tells_them_apart():
    cover = csr_array(np.array([[1, 1, 0]] * 6 + [[0, 1, 1]]))
    half = np.isin(np.arange(7), [0, 3])

    def first(chosen, **rules):
        given = np.array(chosen)
        return first_of_equals(cover, given, Rules(**rules), cover).tolist()

    assert first([4, 5, 6]) == [0, 1, 6]
    assert first([4, 5], forbidden=np.array([0])) == [1, 2]
    assert first([4, 5], fixed=np.array([4])) == [0, 4]
    assert first([4, 5], apart=np.array([[0, 6]])) == [1, 2]
    assert first([2, 3], limits=(GroupLimit(half, 0, 1),)) == [0, 1]
    assert first([3], limits=(GroupLimit(half, 0, 1),)) == [0]
    assert first([4, 5], costs=np.array([1.0, 2, 2, 2, 2, 1, 1])) == [0, 1]
    assert first([4, 5], costs=np.array([1.0, 2, 2, 2, 2, 3, 1])) == [1, 5]
    part = csr_array(np.array([[1], [1], [1]]))
    whole = csr_array(np.array([[1, 0], [1, 1], [1, 1]]))
    assert first_of_equals(
        part, np.array([2]), Rules(must_cover=np.array([1])), whole
    ).tolist() == [1]
    assert first_of_equals(part, np.array([2]), Rules(), whole).tolist() == [0]
