"""Times on the roads as they are drawn: closed here and slow there."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.network import RoadNetwork
from boxreach.network.dividing import divide
from boxreach.routing import TravelTimes
from boxreach.routing.states import RoadStates
from boxreach.scenarios.worlds import Worlds

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ClosableRoads:
    """Roads, and which of them each closure means that may hold.

    Attributes
    ----------
    network
        The network, divided where closures begin and end.
    edges
        Positions of the edges of each closure.
    slowness
        How many times as long each closure makes them; infinite where it closes them.
    """

    network: RoadNetwork
    edges: tuple[Longs, ...]
    slowness: Floats

    @classmethod
    def of(cls, network: RoadNetwork, closures: gpd.GeoDataFrame | None) -> ClosableRoads:
        """Return the roads of a network and the edges of closures, if there are any."""
        if closures is None:
            return cls(network, (), np.empty(0))
        division = divide(network, closures)
        edges = tuple(division.edges_of(one) for one in range(len(closures)))
        return cls(division.network, edges, _slowness(closures))

    def hold(self, closed: Flags) -> tuple[Flags, Floats]:
        """Return which edges are gone, and how many times as long the others take.

        Parameters
        ----------
        closed
            Which closures hold. Closed comes before slowed, slower before less slow.
        """
        gone = np.zeros(len(self.network.edges), dtype=bool)
        slower = np.ones(len(gone))
        for one in np.flatnonzero(closed).tolist():
            edges = self.edges[one]
            if np.isinf(self.slowness[one]):
                gone[edges] = True
            else:
                slower[edges] = np.maximum(slower[edges], self.slowness[one])
        return gone, slower

    def worst(self, worlds: Worlds) -> tuple[Flags, Floats]:
        """Return which edges may be gone, and how many times as long edges take at most."""
        slowest = worlds.slowest()
        if not self.edges:
            return np.zeros(len(slowest), dtype=bool), slowest
        closable, slower = self.hold(worlds.uncertainty.probabilities > 0)
        return closable, np.multiply(slowest, slower, out=slowest)


class DrawnRoads:
    """The times from sites to demand in each of some worlds.

    Parameters
    ----------
    roads
        The roads.
    worlds
        What was drawn on their network.
    times
        Whose parameters are meant.
    sites, demand
        Between which times are wanted.
    minutes
        Up to how many.
    """

    def __init__(
        self,
        roads: ClosableRoads,
        worlds: Worlds,
        times: TravelTimes,
        sites: gpd.GeoDataFrame,
        demand: gpd.GeoDataFrame,
        minutes: float,
    ) -> None:
        self.roads, self.worlds = roads, worlds
        least, most = worlds.off_road_ends()
        closable, slowest = roads.worst(worlds)
        self._states = RoadStates(
            roads.network,
            sites,
            demand,
            cutoff=minutes,
            mobilise_minutes=times.mobilise_minutes,
            direction=times.direction,
            closable=closable,
            slowest=slowest,
            fastest_off_road=most,
            steady=least == most,
        )

    def usual_times(self) -> csr_array:
        """Return the milliseconds where nothing is drawn, sites by demand."""
        return self._states.base

    def times(self, draw: int) -> csr_array:
        """Return the milliseconds in a world, sites by demand.

        Parameters
        ----------
        draw
            Its number.
        """
        worlds = self.worlds
        closed, slowed, off_road = worlds.closed[draw], worlds.slowed(draw), worlds.off_road(draw)
        if not closed.any():
            return self._states.times(slowed=slowed, off_road=off_road)
        gone, slower = self.roads.hold(closed)
        slowed = slower if slowed is None else slowed * slower
        return self._states.times(gone=gone, slowed=slowed, off_road=off_road)


def _slowness(closures: gpd.GeoDataFrame) -> Floats:
    """Return how many times as long roads take that a closure holds; infinite where it closes."""
    if "speed_factor" not in closures:
        return np.full(len(closures), np.inf)
    factor = closures["speed_factor"].fillna(0.0).to_numpy(dtype=float)
    slowness: Floats = np.divide(1.0, factor, out=np.full(len(factor), np.inf), where=factor > 0)
    return slowness
