"""From what stands in a source to a checked table: one path for files, layers and frames."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

from boxreach.arguments import require_names
from boxreach.columns import read_dates, read_flags
from boxreach.crs import WGS84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.several import take_first
from boxreach.tables import (
    Bounds,
    Column,
    Rows,
    Schema,
    column_faults,
    in_order,
    missing_faults,
    no_row,
    place_faults,
)

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_CODE = r"^\+|^-?0[0-9]|[0-9]{16}"
"""Digits that are no quantity: telephone numbers, place codes, what a float cannot hold."""

_LON = Column("lon", "number", required=True, minimum=-180, maximum=180)
_LAT = Column("lat", "number", required=True, minimum=-90, maximum=90)

Values: TypeAlias = "pd.Series[Any]"

_WORDS: dict[str, Callable[[Values], Values]] = {"date": read_dates, "flag": read_flags}
"""How words are read; what they cannot be read as stays, and is a fault."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """What stands in a source, before any of it is understood.

    Attributes
    ----------
    frame
        Text with ``lon`` and ``lat`` (CSV), or typed columns with shapes in EPSG:4326.
    file
        Its name, for the messages.
    rows
        What each row is called in the messages.
    header_row
        Where the names of the columns stand; None where they stand in no row.
    faults
        What kept rows or columns of the source out of the frame.
    """

    frame: pd.DataFrame | gpd.GeoDataFrame
    file: str
    rows: Rows
    header_row: int | None = None
    faults: tuple[Fault, ...] = ()


def build_table(
    raw: RawTable,
    schema: Schema,
    *,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Return the table that a source holds, ids in the index.

    Parameters
    ----------
    raw
        The source.
    schema, columns, bounds
        As in `boxreach.sources.tabular.read_table`.

    Raises
    ------
    InputError
        Everything that is wrong with the source, from top to bottom.
    """
    shaped = isinstance(raw.frame, gpd.GeoDataFrame)
    given = require_names(columns)
    raw = replace(raw, frame=_one_value_a_cell(raw, schema, given)) if shaped else raw
    columns = {**_other_names(raw, schema, given), **given}
    frame, faults = _name_columns(raw, schema, columns, shaped=shaped)
    rows = raw.rows
    if schema.empty_dropped and shaped:
        drawn = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
        _warn_undrawn(int((~drawn).sum()), raw.file)
        frame, rows = frame[drawn], rows[drawn]
    faults += [] if len(frame) or raw.faults else [no_row(raw.file)]
    known = schema.columns if shaped else (_LON, _LAT, *schema.columns)
    for column in known:
        if column.name in frame and _is_read_as_float(frame[column.name], column):
            frame[column.name], found = _read_numbers(frame[column.name], column, raw.file, rows)
            faults += found
        elif column.name in frame and column.kind in _WORDS:
            said = frame[column.name].astype(object)
            read = _WORDS[column.kind](said).astype(object)
            frame[column.name] = np.where(read.isna(), said, read)
    placed = np.ones(len(frame), dtype=bool)
    if not shaped:
        frame, placed, found = _place(_guess_numbers(frame, schema), raw.file, rows)
        faults += found
    frame = _with_ids(frame, schema)
    faults += column_faults(frame, schema, file=raw.file, rows=rows)
    faults += place_faults(
        frame[placed],
        schema,
        file=raw.file,
        rows=rows[placed],
        bounds=bounds,
        column="geometry" if shaped else "lon, lat",
    )
    if faults:
        raise InputError(*in_order(faults))
    kinds = {"whole": "int64", "flag": "bool"}
    typed = [one for one in schema.columns if one.kind in kinds and one.name in frame]
    return frame.astype({one.name: kinds[one.kind] for one in typed})


