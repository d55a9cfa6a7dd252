"""Branches, walks and programs of choices, step by step against what their rules say."""

import math
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array

from boxreach.errors import InputError
from boxreach.location import GroupLimit, Rules, backup_cover, branching, expected_cover, walks
from boxreach.location.branching import Branch, Branching
from boxreach.location.choices import (
    allowed_next,
    build_program,
    chosen_in,
    count_block,
    cover_block,
    find_choice,
)
from boxreach.location.expected import list_chances
from boxreach.location.program import Answer, Program
from boxreach.location.simplex import Corner, Simplex
from boxreach.scratch import Scratch

COVER = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]], dtype=bool)


@pytest.fixture
def branch_out(merge_cover):
    """A search of four sites in a ring, each at a price of 2."""

    def build(weights=(4.0, 3.0, 2.0, 1.0), worth=(0.0, 1.0), price=2.0, sure=(), chosen=(0,)):
        sets = merge_cover(COVER, np.array(weights))
        return Branching(
            sets,
            np.array(worth),
            price,
            sure=np.isin(np.arange(4), sure),
            chosen=np.array(chosen, dtype=int),
        )

    return build


def test_all_choices_are_bounded_first_by_what_each_site_covers_alone(branch_out):
    """Sites cover 7, 5, 3 and 5 at a price of 2: 5 + 3 + 1 + 3, and demand buys nothing more."""
    search = branch_out()
    assert search.value == 7.0 - 2.0
    assert search.chosen.tolist() == [0]
    assert search.root.margins.tolist() == [5.0, 3.0, 1.0, 3.0]
    assert search.root.bound == pytest.approx(12.0, rel=1e-10)
    assert 12.0 < search.root.bound == search.bound
    assert search.root.values is search.root.basis is None
    slack = 1e-11 * (12.0 + 4 * 2.0)
    assert search.root.bound - 12.0 == pytest.approx(slack, rel=1e-3)
    dear = branch_out(price=4.0, sure=(2,))
    assert dear.root.margins.tolist() == [3.0, 1.0, -1.0, 1.0]
    assert dear.root.bound - 4.0 == pytest.approx(1e-11 * (6.0 + 4.0 * 3), rel=1e-3)
    assert dear.root.low.tolist() == [False, False, True, False]
    assert dear.root.high.all()
    assert dear._enough == pytest.approx(1e-10 * 10.0)
    twice = branch_out(worth=(0.0, 0.6, 0.9), price=1.0)
    assert twice.root.margins == pytest.approx([3.2, 2.0, 0.8, 2.0])
    assert twice.value == pytest.approx(0.6 * 7 - 1)
    assert twice._enough == pytest.approx(0.9e-9)


def test_prices_prove_what_demand_gains_and_what_sites_may_earn(branch_out):
    """Sites that are in earn what they do, those that may be in at least nothing, others none."""
    search = branch_out(worth=(0.0, 0.5, 1.0))
    prices, margins = search.sets.weights * 0.25, np.array([3.0, -1.0, 2.0, -5.0])
    low, high = np.array([0, 1, 0, 0], bool), np.array([1, 1, 0, 1], bool)
    bound = search._bound_by(prices, margins, low, high)
    # Of a price of a quarter demand buys two, and gains half of its weight.
    assert bound == pytest.approx(5.0 + 3.0 - 1.0, rel=1e-10)
    assert bound - 7.0 == pytest.approx(1e-11 * (5.0 + 3.0 + 1.0 + 2.0 * 2), rel=1e-3)
    none = np.zeros(4, dtype=bool)
    tiny = search._bound_by(prices, np.array([-5.0, -3e-11, -5e-11, -5.0]), none, ~none)
    assert tiny - 5.0 == pytest.approx(1e-11 * (5.0 + 2.0), rel=1e-3)
    assert search._measure(np.array([0, 1])) == pytest.approx(0.5 * (7 + 5) - 4.0)


