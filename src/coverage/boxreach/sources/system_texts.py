"""Where the reference systems of layers and grids stand, looked at before GDAL reads them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO

from boxreach.errors import Fault, InputError
from boxreach.shift_files import LONGEST, require_no_shift_file
from boxreach.sources.archives import is_archive, unpacking
from boxreach.sources.geojson import begins_as_json
from boxreach.sources.prolog import begins_as_xml

_PIECE_BYTES = 2**20
_SQLITE = b"SQLite format 3\0"
_FLATGEOBUF = b"fgb"
_LONGEST_HEAD = 2**24
"""GDAL reads no head of a FlatGeobuf that is longer than ten million bytes."""

_OF_SHAPES = b"\0\0\x27\x0a"
_OF_DBASE = frozenset(b"\x02\x03\x04\x05\x30\x31\x83\x8b\x8c\xf5")
"""How parts of shapefiles begin that hold no system, and most of the bytes."""

_BESIDE = (".prj", ".aux.xml", ".aux")
_SYSTEMS_IN_XML = (".aux.xml", ".vrt")
_OPENED = ("aux", "aux.xml", "clr", "cpg", "dbf", "hdr", "idm", "ind", "prj", "qix", "sbn", "shx")
"""How files end that drivers open beside a layer or a grid."""


def require_plain_systems(path: Path) -> None:
    """Raise `CRSError` if a system of a layer, wherever in its files it stands, names a file.

    Databases are asked for theirs by `require_sound`, as they may know many that nothing is in, and
    JSON by `require_features`, as texts of its features are none.

    Parameters
    ----------
    path
        Of the layer, or of an archive, in which every file is looked at.
    """
    require_plain_systems_beside(path)
    if begins_as_json(path):
        return
    if not is_archive(path):
        with path.open("rb") as source:
            _require_plain(source, path.name, path.name)
        return
    with unpacking(path) as archive:
        for one in archive.infolist():
            with archive.open(one) as source:
                _require_plain(source, one.filename, path.name)


def require_plain_systems_beside(*paths: Path) -> None:
    """Raise `InputError` if what stands beside files names another one, or is none on a disk.

    Parameters
    ----------
    paths
        Of layers or grids of one folder. Drivers open what is called like them but for the ending,
        and their systems may stand in a ``.prj`` or ``.aux.xml``.
    """
    own = {f"{one}.".casefold() for path in paths for one in (path.stem, path.name)}
    for folder in {path.absolute().parent for path in paths}:
        for name in _names_in(folder, own):
            begin, _, end = name.casefold().partition(".")
            while f"{begin}." not in own and end:
                more, _, end = end.partition(".")
                begin = f"{begin}.{more}"
            if end:
                _require_plain_part(folder / name)


def _names_in(folder: Path, own: set[str]) -> list[str]:
    """Return the names in a folder, or those that drivers try where it cannot be listed."""
    try:
        return [one.name for one in folder.iterdir()]
    except PermissionError:
        ends = [*_OPENED, *map(str.upper, _OPENED)]
        return [f"{one}{end}" for one in own for end in ends]


def _require_plain_part(path: Path) -> None:
    if path.is_dir() or not path.exists() or path.is_socket():
        return
    if not path.is_file():
        what = "it is no file on a disk, and could be waited for without end"
        raise InputError(Fault(what, path.name, advice="take it out"))
    if path.name.casefold().endswith(_BESIDE):
        with path.open("rb") as source:
            _require_plain(source, path.name, path.name)


def _require_plain(source: IO[bytes], name: str, file: str) -> None:
    """Look through a file in pieces; `file` is what it is told of."""
    data = source.read(_PIECE_BYTES)
    if data.startswith((_SQLITE, _OF_SHAPES)) or _is_of_dbase(data, name):
        return
    if data.startswith(_FLATGEOBUF):  # the rest are features
        (head,) = struct.unpack_from("<I", data.ljust(12, b"\0"), 8)
        data += source.read(min(head, _LONGEST_HEAD))
        require_no_shift_file(data[: 12 + head], file)
        return
    # Layers in XML say theirs in an attribute of elements; their texts are none.
    is_told = name.lower().endswith(_SYSTEMS_IN_XML) or not begins_as_xml(data)
    while data:
        more = source.read(_PIECE_BYTES)
        is_told = is_told or b"srsname" in data.lower()
        if is_told:
            require_no_shift_file(data, file, before=len(data) - LONGEST if more else None)
        data = data[-LONGEST:] + more if more else b""


def _is_of_dbase(data: bytes, name: str) -> bool:
    return name.lower().endswith(".dbf") and bool(data) and data[0] in _OF_DBASE
