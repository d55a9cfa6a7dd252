"""From a comparison of scenarios to its tables in the report."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.arguments import shown
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.report.figures import (
    Namer,
    name_of,
    number_of,
    require_columns,
    share_out,
    text_of,
)
from boxreach.report.model import Name
from boxreach.report.plans import DIGITS
from boxreach.report.site_sheet import Point
from boxreach.report.what_if import (
    CHANGED,
    STAYED,
    ScenarioArea,
    ScenarioBox,
    ScenarioPlace,
    ScenarioRow,
)
from boxreach.tables import TOTAL

if TYPE_CHECKING:
    from boxreach.scenarios import Comparison

MOST_PLACES = 200
"""So many places of a scenario at most are kept, those with most people first."""

MOST_BOXES = 200

_TABLE = (
    "minutes", "boxes", "people", "within", "share", "gained", "lost", "net", "places_gained",
    "places_lost", "median_minutes", "slower_minutes",
)  # fmt: skip
_PARTS = {"gained": 1, "lost": -1, "returned_within": 1, "left_within": -1}
"""What makes the net, and how; the last two may be missing where all demand is the same."""

_AREAS = ("scenario", "area", "people", "within_before", "within_after", "gained", "lost", "net")
_PLACES = (
    "scenario", "people_before", "people", "site_id_before", "site_id", "minutes_before", "minutes",
    "change",
)  # fmt: skip
_BOXES = ("scenario", "site_id", "people_before", "people", "change")
_ADVICE = "give what compare() returned"

PlaceNames = Mapping[str, Name]
"""Of communities, by their ids."""


def prepare_scenarios(compared: Comparison) -> tuple[ScenarioRow, ...]:
    """Prepare the scenarios in all, the base first.

    What is within reach is rounded as everywhere; the net is what lies between two of these, and
    its parts are rounded so that they make it.
    """
    require_columns(compared.table, _TABLE, "comparison.table", _ADVICE)
    if compared.table.empty:
        what = "comparison.table has no rows"
        raise InputError(Fault(what, "comparison.table", advice=_ADVICE))
    digits = digits_of(compared.unit)
    records = _records(compared.table)
    first = records[0]
    rows: list[ScenarioRow] = []
    for scenario, row in zip(compared.table.index, records, strict=True):
        parts = round_parts(row, _amount(first, "within"), digits)
        net = _net(row, parts, digits)
        within = round(_amount(row, "within"), digits)
        if _near(_amount(row, "within"), _amount(first, "within") + _amount(row, "net")):
            within = round(round(_amount(first, "within"), digits) + net, digits)
        rows.append(
            ScenarioRow(
                scenario=text_of(scenario),
                minutes=_amount(row, "minutes"),
                boxes=int(_amount(row, "boxes")),
                total=round(_amount(row, "people"), digits),
                within=within,
                share=number_of(row["share"]),
                **parts,
                net=net,
                places_gained=int(_amount(row, "places_gained")),
                places_lost=int(_amount(row, "places_lost")),
                median=number_of(row["median_minutes"]),
                slower=number_of(row["slower_minutes"]),
                returned=round(_amount(row, "returned"), digits),
                left=round(_amount(row, "left"), digits),
                assumed=_assumed(compared.assumptions, scenario),
            )
        )
    return tuple(rows)


def digits_of(unit: str) -> int:
    """Return the decimals of amounts: none of people."""
    if unit not in DIGITS:
        advice = f"give one of {', '.join(DIGITS)}"
        raise InputError(Fault(f"unit is {shown(unit)}", "comparison", advice=advice))
    return DIGITS[unit]


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


def _amount(row: Mapping[Any, Any], column: str) -> float:
    return number_of(row.get(column)) or 0.0


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)


def round_parts(row: Mapping[Any, Any], before: float, digits: int) -> dict[str, float]:
    """Return the parts of a net, rounded so that they lead from what was within reach to what is.

    Parameters
    ----------
    row
        The parts, and the net.
    before
        What was within reach, not rounded.
    digits
        Decimals of what is returned.
    """
    signed, net = [sign * _amount(row, one) for one, sign in _PARTS.items()], _amount(row, "net")
    if not _near(net, math.fsum(signed)):
        return {one: round(_amount(row, one), digits) for one in _PARTS}
    scale = 10**digits
    told = round((before + net) * scale) - round(before * scale)
    # Two halves that are both rounded to even ones may lie further apart.
    told = min(max(told, math.floor(net * scale + 1e-6)), math.ceil(net * scale - 1e-6))
    parts = share_out(signed, net, digits, told=told / scale)
    return {one: abs(part) for one, part in zip(_PARTS, parts, strict=True)}


def _net(row: Mapping[Any, Any], parts: Mapping[str, float], digits: int) -> float:
    """Return the net of a row, whose parts are rounded already, so that they make it."""
    net = _amount(row, "net")
    if _near(net, _made(row)):
        net = _made(parts)
    return round(net, digits)


def _made(row: Mapping[Any, Any]) -> float:
    """Return what the parts of a net make."""
    return math.fsum(sign * _amount(row, one) for one, sign in _PARTS.items())


def _assumed(table: pd.DataFrame | None, scenario: object) -> tuple[tuple[str, str], ...]:
    """Return what a scenario changes."""
    if table is None:
        return ()
    require_columns(table, ["scenario", "field", "says"], "comparison.assumptions", _ADVICE)
    mine = table[table["scenario"].astype(str) == str(scenario)]
    told = zip(map(text_of, mine["field"]), map(text_of, mine["says"]), strict=True)
    return tuple((field, says) for field, says in told if says)


def prepare_scenario_areas(compared: Comparison, namer: Namer) -> tuple[ScenarioArea, ...]:
    """Prepare the areas of each scenario, and all of them; every row and column adds up."""
    require_columns(compared.areas, _AREAS, "comparison.areas", _ADVICE)
    digits = digits_of(compared.unit)
    rows: list[ScenarioArea] = []
    table = compared.areas[compared.areas["area"] != TOTAL]
    for scenario, part in table.groupby("scenario", sort=False):
        records = _records(part)
        names: list[Name | None] = [*(namer(row["area"]) for row in records), None]
        sums = {
            one: math.fsum(_amount(row, one) for row in records)
            for one in ("people", "within_before", *_PARTS, "net")
        }
        told = round_parts(sums, sums["within_before"], digits)
        told |= {one: round(sums[one], digits) for one in ("people", "within_before")}
        columns = {}
        for one, of in told.items():
            values = [_amount(row, one) for row in records]
            columns[one] = [*share_out(values, sums[one], digits, told=of), of]
        for at, (row, name) in enumerate(zip([*records, sums], names, strict=True)):
            parts = {one: columns[one][at] for one in _PARTS}
            net, before = _net(row, parts, digits), columns["within_before"][at]
            rows.append(
                ScenarioArea(
                    scenario=text_of(scenario),
                    name=name,
                    total=columns["people"][at],
                    before=before,
                    after=round(before + net, digits),
                    **parts,
                    net=net,
                )
            )
    return tuple(rows)


def prepare_scenario_places(
    compared: Comparison, namer: Namer, known: PlaceNames
) -> tuple[ScenarioPlace, ...]:
    """Prepare the places that each scenario changes most: by what it does, then by people."""
    return _prepare_places(compared, namer, known, CHANGED)


def prepare_round_places(
    compared: Comparison, namer: Namer, known: PlaceNames
) -> tuple[ScenarioPlace, ...]:
    """Prepare the places that change most, those with other people and no other reach too."""
    return _prepare_places(compared, namer, known, (*CHANGED, STAYED))


def _prepare_places(
    compared: Comparison, namer: Namer, known: PlaceNames, changes: Sequence[str]
) -> tuple[ScenarioPlace, ...]:
    require_columns(compared.places, _PLACES, "comparison.places", _ADVICE)
    places = to_wgs84(compared.places, file="comparison")
    shapes = places.geometry.to_numpy()
    # The index is where each row stands among the shapes.
    table = pd.DataFrame(places.drop(columns=places.geometry.name)).reset_index(drop=True)
    ids = next(
        (one for one in table.columns if str(one) in {"community_id", "cell_id", "segment_id"}),
        table.columns[1],
    )
    before, after = (_numbers(table, one) for one in ("people_before", "people"))
    same = (table["change"] == STAYED) & (before == after)
    table = table[table["change"].isin(changes) & ~same]
    digits = digits_of(compared.unit)
    rows: list[ScenarioPlace] = []
    for _, part in table.groupby("scenario", sort=False):
        found = part.iloc[_first(part, ids)[:MOST_PLACES]]
        points = map(_point, shapely.point_on_surface(shapes[found.index]))
        rows += [
            replace(_place(row, ids, namer, known, digits), at=at)
            for row, at in zip(_records(found), points, strict=True)
        ]
    return tuple(rows)


def _first(table: pd.DataFrame, ids: Hashable) -> npt.NDArray[np.intp]:
    """Return the order of places: who gains or loses reach first, then by people, then by id.

    After them come those with other people alone, by how many more or fewer, and last those
    reached sooner or later, who count by people times minutes.
    """
    late = table["change"].isin(["slower", "quicker"]).to_numpy()
    stayed = (table["change"] == STAYED).to_numpy()
    now, before, then, was = (
        _numbers(table, one) for one in ("people", "people_before", "minutes", "minutes_before")
    )
    weight = np.maximum(now, before) * np.where(late, np.abs(then - was), 1.0)
    weight = np.where(stayed, np.abs(now - before), weight)
    turn = np.select([late, stayed], [2, 1], default=0)
    return np.lexsort((table[ids].astype(str).to_numpy(dtype=object), -weight, turn))


def _numbers(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """Return a column of numbers; 0 where one is not known."""
    numbers = pd.to_numeric(table[column], errors="coerce").fillna(0.0)
    return np.asarray(numbers, dtype=np.float64)


def _place(
    row: Mapping[Any, Any], ids: Hashable, namer: Namer, known: PlaceNames, digits: int
) -> ScenarioPlace:
    place_id = text_of(row[ids])
    people = [
        None if count is None else round(count, digits)
        for count in (number_of(row[one]) for one in ("people_before", "people"))
    ]
    return ScenarioPlace(
        scenario=text_of(row["scenario"]),
        place_id=place_id,
        name=known.get(place_id) or name_of(row, place_id),
        area=namer(row.get("area", "")),
        people_before=people[0],
        people=people[1],
        change=text_of(row["change"]),
        site_id_before=text_of(row["site_id_before"]),
        site_id=text_of(row["site_id"]),
        minutes_before=number_of(row["minutes_before"]),
        minutes=number_of(row["minutes"]),
        because=text_of(row.get("because", "")),
    )


def _point(shape: shapely.Point | None) -> Point | None:
    """Return where a place is, as all files write it; None where it has no place."""
    if shape is None or shape.is_empty:
        return None
    return round(float(shape.x), 6), round(float(shape.y), 6)


def prepare_scenario_boxes(compared: Comparison) -> tuple[ScenarioBox, ...]:
    """Prepare the sites that a scenario takes away, adds or gives other people, most first."""
    require_columns(compared.boxes, _BOXES, "comparison.boxes", _ADVICE)
    digits = digits_of(compared.unit)
    rows: list[ScenarioBox] = []
    for scenario, part in compared.boxes.groupby("scenario", sort=False):
        found = [
            ScenarioBox(
                text_of(scenario),
                text_of(row["site_id"]),
                round(_amount(row, "people_before"), digits),
                round(_amount(row, "people"), digits),
                text_of(row["change"]),
            )
            for row in _records(pd.DataFrame(part.drop(columns=part.geometry.name)))
        ]
        rows += _most_changed(found)[:MOST_BOXES]
    return tuple(rows)


def _most_changed(rows: Iterable[ScenarioBox]) -> Sequence[ScenarioBox]:
    changed = [one for one in rows if one.change != "same" or one.before != one.after]
    return sorted(
        changed,
        key=lambda one: (one.change == "same", -abs(one.after - one.before), one.site_id),
    )
