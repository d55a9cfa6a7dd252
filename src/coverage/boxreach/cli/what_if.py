"""What if, as a plan asks: its scenarios, what is critical, and how robust it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.cli.plan_what_if import BRIDGES
from boxreach.placement import Proposal
from boxreach.routing import Progress, TravelTimes, search_times
from boxreach.scenarios import (
    Comparison,
    Criticality,
    Opening,
    Robustness,
    compare,
    criticality,
    robustness,
)
from boxreach.scenarios.draws import SpeedRange
from boxreach.scenarios.opening import opening_value
from boxreach.scenarios.used_roads import bridges_of
from boxreach.workers import Client

_BY = "governorate"

STANDING, PROPOSED = "standing", "proposed"
"""What plans are called in drawn worlds: the boxes that stand, and those with the proposal."""


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
    client: Client | None = None,
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
    client
        Of Dask, by whose workers is searched, drawn and taken away.
    """
    if _BY not in base.demand:
        base = replace(base, demand=base.demand.assign(**{_BY: ""}))
    candidates = None
    if any(one is not None and one.candidates for one in (plan.critical, plan.robustness)):
        candidates = _search(base, offer(), base.cutoff_minutes, client)
    asking = _Asking(plan, tables, base, candidates, progress, client)
    return WhatIf(
        comparison=asking.compare(),
        criticality=asking.take_away(),
        opening=asking.open_roads(),
        robustness=asking.draw(proposal),
    )


@dataclass(frozen=True, eq=False)
class _Asking:
    """What is asked, of which times."""

    plan: Plan
    tables: Tables
    base: TravelTimes
    candidates: TravelTimes | None
    progress: Progress | None
    client: Client | None

    @property
    def minutes(self) -> float:
        return self.plan.propose.minutes

    def compare(self) -> Comparison | None:
        """Return what the scenarios of the plan change."""
        if not self.plan.scenario:
            return None
        known = self.base.cutoff_minutes
        longest = max([known, *(one.minutes or 0.0 for one in self.plan.scenario)])
        wide = self.base if longest == known else self._search(self.base.sites, longest)
        return compare(
            wide, self.tables.scenarios, minutes=self.minutes, by=_BY, progress=self.progress
        )

    def take_away(self) -> Criticality | None:
        """Return what hangs on each road and on each box."""
        asked = self.plan.critical
        if asked is None:
            return None
        return criticality(
            self.base,
            minutes=self.minutes,
            roads=bridges_of(self.base.network) if asked.roads == BRIDGES else self.tables.features,
            candidates=self.candidates if asked.candidates else None,
            progress=self.progress,
            client=self.client,
        )

    def open_roads(self) -> Opening | None:
        """Return what each closure of the network costs, and which to lift first."""
        asked = self.plan.critical
        # Closures that do not hold on the day have nothing to lift.
        if asked is None or not asked.opening or self.base.network.lifted is None:
            return None
        return opening_value(self.base, minutes=self.minutes)

    def draw(self, proposal: Proposal | None) -> Robustness | None:
        """Return how the boxes that stand fare in drawn worlds, and those proposed with them."""
        asked, base = self.plan.robustness, self.base
        if asked is None:
            return None
        plans, stay = {STANDING: base}, base.sites
        if proposal is not None and len(proposal.sites):
            # A box that moves stands no more where it stood.
            stay, new = proposal.lasting
            sites = pd.concat([stay, new.rename_axis(stay.index.name)])
            plans[PROPOSED] = self._search(sites, base.cutoff_minutes)
        return robustness(
            plans,
            minutes=self.minutes,
            speeds={name: SpeedRange(**one.model_dump()) for name, one in asked.speeds.items()},
            correlation=asked.correlation,
            seasons=asked.seasons or None,
            closures=self.tables.risky,
            populations={name: name for name in asked.populations} or None,
            candidates=self.candidates if asked.candidates else None,
            fixed=[*stay.index.astype(str)],
            draws=asked.draws,
            seed=asked.seed,
            by=_BY,
            progress=self.progress,
            client=self.client,
        )

    def _search(self, sites: gpd.GeoDataFrame, cutoff: float) -> TravelTimes:
        return _search(self.base, sites, cutoff, self.client)


def _search(
    times: TravelTimes, sites: gpd.GeoDataFrame, cutoff: float, client: Client | None
) -> TravelTimes:
    terms = replace(times.terms, cutoff=cutoff)
    return search_times(times.network, sites, times.demand, terms, client=client)
