"""Travel times between sites and demand: one labelled sparse matrix in whole milliseconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.arguments import require_kind, shown
from boxreach.crs import WGS84, Floats, pole_faults, to_wgs84
from boxreach.errors import Fault, InputError, RoutingError
from boxreach.network import RoadNetwork, TiledNetwork
from boxreach.routing.changed_times import Searched, change_times
from boxreach.routing.merging import UNMERGED, Merging
from boxreach.routing.pairs import second_quickest
from boxreach.routing.search import Progress
from boxreach.routing.searching import Search
from boxreach.routing.terms import Direction, Terms
from boxreach.routing.tilewise import search_tiles
from boxreach.tables import demand_points, point_faults
from boxreach.workers import Client, client_faults

Integers = npt.NDArray[np.int64]

NEVER = -1
"""Stands for milliseconds where there is no way at all."""


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
        Metres from demand to the nearest road in range, closed or not; NaN where none is in range.
    off_road_ms
        Milliseconds of that way, in the direction of the times; `NEVER` where none is in range.
    network, mobilise_minutes, direction
        What the times were computed on and with; the network may be a `TiledNetwork`.
    merging
        How many demand rows were searched as one with others, and what that may have changed.
    known_minutes
        How far `nearest_site`, `nearest_ms` and `lifted_ms` are known: in tiles, to the cutoff.
        Where nothing is told and a road is in range, a way may take longer, or there is none.
    farther
        Where nothing is told, but there is a way that takes longer; None where all is known.
    """

    sites: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    ms: csr_array
    cutoff_minutes: float
    nearest_site: Integers
    nearest_ms: Integers
    lifted_ms: Integers
    off_road_m: Floats
    off_road_ms: Integers
    network: RoadNetwork
    mobilise_minutes: float
    direction: Direction
    merging: Merging = UNMERGED
    known_minutes: float = math.inf
    farther: npt.NDArray[np.bool_] | None = None

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {len(self.sites):,} sites, {len(self.demand):,} demand rows,"
            f" {self.ms.nnz:,} times within {self.cutoff_minutes:g} minutes, {self.direction};"
            f" {WGS84}>"
        )

    @property
    def parameters(self) -> dict[str, object]:
        """What was assumed, by the names of `build_network` and `travel_times`."""
        return {
            **self.network.parameters,
            "mobilise_minutes": self.mobilise_minutes,
            "direction": self.direction,
            "merge_minutes": self.merging.allowed_minutes,
        }

    @property
    def terms(self) -> Terms:
        """What was asked for."""
        merged = self.merging.allowed_minutes
        return Terms(self.cutoff_minutes, self.mobilise_minutes, self.direction, merged)

    @cached_property
    def backup(self) -> tuple[Integers, Integers]:
        """The second quickest site of each demand row within the cutoff, and its milliseconds.

        Ties break by id, as for the quickest; -1 and `NEVER` where there is none.
        """
        return second_quickest(self.ms, self.nearest_site, order_by_id(self.sites))

    def from_sites(self, sites: gpd.GeoDataFrame) -> TravelTimes:
        """Return the times from other sites to the same demand, all else being the same.

        Parameters
        ----------
        sites
            Points with unique ids in the index.

        Returns
        -------
        TravelTimes
            Sites by demand, up to the same cutoff.
        """
        return search_times(self.network, sites, self.demand, self.terms)

    def with_sites(self, more: gpd.GeoDataFrame) -> TravelTimes:
        """Return the times from further sites too, which alone are searched from (in tiles, all).

        Parameters
        ----------
        more
            Points with ids, other than those of the sites, in the index.

        Returns
        -------
        TravelTimes
            What `travel_times` finds from all of them, the further ones last.

        Raises
        ------
        InputError
            If an id stands twice, or as `travel_times` does.
        """
        from boxreach.routing.changed_sites import add_sites  # noqa: PLC0415 - it makes times too

        return add_sites(self, more)

    def without_sites(self, ids: Iterable[object]) -> TravelTimes:
        """Return the times from fewer sites; only whom these were nearest to is searched for.

        Parameters
        ----------
        ids
            Of the sites that are dropped.

        Returns
        -------
        TravelTimes
            What `travel_times` finds from the sites that are left.

        Raises
        ------
        InputError
            If an id is that of no site.
        """
        from boxreach.routing.changed_sites import drop_sites  # noqa: PLC0415 - it makes times too

        return drop_sites(self, ids)

    def under(
        self, closures: gpd.GeoDataFrame | None, *, on: date | str | None = None
    ) -> TravelTimes:
        """Return the times under other closures, all else being the same.

        Parameters
        ----------
        closures
            In place of those that the network has (see `boxreach.read_closures`); None lifts all.
        on
            The day, as in `build_network`.

        Returns
        -------
        TravelTimes
            What `travel_times` finds on ``network.without(closures, on=on)``; only what changes is
            computed anew.

        Raises
        ------
        InputError
            As `RoadNetwork.without` does.

        Examples
        --------
        >>> from shapely import LineString, Point
        >>> from boxreach.network import build_network
        >>> road = gpd.GeoDataFrame({"speed_kmh": [60.0]}, crs=4326,
        ...                         geometry=[LineString([(44, 33), (44.2, 33)])])
        >>> box, town = (gpd.GeoDataFrame(index=[name], geometry=[place], crs=4326)
        ...              for name, place in (("b", Point(44, 33)), ("t", Point(44.2, 33))))
        >>> times = travel_times(build_network(road), box, town)
        >>> down = gpd.GeoDataFrame(geometry=[Point(44.1, 33)], index=["bridge"], crs=4326)
        >>> times.ms.nnz, times.under(down).ms.nnz, times.under(down).under(None).ms.nnz
        (1, 0, 1)
        """
        none = gpd.GeoDataFrame(geometry=[], crs=WGS84)
        network = self.network.without(none if closures is None else closures, on=on)
        if self.merging.allowed_minutes > 0 or isinstance(network, TiledNetwork):
            return _like(self, network)
        limit_ms = self.terms.limit_ms
        by_id = order_by_id(self.sites)
        rank = np.full(len(by_id) + 1, NEVER)
        rank[by_id] = np.arange(len(by_id))
        nearest = rank[self.nearest_site], self.nearest_ms
        changed = change_times(self._searched, self.ms[by_id], nearest, network, limit_ms)
        nearest_site, nearest_ms = changed.nearest
        times = replace(
            self,
            ms=changed.ms[np.argsort(by_id)],
            nearest_site=np.append(by_id, NEVER)[nearest_site],
            nearest_ms=nearest_ms,
            lifted_ms=nearest_ms if network.lifted is None else self.lifted_ms,
            network=network,
        )
        self.__dict__["_searched"] = changed.before
        times.__dict__["_searched"] = changed.searched
        return times

    @cached_property
    def _searched(self) -> Searched:
        """What is kept of the search; `travel_times` puts it here."""
        by_id = order_by_id(self.sites)
        return Searched.of(
            self.network,
            places_of(self.sites.iloc[by_id]),
            places_of(self.demand),
            self.terms.mobilise_ms,
            backwards=self.terms.backwards,
        )


