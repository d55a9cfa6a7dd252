"""Open ground: how long straight ways over it take, by what it is made of and how it rises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from pyproj import CRS

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.network.box_grid import BoxGrid
from boxreach.network.legs import LONGEST_MS, leg_length
from boxreach.shift_files import require_no_shift_file
from boxreach.sources.terrain import Terrain, height_at
from boxreach.speeds.slope import Slope, leaves

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

NO_WAY = -1
"""Stands for milliseconds where nobody can drive."""

_WAYS_AT_ONCE = 1_000_000
_MOST_CORNERS = 128
_LEAST_SIDE_DEGREES = 1e-6
_MS_PER_M_AT_1_KMH = 3_600.0
_SLOWEST_KMH = 0.1
_DOUBT = 1e-9
_BORDER_DEGREES = 1e-10
_TOUCHING_M = 0.01
"""What enters closed ground by less is at its border: coordinates are that coarse."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What open ground is made of, and how it rises.

    Attributes
    ----------
    areas
        Polygons in EPSG:4326, small ones: `find_ground` divides those of many corners.
    kmh
        The speed in each; 0 where there is no way.
    terrain
        The heights of the ground; None where all of it counts as level.
    slope
        What a grade takes. Its `steepest` does not count: it is there because roads are cut into
        what is steeper, and open ground is not.
    """

    areas: Shapes
    kmh: Floats
    terrain: Terrain | None = None
    slope: Slope = field(default_factory=Slope)

    @property
    def fastest_kmh(self) -> float:
        """The highest speed in any of the areas; 0 without any."""
        return float(np.max(self.kmh, initial=0.0))

    def time(
        self,
        lon1: Floats,
        lat1: Floats,
        lon2: Floats,
        lat2: Floats,
        metres: Floats,
        outside_kmh: float,
    ) -> tuple[Longs, Longs]:
        """Return which of some straight ways areas or heights bear on, and how long these take.

        A way takes the sum of its metres in each ground over the speed there; where areas
        overlap the slowest holds. What no area meets is not looked at, unless there are heights.

        Parameters
        ----------
        lon1, lat1, lon2, lat2
            Where each way begins and ends in degrees, between which it is straight in degrees.
        metres
            How long each is.
        outside_kmh
            The speed outside all areas.

        Returns
        -------
        tuple
            Positions of ways, rising, and their whole milliseconds; `NO_WAY` for those of which a
            centimetre or more lies in ground that cannot be crossed.

        Examples
        --------
        >>> sand = Ground(np.array([shapely.box(44.0, 33.0, 44.1, 33.1)]), np.array([5.0]))
        >>> lon, lat = np.array([44.05, 44.2]), np.array([33.05, 33.0])
        >>> way, ms = sand.time(lon, lat, lon + 0.1, lat, np.array([1000.0, 1000.0]), 10.0)
        >>> way.tolist(), ms.tolist()
        ([0], [540000])
        """
        which, ms = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        known = len(self.areas) > 0 or self.terrain is not None
        for begin in range(0, len(lon1) if known else 0, _WAYS_AT_ONCE):
            some = slice(begin, begin + _WAYS_AT_ONCE)
            ways = np.column_stack([one[some] for one in (lon1, lat1, lon2, lat2)])
            way, start, end, kmh = self._stretches(ways)
            found = np.unique(way) if self.terrain is None else np.arange(len(ways))
            first = np.searchsorted(way, np.append(found, len(ways)))
            ways = np.ascontiguousarray(ways[found])
            which.append(begin + found)
            ms.append(
                _time(
                    ways, metres[some][found], first, start, end, kmh, float(outside_kmh),
                    *self._cells(ways), np.array(astuple(self.slope), dtype=float),
                )
            )  # fmt: skip
        return np.concatenate(which), np.concatenate(ms)

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what the ground is, for disk; nothing of what is plain."""
        arrays: dict[str, npt.NDArray[Any]] = {}
        if len(self.areas):
            _, corners, (rings, areas) = shapely.to_ragged_array(self.areas)
            arrays |= {"corners": corners, "rings": rings, "areas": areas, "kmh": self.kmh}
        if self.terrain is not None:
            said = json.dumps([self.terrain.crs.to_wkt(), self.terrain.file])
            arrays["grid_m"] = self.terrain.grid_m
            arrays["transform"] = np.array(self.terrain.transform[:6], dtype=float)
            arrays["terrain"] = np.frombuffer(said.encode(), dtype=np.uint8)
            arrays["slope"] = np.array(astuple(self.slope), dtype=float)
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Ground:
        """Return the ground that `to_arrays` returned."""
        ground = PLAIN
        if "areas" in arrays:
            corners, rings, areas = (arrays[name] for name in ("corners", "rings", "areas"))
            kind = shapely.GeometryType.POLYGON
            shapes = shapely.from_ragged_array(kind, corners, (rings, areas))
            ground = replace(ground, areas=shapes, kmh=np.asarray(arrays["kmh"]))
        if "terrain" in arrays:
            crs, file = json.loads(arrays["terrain"].tobytes())
            require_no_shift_file(crs, file)
            place = Affine(*map(float, arrays["transform"]))
            terrain = Terrain(arrays["grid_m"], place, CRS.from_wkt(crs), file)
            slope = Slope(*map(float, arrays["slope"]))
            ground = replace(ground, terrain=terrain, slope=slope)
        return ground

    @cached_property
    def _area_grid(self) -> BoxGrid:
        return BoxGrid.over(shapely.bounds(self.areas))

    @cached_property
    def _sides(self) -> tuple[Longs, Floats]:
        """Return where the sides of each area begin, and all sides: two places each."""
        _, corners, (rings, areas) = shapely.to_ragged_array(self.areas)
        begins = np.ones(len(corners), dtype=bool)
        begins[rings[1:] - 1] = False
        begin = np.flatnonzero(begins)
        first = np.searchsorted(begin, rings[areas])
        return first.astype(np.int64), np.hstack([corners[begin], corners[begin + 1]])

    def _stretches(self, ways: Floats) -> tuple[Longs, Floats, Floats, Floats]:
        """Return which way lies in an area from which to which share of it, and the speed there.

        By way. An area holds its border, so along it the slower ground counts.
        """
        if not len(self.areas):
            return np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0)
        found, shares = _cut(ways, *self._area_grid.meet(ways), *self._sides)
        return found[:, 0], shares[:, 0].copy(), shares[:, 1].copy(), self.kmh[found[:, 1]]

    def _cells(self, ways: Floats) -> tuple[Floats, npt.NDArray[np.float32]]:
        """Return the columns and rows at both ends of each way, and the heights."""
        if self.terrain is None:
            return np.zeros((len(ways), 4)), np.empty((0, 0), dtype=np.float32)
        ends = self.terrain.cells(*ways.reshape(-1, 2).T)
        return np.column_stack(ends).reshape(-1, 4), self.terrain.grid_m


