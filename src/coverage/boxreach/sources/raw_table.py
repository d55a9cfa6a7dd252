"""From what stands in a source to a checked table: one path for files, layers and frames."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

from boxreach.arguments import require_names, shown
from boxreach.columns import read_dates, read_flags
from boxreach.crs import WGS84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.extents import Bounds, Rows, degrees_advice
from boxreach.sources.byte_texts import byte_faults, decode_texts, holds_bytes
from boxreach.sources.letters import sheet_faults, warn_of_letters
from boxreach.sources.misspellings import warn_of_misspellings
from boxreach.sources.numerals import BLANKS, NUMBER, have_points_for_thousands, number_advice
from boxreach.sources.several import take_first
from boxreach.tables import (
    NAMES,
    PEOPLE,
    ROADS,
    Column,
    Schema,
    column_faults,
    in_order,
    missing_faults,
    no_row,
    place_faults,
)

_CODE = r"^\+|^-?0[0-9]|[0-9]{16}"
"""Digits that are no quantity: telephone numbers, place codes, what a float cannot hold."""

_LARGEST_ID = 2.0**53
_LARGEST_SINGLE_ID = 2.0**24
"""From here on a float, of 64 or 32 bits, no longer tells a whole number from the next."""

_INTEGER_LIMITS = (-(2**63), 2**63 - 1)
"""What GDAL before 3.12 makes of whole numbers that are larger still."""

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
    called
        What a row of it is called: "row", or "feature" in a layer.
    layer
        The layer, where the file has several.
    """

    frame: pd.DataFrame | gpd.GeoDataFrame
    file: str
    rows: Rows
    header_row: int | None = None
    faults: tuple[Fault, ...] = ()
    called: Literal["row", "feature"] = "row"
    layer: str = ""

    def place(self, faults: list[Fault]) -> list[Fault]:
        """Return faults in the order of the source, told of its layer and features."""
        ordered = in_order(faults)
        if self.called == "row":
            return ordered
        return [replace(one.of_feature(), layer=self.layer) for one in ordered]

    def place_rows(self, faults: Iterable[Fault]) -> list[Fault]:
        """Return faults of the rows of a table, counted from 1, as those of the source."""
        return [
            one if one.row is None
            else self.place([replace(one, row=int(self.rows[one.row - 1]))])[0]
            for one in faults
        ]  # fmt: skip


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
    raw = replace(raw, frame=_one_value_a_cell(raw, schema, given, shaped=shaped))
    columns = {**_other_names(raw, schema, given), **given}
    frame, faults = _name_columns(raw, schema, columns, shaped=shaped)
    _warn_of_misspellings(raw, schema, frame.columns)
    raw = replace(raw, frame=pd.DataFrame())  # texts of numbers are not held beside the numbers
    rows = raw.rows
    if schema.empty_dropped and shaped:
        drawn = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
        _warn_undrawn(int((~drawn).sum()), raw.file)
        frame, rows = frame[drawn], rows[drawn]
    empty = not len(frame) and not raw.faults and not schema.may_be_empty
    faults += [no_row(raw.file)] if empty else []
    known = schema.columns if shaped else (_LON, _LAT, *schema.columns)
    faults += _read_columns(frame, known, raw.file, rows)
    placed = np.ones(len(frame), dtype=bool)
    if not shaped:
        frame, placed, found = _place(_guess_numbers(frame, schema), raw.file, rows)
        faults += found
    faults += _number_id_faults(frame, schema, raw.file, rows)
    _warn_of_marks(frame, schema, raw.file)
    frame = _with_ids(frame, schema)
    faults += column_faults(frame, schema, file=raw.file, rows=rows, called=raw.called)
    faults += _text_faults(frame, schema, replace(raw, rows=rows))
    faults += place_faults(
        frame[placed],
        schema,
        file=raw.file,
        rows=rows[placed],
        bounds=bounds,
        column="geometry" if shaped else "lon, lat",
    )
    if bounds is None:
        faults += _nowhere_faults(frame[placed], raw.file, rows[placed], shaped=shaped)
    if faults:
        raise InputError(*raw.place(faults))
    kinds = {"whole": "int64", "flag": "bool"}
    typed = [one for one in schema.columns if one.kind in kinds and one.name in frame]
    return frame.astype({one.name: kinds[one.kind] for one in typed})


def _read_columns(
    frame: pd.DataFrame, known: Sequence[Column], file: str, rows: Rows
) -> list[Fault]:
    """Read numbers and words of a frame in their places, and return what is wrong with numbers."""
    faults = []
    for column in known:
        if column.name in frame and _is_read_as_float(frame[column.name], column):
            frame[column.name], found = _read_numbers(frame[column.name], column, file, rows)
            faults += found
        elif column.name in frame and column.kind in _WORDS:
            said = frame[column.name].astype(object)
            read = _WORDS[column.kind](said).astype(object)
            frame[column.name] = np.where(read.isna(), said, read)
    return faults


