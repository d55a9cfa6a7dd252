"""What each step of a search asks of the parts it is made of, and takes over from them."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from boxreach.location import Rules
from boxreach.location import search as search_room
from boxreach.location.problem import Finding
from boxreach.location.program import Answer
from boxreach.location.search import Search

SITES, DEMAND, CHOSEN = 9, 24, 3


def stop_clock(monkeypatch, now):
    """Let the clock of the search stand."""
    monkeypatch.setattr(search_room, "time", SimpleNamespace(monotonic=lambda: now))


def flags(*ones):
    return np.isin(np.arange(SITES), ones)


# --- a whole search -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "solver", "proven", "steps"),
    [
        (0, True, False, ["improve 25", "prove", "settle"]),
        (1, True, False, ["close in", "prove", "settle"]),
        (0, False, False, ["close in", "settle"]),
        (1, True, True, ["close in", "settle"]),
        (0, True, True, ["improve 25", "settle"]),
    ],
)
def test_small_questions_go_to_the_solver_at_once_and_others_when_they_are_small_enough(
    pairs, solver, proven, steps, monkeypatch, question
):
    """What is proven by then does not; ties are settled in any case."""
    done = []

    class Told(Search):
        proven = property(lambda self: given)
        _close_in = lambda self: done.append("close in")  # noqa: E731
        _prove = lambda self: done.append("prove")  # noqa: E731
        _settle = lambda self: done.append("settle")  # noqa: E731

        def _improve(self, rounds):
            done.append(f"improve {rounds}")

    given, problem = proven, question(1)
    small = problem.sets.pairs - pairs
    search = Told(problem, deadline=1e12, small=small, solver=solver)
    search.run()
    assert done == steps
    for most, proves in ((problem.sets.pairs, True), (problem.sets.pairs - 1, False)):
        monkeypatch.setattr(search_room, "_FOR_SOLVER", most)
        done.clear()
        Told(problem, deadline=1e12, small=small, solver=solver).run()
        assert ("prove" in done) == (proves and "prove" in steps)


@pytest.mark.parametrize("worth", [(0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.5, 0.75)])
def test_a_search_starts_from_what_the_best_sites_would_cover_if_nothing_were_covered_twice(
    worth, monkeypatch, question
):
    problem = question(2, worth=worth)
    search = Search(problem, deadline=1e12)
    assert search.bound == problem.sets.weights.sum() * worth[-1]
    assert (search.chosen.size, search.later.size, search.value) == (0, 0, -math.inf)
    assert search.listed.all()
    assert search.field is search.sets
    monkeypatch.setattr(search, "_find_start", lambda: Finding(None, 7.0))
    assert search.run().bound == 7.0
    first = max(worth[1], worth[-1] / (len(worth) - 1))
    alone = np.sort(problem.sets.as_matrix() @ problem.sets.weights * first)[-CHOSEN:]
    assert search.bound == min(
        problem.sets.weights.sum() * worth[-1], math.fsum(alone) * (1 + 1e-10)
    )


def test_whole_weights_prove_a_plan_that_the_bound_is_less_than_one_above(searching):
    """Where weights or what they are worth are not whole, bound and plan must all but meet."""
    search = searching(3)
    for whole, worth, bound, proven in (
        (True, 1.0, 11.0 - 1e-6, True),
        (True, 1.0, 11.0 - 1e-12, False),
        (True, 1.0, 11.0, False),
        (True, 0.5, 10.5, False),
        (False, 1.0, 10.5, False),
        (False, 1.0, 10.0, True),
        (False, 1.0, 10.0 + 9e-10, True),
        (False, 1.0, 10.0 + 1.1e-9, False),
        (False, 1.0, 9.0, True),
    ):
        weights = np.ones(5) if whole else np.full(5, 0.5)
        search.sets = SimpleNamespace(weights=weights)
        search.problem = SimpleNamespace(worth=np.array([0.0, worth]))
        search.value, search.bound = 10.0, bound
        assert search.proven is proven or bool(search.proven) == proven


# --- first plans ----------------------------------------------------------------------------------


def test_a_search_says_at_once_if_no_choice_keeps_its_rules(question):
    search = Search(question(1, rules=Rules(forbidden=np.arange(SITES - 1))), deadline=1e12)
    found = search._find_start()
    assert (found.chosen, found.bound, found.infeasible) == (None, 0.0, True)


@pytest.mark.parametrize(
    ("over", "share", "thin"), [(1, 0.5, True), (0, 0.5, False), (1, 0.6, False)]
)
def test_questions_of_too_many_pairs_are_thinned_out_first_if_that_leaves_half_of_them(
    over, share, thin, monkeypatch, question
):
    problem, made = question(1), []
    less = SimpleNamespace(pairs=share * problem.sets.pairs)
    monkeypatch.setattr(search_room, "thin_into_memory", lambda sets: less)
    search = Search(problem, deadline=1e12, big=problem.sets.pairs - over)
    search._start_smaller = made.append
    search._start_greedily = lambda: made.append("greedy")
    assert search._find_start() is None
    assert made == ([less] if thin else ["greedy"])


def test_a_thinned_out_question_leaves_its_plan_and_prices_by_share_of_the_weight(
    monkeypatch, question
):
    """Four turns, no kicks, no solver; where there is no plan that is said, with the bound."""
    problem = question(4)
    sets = problem.sets
    merged = np.arange(len(sets.weights)) // 2
    less = search_room.replace(
        sets, weights=np.bincount(merged, sets.weights), merged=merged,
        demand=sets.demand // 2,
    )  # fmt: skip
    seen = []

    def close_in(self, turns=None, kicks=100):
        seen.append((turns, kicks, self.solver, self.seed, self.deadline, self.sets is less))
        self.prices = np.arange(1.0, len(less.weights) + 1)
        self.rule_prices = np.array([5.0])
        self.chosen, self.later = np.array([0, 1, 2]), np.array([7])

    monkeypatch.setattr(Search, "_close_in", close_in)
    monkeypatch.setattr(Search, "_start_greedily", lambda self: None)
    search = Search(problem, deadline=77.0, seed=6)
    assert search._start_smaller(less) is None
    assert seen == [(4, 0, False, 6, 77.0, True)]
    wanted = [
        sets.weights[j] * (merged[j] + 1) / less.weights[merged[j]] for j in range(len(merged))
    ]
    assert search.prices == pytest.approx(wanted)
    assert search.rule_prices.tolist() == [5.0]
    assert (search.chosen.tolist(), search.later.tolist()) == ([0, 1, 2], [7])
    assert search.value == sets.measure(np.array([0, 1, 2]), problem.worth)
    monkeypatch.setattr(Search, "_start_greedily", lambda self: Finding(None, 1.0, infeasible=True))
    found = search._start_smaller(less)
    assert (found.chosen, found.bound, found.infeasible) == (None, search.bound, True)


@pytest.mark.parametrize("later", [0, 2])
def test_where_taking_the_most_leads_nowhere_the_rules_alone_are_solved_for(
    later, monkeypatch, question
):
    """For the plan with the sites that follow; of these the plan takes those that cover most."""
    asked, real = [], search_room.choose_greedily
    monkeypatch.setattr(
        search_room, "choose_greedily",
        lambda sets, hull, rows, sites, *more: None if more else real(sets, hull, rows, sites),
    )  # fmt: skip
    solve = search_room.solve_program

    def solved(program, **given):
        asked.append((program, given))
        return solve(program, **given)

    monkeypatch.setattr(search_room, "solve_program", solved)
    stop_clock(monkeypatch, 10.0)
    search = Search(question(5, later=later), deadline=15.0, seed=3)
    assert search._start_greedily() is None
    ((program, given),) = asked
    assert given == {"seconds": 5.0, "seed": 3}
    alone = search.sets.as_matrix() @ search.sets.weights
    assert program.gain == pytest.approx(alone)
    whole = np.sort(np.argsort(-alone)[: CHOSEN + later])
    assert sorted([*search.chosen, *search.later]) == whole.tolist()
    assert (len(search.chosen), len(search.later)) == (CHOSEN, later)
    assert search.value == search.sets.measure(search.chosen, search.problem.worth)
    for status in ("infeasible", "unknown"):
        monkeypatch.setattr(
            search_room, "solve_program", lambda *_, said=status, **__: Answer(None, 0.0, said)
        )
        search.deadline = 9.0
        found = search._start_greedily()
        told = (found.chosen, found.bound, found.infeasible)
        assert told == (None, search.bound, status == "infeasible")


def test_more_fixed_sites_than_are_chosen_cannot_be_where_others_follow(question):
    rules = Rules(fixed=np.arange(CHOSEN + 1))
    search = Search(question(1, later=2, rules=rules), deadline=1e12)
    found = search._start_greedily()
    assert (found.chosen, found.bound, found.infeasible) == (None, search.bound, True)


# --- plans ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sites", [CHOSEN, None])
def test_a_plan_is_improved_on_one_board_with_barred_sure_and_unlisted_sites_locked(
    sites, monkeypatch, searching
):
    """Of many pairs it climbs only, and walks are sent out, a tenth as often kicked."""
    rules = Rules() if sites else Rules(costs=np.ones(SITES), budget=3.0)
    search, asked, walked = searching(6, sites=sites, rules=rules), [], []
    search.barred, search.sure = flags(1), flags(int(search.chosen[0]))
    search.listed = ~flags(2)
    monkeypatch.setattr(search_room, "improve", lambda board, **given: asked.append((board, given)))
    search._walk = lambda board, rounds: walked.append((board, rounds))
    pairs = search.field.pairs
    for easy, big, many in (
        (pairs, 10**9, False),
        (pairs - 1, 10**9, True),
        (10**9, pairs - 1, True),
    ):
        monkeypatch.setattr(search_room, "_EASY", easy)
        search.big, search.board = big, None
        asked.clear()
        walked.clear()
        board = search._improve(40)
        assert search.board is board
        assert np.flatnonzero(board.locked).tolist() == sorted({1, 2, int(search.chosen[0])})
        assert asked[0][0] is board
        wanted = {"any_number": sites is None, "rounds": 0 if many else 40,
                  "deadline": 1e12, "random": search.random}  # fmt: skip
        assert asked[0][1] == wanted
        assert walked == ([(board, 4)] if many else [])
        assert search._improve(0) is board
        assert len(walked) == many
        search.deadline = 0.0
        search._improve(40)
        assert len(walked) == many
        search.deadline = 1e12


def test_of_walks_the_best_end_is_taken_and_the_sites_of_all_are_given_to_the_solver(
    monkeypatch, searching
):
    search, asked = searching(7), []
    board = search._improve(0)
    search._ask_solver = lambda *given: asked.append(given)
    chosen = search.chosen.tolist()
    outside = [one for one in range(SITES) if one not in chosen]

    def end(value, plan):
        place = np.isin(np.arange(SITES), plan).astype(np.int8)
        return board._replace(place=place, value=np.array([value, board.value[1]]))

    given = []
    ends = [end(board.value[0] - 1, [*chosen[:2], outside[0]]), end(board.value[0], chosen)]
    monkeypatch.setattr(search_room, "walk", lambda *had, **more: given.append((had, more)) or ends)
    stop_clock(monkeypatch, 100.0)
    for deadline, seconds in ((101.0, 1.0), (150.0, 3.0)):
        search.deadline = deadline
        search._walk(board, 5)
        wanted = {"walks": 4, "any_number": False, "rounds": 5, "deadline": deadline}
        assert given.pop() == ((board,), wanted | {"random": search.random})
        assert search.board is board
        barred, sure, told = asked.pop()
        assert np.flatnonzero(~barred).tolist() == sorted([*chosen, outside[0]])
        assert (sure.tolist(), told) == ([False] * SITES, seconds)
    search.deadline = 100.0
    search._walk(board, 5)
    assert not asked
    search.deadline = 150.0
    ends[:] = [end(board.value[0], chosen)] * 2
    search._walk(board, 5)
    assert not asked
    better = [*chosen[:2], outside[1]]
    ends[:] = [end(board.value[0] + 1, better), end(board.value[0] + 0.5, chosen)]
    search._walk(board, 5)
    assert search.board is ends[0]
    assert search.chosen.tolist() == sorted(better)
    assert search.value == search._measure(np.array(better))
    assert np.flatnonzero(~asked.pop()[0]).tolist() == sorted({*chosen, *better})
    search.solver = False
    search._walk(board, 5)
    assert not asked


def test_ties_are_settled_at_last_but_not_where_that_takes_long_or_loses(monkeypatch, searching):
    search, done = searching(8), []
    before = search.chosen
    search._improve = lambda rounds: done.append(rounds) or "board"
    monkeypatch.setattr(search_room, "settle", lambda *given: done.append(given[:2]))
    monkeypatch.setattr(search_room, "read_later", lambda board: np.array([5]))
    search.field = SimpleNamespace(pairs=8_000_001)
    search._settle()
    assert not done
    for big, pairs in ((0, 8_000_000), (8_000_001, 8_000_001)):
        search.big, search.field = big, SimpleNamespace(pairs=pairs)
        monkeypatch.setattr(search_room, "read_plan", lambda board: np.empty(0, dtype=np.int64))
        done.clear()
        search._settle()
        assert done == [0, ("board", False)]
        assert search.chosen is before
    monkeypatch.setattr(search_room, "read_plan", lambda board: before.copy())
    search._settle()
    assert search.chosen is not before
    assert search.later.tolist() == [5]
