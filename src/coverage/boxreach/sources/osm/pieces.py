"""Ways cut into pieces where they meet: the roads table of an extract."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.crs import WGS84, Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.osm.ways import Integers, Ways, spread
from boxreach.tables import ROADS

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Vertices:
    """The nodes of all ways that are there, one after the other.

    Attributes
    ----------
    nodes, lon, lat
        Their ids and places.
    way
        The position of the way of each.
    begins, ends
        Where a way, or what the edge of the extract leaves of it, begins and ends.
    """

    nodes: Integers
    lon: Floats
    lat: Floats
    way: Integers
    begins: Truths
    ends: Truths


def cut_ways(ways: Ways, *, file: str) -> gpd.GeoDataFrame:
    """Return the pieces of ways between the nodes where they meet.

    Ways meet at nodes they share, and nowhere else. A node that stops vehicles gets a negative
    number of its own on each side, so that both sides stay and nobody drives through. No other node
    has a negative number: those of negative ids are counted on from the highest id.

    Parameters
    ----------
    ways
        The driven ways; what is found in cutting them is added to their tally.
    file
        The name for the messages.

    Returns
    -------
    geopandas.GeoDataFrame
        A roads table in EPSG:4326, index ``road_id`` (``"w"`` and the id of the way), ordered by
        the id of the way; the pieces of a way follow each other in the direction of drawing. It
        has no column ``bridge`` where no way is a bridge.

    Raises
    ------
    InputError
        If no two nodes of a way are there.
    """
    vertices = _present_vertices(ways)
    if not len(vertices.nodes):
        what = "of no road in it two nodes are there"
        raise InputError(Fault(what, file, advice="give an extract with its nodes"))
    blocked = np.isin(vertices.nodes, ways.blocked)
    codes, _ = pd.factorize(vertices.nodes)
    shared = np.bincount(codes)[codes] > 1
    stops = np.flatnonzero(vertices.begins | vertices.ends | shared | blocked)
    onward = ~vertices.ends[stops[:-1]]
    first, last = stops[:-1][onward], stops[1:][onward]
    ways.tally.notes["nodes that stop vehicles"] += len(np.unique(vertices.nodes[blocked]))
    ways.tally.notes["ways drawn twice under two ids"] += _count_twins(vertices)
    ends = _number_ends(vertices.nodes, blocked, first, last)
    return _build_table(ways, vertices, first, last, ends)


def _present_vertices(ways: Ways) -> _Vertices:
    """Leave out nodes that are missing, repeat the one before them, or stand alone."""
    way = np.repeat(np.arange(len(ways.ids)), ways.sizes)
    present = ~np.isnan(ways.lon)
    follows = np.zeros(len(way), dtype=bool)
    follows[1:] = (way[1:] == way[:-1]) & present[1:] & present[:-1]
    again = np.zeros(len(way), dtype=bool)
    again[1:] = follows[1:] & (ways.nodes[1:] == ways.nodes[:-1])
    kept = present & ~again
    begins = ~follows[kept]
    ends = np.append(begins[1:], True)
    alone = begins & ends
    at = np.flatnonzero(kept)[~alone]
    tally = ways.tally
    tally.left_out["nodes beyond the edge"] += len(np.unique(ways.nodes[~present]))
    tally.mended["ways cut at the edge"] += len(np.intersect1d(way[~present], way[at]))
    tally.left_out["ways without two nodes"] += len(ways.ids) - len(np.unique(way[at]))
    return _Vertices(
        ways.nodes[at], ways.lon[at], ways.lat[at], way[at], begins[~alone], ends[~alone]
    )


def _count_twins(vertices: _Vertices) -> int:
    """Return how many ways have the nodes of another one, in the same or the other order."""
    starts = np.flatnonzero(np.diff(vertices.way, prepend=-1))
    sizes = np.diff(starts, append=len(vertices.way))
    total = np.add.reduceat(vertices.nodes, starts)
    heads, tails = vertices.nodes[starts], vertices.nodes[starts + sizes - 1]
    alike = pd.DataFrame(
        {"size": sizes, "total": total, "low": np.minimum(heads, tails),
         "high": np.maximum(heads, tails)}
    ).duplicated(keep=False)  # fmt: skip
    seen = set()
    suspects = np.flatnonzero(alike)
    for start, size in zip(starts[suspects], sizes[suspects], strict=True):
        nodes = vertices.nodes[start : start + size]
        seen.add(min(nodes.tobytes(), nodes[::-1].tobytes()))
    return len(suspects) - len(seen)


def _number_ends(nodes: Integers, blocked: Truths, first: Integers, last: Integers) -> Integers:
    """Return the number of the node at both ends of each piece."""
    at = np.column_stack((first, last)).ravel()
    ends = nodes[at]
    stopped = blocked[at]
    fresh = ends < 0
    ends[fresh] = max(0, int(nodes.max())) - ends[fresh]
    ends[stopped] = -1 - np.arange(stopped.sum())
    return ends.reshape(-1, 2)


def _build_table(
    ways: Ways, vertices: _Vertices, first: Integers, last: Integers, ends: Integers
) -> gpd.GeoDataFrame:
    sizes = last - first + 1
    flat = spread(first, sizes)
    lines = shapely.linestrings(
        np.column_stack((vertices.lon[flat], vertices.lat[flat])),
        indices=np.repeat(np.arange(len(first)), sizes),
    )
    way = vertices.way[first]
    ids = np.array([f"w{one}" for one in ways.ids.tolist()], dtype=object)
    text = ["road_class", "surface", "oneway", "name", "ref"]
    if any(one.bridge for one in ways.meanings):
        text.append("bridge")
    columns: dict[str, object] = {
        name: np.array([getattr(one, name) for one in ways.meanings], dtype=object)[way]
        for name in text
    } | {
        name: np.array([getattr(one, name) for one in ways.meanings], dtype=float)[way]
        for name in ("limit_kmh", "limit_back_kmh")
    }
    return gpd.GeoDataFrame(
        columns | {"from_node": ends[:, 0], "to_node": ends[:, 1]},
        index=pd.Index(ids[way], name=ROADS.id_name, dtype=object),
        geometry=lines,
        crs=WGS84,
    )
