"""Roads from extracts, layers, frames and graphs, into one table of edges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.errors import Fault, InputError
from boxreach.sources.directions import spell_directions
from boxreach.sources.layers import raw_layer
from boxreach.sources.osm.extract import find_format, read_extract
from boxreach.sources.osm.graphs import read_graph, read_graphml
from boxreach.sources.osm.pieces import cut_ways
from boxreach.sources.raw_table import build_table
from boxreach.sources.tabular import read_table, told_in_file
from boxreach.tables import ROADS

if TYPE_CHECKING:
    import networkx as nx

_FRAME = "roads"
"""What faults call roads that come from no file."""


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
        An extract of OpenStreetMap (``.osm.pbf``, ``.osm``, ``.osm.gz``, ``.osm.bz2``), a graph
        of osmnx or its ``.graphml`` file, a layer of lines that GDAL reads, or a GeoDataFrame of
        lines.
    layer
        The layer to read, where a file has several.
    columns
        The source's own names for our columns, ours first: ``{"road_class": "highway"}``.

    Returns
    -------
    geopandas.GeoDataFrame
        Lines in EPSG:4326, index ``road_id``, and as far as known ``road_class``, ``surface``,
        ``oneway``, ``speed_kmh``, ``limit_kmh`` and ``limit_back_kmh`` (with and against the
        direction of drawing), ``name``, ``ref``, ``bridge`` and ``winding_factor`` (true length
        over the length drawn). A line of several parts becomes several rows, ``id/1``, ``id/2``
        and so on.

        Where ``from_node`` and ``to_node`` stand, the roads meet where they share such a number,
        and nowhere else; the rows of one road follow each other, under the same ``road_id``.
        Extracts and graphs are read so.

    Raises
    ------
    InputError
        Everything that is wrong with the roads, at once.

    Warns
    -----
    DataWarning
        How many ways of an extract were left out, kept in doubt or mended, by their kind; and how
        many rows of a frame hold lists, of which the first value counts.
    """
    if isinstance(source, str | Path):
        file, roads = Path(source).name, _from_file(Path(source), layer, columns)
    elif isinstance(source, gpd.GeoDataFrame):
        file, roads = _FRAME, _from_frame(source, columns or {})
    else:
        file, roads = _FRAME, _from_frame(read_graph(source, file=_FRAME), {})
    roads = spell_directions(roads, renamed=(columns or {}).values())
    if not (shapely.length(roads.geometry.to_numpy()) > 0).any():
        what = "no road in it has any length"
        raise InputError(Fault(what, file, advice="give lines between different places"))
    if isinstance(source, str | Path):
        with told_in_file(source, layer):
            return _split_parts(roads, file)
    return _split_parts(roads, file)


def _from_file(
    path: Path, layer: str | None, columns: Mapping[str, str] | None
) -> gpd.GeoDataFrame:
    kind = find_format(path)
    is_graph = path.suffix.lower() == ".graphml"
    if not path.is_file() or not (kind or is_graph):
        return read_table(path, ROADS, layer=layer, columns=columns)
    if layer or columns:
        what = "it has neither layers nor columns to choose from"
        raise InputError(Fault(what, path.name, advice="take layer and columns out"))
    if kind is None:
        return _from_frame(read_graph(read_graphml(path), file=path.name), {}, file=path.name)
    ways = read_extract(path, kind)
    roads = cut_ways(ways, file=path.name)
    ways.tally.warn(path.name, stacklevel=3)
    return roads


def _from_frame(
    frame: gpd.GeoDataFrame, columns: Mapping[str, str], *, file: str = _FRAME
) -> gpd.GeoDataFrame:
    if frame.index.name == ROADS.id_name:
        frame = frame.reset_index()
    return build_table(raw_layer(frame, file), ROADS, columns=columns)


def _split_parts(roads: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
    if (roads.geom_type == "LineString").all():
        return roads
    parts = roads.explode()
    if "from_node" in roads:
        return _require_single(roads, parts, file)
    number = parts.groupby(level=0, sort=False).cumcount().to_numpy() + 1
    many = parts.index.duplicated(keep=False)
    ids = [
        f"{road}/{part}" if split else road
        for road, part, split in zip(parts.index, number, many, strict=True)
    ]
    return parts.set_index(pd.Index(ids, name=ROADS.id_name, dtype=object))


def _require_single(
    roads: gpd.GeoDataFrame, parts: gpd.GeoDataFrame, file: str
) -> gpd.GeoDataFrame:
    """Return the one part of each noded road; what lies between two parts has no numbers."""
    sizes = shapely.get_num_geometries(roads.geometry.to_numpy())
    if (sizes > 1).any():
        advice = "give each part a row with its own from_node and to_node"
        raise InputError(
            *(Fault(f"it has {sizes[at]} parts", file, int(at) + 1, "geometry", advice)
              for at in np.flatnonzero(sizes > 1))
        )  # fmt: skip
    return parts
