"""What each step of ``boxreach run`` takes, and what was estimated of it before."""

from __future__ import annotations

import shutil
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.scaling_land import ask_more, lay_out
from benchmarks.watches import Watch

Figures = dict[str, Any]

STEPS: Final = {
    "boxreach.cli.checking.check_plan": "reading",
    "boxreach.cli.pipeline.network_of": "network",
    "boxreach.cli.pipeline._with_people": "catchments",
    "boxreach.cli.pipeline._times": "times {call}",
    "boxreach.cli.memory_limit.MemoryLimit.offer": "stored times",
    "boxreach.routing.searching.Search.__init__": "{caller}: linking",
    "boxreach.routing.searching.Search.within": "{caller}: searching",
    "boxreach.routing.searching.Search.nearest": "{caller}: nearest",
    "boxreach.cli.pipeline.find_candidates": "candidates",
    "boxreach.cli.proposing.propose": "proposing",
    "boxreach.placement.proposal.Proposal.curve": "curve",
    "boxreach.cli.pipeline.post_guards": "posts",
    "boxreach.cli.pipeline._ask_what_if": "what if",
    "boxreach.cli.pipeline._count": "tables",
    "boxreach.cli.pipeline._leave_out": "gaps",
    "boxreach.cli.pipeline._count_others": "other demand",
    "boxreach.cli.outputs.summarise_run": "files",
    "boxreach.cli.outputs.describe_inputs": "files",
    "boxreach.cli.outputs._write_tables": "files",
    "boxreach.cli.outputs._write_layers": "files",
    "boxreach.cli.outputs.draw_map": "map",
    "boxreach.maps.PlanMap.save": "map",
    "boxreach.cli.outputs.write_report": "report",
    "boxreach.cli.outputs.gather_evidence": "evidence",
    "boxreach.verification.Evidence.save": "evidence",
}
"""Functions by where they are called, and the step that each is part of."""

KEEP: Final = {
    "boxreach.routing.searching.Search.within": lambda ms: [*map(int, ms.shape), int(ms.nnz)],
    "boxreach.cli.pipeline.network_of": lambda network: [
        network.node_count, len(network.edges.length_m), len(network.chains.node),
    ],
    "boxreach.cli.proposing.propose": lambda plan: [len(plan.sites), plan.status],
}  # fmt: skip
"""What is kept of their results: sites, rows and pairs; nodes, edges and junctions."""


def prepare(folder: Path, settings: Figures) -> Figures:
    """Write the plan and its files, or those of the demonstration."""
    if settings.get("demo"):
        from boxreach.sources.demo import demo_folder

        shutil.copytree(demo_folder(), folder, dirs_exist_ok=True)
        ask_more(folder, settings)
        return {}
    return lay_out(folder, settings)


def measure(folder: Path, settings: Figures) -> Figures:
    """Run the plan, by workers if so many are given, and tell what each step took."""
    from boxreach.cli import commands

    output = folder / "out"
    words = ["run", str(folder / "plan.toml"), "-o", str(output), "--no-progress"]
    if workers := settings.get("workers"):
        words += ["--workers", str(workers)]
    if limit := settings.get("memory"):
        words += ["--memory", limit]
    watch, begun = Watch(), time.perf_counter()
    with watch.over(STEPS, KEEP), warnings.catch_warnings():
        commands.main(words, standalone_mode=False)
    files = {one.name: one.stat().st_size for one in output.iterdir()}
    return {
        "steps": {name: asdict(taken) for name, taken in watch.steps.items()},
        "kept": watch.kept,
        "cpu_s": sum(one.cpu_s for one in watch.steps.values()),
        "wall_s": time.perf_counter() - begun,
        "most_mb": max(one.peak_mb for one in watch.steps.values()),
        "files": files,
        "disk_mb": sum(files.values()) / 1e6,
    }


def foresee(folder: Path, settings: Figures) -> Figures:
    """Estimate the plan, by workers if so many are given; keep what its constants are put to."""
    from boxreach.cli.checking import hear
    from boxreach.cli.estimating import estimate_plan
    from boxreach.cli.memory_limit import read_size_gb
    from boxreach.costs import load_constants

    begun = time.process_time()
    with hear():
        limit = settings.get("memory")
        found = estimate_plan(
            folder / "plan.toml", [], workers=settings.get("workers"),
            memory_gb=read_size_gb(limit) if limit else None,
        )  # fmt: skip
    taken_s, constants = time.process_time() - begun, load_constants()
    pace = found.machine.pace
    return {
        "taken_s": taken_s,
        "found": asdict(found),
        "kernels_s": pace.kernels * constants.kernels_s,
        "words_s": pace.words * constants.words_s,
    }


def time_paces(folder: Path, settings: Figures) -> Figures:
    """Time what another machine is held against this one by."""
    from boxreach.costs.machine import time_kernels, time_words

    return {"kernels_s": time_kernels(), "words_s": time_words()}
