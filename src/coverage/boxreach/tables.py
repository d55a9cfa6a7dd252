"""The schema of every table, and the one check that all of them pass.

A table is a GeoDataFrame in EPSG:4326 with its ids, as text, in the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.arguments import shown
from boxreach.columns import FLAG_ADVICE, read_dates, read_flags
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.extents import Bounds, Rows, in_study_area, vertex_faults
from boxreach.suggestions import suggest

Flags = npt.NDArray[np.bool_]

_LINES = ("LineString", "MultiLineString")
_AREAS = ("Polygon", "MultiPolygon")

TOTAL = "total"
"""What the sum of all areas is called in tables."""

_LARGEST_WHOLE = 2**53
"""Beyond it a float no longer tells a whole number from the next."""

_LARGEST = float(np.finfo(float).max)


@dataclass(frozen=True)
class Column:
    """A column that a table knows: its name, what it holds, and what is allowed.

    `also` is what others call it: such a column is read where ours is not there.
    """

    name: str
    kind: Literal["text", "number", "whole", "date", "flag"] = "text"
    required: bool = False
    minimum: float = -np.inf
    maximum: float = np.inf
    also: str = ""
    not_before: str = ""


@dataclass(frozen=True)
class Schema:
    """What a table is made of.

    Attributes
    ----------
    together
        Columns that stand in the table all or none; where they stand, ids may repeat.
    longitudes
        The largest, east or west: lines may be drawn on beyond the antimeridian.
    may_be_empty
        Whether there may be no row.
    """

    table: str
    id_name: str
    geometry: tuple[str, ...]
    columns: tuple[Column, ...] = field(default=())
    id_required: bool = True
    empty_dropped: bool = False
    together: tuple[str, ...] = ()
    longitudes: float = 180.0
    may_be_empty: bool = False

    def required(self) -> list[str]:
        """Return the names of the columns that every file must have."""
        needed = [self.id_name] if self.id_required else []
        return needed + [column.name for column in self.columns if column.required]


TRANSLATIONS = ("ar", "ckb", "kmr")
"""Languages in which a table may give names beside its own, in a column each."""

NAMES = ("name", *(f"name_{code}" for code in TRANSLATIONS))
"""The columns of names."""

_NAMES = tuple(Column(one) for one in NAMES)
PEOPLE = Column("people", "number", minimum=0, maximum=1e10)

SITES = Schema("sites", "site_id", ("Point",), (*_NAMES, Column("governorate")))
_PLANNED = (
    Column("priority", "number", minimum=0, maximum=1e6),
    Column("survey_score", "number", minimum=-_LARGEST, maximum=_LARGEST),
    Column("must_reach", "flag"),
)
"""What a planner says of a community: its weight, its score in a survey, and whether it must be."""

COMMUNITIES = Schema(
    "communities", "community_id", ("Point",), (*_NAMES, Column("governorate"), PEOPLE, *_PLANNED)
)
AREAS = Schema("areas", "area_id", _AREAS, (Column("name", required=True), *_NAMES[1:]))
_ROAD_ENDS = ("from_node", "to_node")
ROADS = Schema(
    "roads",
    "road_id",
    _LINES,
    (
        Column("road_class", also="highway"),
        Column("surface"),
        Column("oneway"),
        Column("name"),
        Column("ref"),
        Column("bridge"),
        Column("speed_kmh", "number", minimum=0.1, maximum=300),
        Column("limit_kmh", "number", minimum=0.1, maximum=300),
        Column("limit_back_kmh", "number", minimum=0.1, maximum=300),
        Column("winding_factor", "number", minimum=1, maximum=10),
        *(Column(name, "whole") for name in _ROAD_ENDS),
    ),
    id_required=False,
    together=_ROAD_ENDS,
)
CLOSURES = Schema(
    "closures",
    "closure_id",
    ("Point", *_LINES, *_AREAS),
    (
        Column("reason"),
        Column("road_id"),
        Column("from_date", "date"),
        Column("until_date", "date", not_before="from_date"),
        Column("speed_factor", "number", minimum=0, maximum=1),
    ),
    id_required=False,
)
SPEED_ZONES = Schema(
    "speed zones",
    "zone_id",
    _AREAS,
    (
        Column("name"),
        Column("speed_kmh", "number", minimum=0.1, maximum=300),
        Column("speed_factor", "number", minimum=0.01, maximum=2),
    ),
    id_required=False,
)
_GROUND = (Column("ground_class"), Column("off_road_kmh", "number", minimum=0, maximum=300))
GROUND = Schema("ground", "ground_id", _AREAS, _GROUND, id_required=False)
FRONTIER = Schema("frontier", "part_id", _LINES, id_required=False, longitudes=360.0)
RISK = Column("risk", "number", required=True, minimum=0, maximum=1e6)
RISK_AREAS = Schema("risk", "row", _AREAS, (RISK,), id_required=False)
CROSSINGS = Schema("crossings", "crossing_id", ("Point",), _NAMES, id_required=False)
BACKGROUND = Schema(
    "background layer",
    "feature_id",
    (*_LINES, *_AREAS),
    _NAMES,
    id_required=False,
    empty_dropped=True,
)

_ANY = ("Point", "MultiPoint", *_LINES, *_AREAS)
BUILDINGS = Schema("buildings", "building_id", _ANY, id_required=False, empty_dropped=True)


def require_table(frame: gpd.GeoDataFrame, schema: Schema, *, file: str) -> None:
    """Raise `InputError` with every fault of a table whose ids are in the index.

    Parameters
    ----------
    frame
        The table, columns parsed.
    schema
        What it must hold.
    file
        Its name, for the messages, which count its rows from 1.
    """
    rows = np.arange(1, len(frame) + 1)
    needed = [column.name for column in schema.columns if column.required]
    faults = [] if len(frame) else [no_row(file)]
    faults += missing_faults(needed, list(frame.columns), file=file)
    faults += column_faults(frame, schema, file=file, rows=rows)
    faults += place_faults(frame, schema, file=file, rows=rows)
    if faults:
        raise InputError(*in_order(faults))


def in_order(faults: list[Fault]) -> list[Fault]:
    """Return faults from top to bottom of their file, as one mends them."""
    return sorted(faults, key=lambda fault: fault.row or 0)


def no_row(file: str) -> Fault:
    """Return the fault of a table without rows."""
    return Fault("there is no row in it", file, advice="give at least one")


def _several_levels(file: str) -> Fault:
    """Return the fault of a table whose ids are of several levels."""
    advice = "give one id a row; GeoDataFrame.reset_index makes columns of the levels"
    return Fault("its ids are of several levels", file, advice=advice)


def point_faults(
    table: gpd.GeoDataFrame, *, file: str, shapes: tuple[str, ...] = ("Point",)
) -> list[Fault]:
    """Return every fault of the ids and shapes of places that are reached or reach others."""
    if table.index.nlevels > 1:
        return [_several_levels(file)]
    faults: list[Fault] = []
    if table.index.has_duplicates:
        first = table.index[table.index.duplicated()][0]
        faults.append(Fault(f"the id {first!r} stands twice", file, advice="make ids unique"))
    rows = np.arange(1, len(table) + 1)
    return faults + place_faults(table, Schema(file, "id", shapes), file=file, rows=rows)


def missing_faults(
    needed: list[str], names: list[str], *, file: str, header_row: int | None = None
) -> list[Fault]:
    """Return a fault for each needed column that is not among the names."""
    return [
        Fault("the column is missing", file, header_row, name, suggest(name, names))
        for name in needed
        if name not in names
    ]


def column_faults(
    frame: pd.DataFrame, schema: Schema, *, file: str, rows: Rows, called: str = "row"
) -> list[Fault]:
    """Return every fault of the ids, which are in the index, and of the columns that are there.

    Parameters
    ----------
    frame, schema, file
        As in `require_table`.
    rows, called
        The number of each row, and what such a number is called.
    """
    faults = _id_faults(frame, schema, file, rows, called) + _together_faults(frame, schema, file)
    return faults + value_faults(frame, schema, file=file, rows=rows)


def value_faults(frame: pd.DataFrame, schema: Schema, *, file: str, rows: Rows) -> list[Fault]:
    """Return every fault of the values of the columns that are there, as `column_faults` does."""
    faults = []
    for column in schema.columns:
        if column.name in frame and column.kind == "number":
            faults += _number_faults(frame[column.name], column, file, rows)
        elif column.name in frame and column.kind == "whole":
            faults += _whole_faults(frame[column.name], column, file, rows)
        elif column.name in frame and column.kind == "date":
            faults += _date_faults(frame, column, file, rows)
        elif column.name in frame and column.kind == "flag":
            faults += _flag_faults(frame[column.name], column, file, rows)
        elif column.name in frame and column.required:
            blank = (frame[column.name].fillna("").astype(str).str.strip() == "").to_numpy()
            faults += [
                Fault("it is blank", file, int(row), column.name, "fill it in")
                for row in rows[blank]
            ]
    return faults


def _id_faults(
    frame: pd.DataFrame, schema: Schema, file: str, rows: Rows, called: str
) -> list[Fault]:
    if frame.index.nlevels > 1:
        return [_several_levels(file)]
    ids = frame.index.astype(str)
    blank = ids.str.strip() == ""
    again = ids.duplicated(keep="first") & ~blank
    if schema.together and {*schema.together} <= {*frame.columns}:
        again[:] = False
    first = dict(zip(ids[::-1], rows[::-1], strict=True))
    advice = "give every row its own id"
    return [
        Fault("the id is blank", file, int(row), schema.id_name, advice) for row in rows[blank]
    ] + [
        Fault(f"the id {shown(key)} stands already in {called} {first[key]}", file, int(row),
              schema.id_name, advice, value=key)
        for key, row in zip(ids[again], rows[again], strict=True)
    ]  # fmt: skip


def _together_faults(frame: pd.DataFrame, schema: Schema, file: str) -> list[Fault]:
    missing = [name for name in schema.together if name not in frame]
    if len(missing) in {0, len(schema.together)}:
        return []
    needed = " and ".join(schema.together)
    return [
        Fault("the column is missing", file, None, name, f"give {needed}, or neither")
        for name in missing
    ]


def _whole_faults(values: pd.Series[float], column: Column, file: str, rows: Rows) -> list[Fault]:
    if pd.api.types.is_integer_dtype(values) and not values.hasnans:
        return []
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        what = f"it holds {values.dtype} values"
        return [Fault(what, file, None, column.name, "give whole numbers")]
    number = values.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.abs(number) <= _LARGEST_WHOLE) | (number % 1 != 0)
    advice = f"give every row a whole number up to {_LARGEST_WHOLE:,}, or drop the column"
    return [
        Fault("it is blank" if np.isnan(value) else f"{value:.17g} will not do",
              file, int(row), column.name, advice, value=f"{value:.17g}")
        for value, row in zip(number[wrong], rows[wrong], strict=True)
    ]  # fmt: skip


def _number_faults(values: pd.Series[float], column: Column, file: str, rows: Rows) -> list[Fault]:
    if not pd.api.types.is_numeric_dtype(values):
        what = f"it holds {values.dtype} values"
        return [Fault(what, file, None, column.name, "give numbers")]
    number = values.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = (number < column.minimum) | (number > column.maximum)
    otherwise = "take the row out" if column.required else "leave it blank"
    advice = f"give a number from {column.minimum:g} to {column.maximum:g}, or {otherwise}"
    return [
        Fault(f"{value:.10g} is {'below' if value < column.minimum else 'above'} what is allowed",
              file, int(row), column.name, advice, value=f"{value:.10g}")
        for value, row in zip(number[wrong], rows[wrong], strict=True)
    ]  # fmt: skip


def _date_faults(frame: pd.DataFrame, column: Column, file: str, rows: Rows) -> list[Fault]:
    dates = read_dates(frame[column.name])
    faults = [
        Fault(f"{shown(str(frame[column.name].iloc[at]))} is no date", file, int(rows[at]),
              column.name, "write it like 2026-03-31", value=str(frame[column.name].iloc[at]))
        for at in np.flatnonzero(dates.isna())
    ]  # fmt: skip
    if column.not_before not in frame:
        return faults
    first = read_dates(frame[column.not_before])
    early = (dates.fillna("") < first.fillna("")).to_numpy() & (dates.fillna("") != "").to_numpy()
    return faults + [
        Fault(f"{dates.iloc[at]} is before {column.not_before}, {first.iloc[at]}", file,
              int(rows[at]), column.name, "mend one of the two", value=dates.iloc[at])
        for at in np.flatnonzero(early)
    ]  # fmt: skip


def _flag_faults(values: pd.Series[Any], column: Column, file: str, rows: Rows) -> list[Fault]:
    return [
        Fault(f"{shown(str(values.iloc[at]))} is neither yes nor no", file, int(rows[at]),
              column.name, FLAG_ADVICE, value=str(values.iloc[at]))
        for at in np.flatnonzero(read_flags(values).isna())
    ]  # fmt: skip


def place_faults(
    frame: gpd.GeoDataFrame,
    schema: Schema,
    *,
    file: str,
    rows: Rows,
    bounds: Bounds | None = None,
    column: str = "geometry",
) -> list[Fault]:
    """Return every fault of the shapes of a table, one a row.

    Parameters
    ----------
    frame, schema, file, rows
        As in `column_faults`.
    bounds
        The study area: the bounds of the roads and areas of the plan. What lies more than a
        degree outside, as swapped coordinates mostly do, is a fault.
    column
        Where the file holds the shapes.
    """
    shapes = frame.geometry.to_numpy()
    kinds = frame.geom_type.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    advice = f"give a {' or '.join(schema.geometry)}"
    faults = [
        Fault("it has no geometry" if missing[at] else f"it is a {kinds[at]}", file, int(rows[at]),
              column, advice)
        for at in np.flatnonzero(missing | ~np.isin(kinds, schema.geometry))
    ]  # fmt: skip
    if schema.geometry == _AREAS:
        faults += [
            Fault("its outline encloses nothing", file, int(row), column, "draw it, or take it out")
            for row in rows[_are_flat(shapes, ~missing & np.isin(kinds, schema.geometry))]
        ]
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    lon, lat = coordinates.T
    far = schema.longitudes
    on_earth = (np.abs(lon) <= far) & (np.abs(lat) <= 90)
    faults += vertex_faults(
        ~on_earth, lon, lat, rows[owner], file, column, "is no place on earth",
        swapped=(np.abs(lat) <= far) & (np.abs(lon) <= 90),
        advice=f"give degrees, longitude from -{far:g} to {far:g} and latitude from -90 to 90",
    )  # fmt: skip
    if bounds is not None:
        extent = f"{bounds[0]:.1f} to {bounds[2]:.1f} E, {bounds[1]:.1f} to {bounds[3]:.1f} N"
        faults += vertex_faults(
            on_earth & ~in_study_area(lon, lat, bounds), lon, lat, rows[owner], file, column,
            f"lies outside the study area ({extent})",
            swapped=in_study_area(lat, lon, bounds),
            advice="mend the position, or take the row out",
        )  # fmt: skip
    return faults


def _are_flat(shapes: npt.NDArray[np.object_], drawn: Flags) -> Flags:
    """Tell which of the shapes that are drawn enclose nothing."""
    flat: Flags = drawn & (shapely.area(shapes) == 0)
    flat[flat] = [_is_flat(one) for one in shapes[flat]]
    return flat


def _is_flat(outline: shapely.Geometry) -> bool:
    """Tell whether an outline encloses nothing; the halves of a bow tie only seem to cancel out."""
    if not np.isfinite(shapely.get_coordinates(outline)).all():
        return False
    return bool(shapely.make_valid(outline, method="structure", keep_collapsed=False).is_empty)


def tidy(table: gpd.GeoDataFrame, text: Iterable[str]) -> gpd.GeoDataFrame:
    """Return a table of a caller as readers give it: shapes in ``geometry``, missing text blank.

    Parameters
    ----------
    table
        Any table; it stays as it is.
    text
        The columns that hold text, as far as the table has them.
    """
    if table.geometry.name != "geometry":
        table = table.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    missing = [name for name in text if name in table and table[name].isna().any()]
    return table.assign(
        **{name: table[name].astype(object).where(table[name].notna(), "") for name in missing}
    )


def demand_points(table: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return longitude and latitude at which each row is served: its point, or a line's middle."""
    geometry = table.geometry.to_numpy()
    lines = shapely.get_type_id(geometry) == shapely.GeometryType.LINESTRING
    points = geometry.copy()
    points[lines] = shapely.line_interpolate_point(geometry[lines], 0.5, normalized=True)
    return shapely.get_x(points), shapely.get_y(points)
