"""Shapes of areas: their outlines mended, and points inside them."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import shapely

from boxreach.errors import DataWarning, Fault

Shapes = npt.NDArray[np.object_]


def mend_outlines(shapes: Shapes, what: str, *, file: str) -> Shapes:
    """Return shapes whose outlines do not cross themselves; how many did is a `DataWarning`.

    Parameters
    ----------
    shapes
        Of any kind; they stay as they are.
    what, file
        What they are and where they come from, for the warning.
    """
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        said = f"{int(broken.sum())} {what} whose outline crosses itself were repaired"
        warnings.warn(DataWarning(Fault(said, file)), stacklevel=4)
        shapes = shapes.copy()
        shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    return shapes


def inner_points(shapes: Shapes) -> Shapes:
    """Return the centre of each shape, or a point inside where the centre lies outside.

    Examples
    --------
    >>> ring = shapely.Point(44, 33).buffer(2).difference(shapely.Point(44, 33).buffer(1))
    >>> shapes = np.array([shapely.box(0, 0, 2, 2), ring])
    >>> shapely.intersects(shapes, inner_points(shapes)).tolist()
    [True, True]
    """
    points: Shapes = shapely.centroid(shapes)
    outside = ~shapely.intersects(shapes, points)
    points[outside] = shapely.point_on_surface(shapes[outside])
    return points
