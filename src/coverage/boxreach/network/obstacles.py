"""Obstacles: the water and the closed ground that no way over open ground crosses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.crs import Floats
from boxreach.network.closed_roads import wanted_ids

Flags = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

_MOST_CELLS = 1024
"""Cells along each side of the grid by which ways far from all obstacles are passed over."""

_WAYS_AT_ONCE = 1_000_000
_DOUBT = 1e-9
"""Share of its length by which the end of a way may miss a line and still be asked exactly."""


@dataclass(frozen=True, eq=False)
class Obstacles:
    """What blocks ways over open ground.

    Attributes
    ----------
    segments
        Rivers and shores, a straight piece a row: longitude and latitude of both its ends.
    closed
        Areas of closed ground in EPSG:4326.
    """

    segments: Floats
    closed: Shapes

    def blocks(self, lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Flags:
        """Tell which straight ways meet an obstacle.

        A way is blocked if it meets a river or a shore anywhere but with one of its own ends, or
        if any part of it lies inside closed ground. So a place on a river, or on a border of
        closed ground, may be left and reached; a place in the water may not be left across the
        shore, but reaches a bridge above it.

        Parameters
        ----------
        lon1, lat1, lon2, lat2
            Both ends of each way in degrees, between which it is straight in degrees. Which end
            is which changes nothing.

        Examples
        --------
        >>> river = Obstacles(np.array([[44.0, 33.0, 44.0, 34.0]]), np.array([], dtype=object))
        >>> river.blocks(np.array([43.9, 43.9]), np.array([33.5, 33.5]),
        ...              np.array([44.1, 44.0]), np.array([33.5, 33.5])).tolist()
        [True, False]
        """
        blocked = np.zeros(len(lon1), dtype=bool)
        if not len(self.segments) and not len(self.closed):
            return blocked
        for begin in range(0, len(lon1), _WAYS_AT_ONCE):
            ends = [one[begin : begin + _WAYS_AT_ONCE] for one in (lon1, lat1, lon2, lat2)]
            near = np.flatnonzero(self._cells.meet(*ends))
            ways = np.column_stack([one[near] for one in ends])
            blocked[begin + near] = self._cross_segments(ways) | self._enter_closed(ways)
        return blocked

    @cached_property
    def _cells(self) -> _Cells:
        boxes = [_boxes(self.segments), shapely.bounds(self.closed).reshape(-1, 4)]
        return _Cells.of(np.concatenate(boxes))

    @cached_property
    def _segment_tree(self) -> STRtree:
        return STRtree(shapely.linestrings(self.segments.reshape(-1, 2, 2)))

    @cached_property
    def _closed_tree(self) -> STRtree:
        shapely.prepare(self.closed)
        return STRtree(self.closed)

    def _cross_segments(self, ways: Floats) -> Flags:
        blocked = np.zeros(len(ways), dtype=bool)
        long = np.flatnonzero((ways[:, :2] != ways[:, 2:]).any(axis=1))
        lines = shapely.linestrings(ways[long].reshape(-1, 2, 2))
        way, segment = self._segment_tree.query(lines, predicate="intersects")
        doubtful = np.flatnonzero(_ends_near(ways[long[way]], self.segments[segment]))
        mine, theirs = lines[way[doubtful]], self._segment_tree.geometries[segment[doubtful]]
        # Inside of the way with the inside, and with the ends, of the segment.
        inside = shapely.relate_pattern(mine, theirs, "T********")
        inside |= shapely.relate_pattern(mine, theirs, "*T*******")
        met = np.ones(len(way), dtype=bool)
        met[doubtful] = inside
        blocked[long[way[met]]] = True
        return blocked

    def _enter_closed(self, ways: Floats) -> Flags:
        blocked = np.zeros(len(ways), dtype=bool)
        shapes = shapely.linestrings(ways.reshape(-1, 2, 2))
        points = (ways[:, :2] == ways[:, 2:]).all(axis=1)
        shapes[points] = shapely.points(ways[points, :2])
        way, area = self._closed_tree.query(shapes)
        mine, theirs = shapes[way], self.closed[area]
        meets = shapely.intersects(theirs, mine)
        meets[meets] = ~shapely.touches(theirs[meets], mine[meets])
        blocked[way[meets]] = True
        return blocked


NO_OBSTACLES = Obstacles(np.empty((0, 4)), np.empty(0, dtype=object))


def find_obstacles(
    rivers: gpd.GeoDataFrame | None = None, closures: gpd.GeoDataFrame | None = None
) -> Obstacles:
    """Return what blocks ways over open ground.

    Parameters
    ----------
    rivers
        Lines and areas of water in EPSG:4326. Of areas the shores block.
    closures
        A closures table in EPSG:4326. Its areas block, but not those that only slow or only mean
        one road.

    Examples
    --------
    >>> lake = gpd.GeoDataFrame(geometry=[shapely.box(44, 33, 45, 34)], crs=4326)
    >>> len(find_obstacles(lake).segments)
    4
    """
    water = np.empty(0, dtype=object) if rivers is None else rivers.geometry.to_numpy()
    areas = shapely.get_dimensions(water) == 2
    lines = shapely.get_parts(np.append(water[~areas], shapely.boundary(water[areas])))
    lines = shapely.get_parts(lines[shapely.get_dimensions(lines) == 1])
    xy, line = shapely.get_coordinates(lines, return_index=True)
    begin = np.flatnonzero(line[1:] == line[:-1])
    segments = np.column_stack([xy[begin], xy[begin + 1]])
    ground = np.empty(0, dtype=object) if closures is None else closed_areas(closures)
    return Obstacles(segments[(segments[:, :2] != segments[:, 2:]).any(axis=1)], ground)


def closed_areas(closures: gpd.GeoDataFrame) -> Shapes:
    """Return the areas of a closures table that are closed ground, outlines repaired."""
    shut = (shapely.get_dimensions(closures.geometry) == 2) & (wanted_ids(closures) == "")
    if "speed_factor" in closures:
        shut &= ~(closures["speed_factor"] > 0).to_numpy()
    shapes = closures.geometry.to_numpy()[shut]
    repaired = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    return np.asarray(shapely.get_parts(repaired))


def _boxes(pieces: Floats) -> Floats:
    """Return west, south, east and north of straight pieces."""
    return np.hstack(
        [np.minimum(pieces[:, :2], pieces[:, 2:]), np.maximum(pieces[:, :2], pieces[:, 2:])]
    )


def _ends_near(ways: Floats, segments: Floats) -> Flags:
    """Tell which ways may meet their segment with no more than one of their ends."""
    near = np.zeros(len(ways), dtype=bool)
    along = segments[:, 2:] - segments[:, :2]
    reach = np.hypot(*along.T) * (np.hypot(*(ways[:, 2:] - ways[:, :2]).T) + np.hypot(*along.T))
    for end in (ways[:, :2], ways[:, 2:]):
        offset = end - segments[:, :2]
        near |= np.abs(along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]) <= _DOUBT * reach
    return near


@dataclass(frozen=True, eq=False)
class _Cells:
    """A grid that knows for any box, in four steps, whether it may meet one of many others."""

    corner: Floats
    size: Floats
    counted: npt.NDArray[np.int32]

    @classmethod
    def of(cls, boxes: Floats) -> _Cells:
        """Return the grid on which boxes, as west, south, east and north, occupy cells."""
        cells = min(_MOST_CELLS, 8 * math.isqrt(len(boxes)))
        corner = boxes[:, :2].min(axis=0)
        size = np.maximum((boxes[:, 2:].max(axis=0) - corner) / cells, 1e-9)
        marks = np.zeros((cells + 1, cells + 1), dtype=np.int32)
        grid = cls(corner, size, marks)
        west, south, east, north = (grid.find(side, at % 2) for at, side in enumerate(boxes.T))
        # Plus one where boxes begin and minus one behind their end, summed both ways: how many
        # boxes lie on each cell.
        np.add.at(marks, (west, south), 1)
        np.add.at(marks, (east + 1, north + 1), 1)
        np.add.at(marks, (west, north + 1), -1)
        np.add.at(marks, (east + 1, south), -1)
        occupied = marks.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
        counted = occupied.cumsum(axis=0).cumsum(axis=1).astype(np.int32)
        return cls(corner, size, np.pad(counted, ((1, 0), (1, 0))))

    def find(self, places: Floats, axis: int) -> npt.NDArray[np.int32]:
        """Return the columns (0) or rows (1) of places, the outermost ones if they lie beyond."""
        steps = (places - self.corner[axis]) * (1 / self.size[axis])
        return np.asarray(np.clip(steps, 0, len(self.counted) - 2, out=steps), dtype=np.int32)

    def meet(self, lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Flags:
        """Tell which ways have an occupied cell in their box."""
        x1, x2, y1, y2 = (
            self.find(one, axis) for axis, ends in enumerate(((lon1, lon2), (lat1, lat2)))
            for one in ends
        )  # fmt: skip
        west, south = np.minimum(x1, x2), np.minimum(y1, y2)
        east, north = np.maximum(x1, x2) + 1, np.maximum(y1, y2) + 1
        sums = self.counted
        inside = sums[east, north] - sums[west, north] - sums[east, south] + sums[west, south]
        return np.asarray(inside > 0)
