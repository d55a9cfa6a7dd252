"""What the command line promises: one message, exit code 2, nothing written; and whole outputs.

A tiny plan with three roads, three boxes, five communities, two areas, a grid of people and a
frontier is damaged in one way at a time, and in several at once.
"""

import csv
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio import Affine
from shapely import LineString, Point, box

from boxreach.cli import main
from boxreach.exports import OUTPUT_FILES

PLAN = """\
[inputs]
boxes = "boxes.csv"
communities = "communities.csv"
roads = "roads.geojson"
population = "people.tif"
areas = "areas.gpkg"
frontier = "frontier.geojson"
[network]
off_road_km = 10
[reach]
minutes = [10, 20]
[propose]
boxes = 1
minutes = 20
quotas = [{ governorate = "West", at_least = 1 }]
[posts]
posts = 1
minutes = 15
[output]
languages = ["en"]
"""
BOXES = """\
site_id,name,lon,lat
b1,Alpha,44.05,33.10
b2,Beta,44.45,33.10
b3,Gamma,44.26,33.30
"""
COMMUNITIES = """\
community_id,name,name_ar,lon,lat,people
c1,One,واحد,44.06,33.11,1000
c2,Two,,44.30,33.10,2500
c3,Three,,44.44,33.12,
c4,Four,,44.26,33.22,400
c5,Five,,44.10,33.20,50
"""
TRACEBACK = re.compile(r"Traceback|\.py\b|pydantic|numpy|<class")


@pytest.fixture
def plan(tmp_path):
    """A small plan without a fault, in a folder of its own."""
    folder = tmp_path / "plan"
    folder.mkdir()
    for name, text in (("plan.toml", PLAN), ("boxes.csv", BOXES), ("communities.csv", COMMUNITIES)):
        (folder / name).write_text(text, encoding="utf-8")
    write_roads(folder)
    halves = [box(43.9, 33, 44.25, 33.5), box(44.25, 33, 44.6, 33.5)]
    areas = gpd.GeoDataFrame(
        {"area_id": ["w", "e"], "name": ["West", "East"]}, geometry=halves, crs=4326
    )
    areas.to_file(folder / "areas.gpkg")
    line = gpd.GeoDataFrame(geometry=[LineString([(43.95, 33.3), (43.95, 33.05)])], crs=4326)
    line.to_file(folder / "frontier.geojson")
    write_people(folder)
    return folder / "plan.toml"


def write_roads(folder, **columns):
    lines = [
        [(44.0, 33.1), (44.25, 33.1)],
        [(44.25, 33.1), (44.5, 33.1)],
        [(44.25, 33.1), (44.25, 33.35)],
    ]
    columns = {"road_id": ["r1", "r2", "r3"], "road_class": ["trunk", "primary", "track"]} | columns
    frame = gpd.GeoDataFrame(columns, geometry=[LineString(one) for one in lines], crs=4326)
    frame.to_file(folder / "roads.geojson")


def write_people(folder, cell=1200, crs="EPSG:4326"):
    counts = np.zeros((5, 7), dtype="float32")
    counts[3, 1], counts[3, 4], counts[1, 3] = cell, 2600, 333.5
    profile = {
        "driver": "GTiff",
        "height": 5,
        "width": 7,
        "count": 1,
        "dtype": "float32",
        "nodata": -1,
    }
    transform = Affine(0.1, 0, 43.95, 0, -0.1, 33.45)
    with rasterio.open(folder / "people.tif", "w", crs=crs, transform=transform, **profile) as grid:
        grid.write(counts, 1)


