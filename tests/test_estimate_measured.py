"""Runs that are measured beside their estimate: the plans, the watch, the fit and the tables."""

import time
from collections import Counter
from dataclasses import asdict
from itertools import pairwise

import pytest

import boxreach as br
from benchmarks import watches
from benchmarks.continent import AFRICA, Rates
from benchmarks.continent import tabulate as tabulate_continent
from benchmarks.countries import make_country
from benchmarks.jobs import run_job
from benchmarks.scaling import CASES, is_whole, main
from benchmarks.scaling_fit import fit_constants
from benchmarks.scaling_land import find_chains, lay_out, write_extract
from benchmarks.scaling_ours import foresee
from benchmarks.scaling_table import WITHIN, ratios, tabulate, tabulate_steps
from benchmarks.scaling_told import tell
from benchmarks.watches import Watch
from boxreach.costs import Constants, load_constants

pytestmark = pytest.mark.slow

SMALL = {
    "nodes": 3_000, "demand": 2_000, "communities": 40, "boxes": 3, "new_boxes": 3, "seconds": 5,
    "seed": 1,
}  # fmt: skip
PACE = {"kernels_s": 0.1, "words_s": 0.1}
MADE = {"date": "2026-11-27", "cpu": "a machine", "command": "python -m benchmarks.scaling --fit"}


@pytest.fixture(scope="module")
def country():
    return make_country(3_000, 1)


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """A small plan, estimated and run."""
    folder = tmp_path_factory.mktemp("small")
    lay_out(folder, SMALL)
    measured = run_job("scaling_ours.measure", folder, SMALL, most_s=300)
    assert "failed" not in measured
    return {"foresee": foresee(folder, SMALL), "measure": measured}


def told(figures, **measured):
    """Return figures with their estimate by the shipped constants, some of the run replaced."""
    run = figures["measure"] | measured
    return {"foresee": tell(figures["foresee"], load_constants()), "measure": run}


def test_every_edge_of_a_country_is_on_one_way(country):
    """Ways join edges of one kind between forks, and lose and double none."""
    on_ways = Counter(
        tuple(sorted(two)) for _, nodes in find_chains(country) for two in pairwise(nodes)
    )
    edges = Counter(
        tuple(sorted(two)) for two in zip(country.tail.tolist(), country.head.tolist(), strict=True)
    )
    assert on_ways == edges
    assert len(find_chains(country)) < 0.8 * len(country.tail)


def test_an_extract_of_a_country_is_as_long_as_the_country(country, tmp_path):
    """What is read is what was made, one-way streets included."""
    write_extract(tmp_path / "roads.osm.pbf", country)
    roads = br.read_roads(tmp_path / "roads.osm.pbf")
    km = roads.to_crs(32638).length.sum() / 1000
    assert km == pytest.approx(country.length_m.sum() / 1000, rel=0.01)
    oneway = (country.backward_ms < 0) | (country.forward_ms < 0)
    share = country.length_m[oneway].sum() / country.length_m.sum()
    drawn = roads.to_crs(32638).length[roads["oneway"] != ""].sum() / 1000 / km
    assert drawn == pytest.approx(share, abs=0.01)


def test_a_watch_counts_each_step_once(monkeypatch):
    """What is called inside another step is not counted there, and functions come back."""
    for name, seconds in (("_outer", 0.05), ("_inner", 0.1)):

        def work(seconds=seconds, more=name == "_outer"):
            end = time.process_time() + seconds
            while time.process_time() < end:
                pass
            if more:
                watches._inner()

        monkeypatch.setattr(watches, name, work, raising=False)
    monkeypatch.setattr(watches, "_take_peak_mb", lambda: 0.0)  # it is forgotten when it is asked
    before = watches._outer
    watch = Watch()
    places = {"benchmarks.watches._outer": "outer", "benchmarks.watches._inner": "{caller}: {call}"}
    with watch.over(places, {"benchmarks.watches._inner": lambda found: found is None}):
        watches._outer()
        watches._outer()
    assert watches._outer is before
    assert watch.steps["outer"].calls == 2
    assert watch.steps["outer"].cpu_s == pytest.approx(0.1, abs=0.03)
    assert [watch.steps[f"outer: {call}"].cpu_s for call in (1, 2)] == pytest.approx(
        [0.1, 0.1], abs=0.03
    )
    assert watch.kept == {"outer: 1": [True], "outer: 2": [True]}


@pytest.mark.release
def test_a_run_is_watched_from_beginning_to_end(figures):
    """Steps add up to all that the process took, and each of the estimate is among them."""
    found = figures["measure"]
    assert sum(one["cpu_s"] for one in found["steps"].values()) == pytest.approx(found["cpu_s"])
    assert found["disk_mb"] * 1e6 == sum(found["files"].values())
    table = tabulate_steps(told(figures))
    for step in ("reading", "times from candidates", "gaps", "evidence"):
        assert step in table
    assert table.count("\n") == 1 + len(figures["foresee"]["found"]["steps"])


@pytest.mark.release
def test_an_estimate_that_is_told_again_is_the_same(figures):
    """Constants can be fitted without doing its part of the work once more."""
    again, found = tell(figures["foresee"], load_constants()), figures["foresee"]["found"]
    assert [one["name"] for one in again["steps"]] == [one["name"] for one in found["steps"]]
    wanted = sum(sum(one["work"].values()) for one in found["steps"])
    assert again["cpu_s"] == pytest.approx(wanted, rel=0.01)


