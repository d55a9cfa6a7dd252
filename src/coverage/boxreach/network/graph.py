"""`RoadNetwork`: what travel times are computed on. Nothing in it ever changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, TypedDict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from boxreach.crs import WGS84, Floats, metric_crs, require_frame
from boxreach.network.chains import Chains, contract
from boxreach.network.edges import Edges, freeze
from boxreach.network.grid import LegGrid, lay_grid
from boxreach.network.ground import PLAIN, Ground
from boxreach.network.legs import LONGEST_MS
from boxreach.network.obstacles import NO_OBSTACLES, Obstacles

Integers = npt.NDArray[np.int64]

_MS_PER_HOUR = 3_600_000.0


class Parameters(TypedDict):
    """What a network was built with, by the names of `build_network`."""

    speeds_kmh: dict[str, float]
    speeds: dict[str, object]
    off_road_km: float
    off_road_kmh: float
    off_road_class_kmh: dict[str, float]
    ground_areas: int
    node_crossings: bool
    crossings_noded: int
    bridge_m: float
    on: str | None
    closures_given: int
    closures_in_force: int


@dataclass(frozen=True, eq=False)
class Stretches:
    """Which parts of the edges of the lifted network are edges of one with closures.

    Attributes
    ----------
    edge
        Edges of the lifted network, rising.
    start, end
        From and to which share of it each part goes, rising within an edge.
    slowed
        How many times as long it takes.
    piece
        The edge that it is in the network with closures.
    """

    edge: Integers
    start: Floats
    end: Floats
    slowed: Floats
    piece: Integers


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """A road network as arrays: edges, their times, the graph between junctions.

    Attributes
    ----------
    edges
        Where the edges run, between which nodes, and how long they take.
    chains
        The graph that is searched: edges in a row joined to chains, exactly undone.
    attributes
        What is known of each edge: ``road_id`` (not unique: a road is split where it meets
        others), ``road_class``, ``surface``, ``oneway``, ``name``, ``ref``, ``speed_kmh``.
    bridges
        The gaps that were bridged, shortest first.
    parameters
        Everything that was assumed, by the names of `build_network`.
    lifted
        The same network with all closures lifted; None where there are no closures.
    stretches
        Which parts of its edges are left; None without closures.
    obstacles
        What ways over open ground do not cross.
    ground
        What open ground is made of, and how it rises.
    closures
        The table of closures that it was given, those out of force too; None without any.
    """

    edges: Edges
    chains: Chains
    attributes: pd.DataFrame
    bridges: gpd.GeoDataFrame
    parameters: Parameters
    lifted: RoadNetwork | None = None
    stretches: Stretches | None = None
    obstacles: Obstacles = NO_OBSTACLES
    ground: Ground = PLAIN
    closures: gpd.GeoDataFrame | None = None

    def __post_init__(self) -> None:
        """Lock the arrays."""
        freeze(self.edges)
        freeze(self.chains)

    def __repr__(self) -> str:
        km = float(self.edges.length_m.sum(dtype=np.float64)) / 1000
        closed = "" if self.closures is None else ", closures"
        return (
            f"<{type(self).__name__}: {self.node_count:,} nodes, {len(self.edges):,} edges,"
            f" {km:,.0f} km{closed}; {WGS84}>"
        )

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return len(self.edges.lon)

    @property
    def tail(self) -> npt.NDArray[np.int32]:
        """Node at the beginning of each edge."""
        return self.edges.tail

    @property
    def head(self) -> npt.NDArray[np.int32]:
        """Node at the end of each edge."""
        return self.edges.head

    @property
    def forward_ms(self) -> npt.NDArray[np.int32]:
        """Milliseconds from tail to head of each edge; -1 where one may not drive so."""
        return self.edges.forward_ms

    @property
    def backward_ms(self) -> npt.NDArray[np.int32]:
        """Milliseconds from head to tail of each edge; -1 where one may not drive so."""
        return self.edges.backward_ms

    @property
    def off_road_km(self) -> float:
        """How far from a road a point may lie and still be linked to it."""
        return self.parameters["off_road_km"]

    @property
    def off_road_kmh(self) -> float:
        """The speed over open ground of which nothing else is known."""
        return self.parameters["off_road_kmh"]

    @cached_property
    def roads(self) -> gpd.GeoDataFrame:
        """The edges as lines in EPSG:4326, index ``road_id``, with what is known of them."""
        known = self.attributes.astype(
            {name: object for name in self.attributes.columns if name != "speed_kmh"}
        )
        if "road_id" not in known:
            known = known.assign(road_id=np.arange(len(self.edges)).astype(str))
        table = known.set_index("road_id").assign(length_m=self.edges.length_m.astype(float))
        return gpd.GeoDataFrame(table, geometry=self.edges.lines(), crs=WGS84)

    @cached_property
    def grid(self) -> LegGrid:
        """The grid in which edges near to a point are found."""
        return lay_grid(self.edges)

    def changed(self, **changes: Any) -> RoadNetwork:
        """Return the network with something changed, but not where its roads lie.

        They are found in the same grid.

        Parameters
        ----------
        **changes
            Attributes by name, but none that says where roads lie.

        Returns
        -------
        RoadNetwork
            Another one; this stays as it is.
        """
        other = replace(self, **changes)
        if "grid" in self.__dict__:
            other.__dict__["grid"] = self.grid
        return other

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the roads, in degrees."""
        each = self.edges.bounds()
        west, south = each[:, :2].min(axis=0)
        east, north = each[:, 2:].max(axis=0)
        return float(west), float(south), float(east), float(north)

    def metric_lines(self) -> npt.NDArray[np.object_]:
        """Return the edges as lines in the metric system of the network's bounds.

        Returns
        -------
        array of LineString
            One for each edge, in metres.
        """
        which = np.arange(len(self.edges))
        return self.edges.metric_lines(which, metric_crs(self.bounds))

    def road_ids(self, which: Integers) -> npt.NDArray[np.object_]:
        """Return the ids of the roads that some edges are part of; edges without have numbers.

        Parameters
        ----------
        which
            Positions of the edges.

        Returns
        -------
        array of object
            Ids in the order of `which`.
        """
        if "road_id" in self.attributes:
            return np.asarray(self.attributes["road_id"].iloc[which].astype(object))
        return which.astype(str).astype(object)

    @cached_property
    def known_ids(self) -> pd.Index[str]:
        """The ids of all roads, each once or more often."""
        if "road_id" not in self.attributes:
            numbers: pd.Index[str] = pd.Index(self.road_ids(np.arange(len(self.edges))))
            return numbers
        known = self.attributes["road_id"]
        text = isinstance(known.dtype, pd.CategoricalDtype)
        ids: pd.Index[str] = pd.Index(known.cat.categories if text else known)
        return ids

    def off_road_ms(self, metres: Floats) -> Integers:
        """Return the milliseconds that so many metres over such ground take, where it is level.

        Parameters
        ----------
        metres
            Lengths of ways over open ground.

        Returns
        -------
        array of int
            As many, at most the longest time that is counted.
        """
        ms = np.rint(metres * (_MS_PER_HOUR / 1000 / self.off_road_kmh))
        return np.minimum(ms, LONGEST_MS).astype(np.int64)

    def adjacency(self) -> csr_array:
        """Return the quickest edge between each two nodes as a sparse matrix of milliseconds.

        Returns
        -------
        csr_array of int
            Nodes by nodes, from row to column; what is not stored is no edge.
        """
        tail = np.concatenate([self.tail, self.head]).astype(np.int64)
        head = np.concatenate([self.head, self.tail]).astype(np.int64)
        ms = np.concatenate([self.forward_ms, self.backward_ms]).astype(np.int64)
        return quickest(tail, head, ms, ms >= 0, (self.node_count, self.node_count))

    def components(self) -> Integers:
        """Return the part of the network that each node lies in, numbered from the largest.

        A part is what roads join, one-way or not.

        Returns
        -------
        array of int
            One number for each node, 0 in the largest part.
        """
        _, part = connected_components(self.adjacency(), directed=False)
        size = np.bincount(part)
        rank = np.empty(len(size), dtype=np.int64)
        rank[np.argsort(-size, kind="stable")] = np.arange(len(size))
        parts: Integers = rank[part]
        return parts

    def without(self, closures: gpd.GeoDataFrame, *, on: date | str | None = None) -> RoadNetwork:
        """Return the network with closures cut out of its roads, or slowing them.

        Parameters
        ----------
        closures
            Points, lines and areas (see `boxreach.read_closures`), in place of any that it has.
        on
            The day, as in `build_network`.

        Returns
        -------
        RoadNetwork
            Another one; this stays as it is.

        Raises
        ------
        InputError
            If the table breaks its schema, names a road there is not, or leaves no road open.
        """
        from boxreach.network.closing import require_known_roads  # noqa: PLC0415
        from boxreach.network.stretches import close  # noqa: PLC0415 - it builds networks too

        whole = self.lifted or self
        require_frame(closures, file="closures")
        if "road_id" in closures:
            require_known_roads(whole.known_ids, closures)
        return close(whole, closures, on)


