"""Crossings: the places where a frontier may be crossed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from boxreach.sources.raw_table import build_table
from boxreach.sources.tabular import read_raw
from boxreach.tables import CROSSINGS


def read_crossings(path: str | Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read the crossings of a frontier.

    Parameters
    ----------
    path
        A layer of points in any CRS, or CSV with ``lon`` and ``lat`` (degrees, EPSG:4326). Ids are
        those of a column ``crossing_id`` or ``id``; where there is neither, crossings are called
        ``crossing-1``, ``crossing-2`` and so on by their rows. Optional are ``name`` and
        its translations ``name_ar``, ``name_ckb`` and ``name_kmr``; other columns are kept.
    layer
        The layer to read, where a file has several.

    Returns
    -------
    geopandas.GeoDataFrame
        A point a row in EPSG:4326, index ``crossing_id``, with a column ``name`` (blank where it is
        not known).

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once.
    """
    raw = read_raw(path, layer)
    names = {str(name) for name in raw.frame.columns}
    by_id = {"crossing_id": "id"} if "id" in names and "crossing_id" not in names else None
    crossings = build_table(raw, CROSSINGS, columns=by_id)
    if "crossing_id" not in names and by_id is None:
        ids = [f"crossing-{number}" for number in range(1, len(crossings) + 1)]
        crossings = crossings.set_index(pd.Index(ids, name="crossing_id", dtype=object))
    return crossings if "name" in crossings else crossings.assign(name="")
