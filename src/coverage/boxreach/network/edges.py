"""Edges as plain arrays: where they run, between which nodes, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from boxreach.crs import WGS84, Floats, point_distances_m
from boxreach.network.closing import slow_ms
from boxreach.network.legs import (
    LONGEST_MS,
    UNITS_PER_DEGREE,
    divide_legs,
    measure_before,
    measure_before_legs,
    measure_parts,
)
from boxreach.network.order import hilbert_order

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

METRIC_LEG_DEGREES = 0.01
"""Legs no longer than this stay where they are, however they are projected."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges between nodes; nothing in it changes.

    Attributes
    ----------
    lon, lat
        Places of the nodes, in 1e-7 degrees.
    tail, head
        Nodes at the two ends of each edge.
    forward_ms, backward_ms
        Milliseconds from tail to head and from head to tail; -1 where one may not drive so.
    length_m
        Length on the ground, winding included.
    pace
        Milliseconds per metre from tail to head and back: a row an edge, or a row a leg where
        speeds change along edges. Empty where edges are given in whole milliseconds.
    bend_first, bend_lon, bend_lat
        The vertices between the ends: those of edge e are ``bend_first[e]`` up to
        ``bend_first[e + 1]``.
    """

    lon: Ints
    lat: Ints
    tail: Ints
    head: Ints
    forward_ms: Ints
    backward_ms: Ints
    length_m: npt.NDArray[np.float32]
    pace: Floats
    bend_first: Ints
    bend_lon: Ints
    bend_lat: Ints

    def __len__(self) -> int:
        return len(self.tail)

    def take(self, which: Longs) -> Edges:
        """Return some of the edges, in the order asked for; nodes keep their numbers."""
        count = np.diff(self.bend_first)[which]
        first = np.append(0, np.cumsum(count))
        bend = _spell_out(self.bend_first[which], count)
        pace = self.pace
        if len(pace):
            by_edge = len(pace) == len(self)
            pace = pace[which if by_edge else _spell_out(self.bend_first[which] + which, count + 1)]
        return replace(
            self,
            **{name: getattr(self, name)[which] for name in _BY_EDGE},
            pace=pace,
            bend_first=first.astype(np.int32),
            bend_lon=self.bend_lon[bend],
            bend_lat=self.bend_lat[bend],
        )

    @property
    def drawn(self) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
        """The arrays that say where edges run, as kernels take them."""
        return (
            self.lon, self.lat, self.tail, self.head,
            self.bend_first, self.bend_lon, self.bend_lat,
        )  # fmt: skip

    @cached_property
    def before_legs(self) -> tuple[Floats, Ints]:
        """The metres and the milliseconds, there and back, before each leg of each edge.

        Behind those of its legs an edge has a row for its end: edge e begins with row
        ``bend_first[e] + 2 * e``.
        """
        return measure_before_legs(*self.drawn, self.pace)

    def part_ms(self, edge: Longs, share: Floats, slowed: Floats) -> tuple[Longs, Longs]:
        """Return the milliseconds from the tail of edges to a share of them, and back from there.

        What is left of an edge that is not slowed is the rest of it: ``forward_ms - there``,
        ``backward_ms - back``.

        Parameters
        ----------
        edge, share
            Positions, and shares of their lengths.
        slowed
            How many times as long they take; each leg is rounded up, so that what divides an edge
            at a vertex changes nothing.
        """
        if len(self.pace):
            there, back = measure_parts(*self.drawn, self.pace, edge, share, slowed)
        else:
            there, back = (
                slow_ms(np.floor(share * np.maximum(ms[edge], 0) + 0.5).astype(np.int64), slowed)
                for ms in (self.forward_ms, self.backward_ms)
            )
        return there, back

    def stretch_ms(
        self, edge: Longs, start: Floats, end: Floats, slowed: Floats
    ) -> tuple[Longs, Longs]:
        """Return the milliseconds of stretches of edges, with the edge and against it.

        Those of the stretches of an edge add up to its own, or to more; -1 where one may not drive
        so. What is waited at a junction is no longer where roads are slower.

        Parameters
        ----------
        edge, start, end
            Positions, and from and to which share of its length each stretch goes.
        slowed
            As in `part_ms`.
        """
        usual = np.ones(len(edge))
        begins, ends = (self.part_ms(edge, one, slowed) for one in (start, end))
        whole = self.part_ms(edge, usual, usual) if len(self.pace) else (usual * 0, usual * 0)
        found = []
        for ms, begin, finish, bare, reaches in zip(
            (self.forward_ms[edge], self.backward_ms[edge]), begins, ends, whole,
            (end >= 1, start <= 0), strict=True,
        ):  # fmt: skip
            wait = np.where(reaches & bool(len(self.pace)), np.maximum(ms - bare, 0), 0)
            longest = np.minimum(finish - begin + wait, LONGEST_MS)
            found.append(np.where(ms < 0, -1, longest).astype(np.int64))
        return found[0], found[1]

    def tail_wait_ms(self, edge: Longs) -> Longs:
        """Return what is waited at the tail of edges by who drives against them: beyond their legs.

        Parameters
        ----------
        edge
            Positions.
        """
        before = self.before_legs[1]
        if not len(before):
            return np.zeros(len(edge), np.int64)
        legs = before[self.bend_first[edge + 1] + 2 * edge + 1, 1].astype(np.int64)
        wait: Longs = np.maximum(self.backward_ms[edge].astype(np.int64) - legs, 0)
        return wait

    def before_ms(self, edge: Longs, leg: Longs, slowed: Floats) -> tuple[Longs, Longs]:
        """Return the milliseconds of all legs before one of an edge, with the edge and against it.

        Parameters
        ----------
        edge, leg, slowed
            Positions, the number of a leg of each edge, and as in `part_ms`.
        """
        if not len(self.pace):  # its edges have one leg each
            return np.zeros(len(edge), np.int64), np.zeros(len(edge), np.int64)
        there, back = measure_before(*self.drawn, self.pace, edge, leg, slowed)
        return there, back

    def in_hilbert_order(self) -> tuple[Edges, Longs]:
        """Return the edges with their nodes numbered along a Hilbert curve, and the new numbers.

        Nodes that no edge uses go; their number is -1.
        """
        used = np.zeros(len(self.lon), dtype=bool)
        used[self.tail] = used[self.head] = True
        kept = np.flatnonzero(used)
        order = kept[hilbert_order(self.lon[kept], self.lat[kept])]
        number = np.full(len(self.lon), -1, dtype=np.int64)
        number[order] = np.arange(len(order))
        edges = replace(
            self,
            lon=self.lon[order],
            lat=self.lat[order],
            tail=number[self.tail].astype(np.int32),
            head=number[self.head].astype(np.int32),
        )
        return edges, number

    def vertices(self, which: Longs) -> tuple[Floats, Longs]:
        """Return longitude and latitude of all vertices of some edges, and whose they are."""
        bends = self.bend_first[which + 1] - self.bend_first[which]
        count = bends + 2
        first = np.cumsum(count) - count
        owner = np.repeat(np.arange(len(which)), count)
        offset = np.arange(len(owner)) - first[owner]
        xy = np.empty((len(owner), 2))
        inner = (offset > 0) & (offset < count[owner] - 1)
        bend = self.bend_first[which][owner[inner]] + offset[inner] - 1
        xy[inner] = np.column_stack([self.bend_lon[bend], self.bend_lat[bend]])
        for ends, at in ((self.tail[which], first), (self.head[which], first + count - 1)):
            xy[at] = np.column_stack([self.lon[ends], self.lat[ends]])
        return xy / UNITS_PER_DEGREE, owner

    def measured(self, edge: int) -> tuple[Floats, Floats]:
        """Return the vertices of an edge, and at which share of it each of them lies."""
        xy, _ = self.vertices(np.array([edge]))
        metres = np.append(0.0, np.cumsum(point_distances_m(*xy[:-1].T, *xy[1:].T)))
        return xy, metres / metres[-1] if metres[-1] > 0 else np.linspace(0, 1, len(xy))

    def lines(self, which: Longs | None = None) -> Shapes:
        """Return edges as lines in EPSG:4326."""
        which = np.arange(len(self)) if which is None else which
        xy, owner = self.vertices(which)
        return np.asarray(shapely.linestrings(xy, indices=owner))

    def metric_lines(self, which: Longs, crs: CRS) -> Shapes:
        """Return edges as lines in a system in metres, long legs divided so that they stay put."""
        xy, owner = divide_legs(*self.vertices(which), METRIC_LEG_DEGREES)
        lines = shapely.linestrings(xy, indices=owner)
        return np.asarray(gpd.GeoSeries(lines, crs=WGS84).to_crs(crs).to_numpy())

    def bounds(self) -> npt.NDArray[np.float64]:
        """Return west, south, east and north of each edge in degrees."""
        low = [np.minimum(one[self.tail], one[self.head]) for one in (self.lon, self.lat)]
        high = [np.maximum(one[self.tail], one[self.head]) for one in (self.lon, self.lat)]
        bent = np.flatnonzero(np.diff(self.bend_first))
        if len(bent):
            starts = self.bend_first[bent]
            for at, bends in enumerate((self.bend_lon, self.bend_lat)):
                low[at][bent] = np.minimum(low[at][bent], np.minimum.reduceat(bends, starts))
                high[at][bent] = np.maximum(high[at][bent], np.maximum.reduceat(bends, starts))
        return np.column_stack([*low, *high]) / UNITS_PER_DEGREE


_BY_EDGE = ("tail", "head", "forward_ms", "backward_ms", "length_m")


def _spell_out(first: Longs | Ints, count: Longs) -> Longs:
    """Return each run of numbers from `first` on, so many as `count` says, one after the other."""
    return np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())


def to_units(degrees: Floats) -> Ints:
    """Return degrees as whole numbers of 1e-7 degrees.

    Examples
    --------
    >>> to_units(np.array([44.36612, -0.00000012])).tolist()
    [443661200, -1]
    """
    return np.rint(degrees * UNITS_PER_DEGREE).astype(np.int32)


def edges_from_nodes(
    lon: Floats, lat: Floats, tail: Longs, head: Longs, forward_ms: Longs, backward_ms: Longs
) -> Edges:
    """Return straight edges between nodes given in degrees."""
    return Edges(
        lon=to_units(lon),
        lat=to_units(lat),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        forward_ms=forward_ms.astype(np.int32),
        backward_ms=backward_ms.astype(np.int32),
        length_m=point_distances_m(lon[tail], lat[tail], lon[head], lat[head]).astype(np.float32),
        pace=np.empty((0, 2)),
        bend_first=np.zeros(len(tail) + 1, dtype=np.int32),
        bend_lon=np.empty(0, dtype=np.int32),
        bend_lat=np.empty(0, dtype=np.int32),
    )


def freeze(arrays: object) -> None:
    """Make every array of a dataclass unwritable."""
    for one in fields(arrays):  # type: ignore[arg-type]
        value = getattr(arrays, one.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
