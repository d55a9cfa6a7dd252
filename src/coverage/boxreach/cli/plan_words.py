"""A proposal in a few lines of the language that the terminal speaks."""

from __future__ import annotations

from collections.abc import Iterator

from boxreach.border import FrontierPlan
from boxreach.cli.speech import ENGLISH, say, spoken, translate
from boxreach.placement import Proposal, Span
from boxreach.placement.proposal import SHOWN


def describe_proposal(plan: Proposal) -> str:
    """Return what a plan does and how good it is proven to be.

    In English these are the words of the plan itself. Others have its figures, rules and phases;
    what is left is in the report, which is written in the same languages.
    """
    return str(plan) if spoken() == ENGLISH else "\n".join(_lines(plan))


def _lines(plan: Proposal) -> Iterator[str]:
    row = plan.summary().iloc[0]
    unit = say(f"unit_{plan.unit}")
    yield say(
        "plan_sites", standing=row["sites_standing"], proposed=row["sites_proposed"],
        minutes=row["minutes"],
    )  # fmt: skip
    known = {name: row[name] for name in ("share_before", "share_after")}
    shares = known if plan.total else dict.fromkeys(known, 0.0)
    counts = {"before": row["covered_before"], "after": row["covered_after"]}
    yield "  " + say("plan_covered", **counts, total=row["total"], unit=unit, **shares)
    proven = {name: _figure(row[name]) for name in ("objective", "bound")}
    proof = "plan_proof_small" if plan.aim.small else "plan_proof"
    yield "  " + say(proof, status=say(plan.status), gap=row["gap"], **proven)
    if len(plan.cases):
        yield "  " + say("plan_cases", count=len(plan.cases), criterion=plan.criterion)
    for quota in plan.quotas:
        yield "  " + say("plan_quota", rule=translate(str(quota)))
    if plan.forgone is not None:
        yield "  " + say("plan_forgone", forgone=_span(plan.forgone))
    if len(plan.phases) > 1:
        for total, one in plan.phases.iterrows():
            loses = {"covered": one["covered"], "regret": one["regret"]}
            yield "  " + say("plan_phase", sites=total, unit=unit, **loses)
        if plan.least_regret >= SHOWN:
            yield "  " + say("plan_regret", most=plan.most_regret, least=plan.least_regret)
    if plan.reserve_gain is not None:
        yield "  " + say("plan_reserve", count=plan.reserve, gain=_span(plan.reserve_gain))
    if len(plan.moves):
        yield "  " + say("plan_moves", count=len(plan.moves))
    if isinstance(plan, FrontierPlan) and plan.facts:
        yield "  " + say("plan_frontier", **plan.facts)


def _span(amount: Span) -> str:
    """Return an amount that is known to lie between two numbers, or the one that it is."""
    least, _to, most = str(amount).partition(" to ")
    return say("span", least=least, most=most) if most else least


def _figure(number: float) -> str:
    """Return what a model counts: people without a part of one, minutes with hundredths."""
    return f"{number:,.0f}" if number == round(number, 0) or number >= 10_000 else f"{number:,.2f}"
