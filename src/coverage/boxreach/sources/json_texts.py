"""Texts of JSON that the driver of GDAL takes for days: they are put back as they were written."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.archives import open_inside
from boxreach.sources.geojson import parse, separator_of

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
        If days were read in it, and it holds other features than were read.

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
        data = stream.read()
    found = _properties(data.decode("utf-8-sig"), layer)
    if len(found) != len(frame):
        what = f"{len(found):,} features stand in it, and {len(frame):,} were read"
        raise InputError(Fault(what, path.name, advice="save the layer as GeoJSON"))
    for name in columns:
        said = [one.get(name) for one in found]
        if any(isinstance(one, str) for one in said):
            texts = [
                one if isinstance(one, str) else read
                for one, read in zip(said, frame[name], strict=True)
            ]
            frame[name] = pd.Series(texts, index=frame.index, dtype=object)
        else:
            _warn_of_moments(frame[name], path.name)


def _texts(frame: Any) -> Iterable[str]:
    """Return the columns that stand once and hold texts."""
    once = ~frame.columns.duplicated(keep=False)
    return [
        name for name, kind in frame.dtypes[once].items()
        if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind)
    ]  # fmt: skip


def _are_days(values: Any) -> bool:
    """Tell whether a column begins like one of days, or of hours, that GDAL made."""
    first = next((one for one in values if isinstance(one, str | dt.time)), "")
    return isinstance(first, dt.time) or _DAY.fullmatch(first) is not None


def _warn_of_moments(values: Any, file: str) -> None:
    odd = next((one for one in values.dropna() if not _MIDNIGHT.fullmatch(str(one))), None)
    if odd is not None:
        what = f"its times are those of UTC, like {odd}: the day may be another where they were set"
        fault = Fault(what, file, column=str(values.name), advice="write days like 2026-03-31")
        warnings.warn(DataWarning(fault), stacklevel=2)


def _properties(text: str, layer: str) -> list[dict[str, Any]]:
    """Return the properties of each feature of a layer of JSON, whatever its dress."""
    whole = parse(text)
    if not isinstance(whole, dict):
        records = text.split(separator_of(text))
        features: Any = [parse(one) for one in records if one.strip()]
    elif whole.get("type") == "Topology":
        objects = whole.get("objects")
        one = objects.get(layer) if isinstance(objects, dict) else None
        features = one.get("geometries", [one]) if isinstance(one, dict) else []
    else:
        features = whole.get("features", [whole])
    return [_properties_of(one) for one in features if isinstance(features, list)]


def _properties_of(feature: object) -> dict[str, Any]:
    if not isinstance(feature, dict):
        return {}
    found = feature.get("properties", feature.get("attributes"))
    return found if isinstance(found, dict) else {}
