"""How a country is divided for a summary: the areas, and which one each row lies in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import kind_of
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.sources.areas import locate_areas
from boxreach.tables import AREAS, NAMES, TOTAL, column_faults, no_row

Integers = npt.NDArray[np.int64]
By: TypeAlias = str | gpd.GeoDataFrame
"""The name of a column, or a layer of polygons."""

"""What a table may call its rows in, in the order of outputs."""


@dataclass(frozen=True, eq=False)
class Division:
    """Areas in the order of a table's rows, and where each row of the tables given lies.

    Attributes
    ----------
    label
        What the areas are called by: the column, or ``area_id``.
    areas
        Their labels; ``""`` where rows lie in no area.
    members
        For each table the position in `areas` of each row.
    layer
        The polygons of the areas in EPSG:4326, if they are of a layer.
    """

    label: str
    areas: list[str]
    members: list[Integers]
    layer: gpd.GeoDataFrame | None = None

    @property
    def index(self) -> pd.Index[str]:
        """The areas, and the total last."""
        return pd.Index([*self.areas, TOTAL], dtype="str", name=self.label)

    def names(self) -> dict[str, list[str]]:
        """Return the names of the areas and the total, by column; none if a column divides."""
        if self.layer is None:
            return {}
        more = len(self.areas) - len(self.layer)
        found = {}
        for name in NAMES:
            if name in self.layer:
                said = self.layer[name].astype(object)
                given = said.where(said.notna(), "").astype(str).tolist()
                found[name] = [*given, *[""] * more, TOTAL if name == "name" else ""]
        return found


def divide(by: By, *tables: tuple[str, pd.DataFrame]) -> Division:
    """Divide tables, each with what it is called, by a column that they have or by polygons.

    Raises
    ------
    InputError
        If a table has no such column, the layer is none, or an area is called as the total is.
    """
    if isinstance(by, str):
        return _by_column(by, tables)
    if not isinstance(by, gpd.GeoDataFrame):
        advice = "give the name of a column, or areas as read_areas returns them"
        raise InputError(Fault(f"by is {kind_of(by)}", advice=advice))
    return _by_layer(by, tables)


def _by_column(by: str, tables: tuple[tuple[str, pd.DataFrame], ...]) -> Division:
    faults = [
        Fault("the column is missing", file, column=by, advice="join_areas")
        for file, table in tables
        if by not in table
    ]
    if faults:
        raise InputError(*faults)
    read = [_texts(table[by]) for _, table in tables]
    areas = sorted({one for _, words in read for one in words})
    if TOTAL in areas:
        what = f"an area is called {TOTAL!r}, which is kept for the total"
        raise InputError(Fault(what, tables[0][0], column=by, advice="rename it"))
    place = {area: at for at, area in enumerate(areas)}
    members = [np.array([place[one] for one in words], np.int64)[codes] for codes, words in read]
    return Division(by, areas, members)


def _texts(column: pd.Series[str]) -> tuple[Integers, list[str]]:
    """Return codes and what they stand for as text, which is faster than text in each row."""
    codes, found = pd.factorize(column, use_na_sentinel=True)
    return codes, [*(str(one) for one in found), *([""] if (codes < 0).any() else [])]


def _by_layer(by: gpd.GeoDataFrame, tables: tuple[tuple[str, pd.DataFrame], ...]) -> Division:
    layer = to_wgs84(by, file="by").rename_axis("area_id")
    faults = [] if len(layer) else [no_row("by")]
    faults += column_faults(layer, AREAS, file="by", rows=np.arange(1, len(layer) + 1))
    if faults:
        raise InputError(*faults)
    areas = layer.index.astype(str).tolist()
    if TOTAL in areas:
        what = f"an area has the id {TOTAL!r}, which is kept for the total"
        raise InputError(Fault(what, "by", areas.index(TOTAL) + 1, "area_id", "rename it"))
    found = [locate_areas(to_wgs84(table, file=file), layer) for file, table in tables]
    if any((one < 0).any() for one in found):
        areas.append("")
    # Nowhere is -1, which is the position of the last: the blank that was just added.
    members = [np.where(one < 0, len(areas) - 1, one) for one in found]
    return Division("area_id", areas, members, layer)
