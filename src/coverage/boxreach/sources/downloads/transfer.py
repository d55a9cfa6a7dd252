"""One file over a network, whole and as it was published, in as many parts as it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from boxreach.errors import BoxreachError
from boxreach.sources.downloads.addresses import host_of
from boxreach.sources.downloads.cache import Cache, Kept, Part, Stated, measure
from boxreach.sources.downloads.connection import (
    Connection,
    MissingError,
    PassingError,
    RefusedError,
    pieces,
)
from boxreach.sources.downloads.contents import HEAD_BYTES, Kind, tell_content

Tell = Callable[[int], None]
"""Hears how many bytes of a file are there."""

_SUM_BYTES_AT_MOST = 4096
_GROWTH = 1.1
"""A file may be so many times as long as it was when it was shown: extracts grow day by day."""

_MD5 = re.compile(r"^\s*([0-9a-fA-F]{32})\b")
_RANGE = re.compile(r"bytes\s+(\d+)-(\d+)/(\d+)", re.IGNORECASE)
_SIGN_IN = "sign in to the network in a browser, or check the catalogue"
_AGAIN = "run the same command again, and it is shown anew"


@dataclass(frozen=True)
class Wanted:
    """A file that is to come.

    Attributes
    ----------
    address
        From where.
    kind
        What it holds.
    at_most_bytes
        Its length at most, whatever the server says.
    stated
        What the server said of it when it was shown.
    sum_address
        Where its MD5 is published; None where it is not.
    sum_is_etag
        Whether an ETag that looks like an MD5 is one.
    """

    address: str
    kind: Kind
    at_most_bytes: int
    stated: Stated = field(default_factory=Stated)
    sum_address: str | None = None
    sum_is_etag: bool = False

    def bound_bytes(self) -> int:
        """Return the length that is taken at most."""
        if self.stated.size_bytes is None:
            return self.at_most_bytes
        return min(self.at_most_bytes, int(self.stated.size_bytes * _GROWTH))


def state(connection: Connection, address: str) -> Stated:
    """Return what a server says of a file, of which nothing is downloaded.

    Raises
    ------
    MissingError
        If it does not have it.
    BoxreachError
        If it cannot be asked.
    """

    def ask_head() -> Stated:
        with connection.ask(address, method="HEAD") as answer:
            return _read_stated(answer)

    def ask_byte() -> Stated:
        with connection.ask(address, headers={"Range": "bytes=0-0"}) as answer:
            return _read_stated(answer)

    try:
        return connection.persist(ask_head)
    except RefusedError:  # not every server answers to HEAD
        return connection.persist(ask_byte)


def download(
    connection: Connection, cache: Cache, wanted: Wanted, tell: Tell = lambda _: None
) -> Kept:
    """Return a file, from the cache if it is the one that the server has now.

    Parameters
    ----------
    connection
        Asks the server.
    cache
        Where the file is kept, and what has come of it.
    wanted
        The file.
    tell
        Hears how much has come.

    Raises
    ------
    BoxreachError
        If it cannot be had as it was published. What has come of it stays, unless it is wrong.
    """
    kept = cache.find(wanted.address)
    if kept is not None and kept.stated.is_same(wanted.stated):
        tell(kept.measured.size_bytes)
        return kept
    part = cache.part(wanted.address)
    for last in (False, True):
        connection.persist(lambda: _go_on(connection, part, wanted, tell), part.size_bytes)
        measured = measure(part.path)
        expected = _published_sum(connection, wanted, part.stated)
        if not expected or expected == measured.md5:
            return cache.keep(part, measured)
        part.forget()
        if last:
            what = f"{wanted.address} came with the sum {measured.md5}, and {expected} is published"
            raise BoxreachError(f"{what}; it is thrown away. Try again later")
    raise AssertionError


def _go_on(connection: Connection, part: Part, wanted: Wanted, tell: Tell) -> None:
    """Take what is missing of a part; raise `PassingError` if that is not all."""
    have, host = part.size_bytes(), host_of(wanted.address)
    if not 0 < have == part.stated.size_bytes:
        headers: dict[str, str] = {}
        if have and part.stated.validator:
            headers = {"Range": f"bytes={have}-", "If-Range": part.stated.validator}
        with connection.ask(wanted.address, headers=headers) as answer:
            if not _continues(answer, part, have):
                if answer.status_code != 200:
                    part.forget()
                    raise PassingError(f"{host} does not give what is missing of {wanted.address}")
                stated = _read_stated(answer)
                _check_size(stated.size_bytes, wanted)
                part.begin(stated)
            _take(answer, part, wanted, tell)
    total, have = part.stated.size_bytes, part.size_bytes()
    if total is not None and have < total:
        raise PassingError(f"{host} broke off {wanted.address} at {have:,} of {total:,} bytes")
    _check_content(part, wanted)


def _continues(answer: requests.Response, part: Part, have: int) -> bool:
    """Tell whether an answer goes on where a part ends, and is of the same version."""
    given = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if answer.status_code != 206 or given is None or not have:
        return False
    stated, known = _read_stated(answer), part.stated
    # A part has the ETag of the whole; its date it may leave out where it was asked for by that.
    same = stated.etag == known.etag and stated.modified in {"", known.modified}
    return int(given[1]) == have and same and stated.size_bytes == known.size_bytes


def _take(answer: requests.Response, part: Part, wanted: Wanted, tell: Tell) -> None:
    """Write what comes behind what has come, as long as it is what it should be."""
    have, bound = part.size_bytes(), wanted.bound_bytes()
    if part.stated.size_bytes is not None:
        bound = min(bound, part.stated.size_bytes)
    with part.writing() as file:
        for piece in pieces(answer, wanted.address):
            told = not have and len(piece) >= HEAD_BYTES
            if have + len(piece) > bound or (told and tell_content(piece, wanted.kind)):
                file.write(piece[:HEAD_BYTES])
                break
            file.write(piece)
            have += len(piece)
            tell(have)
        else:
            return
    _check_content(part, wanted)
    part.forget()
    what = f"{wanted.address} goes on beyond the {bound:,} bytes that were said"
    raise BoxreachError(f"{what}; it is thrown away. {_AGAIN.capitalize()}")


def _check_size(size_bytes: int | None, wanted: Wanted) -> None:
    if size_bytes is None or size_bytes <= wanted.bound_bytes():
        return
    what = f"{wanted.address} has {size_bytes:,} bytes"
    if size_bytes > wanted.at_most_bytes:
        what = f"{what}, and the catalogue allows {wanted.at_most_bytes:,}"
        raise BoxreachError(f"{what}; check it, or raise at_most_mb in a catalogue of your own")
    raise BoxreachError(f"{what}, and {wanted.stated.size_bytes:,} were shown; {_AGAIN}")


def _check_content(part: Part, wanted: Wanted) -> None:
    """Throw a part away that does not begin as its kind does."""
    with part.path.open("rb") as file:
        wrong = tell_content(file.read(HEAD_BYTES), wanted.kind)
    if wrong:
        part.forget()
        raise BoxreachError(f"{wanted.address}: {wrong}; {_SIGN_IN}")


def _published_sum(connection: Connection, wanted: Wanted, stated: Stated) -> str:
    """Return the MD5 that is published of a file, in small letters; blank if there is none."""
    if wanted.sum_is_etag:
        found = re.fullmatch('"([0-9a-fA-F]{32})"', stated.etag)
        return found[1].lower() if found else ""
    if wanted.sum_address is None:
        return ""
    try:
        text = connection.read(wanted.sum_address, at_most_bytes=_SUM_BYTES_AT_MOST)
    except MissingError:
        return ""
    sums = _MD5.match(text.decode("utf-8", "replace"))
    if sums is None:
        what = f"{wanted.sum_address} holds no MD5"
        raise BoxreachError(f"{what}; what has come is kept. Check the catalogue")
    return sums[1].lower()


def _read_stated(answer: requests.Response) -> Stated:
    """Return what the head of an answer says of the whole file."""
    size: int | None = None
    ranged = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    length = answer.headers.get("Content-Length", "")
    if ranged is not None:
        size = int(ranged[3])
    elif length.isascii() and length.isdigit() and answer.status_code != 206:
        size = int(length)
    etag, modified = (answer.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return Stated(size, etag[:200], modified[:100])
