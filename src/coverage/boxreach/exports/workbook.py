"""Listings as a workbook: a sheet each, real numbers, and no text that is run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

import xlsxwriter

from boxreach.arguments import choice_faults
from boxreach.errors import Fault, InputError
from boxreach.exports.listing import Cell, Column, Form, Listing
from boxreach.text import show_controls

MOST_ROWS = 2**20 - 1
"""So many rows a sheet holds below its heads."""
MOST_UNITS = 32_767
"""So long a text a cell holds, in units of UTF-16."""
_NAME_UNITS, _LINE_UNITS = 31, 220
_WIDEST, _NARROWEST = 48, 8
_CUT = "…"

_NUMBERS: dict[Form, str] = {
    "count": "#,##0",
    "people": "#,##0",
    "km": "#,##0.0",
    "metres": "#,##0",
    "minutes": "#,##0.00",
    "share": "0.00%",
    "usd": '"$"#,##0',
    "degrees": "0.000000",
    "score": "0.00",
    "number": "#,##0.00",
}
_ARABIC = "[$-2000000]"
"""Begins a number format whose digits are ٠١٢٣: 02 in the byte of an LCID that says the shape."""
_BAD_IN_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
_CREATED = datetime(2000, 1, 1)
"""No clock: the same content is the same bytes."""


def write_workbook(
    path: Path,
    listings: Sequence[Listing],
    *,
    title: str,
    right_to_left: bool = False,
    digits: str = "latn",
    header: str = "",
    footer: str = "",
    contents: tuple[str, str, str] | None = None,
) -> None:
    """Write a sheet a listing: heads that stay, filters, sums marked, ready for A4.

    Every text is a text, whatever it looks like, and every number a number, however it is shown.

    Parameters
    ----------
    path
        The file.
    listings
        The tables, in their order.
    title
        What the whole is called.
    right_to_left
        Whether the first column stands at the right.
    digits
        ``latn`` for 0123; ``arab`` for ٠١٢٣ where sheets run from right to left. Degrees keep 0123.
    header, footer
        What stands above and below each printed page, as a marking does.
    contents
        The words for a sheet of contents, for rows and for notes, where a first sheet is to list
        the others with links, their rows and what has to be said of them.
    """
    faults = choice_faults("digits", digits, ("latn", "arab"))
    faults += [
        Fault(f"{one.key} has {len(one.rows):,} rows", advice="write it as CSV")
        for one in listings
        if len(one.rows) > MOST_ROWS
    ]
    if faults:
        raise InputError(*faults)
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    # Into memory first: xlsxwriter would also write what it had when something went wrong.
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, options) as workbook:
        workbook.set_properties({"title": _fit(title, 255), "created": _CREATED})
        look = _Look(workbook, _ARABIC if digits == "arab" and right_to_left else "")
        words = [contents[0]] if contents else []
        names = _name_sheets([*words, *(one.title for one in listings)])
        sheets = [workbook.add_worksheet(name) for name in names]
        for sheet in sheets:
            _set_page(sheet, right_to_left, header, footer)
        if contents:
            _write_contents(sheets[0], look, listings, names[1:], (title, header, *contents[1:]))
        for sheet, listing in zip(sheets[len(words) :], listings, strict=True):
            _write_sheet(sheet, look, listing)
    path.write_bytes(held.getvalue())


@dataclass(eq=False)
class _Look:
    """The formats of a workbook, each made once."""

    workbook: Any
    shape: str
    made: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def plain(self, **properties: object) -> Any:
        key = tuple(properties.items())
        if key not in self.made:
            self.made[key] = self.workbook.add_format({"valign": "top", **properties})
        return self.made[key]

    def cell(self, form: Form, cell: Cell, *, total: bool, wrap: bool) -> Any:
        """Return the format of a cell; a text stays one when somebody edits it."""
        key = (form, isinstance(cell, str), isinstance(cell, float) and cell % 1 == 0, total, wrap)
        if key not in self.made:
            properties: dict[str, object] = {"valign": "top"}
            if isinstance(cell, str):
                properties |= {"num_format": "@", "text_wrap": wrap}
                if form in {"code", "date"}:
                    properties |= {"reading_order": 1}
            elif form in _NUMBERS:
                whole = form == "number" and (cell is None or float(cell) % 1 == 0)
                code = _NUMBERS["count" if whole else form]
                properties |= {"num_format": code if form == "degrees" else self.shape + code}
            if total:
                properties |= {"bold": True, "top": 1, "bg_color": "#EEF2F5"}
            self.made[key] = self.workbook.add_format(properties)
        return self.made[key]

    @property
    def head(self) -> Any:
        return self.plain(bold=True, text_wrap=True, bottom=1, bg_color="#DCE4EA", num_format="@")


def _set_page(sheet: Any, right_to_left: bool, header: str, footer: str) -> None:
    if right_to_left:
        sheet.right_to_left()
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.75)
    sheet.set_header(f"&L&A&C{_line(header)}")
    sheet.set_footer(f"&C{_line(footer)}&R&P / &N")


def _line(text: str) -> str:
    """Return a text for the edge of a page, where `&` begins a code."""
    text = show_controls(text)
    while _units(text.replace("&", "&&")) > _LINE_UNITS:
        text = text[:-2] + _CUT
    return text.replace("&", "&&")


def _write_contents(
    sheet: Any,
    look: _Look,
    listings: Sequence[Listing],
    names: Sequence[str],
    words: tuple[str, str, str, str],
) -> None:
    """List the sheets, what they hold, and what has to be said of them."""
    title, marking, rows, notes = words
    _write_text(sheet, 0, 0, title, look.plain(bold=True, font_size=14, num_format="@"))
    if marking:
        _write_text(sheet, 1, 0, marking, look.plain(bold=True, num_format="@"))
    for column, head in enumerate(("", rows, notes)):
        _write_text(sheet, 3, column, head, look.head)
    for row, (listing, name) in enumerate(zip(listings, names, strict=True), start=4):
        quoted = name.replace("'", "''")
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", string="-")
        link = look.plain(font_color="#0563C1", underline=1, num_format="@")
        _write_text(sheet, row, 0, listing.title, link)
        count = len(listing.rows) - listing.totals
        form = look.cell("count", float(count), total=False, wrap=False)
        sheet.write_number(row, 1, count, form)
        if listing.notes:
            wrapped = look.cell("text", "", total=False, wrap=True)
            _write_text(sheet, row, 2, "\n".join(listing.notes), wrapped)
    sheet.set_column(0, 0, 34)
    sheet.set_column(2, 2, 110)


def _write_sheet(sheet: Any, look: _Look, listing: Listing) -> None:
    """Write heads, rows, sums, and below them the notes."""
    columns, count = listing.columns, len(listing.rows)
    for at, column in enumerate(columns):
        _write_text(sheet, 0, at, column.title, look.head)
    first_total = count - listing.totals
    widths = [
        _width(column, [row[at] for row in listing.rows]) for at, column in enumerate(columns)
    ]
    for row, cells in enumerate(listing.rows):
        total = row >= first_total
        for at, cell in enumerate(cells):
            known = cell is not None and (isinstance(cell, str) or isfinite(cell))
            if known or total:
                form = look.cell(
                    columns[at].form, cell if known else None, total=total,
                    wrap=widths[at] > _WIDEST,
                )  # fmt: skip
                _write_cell(sheet, row + 1, at, cell if known else None, form)
    widths = [min(max(width + 2, _NARROWEST), _WIDEST) for width in widths]
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width)
    for at, note in enumerate(listing.notes):
        _write_note(sheet, look, count + 2 + at, note, widths)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    if first_total and columns:
        sheet.autofilter(0, 0, first_total, len(columns) - 1)
        sheet.ignore_errors({"number_stored_as_text": _whole_range(count, len(columns))})


def _write_note(sheet: Any, look: _Look, row: int, note: str, widths: Sequence[int]) -> None:
    """Write a note below all columns, so that it makes no page wider."""
    form = look.plain(italic=True, text_wrap=True, num_format="@")
    if len(widths) > 1:
        sheet.merge_range(row, 0, row, len(widths) - 1, "", form)
    _write_text(sheet, row, 0, note, form)
    # Excel gives no merged cell the height that its text needs.
    sheet.set_row(row, 15 * (1 + int(1.1 * len(note) / (sum(widths) or 1))))


def _whole_range(rows: int, columns: int) -> str:
    return str(xlsxwriter.utility.xl_range(0, 0, rows, columns - 1))


def _width(column: Column, cells: Sequence[Cell]) -> int:
    """Return how many letters a column needs; its head may take two lines."""
    if column.form in _NUMBERS:
        decimals = len(_NUMBERS[column.form].partition(".")[2])
        longest = max((len(f"{cell:,.0f}") for cell in cells if _is_number(cell)), default=0)
        longest += decimals + 2
    else:
        longest = 0
    longest = max([longest, *(len(cell) for cell in cells if isinstance(cell, str))])
    return max(longest, min(len(column.title), 12), (len(column.title) + 1) // 2)


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, str) and cell is not None and isfinite(cell)


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, form: Any) -> None:
    if isinstance(cell, str):
        _write_text(sheet, row, column, cell, form)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, form)
    elif cell is None:
        sheet.write_blank(row, column, None, form)
    else:
        sheet.write_number(row, column, cell, form)


def _write_text(sheet: Any, row: int, column: int, text: str, form: Any) -> None:
    text = _fit(text, MOST_UNITS)
    if text.startswith("<r>") and text.endswith("</r>"):
        # xlsxwriter takes such a text for markup of its own; in pieces it is none.
        sheet.write_rich_string(row, column, text[0], text[1], text[2:], form)
    elif text:
        sheet.write_string(row, column, text, form)
    else:
        sheet.write_blank(row, column, None, form)


def _fit(text: str, units: int) -> str:
    """Return a text as a cell can show it, and cut where it is too long."""
    text = show_controls(text.replace("\r\n", "\n")).replace("\r", "␍")
    if len(text) * 2 > units and _units(text) > units:
        raw = text.encode("utf-16-le")[: 2 * (units - 1)]
        text = raw.decode("utf-16-le", errors="ignore") + _CUT
    return text


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _name_sheets(titles: Sequence[str]) -> list[str]:
    """Return a name a sheet that Excel allows, and none of them twice.

    Examples
    --------
    >>> _name_sheets(["Who? / Why?", "who- - why-", "History", ""])
    ['Who- - Why-', 'who- - why- 2', 'History_', '-']
    """
    names: list[str] = []
    taken = {""}
    for title in titles:
        plain = " ".join(show_controls(title).split()).translate(_BAD_IN_NAME).strip("'")
        plain = {"history": f"{plain}_", "": "-"}.get(plain.casefold(), plain)
        name, again = _short(plain, ""), 1
        while name.casefold() in taken:
            again += 1
            name = _short(plain, f" {again}")
        taken.add(name.casefold())
        names.append(name)
    return names


def _short(text: str, ending: str) -> str:
    while _units(text) + len(ending) > _NAME_UNITS:
        text = f"{text.removesuffix(_CUT)[:-1].rstrip()}{_CUT}"
    return text.strip("'") + ending
