"""Many-to-many searches on the graph between junctions, by whichever engine is there."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import dijkstra

from boxreach.compilation import COMPILED, compiled, lend
from boxreach.network import RoadNetwork
from boxreach.routing.kernels import FAR, bucket_count, search_nearest, search_within
from boxreach.workers import Client, thread_count, work

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]
Part = tuple[Longs, Longs, Ints, Ints]
"""Sources, how many pairs each has, and demand and milliseconds of these, source by source."""

ENGINE = "compiled" if COMPILED else "scipy"
"""What searches: our kernel, or scipy's algorithm where numba is missing."""

_FOR_EACH = 4
"""So many pieces for each thread or worker, who end at about the same time; a worker that is lost
loses no more than its pieces, and each costs Dask some milliseconds."""
_FEWEST_AT_ONCE, _MOST_AT_ONCE = 64, 512
_NUMBERS_AT_ONCE = 20_000_000


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways of rows to other rows: those of row r are ``ways[first[r] : first[r + 1]]``.

    Attributes
    ----------
    first
        Where the ways of each row begin.
    ways
        The other row and the milliseconds.
    """

    first: Longs
    ways: Ints

    @classmethod
    def sort(
        cls, row: npt.NDArray[Any], other: npt.NDArray[Any], ms: npt.NDArray[Any], rows: int
    ) -> Ways:
        """Return ways given in any order."""
        row, other, ms = (lend(np.ascontiguousarray(one, np.int32)) for one in (row, other, ms))
        return cls(*_sort_by_row(row, other, ms, rows))

    @classmethod
    def join(cls, parts: list[tuple[Ints, Ints, Ints]], rows: int) -> Ways:
        """Return ways given in parts, each by row, in the order of the parts, which are used up."""
        count = np.zeros(rows + 1, np.int64)
        for row, _, _ in parts:
            count[1:] += np.bincount(row, minlength=rows)
        first = np.cumsum(count)
        following, ways = first[:-1].copy(), np.empty((first[-1], 2), np.int32)
        while parts:
            _put_ways(*parts.pop(0), following, ways)
        return cls(first, ways)

    @property
    def row(self) -> Longs:
        """The row that each way starts from."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def turned(self, rows: int) -> Ways:
        """Return the same ways by the other row."""
        return Ways(*_turn(self.first, lend(self.ways), rows))


@compiled
def _put_ways(row: Ints, other: Ints, ms: Ints, following: Longs, ways: Ints) -> None:
    for at in range(len(row)):
        place = following[row[at]]
        ways[place, 0], ways[place, 1] = other[at], ms[at]
        following[row[at]] = place + 1


@compiled
def _turn(begins: Longs, given: Ints, rows: int) -> tuple[Longs, Ints]:
    """Return where the ways of each other row begin, and the ways by it, in their order."""
    first = np.zeros(rows + 2, np.int64)
    for at in range(len(given)):
        first[given[at, 0] + 2] += 1
    for at in range(1, rows + 2):
        first[at] += first[at - 1]
    ways = np.empty((len(given), 2), np.int32)
    for row in range(len(begins) - 1):
        for at in range(begins[row], begins[row + 1]):
            place = first[given[at, 0] + 1]
            ways[place, 0], ways[place, 1] = row, given[at, 1]
            first[given[at, 0] + 1] += 1
    return first[: rows + 1], ways


@compiled
def _sort_by_row(row: Ints, other: Ints, ms: Ints, rows: int) -> tuple[Longs, Ints]:
    """Return where the ways of each row begin, and the ways by row, in their order."""
    first = np.zeros(rows + 2, np.int64)
    for at in range(len(row)):
        first[row[at] + 2] += 1
    for at in range(1, rows + 2):
        first[at] += first[at - 1]
    ways = np.empty((len(row), 2), np.int32)
    for at in range(len(row)):
        place = first[row[at] + 1]
        ways[place, 0], ways[place, 1] = other[at], ms[at]
        first[row[at] + 1] += 1
    return first[: rows + 1], ways


