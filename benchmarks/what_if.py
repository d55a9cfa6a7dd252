"""Measure what if: a closure beside a full run, bridges that are lost, and draws of speeds.

python -m benchmarks.what_if --json figures.json

The country is synthetic. Every question is asked in a process of its own, on the same network,
100 boxes and 50,000 communities. A full run is building the network, times and reach; what that is
without building stands beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.jobs import run_jobs
from benchmarks.table import Row, describe_machine, write_table

Figures = dict[str, Any]
All = dict[str, Figures]

_COUNTRY: Final = "what_if_ours.prepare"
_CLOSURE: Final = "what_if_ours.measure_closure"
_BRIDGES: Final = "what_if_ours.measure_bridges"
_DRAWS: Final = "what_if_ours.measure_draws"
JOBS: Final = (_COUNTRY, _CLOSURE, _BRIDGES, _DRAWS)
"""In the order in which they are done."""

NODES: Final = 3_000_000
_MOST_S: Final = 3600.0
_CLOSURE_RATIO, _BRIDGES_S, _DRAWS_S, _DRAWS_MB = 20.0, 30.0, 180.0, 2_000.0


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    settings: Figures = {"nodes": asked.nodes, "seed": asked.seed}
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        figures = measure(Path(folder), settings)
    machine = describe_machine()
    if asked.json:
        kept = {"machine": machine, "settings": settings, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = tabulate(figures)
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", write_table(rows)]))
    if any(row.agrees is False for row in rows):
        sys.exit("an answer does not agree")


def measure(folder: Path, settings: Figures) -> All:
    """Do the jobs one after the other."""
    return run_jobs(dict.fromkeys(JOBS, settings), folder, most_s=_MOST_S)


def tabulate(figures: All) -> list[Row]:
    """Return the rows of all that was measured; what failed says why."""
    parts = (_tell_closure, _tell_bridges, _tell_draws)
    return [row for tell in parts for row in tell(figures)]


def _tell_closure(figures: All) -> Iterator[Row]:
    land, ours = figures[_COUNTRY], figures[_CLOSURE]
    if failed := land.get("failed") or ours.get("failed"):
        yield Row("one closure", failed)
        return
    again = ours["again_s"]
    whole = land["built_s"] + ours["times_s"] + ours["reach_s"]
    for what, full, aim in (
        ("one closure: full run", whole, _CLOSURE_RATIO),
        ("the same without building the network", whole - land["built_s"], None),
    ):
        yield Row(
            f"{what}, of {ours['pairs']:,} pairs",
            f"{again:.3g} s ({ours['again_cpu_s']:.3g} s of processor)",
            f"{full:.3g} s",
            full / again,
            "" if aim is None else f"≥ {aim:g}×",
            None if aim is None else full / again >= aim,
            ours["agrees"],
        )


def _tell_bridges(figures: All) -> Iterator[Row]:
    ours = figures[_BRIDGES]
    if failed := ours.get("failed"):
        yield Row("bridges of a governorate", failed)
        return
    yield Row(
        f"{ours['bridges']:,} bridges, {ours['sites']:,} boxes: the worst costs"
        f" {ours['most_lost']:,.0f} people their reach",
        f"{ours['wall_s']:.3g} s ({ours['cpu_s']:.3g} s of processor), {ours['peak_mb']:,.0f} MB",
        target=f"≤ {_BRIDGES_S:g} s",
        met=ours["wall_s"] <= _BRIDGES_S,
        agrees=ours["agrees"],
    )


def _tell_draws(figures: All) -> Iterator[Row]:
    ours = figures[_DRAWS]
    if failed := ours.get("failed"):
        yield Row("draws of speeds", failed)
        return
    yield Row(
        f"{ours['draws']:,} draws, {ours['sites']:,} boxes: 90 % lie between"
        f" {ours['low']:,.0f} and {ours['high']:,.0f} people",
        f"{ours['wall_s']:.3g} s ({ours['cpu_s']:.3g} s of processor), {ours['peak_mb']:,.0f} MB",
        target=f"≤ {_DRAWS_S:g} s, ≤ {_DRAWS_MB / 1000:g} GB",
        met=ours["wall_s"] <= _DRAWS_S and ours["peak_mb"] <= _DRAWS_MB,
    )


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.what_if", description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES, help="of the roads")
    parser.add_argument("--seed", type=int, default=1, help="of the country")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--folder", type=Path, help="where to keep the files meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
