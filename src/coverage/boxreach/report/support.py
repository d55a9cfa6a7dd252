"""Which other site helps a proposed one soonest, and the way from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import point_distances_m
from boxreach.network import RoadNetwork
from boxreach.report.figures import name_of
from boxreach.report.ground import lines_of, records_of
from boxreach.report.model import Name
from boxreach.report.service import join_places
from boxreach.report.site_sheet import Approach, Leg, Point, Support
from boxreach.routing import Times, TravelTimes, find_routes, travel_times
from boxreach.routing.steps import OFF_ROAD, Step

if TYPE_CHECKING:
    from boxreach.placement import Proposal

_NEAR_MINUTES, _FAR_MINUTES = 120.0, 1440.0
_SUPPORTS = 3
_LEGS = 6
_DETAIL_DEGREES = 1e-4
"""About ten metres."""
_STEP_KM = 0.02
"""So far off the road is at its edge: no part of a way to be told."""
_MS_PER_MINUTE = 60_000
_TURNS = ("left", "right", "back")


@dataclass(frozen=True, eq=False)
class Help:
    """Who helps each proposed site, the quickest first, and the way there."""

    supports: dict[str, tuple[Support, ...]]
    approaches: dict[str, Approach]


def find_help(
    plan: Proposal, towns: gpd.GeoDataFrame, town_of: dict[str, str], times: Times | None
) -> Help:
    """Find who helps the proposed sites, among those that stand in the end.

    Parameters
    ----------
    plan
        Boxes, or posts: each is helped by its own kind.
    towns, town_of
        Places by id, and the one of each site: from there the way is told where nobody helps.
    times
        On their roads, and as they count: direction and minutes to mobilise. Without any, nothing
        is found.
    """
    if times is None or not isinstance(times.network, RoadNetwork) or not len(plan.sites):
        return Help({}, {})
    lasting = join_places(plan.lasting)
    wanted = join_places([plan.sites[~plan.sites.index.duplicated(keep="last")]])
    proposed = set(wanted.index)
    names = names_of(plan.existing) | names_of(plan.sites)
    found, ways = _rank_supports(times, lasting, wanted, _NEAR_MINUTES)
    routes = _tell_ways(ways, {(found[one][0][0], one) for one in found}, names)
    if lonely := [one for one in wanted.index if one not in found]:
        more, ways = _rank_supports(times, lasting, wanted.loc[lonely], _FAR_MINUTES)
        routes |= _tell_ways(ways, {(more[one][0][0], one) for one in more}, names)
        found |= more
        left = [one for one in lonely if one not in more and one in town_of]
        routes |= _from_towns(times, towns, town_of, wanted.loc[left])
    supports = {
        one: tuple(Support(other, names[other], minutes, other in proposed)
                   for other, minutes in row)
        for one, row in found.items()
    }  # fmt: skip
    return Help(supports, routes)


def names_of(table: gpd.GeoDataFrame) -> dict[str, Name]:
    """Return the names of sites by their ids."""
    rows = zip(table.index, records_of(table), strict=True)
    return {str(one): name_of(row, one) for one, row in rows}


def _rank_supports(
    times: Times, lasting: gpd.GeoDataFrame, wanted: gpd.GeoDataFrame, cutoff: float
) -> tuple[dict[str, list[tuple[str, float]]], TravelTimes]:
    """Return the quickest other sites of each, ties by id; only those that have any."""
    between = travel_times(
        times.network,
        lasting,
        wanted.rename_axis("demand_id"),
        cutoff=max(cutoff, times.mobilise_minutes + 1),
        mobilise_minutes=times.mobilise_minutes,
        direction=times.direction,
    )
    ids = lasting.index.to_numpy(dtype=str)
    columns = between.ms.tocsc()
    found = {}
    for at, one in enumerate(wanted.index):
        rows = columns.indices[columns.indptr[at] : columns.indptr[at + 1]]
        ms = columns.data[columns.indptr[at] : columns.indptr[at + 1]]
        others = ids[rows] != one
        rows, ms = rows[others], ms[others]
        order = np.lexsort((ids[rows], ms))[:_SUPPORTS]
        if len(order):
            found[one] = [(str(ids[rows[k]]), float(ms[k]) / _MS_PER_MINUTE) for k in order]
    return found, between


def _from_towns(
    times: Times, towns: gpd.GeoDataFrame, town_of: dict[str, str], sites: gpd.GeoDataFrame
) -> dict[str, Approach]:
    """Return the ways from the towns of sites that nobody helps."""
    if not len(sites):
        return {}
    pairs = {(town_of[one], one) for one in sites.index}
    some = towns.loc[sorted({town for town, _ in pairs})]
    names = names_of(some)
    places = gpd.GeoDataFrame(geometry=some.geometry)
    ways = travel_times(times.network, places, sites.rename_axis("demand_id"), cutoff=_FAR_MINUTES)
    return _tell_ways(ways, pairs, names)


def _tell_ways(
    ways: TravelTimes, pairs: set[tuple[str, str]], names: dict[str, Name]
) -> dict[str, Approach]:
    """Return the way to each site, of pairs of where it begins and the site."""
    if ways.direction == "demand_to_site":  # who comes to help drives the other way
        ways = travel_times(ways.network, ways.sites, ways.demand, cutoff=_FAR_MINUTES)
    routes = find_routes(ways, pairs=sorted(pairs))
    rows = pd.DataFrame(routes.drop(columns="geometry")).to_dict("records")
    return {
        str(row["demand_id"]): _approach(names[str(row["site_id"])], row["steps"], line)
        for row, line in zip(rows, routes.geometry, strict=True)
    }


def _approach(start: Name, steps: Sequence[Step], line: shapely.LineString) -> Approach:
    legs = _tell_legs(steps)
    return Approach(
        start=start,
        km=sum(float(one.km) for one in steps),
        minutes=sum(float(one.minutes) for one in steps),
        legs=legs[-_LEGS:],
        legs_before=max(0, len(legs) - _LEGS),
        turn_at=_find_turn(legs, line),
        line=lines_of(shapely.simplify(line, _DETAIL_DEGREES))[0],
    )


def _tell_legs(steps: Sequence[Step]) -> tuple[Leg, ...]:
    """Return the steps that a driver notices: none between a place and the edge of its road."""
    kept = [one for one in steps if one.road_class != OFF_ROAD or one.km > _STEP_KM] or steps
    return tuple(
        Leg(
            one.turn if number else "start",
            one.name or one.ref,
            one.road_class,
            float(one.km),
            float(one.minutes),
        )
        for number, one in enumerate(kept)
    )


def _find_turn(legs: Sequence[Leg], line: shapely.LineString) -> Point | None:
    """Return the vertex of the way at which it last turns off a road."""
    turns = [
        at
        for at in range(1, len(legs))
        if legs[at].turn in _TURNS and legs[at - 1].road_class != OFF_ROAD
    ]
    if not turns:
        return None
    xy = shapely.get_coordinates(line)
    lon, lat = xy.T
    run = np.append(0.0, np.cumsum(point_distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])))
    km = [leg.km for leg in legs]
    # Kilometres of legs may have windings that the line does not show.
    begun = run[-1] * sum(km[: turns[-1]]) / sum(km)
    lon_lat = np.round(xy[np.abs(run - begun).argmin()], 6).tolist()
    return float(lon_lat[0]), float(lon_lat[1])
