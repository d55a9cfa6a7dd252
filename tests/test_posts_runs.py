"""Posts as a plan asks for them, run end to end on a small line, and verified."""

import hashlib
import json
import shutil
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio import Affine
from shapely import LineString, Point, box

import boxreach as br
from boxreach.cli import commands
from boxreach.exports import OUTPUT_FILES
from boxreach.verification.evidence import EVIDENCE, load_evidence

pytestmark = pytest.mark.slow

_PLAN = """\
[inputs]
boxes = "boxes.csv"
communities = "communities.csv"
roads = "roads.geojson"
areas = "areas.gpkg"
crossings = "crossings.geojson"
posts = "posts.csv"
buildings = "buildings.geojson"
risk = "risk.geojson"
rivers = "rivers.geojson"
terrain = "heights.tif"
[inputs.frontier]
file = "frontier.geojson"
stated_km = 27.7
[network]
off_road_km = 5
rivers_block = false
[reach]
minutes = [20]
[propose]
boxes = 1
minutes = 20
[posts]
posts = 4
minutes = 10
phases = [3, 5]
quotas = [{ governorate = "South", at_least = 2 }]
see = "day"
support_minutes = 15
defence_km = 0.5
[posts.candidates]
setback_km = [0.3, 1.5]
spacing_km = 1
road_km = 1
[posts.sight]
day_km = 4
[posts.intercept]
depth_km = 1
detect_minutes = 2
[output]
languages = ["en"]
"""
_TERRAIN = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326"}


def write_heights(path, west=43.9, cell=0.0008):
    """Write rolling ground of 400 m with a wall across it."""
    rows, columns = round(0.4 / cell), round(0.24 / cell)
    south, east = np.mgrid[0:rows, 0:columns] * cell
    heights = 400 + 12 * np.sin(south / 0.012) + 8 * np.cos(east / 0.016)
    heights[(south >= 0.208) & (south < 0.216)] += 60
    place = Affine(cell, 0, west, 0, -cell, 33.4)
    shape = {"height": rows, "width": columns, "transform": place}
    with rasterio.open(path, "w", **_TERRAIN, **shape) as grid:
        grid.write(heights.astype("float32"), 1)


