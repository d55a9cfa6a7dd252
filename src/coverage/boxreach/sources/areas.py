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

from boxreach.arguments import number_faults
from boxreach.crs import metric_crs, to_wgs84
from boxreach.errors import DataWarning, InputError
from boxreach.sources.tabular import read_table
from boxreach.tables import AREAS, Schema, demand_points, place_faults, require_table

_PLACES = Schema("table", "id", ("Point", "LineString"))


def read_areas(
    path: str | Path,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Read areas such as governorates: polygons with ``area_id`` and ``name``.

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
        An area a row in EPSG:4326, index ``area_id``.
    """
    areas = read_table(path, AREAS, layer=layer, columns=columns)
    broken = ~areas.geometry.is_valid
    if broken.any():
        names = ", ".join(areas.index[broken][:10])
        warnings.warn(
            f"{Path(path).name}: areas whose outline crosses itself were repaired: {names}",
            DataWarning,
            stacklevel=2,
        )
        areas = areas.set_geometry(areas.geometry.make_valid(method="structure"))
    return areas


def join_areas(
    table: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    column: str = "governorate",
    within_km: float = 20.0,
) -> gpd.GeoDataFrame:
    """Return `table` with the name of the area each row lies in.

    A place in no area, as happens along coarse outlines, gets the nearest area within
    `within_km`, and else a blank; both are counted in a `DataWarning`. Each place lies in one
    area: on a shared edge the first one by id.

    Parameters
    ----------
    table
        Points, or lines which are placed by their middle.
    areas
        Polygons with ``name``.
    column
        The column to write.
    within_km
        How far outside an area a place may lie and still be counted to it. Infinity asks for
        the nearest area outright, so nothing is assumed and nothing is said.

    Raises
    ------
    InputError
        If a table has no CRS or breaks its schema, or a number its range.
    """
    require_table(to_wgs84(areas, file="areas").rename(index=str), AREAS, file="areas")
    names = np.append(areas["name"].to_numpy(dtype=object), "")
    positions = locate_areas(table, areas, within_km=within_km)
    return table.assign(**{column: names[positions]})


def locate_areas(
    table: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, within_km: float = 20.0
) -> npt.NDArray[np.int64]:
    """Return the position in `areas` of the area each row lies in; -1 where it lies in none.

    Parameters
    ----------
    table, areas, within_km
        As in `join_areas`.
    """
    if faults := number_faults(
        "within_km", within_km, lambda one: one >= 0, "give a distance from 0 upwards"
    ):
        raise InputError(*faults)
    places = to_wgs84(table, file="table")
    rows = np.arange(1, len(places) + 1)
    if faults := place_faults(places, _PLACES, file="table", rows=rows):
        raise InputError(*faults)
    if places.empty:
        return np.empty(0, np.int64)
    crs = metric_crs(tuple(areas.total_bounds))
    by_id = np.argsort(areas.index.to_numpy(dtype=str), kind="stable")
    shapes = areas.geometry.iloc[by_id].to_crs(crs).to_numpy()
    lon, lat = demand_points(table)
    points = gpd.GeoSeries.from_xy(lon, lat, crs=table.crs).to_crs(crs).to_numpy()
    tree = STRtree(shapes)
    nearest = np.full(len(points), -1)
    for point, area in sorted(zip(*tree.query(points, predicate="intersects"), strict=True))[::-1]:
        nearest[point] = area
    outside = np.flatnonzero(nearest < 0)
    if len(outside):
        near = tree.nearest(points[outside])
        km = shapely.distance(points[outside], shapes[near]) / 1000
        nearest[outside] = np.where(km <= within_km, near, -1)
        if np.isfinite(within_km):
            _warn_outside(table, int((nearest[outside] >= 0).sum()), int((nearest < 0).sum()))
    positions: npt.NDArray[np.int64] = np.append(by_id, -1)[nearest]
    return positions


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
    if not blank.any():
        return table
    names = said.to_numpy(dtype=object, copy=True)
    names[blank] = join_areas(table[blank], areas, column=column)[column]
    return table.assign(**{column: names})


def _warn_outside(table: gpd.GeoDataFrame, joined: int, left_out: int) -> None:
    what = str(table.index.name or "row").removesuffix("_id")
    warnings.warn(
        f"of {len(table)} rows ({what}), {joined + left_out} lie in no area: {joined} were counted"
        f" to the nearest one, {left_out} to none",
        DataWarning,
        stacklevel=4,
    )
