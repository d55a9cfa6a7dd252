"""Areas of open ground, from files and frames: what it is, or how fast one drives over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.sources.tabular import read_table, told_in_file
from boxreach.tables import GROUND, require_table

SPEED_ADVICE = "give 0 where there is no way, or 0.1 to 300"


def read_ground(
    path: str | Path, *, layer: str | None = None, columns: Mapping[str, str] | None = None
) -> gpd.GeoDataFrame:
    """Read areas that say what open ground is made of.

    Parameters
    ----------
    path
        A layer of polygons.
    layer
        The layer to read, where a file has several.
    columns
        The file's own names for our columns, ours first: ``{"ground_class": "natural"}``.

    Returns
    -------
    geopandas.GeoDataFrame
        Areas in EPSG:4326, index ``ground_id``, each with ``ground_class``, ``off_road_kmh``, or
        both, of which the speed counts.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once. Whether a class is known is asked by
        `boxreach.build_network`.
    """
    areas = read_table(path, GROUND, layer=layer, columns=columns)
    with told_in_file(path, layer):
        return require_ground(areas, file=Path(path).name)


def require_ground(areas: gpd.GeoDataFrame, *, file: str = "ground") -> gpd.GeoDataFrame:
    """Return areas in EPSG:4326 or raise `InputError` with every fault of them."""
    areas = to_wgs84(areas, file=file)
    require_table(areas.rename(index=str), GROUND, file=file)
    nothing = pd.Series(np.nan, index=areas.index)
    kmh = areas.get("off_road_kmh", nothing).to_numpy(dtype=float, na_value=np.nan)
    said = areas.get("ground_class", nothing).astype(object).fillna("").astype(str).str.strip()
    faults = [
        Fault("it has neither a class nor a speed", file, int(row) + 1, "ground_class",
              "give ground_class or off_road_kmh")
        for row in np.flatnonzero((said == "").to_numpy() & np.isnan(kmh))
    ] + [
        Fault(f"{kmh[row]:g} will not do", file, int(row) + 1, "off_road_kmh", SPEED_ADVICE)
        for row in np.flatnonzero((kmh > 0) & (kmh < 0.1))
    ]  # fmt: skip
    if faults:
        raise InputError(*faults)
    return areas


def is_ground_speed(value: object) -> bool:
    """Tell whether a value is a speed over open ground: km/h, or 0 where there is no way.

    Examples
    --------
    >>> [is_ground_speed(one) for one in (0, 12.5, 0.01, -3, "fast", True)]
    [True, True, False, False, False, False]
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (value == 0 or 0.1 <= float(str(value)) <= 300)
