"""`criticality`: who loses reach if a bridge, road, crossing or box goes, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from boxreach.arguments import id_faults, number_faults, require_kind, shown
from boxreach.crs import WGS84, Floats, to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.network.dividing import Division, divide
from boxreach.routing import TravelTimes, travel_times
from boxreach.routing.failing import Failures
from boxreach.routing.search import Progress
from boxreach.routing.states import RoadStates
from boxreach.scenarios.critical import Criticality
from boxreach.scenarios.differences import unit_faults, unit_of
from boxreach.scenarios.losses import Quickest, people_within, weights_of
from boxreach.scenarios.mending import Menders
from boxreach.scenarios.scenario import closure_faults
from boxreach.scenarios.tallies import FIGURES, Losses, Row, Tally, list_losses
from boxreach.scenarios.used_roads import describe_roads, roads_in_use
from boxreach.workers import Client, client_faults, collect

Longs = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000


def criticality(
    times: TravelTimes,
    *,
    minutes: float,
    roads: Sequence[str] | gpd.GeoDataFrame | None = None,
    candidates: TravelTimes | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> Criticality:
    """Tell for each bridge, road or crossing, and for each box, who loses reach if it goes.

    Each is taken away alone, and the times of all sites whose quickest ways lead over it are
    computed again; those of the others cannot change. Places that were merged for the times
    (``merge_minutes``) are searched each for itself here.

    Parameters
    ----------
    times
        The times of the boxes or posts, from `travel_times`; those with `merge_minutes` are
        computed again without. What is counted is the demand's ``people``, or its ``km`` where it
        has no people.
    minutes
        The threshold, up to the cutoff of the times.
    roads
        Ids of roads; or a table of bridges, roads or crossings, which mean roads as closures do
        (see `boxreach.read_closures`), with ``name`` and ``kind`` if they are known; an area means
        the roads in it, and leaves ways over open ground as they are. Every road
        on the way from a box to someone whom it reaches first within the threshold if not given.
        Of ids, the network's roads say in ``bridge`` which are bridges.
    candidates
        Times of candidate sites to the same demand, for the best single one that mends a loss.
    progress
        Called with what is done, how much of it, and out of how much.
    client
        A `distributed.Client`, whose workers take roads and boxes away, each some of them; this
        process does if not given. The answer is the same.

    Returns
    -------
    Criticality
        A row for each road and for each box: people and places lost, slowed and mended.

    Raises
    ------
    InputError
        If an argument is not what it should be, a road is not known, or the candidates were timed
        to other demand or on another network.
    WorkersError
        If the workers are lost and none comes back.

    Examples
    --------
    >>> import boxreach as br
    >>> from shapely import LineString, Point
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_id": ["bridge", "detour"], "road_class": "primary"},
    ...     geometry=[LineString([(44, 33), (44.02, 33)]),
    ...               LineString([(44, 33), (44, 33.3), (44.02, 33.3), (44.02, 33)])],
    ...     crs=4326).set_index("road_id")
    >>> box = gpd.GeoDataFrame({"site_id": ["b"]}, geometry=[Point(44, 33)], crs=4326)
    >>> town = gpd.GeoDataFrame(
    ...     {"community_id": ["c"], "people": [500]}, geometry=[Point(44.02, 33)], crs=4326)
    >>> times = br.travel_times(br.build_network(roads, off_road_km=1),
    ...     box.set_index("site_id"), town.set_index("community_id"))
    >>> found = criticality(times, minutes=20)
    >>> found.roads["people_lost"].to_dict()
    {'bridge': 500.0}
    """
    _check(times, minutes, roads, candidates, progress, client)
    times = _apart(times)
    candidates = None if candidates is None else _apart(candidates)
    limit_ms = round(minutes * _MS_PER_MINUTE)
    alone = _hold_sites(times, candidates, limit_ms)
    people, usual = alone.tally.people, alone.usual
    sites, lost = _lose_sites(times, alone, client)
    features = roads if roads is not None else roads_in_use(times, usual, limit_ms)
    told, more = _lose_roads(times, features, alone, candidates, progress, client)
    within = (usual.ms >= 0) & (usual.ms <= limit_ms)
    return Criticality(
        roads=told,
        sites=sites,
        lost=list_losses([*lost, *more], times, people),
        minutes=float(minutes),
        cutoff_minutes=times.cutoff_minutes,
        total=float(people.sum()),
        within=float(people[within].sum()),
        unit=unit_of(times.demand),
    )


def ready_losses(
    times: TravelTimes,
    *,
    minutes: float,
    roads: Sequence[str] | gpd.GeoDataFrame | None = None,
    candidates: TravelTimes | None = None,
) -> tuple[int, Callable[[int], object]]:
    """Do all of `criticality` but to take roads away.

    Parameters
    ----------
    times, minutes, roads, candidates
        As in `criticality`.

    Returns
    -------
    tuple
        How many roads there are, and what takes away the one of a number.
    """
    _check(times, minutes, roads, candidates, None, None)
    times, candidates = _apart(times), None if candidates is None else _apart(candidates)
    limit_ms = round(minutes * _MS_PER_MINUTE)
    sites = _hold_sites(times, candidates, limit_ms)
    _lose_sites(times, sites, None)
    features = roads if roads is not None else roads_in_use(times, sites.usual, limit_ms)
    held, features = _hold_roads(times, features, sites, candidates)
    describe_roads(held.division, features)
    return len(held.division.ids), partial(_lose_road, held)


def _check(
    times: TravelTimes,
    minutes: float,
    roads: object,
    candidates: TravelTimes | None,
    progress: Progress | None,
    client: object,
) -> None:
    require_kind(times, TravelTimes, "times", "give what travel_times returned")
    most = times.cutoff_minutes
    faults = number_faults(
        "minutes", minutes, lambda one: 0 < one <= most, f"give minutes above 0, up to {most:g}"
    )
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
    faults += (
        client_faults(client) + _road_faults(roads) + unit_faults(times.demand, None, "demand")
    )
    if candidates is not None:
        require_kind(candidates, TravelTimes, "candidates", "give what from_sites returned")
        same = candidates.demand.index.equals(times.demand.index)
        if not same or candidates.network is not times.network:
            what = "candidates were timed to other demand, or on another network"
            faults.append(Fault(what, advice="give times.from_sites(candidates)"))
        for name in ("cutoff_minutes", "mobilise_minutes", "direction"):
            if getattr(candidates, name) != getattr(times, name):
                what = f"candidates were timed with another {name}"
                faults.append(Fault(what, advice="give times.from_sites(candidates)"))
    if faults:
        raise InputError(*faults)


def _apart(times: TravelTimes) -> TravelTimes:
    """Return the times of each place for itself: places that were merged have no ways of their own.

    Roads that go part some of those whose ways differed little.
    """
    if times.merging.allowed_minutes == 0:
        return times
    return travel_times(
        times.network,
        times.sites,
        times.demand,
        cutoff=times.cutoff_minutes,
        mobilise_minutes=times.mobilise_minutes,
        direction=times.direction,
    )


def _road_faults(roads: object) -> list[Fault]:
    """Return the faults of what is neither ids of roads, each once, nor things that close some."""
    if isinstance(roads, gpd.GeoDataFrame):
        return closure_faults(roads, file="roads") if len(roads) else []
    return (
        []
        if roads is None
        else id_faults("roads", roads, "ids, or a table of bridges, roads or crossings")
    )


def _ranks(sites: gpd.GeoDataFrame) -> Longs:
    """Return the rank of each site by its id."""
    rank = np.empty(len(sites), dtype=np.int64)
    rank[np.argsort(sites.index.to_numpy(dtype=str), kind="stable")] = np.arange(len(sites))
    return rank


@dataclass(frozen=True, eq=False)
class _Sites:
    """Boxes or posts that go one at a time."""

    tally: Tally
    usual: Quickest
    menders: Menders | None
    within: Floats


def _hold_sites(times: TravelTimes, candidates: TravelTimes | None, limit_ms: int) -> _Sites:
    people = weights_of(times.demand)
    usual = Quickest(times.ms, _ranks(times.sites))
    menders = ids = None
    if candidates is not None:
        menders = Menders(candidates.ms, _ranks(candidates.sites), people, limit_ms)
        ids = candidates.sites.index
    tally = Tally(times.sites.index, usual.rank, ids, people, limit_ms)
    return _Sites(tally, usual, menders, people_within(times.ms, people, limit_ms))


def _lose_site(sites: _Sites, site: int) -> tuple[Row, Losses]:
    """Return the figures of one box or post, and who loses reach."""
    tally, name, barred = sites.tally, sites.tally.site_ids[site], -1
    if tally.candidate_ids is not None:
        barred = int(tally.candidate_ids.get_indexer(pd.Index([name]))[0])
    change, none = sites.usual.without(site), _nothing_changes(len(tally.people))
    row, losses = tally.row(str(name), "site", change, sites.usual, sites.menders, none, barred)
    return {"people_within": float(sites.within[site])} | row, losses


def _lose_sites(
    times: TravelTimes, sites: _Sites, client: Client | None
) -> tuple[gpd.GeoDataFrame, list[Losses]]:
    """Return the figures of each box or post, and who loses reach."""
    # Without menders each takes less time than it is told in.
    found = collect(client if sites.menders else None, _lose_site, sites, len(times.sites))
    rows = [row for row, _ in found]
    named = times.sites["name"].to_numpy() if "name" in times.sites else ""
    columns = list(rows[0]) if rows else ["people_within", *FIGURES]
    table = pd.DataFrame(rows, index=times.sites.index.rename("site_id"), columns=columns)
    table.insert(0, "name", named)
    return _ordered(table, times.sites.geometry.to_numpy()), [losses for _, losses in found]


def _nothing_changes(places: int) -> Callable[[Longs], tuple[Longs, csr_array]]:
    nothing = csr_array((0, places), dtype=np.int64)
    return lambda _: (np.empty(0, dtype=np.int64), nothing)


def _ordered(table: pd.DataFrame, shapes: npt.NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return rows with their shapes, most people lost first, of ties bridges first, then by id."""
    framed = gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)
    ids = framed.index.to_numpy(dtype=str)
    others = framed["kind"].to_numpy() != "bridge" if "kind" in framed else np.zeros(len(framed))
    return framed.iloc[np.lexsort((ids, others, -framed["people_lost"].to_numpy()))]


