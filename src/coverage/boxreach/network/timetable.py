"""What edges, chains and arcs take in each state of the roads, on one graph that never changes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.network.chains import Chains, in_order
from boxreach.network.graph import RoadNetwork
from boxreach.network.legs import LONGEST_MS, slow_whole_ms
from boxreach.network.slowing import stretches_of
from boxreach.workers import thread_count

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_FEW_ROWS = 100_000
"""For fewer, starting threads takes longer than the work."""


@dataclass(frozen=True, eq=False)
class RoadTimes:
    """The times of a state.

    Attributes
    ----------
    forward_ms, backward_ms
        Milliseconds of each edge; -1 where one may not drive so.
    chains
        The chains with their times; arcs of chains that are gone take `LONGEST_MS`, which is
        beyond any limit.
    slowed
        How many times as long each edge takes, what closures slow included.
    gone
        Which chains are gone.
    """

    forward_ms: Ints
    backward_ms: Ints
    chains: Chains
    slowed: Floats
    gone: Flags


class Timetable:
    """The times of all states of a network.

    Parameters
    ----------
    network
        The network. What may close must be whole chains (`divide`).

    Attributes
    ----------
    network
        The network, its arcs in the order in which `contract` lays them.
    edge, start, end
        Of each edge of the network, the edge of the lifted one and which shares of it.
    slowed
        How many times as long closures make it.
    """

    def __init__(self, network: RoadNetwork) -> None:
        # In one order of arcs, in whatever order the network has them.
        self.network = network = network.changed(chains=in_order(network.chains))
        self.whole, self._found = stretches_of(network)
        found = self._found
        self.edge, self.slowed = found.edge, found.slowed
        self.start, self.end = found.start, found.end
        if network.lifted is not None:
            order = np.argsort(found.piece)
            self.edge, self.slowed = found.edge[order], found.slowed[order]
            self.start, self.end = found.start[order], found.end[order]
        self._closures_slow = bool((self.slowed != 1).any())
        self.cut = np.flatnonzero((self.start > 0) | (self.end < 1))
        chains = network.chains
        may = chains.forward_ms >= 0, chains.backward_ms >= 0
        ends, count = (chains.tail, chains.head), len(chains.node)
        leaving = _place_arcs(*ends, *may, count)
        arriving = _place_arcs(*ends, *may[::-1], count)
        # By chain: the arc with it and the arc against it, among those that leave and arrive.
        self._arcs = (leaving, arriving[::-1])

    @cached_property
    def waits(self) -> bool:
        """Whether edges take more than their legs: something is waited at junctions."""
        whole = self.whole.edges
        before = whole.before_legs[1]
        if not len(before):
            return False
        legs = before[whole.bend_first[1:] + 2 * np.arange(len(whole)) + 1]
        may = np.column_stack([whole.forward_ms, whole.backward_ms])
        return bool((may > legs).any())

    def under(self, slowed: Floats | None, gone: Flags | None) -> RoadTimes:
        """Return the times of a state.

        Parameters
        ----------
        slowed
            How many times as long each edge takes, besides what closures do; None as usual.
        gone
            Which edges are gone, whole chains; none if not given.
        """
        edges, chains = self.network.edges, self.network.chains
        lost = np.zeros(len(chains.tail), dtype=bool)
        if gone is not None:
            lost[chains.chain[gone]] = True
        if slowed is None or not (slowed != 1).any():
            timed = self._close(chains, lost) if lost.any() else chains
            return RoadTimes(edges.forward_ms, edges.backward_ms, timed, self.slowed, lost)
        total = self.slowed * slowed if self._closures_slow else slowed
        forward, backward = self._slow_edges(slowed, total)
        timed = self._close(self._slow_chains(forward, backward), lost)
        return RoadTimes(forward, backward, timed, total, lost)

    def lay(self, slowed: Floats) -> RoadNetwork:
        """Return the network in a state in which no road is gone.

        On it times are those on the network that `slow_roads` puts together, but all numbers and
        all that slower roads do not change are kept.

        Parameters
        ----------
        slowed
            How many times as long each edge takes, besides what closures do.
        """
        network, found = self.network, self._found
        roads = self.under(slowed, None)
        edges = replace(
            network.edges,
            forward_ms=roads.forward_ms,
            backward_ms=roads.backward_ms,
            pace=network.edges.pace[:0],
        )
        slower = replace(found, slowed=roads.slowed[found.piece])
        return network.changed(
            edges=edges, chains=roads.chains, lifted=self.whole, stretches=slower
        )

    def _slow_edges(self, slowed: Floats, total: Floats) -> tuple[Ints, Ints]:
        """Return the milliseconds of edges, as `Edges.stretch_ms` tells them."""
        edges, whole = self.network.edges, self.whole.edges
        forward, backward = edges.forward_ms.copy(), edges.backward_ms.copy()
        before = whole.before_legs[1]
        in_shares(
            _slow_whole_edges, len(edges), slowed, total, self.edge, before, whole.bend_first,
            whole.forward_ms, whole.backward_ms, forward, backward,
        )  # fmt: skip
        some = self.cut[slowed[self.cut] != 1]
        if len(some):
            ms = whole.stretch_ms(self.edge[some], self.start[some], self.end[some], total[some])
            forward[some], backward[some] = ms
        return forward, backward

    def _slow_chains(self, forward: Ints, backward: Ints) -> Chains:
        """Return the chains, timed by their edges."""
        chains = self.network.chains
        before, behind = np.empty((2, len(forward)), np.int32)
        there, back = np.empty((2, len(chains.tail)), np.int32)
        in_shares(
            _time_chains, len(there), chains.first, chains.along, forward, backward,
            before, behind, there, back,
        )  # fmt: skip
        leaving, arriving = chains.out_arcs.copy(), chains.in_arcs.copy()
        for arcs, places in zip((leaving, arriving), self._arcs, strict=True):
            in_shares(_time_arcs, len(there), *places, there, back, arcs)
        return replace(
            chains,
            forward_ms=there,
            backward_ms=back,
            before_ms=before,
            behind_ms=behind,
            out_arcs=leaving,
            in_arcs=arriving,
        )

    def _close(self, chains: Chains, lost: Flags) -> Chains:
        leaving, arriving = chains.out_arcs.copy(), chains.in_arcs.copy()
        for arcs, places in zip((leaving, arriving), self._arcs, strict=True):
            for place in places:
                arcs[place[lost & (place >= 0)], 1] = LONGEST_MS
        return replace(chains, out_arcs=leaving, in_arcs=arriving)


def in_shares(kernel: Callable[..., None], count: int, *given: Any) -> None:
    """Let every processor do the kernel for a share of so many rows, unless these are few."""
    if count < _FEW_ROWS:
        kernel(0, count, *given)
        return
    threads = thread_count()
    ends = np.linspace(0, count, threads + 1).astype(np.int64)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda low, high: kernel(low, high, *given), ends[:-1], ends[1:]))


@compiled
def _place_arcs(
    tail: Ints, head: Ints, forward: Flags, backward: Flags, junctions: int
) -> tuple[Ints, Ints]:
    """Return which arc each chain is from tail to head, and back; -1 for none (see `contract`)."""
    first = np.zeros(junctions + 2, np.int32)
    for chain in range(len(tail)):
        if tail[chain] != head[chain]:
            first[tail[chain] + 2] += forward[chain]
            first[head[chain] + 2] += backward[chain]
    for at in range(1, junctions + 2):
        first[at] += first[at - 1]
    places = np.full((2, len(tail)), np.int32(-1))
    for chain in range(len(tail)):
        one, other = tail[chain], head[chain]
        if one == other:
            continue
        if forward[chain]:
            places[0, chain] = first[one + 1]
            first[one + 1] += 1
        if backward[chain]:
            places[1, chain] = first[other + 1]
            first[other + 1] += 1
    return places[0], places[1]


@compiled
def _slow_whole_edges(
    low: int, high: int, slowed: Floats, total: Floats, edge: Longs, before_ms: Ints,
    bend_first: Ints, whole_forward: Ints, whole_backward: Ints, forward: Ints, backward: Ints,
) -> None:  # fmt: skip
    """Write the milliseconds of slowed edges as if none were cut, rounded up leg by leg."""
    for at in range(low, high):
        if slowed[at] == 1.0:
            continue
        one = edge[at]
        there, back = int(max(whole_forward[one], 0)), int(max(whole_backward[one], 0))
        if not len(before_ms):
            there, back = slow_whole_ms(there, total[at]), slow_whole_ms(back, total[at])
        else:
            first, last = bend_first[one] + 2 * one, bend_first[one + 1] + 2 * one + 1
            # What is more than the legs take is waited at junctions.
            there -= min(int(before_ms[last, 0]), there)
            back -= min(int(before_ms[last, 1]), back)
            for row in range(first, last):
                there += slow_whole_ms(before_ms[row + 1, 0] - before_ms[row, 0], total[at])
                back += slow_whole_ms(before_ms[row + 1, 1] - before_ms[row, 1], total[at])
        if forward[at] >= 0:
            forward[at] = min(there, LONGEST_MS)
        if backward[at] >= 0:
            backward[at] = min(back, LONGEST_MS)


@compiled
def _time_chains(
    low: int, high: int, first: Ints, along: Flags, forward: Ints, backward: Ints,
    before: Ints, behind: Ints, there_ms: Ints, back_ms: Ints,
) -> None:  # fmt: skip
    """Write how far along their chains edges lie, and what chains take."""
    for chain in range(low, high):
        there = back = 0
        one, other = 0, 0
        for edge in range(first[chain], first[chain + 1]):
            before[edge], behind[edge] = there, back
            one, other = forward[edge], backward[edge]
            if not along[edge]:
                one, other = other, one
            there, back = there + max(one, 0), back + max(other, 0)
            there, back = min(there, LONGEST_MS), min(back, LONGEST_MS)
        there_ms[chain] = there if one >= 0 else -1
        back_ms[chain] = back if other >= 0 else -1


@compiled
def _time_arcs(
    low: int, high: int, arc_with: Ints, arc_against: Ints, there_ms: Ints, back_ms: Ints,
    arcs: Ints,
) -> None:  # fmt: skip
    for chain in range(low, high):
        if arc_with[chain] >= 0:
            arcs[arc_with[chain], 1] = there_ms[chain]
        if arc_against[chain] >= 0:
            arcs[arc_against[chain], 1] = back_ms[chain]
