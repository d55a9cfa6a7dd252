"""The order of rows changes nothing: a run over shuffled inputs writes the same files.

A small plan in which every input is given and much is alike (a grid of roads, people as often at
the same distance, doubled roads, places between two boxes) is run, then run again with the rows of
its files in another order.
"""

import hashlib
import io
import json
import random
import shutil
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

import boxreach as br
from boxreach.verification.evidence import EVIDENCE, load_evidence

pytestmark = pytest.mark.slow

_PLAN = """\
[inputs]
boxes = "boxes.csv"
roads = "roads.geojson"
population = "cells.csv"
areas = "areas.geojson"
districts = "districts.geojson"
closures = "closures.geojson"
speed_zones = "zones.geojson"
ground = "ground.geojson"
frontier = "frontier.geojson"
crossings = "crossings.geojson"
posts = "posts.csv"
buildings = "buildings.geojson"
risk = "risk.geojson"
rivers = "rivers.geojson"
countries = "countries.geojson"
stations = "stations.csv"
points = "points.csv"
[inputs.communities]
file = "communities.csv"
layers = ["residents", "displaced"]
[inputs.demand.schools]
file = "schools.csv"
unit = "schools"
[inputs.demand.pipes]
file = "pipes.geojson"
unit = "km"
segment_km = 2
[network]
off_road_km = 4
node_crossings = true
bridge_m = 200
[reach]
minutes = [5, 10]
[propose]
boxes = 3
minutes = 5
phases = [4, 6]
spacing_km = 3
relocation = { at_most = 1 }
quotas = [{ governorate = "West", at_least = 1 }]
[posts]
posts = 3
minutes = 10
defence_km = 0.5
[posts.candidates]
road_km = 3
spacing_km = 2
[[scenario]]
name = "night"
condition = "night"
lost = ["b2"]
[[scenario]]
name = "flood"
closures = "flood.geojson"
boxes = "more.csv"
[critical]
[robustness]
draws = 4
closures = "risky.geojson"
[robustness.speeds]
all = [0.7, 1.0]
[output]
languages = ["en"]
"""
_STEP = 0.05
_WEST, _SOUTH = 44.0, 33.0


def _place(x, y):
    """Return where something stands: steps to the east and to the north."""
    return round(_WEST + _STEP * x, 6), round(_SOUTH + _STEP * y, 6)


def _write_points(path, head, rows):
    """Write points: an id, steps to the east and to the north, and what else is said."""
    lines = [head.replace(",place,", ",lon,lat,")]
    for one, x, y, *more in rows:
        lon, lat = _place(x, y)
        lines.append(",".join(map(str, [one, lon, lat, *more])))
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _write_layer(path, shapes, **columns):
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path, driver="GeoJSON")


def _square(x, y, side):
    return box(*_place(x, y), *_place(x + side, y + side))


def _line(*places):
    return LineString([_place(*one) for one in places])


def _write_roads(folder):
    """Write a grid of roads, some of them twice, and two that cross without a common vertex."""
    lines = [_line((x, y), (x + 1, y)) for x, y in product(range(5), range(5))]
    lines += [_line((x, y), (x, y + 1)) for x, y in product(range(5), range(4))]
    lines += [_line((0, 0), (1, 0)), _line((2, 2), (2.5, 2.4), (3, 2)), _line((2, 2), (3, 2))]
    lines += [_line((0.3, 0.6), (0.7, 1.4)), _line((5.02, 4), (6, 4))]
    classes = ["primary", "secondary", "track"]
    _write_layer(
        folder / "roads.geojson",
        lines,
        road_id=[f"r{n}" for n in range(len(lines))],
        road_class=[classes[n % 3] for n in range(len(lines))],
        oneway=["yes" if n % 11 == 5 else "" for n in range(len(lines))],
        name=[f"Road {n % 7}" for n in range(len(lines))],
        bridge=["yes" if n % 9 == 4 else "" for n in range(len(lines))],
    )


