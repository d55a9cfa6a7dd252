"""The line in pieces, and what each post could reach in time and see of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from boxreach.border.changes import find_reach_changes_km
from boxreach.crs import Floats
from boxreach.network import RoadNetwork
from boxreach.routing import TravelTimes, travel_times
from boxreach.sight import LineSight, Sight, is_coarse, see_line
from boxreach.sources.segments import split_segments
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile

See = Literal["day", "night"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Watch:
    """What counts as watched: in time, and in sight where that is asked for.

    Attributes
    ----------
    minutes, mobilise_minutes
        The response time, and that until a vehicle moves.
    terrain, sight
        The ground and the towers.
    see
        Whether a post must also see what it is to cover, and by what light.
    """

    minutes: float
    mobilise_minutes: float = 0.0
    terrain: Terrain | TerrainFile | None = None
    sight: Sight = field(default_factory=Sight)
    see: See | None = None

    @property
    def sees(self) -> bool:
        """Whether the ground is known so finely that lines of sight can be told."""
        return self.terrain is not None and not is_coarse(self.terrain.cell_m)


@dataclass(frozen=True, eq=False)
class Outlook:
    """The line cut wherever what posts reach changes, and see where that counts.

    Attributes
    ----------
    pieces
        The line, from `split_segments`.
    options, existing
        Times from candidates and from posts that stand; where sight counts only to what they see.
    """

    pieces: gpd.GeoDataFrame
    options: TravelTimes
    existing: TravelTimes | None


def look_out(
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    existing: gpd.GeoDataFrame | None,
    watch: Watch,
) -> Outlook:
    """Cut the line for all candidates and posts that stand, and time their ways to its pieces."""
    places = _join_posts(existing, candidates)
    # Candidates at one place, of which several may be chosen, are looked at once.
    places = places[~places.geometry.to_wkb().duplicated()]
    cuts_km = [_find_changes_km(network, places, line, watch)]
    sights = None
    if watch.see is not None and watch.terrain is not None:
        sights = see_line(watch.terrain, _join_posts(existing, candidates), line, sight=watch.sight)
        cuts_km.append(sights.changes_km(night=watch.see == "night"))
    pieces = split_segments(line, np.concatenate(cuts_km))
    times = [
        None if table is None else _watched(network, table, pieces, watch, sights)
        for table in (candidates, existing)
    ]
    options = times[0]
    assert options is not None  # noqa: S101 - for mypy: candidates are always given
    return Outlook(pieces, options, times[1])


def _find_changes_km(
    network: RoadNetwork, posts: gpd.GeoDataFrame, line: gpd.GeoDataFrame, watch: Watch
) -> Floats:
    """Return the chainages at which what these posts reach in time changes."""
    return find_reach_changes_km(
        network, posts, line, minutes=watch.minutes, mobilise_minutes=watch.mobilise_minutes
    )


def _join_posts(existing: gpd.GeoDataFrame | None, more: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places of posts that stand and of others, one table."""
    if existing is None or not len(existing):
        return more[["geometry"]]
    joined = pd.concat([existing[["geometry"]], more[["geometry"]]])
    joined.index.name = "site_id"
    return joined


def _watched(
    network: RoadNetwork,
    posts: gpd.GeoDataFrame,
    pieces: gpd.GeoDataFrame,
    watch: Watch,
    sights: LineSight | None,
) -> TravelTimes:
    times = travel_times(
        network, posts, pieces, cutoff=watch.minutes, mobilise_minutes=watch.mobilise_minutes
    )
    if sights is None:
        return times
    rows = sights.posts.index.get_indexer(posts.index)
    seen = sights.at(middles_km(pieces), night=watch.see == "night")[rows]
    return replace(times, ms=keep_seen(times.ms, seen))


def keep_seen(ms: csr_array, seen: csr_array) -> csr_array:
    """Return the times of the pairs that are also seen."""
    pairs = ms.tocoo()
    mask = csr_array((np.ones(ms.nnz, np.int8), ms.indices, ms.indptr), shape=ms.shape)
    both = csr_array(mask.multiply(csr_array(seen, dtype=np.int8))).tocoo()
    width = ms.shape[1]
    kept = np.isin(
        pairs.row.astype(np.int64) * width + pairs.col, both.row.astype(np.int64) * width + both.col
    )
    found = csr_array((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=ms.shape)
    found.sort_indices()
    return found


def middles_km(pieces: gpd.GeoDataFrame) -> Floats:
    """Return the chainage of the middle of each piece."""
    ends = pieces[["chainage_from_km", "chainage_to_km"]].to_numpy(dtype=float)
    return np.asarray(ends.mean(axis=1))
