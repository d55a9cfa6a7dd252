"""A report on paper: the pages that each language is printed on."""

from __future__ import annotations

from boxreach.report.placement_report import PlacementReport
from boxreach.report.wording import Wording


def write_page_rules(report: PlacementReport, wording: Wording) -> str:
    r"""Return the rules of the pages that an article of one language is printed on.

    A4, with page numbers in the reader's digits, and the marking of the report in the middle of
    header and footer. Of the marking every character is written as a number, so that it can be
    nothing but text of these rules.

    Parameters
    ----------
    report
        The report.
    wording
        The language, and the digits of page numbers.
    """
    name = wording.language
    style = "arabic-indic" if wording.figure("1") != "1" else "decimal"
    where, direction = ("left", "rtl") if wording.right_to_left else ("right", "ltr")
    count = f'counter(page, {style}) " / " counter(pages, {style})'
    rules = f"@bottom-{where} {{ direction: ltr; content: {count}; }}"
    marking = wording.text(report.handling.marking) if report.handling.marking else ""
    if marking:
        shown = f"direction: {direction}; content: {quote_css(marking)};"
        rules += f" @top-center {{ {shown} }} @bottom-center {{ {shown} }}"
    return f'article[id="{name}"] {{ page: {name}; }}\n@page {name} {{ {rules} }}\n'


def quote_css(text: str) -> str:
    r"""Return a string of a style sheet that shows a text, whatever stands in it.

    Examples
    --------
    >>> quote_css('";}')
    '"\\22 \\3b \\7d "'
    """
    held = (" " if letter.isspace() or letter < " " else letter for letter in text)
    return '"' + "".join(f"\\{ord(letter):x} " for letter in held) + '"'
