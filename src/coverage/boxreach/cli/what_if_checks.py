"""What scenarios of a plan ask of its tables, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from boxreach.cli.plan import Plan
from boxreach.cli.plan_file import Place
from boxreach.cli.plan_section import NotKnownError
from boxreach.cli.plan_tables import Tables
from boxreach.cli.plan_what_if import BRIDGES, ScenarioValues
from boxreach.columns import find_bridges
from boxreach.errors import Fault
from boxreach.scenarios.differences import unit_faults
from boxreach.scenarios.scenario import BASE, LIFT_ALL
from boxreach.suggestions import suggest

_NOT_IN_CASES = ("boxes", "communities", "minutes")
"""What a scenario may change and a case of a plan may not."""


def case_faults(plan: Plan, _tables: Tables) -> Iterator[Fault]:
    """Yield every fault of the scenarios that a plan is to hold in.

    Parameters
    ----------
    plan
        The plan, whose scenarios have names of their own.
    """
    known = {one.name: one for one in plan.scenario}
    for at, name in enumerate(plan.propose.cases):
        place = ("propose", "cases", at)
        if name != BASE and name not in known:
            advice = suggest(name, [BASE, *known])
            yield plan.fault(f"there is no scenario {name!r}", place, advice)
            continue
        for key in _NOT_IN_CASES if name in known else ():
            if getattr(known[name], key) is not None:
                what = f"the case {name!r} has {key} of its own"
                advice = f"name a scenario without {key}, or {BASE!r} for none"
                yield plan.fault(what, place, advice)
    cases = plan.propose.cases
    if cases and not any(name not in known or known[name].probability > 0 for name in cases):
        advice = "give one of their scenarios a probability above 0"
        yield plan.fault("no case is likely", ("propose", "cases"), advice)


def _nothing_faults(plan: Plan, _tables: Tables) -> list[Fault]:
    """Return a fault if nothing is asked besides."""
    if plan.asks_what_if():
        return []
    advice = "add [[scenario]], [critical] or [robustness]"
    return [plan.fault("it asks nothing besides", ("scenario",), advice)]


def _bridge_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault if bridges are asked about, and the roads do not tell them."""
    if plan.critical is None or plan.critical.roads != BRIDGES or _tells_bridges(tables):
        return []
    what = "the roads do not say which of them are bridges"
    advice = 'give them a column bridge, or write roads = "FILE" with the bridges in it'
    return [plan.fault(what, ("critical", "roads"), advice)]


def _population_faults(plan: Plan, tables: Tables) -> Iterator[Fault]:
    if plan.robustness is not None:
        for name in plan.robustness.populations:
            yield from _people_faults(plan, tables, name, ("robustness", "populations"))


def _scenario_faults(plan: Plan, tables: Tables) -> list[Fault]:
    faults: list[Fault] = []
    for number, values in enumerate(plan.scenario):
        for check in (_lost_faults, _new_faults, _lift_faults, _count_faults):
            with suppress(NotKnownError):
                faults += check(plan, tables, number, values)
    return faults


def _tells_bridges(tables: Tables) -> bool:
    return "bridge" in tables.roads and bool(find_bridges(tables.roads["bridge"]).any())


def _lift_faults(
    plan: Plan, tables: Tables, number: int, values: ScenarioValues
) -> Iterator[Fault]:
    """Yield the faults of closures to lift that there are not."""
    closures = [] if tables.closures is None else [*tables.closures.index.astype(str)]
    for at, one in enumerate(values.lift):
        if one not in closures and not (closures and values.lift == [LIFT_ALL]):
            advice = suggest(one, closures) if closures else "give inputs.closures, or leave it out"
            place = ("scenario", number, "lift", at)
            yield plan.fault(f"there is no closure {one!r} to lift", place, advice)


def _count_faults(
    plan: Plan, tables: Tables, number: int, values: ScenarioValues
) -> Iterator[Fault]:
    """Yield the faults of people that are counted otherwise."""
    place: Place = ("scenario", number)
    if values.communities is not None and plan.counts_on() == "cells":
        what = "a scenario has other communities, and people are counted on cells"
        advice = 'leave it out, or write count_on = "communities" in [people]'
        yield plan.fault(what, (*place, "communities"), advice)
    elif values.people is not None and values.communities is None:
        yield from _people_faults(plan, tables, values.people, (*place, "people"))


def _lost_faults(
    plan: Plan, tables: Tables, number: int, values: ScenarioValues
) -> Iterator[Fault]:
    """Yield the faults of boxes to lose that there are not."""
    known = [*tables.boxes.index.astype(str)]
    for at, one in enumerate(values.lost):
        if one not in known:
            place = ("scenario", number, "lost", at)
            yield plan.fault(f"there is no box {one!r} to lose", place, suggest(one, known))


def _new_faults(plan: Plan, tables: Tables, number: int, values: ScenarioValues) -> Iterator[Fault]:
    """Yield the faults of new boxes that stand already."""
    known = [*tables.boxes.index.astype(str)]
    more = tables.scenarios[number].boxes
    for one in [] if more is None else more.index.astype(str):
        if one in known and one not in values.lost:
            advice = "give it another id, or name it in lost too, if it moves"
            place = ("scenario", number, "boxes")
            yield plan.fault(f"a box {one!r} stands already", place, advice)


def _people_faults(plan: Plan, tables: Tables, column: str, place: Place) -> Iterator[Fault]:
    """Yield the faults of a column of people where these are counted."""
    counted = tables.people if plan.counts_on() == "cells" else tables.communities
    for fault in unit_faults(counted, column, "communities"):
        yield plan.fault(f"{fault.what} ({column})", place, fault.advice)


WHAT_IF_CHECKS = (_nothing_faults, _scenario_faults, _bridge_faults, _population_faults)
"""Return every fault of what a plan asks besides, as far as its tables show it."""
