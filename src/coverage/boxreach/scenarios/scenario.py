"""`Scenario`: what changes against the base, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenario:
    """What is another way than in the base; all that is not said stays.

    Attributes
    ----------
    name
        What it is called; names of scenarios that are compared differ.
    closures
        Closures besides those of the base (see `boxreach.read_closures`).
    lift
        Ids of closures of the base that are lifted; ``"all"`` lifts every one.
    condition
        The name of a set of speed factors and closures: ``"night"``, ``"rain"``, ``"curfew"``
        (see `CONDITIONS`).
    speed_factor
        The share of the usual speed by road class, ``"all"`` for those that are not named, and
        ``"off_road"`` over open ground. It multiplies what the condition says.
    lost
        Ids of boxes that are not there.
    boxes
        Further boxes: points with ids of their own in the index.
    demand
        Another table of demand in place of the base's: other people, or other places.
    people
        Another column of the demand that holds its people.
    minutes
        Another threshold.
    """

    name: str
    closures: gpd.GeoDataFrame | None = None
    lift: Sequence[str] = ()
    condition: str | None = None
    speed_factor: Mapping[str, float] = field(default_factory=dict)
    lost: Sequence[str] = ()
    boxes: gpd.GeoDataFrame | None = None
    demand: gpd.GeoDataFrame | None = None
    people: str | None = None
    minutes: float | None = None
