"""What boxreach estimate promises: what a run takes, told before it, and nothing written."""

import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.cli.estimate_text import show_estimate
from boxreach.costs import (
    Asked,
    Limits,
    Machine,
    Measured,
    OnDisk,
    Pace,
    PairCost,
    Sampled,
    Sizes,
    WhatIfCost,
    Work,
    estimate,
    load_constants,
    sample_times,
    this_machine,
)
from boxreach.costs import machine as machines
from boxreach.costs.constants import weigh
from boxreach.costs.model import CATCHMENTS, HIRING, options_mb
from boxreach.costs.sampling import choose_rows
from boxreach.costs.trials import Trial, extend_count, extend_memory, extend_rows, try_out
from boxreach.network.sieve import BLOCK_DEGREES
from boxreach.placement import memory
from boxreach.routing.linking import ROWS_AT_ONCE

pytestmark = pytest.mark.usefixtures("paces")

PAIR = PairCost(found_s=1e-7, joined_s=1e-7)
EIGHT = Machine(threads=8, memory_mb=16_000.0)
UNLIMITED = Limits()
DONE = (
    Measured("reading", Work(4.0), 300.0),
    Measured("network", Work(2.0), 400.0),
    Measured("candidates", Work(1.0), 400.0),
)


def sampled(sites, rows, *, pairs=0.1, missed=0.3):
    """Return times between so many sites and rows, each row and site taking as long as others."""
    return Sampled(
        sites=sites,
        rows=rows,
        sampled_rows=min(rows, 1_000),
        sampled_sites=min(sites, 512),
        pairs=pairs * sites * rows,
        links=3.0 * rows,
        straight=0.01 * sites * rows,
        linking=Work(1.0 + 1e-5 * rows, 1e-4 * rows),
        ordering=Work(1e-6 * rows),
        walking=Work(workers_s=0.01 * sites),
        found=PAIR.work(pairs * sites * rows),
        missed=missed,
    )


def sizes(roads=40_000, rows=20_000, communities=500, candidates=300, boxes=10, new_boxes=10):
    """Return the sizes of a plan."""
    return Sizes(
        roads=roads,
        nodes=roads * 2 // 3,
        communities=communities,
        rows=rows,
        boxes=boxes,
        new_boxes=new_boxes,
        candidates=candidates,
        segments=0,
        posts=0,
        languages=1,
        squares=rows // 10,
        base_mb=500.0,
        places=sampled(boxes, communities),
        people=sampled(boxes, rows),
        options=sampled(candidates, rows) if candidates else None,
    )


def told(given=None, *, limits=UNLIMITED, machine=EIGHT, **more):
    return estimate(given or sizes(), DONE, limits, machine, load_constants(), **more)


@pytest.fixture
def asked(cli, tmp_path):
    """Estimate a plan with --json; return the exit code and what was told."""

    def run(plan, *options):
        before = sorted(tmp_path.rglob("*"))
        code, said, _ = cli("estimate", plan, "--json", *options)
        assert sorted(tmp_path.rglob("*")) == before
        return code, json.loads(said)

    return run


def by_name(answer):
    return {one["name"]: one for one in answer["steps"]}


# --- the command ---------------------------------------------------------------------------


def test_a_plan_is_estimated_step_by_step_and_nothing_is_written(plan, cli, tmp_path):
    """Each step has seconds and memory, and it is said how that is known."""
    before = sorted(tmp_path.rglob("*"))
    code, said, noted = cli("estimate", plan)
    assert code == 0, noted
    assert sorted(tmp_path.rglob("*")) == before
    for word in ("reading", "times from candidates", "posts", "report", "in all", "measured",
                 "from a part", "memory:", "disk:", "on this machine"):  # fmt: skip
        assert word in said
    assert "3 roads" in said
    assert "worker" not in said


def test_sums_are_those_of_the_steps(plan, asked):
    """Seconds add up, and memory is that of the largest step."""
    code, answer = asked(plan)
    steps = answer["steps"]
    assert code == 0
    assert answer["cpu_s"] == pytest.approx(sum(one["cpu_s"] for one in steps), abs=0.02)
    assert answer["wall_s"] == pytest.approx(sum(one["wall_s"] for one in steps), abs=0.02)
    assert answer["further_s"] == sum(one["further_s"] for one in steps)
    assert answer["memory_mb"] == max(one["memory_mb"] for one in steps)
    assert answer["fits"]
    assert answer["sizes"]["communities"] == 5
    assert set(answer["constants"]) == {"date", "machine", "command"}


