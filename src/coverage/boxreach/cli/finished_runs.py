"""`FinishedRun`: a run that ``boxreach compare`` reads, and what of it map and report tell."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ValidationError

from boxreach.cli.plan_output import Output
from boxreach.cli.reporting import read_report
from boxreach.crs import WGS84
from boxreach.errors import Fault, InputError
from boxreach.report.model import Text
from boxreach.report.placement_report import PlacementReport
from boxreach.report.storage import REPORT_JSON
from boxreach.scenarios.differences import State
from boxreach.text import quote_formula
from boxreach.verification import EVIDENCE, REASONS, Evidence
from boxreach.verification.evidence import load_evidence
from boxreach.verification.files import RUN, read_record

BY = "governorate"
"""What divides the country where runs are compared."""

_MS_PER_MINUTE = 60_000
_NAMES = "reach.csv"
"""What of a run tells how communities are called."""
_RUN_AGAIN = "run the plan again"
_OF_OUTPUT = ("languages", "digits", "marking", "redact")


class Input(BaseModel):
    """An input of a run, as its record has it."""

    name: str
    file: str | None = None
    sha256: str | None = None
    rows: int | None = None
    source: str | None = None
    licence: str | None = None
    date: str | None = None
    label: Text | None = None


class _Record(BaseModel):
    """What a comparison tells of a record; whoever wrote that may have been somebody else."""

    boxreach: str = ""
    parameters: dict[str, Any] = {}
    inputs: list[Input] = []
    warnings: list[str] = []
    notes: list[Text] = []

    @property
    def output(self) -> Output:
        """What it says of the pages of the run; what it does not say is as a plan has it."""
        given = {one: self.parameters.get(f"output.{one}") for one in _OF_OUTPUT}
        return Output(**{key: one for key, one in given.items() if one is not None})


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """A finished run.

    Attributes
    ----------
    folder
        The name of its folder, and of none that holds it.
    sha256
        Of its record.
    version
        Of boxreach, which made it.
    parameters
        Every parameter by its key, but for those of its pages.
    inputs, warnings, notes
        As its record has them.
    output
        In what languages and digits its pages are, how they are marked, and what they withhold.
    evidence
        What it kept.
    state
        Who was reached in it.
    report
        What its report told; None where its folder was given without ``report.json``.
    """

    folder: str
    sha256: str
    version: str
    parameters: Mapping[str, Any]
    inputs: list[Input]
    warnings: list[str]
    notes: list[Text]
    output: Output
    evidence: Evidence
    state: State
    report: PlacementReport | None

    @property
    def day(self) -> str:
        """The day for which it was planned; blank where there was none."""
        return str(self.parameters.get("network.on") or "")


def read_finished_run(folder: Path) -> FinishedRun:
    """Return a finished run, if what it kept is as it wrote it.

    Parameters
    ----------
    folder
        Of the run.

    Raises
    ------
    InputError
        If the folder holds no finished run, or one of its files is not as the run wrote it.
    """
    record = read_record(folder)
    path = folder / EVIDENCE
    if EVIDENCE not in record["outputs"] or not path.is_file():
        what = "it has no evidence of its places and times"
        raise InputError(
            Fault(what, str(path), advice="give the folder with it, as it was written")
        )
    _require_as_written(record, path, folder / _NAMES)
    evidence = load_evidence(path)
    told, output = _read_told(folder, record)
    parameters = told.parameters.items()
    return FinishedRun(
        folder=folder.resolve().name,
        sha256=_hash((folder / RUN).read_bytes()),
        version=told.boxreach,
        parameters={key: one for key, one in parameters if not key.startswith("output.")},
        inputs=told.inputs,
        warnings=told.warnings,
        notes=told.notes,
        output=output,
        evidence=evidence,
        state=_state_of(folder, evidence),
        report=read_report(folder, record) if (folder / REPORT_JSON).is_file() else None,
    )


def _require_as_written(record: Mapping[str, Any], *paths: Path) -> None:
    """Raise `InputError` for files of a run that are not as it wrote them."""
    what = f"it is not as the run wrote it: its hash is not that in {RUN}"
    faults = [
        Fault(what, str(path), advice=_RUN_AGAIN)
        for path in paths
        if path.is_file() and _hash(path.read_bytes()) != record["outputs"].get(path.name)
    ]
    if faults:
        raise InputError(*faults)


def _read_told(folder: Path, record: Mapping[str, Any]) -> tuple[_Record, Output]:
    """Return what a record tells, and of the pages of the run."""
    try:
        told = _Record.model_validate(record)
        return told, told.output
    except ValidationError as error:
        where = ".".join(map(str, error.errors(include_url=False, include_input=False)[0]["loc"]))
        what = f"its parameters, inputs or notes are not as a run writes them ({where})"
        raise InputError(Fault(what, str(folder / RUN), advice=_RUN_AGAIN)) from error


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _state_of(folder: Path, evidence: Evidence) -> State:
    """Return who was reached where people are counted, at the minutes of the proposal."""
    table = str(evidence.facts["people_on"])
    minutes = float(evidence.facts["propose_minutes"])
    ms = evidence.arrays[f"{table}.ms"]
    has_way = ms >= 0
    label = "cell_id" if table == "cells" else "community_id"
    ids = pd.Index(evidence.ids(table), name=label)
    reached = gpd.GeoDataFrame(
        {
            "people": evidence.arrays.get(f"{table}.amount", np.full(len(ids), np.nan)),
            BY: _areas(evidence, table),
            "covered": has_way & (ms <= round(minutes * _MS_PER_MINUTE)),
            "site_id": _words(evidence, f"{table}.site_id"),
            "minutes": np.where(has_way, ms / _MS_PER_MINUTE, np.nan),
            "reason": np.array(REASONS, dtype=object)[evidence.arrays[f"{table}.gap_reason"][:, 0]],
        },
        index=ids,
        geometry=gpd.points_from_xy(*evidence.places(table).T),
        crs=WGS84,
    )
    if label == "community_id" and (names := _read_names(folder)) is not None:
        written = names.reindex([quote_formula(one) for one in ids]).fillna("")
        reached.insert(0, "name", [_as_it_was(one) for one in written])
    sites = gpd.GeoDataFrame(
        index=pd.Index(evidence.ids("boxes"), name="site_id"),
        geometry=gpd.points_from_xy(*evidence.places("boxes").T),
        crs=WGS84,
    )
    return State(folder.resolve().name, reached, sites, minutes, "people")


def _words(evidence: Evidence, name: str) -> npt.NDArray[np.object_]:
    words = np.array([*evidence.texts[f"{name}.words"], ""], dtype=object)
    return np.asarray(words[evidence.arrays[name]], dtype=object)


def _areas(evidence: Evidence, table: str) -> npt.NDArray[np.object_]:
    """Return the names of the governorates, or what stands for them where there are none."""
    for name in (f"{table}.name.{BY}", f"{table}.{BY}"):
        if name in evidence.arrays:
            return _words(evidence, name)
    return np.full(len(evidence.ids(table)), "", dtype=object)


def _read_names(folder: Path) -> pd.Series[Any] | None:
    """Return the names of the communities, if the run wrote them."""
    path = folder / _NAMES
    if not path.is_file():
        return None
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if not {"community_id", "name"} <= {*table.columns}:
        return None
    return table.drop_duplicates("community_id").set_index("community_id")["name"]


def _as_it_was(written: str) -> str:
    """Return a text without the apostrophe that files put before what might be a formula."""
    bare = written.removeprefix("'")
    return bare if quote_formula(bare) == written else written
