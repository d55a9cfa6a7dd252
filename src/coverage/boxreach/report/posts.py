"""From a `FrontierPlan` to what the report says of its line and its posts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxreach.report.figures import Namer, name_of, number_of, text_of
from boxreach.report.frontier import (
    Column,
    CrossingRow,
    Fact,
    Frontier,
    PostRow,
    PostTable,
    Value,
)
from boxreach.report.model import Name
from boxreach.sight import is_coarse

if TYPE_CHECKING:
    from boxreach.border import FrontierPlan
    from boxreach.placement import Proposal

KnownAs = dict[str, dict[str, Name]]
"""By a column of names, the names of what is written there."""

TABLES = {
    "place": {
        "chainage_km": "km",
        "setback_km": "km",
        "height_m": "metres",
        "reach": "stretch",
        "reached_km": "km",
        "seen_km": "km",
        "seen_night_km": "km",
        "crossing": "name",
        "mgrs": "code",
    },
    "support": {
        "nearest_site_id": "code",
        "nearest_minutes": "minutes",
        "neighbours": "codes",
        "town": "name",
        "town_km": "km",
        "town_minutes": "minutes",
        "water_km": "km",
        "main_road_km": "km",
    },
    "defence": {
        "defensibility": "score",
        "relief_m": "metres",
        "visible_share_1km": "share",
        "standoff_m": "metres",
        "approaches": "count",
    },
}
"""What is told of posts: three tables, each with its columns and how these are written."""

FACTS = {
    "covered_km": "km",
    "backed_km": "km",
    "reached_km": "km",
    "seen_km": "km",
    "seen_night_km": "km",
    "unknown_km": "km",
    "widest_hole_km": "km",
    "groups": "count",
    "isolated": "count",
    "widest_gap_minutes": "minutes",
    "intercept_km": "km",
    "beyond_posts_km": "km",
}
"""The figures of the whole, in their order; all in km but the widest hole are shares of it."""


def prepare_frontier(posts: Proposal, namer: Namer, places: Iterable[Name] = ()) -> Frontier | None:
    """Prepare what is told of a line and its posts; None of a plan that tells no more than boxes.

    Parameters
    ----------
    posts
        The proposal.
    namer
        Gives the names of governorates.
    places
        Names of communities: of towns a post has but the one.
    """
    from boxreach.border import FrontierPlan  # noqa: PLC0415 - only frontiers need it

    if not isinstance(posts, FrontierPlan):
        return None
    cell_m = number_of(posts.facts.get("cell_m"))
    crossings = _crossing_names(posts)
    known_as = {"crossing": crossings, "town": {one.text: one for one in places}}
    tables = [_table(key, columns, posts, namer, known_as) for key, columns in TABLES.items()]
    return Frontier(
        facts=tuple(_facts(posts)),
        tables=tuple(one for one in tables if one.columns and one.rows),
        crossings=tuple(_crossings(posts)),
        see=text_of(posts.asked.get("see")),
        each=int(str(posts.asked.get("each") or 1)),
        sight="seen" in posts.reach,
        support_minutes=number_of(posts.facts.get("support_minutes")),
        unknown_km=number_of(posts.facts.get("unknown_km")) or 0.0,
        coarse_m=cell_m if is_coarse(cell_m) else None,
    )


def _facts(posts: FrontierPlan) -> list[Fact]:
    total = number_of(posts.facts.get("total_km"))
    known = {key: number_of(posts.facts.get(key)) for key in FACTS}
    # Without sight, or where it does not count, covered is reached: said once.
    if not posts.asked.get("see"):
        known["covered_km"] = None
    begins = {"widest_hole_km": number_of(posts.facts.get("widest_hole_from_km"))}
    return [
        Fact(
            key=key,
            form=FACTS[key],
            value=value,
            share=value / total if total and FACTS[key] == "km" and key not in begins else None,
            from_km=begins.get(key),
        )
        for key, value in known.items()
        if value is not None
    ]


def _table(
    key: str, columns: dict[str, str], posts: FrontierPlan, namer: Namer, known_as: KnownAs
) -> PostTable:
    """Return one side of all posts, without columns of which nothing is known."""
    table = pd.DataFrame(posts.posts.drop(columns="geometry", errors="ignore"))
    records = table.to_dict("records")
    cells = [
        [_value(row, name, form, known_as) for name, form in columns.items()] for row in records
    ]
    known = [at for at in range(len(columns)) if any(row[at] is not None for row in cells)]
    named = list(columns.items())
    return PostTable(
        key=key,
        columns=tuple(Column(*named[at]) for at in known),
        rows=tuple(
            PostRow(
                site_id=str(site_id),
                rank=_whole(row.get("rank")),
                name=_own_name(row, known_as["crossing"]),
                governorate=namer(row.get("governorate", "")),
                values=tuple(values[at] for at in known),
            )
            for site_id, row, values in zip(table.index, records, cells, strict=True)
        ),
    )


def _value(row: dict[Any, Any], name: str, form: str, known_as: KnownAs) -> Value:
    """Return a cell; None where it is blank."""
    if form == "stretch":
        ends = [number_of(row.get(f"{name}_{one}_km")) for one in ("from", "to")]
        return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])
    if form == "name":
        text = text_of(row.get(name))
        return known_as[name].get(text, Name(text)) if text else None
    if form == "codes":
        return tuple(text_of(row.get(name)).split()) or None
    if form == "code":
        return text_of(row.get(name)) or None
    return number_of(row.get(name))


def _own_name(row: dict[Any, Any], crossings: dict[str, Name]) -> Name:
    """Return the name of a post; blank where it is only that of its crossing."""
    name = name_of(row)
    at = crossings.get(text_of(row.get("crossing")))
    return Name("") if at is not None and at.text == name.text else name


def _whole(value: object) -> int | None:
    number = number_of(value)
    return None if number is None else int(number)


def _crossing_names(posts: FrontierPlan) -> dict[str, Name]:
    rows = posts.crossings.to_dict("records")
    ids = [str(one) for one in posts.crossings.index]
    return {one: name_of(row, one) for one, row in zip(ids, rows, strict=True)}


def _crossings(posts: FrontierPlan) -> list[CrossingRow]:
    table = posts.crossings
    if len(table):
        table = table.sort_values("chainage_km", kind="stable")
    return [
        CrossingRow(
            name=name_of(row, crossing_id),
            chainage_km=number_of(row.get("chainage_km")),
            line_km=number_of(row.get("line_km")),
            post=text_of(row.get("site_id")),
            post_km=number_of(row.get("km")),
        )
        for crossing_id, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
