"""A grid over the legs of all edges, to find what is near to a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.network.edges import Edges
from boxreach.network.legs import UNITS_PER_DEGREE, leg_ends

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

_CELL_DEGREES = 0.02
_MOST_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class LegGrid:
    """Which legs, the straight parts of edges, meet each cell of a grid in degrees.

    Attributes
    ----------
    west, south, cell_lon, cell_lat
        The corner of the grid and the size of its cells.
    columns, rows
        How many cells it has.
    first, leg
        The legs that meet cell c are ``leg[first[c]]`` up to ``leg[first[c + 1]]``.
    leg_edge
        Edge of each leg. The legs of an edge follow each other.
    """

    west: float
    south: float
    cell_lon: float
    cell_lat: float
    columns: int
    rows: int
    first: npt.NDArray[np.int64]
    leg: Ints
    leg_edge: Ints


def lay_grid(edges: Edges) -> LegGrid:
    """Return the grid over all legs of the edges."""
    west, east = edges.lon.min() / UNITS_PER_DEGREE, edges.lon.max() / UNITS_PER_DEGREE
    south, north = edges.lat.min() / UNITS_PER_DEGREE, edges.lat.max() / UNITS_PER_DEGREE
    if len(edges.bend_lon):
        west = min(west, edges.bend_lon.min() / UNITS_PER_DEGREE)
        east = max(east, edges.bend_lon.max() / UNITS_PER_DEGREE)
        south = min(south, edges.bend_lat.min() / UNITS_PER_DEGREE)
        north = max(north, edges.bend_lat.max() / UNITS_PER_DEGREE)
    cell_lat = max(_CELL_DEGREES, float(np.sqrt((east - west) * (north - south) / _MOST_CELLS)))
    cell_lon = cell_lat / max(0.1, float(np.cos(np.radians((south + north) / 2))))
    columns, rows = int((east - west) / cell_lon) + 1, int((north - south) / cell_lat) + 1
    shape = (west, south, cell_lon, cell_lat, columns, rows)
    legs = np.diff(edges.bend_first) + 1
    leg_edge = np.repeat(np.arange(len(edges), dtype=np.int32), legs)
    nothing = np.empty(0, dtype=np.int32)
    first = np.zeros(columns * rows + 1, dtype=np.int64)
    _fill_cells(*edges.drawn, leg_edge, *shape, first, nothing)
    first[1:] = np.cumsum(first[:-1])
    first[0] = 0
    leg = np.empty(first[-1], dtype=np.int32)
    _fill_cells(*edges.drawn, leg_edge, *shape, first[:-1].copy(), leg)
    return LegGrid(*shape, first, leg, leg_edge)


@compiled
def _fill_cells(
    lon: Ints,
    lat: Ints,
    tail: Ints,
    head: Ints,
    bend_first: Ints,
    bend_lon: Ints,
    bend_lat: Ints,
    leg_edge: Ints,
    west: float,
    south: float,
    cell_lon: float,
    cell_lat: float,
    columns: int,
    rows: int,
    place: npt.NDArray[np.int64],
    cell_legs: Ints,
) -> None:
    """Count the legs of each cell in `place`, or put them where it says if there is room."""
    for leg in range(len(leg_edge)):
        edge = leg_edge[leg]
        x1, y1, x2, y2 = leg_ends(
            lon,
            lat,
            tail,
            head,
            bend_first,
            bend_lon,
            bend_lat,
            edge,
            leg - bend_first[edge] - edge,
        )
        x1, x2 = (x1 - west) / cell_lon, (x2 - west) / cell_lon
        y1, y2 = (y1 - south) / cell_lat, (y2 - south) / cell_lat
        if y1 > y2:
            x1, y1, x2, y2 = x2, y2, x1, y1
        for row in range(max(int(y1), 0), min(int(y2), rows - 1) + 1):
            low, high = x1, x2
            if y2 > y1:
                slope = (x2 - x1) / (y2 - y1)
                low = x1 + slope * (max(row, y1) - y1)
                high = x1 + slope * (min(row + 1, y2) - y1)
            if low > high:
                low, high = high, low
            # A hair wider, for a leg that runs along the side of a cell.
            for column in range(max(int(low - 1e-6), 0), min(int(high + 1e-6), columns - 1) + 1):
                cell = row * columns + column
                if len(cell_legs):
                    cell_legs[place[cell]] = leg
                place[cell] += 1
