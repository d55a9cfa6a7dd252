"""`criticality`: who loses reach if a bridge, road, crossing or box goes, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
from boxreach.scenarios.losses import Change, Quickest, people_within, weights_of
from boxreach.scenarios.mending import Menders
from boxreach.scenarios.scenario import closure_faults
from boxreach.scenarios.used_roads import describe_roads, roads_in_use

Longs = npt.NDArray[np.int64]
Row = dict[str, object]

_MS_PER_MINUTE = 60_000


def criticality(
    times: TravelTimes,
    *,
    minutes: float,
    roads: Sequence[str] | gpd.GeoDataFrame | None = None,
    candidates: TravelTimes | None = None,
    progress: Progress | None = None,
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

    Returns
    -------
    Criticality

    Raises
    ------
    InputError
        If an argument is not what it should be, a road is not known, or the candidates were timed
        to other demand or on another network.

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
    _check(times, minutes, roads, candidates, progress)
    times = _apart(times)
    candidates = None if candidates is None else _apart(candidates)
    limit_ms = round(minutes * _MS_PER_MINUTE)
    people = weights_of(times.demand)
    usual = Quickest(times.ms, _ranks(times.sites))
    menders = None
    if candidates is not None:
        menders = Menders(candidates.ms, _ranks(candidates.sites), people, limit_ms)
    tally = _Tally(times, usual, people, limit_ms, candidates)
    sites = _lose_sites(tally, menders)
    features = roads if roads is not None else roads_in_use(times, usual, limit_ms)
    told = _lose_roads(tally, features, menders, progress)
    within = (usual.ms >= 0) & (usual.ms <= limit_ms)
    return Criticality(
        roads=told,
        sites=sites,
        lost=tally.lost(),
        minutes=float(minutes),
        cutoff_minutes=times.cutoff_minutes,
        total=float(people.sum()),
        within=float(people[within].sum()),
        unit=unit_of(times.demand),
    )


def _check(
    times: TravelTimes,
    minutes: float,
    roads: object,
    candidates: TravelTimes | None,
    progress: Progress | None,
) -> None:
    require_kind(times, TravelTimes, "times", "give what travel_times returned")
    most = times.cutoff_minutes
    faults = number_faults(
        "minutes", minutes, lambda one: 0 < one <= most, f"give minutes above 0, up to {most:g}"
    )
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
    faults += _road_faults(roads) + unit_faults(times.demand, None, "demand")
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
class _Losses:
    """Who loses reach if one thing goes."""

    name: str
    what: str
    place: Longs
    site: Longs
    ms: Longs
    site_before: Longs
    ms_before: Longs


_OF_LOSSES = (
    "feature_id", "what", "people", "site_id_before", "minutes_before", "site_id", "minutes",
)  # fmt: skip
"""What is told of each loss; the place is called as the index of the demand, if by no such name."""


class _Tally:
    """Turns what changes if one thing goes into a row, and keeps who loses reach."""

    def __init__(
        self, times: TravelTimes, usual: Quickest, people: Floats, limit_ms: int,
        candidates: TravelTimes | None,
    ) -> None:  # fmt: skip
        self.times, self.usual, self.candidates = times, usual, candidates
        self.people, self.limit_ms = people, limit_ms
        self._losses: list[_Losses] = []

    def row(
        self, name: str, what: str, change: Change, base: Quickest, menders: Menders | None,
        again: Callable[[Longs], tuple[Longs, csr_array]], barred: int = -1,
    ) -> Row:  # fmt: skip
        """Return the figures of one thing."""
        is_lost = change.lost(base.ms, self.limit_ms)
        lost, site, ms = change.place[is_lost], change.site[is_lost], change.ms[is_lost]
        before = base.site[lost], base.ms[lost]
        self._losses.append(_Losses(name, what, lost, site, ms, *before))
        slower = change.slower(base.ms, self.limit_ms)
        later, weight = change.place[slower], self.people[change.place[slower]]
        more_ms = change.ms[slower] - base.ms[later]
        mending, mended = menders.best(lost, again, barred) if menders else (-1, 0.0)
        ids = None if self.candidates is None else self.candidates.sites.index
        return {
            "people_lost": float(self.people[lost].sum()),
            "places_lost": len(lost),
            "people_slower": float(weight.sum()),
            "slower_minutes": _mean(more_ms, weight) / _MS_PER_MINUTE,
            "next_site_id": self._most_named(lost, site),
            "next_minutes": _mean(ms[site >= 0], self.people[lost[site >= 0]]) / _MS_PER_MINUTE,
            "mending_site_id": "" if mending < 0 or ids is None else ids[mending],
            "people_mended": mended,
        }

    def _most_named(self, lost: Longs, site: Longs) -> object:
        """Return the site that most of those who lost reach have next; blank where none comes."""
        total = np.zeros(len(self.times.sites))
        np.add.at(total, site[site >= 0], self.people[lost[site >= 0]])
        named = np.unique(site[site >= 0])
        if not len(named):
            return ""
        order = np.lexsort((self.usual.rank[named], -total[named]))
        return self.times.sites.index[named[order[0]]]

    def lost(self) -> pd.DataFrame:
        """Return a row for each thing and place that loses reach."""
        place = self.times.demand.index.name or "demand_id"
        place = "demand_id" if place in _OF_LOSSES else place
        ids, names = self.times.sites.index.to_numpy(object), self.times.demand.index
        named = np.append(ids, np.array([""], dtype=object))
        found = self._losses
        at = _concatenate([one.place for one in found])
        count = [len(one.place) for one in found]
        ms = _concatenate([one.ms for one in found])
        return pd.DataFrame(
            {
                "feature_id": np.repeat(np.array([one.name for one in found], object), count),
                "what": np.repeat(np.array([one.what for one in found], object), count),
                place: names.to_numpy(object)[at],
                "people": self.people[at],
                "site_id_before": named[_concatenate([one.site_before for one in found])],
                "minutes_before": _concatenate([one.ms_before for one in found]) / _MS_PER_MINUTE,
                "site_id": named[_concatenate([one.site for one in found])],
                "minutes": np.where(ms < 0, np.nan, ms / _MS_PER_MINUTE),
            }
        )


def _concatenate(parts: list[Longs]) -> Longs:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _mean(values: Longs, weights: Floats) -> float:
    """Return the weighted mean; NaN where nothing is counted."""
    return float(np.average(values, weights=weights)) if weights.sum() > 0 else float("nan")


def _lose_sites(tally: _Tally, menders: Menders | None) -> gpd.GeoDataFrame:
    """Return the figures of each box or post."""
    times, usual = tally.times, tally.usual
    within = people_within(times.ms, tally.people, tally.limit_ms)
    rows = []
    for site, name in enumerate(times.sites.index):
        barred = -1
        if tally.candidates is not None:
            barred = int(tally.candidates.sites.index.get_indexer([name])[0])
        change = usual.without(site)
        rows.append({"people_within": float(within[site])} | tally.row(
            str(name), "site", change, usual, menders, _nothing_changes(times), barred
        ))  # fmt: skip
    named = times.sites["name"].to_numpy() if "name" in times.sites else ""
    columns = list(rows[0]) if rows else ["people_within", *_FIGURES]
    table = pd.DataFrame(rows, index=times.sites.index.rename("site_id"), columns=columns)
    table.insert(0, "name", named)
    return _ordered(table, times.sites.geometry.to_numpy())


def _nothing_changes(times: TravelTimes) -> Callable[[Longs], tuple[Longs, csr_array]]:
    nothing = csr_array((0, len(times.demand)), dtype=np.int64)
    return lambda _: (np.empty(0, dtype=np.int64), nothing)


def _ordered(table: pd.DataFrame, shapes: npt.NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return rows with their shapes, most people lost first, of ties bridges first, then by id."""
    framed = gpd.GeoDataFrame(table, geometry=shapes, crs=WGS84)
    ids = framed.index.to_numpy(dtype=str)
    others = framed["kind"].to_numpy() != "bridge" if "kind" in framed else np.zeros(len(framed))
    return framed.iloc[np.lexsort((ids, others, -framed["people_lost"].to_numpy()))]


