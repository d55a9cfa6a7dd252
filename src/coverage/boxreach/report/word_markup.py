"""Paragraphs, tables and pictures as WordprocessingML, built as element trees.

Text is only ever the text of an element: no name can be a field, a link or markup. Elements stand
in the order that the standard (ECMA-376, part 1, 17.3 and 17.4) asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree as ET

from boxreach.report.blocks import Cell, Grid, Heading, Line, Paragraph, Piece, Row, plain_text
from boxreach.text import show_controls

NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
}
WIDTH_TWIPS = 10_206
"""Between the margins of an A4 page, 15 mm each, in twentieths of a point."""
EMU_PER_CM = 360_000

LANGUAGE_TAGS = {"en": "en-GB", "ar": "ar-IQ", "ckb": "ku-Arab-IQ", "kmr": "kmr-Latn-IQ"}
"""What a word processor calls the languages."""

_STYLES = {
    "lead": "Lead", "basis": "Basis", "kind": "Basis", "note": "Basis", "term": "Term",
    "verdict": "Verdict", "warning": "Warning", "labels": "Label", "item": "ListBullet",
    "legend": "Legend",
}  # fmt: skip
_PLAIN_CODE = re.compile(r"[0-9A-Za-z]+([.,_][0-9A-Za-z]+)*%?")
"""What runs from left to right on any line, without a mark that says so."""
_SOFT, _RULE, _INK, _TINT = "4C5561", "C9CFD6", "1A1F26", "F3F5F7"
_OPENING, _ISOLATING = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"
_LEFT_TO_RIGHT = "\u200e"

Paint = Callable[[ET.Element], str]
"""Keeps a small drawing as a picture and returns the id by which the document knows it."""


@dataclass(frozen=True)
class Hand:
    """How a document is written: its language, its direction, and where its pictures go."""

    language: str
    right_to_left: bool
    paint: Paint


def add(parent: ET.Element, tag: str, **values: object) -> ET.Element:
    """Add an element of WordprocessingML with attributes of the same namespace."""
    named = {f"w:{name}": str(value) for name, value in values.items()}
    return ET.SubElement(parent, f"w:{tag}", named)


def start(tag: str) -> ET.Element:
    """Return an element that may stand alone."""
    return ET.Element(tag, {f"xmlns:{name}": address for name, address in NAMESPACES.items()})


def add_paragraph(
    parent: ET.Element,
    line: Line,
    hand: Hand,
    style: str = "",
    *,
    align: str = "",
    keep: bool = False,
    font: Mapping[str, object] | None = None,
) -> ET.Element:
    """Add a paragraph.

    Parameters
    ----------
    parent
        What it is added to: the body, a cell, a header.
    line
        Its text.
    hand
        How the document is written.
    style
        Id of its style.
    align
        ``center``, or ``digits``: to the right in every direction of writing.
    keep
        Keep it on the page of what follows.
    font
        ``half_points`` and ``bold`` of all of it.
    """
    paragraph = add(parent, "p")
    about = add(paragraph, "pPr")
    if style:
        add(about, "pStyle", val=style)
    if keep:
        add(about, "keepNext")
    if hand.right_to_left:
        add(about, "bidi")
    if align == "center" or (align == "digits" and not hand.right_to_left):
        # Of a paragraph that runs from right to left the start already is at the right.
        add(about, "jc", val="center" if align == "center" else "right")
    for piece in line:
        _add_run(paragraph, piece, hand, font or {})
    return paragraph


def _add_run(parent: ET.Element, piece: Piece, hand: Hand, font: Mapping[str, object]) -> None:
    """Add a piece of a line: text as it was typed, or a small picture."""
    run = add(parent, "r")
    backwards = {"ltr": False, "rtl": True}.get(piece.direction, hand.right_to_left)
    about = add(run, "rPr")
    if piece.kind == "code":
        add(about, "rFonts", ascii="Consolas", hAnsi="Consolas", cs="Consolas")
    if font.get("bold"):
        add(about, "b")
        add(about, "bCs")
    if piece.kind == "soft":
        add(about, "color", val=_SOFT)
    if font.get("half_points"):
        add(about, "sz", val=font["half_points"])
        add(about, "szCs", val=font["half_points"])
    if backwards:
        add(about, "rtl")
    tag = LANGUAGE_TAGS[piece.language or hand.language]
    add(about, "lang", **({"bidi": tag} if backwards else {"val": tag}))
    if piece.drawing is not None:
        add_picture(run, hand.paint(piece.drawing), _small_size(piece.drawing))
        return
    text = add(run, "t")
    text.set("xml:space", "preserve")
    text.text = _contained(piece, hand)


def _contained(piece: Piece, hand: Hand) -> str:
    """Return text with the directions closed that it opens, and figures that stay in order."""
    text = show_controls(piece.text)
    for opening, closing in ((_OPENING, "\u202c"), (_ISOLATING, "\u2069")):
        text += closing * (sum(map(text.count, opening)) - text.count(closing))
    if hand.right_to_left and piece.direction == "ltr" and not _PLAIN_CODE.fullmatch(text):
        # Not every program heeds the direction of a run: 0.4 - 10 would read 10 - 0.4.
        return f"{_LEFT_TO_RIGHT}{text}{_LEFT_TO_RIGHT}"
    return text


def _small_size(svg: ET.Element) -> tuple[float, float]:
    """Return the size in cm of a drawing that stands in a line of text."""
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    return 0.28 * width / height if height > width / 2 else 0.8, 0.28


def add_picture(
    run: ET.Element,
    relation: str,
    size_cm: tuple[float, float],
    title: str = "",
    described: str = "",
) -> None:
    """Add a picture that the document holds; without a description it is an ornament."""
    extent = {"cx": str(round(size_cm[0] * EMU_PER_CM)), "cy": str(round(size_cm[1] * EMU_PER_CM))}
    drawing = add(run, "drawing")
    nothing = {"distT": "0", "distB": "0", "distL": "0", "distR": "0"}
    inline = ET.SubElement(drawing, "wp:inline", nothing)
    ET.SubElement(inline, "wp:extent", extent)
    # Numbers of all drawings are given once the whole document is there.
    names = {"id": "0", "name": "", "descr": show_controls(described)}
    title = show_controls(title)
    ET.SubElement(inline, "wp:docPr", names | ({"title": title} if title else {}))
    graphic = ET.SubElement(inline, "a:graphic")
    data = ET.SubElement(graphic, "a:graphicData", {"uri": NAMESPACES["pic"]})
    picture = ET.SubElement(data, "pic:pic")
    about = ET.SubElement(picture, "pic:nvPicPr")
    ET.SubElement(about, "pic:cNvPr", {"id": "0", "name": ""})
    ET.SubElement(about, "pic:cNvPicPr")
    fill = ET.SubElement(picture, "pic:blipFill")
    ET.SubElement(fill, "a:blip", {"r:embed": relation})
    ET.SubElement(ET.SubElement(fill, "a:stretch"), "a:fillRect")
    shape = ET.SubElement(picture, "pic:spPr")
    place = ET.SubElement(shape, "a:xfrm")
    ET.SubElement(place, "a:off", {"x": "0", "y": "0"})
    ET.SubElement(place, "a:ext", extent)
    ET.SubElement(ET.SubElement(shape, "a:prstGeom", {"prst": "rect"}), "a:avLst")


def add_field(paragraph: ET.Element, code: str) -> None:
    """Add a field of our own, such as the number of the page."""
    add(add(paragraph, "fldSimple", instr=code), "r").append(_text_of("1"))


def _text_of(text: str) -> ET.Element:
    element = ET.Element("w:t")
    element.text = text
    return element


def add_text(body: ET.Element, block: Heading | Paragraph, hand: Hand) -> None:
    """Add a heading or a paragraph of the article."""
    if isinstance(block, Heading):
        style = "Title" if block.level == 0 else f"Heading{min(block.level, 3)}"
        add_paragraph(body, block.line, hand, style)
    else:
        add_paragraph(body, block.line, hand, _STYLES.get(block.kind, ""))


def add_table(body: ET.Element, grid: Grid, hand: Hand) -> None:
    """Add a table: its head on every page, no row over two pages, mirrored where that is read."""
    widths = _widths(grid)
    table = add(body, "tbl")
    about = add(table, "tblPr")
    if hand.right_to_left:
        add(about, "bidiVisual")
    add(about, "tblW", w=sum(widths), type="dxa")
    borders = add(about, "tblBorders")
    sides = ("top", "left", "bottom", "right") if grid.kind == "notes" else ("bottom", "insideH")
    for side in sides:
        add(borders, side, val="single", sz=4, space=0, color=_RULE)
    add(about, "tblLayout", type="fixed")
    if grid.caption:
        add(about, "tblCaption", val=show_controls(grid.caption))
    columns = add(table, "tblGrid")
    for width in widths:
        add(columns, "gridCol", w=width)
    size = _half_points(grid, len(widths))
    held: dict[int, tuple[int, int]] = {}
    for row in grid.rows:
        _add_row(table, row, widths, held, (grid, size, hand))
    # A table that ends a page, or that another follows, wants a paragraph after it.
    add_paragraph(body, (), hand, "Legend")


def _half_points(grid: Grid, columns: int) -> int:
    if grid.kind:
        return 19
    return 18 if columns <= 5 else 16 if columns <= 8 else 14


def _add_row(
    table: ET.Element,
    row: Row,
    widths: list[int],
    held: dict[int, tuple[int, int]],
    style: tuple[Grid, int, Hand],
) -> None:
    """Add a row.

    `held` says of columns that a cell above still fills: for how many rows, and how many columns
    it has.
    """
    element = add(table, "tr")
    about = add(element, "trPr")
    add(about, "cantSplit")
    if style[0].kind == "notes":
        add(about, "trHeight", val=2600, hRule="atLeast")
    if row.kind == "head":
        add(about, "tblHeader")
    cells = iter(row.cells)
    at = 0
    while at < len(widths):
        if held.get(at, (0, 0))[0]:
            rows, columns = held[at]
            _start_cell(element, widths[at : at + columns], columns, "continue", row)
            add_paragraph(element[-1], (), style[2], "Cell")
            held[at] = (rows - 1, columns)
            at += columns
            continue
        cell = next(cells, Cell(()))
        merge = "restart" if cell.rows > 1 else ""
        made = _start_cell(element, widths[at : at + cell.columns], cell.columns, merge, row)
        _fill_cell(made, cell, row, style[1], style[2])
        if cell.rows > 1:
            held[at] = (cell.rows - 1, cell.columns)
        at += cell.columns


def _start_cell(
    row: ET.Element, widths: list[int], columns: int, merge: str, kind: Row
) -> ET.Element:
    cell = add(row, "tc")
    about = add(cell, "tcPr")
    add(about, "tcW", w=sum(widths), type="dxa")
    if columns > 1:
        add(about, "gridSpan", val=columns)
    if merge:
        add(about, "vMerge", val=merge)
    if kind.kind in {"head", "total"}:
        borders = add(about, "tcBorders")
        for side in ("top", "bottom") if kind.kind == "total" else ("bottom",):
            add(borders, side, val="single", sz=12, space=0, color=_INK)
    if kind.kind in {"total", "rest"}:
        add(about, "shd", val="clear", color="auto", fill=_TINT)
    if kind.kind == "head":
        add(about, "vAlign", val="bottom")
    return cell


def _fill_cell(made: ET.Element, cell: Cell, row: Row, half_points: int, hand: Hand) -> None:
    bold = row.kind in {"head", "total"} or bool(cell.size)
    font = {"half_points": 40 if cell.size else half_points, "bold": bold}
    for line in cell.lines or ((),):
        # A heading over several columns stands in the middle of them.
        middle = row.kind == "head" and cell.columns > 1
        align = "digits" if cell.number else "center" if middle else ""
        add_paragraph(made, line, hand, "Cell", align=align, font=font)


def _widths(grid: Grid) -> list[int]:
    """Return widths of columns: room for the longest word, the rest by what they hold."""
    count = max(sum(cell.columns for cell in row.cells) for row in grid.rows)
    if grid.kind:
        return [WIDTH_TWIPS // count] * count
    words, texts = [3.0] * count, [3.0] * count
    above: dict[int, int] = {}
    for row in grid.rows:
        at = 0
        for cell in row.cells:
            while above.get(at, 0):
                above[at] -= 1
                at += 1
            said = [plain_text(line) for line in cell.lines]
            if cell.columns == 1 and said and at < count:
                longest = max(len(one) for text in said for one in text.split() or [""])
                words[at] = max(words[at], min(longest, 18))
                texts[at] = max(texts[at], min(max(map(len, said)), 60))
            for column in range(at, at + cell.columns):
                if cell.rows > 1:
                    above[column] = cell.rows - 1
            at += cell.columns
        for column in range(at, count):
            above[column] = max(0, above.get(column, 0) - 1)
    wish = [word + 1.5 + (text - word) ** 0.75 for word, text in zip(words, texts, strict=True)]
    edges = [0.0]
    for one in wish:
        edges.append(edges[-1] + one)
    at_twips = [round(edge / edges[-1] * WIDTH_TWIPS) for edge in edges]
    return [high - low for low, high in pairwise(at_twips)]
