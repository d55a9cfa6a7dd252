"""What `verify` promises: a run that is right passes, and whatever is altered in it is named."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import boxreach as br
from boxreach.crs import mgrs_of
from boxreach.network import RoadNetwork
from boxreach.verification.evidence import EVIDENCE, load_evidence
from boxreach.verification.grid_references import check_references
from boxreach.verification.ledger import Ledger

pytestmark = pytest.mark.slow

UNCHECKED = {
    # Of the gains those of the five largest gaps are recomputed.
    "gap_clusters.csv": {"near_km", "people_gained", "places_gained", "people_gained_here",
                         "threshold_minutes", "spot_near_km"},
    "frontier.csv": {"own_depth_km"},
    "posts.csv": {"road_m", "setback_km", "nearest_minutes", "town_km", "town_minutes", "water_km",
                  "main_road_km", "approaches", "approaches_score"},
    "proposals.csv": {"near_km", "road_m", "standing_km"},
}  # fmt: skip
"""Numbers that docs/verify.md lists as not recomputed."""


@pytest.fixture(scope="module")
def demo(demo_run):
    """The folder of a run of the demo."""
    return demo_run / "out"


@pytest.fixture
def run(demo, tmp_path):
    """A copy of it that may be damaged."""
    return shutil.copytree(demo, tmp_path / "out")


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


def find(folder, **options):
    """Verify a run and return where it differs: file, row, column."""
    found = br.verify(folder, **{"rows": 300} | options)
    return {(one.file, one.row, one.column) for one in found.findings}


def alter(folder, name, column, change, row=0):
    """Change one cell of a CSV."""
    path = folder / name
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    table.loc[row, column] = change(table.loc[row, column])
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    reseal(folder)
    return table.iloc[row]


def alter_summary(folder, change):
    """Change the summary."""
    path = folder / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    change(summary)
    path.write_text(json.dumps(summary), encoding="utf-8")
    reseal(folder)


def alter_evidence(folder, **arrays):
    """Change arrays of the evidence: each value is a function of the array."""
    kept = load_evidence(folder / EVIDENCE)
    changed = {name.replace("__", "."): change for name, change in arrays.items()}
    known = dict(kept.arrays)
    for name, change in changed.items():
        known[name] = change(known[name].copy())
    replace(kept, arrays=known).save(folder / EVIDENCE)
    reseal(folder)


def put(at, value):
    """Return a function that puts a value into an array."""

    def change(array):
        array[at] = value(array[at]) if callable(value) else value
        return array

    return change


# --- what is right passes ----------------------------------------------------------------


def test_the_demo_passes_with_every_row_recomputed(demo):
    """All rows of the demo, by networkx, and every sum."""
    found = br.verify(demo, every_row=True)
    assert found.passed, found.summary()
    assert found.findings == ()
    assert found.notes == ()
    rows = 160 + 2 * 9181 + 2 * len(pd.read_csv(demo / "frontier.csv"))
    assert found.checked["rows recomputed"] == rows
    assert found.checked["values"] > 100_000
    assert found.summary().endswith("all agrees")


def test_the_command_says_what_was_checked_and_ends_with_0(demo, cli):
    """Exit code 0 where all agrees."""
    code, said, _ = cli("verify", demo, "--rows", 100)
    assert code == 0
    assert "rows recomputed" in said
    assert said.strip().endswith("all agrees")


def test_the_command_names_what_differs_and_ends_with_1(run, cli):
    """Exit code 1, and the file, the row and the column."""
    row = alter(run, "reach.csv", "minutes", lambda one: f"{float(one) + 0.1:.3f}")
    code, said, _ = cli("verify", run, "--rows", 100)
    assert code == 1
    assert f"reach.csv, row {row['community_id']} at 15, column minutes: found" in said


@pytest.mark.parametrize(
    "damage", ["no folder", "no record", "no outputs", "outputs that are none", "no JSON"]
)
def test_what_is_no_run_is_refused_with_2(tmp_path, cli, no_traceback, damage):
    """Exit code 2, and one message that says what to give."""
    folder = tmp_path / "out"
    if damage != "no folder":
        folder.mkdir()
    if damage == "no outputs":
        (folder / "run.json").write_text("{}")
    if damage == "outputs that are none":
        (folder / "run.json").write_text('{"outputs": {}}')
    if damage == "no JSON":
        (folder / "run.json").write_text("{")
    code, said, message = cli("verify", folder)
    assert (code, said) == (2, "")
    assert "give the folder that boxreach run wrote" in message
    no_traceback(message)


def test_wrong_arguments_are_refused_all_at_once(demo):
    """Each is named."""
    with pytest.raises(br.InputError) as caught:
        br.verify(demo, rows=0, seed=-1, every_row="yes")
    assert len(caught.value.faults) == 3


def test_a_verification_cannot_be_changed(demo):
    """Neither what was found nor a finding."""
    found = br.verify(demo, rows=1)
    with pytest.raises(FrozenInstanceError):
        found.findings = ()
    with pytest.raises(FrozenInstanceError):
        br.Finding("a", "b", "c", "1", "2").row = ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        ["reach.direction=demand_to_site", "reach.mobilise_minutes=3", "propose.minutes=15",
         "network.off_road_kmh=7"],
        pytest.param(
            ["reach.merge_minutes=0.5", "reach.minutes=[7.5,20]"], marks=pytest.mark.release
        ),
        pytest.param(
            ["people.count_on=communities", "propose.boxes=0"], marks=pytest.mark.release
        ),
    ],
)  # fmt: skip
def test_small_runs_pass_however_they_are_set(plan, cli, tmp_path, settings):
    """Directions, thresholds, merging, phases: what a plan may set."""
    options = [word for one in settings for word in ("--set", one)]
    code, _, message = cli("run", plan, "-o", tmp_path / "out", *options)
    assert code == 0, message
    found = br.verify(tmp_path / "out")
    assert found.passed, found.summary()


def test_runs_with_closures_rivers_layers_and_other_demand_pass(plan, cli, tmp_path, edit):
    """What an input may add: closed and slow areas, water, marked places, schools."""
    folder = plan.parent
    areas = [shapely.box(44.10, 33.05, 44.16, 33.15), shapely.box(44.3, 33.05, 44.4, 33.15)]
    closed = {"closure_id": ["shut", "slow"], "speed_factor": [0, 0.5]}
    gpd.GeoDataFrame(closed, geometry=areas, crs=4326).to_file(folder / "closed.geojson")
    river = shapely.LineString([(44.0, 33.105), (44.3, 33.105)])
    gpd.GeoDataFrame(geometry=[river], crs=4326).to_file(folder / "rivers.geojson")
    (folder / "schools.csv").write_text(
        "demand_id,lon,lat,pupils\ns1,44.2,33.12,80\ns2,44.4,33.1,9\n"
    )
    edit(plan, "[inputs]\n", '[inputs]\nclosures = "closed.geojson"\nrivers = "rivers.geojson"\n')
    edit(
        plan,
        "[network]",
        '[inputs.demand.schools]\nfile = "schools.csv"\nunit = "children"\nweight = "pupils"\n'
        "[network]",
    )
    code, _, message = cli("run", plan, "-o", tmp_path / "out")
    assert code == 0, message
    kept = load_evidence(tmp_path / "out" / EVIDENCE)
    assert {"stretches.edge", "closed.areas", "demand.schools.ms"} <= {*kept.arrays}
    assert len(kept.arrays["water.segments"]) > 0
    found = br.verify(tmp_path / "out")
    assert found.passed, found.summary()
    alter(tmp_path / "out", "demand_areas.csv", "covered", lambda one: str(float(one) + 1))
    assert any(file == "demand_areas.csv" for file, _, _ in find(tmp_path / "out"))


# --- the engine is checked from outside -----------------------------------------------------


def test_a_fault_in_the_engine_is_found(plan, cli, tmp_path, monkeypatch):
    """Ways over open ground that take a hundredth too long: no hash tells that."""
    right = RoadNetwork.off_road_ms
    slower = lambda network, metres: (right(network, metres) * 1.01).astype(np.int64)  # noqa: E731
    monkeypatch.setattr(RoadNetwork, "off_road_ms", slower)
    assert cli("run", plan, "-o", tmp_path / "out")[0] == 0
    columns = {column for _, _, column in find(tmp_path / "out")}
    assert {"communities.ms", "communities.off_road_ms", "cells.ms"} <= columns


def test_verification_uses_nothing_of_the_engine_it_checks():
    """Neither kernels nor networks nor models: a fault in them cannot hide itself."""
    code = """if True:
        import sys
        import boxreach.verification.checking
        rooms = ("network", "routing", "location", "accessibility", "placement", "speeds")
        names = tuple(f"boxreach.{one}" for one in rooms)
        print([one for one in sys.modules if one.startswith(names) or one == "numba"])"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# --- what is altered is named ----------------------------------------------------------------


