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
from boxreach.tables import tidy

Integers = npt.NDArray[np.int64]

NAMES = ("name", "name_ar", "name_ckb")
_MOST_SPOTS, _MOST_MORE, _ROUNDS = 5_000, 2_500, 2
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
        """Return uncovered places as spots: all, or one per square and more where it pays."""
        lon, lat = places_of(self.places)
        named = [name for name in NAMES if name in self.places]
        table = gpd.GeoDataFrame(self.places[named], geometry=shapely.points(lon, lat), crs=WGS84)
        chosen, step_km = _thin(lon, lat, weights, _MOST_SPOTS)
        ms = self._within(table.iloc[chosen])
        for _ in range(_ROUNDS if step_km else 0):
            more = _add_spots(lon, lat, weights, chosen, ms, step_km)
            if not len(more):
                break
            ms = csr_array(vstack([ms, self._within(table.iloc[more])], format="csr"))
            chosen = np.append(chosen, more)
            by_id = np.argsort(chosen)
            chosen, ms = chosen[by_id], ms[by_id]
        return Spots(tidy(table.iloc[chosen], NAMES), ms, step_km)

    def _within(self, spots: gpd.GeoDataFrame) -> csr_array:
        """Return the milliseconds from spots to places within the threshold, zeros kept."""
        mobilise, shape = self.times.mobilise_minutes, (len(spots), len(self.places))
        limit_ms = round(self.minutes * _MS_PER_MINUTE)
        if not len(self.places) or round(mobilise * _MS_PER_MINUTE) > limit_ms:
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
        near = ms.data <= limit_ms
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


def _add_spots(
    lon: Floats, lat: Floats, weights: Floats, chosen: Integers, ms: csr_array, step_km: float
) -> Integers:
    """Return places that are worth a try beside the spots that were chosen from a grid.

    These lie around the spots that took the first clusters, where a better one may be, or are
    reached from no spot so far.
    """
    untried = np.ones(len(lon), dtype=bool)
    untried[chosen] = False
    places = cKDTree(np.column_stack(_flat_km(lon, lat)))
    more = np.zeros(len(lon), dtype=bool)
    count = 0
    for spot in chosen[take_greedily(ms, weights)[1]]:
        around = np.array(places.query_ball_point(places.data[spot], step_km), dtype=np.int64)
        around = around[(untried & ~more)[around]]
        if count + len(around) > _MOST_MORE:
            break
        more[around] = True
        count += len(around)
    unmet = np.flatnonzero(untried & ~more & (np.bincount(ms.indices, minlength=len(lon)) == 0))
    more[unmet[_thin(lon[unmet], lat[unmet], weights[unmet], _MOST_MORE)[0]]] = True
    return np.flatnonzero(more)