def test_sites_are_settled_that_would_lose_more_than_a_branch_promises(branch_out):
    search = branch_out()
    search.value = 5.0
    margins = np.array([4.0, -4.0, 1.0, 3.0])
    branch = Branch(np.zeros(4, bool), np.ones(4, bool), 8.0, margins)
    settled = search._settle(branch)
    assert settled.low.tolist() == [True, False, False, True]  # 8 - 3 is no better than 5
    assert settled.high.tolist() == [True, False, True, True]
    assert not branch.low.any()
    known = replace(branch, low=np.array([0, 1, 0, 0], bool), high=np.array([0, 1, 1, 1], bool))
    told = search._settle(known)
    assert told.low.tolist() == [False, True, False, True]
    assert told.high.tolist() == [False, True, True, True]
    zero = search._settle(replace(branch, margins=np.zeros(4), bound=5.0))
    assert not zero.low.any()
    assert not zero.high.any()


def test_sites_taken_in_part_are_tried_those_first_that_cost_most_both_ways(branch_out):
    search = branch_out()
    low, high = np.zeros(4, bool), np.ones(4, bool)
    values = np.array([0.5, 0.25, 1.0 - 1e-7, 0.9])
    branch = Branch(low, high, 9.0, np.zeros(4), values)
    # Nothing is known: half and half costs most, then a quarter, then a tenth.
    assert search._find_partly(branch) == [0, 1, 3]
    assert search._find_partly(replace(branch, low=np.array([1, 0, 0, 0], bool))) == [1, 3]
    assert search._find_partly(replace(branch, high=np.array([1, 0, 1, 1], bool))) == [0, 3]
    assert search._find_partly(replace(branch, values=np.array([1e-7, 2e-6, 0.0, 1.0]))) == [1]
    edges = np.array([1e-6, 1 - 1e-6, 1.1e-6, 1 - 1.1e-6])
    assert sorted(search._find_partly(replace(branch, values=edges))) == [2, 3]
    search._lost[3], search._tries[3] = (40.0, 40.0), 2
    # What was lost is a mean of tries and of one that is like all: (40 + 43 / 2) / 3 of site 3.
    lost, mean = search._lost.copy(), search._lost.sum(axis=0) / 2
    expected = (lost + mean) / (search._tries[:, None] + 1)
    cost = (np.column_stack([values, 1 - values]) * expected).prod(axis=1)
    order = sorted((0, 1, 3), key=lambda one: -cost[one])
    assert order[0] == 0
    assert search._find_partly(branch) == order
    search._tries[3] = 0
    assert search._find_partly(branch)[0] == 3
    same, many = replace(branch, values=np.full(4, 0.5)), np.zeros(90, dtype=bool)
    assert branch_out()._find_partly(same) == [0, 1, 2, 3]
    search._lost, search._tries = np.ones((90, 2)), np.zeros(90, dtype=np.int64)
    values = np.where(np.arange(90) % 2, 0.5, 0.4)
    assert search._find_partly(Branch(many, ~many, 9.0, np.zeros(90), values)) == [1, 3, 5, 7]


class Tree:
    """A stub of the relaxation: the bound of a branch by which sites are in and out."""

    def __init__(self, search, bounds, values):
        self.search, self.bounds, self.values, self.solved = search, bounds, values, []

    def __call__(self, branch, deadline):
        key = tuple(np.flatnonzero(branch.low)), tuple(np.flatnonzero(~branch.high))
        self.solved.append(key)
        bound = self.bounds(*key)
        return None if bound is None else replace(branch, bound=bound, values=self.values)


