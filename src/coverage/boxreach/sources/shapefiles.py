"""Shapefiles whose parts are missing, or do not belong together."""

from __future__ import annotations

import struct
from pathlib import Path

from boxreach.errors import Fault, InputError

_SHX_HEAD, _SHX_RECORD = 100, 8
_DBF_HEAD = 32
_NO_LANGUAGE = {0, 0x57}
"""Marks in a table of attributes that leave the letters to the machine it was made on."""


def require_whole(path: Path) -> None:
    """Raise `InputError` for a shapefile without its parts, or with the parts of another.

    The driver of GDAL pairs shapes and attributes by their order, and leaves out what is over; and
    where nothing says in which encoding the letters are, it takes them for those of Western Europe.
    """
    file = path.name
    index, table = _read_part(path, "shx"), _read_part(path, "dbf")
    if faults := [
        Fault(
            f"its part .{name} is missing or empty",
            file,
            advice=f"put {path.stem}.{name} beside it",
        )
        for name, data in (("shx", index), ("dbf", table))
        if not data
    ]:
        raise InputError(*faults)
    shapes = (len(index) - _SHX_HEAD) // _SHX_RECORD
    if len(table) < _DBF_HEAD:
        advice = "copy or download all its parts again"
        raise InputError(Fault("its part .dbf is cut off", file, advice=advice))
    rows, head = struct.unpack_from("<IH", table, 4)
    if rows != shapes:
        what = f"it has {shapes:,} shapes and {rows:,} rows of attributes"
        advice = "give parts that were saved together"
        raise InputError(Fault(what, file, advice=advice))
    if (
        not _read_part(path, "cpg").strip()
        and table[29] in _NO_LANGUAGE
        and not table[head:].isascii()
    ):
        what = "it does not say in which encoding its names are"
        advice = f"put {path.stem}.cpg beside it, with UTF-8 or windows-1256 in it"
        raise InputError(Fault(what, file, advice=advice))


def _read_part(path: Path, ending: str) -> bytes:
    """Return a part of a shapefile, its ending in small letters or in capitals; nothing if none."""
    tried = (path.with_suffix(f".{one}") for one in (ending, ending.upper()))
    return next((one.read_bytes() for one in tried if one.is_file()), b"")
