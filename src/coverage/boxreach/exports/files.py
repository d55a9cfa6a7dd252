"""Tables and records as files: the same bytes for the same content."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.text import quote_formula

_DIGITS = 6


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV in UTF-8 with a byte order mark, points as ``lon`` and ``lat``.

    Whole numbers are written without a fraction, unknown ones as blanks, and text that a
    spreadsheet would run as a formula with an apostrophe before it.
    """
    columns = [*_plain(table).items()]
    if isinstance(table.index.name, str):
        columns.insert(0, (table.index.name, table.index.to_series()))
    # Put together once: a table that is changed column by column takes several times as long.
    plain = pd.DataFrame(
        {at: _harmless(values) for at, (_, values) in enumerate(columns)},
        index=range(len(table)),
    )
    plain.columns = [quote_formula(str(name)) for name, _ in columns]
    # A bare carriage return is quoted only where it is part of the line's end.
    plain.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _harmless(values: pd.Series[Any]) -> Any:
    """Return the cells of a column as they may be written."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.array
    known = zip(values.astype(object), values.notna(), strict=True)
    return np.array([quote_formula(str(one)) if there else "" for one, there in known], object)


def write_geojson(path: Path, table: gpd.GeoDataFrame) -> None:
    """Write a table as GeoJSON (EPSG:4326, about 0.1 m), ids among the properties."""
    plain = _plain(table.drop(columns=table.geometry.name)).reset_index()
    shapes = [json.loads(one) for one in shapely.to_geojson(_rounded(table))]
    features = [
        {
            "type": "Feature",
            "properties": {key: _value(value) for key, value in row.items()},
            "geometry": shape,
        }
        for row, shape in zip(plain.to_dict("records"), shapes, strict=True)
    ]
    write_json(path, {"type": "FeatureCollection", "features": features})


def write_json(path: Path, value: object) -> None:
    """Write a record as JSON that people can read, keys in the order given."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with numbers as they should be read and points as two columns."""
    columns = dict(table.items())
    if isinstance(table, gpd.GeoDataFrame):
        del columns[table.geometry.name]
        if (table.geom_type == "Point").all():
            columns["lon"] = table.geometry.x.round(_DIGITS)
            columns["lat"] = table.geometry.y.round(_DIGITS)
    for name, values in columns.items():
        if pd.api.types.is_float_dtype(values.dtype):
            columns[name] = _tidy(values, str(name))
    return pd.DataFrame(columns, index=table.index)


def _tidy(values: pd.Series[float], name: str) -> Any:
    numbers = values.to_numpy(dtype=float, na_value=np.nan)  # as a series it takes longer
    unknown = np.isnan(numbers)
    known = numbers[~unknown]
    if (np.abs(known) < 2**53).all() and (known % 1 == 0).all():
        return pd.arrays.IntegerArray(np.where(unknown, 0, numbers).astype(np.int64), unknown)
    return values.round(digits_of(name))


def plain_number(value: object, digits: int = _DIGITS) -> object:
    """Return a number as the tables write it; what is not known is None.

    Examples
    --------
    >>> plain_number(5.0), plain_number(0.12345678), plain_number(float("nan"))
    (5, 0.123457, None)
    >>> plain_number(33.0738955), round(33.0738955, 6)
    (33.073896, 33.073895)
    """
    if isinstance(value, str):
        return value
    number = float(str(value))
    if not isfinite(number):
        return None
    # numpy rounds as the columns of tables are rounded; Python's own round has other ties.
    return int(number) if number % 1 == 0 else float(np.round(number, digits))


def digits_of(name: str) -> int:
    """Return to how many digits numbers of a column are written.

    Examples
    --------
    >>> digits_of("mean_minutes"), digits_of("minutes_before"), digits_of("gini_minutes")
    (3, 3, 6)
    """
    # Six digits: 0.1 m of a degree, and lengths of equal segments, whose rounding would add up.
    is_time = name.removesuffix("_before").endswith("minutes") and not name.startswith("gini")
    return 3 if is_time else _DIGITS


def _rounded(table: gpd.GeoDataFrame) -> np.ndarray:
    return np.asarray(
        shapely.transform(table.geometry.to_numpy(), lambda xy: np.round(xy, _DIGITS))
    )


def _value(value: object) -> object:
    """Return what JSON has for a value: unknown as null, and what it does not know as text."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return plain if np.isfinite(plain) else None
    if plain is None or plain is pd.NA or plain is pd.NaT:
        return None
    return plain if isinstance(plain, bool | int | str) else str(plain)
