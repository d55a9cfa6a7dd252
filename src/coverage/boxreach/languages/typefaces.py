"""The fonts that travel with pages and PDFs, so that names look the same on every machine."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

FACES = {
    "noto-sans-400": ("boxreach Latin", 400),
    "noto-sans-600": ("boxreach Latin", 600),
    "noto-sans-700": ("boxreach Latin", 700),
    "vazirmatn-400": ("boxreach Arabic", 400),
    "vazirmatn-600": ("boxreach Arabic", 600),
    "vazirmatn-700": ("boxreach Arabic", 700),
    "noto-sans-mono-400": ("boxreach Mono", 400),
}
"""The packaged fonts for paper, each with the family and the weight that it is in style sheets."""


@cache
def read_font(name: str) -> bytes:
    """Return a packaged font as WOFF2.

    Parameters
    ----------
    name
        One of `FACES`, or ``noto-sans-arabic``, which has several weights, for pages.

    Examples
    --------
    >>> read_font("noto-sans-arabic")[:4]
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
