"""Times on the roads as they are drawn: closed here and slow there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.network.dividing import Division, divide
from boxreach.network.slowing import restrict
from boxreach.routing import TravelTimes, travel_times
from boxreach.scenarios.worlds import Worlds

Flags = npt.NDArray[np.bool_]


class DrawnRoads:
    """The roads under plans, and what closes or slows them in a draw.

    Parameters
    ----------
    times
        Whose roads, demand and parameters are meant.
    sites
        From where times are wanted.
    minutes
        Up to how many.
    closures
        What may hold, if anything.
    """

    def __init__(
        self,
        times: TravelTimes,
        sites: gpd.GeoDataFrame,
        minutes: float,
        closures: gpd.GeoDataFrame | None,
    ) -> None:
        self.base, self.sites, self.minutes = times, sites, minutes
        self.division: Division | None = None
        self.network = times.network
        self.slowness = np.empty(0)
        if closures is not None:
            self.division = divide(times.network, closures)
            self.network = self.division.network
            self.slowness = _slowness(closures)

    def prepare(self, worlds: Worlds) -> None:
        """Make ready for the worlds that were drawn."""

    def usual_times(self) -> csr_array:
        """Return the times where nothing is drawn."""
        return self.times(np.zeros(len(self.slowness), dtype=bool), None, 1.0)

    def times(self, closed: Flags, slowed: Floats | None, off_road: float) -> csr_array:
        """Return milliseconds up to the minutes, sites by demand, in a draw."""
        base, gone = self.base, None
        slowed = np.ones(len(self.network.edges)) if slowed is None else slowed
        if self.division is not None:
            gone, slower = self._held(self.division, closed)
            slowed = slowed * slower
        network = restrict(self.network, gone=gone, slowed=slowed, off_road=off_road)
        return travel_times(
            network, self.sites, base.demand, cutoff=self.minutes,
            mobilise_minutes=base.mobilise_minutes, direction=base.direction,
        ).ms  # fmt: skip

    def _held(self, division: Division, closed: Flags) -> tuple[Flags, Floats]:
        """Return which edges are gone, and how many times as long the others take."""
        gone = np.zeros(len(self.network.edges), dtype=bool)
        slower = np.ones(len(gone))
        for feature in np.flatnonzero(closed).tolist():
            edges = division.edges_of(feature)
            if np.isinf(self.slowness[feature]):
                gone[edges] = True
            else:
                slower[edges] = np.maximum(slower[edges], self.slowness[feature])
        return gone, slower


def _slowness(closures: gpd.GeoDataFrame) -> Floats:
    """Return how many times as long roads take that a closure holds; infinite where it closes."""
    if "speed_factor" not in closures:
        return np.full(len(closures), np.inf)
    factor = closures["speed_factor"].fillna(0.0).to_numpy(dtype=float)
    slowness: Floats = np.divide(1.0, factor, out=np.full(len(factor), np.inf), where=factor > 0)
    return slowness
