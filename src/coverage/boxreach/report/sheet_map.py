"""The small map of a site sheet as inline SVG.

What lies on the ground is drawn once a site, in any language; the names are laid on top of it.
Looks are attributes of the drawing itself, so that a page's style need not reach into it. Kinds
differ in shape and in width as well as in colour, and so are told apart without colour too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree as ET

from markupsafe import Markup

from boxreach.report.charts import figures_between, step_size
from boxreach.report.site_sheet import Point, SheetMap, SiteSheet
from boxreach.report.wording import Wording

SIDE = 1000
"""Of the drawing, in its own units; about a tenth of a millimetre on paper."""

LINES: dict[str, tuple[dict[str, str], ...]] = {
    "river": ({"stroke": "#56b4e9", "stroke-width": "11"},),
    "road": ({"stroke": "#7d8794", "stroke-width": "4"},),
    "main": ({"stroke": "#4c5561", "stroke-width": "8"},),
    "highway": (
        {"stroke": "#1a1f26", "stroke-width": "14"},
        {"stroke": "#e69f00", "stroke-width": "8"},
    ),
    "frontier": (
        {"stroke": "#fff", "stroke-width": "14"},
        {"stroke": "#1a1f26", "stroke-width": "8", "stroke-dasharray": "34 10 6 10"},
    ),
    "route": (
        {"stroke": "#fff", "stroke-width": "20"},
        {"stroke": "#0072b2", "stroke-width": "14"},
        {"stroke": "#fff", "stroke-width": "5", "stroke-dasharray": "16 14"},
    ),
}
"""How lines look, one stroke upon the other; what comes later lies above."""

DOTS = ("served", "missed", "crossing", "box", "post", "turn", "here")
"""Marks in the order in which they are drawn."""

_INK, _PAPER = "#1a1f26", "#fff"
_LETTER, _LINE, _SMALL = 27, 32, 22
"""Size of a name, how high its line is, and size of what is said of the map itself."""
_NARROW = 0.56
"""Width of a letter against its size, on average."""
_LONGEST = 26
"""Letters of a name on the map; the page has the whole of it."""
_NAMED = 24
"""How many places at most have their names."""
_FONTS = "system-ui, 'Noto Sans', 'Noto Sans Arabic', 'DejaVu Sans', sans-serif"
_KM_PER_DEGREE = 111.195
_WEIGHT = {"crossing": 0, "box": 1, "post": 1, "served": 2, "missed": 2}

Frame = tuple[float, float, float, float]
"""Left, top, right and lower edge."""


@dataclass(frozen=True)
class _Label:
    """A text on the map, where it begins, has its middle, or ends."""

    at: Point
    text: str
    anchor: str
    size: int = _LETTER
    strong: bool = False


def draw_map(sheet: SiteSheet, wording: Wording, prefix: str, shared: str = "") -> Markup:
    """Draw the ground about a site with its names; nothing where the ground is not told.

    Parameters
    ----------
    sheet
        The site.
    wording
        Whose language the names are in.
    prefix
        Begins the ids in the drawing.
    shared
        Id of what `draw_ground` drew elsewhere in the page; blank to draw it here.
    """
    if sheet.ground is None:
        return Markup("")
    svg = _start_map(sheet, sheet.ground, wording, prefix)
    if shared:
        ET.SubElement(svg, "use", {"href": f"#{shared}"})
    else:
        _add_ground(svg, sheet, sheet.ground)
    for label in _place_labels(svg, sheet, sheet.ground, wording):
        _add_text(svg, label)
    return _as_markup(svg)


def draw_paper_map(sheet: SiteSheet, wording: Wording, prefix: str) -> Markup:
    """Draw the same map with its names as HTML upon it.

    WeasyPrint sets every letter of a drawing on its own, so that Arabic would not be joined; what
    it sets outside of drawings is.
    """
    if sheet.ground is None:
        return Markup("")
    svg = _start_map(sheet, sheet.ground, wording, prefix)
    _add_ground(svg, sheet, sheet.ground, words=False)
    plate = ET.Element("div", {"class": "plate"})
    plate.append(svg)
    names = _place_labels(svg, sheet, sheet.ground, wording)
    for label in (*_ground_labels(sheet.ground), *names):
        _lay_text(plate, label)
    return _as_markup(plate)


def _start_map(sheet: SiteSheet, ground: SheetMap, wording: Wording, prefix: str) -> ET.Element:
    names = {
        "class": "ground-map",
        "viewBox": f"0 0 {SIDE} {SIDE}",
        "role": "img",
        "aria-labelledby": f"{prefix}-title {prefix}-desc",
        "font-family": _FONTS,
        "direction": "ltr",
    }
    svg = ET.Element("svg", names)
    site = wording.name(sheet.name) or sheet.site_id
    wide = wording.figure(f"{_wide_km(ground):.0f}")
    for tag, text in (
        ("title", wording.say("sheet_map", site=site)),
        ("desc", wording.say("sheet_map_described", km=wide)),
    ):
        ET.SubElement(svg, tag, {"id": f"{prefix}-{tag}"}).text = text
    return svg


def draw_ground(sheet: SiteSheet, name: str) -> Markup:
    """Draw what of a site's map is the same in every language, as a group with an id."""
    group = ET.Element("g", {"id": name})
    if sheet.ground is not None:
        _add_ground(group, sheet, sheet.ground)
    return _as_markup(group)


