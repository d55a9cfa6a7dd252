"""GML of which a server gave only a part, or the driver of GDAL reads only a part of a feature."""

from __future__ import annotations

import re
from xml.parsers.expat import XMLParserType

from boxreach.arguments import shown
from boxreach.sources.elements import BLANK, HEIGHT, NUMBER, Elements, local_name
from boxreach.sources.server_answers import part_fault

_HOLDERS = ("member", "members")
_BROKEN = {"ExceptionReport", "ServiceExceptionReport", "truncatedResponse"}
_COUNTS = ("numberMatched", "numberReturned", "numberOfFeatures")
_COUNT = re.compile("[0-9]{1,18}")
_SHAPES = {
    "BoundingBox", "CompositeCurve", "CompositeSurface", "Curve", "GeometryCollection",
    "LineString", "MultiCurve", "MultiGeometry", "MultiLineString", "MultiPoint", "MultiPolygon",
    "MultiSurface", "Point", "Polygon", "PolygonPatch", "PolyhedralSurface", "SimpleMultiPoint",
    "SimplePolygon", "SimpleRectangle", "SimpleTriangle", "Solid", "Surface", "Tin", "TopoCurve",
    "TopoSurface", "Triangle", "TriangulatedSurface",
}  # fmt: skip
"""What the driver takes for a geometry wherever it stands in a feature."""

_COMMA = rf"{BLANK}*+,{BLANK}*+"
_LIST = rf"{NUMBER}(?:{BLANK}++{NUMBER})*+"
_HIGH = rf"{NUMBER}{BLANK}++{NUMBER}{BLANK}++{HEIGHT}"
_TUPLE = rf"{NUMBER}{_COMMA}{NUMBER}{_COMMA}{HEIGHT}"
_NUMBERS = {
    name: re.compile(rf"{BLANK}*+(?:{said}){BLANK}*+")
    for name, said in {
        "pos": f"{_LIST}|{_HIGH}",
        "posList": _LIST,
        "posList3": rf"{_LIST}|{_HIGH}(?:{BLANK}++{_HIGH})*+",
        # What more is wrong with commas and blanks, the driver tells itself.
        "coordinates": rf"{NUMBER}(?:[, \t\r\n]++{NUMBER})*+|{_TUPLE}(?:{BLANK}++{_TUPLE})*+",
    }.items()
}


class GmlFeatures(Elements):
    """Looks at the features of a GML, counted from 1 in their order in the file.

    Parameters
    ----------
    parser
        Reads the XML.
    file
        The name for the messages.
    """

    def __init__(self, parser: XMLParserType, file: str) -> None:
        super().__init__(parser, file)
        self._open: list[str] = []
        self._answer: dict[str, str] = {}
        self._is_broken = False
        self._count = 0
        self._feature = ""
        self._shapes: list[str] = []
        """Of the feature that is open, and what of it is taken for a shape, by whole names."""

        self._numbers = _NUMBERS["pos"]
        self._feature_depth = self._shape_depth = 0
        """How deep the feature lies, and its shape, that are open; 0 if none is."""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """See the begin of an element."""
        whole, name = name, local_name(name)
        self._open.append(name)
        if self._shape_depth:
            self._begin_inside(name, attributes)
        elif not self._feature_depth:
            self._begin_outside(whole, attributes)
        elif name in _SHAPES:
            self._begin_shape(whole)

    def end(self, name: str) -> None:
        """See the end of an element."""
        depth, name = len(self._open), local_name(name)
        self._open.pop()
        if name in _NUMBERS:
            self._see_numbers()
        if depth == self._shape_depth:
            self._shape_depth = 0
        elif depth == self._feature_depth:
            self._feature_depth = 0

    def finish(self) -> None:
        """Keep that the server gave only a part, as WFS tells it."""
        said = [int(one) for name in _COUNTS if _COUNT.fullmatch(one := self._answer.get(name, ""))]
        is_counted = _COUNT.fullmatch(self._answer.get("numberMatched", ""))
        has_more = self._answer.get("next") or self._answer.get("previous")
        is_part = self._is_broken or bool(has_more and not is_counted)
        if fault := part_fault(self._count, said, self.file, has_more=is_part):
            self.keep(fault)

    def _begin_outside(self, whole: str, attributes: dict[str, str]) -> None:
        name = local_name(whole)
        if name in _BROKEN:
            self._is_broken = True
        elif len(self._open) == 1:
            self._answer = attributes
        elif self._open[-2].lower().endswith(_HOLDERS) and not name.endswith("FeatureCollection"):
            self._count += 1
            self._feature, self._shapes, self._feature_depth = whole, [], len(self._open)

    def _begin_inside(self, name: str, attributes: dict[str, str]) -> None:
        if self.mark(f"<{name}>"):
            return  # numbers before an element among them GDAL forgets
        if name in _NUMBERS and not attributes.keys() & {"decimal", "cs", "ts"}:
            has_heights = name == "posList" and attributes.get("srsDimension") == "3"
            self._numbers = _NUMBERS["posList3" if has_heights else name]
            self.listen()

    def _see_numbers(self) -> None:
        text = self.heard()
        if text is not None and not self._numbers.fullmatch(text):
            what = f"its coordinates cannot be read: {shown(text.strip())}"
            advice = "write numbers with decimal points and blanks between them"
            self.refuse(what, advice, feature=self._count, value=text.strip())

    def _begin_shape(self, whole: str) -> None:
        self._shape_depth = len(self._open)
        self._shapes.append(whole)
        if len(self._shapes) != 2:
            return
        # Columns have the prefix of their feature, and shapes that of GML.
        columns = [one for one in self._shapes if _prefix(one) == _prefix(self._feature)]
        if len(columns) == 1:
            what = f"its column {local_name(columns[0])} is called like a shape"
            self.refuse(what, "call it otherwise", feature=self._count)
        else:
            what = "it has more than one geometry, and only the last would be read"
            self.refuse(what, "keep one geometry for each feature", feature=self._count)


def _prefix(name: str) -> str:
    return name.rpartition(":")[0]
