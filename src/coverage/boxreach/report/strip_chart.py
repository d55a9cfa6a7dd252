"""A drawing as inline SVG: the frontier laid out straight, in rows from its northern end.

From the top of a row: governorates, crossings, the height of the ground, posts, bands of reach and
of sight, holes, and the posts of later phases. Bands are drawn to half a pixel; holes are never
drawn narrower than that, so that none is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from boxreach.report.charts import (
    WIDTH,
    Point,
    Say,
    add_label,
    add_line,
    as_px,
    figures_between,
    finish_chart,
    start_chart,
    step_size,
)
from boxreach.report.model import Name, PlanPart, SiteRow, Span, Strip

STRIP_KM = 155
"""About how much of the frontier one row shows."""
LEFT, RIGHT = 44.0, WIDTH - 20.0
COLUMN_PX = 0.5

GOVERNORATE_PX = 22
CROSSING_PX, CROSSING_LEVELS = 13, 2
GROUND_PX = 46
POST_PX = 33
"""Room for the marks of posts and two levels of their numbers."""
REACH_PX, DAY_PX, NIGHT_PX, HOLE_PX = 12, 8, 4, 4
APART_PX = 2
AXIS_PX = 26
LABEL_PX = 17
"""Room that the number of a post needs beside the next."""
_LETTER_PX = 6.2


@dataclass(frozen=True)
class _Levels:
    """Where the parts of a row lie, from its top; of what is not told there is None."""

    crossings: float
    ground: float
    band: float
    day: float | None
    night: float | None
    hole: float
    bottom: float

    @property
    def foot(self) -> float:
        """The lower edge of bands and holes."""
        return self.hole + HOLE_PX


@dataclass(frozen=True, eq=False)
class _Row:
    """One row of the drawing, and which kilometres it shows."""

    svg: ET.Element
    levels: _Levels
    km: tuple[float, float]
    last: bool
    """Whether the end of the line is in it."""
    prefix: str

    def x(self, chainage: float) -> float:
        start, end = self.km
        return LEFT + (chainage - start) / (end - start) * (RIGHT - LEFT)

    def holds(self, chainage: float) -> bool:
        start, end = self.km
        return start <= chainage < end or (self.last and chainage == end)


def draw_strip(strip: Strip, posts: PlanPart, say: Say, prefix: str) -> Markup:
    """Draw the frontier by chainage, in rows of equal length from north to south.

    Parameters
    ----------
    strip
        The line.
    posts
        The proposed posts.
    say
        Gives the words of a key.
    prefix
        Begins the ids in the drawing.
    """
    rows = max(1, round((strip.to_km - strip.from_km) / STRIP_KM))
    edges = [float(one) for one in np.linspace(strip.from_km, strip.to_km, rows + 1)]
    levels = _levels(strip)
    holes = len(strip.holes)
    described = say("strip_desc", posts=len(posts.sites), open=holes, count=holes)
    svg = start_chart(round(rows * levels.bottom), prefix, say("strip_title"), described)
    svg.set("class", "chart along")
    _add_hatch(svg, prefix)
    for i in range(rows):
        moved = {"transform": f"translate(0 {as_px(i * levels.bottom)})"}
        group = ET.SubElement(svg, "g", moved)
        row = _Row(group, levels, (edges[i], edges[i + 1]), i == rows - 1, prefix)
        _draw_axis(row, say)
        _draw_governorates(row, strip.governorates, say)
        _draw_ground(row, strip, say)
        _draw_crossings(row, strip.crossings, say)
        _draw_bands(row, strip)
        _draw_posts(row, posts.sites, strip.standing, say)
    return finish_chart(svg)


def _levels(strip: Strip) -> _Levels:
    crossings = GOVERNORATE_PX
    ground = crossings + (CROSSING_PX * CROSSING_LEVELS + 4 if strip.crossings else 0)
    band = ground + (GROUND_PX + 6 if _heights(strip) else 0) + POST_PX
    below = band + REACH_PX + APART_PX
    sees = strip.seen is not None
    day = below if sees else None
    night = below + DAY_PX + APART_PX if sees else None
    hole = below if night is None else night + NIGHT_PX + APART_PX
    bottom = hole + HOLE_PX + POST_PX + AXIS_PX
    return _Levels(crossings, ground, band, day, night, hole, bottom)


def _add_hatch(svg: ET.Element, prefix: str) -> None:
    """Define the lines across places whose heights are not known."""
    sides = {"width": "4", "height": "4", "patternUnits": "userSpaceOnUse"}
    defs = ET.SubElement(svg, "defs")
    hatch = ET.SubElement(defs, "pattern", {"id": f"{prefix}-hatch", **sides})
    ET.SubElement(hatch, "path", {"d": "M0 4L4 0", "class": "hatch"})


def _draw_axis(row: _Row, say: Say) -> None:
    bottom, unit = row.levels.bottom - AXIS_PX, say("unit_km")
    step = step_size(row.km[1] - row.km[0], 7)
    for i in range(math.ceil(row.km[0] / step - 1e-9), math.floor(row.km[1] / step + 1e-9) + 1):
        at = row.x(i * step)
        add_line(row.svg, (at, bottom + 2), (at, row.levels.band), "grid")
        add_label(row.svg, (at, bottom + 13), f"{say.figure(i * step)} {unit}", "tick")


def _draw_governorates(row: _Row, governorates: Sequence[Span], say: Say) -> None:
    for low, high, span in _clip(governorates, row.km):
        start, end = row.x(low), row.x(high)
        add_line(row.svg, (start + 1, 14), (end - 1, 14), "extent")
        name = say.wording.name(span.governorate)
        if end - start > _LETTER_PX * len(name):
            add_label(row.svg, ((start + end) / 2, 10), name, "note")


def _heights(strip: Strip) -> list[float]:
    return [height for _, height in strip.profile if height is not None]


def _draw_ground(row: _Row, strip: Strip, say: Say) -> None:
    """Draw the height of the ground on a scale of its own, the same in every row."""
    heights = _heights(strip)
    if not heights:
        return
    low, high = min(heights), max(heights)
    spread = max(high - low, 1.0)

    def y(height: float) -> float:
        return row.levels.ground + GROUND_PX - (height - low) / spread * GROUND_PX

    for tick in figures_between(low, low + spread, 4):
        add_line(row.svg, (LEFT, y(tick)), (RIGHT, y(tick)), "grid")
        add_label(
            row.svg, (LEFT - 5, y(tick) + 3.5), f"{say.figure(tick)} {say('unit_m')}", "tick", "end"
        )
    line, pen = [], "M"
    for at, height in strip.profile:
        if height is None or not row.km[0] <= at <= row.km[1]:
            pen = "M"
            continue
        line.append(f"{pen}{as_px(row.x(at))} {as_px(y(height))}")
        pen = "L"
    ET.SubElement(row.svg, "path", {"class": "ground", "d": "".join(line)})


def _draw_crossings(row: _Row, crossings: Sequence[tuple[float, Name]], say: Say) -> None:
    """Mark crossings down to the bands, each with its name where that has room."""
    ends = [-math.inf] * CROSSING_LEVELS
    for chainage, name in sorted(crossings, key=lambda one: one[0]):
        if not row.holds(chainage):
            continue
        at, text = row.x(chainage), say.wording.name(name)
        width = _LETTER_PX * len(text) + 14
        # Near the right edge a name stands left of its mark.
        right = at + width <= WIDTH
        left = at - 6 if right else at - width + 6
        free = next((level for level in range(CROSSING_LEVELS) if left >= ends[level]), None)
        y = row.levels.crossings + 6 + CROSSING_PX * (CROSSING_LEVELS - 1 if free is None else free)
        add_line(row.svg, (at, y + 4), (at, row.levels.band - 1), "crossing-line")
        corners = ((at, y - 4), (at + 4, y), (at, y + 4), (at - 4, y))
        _add_polygon(row.svg, corners, "crossing")
        if free is not None:
            ends[free] = left + width
            place = (at + 8 if right else at - 8, y + 4)
            add_label(row.svg, place, text, "note", "start" if right else "end")


def _draw_bands(row: _Row, strip: Strip) -> None:
    """Draw where the line is reached, seen by day and by night, and open."""
    line, levels = [*strip.reached, *strip.unreached], row.levels
    bands = [(levels.band, REACH_PX, line, "unreached"),
             (levels.band, REACH_PX, strip.reached, "reached")]  # fmt: skip
    if strip.seen is not None and levels.day is not None and levels.night is not None:
        bands += [
            (levels.day, DAY_PX, line, "unreached"),
            (levels.day, DAY_PX, strip.seen, "seen"),
            (levels.day, DAY_PX, strip.unknown, "unknown"),
            (levels.night, NIGHT_PX, line, "unreached"),
            (levels.night, NIGHT_PX, strip.seen_night, "night"),
        ]
    bands.append((levels.hole, HOLE_PX, strip.holes, "hole"))
    for top, height, spans, style in bands:
        _draw_band(row, spans, top, height, style)


def _draw_band(row: _Row, spans: Sequence[Span], top: float, height: float, style: str) -> None:
    """Draw spans as one path: columns of half a pixel of which they fill the most, or any part."""
    share = _fill_columns(spans, row.km)
    drawn = share > (1e-6 if style == "hole" else 0.5 - 1e-6)
    edges = np.flatnonzero(np.diff(drawn.astype(np.int8), prepend=0, append=0))
    if not len(edges):
        return
    path = "".join(
        f"M{as_px(LEFT + low * COLUMN_PX)} {as_px(top)}h{as_px((high - low) * COLUMN_PX)}"
        f"v{height:g}h-{as_px((high - low) * COLUMN_PX)}z"
        for low, high in edges.reshape(-1, 2).tolist()
    )
    fill = {"fill": f"url(#{row.prefix}-hatch)"} if style == "unknown" else {}
    ET.SubElement(row.svg, "path", {"d": path, "class": style, **fill})


def _fill_columns(spans: Sequence[Span], km: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return what share of each column of a row some spans fill that do not overlap."""
    count = round((RIGHT - LEFT) / COLUMN_PX)
    clipped = sorted((low, high) for low, high, _ in _clip(spans, km))
    if not clipped:
        return np.zeros(count)
    ends = np.array(clipped)
    filled = np.cumsum(ends[:, 1] - ends[:, 0])
    until = np.column_stack([filled - (ends[:, 1] - ends[:, 0]), filled]).ravel()
    edges = np.linspace(*km, count + 1)
    return np.asarray(np.diff(np.interp(edges, ends.ravel(), until)) / np.diff(edges))


