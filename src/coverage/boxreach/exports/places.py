"""Degrees as text, for files that are written as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

_DIGITS = 7
"""About a centimetre."""


Line = list[tuple[str, str]]
"""Longitude and latitude of one place after the other."""


def paths_of(shapes: Any) -> list[list[Line]]:
    """Return the paths of each shape: one of a point or a line, one a part of several lines.

    Longitudes of 180 are -180, the same line: files of GPX know no other.

    Examples
    --------
    >>> paths_of([shapely.Point(180, 36.25), shapely.LineString([(44, 33), (44.5, 33)])])
    [[[('-180', '36.25')]], [[('44', '33'), ('44.5', '33')]]]
    """
    parts, owners = shapely.get_parts(shapes, return_index=True)
    places, part_of = shapely.get_coordinates(parts, return_index=True)
    rounded = np.round(places, _DIGITS) + 0.0  # no -0
    rounded[rounded[:, 0] >= 180.0, 0] = -180.0
    paths: list[Line] = [[] for _ in parts]
    for at, (lon, lat) in zip(part_of.tolist(), rounded.tolist(), strict=True):
        paths[at].append((_plain(lon), _plain(lat)))
    found: list[list[Line]] = [[] for _ in shapes]
    for owner, path in zip(owners.tolist(), paths, strict=True):
        found[owner].append(path)
    return found


def _plain(degrees: float) -> str:
    return f"{degrees:.{_DIGITS}f}".rstrip("0").rstrip(".")
