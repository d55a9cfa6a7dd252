"""Files of shifts from old datums, which a coordinate reference system may name.

PROJ opens whatever file is named as soon as it reads the system, and waits without end where that
is a pipe, so a system is looked at before it is given to PROJ.
"""

from __future__ import annotations

import re

from boxreach.errors import CRSError, Fault

LONGEST = 5_000
"""Bytes from the name of a parameter to the end of what it names, at most."""

_QUOTES = r"""(?:["'\\]|&quot;|&apos;|“|”){0,4}"""
_NONE = rf"""\s{{0,9}}{_QUOTES}(?P<none>@null(?![\w,./:~-]|\\(?!")))?"""
_NAMED = {
    # Each begins with letters as they are, and is looked for where they stand alone: that is fast.
    letters: re.compile((re.escape(letters) + rest).encode())
    for letters, rest in (
        ("nadgrids", rf"\s{{0,9}}={_NONE}"),
        ("geoidgrids", rf"\s{{0,9}}={_NONE}"),
        ("proj4_grids", rf"{_QUOTES}\s{{0,9}},{_NONE}"),
        ("parameterfile", rf"\s{{0,9}}[\[(][^,]{{1,200}},{_NONE}"),
        ("init", rf"""(?<!\winit)\s{{0,9}}={_NONE}(?!epsg:|esri:)[^\s"'<>:]{{1,4000}}:"""),
    )
}
_ESCAPES = [
    (re.compile(rb"\\u00([2-7][0-9a-f])"), 16),
    (re.compile(rb"&#x0{0,9}([2-7][0-9a-f]);"), 16),
    (re.compile(rb"&#0{0,9}(\d{2}|1[01]\d|12[0-7]);"), 10),
]


def require_no_shift_file(text: str | bytes, file: str) -> None:
    """Raise `CRSError` if a text holds a system that names a file.

    Parameters
    ----------
    text
        Well-known text, a definition of PROJ, or anything in which one may stand.
    file
        The name for the message.

    Examples
    --------
    >>> require_no_shift_file("+proj=merc +a=6378137 +b=6378137 +nadgrids=@null", "a.prj")
    >>> require_no_shift_file("+proj=longlat +ellps=clrk80 +nadgrids=/etc/x", "a.prj")
    Traceback (most recent call last):
    boxreach.errors.CRSError: a.prj: its coordinate reference system names a file of this \
machine; save the layer in WGS 84, EPSG:4326
    """
    if names_shift_file(text):
        what = "its coordinate reference system names a file of this machine"
        raise CRSError(Fault(what, file, advice="save the layer in WGS 84, EPSG:4326"))


def names_shift_file(text: str | bytes) -> bool:
    """Tell whether a text holds a system that names a file; ``@null`` is none.

    What JSON or XML escapes is found too.

    Examples
    --------
    >>> names_shift_file('EXTENSION["PROJ4_GRIDS","ntf_r93.gsb"]')
    True
    >>> names_shift_file("srsName='+proj=longlat +n&#97;dgrids=/dev/stdin'")
    True
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    small = data.lower()
    for escape, base in _ESCAPES:
        small = _unescape(small, escape, base)
    return any(
        found["none"] is None
        for letters, one in _NAMED.items()
        if letters.encode() in small
        for found in one.finditer(small)
    )


def _unescape(data: bytes, escape: re.Pattern[bytes], base: int) -> bytes:
    return escape.sub(lambda found: bytes([int(found[1], base)]).lower(), data)
