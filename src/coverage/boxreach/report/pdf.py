"""The report as PDF, laid out from the page's own articles; nothing is fetched for it."""

from __future__ import annotations

import hashlib
import logging
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

_STYLES = ("style.css", "sheets.css", "pdf.css")

_PAGE = Markup(
    '<!DOCTYPE html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
    "<title>{title}</title></head><body><main>"
    '<article id="{language}" lang="{language}" dir="{direction}">{article}{sheets}</article>'
    "</main></body></html>"
)


def write_pdf(path: str | Path, report: PlacementReport, wording: Wording) -> None:
    """Write the report and its site sheets in one language as a tagged PDF.

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
    styles = [_read(name) for name in _STYLES]
    fonts = weasyprint.text.fonts.FontConfiguration()
    page = render_paper(report, wording)
    html = weasyprint.HTML(string=page, url_fetcher=fetch_packaged)
    paint_drawings(html.etree_element, styles)
    lay_words(html.etree_element)
    sheets = [
        weasyprint.CSS(string=style, font_config=fonts, url_fetcher=fetch_packaged)
        for style in (_write_faces(), *styles, write_page_rules(report, wording))
    ]
    html.write_pdf(
        path,
        stylesheets=sheets,
        font_config=fonts,
        pdf_variant="pdf/ua-1",
        pdf_identifier=hashlib.sha256(page.encode()).digest()[:16],
    )


def render_paper(report: PlacementReport, wording: Wording) -> str:
    """Return the page that the PDF is laid out from: the article, then the sheets."""
    page = _PAGE.format(
        language=wording.language,
        direction="rtl" if wording.right_to_left else "ltr",
        title=title_of(report, wording),
        article=render_article(report, wording),
        sheets=_render_sheets(report, wording),
    )
    return show_controls(page)


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


def _render_sheets(report: PlacementReport, wording: Wording) -> Markup:
    if not report.sheets:
        return Markup("")
    from boxreach.report.sheet_pages import render_sheet_pages  # noqa: PLC0415

    return render_sheet_pages(report, wording)


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
