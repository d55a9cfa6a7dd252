"""What a document is made of, read from the very article that the page shows.

A page lays out elements; a word processor wants paragraphs, tables and pictures one after the
other. Here the first is turned into the second, so that words and figures are written once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from boxreach.text import show_controls

_SPACES = re.compile("[ \t\r\n\f]+")

_PARAGRAPHS = {"p", "li", "div", "ul", "ol", "figcaption", "dt", "dd", "caption", "br"}
"""Elements that begin a line of their own."""


@dataclass(frozen=True)
class Piece:
    """Text of one kind, or a small drawing, in a line."""

    text: str
    direction: str = ""
    """``ltr``, ``rtl``, or blank for that of the document."""
    language: str = ""
    """Blank for that of the document."""
    kind: str = ""
    """``code``, ``soft`` or blank."""
    drawing: ET.Element | None = None


Line = tuple[Piece, ...]


@dataclass(frozen=True)
class Heading:
    """A heading: 0 is the title, 1 a section."""

    level: int
    line: Line


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `kind` is the class it has on the page, ``term`` or ``item``."""

    line: Line
    kind: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table, and how many columns and rows it fills."""

    lines: tuple[Line, ...]
    columns: int = 1
    rows: int = 1
    head: bool = False
    number: bool = False
    """Whether digits are to line up under each other."""
    size: str = ""
    """``large`` for the figures of the decision."""


@dataclass(frozen=True)
class Row:
    """A row of a table; `kind` is ``head``, ``total``, ``rest`` or blank."""

    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True)
class Grid:
    """A table; `kind` is ``figures``, ``notes`` or blank."""

    caption: str
    rows: tuple[Row, ...]
    kind: str = ""


@dataclass(frozen=True)
class Drawing:
    """A drawing on a line of its own, with what is said of it to those who do not see it."""

    svg: ET.Element
    title: str
    described: str


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a page."""


Block = Heading | Paragraph | Grid | Drawing | PageBreak


def read_article(markup: str) -> tuple[Block, ...]:
    """Return the blocks of an article of the page; contents and bars beside shares are left out.

    Examples
    --------
    >>> read_article('<p class="lead">3 <bdi dir="ltr">km</bdi></p>')[0].line[1]
    Piece(text='km', direction='ltr', language='', kind='', drawing=None)
    """
    # The templates write well-formed XML but for this one; a `<` of the data is escaped. As plain
    # text, since markup would escape what takes its place.
    text = show_controls(str(markup)).replace("<br>", "<br/>")
    root = ET.fromstring(f"<article>{text}</article>")  # noqa: S314 - written by our own templates
    return tuple(_blocks_in(root))


def _blocks_in(element: ET.Element) -> Iterator[Block]:
    for child in element:
        yield from _blocks_of(child)


def _blocks_of(element: ET.Element) -> Iterator[Block]:
    kinds = (element.get("class") or "").split()
    match element.tag:
        case "nav":
            return
        case "h1" | "h2" | "h3" | "h4":
            yield Heading(int(element.tag[1]) - 1, _read_line(element))
        case "table":
            yield _read_table(element)
        case "svg":
            if "bar" not in kinds:
                yield _read_drawing(element)
        case "div" if "figures" in kinds:
            yield _read_figures(element)
        case "ul" | "ol":
            kind = next((one for one in ("legend", "labels") if one in kinds), "item")
            yield from (Paragraph(_read_line(item), kind) for item in element)
        case "p" | "figcaption" | "dt" | "dd" if element.find("ul") is None:
            named = {"dt": "term", "dd": "meaning", "figcaption": "basis"}
            kind = named.get(element.tag) or (kinds[0] if kinds else "")
            if line := _read_line(element):
                yield Paragraph(line, kind)
        case _:
            yield from _blocks_in(element)


def _read_drawing(svg: ET.Element) -> Drawing:
    """Return a drawing with its title and description."""
    return Drawing(svg, svg.findtext("title") or "", svg.findtext("desc") or "")


def _read_line(element: ET.Element) -> Line:
    """Return the text in an element as one line, spaces joined as a page joins them."""
    lines = read_lines(element)
    pieces: list[Piece] = []
    for line in lines:
        pieces += [Piece(" "), *line] if pieces else line
    return tuple(pieces)


