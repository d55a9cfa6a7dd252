"""Scenarios become columns: what each makes of the places, the areas and the boxes of a map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.maps.columns import (
    Columns,
    fill_columns,
    names_of,
    numbers_of,
    pack_texts,
    positions_of,
    texts_of,
)
from boxreach.maps.packing import pack_integers
from boxreach.tables import NAMES

if TYPE_CHECKING:
    from boxreach.scenarios import Comparison

Integers = npt.NDArray[np.int64]

_CHANGES = ("same", "lost", "gained", "slower", "quicker", "new", "gone")
"""What the page counts and paints, in this order; a place that a scenario lacks comes after."""
_BOXES = ("same", "lost", "new")
_FIGURES = {
    "minutes": 6,
    "boxes": 0,
    "people": 3,
    "within": 3,
    "share": 9,
    "gained": 3,
    "lost": 3,
    "net": 3,
    "places_gained": 0,
    "places_lost": 0,
    "median_minutes": 3,
    "slower_minutes": 3,
    "returned": 3,
    "left": 3,
}
_OF_AREAS = ("people", "within_before", "within_after", "gained", "lost", "net")
_PER_MINUTE = 10
_MOST_LETTERS = 160
"""So much is said of what a scenario changes, which may be a list of all its places."""
_NEVER = 0


def write_changes(
    comparison: Comparison | None, reach: gpd.GeoDataFrame, *, coarse: bool = False
) -> dict[str, Any] | None:
    """Return a comparison as columns; None where there is none, or nothing is compared.

    The places of all scenarios are written once, those that the map shows already by their
    position on it. Of each scenario then follow a code of `_CHANGES` for each place, the minutes
    less those of the base, and the site: 0 for that of the base, 1 for none, else its position
    and two more.

    Parameters
    ----------
    comparison
        What `boxreach.scenarios.compare` returned.
    reach
        A row per community of the map.
    coarse
        Write times in whole minutes and not in tenths.
    """
    if comparison is None or len(comparison.table) < 2:
        return None
    places = to_wgs84(comparison.places, file="comparison")
    boxes = to_wgs84(comparison.boxes, file="comparison")
    names = [str(one) for one in comparison.table.index]
    per = 1 if coarse else _PER_MINUTE
    rows = _Rows(places, find_ids(places, reach), names[1:], per)
    table = {key: numbers_of(comparison.table, key, digits) for key, digits in _FIGURES.items()}
    return {
        "unit": str(comparison.unit),
        "by": str(comparison.by),
        "table": {"name": names} | table,
        "places": _write_places(rows, reach),
        "per_minute": per,
        "sites": rows.sites,
        "scenarios": [
            rows.write(at)
            | {
                "areas": _write_areas(comparison.areas, name),
                "boxes": _write_boxes(boxes, name),
                "assumptions": _tell_assumptions(comparison.assumptions, name),
            }
            for at, name in enumerate(names[1:])
        ],
    }


def find_ids(places: pd.DataFrame, reach: gpd.GeoDataFrame) -> pd.Index:
    """Return the ids of the places of a table, whatever the column is called that holds them."""
    for name in (reach.index.name, "community_id", "demand_id", "segment_id"):
        if name in places:
            return _as_index(places[name])
    told = {"scenario", "feature_id", "what", "people", "site_id", "minutes", "name", "geometry"}
    return _as_index(places[next(one for one in places if one not in told)])


def _as_index(values: Iterable[Any]) -> pd.Index[Any]:
    index: pd.Index[Any] = pd.Index(list(values), dtype=object)
    return index


class _Rows:
    """The rows of all scenarios, each at its scenario and at the position of its place."""

    def __init__(
        self, places: gpd.GeoDataFrame, ids: pd.Index, scenarios: list[str], per: int
    ) -> None:
        self.table, self.per = places, per
        self.place, self.ids = pd.factorize(ids)
        first = np.unique(self.place, return_index=True)[1]
        self.first = places.iloc[first]  # of each place, in the order of its ids
        scenario = pd.Index(scenarios, dtype=object).get_indexer(
            _as_index(texts_of(places, "scenario"))
        )
        self.of = [np.flatnonzero(scenario == at) for at in range(len(scenarios))]
        self.before = texts_of(places, "site_id_before")
        self.after = texts_of(places, "site_id")
        self.sites = sorted({*self.before, *self.after} - {""})
        self.at = {one: position for position, one in enumerate(self.sites)}
        self.units_before = self._units("minutes_before")
        self.units = self._units("minutes")
        self.base = self._base()

    def _units(self, column: str) -> Integers:
        """Return minutes raised to whole units and one more; `_NEVER` where there are none."""
        minutes = self.table[column].to_numpy(dtype=float)
        known = np.isfinite(minutes)
        raised = np.ceil(np.where(known, minutes, 0.0) * self.per - 1e-6)
        return np.where(known, raised + 1, _NEVER).astype(np.int64)

    def _base(self) -> tuple[Integers, Integers]:
        """Return of each place its units and its site in the base: 0 for none, or one more."""
        units = np.zeros(len(self.ids), dtype=np.int64)
        site = np.zeros(len(self.ids), dtype=np.int64)
        units[self.place] = self.units_before
        site[self.place] = [self.at[one] + 1 if one else 0 for one in self.before]
        return units, site

    def write(self, scenario: int) -> dict[str, Any]:
        """Return what one scenario makes of the places."""
        rows = self.of[scenario]
        code = {one: at for at, one in enumerate(_CHANGES)}
        count = len(self.ids)
        change = np.full(count, len(_CHANGES), dtype=np.int64)
        place = self.place[rows]
        said = texts_of(self.table.iloc[rows], "change")
        change[place] = [code.get(one, 0) for one in said]
        slower = np.zeros(count, dtype=np.int64)
        base_units, base_site = self.base
        slower[place] = self.units[rows] - base_units[place]
        site = np.zeros(count, dtype=np.int64)
        after = self.after.iloc[rows]
        now = np.array([self.at[one] + 1 if one else 0 for one in after], dtype=np.int64)
        site[place] = np.where(now == base_site[place], 0, now + 1)
        return {
            "change": pack_integers(change),
            "slower": pack_integers(slower),
            "site": pack_integers(site),
            "people": self._people(rows),
            "reason": self._pack_texts("reason", rows),
            "because": self._pack_texts("because", rows),
        }

    def _pack_texts(self, column: str, rows: Integers) -> dict[str, Any] | None:
        """Return a text for each place; None where there are none."""
        texts = np.full(len(self.ids), "", dtype=object)
        texts[self.place[rows]] = texts_of(self.table.iloc[rows], column).to_numpy()
        return pack_texts(pd.Series(texts)) if any(texts) else None

    def _people(self, rows: Integers) -> str | None:
        """Return thousandths of people and one more; None where all are those of the base."""
        now = self.table["people"].to_numpy(dtype=float)[rows]
        before = self.table["people_before"].to_numpy(dtype=float)[rows]
        if np.array_equal(now, before, equal_nan=True):
            return None
        return self.pack_people("people", rows)

    def pack_people(self, column: str, rows: Integers) -> str:
        """Return thousandths of people of each place and one more, 0 where they are unknown."""
        people = self.table[column].to_numpy(dtype=float)[rows]
        found = np.zeros(len(self.ids), dtype=np.int64)
        known = np.isfinite(people)
        found[self.place[rows]] = np.where(known, np.rint(np.where(known, people, 0) * 1000) + 1, 0)
        return pack_integers(found)


def _write_places(rows: _Rows, reach: gpd.GeoDataFrame) -> Columns:
    """Return the places of all scenarios: where they are on the map, or else on their own."""
    on_map = reach.index.astype(object).get_indexer(rows.ids)
    own = rows.first[on_map < 0]
    units, site = rows.base
    every = np.arange(len(rows.table))
    return {
        "place": pack_integers(np.diff(on_map, prepend=0)),
        "own": {}
        if not len(own)
        else {"id": [str(one) for one in rows.ids[on_map < 0]]}
        | names_of(own)
        | {"governorate": pack_texts(texts_of(own, "area"))}
        | positions_of(points_within(own)),
        "units": pack_integers(units),
        "site": pack_integers(site),
        "people": rows.pack_people("people_before", every),
    }


def points_within(table: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return longitude and latitude of a place on each shape; NaN where there is none."""
    shapes = shapely.point_on_surface(table.geometry.to_numpy())
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])


