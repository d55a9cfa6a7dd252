"""Roads from files, frames and osmnx graphs, into one table of edges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from boxreach.errors import Fault, InputError
from boxreach.sources.layers import raw_layer
from boxreach.sources.raw_table import build_table
from boxreach.sources.tabular import read_table
from boxreach.tables import ROADS

if TYPE_CHECKING:
    import networkx as nx

_FRAME = "roads"
"""What faults call roads that come from no file."""

_OSMNX_COLUMNS = {
    "road_class": "highway",
    "surface": "surface",
    "name": "name",
    "ref": "ref",
    "speed_kmh": "speed_kph",
}


def read_roads(
    source: str | Path | gpd.GeoDataFrame | nx.MultiDiGraph[object],
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Read roads into one table, a line a row.

    Parameters
    ----------
    source
        A layer of lines that GDAL reads, a GeoDataFrame of lines, or an osmnx graph.
    layer
        The layer to read, where a file has several.
    columns
        The source's own names for our columns, ours first: ``{"road_class": "highway"}``.

    Returns
    -------
    geopandas.GeoDataFrame
        Lines in EPSG:4326, index ``road_id``, and as far as known ``road_class``, ``surface``,
        ``oneway``, ``speed_kmh``, ``name``, ``ref`` and ``winding_factor`` (true length over the
        length drawn). A line of several parts becomes several rows, ``id/1``, ``id/2`` and so on.

    Raises
    ------
    InputError
        Everything that is wrong with the roads, at once.
    """
    if isinstance(source, str | Path):
        file, roads = Path(source).name, read_table(source, ROADS, layer=layer, columns=columns)
    elif isinstance(source, gpd.GeoDataFrame):
        file, roads = _FRAME, _from_frame(source, columns or {})
    else:
        file, roads = _FRAME, _from_graph(source)
    if not (shapely.length(roads.geometry.to_numpy()) > 0).any():
        what = "no road in it has any length"
        raise InputError(Fault(what, file, advice="give lines between different places"))
    return _split_parts(roads)


def _from_frame(frame: gpd.GeoDataFrame, columns: Mapping[str, str]) -> gpd.GeoDataFrame:
    if frame.index.name == ROADS.id_name:
        frame = frame.reset_index()
    return build_table(raw_layer(frame, _FRAME), ROADS, columns=columns)


def _from_graph(graph: nx.MultiDiGraph[object]) -> gpd.GeoDataFrame:
    """Turn an osmnx graph into roads: each of its directed edges is a one-way road."""
    try:
        import osmnx  # noqa: PLC0415 - a graph is only there if its user has osmnx

        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except (AttributeError, KeyError, ValueError) as error:
        what = f"it is no file, no GeoDataFrame and no osmnx graph ({error})"
        raise InputError(Fault(what, _FRAME, advice="give one of the three")) from error
    ids = [f"{u}-{v}-{key}" for u, v, key in edges.index]
    roads = edges[["geometry"]].assign(road_id=ids, oneway="forward")
    for ours, theirs in _OSMNX_COLUMNS.items():
        if theirs in edges:
            roads[ours] = edges[theirs].map(_first)
    return _from_frame(roads.reset_index(drop=True), {})


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _split_parts(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if (roads.geom_type == "LineString").all():
        return roads
    parts = roads.explode()
    number = parts.groupby(level=0, sort=False).cumcount().to_numpy() + 1
    many = parts.index.duplicated(keep=False)
    ids = [
        f"{road}/{part}" if split else road
        for road, part, split in zip(parts.index, number, many, strict=True)
    ]
    return parts.set_index(pd.Index(ids, name=ROADS.id_name, dtype=object))
