"""Values that a column of numbers cannot hold: drivers read a text as 0, and cut off a fraction."""

from __future__ import annotations

from typing import Any

from boxreach.arguments import shown
from boxreach.errors import Fault


def is_stored_number(text: str, *, whole: bool) -> bool:
    """Tell whether a text of a column of numbers is one, or blank, as stars are for want of room.

    Examples
    --------
    >>> [is_stored_number(one, whole=True) for one in ("12", "12.0", "", "***", "12.7", "1,234")]
    [True, True, True, True, False, False]
    """
    try:
        return float(text) % 1 == 0 or not whole
    except ValueError:
        return not text.strip("* \0\t")


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
