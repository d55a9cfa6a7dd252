"""What a file must begin with to be what it should be: a page takes many a file's place."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["pbf", "tif", "json"]

HEAD_BYTES = 512
"""So many bytes tell what a file is."""

_PAGE = re.compile(rb"^\s*(<!doctype\s+html|<html|<\?xml|<head|<body)", re.IGNORECASE)
_SIGNS: dict[Kind, re.Pattern[bytes]] = {
    "pbf": re.compile(rb"^\0\0[\0-\xff]{2}\x0a\x09OSMHeader", re.DOTALL),
    "tif": re.compile(rb"^(II[\x2a\x2b]\0|MM\0[\x2a\x2b])", re.DOTALL),
    "json": re.compile(rb"^(\xef\xbb\xbf)?\s*\{"),
}
_CALLED: dict[Kind, str] = {
    "pbf": "OpenStreetMap PBF",
    "tif": "GeoTIFF",
    "json": "GeoJSON",
}


def tell_content(head: bytes, kind: Kind) -> str:
    r"""Return what is wrong with a file that begins so, blank if nothing is.

    Examples
    --------
    >>> tell_content(b"<html><body>Sign in to the network</body>", "tif")
    'a web page comes in place of GeoTIFF'
    >>> tell_content(b"II*\0", "tif")
    ''
    """
    if _SIGNS[kind].match(head):
        return ""
    if _PAGE.match(head):
        return f"a web page comes in place of {_CALLED[kind]}"
    return f"what comes is no {_CALLED[kind]}"
