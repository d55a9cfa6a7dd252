"""Curves of coverage, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from boxreach.arguments import kind_of, require_kind
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.suggestions import suggest
from boxreach.tables import TOTAL, missing_faults

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELLED = 24
"""So many lines at most are labelled at their ends; of more only the total, the best and worst."""

_EXTREMES = 4
_INK, _TOTAL_INK, _FAINT = "#3b4654", "#0b2545", "#d5dae1"
_COLOURS = (
    "#3573b1", "#c8553d", "#3d8b6b", "#8d6ab8", "#b8862d", "#2f8f9d", "#b6527f", "#6b7f3a",
)  # fmt: skip
_GAP = 0.036
"""How far apart labels are at least, as a share of the height."""

Lines = dict[str, tuple[str, Floats, Floats]]
"""Name, minutes and shares by area."""


def plot_curves(
    curves: pd.DataFrame, *, ax: Axes | None = None, areas: Sequence[str] | None = None
) -> Axes:
    """Draw the share of people within reach against minutes, a line an area.

    The total is the heavy line. Lines are labelled where they end; of more than 24 only the total
    and those that are highest and lowest half way are, and the others are faint.

    Parameters
    ----------
    curves
        From `coverage_curves`.
    ax
        Where to draw; None makes a figure.
    areas
        The areas to draw beside the total, by their column in `curves`; None draws all.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that were drawn on.

    Raises
    ------
    InputError
        If `curves` is not what `coverage_curves` returned, an area is not in it, or matplotlib is
        not installed (``boxreach[plots]``).
    """
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415
        from matplotlib.axes import Axes as AnyAxes  # noqa: PLC0415
    except ImportError as error:
        what, advice = "matplotlib is not installed", "pip install 'boxreach[plots]'"
        raise InputError(Fault(what, advice=advice)) from error
    label = _require_curves(curves)
    if ax is None:
        _, ax = plt.subplots(figsize=(9, 5.6), layout="constrained")
    require_kind(ax, AnyAxes, "ax", "give an Axes of matplotlib, or None")
    lines = _lines(curves, label, areas)
    shown = _shown(lines)
    colours = _colours(lines, shown)
    ends = []
    for area, (name, minutes, share) in lines.items():
        is_total = area == TOTAL
        colour = colours[area]
        ax.plot(
            minutes, share, color=colour, label=name, clip_on=False, solid_capstyle="round",
            linewidth=3.0 if is_total else 1.4, zorder=4 if is_total else 3 if area in shown else 2,
        )  # fmt: skip
        if area in shown:
            ends.append((float(share[-1]), name, colour, is_total))
    _dress(ax, max(float(minutes[-1]) for _, minutes, _ in lines.values()))
    _label_ends(ax, ends)
    return ax


def _require_curves(curves: pd.DataFrame) -> str:
    """Return the column of the areas, or raise `InputError`."""
    require_kind(curves, pd.DataFrame, "curves", "give what coverage_curves returned")
    needed = ["minutes", "share_covered"]
    faults = missing_faults(needed, list(curves.columns.astype(str)), file="curves")
    label = str(curves.columns[0]) if len(curves.columns) else ""
    if not faults and (label in needed or TOTAL not in set(curves[label])):
        what = f"its first column does not hold {TOTAL!r}"
        faults.append(Fault(what, "curves", advice="give what coverage_curves returned"))
    if faults:
        raise InputError(*faults)
    return label


def _lines(curves: pd.DataFrame, label: str, areas: Sequence[str] | None) -> Lines:
    """Return name, minutes and shares of each line; one of nobody is left out."""
    known = [str(one) for one in curves[label].unique()]
    if areas is not None:
        if not isinstance(areas, list | tuple):
            advice = f"give a list of what stands in {label}"
            raise InputError(Fault(f"areas is {kind_of(areas)}", advice=advice))
        faults = [
            Fault(f"there is no area {one!r}", "curves", column=label,
                  advice=suggest(str(one), known))
            for one in areas
            if one not in known
        ]  # fmt: skip
        if faults:
            raise InputError(*faults)
    drawn = {}
    for area, part in curves.groupby(label, sort=False):
        share = part["share_covered"].to_numpy(dtype=float)
        wanted = areas is None or area in areas or area == TOTAL
        if wanted and not np.isnan(share).all():
            said = part["name"].iloc[0] if "name" in part else area
            name = str(said) if said else str(area) or "no area"
            drawn[str(area)] = (name, part["minutes"].to_numpy(dtype=float), share)
    if not drawn:
        raise InputError(Fault("there is nobody in it", "curves", advice="give curves of people"))
    return drawn


def _shown(lines: Lines) -> set[str]:
    """Return the lines that are labelled."""
    if len(lines) <= _LABELLED:
        return {*lines}
    ranked = sorted((float(share[len(share) // 2]), area) for area, (_, _, share) in lines.items())
    return {TOTAL, *(area for _, area in [*ranked[:_EXTREMES], *ranked[-_EXTREMES:]])}


def _colours(lines: Lines, shown: set[str]) -> dict[str, str]:
    """Return the colour of each line; those that end beside each other differ."""
    by_end = sorted(shown - {TOTAL}, key=lambda area: (lines[area][2][-1], area))
    turn = {area: _COLOURS[at % len(_COLOURS)] for at, area in enumerate(by_end)}
    return dict.fromkeys(lines, _FAINT) | turn | {TOTAL: _TOTAL_INK}


def _dress(ax: Axes, last: float) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter  # noqa: PLC0415

    ax.set(xlim=(0, last), ylim=(0, 1), xlabel="Minutes from the quickest site")
    ax.set_title(
        "Share of people within reach", loc="left", fontsize=12, color=_TOTAL_INK, pad=12,
        fontweight="bold",
    )  # fmt: skip
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    steps = [1, 1.5, 3, 6, 10] if last >= 15 else [1, 2, 5, 10]
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=steps))
    ax.grid(axis="y", color="#e6e9ee", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(colors=_INK, length=0, pad=6)
    ax.xaxis.label.set_color(_INK)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color("#9aa4b1")


def _label_ends(ax: Axes, ends: list[tuple[float, str, str, bool]]) -> None:
    """Write each name beside the end of its line, moved apart where lines end close together."""
    heights = spread_apart([end for end, *_ in ends], _GAP)
    for (end, name, colour, is_total), height in zip(ends, heights, strict=True):
        ax.annotate(
            f"{name}  {end:.0%}",
            xy=(1, end), xycoords=("axes fraction", "data"),
            xytext=(1.035, height), textcoords=("axes fraction", "data"),
            va="center", ha="left", color=colour, annotation_clip=False, parse_math=False,
            fontsize=10.5 if is_total else 9, fontweight="bold" if is_total else "normal",
            arrowprops={"arrowstyle": "-", "relpos": (0, 0.5), "color": colour, "linewidth": 0.6,
                        "alpha": 0.6, "shrinkA": 1, "shrinkB": 2},
        )  # fmt: skip


def spread_apart(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights from 0 to 1 at least a gap apart, in the same order and as near as may be.

    Heights that crowd form a stack around their mean; stacks that meet become one. So many that
    there is no room for them go on above 1.

    Examples
    --------
    >>> [round(one, 2) for one in spread_apart([0.5, 0.5, 0.9], 0.1)]
    [0.45, 0.55, 0.9]
    """
    order = np.argsort(np.array(heights, dtype=float), kind="stable")
    stacks: list[tuple[float, int]] = []
    for rank, at in enumerate(order):
        # Less the room that those below take, heights must only not fall: isotonic regression.
        stacks.append((heights[at] - rank * gap, 1))
        while len(stacks) > 1 and stacks[-2][0] > stacks[-1][0]:
            (low, few), (high, more) = stacks[-2:]
            stacks[-2:] = [((low * few + high * more) / (few + more), few + more)]
    level = np.repeat([one for one, _ in stacks], [size for _, size in stacks])
    level = np.clip(level, 0, max(1 - (len(order) - 1) * gap, 0))
    placed = np.empty(len(order))
    placed[order] = level + np.arange(len(order)) * gap
    return [float(one) for one in placed]
