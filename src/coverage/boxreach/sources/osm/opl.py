"""OPL, osmium's format of one line an object, read back in bulk.

A node is ``n1 v2 dV Tbarrier=gate x44.1 y33.2``, a way ``w1 v2 dV Thighway=track Nn1,n2`` or, if
its nodes are located, ``... Nn1x44.1y33.2,n2x44.3y33.4``; ``xy`` where a node is not there. What
would break a line or a list is written as ``%`` and hexadecimal digits and ``%``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.osm.ways import Integers, on_earth

_CODE = re.compile("%([0-9a-f]+)%")
_BLANKS = bytes.maketrans(b"nxy,", b"    ")
_NOWHERE = b"x999y999"
_WAYS_AT_ONCE = 4096
_LARGEST = 2**53


class Line(NamedTuple):
    """A version of a node or a way."""

    is_way: bool
    id: int
    version: int
    visible: bool
    tag_text: bytes
    nodes: bytes
    lon: bytes = b""
    lat: bytes = b""


def read_tags(text: bytes) -> dict[str, str]:
    """Return tags, the characters of their keys and values as they were.

    Examples
    --------
    >>> read_tags(b"highway=track,name=a%2c%%20%b")
    {'highway': 'track', 'name': 'a, b'}
    """
    # Most of what is written as a code is a blank, and a blank parts nothing here.
    plain = text.decode().replace("%20%", " ")
    if not plain:
        return {}
    pairs = [pair.split("=", 1) for pair in plain.split(",")]
    if "%" in plain:
        pairs = [[_CODE.sub(_decode, part) for part in pair] for pair in pairs]
    return dict(pairs)


def _decode(code: re.Match[str]) -> str:
    return chr(int(code[1], 16))


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the nodes and ways of a file, as they stand in it."""
    with path.open("rb") as lines:
        for text in lines:
            fields = text.rstrip(b"\n").split(b" ")
            head, version, state, tags, last, *more = fields
            is_way = head[:1] == b"w"
            yield Line(
                is_way,
                int(head[1:]),
                int(version[1:]),
                state == b"dV",
                tags[1:],
                last[1:] if is_way else b"",
                b"" if is_way else last[1:],
                more[0][1:] if more else b"",
            )


class PlaceList:
    """The nodes of ways, one way after the other, and where they lie."""

    def __init__(self, *, located: bool) -> None:
        self._columns = 3 if located else 1
        self._waiting: list[bytes] = []
        self._parsed: list[Floats] = []

    def add(self, nodes: bytes) -> int:
        """Add the nodes of a way, as its line has them; return how many they are."""
        self._waiting.append(nodes)
        if len(self._waiting) == _WAYS_AT_ONCE:
            self._parse()
        return nodes.count(b"n")

    def _parse(self) -> None:
        text = b",".join(self._waiting)
        if b"xy" in text:
            text = text.replace(b"xy", _NOWHERE)
        numbers = text.translate(_BLANKS)
        self._parsed += [np.fromstring(numbers, sep=" ")] if numbers.strip() else []
        self._waiting = []

    def close(self, file: str) -> tuple[Integers, Floats, Floats]:
        """Return node ids, longitudes and latitudes; NaN where there is no such place on earth.

        Raises
        ------
        InputError
            If ids are so large that they cannot be told apart.
        """
        self._parse()
        table = np.concatenate([np.empty(0), *self._parsed]).reshape(-1, self._columns)
        if len(table) and np.abs(table[:, 0]).max() > _LARGEST:
            what = f"it has nodes with ids beyond {_LARGEST:,}"
            raise InputError(Fault(what, file, advice="give an extract with the ids of the map"))
        nodes = table[:, 0].astype(np.int64)
        unknown = np.full(len(nodes), np.nan)
        lon, lat = table[:, 1:].T if self._columns == 3 else (unknown, unknown)
        return nodes, *on_earth(lon, lat)