def _one_value_a_cell(
    raw: RawTable, schema: Schema, given: Mapping[str, str], *, shaped: bool
) -> pd.DataFrame:
    """Return a frame whose cells hold one value each, no bytes, in the columns that are read."""
    known = {schema.id_name, *(one.name for one in schema.columns)}
    also = {one.also for one in schema.columns if one.also}
    columns = sorted(known | also | set(given.values()))
    frame = decode_texts(raw.frame)
    if faults := byte_faults(frame, columns, file=raw.file, rows=raw.rows):
        raise InputError(*raw.place(faults))
    return take_first(frame, columns, file=raw.file) if shaped else frame


def _is_read_as_float(values: Values, column: Column) -> bool:
    """Tell whether a column goes through floats, which do not hold every large integer."""
    return column.kind == "number" or (column.kind == "whole" and not is_integer_dtype(values))


def _other_names(raw: RawTable, schema: Schema, given: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that are read by the name that others give them, and say so."""
    names = {str(name) for name in raw.frame.columns}
    found = {
        one.name: one.also
        for one in schema.columns
        if one.also
        and one.also in names - set(given.values())
        and one.name not in names | set(given)
    }
    for ours, theirs in found.items():
        what = f"{ours} is read from the column {theirs}"
        warnings.warn(DataWarning(Fault(what, raw.file)), stacklevel=4)
    return found


def _warn_of_misspellings(raw: RawTable, schema: Schema, names: Iterable[object]) -> None:
    """Warn of columns that are nearly called as ours; those that must be there are faults."""
    ours = [schema.id_name, *(one.name for one in schema.columns)]
    also = [one.also for one in schema.columns if one.also]
    there = [str(name) for name in names]
    strange = [name for name in there if name not in {*ours, *also, "lon", "lat"}]
    absent = [name for name in ours if name not in {*there, *schema.required()}]
    warn_of_misspellings(strange, absent, file=raw.file, header_row=raw.header_row)


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
    own = {one.name for one in schema.columns} | {schema.id_name, "lon", "lat"}
    alike = {name.strip().casefold(): name for name in names if name not in own}
    needed = [*schema.required(), *([] if shaped else ["lon", "lat"])]
    faults = list(raw.faults)
    faults += [
        Fault("the column stands twice", raw.file, raw.header_row, name, "keep one of them")
        for name in twice
    ]
    faults += [
        Fault(f"the column stands twice, as {alike[name]} too", raw.file, raw.header_row, name,
              "keep one of them, or rename it")
        for name in dict.fromkeys(names)
        if name in own and name in alike
    ]  # fmt: skip
    faults += [
        Fault("two of our columns are read from it", raw.file, raw.header_row, old, "name another")
        for old, count in Counter(columns.values()).items()
        if count > 1
    ]
    asked = [*columns.values(), *(name for name in needed if name not in {*names, *columns})]
    shown = [name for name in theirs if name != shapes]
    missing = missing_faults(asked, shown, file=raw.file, header_row=raw.header_row)
    if not shaped and not set(needed) & set(names):
        raise InputError(*raw.place(missing))  # it is some other kind of file: its rows say nothing
    frame = raw.frame.set_axis(names, axis=1)
    kept = [name not in twice or old == shapes for name, old in zip(names, theirs, strict=True)]
    return frame.loc[:, kept].copy(), faults + missing


def _warn_undrawn(count: int, file: str) -> None:
    if count:
        what = f"{count} rows have no geometry and are not drawn"
        warnings.warn(DataWarning(Fault(what, file)), stacklevel=4)


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
    is_number = text.str.fullmatch(NUMBER)
    wrong = ~is_number & ((text != "") | column.required)
    is_angle = column in {_LON, _LAT}
    faults = [
        Fault(
            f"{shown(said)} is not a number",
            file,
            int(row),
            column.name,
            number_advice(said, required=column.required, is_angle=is_angle),
            value=said,
        )
        for said, row in zip(text[wrong], rows[wrong.to_numpy(dtype=bool)], strict=True)
    ]
    if column.name == PEOPLE.name and not faults and have_points_for_thousands(text):
        example = next(one for one in text if "." in one)
        what = f"points are read as those of decimals, {example} as {float(example):.3g} people"
        advice = "write thousands without a point, if these are thousands"
        warnings.warn(DataWarning(Fault(what, file, None, column.name, advice)), stacklevel=4)
    return text.where(is_number, "nan").astype(float), faults


def _guess_numbers(text: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Turn columns that no schema knows into floats where they hold nothing but quantities."""
    known = {schema.id_name, "lon", "lat", *(column.name for column in schema.columns)}
    for name in text.columns.difference(list(known), sort=False):
        if is_numeric_dtype(text[name]) or holds_bytes(text[name]):  # no more is to be guessed
            continue
        values: Values = text[name].str.strip(BLANKS)
        blank = values == ""
        quantities = values.str.fullmatch(NUMBER) & ~values.str.contains(_CODE)
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
            advice = degrees_advice(lon.iloc[at], lat.iloc[at], otherwise=advice)
            advice = "lon and lat look swapped" if swapped else advice
            said = f"{values.iloc[at]:.10g}"
            what = f"{said} is out of range"
            faults.append(Fault(what, file, int(rows[at]), column.name, advice, value=said))
    placed = (lon.between(-180, 180) & lat.between(-90, 90)).to_numpy()
    points = gpd.points_from_xy(lon, lat, crs=WGS84)
    rest = frame.drop(columns=["lon", "lat"], errors="ignore")
    return gpd.GeoDataFrame(rest, geometry=points), placed, faults


def _nowhere_faults(frame: gpd.GeoDataFrame, file: str, rows: Rows, *, shaped: bool) -> list[Fault]:
    """Return a fault for each point at 0, 0, which no study area shows to be none of its places.

    It lies in the Atlantic, and is what programs write for a place that nobody knows.
    """
    shapes = frame.geometry.to_numpy()
    nowhere = (shapely.get_type_id(shapes) == shapely.GeometryType.POINT) & ~shapely.is_empty(
        shapes
    )
    nowhere[nowhere] = (shapely.get_coordinates(shapes[nowhere]) == 0).all(axis=1)
    advice = "give the position, or take the row out"
    column = "geometry" if shaped else "lon, lat"
    return [
        Fault("0, 0 is a position that was never filled in", file, int(row), column, advice,
              value="0, 0")
        for row in rows[nowhere]
    ]  # fmt: skip


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


def _number_id_faults(frame: pd.DataFrame, schema: Schema, file: str, rows: Rows) -> list[Fault]:
    """Return a fault for each id that is a number too large to tell it from the next one."""
    if schema.id_name not in frame:
        return []
    column = frame[schema.id_name]
    if is_float_dtype(column):
        ids = column.to_numpy(dtype=float, na_value=np.nan)
        largest = _LARGEST_SINGLE_ID if str(column.dtype).endswith("32") else _LARGEST_ID
        lost = {at: f"{ids[at]:.17g}" for at in np.flatnonzero(np.abs(ids) >= largest)}
    elif is_integer_dtype(column):
        cut = column.isin(_INTEGER_LIMITS).to_numpy(dtype=bool)
        lost = {at: str(column.iloc[at]) for at in np.flatnonzero(cut)}
    else:
        return []
    return [
        Fault(f"the id {said} has lost digits", file, int(rows[at]), schema.id_name,
              "keep ids as text", value=said)
        for at, said in lost.items()
    ]  # fmt: skip


def _text_faults(frame: gpd.GeoDataFrame, schema: Schema, raw: RawTable) -> list[Fault]:
    """Return what spreadsheets have spoilt in the ids and texts of a CSV; say it of its names."""
    texts = {one.name: frame[one.name] for one in schema.columns if one.kind == "text"
             and one.name in frame}  # fmt: skip
    texts = {schema.id_name: frame.index.to_series(), **texts}
    told = {schema.id_name} if schema is ROADS else {schema.id_name, *NAMES}
    # Nothing is told of roads by their names.
    letters = {name: text for name, text in texts.items() if name in told}
    warn_of_letters(letters, file=raw.file, rows=raw.rows)
    if raw.header_row is None:
        return []
    return sheet_faults(texts, schema.id_name, file=raw.file, rows=raw.rows)


def _as_text(values: Values) -> Values:
    if is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        small = (values.dropna().abs() < _LARGEST_ID).all()
        values = values.astype("Int64").astype(object) if small else values.astype(object)
    said = values.astype(str).where(values.notna(), "")  # a column of days holds no blank text
    return _composed(said.str.strip(BLANKS))


def _composed(text: Values) -> Values:
    """Return text with letters and their marks as one sign where there is one (Unicode NFC).

    They look the same and are not: tables that came by different ways would not find each other.
    """
    return text if all(map(str.isascii, text)) else text.str.normalize("NFC")


def _warn_of_marks(frame: gpd.GeoDataFrame, schema: Schema, file: str) -> None:
    """Say which ids are read otherwise than they stand in the source."""
    if schema.id_name not in frame or is_numeric_dtype(frame[schema.id_name]):
        return
    ids = frame[schema.id_name].dropna().astype(str).str.strip(BLANKS)
    apart = ids[ids != _composed(ids)]
    if len(apart):
        what = (
            f"the marks of {len(apart):,} ids stand apart from their letters (Unicode NFD), as in"
            f" {shown(apart.iloc[0])}; they are read as one sign (NFC), as other tables have it"
        )
        warnings.warn(DataWarning(Fault(what, file, column=schema.id_name)), stacklevel=4)
