"""Whether all that is reached in time lies within a window, so that no road beyond it matters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.network import Access, RoadNetwork
from boxreach.routing.kernels import FAR
from boxreach.routing.search import Question, Ways, find_nearest

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Window = tuple[float, float, float, float]

_ROUNDED_MS = 2
"""More than what rounding makes of a way between two places of one leg."""


def leaves_window(
    network: RoadNetwork,
    sites: Access,
    window: Window,
    *,
    mobilise_ms: int,
    limit_ms: int,
    backwards: bool,
) -> bool:
    """Tell whether a way from a site may lead out of a window before time is up.

    In a network that has all the roads of the window as they are, none else is looked at: a way
    that leaves the window passes its side on one of these.

    Parameters
    ----------
    network
        The network; without closures, or what these lift is not looked at.
    sites
        Their ways to it. They stand in the window, and so does whatever they are linked to.
    window
        West, south, east and north.
    mobilise_ms, limit_ms
        Milliseconds until they move, and until time is up.
    backwards
        Whether one drives to the sites.
    """
    legs = _Legs.outside(network, window, backwards=backwards)
    if not len(legs.chain):
        return False
    entries = Ways(sites.first, sites.ways + np.array([0, mobilise_ms], np.int32))
    nothing = Ways(np.zeros(1, dtype=np.int64), np.empty((0, 2), dtype=np.int32))
    labels, bits = find_nearest(Question.on(network, entries, nothing, backwards=backwards))
    ms = np.where(labels < FAR, labels >> bits, FAR)
    return legs.reached_from_ends(network, ms, limit_ms) or legs.reached_from_beside(
        sites, limit_ms - mobilise_ms
    )


class _Legs:
    """The legs of roads that do not lie in a window as a whole, as they lie in their chains.

    `ahead` and `behind` are the milliseconds of whole chains with and against their direction, the
    way that is driven from the sites. So driven, a leg begins `near[0]` from the tail of its chain
    and ends at `far[0]`; seen from the head, it begins as far as `near[1]` lies from the tail, and
    ends at `far[1]`. `wait_ms` is what these may be off by.
    """

    def __init__(self, network: RoadNetwork, edge: Longs, leg: Longs, *, backwards: bool) -> None:
        edges, chains = network.edges, network.chains
        before = edges.before_legs[1].astype(np.int64)
        first = edges.bend_first[edge].astype(np.int64) + 2 * edge
        last = edges.bend_first[edge + 1].astype(np.int64) + 2 * edge + 1
        begin, end, whole = before[first + leg], before[first + leg + 1], before[last]
        along = chains.along[edge]
        turned = ~along
        begin[turned], end[turned] = (
            (whole - end)[turned][:, ::-1],
            (whole - begin)[turned][:, ::-1],
        )
        own = np.stack([edges.forward_ms[edge], edges.backward_ms[edge]], axis=1) - whole
        self.wait_ms = np.maximum(own, 0).sum(axis=1)
        self.chain = chains.chain[edge].astype(np.int64)
        there = chains.before_ms[edge] + np.stack([begin[:, 0], end[:, 0]])
        back = chains.behind_ms[edge] + np.stack([begin[:, 1], end[:, 1]])
        self.ahead, self.behind = chains.forward_ms, chains.backward_ms
        self.backwards = backwards
        if backwards:
            there, back, self.ahead, self.behind = back, there, self.behind, self.ahead
        self.near, self.far = (there[0], back[1]), (there[1], back[0])

    @classmethod
    def outside(cls, network: RoadNetwork, window: Window, *, backwards: bool) -> _Legs:
        edges = network.edges
        bounds = edges.bounds()
        crossing = np.flatnonzero(~_is_inside(bounds[:, :2], bounds[:, 2:], window))
        xy, owner = edges.vertices(crossing)
        begins = np.flatnonzero(owner[1:] == owner[:-1])
        low, high = np.minimum(xy[begins], xy[begins + 1]), np.maximum(xy[begins], xy[begins + 1])
        begins = begins[~_is_inside(low, high, window)]
        leg = begins - np.searchsorted(owner, owner[begins])
        return cls(network, crossing[owner[begins]], leg, backwards=backwards)

    def reached_from_ends(self, network: RoadNetwork, ms: Longs, limit_ms: int) -> bool:
        """Tell whether any is reached in time over an end of its chain."""
        chains, one = network.chains, self.chain
        ahead = self.ahead[one] >= 0
        ahead &= ms[chains.tail[one]] < FAR
        ahead &= ms[chains.tail[one]] + self.near[0] - self.wait_ms <= limit_ms
        behind = self.behind[one] >= 0
        behind &= ms[chains.head[one]] < FAR
        rest = self.behind[one] - self.near[1] - self.wait_ms
        behind &= ms[chains.head[one]] + rest <= limit_ms
        return bool((ahead | behind).any())

    def reached_from_beside(self, sites: Access, limit_ms: int) -> bool:
        """Tell whether any is reached in time from a site that is linked to its chain."""
        spots = sites.spots
        order = np.argsort(self.chain, kind="stable")
        begin, end = (
            np.searchsorted(self.chain[order], spots.chain, side=side) for side in ("left", "right")
        )
        spot = np.repeat(np.arange(len(begin)), end - begin)
        skipped = np.cumsum(end - begin) - (end - begin)
        leg = order[begin[spot] + np.arange(len(spot)) - skipped[spot]]
        there, back = spots.there_ms[spot], spots.back_ms[spot]
        if self.backwards:
            there, back = back, there
        slack = self.wait_ms[leg] + _ROUNDED_MS
        off_ms, one = sites.off_road_ms[spot], self.chain[leg]
        reached = np.zeros(len(spot), dtype=bool)
        for way, to_near, to_far in (
            (self.ahead[one], self.near[0][leg] - there, self.far[0][leg] - there),
            (self.behind[one], back - self.near[1][leg], back - self.far[1][leg]),
        ):
            # What ends behind the site, by more than rounding makes of it, is not driven to so.
            in_time = off_ms + np.maximum(to_near, 0) - slack <= limit_ms
            reached |= (way >= 0) & (to_far >= -slack) & in_time
        return bool(reached.any())


def _is_inside(low: Floats, high: Floats, window: Window) -> npt.NDArray[np.bool_]:
    inside = (low >= np.array(window[:2])).all(axis=1)
    return np.asarray(inside & (high <= np.array(window[2:])).all(axis=1))
