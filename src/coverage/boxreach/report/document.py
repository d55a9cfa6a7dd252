"""The report as a document for a word processor, made from the very article that the page shows.

The article is read as blocks (`boxreach.report.blocks`), and each of them becomes paragraphs, a
table or a picture (`boxreach.report.word_markup`). The sheets of the sites come after it.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from boxreach.errors import Fault, InputError
from boxreach.report.blocks import (
    Block,
    Drawing,
    Grid,
    Heading,
    PageBreak,
    Piece,
    direction_of,
    read_article,
)
from boxreach.report.chart_image import draw_image, size_of
from boxreach.report.page import kind_of, render_article, title_of
from boxreach.report.placement_report import PlacementReport
from boxreach.report.sheet_blocks import lay_out_sheet
from boxreach.report.word_markup import (
    LANGUAGE_TAGS,
    Hand,
    add,
    add_field,
    add_paragraph,
    add_picture,
    add_table,
    add_text,
    start,
)
from boxreach.report.wording import Wording
from boxreach.text import show_controls

_WIDTH_CM, _STACK_CM = 18.0, 0.65
_CHART_PX, _KEY_PX = 1440, 96
_WRITTEN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""The same whenever it is written, so that the same report makes the same bytes."""


def write_docx(path: str | Path, report: PlacementReport, wording: Wording) -> None:
    """Write a report, and a page for each of its sites, as a Word document.

    Parameters
    ----------
    path
        The file; written whole or not at all by whoever gives the folder.
    report
        What there is to say. Words and figures are those of the page.
    wording
        In which language and digits. Tables of languages that are written from right to left
        run from right to left, ids, grid references and figures from left to right.

    Raises
    ------
    InputError
        If python-docx or resvg-py, of the extra ``word``, is not installed.
    """
    try:
        import docx  # noqa: PLC0415 - optional
    except ImportError as error:
        what, advice = "python-docx is not installed", "pip install 'boxreach[word]'"
        raise InputError(Fault(what, advice=advice)) from error
    document = docx.Document()
    _drop_leftovers(document)
    pictures = _Pictures(document, wording.right_to_left)
    hand = Hand(wording.language, wording.right_to_left, pictures.keep_small)
    body = start("w:body")
    _add_blocks(body, read_article(render_article(report, wording)), hand, pictures)
    if report.sheets:
        add_paragraph(body, (Piece(wording.words["word_sheets"]),), hand, "Heading1")
    for sheet in report.sheets:
        _add_blocks(body, lay_out_sheet(sheet, wording), hand, pictures)
    _number_drawings(body)
    _lay_out_pages(document, report, wording, hand)
    _fill(document.element.body, body)
    _set_styles(document, wording)
    _set_properties(document, report, wording)
    Path(path).write_bytes(_saved(document))


class _Pictures:
    """The pictures of a document, each of them drawn once."""

    def __init__(self, document: Any, right_to_left: bool) -> None:
        self.document, self.right_to_left = document, right_to_left
        self.kept: dict[str, str] = {}

    def keep(self, svg: ET.Element, px: int) -> str:
        """Draw and keep a drawing; return the id by which the document knows it."""
        drawn = ET.tostring(svg, encoding="unicode")
        if drawn not in self.kept:
            # As on the page: bars begin where lines do, and curves run as curves do.
            mirrored = self.right_to_left and svg.get("class") == "stack"
            image = draw_image(svg, px=px, mirrored=mirrored)
            self.kept[drawn] = self.document.part.get_or_add_image(io.BytesIO(image))[0]
        return self.kept[drawn]

    def keep_small(self, svg: ET.Element) -> str:
        """Keep a drawing that stands in a line of text."""
        return self.keep(svg, _KEY_PX)


def _drop_leftovers(document: Any) -> None:
    """Take out what an empty document of the library brings along: a preview, further styles."""
    for part in (document.part.package, document.part):
        for key, relation in list(part.rels.items()):
            if relation.reltype.endswith(("/thumbnail", "/stylesWithEffects")):
                del part.rels[key]


