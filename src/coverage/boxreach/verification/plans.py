"""Plans: ranks, gains, running totals, bounds, quotas and phases, counted again."""

from __future__ import annotations

from collections import Counter as Counts
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.verification.evidence import Evidence
from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.grid_references import check_references
from boxreach.verification.ledger import Ledger, to_numbers
from boxreach.verification.tables import Kept, compare_columns

Floats = npt.NDArray[np.float64]

_PROVEN = 1e-9
"""A relative gap up to this counts as none."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan as the run kept it.

    Attributes
    ----------
    evidence
        What the run kept.
    name, demand, unit
        ``proposals`` or ``posts``, the table that is covered, and what is counted of it.
    standing
        How many sites stand already.
    minutes
        The threshold.
    """

    evidence: Evidence
    name: str
    demand: str
    unit: str
    standing: int
    minutes: float

    @property
    def weights(self) -> Floats:
        """What each row of demand counts."""
        return np.nan_to_num(Kept(self.evidence, self.demand).amounts)

    def open(self) -> npt.NDArray[np.bool_]:
        """Tell which rows no standing site has in time."""
        if not self.standing:
            return np.ones(len(self.weights), dtype=bool)
        return ~Kept(self.evidence, self.demand).within(self.minutes)

    def covered(self) -> Floats:
        """Return what is covered by standing sites, and then with each site of the plan more."""
        first = self.evidence.arrays[f"{self.name}.first"]
        count = len(self.evidence.texts[self.name])
        left = self.open()
        gained = np.bincount(
            np.where(left, first, 0), np.where(left & (first > 0), self.weights, 0.0),
            minlength=count + 1,
        )  # fmt: skip
        base = float(self.weights[~left].sum())
        return np.asarray(base + np.cumsum(gained), dtype=np.float64)


