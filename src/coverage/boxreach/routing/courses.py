"""Courses: the edges along a way, one behind the other, timed and drawn as they are driven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.network import RoadNetwork
from boxreach.routing.landings import Landings

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Tip = tuple[Landings, int]
"""Where a way joins or leaves the roads: the landings of a place, and which of them."""

OPEN_GROUND = -1
"""Stands for the edge of a leg that follows none."""

_SAME_SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Spans:
    """Stretches of chains, in the order in which they are driven.

    Attributes
    ----------
    chain
        The chain of each.
    begin, end
        From which place to which along the chain, as in `Spots`.
    begin_ms, end_ms
        How far both are from the chain's tail in the direction in which the stretch is driven.
    """

    chain: Longs
    begin: Floats
    end: Floats
    begin_ms: Longs
    end_ms: Longs

    @classmethod
    def between(cls, start: Tip, finish: Tip, chain: Longs, begin: Floats, end: Floats) -> Spans:
        """Return stretches that begin where one link meets its road and end where another does."""
        chains, ahead = start[0].network.chains, begin <= end
        whole = np.where(ahead, chains.forward_ms[chain], chains.backward_ms[chain])
        begin_ms = np.where(ahead, 0, whole).astype(np.int64)
        end_ms = np.where(ahead, whole, 0).astype(np.int64)
        for ms, at, (landings, link) in ((begin_ms, 0, start), (end_ms, -1, finish)):
            ms[at] = (landings.spots.there_ms if ahead[at] else landings.spots.back_ms)[link]
        return cls(chain, begin, end, begin_ms, end_ms)


@dataclass(frozen=True, eq=False)
class Course:
    """Legs as they are driven; each is a part of an edge, or straight over open ground.

    Attributes
    ----------
    edge
        The edge of each leg, or `OPEN_GROUND`.
    metres, ms
        How long each is.
    first, xy
        The vertices of leg l are ``xy[first[l] : first[l + 1]]``, two of them or more. A leg begins
        where the one before it ends.
    """

    edge: Longs
    metres: Floats
    ms: Longs
    first: Longs
    xy: Floats

    @classmethod
    def over_ground(cls, here: Floats, there: Floats, metres: float, ms: int) -> Course:
        """Return the straight way from one place to another."""
        edge, ms_of = np.array([OPEN_GROUND]), np.array([ms])
        return cls(edge, np.array([metres]), ms_of, np.array([0, 2]), np.vstack([here, there]))

    @classmethod
    def join(cls, *courses: Course) -> Course:
        """Return courses one behind the other as one."""
        count = np.concatenate([np.diff(one.first) for one in courses])
        return cls(
            edge=np.concatenate([one.edge for one in courses]),
            metres=np.concatenate([one.metres for one in courses]),
            ms=np.concatenate([one.ms for one in courses]),
            first=np.append(0, np.cumsum(count)),
            xy=np.concatenate([one.xy for one in courses]),
        )


def follow(network: RoadNetwork, spans: Spans) -> Course:
    """Return the course along stretches of chains.

    The milliseconds of the legs of each stretch add up to what the stretch takes.
    """
    chains, edges = network.chains, network.edges
    ahead = spans.begin <= spans.end
    places = chains.first[spans.chain] + np.stack([spans.begin, spans.end])
    low, high = places.min(axis=0), places.max(axis=0)
    lowest = np.floor(low).astype(np.int64)
    count = np.where(high > low, np.ceil(high).astype(np.int64) - lowest, 0)
    span = np.repeat(np.arange(len(count)), count)
    offset = np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
    ahead, highest = ahead[span], (lowest + count - 1)[span]
    edge = np.where(ahead, lowest[span] + offset, highest - offset)
    along = chains.along[edge]
    share = np.column_stack([np.maximum(low[span] - edge, 0), np.minimum(high[span] - edge, 1)])
    driven_ms = np.where(along == ahead, edges.forward_ms[edge], edges.backward_ms[edge])
    near_ms = np.where(ahead, chains.before_ms[edge], chains.behind_ms[edge]).astype(np.int64)
    far_ms = near_ms + np.maximum(driven_ms, 0)
    # Where a stretch begins or ends within an edge, the place knows its milliseconds.
    begin_ms, end_ms = spans.begin_ms[span], spans.end_ms[span]
    near_ms = np.where(edge == lowest[span], np.where(ahead, begin_ms, end_ms), near_ms)
    far_ms = np.where(edge == highest, np.where(ahead, end_ms, begin_ms), far_ms)
    metres = edges.length_m[edge].astype(np.float64) * (share[:, 1] - share[:, 0])
    share = np.where(along[:, None], share, 1 - share[:, ::-1])
    first, xy = _draw(network, edge, share, along != ahead)
    return Course(edge, metres, far_ms - near_ms, first, xy)


def _draw(network: RoadNetwork, edge: Longs, share: Floats, turned: Flags) -> tuple[Longs, Floats]:
    """Return the vertices of parts of edges, from and to a share of each; some turned round."""
    xy, owner = network.edges.vertices(edge)
    count = np.bincount(owner, minlength=len(edge))
    first = np.append(0, np.cumsum(count))
    at = np.arange(len(owner))
    xy = xy[np.where(turned[owner], first[owner] + first[owner + 1] - 1 - at, at)]
    pieces, done = [], 0
    for one in np.flatnonzero((share[:, 0] > 0) | (share[:, 1] < 1)).tolist():
        part = _cut(network, int(edge[one]), share[one])
        pieces += [xy[first[done] : first[one]], part[::-1] if turned[one] else part]
        count[one], done = len(part), one + 1
    pieces.append(xy[first[done] :])
    return np.append(0, np.cumsum(count)), np.concatenate(pieces)


def _cut(network: RoadNetwork, edge: int, share: Floats) -> Floats:
    """Return the vertices of an edge from one share of it to another."""
    xy, known = network.edges.measured(edge)
    ends = np.column_stack([np.interp(share, known, one) for one in xy.T])
    # A vertex on an end, but for what floats lose, would be passed twice, and turn any way.
    inside = xy[(known > share[0] + _SAME_SHARE) & (known < share[1] - _SAME_SHARE)]
    return np.vstack([ends[:1], inside, ends[1:]])
