"""What a report is asked for, looked at before anything is prepared: all that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boxreach.arguments import choice_faults, flag_faults, kind_of, sentence_faults, table_faults
from boxreach.errors import Fault, FaultCollector
from boxreach.redaction import redaction_faults
from boxreach.report.pack import DIGITS, format_faults, language_faults


def check_choices(
    *,
    folder: object,
    reach: object,
    places: Mapping[str, object],
    tables: Mapping[str, object],
    plans: Mapping[str, object],
    times: object,
    formats: object,
    languages: object,
    texts: Mapping[str, object],
    digits: object,
    redact: object,
    sheets: object,
) -> None:
    """Raise if anything that a report is asked for cannot be had; the error lists all of it."""
    faults = FaultCollector()
    if not isinstance(folder, str | Path) or not str(folder):
        faults.add([Fault(f"folder is {kind_of(folder)}", advice="give the path of a folder")])
    if reach is None:
        faults.add([Fault("reach is None", advice="give what reach() returned")])
    for name, table in {"reach": reach, **places}.items():
        faults.add(table_faults(name, table))
    for name, table in tables.items():
        faults.add(table_faults(name, table, places=False))
    for name, plan in plans.items():
        faults.add(_plan_faults(name, plan))
    faults.add(_times_faults(times))
    faults.add(format_faults(formats))
    faults.add(language_faults(languages))
    for name, text in texts.items():
        faults.add([] if text is None else sentence_faults(name, text))
    faults.add(choice_faults("digits", digits, DIGITS))
    faults.add(redaction_faults(redact))
    faults.add(flag_faults("sheets", sheets))
    faults.raise_any()


def _plan_faults(name: str, plan: object) -> list[Fault]:
    from boxreach.placement import Proposal  # noqa: PLC0415 - a report of reach needs none

    advice = "give what propose() or propose_posts() returned"
    return _kind_faults(name, plan, Proposal, advice)


def _times_faults(times: object) -> list[Fault]:
    from boxreach.routing import TravelTimes  # noqa: PLC0415 - a report without sheets needs none

    return _kind_faults("times", times, TravelTimes, "give what travel_times() returned")


def _kind_faults(name: str, value: object, kind: type[Any], advice: str) -> list[Fault]:
    if value is None or isinstance(value, kind):
        return []
    return [Fault(f"{name} is {kind_of(value)}", advice=advice)]
