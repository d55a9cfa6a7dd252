"""Measure how well and how fast boxes are planned, beside spopt.

python -m benchmarks.cover --json figures.json

Each question is asked in a process of its own. Other work on the machine lengthens the time by the
clock, so that of the processor stands beside it; where an answer is cut off by the clock, a busy
machine makes it worse.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.jobs import run_jobs
from benchmarks.table import Row, describe_machine, write_table

Figures = dict[str, Any]
All = dict[str, Figures]

PACKAGES: Final = ("highspy", "spopt", "pulp")
_MOST_S = 3600.0
_MOST_MB = 1_500.0
_LEAST_TIMES = 50
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Step:
    """A job and the rows that tell its figures.

    Attributes
    ----------
    job
        Module and function in this package, of a folder and the settings.
    tell
        Gives rows from the figures of all jobs, by job.
    """

    job: str
    tell: Callable[[All], Iterator[Row]]


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        figures = measure(Path(folder), {"seed": asked.seed}, asked.only)
    machine = describe_machine() | {"also": _list_packages()}
    if asked.json:
        kept = {"machine": machine, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = tabulate(figures)
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", write_table(rows)]))
    if any(row.agrees is False for row in rows):
        sys.exit("an answer does not agree")


def measure(folder: Path, settings: Figures, only: str = "") -> All:
    """Do the steps one after the other."""
    jobs = [step.job for step in STEPS if only in step.job]
    return run_jobs(dict.fromkeys(jobs, settings), folder, most_s=_MOST_S)


def tabulate(figures: All) -> list[Row]:
    """Return the rows of all that was measured; what failed says why."""
    return [row for step in STEPS if step.job in figures for row in step.tell(figures)]


def _tell_thousand(figures: All) -> Iterator[Row]:
    ours = figures[_THOUSAND]
    work = "1,000 sites x 10,000 demand, p = 100"
    if "failed" in ours:
        yield Row(work, ours["failed"])
        return
    proven = ours["status"] == "optimal"
    met = proven and ours["wall_s"] <= 1.0
    yield Row(work, _say(ours), target="optimal, ≤ 1 s", met=met, agrees=ours["kept"])


def _gap_teller(job: str, work: str, most: float) -> Callable[[All], Iterator[Row]]:
    def tell(figures: All) -> Iterator[Row]:
        ours = figures[job]
        if "failed" in ours:
            yield Row(work, ours["failed"])
            return
        fits = ours["peak_mb"] <= _MOST_MB
        said = f"{work}, {ours['pairs'] / 1e6:.2g} M pairs ({ours['peak_mb']:,.0f} MB)"
        target = f"≤ {most:.2g} %, ≤ 1.5 GB"
        met = fits and ours["gap"] * 100 <= most
        yield Row(said, _say(ours), target=target, met=met, agrees=ours["kept"])

    return tell


def _peer_teller(job: str, name: str) -> Callable[[All], Iterator[Row]]:
    def tell(figures: All) -> Iterator[Row]:
        ours, peer = figures.get(_THOUSAND, {"failed": "left out"}), figures[job]
        work = f"1,000 x 10,000: {name}, whole call, by the clock"
        if "failed" in ours or "failed" in peer:
            yield Row(work, ours.get("failed", ""), peer.get("failed", ""))
            return
        ratio = peer["wall_s"] / ours["wall_s"]
        agrees = abs(peer["objective"] - ours["objective"]) <= _ROUNDING * ours["objective"]
        yield Row(
            work,
            f"{ours['wall_s']:.3g} s",
            f"{peer['wall_s']:.3g} s",
            ratio,
            f"≥ {_LEAST_TIMES}×",
            ratio >= _LEAST_TIMES,
            agrees,
        )

    return tell


def _say(found: Figures) -> str:
    gap = "optimal" if found["status"] == "optimal" else f"gap {100 * found['gap']:.3g} %"
    if "regret" in found:
        gap += " to the best plan of all phases"
        gap += f", up to {100 * found['regret']:.3g} % less than the best phase alone"
    return f"{gap}, {found['wall_s']:.3g} s ({found['cpu_s']:.3g} s of processor)"


def _list_packages() -> str:
    packages = []
    for name in PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} missing")
    return ", ".join(packages)


_THOUSAND = "cover_ours.measure_thousand"
_CBC, _HIGHS = "cover_peers.measure_cbc", "cover_peers.measure_highs"
_PLANS: Final = (
    ("phases", "5,000 x 50,000, quotas, 50 and then 100", 0.1),
    ("moves", "5,000 x 50,000, quotas, 20 stand, 5 may move", 0.1),
    ("all", "5,000 x 50,000, quotas, 20 stand, 5 may move, 60 and then 100", 0.1),
)
_QUESTIONS: Final = (
    ("five", "5,000 x 50,000 within 8 km", 0.01),
    ("five_wide", "5,000 x 50,000 within 15 km", 0.01),
    ("five_quotas", "5,000 x 50,000, ten in each of five zones", 0.1),
    ("twenty", "20,000 x 200,000", 0.3),
    ("million_short", "20,000 x 1,000,000 in 30 s", 1.0),
    ("million", "20,000 x 1,000,000 in 60 s", 0.5),
    ("million_long", "20,000 x 1,000,000 in 120 s", 0.3),
)
STEPS: Final = (
    Step(_THOUSAND, _tell_thousand),
    Step(_CBC, _peer_teller(_CBC, "spopt with CBC")),
    Step(_HIGHS, _peer_teller(_HIGHS, "spopt with HiGHS")),
    *(
        Step(f"cover_ours.measure_{job}", _gap_teller(f"cover_ours.measure_{job}", work, most))
        for job, work, most in _QUESTIONS
    ),
    *(
        Step(f"cover_plans.measure_{job}", _gap_teller(f"cover_plans.measure_{job}", work, most))
        for job, work, most in _PLANS
    ),
)
"""In the order in which they are done and told."""


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cover", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the land")
    parser.add_argument("--only", default="", help="only the jobs with this in their name")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
