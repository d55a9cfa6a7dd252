"""One paper of a PDF laid out by WeasyPrint; nothing but packaged fonts is fetched for it."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from boxreach.errors import Fault, InputError
from boxreach.languages.typefaces import FACES, read_font
from boxreach.report.drawings import lay_words, paint_drawings, take_out_drawings

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcherResponse

_FONTS = "boxreach:"
"""The only addresses that anything is fetched from: those of the packaged fonts."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What some pages of a PDF are laid out from."""

    page: str
    """HTML, with its drawings."""
    rules: str
    """The rules of its pages: a style sheet."""
    styles: tuple[str, ...]
    """Names of packaged style sheets."""
    held: int = 0
    """Pages at its end that are counted, and whose place other papers take."""


def lay_out(paper: Paper, variant: str | None = None) -> Any:
    """Return the pages of a paper as a document of WeasyPrint's, without those it holds.

    Parameters
    ----------
    paper
        The paper.
    variant
        A variant of PDF as WeasyPrint names it, such as ``pdf/ua-1``; without, a plain one.

    Raises
    ------
    InputError
        If WeasyPrint or the Pango library it draws with is not installed.
    """
    weasyprint = load_weasyprint()
    fonts = weasyprint.text.fonts.FontConfiguration()
    read = [_read(name) for name in paper.styles]
    looks = [
        weasyprint.CSS(string=text, font_config=fonts, url_fetcher=fetch_packaged)
        for text in (_write_faces(), *read, paper.rules)
    ]
    drawings: dict[str, bytes] = {}
    html = weasyprint.HTML(
        string=paper.page, url_fetcher=partial(fetch_packaged, drawings=drawings)
    )
    paint_drawings(html.etree_element, read)
    lay_words(html.etree_element)
    drawings |= take_out_drawings(html.etree_element, _FONTS)
    document = html.render(font_config=fonts, stylesheets=looks, pdf_variant=variant)
    for page in document.pages:
        for box in page._page_box.descendants():  # noqa: SLF001
            drawing: Any = getattr(box, "replacement", None)
            if hasattr(drawing, "_context"):
                # or it keeps all that its document was laid out from, to hyphenate words with
                drawing._context = None  # noqa: SLF001
    return document.copy(document.pages[: len(document.pages) - paper.held])


def fetch_packaged(address: str, drawings: Mapping[str, bytes] = {}) -> URLFetcherResponse:
    """Return a packaged font, or a drawing of the page, by its address; refuse every other one.

    Parameters
    ----------
    address
        What is asked for.
    drawings
        What has been taken out of the page, by its address.

    Raises
    ------
    InputError
        If the address is of anything else, whatever it is: a file, a page, or data.
    """
    from weasyprint.urls import URLFetcherResponse  # noqa: PLC0415

    if address in drawings:
        return URLFetcherResponse(address, drawings[address], {"Content-Type": "image/svg+xml"})
    name = address.removeprefix(_FONTS)
    if name == address or name not in FACES:
        raise InputError(
            Fault(
                f"a report for a PDF would load {address[:80]!r}",
                advice="nothing is fetched for it; take out what asks for that",
            )
        )
    return URLFetcherResponse(address, _unpack(name), {"Content-Type": "font/ttf"})


def load_weasyprint() -> Any:
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


def _write_faces() -> str:
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
        f"src: url({_FONTS}{name}); }}"
        for name, (family, weight) in FACES.items()
    )


@cache
def _unpack(name: str) -> bytes:
    # WeasyPrint would do so for each paper, which takes longer than to lay a sheet out
    from fontTools.ttLib import woff2  # noqa: PLC0415 - of WeasyPrint

    unpacked = io.BytesIO()
    woff2.decompress(io.BytesIO(read_font(name)), unpacked)
    return unpacked.getvalue()


@cache
def _read(name: str) -> str:
    return files("boxreach.report").joinpath("templates", name).read_text(encoding="utf-8")
