"""A drawing as inline SVG: the share of people within reach against minutes, by governorate."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from markupsafe import Markup

from boxreach.accessibility.plots import spread_apart
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
from boxreach.report.details import Curve, CurveSet

HEIGHT = 400
LEFT, RIGHT, TOP, BOTTOM = 48, 220, 26, 44
LABEL_PX = 15.5
"""How far apart the names at the ends of curves are at least."""

COLOURS = 6
"""So many colours take turns, by where curves end."""
DASHES = 4
"""So many patterns of lines, the first unbroken, take turns after each round of colours."""
MOST_NAMED = 22
"""So many curves at most are all named; of more only the total and the best and worst are."""
LONGEST = 24
"""So many letters of a name have room beside a curve."""
_EXTREMES = 5
_MARK_PX = 20
"""Room that the number of a threshold needs beside the next."""

Names = dict[int, str]


def draw_shares(shown: CurveSet, say: Say, prefix: str) -> Markup:
    """Draw a curve a governorate, thin, and the total, heavy, each named where it ends.

    Parameters
    ----------
    shown
        The curves.
    say
        Gives the words of a key.
    prefix
        Begins the ids in the drawing.
    """
    last = max(curve.minutes[-1] for curve in shown.curves)
    svg = start_chart(
        HEIGHT, prefix, say("shares_title"), say("shares_desc", minutes=last, count=last)
    )
    svg.set("class", "chart shares")
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(minutes: float, share: float) -> tuple[float, float]:
        return LEFT + minutes / last * (right - LEFT), bottom - share * (bottom - TOP)

    for percent in range(0, 101, 20):
        level = place(0, percent / 100)[1]
        add_line(svg, (LEFT, level), (right, level), "axis" if percent == 0 else "grid")
        add_label(svg, (LEFT - 8, level + 4), say.wording.figure(f"{percent}%"), "tick", "end")
    for tick in figures_between(0.0, last, 8):
        add_label(svg, (place(tick, 0)[0], bottom + 17), say.figure(tick), "tick")
    add_label(svg, ((LEFT + right) / 2, HEIGHT - 6), say("minutes_nearest"), "unit")
    end = -_MARK_PX * 1.0
    for minutes in shown.thresholds:
        at = place(minutes, 0)[0]
        add_line(svg, (at, TOP), (at, bottom), "threshold")
        if at - end >= _MARK_PX:
            add_label(svg, (at, TOP - 7), say.figure(minutes), "note")
            end = at
    turns = _turns(shown.curves)
    for i in sorted(turns, key=lambda i: (shown.curves[i].name is None, i)):
        curve = shown.curves[i]
        points = [place(*one) for one in zip(curve.minutes, curve.shares, strict=True)]
        ET.SubElement(svg, "path", {"class": turns[i], "d": _path(points)})
    _name_ends(svg, shown.curves, turns, say)
    return finish_chart(svg)


def _turns(curves: tuple[Curve, ...]) -> dict[int, str]:
    """Return the classes of each curve: neighbours at the end have different colours.

    No two of the curves that can all be named have both colour and dashes in common.
    """
    by_end = sorted(range(len(curves)), key=lambda i: (curves[i].shares[-1], i))
    # From the highest on, so that the unbroken lines are not all spent on those that lie flat.
    places = [i for i in reversed(by_end) if curves[i].name is not None]
    turns = {
        i: f"share turn-{at % COLOURS} dash-{at // COLOURS % DASHES}" for at, i in enumerate(places)
    }
    return turns | {i: "share whole-share" for i in by_end if curves[i].name is None}


def _named(curves: tuple[Curve, ...]) -> list[int]:
    if len(curves) <= MOST_NAMED:
        return [*range(len(curves))]
    by_end = sorted(range(len(curves)), key=lambda i: (curves[i].shares[-1], i))
    total = [i for i, curve in enumerate(curves) if curve.name is None]
    return sorted({*by_end[:_EXTREMES], *by_end[-_EXTREMES:], *total})


def _path(points: list[tuple[float, float]]) -> str:
    """Return a line through points, without those in the middle of a level stretch."""
    shown = [(as_px(x), as_px(y)) for x, y in points]
    kept = [
        one
        for i, one in enumerate(shown)
        if i in {0, len(shown) - 1} or not shown[i - 1][1] == one[1] == shown[i + 1][1]
    ]
    return "M" + "L".join(f"{x} {y}" for x, y in kept)


def _name_ends(
    svg: ET.Element,
    curves: tuple[Curve, ...],
    turns: dict[int, str],
    say: Say,
) -> None:
    """Write share and name beside the end of each curve, moved apart where ends crowd."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    room = bottom - TOP
    chosen = _named(curves)
    levels = spread_apart([curves[i].shares[-1] for i in chosen], LABEL_PX / room)
    for i, level in zip(chosen, levels, strict=True):
        curve = curves[i]
        if curve.name is None:
            name = say("total")
        else:
            name = say.wording.name(curve.name) or say("no_governorate")
        at, end = bottom - level * room, bottom - curve.shares[-1] * room
        if len(name) > LONGEST:
            name = f"{name[: LONGEST - 1]}…"
        add_line(svg, (right + 3, end), (right + 26, at), "lead")
        add_line(svg, (right + 27, at), (right + 45, at), f"swatch {turns[i]}")
        style = "value" if curve.name is None else "end"
        # Two labels, so that figures stand under each other beside names of any script.
        add_label(
            svg, (right + 80, at + 4), say.wording.figure(_percent(curve.shares[-1])), style, "end"
        )
        add_label(svg, (right + 87, at + 4), name, style, "start")


def _percent(share: float) -> str:
    """Return a share in whole per cent, never all or nothing when it is neither."""
    return "<1%" if 0 < share < 0.005 else f"{share if share == 1 else min(share, 0.99):.0%}"
