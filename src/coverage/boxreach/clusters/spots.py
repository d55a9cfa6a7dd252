"""Spots where one more box could stand, and whom it would newly reach."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array, vstack
from scipy.spatial import cKDTree

from boxreach.clusters.division import take_greedily
from boxreach.crs import WGS84, Floats, metres_per_degree, to_wgs84
from boxreach.routing import Progress, TravelTimes, travel_times
from boxreach.routing.times import places_of
from boxreach.tables import NAMES, tidy

Integers = npt.NDArray[np.int64]

_MOST_SPOTS, _MOST_MORE, _MOST_AROUND = 5_000, 2_500, 250
"""Spots from the first grid, those added in a round, and those around one spot."""

_ROUNDS = 2
_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class Spots:
    """Spots in the order of their ids, and the milliseconds to the places within the threshold."""

    table: gpd.GeoDataFrame
    ms: csr_array
    step_km: float

    def sums(self, amounts: Floats) -> Floats:
        """Return how much one box at each spot newly reaches."""
        ones = np.ones(len(self.ms.data))
        within = csr_array((ones, self.ms.indices, self.ms.indptr), shape=self.ms.shape)
        return np.asarray(within @ amounts)


@dataclass(frozen=True, eq=False)
class Trial:
    """Which uncovered places one more box would reach, from any spot."""

    times: TravelTimes
    minutes: float
    places: gpd.GeoDataFrame
    progress: Progress | None

    def given(self, spots: gpd.GeoDataFrame) -> Spots:
        """Return the spots of a caller."""
        table = to_wgs84(spots, file="spots")
        table = table.iloc[np.argsort(table.index.to_numpy(dtype=str), kind="stable")]
        return Spots(tidy(table, NAMES), self._within(table), np.nan)

    def own(self, weights: Floats) -> Spots:
        """Return uncovered places as spots: all, or one per square and more where it pays.

        More are tried around the spots that took the first clusters, where a better one may be,
        and until each place is reached from a spot or is one itself.
        """
        lon, lat = places_of(self.places)
        named = [name for name in NAMES if name in self.places]
        table = gpd.GeoDataFrame(self.places[named], geometry=shapely.points(lon, lat), crs=WGS84)
        chosen, step_km = _thin(lon, lat, weights, _MOST_SPOTS)
        ms, rounds = self._within(table.iloc[chosen]), 0
        while step_km and self._in_time():
            untried = np.ones(len(table), dtype=bool)
            untried[chosen] = False
            unmet = np.flatnonzero(untried & (np.bincount(ms.indices, minlength=len(table)) == 0))
            most = max(_MOST_MORE, len(unmet) // 3)
            more = unmet[_thin(lon[unmet], lat[unmet], weights[unmet], most)[0]]
            if rounds < _ROUNDS:
                best_first = chosen[take_greedily(ms, weights)[1]]
                more = np.union1d(
                    more, _places_around(lon, lat, weights, best_first, untried, step_km)
                )
            if not len(more):
                break
            chosen, rounds = np.append(chosen, more), rounds + 1
            by_id = np.argsort(chosen)
            ms = csr_array(vstack([ms, self._within(table.iloc[more])], format="csr"))[by_id]
            chosen = chosen[by_id]
        return Spots(tidy(table.iloc[chosen], NAMES), ms, step_km)

    def _in_time(self) -> bool:
        """Tell whether a box moves before the time is over."""
        return round(self.times.mobilise_minutes * _MS_PER_MINUTE) <= self._limit_ms

    @property
    def _limit_ms(self) -> int:
        return round(self.minutes * _MS_PER_MINUTE)

    def _within(self, spots: gpd.GeoDataFrame) -> csr_array:
        """Return the milliseconds from spots to places within the threshold, zeros kept."""
        mobilise, shape = self.times.mobilise_minutes, (len(spots), len(self.places))
        if not len(self.places) or not self._in_time():
            return csr_array(shape, dtype=np.int64)
        # Where mobilising takes just as long as there is, a box still reaches where it stands.
        cutoff = min(self.times.cutoff_minutes, max(self.minutes, mobilise + 1 / 60))
        ms = travel_times(
            self.times.network,
            spots,
            self.places,
            cutoff=cutoff,
            mobilise_minutes=mobilise,
            direction=self.times.direction,
            progress=self.progress,
        ).ms
        near = ms.data <= self._limit_ms
        if not near.all():
            first = np.append(0, np.cumsum(near))[ms.indptr]
            ms = csr_array((ms.data[near], ms.indices[near], first), shape=shape)
        ms.sort_indices()
        return ms


def _thin(lon: Floats, lat: Floats, weights: Floats, most: int) -> tuple[Integers, float]:
    """Return the most populous place per square of a grid, rising, and the side of the squares.

    The grid starts at 1 km and is made coarser until at most so many remain; if they are few
    enough as they are, all do, and the side is 0.
    """
    step_km, kept = 0.0, np.arange(len(lon))
    east_km, north_km = _flat_km(lon, lat)
    best_first = np.lexsort((kept, -weights))
    while len(kept) > most:
        step_km = round(1.25 * step_km, 2) or 1.0
        column, row = np.floor(east_km / step_km), np.floor(north_km / step_km)
        square = (row * (column.max() + 1) + column)[best_first]
        kept = np.sort(best_first[np.unique(square, return_index=True)[1]])
    return kept, step_km


def _flat_km(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return kilometres east and north of the south-western corner, to find what is near."""
    if not len(lon):
        return lon, lat
    east_m, north_m = metres_per_degree(np.array([(lat.min() + lat.max()) / 2]))
    return (lon - lon.min()) * (east_m / 1000), (lat - lat.min()) * (north_m / 1000)


def _places_around(
    lon: Floats,
    lat: Floats,
    weights: Floats,
    spots: Integers,
    untried: npt.NDArray[np.bool_],
    radius_km: float,
) -> Integers:
    """Return untried places around spots, thinned; those around the first if there are many."""
    flat = np.column_stack(_flat_km(lon, lat))
    tree, left, found = cKDTree(flat), untried.copy(), [np.empty(0, dtype=np.int64)]
    count = 0
    for spot in spots:
        around = np.sort(np.array(tree.query_ball_point(flat[spot], radius_km), dtype=np.int64))
        around = around[left[around]]
        kept, _ = _thin(lon[around], lat[around], weights[around], _MOST_AROUND)
        found.append(around[kept])
        left[around] = False
        count += len(kept)
        if count >= _MOST_MORE:
            break
    return np.concatenate(found)