def draw_key(kind: str) -> Markup:
    """Draw a sample of a line or mark for the key."""
    svg = ET.Element("svg", {"class": "key", "viewBox": "0 0 60 40", "aria-hidden": "true"})
    if kind in LINES:
        for look in LINES[kind]:
            ET.SubElement(svg, "path", {"d": "M2 20h56", "fill": "none", **look})
    else:
        _add_mark(svg, kind, (30.0, 20.0))
    return _as_markup(svg)


def list_kinds(sheet: SiteSheet) -> tuple[str, ...]:
    """Return the kinds of lines and marks on a map, in the order of its key."""
    if sheet.ground is None:
        return ()
    there = {one.kind for one in sheet.ground.lines} | {one.kind for one in sheet.ground.dots}
    there |= {"turn"} if _turn(sheet) else set()
    order = ("route", "turn", "served", "missed", "box", "post", "crossing")
    roads = ("highway", "main", "road", "river", "frontier")
    return tuple(one for one in (*order, *roads) if one in there)


def _add_ground(
    parent: ET.Element, sheet: SiteSheet, ground: SheetMap, *, words: bool = True
) -> None:
    ET.SubElement(parent, "rect", {"width": str(SIDE), "height": str(SIDE), "fill": _PAPER})
    _add_graticule(parent, ground)
    style = {"fill": "none", "stroke-linejoin": "round"}
    for kind, looks in LINES.items():
        paths = [_path(ground, one.line) for one in ground.lines if one.kind == kind]
        for look in looks if paths else ():
            ET.SubElement(parent, "path", {"d": "".join(paths), **style, **look})
    for kind in DOTS:
        for at in _places(sheet, ground, kind):
            _add_mark(parent, _kind_here(sheet) if kind == "here" else kind, at)
    _add_north(parent)
    _add_scale(parent, ground)
    edge = {"x": "1.5", "y": "1.5", "width": str(SIDE - 3), "height": str(SIDE - 3)}
    ET.SubElement(parent, "rect", {**edge, "fill": "none", "stroke": _INK, "stroke-width": "3"})
    for label in _ground_labels(ground) if words else ():
        _add_text(parent, label)


def _places(sheet: SiteSheet, ground: SheetMap, kind: str) -> list[Point]:
    if kind == "here":
        return [_at(ground, (sheet.lon, sheet.lat))]
    if kind == "turn":
        turn = _turn(sheet)
        return [_at(ground, turn)] if turn else []
    return [_at(ground, one.at) for one in ground.dots if one.kind == kind]


def _turn(sheet: SiteSheet) -> Point | None:
    """Return where the last turn is, if it is on the map."""
    turn, ground = sheet.approach and sheet.approach.turn_at, sheet.ground
    if not turn or ground is None:
        return None
    inside = ground.west <= turn[0] <= ground.east and ground.south <= turn[1] <= ground.north
    return turn if inside else None


