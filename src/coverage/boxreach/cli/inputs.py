"""All tables of a plan, read in one go; what is wrong with any of them is said at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from boxreach.cli.plan import Plan, Source
from boxreach.errors import Fault, InputError
from boxreach.sources.areas import join_areas, read_areas
from boxreach.sources.closures import read_closures
from boxreach.sources.frontier import read_frontier
from boxreach.sources.places import read_communities, read_sites
from boxreach.sources.population import read_population
from boxreach.sources.roads import read_roads
from boxreach.sources.tabular import read_table
from boxreach.tables import BACKGROUND, Bounds


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of a plan; what it does not give is None."""

    boxes: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame | None
    areas: gpd.GeoDataFrame | None
    closures: gpd.GeoDataFrame | None
    line: gpd.GeoDataFrame | None
    rivers: gpd.GeoDataFrame | None
    countries: gpd.GeoDataFrame | None

    @property
    def people(self) -> gpd.GeoDataFrame:
        """The table on which people are counted: cells where there are any, else communities."""
        return self.communities if self.cells is None else self.cells


def read_inputs(plan: Plan) -> Tables:
    """Read every input of a plan to the end; raise one `InputError` with all their faults."""
    faults: list[Fault] = []

    def attempt(
        name: str, reader: Callable[[Path, Source], gpd.GeoDataFrame]
    ) -> gpd.GeoDataFrame | None:
        source: Source | None = getattr(plan.inputs, name)
        if source is None:
            return None
        try:
            return reader(plan.path(source), source)
        except InputError as error:
            faults.extend(error.faults)
            return None

    roads = attempt("roads", lambda path, s: read_roads(path, layer=s.layer, columns=s.columns))
    areas = attempt("areas", lambda path, s: read_areas(path, layer=s.layer, columns=s.columns))
    bounds = _study_area(roads, areas)
    boxes = attempt(
        "boxes",
        lambda path, s: read_sites(path, layer=s.layer, columns=s.columns, bounds=bounds),
    )
    communities = attempt(
        "communities",
        lambda path, s: read_communities(path, layer=s.layer, columns=s.columns, bounds=bounds),
    )
    cells = attempt("population", lambda path, _: read_population(path))
    closures = attempt(
        "closures", lambda path, s: read_closures(path, layer=s.layer, columns=s.columns)
    )
    line = attempt(
        "frontier",
        lambda path, s: read_frontier(
            path, segment_km=plan.posts.segment_km, areas=areas, layer=s.layer
        ),
    )
    rivers, countries = (
        attempt(name, lambda path, s: read_table(path, BACKGROUND, layer=s.layer, columns=s.columns))
        for name in ("rivers", "countries")
    )
    if faults or boxes is None or communities is None or roads is None:
        raise InputError(*faults)
    boxes, communities, cells = (
        _with_governorate(table, areas) for table in (boxes, communities, cells)
    )
    assert boxes is not None  # noqa: S101 - for mypy: it went in as a table
    assert communities is not None  # noqa: S101
    return Tables(boxes, communities, roads, cells, areas, closures, line, rivers, countries)


def _study_area(*tables: gpd.GeoDataFrame | None) -> Bounds | None:
    bounds = [table.total_bounds for table in tables if table is not None]
    if not bounds:
        return None
    west, south, east, north = zip(*bounds, strict=True)
    return min(west), min(south), max(east), max(north)


def _with_governorate(
    table: gpd.GeoDataFrame | None, areas: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Say for each row which area it lies in, unless its file says so already."""
    if table is None or areas is None or "governorate" in table:
        return table
    return join_areas(table, areas)


def describe_inputs(plan: Plan, tables: Tables) -> list[dict[str, object]]:
    """Return for each input its file, hash, rows and provenance, for run.json and the report."""
    frames = {"population": tables.cells, "frontier": tables.line}
    described = []
    for name, source in plan.inputs.given().items():
        frame = frames.get(name, getattr(tables, name, None))
        described.append(
            {
                "name": name,
                "file": Path(source.file).name,
                "sha256": hashlib.sha256(plan.path(source).read_bytes()).hexdigest(),
                "rows": len(frame) if frame is not None else 0,
                "source": source.source,
                "licence": source.licence,
                "date": source.date,
                "label": source.label,
            }
        )
    return described
