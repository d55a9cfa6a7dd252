"""The program that runs osmium: a process of its own, for damaged data may end it.

It writes what it reads as lines of text, then waits for references to nodes to be located, one
export for each line on its input. It is run by `boxreach.sources.osm.export`, never imported.
"""

from __future__ import annotations

import sys
from pathlib import Path

import osmium

_ROAD_KEYS = ("highway", "route")
_STOP_KEYS = ("barrier", "access", "vehicle", "motor_vehicle", "motorcar", "emergency")


def main(path: str, kind: str, target: str, mode: str) -> None:
    """Export a file: ``whole``, ``located`` roads alone where that will do, or ``places``.

    On its output it says ``history`` where it will not do, else ``done`` after each export.
    """
    source = osmium.io.File(path, kind)
    if mode == "whole":
        _export(source, target, located=False)
        _say("done")
        return
    if _is_history(source):
        _say("history")
        return
    if mode == "places":
        named = osmium.filter.KeyFilter("place")
        _export(source, target, named, located=False, kinds=osmium.osm.NODE)
        _say("done")
        return
    # 16 bytes a node, whatever its id: an index that goes by ids is as large as the file likes.
    locate = osmium.NodeLocationsForWays(osmium.index.create_map("sparse_mem_array"))
    locate.ignore_errors()
    roads, stops = osmium.filter.KeyFilter(*_ROAD_KEYS), osmium.filter.KeyFilter(*_STOP_KEYS)
    roads.enable_for(osmium.osm.WAY)
    stops.enable_for(osmium.osm.NODE)
    _export(source, target, locate, roads, stops, located=True)
    _say("done")
    for line in sys.stdin:
        text = Path(line.rstrip("\n")).read_bytes()
        _export(osmium.io.FileBuffer(text, "opl"), target, locate, located=True)
        _say("done")


def _is_history(source: osmium.io.File) -> bool:
    with osmium.io.Reader(source, osmium.osm.NOTHING) as reader:
        return bool(reader.header().has_multiple_object_versions)


def _export(
    source: osmium.io.File | osmium.io.FileBuffer,
    target: str,
    *handlers: object,
    located: bool,
    kinds: osmium.osm.osm_entity_bits = osmium.osm.NODE | osmium.osm.WAY,
) -> None:
    form = f"opl,add_metadata=version,locations_on_ways={'true' if located else 'false'}"
    writer = osmium.SimpleWriter(osmium.io.File(target, form), overwrite=True)
    with osmium.io.Reader(source, kinds) as reader:
        osmium.apply(reader, *handlers, writer)
    writer.close()


def _say(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - the one that started this program reads it


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        print(" ".join(str(error).split()), file=sys.stderr)  # noqa: T201
        sys.exit(1)
