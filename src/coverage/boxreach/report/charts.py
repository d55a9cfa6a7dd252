"""A drawing as inline SVG, people by number of sites, and what all drawings are made of.

They are built as element trees, so that a name can only ever be text in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup

from boxreach.report.model import PlanPart
from boxreach.report.wording import Wording


@dataclass(frozen=True)
class Say:
    """Says words and figures in a drawing, as plain text.

    Attributes
    ----------
    wording
        The reader.
    key_of
        Gives the key that is said in place of another, where some have words of their own.
    """

    wording: Wording
    key_of: Callable[[str], str] = str

    def __call__(self, key: str, *, count: float | None = None, **values: float) -> str:
        """Return the words of a key, figures filled in."""
        written = {name: self.figure(value) for name, value in values.items()}
        return self.wording.say(self.key_of(key), count=count, **written)

    def figure(self, value: float) -> str:
        """Return a figure with as many decimals as it has."""
        return self.wording.figure(f"{value:,.10g}")


Point = tuple[float, float]

WIDTH = 720
CURVE_HEIGHT = 310
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 42, 46
"""Margins of the curve, for its axes."""


def draw_curve(plan: PlanPart, say: Say, prefix: str) -> Markup:
    """Draw what is within reach against the number of sites, from today to the last rank."""
    first, last = plan.before, plan.after
    svg = start_chart(CURVE_HEIGHT, prefix, say(f"curve_title_{plan.unit}"), _describe(plan, say))
    high = last.cover.total or 1.0
    span = max(1, last.sites - first.sites)

    def x(sites: float) -> float:
        return LEFT + (sites - first.sites) / span * (WIDTH - LEFT - RIGHT)

    def y(amount: float) -> float:
        return CURVE_HEIGHT - BOTTOM - amount / high * (CURVE_HEIGHT - TOP - BOTTOM)

    _draw_axes(svg, plan, say, x, y)
    points = [(x(first.sites), y(first.cover.covered))]
    points += [(x(site.standing), y(site.covered)) for site in plan.sites]
    path = "M" + "L".join(f"{as_px(a)} {as_px(b)}" for a, b in points)
    base = f"L{as_px(points[-1][0])} {as_px(y(0))}L{as_px(points[0][0])} {as_px(y(0))}Z"
    ET.SubElement(svg, "path", {"class": "area", "d": path + base})
    ET.SubElement(svg, "path", {"class": "curve", "d": path})
    _draw_bounds(svg, plan, x, y)
    for step in plan.steps:
        at, level = x(step.sites), y(step.cover.covered)
        ET.SubElement(
            svg, "circle", {"cx": as_px(at), "cy": as_px(level), "r": "4", "class": "mark"}
        )
        # A rising curve leaves room below it: to the right of its start, to the left further on.
        spot = (at + 10, min(level + 19, y(0) - 6)) if step is first else (at, level + 22)
        anchor = "start" if step is first else "end"
        add_label(svg, spot, say.figure(step.cover.covered), "value", anchor)
    return finish_chart(svg)


def _draw_axes(
    svg: ET.Element,
    plan: PlanPart,
    say: Say,
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> None:
    """Draw the grid, its figures and what they count, and the line of all that there is."""
    first, last = plan.before, plan.after
    divisor, scale_key = _choose_scale(plan)
    high = last.cover.total or 1.0
    for tick in figures_between(0.0, high / divisor, 5):
        level = y(tick * divisor)
        add_line(svg, (LEFT, level), (WIDTH - RIGHT, level), "grid")
        add_label(svg, (LEFT - 8, level + 4), say.figure(tick), "tick", "end")
    for tick in figures_between(first.sites, last.sites, 10):
        if tick == int(tick):
            add_label(svg, (x(tick), CURVE_HEIGHT - BOTTOM + 18), say.figure(tick), "tick")
    add_line(svg, (LEFT, y(0)), (WIDTH - RIGHT, y(0)), "axis")
    add_line(svg, (LEFT, y(high)), (WIDTH - RIGHT, y(high)), "whole")
    add_label(svg, (LEFT, y(high) - 7), say(f"curve_all_{plan.unit}", total=high), "note", "start")
    add_label(
        svg,
        (LEFT - 56, 12),
        say(scale_key, minutes=plan.minutes, count=plan.minutes),
        "unit",
        "start",
    )
    middle = (LEFT + WIDTH - RIGHT) / 2
    add_label(svg, (middle, CURVE_HEIGHT - 6), say(f"curve_sites_{plan.unit}"), "unit")


def _draw_bounds(
    svg: ET.Element, plan: PlanPart, x: Callable[[float], float], y: Callable[[float], float]
) -> None:
    """Draw a short bar at what no plan can pass, for each phase in which it is proven."""
    if not plan.asked.plain:
        return
    # No wider than the room between two numbers of sites, so that bars of two do not touch.
    half = max(5.0, min(14.0, (x(1) - x(0)) / 2))
    for proof in plan.proofs:
        if proof.bound is not None:
            at, level = x(proof.sites), y(min(proof.bound, plan.after.cover.total))
            add_line(svg, (at - half, level), (at + half, level), "limit")


def _describe(plan: PlanPart, say: Say) -> str:
    first, last = plan.before, plan.after
    return say(
        f"curve_desc_{plan.unit}",
        minutes=plan.minutes,
        count=plan.minutes,
        sites_before=first.sites,
        before=first.cover.covered,
        sites_after=last.sites,
        after=last.cover.covered,
        total=last.cover.total,
    )


def _choose_scale(plan: PlanPart) -> tuple[float, str]:
    """Return by what the axis is divided, and the key of the words that say so."""
    if plan.unit != "people":
        return 1.0, "axis_km"
    if plan.after.cover.total >= 2_000_000:
        return 1e6, "axis_people_millions"
    return 1.0, "axis_people"


def step_size(span: float, about: int) -> float:
    """Return the step of 1, 2, 2.5 or 5 times a power of ten that makes about so many ticks."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / about))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if span / (step * power) <= about)


