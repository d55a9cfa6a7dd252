"""Interchange files of MapInfo that are cut off: their driver reads what is there in silence."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from boxreach.errors import Fault, InputError
from boxreach.sources.archives import DAMAGE, damaged, is_archive
from boxreach.sources.stored_numbers import is_stored_number, stored_fault

_SHAPES = {
    b"NONE", b"POINT", b"LINE", b"PLINE", b"REGION", b"ARC", b"TEXT", b"RECT", b"ROUNDRECT",
    b"ELLIPSE", b"MULTIPOINT", b"COLLECTION",
}  # fmt: skip
"""How each feature begins; a collection is followed by as many of them as it says."""

_NUMBERS = {
    b"INTEGER": 2**31 - 1, b"SMALLINT": 2**15 - 1, b"LARGEINT": 2**63 - 1,
    b"FLOAT": None, b"DECIMAL": None,
}  # fmt: skip
"""Kinds of columns of numbers, and the largest of those that hold whole ones alone."""

_AGAIN = "copy or download both its parts again"


def require_both_parts(path: Path) -> None:
    """Raise `InputError` for shapes (``.mif``) and attributes (``.mid``) that are not as many.

    Parameters
    ----------
    path
        Of the shapes, or of an archive, of which all are looked at.
    """
    if not is_archive(path):
        beside = (path.with_suffix(one) for one in (".mid", ".MID"))
        rows = next((one.read_bytes() for one in beside if one.is_file()), None)
        faults = _faults(path.stem, path.read_bytes(), rows, path.name)
    else:
        try:
            with zipfile.ZipFile(path) as archive:
                faults = _faults_inside(archive, path.name)
        except DAMAGE as error:
            raise InputError(damaged(error, path.name)) from error
    if faults:
        raise InputError(*faults)


def _faults_inside(archive: zipfile.ZipFile, file: str) -> list[Fault]:
    names = {one.casefold(): one for one in archive.namelist()}
    faults = []
    for name in names.values():
        shapes = PurePosixPath(name)
        if shapes.suffix.casefold() == ".mif" and not shapes.name.startswith("."):
            rows = names.get(str(shapes.with_suffix(".mid")).casefold())
            data = None if rows is None else archive.read(rows)
            faults += _faults(shapes.stem, archive.read(name), data, file)
    return faults


def _faults(stem: str, shapes: bytes, rows: bytes | None, file: str) -> list[Fault]:
    """Return what is wrong with the two parts."""
    lines = shapes.splitlines()
    words = [line.split(maxsplit=1) for line in lines]
    begin = next((at for at, one in enumerate(words) if one and one[0].upper() == b"DATA"), None)
    if begin is None:
        return []  # its driver says that it is none
    if not shapes.endswith((b"\n", b"\r")):
        what = f"the file ends within a line: {lines[-1].decode('utf-8', 'replace').strip()!r}"
        return [Fault(what, file, advice=f"{_AGAIN}; if it is whole, end its last line")]
    if not any(one and one[0].upper() == b"COLUMNS" and one[1:] != [b"0"] for one in words[:begin]):
        return []
    if rows is None:
        return [Fault("its part .mid is missing", file, advice=f"put {stem}.mid beside it")]
    count = _count_shapes(words[begin + 1 :])
    described = sum(bool(line.strip()) for line in rows.splitlines())
    if count == described:
        return _number_faults(words[:begin], rows, file)
    what = f"it has {count:,} shapes and {described:,} rows of attributes"
    return [Fault(what, file, advice=_AGAIN)]


def _number_faults(head: list[list[bytes]], rows: bytes, file: str) -> list[Fault]:
    """Return a fault for each column of numbers with a value that is none, the first of them."""
    told = {one[0].upper(): (at, one[1].strip()) for at, one in enumerate(head) if len(one) > 1}
    first, count = told[b"COLUMNS"]
    if not count.isdigit():
        return []  # its driver says so
    columns = [one for one in head[first + 1 :] if one][: int(count)]
    apart = told.get(b"DELIMITER", (0, b""))[1].strip(b'"').decode("latin-1") or "\t"
    try:
        # Lines end as bytes do: of letters of UTF-8 some bytes are ends of lines elsewhere.
        lines = [one.decode("latin-1") for one in rows.splitlines()]
        table = [one for one in csv.reader(lines, delimiter=apart) if one]
    except (csv.Error, TypeError, ValueError):
        return []  # its driver tells what it is
    faults = []
    for at, (name, *said) in enumerate(columns):
        kind = b"".join(said).upper().partition(b"(")[0].strip()
        if kind not in _NUMBERS:
            continue
        values = (row[at] if at < len(row) else "" for row in table)
        most = _NUMBERS[kind]
        for feature, value in enumerate(values, start=1):
            if not is_stored_number(value, most=most):
                column = name.decode("utf-8", "replace")
                faults.append(stored_fault(value, file, column=column, feature=feature))
                break
    return faults


def _count_shapes(words: Iterable[list[bytes]]) -> int:
    """Return how many features there are, those of a collection being one."""
    count, parts = 0, 0
    for one in words:
        if not one or one[0].upper() not in _SHAPES:
            continue
        if parts:
            parts -= 1
            continue
        count += 1
        if one[0].upper() == b"COLLECTION" and len(one) > 1 and one[1].strip().isdigit():
            parts = int(one[1])
    return count
