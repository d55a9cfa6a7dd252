"""What looks at the elements of one kind of XML while it is read, and keeps what is wrong."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from xml.parsers.expat import XMLParserType

from boxreach.errors import Fault

_MOST_FAULTS = 1_000

BLANK = r"[ \t\r\n]"  # and not the other spaces of Unicode, at which drivers stop
_EXPONENT = r"[eE](?:-3[0-9]{2}|[+-]?[0-2]?[0-9]{1,2})"  # Windows writes e-015
NUMBER = rf"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:{_EXPONENT})?+"
"""What a driver reads to its end; nothing is tried twice, however long a text is."""

HEIGHT = rf"(?:{NUMBER}|-?[nN][aA][nN])"
"""GDAL writes nan for that of a point without one, and reads it."""


class Elements:
    """Looks at the elements of one kind of XML, one after the other.

    Parameters
    ----------
    parser
        Reads the XML. What stands between tags it tells only while somebody listens.
    file
        The name for the messages.

    Attributes
    ----------
    faults
        What is wrong; of very many no more are kept.
    """

    def __init__(self, parser: XMLParserType, file: str) -> None:
        self.faults: list[Fault] = []
        self.file = file
        self._parser = parser
        self._heard: list[str] | None = None

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """See the begin of an element."""

    def end(self, name: str) -> None:
        """See the end of an element."""

    def finish(self) -> None:
        """See the end of the file."""

    def refuse(self, what: str, advice: str, **place: Any) -> None:
        """Keep what is wrong; `place` says where in the file it is."""
        self.keep(Fault(what, self.file, advice=advice, **place))

    def keep(self, fault: Fault) -> None:
        """Keep a fault, unless there are very many."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(fault)

    def listen(self) -> None:
        """Keep the text that comes."""
        self._heard = []
        self._parser.CharacterDataHandler = self._heard.append

    def mark(self, said: str) -> bool:
        """Put a mark into the text that is kept; False if nobody listens."""
        if self._heard is None:
            return False
        self._heard.append(said)
        return True

    def heard(self) -> str | None:
        """Return the text since `listen`, and keep no more; None if nobody listened."""
        if self._heard is None:
            return None
        self._parser.CharacterDataHandler = None  # what is left goes to the one before
        text, self._heard = "".join(self._heard), None
        return text


@lru_cache(1_024)
def local_name(name: str) -> str:
    """Return the name of an element without its prefix.

    Examples
    --------
    >>> local_name("gml:Point"), local_name("Point")
    ('Point', 'Point')
    """
    return name.rpartition(":")[2]