def test_a_branch_is_divided_by_the_site_that_lowers_both_bounds_most(branch_out, monkeypatch):
    """Sites are tried until one is known; a half that promises nothing divides it at once."""
    search = branch_out()
    search.value = 5.0
    values = np.array([0.5, 0.4, 0.6, 1.0])
    lows = {(0, 0): 8.9, (0, 1): 8.0, (1, 0): 8.5, (1, 1): 8.4, (2, 0): 8.0, (2, 1): 8.95}

    def bounds(low, out):
        return lows[(low[0], 1) if low else (out[0], 0)]

    tree = Tree(search, bounds, values)
    monkeypatch.setattr(search, "_relax", tree)
    branch = Branch(np.zeros(4, bool), np.ones(4, bool), 9.0, np.zeros(4), values)
    halves = search._part(branch, math.inf)
    assert [one.bound for one in halves] == [8.5, 8.4]  # 0.5 x 0.6, more than 0.1 x 1, 1 x 0.05
    assert halves[0].high.tolist() == [True, False, True, True]
    assert halves[1].low.tolist() == [False, True, False, False]
    assert tree.solved == [((), (0,)), ((0,), ()), ((), (1,)), ((1,), ()), ((), (2,)), ((2,), ())]
    assert search._tries.tolist() == [1, 1, 1, 0]
    assert search._lost[0] == pytest.approx([1 + 0.1 / 0.5, 1 + 1.0 / 0.5])
    assert search._lost[1] == pytest.approx([1 + 0.5 / 0.4, 1 + 0.6 / 0.6])
    search._tries[:] = 2
    search._lost[1] = 90.0
    del tree.solved[:]
    assert [one.bound for one in search._part(branch, math.inf)] == [8.5, 8.4]
    assert len(tree.solved) == 2
    assert search._tries[1] == 3
    lows[1, 0] = 5.0
    search._tries[:] = 0
    search._lost[:] = 1.0
    search._lost[0] = 9.0
    del tree.solved[:]
    assert [one.bound for one in search._part(branch, math.inf)] == [5.0, 8.4]
    assert len(tree.solved) == 4
    # One that lowers no bound at all still divides.
    monkeypatch.setattr(search, "_relax", Tree(search, lambda *_: 9.0, values))
    assert [one.bound for one in search._part(branch, math.inf)] == [9.0, 9.0]
    for gone in ((), (0,)):
        late = Tree(search, lambda low, _, gone=gone: None if low == gone else 9.0, values)
        monkeypatch.setattr(search, "_relax", late)
        search._lost[:], search._tries[:] = 1.0, 0
        assert search._part(branch, math.inf) is None
        assert len(late.solved) == 1 + len(gone)
        assert not search._tries.any()
    whole = replace(branch, values=np.array([1.0, 0.0, 1.0, 0.0]))
    assert search._part(whole, math.inf) == []


def test_branches_are_followed_the_most_promising_first_and_given_up_where_whole(
    branch_out, monkeypatch
):
    search = branch_out()
    search.value = 5.0
    order = []
    none = Branch(np.zeros(4, bool), np.ones(4, bool), 0.0, np.zeros(4))
    below = {12.0: [9.0, 8.0], 9.0: [7.5, 7.0], 8.0: [], 7.5: [4.0, 5.0 + 1e-12], 7.0: []}

    def part(branch, deadline):
        order.append(round(branch.bound, 6))
        return [replace(none, bound=one) for one in below[order[-1]]]

    monkeypatch.setattr(search, "_part", part)
    search.follow(time.monotonic() - 1)
    assert order == []
    search.follow(math.inf)
    assert order == [12.0, 9.0, 8.0, 7.5, 7.0]
    # Of 8 nothing more was found out: no less is proven. What does not promise more is not parted.
    assert search.bound == 8.0
    assert search._given_up == 8.0
    assert not search._open
    again = branch_out()
    monkeypatch.setattr(again, "_part", lambda *_: None)
    again.follow(math.inf)
    assert len(again._open) == 1
    assert again.bound == again.root.bound
    met = branch_out()
    met.value = met.root.bound
    monkeypatch.setattr(met, "_part", lambda *_: pytest.fail("it promises nothing more"))
    met.follow(math.inf)
    assert met.bound == met.value


