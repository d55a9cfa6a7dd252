"""Layers in XML that a driver reads wrong, or a part of them, without a word."""

from __future__ import annotations

import zipfile
from codecs import BOM_UTF8
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate

from boxreach.errors import Fault, InputError
from boxreach.sources.archives import DAMAGE, damaged, is_archive
from boxreach.sources.elements import Elements, local_name
from boxreach.sources.gml_features import GmlFeatures
from boxreach.sources.osm_objects import OsmObjects
from boxreach.sources.placemarks import Placemarks

_HEAD_BYTES = 65_536
_KINDS: dict[str, type[Elements]] = {
    "kml": Placemarks, "FeatureCollection": GmlFeatures, "osm": OsmObjects,
}  # fmt: skip


def is_xml(path: Path) -> bool:
    """Tell whether a file, not what an archive holds, begins as XML does."""
    with path.open("rb") as source:
        return _begins(source)


def require_well_formed(path: Path) -> None:
    """Raise `InputError` for XML that does not hold to its end, or would be read wrong.

    So is XML looked at that lies alone in an archive, and each KML in one. What declares entities
    is read no further.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cut = Path(folder) / "towns.gml"
    ...     _ = cut.write_text("<FeatureCollection><featureMem")
    ...     require_well_formed(cut)
    Traceback (most recent call last):
    boxreach.errors.InputError: towns.gml: it is cut off, or no well-formed XML (unclosed token: \
line 1, column 19); copy or download it again, or save the layer anew
    """
    if is_archive(path):
        try:
            with zipfile.ZipFile(path) as archive:
                faults = _faults_inside(archive, path)
        except DAMAGE as error:
            raise InputError(damaged(error, path.name)) from error
    else:
        with path.open("rb") as source:
            faults = _faults_of_any(source, path.name)
    if faults:
        raise InputError(*faults)


def _faults_inside(archive: zipfile.ZipFile, path: Path) -> list[Fault]:
    """Return the faults of the file that an archive holds alone, or of each KML of several."""
    held = [one.filename for one in archive.infolist() if not one.filename.endswith(("/", "\\"))]
    if len(held) == 1:
        with archive.open(held[0]) as source:
            return _faults_of_any(source, path.name)
    # What Macs put beside each file begins with a dot.
    names = [
        one for one in held if one.lower().endswith(".kml") and PurePosixPath(one).stem[0] != "."
    ]
    faults = []
    # Of a .kmz the first is read, and of a folder those that lie in no other.
    if len(names) > 1 and (path.suffix.lower() == ".kmz" or any("/" in one for one in names)):
        what = f"it holds {len(names):,} KML files, of which not all would be read"
        faults.append(Fault(what, path.name, advice="give each by itself"))
    for name in names:
        with archive.open(name) as source:
            faults += _faults_of(source, path.name)
    return faults


def _faults_of_any(source: IO[bytes], file: str) -> list[Fault]:
    """Return what would be read wrong of a file if that is XML."""
    if not _begins(source):
        return []
    source.seek(0)
    return _faults_of(source, file)


def _faults_of(source: IO[bytes], file: str) -> list[Fault]:
    """Return what would be read wrong of XML."""
    reading = _Reading(file)
    try:
        reading.parser.ParseFile(source)
    except _DoctypeError:
        what = "it has a DOCTYPE, whose entities can fill the memory or read other files"
        return [Fault(what, file, advice="take the DOCTYPE out")]
    except (ExpatError, ValueError, LookupError) as error:
        if reading.has_begun and not isinstance(error, ExpatError):
            raise  # the others tell of its encoding, which is looked up before the root
        what = f"it is cut off, or no well-formed XML ({error})"
        advice = "copy or download it again, or save the layer anew"
        raise InputError(Fault(what, file, advice=advice)) from error
    return reading.faults()


class _DoctypeError(Exception):
    """A DOCTYPE declares something itself, such as entities."""


class _Reading:
    """Reads XML; its root tells what looks at it."""

    def __init__(self, file: str) -> None:
        self.parser = ParserCreate()
        self.parser.buffer_text = True
        self.parser.buffer_size = _HEAD_BYTES
        self.parser.StartDoctypeDeclHandler = _refuse_declarations
        self.parser.StartElementHandler = self._begin_root
        self.has_begun = False
        self._file = file
        self._elements: Elements | None = None

    def _begin_root(self, name: str, attributes: dict[str, str]) -> None:
        self.has_begun = True
        kind = _KINDS.get(local_name(name))
        if kind is None:
            self.parser.StartElementHandler = None
            return
        self._elements = kind(self.parser, self._file)
        self.parser.StartElementHandler = self._elements.begin
        self.parser.EndElementHandler = self._elements.end
        self._elements.begin(name, attributes)

    def faults(self) -> list[Fault]:
        if self._elements is None:
            return []
        self._elements.finish()
        return self._elements.faults


def _refuse_declarations(
    _name: str, _system: str | None, _public: str | None, has_declarations: bool
) -> None:
    if has_declarations:
        raise _DoctypeError


def _begins(source: IO[bytes]) -> bool:
    return source.read(_HEAD_BYTES).removeprefix(BOM_UTF8).lstrip().startswith(b"<")
