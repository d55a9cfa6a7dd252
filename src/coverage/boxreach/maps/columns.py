"""Columns of tables as plain lists, numbers and strings, which the page's JSON can hold."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import Floats
from boxreach.maps.lines import QUANTUM
from boxreach.maps.packing import pack_integers
from boxreach.tables import NAMES

Columns = dict[str, Any]
"""By name: a list, or what `pack_texts` or `pack_numbers` returns."""


def points_of(frame: gpd.GeoDataFrame) -> Columns:
    """Return the ids, names, governorates and places of points."""
    return (
        {"id": [str(key) for key in frame.index]}
        | names_of(frame)
        | {"governorate": pack_texts(texts_of(frame, "governorate"))}
        | positions_of(shapely.get_coordinates(frame.geometry.to_numpy()))
    )


def names_of(frame: pd.DataFrame) -> Columns:
    """Return the names of rows in every script in which there are any."""
    return fill_columns({name: texts_of(frame, name).tolist() for name in NAMES})


def fill_columns(columns: Columns) -> Columns:
    """Return the columns in which something is said in at least one row.

    Examples
    --------
    >>> fill_columns({"name": ["Hit"], "name_ar": [""], "people": [None]})
    {'name': ['Hit']}
    """
    return {name: column for name, column in columns.items() if _is_said(column)}


def _is_said(column: Any) -> bool:
    if isinstance(column, list):
        return any(one is not None and one != "" for one in column)
    return bool(column["values"] != [""] if "codes" in column else column["known"])


def pack_texts(texts: pd.Series[str]) -> dict[str, Any]:
    """Return texts of which many are the same: each once, and which of them a row has.

    Examples
    --------
    >>> pack_texts(pd.Series(["West", "East", "West"]))
    {'values': ['West', 'East'], 'codes': '?A?'}
    """
    values = list(dict.fromkeys(texts))
    at = {text: code for code, text in enumerate(values)}
    return {"values": values, "codes": pack_integers(np.array([at[one] for one in texts], int))}


def pack_numbers(values: pd.Series[float], *, per: int = 1) -> dict[str, Any]:
    """Return numbers that are not below 0 as a text, raised to whole parts of one.

    Each is written as so many parts and one more, 0 where it is unknown; a part too little to
    tell from none, which is what sums of floats leave, does not raise it.

    Examples
    --------
    >>> pack_numbers(pd.Series([0.2, np.nan, 0.31]), per=10)
    {'packed': 'E?I', 'per': 10, 'known': 2}
    """
    known = np.isfinite(values.to_numpy())
    parts = np.ceil(np.where(known, values, 0.0) * per - 1e-6)
    packed = pack_integers(np.where(known, parts + 1, 0).astype(np.int64))
    return {"packed": packed, "per": per, "known": int(known.sum())}


def positions_of(positions: Floats) -> Columns:
    """Return longitudes and latitudes as whole multiples of a quantum."""
    steps = positions / QUANTUM
    return {
        axis: plain_numbers(pd.Series(steps[:, at]), 0) for at, axis in enumerate(("lon", "lat"))
    }


def texts_of(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    """Return a column as texts; what is missing is blank."""
    if column not in frame:
        return pd.Series("", index=frame.index, dtype=object)
    values = frame[column].astype(object)
    # Kept as objects: half a character, as strangers' names may hold, is no text to pyarrow.
    texts = ["" if blank else str(one) for one, blank in zip(values, values.isna(), strict=True)]
    return pd.Series(texts, index=frame.index, dtype=object)


def numbers_of(frame: pd.DataFrame, column: str, digits: int) -> list[Any]:
    """Return a column as numbers for JSON; one that is not there is unknown in every row."""
    if column not in frame:
        return [None] * len(frame)
    return plain_numbers(frame[column], digits)


def plain_numbers(values: pd.Series[Any], digits: int) -> list[Any]:
    """Return numbers for JSON: whole ones as int, unknown ones as None."""
    rounded = values.astype(float).round(digits)
    return [
        None if not np.isfinite(value) else int(value) if value == int(value) else value
        for value in rounded.tolist()
    ]