@pytest.mark.slow
def test_limits_of_the_plan_are_the_most_that_is_told(plan, asked):
    """Choosing boxes, drawing the curve and choosing posts end after the plan's own seconds."""
    limits = ("propose.seconds=7", "propose.curve_seconds=5", "posts.seconds=3")
    _, answer = asked(plan, *(word for one in limits for word in ("--set", one)))
    steps = by_name(answer)
    named = ("proposing", "curve", "posts")
    assert [steps[name]["further_s"] for name in named] == [7, 5, 3]
    assert answer["further_s"] == 15


@pytest.mark.slow
def test_workers_are_told_beside_this_machine(plan, cli):
    """Both times stand there, with what is not shared out."""
    code, said, _ = cli("estimate", plan, "--workers", 3)
    assert code == 0
    assert "with 3 workers" in said
    assert "on this machine" in said
    assert "linking, proposing, map and report are not" in said


@pytest.mark.slow
def test_faults_are_told_as_by_check(plan, edit, cli, tmp_path):
    """All at once, before anything is computed, with exit code 2."""
    edit(plan, "off_road_km = 10", "off_road_km = -10")
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    before = sorted(tmp_path.rglob("*"))
    code, said, message = cli("estimate", plan)
    _, _, checked = cli("check", plan)
    assert code == 2
    assert said == ""
    assert message == checked
    for place in ("boxes.csv", "network.off_road_km"):
        assert place in message
    assert sorted(tmp_path.rglob("*")) == before


WHAT_IF = """
[[scenario]]
name = "one less"
lost = ["b1"]
[critical]
[robustness]
draws = 20
speeds = { all = [0.6, 1.0] }
"""


@pytest.fixture
def asks_what_if(plan):
    """The small plan, which asks what would be if."""
    with plan.open("a", encoding="utf-8") as file:
        file.write(WHAT_IF)
    return plan


@pytest.mark.slow
def test_a_what_if_is_told_from_a_part_of_it(asks_what_if, asked):
    """It is a step like others, in all sums, with the times that it asks for of candidates."""
    code, answer = asked(asks_what_if)
    assert code == 0
    step = by_name(answer)["what if"]
    assert step["how"] == "from a part"
    assert step["cpu_s"] > 0.01
    assert step["memory_mb"] > 0
    assert answer["unknown"] == []
    assert answer["sizes"]["what_if_rows"] == answer["sizes"]["rows"]
    assert answer["sizes"]["what_if_pairs"] > 0


def test_what_is_not_estimated_is_named_and_in_no_sum(asks_what_if, asked, monkeypatch):
    """Where no part of a what-if can be asked by itself, how much it takes is not known."""
    monkeypatch.setattr("boxreach.cli.estimating.sample_what_if", lambda *_: None)
    code, answer = asked(asks_what_if)
    assert code == 0
    assert by_name(answer)["what if"]["how"] == "not known"
    assert by_name(answer)["what if"]["cpu_s"] == 0
    assert answer["unknown"] == ["what if"]


def test_people_who_are_counted_at_communities_are_a_step(plan, asked):
    """Cells are searched from once for it, and rows are the communities afterwards."""
    _, plain = asked(plan)
    _, answer = asked(plan, "--set", "people.count_on=communities")
    assert set(by_name(answer)) - set(by_name(plain)) == {CATCHMENTS}
    assert by_name(answer)[CATCHMENTS]["how"] == "from a part"
    assert by_name(answer)[CATCHMENTS]["cpu_s"] > 0
    assert (answer["unknown"], answer["sizes"]["cells"]) == ([], plain["sizes"]["rows"])
    assert answer["sizes"]["rows"] == answer["sizes"]["communities"]


def test_a_plan_without_frontier_has_no_posts(plan, edit, asked):
    """Only what a run would do is told."""
    edit(plan, 'frontier = "frontier.geojson"\n', "")
    _, answer = asked(plan)
    assert "posts" not in by_name(answer)


