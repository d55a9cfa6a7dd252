"""OpenStreetMap XML that is half an answer, or holds what is deleted, read as a layer."""

from __future__ import annotations

from xml.parsers.expat import XMLParserType

from boxreach.sources.elements import Elements
from boxreach.sources.server_answers import half_fault

_OBJECTS = {"node", "way", "relation"}


class OsmObjects(Elements):
    """Looks at what is deleted, and at what the server remarks.

    Parameters
    ----------
    parser
        Reads the XML.
    file
        The name for the messages.
    """

    def __init__(self, parser: XMLParserType, file: str) -> None:
        super().__init__(parser, file)
        self._deleted = 0
        self._first = ""

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """See the begin of an element."""
        if name in _OBJECTS:
            if attributes.get("visible") == "false" or attributes.get("action") == "delete":
                self._deleted += 1
                self._first = self._first or f"{name} {attributes.get('id', '')}"
        elif name == "remark":
            self.listen()

    def end(self, name: str) -> None:
        """See the end of an element."""
        if name == "remark" and (fault := half_fault(self.heard() or "", self.file)):
            self.keep(fault)

    def finish(self) -> None:
        """Keep how many objects are deleted."""
        if self._deleted:
            what = f"deleted objects would be read ({self._deleted:,}), {self._first} first"
            self.refuse(what, "save it without what is deleted")
