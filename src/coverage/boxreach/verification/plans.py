"""Plans: ranks, gains, running totals and phases, counted again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.verification.evidence import Evidence
from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.grid_references import check_references
from boxreach.verification.ledger import DIGITS, Ledger, to_numbers
from boxreach.verification.line import Line
from boxreach.verification.objectives import Objective
from boxreach.verification.proofs import check_least_regret, check_proof
from boxreach.verification.serving import Served, Span, Turns, search_line, search_served
from boxreach.verification.tables import MS_PER_MINUTE, Kept, compare_columns

Floats = npt.NDArray[np.float64]
Strings = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan as the run kept it.

    Attributes
    ----------
    evidence
        What the run kept.
    name, demand, unit
        ``proposals`` or ``posts``, the table that is covered, and what is counted of it.
    turns
        The sites that stand, and the steps.
    minutes
        The threshold.
    totals, phase
        Running totals of sites at the end of each phase, and which of them each step leads to.
    objective
        The model.
    served
        Times of all sites to all rows, recomputed; None where they are too many, or not needed.
    bonus
        What the sites add to the objective by themselves before the first step, and after each.
    """

    evidence: Evidence
    name: str
    demand: str
    unit: str
    turns: Turns
    minutes: float
    totals: list[int]
    phase: Floats
    objective: Objective
    served: Served | None = None
    bonus: Floats | None = None

    @property
    def standing(self) -> int:
        """How many sites stand already."""
        return len(self.turns.standing)

    @property
    def said_as(self) -> str:
        """What the summary calls it."""
        return "proposal" if self.name == "proposals" else self.name

    @cached_property
    def weights(self) -> Floats:
        """What each row of demand counts."""
        return np.nan_to_num(Kept(self.evidence, self.demand).amounts)

    @property
    def total(self) -> float:
        """The whole of it."""
        return float(self.weights.sum())

    def open(self) -> npt.NDArray[np.bool_]:
        """Tell which rows no standing site has in time."""
        if not self.standing:
            return np.ones(len(self.weights), dtype=bool)
        if self.name == "posts":  # the pieces are told as all posts reach them
            return np.asarray(self.evidence.arrays["standing.first"] == 0)
        return ~Kept(self.evidence, self.demand).within(self.minutes)

    @property
    def cover(self) -> Objective:
        """What the sites reach at all, whatever the model."""
        return replace(self.objective, model="max-cover", asked={}, pull=self.weights)

    def covered(self) -> list[Span] | None:
        """Return what is covered by standing sites, and after each step; None if not known."""
        return self._each(self.cover)

    def objectives(self) -> list[Span] | None:
        """Return what the model makes of standing sites, and after each step; None if not known.

        What a plan for several states of the roads comes to in each is not kept.
        """
        if self.objective.asked.get("cases"):
            return None
        if self.objective.model == "set-cover":
            new = np.append(0, np.cumsum(~self.turns.moves)).astype(float)
            return [(one, one) for one in new.tolist()]
        if self.objective.formula is None:
            return None
        found = self._each(self.objective)
        if found is None or self.bonus is None:
            return found
        more = self.bonus.tolist()
        return [(low + one, high + one) for (low, high), one in zip(found, more, strict=True)]

    def _each(self, objective: Objective) -> list[Span] | None:
        if objective.covers and not self.turns.moves.any():
            return [(one, one) for one in self._running(objective.pull).tolist()]
        if self.served is None:
            return None
        return [self.served.span(state, objective.value) for state in self.turns.states]

    def _running(self, pull: Floats) -> Floats:
        """Return what is covered after each step, by the first site that has each row in time."""
        first = self.evidence.arrays[f"{self.name}.first"]
        left = self.open()
        gained, counted = np.zeros(len(self.turns.chosen) + 1), left & (first > 0)
        np.add.at(gained, first[counted], pull[counted])  # and no step that there is none of
        return np.asarray(float(pull[~left].sum()) + np.cumsum(gained), dtype=np.float64)

    @cached_property
    def ends(self) -> list[int]:
        """How many steps are done at the end of each phase."""
        return [int((self.phase <= total).sum()) for total in self.totals]


