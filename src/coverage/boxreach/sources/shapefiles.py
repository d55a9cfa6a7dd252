"""Shapefiles whose parts are missing, or do not belong together."""

from __future__ import annotations

import re
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from boxreach.arguments import shown
from boxreach.errors import Fault
from boxreach.sources.parts import Parts, count_faults, require_parts
from boxreach.sources.stored_numbers import is_stored_number, stored_fault

_SHX_HEAD, _SHX_RECORD = 100, 8
_DBF_HEAD, _DBF_FIELD = 32, 32
_MOST_HEAD = 2**16
"""No table of attributes can say that its head is longer."""

_PIECE_BYTES = 2**24
"""So much of a table is held at a time."""

_WIDE = 19
"""From so many digits on, columns without decimals are read as those with some."""

_DELETED = ord("*")
_NO_LANGUAGE = {0, 0x57}
"""Marks in a table of attributes that leave the letters to the machine it was made on."""

_CODE_PAGE = re.compile(r"ANSI[ _-]?(125\d)", re.IGNORECASE)
"""How ArcGIS calls the encodings of Windows."""

Texts: TypeAlias = "np.ndarray[Any, np.dtype[np.bytes_]]"
Bytes: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"
Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"


@dataclass(frozen=True)
class _Column:
    """A column of numbers: where it stands in a row, and the largest number if all are whole."""

    name: str
    at: int
    width: int
    most: int | None


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
    index, begin = parts.measure(".shx") or 0, parts.read(".dbf", _MOST_HEAD) or b""
    if missing := [name for name, held in (("shx", index), ("dbf", begin)) if not held]:
        return [
            Fault(
                f"its part .{name} is missing or empty",
                file,
                advice=f"put {parts.stem}.{name} beside it",
            )
            for name in missing
        ]
    rows, head, length = struct.unpack_from("<IHH", begin.ljust(_DBF_HEAD, b"\0"), 4)
    if not _DBF_HEAD <= head <= len(begin) or not length:
        advice = "copy or download all its parts again"
        return [Fault("its part .dbf is cut off", file, advice=advice)]
    if uneven := count_faults(parts, (index - _SHX_HEAD) // _SHX_RECORD, rows):
        return uneven
    is_ascii, faults = _look_through(parts, begin[:head])
    if not is_ascii and (fault := _encoding_fault(parts, begin[29])):
        return [fault]
    return faults


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
    said = (parts.read(".cpg", _MOST_HEAD) or b"").decode("utf-8", "replace").strip()
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

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(read_info(source)["encoding"] == "UTF-8")
        except (RuntimeError, UnicodeDecodeError, UnboundLocalError):  # the last of its .prj
            return True  # that, as what it warns of, is told when it is read


def _look_through(parts: Parts, head: bytes) -> tuple[bool, list[Fault]]:
    """Tell whether a table of attributes is ASCII, and what is wrong with its numbers.

    It is read in pieces. The fault of each column is the first: what is no number would be read as
    0, and a fraction in a column of whole numbers be cut off.
    """
    rows, length = struct.unpack_from("<I2xH", head, 4)
    columns = _number_columns(head)
    faults: dict[_Column, Fault] = {}
    is_ascii, before = True, 0
    source = parts.open(".dbf")
    if source is None:
        return True, []
    with source:
        source.read(len(head))
        while piece := source.read(max(_PIECE_BYTES // length, 1) * length):
            is_ascii = is_ascii and piece.isascii()
            records = np.frombuffer(piece, np.uint8, len(piece) // length * length)
            records = records.reshape(-1, length)[:rows]
            rows -= len(records)
            kept = records[:, 0] != _DELETED
            for column in columns:
                if column not in faults and (found := _first_wrong(records, kept, column)):
                    said, feature = found[0], before + found[1]
                    fault = stored_fault(said, parts.file, column=column.name, feature=feature)
                    faults[column] = fault
            before += int(kept.sum())
    return is_ascii, [faults[one] for one in columns if one in faults]


def _number_columns(head: bytes) -> list[_Column]:
    """Return the columns of numbers by what the head of a table of attributes says."""
    (length,) = struct.unpack_from("<H", head, 10)
    columns, at = [], 1
    for place in range(_DBF_HEAD, len(head) - _DBF_FIELD + 1, _DBF_FIELD):
        name, kind, width, decimals = struct.unpack_from("<11sc4xBB", head, place)
        if kind in {b"N", b"F"} and 0 < width <= length - at:
            called = name.partition(b"\0")[0].decode("utf-8", "replace")
            most = 10**width if decimals == 0 and width < _WIDE else None
            columns.append(_Column(called, at, width, most))
        at += width
    return columns


def _first_wrong(records: Bytes, kept: Flags, column: _Column) -> tuple[str, int] | None:
    """Return the first value of a column that is no number, and the feature, counted from 1."""
    cells = records[:, column.at : column.at + column.width]
    values = np.ascontiguousarray(cells).view(f"S{column.width}").ravel()
    wrong = np.flatnonzero(kept & ~_are_numbers(values, column.most))
    if not wrong.size:
        return None
    said = values[wrong[0]].decode("utf-8", "replace").strip()
    return said, int(kept[: wrong[0] + 1].sum())


def _are_numbers(values: Texts, most: int | None) -> Flags:
    """Tell which texts of a column are numbers, or blank, as stars are where one had no room."""
    said, place = np.unique(values, return_inverse=True)
    fits = [is_stored_number(one.decode("latin-1"), most=most) for one in said.tolist()]
    return np.array(fits, dtype=bool)[place]
