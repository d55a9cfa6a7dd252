"""What `verify` promises of a folder that somebody else altered: findings, and no traceback."""

import hashlib
import io
import json
import shutil
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.languages.messages import translate
from boxreach.verification.archive import read_arrays
from boxreach.verification.evidence import EVIDENCE

pytestmark = pytest.mark.slow


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


@pytest.fixture(scope="module")
def out(run_small):
    """Return the folder of a small run of all commands, with a curve; it is copied, not changed."""
    return run_small(("[propose]\n", "[propose]\ncurve_seconds = 5\n"))


@pytest.fixture
def named(out, tmp_path):
    """Return a function that makes a change in a copy of the run, and tells what is found."""

    def find(change, *, sealed=True):
        folder = tmp_path / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(out, folder)
        change(folder)
        if sealed:
            reseal(folder)
        return {(one.file, one.row, one.column) for one in br.verify(folder, rows=1).findings}

    return find


def cell(column, change):
    """Return a change of a cell of phases.csv: a number more, or another text."""

    def alter(folder):
        path = folder / "phases.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        known = table.loc[0, column]
        table.loc[0, column] = change if isinstance(change, str) else str(float(known) + change)
        table.to_csv(path, index=False, encoding="utf-8-sig")

    return alter


def rewrite(name, change):
    """Return a change of a file of JSON, in place or to what a function returns."""

    def alter(folder):
        path = folder / name
        value = json.loads(path.read_text(encoding="utf-8"))
        changed = change(value)
        path.write_text(json.dumps(value if changed is None else changed), encoding="utf-8")

    return alter


def write(content, *names):
    """Return a change of files to some bytes."""
    return lambda folder: [(folder / name).write_bytes(content) for name in names]


def remove(*names):
    """Return a change that takes files away."""

    def alter(folder):
        for name in names:
            (folder / name).unlink()

    return alter


