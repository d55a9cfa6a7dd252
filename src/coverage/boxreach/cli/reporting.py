"""``boxreach report``: the files of a field pack from what a finished run kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boxreach.errors import Fault, InputError
from boxreach.languages import DEFAULT_LANGUAGES
from boxreach.redaction import Redaction
from boxreach.report.pack import DIGITS, write_pack
from boxreach.report.placement_report import PlacementReport
from boxreach.report.storage import REPORT_JSON, load_report, refusing_forgery
from boxreach.report.withheld import withhold
from boxreach.verification.files import COMPARISON, RUN, read_record

_RUN_AGAIN = "run the plan again"


@dataclass(frozen=True)
class Asked:
    """What a pack is asked for. What is None is as the run had it.

    Attributes
    ----------
    formats
        Names of `boxreach.report.pack.FORMATS`; None is those that need no extra.
    languages, digits, marking
        In which languages, with which digits, and under which marking.
    redaction
        What is withheld.
    sheets
        Whether there are sheets of sites.
    """

    formats: Sequence[str] | None = None
    languages: Sequence[str] | None = None
    digits: str | None = None
    marking: str | None = None
    redaction: Redaction | None = None
    sheets: bool = True


def report_run(folder: Path, output: Path, asked: Asked) -> tuple[Path, ...]:
    """Write the pack of a finished run, without computing anything again.

    Parameters
    ----------
    folder
        Of the run.
    output
        The folder for the pack.
    asked
        What it is to be.

    Returns
    -------
    tuple of Path
        The files of the pack.

    Raises
    ------
    InputError
        If the folder holds no finished run, or its report is missing or not as the run wrote it.
    """
    record = read_record(folder, COMPARISON if _is_comparison(folder) else RUN)
    report = read_report(folder, record)
    if asked.marking is not None:
        handling = replace(report.handling, marking=asked.marking or None)
        report = replace(report, handling=handling)
    if not asked.sheets:
        report = replace(report, sheets=())
    given = record.get("parameters")
    values = given if isinstance(given, dict) else {}
    languages = values.get("output.languages", DEFAULT_LANGUAGES)
    digits = values.get("output.digits", DIGITS[0])
    with refusing_forgery(str(folder / REPORT_JSON)):
        return write_pack(
            output,
            withhold(report, asked.redaction),
            formats=asked.formats,
            languages=asked.languages or languages,
            digits=asked.digits or digits,
        )


def _is_comparison(folder: Path) -> bool:
    """Tell whether a folder holds a comparison of runs, and no run."""
    return (folder / COMPARISON).is_file() and not (folder / RUN).exists()


def read_report(folder: Path, record: Mapping[str, Any]) -> PlacementReport:
    """Return the report that a run kept, if it is as the run wrote it.

    Parameters
    ----------
    folder, record
        Of the run, and what its ``run.json`` says.
    """
    path = folder / REPORT_JSON
    expected = record["outputs"].get(REPORT_JSON)
    if expected is None:
        raise InputError(Fault("this run kept no report", str(folder), advice=_RUN_AGAIN))
    if not path.is_file():
        raise InputError(Fault("there is no such file", str(path), advice=_RUN_AGAIN))
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != expected:
        what = "it is not as the run wrote it: its hash is not that in run.json"
        raise InputError(Fault(what, str(path), advice=_RUN_AGAIN))
    return load_report(data, file=str(path))
