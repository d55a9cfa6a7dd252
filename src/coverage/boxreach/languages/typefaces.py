"""The fonts that travel with pages and PDFs, so that names look the same on every machine."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

FAMILIES = {
    "noto-sans": "boxreach Latin",
    "noto-sans-more": "boxreach Latin more",
    "noto-sans-arabic": "boxreach Arabic",
    "noto-sans-mono": "boxreach Mono",
}
"""The packaged fonts, each with the family that it is called in a style sheet."""


@cache
def read_font(name: str) -> bytes:
    """Return a packaged font as WOFF2.

    Parameters
    ----------
    name
        One of `FAMILIES`.

    Examples
    --------
    >>> read_font("noto-sans")[:4]
    b'wOF2'
    """
    return _folder().joinpath(f"{name}.woff2").read_bytes()


def read_licence(name: str) -> str:
    """Return under what a packaged font may be handed on.

    Examples
    --------
    >>> read_licence("noto-sans-mono").splitlines()[2]
    'This Font Software is licensed under the SIL Open Font License, Version 1.1.'
    """
    return _folder().joinpath(f"{name}.LICENSE").read_text(encoding="utf-8")


def _folder() -> Traversable:
    return files("boxreach.languages").joinpath("fonts")
