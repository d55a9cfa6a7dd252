"""Parquet and GeoParquet files, and what their libraries read over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj.exceptions import ProjError

from boxreach.errors import Fault, InputError
from boxreach.shift_files import require_no_shift_file

_FEW_ROWS = 100_000
"""So many rows are no burden, however few bytes hold them."""

_MISLED = (LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, ProjError)
"""Libraries follow what a file says of its columns without a look at it."""


def read_parquet(path: Path) -> Any:
    """Read a table, with shapes if it has any.

    Raises
    ------
    InputError
        If it claims more rows than bytes, what it says of its columns does not hold, or a text in
        it is none.
    ImportError
        If pyarrow is not installed.
    """
    from pyarrow import ArrowException  # noqa: PLC0415 - it is an extra
    from pyarrow.parquet import read_metadata  # noqa: PLC0415

    try:
        known = read_metadata(path)
        _refuse_bomb(path, known.num_rows)
        has_shapes = b"geo" in (known.metadata or {})
        require_plain_crs(known.metadata, path.name)
        _require_utf8(path)
        frame = gpd.read_parquet(path) if has_shapes else pd.read_parquet(path)
    except (ValueError, OSError):  # whoever reads layers tells what the library said
        raise
    except MemoryError as e:
        what = f"it asks for more memory than there is ({str(e)[:80]})"
        raise InputError(Fault(what, path.name, advice="free some, or write it anew")) from e
    except (*_MISLED, ArrowException) as e:
        what = f"what it says of its columns does not hold ({type(e).__name__}: {str(e)[:80]})"
        raise InputError(Fault(what, path.name, advice="write it anew from its source")) from e
    # Tables of ours are saved with their ids as the index.
    names = [one for one in frame.index.names if one is not None and one not in frame]
    return frame.reset_index(level=names) if names else frame


def _refuse_bomb(path: Path, rows: int) -> None:
    """Refuse a file that says it holds more rows than bytes: equal rows, packed to fill memory."""
    if rows > max(path.stat().st_size, _FEW_ROWS):
        what = f"it claims {rows:,} rows in {path.stat().st_size:,} bytes"
        raise InputError(Fault(what, path.name, advice="give the table as it was published"))


def require_plain_crs(metadata: Mapping[bytes, bytes] | None, file: str) -> None:
    """Raise `CRSError` for a system by a definition that may name a file, which would be opened.

    Parameters
    ----------
    metadata
        What a file says of itself, as pyarrow reads it.
    file
        The name for the message.
    """
    about = json.loads((metadata or {}).get(b"geo", b"{}"))
    columns = about.get("columns") if isinstance(about, dict) else None
    for one in columns.values() if isinstance(columns, dict) else ():
        crs = one.get("crs") if isinstance(one, dict) else None
        if isinstance(crs, dict) and "type" not in crs:
            crs = " ".join(f"+{name}={value}" for name, value in crs.items())
        if isinstance(crs, str):
            require_no_shift_file(crs, file)


def _require_utf8(path: Path) -> None:
    """Raise `InputError` for the first text that is not UTF-8.

    Libraries do not look, and fail where it is used.
    """
    from pyarrow import types  # noqa: PLC0415 - it is an extra
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    others = (
        types.is_primitive, types.is_binary, types.is_large_binary, types.is_fixed_size_binary,
        types.is_decimal, types.is_null,
    )  # fmt: skip
    with ParquetFile(path) as file:
        texts = [one.name for one in file.schema_arrow if not any(is_(one.type) for is_ in others)]
        first = 1
        for batch in file.iter_batches(columns=texts) if texts else ():
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                at = _find_unreadable(column)
                if at is not None:
                    place: Any = {"column": name, "feature": first + at}
                    advice = "save the layer with its texts in UTF-8"
                    raise InputError(
                        Fault("a text in it is not UTF-8", path.name, advice=advice, **place)
                    )
            first += batch.num_rows


def _find_unreadable(column: Any) -> int | None:
    """Return the first row of a pyarrow array that holds a text which is not UTF-8."""
    from pyarrow import types  # noqa: PLC0415 - it is an extra

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_readable(column):
        return None
    return next((at for at in range(len(column)) if not _is_readable(column.take([at]))), 0)


def _is_readable(column: Any) -> bool:
    from pyarrow import ArrowInvalid  # noqa: PLC0415 - it is an extra

    try:
        column.validate(full=True)
    except ArrowInvalid:
        return False
    return True
