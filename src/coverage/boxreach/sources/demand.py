"""Any layer as demand: points, lines and areas with a weight in a unit of their own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.arguments import number_faults, require_names, require_path, shown
from boxreach.columns import name_faults
from boxreach.crs import WGS84, Floats, line_lengths_m, polygon_areas_km2
from boxreach.errors import Fault, InputError
from boxreach.extents import Bounds
from boxreach.sources.segments import chainage_ids, cut_line
from boxreach.sources.shapes import Shapes, inner_points, mend_outlines
from boxreach.sources.sum_rows import require_no_sums
from boxreach.sources.tabular import read_table, rows_in_file
from boxreach.tables import NAMES, Column, Schema, in_order

_KINDS = {
    "Point": "point", "MultiPoint": "point", "LineString": "line", "MultiLineString": "line",
    "Polygon": "area", "MultiPolygon": "area",
}  # fmt: skip
_MEASURED = {"km": "line", "km2": "area"}
"""Units that a shape has by itself, and the kind of shape that has it."""

_TEXT = tuple(Column(name) for name in (*NAMES, "governorate"))
_NO_WEIGHTS = {"", "demand_id", "lon", "lat", "geometry", *(column.name for column in _TEXT)}
_OF_LINES = ("feature_id", "chainage_from_km", "chainage_to_km")

Kinds = npt.NDArray[np.object_]


def read_demand(
    path: str | Path,
    *,
    unit: str,
    weight: str | None = None,
    segment_km: float = 1.0,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Read what is to be reached besides people: schools, markets, energy sites, pipelines.

    A point is one row. A line is cut into segments of equal geodesic length, each part of it on its
    own, as `boxreach.read_frontier` does. An area is served at its centre or, where that lies
    outside it, at a point inside. A layer may mix them: each feature is taken by its kind.

    Parameters
    ----------
    path
        A layer of points, lines or areas in any CRS, or CSV with ``lon`` and ``lat`` (degrees).
        Optional columns are ``demand_id`` (else the number of the row), ``name``, ``name_ar``,
        ``name_ckb``, ``name_kmr`` and ``governorate``; others pass through.
    unit
        What is counted, and the column that holds it: ``"schools"``, ``"mw"``. ``"km"`` measures
        lines, ``"km2"`` areas on the ellipsoid; everything else is 1 a feature, or its weight.
    weight
        The file's column of numbers, 0 or more, that says how much each feature counts; the
        column named by the unit takes its place. A line shares it over its segments by length.
    segment_km
        The longest a segment of a line may be.
    layer
        The layer to read, where a file has several.
    columns
        The file's own names for our columns, ours first: ``{"demand_id": "site_no"}``.
    bounds
        West, south, east, north of the study area in degrees; shapes far outside are faults.

    Returns
    -------
    geopandas.GeoDataFrame
        Points, and lines (served at their middle), in EPSG:4326, index ``demand_id`` and a column
        named by the unit; ``attrs["unit"]``. With lines in it also ``feature_id``,
        ``chainage_from_km`` and ``chainage_to_km`` (of points and areas NaN); the segments of
        ``pipe-3`` are called ``pipe-3-km-0012.0``, those of its second part ``pipe-3-2-km-0000.0``.

    Raises
    ------
    InputError
        Everything that is wrong with the file, at once: empty shapes, lines without length,
        several points in one feature, weights that are blank or below 0, shapes that do not
        have the unit.

    Warns
    -----
    DataWarning
        How many areas have an outline that crosses itself and was repaired.
    """
    file = require_path(path).name
    columns = require_names(columns)
    _require_arguments(unit, weight, segment_km, file)
    numbers = () if weight is None else (Column(weight, "number", True, 0, 1e15),)
    schema = Schema("demand", "demand_id", tuple(_KINDS), (*_TEXT, *numbers), id_required=False)
    table = read_table(path, schema, layer=layer, columns=columns, bounds=bounds)
    kinds = np.array([_KINDS[one] for one in table.geom_type], dtype=object)
    if faults := _faults(table, kinds, unit, weight, file):
        raise InputError(*rows_in_file(in_order(faults), path, layer))
    if weight is not None:
        require_no_sums(table, [weight], file, partial(rows_in_file, path=path, layer=layer))
    shapes = table.geometry.to_numpy().copy()
    shapes[kinds == "point"] = _single(shapes[kinds == "point"])
    areas = mend_outlines(shapes[kinds == "area"], "areas", file=file)
    shapes[kinds == "area"] = inner_points(areas)
    amounts = np.ones(len(table)) if weight is None else table[weight].to_numpy(dtype=float)
    if unit == "km2":
        amounts = polygon_areas_km2(areas)
    if weight not in {None, unit}:  # on each segment of a line it would count again
        table = table.drop(columns=weight)
    table = table.assign(**{unit: amounts}).set_geometry(shapes, crs=WGS84)
    if (kinds == "line").any():
        table = _with_segments(table, kinds, unit, float(segment_km), file)
    table.attrs["unit"] = unit
    return table


