"""The times of a scenario: those of the base, and only what it changes computed anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import hstack

from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.network.closing import require_known_roads
from boxreach.network.slowing import restrict
from boxreach.routing import TravelTimes, search_times
from boxreach.routing.times import places_of
from boxreach.scenarios.conditions import ALL, CONDITIONS, OFF_ROAD, road_classes
from boxreach.scenarios.scenario import Scenario, fault_of, lifts_all
from boxreach.suggestions import suggest

Integers = npt.NDArray[np.int64]

_OF_PLACES = ("nearest_site", "nearest_ms", "lifted_ms", "off_road_m", "off_road_ms")
"""What times tell of each place, apart from the matrix."""


def apply_scenario(times: TravelTimes, scenario: Scenario) -> TravelTimes:
    """Return the times of a scenario.

    They are what `travel_times` gives on its roads, from its boxes, to its demand. Times that no
    change touches are taken from the base.

    Parameters
    ----------
    times
        Of the base.
    scenario
        What changes; `misfits` has found nothing wrong with it.

    Raises
    ------
    InputError
        If it cannot be, such as one in which no road is open; it says which scenario that is.
    """
    try:
        if scenario.demand is not None:
            times = to_places(times, to_wgs84(scenario.demand, file="demand"))
        if len(scenario.lost) or scenario.boxes is not None:
            times = _from_boxes(times, scenario)
        return _on_roads(times, scenario)
    except InputError as error:
        raise InputError(*(fault_of(scenario.name, one) for one in error.faults)) from error


def misfits(times: TravelTimes, scenario: Scenario) -> Iterator[Fault]:
    """Yield what is wrong with a scenario that only its base shows."""
    where = f"scenario {scenario.name!r}"
    known = [*times.sites.index.astype(str)]
    for one in scenario.lost:
        if one not in known:
            yield Fault(f"there is no box {one!r} to lose", where, advice=suggest(one, known))
    if scenario.boxes is not None:
        stand = {*known} - {*scenario.lost}
        for one in scenario.boxes.index:
            if str(one) in stand:
                advice = "give it another id, or name it in lost too, if it moves"
                yield Fault(f"a box {one!r} stands already", where, advice=advice)
    yield from _closure_misfits(times.network, scenario, where)
    longest = times.cutoff_minutes
    if scenario.minutes is not None and scenario.minutes > longest:
        advice = "compute travel_times with a higher cutoff, or ask for fewer minutes"
        what = f"minutes is {scenario.minutes:g}, and the times go up to {longest:g}"
        yield Fault(what, where, advice=advice)


def _closure_misfits(network: RoadNetwork, scenario: Scenario, where: str) -> Iterator[Fault]:
    closures = network.closures
    known = [] if closures is None else [*closures.index.astype(str)]
    if not lifts_all(scenario.lift):
        for one in scenario.lift:
            if one not in known:
                advice = suggest(one, known) if known else "the base has no closures: leave it out"
                yield Fault(f"there is no closure {one!r} to lift", where, advice=advice)
    if scenario.closures is not None and "road_id" in scenario.closures:
        whole = network.lifted or network
        try:
            require_known_roads(whole.known_ids, scenario.closures)
        except InputError as error:
            for fault in error.faults:
                yield replace(fault, file=f"{where}, {fault.file}")


def to_places(times: TravelTimes, demand: gpd.GeoDataFrame) -> TravelTimes:
    """Return the times to another table of demand; those to places that stay are kept.

    Parameters
    ----------
    times
        To some demand.
    demand
        Another table in EPSG:4326.
    """
    here, there = places_of(times.demand), places_of(demand)
    at = times.demand.index.get_indexer(demand.index)
    stays = at >= 0
    for before, after in zip(here, there, strict=True):
        stays[stays] = before[at[stays]] == after[stays]
    if times.merging.allowed_minutes > 0 and not stays.all():
        # What is merged depends on who else is there.
        return _search_anew(times, times.network, demand)
    if not stays.any():
        return _search_anew(times, times.network, demand)
    kept = {name: getattr(times, name)[at[stays]] for name in _OF_PLACES}
    ms = times.ms[:, at[stays]]
    if not stays.all():
        new = _search_anew(times, times.network, demand[~stays])
        order = np.argsort(np.append(np.flatnonzero(stays), np.flatnonzero(~stays)))
        kept = {name: np.append(one, getattr(new, name))[order] for name, one in kept.items()}
        ms = hstack([ms, new.ms], format="csr")[:, order]
    ms.sort_indices()
    return replace(times, demand=demand, ms=ms, **kept)


def _from_boxes(times: TravelTimes, scenario: Scenario) -> TravelTimes:
    """Return the times from the boxes that a scenario leaves, and then those that come."""
    ids = times.sites.index
    lost = ids[ids.astype(str).isin([*scenario.lost])]
    if len(lost):
        times = times.without_sites(lost)
    if scenario.boxes is None:
        return times
    return _with_boxes(times, to_wgs84(scenario.boxes, file="boxes"))


def from_boxes(times: TravelTimes, sites: gpd.GeoDataFrame) -> TravelTimes:
    """Return the times from other boxes, those that stay where they are first.

    Parameters
    ----------
    times
        From some boxes.
    sites
        The others, in EPSG:4326.
    """
    at = times.sites.index.get_indexer(sites.index)
    stays = at >= 0
    for before, after in zip(places_of(times.sites), places_of(sites), strict=True):
        stays[stays] = before[at[stays]] == after[stays]
    gone = np.setdiff1d(np.arange(len(times.sites)), at[stays])
    if len(gone):
        times = times.without_sites(times.sites.index[gone])
    return times if stays.all() else _with_boxes(times, sites[~stays])


def _with_boxes(times: TravelTimes, more: gpd.GeoDataFrame) -> TravelTimes:
    """Return the times from further boxes too, whatever their table calls ids and shapes."""
    stand = times.sites
    if more.geometry.name != stand.geometry.name:
        more = more.rename_geometry(stand.geometry.name)
    return times.with_sites(more.rename_axis(stand.index.name))


def _on_roads(times: TravelTimes, scenario: Scenario) -> TravelTimes:
    """Return the times on the roads of a scenario; as they are if it changes none."""
    network, closures = times.network, _closures_of(times.network, scenario)
    on = network.parameters["on"]
    if scenario.speed_factor or scenario.condition is not None:
        if closures is not None:
            network = (network.lifted or network).without(closures, on=on)
        return _slowed(times, network, scenario)
    return times if closures is None else times.under(closures, on=on)


def _slowed(times: TravelTimes, network: RoadNetwork, scenario: Scenario) -> TravelTimes:
    """Return the times on a network whose roads a scenario slows, and closes by their class."""
    slow, closes = _slow(network, scenario, closing=True)
    found = _search_anew(times, slow, times.demand)
    if network.lifted is None and not closes:
        return replace(found, lifted_ms=found.nearest_ms)
    # Whom only the speeds leave out is not left out by a closure.
    usual, _ = _slow(network.lifted or network, scenario, closing=False)
    lifted = _search_anew(times, usual, times.demand)
    return replace(found, lifted_ms=lifted.nearest_ms)


def _slow(network: RoadNetwork, scenario: Scenario, *, closing: bool) -> tuple[RoadNetwork, bool]:
    """Return a network at the speeds of a scenario, and whether that closes any of its roads."""
    given = scenario.speed_factor
    classes = road_classes(network)
    shares = classes.numbers(lambda name: given.get(name, given.get(ALL, 1.0)))
    off_road = float(given.get(OFF_ROAD, 1.0))
    if scenario.condition is not None:
        condition = CONDITIONS[scenario.condition]
        shares, off_road = shares * condition.shares(network), off_road * condition.off_road
    gone = shares == 0
    slowed = 1 / np.where(gone, 1.0, shares)
    gone = gone if closing else np.zeros_like(gone)
    return restrict(network, gone=gone, slowed=slowed, off_road=off_road), bool(gone.any())


def _closures_of(network: RoadNetwork, scenario: Scenario) -> gpd.GeoDataFrame | None:
    """Return the closures of a scenario, those of the base among them; None if they are these."""
    standing = network.closures
    if scenario.closures is None and not len(scenario.lift):
        return None
    if standing is None:
        return scenario.closures
    lifted = (
        standing.index
        if lifts_all(scenario.lift)
        else standing.index[standing.index.astype(str).isin([*scenario.lift])]
    )
    left = standing.drop(lifted)
    if scenario.closures is None:
        return left
    more = to_wgs84(scenario.closures, file="closures")
    # Files without ids count from 0, and then two of them have the same.
    again = more.index.isin(left.index)
    named = np.where(again, [f"{one} ({scenario.name})" for one in more.index], more.index)
    more = more.set_axis(pd.Index(named, name=left.index.name))
    if more.geometry.name != left.geometry.name:
        more = more.rename_geometry(left.geometry.name)
    return pd.concat([left, more]) if len(left) else more


def _search_anew(times: TravelTimes, network: RoadNetwork, demand: gpd.GeoDataFrame) -> TravelTimes:
    """Return the times on another network or to other demand, all else being the same."""
    return search_times(network, times.sites, demand, times.terms)
