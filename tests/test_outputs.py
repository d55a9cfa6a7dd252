"""What the command line promises of its outputs: whole or not at all, and all that was assumed."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
from pyogrio.errors import FeatureError
from shapely import Point

from boxreach.exports import OUTPUT_FILES

pytestmark = pytest.mark.slow

# --- the output folder ---------------------------------------------------------------------


def test_a_folder_with_other_files_is_refused_and_kept(plan, cli, tmp_path):
    """The inputs' own folder is not a place for outputs."""
    before = {path: path.read_bytes() for path in plan.parent.iterdir()}
    code, _, message = cli("reach", plan, "-o", plan.parent)
    assert code == 2
    assert "-o" in message
    assert {path: path.read_bytes() for path in plan.parent.iterdir()} == before


@pytest.mark.parametrize("below", ["", "out"])
def test_a_file_as_output_folder_is_refused_and_kept(plan, cli, below, no_traceback):
    """Neither a file nor a place below one can be a folder."""
    before = plan.read_bytes()
    code, _, message = cli("reach", plan, "-o", plan / below)
    assert code == 2
    assert "plan.toml" in message
    no_traceback(message)
    assert plan.read_bytes() == before


def test_no_parents_are_left_of_a_run_that_was_refused(plan, cli, tmp_path, edit):
    """Nothing written means no empty folders either."""
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    assert cli("reach", plan, "-o", tmp_path / "new" / "deep" / "out")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_an_interrupted_run_leaves_nothing(plan, cli, tmp_path, monkeypatch):
    """Ctrl-C while the outputs are written: an earlier output stays, no folder beside it."""
    assert cli("reach", plan, "-o", tmp_path / "out")[0] == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("boxreach.cli.outputs.write_report", stop)
    code, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 130
    assert "nothing was written" in message
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert {path.name for path in tmp_path.iterdir()} == {"plan", "out"}


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device", "map.html"),
        FeatureError("failed to execute insert : database or disk is full"),
    ],
    ids=["file", "GeoPackage"],
)
def test_a_full_disk_is_said_in_words(plan, cli, tmp_path, monkeypatch, error):
    """What the system refuses is a message and code 2, and leaves nothing."""

    def fill(*_, **__):
        raise error

    monkeypatch.setattr("boxreach.cli.outputs.write_report", fill)
    code, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 2
    said = r"/out: the disk has no room for the outputs \([\d.,]+ [GM]B free\); make room there, or"
    assert re.search(said, message)
    assert {path.name for path in tmp_path.iterdir()} == {"plan"}


# --- what was assumed ----------------------------------------------------------------------


def test_strict_writes_nothing_where_something_was_assumed(
    plan, refused, cli, tmp_path, write_roads
):
    """A road of an unknown class is a note; under --strict it is a fault."""
    write_roads(plan.parent, road_class=["trunk", "boulevard", "track"])
    code, _, message = cli("reach", plan, "-o", tmp_path / "free")
    assert code == 0
    assert "boulevard" in message
    record = json.loads((tmp_path / "free" / "run.json").read_text("utf-8"))
    assert any("boulevard" in note for note in record["warnings"])
    (code, _, message) = cli("reach", plan, "--strict", "-o", tmp_path / "strict")
    assert code == 2
    assert "boulevard" in message
    assert {path.name for path in tmp_path.iterdir()} == {"plan", "free"}


def test_a_governorate_that_is_no_area_is_a_note(plan, cli, tmp_path):
    """Boxes whose file spells an area in its own way still count in it."""
    boxes = plan.parent / "boxes.csv"
    head, *rows = boxes.read_text("utf-8").splitlines()
    lines = [f"{head},governorate", *(f"{row},Weest" for row in rows)]
    boxes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, _, message = cli("propose", plan, "-o", tmp_path / "out")
    assert code == 0
    assert "'Weest' is no area" in message
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["proposal"]["sites_by_governorate"]["West"] >= 1


def test_a_closure_that_meets_no_road_is_a_note(plan, cli, tmp_path, edit):
    """Closed ground in the desert changes nothing, and is said."""
    closed = gpd.GeoDataFrame({"closure_id": ["c7"]}, geometry=[Point(44.1, 33.3)], crs=4326)
    closed.to_file(plan.parent / "closed.geojson")
    edit(plan, "[network]", 'closures = "closed.geojson"\n[network]')
    code, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 0
    assert "c7" in message
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert any("c7" in note for note in record["warnings"])


