"""What a search through several cases does, in which order and with how much of its time."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from boxreach.location import Rules
from boxreach.location import cases_search as room
from boxreach.location.problem import Finding
from boxreach.location.program import Answer


def test_a_search_begins_with_what_each_case_can_come_to(search_for):
    search = search_for(0.0)
    assert search.alone.tolist() == [15.0, 15.0, 15.0]
    assert (search.bound, search.value, search.mean) == (15.0, -math.inf, -math.inf)
    assert (search.unit, search.chosen, search.plans) == (1.0, None, [])
    assert search.chances.tolist() == [0.25, 0.25, 0.5]
    fixed = search_for(0.0, rules=Rules(fixed=np.array([1])))
    assert fixed.sure.tolist() == [False, True, False, False, False]
    assert fixed.least.tolist() == [7.0, 9.0, 6.0]
    assert search_for(None, options={"chances": np.array([1.0, 1, 2])}).unit == 0.25
    assert search_for(None).unit == 0.0
    assert search_for(0.0, weights=(5, 4, 3, 2, 0.5)).unit == 0.0


def test_bounds_are_sharpened_to_steps_and_what_is_next_to_nothing_is_nothing(search_for):
    search = search_for(0.0)
    assert [search.sharpened(one) for one in (7.0, 7.9, 8 - 1e-10, 8 - 1e-8)] == [7, 7, 8, 7]
    search.value = 7.0
    assert search.better == 8 - 1e-6
    for bound, proven in ((7.9, True), (8.0, False), (7.0, True)):
        search.bound = bound
        assert search.proven is proven
    parts = search_for(0.0, weights=(5, 4, 3, 2, 0.5))
    assert [parts.sharpened(one) for one in (0.24, 0.25, 7.9)] == [0.0, 0.25, 7.9]
    parts.value, parts.bound = 7.0, 7.0 * (1 + 0.9e-10)
    assert parts.proven
    parts.bound = 7.0 * (1 + 1.1e-10)
    assert not parts.proven
    assert parts.better == 7.0
    mean = search_for(None, weights=(5, 4, 3, 2, 0.5))
    assert mean._dust == 0.25 * 0.5 / 2
    quarter = search_for(None, options={"chances": np.array([1.0, 1, 2])})
    assert quarter.sharpened(7.7) == 7.5
    assert quarter.better == pytest.approx(-math.inf)


def test_a_plan_is_taken_that_keeps_the_rules_and_is_better_or_as_good_with_a_higher_mean(
    search_for,
):
    heard = []
    search = search_for(0.0, rules=Rules(forbidden=np.array([4])),
                        options={"progress": lambda *told: heard.append(told)})  # fmt: skip
    for plan in ([0], [0, 1, 2], [3, 4]):
        search.take(np.array(plan))
    assert (search.chosen, search.plans, heard) == (None, [], [])
    ranks = {}
    for plan in ([0, 2], [0, 1], [1, 3], [1, 2], [0, 3], [2, 3]):
        values = search.whole.values(np.array(plan))
        ranks[tuple(plan)] = values.min(), values @ [0.25, 0.25, 0.5]
        search.take(np.array(plan))
        best = max(ranks.values())
        assert (search.value, search.mean) == best
        assert ranks[tuple(search.chosen.tolist())] == best
        assert search._rank(np.array(plan)) == ranks[tuple(plan)]
    assert [one.tolist() for one in search.plans] == [list(one) for one in ranks]
    assert heard[-1] == (search.value, 15.0)
    search._note(search.value - 1)
    assert search.bound == search.value
    assert heard[-1] == (search.value, search.value)
    search._note(99.0)
    assert search.bound == search.value


@pytest.mark.parametrize("share", [None, 0.0])
def test_the_mean_comes_first_then_each_case_and_by_the_worst_all_of_them(
    search_for, share, fixed_time, monkeypatch
):
    """With 85 % of the time for the mean if that is asked, else 15 %, and 15 % for the cases."""
    search, told = search_for(share), []
    found = Finding(np.array([0, 2]), 12.5)

    def mixed(mix, seconds):
        told.append(("mixed", mix.tolist(), pytest.approx(seconds)))
        search.take(np.array([0, 2]))
        return found

    monkeypatch.setattr(search, "_solve_mixed", mixed)
    monkeypatch.setattr(search, "_look_at_each", lambda seconds: told.append(("each", seconds)))
    monkeypatch.setattr(search, "_close_in", lambda: told.append("close"))
    finding = search.run([np.array([0, 1]), np.array([1, 2, 3])])
    mean = share is None
    assert told == [
        ("mixed", [0.25, 0.25, 0.5], 85.0 if mean else 15.0), ("each", 100.0 if mean else 15.0),
        *([] if mean else ["close"]),
    ]  # fmt: skip
    assert (finding.bound, finding.infeasible) == (12.5, False)
    assert [one.tolist() for one in search.plans] == [[0, 1], [0, 2]]
    fixed_time[0] = 0.0
    del told[:]
    search.run()
    assert len(told) == 2
    fixed_time[0] = 9.0
    search.bound = search.value
    del told[:]
    assert search.run().bound == search.value
    assert len(told) == 2


def test_what_has_no_plan_is_told_as_it_is_and_one_case_is_plain_covering(
    search_for, fixed_time, monkeypatch
):
    search = search_for(0.0)
    for found in (Finding(None, 0.0, infeasible=True), Finding(None, 9.0)):
        monkeypatch.setattr(search, "_solve_mixed", lambda *_, found=found: found)
        assert search.run() is found
    one = search_for(0.0, keep=1)
    seconds = []

    def mixed(mix, given):
        seconds.append(given)
        one.take(np.array([0, 2]))
        return Finding(np.array([0, 2]), 14.4)

    monkeypatch.setattr(one, "_solve_mixed", mixed)
    monkeypatch.setattr(one, "_close_in", lambda: pytest.fail("there is nothing else to look at"))
    finding = one.run()
    assert seconds == [85.0]
    assert (one.alone.tolist(), finding.bound) == ([14.4], 14.0)
    lost = search_for(0.0)
    lost.take(np.array([0, 2]))
    wrong = Finding(None, -5.0, infeasible=True)
    monkeypatch.setattr(lost, "_solve_mixed", lambda *_: wrong)
    monkeypatch.setattr(lost, "_close_in", lambda: None)
    assert lost.run().bound == 15.0


def test_each_case_alone_has_its_part_of_the_time_and_bounds_the_criterion(search_for, monkeypatch):
    clock, asked = [50.0], []
    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    search = search_for(0.0)
    found = [Finding(np.array([0]), 9.9), Finding(None, 3.0, infeasible=True), Finding(None, 7.2)]

    def mixed(mix, seconds):
        asked.append((mix.tolist(), seconds))
        clock[0] += 6.0
        return found[len(asked) - 1]

    monkeypatch.setattr(search, "_solve_mixed", mixed)
    search._look_at_each(30.0)
    assert asked == [([1, 0, 0], 10.0), ([0, 1, 0], 12.0), ([0, 0, 1], 18.0)]
    assert search.alone.tolist() == [9.0, 15.0, 7.0]
    assert search.bound == 7.0
    del asked[:]
    search.alone[:], search.bound = 15.0, 15.0
    search._look_at_each(6.0)
    assert (len(asked), search.alone.tolist()) == (1, [9.0, 15.0, 15.0])
    mean = search_for(None)
    del asked[:]
    monkeypatch.setattr(mean, "_solve_mixed", mixed)
    mean._look_at_each(30.0)
    assert mean.alone.tolist() == [9.9, 15.0, 7.2]
    assert mean.bound == pytest.approx(0.25 * 9.9 + 0.25 * 15 + 0.5 * 7.2)


def test_a_mix_is_answered_as_one_question_until_its_time_ends(search_for, monkeypatch):
    asked = []

    class Answered:
        def __init__(self, problem, *, deadline, seed):
            asked.append((problem.sets.weights.sum(), deadline, seed))

        def run(self):
            return Finding(np.array([1, 3]), 9.0)

    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: 50.0))
    monkeypatch.setattr(room, "Search", Answered)
    search = search_for(0.0, options={"seed": 8})
    search._solve_mixed(np.array([1.0, 0, 0]), 7.0)
    search._solve_mixed(np.array([2.0, 0, 0]), -7.0)
    assert asked == [(15.0, 57.0, 8), (30.0, 50.0, 8)]
    assert search.chosen.tolist() == [1, 3]


def watch(search, monkeypatch, *names):
    """Note what a search calls, and with what."""
    told = []
    for name in names:

        def note(*given, name=name, **options):
            told.append(
                (name, *[one for one in given if isinstance(one, int | float)], *options.values())
            )

        monkeypatch.setattr(search, name, note)
    return told


def test_a_small_question_is_exchanged_a_little_and_solved_at_once(
    search_for, fixed_time, monkeypatch
):
    """A large one is crossed and priced first; bounds are tightened twice, and sites settled."""
    names = ("_exchange", "_cross", "_price", "_solve", "_settle")
    small = search_for(0.0)
    told = watch(small, monkeypatch, *names)
    small._close_in()
    solved = [("_solve", 100.0, True)] * 2
    assert told == [("_exchange", 15), *solved, ("_exchange", 60), ("_settle",)]
    large = search_for(0.0, options={"small": 0}, rules=Rules(forbidden=np.array([2])))
    told = watch(large, monkeypatch, *names)
    large._close_in()
    assert told == [("_exchange", 60), ("_cross",), ("_price",), *solved, ("_exchange", 60),
                    ("_settle",)]  # fmt: skip
    assert large._barred[2]
    edge = search_for(0.0)
    edge.small = edge._measure(edge.cases)
    told = watch(edge, monkeypatch, *names)
    edge._close_in()
    assert ("_cross",) not in told
    monkeypatch.setattr(room, "_FOR_SOLVER", edge._measure(edge.cases))
    edge._close_in()
    assert told.count(("_solve", 100.0, True)) == 4
    monkeypatch.setattr(room, "_FOR_SOLVER", edge._measure(edge.cases) - 1)
    edge._close_in()
    assert told.count(("_solve", 100.0, True)) == 4
    monkeypatch.setattr(room, "_FOR_SOLVER", 10**6)
    for stage, seen in (
        ("_price", ["_exchange", "_cross", "_price", "_settle"]),
        ("_solve", ["_exchange", "_cross", "_price", "_solve", "_solve", "_settle"]),
    ):
        for ends in ("time", "proof"):
            fixed_time[0] = 5.0
            late = search_for(0.0, options={"small": 0})
            told = watch(late, monkeypatch, *names)
            whole = getattr(late, stage)

            def end(*given, late=late, whole=whole, ends=ends, **options):
                whole(*given, **options)
                if ends == "time":
                    fixed_time[0] = 0.0
                else:
                    late.value = late.bound

            monkeypatch.setattr(late, stage, end)
            late._close_in()
            assert [one[0] for one in told] == seen
    fixed_time[0] = 100.0
    for gone in ("time", "proof"):
        done = search_for(0.0)
        told = watch(done, monkeypatch, *names)
        if gone == "time":
            fixed_time[0] = 0.0
        else:
            fixed_time[0] = 5.0
            done.take(np.array([0, 2]))
            done.bound = done.value
        done._close_in()
        assert told == [("_exchange", 15)]
    cases = edge.cases
    assert edge._measure(cases) == cases.sets.pairs + cases.amounts.nnz


def test_the_best_three_plans_are_exchanged_only_the_first_with_kicks(search_for, monkeypatch):
    search, asked = search_for(0.0), []
    plans = [[0, 1], [1, 3], [0, 2], [2, 4], [1, 3]]
    for plan in plans:
        search.take(np.array(plan))
    monkeypatch.setattr(
        search, "_improve", lambda plan, kicks: asked.append((plan.tolist(), kicks)) or plan
    )
    search._exchange(7)
    ranked = sorted(plans[:4], key=lambda one: search._rank(np.array(one)), reverse=True)
    assert asked == [(ranked[0], 7), (ranked[1], 0), (ranked[2], 0)]
    assert len(search.plans) == 8
    given = {}
    monkeypatch.undo()
    monkeypatch.setattr(room, "exchange", lambda *told, **options: given.update(options, told=told))
    search._improve(np.array([0, 1]), 4)
    assert given["told"][0] is search.whole
    assert (given["kicks"], given["deadline"], given["random"]) == (4, 1e12, search.random)


def test_equal_plans_are_settled_on_the_first_sites(search_for, fixed_time, monkeypatch):
    search = search_for(0.0)
    monkeypatch.setattr(search, "_improve", lambda *_: pytest.fail("there is no plan yet"))
    search._settle()
    search.take(np.array([2, 4]))
    value = search.value
    worse = [one for one in ([0, 2], [1, 3], [1, 4], [0, 3]) if
             search._rank(np.array(one)) < (search.value, search.mean)]  # fmt: skip
    monkeypatch.setattr(search, "_improve", lambda *_: np.array(worse[0]))
    search._settle()
    assert search.chosen.tolist() == [2, 4]
    same = np.array([2, 4])
    monkeypatch.setattr(search, "_improve", lambda plan, kicks: same if kicks == 0 else None)
    search._settle()
    assert search.chosen is same
    assert search.value == value
    assert len(search.plans) == 2
    fixed_time[0] = 0.0
    monkeypatch.setattr(search, "_improve", lambda *_: pytest.fail("no time is left"))
    search._settle()


def test_plans_are_crossed_where_they_differ(search_for, fixed_time, monkeypatch):
    search, asked = search_for(0.0), []

    def solve(cases, seconds, *, proves):
        asked.append((np.flatnonzero(cases.rows.column_upper).tolist(), seconds, proves))

    monkeypatch.setattr(search, "_solve", solve)
    search._cross()
    search.take(np.array([0, 2]))
    search._cross()
    assert asked == []
    search.take(np.array([2, 4]))
    search._cross()
    assert asked == [([0, 2, 4], 3.0, False)]
    fixed_time[0] = 2.0
    search._cross()
    assert asked.pop() == ([0, 2, 4], 2.0, False)
    few = search.whole.without(np.isin(np.arange(5), [1, 3]))
    monkeypatch.setattr(room, "_FOR_SOLVER", search._measure(few))
    search._cross()
    assert len(asked) == 2
    monkeypatch.setattr(room, "_FOR_SOLVER", search._measure(few) - 1)
    search._cross()
    assert len(asked) == 2


def test_what_the_solver_says_is_taken_and_noted_as_far_as_it_proves(search_for, monkeypatch):
    """Nothing better left meets the bound; else what is lost at least, less what is hidden."""
    search, asked = search_for(0.0, options={"seed": 4}), []
    answers = [Answer(None, -np.inf, "infeasible")]

    def solve(program, *, start, seconds, seed):
        asked.append((program.column_upper[5 + 0 :], start, seconds, seed))
        return answers[0]

    write, written = room.write_cases, []

    def note(cases, sure, **options):
        written.append({**options, "sure": sure})
        return write(cases, sure, **options)

    monkeypatch.setattr(room, "solve_program", solve)
    monkeypatch.setattr(room, "write_cases", note)
    search.take(np.array([0, 2]))
    value = search.value
    search.bound = 12.5
    search._solve(search.cases, 6.0, proves=False)
    assert (asked[0][2:], search.bound) == ((6.0, 4), 12.5)
    assert asked[0][1][:5].tolist() == [1, 0, 1, 0, 0]
    assert written[0]["top"] == 12.0
    assert written[0]["most"] == pytest.approx(1 - (value + 1 - 1e-6) / 12 + 1e-9, rel=1e-12)
    assert written[0]["least"].tolist() == search.least.tolist()
    for lost, bound in ((0.1, 12 * (0.9 + 0.25e-9)), (0.0, 12.0), (-0.1, 12.0)):
        search.bound = 12.5
        answers[0] = Answer(None, -1e4 * lost, "unknown")
        search._solve(search.cases, 6.0, proves=True)
        assert search.bound == pytest.approx(bound, rel=1e-13)
    search.bound, answers[0] = 12.5, Answer(None, np.inf, "unknown")
    search._solve(search.cases, 6.0, proves=True)
    assert search.bound == 12.5
    answers[0] = Answer(None, -np.inf, "infeasible")
    search._solve(search.cases, 6.0, proves=True)
    assert search.bound == value
    many = len(asked)
    search._solve(search.cases, 6.0, proves=True)  # it is proven
    search.bound = 12.5
    search._solve(search.cases, 0.0, proves=True)
    nothing = search_for(0.0, weights=(0, 0, 0, 0, 0))
    nothing._solve(nothing.cases, 6.0, proves=True)
    search.sure[3] = True
    search._solve(search.cases.without(np.arange(5) == 3), 6.0, proves=True)
    assert len(asked) == many
    search._solve(search.cases, 6.0, proves=True)
    assert written[-1]["sure"].tolist() == [False, False, False, True, False]
    fresh = search_for(0.0)
    values = np.zeros(40)
    values[[1, 3]] = 1.0
    answers[0] = Answer(values, 0.0, "optimal")
    fresh._solve(fresh.cases, 6.0, proves=False)
    assert asked[-1][1] is None
    assert fresh.chosen.tolist() == [1, 3]


def test_cases_are_priced_by_mixes_where_they_are_many_and_else_by_the_relaxation(
    search_for, fixed_time, monkeypatch
):
    """As long as it leaves a fifth less each time, but four times at most."""

    def ask(sizes, **constants):
        search, told = search_for(0.0), []
        with monkeypatch.context() as patch:
            for name, value in constants.items():
                patch.setattr(room, name, value)
            left = list(sizes)
            patch.setattr(search, "_measure", lambda _: left.pop(0))
            for way in ("_mix", "_relax"):
                patch.setattr(search, way, lambda way=way: told.append(way))
            search._price()
        return told

    assert ask([100, 90, 72.1]) == ["_relax", "_relax"]
    assert ask([100, 90, 72, 70, 60]) == ["_relax"] * 3
    assert ask([100, 90, 71.9, 71.9, 57.6]) == ["_relax"] * 3
    assert ask([100, 90, 72, 72, 57, 57, 40]) == ["_relax"] * 4
    assert ask([100, 0]) == ["_relax"]
    assert ask([0]) == []
    assert ask([21_000, 21_000, 21_000]) == ["_mix", "_relax"]
    assert ask([20_000, 21_000, 21_000]) == ["_relax", "_relax"]
    assert ask([700_000, 700_001, 700_001]) == ["_mix", "_mix"]
    fixed_time[0] = 1.0
    assert ask([15_000, 15_001, 15_001]) == ["_relax", "_mix"]
    fixed_time[0] = 0.0
    assert ask([100]) == []
    fixed_time[0] = 1.0
    done = search_for(0.0)
    done.take(np.array([0, 2]))
    done.bound = done.value
    monkeypatch.setattr(done, "_relax", lambda: pytest.fail("it is proven"))
    done._price()