PLAIN = Ground(np.empty(0, dtype=object), np.empty(0))
"""Level ground that is everywhere the same."""


def find_ground(
    shapes: Shapes, kmh: Floats, terrain: Terrain | None = None, slope: Slope | None = None
) -> Ground:
    """Return the ground that areas and heights describe.

    Parameters
    ----------
    shapes, kmh
        Areas in EPSG:4326, whose outlines are repaired, and the speed in each.
    terrain, slope
        As in `Ground`.

    Examples
    --------
    >>> round_lake = shapely.Point(44, 33).buffer(0.5, quad_segs=100)
    >>> len(find_ground(np.array([round_lake]), np.array([0.0])).areas)
    4
    """
    # To the centimetre, as roads and places are, so that the system of the layer changes nothing.
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, 7))
    repaired = shapely.make_valid(rounded, method="structure", keep_collapsed=False)
    parts, owner = shapely.get_parts(repaired, return_index=True)
    parts, owner = _divide(parts, owner)
    return Ground(parts, np.asarray(kmh, dtype=float)[owner], terrain, slope or Slope())


def _divide(shapes: Shapes, owner: Longs) -> tuple[Shapes, Longs]:
    """Return shapes halved until each has few corners, for what cuts a way counts all of them."""
    done: list[tuple[Shapes, Longs]] = []
    while True:
        west, south, east, north = shapely.bounds(shapes).T
        large = shapely.get_num_coordinates(shapes) > _MOST_CORNERS
        large &= np.maximum(east - west, north - south) > _LEAST_SIDE_DEGREES
        done.append((shapes[~large], owner[~large]))
        if not large.any():
            break
        shapes, owner = shapes[large], owner[large]
        west, south, east, north = (one[large] for one in (west, south, east, north))
        wide = east - west > north - south
        x, y = np.where(wide, (west + east) / 2, east), np.where(wide, north, (south + north) / 2)
        x2, y2 = np.where(wide, x, west), np.where(wide, south, y)
        halves = np.append(shapely.box(west, south, x, y), shapely.box(x2, y2, east, north))
        cut = shapely.intersection(np.append(shapes, shapes), halves)
        parts, one = shapely.get_parts(cut, return_index=True)
        drawn = shapely.get_dimensions(parts) == 2
        shapes, owner = parts[drawn], np.append(owner, owner)[one[drawn]]
    return tuple(np.concatenate(one) for one in zip(*done, strict=True))  # type: ignore[return-value]