@pytest.mark.slow
def test_a_machine_with_too_little_memory_is_told(plan, cli, asked, monkeypatch):
    """The exit code is 1, and it is said what the run needs, where, and what to do."""
    monkeypatch.setattr(machines, "find_memory_mb", lambda: 80.0)
    code, said, _ = cli("estimate", plan)
    assert code == 1
    assert "this machine has 80 MB: the run does not fit" in said
    assert "fewer candidates" in said
    code, answer = asked(plan)
    assert code == 1
    assert not answer["fits"]
    assert answer["memory_mb"] > 80


def test_an_extract_that_cannot_be_held_is_not_read(plan, edit, cli, monkeypatch):
    """It is said how much memory that takes at least, before any of it is taken."""
    monkeypatch.setattr("boxreach.cli.estimating.find_memory_mb", lambda: 100.0)
    edit(plan, "roads.geojson", "roads.osm.pbf")
    with (plan.parent / "roads.osm.pbf").open("wb") as file:
        file.truncate(7_000_000_000)  # a hole that takes no room
    code, said, message = cli("estimate", plan)
    assert (code, said) == (1, "")
    assert "roads.osm.pbf: to read it takes at least 56 GB" in message
    code, said, _ = cli("estimate", plan, "--json")
    assert code == 1
    assert json.loads(said) == {"fits": False, "memory_mb": 56_000.0}


# --- a limit of memory ---------------------------------------------------------------------


@pytest.fixture
def large_pairs(monkeypatch):
    """Have a pair take so much that the few of the small plan do not fit into a gigabyte."""
    monkeypatch.setattr(memory, "_BYTES_A_PAIR", 1e9)


@pytest.mark.slow
@pytest.mark.usefixtures("large_pairs")
def test_what_goes_to_the_disk_for_a_limit_is_estimated(plan, cli, asked):
    """Files of times are told beside what is written, and steps behind hold no times."""
    _, plain = asked(plan)
    code, answer = asked(plan, "--memory", "1GB")
    assert code == 0
    assert plain["scratch_mb"] == 0
    assert answer["scratch_mb"] == pytest.approx(15e-6 * answer["sizes"]["pairs"], abs=0.1)
    assert answer["disk_mb"] == pytest.approx(plain["disk_mb"])
    for name, step in by_name(plain).items():
        if step["how"] == "from its size" and name != "proposing":
            told_s = by_name(answer)[name]["cpu_s"]
            assert told_s == pytest.approx(step["cpu_s"], abs=0.5), name
    code, said, _ = cli("estimate", plan, "--memory", "1GB")
    assert code == 0
    assert "more while boxes are proposed" in said
    assert "--memory 1GB: times from candidates go to the disk" in said


@pytest.mark.slow
def test_times_that_keep_to_a_limit_stay_in_memory(plan, cli, asked):
    """It takes what it takes without the option."""
    code, said, _ = cli("estimate", plan, "--memory", "8GB")
    assert code == 0
    assert "--memory 8GB: times from candidates stay in memory" in said
    assert "more while boxes" not in said
    assert asked(plan, "--memory", "8GB")[1]["scratch_mb"] == 0


@pytest.mark.slow
def test_a_limit_that_is_too_low_is_told_with_the_figure(plan, cli, asked):
    """In the words of the run, with the exit code for memory that does not suffice."""
    code, said, message = cli("estimate", plan, "--memory", "100MB")
    assert (code, said) == (1, "")
    assert "this takes 0.71 GB of memory, and 0.1 GB are allowed" in message
    assert "--memory" in message
    code, answer = asked(plan, "--memory", "100MB")
    assert code == 1
    assert not answer["fits"]
    assert 700 <= answer["memory_mb"] < 710
    assert cli("run", plan, "--memory", "710MB", "-o", plan.parent / "out")[0] == 0


@pytest.mark.usefixtures("large_pairs")
def test_a_model_that_needs_all_times_cannot_keep_to_a_limit(plan, edit, cli):
    """Whatever the disk."""
    edit(plan, "[propose]", '[propose]\nmodel = "p-median"')
    code, said, message = cli("estimate", plan, "--memory", "1GB")
    assert (code, said) == (1, "")
    assert "times this takes" in message
    assert "ask for plain cover" in message


