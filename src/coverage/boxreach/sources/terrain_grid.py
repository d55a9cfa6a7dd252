"""Heights of the ground from a file."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.windows import Window

from boxreach.arguments import require_path
from boxreach.crs import WGS84, Floats, transformer_between
from boxreach.errors import CRSError, DataWarning, Fault, InputError
from boxreach.extents import Bounds
from boxreach.sources.grid_file import block_faults, open_grid, place_faults, tell_palette
from boxreach.sources.terrain import Lattice, Terrain, placed
from boxreach.sources.terrain_groups import bounds_of, group_places

_LOWEST_M, _HIGHEST_M = -450.0, 9000.0
"""No land lies lower than the Dead Sea's shore or higher than Everest, with some room."""

_CELLS_AT_MOST = 200_000_000
_VALUES_HELD = 100_000
_EAST_AT_MOST = 540.0
"""Some grids count their longitudes from 0 to 360; once more around is no longitude."""
_METRES_OF_UNIT = {
    "": 1.0, "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us survey foot": 1200 / 3937,
}  # fmt: skip


def read_terrain(path: str | Path, *, bounds: Bounds | None = None) -> Terrain:
    """Read a grid of heights.

    Parameters
    ----------
    path
        One band of heights in metres or feet, any CRS: GeoTIFF, a VRT mosaic of some, HGT... Values
        that no land has, such as an undeclared -99999, count as not known: a `DataWarning`.
    bounds
        West, south, east, north in degrees of what is needed; the rest is not read.

    Returns
    -------
    Terrain
        Heights in metres, and where their cells lie.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS or several bands, is in no known unit, is too large
        or holds no height.
    """
    path = require_path(path)
    with open_grid(path, holds="heights") as grid:
        land = _land(grid, path)
        impossible = _Impossible(land.file)
        terrain = _read(grid, land, bounds, impossible)
        impossible.tell(stacklevel=2)
    if np.isnan(terrain.grid_m).all():
        fault = Fault("there is no height in it", land.file, advice="give a grid of heights")
        raise InputError(fault)
    return terrain


def open_terrain(path: str | Path) -> TerrainFile:
    """Open a grid of heights that is too large to be held, to be read in parts.

    Parameters
    ----------
    path
        As in `read_terrain`.

    Returns
    -------
    TerrainFile
        What reads a part of the grid when it is asked for.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS or several bands, or is in no known unit.
    """
    path = require_path(path)
    with open_grid(path, holds="heights") as grid:
        return _land(grid, path)


@dataclass(frozen=True, eq=False)
class TerrainFile(Lattice):
    """Heights in a file, read where they are asked for; wherever a `Terrain` will do, so will this.

    Attributes
    ----------
    path
        The file.
    rows, columns
        How many it has.
    transform
        From column and row to the coordinates of `crs`.
    crs
        Of the grid.
    file
        The name of the file.
    unit_m
        Metres of a unit of its heights.
    """

    path: Path
    rows: int
    columns: int
    transform: Affine
    crs: CRS
    file: str
    unit_m: float = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def middle(self) -> tuple[float, float]:
        """Longitude and latitude of its middle, infinite where that is not on earth."""
        x, y = placed(self.transform, self.columns / 2, self.rows / 2)
        if not self.crs.is_geographic:
            x, y = transformer_between(self.crs, WGS84).transform(x, y)
        return float(x), float(y)

    def window(self, bounds: Bounds) -> Terrain:
        """Read the part within west, south, east and north in degrees, and a cell around it.

        Heights that no land has count as not known, a `DataWarning`; a part without any height is
        a hole, and returned.

        Raises
        ------
        InputError
            If the grid does not meet the bounds, or the part is too large to be held.
        """
        (part,) = self.windows([bounds])
        return part

    def windows(self, several: Iterable[Bounds]) -> Iterator[Terrain]:
        """Read the parts within several bounds, one after the other; what is odd is told once."""
        impossible = _Impossible(self.file)
        with open_grid(self.path, holds="heights") as grid:
            for bounds in several:
                yield _read(grid, self, bounds, impossible)
        impossible.tell(stacklevel=3)

    def heights_m(self, lon: Floats, lat: Floats) -> Floats:
        """Return the height at each place (degrees) as `Terrain.heights_m` does, part by part."""
        heights_m = np.full(len(lon), np.nan)
        on = np.flatnonzero(self.covers(lon, lat))
        groups = [on[one] for one in group_places(lon[on], lat[on], self.cell_m)]
        parts = self.windows(bounds_of(lon[one], lat[one]) for one in groups)
        for one, part in zip(groups, parts, strict=True):
            heights_m[one] = part.heights_m(lon[one], lat[one])
        return heights_m


