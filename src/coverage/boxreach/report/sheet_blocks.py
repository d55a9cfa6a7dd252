"""The sheet of a site as paragraphs and tables, for a word processor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boxreach.report.blocks import (
    Block,
    Cell,
    Grid,
    Heading,
    Line,
    PageBreak,
    Paragraph,
    Piece,
    Row,
    direction_of,
)
from boxreach.report.model import GapSum, Name
from boxreach.report.site_sheet import Nearby, SiteSheet, Support
from boxreach.report.wording import Wording

LISTED = 8
"""Communities of each kind that a sheet of one page has room for."""


def lay_out_sheet(sheet: SiteSheet, wording: Wording) -> Iterator[Block]:
    """Give the blocks of one sheet: what it is, facts, whom it serves, whom not, room for notes."""
    say = wording.words
    yield PageBreak()
    called = _name(sheet.name, wording)
    yield Heading(2, (Piece(f"{say[sheet.kind]} "), _code(sheet.site_id), Piece(": "), *called))
    others = sheet.name.others(wording.language)
    if others:
        shown = [Piece(text, direction_of(text), code) for code, text in others]
        yield Paragraph(_join(shown), "basis")
    facts = [
        Row((Cell((_words(key),), head=True), Cell((line,))))
        for key, line in _facts(sheet, wording)
    ]
    yield Grid(say["word_facts"], tuple(facts))
    if sheet.served:
        rows: list[tuple[Line, ...]] = [
            ((_code(one.community_id),), _name(one.name, wording), _people(one.people, wording),
             (_figure(f"{one.minutes:.1f}", wording),))
            for one in sheet.served[:LISTED]
        ]  # fmt: skip
        yield from _list(say["word_served"], rows, sheet.served_all, wording, ("minutes",))
    if sheet.missed:
        rows = [
            ((_code(one.community_id),), _name(one.name, wording), _people(one.people, wording),
             _words(say[one.reason]))
            for one in sheet.missed[:LISTED]
        ]  # fmt: skip
        yield from _list(say["word_missed"], rows, sheet.missed_all, wording, ("reason",))
    yield Paragraph(_words(say["word_notes"]), "term")
    yield Grid(say["word_notes"], (Row((Cell(()),)),), "notes")


def _facts(sheet: SiteSheet, wording: Wording) -> Iterator[tuple[str, Line]]:
    """Give what is known of the site, each with what it is called."""
    say = wording.words

    def figure(text: str) -> Piece:
        return _figure(text, wording)

    if sheet.rank is not None:
        yield say["rank"], (figure(f"{sheet.rank:,}"),)
    if sheet.mgrs:
        yield say["mgrs"], (_code(sheet.mgrs),)
    where = f"{sheet.lat:.5f}, {sheet.lon:.5f}"
    yield f"{say['latitude']}, {say['longitude']}", (Piece(where, "ltr"),)
    area = [_name(sheet.governorate, wording)] if sheet.governorate.in_language("en") else []
    if sheet.district:
        area.append((Piece(sheet.district, direction_of(sheet.district)),))
    if area:
        yield say["governorate"], _join(area)
    if sheet.gained is not None:
        digits = 1 if sheet.unit == "km" else 0
        yield say[f"{sheet.unit}_gained"], (figure(f"{sheet.gained:,.{digits}f}"),)
    if sheet.moved_from is not None:
        yield say["moved_from"], _name(sheet.moved_from, wording)
    if sheet.chainage_km is not None:
        yield say["chainage"], (figure(f"{sheet.chainage_km:,.1f}"),)
    if sheet.from_km is not None and sheet.to_km is not None:
        yield say["reach_stretch"], (figure(f"{sheet.from_km:,.1f} – {sheet.to_km:,.1f}"),)
    yield from _ways(sheet, wording)


def _ways(sheet: SiteSheet, wording: Wording) -> Iterator[tuple[str, Line]]:
    """Give how to get there, from where help comes and what is near."""
    say = wording.words
    if sheet.road:
        yield say["word_road"], (Piece(sheet.road, direction_of(sheet.road)),)
    if sheet.approach is not None:
        way = sheet.approach
        told = _measured(way.km, way.minutes, wording)
        yield say["word_way_from"], _join([_name(way.start, wording), told])
        if way.turn_at is not None:
            lon, lat = way.turn_at
            yield say["word_last_turn"], (Piece(f"{lat:.5f}, {lon:.5f}", "ltr"),)
    if sheet.support is not None:
        yield say["word_support"], _support(sheet.support, wording)
    if sheet.backed_up_by:
        yield (
            say["word_next_support"],
            _join([_support(one, wording) for one in sheet.backed_up_by]),
        )
    for key, near in (
        ("post_town", sheet.town),
        ("word_water", sheet.water),
        ("post_crossing", sheet.crossing),
    ):
        if near is not None:
            yield say[key], _near(near, wording)


def _support(one: Support, wording: Wording) -> Line:
    told = _measured(None, one.minutes, wording)
    called = (_code(one.site_id), Piece(" "), *_name(one.name, wording))
    stands = [] if not one.proposed else [_words(wording.words["proposal"])]
    return _join([called, told, *stands])


def _near(near: Nearby, wording: Wording) -> Line:
    called = [_name(near.name, wording)] if near.name is not None else []
    return _join([*called, _measured(near.km, near.minutes, wording)])


def _measured(km: float | None, minutes: float | None, wording: Wording) -> Line:
    parts = []
    if km is not None:
        parts.append(_words(wording.say("in_km", km=wording.figure(f"{km:,.1f}"))))
    if minutes is not None:
        parts.append(
            _words(
                wording.say("threshold", count=minutes, minutes=wording.figure(f"{minutes:,.1f}"))
            )
        )
    return _join(parts)


def _list(
    title: str, rows: Sequence[tuple[Line, ...]], whole: GapSum, wording: Wording, last: tuple[str]
) -> Iterator[Block]:
    """Give a table of communities, and their sum, which the rows may not add up to."""
    say = wording.words
    yield Paragraph(_words(title), "term")
    heads = ("word_id", "community", "people", *last)
    number = (False, False, True, last == ("minutes",))
    head = Row(tuple(Cell((_words(say[key]),), head=True) for key in heads), "head")
    shown = [
        Row(tuple(Cell((line,), number=one) for line, one in zip(row, number, strict=True)))
        for row in rows
    ]
    people = "–" if whole.none_known else wording.figure(f"{whole.people:,}")
    places = _words(f"{say['total']} ({wording.figure(f'{whole.places:,}')})")
    total = (Cell((places,), columns=2), Cell(((Piece(people, "ltr"),),), number=True), Cell(()))
    yield Grid(title, (head, *shown, Row(total, "total")))


def _people(people: int | None, wording: Wording) -> Line:
    if people is None:
        return (Piece(wording.words["unknown"], kind="soft"),)
    return (_figure(f"{people:,}", wording),)


def _name(name: Name, wording: Wording) -> Line:
    text = wording.name(name)
    return (Piece(text, direction_of(text)),)


def _words(text: str) -> Line:
    return (Piece(text),)


def _code(text: str) -> Piece:
    return Piece(text, "ltr", kind="code")


def _figure(text: str, wording: Wording) -> Piece:
    return Piece(wording.figure(text), "ltr")


def _join(parts: Sequence[Line] | Sequence[Piece]) -> Line:
    """Join lines, or pieces, by a middle dot."""
    joined: list[Piece] = []
    for part in parts:
        line = (part,) if isinstance(part, Piece) else part
        if line:
            joined += [Piece(" · "), *line] if joined else line
    return tuple(joined)
