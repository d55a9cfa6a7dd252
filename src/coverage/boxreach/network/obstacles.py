"""Obstacles: the water and the closed ground that no way over open ground crosses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import Floats
from boxreach.network.box_grid import BoxGrid
from boxreach.network.closed_roads import wanted_ids

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int32]
Shapes = npt.NDArray[np.object_]

_WAYS_AT_ONCE = 1_000_000
_ONE_BY_ONE = Lock()
"""Prepared shapes are completed at their first use, by one thread only."""

_DOUBT = 1e-9
"""What is nearer to a line than this share of the lengths involved is asked exactly."""


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
        for begin in range(0, len(lon1), _WAYS_AT_ONCE):
            some = slice(begin, begin + _WAYS_AT_ONCE)
            ways = np.column_stack([lon1[some], lat1[some], lon2[some], lat2[some]])
            if len(self.segments):
                blocked[begin + self._crossing(ways)] = True
            if len(self.closed):
                blocked[begin + self._entering(ways)] = True
        return blocked

    @cached_property
    def _segment_grid(self) -> BoxGrid:
        return BoxGrid.over(_boxes(self.segments))

    @cached_property
    def _closed_grid(self) -> BoxGrid:
        shapely.prepare(self.closed)
        return BoxGrid.over(shapely.bounds(self.closed))

    def _crossing(self, ways: Floats) -> Integers:
        """Return the ways that meet a segment anywhere but with their ends."""
        way, segment = self._segment_grid.meet(ways)
        mine, theirs = ways[way], self.segments[segment]
        ours, others = _sides(theirs, mine), _sides(mine, theirs)
        apart = (ours == 1).all(axis=0) | (ours == -1).all(axis=0)
        apart |= (others == 1).all(axis=0) | (others == -1).all(axis=0)
        crossing = ~apart & (ours != 0).all(axis=0) & (others != 0).all(axis=0)
        doubtful = np.flatnonzero(~apart & ~crossing & (mine[:, :2] != mine[:, 2:]).any(axis=1))
        mine, theirs = (
            shapely.linestrings(one[doubtful].reshape(-1, 2, 2)) for one in (mine, theirs)
        )
        # Inside of the way with the inside, and with the ends, of the segment.
        crossing[doubtful] = shapely.relate_pattern(mine, theirs, "T********")
        crossing[doubtful] |= shapely.relate_pattern(mine, theirs, "*T*******")
        return np.asarray(way[crossing])

    def _entering(self, ways: Floats) -> Integers:
        """Return the ways of which a part lies inside closed ground."""
        with _ONE_BY_ONE:
            return self._enter(ways)

    def _enter(self, ways: Floats) -> Integers:
        way, area = self._closed_grid.meet(ways)
        mine = ways[way]
        shapes = shapely.linestrings(mine.reshape(-1, 2, 2))
        points = (mine[:, :2] == mine[:, 2:]).all(axis=1)
        shapes[points] = shapely.points(mine[points, :2])
        ground = self.closed[area]
        meets = shapely.intersects(ground, shapes)
        meets[meets] = ~shapely.touches(ground[meets], shapes[meets])
        return np.asarray(way[meets])


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


def _sides(lines: Floats, others: Floats) -> npt.NDArray[np.int8]:
    """Return on which side of a line both ends of another lie: 1 or -1, and 0 where in doubt."""
    along = lines[:, 2:] - lines[:, :2]
    length = np.hypot(*along.T)
    sides = []
    for end in (others[:, :2], others[:, 2:]):
        offset = end - lines[:, :2]
        turn = along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]
        clear = np.abs(turn) > _DOUBT * length * (length + np.hypot(*offset.T))
        sides.append(np.where(clear, np.sign(turn), 0).astype(np.int8))
    return np.stack(sides)
