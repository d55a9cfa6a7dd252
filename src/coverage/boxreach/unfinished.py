"""Folders that are being written: locked while their process lives, cleared away when it is dead.

They lie hidden beside the folder whose place they are to take. A process that is killed lets its
lock go, so that a folder without one is nobody's any more.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no locks of folders
    fcntl = None  # type: ignore[assignment]

BEGUN = "boxreach.unfinished"
"""The audit event (`sys.audit`) that an unfinished folder is there; its argument is the path."""

WRITTEN = "boxreach.written"
"""The audit event that outputs are in their place; its argument is the path."""

_ENDING = ".unfinished"
_PASSING = (".part", "-journal", "-wal", "-shm")
"""Endings of files that lie beside a file while that is being written."""


@contextmanager
def unfinished_folder(path: Path) -> Iterator[Path]:
    """Give a hidden folder beside a path that nobody else writes to or clears away meanwhile.

    Parameters
    ----------
    path
        The folder whose place it is to take. The folder above it is there.
    """
    folder, lock = _claim(path)
    try:
        sys.audit(BEGUN, str(folder))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def clear_unfinished(path: Path, is_foreign: Callable[[Path], list[str]]) -> None:
    """Clear away what dead processes left unfinished beside a path.

    Parameters
    ----------
    path
        The folder whose place it was to take.
    is_foreign
        Returns what in a folder none of the processes wrote; such a folder is left alone.

    Notes
    -----
    Where folders cannot be locked, nobody knows who is dead, and everything is left.
    """
    with suppress(OSError):  # the folder above may not be read, or is not there
        for folder in list_unfinished(path):
            _clear(folder, is_foreign)


def list_unfinished(path: Path, ending: str = "") -> list[Path]:
    """Return the unfinished folders beside a path, or those whose names have one more ending."""
    name = re.escape(f".{path.name}-") + "[a-z0-9_]{8}" + re.escape(f"{_ENDING}{ending}")
    named = re.compile(name)
    return sorted(
        one
        for one in path.parent.iterdir()
        if named.fullmatch(one.name) and one.is_dir() and not one.is_symlink()
    )


def is_being_written(folder: Path) -> bool:
    """Whether the process that writes to an unfinished folder lives, as far as locks tell."""
    try:
        lock = _lock(folder)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    if lock is not None:
        os.close(lock)
    return False


def _clear(folder: Path, is_foreign: Callable[[Path], list[str]]) -> None:
    with suppress(OSError):  # somebody is at it, or it is gone by now
        lock = _lock(folder)
        if lock is None:
            return
        try:
            if all(one.endswith(_PASSING) for one in is_foreign(folder)):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _claim(path: Path) -> tuple[Path, int | None]:
    """Make a folder and lock it; another one, where it was cleared away before it was locked."""
    while True:
        made = tempfile.mkdtemp(prefix=f".{path.name}-", suffix=_ENDING, dir=path.parent)
        folder = Path(made)
        try:
            lock = _lock(folder)
        except (BlockingIOError, FileNotFoundError):
            continue
        if lock is None or folder.exists():
            return folder, lock
        os.close(lock)


def _lock(folder: Path) -> int | None:
    """Lock a folder until the process ends or closes what this returns; None where none can be.

    Raises
    ------
    BlockingIOError
        If somebody holds it.
    """
    if fcntl is None:
        return None
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise
    except OSError:  # this file system has no locks
        os.close(opened)
        return None
    return opened
