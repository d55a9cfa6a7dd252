"""From result frames to the one `PlacementReport`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxreach.errors import InputError
from boxreach.report.figures import (
    Namer,
    by_governorate,
    covers_of,
    governorate_namer,
    text_of,
)
from boxreach.report.gaps import prepare_gaps
from boxreach.report.model import (
    AreaRow,
    AreaTable,
    Cover,
    PlacementReport,
    Record,
    Source,
    Text,
)
from boxreach.report.plans import prepare_plan, prepare_strip
from boxreach.tables import TOTAL

if TYPE_CHECKING:
    import geopandas as gpd

    from boxreach.placement import Proposal


def prepare_report(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None = None,
    posts: Proposal | None = None,
    *,
    areas: pd.DataFrame | None = None,
    left_out: pd.DataFrame | None = None,
    run: Mapping[str, Any] | None = None,
    title: Text | None = None,
) -> PlacementReport:
    """Prepare everything a report says; the parameters are those of `write_report`."""
    namer = governorate_namer(areas)
    table = None if areas is None else _prepare_areas(areas, namer)
    return PlacementReport(
        title=title,
        areas=table,
        gaps=prepare_gaps(reach, plan, namer, areas=areas, left_out=left_out),
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
