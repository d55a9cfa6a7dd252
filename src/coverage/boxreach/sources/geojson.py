"""GeoJSON of which the driver of GDAL leaves out, without a word, what is no feature or follows."""

from __future__ import annotations

import json
import re
import warnings
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyproj import CRS

from boxreach.arguments import shown
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.shift_files import require_no_shift_file
from boxreach.sources.archives import open_inside
from boxreach.sources.json_crs import named_crs
from boxreach.sources.server_answers import part_fault

_HEAD_BYTES = 65_536
_BEGINS = re.compile(rb"\s*(?:[\x1e{]|(?:loadGeoJSON|jsonp)\()")
_BLANKS = " \t\r\n"  # and not a record separator, as Python has it
_SPACE = re.compile(r"[ \t\r\n]*")
_SHAPES = frozenset({
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
    "GeometryCollection",
})  # fmt: skip
_DECODER = json.JSONDecoder(strict=False)  # tabs within texts are read
_ADVICE = 'write it as { "type": "Feature", … }, or take it out'


@dataclass
class Features:
    """What stands in GeoJSON, to be held against what is read of it.

    Attributes
    ----------
    count
        How many features.
    in_lines
        Whether each stands on a line of its own.
    crs
        The system that the file names; None if it names none.
    ids
        What each has for an ``id`` beside its properties; None where it has none.
    broken
        Why it could not be looked at to its end; None if it was.
    """

    count: int = 0
    in_lines: bool = False
    crs: CRS | None = None
    ids: list[object] = field(default_factory=list)
    broken: Fault | None = None

    def add(self, feature: object) -> None:
        """Count one."""
        self.count += 1
        self.ids.append(feature.get("id") if isinstance(feature, dict) else None)

    def are_numbered(self) -> bool:
        """Tell whether each has a whole number of its own, which drivers keep as no column."""
        return self.count > 0 and len({*self._numbers()}) == self.count

    def require_all(self, rows: int, file: str) -> None:
        """Refuse it if other features were read of it, and say which of their ids are lost."""
        if self.broken is not None:
            raise InputError(self.broken)
        if rows != self.count:
            what = f"{self.count:,} features stand in it, and {rows:,} were read"
            raise InputError(Fault(what, file, advice="save the layer anew"))
        if self._numbers() and not self.are_numbered():
            what = "the ids of its features are not read: one is no number, or stands twice"
            warnings.warn(DataWarning(Fault(what, file)), stacklevel=2)

    def _numbers(self) -> list[int]:
        return [one for one in self.ids if type(one) is int and one >= 0]


def begins_as_json(path: Path) -> bool:
    """Tell whether a file, or the one that an archive holds alone, begins as an object of JSON."""
    with open_inside(path) as stream:
        return _BEGINS.match(stream.read(_HEAD_BYTES).removeprefix(BOM_UTF8)) is not None


def require_features(path: Path) -> Features | None:
    """Return the features of GeoJSON; None of what is something else, or no JSON at all.

    Of a file that was cut off in its last line, or of one of a feature a line of which one is
    damaged, GDAL reads the others. What cannot be parsed is left to GDAL; what GDAL reads of it
    nevertheless is refused later, for nobody has looked at it.

    Raises
    ------
    InputError
        If lines or members are no features, if more follows than is read, or if the server that
        wrote it says that it gave only a part.
    CRSError
        If it names a reference system that nobody knows.
    """
    if not begins_as_json(path):
        return None
    with open_inside(path) as stream:
        data = stream.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        require_no_shift_file(data, path.name)
        advice = "save the layer with its texts in UTF-8"
        return Features(broken=Fault("a text in it is not UTF-8", path.name, advice=advice))
    if not _is_in_lines(text):
        return _require_members(text, path.name)
    if data.startswith(BOM_UTF8):
        what = "it begins with a byte order mark, behind which features by line are not read"
        raise InputError(Fault(what, path.name, advice="save it as UTF-8 without the mark"))
    return _require_lines(text, path.name)


def separator_of(text: str) -> str:
    """Return what parts features that stand one after the other: ends of lines, or RFC 8142."""
    return "\x1e" if text.lstrip(_BLANKS).startswith("\x1e") else "\n"


def _is_in_lines(text: str) -> bool:
    """Tell whether GDAL reads a feature a line: the first one is one, and more follow."""
    if separator_of(text) == "\x1e":
        return True
    first, _, rest = text.lstrip(_BLANKS).partition("\n")
    return bool(rest.strip()) and _is_feature(parse(first), or_shape=True)


