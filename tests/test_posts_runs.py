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
from boxreach.verification.evidence import EVIDENCE, load_evidence

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
road_km = 3
[posts.sight]
day_km = 4
[posts.intercept]
depth_km = 1
detect_minutes = 2
[output]
languages = ["en"]
"""
_TERRAIN = {"driver": "GTiff", "height": 100, "width": 60, "count": 1, "dtype": "float32"}


def write_heights(path, west=43.9):
    """Write rolling ground of 400 m with a wall across it, in cells of about 400 m."""
    row, column = np.mgrid[0:100, 0:60]
    heights = 400 + 12 * np.sin(row / 3.0) + 8 * np.cos(column / 4.0)
    heights[52:54] += 60
    place = Affine(0.004, 0, west, 0, -0.004, 33.4)
    with rasterio.open(path, "w", crs="EPSG:4326", transform=place, **_TERRAIN) as grid:
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
    track = LineString([(43.96, 33.06), (43.96, 33.29)])
    road = LineString([(43.96, 33.1), (44.25, 33.1)])
    write_layer(folder / "roads.geojson", [track, road], road_class=["track", "primary"])
    halves = [box(43.95, 33.17, 44.4, 33.4), box(43.95, 32.9, 44.4, 33.17)]
    write_layer(folder / "areas.gpkg", halves, area_id=["n", "s"], name=["North", "South"])
    write_layer(folder / "frontier.geojson", [LineString([(43.95, 33.3), (43.95, 33.05)])], danger=[2.0])
    write_layer(folder / "crossings.geojson", [Point(43.95, 33.12)], id=["gate"], name=["Gate"])
    write_layer(folder / "buildings.geojson", [Point(43.962, 33.2)])
    write_layer(folder / "risk.geojson", [box(43.9, 33.05, 44, 33.1)], risk=[3.0])
    write_layer(folder / "rivers.geojson", [LineString([(44.0, 33.0), (44.0, 33.4)])])
    write_heights(folder / "heights.tif")
    return folder / "plan.toml"


@pytest.fixture
def given(small, tmp_path):
    """A copy of it that may be changed."""
    return shutil.copytree(small.parent, tmp_path / "plan") / "plan.toml"


_NIGHT = 'posts = 4\neach = 2\nper_site = 2'
CASES = {
    "seen by day": (),
    "by two, by night": (("posts = 4", _NIGHT), ('"day"', '"night"'), ("defence_km = 0.5\n", "")),
    "a share": (("posts = 4", "share = 0.6"), ("phases = [3, 5]\n", ""), ("defence_km = 0.5", ""),
                ('see = "day"\n', "")),
    "by two, with risk in the file": (
        ("posts = 4", "posts = 4\neach = 2"), ('risk = "risk.geojson"\n', ""),
        ("stated_km", 'risk = "danger"\nstated_km'), ('see = "day"\n', ""),
    ),
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


@pytest.mark.parametrize("case", CASES)
def test_a_run_is_recomputed_by_verify(run_of, case):
    """Times by networkx, sums by plain addition, sight as the run saw it."""
    found = br.verify(run_of(case), every_row=True)
    assert found.passed, found.summary()
    assert found.notes == ()