def figures_between(low: float, high: float, about: int) -> list[float]:
    """Return round figures from low to high, about so many."""
    step = step_size(high - low, about)
    count = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return [round(i * step, 9) for i in count]


def start_chart(height: int, prefix: str, title: str, described: str) -> ET.Element:
    """Return an empty drawing with its title and description."""
    names = {"role": "img", "aria-labelledby": f"{prefix}-title {prefix}-desc"}
    svg = ET.Element("svg", {"class": "chart", "viewBox": f"0 0 {WIDTH} {height}", **names})
    ET.SubElement(svg, "title", {"id": f"{prefix}-title"}).text = title
    ET.SubElement(svg, "desc", {"id": f"{prefix}-desc"}).text = described
    return svg


def finish_chart(svg: ET.Element) -> Markup:
    """Return a drawing as markup."""
    return Markup(ET.tostring(svg, encoding="unicode"))  # noqa: S704 - ElementTree has escaped it


def as_px(value: float) -> str:
    """Return a length as text."""
    return f"{value:.1f}"


def add_line(parent: ET.Element, start: Point, end: Point, style: str) -> None:
    """Draw a straight line of a class."""
    ends = {"x1": as_px(start[0]), "y1": as_px(start[1]), "x2": as_px(end[0]), "y2": as_px(end[1])}
    ET.SubElement(parent, "line", {**ends, "class": style})


def add_label(parent: ET.Element, at: Point, text: str, style: str, anchor: str = "middle") -> None:
    """Write a text at a point, with an anchor as SVG has it."""
    place = {"x": as_px(at[0]), "y": as_px(at[1]), "class": style, "text-anchor": anchor}
    # First-strong isolate: an Arabic label keeps its own order inside a left-to-right drawing.
    ET.SubElement(parent, "text", place).text = f"\u2068{text}\u2069"
