"""All that is told of a plan of the frontier: of the line, of each post, and of the whole."""

from __future__ import annotations

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.border.crossing_rules import (
    CROSSING_KM,
    CrossingRule,
    distances_m,
    without_marks,
)
from boxreach.border.defence import score_defence
from boxreach.border.frontier_plan import FrontierPlan
from boxreach.border.holding import Holding, hold_line
from boxreach.border.interception import Intercept, interceptions
from boxreach.border.line_tables import (
    Watched,
    count_segments,
    draw_profile,
    km_where,
    watch_line,
)
from boxreach.border.outlook import Outlook, Watch
from boxreach.border.stretches import open_stretches
from boxreach.border.supply import measure_supply
from boxreach.crs import WGS84, mgrs_of
from boxreach.network import RoadNetwork
from boxreach.placement import Proposal
from boxreach.sources.chainage import find_chainages
from boxreach.tables import NAMES

Facts = dict[str, float | None]

_FIRST = ("rank", "phase", "name", "kind", "governorate", "chainage_km", "setback_km", "mgrs")


@dataclass(frozen=True, eq=False, kw_only=True)
class Surroundings:
    """What lies about posts.

    Attributes
    ----------
    towns
        Points with ids, of which supplies come.
    water
        Rivers, lakes and wells.
    buildings
        What attackers could come near by.
    """

    towns: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None


def tell_plan(
    plan: Proposal,
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    outlook: Outlook,
    watch: Watch,
    *,
    near: Surroundings,
    crossings: gpd.GeoDataFrame | None,
    each: int,
    intercept: Intercept | None,
    support_minutes: float,
) -> FrontierPlan:
    """Return a proposal of posts with the tables of a `FrontierPlan`."""
    posts = _all_posts(plan)
    watched = watch_line(network, posts, line, outlook.pieces, watch)
    held = hold_line(network, posts, minutes=support_minutes)
    table = _list_posts(posts, watched, held).join(_look_about(network, posts, watch, near))
    facts = _sum_up(watched, held, each) | _widest_hole(watched)
    facts["cell_m"] = None if watch.terrain is None else watch.terrain.cell_m
    facts |= _tell_intercept(network, line, posts, outlook, intercept)
    known = {one.name: getattr(plan, one.name) for one in fields(Proposal)}
    return FrontierPlan(
        **known
        | {
            "sites": _list_sites(plan, table),
            "existing": without_marks(plan.existing),
            "reach": watched.pieces,
            "quotas": tuple(one for one in plan.quotas if not isinstance(one, CrossingRule)),
        },
        segments=count_segments(line, watched, posts, each),
        posts=table,
        profile=draw_profile(line, watch, watched.sight),
        crossings=_list_crossings(crossings, line, posts),
        facts=facts,
    )


def _look_about(
    network: RoadNetwork, posts: gpd.GeoDataFrame, watch: Watch, near: Surroundings
) -> pd.DataFrame:
    """Return the height, the supply and the defence of each post."""
    supply = measure_supply(network, posts, towns=near.towns, water=near.water)
    defence = score_defence(
        posts,
        network=network,
        terrain=watch.terrain,
        buildings=near.buildings,
        sight=watch.sight,
    )
    about = supply.join(defence)
    if watch.terrain is not None:
        places = posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy()
        about.insert(0, "height_m", watch.terrain.heights_m(*places))
    return about


