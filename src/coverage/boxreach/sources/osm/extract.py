"""Extracts of OpenStreetMap: PBF and XML, through osmium.

osmium reads, filters and locates in C++, and writes what is left in its own line format, OPL,
which is parsed in bulk: an object of Python for each node would take ten times as long.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import numpy as np
import osmium

from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.osm.access import Way, blocks, read_way
from boxreach.sources.osm.guard import require_packed_xml, require_pbf, require_xml
from boxreach.sources.osm.opl import Line, PlaceList, read_lines, read_tags
from boxreach.sources.osm.ways import Integers, NodeList, WayList, Ways

FORMATS: Mapping[str, str] = MappingProxyType(
    {".osm.gz": "osm.gz", ".osm.bz2": "osm.bz2", ".osm": "osm", ".pbf": "pbf"}
)
"""How osmium calls the format of a file whose name ends so."""

_ROAD_KEYS = ("highway", "route")
_STOP_KEYS = ("barrier", "access", "vehicle", "motor_vehicle", "motorcar", "emergency")
_SHOWN = 160
_UNREADABLE = (
    RuntimeError, ValueError, LookupError, ArithmeticError, OSError, osmium.InvalidLocationError
)  # fmt: skip
"""What osmium raises of damaged files; it has no error of its own for them."""


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
        If the file is cut, a bomb, no OpenStreetMap data, or without roads.
    """
    _require_sound(path, kind)
    source = osmium.io.File(str(path), kind)
    with TemporaryDirectory() as folder:
        target = Path(folder) / "objects.opl"
        try:
            quick = None
            if kind == "pbf" and not _is_history(source):
                quick = _read_located(source, target, path.name)
            return quick or _read_whole(source, target, path.name)
        except InputError:
            raise
        except _UNREADABLE as error:
            said = " ".join(str(error).split())[:_SHOWN]
            what = f"it cannot be read as OpenStreetMap data ({said})"
            raise InputError(Fault(what, path.name, advice="give a fresh extract")) from error


def _require_sound(path: Path, kind: str) -> None:
    if kind == "pbf":
        require_pbf(path)
    elif kind == "osm":
        require_xml(path, "osm")
    else:
        require_packed_xml(path)


def _is_history(source: osmium.io.File) -> bool:
    with osmium.io.Reader(source, osmium.osm.NOTHING) as reader:
        return bool(reader.header().has_multiple_object_versions)


def _export(
    source: osmium.io.File | osmium.io.FileBuffer,
    target: Path,
    *handlers: object,
    located: bool = False,
) -> Iterator[Line]:
    """Write what passes the handlers as lines of text, and read them back."""
    form = f"opl,add_metadata=version,locations_on_ways={'true' if located else 'false'}"
    out = osmium.io.File(str(target), form)
    writer = osmium.SimpleWriter(out, overwrite=True)
    try:
        with osmium.io.Reader(source, osmium.osm.NODE | osmium.osm.WAY) as reader:
            osmium.apply(reader, *handlers, writer)
        writer.close()
    except Exception:
        # Where a disk is full or a text is no UTF-8 the writer fails, and its destructor, which
        # writes the rest, ends the process. So it is never destroyed.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
        raise
    return read_lines(target)


def _read_located(source: osmium.io.File, target: Path, file: str) -> Ways | None:
    """Read roads alone, located by osmium; None where that does not do.

    osmium locates no nodes of negative ids, nor does it know the newest of several versions.
    """
    locate = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    locate.ignore_errors()
    roads, stops = osmium.filter.KeyFilter(*_ROAD_KEYS), osmium.filter.KeyFilter(*_STOP_KEYS)
    roads.enable_for(osmium.osm.WAY)
    stops.enable_for(osmium.osm.NODE)
    ways, places = WayList(), PlaceList(located=True)
    blocked = []
    for line in _export(source, target, locate, roads, stops, located=True):
        if line.is_way:
            _add_way(line, ways, places)
        elif line.visible and blocks(read_tags(line.tag_text)):
            blocked.append(line.id)
    nodes, lon, lat = places.close(file)
    missing = np.isnan(lon)
    if ways.repeats() or (nodes[missing] < 0).any():
        return None
    if missing.any():
        lon[missing], lat[missing] = _locate_again(nodes[missing], locate, target, file)
    return ways.close(nodes, lon, lat, np.array(blocked, dtype=np.int64), file=file)


def _locate_again(
    nodes: Integers, locate: object, target: Path, file: str
) -> tuple[Floats, Floats]:
    """Locate nodes that were not known when their ways were read, as they stand behind them."""
    way = "w1 v1 dV T N" + ",".join(f"n{node}" for node in nodes.tolist())
    source = osmium.io.FileBuffer(way.encode(), "opl")
    places = PlaceList(located=True)
    for line in _export(source, target, locate, located=True):
        places.add(line.nodes)
    _, lon, lat = places.close(file)
    return lon, lat


def _read_whole(source: osmium.io.File, target: Path, file: str) -> Ways:
    """Read every node and way, whatever its order, sign and version."""
    ways, places, nodes = WayList(), PlaceList(located=False), NodeList()
    for line in _export(source, target):
        if line.is_way:
            _add_way(line, ways, places)
        else:
            place = float(line.lon or "nan"), float(line.lat or "nan")
            stops = line.visible and blocks(read_tags(line.tag_text))
            nodes.add(line.id, line.version, *place, stops=stops, visible=line.visible)
    refs, _, _ = places.close(file)
    lon, lat, blocked = nodes.find(refs)
    return ways.close(refs, lon, lat, blocked, file=file)


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
