"""The parts of a frontier: lines as they were drawn, joined end to end and set from the north.

Lines become a graph: its nodes are the vertices, its edges the steps from one to the next. A
frontier is one whose nodes have two neighbours, or one at the ends, and whose steps meet nowhere
else; then each part is a path or a ring of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.crs import GEOD, Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.segments import Positions

_SAME_DECIMALS = 9
"""Vertices that agree to so many decimals of a degree, a tenth of a millimetre, are one."""

_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Part:
    """A line without a gap from its northern end, or a ring from its northernmost point.

    Attributes
    ----------
    lon, lat
        Its vertices, in degrees; those of a ring end where they begin.
    row
        The row of the file, from 0, that each step between them is of.
    """

    lon: Floats
    lat: Floats
    row: Positions

    @property
    def closed(self) -> bool:
        """Whether it ends where it begins."""
        return bool(self.lon[0] == self.lon[-1] and self.lat[0] == self.lat[-1])


def join_parts(lines: gpd.GeoDataFrame, *, seam: float, file: str) -> list[Part]:
    """Return the parts of a frontier from north to south by their northern ends.

    A part begins at its northern end, on a parallel at the western one. A ring begins at its
    northernmost point and goes on westward, with what it encloses on its left.

    Parameters
    ----------
    lines
        As they were drawn, in any order and direction.
    seam
        The longitude that no line crosses; the parts are turned so that it lies at 180.
    file
        Where the lines come from, for the messages.

    Raises
    ------
    InputError
        With every place where lines have no length, cross, touch, overlap or branch.
    """
    steps = _Steps.of(lines, seam, file)
    if faults := [*steps.faults(seam, file)]:
        raise InputError(*faults)
    parts = [_from_north(part) for part in steps.walk()]
    return sorted(parts, key=lambda part: (-part.lat[0], part.lon[0]))


def find_seam(lines: gpd.GeoDataFrame) -> float:
    """Return a longitude that lines do not cross: 180, if they do not cross that.

    Examples
    --------
    >>> from shapely import LineString
    >>> find_seam(gpd.GeoDataFrame(geometry=[LineString([(44, 33), (45, 33)])], crs=4326))
    180.0
    >>> find_seam(gpd.GeoDataFrame(geometry=[LineString([(179, 66), (-179, 66)])], crs=4326))
    0.0
    """
    coordinates, owner = shapely.get_coordinates(lines.geometry.to_numpy(), return_index=True)
    lon = coordinates[:, 0]
    jumps = (np.abs(np.diff(lon)) > 180) & (owner[1:] == owner[:-1])
    if not jumps.any() and (np.abs(lon) <= 180).all() and np.ptp(lon) < 360:
        return 180.0
    around = np.unique(lon % 360)
    gaps = np.diff(np.append(around, around[0] + 360))
    widest = int(gaps.argmax())
    return float(np.round(around[widest] + gaps[widest] / 2) % 360)


def turn(lon: Floats, seam: float) -> Floats:
    """Return longitudes as they are called where a seam lies at 180.

    Examples
    --------
    >>> turn(np.array([179.0, -179.0, 190.0]), 0.0).tolist()
    [-1.0, 1.0, 10.0]
    """
    return lon if seam == 180 else np.asarray((lon - seam) % 360 - 180)


def turn_back(lon: Floats, seam: float) -> Floats:
    """Return longitudes as they are, which may go beyond 180."""
    return lon if seam == 180 else np.asarray(lon + (seam + 180) % 360)


def turn_shapes(shapes: npt.NDArray[np.object_], seam: float) -> npt.NDArray[np.object_]:
    """Return areas from -180 to 180 as they lie where a seam lies at 180.

    Examples
    --------
    >>> turned = turn_shapes(np.array([shapely.box(170, 60, 180, 70)]), 0.0)
    >>> turned[0].bounds
    (-10.0, 60.0, 0.0, 70.0)
    """
    if seam == 180:
        return shapes
    edge = (seam + 180) % 360 - 180
    west, east = shapely.box(-180, -90, edge, 90), shapely.box(edge, -90, 180, 90)
    turned = [
        shapely.transform(
            shapely.intersection(shapes, side), lambda xy, by=by: xy + np.array([by, 0.0])
        )
        for side, by in ((west, 180 - edge), (east, -180 - edge))
    ]
    return np.asarray(shapely.union(*turned))


@dataclass(frozen=True, eq=False)
class _Steps:
    """Steps between nodes: places, the two nodes of each step, its row, and what is an end."""

    place: Floats
    ends: Positions
    row: Positions
    line_ends: Positions

    @classmethod
    def of(cls, lines: gpd.GeoDataFrame, seam: float, file: str) -> _Steps:
        drawn, row = shapely.get_parts(lines.geometry.to_numpy(), return_index=True)
        coordinates, owner = shapely.get_coordinates(drawn, return_index=True)
        coordinates[:, 0] = turn(coordinates[:, 0], seam)
        near, first, node = np.unique(
            np.round(coordinates, _SAME_DECIMALS), axis=0, return_index=True, return_inverse=True
        )
        node = node.ravel()
        ahead = np.flatnonzero((owner[1:] == owner[:-1]) & (node[1:] != node[:-1]))
        empty = np.setdiff1d(np.arange(len(drawn)), owner[ahead])
        if len(empty):
            raise InputError(*(_no_length(drawn[at], int(row[at]) + 1, file) for at in empty))
        opens = np.append(True, owner[1:] != owner[:-1])
        line_ends = np.bincount(node[opens], minlength=len(near))
        line_ends += np.bincount(node[np.append(opens[1:], True)], minlength=len(near))
        ends = np.column_stack([node[ahead], node[ahead + 1]])
        return cls(coordinates[first], ends, row[owner[ahead]], line_ends)

    def faults(self, seam: float, file: str) -> Iterator[Fault]:
        """Return every place at which the steps are no frontier."""
        if (np.abs(np.diff(self.place[self.ends, 0], axis=1)) > 180).any():
            yield Fault("it goes around the earth", file, advice="leave a part of it out")
            return

        def fault(what: str, at: Floats, step: int, advice: str) -> Fault:
            lon = (turn_back(at[:1], seam)[0] + 180) % 360 - 180
            where = f"{what} at longitude {lon:.6f}, latitude {at[1]:.6f}"
            return Fault(where, file, int(self.row[step]) + 1, "geometry", advice)

        overlap, crossing = self._meetings()
        for step, at in overlap:
            yield fault("it runs over itself", at, step, "draw each stretch once")
        degree = np.bincount(self.ends.ravel(), minlength=len(self.place))
        told = np.zeros(len(self.place), dtype=bool)
        told[self.ends[[step for step, _ in overlap]]] = True
        for node in np.flatnonzero((degree > 2) & ~told):
            step = int(np.flatnonzero((self.ends == node).any(axis=1))[-1])
            branches = self.line_ends[node] > 2 or degree[node] % 2 == 1
            what = f"{degree[node]} lines meet" if branches else "it crosses or touches itself"
            advice = "take its branches out" if branches else "take out the loop"
            yield fault(what, self.place[node], step, advice)
        for step, at in crossing:
            yield fault("it crosses or touches itself", at, step, "take out the loop")

    def _meetings(self) -> tuple[list[tuple[int, Floats]], list[tuple[int, Floats]]]:
        """Return the steps that overlap others, and those that meet some beside their ends."""
        lines = shapely.linestrings(self.place[self.ends])
        one, other = STRtree(lines).query(lines, predicate="intersects")
        one, other = one[one < other], other[one < other]
        common = shapely.intersection(lines[one], lines[other])
        joined = (self.ends[one][:, :, None] == self.ends[other][:, None, :]).any(axis=(1, 2))
        over = shapely.length(common) > 0
        found: list[list[tuple[int, Floats]]] = []
        for wrong in (over, ~over & ~joined):
            at = np.flatnonzero(wrong)
            places = shapely.get_coordinates(shapely.centroid(common[at]))
            found.append(list(zip(other[at].tolist(), places, strict=True)))
        return found[0], found[1]

    def walk(self) -> Iterator[Part]:
        """Return the paths and rings that the steps make."""
        count = len(self.ends)
        node, step = self.ends.ravel(), np.repeat(np.arange(count), 2)
        order = np.argsort(node, kind="stable")
        first = np.searchsorted(node[order], np.arange(len(self.place) + 1))
        at_node = [step[order[a:b]].tolist() for a, b in pairwise(first)]
        ends = self.ends.tolist()
        gone = np.zeros(count, dtype=bool)
        tips = [at for at, steps in enumerate(at_node) if len(steps) == 1]
        for start in [*tips, *(pair[0] for pair in ends)]:
            here, nodes, steps = start, [start], []
            while onward := [one for one in at_node[here] if not gone[one]]:
                gone[onward[0]] = True
                here = sum(ends[onward[0]]) - here
                steps.append(onward[0])
                nodes.append(here)
            if steps:
                lon, lat = self.place[nodes].T
                yield Part(lon, lat, self.row[steps])


def _no_length(line: shapely.LineString, row: int, file: str) -> Fault:
    places = shapely.get_coordinates(line)
    where = f" at longitude {places[0, 0]:g}, latitude {places[0, 1]:g}" if len(places) else ""
    return Fault(f"a line has no length{where}", file, row, "geometry", "take it out")


def _from_north(part: Part) -> Part:
    """Return a part from its northern end; a ring from its northernmost point, westward."""
    if part.closed:
        part = _onto_apex(part)
        top = int(np.lexsort([part.lon[:-1], -part.lat[:-1]])[0])
        lon, lat = (np.roll(one[:-1], -top) for one in (part.lon, part.lat))
        row = np.roll(part.row, -top)
        part = Part(np.append(lon, lon[0]), np.append(lat, lat[0]), row)
        x, y = part.lon, part.lat
        backward = np.sum((x[1:] - x[0]) * (y[:-1] - y[0]) - (x[:-1] - x[0]) * (y[1:] - y[0])) > 0
    else:
        backward = (part.lat[0], -part.lon[0]) < (part.lat[-1], -part.lon[-1])
    return Part(part.lon[::-1], part.lat[::-1], part.row[::-1]) if backward else part


def _onto_apex(ring: Part) -> Part:
    """Return a ring with a vertex at its northernmost point, which may lie within a step."""
    lon, lat = ring.lon[:-1], ring.lat[:-1]
    ahead, back, metres = GEOD.inv(lon, lat, ring.lon[1:], ring.lat[1:])
    rises = (np.cos(np.radians(ahead)) > 0) & (np.cos(np.radians(back)) > 0)
    at = np.flatnonzero(rises)
    if not len(at):
        return ring
    low, high = np.zeros(len(at)), metres[at]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        x, y, behind = GEOD.fwd(lon[at], lat[at], ahead[at], middle)
        climbing = np.cos(np.radians(behind + 180)) > 0
        low, high = np.where(climbing, middle, low), np.where(climbing, high, middle)
    best = int(np.argmax(y))
    if y[best] <= ring.lat.max():
        return ring
    step = at[best]
    return Part(
        np.insert(ring.lon, step + 1, x[best]),
        np.insert(ring.lat, step + 1, y[best]),
        np.insert(ring.row, step, ring.row[step]),
    )


def cross_meridian(part: Part, meridian: float) -> tuple[Part, npt.NDArray[np.bool_]]:
    """Return a part with vertices where it crosses a meridian, and which vertices these are.

    Where it runs along the meridian, these are the ends of the run.
    """
    side = np.sign(part.lon - meridian)
    at = np.flatnonzero(side[1:] * side[:-1] < 0)
    ahead, _, metres = GEOD.inv(part.lon[at], part.lat[at], part.lon[at + 1], part.lat[at + 1])
    low, high = np.zeros(len(at)), np.asarray(metres)
    lat = part.lat[at]
    for _ in range(_HALVINGS if len(at) else 0):
        middle = (low + high) / 2
        lon, lat, _ = GEOD.fwd(part.lon[at], part.lat[at], ahead, middle)
        before = np.sign(lon - meridian) == side[at]
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    crossed = Part(
        np.insert(part.lon, at + 1, meridian),
        np.insert(part.lat, at + 1, lat),
        np.insert(part.row, at, part.row[at]),
    )
    side = np.sign(crossed.lon - meridian)
    meets = np.zeros(len(side), dtype=bool)
    meets[1:-1] = (side[1:-1] == 0) & (side[:-2] != side[2:])
    return crossed, meets
