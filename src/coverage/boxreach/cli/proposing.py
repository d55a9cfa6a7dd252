"""Boxes as a plan asks for them: its model, its rules, and where the next ones go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from boxreach.candidates import Candidates
from boxreach.cli.plan import Plan, Propose
from boxreach.cli.plan_tables import Tables
from boxreach.cli.plan_values import Quotas
from boxreach.errors import Fault, InputError
from boxreach.location.models import Model
from boxreach.placement import Proposal, Quota, Relocation, propose
from boxreach.placement.aims import aim_called
from boxreach.placement.cases import Case
from boxreach.routing import StoredTimes, Times, TravelTimes
from boxreach.scenarios.scenario import BASE
from boxreach.scenarios.variants import apply_scenario

Search = Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame, float], TravelTimes]
"""Times from sites to demand, up to so many minutes."""
Offer = Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame, float], Times]

_MARK = "must_reach"
_PRIORITY = "priority"


def propose_boxes(
    plan: Plan,
    tables: Tables,
    candidates: Candidates,
    existing: TravelTimes,
    search: Search,
    offer: Offer,
    memory_gb: float | None,
) -> Proposal:
    """Choose the boxes of a plan.

    Parameters
    ----------
    plan, tables
        What is asked, and of what.
    candidates
        Where boxes may stand, and where not.
    existing
        Times from the boxes that stand to where people are counted.
    search
        Finds further times.
    offer
        Finds those from candidates, which may be kept on the disk.
    memory_gb
        How much memory it may take; None for no limit.

    Raises
    ------
    InputError
        If sites are fixed or forbidden that are no candidates.
    InfeasibleError
        If no plan keeps the rules.
    """
    rules = plan.propose
    _require_candidates(plan, candidates)
    demand, marked = _demand_of(plan, tables)
    if marked:
        existing = search(tables.boxes, demand, existing.cutoff_minutes)
    kind = plan.types_of_boxes()[0]
    offered = _priced(candidates.kept, kind.cost_usd).assign(vehicles=kind.vehicles)
    if kind.officers is not None:
        offered = offered.assign(officers=kind.officers)
    options = offer(offered, demand, rules.minutes)
    existing = replace(existing, sites=_priced(existing.sites, kind.cost_usd))
    found = propose(
        options,
        model_of(rules),
        existing=existing,
        cases=_cases_of(plan, tables, options, existing)
        if isinstance(options, TravelTimes)
        else (),
        criterion=rules.criterion,
        quotas=quotas_of(rules.quotas),
        phases=rules.phases,
        phase_moves=rules.phase_moves,
        relocation=None if rules.relocation is None else Relocation(**dict(rules.relocation)),
        reserve=rules.reserve,
        fixed=rules.fixed,
        forbidden=rules.forbidden,
        apart_km=rules.apart_km,
        must_reach=_MARK if rules.must_reach else None,
        priority=_PRIORITY if rules.priority else None,
        seconds=rules.seconds,
        seed=rules.seed,
        # Times that lie in memory were held against the limit before they were searched.
        memory_gb=memory_gb if isinstance(options, StoredTimes) else None,
    )
    return replace(found, reach=found.reach.iloc[: len(found.reach) - marked])


def _cases_of(
    plan: Plan, tables: Tables, options: TravelTimes, existing: TravelTimes
) -> list[Case]:
    """Return the states that a plan is to hold in: scenarios by their names, and the base.

    Parameters
    ----------
    plan, tables
        What is asked, and the scenarios.
    options, existing
        Times from the candidates and from the boxes that stand, in the base.
    """
    values = {one.name: one for one in plan.scenario}
    made = {one.name: one for one in tables.scenarios}
    cases = []
    for name in plan.propose.cases:
        if name == BASE:
            cases.append(Case(name, options, existing))
            continue
        # No candidate is a box that could be lost.
        roads = replace(made[name], lost=())
        cases.append(
            Case(
                name,
                apply_scenario(options, roads),
                apply_scenario(existing, made[name]),
                probability=values[name].probability,
                weight=made[name].people,
            )
        )
    return cases


def model_of(rules: Propose) -> Model:
    """Return the model that a plan asks for."""
    return aim_called(rules.model).of_plan(rules)


def quotas_of(given: Quotas) -> list[Quota]:
    """Return quotas as a plan writes them."""
    return [
        Quota(
            column,
            str(value),
            at_least=int(one.get("at_least", 0)),
            at_most=None if one.get("at_most") is None else int(one["at_most"]),
        )
        for one in given
        for column, value in one.items()
        if column not in {"at_least", "at_most"}
    ]


def _demand_of(plan: Plan, tables: Tables) -> tuple[gpd.GeoDataFrame, int]:
    """Return where people are counted, and of how many places behind it nobody is counted.

    These are communities that must be reached, where people are counted on cells.
    """
    communities, cells = tables.communities, tables.cells
    if cells is None or not plan.propose.must_reach or _MARK not in communities:
        return tables.people, 0
    wanted = communities[communities[_MARK].astype(bool)]
    places = gpd.GeoDataFrame(
        {"people": 0.0, _MARK: True},
        index=pd.Index([f"community {one}" for one in wanted.index], name=cells.index.name),
        geometry=wanted.geometry.to_numpy(),
        crs=wanted.crs,
    )
    both = pd.concat([cells.assign(**{_MARK: False}), places.to_crs(cells.crs)])
    return gpd.GeoDataFrame(both, crs=cells.crs), len(places)


def _priced(sites: gpd.GeoDataFrame, cost_usd: float) -> gpd.GeoDataFrame:
    """Return sites with what a box of the first type costs there."""
    return sites.assign(cost_usd=cost_usd)


def _require_candidates(plan: Plan, candidates: Candidates) -> None:
    """Refuse to fix and to forbid what is no candidate, all of it at once."""
    known, dropped = set(candidates.kept.index), candidates.dropped
    faults: list[Fault] = []
    for key in ("fixed", "forbidden"):
        for number, one in enumerate(getattr(plan.propose, key)):
            if one in known:
                continue
            advice = "give the id of one, such as at-ID for the community ID"
            if one in dropped.index:
                reason = dropped.loc[one, "reason"]
                advice = f"it was dropped ({reason}): change propose.exclude, or leave it out"
            place = ("propose", key, number)
            faults.append(plan.fault(f"{one!r} is no candidate", place, advice))
    if faults:
        raise InputError(*faults)


def price_boxes(plan: Proposal) -> gpd.GeoDataFrame:
    """Return the sites of a plan with what each costs: one that moves costs its move."""
    if not len(plan.moves):
        return plan.sites
    moves = plan.moves.set_index("to_site_id")["cost_usd"].astype(float)
    costs = plan.sites["cost_usd"].where(plan.sites["moved_from"] == "", moves)
    return plan.sites.assign(cost_usd=costs)
