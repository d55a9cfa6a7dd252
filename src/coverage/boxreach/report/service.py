"""Who is served once everything proposed stands: the communities, and all ways to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from boxreach.accessibility import reach as tell_reach
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.report.figures import people_of
from boxreach.routing import TravelTimes, travel_times

if TYPE_CHECKING:
    from boxreach.placement import Proposal

_AFTER = ("covered", "minutes", "site_id", "backup_site_id", "backup_minutes", "reason")


@dataclass(frozen=True, eq=False)
class Service:
    """The communities before and after a plan.

    Attributes
    ----------
    minutes
        The threshold.
    before, after
        The reach of the communities, sorted by id; `after` is None where nobody knows.
    people
        Of each row of `before`, rounded as `people_of` does; None where not known.
    times
        From the sites that stand in the end to the communities, as they came; None where they are
        not known.
    columns
        The column of the times of each row of `before`.
    """

    minutes: float
    before: gpd.GeoDataFrame
    after: pd.DataFrame | None
    people: list[int | None]
    times: TravelTimes | None
    columns: np.ndarray

    @property
    def ms(self) -> csr_array | None:
        """Milliseconds from the sites of the times to the rows of `before`."""
        if self.times is None:
            return None
        return csr_array(csr_array(self.times.ms)[:, self.columns])


def prepare_service(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None,
    minutes: float,
    *,
    boxes: gpd.GeoDataFrame | None = None,
    times: TravelTimes | None = None,
    people: Mapping[str, int | None] | None = None,
) -> Service:
    """Find who serves whom in the end.

    Parameters
    ----------
    reach
        Of the communities, at one threshold or several.
    plan
        The proposed boxes.
    minutes
        The threshold.
    boxes
        Those that stand, where there is no plan.
    times
        From all boxes and proposed sites to the communities; else those of the plan.
    people
        Of each community, rounded as they are elsewhere; else rounded here.

    Raises
    ------
    InputError
        If the times are those of other communities, or lack a site.
    """
    now = _at(to_wgs84(reach, file="reach"), minutes)
    order = np.argsort(now.index.to_numpy(dtype=str), kind="stable")
    found = _find_times(now, plan, boxes, times)
    after = None
    if found is not None and found.cutoff_minutes >= minutes:
        after = pd.DataFrame(tell_reach(found, minutes=minutes)[list(_AFTER)])
    elif plan is None:
        after = pd.DataFrame(now)
    elif plan.minutes == minutes and now.index.isin(plan.reach.index).all():
        after = pd.DataFrame(plan.reach).loc[now.index]
    before = now.iloc[order]
    after = None if after is None else after.reindex(columns=list(_AFTER)).iloc[order]
    known = people or people_of(now)
    counts = [known[str(one)] for one in before.index]
    return Service(minutes, before, after, counts, found, order)


def _at(reach: gpd.GeoDataFrame, minutes: float) -> gpd.GeoDataFrame:
    """Return the rows of one threshold, told anew where it is none of the table."""
    thresholds = sorted(set(reach["threshold_minutes"]))
    if minutes in thresholds:
        return reach[reach["threshold_minutes"] == minutes]
    rows = reach[reach["threshold_minutes"] == thresholds[0]]
    return rows.assign(covered=rows["minutes"] <= minutes, threshold_minutes=minutes)


def _find_times(
    now: gpd.GeoDataFrame,
    plan: Proposal | None,
    boxes: gpd.GeoDataFrame | None,
    times: TravelTimes | None,
) -> TravelTimes | None:
    """Return the times from the sites that stand in the end; None where they are not known."""
    lasting = None if plan is None else [str(one) for table in plan.lasting for one in table.index]
    if times is not None:
        if not times.demand.index.equals(now.index):
            advice = "give times to them, in the same order"
            raise InputError(Fault("their demand is not that of reach", "times", advice=advice))
        wanted = lasting if lasting is not None or boxes is None else [*map(str, boxes.index)]
        return times if wanted is None else _pick(times, wanted)
    if plan is None or plan.question is None:
        return None
    options, sites = plan.question.options, join_places(plan.lasting)
    if plan.reach.index.equals(now.index) and options.demand.index.equals(now.index):
        return options.from_sites(sites)
    if not isinstance(options.network, RoadNetwork):
        return None
    return travel_times(
        options.network,
        sites,
        gpd.GeoDataFrame(geometry=now.geometry),
        cutoff=options.cutoff_minutes,
        mobilise_minutes=options.mobilise_minutes,
        direction=options.direction,
    )


def _pick(times: TravelTimes, wanted: Sequence[str]) -> TravelTimes:
    """Return the times from some of the sites, searched again where others are left out."""
    there = [str(one) for one in times.sites.index]
    if lacking := sorted({*wanted} - {*there}):
        advice = "give times from all boxes and proposed sites"
        raise InputError(Fault(f"they lack the site {lacking[0]!r}", "times", advice=advice))
    if {*wanted} == {*there}:
        return times
    return times.from_sites(times.sites[[one in {*wanted} for one in there]])


def join_places(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the places of several tables as one, by id, in EPSG:4326."""
    parts = [to_wgs84(one) for one in tables if len(one)]
    ids = [str(one) for part in parts for one in part.index]
    places: list[Any] = [point for part in parts for point in part.geometry]
    index = pd.Index(ids, name="site_id", dtype=object)
    return gpd.GeoDataFrame(index=index, geometry=places, crs=4326)
