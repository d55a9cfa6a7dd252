"""From result frames to the one `PlacementReport`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxreach.accessibility import REASONS, TOTAL
from boxreach.errors import InputError
from boxreach.report.figures import (
    Namer,
    by_governorate,
    covers_of,
    governorate_namer,
    name_of,
    number_of,
    share_out,
    text_of,
)
from boxreach.report.model import (
    AreaRow,
    AreaTable,
    Cover,
    GapRow,
    GapSum,
    GapTable,
    PlacementReport,
    Record,
    Source,
    Text,
)
from boxreach.report.plans import prepare_plan, prepare_strip

if TYPE_CHECKING:
    import geopandas as gpd

    from boxreach.placement import Proposal

GAP_ROWS = 200
"""Communities listed by name; the rest are added up in one row."""


def prepare_report(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None = None,
    posts: Proposal | None = None,
    *,
    areas: pd.DataFrame | None = None,
    run: Mapping[str, Any] | None = None,
    title: Text | None = None,
) -> PlacementReport:
    """Prepare everything a report says; the parameters are those of `write_report`."""
    namer = governorate_namer(areas)
    table = None if areas is None else _prepare_areas(areas, namer)
    return PlacementReport(
        title=title,
        areas=table,
        gaps=_prepare_gaps(reach, plan, namer),
        plan=None if plan is None else prepare_plan(plan, namer, areas),
        posts=None if posts is None else prepare_plan(posts, namer),
        strip=None if posts is None else prepare_strip(posts, namer),
        record=_prepare_record(run or {}),
    )


def _prepare_areas(areas: pd.DataFrame, namer: Namer) -> AreaTable:
    tidy = by_governorate(areas)
    thresholds = sorted(set(tidy["threshold_minutes"]))
    at = {t: tidy[tidy["threshold_minutes"] == t].set_index("governorate") for t in thresholds}
    first = at[thresholds[0]]
    order = [one for one in first.index if one != TOTAL]
    if any(TOTAL not in one.index or set(one.index) != set(first.index) for one in at.values()):
        raise InputError(
            "areas: every threshold needs the same governorates and a row called 'total'; "
            "concatenate what summarise() returned"
        )
    people = _side_by_side(at, "people", order)
    places = _side_by_side(at, "places", order)
    rows = []
    for i, governorate in enumerate([*order, TOTAL]):
        unknown = int(first.loc[governorate, "places_unknown_people"])
        none_known = unknown == places[i][0].total and people[i][0].total == 0 < unknown
        rows.append(
            AreaRow(
                name=None if governorate == TOTAL else namer(governorate),
                unknown=unknown,
                people=None if none_known else people[i],
                places=places[i],
            )
        )
    return AreaTable(tuple(thresholds), tuple(rows))


def _side_by_side(
    at: Mapping[float, pd.DataFrame], what: str, order: list[str]
) -> list[tuple[Cover, ...]]:
    """Return a row of covers, one a threshold, for each governorate and the total."""
    columns = []
    for frame in at.values():
        shares = frame["share_covered"] if what == "people" else None
        columns.append(covers_of(frame[what], frame[f"{what}_covered"], order, shares))
    return list(zip(*columns, strict=True))


def _prepare_gaps(reach: gpd.GeoDataFrame, plan: Proposal | None, namer: Namer) -> GapTable:
    thresholds = sorted(set(reach["threshold_minutes"]))
    if not thresholds:
        raise InputError("reach: it holds no community; give what reach() returned")
    middle = thresholds[(len(thresholds) - 1) // 2]
    minutes = float(middle if plan is None or plan.minutes not in thresholds else plan.minutes)
    now = reach[reach["threshold_minutes"] == minutes]
    out = pd.DataFrame(now[~now["covered"]].drop(columns="geometry"))
    out = out.assign(id_=out.index.map(str)).sort_values(
        ["people", "id_"], ascending=[False, True], na_position="last"
    )
    known = list(out["people"].dropna())
    total, left = float(now["people"].sum()), float(out["people"].sum())
    rows = _gap_rows(out, share_out(known, left), namer)
    covered = round(total) - round(left)
    share = (total - left) / total if total else None
    return GapTable(
        minutes=minutes,
        people=Cover(round(total), covered, share),
        places=Cover(len(now), len(now) - len(out), 1 - len(out) / len(now)),
        rows=rows[:GAP_ROWS],
        rest=_add_up(rows[GAP_ROWS:]),
        reasons=tuple(
            (reason, _add_up([row for row in rows if row.reason == reason]))
            for reason in REASONS
            if any(row.reason == reason for row in rows)
        ),
        total=_add_up(rows),
    )


def _gap_rows(out: pd.DataFrame, people: Sequence[float], namer: Namer) -> tuple[GapRow, ...]:
    unknown = set(out["reason"]) - set(REASONS)
    if unknown:
        raise InputError(
            f"reach: {sorted(map(str, unknown))} is no reason to be left out; "
            f"use one of {', '.join(REASONS)}"
        )
    return tuple(
        GapRow(
            community_id=str(row["id_"]),
            name=name_of(row, row["id_"]),
            governorate=namer(row.get("governorate", "")),
            people=int(people[i]) if i < len(people) else None,
            minutes=number_of(row["minutes"]),
            reason=row["reason"],
        )
        for i, row in enumerate(out.to_dict("records"))
    )


def _add_up(rows: Sequence[GapRow]) -> GapSum:
    return GapSum(
        places=len(rows),
        unknown=sum(row.people is None for row in rows),
        people=sum(row.people or 0 for row in rows),
    )


def _prepare_record(run: Mapping[str, Any]) -> Record:
    fields = ("name", "file", "source", "licence", "date", "sha256")
    return Record(
        command=text_of(run.get("command")),
        software=tuple(
            (name, str(version))
            for name, version in (
                ("boxreach", run.get("version")),
                ("Python", run.get("python")),
                *run.get("libraries", {}).items(),
            )
            if version
        ),
        sources=tuple(
            Source(
                rows=None if one.get("rows") is None else int(one["rows"]),
                label=one.get("label") or "",
                **{field: text_of(one.get(field)) for field in fields},
            )
            for one in run.get("inputs", ())
        ),
        parameters=tuple(
            (str(key), json.dumps(value, ensure_ascii=False, default=str))
            for key, value in run.get("parameters", {}).items()
        ),
        warnings=tuple(map(str, run.get("warnings", ()))),
        labels=tuple(run.get("labels", ())),
    )
