"""What if, as a plan asks: its scenarios, what is critical, and how robust it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from boxreach.scenarios.opening import opening_value, ready_opening
from boxreach.scenarios.removing import ready_losses
from boxreach.scenarios.used_roads import bridges_of
from boxreach.workers import Client

_BY = "governorate"
Lasting = tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]

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
    base, candidates = divide_base(base), None
    if plan.asks_candidates():
        candidates = _search(base, offer(), base.cutoff_minutes, client)
    asking = Asking(plan, tables, base, candidates, progress, client)
    lasting = proposal.lasting if proposal is not None and len(proposal.sites) else None
    return WhatIf(
        comparison=asking.compare(),
        criticality=asking.take_away(),
        opening=asking.open_roads(),
        robustness=asking.draw(lasting),
    )


def divide_base(base: TravelTimes) -> TravelTimes:
    """Return times whose demand says of each row where it lies, if only that nobody knows it.

    Parameters
    ----------
    base
        The times.
    """
    if _BY in base.demand:
        return base
    return replace(base, demand=base.demand.assign(**{_BY: ""}))


@dataclass(frozen=True, eq=False)
class Asking:
    """What is asked, of which times.

    Attributes
    ----------
    plan, tables, base
        As in `ask_what_if`.
    candidates
        Times from where boxes may stand; None where nothing asks for them.
    progress, client
        As in `ask_what_if`.
    """

    plan: Plan
    tables: Tables
    base: TravelTimes
    candidates: TravelTimes | None
    progress: Progress | None = None
    client: Client | None = None

    @property
    def minutes(self) -> float:
        """Within how many minutes somebody is reached."""
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

    @property
    def roads(self) -> Sequence[str] | gpd.GeoDataFrame | None:
        """What the plan takes away; None for the roads in use."""
        asked = self.plan.critical
        if asked is not None and asked.roads == BRIDGES:
            return bridges_of(self.base.network)
        return self.tables.features

    def take_away(self) -> Criticality | None:
        """Return what hangs on each road and on each box."""
        asked = self.plan.critical
        if asked is None:
            return None
        return criticality(
            self.base,
            minutes=self.minutes,
            roads=self.roads,
            candidates=self.candidates if asked.candidates else None,
            progress=self.progress,
            client=self.client,
        )

    def ready_to_take_away(self) -> tuple[int, Callable[[int], object]]:
        """Return how many roads the plan takes away, and what does it to one of them."""
        asked = self.plan.critical
        with_candidates = asked is not None and asked.candidates
        return ready_losses(
            self.base,
            minutes=self.minutes,
            roads=self.roads,
            candidates=self.candidates if with_candidates else None,
        )

    @property
    def opens(self) -> bool:
        """Whether it is asked which closures to lift."""
        asked = self.plan.critical
        # Closures that do not hold on the day have nothing to lift.
        return asked is not None and asked.opening and self.base.network.lifted is not None

    def open_roads(self) -> Opening | None:
        """Return what each closure of the network costs, and which to lift first."""
        return opening_value(self.base, minutes=self.minutes) if self.opens else None

    def ready_to_open(self) -> tuple[int, Callable[[int], bool]]:
        """Return how many closures there are, and what tells whether lifting one gains anybody."""
        return ready_opening(self.base, minutes=self.minutes)

    def draw(self, lasting: Lasting | None, draws: int | None = None) -> Robustness | None:
        """Return how the boxes that stand fare in drawn worlds, and those proposed with them.

        Parameters
        ----------
        lasting
            Of a proposal: what stays of the boxes that stand, and those that are new.
        draws
            How many worlds, in place of the plan's own number.
        """
        asked, base = self.plan.robustness, self.base
        if asked is None:
            return None
        plans, stay = {STANDING: base}, base.sites
        if lasting is not None:
            # A box that moves stands no more where it stood.
            stay, new = lasting
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
            draws=draws or asked.draws,
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
