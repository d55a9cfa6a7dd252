"""The roads of a run: straight legs with their times, and the graph that networkx searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boxreach.verification.evidence import UNITS_PER_DEGREE, Evidence

if TYPE_CHECKING:
    import networkx as nx

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

_EQUATOR_M, _SQUARED_ECCENTRICITY = 6_378_137.0, 0.0066943799901413165
_OF_EDGES = ("tail", "head", "forward_ms", "backward_ms")


@dataclass(frozen=True, eq=False)
class Legs:
    """The straight parts of edges, edge by edge: leg n of all begins where ``xy[n, :2]`` says.

    Attributes
    ----------
    xy
        Longitude and latitude of both ends, four columns.
    edge, first
        The edge of each leg; the legs of edge e are ``first[e]`` up to ``first[e + 1]``.
    ms
        Milliseconds with the edge and against it.
    metres
        The length of each.
    """

    xy: Floats
    edge: Longs
    first: Longs
    ms: Longs
    metres: Floats

    def before(self, leg: Longs) -> tuple[Longs, Floats]:
        """Return the milliseconds, both ways, and the metres of an edge before some of its legs."""
        ms = np.vstack([np.zeros((1, 2), np.int64), np.cumsum(self.ms, axis=0)])
        metres = np.append(0.0, np.cumsum(self.metres))
        begin = self.first[self.edge[leg]]
        return ms[leg] - ms[begin], metres[leg] - metres[begin]

    def lengths(self) -> Floats:
        """Return the metres of each edge."""
        sums = np.bincount(self.edge, self.metres, minlength=len(self.first) - 1)
        return sums.astype(np.float64)

    def part_ms(self, edge: int, share: float, slowed: float) -> list[int]:
        """Return the milliseconds of an edge up to a share of it, with it and against it."""
        ahead = share * float(self.metres[self.first[edge] : self.first[edge + 1]].sum())
        ms = [0, 0]
        for leg in range(self.first[edge], self.first[edge + 1]):
            metres = float(self.metres[leg])
            part = min(ahead / metres, 1.0) if metres > 0 else 0.0
            for way in (0, 1):
                ms[way] += slow(np.floor(part * self.ms[leg, way] + 0.5), slowed)
            ahead -= metres
            if ahead <= 0:
                break
        return ms


@dataclass(frozen=True, eq=False)
class Roads:
    """Roads on which one may drive: all of them, or what closures leave.

    Attributes
    ----------
    legs
        Of the edges as they are drawn, without closures.
    tail, head, forward_ms, backward_ms
        Of each piece that is driven; -1 where one may not drive so.
    edge, start, end, slowed
        Which edge each piece is part of, from and to which share, and how many times as long it
        takes. By edge.
    """

    legs: Legs
    tail: Longs
    head: Longs
    forward_ms: Longs
    backward_ms: Longs
    edge: Longs
    start: Floats
    end: Floats
    slowed: Floats

    def graph(self, *, backwards: bool) -> nx.DiGraph:
        """Return the graph of all ends of pieces, each arc the quickest of its two ends."""
        arcs: dict[tuple[int, int], int] = {}
        tail, head = self.tail.tolist(), self.head.tolist()
        for tails, heads, times in (
            (tail, head, self.forward_ms.tolist()), (head, tail, self.backward_ms.tolist())
        ):  # fmt: skip
            begins, ends = (heads, tails) if backwards else (tails, heads)
            for begin, end, ms in zip(begins, ends, times, strict=True):
                if ms >= 0 and ms < arcs.get((begin, end), ms + 1):
                    arcs[begin, end] = ms
        import networkx as nx  # noqa: PLC0415 - large, and only verify asks for it

        graph = nx.DiGraph()
        graph.add_nodes_from(range(self.nodes))
        graph.add_weighted_edges_from((*arc, ms) for arc, ms in arcs.items())
        return graph

    @property
    def nodes(self) -> int:
        """One more than the highest number of a node."""
        return int(max(self.tail.max(initial=-1), self.head.max(initial=-1))) + 1


def read_roads(evidence: Evidence) -> tuple[Roads, Roads | None]:
    """Return the roads that were driven, and all of them if closures took some away."""
    network = evidence.under("network")
    legs = _read_legs(network)
    tail, head, forward, backward = (network[name].astype(np.int64) for name in _OF_EDGES)
    none, all_of_it = np.zeros(len(tail)), np.ones(len(tail))
    whole = Roads(
        legs, tail, head, forward, backward, np.arange(len(tail)), none, all_of_it, all_of_it
    )
    kept = evidence.under("stretches")
    if not kept:
        return whole, None
    piece = kept["piece"].astype(np.int64)
    tail, head, forward, backward = (kept[name].astype(np.int64)[piece] for name in _OF_EDGES)
    # Each piece has two ends, which may be new; a graph of more nodes could fill the memory.
    most = len(network["lon"]) + 2 * len(kept["tail"])
    if not (_are_below(tail, most) and _are_below(head, most)):
        raise ValueError("a stretch of road ends nowhere")
    start, end, slowed = (kept[name].astype(float) for name in ("start", "end", "slowed"))
    edge = kept["edge"].astype(np.int64)
    return Roads(legs, tail, head, forward, backward, edge, start, end, slowed), whole


def _read_legs(network: dict[str, npt.NDArray[Any]]) -> Legs:
    first_bend = network["bend_first"].astype(np.int64)
    edges = len(network["tail"])
    bends = np.diff(first_bend, prepend=0, append=len(network["bend_lon"]))
    if len(first_bend) != edges + 1 or (bends < 0).any() or bends[[0, -1]].any():
        raise ValueError("the bends of the roads are not those of their edges")
    if not all(_are_below(network[end], len(network["lon"])) for end in ("tail", "head")):
        raise ValueError("a road ends nowhere")
    first = first_bend + np.arange(edges + 1)
    edge = np.repeat(np.arange(edges), np.diff(first))
    number = np.arange(len(edge)) - first[edge]
    bend, last = first_bend[edge] + number, number == np.diff(first)[edge] - 1
    columns = []
    for far in (False, True):
        at_node = last if far else number == 0
        node = network["head" if far else "tail"][edge]
        for axis in ("lon", "lat"):
            column = network[axis][node].astype(np.int64)
            inner = np.flatnonzero(~at_node)
            column[inner] = network[f"bend_{axis}"][bend[inner] - (0 if far else 1)]
            columns.append(column / UNITS_PER_DEGREE)
    xy = np.column_stack(columns)
    ms = network["leg_ms"].astype(np.int64)
    return Legs(xy, edge, first, ms, plane_lengths(xy))


def _are_below(numbers: npt.NDArray[Any], many: int) -> bool:
    return bool(((numbers >= 0) & (numbers < many)).all())


def plane_lengths(xy: Floats) -> Floats:
    """Return the metres of straight legs by the radii of curvature at their middle latitude."""
    east, north = degree_lengths((xy[:, 1] + xy[:, 3]) / 2)
    return np.hypot((xy[:, 2] - xy[:, 0]) * east, (xy[:, 3] - xy[:, 1]) * north)


def degree_lengths(lat: Floats) -> tuple[Floats, Floats]:
    """Return the metres of a degree eastwards and northwards on WGS 84."""
    sine = np.sin(np.radians(lat))
    rest = 1 - _SQUARED_ECCENTRICITY * sine**2
    east = np.radians(_EQUATOR_M / np.sqrt(rest)) * np.cos(np.radians(lat))
    return east, np.radians(_EQUATOR_M * (1 - _SQUARED_ECCENTRICITY) / rest**1.5)


def slow(ms: float, slowed: float) -> int:
    """Return milliseconds so many times as long, rounded up but for what floats lose.

    Examples
    --------
    >>> slow(700, 1 / 0.7), slow(1, 1 / 0.3)
    (1000, 4)
    """
    longer = float(ms) * slowed
    return int(np.ceil(longer - 1e-15 * longer - 1e-9))
