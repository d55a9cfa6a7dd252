"""Tables of H3 cells: an id instead of a shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.crs import Floats, areas_km2
from boxreach.errors import Fault, InputError
from boxreach.extents import Rows
from boxreach.sources.raw_table import RawTable

H3_COLUMNS = ("h3", "h3_index", "hex_id")

_HEX = r"0?[0-9a-fA-F]{15}"
_DECIMAL = r"[0-9]{17,19}"
_VERTICES_AT_MOST = 10
_FINEST = 15

Indexes = npt.NDArray[np.uint64]


def place_hexagons(raw: RawTable, column: str) -> RawTable:
    """Return a table of H3 cells as points with ``cell_id`` and ``area_km2``.

    Cells that are none, that stand twice, or that lie in another one of the table are left out
    and are faults: their people would be counted twice.

    Parameters
    ----------
    raw
        The table.
    column
        Its column of H3 ids, as hexadecimal text or as whole numbers.

    Raises
    ------
    InputError
        If h3 is not installed.
    """
    try:
        import h3.api.basic_int as h3  # noqa: PLC0415 - it is an extra
    except ImportError as error:
        advice = "pip install boxreach[hexagons]"
        raise InputError(Fault("h3 is not installed", raw.file, advice=advice)) from error
    said: pd.Series[Any] = raw.frame[column]
    index = _indexes(said)
    valid = np.array([h3.is_valid_cell(one) for one in index.tolist()], dtype=bool)
    faults = [
        Fault(f"{str(said.iloc[at])!r} is no H3 cell", raw.file, int(raw.rows[at]), column,
              "give the 15 hexadecimal digits as text, or the whole number, or rename the column")
        for at in np.flatnonzero(~valid)
    ]  # fmt: skip
    index, rows = index[valid], raw.rows[valid]
    faults += _counted_twice(index, rows, raw.file, column)
    lat, lon = np.array([h3.cell_to_latlng(one) for one in index.tolist()]).reshape(-1, 2).T
    frame = raw.frame[valid].drop(columns=["lon", "lat", "cell_id", "area_km2"], errors="ignore")
    placed = frame.assign(
        lon=lon, lat=lat, cell_id=[f"{one:x}" for one in index.tolist()], area_km2=_areas(h3, index)
    )
    return replace(raw, frame=placed, rows=rows, faults=(*raw.faults, *faults))


def _indexes(said: pd.Series[Any]) -> Indexes:
    """Return H3 ids as numbers, 0 for what is none; floats have lost their last digits."""
    if pd.api.types.is_integer_dtype(said):
        return said.fillna(0).to_numpy(dtype=np.int64).astype(np.uint64)
    text = (
        said.astype(object).where(said.notna(), "").astype(str).str.strip().str.removeprefix("0x")
    )
    index = np.zeros(len(text), dtype=np.uint64)
    for pattern, base in ((_HEX, 16), (_DECIMAL, 10)):
        fits = text.str.fullmatch(pattern).to_numpy(dtype=bool)
        index[fits] = [int(one, base) for one in text[fits]]
    return index


def _counted_twice(index: Indexes, rows: Rows, file: str, column: str) -> list[Fault]:
    """Return a fault for each cell that lies in a larger one of the table."""
    size = (index >> np.uint64(52)) & np.uint64(15)
    faults = []
    for coarse in np.unique(size)[:-1]:
        large = np.flatnonzero(size == coarse)
        small = np.flatnonzero(size > coarse)
        first = dict(zip(index[large].tolist(), rows[large].tolist(), strict=True))
        parents = _parents(index[small], int(coarse)).tolist()
        faults += [
            Fault(f"it lies in {parent:x}, which stands in row {first[parent]}", file,
                  int(rows[at]), column, "count its people in one of the two")
            for at, parent in zip(small, parents, strict=True)
            if parent in first
        ]  # fmt: skip
    return faults


def _parents(index: Indexes, size: int) -> Indexes:
    """Return the cell of a coarser size around each: its bits are described at h3geo.org."""
    unused = np.uint64((1 << 3 * (_FINEST - size)) - 1)
    sizeless = index & ~np.uint64(15 << 52)
    return np.asarray(sizeless | np.uint64(size << 52) | unused)


def _areas(h3: Any, index: Indexes) -> Floats:
    """Return the area of each cell on the ellipsoid; the last vertex stands in for missing ones."""
    rings = np.empty((len(index), _VERTICES_AT_MOST, 2))
    for at, one in enumerate(index.tolist()):
        ring = h3.cell_to_boundary(one)
        rings[at, : len(ring)] = ring
        rings[at, len(ring) :] = ring[-1]
    return areas_km2(rings[:, :, 1], rings[:, :, 0])
