"""What a plan costs, what its rules do, and what each number of sites comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from boxreach.report.figures import name_of, number_of, text_of
from boxreach.report.model import CurveRow, Move, Name, Price, Regret

if TYPE_CHECKING:
    from boxreach.placement import Proposal, Span


def prepare_price(plan: Proposal, scale: float) -> Price:
    """Prepare what a plan costs and what its rules do.

    Parameters
    ----------
    plan
        The proposal.
    scale
        By what its objective is divided.
    """
    # Of a post nobody says what it costs unless its table does; a box has a usual price.
    known = plan.unit != "km" or "cost_usd" in plan.sites
    return Price(
        cost_usd=plan.cost_usd if known else None,
        forgone=_ends(plan.forgone, scale),
        reserve=plan.reserve,
        reserve_gain=_ends(plan.reserve_gain, scale),
        regrets=_regrets(plan.phases, scale),
        least_regret=plan.least_regret,
        moves=tuple(moves_of(plan)),
    )


def _ends(span: Span | None, scale: float) -> tuple[float, float] | None:
    return None if span is None else (span.at_least / scale, span.at_most / scale)


def _regrets(phases: pd.DataFrame, scale: float) -> tuple[Regret, ...]:
    """Return what each of several phases comes short of the best of as many sites."""
    if "alone" not in phases or len(phases) < 2:
        return ()
    found = []
    for sites, row in phases.sort_index().iterrows():
        kept = number_of(row.get("kept_bound"))
        found.append(
            Regret(
                sites=int(str(sites)),
                objective=float(row["objective"]) / scale,
                alone=float(row["alone"]) / scale,
                kept=None if kept is None else kept / scale,
            )
        )
    return tuple(found)


def moves_of(plan: Proposal) -> list[Move]:
    """Return the sites of a plan that give up their places for others."""
    return [
        Move(
            phase=int(row["phase"]),
            start=name_of_site(plan, text_of(row["from_site_id"])),
            end=name_of_site(plan, text_of(row["to_site_id"])),
            km=float(row["km"]),
            cost_usd=number_of(row["cost_usd"]),
            gained=round(float(row["gained"])),
            lost=round(float(row["lost"])),
        )
        for row in plan.moves.to_dict("records")
    ]


def name_of_site(plan: Proposal, site_id: str) -> Name:
    """Return the names of a site that stands or is proposed; its id where it has none."""
    for sites in (plan.existing, plan.sites):
        if site_id in sites.index:
            return name_of(dict(sites.loc[site_id]), site_id)
    return Name(site_id)


def prepare_curve(curve: pd.DataFrame | None, standing: int) -> tuple[CurveRow, ...]:
    """Prepare what each number of sites comes to.

    Parameters
    ----------
    curve
        From `Proposal.curve`; None where it was not drawn.
    standing
        How many sites stood before.
    """
    if curve is None:
        return ()
    return tuple(
        CurveRow(
            sites=standing + int(str(new)),
            in_order=float(row["in_order"]),
            best=number_of(row["best"]),
            bound=number_of(row["bound"]),
            gap=number_of(row["gap"]),
        )
        for new, row in curve.iterrows()
    )
