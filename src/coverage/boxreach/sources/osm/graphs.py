"""Graphs of osmnx, and the GraphML files it saves, into the roads table."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from boxreach.columns import find_bridges
from boxreach.errors import Fault, InputError
from boxreach.shift_files import names_shift_file
from boxreach.sources.osm.access import read_way
from boxreach.sources.osm.graphml import require_all_read
from boxreach.sources.osm.guard import require_xml
from boxreach.sources.several import first_of, take_first

if TYPE_CHECKING:
    import networkx as nx

_COLUMNS = {
    "road_class": "highway",
    "surface": "surface",
    "name": "name",
    "ref": "ref",
    "bridge": "bridge",
    "speed_kmh": "speed_kph",
}
_TAGS = ("highway", "maxspeed")
_COMPARED = ("osmid", "maxspeed", *_COLUMNS.values())
"""What both directions of one street say alike."""

_NO_GRAPH = (AttributeError, LookupError, TypeError, ValueError)
"""What comes of taking something else for a graph of osmnx."""


def read_graphml(path: Path) -> nx.MultiDiGraph[object]:
    """Return the graph that osmnx saved in a GraphML file.

    Raises
    ------
    InputError
        If the file is no GraphML, has a DOCTYPE, holds a graph of another kind, or more than is
        read.
    """
    # Both take a second to load, and few plans need them.
    import networkx as nx  # noqa: PLC0415
    import osmnx  # noqa: PLC0415

    require_xml(path, "graphml")
    try:
        graph = osmnx.load_graphml(path)
        _require_osmnx(graph)
    except (nx.NetworkXException, *_NO_GRAPH, SyntaxError) as error:
        said = " ".join(str(error).split())[:160]
        what = f"it cannot be read as a graph of osmnx ({said})"
        raise InputError(
            Fault(what, path.name, advice="save it with osmnx.save_graphml")
        ) from error
    require_all_read(path, graph.number_of_edges())
    return graph


def _require_osmnx(graph: nx.MultiDiGraph[object]) -> None:
    """Raise `ValueError` if a graph is none of osmnx's."""
    if not graph.is_directed() or not graph.is_multigraph():
        raise ValueError("it is undirected, so nothing says which way its streets are driven")
    if not graph.number_of_edges():
        raise ValueError("it has no edges")
    if "crs" not in graph.graph:
        raise ValueError("it does not say its coordinate reference system")
    if names_shift_file(str(graph.graph["crs"])):
        raise ValueError("its coordinate reference system names a file of this machine")
    try:
        CRS.from_user_input(graph.graph["crs"])
    except ProjError as error:
        raise ValueError("its coordinate reference system is not known") from error


def read_graph(graph: nx.MultiDiGraph[object], *, file: str) -> gpd.GeoDataFrame:
    """Return the edges of an osmnx graph as a noded frame of roads, not yet checked.

    Two edges that mirror each other, as both directions of a street do, become one row that is
    driven both ways; every other edge is a row that is driven one way.

    Parameters
    ----------
    graph
        A directed graph of osmnx in any CRS.
    file
        The name for the messages.

    Raises
    ------
    InputError
        If it is no such graph.
    """
    try:
        import osmnx  # noqa: PLC0415 - a graph is only there if its user has osmnx

        _require_osmnx(graph)
        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except _NO_GRAPH as error:
        what = f"it is no file, no GeoDataFrame and no osmnx graph ({error})"
        raise InputError(Fault(what, file, advice="give one of the three")) from error
    kept, both = _pair_mirrors(edges)
    rows = edges.iloc[kept]
    roads = rows[["geometry"]].assign(
        road_id=[f"{u}-{v}-{key}" for u, v, key in rows.index],
        oneway=np.where(both, "", "forward"),
        limit_kmh=_read_limits(rows),
    )
    single = take_first(rows, _COLUMNS.values(), file=file)
    for ours, theirs in _COLUMNS.items():
        if theirs in edges:
            roads[ours] = single[theirs]
    if "bridge" in roads:
        bridges = find_bridges(roads["bridge"])
        roads["bridge"] = roads["bridge"].where(bridges, "")
        roads = roads if bridges.any() else roads.drop(columns="bridge")
    roads["from_node"], roads["to_node"] = _number_nodes(rows.index)
    return roads.reset_index(drop=True)


def _pair_mirrors(edges: gpd.GeoDataFrame) -> tuple[list[int], list[bool]]:
    """Return which edges to keep, and which of them stand for their mirror too.

    Of two mirrored edges that one is kept which runs as its way was drawn.
    """
    shapes = edges.geometry.to_numpy()
    there, back = shapely.to_wkb(shapes), shapely.to_wkb(shapely.reverse(shapes))
    said = [_comparable(row) for row in _records(edges, _COMPARED)]
    oneway = [_says(row[0]) for row in _records(edges, ("oneway",))]
    turned = [_says(row[0]) for row in _records(edges, ("reversed",))]
    waiting: defaultdict[object, list[int]] = defaultdict(list)
    mirror: dict[int, int] = {}
    for at, (u, v, _) in enumerate(edges.index):
        if oneway[at]:
            continue
        if found := waiting[v, u, back[at], said[at]]:
            mirror[at] = found.pop(0)
            mirror[mirror[at]] = at
        else:
            waiting[u, v, there[at], said[at]].append(at)
    kept = [
        at
        for at in range(len(edges))
        if at not in mirror or (turned[at], at) < (turned[mirror[at]], mirror[at])
    ]
    return kept, [at in mirror for at in kept]


def _records(edges: gpd.GeoDataFrame, names: tuple[str, ...]) -> list[tuple[object, ...]]:
    blank = [None] * len(edges)
    columns = (edges[name].tolist() if name in edges else blank for name in names)
    return list(zip(*columns, strict=True))


def _comparable(row: tuple[object, ...]) -> tuple[object, ...]:
    """Return what an edge says, lists in one order: osmnx turns them round with the edge."""
    return tuple(
        tuple(sorted(map(str, one))) if isinstance(one, list) else _blank(one) for one in row
    )


def _blank(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN


def _says(value: object) -> bool:
    return value is True or (isinstance(value, list) and True in value)


def _read_limits(rows: gpd.GeoDataFrame) -> list[float]:
    """Return the limit of each edge; of several along it the first."""
    limits = []
    for row in _records(rows, _TAGS):
        told = zip(_TAGS, (_blank(first_of(one)) for one in row), strict=True)
        limits.append(read_way({key: value for key, value in told if value}).limit_kmh)
    return limits


def _number_nodes(index: pd.MultiIndex) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of both ends: the ids of the graph, or where they are none, our own."""
    ends = np.concatenate([index.get_level_values(level) for level in (0, 1)])
    # Negative numbers are kept for barriers.
    if not pd.api.types.is_integer_dtype(ends) or (ends < 0).any():
        ends, _ = pd.factorize(ends.astype(str))
    return ends[: len(index)].astype("int64"), ends[len(index) :].astype("int64")