def travel_times(
    network: RoadNetwork | TiledNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    cutoff: float = 60.0,
    mobilise_minutes: float = 0.0,
    direction: Direction = "site_to_demand",
    merge_minutes: float = 0.0,
    progress: Progress | None = None,
    client: Client | None = None,
) -> TravelTimes:
    """Compute the response time from every site to every demand row within the cutoff.

    A way leads from the site over open ground to any road in range, along roads, and over open
    ground to the demand; or straight over open ground where both are within off-road range of
    each other.

    Parameters
    ----------
    network
        From `build_network`; or from `tile_network`, where one network does not fit.
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
    merge_minutes
        Demand rows whose links lead to the same junctions, and differ by less than this, are
        searched as one; 0 merges those only that do not differ. `TravelTimes.merging` tells how
        many were, and how much it may have changed.
    progress
        Called with what is done, how much of it, and out of how much.
    client
        A `distributed.Client`, whose workers search from the sites; threads of this process do if
        not given. The times are the same.

    Returns
    -------
    TravelTimes
        Milliseconds of all pairs within the cutoff, and the nearest site of each row, however far.

    Raises
    ------
    InputError
        If ids are not unique, a row has no place, a table has no CRS, an argument is not what it
        should be, or a worker has other versions than this process.
    WorkersError
        If the workers are lost and none comes back.
    """
    terms = Terms(cutoff, mobilise_minutes, direction, merge_minutes)
    return search_times(network, sites, demand, terms, progress, client)


def search_times(
    network: RoadNetwork | TiledNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terms: Terms,
    progress: Progress | None = None,
    client: Client | None = None,
) -> TravelTimes:
    """Return travel times as `travel_times` does, of which all is asked for at once.

    Parameters
    ----------
    network, sites, demand, progress, client
        As in `travel_times`.
    terms
        What is asked for.
    """

    def find(search: Search) -> csr_array:
        return search.within(progress, client)

    if isinstance(network, TiledNetwork):
        return _search_tiles(network, sites, demand, terms, progress, client)
    return compute_times(network, sites, demand, terms, find, progress, client)


