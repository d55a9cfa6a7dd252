"""CSV files, as spreadsheets and people write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

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
    records, faults = _parse(_decode(path), file)
    numbered = [(row, one) for row, one in enumerate(records, start=1) if any(map(_is_said, one))]
    if numbered and ",".join(numbered[0][1]) == "sep=,":
        numbered = numbered[1:]
    if not numbered:
        raise InputError(*faults or [Fault("the file is empty", file, advice="write a table")])
    header_row, header = numbered[0][0], [name.strip(BLANKS) for name in numbered[0][1]]
    _require_table(header, header_row, file)
    joined = {row for row, one in numbered[1:] if _is_several_rows(one, len(header))}
    faults += _row_faults(numbered[1:], joined, header, file)
    unnamed = [str(number) for number, name in enumerate(header, start=1) if not name]
    if unnamed:
        what = f"there is no name over column {', '.join(unnamed[:10])}"
        faults.append(Fault(what, file, header_row, advice="give one, or take the column out"))
    whole = [
        (row, one) for row, one in numbered[1:] if len(one) == len(header) and row not in joined
    ]
    frame = pd.DataFrame([one for _, one in whole], columns=header, dtype=str)
    named = frame.loc[:, [bool(name) for name in header]]
    rows = np.array([row for row, _ in whole], dtype=np.int64)
    return RawTable(named, file, rows, header_row, tuple(faults))


def _is_said(value: str) -> bool:
    return bool(value.strip(BLANKS))


def _row_faults(
    numbered: list[tuple[int, list[str]]], joined: set[int], header: list[str], file: str
) -> list[Fault]:
    """Return a fault for each row that is not one value a column."""
    faults = []
    for row, one in numbered:
        if row in joined:
            what = "a quote that is opened in one row and closed in another joins them"
            faults.append(Fault(what, file, row, advice=_QUOTES))
        elif len(one) != len(header):
            more = "put a value that holds commas in quotes, and write decimals with a point"
            fewer = "give each column a value, or nothing between two commas"
            what = f"{len(one)} values under {len(header)} columns"
            advice = more if len(one) > len(header) else fewer
            faults.append(Fault(what, file, row, advice=advice))
    return faults


def _is_several_rows(record: list[str], columns: int) -> bool:
    """Tell whether each line of a record is a whole row, so that a quote joins several."""
    if len(record) != columns or columns < 2 or not any("\n" in one for one in record):
        return False
    lines = ",".join(record).splitlines()
    return all(line.count(",") == columns - 1 for line in lines)


def _decode(path: Path) -> str:
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
        return data.decode("utf-8-sig").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        row = _row_of(data[: error.start].decode("utf-8"), file)
        what = f"it is not UTF-8{_said_in_arabic(data, error.start)}"
        raise InputError(Fault(what, file, row, advice="save the file as UTF-8 CSV")) from error


def _row_of(text: str, file: str) -> int:
    """Return the row in which a text ends."""
    records, faults = _parse(f"{text}?", file)
    return len(records) + len(faults)


def _said_in_arabic(data: bytes, at: int) -> str:
    """Return what stands at a byte if it is Arabic in the encoding that Windows had for it."""
    end = next((i for i in range(at, min(at + 40, len(data))) if data[i] in b',;"\r\n'), at + 40)
    text = data[at:end].decode("cp1256", "replace").strip()
    return f"; in Windows-1256 {shown(text)} would stand here" if text[:1] >= "\u0621" else ""


def _parse(text: str, file: str) -> tuple[list[list[str]], list[Fault]]:
    """Split text into records, as far as its quotes can be understood."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), strict=True):
            records.append(record)  # noqa: PERF402 - what was read before a fault is kept
    except csv.Error as error:
        said = next((one for key, one in _SAID.items() if str(error).startswith(key)), None)
        what, advice = said or (f"the row cannot be read ({error})", _QUOTES)
        return records, [Fault(what, file, len(records) + 1, advice=advice)]
    return records, []


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
