"""Routes: the ways behind travel times, drawn and told road by road."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from boxreach.crs import WGS84, Floats, point_distances_m
from boxreach.errors import Fault, InputError, RoutingError
from boxreach.network import RoadNetwork, find_access, link_points, place_links, time_ways
from boxreach.routing.search import Question, Ways
from boxreach.routing.times import TravelTimes, places_of

Integers = npt.NDArray[np.int64]
Span = tuple[float, float]
"""From where to where along a chain: the number of an edge and the share of it."""

_MS_PER_MINUTE = 60_000
_OFF_ROAD = "off_road"
_TOUCHING_M = 0.01
_STRAIGHT_DEGREES, _BACK_DEGREES = 40, 150


@dataclass(frozen=True)
class Step:
    """A stretch of a route on one road.

    Attributes
    ----------
    turn
        How it is entered: ``start``, ``straight``, ``left``, ``right`` or ``back``.
    name, ref, road_class
        What the road is called; the class is ``off_road`` over open ground.
    km, minutes
        How long it is.
    """

    turn: str
    name: str
    ref: str
    road_class: str
    km: float
    minutes: float


@dataclass(frozen=True, eq=False)
class _Leg:
    """A part of an edge, or a straight way over open ground, as it is travelled."""

    name: str
    ref: str
    road_class: str
    metres: float
    ms: float
    drawn: Floats


def find_routes(
    times: TravelTimes, *, pairs: Sequence[tuple[str, str]] | None = None
) -> gpd.GeoDataFrame:
    """Return the quickest ways between sites and demand, with their roads by name.

    Parameters
    ----------
    times
        From `travel_times`; only what lies within its cutoff has a route.
    pairs
        Ids of sites and of demand rows. Without them, each demand row and its quickest site.

    Returns
    -------
    geopandas.GeoDataFrame
        A row a pair in EPSG:4326, in the order asked for: ``site_id``, ``demand_id``,
        ``minutes`` (mobilising included), ``road_km``, ``off_road_m``, ``off_road_minutes``,
        ``steps`` (a tuple of `Step`) and the line as travelled. A pair that is beyond the cutoff
        has none.

    Raises
    ------
    InputError
        If an id is not that of a site or a demand row.
    """
    wanted = _positions(times, pairs)
    rows, names = [], _Names(times.network)
    for site, group in groupby(sorted(wanted, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        demand = np.array([one[1] for one in group], dtype=np.int64)
        rows += list(_routes_of(times, site, demand, names))
    table = pd.DataFrame(
        rows,
        columns=[
            "pair", "site_id", "demand_id", "minutes", "road_km", "off_road_m",
            "off_road_minutes", "steps", "geometry",
        ],
    )  # fmt: skip
    order = {pair: at for at, pair in enumerate(wanted)}
    table = table.sort_values("pair", key=lambda column: column.map(order), ignore_index=True)
    return gpd.GeoDataFrame(table.drop(columns="pair"), geometry="geometry", crs=WGS84)


def _positions(
    times: TravelTimes, pairs: Sequence[tuple[str, str]] | None
) -> list[tuple[int, int]]:
    if pairs is None:
        found = np.flatnonzero(times.nearest_site >= 0)
        return [(int(times.nearest_site[one]), int(one)) for one in found]
    faults, positions = [], []
    for row, ids in enumerate(pairs, start=1):
        at = []
        for name, table in zip(ids, (times.sites, times.demand), strict=True):
            where = table.index.get_indexer([name])[0]
            at.append(int(where))
            if where < 0:
                what = f"there is no {table.index.name or 'row'} {name!r}"
                faults.append(Fault(what, "pairs", row, advice="give ids of the tables"))
        positions.append((at[0], at[1]))
    if faults:
        raise InputError(*faults)
    return list(dict.fromkeys(positions))


def _routes_of(
    times: TravelTimes, site: int, demand: Integers, names: _Names
) -> Iterator[tuple[object, ...]]:
    """Yield the routes between one site and some demand rows that are within the cutoff."""
    direct = times.ms[[site]].toarray()[0]
    stored = np.zeros(len(direct), dtype=bool)
    stored[times.ms.indices[times.ms.indptr[site] : times.ms.indptr[site + 1]]] = True
    demand = demand[stored[demand]]
    if not len(demand):
        return
    trip = _Trip(times, site, demand, names)
    mobilise_ms = round(times.mobilise_minutes * _MS_PER_MINUTE)
    for at, one in enumerate(demand):
        legs = trip.legs(at, int(direct[one]) - mobilise_ms)
        if trip.backwards:
            legs = [_turned(leg) for leg in reversed(legs)]
        off_road = [leg for leg in legs if leg.road_class == _OFF_ROAD]
        yield (
            (site, int(one)),
            times.sites.index[site],
            times.demand.index[one],
            float(direct[one]) / _MS_PER_MINUTE,
            sum(leg.metres for leg in legs if leg.road_class != _OFF_ROAD) / 1000,
            float(sum(leg.metres for leg in off_road)),
            float(sum(leg.ms for leg in off_road)) / _MS_PER_MINUTE,
            tuple(_steps(legs)),
            _line(legs),
        )


class _Names:
    """What roads are called, looked up once for many routes."""

    def __init__(self, network: RoadNetwork) -> None:
        known = network.attributes
        self._columns = [
            known[name].astype(object).to_numpy() if name in known else None
            for name in ("name", "ref", "road_class")
        ]

    def of(self, edge: int) -> tuple[str, str, str]:
        """Return name, ref and class of an edge."""
        name, ref, road_class = ("" if one is None else str(one[edge]) for one in self._columns)
        return name, ref, road_class


@dataclass(frozen=True)
class _Way:
    """By which links of both places, and along which spans between them."""

    mine: int
    theirs: int
    spans: list[Span]


class _Trip:
    """One search from a site, and how its ways are read back, site first."""

    def __init__(self, times: TravelTimes, site: int, demand: Integers, names: _Names) -> None:
        self.network, self.names = times.network, names
        self.backwards = times.direction == "demand_to_site"
        here, self.there = places_of(times.sites.iloc[[site]]), places_of(times.demand.iloc[demand])
        self.here = _Stops(self.network, *here, outward=not self.backwards)
        mine = find_access(self.network, *here, outward=not self.backwards)
        self.theirs = find_access(self.network, *self.there, outward=self.backwards)
        entries, exits = Ways(mine.first, mine.ways), Ways(self.theirs.first, self.theirs.ways)
        question = Question.on(self.network, entries, exits, backwards=self.backwards)
        graph = question.graph()
        self.source = graph.shape[1] - 1
        limit_ms = times.cutoff_minutes * _MS_PER_MINUTE
        self.ms, self.before = dijkstra(
            graph, indices=self.source, limit=limit_ms, return_predecessors=True
        )

    def legs(self, at: int, total_ms: int) -> list[_Leg]:
        """Return the way to one demand row, which takes so many milliseconds."""
        places = [one[[at]] for one in self.there]
        there = _Stops(self.network, *places, outward=self.backwards)
        way = self._through_junctions(at, there, total_ms) or self._along_chain(there, total_ms)
        if way is None:
            return [self._over_ground(self.here.xy, there.xy)]
        parts = [
            part
            for span in way.spans
            for part in _parts(self.network, *span, self.names, backwards=self.backwards)
        ]
        first = self._over_ground(self.here.xy, self.here.landing(way.mine))
        last = self._over_ground(there.landing(way.theirs), there.xy)
        return [one for one in (first, *parts, last) if one.metres >= _TOUCHING_M] or [first]

    def _over_ground(self, here: Floats, there: Floats) -> _Leg:
        """Return a straight way, drawn from here to there and timed as it is travelled."""
        ends = (here[:1], here[1:]), (there[:1], there[1:])
        metres = point_distances_m(*ends[0], *ends[1])
        begin, end = ends[::-1] if self.backwards else ends
        ms = time_ways(self.network, begin, end, metres)
        return _Leg("", "", _OFF_ROAD, float(metres[0]), float(ms[0]), np.vstack([here, there]))

    def _through_junctions(self, at: int, there: _Stops, total_ms: int) -> _Way | None:
        for junction, ms in self.theirs.ways[self.theirs.first[at] : self.theirs.first[at + 1]]:
            if self.ms[junction] + ms == total_ms:
                path = [int(junction)]
                while self.before[path[-1]] != self.source:
                    path.append(int(self.before[path[-1]]))
                path.reverse()
                mine, begin = self.here.span(path[0], self.ms[path[0]], outward=not self.backwards)
                theirs, end = there.span(path[-1], ms, outward=self.backwards)
                between = [self._chain(one, other) for one, other in pairwise(path)]
                return _Way(mine, theirs, [begin, *between, end[::-1]])
        return None

    def _along_chain(self, there: _Stops, total_ms: int) -> _Way | None:
        """Return the way along one chain; none where it leads straight over open ground."""
        here, chains = self.here, self.network.chains
        for one in range(len(here.place)):
            for other in np.flatnonzero(there.chain == here.chain[one]):
                span = float(here.place[one]), float(there.place[other])
                forward = (span[0] <= span[1]) != self.backwards
                whole = (chains.forward_ms if forward else chains.backward_ms)[here.chain[one]]
                times = [(stops.there if forward else stops.back) for stops in (here, there)]
                on_road = abs(int(times[0][one]) - int(times[1][other]))
                ms = here.off_ms[one] + on_road + there.off_ms[other]
                if ms == total_ms and (whole >= 0 or span[0] == span[1]):
                    return _Way(one, int(other), [span])
        return None

    def _chain(self, one: int, other: int) -> Span:
        """Return the quickest chain from one junction to the next."""
        chains = self.network.chains
        best, span = np.inf, (0.0, 0.0)
        for tail, head, turned in ((one, other, False), (other, one, True)):
            times = chains.backward_ms if turned != self.backwards else chains.forward_ms
            for chain in np.flatnonzero((chains.tail == tail) & (chains.head == head)):
                if 0 <= times[chain] < best:
                    best = times[chain]
                    ends = float(chains.first[chain]), float(chains.first[chain + 1])
                    span = ends[::-1] if turned else ends
        return span


class _Stops:
    """All links of one point."""

    def __init__(self, network: RoadNetwork, lon: Floats, lat: Floats, *, outward: bool) -> None:
        links, _ = link_points(network, lon, lat, outward=outward)
        self.network = network
        self.xy = np.array([lon[0], lat[0]])
        self.chain = network.chains.chain[links.edge]
        self.place, self.there, self.back = place_links(network, links)
        self.off_ms, self.edge, self.share = links.off_road_ms, links.edge, links.share

    def landing(self, link: int) -> Floats:
        """Return where a link meets its road."""
        xy, known = self.network.edges.measured(int(self.edge[link]))
        return np.array([np.interp(self.share[link], known, one) for one in xy.T])

    def span(self, junction: int, ms: float, *, outward: bool) -> tuple[int, Span]:
        """Return the link from which, or to which, a junction is so far, and the way between."""
        chains, chain = self.network.chains, self.chain
        forward, backward = chains.forward_ms[chain], chains.backward_ms[chain]
        to_tail, to_head = (
            (self.back, forward - self.there) if outward else (self.there, backward - self.back)
        )
        may_tail, may_head = (backward, forward) if outward else (forward, backward)
        for at, way, may, end in (
            (chains.tail[chain], to_tail, may_tail, chains.first[chain]),
            (chains.head[chain], to_head, may_head, chains.first[chain + 1]),
        ):
            there = self.place == end
            on_road = np.where(there, 0, way)
            is_way = (may >= 0) | there
            found = np.flatnonzero((at == junction) & is_way & (self.off_ms + on_road == ms))
            if len(found):
                return int(found[0]), (float(self.place[found[0]]), float(end[found[0]]))
        raise RoutingError("a route cannot be read back; please report the data")


def _parts(
    network: RoadNetwork, begin: float, end: float, names: _Names, *, backwards: bool
) -> list[_Leg]:
    """Return the parts of edges between two places of a chain, drawn from begin to end.

    Their times are those of the way from end to begin if it is travelled backwards.
    """
    edges, low, high = network.edges, min(begin, end), max(begin, end)
    parts = []
    for edge in range(int(low), int(np.ceil(high))):
        along = bool(network.chains.along[edge])
        share = np.array([max(low - edge, 0.0), min(high - edge, 1.0)])
        if share[1] <= share[0]:
            continue
        xy, known = edges.measured(edge)
        share = share if along else 1 - share[::-1]
        ends = np.column_stack([np.interp(share, known, one) for one in xy.T])
        inside = xy[(known > share[0]) & (known < share[1])]
        drawn = np.vstack([ends[:1], inside, ends[1:]])
        forward = along == (begin <= end)
        ms = (edges.forward_ms if forward != backwards else edges.backward_ms)[edge]
        part = float(share[1] - share[0])
        metres, ms = float(edges.length_m[edge]) * part, max(int(ms), 0) * part
        parts.append(_Leg(*names.of(edge), metres, ms, drawn if forward else drawn[::-1]))
    return parts if begin <= end else parts[::-1]


def _turned(leg: _Leg) -> _Leg:
    return replace(leg, drawn=leg.drawn[::-1])


def _line(legs: list[_Leg]) -> shapely.LineString:
    drawn = np.vstack([leg.drawn for leg in legs])
    kept = np.append(True, (np.diff(drawn, axis=0) != 0).any(axis=1))
    return shapely.LineString(drawn[kept] if kept.sum() > 1 else drawn[:2])


def _steps(legs: list[_Leg]) -> Iterator[Step]:
    """Yield the steps of a route: neighbouring legs on the same road are one."""
    before: _Leg | None = None
    for names, group in groupby(legs, key=lambda leg: (leg.name, leg.ref, leg.road_class)):
        on_road = list(group)
        turn = "start" if before is None else _turn(before.drawn[-2:], on_road[0].drawn[:2])
        km = sum(leg.metres for leg in on_road) / 1000
        yield Step(turn, *names, km, sum(leg.ms for leg in on_road) / _MS_PER_MINUTE)
        before = on_road[-1]


def _turn(before: Floats, after: Floats) -> str:
    """Name the turn between two straight ways, each from its first point to its second."""
    narrow = np.cos(np.radians(before[1, 1]))
    headings = [np.arctan2((b[0] - a[0]) * narrow, b[1] - a[1]) for a, b in (before, after)]
    right = (np.degrees(headings[1] - headings[0]) + 180) % 360 - 180
    if abs(right) < _STRAIGHT_DEGREES:
        return "straight"
    if abs(right) > _BACK_DEGREES:
        return "back"
    return "right" if right > 0 else "left"
