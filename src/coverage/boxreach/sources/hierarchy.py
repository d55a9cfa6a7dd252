"""Areas within areas: which district lies in which governorate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import shapely
from shapely import STRtree

from boxreach.arguments import require_kind
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, FaultCollector, InputError
from boxreach.tables import AREAS, require_table

_LEVELS_ADVICE = 'give areas by level, the widest first, like {"governorate": a, "district": b}'


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Areas of several levels, the widest level first.

    Attributes
    ----------
    areas
        The areas of each level, ids as text.
    parent
        The id of the area of the level above in which each lies.
    """

    areas: dict[str, gpd.GeoDataFrame]
    parent: dict[str, dict[str, str]]

    @classmethod
    def of(cls, levels: Mapping[str, gpd.GeoDataFrame]) -> Hierarchy:
        """Return the hierarchy of areas, or raise `InputError` with all that is wrong with them.

        An area lies in the one above that holds a point inside it, or is nearest to that.
        """
        require_kind(levels, Mapping, "levels", _LEVELS_ADVICE)
        if not levels or not all(isinstance(one, str) and one for one in levels):
            raise InputError(Fault("levels has no names, or none at all", advice=_LEVELS_ADVICE))
        faults, areas = FaultCollector(), {}
        for level, table in levels.items():
            with faults.attempt():
                areas[level] = to_wgs84(table, file=level).rename(index=str)
                require_table(areas[level], AREAS, file=level)
        faults.raise_any()
        names = list(areas)
        parent = {names[0]: dict.fromkeys(areas[names[0]].index, "")}
        for level, wider in zip(names[1:], names, strict=False):
            parent[level] = _parents(areas[level], areas[wider])
        return cls(areas, parent)

    @property
    def levels(self) -> list[str]:
        """The names of the levels, the widest first."""
        return list(self.areas)

    def name(self, level: str, area_id: str) -> str:
        """Return what an area is called; blank where there is none."""
        return str(self.areas[level].at[area_id, "name"]) if area_id else ""

    def outer(self, level: str, area_id: str) -> tuple[str, str]:
        """Return the level above and the area there in which an area lies; blank at the top."""
        at = self.levels.index(level)
        return (self.levels[at - 1], self.parent[level][area_id]) if at else ("", "")

    def members(self, level: str, within: str, area_id: str) -> list[str]:
        """Return the areas of a level in one of a wider level; all if that is blank."""
        found = list(self.areas[level].index)
        if not within:
            return found
        return [one for one in found if self._ancestor(level, one, within) == area_id]

    def _ancestor(self, level: str, area_id: str, wanted: str) -> str:
        while level != wanted:
            level, area_id = self.outer(level, area_id)
        return area_id


def _parents(areas: gpd.GeoDataFrame, wider: gpd.GeoDataFrame) -> dict[str, str]:
    ordered = wider.sort_index()
    tree = STRtree(ordered.geometry.to_numpy())
    points = shapely.point_on_surface(areas.geometry.to_numpy())
    nearest = tree.nearest(points)
    for point, area in sorted(zip(*tree.query(points, predicate="intersects"), strict=True))[::-1]:
        nearest[point] = area
    return dict(zip(areas.index, ordered.index[nearest], strict=True))
