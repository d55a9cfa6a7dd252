"""Archives of arrays, read with an eye on what they claim to hold."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
import numpy.typing as npt

DAMAGE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, RecursionError,
    MemoryError, RuntimeError, SyntaxError, TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What is raised over an archive that is not as it was written."""

_SMALL = 64 * 2**20
_PACKED = 100
"""Ids, places and times are packed to a third or so; a hundredth is no run, but a trap."""
_MOST_BYTES = 16 * 2**30
_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def require_loose(path: Path) -> int:
    """Return how many bytes an archive unpacks to, or raise `ValueError` if it is a trap.

    What is packed in more elaborate ways than ours, encrypted, or very tightly, is not unpacked.
    All of `DAMAGE` may be raised over a file that is cut or is no archive.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    whole = sum(one.file_size for one in members)
    if whole > min(_SMALL + _PACKED * path.stat().st_size, _MOST_BYTES):
        raise ValueError(f"{whole:,} bytes are packed too tightly, or are too many")
    if odd := next((one for one in members if one.compress_type not in _WAYS), None):
        raise ValueError(f"{odd.filename[:60]!r} is packed in an odd way")
    if len({one.filename for one in members}) < len(members):
        raise ValueError("it holds two files of one name")
    return whole


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an archive by name.

    Parameters
    ----------
    path
        What ``numpy.savez`` wrote.

    Raises
    ------
    ValueError
        If it holds something else than arrays without pickles, or less than their headers claim,
        or is packed so tightly that reading it could fill the memory. All of `DAMAGE` may be
        raised over a file that is cut or is no archive.
    """
    whole = require_loose(path)
    with zipfile.ZipFile(path) as archive:
        arrays = {}
        for one in archive.infolist():
            with archive.open(one) as file:
                _check_size(file, one.file_size, whole)
            with archive.open(one) as file:
                name = one.filename.removesuffix(".npy")
                arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    return arrays


def _check_size(file: IO[bytes], size: int, whole: int) -> None:
    """Raise `ValueError` if a header claims another size than there are bytes after it."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, kind = np.lib.format.read_array_header_2_0(file)
    if math.prod(shape) * kind.itemsize != size - file.tell():
        raise ValueError(f"an array of shape {shape} has {size:,} bytes")
    # Rows without columns take no bytes, but whoever counts them takes some.
    if math.prod(max(1, one) for one in shape) > whole:
        raise ValueError(f"an array of shape {shape} is longer than all there is")