def _write_areas(areas: pd.DataFrame, scenario: str) -> Columns:
    own = areas[texts_of(areas, "scenario") == scenario]
    return {"name": texts_of(own, "area").tolist()} | {
        key: numbers_of(own, key, 3) for key in _OF_AREAS
    }


def _write_boxes(boxes: gpd.GeoDataFrame, scenario: str) -> Columns:
    """Return the boxes of a scenario; without places those that stand on the map already."""
    own = boxes[texts_of(boxes, "scenario") == scenario]
    if not len(own):
        return {}
    code = {one: at for at, one in enumerate(_BOXES)}
    change = [code.get(one, 0) for one in texts_of(own, "change")]
    where = points_within(own)
    where[np.array(change) == 0] = np.nan
    return fill_columns(
        {"id": texts_of(own, "site_id").tolist(), "change": change}
        | names_of(own)
        | {key: numbers_of(own, key, 3) for key in ("people_before", "people")}
        | positions_of(where)
    )


def _tell_assumptions(assumptions: pd.DataFrame | None, scenario: str) -> list[list[str]]:
    """Return what a scenario changes: the field of a `Scenario`, and what it says."""
    if assumptions is None:
        return []
    own = assumptions[texts_of(assumptions, "scenario") == scenario]
    said = [one[:_MOST_LETTERS] + "…" * (len(one) > _MOST_LETTERS) for one in texts_of(own, "says")]
    return [list(pair) for pair in zip(texts_of(own, "field"), said, strict=True)]


