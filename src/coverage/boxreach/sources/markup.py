"""Layers in XML that a driver reads wrong, or a part of them, without a word."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, TypeAlias
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from boxreach.errors import Fault, InputError
from boxreach.sources.archives import is_archive, is_of_a_mac, unpacking
from boxreach.sources.elements import Elements, local_name
from boxreach.sources.gml_features import GmlFeatures
from boxreach.sources.osm_objects import OsmObjects
from boxreach.sources.placemarks import Placemarks
from boxreach.sources.prolog import begins_as_xml

_HEAD_BYTES = 65_536
_Kinds: TypeAlias = Mapping[str, Callable[[XMLParserType, str], Elements]]
_KINDS: _Kinds = {"kml": Placemarks, "FeatureCollection": GmlFeatures, "osm": OsmObjects}
"""What looks at XML, by the name of its root."""

_OF_MAPINFO = {".tab", ".mif"}


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
        with unpacking(path) as archive:
            faults = _faults_inside(archive, path)
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
    kml = [one for one in held if one.lower().endswith(".kml")]
    names = [one for one in kml if not is_of_a_mac(PurePosixPath(one))]
    if path.suffix.lower() == ".kmz":
        return _faults_of_package(archive, names, path.name) if names else []
    if names and _is_taken_for_others(path, held):
        return []
    # Of a folder those are read that lie in no other.
    are_lost = len(names) > 1 and any("/" in one for one in names)
    faults = [_lost(names, path.name)] if are_lost else []
    for name in names:
        with archive.open(name) as source:
            faults += _faults_of(source, path.name)
    return faults


def _is_taken_for_others(path: Path, held: list[str]) -> bool:
    """Tell whether GDAL takes an archive for layers that are no KML, and never reads the rest.

    So it does with shapefiles at its root whatever is in them, and with tables of MapInfo if it can
    read all that are called so, also by Macs.
    """
    at_root = [one for one in map(PurePosixPath, held) if len(one.parts) == 1]
    if any(one.suffix.lower() == ".shp" and not is_of_a_mac(one) for one in at_root):
        return True
    tables = [one for one in at_root if one.suffix.lower() in _OF_MAPINFO]
    return bool(tables) and all(_is_of_mapinfo(f"/vsizip/{{{path}}}/{one}") for one in tables)


def _is_of_mapinfo(source: str) -> bool:
    from pyogrio import read_info  # noqa: PLC0415 - it is large
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415

    try:
        return bool(read_info(source)["driver"] == "MapInfo File")
    except (DataLayerError, DataSourceError):
        return False


def _faults_of_package(archive: zipfile.ZipFile, names: list[str], file: str) -> list[Fault]:
    """Return the faults of the KML files of a .kmz: the first is read, or those it links to."""
    root, *others = names
    kinds: _Kinds = {**_KINDS, "kml": partial(Placemarks, beside=frozenset(others))}
    with archive.open(root) as source:
        faults, found = _look_into(source, file, kinds)
    links = found.links if isinstance(found, Placemarks) else set()
    are_lost = False
    for name in others:
        with archive.open(name) as source:
            more, found = _look_into(source, file, _KINDS)
        faults += more
        # One of styles has no places; of another kind nobody knows whether it has.
        is_known = isinstance(found, Placemarks) and (name in links or not found.has_places)
        are_lost = are_lost or not is_known
    return [_lost(names, file), *faults] if are_lost else faults


def _lost(names: list[str], file: str) -> Fault:
    what = f"it holds {len(names):,} KML files, of which not all would be read"
    return Fault(what, file, advice="give each by itself")


def _faults_of_any(source: IO[bytes], file: str) -> list[Fault]:
    """Return what would be read wrong of a file if that is XML."""
    if not _begins(source):
        return []
    source.seek(0)
    return _faults_of(source, file)


def _faults_of(source: IO[bytes], file: str) -> list[Fault]:
    """Return what would be read wrong of XML."""
    faults, _ = _look_into(source, file, _KINDS)
    return faults


def _look_into(source: IO[bytes], file: str, kinds: _Kinds) -> tuple[list[Fault], Elements | None]:
    """Return what would be read wrong of XML, and what looked at it, if its root is known."""
    reading = _Reading(file, kinds)
    try:
        reading.parser.ParseFile(source)
    except _DoctypeError:
        what = "it has a DOCTYPE, whose entities can fill the memory or read other files"
        return [Fault(what, file, advice="take the DOCTYPE out")], None
    except (ExpatError, ValueError, LookupError) as error:
        if reading.has_begun and not isinstance(error, ExpatError):
            raise  # the others tell of its encoding, which is looked up before the root
        what = f"it is cut off, or no well-formed XML ({error})"
        advice = "copy or download it again, or save the layer anew"
        raise InputError(Fault(what, file, advice=advice)) from error
    if reading.elements is None:
        return [], None
    reading.elements.finish()
    return reading.elements.faults, reading.elements


class _DoctypeError(Exception):
    """A DOCTYPE declares something itself, such as entities."""


class _Reading:
    """Reads XML; its root tells what looks at it."""

    def __init__(self, file: str, kinds: _Kinds) -> None:
        self.parser = ParserCreate()
        self.parser.buffer_text = True
        self.parser.buffer_size = _HEAD_BYTES
        self.parser.StartDoctypeDeclHandler = _refuse_declarations
        self.parser.StartElementHandler = self._begin_root
        self.has_begun = False
        self.elements: Elements | None = None
        self._file = file
        self._kinds = kinds

    def _begin_root(self, name: str, attributes: dict[str, str]) -> None:
        self.has_begun = True
        kind = self._kinds.get(local_name(name))
        if kind is None:
            self.parser.StartElementHandler = None
            return
        self.elements = kind(self.parser, self._file)
        self.parser.StartElementHandler = self.elements.begin
        self.parser.EndElementHandler = self.elements.end
        self.elements.begin(name, attributes)


def _refuse_declarations(
    _name: str, _system: str | None, _public: str | None, has_declarations: bool
) -> None:
    if has_declarations:
        raise _DoctypeError


def _begins(source: IO[bytes]) -> bool:
    return begins_as_xml(source.read(_HEAD_BYTES))
