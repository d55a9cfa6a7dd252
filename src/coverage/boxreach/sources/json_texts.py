"""Texts of JSON that the driver of GDAL takes for days: they are put back as they were written."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.archives import open_inside
from boxreach.sources.geojson import parse

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9:]+)?)?")
_MIDNIGHT = re.compile(r"[^T]*(?:T00:00:00(?:\.0*)?(?:Z|\+00:00)?)?")


def restore_texts(path: Path, frame: Any, layer: str) -> None:
    """Put texts of JSON that GDAL took for days back into a frame.

    It can be told to leave those of GeoJSON alone, but not those of features by line or of
    TopoJSON: there it makes 2005 of 05-04-26, be that a day or an id.

    Parameters
    ----------
    path
        Of JSON, or of an archive that holds it alone.
    frame
        What GDAL read of it, with days as texts; it is changed.
    layer
        The layer.

    Raises
    ------
    InputError
        If it holds other features than were read.

    Warns
    -----
    DataWarning
        If the file counts moments (ESRI JSON) that are no midnights in UTC: of another day,
        perhaps, where they were written.
    """
    columns = [name for name in _texts(frame) if _are_days(frame[name])]
    if not columns:
        return
    with open_inside(path) as stream:
        found = _properties(stream.read().decode("utf-8-sig"), layer)
    if len(found) != len(frame):
        what = f"{len(found):,} features stand in it, and {len(frame):,} were read"
        raise InputError(Fault(what, path.name, advice="save the layer as GeoJSON"))
    for name in columns:
        said = [one.get(name) for one in found]
        if any(type(one) in (int, float) for one in said):
            _warn_of_moments(frame[name], path.name)
        else:
            frame[name] = pd.Series(said, index=frame.index, dtype=object)


def _texts(frame: Any) -> Iterable[str]:
    """Return the columns that stand once and hold texts."""
    once = ~frame.columns.duplicated(keep=False)
    return [
        name for name, kind in frame.dtypes[once].items()
        if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind)
    ]  # fmt: skip


def _are_days(values: Any) -> bool:
    """Tell whether a column begins like one of days that GDAL wrote."""
    first = next((one for one in values if isinstance(one, str)), "")
    return _DAY.fullmatch(first) is not None


def _warn_of_moments(values: Any, file: str) -> None:
    odd = next((one for one in values.dropna() if not _MIDNIGHT.fullmatch(one)), None)
    if odd is not None:
        what = f"its times are those of UTC, like {odd}: the day may be another where they were set"
        fault = Fault(what, file, column=str(values.name), advice="write days like 2026-03-31")
        warnings.warn(DataWarning(fault), stacklevel=2)


def _properties(text: str, layer: str) -> list[dict[str, Any]]:
    """Return the properties of each feature of a layer of JSON, whatever its dress."""
    whole = parse(text)
    if isinstance(whole, dict) and whole.get("type") == "Topology":
        objects = whole.get("objects")
        one = objects.get(layer) if isinstance(objects, dict) else None
        features = one.get("geometries") if isinstance(one, dict) else None
    elif isinstance(whole, dict) and isinstance(whole.get("features"), list):
        features = whole["features"]
    else:
        lines = text.replace("\x1e", "\n").split("\n")
        features = [parse(one) for one in lines if one.strip()]
    return [_properties_of(one) for one in features or []]


def _properties_of(feature: object) -> dict[str, Any]:
    if not isinstance(feature, dict):
        return {}
    found = feature.get("properties", feature.get("attributes"))
    return found if isinstance(found, dict) else {}
