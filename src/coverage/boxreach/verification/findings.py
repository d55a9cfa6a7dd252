"""What a verification found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_SHOWN = 20


@dataclass(frozen=True)
class Finding:
    """One value that is not what it should be.

    Attributes
    ----------
    file, row, column
        Where: the file, the row by its id or key, and the column; blank where it is all of them.
    found, expected
        What stands there, and what should.

    Examples
    --------
    >>> print(Finding("reach.csv", "c7 at 30", "minutes", "31.5", "31.4"))
    reach.csv, row c7 at 30, column minutes: found 31.5, expected 31.4
    """

    file: str
    row: str
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        where = [self.file]
        where += [f"row {self.row}"] if self.row else []
        where += [f"column {self.column}"] if self.column else []
        return f"{', '.join(where)}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True)
class Verification:
    """What a second way of computing said of a finished run.

    Attributes
    ----------
    findings
        What differs, in the order of the checks: files, rows, tables, plans, summary.
    checked
        How much was compared, by what it was.
    notes
        What was not checked, and why.
    """

    findings: tuple[Finding, ...]
    checked: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.findings

    def summary(self) -> str:
        """Say in a few lines what was checked and what differs.

        Returns
        -------
        str
            A line for each kind of what was checked, each note and each of the first differences.

        Examples
        --------
        >>> print(Verification((), {"files": 3}).summary())
        checked: 3 files
        all agrees
        """
        lines = [f"checked: {count:,} {what}" for what, count in self.checked.items()]
        lines += [f"not checked: {note}" for note in self.notes]
        if self.passed:
            return "\n".join([*lines, "all agrees"])
        lines += [str(one) for one in self.findings[:_SHOWN]]
        if len(self.findings) > _SHOWN:
            lines.append(f"and {len(self.findings) - _SHOWN:,} more")
        return "\n".join([*lines, f"values that differ: {len(self.findings):,}"])