def _add_blocks(body: ET.Element, blocks: Iterable[Block], hand: Hand, pictures: _Pictures) -> None:
    for block in blocks:
        if isinstance(block, Grid):
            add_table(body, block, hand)
        elif isinstance(block, Drawing):
            paragraph = add_paragraph(body, (), hand)
            width, height = size_of(block.svg)
            stack = block.svg.get("class") == "stack"
            size = (_WIDTH_CM, _STACK_CM if stack else _WIDTH_CM * height / width)
            relation = pictures.keep(block.svg, _CHART_PX)
            add_picture(add(paragraph, "r"), relation, size, block.title, block.described)
        elif isinstance(block, PageBreak):
            # A break in a line of its own would leave an empty line on the next page.
            body.set("breaks", "1")
        else:
            add_text(body, block, hand)
            if body.attrib.pop("breaks", ""):
                about = body[-1][0]
                about.insert(
                    1 if isinstance(block, Heading) else 0, ET.Element("w:pageBreakBefore")
                )


def _number_drawings(body: ET.Element) -> None:
    for number, about in enumerate(body.iter("wp:docPr"), start=1):
        about.set("id", str(number))
        about.set("name", f"Picture {number}")


def _fill(target: Any, source: ET.Element) -> None:
    """Put the children of an element of ours into the document, before its page layout."""
    from docx.oxml import parse_xml  # noqa: PLC0415 - optional

    last = target[-1] if len(target) and target[-1].tag.endswith("}sectPr") else None
    for child in list(target):
        if child is not last:
            target.remove(child)
    made = list(parse_xml(ET.tostring(source, encoding="utf-8")))
    for child in made:
        target.append(child) if last is None else last.addprevious(child)


def _lay_out_pages(document: Any, report: PlacementReport, wording: Wording, hand: Hand) -> None:
    """Set A4, and the marking and the number of the page in header and footer."""
    from docx.shared import Mm  # noqa: PLC0415 - optional

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin, section.bottom_margin = Mm(18), Mm(17)
    section.header_distance = section.footer_distance = Mm(8)
    marking = wording.text(report.handling.marking) if report.handling.marking else ""
    marked = (Piece(marking, direction_of(marking)),) if marking else ()
    header, footer = start("w:hdr"), start("w:ftr")
    add_paragraph(header, marked, hand, "Header")
    if marked:
        add_paragraph(footer, marked, hand, "Header")
    numbers = add_paragraph(footer, (Piece(f"{wording.words['word_page']} "),), hand, "Footer")
    add_field(numbers, "PAGE")
    for part, made in ((section.header, header), (section.footer, footer)):
        part.is_linked_to_previous = False
        _fill(part.part.element, made)


def _set_styles(document: Any, wording: Wording) -> None:
    """Take the styles of the report instead of the usual ones, and its language."""
    from docx.oxml import parse_xml  # noqa: PLC0415 - optional

    text = files("boxreach.report").joinpath("templates", "word_styles.xml").read_bytes()
    styles = parse_xml(text)
    usual = document.styles.element
    for child in list(usual):
        usual.remove(child)
    for child in list(styles):
        usual.append(child)
    tag = LANGUAGE_TAGS[wording.language]
    which = {"bidi": tag} if wording.right_to_left else {"val": tag}
    language = start("w:rPr")
    add(language, "lang", **which)
    defaults = usual.find(".//w:rPrDefault/w:rPr", usual.nsmap)
    defaults.append(parse_xml(ET.tostring(language, encoding="utf-8"))[0])


def _set_properties(document: Any, report: PlacementReport, wording: Wording) -> None:
    about = document.core_properties
    title = show_controls(title_of(report, wording))
    about.title = title[:255]
    about.author = about.last_modified_by = "boxreach"
    about.subject, about.language = kind_of(report, wording), LANGUAGE_TAGS[wording.language]
    about.comments = about.keywords = about.category = ""
    about.created = about.modified = about.last_printed = _WRITTEN.replace(tzinfo=None)
    about.revision = 1


def _saved(document: Any) -> bytes:
    """Return the file, in which nothing tells when it was written."""
    held = io.BytesIO()
    document.save(held)
    fixed = io.BytesIO()
    with (
        zipfile.ZipFile(held) as usual,
        zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as same,
    ):
        for entry in usual.infolist():
            info = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            same.writestr(info, usual.read(entry))
    return fixed.getvalue()
