"""One font with the letters of every language, as the library reads it that draws charts."""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files

from boxreach.errors import Fault, InputError

_FOLDERS = (("languages", "fonts"), ("maps", "vendor", "fonts"))
"""Where the package's fonts may lie; the first that is there."""


@cache
def chart_font() -> tuple[bytes, bool]:
    """Return a TrueType font, and whether Latin letters are in it too.

    The package holds its letters in several files, packed for browsers. The library that draws
    takes neither packed fonts nor the letters of one word from two of them, so they are put
    together, in the usual weight.

    Raises
    ------
    InputError
        If fonttools, of the extra ``word``, is not installed.
    """
    try:
        from fontTools.merge import Merger  # noqa: PLC0415 - optional
        from fontTools.ttLib import TTFont  # noqa: PLC0415 - optional
        from fontTools.varLib import instancer  # noqa: PLC0415 - optional
    except ImportError as error:
        what, advice = "fonttools is not installed", "pip install 'boxreach[word]'"
        raise InputError(Fault(what, advice=advice)) from error
    parts = []
    for packed in _packed_fonts():
        font = TTFont(io.BytesIO(packed), recalcTimestamp=False)
        usual = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
        font = instancer.instantiateVariableFont(font, usual)
        font.flavor = None
        parts.append(io.BytesIO())
        font.save(parts[-1])
        parts[-1].seek(0)
    merged, held = Merger().merge(parts), io.BytesIO()
    merged.save(held)
    return held.getvalue(), ord("a") in merged.getBestCmap()


def _packed_fonts() -> list[bytes]:
    """Return the fonts of running text, the one with Latin letters first."""
    folders = (files("boxreach").joinpath(*parts) for parts in _FOLDERS)
    folder = next(one for one in folders if one.is_dir())
    names = ("noto-sans.woff2", "noto-sans-more.woff2", "noto-sans-arabic.woff2")
    found = (folder.joinpath(name) for name in names)
    return [one.read_bytes() for one in found if one.is_file()]
