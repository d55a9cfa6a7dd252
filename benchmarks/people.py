"""Measure how fast people are read, placed and summed by area, beside other engines.

python -m benchmarks.people --cells 1M --json figures.json

With `--roads` the last rows are measured on the roads of a file, without on a synthetic country.
A later question is a job more in `STEPS`: what does it, in a process of its own, and what turns its
figures into rows.
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

SIZES: Final = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}
PACKAGES: Final = ("geopandas", "shapely", "rasterio", "exactextract", "rasterstats")

_NODES = 500_000
_MOST_MB = 1_500.0
_AT_TARGETS = SIZES["1M"]
_LEAST_TIMES = 20
_MOST_S = 900.0
_ROUNDING = 1e-4
"""Sums of single floats, and centres within rounding of an edge, differ by less."""
_SHARES = 0.01
"""What counts parts of cells differs from what counts centres by less, over all areas."""


@dataclass(frozen=True)
class Step:
    """A job and the rows that tell its figures.

    Attributes
    ----------
    job
        Module and function in this package, of a folder and the settings.
    tell
        Gives rows from the figures of all jobs, by job, and whether targets hold at this size.
    needed
        Whether the others mean nothing without it.
    """

    job: str
    tell: Callable[[All, bool], Iterator[Row]]
    needed: bool = False


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    settings: Figures = {
        "cells": SIZES[asked.cells],
        "seed": asked.seed,
        "roads": str(asked.roads) if asked.roads else None,
        "columns": {"road_class": asked.road_class} if asked.road_class else None,
        "nodes": _NODES,
    }
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        figures = measure(Path(folder), settings)
    machine = describe_machine() | {"also": _list_packages()}
    if asked.json:
        kept = {"machine": machine, "settings": settings, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = tabulate(figures, settings["cells"])
    print(write_report(machine, figures, rows))
    if any(row.agrees is False for row in rows):
        sys.exit("an answer does not agree")


def measure(folder: Path, settings: Figures) -> All:
    """Do the steps one after the other."""
    jobs = dict.fromkeys((step.job for step in STEPS), settings)
    needed = [step.job for step in STEPS if step.needed]
    return run_jobs(jobs, folder, most_s=_MOST_S, needed=needed)


def tabulate(figures: All, cells: int) -> list[Row]:
    """Return the rows of all that was measured; what failed says why."""
    at_targets = cells == _AT_TARGETS
    return [row for step in STEPS for row in step.tell(figures, at_targets)]


def write_report(machine: dict[str, str], figures: All, rows: list[Row]) -> str:
    """Return machine, land, differences and table as Markdown."""
    land, ours, centres = figures[_LAND], figures[_OURS], figures[_CENTRES]
    lines = [f"{name}: {value}" for name, value in machine.items()]
    lines += [
        f"land: {land['cells']:,} populated cells of {land['side']:,} x {land['side']:,},"
        f" {land['areas']:,} areas of {land['vertices']:,} vertices",
        f"boxreach: {ours['peak_mb']:,.0f} MB at peak; of {centres['outside']:,} cells whose centre"
        f" is in no area {centres['to_nearest']:,} were counted to the nearest one; of the others"
        f" {centres['elsewhere']:,} lie elsewhere than GEOS says",
    ]
    lines += [_tell_difference(figures[job], name) for job, name in _PEERS.items()]
    return "\n".join([*(f"- {line}" for line in lines), "", write_table(rows)])


def _tell_difference(found: Figures, name: str) -> str:
    if "failed" in found:
        return f"{name}: {found['failed']}"
    off, total_off = (found[f"looped_{which}"] for which in ("off", "total_off"))
    return (
        f"{name}: {found['peak_mb']:,.0f} MB at peak; the sum of an area is off that of its cell"
        f" centres by at most {off:.2g} of it, that of all by {total_off:.2g}, for {_WHY_OFF[name]}"
    )


def _tell_nothing(_figures: All, _at_targets: bool) -> Iterator[Row]:
    yield from ()


def _tell_ours(figures: All, at_targets: bool) -> Iterator[Row]:
    ours = figures[_OURS]
    agree = figures[_CENTRES]["elsewhere"] == 0
    yield Row("reading the raster, cells with people as points", _say(ours["read_s"]))
    yield Row("reading the areas, gaps and overlaps looked for", _say(ours["read_areas_s"]))
    yield Row(
        "`locate_areas`: index, and the area of each cell", _say(ours["locate_s"]), agrees=agree
    )
    yield Row("sums of people by position", _say(ours["sum_s"]))
    whole_s = ours["whole_s"]
    target, met = ("≤ 90 ms", whole_s <= 0.09) if at_targets else ("", None)
    yield Row(
        "index, area of each cell and sums", _say(whole_s), target=target, met=met, agrees=agree
    )
    names = ours["names_agree"]
    yield Row("`join_areas`: names as a column of a new table", _say(ours["join_s"]), agrees=names)
    yield Row("sums of people by that column", _say(ours["by_name_s"]))
    all_s = ours["read_s"] + ours["read_areas_s"] + ours["summarise_s"]
    target, met = "", None
    if at_targets:
        target = "≤ 10 s, ≤ 1.5 GB"
        met = all_s <= 10 and ours["peak_mb"] <= _MOST_MB
    yield Row("`summarise` by polygons, three thresholds, all columns", _say(ours["summarise_s"]))
    whole = f"reading both, and that ({ours['peak_mb']:,.0f} MB)"
    yield Row(whole, _say(all_s), target=target, met=met, agrees=ours["covered_agree"])


def _tell_exactextract(figures: All, at_targets: bool) -> Iterator[Row]:
    return _compare_all(
        figures,
        _EXACTEXTRACT,
        {
            "looped": ("exactextract, area by area", at_targets),
            "at_once": ("exactextract, at once", False),
        },
        off="total_off",
        most_off=_SHARES,
    )


def _tell_rasterstats(figures: All, at_targets: bool) -> Iterator[Row]:
    return _compare_all(
        figures,
        _RASTERSTATS,
        {
            "looped": ("rasterstats, all areas", at_targets),
            "at_hand": ("rasterstats, raster in memory", False),
        },
        off="off",
        most_off=_ROUNDING,
    )


def _tell_reach(figures: All, at_targets: bool) -> Iterator[Row]:
    found = figures.get(_REACH, {"failed": "left out"})
    work = "cells × 100 boxes: times within 60 min"
    if "failed" in found:
        yield Row(work, found["failed"])
        return
    where = f"{found['nodes']:,} nodes, {found['peak_mb']:,.0f} MB"
    yield Row(f"{work} ({where})", _say(found["times_s"]))
    yield Row("`reach` at 15, 30 and 60 min", _say(found["reach_s"]))
    all_s = found["times_s"] + found["reach_s"]
    target, met = ("≤ 5 s", all_s <= 5) if at_targets else ("", None)
    yield Row("both", _say(all_s), target=target, met=met, agrees=found["agree"])
    yield Row("`summarise` of it by 300 polygons", _say(found["summarise_s"]))


def _compare_all(
    figures: All, job: str, works: dict[str, tuple[str, bool]], *, off: str, most_off: float
) -> Iterator[Row]:
    """Return a row for the sums of cells at hand, and one for all that starts at the files."""
    found, ours = figures.get(job, {}), figures[_OURS]
    if "failed" in found:
        yield Row(f"{next(iter(works.values()))[0]}, sums", _say(ours["whole_s"]), found["failed"])
        return
    for name, (work, aimed) in works.items():
        peer_s, agrees = found[f"{name}_s"], found[f"{name}_{off}"] <= most_off
        ratio = peer_s / ours["whole_s"]
        target, met = (f"≥ {_LEAST_TIMES}×", ratio >= _LEAST_TIMES) if aimed else ("", None)
        yield Row(f"{work}: sums", _say(ours["whole_s"]), _say(peer_s), ratio, target, met, agrees)
        if name != "at_hand":
            all_s = ours["read_s"] + ours["whole_s"]
            yield Row(
                f"{work}: sums, with our reading of the raster",
                _say(all_s),
                _say(peer_s),
                peer_s / all_s,
                agrees=agrees,
            )


_LAND, _OURS, _CENTRES = "people_land.prepare", "people_ours.measure", "people_peers.count_centres"
_EXACTEXTRACT = "people_peers.measure_exactextract"
_RASTERSTATS = "people_peers.measure_rasterstats"
_REACH = "people_reach.measure"
_WHY_OFF: Final = {
    "exactextract": "it shares out cells that an edge cuts, as if people lived evenly there",
    "rasterstats": "it adds single floats, and draws edges with rounding of its own",
}
_PEERS: Final = {_EXACTEXTRACT: "exactextract", _RASTERSTATS: "rasterstats"}

STEPS: Final = (
    Step(_LAND, _tell_nothing, needed=True),
    Step(_OURS, _tell_ours, needed=True),
    Step(_CENTRES, _tell_nothing, needed=True),
    Step(_EXACTEXTRACT, _tell_exactextract),
    Step(_RASTERSTATS, _tell_rasterstats),
    Step(_REACH, _tell_reach),
)
"""In the order in which they are done and told."""


def _say(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 0.1 else f"{seconds:.3g} s"


def _list_packages() -> str:
    packages = []
    for name in PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} missing")
    return ", ".join(packages)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.people", description=__doc__)
    parser.add_argument("--cells", choices=SIZES, default="1M", help="cells with people")
    parser.add_argument("--seed", type=int, default=1, help="of the land")
    parser.add_argument("--roads", type=Path, help="a layer of roads to reach the cells on")
    parser.add_argument("--road-class", help="the column of its classes")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--folder", type=Path, help="where to keep the land meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
