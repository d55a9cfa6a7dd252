"""A grid of buckets over areas, to say which one each of many points lies in.

A row of buckets falls into runs: buckets that some edge of an outline may touch, and buckets that
none does. All points in an untouched run lie in the same areas. A point in a touched run is asked
of the edges of that run alone: what lies beyond its eastern end is known.

A point lies in an area if a line from it to the east crosses the outline an odd number of times,
as GEOS has it, or if it lies on the outline. Comparing coordinates is exact; the sign of the one
determinant that is needed is taken only where rounding cannot have changed it (J. R. Shewchuk,
Adaptive precision floating-point arithmetic, 1997, section 4.2), and GEOS is asked elsewhere. So
the answers are those of GEOS, for every point.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree
from shapely.errors import GEOSException

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.sources.area_runs import (
    NARROWEST_DEGREES,
    NOBODY,
    NONE,
    TOUCHED,
    Flags,
    Ints,
    Longs,
    find_step,
    find_touched,
)

Shapes = npt.NDArray[np.object_]

_MOST_BUCKETS = 1_000_000
_MOST_SPANS = 4_000_000
"""Long edges are cut into no more parts than this."""
_FLAT_DEGREES = 1e-9
"""Areas on one line need a height to be divided by."""

_UNSURE = -2
"""Ask GEOS."""
_ELSEWHERE, _EAST, _UPON, _NEAR = 0, 1, 2, 3

_ROUNDING = 3.4e-16
"""The sign of a determinant is right if it is larger than so much of its two products' sum."""
_UNDERFLOW = 1e-280

_LEAST_SHARE = 50_000
"""So many points are worth a thread."""


@dataclass(frozen=True, eq=False)
class AreaIndex:
    """Which of many areas each point lies in, the first where it lies in several.

    Attributes
    ----------
    polygons
        The areas, the one that comes first where several hold a point first.
    bounds
        West, south, east and north of them all.
    steps
        How many buckets lie in a degree of longitude and of latitude.
    bucket
        A row of buckets a row, from the south: the first area that holds all of the bucket, or
        none, or the run whose edges must be asked.
    first
        The edges of run r are those from ``first[r]`` up to ``first[r + 1]``.
    edge, owner
        West to east or upwards: longitude and latitude of both ends of each edge of a run, and its
        area, ascending in a run.
    beyond
        Whether that area holds what lies beyond the eastern end of the run.
    whole
        The first area that holds the run and has no edge in it, or a number above all areas.

    Examples
    --------
    >>> halves = np.array([shapely.box(44, 33, 45, 34), shapely.box(45, 33, 46, 34)])
    >>> index = AreaIndex.over(halves, points=4)
    >>> index.locate(np.array([44.5, 45.0, 45.5, 46.5]), np.full(4, 33.5)).tolist()
    [0, 0, 1, -1]
    """

    polygons: Shapes
    bounds: Floats
    steps: Floats
    bucket: Ints
    first: Longs
    edge: Floats
    owner: Ints
    beyond: Flags
    whole: Ints

    @classmethod
    def over(cls, polygons: Shapes, *, points: int) -> AreaIndex:
        """Return the index over areas in degrees, fine enough for so many points."""
        edge, owner = list_edges(polygons)
        lon = edge[:, [0, 2]]
        bounds = np.array([lon.min(), edge[:, 1].min(), lon.max(), edge[:, 3].max()])
        columns, rows = _choose_size(bounds, points, edge)
        extent = np.maximum(bounds[2:] - bounds[:2], _FLAT_DEGREES)
        steps = np.array([columns, rows]) / extent
        bucket = np.empty((rows, columns), dtype=np.int32)
        kept = find_touched(edge, owner, len(polygons), bounds, steps, bucket)
        return cls(polygons, bounds, steps, bucket, *kept)

    def locate(self, lon: Floats, lat: Floats) -> Longs:
        """Return for each point the position of the first area that holds it, -1 where none does.

        An outline belongs to its area.
        """
        found = np.empty(len(lon), dtype=np.int64)
        tables = (self.bucket, self.first, self.edge, self.owner, self.beyond, self.whole)

        def work(part: slice) -> None:
            _locate(lon[part], lat[part], self.bounds, self.steps, *tables, found[part])

        _share_out(work, len(lon))
        unsure = np.flatnonzero(found == _UNSURE)
        if len(unsure):
            found[unsure] = self._ask(lon[unsure], lat[unsure])
        return found

    def _ask(self, lon: Floats, lat: Floats) -> Longs:
        """Return what GEOS says to points that lie on an outline, or nearly."""
        point, area = STRtree(self.polygons).query(shapely.points(lon, lat))
        shapely.prepare(self.polygons)
        held = shapely.intersects_xy(self.polygons[area], lon[point], lat[point])
        none = len(self.polygons)
        found = np.full(len(lon), none)
        np.minimum.at(found, point[held], area[held])
        return np.where(found < none, found, NONE)


