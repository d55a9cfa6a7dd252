"""Tables of the frontier: the line, its posts and its crossings."""

from __future__ import annotations

import math

from boxreach.exports.listing import Cell, Column, Form, Listing
from boxreach.report.frontier import Frontier, PostTable, Value
from boxreach.report.model import Name, PlanPart, Strip
from boxreach.report.placement_report import LineRow
from boxreach.report.terms import Row, Terms

_FORMS: dict[str, Form] = {
    "km": "km", "metres": "metres", "minutes": "minutes", "share": "share", "count": "count",
    "score": "score", "code": "code", "codes": "code",
}  # fmt: skip


def list_facts(told: Frontier | None, terms: Terms) -> Listing | None:
    """Return the figures of the whole line."""
    if told is None or not told.facts:
        return None
    minutes = told.support_minutes or 0.0
    rows: list[Row] = []
    for fact in told.facts:
        said = terms.say(f"fact_{fact.key}", fact.key, minutes=minutes, posts=told.each)
        unit = terms.say(f"unit_{fact.form}", fact.form) if fact.form != "count" else ""
        rows.append((said, fact.value, unit, fact.share, fact.from_km))
    columns = (
        terms.column("fact"),
        terms.column("value", "number"),
        terms.column("unit"),
        terms.column("share", "share", "share_of_line"),
        terms.column("from_km", "km"),
    )
    return terms.listing("line_facts", columns, rows, notes=[_barrier(told)])


def _barrier(told: Frontier) -> str:
    return f"barrier_{told.see}" if told.see else "barrier"


def list_line(line: tuple[LineRow, ...], terms: Terms) -> Listing | None:
    """Return the pieces of the frontier from north to south, and their length."""
    if not line:
        return None
    rows: list[Row] = [
        (
            one.from_km, one.to_km, one.km, terms.area(one.governorate), terms.flag(one.covered),
            terms.flag(one.reached), one.site_id, one.minutes, terms.code(one.reason),
        )
        for one in line
    ]  # fmt: skip
    whole = round(math.fsum(one.km for one in line), 6)
    rows.append((None, None, whole, terms.area(None), "", "", "", None, ""))
    columns = (
        *_ends(terms),
        terms.column("km", "km", "unit_km"),
        terms.column("governorate"),
        terms.column("covered", word="column_covered"),
        terms.column("reached", word="stretch_reached"),
        terms.column("site_id", "code", "column_site"),
        terms.column("minutes", "minutes"),
        terms.column("reason"),
    )
    return terms.listing("frontier", columns, rows, totals=1, notes=["limit_free_flow"])


def _ends(terms: Terms) -> tuple[Column, Column]:
    return terms.column("from_km", "km"), terms.column("to_km", "km")


def list_stretches(strip: Strip | None, posts: PlanPart | None, terms: Terms) -> Listing | None:
    """Return the longest open stretches, the rest of them, and the sum."""
    if strip is None or posts is None or not strip.stretches:
        return None
    rows: list[Row] = [
        (one.from_km, one.to_km, one.km, terms.area(one.governorate), terms.code(one.reason))
        for one in strip.stretches
    ]
    count, km = strip.rest
    if count:
        rows.append((None, None, km, terms.say("stretches_rest", "rest", stretches=count), ""))
    rows.append((None, None, posts.after.cover.uncovered, terms.area(None), ""))
    columns = (
        *_ends(terms),
        terms.column("km", "km", "unit_km"),
        terms.column("governorate"),
        terms.column("reason"),
    )
    return terms.listing("open_stretches", columns, rows, totals=1 + bool(count))


def list_stretch_reasons(
    strip: Strip | None, posts: PlanPart | None, terms: Terms
) -> Listing | None:
    """Return how much of the line is open for each reason, and the sum."""
    if strip is None or posts is None or not strip.reasons:
        return None
    rows: list[Row] = [(terms.code(reason), count, km) for reason, count, km in strip.reasons]
    whole = sum(count for _, count, _ in strip.reasons)
    rows.append((terms.area(None), whole, posts.after.cover.uncovered))
    columns = (
        terms.column("reason"),
        terms.column("stretches", "count"),
        terms.column("km", "km", "unit_km"),
    )
    return terms.listing("stretch_reasons", columns, rows, totals=1)


def list_crossings(told: Frontier | None, terms: Terms) -> Listing | None:
    """Return the crossings and the posts at them."""
    rows: list[Row] = [
        (*terms.names(one.name), one.chainage_km, one.line_km, one.post, one.post_km)
        for one in (told.crossings if told else ())
    ]
    columns = (
        *terms.name_columns("crossing"),
        terms.column("chainage_km", "km", "chainage"),
        terms.column("line_km", "km", "crossing_line_km"),
        terms.column("site_id", "code", "crossing_post"),
        terms.column("post_km", "km", "crossing_post_km"),
    )
    return terms.listing("crossings", columns, rows) if rows else None


def list_post_facts(told: Frontier | None, terms: Terms) -> list[Listing]:
    """Return what is told of each post, a table a side of it."""
    return [_post_facts(table, terms) for table in (told.tables if told else ())]


def _post_facts(table: PostTable, terms: Terms) -> Listing:
    columns: list[Column] = [
        terms.column("site_id", "code", "column_id"),
        terms.column("rank", "count"),
        *terms.name_columns(),
        terms.column("governorate"),
    ]
    for one in table.columns:
        if one.form == "stretch":
            columns.append(terms.column(f"{one.key}_from_km", "km", "column_reach_from"))
            columns.append(terms.column(f"{one.key}_to_km", "km", "column_reach_to"))
        else:
            columns.append(terms.column(one.key, _FORMS.get(one.form, "text"), f"post_{one.key}"))
    rows: list[Row] = []
    for row in table.rows:
        cells: list[Cell] = [
            row.site_id, row.rank, *terms.names(row.name), terms.area(row.governorate)
        ]  # fmt: skip
        for one, value in zip(table.columns, row.values, strict=True):
            cells += _cells(value, one.form, terms)
        rows.append(tuple(cells))
    return terms.listing(f"posts_{table.key}", columns, rows, notes=["note_blank"])


def _cells(value: Value, form: str, terms: Terms) -> Row:
    if form == "stretch":
        return tuple(map(float, value)) if isinstance(value, tuple) else (None, None)
    if isinstance(value, Name):
        return (terms.name(value),)
    if isinstance(value, tuple):
        return (" ".join(map(str, value)),)
    return (value,)