@dataclass(frozen=True, eq=False)
class _Roads:
    """Bridges, roads or crossings that go one at a time."""

    tally: Tally
    usual: Quickest
    menders: Menders | None
    division: Division
    failures: Failures
    mending: Failures | None


def _lose_road(roads: _Roads, feature: int) -> tuple[Row, Losses]:
    """Return the figures of one bridge, road or crossing, and who loses reach."""
    tally, edges = roads.tally, roads.division.edges_of(feature)
    change = roads.usual.after(*roads.failures.rows(edges))
    again = _nothing_changes(len(tally.people))
    if roads.mending is not None:
        again = _mended_again(roads.mending, edges)
    name = str(roads.division.ids[feature])
    return tally.row(name, "road", change, roads.usual, roads.menders, again)


def _lose_roads(
    times: TravelTimes, features: Sequence[str] | gpd.GeoDataFrame, sites: _Sites,
    candidates: TravelTimes | None, progress: Progress | None, client: Client | None,
) -> tuple[gpd.GeoDataFrame, list[Losses]]:  # fmt: skip
    """Return the figures of each bridge, road or crossing, and who loses reach."""
    roads, features = _hold_roads(times, features, sites, candidates)
    division = roads.division

    def tell(done: int) -> None:
        if progress is not None:
            progress("critical roads", done, len(division.ids))

    found = collect(client, _lose_road, roads, len(division.ids), tell)
    rows = [row for row, _ in found]
    told = describe_roads(division, features)
    table = pd.DataFrame(rows, index=told.index, columns=list(rows[0]) if rows else FIGURES)
    table = pd.concat([told.drop(columns="geometry"), table], axis=1)
    return _ordered(table, told.geometry.to_numpy()), [losses for _, losses in found]


