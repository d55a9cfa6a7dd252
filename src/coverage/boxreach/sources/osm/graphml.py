"""What stands in a GraphML file and is lost when it is read as a graph."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from xml.parsers.expat import ParserCreate

from boxreach.errors import Fault, InputError

_SPACE = "http://graphml.graphdrawing.org/xmlns"

_LOST = {
    "graph": ("it holds a second graph", "give each graph in a file of its own"),
    "node": ("a node stands in it twice", "keep one of them"),
    "edge": ("an edge has the ends and the id of another", "give each edge an id of its own"),
    "default": ("a key has a default", "write the value into each element that lacks it"),
}
"""Elements that the reader of graphs passes over, or lays over another one, in silence."""

_NAMED_BY = {"node": ("id",), "edge": ("source", "target", "id")}


def require_all_read(path: Path, edges: int) -> None:
    """Raise `InputError` if something in a GraphML file is not in the graph read from it.

    Parameters
    ----------
    path
        The file, from which a graph was read.
    edges
        How many the graph has.
    """
    found = _Elements()
    with path.open("rb") as stream:
        found.parser.ParseFile(stream)
    if "graph" not in found.lost and found.edges != edges:
        # An edge without an id got the id of another one, which nobody sees in the file.
        found.lost.setdefault("edge", None)
    if found.lost:
        raise InputError(
            *(
                Fault(what, path.name, advice=advice, line=found.lost[kind])
                for kind, (what, advice) in _LOST.items()
                if kind in found.lost
            )
        )


class _Elements:
    """What a file holds, as it is parsed.

    Attributes
    ----------
    edges
        How many there are.
    lost
        In which line the first of each kind stands that is lost.
    """

    def __init__(self) -> None:
        self.edges = 0
        self.lost: dict[str, int | None] = {}
        self._seen: set[tuple[Hashable, ...]] = set()
        self._default_line = 0
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._look

    def _look(self, name: str, said: dict[str, str]) -> None:
        space, _, kind = name.rpartition(" ")
        if space != _SPACE or kind not in _LOST or "graph" in self.lost:
            return  # what a second graph holds is lost with it
        if kind == "default":
            self._default_line = self.parser.CurrentLineNumber
            self.parser.CharacterDataHandler = self._hear_default
            self.parser.EndElementHandler = self._end_default
            return
        self.edges += kind == "edge"
        if kind == "edge" and not said.get("id"):
            return  # it gets an id of its own, mostly
        own = kind, *(_read_id(said.get(one)) for one in _NAMED_BY.get(kind, ()))
        if own in self._seen:
            self.lost.setdefault(kind, self.parser.CurrentLineNumber)
        self._seen.add(own)

    def _hear_default(self, text: str) -> None:
        if text.strip():  # yEd writes empty ones, of which nothing is lost
            self.lost.setdefault("default", self._default_line)

    def _end_default(self, name: str) -> None:
        if name == f"{_SPACE} default":
            self.parser.CharacterDataHandler = self.parser.EndElementHandler = None


def _read_id(text: str | None) -> Hashable:
    """Return an id as the reader of graphs takes it: as a number, if it is one."""
    try:
        return int(text or "")
    except ValueError:
        return text
