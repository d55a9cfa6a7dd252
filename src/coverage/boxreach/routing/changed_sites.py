"""Times from more or fewer sites, of which only what these change is computed anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, vstack

from boxreach.arguments import shown
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.routing.searching import Search
from boxreach.routing.times import NEVER, TravelTimes, order_by_id, places_of

Longs = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000


def add_sites(times: TravelTimes, more: gpd.GeoDataFrame) -> TravelTimes:
    """Return the times from further sites too; see `TravelTimes.with_sites`."""
    more = to_wgs84(more, file="sites")
    twice = more.index[more.index.isin(times.sites.index)]
    if len(twice):
        advice = "give sites with ids of their own"
        raise InputError(*(Fault(f"the id {one!r} stands twice", "sites", advice=advice)
                           for one in twice))  # fmt: skip
    sites = pd.concat([times.sites, more])
    # In tiles, which ways beyond the cutoff are seen hangs on all sites of a tile together.
    if times.merging.allowed_minutes > 0 or not isinstance(times.network, RoadNetwork):
        return times.from_sites(sites)
    other = times.from_sites(more)
    theirs = np.where(other.nearest_site >= 0, other.nearest_site + len(times.sites), NEVER)
    rank = np.empty(len(sites) + 1, dtype=np.int64)
    rank[order_by_id(sites)] = np.arange(len(sites))
    mine_ms, theirs_ms = _or_far(times.nearest_ms), _or_far(other.nearest_ms)
    first = theirs_ms < mine_ms
    first |= (theirs_ms == mine_ms) & (rank[theirs] < rank[times.nearest_site])
    lifted = np.minimum(_or_far(times.lifted_ms), _or_far(other.lifted_ms))
    return replace(
        times,
        sites=sites,
        ms=csr_array(vstack([times.ms, other.ms], format="csr")),
        nearest_site=np.where(first, theirs, times.nearest_site),
        nearest_ms=np.where(first, other.nearest_ms, times.nearest_ms),
        lifted_ms=np.where(lifted == _FAR, NEVER, lifted),
    )


_FAR = np.iinfo(np.int64).max


def _or_far(ms: Longs) -> Longs:
    """Return milliseconds with the largest number where there is no way."""
    return np.where(ms == NEVER, _FAR, ms)


def drop_sites(times: TravelTimes, ids: Iterable[object]) -> TravelTimes:
    """Return the times from fewer sites; see `TravelTimes.without_sites`."""
    if isinstance(ids, str):
        raise InputError(Fault(f"ids is {shown(ids)}", advice="give a list of ids of sites"))
    gone = pd.Index(list(ids), dtype=object)
    unknown = gone[~gone.isin(times.sites.index)]
    if len(unknown):
        advice = "give ids of the sites"
        raise InputError(*(Fault(f"there is no site {shown(one)}", advice=advice)
                           for one in unknown))  # fmt: skip
    kept = np.flatnonzero(~times.sites.index.isin(gone))
    sites = times.sites.iloc[kept]
    if times.merging.allowed_minutes > 0 or not isinstance(times.network, RoadNetwork):
        return times.from_sites(sites)
    number = np.full(len(times.sites) + 1, NEVER)
    number[kept] = np.arange(len(kept))
    nearest_site, nearest_ms = number[times.nearest_site], times.nearest_ms.copy()
    lost = np.flatnonzero((nearest_site < 0) & (times.nearest_site >= 0))
    nearest_site[lost], nearest_ms[lost] = _nearest(times, times.network, sites, lost)
    lifted_ms = nearest_ms
    if times.network.lifted is not None:
        lifted_ms = times.lifted_ms.copy()
        # A time that no closure changes is that of a site that is left.
        rows = np.flatnonzero(lifted_ms != nearest_ms)
        lifted_ms[rows] = _nearest(times, times.network.lifted, sites, rows)[1]
    return replace(
        times,
        sites=sites,
        ms=times.ms[kept],
        nearest_site=nearest_site,
        nearest_ms=nearest_ms,
        lifted_ms=lifted_ms,
    )


def _nearest(
    times: TravelTimes, network: RoadNetwork, sites: gpd.GeoDataFrame, rows: Longs
) -> tuple[Longs, Longs]:
    """Return the nearest of some sites to some demand rows, and its milliseconds."""
    if not len(rows):
        return rows, rows
    by_id = order_by_id(sites)
    search = Search(
        network,
        places_of(sites.iloc[by_id]),
        places_of(times.demand.iloc[rows]),
        round(times.mobilise_minutes * _MS_PER_MINUTE),
        None,
        0.0,
        backwards=times.direction == "demand_to_site",
    )
    site, ms = search.nearest()
    return np.append(by_id, NEVER)[site], ms
