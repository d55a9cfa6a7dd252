"""A listing as CSV, as programs read it and as spreadsheets open it."""

from __future__ import annotations

import csv
import io
from math import isfinite
from pathlib import Path

from boxreach.exports.listing import Cell, Listing
from boxreach.text import quote_formula, show_controls


def write_listing(path: Path, listing: Listing) -> None:
    """Write a listing as CSV in UTF-8 with a byte order mark, keys above its columns.

    Numbers are written as they are, whole ones without a fraction and unknown ones as blanks;
    text that a spreadsheet would run as a formula with an apostrophe before it. Sums stand at
    the end, notes are left out.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([quote_formula(column.key) for column in listing.columns])
    writer.writerows(map(_written, row) for row in listing.rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def _written(cell: Cell) -> str:
    if isinstance(cell, str):
        return quote_formula(show_controls(cell))
    if isinstance(cell, float):
        if not isfinite(cell):
            return ""
        return str(int(cell)) if cell % 1 == 0 and abs(cell) < 2**53 else repr(float(cell))
    return "" if cell is None else str(cell)
