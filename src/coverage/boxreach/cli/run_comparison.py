"""``boxreach compare``: two finished runs as rounds, from what they kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.cli.finished_runs import BY, FinishedRun, read_finished_run
from boxreach.cli.plan_output import Digits
from boxreach.errors import Fault, FaultCollector, InputError
from boxreach.redaction import Redaction
from boxreach.scenarios import Comparison
from boxreach.scenarios.comparing import compare_states
from boxreach.scenarios.rounds import STEPS, Rounds


@dataclass(frozen=True, eq=False)
class RunComparison:
    """Two finished runs, and what changed from one to the next.

    Attributes
    ----------
    first, last
        The runs.
    rounds
        What changed, and how one becomes the other.
    """

    first: FinishedRun
    last: FinishedRun
    rounds: Rounds

    @property
    def runs(self) -> tuple[FinishedRun, FinishedRun]:
        """Both, the earlier one first."""
        return self.first, self.last

    @property
    def languages(self) -> list[str]:
        """Those that either was written in, the later one's first."""
        every = (*self.last.output.languages, *self.first.output.languages)
        return list(dict.fromkeys(every))

    @property
    def digits(self) -> Digits:
        """Those of the later run."""
        return self.last.output.digits

    @property
    def notes(self) -> list[str | dict[str, str]]:
        """What the pages of either say of its figures, each note once."""
        return _once(note for one in self.runs for note in one.notes)

    @property
    def marking(self) -> dict[str, str] | None:
        """How both are marked; both markings where they differ."""
        given = [one.output.marking for one in self.runs if one.output.marking]
        if len(given) < 2 or given[0] == given[1]:
            return given[0] if given else None
        languages = dict.fromkeys((*given[0], *given[1]))
        return {
            code: " / ".join(_once(one.get(code) or next(iter(one.values())) for one in given))
            for code in languages
        }

    @property
    def redaction(self) -> Redaction | None:
        """What either withheld on its pages, the rougher where both did."""
        asked = [one for run in self.runs if (one := run.output.redaction()) is not None]
        if not asked:
            return None
        rounded = [one.round_km for one in asked if one.round_km is not None]
        return Redaction(posts=any(one.posts for one in asked), round_km=max(rounded, default=None))

    def list_settings(self) -> list[tuple[str, str | None, str | None]]:
        """Return every parameter with its value in either run as JSON, None where it has none.

        Of one that holds others, as speeds by class, each is a row where not all are the same.
        """
        first = _pull_apart(self.first.parameters, self.last.parameters)
        last = _pull_apart(self.last.parameters, self.first.parameters)
        return [(key, first.get(key), last.get(key)) for key in dict.fromkeys((*first, *last))]

    def __str__(self) -> str:
        return str(self.rounds)


def _pull_apart(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, str]:
    """Return values as JSON by their keys, those of mappings that are not the same by theirs."""
    found: dict[str, str] = {}
    for key, value in values.items():
        other = others.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping) and value != other:
            inner = _pull_apart(value, other)
            found |= {f"{key}.{one}": said for one, said in inner.items()}
        else:
            found[key] = json.dumps(value, ensure_ascii=False)
    return found


def _once(values: Any) -> list[Any]:
    """Return values without those that came before; they may be mappings."""
    found: list[Any] = []
    for one in values:
        if one not in found:
            found.append(one)
    return found


def compare_runs(before: Path, after: Path) -> RunComparison:
    """Hold a finished run against an earlier one, without computing anything again.

    Parameters
    ----------
    before, after
        The folders of the runs.

    Returns
    -------
    RunComparison
        The later run as a scenario of the earlier one, at the minutes of their ``[propose]``,
        where people are counted. They are called by the days they were planned for, where these
        differ, else by their folders, else before and after. Places have a column ``because``:
        ``"boxes"`` where the box that reaches one now is new, or the one that reached it is gone;
        ``"roads"`` where the same boxes reach it or no longer do; ``"people"`` where only these
        are others. The steps are the sums of these.

    Raises
    ------
    InputError
        If a folder holds no finished run, what it kept is not as the run wrote it, or the two
        count people on different things or within other minutes.
    """
    faults, runs = FaultCollector(), []
    for folder in (before, after):
        with faults.attempt():
            runs.append(read_finished_run(folder))
    faults.raise_any()
    first, last = _name_apart(runs)
    _require_alike(first, last, after)
    found = compare_states(first.state, [last.state], by=BY)
    found = replace(found, places=found.places.assign(because=_because(found)))
    return RunComparison(first, last, Rounds(found, _tabulate_steps(found)))


def _name_apart(runs: list[FinishedRun]) -> tuple[FinishedRun, FinishedRun]:
    """Call each run by the day it was planned for, or by its folder, or by its turn."""
    days, folders = [one.day for one in runs], [one.folder for one in runs]
    ways = [days, folders, ["before", "after"]]
    names = next(one for one in ways if all(one) and one[0] != one[1])
    first, last = (
        replace(one, state=replace(one.state, name=name))
        for one, name in zip(runs, names, strict=True)
    )
    return first, last


def _require_alike(first: FinishedRun, last: FinishedRun, folder: Path) -> None:
    """Raise `InputError` for runs that cannot be held against each other."""
    facts, faults = [one.evidence.facts for one in (first, last)], []
    said = {
        "people_on": "people are counted on {1}, and in the other run on {0}",
        "propose_minutes": "people count within {1:g} minutes, and in the other run within {0:g}",
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


def _tabulate_steps(found: Comparison) -> pd.DataFrame:
    """Return what roads, boxes and people come to, one after another, from the places they did it.

    Who is in both runs gains or loses reach with a place; the others come back or leave.
    """
    row, places = found.table.to_dict("records")[-1], found.places
    stay = places[["people_before", "people"]].fillna(0.0).min(axis=1)
    was, now = places["covered_before"].astype(bool), places["covered"].astype(bool)
    within = float(found.table["within"].iloc[0])
    steps = [{"step": "before", "within": within, "gained": 0.0, "lost": 0.0}]
    for step in STEPS:
        mine = places["because"] == step
        gained, lost = float(stay[mine & now & ~was].sum()), float(stay[mine & was & ~now].sum())
        if step == STEPS[-1]:
            gained, lost = float(row["returned_within"]), float(row["left_within"])
        within += gained - lost
        steps.append({"step": step, "within": within, "gained": gained, "lost": lost})
    return pd.DataFrame(steps).set_index("step")
