"""Files that are something else than they are called, told by their first bytes."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from pathlib import Path

from boxreach.errors import Fault, InputError
from boxreach.sources.archives import open_inside
from boxreach.sources.prolog import end_of_prolog

_SAVED_PAGE = "download the file itself: a page, perhaps one that asks to sign in, took its place"
_SAVE_SHEET = "open it in a spreadsheet and save the sheet as UTF-8 CSV"
_GZIP = b"\x1f\x8b"
_SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a workbook or a zip archive", _SAVE_SHEET),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _SAVE_SHEET),
    (_GZIP, "a gzip archive", "unpack it"),
    (b"%PDF", "a PDF", "give the table it was printed from"),
    (b"SQLite format 3\0", "a GeoPackage or another database", "let its name end in .gpkg"),
    (b"PAR1", "Parquet", "let its name end in .parquet"),
)
"""How files begin that are no text: what they are, and what to do about one that should be CSV."""

_JSON = re.compile(rb"^\s*(\{\s*[\"}]|\[\s*[\[{])")
_PAGE = re.compile(rb"^\s*(<!doctype\s+html|<html)", re.IGNORECASE)
_ROOT = re.compile(rb"<([\w.:-]+)")
_LAYERS_IN_XML = {"kml", "gpx", "FeatureCollection", "osm"}
_HEAD_BYTES = 65_536
_MARKS = {
    b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}  # fmt: skip


def require_text(data: bytes, file: str) -> None:
    """Raise `InputError` for a file that should be CSV and is no text in UTF-8, or other text.

    Examples
    --------
    >>> require_text(b"<html><body>Sign in</body></html>", "boxes.csv")
    Traceback (most recent call last):
    boxreach.errors.InputError: boxes.csv: it is a web page; download the file itself: a page, \
perhaps one that asks to sign in, took its place
    """
    for sign, kind, advice in _SIGNS:
        if data.startswith(sign):
            raise InputError(Fault(f"it is {kind} and no CSV", file, advice=advice))
    if encoding := _wide_encoding(data):
        what = f"it is not UTF-8 but {encoding}"
        raise InputError(Fault(what, file, advice="save the file as UTF-8 CSV"))
    head = data[:_HEAD_BYTES].removeprefix(BOM_UTF8)
    if _PAGE.match(head):
        raise InputError(Fault("it is a web page", file, advice=_SAVED_PAGE))
    if head.lstrip().startswith(b"<"):
        advice = "save it as UTF-8 CSV, or let its name say what it is"
        raise InputError(Fault("it is XML and no CSV", file, advice=advice))
    if _JSON.match(head):
        raise InputError(
            Fault("it is JSON and no CSV", file, advice="let its name end in .geojson")
        )


def require_layer(path: Path) -> None:
    """Raise `InputError` for a file in which no driver can find a layer, or none should look.

    An XML file may describe a source that lies elsewhere, on this machine or another: only kinds
    that hold their features are let through, also alone in an archive.
    """
    with open_inside(path) as source:
        head = source.read(_HEAD_BYTES)
    file = path.name
    if not head:
        raise InputError(Fault("the file is empty", file, advice="give a map layer"))
    if encoding := _wide_encoding(head):
        advice = "save the file as UTF-8"
        raise InputError(Fault(f"it is not UTF-8 but {encoding}", file, advice=advice))
    head = head.removeprefix(BOM_UTF8)
    if _PAGE.match(head):
        raise InputError(Fault("it is a web page", file, advice=_SAVED_PAGE))
    if b"gdal_streamed_alg" in head:
        what = "it holds no layer but a command of GDAL"
        raise InputError(Fault(what, file, advice="run it, and give the layer that it makes"))
    if head.startswith(_GZIP):
        advice = "unpack it, and give the layer that is in it"
        raise InputError(Fault("it is a gzip archive", file, advice=advice))
    if not head.lstrip().startswith(b"<"):
        return
    found = _ROOT.match(head, end_of_prolog(head, past_doctype=True))
    root = found[1].decode().rpartition(":")[2] if found else ""
    if root not in _LAYERS_IN_XML:
        what = (
            f"it is XML that holds no layer ({root})" if root else "it is XML that holds no layer"
        )
        advice = "give KML, GML or GPX, or another kind of layer"
        raise InputError(Fault(what, file, advice=advice))


def _wide_encoding(data: bytes) -> str:
    """Return the encoding of text whose letters take two bytes or more, by mark or zeros."""
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return name
    pair = data[:2]
    return "UTF-16" if len(pair) == 2 and pair.count(0) == 1 and max(pair) < 128 else ""
