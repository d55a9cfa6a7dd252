"""One reader for every vector file: CSV with lon and lat, or any layer that GDAL reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from boxreach.arguments import require_bounds, require_file, require_path
from boxreach.sources.csv_table import read_csv
from boxreach.sources.layers import read_layer
from boxreach.sources.raw_table import RawTable, build_table
from boxreach.tables import Bounds, Schema


def read_table(
    path: str | Path,
    schema: Schema,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Read a file into a checked table in EPSG:4326, ids in the index.

    Parameters
    ----------
    path
        A CSV file (UTF-8, comma, with ``lon`` and ``lat`` in degrees for points), or a
        GeoPackage, GeoJSON, Shapefile, GeoParquet or other layer that GDAL reads.
    schema
        What the table must hold.
    layer
        The layer to read, where a file has several.
    columns
        The file's own names for our columns, ours first: ``{"community_id": "place_id"}``.
    bounds
        The study area; points far outside it are faults.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once.
    """
    require_bounds(bounds)
    return build_table(read_raw(path, layer), schema, columns=columns, bounds=bounds)


def read_raw(path: str | Path, layer: str | None = None) -> RawTable:
    """Read what stands in a file, before any of it is understood.

    Raises
    ------
    InputError
        If nothing of the file can be understood as a table or a layer.
    """
    path = require_path(path)
    require_file(path)
    return read_csv(path) if path.suffix.lower() == ".csv" else read_layer(path, layer)
