"""The files that a plan names: which of them are read, and what is said of each while it is."""

from __future__ import annotations

import difflib
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from boxreach.errors import DataWarning, Fault, InputError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_OF_THE_SYSTEM = (Path("/proc"), Path("/sys"))


def require_regular(path: Path) -> None:
    """Raise `InputError` for what is no file on a disk, and may have no end.

    A plan may come from a stranger, and data that several plans share lie outside its folder. So
    a file may lie anywhere, and a link may lead to it; but devices, pipes and sockets, and what
    the system only makes up when it is read, are no inputs.

    Parameters
    ----------
    path
        Of the file.

    Examples
    --------
    >>> require_regular(Path("/dev/zero"))
    Traceback (most recent call last):
    boxreach.errors.InputError: /dev/zero: it is a device, which is not read; name a file
    """
    file = str(path)
    try:
        whole = path.resolve(strict=True)
        mode = whole.stat().st_mode
    except FileNotFoundError:
        raise InputError(Fault("there is no such file", file, advice=_nearest(path))) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(Fault(f"it cannot be read ({reason})", file, advice=_CHECK)) from None
    kind = next((name for is_one, name in _KINDS if is_one(mode)), "")
    if kind == "a folder":
        raise InputError(Fault("it is a folder", file, advice="name a file in it"))
    if any(whole.is_relative_to(one) for one in _OF_THE_SYSTEM):
        kind = "made up by the system"
    if kind or not stat.S_ISREG(mode):
        raise InputError(Fault(f"it is {kind}, which is not read", file, advice="name a file"))


_CHECK = "check the path"


def _nearest(path: Path) -> str:
    """Return what to do about a file that is not there: what may have been meant."""
    with suppress(OSError, ValueError):
        names = [one.name for one in path.parent.iterdir()]
        if near := difflib.get_close_matches(path.name, names, n=1, cutoff=0.7):
            return f"did you mean {near[0]}?"
    return _CHECK


@contextmanager
def warn_of(file: str) -> Iterator[None]:
    """Let the warnings about data in the body tell of which file they are.

    Parameters
    ----------
    file
        Its name.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as heard:
    ...     warnings.simplefilter("always")
    ...     with warn_of("a.csv"):
    ...         warnings.warn("2 rows are blank", DataWarning)
    >>> print(heard[0].message)
    a.csv: 2 rows are blank
    """
    heard: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always", DataWarning)
            yield
    finally:
        for one in heard:
            if isinstance(one.message, DataWarning):
                warnings.warn(DataWarning(_of_file(one.message.fault, file)), stacklevel=3)
            else:
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def _of_file(fault: Fault, file: str) -> Fault:
    if fault.file or not file:
        return fault
    return replace(fault, what=fault.what.removeprefix(f"{file}: "), file=file)
