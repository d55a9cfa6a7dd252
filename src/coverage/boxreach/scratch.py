"""Pairs that do not fit into memory: kept in files that have no name and end with the process."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int32]

PAIRS_IN_MEMORY = 8_000_000
"""Lists of no more pairs than this are kept in memory in any case."""
_PAIRS_AT_ONCE = 32_000_000
"""So many pairs of a file are held at a time."""
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
"""What glibc gives memory back with."""


@dataclass(frozen=True)
class Scratch:
    """Where lists of pairs go that are too long for memory.

    A list is a file that is mapped into memory, so that kernels read and write it as they do any
    array; what they are done with is let go of, so that little of it is held at a time. The file
    has no name: nothing of it is left, however the process ends.

    Attributes
    ----------
    folder
        In which folder the files are, for its disk.
    pairs_in_memory
        Lists of so many pairs are kept in memory.

    Examples
    --------
    >>> scratch = Scratch(Path(tempfile.gettempdir()), pairs_in_memory=2)
    >>> pairs = scratch.room(3)
    >>> pairs[:] = [5, 6, 7]
    >>> let_go(pairs)
    >>> pairs.tolist(), is_on_disk(pairs), is_on_disk(scratch.room(2))
    ([5, 6, 7], True, False)
    """

    folder: Path
    pairs_in_memory: int = PAIRS_IN_MEMORY

    def room(self, pairs: int, kind: type[np.signedinteger[Any]] = np.int32) -> npt.NDArray[Any]:
        """Return room for so many numbers, one a pair, to be written to.

        Raises
        ------
        OSError
            If the disk has no room for them.
        """
        if pairs <= self.pairs_in_memory:
            return np.empty(pairs, dtype=kind)
        size = pairs * np.dtype(kind).itemsize
        with tempfile.TemporaryFile(dir=self.folder) as file:
            # Taken at once: a disk that fills up later would end the process without a word.
            _reserve(file.fileno(), size)
            mapped = mmap.mmap(file.fileno(), size)
        return np.ndarray(pairs, dtype=kind, buffer=mapped)


def room_for(pairs: int, scratch: Scratch | None) -> Indices:
    """Return room for so many pairs: in memory, unless there is a place for what is too long."""
    return np.empty(pairs, dtype=np.int32) if scratch is None else scratch.room(pairs)


def is_on_disk(pairs: npt.NDArray[Any]) -> bool:
    """Tell whether a list of pairs is a file."""
    return _mapping(pairs) is not None


def let_go(pairs: npt.NDArray[Any]) -> None:
    """Hold nothing of a list that is a file; it is read again where it is needed."""
    mapped = _mapping(pairs)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def stages(start: npt.NDArray[Any], lists: Sequence[npt.NDArray[Any]]) -> Iterator[tuple[int, int]]:
    """Give the rows from one to before another, as many at a time as lists may be held of.

    All at once if no list is a file; of those that are, nothing is held between.

    Parameters
    ----------
    start
        Where the pairs of each row begin.
    lists
        The pairs that are read or written.

    Examples
    --------
    >>> list(stages(np.array([0, 2, 5]), [np.arange(5)]))
    [(0, 2)]
    """
    sites, pairs = len(start) - 1, int(start[-1])
    many = -(-pairs // _PAIRS_AT_ONCE) if any(map(is_on_disk, lists)) else 1
    shares = np.linspace(0, pairs, max(many, 1) + 1)[1:-1]
    for low, high in pairwise([0, *np.searchsorted(start, shares).tolist(), sites]):
        yield low, high
        for one in lists:
            let_go(one)


def give_back() -> None:
    """Give memory that is free again back to the system, which glibc does not do by itself.

    After much work in small pieces on several threads a third of what a process holds may be free.
    """
    if _TRIM is not None:
        _TRIM(0)


def _mapping(pairs: npt.NDArray[Any]) -> mmap.mmap | None:
    """Return the file that an array, or what it is a part of, is mapped from."""
    base: object = pairs
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None


def _reserve(file: int, size: int) -> None:
    """Take room on the disk for a file."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    block = bytes(1 << 20)
    for begin in range(0, size, len(block)):
        os.write(file, block[: size - begin])
