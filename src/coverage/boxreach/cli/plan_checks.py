"""What a plan asks of its tables, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from boxreach.box_types import types_of
from boxreach.cli.plan import Plan
from boxreach.cli.plan_file import Place
from boxreach.cli.plan_section import NotKnownError
from boxreach.cli.plan_tables import LEVELS, Stage, Tables
from boxreach.cli.post_checks import POST_CHECKS
from boxreach.cli.what_if_checks import WHAT_IF_CHECKS, case_faults
from boxreach.errors import Fault, InputError
from boxreach.extents import Bounds, lie_apart, meets_swapped
from boxreach.sources.tabular import rows_in_file
from boxreach.speeds import assign_ground
from boxreach.suggestions import suggest
from boxreach.tables import NAMES, TOTAL

Check: TypeAlias = Callable[[Plan, Tables], Iterable[Fault]]
"""Returns the faults of one thing that a plan asks of its tables."""

_LIMITS = {"at_least", "at_most"}
_NAMES = ("governorate", *NAMES)


def plan_faults(plan: Plan, tables: Tables, stages: Sequence[Stage]) -> list[Fault]:
    """Return every fault of a plan that only its tables show, as far as the stages meet it.

    A check that needs what is faulty itself, in the plan or in its tables, is left out: its fault
    would only be of the other fault.
    """
    checks: list[Check] = [
        _apart_faults,
        _total_faults,
        _ground_faults,
        _people_faults,
        _type_faults,
    ]
    checks += [_longest_faults]
    if "propose" in stages:
        checks += [_candidate_faults, _quota_faults, _priority_faults, _move_faults, case_faults]
        checks += [_box_phase_faults, _box_count_faults, _box_minutes_faults]
    if "posts" in stages:
        checks += [_post_phase_faults, _post_minutes_faults, *POST_CHECKS]
    if "what_if" in stages:
        checks += [*WHAT_IF_CHECKS, _scenario_minutes_faults]
    faults: list[Fault] = []
    for check in checks:
        with suppress(NotKnownError):
            faults += check(plan, tables)
    return faults


def _apart_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault for each layer that lies far from all roads, and would act on nothing."""
    given, faults = plan.inputs.given(), []
    roads = tuple(tables.roads.total_bounds)
    for name in ("areas", "rivers", "ground", "speed_zones"):
        with suppress(NotKnownError):
            layer = getattr(tables, name)
            if layer is None or layer.empty:
                continue
            there = tuple(layer.total_bounds)
            if not lie_apart(roads, there) or meets_swapped(roads, there):  # which is told as that
                continue
            what = (
                f"it lies at {_say(there)}, far from all roads of"
                f" {Path(given['roads'].file).name} ({_say(roads)})"
            )
            advice = "give both of the same country, each in the reference system it says"
            faults.append(Fault(what, Path(given[name].file).name, advice=advice))
    return faults


