"""Parcels: objects whose arrays arrive in another process as they were sent.

What comes over a network lies anywhere in memory, and what is mapped from a file is pickled as
something else. A compiled kernel takes such arrays for another kind, and is compiled again.

This module needs Dask, and is imported where there is a client, or in a worker.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
from distributed.protocol.serialize import dask_deserialize, dask_serialize

from boxreach.workers.memory import Memory, map_buffers, read_buffers

_ALIGNED = 16
_PROTOCOL = 5
"""The first that hands over arrays without copying them."""
_WORTH_LENDING = 1 << 16
"""Fewer bytes are sent with the message that tells of them."""

Parts = tuple[bytes, list[bool], list[memoryview]]
"""An object without its arrays, which of these may be written to, and their buffers."""


class Parcel:
    """An object on its way to another process.

    Its arrays are sent without being copied. They arrive aligned, and read-only where they were;
    those that are mapped from a file arrive as plain arrays.

    Parameters
    ----------
    contents
        What is sent.
    """

    def __init__(self, contents: Any) -> None:
        self.contents = contents


class Loan:
    """A parcel for processes of this machine, which find its arrays in memory of this one.

    Only where they are is sent. They stay as long as this object does, and in a process that has
    read them as long as it needs them.

    Parameters
    ----------
    parts
        What is lent, taken apart.
    many
        Whether many are to read it, all of them in one place; else one copies it.

    Raises
    ------
    OSError
        If the system has no room for it.
    """

    def __init__(self, parts: Parts, *, many: bool) -> None:
        head, writeable, buffers = parts
        self._memory = Memory(buffers)
        self._told = head, writeable, self._memory.place, many

    def __getstate__(self) -> dict[str, Any]:
        return {"_told": self._told}

    @cached_property
    def contents(self) -> Any:
        """What is lent; `UnseenError` where this process cannot open it."""
        head, writeable, place, many = self._told
        return _put_together(head, writeable, (map_buffers if many else read_buffers)(place))


def wrap(contents: Any, *, near: bool, many: bool = False) -> Parcel | Loan:
    """Return what is sent as a parcel, or lent where all who get it are near and it is worth it.

    Parameters
    ----------
    contents
        What is sent.
    near, many
        Whether all who get it are processes of this machine, and whether they are many.

    Examples
    --------
    >>> lent = wrap(np.arange(10_000), near=True)
    >>> pickle.loads(pickle.dumps(lent)).contents
    array([   0,    1,    2, ..., 9997, 9998, 9999], shape=(10000,))
    """
    if near:
        parts = _take_apart(contents)
        if sum(one.nbytes for one in parts[2]) >= _WORTH_LENDING:
            with suppress(OSError):  # no room, or too many files are open
                return Loan(parts, many=many)
    return Parcel(contents)


def pack_parcel(parcel: Parcel) -> tuple[dict[str, Any], list[Any]]:
    """Return which buffers of a parcel may be written to, and these, the first without arrays."""
    head, writeable, buffers = _take_apart(parcel.contents)
    return {"writeable": writeable}, [head, *buffers]


def open_parcel(header: dict[str, Any], frames: Sequence[Any]) -> Parcel:
    """Return a parcel that came.

    Examples
    --------
    >>> sent = np.arange(3)
    >>> sent.flags.writeable = False
    >>> come = open_parcel(*pack_parcel(Parcel({"roads": sent}))).contents
    >>> come["roads"], come["roads"].flags.writeable
    (array([0, 1, 2]), False)
    """
    head, *buffers = frames
    return Parcel(_put_together(head, header["writeable"], buffers))


def _take_apart(contents: Any) -> Parts:
    head, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
    _Packer(head, protocol=_PROTOCOL, buffer_callback=buffers.append).dump(contents)
    raw = [one.raw() for one in buffers]
    return head.getvalue(), [not one.readonly for one in raw], raw


def _put_together(head: Any, writeable: Sequence[bool], buffers: Sequence[Any]) -> Any:
    arrays = [_settle(*one) for one in zip(buffers, writeable, strict=True)]
    return pickle.loads(head, buffers=arrays)  # noqa: S301


class _Packer(pickle.Pickler):
    def reducer_override(self, one: Any) -> Any:
        return (
            np.asarray(one).__reduce_ex__(_PROTOCOL) if type(one) is np.memmap else NotImplemented
        )


def _settle(buffer: Any, writeable: bool) -> Any:
    """Return a buffer, or its copy where it may not be written to or begins anywhere."""
    here = memoryview(buffer)
    whole = np.frombuffer(here, np.uint8) if here.nbytes else np.empty(0, np.uint8)
    if whole.ctypes.data % _ALIGNED or (writeable and not whole.flags.writeable):
        whole = whole.copy()
    whole.flags.writeable = writeable
    return whole


dask_serialize.register(Parcel)(pack_parcel)
dask_deserialize.register(Parcel)(open_parcel)
