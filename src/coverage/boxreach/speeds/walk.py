"""Roads walked leg by leg: how fast each part of a leg is driven, and a road on the mean.

A leg is straight, from one vertex to the next. What slope and zones make of it depends on its two
ends alone: not on other roads, and not on where its road begins and ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import Floats, metres_per_degree

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LegSpeeds:
    """Speeds on parts of legs, by leg and then by start.

    Attributes
    ----------
    leg
        Of which leg; every leg has a part.
    start, end
        From and to which share of it.
    forward_kmh, backward_kmh
        Km/h with and against the leg.
    """

    leg: Integers
    start: Floats
    end: Floats
    forward_kmh: Floats
    backward_kmh: Floats


def draw_legs(lines: npt.NDArray[np.object_]) -> tuple[Floats, Integers]:
    """Return the legs of lines, longitude and latitude of both ends, and of which line each is.

    Examples
    --------
    >>> legs, line = draw_legs(np.array([shapely.LineString([(0, 0), (1, 0), (1, 2)])]))
    >>> legs.tolist(), line.tolist()
    ([[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 2.0]], [0, 0])
    """
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    begin = np.flatnonzero(owner[1:] == owner[:-1])
    return np.hstack([xy[begin], xy[begin + 1]]), owner[begin]


def leg_lengths_m(legs: Floats) -> Floats:
    """Return the metres of legs on the plane about their middles."""
    east_m, north_m = metres_per_degree((legs[:, 1] + legs[:, 3]) / 2)
    return np.hypot((legs[:, 2] - legs[:, 0]) * east_m, (legs[:, 3] - legs[:, 1]) * north_m)


def mean_kmh(road: Integers, metres: Floats, kmh: Floats, level: Floats) -> Floats:
    """Return the km/h of whole roads: their length over their time.

    Parameters
    ----------
    road, metres, kmh
        Of which road each part is, its length, and its speed.
    level
        The speed of each road, which stays where it has no length.

    Examples
    --------
    >>> both_halves = np.array([0, 0])
    >>> mean_kmh(both_halves, np.ones(2), np.array([30.0, 60.0]), np.ones(2)).tolist()
    [40.0, 1.0]
    """
    length = np.bincount(road, metres, minlength=len(level))
    time = np.bincount(road, metres / kmh, minlength=len(level))
    return np.divide(length, time, out=level.copy(), where=time > 0)
