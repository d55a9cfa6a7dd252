"""All tables of a plan, read in one go; what is wrong with any of them is said at once."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd

from boxreach.cli.input_files import require_regular, warn_of
from boxreach.cli.plan import Plan
from boxreach.cli.plan_checks import swap_faults
from boxreach.cli.plan_file import Place
from boxreach.cli.plan_inputs import Communities, Demand, File, Frontier
from boxreach.cli.plan_tables import LEVELS, Tables
from boxreach.errors import DataWarning, Fault, FaultCollector, InputError
from boxreach.extents import Bounds
from boxreach.network.closing import require_known_roads
from boxreach.scenarios.scenario import LIFT_ALL, Scenario
from boxreach.sources.areas import fill_areas, join_areas, read_areas
from boxreach.sources.closures import read_closures
from boxreach.sources.crossings import read_crossings
from boxreach.sources.demand import read_demand
from boxreach.sources.frontier import read_frontier
from boxreach.sources.ground import read_ground
from boxreach.sources.places import read_communities, read_sites
from boxreach.sources.population import read_population
from boxreach.sources.roads import read_roads
from boxreach.sources.speed_zones import read_speed_zones
from boxreach.sources.tabular import read_table, rows_in_file
from boxreach.sources.terrain_grid import TerrainFile, open_terrain, read_terrain
from boxreach.tables import BACKGROUND, BUILDINGS, CLOSURES, RISK_AREAS, SITES, Column

Read = TypeVar("Read")

RISKY = replace(
    CLOSURES,
    columns=(
        *CLOSURES.columns,
        Column("probability", "number", required=True, minimum=0, maximum=1),
    ),
)
"""Closures of which it is known how likely each holds."""


def read_inputs(
    plan: Plan, faults: FaultCollector | None = None, *, unknown: Collection[Place] = ()
) -> Tables:
    """Read every input of a plan to the end, whatever is wrong with others.

    Parameters
    ----------
    plan
        The plan.
    faults
        Takes what is wrong. What of the tables is faulty then cannot be asked. Without it one
        `InputError` is raised with all faults.
    unknown
        Places of the plan that are faulty themselves.
    """
    reader = _Reader(plan, FaultCollector() if faults is None else faults, {*unknown})
    tables = _read_tables(reader)
    if faults is None:
        reader.faults.raise_any()
    return tables


@dataclass(frozen=True, eq=False)
class _Reader:
    """Reads the inputs that a plan gives, and collects what is wrong with them."""

    plan: Plan
    faults: FaultCollector
    unknown: set[Place]

    def read(
        self,
        name: str,
        reader: Callable[..., Read],
        hints: Sequence[str] = ("layer", "columns"),
        **options: object,
    ) -> Read | None:
        """Return an input as its reader gives it, None where there is none or it is faulty."""
        return self.read_at(("inputs", *name.split(".", 1)), reader, hints, **options)

    def read_at(
        self,
        place: Place,
        reader: Callable[..., Read],
        hints: Sequence[str] = ("layer", "columns"),
        **options: object,
    ) -> Read | None:
        """Return a file at any place of the plan, as `read` does."""
        source = self.plan.sources().get(place)
        if source is None or place in self.unknown:
            return None
        if not self.unknown.isdisjoint((*place, hint) for hint in hints):
            self.unknown.add(place)
            return None
        self.faults.add(_hint_faults(self.plan, place, source, hints))
        path = self.plan.path(source)
        with self.faults.attempt(), warn_of(path.name):
            require_regular(path)
            given = {hint: getattr(source, hint) for hint in hints}
            try:
                return reader(path, **given, **options)
            except OSError as error:
                what = f"it cannot be read ({error.strerror or error})"
                raise InputError(Fault(what, path.name, advice="check the file")) from error
        self.unknown.add(place)
        return None


def _read_tables(reader: _Reader) -> Tables:
    plan, read = reader.plan, reader.read
    roads = read("roads", read_roads)
    layers = {level: read(level, read_areas) for level in LEVELS}
    areas = layers["areas"]
    bounds = _study_area(roads, areas)
    placed = _read_places(reader, bounds)
    along = _read_frontier(reader, areas, bounds)
    drawn: dict[str, gpd.GeoDataFrame | None] = {
        "closures": read("closures", partial(_read_closures, roads=roads)),
        "ground": read("ground", read_ground),
        "features": reader.read_at(("critical", "roads"), read_closures),
        "risky": reader.read_at(("robustness", "closures"), read_table, schema=RISKY),
    }
    demand = _read_demand(reader, bounds)
    changes = _read_scenarios(reader, roads, bounds)
    rest = {
        "rivers": read("rivers", read_table, schema=BACKGROUND),
        "countries": read("countries", read_table, schema=BACKGROUND),
        "speed_zones": read("speed_zones", read_speed_zones),
    }
    terrain = read("terrain", read_terrain, (), bounds=bounds)
    heights = _open_heights(reader) if terrain is not None and along["line"] is not None else None
    named = {name: drawn[name] for name in ("closures", "ground")} | {
        "frontier" if name == "line" else name: one for name, one in along.items()
    }
    counted = {f"demand.{name}": one for name, one in demand.items()}
    reader.faults.add(_swap_faults(plan, {"roads": roads, "areas": areas, **named, **counted}))
    levels = {column: layers[level] for level, column in LEVELS.items()}
    placed = {n: _with_areas(plan, n, one, levels) for n, one in (placed | counted).items()}
    known = {
        "roads": roads,
        "cells": placed.pop("population"),
        "demand": {name: placed.pop(f"demand.{name}") for name in demand},
        "terrain": terrain,
        "heights": heights,
        "scenarios": _make_scenarios(reader, changes, levels),
        **placed, **along, **layers, **drawn, **rest,
    }  # fmt: skip
    return Tables(**{name: one for name, one in known.items() if _is_known(reader, name)})


def _read_places(reader: _Reader, bounds: Bounds | None) -> dict[str, gpd.GeoDataFrame | None]:
    """Return the tables of points by the names of their inputs."""
    read = partial(reader.read, bounds=bounds)
    return {
        "boxes": read("boxes", read_sites, ("layer", "columns", "may_be_empty")),
        "communities": read(
            "communities", read_communities, ("layer", "columns", "layers", "total")
        ),
        # Where boxes may be proposed several may stand at one place, of which one is kept.
        "stations": read("stations", read_table, schema=SITES),
        "points": read("points", read_table, schema=SITES),
        "population": read("population", read_population, ("layer", "columns", "unit")),
    }


_PLACES: Mapping[str, Place] = {
    "cells": ("inputs", "population"),
    "line": ("inputs", "frontier"),
    "heights": ("inputs", "terrain"),
    "features": ("critical", "roads"),
    "risky": ("robustness", "closures"),
    "scenarios": ("scenario",),
}
"""Where in a plan the tables are given that are not called as their input is."""


def _is_known(reader: _Reader, name: str) -> bool:
    """Tell whether a table is none that is faulty, wholly or in part."""
    place = _PLACES.get(name, ("inputs", name))
    if name in {"demand", "scenarios"}:
        return not any(one[: len(place)] == place for one in reader.unknown)
    return place not in reader.unknown


def _read_closures(
    path: Path, *, roads: gpd.GeoDataFrame | None, layer: str | None, columns: dict[str, str] | None
) -> gpd.GeoDataFrame:
    """Return closures, the roads that they name among those of the plan."""
    closures = read_closures(path, layer=layer, columns=columns)
    if roads is None:
        return closures
    try:
        require_known_roads(roads.index, closures)
    except InputError as error:
        named = [replace(one, file=path.name) for one in error.faults]
        raise InputError(*rows_in_file(named, path, layer)) from error
    return closures


def _read_scenarios(
    reader: _Reader, roads: gpd.GeoDataFrame | None, bounds: Bounds | None
) -> list[dict[str, Any]]:
    """Return the tables of each scenario, by the names of their fields in `Scenario`."""
    found = []
    for number, values in enumerate(reader.plan.scenario):
        layers = [] if values.people in {None, "people"} else [values.people]
        read = partial(_read_of_scenario, reader, number)
        found.append(
            {
                "closures": read("closures", partial(_read_closures, roads=roads)),
                "boxes": read("boxes", read_sites, bounds=bounds),
                "demand": read("communities", read_communities, layers=layers, bounds=bounds),
            }
        )
    return found


def _read_of_scenario(
    reader: _Reader, number: int, key: str, read: Callable[..., Read], **options: Any
) -> Read | None:
    return reader.read_at(("scenario", number, key), read, **options)


def _make_scenarios(
    reader: _Reader,
    read: Sequence[Mapping[str, Any]],
    levels: Mapping[str, gpd.GeoDataFrame | None],
) -> tuple[Scenario, ...]:
    """Return the scenarios of a plan, their places with the areas in which they lie."""
    made: list[Scenario] = []
    plan = reader.plan
    if not _is_known(reader, "scenarios"):
        return ()
    for values, tables in zip(plan.scenario, read, strict=True):
        placed: dict[str, Any] = {
            name: one if name == "closures" else _with_areas(plan, name, one, levels)
            for name, one in tables.items()
        }
        files = {"closures", "boxes", "communities"}
        said = values.model_dump(exclude={*files, "lift", "probability"})
        lift = LIFT_ALL if values.lift == [LIFT_ALL] else values.lift
        with reader.faults.attempt():
            made.append(Scenario(**said, lift=lift, **placed))
            continue
        reader.unknown.add(("scenario",))
    return tuple(made)


def _read_frontier(
    reader: _Reader, areas: gpd.GeoDataFrame | None, bounds: Bounds | None
) -> dict[str, gpd.GeoDataFrame | None]:
    """Return the line, the areas of its risk, and what is at it."""
    risk = reader.read("risk", read_table, schema=RISK_AREAS)
    hints = ("layer", "stated_km") if risk is not None else ("layer", "stated_km", "risk")
    given: dict[str, object] = {} if risk is None else {"risk": risk}
    step = reader.plan.posts.segment_km
    return {
        "risk": risk,
        "line": reader.read(
            "frontier", read_frontier, hints, areas=areas, segment_km=step, **given
        ),
        "crossings": reader.read("crossings", read_crossings, ("layer",)),
        "posts": reader.read("posts", read_sites, bounds=bounds),
        "buildings": reader.read("buildings", read_table, schema=BUILDINGS),
    }


def _open_heights(reader: _Reader) -> TerrainFile | None:
    """Return the file of the terrain, opened: lines of sight read only what lies along the line."""
    source = reader.plan.inputs.terrain
    if source is not None:
        with reader.faults.attempt():
            return open_terrain(reader.plan.path(source))
        reader.unknown.add(("inputs", "terrain"))
    return None


def _read_demand(reader: _Reader, bounds: Bounds | None) -> dict[str, gpd.GeoDataFrame]:
    """Return the demand layers beside people by name."""
    hints = ("layer", "columns", "unit", "weight", "segment_km")
    tables = {
        name: reader.read(f"demand.{name}", read_demand, hints, bounds=bounds)
        for name in reader.plan.inputs.demand
    }
    return {name: one for name, one in tables.items() if one is not None}


def _swap_faults(plan: Plan, tables: Mapping[str, gpd.GeoDataFrame | None]) -> list[Fault]:
    given = plan.inputs.given()
    return swap_faults(
        {
            Path(given[name].file).name: tuple(table.total_bounds)
            for name, table in tables.items()
            if table is not None
        }
    )


def _hint_faults(plan: Plan, place: Place, source: File, hints: Sequence[str]) -> list[Fault]:
    name = ".".join(one for one in place[1:] if isinstance(one, str))
    return [
        plan.fault(f"{name} has no {hint}", (*place, hint), "take it out")
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
    plan: Plan,
    name: str,
    table: gpd.GeoDataFrame | None,
    levels: Mapping[str, gpd.GeoDataFrame | None],
) -> gpd.GeoDataFrame | None:
    """Say for each row which areas it lies in, unless its file says so in the areas' own words."""
    given = plan.inputs.given()
    for column, areas in levels.items():
        if areas is not None and table is not None:
            with warn_of(Path(given[name].file).name if name in given else ""):
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
    described = []
    for place, source in plan.sources().items():
        frame = _table_at(place, tables)
        described.append(
            {
                "name": _name_of(place, plan),
                "file": Path(source.file).name,
                "sha256": _hash(plan.path(source)),
                "rows": len(frame) if isinstance(frame, gpd.GeoDataFrame) else 0,
                "source": source.source,
                "licence": source.licence,
                "date": source.date,
                "label": source.label,
                **(frame.attrs if place == ("inputs", "population") and frame is not None else {}),
                **_counted(source),
            }
        )
    return described


