"""What a table of reach says, read once for every table that is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.spread import NO_WAY
from boxreach.arguments import kind_of, number_faults, require_kind
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.suggestions import suggest
from boxreach.tables import missing_faults

Integers = npt.NDArray[np.int64]

MS_PER_MINUTE = 60_000
_NO_AMOUNTS = "cmM"
"""Complex numbers, spans of time and moments, which numpy would take for floats."""


@dataclass(frozen=True, eq=False)
class Readings:
    """The rows of a table of reach as arrays.

    Attributes
    ----------
    table
        The table itself.
    threshold_minutes
        Its own threshold; NaN if it has no row.
    covered
        Whether each row is within it.
    ms, backup_ms
        Milliseconds of the quickest and the second quickest site; `NO_WAY` where there is none.
        None where the table has no such column.
    cutoff_ms
        How far the second quickest is known.
    people
        People by column, in the order asked for; NaN where they are not known.
    """

    table: pd.DataFrame
    threshold_minutes: float
    covered: npt.NDArray[np.bool_]
    ms: Integers | None
    backup_ms: Integers | None
    cutoff_ms: int
    people: dict[str, Floats]

    @cached_property
    def by_ms(self) -> Integers:
        """The rows in the order of their milliseconds."""
        return np.argsort(self.require_ms())

    @cached_property
    def weights(self) -> Floats:
        """What each row weighs: people by the first column, 0 where unknown; else 1."""
        if not self.people:
            return np.ones(len(self.table))
        return np.nan_to_num(next(iter(self.people.values())))

    def within(self, minutes: Iterable[float] | None) -> tuple[dict[int, float], Integers]:
        """Return thresholds by their milliseconds, and the first that holds each row.

        It is one too many where none does. None is the table's own threshold, and then what it
        says is covered decides.
        """
        if minutes is None:
            own_ms = round(float(np.nan_to_num(self.threshold_minutes)) * MS_PER_MINUTE)
            return {own_ms: self.threshold_minutes}, np.where(self.covered, 0, 1)
        ms, thresholds = self.require_ms(), require_thresholds(minutes)
        return thresholds, np.searchsorted(list(thresholds), ms)

    def require_ms(self) -> Integers:
        """Return the milliseconds, or raise `InputError` if the table does not have them."""
        if self.ms is None:
            raise InputError(
                *missing_faults(["minutes"], list(self.table.columns.astype(str)), file="reach")
            )
        return self.ms


def take_readings(reached: pd.DataFrame, people: Sequence[str] = ()) -> Readings:
    """Read a table of reach and the people in it.

    Parameters
    ----------
    reached
        From `reach`.
    people
        Columns of people; ``"people"`` may be missing.

    Raises
    ------
    InputError
        If it is no such table, it holds several thresholds, or a column is missing or no number.
    """
    require_kind(reached, pd.DataFrame, "reached", "give what reach returned")
    names = _require_names(people)
    needed = ["covered", "threshold_minutes", *(name for name in names if name != "people")]
    faults = missing_faults(needed, list(reached.columns.astype(str)), file="reach")
    faults += _several_thresholds(reached)
    numbers = {}
    for name in names:
        if name in reached:
            numbers[name] = _numbers(reached, name, faults)
            faults += _people_faults(numbers[name], name)
    minutes = _numbers(reached, "minutes", faults) if "minutes" in reached else None
    backups = "backup_minutes" in reached
    backup_minutes = _numbers(reached, "backup_minutes", faults) if backups else None
    if faults:
        raise InputError(*faults)
    threshold = float(reached["threshold_minutes"].max())
    cutoff = reached.attrs.get("cutoff_minutes", threshold)
    return Readings(
        table=reached,
        threshold_minutes=threshold,
        covered=reached["covered"].to_numpy(dtype=bool),
        ms=None if minutes is None else to_ms(minutes),
        backup_ms=None if backup_minutes is None else to_ms(backup_minutes),
        cutoff_ms=round(float(np.nan_to_num(cutoff)) * MS_PER_MINUTE),
        people=numbers,
    )


def to_ms(minutes: Floats) -> Integers:
    """Return whole milliseconds; `NO_WAY` where there are none.

    Examples
    --------
    >>> to_ms(np.array([30.0, 0.1, np.nan])).tolist()
    [1800000, 6000, 9223372036854775807]
    """
    has_way = np.isfinite(minutes)
    ms = np.rint(np.where(has_way, minutes, 0.0) * MS_PER_MINUTE).astype(np.int64)
    return np.where(has_way, ms, NO_WAY)


def require_thresholds(minutes: Iterable[float]) -> dict[int, float]:
    """Return thresholds by their milliseconds, ascending and each once, or raise `InputError`."""
    several = isinstance(minutes, Iterable) and not isinstance(
        minutes, str | bytes | dict | pd.DataFrame
    )
    if not several:
        advice = "give a list of minutes, like [15, 30, 60]"
        raise InputError(Fault(f"minutes is {kind_of(minutes)}", advice=advice))
    given = list(minutes)
    faults = [] if given else [Fault("minutes is an empty list", advice="give at least one")]
    for one in given:
        # A tenth of a millisecond would be none at all.
        faults += number_faults(
            "minutes", one, lambda n: 1 / MS_PER_MINUTE <= n <= 1e6, "give minutes above 0"
        )
    if faults:
        raise InputError(*faults)
    by_ms: dict[int, float] = {}
    for one in sorted(map(float, given)):
        by_ms.setdefault(round(one * MS_PER_MINUTE), one)
    return by_ms


def _require_names(people: Sequence[str]) -> list[str]:
    advice = 'give a list of columns, like ["people"]'
    if not isinstance(people, list | tuple):
        raise InputError(Fault(f"people is {kind_of(people)}", advice=advice))
    faults = [
        Fault(f"people holds {kind_of(one)}", advice=advice)
        for one in people
        if not isinstance(one, str) or not one
    ]
    if not faults and len({*people}) < len(people):
        faults.append(Fault("people names a column twice", advice="name each once"))
    if faults:
        raise InputError(*faults)
    return list(people)


def _several_thresholds(reached: pd.DataFrame) -> list[Fault]:
    if "threshold_minutes" not in reached or reached["threshold_minutes"].nunique() < 2:
        return []
    what = "it holds several thresholds, so that each place would count several times"
    advice = "give the rows of one, and others as minutes"
    return [Fault(what, "reach", column="threshold_minutes", advice=advice)]


def _people_faults(people: Floats, name: str) -> list[Fault]:
    """Return the fault of the first row whose people are no number of people."""
    wrong = np.flatnonzero((people < 0) | np.isinf(people))
    if not len(wrong):
        return []
    advice = "give numbers from 0 upwards, or leave unknown ones blank"
    what = f"{people[wrong[0]]:g} is no number of people"
    return [Fault(what, "reach", int(wrong[0]) + 1, name, advice)]


def _numbers(reached: pd.DataFrame, name: str, faults: list[Fault]) -> Floats:
    """Return a column as floats; what is none is added to the faults."""
    try:
        if reached[name].dtype.kind in _NO_AMOUNTS:
            raise TypeError
        return reached[name].to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        numeric = [str(one) for one in reached.select_dtypes("number").columns]
        what = f"it holds {reached[name].dtype} values"
        advice = f"give numbers; {suggest(name, numeric)}"
        faults.append(Fault(what, "reach", column=name, advice=advice))
        return np.full(len(reached), np.nan)
