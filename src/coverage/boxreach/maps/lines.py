"""Lines for drawing: quantised, joined where they meet, and written as short strings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from shapely import Geometry

from boxreach.crs import Floats

QUANTUM = 1e-5
"""Degrees that one step of a written coordinate is worth: about a metre."""

_LABEL_TOLERANCE_DEGREES = 0.02


def encode_lines(shapes: Iterable[Geometry | None], *, merge: bool = False) -> list[str]:
    """Return every line of some shapes as an encoded polyline of five decimals.

    Parameters
    ----------
    shapes
        Lines or multi-lines, in degrees.
    merge
        Join lines that meet end to end, which suits layers drawn in one style.

    Examples
    --------
    >>> encode_lines([shapely.LineString([(-120.2, 38.5), (-120.95, 40.7)])])
    ['_p~iF~ps|U_ulLnnqC']
    """
    parts = shapely.get_parts([shape for shape in shapes if shape is not None])
    parts = parts[~shapely.is_empty(parts)]
    if merge and len(parts):
        parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
    written = (_encode(shapely.get_coordinates(part)) for part in parts)
    return [text for text in written if text]


def _encode(coordinates: Floats) -> str:
    """Return one line by Google's polyline algorithm; nothing if it shrinks to a point."""
    steps = np.rint(coordinates[:, ::-1] / QUANTUM).astype(np.int64)
    steps = np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    moving = np.flatnonzero(steps[1:].any(axis=1)) + 1  # repeated points are dropped
    if not len(moving):
        return ""
    kept = np.concatenate([[0], moving])
    values = ((steps << 1) ^ (steps >> 63))[kept].ravel().tolist()
    text: list[str] = []
    for value in values:
        rest = value
        while rest >= 0x20:
            text.append(chr((0x20 | (rest & 0x1F)) + 63))
            rest >>= 5
        text.append(chr(rest + 63))
    return "".join(text)


def label_points(shapes: Iterable[Geometry | None]) -> Floats:
    """Return longitude and latitude of the widest place in each shape; NaN in an empty one."""
    return np.array([_label_point(shape) for shape in shapes], dtype=float).reshape(-1, 2)


def _label_point(shape: Geometry | None) -> tuple[float, float]:
    if shape is None or shape.is_empty:
        return np.nan, np.nan
    if shape.area == 0:
        place = shape.representative_point()
    else:
        radius = shapely.maximum_inscribed_circle(shape, tolerance=_LABEL_TOLERANCE_DEGREES)
        place = shapely.get_point(radius, 0)
    return place.x, place.y
