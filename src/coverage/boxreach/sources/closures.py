"""Closed ground: points, lines and areas where no road can be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from boxreach.sources.tabular import read_table
from boxreach.tables import CLOSURES


def read_closures(
    path: str | Path,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Read closures.

    Parameters
    ----------
    path
        A layer of points (a bridge that is down), lines or areas in any CRS; ``reason`` and
        ``road_id`` (the one road that is meant) are optional columns.
    layer, columns
        As in `boxreach.read_roads`.

    Returns
    -------
    geopandas.GeoDataFrame
        A closure a row in EPSG:4326, index ``closure_id``.
    """
    return read_table(path, CLOSURES, layer=layer, columns=columns)
