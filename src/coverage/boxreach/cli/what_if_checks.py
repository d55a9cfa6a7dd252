"""What scenarios of a plan ask of its tables, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator

from boxreach.cli.plan import Plan
from boxreach.cli.plan_file import Place
from boxreach.cli.plan_tables import Tables
from boxreach.cli.plan_what_if import BRIDGES, ScenarioValues
from boxreach.columns import find_bridges
from boxreach.errors import Fault
from boxreach.scenarios.differences import unit_faults
from boxreach.scenarios.scenario import BASE, LIFT_ALL
from boxreach.tables import suggest

_NOT_IN_CASES = ("boxes", "communities", "minutes")
"""What a scenario may change and a case of a plan may not."""


def what_if_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return every fault of what a plan asks besides, as far as its tables show it.

    Parameters
    ----------
    plan, tables
        The plan, and its tables as they were read.
    """
    if not plan.asks_what_if():
        what = "it asks nothing besides"
        advice = "add [[scenario]], [critical] or [robustness]"
        return [plan.fault(what, ("scenario",), advice)]
    faults = [
        fault
        for number, values in enumerate(plan.scenario)
        for fault in _scenario_faults(plan, tables, number, values)
    ]
    if plan.critical is not None and plan.critical.roads == BRIDGES and not _tells_bridges(tables):
        what = "the roads do not say which of them are bridges"
        advice = 'give them a column bridge, or write roads = "FILE" with the bridges in it'
        faults.append(plan.fault(what, ("critical", "roads"), advice))
    if plan.robustness is not None:
        for name in plan.robustness.populations:
            faults += _people_faults(plan, tables, name, ("robustness", "populations"))
    return faults


def case_faults(plan: Plan) -> list[Fault]:
    """Return every fault of the scenarios that a plan is to hold in.

    Parameters
    ----------
    plan
        The plan, whose scenarios have names of their own.
    """
    known = {one.name: one for one in plan.scenario}
    faults = []
    for at, name in enumerate(plan.propose.cases):
        place = ("propose", "cases", at)
        if name != BASE and name not in known:
            advice = suggest(name, [BASE, *known])
            faults.append(plan.fault(f"there is no scenario {name!r}", place, advice))
            continue
        for key in _NOT_IN_CASES if name in known else ():
            if getattr(known[name], key) is not None:
                what = f"the case {name!r} has {key} of its own"
                advice = f"name a scenario without {key}, or {BASE!r} for none"
                faults.append(plan.fault(what, place, advice))
    cases = plan.propose.cases
    if cases and not any(name not in known or known[name].probability > 0 for name in cases):
        advice = "give one of their scenarios a probability above 0"
        faults.append(plan.fault("no case is likely", ("propose", "cases"), advice))
    return faults


def _tells_bridges(tables: Tables) -> bool:
    return "bridge" in tables.roads and bool(find_bridges(tables.roads["bridge"]).any())


def _scenario_faults(
    plan: Plan, tables: Tables, number: int, values: ScenarioValues
) -> Iterator[Fault]:
    place: Place = ("scenario", number)
    yield from _box_faults(plan, tables, number, values)
    closures = [] if tables.closures is None else [*tables.closures.index.astype(str)]
    for at, one in enumerate(values.lift):
        if one not in closures and not (closures and values.lift == [LIFT_ALL]):
            advice = suggest(one, closures) if closures else "give inputs.closures, or leave it out"
            yield plan.fault(f"there is no closure {one!r} to lift", (*place, "lift", at), advice)
    if values.communities is not None and plan.counts_on() == "cells":
        what = "a scenario has other communities, and people are counted on cells"
        advice = 'leave it out, or write count_on = "communities" in [people]'
        yield plan.fault(what, (*place, "communities"), advice)
    elif values.people is not None and values.communities is None:
        yield from _people_faults(plan, tables, values.people, (*place, "people"))


def _box_faults(plan: Plan, tables: Tables, number: int, values: ScenarioValues) -> Iterator[Fault]:
    """Yield the faults of boxes to lose that there are not, and of new ones that stand already."""
    place, known = ("scenario", number), [*tables.boxes.index.astype(str)]
    for at, one in enumerate(values.lost):
        if one not in known:
            advice = suggest(one, known)
            yield plan.fault(f"there is no box {one!r} to lose", (*place, "lost", at), advice)
    more = tables.scenarios[number].boxes
    for one in [] if more is None else more.index.astype(str):
        if one in known and one not in values.lost:
            advice = "give it another id, or name it in lost too, if it moves"
            yield plan.fault(f"a box {one!r} stands already", (*place, "boxes"), advice)


def _people_faults(plan: Plan, tables: Tables, column: str, place: Place) -> Iterator[Fault]:
    """Yield the faults of a column of people where these are counted."""
    counted = tables.people if plan.counts_on() == "cells" else tables.communities
    for fault in unit_faults(counted, column, "communities"):
        yield plan.fault(f"{fault.what} ({column})", place, fault.advice)
