"""Drawings of a page as WeasyPrint needs them: colours in their elements, words beside them.

WeasyPrint draws an SVG without the style sheet of the page around it, and writes its words letter
by letter, so that Arabic ones do not join.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    import cssselect2

COLUMN_MM = 182.0
"""How wide a drawing with words is: A4 without its margins."""

_PLATE = "plate"
"""Class of what words are laid on, with the drawing below."""

_DIRECTIONS = "\u2066\u2067\u2068\u2069"
_SVG = "{http://www.w3.org/2000/svg}"
_PAINT = re.compile(r"fill(-.*)?|stroke(-.*)?|opacity|font-(size|weight)")
"""Properties of a drawing that are not those of the box it stands in."""
_VARIABLE = re.compile(r"var\((--[\w-]+)\)")
_SHIFT = re.compile(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)")
_BASELINE_EM = 0.388
"""How far below the middle of a line of the packaged Latin letters they stand."""
_LINE_MM, _ROOM_MM = 6.0, 120.0
_ANCHORED = {"start": ("left", 0.0), "middle": ("center", 0.5), "end": ("right", 1.0)}


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
    import cssselect2  # noqa: PLC0415

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
    import cssselect2  # noqa: PLC0415
    import tinycss2  # noqa: PLC0415

    variables: dict[str, str] = {}
    matcher = cssselect2.Matcher()
    for rule, declared in _read_rules(styles):
        variables |= {name: value for name, value in declared if name.startswith("--")}
        paint = [
            (name, _VARIABLE.sub(partial(_look_up, variables), value))
            for name, value in declared
            if _PAINT.fullmatch(name)
        ]
        if not paint:
            continue
        for selector in cssselect2.compile_selector_list(tinycss2.serialize(rule.prelude)):
            matcher.add_selector(selector, paint)
    return matcher


def _look_up(variables: dict[str, str], found: re.Match[str]) -> str:
    return variables[found[1]]


def _read_rules(styles: tuple[str, ...]) -> Iterator[tuple[Any, list[tuple[str, str]]]]:
    import tinycss2  # noqa: PLC0415

    for style in styles:
        for rule in tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True):
            if rule.type == "qualified-rule":
                declared = tinycss2.parse_blocks_contents(rule.content)
                yield (
                    rule,
                    [
                        (one.name, tinycss2.serialize(one.value).strip())
                        for one in declared
                        if one.type == "declaration"
                    ],
                )


def take_out_drawings(tree: ET.Element, scheme: str) -> dict[str, bytes]:
    """Put an image in the place of each drawing of a page, and return the drawings.

    To WeasyPrint a drawing is an image anyhow, but of one that stands in the page it works out
    the style of every line, as if it were text.

    Parameters
    ----------
    tree
        The page, painted, its words laid over; it is changed.
    scheme
        What the addresses of drawings begin with.

    Returns
    -------
    dict
        SVG by its address; the same drawing has one address.
    """
    drawings: dict[str, bytes] = {}
    known: dict[bytes, str] = {}
    parents = {child: parent for parent in tree.iter() for child in parent}
    for svg in list(tree.iter(f"{_SVG}svg")):
        held = {name: value for name in ("class", "style") if (value := svg.get(name))}
        title = svg.find(f"{_SVG}title")
        image = ET.Element("img", held | {"alt": "" if title is None else title.text or ""})
        image.tail, svg.tail = svg.tail, None
        text = ET.tostring(svg)
        address = known.setdefault(text, f"{scheme}drawing-{len(known)}")
        drawings[address] = text
        image.set("src", address)
        parent = parents[svg]
        parent[list(parent).index(svg)] = image
    return drawings


def lay_words(tree: ET.Element) -> None:
    """Take the words out of the drawings of a page and lay them over, where they join.

    Parameters
    ----------
    tree
        The page, parsed and painted; its drawings are changed. Those with words are as wide as the
        column, but for those on a plate of their own: what these still hold are figures.
    """
    parents = {child: parent for parent in tree.iter() for child in parent}
    for svg in [one for one in tree.iter(f"{_SVG}svg") if one.find(f".//{_SVG}text") is not None]:
        parent = parents[svg]
        if parent.get("class") == _PLATE:
            _name_fonts(svg)
            continue
        at = list(parent).index(svg)
        plate = ET.Element("div", {"class": _PLATE, "style": "position: relative; direction: ltr"})
        plate.tail, svg.tail = svg.tail, None
        parent[at] = plate
        plate.append(svg)
        _, _, width, _ = map(float, svg.get("viewBox", "").split())
        _move_words(svg, plate, COLUMN_MM / width, (0.0, 0.0), {})


def _name_fonts(svg: ET.Element) -> None:
    """Have the figures of a drawing written in packaged letters, without signs of direction."""
    svg.set("font-family", "boxreach Latin")
    for figure in svg.iter(f"{_SVG}text"):
        figure.text = (figure.text or "").strip(_DIRECTIONS)


def _move_words(
    group: ET.Element,
    plate: ET.Element,
    scale: float,
    shift: tuple[float, float],
    inherited: dict[str, str],
) -> None:
    """Move the words of a group, and of those in it, over to the plate."""
    style = inherited | group.attrib
    style.pop("transform", None)
    moved = _SHIFT.fullmatch(group.get("transform", ""))
    if moved:
        shift = shift[0] + float(moved[1]), shift[1] + float(moved[2])
    for part in list(group):
        if part.tag == f"{_SVG}text":
            group.remove(part)
            plate.append(_lay_word(part, scale, shift, style | part.attrib))
        elif len(part):
            _move_words(part, plate, scale, shift, style)


def _lay_word(
    word: ET.Element, scale: float, shift: tuple[float, float], style: dict[str, str]
) -> ET.Element:
    """Return a word as a box of the page whose letters stand where those of the drawing would."""
    size = float(style["font-size"].removesuffix("px")) * scale
    side, share = _ANCHORED[style.get("text-anchor", "start")]
    left = (float(style["x"]) + shift[0]) * scale - share * _ROOM_MM
    top = (float(style["y"]) + shift[1]) * scale - _BASELINE_EM * size - _LINE_MM / 2
    look = {
        "position": "absolute",
        "left": f"{left:.3f}mm",
        "top": f"{top:.3f}mm",
        "width": f"{_ROOM_MM:g}mm",
        "line-height": f"{_LINE_MM:g}mm",
        "text-align": side,
        "font-size": f"{size:.3f}mm",
        "font-weight": style.get("font-weight", "400"),
        "color": style.get("fill", "#000"),
    }
    box = ET.Element("div", {"class": "laid"})
    box.set("style", "; ".join(f"{name}: {value}" for name, value in look.items()))
    box.text = word.text
    return box
