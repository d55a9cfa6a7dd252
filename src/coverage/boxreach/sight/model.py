"""How far and how high eyes see: `Sight`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boxreach.arguments import number_faults, range_faults
from boxreach.crs import GEOD, Floats
from boxreach.errors import InputError

FARTHEST_KM = 100.0
"""Beyond it a straight line on the grid is no longer the way that light takes."""

_EARTH_M = (2 * GEOD.a + GEOD.b) / 3


@dataclass(frozen=True)
class Sight:
    """How high the eyes of a post are, how high what they look for is, and how far they tell it.

    The defaults are those of a small tower (25 feet) that looks for people on foot.

    Attributes
    ----------
    tower_m
        Metres of the eyes above the ground.
    target_m
        Metres above the ground of what is to be seen.
    day_km, night_km
        How far it is told by day and by night.
    refraction
        Share of the earth's curvature by which light is bent: 1/7 over land by day, as in GDAL;
        with 1 the earth is as good as flat.

    Raises
    ------
    InputError
        If a number means nothing.

    Examples
    --------
    >>> round(Sight().horizon_km, 1)
    15.7
    """

    tower_m: float = 7.6
    target_m: float = 1.7
    day_km: float = 5.0
    night_km: float = 2.0
    refraction: float = 1 / 7

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        faults = range_faults("tower_m", self.tower_m, 0, 1_000)
        faults += range_faults("target_m", self.target_m, 0, 1_000)
        for name in ("day_km", "night_km"):
            advice = f"give km above 0, up to {FARTHEST_KM:g}"
            value = getattr(self, name)
            faults += number_faults(name, value, lambda km: 0 < km <= FARTHEST_KM, advice)
        faults += range_faults("refraction", self.refraction, 0, 1)
        if faults:
            raise InputError(*faults)

    @property
    def horizon_km(self) -> float:
        """How far it could be seen over flat ground: 3.86 km (√tower + √target), in metres.

        ``sqrt(2 R h / (1 - k))`` for each height h, with the mean radius R of the earth and the
        refraction k (W. Torge, Geodesy, 2001, section 5.1).
        """
        if self.refraction == 1:
            return float("inf")
        roots = np.sqrt(self.tower_m) + np.sqrt(self.target_m)
        return float(np.sqrt(2 * _EARTH_M / (1 - self.refraction)) * roots / 1000)

    def drops_m(self, metres: Floats) -> Floats:
        """Return how far flat ground sinks below the horizontal at each distance, as light sees it.

        ``d² (1 - k) / (2 R)``, as in GDAL's viewshed.

        Parameters
        ----------
        metres
            Distances over ground.

        Returns
        -------
        array of float
            Metres, as many.

        Examples
        --------
        >>> Sight().drops_m(np.array([5_000.0, 10_000.0])).round(2).tolist()
        [1.68, 6.73]
        """
        return np.asarray(np.square(metres) * ((1 - self.refraction) / (2 * _EARTH_M)))
