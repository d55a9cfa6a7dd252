"""The report as PDF, laid out from the page's own articles; nothing is fetched for it."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from boxreach.errors import Fault, InputError
from boxreach.languages.typefaces import FACES, read_font
from boxreach.report.drawings import lay_words, paint_drawings
from boxreach.report.page import render_article, title_of
from boxreach.report.paper import write_page_rules
from boxreach.report.placement_report import PlacementReport
from boxreach.report.wording import Wording
from boxreach.text import show_controls

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcherResponse

_FONTS = "boxreach:"
"""The only addresses that anything is fetched from: those of the packaged fonts."""

_STYLES = ("style.css", "pdf.css")
_SHEET_STYLES = ("style.css", "sheets.css", "pdf.css")

_MOST_TAGGED = 100
"""Sheets of a tagged PDF at most: tags take a fifth of the time and memory."""

_BATCH = 25
"""Sheets that are laid out at once: what laying out takes is given back before the next ones."""

_PAGE = Markup(
    '<!DOCTYPE html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
    "<title>{title}</title></head><body><main>"
    '<article id="{name}" lang="{language}" dir="{direction}">{article}</article>'
    "</main></body></html>"
)

_FIGURE = re.compile('<bdi dir="ltr">([^<]*)</bdi>')
_NO_SIGNS = dict.fromkeys((0x2066, 0x2069))

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
    weasyprint = _load_weasyprint()
    fonts = weasyprint.text.fonts.FontConfiguration()
    faces = _style(_write_faces(), fonts)
    rules = _style(write_page_rules(report, wording), fonts)
    told, sheets = (
        [faces, *(_style(_read(name), fonts) for name in names), rules]
        for names in (_STYLES, _SHEET_STYLES)
    )
    paper, digest = render_paper(report, wording), hashlib.sha256()
    variant = "pdf/ua-1" if len(report.sheets) <= _MOST_TAGGED else None
    document = _lay_out(paper, told, _STYLES, fonts, variant)
    digest.update(paper.encode())
    pages = document.pages[: len(document.pages) - len(report.sheets)]
    for paper in render_sheet_papers(report, wording):
        digest.update(paper.encode())
        pages += _lay_out(paper, sheets, _SHEET_STYLES, fonts, variant).pages
    document.copy(pages).write_pdf(path, pdf_variant=variant, pdf_identifier=digest.digest()[:16])


def render_paper(report: PlacementReport, wording: Wording) -> str:
    """Return the page that the report in a PDF is laid out from, with a place for each sheet."""
    held = _HELD * len(report.sheets)
    return _frame(report, wording, render_article(report, wording) + held, wording.language)


def render_sheet_papers(report: PlacementReport, wording: Wording) -> Iterator[str]:
    """Yield the pages that the sheets in a PDF are laid out from, some sheets on each."""
    if not report.sheets:
        return
    from boxreach.report.sheet_pages import render_sheet_pages  # noqa: PLC0415

    sheets = re.split('(?=<section class="sheet)', render_sheet_pages(report, wording))[1:]
    for first in range(0, len(sheets), _BATCH):
        some = Markup("".join(sheets[first : first + _BATCH]))  # noqa: S704 - escaped there
        yield _frame(report, wording, some, "sheets")


def _frame(report: PlacementReport, wording: Wording, article: Markup, name: str) -> str:
    # A third of all elements only keep a figure together: signs of direction do that too.
    light = _FIGURE.sub(lambda found: f"\u2066{found[1].replace(' ', chr(0xA0))}\u2069", article)
    if not wording.right_to_left:
        light = light.translate(_NO_SIGNS)
    page = _PAGE.format(
        language=wording.language,
        direction="rtl" if wording.right_to_left else "ltr",
        title=title_of(report, wording),
        article=Markup(light),  # noqa: S704 - of what was markup already
        name=name,
    )
    return show_controls(page)


def _lay_out(
    paper: str, looks: list[Any], styles: Iterable[str], fonts: Any, variant: str | None
) -> Any:
    """Return the pages of a paper as a document of WeasyPrint's."""
    import weasyprint  # noqa: PLC0415

    html = weasyprint.HTML(string=paper, url_fetcher=fetch_packaged)
    paint_drawings(html.etree_element, map(_read, styles))
    lay_words(html.etree_element)
    document = html.render(font_config=fonts, stylesheets=looks, pdf_variant=variant)
    for page in document.pages:
        for box in page._page_box.descendants():  # noqa: SLF001
            drawing: Any = getattr(box, "replacement", None)
            if hasattr(drawing, "_context"):
                # or it keeps all that its document was laid out from, to hyphenate words with
                drawing._context = None  # noqa: SLF001
    return document


def _style(text: str, fonts: Any) -> Any:
    import weasyprint  # noqa: PLC0415

    return weasyprint.CSS(string=text, font_config=fonts, url_fetcher=fetch_packaged)


def fetch_packaged(address: str) -> URLFetcherResponse:
    """Return a packaged font by its address, and refuse every other address.

    Raises
    ------
    InputError
        If the address is of anything else, whatever it is: a file, a page, or data.
    """
    from weasyprint.urls import URLFetcherResponse  # noqa: PLC0415

    name = address.removeprefix(_FONTS)
    if name == address or name not in FACES:
        raise InputError(
            Fault(
                f"a report for a PDF would load {address[:80]!r}",
                advice="nothing is fetched for it; take out what asks for that",
            )
        )
    return URLFetcherResponse(address, read_font(name), {"Content-Type": "font/woff2"})


def _write_faces() -> str:
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
        f"src: url({_FONTS}{name}); }}"
        for name, (family, weight) in FACES.items()
    )


def _read(name: str) -> str:
    return files("boxreach.report").joinpath("templates", name).read_text(encoding="utf-8")


def _load_weasyprint() -> Any:
    """Return WeasyPrint, or say what to install."""
    try:
        import weasyprint  # noqa: PLC0415
        import weasyprint.text.fonts  # noqa: PLC0415
    except ImportError as fault:
        what, advice = "WeasyPrint is not installed", "pip install 'boxreach[pdf]'"
        raise InputError(Fault(what, advice=advice)) from fault
    except OSError as fault:
        what = "the Pango library that WeasyPrint draws with is not installed"
        advice = "on Debian: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        raise InputError(Fault(what, advice=advice)) from fault
    # of the rules of the page's style sheet those for a browser would each be warned of
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return weasyprint
