"""The network that closures leave: open stretches of its edges become edges of their own."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from boxreach.crs import Floats, metric_crs, to_wgs84
from boxreach.errors import Fault
from boxreach.network.closed_roads import wanted_ids
from boxreach.network.closing import (
    OpenStretches,
    find_open_stretches,
    known_roads,
    project_closures,
    windows_about,
)
from boxreach.network.edges import METRIC_LEG_DEGREES, Edges, to_units
from boxreach.network.graph import Parameters, RoadNetwork, Stretches
from boxreach.network.legs import divide_legs
from boxreach.network.obstacles import closed_areas
from boxreach.network.patching import Gaps, patch_chains, patch_edges
from boxreach.network.recipe import NoRoadLeft
from boxreach.sources.closures import closures_on, read_day
from boxreach.tables import CLOSURES, require_table

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Window = tuple[float, float, float, float]
"""West, south, east and north, in degrees."""


def close(
    network: RoadNetwork,
    closures: gpd.GeoDataFrame,
    on: date | str | None,
    *,
    window: Window | None = None,
) -> RoadNetwork:
    """Return what closures leave of a network without closures; see `RoadNetwork.without`.

    Parameters
    ----------
    network, closures, on
        As there.
    window
        Of a network that is a part of another, what of that is in it: west, south, east and north.
        Closures of roads that it does not have are none of its business then, and only those that
        lie inside are told if they meet no road.
    """
    if closures.empty:
        lifted: Parameters = {**network.parameters, "closures_given": 0, "closures_in_force": 0}
        return replace(network, parameters=lifted)
    closures = given = to_wgs84(closures, file="closures")
    require_table(closures, CLOSURES, file="closures")
    closures = closures_on(closures, on)
    parameters: Parameters = {
        **network.parameters,
        "on": None if on is None else read_day(on),
        "closures_given": len(given),
        "closures_in_force": len(closures),
    }
    if closures.empty:
        return replace(network, parameters=parameters, closures=given)
    # About all closures, so that a road far away moves none of their borders, nor does a part.
    crs, told = metric_crs(tuple(closures.total_bounds)), None
    if window is not None:
        closures = closures[~_of_other_roads(network, closures)]
        told = _are_inside(closures, window)
    found, touched = _find_stretches(network, closures, crs, told)
    obstacles = replace(network.obstacles, closed=closed_areas(closures))
    left = cut_out(network, found, touched)
    return replace(left, parameters=parameters, closures=given, obstacles=obstacles)


def cut_out(network: RoadNetwork, found: OpenStretches, touched: Longs) -> RoadNetwork:
    """Return what is left of a network without closures; only chains that are touched are new.

    Parameters
    ----------
    network
        The network.
    found
        The stretches that are left of the edges that are touched.
    touched
        The edges that are cut, slowed or closed; all others stay whole.

    Raises
    ------
    InputError
        If no road is left open.
    """
    edges, chains = network.edges, network.chains
    gaps = Gaps.of(chains, np.unique(chains.chain[touched]).astype(np.int64))
    found = _with_whole(found, np.setdiff1d(gaps.edges, touched))
    kept = len(edges) - len(gaps.edges)
    if not kept and not len(found.edge):
        raise NoRoadLeft(Fault("the closures leave no road open", file="closures"))
    parts, order = cut(edges, found)
    patched, turn = patch_chains(edges, chains, gaps, found.edge[order], parts)
    order = order[turn]
    piece = np.empty(len(order), dtype=np.int64)
    piece[order] = kept + np.arange(len(order))
    return replace(
        network,
        edges=patch_edges(edges, gaps, parts.take(turn)),
        chains=patched,
        attributes=_patch_attributes(network.attributes, gaps, found.edge[order]),
        lifted=network,
        stretches=_all_stretches(gaps, found, piece, len(edges)),
    )


def _with_whole(found: OpenStretches, whole: Longs) -> OpenStretches:
    """Return stretches by edge with those of edges that are whole among them."""
    ones = np.ones(len(whole))
    edge = np.append(found.edge, whole)
    order = np.argsort(edge, kind="stable")
    return OpenStretches(
        edge=edge[order],
        start=np.append(found.start, 0 * ones)[order],
        end=np.append(found.end, ones)[order],
        slowed=np.append(found.slowed, ones)[order],
    )


def _patch_attributes(attributes: pd.DataFrame, gaps: Gaps, edge: Longs) -> pd.DataFrame:
    """Return what is known of edges, of those that were left out behind the others."""
    columns: dict[Hashable, Any] = {}
    for name, column in attributes.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = column.cat.codes.to_numpy()
            codes = gaps.fill(codes, codes[edge])
            columns[name] = pd.Categorical.from_codes(codes, dtype=column.dtype)
        else:
            values = column.to_numpy()
            columns[name] = gaps.fill(values, values[edge])
    count = len(attributes) - len(gaps.edges) + len(edge)
    return pd.DataFrame(columns, index=pd.RangeIndex(count), copy=False)


def _all_stretches(gaps: Gaps, found: OpenStretches, piece: Longs, edges: int) -> Stretches:
    """Return the stretches of all edges, by edge: those that were found, and whole ones."""
    whole = gaps.fill(np.arange(edges), np.empty(0))
    at = np.searchsorted(whole, found.edge) + np.arange(len(found.edge))
    cut = np.zeros(len(whole) + len(at), dtype=bool)
    cut[at] = True
    edge, number = np.empty(len(cut), np.int64), np.empty(len(cut), np.int64)
    edge[~cut], number[~cut] = whole, np.arange(len(whole))
    edge[at], number[at] = found.edge, piece
    start, (end, slowed) = np.zeros(len(cut)), np.ones((2, len(cut)))
    start[at], end[at], slowed[at] = found.start, found.end, found.slowed
    return Stretches(edge, start, end, slowed, number)


def _find_stretches(
    network: RoadNetwork, closures: gpd.GeoDataFrame, crs: CRS, told: Flags | None
) -> tuple[OpenStretches, Longs]:
    """Return the stretches that closures leave of edges, and the edges that they touch."""
    edges = network.edges
    near = network.grid.near(windows_about(closures), len(edges))
    lines = edges.metric_lines(near, crs)
    road_ids = pd.Index(network.road_ids(near), dtype=object)
    found = find_open_stretches(road_ids, lines, project_closures(closures, crs), told=told)
    start, end = (
        on_the_ground(edges, near, lines, found.edge, one) for one in (found.start, found.end)
    )
    whole = (start <= 0) & (end >= 1) & (found.slowed == 1)
    left = OpenStretches(near[found.edge], start, end, found.slowed).take(~whole)
    return left, np.setdiff1d(near, near[found.edge[whole]])


def _of_other_roads(network: RoadNetwork, closures: gpd.GeoDataFrame) -> Flags:
    """Tell which closures name a road that a network does not have."""
    wanted = wanted_ids(closures)
    known = known_roads(network.known_ids)
    return np.array([one != "" and one not in known for one in wanted], dtype=bool)


def _are_inside(closures: gpd.GeoDataFrame, window: Window) -> Flags:
    west, south, east, north = windows_about(closures).T
    inside = (west >= window[0]) & (south >= window[1])
    return np.asarray(inside & (east <= window[2]) & (north <= window[3]))


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
    fresh = np.unique(np.concatenate([tail[start > 0], head[end < 1]]))
    tail, head = (
        np.where(new, len(edges.lon) + np.searchsorted(fresh, one), one)
        for new, one in ((start > 0, tail), (end < 1, head))
    )
    # Of both ends of the stretches, begins first; that of the next one is told as this one's end.
    shares, edge = np.append(start, end), np.append(edge, edge)
    places = [_places(edges, int(edge[one]), shares[[one]])[0] for one in fresh - len(edges.lon)]
    return tail, head, np.array(places, dtype=np.int32).reshape(-1, 2)


def _places(edges: Edges, edge: int, shares: Floats) -> npt.NDArray[np.int32]:
    drawn, known = edges.measured(edge)
    return np.column_stack([to_units(np.interp(shares, known, one)) for one in drawn.T])


def _bends(edges: Edges, edge: int, start: float, end: float) -> npt.NDArray[np.int32]:
    drawn, known = edges.measured(edge)
    inside = drawn[(known > start) & (known < end)]
    return to_units(inside)
