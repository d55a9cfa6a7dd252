"""The schema of every table, and the one check that all of them pass.

A table is a GeoDataFrame in EPSG:4326 with its ids, as text, in the index.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import Floats
from boxreach.errors import Fault, InputError

Bounds = tuple[float, float, float, float]

_STUDY_MARGIN_DEGREES = 1.0


@dataclass(frozen=True)
class Column:
    """A column that a table knows: its name, what it holds, and what is allowed."""

    name: str
    kind: Literal["text", "number"] = "text"
    required: bool = False
    minimum: float = -np.inf
    maximum: float = np.inf
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """What a table is made of."""

    table: str
    id_name: str
    geometry: tuple[str, ...]
    columns: tuple[Column, ...] = field(default=())
    id_required: bool = True
    empty_dropped: bool = False

    def known(self) -> list[str]:
        """Return the names of the id and of all columns."""
        return [self.id_name, *(column.name for column in self.columns)]


_NAMES = (Column("name"), Column("name_ar"), Column("name_ckb"))
_PEOPLE = Column("people", "number", minimum=0, maximum=1e10)

SITES = Schema("sites", "site_id", ("Point",), (*_NAMES, Column("governorate")))
COMMUNITIES = Schema(
    "communities", "community_id", ("Point",), (*_NAMES, Column("governorate"), _PEOPLE)
)
AREAS = Schema(
    "areas",
    "area_id",
    ("Polygon", "MultiPolygon"),
    (Column("name", required=True), *_NAMES[1:]),
)
ROADS = Schema(
    "roads",
    "road_id",
    ("LineString", "MultiLineString"),
    (
        Column("road_class"),
        Column("surface"),
        Column("oneway"),
        Column("name"),
        Column("ref"),
        Column("speed_kmh", "number", minimum=0.1, maximum=300),
        Column("winding_factor", "number", minimum=1, maximum=10),
    ),
    id_required=False,
)
CLOSURES = Schema(
    "closures",
    "closure_id",
    ("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    (Column("reason"), Column("road_id")),
    id_required=False,
)
FRONTIER = Schema("frontier", "part_id", ("LineString", "MultiLineString"), id_required=False)
BACKGROUND = Schema(
    "background layer",
    "feature_id",
    ("LineString", "MultiLineString", "Polygon", "MultiPolygon"),
    _NAMES,
    id_required=False,
    empty_dropped=True,
)


def suggest(wrong: str, known: list[str]) -> str:
    """Return a hint that names the nearest known word, or lists them all.

    Examples
    --------
    >>> suggest("minuts", ["minutes", "boxes"])
    'did you mean minutes?'
    >>> suggest("zzz", ["minutes", "boxes"])
    'known are: minutes, boxes'
    """
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.7)
    return f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}"


def check_table(
    frame: gpd.GeoDataFrame, schema: Schema, *, file: str, first_row: int = 1
) -> list[Fault]:
    """Return every fault of a table whose ids are in the index.

    Parameters
    ----------
    frame
        The table, columns parsed.
    schema
        What it must hold.
    file
        Its name, for the messages.
    first_row
        What the first row is called: 2 for CSV (the header is row 1), 1 for features.
    """
    rows = np.arange(first_row, first_row + len(frame))
    faults = [] if len(frame) else [Fault("there is no row in it", file=file)]
    faults += _id_faults(frame, schema, file, rows)
    faults += _value_faults(frame, schema, file, rows)
    faults += _geometry_faults(frame, schema, file, rows)
    return sorted(faults, key=lambda fault: fault.row or 0)


def require_table(frame: gpd.GeoDataFrame, schema: Schema, *, file: str, first_row: int = 1) -> None:
    """Raise `InputError` with every fault of a table, if it has any."""
    faults = check_table(frame, schema, file=file, first_row=first_row)
    if faults:
        raise InputError(*faults)


def _id_faults(
    frame: gpd.GeoDataFrame, schema: Schema, file: str, rows: np.ndarray
) -> list[Fault]:
    ids = frame.index.astype(str)
    blank = ids.str.strip() == ""
    again = ids.duplicated(keep="first") & ~blank
    first = {key: row for key, row in zip(ids[::-1], rows[::-1], strict=True)}
    return [
        Fault("the id is blank", file, int(row), schema.id_name, "give every row its own id")
        for row in rows[blank]
    ] + [
        Fault(
            f"the id {key!r} stands already in row {first[key]}",
            file,
            int(row),
            schema.id_name,
            "give every row its own id",
        )
        for key, row in zip(ids[again], rows[again], strict=True)
    ]


def _value_faults(
    frame: gpd.GeoDataFrame, schema: Schema, file: str, rows: np.ndarray
) -> list[Fault]:
    faults = []
    for column in schema.columns:
        if column.name not in frame:
            if column.required:
                advice = suggest(column.name, [str(name) for name in frame.columns])
                faults.append(Fault("the column is missing", file, None, column.name, advice))
        elif column.kind == "number":
            faults += _number_faults(frame[column.name], column, file, rows)
        elif column.required:
            blank = (frame[column.name].fillna("").astype(str).str.strip() == "").to_numpy()
            faults += [Fault("it is blank", file, int(row), column.name) for row in rows[blank]]
    return faults


def _number_faults(
    values: pd.Series[float], column: Column, file: str, rows: np.ndarray
) -> list[Fault]:
    if not pd.api.types.is_numeric_dtype(values):
        return [Fault("it does not hold numbers", file, None, column.name)]
    number = values.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = (number < column.minimum) | (number > column.maximum)
    return [
        Fault(
            f"{value:g} is {'below' if value < column.minimum else 'above'} what is allowed",
            file,
            int(row),
            column.name,
            f"give a number from {column.minimum:g} to {column.maximum:g}, or leave it blank",
        )
        for value, row in zip(number[wrong], rows[wrong], strict=True)
    ]


def _geometry_faults(
    frame: gpd.GeoDataFrame, schema: Schema, file: str, rows: np.ndarray
) -> list[Fault]:
    faults = []
    kinds = frame.geometry.geom_type.to_numpy()
    missing = (frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    wanted = " or ".join(schema.geometry)
    for kind, none, row in zip(kinds, missing, rows, strict=True):
        if none:
            faults.append(Fault("it has no geometry", file, int(row), "geometry", f"give a {wanted}"))
        elif kind not in schema.geometry:
            faults.append(Fault(f"it is a {kind}", file, int(row), "geometry", f"give a {wanted}"))
    lon, lat, owner = _vertices(frame)
    bad = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    for index in np.unique(owner[bad]):
        at = np.flatnonzero(bad & (owner == index))[0]
        faults.append(
            Fault(
                f"longitude {lon[at]:g}, latitude {lat[at]:g} is no place on earth",
                file,
                int(rows[index]),
                "geometry",
                _coordinate_advice(float(lon[at]), float(lat[at])),
            )
        )
    return faults


def _vertices(frame: gpd.GeoDataFrame) -> tuple[Floats, Floats, np.ndarray]:
    coordinates, owner = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    return coordinates[:, 0], coordinates[:, 1], owner


def _coordinate_advice(lon: float, lat: float) -> str:
    if abs(lat) <= 180 and abs(lon) <= 90:
        return "longitude and latitude look swapped"
    return "give degrees, longitude from -180 to 180 and latitude from -90 to 90"


def study_area_faults(
    frame: gpd.GeoDataFrame, bounds: Bounds, *, file: str, first_row: int = 1
) -> list[Fault]:
    """Return a fault for every point far outside the study area, which swapped ones mostly are.

    Parameters
    ----------
    frame
        A table of points.
    bounds
        West, south, east and north of the roads and areas of the plan, in degrees; a margin of
        one degree is added.
    file, first_row
        As in `check_table`.
    """
    margin = _STUDY_MARGIN_DEGREES
    area = (bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin)
    lon, lat, owner = _vertices(frame)
    outside = ~_inside(lon, lat, area)
    swapped = _inside(lat, lon, area)
    extent = f"{bounds[0]:.1f} to {bounds[2]:.1f} E, {bounds[1]:.1f} to {bounds[3]:.1f} N"
    return [
        Fault(
            f"longitude {lon[at]:g}, latitude {lat[at]:g} lies outside the study area ({extent})",
            file,
            first_row + int(owner[at]),
            "lon, lat",
            "longitude and latitude look swapped"
            if swapped[at]
            else "mend the position, or take the row out",
        )
        for at in np.flatnonzero(outside)
    ]


def _inside(lon: Floats, lat: Floats, area: Bounds) -> np.ndarray:
    return (lon >= area[0]) & (lon <= area[2]) & (lat >= area[1]) & (lat <= area[3])


def demand_points(table: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return longitude and latitude at which each row is served: its point, or a line's middle."""
    geometry = table.geometry.to_numpy()
    lines = shapely.get_type_id(geometry) == shapely.GeometryType.LINESTRING
    points = geometry.copy()
    points[lines] = shapely.line_interpolate_point(geometry[lines], 0.5, normalized=True)
    return shapely.get_x(points), shapely.get_y(points)
