"""``plan.toml``: the same words and defaults as the functions, checked before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
)

from boxreach.box_types import BoxType
from boxreach.cli.plan_file import Place, PlanFile, read_plan_file
from boxreach.cli.plan_inputs import Boxes, Communities, Demand, File, Frontier, Input
from boxreach.cli.plan_mending import Mended, mend
from boxreach.cli.plan_models import (
    BOXES,
    ModelName,
    check_belongs,
    check_forbidden,
    check_phase_moves,
    check_reserve,
    goes_in_order,
    has_key,
)
from boxreach.cli.plan_output import Output
from boxreach.cli.plan_posts import Posts
from boxreach.cli.plan_section import Section
from boxreach.cli.plan_tables import STAGES, Stage
from boxreach.cli.plan_values import (
    Amount,
    CandidateKinds,
    Count,
    Day,
    DelaySeconds,
    Dollars,
    Filled,
    GroundClass,
    GroundKmh,
    Minutes,
    Number,
    PartOfTime,
    Phases,
    Quotas,
    RoadClass,
    Season,
    Seconds,
    Several,
    Share,
    SlopeValues,
    SomeSeconds,
    SpeedFactor,
    SpeedKmh,
    StepKm,
    Surface,
    Switch,
    check_box_types,
    read_source,
)
from boxreach.cli.plan_what_if import (
    Criterion,
    Critical,
    Ids,
    Robust,
    ScenarioValues,
    check_cases,
    check_criterion,
    check_names,
)
from boxreach.errors import Fault, InputError
from boxreach.speeds import GROUND_KMH, SpeedModel
from boxreach.speeds.table import TABLE


class Inputs(Section):
    """The files of a plan; paths are relative to the folder of ``plan.toml``."""

    boxes: Annotated[Boxes, BeforeValidator(read_source, json_schema_input_type=str | Boxes)]
    communities: Annotated[
        Communities, BeforeValidator(read_source, json_schema_input_type=str | Communities)
    ]
    roads: Input
    population: Input | None = None
    areas: Input | None = None
    districts: Input | None = None
    subdistricts: Input | None = None
    closures: Input | None = None
    terrain: Input | None = None
    speed_zones: Input | None = None
    ground: Input | None = None
    frontier: (
        Annotated[Frontier, BeforeValidator(read_source, json_schema_input_type=str | Frontier)]
        | None
    ) = None
    crossings: Input | None = None
    posts: Input | None = None
    buildings: Input | None = None
    risk: Input | None = None
    rivers: Input | None = None
    countries: Input | None = None
    stations: Input | None = None
    points: Input | None = None
    demand: dict[Filled, Annotated[Demand, BeforeValidator(read_source)]] = Field(default={})

    def given(self) -> dict[str, File]:
        """Return the inputs that are given, by name."""
        known = vars(self)
        named = {name: known[name] for name in type(self).model_fields if name in known}
        demand = named.pop("demand", {})
        named |= {f"demand.{name}": one for name, one in demand.items()}
        return {name: one for name, one in named.items() if one is not None}


class Network(Section):
    """Parameters of `build_network`."""

    on: Day | None = None
    off_road_km: Annotated[Number, Field(ge=0, le=200)] = 5.0
    off_road_kmh: SpeedKmh = 15.0
    off_road_class_kmh: dict[GroundClass, GroundKmh] = Field(default={})
    rivers_block: Switch = True
    node_crossings: Switch = False
    bridge_m: Annotated[Number, Field(ge=0, le=50_000)] = 0.0
    speeds_kmh: dict[RoadClass, SpeedKmh] = Field(default={})


class Speeds(Section):
    """What is put over the defaults of `SpeedModel`."""

    season: Season = "dry"
    night: Switch = False
    kmh: dict[RoadClass, SpeedKmh] = Field(default={})
    surface_factor: dict[Surface, SpeedFactor] = Field(default={})
    season_factor: dict[Season, dict[Surface, SpeedFactor]] = Field(default={})
    natural_surface: dict[RoadClass, Surface] = Field(default={})
    night_factor: dict[RoadClass, SpeedFactor] = Field(default={})
    link_factor: SpeedFactor = TABLE.link_factor
    limit_factor: SpeedFactor = TABLE.limit_factor
    limit_lift: Annotated[Number, Field(ge=1, le=10)] = TABLE.limit_lift
    junction_s: dict[RoadClass, DelaySeconds] = Field(default={})
    slope: SlopeValues = Field(default={})


class Reach(Section):
    """Parameters of `travel_times` and `reach`."""

    minutes: Annotated[list[Minutes], Field(min_length=1)] = Field(default=[15.0, 30.0, 60.0])
    mobilise_minutes: Annotated[Number, Field(ge=0, le=1440)] = 0.0
    direction: Literal["site_to_demand", "demand_to_site"] = "site_to_demand"
    merge_minutes: Annotated[Number, Field(ge=0, le=5)] = 0.0


class People(Section):
    """Where people are counted."""

    count_on: Literal["cells", "communities"] | None = None


class BoxKind(Section):
    """Parameters of `BoxType`."""

    name: Filled
    vehicles: Count = 2
    officers: Count | None = None
    cost_usd: Dollars = 250_000.0


class Exclude(Section):
    """What keeps a candidate out; parameters of `Exclusions`."""

    closed: Switch = True
    outside_areas: Switch = False
    slope_deg: Annotated[Number, Field(ge=0, le=90)] | None = None
    water_m: Annotated[Number, Field(ge=0, le=100_000)] | None = None
    road_km: Annotated[Number, Field(ge=0, le=1_000)] | None = None
    clear_road_m: Annotated[Number, Field(ge=0, le=100_000)] | None = None
    standing_km: Annotated[Number, Field(ge=0, le=10_000)] | None = None
    same_m: Annotated[Number, Field(ge=0.01, le=100_000)] = 1.0


class Moves(Section):
    """Parameters of `Relocation`."""

    at_most: Count
    cost_usd: Dollars | None = None


_Belongs = AfterValidator(check_belongs)
"""Put to what some models have and others do not."""


class Propose(Section):
    """Parameters of `candidate_sites` and `propose`, and of the models."""

    model: ModelName = "max-cover"
    boxes: Annotated[Count | None, _Belongs] = None
    minutes: Minutes = 30.0
    budget_usd: Annotated[Dollars | None, _Belongs] = None
    capacity: Annotated[Amount | None, _Belongs] = None
    share: Annotated[Share, _Belongs] = 1.0
    backup_boxes: Annotated[Several, _Belongs] = 2
    busy: Annotated[PartOfTime, _Belongs] = 0.3
    vehicles: Annotated[Several, _Belongs] = 2
    quotas: Quotas = Field(default=[])
    phases: Annotated[Phases | None, _Belongs] = None
    phase_moves: Annotated[Count, _Belongs, AfterValidator(check_phase_moves)] = 0
    relocation: Annotated[Moves | None, _Belongs] = None
    reserve: Annotated[Count, AfterValidator(check_reserve), _Belongs] = 0
    fixed: list[Filled] = Field(default=[])
    forbidden: Annotated[list[Filled], AfterValidator(check_forbidden)] = Field(default=[])
    apart_km: StepKm | None = None
    must_reach: Switch = True
    priority: Switch = False
    candidates: CandidateKinds | None = None
    spacing_km: StepKm | None = None
    exclude: Exclude | None = None
    curve_seconds: Annotated[SomeSeconds, _Belongs] = 30.0
    cases: Annotated[Ids, _Belongs, AfterValidator(check_cases)] = Field(default=[])
    criterion: Annotated[Criterion, AfterValidator(check_criterion)] = "mean"
    seconds: Seconds = 60.0
    seed: Count = 0

    def new_boxes(self) -> int | None:
        """Return how many new boxes there are, those held back counted; None if it is not given."""
        alone = not has_key(self.model, "boxes") or self.budget_usd is not None
        return self.boxes if self.boxes is not None or alone else BOXES

    def draws_curve(self) -> bool:
        """Tell whether each number of boxes is planned too."""
        in_order = self.curve_seconds > 0 and goes_in_order(self.model_dump())
        return in_order and not self.cases

    def kinds(self, inputs: Inputs) -> list[str]:
        """Return where candidates come from: what is given, if nothing else is said."""
        if self.candidates is not None:
            return list(self.candidates)
        given = {"stations": inputs.stations, "points": inputs.points, "roads": self.spacing_km}
        return ["communities", *(name for name, one in given.items() if one is not None)]

    def exclusions(self) -> Exclude:
        """Return what keeps a candidate out, with its defaults."""
        return self.exclude or Exclude()


class Plan(Section):
    """A whole ``plan.toml``."""

    inputs: Inputs
    network: Network = Network()
    speeds: Speeds = Speeds()
    reach: Reach = Reach()
    people: People = People()
    box_types: Annotated[list[BoxKind], AfterValidator(check_box_types)] = Field(default=[])
    propose: Propose = Propose()
    posts: Posts = Posts()
    scenario: Annotated[list[ScenarioValues], AfterValidator(check_names)] = Field(default=[])
    critical: Critical | None = None
    robustness: Robust | None = None
    output: Output = Output()
    _folder: Path = PrivateAttr(default=Path())
    _written: PlanFile = PrivateAttr(default=PlanFile("plan.toml", {}, {}))

    def path(self, source: File) -> Path:
        """Return where the file of an input lies."""
        return self._folder / source.file

    def fault(self, what: str, place: Place, advice: str) -> Fault:
        """Return a fault of the value at a place of the plan, with its line in the file."""
        return self._written.fault(what, place, advice)

    def sources(self) -> dict[Place, File]:
        """Return every file of the plan by its place in it, inputs first."""
        found: dict[Place, File] = {
            ("inputs", *name.split(".", 1)): one for name, one in self.inputs.given().items()
        }
        for number, scenario in enumerate(self.scenario):
            found |= {("scenario", number, name): one for name, one in scenario.files().items()}
        for section in ("critical", "robustness"):
            values = getattr(self, section)
            if values is not None:
                found |= {(section, name): one for name, one in values.files().items()}
        return found

    def asks_what_if(self) -> bool:
        """Tell whether it has scenarios, asks what is critical, or how robust it is."""
        return bool(self.scenario or self.critical or self.robustness)

    def asks_candidates(self) -> bool:
        """Tell whether a what-if is asked of the places where boxes may stand too."""
        asked = (self.critical, self.robustness)
        return any(one is not None and one.candidates for one in asked)

    def all_stages(self) -> tuple[Stage, ...]:
        """Return all that a run of it can compute."""
        return tuple(one for one in STAGES if one != "what_if" or self.asks_what_if())

    def stages(self) -> tuple[Stage, ...]:
        """Return what the plan is for: not for boxes where it asks for posts and not for them."""
        asked = self._written.values
        return tuple(
            one
            for one in self.all_stages()
            if one != "propose" or one in asked or "posts" not in asked
        )

    def speed_model(self) -> SpeedModel:
        """Return the speeds of the plan; km/h of ``[network]`` come before those of ``[speeds]``.

        Its terrain and zones are inputs, and stay to be given.
        """
        given = self.speeds.model_dump()
        return SpeedModel().replace(**{**given, "kmh": {**given["kmh"], **self.network.speeds_kmh}})

    def types_of_boxes(self) -> list[BoxType]:
        """Return the types of boxes of the plan; the programme's own where it names none."""
        return [BoxType(**one.model_dump()) for one in self.box_types] or [BoxType("box")]

    def counts_on(self) -> str:
        """Return where people are counted: on cells where there are any, if nothing else is said.

        With ``"communities"`` and a population its people come to the communities first.
        """
        cells = "communities" if self.inputs.population is None else "cells"
        return self.people.count_on or cells

    def parameters(self) -> dict[str, object]:
        """Return every parameter with its value, defaults included, by dotted key."""
        what_if = {"scenario", "critical", "robustness"}
        sections = self.model_dump(exclude={"inputs", "output", "box_types", *what_if})
        sections["people"]["count_on"] = self.counts_on()
        rules = sections["propose"]
        sections["propose"] = {
            key: value for key, value in rules.items() if has_key(self.propose.model, key)
        }
        if has_key(self.propose.model, "boxes"):
            sections["propose"]["boxes"] = self.propose.new_boxes()
        sections["propose"]["candidates"] = self.propose.kinds(self.inputs)
        sections["propose"]["exclude"] = self.propose.exclusions().model_dump()
        sections["posts"] |= {
            "posts": self.posts.new_posts(),
            "candidates": self.posts.places().model_dump(),
            "sight": self.posts.eyes().model_dump(),
        }
        sections["speeds"] = self.speed_model().parameters()
        sections["network"]["speeds_kmh"] = sections["speeds"].pop("kmh")
        sections["network"]["off_road_class_kmh"] = {
            **GROUND_KMH,
            **self.network.off_road_class_kmh,
        }
        sections["output"] = self.output.parameters()
        flat = {
            f"{name}.{key}": value for name, keys in sections.items() for key, value in keys.items()
        }
        flat["box_types"] = [asdict(one) for one in self.types_of_boxes()]
        flat["scenario"] = [one.parameters() for one in self.scenario]
        for name in ("critical", "robustness"):
            values = getattr(self, name)
            flat[name] = None if values is None else values.parameters()
        return flat


def read_plan(path: str | Path, *, overrides: Sequence[tuple[str, object]] = ()) -> Plan:
    """Read a ``plan.toml`` and refuse it with every fault at once.

    Parameters
    ----------
    path
        The file.
    overrides
        Dotted keys and values in place of those of the file: ``("propose.boxes", 40)``.
    """
    mended = mend_plan(path, overrides=overrides)
    if mended.faults:
        raise InputError(*mended.faults)
    return mended.plan


def mend_plan(path: str | Path, *, overrides: Sequence[tuple[str, object]] = ()) -> Mended[Plan]:
    """Read a ``plan.toml`` as far as it can be read, and tell every fault of it.

    Parameters
    ----------
    path, overrides
        As for `read_plan`.
    """
    path = Path(path)
    mended = mend(read_plan_file(path, overrides), Plan)
    plan = mended.plan
    plan._folder, plan._written = path.parent, mended.written  # noqa: SLF001 - its own, set once
    return mended
