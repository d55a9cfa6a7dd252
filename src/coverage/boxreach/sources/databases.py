"""GeoPackages and other SQLite files that are damaged in ways their driver reads over."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from boxreach.errors import Fault, InputError
from boxreach.shift_files import require_no_shift_file
from boxreach.sources.archives import is_archive, unpacking
from boxreach.sources.stored_numbers import stored_fault

_SQLITE = b"SQLite format 3\0"
_APPLICATION = slice(68, 72)
_GEOPACKAGES = {b"GPKG", b"GP10", b"GP11"}
"""What a database says in its head that is a GeoPackage, of version 1.2 and later, 1.0 or 1.1."""

_WHOLE = "typeof({0}) NOT IN ('integer', 'null')"
_DECIMAL = "typeof({0}) NOT IN ('integer', 'real', 'null')"
_RANGE = f"{_WHOLE} OR {{0}} NOT BETWEEN {{1}} AND {{2}}"
_WRONG = {
    "BOOLEAN": _RANGE.format("{0}", 0, 1),
    "SMALLINT": _RANGE.format("{0}", -(2**15), 2**15 - 1),
    "MEDIUMINT": _RANGE.format("{0}", -(2**31), 2**31 - 1),
    **dict.fromkeys(("TINYINT", "INT", "INTEGER", "INT8", "INT64", "BIGINT"), _WHOLE),
    **dict.fromkeys(("FLOAT", "DOUBLE", "REAL", "NUMERIC"), _DECIMAL),
}
"""Columns of numbers by what GeoPackages call them, and how SQLite tells what is none of them.

GDAL reads such a value as 0, as yes, or as what is left of it; SQLite keeps whatever it is given.
"""

_INTEGER = re.compile(r"(?:TINY|SMALL|MEDIUM|BIG)?INT(?:EGER|[248])?(?: .*)?")
_AT_ONCE = 400
"""Columns of one question; SQLite takes some 1,000."""

_SYSTEMS = {"gpkg_spatial_ref_sys": "srs_id", "spatial_ref_sys": "srid"}
"""Tables of reference systems, with the columns of their numbers, in which layers name one too."""

_LAYERS = re.compile(r"gpkg_contents|(?:\w+_)?geometry_columns")
_NUMBER = re.compile(r"\s*([+-]?\d+)")

_JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""How a journal begins of changes that were not done to their end."""

_ADVICE = "copy or download it again, or save the layer anew"


def require_sound(path: Path) -> None:
    """Raise `InputError` for a database with destroyed pages, no layer, or counts that lie.

    The driver of GDAL reads the rows that it finds, or as many as a table of the file says: of a
    destroyed page it may tell nothing, and two rows of two thousand would be a plan.

    Parameters
    ----------
    path
        Of any file; of an archive every database in it is unpacked for a moment and looked at.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     broken = Path(folder) / "areas.gpkg"
    ...     _ = broken.write_bytes(b"SQLite format 3" + bytes(100))
    ...     require_sound(broken)
    Traceback (most recent call last):
    boxreach.errors.InputError: areas.gpkg: the database is damaged (file is not a database); \
copy or download it again, or save the layer anew
    """
    if not is_archive(path):
        _require_sound(path, path.name)
        return
    with unpacking(path) as archive:
        for one in archive.infolist():
            with archive.open(one) as source:
                if not _is_database(one.filename, source.read(len(_SQLITE))):
                    continue
            with tempfile.TemporaryDirectory() as folder, archive.open(one) as source:
                unpacked = Path(folder) / ("one" + Path(one.filename).suffix)
                with unpacked.open("wb") as target:
                    shutil.copyfileobj(source, target)
                _require_sound(unpacked, path.name)


def is_unsaved(path: Path) -> bool:
    """Tell whether changes of a file stand in a log beside it, as of one that is open elsewhere."""
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0


def _is_database(name: str, head: bytes) -> bool:
    return head.startswith(_SQLITE) or Path(name).suffix.lower() == ".gpkg"


