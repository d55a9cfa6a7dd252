"""How many places and people are within reach, by area, and how far away they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.divisions import By, Division, divide
from boxreach.accessibility.farthest import farthest_rows, in_words
from boxreach.accessibility.readings import Readings, take_readings
from boxreach.accessibility.spread import NO_WAY, Order, spread_of
from boxreach.accessibility.standing import count_boxes, people_for_each
from boxreach.accessibility.sums import StepSums, sums_by_step, sums_of
from boxreach.arguments import kind_of
from boxreach.box_types import BoxType, require_box_types
from boxreach.crs import Floats, require_frame
from boxreach.errors import Fault, InputError
from boxreach.tables import NAMES
from boxreach.workers import Client, client_faults, collect

Integers = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]
"""Arrays of areas, or of areas by thresholds."""

_KEPT = {"threshold_minutes", "geometry", *NAMES}
_NEEDED = ("must_reach", "name")
_WORST = 5


@dataclass(frozen=True, eq=False)
class _Counted:
    """What is counted at every level: rows, thresholds, and the first that holds each row."""

    readings: Readings
    limits: dict[int, float]
    steps: Integers


def summarise(
    reached: gpd.GeoDataFrame,
    *,
    by: By = "governorate",
    minutes: Iterable[float] | None = None,
    people: Sequence[str] = ("people",),
    boxes: gpd.GeoDataFrame | None = None,
    box_types: Sequence[BoxType] = (),
    client: Client | None = None,
) -> pd.DataFrame:
    """Count places and people within reach in each area, and in total.

    Parameters
    ----------
    reached
        From `reach`.
    by
        A column to group by; rows without a value in it are counted under ``""``. Or polygons as
        `read_areas` returns them: each row counts to the area it lies in, as in `join_areas`, and
        to ``""`` where it lies in none.
    minutes
        Thresholds, any of them as short or long as one likes; a place at exactly so many minutes
        is covered. None is the threshold of `reached`.
    people
        Columns of people. The first weighs what is said of minutes; where there is none, each
        place weighs 1, and that is what ``people_two_boxes`` and ``people_without_way`` count.
    boxes
        Sites that stand, with the column `by` or lying in its polygons.
    box_types
        What the column ``box_type`` of `boxes` may name; where it is blank the first of them,
        which is ``BoxType("box")`` if none is given.
    client
        A `distributed.Client`, whose workers count, each some of what is asked; this process does
        if not given, which is quicker unless there are many millions of rows. The table is the
        same.

    Returns
    -------
    pandas.DataFrame
        For each threshold, ascending, a row an area and ``total`` last. By a column the index is
        `by`, sorted; by polygons it is ``area_id``, in the order of the layer and each with a row
        though nothing lies in it, and the table is a GeoDataFrame in EPSG:4326 with the layer's
        ``name`` and its translations, where ``""`` and ``total`` have no shape.

        - ``threshold_minutes``, ``places``, ``places_covered``, ``places_uncovered``;
        - ``must_reach`` and ``must_reach_covered``: places marked in a column ``must_reach``;
        - for people: ``places_unknown_people`` (places whose people are not known: they are in no
          sum of people), ``people``, ``people_covered``, ``people_uncovered``, ``share_covered``
          (NaN where no people are known); for another column c ``places_unknown_c``, ``c``,
          ``c_covered``, ``c_uncovered``, ``share_c_covered``;
        - ``people_two_boxes`` and ``share_two_boxes``: with two sites or more within the
          threshold; NaN beyond the cutoff of the times, where the second is not known;
        - ``mean_minutes``, ``median_minutes``, ``p90_minutes``, ``gini_minutes``,
          ``people_without_way``: how far away the quickest site is, whatever the threshold;
        - ``worst_five``: the places with the longest way, as text (`worst_places` is its table);
        - with `boxes`: ``boxes``, ``vehicles``, ``officers`` (NaN where a type does not say
          them), ``cost_usd``, ``people_per_box``, ``people_per_vehicle``, ``people_per_officer``
          (NaN where there is none, or no people are counted).

        Columns of what `reached` does not have are left out. Covered and uncovered add up to the
        whole, and areas to the total, whatever the order of the rows.

    Raises
    ------
    InputError
        If `reached` has no column `by`, or is not what `reach` returned, or holds several
        thresholds; if a column of `people` is missing; if a box is of a type that is not given.

    Notes
    -----
    The quantile q is the smallest number of minutes such that at least the share q of the people
    have no more (Hyndman and Fan, Sample Quantiles in Statistical Packages, 1996, definition 1,
    weighted). People without a way count as infinitely far: a quantile that falls on them is NaN.
    The mean and the Gini coefficient are of those who have a way. The Gini coefficient is the mean
    absolute difference of the minutes of two people drawn at random, with replacement, over twice
    the mean (Gini, Variabilità e mutabilità, 1912): 0 where all have the same way.

    Examples
    --------
    >>> reached = pd.DataFrame(
    ...     {"governorate": ["Anbar", "Anbar", "Ninewa"], "people": [100, 300, 50],
    ...      "minutes": [10.0, 40.0, np.nan], "covered": [True, False, False],
    ...      "threshold_minutes": 30.0}, index=["a", "b", "c"])
    >>> table = summarise(reached, minutes=[30, 60])
    >>> table[["threshold_minutes", "people", "people_covered"]].rename_axis(None)
            threshold_minutes  people  people_covered
    Anbar                30.0   400.0           100.0
    Ninewa               30.0    50.0             0.0
    total                30.0   450.0           100.0
    Anbar                60.0   400.0           400.0
    Ninewa               60.0    50.0             0.0
    total                60.0   450.0           400.0
    """
    if faults := client_faults(client):
        raise InputError(*faults)
    readings = take_readings(reached, people)
    counted = _Counted(readings, *readings.within(minutes))
    types = require_box_types(box_types)
    return _tabulate(counted, _divide(by, reached, boxes), boxes, types, client)


def summarise_levels(
    reached: gpd.GeoDataFrame,
    levels: Mapping[str, By],
    *,
    minutes: Iterable[float] | None = None,
    people: Sequence[str] = ("people",),
    boxes: gpd.GeoDataFrame | None = None,
    box_types: Sequence[BoxType] = (),
    client: Client | None = None,
) -> dict[str, pd.DataFrame]:
    """Count places and people within reach at several levels of areas, each with the same total.

    Parameters
    ----------
    reached, minutes, people, boxes, box_types, client
        As in `summarise`.
    levels
        What divides the country by the name of the level, each as `by` in `summarise`:
        ``{"governorate": governorates, "district": districts}``.

    Returns
    -------
    dict
        What `summarise` returns, by the name of the level.

    Raises
    ------
    InputError
        As from `summarise`.

    Examples
    --------
    >>> reached = pd.DataFrame(
    ...     {"governorate": "Anbar", "district": ["Heet", "Rutba"], "people": [5, 7],
    ...      "minutes": [10.0, 40.0], "covered": [True, False], "threshold_minutes": 30.0})
    >>> tables = summarise_levels(reached, {"first": "governorate", "second": "district"})
    >>> [table.loc["total", "people_covered"].item() for table in tables.values()]
    [5.0, 5.0]
    """
    named = isinstance(levels, Mapping) and all(isinstance(one, str) for one in levels)
    if not named or not levels:
        advice = 'give areas by the name of their level, like {"governorate": areas}'
        raise InputError(Fault(f"levels is {kind_of(levels)}", advice=advice))
    if faults := client_faults(client):
        raise InputError(*faults)
    readings = take_readings(reached, people)
    counted = _Counted(readings, *readings.within(minutes))
    types = require_box_types(box_types)
    divisions = {level: _divide(by, reached, boxes) for level, by in levels.items()}
    return {
        level: _tabulate(counted, division, boxes, types, client)
        for level, division in divisions.items()
    }


def _divide(by: By, reached: pd.DataFrame, boxes: gpd.GeoDataFrame | None) -> Division:
    if boxes is None:
        return divide(by, ("reach", reached))
    require_frame(boxes, file="boxes")
    return divide(by, ("reach", reached), ("boxes", boxes))


def _tabulate(
    counted: _Counted,
    division: Division,
    boxes: gpd.GeoDataFrame | None,
    types: Sequence[BoxType],
    client: Client | None,
) -> pd.DataFrame:
    readings, counter = (
        counted.readings,
        _Counter(counted, division.members[0], len(division.areas)),
    )
    shared = counter if client is None else counter.bare()
    parts = collect(client, _count, shared, len(counter.parts()))
    if boxes is not None:
        standing = count_boxes(boxes, types, division.members[1], len(division.areas))
        whole = counter.whole() if readings.people else np.full(len(division.index), np.nan)
        parts.append(standing | people_for_each(whole, standing))
    columns = _together(*parts)
    limits = list(counted.limits.values())
    times = len(limits)
    flat = {
        name: array.T.ravel() if array.ndim == 2 else np.tile(array, times)
        for name, array in columns.items()
    }
    names = {name: said * times for name, said in division.names().items()}
    index = pd.Index(np.tile(division.index, times), dtype="str", name=division.label)
    each = {"threshold_minutes": np.repeat(limits, len(division.index))}
    table = pd.DataFrame(names | each | flat, index=index)
    return _drawn(table, division)


def _together(*parts: Columns) -> Columns:
    """Return all columns, or raise `InputError` if one of people is called as another is."""
    named = [name for part in parts for name in part]
    twice = sorted({name for name in named if named.count(name) > 1} | ({*named} & _KEPT))
    if twice:
        advice = "rename the column of people"
        raise InputError(*(Fault(f"{n!r} would name two columns", advice=advice) for n in twice))
    return {name: array for part in parts for name, array in part.items()}


def _drawn(table: pd.DataFrame, division: Division) -> pd.DataFrame:
    """Return a table with the shapes of its areas, if they have any."""
    if division.layer is None:
        return table
    shapes = division.layer.geometry.tolist()
    shapes += [None] * (len(division.index) - len(shapes))
    times = len(table) // len(shapes)
    drawn: pd.DataFrame = gpd.GeoDataFrame(table, geometry=shapes * times, crs=division.layer.crs)
    return drawn


def _count(counter: _Counter, part: int) -> Columns:
    """Return one part of the table."""
    return counter.parts()[part]()


class _Counter:
    """Counts what lies within each threshold, by area and in total."""

    def __init__(self, counted: _Counted, groups: Integers, count: int) -> None:
        self.readings, self.limits, self.steps = counted.readings, counted.limits, counted.steps
        self.groups, self.count = groups, count

    def _sums(self, weights: Floats | None, steps: Integers | None = None) -> StepSums:
        """Return sums within each threshold, and of all rows last."""
        steps = self.steps if steps is None else steps
        return sums_by_step(self.groups, self.count, steps, len(self.limits) + 1, weights)

    def whole(self) -> Floats:
        """Return what the rows of each area weigh."""
        return sums_of(self.groups, self.count, self.readings.weights)

    def places(self) -> Columns:
        """Return places, and those that must be reached."""
        columns = _in_and_out("places", self._sums(None))
        marked = self.readings.table.get("must_reach")
        if marked is not None and pd.api.types.infer_dtype(marked, skipna=True) == "boolean":
            is_marked = marked.to_numpy(dtype=float, na_value=0.0)
            must = _in_and_out("must_reach", self._sums(np.nan_to_num(is_marked)))
            must.pop("must_reach_uncovered")
            columns |= {name: marks.astype(np.int64) for name, marks in must.items()}
        return columns

    def people(self, name: str) -> Columns:
        """Return people of a column."""
        people = self.readings.people[name]
        unknown = sums_of(self.groups, self.count, np.isnan(people).astype(float))
        sums = _in_and_out(name, self._sums(np.nan_to_num(people)))
        share = "share_covered" if name == "people" else f"share_{name}_covered"
        return {
            f"places_unknown_{name}": unknown.astype(np.int64),
            **sums,
            share: _share(sums[f"{name}_covered"], sums[name]),
        }

    def backup(self) -> Columns:
        """Return who has two sites."""
        readings, ms = self.readings, self.readings.require_ms()
        known = np.array(list(self.limits)) <= readings.cutoff_ms
        backup = np.full_like(ms, NO_WAY) if readings.backup_ms is None else readings.backup_ms
        known &= readings.backup_ms is not None
        two = self._sums(readings.weights, np.searchsorted(list(self.limits), backup)).up_to[:, :-1]
        two = np.where(known, two, np.nan)
        whole = np.broadcast_to(self.whole()[:, None], two.shape)
        return {"people_two_boxes": two, "share_two_boxes": _share(two, whole)}

    def spread(self) -> Columns:
        """Return how the minutes are spread."""
        readings, by_ms = self.readings, self.readings.by_ms
        order = Order.by_group(by_ms, self.groups, self.count)
        ms, weights = readings.require_ms(), readings.weights
        return {**spread_of(ms, weights, self.groups, self.count, order, by_ms)}

    def farthest(self) -> Columns:
        """Return the places farthest away."""
        order = Order.by_group(self.readings.by_ms, self.groups, self.count)
        worst = in_words(self.readings, farthest_rows(self.readings, order, _WORST))
        return {"worst_five": np.array(worst, dtype=object)}

    def parts(self) -> list[Callable[[], Columns]]:
        """Return what tells each part of the table, in the order of its columns."""
        of_people = [partial(self.people, name) for name in self.readings.people]
        of_minutes = [self.backup, self.spread, self.farthest]
        return [self.places, *of_people, *([] if self.readings.ms is None else of_minutes)]

    def bare(self) -> _Counter:
        """Return the same without the columns of the table that nothing is counted of."""
        table = self.readings.table
        needed = pd.DataFrame({name: table[name] for name in _NEEDED if name in table}, table.index)
        counted = _Counted(replace(self.readings, table=needed), self.limits, self.steps)
        return _Counter(counted, self.groups, self.count)


def _in_and_out(name: str, sums: StepSums) -> Columns:
    """Return the whole, what is covered of it, and the rest."""
    inside, outside = sums.up_to[:, :-1], sums.beyond[:, :-1]
    return {name: sums.whole, f"{name}_covered": inside, f"{name}_uncovered": outside}


def _share(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return share