def test_a_box_moved_by_5_km_is_named_in_csv_and_geojson(run):
    """In one of the two files or the other."""
    row = alter(run, "proposals.csv", "lat", lambda one: f"{float(one) + 0.045:.6f}")
    found = find(run)
    assert ("proposals.csv", row["site_id"], "lat") in found
    assert ("proposals.geojson", row["site_id"], "lat") in found


@pytest.mark.release
def test_a_box_moved_in_geojson_alone_is_named(run):
    """The CSV is as it was."""
    path = run / "proposals.geojson"
    layer = json.loads(path.read_text(encoding="utf-8"))
    layer["features"][3]["geometry"]["coordinates"][0] += 0.05
    path.write_text(json.dumps(layer), encoding="utf-8")
    reseal(run)
    row = layer["features"][3]["properties"]["site_id"]
    assert find(run) == {("proposals.geojson", row, "lon")}


@pytest.mark.release
def test_a_box_moved_in_a_geopackage_is_named(run):
    """Layers that are called as a table are compared with it; one that agrees passes."""
    layer = gpd.read_file(run / "proposals.geojson")
    layer.to_file(run / "plan.gpkg", layer="proposals")
    assert find(run) == set()
    places = layer.geometry.to_numpy()
    places[0] = shapely.transform(places[0], lambda xy: xy + np.array([0.05, 0]))
    layer.set_geometry(places).to_file(run / "plan.gpkg", layer="proposals")
    assert find(run) == {("plan.gpkg:proposals", layer["site_id"][0], "lon")}


