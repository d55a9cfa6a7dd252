"""Columns of tables as plain lists, numbers and strings, which the page's JSON can hold."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import Floats
from boxreach.maps.lines import QUANTUM
from boxreach.tables import NAMES

Columns = dict[str, list[Any]]


def points_of(frame: gpd.GeoDataFrame) -> Columns:
    """Return the ids, names, governorates and places of points."""
    return (
        {"id": [str(key) for key in frame.index]}
        | names_of(frame)
        | {"governorate": texts_of(frame, "governorate").tolist()}
        | positions_of(shapely.get_coordinates(frame.geometry.to_numpy()))
    )


def names_of(frame: pd.DataFrame) -> Columns:
    """Return the names of rows in every script."""
    return {name: texts_of(frame, name).tolist() for name in NAMES}


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