@dataclass(frozen=True, eq=False)
class Question:
    """From which sources to which demand, on which graph.

    Attributes
    ----------
    first, arcs
        The arcs that leave each junction.
    entries
        Ways of sources to junctions.
    exits, exits_by_junction
        Ways of demand from junctions, and the same by junction, where that is known.
    """

    first: Ints
    arcs: Ints
    entries: Ways
    exits: Ways
    exits_by_junction: Ways | None = None

    @classmethod
    def on(cls, network: RoadNetwork, entries: Ways, exits: Ways, *, backwards: bool) -> Question:
        """Return the question on a network, its ways driven backwards or not."""
        chains = network.chains
        if backwards:
            return cls(chains.in_first, chains.in_arcs, entries, exits)
        return cls(chains.out_first, chains.out_arcs, entries, exits)

    @property
    def sources(self) -> int:
        """Number of sources."""
        return len(self.entries.first) - 1

    @property
    def demands(self) -> int:
        """Number of demand rows."""
        return len(self.exits.first) - 1

    @property
    def exits_by_demand(self) -> Ways:
        """Ways of demand from junctions, by demand, put into that order anew where they are not."""
        turned = self.exits_by_junction
        return self.exits if turned is None else turned.turned(self.demands)

    def turned(self) -> Question:
        """Return the same with the ways of demand by junction alone, as our kernel reads them."""
        none = Ways(np.zeros(self.demands + 1, np.int64), np.empty((0, 2), np.int32))
        return replace(self, exits=none, exits_by_junction=self.exits.turned(len(self.first) - 1))

    def graph(self) -> csr_array:
        """Return the arcs as a sparse matrix of milliseconds, the sources behind the junctions."""
        nodes = len(self.first) - 1
        width = nodes + self.sources
        roads, entries = (
            csr_array((ways[:, 1].astype(float), ways[:, 0], first), shape=(len(first) - 1, width))
            for first, ways in ((self.first, self.arcs), (self.entries.first, self.entries.ways))
        )
        return csr_array(vstack([roads, entries], format="csr"))


def find_within(
    question: Question,
    beside: Ways,
    limit_ms: int,
    *,
    threads: int | None = None,
    engine: str = ENGINE,
    progress: Progress | None = None,
    client: Client | None = None,
) -> csr_array:
    """Return the milliseconds of all pairs up to a limit, sources by demand, zeros kept.

    Parameters
    ----------
    question
        From where to where.
    beside
        Ways of sources to demand that pass no junction.
    limit_ms
        The longest time; it is within.
    threads
        How many at once; as many as there are processors if not said.
    engine
        ``"compiled"``, our kernel, or ``"scipy"``, which gives the same, slower.
    progress
        Called with what is done, how much of it, and out of how much.
    client
        Of Dask, whose workers search; threads of this process do if not given.
    """
    sweep = plan_search(question, beside, limit_ms, engine)
    shape = question.sources, question.demands
    return gather_parts(sweep, shape, threads=threads, progress=progress, client=client)


