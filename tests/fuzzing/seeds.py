"""Small good files that fuzzing begins with, and what others of our tests found worth trying."""

import contextlib
import json
import sys
import tempfile
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import rasterio
from osmium.osm.mutable import Node, Way
from rasterio import Affine
from shapely import LineString, Point, box

import boxreach as br
from boxreach.cli import main
from boxreach.network import save_network

LINES = (
    ((44.0, 33.1), (44.25, 33.1)),
    ((44.25, 33.1), (44.3, 33.12), (44.5, 33.1)),
    ((44.25, 33.1), (44.25, 33.35)),
)
PLAN = """\
[inputs]
boxes = "boxes.csv"
communities = "communities.csv"
roads = "roads.geojson"
[reach]
minutes = [10, 20]
[propose]
boxes = 1
minutes = 20
quotas = [{ governorate = "West", at_least = 1 }]
[output]
languages = ["en"]
"""
BOXES = "site_id,name,lon,lat\nb1,Alpha,44.05,33.10\nb2,Beta,44.45,33.10\n"
COMMUNITIES = """\
community_id,name,name_ar,lon,lat,people
c1,One,واحد,44.06,33.11,1000
c2,Two,,44.30,33.10,2500
c3,"Three, far",,44.26,33.32,
"""


def roads():
    """Return three roads, one of them one way."""
    columns = {"road_id": ["r1", "r2", "r3"], "road_class": "primary", "oneway": ["", "yes", ""]}
    return gpd.GeoDataFrame(columns, geometry=[LineString(one) for one in LINES], crs=4326)


def line():
    """Return a frontier."""
    return gpd.GeoDataFrame(geometry=[LineString([(44, 33), (44.1, 33.1), (44, 33.2)])], crs=4326)


def areas():
    """Return two areas beside each other."""
    columns = {"area_id": ["w", "e"], "name": ["West", "شرق"]}
    return gpd.GeoDataFrame(columns, geometry=[box(43, 33, 44, 34), box(44, 33, 45, 34)], crs=4326)


def places():
    """Return three places with people."""
    columns = {"community_id": ["a", "b", "c"], "name": ["x", "واحد", ""], "people": [1, 2, None]}
    shapes = [Point(44.1, 33.1), Point(44.2, 33.15), Point(44.3, 33.2)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def closures():
    """Return a bridge that is down and an area that slows."""
    columns = {"closure_id": ["x", "y"], "from_date": ["2026-01-01", ""], "speed_factor": [0, 0.5]}
    shapes = [Point(44.1, 33.1), box(44.2, 33.0, 44.22, 33.2)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def grid_bytes(kind, **options):
    """Return a GeoTIFF of 5 rows and 7 columns."""
    values = np.arange(35).reshape(5, 7).astype(kind)
    profile = {"driver": "GTiff", "height": 5, "width": 7, "count": 1, "dtype": kind, "nodata": 0}
    where = {"crs": "EPSG:4326", "transform": Affine(0.1, 0, 44, 0, -0.1, 33.5)}
    with rasterio.MemoryFile() as file:
        with file.open(**profile, **where, **options) as grid:
            grid.write(values, 1)
        return file.read()


def layer_bytes(table, ending):
    """Return a table as a file of that ending."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"layer.{ending}"
        table.to_parquet(path) if ending == "parquet" else table.to_file(path)
        return path.read_bytes()


def extract_bytes(ending):
    """Return an extract of OpenStreetMap of three nodes and two ways."""
    nodes = [Node(id=n, location=(44 + n / 100, 33.0), version=1, visible=True) for n in (1, 2, 3)]
    tags = ({"highway": "primary", "maxspeed": "50"}, {"highway": "track", "oneway": "-1"})
    ways = [
        Way(id=n, nodes=one, tags=tag, version=1, visible=True)
        for n, (one, tag) in enumerate(zip(([1, 2], [2, 3]), tags, strict=True))
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"roads.{ending}"
        with osmium.SimpleWriter(str(path)) as writer:
            for one in nodes:
                writer.add_node(one)
            for one in ways:
                writer.add_way(one)
        return path.read_bytes()


def save_roads(folder):
    """Save the network of the roads, with a closure in it, in a folder of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = br.build_network(roads(), closures=closures().set_index("closure_id"))
        return save_network(network, folder)


def run_plan(folder):
    """Run a small plan; return the folder of its outputs."""
    plan = PLAN.replace('quotas = [{ governorate = "West", at_least = 1 }]\n', "")
    for name, text in (("plan.toml", plan), ("boxes.csv", BOXES), ("communities.csv", COMMUNITIES)):
        (folder / name).write_text(text, encoding="utf-8")
    roads().to_file(folder / "roads.geojson")
    out = folder / "out"
    before = sys.argv
    sys.argv = ["boxreach", "run", str(folder / "plan.toml"), "-o", str(out)]
    try:
        with (
            contextlib.redirect_stderr(None),
            contextlib.redirect_stdout(None),
            contextlib.suppress(SystemExit),
        ):
            main()
    finally:
        sys.argv = before
    json.loads((out / "run.json").read_text(encoding="utf-8"))
    return out
