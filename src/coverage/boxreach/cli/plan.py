"""``plan.toml``: the same words and defaults as the functions, checked before anything is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from boxreach.errors import Fault, InputError
from boxreach.tables import suggest

Minutes = Annotated[float, Field(gt=0, le=1440)]
Text = Mapping[str, str]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Section):
    """One input file: where it is, how to read it, and where it comes from."""

    file: str
    layer: str | None = None
    columns: dict[str, str] = {}
    source: str = ""
    licence: str = ""
    date: str = ""
    label: str = ""


def _as_source(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


Input = Annotated[Source, BeforeValidator(_as_source)]


class Inputs(_Section):
    """The files of a plan; paths are relative to the folder of ``plan.toml``."""

    boxes: Input
    communities: Input
    roads: Input
    population: Input | None = None
    areas: Input | None = None
    closures: Input | None = None
    frontier: Input | None = None
    rivers: Input | None = None
    countries: Input | None = None

    def given(self) -> dict[str, Source]:
        """Return the inputs that are given, by name."""
        return {name: one for name in type(self).model_fields if (one := getattr(self, name))}


class Network(_Section):
    """Parameters of `build_network`."""

    off_road_km: Annotated[float, Field(ge=0, le=200)] = 5.0
    off_road_kmh: Annotated[float, Field(ge=0.1, le=300)] = 15.0
    node_crossings: bool = False
    bridge_m: Annotated[float, Field(ge=0, le=50_000)] = 0.0
    speeds_kmh: dict[str, float] = {}


class Reach(_Section):
    """Parameters of `travel_times` and `reach`."""

    minutes: Annotated[list[Minutes], Field(min_length=1)] = [15.0, 30.0, 60.0]
    mobilise_minutes: Annotated[float, Field(ge=0)] = 0.0
    direction: Literal["site_to_demand", "demand_to_site"] = "site_to_demand"


class Propose(_Section):
    """Parameters of `candidate_sites` and `propose`."""

    model: Literal["max-cover"] = "max-cover"
    boxes: Annotated[int, Field(ge=0)] = 50
    minutes: Minutes = 30.0
    quotas: list[dict[str, str | int]] = []
    phases: list[int] | None = None
    spacing_km: Annotated[float, Field(gt=0)] | None = None
    seconds: Annotated[float, Field(gt=0)] = 60.0


class Posts(_Section):
    """Parameters of `read_frontier` and `propose_posts`."""

    posts: Annotated[int, Field(ge=0)] = 50
    minutes: Minutes = 15.0
    phases: list[int] | None = None
    segment_km: Annotated[float, Field(gt=0)] = 1.0
    setback_km: Annotated[float, Field(ge=0, le=50)] = 0.5
    seconds: Annotated[float, Field(gt=0)] = 60.0


class Output(_Section):
    """What the outputs say besides the results."""

    languages: list[str] = ["en", "ar", "ckb"]
    title: Text | None = None
    notes: list[Text] = []


class Plan(_Section):
    """A whole ``plan.toml``."""

    inputs: Inputs
    network: Network = Network()
    reach: Reach = Reach()
    propose: Propose = Propose()
    posts: Posts = Posts()
    output: Output = Output()
    _folder: Path = PrivateAttr(default=Path())

    def path(self, source: Source) -> Path:
        """Return where the file of an input lies."""
        return self._folder / source.file

    def parameters(self) -> dict[str, object]:
        """Return every parameter with its value, defaults included, by dotted key."""
        sections = self.model_dump(exclude={"inputs", "output"})
        sections["output"] = {"languages": self.output.languages}
        return {f"{name}.{key}": value for name, keys in sections.items() for key, value in keys.items()}


def read_plan(path: str | Path, *, overrides: Sequence[tuple[str, object]] = ()) -> Plan:
    """Read a ``plan.toml`` and refuse it with every fault at once.

    Parameters
    ----------
    path
        The file.
    overrides
        Dotted keys and values in place of those of the file: ``("propose.boxes", 40)``.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(Fault("there is no such file", file=str(path), advice="check the path"))
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Fault(f"it is not TOML ({error})", file=path.name)) from error
    for key, value in overrides:
        _override(raw, key, value)
    try:
        plan = Plan.model_validate(raw)
    except ValidationError as error:
        raise InputError(*(_fault(one, text, path.name) for one in error.errors())) from None
    plan._folder = path.parent  # noqa: SLF001 - its own private attribute, set once here
    faults = _quota_faults(plan, text, path.name) + _language_faults(plan, text, path.name)
    if faults:
        raise InputError(*faults)
    return plan


def _override(raw: dict[str, Any], key: str, value: object) -> None:
    section, _, name = key.rpartition(".")
    table = raw
    for part in section.split(".") if section else ():
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise InputError(Fault(f"{section} is no section of a plan", column=key))
    table[name] = value


def _fault(error: Any, text: str, file: str) -> Fault:
    place = [str(part) for part in error["loc"]]
    key = ".".join(place)
    row = _line_of(text, place)
    if error["type"] == "extra_forbidden":
        return Fault("unknown key", file, row, key, suggest(place[-1], _known_keys(place[:-1])))
    if error["type"] == "missing":
        return Fault("the key is missing", file, row, key, "give it")
    return Fault(f"{error['input']!r} will not do", file, row, key, error["msg"])


def _known_keys(place: list[str]) -> list[str]:
    model: type[BaseModel] = Plan
    for part in place:
        if part == "inputs" or model is not Inputs:
            field = model.model_fields.get(part)
            inner = field.annotation if field else None
            model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else Source
        else:
            model = Source
    return list(model.model_fields)


def _line_of(text: str, place: list[str]) -> int | None:
    """Return the line on which a key, or else its section, stands in the file."""
    found, section = None, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            section = header[1]
            if place[0] == section:
                found = found or number
        for depth in range(len(place), 0, -1):
            inside = section == ".".join(place[: depth - 1])
            if inside and re.match(rf'\s*"?{re.escape(place[depth - 1])}"?\s*[=.]', line):
                return number
    return found


def _quota_faults(plan: Plan, text: str, file: str) -> list[Fault]:
    row = _line_of(text, ["propose", "quotas"])
    limits = {"at_least", "at_most"}
    faults = []
    for number, quota in enumerate(plan.propose.quotas, start=1):
        columns = set(quota) - limits
        numbers = [quota[key] for key in set(quota) & limits]
        if len(columns) != 1 or not numbers or not all(isinstance(one, int) for one in numbers):
            what = f"quota {number} is {dict(quota)}"
            advice = 'write it like { governorate = "Ninewa", at_least = 10 }'
            faults.append(Fault(what, file, row, "propose.quotas", advice))
    return faults


def _language_faults(plan: Plan, text: str, file: str) -> list[Fault]:
    from boxreach.languages import LANGUAGES  # noqa: PLC0415 - reads the catalogue's files

    row = _line_of(text, ["output", "languages"])
    return [
        Fault(f"{one!r} is no language of the outputs", file, row, "output.languages",
              suggest(one, list(LANGUAGES)))
        for one in plan.output.languages
        if one not in LANGUAGES
    ]  # fmt: skip
