"""One table of what was measured, against the targets and the other engines."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

Figures = dict[str, Any]

PACKAGES: Final = (
    "boxreach", "numba", "numpy", "scipy", "pandana", "osmnx", "networkx", "igraph", "osmium",
)  # fmt: skip

_AT_TARGETS = 3_000_000
_AT_EGO_GRAPH = 500_000
"""Targets hold for countries of so many nodes; that of reading a PBF for any."""


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    work
        What was asked.
    ours, peer
        What boxreach took, and the other engine; or why it is not known.
    ratio
        How many times as long the other took.
    target, met
        What is wanted, and whether it was met; empty and None where nothing is.
    agrees
        Whether both gave the same answer; None where there is nothing to compare.
    """

    work: str
    ours: str = ""
    peer: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    agrees: bool | None = None


def tabulate(figures: dict[str, Figures], nodes: int) -> list[Row]:
    """Return the rows of all that was measured; what failed says why.

    Parameters
    ----------
    figures
        The figures of each job, by its name.
    nodes
        Nodes of the country.

    Returns
    -------
    list of Row
        The questions of the whole country first.
    """
    aim = nodes == _AT_TARGETS
    rows = [
        *_tell_pairs(figures, aim),
        *_tell_nearest(figures, aim),
        *_tell_kernel(figures, aim),
        *_tell_process(figures, aim),
        *_tell_reading(figures),
        *_tell_ego_graph(figures),
        *_tell_first_use(figures),
    ]
    named = " ".join(row.peer for row in rows)
    missing = [
        Row(f"{name}", peer=found["failed"])
        for name, found in figures.items()
        if "failed" in found and found["failed"] not in named
    ]
    return rows + missing


def _tell_pairs(figures: dict[str, Figures], aim: bool) -> Iterator[Row]:
    if not (ours := _get(figures, "boxreach")):
        return
    demand = _get(figures, "country").get("demand", 0)
    agree = ours["threads_agree"]
    for threads, word, most_s in ((2, "two threads", 0.5), (1, "one thread", None)):
        work = f"1,000 sources, 60 min, {demand:,} demand nodes, pairs out, {word}"
        took_s = ours[f"pairs_{threads}_s"]
        yield _bound(work, took_s, "s", most_s if aim else None, agrees=agree)
    for name, to, threads, key, least, what in (
        ("scipy", "pairs", 1, "pairs_s", 15, "scipy `dijkstra(limit=)`, demand pairs"),
        ("networkx", "pairs", 1, "pairs_s", 100, "networkx with cutoff, demand pairs"),
        ("igraph", "pairs", 1, "pairs_s", None, "igraph `distances` (no cutoff), demand pairs"),
        ("pandana", "pairs", 2, "pairs_2_s", 40, "pandana `nodes_in_range`, demand pairs"),
        ("pandana", "all", 1, "all_1_s", 15, "pandana `nodes_in_range`, all nodes out"),
        ("pandana", "all", 2, "all_2_s", None, "pandana `nodes_in_range`, all nodes out"),
        ("pandana", "all", 1, "engine_1_s", None, "pandana without its table, all nodes out"),
    ):
        if name not in figures:
            continue
        found = figures[name]
        work = f"{what}, {threads} thread{'s' * (threads > 1)}, per source"
        yield _compare(
            work,
            ours[f"{to}_{threads}_{name}_s"],
            found.get(key, 0.0) / ours["samples"][name],
            least if aim else None,
            agrees=found.get(f"{to}_agree"),
            failed=found.get("failed"),
        )


def _tell_nearest(figures: dict[str, Figures], aim: bool) -> Iterator[Row]:
    if not (ours := _get(figures, "boxreach")):
        return
    took_s = ours["nearest_from_sites_s"]
    yield _bound("nearest of 100 sites for every node", took_s, "s", 0.1 if aim else None)
    for name, side, what in (
        ("scipy", "from_sites", "scipy `dijkstra(min_only=True)`, nearest site"),
        ("pandana", "to_sites", "pandana `nearest_pois`, nearest site, node to site"),
    ):
        if name in figures:
            found = figures[name]
            yield _compare(
                what,
                ours[f"nearest_{side}_s"],
                found.get("nearest_s", 0.0),
                agrees=found.get("nearest_agree"),
                failed=found.get("failed"),
            )


def _tell_kernel(figures: dict[str, Figures], aim: bool) -> Iterator[Row]:
    ours, plain = _get(figures, "boxreach"), _get(figures, "uncontracted")
    for found, which in ((ours, "contracted"), (plain, "not contracted")):
        for minutes in (30, 60, 120) if found else ():
            work = f"kernel by the scanned arc, {minutes} min, {which}"
            yield _bound(work, found[f"kernel_{minutes}_ns"], "ns", 10 if aim else None)
    if ours and plain:
        yield _compare(
            "boxreach without contraction, 1,000 sources, one thread",
            ours["pairs_1_s"],
            plain["pairs_1_s"],
            agrees=plain["agrees"],
        )


