"""From runs that were measured to the constants of the estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.optimize import nnls

from benchmarks.scaling_table import taken
from boxreach.costs import Constants
from boxreach.costs.model import CATCHMENTS, PLACING, STORING

Figures = dict[str, Any]

SECONDS: Final = {
    "starting": ("once",),
    "proposing": ("once", "pairs"),
    "tables": ("once", "rows"),
    "gaps": ("once", "gap_rows", "gap_pairs"),
    "files": ("once", "gap_rows", "roads"),
    "map": ("once", "roads"),
    "report": ("once", "roads", "sheets"),
    "evidence": ("nodes", "rows"),
    "posts": ("segments",),
    "what if": ("once", "what_if_rows"),
    CATCHMENTS: ("cells",),
    STORING: ("pairs",),
    PLACING: ("pairs",),
}
"""Steps of which a part is told from their sizes, and from which of them."""

_OF_ITS_SIZE: Final = {
    "gaps.csv": ("gap_rows",),
    "evidence.npz": ("nodes", "rows"),
    "map.html": ("once", "roads"),
    "reach.csv": ("communities",),
    "report.json": ("once", "communities"),
    "report.html": ("once", "sheets"),
    "sheets.html": ("sheets",),
    "gap_clusters.geojson": ("gap_rows",),
    "frontier.csv": ("segments",),
    "frontier.geojson": ("segments",),
    "segments.csv": ("segments",),
    "posts.geojson": ("segments",),
}
"""Files of a run whose size follows from that of the plan; the others are small."""

_MEMORY: Final = {
    "times from boxes": (("times 1", "times 2"), ("once", "box_links", "box_turn_links")),
    "times from candidates": (("times 3",), ("pairs", "straight", "links", "turn_links")),
    "proposing": (("proposing",), ("pairs", "links")),
    "what if": (("what if",), ("what_if_rows",)),
    "gaps": (("gaps",), ("gap_pairs", "gap_links")),
    "files": (("files",), ("roads",)),
    "map": (("map",), ("roads",)),
    "report": (("report",), ("roads",)),
    "evidence": (("evidence",), ("nodes",)),
}
"""Steps by how those that were measured begin, and what they hold beyond what is kept."""

_OF_WHAT_IF: Final = {
    "scenario_places.geojson": ("what_if_places",),
    "scenario_places.csv": ("what_if_places",),
    "critical_roads.geojson": ("what_if_roads",),
    "critical_roads.csv": ("what_if_roads",),
}
"""The same of files that only a plan with a what-if has."""

_SEARCHING: Final = "times 3: searching"
_KEPT, _KEPT_SIZES = "tables", ("once", "rows", "pairs")
"""When times from candidates are held, and little else."""

_KNOWN_MB: Final = {"pairs": 12e-6, "kept_straight": 24e-6, "kept_links": 16e-6}
"""Of each time a row in four bytes and milliseconds in eight; of each straight way three times
eight; of each link two times four, in two orders."""

_ONCE_S: Final = 0.6
_SENT: Final = {"send_s_mb": 0.005, "mb_node": 8e-5, "mb_link": 1.6e-5, "mb": 250.0}
"""What is sent to a worker, as arrays, and what its Python holds besides."""

_HEADER: Final = """\
# What steps of a run take beside what is measured or told from a part when a plan is estimated.
# Made by the command below; do not write by hand.
"""


def fit_constants(
    cases: Sequence[Figures],
    hired: Figures,
    pace: Figures,
    made: Mapping[str, str],
    known: Constants,
) -> str:
    """Return the constants that come nearest to some runs, as they are kept.

    Parameters
    ----------
    cases
        The figures of plans that were estimated and run: only their sizes count of the estimate.
    hired
        Those of one that was searched by two workers; empty if none was.
    pace
        What the tasks take by which machines are held against each other.
    made
        When, where and by which command.
    known
        The constants as they are: they stay where no case tells of a step.
    """
    names = {"date": made["date"], "machine": made["cpu"], "command": made["command"]}
    plain = [one for one in cases if not any(asks(one) for asks in _ASKING.values())]
    if not plain:
        raise SystemExit("of the plans from which constants are made none was estimated and run")
    by_step = {
        step: [one for one in cases if _ASKING[step](one)] if step in _ASKING else plain
        for step in SECONDS
    }
    pair = _fit_pairs(plain)
    memory = _fit_memory(plain, by_step["what if"])
    if not by_step["what if"]:
        memory["what if"] = dict(known.memory_mb.get("what if", {}))
    sections = {
        "made": names,
        "pace": {name: pace[name] for name in ("kernels_s", "words_s")},
        "pair": pair,
        "workers": _fit_workers(hired) if hired else known.workers,
        "seconds": {step: _fit_seconds(by_step[step], step, pair, known) for step in SECONDS},
        "alone": {step: _share_alone(by_step[step], step, known) for step in SECONDS},
        "memory_mb": memory,
        "disk_mb": _fit_disk(plain, by_step["what if"], known),
    }
    return _HEADER + "".join(f"\n[{name}]\n{_lines(one)}" for name, one in sections.items())


def _fit_seconds(
    cases: Sequence[Figures], step: str, pair: Mapping[str, float], known: Constants
) -> Mapping[str, float]:
    """Return what a step takes by its sizes, beside what is told from a part."""
    if not cases:
        return known.seconds.get(step, {})

    def seconds_of(one: Figures) -> float:
        if step in _TOLD:
            # Of these too much is told from a part to measure the rest alone.
            return max(_all_s(one, _named(step)) - _TOLD[step](one, pair), 0.0)
        if step == "posts":
            return _all_s(one, step)
        return float(step_of(one, _named(step))["cpu_s"])

    return _fit(cases, SECONDS[step], seconds_of)


def _share_alone(cases: Sequence[Figures], step: str, known: Constants) -> float:
    """Return what share of a step one thread does alone."""
    if not cases:
        return known.alone.get(step, 1.0)
    steps = [step_of(one, _named(step)) for one in cases]
    taken_s = max(sum(one["cpu_s"] for one in steps), 1e-9)
    return min(sum(float(one["alone_s"]) for one in steps) / taken_s, 1.0)


def _known_gaps_s(case: Figures, pair: Mapping[str, float]) -> float:
    """Return what of dividing what is left out is told from a part."""
    said = case["foresee"]
    return float(said["gaps_s"]) + said["sizes"]["gap_pairs"] * sum(pair.values())


_TOLD: Final[dict[str, Callable[[Figures, Mapping[str, float]], float]]] = {
    "gaps": _known_gaps_s,
    "what if": lambda case, _: float(case["foresee"]["what_if_s"]),
    CATCHMENTS: lambda case, _: float(case["foresee"]["catchments_s"]),
    STORING: lambda case, _: float(case["foresee"]["offered_s"]),
}
"""What of some steps is told from a part."""

_ASKING: Final[dict[str, Callable[[Figures], bool]]] = {
    "what if": lambda case: case["foresee"]["sizes"].get("what_if_rows", 0) > 0,
    CATCHMENTS: lambda case: case["foresee"]["sizes"].get("cells", 0) > 0,
    STORING: lambda case: case["foresee"]["scratch_mb"] > 0,
    PLACING: lambda case: case["foresee"]["scratch_mb"] > 0,
}
"""Steps of plans that ask for more than others: these tell of nothing else."""


def _named(step: str) -> str:
    """Return what a step is called where it is measured."""
    return {CATCHMENTS: "catchments", STORING: "stored times", PLACING: "proposing"}.get(step, step)


def step_of(case: Figures, name: str) -> Figures:
    """Return what a step of a run took, 0 where there was none."""
    nothing = {"cpu_s": 0.0, "alone_s": 0.0, "wall_s": 0.0, "peak_mb": 0.0}
    return dict(case["measure"]["steps"].get(name, nothing))


def _all_s(case: Figures, step: str) -> float:
    """Return what a step took, with all that is searched in it."""
    return float(taken(case["measure"]["steps"], step)["cpu_s"])


def _fit(
    cases: Sequence[Figures], sizes: Sequence[str], value: Callable[[Figures], float]
) -> dict[str, float]:
    """Return what one of each size takes, none below zero, near to each case by its share."""
    if not cases:
        return {}
    wanted = np.array([value(one) for one in cases])
    known = np.array([[one["foresee"]["sizes"][size] for size in sizes] for one in cases])
    scale = known.max(axis=0)
    scale[scale == 0] = 1.0
    weight = 1 / np.maximum(wanted, 0.05 * max(wanted.max(), 1e-9))
    found, _ = nnls(known / scale * weight[:, None], wanted * weight)
    amounts = found / scale
    return {size: float(one) for size, one in zip(sizes, amounts, strict=True) if one > 0}


def _fit_pairs(cases: Sequence[Figures]) -> dict[str, float]:
    """Return seconds to find one time within the cutoff, and to put it into its place.

    They are those of the plan with the most pairs, where they are most of what a search takes.
    """
    most = max(cases, key=lambda one: one["measure"]["kept"][_SEARCHING][0][2])
    pairs, taken = most["measure"]["kept"][_SEARCHING][0][2], step_of(most, _SEARCHING)
    found_s = taken["cpu_s"] - taken["alone_s"] - most["foresee"]["walking_s"]
    joined_s = taken["alone_s"] - most["foresee"]["ordering_s"]
    return {"found_s": max(found_s, 0.0) / pairs, "joined_s": max(joined_s, 0.0) / pairs}


def _fit_workers(hired: Figures) -> dict[str, float]:
    """Return seconds to start workers: what they took, and did not search."""
    starting, searched = step_of(hired, "starting"), hired["foresee"]
    several_s = starting["cpu_s"] - starting["alone_s"] - searched["walking_s"]
    count = searched["workers"]
    return {"once_s": _ONCE_S, "start_s": max(several_s, 0.0) / count, **_SENT}


def _fit_memory(cases: Sequence[Figures], asking: Sequence[Figures]) -> dict[str, dict[str, float]]:
    """Return what is kept once there are times from candidates, and what steps hold beyond that.

    What a what-if holds is that of plans that ask for one.
    """
    kept_mb = {id(one): _peak_mb(one, (_KEPT,)) for one in [*cases, *asking]}

    def links_mb(one: Figures) -> float:
        held_mb = kept_mb[id(one)] - _base_mb(one)
        known_mb = sum(mb * one["foresee"]["sizes"][size] for size, mb in _KNOWN_MB.items())
        return max(held_mb - known_mb, 0.0)

    # Where reading took more than all that is kept later, nothing is told of what is kept.
    more = _fit([one for one in cases if kept_mb[id(one)] > _base_mb(one)], _KEPT_SIZES, links_mb)
    kept = {size: _KNOWN_MB.get(size, 0.0) + more.get(size, 0.0) for size in {**_KNOWN_MB, **more}}
    found = {"options": kept}
    for name, (steps, sizes) in _MEMORY.items():
        before = name == "times from boxes"

        def beyond_mb(one: Figures, steps: tuple[str, ...] = steps, before: bool = before) -> float:
            held = _base_mb(one) if before else kept_mb[id(one)]
            told_mb = one["foresee"]["what_if_mb"] if steps == ("what if",) else 0.0
            return max(_peak_mb(one, steps) - held - told_mb, 0.0)

        told = asking if name == "what if" else cases
        # A step that never held more than what is kept tells nothing of what it holds.
        found[name] = _fit([one for one in told if beyond_mb(one) > 0], sizes, beyond_mb)
    return found


def _base_mb(case: Figures) -> float:
    """Return what is held when the network is built."""
    return float(case["measure"]["steps"]["catchments"]["peak_mb"])


def _peak_mb(case: Figures, begins: tuple[str, ...]) -> float:
    """Return the most that is held in some steps."""
    steps = case["measure"]["steps"]
    return max(float(one["peak_mb"]) for name, one in steps.items() if name.startswith(begins))


def _fit_disk(
    cases: Sequence[Figures], asking: Sequence[Figures], known: Constants
) -> dict[str, float]:
    """Return the megabytes that are written for one of each size, and what a what-if adds."""
    small = 0.0
    for case in cases:
        files = case["measure"]["files"]
        small += sum(size for name, size in files.items() if name not in _OF_ITS_SIZE) / len(cases)
    found = _fit_files(cases, _OF_ITS_SIZE)
    found["once"] = found.get("once", 0.0) + small / 1e6
    sizes = dict.fromkeys(size for sizes in _OF_WHAT_IF.values() for size in sizes)
    more = {size: known.disk_mb[size] for size in sizes if size in known.disk_mb}
    return found | (_fit_files(asking, _OF_WHAT_IF) if asking else more)


def _fit_files(
    cases: Sequence[Figures], sizes_by_file: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Return the megabytes of some files for one of each size."""
    found: dict[str, float] = {}
    for file, sizes in sizes_by_file.items():
        one = _fit(
            cases, sizes, lambda case, file=file: case["measure"]["files"].get(file, 0) / 1e6
        )
        for size, amount in one.items():
            found[size] = found.get(size, 0.0) + amount
    return found


def _lines(section: Mapping[str, Any]) -> str:
    """Return a section of the file."""
    return "".join(f"{_key(name)} = {_say(value)}\n" for name, value in section.items())


def _key(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _say(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {_say(one)}' for name, one in value.items())} }}"
    return f"{float(value):.3g}"
