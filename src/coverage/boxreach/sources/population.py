"""Population layers: a grid of people becomes one demand point a cell."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from pyproj import CRS
from rasterio.errors import RasterioIOError

from boxreach.crs import WGS84
from boxreach.errors import CRSError, Fault, InputError


def read_population(path: str | Path) -> gpd.GeoDataFrame:
    """Read a GeoTIFF of people per cell into demand points, one a populated cell.

    Parameters
    ----------
    path
        One band of counts (not densities), any CRS; cells that are nodata, NaN or 0 are left out.

    Returns
    -------
    geopandas.GeoDataFrame
        Cell centres in EPSG:4326, index ``cell_id`` (``"r12c34"``: row and column from 0), column
        ``people``. The sum of ``people`` is the sum of the grid.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS, or holds negative or infinite counts.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(Fault("there is no such file", file=str(path), advice="check the path"))
    try:
        with rasterio.open(path) as grid:
            counts = grid.read(1, masked=True).astype("float64").filled(np.nan)
            transform, crs = grid.transform, grid.crs
    except RasterioIOError as error:
        what = f"it cannot be read as a grid ({str(error).splitlines()[0]})"
        raise InputError(Fault(what, path.name, advice="give a GeoTIFF of counts")) from error
    if crs is None:
        what = "the grid does not say its coordinate reference system"
        raise CRSError(Fault(what, path.name, advice="set it in the file"))
    _check_counts(counts, path.name)
    row, column = np.nonzero(np.nan_to_num(counts) > 0)
    east, south = column + 0.5, row + 0.5
    x = transform.a * east + transform.b * south + transform.c
    y = transform.d * east + transform.e * south + transform.f
    ids = [f"r{r}c{c}" for r, c in zip(row, column, strict=True)]
    cells = gpd.GeoDataFrame(
        {"people": counts[row, column]},
        index=pd.Index(ids, name="cell_id", dtype=object),
        geometry=gpd.points_from_xy(x, y),
        crs=CRS.from_user_input(crs),
    )
    return cells.to_crs(WGS84)


def _check_counts(counts: np.ndarray, file: str) -> None:
    wrong = np.argwhere((counts < 0) | np.isinf(counts))
    advice = "declare the value as nodata, or mend the cell"
    faults = [
        Fault(
            f"{counts[row, column]:g} people cannot be", file, int(row), f"cell {column}", advice
        )
        for row, column in wrong
    ]
    if not faults and not np.nansum(counts) > 0:
        faults = [Fault("there is nobody in it", file, advice="give a grid of counts")]
    if faults:
        raise InputError(*faults)
