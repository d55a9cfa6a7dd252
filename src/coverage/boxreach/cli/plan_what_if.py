"""What if, in a plan: ``[[scenario]]``, ``[critical]`` and ``[robustness]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from boxreach.cli.plan_inputs import File, Input, Source
from boxreach.cli.plan_section import Section
from boxreach.cli.plan_values import (
    Count,
    Filled,
    Minutes,
    Number,
    Season,
    Several,
    Switch,
    read_source,
    refuse,
)
from boxreach.suggestions import suggest

IN_USE, BRIDGES = "in-use", "bridges"
"""Words for roads of which it is asked what hangs on them, in place of a file."""

_CASE_KEYS = ("phases", "phase_moves", "relocation", "reserve", "capacity")


def _check_condition(name: str) -> str:
    from boxreach.scenarios.conditions import CONDITIONS  # noqa: PLC0415 - few plans have one

    if name not in CONDITIONS:
        refuse(f"{name!r} is no condition", suggest(name, list(CONDITIONS)))
    return name


def _check_slow_class(name: str) -> str:
    from boxreach.scenarios.conditions import ALL, OFF_ROAD  # noqa: PLC0415 - as above
    from boxreach.speeds import SPEED_KMH  # noqa: PLC0415

    known = [ALL, OFF_ROAD, *SPEED_KMH]
    if name not in known:
        refuse(f"{name!r} is no road class", suggest(name, known))
    return name


def _check_base(name: str) -> str:
    from boxreach.scenarios.scenario import BASE  # noqa: PLC0415 - as above

    if name == BASE:
        refuse(f"a scenario is called {BASE!r}, as the base is", "give another name")
    return name


def _check_chances(seasons: dict[str, float]) -> dict[str, float]:
    if seasons and not sum(seasons.values()) > 0:
        refuse("no season is likely", "give one of them more than 0")
    return seasons


def _read_lift(value: object) -> object:
    """Take ``"all"`` for a list of which nothing else is said."""
    return ["all"] if value == "all" else value


def _check_once(ids: list[str]) -> list[str]:
    for one in ids:
        if ids.count(one) > 1:
            refuse(f"{one!r} is named twice", "name it once")
    return ids


def _read_roads(value: object) -> object:
    """Take the words for what is asked, and all else for a file."""
    return value if value in (IN_USE, BRIDGES) else read_source(value)


def _read_range(value: object) -> object:
    """Take two or three numbers, or a table of them, for what speeds are drawn from."""
    advice = "write it like [0.7, 1.0], [0.7, 0.9, 1.0], or { low = 0.7, mode = 0.9, high = 1.0 }"
    if isinstance(value, list):
        names = {2: ("low", "high"), 3: ("low", "mode", "high")}.get(len(value))
        if names is None:
            refuse(f"{value!r} is no range", advice)
        return dict(zip(names, value, strict=True))
    if not isinstance(value, dict):
        refuse(f"{value!r} is no range", advice)
    return value


Share = Annotated[Number, Field(ge=0.01, le=1)]
SlowClass = Annotated[str, AfterValidator(_check_slow_class)]
Criterion = str
Ids = Annotated[list[Filled], AfterValidator(_check_once)]


class ScenarioValues(Section):
    """One ``[[scenario]]``: what it changes; parameters of `Scenario`, tables as files."""

    name: Annotated[Filled, AfterValidator(_check_base)]
    closures: Input | None = None
    lift: Annotated[
        Ids, BeforeValidator(_read_lift, json_schema_input_type=Literal["all"] | list[str])
    ] = Field(default=[])
    condition: Annotated[str, AfterValidator(_check_condition)] | None = None
    speed_factor: dict[SlowClass, Share] = Field(default={})
    lost: Ids = Field(default=[])
    boxes: Input | None = None
    communities: Input | None = None
    people: Filled | None = None
    minutes: Minutes | None = None
    probability: Annotated[Number, Field(ge=0, le=1e6)] = 1.0

    def files(self) -> dict[str, File]:
        """Return its files by key."""
        return _files(self, ("closures", "boxes", "communities"))

    def parameters(self) -> dict[str, Any]:
        """Return what it says, files by their names."""
        return _said(self)


class Critical(Section):
    """Parameters of `criticality`, and whether closed roads are ranked by what opening brings."""

    roads: Annotated[
        Literal["in-use", "bridges"] | Source,
        BeforeValidator(_read_roads, json_schema_input_type=str | Source),
    ] = "in-use"
    candidates: Switch = True
    opening: Switch = True

    def files(self) -> dict[str, File]:
        """Return its file, if its roads are one."""
        return _files(self, ("roads",))

    def parameters(self) -> dict[str, Any]:
        """Return what it says, the file by its name."""
        return _said(self)


class Range(Section):
    """Parameters of `SpeedRange`."""

    low: Annotated[Number, Field(ge=0.01, le=2)]
    high: Annotated[Number, Field(ge=0.01, le=2)]
    mode: Annotated[Number, Field(ge=0.01, le=2)] | None = None
    shape: Literal["uniform", "triangular", "lognormal"] | None = None


def _check_range(given: Range) -> Range:
    if given.low > given.high:
        refuse(f"it goes from {given.low:g} to {given.high:g}", "give the lower share first")
    if given.mode is not None and not given.low <= given.mode <= given.high:
        what = f"{given.mode:g} is not between {given.low:g} and {given.high:g}"
        refuse(what, "give a mode between both ends")
    return given


SpeedRanges = dict[
    SlowClass,
    Annotated[
        Range,
        BeforeValidator(_read_range, json_schema_input_type=list[float] | Range),
        AfterValidator(_check_range),
    ],
]


Chance = Annotated[Number, Field(ge=0)]
"""How likely one of several is, as a share of the sum of all."""


class Robust(Section):
    """Parameters of `robustness`."""

    speeds: SpeedRanges = Field(default={})
    correlation: Annotated[Number, Field(ge=0, le=1)] = 0.5
    seasons: Annotated[dict[Season, Chance], AfterValidator(_check_chances)] = Field(default={})
    closures: Input | None = None
    populations: Ids = Field(default=[])
    candidates: Switch = True
    draws: Several = 200
    seed: Count = 0

    def files(self) -> dict[str, File]:
        """Return its file, if it has one."""
        return _files(self, ("closures",))

    def parameters(self) -> dict[str, Any]:
        """Return what it says, the file by its name."""
        return _said(self)


def check_cases(names: list[str], info: ValidationInfo) -> list[str]:
    """Refuse cases of a plan that has what plans for cases have not."""
    for key in _CASE_KEYS if names else ():
        if info.data.get(key):
            refuse(f"a plan for cases has no {key}", f"leave cases out, or {key}")
    return names


def check_criterion(word: str, info: ValidationInfo) -> str:
    """Refuse what is no criterion, and one of which there are no cases."""
    from boxreach.location.criteria import read_criterion  # noqa: PLC0415 - few plans have one

    for fault in read_criterion(word)[1]:
        refuse(fault.what, fault.advice)
    if word != "mean" and not info.data.get("cases", [word]):
        refuse(f"the criterion is {word!r}, and there are no cases", "name scenarios as cases")
    return word


def check_names(given: list[ScenarioValues]) -> list[ScenarioValues]:
    """Refuse two scenarios of one name."""
    names = [one.name for one in given]
    for name in names:
        if names.count(name) > 1:
            refuse(f"two scenarios are called {name!r}", "give each its own name")
    return given


def _files(section: Section, names: tuple[str, ...]) -> dict[str, File]:
    given = {name: getattr(section, name) for name in names}
    return {name: one for name, one in given.items() if isinstance(one, File)}


def _said(section: Section) -> dict[str, Any]:
    """Return the values of a section, files by their names and what is not given left out."""
    values: Mapping[str, Any] = section.model_dump(exclude_none=True)
    return {
        name: value["file"] if isinstance(getattr(section, name), File) else value
        for name, value in values.items()
    }
