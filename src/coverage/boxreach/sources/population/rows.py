"""Tables and layers of people: points, polygons, and H3 cells by their ids."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api.types import is_numeric_dtype

from boxreach.arguments import require_names
from boxreach.crs import Floats, polygon_areas_km2
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.byte_texts import byte_faults, decode_texts, holds_bytes
from boxreach.sources.csv_table import read_csv
from boxreach.sources.layers import raw_layer, read_frame
from boxreach.sources.population.cells import Cells
from boxreach.sources.population.hexagons import H3_COLUMNS, place_hexagons
from boxreach.sources.population.lattice import lattice_areas_km2
from boxreach.sources.population.units import UnitName, tell_unit
from boxreach.sources.raw_table import RawTable, build_table
from boxreach.sources.shapes import Shapes, inner_points, mend_outlines
from boxreach.sources.sum_rows import require_no_sums
from boxreach.tables import PEOPLE, Column, Schema, missing_faults

_POPULATION = Schema(
    "population",
    "cell_id",
    ("Point", "Polygon", "MultiPolygon"),
    (
        replace(PEOPLE, required=True, also="population"),
        Column("area_km2", "number", minimum=0, maximum=6e8),
    ),
    id_required=False,
)


def read_rows(
    path: Path,
    unit: UnitName | None = None,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Cells:
    """Read the rows of a table or layer in which somebody lives.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once.
    """
    raw, given = _with_hexagons(_read(path, layer), require_names(columns))
    column = _people_column(raw, given)
    told = tell_unit(unit, {f"the column {column}": column, "its name": raw.file}, raw.file)
    table = build_table(raw, _POPULATION, columns=given)
    if told.name != "density":
        require_no_sums(table, ["people"], raw.file, raw.place_rows)
    shapes = mend_outlines(table.geometry.to_numpy(), "cells", file=raw.file)
    points = inner_points(shapes)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    areas = _areas_km2(table, shapes)
    people = table["people"].to_numpy()
    if told.name == "density":
        areas = _known_areas_km2(areas, lon, lat, raw.file, column)
        people = people * areas
    lived_in = people > 0
    ids = table.index.to_numpy(dtype=object)[lived_in]
    lon, lat, people, areas = (one[lived_in] for one in (lon, lat, people, areas))
    return Cells(lon, lat, people, areas, ids, told)


def _read(path: Path, layer: str | None) -> RawTable:
    if path.suffix.lower() == ".csv":
        return read_csv(path)
    frame = read_frame(path, layer)
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        return raw_layer(decode_texts(frame), path.name)
    plain: pd.DataFrame = decode_texts(pd.DataFrame(frame).rename(columns=str))
    for name in plain:
        if not (is_numeric_dtype(plain[name]) or holds_bytes(plain[name])):
            plain[name] = plain[name].map(_as_text)
    return RawTable(plain, path.name, np.arange(1, len(plain) + 1))


def _as_text(value: Any) -> str:
    return "" if pd.isna(value) is True else str(value)


def _with_hexagons(raw: RawTable, given: dict[str, str]) -> tuple[RawTable, dict[str, str]]:
    """Return a table whose H3 ids are places, or are the names of its shapes."""
    known = next((one for one in H3_COLUMNS if one in raw.frame), None)
    column = given.pop("h3", known)
    if column is None:
        return raw, given
    names = [str(one) for one in raw.frame.columns]
    if missing := missing_faults([column], names, file=raw.file, header_row=raw.header_row):
        raise InputError(*missing)
    if faults := byte_faults(raw.frame, [column], file=raw.file, rows=raw.rows):
        raise InputError(*faults)
    if isinstance(raw.frame, gpd.GeoDataFrame):
        has_ids = "cell_id" in raw.frame or "cell_id" in given
        return raw, given if has_ids else {**given, "cell_id": column}
    return place_hexagons(raw, column), {
        ours: name
        for ours, name in given.items()
        if ours not in {"lon", "lat", "cell_id", "area_km2"}
    }


def _people_column(raw: RawTable, given: Mapping[str, str]) -> str:
    return given.get("people", "people" if "people" in raw.frame else "population")


def _areas_km2(table: gpd.GeoDataFrame, shapes: Shapes) -> Floats:
    """Return the area of each polygon, and of a point what the table says of it."""
    said = table["area_km2"].to_numpy() if "area_km2" in table else np.full(len(table), np.nan)
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    areas = np.array(said, dtype=np.float64)
    areas[~is_point] = polygon_areas_km2(shapes[~is_point])
    return areas


def _known_areas_km2(areas: Floats, lon: Floats, lat: Floats, file: str, column: str) -> Floats:
    """Return the areas that turn densities into people, or refuse points that have none."""
    unknown = np.isnan(areas)
    if not unknown.any():
        return areas
    found = lattice_areas_km2(lon, lat) if unknown.all() else None
    if found is None:
        what = f"people per km² of {int(unknown.sum())} points without an area are no people"
        advice = 'give area_km2, or say unit = "count" if they are people'
        raise InputError(Fault(what, file, None, column, advice))
    what = (
        f"its points lie on a square lattice of degrees and are taken for the centres of"
        f" its cells, of {found.min():.4g} to {found.max():.4g} km²"
    )
    warnings.warn(DataWarning(Fault(what, file)), stacklevel=4)
    return found
