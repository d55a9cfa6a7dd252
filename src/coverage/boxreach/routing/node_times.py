"""Travel times between nodes of a network, for those who have no points but nodes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.arguments import choice_faults, flag_faults, number_faults, require_kind
from boxreach.compilation import compiled
from boxreach.errors import Fault, InputError
from boxreach.network import NO_LEG, Access, RoadNetwork, Spots
from boxreach.network.legs import LONGEST_MS
from boxreach.routing.beside import along_chains
from boxreach.routing.kernels import FAR
from boxreach.routing.search import ENGINE, Question, Ways, find_nearest, find_within
from boxreach.workers import thread_count

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

_ENGINES = ("compiled", "scipy")


def node_times(
    network: RoadNetwork,
    sources: Longs,
    targets: Longs | None = None,
    *,
    limit_ms: int,
    backwards: bool = False,
    threads: int | None = None,
    engine: str = ENGINE,
) -> csr_array:
    """Compute the travel times between nodes, up to a limit, which is within.

    Parameters
    ----------
    network
        The network.
    sources, targets
        Numbers of nodes; all nodes are targets if none are named.
    limit_ms
        The longest time, in milliseconds.
    backwards
        Whether ways lead from the targets to the sources.
    threads
        How many at once; as many as there are processors if not said.
    engine
        ``"compiled"`` or ``"scipy"``, which gives the same, slower.

    Returns
    -------
    scipy.sparse.csr_array
        Milliseconds, sources by targets; what is not stored is beyond the limit, and a stored 0
        is the place itself.

    Raises
    ------
    InputError
        If a number is that of no node, or the limit out of range.

    Examples
    --------
    >>> from boxreach.network import network_from_arrays
    >>> network, number = network_from_arrays(
    ...     np.array([44.0, 44.1, 44.2]), np.full(3, 33.0), np.array([0, 1]), np.array([1, 2]),
    ...     np.array([600, 700]), np.array([600, -1]))
    >>> node_times(network, number, number, limit_ms=1_300).toarray().tolist()
    [[0, 600, 1300], [600, 0, 700], [0, 0, 0]]
    """
    sources = _require_nodes(network, sources, "sources")
    faults = choice_faults("engine", engine, _ENGINES)
    advice = f"give milliseconds from 0 to {LONGEST_MS}"
    faults += number_faults("limit_ms", limit_ms, lambda one: 0 <= one <= LONGEST_MS, advice)
    faults += flag_faults("backwards", backwards)
    if threads is not None:
        whole = "give a whole number of threads"
        faults += number_faults("threads", threads, lambda one: one >= 1 and one % 1 == 0, whole)
    if faults:
        raise InputError(*faults)
    mine = _access_nodes(network, sources, outward=not backwards)
    if targets is None:
        theirs, exits = _access_all_nodes(network, outward=backwards)
    else:
        nodes = _require_nodes(network, targets, "targets")
        theirs, exits = _access_nodes(network, nodes, outward=backwards), None
    pairs = list(along_chains(network, mine, theirs, limit_ms, backwards=backwards))
    row, demand, ms = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    question = Question.on(
        network, Ways(mine.first, mine.ways), Ways(theirs.first, theirs.ways), backwards=backwards
    )
    beside = Ways.sort(row, demand, ms, len(sources))
    question = replace(question, exits_by_junction=exits)
    return find_within(question, beside, int(limit_ms), threads=threads, engine=engine)


_ALL_NODES: WeakKeyDictionary[RoadNetwork, dict[bool, tuple[Access, Ways]]] = WeakKeyDictionary()
"""The ways to all nodes of networks that were asked for them: the same for every question."""


def _access_all_nodes(network: RoadNetwork, *, outward: bool) -> tuple[Access, Ways]:
    known = _ALL_NODES.setdefault(network, {})
    if outward not in known:
        access = _access_nodes(network, np.arange(network.node_count), outward=outward)
        exits = Ways(access.first, access.ways).turned(len(network.chains.node))
        known[outward] = (access, exits)
    return known[outward]


def nearest_nodes(
    network: RoadNetwork,
    sources: Longs,
    *,
    backwards: bool = False,
    engine: str = ENGINE,
) -> tuple[Longs, Longs]:
    """Find the quickest of some nodes for every node of a network, however far.

    Parameters
    ----------
    network, sources, backwards, engine
        As in `node_times`.

    Returns
    -------
    tuple
        For each node the position among the sources, the first of those at the same time, and
        its milliseconds; -1 where none has a way.
    """
    sources = _require_nodes(network, sources, "sources")
    faults = choice_faults("engine", engine, _ENGINES) + flag_faults("backwards", backwards)
    if faults:
        raise InputError(*faults)
    mine = _access_nodes(network, sources, outward=not backwards)
    nothing = Ways(np.zeros(1, dtype=np.int64), np.empty((0, 2), dtype=np.int32))
    question = Question.on(network, Ways(mine.first, mine.ways), nothing, backwards=backwards)
    labels, bits = find_nearest(question, engine=engine)
    chains = network.chains
    forward, backward = chains.forward_ms, chains.backward_ms
    there, back = chains.before_ms, chains.behind_ms
    if backwards:
        forward, backward, there, back = backward, forward, back, there
    ways = (chains.chain, chains.tail, chains.head, forward, backward, there, back)
    node_label = np.empty(network.node_count, np.int64)
    _in_parts(_label_nodes, node_label, labels, bits, chains.junction, chains.begins, *ways)
    inner = chains.first, chains.begins, network.tail, network.head, chains.along
    place = mine.spots.place.astype(np.int64) + chains.first[mine.spots.chain]
    _label_beside(node_label, bits, mine.point, mine.spots.chain, place, *inner, *ways[3:])
    position = np.empty_like(node_label)
    _in_parts(_read_labels, node_label, position, bits)
    return position, node_label


def _in_parts(kernel: Callable[..., None], label: Longs, *given: Any) -> None:
    """Let every processor do the kernel for a part of the nodes."""
    threads = thread_count()
    ends = np.linspace(0, len(label), threads + 1).astype(np.int64)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda low, high: kernel(low, high, label, *given), ends[:-1], ends[1:]))


def _require_nodes(network: RoadNetwork, nodes: npt.ArrayLike, name: str) -> Longs:
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    given = np.asarray(nodes).reshape(-1)
    if given.dtype.kind not in "iu" and len(given):
        what = f"{name} holds what are no whole numbers"
        raise InputError(Fault(what, advice=f"give 0 to {network.node_count - 1}"))
    numbers = given.astype(np.int64)
    if ((numbers < 0) | (numbers >= network.node_count)).any():
        what = f"{name} holds numbers that are no nodes of the network"
        raise InputError(Fault(what, advice=f"give 0 to {network.node_count - 1}"))
    return numbers


def _access_nodes(network: RoadNetwork, nodes: Longs, *, outward: bool) -> Access:
    """Return the ways between nodes and junctions; nodes within a chain have one at either end."""
    chains = network.chains
    junction = chains.junction[nodes]
    inner = np.flatnonzero(junction < 0)
    edge_at = np.empty(0, dtype=np.int64)
    if len(inner):
        edge_at = chains.begins[nodes[inner]].astype(np.int64)
        by_edge = np.argsort(edge_at, kind="stable")
        inner, edge_at = inner[by_edge], edge_at[by_edge]
    chain = chains.chain[edge_at]
    there, back = chains.before_ms[edge_at], chains.behind_ms[edge_at]
    forward, backward = chains.forward_ms[chain], chains.backward_ms[chain]
    at_tail, at_head = (back, forward - there) if outward else (there, backward - back)
    may_tail, may_head = (backward, forward) if outward else (forward, backward)
    at = np.flatnonzero(junction >= 0)
    row = np.concatenate([at, inner[may_tail >= 0], inner[may_head >= 0]])
    ways = Ways.sort(
        row,
        np.concatenate(
            [junction[at], chains.tail[chain][may_tail >= 0], chains.head[chain][may_head >= 0]]
        ),
        np.concatenate([np.zeros(len(at)), at_tail[may_tail >= 0], at_head[may_head >= 0]]),
        len(nodes),
    )
    zero = np.zeros(len(inner), dtype=np.int64)
    spots = Spots(
        chain.astype(np.int64), (edge_at - chains.first[chain]).astype(float),
        there.astype(np.int64), back.astype(np.int64),
        np.full(len(inner), NO_LEG), there.astype(float), back.astype(float),
    )  # fmt: skip
    return Access(ways.first, ways.ways, inner, spots, zero, np.zeros(len(nodes)))


@compiled
def _label_nodes(
    low: int, high: int, node_label: Longs,
    labels: Longs, bits: int, junction: Ints, begins: Ints,
    chain: Ints, tail: Ints, head: Ints,
    forward: Ints, backward: Ints, there: Ints, back: Ints,
) -> None:  # fmt: skip
    """Write the label of some nodes: their own, or the best from the ends of their chain."""
    for node in range(low, high):
        if junction[node] >= 0:
            node_label[node] = labels[junction[node]]
            continue
        edge = begins[node]
        one = chain[edge]
        label = FAR
        if forward[one] >= 0 and labels[tail[one]] != FAR:
            label = labels[tail[one]] + (np.int64(there[edge]) << bits)
        if backward[one] >= 0 and labels[head[one]] != FAR:
            other = labels[head[one]] + (np.int64(backward[one] - back[edge]) << bits)
            label = min(label, other)
        node_label[node] = label


@compiled
def _label_beside(
    node_label: Longs, bits: int, source: Longs, chain: Longs, place: Longs,
    first: Ints, begins: Ints, edge_tail: Ints, edge_head: Ints, along: npt.NDArray[np.bool_],
    forward: Ints, backward: Ints, there: Ints, back: Ints,
) -> None:  # fmt: skip
    """Label the nodes of chains that have a source between their ends."""
    for at in range(len(source)):
        one, here = chain[at], place[at]
        for edge in range(first[one], first[one + 1]):
            node = edge_tail[edge] if along[edge] else edge_head[edge]
            if begins[node] != edge:
                continue
            if edge >= here and forward[one] >= 0:
                ms = np.int64(there[edge] - there[here])
                node_label[node] = min(node_label[node], (ms << bits) + source[at])
            if edge <= here and backward[one] >= 0:
                ms = np.int64(back[here] - back[edge])
                node_label[node] = min(node_label[node], (ms << bits) + source[at])
            if edge == here:
                node_label[node] = min(node_label[node], source[at])


@compiled
def _read_labels(low: int, high: int, label: Longs, position: Longs, bits: int) -> None:
    """Write position and milliseconds of some labels, -1 where there is none."""
    mask = (np.int64(1) << bits) - 1
    for at in range(low, high):
        position[at] = label[at] & mask if label[at] < FAR else -1
        label[at] = label[at] >> bits if label[at] < FAR else -1
