"""From what it is worth to open closed roads to what the report says of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from boxreach.report.figures import name_of, number_of, require_columns, text_of
from boxreach.report.hinges import MOST_KEPT, paths_of
from boxreach.report.what_if import OpenedRoad, OpeningStep, OpeningSums

if TYPE_CHECKING:
    from boxreach.scenarios import Opening

_ALONE = ("people_regained", "places_regained", "quicker_minutes")
_TOGETHER = ("closure_id", "people_gained", "people_regained")
_ADVICE = "give what opening_value() returned"


def prepare_opening(found: Opening) -> OpeningSums:
    """Prepare what is within reach with all closed, and with all open."""
    return OpeningSums(
        minutes=float(found.minutes),
        closed=round(float(found.within_closed)),
        opened=round(float(found.within_open)),
        count=len(found.alone),
    )


def prepare_closures(found: Opening) -> tuple[OpenedRoad, ...]:
    """Prepare the closures by what opening each alone brings, in their order."""
    require_columns(found.alone, _ALONE, "opening.alone", _ADVICE)
    table = found.alone.iloc[:MOST_KEPT]
    records = pd.DataFrame(table.drop(columns=table.geometry.name)).to_dict("records")
    return tuple(
        OpenedRoad(
            closure_id=text_of(closure_id),
            name=name_of(row, closure_id),
            reason=text_of(row.get("reason")),
            regained=round(number_of(row["people_regained"]) or 0.0),
            places=int(number_of(row["places_regained"]) or 0),
            quicker=number_of(row["quicker_minutes"]),
            cost_usd=number_of(row.get("cost_usd")),
            paths=paths,
        )
        for closure_id, row, paths in zip(table.index, records, paths_of(table), strict=True)
    )


def prepare_order(found: Opening) -> tuple[OpeningStep, ...]:
    """Prepare the order in which they help most; what each adds is rounded so that it adds up.

    Of a pair that only helps together, the rows say what the pair adds, as they were given.
    """
    require_columns(found.together, _TOGETHER, "opening.together", _ADVICE)
    steps: list[OpeningStep] = []
    so_far = 0.0, 0
    table = found.together.iloc[:MOST_KEPT]
    for rank, row in zip(table.index, table.to_dict("records"), strict=True):
        gained, regained = (number_of(row[one]) or 0.0 for one in _TOGETHER[1:])
        adds_up = math.isclose(so_far[0] + gained, regained, rel_tol=1e-9, abs_tol=1e-6)
        shown = round(regained) - so_far[1] if adds_up else round(gained)
        steps.append(OpeningStep(int(rank), text_of(row["closure_id"]), shown, round(regained)))
        so_far = regained, round(regained)
    return tuple(steps)
