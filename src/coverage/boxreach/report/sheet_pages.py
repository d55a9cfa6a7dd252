"""The site sheets: one page of paper for each box or post, as a convoy takes it along."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from markupsafe import Markup, escape

from boxreach.languages import check_languages
from boxreach.report.frame import environment, frame_page
from boxreach.report.model import Name
from boxreach.report.placement_report import PlacementReport
from boxreach.report.sheet_map import draw_ground, draw_key, draw_map, draw_paper_map, list_kinds
from boxreach.report.sheet_room import LONG, choose_closeness
from boxreach.report.site_sheet import SiteSheet
from boxreach.report.wording import Wording
from boxreach.text import show_controls

Draw = Callable[[SiteSheet, int], Markup]
"""Draws the map of a sheet, given its number."""

_MGRS = re.compile("([0-9]{1,2}[A-Z])([A-Z]{2})((?:[0-9]{2})+)")
_SCRIPTS = ("en", "ar", "ckb", "kmr")
_WIDE, _WIDEST = 26, 60
"""Letters of a name from which it is written small, and from which it is written smaller."""


def render_sheets(report: PlacementReport, languages: tuple[str, ...], digits: str = "latn") -> str:
    """Return a page of all site sheets, with a list of them, in every language.

    Parameters
    ----------
    report
        The report whose ``sheets`` are written.
    languages
        Codes of `boxreach.languages.LANGUAGES`; the first one shows when the page opens.
    digits
        As in `Wording`.

    Raises
    ------
    InputError
        If a language is none of those, or there is none.
    """
    languages = tuple(dict.fromkeys(languages))
    check_languages(languages)
    articles = {}
    for language in languages:
        wording = Wording(language, digits)
        sheets = _render_sheets(report, wording, _draw_shared(wording, alone=len(languages) == 1))
        template = environment().get_template("sheets.html.j2")
        written = template.render(report=report, sheets=sheets, **_context(report, wording))
        articles[language] = Markup(written)  # noqa: S704 - the template has escaped every value
    if len(languages) > 1:
        # Maps are drawn once, and used by every language.
        grounds = [
            draw_ground(sheet, f"ground-{number}")
            for number, sheet in enumerate(report.sheets, 1)
            if sheet.ground
        ]
        size = Markup('<svg class="grounds" width="0" height="0" aria-hidden="true"><defs>')
        articles[languages[0]] = (
            size + Markup("").join(grounds) + Markup("</defs></svg>") + articles[languages[0]]
        )
    title = Wording(languages[0]).words["sheets_title"]
    return frame_page(articles, title, "style.css", "sheets.css")


def render_sheet_pages(report: PlacementReport, wording: Wording) -> Markup:
    """Return the sheets of a report in one language, each a section that fills one page.

    The styles that belong to them are ``templates/sheets.css``, on top of ``style.css``.
    """

    def draw(sheet: SiteSheet, number: int) -> Markup:
        return draw_paper_map(sheet, wording, f"{wording.language}-map-{number}")

    pages = _render_sheets(report, wording, draw)
    return Markup(show_controls(pages))  # noqa: S704 - escaped, and signs of controls only


def _draw_shared(wording: Wording, *, alone: bool) -> Draw:
    """Return what draws maps on a page where each has its ground drawn once."""

    def draw(sheet: SiteSheet, number: int) -> Markup:
        shared = "" if alone else f"ground-{number}"
        return draw_map(sheet, wording, f"{wording.language}-map-{number}", shared)

    return draw


def _render_sheets(report: PlacementReport, wording: Wording, draw: Draw) -> Markup:
    template = environment().get_template("sheet.html.j2")
    context = _context(report, wording)
    total = len(report.sheets)
    pages = [
        template.render(
            sheet=sheet,
            number=number,
            total=total,
            drawing=draw(sheet, number),
            kinds=list_kinds(sheet),
            closeness=choose_closeness(sheet, wording),
            **context,
        )
        for number, sheet in enumerate(report.sheets, 1)
    ]
    return Markup("".join(pages))  # noqa: S704 - the template has escaped every value


def _context(report: PlacementReport, wording: Wording) -> dict[str, object]:
    """Return what the templates of one language are filled in with."""
    words = {key: escape(text) for key, text in wording.words.items()}

    def figure(value: float, decimals: int = 0) -> Markup:
        return _left_to_right(wording.figure(f"{value:,.{decimals}f}"))

    def plain(value: float) -> Markup:
        return _left_to_right(wording.figure(f"{value:,.10g}"))

    handling = report.handling
    return {
        "handling": handling,
        "marking": wording.text(handling.marking) if handling.marking else "",
        "language": wording.language,
        "w": words,
        "say": wording.mark,
        "figure": figure,
        "plain": plain,
        "beyond": lambda minutes: figure(_round_up(minutes), 1),
        "called": lambda name, other="": _called(wording.name(name), other),
        "short": lambda name, other="": _called(_shorten(wording.name(name)), other),
        "scripts": lambda name: _in_scripts(name, wording),
        "road_of": lambda road, kind: _road_of(words, road, kind),
        "degrees": lambda lat, lon: _left_to_right(f"{lat:.5f}, {lon:.5f}"),
        "degrees_minutes": _degrees_minutes,
        "size": _size,
        "parts": _parts,
        "draw_key": _key(),
    }


def _key() -> Callable[[str], Markup]:
    drawn: dict[str, Markup] = {}

    def draw(kind: str) -> Markup:
        return drawn.setdefault(kind, draw_key(kind))

    return draw


def _called(shown: str, other: str) -> Markup:
    """Return a name that keeps its own direction; an id where there is no name."""
    return Markup(f"<bdi>{escape(shown or other)}</bdi>")  # noqa: S704 - escaped here


def _shorten(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _in_scripts(name: Name, wording: Wording) -> list[tuple[str, str]]:
    """Return the further forms of a name, each with its language, in the order of languages."""
    others = dict(name.others(wording.language))
    return [(code, others[code]) for code in _SCRIPTS if code in others]


def _road_of(words: dict[str, Markup], road: str, kind: str) -> Markup:
    """Return what a road is called, and of what class it is."""
    known = words.get(f"sheet_class_{kind.removesuffix('_link')}")
    if not road:
        return known or words["sheet_class_other"]
    name = Markup(f"<bdi>{escape(_shorten(road))}</bdi>")  # noqa: S704 - escaped here
    return name if known is None else Markup("{} ({})").format(name, known)


def _size(text: str) -> str:
    """Return the class of a name by its length, so that a row of a table stays low."""
    return "" if len(text) < _WIDE else "long" if len(text) < _WIDEST else "longest"


def _parts(mgrs: str) -> tuple[str, ...]:
    """Return zone, square, easting and northing of a grid reference, which are set apart."""
    found = _MGRS.fullmatch(mgrs)
    if found is None:
        return (mgrs,)
    zone, square, digits = found.groups()
    half = len(digits) // 2
    return zone, square, digits[:half], digits[half:]


def _degrees_minutes(lat: float, lon: float) -> Markup:
    """Return a place in degrees and decimal minutes, as GPS units show it."""
    halves = ((lat, "NS", 2), (lon, "EW", 3))
    return _left_to_right("  ".join(_as_minutes(*half) for half in halves))


def _as_minutes(value: float, sides: str, digits: int) -> str:
    thousandths = round(abs(value) * 60_000)
    whole, rest = divmod(thousandths, 60_000)
    return f"{whole:0{digits}d}°{rest / 1000:06.3f}′ {sides[value < 0]}"


def _round_up(minutes: float) -> float:
    """Round so that a time beyond the threshold never reads as one within it."""
    return math.ceil(round(minutes * 10, 6)) / 10


def _left_to_right(text: str) -> Markup:
    return Markup(f'<bdi dir="ltr">{text}</bdi>')  # noqa: S704 - figures of ours
