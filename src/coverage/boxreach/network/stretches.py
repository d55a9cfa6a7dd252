"""The network that closures leave: open stretches of its edges become edges of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.crs import Floats, metric_crs, to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.network.closing import (
    OpenStretches,
    find_open_stretches,
    project_closures,
)
from boxreach.network.edges import METRIC_LEG_DEGREES, Edges, to_units
from boxreach.network.graph import Parameters, RoadNetwork, Stretches, assemble
from boxreach.network.legs import divide_legs
from boxreach.network.obstacles import closed_areas
from boxreach.sources.closures import closures_on, read_day
from boxreach.tables import CLOSURES, require_table

Longs = npt.NDArray[np.int64]

_MARGIN_DEGREES = 0.01
"""More than a closure reaches beyond its shape, wherever on earth roads are."""


def close(network: RoadNetwork, closures: gpd.GeoDataFrame, on: date | str | None) -> RoadNetwork:
    """Return what closures leave of a network without closures; see `RoadNetwork.without`."""
    if closures.empty:
        lifted: Parameters = {**network.parameters, "closures_given": 0, "closures_in_force": 0}
        return replace(network, parameters=lifted)
    closures = to_wgs84(closures, file="closures")
    require_table(closures, CLOSURES, file="closures")
    given = len(closures)
    closures = closures_on(closures, on)
    parameters: Parameters = {
        **network.parameters,
        "on": None if on is None else read_day(on),
        "closures_given": given,
        "closures_in_force": len(closures),
    }
    if closures.empty:
        return replace(network, parameters=parameters)
    found = _find_stretches(network, closures)
    if not len(found.edge):
        raise InputError(Fault("the closures leave no road open", file="closures"))
    edges, order = cut(network.edges, found)
    attributes = network.attributes.iloc[found.edge[order]]
    left, _, kept = assemble(edges, attributes, parameters, bridges=network.bridges)
    piece = np.empty(len(kept), dtype=np.int64)
    piece[order[kept]] = np.arange(len(kept))
    stretches = Stretches(found.edge, found.start, found.end, found.slowed, piece)
    obstacles = replace(network.obstacles, closed=closed_areas(closures))
    return replace(
        left, lifted=network, stretches=stretches, obstacles=obstacles, ground=network.ground
    )


def _find_stretches(network: RoadNetwork, closures: gpd.GeoDataFrame) -> OpenStretches:
    """Return the stretches of all edges; only edges near closures are drawn and looked at."""
    # About the closures, so that a road far away moves none of their borders.
    edges, crs = network.edges, metric_crs(tuple(closures.total_bounds))
    near = np.flatnonzero(_is_near(edges, closures))
    lines = edges.metric_lines(near, crs)
    road_ids = pd.Index(network.road_ids(near), dtype=object)
    found = find_open_stretches(road_ids, lines, project_closures(closures, crs))
    start, end = (
        on_the_ground(edges, near, lines, found.edge, one) for one in (found.start, found.end)
    )
    rest = np.setdiff1d(np.arange(len(edges)), near)
    whole = np.ones(len(rest))
    edge = np.append(near[found.edge], rest)
    order = np.argsort(edge, kind="stable")
    return OpenStretches(
        edge=edge[order],
        start=np.append(start, 0 * whole)[order],
        end=np.append(end, whole)[order],
        slowed=np.append(found.slowed, whole)[order],
    )


def _is_near(edges: Edges, closures: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    boxes = edges.bounds()
    near = np.zeros(len(edges), dtype=bool)
    for west, south, east, north in closures.bounds.to_numpy():
        margin = _MARGIN_DEGREES / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.01)
        near |= (
            (boxes[:, 0] <= east + margin)
            & (boxes[:, 2] >= west - margin)
            & (boxes[:, 1] <= north + margin)
            & (boxes[:, 3] >= south - margin)
        )
    return near


def on_the_ground(
    edges: Edges, near: Longs, lines: npt.NDArray[np.object_], line: Longs, share: Floats
) -> Floats:
    """Turn shares of projected lines into shares of the edges as they are timed."""
    result = share.copy()
    inner = np.flatnonzero((share > 0) & (share < 1))
    for one in np.unique(line[inner]):
        rows = inner[line[inner] == one]
        drawn, known = edges.measured(int(near[one]))
        fine, _ = divide_legs(drawn, np.zeros(len(drawn), dtype=np.int64), METRIC_LEG_DEGREES)
        metric = _running_lengths(shapely.get_coordinates(lines[one]))
        along = np.interp(_running_lengths(fine), _running_lengths(drawn), known)
        result[rows] = np.interp(share[rows] * metric[-1], metric, along)
    return result


def _running_lengths(xy: Floats) -> Floats:
    return np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))


def cut(edges: Edges, found: OpenStretches) -> tuple[Edges, Longs]:
    """Return the stretches as edges, those that are whole first, and in which order they stand.

    The milliseconds of the stretches of an edge add up to those of the edge, or to more.
    """
    is_whole = (found.start <= 0) & (found.end >= 1)
    order = np.append(np.flatnonzero(is_whole), np.flatnonzero(~is_whole))
    rows = order[is_whole.sum() :]
    edge = found.edge[order]
    parts = edges.take(edge)
    ms = edges.stretch_ms(edge, found.start[order], found.end[order], found.slowed[order])
    tail, head, places = _cut_ends(edges, found, rows)
    bends = [_bends(edges, int(found.edge[row]), found.start[row], found.end[row]) for row in rows]
    kept = parts.bend_first[is_whole.sum()]
    cut_lon, cut_lat = np.concatenate([np.empty((0, 2), np.int32), *bends]).T
    count = np.append(np.diff(parts.bend_first)[: is_whole.sum()], [len(one) for one in bends])
    share = (found.end - found.start)[order].astype(np.float32)
    cut = replace(
        parts,
        lon=np.append(edges.lon, places[:, 0]),
        lat=np.append(edges.lat, places[:, 1]),
        tail=np.append(parts.tail[: is_whole.sum()], tail).astype(np.int32),
        head=np.append(parts.head[: is_whole.sum()], head).astype(np.int32),
        forward_ms=ms[0].astype(np.int32),
        backward_ms=ms[1].astype(np.int32),
        length_m=parts.length_m * share,
        pace=parts.pace[:0],
        bend_first=np.append(0, np.cumsum(count)).astype(np.int32),
        bend_lon=np.append(parts.bend_lon[:kept], cut_lon),
        bend_lat=np.append(parts.bend_lat[:kept], cut_lat),
    )
    return cut, order


def _cut_ends(
    edges: Edges, found: OpenStretches, rows: Longs
) -> tuple[Longs, Longs, npt.NDArray[np.int32]]:
    """Return the nodes at both ends of cut stretches, and the places of the new ones.

    A cut end is a node at which no other road meets; where the next stretch goes on, they share
    theirs.
    """
    edge, start, end = found.edge[rows], found.start[rows], found.end[rows]
    begin_node, end_node = (len(edges.lon) + np.arange(2 * len(rows))).reshape(2, -1)
    goes_on = np.flatnonzero((edge[1:] == edge[:-1]) & (start[1:] == end[:-1])) + 1
    begin_node[goes_on] = end_node[goes_on - 1]
    tail = np.where(start > 0, begin_node, edges.tail[edge])
    head = np.where(end < 1, end_node, edges.head[edge])
    places = [
        _places(edges, int(one), np.array([share]))[0]
        for shares in (start, end)
        for one, share in zip(edge, shares, strict=True)
    ]
    return tail, head, np.array(places, dtype=np.int32).reshape(-1, 2)


def _places(edges: Edges, edge: int, shares: Floats) -> npt.NDArray[np.int32]:
    drawn, known = edges.measured(edge)
    return np.column_stack([to_units(np.interp(shares, known, one)) for one in drawn.T])


def _bends(edges: Edges, edge: int, start: float, end: float) -> npt.NDArray[np.int32]:
    drawn, known = edges.measured(edge)
    inside = drawn[(known > start) & (known < end)]
    return to_units(inside)
