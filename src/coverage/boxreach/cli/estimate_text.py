"""An estimate as a person reads it, and as a program does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from boxreach.cli.checking import hear
from boxreach.cli.estimating import TooLargeError, estimate_plan
from boxreach.costs import Constants, Estimate, Step, load_constants

_EXPLAINED = {
    "measured": "done in full to tell the rest",
    "from a part": "a part was computed here",
    "from its size": "from what one of each took where constants were measured",
    "as long as it may": "a limit of the plan ends it",
    "not known": "not estimated, and in no sum",
}


def tell_estimate(
    path: Path, overrides: Sequence[tuple[str, object]], *, workers: int | None, as_json: bool
) -> int:
    """Estimate a plan and print it; return the exit code, 1 where the memory does not suffice.

    Parameters
    ----------
    path, overrides, workers
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
            found = estimate_plan(path, overrides, workers=workers)
    except TooLargeError as error:
        if as_json:
            click.echo(json.dumps({"fits": False, "memory_mb": round(error.memory_mb, 1)}))
        else:
            click.echo(f"boxreach: {error}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(describe_estimate(found, constants), ensure_ascii=True, indent=2))
    else:
        for text in heard.texts:
            click.echo(f"note: {text}", err=True)
        show_estimate(found, constants)
    return 0 if found.fits else 1


def show_estimate(found: Estimate, constants: Constants) -> None:
    """Print what a run takes, step by step and in all.

    Parameters
    ----------
    found
        What was told.
    constants
        By which some of it was told.
    """
    console = Console()
    for line in _tell_sizes(found):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(_tabulate(found))
    for line in _tell_whole(found, constants):
        console.print(line, highlight=False, soft_wrap=True)


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
        "cpu_s": round(found.cpu_s, 3),
        "wall_s": round(found.wall_s, 3),
        "further_s": found.further_s,
        "memory_mb": round(found.memory_mb, 1),
        "disk_mb": round(found.disk_mb, 3),
        "fits": found.fits,
        "workers": workers,
        "machine": machine,
        "sizes": {name: round(one, 1) for name, one in found.sizes.counts().items()},
        "constants": dict(constants.made),
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
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    for one in found.steps:
        table.add_row(one.name, *_cells(found, one), one.how)
    further = found.further_s
    wall = _range(found.wall_s, further)
    cells = wall, _range(found.cpu_s, further), _size(found.memory_mb)
    table.add_row("in all", *cells, "", style="bold")
    return table


def _cells(found: Estimate, step: Step) -> tuple[str, str, str]:
    if step.how == "not known":
        return "?", "?", "?"
    wall_s = step.work.wall_s(found.machine.threads, found.workers)
    seconds = _range(wall_s, step.further_s), _range(step.work.cpu_s, step.further_s)
    return *seconds, _size(step.memory_mb)


def _tell_whole(found: Estimate, constants: Constants) -> Iterator[str]:
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
    yield f"memory: {_size(found.memory_mb)}{_tell_memory(found)}"
    yield f"disk: {_size(found.disk_mb)}"
    known = {one.how for one in found.steps}
    yield "; ".join(f"{how}: {said}" for how, said in _EXPLAINED.items() if how in known)
    made = constants.made
    yield (
        f"constants: {made['date']}, {made['machine']}; searches take {machine.pace.kernels:.2f}"
        f" times as long here, and writing {machine.pace.words:.2f} times"
    )


def _tell_memory(found: Estimate) -> str:
    known = found.machine.memory_mb
    if known is None:
        return ""
    if found.fits:
        return f" of {_size(known)} that this machine has"
    largest = max(found.steps, key=lambda one: one.memory_mb)
    return (
        f", and this machine has {_size(known)}: the run does not fit ({largest.name}); take a"
        " machine with more, fewer candidates, or fewer minutes"
    )


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
        return f"{_span(seconds, 0)} to {_span(seconds + further_s, 0)}"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:,.1f} h"


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
