"""Travel times tile by tile: the same as on one network, of which no more than a tile is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from boxreach.crs import Floats, on_sphere
from boxreach.network import (
    NO_WAY,
    RoadNetwork,
    TiledNetwork,
    find_access,
    name_tiles,
    require_one_side,
    window_about,
)
from boxreach.routing.containment import Window, leaves_window
from boxreach.routing.kernels import FAR
from boxreach.routing.linked import read_labels
from boxreach.routing.search import Part, Progress, join_parts
from boxreach.routing.searching import Search
from boxreach.routing.terms import Terms
from boxreach.workers import Client

Longs = npt.NDArray[np.int64]
Places = tuple[Floats, Floats]

_SPARE_M = 200.0
"""More than closures reach beyond their shapes."""
_WIDER = 1.5
_MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, eq=False)
class Tilewise:
    """What was found, sites in their order.

    Attributes
    ----------
    ms
        Sites by demand, milliseconds within the limit.
    nearest, lifted_ms
        The quickest site and its milliseconds, as far as known, with closures and without; -1
        where none is known.
    off_road_m, off_road_ms, farther
        As in `TravelTimes`.
    """

    ms: csr_array
    nearest: tuple[Longs, Longs]
    lifted_ms: Longs
    off_road_m: Floats
    off_road_ms: Longs
    farther: npt.NDArray[np.bool_]


def search_tiles(
    network: TiledNetwork,
    here: Places,
    there: Places,
    terms: Terms,
    progress: Progress | None,
    client: Client | None,
) -> Tilewise:
    """Search one tile after the other.

    Parameters
    ----------
    network
        The network.
    here, there
        Sites, in the order in which ties break, and demand: longitude and latitude, in degrees.
    terms
        What is asked for; rows are not merged.
    progress, client
        As in `travel_times`.
    """

    def tell(what: str, count: int, _of: int) -> None:
        if progress is not None:
            progress(what, done + count, len(here[0]))

    rows, bits = len(there[0]), max(len(here[0]) - 1, 1).bit_length()
    labels = np.full((2, rows), FAR)
    off_road_m, off_road_ms = np.full(rows, np.nan), np.full(rows, NO_WAY)
    parts: list[Part] = []
    bounds, done = [], 0
    tree = cKDTree(on_sphere(*there))
    for sites, own in _divide(network, here, there):
        roads, window = _lay(network, here, there, sites, own, terms)
        bounds.append(roads.bounds)
        demand = _find_demand(network, here, there, sites, own, window, tree)
        tile = _Tile(roads, sites, demand, bits)
        places = _take(here, sites), _take(there, demand)
        off_road = tile.search(*places, terms, tell, client)
        if len(sites):
            parts.append(tile.part)
            np.minimum.at(labels[0], demand, tile.labels)
            np.minimum.at(labels[1], demand, tile.lifted_labels)
        mine = np.searchsorted(demand, own)
        off_road_m[own], off_road_ms[own] = (one[mine] for one in off_road)
        done += len(sites)
    if bounds:
        require_one_side(np.array(bounds))
    # Where no road is in range ways are straight, and all of them known.
    known = (labels >> bits <= terms.limit_ms) | np.isnan(off_road_m)
    farther = (labels[0] < FAR) & ~known[0]
    labels[~known] = FAR
    return Tilewise(
        join_parts(parts, (len(here[0]), rows)), read_labels(labels[0], bits),
        read_labels(labels[1], bits)[1], off_road_m, off_road_ms, farther,
    )  # fmt: skip


class _Tile:
    """The roads of one tile, its sites, the demand about them, and what is found."""

    def __init__(self, roads: RoadNetwork, sites: Longs, demand: Longs, bits: int) -> None:
        self.roads, self.sites, self.demand, self.bits = roads, sites, demand, bits

    def search(
        self, here: Places, there: Places, terms: Terms, progress: Progress, client: Client | None
    ) -> tuple[Floats, Longs]:
        """Search, and return how far the demand is from roads, in metres and milliseconds."""
        drawn = self.roads.lifted or self.roads
        if not len(self.sites):
            access = find_access(drawn, *there, outward=terms.backwards)
            return access.off_road_m, access.nearest_ms

        asked = here, there, terms.mobilise_ms
        search = Search(self.roads, *asked, terms.limit_ms, 0.0, backwards=terms.backwards)
        ms = search.within(progress, client)
        small = np.int32
        self.part: Part = (
            self.sites, np.diff(ms.indptr).astype(np.int64),
            self.demand[ms.indices].astype(small), ms.data.astype(small),
        )  # fmt: skip
        self.labels = self.lifted_labels = self._label(*search.nearest())
        if drawn is not self.roads:
            search = Search(drawn, *asked, None, 0.0, backwards=terms.backwards)
            self.lifted_labels = self._label(*search.nearest())
        return search.off_road_m, search.off_road_ms

    def _label(self, site: Longs, ms: Longs) -> Longs:
        """Return labels of sites and milliseconds, by which the least of all tiles is told."""
        return np.where(site < 0, FAR, (ms << self.bits) + self.sites[site])


def _divide(network: TiledNetwork, here: Places, there: Places) -> Iterator[tuple[Longs, Longs]]:
    """Yield the sites and the demand that lie in each tile, from south to north."""
    tile = name_tiles(np.append(here[0], there[0]), np.append(here[1], there[1]), network.tile_km)
    for one in np.unique(tile):
        inside = np.flatnonzero(tile == one)
        first = np.searchsorted(inside, len(here[0]))
        yield inside[:first], inside[first:] - len(here[0])


def _lay(
    network: TiledNetwork, here: Places, there: Places, sites: Longs, own: Longs, terms: Terms
) -> tuple[RoadNetwork, Window]:
    """Return the roads about a tile, so many that no way in time leads beyond them."""
    range_m = network.off_road_m + _SPARE_M
    hours = (terms.limit_ms - terms.mobilise_ms) / _MS_PER_HOUR
    halo_m = range_m + network.fastest_kmh * 1000 * hours
    places = _take(here, sites)
    while True:
        about = [(sites, here, halo_m), (own, there, range_m)]
        asked = _join(
            [window_about(_bounds(_take(of, some)), far) for some, of, far in about if len(some)]
        )
        roads, window = network.lay(asked)
        if not len(sites):
            return roads, window
        drawn = roads.lifted or roads
        access = find_access(drawn, *places, outward=not terms.backwards)
        if not leaves_window(
            drawn, access, window, mobilise_ms=terms.mobilise_ms, limit_ms=terms.limit_ms,
            backwards=terms.backwards,
        ):  # fmt: skip
            return roads, window
        halo_m *= _WIDER


def _find_demand(
    network: TiledNetwork, here: Places, there: Places, sites: Longs, own: Longs,
    window: Window, tree: cKDTree,
) -> Longs:  # fmt: skip
    """Return the demand that a tile is searched for, rising: its own, and what may be reached."""
    if not len(sites):
        return own
    range_m = network.off_road_m
    west, south, east, north = window_about(np.array([window]), range_m)
    lon, lat = there
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    # Straight ways know no antimeridian.
    near = tree.query_ball_point(on_sphere(*_take(here, sites)), range_m + 1.0)
    inside[np.concatenate([own, *(np.asarray(one, dtype=np.int64) for one in near)])] = True
    return np.flatnonzero(inside)


def _take(places: Places, some: Longs) -> Places:
    return places[0][some], places[1][some]


def _bounds(places: Places) -> Floats:
    low, high = (np.array([how(one) for one in places]) for how in (np.min, np.max))
    return np.concatenate([low, high])


def _join(windows: list[Window]) -> Window:
    each = np.array(windows)
    west, south = each[:, :2].min(axis=0)
    east, north = each[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)
