"""Cells that a grid says it has and its file does not: their drivers read over what is missing.

Of an ESRI ASCII grid the driver takes a word for 0, `1,200` for 1.2, fills what is missing at the
end with 0, and goes on in the next row where one has a value too many. What a raw grid that was
cut off does not hold is 0 as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio

from boxreach.arguments import shown
from boxreach.errors import Fault, InputError

_IN_NUMBERS = b"0123456789+-.eE"
_NO_NUMBER = {b"nan", b"-nan", b"null"}
"""What stands for a cell that is not known, in small letters."""

_COPY = "copy or download it again"


def require_cells(grid: rasterio.DatasetReader, path: Path) -> None:
    """Raise `InputError` for a grid in whose file cells are missing, or are no numbers.

    Parameters
    ----------
    grid
        As it was opened.
    path
        Its file.
    """
    if grid.driver == "EHdr":
        _require_length(grid, path)
    elif grid.driver == "AAIGrid":
        _require_numbers(path, grid.width * grid.height)


def _require_length(grid: rasterio.DatasetReader, path: Path) -> None:
    bits = grid.tags(1, ns="IMAGE_STRUCTURE").get("NBITS")
    cell_bits = int(bits) if bits else 8 * np.dtype(grid.dtypes[0]).itemsize
    wanted, size = grid.height * grid.width * grid.count * cell_bits // 8, path.stat().st_size
    if size < wanted:
        what = f"it has {size:,} bytes, and its cells take {wanted:,}: it is cut off"
        raise InputError(Fault(what, path.name, advice=_COPY))


def _require_numbers(path: Path, cells: int) -> None:
    found = 0
    for line, values in _list_lines(path):
        odd = b" ".join(values).translate(None, _IN_NUMBERS + b" ")
        wrong = [one for one in values if not _is_number(one)] if odd else []
        if wrong:
            what = f"{shown(wrong[0].decode('utf-8', 'replace'))} is not a number"
            advice = "write it like 12.5, without commas"
            raise InputError(Fault(what, path.name, advice=advice, line=line))
        found += len(values)
    if found != cells:
        what = f"it says that it has {cells:,} cells, and {found:,} values stand in it"
        raise InputError(Fault(what, path.name, advice=_COPY))


def _list_lines(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the lines of values, each with its number, after those that begin with a name."""
    is_head = True
    with path.open("rb") as stream:
        for line, text in enumerate(stream, 1):
            values = text.split()
            if is_head and values and values[0][:1].isalpha() and not _is_number(values[0]):
                continue
            if values:
                is_head = False
                yield line, values


def _is_number(value: bytes) -> bool:
    return value.lower() in _NO_NUMBER or not value.translate(None, _IN_NUMBERS)