def _land(grid: rasterio.DatasetReader, path: Path) -> TerrainFile:
    unit_m = _require_heights(grid, path.name)
    crs = CRS.from_user_input(grid.crs)
    land = TerrainFile(path, grid.height, grid.width, grid.transform, crs, path.name, unit_m)
    lon, lat = land.middle
    if not (abs(lon) <= _EAST_AT_MOST and abs(lat) <= 90):
        advice = "check the coordinate reference system and the transform of the grid"
        raise CRSError(Fault("its cells lie nowhere on earth", land.file, advice=advice))
    return land


def _read(
    grid: rasterio.DatasetReader, land: TerrainFile, bounds: Bounds | None, impossible: _Impossible
) -> Terrain:
    rows, columns = land.span(bounds)
    cells = (rows.stop - rows.start) * (columns.stop - columns.start)
    if cells > _CELLS_AT_MOST:
        what = f"it has {cells:,.0f} cells, and {_CELLS_AT_MOST:,} can be held"
        advice = "cut it to the study area, or resample it to cells of 90 m"
        raise InputError(Fault(what, land.file, advice=advice))
    stored = grid.read(1, window=Window.from_slices(rows, columns), masked=True)
    heights = stored.astype("float32").filled(np.nan)
    scale, offset = grid.scales[0] * land.unit_m, grid.offsets[0] * land.unit_m
    if (scale, offset) != (1.0, 0.0):
        heights = heights * np.float32(scale) + np.float32(offset)
    impossible.drop(heights)
    return Terrain(heights, land.moved(rows, columns), land.crs, land.file)


def _require_heights(grid: rasterio.DatasetReader, file: str) -> float:
    """Return the metres of a unit of the grid, or refuse what holds no heights."""
    unit = (grid.units[0] or "").strip().lower()
    faults = []
    if grid.count != 1:
        faults.append(Fault(f"it has {grid.count} bands", file, advice="give one band of heights"))
    if any(one.startswith("complex") for one in grid.dtypes):
        faults.append(Fault("it holds complex numbers", file, advice="give heights"))
    faults += block_faults(grid, file)
    if unit not in _METRES_OF_UNIT:
        what = f"its heights are in {unit!r}, which is not known"
        faults.append(Fault(what, file, advice="give metres"))
    if grid.crs is None:
        what = "the grid does not say its coordinate reference system"
        fault = Fault(what, file, advice="set it in the file")
        raise InputError(*faults, fault) if faults else CRSError(fault)
    if faults := faults + place_faults(grid, file):
        raise InputError(*faults)
    tell_palette(grid, file)
    return _METRES_OF_UNIT[unit]


class _Impossible:
    """Counts heights that no land has, and makes them unknown."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._cells: Counter[float] = Counter()
        self._total = 0

    def drop(self, heights: npt.NDArray[np.float32]) -> None:
        """Make heights that no land has NaN, in place."""
        heights[~np.isfinite(heights)] = np.nan
        with np.errstate(invalid="ignore"):
            absurd = (heights < _LOWEST_M) | (heights > _HIGHEST_M)
        if absurd.any():
            values, cells = np.unique(heights[absurd], return_counts=True)
            self._total += int(cells.sum())
            if len(self._cells) < _VALUES_HELD:
                few = np.argsort(-cells, kind="stable")[:_VALUES_HELD]
                self._cells.update(
                    dict(zip(values[few].tolist(), cells[few].tolist(), strict=True))
                )
            heights[absurd] = np.nan

    def tell(self, *, stacklevel: int) -> None:
        """Warn of what was dropped, if anything."""
        if not self._cells:
            return
        often = max(self._cells, key=lambda value: (self._cells[value], -value))
        what = (
            f"{self._total} cells hold heights that no land has, most often {often:g} m;"
            " they count as not known"
        )
        warnings.warn(DataWarning(Fault(what, self._file)), stacklevel=stacklevel + 1)
