"""A network in which some chains are replaced by what is left of them; all others stay as they are.

Nodes, junctions and chains keep their numbers. New ones are counted on behind them; a chain that
was replaced stays as one without edges that nobody drives along, and a junction at which no road
is left as one without arcs. So what was found out about far roads holds on in the new network.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.network.chains import Chains, contract
from boxreach.network.edges import Edges

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Gaps:
    """The edges of some chains, as runs of numbers to be left out.

    Attributes
    ----------
    chain
        The chains, rising.
    begin, end
        The first edge of each, and the one behind its last.
    """

    chain: Longs
    begin: Longs
    end: Longs

    @classmethod
    def of(cls, chains: Chains, chain: Longs) -> Gaps:
        """Return the edges of some chains."""
        return cls(chain, chains.first[chain].astype(np.int64), chains.first[chain + 1].astype(int))

    @property
    def edges(self) -> Longs:
        """All edges that are left out, rising."""
        count = self.end - self.begin
        return np.repeat(self.begin - np.cumsum(count) + count, count) + np.arange(count.sum())

    def fill(self, values: Array, more: Array) -> Array:
        """Return what edges have, left out where they are, and behind it what is added."""
        return self.splice(values, more, self.begin, self.end)

    @staticmethod
    def splice(values: Array, more: Array, begin: Longs, end: Longs) -> Array:
        """Return values without some runs of them, and more values behind them."""
        ends = zip(np.append(0, end).tolist(), np.append(begin, len(values)).tolist(), strict=True)
        return np.concatenate(
            [*(values[low:high] for low, high in ends), more.astype(values.dtype, copy=False)]
        )


def patch_edges(edges: Edges, gaps: Gaps, parts: Edges) -> Edges:
    """Return edges with some left out, and others, between any of their own nodes, behind them.

    Parameters
    ----------
    edges
        The edges.
    gaps
        Which are left out.
    parts
        The others; they know all the nodes.
    """
    by_edge = {
        name: gaps.fill(getattr(edges, name), getattr(parts, name))
        for name in ("tail", "head", "forward_ms", "backward_ms", "length_m")
    }
    ends = [edges.bend_first[at].astype(np.int64) for at in (gaps.begin, gaps.end)]
    bends = {
        name: gaps.splice(getattr(edges, name), getattr(parts, name), *ends)
        for name in ("bend_lon", "bend_lat")
    }
    count = gaps.fill(np.diff(edges.bend_first), np.diff(parts.bend_first))
    bend_first = np.zeros(len(count) + 1, dtype=np.int32)
    np.cumsum(count, out=bend_first[1:])
    return Edges(
        lon=parts.lon, lat=parts.lat, pace=parts.pace[:0], bend_first=bend_first, **by_edge, **bends
    )


def patch_chains(
    edges: Edges, chains: Chains, gaps: Gaps, owner: Longs, parts: Edges
) -> tuple[Chains, Longs]:
    """Return chains of which some are replaced by those of the parts of their edges.

    Parameters
    ----------
    edges, chains
        As they were.
    gaps
        The edges of the chains that are replaced.
    owner
        The edge that each part was cut from.
    parts
        The parts; nodes beyond those of `edges` are new.

    Returns
    -------
    tuple
        The chains, and the order in which they hold the parts.
    """
    tail, head, node = _apart(edges, chains, gaps, owner, parts)
    some, order = contract(tail, head, parts.forward_ms, parts.backward_ms, len(node))
    kept = len(edges) - len(gaps.edges)
    junction = np.append(chains.junction, np.full(len(parts.lon) - len(edges.lon), -1, np.int32))
    begins = np.append(chains.begins, np.full(len(parts.lon) - len(edges.lon), -1, np.int32))
    _count_down(begins, gaps.begin, gaps.end)
    begins[node] = np.where(some.begins >= 0, some.begins + kept, -1)
    begins[chains.node] = -1
    # A node at which no road is left is a junction too, of no arcs.
    bare = node[(some.begins < 0) & (junction[node] < 0)]
    bare = np.unique(np.append(bare, _bare_nodes(edges, gaps, begins, junction)))
    junction[bare] = len(chains.node) + np.arange(len(bare))
    count = np.diff(chains.first)
    count[gaps.chain] = 0
    first = np.append(0, np.cumsum(np.append(count, np.diff(some.first))))
    gone = {name: getattr(chains, name).copy() for name in ("forward_ms", "backward_ms")}
    for ms in gone.values():
        ms[gaps.chain] = -1
    ends = {
        name: np.append(getattr(chains, name), junction[node[some.node[getattr(some, name)]]])
        for name in ("tail", "head")
    }
    ways = {name: np.append(ms, getattr(some, name)) for name, ms in gone.items()}
    arcs = _patch_arcs(chains, gaps.chain, ends, ways, len(chains.node) + len(bare))
    return Chains(
        first=first.astype(np.int32),
        chain=gaps.fill(chains.chain, some.chain + len(chains.tail)),
        along=gaps.fill(chains.along, some.along),
        before_ms=gaps.fill(chains.before_ms, some.before_ms),
        behind_ms=gaps.fill(chains.behind_ms, some.behind_ms),
        junction=junction,
        node=np.append(chains.node, bare).astype(np.int32),
        begins=begins,
        **ends,
        **ways,
        **arcs,
    ), order


def _apart(
    edges: Edges, chains: Chains, gaps: Gaps, owner: Longs, parts: Edges
) -> tuple[Ints, Ints, Longs]:
    """Return tail and head of parts, numbered so that no two chains meet, and each one's node."""
    tail, head = parts.tail.astype(np.int64), parts.head.astype(np.int64)
    nodes = len(parts.lon)
    for side, edge, drawn_on in ((0, gaps.begin, True), (1, gaps.end - 1, False)):
        # Where the chain begins is the tail of its first edge if that is drawn along it.
        at_tail = chains.along[edge] == drawn_on
        end = np.where(at_tail, edges.tail[edge], edges.head[edge])
        number = nodes + 2 * np.arange(len(edge)) + side
        chain = np.searchsorted(edge, owner).clip(max=len(edge) - 1)
        mine = edge[chain] == owner
        for given, is_tail in ((tail, True), (head, False)):
            met = mine & (at_tail[chain] == is_tail) & (
                (parts.tail if is_tail else parts.head) == end[chain]
            )
            given[met] = number[chain[met]]
    known, local = np.unique(np.append(tail, head), return_inverse=True)
    begin_end = chains.node[np.stack([chains.tail[gaps.chain], chains.head[gaps.chain]], axis=1)]
    node = np.where(known < nodes, known, 0)
    far = known >= nodes
    node[far] = begin_end.reshape(-1)[known[far] - nodes]
    local = local.astype(np.int32)
    return local[: len(tail)], local[len(tail) :], node


