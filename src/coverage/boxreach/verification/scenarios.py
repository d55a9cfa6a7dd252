"""The tables of scenarios: the base beside what the run kept, and all that must add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.text import quote_formula
from boxreach.verification.evidence import Evidence
from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.ledger import DIGITS, MINUTES, Ledger, to_numbers
from boxreach.verification.tables import Kept

Floats = npt.NDArray[np.float64]

SCENARIOS = "scenarios.csv"

_FIGURES = ("within", "people", "gained", "lost", "net", "returned_within", "left_within")
_OF_AREAS = {
    "people": "people", "within_after": "within", "gained": "gained", "lost": "lost",
    "returned_within": "returned_within", "left_within": "left_within", "net": "net",
}  # fmt: skip
"""Columns of areas, and those of scenarios that they add up to."""


@dataclass(frozen=True, eq=False)
class _Checked:
    """The scenarios of a run, and where what differs is noted."""

    folder: Path
    table: pd.DataFrame
    kept: Kept
    ledger: Ledger

    def of(self, table: pd.DataFrame, scenario: str) -> pd.DataFrame:
        """Return the rows of one scenario."""
        return table[table["scenario"] == scenario]


def check_scenarios(
    folder: Path, evidence: Evidence, summary: Mapping[str, Any] | None, ledger: Ledger
) -> None:
    """Compare the tables of scenarios, where there are any, with each other and the base.

    What a scenario comes to is not searched for again; that it adds up is checked, and that the
    base it is held against is that of the run.
    """
    table = read_table(folder / SCENARIOS, ledger, ["scenario", *_FIGURES])
    if table is None or table.empty:
        return
    checked = _Checked(folder, table, Kept(evidence, str(evidence.facts["people_on"])), ledger)
    _check_base(checked, evidence)
    _check_figures(checked)
    _check_areas(checked)
    _check_boxes(checked)
    _check_places(checked)
    told = (summary or {}).get("what_if") or {}
    _check_told(checked, told.get("scenarios"))


def _check_base(checked: _Checked, evidence: Evidence) -> None:
    """Count again who is within reach in the base."""
    minutes = float(evidence.facts["propose_minutes"])
    base, kept = checked.table.iloc[0], checked.kept
    people = np.nan_to_num(kept.amounts)
    right = {
        "minutes": minutes,
        "boxes": float(len(evidence.texts["boxes"])),
        "people": float(people.sum()),
        "within": float(people[kept.within(minutes)].sum()),
    }
    for column, value in right.items():
        checked.ledger.number(SCENARIOS, str(base["scenario"]), column, base.get(column), value)


def _check_figures(checked: _Checked) -> None:
    """Add up each scenario against the base."""
    table, ledger = checked.table, checked.ledger
    numbers = {name: to_numbers(table[name]) for name in _FIGURES}
    rows = table["scenario"].tolist()
    net = numbers["within"] - numbers["within"][0]
    parts = numbers["gained"] - numbers["lost"]
    parts = parts + numbers["returned_within"] - numbers["left_within"]
    ledger.numbers(SCENARIOS, "net", rows, table["net"], net, 2 * DIGITS)
    ledger.numbers(SCENARIOS, "net of its parts", rows, table["net"], parts, 5 * DIGITS)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(numbers["people"] > 0, numbers["within"] / numbers["people"], np.nan)
    ledger.numbers(SCENARIOS, "share", rows, table["share"], share, 2 * DIGITS)


def _check_areas(checked: _Checked) -> None:
    """Add up the areas of each scenario."""
    name = "scenario_areas.csv"
    areas = read_table(checked.folder / name, checked.ledger, ["scenario", *_OF_AREAS])
    if areas is None:
        return
    for row in checked.table.iloc[1:].to_dict("records"):
        rows = checked.of(areas, row["scenario"])
        for column, whole in _OF_AREAS.items():
            _check_sum(checked, name, column, rows[column], row, whole)


def _check_boxes(checked: _Checked) -> None:
    """Add up the boxes of each scenario: each person within reach has one quickest box."""
    name = "scenario_boxes.csv"
    needs = ["scenario", "site_id", "people", "people_before", "change"]
    boxes = read_table(checked.folder / name, checked.ledger, needs)
    if boxes is None:
        return
    base = checked.table.iloc[0].to_dict()
    for row in checked.table.iloc[1:].to_dict("records"):
        rows = checked.of(boxes, row["scenario"])
        _check_sum(checked, name, "people", rows["people"], row, "within")
        before = {**row, "within": base["within"]}
        _check_sum(checked, name, "people_before", rows["people_before"], before, "within")
        left = int((rows["change"] != "lost").sum())
        checked.ledger.number(SCENARIOS, str(row["scenario"]), "boxes", row.get("boxes"), left)


def _check_places(checked: _Checked) -> None:
    """Compare the places that change with the base, and add up those that come and go."""
    name = "scenario_places.csv"
    label = "cell_id" if checked.kept.name == "cells" else "community_id"
    needs = ["scenario", label, "people", "people_before", "change", "minutes_before"]
    places = read_table(checked.folder / name, checked.ledger, [*needs, "site_id_before"])
    if places is None:
        return
    _check_before(checked, name, places[places["change"] != "new"], label)
    # Of places whose people are not known in one of the two nobody stays.
    stay = np.minimum(
        *(np.nan_to_num(to_numbers(places[one])) for one in ("people", "people_before"))
    )
    for row in checked.table.iloc[1:].to_dict("records"):
        mine = places["scenario"] == row["scenario"]
        for change in ("gained", "lost"):
            rows = (mine & (places["change"] == change)).to_numpy()
            _check_sum(checked, name, change, stay[rows], row, change)
            count = f"places_{change}"
            found = row.get(count)
            checked.ledger.number(SCENARIOS, str(row["scenario"]), count, found, int(rows.sum()))


def _check_before(checked: _Checked, name: str, places: pd.DataFrame, label: str) -> None:
    """Compare what places were in the base with what the run kept of them."""
    kept, ledger = checked.kept, checked.ledger
    at = pd.Index(kept.ids).get_indexer(pd.Index(places[label]))
    for row in places[label][at < 0]:
        ledger.say(name, str(row), "", "a row", "no such row in the base")
    places, at = places[at >= 0], at[at >= 0]
    rows = places[label].tolist()
    minutes = kept.minutes("ms")[at]
    ledger.numbers(name, "minutes_before", rows, places["minutes_before"], minutes, MINUTES)
    ledger.numbers(name, "people_before", rows, places["people_before"], kept.amounts[at])
    ledger.words(name, "site_id_before", rows, places["site_id_before"], kept.words("site_id")[at])


def _check_told(checked: _Checked, told: object) -> None:
    """Compare the summary with the table."""
    listed = told if isinstance(told, list) else []
    names = [quote_formula(str(one.get("scenario"))) for one in listed]
    if not checked.ledger.same_rows(SUMMARY, names, checked.table["scenario"].tolist()):
        return
    for one, row in zip(listed, checked.table.to_dict("records"), strict=True):
        for column in _FIGURES:
            if column in one:
                value = to_numbers([row[column]])[0]
                checked.ledger.number(SUMMARY, str(row["scenario"]), column, one[column], value)


def _check_sum(
    checked: _Checked, name: str, column: str, rows: Any, scenario: Mapping[Any, Any], whole: str
) -> None:
    """Compare the sum of some rows, each of them rounded, with a figure of a scenario."""
    numbers = to_numbers(rows)
    tolerance = DIGITS * (len(numbers) + 1)
    right = float(to_numbers([scenario[whole]])[0])
    found = float(np.nansum(numbers))
    checked.ledger.number(name, str(scenario["scenario"]), column, found, right, tolerance)
