"""`RoadNetwork`: edges between nodes, each with its milliseconds in both directions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS
from scipy.sparse import csr_array
from shapely import STRtree
from shapely.ops import substring

from boxreach.crs import Floats, line_lengths_m, metric_crs, metric_stretch, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.network.bridging import bridge_gaps, end_nodes
from boxreach.network.closing import (
    OpenStretches,
    find_open_stretches,
    project_closures,
    require_known_roads,
    slow_ms,
)
from boxreach.network.noding import add_crossings, split_at_shared_vertices
from boxreach.sources.closures import closures_on, read_day
from boxreach.speeds import assign_speeds, drop_undriven
from boxreach.tables import CLOSURES, ROADS, require_table

Integers = npt.NDArray[np.int64]

_BOTH_WAYS = {"", "no", "0", "false", "both", "none", "nan", "reversible", "alternating"}
_FORWARD = {"yes", "1", "true", "forward"}
_BACKWARD = {"-1", "reverse", "backward"}
_MS_PER_HOUR = 3_600_000.0
_LEG_DEGREES = 0.01


class Parameters(TypedDict):
    """What a network was built with, by the names of `build_network`."""

    speeds_kmh: dict[str, float]
    off_road_km: float
    off_road_kmh: float
    node_crossings: bool
    bridge_m: float
    on: str | None
    closures_given: int
    closures_in_force: int


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """A road network that nothing changes: edges, their times, and what was assumed.

    Attributes
    ----------
    roads
        The edges as lines in EPSG:4326, index ``road_id`` (not unique: a road is split where it
        meets others), with ``length_m`` and ``speed_kmh``.
    tail, head
        Node numbers of the two ends of each edge.
    forward_ms, backward_ms
        Milliseconds from tail to head and from head to tail; -1 where one may not drive so.
    bridges
        The gaps that were bridged, shortest first.
    lifted
        The same network with all closures lifted; None where there are no closures.
    stretches
        Which stretch of which edge of the lifted network each edge is; None without closures.
    off_road_km, off_road_kmh
        How far from a road a point may lie, and the speed over open ground.
    parameters
        Everything that was assumed, by the names of `build_network`.
    crs, stretch
        The system in metres in which `lines` are drawn, and by how much its lengths are too long
        at most.
    """

    roads: gpd.GeoDataFrame
    tail: Integers
    head: Integers
    forward_ms: Integers
    backward_ms: Integers
    bridges: gpd.GeoDataFrame
    lifted: RoadNetwork | None
    stretches: OpenStretches | None
    off_road_km: float
    off_road_kmh: float
    parameters: Parameters
    crs: CRS
    stretch: float
    lines: npt.NDArray[np.object_]
    tree: STRtree

    @property
    def node_count(self) -> int:
        """Number of nodes."""
        return int(max(self.tail.max(), self.head.max())) + 1

    def reversed(self) -> RoadNetwork:
        """Return the network in which every way is driven the other way round."""
        lifted = self.lifted.reversed() if self.lifted is not None else None
        return replace(
            self, forward_ms=self.backward_ms, backward_ms=self.forward_ms, lifted=lifted
        )

    def off_road_ms(self, metres: Floats) -> Integers:
        """Return the milliseconds that so many metres over open ground take."""
        return np.rint(metres * _MS_PER_HOUR / (self.off_road_kmh * 1000)).astype(np.int64)

    def adjacency(self) -> csr_array:
        """Return the quickest edge between each two nodes as a sparse matrix of milliseconds."""
        tail = np.concatenate([self.tail, self.head])
        head = np.concatenate([self.head, self.tail])
        ms = np.concatenate([self.forward_ms, self.backward_ms])
        return quickest(tail, head, ms, ms >= 0, (self.node_count, self.node_count))


def quickest(
    row: Integers, column: Integers, ms: Integers, allowed: np.ndarray, shape: tuple[int, int]
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


def build_network(
    roads: gpd.GeoDataFrame,
    *,
    closures: gpd.GeoDataFrame | None = None,
    on: date | str | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    off_road_km: float = 5.0,
    off_road_kmh: float = 15.0,
    node_crossings: bool = False,
    bridge_m: float = 0.0,
) -> RoadNetwork:
    """Build the network that travel times are computed on.

    Parameters
    ----------
    roads
        A roads table (see `read_roads`). Roads that share a vertex meet there.
    closures
        Points, lines and areas that are cut out of the roads, or slow them (see `read_closures`).
    on
        The day to build the network for, as a date or as ISO text: closures hold from their
        ``from_date`` until their ``until_date``. Without it all hold.
    speeds_kmh
        Km/h by road class in place of the defaults.
    off_road_km
        How far from a road a place may lie and still be linked to it.
    off_road_kmh
        The speed over open ground, along the straight line.
    node_crossings
        Whether roads that cross without a common vertex meet; for files drawn without nodes.
    bridge_m
        Parts of the network are joined by a straight road where an end of a road of one lies at
        most this far from a road of the other; 0 joins none. Bridges are repairs: a road that joins
        two parts takes the place of the bridge between them, even if it is longer.

    Returns
    -------
    RoadNetwork
        Lengths are geodesic, times of free flow, in whole milliseconds.

    Raises
    ------
    InputError
        If a table breaks its schema or a parameter its range.
    """
    _check_parameters(off_road_km, off_road_kmh, bridge_m)
    roads = to_wgs84(roads, file="roads")
    if closures is not None:
        require_known_roads(roads.index, closures)
    require_table(roads.reset_index(drop=True).rename(index=str), ROADS, file="roads")
    roads = drop_undriven(roads.explode())
    given = 0 if closures is None else len(closures)
    if closures is not None and given:
        closures = to_wgs84(closures, file="closures")
        require_table(closures, CLOSURES, file="closures")
        closures = closures_on(closures, on)
    whole = split_at_shared_vertices(add_crossings(roads) if node_crossings else roads)
    if whole.empty:
        raise InputError(Fault("no road has any length", file="roads", advice="give lines"))
    bridges = whole.iloc[:0][["geometry"]].assign(metres=0.0)
    if bridge_m > 0:
        whole, bridges = bridge_gaps(whole, bridge_m)
        _warn_bridges(bridges, bridge_m)
    parameters: Parameters = {
        "speeds_kmh": dict(speeds_kmh or {}),
        "off_road_km": off_road_km,
        "off_road_kmh": off_road_kmh,
        "node_crossings": node_crossings,
        "bridge_m": bridge_m,
        "on": None if on is None else read_day(on),
        "closures_given": given,
        "closures_in_force": 0 if closures is None else len(closures),
    }
    network = _assemble(whole, bridges, parameters)
    if closures is None or closures.empty:
        return network
    drawn = project_closures(closures, network.crs)
    found = find_open_stretches(network.roads.index, network.lines, drawn)
    if not len(found.edge):
        raise InputError(Fault("the closures leave no road open", file="closures"))
    return _keep_stretches(network, found)


def _keep_stretches(network: RoadNetwork, kept: OpenStretches) -> RoadNetwork:
    """Return the network of the open stretches: cut ends are nodes at which no other road meets.

    The milliseconds of the stretches of an edge add up to those of the edge.
    """
    inner_start, inner_end = kept.start > 0, kept.end < 1
    loose = network.node_count + np.arange(2 * len(kept.edge)).reshape(2, -1)
    going_on = (kept.edge[1:] == kept.edge[:-1]) & (kept.start[1:] == kept.end[:-1])
    loose[0, 1:] = np.where(going_on, loose[1, :-1], loose[0, 1:])
    roads = network.roads.iloc[kept.edge]
    forward, backward = network.forward_ms[kept.edge], network.backward_ms[kept.edge]
    ms = [
        slow_ms(part_of(whole, kept.end) - part_of(whole, kept.start), kept.slowed)
        for whole in (forward, backward)
    ]
    lines = network.lines[kept.edge].copy()
    cut = np.flatnonzero(inner_start | inner_end)
    for one in cut:
        lines[one] = substring(lines[one], kept.start[one], kept.end[one], normalized=True)
    pieces = roads.geometry.to_numpy().copy()
    pieces[cut] = gpd.GeoSeries(lines[cut], crs=network.crs).to_crs(roads.crs).to_numpy()
    ends = (
        np.where(inner_start, loose[0], network.tail[kept.edge]),
        np.where(inner_end, loose[1], network.head[kept.edge]),
    )
    _, numbers = np.unique(np.concatenate(ends), return_inverse=True)
    tail, head = numbers.reshape(2, -1).astype(np.int64)
    return replace(
        network,
        roads=roads.set_geometry(gpd.GeoSeries(pieces, index=roads.index, crs=roads.crs)).assign(
            length_m=roads["length_m"] * (kept.end - kept.start)
        ),
        tail=tail,
        head=head,
        forward_ms=np.where(forward >= 0, ms[0], -1),
        backward_ms=np.where(backward >= 0, ms[1], -1),
        lifted=network,
        stretches=kept,
        lines=lines,
        tree=STRtree(lines),
    )


def part_of(ms: Integers, share: Floats) -> Integers:
    """Return the milliseconds of the first `share` of an edge; the rest is what is left of it."""
    return np.rint(ms * share).astype(np.int64)


def _check_parameters(off_road_km: float, off_road_kmh: float, bridge_m: float) -> None:
    faults = [
        Fault(f"{name} is {value:g}", advice=f"give a number {rule}")
        for name, value, good, rule in (
            ("off_road_km", off_road_km, 0 <= off_road_km <= 200, "from 0 to 200"),
            ("off_road_kmh", off_road_kmh, 0.1 <= off_road_kmh <= 300, "from 0.1 to 300"),
            ("bridge_m", bridge_m, 0 <= bridge_m <= 50_000, "from 0 to 50000"),
        )
        if not good
    ]
    if faults:
        raise InputError(*faults)


def _assemble(
    edges: gpd.GeoDataFrame, bridges: gpd.GeoDataFrame, parameters: Parameters
) -> RoadNetwork:
    ends = end_nodes(edges)
    length_m = line_lengths_m(edges.geometry.to_numpy())
    if "winding_factor" in edges:
        length_m = length_m * edges["winding_factor"].fillna(1.0).to_numpy(dtype=float)
    kmh = assign_speeds(edges, speeds_kmh=parameters["speeds_kmh"])
    ms = np.rint(length_m * _MS_PER_HOUR / (kmh * 1000)).astype(np.int64)
    forward, backward = _directions(edges)
    bounds = tuple(edges.total_bounds)
    stretch, crs = metric_stretch(bounds), metric_crs(bounds)
    # Straight in degrees is bent in metres: long legs are divided so that they stay in place.
    lines = edges.geometry.segmentize(_LEG_DEGREES).to_crs(crs).to_numpy()
    return RoadNetwork(
        roads=edges.assign(length_m=length_m, speed_kmh=kmh),
        tail=ends[:, 0].astype(np.int64),
        head=ends[:, 1].astype(np.int64),
        forward_ms=np.where(forward, ms, -1),
        backward_ms=np.where(backward, ms, -1),
        bridges=bridges,
        lifted=None,
        stretches=None,
        off_road_km=parameters["off_road_km"],
        off_road_kmh=parameters["off_road_kmh"],
        parameters=parameters,
        crs=crs,
        stretch=stretch,
        lines=lines,
        tree=STRtree(lines),
    )


def _directions(edges: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    if "oneway" not in edges:
        return np.ones(len(edges), dtype=bool), np.ones(len(edges), dtype=bool)
    said = edges["oneway"].fillna("").astype(str).str.strip().str.lower().str.removesuffix(".0")
    unknown = set(said) - _BOTH_WAYS - _FORWARD - _BACKWARD
    if unknown:
        warnings.warn(
            f"{int(said.isin(unknown).sum())} roads say oneway = {', '.join(sorted(unknown)[:5])},"
            " which is not understood; they are taken as two-way",
            DataWarning,
            stacklevel=4,
        )
    return ~said.isin(_BACKWARD).to_numpy(), ~said.isin(_FORWARD).to_numpy()


def _warn_bridges(bridges: gpd.GeoDataFrame, bridge_m: float) -> None:
    if len(bridges):
        metres = bridges["metres"]
        warnings.warn(
            f"{len(bridges)} gaps of {metres.min():.0f} to {metres.max():.0f} m between parts of"
            f" the network were bridged (bridge_m = {bridge_m:g}); they are listed as bridges",
            DataWarning,
            stacklevel=3,
        )
