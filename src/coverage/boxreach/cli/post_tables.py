"""Posts and the frontier as files and summary tell them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from boxreach.border import FrontierPlan, open_stretches
from boxreach.cli.posting import Posting
from boxreach.cli.proposal_tables import count_candidates, describe_proposal
from boxreach.exports import plain_number


def tabulate_posting(posting: Posting) -> dict[str, pd.DataFrame]:
    """Return every table of the frontier by the name of its file.

    Crossings are there where they are given, and places that were dropped where some were.
    """
    plan, dropped = posting.plan, posting.candidates.dropped
    found: dict[str, pd.DataFrame] = {
        "posts": _list_posts(plan),
        "frontier": plan.reach.drop(columns="geometry"),
        "segments": plan.segments,
        "open_stretches": open_stretches(plan),
        "post_links": posting.links,
    }
    found |= {"crossings": plan.crossings} if len(plan.crossings) else {}
    return found | ({"posts_dropped": dropped} if len(dropped) else {})


def draw_posting(posting: Posting) -> dict[str, gpd.GeoDataFrame]:
    """Return what a map program draws of the frontier, by the name of its file."""
    return {"posts": _list_posts(posting.plan), "frontier": posting.plan.reach}


def _list_posts(plan: FrontierPlan) -> gpd.GeoDataFrame:
    """Return all that is told of each post: those proposed by rank, then those that stand."""
    order = [*plan.sites.index, *plan.existing.index]
    posts = plan.posts.loc[order]
    more = plan.sites[[name for name in plan.sites if name not in posts]]
    ranked = posts.join(more)
    first = ["rank", "phase", f"{plan.unit}_gained", f"{plan.unit}_covered", "share_covered"]
    kept = [name for name in first if name in ranked]
    return ranked[[*kept, *ranked.columns.difference(kept, sort=False)]]


def describe_posting(posting: Posting) -> dict[str, object]:
    """Return what was asked of the frontier, found and proven, and where it stays open."""
    plan = posting.plan
    left_open = open_stretches(plan)
    return {
        **describe_proposal(plan, priced=False),
        "asked": dict(plan.asked),
        "facts": {
            name: None if value is None else plain_number(value)
            for name, value in plan.facts.items()
        },
        "candidates": count_candidates(posting.candidates),
        "open_km": plain_number(left_open["km"].sum()),
        "open_stretches": len(left_open),
        "widest_open_km": plain_number(left_open["km"].max() if len(left_open) else 0.0),
    }
