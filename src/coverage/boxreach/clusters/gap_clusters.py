"""`cluster_gaps`: what is left out as a table of places for one more box each."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.accessibility import REASONS, reach
from boxreach.arguments import require_kind, shown
from boxreach.clusters.division import NONE, find_best, take_greedily
from boxreach.clusters.spots import Spots, Trial
from boxreach.crs import WGS84, Floats, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.routing import Progress, TravelTimes
from boxreach.routing.times import places_of
from boxreach.suggestions import suggest
from boxreach.tables import NAMES, no_row, point_faults

Integers = npt.NDArray[np.int64]
Values = npt.NDArray[Any]

_AREAS = ("governorate", "district", "subdistrict")


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
        The uncovered places that were spots are one per square of so many km, and more where
        they matter; 0 where each place was one, NaN where the spots were given.
    """

    clusters: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    minutes: float
    unit: str
    spots: int
    spot_step_km: float


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
    reaches the most of the rest takes the second, and so on. No spot that was compared gains more
    people than the first cluster has that a box can close; how the whole is divided is greedy,
    not proven best. ``docs/gaps.md`` says more.

    Parameters
    ----------
    times
        From `travel_times`, with a cutoff of at least `minutes`. Network, direction and
        mobilising time are those of the boxes that are tried.
    minutes
        The threshold; a place at exactly so many minutes is covered.
    spots
        Where a box could stand, as from `candidate_sites`: points with unique ids in the index.
        By default the uncovered places themselves; if there are more than 5,000, the most
        populous one per square of a grid, and more around the best of these.
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

        - ``name`` and its translations, ``governorate``, ``district``, ``subdistrict``, as
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
    _check_arguments(times, spots, people, progress)
    _warn_of_mobilising(times, minutes)
    left = reached[~reached["covered"]]
    # In the order of their ids, so that ties break by id and row order changes nothing.
    by_id = np.argsort(left.index.to_numpy(dtype=str), kind="stable")
    places = times.demand[~reached["covered"].to_numpy()].iloc[by_id]
    known = _amounts(places, people)
    weights = np.nan_to_num(known)
    trial = Trial(times, float(minutes), places, progress)
    compared = trial.given(spots) if spots is not None else trial.own(weights)
    cluster, closed_from = _split(compared, weights, places)
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


def _check_arguments(times: TravelTimes, spots: object, people: object, progress: object) -> None:
    require_kind(people, str, "people", "give the name of a column")
    faults = []
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
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


def _warn_of_mobilising(times: TravelTimes, minutes: float) -> None:
    if times.mobilise_minutes > minutes:
        warnings.warn(
            f"mobilising alone takes {times.mobilise_minutes:g} of {minutes:g} minutes: no box"
            " reaches anybody in time, so none gains anything",
            DataWarning,
            stacklevel=3,
        )


def _amount_faults(values: pd.Series[float], column: str) -> list[Fault]:
    if not pd.api.types.is_numeric_dtype(values) or values.dtype.kind in "bc":
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


def _split(compared: Spots, weights: Floats, places: gpd.GeoDataFrame) -> tuple[Integers, Integers]:
    """Return the cluster of each place, from 0, and the best spot of each cluster."""
    ms = compared.ms
    cluster, _ = take_greedily(ms, weights)
    reached = cluster != NONE
    size = np.bincount(cluster[reached])
    gained, places_gained = compared.sums(weights), compared.sums(np.ones(len(weights)))
    best = find_best(ms.indptr, ms.indices, ms.data, cluster, weights, size, gained, places_gained)
    lon, lat = places_of(places[~reached])
    at = pd.DataFrame({"lon": lon, "lat": lat}).groupby(["lon", "lat"]).ngroup().to_numpy()
    cluster[~reached] = len(size) + at
    return cluster, np.append(best, np.full(int(at.max(initial=-1)) + 1, NONE))


def _describe(
    table: pd.DataFrame,
    places: gpd.GeoDataFrame,
    compared: Spots,
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
    closable = spot != NONE
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
    for column in (*NAMES, *_AREAS):
        if column in largest:
            values = largest[column].astype(object)
            text[column] = values.where(values.notna(), "").to_numpy(dtype=object)
    text["name"] = np.where(text["name"] == "", ids.astype(str).astype(object), text["name"])
    return text | {"largest_id": ids}


def _gain(compared: Spots, weights: Floats, spot: Integers, unit: str) -> dict[str, Values]:
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