def test_a_relaxation_gives_a_bound_never_above_that_before_and_a_choice_if_better(
    branch_out, monkeypatch
):
    search = branch_out()
    asked = []
    corner = [Corner(np.array([0.6, 0.4, 0.51, 0.0, 9.0]), -search.sets.weights * 2, "basis")]

    def solve(self, low, high, *, seconds, basis):
        asked.append((low.tolist(), high.tolist(), seconds, basis))
        return corner[0]

    monkeypatch.setattr(Simplex, "solve", solve)
    branch = replace(search.root, low=np.array([0, 0, 1, 0], bool), basis="before",
                     high=np.array([1, 1, 1, 0], bool))  # fmt: skip
    monkeypatch.setattr(branching, "time", SimpleNamespace(monotonic=lambda: 50.0))
    told = search._relax(branch, 57.0)
    assert asked == [([0, 0, 1, 0], [1, 1, 1, 0], 7.0, "before")]
    assert (search.chosen.tolist(), search.value) == ([0, 2], 10.0 - 4.0)
    assert told.values.tolist() == [0.6, 0.4, 0.51, 0.0]
    assert told.basis == "basis"
    # Prices are the weights, and no more: sites in earn 7 - 2, 5 - 2, 3 - 2.
    assert told.margins.tolist() == [5.0, 3.0, 1.0, 3.0]
    assert told.bound == pytest.approx(9.0)
    corner[0] = replace(corner[0], row_prices=np.zeros(4), values=np.array([1.0, 0, 0, 0, 9]))
    told = search._relax(replace(branch, bound=7.0), math.inf)
    assert told.bound == 7.0  # of no prices, all weight would be bought: 10 - 2
    assert told.margins.tolist() == [5.0, 3.0, 1.0, 3.0]
    assert told.values.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert search.chosen.tolist() == [0, 2]
    half = search.sets.weights / 2
    corner[0] = replace(corner[0], row_prices=half)
    told = search._relax(branch, math.inf)
    assert told.margins == pytest.approx([1.5, 0.5, -0.5, 0.5])
    assert told.bound == pytest.approx(5.0 + 1.5 + 0.5 - 0.5)
    corner[0] = None
    assert search._relax(branch, math.inf) is None
    program = search._write_program()
    assert program.gain.tolist() == [-2.0] * 4 + search.sets.weights.tolist()
    assert not program.integer.any()
    assert program.column_upper[:4].tolist() == [1] * 4
    sure = branch_out(sure=(1,))._write_program()
    assert sure.column_lower[:4].tolist() == [0, 1, 0, 0]


def test_the_root_is_relaxed_before_it_is_divided(branch_out):
    search = branch_out()
    told = search._part(search.root, math.inf)
    assert told == [search.root]
    assert search.root.values is not None
    settled = branch_out(weights=(4.0, 3.0, 2.0, 1.0), price=2.0)
    settled.follow(math.inf)
    assert settled.value == 6.0
    assert settled.bound == pytest.approx(6.0, abs=1e-8)


# --- walks ----------------------------------------------------------------------------------------


def test_walks_set_out_from_a_plan_by_their_own_seeds_and_every_second_kicks_half_as_hard(
    monkeypatch,
):
    told = []

    def kick(board, numbers, cursor, log):
        told.append(("kick", board.place.tolist(), numbers.tolist(), log.shape, cursor.tolist()))
        board.place[0] += 1
        board.value[0] += 5

    def improve(board, *, any_number, rounds, deadline, random):
        told.append(("improve", any_number, rounds, deadline, random.random()))

    class Alone:
        def __init__(self, threads):
            told.append(threads)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return False

        map = staticmethod(map)

    monkeypatch.setattr(walks, "kick", kick)
    monkeypatch.setattr(walks, "improve", improve)
    monkeypatch.setattr(walks, "ThreadPoolExecutor", Alone)
    names = ("activity", "slot", "members", "times", "owner", "gain", "fresh")
    parts = {name: np.arange(3) for name in names}

    class Board(SimpleNamespace):
        def _replace(self, **parts):
            return Board(**{**vars(self), **parts})

    board = Board(value=np.zeros(2), place=np.array([7, 8]), sizes=np.array([0, 20]),
                  pairs=np.arange(2), **parts)  # fmt: skip
    plans = walks.walk(board, walks=3, any_number=True, rounds=4, deadline=9.0,
                       random=np.random.default_rng(6))  # fmt: skip
    assert told.pop(0) == 2
    seeds = np.random.default_rng(6).integers(2**62, size=3)
    for nth, exchanges in enumerate((5, 3, 5)):
        random = np.random.default_rng(seeds[nth])
        name, place, numbers, log, cursor = told[2 * nth]
        assert (name, place, log, cursor) == ("kick", [7, 8], (4 * exchanges + 8, 2), [0, 0, 0])
        assert numbers == random.random(4 * exchanges).tolist()
        assert told[2 * nth + 1] == ("improve", True, 4, 9.0, random.random())
    assert [one.place.tolist() for one in plans] == [[8, 8]] * 3
    assert (board.place.tolist(), board.value.tolist()) == ([7, 8], [0, 0])
    assert all(one.pairs is board.pairs for one in plans)
    assert not any(getattr(one, name) is getattr(board, name)
                   for one in plans for name in (*names, "value", "sizes"))  # fmt: skip


