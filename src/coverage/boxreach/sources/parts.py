"""Layers that are kept in several files of one name, in a folder or an archive."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from boxreach.errors import Fault, InputError
from boxreach.sources.archives import is_archive, is_of_a_mac, unpacking

_PIECE_BYTES = 2**20


@dataclass(frozen=True)
class Parts:
    """A layer that is kept in several files of one name, in a folder or an archive.

    Attributes
    ----------
    file
        What the layer is given as: its name, or that of the archive.
    stem
        The name of its files without the ending.
    source
        What GDAL is to be asked for.
    open
        Opens the part with an ending, in small letters or capitals; None where there is none.
    """

    file: str
    stem: str
    source: str
    open: Callable[[str], IO[bytes] | None]

    def read(self, ending: str, most: int = -1) -> bytes | None:
        """Return a part, or so many bytes of its beginning; None where there is none."""
        source = self.open(ending)
        if source is None:
            return None
        with source:
            return source.read(most)

    def measure(self, ending: str) -> int | None:
        """Return how many bytes a part has; None where there is none.

        It is read for it, but not held: the size that an archive tells may be a lie.
        """
        source = self.open(ending)
        if source is None:
            return None
        with source:
            return sum(map(len, iter(partial(source.read, _PIECE_BYTES), b"")))


def require_parts(path: Path, ending: str, faults_of: Callable[[Parts], list[Fault]]) -> None:
    """Raise `InputError` for what is wrong with a layer of several files.

    Parameters
    ----------
    path
        Of the one with that ending, or of an archive, of which all are looked at; nothing is
        wrong with any other file.
    ending
        Of the file by which such a layer is named, as ``.shp``.
    faults_of
        Returns what is wrong with one.
    """
    faults: list[Fault] = []
    if is_archive(path):
        with unpacking(path) as archive:
            for parts in _parts_inside(archive, path, ending):
                faults += faults_of(parts)
    elif path.suffix.casefold() == ending:
        faults = faults_of(Parts(path.name, path.stem, str(path), partial(_open_beside, path)))
    if faults:
        raise InputError(*faults)


def count_faults(parts: Parts, shapes: int, rows: int) -> list[Fault]:
    """Return a fault where there are not as many rows of attributes as shapes.

    Examples
    --------
    >>> print(*count_faults(Parts("a.shp", "a", "a.shp", lambda ending: None), 2, 1))
    a.shp: it has 2 shapes and 1 rows of attributes; give parts that were saved together
    """
    if shapes == rows:
        return []
    what = f"it has {shapes:,} shapes and {rows:,} rows of attributes"
    return [Fault(what, parts.file, advice="give parts that were saved together")]


def _open_beside(path: Path, ending: str) -> IO[bytes] | None:
    if path.suffix.casefold() == ending:
        return path.open("rb")
    tried = (path.with_suffix(one) for one in (ending, ending.upper()))
    return next((one.open("rb") for one in tried if one.is_file()), None)


def _parts_inside(archive: zipfile.ZipFile, path: Path, ending: str) -> Iterator[Parts]:
    # Some write ./a.shp or b//a.shp, and name folders too, which may be called a.shp.
    places = {PurePosixPath(one): one for one in archive.namelist() if not one.endswith("/")}
    names = {str(place).casefold(): one for place, one in places.items()}
    for place in places:
        if place.suffix.casefold() != ending or is_of_a_mac(place):
            continue

        def open_part(one: str, place: PurePosixPath = place) -> IO[bytes] | None:
            part = names.get(str(place.with_suffix(one)).casefold())
            return None if part is None else archive.open(part)

        yield Parts(path.name, place.stem, f"/vsizip/{{{path}}}/{place}", open_part)
