"""Places on roads: where they meet, where they end, and points along them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.candidates.thinning import thin_places
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.network.graph import assemble
from boxreach.network.legs import UNITS_PER_DEGREE

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOST = 20_000_000
_DIGITS = 6
"""A tenth of a metre."""

_JUNCTION_ROADS = 3


@dataclass(frozen=True, eq=False)
class RoadPoints:
    """Places on roads from west to east, then from south to north.

    Attributes
    ----------
    lon, lat
        In degrees.
    meets
        Whether three roads or more meet there.
    """

    lon: Floats
    lat: Floats
    meets: Flags

    def take(self, kept: npt.NDArray[np.bool_] | Longs) -> RoadPoints:
        """Return some of the places."""
        return RoadPoints(self.lon[kept], self.lat[kept], self.meets[kept])


def lay_road_points(network: RoadNetwork, spacing_km: float | None, *, along: bool) -> RoadPoints:
    """Return junctions, and with `along` ends of roads and points along them, thinned.

    Each stretch of road between two junctions is divided into equal parts of at most
    `spacing_km`. Then places are taken in this order: junctions, ends of roads, points between;
    of each kind from west to east, then from south to north. One stays if none that stays is
    nearer than half of `spacing_km` in a straight line. So no two are nearer than that, every
    place of a road has one within `spacing_km`, and along a straight road without junctions
    neighbours are half of it to all of it apart. Neither the order of the roads, nor their
    direction, nor the pieces they are drawn in are seen in the result.

    Parameters
    ----------
    network
        The network, with its closures.
    spacing_km
        None thins nothing, which needs `along` to be false.
    along
        Whether there are more than junctions.
    """
    if network.lifted is not None:
        # What closures leave is divided where roads met before; here it counts as it is now.
        network, _, _ = assemble(network.edges, network.attributes, network.parameters)
    nodes = np.bincount(network.tail, minlength=network.node_count)
    nodes += np.bincount(network.head, minlength=network.node_count)
    chains, edges = network.chains, network.edges
    ring = (chains.tail == chains.head) & (nodes[chains.node[chains.tail]] == 2)
    ends = chains.node[np.unique(np.append(chains.tail[~ring], chains.head[~ring]))]
    chosen = ends if along else np.flatnonzero(nodes >= _JUNCTION_ROADS)
    lon, lat = edges.lon[chosen] / UNITS_PER_DEGREE, edges.lat[chosen] / UNITS_PER_DEGREE
    rank = np.where(nodes[chosen] >= _JUNCTION_ROADS, 0, np.where(nodes[chosen] == 1, 1, 2))
    if along and spacing_km is not None:
        between = _divide_chains(network, ring, spacing_km * 1000)
        lon, lat = np.append(lon, between[0]), np.append(lat, between[1])
        rank = np.append(rank, np.full(len(between[0]), 2))
    lon, lat = np.round(lon, _DIGITS), np.round(lat, _DIGITS)
    places = _first_alike(lon, lat, rank)
    lon, lat, rank = lon[places], lat[places], rank[places]
    points = RoadPoints(lon, lat, rank == 0)
    if spacing_km is None:
        return points
    keeper = thin_places(lon, lat, np.lexsort((lat, lon, rank)), spacing_km * 500)
    return points.take(keeper == np.arange(len(lon)))


def _first_alike(lon: Floats, lat: Floats, rank: Longs) -> Longs:
    """Return places from west to east, of those at the same one the first by rank."""
    order = np.lexsort((rank, lat, lon))
    fresh = (np.diff(lon[order]) != 0) | (np.diff(lat[order]) != 0)
    first: Longs = order[np.append(True, fresh)[: len(order)]]
    return first


def _divide_chains(network: RoadNetwork, ring: Flags, spacing_m: float) -> tuple[Floats, Floats]:
    """Return the places that divide each chain into equal parts of at most so many metres.

    A ring has no end of its own: it is divided from its westmost vertex on.
    """
    chains = network.chains
    ends_m = _run_m(network)
    begin_m = ends_m[chains.first]
    length_m = np.diff(begin_m)
    parts = np.maximum(np.ceil(length_m / spacing_m - 1e-9), 1)
    if parts.sum() > _MOST:
        what = f"{spacing_m / 1000:g} km apart there are {parts.sum():,.0f} points along the roads"
        raise InputError(Fault(what, column="spacing_km", advice="give more km"))
    inner = parts.astype(np.int64) - ~ring
    chain = np.repeat(np.arange(len(parts)), inner)
    step = np.arange(len(chain)) - np.repeat(np.cumsum(inner) - inner, inner) + ~ring[chain]
    shift_m = np.zeros(len(parts))
    for one in np.flatnonzero(ring):
        shift_m[one] = _westmost_m(network, chains.first[one], chains.first[one + 1])
    share = step / parts[chain] + shift_m[chain] / length_m[chain]
    at_m = begin_m[chain] + length_m[chain] * np.where(share < 1, share, share - 1)
    edge = np.searchsorted(ends_m, at_m, side="right") - 1
    edge = np.clip(edge, chains.first[chain], chains.first[chain + 1] - 1)
    within_m = at_m - ends_m[edge]
    within_m = np.where(chains.along[edge], within_m, ends_m[edge + 1] - ends_m[edge] - within_m)
    return _place_along(network, edge, within_m)


def _run_m(network: RoadNetwork) -> Floats:
    """Return the metres of all edges before each, and behind the last one."""
    edges = network.edges
    last = edges.bend_first[1:].astype(np.int64) + 2 * np.arange(len(edges)) + 1
    return np.append(0.0, np.cumsum(edges.before_legs[0][last]))


def _westmost_m(network: RoadNetwork, first: int, after: int) -> float:
    """Return how far along a chain its westmost vertex lies, of several the southmost."""
    edges, which = network.edges, np.arange(first, after)
    xy, owner = edges.vertices(which)
    place = np.lexsort((xy[:, 1], xy[:, 0]))[0]
    edge = which[owner[place]]
    rows = edges.bend_first[which].astype(np.int64) + 2 * which
    leg = place - np.searchsorted(owner, owner[place])
    whole_m = edges.before_legs[0][edges.bend_first[which + 1] + 2 * which + 1]
    along_m = edges.before_legs[0][rows[owner[place]] + leg]
    if not network.chains.along[edge]:
        along_m = whole_m[owner[place]] - along_m
    return float(whole_m[: owner[place]].sum() + along_m)


def _place_along(network: RoadNetwork, edge: Longs, metres: Floats) -> tuple[Floats, Floats]:
    """Return the places so many metres behind the tails of edges."""
    edges = network.edges
    used, of = np.unique(edge, return_inverse=True)
    xy, owner = edges.vertices(used)
    first = np.searchsorted(owner, np.arange(len(used) + 1))
    rows = edges.bend_first[used] + 2 * used
    before_m = edges.before_legs[0][rows[owner] + np.arange(len(owner)) - first[owner]]
    run_m = before_m + np.append(0.0, np.cumsum(before_m[first[1:] - 1]))[owner]
    begin = run_m[first[:-1]][of]
    at_m = begin + metres
    leg = np.searchsorted(run_m, at_m, side="right") - 1
    leg = np.clip(leg, first[of], first[of + 1] - 2)
    long_m = run_m[leg + 1] - run_m[leg]
    share = np.divide(at_m - run_m[leg], long_m, out=np.zeros(len(leg)), where=long_m > 0)
    placed = xy[leg] + np.clip(share, 0, 1)[:, None] * (xy[leg + 1] - xy[leg])
    return placed[:, 0], placed[:, 1]
