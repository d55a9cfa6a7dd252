"""What `run.json` promises: all that an answer came from, and `verify` tells what was changed."""

import hashlib
import json
import shutil
import sys
import tomllib
from copy import deepcopy
from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement

import boxreach as br
from boxreach.cli.plan import read_plan

pytestmark = pytest.mark.slow

_ASKED = """
[[scenario]]
name = "night"
condition = "night"
[critical]
candidates = false
[robustness]
draws = 4
candidates = false
[robustness.speeds]
all = [0.7, 1.0]
"""
PLANS = {
    "people on cells": (),
    "people on communities": ('population = "people.tif"\n',),
    "boxes alone": ('frontier = "frontier.geojson"\n',),
}
"""What is taken out of the small plan."""
_ALONE = "people on communities", "boxes alone"
TOLD_ONLY = {
    "click", "lazy-loader", "platformdirs", "pycountry", "requests", "rich", "urllib3",
    "xlsxwriter",
}  # fmt: skip
"""Libraries that no answer of a run comes from: of terminal, imports, downloads and later packs."""


@pytest.fixture
def ran(plan, cli, tmp_path, edit):
    """Run a small plan that asks for all; return its folder."""

    def start(*without, more=_ASKED, options=(), command="run"):
        for text in without:
            edit(plan, text, "")
        plan.write_text(plan.read_text("utf-8") + more, encoding="utf-8")
        code, _, message = cli(command, plan, "-o", tmp_path / "out", *options)
        assert code == 0, message
        return tmp_path / "out"

    return start


def record_of(folder):
    return json.loads((folder / "run.json").read_text("utf-8"))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_has_versions_hashes_parameters_and_warnings(ran, plan):
    """Of every library that may alter an answer, every file, every key, and what was said."""
    out = ran(options=["--set", "reach.minutes=[7,20]"])
    record = record_of(out)
    assert record["boxreach"] == br.__version__
    assert record["python"] == ".".join(map(str, sys.version_info[:3]))
    needed = {one.name for text in requires("boxreach") if not (one := Requirement(text)).marker}
    assert needed - TOLD_ONLY <= record["libraries"].keys()
    assert all(record["libraries"][name] == version(name) for name in needed - TOLD_ONLY)
    assert {"GEOS (shapely)", "PROJ (pyproj)", "GDAL (pyogrio)"} <= record["libraries"].keys()
    given = tomllib.loads(plan.read_text("utf-8"))["inputs"]
    assert {one["name"]: one["sha256"] for one in record["inputs"]} == {
        name: sha256(plan.parent / file) for name, file in given.items()
    }
    files = {one.name for one in out.iterdir()} - {"run.json"}
    assert record["outputs"] == {name: sha256(out / name) for name in sorted(files)}
    assert record["parameters"]["reach.minutes"] == [7, 20]
    assert record["command"].endswith("--set 'reach.minutes=[7,20]'")


def test_every_key_of_a_plan_is_among_the_parameters(ran, plan):
    """With its value, those that the plan does not give too."""
    record = record_of(ran())
    parameters = record["parameters"]
    known = read_plan(plan)
    for section in ("network", "reach", "people", "posts", "output"):
        for key in type(getattr(known, section)).model_fields:
            assert f"{section}.{key}" in parameters or (section == "output" and key in record)
    belongs = {"model", "boxes", "minutes", "quotas", "seconds", "seed", "candidates"}
    assert {f"propose.{key}" for key in belongs} <= parameters.keys()
    for key in type(known.speeds).model_fields:
        name = "network.speeds_kmh" if key == "kmh" else f"speeds.{key}"
        assert name in parameters
    assert parameters["network.off_road_kmh"] == 15
    assert parameters["robustness"]["seed"] == 0
    assert parameters["scenario"][0]["condition"] == "night"


def test_every_warning_that_is_printed_is_in_it(plan, cli, tmp_path, edit):
    """And none besides."""
    edit(plan.parent / "communities.csv", "44.30,33.10", "44.06,33.11")
    code, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 0
    said = [line.removeprefix("note: ") for line in message.splitlines() if "note: " in line]
    assert record_of(tmp_path / "out")["warnings"] == said
    assert any("several rows stand at one place" in one for one in said)


@pytest.mark.parametrize(
    "name", ["people on cells", *(pytest.param(one, marks=pytest.mark.release) for one in _ALONE)]
)
def test_verify_reproduces_every_kind_of_plan(ran, cli, name):
    """People on cells or on communities, boxes, posts and what if: exit code 0."""
    out = ran(*PLANS[name])
    code, said, message = cli("verify", out)
    assert code == 0, said + message
    assert said.strip().endswith("all agrees")


def test_a_changed_byte_of_any_output_is_told_by_its_name(ran, cli, tmp_path):
    """Each file of a run, one byte of it in the middle: some alone, and all of them at once."""
    out = ran()
    every = sorted(one.name for one in out.iterdir() if one.name != "run.json")
    for changed in (["evidence.npz"], ["map.html"], ["reach.csv"], every):
        folder = shutil.copytree(out, tmp_path / f"copy-{len(changed)}-{changed[0]}")
        for name in changed:
            data = bytearray((folder / name).read_bytes())
            data[len(data) // 2] ^= 1
            (folder / name).write_bytes(data)
        found = br.verify(folder, rows=1)
        assert [one.file for one in found.findings if one.column == "sha256"] == changed
    with (out / "curves.csv").open("ab") as stream:
        stream.write(b"\n")
    assert cli("verify", out)[0] == 1


def change_input(record):
    record["inputs"][0]["sha256"] = "0" * 64
    return f"inputs.{record['inputs'][0]['name']}"


def change_parameter(record):
    record["parameters"]["network.off_road_kmh"] = 16
    return "parameters.network.off_road_kmh"


def drop_parameter(record):
    del record["parameters"]["reach.direction"]
    return "parameters.reach.direction"


def change_version(record):
    record["libraries"]["numpy"] = "1.0"
    return "libraries.numpy"


def add_warning(record):
    record["warnings"].append("all is well")
    return "warnings"


def change_command(record):
    record["command"] += " --strict"
    return "command"


def test_a_changed_record_is_told_by_its_key(ran, cli):
    """What the run was made of and asked for is kept a second time, in its evidence."""
    out = ran(more="", command="reach")
    written = record_of(out)
    for change in (change_input, change_parameter, drop_parameter, change_version, add_warning,
                   change_command):  # fmt: skip
        record = deepcopy(written)
        name = change(record)
        (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
        assert ("run.json", name) in {(one.file, one.column) for one in br.verify(out).findings}
        assert cli("verify", out)[0] == 1
