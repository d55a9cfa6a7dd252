"""A plan of any size on disk: roads as an extract of OpenStreetMap, boxes, communities, cells."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.countries import CLASSES, Country, make_country

Figures = dict[str, Any]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_DEGREES_BETWEEN_CELLS: Final = 1 / 1200
"""Of the grid of people: about 90 m, as WorldPop's."""

_SPREAD_DEGREES: Final = 0.004
_PLACE_DEGREES: Final = 0.002
_AREAS_ACROSS: Final = 4

_PLAN = """\
[inputs]
boxes = "boxes.csv"
communities = "communities.csv"
roads = "roads.osm.pbf"
population = "people.tif"
areas = "areas.gpkg"
[reach]
minutes = [15, 30, 60]
[propose]
boxes = {new_boxes}
minutes = 30
seconds = {seconds}
curve_seconds = 0
[output]
languages = ["en"]
"""


MORE: Final = {
    "at communities": '[people]\ncount_on = "communities"\n',
    "what if": """\
[[scenario]]
name = "rain"
condition = "rain"
[[scenario]]
name = "one less"
lost = ["{lost}"]
[[scenario]]
name = "slow"
speed_factor = {{ all = 0.7 }}
[critical]
roads = "in-use"
[robustness]
draws = 30
speeds = {{ all = [0.6, 1.0], off_road = [0.5, 1.0] }}
""",
}
"""What a plan may ask besides: sections of it."""


def ask_more(folder: Path, settings: Figures) -> None:
    """Add to a plan what it is to ask besides.

    Parameters
    ----------
    folder
        Where it lies.
    settings
        ``more``, names of `MORE`; nothing is added without.
    """
    with (folder / "boxes.csv").open(encoding="utf-8", newline="") as file:
        lost = next(csv.DictReader(file))["site_id"]
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write("\n" + "".join(MORE[one].format(lost=lost) for one in settings.get("more", ())))


def lay_out(folder: Path, settings: Figures) -> Figures:
    """Write the plan and the files that it names.

    Parameters
    ----------
    folder
        Where they go; it must be there.
    settings
        ``nodes``, ``demand`` (populated cells), ``communities``, each of which is a candidate too,
        ``boxes``, ``new_boxes``, ``seconds`` and ``seed``.
    """
    country = make_country(settings["nodes"], settings["seed"])
    draw = np.random.default_rng(settings["seed"])
    ways = write_extract(folder / "roads.osm.pbf", country)
    bounds = country.lon.min(), country.lat.min(), country.lon.max(), country.lat.max()
    cells = _write_people(folder / "people.tif", country, settings["demand"], draw)
    _write_areas(folder / "areas.gpkg", bounds)
    for name, key in (("boxes", "site_id"), ("communities", "community_id")):
        _write_places(folder / f"{name}.csv", key, country, settings[name], draw)
    (folder / "plan.toml").write_text(_PLAN.format(**settings), encoding="utf-8")
    ask_more(folder, settings)
    return {"ways": ways, "cells": cells}


def write_extract(path: Path, country: Country) -> int:
    """Write the roads of a country as OpenStreetMap has them; return how many ways they are."""
    import osmium
    from osmium.osm.mutable import Node, Way

    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as file:
        for number, place in enumerate(zip(country.lon, country.lat, strict=True), 1):
            file.add_node(Node(id=number, location=place, version=1))
        ways = find_chains(country)
        for number, (edge, nodes) in enumerate(ways, 1):
            tags = {"highway": CLASSES[country.road_class[edge]]}
            if country.backward_ms[edge] < 0:
                tags["oneway"] = "yes"
            elif country.forward_ms[edge] < 0:
                tags["oneway"] = "-1"
            file.add_way(Way(id=number, nodes=[one + 1 for one in nodes], tags=tags, version=1))
    return len(ways)


