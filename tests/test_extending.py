"""A new model of placement takes one new file and one line: what docs/extending.md says is done."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import boxreach as br
from boxreach.languages import LANGUAGES, words
from boxreach.location import ExpectedCover, MaxCover, max_cover
from boxreach.location.models import Model
from boxreach.placement import aims, planning

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "coverage" / "boxreach"
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")

_COMMAND = "from boxreach.cli import main; main()"
_VERIFY = """
import json, sys
import boxreach as br
found = [br.verify(one, every_row=True) for one in sys.argv[1:]]
print(json.dumps([(one.passed, one.summary()) for one in found]))
"""
_PLAN_IN_PYTHON = """
from itertools import combinations
import numpy as np
import boxreach as br
from boxreach.placement.aims.place_cover import PlaceCover

demo = br.load_demo()
towns = demo.communities[demo.communities["people"].notna()]
network = br.build_network(demo.roads, off_road_km=10)
options = br.travel_times(network, br.candidate_sites(network, towns).iloc[::9], towns, cutoff=40)
plan = br.propose(options, PlaceCover(sites=3, minutes=40))
near = np.zeros(options.ms.shape, dtype=bool)
pairs = options.ms.tocoo()
near[pairs.row, pairs.col] = pairs.data <= 40 * 60_000
weighs = towns["people"].to_numpy(float, na_value=0.0) > 0
best = max(
    int((near[list(three)].any(axis=0) & weighs).sum())
    for three in combinations(range(len(near)), 3)
)
assert plan.status == "optimal", plan.status
assert plan.objective == plan.bound == best > 3, (plan.objective, best)
print(plan)
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """The package as it is, with the new file and the one line; all else are links to it."""
    root = tmp_path_factory.mktemp("extended")
    (root / "data").symlink_to(ROOT / "data")
    folder = root / "src" / "coverage" / "boxreach"
    for inner in (folder, folder / "placement"):
        inner.mkdir(parents=True)
        for one in (PACKAGE / inner.relative_to(folder)).iterdir():
            if one.name not in {"placement", "aims", "__pycache__"}:
                (inner / one.name).symlink_to(one)
    aims = folder / "placement" / "aims"
    shutil.copytree(PACKAGE / "placement" / "aims", aims)
    (made,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    (path,) = re.findall(r"`src/coverage/boxreach/(placement/aims/\w+\.py)`", PAGE)[:1]
    (folder / path).write_text(made, encoding="utf-8")
    (change,) = re.findall(r"^```diff\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    lines = change.splitlines(keepends=True)
    assert [one[0] for one in lines].count("+") == 1
    before, after = ("".join(one[1:] for one in lines if one[0] in kinds) for kinds in (" ", " +"))
    listed = (aims / "__init__.py").read_text(encoding="utf-8")
    assert listed.count(before) == 1
    (aims / "__init__.py").write_text(listed.replace(before, after), encoding="utf-8")
    return folder.parent


@pytest.fixture(scope="module")
def run_extended(extended, tmp_path_factory):
    """Run a script by the extended package; return what it printed, and its exit code."""
    folder = tmp_path_factory.mktemp("elsewhere")

    def run(script, *arguments):
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            capture_output=True, text=True, check=False, cwd=folder,
            env={**os.environ, "PYTHONPATH": str(extended)},
        )  # fmt: skip
        return done.stdout + done.stderr, done.returncode

    return run


@pytest.fixture(scope="module")
def out(_plan_written, run_extended, tmp_path_factory):
    """The outputs of the small plan with the new model, in every language."""
    plan = shutil.copytree(_plan_written, tmp_path_factory.mktemp("new") / "plan") / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    text = text.replace("[propose]\n", '[propose]\nmodel = "place-cover"\n')
    plan.write_text(text.replace('["en"]', '["en", "ar", "ckb", "kmr"]'), encoding="utf-8")
    told, code = run_extended(_COMMAND, "run", plan, "-o", plan.parent / "out", "--no-progress")
    assert code == 0, told
    return plan.parent / "out"


@pytest.mark.slow
def test_the_new_model_is_planned_by_python_and_is_the_best_of_all_choices(run_extended):
    said, code = run_extended(_PLAN_IN_PYTHON)
    assert code == 0, said
    assert re.search(r"optimal: no plan comes to more than \d+ places \(gap 0\.000%\)", said)


@pytest.mark.slow
@pytest.mark.release
def test_the_new_model_is_told_by_summary_and_report_and_recounted_by_verify(
    run_extended, out, tmp_path
):
    """An objective that was altered is named."""
    said = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    found = said["proposal"]
    assert (found["model"], found["status"]) == ("place-cover", "optimal")
    assert found["objective_is"] == "places within the minutes of a site"
    assert 0 < found["objective"] == found["bound"] < 6
    page = (out / "report.html").read_text(encoding="utf-8")
    for language in LANGUAGES:
        said_here = words("report", language)
        assert said_here["came_other_most"].partition("{")[0] in page
        assert said_here["unit_asked"] in page
    found["objective"] += 1
    altered = shutil.copytree(out, tmp_path / "altered")
    (altered / "summary.json").write_text(json.dumps(said), encoding="utf-8")
    told, code = run_extended(_VERIFY, out, altered)
    assert code == 0, told
    (passed, summary), (altered_passed, altered_summary) = json.loads(told)
    assert passed, summary
    assert "could be recounted" not in summary
    assert not altered_passed
    assert re.search(r"summary\.json.*objective", altered_summary)


@pytest.mark.slow
@pytest.mark.browser
def test_the_map_of_the_new_model_says_that_reach_is_not_what_is_sought(out, open_tab):
    page = open_tab(out / "map.html")
    page.wait_for_selector("#plan-figures")
    assert words("map", "en")["seeks_other"] in page.inner_text("#plan-figures")


def test_without_its_file_the_model_is_unknown(plan, refused):
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("[propose]\n", '[propose]\nmodel = "place-cover"\n'), "utf-8")
    said = refused(plan)
    assert "'max-cover', 'set-cover', 'backup-cover'" in said


