"""The places that are farthest from any site, by area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.divisions import By, divide
from boxreach.accessibility.readings import MS_PER_MINUTE, Readings, take_readings
from boxreach.accessibility.spread import NO_WAY, Order
from boxreach.arguments import number_faults
from boxreach.crs import Floats
from boxreach.errors import InputError
from boxreach.tables import NAMES, TOTAL

Integers = npt.NDArray[np.int64]


def worst_places(reached: pd.DataFrame, *, by: By = "governorate", count: int = 5) -> pd.DataFrame:
    """List the places with the longest way from any site, in each area and in total.

    Parameters
    ----------
    reached
        From `reach`.
    by
        As in `summarise`.
    count
        How many to list of each area.

    Returns
    -------
    pandas.DataFrame
        A row a place: ``area`` (the label in the index of `summarise`, ``total`` last), ``rank``
        from 1, ``id``, then as far as the table has them ``name``, its translations, ``people``,
        ``minutes`` (NaN where there is no way) and ``reason``. Places without a way
        come first; of places as far as each other those of more people, then by id.

    Raises
    ------
    InputError
        If `reached` is no table of reach with minutes, or an argument is not what it should be.

    Examples
    --------
    >>> reached = pd.DataFrame(
    ...     {"governorate": "Anbar", "minutes": [40.0, np.nan, 75.0], "people": [10, 20, 30],
    ...      "covered": False, "threshold_minutes": 30.0}, index=["a", "b", "c"])
    >>> worst_places(reached, count=2)[["area", "rank", "id", "minutes"]]
        area  rank id  minutes
    0  Anbar     1  b      NaN
    1  Anbar     2  c     75.0
    2  total     1  b      NaN
    3  total     2  c     75.0
    """
    if faults := number_faults(
        "count", count, lambda one: one >= 1 and one % 1 == 0, "give a whole number from 1 upwards"
    ):
        raise InputError(*faults)
    readings = take_readings(reached, ("people",))
    readings.require_ms()
    division = divide(by, ("reach", reached))
    order = Order.by_group(readings.by_ms, division.members[0], len(division.areas))
    chosen = farthest_rows(readings, order, int(count))
    labels = [*division.areas, TOTAL]
    rows = np.array([row for few in chosen for row in few], np.int64)
    columns: dict[str, object] = {
        "area": [label for label, few in zip(labels, chosen, strict=True) for _ in few],
        "rank": [rank for few in chosen for rank in range(1, len(few) + 1)],
        "id": reached.index[rows].astype(str),
    }
    kept = [name for name in (*NAMES, "people", "minutes", "reason") if name in reached]
    return pd.DataFrame(columns | {name: reached[name].array[rows] for name in kept})


def farthest_rows(readings: Readings, order: Order, count: int) -> list[list[int]]:
    """Return for each group, and for all together last, its farthest rows from the worst on."""
    ms, people = readings.require_ms(), np.full(len(readings.table), -1.0)
    if readings.people:
        people = np.nan_to_num(next(iter(readings.people.values())), nan=-1.0)
    ids = readings.table.index
    chosen = []
    for first, last in zip(order.starts[:-1], order.starts[1:], strict=True):
        rows = order.rows[first:last]
        chosen.append(_farthest(rows, ms, people, ids, count))
    best = np.array([row for few in chosen for row in few], np.int64)
    best = best[np.argsort(ms[best], kind="stable")]
    return [*chosen, _farthest(best, ms, people, ids, count)]


def _farthest(
    rows: Integers, ms: Integers, people: Floats, ids: pd.Index[str], count: int
) -> list[int]:
    """Return the farthest of rows that are sorted by milliseconds.

    Ids are text and slow to compare, so only rows that nothing else parts are sorted by them.
    """
    if len(rows) > count:
        rows = rows[np.searchsorted(ms[rows], ms[rows[-count]]) :]
    if len(rows) > count:
        rows = rows[np.lexsort((people[rows], ms[rows]))]
        last = rows[-count]
        rows = rows[(ms[rows] > ms[last]) | (people[rows] >= people[last])]
    return sorted(rows.tolist(), key=lambda row: (-ms[row], -people[row], str(ids[row])))[:count]


def in_words(readings: Readings, chosen: list[list[int]]) -> list[str]:
    """Return lists of rows as text: ``"Name (75 min), Name (no way)"``."""
    table, ms = readings.table, readings.require_ms()
    rows = [row for few in chosen for row in few]
    names = dict(zip(rows, table.index[rows].astype(str), strict=True))
    if "name" in table:
        said = table["name"].iloc[rows]
        names |= {
            row: str(name)
            for row, name in zip(rows, said, strict=True)
            if not pd.isna(name) and str(name).strip()
        }
    minutes = {
        row: "no way" if ms[row] == NO_WAY else f"{ms[row] / MS_PER_MINUTE:.0f} min" for row in rows
    }
    return [", ".join(f"{names[row]} ({minutes[row]})" for row in few) for few in chosen]
