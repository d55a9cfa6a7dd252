"""Two states held against each other, place by place: who is reached in which, and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility import reach
from boxreach.accessibility.readings import to_ms
from boxreach.accessibility.spread import NO_WAY
from boxreach.arguments import shown
from boxreach.crs import Floats, to_wgs84
from boxreach.errors import Fault
from boxreach.routing import TravelTimes
from boxreach.tables import missing_faults

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

UNITS = ("people", "km")
"""What may be counted, by the column of the demand that holds it: the first that is there."""

NEITHER_MS = 1000
"""A place that is reached sooner or later by less than this is reached as soon."""


@dataclass(frozen=True, eq=False)
class State:
    """Who is reached in one state.

    Attributes
    ----------
    name
        What it is called.
    reached
        Its demand with what `reach` says of it, in EPSG:4326.
    sites
        Its boxes, in EPSG:4326.
    minutes
        The threshold.
    people
        The column of the demand that is counted.
    """

    name: str
    reached: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    minutes: float
    people: str

    @classmethod
    def of(cls, name: str, times: TravelTimes, minutes: float, people: str) -> State:
        """Return the state that times come to."""
        reached = to_wgs84(reach(times, minutes=minutes), file="demand")
        return cls(name, reached, to_wgs84(times.sites, file="sites"), minutes, people)

    @property
    def known(self) -> Floats:
        """What each place counts; NaN where that is not known."""
        column: Floats = self.reached[self.people].to_numpy(dtype=float, na_value=np.nan)
        return column

    @cached_property
    def counts(self) -> Floats:
        """What each place counts; 0 where that is not known."""
        return np.nan_to_num(self.known)

    @property
    def covered(self) -> Flags:
        """Whether each place is within reach."""
        flags: Flags = self.reached["covered"].to_numpy(dtype=bool)
        return flags

    @cached_property
    def ms(self) -> Integers:
        """Milliseconds of the quickest site, `NO_WAY` where there is none."""
        return to_ms(self.reached["minutes"].to_numpy(dtype=float, na_value=np.nan))

    @cached_property
    def by_site(self) -> Floats:
        """What is within the threshold of each site, of which it is the quickest."""
        site = self.sites.index.get_indexer(self.reached["site_id"])
        served = self.covered & (site >= 0)
        sums = np.bincount(site[served], self.counts[served], minlength=len(self.sites))
        return sums.astype(float)


def unit_faults(demand: pd.DataFrame, people: str | None, file: str) -> list[Fault]:
    """Return the faults of what is to be counted in a table of demand."""
    if people is None and not {*UNITS} & {*demand.columns}:
        return missing_faults(["people"], list(demand.columns.astype(str)), file=file)
    column = people or unit_of(demand)
    if column not in demand:
        return missing_faults([column], list(demand.columns.astype(str)), file=file)
    try:
        numbers = demand[column].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        what = f"it holds {demand[column].dtype} values"
        return [Fault(what, file, column=column, advice="give numbers")]
    wrong = np.flatnonzero((numbers < 0) | np.isinf(numbers))
    advice = "give numbers from 0 upwards, or leave unknown ones blank"
    return [
        Fault(f"{shown(numbers[at])} is no number of {column}", file, int(at) + 1, column, advice)
        for at in wrong[:1]
    ]


def unit_of(demand: pd.DataFrame) -> str:
    """Return the column of what is counted in a table of demand."""
    return next((one for one in UNITS if one in demand), UNITS[0])


@dataclass(frozen=True, eq=False)
class Difference:
    """Two states, place by place: all of the first in their order, then those of the second alone.

    Attributes
    ----------
    before, after
        The two.
    """

    before: State
    after: State

    @cached_property
    def _rows(self) -> tuple[Integers, Integers]:
        """Which row of each state each place is; -1 where it is in none."""
        first, second = self.before.reached.index, self.after.reached.index
        if first is second or first.equals(second):
            rows = np.arange(len(first))
            return rows, rows
        more = np.flatnonzero(first.get_indexer(second) < 0)
        at_first = np.append(np.arange(len(first)), np.full(len(more), -1))
        return at_first, np.append(second.get_indexer(first), more)

    def _both(self, before: Any, after: Any, blank: object) -> tuple[Any, Any]:
        """Return values of either by place, a blank where it is not in that state."""
        found = []
        for values, rows in zip((before, after), self._rows, strict=True):
            padded = np.append(np.asarray(values), [blank])
            found.append(padded[np.where(rows < 0, len(padded) - 1, rows)])
        return found[0], found[1]

    @cached_property
    def counts(self) -> tuple[Floats, Floats]:
        """What each place counts before and after; 0 where that is not known."""
        first, second = self._both(self.before.counts, self.after.counts, 0.0)
        return first, second

    @cached_property
    def covered(self) -> tuple[Flags, Flags]:
        """Whether each place is within reach before and after."""
        first, second = self._both(self.before.covered, self.after.covered, blank=False)
        return first.astype(bool), second.astype(bool)

    @cached_property
    def ms(self) -> tuple[Integers, Integers]:
        """Milliseconds of the quickest site before and after, `NO_WAY` where there is none."""
        first, second = self._both(self.before.ms, self.after.ms, NO_WAY)
        return first, second

    @cached_property
    def stay(self) -> Floats:
        """The people whom each place has before and after."""
        stay: Floats = np.minimum(*self.counts)
        return stay

    @property
    def sums(self) -> dict[str, Floats]:
        """What each place counts towards who is within reach, who is not, and why that changed."""
        (before, after), (was, now) = self.counts, self.covered
        returned, left = np.maximum(after - before, 0.0), np.maximum(before - after, 0.0)
        return {
            "within_before": np.where(was, before, 0.0),
            "within_after": np.where(now, after, 0.0),
            "gained": np.where(now & ~was, self.stay, 0.0),
            "lost": np.where(was & ~now, self.stay, 0.0),
            "returned": returned,
            "left": left,
            "returned_within": np.where(now, returned, 0.0),
            "left_within": np.where(was, left, 0.0),
        }

    @cached_property
    def change(self) -> npt.NDArray[np.object_]:
        """What happens to each place, of `CHANGES`."""
        (was, now), (then, later), (first, second) = self.covered, self.ms, self._rows
        sooner, slower = then - later >= NEITHER_MS, later - then >= NEITHER_MS
        change: npt.NDArray[np.object_] = np.select(
            [first < 0, second < 0, now & ~was, was & ~now, sooner, slower],
            np.array(["new", "gone", "gained", "lost", "quicker", "slower"], dtype=object),
            default="same",
        )
        return change

    def places(self) -> gpd.GeoDataFrame:
        """Return what `Comparison.places` says of one scenario, without areas."""
        one, other = self.before, self.after
        demand = self.demand()
        words: dict[str, Any] = {}
        for name, blank in (("site_id", ""), ("minutes", np.nan)):
            both = self._both(one.reached[name], other.reached[name], blank)
            words |= {f"{name}_before": both[0], name: both[1]}
        people = self._both(one.known, other.known, np.nan)
        reasons = self._both(one.reached["reason"], other.reached["reason"], "")[1]
        columns = {
            **({"name": demand["name"].to_numpy()} if "name" in demand else {}),
            "people_before": people[0],
            "people": people[1],
            "covered_before": self.covered[0],
            "covered": self.covered[1],
            **words,
            "reason": reasons,
            "change": self.change,
        }
        return gpd.GeoDataFrame(
            columns, index=demand.index, geometry=demand.geometry.to_numpy(), crs=demand.crs
        )

    def demand(self) -> gpd.GeoDataFrame:
        """Return the places of both: as the first has them, then as the second has the others."""
        first = self.before.reached
        if (more := self.only_after()).empty:
            return first
        if more.geometry.name != first.geometry.name:
            more = more.rename_geometry(first.geometry.name)
        return pd.concat([first, more.rename_axis(first.index.name)])

    def only_after(self) -> gpd.GeoDataFrame:
        """Return the places that the second has alone."""
        first, second = self._rows
        return self.after.reached.iloc[second[first < 0]]
