"""Archives: those that unpack to more than a machine holds, and what they hold."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from boxreach.errors import DataWarning, Fault, InputError

_ENDINGS = {".zip", ".kmz", ".shz", ".xlsx", ".ods"}
_MOST_BYTES = 4 * 2**30
_HARMLESS_BYTES = 100 * 2**20
_MOST_TIMES = 200
"""Layers pack to a tenth or so, seldom to a hundredth."""

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What is raised over an archive that cannot be unpacked, as where it asks for a password."""

_LAYERS = {
    ".shp", ".gpkg", ".geojson", ".json", ".geojsonl", ".geojsons", ".topojson", ".gml", ".kml",
    ".kmz", ".gpx", ".fgb", ".tab", ".mif", ".csv", ".tsv", ".sqlite", ".parquet", ".geoparquet",
    ".xlsx", ".ods", ".osm", ".pbf", ".zip", ".shz",
}  # fmt: skip
"""How files end that may hold a layer of their own."""

_NAMED = 10
"""So many files are named that are not read."""


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
    read
        Returns the part with an ending, in small letters or capitals; None where there is none.
    """

    file: str
    stem: str
    source: str
    read: Callable[[str], bytes | None]


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
        try:
            with zipfile.ZipFile(path) as archive:
                for parts in _parts_inside(archive, path, ending):
                    faults += faults_of(parts)
        except DAMAGE as error:
            raise InputError(damaged(error, path.name)) from error
    elif path.suffix.casefold() == ending:
        faults = faults_of(Parts(path.name, path.stem, str(path), partial(_read_beside, path)))
    if faults:
        raise InputError(*faults)


def _read_beside(path: Path, ending: str) -> bytes | None:
    if path.suffix.casefold() == ending:
        return path.read_bytes()
    tried = (path.with_suffix(one) for one in (ending, ending.upper()))
    return next((one.read_bytes() for one in tried if one.is_file()), None)


def _parts_inside(archive: zipfile.ZipFile, path: Path, ending: str) -> Iterator[Parts]:
    names = {one.casefold(): one for one in archive.namelist()}
    for name in names.values():
        place = PurePosixPath(name)
        if place.suffix.casefold() != ending or _is_of_a_mac(place):
            continue

        def read(one: str, place: PurePosixPath = place) -> bytes | None:
            part = names.get(str(place.with_suffix(one)).casefold())
            return None if part is None else archive.read(part)

        yield Parts(path.name, place.stem, f"/vsizip/{{{path}}}/{name}", read)


def _is_of_a_mac(place: PurePosixPath) -> bool:
    """Tell whether a file of an archive is what Macs put beside each: it begins with a dot."""
    return place.name.startswith(".")


def warn_of_unread(path: Path, layers: Collection[str]) -> None:
    """Say which files of an archive hold layers of which none is read.

    GDAL takes an archive for a folder of shapefiles, or of tables of MapInfo, where one lies at its
    root, and passes over all else. A file that is called as one of the layers may be the same.

    Parameters
    ----------
    path
        The file or the archive.
    layers
        What GDAL finds in it, by name.
    """
    if not is_archive(path):
        return
    with zipfile.ZipFile(path) as archive:
        places = [PurePosixPath(one) for one in archive.namelist() if not one.endswith("/")]
    stems = {one.casefold() for one in layers}
    kept = [one for one in places if one.suffix.casefold() in _LAYERS and not _is_of_a_mac(one)]
    unread = [str(one) for one in kept if str(one.with_suffix("")).casefold() not in stems]
    if unread and len(unread) < len(kept):  # of one file, layers are called as they like
        named = ", ".join(unread[:_NAMED]) + (", …" if len(unread) > _NAMED else "")
        what = f"other files in it are not read: {named}"
        advice = "unpack it, and give the layer that you mean"
        warnings.warn(DataWarning(Fault(what, path.name, advice=advice)), stacklevel=2)


def refuse_archive_bomb(path: Path) -> None:
    """Raise `InputError` for an archive that says it holds far more than its own size."""
    if not is_archive(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise InputError(damaged(error, path.name)) from error
    packed = path.stat().st_size
    if unpacked > min(max(_MOST_TIMES * packed, _HARMLESS_BYTES), _MOST_BYTES):
        what = f"it claims {unpacked:,} bytes in {packed:,}"
        raise InputError(Fault(what, path.name, advice="give the layer as it was published"))


@contextmanager
def open_inside(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, or the one that an archive holds alone: GDAL takes that for the archive.

    Parameters
    ----------
    path
        Of the file or the archive.

    Raises
    ------
    InputError
        If an archive cannot be unpacked while it is read.
    """
    if not is_archive(path):
        with path.open("rb") as source:
            yield source
        return
    try:
        with zipfile.ZipFile(path) as archive:
            held = [one for one in archive.infolist() if not one.filename.endswith(("/", "\\"))]
            with archive.open(held[0]) if len(held) == 1 else path.open("rb") as source:
                yield source
    except DAMAGE as error:
        raise InputError(damaged(error, path.name)) from error


def is_archive(path: Path) -> bool:
    """Tell whether a file is an archive of others, as those of layers are called."""
    return path.suffix.lower() in _ENDINGS and zipfile.is_zipfile(path)


def damaged(error: Exception, file: str) -> Fault:
    """Return the fault of an archive that cannot be unpacked."""
    return Fault(f"the archive is damaged ({error})", file, advice="copy or download it again")