def _draw_posts(row: _Row, sites: Sequence[SiteRow], standing: Sequence[float], say: Say) -> None:
    """Mark the posts of every other phase above the bands, with those that stand, others below."""
    phases = sorted({site.phase for site in sites})
    for site_at in standing:
        if row.holds(site_at):
            place = {"x": as_px(row.x(site_at) - 3.5), "y": as_px(row.levels.band - 9)}
            size = {"width": "7", "height": "7", "class": "standing"}
            ET.SubElement(row.svg, "rect", place | size)
    for side in (0, 1):
        chosen = [
            site
            for site in sites
            if phases.index(site.phase) % 2 == side and row.holds(site.chainage_km or 0.0)
        ]
        _draw_marks(row, chosen, say, above=side == 0)


def _draw_marks(row: _Row, sites: Sequence[SiteRow], say: Say, *, above: bool) -> None:
    """Mark posts on one side of the bands, their ranks on the first level that has room."""
    tip, out = (row.levels.band - 2, -1) if above else (row.levels.foot + 2, 1)
    ends = [-math.inf, -math.inf]
    for site in sorted(sites, key=lambda site: site.chainage_km or 0.0):
        at, base = row.x(site.chainage_km or 0.0), tip + 7 * out
        style = "post early" if above else "post late"
        _add_polygon(row.svg, ((at, tip), (at - 4, base), (at + 4, base)), style)
        free = next((level for level in (0, 1) if at - ends[level] >= LABEL_PX), None)
        if free is not None:
            ends[free] = at
            level = tip + out * (10 + 10 * free) + (0 if above else 7)
            add_label(row.svg, (at, level), say.figure(site.rank), "rank")


def _add_polygon(parent: ET.Element, corners: Sequence[Point], style: str) -> None:
    points = " ".join(f"{as_px(x)},{as_px(y)}" for x, y in corners)
    ET.SubElement(parent, "polygon", {"points": points, "class": style})


def _clip(spans: Sequence[Span], km: tuple[float, float]) -> list[tuple[float, float, Span]]:
    start, end = km
    clipped = ((max(span.from_km, start), min(span.to_km, end), span) for span in spans)
    return [(low, high, span) for low, high, span in clipped if high > low]
