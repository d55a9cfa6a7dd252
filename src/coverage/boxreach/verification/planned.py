"""Everything a run plans, boxes and posts, check by check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boxreach.verification.curve import check_curve
from boxreach.verification.evidence import Evidence
from boxreach.verification.files import SUMMARY
from boxreach.verification.ledger import Ledger
from boxreach.verification.moves import check_moves
from boxreach.verification.plans import check_phase_table, check_plan, read_plan, read_posts
from boxreach.verification.post_rules import check_post_rules
from boxreach.verification.proofs import check_costs_of_rules
from boxreach.verification.rules import check_rules

_SECTION = "propose."


def check_plans(
    folder: Path, record: dict[str, Any], evidence: Evidence, summary: dict[str, Any] | None,
    ledger: Ledger, *, rows: int | None,
) -> None:  # fmt: skip
    """Count every plan of a run again, and check that its rules were kept.

    Parameters
    ----------
    folder, record, evidence, summary, ledger
        The run, its ``run.json``, what it kept, its ``summary.json``, and where to note.
    rows
        Of how many rows times are searched at most; None for all.
    """
    known = {} if summary is None else _described(summary, evidence, ledger)
    if evidence.has("proposals"):
        asked = {
            name.removeprefix(_SECTION): one
            for name, one in record.get("parameters", {}).items()
            if name.startswith(_SECTION)
        }
        plan = read_plan(folder, evidence, asked, ledger, rows=rows)
        said = known.get("proposal")
        check_plan(folder, plan, said, ledger)
        check_curve(folder, plan, ledger)
        check_rules(folder, plan, asked, said, ledger)
        check_moves(folder, plan, asked, said, ledger)
        if said is not None:
            check_phase_table(folder, said, ledger)
            check_costs_of_rules(
                said, plan.objective, asked, bool(evidence.facts["quotas"]), ledger
            )
    if evidence.has("posts"):
        posts = read_posts(evidence, ledger, rows=rows)
        check_plan(folder, posts, known.get("posts"), ledger)
        check_post_rules(folder, posts, known.get("posts"), ledger)


def _described(
    summary: dict[str, Any], evidence: Evidence, ledger: Ledger
) -> dict[str, dict[str, Any]]:
    """Return what the summary says of each plan; one that it does not tell of is noted."""
    known = {}
    for name, said_as in (("proposals", "proposal"), ("posts", "posts")):
        said = summary.get(said_as)
        if isinstance(said, dict):
            known[said_as] = said
        if isinstance(said, dict) != evidence.has(name):
            right = "an object" if evidence.has(name) else "no such plan"
            ledger.say(SUMMARY, "", said_as, "an object" if said_as in known else said, right)
    return known