def find_chains(country: Country) -> list[tuple[int, list[int]]]:
    """Return the ways between forks and ends of alike roads: an edge of each, and its nodes."""
    tail, head = country.tail.tolist(), country.head.tolist()
    alike = (
        country.road_class.astype(np.int64) * 4
        + (country.forward_ms < 0) * 2
        + (country.backward_ms < 0)
    ).tolist()
    edges_at: list[list[int]] = [[] for _ in range(len(country.lon))]
    for edge, ends in enumerate(zip(tail, head, strict=True)):
        for node in ends:
            edges_at[node].append(edge)
    used = bytearray(len(tail))
    chains = []
    for edge in range(len(tail)):
        if used[edge]:
            continue
        used[edge] = 1
        nodes = [tail[edge], head[edge]]
        for at, ends, others in ((-1, tail, head), (0, head, tail)):
            # Forwards from the head, then backwards from the tail, as roads are drawn.
            while (more := _next(nodes[at], edges_at, ends, used, alike, alike[edge])) >= 0:
                used[more] = 1
                nodes.insert(0 if at == 0 else len(nodes), others[more])
        chains.append((edge, nodes))
    return chains


def _next(
    node: int, edges_at: list[list[int]], ends: list[int], used: bytearray, alike: list[int],
    kind: int,
) -> int:  # fmt: skip
    """Return the edge that goes on at a node where nothing forks, -1 where none does."""
    here = edges_at[node]
    if len(here) == 2:
        for edge in here:
            if not used[edge] and alike[edge] == kind and ends[edge] == node:
                return edge
    return -1


def _write_people(path: Path, country: Country, count: int, draw: np.random.Generator) -> int:
    """Write a grid in which so many cells about the roads are populated; return how many are."""
    import rasterio
    from rasterio import Affine

    step = _DEGREES_BETWEEN_CELLS
    west, north = country.lon.min() - 0.02, country.lat.max() + 0.02
    width = int((country.lon.max() + 0.02 - west) / step)
    height = int((north - country.lat.min() + 0.02) / step)
    settled = np.flatnonzero(country.place >= 0)
    at = np.empty(0, np.int64)
    while len(at) < count:
        rows = draw.choice(settled, 2 * count)
        lon, lat = (
            one[rows] + draw.normal(0, _SPREAD_DEGREES, len(rows))
            for one in (country.lon, country.lat)
        )
        column = np.clip((lon - west) / step, 0, width - 1).astype(np.int64)
        row = np.clip((north - lat) / step, 0, height - 1).astype(np.int64)
        at = np.unique(np.append(at, row * width + column))
    at = draw.choice(at, count, replace=False)
    people = np.zeros(height * width, np.float32)
    people[at] = np.rint(draw.lognormal(2.0, 1.0, count) + 1)
    profile: Figures = {
        "driver": "GTiff", "height": height, "width": width, "count": 1, "dtype": "float32",
        "crs": 4326, "nodata": -1, "compress": "deflate", "tiled": True,
        "transform": Affine(step, 0, west, 0, -step, north),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as grid:
        grid.write(people.reshape(height, width), 1)
    return int((people > 0).sum())


def _write_areas(path: Path, bounds: tuple[float, float, float, float]) -> None:
    """Write governorates: a few rectangles that part the land."""
    import geopandas as gpd
    from shapely import box

    west, south, east, north = bounds
    lon = np.linspace(west - 0.1, east + 0.1, _AREAS_ACROSS + 1)
    lat = np.linspace(south - 0.1, north + 0.1, _AREAS_ACROSS + 1)
    shapes = [
        box(lon[x], lat[y], lon[x + 1], lat[y + 1])
        for x in range(_AREAS_ACROSS)
        for y in range(_AREAS_ACROSS)
    ]
    names = [f"Area {number}" for number in range(1, len(shapes) + 1)]
    table = {"area_id": [f"a{number}" for number in range(len(shapes))], "name": names}
    gpd.GeoDataFrame(table, geometry=shapes, crs=4326).to_file(path)


def _write_places(
    path: Path, key: str, country: Country, count: int, draw: np.random.Generator
) -> None:
    settled = np.flatnonzero(country.place >= 0)
    rows = draw.choice(settled, count, replace=count > len(settled))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([key, "name", "lon", "lat"])
        for number, node in enumerate(rows):
            lon, lat = (
                one[node] + draw.normal(0, _PLACE_DEGREES) for one in (country.lon, country.lat)
            )
            writer.writerow(
                [f"{key[0]}{number:06d}", f"Place {number}", f"{lon:.7f}", f"{lat:.7f}"]
            )
