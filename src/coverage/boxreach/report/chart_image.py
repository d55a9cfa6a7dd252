"""A chart as a picture, for files that take no drawings made of words and lines."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

from boxreach.errors import Fault, InputError
from boxreach.report.chart_font import chart_font

_FAMILIES = "'Noto Sans', 'Noto Sans Arabic', 'DejaVu Sans', Arial, sans-serif"
_BLOCK = re.compile(r"@[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NAMED = re.compile(r"(--[\w-]+):\s*([^;]+);")
_DRAWN = re.compile(r"\.chart|rect|polygon|\.[a-z-]+$")
"""Selectors of things in drawings."""


def draw_image(svg: ET.Element, *, px: int, mirrored: bool = False) -> bytes:
    """Return a drawing of the page as PNG, so many pixels wide.

    Parameters
    ----------
    svg
        As it is in the page; the page's style sheet is applied to it.
    px
        Width of the picture.
    mirrored
        Draw it from right to left: bars without words in them.

    Raises
    ------
    InputError
        If resvg-py, which draws it, is not installed.
    """
    try:
        from resvg_py import svg_to_bytes  # noqa: PLC0415 - optional
    except ImportError as error:
        what, advice = "resvg-py is not installed", "pip install 'boxreach[word]'"
        raise InputError(Fault(what, advice=advice)) from error
    font, whole = chart_font()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "font.ttf")
        path.write_bytes(font)
        drawn = svg_to_bytes(
            svg_string=_standing_alone(svg, px, mirrored=mirrored),
            # With every letter in a font of our own, no machine draws another picture.
            skip_system_fonts=whole,
            font_files=[str(path)],
            languages=[],
        )
    return bytes(drawn)


def size_of(svg: ET.Element) -> tuple[float, float]:
    """Return width and height of a drawing in its own units."""
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    return width, height


def _standing_alone(svg: ET.Element, px: int, *, mirrored: bool) -> str:
    """Return a drawing that needs no page about it."""
    width, height = size_of(svg)
    names = {**svg.attrib, "xmlns": "http://www.w3.org/2000/svg", "font-size": "12"}
    # Bars of the page have no shape of their own; these are 1 to 28.
    tall = round(px / 28) if svg.get("class") == "stack" else round(px * height / width)
    names |= {"width": str(px), "height": str(max(1, tall)), "font-family": _FAMILIES}
    alone = ET.Element("svg", names)
    ET.SubElement(alone, "style").text = _drawn_style()
    flip = {"transform": f"translate({width:g} 0) scale(-1 1)"} if mirrored else {}
    ET.SubElement(alone, "g", flip).extend(svg)
    return ET.tostring(alone, encoding="unicode")


@cache
def _drawn_style() -> str:
    """Return what the page's style sheet says of drawings, its named colours filled in."""
    sheet = files("boxreach.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    sheet = _BLOCK.sub("", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))
    colours = dict(_NAMED.findall(sheet))
    rules = []
    for selectors, said in _RULE.findall(sheet):
        each = [one.strip() for one in selectors.split(",")]
        wanted = [one for one in each if _DRAWN.match(one) and ":" not in one]
        if wanted and "[" not in selectors:
            full = re.sub(r"var\((--[\w-]+)\)", lambda found: colours[found[1]], said)
            rules.append(f"{','.join(wanted)}{{{full.strip()}}}")
    return "\n".join(rules)
