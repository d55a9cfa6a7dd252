"""A layer as GeoParquet."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from boxreach.errors import Fault, InputError
from boxreach.exports.layer import Layer


def write_geoparquet(path: Path, layer: Layer) -> None:
    """Write a layer as GeoParquet, ids as its first column: the same bytes for the same layer.

    Raises
    ------
    InputError
        If pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        advice = "pip install 'boxreach[parquet]'"
        raise InputError(Fault("pyarrow is not installed", str(path), advice=advice))
    table = layer.table()
    # A column of nothing is still one of text, or another program finds no type for it.
    text = [name for name in table.columns if table[name].dtype == object]
    table[text] = table[text].astype("string")
    table.to_parquet(path, index=False, compression="zstd")
