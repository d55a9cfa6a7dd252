"""What if, as a plan asks: its scenarios, what is critical, and how robust it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd

from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.placement import Proposal
from boxreach.routing import Progress, TravelTimes, travel_times
from boxreach.scenarios import Comparison, Criticality, Opening, Robustness, compare

_BY = "governorate"


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What was asked besides; what the plan does not ask is None."""

    comparison: Comparison | None = None
    criticality: Criticality | None = None
    opening: Opening | None = None
    robustness: Robustness | None = None


def ask_what_if(
    plan: Plan,
    tables: Tables,
    base: TravelTimes,
    offer: Callable[[], gpd.GeoDataFrame],
    proposal: Proposal | None,
    progress: Progress | None = None,
) -> WhatIf:
    """Return what scenarios change, what is critical, and how robust a plan is.

    Parameters
    ----------
    plan, tables
        What is asked, and of what.
    base
        Times from the boxes that stand to where people are counted.
    offer
        Finds where boxes may stand, if that is asked for.
    proposal
        The boxes that were proposed, if any were.
    progress
        Called with what is done, how much of it, and out of how much.
    """
    if _BY not in base.demand:
        base = replace(base, demand=base.demand.assign(**{_BY: ""}))
    minutes = plan.propose.minutes
    comparison = None
    if plan.scenario:
        longest = max([base.cutoff_minutes, *(one.minutes or 0.0 for one in plan.scenario)])
        wide = base if longest == base.cutoff_minutes else _search(base, base.sites, longest)
        comparison = compare(wide, tables.scenarios, minutes=minutes, progress=progress)
    return WhatIf(comparison=comparison)


def _search(times: TravelTimes, sites: gpd.GeoDataFrame, cutoff: float) -> TravelTimes:
    return travel_times(
        times.network,
        sites,
        times.demand,
        cutoff=cutoff,
        mobilise_minutes=times.mobilise_minutes,
        direction=times.direction,
        merge_minutes=times.merging.allowed_minutes,
    )
