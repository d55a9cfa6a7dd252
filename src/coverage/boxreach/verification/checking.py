"""`verify`: every check of a finished run, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from boxreach.arguments import flag_faults, number_faults, require_path
from boxreach.errors import InputError
from boxreach.verification.evidence import EVIDENCE, Evidence, load_evidence
from boxreach.verification.files import (
    RUN,
    SUMMARY,
    check_files,
    check_repeats,
    read_json,
    read_record,
)
from boxreach.verification.findings import Verification
from boxreach.verification.ledger import Ledger
from boxreach.verification.line_rows import recompute_line
from boxreach.verification.line_tables import check_line_tables
from boxreach.verification.planned import check_plans
from boxreach.verification.record import check_record
from boxreach.verification.rows import Recomputation, read_search
from boxreach.verification.scenarios import SCENARIOS, check_scenarios
from boxreach.verification.summary import check_summary
from boxreach.verification.sums import check_sums
from boxreach.verification.tables import check_tables
from boxreach.verification.written import check_written


def verify(
    folder: str | Path, *, rows: int = 10_000, every_row: bool = False, seed: int = 0
) -> Verification:
    """Recompute a finished run by a second path, and tell everything that differs.

    Times are searched by networkx on the roads that the run kept, with ways over open ground from
    shapely and pyproj; nothing of the engine that computed them is used. Tables are added up
    again from the rows, and files compared with their hashes. ``docs/verify.md`` has what is
    compared, how closely, and what is not.

    Parameters
    ----------
    folder
        What ``boxreach run`` and its like wrote. Its inputs are not needed.
    rows
        Of how many rows of each table times are recomputed at most: those nearest to thresholds,
        the farthest, and a sample. All rows are in the sums.
    every_row
        Recompute all, however many.
    seed
        Draws the sample.

    Returns
    -------
    Verification
        ``passed`` if nothing differs; else ``findings``.

    Raises
    ------
    InputError
        If the folder holds no run, or one that kept nothing to recompute it from, or an argument
        is not what it should be.

    Examples
    --------
    >>> verify("no")
    Traceback (most recent call last):
    boxreach.errors.InputError: no: there is no such folder; give the folder that boxreach run wrote
    """
    folder = require_path(folder, "folder")
    faults = flag_faults("every_row", every_row)
    advice = "give a whole number from {} upwards"
    faults += number_faults("rows", rows, lambda n: n >= 1 and n % 1 == 0, advice.format(1))
    faults += number_faults("seed", seed, lambda n: n >= 0 and n % 1 == 0, advice.format(0))
    if faults:
        raise InputError(*faults)
    record = read_record(folder)
    ledger = Ledger()
    check_files(folder, record, ledger)
    check_repeats(folder, ledger)
    evidence = _read_evidence(folder / EVIDENCE, bool(EVIDENCE in record["outputs"]), ledger)
    ledger.attempt(RUN, lambda: check_written(record, evidence, ledger))
    summary = read_json(folder / SUMMARY, ledger)
    if evidence is not None:
        ledger.attempt(RUN, partial(check_record, record, evidence, ledger))
        most = None if every_row else int(rows)
        check = partial(_check_all, folder, record, evidence, summary, ledger, most, int(seed))
        ledger.attempt(EVIDENCE, check)
    return ledger.close()


def _check_all(
    folder: Path, record: dict[str, Any], evidence: Evidence, summary: dict[str, Any] | None,
    ledger: Ledger, rows: int | None, seed: int,
) -> None:  # fmt: skip
    """Run every check that needs the evidence."""
    left_out = evidence.facts.get("heights_left_out")
    if left_out is not None:
        ledger.notes.append(f"times: the {left_out:,} heights of the ground were too many to keep")
    checks: list[tuple[str, Callable[[], None]]] = [
        (EVIDENCE, lambda: _recompute(folder, evidence, ledger, rows=rows, seed=seed)),
        ("tables of places", lambda: check_tables(folder, evidence, ledger)),
        ("tables of areas", lambda: check_sums(folder, evidence, ledger)),
        ("tables of the frontier", lambda: check_line_tables(folder, evidence, summary, ledger)),
        ("plans", lambda: check_plans(folder, record, evidence, summary, ledger, rows=rows)),
        (SUMMARY, lambda: check_summary(folder, evidence, summary, ledger)),
        (SCENARIOS, lambda: check_scenarios(folder, evidence, summary, ledger)),
    ]
    for name, check in checks[left_out is not None :]:
        ledger.attempt(name, check)


def _recompute(
    folder: Path, evidence: Evidence, ledger: Ledger, *, rows: int | None, seed: int
) -> None:
    """Recompute rows of a run with networkx and compare them with what was kept."""
    opened, lifted = read_search(evidence)
    again = Recomputation(folder, evidence, ledger, opened, lifted, rows, seed)
    again.check()
    if evidence.has("posts"):
        recompute_line(again)


def _read_evidence(path: Path, expected: bool, ledger: Ledger) -> Evidence | None:
    """Return what the run kept; None where it cannot be read, which is noted."""
    if not path.is_file():
        what = "is missing" if expected else "was left out"
        ledger.notes.append(f"times and sums: {EVIDENCE} {what}")
        return None
    try:
        return load_evidence(path)
    except InputError as error:
        ledger.say(EVIDENCE, "", "", error.faults[0].what, "what the run kept")
        return None
