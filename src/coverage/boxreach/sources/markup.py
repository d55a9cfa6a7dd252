"""Layers in XML that is cut off or damaged: a driver may read none of it, or a part, in silence."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate

from boxreach.errors import Fault, InputError
from boxreach.sources.archives import open_inside

_HEAD_BYTES = 65_536


def is_xml(path: Path) -> bool:
    """Tell whether a file, not what an archive holds, begins as XML does."""
    with path.open("rb") as source:
        return _begins(source)


def require_well_formed(path: Path) -> None:
    """Raise `InputError` for XML, also alone in an archive, that does not hold to its end.

    Entities are none of what is looked for: they are refused before.

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
    with open_inside(path) as source:
        if not _begins(source):
            return
        source.seek(0)
        try:
            ParserCreate().ParseFile(source)
        except (ExpatError, ValueError, LookupError) as error:  # the latter of its encoding
            what = f"it is cut off, or no well-formed XML ({error})"
            advice = "copy or download it again, or save the layer anew"
            raise InputError(Fault(what, path.name, advice=advice)) from error


def _begins(source: IO[bytes]) -> bool:
    return source.read(_HEAD_BYTES).removeprefix(BOM_UTF8).lstrip().startswith(b"<")
