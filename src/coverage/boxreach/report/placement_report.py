"""`PlacementReport`: all that a report says, from which every format is written."""

from __future__ import annotations

from dataclasses import dataclass

from boxreach.report.compared import Compared
from boxreach.report.details import Details
from boxreach.report.frontier import Frontier
from boxreach.report.model import AreaTable, Cover, GapTable, Name, PlanPart, Record, Strip, Text
from boxreach.report.site_sheet import Point, SiteSheet, Support
from boxreach.report.what_if import WhatIf


@dataclass(frozen=True)
class StandRow:
    """A site that stands already."""

    site_id: str
    name: Name
    governorate: Name
    lon: float
    lat: float
    mgrs: str
    moves_to: str = ""
    """The id of the proposed site that its box goes to; blank where it stays."""


@dataclass(frozen=True)
class PlaceRow:
    """A community, before and after everything proposed stands."""

    community_id: str
    name: Name
    governorate: Name
    people: int | None
    lon: float
    lat: float
    before: bool
    after: bool
    """Whether it is within reach."""
    minutes_before: float | None
    minutes: float | None
    """Of the quickest site in the end; None where there is no way within the search limit."""
    site_id: str
    """The quickest site in the end; blank where none has a way."""
    backup_site_id: str
    backup_minutes: float | None
    reason: str
    """Why it is left out in the end; blank where it is not."""


@dataclass(frozen=True)
class LineRow:
    """A piece of the frontier on the ground."""

    from_km: float
    to_km: float
    km: float
    governorate: Name
    covered: bool
    reached: bool
    site_id: str
    minutes: float | None
    reason: str
    lines: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class Sensitivity:
    """What the same sites come to at other thresholds."""

    unit: str
    minutes: tuple[float, ...]
    before: tuple[Cover, ...]
    after: tuple[Cover, ...]


@dataclass(frozen=True)
class Ground:
    """What of the report lies on the ground, beside the proposed sites themselves."""

    boxes: tuple[StandRow, ...] = ()
    posts: tuple[StandRow, ...] = ()
    places: tuple[PlaceRow, ...] = ()
    line: tuple[LineRow, ...] = ()


@dataclass(frozen=True)
class Handling:
    """How the report is to be handled, and what is withheld in it."""

    marking: Text | None = None
    posts_withheld: bool = False
    rounded_km: float | None = None

    @property
    def public(self) -> bool:
        """Whether anything is withheld."""
        return self.posts_withheld or self.rounded_km is not None


@dataclass(frozen=True)
class PlacementReport:
    """All that a report says. A part that was not given is None or empty and is left out.

    Every format is written from this one value, and none says what is not in it; what is taken
    out of it is in no file. It can be kept as JSON, see `boxreach.report.storage`.
    """

    title: Text | None
    areas: AreaTable | None
    gaps: GapTable | None
    """None in a report of what changed alone."""
    plan: PlanPart | None
    posts: PlanPart | None
    strip: Strip | None
    frontier: Frontier | None
    details: Details
    record: Record
    sensitivity: Sensitivity | None = None
    ground: Ground = Ground()
    sheets: tuple[SiteSheet, ...] = ()
    supports: tuple[tuple[str, Support], ...] = ()
    """Of each proposed site, by its id, the other site from which help comes quickest."""
    handling: Handling = Handling()
    what_if: WhatIf | None = None
    """Of other states than the one planned for."""
    compared: Compared | None = None
    """Of a report of what changed between two runs: which."""