def _require_lines(text: str, file: str) -> Features:
    """Return the features of lines, or records; blank ones are none."""
    apart = separator_of(text)
    found, faults, line = Features(in_lines=True), [], 1
    for said in text.split(apart):
        if said.strip():
            feature = parse(said)
            found.add(feature)
            if not _is_feature(feature, or_shape=True):
                what = f"{shown(said.strip())} is no feature"
                faults.append(Fault(what, file, advice=_ADVICE, line=line))
        line += said.count("\n") + apart.count("\n")
    if faults:
        raise InputError(*faults)
    return found


def _require_members(text: str, file: str) -> Features | None:
    """Return the features of a collection."""
    found, odd, members = Features(), [], dict[str, Any]()

    def see(name: str, number: int, value: Any) -> None:
        if not number:
            members[name] = value
            return
        found.add(value)
        if not _is_feature(value):
            odd.append((number, json.dumps(value, ensure_ascii=False)))

    try:
        end = _walk(text, see)
    except (ValueError, RecursionError) as error:
        require_no_shift_file(text, file)
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        advice = "save the layer anew"
        return Features(broken=Fault("it is no sound JSON", file, advice=advice, line=line))
    for said in _texts_in(members):
        require_no_shift_file(said, file)
    found.crs = named_crs(members.get("crs"), file)
    faults = _part_faults(members, found.count, file)
    kind = members.get("type")
    if kind == "FeatureCollection":
        faults += [
            Fault(f"{shown(said)} is no feature", file, advice=_ADVICE, feature=number)
            for number, said in odd
        ]
    if text[end:].strip():
        what = "what follows behind the end of its first object is not read"
        advice = "write one collection, or each feature on a line of its own"
        line = text.count("\n", 0, _end_of_space(text, end)) + 1
        faults.append(Fault(what, file, advice=advice, line=line))
    if faults:
        raise InputError(*faults)
    if kind == "Feature":
        found.add(members)
    return found if kind in ("Feature", "FeatureCollection") else None


def _texts_in(value: object) -> Iterator[str]:
    """Yield every text in a value of JSON but the names of members."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            left += one.values()


def _part_faults(members: dict[str, Any], count: int, file: str) -> list[Fault]:
    """Return the fault of a collection of which a server gave no more than its limit.

    So say ArcGIS (``exceededTransferLimit``), WFS and OGC API Features (``numberMatched``,
    ``totalFeatures``, a link to the next part).
    """
    known = [members.get(one) for one in ("numberMatched", "totalFeatures")]
    matched = [one for one in known if type(one) is int]
    sayers = [one for one in (members, members.get("properties")) if isinstance(one, dict)]
    exceeded = [one.get("exceededTransferLimit") for one in sayers]
    links = members.get("links")
    links = [one for one in links if isinstance(one, dict)] if isinstance(links, list) else []
    relations = [one.get("rel") for one in links if one.get("href")]
    has_more = True in exceeded or (not matched and "next" in relations)
    fault = part_fault(count, matched, file, has_more=has_more)
    return [fault] if fault else []


def _walk(text: str, see: Callable[[str, int, Any], None]) -> int:
    """Show each member of an object, its name, 0 and its value; of features each, from 1.

    One feature after another is held, and not all of a country. Returned is where the object ends.
    """
    at = _skip(text, 0, "{")
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        if not isinstance(name, str):
            raise ValueError(name)
        at = _skip(text, at, ":")
        if name == "features" and text[at] == "[":
            at, number = _skip(text, at, "["), 0
            while text[at] != "]":
                number += 1
                value, at = _DECODER.raw_decode(text, at)
                see(name, number, value)
                at = _skip(text, at, ",", or_end="]")
            at += 1
        else:
            value, at = _DECODER.raw_decode(text, at)
            see(name, 0, value)
        at = _skip(text, at, ",", or_end="}")
    return at + 1


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


def parse(said: str) -> object:
    """Return what a text of JSON says, None if it is none."""
    try:
        return json.loads(said, strict=False)
    except (ValueError, RecursionError):
        return None


def _is_feature(value: object, *, or_shape: bool = False) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return kind == "Feature" or (or_shape and isinstance(kind, str) and kind in _SHAPES)