def _one_value_a_cell(raw: RawTable, schema: Schema, given: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Return a frame whose cells hold one value each, in the columns that are read."""
    known = {schema.id_name, *(one.name for one in schema.columns)}
    also = {one.also for one in schema.columns if one.also}
    return take_first(raw.frame, sorted(known | also | set(given.values())), file=raw.file)


def _is_read_as_float(values: Values, column: Column) -> bool:
    """Tell whether a column goes through floats, which do not hold every large integer."""
    return column.kind == "number" or (column.kind == "whole" and not is_integer_dtype(values))


def _other_names(raw: RawTable, schema: Schema, given: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that are read by the name that others give them, and say so."""
    names = {str(name) for name in raw.frame.columns}
    found = {
        one.name: one.also
        for one in schema.columns
        if one.also in names - set(given.values()) and one.name not in names | set(given)
    }
    for ours, theirs in found.items():
        what = f"{raw.file}: {ours} is read from the column {theirs}"
        warnings.warn(what, DataWarning, stacklevel=4)
    return found


def _name_columns(
    raw: RawTable, schema: Schema, columns: Mapping[str, str], *, shaped: bool
) -> tuple[pd.DataFrame, list[Fault]]:
    """Give the columns our names; those that stand twice are left out, for nobody knows which."""
    theirs = [str(name) for name in raw.frame.columns]
    shapes = str(raw.frame.geometry.name) if shaped else ""
    ours = {name: our for our, name in columns.items()} | {shapes: shapes}
    # A column that already has a name we give to another one, or to the shapes, would stand twice.
    taken = {*columns, "geometry"}
    names = [ours.get(name, f"{name}_in_file" if name in taken else name) for name in theirs]
    twice = [name for name, count in Counter(names).items() if count > 1]
    needed = [*schema.required(), *([] if shaped else ["lon", "lat"])]
    faults = list(raw.faults)
    faults += [
        Fault("the column stands twice", raw.file, raw.header_row, name, "keep one of them")
        for name in twice
    ]
    faults += [
        Fault("two of our columns are read from it", raw.file, raw.header_row, old, "name another")
        for old, count in Counter(columns.values()).items()
        if count > 1
    ]
    asked = [*columns.values(), *(name for name in needed if name not in {*names, *columns})]
    shown = [name for name in theirs if name != shapes]
    missing = missing_faults(asked, shown, file=raw.file, header_row=raw.header_row)
    if not shaped and not set(needed) & set(names):
        raise InputError(*missing)  # it is some other kind of file: its rows say nothing
    frame = raw.frame.set_axis(names, axis=1)
    kept = [name not in twice or old == shapes for name, old in zip(names, theirs, strict=True)]
    return frame.loc[:, kept].copy(), faults + missing


def _warn_undrawn(count: int, file: str) -> None:
    if count:
        what = f"{file}: {count} rows have no geometry and are not drawn"
        warnings.warn(what, DataWarning, stacklevel=4)


def _read_numbers(
    values: Values, column: Column, file: str, rows: Rows
) -> tuple[Values, list[Fault]]:
    """Return a column as floats, blanks as NaN, and a fault for each value that is no number."""
    if is_numeric_dtype(values) and not is_bool_dtype(values):
        numbers = pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index)
        blank = numbers.isna().to_numpy() & column.required
        advice = "fill it in, or take the row out"
        return numbers, [
            Fault("it is blank", file, int(row), column.name, advice) for row in rows[blank]
        ]
    text = _as_text(values)
    is_number = text.str.fullmatch(_NUMBER)
    wrong = ~is_number & ((text != "") | column.required)
    faults = [
        Fault(f"{said!r} is not a number", file, int(row), column.name, _number_advice(said))
        for said, row in zip(text[wrong], rows[wrong.to_numpy(dtype=bool)], strict=True)
    ]
    return text.where(is_number, "nan").astype(float), faults


def _number_advice(text: str) -> str:
    grouped = re.fullmatch(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?", text)
    return f"write it like {text.replace(',', '') if grouped else '12.5'}"


def _guess_numbers(text: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Turn columns that no schema knows into floats where they hold nothing but quantities."""
    known = {schema.id_name, "lon", "lat", *(column.name for column in schema.columns)}
    for name in text.columns.difference(list(known), sort=False):
        if is_numeric_dtype(text[name]):  # a typed source has no more to be guessed
            continue
        values: Values = text[name].str.strip()
        blank = values == ""
        quantities = values.str.fullmatch(_NUMBER) & ~values.str.contains(_CODE)
        if (quantities | blank).all() and not blank.all():
            values = values.where(~blank, "nan").astype(float)
        text[name] = values
    return text


def _place(
    frame: pd.DataFrame, file: str, rows: Rows
) -> tuple[gpd.GeoDataFrame, np.ndarray, list[Fault]]:
    """Turn lon and lat into points; say which rows have one, and what is wrong with the others."""
    unknown = pd.Series(np.nan, index=frame.index)
    lon, lat = (frame.get(column.name, unknown) for column in (_LON, _LAT))
    faults = []
    for column, values in ((_LON, lon), (_LAT, lat)):
        beyond = ((values < column.minimum) | (values > column.maximum)).to_numpy()
        for at in np.flatnonzero(beyond):
            swapped = column is _LAT and abs(lat.iloc[at]) <= 180 and abs(lon.iloc[at]) <= 90
            advice = f"give degrees from {column.minimum:g} to {column.maximum:g}"
            advice = "lon and lat look swapped" if swapped else advice
            what = f"{values.iloc[at]:g} is out of range"
            faults.append(Fault(what, file, int(rows[at]), column.name, advice))
    placed = (lon.between(-180, 180) & lat.between(-90, 90)).to_numpy()
    points = gpd.points_from_xy(lon, lat, crs=WGS84)
    rest = frame.drop(columns=["lon", "lat"], errors="ignore")
    return gpd.GeoDataFrame(rest, geometry=points), placed, faults


def _with_ids(frame: gpd.GeoDataFrame, schema: Schema) -> gpd.GeoDataFrame:
    """Put text ids into the index, row numbers where there are none, and text where it is due."""
    for column in schema.columns:
        if column.name in frame and column.kind == "text":
            frame[column.name] = _as_text(frame[column.name])
    if schema.id_name in frame:
        ids = _as_text(frame.pop(schema.id_name)).to_numpy()
    else:
        ids = np.array([str(number) for number in range(1, len(frame) + 1)], dtype=object)
    return frame.set_index(pd.Index(ids, name=schema.id_name, dtype=object))


def _as_text(values: Values) -> Values:
    if is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64").astype(object)
    return values.where(values.notna(), "").astype(str).str.strip()
