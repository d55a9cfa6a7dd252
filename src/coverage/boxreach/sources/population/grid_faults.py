"""What makes a grid none of people, and the values that no cell can hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window

from boxreach.crs import Floats
from boxreach.errors import CRSError, Fault, InputError
from boxreach.sources.grid_file import block_faults, place_faults, tell_palette

_GRID_AT_MOST = 2**32
"""Cells of a grid that are looked at in a minute or so."""

_VALUES_SHOWN = 20
_VALUES_HELD = 100_000


def require_grid(grid: rasterio.DatasetReader, file: str) -> None:
    """Refuse a grid whose stored numbers are not, or not all, its people, before any is read."""
    faults = []
    if grid.count != 1:
        faults.append(Fault(f"it has {grid.count} bands", file, advice="give one band of counts"))
    if (set(grid.scales), set(grid.offsets)) != ({1.0}, {0.0}):
        what = f"its values are scaled (scale {grid.scales[0]:g}, offset {grid.offsets[0]:g})"
        faults.append(Fault(what, file, advice="save the counts themselves"))
    if any(one.startswith("complex") for one in grid.dtypes):
        faults.append(Fault("it holds complex numbers", file, advice="give real counts"))
    faults += [*_size_faults(grid, file), *block_faults(grid, file)]
    if grid.crs is None:
        if not faults:  # of a file that was cut off this is the lesser fault: its cells are gone
            grid.read(1, window=Window(grid.width - 1, grid.height - 1, 1, 1))
        what = "the grid does not say its coordinate reference system"
        missing = Fault(what, file, advice="set it in the file")
        raise InputError(*faults, missing) if faults else CRSError(missing)
    faults += place_faults(grid, file)
    if faults:
        raise InputError(*faults)
    tell_palette(grid, file)


def _size_faults(grid: rasterio.DatasetReader, file: str) -> list[Fault]:
    faults = []
    if grid.width * grid.height > _GRID_AT_MOST:
        what = (
            f"it says that it has {grid.width:,} × {grid.height:,} cells, and"
            f" {_GRID_AT_MOST:,} can be read"
        )
        faults.append(Fault(what, file, advice="cut it to the study area"))
    return faults


class ImpossibleValues:
    """Values that no cell can hold, gathered window by window.

    A value that many cells hold, as an undeclared nodata value is, is one fault.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: dict[float, tuple[int, int, int]] = {}
        self._more = 0

    def add(self, row: npt.NDArray[np.int32], column: npt.NDArray[np.int32], held: Floats) -> None:
        """Keep the first cell that holds each value, row by row, and how many do."""
        values, first, cells = np.unique(held, return_index=True, return_counts=True)
        for value, at, count in zip(values.tolist(), first, cells.tolist(), strict=True):
            here = (int(row[at]), int(column[at]))
            if value in self._found:
                known_row, known_column, known = self._found[value]
                here = min(here, (known_row, known_column))
                count += known  # noqa: PLW2901
            elif len(self._found) >= _VALUES_HELD:
                self._more += 1
                continue
            self._found[value] = (*here, count)

    def raise_any(self) -> None:
        """Raise what was kept, from top to bottom of the grid."""
        if not self._found:
            return
        advice = "declare the value as nodata, or mend the cell"
        faults = []
        ordered = sorted(self._found.items(), key=lambda one: one[1][:2])
        for value, (row, column, count) in ordered[:_VALUES_SHOWN]:
            more = f", nor in {count - 1} cells after it" if count > 1 else ""
            what = f"{value:g} people cannot be{more}"
            faults.append(Fault(what, self._file, row, f"cell {column}", advice))
        if (rest := len(ordered) - _VALUES_SHOWN + self._more) > 0:
            what = f"{rest} more values cannot be"
            faults.append(Fault(what, self._file, advice=advice))
        raise InputError(*faults)
