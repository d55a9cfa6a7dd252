"""A sieve for roads: which of those in range of many points can matter to each of them.

A link to a road is needless where the place it leads to is reached sooner over a nearer road. That
is told for whole blocks of points at once, then for quarters of them, at last for single points,
each time among the roads that are left. Every bound is on the safe side, so what is left out
changes no time: it is slower than another way to the same place by more than rounding makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from boxreach.compilation import compiled
from boxreach.crs import Floats, metres_per_degree
from boxreach.network.arrivals import UNKNOWN, Arrivals
from boxreach.network.box_grid import BoxGrid
from boxreach.network.graph import RoadNetwork
from boxreach.network.links import TOUCHING_M
from boxreach.network.sifting import Paces, Terms, sift_blocks
from boxreach.network.surroundings import Chained

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

BLOCK_DEGREES = 0.04
_HALVINGS = 5
_BOX_DEGREES = 0.004
"""Boxes about what hinders ways are no larger, unless it fills them."""

_LEGS_OF_A_POINT = 50
"""What a point takes besides the legs about it, in legs."""

_FARTHEST_LAT = 89.9
_METRES_OF_DEGREE = 110_000.0, 112_000.0
"""A degree of latitude has so many at least, and at most."""

_MS_PER_M_AT_1_KMH = 3_600.0
_SLOWEST_KMH = 0.1
_LEAST_OF_SPEED = 0.1
"""No slope leaves less of the speed (`speeds.slope`)."""


@dataclass(frozen=True, eq=False)
class Sieve:
    """Points in blocks, and all that is needed to sift the roads about them.

    Attributes
    ----------
    network
        Whose roads.
    outward
        Whether ways lead out of the points.
    order
        Positions of the points, block by block and quarter by quarter; all else is in that order.
    lon, lat, code
        The points in degrees, and which quarters of quarters each lies in.
    first
        Where each block begins.
    piece
        The edge of the network that each edge of the lifted one is; -1 where a closure cuts it.
    hindrance_first, hindrances
        Where those of each block begin, and what may block a way over open ground about it, or
        slow it: west, south, east and north, and whether it blocks.
    arrivals
        When the junctions are reached from those who drive to the points, where it is known.
    """

    network: RoadNetwork
    outward: bool
    order: Longs
    lon: Floats
    lat: Floats
    code: Longs
    first: Longs
    piece: Ints
    hindrance_first: Longs
    hindrances: Floats
    arrivals: Arrivals

    @classmethod
    def over(
        cls,
        network: RoadNetwork,
        lon: Floats,
        lat: Floats,
        *,
        outward: bool,
        arrivals: Arrivals = UNKNOWN,
    ) -> Sieve:
        """Return the sieve for points in degrees."""
        code = _quarter(lon, lat, BLOCK_DEGREES / 2**_HALVINGS)
        order = np.argsort(code, kind="stable")
        lon, lat, code = lon[order], lat[order], code[order]
        block = code >> (2 * _HALVINGS)
        begins = np.flatnonzero(np.append(True, block[1:] != block[:-1])[: len(block)])
        first = np.append(begins, len(block))
        found = _find_hindrances(network, lon, lat, first)
        return cls(
            network, outward, order, lon, lat, code, first, _pieces(network), *found, arrivals
        )

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return len(self.first) - 1

    def shares(self, count: int) -> list[int]:
        """Return where to divide the blocks into shares that take about as long."""
        grid, starts = (self.network.lifted or self.network).grid, self.first[:-1]
        column = ((self.lon[starts] - grid.west) / grid.cell_lon).astype(np.int64)
        row = ((self.lat[starts] - grid.south) / grid.cell_lat).astype(np.int64)
        cell = row.clip(0, grid.rows - 1) * grid.columns + column.clip(0, grid.columns - 1)
        work = np.cumsum(np.diff(self.first) * (_LEGS_OF_A_POINT + np.diff(grid.first)[cell]))
        ends = np.searchsorted(work, np.arange(1, count) * work[-1] / count)
        return [0, *np.unique(ends[(ends > 0) & (ends < self.blocks)]).tolist(), self.blocks]

    def sift(self, begin: int, end: int, most: int) -> tuple[Longs, Ints, int]:
        """Return the roads that may matter to the points of some blocks.

        Parameters
        ----------
        begin, end
            The first block, and the one behind the last.
        most
            When to stop before: after the block with which there are so many roads.

        Returns
        -------
        tuple
            Where the roads of each point begin; the roads, rows of an edge of the lifted network
            and its nearest leg, that rise within a point; and which block comes next.
        """
        network = self.network
        drawn, chains, edges = network.lifted or network, network.chains, network.edges
        arcs = chains.in_first, chains.in_arcs
        if self.outward:
            arcs = chains.out_first, chains.out_arcs
        chained = Chained(
            chains.chain, chains.along, chains.before_ms, chains.behind_ms,
            edges.forward_ms, edges.backward_ms,
            chains.tail, chains.head, chains.forward_ms, chains.backward_ms, *arcs,
        )  # fmt: skip
        grid, range_m = drawn.grid, network.off_road_km * 1000 + TOUCHING_M
        shape = (grid.west, grid.south, grid.cell_lon, grid.cell_lat, grid.columns, grid.rows)
        return sift_blocks(
            drawn.edges.drawn, shape, grid.first, grid.legs, self.piece,
            Terms(chained, self.arrivals, self.outward, _paces(network), range_m),
            self.hindrance_first, self.hindrances,
            self.lon, self.lat, self.code, _HALVINGS, self.first, begin, end, most,
        )  # fmt: skip


@compiled
def _quarter(lon: Floats, lat: Floats, degrees: float) -> Longs:
    """Return for each point the bits of its column and of its row, one by one in turn."""
    code = np.zeros(len(lon), np.int64)
    for at in range(len(lon)):
        column = np.int64(np.floor((lon[at] + 180.0) / degrees))
        row = np.int64(np.floor((lat[at] + 90.0) / degrees))
        for bit in range(24):
            code[at] |= ((column >> bit) & 1) << (2 * bit)
            code[at] |= ((row >> bit) & 1) << (2 * bit + 1)
    return code


def _paces(network: RoadNetwork) -> Paces:
    kmh = np.append(network.ground.kmh[network.ground.kmh > 0], network.off_road_kmh)
    left = 1.0 if network.ground.terrain is None else _LEAST_OF_SPEED
    return Paces(
        least=_MS_PER_M_AT_1_KMH / float(kmh.max()),
        plain=_MS_PER_M_AT_1_KMH / network.off_road_kmh / left,
        most=_MS_PER_M_AT_1_KMH / max(float(kmh.min()), _SLOWEST_KMH) / left,
    )


def _pieces(network: RoadNetwork) -> Ints:
    """Return the edge that each drawn edge is in the network, -1 for those that are cut."""
    kept = network.stretches
    if network.lifted is None or kept is None:
        return np.arange(len(network.edges), dtype=np.int32)
    whole = (kept.start == 0.0) & (kept.end == 1.0)
    piece = np.full(len(network.lifted.edges), -1, dtype=np.int32)
    piece[kept.edge[whole]] = kept.piece[whole]
    return piece


def _find_hindrances(
    network: RoadNetwork, lon: Floats, lat: Floats, first: Longs
) -> tuple[Longs, Floats]:
    """Return what may block or slow ways over open ground about each block of points."""
    obstacles, ground = network.obstacles, network.ground
    areas = [obstacles.closed, ground.areas[ground.kmh == 0]]
    blocking = np.vstack([_line_boxes(obstacles.segments), *(_area_boxes(one) for one in areas)])
    boxes = np.vstack([blocking, _area_boxes(ground.areas[ground.kmh > 0])])
    blocks = len(first) - 1
    if not len(boxes) or not blocks:
        return np.zeros(blocks + 1, dtype=np.int64), np.empty((0, 5))
    windows = _windows(lon, lat, first[:-1], network.off_road_km * 1000)
    block, box = BoxGrid.over(boxes).meet(windows)
    order = np.argsort(block, kind="stable")
    blocks_ways = (box[order] < len(blocking)).astype(float)
    begins = np.searchsorted(block[order], np.arange(blocks + 1))
    return begins, np.column_stack([boxes[box[order]], blocks_ways])


def _line_boxes(segments: Floats) -> Floats:
    """Return boxes about straight pieces, long ones in parts: a slanting one fills no box."""
    ends = segments.reshape(-1, 2, 2)
    parts = np.ceil(np.abs(ends[:, 1] - ends[:, 0]).max(axis=1) / _BOX_DEGREES).clip(1)
    whose = np.repeat(np.arange(len(ends)), parts.astype(np.int64))
    nth = np.arange(len(whose)) - np.searchsorted(whose, whose)
    step = (ends[:, 1] - ends[:, 0])[whose] / parts[whose, None]
    begin = ends[whose, 0] + nth[:, None] * step
    return np.hstack([np.minimum(begin, begin + step), np.maximum(begin, begin + step)])


def _area_boxes(shapes: npt.NDArray[np.object_]) -> Floats:
    """Return boxes that hold areas, quartered until they are small or the areas fill half."""
    done = [np.empty((0, 4))]
    while len(shapes):
        bounds = shapely.bounds(shapes)
        sides = bounds[:, 2:] - bounds[:, :2]
        small = (sides.max(axis=1) <= _BOX_DEGREES) | (
            shapely.area(shapes) >= sides.prod(axis=1) / 2
        )
        done.append(bounds[small])
        low, middle = bounds[~small, :2], (bounds[~small, :2] + bounds[~small, 2:]) / 2
        high = bounds[~small, 2:]
        corners = [
            (low, middle),
            (middle, high),
            (
                np.column_stack([middle[:, 0], low[:, 1]]),
                np.column_stack([high[:, 0], middle[:, 1]]),
            ),
            (
                np.column_stack([low[:, 0], middle[:, 1]]),
                np.column_stack([middle[:, 0], high[:, 1]]),
            ),
        ]
        quarters = [
            shapely.intersection(shapes[~small], shapely.box(*one.T, *other.T))
            for one, other in corners
        ]
        shapes = np.concatenate(quarters)
        shapes = shapes[~shapely.is_empty(shapes)]
    return np.vstack(done)


def _windows(lon: Floats, lat: Floats, begins: Longs, range_m: float) -> Floats:
    """Return west, south, east and north of where ways of each block may lead, and more."""
    west, east = np.minimum.reduceat(lon, begins), np.maximum.reduceat(lon, begins)
    south, north = np.minimum.reduceat(lat, begins), np.maximum.reduceat(lat, begins)
    far_m = 2 * (range_m + BLOCK_DEGREES * _METRES_OF_DEGREE[1])
    high = far_m / _METRES_OF_DEGREE[0]
    farthest = np.minimum(np.maximum(np.abs(south), np.abs(north)) + high, _FARTHEST_LAT)
    wide = far_m / metres_per_degree(farthest)[0]
    return np.column_stack([west - wide, south - high, east + wide, north + high])
