"""Archives: those that are damaged, or unpack to more than a machine holds."""

from __future__ import annotations

import errno
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from boxreach.errors import Fault, InputError

_ENDINGS = {".zip", ".kmz", ".shz", ".xlsx", ".ods"}
_MOST_BYTES = 4 * 2**30
_HARMLESS_BYTES = 100 * 2**20
_MOST_TIMES = 200
"""Layers pack to a tenth or so, seldom to a hundredth."""

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError, ValueError,
)  # fmt: skip
"""What is raised over an archive that cannot be unpacked, as where it asks for a password."""

_OF_DAMAGE = {None, errno.EINVAL}
"""What `OSError` tells of a damaged stream, or a place before the file; else it is of the disk."""


def refuse_archive_bomb(path: Path) -> None:
    """Raise `InputError` for an archive that says it holds far more than its own size."""
    if not is_archive(path):
        return
    with unpacking(path) as archive:
        unpacked = sum(one.file_size for one in archive.infolist())
    packed = path.stat().st_size
    if unpacked > min(max(_MOST_TIMES * packed, _HARMLESS_BYTES), _MOST_BYTES):
        what = f"it claims {unpacked:,} bytes in {packed:,}"
        raise InputError(Fault(what, path.name, advice="give the layer as it was published"))


@contextmanager
def unpacking(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive, to do with it what reads it.

    Parameters
    ----------
    path
        Of the archive.

    Raises
    ------
    InputError
        If it cannot be unpacked, also while it is read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except InputError:
        raise
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno not in _OF_DAMAGE:
            raise
        raise InputError(damaged(error, path.name)) from error


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
    with unpacking(path) as archive:
        held = [one for one in archive.infolist() if not one.filename.endswith(("/", "\\"))]
        with archive.open(held[0]) if len(held) == 1 else path.open("rb") as source:
            yield source


def is_archive(path: Path) -> bool:
    """Tell whether a file is an archive of others, as those of layers are called."""
    return path.suffix.lower() in _ENDINGS and zipfile.is_zipfile(path)


def is_of_a_mac(place: PurePosixPath) -> bool:
    """Tell whether a file of an archive is what Macs put beside each: it begins with a dot."""
    return place.name.startswith(".")


def damaged(error: Exception, file: str) -> Fault:
    """Return the fault of an archive that cannot be unpacked."""
    said = str(error) or type(error).__name__
    return Fault(f"the archive is damaged ({said})", file, advice="copy or download it again")
