"""Shapefiles whose parts are missing, or do not belong together."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from boxreach.arguments import shown
from boxreach.errors import Fault
from boxreach.sources.archives import Parts, require_parts
from boxreach.sources.stored_numbers import is_stored_number, stored_fault

_SHX_HEAD, _SHX_RECORD = 100, 8
_DBF_HEAD, _DBF_FIELD = 32, 32
_WIDE = 19
"""From so many digits on, columns without decimals are read as those with some."""

_DELETED = ord("*")
_NO_LANGUAGE = {0, 0x57}
"""Marks in a table of attributes that leave the letters to the machine it was made on."""

_CODE_PAGE = re.compile(r"ANSI[ _-]?(125\d)", re.IGNORECASE)
"""How ArcGIS calls the encodings of Windows."""

Texts: TypeAlias = "np.ndarray[Any, np.dtype[np.bytes_]]"
Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"


def require_whole(path: Path) -> None:
    """Raise `InputError` for a shapefile without its parts, or with the parts of another.

    The driver of GDAL pairs shapes and attributes by their order, and leaves out what is over; and
    where nothing says in which encoding the letters are, or what it does not know, it takes them
    for those of Western Europe.

    Parameters
    ----------
    path
        Of its shapes, or of an archive, of which every shapefile is looked at; nothing is wrong
        with any other file.
    """
    require_parts(path, ".shp", _part_faults)


def _part_faults(parts: Parts) -> list[Fault]:
    """Return what is wrong with the parts of a shapefile."""
    file = parts.file
    index, table = parts.read(".shx") or b"", parts.read(".dbf") or b""
    if missing := [name for name, data in (("shx", index), ("dbf", table)) if not data]:
        return [
            Fault(
                f"its part .{name} is missing or empty",
                file,
                advice=f"put {parts.stem}.{name} beside it",
            )
            for name in missing
        ]
    shapes = (len(index) - _SHX_HEAD) // _SHX_RECORD
    rows, head, length = struct.unpack_from("<IHH", table.ljust(_DBF_HEAD, b"\0"), 4)
    if not _DBF_HEAD <= head <= len(table) or not length:
        advice = "copy or download all its parts again"
        return [Fault("its part .dbf is cut off", file, advice=advice)]
    if rows != shapes:
        what = f"it has {shapes:,} shapes and {rows:,} rows of attributes"
        return [Fault(what, file, advice="give parts that were saved together")]
    if not table[head:].isascii() and (fault := _encoding_fault(parts, table[29])):
        return [fault]
    return _number_faults(table, rows, file)


def _encoding_fault(parts: Parts, mark: int) -> Fault | None:
    """Return a fault where the driver would guess in which encoding letters are.

    Parameters
    ----------
    parts
        Of the shapefile.
    mark
        What its table of attributes says itself, where there is no ``.cpg``.
    """
    file = f"{parts.stem}.cpg"
    advice = f"put {file} beside it, with UTF-8 or windows-1256 in it"
    said = (parts.read(".cpg") or b"").decode("utf-8", "replace").strip()
    if said.isascii() and (said or mark not in _NO_LANGUAGE) and _is_known(parts.source):
        return None
    if not said:
        return Fault("it does not say in which encoding its names are", parts.file, advice=advice)
    if page := _CODE_PAGE.fullmatch(said):
        advice = f"write CP{page[1]} into {file}"
    what = f"its part .cpg names an encoding that is not known: {shown(said)}"
    return Fault(what, parts.file, advice=advice)


def _is_known(source: str) -> bool:
    """Tell whether GDAL turns letters into Unicode, and does not leave them as they are."""
    from pyogrio import read_info  # noqa: PLC0415 - networks that are built already need no file

    try:
        return bool(read_info(source)["encoding"] == "UTF-8")
    except RuntimeError:
        return True  # it says why when it is read


def _number_faults(table: bytes, rows: int, file: str) -> list[Fault]:
    """Return a fault for each column of numbers with a value that is none: it would be read as 0.

    A fraction in a column of whole numbers would be cut off.
    """
    head, length = struct.unpack_from("<HH", table, 8)
    records = np.frombuffer(table[head : head + rows * length], dtype=np.uint8)
    records = records[: len(records) // length * length].reshape(-1, length)
    kept, at, faults = records[:, 0] != _DELETED, 1, []
    for place in range(_DBF_HEAD, head - _DBF_FIELD + 1, _DBF_FIELD):
        name, kind, width, decimals = struct.unpack_from("<11sc4xBB", table, place)
        if kind in {b"N", b"F"} and 0 < width <= length - at:
            most = 10**width if decimals == 0 and width < _WIDE else None
            values = np.ascontiguousarray(records[:, at : at + width]).view(f"S{width}").ravel()
            wrong = np.flatnonzero(kept & ~_are_numbers(values, most))
            if wrong.size:
                column = name.partition(b"\0")[0].decode("utf-8", "replace")
                said = values[wrong[0]].decode("utf-8", "replace").strip()
                feature = int(kept[: wrong[0] + 1].sum())
                faults.append(stored_fault(said, file, column=column, feature=feature))
        at += width
    return faults


def _are_numbers(values: Texts, most: int | None) -> Flags:
    """Tell which texts of a column are numbers, or blank, as stars are where one had no room."""
    said, place = np.unique(values, return_inverse=True)
    fits = [is_stored_number(one.decode("latin-1"), most=most) for one in said.tolist()]
    return np.array(fits, dtype=bool)[place]
