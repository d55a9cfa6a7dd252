"""`Listing`: a table as readers see it, whatever file it goes into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal[
    "text", "code", "count", "people", "km", "metres", "minutes", "share", "usd", "degrees",
    "score", "number", "date",
]  # fmt: skip
"""What a column holds: a code is an id, a grid reference or a hash, never a number; a share is a
fraction of 1; a number is an amount whose unit another column says; a date is text like
2026-03-31."""

Cell = str | float | bool | None
"""Text as it was typed, a number, or None where nothing is known."""


@dataclass(frozen=True)
class Column:
    """A column of a listing.

    Attributes
    ----------
    key
        Its name in files that programs read.
    title
        What readers see above it.
    form
        What it holds.
    """

    key: str
    title: str
    form: Form = "text"


@dataclass(frozen=True)
class Listing:
    """A table with its heading.

    Attributes
    ----------
    key
        Its name in files that programs read.
    title
        Its heading.
    columns, rows
        Each row has a cell for each column.
    totals
        So many rows at its end add up those before, or what they leave out.
    notes
        What has to be said of it.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: int = 0
    notes: tuple[str, ...] = ()
