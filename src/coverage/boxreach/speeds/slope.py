"""What the slope of the ground takes from a speed, uphill and downhill."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import shapely

from boxreach.compilation import compiled
from boxreach.crs import GEOD, Floats
from boxreach.sources.terrain import Terrain
from boxreach.speeds.table import TABLE

_LINES_AT_ONCE = 50_000
_METRES_PER_DEGREE = np.pi / 180 * GEOD.a
_LEAST = 0.1


@dataclass(frozen=True)
class Slope:
    """How a grade slows a vehicle: not at all up to `free`, then by a share that grows with it.

    Attributes
    ----------
    free
        Grade (rise over run) up to which the speed is kept, both ways.
    up_loss, down_loss
        Share of the speed lost for each unit of grade above `free`.
    steepest
        Steeper grades count as this one: they are the terrain's beside the road.

    Examples
    --------
    >>> Slope(free=0.03, up_loss=3, down_loss=2, steepest=0.15).factor(
    ...     np.array([-0.10, 0.0, 0.06, 0.10, 0.40])).round(2).tolist()
    [0.86, 1.0, 0.91, 0.79, 0.64]
    """

    free: float = TABLE.slope["free"]
    up_loss: float = TABLE.slope["up_loss"]
    down_loss: float = TABLE.slope["down_loss"]
    steepest: float = TABLE.slope["steepest"]

    def factor(self, grade: Floats) -> Floats:
        """Return the share of the speed that each grade leaves; uphill is positive."""
        return _leave(grade, *map(float, astuple(self)))


@compiled
def leaves(grade: float, free: float, up_loss: float, down_loss: float, steepest: float) -> float:
    """Return the share of the speed that a grade leaves, by the values of a `Slope`."""
    excess = min(abs(grade), steepest) - free
    loss = up_loss if grade > 0 else down_loss
    return max(1 - loss * max(excess, 0.0), _LEAST)


@compiled
def _leave(grade: Floats, free: float, up_loss: float, down_loss: float, steepest: float) -> Floats:
    kept = np.empty(len(grade))
    for at in range(len(grade)):
        kept[at] = leaves(grade[at], free, up_loss, down_loss, steepest)
    return kept


def slope_factors(
    lines: npt.NDArray[np.object_], terrain: Terrain, slope: Slope
) -> tuple[Floats, Floats]:
    """Return what the slope leaves of the speed on each line (degrees), with it and against it.

    A line is walked in steps of one cell of the terrain at most; the factor is that of its whole
    time. Steps without a height count as level.
    """
    parts = [
        _factors(lines[first : first + _LINES_AT_ONCE], terrain, slope)
        for first in range(0, len(lines), _LINES_AT_ONCE)
    ]
    if not parts:
        return np.ones(0), np.ones(0)
    forward, backward = zip(*parts, strict=True)
    return np.concatenate(forward), np.concatenate(backward)


def _factors(
    lines: npt.NDArray[np.object_], terrain: Terrain, slope: Slope
) -> tuple[Floats, Floats]:
    # GEOS divides no line without length, such as one between two nodes at one place.
    long = shapely.length(lines) > 0
    stepped = lines.copy()
    stepped[long] = shapely.segmentize(lines[long], terrain.cell_m / _METRES_PER_DEGREE)
    coordinates, owner = shapely.get_coordinates(stepped, return_index=True)
    lon, lat = coordinates.T
    same = owner[1:] == owner[:-1]
    east = np.diff(lon) * np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
    run_m = np.hypot(east, np.diff(lat))[same] * _METRES_PER_DEGREE
    rise_m = np.diff(terrain.heights_m(lon, lat))[same]
    grade = np.nan_to_num(np.divide(rise_m, run_m, out=np.zeros_like(run_m), where=run_m > 0))
    line = owner[1:][same]
    length = np.bincount(line, run_m, minlength=len(lines))
    up, down = (
        np.bincount(line, run_m / slope.factor(way * grade), minlength=len(lines))
        for way in (1.0, -1.0)
    )
    level = np.ones(len(lines))
    return (
        np.divide(length, up, out=level.copy(), where=up > 0),
        np.divide(length, down, out=level.copy(), where=down > 0),
    )
