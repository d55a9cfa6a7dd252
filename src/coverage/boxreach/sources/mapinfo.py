"""Files of MapInfo that are cut off or mixed up: their drivers read what is there in silence."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from boxreach.errors import Fault
from boxreach.sources.parts import Parts, count_faults, require_parts
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

_OWN_KIND = re.compile(rb"^\s*Type\s+\"?NATIVE\b", re.IGNORECASE | re.MULTILINE)
"""What a table says whose rows and shapes lie in files of MapInfo's own kind."""

_AGAIN = "copy or download both its parts again"
_HEAD_BYTES = 65_536
_MOST_DIGITS = 9
"""No layer has more columns or shapes; of very many digits, no number is made at all."""


def require_both_parts(path: Path) -> None:
    """Raise `InputError` for shapes and attributes of MapInfo that are not as many.

    Parameters
    ----------
    path
        Of an interchange file (``.mif``) or a table (``.tab``), or of an archive, of which all are
        looked at; nothing is wrong with any other file.
    """
    require_parts(path, ".mif", _interchange_faults)
    require_parts(path, ".tab", _table_faults)


def _table_faults(parts: Parts) -> list[Fault]:
    """Return a fault where a table of MapInfo's own kind does not describe each of its shapes.

    A row that is deleted, or has no shape, keeps its place in both.
    """
    index, table = parts.measure(".id"), parts.read(".dat", 8)
    head = parts.read(".tab", _HEAD_BYTES) or b""
    if not _OWN_KIND.search(head) or index is None or table is None:
        return []  # its rows lie elsewhere, or its driver says what is missing
    return count_faults(parts, index // 4, int.from_bytes(table[4:], "little"))


def _interchange_faults(parts: Parts) -> list[Fault]:
    """Return what is wrong with the two parts of an interchange file."""
    file, shapes, rows = parts.file, parts.read(".mif") or b"", parts.read(".mid")
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
        return [Fault("its part .mid is missing", file, advice=f"put {parts.stem}.mid beside it")]
    count = _count_shapes(words[begin + 1 :])
    described = sum(bool(line.strip()) for line in rows.splitlines())
    uneven = count_faults(parts, count, described)
    return uneven or _number_faults(words[:begin], rows, file)


def _number_faults(head: list[list[bytes]], rows: bytes, file: str) -> list[Fault]:
    """Return a fault for each column of numbers with a value that is none, the first of them."""
    told = {one[0].upper(): (at, one[1].strip()) for at, one in enumerate(head) if len(one) > 1}
    first, said = told.get(b"COLUMNS", (0, b""))
    columns = [one for one in head[first + 1 :] if one][: _read_count(said)]
    apart = told.get(b"DELIMITER", (0, b""))[1].strip(b'"').decode("latin-1") or "\t"
    try:
        # Lines end as bytes do: of letters of UTF-8 some bytes are ends of lines elsewhere.
        lines = [one.decode("latin-1") for one in rows.splitlines()]
        table = [one for one in csv.reader(lines, delimiter=apart) if one]
    except (csv.Error, TypeError, ValueError):
        return []  # its driver tells what it is
    faults = []
    for at, (name, *rest) in enumerate(columns):
        kind = b"".join(rest).upper().partition(b"(")[0].strip()
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
        if one[0].upper() == b"COLLECTION" and len(one) > 1:
            parts = _read_count(one[1])
    return count


def _read_count(text: bytes) -> int:
    """Return how many are told; none of what is no such number, of which the driver says so."""
    digits = text.strip()
    return int(digits) if digits.isdigit() and len(digits) <= _MOST_DIGITS else 0
