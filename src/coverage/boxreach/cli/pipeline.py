"""From a plan to its results: the same functions that scripts call, in the same order."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.accessibility import density_quintiles, reach
from boxreach.border import FrontierPlan
from boxreach.candidates import Candidates, Exclusions, candidate_sites, screen_sites
from boxreach.catchments import assign_people
from boxreach.cli.area_tables import Level, count_areas, draw_curves, list_worst
from boxreach.cli.demand_tables import count_demand
from boxreach.cli.gap_tables import list_gaps, name_clusters
from boxreach.cli.input_files import warn_of
from boxreach.cli.memory_limit import MemoryLimit
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import LEVELS, Stage, Tables
from boxreach.cli.posting import Posting, post_guards
from boxreach.cli.proposing import price_boxes, propose_boxes
from boxreach.cli.what_if import WhatIf, ask_what_if
from boxreach.clusters import cluster_gaps
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.network import RoadNetwork, build_network
from boxreach.placement import Proposal
from boxreach.routing import Progress, Times, TravelTimes, travel_times
from boxreach.routing.merging import Merging
from boxreach.workers import Client

_LISTED = 5
"""So many ids are told of what is too much to list."""


@dataclass(frozen=True, eq=False)
class Results:
    """What a run found.

    Attributes
    ----------
    tables
        What was counted: as it was read, and with the people where the plan counts them.
    reach
        The communities' reach at every threshold, one below the other.
    people
        The same for the table on which people are counted.
    areas
        Places and people by governorate at every threshold.
    levels
        The same by district and sub-district, where their areas were given.
    curves
        People within each number of minutes by governorate, up to the longest threshold.
    worst
        The communities with the longest way, by governorate.
    density
        Reach by fifths of the people from the thinnest to the densest settled; None where people
        are not counted on cells with areas.
    gaps
        What is not reached at the threshold of the proposal: communities, then cells.
    clusters
        The pieces of what is counted of it, each with the best spot for one more box.
    demand, demand_areas
        Every further layer of demand, row by row and by governorate; None where there is none.
    merging
        How many of the rows on which people are counted were searched as one with others.
    candidates
        Where boxes were tried and where none may stand, where proposals were asked for.
    plan
        The boxes, where they were asked for.
    posting
        The frontier with its posts, where they were asked for.
    curve
        What each number of new boxes comes to; None where that was not asked for.
    what_if
        What scenarios change, what is critical, and how robust it is; None where the plan does
        not ask.
    network
        What it all was computed on.
    """

    tables: Tables
    reach: gpd.GeoDataFrame
    people: gpd.GeoDataFrame
    areas: pd.DataFrame
    levels: Mapping[str, pd.DataFrame]
    curves: pd.DataFrame
    worst: pd.DataFrame
    density: pd.DataFrame | None
    gaps: gpd.GeoDataFrame
    clusters: gpd.GeoDataFrame
    demand: pd.DataFrame | None
    demand_areas: pd.DataFrame | None
    merging: Merging
    candidates: Candidates | None
    plan: Proposal | None
    posting: Posting | None
    curve: pd.DataFrame | None
    what_if: WhatIf | None
    network: RoadNetwork

    @property
    def posts(self) -> FrontierPlan | None:
        """The posts, where they were asked for."""
        return None if self.posting is None else self.posting.plan


def compute(
    plan: Plan,
    tables: Tables,
    stages: tuple[Stage, ...],
    progress: Progress | None = None,
    client: Client | None = None,
    memory: MemoryLimit | None = None,
) -> Results:
    """Run the stages of a plan; ``reach`` always runs, for the others build on it.

    Parameters
    ----------
    plan, tables, stages
        What is asked, and of what.
    progress
        Called with what is done, how much of it, and out of how much.
    client
        Of Dask, by whose workers is searched, drawn and taken away.
    memory
        How much memory the proposal may take; None for no limit.
    """
    _require_line(tables, stages)
    tell = progress or (lambda *_: None)
    with _step(tell, "network"):
        network = network_of(plan, tables)
    with _step(tell, "catchments"):
        tables = _with_people(plan, tables, network, progress)
    by: dict[str, Any] = {"progress": progress, "client": client}
    times: Callable[..., TravelTimes] = partial(_times, plan, network, **by)
    cutoff = max(*plan.reach.minutes, plan.propose.minutes)
    communities = people = times(tables.boxes, tables.communities, cutoff)
    if tables.cells is not None:
        people = times(tables.boxes, tables.cells, cutoff, merge_minutes=plan.reach.merge_minutes)
    _warn_of_idle_boxes(plan, communities, people)
    boxes: dict[str, Any] = {"candidates": None, "plan": None, "curve": None}
    if "propose" in stages:
        offer = times if memory is None else partial(memory.offer, plan, network, **by)
        boxes = _propose(plan, tables, people, times, offer, memory, tell)
    posting, what_if = None, None
    if "posts" in stages and tables.line is not None:
        with _step(tell, "posts"):
            posting = post_guards(plan, tables, network, tables.line)
    if "what_if" in stages:
        what_if = _ask_what_if(plan, tables, people, boxes, **by)
    with _step(tell, "tables"):
        counts = _count(plan, tables, communities, people)
    with _step(tell, "clusters"):
        left_out = _leave_out(plan, tables, communities, people, progress)
    with _step(tell, "other demand"):
        others = _count_others(plan, tables, partial(times, tables.boxes, cutoff=cutoff))
    return Results(
        tables=tables,
        **counts,
        **left_out,
        **others,
        **boxes,
        merging=people.merging,
        posting=posting,
        what_if=what_if,
        network=network,
    )


def _require_line(tables: Tables, stages: tuple[Stage, ...]) -> None:
    """Refuse to place posts along no frontier."""
    if "posts" in stages and tables.line is None:
        what = "no frontier is given"
        raise InputError(Fault(what, column="inputs.frontier", advice="add it to the plan"))


def _warn_of_idle_boxes(plan: Plan, *times: TravelTimes) -> None:
    """Say which boxes have no way to anybody: they may be written down at a wrong place."""
    ways = np.sum([np.diff(one.ms.indptr) for one in times], axis=0)
    idle = times[0].sites.index[ways == 0].astype(str)
    if len(idle) and plan.inputs.boxes is not None:
        listed = ", ".join([*idle[:_LISTED], *(["…"] if len(idle) > _LISTED else [])])
        what = f"{len(idle):,} of {len(ways):,} boxes have no way to any place: {listed}"
        advice = "see whether they stand there, and how far off roads network.off_road_km lets them"
        fault = Fault(what, Path(plan.inputs.boxes.file).name, advice=advice)
        warnings.warn(DataWarning(fault), stacklevel=2)


def _propose(
    plan: Plan, tables: Tables, people: TravelTimes, times: Callable[..., TravelTimes],
    offer: Callable[..., Times], memory: MemoryLimit | None, tell: Progress,
) -> dict[str, Any]:  # fmt: skip
    """Return the candidates for boxes, the plan of them, and what each number of boxes gains."""
    with _step(tell, "candidates"):
        candidates = find_candidates(plan, tables, people.network)
    with _step(tell, "boxes"):
        merging = 0.0 if tables.cells is None else plan.reach.merge_minutes
        search = partial(times, merge_minutes=merging)
        offered = partial(offer, merge_minutes=merging)
        most_gb = None if memory is None else memory.gb
        proposal = propose_boxes(plan, tables, candidates, people, search, offered, most_gb)
    curve = None
    if plan.propose.draws_curve():
        with _step(tell, "curve"):
            curve = proposal.curve(plan.propose.curve_seconds)
    priced = replace(proposal, sites=price_boxes(proposal))
    return {"candidates": candidates, "plan": priced, "curve": curve}


def _ask_what_if(
    plan: Plan,
    tables: Tables,
    people: TravelTimes,
    boxes: dict[str, Any],
    progress: Progress | None,
    client: Client | None,
) -> WhatIf:
    """Return what scenarios change, what is critical, and how robust it is."""

    def offer() -> gpd.GeoDataFrame:
        candidates: Candidates | None = boxes["candidates"]
        found = candidates or find_candidates(plan, tables, people.network)
        return found.kept

    return ask_what_if(plan, tables, people, offer, boxes["plan"], progress, client)


@contextmanager
def _step(tell: Progress, what: str) -> Iterator[None]:
    tell(what, 0, 1)
    yield
    tell(what, 1, 1)


def _with_people(
    plan: Plan, tables: Tables, network: RoadNetwork, progress: Progress | None
) -> Tables:
    """Return the tables with the people of the cells at the communities, if the plan says so."""
    if tables.cells is None or plan.counts_on() == "cells":
        return tables
    # Nothing of the communities but their places, so that their columns may have any name.
    bare = tables.communities[[tables.communities.geometry.name]]
    given = tables.communities["people"].notna().sum()
    if given:
        what = f"the people of {given} communities are replaced by those of inputs.population"
        warnings.warn(f"{what} (people.count_on)", DataWarning, stacklevel=2)
    found = assign_people(
        network, bare, {"population": tables.cells}, total=["population"], progress=progress
    )
    communities = tables.communities.assign(people=found["people"])
    return replace(tables, communities=communities, cells=None)


def _thresholds(plan: Plan) -> list[float]:
    return sorted({*plan.reach.minutes})


def _count(
    plan: Plan, tables: Tables, communities: TravelTimes, people: TravelTimes
) -> dict[str, Any]:
    """Return the reach of communities and people, and all tables that are made of it alone."""
    minutes = _thresholds(plan)
    reached = _at_all(communities, minutes)
    counted = reached if people is communities else _at_all(people, minutes)
    one, one_counted = (table.iloc[: len(table) // len(minutes)] for table in (reached, counted))
    levels = {
        level: count_areas(
            Level(column, layer),
            one,
            one_counted,
            minutes=minutes,
            layers=plan.inputs.communities.layers,
            boxes=tables.boxes,
            box_types=plan.types_of_boxes(),
        )
        for level, column in LEVELS.items()
        if (layer := getattr(tables, level)) is not None or level == "areas"
    }
    governorates = Level("governorate", tables.areas)
    return {
        "reach": reached,
        "people": counted,
        "areas": levels.pop("areas"),
        "levels": levels,
        "curves": draw_curves(governorates, one_counted, up_to=minutes[-1]),
        "worst": list_worst(governorates, one),
        "density": _density(tables, one_counted, minutes),
    }


def _density(
    tables: Tables, counted: gpd.GeoDataFrame, minutes: list[float]
) -> pd.DataFrame | None:
    cells = tables.cells
    if cells is None or "area_km2" not in cells:
        return None
    known = (cells["area_km2"] > 0) & (cells["people"] > 0)
    return density_quintiles(counted, minutes=minutes) if known.any() else None


def _leave_out(
    plan: Plan,
    tables: Tables,
    communities: TravelTimes,
    people: TravelTimes,
    progress: Progress | None,
) -> dict[str, Any]:
    """Return what is left out at the threshold of the proposal, and the clusters that it makes."""
    found = cluster_gaps(people, minutes=plan.propose.minutes, progress=progress)
    clusters = found.clusters.assign(threshold_minutes=found.minutes)
    if tables.cells is not None:
        clusters = name_clusters(clusters, tables.cells, tables.communities)
    return {"gaps": list_gaps(communities, people, found, progress), "clusters": clusters}


def _count_others(
    plan: Plan, tables: Tables, times_of: Callable[[gpd.GeoDataFrame], TravelTimes]
) -> dict[str, Any]:
    """Return every further layer of demand, row by row and by governorate."""
    if not tables.demand:
        return {"demand": None, "demand_areas": None}
    level = Level("governorate", tables.areas)
    found = count_demand(
        tables.demand, plan.inputs.demand, times_of, level, minutes=_thresholds(plan)
    )
    return dict(zip(("demand", "demand_areas"), found, strict=True))


def network_of(plan: Plan, tables: Tables) -> RoadNetwork:
    """Build the network of a plan, and say what was assumed of its roads."""
    network = build_network(
        tables.roads,
        closures=tables.closures,
        ground=tables.ground,
        rivers=tables.rivers if plan.network.rivers_block else None,
        speeds=plan.speed_model().replace(terrain=tables.terrain, zones=tables.speed_zones),
        **plan.network.model_dump(exclude={"rivers_block", "speeds_kmh"}),
    )
    with warn_of(Path(plan.inputs.roads.file).name):
        _warn_assumed(network)
    return network


def _warn_assumed(network: RoadNetwork) -> None:
    known, km = network.attributes, network.edges.length_m.astype(float) / 1000
    # A road whose own speed is given has it in the table that was read, class or not.
    blank = np.full(len(km), True)
    if "road_class" in known:
        blank = (known["road_class"] == "").to_numpy()
    if blank.any():
        what = f"{km[blank].sum():,.0f} of {km.sum():,.0f} km of road have no class"
        kmh = network.parameters["speeds_kmh"]["unclassified"]
        more = f"where no speed of their own is given they drive as unclassified ({kmh:g} km/h)"
        warnings.warn(f"{what}: {more}", DataWarning, stacklevel=3)
    if crossings := network.parameters["crossings_noded"]:
        what = f"at {crossings} places roads that cross without a common vertex were joined"
        warnings.warn(f"{what} (node_crossings)", DataWarning, stacklevel=3)


def _times(
    plan: Plan,
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    cutoff: float,
    *,
    progress: Progress | None,
    client: Client | None,
    merge_minutes: float = 0.0,
) -> TravelTimes:
    return travel_times(
        network,
        sites,
        demand,
        cutoff=cutoff,
        mobilise_minutes=plan.reach.mobilise_minutes,
        direction=plan.reach.direction,
        merge_minutes=merge_minutes,
        progress=progress,
        client=client,
    )


def find_candidates(plan: Plan, tables: Tables, network: RoadNetwork) -> Candidates:
    """Return where a box could stand, those that have the id of a standing box left out."""
    rules, exclude = plan.propose, plan.propose.exclusions()
    candidates = candidate_sites(
        network,
        tables.communities,
        kinds=rules.kinds(plan.inputs),
        spacing_km=rules.spacing_km,
        stations=tables.stations,
        points=tables.points,
        areas=tables.areas,
    )
    taken = candidates.index.isin(tables.boxes.index)
    if taken.any():
        what = f"{taken.sum()} candidates have the ids of boxes that stand and are left out"
        warnings.warn(f"{what}: their places are taken", DataWarning, stacklevel=2)
        candidates = candidates[~taken]
    limits = Exclusions(
        within=tables.areas if exclude.outside_areas else None,
        terrain=tables.terrain,
        water=None if exclude.water_m is None else tables.rivers,
        boxes=tables.boxes,
        **exclude.model_dump(exclude={"outside_areas"}),
    )
    return screen_sites(network, candidates, exclude=limits)


def _at_all(times: TravelTimes, minutes: list[float]) -> gpd.GeoDataFrame:
    return pd.concat([reach(times, minutes=threshold) for threshold in minutes])
