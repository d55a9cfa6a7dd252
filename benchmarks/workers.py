"""Measure worker processes beside threads: travel times from 20,000 sites, and from 1,000.

python -m benchmarks.workers --json figures.json

The country is synthetic, with 50,000 places and 60 minutes; from the fewer sites 120 minutes too.
Workers are started as ``--workers`` starts them, before the clock is. Timed is what `travel_times`
does once sites and places are linked to the roads: sending, searching, and putting together.
Linking is done by the process that asks, whoever searches; its seconds are told beside, and the
same with them.

All are warm alike: this process and each worker have searched the same once before, so that kernels
are loaded. Of what was sent then, nothing is left with a worker. The least of three runs counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.jobs import run_jobs
from benchmarks.table import Row, describe_machine, write_table
from benchmarks.workers_ours import name_case

Figures = dict[str, Any]
All = dict[str, Figures]

JOBS: Final = ("workers_ours.prepare", "workers_ours.measure")
"""In the order in which they are done."""

NODES: Final = 3_000_000
MANY, FEW = 20_000, 1_000
MINUTES: Final = 60
LONGER: Final = 120
_MOST_S: Final = 3600.0
_FASTER, _OVERHEAD = 1.7, 0.10


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    cases = [(asked.many, MINUTES), (asked.few, MINUTES), (asked.few, LONGER)]
    settings: Figures = {
        "nodes": asked.nodes, "seed": asked.seed, "cases": cases,
        "most": max(asked.many, asked.few),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        figures = measure(Path(folder), settings)
    machine = describe_machine()
    if asked.json:
        kept = {"machine": machine, "settings": settings, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = tabulate(figures, asked.many, asked.few)
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", write_table(rows)]))
    if any(row.agrees is False for row in rows):
        sys.exit("an answer does not agree")


def measure(folder: Path, settings: Figures) -> All:
    """Do the jobs one after the other."""
    return run_jobs(dict.fromkeys(JOBS, settings), folder, most_s=_MOST_S)


def tabulate(figures: All, many: int, few: int) -> list[Row]:
    """Return the rows of all that was measured; what failed says why."""
    land, ours = (figures[job] for job in JOBS)
    if failed := land.get("failed") or ours.get("failed"):
        return [Row("worker processes", failed)]
    found = ours[name_case(many, MINUTES)]
    rows = [_tell_two(found, many), _tell_whole(found, "workers_1_s", "one worker")]
    for minutes in (MINUTES, LONGER):
        found = ours[name_case(few, minutes)]
        rows += [_tell_overhead(found, few), _tell_whole(found, "threads_s", "threads")]
    return rows


def _tell_two(found: Figures, sites: int) -> Row:
    ratio = found["workers_1_s"] / found["workers_2_s"]
    return Row(
        f"two workers beside one, {_tell_case(found, sites)}",
        f"{found['workers_2_s']:.3g} s",
        f"{found['workers_1_s']:.3g} s",
        ratio,
        f"≥ {_FASTER:g}×",
        ratio >= _FASTER,
        found["agrees"],
    )


def _tell_overhead(found: Figures, sites: int) -> Row:
    more = found["workers_2_s"] / found["threads_s"] - 1
    return Row(
        f"two workers beside threads, {_tell_case(found, sites)}: {more:+.0%}",
        f"{found['workers_2_s']:.3g} s",
        f"{found['threads_s']:.3g} s",
        found["threads_s"] / found["workers_2_s"],
        f"≤ {_OVERHEAD:+.0%}",
        more <= _OVERHEAD,
        found["agrees"],
    )


def _tell_case(found: Figures, sites: int) -> str:
    return f"{sites:,} sites, {found['minutes']} minutes, {found['pairs']:,} pairs"


def _tell_whole(found: Figures, peer: str, name: str) -> Row:
    linking_s = found["linking_s"]
    ours, other = linking_s + found["workers_2_s"], linking_s + found[peer]
    return Row(
        f"the same beside {name}, with {linking_s:.3g} s of linking",
        f"{ours:.3g} s",
        f"{other:.3g} s",
        other / ours,
    )


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES, help="of the roads")
    parser.add_argument("--many", type=int, default=MANY, help="sites, for one worker and two")
    parser.add_argument("--few", type=int, default=FEW, help="sites, for workers and threads")
    parser.add_argument("--seed", type=int, default=1, help="of the country")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--folder", type=Path, help="where to keep the files meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
