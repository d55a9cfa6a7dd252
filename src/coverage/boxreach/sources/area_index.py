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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.compilation import compiled
from boxreach.crs import Floats

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOST_BUCKETS = 1_000_000
_NARROWEST_DEGREES = 1e-6
"""A bucket is so wide that a thousandth of it, the margin, is a thousand roundings and more."""
_MARGIN = 1e-3
_FLAT_DEGREES = 1e-9
"""Areas on one line need a height to be divided by."""

_NONE, _UNSURE, _TOUCHED = -1, -2, -2
"""No area; ask GEOS; and what a bucket of run r holds is ``_TOUCHED - r``."""
_NOBODY = 2**31 - 1
"""It comes after every area."""

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

    polygons: npt.NDArray[np.object_]
    bounds: Floats
    steps: Floats
    bucket: Ints
    first: Longs
    edge: Floats
    owner: Ints
    beyond: Flags
    whole: Ints

    @classmethod
    def over(cls, polygons: npt.NDArray[np.object_], *, points: int) -> AreaIndex:
        """Return the index over areas in degrees, fine enough for so many points."""
        edge, owner = list_edges(polygons)
        lon = edge[:, [0, 2]]
        bounds = np.array([lon.min(), edge[:, 1].min(), lon.max(), edge[:, 3].max()])
        columns, rows = _choose_size(bounds, points, len(edge))
        extent = np.maximum(bounds[2:] - bounds[:2], _FLAT_DEGREES)
        steps = np.array([columns, rows]) / extent
        bucket = np.empty((rows, columns), dtype=np.int32)
        kept = _lay(edge, owner, len(polygons), bounds, steps, bucket)
        return cls(polygons, bounds, steps, bucket, *kept)

    def locate(self, lon: Floats, lat: Floats) -> Longs:
        """Return for each point the position of the first area that holds it, -1 where none does.

        An outline belongs to its area.
        """
        found = np.empty(len(lon), dtype=np.int64)
        shares = max(1, min(os.cpu_count() or 1, len(lon) // _LEAST_SHARE))
        ends = np.linspace(0, len(lon), shares + 1).astype(np.int64)
        tables = (self.bucket, self.first, self.edge, self.owner, self.beyond, self.whole)

        def work(share: int) -> None:
            part = slice(ends[share], ends[share + 1])
            _locate(lon[part], lat[part], self.bounds, self.steps, *tables, found[part])

        with ThreadPoolExecutor(shares) as pool:
            list(pool.map(work, range(shares)))
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
        return np.where(found < none, found, _NONE)


def list_edges(polygons: npt.NDArray[np.object_]) -> tuple[Floats, Ints]:
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


def _choose_size(bounds: Floats, points: int, edges: int) -> tuple[int, int]:
    """Return columns and rows: more for more points and edges, and nearly square buckets."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    wanted = min(_MOST_BUCKETS, max(16, points // 2, 4 * min(points, edges)))
    side = max(math.sqrt(width * height / wanted), max(width, height) / wanted)
    side = max(side, _NARROWEST_DEGREES)
    return max(1, int(width / side)), max(1, int(height / side))


@compiled
def _step(at, start, per_degree, count):  # type: ignore[no-untyped-def]
    """Return the column or row of a place.

    Each step of it is monotone, so what lies between two places lies between their columns.
    """
    return min(max(int((at - start) * per_degree), 0), count - 1)


@compiled
def _reach(edge, one, row, bounds, steps, columns):  # type: ignore[no-untyped-def]
    """Return the first and last column that an edge may touch in a row of buckets."""
    x1, y1, x2, y2 = edge[one, 0], edge[one, 1], edge[one, 2], edge[one, 3]
    low, high = min(x1, x2), max(x1, x2)
    if y2 - y1 > _MARGIN / steps[1]:
        slope = (x2 - x1) / (y2 - y1)
        south = max(y1, bounds[1] + (row - _MARGIN) / steps[1])
        north = min(y2, bounds[1] + (row + 1 + _MARGIN) / steps[1])
        here, there = x1 + (south - y1) * slope, x1 + (north - y1) * slope
        low = max(low, min(here, there) - _MARGIN / steps[0])
        high = min(high, max(here, there) + _MARGIN / steps[0])
    return _step(low, bounds[0], steps[0], columns), _step(high, bounds[0], steps[0], columns)


@compiled
def _sort_by_row(edge, bounds, steps, columns, rows):  # type: ignore[no-untyped-def]
    """Return the edges that each row of buckets meets, in their order, and their columns."""
    start = np.zeros(rows + 1, np.int64)
    for one in range(len(edge)):
        low = _step(edge[one, 1], bounds[1], steps[1], rows)
        for row in range(low, _step(edge[one, 3], bounds[1], steps[1], rows) + 1):
            start[row + 1] += 1
    for row in range(rows):
        start[row + 1] += start[row]
    free = start.copy()
    which = np.empty(start[rows], np.int32)
    span = np.empty((start[rows], 2), np.int32)
    for one in range(len(edge)):
        low = _step(edge[one, 1], bounds[1], steps[1], rows)
        for row in range(low, _step(edge[one, 3], bounds[1], steps[1], rows) + 1):
            at = free[row]
            which[at] = one
            span[at, 0], span[at, 1] = _reach(edge, one, row, bounds, steps, columns)
            free[row] += 1
    return start, which, span


@compiled
def _find_runs(span, rises, begin, end):  # type: ignore[no-untyped-def]
    """Write the columns where touched runs of a row begin and end, and return how many."""
    rises[:] = 0
    for one in range(len(span)):
        rises[span[one, 0]] += 1
        rises[span[one, 1] + 1] -= 1
    runs, depth = 0, 0
    for column in range(len(rises)):
        before = depth
        depth += rises[column]
        if before == 0 and depth > 0:
            begin[runs] = column
        elif before > 0 and depth == 0:
            end[runs] = column
            runs += 1
    return runs


@compiled
def _lay(edge, owner, areas, bounds, steps, bucket):  # type: ignore[no-untyped-def]
    """Fill the buckets and return what stands in `AreaIndex` after them."""
    rows, columns = bucket.shape
    start, which, span = _sort_by_row(edge, bounds, steps, columns, rows)
    total = len(which)
    first, whole = np.zeros(total + 1, np.int64), np.empty(total, np.int32)
    edges, owners = np.empty((total, 4)), np.empty(total, np.int32)
    beyond = np.empty(total, np.bool_)
    rises, run_of = np.empty(columns + 1, np.int64), np.empty(columns, np.int64)
    begin, end = np.empty(columns, np.int64), np.empty(columns, np.int64)
    inside, asked = np.zeros(areas, np.bool_), np.full(areas, -1, np.int64)
    held = np.empty(areas, np.int32)
    known = 0
    for row in range(rows):
        a, b = start[row], start[row + 1]
        runs = _find_runs(span[a:b], rises, begin, end)
        for run in range(runs):
            run_of[begin[run] : end[run]] = known + run
            first[known + run + 1] = 0
        for at in range(a, b):
            first[run_of[span[at, 0]] + 1] += 1
        for run in range(known, known + runs):
            first[run + 1] += first[run]
        free = first[known : known + runs].copy()
        for at in range(a, b):
            run = run_of[span[at, 0]]
            edges[free[run - known]] = edge[which[at]]
            owners[free[run - known]] = owner[which[at]]
            free[run - known] += 1
        middle = bounds[1] + (row + 0.5) / steps[1]
        holding, least, west = 0, -1, 0
        for nth in range(runs):
            run = known + nth
            bucket[row, west : begin[nth]] = least
            bucket[row, begin[nth] : end[nth]] = _TOUCHED - run
            west = end[nth]
            part = slice(first[run], first[run + 1])
            holding = _cross(edges[part], owners[part], middle, inside, held, holding)
            least, whole[run] = _look_beyond(
                owners[part], run, inside, held[:holding], asked, beyond[part]
            )
        bucket[row, west:] = least
        known += runs
    return (
        first[: known + 1].copy(),
        edges,
        owners,
        beyond,
        whole[:known].copy(),
    )


@compiled
def _cross(edge, owner, middle, inside, held, holding):  # type: ignore[no-untyped-def]
    """Go through a run along a line to the east: what was outside is inside, and again."""
    for one in range(len(edge)):
        if edge[one, 1] <= middle < edge[one, 3]:
            area = owner[one]
            if inside[area]:
                at = 0
                while held[at] != area:
                    at += 1
                holding -= 1
                held[at] = held[holding]
            else:
                held[holding] = area
                holding += 1
            inside[area] = not inside[area]
    return holding


@compiled
def _look_beyond(owner, run, inside, held, asked, beyond):  # type: ignore[no-untyped-def]
    """Return the first area beyond a run, and the first that holds it without an edge in it."""
    for one in range(len(owner)):
        asked[owner[one]] = run
        beyond[one] = inside[owner[one]]
    least = whole = _NOBODY
    for area in held:
        least = min(least, area)
        if asked[area] != run:
            whole = min(whole, area)
    return (least if least < _NOBODY else _NONE), whole


@compiled
def _locate(lon, lat, bounds, steps, bucket, first, edge, owner, beyond, whole, found):  # type: ignore[no-untyped-def]
    rows, columns = bucket.shape
    west, south, east, north = bounds[0], bounds[1], bounds[2], bounds[3]
    for point in range(len(lon)):
        x, y = lon[point], lat[point]
        if not (west <= x <= east and south <= y <= north):
            found[point] = _NONE
            continue
        row, column = _step(y, south, steps[1], rows), _step(x, west, steps[0], columns)
        answer = bucket[row, column]
        if answer <= _TOUCHED:
            run = _TOUCHED - answer
            answer = _decide(x, y, first[run], first[run + 1], edge, owner, beyond, whole[run])
        found[point] = answer


@compiled
def _decide(x, y, one, end, edge, owner, beyond, whole):  # type: ignore[no-untyped-def]
    """Return the first area that holds a point, from the edges of its run in order of areas."""
    while one < end and owner[one] < whole:
        area, odd, unsure = owner[one], beyond[one], False
        while one < end and owner[one] == area:
            met = _meet(x, y, edge[one, 0], edge[one, 1], edge[one, 2], edge[one, 3])
            if met == 2:
                return area
            odd ^= met == 1
            unsure |= met == 3
            one += 1
        if unsure:
            return _UNSURE
        if odd:
            return area
    return whole if whole < _NOBODY else _NONE


@compiled
def _meet(x, y, x1, y1, x2, y2):  # type: ignore[no-untyped-def]
    """Return 1 if an edge lies to the east of a point, 2 if upon it, 3 if not sure, else 0.

    An edge has its lower end and not its upper one, so that a corner counts once.
    """
    if y < y1 or y > y2 or (x > x1 and x > x2):
        return 0
    if x < x1 and x < x2:
        return 1 if y < y2 else 0
    if x1 == x2 or y1 == y2:
        return 2
    one, other = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
    if abs(one - other) <= _ROUNDING * (abs(one) + abs(other)) + _UNDERFLOW:
        return 3
    return 1 if one > other and y < y2 else 0
