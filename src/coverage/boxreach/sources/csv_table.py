"""CSV files, as spreadsheets and people write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from boxreach.errors import Fault, InputError
from boxreach.sources.raw_table import RawTable

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_csv(path: Path) -> RawTable:
    """Read a CSV file (UTF-8, comma) into text columns.

    Rows keep the numbers they have in a spreadsheet. Rows in which nothing stands are left out;
    a row with too few or too many values, and a column without a name, is left out and a fault.

    Raises
    ------
    InputError
        If nothing of the file can be understood as a table.
    """
    file = path.name
    records, faults = _parse(_decode(path), file)
    numbered = [(row, one) for row, one in enumerate(records, start=1) if any(map(str.strip, one))]
    if not numbered:
        raise InputError(*faults or [Fault("the file is empty", file, advice="write a table")])
    header_row, header = numbered[0][0], [name.strip() for name in numbered[0][1]]
    _require_commas(header, header_row, file)
    faults += [
        Fault(f"{len(one)} values under {len(header)} columns", file, row, advice="mend the row")
        for row, one in numbered[1:]
        if len(one) != len(header)
    ]
    unnamed = [str(number) for number, name in enumerate(header, start=1) if not name]
    if unnamed:
        what = f"there is no name over column {' and '.join(unnamed)}"
        faults.append(Fault(what, file, header_row, advice="give one, or take the column out"))
    whole = [(row, one) for row, one in numbered[1:] if len(one) == len(header)]
    frame = pd.DataFrame([one for _, one in whole], columns=header, dtype=str)
    named = frame.loc[:, [bool(name) for name in header]]
    rows = np.array([row for row, _ in whole], dtype=np.int64)
    return RawTable(named, file, rows, header_row, tuple(faults))


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise InputError(Fault(what, path.name, advice="check the file")) from error
    except UnicodeDecodeError as error:
        good = error.object[: error.start].decode("utf-8")
        records, faults = _parse(f"{good}?", path.name)
        raise InputError(
            Fault(
                "it is not UTF-8",
                path.name,
                len(records) + len(faults),
                advice="save the file as UTF-8 CSV",
            )
        ) from error


def _parse(text: str, file: str) -> tuple[list[list[str]], list[Fault]]:
    """Split text into records, as far as its quotes can be understood."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), strict=True):
            records.append(record)  # noqa: PERF402 - what was read before a fault is kept
    except csv.Error as error:
        what = f"the row cannot be read ({error})"
        advice = "close every quote that is opened, and double those inside a value"
        return records, [Fault(what, file, len(records) + 1, advice=advice)]
    return records, []


def _require_commas(header: list[str], row: int, file: str) -> None:
    for mark, name in _OTHER_SEPARATORS.items():
        if len(header) == 1 and mark in header[0]:
            what = f"its values are separated by {name}"
            raise InputError(Fault(what, file, row, advice="separate values with commas"))
