"""``boxreach compare``: two finished runs as rounds, from what they kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

import boxreach
from boxreach.cli.what_if_tables import changed_places, describe_comparison, tabulate_comparison
from boxreach.crs import WGS84
from boxreach.errors import Fault, FaultCollector, InputError
from boxreach.exports import write_csv, write_geojson, write_json
from boxreach.maps import map_changes
from boxreach.scenarios import Comparison
from boxreach.scenarios.comparing import compare_states
from boxreach.scenarios.differences import State
from boxreach.text import quote_formula
from boxreach.verification import EVIDENCE, REASONS, Evidence, hash_files
from boxreach.verification.evidence import load_evidence
from boxreach.verification.files import RUN, read_record

_MS_PER_MINUTE = 60_000
_RUN_AGAIN = "run the plan again"
_BY = "governorate"


@dataclass(frozen=True, eq=False)
class _Run:
    """A finished run: its record, what it kept, and who was reached in it."""

    record: Mapping[str, Any]
    evidence: Evidence
    state: State


def compare_runs(before: Path, after: Path) -> Comparison:
    """Hold a finished run against an earlier one, without computing anything again.

    Parameters
    ----------
    before, after
        The folders of the runs.

    Returns
    -------
    Comparison
        The later run as a scenario of the earlier one, at the minutes of their ``[propose]``,
        where people are counted. They are called by the days they were planned for, where these
        differ, else by their folders, else before and after. Places have a column ``because``:
        ``"boxes"`` where the box that reaches one now is new, or the one that reached it is gone;
        ``"roads"`` where the same boxes reach it or no longer do; ``"people"`` where only these
        are others.

    Raises
    ------
    InputError
        If a folder holds no finished run, what it kept is not as the run wrote it, or the two
        count people on different things.
    """
    faults, runs = FaultCollector(), []
    for folder in (before, after):
        with faults.attempt():
            runs.append(_read_run(folder))
    faults.raise_any()
    first, last = _name_apart(runs, [before, after])
    _require_alike(first, last, after)
    found = compare_states(first.state, [last.state], by=_BY)
    return replace(found, places=found.places.assign(because=_because(found)))


def write_comparison(folder: Path, found: Comparison, before: Path, after: Path) -> None:
    """Write what a comparison of two runs found.

    Parameters
    ----------
    folder
        Where to.
    found
        From `compare_runs`.
    before, after
        The folders of the runs.
    """
    for name, table in tabulate_comparison(found).items():
        write_csv(folder / f"{name}.csv", table)
    write_geojson(folder / "scenario_places.geojson", changed_places(found))
    map_changes(found).save(folder / "map.html")
    runs = [
        {"folder": one.resolve().name, "sha256": _hash((one / RUN).read_bytes())}
        for one in (before, after)
    ]
    record = {
        "boxreach": boxreach.__version__,
        "runs": runs,
        "scenarios": describe_comparison(found),
        "because": _count_reasons(found.places),
        "outputs": hash_files(folder),
    }
    write_json(folder / "comparison.json", record)


def _count_reasons(places: pd.DataFrame) -> dict[str, int]:
    counts = places["because"].value_counts()
    return {str(one): int(counts[one]) for one in sorted(counts.index) if one}


def _read_run(folder: Path) -> _Run:
    """Return a finished run, if what it kept is as it wrote it."""
    record = read_record(folder)
    path = folder / EVIDENCE
    expected = record["outputs"].get(EVIDENCE)
    if expected is None or not path.is_file():
        what = "it has no evidence of its places and times"
        raise InputError(
            Fault(what, str(path), advice="give the folder with it, as it was written")
        )
    if _hash(path.read_bytes()) != expected:
        what = f"it is not as the run wrote it: its hash is not that in {RUN}"
        raise InputError(Fault(what, str(path), advice=_RUN_AGAIN))
    evidence = load_evidence(path)
    return _Run(record, evidence, _state_of(folder, evidence))


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
            _BY: _areas(evidence, table),
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
    for name in (f"{table}.name.{_BY}", f"{table}.{_BY}"):
        if name in evidence.arrays:
            return _words(evidence, name)
    return np.full(len(evidence.ids(table)), "", dtype=object)


def _read_names(folder: Path) -> pd.Series[Any] | None:
    """Return the names of the communities, if the run wrote them."""
    path = folder / "reach.csv"
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


def _name_apart(runs: list[_Run], folders: list[Path]) -> tuple[_Run, _Run]:
    """Call each run by the day it was planned for, or by its folder, or by its turn."""
    days = [str(one.record.get("parameters", {}).get("network.on") or "") for one in runs]
    ways = [days, [one.resolve().name for one in folders], ["before", "after"]]
    names = next(one for one in ways if all(one) and one[0] != one[1])
    first, last = (
        replace(one, state=replace(one.state, name=name))
        for one, name in zip(runs, names, strict=True)
    )
    return first, last


def _require_alike(first: _Run, last: _Run, folder: Path) -> None:
    """Raise `InputError` for runs that cannot be held against each other."""
    facts, faults = [one.evidence.facts for one in (first, last)], []
    said = {
        "people_on": "people are counted on {1}, and in the other run on {0}",
        "direction": "the direction is {1}, and in the other run {0}",
        "mobilise_minutes": "boxes mobilise in {1} minutes, and in the other run in {0}",
    }
    for key, what in said.items():
        values = [one.get(key) for one in facts]
        if values[0] != values[1]:
            faults.append(Fault(what.format(*values), str(folder), advice="run both alike"))
    if faults:
        raise InputError(*faults)


def _because(found: Comparison) -> npt.NDArray[np.object_]:
    """Return what brought each place within reach or took it out; else whether people did."""
    places = found.places
    ids = {
        change: found.boxes["site_id"][found.boxes["change"] == change]
        for change in ("new", "lost")
    }
    came, left = (places["change"] == one for one in ("gained", "lost"))
    by_box = (came & places["site_id"].isin(ids["new"])) | (
        left & places["site_id_before"].isin(ids["lost"])
    )
    others = places["people_before"].fillna(0) != places["people"].fillna(0)
    because: npt.NDArray[np.object_] = np.select(
        [by_box, came | left, others],
        np.array(["boxes", "roads", "people"], dtype=object),
        default="",
    )
    return because
