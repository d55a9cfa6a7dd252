"""Tables and records as files: whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.errors import Fault, InputError
from boxreach.text import quote_formula

OUTPUT_FILES = frozenset(
    {
        "areas.csv",
        "bridges.csv",
        "frontier.csv",
        "gaps.csv",
        "map.html",
        "posts.csv",
        "posts.geojson",
        "proposals.csv",
        "proposals.geojson",
        "reach.csv",
        "report.html",
        "run.json",
        "summary.json",
    }
)
"""Every file a run may write; a folder that holds others is not replaced."""

_DEGREE_DIGITS = 6


@contextmanager
def output_folder(path: str | Path) -> Iterator[Path]:
    """Give a folder to write into, which takes the place of `path` only when all went well.

    An earlier run's outputs at `path` are replaced as a whole. A folder that holds anything
    else is refused, so that nothing of its owner's is lost.
    """
    path = Path(path).absolute()
    _refuse_foreign(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        _refuse_foreign(path)
        if path.exists():
            earlier = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
            path.replace(earlier)
            unfinished.replace(path)
            shutil.rmtree(earlier)
        else:
            unfinished.replace(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _refuse_foreign(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise InputError(Fault("it is a file", str(path), advice="name a folder with -o"))
    held = {one.name for one in path.iterdir()} if path.exists() else set()
    foreign = sorted(held - OUTPUT_FILES)
    if foreign:
        what = f"the folder holds what no run wrote ({', '.join(foreign[:3])})"
        raise InputError(Fault(what, str(path), advice="name a new or empty folder with -o"))


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV in UTF-8 with a byte order mark, points as ``lon`` and ``lat``.

    Whole numbers are written without a fraction, unknown ones as blanks, and text that a
    spreadsheet would run as a formula with an apostrophe before it.
    """
    plain = _plain(table)
    for name in plain.columns:
        if plain[name].dtype == object or pd.api.types.is_string_dtype(plain[name]):
            plain[name] = [quote_formula(str(one)) for one in plain[name].fillna("")]
    named = isinstance(table.index.name, str)
    plain.to_csv(path, index=named, encoding="utf-8-sig", lineterminator="\n")


def write_geojson(path: Path, table: gpd.GeoDataFrame) -> None:
    """Write a table as GeoJSON (EPSG:4326, about 0.1 m), ids among the properties."""
    plain = _plain(table.drop(columns=table.geometry.name)).reset_index()
    shapes = [json.loads(one) for one in shapely.to_geojson(_rounded(table))]
    features = [
        {
            "type": "Feature",
            "properties": {key: _value(value) for key, value in row.items()},
            "geometry": shape,
        }
        for row, shape in zip(plain.to_dict("records"), shapes, strict=True)
    ]
    write_json(path, {"type": "FeatureCollection", "features": features})


def write_json(path: Path, value: object) -> None:
    """Write a record as JSON that people can read, keys in the order given."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with numbers as they should be read and points as two columns."""
    plain = pd.DataFrame(table.copy())
    if isinstance(table, gpd.GeoDataFrame):
        plain = plain.drop(columns=table.geometry.name)
        if (table.geom_type == "Point").all():
            plain["lon"] = table.geometry.x.round(_DEGREE_DIGITS)
            plain["lat"] = table.geometry.y.round(_DEGREE_DIGITS)
    for name in plain.columns:
        if pd.api.types.is_float_dtype(plain[name]):
            plain[name] = _tidy(plain[name], str(name))
    return plain


def _tidy(values: pd.Series[float], name: str) -> pd.Series[float]:
    known = values.dropna()
    if (known % 1 == 0).all() and (known.abs() < 2**53).all():
        return values.astype("Int64")
    if name in {"lon", "lat"}:
        return values
    return values.round(6 if name.startswith("share") else 3)


def _rounded(table: gpd.GeoDataFrame) -> np.ndarray:
    return np.asarray(
        shapely.transform(table.geometry.to_numpy(), lambda xy: np.round(xy, _DEGREE_DIGITS))
    )


def _value(value: object) -> object:
    if value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
