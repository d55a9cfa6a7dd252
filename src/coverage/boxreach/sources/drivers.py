"""Layers as GDAL reads them, held against what it would lose in silence."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from shapely.errors import ShapelyError

from boxreach.errors import Fault, InputError
from boxreach.sources.databases import is_unsaved
from boxreach.sources.geojson import Features, begins_as_json
from boxreach.sources.json_texts import restore_texts
from boxreach.sources.markup import is_xml
from boxreach.sources.unread import warn_of_unread
from boxreach.suggestions import suggest

_NOTHING_ELSEWHERE = {
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",  # the port where nobody answers
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
}
"""What keeps drivers from following the addresses in a file."""

_AS_WRITTEN = {"OGR_GEOJSON_DATE_AS_STRING": "YES", "GML_FIELDTYPES": "ALWAYS_STRING"}
"""What keeps drivers from taking ids like 05-04-26 for days, and texts for numbers."""

_MIDNIGHT = re.compile(r"T00:00:00(?:\.0*)?(?:Z|\+00:00)?$")
_MADE_UP = {"", "fid", "ogc_fid"}
"""What drivers call the number of a row where a file has none of its own."""


@contextmanager
def undisturbed(path: Path) -> Iterator[Path]:
    """Give a file, or a copy of one beside which reading would leave or change something.

    The driver of GML, whatever a file of it is called, writes what it guessed beside the file, and
    believes what others wrote there. SQLite saves the changes that stand in a log beside a file.
    """
    log = path.with_name(f"{path.name}-wal")
    if not (is_xml(path) or is_unsaved(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(path, folder))
        if log.exists():
            shutil.copy(log, folder)
        yield copy


def read_with_gdal(path: Path, layer: str | None, features: Features | None) -> object:
    """Read a layer of a file, days as texts.

    Parameters
    ----------
    path
        The file.
    layer
        The layer; None for the only one.
    features
        What stands in it, where it is GeoJSON.

    Raises
    ------
    InputError
        If there is no such layer, a shape or a day of it is none, or less is read than it holds.
    """
    import pyogrio  # noqa: PLC0415 - networks that are built already need no file

    options = _NOTHING_ELSEWHERE | _AS_WRITTEN
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        warn_of_unread(path, names)
        return _read(path, _choose(names, layer, path.name), layer or "", features)
    finally:
        pyogrio.set_gdal_config_options(before)


def _read(path: Path, chosen: str, layer: str, features: Features | None) -> Any:
    told = _describe(path, chosen)
    key = "id" if features is not None and features.are_numbered() else told.get("fid_column", "")
    key = "" if key.casefold() in _MADE_UP else key
    try:
        # Arrow would make 2 March of 30 February.
        frame: Any = gpd.read_file(
            path, layer=chosen, use_arrow=False, datetime_as_string=True, fid_as_index=bool(key)
        )
    except ValueError as error:
        if "out of range" not in str(error):
            raise
        feature = _first_undated(path, chosen)
        what, advice = f"a date of it is none ({error})", "write dates like 2026-03-31"
        fault = Fault(what, path.name, advice=advice, layer=layer, feature=feature)
        raise InputError(fault) from error
    except ShapelyError as error:
        drawn = gpd.read_file(path, layer=chosen, on_invalid="ignore", use_arrow=False)
        raise InputError(*_undrawable(drawn, path.name, layer)) from error
    _require_all(len(frame), told, path.name)
    if features is not None:
        features.require_all(len(frame), path.name)
    if key:
        frame = frame.reset_index(names=key, drop=key in frame)
    return _tidy(path, frame, chosen, told, features)


def _describe(path: Path, layer: str) -> dict[str, Any]:
    """Return what a driver says of a layer: of JSON and XML nothing, as it would read it for it."""
    from pyogrio import read_info  # noqa: PLC0415

    return {} if is_xml(path) or begins_as_json(path) else read_info(path, layer=layer)


def _require_all(rows: int, told: dict[str, Any], file: str) -> None:
    """Raise `InputError` where fewer features are read than a FlatGeobuf says it holds."""
    if told.get("driver") == "FlatGeobuf" and told["features"] > rows:
        what = f"it holds {rows:,} features and says that it holds {told['features']:,}"
        raise InputError(Fault(what, file, advice="copy or download it again"))


def _tidy(
    path: Path, frame: Any, layer: str, told: dict[str, Any], features: Features | None
) -> Any:
    """Return a frame with its texts as they were written, and nothing that is none of its own."""
    if is_xml(path):  # the box around each feature of GML
        return frame.drop(columns=["lowerCorner", "upperCorner"], errors="ignore")
    if (features is None or features.in_lines) and begins_as_json(path):
        restore_texts(path, frame, layer)
    for name, kind in zip(told.get("fields", ()), told.get("dtypes", ()), strict=True):
        if str(kind).startswith("datetime64") and list(frame.columns).count(name) == 1:
            days = frame[name].str.replace(_MIDNIGHT, "", regex=True)
            # Days that are kept as their beginning.
            if not days.str.contains("T", na=False).any():
                frame[name] = days
    return frame


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
