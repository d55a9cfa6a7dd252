"""Chains: edges in a row without a junction between them, travelled as one.

The inverse is exact: every edge knows its chain and the milliseconds from the chain's ends, so
that no time differs from the one found edge by edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled, lend
from boxreach.network.legs import LONGEST_MS

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Chains:
    """The graph between junctions, in both directions, and where each edge lies in it.

    Attributes
    ----------
    first
        The edges of chain c are ``first[c]`` up to ``first[c + 1]``, in the order of the chain.
    tail, head
        Junctions at the two ends of each chain.
    forward_ms, backward_ms
        Milliseconds of the whole chain from tail to head and back; -1 where one may not.
    chain
        Chain of each edge.
    along
        Whether each edge is drawn in the direction of its chain.
    before_ms, behind_ms
        Milliseconds from the chain's tail to where the edge begins (seen along the chain), and
        from there back to the chain's tail; counted as if both ways were allowed.
    junction
        Junction at each node, -1 at nodes within a chain.
    node
        Node of each junction.
    begins
        For each node within a chain the edge that begins there, seen along the chain; else -1.
    out_first, out_arcs, in_first, in_arcs
        The arcs that leave each junction, as pairs of junction and milliseconds, and those that
        arrive, by the junction they come from.
    """

    first: Ints
    tail: Ints
    head: Ints
    forward_ms: Ints
    backward_ms: Ints
    chain: Ints
    along: Bools
    before_ms: Ints
    behind_ms: Ints
    junction: Ints
    node: Ints
    begins: Ints
    out_first: Ints
    out_arcs: Ints
    in_first: Ints
    in_arcs: Ints


def contract(
    tail: Ints,
    head: Ints,
    forward_ms: Ints,
    backward_ms: Ints,
    nodes: int,
    *,
    merge: bool = True,
    apart: Longs | None = None,
) -> tuple[Chains, Longs]:
    """Join edges at every node where just two of them meet and both may be driven alike.

    Parameters
    ----------
    tail, head
        Nodes at the ends of each edge.
    forward_ms, backward_ms
        Milliseconds of each edge, -1 where one may not drive so.
    nodes
        Number of nodes.
    merge
        False leaves every edge a chain of its own.
    apart
        A number for each edge: those of different numbers are not joined.

    Returns
    -------
    tuple
        The chains, and the order in which they hold the given edges.

    Examples
    --------
    >>> ends = np.array([[0, 1], [2, 1], [2, 3]], dtype=np.int32)
    >>> ms = np.array([5, 7, 9], dtype=np.int32)
    >>> chains, order = contract(ends[:, 0], ends[:, 1], ms, ms, 4)
    >>> order.tolist(), chains.forward_ms.tolist(), chains.before_ms.tolist()
    ([0, 1, 2], [21], [0, 5, 12])
    >>> chains.along.tolist(), chains.node.tolist(), chains.junction.tolist()
    ([True, False, True], [0, 3], [0, -1, -1, 1])
    """
    tail, head, forward_ms, backward_ms = (
        lend(np.ascontiguousarray(one)) for one in (tail, head, forward_ms, backward_ms)
    )
    first_end, ends = sort_ends(tail, head, nodes)
    is_junction = _find_junctions(forward_ms, backward_ms, first_end, ends, merge)
    if apart is not None:
        is_junction |= _find_borders(apart, tail, head, nodes)
    order, along, first = _walk(tail, head, forward_ms, backward_ms, first_end, ends, is_junction)
    del first_end, ends
    node = np.flatnonzero(is_junction).astype(np.int32)
    junction = np.full(nodes, -1, dtype=np.int32)
    junction[node] = np.arange(len(node), dtype=np.int32)
    begin, finish = order[first[:-1]], order[first[1:] - 1]
    chain_tail = junction[np.where(along[first[:-1]], tail[begin], head[begin])]
    chain_head = junction[np.where(along[first[1:] - 1], head[finish], tail[finish])]
    before, behind, forward, backward = _offsets(order, along, first, forward_ms, backward_ms)
    arcs = [
        _arcs(chain_tail, chain_head, *times, len(node))
        for times in ((forward, backward), (backward, forward))
    ]
    chains = Chains(
        first=first,
        tail=chain_tail,
        head=chain_head,
        forward_ms=forward,
        backward_ms=backward,
        chain=np.repeat(np.arange(len(first) - 1, dtype=np.int32), np.diff(first)),
        along=along,
        before_ms=before,
        behind_ms=behind,
        junction=junction,
        node=node,
        begins=_find_begins(order, along, tail, head, junction),
        out_first=arcs[0][0],
        out_arcs=arcs[0][1],
        in_first=arcs[1][0],
        in_arcs=arcs[1][1],
    )
    return chains, order


@compiled
def sort_ends(tail: Ints, head: Ints, nodes: int) -> tuple[Ints, Ints]:
    """Return for each node where its ends of edges begin; each is 2 * edge, 1 more at the head."""
    first = np.zeros(nodes + 2, np.int32)
    for edge in range(len(tail)):
        first[tail[edge] + 2] += 1
        first[head[edge] + 2] += 1
    for at in range(1, nodes + 2):
        first[at] += first[at - 1]
    ends = np.empty(2 * len(tail), np.int32)
    for edge in range(len(tail)):
        for side in range(2):
            node = head[edge] if side else tail[edge]
            ends[first[node + 1]] = 2 * edge + side
            first[node + 1] += 1
    return first[: nodes + 1], ends


@compiled
def _find_junctions(
    forward_ms: Ints, backward_ms: Ints, first: Ints, ends: Ints, merge: bool
) -> Bools:
    """Tell at which nodes chains end: where not two edges meet, or their directions differ."""
    nodes = len(first) - 1
    junction = np.ones(nodes, np.bool_)
    for node in range(nodes):
        if not merge or first[node + 1] - first[node] != 2:
            continue
        one, other = ends[first[node]], ends[first[node] + 1]
        if one >> 1 == other >> 1:
            continue
        in_one = (forward_ms if one & 1 else backward_ms)[one >> 1] >= 0
        out_one = (backward_ms if one & 1 else forward_ms)[one >> 1] >= 0
        in_other = (forward_ms if other & 1 else backward_ms)[other >> 1] >= 0
        out_other = (backward_ms if other & 1 else forward_ms)[other >> 1] >= 0
        junction[node] = in_one != out_other or in_other != out_one
    return junction


@compiled
def _find_borders(apart: Longs, tail: Ints, head: Ints, nodes: int) -> Bools:
    """Tell at which nodes edges of different numbers meet."""
    known, border = np.full(nodes, -1, np.int32), np.zeros(nodes, np.bool_)
    for edge in range(len(tail)):
        for node in (tail[edge], head[edge]):
            if known[node] < 0:
                known[node] = edge
            border[node] |= apart[known[node]] != apart[edge]
    return border


@compiled
def _walk(
    tail: Ints,
    head: Ints,
    forward_ms: Ints,
    backward_ms: Ints,
    first_end: Ints,
    ends: Ints,
    junction: Bools,
) -> tuple[Longs, Bools, Ints]:
    """Follow every chain from its first edge; a ring without a junction gets one."""
    count = len(tail)
    order, along = np.empty(count, np.int64), np.empty(count, np.bool_)
    first = np.empty(count + 1, np.int32)
    seen = np.zeros(count, np.bool_)
    done = chains = 0
    nodes = len(first_end) - 1
    for turn in range(nodes + count):
        # First from every junction, then from any edge of a ring.
        if turn < nodes:
            begin, stop = first_end[turn], first_end[turn + 1]
            if not junction[turn]:
                continue
        else:
            if seen[turn - nodes]:
                continue
            junction[tail[turn - nodes]] = True
            begin, stop = 0, 1
        for at in range(begin, stop):
            end = ends[at] if turn < nodes else 2 * (turn - nodes)
            if seen[end >> 1]:
                continue
            first[chains] = done
            chains += 1
            total_ms = np.int64(0)
            while True:
                edge = end >> 1
                seen[edge] = True
                order[done], along[done] = edge, end & 1 == 0
                done += 1
                total_ms += max(forward_ms[edge], backward_ms[edge], 0)
                node = tail[edge] if end & 1 else head[edge]
                if junction[node]:
                    break
                here = first_end[node]
                end = ends[here + 1] if ends[here] >> 1 == edge else ends[here]
                ahead = max(forward_ms[end >> 1], backward_ms[end >> 1], 0)
                if total_ms + ahead > LONGEST_MS:
                    junction[node] = True
                    break
    first[chains] = done
    return order, along, first[: chains + 1].copy()


def _find_begins(order: Longs, along: Bools, tail: Ints, head: Ints, junction: Ints) -> Ints:
    """Return for each node within a chain the edge that begins there, seen along the chain."""
    begins = np.full(len(junction), -1, dtype=np.int32)
    begins[np.where(along, tail[order], head[order])] = np.arange(len(order), dtype=np.int32)
    begins[junction >= 0] = -1
    return begins


@compiled
def _offsets(
    order: Longs, along: Bools, first: Ints, forward_ms: Ints, backward_ms: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    before, behind = np.empty(len(order), np.int32), np.empty(len(order), np.int32)
    chains = len(first) - 1
    forward, backward = np.empty(chains, np.int32), np.empty(chains, np.int32)
    for chain in range(chains):
        there = back = 0
        for at in range(first[chain], first[chain + 1]):
            edge = order[at]
            before[at], behind[at] = there, back
            one, other = forward_ms[edge], backward_ms[edge]
            if not along[at]:
                one, other = other, one
            there += max(one, 0)
            back += max(other, 0)
        # All edges of a chain may be driven alike, so the last one speaks for all.
        forward[chain] = there if one >= 0 else -1
        backward[chain] = back if other >= 0 else -1
    return before, behind, forward, backward


def in_order(chains: Chains) -> Chains:
    """Return chains with their arcs in the order in which `contract` lays them."""
    ends, times = (chains.tail, chains.head), (chains.forward_ms, chains.backward_ms)
    out_first, out_arcs = _arcs(*ends, *times, len(chains.node))
    in_first, in_arcs = _arcs(*ends, *times[::-1], len(chains.node))
    return replace(
        chains, out_first=out_first, out_arcs=out_arcs, in_first=in_first, in_arcs=in_arcs
    )


@compiled
def _arcs(
    tail: Ints, head: Ints, forward_ms: Ints, backward_ms: Ints, junctions: int
) -> tuple[Ints, Ints]:
    """Return the arcs that leave each junction; chains that return to it are none."""
    first = np.zeros(junctions + 2, np.int32)
    for chain in range(len(tail)):
        if tail[chain] != head[chain]:
            first[tail[chain] + 2] += forward_ms[chain] >= 0
            first[head[chain] + 2] += backward_ms[chain] >= 0
    for at in range(1, junctions + 2):
        first[at] += first[at - 1]
    arcs = np.empty((first[-1], 2), np.int32)
    for chain in range(len(tail)):
        one, other = tail[chain], head[chain]
        if one == other:
            continue
        if forward_ms[chain] >= 0:
            arcs[first[one + 1], 0] = other
            arcs[first[one + 1], 1] = forward_ms[chain]
            first[one + 1] += 1
        if backward_ms[chain] >= 0:
            arcs[first[other + 1], 0] = one
            arcs[first[other + 1], 1] = backward_ms[chain]
            first[other + 1] += 1
    return first[: junctions + 1].copy(), arcs
