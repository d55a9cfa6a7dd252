"""Measure reports: seconds and memory of preparing one, and of writing each of its files.

python -m benchmarks.reports --json figures.json

200 proposed sites serve 5,000 communities on a synthetic network. Every format is written in a
process of its own, from the same report; what of the formats is missing is left out and said.
Memory is that of this process and all that it starts, at the same moment.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.jobs import run_job
from benchmarks.table import Row, describe_machine, write_table

Figures = dict[str, Any]
All = dict[str, Figures]

SITES, PLACES, NODES = 200, 5_000, 50_000
_MOST_S = 1200.0
_MOST_MB = 1000.0
_QUICK = ("html", "xlsx", "csv", "gpkg", "kmz", "gpx")
_QUICK_S, _PDF_S = 10.0, 60.0


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    settings: Figures = {
        "seed": asked.seed, "sites": asked.sites, "places": asked.places, "nodes": asked.nodes,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        figures = measure(Path(folder), settings, run_job)
    machine = describe_machine() | {"date": f"{datetime.now(UTC):%Y-%m-%d}"}
    if asked.json:
        kept = {"machine": machine, "settings": settings, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", write_table(tabulate(figures))]))


def list_formats() -> tuple[str, ...]:
    """Return the formats that a pack can have; none where there are no packs."""
    try:
        from boxreach.report import pack
    except ImportError:
        return ()
    return tuple(pack.FORMATS)


def measure(folder: Path, settings: Figures, run: Callable[..., Figures]) -> All:
    """Prepare a report, write it in every format, and say on standard error how far it is."""
    figures: All = {}
    for name in ("prepare", *list_formats()):
        job = "reports.prepare" if name == "prepare" else "reports.write"
        found = figures[name] = run(job, folder, settings | {"format": name}, most_s=_MOST_S)
        print(f"{name}: {found.get('failed') or found['cpu_s']}", file=sys.stderr, flush=True)
    return figures


def prepare(folder: Path, settings: Figures) -> Figures:
    """Prepare a report of a plan on a made network, and keep it."""
    from benchmarks.reports_land import make_land
    from boxreach.report.preparation import prepare_report

    land = make_land(
        settings["sites"], settings["places"], settings["nodes"], seed=settings["seed"]
    )
    begun, cpu = time.perf_counter(), time.process_time()
    report = prepare_report(land.reach, land.plan, roads=land.roads, areas=land.areas)
    took = {"wall_s": time.perf_counter() - begun, "cpu_s": time.process_time() - cpu}
    (folder / "report.pickle").write_bytes(pickle.dumps(report))
    return took | {
        "sheets": len(report.sheets), "places": len(report.ground.places), "peak_mb": _peak_mb(),
    }  # fmt: skip


def write(folder: Path, settings: Figures) -> Figures:
    """Write the kept report in one format."""
    from boxreach.languages import DEFAULT_LANGUAGES
    from boxreach.report import pack

    report = pickle.loads((folder / "report.pickle").read_bytes())  # noqa: S301 - our own
    into = folder / settings["format"]
    begun, cpu = time.perf_counter(), _processor_s()
    with _watch_memory() as peaks:
        paths = pack.write_pack(
            into, report, formats=(settings["format"],), languages=DEFAULT_LANGUAGES, digits="latn"
        )
    took = {"wall_s": time.perf_counter() - begun, "cpu_s": _processor_s() - cpu}
    size = sum(path.stat().st_size for path in paths)
    return took | {"files": len(paths), "bytes": size, "peak_mb": max(_peak_mb(), *peaks)}


def tabulate(figures: All) -> list[Row]:
    """Return the rows of all that was measured; what failed says why."""
    rows = [_tell(name, found) for name, found in figures.items()]
    known = [figures[name] for name in _QUICK if "wall_s" in figures.get(name, {})]
    if known:
        whole = sum(one["wall_s"] for one in known)
        rows.append(
            Row("HTML, XLSX, CSV, GPKG, KMZ and GPX together, as far as they are there",
                f"{whole:.3g} s", target=f"≤ {_QUICK_S:g} s", met=whole <= _QUICK_S)
        )  # fmt: skip
    if len(figures) == 1:
        rows.append(Row("files", "there is no boxreach.report.pack"))
    return rows


def _tell(name: str, found: Figures) -> Row:
    if failed := found.get("failed"):
        return Row(name, failed)
    took = f"{found['wall_s']:.3g} s ({found['cpu_s']:.3g} s of processor)"
    took = f"{took}, {found['peak_mb']:,.0f} MB"
    if name == "prepare":
        what = f"prepare {found['sheets']:,} sheets and {found['places']:,} communities"
        return Row(what, took, target=f"≤ {_MOST_MB:g} MB", met=found["peak_mb"] <= _MOST_MB)
    what = f"{name}: {found['files']} files, {found['bytes'] / 1e6:.2f} MB"
    if name == "pdf":
        each_s = found["wall_s"] / found["files"]
        took, target = f"{each_s:.3g} s a file: {took}", f"≤ {_PDF_S:g} s a file"
        met = each_s <= _PDF_S
    else:
        target, met = f"≤ {_QUICK_S:g} s", found["wall_s"] <= _QUICK_S
    met = met and found["peak_mb"] <= _MOST_MB
    return Row(what, took, target=f"{target}, ≤ {_MOST_MB:g} MB", met=met)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _processor_s() -> float:
    """Return the seconds of processor of this process and of those it has started."""
    whose = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(sum(resource.getrusage(one)[:2]) for one in whose)


@contextmanager
def _watch_memory() -> Iterator[list[float]]:
    """Look ten times a second how much this process and those it starts hold at once."""
    import psutil

    peaks, done, own = [0.0], threading.Event(), psutil.Process()

    def watch() -> None:
        while not done.wait(0.1):
            held = 0
            for one in (own, *own.children(recursive=True)):
                try:
                    held += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peaks[0] = max(peaks[0], held / 2**20)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic country")
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--places", type=int, default=PLACES)
    parser.add_argument("--nodes", type=int, default=NODES, help="of the roads")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--folder", type=Path, help="where to keep the files meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
