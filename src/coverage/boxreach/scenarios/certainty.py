"""What no draw changes: places that plans reach in every world, and those they reach in none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.network.slowing import pace_ground, restrict
from boxreach.network.timetable import Timetable
from boxreach.routing import TravelTimes, travel_times
from boxreach.scenarios.drawn_roads import ClosableRoads
from boxreach.scenarios.worlds import Worlds

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FEWEST_PLACES = 5_000
"""For fewer, two networks put together take longer than they spare."""


@dataclass(frozen=True, eq=False)
class Certainty:
    """What is known of places before anything is drawn.

    Attributes
    ----------
    surely
        By plan, the places that it reaches in every world.
    unsure
        Positions of the places that some plan reaches in some worlds, perhaps, and not in all.
    """

    surely: Mapping[str, Flags]
    unsure: Longs

    @classmethod
    def none(cls, plans: Mapping[str, Longs], places: int) -> Certainty:
        """Return that nothing is known."""
        nobody = np.zeros(places, dtype=bool)
        return cls(dict.fromkeys(plans, nobody), np.arange(places))


def find_certain(
    roads: ClosableRoads,
    worlds: Worlds,
    times: TravelTimes,
    sites: gpd.GeoDataFrame,
    plans: Mapping[str, Longs],
    minutes: float,
) -> Certainty:
    """Return what plans reach in the worst of all worlds, and what only in better ones.

    Each world lies between one in which all that may close is closed and all is at its slowest,
    and one in which nothing is closed and all is at its fastest. A slower road makes nobody
    sooner, to the millisecond, so places that a plan reaches in the first or not in the second
    need not be looked at again.

    Parameters
    ----------
    roads, worlds
        The roads and what was drawn.
    times
        Whose demand and parameters are meant.
    sites, plans
        All sites, and positions of those of each plan.
    minutes
        The threshold.
    """
    places = len(times.demand)
    closable, slowest = roads.worst(worlds)
    if places < FEWEST_PLACES or closable.all():
        return Certainty.none(plans, places)
    least, most = worlds.off_road_ends()

    def reach(gone: Flags, slowed: npt.NDArray[np.float64], off_road: float) -> csr_array:
        if gone.any():
            network = restrict(roads.network, gone=gone, slowed=slowed, off_road=off_road)
        else:
            network = pace_ground(Timetable(roads.network).lay(slowed), off_road)
        return travel_times(
            network, sites, times.demand, cutoff=minutes,
            mobilise_minutes=times.mobilise_minutes, direction=times.direction,
        ).ms  # fmt: skip

    # One after the other: each is as large as the roads.
    worst = reach(closable, slowest, least)
    del slowest
    best = reach(closable & False, worlds.fastest(), most)
    surely = {name: reached_by(worst, one) for name, one in plans.items()}
    perhaps = {name: reached_by(best, one) for name, one in plans.items()}
    unsure = np.any([perhaps[name] & ~surely[name] for name in plans], axis=0)
    return Certainty(surely, np.flatnonzero(unsure))


def reached_by(ms: csr_array, sites: Longs) -> Flags:
    """Tell which demand any of some sites reaches.

    Examples
    --------
    >>> reached_by(csr_array(np.array([[5, 0, 0], [0, 7, 0]])), np.array([1])).tolist()
    [False, True, False]
    """
    reached = np.zeros(ms.shape[1], dtype=bool)
    for site in sites.tolist():
        reached[ms.indices[ms.indptr[site] : ms.indptr[site + 1]]] = True
    return reached
