"""Parcels: objects whose arrays arrive in another process as they were sent.

What comes over a network lies anywhere in memory, and what is mapped from a file is pickled as
something else. A compiled kernel takes such arrays for another kind, and is compiled again.

This module needs Dask, and is imported where there is a client, or in a worker.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
from distributed.protocol.serialize import dask_deserialize, dask_serialize

_ALIGNED = 16
_PROTOCOL = 5
"""The first that hands over arrays without copying them."""


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


def pack_parcel(parcel: Parcel) -> tuple[dict[str, Any], list[Any]]:
    """Return which buffers of a parcel may be written to, and these, the first without arrays."""
    head, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
    _Packer(head, protocol=_PROTOCOL, buffer_callback=buffers.append).dump(parcel.contents)
    raw = [one.raw() for one in buffers]
    return {"writeable": [not one.readonly for one in raw]}, [head.getvalue(), *raw]


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
    arrays = [_settle(*one) for one in zip(buffers, header["writeable"], strict=True)]
    return Parcel(pickle.loads(head, buffers=arrays))  # noqa: S301


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