@compiled
def _cut(
    ways: Floats, pair_way: Ints, pair_area: Ints, side_first: Longs, sides: Floats
) -> tuple[Longs, Floats]:  # fmt: skip
    """Return rows of way and area, and from which to which share the one lies in the other.

    A way is cut wherever it meets a side, and each part goes by its middle: a cut too many, where
    it only touches, does no harm.
    """
    found, shares = np.empty((1024, 2), np.int64), np.empty((1024, 2))
    count = 0
    for pair in range(len(pair_way)):
        way, area = pair_way[pair], pair_area[pair]
        x, y = ways[way, 0], ways[way, 1]
        dx, dy = ways[way, 2] - x, ways[way, 3] - y
        low, high = side_first[area], side_first[area + 1]
        cuts = np.empty(high - low + 2)
        cuts[0], cuts[1], met = 0.0, 1.0, 2
        for side in range(low, high):
            ax, ay = sides[side, 0] - x, sides[side, 1] - y
            ex, ey = sides[side, 2] - sides[side, 0], sides[side, 3] - sides[side, 1]
            across = dx * ey - dy * ex
            if across != 0.0:
                share, place = (ax * ey - ay * ex) / across, (ax * dy - ay * dx) / across
                if 0.0 < share < 1.0 and -_DOUBT <= place <= 1.0 + _DOUBT:
                    cuts[met] = share
                    met += 1
        cuts = np.sort(cuts[:met])
        begun = False
        for at in range(met - 1 if dx != 0.0 or dy != 0.0 else 0):
            if cuts[at] == cuts[at + 1]:
                continue
            middle = (cuts[at] + cuts[at + 1]) / 2
            if not _holds(sides[low:high], x + middle * dx, y + middle * dy):
                begun = False
                continue
            if not begun:
                if count == len(found):
                    found = np.concatenate((found, found))
                    shares = np.concatenate((shares, shares))
                found[count, 0], found[count, 1], shares[count, 0] = way, area, cuts[at]
                count, begun = count + 1, True
            shares[count - 1, 1] = cuts[at + 1]
    return found[:count].copy(), shares[:count].copy()


