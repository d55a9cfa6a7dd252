"""The ground about a site: roads, water and the frontier clipped to a square, and simplified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import metres_per_degree, to_wgs84
from boxreach.report.ground import lines_of
from boxreach.report.site_sheet import Dot, Drawn, Point, SheetMap

Shapes = npt.NDArray[np.object_]
Box = tuple[float, float, float, float]

_FARTHEST_M, _SMALLEST_M = 40_000.0, 2_000.0
"""How far from the site what is drawn may lie, and half the side of the smallest map."""
_MARGIN = 1.12
_STEPS = 700
"""Lines are told to so many parts of the side of the map."""
_SHORTEST = 0.015
"""Of the side: lesser pieces of a road are left out."""

_RANKS = {
    "motorway": 0, "trunk": 0, "primary": 1, "secondary": 1, "tertiary": 2, "unclassified": 3,
    "road": 3,
}  # fmt: skip
_KINDS = ("highway", "main", "road", "road", "road")
_LEAST = 4
_THINNED_M = ((25_000.0, 1), (12_000.0, 2), (6_000.0, 3))
"""From so many metres, half the side, no road of a lesser rank is drawn."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Lines to be drawn, each of a rank; they are found by where they run."""

    lines: Shapes
    rank: npt.NDArray[np.int64]
    kinds: tuple[str, ...]

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Finds what a square may hold."""
        return shapely.STRtree(self.lines)

    def draw(self, box: Box, most: int) -> list[Drawn]:
        """Return the pieces within a square up to a rank, joined where they meet."""
        at = np.sort(self.tree.query(shapely.box(*box)))
        at = at[self.rank[at] <= most]
        side = box[3] - box[1]
        found = []
        kinds = np.array(self.kinds, dtype=object)[self.rank[at]]
        for kind in reversed(dict.fromkeys(self.kinds)):
            pieces = shapely.get_parts(shapely.clip_by_rect(self.lines[at[kinds == kind]], *box))
            pieces = pieces[shapely.get_type_id(pieces) == 1]
            joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces)))
            fine = shapely.normalize(shapely.simplify(joined, side / _STEPS))
            kept = fine[shapely.length(fine) > side * _SHORTEST]
            drawn = sorted(one[0] for one in map(lines_of, kept))
            found += [Drawn(kind, line) for line in drawn]
        return found


@dataclass(frozen=True, eq=False)
class Base:
    """All that may be drawn on small maps, the lowest first."""

    roads: Layer | None
    others: tuple[Layer, ...]

    @classmethod
    def of(
        cls,
        roads: gpd.GeoDataFrame | None,
        rivers: gpd.GeoDataFrame | None,
        frontier: gpd.GeoDataFrame | None,
    ) -> Base:
        """Read what is drawn beneath."""
        others = [
            Layer(lines, np.zeros(len(lines), dtype=np.int64), (kind,))
            for kind, table in (("river", rivers), ("frontier", frontier))
            if table is not None and len(lines := _lines(to_wgs84(table, file=kind))[0])
        ]
        if roads is None or not len(roads):
            return cls(None, tuple(others))
        lines, owner = _lines(to_wgs84(roads, file="roads"))
        rank = np.full(len(roads), _RANKS["road"])
        if "road_class" in roads:
            classes = roads["road_class"].astype(object).fillna("").astype(str)
            rank = np.array([_RANKS.get(one.removesuffix("_link"), _LEAST) for one in classes])
        return cls(Layer(lines, rank[owner], _KINDS), tuple(others))

    def draw(self, site: Point, aims: Sequence[Point], route: tuple[Point, ...],
             dots: Sequence[Dot]) -> SheetMap:  # fmt: skip
        """Draw the ground about a site.

        Parameters
        ----------
        site
            Where it is.
        aims
            What else the map is to hold, as far as it is not too far away.
        route
            The way to the site.
        dots
            Places; those are drawn that lie on the map.
        """
        box, half_m = _frame(site, aims)
        most = next((rank for metres, rank in _THINNED_M if half_m >= metres), _LEAST)
        lines = [one for layer in self.others for one in layer.draw(box, 0)]
        if self.roads is not None:
            lines += self.roads.draw(box, most)
        if len(route) > 1:
            whole = np.array([shapely.LineString(route)], dtype=object)
            way = Layer(whole, np.zeros(1, dtype=np.int64), ("route",))
            lines += way.draw(box, 0)
        west, south, east, north = box
        inside = [dot for dot in dots if west <= dot.at[0] <= east and south <= dot.at[1] <= north]
        return SheetMap(*box, tuple(lines), tuple(inside))


def _frame(site: Point, aims: Sequence[Point]) -> tuple[Box, float]:
    """Return the square about a site and what it is to hold, and half its side in metres."""
    east_m, north_m = (float(one[0]) for one in metres_per_degree(np.array([site[1]])))
    scale = np.array([east_m, north_m])
    away = (np.array([site, *aims]) - site) * scale
    away = away[np.abs(away).max(axis=1) <= _FARTHEST_M]
    low, high = away.min(axis=0), away.max(axis=0)
    half_m = max(float((high - low).max()) / 2 * _MARGIN, _SMALLEST_M)
    middle = site + (low + high) / 2 / scale
    west, south = np.round(middle - half_m / scale, 6).tolist()
    east, north = np.round(middle + half_m / scale, 6).tolist()
    return (west, south, east, north), half_m


def _lines(table: gpd.GeoDataFrame) -> tuple[Shapes, npt.NDArray[np.int64]]:
    """Return all lines of a table, outlines of areas among them, and the row of each."""
    shapes = table.geometry.to_numpy()
    areas = shapely.get_dimensions(shapes) == 2
    shapes = np.where(areas, shapely.boundary(shapes), shapes)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    lines = (shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)
    return parts[lines], owner[lines]