def _bare_nodes(edges: Edges, gaps: Gaps, begins: Ints, junction: Ints) -> Longs:
    """Return the nodes within chains of which nothing is left there."""
    edge = gaps.edges
    ends = np.unique(np.append(edges.tail[edge], edges.head[edge])).astype(np.int64)
    return ends[(begins[ends] < 0) & (junction[ends] < 0)]


@compiled
def _count_down(begins: Ints, begin: Longs, end: Longs) -> None:
    """Take from numbers of edges how many are left out before; -1 where they are so themselves."""
    before = np.zeros(len(begin) + 1, np.int64)
    for gap in range(len(begin)):
        before[gap + 1] = before[gap] + end[gap] - begin[gap]
    for node in range(len(begins)):
        edge = begins[node]
        if edge < 0:
            continue
        low, high = 0, len(begin)
        while low < high:
            middle = (low + high) // 2
            if begin[middle] <= edge:
                low = middle + 1
            else:
                high = middle
        inside = low > 0 and edge < end[low - 1]
        begins[node] = -1 if inside else edge - before[low]


def _patch_arcs(
    chains: Chains,
    gone: Longs,
    ends: dict[str, Ints],
    ways: dict[str, Ints],
    junctions: int,
) -> dict[str, Ints]:
    """Return the arcs of all junctions, anew for those at which chains have changed."""
    changed = np.zeros(junctions, dtype=bool)
    for one in ends.values():
        changed[one[gone]] = changed[one[len(chains.tail) :]] = True
    meets = np.flatnonzero(changed[ends["tail"]] | changed[ends["head"]])
    tail, head = (ends[name][meets] for name in ("tail", "head"))
    forward, backward = (ways[name][meets] for name in ("forward_ms", "backward_ms"))
    out_first, out_arcs = _lay_arcs(
        chains.out_first, chains.out_arcs, changed, tail, head, forward, backward
    )
    in_first, in_arcs = _lay_arcs(
        chains.in_first, chains.in_arcs, changed, tail, head, backward, forward
    )
    return {
        "out_first": out_first, "out_arcs": out_arcs, "in_first": in_first, "in_arcs": in_arcs
    }  # fmt: skip


@compiled
def _lay_arcs(
    old_first: Ints, old: Ints, changed: Flags,
    tail: Ints, head: Ints, forward: Ints, backward: Ints,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Return the arcs that leave each junction, of those that have changed by their chains."""
    junctions = len(changed)
    first = np.zeros(junctions + 1, np.int32)
    for at in range(len(old_first) - 1):
        if not changed[at]:
            first[at + 1] = old_first[at + 1] - old_first[at]
    for chain in range(len(tail)):
        one, other = tail[chain], head[chain]
        if one != other:
            first[one + 1] += changed[one] and forward[chain] >= 0
            first[other + 1] += changed[other] and backward[chain] >= 0
    for at in range(junctions):
        first[at + 1] += first[at]
    arcs = np.empty((first[junctions], 2), np.int32)
    for at in range(len(old_first) - 1):
        if not changed[at]:
            place = first[at]
            for arc in range(old_first[at], old_first[at + 1]):
                arcs[place, 0], arcs[place, 1] = old[arc, 0], old[arc, 1]
                place += 1
    free = first.copy()
    for chain in range(len(tail)):
        one, other = tail[chain], head[chain]
        if one == other:
            continue
        if changed[one] and forward[chain] >= 0:
            arcs[free[one], 0], arcs[free[one], 1] = other, forward[chain]
            free[one] += 1
        if changed[other] and backward[chain] >= 0:
            arcs[free[other], 0], arcs[free[other], 1] = one, backward[chain]
            free[other] += 1
    return first, arcs
