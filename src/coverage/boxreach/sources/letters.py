"""Ids and names that a spreadsheet or a wrong encoding has spoilt."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import shown
from boxreach.errors import DataWarning, Fault
from boxreach.extents import Rows
from boxreach.sources.numerals import DATED_ID, ROUNDED_ID, SHEET_ERROR

_LOST = "\ufffd"
_FIRST_OF_TWO = "[ØÙÚÛ]"
"""Half of an Arabic letter in UTF-8, read as if each byte were a letter."""

_AS_TEXT = "format the column as text, and enter the ids again"


def sheet_faults(
    texts: Mapping[str, pd.Series[Any]], id_name: str, *, file: str, rows: Rows
) -> list[Fault]:
    """Return a fault for each id that has lost digits, and each error of a spreadsheet.

    Ids that look like dates are a `DataWarning`: they may be right, or have been something else.

    Parameters
    ----------
    texts
        Columns of text by name, the ids among them.
    id_name
        Which are the ids.
    file, rows
        As in `boxreach.tables.column_faults`.

    Examples
    --------
    >>> ids = pd.Series(["1.2E+11", "7"])
    >>> print(sheet_faults({"site_id": ids}, "site_id", file="boxes.csv", rows=np.array([2, 3]))[0])
    boxes.csv, row 2, column site_id: the id '1.2E+11' has lost digits; format the column as text, \
and enter the ids again
    """
    faults = []
    for name, values in texts.items():
        advice = "mend it in the spreadsheet, and save the table again"
        faults += [
            Fault(
                f"{shown(said)} is an error of a spreadsheet", file, row, name, advice, value=said
            )
            for said, row in _matching(values, SHEET_ERROR, rows)
        ]
    ids = texts.get(id_name, pd.Series([], dtype=object))
    faults += [
        Fault(f"the id {shown(said)} has lost digits", file, row, id_name, _AS_TEXT, value=said)
        for said, row in _matching(ids, ROUNDED_ID, rows)
    ]
    if dated := _matching(ids, DATED_ID, rows):
        said, row = dated[0]
        what = f"{len(dated):,} ids look like dates that a spreadsheet made, {said!r} the first"
        advice = f"if they were something else, {_AS_TEXT}"
        fault = Fault(what, file, row, id_name, advice, value=said)
        warnings.warn(DataWarning(fault), stacklevel=4)
    return faults


def warn_of_letters(texts: Mapping[str, pd.Series[Any]], *, file: str, rows: Rows) -> None:
    """Say which columns of names were read in a wrong encoding before they came here."""
    for name, values in texts.items():
        text = values.astype(str)
        suspect = text.str.contains(f"{_LOST}|{_FIRST_OF_TWO}", regex=True).to_numpy(dtype=bool)
        spoilt = [at for at in np.flatnonzero(suspect) if _is_spoilt(text.iloc[at])]
        if spoilt:
            said = text.iloc[spoilt[0]]
            what = f"letters are spoilt in {len(spoilt):,} rows, {shown(said)} the first"
            advice = "the names were saved in one encoding and read in another: take them anew"
            fault = Fault(what, file, int(rows[spoilt[0]]), name, advice, value=said)
            warnings.warn(DataWarning(fault), stacklevel=4)


def _is_spoilt(text: str) -> bool:
    if _LOST in text:
        return True
    for encoding in ("cp1252", "latin-1"):
        try:
            text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        return True
    return False


def _matching(values: pd.Series[Any], pattern: str, rows: Rows) -> list[tuple[str, int]]:
    text = values.astype(str)
    found: npt.NDArray[np.bool_] = text.str.fullmatch(pattern).to_numpy(dtype=bool)
    return [(str(text.iloc[at]), int(rows[at])) for at in np.flatnonzero(found)]