def test_grid_references_that_do_not_fit_their_box_are_named(run):
    """Where a table has a column mgrs: by the letters, the zone and the digits."""
    path = run / "proposals.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    utm = gpd.GeoSeries.from_xy(table["lon"].astype(float), table["lat"].astype(float), crs=4326)
    table = table[utm.x.between(42, 48).to_numpy()].reset_index(drop=True)
    east, north = (getattr(utm[utm.x.between(42, 48)].to_crs(32638), axis) for axis in "xy")
    letters = "JKLMNPQR", "FGHJKLMNPQRSTUVABCDE"
    south = utm.y[utm.x.between(42, 48)] < 32
    table["mgrs"] = [
        f"38{'R' if low else 'S'}{letters[0][int(x // 1e5) - 1]}{letters[1][int(y // 1e5) % 20]}"
        f"{int(x % 1e5):05d}{int(y % 1e5):05d}"
        for x, y, low in zip(east, north, south, strict=True)
    ]
    places = table[["lon", "lat"]].astype(float).to_numpy()
    ledger = Ledger()
    check_references("proposals.csv", table, table["site_id"].tolist(), places, ledger)
    assert ledger.findings == []
    assert ledger.checked["grid references"] == len(table) > 20
    table.loc[0, "mgrs"] = table.loc[0, "mgrs"][:-5] + "00000"
    table.loc[1, "mgrs"] = "here"
    check_references("proposals.csv", table, table["site_id"].tolist(), places, ledger)
    assert [one.row for one in ledger.findings] == table["site_id"][:2].tolist()


