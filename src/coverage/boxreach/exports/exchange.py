"""Two folders that take each other's place in one step, where the system has one for it."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_AT_THIS_FOLDER = -100
_EXCHANGE = 2
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What a file system answers that has no such step."""


def exchange(one: Path, other: Path) -> bool:
    """Let two folders of a file system take each other's place, both or neither.

    Parameters
    ----------
    one, other
        The folders. At no moment is there none, or another one, under either name.

    Returns
    -------
    bool
        Whether the system can do that; if not, nothing has happened.

    Raises
    ------
    OSError
        If a folder is missing, or may not be moved.

    Notes
    -----
    On Linux this is ``renameat2`` with ``RENAME_EXCHANGE``.
    """
    rename = _find_rename()
    if rename is None:
        return False
    sys.audit("os.rename", str(one), str(other), -1, -1)  # as Python's own renaming says it
    names = os.fsencode(one), os.fsencode(other)
    if rename(_AT_THIS_FOLDER, names[0], _AT_THIS_FOLDER, names[1], _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))


@cache
def _find_rename() -> Any:
    """Return the function of the C library, None where it has none."""
    if not sys.platform.startswith("linux"):
        return None
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None:
        text = ctypes.c_char_p
        rename.argtypes = (ctypes.c_int, text, ctypes.c_int, text, ctypes.c_uint)
    return rename