@pytest.mark.slow
@pytest.mark.usefixtures("large_pairs")
def test_where_a_run_does_not_fit_it_is_said_whether_a_limit_would_do(
    plan, edit, cli, asked, monkeypatch
):
    """With the limit, and what the run takes then; or that none would do, and why."""
    monkeypatch.setattr(machines, "find_memory_mb", lambda: 80.0)
    code, said, _ = cli("estimate", plan)
    assert code == 1
    assert "GB would not suffice: " in said
    code, answer = asked(plan)
    assert (code, answer["remedy"]["fits"]) == (1, False)
    assert answer["remedy"]["memory_mb"] > 80
    edit(plan, "[propose]", '[propose]\nmodel = "p-median"')
    code, said, _ = cli("estimate", plan)
    assert code == 1
    assert "--memory would not help" in said
    assert asked(plan)[1]["remedy"] is None


@pytest.mark.slow
@pytest.mark.usefixtures("large_pairs")
def test_a_limit_that_would_do_is_named(plan, cli, asked, monkeypatch):
    """And with it, the estimate fits."""
    monkeypatch.setattr(
        "boxreach.costs.model.options_mb", lambda counts, _: 1e6 * bool(counts["pairs"])
    )
    monkeypatch.setattr(machines, "find_memory_mb", lambda: 100_000.0)
    code, said, _ = cli("estimate", plan)
    assert code == 1
    assert "--memory 1.9GB would do: " in said
    code, answer = asked(plan)
    assert (code, answer["remedy"]["limit_gb"], answer["remedy"]["fits"]) == (1, 1.9, True)
    code, answer = asked(plan, "--memory", "1.9GB")
    assert (code, answer["fits"], answer["remedy"]) == (0, True, None)


def keys_of(answer, above=""):
    """Return the keys of an answer, those of objects and of lists of them with a point between."""
    for key, value in answer.items():
        inner = value[0] if isinstance(value, list) and value else value
        if not isinstance(inner, dict) or key in {"steps", "remedy"}:
            yield above + key
        if isinstance(inner, dict):
            yield from keys_of(inner, f"{above}{key}.")


@pytest.mark.usefixtures("large_pairs")
def test_the_page_names_every_key_of_the_answer_and_no_other(plan, asked, monkeypatch):
    """So that a program may be written from it."""
    monkeypatch.setattr(machines, "find_memory_mb", lambda: 80.0)
    _, answer = asked(plan)
    page = (Path(__file__).parents[1] / "docs" / "scaling.md").read_text(encoding="utf-8")
    section = page.split("## As JSON")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    told = [key for row in rows for key in re.findall("`([^`]+)`", row)]
    assert sorted(told) == sorted(keys_of(answer))


# --- the model -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {"roads": 400_000},
        {"rows": 200_000},
        {"communities": 5_000},
        {"candidates": 3_000},
        {"boxes": 100},
        {"new_boxes": 100},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_larger_plan_takes_no_less(more):
    """Of time, of memory in any step, and of disk."""
    small, large = told(), told(sizes(**more))
    assert large.cpu_s > small.cpu_s or "new_boxes" in more
    assert large.disk_mb >= small.disk_mb
    for one, other in zip(small.steps, large.steps, strict=True):
        assert other.work.cpu_s >= one.work.cpu_s * (1 - 1e-9), one.name
        assert other.memory_mb >= one.memory_mb * (1 - 1e-9), one.name


def test_further_workers_shorten_what_is_shared_and_nothing_else():
    """Searching is divided; what is linked, and a step of one process, take as long."""
    one, ten = told(workers=1), told(workers=10)
    for step, other in zip(one.steps, ten.steps, strict=True):
        if step.name == HIRING:
            continue
        shared_s = step.work.workers_s
        saved_s = step.work.wall_s(8, 1) - other.work.wall_s(8, 10)
        assert saved_s == pytest.approx(0.9 * shared_s), step.name
        assert (shared_s > 0) == step.name.startswith("times"), step.name
    assert {one.steps[-1].name, ten.steps[-1].name} == {HIRING}
    assert ten.steps[-1].work.cpu_s > one.steps[-1].work.cpu_s


