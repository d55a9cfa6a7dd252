"""What differs between two states of the closures of one network, and near to which places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import Floats, metres_per_degree
from boxreach.network.box_grid import BoxGrid
from boxreach.network.edges import Edges
from boxreach.network.graph import RoadNetwork, Stretches
from boxreach.network.links import TOUCHING_M
from boxreach.network.sieve import BLOCK_DEGREES

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_DEGREE_M = 110_000.0, 112_000.0
"""A degree of latitude has so many metres at least, and at most."""

_FARTHEST_LAT = 89.9
_MORE = 1.01
"""More than a way is longer on the ground than it is reckoned from degrees."""


@dataclass(frozen=True, eq=False)
class Differences:
    """How a network differs from itself under other closures.

    Attributes
    ----------
    before, after
        The network in both states.
    chain, junction
        The number that each chain and junction has after, -1 for those of chains that differ.
    ends
        The junctions, of the same number in both states, at which chains that differ end.
    chains_before, chains_after
        The chains, in either state, that belong to those that differ.
    """

    before: RoadNetwork
    after: RoadNetwork
    chain: Longs
    junction: Longs
    ends: Longs
    chains_before: Longs
    chains_after: Longs

    def near(self, lon: Floats, lat: Floats, *, blocks: bool) -> Longs:
        """Return the points whose useful ways to roads may differ.

        Those are in range of a road that leads to a junction of `ends`, for only over such roads
        a way can lead that makes another one needless; or of ground that was closed or opened.

        Parameters
        ----------
        lon, lat
            The points, in degrees.
        blocks
            Whether they are looked at block by block, and so one for all that are about it.
        """
        drawn = self.before.lifted or self.before
        chains = drawn.chains
        marked = np.zeros(len(chains.node), dtype=bool)
        marked[self.ends] = True
        meets = np.flatnonzero(marked[chains.tail] | marked[chains.head])
        count = chains.first[meets + 1] - chains.first[meets]
        edges = np.repeat(chains.first[meets] - np.cumsum(count) + count, count)
        boxes = np.vstack(
            [_bounds(drawn.edges, edges + np.arange(len(edges))), shapely.bounds(self._areas())]
        )
        return find_in_range(drawn, boxes, lon, lat, blocks=blocks)

    def _areas(self) -> npt.NDArray[np.object_]:
        """Return the ground that is closed in one state only."""
        both = [one.obstacles.closed for one in (self.before, self.after)]
        known = [shapely.to_wkb(one) for one in both]
        return np.concatenate(
            [mine[[one not in there for one in own]]
             for mine, own, there in zip(both, known, map(set, known[::-1]), strict=True)]
        )  # fmt: skip


def find_in_range(
    network: RoadNetwork, boxes: Floats, lon: Floats, lat: Floats, *, blocks: bool
) -> Longs:
    """Return the points in off-road range of boxes, and some that lie a little farther.

    Parameters
    ----------
    network
        Its range holds.
    boxes
        West, south, east and north of each, in degrees.
    lon, lat
        The points, in degrees.
    blocks
        Whether points in range of a point of the same block count too.
    """
    if not len(boxes) or not len(lon):
        return np.empty(0, dtype=np.int64)
    far_m = _MORE * (network.off_road_km * 1000 + TOUCHING_M)
    if blocks:
        far_m += np.hypot(1, 1) * BLOCK_DEGREES * _DEGREE_M[1]
    high = far_m / _DEGREE_M[0]
    farthest = np.minimum(np.abs(boxes[:, 1::2]).max(axis=1) + high, _FARTHEST_LAT)
    wide = far_m / metres_per_degree(farthest)[0]
    windows = boxes + np.column_stack([-wide, np.full_like(wide, -high), wide, wide * 0 + high])
    point, _ = BoxGrid.over(windows).meet(np.column_stack([lon, lat, lon, lat]))
    return np.unique(point).astype(np.int64)


def find_about(
    network: RoadNetwork, junctions: Flags, chains: Longs, lon: Floats, lat: Floats
) -> Longs:
    """Return the points in range of roads that lead to some junctions, and a few that are not.

    Parameters
    ----------
    network
        Whose roads.
    junctions
        Whether each junction is one of those.
    chains
        Further chains that count.
    lon, lat
        The points, in degrees.
    """
    drawn = network.lifted or network
    # Of roads that closures touch all count: what is left of them leads nowhere else.
    wanted = np.diff(network.chains.first)[: len(drawn.chains.tail)] == 0
    wanted |= junctions[drawn.chains.tail] | junctions[drawn.chains.head]
    wanted[chains[chains < len(wanted)]] = True
    range_m = _MORE * (network.off_road_km * 1000 + TOUCHING_M)
    cells = drawn.grid.about(wanted[drawn.chains.chain], range_m)
    return np.flatnonzero(cells[drawn.grid.cells_of(lon, lat)])


def chain_boxes(network: RoadNetwork, chain: Longs) -> Floats:
    """Return west, south, east and north, in degrees, of each edge of some chains."""
    first = network.chains.first
    count = first[chain + 1] - first[chain]
    edges = np.repeat(first[chain] - np.cumsum(count) + count, count) + np.arange(count.sum())
    return _bounds(network.edges, edges)


def _bounds(edges: Edges, which: Longs) -> Floats:
    return edges.take(which).bounds() if len(which) else np.empty((0, 4))


def find_differences(before: RoadNetwork, after: RoadNetwork) -> Differences:
    """Return how the state of a network differs from another one.

    Parameters
    ----------
    before, after
        Networks of the same roads, either with closures (see `RoadNetwork.without`) or without.
    """
    drawn = before.lifted or before
    chains, count = drawn.chains, len(drawn.edges)
    touched = np.zeros(count, dtype=bool)
    for one in (before, after):
        touched |= _touched(one.stretches, count)
    # Whole edges of chains that are touched have other numbers too.
    own = np.zeros(len(chains.tail), dtype=bool)
    own[chains.chain[touched]] = True
    rows = [_Rows.of(one, chains.chain, own) for one in (before, after)]
    differs = np.zeros(len(own), dtype=bool)
    differs[chains.chain[_differing(*rows)]] = True
    same = [one.take(~differs[chains.chain[one.edge]]) for one in rows]
    chain_of = np.arange(len(before.chains.tail))
    chain_of[len(own) :] = -1
    chain_of[np.flatnonzero(own)] = -1
    junction_of = np.arange(len(before.chains.node))
    junction_of[len(chains.node) :] = -1
    mine, theirs = (
        state.chains.chain[one.piece] for state, one in zip((before, after), same, strict=True)
    )
    chain_of[mine] = theirs
    for name in ("tail", "head"):
        old, new = getattr(before.chains, name)[mine], getattr(after.chains, name)[theirs]
        junction_of[old] = new
    found = np.flatnonzero(differs)
    left = [
        np.unique(state.chains.chain[one.take(differs[chains.chain[one.edge]]).piece])
        for state, one in zip((before, after), rows, strict=True)
    ]
    return Differences(
        before=before,
        after=after,
        chain=chain_of,
        junction=junction_of,
        ends=np.unique(np.append(chains.tail[found], chains.head[found])).astype(np.int64),
        chains_before=left[0].astype(np.int64),
        chains_after=left[1].astype(np.int64),
    )


def _touched(stretches: Stretches | None, edges: int) -> Flags:
    """Tell which edges a closure touches."""
    touched = np.zeros(edges, dtype=bool)
    if stretches is not None:
        whole = (stretches.start == 0) & (stretches.end == 1) & (stretches.slowed == 1)
        touched[:] = True
        touched[stretches.edge[whole]] = False
    return touched


@dataclass(frozen=True, eq=False)
class _Rows:
    """Stretches of some edges, by edge, and the edge of its network that each is."""

    edge: Longs
    part: Floats
    piece: Longs
    along: Flags

    @classmethod
    def of(cls, network: RoadNetwork, chain: npt.NDArray[np.int32], wanted: Flags) -> _Rows:
        """Return the stretches of the edges of the chains that are wanted."""
        kept = network.stretches
        if kept is None:
            edge = np.flatnonzero(wanted[chain])
            part = np.tile([0.0, 1.0, 1.0], (len(edge), 1))
            return cls(edge, part, edge, network.chains.along[edge])
        at = np.flatnonzero(wanted[chain[kept.edge]])
        part = np.column_stack([kept.start[at], kept.end[at], kept.slowed[at]])
        piece = kept.piece[at]
        return cls(kept.edge[at], part, piece, network.chains.along[piece])

    def take(self, kept: Flags) -> _Rows:
        """Return the stretches that are kept."""
        return _Rows(self.edge[kept], self.part[kept], self.piece[kept], self.along[kept])


def _differing(before: _Rows, after: _Rows) -> Longs:
    """Return the edges of which other stretches are left."""
    edges = np.union1d(before.edge, after.edge)
    count = [
        np.bincount(np.searchsorted(edges, one.edge), minlength=len(edges))
        for one in (before, after)
    ]
    alike = count[0] == count[1]
    mine, theirs = (one.take(alike[np.searchsorted(edges, one.edge)]) for one in (before, after))
    other = (mine.part != theirs.part).any(axis=1) | (mine.along != theirs.along)
    return np.union1d(edges[~alike], mine.edge[other])
