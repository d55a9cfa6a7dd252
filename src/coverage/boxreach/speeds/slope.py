"""What the slope of the ground takes from a speed, uphill and downhill."""

from __future__ import annotations

import warnings
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import GEOD, Floats
from boxreach.errors import DataWarning, Fault
from boxreach.sources.terrain import Terrain
from boxreach.speeds.table import TABLE

_STEPS_AT_ONCE = 1_000_000
_METRES_PER_DEGREE = np.pi / 180 * GEOD.a
_LEAST = 0.1
_FEW = 0.01
"""Share of the way whose heights may be unknown without a word."""


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


def slope_factors(legs: Floats, terrain: Terrain, slope: Slope) -> tuple[Floats, Floats]:
    """Return what the slope leaves of the speed on straight legs, with and against them.

    A leg is walked in equal steps of one cell of the terrain at most; the factor is that of its
    whole time. Steps without a height count as level, which is said if they are not few.

    Parameters
    ----------
    legs
        Longitude and latitude of both ends, four columns.
    terrain
        The heights of the ground.
    slope
        How they slow.

    Warns
    -----
    DataWarning
        On what share of the way no height is known, if that is more than a hundredth.
    """
    run_degrees = np.hypot(legs[:, 2] - legs[:, 0], legs[:, 3] - legs[:, 1])
    longest = terrain.cell_m / _METRES_PER_DEGREE
    steps = np.maximum(np.ceil(run_degrees / longest), 1).astype(np.int64)
    batch = np.flatnonzero(np.diff(np.cumsum(steps) // _STEPS_AT_ONCE)) + 1
    parts = [
        _factors(some, count, terrain, slope)
        for some, count in zip(np.split(legs, batch), np.split(steps, batch), strict=True)
    ]
    forward, backward, metres = zip(*parts, strict=True)
    unknown_m, all_m = np.sum(metres, axis=0)
    if unknown_m > _FEW * all_m:
        share = f"{unknown_m / all_m:.0%}"
        what = f"heights are not known along {share} of the roads, which count as level"
        advice = "give a grid that covers all roads"
        warnings.warn(DataWarning(Fault(what, terrain.file, advice=advice)), stacklevel=2)
    return np.concatenate(forward), np.concatenate(backward)


def _factors(
    legs: Floats, steps: npt.NDArray[np.int64], terrain: Terrain, slope: Slope
) -> tuple[Floats, Floats, tuple[float, float]]:
    """Return the factors of some legs, and the metres without a height among all."""
    leg = np.repeat(np.arange(len(legs)), steps + 1)
    offset = np.arange(len(leg)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    share = (offset / steps[leg])[:, None]
    lon, lat = (legs[leg, :2] + share * (legs[leg, 2:] - legs[leg, :2])).T
    same = leg[1:] == leg[:-1]
    east = np.diff(lon) * np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
    run_m = np.hypot(east, np.diff(lat))[same] * _METRES_PER_DEGREE
    rise_m = np.diff(terrain.heights_m(lon, lat))[same]
    grade = np.nan_to_num(np.divide(rise_m, run_m, out=np.zeros_like(run_m), where=run_m > 0))
    of = leg[1:][same]
    length = np.bincount(of, run_m, minlength=len(legs))
    up, down = (
        np.bincount(of, run_m / slope.factor(way * grade), minlength=len(legs))
        for way in (1.0, -1.0)
    )
    level = np.ones(len(legs))
    return (
        np.divide(length, up, out=level.copy(), where=up > 0),
        np.divide(length, down, out=level.copy(), where=down > 0),
        (float(run_m[np.isnan(rise_m)].sum()), float(run_m.sum())),
    )