def _write_points_of_world(folder):
    _write_points(folder / "boxes.csv", "site_id,place,name",
                  [("b2", 3, 1, "Beta"), ("b1", 1, 1, "Alpha"), ("b3", 1, 3, "Gamma")])  # fmt: skip
    _write_points(folder / "communities.csv", "community_id,place,name,residents,displaced,people",
                  [(f"c{n}", 0.5 + n % 5, n // 5 + 0.2 * (n % 3), f"Place {n % 4}", 100 * (n % 3),
                    "" if n % 4 else 7.3, 100.1 * (n % 3)) for n in range(20)])  # fmt: skip
    _write_points(folder / "cells.csv", "cell_id,place,people,area_km2",
                  [(f"p{n}", n % 7 * 0.75, n // 7 * 0.6, 10.1 * (1 + n % 5), 1 + n % 3)
                   for n in range(49)])  # fmt: skip
    _write_points(folder / "posts.csv", "site_id,place,name", [("o2", 0, 3.5, "Old"),
                  ("o1", 0, 0.5, "Older")])  # fmt: skip
    _write_points(folder / "stations.csv", "site_id,place,name,status",
                  [(f"s{n}", n, 2, f"Station {n}", "destroyed") for n in range(4)])  # fmt: skip
    _write_points(folder / "points.csv", "site_id,place,name",
                  [(f"t{n}", 2, n, f"Point {n}") for n in range(4)])  # fmt: skip
    _write_points(folder / "schools.csv", "demand_id,place,name",
                  [(f"e{n}", n % 4, n % 3 + 0.5, f"School {n}") for n in range(9)])  # fmt: skip
    _write_points(folder / "more.csv", "site_id,place,name",
                  [("m2", 4, 4, "More"), ("m1", 4, 0, "Most")])  # fmt: skip


def _write_areas_of_world(folder):
    west, east = box(*_place(-1, -1), *_place(2, 6)), box(*_place(2, -1), *_place(7, 6))
    _write_layer(folder / "areas.geojson", [east, west], area_id=["e", "w"], name=["East", "West"])
    tiles = [_square(-1 + 2 * x, -1 + 2 * y, 2) for x, y in product(range(4), range(4))]
    _write_layer(folder / "districts.geojson", tiles, area_id=[f"d{n}" for n in range(16)],
                 name=[f"District {n % 15}" for n in range(16)])  # fmt: skip
    _write_layer(folder / "closures.geojson",
                 [_square(2.8, 2.8, 0.4), Point(_place(3.5, 1)), _line((0.2, 4), (0.8, 4)),
                  _square(2.9, 2.9, 0.6)],
                 closure_id=["k2", "k1", "k4", "k3"], speed_factor=[0.5, 0, 0, 0.7],
                 reason=["flood", "mine", "war", "flood"])  # fmt: skip
    _write_layer(folder / "zones.geojson",
                 [_square(0, 0, 1.5), _square(1, 1, 1.5)], zone_id=["z2", "z1"],
                 speed_factor=[0.5, 0.8], name=["Old town", "Market"])  # fmt: skip
    _write_layer(folder / "ground.geojson", [_square(0, 0, 2), _square(1, 1, 2), _square(3, 0, 1)],
                 ground_id=["g3", "g1", "g2"], off_road_kmh=[5, 10, 0])  # fmt: skip
    _write_layer(folder / "risk.geojson", [_square(-1, 0, 2), _square(-1, 1, 2)],
                 row=["x", "y"], risk=[3.0, 2.0])  # fmt: skip
    _write_layer(folder / "flood.geojson", [_square(0.9, 0.9, 0.2), _square(3.4, 0.4, 0.2)],
                 closure_id=["f2", "f1"])  # fmt: skip
    _write_layer(folder / "risky.geojson", [_square(1.4, 1.9, 0.2), _square(3.4, 2.9, 0.2)],
                 closure_id=["q2", "q1"], probability=[0.5, 0.5])  # fmt: skip
    _write_layer(folder / "countries.geojson", [_square(-2, -2, 2), _square(-2, 0, 2)],
                 feature_id=["n", "m"], name=["North", "South"])  # fmt: skip


def _write_lines_of_world(folder):
    _write_layer(folder / "frontier.geojson",
                 [_line((-0.3, 2), (-0.3, 4)), _line((-0.3, 0), (-0.3, 2))],
                 part_id=["l2", "l1"])  # fmt: skip
    _write_layer(folder / "crossings.geojson", [Point(_place(-0.3, 3)), Point(_place(-0.3, 1))],
                 crossing_id=["x2", "x1"], name=["Gate", "Door"])  # fmt: skip
    _write_layer(folder / "buildings.geojson", [Point(_place(0.1, n)) for n in range(4)],
                 building_id=["u4", "u1", "u3", "u2"])  # fmt: skip
    _write_layer(folder / "rivers.geojson",
                 [_line((3.5, -1), (3.5, 6)), _line((-1, 3.5), (6, 3.5))], feature_id=["w2", "w1"],
                 name=["Tigris", "Zab"])  # fmt: skip
    _write_layer(folder / "pipes.geojson", [_line((0, 1.1), (4, 1.1)), _line((1.1, 0), (1.1, 4))],
                 demand_id=["i2", "i1"], name=["Oil", "Gas"])  # fmt: skip


@pytest.fixture
def world(tmp_path):
    """A plan in which every input is given, in a folder of its own."""
    folder = tmp_path / "world"
    folder.mkdir()
    (folder / "plan.toml").write_text(_PLAN, encoding="utf-8")
    for write in (_write_roads, _write_points_of_world, _write_areas_of_world,
                  _write_lines_of_world):  # fmt: skip
        write(folder)
    return folder


def shuffle(path, order):
    """Put the rows or features of a file in another order."""
    text = path.read_text("utf-8")
    if path.suffix == ".csv":
        head, *rows = text.splitlines()
        order.shuffle(rows)
        path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        return
    layer = json.loads(text)
    order.shuffle(layer["features"])
    path.write_text(json.dumps(layer), encoding="utf-8")


def strip_ids(path):
    """Take away the ids of a layer in which none must be."""
    layer = json.loads(path.read_text("utf-8"))
    for feature in layer["features"]:
        for name in [one for one in feature["properties"] if one.endswith("_id") or one == "row"]:
            if name != "area_id":
                del feature["properties"][name]
    path.write_text(json.dumps(layer), encoding="utf-8")


def unrecorded(folder):
    """Return all of the evidence of a run but for its record, as bytes."""
    kept = load_evidence(folder / EVIDENCE)
    texts = json.dumps([kept.texts, {**kept.facts, "record": None}])
    arrays = {name: (one.dtype.str, one.shape) for name, one in kept.arrays.items()}
    return b"".join([texts.encode(), json.dumps(arrays).encode(),
                     *(one.tobytes() for one in kept.arrays.values())])  # fmt: skip


def tables_of(folder):
    """Return the files of a plan whose rows may stand in any order."""
    return sorted(one for one in folder.iterdir() if one.suffix in {".csv", ".geojson"})


@pytest.fixture
def run(cli, tmp_path):
    """Run a plan; return its files by name, the hashes of inputs in them by the inputs' names."""

    def start(folder):
        out = tmp_path / f"out-of-{folder.name}"
        code, _, message = cli("run", folder / "plan.toml", "-o", out, "--no-progress")
        assert code == 0, message
        hashes = {
            hashlib.sha256(one.read_bytes()).hexdigest(): one.name for one in folder.iterdir()
        }
        files = {}
        for one in sorted(out.iterdir()):
            files[one.name] = one.read_bytes()
            for hashed, name in hashes.items():
                files[one.name] = files[one.name].replace(hashed.encode(), name.encode())
        record = json.loads(files["run.json"])
        # They hold the hashes of the inputs, and so have other ones of their own.
        for name in ("report.html", "report.json", EVIDENCE):
            del record["outputs"][name]
        return files | {"run.json": json.dumps(record).encode(), EVIDENCE: unrecorded(out)}

    return start


@pytest.fixture
def shuffled(world):
    """Copy the world and shuffle some of its files by a seed."""

    def make(seed, names=None):
        order = random.Random(seed)
        folder = world.with_name(f"world-{seed}-{'all' if names is None else names[0]}")
        shutil.copytree(world, folder)
        for path in tables_of(folder):
            if names is None or path.name in names:
                before = path.read_bytes()
                while path.read_bytes() == before:
                    shuffle(path, order)
        return folder

    return make


def differing(one, other):
    """Return the names of files that are not the same."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def test_shuffled_inputs_give_the_same_files(world, shuffled, run):
    """Every file of a run that is asked for all, all inputs shuffled at once."""
    one = run(world)
    assert {"reach.csv", "proposals.csv", "posts.csv", "scenarios.csv", "robustness.csv",
            "critical_roads.csv", "demand.csv", "bridges.csv", "map.html", "report.html",
            "evidence.npz"} <= one.keys()  # fmt: skip
    assert differing(one, run(shuffled(1))) == []


NAMED = {
    "bridges.csv": {"from_road", "to_road"},
    "critical_places.csv": {"feature_id"},
    "critical_roads.csv": {"feature_id"},
    "crossings.csv": {"crossing_id"},
    "demand.csv": {"id"},
    "opening.csv": {"closure_id"},
    "posts.csv": {"crossing"},
    "posts_dropped.csv": {"crossing"},
}
"""Columns in which things of no ids are called by their rows."""


def unnamed(text, columns):
    """Return the rows of a table without some columns, in an order of their own."""
    table = pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert columns <= {*table.columns}
    return sorted(map(tuple, table.drop(columns=[*columns]).to_numpy().tolist()))


@pytest.mark.release
def test_rows_of_no_ids_change_their_names_and_nothing_else(world, shuffled, run):
    """They are called by their numbers; whom they serve, close or slow stays as it is."""
    for path in tables_of(world):
        # Each closure that may hold is drawn by its name.
        if path.suffix == ".geojson" and path.name != "risky.geojson":
            strip_ids(path)
    one, two = run(world), run(shuffled(2))
    differs = {name for name in differing(one, two) if name.endswith(".csv")}
    assert differs == {*NAMED}
    for name, columns in NAMED.items():
        assert unnamed(one[name], columns) == unnamed(two[name], columns), name


@pytest.mark.heavy
def test_each_input_and_all_are_shuffled_in_many_ways(world, shuffled, run):
    """Each file alone, then all of them twenty times."""
    one = run(world)
    for path in tables_of(world):
        assert differing(one, run(shuffled(3, [path.name]))) == [], path.name
    for seed in range(4, 24):
        assert differing(one, run(shuffled(seed))) == [], seed


def test_shuffled_roads_give_the_same_times(draw_towns):
    """In Python too, where tables stay in the order in which they are given."""
    random_, roads, sites, demand = draw_towns(8)
    times = br.travel_times(br.build_network(roads, node_crossings=True), sites, demand)
    for _ in range(3):
        mixed = roads.iloc[random_.permutation(len(roads))]
        again = br.travel_times(br.build_network(mixed, node_crossings=True), sites, demand)
        assert np.array_equal(times.ms.toarray(), again.ms.toarray())
        assert np.array_equal(times.nearest_site, again.nearest_site)