def tell_base(comparison: Comparison) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the base of a comparison: a row per community as of `boxreach.reach`, and its boxes.

    Raises
    ------
    InputError
        If there is no scenario beside the base.
    """
    if len(comparison.table) < 2:
        advice = "give compare() at least one scenario"
        raise InputError(Fault("comparison: it has the base alone", advice=advice))
    first = str(comparison.table.index[1])
    places = comparison.places[texts_of(comparison.places, "scenario") == first]
    places = places[texts_of(places, "change") != "new"]
    names = [one for one in NAMES if one in places]
    told = gpd.GeoDataFrame(
        {
            **{one: texts_of(places, one).to_numpy() for one in names},
            "governorate": texts_of(places, "area").to_numpy(),
            "people": places["people_before"].to_numpy(dtype=float),
            "covered": places["covered_before"].to_numpy(dtype=bool),
            "site_id": texts_of(places, "site_id_before").to_numpy(),
            "minutes": places["minutes_before"].to_numpy(dtype=float),
            "reason": "",
            "threshold_minutes": float(comparison.table["minutes"].iloc[0]),
        },
        geometry=places.geometry.to_numpy(),
        crs=places.crs,
        index=find_ids(places, places.iloc[:0]).rename("community_id"),
    )
    boxes = comparison.boxes[texts_of(comparison.boxes, "scenario") == first]
    boxes = boxes[texts_of(boxes, "change") != "new"]
    kept = boxes[[one for one in (*NAMES, boxes.geometry.name) if one in boxes]]
    return told, kept.set_index(pd.Index(texts_of(boxes, "site_id"), name="site_id"))
