"""Runs from small to large beside what was estimated of them, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

Figures = dict[str, Any]

WITHIN: Final = 0.30
"""An estimate may be off by so much."""

_BOUNDED: Final = "proposing"
"""What a plan ends after so many seconds of the clock, proven or not."""

HEAD: Final = (
    "nodes", "cells", "candidates", "searched by", "processor", "estimated", "ratio", "clock",
    "memory", "estimated", "disk", "estimated", "constants from it",
)  # fmt: skip


def tabulate(cases: Iterable[tuple[Figures, Figures]]) -> str:
    """Return a Markdown table, a line a plan.

    Seconds of the processor are those of all but the search for the best boxes, which a plan ends
    after so many seconds of the clock: what of it is done in them, the machine decides.

    Parameters
    ----------
    cases
        The settings of each plan, and its figures.
    """
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---:|' * (len(HEAD) - 1)}---|"]
    for settings, figures in cases:
        cells = _cells(settings, figures)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def tabulate_steps(figures: Figures) -> str:
    """Return what each step of a plan took, and was estimated to take.

    Parameters
    ----------
    figures
        Of one plan.
    """
    lines = ["| step | how it is known | processor | estimated | memory | estimated |"]
    lines += ["|---|---|---:|---:|---:|---:|"]
    for step in figures["foresee"]["steps"]:
        steps = figures["measure"]["steps"]
        found = taken({name: one for name, one in steps.items() if _is_of(name, step)}, "")
        cells = [
            step["name"],
            step["how"],
            f"{found['cpu_s']:,.1f} s",
            f"{step['cpu_s']:,.1f} s",
            f"{found['peak_mb']:,.0f} MB",
            f"{step['memory_mb']:,.0f} MB",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ratios(figures: Figures) -> dict[str, float]:
    """Return what was estimated of a plan by what it took: seconds, memory and disk.

    Parameters
    ----------
    figures
        Of one plan.
    """
    said, found = figures["foresee"], figures["measure"]
    return {
        "cpu_s": estimated_s(figures) / measured_s(figures),
        "memory_mb": said["memory_mb"] / found["most_mb"],
        "disk_mb": said["disk_mb"] / found["disk_mb"],
    }


def measured_s(figures: Figures) -> float:
    """Return the seconds of the processor of all but the search for the best boxes."""
    steps = figures["measure"]["steps"]
    return sum(float(one["cpu_s"]) for name, one in steps.items() if name != _BOUNDED)


def estimated_s(figures: Figures) -> float:
    """Return what was estimated of that."""
    said = figures["foresee"]
    return float(said["cpu_s"]) - float(said["proposal_s"])


def taken(steps: Figures, *begins: str) -> Figures:
    """Return what some steps of a run took together.

    Parameters
    ----------
    steps
        All that were measured.
    begins
        How their names begin.
    """
    some = [one for name, one in steps.items() if name.startswith(begins)]
    sums = {key: sum(float(one[key]) for one in some) for key in ("cpu_s", "alone_s", "wall_s")}
    return sums | {"peak_mb": max((one["peak_mb"] for one in some), default=0.0)}


def _is_of(name: str, step: Figures) -> bool:
    """Tell whether what was measured is part of a step of the estimate."""
    begins = _BEGINS.get(step["name"], (step["name"],))
    return any(name == one or name.startswith(f"{one}:") for one in begins)


_BEGINS: Final = {
    "times from boxes": ("times 1", "times 2"),
    "times from candidates": ("times 3", "stored times"),
    "people of the cells at communities": ("catchments",),
}


def _cells(settings: Figures, figures: Figures) -> list[str]:
    workers = settings["workers"]
    known = figures.get("foresee", {}).get("sizes", {}) if settings.get("demo") else {}
    counts = [
        f"{known.get(size, settings[name]):,.0f}"
        for name, size in (("nodes", "nodes"), ("demand", "rows"), ("communities", "candidates"))
    ]
    who = "threads" if not workers else f"{workers} worker{'s' * (workers > 1)}"
    who = ", ".join(filter(None, [who, settings.get("memory"), *settings.get("more", ())]))
    failed = [one["failed"] for one in figures.values() if "failed" in one]
    if failed or not {"foresee", "measure"} <= {*figures}:
        return [*counts, who, "; ".join(failed) or "not measured", *[""] * (len(HEAD) - 5)]
    said, found, by = figures["foresee"], figures["measure"], ratios(figures)
    return [
        *counts,
        who,
        f"{measured_s(figures):,.0f} s",
        f"{estimated_s(figures):,.0f} s",
        _judge(by["cpu_s"]),
        f"{found['wall_s']:,.0f} s",
        f"{found['most_mb']:,.0f} MB",
        f"{said['memory_mb']:,.0f} MB ({_judge(by['memory_mb'])})",
        f"{found['disk_mb']:,.0f} MB",
        f"{said['disk_mb']:,.0f} MB ({_judge(by['disk_mb'])})",
        "yes" if settings["fitted"] else "no",
    ]


def _judge(ratio: float) -> str:
    said = f"{ratio:.2f}"
    return said if 1 - WITHIN <= ratio <= 1 + WITHIN else f"**{said}**"
