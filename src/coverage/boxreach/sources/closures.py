"""Closed ground: points, lines and areas where roads cannot be used, or only slowly, and when."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.columns import iso_date, read_dates
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.tabular import read_table
from boxreach.tables import CLOSURES, column_faults


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
        A layer of points (a bridge that is down), lines or areas in any CRS. Optional columns are
        ``reason``; ``road_id``, the one road that is meant; ``from_date`` and ``until_date``, the
        first and the last day on which it holds, blank where there is none; and ``speed_factor``,
        the share of the usual speed at which one still drives there, blank or 0 where it is
        closed.
    layer, columns
        As in `boxreach.read_roads`.

    Returns
    -------
    geopandas.GeoDataFrame
        A closure a row in EPSG:4326, index ``closure_id``; dates are ISO text.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once: dates that cannot be read, a last day
        before the first one, factors outside 0 to 1.
    """
    return read_table(path, CLOSURES, layer=layer, columns=columns)


def closures_on(closures: gpd.GeoDataFrame, on: date | str | None) -> gpd.GeoDataFrame:
    """Return the closures that hold on a day.

    Parameters
    ----------
    closures
        A closures table (see `read_closures`); its dates may also be dates or datetimes.
    on
        The day, as a date or as ISO text; None takes all closures, whatever their dates.

    Raises
    ------
    InputError
        If the day, or a date of the table, is none.

    Warns
    -----
    DataWarning
        If closures have dates and no day is given.

    Examples
    --------
    >>> from shapely import Point
    >>> floods = gpd.GeoDataFrame({"from_date": ["2026-03-01", ""], "until_date": ["", "2026-02"
    ...     "-28"]}, geometry=[Point(44, 33)] * 2, crs=4326, index=["spring", "winter"])
    >>> closures_on(floods, "2026-03-01").index.tolist()
    ['spring']
    """
    day = None if on is None else read_day(on)
    rows = np.arange(1, len(closures) + 1)
    if faults := column_faults(closures, CLOSURES, file="closures", rows=rows):
        raise InputError(*faults)
    first, last = (_dates(closures, name) for name in ("from_date", "until_date"))
    if day is not None:
        return closures[((first <= day) & ((last == "") | (last >= day))).to_numpy()]
    dated = int(((first != "") | (last != "")).sum())
    if dated:
        what = f"{dated} closures have dates and are taken to hold whatever these say"
        warnings.warn(f"{what}; give the day to plan for as on", DataWarning, stacklevel=3)
    return closures


def read_day(on: date | str) -> str:
    """Return a day as ISO text.

    Raises
    ------
    InputError
        If it is none.
    """
    if (day := iso_date(on)) is None:
        what = f"{str(on)!r} is no date"
        raise InputError(Fault(what, column="on", advice="write it like 2026-03-31"))
    return day


def _dates(closures: gpd.GeoDataFrame, name: str) -> pd.Series[str]:
    if name not in closures:
        return pd.Series("", index=closures.index, dtype=object)
    return read_dates(closures[name])
