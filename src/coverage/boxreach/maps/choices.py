"""What a map is asked for, looked at before anything is drawn: all that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np

from boxreach.arguments import (
    choice_faults,
    flag_faults,
    is_number,
    kind_of,
    sentence_faults,
    shown,
    table_faults,
)
from boxreach.errors import Fault, FaultCollector, InputError
from boxreach.languages import check_languages
from boxreach.maps.what_if import WhatIf, what_if_faults
from boxreach.redaction import redaction_faults
from boxreach.tables import missing_faults
from boxreach.tiles import read_tiles

DIGITS = ("latn", "arab")
"""Digits that numbers are written in: 0123 or ٠١٢٣."""


def check_choices(
    *,
    tables: Mapping[str, object],
    plans: Mapping[str, object],
    languages: object,
    thresholds: object,
    texts: Mapping[str, object],
    notes: object,
    sources: object,
    digits: object,
    compress: object,
    redact: object,
    tiles: Any,
    what_if: WhatIf,
) -> None:
    """Raise if anything that a map is asked for cannot be had; the error lists all of it."""
    faults = FaultCollector()
    for name, table in tables.items():
        faults.add(table_faults(name, table))
    reach = tables.get("reach")
    if isinstance(reach, gpd.GeoDataFrame):
        faults.add(missing_faults(["minutes"], list(map(str, reach.columns)), file="reach"))
    for name, plan in plans.items():
        faults.add(_plan_faults(name, plan))
    faults.add(what_if_faults(what_if))
    with faults.attempt():
        _check_languages(languages)
    faults.add(_threshold_faults(thresholds))
    for name, text in texts.items():
        faults.add([] if text is None else sentence_faults(name, text))
    for name, several in (("notes", notes), ("sources", sources)):
        faults.add(_list_faults(name, several))
    faults.add(choice_faults("digits", digits, DIGITS))
    faults.add(flag_faults("compress", compress))
    faults.add(redaction_faults(redact))
    with faults.attempt():
        read_tiles(tiles)
    faults.raise_any()


def _plan_faults(name: str, plan: object) -> list[Fault]:
    from boxreach.placement import Proposal  # noqa: PLC0415 - a map of reach needs none

    if plan is None or isinstance(plan, Proposal):
        return []
    advice = "give what propose() or propose_posts() returned"
    return [Fault(f"{name} is {kind_of(plan)}", advice=advice)]


def _check_languages(languages: object) -> None:
    if isinstance(languages, str):
        raise InputError(f"languages is the text {languages!r}; give a list, as in [{languages!r}]")
    if not isinstance(languages, Iterable):
        raise InputError(Fault(f"languages is {shown(languages)}", advice="give a list of codes"))
    check_languages(tuple(languages))


def _threshold_faults(thresholds: object) -> list[Fault]:
    several = isinstance(thresholds, Sequence | np.ndarray) and not isinstance(thresholds, str)
    given = list(thresholds) if several else []  # type: ignore[call-overload]
    if given and all(is_number(one) and 0 < float(one) < np.inf for one in given):
        return []
    return [Fault(f"thresholds is {shown(thresholds)}", advice="give minutes above 0, as (15, 30)")]


def _list_faults(name: str, several: object) -> list[Fault]:
    if isinstance(several, str):
        what = f"{name} is the text {shown(several)}"
        return [Fault(what, advice="give a list, even of one")]
    if not isinstance(several, Sequence):
        return [Fault(f"{name} is {shown(several)}", advice="give a list")]
    if name == "notes":
        return [
            fault
            for at, one in enumerate(several)
            for fault in sentence_faults(f"notes[{at}]", one)
        ]
    return []
