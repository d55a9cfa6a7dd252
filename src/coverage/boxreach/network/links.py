"""The last mile: points joined over open ground to every road in range."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.network.closing import slow_ms
from boxreach.network.graph import RoadNetwork
from boxreach.network.ground import NO_WAY
from boxreach.network.legs import LONGEST_MS
from boxreach.network.nearness import Near, find_near, place_known

Integers = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]

TOUCHING_M = 0.01
"""A place so near to the limit of off-road range is within it: coordinates are that coarse."""

LINKS_AT_ONCE = 2_000_000
"""How many links are held before they are pruned."""

_LEG_BITS = 31

_SAME_SHARE = 1e-9
"""A place that lies by less of its road beyond a cut lies at it: on the border of a closure."""

NO_LEG = -1
"""Stands for the leg of a place that is told by whole milliseconds alone."""

Places: TypeAlias = tuple[Floats, Floats]
"""Longitude and latitude, in degrees."""


@dataclass(frozen=True, eq=False)
class Links:
    """Ways from points to roads: one for every edge within off-road range of a point.

    Attributes
    ----------
    point, edge
        Positions, by point and then by edge.
    off_road_m, off_road_ms
        The way over open ground, from the point or to it.
    from_tail_ms, to_tail_ms
        The way along the edge from its tail to the place of the link, and from there back to the
        tail, as if both were allowed; with what is waited at the junction that is entered.
    share
        Where along the edge that place lies.
    leg
        A number of the straight piece it lies on, which no other piece has; or `NO_LEG`.
    leg_there_ms, leg_back_ms
        From the beginning of that piece to the place and back, not rounded.
    """

    point: Integers
    edge: Integers
    off_road_m: Floats
    off_road_ms: Integers
    from_tail_ms: Integers
    to_tail_ms: Integers
    share: Floats
    leg: Integers
    leg_there_ms: Floats
    leg_back_ms: Floats

    def take(self, kept: npt.NDArray[np.bool_] | Integers) -> Links:
        """Return the links that are kept."""
        return Links(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})


def link_points(
    network: RoadNetwork, lon: Floats, lat: Floats, *, outward: bool = True
) -> tuple[Links, int]:
    """Join the first points to the nearest place of every road within off-road range.

    Linking to every road in range, not only to the nearest, keeps answers monotone: a new road
    only adds ways. So that a closure only takes ways away, a road is joined where it would be
    without closures, and not at all where that place is closed. Links cross no obstacle, and no
    ground on which nobody can drive.

    Parameters
    ----------
    network
        The network.
    lon, lat
        The points, in degrees.
    outward
        Whether ways over open ground lead from the points; on slopes it is not the same.

    Returns
    -------
    tuple
        The links, and of how many of the points: so many as make a few million links.
    """
    drawn = network.lifted or network
    range_m = network.off_road_km * 1000 + TOUCHING_M
    near, done = find_near(drawn.edges, drawn.grid, lon, lat, range_m, LINKS_AT_ONCE)
    return _link(network, lon, lat, near, outward=outward), done


def link_known(
    network: RoadNetwork, lon: Floats, lat: Floats, first: Integers, known: Ints, *, outward: bool
) -> Links:
    """Join points as `link_points` does, to the roads that are known to matter to each.

    Parameters
    ----------
    network, lon, lat, outward
        As in `link_points`.
    first, known
        Those of point p are ``known[first[p] : first[p + 1]]``: rows of an edge of the lifted
        network, rising, and which of its legs is nearest.
    """
    drawn = network.lifted or network
    range_m = network.off_road_km * 1000 + TOUCHING_M
    near = place_known(drawn.edges, lon, lat, first, known, range_m)
    return _link(network, lon, lat, near, outward=outward)


def _link(network: RoadNetwork, lon: Floats, lat: Floats, near: Near, *, outward: bool) -> Links:
    here, there = (lon[near.point], lat[near.point]), (near.lon, near.lat)
    if not outward:
        here, there = there, here
    ms = time_ways(network, here, there, near.metres)
    links = _links(near, ms).take(ms != NO_WAY)
    return links if network.lifted is None else _move_to_stretches(network, links)


def time_ways(network: RoadNetwork, here: Places, there: Places, metres: Floats) -> Integers:
    """Return the milliseconds of straight ways over open ground; `NO_WAY` where there is none.

    Every way over open ground takes its time from here, so that what is known of a way is its
    two ends alone: no road that is added or closed changes it.

    Parameters
    ----------
    network
        Its off-road speed, its ground and its obstacles hold.
    here, there
        Where each way begins and ends.
    metres
        How long each is.
    """
    ms = network.off_road_ms(metres)
    which, known_ms = network.ground.time(*here, *there, metres, network.off_road_kmh)
    ms[which] = known_ms
    ms[network.obstacles.blocks(*here, *there)] = NO_WAY
    return ms


def _links(near: Near, off_road_ms: Integers) -> Links:
    return Links(
        point=near.point,
        edge=near.edge,
        off_road_m=near.metres,
        off_road_ms=off_road_ms,
        from_tail_ms=near.there_ms,
        to_tail_ms=near.back_ms,
        share=near.share,
        leg=_number_legs(near.edge, near.leg),
        leg_there_ms=near.leg_there_ms,
        leg_back_ms=near.leg_back_ms,
    )


def _number_legs(edge: Integers, leg: Integers) -> Integers:
    return (edge << _LEG_BITS) | leg


def shift_legs(leg: Integers, edges: Integers) -> Integers:
    """Return the numbers of legs whose edges have others: theirs, and so many more."""
    return np.where(leg == NO_LEG, NO_LEG, leg + (edges << _LEG_BITS))


def leg_of_edge(leg: Integers) -> Integers:
    """Return which leg of its edge a numbered leg is."""
    return leg & ((1 << _LEG_BITS) - 1)


def _move_to_stretches(network: RoadNetwork, links: Links) -> Links:
    """Return the links of the lifted network that meet an open stretch, on that stretch."""
    kept, lifted = network.stretches, network.lifted
    if kept is None or lifted is None:
        return links
    first = np.searchsorted(kept.edge, links.edge, side="left")
    count = np.searchsorted(kept.edge, links.edge, side="right") - first
    one = np.repeat(np.arange(len(links.edge)), count)
    stretch = first[one] + np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    share = links.share[one]
    inside = (share >= kept.start[stretch] - _SAME_SHARE) & (
        share <= kept.end[stretch] + _SAME_SHARE
    )
    one, stretch = one[inside], stretch[inside]
    moved = links.take(one)
    begin, end, slowed = kept.start[stretch], kept.end[stretch], kept.slowed[stretch]
    # Counted on the milliseconds of the whole edge, so that a closure makes nothing faster.
    start = lifted.edges.part_ms(moved.edge, begin, slowed)
    wait = lifted.edges.tail_wait_ms(moved.edge)
    bare = replace(moved, to_tail_ms=moved.to_tail_ms - wait)
    waits = np.zeros_like(wait), np.where(begin > 0, 0, wait)  # a cut is no junction
    parts = [
        np.clip(place - before + more, 0, LONGEST_MS)
        for place, before, more in zip(
            _slow_places(lifted, bare, slowed), start, waits, strict=True
        )
    ]
    # Where it is slowed, rounding counts a ground that is not the leg's own.
    leg = np.where(slowed != 1, NO_LEG, _number_legs(kept.piece[stretch], leg_of_edge(moved.leg)))
    order = np.lexsort((kept.piece[stretch], moved.point))
    return replace(
        moved,
        edge=kept.piece[stretch],
        share=np.clip((moved.share - begin) / (end - begin), 0.0, 1.0),
        from_tail_ms=parts[0],
        to_tail_ms=parts[1],
        leg=leg,
    ).take(order)


def _slow_places(network: RoadNetwork, links: Links, slowed: Floats) -> tuple[Integers, Integers]:
    """Return the milliseconds from the tail of edges to links on them and back, edges slowed."""
    places = links.from_tail_ms.copy(), links.to_tail_ms.copy()
    some = np.flatnonzero(slowed != 1)
    if len(some):
        before = network.edges.before_ms(
            links.edge[some], leg_of_edge(links.leg[some]), slowed[some]
        )
        own = (links.leg_there_ms[some], links.leg_back_ms[some])
        for place, legs, part in zip(places, before, own, strict=True):
            whole = np.floor(part + 0.5).astype(np.int64)
            place[some] = legs + slow_ms(whole, slowed[some])
    return places
