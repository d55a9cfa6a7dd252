"""Measure runs of ``boxreach run`` from small to large, and hold `boxreach estimate` against them.

python -m benchmarks.scaling --json figures.json

Countries are synthetic, of 50,000 to 3 million nodes, and people are counted on 10,000 to a million
cells. Each plan is first estimated and then run, each in a process of its own; compared are seconds
of the processor, so that others who use the machine change little.

``--fit`` makes the constants of the estimate from the runs of some of the plans, those marked so in
`CASES`, and writes them to the file that is shipped; the others are held out. What none of the
plans that are there tells stays as it was. ``--from`` takes runs that were measured before, and
with ``--minutes 0`` no others. Plans go from small to large: what is cut off is the largest.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.jobs import run_job
from benchmarks.scaling_fit import fit_constants
from benchmarks.scaling_table import tabulate
from benchmarks.scaling_told import tell
from benchmarks.table import describe_machine
from boxreach.costs import Constants

Figures = dict[str, Any]

_MOST_S: Final = 3600.0
CONSTANTS: Final = Path(__file__).parents[1] / "src/coverage/boxreach/costs/constants.toml"


@dataclass(frozen=True)
class Case:
    """A plan.

    Attributes
    ----------
    name
        What it is called.
    nodes, demand, communities, boxes, new_boxes
        Of the roads; populated cells; places, each of them a candidate; boxes that stand, and new.
    workers
        How many processes search; the threads of one if 0.
    fitted
        Whether constants are made from it.
    seed, seconds
        Of the country, and for the proposal.
    demo
        Whether it is the embedded plan of Iraq, with its own sizes.
    memory
        What proposing may take, as on the command line; all there is if nothing is said.
    more
        What else the plan asks, by the names of `benchmarks.scaling_land.MORE`.
    """

    name: str
    nodes: int
    demand: int
    communities: int
    boxes: int
    new_boxes: int
    workers: int = 0
    fitted: bool = False
    seed: int = 1
    seconds: int = 30
    demo: bool = False
    memory: str = ""
    more: tuple[str, ...] = ()


CASES: Final = (
    Case("demonstration", 0, 0, 0, 50, 50, fitted=True, demo=True),
    Case("demonstration, what if", 0, 0, 0, 50, 50, fitted=True, demo=True, more=("what if",)),
    Case("2k, 4k, what if", 2_000, 4_000, 60, 2, 2, seed=8, more=("what if",)),
    Case("4k, 2k, what if", 4_000, 2_000, 100, 2, 2, fitted=True, more=("what if",)),
    Case("50k, 10k", 50_000, 10_000, 500, 5, 5, fitted=True),
    Case("50k, 100k at communities", 50_000, 100_000, 1_000, 5, 10, seed=2, fitted=True,
         more=("at communities",)),
    Case("50k, 100k", 50_000, 100_000, 1_000, 5, 10, seed=2, fitted=True),
    Case("50k, 100k, disk", 50_000, 100_000, 1_000, 5, 10, seed=2, memory="1.5GB"),
    Case("500k, 10k", 500_000, 10_000, 1_000, 20, 20, seed=3),
    Case("500k, 100k", 500_000, 100_000, 2_000, 20, 20, fitted=True),
    Case("500k, 100k, 1 worker", 500_000, 100_000, 2_000, 20, 20, workers=1),
    Case("500k, 100k, 2 workers", 500_000, 100_000, 2_000, 20, 20, workers=2),
    Case("500k, 200k, disk", 500_000, 200_000, 4_000, 20, 20, seed=9, fitted=True, memory="1.6GB"),
    Case("3M, 10k", 3_000_000, 10_000, 2_000, 50, 50, seed=5),
    Case("3M, 100k", 3_000_000, 100_000, 5_000, 50, 50, seed=6, fitted=True),
    Case("500k, 1M", 500_000, 1_000_000, 1_000, 20, 20, seed=4, fitted=True),
    Case("3M, 1M", 3_000_000, 1_000_000, 2_000, 50, 50, seed=7),
)  # fmt: skip

_HIRED: Final = "500k, 100k, 2 workers"

JOBS: Final = ("prepare", "foresee", "measure")
"""Of each plan, in their order."""


def main() -> None:
    """Run what the command line asks for."""
    asked, begun = _read_arguments(), time.monotonic()
    kept = json.loads(asked.known.read_text(encoding="utf-8")) if asked.known else {}
    figures: dict[str, Figures] = kept.get("figures", {})
    cases = [one for one in CASES if not asked.only or one.name in asked.only]
    machine = describe_machine()
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        for case in cases:
            if asked.minutes is not None and time.monotonic() - begun >= 60 * asked.minutes:
                break
            measure(case, Path(folder), figures, asked.job or JOBS[1:], asked.again or ())
            if asked.json:
                whole = {"machine": machine, "figures": figures}
                asked.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
        if asked.fit:
            pace = run_job("scaling_ours.time_paces", Path(folder), {}, most_s=_MOST_S)
            CONSTANTS.write_text(_fit(figures, pace, machine), encoding="utf-8")
    constants = Constants.read(CONSTANTS.read_text(encoding="utf-8"))
    told = [(asdict(one), _tell(figures.get(one.name, {}), constants)) for one in cases]
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", tabulate(told)]))


def _fit(figures: dict[str, Figures], pace: Figures, machine: dict[str, str]) -> str:
    """Return the constants that follow from the plans that are fitted."""
    known = Constants.read(CONSTANTS.read_text(encoding="utf-8"))
    made = {
        "date": machine["date"],
        "cpu": machine["cpu"],
        "command": "python -m benchmarks.scaling --fit",
    }
    fitted = [
        _tell(figures[one.name], known)
        for one in CASES
        if one.fitted and is_whole(figures.get(one.name, {}))
    ]
    hired = figures.get(_HIRED, {})
    starting = _tell(hired, known) if is_whole(hired) else {}
    return fit_constants(fitted, starting, pace, made, known)


def is_whole(figures: Figures) -> bool:
    """Tell whether a plan was estimated and run, and neither failed.

    Parameters
    ----------
    figures
        Of the plan.
    """
    return all("failed" not in figures.get(job, {"failed": ""}) for job in JOBS[1:])


def _tell(figures: Figures, constants: Constants) -> Figures:
    """Return figures with their estimate as these constants tell it."""
    kept = figures.get("foresee", {})
    return figures | ({"foresee": tell(kept, constants)} if "found" in kept else {})


def measure(
    case: Case,
    folder: Path,
    figures: dict[str, Figures],
    jobs: Sequence[str],
    again: Sequence[str],
) -> None:
    """Do the jobs of a plan that are not done yet, and say on standard error how far it is."""
    known = figures.setdefault(case.name, {})
    wanted = [job for job in jobs if job not in known or job in again]
    settings = asdict(case) | {"workers": case.workers or None}
    for job in ["prepare", *wanted] if wanted else []:
        print(f"{case.name}: {job} ... ", end="", file=sys.stderr, flush=True)
        begun = time.monotonic()
        found = run_job(f"scaling_ours.{job}", folder, settings, most_s=_MOST_S)
        said = found.get("failed") or f"{found['peak_mb']:,.0f} MB"
        print(f"{said}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        known[job] = found


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="one of the plans")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--from", dest="known", type=Path, help="take the figures of this file")
    parser.add_argument("--job", action="append", choices=JOBS[1:], help="do no more than this")
    parser.add_argument("--again", action="append", choices=JOBS[1:], help="all the same do this")
    parser.add_argument("--fit", action="store_true", help="make the constants")
    parser.add_argument("--minutes", type=float, help="begin no plan after so many; none if 0")
    parser.add_argument("--folder", type=Path, help="where to keep the files meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