def read_plan(
    folder: Path, evidence: Evidence, asked: dict[str, Any], ledger: Ledger, *, rows: int | None
) -> Plan:
    """Return the boxes that a run proposed, with times where these are needed.

    Parameters
    ----------
    folder, evidence, asked, ledger
        The run, what it kept, what it asked for, and where to note.
    rows
        Of how many rows times are searched at most; None for all.
    """
    facts = evidence.facts
    demand, minutes = str(facts["people_on"]), float(facts["propose_minutes"])
    given_up, said = _read_steps(folder, evidence)
    turns = Turns(Kept(evidence, "boxes").ids, Kept(evidence, "proposals").ids, given_up)
    weights = np.nan_to_num(Kept(evidence, demand).amounts)
    pull = weights * _priorities(folder, len(weights)) if asked.get("priority") else weights
    model = str(asked.get("model", "max-cover"))
    objective = Objective(model, asked, pull, round(minutes * MS_PER_MINUTE))
    ahead = _ahead(facts["phases"], len(turns.standing), turns.new)
    phase = _phase_of(turns, ahead, said)
    plan = Plan(evidence, "proposals", demand, "people", turns, minutes, ahead, phase, objective)
    if not turns.moves.any() and (objective.covers or model == "set-cover"):
        return plan
    if objective.formula is None and model != "set-cover":
        ledger.notes.append(f"plans: {model} says no formula by which it could be recounted")
    if "heights_left_out" in facts or (rows is not None and len(weights) > rows):
        ledger.notes.append("plans: what the model makes of the sites was not recomputed (--all)")
        return plan
    return replace(plan, served=search_served(evidence, demand, minutes))


def read_posts(evidence: Evidence, ledger: Ledger, *, rows: int | None) -> Plan:
    """Return the posts that a run proposed, with times where these are needed."""
    line = Line(evidence)
    asked, each = line.asked, int(line.asked["each"])
    chosen = Kept(evidence, "posts").ids
    nobody = np.full(len(chosen), "", dtype=object)
    turns = Turns(Kept(evidence, "standing").ids, chosen, nobody)
    ahead = _ahead(evidence.facts["post_phases"], len(turns.standing), turns.new)
    risk = evidence.arrays["frontier.risk"]
    pull = np.nan_to_num(line.pieces.amounts) * risk
    model = "max-cover" if each == 1 else "backup-cover"
    bonus = evidence.arrays.get("posts.bonus_km", np.zeros(len(chosen)))
    objective = Objective(
        "set-cover" if asked["share"] is not None else model,
        {"backup_boxes": each}, pull, line.limit_ms,
        more=float(asked["defence_km"]) * turns.new,
    )  # fmt: skip
    phase = _phase_of(turns, ahead, np.full(len(chosen), np.nan))
    minutes = float(evidence.facts["posts_minutes"])
    plan = Plan(
        evidence, "posts", "frontier", "km", turns, minutes, ahead, phase, objective,
        bonus=np.append(0.0, np.cumsum(bonus)),
    )  # fmt: skip
    if each == 1:
        return plan
    if "heights_left_out" in evidence.facts or (rows is not None and len(pull) > rows):
        ledger.notes.append("posts: what the model makes of them was not recomputed (--all)")
        return plan
    return replace(plan, served=search_line(line))


def _ahead(phases: list[int] | None, standing: int, new: int) -> list[int]:
    return [one for one in phases or [] if one > standing] or [standing + new]