def _kind_here(sheet: SiteSheet) -> str:
    return "here-post" if sheet.kind == "post" else "here"


def _at(ground: SheetMap, place: Point) -> Point:
    x = (place[0] - ground.west) / (ground.east - ground.west) * SIDE
    y = (ground.north - place[1]) / (ground.north - ground.south) * SIDE
    return x, y


def _path(ground: SheetMap, line: Sequence[Point]) -> str:
    """Return a line in whole units, each point from the one before: shortest to write."""
    across, down = SIDE / (ground.east - ground.west), SIDE / (ground.north - ground.south)
    west, north = ground.west, ground.north
    written: list[str] = []
    before = (0, 0)
    for lon, lat in line:
        x, y = round((lon - west) * across), round((north - lat) * down)
        if not written:
            written.append(f"M{x} {y}l")
        elif (x, y) != before:
            written.append(f"{x - before[0]} {y - before[1]} ")
        before = (x, y)
    return "".join(written) if len(written) > 1 else ""


def _wide_km(ground: SheetMap) -> float:
    middle = math.radians((ground.south + ground.north) / 2)
    return (ground.east - ground.west) * _KM_PER_DEGREE * math.cos(middle)


def _add_graticule(parent: ET.Element, ground: SheetMap) -> None:
    """Draw degrees as thin lines."""
    look = {"stroke": "#c9cfd6", "stroke-width": "2", "fill": "none"}
    path = [f"M{x} 0v{SIDE}" for _, x in _meridians(ground)]
    path += [f"M0 {y}h{SIDE}" for _, y in _parallels(ground)]
    ET.SubElement(parent, "path", {"d": "".join(path), **look})


def _meridians(ground: SheetMap) -> list[tuple[float, int]]:
    """Return longitudes that are drawn, and where."""
    shown = figures_between(ground.west, ground.east, 4)
    return [(lon, round(_at(ground, (lon, ground.north))[0])) for lon in shown]


def _parallels(ground: SheetMap) -> list[tuple[float, int]]:
    """Return latitudes that are drawn, and where."""
    shown = figures_between(ground.south, ground.north, 4)
    return [(lat, round(_at(ground, (ground.west, lat))[1])) for lat in shown]


def _ground_labels(ground: SheetMap) -> list[_Label]:
    """Return the figures of degrees, at the upper and the left edge, and the N of the arrow."""
    step = step_size(ground.north - ground.south, 4)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) + (f"{step:e}"[:3] == "2.5")
    labels = [_Label((950.0, 126.0), "N", "middle", strong=True)]
    for lon, x in _meridians(ground):
        if 90 <= x <= SIDE - 190:
            labels.append(_Label((x, 24), f"{lon:.{digits}f}°", "middle", _SMALL))
    for lat, y in _parallels(ground):
        if 60 <= y <= SIDE - 110:
            labels.append(_Label((8, y - 6), f"{lat:.{digits}f}°", "start", _SMALL))
    return labels


def _add_north(parent: ET.Element) -> None:
    """Draw an arrow to the north in the upper right corner."""
    arrow = {"d": "M950 22l26 74-26-16-26 16z", "fill": _INK, "stroke": _PAPER, "stroke-width": "4"}
    ET.SubElement(parent, "path", arrow)


def _scale(ground: SheetMap) -> tuple[float, float]:
    """Return how many km the scale bar shows, and how long it is drawn."""
    wide = _wide_km(ground)
    km = step_size(wide, 5)
    return km, km / wide * SIDE


def _add_scale(parent: ET.Element, ground: SheetMap) -> None:
    """Draw a bar of two halves, black and white, in the lower left corner."""
    _, long = _scale(ground)
    back = {"x": "14", "y": str(SIDE - 74), "width": f"{long + 130:.0f}", "height": "60"}
    ET.SubElement(parent, "rect", {**back, "fill": _PAPER, "fill-opacity": "0.88"})
    bar = {"y": str(SIDE - 36), "height": "12", "stroke": _INK, "stroke-width": "2.5"}
    half = f"{long / 2:.1f}"
    ET.SubElement(parent, "rect", {"x": "30", "width": half, **bar, "fill": _INK})
    ET.SubElement(
        parent, "rect", {"x": f"{30 + long / 2:.1f}", "width": half, **bar, "fill": _PAPER}
    )


