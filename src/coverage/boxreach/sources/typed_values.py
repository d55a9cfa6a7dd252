"""Values of KML that the type of their column does not hold: drivers make other numbers of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from boxreach.arguments import shown
from boxreach.errors import Fault

_WHOLE = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.0*)?")
_DECIMAL = re.compile(
    r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*|(?=e))|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?", re.IGNORECASE
)
_NO_NUMBERS = {"nan", "inf", "-inf"}
_YES_OR_NO = re.compile(r"0|1|true|false|yes|no", re.IGNORECASE)
_BLANKS = " \t\r\n"
_MOST = 2**31 - 1
_MOST_EXACT = 2.0**53
"""Larger whole numbers are not told apart by one with decimals."""


def _is_whole(text: str, most: float) -> bool:
    return _WHOLE.fullmatch(text) is not None and abs(float(text)) <= most


def _is_decimal(text: str) -> bool:
    if _DECIMAL.fullmatch(text):
        return isfinite(float(text))  # of what is too large, a driver makes inf
    return _is_whole(text, _MOST_EXACT) or text.lower() in _NO_NUMBERS


_TESTS: dict[str, Callable[[str], bool]] = {
    "int": lambda text: _is_whole(text, _MOST),
    "uint": lambda text: _is_whole(text, _MOST_EXACT),
    "double": _is_decimal,
    "bool": lambda text: _YES_OR_NO.fullmatch(text) is not None,
}
_SAME = {"short": "int", "ushort": "int", "float": "double"}


_ROOT = 1
"""The number of what stands directly in <kml>: of its schemas all may make use."""

_Schema = dict[str, str]
"""The type of each column."""


class TypedValues:
    """Of each column the first value that a type would not hold, whenever types are told.

    Which type a column has, GDAL knows for each layer, a <Document> or <Folder>. A <Document> has
    the columns of its own schemas. If it has none, as a <Folder> never has, the places name them
    one after the other; a column in which <Data> stands first is one of texts. Of two of one name
    the first counts, also for values that belong to the other.

    Examples
    --------
    >>> values = TypedValues()
    >>> for feature, value in enumerate(["5", "007", "1,234"], start=1):
    ...     values.see(2, "#S", feature, [("site_id", value)])
    >>> values.declare_schema(1, "S", "sites")
    >>> values.declare("site_id", "int")
    >>> print(*values.faults("sites.kml"))
    sites.kml, feature 2, column site_id: '007' stands in a column of numbers, which cannot hold \
it; save the layer with a column of texts
    """

    def __init__(self) -> None:
        self._schemas: dict[int, list[_Schema]] = {}
        self._shared: dict[str, _Schema] = {}
        self._layers: dict[int, _Layer] = {}
        self._schema: _Schema = {}

    def declare_schema(self, document: int, key: str, name: str) -> None:
        """Take note of a schema, whose columns follow, of a <Document> of that number."""
        self._schema = {}
        self._schemas.setdefault(document, []).append(self._schema)
        if document == _ROOT:
            for url in (key and f"#{key}", name):
                if url:  # where none is named, GDAL takes none
                    self._shared.setdefault(url.casefold(), self._schema)

    def declare(self, column: str, kind: str) -> None:
        """Take note of the type of a column of the last schema."""
        kind = kind.lower()
        self._schema.setdefault(column, _SAME.get(kind, kind))

    def is_open(self, layer: int, column: str) -> bool:
        """Tell whether some type holds all that stood in a column of a layer so far."""
        held = self._layers.get(layer)
        return held is None or len(held.odd.get(column, ())) < len(_TESTS)

    def see(
        self, layer: int, url: str | None, feature: int, values: Sequence[tuple[str, str]]
    ) -> None:
        """Look at the values of a place, by column; it names a schema, or has <Data> (None)."""
        if url is None and not values:
            return
        held = self._layers.setdefault(layer, _Layer())
        if url is not None:
            held.urls.setdefault(url.casefold())
        for column, value in values:
            if url is None:
                held.texts.setdefault(column, len(held.urls))
            held.see(column, feature, value)

    def faults(self, file: str) -> list[Fault]:
        """Return a fault for each column that has a type, and a value which that does not hold."""
        found = []
        for number, layer in self._layers.items():
            types = self._types(number, layer)
            for column, odd in layer.odd.items():
                if (kind := types.get(column, "")) in odd:
                    found.append(_fault(*odd[kind], kind, column, file))
        return found

    def _types(self, number: int, layer: _Layer) -> _Schema:
        """Return the types of the columns of a layer of which some would not hold a value."""
        texts: Mapping[str, int] = {}
        schemas = self._schemas.get(number)
        if schemas is None:
            schemas = [self._shared.get(url, {}) for url in layer.urls]
            texts = layer.texts
        types: _Schema = {}
        for at, schema in enumerate(schemas):
            for column in schema.keys() & layer.odd.keys():
                if at < texts.get(column, len(schemas)):
                    types.setdefault(column, schema[column])
        return types


@dataclass(slots=True)
class _Layer:
    """What stands in a layer.

    Attributes
    ----------
    urls
        By which its places name schemas, in that order.
    texts
        The columns in which <Data> stands, with how many schemas were named before.
    odd
        For each column the types that would not hold a value, each with the first such one.
    """

    urls: dict[str, None] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    odd: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)

    def see(self, column: str, feature: int, value: str) -> None:
        """Look at a value of a column."""
        odd = self.odd.setdefault(column, {})
        bare = value.strip(_BLANKS)
        if "bool" in odd and "int" not in odd and _is_whole(bare, _MOST):
            return  # such a number all types of numbers hold
        for kind, holds in _TESTS.items():
            if kind not in odd and not holds(bare):
                odd[kind] = feature, value


def _fault(feature: int, value: str, kind: str, column: str, file: str) -> Fault:
    advice = "save the layer with a column of texts"
    what = f"{shown(value)} stands in a column of numbers, which cannot hold it"
    if kind == "bool":
        what = f"{shown(value)} stands in a column of yes and no, which cannot hold it"
    elif not value.strip(_BLANKS):
        what = "a blank stands in a column of numbers, and would be read as 0"
        advice = "leave out elements without a value, or save the layer with a column of texts"
    return Fault(what, file, column=column, advice=advice, feature=feature, value=value)