def _name_of(place: Place, plan: Plan) -> str:
    """Return what a file is called: an input by its key, others with their section before it."""
    section, *keys = place
    if section == "scenario":
        keys = [plan.scenario[int(keys[0])].name, *keys[1:]]
    return ".".join(map(str, keys if section == "inputs" else [section, *keys]))


def _table_at(place: Place, tables: Tables) -> Any:
    """Return the table that was read from the file at a place of the plan."""
    section, *keys = place
    match section:
        case "scenario":
            key = {"communities": "demand"}.get(str(keys[1]), str(keys[1]))
            return getattr(tables.scenarios[int(keys[0])], key)
        case "critical":
            return tables.features
        case "robustness":
            return tables.risky
    if keys[0] == "demand":
        return tables.demand[str(keys[1])]
    given = {"population": tables.cells, "frontier": tables.line}
    return given.get(str(keys[0]), getattr(tables, str(keys[0]), None))


def _counted(source: File) -> dict[str, object]:
    """Return what a source says of what it counts, besides people in one column."""
    if isinstance(source, Frontier):
        return source.model_dump(include={"risk", "stated_km"}, exclude_none=True)
    if isinstance(source, Demand):
        return source.model_dump(include={"unit", "weight", "segment_km"})
    if isinstance(source, Communities) and source.layers:
        return source.model_dump(include={"layers", "total"})
    return {}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
