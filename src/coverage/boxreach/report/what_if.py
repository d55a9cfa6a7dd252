"""`WhatIf`: what a report says of scenarios, critical roads and boxes, openings and robustness.

Its parts are flat tables, so that a kept report has a row a line. Amounts are people, or kilometres
of frontier where the unit says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from boxreach.report.model import Move, Name
from boxreach.report.site_sheet import Point

CHANGED = ("lost", "gained", "gone", "new", "slower", "quicker")
"""What a scenario does to a place, what is told first at the front."""

STAYED = "same"
"""What becomes of a place that is listed for its people alone."""

STEPS = ("before", "roads", "boxes", "people")
"""How one round of a survey becomes the next."""

KINDS = ("bridge", "road", "crossing")

Paths = tuple[tuple[Point, ...], ...]
"""Lines; a path of one point is a place."""


@dataclass(frozen=True)
class ScenarioRow:
    """A scenario beside the base, or the base itself."""

    scenario: str
    minutes: float
    boxes: int
    total: float
    within: float
    share: float | None
    gained: float
    lost: float
    returned_within: float
    left_within: float
    """Of those who are there more, or no more, than in the base: who is, or was, within reach."""
    net: float
    """What is within reach more than in the base: all of these together."""
    places_gained: int
    places_lost: int
    median: float | None
    """Minutes, over those who have a way."""
    slower: float | None
    """Mean minutes more than in the base, over those reached in both."""
    returned: float
    left: float
    """Who are there more, or no more, than in the base."""
    assumed: tuple[tuple[str, str], ...] = ()
    """What changes: a field of `boxreach.scenarios.Scenario`, and what it says."""


@dataclass(frozen=True)
class ScenarioArea:
    """A governorate in a scenario, or all of them."""

    scenario: str
    name: Name | None
    """None in the row of totals."""
    total: float
    before: float
    after: float
    gained: float
    lost: float
    returned_within: float
    left_within: float
    net: float

    @property
    def changed(self) -> bool:
        """Whether anybody gains or loses reach, or is there no more or newly."""
        parts = (self.gained, self.lost, self.returned_within, self.left_within, self.net)
        return any(parts)


@dataclass(frozen=True)
class ScenarioPlace:
    """A place that a scenario changes."""

    scenario: str
    place_id: str
    name: Name
    area: Name
    people_before: float | None
    people: float | None
    change: str
    """One of `CHANGED`; of rounds also `STAYED`."""
    site_id_before: str
    site_id: str
    minutes_before: float | None
    minutes: float | None
    because: str = ""
    """Of rounds: the step that did it, one of `STEPS` but the first; blank where none is named."""
    at: Point | None = None
    """Degrees east and north."""


@dataclass(frozen=True)
class ScenarioBox:
    """A site whose people a scenario changes, or that it takes away or adds."""

    scenario: str
    site_id: str
    before: float
    after: float
    change: str
    """``lost``, ``new`` or ``same``."""


@dataclass(frozen=True)
class RoundStep:
    """What is within reach once a step from one round to the next is made."""

    step: str
    """One of `STEPS`."""
    within: float
    gained: float
    lost: float


@dataclass(frozen=True)
class Loss:
    """What goes with a road or a site, and what comes then."""

    lost: float
    places: int
    slower: float
    slower_minutes: float | None
    next_site_id: str
    next_minutes: float | None
    mending_site_id: str
    mended: float | None


@dataclass(frozen=True)
class CriticalRoad:
    """A bridge, road or crossing, and what hangs on it."""

    feature_id: str
    """Blank where it is withheld."""
    name: Name
    kind: str
    """One of `KINDS`."""
    road_class: str
    loss: Loss
    paths: Paths = ()


@dataclass(frozen=True)
class CriticalSite:
    """A box or post, and what hangs on it."""

    site_id: str
    name: Name
    within: float
    loss: Loss


@dataclass(frozen=True)
class LostPlace:
    """A place that loses reach with a road or a site."""

    what: str
    """``road`` or ``site``."""
    of_id: str
    place_id: str
    name: Name
    people: float | None
    site_id_before: str
    minutes_before: float | None
    site_id: str
    minutes: float | None


@dataclass(frozen=True)
class CriticalSums:
    """What holds for all critical roads and sites."""

    minutes: float
    cutoff_minutes: float
    total: float
    within: float
    unit: str
    roads: int
    roads_needed: int
    """How many roads were looked at, and how many of them somebody loses reach without."""
    sites: int
    sites_needed: int
    mending: bool
    """Whether candidates were tried that might mend it."""


@dataclass(frozen=True)
class OpenedRoad:
    """A closed road or bridge, and what opening it alone brings."""

    closure_id: str
    name: Name
    reason: str
    regained: float
    places: int
    quicker: float | None
    """Mean minutes less, over those within reach before and after."""
    cost_usd: float | None
    paths: Paths = ()


@dataclass(frozen=True)
class OpeningStep:
    """The next to open, after those before it."""

    rank: int
    closure_id: str
    gained: float
    regained: float


@dataclass(frozen=True)
class OpeningSums:
    """What is within reach with all closed, and with all open."""

    minutes: float
    closed: float
    opened: float
    count: int


@dataclass(frozen=True)
class PlanSpread:
    """What the draws of a plan come to."""

    plan: str
    point: float
    mean: float
    low: float
    """One more draw lies from here to `high` nine times in ten."""
    median: float
    high: float
    worst: float
    share: float | None
    regret: float | None
    regret_high: float | None
    best_in: float | None
    """Share of the draws in which nothing better was found."""


@dataclass(frozen=True)
class Draw:
    """What a plan comes to in one draw."""

    draw: int
    plan: str
    total: float
    within: float
    regret: float | None
    best: float | None
    bound: float | None = None
    """What no choice goes beyond, as far as that is known."""


@dataclass(frozen=True)
class AreaSpread:
    """What the draws of a plan come to in one governorate."""

    plan: str
    name: Name
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class ChosenSite:
    """How often a site is in the best choice that was found for a draw."""

    site_id: str
    chosen: float
    in_plan: bool


@dataclass(frozen=True)
class RobustSums:
    """What was drawn from, and how often."""

    minutes: float
    seed: int
    draws: int
    ranges: tuple[tuple[str, float, float], ...]
    """Class of road, lowest and highest share of the usual speed."""


@dataclass(frozen=True)
class WhatIf:
    """All that is said of other states than the one planned for; what was not asked is empty."""

    unit: str = "people"
    """Of the scenarios."""
    scenarios: tuple[ScenarioRow, ...] = ()
    """The base first."""
    areas: tuple[ScenarioArea, ...] = ()
    places: tuple[ScenarioPlace, ...] = ()
    """Those that a scenario changes most, and of the rest none."""
    boxes: tuple[ScenarioBox, ...] = ()
    critical: CriticalSums | None = None
    roads: tuple[CriticalRoad, ...] = ()
    sites: tuple[CriticalSite, ...] = ()
    lost: tuple[LostPlace, ...] = ()
    opening: OpeningSums | None = None
    closures: tuple[OpenedRoad, ...] = ()
    order: tuple[OpeningStep, ...] = ()
    robust: RobustSums | None = None
    plans: tuple[PlanSpread, ...] = ()
    draws: tuple[Draw, ...] = ()
    spreads: tuple[AreaSpread, ...] = ()
    chosen: tuple[ChosenSite, ...] = ()
    rounds_unit: str = "people"
    rounds: tuple[ScenarioRow, ...] = ()
    """The earlier round of a survey and the later one, called by their days."""
    round_areas: tuple[ScenarioArea, ...] = ()
    round_places: tuple[ScenarioPlace, ...] = ()
    round_boxes: tuple[ScenarioBox, ...] = ()
    steps: tuple[RoundStep, ...] = ()
    moves: tuple[Move, ...] = ()
    """Boxes that should move."""
    names: tuple[tuple[str, Name], ...] = ()
    """Of sites that are named here, by their ids."""

    @property
    def rounds_differ(self) -> bool:
        """Whether anything is another way in the later round, be it only how soon one comes."""
        later = self.rounds[1:]
        moved = any(one.returned or one.left or one.net or one.gained for one in later)
        return bool(moved or self.round_places or self.round_boxes)

    @property
    def roads_withheld(self) -> bool:
        """Whether critical roads are told without their names and places."""
        return any(not one.feature_id for one in self.roads)
