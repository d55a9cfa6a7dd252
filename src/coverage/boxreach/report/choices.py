"""What a report is asked for, looked at before anything is prepared: all that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from numbers import Integral
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.arguments import (
    choice_faults,
    flag_faults,
    kind_of,
    sentence_faults,
    shown,
    table_faults,
)
from boxreach.errors import Fault, FaultCollector
from boxreach.redaction import redaction_faults
from boxreach.report.alternatives import Alternatives
from boxreach.report.pack import DIGITS, format_faults, language_faults
from boxreach.report.preparation import Extras
from boxreach.tables import missing_faults

_OF_REACH = ["threshold_minutes", "covered", "people", "minutes", "reason"]
_GIVE_REACH = "give what reach() returned"
_OF_RUN = {
    "libraries": Mapping,
    "parameters": Mapping,
    "inputs": list | tuple,
    "warnings": list | tuple,
    "labels": list | tuple,
}
"""Of what kind the values of a run are that are not texts."""
_OF_EXTRAS = ("curves", "worst", "quintiles", "demand", "curve")
"""Those of the further tables that have no places."""
_OF_ROUNDS = ("comparison", "steps", "plan")


def check_choices(
    *,
    folder: object,
    reach: object,
    run: object,
    places: Mapping[str, object],
    tables: Mapping[str, object],
    extras: Extras,
    plans: Mapping[str, object],
    alternatives: Alternatives,
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
        faults.add([Fault("reach is None", advice=_GIVE_REACH)])
    for name, table in {"reach": reach, **places, "clusters": extras.clusters}.items():
        faults.add(table_faults(name, table))
    faults.add(_reach_faults(reach))
    faults.add(_run_faults(run))
    others = {name: getattr(extras, name) for name in _OF_EXTRAS}
    for name, table in {**tables, **others}.items():
        faults.add(table_faults(name, table, places=False))
    for name, plan in plans.items():
        faults.add(_plan_faults(name, plan))
    faults.add(_alternative_faults(alternatives))
    faults.add(_times_faults(times))
    faults.add(format_faults(formats))
    faults.add(language_faults(languages))
    for name, text in texts.items():
        faults.add([] if text is None else sentence_faults(name, text))
    faults.add(choice_faults("digits", digits, DIGITS))
    faults.add(redaction_faults(redact))
    faults.add(flag_faults("sheets", sheets))
    faults.raise_any()


def _reach_faults(reach: object) -> list[Fault]:
    """Return why a table of communities cannot be reported, as far as its rows tell."""
    if not isinstance(reach, gpd.GeoDataFrame):
        return []
    faults = missing_faults(_OF_REACH, list(map(str, reach.columns)), file="reach")
    if faults:
        return faults
    keys = pd.DataFrame({"minutes": reach["threshold_minutes"].to_numpy()})
    keys["id"] = pd.Series(list(map(str, reach.index)), dtype=object)
    if keys.duplicated().any():
        name = keys.loc[keys.duplicated(), "id"].iloc[0]
        what = f"the community {shown(name)} is there twice at one threshold"
        faults.append(Fault(what, "reach", advice="give each community its own id"))
    people = pd.to_numeric(reach["people"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = reach["people"].notna().to_numpy() & ~(np.isfinite(people) & (people >= 0))
    if wrong.any():
        what = f"{shown(reach['people'].iloc[int(wrong.argmax())])} is no number of people"
        advice = "give numbers from 0, blank where it is not known"
        faults.append(Fault(what, "reach", column="people", advice=advice))
    return faults


def _run_faults(run: object) -> list[Fault]:
    """Return what of a run is not of its kind."""
    if run is None:
        return []
    if not isinstance(run, Mapping):
        return [Fault(f"run is {kind_of(run)}", advice="give what run.json holds")]
    faults = [
        Fault(f"{name} is {kind_of(run[name])}", "run", advice="give it as run.json has it")
        for name, kind in _OF_RUN.items()
        if name in run and not isinstance(run[name], kind)
    ]
    if not faults:
        for one in run.get("inputs", ()):
            rows = one.get("rows") if isinstance(one, Mapping) else None
            if not isinstance(one, Mapping) or not (rows is None or isinstance(rows, Integral)):
                what = f"a source is {kind_of(one)}, its rows {shown(rows)}"
                faults.append(Fault(what, "run", advice="give it as run.json has it"))
        for label in run.get("labels", ()):
            faults += sentence_faults("a label of the run", label)
    return faults


def _plan_faults(name: str, plan: object) -> list[Fault]:
    from boxreach.placement import Proposal  # noqa: PLC0415 - a report of reach needs none

    advice = "give what propose() or propose_posts() returned"
    return _kind_faults(name, plan, Proposal, advice)


def _times_faults(times: object) -> list[Fault]:
    from boxreach.routing import TravelTimes  # noqa: PLC0415 - a report without sheets needs none

    return _kind_faults("times", times, TravelTimes, "give what travel_times() returned")


def _alternative_faults(given: Alternatives) -> list[Fault]:
    """Return which of what was found of other states is not of its kind."""
    every = {field.name: getattr(given, field.name) for field in fields(given)}
    rounds = every.pop("rounds")
    faults = []
    if rounds is not None and not {*_OF_ROUNDS} <= {*dir(rounds)}:
        advice = "give what compare_rounds() returned"
        faults.append(Fault(f"rounds is {kind_of(rounds)}", advice=advice))
    if all(value is None for value in every.values()):
        return faults
    from boxreach import scenarios  # noqa: PLC0415 - a report of one state needs none

    kinds = {
        "comparison": (scenarios.Comparison, "compare"),
        "criticality": (scenarios.Criticality, "criticality"),
        "opening": (scenarios.Opening, "opening_value"),
        "robustness": (scenarios.Robustness, "robustness"),
    }
    for name, (kind, maker) in kinds.items():
        faults += _kind_faults(name, every[name], kind, f"give what {maker}() returned")
    return faults


def _kind_faults(name: str, value: object, kind: type[Any], advice: str) -> list[Fault]:
    if value is None or isinstance(value, kind):
        return []
    return [Fault(f"{name} is {kind_of(value)}", advice=advice)]
