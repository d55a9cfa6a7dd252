"""Tables with a row a place: each value beside what the run kept for that place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.text import quote_formula
from boxreach.verification.evidence import NEVER, REASONS, Evidence
from boxreach.verification.files import read_table
from boxreach.verification.ledger import DIGITS, MINUTES, Ledger

Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]

MS_PER_MINUTE = 60_000
_OPEN_GROUND_M = 0.001


@dataclass(frozen=True, eq=False)
class Kept:
    """What a run kept of a table, as files write it.

    Attributes
    ----------
    evidence, name
        The evidence and the name of the table in it.
    """

    evidence: Evidence
    name: str

    @property
    def ids(self) -> Words:
        """Ids as files write them."""
        return np.array([quote_formula(one) for one in self.evidence.texts[self.name]], object)

    @property
    def ms(self) -> Longs:
        """Milliseconds of the quickest site."""
        return np.asarray(self.evidence.arrays[f"{self.name}.ms"])

    @property
    def amounts(self) -> npt.NDArray[np.float64]:
        """What each row counts; NaN where it is not known, and where there is no such column."""
        unknown = np.full(len(self.ms), np.nan)
        return np.asarray(self.evidence.arrays.get(f"{self.name}.amount", unknown), dtype=float)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """The amounts, 0 where they are not known; 1 each where there is no such column."""
        if f"{self.name}.amount" not in self.evidence.arrays:
            return np.ones(len(self.ms))
        return np.nan_to_num(self.amounts)

    def column(self, column: str) -> npt.NDArray[Any] | None:
        """Return a column, None where the table has none."""
        return self.evidence.arrays.get(f"{self.name}.{column}")

    def has(self, column: str) -> bool:
        """Tell whether the table has a column."""
        return f"{self.name}.{column}" in self.evidence.arrays

    def minutes(self, column: str) -> npt.NDArray[np.float64]:
        """Return a column of milliseconds as minutes, NaN where there is no way."""
        ms = self.evidence.arrays[f"{self.name}.{column}"].astype(float)
        return np.where(ms == NEVER, np.nan, ms / MS_PER_MINUTE)

    def words(self, column: str) -> Words:
        """Return a column of text as files write it; blank where the table has none."""
        codes = self.column(column)
        if codes is None:
            return np.full(len(self.evidence.texts[self.name]), "", dtype=object)
        known = [quote_formula(one) for one in self.evidence.texts[f"{self.name}.{column}.words"]]
        return np.asarray(np.array([*known, ""], dtype=object)[codes])

    def covered(self, minutes: float) -> npt.NDArray[np.bool_]:
        """Tell which rows count as covered: those that are kept as such, or else those in time."""
        kept = self.column("covered")
        return self.within(minutes) if kept is None else np.asarray(kept, dtype=bool)

    def within(self, minutes: float) -> npt.NDArray[np.bool_]:
        """Tell which rows a site reaches within so many minutes."""
        return np.asarray((self.ms != NEVER) & (self.ms <= round(minutes * MS_PER_MINUTE)))


def check_tables(folder: Path, evidence: Evidence, ledger: Ledger) -> None:
    """Compare the tables that have a row a place."""
    facts = evidence.facts
    minutes = [float(one) for one in facts["minutes"]]
    _check_reached(folder / "reach.csv", Kept(evidence, "communities"), minutes, ledger)
    if evidence.has("posts"):
        limits = [float(facts["posts_minutes"])]
        _check_reached(folder / "frontier.csv", Kept(evidence, "frontier"), limits, ledger, "km")
    _check_gaps(folder / "gaps.csv", evidence, ledger)
    if facts["demand"]:
        _check_demand(folder / "demand.csv", evidence, minutes, ledger)


def _check_reached(
    path: Path, kept: Kept, minutes: Sequence[float], ledger: Ledger, unit: str = "people"
) -> None:
    table = read_table(path, ledger, ["threshold_minutes"])
    if table is None:
        return
    ids, times = kept.ids, len(minutes)
    keys = [f"{one} at {limit:g}" for limit in minutes for one in ids]
    found = _keys(table, [str(table.columns[0]), "threshold_minutes"], " at ")
    if not ledger.same_rows(path.name, found, keys):
        return
    numbers: dict[str, Any] = {
        column: np.tile(kept.minutes(ms), times) for column, ms in (
            ("minutes", "ms"), ("backup_minutes", "backup_ms"), ("off_road_minutes", "off_road_ms")
        ) if kept.column(ms) is not None
    }  # fmt: skip
    numbers |= {unit: np.tile(kept.amounts, times)}
    if unit == "km":
        numbers |= {f"chainage_{end}": _plain(kept, end) for end in ("from_km", "to_km")}
        numbers |= {name: _plain(kept, name) for name in ("part", "risk", "seen", "seen_night")}
    else:
        for axis, degrees in zip(("lon", "lat"), kept.evidence.places(kept.name).T, strict=True):
            numbers[axis] = np.tile(degrees, times)
    numbers |= {"off_road_m": np.tile(_plain(kept, "off_road_m"), times)}
    reasons = np.concatenate([_reasons(kept, at) for at in range(times)])
    within = kept.column("within")
    if within is not None:
        numbers["sites_within"] = within.T.ravel()
    words = {
        "covered": np.concatenate([_yes_no(kept.covered(limit)) for limit in minutes]),
        "site_id": np.tile(kept.words("site_id"), times),
        "backup_site_id": np.tile(kept.words("backup_site_id"), times),
        "reason": reasons,
    }
    words |= {name: np.tile(one, times) for name, one in _told_words(kept).items()}
    compare_columns(path.name, table, keys, numbers, words, ledger)


def _told_words(kept: Kept) -> dict[str, Words]:
    """Return the areas of each row, and of pieces of a line their segments and what is told."""
    areas = ("governorate", "district", "subdistrict")
    words = {name: kept.words(f"name.{name}") for name in areas if kept.has(f"name.{name}")}
    if kept.has("segment_id"):
        words["segment_id"] = kept.words("segment_id")
    flags = {name: kept.column(name) for name in ("reached", "unknown")}
    return words | {name: _yes_no(one) for name, one in flags.items() if one is not None}


def compare_columns(
    file: str, table: pd.DataFrame, rows: Sequence[str], numbers: dict[str, Any],
    words: dict[str, Any], ledger: Ledger,
) -> None:  # fmt: skip
    """Compare columns of numbers and of text; one in which nothing is known may be missing."""
    for name, expected in numbers.items():
        if name not in table:
            if np.isfinite(np.asarray(expected, dtype=float)).any():
                ledger.say(file, "", name, "no such column", "a column")
        else:
            tolerance = _tolerance(name)
            ledger.numbers(file, name, rows, table[name].to_numpy(), expected, tolerance)
    for name, expected in words.items():
        if name not in table:
            if (np.asarray(expected) != "").any():
                ledger.say(file, "", name, "no such column", "a column")
        else:
            ledger.words(file, name, rows, table[name].to_numpy(), expected)


def _tolerance(name: str) -> float:
    if name == "off_road_m":
        return _OPEN_GROUND_M
    is_time = name.endswith("minutes") and not name.startswith("gini")
    return (MINUTES if is_time else DIGITS) * 1.001


def _check_gaps(path: Path, evidence: Evidence, ledger: Ledger) -> None:
    table = read_table(path, ledger, ["kind", "id"])
    if table is None:
        return
    limit = float(evidence.facts["propose_minutes"])
    parts = [("community", Kept(evidence, "communities"))]
    parts += [("cell", Kept(evidence, "cells"))] if evidence.has("cells") else []
    left = [np.flatnonzero(~kept.within(limit)) for _, kept in parts]
    keys = [
        f"{kind} {one}"
        for (kind, kept), rows in zip(parts, left, strict=True) for one in kept.ids[rows]
    ]  # fmt: skip
    if not ledger.same_rows(path.name, _keys(table, ["kind", "id"], " "), keys):
        return

    def joined(of: Any) -> Any:
        each = [of(kept)[rows] for (_, kept), rows in zip(parts, left, strict=True)]
        return np.concatenate(each)

    numbers = {
        "people": joined(lambda kept: kept.amounts),
        "minutes": joined(lambda kept: kept.minutes("ms")),
        "off_road_m": joined(lambda kept: _plain(kept, "off_road_m")),
        "off_road_minutes": joined(lambda kept: kept.minutes("off_road_ms")),
        "threshold_minutes": np.full(len(keys), limit),
        "lon": joined(lambda kept: kept.evidence.places(kept.name)[:, 0]),
        "lat": joined(lambda kept: kept.evidence.places(kept.name)[:, 1]),
    }
    words = {"site_id": joined(lambda kept: kept.words("site_id"))}
    words["governorate"] = joined(lambda kept: kept.words("name.governorate"))
    words["reason"] = joined(lambda kept: _reasons(kept, 0, "gap_reason"))
    compare_columns(path.name, table, keys, numbers, words, ledger)


def _check_demand(path: Path, evidence: Evidence, minutes: Sequence[float], ledger: Ledger) -> None:
    table = read_table(path, ledger, ["layer", "id", "threshold_minutes"])
    if table is None:
        return
    layers = [
        (quote_formula(name), Kept(evidence, f"demand.{name}")) for name in evidence.facts["demand"]
    ]
    blocks = [(name, kept, at) for name, kept in layers for at in range(len(minutes))]
    keys = [f"{name} {one} at {minutes[at]:g}" for name, kept, at in blocks for one in kept.ids]
    found = [
        f"{layer} {one} at {limit}" for layer, one, limit in
        zip(table["layer"], table["id"], table["threshold_minutes"], strict=True)
    ]  # fmt: skip
    if not ledger.same_rows(path.name, found, keys):
        return
    numbers = {
        "weight": np.concatenate([kept.amounts for _, kept, _ in blocks]),
        "minutes": np.concatenate([kept.minutes("ms") for _, kept, _ in blocks]),
    }
    words = {
        "covered": np.concatenate([_yes_no(kept.within(minutes[at])) for _, kept, at in blocks]),
        "site_id": np.concatenate([kept.words("site_id") for _, kept, _ in blocks]),
        "reason": np.concatenate([_reasons(kept, at) for _, kept, at in blocks]),
    }
    compare_columns(path.name, table, keys, numbers, words, ledger)


def _keys(table: pd.DataFrame, columns: Sequence[str], between: str) -> list[str]:
    """Return what names each row; numbers as short as they can be written."""
    first, last = (table[one] for one in columns)
    return [f"{one}{between}{_short(other)}" for one, other in zip(first, last, strict=True)]


def _short(text: str) -> str:
    try:
        return f"{float(text):g}" if "." in text else text
    except ValueError:
        return text


def _plain(kept: Kept, column: str) -> npt.NDArray[np.float64]:
    known = kept.column(column)
    return np.full(len(kept.ms), np.nan) if known is None else known.astype(float)


def _reasons(kept: Kept, at: int, column: str = "reason") -> Words:
    codes = kept.column(column)
    if codes is None:
        return np.full(len(kept.ms), "", dtype=object)
    return np.asarray(np.array(REASONS, dtype=object)[codes[:, at]])


def _yes_no(flags: npt.NDArray[np.bool_]) -> Words:
    return np.where(flags, "True", "False").astype(object)