def _hold_roads(
    times: TravelTimes, features: Sequence[str] | gpd.GeoDataFrame, sites: _Sites,
    candidates: TravelTimes | None,
) -> tuple[_Roads, Sequence[str] | gpd.GeoDataFrame]:  # fmt: skip
    if isinstance(features, gpd.GeoDataFrame):
        features = to_wgs84(features, file="roads")
    division = divide(times.network, features)
    failures, mending = _failures(division, times, candidates)
    usual = Quickest(failures.base, sites.tally.rank)
    return _Roads(sites.tally, usual, sites.menders, division, failures, mending), features


def _failures(
    division: Division, times: TravelTimes, candidates: TravelTimes | None
) -> tuple[Failures, Failures | None]:
    """Return what changes of the sites' and the candidates' times when roads go."""
    states = RoadStates(
        division.network, times.sites, times.demand, cutoff=times.cutoff_minutes,
        mobilise_minutes=times.mobilise_minutes, direction=times.direction,
        closable=division.closable,
    )  # fmt: skip
    failures = Failures(states, states.base)
    if candidates is None:
        return failures, None
    theirs = RoadStates(
        division.network, candidates.sites, times.demand, cutoff=times.cutoff_minutes,
        mobilise_minutes=times.mobilise_minutes, direction=times.direction,
        closable=division.closable, beside=states,
    )  # fmt: skip
    return failures, Failures(theirs, candidates.ms)


def _mended_again(mending: Failures, edges: Longs) -> Callable[[Longs], tuple[Longs, csr_array]]:
    known: list[Longs] = []

    def again(some: Longs) -> tuple[Longs, csr_array]:
        if not known:
            known.append(mending.affected(edges))
        sites = np.intersect1d(some, known[0])
        return sites, mending.times(edges, sites)

    return again
