"""Degrees as text, for files that are written as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

_DIGITS = 7
"""About a centimetre."""


def paths_of(shape: Any) -> list[list[tuple[str, str]]]:
    """Return longitude and latitude of each place of a point, or of each line of lines.

    Longitudes of 180 are -180, the same line: files of GPX know no other.

    Examples
    --------
    >>> paths_of(shapely.Point(180, 36.25))
    [[('-180', '36.25')]]
    """
    parts = shapely.get_parts(shape)
    return [_written(shapely.get_coordinates(part)) for part in parts]


def _written(places: np.ndarray[Any, np.dtype[np.float64]]) -> list[tuple[str, str]]:
    rounded = np.round(places, _DIGITS) + 0.0  # no -0
    rounded[rounded[:, 0] >= 180.0, 0] = -180.0
    return [(_plain(lon), _plain(lat)) for lon, lat in rounded.tolist()]


def _plain(degrees: float) -> str:
    return f"{degrees:.{_DIGITS}f}".rstrip("0").rstrip(".")