def read_points(shapes: Shapes) -> tuple[Floats, Floats]:
    """Return longitude and latitude of points; NaN for what is none, or is nowhere.

    Examples
    --------
    >>> read_points(np.array([shapely.Point(44, 33), shapely.Point(), None]))
    (array([44., nan, nan]), array([33., nan, nan]))
    """
    lon, lat = np.empty(len(shapes)), np.empty(len(shapes))

    def work(part: slice) -> None:
        shapely.get_x(shapes[part], out=lon[part])
        shapely.get_y(shapes[part], out=lat[part])

    try:
        _share_out(work, len(shapes))
    except GEOSException:  # some point is empty, and GEOS will not say where it lies
        kept = shapes.copy()
        kept[shapely.is_empty(shapes)] = None
        return read_points(kept)
    return lon, lat


def _share_out(work: Callable[[slice], None], rows: int) -> None:
    """Do a work that leaves the interpreter's lock alone, some of the rows on each core."""
    shares = max(1, min(os.cpu_count() or 1, rows // _LEAST_SHARE))
    ends = np.linspace(0, rows, shares + 1).astype(int).tolist()
    with ThreadPoolExecutor(shares) as pool:
        list(pool.map(work, map(slice, ends[:-1], ends[1:])))


def list_edges(polygons: Shapes) -> tuple[Floats, Ints]:
    """Return the edges of the outlines of polygons, lower end first, and whose they are.

    Examples
    --------
    >>> edge, owner = list_edges(np.array([shapely.Polygon([(0, 0), (2, 0), (1, 1)])]))
    >>> edge.tolist(), owner.tolist()
    ([[0.0, 0.0, 2.0, 0.0], [2.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]], [0, 0, 0])
    """
    parts, whose = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    at, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    edge = np.hstack([at[:-1], at[1:]])[joined]
    west, south, east, north = edge.T
    turned = (south > north) | ((south == north) & (west > east))
    edge[turned] = edge[turned][:, [2, 3, 0, 1]]
    return edge, whose[part[ring[1:][joined]]].astype(np.int32)


def _choose_size(bounds: Floats, points: int, edge: Floats) -> tuple[int, int]:
    """Return columns and rows: more for more points and edges, and nearly square buckets."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    wanted = min(_MOST_BUCKETS, max(16, points // 2, 4 * min(points, len(edge))))
    side = max(math.sqrt(width * height / wanted), max(width, height) / wanted)
    climb = float((edge[:, 3] - edge[:, 1]).sum())
    side = max(side, climb / _MOST_SPANS, NARROWEST_DEGREES)
    return max(1, int(width / side)), max(1, int(height / side))


@compiled
def _locate(
    lon: Floats,
    lat: Floats,
    bounds: Floats,
    steps: Floats,
    bucket: Ints,
    first: Longs,
    edge: Floats,
    owner: Ints,
    beyond: Flags,
    whole: Ints,
    found: Longs,
) -> None:
    """Write the first area that holds each point."""
    rows, columns = bucket.shape
    west, south, east, north = bounds[0], bounds[1], bounds[2], bounds[3]
    for point in range(len(lon)):
        x, y = lon[point], lat[point]
        if not (west <= x <= east and south <= y <= north):
            found[point] = NONE
            continue
        row = find_step(y, south, steps[1], rows)
        answer = bucket[row, find_step(x, west, steps[0], columns)]
        if answer <= TOUCHED:
            run = TOUCHED - answer
            answer = _decide(x, y, first[run], first[run + 1], edge, owner, beyond, whole[run])
        found[point] = answer


@compiled
def _decide(
    x: float,
    y: float,
    one: int,
    end: int,
    edge: Floats,
    owner: Ints,
    beyond: Flags,
    whole: int,
) -> int:
    """Return the first area that holds a point, from the edges of its run in order of areas."""
    while one < end and owner[one] < whole:
        area: int = owner[one]
        odd, unsure = beyond[one], False
        while one < end and owner[one] == area:
            met = _meet(x, y, edge[one, 0], edge[one, 1], edge[one, 2], edge[one, 3])
            if met == _UPON:
                return area
            odd ^= met == _EAST
            unsure |= met == _NEAR
            one += 1
        if unsure:
            return _UNSURE
        if odd:
            return area
    return whole if whole < NOBODY else NONE


@compiled
def _meet(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> int:
    """Return where an edge lies, seen from a point: to the east, upon it, too near, or elsewhere.

    An edge has its lower end and not its upper one, so that a corner counts once.
    """
    if y < y1 or y > y2 or (x > x1 and x > x2):
        return _ELSEWHERE
    if x < x1 and x < x2:
        return _EAST if y < y2 else _ELSEWHERE
    if x1 == x2 or y1 == y2:
        return _UPON
    one, other = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
    if abs(one - other) <= _ROUNDING * (abs(one) + abs(other)) + _UNDERFLOW:
        return _NEAR
    return _EAST if one > other and y < y2 else _ELSEWHERE
