"""Cells that hold several values, as osmnx leaves them where it joined ways: the first counts."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import is_object_dtype

from boxreach.errors import DataWarning, Fault


def first_of(value: object) -> object:
    """Return the first of several values; None of none; anything else as it is.

    Examples
    --------
    >>> first_of(["trunk", "primary"]), first_of([]), first_of("track")
    ('trunk', None, 'track')
    """
    if not _is_several(value):
        return value
    return next(iter(value), None)  # type: ignore[call-overload]


def take_first(frame: gpd.GeoDataFrame, columns: Iterable[str], *, file: str) -> gpd.GeoDataFrame:
    """Return a frame whose cells hold one value each.

    Parameters
    ----------
    frame
        Any frame; it stays as it is.
    columns
        The columns to look at, as far as the frame has them.
    file
        Its name, for the warning.

    Warns
    -----
    DataWarning
        How many rows hold several values in which columns.
    """
    several: dict[str, pd.Series[bool]] = {
        name: frame[name].map(_is_several)
        for name in columns
        if name in frame and is_object_dtype(frame[name])
    }
    several = {name: rows for name, rows in several.items() if rows.any()}
    if not several:
        return frame
    count = int(np.any([rows.to_numpy() for rows in several.values()], axis=0).sum())
    what = f"{count} rows hold lists in {', '.join(several)}; the first of each counts"
    warnings.warn(DataWarning(Fault(what, file)), stacklevel=4)
    return frame.assign(**{name: frame[name].map(first_of) for name in several})


def _is_several(value: object) -> bool:
    return isinstance(value, list | tuple | set | frozenset | np.ndarray)
