"""How areas cover the ground: where two of them overlap, and where none of them lies."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.crs import Floats, polygon_areas_km2

_LEAST_KM2 = 0.01
"""What is smaller is a sliver of drawing: it is summed and not named."""
_MOST_NAMED = 10
_KM2_PER_DEGREE2 = 12_400
"""A degree both ways is no larger, not even at the equator."""

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Blemishes:
    """Shapes in which areas overlap, or between which none lies.

    Attributes
    ----------
    named
        The areas of each, as text.
    km2
        How large each one is.
    all_km2
        How large they are together, ground that lies in several counted once.
    """

    named: list[str]
    km2: Floats
    all_km2: float

    def say(self, one: str, several: str) -> str:
        """Return how many there are, how large, and the largest by name; blank if none counts."""
        large = np.flatnonzero(self.km2 > _LEAST_KM2)
        slivers = (
            f"{_count(len(self.km2) - len(large), 'sliver', 'slivers')} under {_LEAST_KM2} km²"
        )
        if self.all_km2 <= _LEAST_KM2:
            return ""
        if not len(large):
            return f"{several} in {slivers}, {_say_km2(self.all_km2)} in all"
        order = large[np.argsort(-self.km2[large], kind="stable")]
        names = [f"{self.named[at]}: {_say_km2(self.km2[at])}" for at in order[:_MOST_NAMED]]
        more = f"; and {len(order) - _MOST_NAMED} more" if len(order) > _MOST_NAMED else ""
        rest = f", with {slivers}" if len(large) < len(self.km2) else ""
        return (
            f"{_count(len(large), one, several)}, {_say_km2(self.all_km2)} in all{rest}"
            f" ({'; '.join(names)}{more})"
        )


def describe_cover(areas: gpd.GeoDataFrame) -> list[str]:
    """Return what is to be said of areas that overlap or leave gaps, one text for each.

    Parameters
    ----------
    areas
        Valid polygons in EPSG:4326 with ``name``, ids in the index.

    Examples
    --------
    >>> drawn = [shapely.box(44, 33, 45.01, 34), shapely.box(45, 33, 46, 34)]
    >>> areas = gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=drawn, crs="EPSG:4326")
    >>> describe_cover(areas)[0][:72]
    '1 pair of areas overlaps, 103 km² in all (West – East: 103 km²); places '
    """
    areas = areas.sort_index()
    names, polygons = areas["name"].tolist(), areas.geometry.to_numpy()
    whole = _unite(polygons)
    gaps = _find_gaps(polygons, names, whole).say("gap between areas", "gaps between areas")
    overlaps = ""
    if (shapely.area(polygons).sum() - whole.area) * _KM2_PER_DEGREE2 > _LEAST_KM2:
        overlaps = _find_overlaps(polygons, names).say(
            "pair of areas overlaps", "pairs of areas overlap"
        )
    said = []
    if overlaps:
        said.append(f"{overlaps}; places there are counted once, in the first area by id")
    if gaps:
        said.append(
            f"{gaps}; places there are counted to the nearest area within 20 km, else to none"
        )
    return said


def _find_overlaps(polygons: Shapes, names: list[str]) -> Blemishes:
    """Return where two areas lie on each other, pair by pair."""
    one, other = STRtree(polygons).query(polygons, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(polygons[one], polygons[other])
    km2 = polygon_areas_km2(shared)
    there = np.flatnonzero(km2 > 0)
    named = [_join([names[one[at]], names[other[at]]]) for at in there]
    return Blemishes(named, km2[there], _sum_km2(shared[there]))


def _find_gaps(polygons: Shapes, names: list[str], whole: shapely.Geometry) -> Blemishes:
    """Return the ground that areas enclose and that lies in none of them.

    Parameters
    ----------
    polygons, names
        The areas.
    whole
        Their union.
    """
    outer = shapely.get_parts(whole)
    rings, part = shapely.get_rings(outer, return_index=True)
    gaps = shapely.polygons(rings[1:][part[1:] == part[:-1]])
    inner, gap = STRtree(gaps).query(shapely.point_on_surface(polygons), predicate="within")
    for at in np.unique(gap):
        gaps[at] = shapely.difference(gaps[at], shapely.union_all(polygons[inner[gap == at]]))
    km2 = polygon_areas_km2(gaps)
    tree = STRtree(polygons)
    named = [""] * len(gaps)
    for at in np.flatnonzero(km2 > _LEAST_KM2):
        # The union rounds corners, so a gap may stand off its neighbours by that.
        beside = np.sort(tree.query(shapely.buffer(gaps[at], 1e-9), predicate="intersects"))
        named[at] = _join([names[area] for area in beside])
    return Blemishes(named, km2, float(km2.sum()))


def _unite(polygons: Shapes) -> shapely.Geometry:
    """Return the union of areas: quickly where they share their edges corner by corner."""
    has_coverages = hasattr(shapely, "coverage_is_valid") and shapely.geos_version >= (3, 12)
    if has_coverages and shapely.coverage_is_valid(polygons):
        return shapely.coverage_union_all(polygons)
    return shapely.union_all(polygons)


def _sum_km2(shapes: Shapes) -> float:
    return float(polygon_areas_km2(np.array([shapely.union_all(shapes)]))[0])


def _join(names: list[str]) -> str:
    """Return names as every language has them, without a word.

    Examples
    --------
    >>> _join(["A"]), _join(["A", "B"]), _join(["A", "B", "C", "D"])
    ('A', 'A – B', 'A – B (+2)')
    """
    more = f" (+{len(names) - 2})" if len(names) > 2 else ""
    return f"{' – '.join(names[:2])}{more}"


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _say_km2(km2: float) -> str:
    return f"{km2:,.0f} km²" if km2 >= 100 else f"{km2:.2g} km²"
