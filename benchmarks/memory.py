"""Measure placement on more pairs than memory may hold, and beside it the same in memory.

python -m benchmarks.memory --json figures.json

The country is synthetic (`benchmarks.countries`). Candidates stand on roads, places about them. The
large question is asked with times on the disk alone; a smaller one both ways, and answers compared.
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

Figures = dict[str, Any]

NODES: Final = 3_000_000
LARGE: Final = {"sites": 20_000, "places": 1_000_000, "minutes": 60.0, "seconds": 120.0}
SMALL: Final = {"sites": 2_000, "places": 50_000, "minutes": 30.0, "seconds": 40.0}
_MOST_MINUTES, _MOST_GB, _LIMIT_GB = 10.0, 3.0, 4.0
_MOST_S: Final = 3600.0
_JOBS: Final = {
    "memory_ours.prepare_large": LARGE,
    "memory_ours.place_stored": LARGE,
    "memory_ours.prepare_small": SMALL,
    "memory_ours.place_both": SMALL,
}


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        figures = measure(Path(folder), asked.nodes, asked.memory_gb)
    machine = describe_machine()
    if asked.json:
        kept = {"machine": machine, "nodes": asked.nodes, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = tabulate(figures)
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", write_table(rows)]))
    if any(row.agrees is False for row in rows):
        sys.exit("an answer does not agree")


def measure(folder: Path, nodes: int, memory_gb: float) -> dict[str, Figures]:
    """Do the jobs one after the other."""
    settings: Figures = {"nodes": nodes, "memory_gb": memory_gb}
    asked = {job: settings | question for job, question in _JOBS.items()}
    return run_jobs(asked, folder, most_s=_MOST_S)


def tabulate(figures: dict[str, Figures]) -> list[Row]:
    """Return the rows of all that was measured; what failed says why."""
    large, both = (figures[job] for job in ("memory_ours.place_stored", "memory_ours.place_both"))
    rows = []
    if "failed" in large:
        rows.append(Row("more pairs than memory", large["failed"]))
    else:
        minutes, gb = large["job_s"] / 60, large["peak_mb"] / 1000
        name = f"{large['sites']:,} × {large['places']:,}, {large['pairs']:,} pairs"
        met = minutes <= _MOST_MINUTES
        rows.append(Row(f"{name}, gap {large['gap']:.2%}", f"{minutes:.1f} min",
                        target=f"≤ {_MOST_MINUTES:g} min", met=met))  # fmt: skip
        rows.append(Row("the same, memory", f"{gb:.2f} GB", target=f"≤ {_MOST_GB:g} GB",
                        met=gb <= _MOST_GB))  # fmt: skip
        steps = ("storing", "placing")
        rows += [Row(f"of that {step}", f"{large[f'{step}_s']:.0f} s") for step in steps]
    if "failed" in both:
        rows.append(Row("the same in memory", both["failed"]))
    else:
        name = f"{both['sites']:,} × {both['places']:,}, {both['pairs']:,} pairs, beside in memory"
        ratio = both["memory_s"] / both["stored_s"]
        rows.append(
            Row(name, f"{both['stored_s']:.0f} s", f"{both['memory_s']:.0f} s", ratio,
                agrees=both["agrees"])
        )  # fmt: skip
    return rows


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES, help="of the roads")
    parser.add_argument("--memory-gb", type=float, default=_LIMIT_GB, help="the limit")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--folder", type=Path, help="where to keep the files meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
