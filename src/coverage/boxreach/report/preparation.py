"""From result frames to the one `PlacementReport`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxreach.errors import InputError
from boxreach.report.alternatives import Alternatives, prepare_what_if
from boxreach.report.details import Details
from boxreach.report.distances import (
    prepare_curves,
    prepare_distances,
    prepare_fifths,
    prepare_worst,
)
from boxreach.report.figures import (
    Namer,
    by_governorate,
    covers_of,
    governorate_namer,
    name_of,
    nobody_known,
    number_of,
    text_of,
    unknown_places,
)
from boxreach.report.gaps import prepare_gaps
from boxreach.report.lands import Given, Parts, prepare_land
from boxreach.report.layers import (
    prepare_demand,
    prepare_layers,
    prepare_merging,
    prepare_must,
    prepare_standing,
    split_thresholds,
)
from boxreach.report.model import (
    AreaRow,
    AreaTable,
    Cover,
    GapTable,
    Name,
    Record,
    Source,
    Text,
)
from boxreach.report.placement_report import Ground, Handling, PlacementReport, Sensitivity
from boxreach.report.plans import cover_of, prepare_plan
from boxreach.report.posts import prepare_frontier
from boxreach.report.spots import prepare_spots
from boxreach.report.strip import prepare_strip
from boxreach.tables import TOTAL

if TYPE_CHECKING:
    import geopandas as gpd

    from boxreach.placement import Proposal
    from boxreach.routing import TravelTimes

SENSITIVE_MINUTES = (15.0, 30.0, 60.0, 90.0)
"""At which thresholds it is told what the same sites come to, beside their own."""


@dataclass(frozen=True, eq=False)
class Extras:
    """Tables that a report may show beyond the plan and the gaps, as `write_report` takes them."""

    curves: pd.DataFrame | None = None
    clusters: gpd.GeoDataFrame | None = None
    worst: pd.DataFrame | None = None
    quintiles: pd.DataFrame | None = None
    demand: pd.DataFrame | None = None
    merging: object = None
    curve: pd.DataFrame | None = None


def prepare_report(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None = None,
    posts: Proposal | None = None,
    *,
    areas: pd.DataFrame | None = None,
    left_out: pd.DataFrame | None = None,
    run: Mapping[str, Any] | None = None,
    title: Text | None = None,
    extras: Extras | None = None,
    boxes: gpd.GeoDataFrame | None = None,
    times: TravelTimes | None = None,
    roads: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    crossings: gpd.GeoDataFrame | None = None,
    handling: Handling | None = None,
    sheets: bool = True,
    alternatives: Alternatives | None = None,
) -> PlacementReport:
    """Prepare everything a report says.

    Parameters
    ----------
    reach, plan, posts, areas, left_out, run, title, extras
        As of `write_report`.
    boxes
        The boxes that stand; those of the plan by default.
    times
        From all boxes and proposed sites to the communities; by default those on whose roads the
        plan was made.
    roads, rivers, crossings
        What small maps are drawn of, and what is nearest to sites; crossings are those of the
        posts by default.
    handling
        How the report is to be handled.
    sheets
        Whether every proposed site has a sheet.
    alternatives
        What was found of other states.

    Raises
    ------
    InputError
        If tables contradict each other, or times are not those of the communities and sites.
    """
    namer = governorate_namer(areas)
    table = None if areas is None else _prepare_areas(areas, reach, namer)
    gaps = prepare_gaps(reach, plan, namer, areas=areas, left_out=left_out)
    extras = extras or Extras()
    parts = Parts(
        None if plan is None else prepare_plan(plan, namer, areas, extras.curve),
        None if posts is None else prepare_plan(posts, namer),
    )
    given = Given(plan, posts, boxes, times, roads, rivers, crossings)
    land = prepare_land(reach, given, gaps.minutes, namer, sheets=sheets, parts=parts)
    return PlacementReport(
        title=title,
        areas=table,
        gaps=gaps,
        plan=parts.plan,
        posts=parts.posts,
        strip=None if posts is None else prepare_strip(posts, namer),
        frontier=None if posts is None else prepare_frontier(posts, namer, _place_names(reach)),
        details=_prepare_details(areas, gaps, extras, namer),
        record=_prepare_record(run or {}),
        sensitivity=_prepare_sensitivity(plan),
        ground=land.ground,
        sheets=land.sheets,
        supports=land.supports,
        handling=handling or Handling(),
        what_if=prepare_what_if(
            alternatives or Alternatives(), reach, _site_names(parts, land.ground), namer
        ),
    )


def _site_names(parts: Parts, ground: Ground) -> dict[str, Name]:
    """Return what sites are called, by their ids."""
    rows = [*ground.boxes, *ground.posts]
    named = {row.site_id: row.name for row in rows}
    plans = [part.sites for part in (parts.plan, parts.posts) if part is not None]
    return named | {row.site_id: row.name for sites in plans for row in sites}


def _place_names(reach: gpd.GeoDataFrame) -> list[Name]:
    """Return the names of communities, those that have one."""
    named = [one for one in ("name", "name_ar", "name_ckb", "name_kmr") if one in reach]
    rows = pd.DataFrame(reach[named]).drop_duplicates().to_dict("records")
    return [one for one in map(name_of, rows) if one.text]


def _prepare_sensitivity(plan: Proposal | None) -> Sensitivity | None:
    """Prepare what the boxes come to at other thresholds; None where nobody knows."""
    if plan is None or plan.question is None or plan.unit != "people":
        return None
    table = plan.at_minutes(sorted({*SENSITIVE_MINUTES, float(plan.minutes)}))
    before, after = (
        tuple(
            cover_of(total, part) for total, part in zip(table["total"], table[name], strict=True)
        )
        for name in ("before", "after")
    )
    return Sensitivity(plan.unit, tuple(map(float, table.index)), before, after)


def _prepare_details(
    areas: pd.DataFrame | None, gaps: GapTable, extras: Extras, namer: Namer
) -> Details:
    """Prepare what is said beyond the plan and the gaps, as far as it was given."""
    found: dict[str, Any] = {}
    if extras.clusters is not None:
        found["spots"] = prepare_spots(extras.clusters, namer)
    if extras.quintiles is not None:
        found["fifths"] = prepare_fifths(extras.quintiles)
    if extras.worst is not None:
        found["worst"] = prepare_worst(extras.worst, namer)
    if extras.demand is not None:
        found["demand"] = prepare_demand(extras.demand)
    if extras.merging is not None:
        found["merging"] = prepare_merging(extras.merging)
    at = {} if areas is None else split_thresholds(areas)
    if areas is not None:
        found["distances"] = prepare_distances(areas, gaps.minutes, namer)
        found["standing"] = prepare_standing(at, namer)
        found["layers"] = prepare_layers(at, gaps.minutes, namer)
        found["must"] = prepare_must(at, gaps, namer)
    if extras.curves is not None:
        found["curves"] = prepare_curves(extras.curves, [*at] or [gaps.minutes], namer)
    return Details(**found)


def _prepare_areas(areas: pd.DataFrame, reach: gpd.GeoDataFrame, namer: Namer) -> AreaTable:
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
        row = first.loc[governorate]
        rows.append(
            AreaRow(
                name=None if governorate == TOTAL else namer(governorate),
                unknown=unknown_places(row),
                people=None if nobody_known(row) else people[i],
                places=places[i],
            )
        )
    return AreaTable(tuple(thresholds), tuple(rows), _counts_on(reach, first.loc[TOTAL]))


def _counts_on(reach: gpd.GeoDataFrame, total: pd.Series) -> bool:
    """Tell whether the people of the areas are those of the communities."""
    places = reach[reach["threshold_minutes"] == reach["threshold_minutes"].min()]
    unknown = int(places["people"].isna().sum())
    people = number_of(total["people"]) or 0.0
    same = abs(people - float(places["people"].sum())) < 0.5
    return same and unknown_places(total) == unknown


def _side_by_side(
    at: Mapping[float, pd.DataFrame], what: str, order: list[str]
) -> list[tuple[Cover, ...]]:
    """Return a row of covers, one a threshold, for each governorate and the total."""
    columns = []
    for frame in at.values():
        shares = frame["share_covered"] if what == "people" else None
        whole, covered = (frame[one].fillna(0.0) for one in (what, f"{what}_covered"))
        columns.append(covers_of(whole, covered, order, shares))
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
