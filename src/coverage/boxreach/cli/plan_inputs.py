"""The files of a plan: where they are, how they are read, and what is said of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from boxreach.cli.plan_section import Section
from boxreach.cli.plan_values import (
    Filled,
    Layers,
    Number,
    StepKm,
    Switch,
    Total,
    Unit,
    Weight,
    read_source,
)


class File(Section):
    """One input file: where it is, how to read it, and where it comes from."""

    file: str
    layer: str | None = None
    columns: dict[str, str] = Field(default={})
    source: str = ""
    licence: str = ""
    date: str = ""
    label: str = ""


class Source(File):
    """A file of a table that every plan may have."""

    unit: Literal["count", "density"] | None = None


class Boxes(Source):
    """The boxes that stand, and whether there may be none yet."""

    may_be_empty: Switch = False


class Communities(Source):
    """The communities, and which of their columns hold people of one kind each."""

    layers: Layers = Field(default=[])
    total: Total = Field(default=[])


class Frontier(File):
    """The frontier, and what is said of it; parameters of `read_frontier`."""

    risk: Filled | None = None
    stated_km: Annotated[Number, Field(gt=0, le=50_000)] | None = None


class Demand(File):
    """What is to be reached besides people; parameters of `read_demand`."""

    unit: Unit
    weight: Weight | None = None
    segment_km: StepKm = 1.0


Input = Annotated[Source, BeforeValidator(read_source, json_schema_input_type=str | Source)]
