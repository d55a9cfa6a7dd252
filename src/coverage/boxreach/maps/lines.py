"""Lines for drawing: quantised, joined where they meet, and written as short strings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from boxreach.crs import Floats
from boxreach.maps.packing import pack_each

QUANTUM = 1e-5
"""Degrees that one step of a written coordinate is worth: about a metre."""

GROUND_QUANTUM = 1e-4
"""The same of roads and rivers, which are drawn and never measured: about ten metres."""

_LABEL_TOLERANCE_DEGREES = 0.02


def encode_lines(
    shapes: Iterable[Geometry | None],
    *,
    merge: bool = False,
    detail_degrees: float = 0.0,
    quantum: float = QUANTUM,
) -> list[str]:
    """Return every line of some shapes as an encoded polyline.

    Parameters
    ----------
    shapes
        Lines or multi-lines, in degrees.
    merge
        Join lines that meet end to end, which suits layers drawn in one style.
    detail_degrees
        How far a line may lie beside the one that was given, before it is rounded.
    quantum
        Degrees that one step is worth; by default those of a polyline of five decimals.

    Examples
    --------
    >>> encode_lines([shapely.LineString([(-120.2, 38.5), (-120.95, 40.7)])])
    ['_p~iF~ps|U_ulLnnqC']
    """
    parts = shapely.get_parts([shape for shape in shapes if shape is not None])
    parts = parts[~shapely.is_empty(parts)]
    if merge and len(parts):
        parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
    if detail_degrees:
        parts = shapely.simplify(parts, detail_degrees)
    return [text for text in encode_each(parts, quantum) if text]


def encode_each(parts: npt.NDArray[np.object_], quantum: float = QUANTUM) -> list[str]:
    """Return lines by Google's polyline algorithm; those that shrink to a point are blank."""
    points, line = shapely.get_coordinates(parts, return_index=True)
    steps = np.rint(points[:, ::-1] / quantum).astype(np.int64)
    first = np.diff(line, prepend=-1) != 0
    moving = first | (np.diff(steps, axis=0, prepend=0) != 0).any(axis=1)  # repeats are dropped
    steps, line, first = steps[moving], line[moving], first[moving]
    sizes = np.bincount(line, minlength=len(parts))
    values = np.diff(steps, axis=0, prepend=0)
    values[first] = steps[first]
    drawn = sizes[line] > 1
    sizes[sizes <= 1] = 0
    return pack_each(values[drawn].ravel(), 2 * sizes)


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
