"""Who is left out and why: communities by name, people where they are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from boxreach.accessibility import REASONS
from boxreach.errors import InputError
from boxreach.report.figures import (
    Namer,
    by_governorate,
    name_of,
    number_of,
    people_of,
    share_out,
)
from boxreach.report.model import Cover, GapRow, GapSum, GapTable
from boxreach.tables import TOTAL

if TYPE_CHECKING:
    import geopandas as gpd

    from boxreach.placement import Proposal

GAP_ROWS = 200
"""Communities listed by name; the rest are added up in one row."""


def prepare_gaps(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None,
    namer: Namer,
    *,
    areas: pd.DataFrame | None = None,
    left_out: pd.DataFrame | None = None,
) -> GapTable:
    """Prepare who is outside reach at the threshold of the plan."""
    minutes = _choose_threshold(reach, plan)
    now = reach[reach["threshold_minutes"] == minutes]
    out = pd.DataFrame(now[~now["covered"]].drop(columns="geometry"))
    out = out.assign(id_=out.index.map(str)).sort_values(
        ["people", "id_"], ascending=[False, True], na_position="last"
    )
    _check_reasons(out, "reach")
    listed, left = float(now["people"].sum()), float(out["people"].sum())
    rows = _gap_rows(out, people_of(now), namer)
    cells = _cells_at(left_out, minutes)
    reasons = [
        reason
        for reason in REASONS
        if reason in set(out["reason"]) or (cells is not None and reason in set(cells["reason"]))
    ]
    sums = {reason: _add_up([row for row in rows if row.reason == reason]) for reason in reasons}
    people = _people(areas, minutes) or (listed, listed - left)
    if cells is not None:
        counted, people_out = "cell", _by_reason(cells, reasons)
    else:
        on_grid = plan is not None and plan.reach.index.name == "cell_id"
        other = on_grid or abs(people[0] - listed) >= 0.5
        counted = "listed" if other else "community"
        people_out = (*(one.people for one in sums.values()), _add_up(rows).people)
    return GapTable(
        minutes=minutes,
        people=_cover(*people),
        places=Cover(len(now), len(now) - len(out), 1 - len(out) / len(now)),
        rows=rows[:GAP_ROWS],
        rest=_add_up(rows[GAP_ROWS:]),
        reasons=tuple(sums.items()),
        total=_add_up(rows),
        counted=counted,
        people_out=people_out,
        must=tuple(row for row in rows if row.must),
    )


def _choose_threshold(reach: gpd.GeoDataFrame, plan: Proposal | None) -> float:
    thresholds = sorted(set(reach["threshold_minutes"]))
    if not thresholds:
        raise InputError("reach: it holds no community; give what reach() returned")
    middle = thresholds[(len(thresholds) - 1) // 2]
    return float(middle if plan is None or plan.minutes not in thresholds else plan.minutes)


def _cells_at(left_out: pd.DataFrame | None, minutes: float) -> pd.DataFrame | None:
    """Return what of the population grid is left out; None where the table does not say."""
    if left_out is None:
        return None
    missing = [name for name in ("reason", "people") if name not in left_out]
    if missing:
        raise InputError(
            f"left_out: it has no column {', '.join(map(repr, missing))}; "
            "give what gaps() returned for the population"
        )
    cells = pd.DataFrame(left_out)
    if "kind" in cells:
        cells = cells[cells["kind"] == "cell"]
    elif cells.index.name == "community_id":
        return None
    if "threshold_minutes" in cells:
        cells = cells[cells["threshold_minutes"] == minutes]
    _check_reasons(cells, "left_out")
    return cells if len(cells) else None


def _by_reason(cells: pd.DataFrame, reasons: Sequence[str]) -> tuple[float, ...]:
    """Return people of each reason and of all, rounded so that they add up."""
    sums = cells.groupby("reason")["people"].sum().reindex(list(reasons), fill_value=0.0)
    total = float(sums.sum())
    return (*share_out(list(sums), total), round(total))


def _people(areas: pd.DataFrame | None, minutes: float) -> tuple[float, float] | None:
    """Return people in all and within reach as the areas count them, if they do."""
    if areas is None:
        return None
    tidy = by_governorate(areas)
    rows = tidy[(tidy["governorate"] == TOTAL) & (tidy["threshold_minutes"] == minutes)]
    if rows.empty:
        return None
    return float(rows["people"].iloc[0]), float(rows["people_covered"].iloc[0])


def _cover(total: float, covered: float) -> Cover:
    # what is outside is rounded, as in the tables, and the rest is within
    within = round(total) - round(total - covered)
    return Cover(round(total), within, covered / total if total else None)


def _check_reasons(out: pd.DataFrame, table: str) -> None:
    unknown = set(out["reason"]) - set(REASONS)
    if unknown:
        raise InputError(
            f"{table}: {sorted(map(str, unknown))} is no reason to be left out; "
            f"use one of {', '.join(REASONS)}"
        )


def _gap_rows(
    out: pd.DataFrame, people: Mapping[str, int | None], namer: Namer
) -> tuple[GapRow, ...]:
    return tuple(
        GapRow(
            community_id=str(row["id_"]),
            name=name_of(row, row["id_"]),
            governorate=namer(row.get("governorate", "")),
            people=people[str(row["id_"])],
            minutes=number_of(row["minutes"]),
            reason=row["reason"],
            must=row.get("must_reach") is True,
        )
        for row in out.to_dict("records")
    )


def _add_up(rows: Sequence[GapRow]) -> GapSum:
    return GapSum(
        places=len(rows),
        unknown=sum(row.people is None for row in rows),
        people=sum(row.people or 0 for row in rows),
    )