def read_lines(element: ET.Element) -> tuple[Line, ...]:
    """Return the text in an element, a line for each paragraph, item or break in it."""
    lines: list[list[Piece]] = [[]]
    _collect(element, Piece(""), lines)
    return tuple(line for line in map(_tidy, lines) if line)


def _collect(element: ET.Element, like: Piece, lines: list[list[Piece]]) -> None:
    """Add the pieces in an element to the last line, or to further ones."""
    if element.text:
        lines[-1].append(replace(like, text=element.text))
    for child in element:
        if child.tag == "svg":
            if child.get("class") != "bar":
                lines[-1].append(Piece("", drawing=child))
        else:
            own_line = child.tag in _PARAGRAPHS
            if own_line:
                lines.append([])
            _collect(child, _likeness(child, like), lines)
            if own_line and child.tag != "br":
                lines.append([])
        if child.tail:
            lines[-1].append(replace(like, text=child.tail))


def _likeness(element: ET.Element, like: Piece) -> Piece:
    """Return what text in an element is like, within what is about it."""
    kinds = (element.get("class") or "").split()
    kind = like.kind
    if "code" in kinds:
        kind = "code"
    elif element.tag == "small" or {"none", "note", "ordinal"} & set(kinds):
        kind = "soft"
    direction, language = like.direction, element.get("lang") or like.language
    if element.tag == "bdi":
        direction = element.get("dir") or direction_of("".join(element.itertext()))
    return Piece("", direction, language, kind)


def direction_of(text: str) -> str:
    """Return how a name runs, by its first letter; blank without any.

    Examples
    --------
    >>> direction_of("Sinjar"), direction_of("12 سنجار"), direction_of("12")
    ('ltr', 'rtl', '')
    """
    for letter in text:
        strong = unicodedata.bidirectional(letter)
        if strong in {"L", "R", "AL"}:
            return "ltr" if strong == "L" else "rtl"
    return ""


def _tidy(pieces: list[Piece]) -> Line:
    """Join spaces over all pieces of a line, and take them off its ends."""
    tidy: list[Piece] = []
    for piece in pieces:
        text = _SPACES.sub(" ", piece.text)
        if text.startswith(" ") and (not tidy or tidy[-1].text.endswith(" ")):
            text = text[1:]
        if text or piece.drawing is not None:
            tidy.append(replace(piece, text=text))
    if tidy and tidy[-1].drawing is None:
        tidy[-1] = replace(tidy[-1], text=tidy[-1].text.rstrip(" "))
    return tuple(one for one in tidy if one.text or one.drawing is not None)


def _read_table(table: ET.Element) -> Grid:
    rows = [
        _read_row(row, head=part.tag == "thead")
        for part in table
        if part.tag in {"thead", "tbody", "tfoot"}
        for row in part
    ]
    caption = table.find("caption")
    said = "" if caption is None else plain_text(_read_line(caption))
    return Grid(said, tuple(rows))


def _read_row(row: ET.Element, *, head: bool) -> Row:
    kinds = (row.get("class") or "").split()
    kind = "head" if head else next((one for one in ("total", "rest") if one in kinds), "")
    return Row(tuple(_read_cell(cell) for cell in row), kind)


def _read_cell(cell: ET.Element) -> Cell:
    return Cell(
        read_lines(cell),
        columns=int(cell.get("colspan") or 1),
        rows=int(cell.get("rowspan") or 1),
        head=cell.tag == "th",
        number="n" in (cell.get("class") or "").split(),
    )


def _read_figures(figures: ET.Element) -> Grid:
    """Return the large figures of the decision as a table of two rows: figures, what they are."""
    values = [Cell(tuple(_read_line(p) for p in one[:1]), size="large") for one in figures]
    said = [Cell(tuple(_read_line(p) for p in one[1:])) for one in figures]
    return Grid("", (Row(tuple(values)), Row(tuple(said))), "figures")


def plain_text(line: Line) -> str:
    """Return the text of a line.

    Examples
    --------
    >>> plain_text((Piece("3 "), Piece("km")))
    '3 km'
    """
    return "".join(piece.text for piece in line)