def _say(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"{west:.1f} to {east:.1f} E, {south:.1f} to {north:.1f} N"


def _total_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault for each level of areas of which one is called as the sum of all is."""
    counted = {"boxes": tables.boxes, "communities": tables.communities}
    counted |= {f"demand.{name}": table for name, table in (tables.demand or {}).items()}
    if tables.cells is not None:
        counted["population"] = tables.cells
    found = []
    for level, column in LEVELS.items():
        layer = getattr(tables, level)
        if layer is not None:  # it has the names of all rows then
            found += [level] if TOTAL in {*layer["name"], *layer.index} else []
        else:
            found += [
                name
                for name, table in counted.items()
                if table is not None and column in table and (table[column] == TOTAL).any()
            ]
    what = f"an area is called {TOTAL!r}, which is kept for the total"
    given = plan.inputs.given()
    return [Fault(what, Path(given[name].file).name, advice="rename it") for name in found]


def _people_faults(plan: Plan, _tables: Tables) -> list[Fault]:
    """Return a fault if people are to be counted where there are none, or where others are."""
    place = ("people", "count_on")
    if plan.people.count_on == "cells" and plan.inputs.population is None:
        what = "people are counted on cells, and there are none"
        return [plan.fault(what, place, "give inputs.population, or count on communities")]
    if (
        plan.people.count_on == "communities"
        and plan.inputs.population is not None
        and plan.inputs.communities.total
    ):
        what = "people come from inputs.population, and from the sum of inputs.communities.total"
        return [plan.fault(what, place, "leave one of the two out")]
    return []


def _type_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault for each box of a type that the plan does not describe."""
    source = plan.inputs.boxes
    path = plan.path(source)
    try:
        types_of(tables.boxes, plan.types_of_boxes(), file=path.name)
    except InputError as error:
        ids = tables.boxes.index
        advice = "" if plan.box_types else "describe the types of boxes in [[box_types]]"
        said = [
            replace(
                one,
                what=f"{one.what}, of which {ids[(one.row or 1) - 1]!r} is",
                advice=advice or one.advice,
            )
            for one in error.faults
        ]
        return rows_in_file(said, path, source.layer)
    return []


def _ground_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault for each area of ground of which no speed is known."""
    source = plan.inputs.ground
    if tables.ground is None or source is None:
        return []
    try:
        assign_ground(tables.ground, {}, file=Path(source.file).name)
    except InputError as error:
        return rows_in_file(error.faults, plan.path(source), source.layer)
    return []


def _longest_faults(plan: Plan, _tables: Tables) -> list[Fault]:
    longest = max(*plan.reach.minutes, plan.propose.minutes)
    return _mobilise_faults(plan, ("reach", "minutes"), longest)


def _box_minutes_faults(plan: Plan, _tables: Tables) -> list[Fault]:
    return _mobilise_faults(plan, ("propose", "minutes"), plan.propose.minutes)


def _post_minutes_faults(plan: Plan, tables: Tables) -> list[Fault]:
    if tables.line is None:
        return []
    return _mobilise_faults(plan, ("posts", "minutes"), plan.posts.minutes)


def _scenario_minutes_faults(plan: Plan, _tables: Tables) -> Iterator[Fault]:
    for number, values in enumerate(plan.scenario):
        if values.minutes is not None:
            yield from _mobilise_faults(plan, ("scenario", number, "minutes"), values.minutes)


def _mobilise_faults(plan: Plan, place: Place, minutes: float) -> list[Fault]:
    mobilise = plan.reach.mobilise_minutes
    if mobilise < minutes:
        return []
    key = ".".join(one for one in place if isinstance(one, str))
    what = f"boxes mobilise in {mobilise:g} minutes, and {key} are {minutes:g}"
    return [plan.fault(what, place, "give more than reach.mobilise_minutes")]


def _candidate_faults(plan: Plan, _tables: Tables) -> list[Fault]:
    """Return a fault for each kind of candidate, and what keeps some out, that lacks its input."""
    rules, inputs = plan.propose, plan.inputs
    kinds, exclude = rules.kinds(inputs), rules.exclusions()
    laid = {"junctions", "roads", "grid"}.intersection(kinds)
    spaced = rules.spacing_km is not None
    needs = [
        (("candidates",), "stations" in kinds, inputs.stations, "inputs.stations"),
        (("candidates",), "points" in kinds, inputs.points, "inputs.points"),
        (("candidates",), bool(laid - {"junctions"}), rules.spacing_km,
         "propose.spacing_km"),
        (("exclude", "slope_deg"), exclude.slope_deg is not None, inputs.terrain, "inputs.terrain"),
        (("exclude", "water_m"), exclude.water_m is not None, inputs.rivers, "inputs.rivers"),
        (("exclude", "outside_areas"), exclude.outside_areas, inputs.areas, "inputs.areas"),
    ]  # fmt: skip
    faults = [
        plan.fault(f"it needs {name}", ("propose", *place), f"give {name}, or leave it out")
        for place, asked, given, name in needs
        if asked and given is None
    ]
    if spaced and not laid:
        what = "no candidates of the plan lie that far apart"
        advice = 'add "junctions", "roads" or "grid" to candidates, or leave it out'
        faults.append(plan.fault(what, ("propose", "spacing_km"), advice))
    return faults


def _count_places(plan: Plan, tables: Tables) -> tuple[int | None, str]:
    """Return how many candidates there are at most and what they are; None if many more."""
    kinds = plan.propose.kinds(plan.inputs)
    if {"junctions", "roads", "grid"}.intersection(kinds):
        return None, ""
    free = sum(f"at-{one}" not in tables.boxes.index for one in tables.communities.index)
    counts = {"communities": free} | {
        name: len(table)
        for name in ("stations", "points")
        if (table := getattr(tables, name)) is not None
    }
    called = " and ".join(kinds)
    return sum(counts.get(kind, 0) for kind in kinds), f"{called} to stand at"


def _box_count_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault if more boxes are asked for than there are places to stand at."""
    asked, (places, called) = plan.propose.new_boxes() or 0, _count_places(plan, tables)
    if places is None or asked <= places:
        return []
    what = f"{asked} boxes are asked for, and there are {places} {called}"
    return [plan.fault(what, ("propose", "boxes"), f"give {places} or less")]


def _quota_faults(plan: Plan, tables: Tables) -> list[Fault]:
    known = {name: set(tables.communities[name]) for name in _NAMES if name in tables.communities}
    if tables.areas is not None:
        known["governorate"] = set(tables.areas["name"])
    faults = []
    for number, quota in enumerate(plan.propose.quotas):
        place = ("propose", "quotas", number)
        column, value = next((key, str(one)) for key, one in quota.items() if key not in _LIMITS)
        if column not in known or column not in tables.boxes:
            what = f"a quota counts by {column}, which not all sites have"
            faults.append(plan.fault(what, place, "add inputs.areas, and count by governorate"))
        elif value not in known[column]:
            advice = suggest(value, sorted(known[column] - {""}))
            faults.append(plan.fault(f"there is no {column} {value!r}", place, advice))
    return faults


def _priority_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault if those who come first are asked for, and nothing says who they are."""
    # Cells are counted at the communities only later.
    counted = tables.people if plan.counts_on() == "cells" else tables.communities
    if not plan.propose.priority or "priority" in counted:
        return []
    what = "no priority is known of that on which people are counted"
    advice = "give communities a column priority, and count people on them; or leave it out"
    return [plan.fault(what, ("propose", "priority"), advice)]


def _move_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault if more boxes may move than stand."""
    moves, standing = plan.propose.relocation, len(tables.boxes)
    if moves is None or moves.at_most <= standing:
        return []
    what = f"{moves.at_most} boxes may move, and {standing} stand"
    place = ("propose", "relocation", "at_most")
    return [plan.fault(what, place, f"give {standing} or less")]


def _box_phase_faults(plan: Plan, tables: Tables) -> list[Fault]:
    new = plan.propose.new_boxes()
    placed = 0 if new is None else new - plan.propose.reserve
    return _phase_faults(plan, "propose", "boxes", len(tables.boxes), placed)


def _post_phase_faults(plan: Plan, tables: Tables) -> list[Fault]:
    if tables.line is None:
        return []
    standing = 0 if tables.posts is None else len(tables.posts)
    return _phase_faults(plan, "posts", "posts", standing, plan.posts.new_posts() or 0)


def _phase_faults(plan: Plan, section: str, key: str, standing: int, new: int) -> list[Fault]:
    phases = getattr(plan, section).phases
    if phases is None or phases[-1] == standing + new:
        return []
    what = f"phases are {phases}, but {standing} {key} stand and {new} are to come"
    advice = f"give rising totals of all {key} that end with {standing + new}"
    return [plan.fault(what, (section, "phases"), advice)]


def swap_faults(extents: Mapping[str, Bounds]) -> list[Fault]:
    """Return a fault if a layer lies apart from others and would meet them with lon as lat.

    Parameters
    ----------
    extents
        The bounds of each layer by the name of its file.

    Examples
    --------
    >>> [fault] = swap_faults({"a.gpkg": (44, 33, 45, 34), "b.gpkg": (33.2, 44.1, 33.3, 44.9)})
    >>> print(fault)
    a.gpkg: it meets b.gpkg only with longitude and latitude swapped; mend the one that is wrong
    """
    against = {
        file: [other for other, there in extents.items() if meets_swapped(here, there)]
        for file, here in extents.items()
    }
    file = max(against, key=lambda name: len(against[name]), default="")
    if not against.get(file):
        return []
    what = f"it meets {' and '.join(against[file])} only with longitude and latitude swapped"
    return [Fault(what, file, advice="mend the one that is wrong")]
