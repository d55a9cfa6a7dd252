"""The section ``[posts]`` of a plan: the words and defaults of `propose_posts` and its parts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from boxreach.cli.plan_section import Section
from boxreach.cli.plan_values import (
    Count,
    Minutes,
    Number,
    Phases,
    Quotas,
    Seconds,
    Several,
    Share,
    StepKm,
    refuse,
)

POSTS = 50
"""How many posts, where neither their number nor a share is given."""

MOVED = {("posts", "setback_km"): "posts.candidates.setback_km"}
"""Keys of earlier plans, and what they are called now."""


def _spread(value: object) -> object:
    """Take one distance for both."""
    return [value, value] if isinstance(value, int | float) else value


def _check_setback(ends: list[float]) -> list[float]:
    if len(ends) != 2:
        refuse(f"{ends} are no two distances", "write it like [0.3, 2.0], or give one number")
    if ends != sorted(ends):
        refuse(f"{ends} goes from far to near", "give the nearer distance first: [0.3, 2.0]")
    return ends


def _check_share(share: float | None, info: ValidationInfo) -> float | None:
    if share is not None and info.data.get("posts") is not None:
        refuse("posts and a share are asked for", "leave one of the two out")
    return share


def _check_phases(phases: list[int] | None, info: ValidationInfo) -> list[int] | None:
    if phases is not None and info.data.get("share") is not None:
        refuse("a share is asked for, and phases", "leave phases out, or give posts")
    return phases


def _check_defence(km: float, info: ValidationInfo) -> float:
    if km > 0 and info.data.get("share") is not None:
        refuse("a share is asked for, and km are given up", "leave it out, or give posts")
    return km


class PostCandidates(Section):
    """Where posts are tried; parameters of `candidate_posts`."""

    kinds: (
        Annotated[
            list[Literal["roads", "heights", "setback", "crossings", "points"]], Field(min_length=1)
        ]
        | None
    ) = None
    setback_km: Annotated[
        list[Annotated[Number, Field(ge=0, le=50)]],
        BeforeValidator(_spread, json_schema_input_type=float | list[float]),
        AfterValidator(_check_setback),
    ] = Field(default=[0.3, 2.0])
    spacing_km: StepKm = 0.5
    road_km: Annotated[Number, Field(ge=0, le=1_000)] = 1.0
    slope_deg: Annotated[Number, Field(ge=0, le=90)] = 5.0


class SightValues(Section):
    """Parameters of `Sight`."""

    tower_m: Annotated[Number, Field(ge=0, le=1_000)] = 7.6
    target_m: Annotated[Number, Field(ge=0, le=1_000)] = 1.7
    day_km: Annotated[Number, Field(gt=0, le=100)] = 5.0
    night_km: Annotated[Number, Field(gt=0, le=100)] = 2.0
    refraction: Annotated[Number, Field(ge=0, lt=1)] = 1 / 7


_Kmh = Annotated[Number, Field(gt=0, le=300)]
_Delay = Annotated[Number, Field(ge=0, le=1440)]


class InterceptValues(Section):
    """Parameters of `Intercept`."""

    depth_km: Annotated[Number, Field(gt=0, le=50)]
    walker_kmh: _Kmh = 5.0
    vehicle_kmh: _Kmh = 30.0
    detect_minutes: _Delay = 0.0
    mobilise_minutes: _Delay = 0.0


class Posts(Section):
    """Parameters of `read_frontier` and `propose_posts`."""

    posts: Count | None = None
    share: Annotated[Share | None, AfterValidator(_check_share)] = None
    minutes: Minutes = 15.0
    phases: Annotated[Phases | None, AfterValidator(_check_phases)] = None
    segment_km: StepKm = 1.0
    each: Several = 1
    per_site: Several = 1
    quotas: Quotas = Field(default=[])
    see: Literal["day", "night"] | None = None
    support_minutes: Minutes = 20.0
    defence_km: Annotated[Number, Field(ge=0, le=10_000), AfterValidator(_check_defence)] = 0.0
    seconds: Seconds = 60.0
    seed: Count = 0
    candidates: PostCandidates | None = None
    sight: SightValues | None = None
    intercept: InterceptValues | None = None

    def new_posts(self) -> int | None:
        """Return how many posts are asked for; None where a share is."""
        return POSTS if self.posts is None and self.share is None else self.posts

    def places(self) -> PostCandidates:
        """Return where posts are tried, with its defaults."""
        return self.candidates or PostCandidates()

    def eyes(self) -> SightValues:
        """Return how far and how high posts see, with its defaults."""
        return self.sight or SightValues()
