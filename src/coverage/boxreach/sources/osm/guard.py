"""What is refused before a file of strangers is read: bombs, cut files, and what is no OSM.

Every check reads headers alone, or streams through a fixed amount of memory.
"""

from __future__ import annotations

import bz2
import gzip
import mmap
import re
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from boxreach.errors import Fault, InputError
from boxreach.sources.osm.marks import Deleted, read_marks
from boxreach.sources.prolog import end_of_prolog

MAX_RATIO = 100
"""Real extracts unpack to about 2 times (PBF), 12 times (gzip) or 20 times (bzip2) their size."""

FREE_BYTES = 64 * 2**20
"""What a file may unpack to whatever its size: little data of great regularity packs very well."""

_MAX_BLOCK_HEADER = 64 * 2**10
_MAX_BLOCK = 32 * 2**20
_MAX_PROLOG = 64 * 2**10
_CHUNK = 2**20

_ADVICE = "give a fresh extract"
_KINDS = {"osm": "OpenStreetMap XML", "graphml": "GraphML"}

_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)[\s/>]")
_ENCODING = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_ENCODINGS = {b"utf-8", b"us-ascii", b"iso-8859-1"}


def require_pbf(path: Path) -> None:
    """Raise `InputError` if a PBF is cut or a bomb, or if the file is none.

    The headers are walked from block to block, past what the blocks hold. That a block does not
    unpack to more than it declares is seen to by osmium.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        if not size:
            raise InputError(Fault("it is empty", path.name, advice=_ADVICE))
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                unpacked = sum(_block_sizes(data, path.name))
            except _DamageError:
                what = "it is cut off, or damaged, in the middle of a block"
                raise InputError(Fault(what, path.name, advice=_ADVICE)) from None
    _require_ratio(unpacked, size, path.name)


def require_xml(path: Path, root: str) -> None:
    """Raise `InputError` if a file is no plain XML with this root, ``osm`` or ``graphml``."""
    with path.open("rb") as stream:
        _require_prolog(stream.read(_MAX_PROLOG), root, path.name)


def require_osm_xml(path: Path) -> Deleted:
    """Return what an extract in XML, plain or packed, marks as deleted.

    It is read to its end, but nothing else is kept of it.

    Raises
    ------
    InputError
        If a ``.gz`` or ``.bz2`` is cut or a bomb, or if the file holds no OSM XML, or half an
        answer of a server.
    """
    with path.open("rb") as file:
        pieces = _pieces_of(file) if path.suffix.lower() == ".osm" else _unpack(file, path)
        head = next(pieces, b"")
        _require_prolog(head[:_MAX_PROLOG], "osm", path.name)
        return read_marks(chain([head], pieces), path.name)


def _pieces_of(stream: BinaryIO | gzip.GzipFile | bz2.BZ2File) -> Iterator[bytes]:
    return iter(lambda: stream.read(_CHUNK), b"")


def _unpack(packed: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield what is packed, refusing a bomb and what cannot be unpacked."""
    unpacked = 0
    opener = gzip.open if path.suffix.lower() == ".gz" else bz2.open
    try:
        with opener(packed) as stream:
            for piece in _pieces_of(stream):
                unpacked += len(piece)
                _require_ratio(unpacked, packed.tell(), path.name)
                yield piece
    except (zlib.error, OSError, EOFError) as error:
        what = f"it cannot be unpacked to its end ({error})"
        raise InputError(Fault(what, path.name, advice=_ADVICE)) from error


def _require_ratio(unpacked: int, packed: int, file: str) -> None:
    if unpacked > max(FREE_BYTES, MAX_RATIO * packed):
        what = f"it unpacks to more than {MAX_RATIO} times its size, as no real extract does"
        raise InputError(Fault(what, file, advice=_ADVICE))


def _require_prolog(head: bytes, root: str, file: str) -> None:
    """Refuse XML that is not plain from its first byte to its root.

    An entity can only be declared in a DOCTYPE, and a DOCTYPE only stands before the root.
    """
    head = head.removeprefix(b"\xef\xbb\xbf")
    encoding = _ENCODING.match(head)
    if encoding and encoding[1].lower() not in _ENCODINGS:
        what = f"its encoding is {encoding[1][:40].decode('ascii', 'replace')!r}"
        raise InputError(Fault(what, file, advice="save it in UTF-8"))
    at = end_of_prolog(head)
    if head[at : at + 9].upper() == b"<!DOCTYPE":
        what = "it has a DOCTYPE, whose entities can fill the memory or read other files"
        raise InputError(Fault(what, file, advice="take the DOCTYPE out"))
    found = _ROOT.match(head, at)
    if found is None or found[1] != root.encode():
        other = f" but <{found[1][:40].decode('ascii', 'replace')}>" if found else ""
        advice = f"give a file whose root is <{root}>"
        raise InputError(Fault(f"it is no {_KINDS[root]}{other}", file, advice=advice))


class _DamageError(Exception):
    """The data are not what their headers promise."""


def _block_sizes(data: mmap.mmap, file: str) -> Iterator[int]:
    """Yield what each block of a PBF unpacks to, refusing those that claim what cannot be."""
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise _DamageError
        length = int.from_bytes(data[at : at + 4], "big")
        if not 0 < length <= _MAX_BLOCK_HEADER:
            raise InputError(_no_block(file, at, f"a header of {length:,} bytes"))
        start = at + 4 + length
        kind, block = _read_header(data, at + 4, start)
        if kind != (b"OSMData" if at else b"OSMHeader"):
            raise InputError(_no_block(file, at, f"a block {kind.decode('ascii', 'replace')!r}"))
        unpacked = max(block, 0 if block > _MAX_BLOCK else _unpacked_size(data, start, block))
        if unpacked > _MAX_BLOCK:
            what = f"a block at byte {at:,} claims {unpacked:,} bytes, more than the format allows"
            raise InputError(Fault(what, file, advice=_ADVICE))
        yield unpacked
        at = start + block


def _no_block(file: str, at: int, what: str) -> Fault:
    """Say that a file is no PBF if it does not start like one, else that it is damaged."""
    if at == 0:
        return Fault("it is no OpenStreetMap PBF", file, advice="name the file by what it holds")
    return Fault(f"it has {what} at byte {at:,}, which the format does not", file, advice=_ADVICE)


def _read_header(data: mmap.mmap, start: int, end: int) -> tuple[bytes, int]:
    """Return the kind of a block and how many bytes it takes."""
    kind, block = b"", 0
    for field, value, at in _fields(data, start, end):
        if field == 1:
            kind = data[at : at + min(value, 20)]
        elif field == 3:
            block = value
    return kind, block


def _unpacked_size(data: mmap.mmap, start: int, length: int) -> int:
    """Return the length of the plain bytes of a block, or what it says of its packed ones."""
    sizes = (value for field, value, _ in _fields(data, start, start + length) if field in {1, 2})
    return max(sizes, default=0)


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, value (or length) and place of each field of a protobuf message."""
    if end > len(data):
        raise _DamageError
    while at < end:
        key, at = _read_varint(data, at, end)
        value, at = _read_varint(data, at, end)
        yield key >> 3, value, at
        if key & 7 == 2:
            at += value
        elif key & 7:
            raise _DamageError  # neither headers nor blocks have fields of other kinds
    if at > end:
        raise _DamageError


def _read_varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= end:
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _DamageError