def test_a_model_made_of_another_is_what_its_own_class_says(monkeypatch):
    """And one of no class that is listed is what it was made of."""

    class Mine(MaxCover):
        pass

    class MineAim(aims.Aim):
        kind, name = Mine, "mine"

    assert aims.aim_of(Mine(sites=1, minutes=5)).name == "max-cover"
    monkeypatch.setattr(aims, "AIMS", (*aims.AIMS, MineAim))
    assert aims.aim_of(Mine(sites=1, minutes=5)).name == "mine"
    assert aims.aim_of(MaxCover(sites=1, minutes=5)).name == "max-cover"


@pytest.mark.parametrize(("busy", "vehicles"), [(0.99, 1), (0.3, 2), (0, 1), (0.999999, 1)])
def test_what_a_further_site_is_worth_falls_and_is_exact(busy, vehicles):
    """In the order of a plan the thirteenth site at a place counts too."""
    worth = aims.aim_of(ExpectedCover(sites=3, minutes=5, busy=busy, vehicles=vehicles)).worth
    count = np.arange(min(len(worth), 40))
    assert worth[: len(count)] == pytest.approx(1 - float(busy) ** (vehicles * count), rel=1e-14)
    assert (np.diff(worth) >= 0).all()
    assert worth[-1] == 1 or len(worth) > 50_000


def test_a_model_of_cover_that_counts_something_else_is_refused(draw_world, monkeypatch):
    """Its curve and phases would go by people where its proof goes by places."""

    @dataclass(frozen=True, kw_only=True)
    class Places(Model):
        sites: int
        minutes: float

    class PlacesAim(aims.Aim):
        kind, name, of_cover = Places, "places", True

        def cover(self, cover, pull, total, limits, /):
            return max_cover(cover, np.ones(len(pull)), sites=total, **limits)

    for module in (aims, planning):
        monkeypatch.setattr(module, "AIMS", (*aims.AIMS, PlacesAim))
    _, network, sites, places = draw_world(3)
    times = br.travel_times(network, sites, places.assign(people=7.0), cutoff=5)
    with pytest.raises(br.InputError, match=r"places comes to \d+, and its worth times the weigh"):
        br.propose(times, Places(sites=1, minutes=5))
    with pytest.raises(br.InputError, match="PCenter or Places"):
        br.propose(times, "places")
