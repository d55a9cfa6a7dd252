"""What a report says beyond the plan and the gaps, as frozen values; see `boxreach.report.model`.

A number that is None is not known, or there is none; which of the two, the row says.
"""

from __future__ import annotations

from dataclasses import dataclass

from boxreach.report.model import Cover, GapRow, Name


@dataclass(frozen=True)
class SpotRow:
    """A cluster of gaps, and what one box at its best spot would gain."""

    name: Name
    away_km: float | None
    """How far off the place is that it is named after; None where it is that place."""
    governorate: Name
    places: int
    people: int | None
    """None where the people of no place are known."""
    reason: str
    gained: int | None
    """None where no spot reaches anybody."""
    lon: float
    lat: float


@dataclass(frozen=True)
class SpotTable:
    """Clusters of gaps, the most people first; rows, rest and total add up."""

    minutes: float | None
    """The threshold, where the table says it."""
    rows: tuple[SpotRow, ...]
    count: int
    places: int
    people: int
    rest_count: int
    rest_places: int
    rest_people: int


@dataclass(frozen=True)
class DistanceRow:
    """How far the people of one governorate live, or of all of them."""

    name: Name | None
    """None in the row of totals."""
    people: bool | None
    """Whether anybody lives here; None where that is not known. Without people the rest is None."""
    median: float | None
    p90: float | None
    """Minutes; None where so many have no way that the quantile falls on them."""
    mean: float | None
    """Of those who have a way; None where nobody has."""
    gini: float | None
    without_way: int | None
    two_boxes: float | None
    """The share with two boxes or more in reach; None where the second is not known."""


@dataclass(frozen=True)
class DistanceTable:
    """How far people live, by governorate."""

    minutes: float
    """The threshold of `two_boxes`."""
    two_boxes: bool
    """Whether the share with two boxes is known anywhere."""
    rows: tuple[DistanceRow, ...]


@dataclass(frozen=True)
class Curve:
    """The share of people within reach against minutes, in one governorate or in all."""

    name: Name | None
    """None for the total."""
    minutes: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class CurveSet:
    """Curves to be drawn together, and the thresholds to mark in them."""

    curves: tuple[Curve, ...]
    thresholds: tuple[float, ...]
    undrawn: int
    """Governorates that have no curve, since nobody's number is known there."""


@dataclass(frozen=True)
class FifthRow:
    """One fifth of the people by how closely they live together."""

    quintile: int
    """1 is the thinnest settled, 5 the densest."""
    low: float | None
    high: float | None
    """People per square kilometre; None where no place falls into it."""
    people: int
    covers: tuple[Cover, ...]
    """One a threshold."""
    mean: float | None


@dataclass(frozen=True)
class FifthTable:
    """Reach by density, the densest first."""

    thresholds: tuple[float, ...]
    rows: tuple[FifthRow, ...]


@dataclass(frozen=True)
class WorstPlace:
    """A place far from every site."""

    name: Name
    people: int | None
    minutes: float | None
    """None where there is no way."""


@dataclass(frozen=True)
class WorstRow:
    """The worst places of one governorate, or of all."""

    name: Name | None
    places: tuple[WorstPlace, ...]


@dataclass(frozen=True)
class StandingRow:
    """What stands in one governorate, or in all, and what it costs."""

    name: Name | None
    boxes: int
    vehicles: int
    officers: int | None
    cost_usd: float
    known: bool
    """Whether the people of any place are known; if not, there is nobody to share."""
    per_box: float | None
    per_vehicle: float | None
    per_officer: float | None


@dataclass(frozen=True)
class LayerRow:
    """One column of people, such as residents or displaced."""

    layer: str
    """The column; ``people`` is those of the rest of the report."""
    unknown: int
    """Places whose number is not known."""
    covers: tuple[Cover, ...] | None
    """One a threshold; None where no number is known."""


@dataclass(frozen=True)
class LayerTable:
    """Columns of people side by side, never added up."""

    thresholds: tuple[float, ...]
    rows: tuple[LayerRow, ...]
    minutes: float
    """The threshold of the rows by governorate."""
    areas: tuple[tuple[Name | None, tuple[Cover | None, ...]], ...]
    """A row a governorate and the total, a cover a layer; None where no number is known."""


@dataclass(frozen=True)
class DemandRow:
    """One other demand, such as kilometres of pipelines."""

    layer: str
    unit: str
    digits: int
    """Decimals to show."""
    total: float
    covers: tuple[Cover | None, ...]
    """One a threshold; None where the table does not say it."""


@dataclass(frozen=True)
class DemandTable:
    """Other demand in all, several thresholds side by side."""

    thresholds: tuple[float, ...]
    rows: tuple[DemandRow, ...]


@dataclass(frozen=True)
class MustTable:
    """Places that the planner marked as those that must be reached."""

    thresholds: tuple[float, ...]
    rows: tuple[tuple[Name | None, tuple[Cover, ...]], ...]
    """Governorates that have any, and the total, with a cover a threshold."""
    minutes: float
    """The threshold of those who are named."""
    named: tuple[GapRow, ...]
    """Of those who are left out there the first ones."""
    unnamed: int
    """How many more there are."""


@dataclass(frozen=True)
class Merging:
    """How many rows were searched together, and what it changed."""

    rows: int
    searched: int
    largest_change_minutes: float | None
    """None where it is not known."""


@dataclass(frozen=True)
class Details:
    """All that is said beyond the plan and the gaps. What was not given is None or empty."""

    spots: SpotTable | None = None
    distances: DistanceTable | None = None
    curves: CurveSet | None = None
    fifths: FifthTable | None = None
    worst: tuple[WorstRow, ...] = ()
    standing: tuple[StandingRow, ...] = ()
    layers: LayerTable | None = None
    demand: DemandTable | None = None
    must: MustTable | None = None
    merging: Merging | None = None