def member(shape, kind="<i8", content=bytes(64)):
    """Return a change of one array of the evidence to a header and some bytes."""

    def alter(folder):
        with zipfile.ZipFile(folder / EVIDENCE) as archive:
            known = {name: archive.read(name) for name in archive.namelist()}
        header = io.BytesIO()
        said = {"descr": kind, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, said)
        known["communities.ms.npy"] = header.getvalue() + content
        with zipfile.ZipFile(folder / EVIDENCE, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, one in known.items():
                archive.writestr(name, one)

    return alter


# --- what a run must have --------------------------------------------------------------------


@pytest.mark.release
def test_each_number_of_the_table_of_phases_is_named(named):
    """Even where its hash was made again."""
    names = ["covered", "objective", "bound", "alone", "regret", "kept_bound", "gap", "new_sites"]
    for name in names:
        assert {column for _, _, column in named(cell(name, 1000))} == {name}
    assert "status" in {column for _, _, column in named(cell("status", "feasible"))}
    assert "phases.csv" in {file for file, _, _ in named(cell("sites", 1000))}


def test_each_number_of_the_plan_in_the_summary_is_named(named):
    """What it comes to, what it costs, and its phases."""
    for name in ("objective", "cost_usd"):
        more = rewrite("summary.json", lambda one, name=name: _add(one["proposal"], name, 1))
        assert ("summary.json", "proposal", name) in named(more)
    for name in ("covered", "regret", "kept_bound", "alone"):
        less = rewrite(
            "summary.json", lambda one, name=name: _add(one["proposal"]["phases"][0], name, -7)
        )
        assert ("summary.json", "proposal, phase 4", name) in named(less)


def _add(part, name, amount):
    part[name] += amount


def test_a_plan_that_the_summary_leaves_out_is_named(named):
    """As null, or not at all."""
    for change, said_as in (
        (lambda one: one.update(proposal=None), "proposal"),
        (lambda one: one.update(posts=None), "posts"),
        (lambda one: _drop(one, "posts"), "posts"),
    ):
        assert named(rewrite("summary.json", change)) == {("summary.json", "", said_as)}


def _drop(summary, name):
    del summary[name]


DROPPED = ("candidates_dropped.csv", "posts_dropped.csv")
"""What is written only where something is in it, and nothing that was kept tells."""


def test_files_that_are_gone_with_their_lines_are_named(named, out):
    """Whatever a run of its command, inputs and parameters writes."""
    # Who leaves the evidence out says so, and that is not checked; see docs/verify.md.
    names = sorted({one.name for one in out.iterdir()} - {EVIDENCE, "run.json", *DROPPED})
    for some in (names[::3], names[1::3], names[2::3], ["areas.csv"]):
        assert named(remove(*some)) == {("run.json", one, "outputs") for one in some}
    both = named(remove("proposals.csv", "proposals.geojson"))
    assert both == {("run.json", one, "outputs") for one in ("proposals.csv", "proposals.geojson")}
    without = named(remove(EVIDENCE, "proposals.csv"))
    assert without == {("run.json", "proposals.csv", "outputs")}
    listed = set(json.loads((out / "run.json").read_text(encoding="utf-8"))["outputs"])
    map_alone = rewrite(
        "run.json", lambda one: one.update(outputs={"map.html": one["outputs"]["map.html"]})
    )
    found = named(map_alone, sealed=False)
    assert {row for _, row, _ in found} == listed - {EVIDENCE, "map.html", *DROPPED}


def test_a_command_that_does_not_fit_what_was_kept_is_named(named):
    """A plan cannot be hidden behind another command, nor one be claimed that was not made."""
    for command in ("boxreach reach plan.toml", "boxreach", "else", 7, "boxreach 'run"):
        change = rewrite("run.json", lambda one, command=command: one.update(command=command))
        assert "run.json" in {file for file, _, _ in named(change)}
    for parameters in ([], None, {}):
        change = rewrite("run.json", lambda one, what=parameters: one.update(parameters=what))
        assert "run.json" in {file for file, _, _ in named(change)}


# --- what cannot be read -----------------------------------------------------------------------


def test_json_of_another_kind_is_named(named):
    """Too deep, too long, of another type, or none."""
    for content in (b"[" * 200_000, b"1" * 10_000, b"[]", b'"a"', b"\xff", b""):
        names = "summary.json", "proposals.geojson"
        assert {(name, "", "") for name in names} <= named(write(content, *names))


def test_a_record_of_another_kind_is_refused(tmp_path):
    """There is no run to verify."""
    for content in (b"[" * 200_000, b"[]", b"\xff", b'{"outputs": []}', b'{"outputs": {}}'):
        (tmp_path / "run.json").write_bytes(content)
        with pytest.raises(br.InputError, match="give the folder that boxreach run wrote"):
            br.verify(tmp_path)


@pytest.mark.release
def test_layers_of_another_shape_are_named(named):
    """No features, or some that are none."""
    first = {"type": "Feature", "properties": {}, "geometry": None}
    for features in (
        None, 3, [1, 2], [{}], [{"properties": {}}], [first | {"properties": None}],
        [first | {"geometry": 1}], [first | {"geometry": {"type": "Point", "coordinates": []}}],
        [first | {"geometry": {"type": "Point", "coordinates": None}}],
    ):  # fmt: skip
        change = rewrite("proposals.geojson", lambda one, what=features: one.update(features=what))
        assert named(change) == {("proposals.geojson", "", "features")}
    point = {"type": "Point", "coordinates": [{}, None]}
    odd = [first | {"properties": {"site_id": [1, {}]}, "geometry": point}]
    change = rewrite("proposals.geojson", lambda one: one.update(features=odd))
    assert "proposals.geojson" in {file for file, _, _ in named(change)}


def one_array(folder):
    """Write one array where many were."""
    with (folder / EVIDENCE).open("wb") as file:
        np.save(file, np.arange(9))


CLAIMS = {
    "huge": member((10**13,)),
    "rows without columns": member((10**13, 0)),
    "rows of no bytes": member((10**13,), "|V0"),
    "a negative number": member((-5,)),
    "objects": member((3,), "|O"),
    "more than there is": member((9,)),
    "less than there is": member((7,)),
    "packed tightly": member((2 * 10**7,), content=bytes(16 * 10**7)),
    "the start of an archive": write(b"PK\x03\x04", EVIDENCE),
    "nothing": write(b"", EVIDENCE),
    "one array": one_array,
}


def test_evidence_that_claims_what_is_not_there_is_named(named):
    """Before any memory is taken for it."""
    for name, change in CLAIMS.items():
        assert named(change) == {(EVIDENCE, "", "")}, name


def test_facts_of_another_shape_are_named(named):
    """What was set is JSON within the evidence, and may be anything."""
    for facts in (
        b"[" * 200_000,
        b"[]",
        b'{"format": 1}',
        b'{"format": 1, "heights_left_out": "a"}',
    ):

        def change(folder, facts=facts):
            arrays = read_arrays(folder / EVIDENCE)
            np.savez(folder / EVIDENCE, **arrays | {"facts": np.frombuffer(facts, np.uint8)})

        assert EVIDENCE in {file for file, _, _ in named(change)}


def test_tables_that_are_none_are_named(named):
    """Binary, empty, or with lines too long; of a workbook and a GeoPackage too."""
    for content in (b"\0\xff" * 50, b"", b"\xef\xbb\xbfa,a\n1,2,3\n1\n"):
        for name in ("reach.csv", "proposals.csv"):
            assert name in {file for file, _, _ in named(write(content, name))}
    for name in ("more.gpkg", "more.xlsx"):
        assert (name, "", "") in named(write(b"abc", name))


def test_a_run_whose_areas_are_called_like_formulas_passes(plan, edit, cli, tmp_path):
    """CSV quotes such names and JSON does not: they are the same, in sums, counts and quotas."""
    areas = gpd.read_file(plan.parent / "areas.gpkg")
    areas["name"], areas["area_id"] = ["=West", "-East"], ["@w", "+e"]
    areas.to_file(plan.parent / "areas.gpkg")
    edit(plan, 'governorate = "West"', 'governorate = "=West"')
    (plan.parent / "schools.csv").write_text("demand_id,lon,lat\n=s,44.06,33.11\n")
    edit(
        plan, "[network]", '[inputs.demand."=schools"]\nfile = "schools.csv"\nunit = "n"\n[network]'
    )
    code, _, message = cli("run", plan, "-o", tmp_path / "out")
    assert code == 0, message
    checked = br.verify(tmp_path / "out")
    assert checked.passed, checked.summary()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["proposal"]["quotas"] == ["at least 1 in governorate =West"]


TOLD = {
    "checked: 25 files that must be": "hat kontrolkirin: hejmara pelên ku divê hebin: 25",
    "not checked: times and sums: evidence.npz was left out": (
        "nehat kontrolkirin: dem û kom: evidence.npz hatiye derxistin"
    ),
    "reach.csv, row c7 at 30, column minutes: found 31.5, expected 31.4": (
        "reach.csv, rêza c7 li 30, stûna minutes: hat dîtin: 31.5, hêvîkirî: 31.4"
    ),
    "proposals.csv, row at-c1, column lat: found blank, expected 33.1 to 33.2": (
        "proposals.csv, rêza at-c1, stûna lat: hat dîtin: vala, hêvîkirî: ji 33.1 heta 33.2"
    ),
    "summary.json, row posts, phase 5, column bound: found 2, expected at least the objective, 3": (
        "summary.json, rêza posts, qonaxa 5, stûna bound: hat dîtin: 2, hêvîkirî: herî kêm "
        "nirxa armancê, 3"
    ),
    "moves.csv, row b3 to b4: found no such row, expected a row": (
        "moves.csv, rêza b3 heta b4: hat dîtin: rêzeke wiha tune, hêvîkirî: rêzek"
    ),
    "and 3 more": "û yên din: 3",
    "values that differ: 23": "hejmara nirxên cuda: 23",
}


def test_lines_of_a_verification_are_said_whole_in_another_language():
    """What stands in the files, and how rows are called, stays as it is."""
    assert translate("\n".join(TOLD), "kmr").splitlines() == list(TOLD.values())
