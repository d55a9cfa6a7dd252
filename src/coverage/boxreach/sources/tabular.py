"""One reader for every vector file: CSV with lon and lat, or any layer that GDAL reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd

from boxreach.arguments import require_bounds, require_file, require_path
from boxreach.errors import Fault, InputError
from boxreach.extents import Bounds
from boxreach.sources.csv_table import read_csv
from boxreach.sources.layers import read_layer
from boxreach.sources.raw_table import RawTable, build_table
from boxreach.tables import Schema


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


@contextmanager
def told_in_file(path: str | Path, layer: str | None = None) -> Iterator[None]:
    """Tell the faults that the body raises of the rows of a table as `rows_in_file` does."""
    try:
        yield
    except InputError as error:
        raise InputError(*rows_in_file(error.faults, path, layer)) from error


def rows_in_file(
    faults: Iterable[Fault], path: str | Path, layer: str | None = None
) -> list[Fault]:
    """Return faults of the rows of a table, counted from 1, as those of the file it was read from.

    Parameters
    ----------
    faults
        What is wrong with a table that could be read.
    path, layer
        As for `read_table`. A CSV counts its rows as a spreadsheet does, blank ones too, and a
        layer its features.
    """
    found = list(faults)
    if all(one.row is None for one in found):
        return found
    return read_raw(path, layer).place_rows(found)
