"""What the values of a plan may be; what is none of them is refused in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NoReturn, Protocol, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from boxreach.columns import iso_date, name_faults
from boxreach.suggestions import suggest

_LIMITS = ("at_least", "at_most")
_QUOTA_ADVICE = 'write it like { governorate = "Ninewa", at_least = 10 }'


def refuse(what: str, advice: str) -> NoReturn:
    """Refuse a value of a plan, in words."""
    raise PydanticCustomError("fault", "{what}; {advice}", {"what": what, "advice": advice})


def _check_language(code: str) -> str:
    from boxreach.languages import LANGUAGES  # noqa: PLC0415 - reads the catalogue's files

    if code not in LANGUAGES:
        refuse(f"{code!r} is no language of the outputs", suggest(code, list(LANGUAGES)))
    return code


def _check_road_class(name: str) -> str:
    from boxreach.speeds import SPEED_KMH  # noqa: PLC0415 - only plans that set speeds need it

    if name not in SPEED_KMH:
        refuse(f"{name!r} is no road class", suggest(name, list(SPEED_KMH)))
    return name


def _check_ground_class(name: str) -> str:
    from boxreach.speeds import GROUND_KMH  # noqa: PLC0415 - only plans that set speeds need it

    if name not in GROUND_KMH:
        refuse(f"{name!r} is no class of ground", suggest(name, list(GROUND_KMH)))
    return name


def _check_ground_speed(kmh: float) -> float:
    from boxreach.sources.ground import SPEED_ADVICE, is_ground_speed  # noqa: PLC0415 - as above

    if not is_ground_speed(kmh):
        refuse(f"it is {kmh:g}", SPEED_ADVICE)
    return kmh


def _check_minutes(minutes: float) -> float:
    if round(minutes, 3) != minutes:  # tables tell no more, and two of them would look the same
        refuse(f"it is {minutes!r}", "give no more than three decimals")
    return minutes


def _check_surface(name: str) -> str:
    from boxreach.speeds import SURFACE_FACTOR  # noqa: PLC0415 - only plans that set speeds need it

    if name not in SURFACE_FACTOR:
        refuse(f"{name!r} is no surface", suggest(name, list(SURFACE_FACTOR)))
    return name


def _check_season(name: str) -> str:
    from boxreach.speeds import SEASONS  # noqa: PLC0415 - only plans that set speeds need it

    if name not in SEASONS:
        refuse(f"{name!r} is no season", suggest(name, list(SEASONS)))
    return name


def _check_slope(given: dict[str, float]) -> dict[str, float]:
    from boxreach.speeds.checks import SLOPE  # noqa: PLC0415 - only plans that set speeds need it

    for name, value in given.items():
        low, high = SLOPE.get(name, (0, 0))
        if name not in SLOPE:
            refuse(f"{name!r} is no value of a slope", suggest(name, list(SLOPE)))
        if not low <= value <= high:
            refuse(f"{name} is {value:g}", f"give {low:g} to {high:g}")
    return given


def _check_rising(totals: list[int]) -> list[int]:
    if totals != sorted(set(totals)):
        refuse(f"the totals {totals} do not rise", "give running totals such as [50, 100]")
    return totals


def _check_day(value: object) -> str:
    """Take a date of TOML, or one in quotes."""
    if isinstance(value, bool | int | float) or (day := iso_date(value)) is None:
        refuse(f"{str(value)!r} is no date", "write it like 2026-03-31")
    return day


def _check_quota(value: object) -> object:
    """Refuse what is not one column, the value it must have, and how often."""
    if not isinstance(value, dict):
        refuse(f"{value!r} is no quota", _QUOTA_ADVICE)
    columns = [key for key in value if key not in _LIMITS]
    limits = [value[key] for key in _LIMITS if key in value]
    said = f"the quota {value}"
    if len(columns) != 1:
        refuse(f"{said} counts by {' and '.join(columns) or 'no column'}", _QUOTA_ADVICE)
    if not isinstance(value[columns[0]], str):
        refuse(f"{said} names no one {columns[0]}", _QUOTA_ADVICE)
    if not limits or any(type(limit) is not int or limit < 0 for limit in limits):
        refuse(f"{said} has no whole number from 0 up as at_least or at_most", _QUOTA_ADVICE)
    if limits != sorted(limits):
        refuse(f"{said} can never be kept", "give at_most not below at_least")
    return value


def _check_layers(names: list[str]) -> list[str]:
    _check_columns("the layer", names)
    return names


def _check_total(names: list[str], info: ValidationInfo) -> list[str]:
    # Layers that are no good are told already.
    known: list[str] = info.data.get("layers", names)
    for name in names:
        if name not in known:
            what = f"total names {name!r}, which is no layer"
            refuse(what, suggest(name, known) if known else "name it in layers")
    if len({*names}) < len(names):
        refuse("total names a layer twice", "name it once")
    return names


def _check_unit(name: str) -> str:
    _check_columns("the unit", [name])
    return name


def _check_columns(what: str, names: list[str]) -> None:
    """Refuse names that no new column may have."""
    for name in {"district", "subdistrict"}.intersection(names):
        refuse(f"{what} {name!r} would be the column of an area", "give another name")
    for fault in name_faults(what, names):
        refuse(fault.what, fault.advice)


def _check_weight(name: str, info: ValidationInfo) -> str:
    unit = info.data.get("unit")
    if unit in {"km", "km2"}:
        what = f"a weight is given, and {unit} are measured"
        refuse(what, "leave weight out, or call the unit by what it counts")
    return _check_filled(name)


def _check_filled(name: str) -> str:
    if not name.strip():
        refuse("it is blank", "fill it in")
    return name.strip()


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Kind = TypeVar("_Kind", bound=Sequence[_Named])


def check_box_types(kinds: _Kind) -> _Kind:
    """Refuse two types of boxes of one name."""
    names = [one.name for one in kinds]
    for name in names:
        if names.count(name) > 1:
            refuse(f"two types of boxes are called {name!r}", "give each its own name")
    return kinds


def read_source(value: object) -> object:
    """Take the name of a file for a source that says nothing else."""
    if not isinstance(value, str | dict):
        refuse(f"{value!r} names no file", 'write "boxes.csv" or { file = "boxes.csv" }')
    return {"file": value} if isinstance(value, str) else value


Number: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole: TypeAlias = Annotated[int, Field(strict=True)]
Switch: TypeAlias = Annotated[bool, Field(strict=True)]

Minutes: TypeAlias = Annotated[Number, Field(gt=0, le=1440), AfterValidator(_check_minutes)]
Seconds: TypeAlias = Annotated[Number, Field(gt=0, le=86_400)]
CandidateKinds: TypeAlias = Annotated[
    list[Literal["communities", "stations", "points", "junctions", "roads", "grid"]],
    Field(min_length=1),
]
StepKm: TypeAlias = Annotated[Number, Field(ge=0.05, le=10_000)]
"""How far apart points may be; below 50 m a country has too many of them."""

SpeedKmh: TypeAlias = Annotated[Number, Field(ge=0.1, le=300)]
RoadClass: TypeAlias = Annotated[str, AfterValidator(_check_road_class)]
GroundClass: TypeAlias = Annotated[str, AfterValidator(_check_ground_class)]
GroundKmh: TypeAlias = Annotated[Number, AfterValidator(_check_ground_speed)]
Day: TypeAlias = Annotated[str, BeforeValidator(_check_day)]
Surface: TypeAlias = Annotated[str, AfterValidator(_check_surface)]
Season: TypeAlias = Annotated[str, AfterValidator(_check_season)]
SpeedFactor: TypeAlias = Annotated[Number, Field(ge=0.01, le=2)]
DelaySeconds: TypeAlias = Annotated[Number, Field(ge=0, le=3600)]
SlopeValues: TypeAlias = Annotated[dict[str, Number], AfterValidator(_check_slope)]
Dollars: TypeAlias = Annotated[Number, Field(ge=0, le=1e12)]
Filled: TypeAlias = Annotated[str, AfterValidator(_check_filled)]
"""Text that says something."""
Layers: TypeAlias = Annotated[list[str], AfterValidator(_check_layers)]
Total: TypeAlias = Annotated[list[str], AfterValidator(_check_total)]
Unit: TypeAlias = Annotated[str, AfterValidator(_check_unit)]
Weight: TypeAlias = Annotated[str, AfterValidator(_check_weight)]
Count: TypeAlias = Annotated[Whole, Field(ge=0, le=10**9)]
Phases: TypeAlias = Annotated[
    list[Annotated[Whole, Field(ge=1)]], Field(min_length=1), AfterValidator(_check_rising)
]
Amount: TypeAlias = Annotated[Number, Field(gt=0, le=1e12)]
Share: TypeAlias = Annotated[Number, Field(gt=0, le=1)]
PartOfTime: TypeAlias = Annotated[Number, Field(ge=0, lt=1)]
Several: TypeAlias = Annotated[Whole, Field(ge=1, le=1000)]
SomeSeconds: TypeAlias = Annotated[Number, Field(ge=0, le=86_400)]
Quotas: TypeAlias = list[Annotated[dict[str, str | int], BeforeValidator(_check_quota)]]
Language: TypeAlias = Annotated[str, AfterValidator(_check_language)]
Languages: TypeAlias = Annotated[list[Language], Field(min_length=1)]
Text: TypeAlias = Mapping[Language, str]
"""The same words by language."""

ADVICE = {
    "bool_type": "give true or false",
    "dict_type": "write it like {{ key = value }}",
    "finite_number": "give a finite number",
    "float_type": "give a number",
    "greater_than": "give more than {gt:g}",
    "greater_than_equal": "give {ge:g} or more",
    "int_type": "give a whole number",
    "less_than": "give less than {lt:g}",
    "less_than_equal": "give {le:g} or less",
    "list_type": "give a list, in brackets",
    "literal_error": "give {expected}",
    "missing": "add it",
    "model_type": "write its keys as a section of that name",
    "string_type": "give text, in quotes",
    "too_short": "give one at least, or leave the key out",
}
"""What to do about each kind of value that will not do."""
