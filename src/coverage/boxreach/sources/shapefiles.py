"""Shapefiles whose parts are missing, or do not belong together."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import numpy as np

from boxreach.errors import Fault, InputError
from boxreach.sources.archives import DAMAGE, damaged, is_archive
from boxreach.sources.stored_numbers import is_stored_number, stored_fault

_SHX_HEAD, _SHX_RECORD = 100, 8
_DBF_HEAD, _DBF_FIELD = 32, 32
_WIDE = 19
"""From so many digits on, columns without decimals are read as those with some."""

_DELETED = ord("*")
_NO_LANGUAGE = {0, 0x57}
"""Marks in a table of attributes that leave the letters to the machine it was made on."""

Texts: TypeAlias = "np.ndarray[Any, np.dtype[np.bytes_]]"
Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"

_Read: TypeAlias = Callable[[str], bytes]
"""Returns the part of a shapefile with an ending, in small letters or capitals; nothing if none."""


def require_whole(path: Path) -> None:
    """Raise `InputError` for a shapefile without its parts, or with the parts of another.

    The driver of GDAL pairs shapes and attributes by their order, and leaves out what is over; and
    where nothing says in which encoding the letters are, it takes them for those of Western Europe.

    Parameters
    ----------
    path
        Of its shapes, or of an archive, of which every shapefile is looked at.
    """
    if not is_archive(path):
        faults = _part_faults(path.stem, lambda ending: _read_beside(path, ending), path.name)
    else:
        try:
            with zipfile.ZipFile(path) as archive:
                faults = _faults_inside(archive, path.name)
        except DAMAGE as error:
            raise InputError(damaged(error, path.name)) from error
    if faults:
        raise InputError(*faults)


def _read_beside(path: Path, ending: str) -> bytes:
    tried = (path.with_suffix(f".{one}") for one in (ending, ending.upper()))
    return next((one.read_bytes() for one in tried if one.is_file()), b"")


def _faults_inside(archive: zipfile.ZipFile, file: str) -> list[Fault]:
    """Return the faults of every shapefile in an archive."""
    names = {one.casefold(): one for one in archive.namelist()}
    faults = []
    for name in names.values():
        shapes = PurePosixPath(name)
        # What Macs put beside each file begins with a dot.
        if shapes.suffix.casefold() != ".shp" or shapes.name.startswith("."):
            continue

        def read(ending: str, shapes: PurePosixPath = shapes) -> bytes:
            part = names.get(str(shapes.with_suffix(f".{ending}")).casefold())
            return b"" if part is None else archive.read(part)

        faults += _part_faults(shapes.stem, read, file)
    return faults


def _part_faults(stem: str, read: _Read, file: str) -> list[Fault]:
    """Return what is wrong with the parts of a shapefile."""
    index, table = read("shx"), read("dbf")
    if missing := [name for name, data in (("shx", index), ("dbf", table)) if not data]:
        return [
            Fault(
                f"its part .{name} is missing or empty", file, advice=f"put {stem}.{name} beside it"
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
    if not read("cpg").strip() and table[29] in _NO_LANGUAGE and not table[head:].isascii():
        what = "it does not say in which encoding its names are"
        advice = f"put {stem}.cpg beside it, with UTF-8 or windows-1256 in it"
        return [Fault(what, file, advice=advice)]
    return _number_faults(table, rows, file)


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
