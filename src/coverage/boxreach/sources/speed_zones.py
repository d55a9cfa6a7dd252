"""Areas with a speed of their own, from files and frames."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.crs import to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.tabular import read_table, told_in_file
from boxreach.tables import SPEED_ZONES, require_table

_ADVICE = "give speed_kmh or speed_factor, and leave the other blank"


def read_speed_zones(
    path: str | Path, *, layer: str | None = None, columns: Mapping[str, str] | None = None
) -> gpd.GeoDataFrame:
    """Read areas in which vehicles drive at a speed of their own.

    Parameters
    ----------
    path
        A layer of polygons.
    layer
        The layer to read, where a file has several.
    columns
        The file's own names for our columns, ours first.

    Returns
    -------
    geopandas.GeoDataFrame
        Areas in EPSG:4326, index ``zone_id``, each with either ``speed_kmh`` or ``speed_factor``
        (a share of the speed that the model gives).

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once.
    """
    zones = read_table(path, SPEED_ZONES, layer=layer, columns=columns)
    with told_in_file(path, layer):
        return require_speed_zones(zones, file=Path(path).name)


def require_speed_zones(zones: gpd.GeoDataFrame, *, file: str = "speed zones") -> gpd.GeoDataFrame:
    """Return zones in EPSG:4326 or raise `InputError` with every fault of them.

    Outlines that cross themselves are repaired, and counted in a `DataWarning`.
    """
    zones = to_wgs84(zones, file=file)
    require_table(zones.rename(index=str), SPEED_ZONES, file=file)
    given = pd.DataFrame(
        {name: zones[name].notna() for name in ("speed_kmh", "speed_factor") if name in zones},
        index=zones.index,
    ).sum(axis=1)
    faults = [
        Fault(f"it has {'both speeds' if both else 'no speed'}", file, int(row) + 1, "speed_kmh",
              _ADVICE)
        for row, both in zip(np.flatnonzero(given != 1), given[given != 1] > 1, strict=True)
    ]  # fmt: skip
    if faults:
        raise InputError(*faults)
    broken = ~zones.geometry.is_valid
    if broken.any():
        names = ", ".join(zones.index[broken][:10].astype(str))
        what = f"zones whose outline crosses itself were repaired: {names}"
        warnings.warn(DataWarning(Fault(what, file)), stacklevel=3)
        zones = zones.set_geometry(
            zones.geometry.make_valid(method="structure", keep_collapsed=False)
        )
    return zones
