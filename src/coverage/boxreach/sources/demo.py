"""The embedded plan of Iraq."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from boxreach.sources.areas import join_areas, read_areas
from boxreach.sources.frontier import read_frontier
from boxreach.sources.places import read_communities, read_sites
from boxreach.sources.population import read_population
from boxreach.sources.roads import read_roads


@dataclass(frozen=True, eq=False)
class Demo:
    """The tables of the embedded plan of Iraq; ``data/README.md`` says what each one is.

    Box positions are illustrative, the roads schematic and the population modelled; ``notes`` says
    so in every language, for map and report.
    """

    boxes: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    line: gpd.GeoDataFrame
    notes: tuple[dict[str, str], ...]


def demo_folder() -> Path:
    """Return the folder with the embedded data: in the package, or in the checkout."""
    package = Path(__file__).parents[1]
    shipped = package / "data" / "iraq"
    return shipped if shipped.is_dir() else package.parents[2] / "data" / "iraq"


def load_demo() -> Demo:
    """Load the embedded plan of Iraq: boxes, towns, people, roads, governorates and frontier.

    Returns
    -------
    Demo
        The tables of the plan, and the notes that label them.

    Examples
    --------
    >>> demo = load_demo()
    >>> len(demo.boxes), int(demo.cells["people"].sum())
    (50, 38124182)
    """
    folder = demo_folder()
    plan = folder / "plan.toml"
    areas = read_areas(folder / "governorates.geojson")
    return Demo(
        boxes=read_sites(folder / "boxes.csv"),
        communities=read_communities(folder / "towns.csv"),
        cells=join_areas(read_population(folder / "population.tif"), areas),
        roads=read_roads(folder / "roads.geojson"),
        areas=areas,
        line=read_frontier(folder / "frontier.geojson", areas=areas),
        notes=tuple(tomllib.loads(plan.read_text(encoding="utf-8"))["output"]["notes"]),
    )
