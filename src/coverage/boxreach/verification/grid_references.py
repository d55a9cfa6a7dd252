"""Grid references of the military grid (MGRS), read back to places."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
from pyproj import Transformer

from boxreach.verification.ledger import Floats, Ledger, Rows
from boxreach.verification.open_ground import geodesic_m

MGRS = "mgrs"
"""The column that tables call it by, where they have it."""

_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_PATTERN = re.compile(r"(\d{1,2})([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])((?:\d\d){1,5})")
_POLAR = re.compile(r"([ABYZ])([A-HJ-NP-Z])([A-HJ-NP-Z])((?:\d\d){1,5})")
_POLAR_ROWS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_POLAR_ZONES = {
    "A": (32_761, "JKLPQRSTUXYZ", 8, 8), "B": (32_761, "ABCFGHJKLPQR", 20, 8),
    "Y": (32_661, "RSTUXYZ", 13, 13), "Z": (32_661, "ABCFGHJ", 20, 13),
}  # fmt: skip
"""Of each half of the earth about a pole its metres (EPSG), its letters of columns, and the first
column and row in 100 km."""

_WRITTEN_M = 0.2
"""Places are written to about 0.1 m."""


def _read_reference(text: str) -> tuple[float, float, float]:
    """Return longitude and latitude of the corner of a square, and how wide it is in metres.

    By DMA TM 8358.1, Datums, Ellipsoids, Grids and Grid Reference Systems, 1990, chapter 3. NaN
    for what is no reference.

    Examples
    --------
    >>> lon, lat, metres = _read_reference("15TWG 00000 49776")
    >>> round(lon, 5), round(lat, 5), metres
    (-93.0, 42.0, 1.0)
    """
    text = re.sub(r"\s", "", text.upper())
    if polar := _POLAR.fullmatch(text):
        return _read_polar(*polar.groups())
    said = _PATTERN.fullmatch(text)
    nothing = (np.nan, np.nan, np.nan)
    if said is None or not 1 <= int(said[1]) <= 60:
        return nothing
    zone, band, digits = int(said[1]), _BANDS.index(said[2]), said[5]
    columns = _COLUMNS[(zone - 1) % 3]
    if said[3] not in columns:
        return nothing
    half = len(digits) // 2
    metres = 10.0 ** (5 - half)
    east = (columns.index(said[3]) + 1) * 100_000 + int(digits[:half]) * metres
    row = (_ROWS.index(said[4]) - (0 if zone % 2 else 5)) % 20
    north = row * 100_000 + int(digits[half:]) * metres
    south_of_equator = said[2] < "N"
    to_degrees = _degrees_of(32_600 + zone + 100 * south_of_equator)
    # The letters of rows repeat every 2,000 km; the band tells which of them is meant.
    for turn in range(5):
        lon, lat = to_degrees.transform(east, north + turn * 2_000_000)
        if 8 * band - 80.5 <= lat <= 8 * band - 71.5 + 4 * (said[2] == "X"):
            return float(lon), float(lat), metres
    return nothing


def _read_polar(zone: str, column: str, row: str, digits: str) -> tuple[float, float, float]:
    """Return the same of a place north of 84 degrees or south of -80."""
    epsg, columns, first_column, first_row = _POLAR_ZONES[zone]
    if column not in columns:
        return np.nan, np.nan, np.nan
    half = len(digits) // 2
    metres = 10.0 ** (5 - half)
    east = (first_column + columns.index(column)) * 100_000 + int(digits[:half]) * metres
    north = (first_row + _POLAR_ROWS.index(row)) * 100_000 + int(digits[half:]) * metres
    lon, lat = _degrees_of(epsg).transform(east, north)
    return float(lon), float(lat), metres


@cache
def _degrees_of(epsg: int) -> Transformer:
    """Return what turns metres of a zone into degrees: a table has hundreds of rows in one."""
    return Transformer.from_crs(epsg, 4326, always_xy=True)


def check_references(
    file: str, table: pd.DataFrame, rows: Rows, places: Floats, ledger: Ledger
) -> None:
    """Compare the grid references of a table, if it has any, with where its rows lie."""
    if MGRS not in table:
        return
    read = np.array([_read_reference(str(one)) for one in table[MGRS]]).reshape(-1, 3)
    known = np.isfinite(read).all(axis=1)
    away = np.full(len(read), np.inf)
    away[known] = geodesic_m(*read[known, :2].T, *places[known].T)
    ledger.count("grid references", len(read))
    wrong = ~(away <= np.nan_to_num(read[:, 2]) * 2**0.5 * 1.001 + _WRITTEN_M)
    for at in np.flatnonzero(wrong).tolist():
        lon, lat = places[at]
        ledger.say(file, str(rows[at]), MGRS, table[MGRS].iloc[at], f"that of {lon:.6f}, {lat:.6f}")
