"""Tables by area: which area each row lies in, and what is counted there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility import coverage_curves, summarise, worst_places
from boxreach.box_types import BoxType
from boxreach.sources.areas import locate_areas
from boxreach.tables import NAMES, TOTAL

_FIRST = (
    "threshold_minutes",
    "places",
    "places_covered",
    "places_uncovered",
    "places_unknown_people",
    "people",
    "people_covered",
    "people_uncovered",
    "share_covered",
    "area_id",
    *NAMES[1:],
)
"""What the tables of areas begin with, behind the name of the area."""

_UNKNOWN_IF_NONE = ("share", "people_per_", "mean_", "median_", "p90_", "gini_")
"""Columns that say nothing where there is nothing to count, and are no sums."""

Ids = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Level:
    """One division of the country.

    Attributes
    ----------
    column
        The column that holds the names of its areas.
    layer
        The areas, if their shapes are given.
    """

    column: str
    layer: gpd.GeoDataFrame | None

    def ids(self, table: gpd.GeoDataFrame) -> Ids:
        """Return for each row the id of its area; blank where it is in none.

        A row belongs to the area that its column names. Where two areas have one name it does
        not tell them apart, and the row belongs to the one it lies in. Without shapes the names
        are the ids.
        """
        if self.layer is None:
            named = table[self.column] if self.column in table else pd.Series("", table.index)
            return np.asarray(named.astype(object).where(named.notna(), "").astype(str), object)
        ids = np.append(self.layer.index.to_numpy(dtype=object).astype(str).astype(object), "")
        if self.layer["name"].is_unique:
            said = table[self.column].astype(object).fillna("").astype(str).str.strip()
            return np.asarray(ids[pd.Index(self.layer["name"]).get_indexer(pd.Index(said))])
        return np.asarray(ids[locate_areas(table, self.layer)])

    def by_id(self, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return a table whose column holds the ids of the areas in place of their names."""
        return table.assign(**{self.column: self.ids(table)})

    def rows(self, found: Sequence[str]) -> list[str]:
        """Return the ids of all areas, and of those found, by name; the total is last."""
        names = self.names()
        ids = {*names, *found} - {TOTAL}
        return [*sorted(ids, key=lambda one: (names.get(one, one), one)), TOTAL]

    def sort(self, table: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return a table in the order that `rows` gives the ids in a column, the total last."""
        ids = table[column].astype(str)
        place = {one: at for at, one in enumerate(self.rows([*ids.unique()]))}
        order = ids.map(place).to_numpy().argsort(kind="stable")
        return table.iloc[order].reset_index(drop=True)

    def names(self) -> dict[str, str]:
        """Return the names of the areas by their ids, where shapes are given."""
        if self.layer is None:
            return {}
        return dict(zip(self.layer.index.astype(str), self.layer["name"].astype(str), strict=True))

    def name(self, table: pd.DataFrame, column: str | None = None) -> pd.DataFrame:
        """Return a table with names in place of the ids in a column; these and more names follow.

        Parameters
        ----------
        column
            The column with the ids, by default the one of the level.
        """
        if self.layer is None:
            return table
        column = column or self.column
        ids = table[column].astype(str)
        more = {"area_id": ids.where(ids != TOTAL, "").to_numpy()}
        known = self.layer.set_axis(self.layer.index.astype(str))
        for name in NAMES[1:]:
            if name in known and name not in table:
                more[name] = known[name].astype(object).reindex(ids).fillna("").to_numpy()
        return table.assign(**{column: ids.map({**self.names(), "": "", TOTAL: TOTAL})}, **more)


def tell_apart(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a table in which areas of one name are called apart, by their ids.

    Examples
    --------
    >>> table = pd.DataFrame({"district": ["Adel", "Adel", "Heet"], "area_id": ["a", "b", "c"]})
    >>> tell_apart(table, "district")["district"].tolist()
    ['Adel (a)', 'Adel (b)', 'Heet']
    """
    if "area_id" not in table:
        return table
    several = table.groupby(column)["area_id"].transform("nunique") > 1
    apart = table[column] + " (" + table["area_id"] + ")"
    return table.assign(**{column: table[column].where(~several, apart)})


def count_areas(
    level: Level,
    reach: gpd.GeoDataFrame,
    counted: gpd.GeoDataFrame,
    *,
    minutes: Sequence[float],
    layers: Sequence[str],
    boxes: gpd.GeoDataFrame,
    box_types: Sequence[BoxType],
) -> pd.DataFrame:
    """Count communities as places, people where they are counted, and the boxes, by area.

    Parameters
    ----------
    level
        The areas. Each has a row, also where there is nothing to count.
    reach, counted
        The reach of the communities at one threshold, and of that on which people are counted.
    minutes
        The thresholds.
    layers
        Columns of the communities with people of one kind each.
    boxes, box_types
        As in `summarise`.
    """
    standing = level.by_id(boxes)
    tables = [
        summarise(
            level.by_id(table), by=level.column, minutes=minutes, people=people, boxes=standing,
            box_types=box_types,
        ).set_index("threshold_minutes", append=True)
        for table, people in ((reach, ("people", *layers)), (counted, ("people",)))
    ]  # fmt: skip
    places, people = tables
    rows = level.rows([*places.index.unique(0), *people.index.unique(0)])
    kinds = [one for name in layers for one in _layer_columns(name)]
    counts = places.columns[places.columns.str.match("places|must_reach")]
    # Whose people are not known belongs to that on which people are counted.
    counts = counts.drop(["places_unknown_people", *kinds], errors="ignore")
    of_places = [*counts, *kinds, "worst_five"]
    for name in layers:
        places = _blank_unknown(places, name, _layer_columns(name)[1:4])
    of_people = [*people.columns[people.columns.str.match("people")]]
    people = _blank_unknown(people, "people", of_people)
    both = [
        _with_rows(places[of_places], rows),
        _with_rows(people.drop(columns=of_places, errors="ignore"), rows),
    ]
    table = pd.concat(both, axis=1).rename_axis(["threshold_minutes", level.column])
    table = level.name(table.reset_index())
    first = [level.column, *(name for name in _FIRST if name in table)]
    return table[[*first, *table.columns.drop(first)]]


def _layer_columns(name: str) -> list[str]:
    counts = [name, f"{name}_covered", f"{name}_uncovered"]
    return [f"places_unknown_{name}", *counts, f"share_{name}_covered"]


def _blank_unknown(table: pd.DataFrame, kind: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table with blanks where there are places, and the people of none are known.

    The total stays the sum of what is known.
    """
    unknown = table[f"places_unknown_{kind}"]
    nobody = (unknown > 0) & (unknown == table["places"])
    nobody &= table.index.get_level_values(0) != TOTAL
    return table.assign(**{one: table[one].astype(float).mask(nobody) for one in columns})


def _with_rows(table: pd.DataFrame, rows: list[str]) -> pd.DataFrame:
    """Return the rows that are wanted, at each threshold; where there is no place sums are 0."""
    limits = table.index.unique(1).sort_values()
    wanted = pd.MultiIndex.from_product([limits, rows])
    table = table.swaplevel()
    missing = ~wanted.isin(table.index)
    filled = table.reindex(wanted)
    for name, kind in table.dtypes.items():
        if name == "worst_five":
            filled.loc[missing, name] = ""
        elif not str(name).startswith(_UNKNOWN_IF_NONE):
            filled.loc[missing, name] = 0
            filled[name] = filled[name].astype(kind)
    return filled


def draw_areas(level: Level, table: pd.DataFrame) -> gpd.GeoDataFrame | None:
    """Return the areas as shapes, a row each; columns that a threshold decides once for each.

    ``people_covered_30`` is ``people_covered`` at 30 minutes.
    """
    if level.layer is None:
        return None
    limits = sorted(table["threshold_minutes"].unique())
    names = table.columns.astype(str)
    each = [*names[names.str.contains("covered") | names.str.endswith("_two_boxes")]]
    wide = [
        table[table["threshold_minutes"] == limit].set_index("area_id").drop(index="")
        for limit in limits
    ]
    shapes = level.layer.geometry.set_axis(level.layer.index.astype(str))
    columns: dict[str, Any] = {"name": wide[0][level.column]}
    columns |= {
        name: wide[0][name] for name in wide[0]
        if name not in {*each, level.column, "threshold_minutes"}
    }  # fmt: skip
    columns |= {
        f"{name}_{limit:g}": one[name] for limit, one in zip(limits, wide, strict=True)
        for name in each
    }  # fmt: skip
    drawn = pd.DataFrame(columns).rename_axis("area_id")
    return gpd.GeoDataFrame(drawn, geometry=shapes.reindex(drawn.index), crs=level.layer.crs)


def draw_curves(level: Level, counted: gpd.GeoDataFrame, *, up_to: float) -> pd.DataFrame:
    """Return coverage minute by minute, by area, up to the longest threshold."""
    curves = coverage_curves(level.by_id(counted), by=level.column, step=1.0, up_to=up_to)
    return level.name(level.sort(curves, level.column))


def list_worst(level: Level, reach: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the communities with the longest way, by area."""
    table = level.sort(worst_places(level.by_id(reach), by=level.column), "area")
    areas = level.name(table[["area"]], "area")
    return table.assign(**areas[areas.columns.intersection(["area", "area_id"])])


def count_weights(
    level: Level, reached: gpd.GeoDataFrame, weights: npt.NDArray[Any], *, minutes: Sequence[float]
) -> pd.DataFrame:
    """Count ``total``, ``covered``, ``uncovered`` and ``share`` of any demand, by area.

    Parameters
    ----------
    reached
        The reach of the demand at one threshold.
    weights
        How much each row counts.
    """
    weighed = level.by_id(reached).assign(people=weights)
    table = summarise(weighed, by=level.column, minutes=minutes)
    table = table.set_index("threshold_minutes", append=True)
    kept = {"people": "total", "people_covered": "covered", "people_uncovered": "uncovered"}
    table = table.rename(columns={**kept, "share_covered": "share"})
    table = table[[*kept.values(), "share"]]
    rows = _with_rows(table, level.rows([*table.index.unique(0)]))
    rows = rows.rename_axis(["threshold_minutes", "area"]).reset_index()
    named = level.name(rows, "area").drop(columns=[*NAMES[1:]], errors="ignore")
    return named[["area", "threshold_minutes", *named.columns.drop(["area", "threshold_minutes"])]]
