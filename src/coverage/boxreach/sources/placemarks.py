"""KML of which the driver of GDAL leaves out places, or makes others, without a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import ClassVar, TypeAlias
from xml.parsers.expat import XMLParserType

from boxreach.arguments import shown
from boxreach.sources.elements import BLANK, HEIGHT, NUMBER, Elements, local_name
from boxreach.sources.typed_values import TypedValues

_COMMA = rf"{BLANK}*+,{BLANK}*+"
_PLACE = rf"{NUMBER}{_COMMA}{NUMBER}(?:{_COMMA}{HEIGHT})?+"
_READ = re.compile(rf"{BLANK}*+(?:{_PLACE}(?:{BLANK}++|\Z))*+")
_ONE = re.compile(rf"{BLANK}*+{_PLACE}{BLANK}*+,?+{BLANK}*+")
_OF_TRACK = re.compile(rf"{BLANK}*+{NUMBER}{BLANK}++{NUMBER}(?:{BLANK}++{HEIGHT})?+{BLANK}*+")

_HOLDERS = {"kml", "Document", "Folder"}
_FEATURES = {
    "Document", "Folder", "GroundOverlay", "NetworkLink", "PhotoOverlay", "Placemark",
    "ScreenOverlay", "Tour",
}  # fmt: skip
_WITH_PLACES = _FEATURES - {"PhotoOverlay", "ScreenOverlay", "Tour"}
_SHAPES = {
    "LineString", "LinearRing", "Model", "MultiGeometry", "MultiTrack", "Point", "Polygon", "Track",
    "coordinates", "outerBoundaryIs",
}  # fmt: skip
_OF_ONE_SHAPE = {
    "LineString", "LinearRing", "Placemark", "Point", "Polygon", "innerBoundaryIs",
    "outerBoundaryIs",
}  # fmt: skip

_SEEN = (
    _FEATURES
    | _SHAPES
    | {"Camera", "coord", "href", "name", "Update"}
    | {"Data", "Schema", "SchemaData", "SimpleData", "SimpleField", "value"}
)
"""What is looked at; all else is passed over at once."""

_NOWHERE = -1
"""The number of no layer."""

_Act: TypeAlias = "Callable[[Placemarks], None]"


class Placemarks(Elements):
    """Looks at the places of a KML, counted from 1 in their order in the file.

    Parameters
    ----------
    parser
        Reads the XML.
    file
        The name for the messages.
    beside
        The other KML files of its .kmz: to these it may link, if it is read as the root of it.

    Attributes
    ----------
    links
        To which of these it does.
    """

    def __init__(
        self, parser: XMLParserType, file: str, beside: Collection[str] = frozenset()
    ) -> None:
        super().__init__(parser, file)
        self.links: set[str] = set()
        self._beside = beside
        self._hrefs: list[str] = []
        self._open: list[str] = []
        self._shapes: list[int] = []
        """How many each open element holds."""

        self._ended_shapes = 0
        self._count = self._features_of_root = 0
        self._is_in_place = self._has_camera = self._loses_link = False
        self._around = self._name = self._column = ""
        self._attributes: dict[str, str] = {}
        self._open_updates = 0
        self._holders, self._layers = 0, [0]
        """How many documents and folders there are, and the numbers of those that are open."""

        self._values = TypedValues()
        self._url: str | None = None
        self._said: list[tuple[str, str]] = []
        """The schema that a place names, and its values by column."""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """See the begin of an element."""
        name = local_name(name)
        if name in _SEEN:
            self._around, self._attributes = self._open[-1] if self._open else "", attributes
            if name in _FEATURES and self._around == "kml":
                # The last is read; what comes before it may have no places.
                self._features_of_root += bool(self._features_of_root or name in _WITH_PLACES)
            elif name in _SHAPES and self._around in _OF_ONE_SHAPE and self._is_in_place:
                self._see_shape()
            if act := self._BEGIN.get(name):
                act(self)
        self._open.append(name)
        self._shapes.append(0)

    def end(self, name: str) -> None:
        """See the end of an element."""
        name = self._open.pop()
        shapes = self._shapes.pop()
        if act := self._END.get(name):
            self._around, self._ended_shapes = self._open[-1] if self._open else "", shapes
            act(self)

    def finish(self) -> None:
        """Keep what is only known at the end of the file."""
        if self._features_of_root > 1:
            count = self._features_of_root
            what = f"{count:,} features stand directly under <kml>, and only one would be read"
            self.refuse(what, "put them in one <Document>")
        if self._loses_link or (self.links and self.has_places):
            what = "it links to other places (NetworkLink), which would be missing or read alone"
            advice = (
                "save the places themselves: open the link in Google Earth, and save its folder"
            )
            self.refuse(what, advice)
        for fault in self._values.faults(self.file):
            self.keep(fault)

    @property
    def has_places(self) -> bool:
        """Whether some place was seen."""
        return self._count > 0

    def _see_shape(self) -> None:
        self._shapes[-1] += 1
        if self._shapes[-1] == 2:
            what = f"its <{self._around}> holds several shapes, and only the last would be read"
            self.refuse(what, f"give each its own <{self._around}>", feature=self._count)

    def _begin_update(self) -> None:
        self._open_updates += 1

    def _end_update(self) -> None:
        self._open_updates -= 1

    def _begin_holder(self) -> None:
        self._holders += 1
        self._layers.append(self._holders)

    def _end_holder(self) -> None:
        self._layers.pop()

    def _begin_place(self) -> None:
        if self._open_updates:
            return  # a tour changes places, and has none
        self._count += 1
        self._url, self._said = None, []
        self._is_in_place, self._has_camera = True, False
        if self._around not in _HOLDERS:
            what = f"it stands inside <{self._around}>, where no place is read"
            self.refuse(what, "put it in a <Document> or a <Folder>", feature=self._count)

    def _end_place(self) -> None:
        if self._is_in_place and self._has_camera and not self._ended_shapes:
            what = "it has no place but that of a camera, which would be read as a point"
            advice = "give it a point, a line or an area, or take it out"
            self.refuse(what, advice, feature=self._count)
        if self._is_in_place:
            self._values.see(self._layers[-1], self._url, self._count, self._said)
        self._is_in_place = False

    def _begin_camera(self) -> None:
        self._has_camera = self._has_camera or self._around == "Placemark"

    def _begin_overlay(self) -> None:
        self._count += 1
        self._name = ""

    def _end_overlay(self) -> None:
        name = shown(self._name.strip())
        what = f"the picture {name} on the ground (GroundOverlay) would be read as an area"
        self.refuse(what, "take it out", feature=self._count)

    def _begin_link(self) -> None:
        self._hrefs = []

    def _begin_href(self) -> None:
        if self._around in {"Link", "Url"} and self._open[-2] == "NetworkLink":
            self.listen()

    def _end_href(self) -> None:
        if (text := self.heard()) is not None:
            self._hrefs.append(text.partition("#")[0])

    def _end_link(self) -> None:
        # GDAL follows a link that stands right in the one holder of the root, as it is written.
        is_followed = len(self._open) == 2 and self._around in _HOLDERS and len(self._hrefs) == 1
        if is_followed and self._hrefs[0] in self._beside:
            self.links.add(self._hrefs[0])
        else:
            self._loses_link = True

    def _begin_name(self) -> None:
        if self._around == "GroundOverlay":
            self.listen()

    def _end_name(self) -> None:
        if (text := self.heard()) is not None:
            self._name = text

    def _begin_coordinates(self) -> None:
        if self._is_in_place:
            self.listen()

    def _end_coordinates(self) -> None:
        text = self.heard()
        if text is None or (_ONE.fullmatch(text) if self._around == "Point" else _are_read(text)):
            return
        rest = text[_read_until(text) :].split(None, 1)
        said = rest[0] if rest else text.strip()
        advice = "write longitude and latitude with decimal points, like 44.1,33.2"
        self._refuse_coordinates(said, advice)

    def _end_of_track(self) -> None:
        text = self.heard()
        if text is not None and not _OF_TRACK.fullmatch(text):
            advice = "write longitude and latitude with decimal points, like 44.1 33.2"
            self._refuse_coordinates(text.strip(), advice)

    def _refuse_coordinates(self, said: str, advice: str) -> None:
        what = f"its coordinates cannot be read: {shown(said)}"
        self.refuse(what, advice, feature=self._count, value=said)

    def _begin_schema(self) -> None:
        # What stands elsewhere is none to GDAL.
        document = self._layers[-1] if self._around == "Document" else _NOWHERE
        key, name = (self._attributes.get(one, "") for one in ("id", "name"))
        self._values.declare_schema(document, key, name)

    def _begin_type(self) -> None:
        self._values.declare(self._attributes.get("name", ""), self._attributes.get("type", ""))

    def _begin_schema_data(self) -> None:
        if self._url is None:  # of several, the first names the schema
            self._url = self._attributes.get("schemaUrl", "")
            self._said = []  # beside it no <Data> is read

    def _begin_data(self) -> None:
        self._column = self._attributes.get("name", "")

    def _begin_value(self) -> None:
        if self._around == "SchemaData":
            self._begin_data()
        elif self._around != "Data" or self._url is not None:
            return
        if self._is_in_place and self._values.is_open(self._layers[-1], self._column):
            self.listen()

    def _end_value(self) -> None:
        if (text := self.heard()) is not None:
            self._said.append((self._column, text))

    _BEGIN: ClassVar[dict[str, _Act]] = {
        "Placemark": _begin_place, "Camera": _begin_camera, "GroundOverlay": _begin_overlay,
        "NetworkLink": _begin_link, "href": _begin_href, "name": _begin_name,
        "coordinates": _begin_coordinates,
        "coord": _begin_coordinates, "Update": _begin_update, "Document": _begin_holder,
        "Folder": _begin_holder, "Schema": _begin_schema, "SimpleField": _begin_type,
        "SchemaData": _begin_schema_data, "Data": _begin_data, "SimpleData": _begin_value,
        "value": _begin_value,
    }  # fmt: skip
    _END: ClassVar[dict[str, _Act]] = {
        "NetworkLink": _end_link, "href": _end_href,
        "Placemark": _end_place, "GroundOverlay": _end_overlay, "name": _end_name,
        "coordinates": _end_coordinates, "coord": _end_of_track, "Update": _end_update,
        "Document": _end_holder, "Folder": _end_holder, "SimpleData": _end_value,
        "value": _end_value,
    }  # fmt: skip


def _read_until(text: str) -> int:
    """Return where what is read of coordinates ends."""
    found = _READ.match(text)
    return found.end() if found else 0


def _are_read(text: str) -> bool:
    return bool(text.strip()) and _read_until(text) == len(text)
