"""Where along a frontier the areas change that it runs through."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.crs import Floats
from boxreach.sources.area_index import list_edges
from boxreach.sources.segments import Course, Positions, Shapes

_STEP_M = 100.0
_SECTIONS = 32
_ROUNDS = 4
"""Enough to tell a change within 100 m to a tenth of a millimetre."""

Labels = npt.NDArray[np.float64] | npt.NDArray[np.int64]


def find_changes(
    line: gpd.GeoDataFrame, outlines: Shapes, label: Callable[[Floats, Floats], Labels]
) -> Floats:
    """Return the chainages at which what is said of a place of the line changes.

    The line is asked between all its meetings with outlines, and every 100 m between those: changes
    at outlines are all found, of others those that last so long.

    Parameters
    ----------
    line
        Segments in degrees, none across the antimeridian.
    outlines
        Polygons; at their edges something may change.
    label
        Returns a number for each longitude and latitude, the same where the same is said.

    Examples
    --------
    >>> line = gpd.GeoDataFrame(
    ...     {"chainage_from_km": [0.0], "chainage_to_km": [9.345294]},
    ...     geometry=[shapely.LineString([(44.0, 33.0), (44.1, 33.0)])], crs=4326)
    >>> area = np.array([shapely.box(44.05, 32, 45, 34)])
    >>> find_changes(line, area, lambda lon, lat: (lon > 44.05).astype(int)).round(4).tolist()
    [4.6726]
    """
    course = Course.of(line).densify(_STEP_M)
    km, owner = _list_breaks(course, outlines)
    inside = np.flatnonzero((owner[1:] == owner[:-1]) & (km[1:] > km[:-1]))
    middle, owner = (km[inside] + km[inside + 1]) / 2, owner[inside]
    said = label(*course.within(owner, middle))
    at = np.flatnonzero(said[1:] != said[:-1])
    low, high, before = middle[at], middle[at + 1], said[at]
    for _ in range(_ROUNDS if len(at) else 0):
        share = np.linspace(0, 1, _SECTIONS + 1)[1:]
        tried = low[:, None] + share * (high - low)[:, None]
        whose = np.where(tried >= course.km[_opening(course, owner[at + 1])][:, None],
                         owner[at + 1][:, None], owner[at][:, None])  # fmt: skip
        there = label(*course.within(whose.ravel(), tried.ravel())).reshape(tried.shape)
        first = (there != before[:, None]).argmax(axis=1)
        rows = np.arange(len(at))
        low, high = np.where(first > 0, tried[rows, first - 1], low), tried[rows, first]
    return np.asarray((low + high) / 2)


def _opening(course: Course, owner: Positions) -> Positions:
    return np.searchsorted(course.owner, owner)


def _list_breaks(course: Course, outlines: Shapes) -> tuple[Floats, Positions]:
    """Return the chainages of all vertices and of all meetings with outlines, and on which line."""
    at, _ = course.middles()
    ends = np.column_stack([course.lon, course.lat])
    chords = shapely.linestrings(np.stack([ends[at], ends[at + 1]], axis=1))
    edge, _ = list_edges(outlines)
    (west, south), (east, north) = ends.min(axis=0), ends.max(axis=0)
    near = (np.minimum(edge[:, 0], edge[:, 2]) <= east) & (edge[:, 1] <= north)
    near &= (np.maximum(edge[:, 0], edge[:, 2]) >= west) & (edge[:, 3] >= south)
    edges = shapely.linestrings(edge[near].reshape(-1, 2, 2))
    met, chord = STRtree(chords).query(edges, predicate="intersects")
    common = shapely.intersection(edges[met], chords[chord])
    places, which = shapely.get_coordinates(common, return_index=True)
    chord = chord[which]
    start, length = ends[at[chord]], shapely.length(chords[chord])
    gone = np.hypot(*(places - start).T) / np.where(length > 0, length, 1)
    span = course.km[at + 1] - course.km[at]
    km = np.append(course.km, course.km[at[chord]] + span[chord] * gone.clip(0, 1))
    owner = np.append(course.owner, course.owner[at[chord]])
    order = np.lexsort([km, owner])
    return km[order], owner[order]