@pytest.fixture
def cli(monkeypatch, capsys):
    """Run a command in this process; return exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["boxreach", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def refused(cli, tmp_path):
    """Run a plan that must be refused; return its one message.

    An earlier output stands in the way both times: it must stay as it is.
    """

    def run(plan, *options, command="run"):
        out = tmp_path / "out"
        out.mkdir()
        (out / "summary.json").write_text("earlier")
        before = sorted(tmp_path.rglob("*"))
        code, said, message = cli(command, plan, "-o", out, *options)
        assert code == 2, message
        assert said == ""
        assert sorted(tmp_path.rglob("*")) == before
        assert (out / "summary.json").read_bytes() == b"earlier"
        assert message.startswith("boxreach: ")
        assert not TRACEBACK.search(message.replace(str(tmp_path), ""))
        return message

    return run


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- one fault at a time -------------------------------------------------------------------

ONE_FAULT = {
    "missing file": ("plan.toml", '"boxes.csv"', '"gone.csv"', ["gone.csv", "no such file"]),
    "missing column": ("boxes.csv", "lat", "latt", ["boxes.csv, row 1, column lat", "latt"]),
    "doubled column": (
        "boxes.csv", "name,lon", "lon,lon", ["boxes.csv, row 1, column lon", "twice"],
    ),
    "longitude out of range": ("boxes.csv", "44.05", "444.05", ["boxes.csv, row 2, column lon"]),
    "latitude out of range": (
        "communities.csv", "33.12", "95.12", ["communities.csv, row 4, column lat"],
    ),
    "swapped, out of range": ("boxes.csv", "44.05,33.10", "33.10,144.05", ["row 2", "swapped"]),
    "swapped, in range": (
        "communities.csv", "44.44,33.12", "33.12,44.44", ["communities.csv, row 4", "swapped"],
    ),
    "negative people": ("communities.csv", "2500", "-2500", ["row 3, column people", "-2500"]),
    "thousands mark": ("communities.csv", "2500", '"2,500"', ["row 3, column people", "2,500"]),
    "Arabic-Indic digits": ("communities.csv", "2500", "٢٥٠٠", ["row 3, column people", "٢٥٠٠"]),
    "unit": ("communities.csv", "2500", "12 km", ["row 3, column people", "12 km"]),
    "infinity": ("communities.csv", "2500", "inf", ["row 3, column people"]),
    "duplicate id": ("communities.csv", "c4,", "c1,", ["row 5, column community_id", "row 2"]),
    "blank id": ("boxes.csv", "b3,", ",", ["boxes.csv, row 4, column site_id", "blank"]),
    "ragged row": ("boxes.csv", "b2,Beta", "b2,Be,ta", ["boxes.csv, row 3"]),
    "unclosed quote": ("boxes.csv", "Beta", '"Beta', ["boxes.csv", "quote"]),
    "unknown key": ("plan.toml", "off_road_km", "offroad_km", ["row 9", "mean off_road_km?"]),
    "wrong type": ("plan.toml", "boxes = 1", 'boxes = "one"', ["row 13", "propose.boxes"]),
    "out of range": ("plan.toml", "minutes = 15", "minutes = -15", ["row 18", "posts.minutes"]),
    "unknown language": ("plan.toml", '["en"]', '["english"]', ["row 20", "output.languages"]),
    "no TOML": ("plan.toml", "[reach]", "[reach", ["plan.toml", "TOML", "line 10"]),
    "bad quota": ("plan.toml", "at_least = 1", "at_least = 'x'", ["row 15", "propose.quotas"]),
    "unknown quota area": ("plan.toml", '"West"', '"Wesst"', ["Wesst"]),
    "unknown layer": (
        "plan.toml", '"areas.gpkg"', '{ file = "areas.gpkg", layer = "x" }', ["areas.gpkg", "'x'"],
    ),
    "broken GeoJSON": ("roads.geojson", '"features"', '"features', ["roads.geojson"]),
    "unknown road class": (
        "plan.toml", "off_road_km = 10", "speeds_kmh = { trnk = 5 }",
        ["plan.toml", "row 9", "trunk"],
    ),
    "phases that fall": ("plan.toml", "boxes = 1", "boxes = 1\nphases = [4, 3]", ["phases"]),
    "cut below the plan": ("plan.toml", "minutes = [10, 20]", "minutes = []", ["reach.minutes"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", ONE_FAULT)
def test_one_fault_is_one_message_and_nothing_is_written(plan, refused, fault):
    """File, row and column are named, the exit code is 2, and an earlier output stays."""
    name, old, new, said = ONE_FAULT[fault]
    edit(plan.parent / name, old, new)
    message = refused(plan)
    assert [part for part in said if part not in message] == []


BROKEN_FILES = {
    "empty": ("boxes.csv", b""),
    "header only": ("boxes.csv", b"site_id,lon,lat\n"),
    "web page": ("boxes.csv", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"),
    "UTF-16": ("communities.csv", COMMUNITIES.encode("utf-16")),
    "no GeoPackage": ("areas.gpkg", b"SQLite format 3\x00 and then nothing"),
    "no GeoTIFF": ("people.tif", b"II*\x00\x08\x00\x00\x00 and then nothing"),
    "no grid": ("people.tif", b""),
    "points as frontier": (
        "frontier.geojson",
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        b'"geometry":{"type":"Point","coordinates":[44,33]}}]}',
    ),
    "no frontier": ("frontier.geojson", b'{"type":"FeatureCollection","features":[]}'),
}


@pytest.mark.parametrize("fault", BROKEN_FILES)
def test_a_broken_file_is_one_message_and_nothing_is_written(plan, refused, fault):
    """Whatever stands in a file, its name stands in the message."""
    name, content = BROKEN_FILES[fault]
    (plan.parent / name).write_bytes(content)
    assert name in refused(plan)


def test_polygons_for_boxes_are_refused(plan, refused):
    """The kind of geometry that is wanted is said."""
    frame = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[box(44, 33, 44.1, 33.1)], crs=4326)
    frame.to_file(plan.parent / "boxes.gpkg")
    edit(plan, "boxes.csv", "boxes.gpkg")
    assert "boxes.gpkg, row 1, column geometry: it is a Polygon; give a Point" in refused(plan)


def test_several_layers_and_none_named_are_refused(plan, refused):
    """The layers are listed."""
    for layer in ("old", "new"):
        frame = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[Point(44.1, 33.1)], crs=4326)
        frame.to_file(plan.parent / "boxes.gpkg", layer=layer)
    edit(plan, "boxes.csv", "boxes.gpkg")
    assert "2 layers (old, new); name one as layer" in refused(plan)


@pytest.mark.parametrize(("options", "said"), [({"cell": -5}, "-5"), ({"crs": None}, "coordinate")])
def test_a_bad_grid_of_people_is_refused(plan, refused, options, said):
    """Negative counts and a grid that lies nowhere are told by the grid's name."""
    write_people(plan.parent, **options)
    message = refused(plan)
    assert "people.tif" in message
    assert said in message