def gather_parts(
    sweep: Sweep,
    shape: tuple[int, int],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> csr_array:
    """Return all that a search finds, as `find_within` does.

    Parameters
    ----------
    sweep
        The search.
    shape
        How many sources and demand rows there are.
    threads, progress, client
        As in `find_within`.
    """
    parts, done = [], 0

    def take(_at: int, part: Part) -> None:
        nonlocal done
        parts.append(part)
        done += len(part[0])
        if progress is not None:
            progress("travel times", done, shape[0])

    sweep.run(take, threads=threads, client=client)
    return join_parts(parts, shape)


def join_parts(parts: list[Part], shape: tuple[int, int]) -> csr_array:
    """Return what was found for some sources each as one matrix."""
    count = np.zeros(shape[0] + 1, np.int64)
    for sources, pairs, _, _ in parts:
        count[sources + 1] = pairs
    first = np.cumsum(count)
    small = max(shape[1], first[-1]) < np.iinfo(np.int32).max
    demand, ms = np.empty(first[-1], np.int32 if small else np.int64), np.empty(first[-1], np.int64)

    def place(part: Part) -> None:
        sources, pairs, found, found_ms = part
        _place(sources, pairs, found, found_ms, first, demand, ms)

    if len(parts) == 1:  # a thread takes longer to begin than most parts
        place(parts[0])
    else:
        with ThreadPoolExecutor(thread_count()) as pool:
            list(pool.map(place, parts))
    return csr_array((ms, demand, first.astype(demand.dtype)), shape=shape)


@compiled
def _place(
    sources: Longs, pairs: Longs, found: Ints, found_ms: Ints,
    first: Longs, demand: npt.NDArray[Any], ms: Longs,
) -> None:  # fmt: skip
    begin = 0
    for at, source in enumerate(sources):
        end, home = begin + pairs[at], first[source]
        demand[home : home + pairs[at]] = found[begin:end]
        ms[home : home + pairs[at]] = found_ms[begin:end]
        begin = end


Piece = tuple[int, int]
"""From which of the sources, in the order of the search, to which."""


class Sweep(ABC):
    """A search whose sources are searched from some at a time, in any order, by anybody."""

    order: Longs
    """The sources, those first that are searched from first."""

    threads_help = True
    """Whether several threads are quicker than one."""

    def run(
        self,
        take: Callable[[int, Part], None],
        *,
        threads: int | None = None,
        client: Client | None = None,
        share: int | None = None,
    ) -> None:
        """Search from all sources, and hand over what is found as it comes.

        Parameters
        ----------
        take
            Called with the number of each piece, and what was found.
        threads, client
            As in `find_within`.
        share
            How many sources are a piece; as suits who searches if not given.
        """
        at_once = int(threads or thread_count()) if self.threads_help else 1
        if client is not None:
            at_once = max(sum(client.nthreads().values()), 1)
        share = share or self.share(at_once)
        ends = range(share, len(self.order) + share, share)
        pieces = [(end - share, min(end, len(self.order))) for end in ends]
        work(client, _search_piece, self, pieces, take, threads=at_once)

    def share(self, at_once: int) -> int:
        """Return how many sources are a piece where so many are searched at once."""
        share = -(-len(self.order) // (_FOR_EACH * at_once))
        fewest, most = self.shares()
        return min(max(share, fewest), most)

    @abstractmethod
    def shares(self) -> tuple[int, int]:
        """Return the fewest and the most sources that make a good piece."""

    @abstractmethod
    def search(self, sources: Longs) -> Part:
        """Return what is found from some sources."""


def _search_piece(sweep: Sweep, piece: Piece) -> Part:
    """Return what is found from a piece of the sources."""
    return sweep.search(sweep.order[slice(*piece)])


def plan_search(question: Question, beside: Ways, limit_ms: int, engine: str = ENGINE) -> Sweep:
    """Return what is to be searched, as in `find_within`."""
    if engine != "compiled":
        return _ByScipy(np.arange(question.sources), question, beside, limit_ms)
    exits = question.exits_by_junction or question.exits.turned(len(question.first) - 1)
    has_exit = np.packbits(exits.first[1:] > exits.first[:-1], bitorder="little")
    # Neighbours one after the other: much of what one reads is still at hand for the next.
    starts, entries = question.entries.first[:-1], question.entries.ways[:, 0]
    order = np.argsort(np.append(entries, 0)[starts], kind="stable")
    longest_ms = int(question.entries.ways[:, 1].max(initial=0))
    # Waiting labels lie within the longest arc of each other, those at the start within theirs.
    longest_ms = min(limit_ms, max(longest_ms, int(question.arcs[:, 1].max(initial=0))))
    return _Compiled(
        order, question.first, question.arcs, question.entries, has_exit, exits, beside,
        limit_ms, question.demands, bucket_count(longest_ms),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Compiled(Sweep):
    """What our kernel is told."""

    order: Longs
    first: Ints
    arcs: Ints
    entries: Ways
    has_exit: npt.NDArray[np.uint8]
    exits: Ways
    beside: Ways
    limit_ms: int
    demands: int
    buckets: int

    def shares(self) -> tuple[int, int]:
        """Return large shares, for each begins with arrays as long as the network."""
        return _FEWEST_AT_ONCE, _MOST_AT_ONCE

    def search(self, sources: Longs) -> Part:
        found = search_within(
            lend(self.first), lend(pack(self.arcs)), self.entries.first, self.entries.ways,
            self.has_exit, self.exits.first, self.exits.ways, self.beside.first,
            self.beside.ways, sources, self.limit_ms, self.demands, self.buckets,
        )  # fmt: skip
        return sources, *found


@dataclass(frozen=True, eq=False)
class _ByScipy(Sweep):
    """What scipy is told."""

    order: Longs
    question: Question
    beside: Ways
    limit_ms: int

    threads_help = False

    @cached_property
    def graph(self) -> csr_array:
        """The arcs and the ways that lead to them."""
        return self.question.graph()

    def shares(self) -> tuple[int, int]:
        """Return how many sources fit into memory, each with the times to everywhere."""
        long = max(self.graph.shape[1], len(self.question.exits.ways), self.question.demands, 1)
        fit = max(1, _NUMBERS_AT_ONCE // long)
        return fit, fit

    def search(self, sources: Longs) -> Part:
        question, nodes = self.question, len(self.question.first) - 1
        exits, beside = question.exits, self.beside
        served = np.flatnonzero(np.diff(exits.first))
        best = np.full((len(sources), question.demands), np.inf)
        if len(served):
            reached = dijkstra(self.graph, indices=nodes + sources, limit=float(self.limit_ms))
            onward = reached[:, exits.ways[:, 0]] + exits.ways[:, 1]
            best[:, served] = np.minimum.reduceat(onward, exits.first[served], axis=1)
        near = slice(beside.first[sources[0]], beside.first[sources[-1] + 1])
        place = beside.row[near] - sources[0], beside.ways[near, 0]
        np.minimum.at(best, place, beside.ways[near, 1])
        row, demand = np.nonzero(best <= self.limit_ms)
        pairs = np.bincount(row, minlength=len(sources))
        return sources, pairs, demand.astype(np.int32), best[row, demand].astype(np.int32)


def pack(arcs: Ints) -> Longs:
    """Return rows of junction and milliseconds as one number each, milliseconds first."""
    if sys.byteorder == "little":
        return arcs.view(np.int64).reshape(-1)
    return (arcs[:, 1].astype(np.int64) << 32) | arcs[:, 0]


def label_bits(sources: int) -> int:
    """Return how many bits a label keeps for the source."""
    return max(sources - 1, 1).bit_length()


def find_nearest(question: Question, *, engine: str = ENGINE) -> tuple[Longs, int]:
    """Return for each junction the best label: milliseconds shifted left, and the source.

    Of sources at the same time the first wins, for its label is less. `FAR` where none has a way.

    Parameters
    ----------
    question
        From where, on which graph.
    engine
        As in `find_within`.

    Returns
    -------
    tuple
        The labels, and the bits by which milliseconds are shifted.
    """
    bits = label_bits(question.sources)
    entries = question.entries
    labels = (entries.ways[:, 1].astype(np.int64) << bits) + entries.row
    if engine == "compiled":
        longest_ms = max(int(one[:, 1].max(initial=0)) for one in (entries.ways, question.arcs))
        rows = np.column_stack([entries.ways[:, 0].astype(np.int64), labels])
        turn = bucket_count(longest_ms)
        first, arcs = lend(question.first), lend(pack(question.arcs))
        return search_nearest(first, arcs, rows, bits, turn), bits
    graph, nodes = question.graph(), len(question.first) - 1
    graph.data *= 2.0**bits
    graph.data[graph.indptr[nodes] :] = labels
    if not question.sources:
        return np.full(nodes, FAR), bits
    every = nodes + np.arange(question.sources)
    reached = dijkstra(graph, indices=every, min_only=True)[:nodes]
    return np.where(np.isfinite(reached), reached, FAR).astype(np.int64), bits
