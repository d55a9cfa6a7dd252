"""What a report says of a line and its posts, as frozen values; see `boxreach.report.model`."""

from __future__ import annotations

from dataclasses import dataclass

from boxreach.report.model import Name

Value = float | str | Name | tuple[float, float] | tuple[str, ...] | None
"""What stands in a cell; None is not known, or there is none."""


@dataclass(frozen=True)
class Column:
    """A column of a table of posts."""

    key: str
    """Names its words."""
    form: str
    """How its cells are written: ``km``, ``metres``, ``minutes``, ``share``, ``count``, ``score``,
    ``stretch``, ``code``, ``codes`` or ``name``."""


@dataclass(frozen=True)
class PostRow:
    """A post of the line, with a value a column."""

    site_id: str
    rank: int | None
    """None of a post that stands already."""
    name: Name
    """Blank where it has none."""
    governorate: Name
    values: tuple[Value, ...]


@dataclass(frozen=True)
class PostTable:
    """Posts from north to south, with what is told of one side of them."""

    key: str
    columns: tuple[Column, ...]
    """Only those of which anything is known."""
    rows: tuple[PostRow, ...]


@dataclass(frozen=True)
class Fact:
    """A figure of the whole line."""

    key: str
    form: str
    value: float
    share: float | None = None
    """Of the whole line."""
    from_km: float | None = None
    """Where it begins, of what lies somewhere."""


@dataclass(frozen=True)
class CrossingRow:
    """A crossing, and the post at it."""

    name: Name
    chainage_km: float | None
    line_km: float | None
    post: str
    """Blank where none is near enough."""
    post_km: float | None


@dataclass(frozen=True)
class Frontier:
    """The line as posts reach, see and hold it."""

    facts: tuple[Fact, ...]
    tables: tuple[PostTable, ...]
    crossings: tuple[CrossingRow, ...]
    see: str = ""
    """``day`` or ``night`` where a post covers only what it also sees then."""
    each: int = 1
    """By how many posts each place was to be covered."""
    sight: bool = False
    """Whether anything is told of sight."""
    support_minutes: float | None = None
    unknown_km: float = 0.0
    """Where heights are not known."""
    coarse_m: float | None = None
    """The side of a cell of the terrain, where that is too long for lines of sight."""
