"""Extents: which places lie on earth, in the study area, or there with coordinates swapped."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.errors import Fault

Bounds = tuple[float, float, float, float]
"""West, south, east and north in degrees."""

Rows = npt.NDArray[np.int64]
"""What the rows of a table are called where its file is open: 2 is the first below a header."""

_STUDY_MARGIN_DEGREES = 1.0

_METRES_FROM = 1_000.0
"""Degrees so large are none: they are metres of a projection."""


def vertex_faults(
    wrong: npt.NDArray[np.bool_],
    lon: Floats,
    lat: Floats,
    rows: Rows,
    file: str,
    column: str,
    what: str,
    *,
    swapped: npt.NDArray[np.bool_],
    advice: str,
) -> list[Fault]:
    """Return a fault for the first wrong vertex of each row.

    Parameters
    ----------
    wrong, lon, lat, rows
        A value a vertex: whether it is wrong, where it lies, and the row it belongs to.
    file, column, what, advice
        What the faults say.
    swapped
        Whether a vertex would be right with longitude and latitude swapped.
    """
    found, first = np.unique(rows[wrong], return_index=True)
    return [
        Fault(
            f"longitude {lon[at]:.10g}, latitude {lat[at]:.10g} {what}",
            file,
            int(row),
            column,
            "longitude and latitude look swapped"
            if swapped[at]
            else degrees_advice(lon[at], lat[at], otherwise=advice),
            value=f"{lon[at]:.10g}, {lat[at]:.10g}",
        )
        for row, at in zip(found, np.flatnonzero(wrong)[first], strict=True)
    ]


def degrees_advice(*degrees: float, otherwise: str) -> str:
    """Return what to do about degrees that are none: another thing where they look like metres.

    Examples
    --------
    >>> degrees_advice(440560.0, 3686146.0, otherwise="give degrees")
    'they look like metres of a projection; give degrees (EPSG:4326)'
    """
    large = [one for one in degrees if _METRES_FROM <= abs(one) < np.inf]
    return "they look like metres of a projection; give degrees (EPSG:4326)" if large else otherwise


def in_study_area(lon: Floats, lat: Floats, bounds: Bounds) -> npt.NDArray[np.bool_]:
    """Tell which points lie in the study area or at most a degree outside it."""
    west, south, east, north = bounds
    margin = _STUDY_MARGIN_DEGREES
    return (
        (lon >= west - margin)
        & (lon <= east + margin)
        & (lat >= south - margin)
        & (lat <= north + margin)
    )


def meets_swapped(one: Bounds, other: Bounds) -> bool:
    """Tell whether two extents lie apart and would meet with longitude and latitude swapped.

    Examples
    --------
    >>> meets_swapped((33, 44, 34, 45), (43, 32, 46, 35))
    True
    """
    west, south, east, north = one
    return not _meet(one, other) and _meet((south, west, north, east), other)


def lie_apart(one: Bounds, other: Bounds) -> bool:
    """Tell whether two extents are more than a degree from each other.

    Examples
    --------
    >>> here = (43, 32, 46, 35)
    >>> lie_apart(here, (103, 32, 106, 35)), lie_apart(here, (46, 35, 47, 36))
    (True, False)
    """
    margin = _STUDY_MARGIN_DEGREES
    west, south, east, north = one
    return not _meet((west - margin, south - margin, east + margin, north + margin), other)


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
