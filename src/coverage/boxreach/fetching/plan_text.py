"""The text of a plan for what was fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from boxreach.sources.downloads.countries import Country
from boxreach.text import show_controls

_FIRST_BOXES = 50

_HEAD = """\
# {name}, from public data; sources.json beside this file says from where, on which terms and when.
#
#     boxreach check plan.toml            # reads every file, and says what is odd in them
#     boxreach run plan.toml -o out       # map, report and tables
#
# No box stands yet, so the plan is for the first ones. When some do, list them in boxes.csv, a row
# each: site_id,name,lon,lat (degrees).
"""
_BOXES = """
[inputs.boxes]
file = "boxes.csv"
may_be_empty = true
"""
_REST = """
[reach]
minutes = [15, 30, 60]

[propose]
boxes = {boxes}
minutes = 30

[output]
title = {{ {title} }}
"""


@dataclass(frozen=True)
class Inputs:
    """A file of a plan, where it is from, and of people the unit; the keys are those of a plan."""

    file: str
    source: str
    licence: str
    date: str
    unit: str = ""


def write_plan(path: Path, country: Country, inputs: Mapping[str, Inputs], *, places: int) -> None:
    """Write the plan for the first boxes of a country.

    Parameters
    ----------
    path
        The file to write.
    country
        Of which.
    inputs
        Its files, by the names of inputs.
    places
        How many communities there are: no more boxes than that can stand at them.
    """
    text = _HEAD.format(name=_plain(country.name)) + _BOXES
    for name in ("communities", "roads", "population", "areas", "districts", "terrain"):
        if name in inputs:
            text += f"\n[inputs.{name}]\n{_describe(inputs[name])}"
    titles = {"en": country.name, **dict(country.translations)}
    title = ", ".join(f"{code} = {_quote(said)}" for code, said in titles.items())
    text += _REST.format(boxes=min(_FIRST_BOXES, places), title=title)
    path.write_text(text, encoding="utf-8", newline="\n")


def _describe(one: Inputs) -> str:
    said = asdict(one).items()
    return "".join(f"{key} = {_quote(value)}\n" for key, value in said if value)


def _plain(text: str) -> str:
    return show_controls(" ".join(text.split()))


def _quote(text: str) -> str:
    """Return text as a string of TOML."""
    return json.dumps(_plain(text), ensure_ascii=False)