def _lose_roads(
    tally: _Tally, features: Sequence[str] | gpd.GeoDataFrame, menders: Menders | None,
    progress: Progress | None,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return the figures of each bridge, road or crossing."""
    times = tally.times
    if isinstance(features, gpd.GeoDataFrame):
        features = to_wgs84(features, file="roads")
    division = divide(times.network, features)
    failures, mending = _failures(division, times, tally.candidates if menders else None)
    usual = Quickest(failures.base, tally.usual.rank)
    rows = []
    for feature, name in enumerate(division.ids):
        edges = division.edges_of(feature)
        change = usual.after(*failures.rows(edges))
        again = _nothing_changes(times)
        if mending is not None:
            again = _mended_again(mending, edges)
        rows.append(tally.row(str(name), "road", change, usual, menders, again))
        if progress is not None:
            progress("critical roads", feature + 1, len(division.ids))
    told = describe_roads(division, features)
    table = pd.DataFrame(rows, index=told.index, columns=list(rows[0]) if rows else _FIGURES)
    return _ordered(pd.concat([told.drop(columns="geometry"), table], axis=1),
                    told.geometry.to_numpy())  # fmt: skip


_FIGURES = (
    "people_lost", "places_lost", "people_slower", "slower_minutes", "next_site_id",
    "next_minutes", "mending_site_id", "people_mended",
)  # fmt: skip


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
