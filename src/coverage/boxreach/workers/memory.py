"""Memory of one process that others on its machine read: it has no name, and is gone with them.

Only processes of the same user can open it, and only while the one that filled it lives and holds
it. What they mapped stays theirs. There is such memory on Linux.
"""

from __future__ import annotations

import mmap
import os
import secrets
import weakref
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Machine = tuple[str, int, int]
"""The start of a system, the names that its processes have, and a user."""

_ALIGNED = 64
_SECRET_BYTES = 16


class UnseenError(Exception):
    """Memory that this process cannot open: of another machine or user, or let go of."""


class Place(NamedTuple):
    """Where other processes find some memory.

    Attributes
    ----------
    machine, pid, descriptor
        The process that holds it, and what it is there.
    secret
        What the memory begins with, for numbers are given to others in time.
    lengths
        Of the buffers in it.
    """

    machine: Machine | None
    pid: int
    descriptor: int
    secret: bytes
    lengths: tuple[int, ...]


class Memory:
    """Buffers that other processes of this machine can read, as long as this object lives.

    Parameters
    ----------
    buffers
        What is copied into it.

    Raises
    ------
    OSError
        If the system has no room for it.

    Examples
    --------
    >>> memory = Memory([b"roads", b"", b"sites"])
    >>> [bytes(one) for one in map_buffers(memory.place)]
    [b'roads', b'', b'sites']
    """

    def __init__(self, buffers: Sequence[Any]) -> None:
        descriptor = os.memfd_create("boxreach")
        self._close = weakref.finalize(self, os.close, descriptor)
        secret = secrets.token_bytes(_SECRET_BYTES)
        lengths = tuple(memoryview(one).nbytes for one in buffers)
        begins, end = _begin(lengths)
        os.ftruncate(descriptor, end)
        for begin, one in zip((0, *begins), (secret, *buffers), strict=True):
            _write(descriptor, memoryview(one).cast("B"), begin)
        self.place = Place(machine(), os.getpid(), descriptor, secret, lengths)


def map_buffers(place: Place) -> list[memoryview]:
    """Return the buffers of some memory, not copied: all processes read the same.

    Each changes what is its own alone. Mapped memory takes a file descriptor of this process.

    Raises
    ------
    UnseenError
        If this process cannot open it.
    """
    descriptor = _open(place)
    try:
        whole = mmap.mmap(descriptor, _begin(place.lengths)[1], access=mmap.ACCESS_COPY)
    finally:
        os.close(descriptor)
    return _cut(memoryview(whole), place)


def read_buffers(place: Place) -> list[memoryview]:
    """Return the buffers of some memory, copied.

    Raises
    ------
    UnseenError
        If this process cannot open it.
    """
    descriptor = _open(place)
    try:
        whole = np.empty(_begin(place.lengths)[1], np.uint8).data
        done = 0
        while done < len(whole):
            done += os.preadv(descriptor, [whole[done:]], done)
    finally:
        os.close(descriptor)
    return _cut(whole, place)


@cache
def machine() -> Machine | None:
    """Return what processes have in common that can open each other's memory; None where none can.

    Examples
    --------
    >>> machine() == machine()
    True
    """
    if not hasattr(os, "memfd_create"):
        return None
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        names = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return None
    return started.strip(), names, os.geteuid()


def _open(place: Place) -> int:
    """Return a descriptor of some memory, and never that of anything else."""
    if place.machine is None or place.machine != machine():
        raise UnseenError(f"it is on {place.machine}, and this is {machine()}")
    try:
        path = f"/proc/{place.pid}/fd/{place.descriptor}"
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
    except OSError as error:
        raise UnseenError(str(error)) from error
    try:
        begins = os.pread(descriptor, _SECRET_BYTES, 0)
    except OSError:  # of a pipe, for one
        begins = b""
    if begins != place.secret:
        os.close(descriptor)
        raise UnseenError("another file has its number by now")
    return descriptor


def _begin(lengths: Sequence[int]) -> tuple[list[int], int]:
    """Return where buffers begin, aligned, and where all ends."""
    *begins, end = accumulate(
        (-(-long // _ALIGNED) * _ALIGNED for long in lengths), initial=_ALIGNED
    )
    return begins, end


def _cut(whole: memoryview, place: Place) -> list[memoryview]:
    begins, _ = _begin(place.lengths)
    return [whole[one : one + long] for one, long in zip(begins, place.lengths, strict=True)]


def _write(descriptor: int, some: memoryview, begin: int) -> None:
    done = 0
    while done < len(some):
        done += os.pwrite(descriptor, some[done:], begin + done)
