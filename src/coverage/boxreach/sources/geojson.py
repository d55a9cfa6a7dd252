"""GeoJSON of which the driver of GDAL leaves out, without a word, what is no feature."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boxreach.arguments import shown
from boxreach.errors import Fault, InputError
from boxreach.sources.archives import open_inside

_HEAD_BYTES = 64
_BEGINS = re.compile(rb"\s*[\x1e{]")
_BLANKS = " \t\r\n"  # and not a record separator, as Python has it
_SPACE = re.compile(r"[ \t\r\n]*")
_SHAPES = frozenset({
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    "GeometryCollection",
})  # fmt: skip
_DECODER = json.JSONDecoder()
_YEAR_FIRST = re.compile(r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}")
_ADVICE = 'write it as { "type": "Feature", … }, or take it out'


def require_features(path: Path) -> None:
    """Raise `InputError` for GeoJSON with lines or members that are no features.

    Of a file that was cut off in its last line, or of one of a feature a line of which one is
    damaged, GDAL reads the others. What is no JSON at all is left to GDAL, which refuses it.
    """
    with open_inside(path) as stream:
        head = stream.read(_HEAD_BYTES)
        if not _BEGINS.match(head.removeprefix(BOM_UTF8)):
            return
        data = head + stream.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    look = _line_faults if _is_in_lines(text) else _member_faults
    if faults := look(text, path.name):
        raise InputError(*faults)


def require_written_days(path: Path, frame: Any, layer: str) -> None:
    """Raise `InputError` for texts of JSON that GDAL took for days in an order of its own.

    It can be told to leave those of GeoJSON alone, but not those of features by line or of
    TopoJSON: there it makes 2005 of 05-04-26, be that a day or an id.
    """
    columns = [name for name in frame if frame[name].dtype.kind == "M"]
    if not columns:
        return
    with open_inside(path) as stream:
        data = stream.read()
    if not _BEGINS.match(data[:_HEAD_BYTES].removeprefix(BOM_UTF8)):
        return
    found = _properties(data.decode("utf-8-sig"), layer)
    faults = []
    for name in columns:
        said = (one.get(name) for one in found)
        texts = (one for one in said if isinstance(one, str) and one.strip())
        odd = next((one for one in texts if not _YEAR_FIRST.match(one.strip())), None)
        if odd is not None:
            what = f"{shown(odd)} can be read as more than one day"
            advice = "write days like 2026-03-31; save ids that look like days as GeoJSON"
            faults.append(Fault(what, path.name, column=name, advice=advice, value=odd))
    if faults:
        raise InputError(*faults)


def _properties(text: str, layer: str) -> list[dict[str, Any]]:
    """Return the properties of each feature of a layer of JSON, by line or of a topology."""
    whole = _parse(text)
    if isinstance(whole, dict) and whole.get("type") == "Topology":
        objects = whole.get("objects")
        one = objects.get(layer) if isinstance(objects, dict) else None
        features = one.get("geometries") if isinstance(one, dict) else None
    elif isinstance(whole, dict) and isinstance(whole.get("features"), list):
        features = whole["features"]
    else:
        features = [_parse(one) for one in text.replace("\x1e", "\n").split("\n")]
    found = [one.get("properties") for one in features or [] if isinstance(one, dict)]
    return [one for one in found if isinstance(one, dict)]


def _is_in_lines(text: str) -> bool:
    """Tell whether GDAL reads a feature a line: the first one is one, and more follow."""
    if text.lstrip(_BLANKS).startswith("\x1e"):
        return True
    first, _, rest = text.lstrip(_BLANKS).partition("\n")
    return bool(rest.strip()) and _is_feature(_parse(first), or_shape=True)


def _line_faults(text: str, file: str) -> list[Fault]:
    """Return a fault for each line, or record, that is no feature; blank ones are none."""
    apart = "\x1e" if text.lstrip(_BLANKS).startswith("\x1e") else "\n"
    faults, line = [], 1
    for said in text.split(apart):
        if said.strip() and not _is_feature(_parse(said), or_shape=True):
            what = f"{shown(said.strip())} is no feature"
            faults.append(Fault(what, file, advice=_ADVICE, line=line))
        line += said.count("\n") + apart.count("\n")
    return faults


def _member_faults(text: str, file: str) -> list[Fault]:
    """Return a fault for each member of a collection that is no feature."""
    kind, odd = "", []
    try:
        for name, number, value in _walk(text):
            if name == "type":
                kind = str(value)
            elif number and not _is_feature(value):
                odd.append((number, json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError):
        return []
    return [
        Fault(f"{shown(said)} is no feature", file, advice=_ADVICE, feature=number)
        for number, said in odd
        if kind == "FeatureCollection"
    ]


def _walk(text: str) -> Iterator[tuple[str, int, Any]]:
    """Yield the name of each member of an object, 0 and its value; of features each, from 1.

    One feature after another is held, and not all of a country.
    """
    at = _skip(text, 0, "{")
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at, ":")
        if name == "features" and text[at] == "[":
            at, number = _skip(text, at, "["), 0
            while text[at] != "]":
                number += 1
                value, at = _DECODER.raw_decode(text, at)
                yield name, number, value
                at = _skip(text, at, ",", or_end="]")
            at += 1
        else:
            value, at = _DECODER.raw_decode(text, at)
            yield name, 0, value
        at = _skip(text, at, ",", or_end="}")


def _skip(text: str, at: int, sign: str, *, or_end: str = "") -> int:
    """Return where what follows a sign begins; the sign at the end of a list is not passed."""
    at = _end_of_space(text, at)
    said = text[at : at + 1]
    if said and said == or_end:
        return at
    if said != sign:
        raise ValueError(f"{sign} is missing")
    at = _end_of_space(text, at + 1)
    if at == len(text):
        raise ValueError("the end is missing")
    return at


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _parse(said: str) -> object:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return None


def _is_feature(value: object, *, or_shape: bool = False) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return kind == "Feature" or (or_shape and isinstance(kind, str) and kind in _SHAPES)