@compiled
def _holds(sides: Floats, x: float, y: float) -> bool:
    """Tell whether an area, given by the sides of its rings, holds a place, its border included."""
    inside = False
    for side in range(len(sides)):
        ax, ay = sides[side, 0] - x, sides[side, 1] - y
        bx, by = sides[side, 2] - x, sides[side, 3] - y
        ex, ey = bx - ax, by - ay
        turn = ax * by - ay * bx
        beside = ax * ex + ay * ey <= 0.0 <= bx * ex + by * ey
        long = np.sqrt(ex * ex + ey * ey)
        if long > 0.0 and beside and abs(turn) <= _BORDER_DEGREES * long:
            return True
        if (ay > 0.0) != (by > 0.0) and (turn > 0.0) == (by > ay):
            inside = not inside
    return inside


@compiled
def _time(
    ways: Floats, metres: Floats, first: Longs, start: Floats, end: Floats, kmh: Floats,
    outside_kmh: float, cells: Floats, grid_m: npt.NDArray[np.float32], slope: Floats,
) -> Longs:  # fmt: skip
    """Return the milliseconds of ways; way w lies in stretches ``first[w]`` to ``first[w + 1]``."""
    ms = np.empty(len(ways), np.int64)
    for way in range(len(ways)):
        low, high = first[way], first[way + 1]
        borders = np.empty(2 * (high - low) + 2)
        borders[0], borders[1] = 0.0, 1.0
        borders[2 : high - low + 2] = start[low:high]
        borders[high - low + 2 :] = end[low:high]
        borders.sort()
        whole = spent = shut = 0.0
        for at in range(len(borders) - 1):
            if borders[at] >= borders[at + 1]:
                continue
            middle, slowest = (borders[at] + borders[at + 1]) / 2, np.inf
            for one in range(low, high):
                if start[one] <= middle <= end[one]:
                    slowest = min(slowest, kmh[one])
            slowest = outside_kmh if slowest == np.inf else slowest
            run, felt = _walk(ways[way], cells[way], grid_m, slope, borders[at], borders[at + 1])
            whole += run
            # As slow as can be said, not as nothing: no faster ground may then be slower.
            spent += felt * (_MS_PER_M_AT_1_KMH / max(slowest, _SLOWEST_KMH))
            shut += run if slowest == 0.0 else 0.0
        if shut >= _TOUCHING_M:
            ms[way] = NO_WAY
        else:
            pace = spent / whole if whole > 0.0 else 0.0
            ms[way] = min(int(np.rint(metres[way] * pace)), LONGEST_MS)
    return ms


@compiled
def _walk(
    way: Floats, cells: Floats, grid_m: npt.NDArray[np.float32], slope: Floats,
    begin: float, end: float,
) -> tuple[float, float]:  # fmt: skip
    """Return the metres of a part of a way, and those of level ground that take as long.

    It is walked in steps of one cell of the heights at most.
    """
    level = len(grid_m) == 0
    long = np.hypot(cells[2] - cells[0], cells[3] - cells[1]) * (end - begin)
    steps = max(int(np.ceil(min(long, 1e6))), 1) if long > 0.0 else 1
    run = felt = before_m = 0.0
    share = begin
    for step in range(steps + 1):
        last, share = share, begin + (end - begin) * step / steps
        if not level:
            column = cells[0] + share * (cells[2] - cells[0])
            height_m = height_at(grid_m, column, cells[1] + share * (cells[3] - cells[1]))
        else:
            height_m = 0.0
        if step > 0:
            metres = leg_length(
                way[0] + last * (way[2] - way[0]), way[1] + last * (way[3] - way[1]),
                way[0] + share * (way[2] - way[0]), way[1] + share * (way[3] - way[1]),
            )  # fmt: skip
            grade = (height_m - before_m) / metres if metres > 0.0 else 0.0
            run += metres
            if grade == 0.0 or np.isnan(grade):
                felt += metres
            else:
                felt += metres / leaves(grade, slope[0], slope[1], slope[2], 1.0)
        before_m = height_m
    return run, felt
