"""From a plan to its results: the same functions that scripts call, in the same order."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.accessibility import gaps, reach, summarise
from boxreach.border import propose_posts
from boxreach.candidates import candidate_sites
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import LEVELS, Stage, Tables
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.location import MaxCover
from boxreach.network import RoadNetwork, build_network
from boxreach.placement import Proposal, Quota, propose
from boxreach.routing import Progress, TravelTimes, travel_times
from boxreach.tables import TOTAL

_GAP_COLUMNS = (
    "name",
    "name_ar",
    "name_ckb",
    "governorate",
    "people",
    "threshold_minutes",
    "reason",
    "site_id",
    "minutes",
    "off_road_m",
    "off_road_minutes",
    "geometry",
)


@dataclass(frozen=True, eq=False)
class Results:
    """What a run found.

    Attributes
    ----------
    reach
        The communities' reach at every threshold, one below the other.
    people
        The same for the table on which people are counted.
    areas
        Places and people by governorate at every threshold.
    levels
        The same by district and sub-district, where their areas were given.
    gaps
        What is not reached at the threshold of the proposal: communities, then cells.
    plan, posts
        The proposals, where they were asked for.
    network
        What it all was computed on.
    """

    reach: gpd.GeoDataFrame
    people: gpd.GeoDataFrame
    areas: pd.DataFrame
    levels: Mapping[str, pd.DataFrame]
    gaps: gpd.GeoDataFrame
    plan: Proposal | None
    posts: Proposal | None
    network: RoadNetwork


def compute(
    plan: Plan, tables: Tables, stages: tuple[Stage, ...], progress: Progress | None = None
) -> Results:
    """Run the stages of a plan; ``reach`` always runs, for the others build on it."""
    if "posts" in stages and tables.line is None:
        what = "no frontier is given"
        raise InputError(Fault(what, column="inputs.frontier", advice="add it to the plan"))
    tell = progress or (lambda *_: None)
    tell("network", 0, 1)
    network = network_of(plan, tables)
    tell("network", 1, 1)
    cutoff = max(*plan.reach.minutes, plan.propose.minutes)
    communities = _times(plan, network, tables.boxes, tables.communities, cutoff, progress)
    people = communities
    if tables.cells is not None:
        people = _times(plan, network, tables.boxes, tables.cells, cutoff, progress)
    reached = _at_all(communities, plan.reach.minutes)
    counted = reached if people is communities else _at_all(people, plan.reach.minutes)
    proposal = posts = None
    if "propose" in stages:
        proposal = _propose(plan, tables, network, people, progress)
    if "posts" in stages and tables.line is not None:
        tell("posts", 0, 1)
        posts = propose_posts(
            network,
            tables.line,
            mobilise_minutes=plan.reach.mobilise_minutes,
            **plan.posts.model_dump(exclude={"segment_km"}),
        )
        tell("posts", 1, 1)
    return Results(
        reach=reached,
        people=counted,
        areas=_areas(reached, counted, "governorate", tables.areas),
        levels={
            level: _areas(reached, counted, column, layer)
            for level, column in LEVELS.items()
            if level != "areas" and (layer := getattr(tables, level)) is not None
        },
        gaps=_gaps(communities, people, plan.propose.minutes),
        plan=proposal,
        posts=posts,
        network=network,
    )


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
    progress: Progress | None,
) -> TravelTimes:
    return travel_times(
        network,
        sites,
        demand,
        cutoff=cutoff,
        mobilise_minutes=plan.reach.mobilise_minutes,
        direction=plan.reach.direction,
        progress=progress,
    )


def _propose(
    plan: Plan,
    tables: Tables,
    network: RoadNetwork,
    existing: TravelTimes,
    progress: Progress | None,
) -> Proposal:
    rules = plan.propose
    candidates = candidate_sites(
        network, tables.communities, spacing_km=rules.spacing_km, areas=tables.areas
    )
    taken = candidates.index.isin(tables.boxes.index)
    if taken.any():
        what = f"{taken.sum()} candidates have the ids of boxes that stand and are left out"
        warnings.warn(f"{what}: their places are taken", DataWarning, stacklevel=2)
        candidates = candidates[~taken]
    options = _times(plan, network, candidates, tables.people, rules.minutes, progress)
    quotas = [
        Quota(column, str(value), **{k: int(v) for k, v in one.items() if k != column})
        for one in rules.quotas
        for column, value in one.items()
        if column not in {"at_least", "at_most"}
    ]
    return propose(
        options,
        MaxCover(sites=rules.boxes, minutes=rules.minutes),
        existing=existing,
        quotas=quotas,
        phases=rules.phases,
        seconds=rules.seconds,
    )


def _at_all(times: TravelTimes, minutes: list[float]) -> gpd.GeoDataFrame:
    return pd.concat([reach(times, minutes=threshold) for threshold in sorted(set(minutes))])


def _areas(
    reached: gpd.GeoDataFrame,
    counted: gpd.GeoDataFrame,
    column: str,
    layer: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Count communities as places, and people where they are counted, by area.

    An area of the layer in which there is nothing to count has a row of zeros.
    """
    names = set() if layer is None else set(layer["name"])
    tables = []
    for minutes in sorted(reached["threshold_minutes"].unique()):
        places, people = (
            summarise(_named(table[table["threshold_minutes"] == minutes], column), by=column)
            for table in (reached, counted)
        )
        counts = [name for name in places.columns.astype(str) if name.startswith("places")]
        both = pd.concat([places[counts], people.drop(columns=counts)], axis=1)
        rows = [*sorted({*both.index.drop(TOTAL), *names}), TOTAL]
        both = both.reindex(rows)
        both["threshold_minutes"] = minutes
        # An area may hold people and no community, or the other way round.
        share = both["share_covered"]
        both = both.fillna(0).assign(share_covered=share)
        both[counts] = both[counts].astype(int)
        tables.append(both.rename_axis(column).reset_index())
    table = pd.concat(tables, ignore_index=True)
    return table[[column, "threshold_minutes", *table.columns[1:].drop("threshold_minutes")]]


def _named(table: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    return table if column in table else table.assign(**{column: ""})


def _gaps(communities: TravelTimes, people: TravelTimes, minutes: float) -> gpd.GeoDataFrame:
    kinds = [("community", communities)]
    kinds += [("cell", people)] if people is not communities else []
    parts = []
    for kind, times in kinds:
        left_out = gaps(times, minutes=minutes)
        kept = [name for name in _GAP_COLUMNS if name in left_out]
        parts.append(left_out[kept].rename_axis("id").reset_index().assign(kind=kind))
    table = pd.concat(parts, ignore_index=True)
    return table[["kind", *table.columns.drop("kind")]]