# --- choices as programs --------------------------------------------------------------------------


def test_rules_and_further_rows_are_one_program_whose_sites_are_whole():
    cover = csr_array(np.array([[1, 0], [1, 1], [0, 1]]))
    rules = Rules(apart=np.array([[0, 2]]), fixed=np.array([1]), forbidden=np.array([0]))
    rows = rules.rows(cover)
    blocks = [count_block(3, 2), cover_block(csc_array(cover))]
    program = build_program(rows, blocks, np.array([3.0, 2.0, 1.0, 9.0]), np.array([7.0]))
    assert program.matrix.toarray().tolist() == [
        [1, 0, 1, 0], [1, 1, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0],
    ]  # fmt: skip
    assert program.row_lower.tolist() == [-math.inf, 2, 1, 1]
    assert program.row_upper.tolist() == [1, 2, math.inf, math.inf]
    assert program.column_lower.tolist() == [0, 1, 0, 0]
    assert program.column_upper.tolist() == [0, 1, 1, 7]
    assert program.integer.tolist() == [True, True, True, False]
    plain = build_program(rows, [], np.zeros(3))
    assert plain.integer.tolist() == [True] * 3
    answer = find_choice(rows, blocks, np.array([3.0, 2.0, 1.0]), seconds=9.0, seed=1)
    assert chosen_in(answer, 3).tolist() == [1, 2]
    assert chosen_in(answer, 2).tolist() == [1]
    assert chosen_in(Answer(None, 0.0, "unknown"), 3) is None
    assert chosen_in(Answer(np.array([0.5, 0.51, 1.0]), 0.0, "optimal"), 3).tolist() == [1, 2]
    assert find_choice(rows, blocks, np.zeros(3), seconds=0.0, seed=1).status != "infeasible"


def test_sites_may_be_added_that_break_no_rule_and_where_rules_ask_for_some_only_those():
    cover = csr_array((4, 0))
    costs = {"costs": np.array([1.0, 2.0, 3.0, 0.0]), "budget": 3.0}

    def allowed(taken, **given):
        flags = np.isin(np.arange(4), taken)
        return np.flatnonzero(allowed_next(Rules(**given).rows(cover), flags)).tolist()

    first = GroupLimit(np.array([1, 1, 0, 0], bool), 1, 1)
    assert allowed([]) == [0, 1, 2, 3]
    assert allowed([1], forbidden=np.array([2])) == [0, 3]
    assert allowed([], limits=(first,)) == [0, 1]
    assert allowed([1], limits=(first,)) == [2, 3]
    assert allowed([], **costs) == [0, 1, 2, 3]
    assert allowed([0], **costs) == [1, 3]
    assert allowed([2], **costs) == [3]
    # What is asked for may not be had: then all else is allowed.
    assert allowed([2], limits=(first,), forbidden=np.array([0, 1])) == [3]
    assert allowed([2], limits=(first,), apart=np.array([[0, 2], [1, 2]])) == [3]


