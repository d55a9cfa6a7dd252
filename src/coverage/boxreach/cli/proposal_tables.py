"""What is told of a proposal beside its sites: its proof, phases and moves, and what rules cost."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from boxreach.candidates import Candidates
from boxreach.exports import plain_number
from boxreach.placement import Proposal, Span
from boxreach.report.asked import is_weighted


def count_candidates(candidates: Candidates) -> dict[str, object]:
    """Return how many places were tried by where they come from, and how many dropped and why."""
    kinds = candidates.kept["kind"].value_counts(sort=False)
    return {
        "kept": {str(kind): int(count) for kind, count in kinds.items()},
        "dropped": candidates.counts(),
    }


def list_moves(plan: Proposal) -> pd.DataFrame:
    """Return the moves of a plan, with the unit in the names of the columns that count in it."""
    counted = {name: f"{plan.unit}_{name}" for name in ("gained", "lost")}
    return plan.moves.rename(columns=counted)


def describe_proposal(plan: Proposal, *, priced: bool = True) -> dict[str, object]:
    """Return what was asked for, found and proven, and what the rules cost.

    Parameters
    ----------
    plan
        The proposal.
    priced
        Whether it is known what a site costs: of posts it is not.
    """
    gained = float(plan.sites[f"{plan.unit}_gained"].sum())
    covered = plan.total_before + gained
    new = int(plan.phases["new_sites"].sum())
    described: dict[str, object] = {
        **_describe_model(plan),
        "minutes": plan.minutes,
        "standing": len(plan.existing),
        "new": new,
        "unit": plan.unit,
        "total": plain_number(plan.total),
        "covered_before": plain_number(plan.total_before),
        "covered": plain_number(covered),
        "uncovered": plain_number(plan.total - covered),
        "status": plan.status,
        "bound": plain_number(plan.bound),
        "gap": round(plan.gap, 9),
        "seed": plan.seed,
        "phases": [
            {"sites": int(str(sites))} | {key: plain_number(value) for key, value in row.items()}
            for sites, row in plan.phases.to_dict("index").items()
        ],
        "least_regret": round(plan.least_regret, 9),
        "without_gain": int((plan.sites[f"{plan.unit}_gained"] <= 0).sum()),
        "quotas": [str(quota) for quota in plan.quotas],
        **(_describe_costs(plan) if priced else {}),
    }
    if len(plan.cases):
        described |= _describe_cases(plan)
    if counts := _count_sites(plan):
        described["sites_by_governorate"] = counts
    return described


def _describe_cases(plan: Proposal) -> dict[str, object]:
    """Return by what of the cases the plan is judged, and what it comes to in each."""
    cases = plan.cases.reset_index().to_dict("records")
    return {
        "criterion": plan.criterion,
        "cases": [{str(key): plain_number(one) for key, one in row.items()} for row in cases],
    }


def _describe_model(plan: Proposal) -> dict[str, object]:
    """Return the model with its parameters, and what its objective is."""
    asked, said = {} if plan.model is None else asdict(plan.model), plan.aim.objective_is
    if plan.judged:
        said = f"{said}, {plan.judged}"
    if plan.question is not None and plan.question.bonus is not None:
        said = f"{said}, and what defence is worth"
    factor = "risk" if plan.unit == "km" else "priority"
    unit = f"{plan.unit} times {factor}" if is_weighted(plan) else plan.unit
    return {
        "model": plan.aim.name,
        "parameters": asked,
        "objective": plain_number(plan.objective),
        "objective_is": said.format(unit=unit),
    }


def _describe_costs(plan: Proposal) -> dict[str, object]:
    """Return what the plan costs, and what its rules do, in the unit of its objective."""
    return {
        "cost_usd": None if plan.cost_usd is None else plain_number(plan.cost_usd),
        "forgone": _describe_span(plan.forgone),
        "reserve": plan.reserve,
        "reserve_gain": _describe_span(plan.reserve_gain),
        "moves": [
            {str(key): plain_number(value) for key, value in row.items()}
            for row in list_moves(plan).to_dict("records")
        ],
    }


def _describe_span(span: Span | None) -> object:
    if span is None:
        return None
    ends = {"at_least": span.at_least, "at_most": span.at_most}
    return {name: plain_number(end) for name, end in ends.items()}


def _count_sites(plan: Proposal) -> dict[str, int]:
    """Return how many sites there are in the end by governorate; none where it is not known."""
    columns = [table["governorate"] for table in plan.lasting if "governorate" in table]
    if not columns:
        return {}
    counts = pd.concat(columns).value_counts()
    return {name: int(counts[name]) for name in sorted(counts.index)}