def test_bridging_roads_that_have_no_gap_changes_nothing(plan, cli, tmp_path, edit):
    """`bridge_m` on a network that is whole is no fault, and writes no list of bridges."""
    edit(plan, "off_road_km = 10", "off_road_km = 10\nbridge_m = 5000")
    assert cli("reach", plan, "-o", tmp_path / "out")[0] == 0
    assert not (tmp_path / "out" / "bridges.csv").exists()


def test_strict_check_ends_with_code_1_where_something_was_assumed(plan, cli, write_roads):
    """Nothing is wrong, but somebody should look."""
    write_roads(plan.parent, road_class=["trunk", "boulevard", "track"])
    code, said, message = cli("check", plan, "--strict")
    assert code == 1
    assert "boulevard" in message
    assert "nothing is wrong" not in said


def test_strict_lets_a_plan_pass_where_nothing_was_assumed(plan, cli, tmp_path, edit):
    """A faultless plan is not held up."""
    edit(plan.parent / "communities.csv", "33.12,\n", "33.12,60\n")
    assert cli("reach", plan, "--strict", "-o", tmp_path / "out")[0] == 0
    assert (tmp_path / "out" / "map.html").is_file()


# --- hostile text --------------------------------------------------------------------------

HOSTILE = (
    "=cmd|'/C calc'!A0",
    "{{7*7}}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "../../x",
    "nul\x00 bell\x07 esc\x1b[31m",
    "\u202egnp.exe \u2028 [bold]x[/bold] [/]",
)


