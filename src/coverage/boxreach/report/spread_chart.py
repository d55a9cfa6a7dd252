"""A drawing as inline SVG: what draws come to, a row a plan, a stroke a draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.etree import ElementTree as ET

from markupsafe import Markup

from boxreach.report.charts import (
    WIDTH,
    Say,
    add_label,
    add_line,
    as_px,
    figures_between,
    finish_chart,
    start_chart,
)
from boxreach.report.what_if import Draw, PlanSpread

LEFT, RIGHT, TOP, BOTTOM = 20.0, 20.0, 6.0, 44.0
ROW_PX, NAME_PX, BAND_PX = 52.0, 17.0, 24.0

MOST_PLANS = 12
"""So many plans at most are drawn, the first ones."""

LONGEST = 80
"""So many letters of a name at most have room."""

_MILLION = 1e6
_MARK_PX = 5.0


def draw_spread(
    plans: Sequence[PlanSpread],
    draws: Sequence[Draw],
    names: Mapping[str, str],
    say: Say,
    prefix: str,
) -> Markup:
    """Draw each plan's draws by people within reach, nine in ten of them, their median, the point.

    Parameters
    ----------
    plans, draws
        What the draws of each plan come to, and each draw.
    names
        What a reader calls each plan.
    say
        Gives the words of a key.
    prefix
        Begins the ids in the drawing.
    """
    plans = plans[:MOST_PLANS]
    by_plan: dict[str, list[float]] = {one.plan: [] for one in plans}
    for one in draws:
        if one.plan in by_plan:
            by_plan[one.plan].append(one.within)
    height = TOP + ROW_PX * len(plans) + BOTTOM
    svg = start_chart(round(height), prefix, say("what_if_draws_title"), say("what_if_draws_desc"))
    svg.set("class", "chart draws")
    low, high = _ends(plans, by_plan)
    bottom = height - BOTTOM

    def at(people: float) -> float:
        return LEFT + (people - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    divisor = _MILLION if high >= 2 * _MILLION else 1.0
    for tick in figures_between(low / divisor, high / divisor, 7):
        x = at(tick * divisor)
        add_line(svg, (x, TOP), (x, bottom), "grid")
        add_label(svg, (x, bottom + 17), say.figure(tick), "tick")
    add_line(svg, (LEFT, bottom), (WIDTH - RIGHT, bottom), "axis")
    for row, plan in enumerate(plans):
        _draw_row(svg, plan, names[plan.plan], by_plan[plan.plan], TOP + ROW_PX * row, at)
    unit = say("what_if_axis_millions" if divisor > 1 else "what_if_axis")
    add_label(svg, (WIDTH / 2, height - 8), unit, "unit")
    return finish_chart(svg)


def _ends(plans: Sequence[PlanSpread], by_plan: dict[str, list[float]]) -> tuple[float, float]:
    """Return the ends of the axis: all that is drawn, and some room about it."""
    values = [value for one in by_plan.values() for value in one]
    values += [value for one in plans for value in (one.point, one.low, one.high, one.median)]
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or max(1.0, 0.01 * high)
    return max(0.0, low - room), high + room


def _draw_row(
    svg: ET.Element,
    plan: PlanSpread,
    name: str,
    within: Sequence[float],
    top: float,
    at: Callable[[float], float],
) -> None:
    """Draw one plan: its name, a band from percentile to percentile, strokes, median and point."""
    short = name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
    add_label(svg, (LEFT, top + NAME_PX - 5), short, "value", "start")
    top += NAME_PX
    foot, low, high = top + BAND_PX, at(plan.low), at(plan.high)
    size = {"width": as_px(max(high - low, 1.0)), "height": as_px(BAND_PX), "class": "spread"}
    ET.SubElement(svg, "rect", {"x": as_px(low), "y": as_px(top)} | size)
    # Draws that fall on the same place are one stroke.
    places = sorted({as_px(at(one)) for one in within}, key=float)
    path = "".join(f"M{one} {as_px(top + 4)}V{as_px(foot - 4)}" for one in places)
    if path:
        ET.SubElement(svg, "path", {"d": path, "class": "stroke"})
    add_line(svg, (at(plan.median), top - 1), (at(plan.median), foot + 1), "middle")
    x = at(plan.point)
    corners = ((x, foot - 1), (x - _MARK_PX, foot + 7), (x + _MARK_PX, foot + 7))
    points = " ".join(f"{as_px(one)},{as_px(other)}" for one, other in corners)
    ET.SubElement(svg, "polygon", {"points": points, "class": "planned"})
