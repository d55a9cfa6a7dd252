"""The files of a comparison of two runs: tables, map, report, and the record of them all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import boxreach
from boxreach.cli.comparison_report import prepare_comparison
from boxreach.cli.run_comparison import RunComparison
from boxreach.cli.what_if_tables import changed_places, describe_comparison, tabulate_comparison
from boxreach.exports import plain_number, write_csv, write_geojson, write_json
from boxreach.maps import map_changes
from boxreach.report.page import render_page
from boxreach.report.storage import REPORT_JSON, dump_report
from boxreach.report.withheld import withhold
from boxreach.verification import hash_files
from boxreach.verification.files import COMPARISON


def write_comparison(folder: Path, found: RunComparison) -> None:
    """Write what a comparison of two runs found.

    Map and report withhold what those of the runs withheld; tables and ``report.json`` are for the
    inside, as they are of a run.

    Parameters
    ----------
    folder
        Where to.
    found
        From `boxreach.cli.run_comparison.compare_runs`.
    """
    compared, labels = found.rounds.comparison, "; ".join(_list_labels(found))
    tables = tabulate_comparison(compared) | {"round_steps": found.rounds.steps}
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table.assign(labels=labels))
    layer = changed_places(compared).assign(labels=labels)
    write_geojson(folder / "scenario_places.geojson", layer)
    _write_pages(folder, found)
    record = {
        "boxreach": boxreach.__version__,
        "runs": [
            {"name": one.state.name, "folder": one.folder, "day": one.day, "sha256": one.sha256}
            for one in found.runs
        ],
        "parameters": {"output.languages": found.languages, "output.digits": found.digits},
        "scenarios": describe_comparison(compared),
        "steps": [
            {"step": str(step)} | {str(key): plain_number(one) for key, one in row.items()}
            for step, row in found.rounds.steps.iterrows()
        ],
        "because": _count_reasons(compared.places),
        "labels": found.notes,
        "outputs": hash_files(folder),
    }
    write_json(folder / COMPARISON, record)


def _write_pages(folder: Path, found: RunComparison) -> None:
    report = prepare_comparison(found)
    (folder / REPORT_JSON).write_bytes(dump_report(report))
    public = withhold(report, found.redaction)
    page = render_page(public, tuple(found.languages), found.digits)
    (folder / "report.html").write_bytes(page.encode())
    map_changes(
        found.rounds.comparison,
        languages=found.languages,
        notes=found.notes,
        sources=_list_sources(found),
        marking=found.marking,
        digits=found.digits,
        redact=found.redaction,
    ).save(folder / "map.html")


def _list_labels(found: RunComparison) -> list[str]:
    """Return what of the inputs of either run is illustrative or modelled, each once."""
    given = [one for run in found.runs for one in run.inputs if one.label]
    return list(dict.fromkeys(f"{one.name}: {one.label}" for one in given))


def _list_sources(found: RunComparison) -> list[str]:
    """Return whose data the map shows, each source once."""
    given = [one for run in found.runs for one in run.inputs if one.source]
    said = (f"{one.source} ({one.licence})" if one.licence else str(one.source) for one in given)
    return list(dict.fromkeys(said))


def _count_reasons(places: pd.DataFrame) -> dict[str, int]:
    counts = places["because"].value_counts()
    return {str(one): int(counts[one]) for one in sorted(counts.index) if one}
