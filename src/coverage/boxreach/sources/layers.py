"""Layers of shapes in any file that GDAL reads, and GeoParquet."""

from __future__ import annotations

import re
import shutil
import tempfile
import warnings
from codecs import BOM_UTF8
from dataclasses import replace
from os import SEEK_END
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS
from pyproj.exceptions import ProjError
from shapely.errors import ShapelyError

from boxreach.arguments import shown
from boxreach.crs import to_wgs84
from boxreach.errors import CRSError, DataWarning, Fault, InputError
from boxreach.sources.archives import is_archive, open_inside, refuse_archive_bomb
from boxreach.sources.databases import require_sound
from boxreach.sources.disguises import require_layer
from boxreach.sources.geojson import require_features, require_written_days
from boxreach.sources.mapinfo import require_both_parts
from boxreach.sources.markup import is_xml, require_well_formed
from boxreach.sources.parquet import read_parquet
from boxreach.sources.raw_table import RawTable
from boxreach.sources.shapefiles import require_whole
from boxreach.suggestions import suggest

_NO_NEWS = ("Could not parse column", "invalid value encountered in from_wkb")
"""Texts that look like JSON stay texts; shapes with NaN are told as faults."""

_NOTHING_ELSEWHERE = {
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",  # the port where nobody answers
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
}
"""What keeps drivers from following the addresses in a file."""

_AS_WRITTEN = {"OGR_GEOJSON_DATE_AS_STRING": "YES", "GML_FIELDTYPES": "ALWAYS_STRING"}
"""What keeps drivers from taking ids like 05-04-26 for days, and texts for numbers."""

_CRS_NAME = re.compile(
    rb'"crs"\s*:\s*\{\s*"type"\s*:\s*"name"\s*,\s*"properties"\s*:\s*\{\s*"name"\s*:\s*"([^"]+)"'
)
_CRS_ELSEWHERE = re.compile(
    rb'"crs"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*?"type"\s*:\s*"(?:link|url)"', re.IGNORECASE
)
_END_BYTES = 8_192
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
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415 - it is large

    _require_sound(path)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            frame = _read(path, layer)
        except ImportError as error:
            advice = "pip install boxreach[parquet], or save the layer as GeoPackage"
            raise InputError(Fault("pyarrow is not installed", path.name, advice=advice)) from error
        except InputError:
            raise
        except (UnicodeDecodeError, UnboundLocalError) as error:  # so pyogrio tells it of a .prj
            what = "a text in it is not UTF-8"
            advice = "save the layer with its texts in UTF-8"
            raise InputError(Fault(what, path.name, advice=advice)) from error
        except (DataSourceError, DataLayerError, ShapelyError, ValueError, OSError) as error:
            what = f"it cannot be read as a map layer ({_said(error, path)})"
            packed = is_archive(path)
            advice = "unpack it, and give the layer that is in it" if packed else "check the file"
            raise InputError(Fault(what, path.name, advice=advice)) from error
    for message in dict.fromkeys(str(one.message) for one in heard):
        if not message.startswith(_NO_NEWS):
            fault = Fault(message.replace(f"{path.parent}/", ""), path.name)
            warnings.warn(DataWarning(fault), stacklevel=5)
    return frame


def _require_sound(path: Path) -> None:
    """Raise `InputError` for what drivers would read over, or should not look into."""
    refuse_archive_bomb(path)
    require_layer(path)
    require_well_formed(path)
    require_sound(path)
    if path.suffix.lower() == ".shp" or is_archive(path):
        require_whole(path)
    if path.suffix.lower() == ".mif" or is_archive(path):
        require_both_parts(path)
    _require_known_crs(path)
    require_features(path)


