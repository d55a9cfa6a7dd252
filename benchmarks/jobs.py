"""Each measurement in a process of its own, so that its memory is its own and is given back.

``python -m benchmarks.jobs NAME FOLDER`` does one; `run_job` starts it and watches it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Figures = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A measurement.

    Attributes
    ----------
    room, verb
        The module and its function, of a folder and the settings.
    kb_per_node
        Memory it takes, roughly; it is not begun where there is less.
    """

    room: str
    verb: str
    kb_per_node: float = 0.5


JOBS: Final = {
    "country": Job("ours", "prepare"),
    "first-use": Job("ours", "measure_first_use", 0.0),
    "second-use": Job("ours", "measure_first_use", 0.0),
    "boxreach": Job("ours", "measure_ours"),
    "uncontracted": Job("ours", "measure_plain"),
    "process": Job("ours", "measure_process"),
    "pbf": Job("ours", "measure_pbf", 0.0),
    "scipy": Job("peers", "measure_scipy"),
    "igraph": Job("peers", "measure_igraph", 0.7),
    "networkx": Job("peers", "measure_networkx", 2.0),
    "pandana": Job("peers", "measure_pandana", 5.0),
    "ego_graph": Job("peers", "measure_ego_graph", 1.0),
}

_LEAST_FREE_MB = 1_000


def find_job(name: str) -> Job:
    """Return a job of `JOBS`, or of another table that names it by its room and verb."""
    return JOBS[name] if name in JOBS else Job(*name.split("."), kb_per_node=0.0)


def run_job(name: str, folder: Path, settings: Figures, *, most_s: float) -> Figures:
    """Run a job and return its figures.

    Parameters
    ----------
    name
        One of `JOBS`, or a room and its verb with a dot between.
    folder
        Where the country and the answers lie.
    settings
        What the job is told: ``nodes``, and ``pbf`` for that one.
    most_s
        The job is stopped after so many seconds.

    Returns
    -------
    dict
        What the job gave, with ``peak_mb`` and ``job_s``; or ``failed``, which says why there is
        nothing.
    """
    needed_mb = find_job(name).kb_per_node * settings.get("nodes", 0) / 1000
    if (free_mb := _free_mb()) is not None and free_mb < needed_mb + _LEAST_FREE_MB:
        return {"failed": f"left out: it takes {needed_mb:,.0f} MB and {free_mb:,.0f} MB are free"}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    result, said = folder / f"{name}.json", folder / f"{name}.log"
    result.unlink(missing_ok=True)
    environment = dict(os.environ)
    if name.endswith("-use"):
        environment["NUMBA_CACHE_DIR"] = str(folder / "kernels")
    with said.open("wb") as log:
        work = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.jobs", name, str(folder)],
            stdout=log,
            stderr=log,
            env=environment,
            cwd=Path(__file__).parents[1],
        )
        stopped = _watch(work, most_s)
    if stopped:
        return {"failed": stopped}
    if result.exists():
        return dict(json.loads(result.read_text(encoding="utf-8")))
    last = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    return {"failed": f"ended with {work.returncode}: {' '.join(last)}"}


def run_jobs(
    settings_by_job: Mapping[str, Figures],
    folder: Path,
    *,
    most_s: float,
    needed: Collection[str] = (),
) -> dict[str, Figures]:
    """Run jobs one after the other, and say on standard error how far it is.

    Parameters
    ----------
    settings_by_job
        What each job is told, in the order in which they are run.
    folder, most_s
        As in `run_job`.
    needed
        Jobs without which nothing can be compared: the program ends if one fails.

    Returns
    -------
    dict
        The figures of each job.
    """
    figures: dict[str, Figures] = {}
    begun = time.monotonic()
    for nth, (job, settings) in enumerate(settings_by_job.items(), start=1):
        print(f"{nth}/{len(settings_by_job)} {job} ... ", end="", file=sys.stderr, flush=True)
        found = figures[job] = run_job(job, folder, settings, most_s=most_s)
        said = found.get("failed") or f"{found['job_s']:.1f} s, {found['peak_mb']:,.0f} MB"
        print(f"{said} ({time.monotonic() - begun:.0f} s in all)", file=sys.stderr, flush=True)
        if job in needed and "failed" in found:
            sys.exit(f"without {job} nothing can be compared: {found['failed']}")
    return figures


def _watch(work: subprocess.Popen[bytes], most_s: float) -> str:
    """Wait for a process; stop it when time or the machine's memory runs out, and say so."""
    begun = time.monotonic()
    try:
        while work.poll() is None:
            free_mb = _free_mb()
            if time.monotonic() - begun > most_s:
                return f"stopped after {most_s:.0f} s"
            if free_mb is not None and free_mb < _LEAST_FREE_MB:
                return f"stopped: only {free_mb:,.0f} MB of memory were left"
            time.sleep(0.2)
    finally:
        if work.poll() is None:
            work.kill()
            work.wait()
    return ""


def _free_mb() -> float | None:
    """Return the memory that is free, if psutil is there to tell."""
    try:
        import psutil
    except ImportError:
        return None
    return float(psutil.virtual_memory().available / 1e6)


def _peak_mb() -> float:
    """Return the most memory this process has held; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    # Kilobytes, but bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _do(name: str, folder: Path) -> None:
    """Do a job in this process and write its figures."""
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    job = find_job(name)
    begun = time.perf_counter()
    try:
        verb = getattr(importlib.import_module(f"benchmarks.{job.room}"), job.verb)
        figures = verb(folder, settings)
    except ModuleNotFoundError as error:
        figures = {"failed": f"{error.name} is not installed"}
    figures["job_s"] = time.perf_counter() - begun
    figures["peak_mb"] = _peak_mb()
    (folder / f"{name}.json").write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    _do(sys.argv[1], Path(sys.argv[2]))