def check_plans(
    folder: Path, evidence: Evidence, summary: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Count every plan of a run again."""
    facts = evidence.facts
    known = summary or {}
    if evidence.has("proposals"):
        standing = len(evidence.texts["boxes"])
        minutes = float(facts["propose_minutes"])
        plan = Plan(evidence, "proposals", str(facts["people_on"]), "people", standing, minutes)
        _check_plan(folder, plan, facts["phases"], known.get("proposal"), ledger)
        _check_quotas(plan, known.get("proposal"), ledger)
    if evidence.has("posts"):
        plan = Plan(evidence, "posts", "frontier", "km", 0, float(facts["posts_minutes"]))
        _check_plan(folder, plan, facts["post_phases"], known.get("posts"), ledger)


def _check_plan(
    folder: Path, plan: Plan, phases: list[int] | None, said: dict[str, Any] | None, ledger: Ledger
) -> None:
    file = f"{plan.name}.csv"
    table = read_table(folder / file, ledger, ["site_id"])
    kept = Kept(plan.evidence, plan.name)
    ids = kept.ids.tolist()
    running = plan.covered()
    total = float(plan.weights.sum())
    count = len(ids)
    totals = [plan.standing + count] if phases is None else list(phases)
    phase = np.array([min(one for one in totals if one >= plan.standing + rank)
                      for rank in range(1, count + 1)], dtype=float)  # fmt: skip
    if table is not None and ledger.same_rows(file, table["site_id"].tolist(), ids):
        places = plan.evidence.places(plan.name)
        lon, lat = places.T
        numbers = {
            "rank": np.arange(1, count + 1), "phase": phase, "lon": lon, "lat": lat,
            f"{plan.unit}_gained": np.diff(running), f"{plan.unit}_covered": running[1:],
            "share_covered": running[1:] / total if total else np.zeros(count),
        }  # fmt: skip
        names = {"governorate": kept.words("name.governorate")}
        words = {
            name: one for name, one in names.items() if kept.column(f"name.{name}") is not None
        }
        compare_columns(file, table, ids, numbers, words, ledger)
        check_references(file, table, ids, places, ledger)
    if said is not None:
        _check_said(plan, running, total, totals, said, ledger)


def _check_said(
    plan: Plan, running: Floats, total: float, totals: list[int], said: dict[str, Any],
    ledger: Ledger,
) -> None:  # fmt: skip
    """Compare what the summary says of a plan."""
    row = "proposal" if plan.name == "proposals" else plan.name
    gained = np.diff(running)
    expected = {
        "minutes": plan.minutes, "standing": plan.standing, "new": len(gained), "total": total,
        "covered_before": running[0], "covered": running[-1], "uncovered": total - running[-1],
        "without_gain": int((gained <= 0).sum()),
    }  # fmt: skip
    for name, value in expected.items():
        ledger.number(SUMMARY, row, name, said.get(name), value)
    ahead = [one for one in totals if one > plan.standing] or [plan.standing + len(gained)]
    phases = said.get("phases", [])
    if [one.get("sites") for one in phases] != ahead:
        ledger.say(SUMMARY, row, "phases", [one.get("sites") for one in phases], ahead)
        return
    before = plan.standing
    for one in phases:
        where = f"{row}, phase {one['sites']}"
        ledger.number(SUMMARY, where, "new_sites", one.get("new_sites"), one["sites"] - before)
        objective = running[min(one["sites"] - plan.standing, len(gained))]
        ledger.number(SUMMARY, where, "objective", one.get("objective"), objective)
        _check_bound(where, one, total, ledger)
        before = one["sites"]
    if phases:
        last = {name: said.get(name) for name in ("bound", "gap", "status")}
        for name, value in last.items():
            if value != phases[-1].get(name):
                ledger.say(SUMMARY, row, name, value, phases[-1].get(name))


def _check_bound(where: str, said: dict[str, Any], total: float, ledger: Ledger) -> None:
    """Check that a bound is one, and that gap and status follow from it."""
    objective, bound, gap = (
        float(to_numbers([said.get(name)])[0]) for name in ("objective", "bound", "gap")
    )
    if not bound >= objective - 1e-6:
        ledger.say(SUMMARY, where, "bound", bound, f"at least the objective, {objective:.6f}")
    if bound > total + max(1e-6, _PROVEN * total):
        ledger.say(SUMMARY, where, "bound", bound, f"at most the whole, {total:.6f}")
    right = (bound - objective) / bound if bound > 0 else 0.0
    ledger.number(SUMMARY, where, "gap", gap, max(right, 0.0), 1e-6)
    status = "optimal" if right <= _PROVEN else "feasible"
    if said.get("status") != status:
        ledger.say(SUMMARY, where, "status", said.get("status"), status)
    ledger.count("bounds")


def _check_quotas(plan: Plan, said: dict[str, Any] | None, ledger: Ledger) -> None:
    """Check that limits on where sites stand are kept, and what the summary counts of it."""
    names = [Kept(plan.evidence, one) for one in ("boxes", plan.name)]
    for quota in plan.evidence.facts["quotas"]:
        at_least, at_most = quota.get("at_least", 0), quota.get("at_most")
        for column, value in quota.items():
            if column in ("at_least", "at_most"):
                continue
            count = sum(int((one.words(f"name.{column}") == str(value)).sum()) for one in names)
            ledger.count("quotas")
            if count < at_least or (at_most is not None and count > at_most):
                rule = f"at least {at_least}" + ("" if at_most is None else f", at most {at_most}")
                ledger.say(f"{plan.name}.csv", f"{column} {value}", "", f"{count} sites", rule)
    if said is None:
        return
    counts = Counts(
        str(word) for one in names if one.column("name.governorate") is not None
        for word in one.words("name.governorate")
    )  # fmt: skip
    found = said.get("sites_by_governorate", {})
    for name in sorted({*found, *counts}):
        ledger.number(
            SUMMARY, "proposal, sites_by_governorate", name, found.get(name), counts.get(name)
        )
    rules = [_rule(quota) for quota in plan.evidence.facts["quotas"]]
    if [*said.get("quotas", [])] != rules:
        ledger.say(SUMMARY, "proposal", "quotas", said.get("quotas"), rules)


def _rule(quota: dict[str, Any]) -> str:
    column, value = next(
        (name, one) for name, one in quota.items() if name not in ("at_least", "at_most")
    )
    parts = [f"at least {quota['at_least']}"] if quota.get("at_least") else []
    parts += [f"at most {quota['at_most']}"] if quota.get("at_most") is not None else []
    return f"{' and '.join(parts)} in {column} {value}"
