"""Extracts of OpenStreetMap: PBF and XML, through osmium.

osmium reads, filters and locates in C++, and writes what is left in its own line format, OPL,
which is parsed in bulk: an object of Python for each node would take ten times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.osm.access import Way, blocks, read_way
from boxreach.sources.osm.export import Export, ExportError, export_objects
from boxreach.sources.osm.guard import require_osm_xml, require_pbf
from boxreach.sources.osm.marks import Deleted
from boxreach.sources.osm.opl import Line, PlaceList, read_tags
from boxreach.sources.osm.ways import Integers, NodeList, WayList, Ways

FORMATS: Mapping[str, str] = MappingProxyType(
    {".osm.gz": "osm.gz", ".osm.bz2": "osm.bz2", ".osm": "osm", ".pbf": "pbf"}
)
"""How osmium calls the format of a file whose name ends so."""

_SHOWN = 160


def find_format(path: Path) -> str | None:
    """Return how osmium calls the format of a file, by its name; None if it is no extract.

    Examples
    --------
    >>> find_format(Path("iraq-latest.OSM.pbf")), find_format(Path("roads.gpkg"))
    ('pbf', None)
    """
    name = path.name.lower()
    return next((kind for ending, kind in FORMATS.items() if name.endswith(ending)), None)


def read_extract(path: Path, kind: str) -> Ways:
    """Read the driven ways of an extract.

    Parameters
    ----------
    path
        The file.
    kind
        What `find_format` says of it.

    Raises
    ------
    InputError
        If the file is cut, a bomb, no OpenStreetMap data, half an answer, or without roads.
    """
    deleted = require_sound(path, kind)
    try:
        quick = _read_located(path, kind) if kind == "pbf" else None
        return quick or _read_whole(path, kind, deleted)
    except InputError:
        raise
    except (ExportError, ValueError, LookupError, ArithmeticError, OSError) as error:
        said = " ".join(str(error).split())[:_SHOWN] or "it is damaged"
        what = f"it cannot be read as OpenStreetMap data ({said})"
        raise InputError(Fault(what, path.name, advice="give a fresh extract")) from error


def require_sound(path: Path, kind: str) -> Deleted:
    """Raise `InputError` if an extract is cut, a bomb, or none; return what osmium is to leave out.

    Of a PBF osmium knows by itself what is deleted.
    """
    if kind != "pbf":
        return require_osm_xml(path)
    require_pbf(path)
    return frozenset()


def _read_located(path: Path, kind: str) -> Ways | None:
    """Read roads alone, located by osmium; None where that does not do.

    osmium locates no nodes of negative ids, nor does it know the newest of several versions.
    """
    ways, places = WayList(), PlaceList(located=True)
    blocked = []
    with export_objects(path, kind, "located") as export:
        if export.is_history():
            return None
        for line in export.lines():
            if line.is_way:
                _add_way(line, ways, places)
            elif line.visible and blocks(read_tags(line.tag_text)):
                blocked.append(line.id)
        nodes, lon, lat = places.close(path.name)
        missing = np.isnan(lon)
        if ways.repeats() or (nodes[missing] < 0).any():
            return None
        if missing.any():
            lon[missing], lat[missing] = _locate_again(nodes[missing], export, path.name)
    return ways.close(nodes, lon, lat, np.array(blocked, dtype=np.int64), file=path.name)


def _locate_again(nodes: Integers, export: Export, file: str) -> tuple[Floats, Floats]:
    """Locate nodes that were not known when their ways were read, as they stand behind them."""
    places = PlaceList(located=True)
    for line in export.locate("w1 v1 dV T N" + ",".join(f"n{node}" for node in nodes.tolist())):
        places.add(line.nodes)
    _, lon, lat = places.close(file)
    return lon, lat


def _read_whole(path: Path, kind: str, deleted: Deleted) -> Ways:
    """Read every node and way, whatever its order, sign and version."""
    ways, places, nodes = WayList(), PlaceList(located=False), NodeList()
    with export_objects(path, kind, "whole") as export:
        export.is_history()
        for line in export.lines(deleted):
            if line.is_way:
                _add_way(line, ways, places)
            else:
                place = float(line.lon or "nan"), float(line.lat or "nan")
                stops = line.visible and blocks(read_tags(line.tag_text))
                nodes.add(line.id, line.version, *place, stops=stops, visible=line.visible)
    refs, _, _ = places.close(path.name)
    lon, lat, blocked = nodes.find(refs)
    return ways.close(refs, lon, lat, blocked, file=path.name)


def _add_way(line: Line, ways: WayList, places: PlaceList) -> None:
    meaning = _read_meaning(line.tag_text) if line.visible else None
    size = places.add(line.nodes) if meaning and meaning.driven else 0
    ways.add(line.id, line.version, meaning, size, visible=line.visible)


@lru_cache(maxsize=1 << 14)
def _read_meaning(tag_text: bytes) -> Way | None:
    """Return what tags say of a way, None if it is no road; half of all ways say the same."""
    tags = read_tags(tag_text)
    is_road = "highway" in tags or tags.get("route") == "ferry"
    return read_way(tags) if is_road else None