@pytest.mark.parametrize(("south", "north"), [(83.9, 88.9), (-88.9, -79.9), (-80, 84)])
def test_grid_references_are_read_back_everywhere_on_earth(south, north):
    """As another library writes them, about the poles too; one of a neighbour is named."""
    drawn = np.random.default_rng(5)
    lon, lat = drawn.uniform(-180, 180, 300), drawn.uniform(south, north, 300)
    table = pd.DataFrame({"mgrs": mgrs_of(lon, lat)})
    places, ledger = np.column_stack([lon, lat]), Ledger()
    check_references("posts.csv", table, [*map(str, range(300))], places, ledger)
    assert ledger.findings == []
    moved = np.column_stack([lon, lat + np.where(lat > 0, -1e-4, 1e-4)])
    check_references("posts.csv", table, [*map(str, range(300))], moved, ledger)
    assert len(ledger.findings) == 300


def test_rows_that_differ_are_told_at_once_however_many():
    rows = [f"c{number}" for number in range(40_000)]
    ledger, begun = Ledger(), time.process_time()
    assert not ledger.same_rows("reach.csv", [*rows[1:], "c-new"], rows)
    assert [(one.row, one.found) for one in ledger.findings] == [
        ("c0", "no such row"), ("c-new", "a row"),
    ]  # fmt: skip
    assert not ledger.same_rows("reach.csv", rows[::-1], rows)
    assert ledger.findings[-1].found == "40000 rows in another order"
    assert time.process_time() - begun < 5


def test_a_flipped_flag_a_site_and_a_reason_are_named(run):
    """Covered, which box, and why not."""
    turned = {"True": "False", "False": "True"}
    row = alter(run, "reach.csv", "covered", turned.get, row=5)
    other = alter(run, "reach.csv", "site_id", lambda _: "box-NI-01x", row=6)
    third = alter(run, "reach.csv", "reason", lambda _: "ISOLATED", row=0)
    assert find(run) == {
        ("reach.csv", f"{row['community_id']} at 15", "covered"),
        ("reach.csv", f"{other['community_id']} at 15", "site_id"),
        ("reach.csv", f"{third['community_id']} at 15", "reason"),
    }


NAMES = ["reach", "areas", "curves", "worst_places", "density", "gaps", "gap_clusters",
         "frontier", "segments", "proposals", "posts", "post_links"]  # fmt: skip


