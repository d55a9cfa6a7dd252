"""Measure how fast posts reach and see a frontier and are planned; sight beside its peers.

python -m benchmarks.frontier --json figures.json

Ground and tracks are synthetic. Each question is asked in a process of its own. xarray-spatial
comes with the extra `bench`, gdal_viewshed with GDAL's programs (Debian's gdal-bin); what is
missing is said and left out. Other work on the machine lengthens the time by the clock, so that
of the processor stands beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.jobs import run_jobs
from benchmarks.table import Row, describe_machine, write_table

Figures = dict[str, Any]
All = dict[str, Figures]

_LAND: Final = "sight_ours.prepare"
_LINE: Final = "sight_ours.measure_line"
_VIEWSHEDS: Final = "sight_ours.measure_viewsheds"
_REACH: Final = "frontier_ours.measure_reach"
_PLAN: Final = "frontier_ours.measure_plan"
PEERS: Final = {
    "sight_peers.measure_xarray_spatial": ("xarray-spatial, flat earth", 10.0, 0.0001),
    "sight_peers.measure_gdal": ("gdal_viewshed, flat earth", None, 0.005),
    "sight_peers.measure_gdal_curved": ("gdal_viewshed, curvature and refraction", None, 0.005),
}
"""What each is, how many times as long it should take, and which share may lie beyond an edge.

xarray-spatial turns a ray about the post and tells few grazing cells otherwise, by centimetres.
GDAL passes on heights from cell to cell (Wang, Robinson and White, 2000) and does not look along
each line, so that some of its cells are off by more than one.
"""

JOBS: Final = (_LAND, _REACH, _PLAN, _LINE, _VIEWSHEDS, *PEERS)
"""In the order in which they are done."""

_MOST_S = 3600.0
_LINE_S, _LINE_MB = 60.0, 1_500.0
_REACH_S, _PLAN_S = 5.0, 10.0
_SAME = 1e-9


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        figures = measure(Path(folder), {"seed": asked.seed})
    machine = describe_machine() | {"also": _list_packages()}
    if asked.json:
        kept = {"machine": machine, "figures": figures}
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
    parts = (_tell_reach, _tell_plan, _tell_line, _tell_viewsheds, _tell_peers)
    return [row for tell in parts for row in tell(figures)]


def _tell_reach(figures: All) -> Iterator[Row]:
    land, ours = figures[_LAND], figures[_REACH]
    if failed := land.get("failed") or ours.get("failed"):
        yield Row("reach of a line of 604 km", failed)
        return
    yield Row(
        f"reach of {ours['posts']:,} posts: {land['km']:.0f} km in {land['segments']:,} segments"
        f" cut into {ours['pieces']:,} pieces, {ours['pairs']:,} pairs",
        f"{_say(ours)}, {ours['peak_mb']:,.0f} MB",
        target=f"≤ {_REACH_S:.0f} s",
        met=ours["wall_s"] <= _REACH_S,
    )


def _tell_plan(figures: All) -> Iterator[Row]:
    ours = figures[_PLAN]
    if failed := ours.get("failed"):
        yield Row("50 and then 100 posts", failed)
        return
    proven = ours["gap"] <= _SAME
    yield Row(
        "50 and then 100 of them, one at each of nine crossings:"
        f" {ours['covered_km']:,.1f} of {ours['total_km']:,.1f} km, up to"
        f" {100 * ours['regret']:.2g} % less than the best phase alone",
        f"{'each size proven' if proven else 'not proven'}, {_say(ours)}",
        target=f"proven in ≤ {_PLAN_S:.0f} s",
        met=proven and ours["wall_s"] <= _PLAN_S,
    )


def _tell_line(figures: All) -> Iterator[Row]:
    land, ours = figures[_LAND], figures[_LINE]
    if failed := land.get("failed") or ours.get("failed"):
        yield Row("a line of 604 km and its posts", failed)
        return
    met = ours["wall_s"] <= _LINE_S and ours["peak_mb"] <= _LINE_MB
    yield Row(
        f"{ours['posts']:,} posts, {land['km']:.0f} km in {land['segments']:,} segments,"
        f" {ours['samples']:,} samples, cells of {ours['cell_m']:.0f} m",
        f"{_say(ours)}, {ours['peak_mb']:,.0f} MB",
        target=f"≤ {_LINE_S:.0f} s, ≤ {_LINE_MB / 1000:g} GB",
        met=met,
        agrees=ours["unknown"] == 0,
    )


def _tell_viewsheds(figures: All) -> Iterator[Row]:
    ours = figures[_VIEWSHEDS]
    yield Row("all land within 5 km of a place, cells of 30 m", ours.get("failed") or _say(ours))


def _tell_peers(figures: All) -> Iterator[Row]:
    line, land = figures[_LINE], figures[_VIEWSHEDS]
    for job, (name, least, most) in PEERS.items():
        peer = figures[job]
        for what, ours, posts in (("the line", line, line.get("posts")), ("all land", land, 1)):
            work = f"{name}: 5 km about a post, beside {what} as we see it, by the clock"
            if failed := ours.get("failed") or peer.get("failed"):
                yield Row(work, peer=failed)
                continue
            ratio = peer["wall_s"] / (ours["wall_s"] / posts)
            aim = least if ours is line else None
            yield Row(
                f"{work}; {100 * peer['differs']:.2g} % of the cells differ,"
                f" {100 * peer['beyond']:.2g} % by more than a cell",
                f"{1000 * ours['wall_s'] / posts:.3g} ms",
                f"{1000 * peer['wall_s']:.3g} ms ({1000 * peer['cpu_s']:.3g} ms of processor)",
                ratio,
                "" if aim is None else f"≥ {aim:g}×",
                None if aim is None else ratio >= aim,
                peer["beyond"] <= most,
            )


def _say(found: Figures) -> str:
    return f"{found['wall_s']:.3g} s ({found['cpu_s']:.3g} s of processor)"


def _list_packages() -> str:
    try:
        return f"xarray-spatial {version('xarray-spatial')}"
    except PackageNotFoundError:
        return "xarray-spatial missing"


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frontier", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the ground along the line")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
