"""What one sheet says: a box or post, how to get there, whom it serves and whom it does not."""

from __future__ import annotations

from dataclasses import dataclass

from boxreach.report.model import GapRow, GapSum, Name

Point = tuple[float, float]
"""Longitude and latitude."""


@dataclass(frozen=True)
class Support:
    """The other site from which help comes quickest."""

    site_id: str
    name: Name
    minutes: float
    proposed: bool
    """Whether it is itself proposed, and so may not stand yet."""


@dataclass(frozen=True)
class Served:
    """A community within reach of the site."""

    community_id: str
    name: Name
    people: int | None
    minutes: float
    first: bool
    """Whether no other site is quicker."""


@dataclass(frozen=True)
class Leg:
    """A stretch of the way on one road, as `boxreach.routing.Step` tells it."""

    turn: str
    """``start``, ``straight``, ``left``, ``right`` or ``back``."""
    road: str
    """Its name, or else its number; blank where neither is known."""
    road_class: str
    """``off_road`` over open ground."""
    km: float
    minutes: float


@dataclass(frozen=True)
class Approach:
    """The way to the site from where help comes, or else from its town."""

    start: Name
    km: float
    minutes: float
    legs: tuple[Leg, ...]
    """The last ones, in order; the last of all ends at the site."""
    legs_before: int
    """How many come before those."""
    turn_at: Point | None
    """Where the last turn off a road is; None where there is none."""
    line: tuple[Point, ...]


@dataclass(frozen=True)
class Nearby:
    """Something near the site; km are straight, minutes by road where known."""

    name: Name | None
    km: float | None
    minutes: float | None = None


@dataclass(frozen=True)
class Drawn:
    """A line of the small map."""

    kind: str
    """``highway``, ``main``, ``road``, ``river``, ``frontier`` or ``route``."""
    line: tuple[Point, ...]


@dataclass(frozen=True)
class Dot:
    """A place of the small map."""

    kind: str
    """``served``, ``missed``, ``box``, ``post`` or ``crossing``."""
    at: Point
    name: Name
    people: int | None = None


@dataclass(frozen=True)
class SheetMap:
    """The ground about the site: clipped to a frame that is square on the ground."""

    west: float
    south: float
    east: float
    north: float
    lines: tuple[Drawn, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class SiteSheet:
    """One page for one site."""

    kind: str
    """``box`` or ``post``."""
    site_id: str
    rank: int | None
    """None of a site that stands."""
    phase: int | None
    name: Name
    governorate: Name
    district: str
    lon: float
    lat: float
    mgrs: str
    """Blank where the place may not be told so closely."""
    unit: str
    """What is gained: ``people`` or ``km``."""
    gained: float | None
    threshold_minutes: float
    moved_from: Name | None
    road: str
    """The road nearest to it: its name or number; blank where unknown."""
    road_class: str
    road_m: float | None
    approach: Approach | None
    support: Support | None
    backed_up_by: tuple[Support, ...]
    """Further sites that come next, the quickest first; at most two."""
    town: Nearby | None
    water: Nearby | None
    crossing: Nearby | None
    served: tuple[Served, ...]
    """The quickest first; of many those with most people."""
    served_all: GapSum
    """All within reach: places, those of unknown people, people."""
    missed: tuple[GapRow, ...]
    """Communities for which no site is quicker, and which it does not reach in time."""
    missed_all: GapSum
    chainage_km: float | None = None
    from_km: float | None = None
    to_km: float | None = None
    """Of a post: where it stands along the frontier, and which stretch it reaches."""
    ground: SheetMap | None = None
