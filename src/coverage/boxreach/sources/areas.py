"""Areas such as governorates, and which area each place lies in."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import STRtree

from boxreach.arguments import number_faults, require_kind
from boxreach.crs import WGS84, Floats, metric_crs, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.area_cover import describe_cover
from boxreach.sources.area_index import AreaIndex, list_edges, read_points
from boxreach.sources.area_runs import Longs
from boxreach.sources.tabular import read_table
from boxreach.tables import AREAS, Schema, demand_points, place_faults, require_table

_PLACES = Schema("table", "id", ("Point", "LineString"))
_KM_PER_DEGREE = 110.5
"""A degree of latitude is at least so long."""


def read_areas(
    path: str | Path,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Read areas such as governorates: polygons with ``area_id`` and ``name``.

    Where areas overlap or enclose ground that is in none of them, a `DataWarning` says how many,
    how large and by name; slivers of drawing, under 0.01 km², are only summed.

    Parameters
    ----------
    path
        A layer of polygons in any CRS.
    layer
        The layer to read, where a file has several.
    columns
        The file's own names for our columns, ours first: ``{"name": "ADM1_EN"}``.

    Returns
    -------
    geopandas.GeoDataFrame
        An area a row in EPSG:4326, index ``area_id``; other columns of the file are kept.
    """
    areas = read_table(path, AREAS, layer=layer, columns=columns)
    broken = ~areas.geometry.is_valid
    if broken.any():
        names = ", ".join(areas.index[broken][:10])
        what = f"areas whose outline crosses itself were repaired: {names}"
        warnings.warn(DataWarning(Fault(what, Path(path).name)), stacklevel=2)
        areas = areas.set_geometry(areas.geometry.make_valid(method="structure"))
    file = Path(path).name if layer is None else f"{Path(path).name}, {layer}"
    for said in describe_cover(areas):
        warnings.warn(DataWarning(Fault(said, file)), stacklevel=2)
    return areas


def locate_areas(
    table: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, within_km: float = 20.0
) -> Longs:
    """Return for each row of `table` the position in `areas` of the one it lies in.

    Outlines are straight in degrees, as they are drawn, and belong to their area. Each row lies in
    one area: on a shared edge, or where areas overlap, the first one by id. A row in no area, as
    happens along coarse outlines, gets the nearest one within `within_km`, and else -1; both are
    counted in a `DataWarning`.

    Parameters
    ----------
    table
        Points, or lines which are placed by their middle.
    areas
        Polygons with ``name``, ids in the index.
    within_km
        How far outside an area a place may lie and still be counted to it. Infinity asks for
        the nearest area outright, so nothing is assumed and nothing is said.

    Returns
    -------
    numpy.ndarray
        A whole number a row.

    Raises
    ------
    InputError
        If a table has no CRS or breaks its schema, or a number its range.

    Examples
    --------
    >>> halves = gpd.GeoDataFrame(
    ...     {"name": ["East", "West"]}, index=["b", "a"], crs="EPSG:4326",
    ...     geometry=[shapely.box(45, 33, 46, 34), shapely.box(44, 33, 45, 34)])
    >>> places = gpd.GeoDataFrame(geometry=gpd.points_from_xy([45.5, 45], [33, 33]), crs=4326)
    >>> locate_areas(places, halves).tolist()
    [0, 1]
    """
    return _locate(table, areas, within_km)


def join_areas(
    table: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    column: str = "governorate",
    within_km: float = 20.0,
) -> gpd.GeoDataFrame:
    """Return `table` with the name of the area each row lies in, blank where it is none.

    Parameters
    ----------
    table, areas, within_km
        As in `locate_areas`, and what lies in no area is counted as there.
    column
        The column to write.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy, in the order of `table`.

    Raises
    ------
    InputError
        If a table has no CRS or breaks its schema, or a number its range.
    """
    require_kind(column, str, "column", "give the name of a column")
    position = _locate(table, areas, within_km)
    # Names are told to be text once each, and not again for every row.
    names = pd.Series([*areas["name"], ""]).array
    return table.assign(**{column: names.take(position % len(names))})


