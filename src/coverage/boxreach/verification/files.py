"""The files of a run: whether all are there and as they were written, and what tables hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from boxreach.errors import Fault, InputError
from boxreach.sources.databases import require_sound
from boxreach.text import quote_formula
from boxreach.verification.archive import DAMAGE, require_loose
from boxreach.verification.ledger import Ledger, to_numbers

RUN = "run.json"
COMPARISON = "comparison.json"
"""The record of a comparison of two runs."""
SUMMARY = "summary.json"

_ADVICE = "give the folder that boxreach run wrote"
_LONGEST_JSON = 2**28
_SQLITE = b"SQLite format 3\0"
_METRES = 0.0000011
"""Places are written with six digits of a degree; another format may round the last."""


def read_record(folder: Path, name: str = RUN) -> dict[str, Any]:
    """Return the record of a run, or raise `InputError` if the folder holds none."""
    if not folder.is_dir():
        raise InputError(Fault("there is no such folder", str(folder), advice=_ADVICE))
    try:
        record = json.loads(_read_text(folder / name))
        outputs = record["outputs"]
        if not isinstance(outputs, dict):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        what = f"its {name} is missing, damaged or of a version that kept no outputs"
        raise InputError(Fault(what, str(folder), advice=_ADVICE)) from error
    if not outputs:  # nothing could differ, and nothing would be shown by that
        what = f"its {RUN} names no outputs, so there is nothing to verify"
        raise InputError(Fault(what, str(folder), advice=_ADVICE))
    return dict(record)


def hash_files(folder: Path) -> dict[str, str]:
    """Return the hash of every file in a folder, but for its record."""
    return {
        path.name: _hash(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != RUN
    }


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_text(path: Path) -> str:
    """Return the text of a file of JSON, which takes ten times its size when it is read."""
    if path.stat().st_size > _LONGEST_JSON:
        raise ValueError(f"it has more than {_LONGEST_JSON:,} bytes")
    return path.read_text(encoding="utf-8")


def check_files(folder: Path, record: dict[str, Any], ledger: Ledger) -> None:
    """Note every file that is missing or is not as the run wrote it."""
    found = hash_files(folder)
    for name, expected in record["outputs"].items():
        ledger.count("files")
        if name not in found:
            ledger.say(name, "", "", "no such file", "a file")
        elif found[name] != expected:
            ledger.say(name, "", "sha256", found[name][:12], str(expected)[:12])


def read_table(path: Path, ledger: Ledger, needs: Sequence[str] = ()) -> pd.DataFrame | None:
    """Return a CSV as text, None where it is missing, cannot be read, or lacks a needed column."""
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # pandas raises ValueErrors for what is no CSV
        ledger.say(path.name, "", "", f"no table ({error})", "a table")
        return None
    missing = [one for one in needs if one not in table]
    for one in missing:
        ledger.say(path.name, "", one, "no such column", "a column")
    return None if missing else table.fillna("")


def read_json(path: Path, ledger: Ledger) -> dict[str, Any] | None:
    """Return a JSON object, None where it is missing or is none, which is noted."""
    if not path.is_file():
        return None
    try:
        value = json.loads(_read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        ledger.say(path.name, "", "", f"no JSON ({error})", "JSON")
        return None
    if not isinstance(value, dict):
        ledger.say(path.name, "", "", f"JSON of type {type(value).__name__}", "an object")
        return None
    return value


def read_layer(path: Path, ledger: Ledger) -> pd.DataFrame | None:
    """Return the properties of GeoJSON as text, and where points lie."""
    collection = read_json(path, ledger)
    if collection is None:
        return None
    features = collection.get("features")
    if not isinstance(features, list) or not all(map(_is_feature, features)):
        ledger.say(path.name, "", "features", "none, or some that are no features", "features")
        return None
    table = pd.DataFrame([one["properties"] for one in features], dtype=object)
    points = [one["geometry"] or {} for one in features]
    if points and all(one.get("type") == "Point" for one in points):
        for at, axis in enumerate(("lon", "lat")):
            table[axis] = [one["coordinates"][at] for one in points]
    return _as_text(table)


def _is_feature(value: object) -> bool:
    """Tell whether it has properties, and a geometry or null; of a point two numbers at least."""
    if not isinstance(value, dict) or not isinstance(value.get("properties"), dict):
        return False
    geometry = value.get("geometry", ())
    if not isinstance(geometry, dict):
        return geometry is None
    place = geometry.get("coordinates")
    return geometry.get("type") != "Point" or (isinstance(place, list) and len(place) >= 2)


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(object).map(_written)


def _written(value: object) -> str:
    """Return a value as CSV has it: what is not known is blank, and no text is a formula."""
    if isinstance(value, str):
        return quote_formula(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def check_repeats(folder: Path, ledger: Ledger) -> None:
    """Compare every table that is written a second time, in another format, with its CSV."""
    for path in sorted(folder.iterdir()):
        check = _REPEATS.get(path.suffix)
        if check is not None and path.name != "areas.geojson":
            ledger.attempt(path.name, partial(check, path, ledger))


def _check_layer(path: Path, ledger: Ledger) -> None:
    _compare(path.name, read_layer(path, ledger), path.with_suffix(".csv"), ledger)


def _check_package(path: Path, ledger: Ledger) -> None:
    try:
        _require_package(path)
        names = [str(one) for one in pyogrio.list_layers(path)[:, 0]]
        layers = {name: gpd.read_file(path, layer=name) for name in names}
    except (OSError, ValueError, pyogrio.errors.DataSourceError) as error:
        ledger.say(path.name, "", "", f"no layers ({error})", "layers")
        return
    for name, layer in layers.items():
        plain = pd.DataFrame(layer)
        if isinstance(layer, gpd.GeoDataFrame):
            shapes = layer.geometry.to_numpy()
            plain = plain.drop(columns=layer.geometry.name)
            if len(shapes) and (shapely.get_type_id(shapes) == 0).all():
                plain["lon"], plain["lat"] = shapely.get_x(shapes), shapely.get_y(shapes)
        _compare(f"{path.name}:{name}", _as_text(plain), path.parent / f"{name}.csv", ledger)


def _require_package(path: Path) -> None:
    """Raise `ValueError` for what is no sound GeoPackage: GDAL would follow links in it, too."""
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            raise ValueError("it is no SQLite database")
    require_sound(path)


def _check_workbook(path: Path, ledger: Ledger) -> None:
    try:
        require_loose(path)
        sheets = pd.read_excel(path, sheet_name=None, dtype=object, keep_default_na=False)
    except ImportError:
        ledger.notes.append(f"{path.name}: openpyxl, which reads it, is not installed")
        return
    except DAMAGE as error:
        ledger.say(path.name, "", "", f"no workbook ({error})", "sheets")
        return
    for name, sheet in sheets.items():
        _compare(f"{path.name}:{name}", _as_text(sheet), path.parent / f"{name}.csv", ledger)


def _compare(file: str, table: pd.DataFrame | None, csv: Path, ledger: Ledger) -> None:
    """Compare a table with the CSV of the same name, if there is one."""
    original = read_table(csv, Ledger())
    if table is None or original is None or original.empty:
        return
    key = str(original.columns[0])
    if key not in table:
        ledger.say(file, "", key, "no such column", "a column")
        return
    rows = original[key].tolist()
    if not ledger.same_rows(file, table[key].tolist(), rows):
        return
    for name in table.columns.intersection(original.columns):
        found, right = table[name].to_numpy(), original[name].to_numpy()
        numbers = to_numbers(right)
        if np.isnan(numbers[right != ""]).any() or (right == "").all():
            ledger.words(file, str(name), rows, found, right)
        else:
            tolerance = _METRES if name in ("lon", "lat") else 0.0
            ledger.numbers(file, str(name), rows, found, numbers, tolerance)


_REPEATS = {".geojson": _check_layer, ".gpkg": _check_package, ".xlsx": _check_workbook}
