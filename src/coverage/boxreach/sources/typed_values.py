"""Values of KML that the type of their column does not hold: drivers make other numbers of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from boxreach.arguments import shown
from boxreach.errors import Fault

_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.0*)?")
_DECIMAL = re.compile(
    r"[+-]?(?:(?:0|[1-9][0-9]*)?\.[0-9]*|(?:0|[1-9][0-9]*)(?=e))(?:e[+-]?[0-9]{1,2})?|nan|-?inf",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"0|1|true|false|yes|no", re.IGNORECASE)
_BLANKS = " \t\r\n"
_MOST = 2**31 - 1
_MOST_EXACT = 2.0**53
"""Larger whole numbers are not told apart by one with decimals."""


def _is_whole(text: str, most: float) -> bool:
    return _WHOLE.fullmatch(text) is not None and abs(float(text)) <= most


_TESTS: dict[str, Callable[[str], bool]] = {
    "int": lambda text: _is_whole(text, _MOST),
    "uint": lambda text: _is_whole(text, _MOST_EXACT),
    "double": lambda text: _is_whole(text, _MOST_EXACT) or bool(_DECIMAL.fullmatch(text)),
    "bool": lambda text: _YES_OR_NO.fullmatch(text) is not None,
}
_SAME = {"short": "int", "ushort": "int", "float": "double"}


class TypedValues:
    """Of each column the first value that a type would not hold, whenever types are told.

    Examples
    --------
    >>> values = TypedValues()
    >>> for feature, value in enumerate(["5", "007", "1,234"], start=1):
    ...     values.see("site_id", feature, value)
    >>> values.declare("site_id", "int")
    >>> print(*values.faults("sites.kml"))
    sites.kml, feature 2, column site_id: '007' stands in a column of numbers, which cannot hold \
it; save the layer with a column of texts
    """

    def __init__(self) -> None:
        self._types: dict[str, str] = {}
        self._odd: dict[str, dict[str, tuple[int, str]]] = {}

    def declare(self, name: str, kind: str) -> None:
        """Take note of the type of a column; of two of one name the first counts."""
        kind = kind.lower()
        self._types.setdefault(name, _SAME.get(kind, kind))

    def is_open(self, name: str) -> bool:
        """Tell whether some type holds all that stood in a column so far."""
        return len(self._odd.get(name, ())) < len(_TESTS)

    def see(self, name: str, feature: int, value: str) -> None:
        """Look at a value of a column."""
        odd = self._odd.setdefault(name, {})
        bare = value.strip(_BLANKS)
        if "bool" in odd and "int" not in odd and _is_whole(bare, _MOST):
            return  # such a number all types of numbers hold
        for kind, holds in _TESTS.items():
            if kind not in odd and not holds(bare):
                odd[kind] = feature, value

    def faults(self, file: str) -> list[Fault]:
        """Return a fault for each column that has a type, and a value which that does not hold."""
        return [
            _fault(*self._odd[name][kind], kind, name, file)
            for name, kind in self._types.items()
            if kind in self._odd.get(name, ())
        ]


def _fault(feature: int, value: str, kind: str, column: str, file: str) -> Fault:
    advice = "save the layer with a column of texts"
    what = f"{shown(value)} stands in a column of numbers, which cannot hold it"
    if kind == "bool":
        what = f"{shown(value)} stands in a column of yes and no, which cannot hold it"
    elif not value.strip(_BLANKS):
        what = "a blank stands in a column of numbers, and would be read as 0"
        advice = "leave out elements without a value, or save the layer with a column of texts"
    return Fault(what, file, column=column, advice=advice, feature=feature, value=value)
