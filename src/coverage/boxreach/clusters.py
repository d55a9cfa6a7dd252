"""Clusters of gaps: pieces of what is left out, each of which one more box could close.

``docs/gaps.md`` says how they are made, what of it is best and what is only good.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array, vstack
from scipy.spatial import cKDTree

from boxreach.accessibility import REASONS, reach
from boxreach.arguments import require_kind
from boxreach.compilation import compiled
from boxreach.crs import WGS84, Floats, metres_per_degree, to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.routing import Progress, TravelTimes, travel_times
from boxreach.routing.times import places_of
from boxreach.tables import no_row, point_faults, suggest, tidy

Integers = npt.NDArray[np.int64]
Values = npt.NDArray[Any]

_NAMES = ("name", "name_ar", "name_ckb")
_AREAS = ("governorate", "district", "subdistrict")
_MOST_SPOTS, _MOST_MORE, _ROUNDS = 5_000, 2_500, 2
_MS_PER_MINUTE = 60_000
_NONE = -1


@dataclass(frozen=True, eq=False)
class GapClusters:
    """Pieces of what is left out, those with the most people first.

    Attributes
    ----------
    clusters
        A row per cluster, index ``cluster_id``, as `cluster_gaps` describes it.
    gaps
        The uncovered rows as `gaps` returns them, each with its ``cluster_id``.
    minutes
        The threshold.
    unit
        The column that was counted: ``people``, or ``km`` of a frontier.
    spots
        How many spots were compared.
    spot_step_km
        Of the uncovered places, one per square of so many km was a spot; 0 where each of them
        was, NaN where the spots were given.
    """

    clusters: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    minutes: float
    unit: str
    spots: int
    spot_step_km: float


@dataclass(frozen=True, eq=False)
class _Spots:
    """Spots in the order of their ids, and the milliseconds to the places within the threshold."""

    table: gpd.GeoDataFrame
    ms: csr_array
    step_km: float

    def sums(self, amounts: Floats) -> Floats:
        """Return how much one box at each spot newly reaches."""
        ones = np.ones(len(self.ms.data))
        within = csr_array((ones, self.ms.indices, self.ms.indptr), shape=self.ms.shape)
        return np.asarray(within @ amounts)


def cluster_gaps(
    times: TravelTimes,
    *,
    minutes: float,
    spots: gpd.GeoDataFrame | None = None,
    people: str = "people",
    progress: Progress | None = None,
) -> GapClusters:
    """Divide what no site reaches into pieces that one box each could close, by road.

    The spot that newly reaches the most people takes these as the first cluster, the spot that
    reaches the most of the rest takes the second, and so on. No spot gains more people than the
    first cluster has: all are compared. The division as a whole is greedy, not proven best.

    Parameters
    ----------
    times
        From `travel_times`, with a cutoff of at least `minutes`. Network, direction and
        mobilising time are those of the boxes that are tried.
    minutes
        The threshold; a place at exactly so many minutes is covered.
    spots
        Where a box could stand, as from `candidate_sites`: points with unique ids in the index.
        By default the uncovered places themselves, thinned to the most populous one per square
        of a grid if there are more than 5,000.
    people
        The column of the demand that is counted. Missing values are unknown and worth 0; if
        there is no column ``people``, all are.
    progress
        As in `travel_times`.

    Returns
    -------
    GapClusters
        Its ``clusters`` are points in EPSG:4326, at the best spot, index ``cluster_id``
        (``gap-01``), ranked by people (then places, then the id of the largest place):

        - ``name``, ``name_ar``, ``name_ckb``, ``governorate``, ``district``, ``subdistrict``, as
          far as the demand has them, and ``largest_id``: those of its largest place, which has
          the most people (then the lower id); ``name`` is its id where it has none;
        - ``places``, ``people`` (those known), ``places_unknown_people``;
        - ``too_far``, ``off_road``, ``isolated``, ``closed``: places by the reason of `gaps`;
        - ``spot_id``, ``spot_name``: of the spots from where one box closes the whole cluster,
          the one that gains the most people in all (then places; then the one that reaches the
          people of this cluster soonest; then the lower id); blank where no spot reaches
          anybody here, and the point is then the largest place's;
        - ``people_gained``, ``places_gained``: what that box newly reaches, in any cluster;
        - ``people_gained_here``: those of them in this cluster.

        With another column than ``people``, names have its name for ``people``. ``gaps`` has the
        rows of `gaps` in their order.

    Raises
    ------
    InputError
        If an argument or a table is not what it should be.

    Examples
    --------
    >>> import boxreach as br
    >>> demo = br.load_demo()
    >>> network = br.build_network(demo.roads, off_road_km=10)
    >>> times = br.travel_times(network, demo.boxes, demo.communities)
    >>> found = br.cluster_gaps(times, minutes=30)
    >>> found.clusters.index[0], int(found.clusters["places"].sum()) == len(found.gaps)
    ('gap-01', True)
    """
    reached = reach(times, minutes=minutes)
    _check_arguments(times, spots, people)
    left = reached[~reached["covered"]]
    # In the order of their ids, so that ties break by id and row order changes nothing.
    by_id = np.argsort(left.index.to_numpy(dtype=str), kind="stable")
    places = times.demand[~reached["covered"].to_numpy()].iloc[by_id]
    known = _amounts(places, people)
    weights = np.nan_to_num(known)
    trial = _Trial(times, float(minutes), places, progress)
    compared = trial.given(spots) if spots is not None else trial.own(weights)
    cluster, closed_from = _divide(compared, weights, places)
    table = pd.DataFrame({"cluster": cluster, "known": known, "reason": left["reason"].iloc[by_id]})
    clusters, rank = _describe(table, places, compared, closed_from, people)
    ids = np.empty(len(left), dtype=object)
    ids[by_id] = clusters.index.to_numpy(dtype=object)[rank[cluster]]
    return GapClusters(
        clusters=clusters,
        gaps=left.assign(cluster_id=ids),
        minutes=float(minutes),
        unit=people,
        spots=len(compared.table),
        spot_step_km=compared.step_km,
    )


def _check_arguments(times: TravelTimes, spots: object, people: object) -> None:
    require_kind(people, str, "people", "give the name of a column")
    faults = []
    if spots is not None:
        table = to_wgs84(spots, file="spots")
        faults += point_faults(table, file="spots") if len(table) else [no_row("spots")]
    if people in times.demand:
        faults += _amount_faults(times.demand[people], str(people))
    elif people != "people":
        names = [str(name) for name in times.demand.columns]
        advice = suggest(str(people), names)
        faults.append(Fault("the column is missing", "demand", column=str(people), advice=advice))
    if faults:
        raise InputError(*faults)


def _amount_faults(values: pd.Series[float], column: str) -> list[Fault]:
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        what = f"it holds {values.dtype} values"
        return [Fault(what, "demand", column=column, advice="give numbers")]
    known = values.dropna().to_numpy(dtype=float)
    if ((known >= 0) & np.isfinite(known)).all():
        return []
    what = "a number is below 0 or infinite"
    return [Fault(what, "demand", column=column, advice="mend it, or leave it blank if unknown")]


def _amounts(places: gpd.GeoDataFrame, column: str) -> Floats:
    """Return how many people each place has; NaN where that is not known."""
    if column not in places:
        return np.full(len(places), np.nan)
    return np.asarray(places[column].to_numpy(dtype=float, na_value=np.nan))


@dataclass(frozen=True, eq=False)
class _Trial:
    """Which uncovered places one more box would reach, from any spot."""

    times: TravelTimes
    minutes: float
    places: gpd.GeoDataFrame
    progress: Progress | None

    def given(self, spots: gpd.GeoDataFrame) -> _Spots:
        """Return the spots of a caller."""
        table = to_wgs84(spots, file="spots")
        table = table.iloc[np.argsort(table.index.to_numpy(dtype=str), kind="stable")]
        return _Spots(tidy(table, _NAMES), self._within(table), np.nan)

    def own(self, weights: Floats) -> _Spots:
        """Return uncovered places as spots: all, or one per square and more where it pays."""
        lon, lat = places_of(self.places)
        named = [name for name in _NAMES if name in self.places]
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
        return _Spots(tidy(table.iloc[chosen], _NAMES), ms, step_km)

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
    for spot in chosen[_take_greedily(ms, weights)[1]]:
        around = np.array(places.query_ball_point(places.data[spot], step_km), dtype=np.int64)
        around = around[(untried & ~more)[around]]
        if count + len(around) > _MOST_MORE:
            break
        more[around] = True
        count += len(around)
    unmet = np.flatnonzero(untried & ~more & (np.bincount(ms.indices, minlength=len(lon)) == 0))
    more[unmet[_thin(lon[unmet], lat[unmet], weights[unmet], _MOST_MORE)[0]]] = True
    return np.flatnonzero(more)


def _divide(
    compared: _Spots, weights: Floats, places: gpd.GeoDataFrame
) -> tuple[Integers, Integers]:
    """Return the cluster of each place, from 0, and the best spot of each cluster."""
    ms = compared.ms
    cluster, _ = _take_greedily(ms, weights)
    reached = cluster != _NONE
    size = np.bincount(cluster[reached])
    gained, places_gained = compared.sums(weights), compared.sums(np.ones(len(weights)))
    best = _find_best(ms.indptr, ms.indices, ms.data, cluster, weights, size, gained, places_gained)
    lon, lat = places_of(places[~reached])
    at = pd.DataFrame({"lon": lon, "lat": lat}).groupby(["lon", "lat"]).ngroup().to_numpy()
    cluster[~reached] = len(size) + at
    return cluster, np.append(best, np.full(int(at.max(initial=-1)) + 1, _NONE))


def _take_greedily(ms: csr_array, weights: Floats) -> tuple[Integers, Integers]:
    """Give each place to the first spot that reaches it, spots in the order of what they gain.

    Return the cluster of each place, and the spot that took each cluster.

    What a spot gains only falls as others take places, so a spot whose last known gain is not
    above the present one of another need not be looked at (M. Minoux, Accelerated greedy
    algorithms for maximizing submodular set functions, 1978).
    """
    left, open_ = weights.copy(), np.ones(len(weights), dtype=np.int64)
    cluster = np.full(len(weights), _NONE)
    taken: list[int] = []

    def gain(spot: int) -> tuple[float, int, int]:
        near = ms.indices[ms.indptr[spot] : ms.indptr[spot + 1]]
        return -float(left[near].sum()), -int(open_[near].sum()), spot

    waiting = [gain(spot) for spot in range(ms.shape[0])]
    heapify(waiting)
    while waiting:
        now = gain(waiting[0][2])
        heapreplace(waiting, now)
        if now != waiting[0]:
            continue
        _, places, spot = heappop(waiting)
        if not places:
            break
        near = ms.indices[ms.indptr[spot] : ms.indptr[spot + 1]]
        cluster[near[open_[near] > 0]] = len(taken)
        taken.append(spot)
        left[near], open_[near] = 0.0, 0
    return cluster, np.array(taken, dtype=np.int64)


@compiled
def _find_best(
    first: Integers, place: Integers, ms: Integers, cluster: Integers, weights: Floats,
    size: Integers, gained: Floats, places_gained: Floats,
) -> Integers:  # fmt: skip
    """Return for each cluster, of the spots that reach all of it, the best one.

    There is one: the spot that took the cluster. It is the best that gains most in all, then the
    one that is soonest with the people of the cluster, then the lower id.
    """
    best, met = np.full(len(size), -1), np.zeros(len(size), np.int64)
    late, late_by_place = np.zeros(len(size)), np.zeros(len(size))
    best_late, best_late_by_place = np.zeros(len(size)), np.zeros(len(size))
    for spot in range(len(first) - 1):
        for at in range(first[spot], first[spot + 1]):
            here = cluster[place[at]]
            met[here] += 1
            late[here] += weights[place[at]] * ms[at]
            late_by_place[here] += ms[at]
        for at in range(first[spot], first[spot + 1]):
            here = cluster[place[at]]
            if met[here] == size[here]:
                old = best[here]
                if old < 0 or (
                    gained[spot], places_gained[spot], -late[here], -late_by_place[here]
                ) > (
                    gained[old], places_gained[old], -best_late[here], -best_late_by_place[here]
                ):  # fmt: skip
                    best[here] = spot
                    best_late[here], best_late_by_place[here] = late[here], late_by_place[here]
            met[here], late[here], late_by_place[here] = 0, 0.0, 0.0
    return best


def _describe(
    table: pd.DataFrame,
    places: gpd.GeoDataFrame,
    compared: _Spots,
    closed_from: Integers,
    unit: str,
) -> tuple[gpd.GeoDataFrame, Integers]:
    """Return a row per cluster, ranked, and the rank of each."""
    count, cluster = len(closed_from), table["cluster"].to_numpy()
    weights = np.nan_to_num(table["known"].to_numpy())
    sums = np.bincount(cluster, weights, minlength=count)
    size = np.bincount(cluster, minlength=count)
    largest_first = np.lexsort((-weights, cluster))
    largest = largest_first[np.cumsum(size) - size]
    order = np.lexsort((largest, -size, -sums))
    spot = closed_from[order]
    closable = spot != _NONE
    ids = [f"gap-{number:0{len(str(count))}d}" for number in range(1, count + 1)]
    columns = _name(places.iloc[largest[order]])
    columns |= {"places": size[order], unit: sums[order]}
    unknown = np.bincount(cluster[np.isnan(table["known"])], minlength=count)
    columns[f"places_unknown_{unit}"] = unknown[order]
    for reason in REASONS:
        given = cluster[(table["reason"] == reason).to_numpy()]
        columns[reason.lower()] = np.bincount(given, minlength=count)[order]
    columns |= _gain(compared, weights, spot, unit)
    columns[f"{unit}_gained_here"] = np.where(closable, sums[order], 0.0)
    lon, lat = places_of(places.iloc[largest[order]])
    points = shapely.points(lon, lat)
    points[closable] = compared.table.geometry.to_numpy()[spot[closable]]
    index = pd.Index(ids, name="cluster_id", dtype=object)
    return gpd.GeoDataFrame(columns, index=index, geometry=points, crs=WGS84), np.argsort(order)


def _name(largest: gpd.GeoDataFrame) -> dict[str, Values]:
    """Return what clusters are called, and where they lie, by their largest places."""
    ids = largest.index.to_numpy(dtype=object)
    text: dict[str, Values] = {"name": np.full(len(ids), "", dtype=object)}
    for column in (*_NAMES, *_AREAS):
        if column in largest:
            values = largest[column].astype(object)
            text[column] = values.where(values.notna(), "").to_numpy(dtype=object)
    text["name"] = np.where(text["name"] == "", ids.astype(str).astype(object), text["name"])
    return text | {"largest_id": ids}


def _gain(compared: _Spots, weights: Floats, spot: Integers, unit: str) -> dict[str, Values]:
    """Return the best spot of each cluster and what one box there newly reaches in all."""
    table = compared.table
    names = table["name"] if "name" in table else pd.Series("", index=table.index, dtype=object)
    reached = compared.sums(np.ones(len(weights))).astype(np.int64)
    # The last one stands for no spot.
    return {
        "spot_id": np.append(table.index.to_numpy(dtype=object), "")[spot],
        "spot_name": np.append(names.to_numpy(dtype=object), "")[spot],
        f"{unit}_gained": np.append(compared.sums(weights), 0.0)[spot],
        "places_gained": np.append(reached, 0)[spot],
    }