@pytest.mark.parametrize("name", ["roads", "frontier", "areas"])
def test_a_whole_layer_with_swapped_coordinates_is_told(plan, refused, name):
    """Roads, a frontier or areas off by a swap are a fault, not a plan that reaches nobody."""
    path = next(plan.parent.glob(f"{name}.g*"))
    frame = gpd.read_file(path)
    swapped = frame.geometry.affine_transform([0, 1, 1, 0, 0, 0])
    path.unlink()
    frame.set_geometry(swapped).to_file(path)
    message = refused(plan)
    assert path.name in message
    assert "swapped" in message


SETTINGS = [
    "nonsense", "=5", "reach.minuts=[5]", "reach.minutes=soon", "reach=5", "a.b.c.d=1",
    "propose.quotas.x=1", "reach.minutes=[", "propose.boxes=-1", "output.languages=fr", "..=1",
]  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_nonsense_setting_is_refused(plan, cli, tmp_path, setting):
    """--set is checked like the plan: exit code 2, words and no folder."""
    before = sorted(tmp_path.rglob("*"))
    code, _, message = cli("reach", plan, "-o", tmp_path / "out", "--set", setting)
    assert code == 2
    assert message
    assert not TRACEBACK.search(message.replace(str(tmp_path), ""))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "none.toml"], ["rnu", "x"], ["run", "p", "--boxes", "many"], ["--nope"]],
)
def test_a_command_badly_written_ends_with_code_2(cli, tmp_path, monkeypatch, arguments):
    """Nothing is written into the folder one stands in."""
    monkeypatch.chdir(tmp_path)
    code, _, message = cli(*arguments)
    assert code == 2
    assert message
    assert list(tmp_path.iterdir()) == []


def test_roads_without_any_length_are_refused(plan, refused):
    """Roads that are all points in truth are a fault of the road file."""
    here = LineString([(44.1, 33.1), (44.1, 33.1)])
    frame = gpd.GeoDataFrame({"road_id": ["r"]}, geometry=[here], crs=4326)
    frame.to_file(plan.parent / "roads.geojson")
    assert "roads.geojson" in refused(plan)


