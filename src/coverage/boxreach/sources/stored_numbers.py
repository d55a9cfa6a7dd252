"""Values that a column of numbers cannot hold: drivers read a text as 0, and cut off a fraction."""

from __future__ import annotations

import re
from typing import Any

from boxreach.arguments import shown
from boxreach.errors import Fault

_WHOLE = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf)", re.IGNORECASE
)
"""What the drivers read to the end; they know no more signs than these."""


def is_stored_number(text: str, *, most: int | None) -> bool:
    """Tell whether a text of a column of numbers is one, or blank, as stars are for want of room.

    Parameters
    ----------
    text
        As it stands there, with blanks around it.
    most
        The largest number of a column of whole ones; None for one that holds fractions.

    Examples
    --------
    >>> [is_stored_number(one, most=99) for one in ("12", "12.0", "***", "12.7", "1,234")]
    [True, True, True, False, False]
    """
    bare = text.partition("\0")[0].strip(" \t\r\n")  # what follows a NUL is not read
    if not bare.strip("*"):
        return True
    if most is None:
        return _DECIMAL.fullmatch(bare) is not None
    return _WHOLE.fullmatch(bare) is not None and abs(float(bare)) <= most


def stored_fault(value: object, file: str, **place: Any) -> Fault:
    """Return the fault of a value that its column cannot hold; `place` says where it stands.

    Examples
    --------
    >>> print(stored_fault("abc", "a.shp", feature=2, column="people"))
    a.shp, feature 2, column people: 'abc' stands in a column of numbers, which cannot hold it; \
save the layer with a column of texts, or of numbers with decimals
    """
    what = f"{shown(value)} stands in a column of numbers, which cannot hold it"
    advice = "save the layer with a column of texts, or of numbers with decimals"
    return Fault(what, file, advice=advice, value=str(value), **place)