def _require_known_crs(path: Path) -> None:
    """Raise `CRSError` for GeoJSON that names a system nobody knows: it would be taken for none."""
    with open_inside(path) as source:
        ends = source.read(_END_BYTES)
        if not ends.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
            return  # it is something else than GeoJSON
        source.seek(max(source.seek(0, SEEK_END) - _END_BYTES, 0))
        ends += source.read()
    if _CRS_ELSEWHERE.search(ends):
        what = "its coordinate reference system is told elsewhere, by a link"
        advice = "save the layer in WGS 84, EPSG:4326"
        raise CRSError(Fault(what, path.name, advice=advice))
    for name in dict.fromkeys(_CRS_NAME.findall(ends)):
        said = name.decode("utf-8", "replace")
        try:
            CRS.from_user_input(said)
        except ProjError as error:
            what = f"it names a coordinate reference system that is not known: {shown(said)}"
            advice = "name the one it is in, like urn:ogc:def:crs:EPSG::32638"
            raise CRSError(Fault(what, path.name, advice=advice)) from error


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


def _read(path: Path, layer: str | None) -> object:
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        return read_parquet(path)
    import pyogrio  # noqa: PLC0415 - networks that are built already need no file

    options = _NOTHING_ELSEWHERE | _AS_WRITTEN
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        if not is_xml(path):
            return _read_with_gdal(path, layer)
        # The driver of GML, whatever a file of it is called, writes what it guessed beside the
        # file, and believes what others wrote there.
        with tempfile.TemporaryDirectory() as folder:
            frame: Any = _read_with_gdal(Path(shutil.copy(path, folder)), layer)
        # The box around each feature is none of its columns.
        return frame.drop(columns=["lowerCorner", "upperCorner"], errors="ignore")
    finally:
        pyogrio.set_gdal_config_options(before)


def _read_with_gdal(path: Path, layer: str | None) -> object:
    import pyogrio  # noqa: PLC0415 - networks that are built already need no file

    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    chosen = _choose(names, layer, path.name)
    try:
        # Arrow would make 2 March of 30 February.
        frame = gpd.read_file(path, layer=chosen, use_arrow=False)
        require_written_days(path, frame, chosen)
        _require_all(path, chosen, len(frame))
        return frame
    except ValueError as error:
        if "out of range" not in str(error):
            raise
        feature = _first_undated(path, chosen)
        what, advice = f"a date of it is none ({error})", "write dates like 2026-03-31"
        fault = Fault(what, path.name, advice=advice, layer=layer or "", feature=feature)
        raise InputError(fault) from error
    except ShapelyError as error:
        drawn = gpd.read_file(path, layer=chosen, on_invalid="ignore", use_arrow=False)
        raise InputError(*_undrawable(drawn, path.name, layer or "")) from error


def _require_all(path: Path, layer: str, rows: int) -> None:
    """Raise `InputError` for a FlatGeobuf that says it holds more: what is cut off is not told."""
    from pyogrio import read_info  # noqa: PLC0415

    told = read_info(path, layer=layer)
    if told["driver"] == "FlatGeobuf" and told["features"] > rows:
        what = f"it holds {rows:,} features and says that it holds {told['features']:,}"
        raise InputError(Fault(what, path.name, advice="copy or download it again"))


def _first_undated(path: Path, layer: str) -> int:
    """Return the number of the first feature with a date that is none, by halving."""
    from pyogrio import read_dataframe, read_info  # noqa: PLC0415

    good, bad = 0, int(read_info(path, layer=layer, force_feature_count=True)["features"])
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            read_dataframe(path, layer=layer, max_features=middle, read_geometry=False)
            good = middle
        except ValueError:
            bad = middle
    return bad


def _undrawable(frame: gpd.GeoDataFrame, file: str, layer: str) -> list[Fault]:
    """Return a fault for each feature whose shape cannot be drawn, and is none therefore."""
    advice = "give a line two points, and a ring four, the last like the first"
    what = "its shape cannot be drawn"
    return [
        Fault(what, file, column="geometry", advice=advice, layer=layer, feature=int(at) + 1)
        for at in np.flatnonzero(frame.geometry.isna())
    ]


def _choose(names: list[str], layer: str | None, file: str) -> str:
    if layer is not None and (not isinstance(layer, str) or layer not in names):
        advice = suggest(str(layer), names)
        raise InputError(Fault(f"it has no layer {layer!r}", file, advice=advice))
    if layer is None and len(names) != 1:
        listed = ", ".join(names) or "none"
        what = f"it has {len(names)} layers ({listed})"
        raise InputError(Fault(what, file, advice="name one as layer"))
    return names[0] if layer is None else layer