def _require_arguments(unit: object, weight: object, segment_km: object, file: str) -> None:
    faults = name_faults("the unit", [unit])
    if isinstance(unit, str) and unit not in _MEASURED and unit.lower() in _MEASURED:
        what = f"the unit {unit!r} would count each feature as 1"
        faults.append(Fault(what, file, advice=f"write {unit.lower()}, which is measured"))
    faults += number_faults(
        "segment_km", segment_km, lambda one: 0 < one < np.inf, "give a length above 0"
    )
    if weight is not None and (not isinstance(weight, str) or weight in _NO_WEIGHTS):
        kept = ", a column that the reader keeps for itself" if weight else ""
        kept = kept if isinstance(weight, str) else ""
        advice = "give the name of a column of numbers"
        faults.append(Fault(f"weight is {shown(weight)}{kept}", file, advice=advice))
    if weight is not None and isinstance(unit, str) and unit in {"km", "km2"}:
        what = f"a weight is given, and {unit} are measured"
        faults.append(Fault(what, advice="leave weight out, or call the unit by what it counts"))
    if faults:
        raise InputError(*faults)


def _faults(
    table: gpd.GeoDataFrame, kinds: Kinds, unit: str, weight: str | None, file: str
) -> list[Fault]:
    """Return what is wrong with shapes and columns once they could be read."""
    made = [unit] if unit != weight else []
    made += [*_OF_LINES] if (kinds == "line").any() else []
    faults = [
        Fault("a column of ours would take its place", file, None, name,
              "rename the column, or give another unit")
        for name in made
        if name in table
    ]  # fmt: skip
    shapes = table.geometry.to_numpy()
    faults += [
        Fault("several points are one feature", file, int(at) + 1, "geometry",
              "give a row for each point")
        for at in np.flatnonzero((kinds == "point") & (shapely.get_num_geometries(shapes) > 1))
    ]  # fmt: skip
    parts, owner = shapely.get_parts(shapes, return_index=True)
    flat = np.unique(owner[(shapely.get_type_id(parts) == 1) & (line_lengths_m(parts) == 0)])
    advice = "take the line or the part of it out"
    faults += [Fault("it has no length", file, int(at) + 1, "geometry", advice) for at in flat]
    wanted = _MEASURED.get(unit, "")
    advice = f"give {wanted}s, or a unit that counts features"
    if wanted and not (kinds == wanted).any():
        faults.append(Fault(f"none of its shapes has {unit}", file, advice=advice))
    elif wanted:
        faults += [
            Fault(f"it is a shape without {unit} ({kinds[at]})", file, int(at) + 1, "geometry",
                  advice)
            for at in np.flatnonzero(kinds != wanted)
        ]  # fmt: skip
    return faults


def _single(shapes: Shapes) -> Shapes:
    """Return the points that stand alone in their feature."""
    many = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
    single = shapes.copy()
    single[many] = shapely.get_geometry(shapes[many], 0)
    return single


def _with_segments(
    table: gpd.GeoDataFrame, kinds: Kinds, unit: str, segment_km: float, file: str
) -> gpd.GeoDataFrame:
    """Return the table with the segments of each line in its place."""
    rows, ids, pieces, chainages = [], [], [], []
    for at, (feature, shape) in enumerate(zip(table.index, table.geometry, strict=True)):
        if kinds[at] != "line":
            rows.append([at])
            ids.append([feature])
            pieces.append(np.array([shape], dtype=object))
            chainages.append(np.full((1, 2), np.nan))
            continue
        parts = _parts(shape)
        for number, part in enumerate(parts, start=1):
            cut, cuts_km = cut_line(part, segment_km)
            name = feature if len(parts) == 1 else f"{feature}-{number}"
            rows.append([at] * len(cut))
            ids.append([f"{name}-{one}" for one in chainage_ids(cuts_km)])
            pieces.append(cut)
            chainages.append(np.column_stack([cuts_km[:-1], cuts_km[1:]]))
    row = np.concatenate(rows).astype(np.int64)
    shapes = np.concatenate(pieces)
    km = np.concatenate(chainages)
    index = pd.Index(np.concatenate(ids).astype(object), name="demand_id")
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        what = f"two segments would be called {twice!r}"
        raise InputError(Fault(what, file, None, "demand_id", "rename one of the features"))
    result = table.iloc[row].set_axis(index).set_geometry(shapes, crs=WGS84)
    amounts = _shared(result[unit].to_numpy(dtype=float), shapes, row, unit)
    return result.assign(
        **{unit: amounts},
        feature_id=table.index.to_numpy()[row],
        chainage_from_km=km[:, 0],
        chainage_to_km=km[:, 1],
    )


def _parts(shape: shapely.Geometry) -> Shapes:
    """Return the lines of a feature; those that join end to end are one."""
    if shape.geom_type == "LineString":
        return np.array([shape], dtype=object)
    return np.asarray(shapely.get_parts(shapely.line_merge(shape)))


def _shared(amounts: Floats, shapes: Shapes, row: npt.NDArray[np.int64], unit: str) -> Floats:
    """Return what each row counts: its length, or its share of its feature's by length."""
    km = line_lengths_m(shapes) / 1000
    if unit == "km":
        return km
    whole = np.bincount(row, weights=km)[row]
    is_line = whole > 0
    return np.where(
        is_line, amounts * np.divide(km, whole, where=is_line, out=np.ones_like(km)), amounts
    )