def _read_steps(folder: Path, evidence: Evidence) -> tuple[Strings, Floats]:
    """Return the sites that give up their places, step by step, and the phase that is said."""
    ids = Kept(evidence, "proposals").ids
    nobody, unsaid = np.full(len(ids), "", dtype=object), np.full(len(ids), np.nan)
    table = read_table(folder / "proposals.csv", Ledger(), ["site_id", "phase"])
    if table is None or table["site_id"].tolist() != ids.tolist():
        return nobody, unsaid
    given_up = table["moved_from"].to_numpy(dtype=object) if "moved_from" in table else nobody
    return given_up, to_numbers(table["phase"])


def _phase_of(turns: Turns, totals: list[int], said: Floats) -> Floats:
    """Return the phase of each step: that of a new site follows from how many there are by then.

    A move may belong to the phase of the new site before it, or to that of the one after it.
    """
    new = len(turns.standing) + np.cumsum(~turns.moves)
    ends, last = np.array(totals, dtype=float), len(totals) - 1
    phase, after = (
        ends[np.minimum(np.searchsorted(ends, new, side=side), last)] for side in ("left", "right")
    )
    return np.where(turns.moves & (said == after), after, phase)


def _priorities(folder: Path, count: int) -> Floats:
    """Return by what people are multiplied; 1 where nobody says."""
    table = read_table(folder / "reach.csv", Ledger(), ["priority"])
    if table is None or len(table) < count:
        return np.ones(count)
    return np.nan_to_num(to_numbers(table["priority"].iloc[:count]), nan=1.0)


def check_plan(folder: Path, plan: Plan, said: dict[str, Any] | None, ledger: Ledger) -> None:
    """Count a plan again: its table, its phases and what the summary says of it."""
    file = f"{plan.name}.csv"
    table = read_table(folder / file, ledger, ["site_id"])
    ids = plan.turns.chosen.tolist()
    running = plan.covered()
    rows = [*ids, *(plan.turns.standing if plan.name == "posts" else [])]
    if table is not None and ledger.same_rows(file, table["site_id"].tolist(), rows):
        _check_table(file, table.iloc[: len(ids)], plan, running, ledger)
        _check_standing(file, table.iloc[len(ids) :], plan, ledger)
    if said is not None:
        _check_said(plan, running, said, ledger)
        _check_phases(plan, running, said, ledger)


def _check_table(
    file: str, table: pd.DataFrame, plan: Plan, running: list[Span] | None, ledger: Ledger
) -> None:
    """Compare the table of the sites."""
    kept, ids = Kept(plan.evidence, plan.name), plan.turns.chosen.tolist()
    places = plan.evidence.places(plan.name)
    lon, lat = places.T
    numbers = {"rank": np.arange(1, len(ids) + 1), "phase": plan.phase, "lon": lon, "lat": lat}
    names = {"governorate": kept.words("name.governorate")}
    words = {name: one for name, one in names.items() if kept.column(f"name.{name}") is not None}
    compare_columns(file, table, ids, numbers, words, ledger)
    check_references(file, table, ids, places, ledger)
    if running is not None:
        _check_running(file, table, plan, running, ledger)


def _check_standing(file: str, table: pd.DataFrame, plan: Plan, ledger: Ledger) -> None:
    """Compare the posts that stand, which are listed behind those that are proposed."""
    if table.empty:
        return
    ids, places = plan.turns.standing.tolist(), plan.evidence.places("standing")
    blank = np.full(len(ids), np.nan)
    lon, lat = places.T
    numbers = {"rank": blank, "phase": blank, "lon": lon, "lat": lat}
    compare_columns(file, table, ids, numbers, {}, ledger)
    check_references(file, table, ids, places, ledger)


