"""What was compared, and what differed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.verification.findings import Finding, Verification

Words = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Rows = Sequence[object] | Words

MINUTES = 0.0005
"""Minutes are written with three digits, so half of the last one is lost."""

DIGITS = 0.0000005
"""Other numbers are written with six."""

_SAME_SHARE = 1e-12
"""Sums of floats depend on their order by less than this share of them."""


@dataclass
class Ledger:
    """Collects what differs, and counts what was compared."""

    findings: list[Finding] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def say(self, file: str, row: str, column: str, found: object, expected: object) -> None:
        """Note one value that differs."""
        said = [_in_words(one) for one in (found, expected)]
        self.findings.append(Finding(file, row, column, *said))

    def attempt(self, file: str, check: Callable[[], None]) -> None:
        """Run a check; what is so damaged that it cannot be carried through is noted too.

        Whoever alters a run may put anything anywhere, and what reads it raises what it likes.
        """
        try:
            check()
        except Exception as error:
            what = f"damage that cannot be read past ({type(error).__name__}: {error})"
            self.say(file, "", "", what, "what the run wrote")

    def count(self, what: str, count: int = 1) -> None:
        """Count what was compared."""
        self.checked[what] += count

    def number(
        self, file: str, row: str, column: str, found: object, expected: object,
        tolerance: float = DIGITS,
    ) -> None:  # fmt: skip
        """Compare one number; what is not known is None, blank or NaN."""
        self.numbers(
            file, column, [row], np.array([found], dtype=object),
            np.array([_number(expected)]), tolerance,
        )  # fmt: skip

    def numbers(
        self, file: str, column: str, rows: Rows, found: Any, expected: Any,
        tolerance: float = DIGITS,
    ) -> None:  # fmt: skip
        """Compare a column of numbers, as they are written, with what they should be."""
        raw = np.asarray(found, dtype=object)
        values = to_numbers(raw)
        right = np.asarray(expected, dtype=float)
        self.count("values", len(right))
        unknown = np.isnan(values)
        unlike = unknown != np.isnan(right)
        for at in np.flatnonzero(unknown).tolist():
            unlike[at] |= raw[at] is not None and str(raw[at]) not in ("", "nan", "<NA>")
        with np.errstate(invalid="ignore"):
            unlike |= np.abs(values - right) > tolerance + _SAME_SHARE * np.abs(right)
        for at in np.flatnonzero(unlike).tolist():
            self.say(file, str(rows[at]), column, raw[at], right[at])

    def between(
        self, file: str, row: str, column: str, found: object, span: tuple[float, float],
        tolerance: float = DIGITS,
    ) -> None:  # fmt: skip
        """Compare one number with two that it must lie between."""
        low, high = span
        value = float(to_numbers([found])[0])
        self.count("values")
        more = tolerance + _SAME_SHARE * max(abs(low), abs(high))
        if not low - more <= value <= high + more:
            said: object = low if high - low <= more else f"{_in_words(low)} to {_in_words(high)}"
            self.say(file, row, column, found, said)

    def words(self, file: str, column: str, rows: Rows, found: Any, expected: Any) -> None:
        """Compare a column of text."""
        raw, right = (np.asarray(one, dtype=object) for one in (found, expected))
        self.count("values", len(right))
        for at in np.flatnonzero(raw != right).tolist():
            self.say(file, str(rows[at]), column, raw[at], right[at])

    def same_rows(self, file: str, found: Sequence[str], expected: Sequence[str]) -> bool:
        """Compare the rows of a table, and tell whether they are the same in the same order."""
        if list(found) == list(expected):
            return True
        there, due = {*found}, {*expected}
        for row in dict.fromkeys(one for one in expected if one not in there):
            self.say(file, row, "", "no such row", "a row")
        for row in dict.fromkeys(one for one in found if one not in due):
            self.say(file, row, "", "a row", "no such row")
        if there == due:
            self.say(file, "", "", f"{len(found)} rows in another order", f"{len(expected)} rows")
        return False

    def close(self) -> Verification:
        """Return what was found."""
        return Verification(tuple(self.findings), dict(self.checked), tuple(self.notes))


def to_numbers(raw: Any) -> Floats:
    """Return text as numbers, NaN where it is none."""
    numbers = pd.to_numeric(np.asarray(raw, dtype=object), errors="coerce")
    return np.asarray(numbers, dtype=float)


def _number(value: object) -> float:
    return float("nan") if value is None else float(str(value))


def _in_words(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "blank"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value) or "blank"
