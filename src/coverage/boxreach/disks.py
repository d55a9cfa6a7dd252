"""Disks without room: said in words, with how much is free and what to do."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boxreach.errors import Fault, InputError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def full_disk(folder: Path, what: str, *, size: int | None = None) -> InputError:
    """Return the error that the disk of a folder has no room for something.

    Parameters
    ----------
    folder
        Where it was to be written.
    what
        What it is, in words.
    size
        Its bytes, if known.
    """
    home = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(home).free
    known = f"{say_bytes(free)} free"
    known += ", but less is allowed" if size is not None and free > size else ""
    much = what if size is None else f"{say_bytes(size)} of {what}"
    advice = "make room there, or name a folder on another disk"
    return InputError(
        Fault(f"the disk has no room for {much} ({known})", str(folder), advice=advice)
    )


@contextmanager
def telling_full_disk(folder: Path, what: str, *, within: Path | None = None) -> Iterator[None]:
    """Raise `full_disk` where the system says that there is no room.

    Parameters
    ----------
    folder, what
        As of `full_disk`.
    within
        Files that lie elsewhere than in this folder are no matter of it; any, if not given.
    """
    try:
        yield
    except (OSError, RuntimeError, sqlite3.Error) as error:
        if not _tells_full(error) or not _lies_in(getattr(error, "filename", None), within):
            raise
        raise full_disk(folder, what) from error


def _tells_full(error: Exception) -> bool:
    """Whether the system says that a disk is full, or a database that is written says so."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return "disk is full" in str(error)


def _lies_in(path: object, folder: Path | None) -> bool:
    """Whether a file that an error names lies in a folder; what it does not name may do so."""
    if folder is None or not isinstance(path, str | Path) or not Path(path).is_absolute():
        return True
    return Path(path).is_relative_to(folder)


def say_bytes(size: int) -> str:
    """Return a size as a message tells it.

    Examples
    --------
    >>> say_bytes(1_500_000), say_bytes(2_000_000_000)
    ('1.5 MB', '2.0 GB')
    """
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
