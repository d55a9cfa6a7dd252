"""Files of shifts from old datums, which a coordinate reference system may name.

PROJ opens whatever file is named as soon as it reads the system, and waits without end where that
is a pipe, so a system is looked at before it is given to PROJ.
"""

from __future__ import annotations

import re
from functools import partial

from boxreach.errors import CRSError, Fault

LONGEST = 10_000
"""Bytes from the name of a parameter to the end of what it names, at most."""

_BLANK = r"(?:\s|\\[nrt]){0,2000}"
_QUOTE = r"""(?:\\?"|&quot;)"""
_NONE = rf"{_BLANK},{_BLANK}{_QUOTE}(?P<none>@null){_QUOTE}"
_NONE_IN_PROJ = (
    rf"""{_BLANK}={_BLANK}(?P<none>@null)(?=\s*(?:$|["'\\”<>\]]|&quot;|&apos;)|\s+[+\w])"""
)
_NEVER = r"(?P<none>(?!))?"
_NAMED = {
    # Each begins with letters as they are, and is looked for where they stand alone: that is fast.
    letters: re.compile((re.escape(letters) + rest).encode())
    for letters, rest in (
        ("nadgrids", f"(?:{_NONE_IN_PROJ})?"),
        ("geoidgrids", f"(?:{_NONE_IN_PROJ})?"),
        ("proj4_grids", f"(?:{_QUOTE}{_NONE})?"),
        ("parameterfile", rf"""(?:{_BLANK}[\[(]{_BLANK}{_QUOTE}[^",&]{{1,200}}{_QUOTE}{_NONE})?"""),
        # As "grids", "xy_grids" and "z_grids" of operations.
        ("grids", rf"""(?<=[\s+_"'\\;]grids){_BLANK}={_NEVER}"""),
        ("proj", rf"""{_BLANK}=["'\s]{{0,9}}(?:tinshift|defmodel){_NEVER}"""),
        (
            "init",
            rf"""(?<![\w?&-]init){_BLANK}={_BLANK}(?!(?:epsg|esri|ignf):\w)"""
            rf"(?:(?!init=)[^\s:]){{1,4000}}:{_NEVER}",
        ),
        # A file of definitions by their numbers.
        ("dict:", rf"""(?<=[\s"'>;]dict:)(?:(?!dict:)[^"'<>]){{1,4000}},{_NEVER}"""),
    )
}
_ESCAPES = [
    (re.compile(rb"\\u00([0-7][0-9a-f])"), 16),
    (re.compile(rb"&#x0*([0-7]?[0-9a-f]);"), 16),
    (re.compile(rb"&#0*(\d{1,2}|1[01]\d|12[0-7]);"), 10),
]


def require_no_shift_file(text: str | bytes, file: str, *, before: int | None = None) -> None:
    """Raise `CRSError` if a text holds a system that names a file.

    Parameters
    ----------
    text
        Well-known text, a definition of PROJ, or anything in which one may stand.
    file
        The name for the message.
    before
        Names are looked for that begin before this byte; None looks for all.

    Examples
    --------
    >>> require_no_shift_file("+proj=merc +a=6378137 +b=6378137 +nadgrids=@null", "a.prj")
    >>> require_no_shift_file("+proj=longlat +ellps=clrk80 +nadgrids=/etc/x", "a.prj")
    Traceback (most recent call last):
    boxreach.errors.CRSError: a.prj: its coordinate reference system names a file of this \
machine; save the layer in WGS 84, EPSG:4326
    """
    if names_shift_file(text, before=before):
        what = "its coordinate reference system names a file of this machine"
        raise CRSError(Fault(what, file, advice="save the layer in WGS 84, EPSG:4326"))


def names_shift_file(text: str | bytes, *, before: int | None = None) -> bool:
    """Tell whether a text holds a system that names a file; ``@null`` is none.

    What JSON or XML escapes is found too.

    Parameters
    ----------
    text, before
        As `require_no_shift_file` has them.

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
        small = escape.sub(partial(_unescape, base=base), small)
    # What is escaped is shorter when it is not: the end is where it was, counted from behind.
    end = len(small) if before is None else len(small) - (len(data) - before)
    return any(
        found["none"] is None
        for letters, one in _NAMED.items()
        if letters.encode() in small
        for found in one.finditer(small)
        if found.start() < end
    )


def _unescape(found: re.Match[bytes], base: int) -> bytes:
    return bytes([int(found[1], base)]).lower()
