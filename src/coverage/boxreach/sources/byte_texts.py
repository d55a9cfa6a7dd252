"""Texts that a layer holds as bytes, as old writers of Parquet leave them without a word of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_object_dtype

from boxreach.errors import Fault
from boxreach.extents import Rows

Frame = TypeVar("Frame", bound=pd.DataFrame)


def decode_texts(frame: Frame) -> Frame:
    r"""Return a frame in which every column of bytes that are all UTF-8 holds texts.

    Other bytes stay: they may be pictures, or shapes that nobody asks for.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": [b"Sinjar"], "picture": [b"\xff\xd8"]})
    >>> decode_texts(frame).iloc[0].to_list()
    ['Sinjar', b'\xff\xd8']
    """
    decoded = frame.copy(deep=False)
    for at in range(len(frame.columns)):  # by place: a name may stand twice
        column = frame.iloc[:, at]
        if holds_bytes(column) and all(map(_is_utf8, column)):
            texts = [one.decode() if isinstance(one, bytes) else None for one in column]
            decoded.isetitem(at, np.array(texts, dtype=object))
    return decoded


def byte_faults(
    frame: pd.DataFrame, columns: Iterable[str], *, file: str, rows: Rows
) -> list[Fault]:
    """Return a fault for each of some columns that still holds bytes, with the first that is none.

    Parameters
    ----------
    frame
        As `decode_texts` returns it.
    columns
        The columns that are to be read, as far as the frame has them.
    file, rows
        What file and rows are called in the messages.
    """
    advice = "save the layer with its texts in UTF-8"
    faults = []
    for name in columns:
        if name not in frame or not holds_bytes(frame[name]):
            continue
        at = next((at for at, one in enumerate(frame[name]) if not _is_utf8(one)), None)
        if at is not None:
            faults.append(Fault("a text in it is not UTF-8", file, int(rows[at]), name, advice))
    return faults


def holds_bytes(column: pd.Series[Any]) -> bool:
    """Tell whether the values of a column, blanks aside, are bytes."""
    return bool(is_object_dtype(column)) and infer_dtype(column, skipna=True) == "bytes"


def _is_utf8(value: object) -> bool:
    try:
        value.decode() if isinstance(value, bytes) else None
    except UnicodeDecodeError:
        return False
    return True