@pytest.mark.release
def test_constants_are_those_that_the_runs_were_made_by(figures):
    """Two runs in which a road and a row take what they take give these back."""
    cases = []
    for roads, rows in ((10_000, 5_000), (200_000, 9_000), (70_000, 60_000)):
        one = told(figures)
        sizes = one["foresee"]["sizes"] | {"roads": roads, "rows": rows}
        steps = one["measure"]["steps"]
        steps = steps | {
            "map": steps["map"] | {"cpu_s": 0.5 + 1e-5 * roads},
            "tables": steps["tables"] | {"cpu_s": 0.1 + 2e-6 * rows},
        }
        one["measure"] = one["measure"] | {"steps": steps}
        one["foresee"] = one["foresee"] | {"sizes": sizes, "workers": 2}
        cases.append(one)
    found = Constants.read(fit_constants(cases, cases[0], PACE, MADE, load_constants()))
    assert found.seconds["map"] == pytest.approx({"once": 0.5, "roads": 1e-5}, rel=0.01)
    assert found.seconds["tables"] == pytest.approx({"once": 0.1, "rows": 2e-6}, rel=0.01)
    assert found.kernels_s == found.words_s == 0.1
    assert found.made["machine"] == "a machine"
    assert found.memory_mb["options"]["pairs"] >= 1.2e-5


@pytest.mark.release
def test_constants_of_which_no_run_tells_stay_as_they_were(figures):
    """What a plan does not ask, and workers where none were measured."""
    known = load_constants()
    found = Constants.read(fit_constants([told(figures)], {}, PACE, MADE, known))
    assert found.workers == known.workers
    for step in ("what if", "storing", "placing"):
        assert found.seconds[step] == known.seconds[step]
    assert found.memory_mb["what if"] == known.memory_mb["what if"]
    with pytest.raises(SystemExit, match="none was estimated and run"):
        fit_constants([], {}, PACE, MADE, known)


def test_plans_go_from_small_to_large_and_some_tell_of_each_step():
    """What is cut off is the largest, and what is fitted is held against what is not."""
    cells = [one.demand for one in CASES if not one.demo]
    assert max(cells[:4]) <= 100_000 < min(cells[-2:])
    assert CASES[-1].name == "3M, 1M"
    for asks in (lambda one: "what if" in one.more, lambda one: one.memory):
        assert {one.fitted for one in CASES if asks(one)} == {True, False}
    assert not CASES[-1].fitted


def test_only_a_plan_that_was_estimated_and_run_is_fitted():
    """One that failed, or was cut off, is left out."""
    done, failed = {"measure": {}, "foresee": {}}, {"failed": "memory ran out"}
    assert is_whole(done)
    assert not any(map(is_whole, ({}, {"foresee": {}}, done | {"measure": failed})))


def test_no_plan_is_begun_after_the_minutes(monkeypatch, tmp_path, capsys):
    """What was not measured is said to be so."""
    monkeypatch.setattr("benchmarks.scaling.run_job", lambda *_, **__: pytest.fail("it was begun"))
    monkeypatch.setattr("sys.argv", ["scaling", "--minutes", "0", "--folder", str(tmp_path)])
    main()
    said = capsys.readouterr().out
    assert said.count("not measured") == len(CASES)


@pytest.mark.release
def test_the_table_says_where_an_estimate_is_off(figures):
    """More than thirty in a hundred too much or too little stand out."""
    settings = asdict(CASES[0])
    good = told(figures)
    off = told(figures, most_mb=figures["measure"]["most_mb"] * 30)
    assert ratios(good)["memory_mb"] == pytest.approx(30 * ratios(off)["memory_mb"])
    line = tabulate([(settings, off)]).splitlines()[-1]
    assert f"(**{ratios(off)['memory_mb']:.2f}**)" in line
    failed = tabulate([(settings, {"measure": {"failed": "memory ran out"}})])
    assert "memory ran out" in failed.splitlines()[-1]


def test_larger_tiles_of_a_continent_take_less_time_and_more_memory():
    """Less is read twice, and more is held at once."""
    rates = Rates(2e-5, 5e-4, 1e-7, 4e-7, 450.0, 1e-3)
    rows = [line.split("|") for line in tabulate_continent(AFRICA, rates).splitlines()[2:]]
    memory = [float(row[4].split()[0]) for row in rows]
    processor = [float(row[5].split()[0]) for row in rows]
    assert memory == sorted(memory)
    assert processor == sorted(processor, reverse=True)
    for row in rows:
        clock = [float(cell.split()[0]) for cell in row[7:-1]]
        assert clock == sorted(clock, reverse=True)
        assert clock[0] == float(row[5].split()[0])


@pytest.mark.heavy
def test_a_run_of_medium_size_takes_what_was_estimated(tmp_path):
    """Within thirty in a hundred: seconds of the processor, memory and disk."""
    settings = SMALL | {"nodes": 200_000, "demand": 40_000, "communities": 800, "boxes": 10}
    settings |= {"new_boxes": 10, "seed": 11}
    lay_out(tmp_path, settings)
    found = {
        job: run_job(f"scaling_ours.{job}", tmp_path, settings, most_s=1800)
        for job in ("foresee", "measure")
    }
    by = ratios(told(found))
    assert all(1 - WITHIN <= one <= 1 + WITHIN for one in by.values()), by
