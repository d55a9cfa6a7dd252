"""What a run assumed, in words: its main parameters with their values, defaults included."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from boxreach.report.formatting import mark_code, mark_figure
from boxreach.report.model import Record
from boxreach.report.wording import Wording

_CHOICES = {
    "reach.direction": "assumed_direction",
    "network.rivers_block": "assumed_rivers",
    "network.node_crossings": "assumed_crossings",
    "speeds.season": "assumed_season",
    "speeds.night": "assumed_night",
    "people.count_on": "assumed_people",
    "propose.must_reach": "assumed_must",
    "propose.priority": "assumed_priority",
}
"""Parameters that are one of a few values; the value ends the key of what is said."""

_NUMBERS = {
    "network.off_road_km": "assumed_off_road_km",
    "network.off_road_kmh": "assumed_off_road_kmh",
    "network.bridge_m": "assumed_bridge_m",
    "reach.mobilise_minutes": "assumed_mobilise",
    "propose.spacing_km": "assumed_spacing",
    "propose.apart_km": "assumed_apart",
    "posts.each": "assumed_each",
    "posts.support_minutes": "assumed_support",
}
"""Parameters that are a number, which is put into what is said."""

_UNSAID_AT_0 = frozenset({"network.bridge_m", "propose.apart_km"})
"""Numbers that at 0 ask for nothing."""

_LISTS = {"network.speeds_kmh": "assumed_speeds", "network.off_road_class_kmh": "assumed_ground"}
"""Parameters that are a number for each of several names."""

Given = dict[str, Any]


def list_assumptions(record: Record, wording: Wording) -> tuple[Markup, ...]:
    """Return a sentence for each parameter of a run that its figures rest on most.

    The table of all parameters stays in the record; what a run did not tell is not said.

    Parameters
    ----------
    record
        How the run was made.
    wording
        The reader.

    Examples
    --------
    >>> record = Record(parameters=(("speeds.night", "true"), ("propose.apart_km", "null")))
    >>> list_assumptions(record, Wording("en"))
    (Markup('Speeds are those of the night.'),)
    """
    given = {key: _read(value) for key, value in record.parameters}
    day = _day(given, wording)
    kinds: tuple[Callable[[Given, Wording], list[Markup]], ...] = (_choices, _numbers, _lists)
    return (*day, *(line for kind in kinds for line in kind(given, wording)))


def _read(value: str) -> Any:
    """Return a value from its JSON; of one that is none, None."""
    try:
        return json.loads(value)
    except ValueError:
        return None


def _day(given: Given, wording: Wording) -> list[Markup]:
    """Say for which day it was planned, and how many roads are closed then."""
    if "network.on" not in given:
        return []
    day = given["network.on"]
    said = (
        wording.mark("assumed_day", day=mark_code(day)) if day else wording.mark("assumed_no_day")
    )
    known = [given.get(f"network.closures_{one}") for one in ("given", "in_force")]
    if any(not _is_number(one) for one in known):
        return [said]
    all_given, in_force = (mark_figure(f"{one:,}", wording) for one in known)
    return [said, wording.mark("assumed_closures", given=all_given, in_force=in_force)]


def _choices(given: Given, wording: Wording) -> list[Markup]:
    said = [f"{key}_{str(given.get(one)).lower()}" for one, key in _CHOICES.items()]
    return [wording.mark(key) for key in said if key in wording.words]


def _numbers(given: Given, wording: Wording) -> list[Markup]:
    return [
        wording.mark(key, value=mark_figure(f"{given[one]:,.10g}", wording), count=given[one])
        for one, key in _NUMBERS.items()
        if _is_number(given.get(one)) and (given[one] or one not in _UNSAID_AT_0)
    ]


def _lists(given: Given, wording: Wording) -> list[Markup]:
    lines = []
    comma = Markup("{} ").format(wording.words["comma"])
    for one, key in _LISTS.items():
        values = given.get(one)
        if isinstance(values, dict) and values and all(map(_is_number, values.values())):
            parts = [
                Markup("{} {}").format(mark_code(name), mark_figure(f"{value:,.10g}", wording))
                for name, value in values.items()
            ]
            lines.append(wording.mark(key, values=comma.join(parts)))
    return lines


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
