"""`propose_posts`: border posts that reach, see and hold the most of the frontier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from boxreach.border.crossing_rules import mark_crossings, rules_at_crossings
from boxreach.border.defence import score_defence
from boxreach.border.frontier_plan import FrontierPlan
from boxreach.border.interception import Intercept
from boxreach.border.outlook import See, Watch, look_out
from boxreach.border.post_sites import candidate_posts
from boxreach.border.post_wishes import TABLES, Wishes, read_tables
from boxreach.border.telling import Surroundings, tell_plan
from boxreach.errors import InfeasibleError
from boxreach.network import RoadNetwork
from boxreach.placement import Quota, propose
from boxreach.sight import Sight
from boxreach.sources.chainage import find_chainages
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile

_NEITHER = 0.5
_SCORE, _BONUS = "defensibility", "defence_km"


def propose_posts(
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    *,
    minutes: float = 15.0,
    posts: int | None = None,
    share: float | None = None,
    each: int = 1,
    per_site: int = 1,
    candidates: gpd.GeoDataFrame | None = None,
    existing: gpd.GeoDataFrame | None = None,
    crossings: gpd.GeoDataFrame | None = None,
    quotas: Sequence[Quota] = (),
    phases: Sequence[int] | None = None,
    terrain: Terrain | TerrainFile | None = None,
    sight: Sight | None = None,
    see: See | None = None,
    intercept: Intercept | None = None,
    surroundings: Surroundings | None = None,
    support_minutes: float = 20.0,
    defence_km: float = 0.0,
    mobilise_minutes: float = 0.0,
    seconds: float = 60.0,
    seed: int = 0,
) -> FrontierPlan:
    """Choose border posts that cover the most of the frontier, or the fewest that cover a share.

    A place of the line is covered when a post has a way to it, over open ground and by road,
    within so many minutes, and sees it where that is asked for. What counts is km times the risk of
    the segment. The line is cut wherever what the posts reach or see changes, so that lengths do
    not depend on its segments. This is a weak barrier: every covered place can be reached, and
    nothing is said of who might cross meanwhile.

    Parameters
    ----------
    network
        From `build_network`; its off-road range and speed hold along the line too.
    line
        Segments from `read_frontier`.
    minutes
        The response time.
    posts
        How many posts in all, beside those that stand; or give `share`.
    share
        The share of the line (km times risk) to be covered by as few posts as can be.
    each
        By how many posts each place is to be covered: what counts is what so many cover.
    per_site
        How many posts may stand at one place.
    candidates
        Where posts may stand, as ``candidate_posts(...).kept``; those of `candidate_posts` with
        what is given here, if nothing else is said.
    existing
        Posts that stand: they are kept, and those proposed are beside them.
    crossings
        From `read_crossings`: at each at least one post stands within 2 km. One at which no
        candidate does is told by a `DataWarning`.
    quotas, phases, seconds, seed
        As of `propose`.
    terrain
        Heights, from `read_terrain` or `open_terrain`. Without it nothing is told of sight, nor
        with cells longer than 100 m: these give heights alone.
    sight
        Towers, targets and ranges.
    see
        ``"day"`` or ``"night"``: a post covers only what it also sees then.
    intercept
        How far behind the line walkers are to be met; tells where posts can and cannot.
    surroundings
        Towns, water and buildings, for supply and defence.
    support_minutes
        Within how many minutes posts support each other.
    defence_km
        How many km of line a post gives up for a full score of defence instead of none; at 0 the
        score only tells equal plans apart.
    mobilise_minutes
        As of `travel_times`.

    Returns
    -------
    FrontierPlan
        Unit ``km``.

    Raises
    ------
    InputError
        If an argument is out of range, or the tables do not fit.
    InfeasibleError
        If no plan keeps the rules; it names those in the way.
    """
    wishes = Wishes(
        posts=posts, share=share, each=each, per_site=per_site, minutes=minutes,
        mobilise_minutes=mobilise_minutes, support_minutes=support_minutes, phases=phases,
        defence_km=defence_km,
    )  # fmt: skip
    wishes.check(see, terrain)
    line, tables = read_tables(line, candidates, existing, crossings, surroundings)
    candidates, existing, crossings = (tables.get(name) for name in TABLES)
    watch = Watch(
        minutes=float(minutes), mobilise_minutes=float(mobilise_minutes), terrain=terrain,
        sight=sight or Sight(), see=see,
    )  # fmt: skip
    near = surroundings or Surroundings()
    if candidates is None:
        candidates = _find_candidates(network, line, terrain, crossings, (posts or 0) / per_site)
    candidates = _ready(candidates, line, crossings)
    candidates = _score(candidates, network, watch, near, float(defence_km))
    existing = None if existing is None else _ready(existing, line, crossings)
    options = _repeat(candidates, int(per_site))
    first = None if phases is None or not len(phases) else phases[0]
    outlook = look_out(network, line, options, existing, watch)
    plan = propose(
        outlook.options,
        wishes.model(),
        existing=outlook.existing,
        quotas=[*quotas, *rules_at_crossings(crossings, candidates, existing, first=first)],
        phases=phases,
        weight="km",
        priority="risk" if (line["risk"] != 1.0).any() else None,
        ties=_SCORE,
        bonus=_BONUS if defence_km > 0 else None,
        seconds=seconds,
        seed=seed,
    )
    told = tell_plan(
        plan, network, line, outlook, watch,
        near=near, crossings=crossings, each=int(each), intercept=intercept,
        support_minutes=float(support_minutes),
    )  # fmt: skip
    return replace(told, asked=wishes.describe(see))


def _find_candidates(
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    terrain: Terrain | TerrainFile | None,
    crossings: gpd.GeoDataFrame | None,
    least: float,
) -> gpd.GeoDataFrame:
    """Return where posts may stand if nobody says so, or tell why there are too few places."""
    found = candidate_posts(network, line, terrain=terrain, crossings=crossings)
    if len(found.kept) < least:
        dropped = ", ".join(f"{count} {reason}" for reason, count in found.counts().items())
        message = (
            f"{least:g} places are needed, and there are {len(found.kept)} candidates; dropped"
            f" were {dropped}; list them by candidate_posts with wider limits, and give candidates="
        )
        raise InfeasibleError(message)
    return found.kept


def _ready(
    posts: gpd.GeoDataFrame, line: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return posts with where they lie, and their governorate if they do not say it."""
    found = find_chainages(line, posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy())
    posts = posts.assign(
        chainage_km=found["chainage_km"].to_numpy(), setback_km=found["line_m"].to_numpy() / 1000
    )
    if "governorate" in line and "governorate" not in posts:
        segment = found["segment"].to_numpy()
        posts = posts.assign(governorate=line["governorate"].to_numpy()[segment])
    return mark_crossings(posts, crossings)


