"""The tables of a plan, as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd

from boxreach.cli.plan_section import NotKnownError
from boxreach.scenarios.scenario import Scenario
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile

Stage = Literal["reach", "propose", "posts", "what_if"]
STAGES: tuple[Stage, ...] = ("reach", "propose", "posts", "what_if")
"""What a command computes: some of these or all."""

LEVELS = {"areas": "governorate", "districts": "district", "subdistricts": "subdistrict"}
"""The layers of areas, and the column that says in which of them a row lies."""


@dataclass(frozen=True, eq=False, init=False)
class Tables:
    """The tables of a plan; what it does not give is None, and what is faulty is not there.

    The terrain is held for the speeds of roads and ground; for lines of sight its file is read
    where posts look, and given only with a line. `features` are bridges and crossings of which it
    is asked what hangs on each, `risky` closures that may hold or not.
    """

    boxes: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame | None
    areas: gpd.GeoDataFrame | None
    districts: gpd.GeoDataFrame | None
    subdistricts: gpd.GeoDataFrame | None
    closures: gpd.GeoDataFrame | None
    line: gpd.GeoDataFrame | None
    crossings: gpd.GeoDataFrame | None
    posts: gpd.GeoDataFrame | None
    buildings: gpd.GeoDataFrame | None
    risk: gpd.GeoDataFrame | None
    rivers: gpd.GeoDataFrame | None
    countries: gpd.GeoDataFrame | None
    terrain: Terrain | None
    heights: TerrainFile | None
    speed_zones: gpd.GeoDataFrame | None
    ground: gpd.GeoDataFrame | None
    stations: gpd.GeoDataFrame | None
    points: gpd.GeoDataFrame | None
    demand: Mapping[str, gpd.GeoDataFrame]
    scenarios: tuple[Scenario, ...]
    features: gpd.GeoDataFrame | None
    risky: gpd.GeoDataFrame | None

    def __init__(self, **tables: Any) -> None:
        """Hold the tables that are known; to ask for another raises `NotKnownError`."""
        vars(self).update(tables)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in type(self).__dataclass_fields__:
                raise NotKnownError(name)
            raise AttributeError(name)

    @property
    def layers(self) -> dict[str, gpd.GeoDataFrame | None]:
        """The layers of areas by the column that says in which of them a row lies."""
        return {column: getattr(self, level) for level, column in LEVELS.items()}

    @property
    def people(self) -> gpd.GeoDataFrame:
        """The table on which people are counted: cells where there are any, else communities."""
        return self.communities if self.cells is None else self.cells