def _list_sites(plan: Proposal, posts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the proposed posts in their order, with what each reaches and no marks of rules."""
    sites = without_marks(plan.sites).drop(columns=["defensibility", "defence_km"], errors="ignore")
    reached = posts.loc[sites.index, ["reach_from_km", "reach_to_km"]]
    return sites.assign(**{str(name): reached[name] for name in reached})


def _all_posts(plan: Proposal) -> gpd.GeoDataFrame:
    """Return the posts that stand and those proposed, by chainage and then by id."""
    tables = [table for table in (plan.existing, plan.sites) if len(table)]
    if not tables:
        return plan.sites
    posts = pd.concat(tables)
    posts.index.name = "site_id"
    order = np.lexsort((posts.index.to_numpy(dtype=str), posts["chainage_km"].to_numpy(float)))
    return posts.iloc[order]


def _list_posts(posts: gpd.GeoDataFrame, watched: Watched, held: Holding) -> gpd.GeoDataFrame:
    """Return what is told of each post but for its supply and defence."""
    known = [name for name in _FIRST if name in posts]
    table = gpd.GeoDataFrame(posts[[*known, "crossing", "geometry"]], crs=posts.crs)
    table["mgrs"] = mgrs_of(posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy())
    km = watched.pieces["km"].to_numpy(dtype=float)
    start, end = (
        watched.pieces[f"chainage_{one}_km"].to_numpy(dtype=float) for one in ("from", "to")
    )
    rows = [
        watched.ms.indices[watched.ms.indptr[row] : watched.ms.indptr[row + 1]]
        for row in range(len(posts))
    ]
    table["reach_from_km"] = [start[one].min() if len(one) else np.nan for one in rows]
    table["reach_to_km"] = [end[one].max() if len(one) else np.nan for one in rows]
    table["reached_km"] = [float(km[one].sum()) for one in rows]
    if watched.sight is not None and watched.seen is not None and watched.seen_night is not None:
        for name, seen in (("seen_km", watched.seen), ("seen_night_km", watched.seen_night)):
            table[name] = seen.astype(float) @ km
    columns = ["neighbours", "nearest_site_id", "nearest_minutes"]
    return table.join(held.posts[columns])


def _list_crossings(
    crossings: gpd.GeoDataFrame | None, line: gpd.GeoDataFrame, posts: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the crossings with the post at each, the nearest within 2 km."""
    if crossings is None:
        none: dict[str, list[str]] = {
            name: [] for name in ("name", "chainage_km", "line_km", "site_id", "km")
        }
        return gpd.GeoDataFrame(none, geometry=[], crs=WGS84)
    lon, lat = crossings.geometry.x.to_numpy(), crossings.geometry.y.to_numpy()
    found = find_chainages(line, lon, lat)
    post, km = np.full(len(crossings), "", dtype=object), np.full(len(crossings), np.nan)
    away_km = distances_m(posts, crossings) / 1000
    if len(posts):
        near = away_km.min(axis=0) <= CROSSING_KM
        post[near] = posts.index.to_numpy(dtype=object)[away_km.argmin(axis=0)[near]]
        km[near] = away_km.min(axis=0)[near]
    kept = [name for name in NAMES if name in crossings]
    table = gpd.GeoDataFrame(crossings[[*kept, crossings.geometry.name]])
    return table.assign(
        name=crossings.get("name", ""),
        chainage_km=found["chainage_km"].to_numpy(),
        line_km=found["line_m"].to_numpy() / 1000,
        site_id=post,
        km=km,
    )


def _sum_up(watched: Watched, held: Holding, each: int) -> Facts:
    """Return the figures of the whole line."""
    pieces = watched.pieces
    facts: Facts = {
        "total_km": float(pieces["km"].sum()),
        "covered_km": km_where(watched, pieces["covered"].to_numpy()),
        "reached_km": km_where(watched, pieces["reached"].to_numpy()),
    }
    if each > 1:
        facts["backed_km"] = km_where(watched, pieces["sites_within"].to_numpy() >= each)
    if watched.sight is not None:
        seen = pieces["seen"].to_numpy() > 0
        facts |= {
            "seen_km": km_where(watched, seen),
            "seen_night_km": km_where(watched, pieces["seen_night"].to_numpy() > 0),
            "unknown_km": km_where(watched, pieces["unknown"].to_numpy() & ~seen),
        }
    gap = held.widest_minutes
    return facts | {
        "groups": held.groups,
        "isolated": held.isolated,
        "support_minutes": held.minutes,
        "widest_gap_minutes": None if gap is None or np.isnan(gap["minutes"]) else gap["minutes"],
    }


def _widest_hole(watched: Watched) -> Facts:
    """Return the longest stretch of the line that is not covered, and where it begins."""
    holes = open_stretches(watched.pieces, whole=True)
    if not len(holes):
        return {"widest_hole_km": 0.0, "widest_hole_from_km": None}
    widest = holes.iloc[int(holes["km"].to_numpy().argmax())]
    return {
        "widest_hole_km": float(widest["km"]),
        "widest_hole_from_km": float(widest["from_km"]),
    }


def _tell_intercept(
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    posts: gpd.GeoDataFrame,
    outlook: Outlook,
    intercept: Intercept | None,
) -> Facts:
    """Return from how many km the posts intercept, and from how many no candidate could."""
    if intercept is None:
        return {"intercept_km": None, "beyond_posts_km": None, "shallow_km": None}
    km = line["km"].to_numpy(dtype=float)
    told = interceptions(network, line, posts, intercept)
    met, shallow = told["intercepted"].to_numpy(), told["beyond"].to_numpy()
    every = pd.concat([posts[["geometry"]], outlook.options.sites[["geometry"]]])
    every = every[~every.index.duplicated()]
    could = interceptions(network, line, every, intercept)["intercepted"].to_numpy()
    return {
        "intercept_km": float(km[met].sum()),
        "beyond_posts_km": float(km[~could & ~shallow].sum()),
        "shallow_km": float(km[shallow].sum()),
    }
