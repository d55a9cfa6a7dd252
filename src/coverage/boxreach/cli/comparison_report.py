"""What the report of two compared runs says, from what both kept."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator

import boxreach
from boxreach.cli.finished_runs import FinishedRun, Input
from boxreach.cli.run_comparison import RunComparison
from boxreach.report.compared import Compared, ComparedRun, Setting
from boxreach.report.model import Record, Source
from boxreach.report.placement_report import Handling, PlacementReport
from boxreach.report.rounds_report import known_from, prepare_rounds_report


def prepare_comparison(found: RunComparison) -> PlacementReport:
    """Return the report of a comparison, nothing withheld.

    Parameters
    ----------
    found
        What was compared.
    """
    reports = [one.report for one in found.runs if one.report is not None]
    return prepare_rounds_report(
        found.rounds,
        _tell_compared(found),
        known_from(reports),
        _tell_record(found),
        Handling(found.marking),
    )


def _tell_compared(found: RunComparison) -> Compared:
    hashes = [_hashes(one) for one in found.runs]
    names = dict.fromkeys((*hashes[0], *hashes[1]))
    return Compared(
        runs=tuple(
            ComparedRun(
                one.state.name,
                one.folder,
                one.day,
                one.version,
                one.sha256,
            )
            for one in found.runs
        ),
        minutes=float(found.last.state.minutes),
        direction=str(found.first.evidence.facts["direction"]),
        counted=str(found.last.state.reached.index.name),
        settings=tuple(
            Setting(key, before or "", after or "")
            for key, before, after in found.list_settings()
            if before != after
        ),
        inputs=tuple(one for one in names if hashes[0].get(one) != hashes[1].get(one)),
    )


def _hashes(run: FinishedRun) -> dict[str, str | None]:
    return {one.name: one.sha256 for one in run.inputs}


def _tell_record(found: RunComparison) -> Record:
    words = ["boxreach", "compare", *(one.folder for one in found.runs)]
    return Record(
        command=shlex.join(words),
        software=(
            ("boxreach", boxreach.__version__),
            ("Python", ".".join(map(str, sys.version_info[:3]))),
        ),
        sources=tuple(_tell_sources(found)),
        parameters=tuple(
            (key, before)
            for key, before, after in found.list_settings()
            if before is not None and before == after
        ),
        warnings=tuple(dict.fromkeys(text for one in found.runs for text in one.warnings)),
        labels=tuple(found.notes),
    )


def _tell_sources(found: RunComparison) -> Iterator[Source]:
    """Yield the inputs of both runs; files that are not the same are told with their run."""
    shared = [one for one in found.first.inputs if one in found.last.inputs]
    yield from (_source(one, "") for one in shared)
    for run in found.runs:
        yield from (_source(one, f"{run.state.name}/") for one in run.inputs if one not in shared)


def _source(given: Input, run: str) -> Source:
    return Source(
        name=given.name,
        file=run + (given.file or ""),
        rows=given.rows,
        source=given.source or "",
        licence=given.licence or "",
        date=given.date or "",
        sha256=given.sha256 or "",
        label=given.label or "",
    )