def quickest(
    row: Integers,
    column: Integers,
    ms: Integers,
    allowed: npt.NDArray[np.bool_],
    shape: tuple[int, int],
) -> csr_array:
    """Return a sparse matrix with the least `ms` of each allowed (row, column), zeros kept."""
    key = row[allowed] * shape[1] + column[allowed]
    order = np.argsort(key, kind="stable")
    key, ms = key[order], ms[allowed][order]
    first = np.flatnonzero(np.append(True, key[1:] != key[:-1])[: len(key)])
    least = np.minimum.reduceat(ms, first) if len(first) else ms
    row, column = np.divmod(key[first], max(shape[1], 1))
    starts = np.searchsorted(row, np.arange(shape[0] + 1))
    return csr_array((least, column, starts), shape=shape)


def assemble(
    edges: Edges,
    attributes: pd.DataFrame,
    parameters: Parameters,
    *,
    bridges: gpd.GeoDataFrame | None = None,
    merge: bool = True,
    apart: Integers | None = None,
) -> tuple[RoadNetwork, Integers, Integers]:
    """Put edges in order and join them to chains.

    Parameters
    ----------
    edges, attributes
        Edges, and what is known of each.
    parameters
        What they were built with.
    bridges
        The gaps that were bridged.
    merge
        False leaves every edge a chain of its own.
    apart
        A number for each edge: those of different numbers are not joined.

    Returns
    -------
    tuple
        The network, the number it gives to each node of `edges` (-1 where no edge ends), and the
        order in which it holds the edges.
    """
    placed, number = edges.in_hilbert_order()
    chains, order = contract(
        placed.tail,
        placed.head,
        placed.forward_ms,
        placed.backward_ms,
        len(placed.lon),
        merge=merge,
        apart=apart,
    )
    network = RoadNetwork(
        edges=placed.take(order),
        chains=chains,
        attributes=attributes.iloc[order].reset_index(drop=True),
        bridges=no_bridges() if bridges is None else bridges,
        parameters=parameters,
    )
    return network, number, order


def no_bridges() -> gpd.GeoDataFrame:
    """Return the empty table of bridges."""
    columns = dict.fromkeys(("from_road", "to_road", "metres"), np.empty(0))
    return gpd.GeoDataFrame(columns, geometry=[], crs=WGS84)
