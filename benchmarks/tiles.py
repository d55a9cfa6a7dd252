"""Measure times on one network beside the same tile by tile, from roads in a file.

python -m benchmarks.tiles --json figures.json

The country is synthetic (`benchmarks.countries`); a function reads the roads of a tile when it is
searched. Answers are compared byte by byte.
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

SETTINGS: Final = {"nodes": 800_000, "sites": 800, "places": 8_000, "minutes": 20.0, "tile_km": 120}
_JOBS: Final = ("tiles_ours.prepare", "tiles_ours.search_whole", "tiles_ours.search_tiled")
_MOST_S: Final = 3600.0


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        figures = measure(Path(folder), {**SETTINGS, "nodes": asked.nodes})
    machine = describe_machine()
    if asked.json:
        kept = {"machine": machine, "nodes": asked.nodes, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = tabulate(figures)
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", write_table(rows)]))
    if any(row.agrees is False for row in rows):
        sys.exit("an answer does not agree")


def measure(folder: Path, settings: Figures) -> dict[str, Figures]:
    """Do the jobs one after the other."""
    return run_jobs(dict.fromkeys(_JOBS, settings), folder, most_s=_MOST_S)


def tabulate(figures: dict[str, Figures]) -> list[Row]:
    """Return the rows of what was measured: tiles, and beside them one network."""
    whole, tiled = (figures[job] for job in _JOBS[1:])
    for one in (whole, tiled):
        if "failed" in one:
            return [Row("times by tiles, beside one network", one["failed"])]
    pairs = f"{tiled['pairs']:,} pairs"
    return [
        Row(f"{pairs}, by tiles, beside one network: of the processor", f"{tiled['cpu_s']:.0f} s",
            f"{whole['cpu_s']:.0f} s", whole["cpu_s"] / tiled["cpu_s"],
            agrees=tiled["answer"] == whole["answer"]),
        Row("the same, memory", f"{tiled['peak_mb'] / 1000:.2f} GB",
            f"{whole['peak_mb'] / 1000:.2f} GB", whole["peak_mb"] / tiled["peak_mb"]),
    ]  # fmt: skip


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tiles", description=__doc__)
    parser.add_argument("--nodes", type=int, default=SETTINGS["nodes"], help="of the roads")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
