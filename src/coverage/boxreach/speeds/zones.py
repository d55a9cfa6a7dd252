"""Areas with a speed of their own."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from boxreach.crs import Floats
from boxreach.sources.speed_zones import require_speed_zones


@dataclass(frozen=True, eq=False)
class SpeedZones:
    """Areas in which vehicles drive at a given speed, or at a share of the model's.

    Attributes
    ----------
    table
        Polygons in EPSG:4326 with ``speed_kmh`` or ``speed_factor``.
    """

    table: gpd.GeoDataFrame

    @classmethod
    def of(cls, zones: gpd.GeoDataFrame) -> SpeedZones:
        """Return checked zones in EPSG:4326."""
        return cls(require_speed_zones(zones))

    def roads_in(self, roads: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return pairs of a road and a zone that holds the middle of it, by position."""
        lines = roads.geometry.to_numpy()
        middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        areas = self.table.geometry.to_numpy()
        shapely.prepare(areas)
        area, road = shapely.STRtree(middles).query(areas, predicate="intersects")
        return road, area

    def slow(self, kmh: Floats, pairs: tuple[np.ndarray, np.ndarray]) -> Floats:
        """Return the speeds with those of the zones in place; of several the slowest holds."""
        road, area = pairs
        own = self._column("speed_kmh")[area]
        inside = np.where(np.isnan(own), kmh[road] * self._column("speed_factor")[area], own)
        slowest = np.full(len(kmh), np.inf)
        np.minimum.at(slowest, road, inside)
        return np.where(np.isfinite(slowest), slowest, kmh)

    def _column(self, name: str) -> Floats:
        if name not in self.table:
            return np.full(len(self.table), np.nan)
        values: Floats = self.table[name].to_numpy(dtype=float, na_value=np.nan)
        return values
