"""An estimate as a person reads it, and as a program does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from boxreach.cli.checking import hear
from boxreach.cli.estimating import TooLargeError, estimate_plan
from boxreach.cli.speech import say, translate
from boxreach.costs import Constants, Estimate, Step, load_constants
from boxreach.placement.memory import NotEnoughMemory

_EXPLAINED = {
    "measured": "done in full to tell the rest",
    "from a part": "a part was computed here",
    "from its size": "from what one of each took where constants were measured",
    "as long as it may": "a limit of the plan ends it",
    "not known": "not estimated, and in no sum",
}


def tell_estimate(
    path: Path,
    overrides: Sequence[tuple[str, object]],
    *,
    workers: int | None,
    memory_gb: float | None,
    as_json: bool,
) -> int:
    """Estimate a plan and print it; return the exit code, 1 where the memory does not suffice.

    Parameters
    ----------
    path, overrides, workers, memory_gb
        As for `estimate_plan`.
    as_json
        Whether it is printed as JSON.

    Raises
    ------
    InputError
        As `estimate_plan` does.
    """
    constants = load_constants()
    try:
        with hear() as heard:
            found = estimate_plan(path, overrides, workers=workers, memory_gb=memory_gb)
    except (TooLargeError, NotEnoughMemory) as error:
        if as_json:
            click.echo(json.dumps({"fits": False, "memory_mb": round(error.memory_mb, 1)}))
        else:
            click.echo(f"boxreach: {error.tell(translate)}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(describe_estimate(found, constants), ensure_ascii=True, indent=2))
    else:
        for fault in heard.faults:
            click.echo(say("noted", message=fault.tell(translate)), err=True)
        show_estimate(found, constants, memory_gb)
    return 0 if found.fits else 1


def show_estimate(found: Estimate, constants: Constants, memory_gb: float | None = None) -> None:
    """Print what a run takes, step by step and in all.

    Parameters
    ----------
    found
        What was told.
    constants
        By which some of it was told.
    memory_gb
        For which limit of memory; None for none.
    """
    console = Console()
    for line in _tell_sizes(found):
        console.print(translate(line), highlight=False, soft_wrap=True)
    console.print(_tabulate(found))
    below = (_tell_whole(found), _tell_limit(found, memory_gb), _tell_known(found, constants))
    for line in chain.from_iterable(below):
        console.print(translate(line), highlight=False, soft_wrap=True)


def describe_estimate(found: Estimate, constants: Constants) -> dict[str, Any]:
    """Return an estimate as it is written as JSON; seconds are numbers, memory is in megabytes."""
    threads, workers = found.machine.threads, found.workers
    steps = [
        {
            "name": one.name,
            "how": one.how,
            "cpu_s": round(one.work.cpu_s, 3),
            "wall_s": round(one.work.wall_s(threads, workers), 3),
            "further_s": one.further_s,
            "memory_mb": round(one.memory_mb, 1),
        }
        for one in found.steps
    ]
    machine = asdict(found.machine)
    return {
        "steps": steps,
        "unknown": list(found.unknown),
        "cpu_s": round(found.cpu_s, 3),
        "wall_s": round(found.wall_s, 3),
        "further_s": found.further_s,
        "memory_mb": round(found.memory_mb, 1),
        "workers_mb": round(found.workers_mb, 1),
        "disk_mb": round(found.disk_mb, 3),
        "scratch_mb": round(found.scratch_mb, 1),
        "fits": found.fits,
        "remedy": _describe_remedy(found.remedy),
        "workers": workers,
        "machine": machine,
        "sizes": {name: round(one, 1) for name, one in found.sizes.counts().items()},
        "constants": dict(constants.made),
    }


def _describe_remedy(remedy: Estimate | None) -> dict[str, Any] | None:
    if remedy is None or remedy.on_disk is None:
        return None
    return {
        "limit_gb": remedy.on_disk.limit_gb,
        "memory_mb": round(remedy.memory_mb, 1),
        "scratch_mb": round(remedy.scratch_mb, 1),
        "fits": remedy.fits,
    }


def _tell_sizes(found: Estimate) -> Iterator[str]:
    sizes, people = found.sizes, found.sizes.people
    yield (
        f"{sizes.roads:,} roads, {sizes.nodes:,} nodes, {sizes.communities:,} communities,"
        f" people counted on {sizes.rows:,} rows; {sizes.boxes:,} boxes stand,"
        f" {sizes.candidates:,} candidates"
    )
    part = f"{people.sampled_rows:,} of these rows were linked to the roads"
    if (options := sizes.options) is not None:
        part += f", and searched from {options.sampled_sites:,} of the candidates"
    yield f"every input was read and the network was built; {part}"


def _tabulate(found: Estimate) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("step", "seconds", "of processor", "memory", "how it is known"):
        left = name in {"step", "how it is known"}
        table.add_column(translate(name), justify="left" if left else "right", no_wrap=True)
    for one in found.steps:
        table.add_row(translate(one.name), *_cells(found, one), translate(one.how))
    further = found.further_s
    wall = _range(found.wall_s, further)
    cells = wall, _range(found.cpu_s, further), _size(found.memory_mb)
    all_but = f"without {_list_unknown(found)}" if found.unknown else ""
    table.add_row(translate("in all"), *cells, translate(all_but), style="bold")
    return table


def _cells(found: Estimate, step: Step) -> tuple[str, str, str]:
    if step.how == "not known":
        return "?", "?", "?"
    wall_s = step.work.wall_s(found.machine.threads, found.workers)
    seconds = _range(wall_s, step.further_s), _range(step.work.cpu_s, step.further_s)
    return *seconds, _size(step.memory_mb) if step.memory_mb else "?"


def _tell_whole(found: Estimate) -> Iterator[str]:
    machine, alone = found.machine, found.by_threads()
    yield (
        f"time: {_span(alone.wall_s, alone.further_s)} on this machine, by {machine.threads}"
        f" thread{'s' * (machine.threads != 1)}, if nothing else runs"
    )
    if found.workers is not None:
        yield (
            f"time: {_span(found.wall_s, found.further_s)} with {found.workers:,}"
            f" worker{'s' * (found.workers != 1)}, each with a processor as quick as this one;"
            " searches are shared out, and linking, proposing, map and report are not"
        )
    if found.further_s:
        yield "the longer time is that of a proposal that is not proven best before its limit"
    beside = f", and {_size(found.workers_mb)} by its workers" * bool(found.workers_mb)
    yield f"memory: {_size(found.memory_mb)}{beside}{_tell_memory(found)}"
    scratch = f", and {_size(found.scratch_mb)} more while boxes are proposed"
    yield f"disk: {_size(found.disk_mb)}{scratch * (found.on_disk is not None)}"
    if found.unknown:
        left_out = _list_unknown(found)
        yield f"in none of these figures: {left_out}; the run takes more than they say"


def _list_unknown(found: Estimate) -> str:
    """Return the steps of which no figure is known, in the language: a list is no sentence."""
    return translate(", ").join(map(translate, found.unknown))


def _tell_known(found: Estimate, constants: Constants) -> Iterator[str]:
    pace, known = found.machine.pace, {one.how for one in found.steps}
    yield "; ".join(f"{how}: {said}" for how, said in _EXPLAINED.items() if how in known)
    made = constants.made
    yield (
        f"constants: {made['date']}, {made['machine']}; searches take {pace.kernels:.2f}"
        f" times as long here, and writing {pace.words:.2f} times"
    )


def _tell_memory(found: Estimate) -> str:
    known = found.machine.memory_mb
    if known is None:
        return ""
    if found.fits:
        return f" of {_size(known)} that this machine has"
    if found.memory_mb <= known:
        return (
            f", and this machine has {_size(known)}: the run does not fit with so many workers;"
            " take fewer, or some on other machines (--scheduler)"
        )
    largest = translate(found.largest.name)
    return (
        f", and this machine has {_size(known)}: the run does not fit ({largest}); take a machine"
        " with more, fewer candidates, or fewer minutes"
    )


def _tell_limit(found: Estimate, memory_gb: float | None) -> Iterator[str]:
    """Say what a limit of memory does, or would do where the run does not fit without one."""
    if memory_gb is not None:
        kept = "stay in memory" if found.on_disk is None else "go to the disk"
        yield (
            f"--memory {memory_gb:g}GB: times from candidates {kept}; it limits what proposing"
            " takes, not what other steps take"
        )
    elif not found.by_threads().fits:
        yield _tell_remedy(found.remedy)


def _tell_remedy(remedy: Estimate | None) -> str:
    if remedy is None or remedy.on_disk is None:
        return "--memory would not help: it would send no times from candidates to the disk"
    option = f"--memory {remedy.on_disk.limit_gb:g}GB"
    if remedy.fits:
        return (
            f"{option} would do: {_size(remedy.memory_mb)} of memory, and"
            f" {_size(remedy.scratch_mb)} of the disk while boxes are proposed"
        )
    largest = remedy.largest
    name, size = translate(largest.name), _size(largest.memory_mb)
    return f"{option} would not suffice: {name} would take {size}"


def _range(seconds: float, further_s: float) -> str:
    if not further_s:
        return _seconds(seconds)
    return f"{_seconds(seconds)}-{_seconds(seconds + further_s)}"


def _span(seconds: float, further_s: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> _span(42.4, 0), _span(75, 90), _span(7200, 0)
    ('42 s', '1.2 min to 2.8 min', '2.0 h')
    """
    if further_s:
        return say("span", least=_span(seconds, 0), most=_span(seconds + further_s, 0))
    if seconds < 60:
        return say("span_seconds", count=seconds)
    if seconds < 3600:
        return say("span_minutes", count=seconds / 60)
    return say("span_hours", count=seconds / 3600)


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f}" if seconds < 100 else f"{seconds:,.0f}"


def _size(megabytes: float) -> str:
    """Return an amount of memory as people say it.

    Examples
    --------
    >>> _size(0.21), _size(340), _size(12_340)
    ('0.2 MB', '340 MB', '12.3 GB')
    """
    if megabytes >= 1000:
        return f"{megabytes / 1000:,.1f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 10 else f"{megabytes:.1f} MB"