def fill_areas(
    table: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, column: str = "governorate"
) -> gpd.GeoDataFrame:
    """Return `table` with `column` kept where it says something, and joined where it is blank.

    Parameters
    ----------
    table, areas, column
        As in `join_areas`.
    """
    said = table[column] if column in table else pd.Series("", index=table.index)
    blank = (said.isna() | (said.astype(str).str.strip() == "")).to_numpy()
    if not blank.any():  # there may be no row at all, and then no column yet
        return table if column in table else table.assign(**{column: said})
    names = said.to_numpy(dtype=object, copy=True)
    names[blank] = join_areas(table[blank], areas, column=column)[column]
    return table.assign(**{column: names})


def _locate(table: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, within_km: float) -> Longs:
    if faults := number_faults(
        "within_km", within_km, lambda one: one >= 0, "give a distance from 0 upwards"
    ):
        raise InputError(*faults)
    drawn = to_wgs84(areas, file="areas").rename(index=str)
    require_table(drawn, AREAS, file="areas")
    lon, lat = _place(to_wgs84(table, file="table"))
    by_id = np.argsort(drawn.index.to_numpy(dtype=object), kind="stable")
    polygons = drawn.geometry.to_numpy()[by_id]
    found = AreaIndex.over(polygons, points=len(lon)).locate(lon, lat)
    outside = np.flatnonzero(found < 0)
    if len(outside):
        found[outside] = _find_nearest(lon[outside], lat[outside], polygons, within_km)
        if np.isfinite(within_km):
            _warn_outside(table, len(outside), int((found < 0).sum()))
    return np.append(by_id, -1)[found]


def _place(places: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return where rows lie; what is neither point nor line is refused."""
    lon, lat = read_points(places.geometry.to_numpy())
    if ((np.abs(lon) <= 180) & (np.abs(lat) <= 90)).all():
        return lon, lat
    rows = np.arange(1, len(places) + 1)
    if faults := place_faults(places, _PLACES, file="table", rows=rows):
        raise InputError(*faults)
    return demand_points(places)


def _find_nearest(
    lon: Floats, lat: Floats, polygons: npt.NDArray[np.object_], within_km: float
) -> Longs:
    """Return the position of the nearest polygon to each point, -1 if none is within so many km.

    What cannot be so near by its bounds is not projected.
    """
    near = np.arange(len(polygons))
    if np.isfinite(within_km):
        grown = _grow(shapely.bounds(polygons), within_km)
        near = np.unique(STRtree(shapely.box(*grown.T)).query(shapely.points(lon, lat))[1])
    crs = metric_crs(tuple(shapely.total_bounds(polygons)))
    drawn = gpd.GeoSeries(polygons[near], crs=WGS84).to_crs(crs).to_numpy()
    at = gpd.GeoSeries.from_xy(lon, lat, crs=WGS84).to_crs(crs).to_numpy()
    edge, owner = list_edges(drawn)
    # What lies a quarter around the globe has no place in this projection.
    there = np.flatnonzero(np.isfinite(shapely.get_coordinates(at)).all(axis=1))
    drawable = np.isfinite(edge).all(axis=1)
    edge, owner = edge[drawable], owner[drawable]
    (point, nearest), metres = STRtree(shapely.linestrings(edge.reshape(-1, 2, 2))).query_nearest(
        at[there], max_distance=within_km * 1000 + 1, return_distance=True
    )
    kept = metres / 1000 <= within_km
    found = np.full(len(lon), len(polygons))
    np.minimum.at(found, there[point[kept]], near[owner[nearest[kept]]])
    return np.where(found < len(polygons), found, -1)


def _grow(bounds: Floats, km: float) -> Floats:
    """Return bounds in degrees, grown by rather more than so many km."""
    north = km * 1.01 / _KM_PER_DEGREE
    farthest: Floats = np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1) + north, 89.9)
    east = north / np.cos(np.radians(farthest))
    west, south, right, top = bounds.T
    return np.column_stack([west - east, south - north, right + east, top + north])


def _warn_outside(table: gpd.GeoDataFrame, outside: int, left_out: int) -> None:
    what = str(table.index.name or "row").removesuffix("_id")
    warnings.warn(
        f"of {len(table)} rows ({what}), {outside} lie in no area:"
        f" {outside - left_out} were counted to the nearest one, {left_out} to none",
        DataWarning,
        stacklevel=4,
    )