def compute_times(
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terms: Terms,
    find: Callable[[Search], csr_array],
    progress: Progress | None,
    client: Client | None,
) -> TravelTimes:
    """Return travel times whose matrix a function finds, the sites in the order of their ids.

    Parameters
    ----------
    network, sites, demand, terms, progress, client
        As in `search_times`; all are looked at.
    find
        Is given the search.
    """
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    sites, demand = _require_question(sites, demand, terms, progress, client)
    merge_minutes, backwards = terms.merge_minutes, terms.backwards
    # Searched in the order of their ids, so that ties break by id and row order changes nothing.
    by_id = order_by_id(sites)
    mobilise_ms = terms.mobilise_ms
    here, there = places_of(sites), places_of(demand)
    first = here[0][by_id], here[1][by_id]
    search = Search(
        network, first, there, mobilise_ms, terms.limit_ms, merge_minutes, backwards=backwards
    )
    merging = search.merging
    ms = find(search)
    nearest_site, nearest_ms = search.nearest()
    searched = search.kept()
    lifted_ms = nearest_ms
    if network.lifted is not None:
        search = Search(
            network.lifted, here, there, mobilise_ms, None, merge_minutes, backwards=backwards
        )
        lifted_ms = search.nearest()[1]
    times = TravelTimes(
        sites=sites,
        demand=demand,
        ms=ms[np.argsort(by_id)],
        cutoff_minutes=float(terms.cutoff),
        nearest_site=np.append(by_id, NEVER)[nearest_site],
        nearest_ms=nearest_ms,
        lifted_ms=lifted_ms,
        off_road_m=search.off_road_m,
        off_road_ms=search.off_road_ms,
        network=network,
        mobilise_minutes=float(terms.mobilise_minutes),
        direction=terms.direction,
        merging=merging,
    )
    if searched is not None:
        times.__dict__["_searched"] = searched
    return times


def _search_tiles(
    network: TiledNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terms: Terms,
    progress: Progress | None,
    client: Client | None,
) -> TravelTimes:
    """Return travel times on a network in tiles."""
    sites, demand = _require_question(sites, demand, terms, progress, client)
    if terms.merge_minutes > 0:
        what = (
            "merge_minutes is more than 0, and the network is in tiles: rows of other tiles count"
        )
        raise InputError(Fault(what, advice="give 0, which merges rows that do not differ"))
    by_id, (lon, lat) = order_by_id(sites), places_of(sites)
    here, there = (lon[by_id], lat[by_id]), places_of(demand)
    found = search_tiles(network, here, there, terms, progress, client)
    nearest_site, nearest_ms = found.nearest
    return TravelTimes(
        sites=sites,
        demand=demand,
        ms=found.ms[np.argsort(by_id)],
        cutoff_minutes=float(terms.cutoff),
        nearest_site=np.append(by_id, NEVER)[nearest_site],
        nearest_ms=nearest_ms,
        lifted_ms=found.lifted_ms,
        off_road_m=found.off_road_m,
        off_road_ms=found.off_road_ms,
        network=cast("RoadNetwork", network),  # what it lacks of one it refuses in words
        mobilise_minutes=float(terms.mobilise_minutes),
        direction=terms.direction,
        known_minutes=float(terms.cutoff),
        farther=found.farther,
    )


def order_by_id(sites: gpd.GeoDataFrame) -> Integers:
    """Return the positions of sites in the order of their ids, by which ties break."""
    return np.argsort(sites.index.to_numpy(dtype=str), kind="stable")


def _like(times: TravelTimes, network: RoadNetwork) -> TravelTimes:
    """Return times that were computed as others were, on another network."""
    return replace(times, network=network).from_sites(times.sites)


def _require_question(
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terms: Terms,
    progress: Progress | None,
    client: Client | None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return sites and demand in EPSG:4326, or raise `InputError`."""
    sites, demand = to_wgs84(sites, file="sites"), to_wgs84(demand, file="demand")
    faults = terms.faults()
    faults += point_faults(sites, file="sites")
    faults += point_faults(demand, file="demand", shapes=("Point", "LineString"))
    faults += pole_faults(sites, file="sites") + pole_faults(demand, file="demand")
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
    if faults := faults or client_faults(client):
        raise InputError(*faults)
    return sites, demand


def places_of(table: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return longitude and latitude of each row, as times are computed from and to them."""
    if (table.geometry.isna() | table.geometry.is_empty).any():
        raise RoutingError(f"a row by {table.index.name} has no place; give points or lines")
    lon, lat = (np.empty(0), np.empty(0)) if table.empty else demand_points(table)
    if not (np.isfinite(lon) & np.isfinite(lat)).all():
        raise RoutingError(f"a row by {table.index.name} has no place; give points or lines")
    # To the centimetre, as the roads are, so that the system a table was kept in changes nothing.
    return np.round(lon, 7), np.round(lat, 7)
