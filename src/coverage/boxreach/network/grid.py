"""A grid over the legs of all edges, to find what is near to a point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import metres_per_degree
from boxreach.network.edges import Edges
from boxreach.network.legs import UNITS_PER_DEGREE, leg_ends, to_unit

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

_CELL_DEGREES = 0.02
_MOST_CELLS = 4_000_000
_LEAST_METRES = 110_000.0
"""A degree of latitude has so many at least."""

_FARTHEST_LAT = 89.9


@dataclass(frozen=True, eq=False)
class LegGrid:
    """Which legs, the straight parts of edges, meet each cell of a grid in degrees.

    Attributes
    ----------
    west, south, cell_lon, cell_lat
        The corner of the grid and the size of its cells.
    columns, rows
        How many cells it has.
    first, legs
        The legs that meet cell c are rows ``first[c]`` up to ``first[c + 1]``: longitude and
        latitude of both ends in 1e-7 degrees, the edge, and which of its legs it is. What is
        looked at together lies together, so that a search reads memory in order.
    """

    west: float
    south: float
    cell_lon: float
    cell_lat: float
    columns: int
    rows: int
    first: npt.NDArray[np.int64]
    legs: Ints

    def about(self, wanted: npt.NDArray[np.bool_], range_m: float) -> npt.NDArray[np.bool_]:
        """Return which cells lie so near to any edge that is wanted, and some that do not.

        A place beyond the grid counts to the outermost cell.

        Parameters
        ----------
        wanted
            One an edge.
        range_m
            How near, in metres.
        """
        from scipy.ndimage import maximum_filter1d  # noqa: PLC0415 - large, and seldom asked for

        cells = np.zeros((self.rows, self.columns), dtype=np.uint8)
        _mark_cells(self.first, self.legs, wanted, cells.reshape(-1))
        farthest = max(abs(self.south), abs(self.south + self.rows * self.cell_lat))
        metres = metres_per_degree(np.array([min(farthest, _FARTHEST_LAT)]))[0][0]
        for axis, cell_m in ((0, self.cell_lat * _LEAST_METRES), (1, self.cell_lon * metres)):
            steps = min(int(range_m / cell_m) + 1, cells.shape[axis])
            cells = maximum_filter1d(cells, 2 * steps + 1, axis=axis, mode="constant")
        return cells > 0

    def cells_of(self, lon: Floats, lat: Floats) -> tuple[Longs, Longs]:
        """Return row and column of places, those beyond the grid on its border."""
        row, column = (lat - self.south) / self.cell_lat, (lon - self.west) / self.cell_lon
        return (
            np.floor(row).astype(np.int64).clip(0, self.rows - 1),
            np.floor(column).astype(np.int64).clip(0, self.columns - 1),
        )

    def near(self, windows: Floats, edges: int) -> npt.NDArray[np.int64]:
        """Return the edges, of so many, in the cells that meet any window, rising.

        Parameters
        ----------
        windows
            West, south, east and north of each, in degrees.
        edges
            How many edges there are.
        """
        shape = (self.west, self.south, self.cell_lon, self.cell_lat, self.columns, self.rows)
        found = np.zeros(edges, dtype=bool)
        _mark_near(windows, *shape, self.first, self.legs, found)
        return np.flatnonzero(found)


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
    first = np.zeros(columns * rows + 1, dtype=np.int64)
    _fill_cells(*edges.drawn, *shape, first, np.empty((0, 6), dtype=np.int32))
    first[1:] = np.cumsum(first[:-1])
    first[0] = 0
    legs = np.empty((first[-1], 6), dtype=np.int32)
    _fill_cells(*edges.drawn, *shape, first[:-1].copy(), legs)
    return LegGrid(*shape, first, legs)


@compiled
def _fill_cells(
    lon: Ints, lat: Ints, tail: Ints, head: Ints,
    bend_first: Ints, bend_lon: Ints, bend_lat: Ints,
    west: float, south: float, cell_lon: float, cell_lat: float, columns: int, rows: int,
    place: npt.NDArray[np.int64], cell_legs: Ints,
) -> None:  # fmt: skip
    """Count the legs of each cell in `place`, or put them where it says if there is room."""
    for edge in range(len(tail)):
        for leg in range(bend_first[edge + 1] - bend_first[edge] + 1):
            lon1, lat1, lon2, lat2 = leg_ends(
                lon, lat, tail, head, bend_first, bend_lon, bend_lat, edge, leg
            )
            x1, x2 = (lon1 - west) / cell_lon, (lon2 - west) / cell_lon
            y1, y2 = (lat1 - south) / cell_lat, (lat2 - south) / cell_lat
            if y1 > y2:
                x1, y1, x2, y2 = x2, y2, x1, y1
            for row in range(max(int(y1), 0), min(int(y2), rows - 1) + 1):
                low, high = _columns_of_row(x1, y1, x2, y2, row)
                for column in range(max(int(low), 0), min(int(high), columns - 1) + 1):
                    cell = row * columns + column
                    if len(cell_legs):
                        at = place[cell]
                        cell_legs[at, 0], cell_legs[at, 1] = to_unit(lon1), to_unit(lat1)
                        cell_legs[at, 2], cell_legs[at, 3] = to_unit(lon2), to_unit(lat2)
                        cell_legs[at, 4], cell_legs[at, 5] = edge, leg
                    place[cell] += 1


@compiled
def _mark_cells(
    first: npt.NDArray[np.int64], legs: Ints, wanted: npt.NDArray[np.bool_], cells: Bytes
) -> None:
    for cell in range(len(cells)):
        for at in range(first[cell], first[cell + 1]):
            if wanted[legs[at, 4]]:
                cells[cell] = 1
                break


@compiled
def _mark_near(
    windows: Floats,
    west: float, south: float, cell_lon: float, cell_lat: float, columns: int, rows: int,
    first: npt.NDArray[np.int64], legs: Ints, found: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    for window in range(len(windows)):
        x1, x2 = (windows[window, 0] - west) / cell_lon, (windows[window, 2] - west) / cell_lon
        y1, y2 = (windows[window, 1] - south) / cell_lat, (windows[window, 3] - south) / cell_lat
        low, high = max(int(np.floor(x1)), 0), min(int(np.floor(x2)), columns - 1)
        for row in range(max(int(np.floor(y1)), 0), min(int(np.floor(y2)), rows - 1) + 1):
            if low > high:
                break
            for at in range(first[row * columns + low], first[row * columns + high + 1]):
                found[legs[at, 4]] = True


@compiled
def _columns_of_row(x1: float, y1: float, x2: float, y2: float, row: int) -> tuple[float, float]:
    """Return from where to where a leg that leads upwards lies within a row of cells."""
    low, high = x1, x2
    if y2 > y1:
        slope = (x2 - x1) / (y2 - y1)
        low = x1 + slope * (max(row, y1) - y1)
        high = x1 + slope * (min(row + 1, y2) - y1)
    # A hair wider, for a leg that runs along the side of a cell.
    return min(low, high) - 1e-6, max(low, high) + 1e-6
