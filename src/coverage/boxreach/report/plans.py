"""What the report says of a proposal: its steps, sites, proof and outcome by governorate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from boxreach.errors import InputError
from boxreach.report.asked import prepare_asked, scale_of
from boxreach.report.figures import (
    Namer,
    away_km,
    by_governorate,
    covers_of,
    name_of,
    number_of,
    text_of,
)
from boxreach.report.model import (
    Cover,
    Means,
    OutcomeRow,
    PlanPart,
    Proof,
    Rule,
    SiteRow,
    Step,
)
from boxreach.report.price import name_of_site, prepare_curve, prepare_price
from boxreach.tables import TOTAL

if TYPE_CHECKING:
    import geopandas as gpd

    from boxreach.placement import Proposal, Quota

DIGITS = {"people": 0, "km": 1}
"""Decimals shown of each unit."""
PROOF_TOLERANCE = 1e-6
"""How far, relatively, a bound may lie above an objective that is called optimal."""


def prepare_plan(
    plan: Proposal,
    namer: Namer,
    areas: pd.DataFrame | None = None,
    curve: pd.DataFrame | None = None,
) -> PlanPart:
    """Prepare what the report says of a proposal, of boxes or of posts."""
    digits = DIGITS[plan.unit]
    weights = plan.reach[plan.unit].astype(float)
    after = float(weights[plan.reach["covered"]].sum())
    # Sums of kilometres leave a crumb, which would read as a share above nothing.
    before = round(after - float(plan.sites[f"{plan.unit}_gained"].sum()), 6)
    _check_agreement(plan, after, float(weights.sum()))
    steps = [_step(plan, len(plan.existing), 0, before, digits)]
    ranked = plan.sites.sort_values("rank")
    for phase, sites in ranked.groupby("phase", sort=True):
        reached = float(sites[f"{plan.unit}_covered"].iloc[-1])
        added = int(plan.phases["new_sites"].get(phase, len(sites)))
        steps.append(_step(plan, steps[-1].sites + added, added, reached, digits))
    scale = scale_of(plan)
    return PlanPart(
        unit=plan.unit,
        minutes=float(plan.minutes),
        counted=str(plan.reach.index.name),
        steps=tuple(steps),
        sites=_site_rows(plan, namer, steps[0].cover.covered, digits),
        proofs=_proofs(plan.phases, scale),
        outcomes=_outcomes(plan, namer, _before_by_governorate(plan, areas, before)),
        rules=tuple(_rule(plan, quota, namer) for quota in plan.quotas),
        asked=prepare_asked(plan),
        price=prepare_price(plan, scale),
        curve=prepare_curve(curve, len(plan.existing)),
        means=_means(plan),
        idle=int((plan.sites[f"{plan.unit}_gained"] <= 0).sum()),
    )


def _means(plan: Proposal) -> Means:
    """Return what the new sites need, as far as it is known of every one.

    A box that moves takes along what it has.
    """
    sums = {}
    left = plan.sites.get("moved_from", pd.Series("", index=plan.sites.index)).map(text_of)
    new = plan.sites[left == ""]
    for column in ("vehicles", "officers"):
        known = pd.to_numeric(new.get(column, pd.Series(dtype=float)), errors="coerce")
        whole = len(plan.sites) and len(known) == len(new) and known.notna().all()
        sums[column] = round(float(known.sum())) if whole else None
    return Means(**sums)


def _check_agreement(plan: Proposal, after: float, total: float) -> None:
    """Refuse a proposal whose own tables say different things."""
    said = float(plan.sites[f"{plan.unit}_covered"].iloc[-1]) if len(plan.sites) else after
    for what, one, other in (("covered", said, after), ("in all", float(plan.total), total)):
        if abs(one - other) > 1e-6 * max(1.0, abs(other)):
            raise InputError(
                f"the proposal contradicts itself: {plan.unit} {what} are {one} by its sites "
                f"and {other} by its reach; give sites and reach of the same run"
            )


def _step(plan: Proposal, sites: int, added: int, covered: float, digits: int) -> Step:
    return Step(sites, added, cover_of(float(plan.total), covered, digits))


def cover_of(total: float, covered: float, digits: int = 0) -> Cover:
    """Return so much of a total, both rounded."""
    shown = [round(value, digits) if digits else round(value) for value in (total, covered)]
    return Cover(shown[0], shown[1], covered / total if total else None)


def _site_rows(plan: Proposal, namer: Namer, before: float, digits: int) -> tuple[SiteRow, ...]:
    """Return the ranked sites; what each gains is the step of the rounded running total."""
    rows: list[SiteRow] = []
    frame = plan.sites.sort_values("rank")
    standing = len(plan.existing)
    columns = pd.DataFrame(frame.drop(columns="geometry"))
    for point, (site_id, row) in zip(frame.geometry, columns.iterrows(), strict=True):
        running = round(float(row[f"{plan.unit}_covered"]), digits)
        last = rows[-1].covered if rows else before
        left = text_of(row.get("moved_from", ""))
        standing += not left
        rows.append(
            SiteRow(
                rank=int(row["rank"]),
                phase=int(row["phase"]),
                site_id=str(site_id),
                name=name_of(row.to_dict(), site_id),
                governorate=namer(row.get("governorate", "")),
                gained=round(running - last, digits) if digits else round(running - last),
                covered=running if digits else round(running),
                share=number_of(row["share_covered"]),
                lon=float(point.x),
                lat=float(point.y),
                away_km=away_km(row.get("near_km")),
                chainage_km=number_of(row.get("chainage_km")),
                from_km=number_of(row.get("reach_from_km")),
                to_km=number_of(row.get("reach_to_km")),
                mgrs=text_of(row.get("mgrs", "")),
                standing=standing,
                moved_from=name_of_site(plan, left) if left else None,
            )
        )
    return tuple(rows)


def _rule(plan: Proposal, quota: Quota, namer: Namer) -> Rule:
    """Return a quota with what came of it; sites that give up their places do not count."""
    counts = [
        int((sites[quota.column].map(text_of) == quota.value).sum()) if quota.column in sites else 0
        for sites in plan.lasting
    ]
    return Rule(quota.column, namer(quota.value), quota.at_least, quota.at_most, *counts)


def _proofs(phases: pd.DataFrame, scale: float) -> tuple[Proof, ...]:
    """Return what is proven of each phase. Seconds differ between runs, so they stay out."""
    proofs = []
    for sites, row in phases.sort_index().iterrows():
        objective, bound = float(row["objective"]), number_of(row["bound"])
        status = str(row["status"])
        if status not in {"optimal", "feasible"}:
            raise InputError(f"phase {sites}: a proposal of status {status!r} cannot be reported")
        # What is to be small lies above its bound.
        slack = math.inf if bound is None else abs(bound - objective)
        met = bound is not None and slack <= PROOF_TOLERANCE * max(1.0, abs(bound))
        proofs.append(
            Proof(
                sites=int(str(sites)),
                added=int(row["new_sites"]),
                status=status if met else "feasible",
                objective=objective / scale,
                bound=None if bound is None else bound / scale,
                gap=number_of(row["gap"]),
            )
        )
    return tuple(proofs)


def _before_by_governorate(
    plan: Proposal, areas: pd.DataFrame | None, before: float
) -> pd.DataFrame | None:
    """Return today's figures if they count the same people as the plan does, else None.

    A plan may count population cells while the areas count communities; then a before and an
    after side by side would compare two different things.
    """
    if areas is None:
        return None
    tidy = by_governorate(areas)
    now = tidy[tidy["threshold_minutes"] == plan.minutes].set_index("governorate")
    if TOTAL not in now.index:
        return None
    people, covered = (float(now[column][TOTAL]) for column in ("people", "people_covered"))
    same = abs(people - plan.total) < 0.5 and abs(covered - before) < 0.5
    return now if same else None


def _outcomes(plan: Proposal, namer: Namer, before: pd.DataFrame | None) -> tuple[OutcomeRow, ...]:
    """Return a row a governorate and the total; nothing where the reach names none."""
    if "governorate" not in plan.reach:
        return ()
    weights = pd.DataFrame(
        {
            "governorate": plan.reach["governorate"].map(text_of),
            "total": plan.reach[plan.unit].astype(float),
        }
    )
    weights["covered"] = weights["total"].where(plan.reach["covered"], 0.0)
    known = weights.groupby("governorate")["total"].count()
    sums = weights.groupby("governorate").sum()
    order = sorted(sums.index, key=lambda one: (one == "", one))
    sums.loc[TOTAL] = sums.sum()
    digits = DIGITS[plan.unit]
    after = covers_of(sums["total"], sums["covered"], order, digits=digits)
    earlier: list[Cover | None] = [None] * len(after)
    if (
        before is not None
        and not before.drop(index=[*order, TOTAL], errors="ignore")["people"].any()
    ):
        now = before[["people", "people_covered"]].reindex([*order, TOTAL]).fillna(0.0)
        earlier = [*covers_of(now["people"], now["people_covered"], order)]
    standing, proposed = map(_count_sites, plan.lasting)
    return tuple(
        OutcomeRow(
            name=None if key == TOTAL else namer(key),
            standing=standing.get(key, 0),
            proposed=proposed.get(key, 0),
            before=earlier[i],
            after=after[i] if key == TOTAL or known[key] else None,
        )
        for i, key in enumerate([*order, TOTAL])
    )


def _count_sites(sites: gpd.GeoDataFrame) -> dict[str, int]:
    if "governorate" not in sites:
        return {TOTAL: len(sites)}
    counts = sites["governorate"].map(text_of).value_counts()
    return {**{str(key): int(count) for key, count in counts.items()}, TOTAL: len(sites)}
