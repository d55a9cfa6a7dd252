"""Ids and names that a spreadsheet or a wrong encoding has spoilt."""

from __future__ import annotations

import re
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
_SUSPECT = f"{_LOST}|[ØÙÚÛ]|(?:[طظعغ].){{2}}|[À-æìí]{{3}}"
"""What stands in every text that is spoilt, and in few others."""

_LETTERS = "[\u0620-\u064a\u066e-\u06d5]"
_ARABIC_WORD = re.compile(rf"(?<![^\W\d_]){_LETTERS}{{3,}}(?![^\W\d_])")
"""Not Ñuñoa, of which some letters would be Arabic, nor Åå: there are no longer words like it."""

_READINGS = (
    ("cp1252", "utf-8", re.compile("[\u0600-\u06ff]")),
    ("latin-1", "utf-8", re.compile("[\u0600-\u06ff]")),
    ("cp1256", "utf-8", re.compile("[\u0600-\u06ff]{2}")),
    ("cp1252", "cp1256", _ARABIC_WORD),
    ("latin-1", "cp1256", _ARABIC_WORD),
)
"""How texts are read, how they were saved, and what they hold if that is so."""

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
    """Say which columns of ids or names were read in a wrong encoding before they came here."""
    for name, values in texts.items():
        text = values.astype(str)
        suspect = text.str.contains(_SUSPECT, regex=True).to_numpy(dtype=bool)
        spoilt = [at for at in np.flatnonzero(suspect) if _is_spoilt(text.iloc[at])]
        if spoilt:
            said = text.iloc[spoilt[0]]
            what = f"letters are spoilt in {len(spoilt):,} rows, {shown(said)} the first"
            advice = "the names were saved in one encoding and read in another: take them anew"
            fault = Fault(what, file, int(rows[spoilt[0]]), name, advice, value=said)
            warnings.warn(DataWarning(fault), stacklevel=4)


def _is_spoilt(text: str) -> bool:
    return _LOST in text or any(
        sign.search(_reread(text, read, saved)) for read, saved, sign in _READINGS
    )


def _reread(text: str, read: str, saved: str) -> str:
    """Return a text as it was before it was read in another encoding; nothing if it cannot be."""
    try:
        return text.encode(read).decode(saved)
    except UnicodeError:
        return ""


def _matching(values: pd.Series[Any], pattern: str, rows: Rows) -> list[tuple[str, int]]:
    text = values.astype(str)
    found: npt.NDArray[np.bool_] = text.str.fullmatch(pattern).to_numpy(dtype=bool)
    return [(str(text.iloc[at]), int(rows[at])) for at in np.flatnonzero(found)]
