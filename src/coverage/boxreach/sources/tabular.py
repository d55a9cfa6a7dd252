"""One reader for every vector file: CSV with lon and lat, or any layer that GDAL reads."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pandas.api.types import is_float_dtype
from pyogrio.errors import DataLayerError, DataSourceError

from boxreach.crs import WGS84, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.tables import (
    Bounds,
    Column,
    Schema,
    check_table,
    study_area_faults,
    suggest,
)

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_LON_LAT = (
    Column("lon", "number", required=True, minimum=-180, maximum=180),
    Column("lat", "number", required=True, minimum=-90, maximum=90),
)


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
    path = Path(path)
    if not path.is_file():
        raise InputError(Fault("there is no such file", file=str(path), advice="check the path"))
    if path.suffix.lower() == ".csv":
        frame, faults = _read_csv(path, schema, columns or {})
        first_row = 2
    else:
        frame, faults = _read_layer(path, schema, layer, columns or {})
        first_row = 1
    file = path.name
    if not faults:
        faults = check_table(frame, schema, file=file, first_row=first_row)
        if bounds is not None and not faults:
            faults = study_area_faults(frame, bounds, file=file, first_row=first_row)
    if faults:
        raise InputError(*faults)
    return frame


def _read_csv(
    path: Path, schema: Schema, columns: Mapping[str, str]
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    file = path.name
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = list(csv.reader(stream, strict=True)) or [[]]
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        return gpd.GeoDataFrame(), [Fault(what, file, advice="save the file as UTF-8 CSV")]
    except csv.Error as error:
        return gpd.GeoDataFrame(), [Fault(str(error), file, advice="mend the quotes")]
    header = _rename([name.strip() for name in header], columns)
    faults = _header_faults(header, schema, columns, file)
    faults += [
        Fault(f"{len(row)} values under {len(header)} columns", file, number)
        for number, row in enumerate(rows, start=2)
        if len(row) != len(header)
    ]
    if faults:
        return gpd.GeoDataFrame(), faults
    text = pd.DataFrame(rows, columns=header, dtype=str)
    frame = _parse_numbers(text, schema, file, faults)
    if faults:
        return gpd.GeoDataFrame(), faults
    points = gpd.points_from_xy(frame.pop("lon"), frame.pop("lat"), crs=WGS84)
    return gpd.GeoDataFrame(with_ids(frame, schema), geometry=points), []


def _rename(header: list[str], columns: Mapping[str, str]) -> list[str]:
    ours = {theirs: our for our, theirs in columns.items()}
    # A column that already has a name we give to another one would stand twice.
    return [ours.get(name, f"{name}_in_file" if name in columns else name) for name in header]


def _header_faults(
    header: list[str], schema: Schema, columns: Mapping[str, str], file: str
) -> list[Fault]:
    needed = [column.name for column in (*_LON_LAT, *schema.columns) if column.required]
    needed += [schema.id_name] if schema.id_required else []
    faults = [
        Fault("the column stands twice", file, 1, name, "keep one of them")
        for name, count in Counter(header).items()
        if count > 1
    ]
    for name in needed:
        if name not in header:
            theirs = columns.get(name, name)
            faults.append(Fault("the column is missing", file, 1, theirs, suggest(theirs, header)))
    return faults


def _parse_numbers(
    text: pd.DataFrame, schema: Schema, file: str, faults: list[Fault]
) -> pd.DataFrame:
    """Turn number columns into floats and put what is no number, or out of range, on `faults`."""
    number_columns = {c.name: c for c in (*_LON_LAT, *schema.columns) if c.kind == "number"}
    frame = pd.DataFrame(index=text.index)
    for name in text.columns:
        values = text[name].str.strip()
        blank = values == ""
        is_number = values.str.fullmatch(_NUMBER)
        column = number_columns.get(name)
        if column is None:
            numeric = name not in schema.known() and bool((is_number | blank).all() & ~blank.all())
            frame[name] = values.where(~blank, "nan").astype(float) if numeric else values
            continue
        wrong = ~is_number & ~(blank & (not column.required))
        faults += [
            Fault(f"{values[at]!r} is not a number", file, at + 2, name, "write it like 12.5")
            for at in np.flatnonzero(wrong)
        ]
        frame[name] = values.where(is_number, "nan").astype(float)
    faults += _coordinate_faults(frame, file)
    return frame


def _coordinate_faults(frame: pd.DataFrame, file: str) -> list[Fault]:
    faults = []
    for column, other in (_LON_LAT, _LON_LAT[::-1]):
        values = frame[column.name]
        for at in np.flatnonzero((values < column.minimum) | (values > column.maximum)):
            swapped = abs(values[at]) <= other.maximum and abs(frame[other.name][at]) <= 90
            faults.append(
                Fault(
                    f"{values[at]:g} is out of range",
                    file,
                    int(at) + 2,
                    column.name,
                    "lon and lat look swapped"
                    if swapped
                    else f"give degrees from {column.minimum:g} to {column.maximum:g}",
                )
            )
    return faults


def _read_layer(
    path: Path, schema: Schema, layer: str | None, columns: Mapping[str, str]
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    file = path.name
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            frame = gpd.read_parquet(path)
        else:
            names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
            chosen = _choose_layer(names, layer, file)
            if isinstance(chosen, Fault):
                return gpd.GeoDataFrame(), [chosen]
            frame = gpd.read_file(path, layer=chosen)
    except (DataSourceError, DataLayerError, ValueError, OSError) as error:
        what = f"it cannot be read as a map layer ({str(error).splitlines()[0]})"
        return gpd.GeoDataFrame(), [Fault(what, file, advice="check the file")]
    if not isinstance(frame, gpd.GeoDataFrame):
        what = "it has no geometry"
        return gpd.GeoDataFrame(), [Fault(what, file, advice="give points, lines or areas")]
    frame = to_wgs84(frame, file=file)
    faults = [
        Fault("the column is missing", file, None, theirs, suggest(theirs, list(frame.columns)))
        for theirs in columns.values()
        if theirs not in frame
    ]
    if faults:
        return frame, faults
    frame.columns = _rename([str(name) for name in frame.columns], columns)
    if schema.id_required and schema.id_name not in frame:
        advice = suggest(schema.id_name, [str(name) for name in frame.columns])
        return frame, [Fault("the column is missing", file, None, schema.id_name, advice)]
    return _drop_empty(with_ids(frame, schema), schema, file), []


def _drop_empty(frame: gpd.GeoDataFrame, schema: Schema, file: str) -> gpd.GeoDataFrame:
    """Drop rows without geometry where nothing but a drawing depends on them."""
    empty = frame.geometry.isna() | frame.geometry.is_empty
    if not schema.empty_dropped or not empty.any():
        return frame
    warnings.warn(
        f"{file}: {int(empty.sum())} rows have no geometry and are not drawn",
        DataWarning,
        stacklevel=4,
    )
    return frame[~empty]


def _choose_layer(names: list[str], layer: str | None, file: str) -> str | Fault:
    if layer is not None and layer not in names:
        return Fault(f"it has no layer {layer!r}", file, advice=suggest(layer, names))
    if layer is None and len(names) != 1:
        listed = ", ".join(names) or "none"
        return Fault(f"it has {len(names)} layers ({listed})", file, advice="name one as layer")
    return names[0] if layer is None else layer


def with_ids(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return `frame` with text ids in the index and text where text is due."""
    frame = frame.copy()
    for column in schema.columns:
        if column.name in frame and column.kind == "text":
            frame[column.name] = _as_text(frame[column.name])
    if schema.id_name in frame:
        frame.index = pd.Index(_as_text(frame.pop(schema.id_name)), name=schema.id_name)
    else:
        numbers = [str(number) for number in range(1, len(frame) + 1)]
        frame.index = pd.Index(numbers, name=schema.id_name, dtype=object)
    return frame


def _as_text(values: pd.Series[object]) -> pd.Series[str]:
    if is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64").astype(object)
    return values.where(values.notna(), "").astype(str).str.strip()