def test_workers_of_this_machine_hold_memory_of_it():
    """As many as it cannot hold do not fit, however small the run is."""
    one, many = told(workers=1), told(workers=1000)
    each = next(step.memory_mb for step in one.steps if step.name == HIRING)
    assert (one.workers_mb, many.workers_mb) == (each, 1000 * each)
    assert (one.fits, many.fits, many.by_threads().fits) == (True, False, True)
    assert told().workers_mb == 0


@pytest.mark.slow
def test_workers_that_do_not_fit_are_told(plan, cli):
    """With what to do about it; a limit of memory would not help."""
    code, said, _ = cli("estimate", plan, "--workers", 100_000)
    assert code == 1
    assert "the run does not fit with so many workers; take fewer, or some on other" in said
    assert "--memory" not in said


def test_without_workers_it_is_what_threads_take():
    """Of one estimate both can be told."""
    found = told(workers=4).by_threads()
    assert found == told()
    assert HIRING not in {one.name for one in found.steps}


def test_a_slower_machine_takes_longer_where_constants_tell():
    """What was measured there already is not made longer once more."""
    slow = replace(EIGHT, pace=Pace(kernels=3.0, words=2.0))
    for here, there in zip(told().steps, told(machine=slow).steps, strict=True):
        if here.how == "measured":
            assert there == here
        elif here.how == "from its size":
            assert there.work.cpu_s > here.work.cpu_s


def test_more_threads_shorten_the_clock_and_not_the_processor():
    """Seconds of the processor are the same, whoever does them."""
    two, eight = told(machine=replace(EIGHT, threads=2)), told()
    assert eight.wall_s < two.wall_s
    assert eight.cpu_s == two.cpu_s


def test_seconds_of_work_add_up():
    """Work is added and multiplied part by part."""
    work = Work(1.0, 2.0, 4.0)
    assert (work + work * 2.0).cpu_s == 3 * work.cpu_s
    assert work.wall_s(1) == work.cpu_s
    assert work.wall_s(2, workers=4) == 1 + 1 + 1
    assert (work + work * -2.0).at_least_none() == Work()


def test_memory_of_the_options_is_at_least_their_matrix():
    """Twelve bytes a pair."""
    few, many = ({**sizes().counts(), "pairs": pairs} for pairs in (0.0, 1e9))
    constants = load_constants()
    assert options_mb(many, constants) - options_mb(few, constants) >= 12_000 * 0.99


def test_times_on_the_disk_are_held_by_no_step():
    """But for what a search for boxes and its lists take; what comes after takes as long."""
    given = sizes(rows=1_000_000, candidates=5_000)
    kept = OnDisk(4.0, {"proposing": 900.0}, disk_mb=7.5e9)
    plain, stored = told(given), told(given, on_disk=kept)
    assert (plain.scratch_mb, stored.scratch_mb) == (0, 7.5e9)
    constants, counts = load_constants().seconds, given.counts()
    seconds = {one.name: one.work.cpu_s for one in stored.steps}
    known = given.options.linking + given.options.ordering + given.options.walking
    storing_s = weigh(constants["storing"], counts)
    assert seconds["times from candidates"] == pytest.approx(known.cpu_s + storing_s)
    assert seconds["proposing"] >= weigh(constants["placing"], counts) > 0
    for one in plain.steps:
        if one.name not in {"times from candidates", "proposing"}:
            assert seconds[one.name] == one.work.cpu_s, one.name
    for one, other in zip(plain.steps, stored.steps, strict=True):
        early = one.how == "measured" or one.name in {"starting", "times from boxes"}
        assert (one == other) is early, one.name
    held = {one.name: one.memory_mb for one in stored.steps}
    # Tables of a million rows are held all the same.
    few = replace(given, options=replace(given.options, pairs=0.0, links=0.0, straight=0.0))
    tables_mb = weigh(load_constants().memory_mb["options"], few.counts())
    assert 899 < held["proposing"] - given.base_mb - tables_mb < 1_100
    assert held["times from candidates"] - given.base_mb - tables_mb < 200


