"""Border posts as a plan asks for them: where they may stand, which do, and who supports whom."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from boxreach.border import (
    FrontierPlan,
    Intercept,
    Surroundings,
    candidate_posts,
    hold_line,
    propose_posts,
)
from boxreach.candidates import Candidates
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.cli.proposing import quotas_of
from boxreach.errors import DataWarning, InputError
from boxreach.network import RoadNetwork
from boxreach.sight import Sight

_SETTINGS = {
    "posts", "share", "minutes", "phases", "each", "per_site", "see", "support_minutes",
    "defence_km", "seconds", "seed",
}  # fmt: skip
"""Keys of ``[posts]`` that are parameters of `propose_posts`, as they are."""

_NEW = "new-"


@dataclass(frozen=True, eq=False)
class Posting:
    """What a run finds of the frontier.

    Attributes
    ----------
    candidates
        Where posts were tried and where none may stand.
    plan
        The posts.
    links
        Which posts support each other.
    """

    candidates: Candidates
    plan: FrontierPlan
    links: pd.DataFrame


def post_guards(
    plan: Plan, tables: Tables, network: RoadNetwork, line: gpd.GeoDataFrame
) -> Posting:
    """Choose the posts of a plan.

    Raises
    ------
    InputError
        If more posts are asked for than there are places for.
    InfeasibleError
        If no plan keeps the rules, or there is no place for a post.
    """
    rules = plan.posts
    candidates = _find_candidates(plan, tables, network, line)
    _require_places(plan, candidates)
    found = propose_posts(
        network,
        line,
        candidates=candidates.kept,
        existing=tables.posts,
        crossings=tables.crossings,
        quotas=quotas_of(rules.quotas),
        terrain=tables.heights,
        sight=sight_of(plan),
        intercept=None if rules.intercept is None else Intercept(**dict(rules.intercept)),
        surroundings=Surroundings(
            towns=tables.communities, water=tables.rivers, buildings=tables.buildings
        ),
        mobilise_minutes=plan.reach.mobilise_minutes,
        **rules.model_dump(include=_SETTINGS) | {"posts": rules.new_posts()},
    )
    links = hold_line(network, found.posts, minutes=rules.support_minutes).links
    return Posting(candidates, found, links)


def sight_of(plan: Plan) -> Sight:
    """Return how far and how high the posts of a plan see."""
    return Sight(**dict(plan.posts.eyes()))


def _find_candidates(
    plan: Plan, tables: Tables, network: RoadNetwork, line: gpd.GeoDataFrame
) -> Candidates:
    """Return where posts may stand; none has the id of a post that stands."""
    given = plan.posts.places()
    near_km, far_km = given.setback_km
    found = candidate_posts(
        network,
        line,
        setback_km=(near_km, far_km),
        terrain=tables.heights,
        crossings=tables.crossings,
        # Other places are for boxes, unless the plan asks for posts there.
        points=tables.points if "points" in (given.kinds or ()) else None,
        **given.model_dump(exclude={"setback_km"}),
    )
    if tables.posts is None:
        return found
    taken = {str(one).split("/")[0] for one in tables.posts.index}
    clash = found.kept.index.isin(taken)
    if not clash.any():
        return found
    what = f"{clash.sum()} candidates for posts have the ids of posts that stand"
    warnings.warn(f"{what}: they are called {_NEW}… instead", DataWarning, stacklevel=2)
    ids = [f"{_NEW}{one}" if one in taken else one for one in found.kept.index]
    kept = found.kept.set_axis(pd.Index(ids, name=found.kept.index.name, dtype=object))
    return Candidates(kept, found.dropped)


def _require_places(plan: Plan, candidates: Candidates) -> None:
    """Refuse more posts than there are places for."""
    wanted, most = plan.posts.new_posts(), len(candidates.kept) * plan.posts.per_site
    if wanted is None or wanted <= most:
        return
    dropped = ", ".join(f"{count} {reason}" for reason, count in candidates.counts().items())
    what = f"{wanted} posts are asked for, and there are {most} places to stand at"
    advice = f"give {most} or less, or change posts.candidates"
    place = ("posts", "posts")
    raise InputError(plan.fault(f"{what} ({dropped or 'none'} dropped)", place, advice))