def _scale_labels(ground: SheetMap, wording: Wording) -> list[_Label]:
    km, long = _scale(ground)
    whole = wording.say("sheet_km", km=wording.figure(f"{km:g}"))
    return [
        _Label((30.0, SIDE - 46.0), wording.figure("0"), "start", _SMALL),
        _Label((30 + long, SIDE - 46.0), whole, "middle", _SMALL),
    ]


def _add_mark(parent: ET.Element, kind: str, at: Point) -> None:
    """Draw a mark; each kind has a shape of its own."""
    x, y = (round(one) for one in at)
    ink = {"stroke": _INK, "stroke-width": "3"}
    halo = {"stroke": _PAPER, "stroke-width": "4"}
    if kind == "served":
        ET.SubElement(parent, "circle", {"cx": f"{x}", "cy": f"{y}", "r": "10",
                                         "fill": "#009e73", **ink})  # fmt: skip
    elif kind == "missed":
        cross = f"M{x - 10} {y - 10}l20 20m0-20l-20 20"
        ET.SubElement(parent, "path", {"d": cross, "stroke": _PAPER, "stroke-width": "13"})
        ET.SubElement(parent, "path", {"d": cross, "stroke": "#d55e00", "stroke-width": "7"})
    elif kind == "turn":
        ring = {"cx": f"{x}", "cy": f"{y}", "fill": "none"}
        ET.SubElement(parent, "circle", {**ring, "r": "17", "stroke": _PAPER, "stroke-width": "15"})
        ET.SubElement(parent, "circle", {**ring, "r": "17", "stroke": _INK, "stroke-width": "7"})
    else:
        shape, look = _SHAPES[kind]
        fill = {"fill": look}
        ET.SubElement(parent, "path", {"d": f"M{x} {y}{shape}", **fill, **halo})
        if kind.startswith("here"):
            ET.SubElement(parent, "circle", {"cx": f"{x}", "cy": f"{y}", "r": "7", "fill": _PAPER})


_SHAPES = {
    "crossing": ("m0-17l15 17-15 17-15-17z", "#e69f00"),
    "box": ("m-14-14h28v28h-28z", "#0072b2"),
    "post": ("m0-18l17 31h-34z", "#0072b2"),
    "here": ("m-25-25h50v50h-50z", _INK),
    "here-post": ("m0-36l34 58h-68z", _INK),
}


def _place_labels(
    parent: ET.Element, sheet: SiteSheet, ground: SheetMap, wording: Wording
) -> list[_Label]:
    """Return the words of the scale, and names of places where no other name or mark lies.

    The weightiest places come first. Behind each name the drawing is made pale.
    """
    labels = _scale_labels(ground, wording)
    spots = [(_at(ground, one.at), one) for one in ground.dots]
    taken = [(x - 11, y - 11, x + 11, y + 11) for (x, y), _ in spots]
    for kind in ("turn", "here"):
        taken += [(x - 30, y - 32, x + 30, y + 26) for x, y in _places(sheet, ground, kind)]
    _, long = _scale(ground)
    taken += [(0, SIDE - 76, long + 145, SIDE), (890, 0, SIDE, 140), (0, 0, SIDE, 30)]
    way = _trace(ground)
    ranked = sorted(spots, key=lambda one: (_WEIGHT[one[1].kind], -(one[1].people or 0), one[0]))
    for at, dot in ranked[:_NAMED]:
        text = _shorten(wording.name(dot.name))
        found = _find_room(at, text, taken, way) if text else None
        if found is None:
            continue
        (left, _, right, bottom), anchor = found
        taken.append(found[0])
        _add_pale(parent, found[0])
        x = {"start": left + 4, "end": right - 4, "middle": (left + right) / 2}[anchor]
        strong = dot.kind in {"box", "post", "crossing"}
        labels.append(_Label((x, bottom - 8), text, anchor, strong=strong))
    return labels


