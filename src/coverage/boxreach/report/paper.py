"""A report on paper: its pages in each language, and drawings in colour without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from boxreach.report.placement_report import PlacementReport
from boxreach.report.wording import Wording

if TYPE_CHECKING:
    import cssselect2

_SVG = "{http://www.w3.org/2000/svg}"
_PAINT = re.compile(r"fill(-.*)?|stroke(-.*)?|opacity|paint-order|font-(family|size|weight|style)")
"""Properties of a drawing that are not those of the box it stands in."""
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")


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


def paint_drawings(tree: ET.Element, styles: Iterable[str]) -> None:
    """Write what style sheets say of a page's drawings into their elements.

    WeasyPrint draws an SVG without the style sheet of the page around it. Rules are applied as in
    a page, the most specific and the last one winning, with ``var()`` of ``:root`` filled in.

    Parameters
    ----------
    tree
        The page, parsed; its drawings are changed.
    styles
        Style sheets.
    """
    import cssselect2

    matcher = _match_paint(tuple(styles))
    root = cssselect2.ElementWrapper.from_html_root(tree)
    known: dict[object, dict[str, str]] = {}
    for drawing in root.iter_subtree():
        if drawing.etree_element.tag != f"{_SVG}svg":
            continue
        for part in drawing.iter_subtree():
            key = (*_kind(drawing), *_kind(part), part.in_html_document)
            if key not in known:
                known[key] = _paint(matcher, part)
            for name, value in known[key].items():
                part.etree_element.set(name, value)


def _kind(element: cssselect2.ElementWrapper) -> tuple[str, str]:
    return element.etree_element.tag, element.etree_element.get("class", "")


def _paint(matcher: cssselect2.Matcher, element: cssselect2.ElementWrapper) -> dict[str, str]:
    return {
        name: value
        for _, _, pseudo, values in matcher.match(element)
        if pseudo is None
        for name, value in values
    }


@cache
def _match_paint(styles: tuple[str, ...]) -> cssselect2.Matcher:
    """Return what finds the paint of an element in style sheets."""
    import cssselect2
    import tinycss2

    variables: dict[str, str] = {}
    matcher = cssselect2.Matcher()
    for rule, declared in _read_rules(styles):
        variables |= {name: value for name, value in declared if name.startswith("--")}
        paint = [
            (name, _VARIABLE.sub(lambda found: variables[found[1]], value))
            for name, value in declared
            if _PAINT.fullmatch(name)
        ]
        if not paint:
            continue
        for selector in cssselect2.compile_selector_list(tinycss2.serialize(rule.prelude)):
            matcher.add_selector(selector, paint)
    return matcher


def _read_rules(styles: tuple[str, ...]) -> Iterator[tuple[object, list[tuple[str, str]]]]:
    import tinycss2

    for style in styles:
        for rule in tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True):
            if rule.type == "qualified-rule":
                declared = tinycss2.parse_blocks_contents(rule.content)
                yield rule, [
                    (one.name, tinycss2.serialize(one.value).strip())
                    for one in declared
                    if one.type == "declaration"
                ]
