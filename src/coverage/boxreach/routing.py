"""Travel times between sites and demand: one labelled sparse matrix in whole milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import dijkstra
from shapely import STRtree

from boxreach.crs import WGS84, Floats, point_distances_m, to_wgs84
from boxreach.errors import Fault, InputError, RoutingError
from boxreach.network import Access, RoadNetwork, link_points, reach_nodes
from boxreach.network.graph import quickest
from boxreach.tables import demand_points

Integers = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]
Direction = Literal["site_to_demand", "demand_to_site"]

NEVER = -1
"""Stands for milliseconds where there is no way at all."""

_MS_PER_MINUTE = 60_000
_NUMBERS_AT_ONCE = 20_000_000


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """How long it takes from each site to each demand row, as far as the cutoff.

    Attributes
    ----------
    sites, demand
        The two tables, as they were given.
    ms
        Sparse matrix, sites by demand, of milliseconds; what is not stored is beyond the cutoff.
    cutoff_minutes
        The longest time that is stored.
    nearest_site
        Position of the quickest site for each demand row, however far; -1 where none has a way.
    nearest_ms
        Its milliseconds; `NEVER` where there is no way.
    lifted_ms
        The same if all closures were lifted.
    off_road_m
        Metres from each demand row to the nearest road in range, closed or not; NaN where none
        is in range.
    network, mobilise_minutes, direction
        What the times were computed on and with.
    """

    sites: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    ms: csr_array
    cutoff_minutes: float
    nearest_site: Integers
    nearest_ms: Integers
    lifted_ms: Integers
    off_road_m: Floats
    network: RoadNetwork
    mobilise_minutes: float
    direction: Direction

    @property
    def parameters(self) -> dict[str, object]:
        """What was assumed, by the names of `build_network` and `travel_times`."""
        return {
            **self.network.parameters,
            "mobilise_minutes": self.mobilise_minutes,
            "direction": self.direction,
        }

    def from_sites(self, sites: gpd.GeoDataFrame) -> TravelTimes:
        """Return the times from other sites to the same demand, all else being the same."""
        return travel_times(
            self.network,
            sites,
            self.demand,
            cutoff=self.cutoff_minutes,
            mobilise_minutes=self.mobilise_minutes,
            direction=self.direction,
        )


@dataclass(frozen=True)
class _Places:
    """Points, and the ways between them and one network."""

    lon: Floats
    lat: Floats
    off_road_m: Floats
    access: Access


def travel_times(
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    cutoff: float = 60.0,
    mobilise_minutes: float = 0.0,
    direction: Direction = "site_to_demand",
    progress: Progress | None = None,
) -> TravelTimes:
    """Compute the response time from every site to every demand row within the cutoff.

    A way leads from the site over open ground to any road in range, along roads, and over open
    ground to the demand; or straight over open ground where both are within off-road range of
    each other.

    Parameters
    ----------
    network
        From `build_network`.
    sites
        Points with unique ids in the index.
    demand
        Points, or lines that are served at their middle, with unique ids in the index.
    cutoff
        The longest time to keep, in minutes.
    mobilise_minutes
        Minutes until the vehicle moves, added to every time.
    direction
        ``"site_to_demand"`` is response; ``"demand_to_site"`` the way to the site. One-way
        streets make them differ.
    progress
        Called with what is done, how much of it, and out of how much.

    Returns
    -------
    TravelTimes

    Raises
    ------
    InputError
        If ids are not unique, a table has no CRS, or a number is out of range.
    """
    _check_arguments(sites, demand, cutoff, mobilise_minutes, direction)
    driven = network if direction == "site_to_demand" else network.reversed()
    sites, demand = to_wgs84(sites, file="sites"), to_wgs84(demand, file="demand")
    mobilise_ms = round(mobilise_minutes * _MS_PER_MINUTE)
    # Searched in the order of their ids, so that ties break by id and row order changes nothing.
    by_id = np.argsort(sites.index.to_numpy(dtype=str), kind="stable")
    search = _Search(driven, sites.iloc[by_id], demand, mobilise_ms)
    ms = search.within(round(cutoff * _MS_PER_MINUTE), progress)
    nearest_site, nearest_ms = search.nearest()
    lifted_ms = nearest_ms
    if driven.lifted is not None:
        search = _Search(driven.lifted, sites, demand, mobilise_ms)
        lifted_ms = search.nearest()[1]
    return TravelTimes(
        sites=sites,
        demand=demand,
        ms=ms[np.argsort(by_id)],
        cutoff_minutes=float(cutoff),
        nearest_site=np.append(by_id, NEVER)[nearest_site],
        nearest_ms=nearest_ms,
        lifted_ms=lifted_ms,
        off_road_m=search.demand.off_road_m,
        network=network,
        mobilise_minutes=mobilise_minutes,
        direction=direction,
    )


def _check_arguments(
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    cutoff: float,
    mobilise_minutes: float,
    direction: str,
) -> None:
    faults = []
    if direction not in get_args(Direction):
        advice = f"give {' or '.join(get_args(Direction))}"
        faults.append(Fault(f"direction is {direction!r}", advice=advice))
    for name, table in (("sites", sites), ("demand", demand)):
        if table.index.has_duplicates:
            first = table.index[table.index.duplicated()][0]
            faults.append(Fault(f"the id {first!r} stands twice", name, advice="make ids unique"))
    if not 0 < cutoff <= 24 * 60:
        faults.append(Fault(f"cutoff is {cutoff:g}", advice="give minutes above 0, up to 1440"))
    if not 0 <= mobilise_minutes < cutoff:
        faults.append(
            Fault(
                f"mobilise_minutes is {mobilise_minutes:g}",
                advice="give minutes from 0 to below the cutoff",
            )
        )
    if faults:
        raise InputError(*faults)


class _Search:
    """Ways from sites to demand on one network: through its nodes, along one edge, or straight.

    Sites become extra nodes of the graph, from which only their links to roads lead away, so one
    run of Dijkstra's algorithm finds the best of all links at once.
    """

    def __init__(
        self,
        network: RoadNetwork,
        sites: gpd.GeoDataFrame,
        demand: gpd.GeoDataFrame,
        mobilise_ms: int,
    ) -> None:
        self.network = network
        self.mobilise_ms = mobilise_ms
        self.shape = (len(sites), len(demand))
        roads = network.adjacency()
        self.sites = _place(network, sites, roads)
        # The ways from the network to the demand are those from the demand to it, run backwards.
        self.demand = _place(network.reversed(), demand, csr_array(roads.T))
        self.graph = self._join_sites(roads)
        exits = self.demand.access.nodes
        self.exit_node = exits.indices.astype(np.int64)
        self.exit_demand = np.repeat(np.arange(self.shape[1]), np.diff(exits.indptr))
        self.exit_ms = exits.data

    def _join_sites(self, roads: csr_array) -> csr_array:
        """Return the roads with the sites behind them as nodes."""
        count, nodes = self.sites.access.nodes.shape
        entries = self.sites.access.nodes.copy()
        entries.data = entries.data + self.mobilise_ms
        entries.resize((count, nodes + count))
        roads = roads.copy()
        roads.resize((nodes, nodes + count))
        return csr_array(vstack([roads, entries], format="csr")).astype(np.float64)

    def within(self, cutoff_ms: int, progress: Progress | None) -> csr_array:
        """Return all times up to the cutoff, sites by demand."""
        found = list(self._through_nodes(cutoff_ms, progress))
        found += list(self._beside_nodes(cutoff_ms))
        site, demand, ms = (np.concatenate(part) for part in zip(*found, strict=True))
        return quickest(site, demand, ms, ms <= cutoff_ms, self.shape)

    def _through_nodes(
        self, cutoff_ms: int, progress: Progress | None
    ) -> Iterator[tuple[Integers, Integers, Integers]]:
        nodes, sites = self.network.node_count, self.shape[0]
        served, starts = np.unique(self.exit_demand, return_index=True)
        none = np.empty(0, dtype=np.int64)
        yield none, none, none
        at_once = max(1, _NUMBERS_AT_ONCE // max(nodes + sites, len(self.exit_ms), 1))
        for begin in range(0, sites if len(served) else 0, at_once):
            chunk = np.arange(begin, min(begin + at_once, sites))
            reached = dijkstra(self.graph, indices=nodes + chunk, limit=float(cutoff_ms))
            ms = np.minimum.reduceat(reached[:, self.exit_node] + self.exit_ms, starts, axis=1)
            row, column = np.nonzero(ms <= cutoff_ms)
            yield chunk[row], served[column], ms[row, column].astype(np.int64)
            if progress is not None:
                progress("travel times", int(chunk[-1]) + 1, sites)

    def _beside_nodes(self, cutoff_ms: float) -> Iterator[tuple[Integers, Integers, Integers]]:
        """Yield ways that pass no node: along one edge, or straight over open ground."""
        yield self._straight(cutoff_ms)
        theirs = self.demand.access.links
        order = np.argsort(theirs.edge, kind="stable")
        edges = theirs.edge[order]
        mine = self.sites.access.links
        begin = np.searchsorted(edges, mine.edge, side="left")
        count = np.searchsorted(edges, mine.edge, side="right") - begin
        total = np.cumsum(count)
        cuts = np.searchsorted(total, np.arange(0, total[-1] if len(total) else 0, 10_000_000))
        for rows in np.split(np.arange(len(count)), cuts[1:] + 1 if len(cuts) > 1 else []):
            one = np.repeat(rows, count[rows])
            offset = np.arange(len(one)) - np.repeat(
                np.cumsum(count[rows]) - count[rows], count[rows]
            )
            other = order[begin[one] + offset]
            yield self._along_edge(one, other, cutoff_ms)

    def _along_edge(
        self, one: Integers, other: Integers, cutoff_ms: float
    ) -> tuple[Integers, Integers, Integers]:
        mine, theirs = self.sites.access.links, self.demand.access.links
        edge, start, end = mine.edge[one], mine.share[one], theirs.share[other]
        ahead = end >= start
        whole = np.where(ahead, self.network.forward_ms[edge], self.network.backward_ms[edge])
        # The demand's links are those of the network run backwards: ahead is back for them.
        on_road = np.where(
            ahead,
            theirs.to_tail_ms[other] - mine.from_tail_ms[one],
            mine.to_tail_ms[one] - theirs.from_tail_ms[other],
        )
        on_road = np.where(end == start, 0, on_road)
        ms = mine.off_road_ms[one] + on_road + theirs.off_road_ms[other] + self.mobilise_ms
        # A place is reached on an edge that may be driven neither way only where both links meet.
        good = ((whole >= 0) | (end == start)) & (ms <= cutoff_ms)
        return mine.point[one][good], theirs.point[other][good], ms[good]

    def _straight(self, cutoff_ms: float) -> tuple[Integers, Integers, Integers]:
        range_m = self.network.off_road_km * 1000
        here = _drawn(self.network, self.sites)
        there = _drawn(self.network, self.demand)
        search_m = range_m * self.network.stretch * 1.005
        site, demand = STRtree(there).query(here, predicate="dwithin", distance=search_m)
        metres = point_distances_m(
            self.sites.lon[site],
            self.sites.lat[site],
            self.demand.lon[demand],
            self.demand.lat[demand],
        )
        ms = self.network.off_road_ms(metres) + self.mobilise_ms
        good = (metres <= range_m) & (ms <= cutoff_ms)
        return site[good], demand[good], ms[good]

    def nearest(self) -> tuple[Integers, Integers]:
        """Return the quickest site for each demand row and its milliseconds, however far.

        Every time is multiplied and the rank of its site added, so that the least of them has
        the least time and, where times are equal, the first site: exact below 2**53.
        """
        sites, demands = self.shape
        nodes = self.network.node_count
        best = np.full(demands, np.inf)
        if sites:
            graph = self.graph * (sites + 1.0)
            entries = slice(graph.indptr[nodes], None)
            entry_count = np.diff(graph.indptr[nodes:])
            graph.data[entries] += np.repeat(np.arange(sites), entry_count)
            every = nodes + np.arange(sites)
            reached = dijkstra(graph, indices=every, min_only=True)
            onward = reached[self.exit_node] + self.exit_ms * (sites + 1.0)
            np.minimum.at(best, self.exit_demand, onward)
            for site, demand, ms in self._beside_nodes(np.inf):
                np.minimum.at(best, demand, ms * (sites + 1.0) + site)
        served = np.isfinite(best)
        ms, site = np.divmod(best[served].astype(np.int64), sites + 1)
        nearest_site = np.full(demands, NEVER, dtype=np.int64)
        nearest_ms = nearest_site.copy()
        nearest_site[served], nearest_ms[served] = site, ms
        return nearest_site, nearest_ms


def _place(network: RoadNetwork, table: gpd.GeoDataFrame, roads: csr_array) -> _Places:
    lon, lat = (np.empty(0), np.empty(0)) if table.empty else demand_points(table)
    if not (np.isfinite(lon) & np.isfinite(lat)).all():
        raise RoutingError(f"a row by {table.index.name} has no place; give points or lines")
    links = link_points(network, lon, lat)
    access = reach_nodes(network, links, len(table), roads)
    return _Places(lon, lat, links.nearest_m(len(table)), access)


def _drawn(network: RoadNetwork, places: _Places) -> npt.NDArray[np.object_]:
    points = gpd.GeoSeries(shapely.points(places.lon, places.lat), crs=WGS84)
    return np.asarray(points.to_crs(network.crs).to_numpy())
