"""Where the reference systems of layers and grids stand, looked at before GDAL reads them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import IO

from boxreach.errors import Fault, InputError
from boxreach.shift_files import LONGEST, require_no_shift_file
from boxreach.sources.archives import is_archive, unpacking

_PIECE_BYTES = 2**20
_SQLITE = b"SQLite format 3\0"
_WITHOUT = (".shp", ".shx", ".dbf", ".sbn", ".sbx")
"""How parts of shapefiles end that hold no system, and most of the bytes."""

_BESIDE = (".prj", ".aux.xml")


def require_plain_systems(path: Path) -> None:
    """Raise `CRSError` if a system of a layer, wherever in its files it stands, names a file.

    Databases are asked for theirs by `require_sound`, as they may know many that nothing is in.

    Parameters
    ----------
    path
        Of the layer, or of an archive, in which every file is looked at.
    """
    require_plain_systems_beside(path)
    if not is_archive(path):
        with path.open("rb") as source:
            _require_plain(source, path.name, path.name)
        return
    with unpacking(path) as archive:
        for one in archive.infolist():
            with archive.open(one) as source:
                _require_plain(source, one.filename, path.name)


def require_plain_systems_beside(*paths: Path) -> None:
    """Raise `InputError` if what stands beside files names another one, or is none on a disk.

    Parameters
    ----------
    paths
        Of layers or grids of one folder. Drivers open what is called like them but for the ending,
        and their systems may stand in a ``.prj`` or ``.aux.xml``.
    """
    own = {f"{one}.".casefold() for path in paths for one in (path.stem, path.name)}
    for folder in {path.absolute().parent for path in paths}:
        for name in _names_in(folder, own):
            begin, _, end = name.casefold().partition(".")
            while f"{begin}." not in own and end:
                more, _, end = end.partition(".")
                begin = f"{begin}.{more}"
            if end:
                _require_plain_part(folder / name)


def _names_in(folder: Path, own: set[str]) -> list[str]:
    """Return the names in a folder, or those that drivers try where it cannot be listed."""
    try:
        return [one.name for one in folder.iterdir()]
    except PermissionError:
        return [f"{one}{end}" for one in own for end in ("prj", "PRJ", "aux.xml")]


def _require_plain_part(path: Path) -> None:
    if path.is_dir() or not path.exists():
        return
    if not path.is_file():
        what = "it is no file on a disk, and could be waited for without end"
        raise InputError(Fault(what, path.name, advice="take it out"))
    if path.name.casefold().endswith(_BESIDE):
        with path.open("rb") as source:
            _require_plain(source, path.name, path.name)


def _require_plain(source: IO[bytes], name: str, file: str) -> None:
    """Look through a file in pieces; `file` is what it is told of."""
    if name.lower().endswith(_WITHOUT):
        return
    before = b""
    for piece in iter(partial(source.read, _PIECE_BYTES), b""):
        if not before and piece.startswith(_SQLITE):
            return
        require_no_shift_file(before + piece, file)
        before = (before + piece)[-LONGEST:]
