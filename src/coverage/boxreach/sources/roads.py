"""Roads from files, frames and osmnx graphs, into one table of edges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.sources.tabular import read_table, with_ids
from boxreach.tables import ROADS, require_table

if TYPE_CHECKING:
    import networkx as nx


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
        roads = read_table(source, ROADS, layer=layer, columns=columns)
    elif isinstance(source, gpd.GeoDataFrame):
        roads = _from_frame(source, columns or {})
    else:
        roads = _from_graph(source)
    return _split_parts(roads)


def _from_frame(frame: gpd.GeoDataFrame, columns: Mapping[str, str]) -> gpd.GeoDataFrame:
    renamed = frame.rename(columns={theirs: ours for ours, theirs in columns.items()})
    renamed = to_wgs84(renamed, file="roads")
    if renamed.index.name == ROADS.id_name:
        renamed = renamed.reset_index()
    roads = with_ids(renamed, ROADS)
    require_table(roads, ROADS, file="roads")
    return roads


def _from_graph(graph: nx.MultiDiGraph[object]) -> gpd.GeoDataFrame:
    """Turn an osmnx graph into roads: each of its directed edges is a one-way road."""
    try:
        import osmnx  # noqa: PLC0415 - a graph is only there if its user has osmnx

        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except (AttributeError, KeyError, ValueError) as error:
        what = f"it is no file, no GeoDataFrame and no osmnx graph ({error})"
        raise InputError(Fault(what, file="roads")) from error
    ids = [f"{u}-{v}-{key}" for u, v, key in edges.index]
    first = {name: edges[name].map(_first) for name in ("highway", "name", "ref") if name in edges}
    roads = edges[["geometry"]].assign(road_id=ids, oneway="forward")
    roads["road_class"] = first.get("highway", "")
    for name in ("name", "ref", "speed_kph"):
        if name in edges:
            roads[name.replace("kph", "kmh")] = first.get(name, edges[name])
    return _from_frame(roads.reset_index(drop=True), {})


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _split_parts(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if (roads.geom_type == "LineString").all():
        return roads
    parts = roads.explode()
    number = parts.groupby(level=0, sort=False).cumcount() + 1
    many = parts.index.duplicated(keep=False)
    ids = parts.index.where(~many, parts.index + "/" + number.astype(str))
    parts.index = pd.Index(ids, name=ROADS.id_name)
    return parts
