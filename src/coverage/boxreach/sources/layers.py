"""Layers of shapes in any file that GDAL reads, and GeoParquet."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.errors import ShapelyError

from boxreach.crs import to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.raw_table import RawTable
from boxreach.tables import suggest

_FEW_ROWS = 100_000
"""So many rows are no burden, however few bytes hold them."""


def read_layer(path: Path, layer: str | None = None) -> RawTable:
    """Read a layer, shapes in EPSG:4326; what its driver mends is a `DataWarning`.

    Raises
    ------
    InputError
        If nothing of the file can be understood as a layer.
    """
    return raw_layer(read_frame(path, layer), path.name)


def read_frame(path: Path, layer: str | None = None) -> Any:
    """Read a layer as it is, a plain table too; what its driver mends is a `DataWarning`.

    Raises
    ------
    InputError
        If nothing of the file can be understood as a layer.
    """
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415 - it is large

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            frame = _read(path, layer)
        except ImportError as error:
            advice = "pip install boxreach[parquet], or save the layer as GeoPackage"
            raise InputError(Fault("pyarrow is not installed", path.name, advice=advice)) from error
        except InputError:
            raise
        except (DataSourceError, DataLayerError, ShapelyError, ValueError, OSError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            if "must contain 0 or >1 elements" in said:
                said = "a line of it has one point"
            what = f"it cannot be read as a map layer ({said})"
            raise InputError(Fault(what, path.name, advice="check the file")) from error
    for message in dict.fromkeys(str(one.message) for one in heard):
        if not message.startswith("Could not parse column"):  # text that looks like JSON stays text
            warnings.warn(f"{path.name}: {message}", DataWarning, stacklevel=5)
    return frame


def raw_layer(frame: object, file: str) -> RawTable:
    """Return a frame of shapes as a source whose rows are counted from 1."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        what = "it has no geometry"
        raise InputError(Fault(what, file, advice="give points, lines or areas"))
    layer = to_wgs84(frame, file=file)
    if "geometry" not in layer:
        layer = layer.rename_geometry("geometry")
    return RawTable(layer, file, np.arange(1, len(layer) + 1))


def _read(path: Path, layer: str | None) -> object:
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        return _read_parquet(path)
    import pyogrio  # noqa: PLC0415 - networks that are built already need no file

    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    return gpd.read_file(path, layer=_choose(names, layer, path.name))


def _read_parquet(path: Path) -> object:
    from pyarrow.parquet import read_metadata  # noqa: PLC0415 - it is an extra

    known = read_metadata(path)
    _refuse_bomb(path, known.num_rows)
    has_shapes = b"geo" in (known.metadata or {})
    return gpd.read_parquet(path) if has_shapes else pd.read_parquet(path)


def _refuse_bomb(path: Path, rows: int) -> None:
    """Refuse a file that says it holds more rows than bytes: equal rows, packed to fill memory."""
    if rows > max(path.stat().st_size, _FEW_ROWS):
        what = f"it claims {rows:,} rows in {path.stat().st_size:,} bytes"
        raise InputError(Fault(what, path.name, advice="give the table as it was published"))


def _choose(names: list[str], layer: str | None, file: str) -> str:
    if layer is not None and (not isinstance(layer, str) or layer not in names):
        advice = suggest(str(layer), names)
        raise InputError(Fault(f"it has no layer {layer!r}", file, advice=advice))
    if layer is None and len(names) != 1:
        listed = ", ".join(names) or "none"
        what = f"it has {len(names)} layers ({listed})"
        raise InputError(Fault(what, file, advice="name one as layer"))
    return names[0] if layer is None else layer
