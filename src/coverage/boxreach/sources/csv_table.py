"""CSV files, as spreadsheets and people write them."""

from __future__ import annotations

import csv
import io
import re
from array import array
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from boxreach.arguments import shown
from boxreach.errors import Fault, InputError
from boxreach.sources.disguises import require_text
from boxreach.sources.numerals import BLANKS
from boxreach.sources.raw_table import RawTable

_OTHER_SEPARATORS = {
    ";": "semicolons", "\t": "tabs", "|": "bars", "،": "Arabic commas", "؛": "Arabic semicolons",
    " ": "spaces",
}  # fmt: skip
_MOST_COLUMNS = 4_096
"""More than any table of places has; reading takes long where there are many more."""

_MOST_SHARED = 10_000
"""So many texts, as names of areas, are held once, however often they stand in the file."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_QUOTES = "close every quote that is opened, and double those inside a value"
_SAID = {
    "field larger than field limit": (
        f"a value is longer than {csv.field_size_limit():,} letters",
        f"shorten it; if it should be short, {_QUOTES}",
    ),
    "unexpected end of data": ("a quote is opened and never closed", _QUOTES),
    "',' expected after '\"'": ("something stands between a closing quote and the comma", _QUOTES),
}
"""What the parser says, and what is meant by it."""


def read_csv(path: Path) -> RawTable:
    """Read a CSV file (UTF-8, comma) into text columns.

    Rows keep the numbers they have in a spreadsheet. Rows in which nothing stands are left out;
    a row with too few or too many values, one that a quote joins with others, and a column without
    a name, is left out and a fault. Excel's own first line ``sep=,`` is no row.

    Raises
    ------
    InputError
        If nothing of the file can be understood as a table.
    """
    file = path.name
    records = _Records(_open(path), file)
    said = ((row, one) for row, one in records if any(map(_is_said, one)))
    first = next(said, None)
    if first is not None and ",".join(first[1]) == "sep=,":
        first = next(said, None)
    if first is None:
        raise InputError(
            *records.faults or [Fault("the file is empty", file, advice="write a table")]
        )
    header_row, header = first[0], [name.strip(BLANKS) for name in first[1]]
    _require_table(header, header_row, file)
    # A column at a time, so that a row is not held once more as a list of its own.
    columns: list[list[str]] = [[] for _ in header]
    often: dict[str, str] = {}
    rows, faults = array("q"), []
    for row, one in said:
        if fault := _row_fault(row, one, header, file):
            faults.append(fault)
            continue
        rows.append(row)
        for column, value in zip(columns, one, strict=True):
            column.append(_shared(value, often))
    unnamed = [str(number) for number, name in enumerate(header, start=1) if not name]
    if unnamed:
        what = f"there is no name over column {', '.join(unnamed[:10])}"
        faults.append(Fault(what, file, header_row, advice="give one, or take the column out"))
    frame = pd.DataFrame(dict(enumerate(columns)), dtype=str).set_axis(header, axis=1)
    named = frame.loc[:, [bool(name) for name in header]]
    faults = [*records.faults, *faults]
    return RawTable(named, file, np.array(rows, dtype=np.int64), header_row, tuple(faults))


def _shared(value: str, often: dict[str, str]) -> str:
    """Return the same text for the same, of as many as are likely to come again."""
    if len(often) < _MOST_SHARED:
        return often.setdefault(value, value)
    return often.get(value, value)


class _Records:
    """The records of a text, one by one with their numbers, as far as quotes can be understood.

    Attributes
    ----------
    faults
        Why they end before the text does; known when they have ended.
    """

    def __init__(self, lines: Iterable[str], file: str) -> None:
        self.faults: list[Fault] = []
        self._lines, self._file = lines, file

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        row = 0
        try:
            for record in csv.reader(self._lines, strict=True):
                row += 1
                yield row, record
        except csv.Error as error:
            said = next((one for key, one in _SAID.items() if str(error).startswith(key)), None)
            what, advice = said or (f"the row cannot be read ({error})", _QUOTES)
            self.faults.append(Fault(what, self._file, row + 1, advice=advice))


def _is_said(value: str) -> bool:
    return bool(value.strip(BLANKS))


def _row_fault(row: int, record: list[str], header: list[str], file: str) -> Fault | None:
    """Return the fault of a row that is not one value a column."""
    if _is_several_rows(record, header):
        what = "a quote that is opened in one row and closed in another joins them"
        return Fault(what, file, row, advice=_QUOTES)
    if len(record) == len(header):
        return None
    more = "put a value that holds commas in quotes, and write decimals with a point"
    fewer = "give each column a value, or nothing between two commas"
    what = f"{len(record)} values under {len(header)} columns"
    return Fault(what, file, row, advice=more if len(record) > len(header) else fewer)


def _is_several_rows(record: list[str], header: list[str]) -> bool:
    """Tell whether several lines of a record look like rows, the first and one that follows it.

    Rows in between may lack values, or hold commas in one; lines of an address or a note seldom
    have as many, and words where numbers stand in a row.
    """
    columns = len(header)
    if len(record) != columns or columns < 2 or not any(map(_LINE_END.search, record)):
        return False
    numbers = [header.index(one) for one in ("lon", "lat") if one in header]
    if columns == 2:  # of an id and a text, a comma is too little to tell a row
        numbers = [1]
    first, *others = _LINE_END.split(",".join(record))
    return _may_be_row(first, columns, numbers) and any(
        _may_be_row(one, columns, numbers) for one in others
    )


def _may_be_row(line: str, columns: int, numbers: list[int]) -> bool:
    """Tell whether a line has a value a column or more, and no words where numbers are to stand."""
    values = line.split(",")
    return any(
        all(_may_be_number(values[at + more]) for at in numbers)
        for more in range(len(values) - columns + 1)  # commas of a value before them
    )


def _may_be_number(value: str) -> bool:
    """Tell whether a value is a number, perhaps with a sign of degrees or an N, or lacks."""
    return len(_LETTER.findall(value)) <= (1 if _DIGIT.search(value) else 0)


def _open(path: Path) -> TextIO:
    """Return the text of a file, from its beginning, once all of it is seen to be one."""
    file = path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise InputError(Fault(what, file, advice="check the file")) from error
    require_text(data, file)
    at = data.find(b"\0")
    if at >= 0:
        row = _row_of(data[:at].decode("utf-8", "replace"), file)
        advice = "the file is damaged: copy it or save it again"
        raise InputError(Fault("a byte of zeros stands in it", file, row, advice=advice))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = _row_of(data[: error.start].decode("utf-8"), file)
        what = f"it is not UTF-8{_said_in_arabic(data, error.start)}"
        raise InputError(Fault(what, file, row, advice="save the file as UTF-8 CSV")) from error
    text = io.BytesIO(data)
    while data.startswith(BOM_UTF8, text.tell()):
        text.seek(len(BOM_UTF8), io.SEEK_CUR)
    return io.TextIOWrapper(text, "utf-8", newline="")


def _row_of(text: str, file: str) -> int:
    """Return the row in which a text ends."""
    records = _Records(io.StringIO(f"{text}?", newline=""), file)
    return sum(1 for _ in records) + len(records.faults)


def _said_in_arabic(data: bytes, at: int) -> str:
    """Return what stands at a byte if it is Arabic in the encoding that Windows had for it."""
    end = next((i for i in range(at, min(at + 40, len(data))) if data[i] in b',;"\r\n'), at + 40)
    text = data[at:end].decode("cp1256", "replace").strip()
    return f"; in Windows-1256 {shown(text)} would stand here" if text[:1] >= "\u0621" else ""


def _require_table(header: list[str], row: int, file: str) -> None:
    """Raise `InputError` if the names of the columns stand in one cell, or are too many."""
    if len(header) > _MOST_COLUMNS:
        what = f"it has {len(header):,} columns"
        advice = f"give a table of at most {_MOST_COLUMNS:,}"
        raise InputError(Fault(what, file, row, advice=advice))
    for mark, name in _OTHER_SEPARATORS.items():
        if len(header) == 1 and mark in header[0] and (mark != " " or "lon" in header[0].split()):
            what = f"its values are separated by {name}"
            raise InputError(Fault(what, file, row, advice="separate values with commas"))