def test_one_program_is_solved_again_within_other_limits_and_from_where_it_came_to_rest():
    """One less price than a unit of a row is worth: its prices are those of the gains as given."""
    program = Program(
        gain=np.array([5.0, 4.0]) * 1e-3, matrix=csr_array([[2.0, 4.0]]),
        row_lower=np.array([-np.inf]), row_upper=np.array([4.0]), column_lower=np.zeros(2),
        column_upper=np.ones(2), integer=np.zeros(2, dtype=bool),
    )  # fmt: skip
    simplex = Simplex(program)
    set_up = [simplex._solver.getOptionValue(one)[1] for one in ("solver", "presolve", "threads")]
    assert set_up == ["simplex", "off", 1]
    corner = simplex.solve(np.zeros(2), np.ones(2), seconds=10)
    assert corner.values.tolist() == [1.0, 0.5]
    assert np.abs(corner.row_prices) == pytest.approx([1e-3])
    other = simplex.solve(np.zeros(1), np.zeros(1), seconds=10, basis=corner.basis)
    assert other.values.tolist() == [0.0, 1.0]
    assert simplex.solve(np.zeros(1), np.ones(1), seconds=10).values.tolist() == [1.0, 0.5]
    assert simplex.solve(np.ones(1), np.ones(1), seconds=math.inf).values.tolist() == [1.0, 0.5]
    assert simplex.solve(np.ones(2), np.ones(2), seconds=10) is None
    assert corner.basis.col_status[0] != corner.basis.col_status[1]


# --- worth of sites -------------------------------------------------------------------------------


def test_chances_are_counted_up_to_where_no_more_is_added():
    for busy, vehicles in ((0.5, 2), (0.9, 1), (0.2, 1), (0.99, 3), (0.01, 3)):
        chances, many = list_chances(busy, vehicles), 0
        while many < 12 and busy ** (vehicles * many) > 1e-9:
            many += 1
        many = min(12, many)
        assert chances == pytest.approx([1 - busy ** (vehicles * n) for n in range(many + 1)])
    assert list_chances(0.0, 1) == [0.0, 1.0]
    assert len(list_chances(0.999, 1)) == 13


@pytest.mark.parametrize("model", [expected_cover, backup_cover])
def test_what_a_model_is_given_is_handed_on(model, monkeypatch):
    """All of it: rules, sites that follow, time, seed and progress."""
    told = {}

    def cover(*given, **options):
        told.update(options, given=given)
        return "solution"

    monkeypatch.setattr(f"boxreach.location.{model.__module__.rpartition('.')[2]}.max_cover", cover)
    own = {"busy": 0.5, "vehicles": 12} if model is expected_cover else {"boxes": 3}
    rules, heard = Rules(), print
    options = {"sites": 4, "rules": rules, "later_sites": 2, "seconds": 7.0, "seed": 5,
               "progress": heard, "scratch": Scratch(Path("here"))}  # fmt: skip
    assert model("cover", "weights", **options, **own) == "solution"
    worth = told.pop("worth")
    assert told == {**options, "given": ("cover", "weights")}
    expected = list_chances(0.5, 12) if model is expected_cover else [0, 0, 0, 1]
    assert list(worth) == expected
    short = {"busy": 0.5} if model is expected_cover else {}
    model("cover", "weights", sites=4, **short)
    names = ("later_sites", "seconds", "seed", "progress", "scratch")
    assert [told[name] for name in names] == [0, 60, 0, None, None]
    assert list(told["worth"]) == (list_chances(0.5, 2) if short else [0, 0, 1])


def test_numbers_that_mean_nothing_are_refused_with_what_to_do():
    cover, weights = csr_array(np.eye(2)), np.ones(2)
    for busy, vehicles, advice in (
        (1.0, 2, "a chance from 0 to below 1"), (-0.1, 2, "a chance from 0 to below 1"),
        (0.5, 0, "a whole number, 1 or more"), (0.5, 1.5, "a whole number, 1 or more"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"give {advice}"):
            expected_cover(cover, weights, sites=1, busy=busy, vehicles=vehicles)
    for boxes in (0, 1.5, -1):
        with pytest.raises(InputError, match="give a whole number, 1 or more"):
            backup_cover(cover, weights, sites=1, boxes=boxes)
