"""The order in which a run takes the rows of its inputs: none that their files decide."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.cli.plan_tables import Tables
from boxreach.scenarios.scenario import Scenario

Holder = TypeVar("Holder", Tables, Scenario)

_IN_ORDER = {"line"}
"""Tables whose order says something: the pieces of the frontier lie from north to south."""

_NUMBERED = r"(?:r\d+c|crossing-)?\d+(?:[/-].*)?"
"""Ids that may be numbers of rows, or of rows and columns of a grid; of parts and pieces more."""


def sort_tables(tables: Tables) -> Tables:
    """Return the tables of a plan, each in an order of its own, whatever that of its file.

    Rows go by their ids. Where these are numbers, which may be those of the rows in the file, rows
    go by where they lie, from north to south as in a grid. So the same rows in another order give
    the same outputs.

    Parameters
    ----------
    tables
        All tables of a plan.
    """
    demand = {name: _sort_rows(one) for name, one in tables.demand.items()}
    scenarios = tuple(_sort_held(one) for one in tables.scenarios)
    return replace(_sort_held(tables), demand=demand, scenarios=scenarios)


def _sort_held(holder: Holder) -> Holder:
    held = {one.name: getattr(holder, one.name) for one in fields(holder)}
    return replace(
        holder,
        **{
            name: _sort_rows(one)
            for name, one in held.items()
            if isinstance(one, gpd.GeoDataFrame) and name not in _IN_ORDER
        },
    )


def _sort_rows(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table in the order of its ids, or of its places where the ids are numbers.

    A table in which an id stands several times stays as it is: the rows of one road follow each
    other.

    Examples
    --------
    >>> places = gpd.GeoSeries.from_xy([44.2, 44.1], [33, 33], crs=4326)
    >>> _sort_rows(gpd.GeoDataFrame(index=["b", "a"], geometry=places.to_numpy())).index.tolist()
    ['a', 'b']
    >>> _sort_rows(gpd.GeoDataFrame(index=["1", "2"], geometry=places.to_numpy())).index.tolist()
    ['2', '1']
    """
    ids = table.index.astype(str)
    if ids.has_duplicates or not len(table):
        return table
    numbered = ids.str.fullmatch(_NUMBERED).all()
    order = _by_place(table) if numbered else np.argsort(ids.to_numpy(dtype=str), kind="stable")
    return table if (np.diff(order) > 0).all() else table.iloc[order]


def _by_place(table: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return the order of rows by where they lie; of those drawn alike, by their ids."""
    shapes = table.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.full((len(shapes), 2), np.nan)
    first[owner[::-1]] = xy[::-1]
    west, south, east, north = shapely.bounds(shapes).T
    keys = [-north, west, south, east, shapely.length(shapes), *first.T]
    return np.lexsort((table.index.to_numpy(dtype=str), *reversed(keys)))