def _require_sound(path: Path, file: str) -> None:
    """Raise `InputError` if a file is a database that is damaged; `file` is what it is called."""
    with path.open("rb") as source:
        head = source.read(_APPLICATION.stop)
    if not _is_database(path.name, head):
        return
    _require_finished(path, file)
    is_geopackage = path.suffix.lower() == ".gpkg" or head[_APPLICATION] in _GEOPACKAGES
    faults = []
    try:
        with closing(_open(path)) as database:
            told = [str(row[0]) for row in database.execute("PRAGMA quick_check(1)")]
            if told != ["ok"]:
                raise InputError(_damaged(told[0].splitlines()[-1], file))
            _require_plain_systems(database, file)
            faults = (_layer_faults if is_geopackage else _table_faults)(database, file)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if "no such module" in str(error):  # of an index that only another programme knows
            return
        raise InputError(_damaged(str(error), file)) from error
    except MemoryError as error:  # of a record that says it is longer than any memory
        raise InputError(_damaged("SQLITE_NOMEM", file)) from error
    if faults:
        raise InputError(*faults)


def _require_finished(path: Path, file: str) -> None:
    journal = path.with_name(f"{path.name}-journal")
    if not journal.is_file():
        return
    with journal.open("rb") as source:
        if source.read(len(_JOURNAL)) == _JOURNAL:
            what = "another program is changing it, or was stopped while it did"
            raise InputError(Fault(what, file, advice="open it there, close it, and try again"))


def _open(path: Path) -> sqlite3.Connection:
    options = "mode=ro" if is_unsaved(path) else "mode=ro&immutable=1"
    database = sqlite3.connect(f"file:{quote(str(path.resolve()))}?{options}", uri=True)
    database.execute("PRAGMA trusted_schema=OFF")
    return database


def _layer_faults(database: sqlite3.Connection, file: str) -> list[Fault]:
    """Return a fault if there is no layer, and for each whose rows are not as many as it says."""
    tables = _tables(database)
    if "gpkg_contents" not in tables:
        return [Fault("it is a database and no GeoPackage", file, advice="give a map layer")]
    known = [str(one) for (one,) in _all(database, "table_name", "gpkg_contents")]
    if not known:
        return [Fault("it names no layer", file, advice=_ADVICE)]
    faults = [
        fault for name in tables
        if name.casefold() in {one.casefold() for one in known}
        for fault in _kind_faults(database, name, file)
    ]  # fmt: skip
    if "gpkg_ogr_contents" not in tables:
        return faults
    counts = _all(database, "table_name, feature_count", "gpkg_ogr_contents")
    said = {str(name): count for name, count in counts}
    for name in known:
        if name not in tables or not isinstance(said.get(name), int):
            continue
        ((rows,),) = _all(database, "COUNT(*)", name)
        if rows != said[name]:
            what = f"it holds {rows:,} features and says that it holds {said[name]:,}"
            faults.append(Fault(what, file, layer=name, advice=_ADVICE))
    return faults


def _tables(database: sqlite3.Connection) -> list[str]:
    """Return the names of the tables: views are questions, which may never end."""
    found = _all(database, "name, type", "sqlite_master")
    return [str(name) for name, kind in found if kind == "table"]


def _table_faults(database: sqlite3.Connection, file: str) -> list[Fault]:
    """Return the faults of the layers of a database that is no GeoPackage, as of SpatiaLite."""
    tables = _tables(database)
    if "geometry_columns" not in tables:
        return []
    shaped = {str(one).casefold() for (one,) in _all(database, "f_table_name", "geometry_columns")}
    return [
        fault for name in tables
        if name.casefold() in shaped
        for fault in _kind_faults(database, name, file)
    ]  # fmt: skip