def test_a_what_if_takes_its_part_and_holds_its_times():
    """Workers share what threads do of it, and pairs that only it asks for are held in it."""
    asked = WhatIfCost(Work(alone_s=50.0, workers_s=100.0), pairs=1e6, memory_mb=1_500.0)
    plain, found = told(), told(replace(sizes(), what_if=asked), workers=4)
    step = next(one for one in found.steps if one.name == "what if")
    assert step.work.cpu_s >= 150
    assert step.work.wall_s(8, 4) <= step.work.cpu_s - 75
    assert step.memory_mb - plain.memory_mb > 1_000
    assert found.cpu_s - plain.cpu_s > 150


def test_rows_that_are_linked_in_turns_keep_no_links():
    """A turn holds the links of its own rows alone; who is linked at once keeps all of them."""
    few, many = sizes(rows=ROWS_AT_ONCE).counts(), sizes(rows=ROWS_AT_ONCE + 1).counts()
    assert few["turn_links"] == few["kept_links"] == few["links"] > 0
    assert few["kept_straight"] == few["straight"] > 0
    assert many["links"] > few["links"]
    assert many["turn_links"] == pytest.approx(many["links"] / 4, rel=0.01)
    assert many["kept_links"] == many["kept_straight"] == 0
    assert many["gap_turn_links"] == many["gap_links"]  # of these there are fewer


def test_a_step_of_which_no_memory_is_known_shows_none(capsys):
    """No figure is shown as nothing."""
    show_estimate(told(limits=Limits(curve_s=5.0), unknown=("what if",)), load_constants())
    said = capsys.readouterr().out
    curve = next(line for line in said.splitlines() if line.lstrip().startswith("curve"))
    assert "?" in curve
    assert "0.0 MB" not in said


def test_sums_that_leave_something_out_say_so_beside_them(capsys):
    """Or what else is asked for would be taken to be in them."""
    show_estimate(told(unknown=("what if",)), load_constants())
    said = capsys.readouterr().out
    whole = next(line for line in said.splitlines() if line.lstrip().startswith("in all"))
    assert whole.rstrip().endswith("without what if")
    assert "in none of these figures: what if; the run takes more than they say" in said
    show_estimate(told(), load_constants())
    assert "without" not in capsys.readouterr().out


def test_a_run_that_does_not_fit_is_known_by_its_largest_step():
    """And memory that is not known is no fault."""
    assert not told(machine=replace(EIGHT, memory_mb=100.0)).fits
    assert told(machine=replace(EIGHT, memory_mb=None)).fits
    assert told(unknown=("what if",)).unknown == ("what if",)


def test_the_constants_are_of_sizes_that_there_are():
    """And none is below zero, so that nothing takes less when there is more of it."""
    constants, known = load_constants(), set(sizes().counts())
    amounts = [*constants.seconds.values(), *constants.memory_mb.values(), constants.disk_mb]
    for one in amounts:
        assert set(one) <= known
        assert min(one.values(), default=0) >= 0
    assert all(0 <= share <= 1 for share in constants.alone.values())
    assert min(constants.pair.found_s, constants.pair.joined_s) >= 0
    assert min(constants.workers.values()) >= 0
    assert constants.kernels_s > 0 < constants.words_s
    assert "benchmarks.scaling" in constants.made["command"]


# --- trials --------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [0, 3, 50])
def test_units_are_told_from_fewer_and_more(units):
    """Each of them takes as long, beside what is done once."""
    trial = Trial(Work(2.0 + 3 * 0.5), Work(2.0 + 9 * 0.5), fewer=3, more=9)
    assert trial.of(units).cpu_s == pytest.approx(2.0 + units * 0.5)


def test_where_all_was_tried_nothing_is_told_beyond():
    """Neither of units nor of rows; and what is not there takes nothing."""
    assert Trial(Work(), Work(4.0), fewer=2, more=2).of(2).cpu_s == 4
    assert extend_rows((5, Work(1.0)), (5, Work(1.5)), 5) == Work(1.5)
    assert extend_count((5, 3.0), (5, 3.0), rows=5, most=10) == 3
    assert try_out(lambda _: pytest.fail("nothing is to be done"), 0, 0).of(0) == Work()


