"""Writes a layer of lines as an OpenStreetMap extract, so that Valhalla can read it.

    python benchmarks/valhalla/extract_from_layer.py a.gpkg a.osm.pbf --columns road_class=kind

Lines that share a vertex share a node. A line without a class gets that of `--road-class`. What the
layer does not call one-way is written as two-way, motorways too, as the reader of layers takes it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import osmium
import shapely

import boxreach as br

_ONEWAY = {"forward": "yes", "1": "yes", "1.0": "yes", "yes": "yes", "backward": "-1", "-1": "-1"}


def main() -> None:
    """Read the layer, number its vertices, write nodes and ways."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layer", type=Path)
    parser.add_argument("extract", type=Path)
    parser.add_argument("--road-class", default="unclassified")
    parser.add_argument("--columns", nargs="*", default=[], help="ours=theirs, as road_class=kind")
    options = parser.parse_args()
    roads = br.read_roads(options.layer, columns=dict(one.split("=") for one in options.columns))
    xy, owner = shapely.get_coordinates(roads.geometry.to_numpy(), return_index=True)
    places, node = np.unique(np.round(xy, 7), axis=0, return_inverse=True)
    node = node.ravel() + 1
    blank = [""] * len(roads)
    classes = roads["road_class"].fillna("") if "road_class" in roads else blank
    oneway = roads["oneway"].fillna("").astype(str) if "oneway" in roads else blank
    first = np.searchsorted(owner, np.arange(len(roads) + 1))
    with osmium.SimpleWriter(str(options.extract), overwrite=True) as writer:
        for number, place in enumerate(places.tolist(), start=1):
            writer.add_node(osmium.osm.mutable.Node(id=number, version=1, location=tuple(place)))
        for way, (road_class, direction) in enumerate(zip(classes, oneway, strict=True)):
            nodes = node[first[way] : first[way + 1]].tolist()
            tags = {"highway": road_class or options.road_class}
            tags["oneway"] = _ONEWAY.get(direction, "no")
            writer.add_way(osmium.osm.mutable.Way(id=way + 1, version=1, nodes=nodes, tags=tags))


if __name__ == "__main__":
    main()
