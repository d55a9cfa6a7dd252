"""A drawing as inline SVG: what each number of sites comes to, by the plan and at best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

from markupsafe import Markup

from boxreach.report.charts import (
    BOTTOM,
    CURVE_HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Point,
    Say,
    add_label,
    add_line,
    as_px,
    figures_between,
    finish_chart,
    start_chart,
)
from boxreach.report.model import PlanPart

_MILLION = 1e6


def draw_best(plan: PlanPart, say: Say, prefix: str) -> Markup:
    """Draw what the plan comes to in its order, the best of each size, and the bound."""
    rows, first, last = plan.curve, plan.curve[0], plan.curve[-1]
    svg = start_chart(CURVE_HEIGHT, prefix, say("best_title"), _describe(plan, say))
    ends = [value for row in rows for value in (row.in_order, row.best, row.bound) if value]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    low = max(0.0, low - (high - low) * 0.1) if high > low else 0.0
    divisor = _MILLION if high >= 2 * _MILLION else 1.0
    tall, span = (high - low) or 1.0, max(1, last.sites - first.sites)

    def at(sites: float, value: float) -> Point:
        x = LEFT + (sites - first.sites) / span * (WIDTH - LEFT - RIGHT)
        return x, CURVE_HEIGHT - BOTTOM - (value - low) / tall * (CURVE_HEIGHT - TOP - BOTTOM)

    for tick in figures_between(low / divisor, high / divisor, 5):
        _, level = at(first.sites, tick * divisor)
        add_line(svg, (LEFT, level), (WIDTH - RIGHT, level), "grid")
        add_label(svg, (LEFT - 8, level + 4), say.figure(tick), "tick", "end")
    for tick in figures_between(first.sites, last.sites, 10):
        if tick == int(tick):
            x, _ = at(tick, low)
            add_label(svg, (x, CURVE_HEIGHT - BOTTOM + 18), say.figure(tick), "tick")
    add_line(svg, at(first.sites, low), at(last.sites, low), "axis")
    # Where they are one, the wide line shows below the narrow one, and that between the dashes.
    _draw_path(svg, [(row.sites, row.best) for row in rows], at, "best")
    _draw_path(svg, [(row.sites, row.in_order) for row in rows], at, "curve")
    _draw_path(svg, [(row.sites, row.bound) for row in rows], at, "bound")
    unit = "axis_millions" if divisor > 1 else "axis_plain"
    add_label(svg, (LEFT - 56, 12), f"{say(unit)}: {say(f'unit_{plan.asked.measure}')}", "unit",
              "start")  # fmt: skip
    middle = (LEFT + WIDTH - RIGHT) / 2
    add_label(svg, (middle, CURVE_HEIGHT - 6), say("curve_sites_people"), "unit")
    return finish_chart(svg)


def _draw_path(
    svg: ET.Element,
    values: Sequence[tuple[int, float | None]],
    at: Callable[[float, float], Point],
    style: str,
) -> None:
    """Draw a line through the values that are known; it breaks where one is not."""
    path, pen = "", "M"
    for sites, value in values:
        if value is None:
            pen = "M"
            continue
        x, y = at(sites, value)
        path += f"{pen}{as_px(x)} {as_px(y)}"
        pen = "L"
    ET.SubElement(svg, "path", {"class": style, "d": path})


def _describe(plan: PlanPart, say: Say) -> str:
    first, last = plan.curve[0], plan.curve[-1]
    return say(
        "best_desc",
        sites_before=first.sites,
        before=first.in_order,
        sites_after=last.sites,
        after=last.in_order,
    )
