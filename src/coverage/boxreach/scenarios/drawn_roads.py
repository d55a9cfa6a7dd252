"""Times on the roads as they are drawn: closed here and slow there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.network.slowing import slow_roads
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
        What may be closed.
    """

    def __init__(
        self,
        times: TravelTimes,
        sites: gpd.GeoDataFrame,
        minutes: float,
        closures: gpd.GeoDataFrame | None,
    ) -> None:
        self.base, self.sites, self.minutes, self.closures = times, sites, minutes, closures
        self.network = times.network

    def prepare(self, worlds: Worlds) -> None:
        """Make ready for the worlds that were drawn."""

    def usual_times(self) -> csr_array:
        """Return the times where nothing is drawn."""
        closures = 0 if self.closures is None else len(self.closures)
        return self.times(np.zeros(closures, dtype=bool), None, 1.0)

    def times(self, closed: Flags, slowed: Floats | None, off_road: float) -> csr_array:
        """Return milliseconds up to the minutes, sites by demand, in a draw."""
        network, base = self.network, self.base
        if slowed is not None or off_road != 1:
            slowed = np.ones(len(network.edges)) if slowed is None else slowed
            network = slow_roads(network, slowed, off_road=off_road)
        if self.closures is not None and closed.any():
            network = network.without(self.closures[closed])
        return travel_times(
            network, self.sites, base.demand, cutoff=self.minutes,
            mobilise_minutes=base.mobilise_minutes, direction=base.direction,
        ).ms  # fmt: skip