def _find_room(
    at: Point, text: str, taken: list[Frame], way: list[Frame]
) -> tuple[Frame, str] | None:
    """Return where a name may stand beside its mark, off the way if there is room for that."""
    x, y = at
    wide = _NARROW * _LETTER * len(text) + 8
    # A name that would lie on the way is better than none, but comes after every other place.
    choices = [
        (frame, anchor)
        for frame, anchor in _frames(x, y, wide)
        if frame[0] >= 4 and frame[1] >= 4 and frame[2] <= SIDE - 4 and frame[3] <= SIDE - 4
        and not _meets(frame, taken)
    ]  # fmt: skip
    free = (one for one in choices if not _meets(one[0], way))
    return next(free, choices[0] if choices else None)


def _add_pale(parent: ET.Element, frame: Frame) -> None:
    left, top, right, bottom = (round(one) for one in frame)
    size = {"width": f"{right - left}", "height": f"{bottom - top}"}
    look = {"fill": _PAPER, "fill-opacity": "0.78"}
    ET.SubElement(parent, "rect", {"x": f"{left}", "y": f"{top}", **size, **look})


def _frames(x: float, y: float, wide: float) -> Iterable[tuple[Frame, str]]:
    """Yield where a name may stand about its mark, the best place first."""
    high, off = _LINE, 15
    yield (x + off, y - high / 2, x + off + wide, y + high / 2), "start"
    yield (x - off - wide, y - high / 2, x - off, y + high / 2), "end"
    for top in (y - off - high, y + off):
        yield (x - wide / 2, top, x + wide / 2, top + high), "middle"
    for top in (y - off - high + 4, y + off - 4):
        yield (x + 6, top, x + 6 + wide, top + high), "start"
        yield (x - 6 - wide, top, x - 6, top + high), "end"


def _meets(frame: Frame, others: list[Frame]) -> bool:
    left, top, right, bottom = frame
    return any(left < c and a < right and top < d and b < bottom for a, b, c, d in others)


def _trace(ground: SheetMap) -> list[Frame]:
    """Return small frames along the way."""
    found: list[Point] = []
    for line in (one.line for one in ground.lines if one.kind == "route"):
        points = [_at(ground, one) for one in line]
        for (ax, ay), (bx, by) in pairwise(points):
            count = max(1, math.ceil(math.hypot(bx - ax, by - ay) / 24))
            for i in range(count):
                x, y = ax + (bx - ax) * i / count, ay + (by - ay) * i / count
                if not found or math.hypot(x - found[-1][0], y - found[-1][1]) >= 12:
                    found.append((x, y))
    return [(x - 9, y - 9, x + 9, y + 9) for x, y in found]


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _add_text(parent: ET.Element, label: _Label) -> None:
    look = {
        "x": f"{label.at[0]:.0f}",
        "y": f"{label.at[1]:.0f}",
        "text-anchor": label.anchor,
        "font-size": f"{label.size}",
        "fill": _INK,
    }
    if label.strong:
        look["font-weight"] = "700"
    # First-strong isolate: an Arabic name keeps its own order inside a left-to-right drawing.
    ET.SubElement(parent, "text", look).text = f"\u2068{label.text}\u2069"


def _lay_text(plate: ET.Element, label: _Label) -> None:
    """Lay a text upon the drawing, its letters as high as in it."""
    x, y = label.at[0] / SIDE * 100, (label.at[1] - 0.88 * label.size) / SIDE * 100
    side = {
        "start": f"left: {x:.2f}%",
        "end": f"right: {100 - x:.2f}%",
        "middle": f"left: {x - 25:.2f}%; width: 50%; text-align: center",
    }[label.anchor]
    kind = ("small" if label.size == _SMALL else "") + (" strong" if label.strong else "")
    text = ET.SubElement(plate, "div", {"class": f"laid {kind}", "style": f"top: {y:.2f}%; {side}"})
    ET.SubElement(text, "bdi").text = label.text


def _as_markup(element: ET.Element) -> Markup:
    return Markup(ET.tostring(element, encoding="unicode"))  # noqa: S704 - it escapes all text