def _score(
    candidates: gpd.GeoDataFrame,
    network: RoadNetwork,
    watch: Watch,
    near: Surroundings,
    defence_km: float,
) -> gpd.GeoDataFrame:
    """Return candidates with their score of defence, and what it is worth in km.

    Here a part that is not known of a candidate, but of others, counts as neither good nor bad: it
    is no advantage that nothing is known.
    """
    found = score_defence(
        candidates,
        network=network,
        terrain=watch.terrain,
        buildings=near.buildings,
        sight=watch.sight,
    )
    parts = found[[name for name in found if str(name).endswith("_score")]]
    known = parts.loc[:, parts.notna().any()]
    score = known.fillna(_NEITHER).mean(axis=1).fillna(_NEITHER)
    return candidates.assign(**{_SCORE: score, _BONUS: defence_km * score})


def _repeat(candidates: gpd.GeoDataFrame, times: int) -> gpd.GeoDataFrame:
    """Return candidates so many times over, for as many posts at one place."""
    copies = [candidates]
    for one in range(2, times + 1):
        index = pd.Index([f"{name}/{one}" for name in candidates.index], dtype=object)
        copies.append(candidates.set_axis(index))
    repeated = pd.concat(copies) if times > 1 else candidates
    repeated.index.name = "site_id"
    return repeated
