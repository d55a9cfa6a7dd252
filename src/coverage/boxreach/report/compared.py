"""`Compared`: two finished runs that a report holds against each other, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass

DIRECTIONS = ("site_to_demand", "demand_to_site")
COUNTED = ("community_id", "cell_id")


@dataclass(frozen=True)
class ComparedRun:
    """One of the two runs."""

    name: str
    """What it is called in the report: its day, its folder, or its turn."""
    folder: str
    """The name of its folder alone."""
    day: str
    """For which it was planned; blank where none was given."""
    version: str
    """Of boxreach, which made it."""
    sha256: str
    """Of its record, in which are those of all its files."""


@dataclass(frozen=True)
class Setting:
    """A parameter that the two runs had otherwise, as JSON; blank where one had none."""

    parameter: str
    before: str
    after: str


@dataclass(frozen=True)
class Compared:
    """What is compared, and what of it was set or given otherwise."""

    runs: tuple[ComparedRun, ...]
    """The earlier one first."""
    minutes: float
    direction: str
    """One of `DIRECTIONS`."""
    counted: str
    """One of `COUNTED`: the index name of what people are counted on."""
    settings: tuple[Setting, ...] = ()
    inputs: tuple[str, ...] = ()
    """Names of inputs that are other files, or that one of the runs alone has."""