def raise_numbers(path):
    """Raise a number of each column of a table, and return which columns have one."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    altered = set()
    for column in table.columns[1:]:
        numbers = pd.to_numeric(table[column], errors="coerce")
        if numbers.notna().any() and column not in ("threshold_minutes", "quintile", "cluster_id"):
            # The last rows: those of the total where there is one.
            row = numbers.last_valid_index()
            table.loc[row, column] = f"{numbers[row] + 0.002:.6f}"
            altered.add(column)
    if path.stem == "curves":
        altered.discard("minutes")
        table["minutes"] = pd.read_csv(path)["minutes"].astype(str)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return altered


@pytest.mark.slow
def test_every_number_of_every_table_is_compared(run):
    """Each numeric column, one off in some row, is named, but for those that the docs name."""
    altered = {f"{name}.csv": raise_numbers(run / f"{name}.csv") for name in NAMES}
    reseal(run)
    named = find(run, rows=10_000)
    for name, columns in altered.items():
        assert columns
        found = {column for file, _, column in named if file == name}
        assert found == columns - UNCHECKED.get(name, set()), name


def test_the_gain_of_the_largest_gap_is_recomputed(run):
    """What one more box there would gain."""
    alter(run, "gap_clusters.csv", "people_gained", lambda one: str(int(one) + 1))
    alter_summary(run, lambda one: one["gap_clusters"]["largest"][0].update(people_gained=7826037))
    assert ("gap_clusters.csv", "gap-0001", "people_gained") in find(run, rows=10_000)


def test_totals_that_are_off_by_one_are_named(run):
    """In a table and in the summary."""
    alter(run, "areas.csv", "people_covered", lambda one: str(int(one) + 1), row=18)
    assert {("areas.csv", "total at 15", "people_covered")} <= find(run)

    def change(summary):
        summary["people"]["covered"]["30"] += 1
        summary["communities"]["uncovered_by_reason"]["TOO_FAR"] -= 1
        summary["boxes"] += 1
        summary["proposal"]["phases"][0]["objective"] -= 1
        summary["gap_clusters"]["largest"][0]["people"] += 1

    alter_summary(run, change)
    assert {
        ("summary.json", "people at 30", "covered"),
        ("summary.json", "communities, uncovered_by_reason", "TOO_FAR"),
        ("summary.json", "", "boxes"),
        ("summary.json", "proposal, phase 100", "objective"),
        ("summary.json", "gap-0001", "people"),
    } <= find(run)


def test_a_drawn_area_that_differs_from_its_table_is_named(run):
    """The GeoJSON of areas, a column a threshold."""
    path = run / "areas.geojson"
    layer = json.loads(path.read_text(encoding="utf-8"))
    layer["features"][0]["properties"]["people_covered_30"] += 1
    path.write_text(json.dumps(layer), encoding="utf-8")
    reseal(run)
    row = layer["features"][0]["properties"]["area_id"]
    assert find(run) == {("areas.geojson", row, "people_covered_30")}


def test_a_bound_below_the_objective_a_gap_and_a_status_are_named(run):
    """What is claimed of how good a plan is."""

    def change(summary):
        phase = summary["posts"]["phases"][0]
        phase["bound"] = phase["objective"] - 1
        summary["posts"]["phases"][1]["gap"] = 0.01
        summary["proposal"]["phases"][0]["status"] = "feasible"

    alter_summary(run, change)
    assert {
        ("summary.json", "posts, phase 50", "bound"),
        ("summary.json", "posts, phase 100", "gap"),
        ("summary.json", "proposal, phase 100", "status"),
    } <= find(run)


def test_a_quota_that_is_not_kept_or_miscounted_is_named(run):
    """The count of the summary, and the rule on the sites themselves."""
    alter_summary(run, lambda one: one["proposal"]["sites_by_governorate"].update(Ninewa=13))
    assert find(run) == {("summary.json", "proposal, sites_by_governorate", "Ninewa")}
    kept = load_evidence(run / EVIDENCE)
    facts = {**kept.facts, "quotas": [{"governorate": "Ninewa", "at_least": 15}]}
    replace(kept, facts=facts).save(run / EVIDENCE)
    reseal(run)
    assert ("proposals.csv", "governorate Ninewa", "") in find(run)


def test_files_that_are_gone_cut_or_changed_are_named(run):
    """By name, and other files are still checked."""
    (run / "density.csv").unlink()
    for name in ("reach.csv", "map.html", "summary.json"):
        path = run / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = find(run)
    assert ("density.csv", "", "") in found
    for name in ("reach.csv", "map.html", "summary.json"):
        assert (name, "", "sha256") in found


def test_rows_that_are_cut_off_are_named_one_by_one(run):
    """A table that ends early, at the end of a line."""
    path = run / "reach.csv"
    path.write_bytes(b"\r\n".join(path.read_bytes().split(b"\r\n")[:301]) + b"\r\n")
    reseal(run)
    assert len({row for file, row, _ in find(run) if file == "reach.csv"}) == 180


def test_columns_that_are_gone_are_named(run):
    """And nothing breaks over them."""
    gone = {
        "reach.csv": "threshold_minutes", "areas.csv": "people_covered", "gaps.csv": "kind",
        "gap_clusters.csv": "spot_id", "proposals.csv": "site_id", "curves.csv": "minutes",
        "posts.csv": "reach_to_km", "worst_places.csv": "id", "phases.csv": "regret",
    }  # fmt: skip
    for name, column in gone.items():
        table = pd.read_csv(run / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        table.drop(columns=column).to_csv(run / name, index=False, encoding="utf-8-sig")
    reseal(run)
    assert {(name, "", column) for name, column in gone.items()} <= find(run, rows=10_000)


@pytest.mark.parametrize(
    "change",
    [lambda one: one.update(people=3, layers=[]), lambda one: one["proposal"].update(phases=None),
     *(pytest.param(one, marks=pytest.mark.release)
       for one in (lambda one: one.clear(), lambda one: one.update(posts=[])))],
)  # fmt: skip
def test_a_summary_of_another_shape_is_named(run, change):
    """Whatever stands in its place."""
    alter_summary(run, change)
    assert find(run)


@pytest.mark.slow
def test_evidence_of_another_shape_is_named(run):
    """Arrays that do not fit each other."""
    alter_evidence(run, network__tail=lambda one: one[:-3], cells__ms=lambda one: one[:-1])
    assert (EVIDENCE, "", "") in find(run)


def test_evidence_that_is_cut_is_named(run):
    """What cannot be read is no proof of anything."""
    path = run / EVIDENCE
    path.write_bytes(path.read_bytes()[:5_000])
    reseal(run)
    assert find(run) == {(EVIDENCE, "", "")}


def test_evidence_that_is_gone_fails_and_left_out_on_purpose_is_said(run):
    """A run may be handed on without positions; then files and their repeats are what is left."""
    (run / EVIDENCE).unlink()
    assert find(run) == {(EVIDENCE, "", "")}
    reseal(run)
    found = br.verify(run)
    assert found.passed
    assert "was left out" in found.summary()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("altered", "columns"),
    [
        ({"network__forward_ms": lambda one: one * 2}, {"communities.ms"}),
        ({"communities__ms": put(7, lambda one: one + 6_000)}, {"communities.ms"}),
        *(pytest.param(*one, marks=pytest.mark.release) for one in (
            ({"network__lat": lambda one: one + 20_000}, {"communities.off_road_m"}),
            ({"boxes__lat": put(slice(None), lambda one: one + 450_000)}, {"communities.ms"}),
            ({"communities__within": put((7, 2), lambda one: one + 1)}, {"communities.within"}),
        )),
        # None of these shows in another one's column.
        (
            {"communities__site_id": put(7, lambda one: (one + 1) % 5),
             "communities__reason": put((0, 0), 2), "proposals__first": put(slice(None), 1),
             "frontier__ms": put(9, 0)},
            {"communities.site_id", "communities.reason", "proposals.first", "frontier.ms"},
        ),
    ],
)  # fmt: skip
def test_altered_evidence_is_recomputed_and_named(run, altered, columns):
    """Roads, boxes and rows: even where all hashes were made to fit."""
    alter_evidence(run, **altered)
    assert columns <= {one for file, _, one in find(run, rows=2_000) if file == EVIDENCE}


@pytest.mark.slow
@pytest.mark.release
def test_a_sample_is_drawn_by_its_seed(run):
    """The same rows for the same seed, and all rows however few are asked for in the sums."""
    first, again = (br.verify(run, rows=700, seed=3) for _ in range(2))
    assert first == again
    assert first.checked["rows recomputed"] < 3_500
    assert first.checked["values"] > 100_000


def test_the_evidence_is_hashed_after_all_other_files(plan, cli, tmp_path):
    """It is written last but for the record, which has its hash like that of all files."""
    out = tmp_path / "out"
    assert cli("run", plan, "-o", out)[0] == 0
    last = sorted(out.iterdir(), key=lambda one: one.stat().st_mtime_ns)[-2:]
    assert [one.name for one in last] == [EVIDENCE, "run.json"]
    outputs = json.loads((out / "run.json").read_text(encoding="utf-8"))["outputs"]
    assert outputs[EVIDENCE] == hashlib.sha256((out / EVIDENCE).read_bytes()).hexdigest()
    assert {*outputs} == {one.name for one in out.iterdir()} - {"run.json"}


@pytest.mark.release
def test_two_runs_keep_the_same_evidence(plan, cli, tmp_path):
    """Byte by byte."""
    for name in ("one", "two"):
        assert cli("run", plan, "-o", tmp_path / name)[0] == 0
    one, two = ((tmp_path / name / EVIDENCE).read_bytes() for name in ("one", "two"))
    assert one == two
