"""A layer as GeoParquet."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

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
    for name in table.columns:
        kind = table[name].dtype
        # A column of nothing is still one of text, or another program finds no type for it; and
        # texts are of one type in the file, however pandas holds them.
        if pd.api.types.is_object_dtype(kind) or isinstance(kind, pd.StringDtype):
            missing = kind.na_value if isinstance(kind, pd.StringDtype) else pd.NA
            table[name] = table[name].astype(pd.StringDtype("pyarrow", na_value=missing))
    table.to_parquet(path, index=False, compression="zstd")