def _require_plain_systems(database: sqlite3.Connection, file: str) -> None:
    """Raise `CRSError` if a layer is in a system that names a file, which GDAL would open.

    What else a table knows is not looked at: those of SpatiaLite know the old systems of all
    countries, with their files. Where a view stands for such a table, it is refused.
    """
    found = _all(database, "name, type", "sqlite_master")
    kinds = {str(name).casefold(): str(kind) for name, kind in found if kind in ("table", "view")}
    layers = [one for one in kinds if _LAYERS.fullmatch(one)]
    for name in (*layers, *_SYSTEMS):
        if kinds.get(name) == "view":
            what = f"its {name} is no table but a view"
            raise InputError(Fault(what, file, advice=_ADVICE))
    for systems, key in _SYSTEMS.items():
        if systems not in kinds:
            continue
        own = {_number(row.get(key)) for layer in layers for row in _rows(database, layer)}
        for row in _rows(database, systems):
            if _number(row.get(key)) in own:
                _require_plain_row(row, file)


def _require_plain_row(row: dict[str, object], file: str) -> None:
    # The definition of PROJ is read where there is no well-known text.
    spare = "proj4text" if row.get("srtext") else ""
    for name, text in row.items():
        if isinstance(text, (str, bytes)) and name != spare:
            wide = text.replace(b"\0", b"") if isinstance(text, bytes) else text
            require_no_shift_file(wide, file)


def _number(value: object) -> int | None:
    """Return the number that a value begins with, as GDAL reads it."""
    found = _NUMBER.match(str(value))
    return int(found[1]) if found else None


def _rows(database: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    found = database.execute(f"SELECT * FROM {_quoted(table)}")  # noqa: S608 - quoted
    names = [str(one[0]).casefold() for one in found.description]
    return (dict(zip(names, row, strict=True)) for row in found)


def _kind_faults(database: sqlite3.Connection, name: str, file: str) -> list[Fault]:
    """Return a fault for each column of numbers with a value that is none, the first of them."""
    columns = database.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    wrong = {}
    for _, column, declared, *_ in columns:
        told = _wrong_of(str(declared).upper().partition("(")[0].strip())
        if told:
            wrong[str(column)] = told.format(_quoted(str(column)))
    asked = [*wrong.values()]
    some = [asked[at : at + _AT_ONCE] for at in range(0, len(asked), _AT_ONCE)]
    # A look at many of them at once is enough for nearly every file.
    if not any(_first(database, "1", name, " OR ".join(one)) for one in some):
        return []
    keys = [_quoted(str(column)) for _, column, *_, key in columns if key]
    faults = []
    for column, one in wrong.items():
        told = f"{keys[0] if len(keys) == 1 else 'NULL'}, {_quoted(column)}"
        for key, said in _first(database, told, name, one):
            place: Any = {"column": column, "layer": name}
            if key is not None:
                ((feature,),) = _first(database, "COUNT(*)", name, f"{keys[0]} <= ?", key)
                place["feature"] = feature
            faults.append(stored_fault(said, file, **place))
    return faults


def _wrong_of(kind: str) -> str:
    """Return what tells a wrong value of a kind of column; blank if it may hold anything.

    Others than those of a GeoPackage are called as in other databases.
    """
    if kind in _WRONG:
        return _WRONG[kind]
    if _INTEGER.fullmatch(kind):
        return _WHOLE
    return _DECIMAL if kind.startswith(("REAL", "FLOAT", "DOUBLE", "DECIMAL")) else ""


def _first(
    database: sqlite3.Connection, columns: str, table: str, where: str, *values: object
) -> list[Any]:
    asked = f"SELECT {columns} FROM {_quoted(table)} WHERE {where} LIMIT 1"  # noqa: S608 - quoted
    return database.execute(asked, values).fetchall()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _all(database: sqlite3.Connection, columns: str, table: str) -> list[tuple[object, ...]]:
    return database.execute(f"SELECT {columns} FROM {_quoted(table)}").fetchall()  # noqa: S608


def _damaged(said: str, file: str) -> Fault:
    return Fault(f"the database is damaged ({said})", file, advice=_ADVICE)
