"""Layers of shapes in any file that GDAL reads, and GeoParquet."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError

from boxreach.arguments import shown
from boxreach.crs import to_wgs84
from boxreach.errors import CRSError, DataWarning, Fault, InputError
from boxreach.sources.archives import is_archive, refuse_archive_bomb
from boxreach.sources.databases import require_sound
from boxreach.sources.disguises import require_layer
from boxreach.sources.drivers import read_with_gdal, undisturbed
from boxreach.sources.geojson import Features, require_features
from boxreach.sources.json_crs import require_same_crs
from boxreach.sources.mapinfo import require_both_parts
from boxreach.sources.markup import require_well_formed
from boxreach.sources.parquet import read_parquet
from boxreach.sources.raw_table import RawTable
from boxreach.sources.shapefiles import require_whole
from boxreach.sources.system_texts import require_plain_systems

_NO_NEWS = ("Could not parse column", "invalid value encountered in from_wkb")
"""Texts that look like JSON stay texts; shapes with NaN are told as faults."""

_LOSSES = ("parsed incompletely", "nteger overflow", "Invalid value type")
"""Values that a driver cut off, or took another number for."""

_GIVE_SHAPES = (
    "give points, lines or areas; a table of places, as in a spreadsheet, is read from UTF-8 CSV"
    " with the columns lon and lat"
)


def read_layer(path: Path, layer: str | None = None) -> RawTable:
    """Read a layer, shapes in EPSG:4326; what its driver mends is a `DataWarning`.

    Raises
    ------
    InputError
        If nothing of the file can be understood as a layer.
    """
    raw = raw_layer(read_frame(path, layer), path.name)
    return replace(raw, called="feature", layer=layer or "")


def read_frame(path: Path, layer: str | None = None) -> Any:
    """Read a layer as it is, a plain table too; what its driver mends is a `DataWarning`.

    Raises
    ------
    InputError
        If nothing of the file can be understood as a layer.
    """
    try:
        with undisturbed(path.absolute()) as source:  # said by its whole path, it is no address
            return _read_frame(source, layer)
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise InputError(Fault(what, path.name, advice="check the file")) from error


def _read_frame(path: Path, layer: str | None) -> Any:
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415 - it is large

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            frame = _read(path, layer, _require_sound(path))
        except ImportError as error:
            advice = "pip install boxreach[parquet], or save the layer as GeoPackage"
            raise InputError(Fault("pyarrow is not installed", path.name, advice=advice)) from error
        except InputError:
            raise
        except (UnicodeDecodeError, UnboundLocalError) as error:  # so pyogrio tells it of a .prj
            what = "a text in it is not UTF-8"
            advice = "save the layer with its texts in UTF-8"
            raise InputError(Fault(what, path.name, advice=advice)) from error
        except ProjError as error:  # GDAL gives the number of a system, which it does not look up
            system = str(error).removeprefix("Invalid projection: ").partition(": (")[0]
            what = f"it names a coordinate reference system that is not known: {shown(system)}"
            raise CRSError(Fault(what, path.name, advice="set the one it is in")) from error
        except (DataSourceError, DataLayerError, ShapelyError, ValueError, OSError) as error:
            what = f"it cannot be read as a map layer ({_said(error, path)})"
            packed = is_archive(path)
            advice = "unpack it, and give the layer that is in it" if packed else "check the file"
            raise InputError(Fault(what, path.name, advice=advice)) from error
    for message in dict.fromkeys(str(one.message) for one in heard if not _is_ours(one)):
        said = Fault(message.replace(f"{path.parent}/", ""), path.name)
        if any(one in message for one in _LOSSES):
            raise InputError(replace(said, advice="save the layer with a column of texts"))
        if not message.startswith(_NO_NEWS):
            warnings.warn(DataWarning(said), stacklevel=6)
    for one in filter(_is_ours, heard):
        warnings.warn(one.message, stacklevel=6)
    return frame


def _is_ours(heard: warnings.WarningMessage) -> bool:
    return isinstance(heard.message, DataWarning)


def _read(path: Path, layer: str | None, features: Features | None) -> Any:
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        return read_parquet(path)
    frame = read_with_gdal(path, layer, features)
    if features is not None and features.crs is not None and isinstance(frame, gpd.GeoDataFrame):
        require_same_crs(features.crs, frame, path.name)
    return frame


def _require_sound(path: Path) -> Features | None:
    """Return the features of GeoJSON; refuse what drivers would read over, or not look into."""
    refuse_archive_bomb(path)
    require_layer(path)
    require_plain_systems(path)
    require_well_formed(path)
    require_sound(path)
    require_whole(path)
    require_both_parts(path)
    return require_features(path)


def _said(error: Exception, path: Path) -> str:
    """Return what a driver says of a file, in one line without the folder."""
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "not recognized as being in a supported file format" in said:
        return "its format is not known"
    return said.replace(f"{path.parent}/", "")


def raw_layer(frame: object, file: str) -> RawTable:
    """Return a frame of shapes as a source whose rows are counted from 1."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        what = "it has no geometry"
        raise InputError(Fault(what, file, advice=_GIVE_SHAPES))
    layer = to_wgs84(frame, file=file)
    if "geometry" not in layer:
        layer = layer.rename_geometry("geometry")
    return RawTable(layer, file, np.arange(1, len(layer) + 1))