def _tell_process(figures: dict[str, Figures], aim: bool) -> Iterator[Row]:
    if process := _get(figures, "process"):
        work = "peak of a process that loads the network and asks the 1,000 sources"
        yield _bound(work, process["peak_mb"], "MB", 500 if aim else None)
        yield _bound("loading the saved network", process["loaded_s"], "s", 0.5 if aim else None)
        yield _bound("its first question, 1,000 sources", process["asked_s"], "s", None)


def _tell_reading(figures: dict[str, Figures]) -> Iterator[Row]:
    if pbf := _get(figures, "pbf"):
        rate, least = pbf["nodes"] / pbf["cpu_s"], 180_000
        yield Row(
            f"reading a PBF of {pbf['nodes']:,} nodes",
            ours=f"{rate:,.0f} nodes per CPU second",
            target=f"≥ {least:,}",
            met=rate >= least,
        )


def _tell_ego_graph(figures: dict[str, Figures]) -> Iterator[Row]:
    if "ego_graph" not in figures:
        return
    found = figures["ego_graph"]
    for key, how in (("together_s", "all in one call"), ("singly_s", "one a call")):
        yield _compare(
            f"networkx `ego_graph`, {found.get('nodes', 0):,} nodes, per source, {how}",
            found.get(key, 0.0) / found.get("sources", 1),
            found.get("ego_graph_s", 0.0) / found.get("sources", 1),
            500 if found.get("nodes") == _AT_EGO_GRAPH else None,
            agrees=found.get("agrees"),
            failed=found.get("failed"),
        )


def _tell_first_use(figures: dict[str, Figures]) -> Iterator[Row]:
    for name, what in (("first-use", "kernels compiled"), ("second-use", "kernels from disk")):
        if found := _get(figures, name):
            yield _bound(f"import, {what}", found["imported_s"], "s", None)
            yield _bound(f"first answer, {what}", found["answered_s"], "s", None)


def _get(figures: dict[str, Figures], name: str) -> Figures:
    """Return the figures of a job, empty where it failed or was not asked for."""
    found = figures.get(name, {})
    return {} if "failed" in found else found


def _bound(
    work: str, took: float, unit: str, most: float | None, *, agrees: bool | None = None
) -> Row:
    if most is None:
        return Row(work, _say(took, unit), agrees=agrees)
    return Row(work, _say(took, unit), target=f"≤ {most:g} {unit}", met=took <= most, agrees=agrees)


def _compare(
    work: str,
    ours_s: float,
    peer_s: float,
    least: float | None = None,
    *,
    agrees: bool | None = None,
    failed: str | None = None,
) -> Row:
    target = "" if least is None else f"≥ {least:g}×"
    if failed:
        return Row(work, _say(ours_s, "s"), failed, target=target)
    ratio = peer_s / ours_s
    met = None if least is None else ratio >= least
    return Row(work, _say(ours_s, "s"), _say(peer_s, "s"), ratio, target, met, agrees)


def _say(value: float, unit: str) -> str:
    if unit == "s" and value < 0.1:
        return f"{value * 1000:.3g} ms"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def write_table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table.

    Examples
    --------
    >>> print(write_table([Row("a question", "1 s", "20 s", 20.0, "≥ 15×", True, True)]))
    | work | target | boxreach | other | ratio | met | agrees |
    |---|---:|---:|---:|---:|---|---|
    | a question | ≥ 15× | 1 s | 20 s | 20.0× | yes | yes |
    """
    answer = {None: "", True: "yes", False: "**no**"}
    lines = ["| work | target | boxreach | other | ratio | met | agrees |"]
    lines += ["|---|---:|---:|---:|---:|---|---|"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:,.{1 if row.ratio < 100 else 0}f}×"
        cells = [row.work, row.target, row.ours, row.peer, ratio, answer[row.met]]
        lines.append(f"| {' | '.join([*cells, answer[row.agrees]])} |")
    return "\n".join(lines)


def describe_machine() -> dict[str, str]:
    """Return what the figures hold for: machine, system, versions and date."""
    packages = []
    for name in PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            packages.append(f"{name} missing")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": f"{_name_cpu()}, {os.cpu_count()} cores",
        "memory": _name_memory(),
        "load": _name_load(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": ", ".join(packages),
    }


def _name_cpu() -> str:
    """Return the model of the processor, where the system tells."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _name_load() -> str:
    """Return how many processes wanted a core lately: about one, if nothing else ran."""
    if not hasattr(os, "getloadavg"):
        return "not known"
    return f"{os.getloadavg()[2]:.1f} processes over the last 15 minutes"


def _name_memory() -> str:
    """Return how much memory the machine has, if psutil is there to tell."""
    try:
        import psutil
    except ImportError:
        return "not known"
    return f"{psutil.virtual_memory().total / 2**30:.0f} GiB"
