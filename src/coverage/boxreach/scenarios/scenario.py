"""`Scenario`: what changes against the base, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

import geopandas as gpd

from boxreach.arguments import (
    id_faults,
    is_number,
    number_faults,
    range_faults,
    shown,
    table_faults,
)
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.scenarios.conditions import ALL, CONDITIONS, OFF_ROAD
from boxreach.speeds import SPEED_KMH
from boxreach.suggestions import suggest
from boxreach.tables import CLOSURES, point_faults, require_table

LIFT_ALL = "all"
"""In place of ids of closures: every one is lifted."""

BASE = "base"
"""What the state against which scenarios are held is called."""

_TOLD = 20
"""So many rows of a table are named where it is said what a scenario changes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenario:
    """What is another way than in the base; all that is not said stays.

    Attributes
    ----------
    name
        What it is called; names of scenarios that are compared differ, and none is ``"base"``.
    closures
        Closures besides those of the base (see `boxreach.read_closures`).
    lift
        Ids of closures of the base that are lifted; ``"all"`` lifts every one.
    condition
        The name of a set of speed factors and closures: ``"night"``, ``"rain"``, ``"snow"``,
        ``"night-rain"`` or ``"curfew"`` (see `CONDITIONS`).
    speed_factor
        The share of the usual speed by road class, ``"all"`` for those that are not named, and
        ``"off_road"`` over open ground; above 0, at most 1. Links are of the class of their road.
        It multiplies what the condition says.
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

    Raises
    ------
    InputError
        With all that is wrong, at once. What only the base shows, such as ids of boxes that it
        does not have, `compare` tells.

    Examples
    --------
    >>> Scenario(name="rain at night", speed_factor={"track": 0.4, "all": 0.8}).changes()
    {'speed_factor': 'track 0.4, all 0.8'}
    >>> Scenario(name="", speed_factor={"motorwey": 2}, minutes=0)
    Traceback (most recent call last):
    boxreach.errors.InputError: 4 faults:
      the name of a scenario is ''; give a text that says something
      scenario '': speed_factor names 'motorwey', which is no road class; did you mean motorway?
      scenario '': speed_factor of motorwey is 2; give a number from 0.01 to 1
      scenario '': minutes is 0; give minutes above 0, up to 1440
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

    def __post_init__(self) -> None:
        """Refuse what cannot be, all of it at once."""
        faults = []
        if not isinstance(self.name, str) or not self.name.strip():
            advice = "give a text that says something"
            faults.append(Fault(f"the name of a scenario is {shown(self.name)}", advice=advice))
        elif self.name == BASE:
            advice = "give another name"
            faults.append(Fault(f"a scenario is called {BASE!r}, as the base is", advice=advice))
        faults += [fault_of(self.name, one) for one in self._faults()]
        if faults:
            raise InputError(*faults)
        self._keep("speed_factor", dict(self.speed_factor))
        self._keep("lost", tuple(map(str, self.lost)))
        if not lifts_all(self.lift):
            self._keep("lift", tuple(map(str, self.lift)))

    def _keep(self, name: str, value: object) -> None:
        """Keep a copy of what may be changed where it was given."""
        object.__setattr__(self, name, value)

    def _faults(self) -> Iterator[Fault]:
        for name in ("closures", "boxes", "demand"):
            yield from table_faults(name, getattr(self, name))
        if isinstance(self.closures, gpd.GeoDataFrame):
            yield from closure_faults(self.closures, file="closures")
        for name, shapes in (("boxes", ("Point",)), ("demand", ("Point", "LineString"))):
            if isinstance(table := getattr(self, name), gpd.GeoDataFrame):
                yield from _place_faults(name, table, shapes)
        if not lifts_all(self.lift):
            yield from id_faults("lift", self.lift, 'ids of closures, or "all"')
        yield from id_faults("lost", self.lost, "ids of boxes")
        yield from _factor_faults(self.speed_factor)
        if self.people is not None and (not isinstance(self.people, str) or not self.people):
            yield Fault(f"people is {shown(self.people)}", advice="give the name of a column")
        if self.minutes is not None:
            advice = "give minutes above 0, up to 1440"
            yield from number_faults("minutes", self.minutes, lambda one: 0 < one <= 1440, advice)
        known = isinstance(self.condition, str) and self.condition in CONDITIONS
        if self.condition is not None and not known:
            advice = suggest(str(self.condition), list(CONDITIONS))
            yield Fault(f"condition is {shown(self.condition)}", advice=advice)

    def changes(self) -> dict[str, str]:
        """Return what it changes by the name of the field, in the words of the data.

        Returns
        -------
        dict of str to str
            What is said of each field that changes something; empty if none does.
        """
        said = {one.name: _told(getattr(self, one.name)) for one in fields(self)[1:]}
        return {name: text for name, text in said.items() if text}


def fault_of(scenario: object, fault: Fault) -> Fault:
    """Return a fault with the scenario that it is in."""
    where = f"scenario {shown(scenario)}"
    file = f"{where}, {fault.file}" if fault.file else where
    return Fault(fault.what, file, fault.row, fault.column, fault.advice)


def closure_faults(closures: gpd.GeoDataFrame, *, file: str) -> list[Fault]:
    """Return every fault of a table of what closes roads, or may close them."""
    try:
        require_table(to_wgs84(closures, file=file), CLOSURES, file=file)
    except InputError as error:
        return list(error.faults)
    return []


def _place_faults(name: str, table: gpd.GeoDataFrame, shapes: tuple[str, ...]) -> Iterator[Fault]:
    try:
        yield from point_faults(to_wgs84(table, file=name), file=name, shapes=shapes)
    except InputError as error:
        yield from error.faults


def lifts_all(lift: object) -> bool:
    """Tell whether it is what lifts every closure of the base."""
    return isinstance(lift, str) and lift == LIFT_ALL


def _factor_faults(given: object) -> Iterator[Fault]:
    if not isinstance(given, Mapping):
        advice = 'give shares by road class, as in {"track": 0.5, "all": 0.8}'
        yield Fault(f"speed_factor is {shown(given)}", advice=advice)
        return
    known = [ALL, OFF_ROAD, *SPEED_KMH]
    for name, share in given.items():
        if name not in known:
            what = f"speed_factor names {shown(name)}, which is no road class"
            yield Fault(what, advice=suggest(str(name), known))
        yield from range_faults(f"speed_factor of {name}", share, 0.01, 1)


def _told(value: object) -> str:
    """Return what a field says: ids, names and numbers; of tables the ids of their rows."""
    if isinstance(value, gpd.GeoDataFrame):
        more = ["…"] if len(value) > _TOLD else []
        return ", ".join([*map(str, value.index[:_TOLD]), *more])
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {share:g}" for name, share in value.items())
    if is_number(value):
        return f"{value:g}"
    if value is None or isinstance(value, str):
        return value or ""
    return ", ".join(map(str, value))  # type: ignore[call-overload]