def write_layer(path, shapes, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A plan of a small line in which all is given."""
    folder = tmp_path_factory.mktemp("posts")
    (folder / "plan.toml").write_text(_PLAN, encoding="utf-8")
    for name, text in (
        ("boxes.csv", "site_id,name,lon,lat\nb1,Alpha,44.05,33.10\n"),
        ("communities.csv", "community_id,name,lon,lat,people\nc1,One,44.06,33.11,1000\n"),
        ("posts.csv", "site_id,name,lon,lat\n=old,Old,43.958,33.27\n"),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    track = LineString([(43.96, 33.06), (43.96, 33.1), (43.96, 33.29)])
    road = LineString([(43.96, 33.1), (44.25, 33.1)])
    write_layer(folder / "roads.geojson", [track, road], road_class=["track", "primary"])
    halves = [box(43.95, 33.17, 44.4, 33.4), box(43.95, 32.9, 44.4, 33.17)]
    write_layer(folder / "areas.gpkg", halves, area_id=["n", "s"], name=["North", "South"])
    write_layer(
        folder / "frontier.geojson", [LineString([(43.95, 33.3), (43.95, 33.05)])], danger=[2.0]
    )
    write_layer(folder / "crossings.geojson", [Point(43.95, 33.12)], id=["gate"], name=["Gate"])
    write_layer(folder / "buildings.geojson", [Point(43.962, 33.2)])
    write_layer(folder / "risk.geojson", [box(43.9, 33.05, 44, 33.1)], risk=[3.0])
    write_layer(folder / "rivers.geojson", [LineString([(44.0, 33.0), (44.0, 33.4)])])
    write_layer(folder / "closed.geojson", [box(43.95, 33.19, 43.97, 33.22)])
    write_heights(folder / "heights.tif")
    return folder / "plan.toml"


@pytest.fixture
def given(small, tmp_path):
    """A copy of it that may be changed."""
    return shutil.copytree(small.parent, tmp_path / "plan") / "plan.toml"


_NIGHT = "posts = 4\neach = 2\nper_site = 2"
TELLING = {"seen by day"}
"""Those that every day tries; the others are tried before a release."""
CASES = {
    "seen by day": (),
    "by two, by night": (("posts = 4", _NIGHT), ('"day"', '"night"'), ("defence_km = 0.5\n", "")),
    "a share": (("posts = 4", "share = 0.6"), ("phases = [3, 5]\n", ""), ("defence_km = 0.5", ""),
                ('see = "day"\n', "")),
    "by two, with risk in the file": (
        ("posts = 4", "posts = 4\neach = 2"), ('risk = "risk.geojson"\n', ""),
        ("stated_km", 'risk = "danger"\nstated_km'), ('see = "day"\n', ""),
    ),
    "with a closed stretch": (("[inputs]\n", '[inputs]\nclosures = "closed.geojson"\n'),),
    "no terrain": (('terrain = "heights.tif"\n', ""), ('see = "day"\n', ""),
                   ("[posts.sight]\nday_km = 4\n", "")),
}  # fmt: skip
"""What is changed in the plan of each run."""


@pytest.fixture(scope="module")
def run_of(small, tmp_path_factory):
    """Run a case once; return its folder."""
    done = {}

    def run(case):
        if case not in done:
            folder = tmp_path_factory.mktemp("case")
            plan = shutil.copytree(small.parent, folder / "plan") / "plan.toml"
            text = plan.read_text("utf-8")
            for old, new in CASES[case]:
                assert old in text, old
                text = text.replace(old, new, 1)
            plan.write_text(text, encoding="utf-8")
            options = ["--no-progress", "-o", str(folder / "out")]
            commands.main(["posts", str(plan), *options], standalone_mode=False)
            done[case] = folder / "out"
        return done[case]

    return run


@pytest.fixture
def damaged(run_of, tmp_path):
    """A copy of a run that may be damaged."""

    def copy(case):
        return shutil.copytree(run_of(case), tmp_path / "out")

    return copy


def table(out, name):
    return pd.read_csv(out / f"{name}.csv", encoding="utf-8-sig")


def figures(out):
    return json.loads((out / "summary.json").read_text("utf-8"))


def reseal(folder):
    """Give the files of a run the hashes that they have, as who covers up a change would."""
    path = folder / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["outputs"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in record["outputs"]
        if (folder / name).exists()
    }
    path.write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.release] * (case not in TELLING), id=case)
        for case in CASES
    ],
)
def test_a_run_is_recomputed_by_verify(run_of, case):
    """Times by networkx, sums by plain addition, sight as the run saw it."""
    found = br.verify(run_of(case), every_row=True)
    assert found.passed, found.summary()
    assert found.notes == ()


@pytest.mark.parametrize("case", ["seen by day", "by two, by night"])
def test_a_part_of_the_rows_is_recomputed_where_that_is_asked_for(run_of, case):
    """What needs the times of all rows is left out, and that is said."""
    found = br.verify(run_of(case), rows=10)
    assert found.passed, found.summary()
    assert len(found.notes) == (1 if case == "by two, by night" else 0)


def test_a_plan_of_posts_alone_is_not_checked_for_boxes(given, cli):
    """Without a section for boxes, there need be no place for the fifty that are usual."""
    head, tail = given.read_text("utf-8").split("[propose]\n", 1)
    rest = tail[tail.index("\n[") :]
    given.write_text(head + rest, encoding="utf-8")
    code, _, message = cli("check", given)
    assert code == 0, message
    given.write_text(head + "[propose]\nminutes = 30\n" + rest, encoding="utf-8")
    code, _, message = cli("check", given)
    assert code == 2
    assert "boxes are asked for" in message


@pytest.mark.release
def test_posts_that_stand_may_come_in_any_order(given):
    """In the file, and not by their ids; what is altered among them is still found in its row."""
    rows = ["site_id,name,lon,lat", "zz,One,43.958,33.27", "<i>p</i>,Two,43.956,33.10"]
    (given.parent / "posts.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = given.read_text("utf-8").replace("phases = [3, 5]", "phases = [3, 6]")
    given.write_text(text, encoding="utf-8")
    out = given.parent / "out"
    options = ["--no-progress", "-o", str(out)]
    commands.main(["posts", str(given), *options], standalone_mode=False)
    found = br.verify(out)
    assert found.passed, found.summary()
    posts = table(out, "posts")
    posts.loc[posts["site_id"] == "zz", "reached_km"] += 1.0
    posts.to_csv(out / "posts.csv", index=False, encoding="utf-8-sig")
    reseal(out)
    said = br.verify(out)
    assert not said.passed
    assert any(one.row == "zz" and one.column == "reached_km" for one in said.findings)


def test_everything_that_was_asked_for_is_told(run_of):
    """Every table, in the words of the plan; posts that stand come behind those proposed."""
    out = run_of("seen by day")
    names = {"posts", "frontier", "segments", "crossings", "open_stretches", "post_links",
             "posts_dropped"}  # fmt: skip
    names = {*(f"{one}.csv" for one in names), "posts.geojson", "frontier.geojson"}
    assert names <= {one.name for one in out.iterdir()} <= OUTPUT_FILES
    said, posts = figures(out)["posts"], table(out, "posts")
    assert posts["rank"].tolist()[:4] == [1, 2, 3, 4]
    assert posts["site_id"].tolist()[4:] == ["'=old"]
    assert posts["phase"].tolist()[:4] == [3, 3, 5, 5]
    assert (said["standing"], said["new"]) == (1, 4)
    assert said["asked"]["see"] == "day"
    assert said["quotas"] == ["at least 2 in governorate South"]
    assert table(out, "crossings")["site_id"].notna().all()
    assert (posts["crossing"] == "gate").any()
    for column in ("town", "town_minutes", "water_km", "main_road_km", "standoff_m", "relief_m",
                   "visible_share_1km", "seen_km", "seen_night_km", "nearest_minutes"):  # fmt: skip
        assert posts[column].notna().all(), column
    assert (posts["setback_km"].iloc[:4].between(0.299, 1.501)).all()
    dropped = table(out, "posts_dropped")["reason"].value_counts().to_dict()
    assert said["candidates"]["dropped"] == dropped
    assert said["objective_is"].startswith("km times risk")


def test_what_is_reached_and_not_seen_stays_open(run_of):
    """A wall hides some of the line: it is no gap in time, and no post covers it."""
    out = run_of("seen by day")
    pieces, facts = table(out, "frontier"), figures(out)["posts"]["facts"]
    unseen = pieces["reason"] == "UNSEEN"
    assert unseen.any()
    assert (pieces["reached"] & ~pieces["covered"])[unseen].all()
    assert pieces["km"][pieces["covered"]].sum() == pytest.approx(facts["covered_km"], abs=1e-4)
    assert facts["covered_km"] < facts["reached_km"] < facts["total_km"]
    left = table(out, "open_stretches")
    assert left["km"].sum() == pytest.approx(facts["total_km"] - facts["covered_km"], abs=1e-4)
    assert "UNSEEN" in set(left["reason"])


def test_a_piece_counts_by_as_many_posts_as_are_asked_for(run_of):
    """Two posts may stand at one place; the objective is what two of them cover."""
    out = run_of("by two, by night")
    pieces, said = table(out, "frontier"), figures(out)["posts"]
    backed = pieces["sites_within"] >= 2
    weight = pieces["km"] * pieces["risk"]
    assert weight[backed].sum() == pytest.approx(said["objective"], abs=1e-4)
    assert said["facts"]["backed_km"] == pytest.approx(pieces["km"][backed].sum(), abs=1e-4)
    places = table(out, "posts")[["lon", "lat"]].iloc[:4]
    assert places.duplicated().any()


def test_a_share_is_covered_with_as_few_posts_as_can_be(run_of):
    """Kilometres count by their risk."""
    said = figures(run_of("a share"))["posts"]
    assert (said["model"], said["objective"]) == ("set-cover", said["new"])
    pieces = table(run_of("a share"), "frontier")
    weight = pieces["km"] * pieces["risk"]
    assert weight[pieces["covered"]].sum() >= 0.6 * weight.sum()
    assert set(pieces["risk"]) == {1, 3}


# --- damage ------------------------------------------------------------------------------------


def alter(folder, name, column, change, row=0):
    """Change one cell of a CSV."""
    path = folder / name
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    rows.loc[row, column] = change(rows.loc[row, column])
    rows.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    reseal(folder)
    return str(rows.iloc[row, 0])


def find(folder):
    found = br.verify(folder, every_row=True)
    return {(one.file, one.row, one.column) for one in found.findings}


def more(text):
    return f"{float(text) + 0.002:.6f}"


def flip(text):
    return {"True": "False", "False": "True"}[text]


CELLS = [
    ("frontier.csv", "covered", flip), ("frontier.csv", "reached", flip),
    ("frontier.csv", "minutes", more), ("frontier.csv", "seen", more),
    ("frontier.csv", "seen_night", more), ("frontier.csv", "unknown", flip),
    ("frontier.csv", "reason", lambda _: "TOO_FAT"), ("frontier.csv", "km", more),
    ("frontier.csv", "risk", more), ("frontier.csv", "segment_id", lambda _: "km-77"),
    ("segments.csv", "covered_km", more), ("segments.csv", "seen_km", more),
    ("segments.csv", "reached_km", more), ("segments.csv", "seen_night_km", more),
    ("segments.csv", "unknown_km", more), ("segments.csv", "chainage_to_km", more),
    ("segments.csv", "site_ids", lambda _: "post-77"), ("segments.csv", "reason", lambda _: "x"),
    ("open_stretches.csv", "km", more), ("open_stretches.csv", "reason", lambda _: "x"),
    ("crossings.csv", "site_id", lambda _: "x"), ("crossings.csv", "km", more),
    ("post_links.csv", "minutes", more), ("post_links.csv", "to_site_id", lambda _: "x"),
    ("posts.csv", "km_gained", more), ("posts.csv", "reached_km", more),
    ("posts.csv", "seen_km", more), ("posts.csv", "seen_night_km", more),
    ("posts.csv", "reach_to_km", more), ("posts.csv", "neighbours", lambda _: "x"),
    ("posts.csv", "defensibility", more), ("posts.csv", "chainage_km", more),
    ("posts.csv", "rank", lambda _: "7"), ("posts.csv", "lon", more), ("posts.csv", "phase", more),
]  # fmt: skip


FIRST = [*{one[0]: one for one in reversed(CELLS)}.values()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "cells",
    [pytest.param(FIRST, id="quick"), pytest.param(CELLS, id="all", marks=pytest.mark.heavy)],
)
def test_every_cell_that_is_altered_is_named(damaged, cells):
    """In each table of the frontier, one after the other: one of each by default."""
    out = damaged("seen by day")
    whole = {path.name: path.read_bytes() for path in out.iterdir()}
    for name, column, change in cells:
        row = alter(out, name, column, change)
        found = find(out)
        assert any(one[0] == name for one in found), (name, column, row)
        (out / name).write_bytes(whole[name])
        reseal(out)


FIGURES = [
    lambda one: one.update(open_km=one["open_km"] + 1),
    lambda one: one.update(covered=one["covered"] + 1),
    lambda one: one["facts"].update(seen_km=one["facts"]["seen_km"] + 1),
    lambda one: one["facts"].update(widest_hole_km=0.1),
    lambda one: one["facts"].update(isolated=7),
    lambda one: one["asked"].update(see=None),
    lambda one: one.update(quotas=[*one["quotas"], "at least 1 in crossing wall"]),
    lambda one: one["sites_by_governorate"].update(South=7),
]


@pytest.mark.slow
def test_every_figure_of_the_summary_that_is_altered_is_named(damaged):
    """Totals, what was asked, and the rules that were kept."""
    out = damaged("seen by day")
    whole = (out / "summary.json").read_text("utf-8")
    for change in FIGURES:
        summary = json.loads(whole)
        change(summary["posts"])
        (out / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
        reseal(out)
        assert "summary.json" in {one[0] for one in find(out)}


def change_evidence(folder, facts=None, **arrays):
    """Change arrays and facts of the evidence: each is a function of what is kept."""
    kept = load_evidence(folder / EVIDENCE)
    known = dict(kept.arrays)
    for name, change in arrays.items():
        called = name.replace("__", ".")
        known[called] = change(known[called].copy())
    changed = kept.facts if facts is None else facts(dict(kept.facts))
    replace(kept, arrays=known, facts=changed).save(folder / EVIDENCE)
    reseal(folder)


@pytest.mark.parametrize("case", ["seen by day", "by two, by night"])
def test_a_post_that_is_moved_is_named(damaged, case):
    """By what it reaches, by its place in the table, and by the grid."""
    out = damaged(case)
    change_evidence(out, posts__lat=lambda one: one + 20_000)
    found = find(out)
    assert any(file == EVIDENCE for file, _, _ in found)
    assert ("posts.csv", "mgrs") in {(file, column) for file, _, column in found}


def test_what_a_post_sees_decides_what_it_covers(damaged):
    """A run that claims to see more, or less, disagrees with its own rows."""
    out = damaged("seen by day")
    change_evidence(out, sight__day__indices=lambda one: np.sort(one)[::-1].copy())
    assert any(column.startswith("frontier.") for _, _, column in find(out))


@pytest.mark.parametrize(
    "asked",
    [{"each": 3}, {"posts": 5}, {"quotas": [{"governorate": "South", "at_least": 5}]},
     {"support_minutes": 40.0}, {"defence_km": 2.0}, {"share": 0.999}],
)  # fmt: skip
def test_a_plan_that_is_not_what_was_asked_for_is_named(damaged, asked):
    """The rules are those that the run kept, not those that it tells."""
    out = damaged("seen by day")
    change_evidence(out, lambda facts: {**facts, "posts_asked": {**facts["posts_asked"], **asked}})
    assert find(out)


def test_a_table_that_is_gone_is_named(damaged):
    """Though nothing in the record is missing it."""
    out = damaged("seen by day")
    record = json.loads((out / "run.json").read_text("utf-8"))
    for name in ("segments.csv", "open_stretches.csv", "crossings.csv", "post_links.csv"):
        (out / name).unlink()
        del record["outputs"][name]
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    gone = {"segments.csv", "open_stretches.csv", "crossings.csv", "post_links.csv"}
    assert find(out) == {("run.json", one, "outputs") for one in gone}


# --- what is refused -----------------------------------------------------------------------------


MISSING = {
    "see": (('terrain = "heights.tif"\n', ""), "posts.see", "inputs.terrain"),
    "sight": (('terrain = "heights.tif"\n', ""), "posts.sight", "inputs.terrain"),
    "points": (("setback_km", 'kinds = ["points"]\nsetback_km'), "posts.candidates.kinds",
               "inputs.points"),
    "old setback": (("posts = 4", "posts = 4\nsetback_km = 0.5"), "posts.setback_km",
                    "posts.candidates.setback_km"),
    "share and posts": (("posts = 4", "posts = 4\nshare = 0.5"), "posts.share", "leave one"),
    "two risks": (("stated_km", 'risk = "danger"\nstated_km'), "inputs.frontier.risk", "leave one"),
    "no such governorate": (('"South"', '"Suth"'), "posts.quotas", "South"),
    "quota by a column": (("governorate =", "town ="), "posts.quotas", "governorate"),
    "phases": (("[3, 5]", "[2, 4]"), "posts.phases", "end with 5"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISSING)
def test_check_says_what_is_missing_or_wrong(given, cli, edit, no_traceback, case):
    """The key, its line and what to give."""
    change, key, advice = MISSING[case]
    edit(given, *change)
    code, _, message = cli("check", given)
    assert code == 2
    assert f"key {key}" in message
    assert "plan.toml, line" in message
    assert advice in message
    no_traceback(message)


def test_a_fault_of_the_command_line_is_told_as_one_of_it(given, cli, no_traceback):
    """The key and its advice are those of the file, and no line of it is blamed."""
    for key, advice in (
        ("posts.share=0.5", "leave one of the two out"),
        ("posts.setback_km=0.5", "posts.candidates.setback_km"),
        ('posts.quotas=[{governorate="Suth",at_least=1}]', "South"),
        ("posts.sight.tower=9", "tower_m"),
    ):
        code, _, message = cli("check", given, "--set", key)
        assert code == 2
        assert "--set, key posts." in message
        assert advice in message
        no_traceback(message)


def test_a_terrain_that_misses_the_line_is_refused_by_name(given, cli):
    """It may well lie under the roads."""
    write_heights(given.parent / "heights.tif", west=43.97)
    code, _, message = cli("check", given)
    assert code == 2
    assert "heights.tif" in message
    assert "misses the line of frontier.geojson" in message


def test_a_terrain_too_coarse_for_what_must_be_seen_is_refused_by_the_key(given, cli, edit):
    """Before anything is computed; where nothing must be seen it will do."""
    write_heights(given.parent / "heights.tif", cell=0.004)
    code, _, message = cli("check", given)
    assert code == 2
    assert "key posts.see" in message
    assert "heights.tif" in message
    edit(given, 'see = "day"\n', "")
    assert cli("check", given)[0] == 0


@pytest.mark.release
def test_a_run_over_a_terrain_too_coarse_for_sight_can_be_verified(given, cli, edit):
    """It tells nothing of what posts see, and neither does its evidence."""
    write_heights(given.parent / "heights.tif", cell=0.004)
    edit(given, 'see = "day"\n', "")
    out = given.parent.parent / "out"
    assert cli("run", given, "-o", out)[0] == 0
    assert "seen_km" not in (out / "segments.csv").read_text("utf-8-sig").partition("\n")[0]
    code, told, message = cli("verify", out)
    assert (code, message) == (0, ""), told


def test_wrong_columns_of_the_new_inputs_are_told_together(given, cli, edit):
    """A risk that is none, a crossing that is no point, posts without ids."""
    write_layer(given.parent / "risk.geojson", [box(43.9, 33.05, 44, 33.1)], risk=[-3.0])
    write_layer(given.parent / "crossings.geojson", [LineString([(43.9, 33), (44, 33)])])
    edit(given.parent / "posts.csv", "site_id", "number")
    code, _, message = cli("check", given)
    assert code == 2
    for name in ("risk.geojson", "crossings.geojson", "posts.csv"):
        assert name in message


def test_more_posts_than_places_are_refused_with_what_was_dropped(given, cli):
    """The advice says how many there are."""
    code, _, message = cli("posts", given, "--posts", 4000, "-o", given.parent.parent / "out")
    assert code == 2
    assert "key posts.posts" in message
    assert "dropped" in message


def test_check_reads_the_new_inputs(given, cli):
    """Each with its rows."""
    code, said, message = cli("check", given)
    assert code == 0, message
    for name in ("crossings", "posts", "buildings", "risk", "frontier", "terrain"):
        assert f"{name}: " in said
    assert said.strip().endswith("nothing is wrong")


def test_ids_of_posts_that_stand_are_not_given_again(given, cli, edit):
    """Candidates are numbered from 1, and so may be what stands."""
    edit(given.parent / "posts.csv", "=old", "post-0003")
    out = given.parent.parent / "out"
    code, _, message = cli("posts", given, "-o", out)
    assert code == 0, message
    assert "called new-" in message
    posts = table(out, "posts")
    assert posts["site_id"].is_unique
    assert posts["site_id"].tolist()[-1] == "post-0003"
    assert br.verify(out).passed
