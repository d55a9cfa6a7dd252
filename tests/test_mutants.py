"""Mutants: each is one change, drawn by seed, run in place, and caught where a test sees it."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.mutants import (
    EQUAL,
    draw_sample,
    list_room,
    wilson_interval,
    write_report,
)
from benchmarks.mutants_made import compile_mutant, list_mutants
from benchmarks.mutants_tried import find_function

ROOT = Path(__file__).parents[1]
SOURCE = '''
def most(values, least=0):
    """Return the greatest, which is said."""
    best = least
    for one in values:
        if one < 0:
            raise InputError("below nothing")
        if one > best and not one == 13:
            best = one
    return best
'''


def _run(mutant):
    space = {}
    exec(SOURCE, space)  # the function as it is
    space["most"].__code__ = compile_mutant(mutant, SOURCE, "one.py")
    return space["most"]


def test_every_mutant_is_one_change_and_no_two_are_called_the_same():
    mutants = list_mutants("boxreach.one", SOURCE)
    names = [one.name for one in mutants]
    assert len(set(names)) == len(names)
    assert "one:most: `one > best` to `one >= best`" in names
    assert "one:most: `13` to `14` in `if one > best and (not one == 13):`" in names
    assert not any("below" in one or "Return" in one for one in names)
    assert len({compile_mutant(one, SOURCE, "one.py").co_code for one in mutants}) > 1


@pytest.mark.parametrize(
    ("change", "values", "found"),
    [
        ("`one < 0` to `one <= 0`", [3, 5], 5),
        ("`one > best and (not one == 13)` to `one > best or not one == 13`", [5, 3], 3),
        ("`not one == 13` to `not not one == 13`", [5, 13], 13),
    ],
)
def test_a_mutant_runs_as_it_says(change, values, found):
    (mutant,) = [one for one in list_mutants("one", SOURCE) if one.change == change]
    assert _run(mutant)(values) == found


@pytest.mark.slow
def test_the_rooms_have_mutants_in_their_kernels():
    mutants = list_room("routing")
    assert len(mutants) > 1000
    assert any(one.function == "search_within" for one in mutants)


def test_a_sample_is_that_of_its_seed_and_a_longer_one_begins_with_it():
    mutants = list_room("accessibility")
    sample = draw_sample(mutants, 30, 1)
    assert draw_sample(mutants, 30, 1) == sample
    assert draw_sample(mutants, 30, 2) != sample
    assert draw_sample(mutants, 60, 1)[:30] == sample


def test_functions_are_found_whatever_wraps_them():
    from boxreach.routing.times import TravelTimes

    name = next(
        name for name, one in vars(TravelTimes).items()
        if isinstance(one, property) and one.fget.__module__ == TravelTimes.__module__
    )  # fmt: skip
    found = find_function("boxreach.routing.times", f"TravelTimes.{name}")
    assert found is vars(TravelTimes)[name].fget


def test_intervals_are_wilsons():
    """From his formula by hand, and at the ends, where the simple one has no width."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson_interval(0, 0) == (0, 1)


def test_what_no_test_can_tell_is_named_and_counted_apart(monkeypatch, tmp_path):
    equal = tmp_path / "equal.toml"
    equal.write_text('[[equal]]\nname = "c"\nreason = "sorted anyway"\n', encoding="utf-8")
    monkeypatch.setattr("benchmarks.mutants.EQUAL", equal)
    killers = {"a": "test_a", "b": "time", "c": "", "d": ""}
    tried = [
        {"name": name, "line": 1, "killer": killer, "tests": 2} for name, killer in killers.items()
    ]
    report = write_report("room", 99, tried, survivors=True)
    assert "4 of 99 mutants tried, 2 killed (1 by a test that failed, 1 by time" in report
    assert "1 survived, 1 equal" in report
    assert "killed of those that differ 66.7%" in report
    assert "of all 50.0%" in report
    assert "survived: 1 d [2]" in report
    assert "equal: c: sorted anyway" in report


@pytest.mark.slow
def test_every_equal_mutant_is_one_that_there_is():
    import tomllib

    listed = tomllib.loads(EQUAL.read_text(encoding="utf-8"))["equal"]
    there = {one.name for room in ("routing", "accessibility", "location")
             for one in list_room(room)}  # fmt: skip
    assert [one["name"] for one in listed if one["name"] not in there] == []
    assert all(one["reason"] for one in listed)


@pytest.mark.heavy
def test_the_command_tries_a_sample(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.mutants", "--rooms", "accessibility", "--sample", "3",
         "--folder", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "3 of " in done.stdout
