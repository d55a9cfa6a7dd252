"""Columns that nearly have a name we read: what may be left out would be so without a word."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable

from boxreach.errors import DataWarning, Fault

_SIGNS = re.compile(r"[\W_]+")
_SHORTEST = 4
"""Letters a name has of which a like one is no other word."""
_ALIKE = 0.88
"""So much of two names is the same in `until_dat`, and not in `season` and `reason`."""


def warn_of_misspellings(
    strange: Iterable[str], absent: Iterable[str], *, file: str, header_row: int | None
) -> None:
    """Warn of each column that nobody reads and that is nearly called like one that is not there.

    Parameters
    ----------
    strange
        Columns of a table that are not read.
    absent
        What columns are called that would be read, and are not there.
    file, header_row
        Where the names stand.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as heard:
    ...     warnings.simplefilter("always")
    ...     warn_of_misspellings(["raod_id", "season"], ["road_id", "reason"], file="closed.csv",
    ...                          header_row=1)
    >>> [str(one.message) for one in heard]
    ['closed.csv, row 1, column raod_id: it is not read; did you mean road_id?']
    """
    left = list(strange)
    for ours in absent:
        theirs = next((name for name in left if _is_nearly(name, ours)), None)
        if theirs is not None:
            left.remove(theirs)
            fault = Fault("it is not read", file, header_row, theirs, f"did you mean {ours}?")
            warnings.warn(DataWarning(fault), stacklevel=5)


def _is_nearly(theirs: str, ours: str) -> bool:
    """Tell whether a name is another one in other signs, or with a slip of the finger."""
    one, other = (_SIGNS.sub("", name.casefold()) for name in (theirs, ours))
    if one in {other, other.removesuffix("date")}:  # until, for until_date
        return True
    if min(len(one), len(other)) < _SHORTEST:
        return False
    if sorted(one) == sorted(other) and one[0] == other[0]:
        return True
    return difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE
