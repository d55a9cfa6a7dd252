"""Rules of the posts: how many there are, where, and how much they cover."""

from __future__ import annotations

from collections import Counter as Counts
from pathlib import Path
from typing import Any

import numpy as np

from boxreach.verification.evidence import EVIDENCE
from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.ledger import Ledger
from boxreach.verification.line import SITES, Line, Words
from boxreach.verification.plans import Plan
from boxreach.verification.rules import check_counts, check_limits, say_rule
from boxreach.verification.tables import Kept

_FILE = "posts.csv"


def check_post_rules(folder: Path, plan: Plan, said: dict[str, Any] | None, ledger: Ledger) -> None:
    """Check every rule that the posts were asked to keep."""
    line, serve = Line(plan.evidence), plan.turns.states[-1]
    quotas, wanted = line.asked["quotas"], line.asked["posts"]
    crossing = _crossings_of(folder, line, ledger)

    def words(column: str) -> Words:
        if column == "crossing":
            return crossing
        both = [Kept(plan.evidence, one).words(f"name.{column}") for one in SITES]
        return np.concatenate(both)

    check_limits(_FILE, quotas, words, serve, ledger)
    ledger.count("rules")
    if wanted is not None and plan.turns.new != int(wanted):
        ledger.say(_FILE, "", "", f"{plan.turns.new} new posts", int(wanted))
    _check_share(plan, line, ledger)
    _check_bonus(plan, line, ledger)
    if said is None:
        return
    counts = Counts(map(str, words("governorate")))
    known = "posts.name.governorate" in plan.evidence.arrays
    check_counts("posts", said, counts if known else {}, ledger)
    rules = [say_rule(one) for one in quotas if "crossing" not in one]
    if said.get("quotas") != rules:
        ledger.say(SUMMARY, "posts", "quotas", said.get("quotas"), rules)


def _crossings_of(folder: Path, line: Line, ledger: Ledger) -> Words:
    """Return the crossing of each post as its table says, those that stand first."""
    blank = np.full(len(line.ids), "", dtype=object)
    table = read_table(folder / _FILE, ledger, ["site_id", "crossing"])
    if table is None or len(table) != len(blank):
        return blank
    said = table["crossing"].to_numpy(dtype=object)
    return np.roll(said, line.standing)


def _check_share(plan: Plan, line: Line, ledger: Ledger) -> None:
    """Check that so much of the line, by its risk, is covered as often as was asked for."""
    if line.asked["share"] is None:
        return
    within, pull = plan.evidence.arrays["frontier.within"][:, 0], plan.objective.pull
    held = float(pull[within >= int(line.asked["each"])].sum())
    least = float(line.asked["share"]) * float(pull.sum())
    ledger.count("rules")
    if held < least * (1 - 1e-9) - 1e-6:
        ledger.say(_FILE, "", "km_covered", held, f"at least {least:.6f}")


def _check_bonus(plan: Plan, line: Line, ledger: Ledger) -> None:
    """Check that no post adds more to the objective by its defence than a full score may."""
    most, bonus = (
        float(line.asked["defence_km"]),
        np.diff(plan.bonus if plan.bonus is not None else []),
    )
    ledger.count("rules")
    for at in np.flatnonzero((bonus < -1e-9) | (bonus > most + 1e-9)).tolist():
        row = str(plan.turns.chosen[at])
        ledger.say(EVIDENCE, row, "posts.bonus_km", bonus[at], f"0 to {most:g}")