# --- several at once -----------------------------------------------------------------------


def test_the_faults_of_all_files_stand_in_one_message(plan, refused):
    """Two tables, a grid, a layer and a missing file: one round of mending is enough."""
    folder = plan.parent
    edit(folder / "boxes.csv", "44.05", "444.05")
    edit(folder / "boxes.csv", "33.30", "north")
    edit(folder / "communities.csv", "2500", "-2500")
    edit(folder / "communities.csv", "c5", "c4")
    write_people(folder, cell=-7)
    write_roads(folder, speed_kmh=[50, -3, 60])
    edit(plan, '"frontier.geojson"', '"gone.geojson"')
    message = refused(plan)
    assert [
        place
        for place in (
            "boxes.csv, row 2, column lon", "boxes.csv, row 4, column lat",
            "communities.csv, row 3, column people", "communities.csv, row 6, column community_id",
            "people.tif, row 3, column cell 1", "roads.geojson, row 2, column speed_kmh",
            "gone.geojson",
        )
        if place not in message
    ] == []  # fmt: skip
    assert message.startswith("boxreach: 7 faults:")


def test_check_tells_the_same_faults_and_writes_nothing(plan, cli, tmp_path):
    """check says all that run would say."""
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    edit(plan.parent / "communities.csv", "2500", "-2500")
    before = sorted(tmp_path.rglob("*"))
    code, said, message = cli("check", plan)
    assert code == 2
    assert said == ""
    assert "boxes.csv, row 2" in message
    assert "communities.csv, row 3" in message
    assert sorted(tmp_path.rglob("*")) == before


def test_check_of_a_good_plan_says_so(plan, cli, tmp_path):
    """Every input is listed with its rows; nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    code, said, _ = cli("check", plan)
    assert code == 0
    assert "communities: communities.csv, 5 rows" in said
    assert "nothing is wrong" in said
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [('"West"', '"Wesst"'), ("boxes = 1", "boxes = 1\nphases = [4, 3]")],
)
def test_check_finds_what_a_run_would_refuse(plan, cli, tmp_path, old, new):
    """A plan on which run ends with a fault is not called faultless by check."""
    edit(plan, old, new)
    assert cli("run", plan, "-o", tmp_path / "out")[0] == 2
    code, said, _ = cli("check", plan)
    assert code == 2
    assert "nothing is wrong" not in said


# --- the output folder ---------------------------------------------------------------------


def test_a_folder_with_other_files_is_refused_and_kept(plan, cli, tmp_path):
    """The inputs' own folder is not a place for outputs."""
    before = {path: path.read_bytes() for path in plan.parent.iterdir()}
    code, _, message = cli("reach", plan, "-o", plan.parent)
    assert code == 2
    assert "-o" in message
    assert {path: path.read_bytes() for path in plan.parent.iterdir()} == before


@pytest.mark.parametrize("below", ["", "out"])
def test_a_file_as_output_folder_is_refused_and_kept(plan, cli, below):
    """Neither a file nor a place below one can be a folder."""
    before = plan.read_bytes()
    code, _, message = cli("reach", plan, "-o", plan / below)
    assert code == 2
    assert "plan.toml" in message
    assert not TRACEBACK.search(message)
    assert plan.read_bytes() == before


def test_no_parents_are_left_of_a_run_that_was_refused(plan, cli, tmp_path):
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


def test_a_full_disk_is_said_in_words(plan, cli, tmp_path, monkeypatch):
    """What the system refuses is a message and code 2, and leaves nothing."""

    def fill(*_, **__):
        raise OSError(28, "No space left on device", "map.html")

    monkeypatch.setattr("boxreach.cli.outputs.write_report", fill)
    code, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 2
    assert "No space left" in message
    assert {path.name for path in tmp_path.iterdir()} == {"plan"}


# --- what was assumed ----------------------------------------------------------------------


def test_strict_writes_nothing_where_something_was_assumed(plan, refused, cli, tmp_path):
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