def test_further_rows_take_no_less():
    """A part that took longer by chance does not make the rest take less than nothing."""
    assert extend_rows((100, Work(3.0)), (400, Work(2.0)), 10_000).cpu_s == 2
    assert extend_memory((100, 30.0), (400, 20.0), 10_000) == 20
    assert extend_memory((100, 20.0), (400, 50.0), 1_000) == 110
    assert extend_count((100, 50.0), (400, 40.0), rows=10_000, most=1_000) == 40
    assert extend_count((100, 50.0), (400, 300.0), rows=10_000, most=1_000) == 1_000


# --- the machine ---------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "pace"), [(0.0, 0.05), (1e9, 20.0)])
def test_a_pace_is_bounded(monkeypatch, seconds, pace):
    """A clock that stands or jumps makes no estimate of nothing, or of years."""
    monkeypatch.setattr(machines, "time_kernels", lambda *_: seconds)
    monkeypatch.setattr(machines, "time_words", lambda: seconds)
    assert this_machine(load_constants()).pace == Pace(pace, pace)


def test_the_memory_of_a_container_counts(monkeypatch, tmp_path):
    """It has less than its machine."""
    limit = tmp_path / "memory.max"
    limit.write_text("500000000\n")
    monkeypatch.setattr(machines, "_LIMITS", (limit,))
    assert machines.find_memory_mb() == pytest.approx(500.0)
    limit.write_text("max\n")
    assert machines.find_memory_mb() > 500


# --- a part of the times -------------------------------------------------------------------


@pytest.fixture(scope="module")
def streets():
    """A square of streets of 30 km, sites in it, and many rows, most of them about its middle."""
    random = np.random.default_rng(3)

    def table(xy, letter):
        ids = pd.Index([f"{letter}{row}" for row in range(len(xy))], name="id")
        return gpd.GeoDataFrame(index=ids, geometry=gpd.points_from_xy(*xy.T), crs=4326)

    sites = table(random.uniform((44.0, 33.0), (44.3, 33.3), (30, 2)), "s")
    rows = table(random.normal((44.16, 33.16), 0.06, (9_000, 2)), "d")
    return machines._square(), sites, rows


@pytest.mark.slow
def test_few_rows_are_searched_whole(streets):
    """What is told of them is what there is."""
    network, sites, rows = streets
    some = rows.iloc[:1_500]
    found = sample_times(Asked(network, sites, some, 10, 5), PAIR)
    times = br.travel_times(network, sites, some, cutoff=10)
    assert found.sampled_rows == found.rows == 1_500
    assert found.pairs == pytest.approx(times.ms.nnz)
    assert times.ms.nnz > 1_000
    assert found.missed == pytest.approx((~br.reach(times, minutes=5)["covered"]).mean())


@pytest.mark.slow
def test_many_rows_are_told_from_a_part(streets):
    """Pairs and what is left out come near to the whole."""
    network, sites, rows = streets
    found = sample_times(Asked(network, sites, rows, 10, 5), PAIR)
    times = br.travel_times(network, sites, rows, cutoff=10)
    assert 1_000 < found.sampled_rows < len(rows)
    assert found.links > len(rows)
    assert found.pairs == pytest.approx(times.ms.nnz, rel=0.25)
    assert found.missed == pytest.approx((~br.reach(times, minutes=5)["covered"]).mean(), abs=0.1)


def test_nothing_takes_nothing(streets):
    """Without sites all is left out, and no time is found."""
    network, sites, rows = streets
    found = sample_times(Asked(network, sites.iloc[:0], rows, 10, 5), PAIR)
    assert (found.pairs, found.missed, found.work.cpu_s) == (0, 1, 0)


def test_rows_are_taken_by_whole_squares(streets):
    """Rows of one square share what linking them takes."""
    random = np.random.default_rng(4)
    lon, lat = random.normal(44, 0.4, 20_000), random.normal(33, 0.4, 20_000)
    chosen = choose_rows(lon, lat, 2_000)
    square = np.column_stack([np.floor(lon / BLOCK_DEGREES), np.floor(lat / BLOCK_DEGREES)])
    taken = {*map(tuple, square[chosen])}
    assert len(chosen) == sum(tuple(one) in taken for one in square)
    assert 1_000 < len(chosen) < 4_000
    assert len(choose_rows(lon, lat, 20_000)) == 20_000
