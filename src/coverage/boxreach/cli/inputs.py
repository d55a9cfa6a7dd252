"""All tables of a plan, read in one go; what is wrong with any of them is said at once."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import geopandas as gpd

from boxreach.cli.plan import Communities, Demand, File, Plan
from boxreach.cli.plan_checks import plan_faults, swap_faults
from boxreach.cli.plan_tables import LEVELS, STAGES, Stage, Tables
from boxreach.errors import DataWarning, Fault, FaultCollector
from boxreach.sources.areas import fill_areas, join_areas, read_areas
from boxreach.sources.closures import read_closures
from boxreach.sources.demand import read_demand
from boxreach.sources.frontier import read_frontier
from boxreach.sources.ground import read_ground
from boxreach.sources.places import read_communities, read_sites
from boxreach.sources.population import read_population
from boxreach.sources.roads import read_roads
from boxreach.sources.speed_zones import read_speed_zones
from boxreach.sources.tabular import read_table
from boxreach.sources.terrain_grid import read_terrain
from boxreach.tables import BACKGROUND, Bounds

Read = TypeVar("Read")


def read_inputs(plan: Plan, stages: Sequence[Stage] = STAGES) -> Tables:
    """Read every input of a plan to the end; raise one `InputError` with all their faults.

    Among them is what these stages of the plan ask of its tables and they do not have.
    """
    faults = FaultCollector()

    def read(
        name: str,
        reader: Callable[..., Read],
        hints: Sequence[str] = ("layer", "columns"),
        **options: object,
    ) -> Read | None:
        source = plan.inputs.given().get(name)
        if source is not None:
            faults.add(_hint_faults(plan, name, source, hints))
            with faults.attempt():
                given = {hint: getattr(source, hint) for hint in hints}
                return reader(plan.path(source), **given, **options)
        return None

    roads = read("roads", read_roads)
    areas, districts, subdistricts = (read(level, read_areas) for level in LEVELS)
    bounds = _study_area(roads, areas)
    boxes = read("boxes", read_sites, bounds=bounds)
    people = ("layer", "columns", "layers", "total")
    communities = read("communities", read_communities, people, bounds=bounds)
    cells = read("population", read_population, ("layer", "columns", "unit"), bounds=bounds)
    closures = read("closures", read_closures)
    line = read(
        "frontier", read_frontier, ("layer",), segment_km=plan.posts.segment_km, areas=areas
    )
    rivers, countries = (
        read(name, read_table, schema=BACKGROUND) for name in ("rivers", "countries")
    )
    terrain = read("terrain", read_terrain, (), bounds=bounds)
    zones = read("speed_zones", read_speed_zones)
    ground = read("ground", read_ground)
    counted = ("layer", "columns", "unit", "weight", "segment_km")
    demand = {
        name: read(f"demand.{name}", read_demand, counted, bounds=bounds)
        for name in plan.inputs.demand
    }
    drawn = {
        "roads": roads,
        "areas": areas,
        "frontier": line,
        "closures": closures,
        "ground": ground,
        **{f"demand.{name}": table for name, table in demand.items()},
    }
    faults.add(_swap_faults(plan, drawn))
    faults.raise_any()
    levels = dict(zip(LEVELS.values(), (areas, districts, subdistricts), strict=True))
    boxes, communities, cells = (
        _with_areas(table, levels) for table in (boxes, communities, cells)
    )
    others = {name: _with_areas(table, levels) for name, table in demand.items()}
    assert boxes is not None  # noqa: S101 - for mypy: every plan has these three
    assert communities is not None  # noqa: S101
    assert roads is not None  # noqa: S101
    tables = Tables(
        boxes,
        communities,
        roads,
        cells,
        areas,
        districts,
        subdistricts,
        closures,
        line,
        rivers,
        countries,
        terrain,
        zones,
        ground,
        {name: table for name, table in others.items() if table is not None},
    )
    faults.add(plan_faults(plan, tables, stages))
    faults.raise_any()
    return tables


def _swap_faults(plan: Plan, tables: Mapping[str, gpd.GeoDataFrame | None]) -> list[Fault]:
    given = plan.inputs.given()
    return swap_faults(
        {
            Path(given[name].file).name: tuple(table.total_bounds)
            for name, table in tables.items()
            if table is not None
        }
    )


def _hint_faults(plan: Plan, name: str, source: File, hints: Sequence[str]) -> list[Fault]:
    return [
        plan.fault(f"{name} has no {hint}", ("inputs", name, hint), "take it out")
        for hint in ("layer", "columns", "unit")
        if hint not in hints and getattr(source, hint, None)
    ]


def _study_area(*tables: gpd.GeoDataFrame | None) -> Bounds | None:
    bounds = [table.total_bounds for table in tables if table is not None]
    if not bounds:
        return None
    west, south, east, north = zip(*bounds, strict=True)
    return min(west), min(south), max(east), max(north)


def _with_areas(
    table: gpd.GeoDataFrame | None, levels: Mapping[str, gpd.GeoDataFrame | None]
) -> gpd.GeoDataFrame | None:
    """Say for each row which areas it lies in, unless its file says so in the areas' own words."""
    if table is None:
        return None
    for column, areas in levels.items():
        if areas is not None:
            join = fill_areas if _names_areas(table, column, areas) else join_areas
            table = join(table, areas, column=column)
    return table


def _names_areas(table: gpd.GeoDataFrame, column: str, areas: gpd.GeoDataFrame) -> bool:
    """Tell whether each area that a table names is one of the areas and only one."""
    if column not in table:
        return True
    said = {*table[column].fillna("").astype(str).str.strip()} - {""}
    several = {*areas["name"][areas["name"].duplicated()]}
    for names, called in ((said - {*areas["name"]}, "no area"), (said & several, "several areas")):
        if names:
            table_name = str(table.index.name).removesuffix("_id")
            warnings.warn(
                f"{table_name}: the {column} {min(names)!r} is {called}, so each row gets the area"
                " it lies in",
                DataWarning,
                stacklevel=2,
            )
            return False
    return True


def describe_inputs(plan: Plan, tables: Tables) -> list[dict[str, object]]:
    """Return for each input its file, hash, rows and provenance, for run.json and the report."""
    frames = {"population": tables.cells, "frontier": tables.line}
    frames |= {f"demand.{name}": table for name, table in tables.demand.items()}
    described = []
    for name, source in plan.inputs.given().items():
        frame = frames.get(name, getattr(tables, name, None))
        described.append(
            {
                "name": name,
                "file": Path(source.file).name,
                "sha256": _hash(plan.path(source)),
                "rows": len(frame) if isinstance(frame, gpd.GeoDataFrame) else 0,
                "source": source.source,
                "licence": source.licence,
                "date": source.date,
                "label": source.label,
                **(frame.attrs if name == "population" and frame is not None else {}),
                **_counted(source),
            }
        )
    return described


def _counted(source: File) -> dict[str, object]:
    """Return what a source says of what it counts, besides people in one column."""
    if isinstance(source, Demand):
        return source.model_dump(include={"unit", "weight", "segment_km"})
    if isinstance(source, Communities) and source.layers:
        return source.model_dump(include={"layers", "total"})
    return {}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