@pytest.fixture
def hostile_plan(plan, edit, write_roads):
    """Write strangers' names, ids and columns into every table of the plan."""
    folder = plan.parent
    places = [(44.06, 33.11), (44.30, 33.10), (44.44, 33.12), (44.26, 33.22), (44.10, 33.2)]
    with (folder / "communities.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(
            ["community_id", "name", "name_ar", "lon", "lat", "people", "=1+1", "{{7*7}}"]
        )
        texts = [text.replace("\0", "") for text in HOSTILE]  # bytes of zeros are refused
        for number, text in enumerate(texts):
            lon, lat = places[number % 5]
            rows.writerow([text, text, text, lon, lat, 100, text, text])
    with (folder / "boxes.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["site_id", "name", "lon", "lat"])
        for text, (lon, lat) in zip(HOSTILE, places, strict=False):
            rows.writerow([text, text, lon, lat])
    areas = gpd.read_file(folder / "areas.gpkg")
    areas["name"] = ["West", HOSTILE[2] + HOSTILE[1]]
    areas.to_file(folder / "areas.gpkg")
    write_roads(folder, name=list(HOSTILE[:3]), ref=list(HOSTILE[1:4]))
    edit(plan, "[output]", '[output]\ntitle = { en = "{{7*7}}</script>" }')
    return plan


def test_hostile_names_run_through_whole(hostile_plan, cli, tmp_path):
    """Strangers' text reaches every output as text: nothing runs, nothing is cut, code 0."""
    code, _, message = cli("run", hostile_plan, "-o", tmp_path / "out", "--languages", "en,ar,ckb")
    assert code == 0, message
    out = tmp_path / "out"
    assert {path.name for path in tmp_path.iterdir()} == {"plan", "out"}
    with (out / "reach.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * len(HOSTILE)
    for row in rows:
        assert None not in row
        assert not any((value or "").lstrip()[:1] in {"=", "+", "@"} for value in row.values())
        assert not any(name.startswith("=") for name in row)
    for name in ("map.html", "report.html"):
        page = (out / name).read_text("utf-8")
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
        assert page.rstrip().endswith("</html>")
    assert (
        "49" not in re.findall(r"<title>(.*?)</title>", (out / "report.html").read_text("utf-8"))[0]
    )
    for name in ("summary.json", "run.json", "proposals.geojson", "posts.geojson"):
        json.loads((out / name).read_text("utf-8"))


@pytest.mark.parametrize(
    "names",
    [
        ("id", "rank", "covered", "geometry"), ("index", "site_id", "phase", "feature_id"),
        *(pytest.param(one, marks=pytest.mark.release) for one in (
            ("kind", "minutes", "near_km", "people_gained"),
            ("level_0", "governorate", "threshold_minutes", "places"))),
    ],
    ids=" ".join,
)  # fmt: skip
def test_columns_of_the_callers_own_may_have_any_name(plan, cli, tmp_path, names):
    """A table with columns that results also use is run, not met with a traceback."""
    for name in ("communities.csv", "boxes.csv"):
        path = plan.parent / name
        head, *rows = path.read_text("utf-8").splitlines()
        more = [one for one in names if one not in head.split(",")]
        lines = [",".join([head, *more]), *(row + ",West" * len(more) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, _, message = cli("propose", plan, "-o", tmp_path / "out")
    assert code == 0, message
    with (tmp_path / "out" / "reach.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 10


def test_an_area_called_total_is_refused_in_words(plan, refused):
    """The name of the last row is kept for it, and the message says what to do."""
    areas = gpd.read_file(plan.parent / "areas.gpkg").assign(name=["West", "total"])
    areas.to_file(plan.parent / "areas.gpkg")
    assert "rename" in refused(plan)


# --- what a good plan writes ---------------------------------------------------------------


def test_a_run_writes_its_files_and_no_other(plan, cli, tmp_path):
    """All files of the design, in a folder others can read; people add up in every table."""
    code, _, message = cli("run", plan, "-o", tmp_path / "out")
    assert (code, message) == (0, "")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    not_in_plan = {
        "bridges",
        "candidates_dropped",
        "crossings",
        "demand",
        "demand_areas",
        "districts",
        "moves",
        "subdistricts",
    }
    assert names == OUTPUT_FILES - {f"{name}.csv" for name in not_in_plan}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755
    with (tmp_path / "out" / "areas.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            parts = float(row["people_covered"]) + float(row["people_uncovered"])
            assert parts == pytest.approx(float(row["people"]), abs=0.002)
            assert int(row["places_covered"]) + int(row["places_uncovered"]) == int(row["places"])


def test_run_json_holds_every_parameter_and_the_hash_of_every_input(plan, cli, tmp_path):
    """A flag that overrides a key is what stands there."""
    options = ("--set", "reach.minutes=[7]", "--boxes", "2")
    assert cli("propose", plan, "-o", tmp_path / "out", *options)[0] == 0
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["parameters"]["reach.minutes"] == [7]
    assert record["parameters"]["propose.boxes"] == 2
    assert {one["name"] for one in record["inputs"]} == {
        "boxes", "communities", "roads", "population", "areas", "frontier",
    }  # fmt: skip
    assert all(re.fullmatch("[0-9a-f]{64}", one["sha256"]) for one in record["inputs"])
    assert str(tmp_path) not in (tmp_path / "out" / "run.json").read_text("utf-8")


def test_a_plan_of_three_files_is_enough(plan, cli, tmp_path):
    """Areas, people and a frontier are optional; unknown people stay unknown."""
    keep = ("population", "areas", "frontier", "quotas")
    lines = [line for line in plan.read_text("utf-8").splitlines() if not line.startswith(keep)]
    plan.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, _, message = cli("run", plan, "-o", tmp_path / "out")
    assert code == 0, message
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["people"]["total"] == 3950
    assert summary["communities"]["unknown_people"] == 1


@pytest.mark.slow
def test_help_appears_in_half_a_second():
    """Of the processor, best of five, in a process of its own."""
    code = "from boxreach.cli import main; main()"
    source = Path(sys.modules["boxreach"].__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
    seconds = []
    for _ in range(5):
        start = os.times()
        done = subprocess.run(
            [sys.executable, "-c", code, "--help"], env=os.environ | {"PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        end = os.times()
        seconds.append(
            end.children_user + end.children_system - start.children_user - start.children_system
        )
        assert "Plan where police boxes" in done.stdout
        if seconds[-1] < 0.5:
            break
    assert min(seconds) < 0.5


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(5, "Input/output error"), 2),
        (KeyboardInterrupt(), 130),
        pytest.param(MemoryError(), 2, marks=pytest.mark.release),
    ],
)
def test_outputs_that_stand_are_not_said_to_be_missing(
    plan, cli, tmp_path, monkeypatch, error, code
):
    """Whatever fails once they are in their place, and of the next run nothing is said of them."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr("boxreach.cli.terminal.show_summary", fail)
    said, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert said == code
    assert "the outputs are written" in message
    assert (tmp_path / "out" / "run.json").is_file()
    monkeypatch.setattr("boxreach.cli.outputs.write_report", fail)
    _, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert "nothing was written" in message
