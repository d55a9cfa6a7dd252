"""Population layers: a grid of people becomes one demand point a cell."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from pyproj import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from boxreach.arguments import require_bounds, require_path
from boxreach.crs import WGS84, Floats
from boxreach.errors import CRSError, DataWarning, Fault, InputError
from boxreach.tables import PEOPLE, Bounds, in_study_area

_VALUES_SHOWN = 20


def read_population(path: str | Path, *, bounds: Bounds | None = None) -> gpd.GeoDataFrame:
    """Read a GeoTIFF of people per cell into demand points, one a populated cell.

    Parameters
    ----------
    path
        One band of counts (not densities), any CRS; cells that are nodata, NaN or 0 are left out.
    bounds
        West, south, east, north of the study area in degrees; a grid with nobody in it there is
        a fault, and one with most of its people elsewhere a `DataWarning`.

    Returns
    -------
    geopandas.GeoDataFrame
        Cell centres in EPSG:4326, index ``cell_id`` (``"r12c34"``: row and column from 0), column
        ``people``. The sum of ``people`` is the sum of the grid.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS or several bands, or holds what are no counts.
    """
    path = require_path(path)
    require_bounds(bounds)
    if not path.is_file():
        raise InputError(Fault("there is no such file", file=str(path), advice="check the path"))
    counts, transform, crs = _read_grid(path)
    row, column = np.nonzero(np.nan_to_num(counts) > 0)
    east, south = column + 0.5, row + 0.5
    x = transform.a * east + transform.b * south + transform.c
    y = transform.d * east + transform.e * south + transform.f
    ids = [f"r{r}c{c}" for r, c in zip(row, column, strict=True)]
    cells = gpd.GeoDataFrame(
        {"people": counts[row, column]},
        index=pd.Index(ids, name="cell_id", dtype=object),
        geometry=gpd.points_from_xy(x, y),
        crs=crs,
    ).to_crs(WGS84)
    if bounds is not None:
        _require_overlap(cells, bounds, path.name)
    return cells


def _read_grid(path: Path) -> tuple[Floats, rasterio.Affine, CRS]:
    try:
        with warnings.catch_warnings():
            # A grid that says nothing of where it lies is refused below, in words.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as grid:
                _require_counts(grid, path.name)
                counts = grid.read(1, masked=True).astype("float64").filled(np.nan)
                transform, crs = grid.transform, grid.crs
    except RasterioIOError as error:
        what = f"it cannot be read as a grid ({str(error).splitlines()[0]})"
        raise InputError(Fault(what, path.name, advice="give a GeoTIFF of counts")) from error
    if crs is None:
        what = "the grid does not say its coordinate reference system"
        raise CRSError(Fault(what, path.name, advice="set it in the file"))
    _check_counts(counts, path.name)
    return counts, transform, CRS.from_user_input(crs)


def _require_counts(grid: rasterio.DatasetReader, file: str) -> None:
    """Refuse a grid whose stored numbers are not, or not all, its counts of people."""
    faults = []
    if grid.count != 1:
        faults.append(Fault(f"it has {grid.count} bands", file, advice="give one band of counts"))
    if (set(grid.scales), set(grid.offsets)) != ({1.0}, {0.0}):
        what = f"its values are scaled (scale {grid.scales[0]:g}, offset {grid.offsets[0]:g})"
        faults.append(Fault(what, file, advice="save the counts themselves"))
    if any(np.issubdtype(np.dtype(one), np.complexfloating) for one in grid.dtypes):
        faults.append(Fault("it holds complex numbers", file, advice="give real counts"))
    if faults:
        raise InputError(*faults)


def _check_counts(counts: Floats, file: str) -> None:
    """Refuse counts that cannot be; a value that many cells hold, as nodata does, is one fault."""
    at = np.argwhere((counts < 0) | (counts > PEOPLE.maximum))
    values, first, cells = np.unique(counts[tuple(at.T)], return_index=True, return_counts=True)
    advice = "declare the value as nodata, or mend the cell"
    faults = []
    for one in np.argsort(first)[:_VALUES_SHOWN]:
        row, column = at[first[one]]
        more = f", nor in {cells[one] - 1} cells after it" if cells[one] > 1 else ""
        what = f"{values[one]:g} people cannot be{more}"
        faults.append(Fault(what, file, int(row), f"cell {column}", advice))
    if len(values) > _VALUES_SHOWN:
        what = f"{len(values) - _VALUES_SHOWN} more values cannot be"
        faults.append(Fault(what, file, advice=advice))
    if not faults and not np.nansum(counts) > 0:
        faults = [Fault("there is nobody in it", file, advice="give a grid of counts")]
    if faults:
        raise InputError(*faults)


def _require_overlap(cells: gpd.GeoDataFrame, bounds: Bounds, file: str) -> None:
    lon, lat = cells.geometry.x.to_numpy(), cells.geometry.y.to_numpy()
    inside = in_study_area(lon, lat, bounds)
    if inside.any():
        people, outside = cells["people"].sum(), cells["people"][~inside].sum()
        if outside > people / 2:
            what = f"{file}: {outside:,.0f} of {people:,.0f} people live outside the study area"
            warnings.warn(what, DataWarning, stacklevel=3)
        return
    west, south, east, north = cells.total_bounds
    what = (
        f"its people live at {west:.1f} to {east:.1f} E, {south:.1f} to {north:.1f} N, outside the"
        f" study area ({bounds[0]:.1f} to {bounds[2]:.1f} E, {bounds[1]:.1f} to {bounds[3]:.1f} N)"
    )
    swapped = in_study_area(lat, lon, bounds).any()
    advice = "longitude and latitude look swapped" if swapped else "give a grid of the same country"
    raise InputError(Fault(what, file, advice=advice))