def test_a_closure_that_meets_no_road_is_a_note(plan, cli, tmp_path):
    """Closed ground in the desert changes nothing, and is said."""
    closed = gpd.GeoDataFrame({"closure_id": ["c7"]}, geometry=[Point(44.1, 33.3)], crs=4326)
    closed.to_file(plan.parent / "closed.geojson")
    edit(plan, "[network]", 'closures = "closed.geojson"\n[network]')
    code, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 0
    assert "c7" in message
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert any("c7" in note for note in record["warnings"])


def test_bridging_roads_that_have_no_gap_changes_nothing(plan, cli, tmp_path):
    """bridge_m on a network that is whole is no fault, and writes no list of bridges."""
    edit(plan, "off_road_km = 10", "off_road_km = 10\nbridge_m = 5000")
    assert cli("reach", plan, "-o", tmp_path / "out")[0] == 0
    assert not (tmp_path / "out" / "bridges.csv").exists()


def test_strict_check_ends_with_code_2_where_something_was_assumed(plan, cli):
    """The exit code of a refusal is one and the same."""
    write_roads(plan.parent, road_class=["trunk", "boulevard", "track"])
    code, said, message = cli("check", plan, "--strict")
    assert code == 2
    assert "boulevard" in message
    assert "nothing is wrong" not in said


def test_strict_lets_a_plan_pass_where_nothing_was_assumed(plan, cli, tmp_path):
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


def hostile_plan(plan):
    """Write strangers' names, ids and columns into every table of the plan."""
    folder = plan.parent
    places = [(44.06, 33.11), (44.30, 33.10), (44.44, 33.12), (44.26, 33.22), (44.10, 33.2)]
    with (folder / "communities.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(
            ["community_id", "name", "name_ar", "lon", "lat", "people", "=1+1", "{{7*7}}"]
        )
        for number, text in enumerate(HOSTILE):
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


def test_hostile_names_run_through_whole(plan, cli, tmp_path):
    """Strangers' text reaches every output as text: nothing runs, nothing is cut, code 0."""
    hostile_plan(plan)
    code, _, message = cli("run", plan, "-o", tmp_path / "out", "--languages", "en,ar,ckb")
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
    "extra",
    ["id", "kind", "index", "level_0", "rank", "minutes", "site_id", "covered", "near_km", "phase",
     "governorate", "threshold_minutes", "geometry", "people_gained", "feature_id", "places"],
)  # fmt: skip
def test_a_column_of_the_callers_own_may_have_any_name(plan, cli, tmp_path, extra):
    """A table with a column that results also use is run, not met with a traceback."""
    for name in ("communities.csv", "boxes.csv"):
        path = plan.parent / name
        if extra in path.read_text("utf-8").split("\n")[0].split(","):
            continue
        head, *rows = path.read_text("utf-8").splitlines()
        lines = [f"{head},{extra}", *(f"{row},West" for row in rows)]
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


def run_apart(plan, out, seed):
    """Start the whole command in a process of its own, warnings as errors."""
    code = "import sys; from boxreach.cli import main; main()"
    source = Path(sys.modules["boxreach"].__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, "run", str(plan), "-o", str(out)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_runs_are_byte_identical(plan, tmp_path):
    """Hash seeds, temporary names and the clock leave no trace in any file."""
    runs = [run_apart(plan, tmp_path / name, seed) for name, seed in (("one", "1"), ("two", "77"))]
    for process in runs:
        _, message = process.communicate(timeout=120)
        assert process.returncode == 0, message
        assert message == ""
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert set(one) == set(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_a_run_writes_its_files_and_no_other(plan, cli, tmp_path):
    """All files of the design, in a folder others can read; people add up in every table."""
    assert cli("run", plan, "-o", tmp_path / "out")[0] == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == OUTPUT_FILES - {"bridges.csv"}
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
    lines = [line for line in PLAN.splitlines() if not line.startswith(keep)]
    plan.write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, _, message = cli("run", plan, "-o", tmp_path / "out")
    assert code == 0, message
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["people"]["total"] == 3950
    assert summary["communities"]["unknown_people"] == 1


@pytest.mark.slow
def test_help_appears_in_half_a_second():
    """Best of five, in a process of its own."""
    code = "from boxreach.cli import main; main()"
    source = Path(sys.modules["boxreach"].__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code, "--help"], env=os.environ | {"PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        seconds.append(time.perf_counter() - start)
        assert "Plan where police boxes" in done.stdout
    assert min(seconds) < 0.5
