"""The report as PDF, laid out from the page's own articles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from boxreach.report.page import render_article, title_of
from boxreach.report.paper import write_page_rules
from boxreach.report.placement_report import PlacementReport
from boxreach.report.press import bind, print_papers
from boxreach.report.typesetting import Paper, lay_out, load_weasyprint
from boxreach.report.wording import Wording
from boxreach.text import show_controls

_STYLES = ("style.css", "pdf.css")
_SHEET_STYLES = ("style.css", "sheets.css", "pdf.css")

_MOST_TAGGED = 100
"""Sheets of a tagged PDF at most: tags are of one document, which is laid out as a whole."""

_BATCH = 25
"""Sheets that are laid out at once: what laying out takes is given back before the next ones."""

_PAGE = Markup(
    '<!DOCTYPE html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
    "<title>{title}</title></head><body><main>"
    '<article id="{name}" lang="{language}" dir="{direction}">{article}</article>'
    "</main></body></html>"
)

_ISOLATED = re.compile('<bdi( dir="ltr")?>([^<]*)</bdi>')
_FIRST_STRONG, _LEFT_TO_RIGHT, _ENDED, _NO_BREAK = "\u2068", "\u2066", "\u2069", "\u00a0"

_HELD = Markup('<p class="held"></p>')
"""A page that is counted with those of the report, and whose place a sheet takes."""


def write_pdf(path: str | Path, report: PlacementReport, wording: Wording) -> None:
    """Write the report and its site sheets in one language as a PDF, tagged up to 100 sheets.

    Parameters
    ----------
    path
        The file.
    report
        The report; what it withholds is in no page.
    wording
        The language, and the digits of page numbers.

    Raises
    ------
    InputError
        If WeasyPrint or the Pango library it draws with is not installed.

    Notes
    -----
    The same report gives the same bytes with the same versions of WeasyPrint and Pango: there is
    no clock and nothing random in them, and the fonts are boxreach's own. Letters that those do
    not have are taken from the machine.
    """
    load_weasyprint()
    papers = render_papers(report, wording)
    if len(report.sheets) > _MOST_TAGGED:
        bind(path, print_papers(papers))
    else:
        _write_tagged(path, list(papers))


def render_papers(report: PlacementReport, wording: Wording) -> Iterator[Paper]:
    """Yield what a PDF is laid out from: the report, then the sheets, some at a time."""
    rules, held = write_page_rules(report, wording), len(report.sheets)
    told = render_article(report, wording) + _HELD * held
    yield Paper(_frame(report, wording, told, wording.language), rules, _STYLES, held)
    if not held:
        return
    from boxreach.report.sheet_pages import render_sheet_pages  # noqa: PLC0415

    sheets = re.split('(?=<section class="sheet)', render_sheet_pages(report, wording))[1:]
    for first in range(0, held, _BATCH):
        some = Markup("".join(sheets[first : first + _BATCH]))  # noqa: S704 - escaped there
        yield Paper(_frame(report, wording, some, "sheets"), rules, _SHEET_STYLES)


def _write_tagged(path: str | Path, papers: list[Paper]) -> None:
    """Lay out papers as one document, whose tags name all of it, and write it."""
    variant, digest = "pdf/ua-1", hashlib.sha256()
    for paper in papers:
        digest.update(paper.page.encode())
    documents = [lay_out(paper, variant) for paper in papers]
    whole = documents[0].copy([page for document in documents for page in document.pages])
    whole.write_pdf(path, pdf_variant=variant, pdf_identifier=digest.digest()[:16])


def _frame(report: PlacementReport, wording: Wording, article: Markup, name: str) -> str:
    # A third of all elements only keep a name or figure together: signs of direction do that too.
    page = _PAGE.format(
        language=wording.language,
        direction="rtl" if wording.right_to_left else "ltr",
        title=title_of(report, wording),
        article=Markup(_ISOLATED.sub(_isolate, article)),  # noqa: S704 - of what was markup already
        name=name,
    )
    return show_controls(page)


def _isolate(found: re.Match[str]) -> str:
    figure, text = found.groups()
    if figure:
        return f"{_LEFT_TO_RIGHT}{text.replace(' ', _NO_BREAK)}{_ENDED}"
    return f"{_FIRST_STRONG}{text}{_ENDED}"
