"""What extracts in XML say in passing, and osmium reads past: a broken answer, deleted objects.

Overpass puts a remark behind half an answer, and JOSM keeps what was deleted until it is uploaded.
The bytes are searched as they stand there, for the sake of time: what is commented out counts too,
and a mark that is written with entities is missed (no program writes either).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from boxreach.errors import InputError
from boxreach.sources.server_answers import half_fault

Deleted = frozenset[tuple[bool, int]]
"""Objects: whether each is a way (or a node), and its id."""

_LONGEST_TAG = 64 * 2**10

_REMARK = re.compile(rb"<remark[^<>]*>([^<]*)")
# No "<" stands in an attribute, so all of a tag lies before the next one.
_SUSPECT = re.compile(rb"<(node|way)(\s[^<]*?delete[^<]*)")
_ATTRIBUTE = re.compile(rb"\s([^\s=\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ID = re.compile(rb"[-+]?[0-9]{1,19}")


def read_marks(pieces: Iterable[bytes], file: str) -> Deleted:
    """Return the nodes and ways that an extract marks as deleted.

    Parameters
    ----------
    pieces
        What the extract holds, a piece after the other.
    file
        The name for the messages.

    Raises
    ------
    InputError
        If the extract is half an answer.

    Examples
    --------
    >>> read_marks([b"<osm><way id='7' act", b"ion='delete'></way></osm>"], "roads.osm")
    frozenset({(True, 7)})
    """
    deleted: set[tuple[bool, int]] = set()
    for text in _join_tags(pieces):
        # The bare words are found in no time, and nearly nowhere.
        if b"<remark" in text:
            _require_whole(text, file)
        if b"delete" in text:
            deleted.update(_find_deleted(text))
    return frozenset(deleted)


def _require_whole(text: bytes, file: str) -> None:
    """Raise `InputError` if a remark says that the answer broke off."""
    for remark in _REMARK.findall(text):
        if fault := half_fault(html.unescape(remark.decode("utf-8", "replace")), file):
            raise InputError(fault)


def _join_tags(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces that end before a tag, so that none is cut through."""
    rest = b""
    for piece in pieces:
        text = rest + piece
        end = max(text.rfind(b"<"), len(text) - _LONGEST_TAG, 0)
        yield text[:end]
        rest = text[end:]
    yield rest


def _find_deleted(text: bytes) -> Iterator[tuple[bool, int]]:
    for kind, attributes in _SUSPECT.findall(text):
        said = {name: one or other for name, one, other in _ATTRIBUTE.findall(attributes)}
        # What is no number osmium refuses, and what has none it takes for 0.
        if said.get(b"action") == b"delete" and _ID.fullmatch(number := said.get(b"id", b"0")):
            yield kind == b"way", int(number)