def _check_running(
    file: str, table: pd.DataFrame, plan: Plan, running: list[Span], ledger: Ledger
) -> None:
    """Compare what each site gains, and what is covered by then."""
    ids, unit, total = plan.turns.chosen.tolist(), plan.unit, plan.total
    low, high = (np.array([one[end] for one in running]) for end in (0, 1))
    shares = [one[1:] / total if total else np.zeros(len(ids)) for one in (low, high)]
    for column, spans in (
        (f"{unit}_gained", (low[1:] - high[:-1], high[1:] - low[:-1])),
        (f"{unit}_covered", (low[1:], high[1:])),
        ("share_covered", shares),
    ):
        if column not in table:
            ledger.say(file, "", column, "no such column", "a column")
            continue
        for row, found, *span in zip(ids, table[column], *spans, strict=True):
            ledger.between(file, row, column, found, (float(span[0]), float(span[1])))


def _check_said(
    plan: Plan, running: list[Span] | None, said: dict[str, Any], ledger: Ledger
) -> None:
    """Compare what the summary says of a plan as a whole."""
    row, total = plan.said_as, plan.total
    expected = {
        "minutes": plan.minutes, "standing": plan.standing, "new": plan.turns.new, "total": total,
    }  # fmt: skip
    for name, value in expected.items():
        ledger.number(SUMMARY, row, name, said.get(name), value)
    model = said.get("model", plan.objective.model)
    if model != plan.objective.model:
        ledger.say(SUMMARY, row, "model", model, plan.objective.model)
    if running is None:
        return
    first, last = running[0], running[-1]
    ledger.between(SUMMARY, row, "covered_before", said.get("covered_before"), first)
    ledger.between(SUMMARY, row, "covered", said.get("covered"), last)
    rest = (total - last[1], total - last[0])
    ledger.between(SUMMARY, row, "uncovered", said.get("uncovered"), rest)
    low, high = (np.array([one[end] for one in running]) for end in (0, 1))
    idle = [float((one <= 0).sum()) for one in (high[1:] - low[:-1], low[1:] - high[:-1])]
    ledger.between(SUMMARY, row, "without_gain", said.get("without_gain"), (idle[0], idle[1]))


def _check_phases(
    plan: Plan, running: list[Span] | None, said: dict[str, Any], ledger: Ledger
) -> None:
    """Compare what the summary says of each phase, and at the end of the last."""
    phases = said.get("phases", [])
    found = [one.get("sites") for one in phases]
    if found != plan.totals:
        ledger.say(SUMMARY, plan.said_as, "phases", found, plan.totals)
        return
    before, objectives = plan.standing, plan.objectives()
    for one, end in zip(phases, plan.ends, strict=True):
        where = f"{plan.said_as}, phase {one['sites']}"
        ledger.number(SUMMARY, where, "new_sites", one.get("new_sites"), one["sites"] - before)
        for name, spans in (("covered", running), ("objective", objectives)):
            if spans is not None:
                ledger.between(SUMMARY, where, name, one.get(name), spans[end])
        check_proof(where, one, plan.objective, ledger)
        before = one["sites"]
    for name in ("objective", "bound", "gap"):
        tolerance = 1e-6 if name == "gap" else DIGITS
        ledger.number(SUMMARY, plan.said_as, name, said.get(name), phases[-1].get(name), tolerance)
    if said.get("status") != phases[-1].get("status"):
        ledger.say(SUMMARY, plan.said_as, "status", said.get("status"), phases[-1].get("status"))
    check_least_regret(said, plan.said_as, ledger)


def check_phase_table(folder: Path, said: dict[str, Any], ledger: Ledger) -> None:
    """Compare ``phases.csv`` with what the summary says of the phases."""
    table = read_table(folder / "phases.csv", ledger, ["sites"])
    phases = said.get("phases", [])
    rows = [f"phase {one.get('sites')}" for one in phases]
    if table is None or not ledger.same_rows(
        "phases.csv", [f"phase {one}" for one in table["sites"]], rows
    ):
        return
    names = [one for one in phases[0] if one not in ("sites", "status")] if phases else []
    numbers = {name: to_numbers([one.get(name) for one in phases]) for name in names}
    words = {"status": np.array([one.get("status", "") for one in phases], dtype=object)}
    compare_columns("phases.csv", table, rows, numbers, words, ledger)
