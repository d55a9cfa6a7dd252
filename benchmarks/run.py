"""Measure boxreach beside other engines on one synthetic country and print one table.

python -m benchmarks.run --size 3M --pbf extract.osm.pbf --json figures.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.jobs import JOBS, run_jobs
from benchmarks.table import describe_machine, tabulate, write_table

Figures = dict[str, Any]

SIZES: Final = {"50k": 50_000, "500k": 500_000, "3M": 3_000_000}
_ALWAYS = ("country", "boxreach")
_MOST_S = 900.0


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    jobs = [name for name in JOBS if not asked.only or name in (*_ALWAYS, *asked.only)]
    if asked.pbf is None:
        jobs = [name for name in jobs if name != "pbf"]
    settings: Figures = {"nodes": SIZES[asked.size], "pbf": str(asked.pbf) if asked.pbf else None}
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        figures = measure(jobs, Path(folder), settings)
    machine = describe_machine()
    if asked.json:
        kept = {"machine": machine, "settings": settings, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = tabulate(figures, settings["nodes"])
    print(write_report(machine, figures, write_table(rows)))
    if any(row.agrees is False for row in rows):
        sys.exit("an answer does not agree")


def measure(jobs: list[str], folder: Path, settings: Figures) -> dict[str, Figures]:
    """Do the jobs one after the other."""
    return run_jobs(dict.fromkeys(jobs, settings), folder, most_s=_MOST_S, needed=_ALWAYS)


def write_report(machine: dict[str, str], figures: dict[str, Figures], table: str) -> str:
    """Return machine, country and table as Markdown."""
    country, ours = figures["country"], figures["boxreach"]
    lines = [f"{name}: {value}" for name, value in machine.items()]
    lines += [
        f"country: {country['nodes']:,} nodes, {country['ways']:,} directed edges, made in"
        f" {country['made_s']:.1f} s; a source reaches {ours['reached']:,.0f} nodes in 60 min",
        f"network: built in {country['built_s']:.1f} s, saved in {country['saved_s']:.1f} s",
    ]
    lines += [
        f"{name}: {found['peak_mb']:,.0f} MB at peak"
        + (f", built in {found['built_s']:.1f} s" if "built_s" in found else "")
        for name, found in figures.items()
        if "peak_mb" in found and JOBS[name].room == "peers"
    ]
    return "\n".join([*(f"- {line}" for line in lines), "", table])


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="50k", help="nodes of the country")
    parser.add_argument(
        "--only", action="append", choices=JOBS, help="measure this; may be given several times"
    )
    parser.add_argument("--pbf", type=_existing_file, help="an extract, to measure its reading")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--folder", type=Path, help="where to keep the country meanwhile")
    return parser.parse_args()


def _existing_file(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


if __name__ == "__main__":
    main()
