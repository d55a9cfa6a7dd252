"""Where places meet roads: every road in range at its nearest point, found without a grid."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from boxreach.verification.open_ground import NO_WAY, OpenGround, geodesic_m
from boxreach.verification.roads import Legs, Roads, degree_lengths, slow

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

_TOUCHING_M = 0.01
_SAME_SHARE = 1e-9
_SAME_M2 = 1e-6
_POINTS_AT_ONCE = 2_000


@dataclass(frozen=True, eq=False)
class Links:
    """Places and the pieces of road in range of them, by place.

    Attributes
    ----------
    place, piece
        Positions.
    share
        Where along its edge the nearest point lies.
    metres, off_ms
        Over open ground.
    there_ms, back_ms
        From the tail of the piece to that point and back, with what is waited at a junction there.
    at_tail, at_head
        Whether the point is an end of the piece.
    """

    place: Longs
    piece: Longs
    share: Floats
    metres: Floats
    off_ms: Longs
    there_ms: Longs
    back_ms: Longs
    at_tail: npt.NDArray[np.bool_]
    at_head: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[Any]) -> Links:
        """Return some of the links."""
        return Links(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


def find_links(
    roads: Roads, ground: OpenGround, places: Floats, range_km: float, *, outward: bool
) -> Links:
    """Return the links of places, in degrees, to roads.

    Parameters
    ----------
    outward
        Whether one drives from the places to the roads: on slopes it makes a difference.
    """
    tree = shapely.STRtree(shapely.linestrings(roads.legs.xy.reshape(-1, 2, 2)))
    parts = [
        _near(roads.legs, tree, places[begin : begin + _POINTS_AT_ONCE], range_km, begin)
        for begin in range(0, max(len(places), 1), _POINTS_AT_ONCE)
    ]
    place, leg, share, point = (np.concatenate(part) for part in zip(*parts, strict=True))
    metres = geodesic_m(*places[place].T, *point.T)
    kept = metres <= range_km * 1000 + _TOUCHING_M
    place, leg, share, point, metres = (one[kept] for one in (place, leg, share, point, metres))
    ways = np.hstack([places[place], point] if outward else [point, places[place]])
    off_ms = ground.times(ways, metres)
    kept = off_ms != NO_WAY
    return _on_pieces(roads, *(one[kept] for one in (place, leg, share, metres, off_ms)))


def _near(
    legs: Legs, tree: shapely.STRtree, places: Floats, range_km: float, begin: int
) -> tuple[Longs, Longs, Floats, Floats]:
    """Return place, leg, share of the leg, and the nearest point of every edge about places."""
    east, north = degree_lengths(places[:, 1])
    far_m = range_km * 1000 * 1.01 + 1
    wide = np.column_stack([far_m / east, far_m / north]) * 1.01
    boxes = shapely.box(*(places - wide).T, *(places + wide).T)
    place, leg = tree.query(boxes)
    scale = np.column_stack([east, north])[place]
    begins, ends = ((legs.xy[leg, at : at + 2] - places[place]) * scale for at in (0, 2))
    step = ends - begins
    long = (step**2).sum(axis=1)
    share = np.divide(-(begins * step).sum(axis=1), long, out=np.zeros(len(leg)), where=long > 0)
    share = np.where(share < _SAME_SHARE, 0.0, np.where(share < 1 - _SAME_SHARE, share, 1.0))
    away = ((begins + share[:, None] * step) ** 2).sum(axis=1)
    # The nearest leg of each edge, and of those as near the first.
    key = place * np.int64(len(legs.first)) + legs.edge[leg]
    _, group = np.unique(key, return_inverse=True)
    least = np.full(group.max(initial=-1) + 1, np.inf)
    np.minimum.at(least, group, away)
    near = np.flatnonzero(away < least[group] + _SAME_M2)
    near = near[np.lexsort((leg[near], group[near]))]
    near = near[np.append(True, np.diff(group[near]) > 0)[: len(near)]]
    place, leg, share = place[near], leg[near], share[near]
    point = legs.xy[leg, :2] + share[:, None] * (legs.xy[leg, 2:] - legs.xy[leg, :2])
    return place + begin, leg, share, point


def _on_pieces(
    roads: Roads, place: Longs, leg: Longs, share: Floats, metres: Floats, off_ms: Longs
) -> Links:
    """Return links to edges as links to the pieces that are left of them."""
    legs, edge = roads.legs, roads.legs.edge[leg]
    before_ms, before_m = legs.before(leg)
    length = legs.lengths()[edge]
    along = before_m + share * legs.metres[leg]
    of_edge = np.divide(along, length, out=np.zeros(len(leg)), where=length > 0)
    last = (share == 1) & (leg == legs.first[edge + 1] - 1)
    of_edge = np.where(last, 1.0, of_edge)
    ms = before_ms + np.floor(share[:, None] * legs.ms[leg] + 0.5).astype(np.int64)
    low, high = (np.searchsorted(roads.edge, edge, side=side) for side in ("left", "right"))
    one = np.repeat(np.arange(len(edge)), high - low)
    piece = np.arange(len(one)) - np.repeat(np.cumsum(high - low) - high, high - low)
    start, end, at = roads.start[piece], roads.end[piece], of_edge[one]
    inside = (at >= start - _SAME_SHARE) & (at <= end + _SAME_SHARE)
    one, piece = one[inside], piece[inside]
    at = of_edge[one]
    links = Links(
        place=place[one], piece=piece, share=at, metres=metres[one], off_ms=off_ms[one],
        there_ms=ms[one, 0], back_ms=ms[one, 1],
        at_tail=at <= roads.start[piece] + _SAME_SHARE,
        at_head=at >= roads.end[piece] - _SAME_SHARE,
    )  # fmt: skip
    return _from_cuts(roads, links, leg[one], share[one])


def _from_cuts(roads: Roads, links: Links, leg: Longs, share: Floats) -> Links:
    """Return links whose times count from where their piece begins, slowed as it is."""
    start, slowed = roads.start[links.piece], roads.slowed[links.piece]
    there, back = links.there_ms.copy(), links.back_ms.copy()
    begins: dict[int, list[int]] = {}
    for row in np.flatnonzero((start > 0) | (slowed > 1)).tolist():
        piece, factor = int(links.piece[row]), float(slowed[row])
        edge = int(roads.edge[piece])
        if piece not in begins:
            begins[piece] = roads.legs.part_ms(edge, float(start[row]), factor)
        for way, times in enumerate((there, back)):
            before = roads.legs.ms[roads.legs.first[edge] : leg[row], way]
            own = np.floor(share[row] * roads.legs.ms[leg[row], way] + 0.5)
            whole = sum(slow(ms, factor) for ms in before) + slow(own, factor)
            times[row] = max(whole - begins[piece][way], 0)
    back += _tail_waits_ms(roads, np.unique(links.piece))[links.piece]
    return replace(links, there_ms=there, back_ms=back)


def _tail_waits_ms(roads: Roads, pieces: Longs) -> Longs:
    """Return what is waited at the tail of each piece, beyond its legs; 0 of those not asked."""
    ms = np.append(0, np.cumsum(roads.legs.ms[:, 1]))[roads.legs.first]
    legs = np.diff(ms)[roads.edge]
    for piece in pieces[(roads.end[pieces] < 1) | (roads.slowed[pieces] > 1)].tolist():
        edge, end = int(roads.edge[piece]), float(roads.end[piece])
        legs[piece] = roads.legs.part_ms(edge, end, float(roads.slowed[piece]))[1]
    waits = np.where(roads.start > 0, 0, np.maximum(roads.backward_ms - legs, 0))
    return np.asarray(waits, dtype=np.int64)
