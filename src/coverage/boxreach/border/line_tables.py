"""The line as chosen posts reach and see it: in pieces, and in its own segments."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array

from boxreach.accessibility import reach
from boxreach.border.outlook import Watch, keep_seen, middles_km
from boxreach.crs import Floats
from boxreach.network import RoadNetwork
from boxreach.routing import TravelTimes, travel_times
from boxreach.sight import LineSight, see_line
from boxreach.sources.chainage import place_on_line
from boxreach.sources.segments import split_segments

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MS_PER_MINUTE = 60_000
_PROFILE_ROWS = 2_500
"""More heights than these no chart shows."""


@dataclass(frozen=True, eq=False)
class Watched:
    """The line in pieces as the posts of a plan reach and see it, all of them together.

    Attributes
    ----------
    pieces
        As `FrontierPlan.reach` is.
    ms
        Milliseconds from each post to each piece that it reaches in time.
    covers
        The pairs that count: in time, and in sight where that is asked for.
    sight
        What the posts see; None without a terrain.
    seen, seen_night
        Posts by pieces; None without a terrain.
    """

    pieces: gpd.GeoDataFrame
    ms: csr_array
    covers: csr_array
    sight: LineSight | None
    seen: csr_array | None
    seen_night: csr_array | None


def watch_line(
    network: RoadNetwork,
    posts: gpd.GeoDataFrame,
    line: gpd.GeoDataFrame,
    pieces: gpd.GeoDataFrame,
    watch: Watch,
) -> Watched:
    """Tell what posts reach and see of the line, in pieces no more than it takes.

    Parameters
    ----------
    network, line, watch
        As they were asked for.
    posts
        Those of a plan.
    pieces
        The line, cut wherever what any of these posts reaches changes.
    """
    sight = None
    if watch.terrain is not None and watch.sees:
        sight = see_line(watch.terrain, posts, line, sight=watch.sight)
        cuts_km = [sight.changes_km(night=night) for night in (False, True)]
        pieces = split_segments(pieces, np.concatenate(cuts_km))
    times = _time_alike(network, posts, pieces, watch, sight)
    pieces = times.demand
    covers, seen, night = times.ms, None, None
    told = reach(times, minutes=watch.minutes)
    told = told.assign(reached=told["covered"])
    if sight is not None:
        at_km = middles_km(pieces)
        seen, night = (sight.at(at_km, night=one) for one in (False, True))
        told = told.assign(
            seen=_count(seen), seen_night=_count(night), unknown=_count(sight.unknown_at(at_km)) > 0
        )
        if watch.see is not None:
            covers = keep_seen(times.ms, night if watch.see == "night" else seen)
            told = _cover_seen(told, covers, posts)
    return Watched(told, times.ms, covers, sight, seen, night)


def _time_alike(
    network: RoadNetwork,
    posts: gpd.GeoDataFrame,
    pieces: gpd.GeoDataFrame,
    watch: Watch,
    sight: LineSight | None,
) -> TravelTimes:
    """Return the times to the pieces, neighbours joined that the same posts reach and see."""

    def time(table: gpd.GeoDataFrame) -> TravelTimes:
        return travel_times(
            network, posts, table, cutoff=watch.minutes, mobilise_minutes=watch.mobilise_minutes
        )

    times = time(pieces)
    parts = [times.ms]
    if sight is not None:
        at_km = middles_km(pieces)
        parts += [sight.at(at_km, night=night) for night in (False, True)]
        parts.append(sight.unknown_at(at_km))
    same = np.array(pieces["segment_id"] == pieces["segment_id"].shift())
    for part in parts:
        same[1:] &= ~_differs(part)
    if not same.any():
        return times
    joined = time(_join(pieces, same))
    # What holds at the middles of two pieces holds at that between them, or they stay as they are.
    alike = (_count(joined.ms) == _count(times.ms)[~same]).all()
    return joined if alike else times


def _join(pieces: gpd.GeoDataFrame, same: Flags) -> gpd.GeoDataFrame:
    """Return pieces with those joined to the one before that are told to be the same."""
    first = np.flatnonzero(~same)
    last = np.append(first[1:], len(pieces)) - 1
    joined = pieces.iloc[first].copy()
    ends = pieces["chainage_to_km"].to_numpy(dtype=float)
    joined["chainage_to_km"] = ends[last]
    km = np.add.reduceat(pieces["km"].to_numpy(dtype=float), first)
    joined["km"] = km
    lines = pieces.geometry.to_numpy()
    geometry = joined.geometry.to_numpy().copy()
    for at in np.flatnonzero(last > first):
        some = lines[first[at] : last[at] + 1]
        geometry[at] = _chain(some)
    return joined.set_geometry(gpd.GeoSeries(geometry, index=joined.index, crs=pieces.crs))


def _chain(lines: npt.NDArray[np.object_]) -> object:
    """Return lines that follow each other as one, without the places at which they were cut."""
    xy = [shapely.get_coordinates(one) for one in lines]
    return shapely.linestrings(np.concatenate([one[:-1] for one in xy[:-1]] + [xy[-1]]))


def _differs(matrix: csr_array) -> Flags:
    """Tell of each column but the first whether its entries differ from those of the one before."""
    ones = csr_array((np.ones(matrix.nnz, np.int8), matrix.indices, matrix.indptr), matrix.shape)
    columns = ones.tocsc()
    change = abs(columns[:, 1:] - columns[:, :-1])
    return np.asarray(change.sum(axis=0)).ravel() > 0


def _count(matrix: csr_array) -> Integers:
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int64)


def _cover_seen(
    told: gpd.GeoDataFrame, covers: csr_array, posts: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return pieces of which only those count as covered that a post in time also sees."""
    within = _count(covers)
    covered = within > 0
    reason = told["reason"].to_numpy(dtype=object).copy()
    reason[told["reached"].to_numpy() & ~covered] = "UNSEEN"
    ids, minutes = told["site_id"].to_numpy(dtype=object).copy(), told["minutes"].to_numpy().copy()
    pairs = covers.tocoo()
    rank = np.argsort(np.argsort(posts.index.to_numpy(dtype=str), kind="stable"))
    order = np.lexsort((rank[pairs.row], pairs.data, pairs.col))
    piece, first = np.unique(pairs.col[order], return_index=True)
    names = posts.index.to_numpy(dtype=object)
    ids[piece] = names[pairs.row[order[first]]]
    minutes[piece] = pairs.data[order[first]] / _MS_PER_MINUTE
    backups, backup_minutes = np.full(len(told), "", dtype=object), np.full(len(told), np.nan)
    several = within[piece] > 1
    second = order[first[several] + 1]
    backups[piece[several]] = names[pairs.row[second]]
    backup_minutes[piece[several]] = pairs.data[second] / _MS_PER_MINUTE
    return told.assign(
        covered=covered, sites_within=within, reason=reason, site_id=ids, minutes=minutes,
        backup_site_id=backups, backup_minutes=backup_minutes,
    )  # fmt: skip


def count_segments(
    line: gpd.GeoDataFrame, watched: Watched, posts: gpd.GeoDataFrame, each: int
) -> pd.DataFrame:
    """Return the segments of the line with how much of each is covered, by whom, and why not."""
    pieces = pd.DataFrame(watched.pieces.drop(columns="geometry"))
    km = pieces["km"]
    amounts = {"covered_km": km.where(pieces["covered"], 0.0)}
    if each > 1:
        amounts["backed_km"] = km.where(pieces["sites_within"] >= each, 0.0)
    amounts["reached_km"] = km.where(pieces["reached"], 0.0)
    if watched.sight is not None:
        amounts |= {
            "seen_km": km.where(pieces["seen"] > 0, 0.0),
            "seen_night_km": km.where(pieces["seen_night"] > 0, 0.0),
            "unknown_km": km.where(pieces["unknown"] & (pieces["seen"] == 0), 0.0),
        }
    sums = pd.DataFrame(amounts).groupby(pieces["segment_id"]).sum().reindex(line.index)
    kept = ["part", "chainage_from_km", "chainage_to_km", "km", "risk", "governorate"]
    table = pd.DataFrame(line[[name for name in kept if name in line]]).join(sums)
    longest = pieces.assign(open_km=km.where(~pieces["covered"], 0.0))
    longest = longest.sort_values("open_km", ascending=False, kind="stable")
    reason = longest.groupby("segment_id", sort=False)["reason"].first().reindex(line.index)
    minutes = pieces["minutes"].where(pieces["reached"]).groupby(pieces["segment_id"]).max()
    table["site_ids"] = _who(watched, posts, line)
    table["minutes"] = minutes.reindex(line.index)
    table["reason"] = reason
    table.index.name = "segment_id"
    return table


def _who(watched: Watched, posts: gpd.GeoDataFrame, line: gpd.GeoDataFrame) -> list[str]:
    """Return the ids of the posts that cover any of each segment, with spaces between."""
    segment = line.index.get_indexer(watched.pieces["segment_id"])
    pairs = watched.covers.tocoo()
    known = np.unique(np.column_stack([segment[pairs.col], pairs.row]), axis=0)
    ids = posts.index.to_numpy(dtype=object)
    who: list[list[str]] = [[] for _ in range(len(line))]
    for place, post in known:
        who[place].append(str(ids[post]))
    return [" ".join(some) for some in who]


def draw_profile(line: gpd.GeoDataFrame, watch: Watch, sight: LineSight | None) -> pd.DataFrame:
    """Return the height of the ground along the line, no finer than a chart can show."""
    if sight is not None:
        step = max(1, int(np.ceil(len(sight.chainage_km) / _PROFILE_ROWS)))
        km, height_m = sight.chainage_km[::step], sight.height_m[::step]
    elif watch.terrain is not None:
        last = float(line["chainage_to_km"].iloc[-1])
        km = np.linspace(0.0, last, _PROFILE_ROWS // 2)
        height_m = watch.terrain.heights_m(*place_on_line(line, km))
    else:
        km = height_m = np.empty(0)
    return pd.DataFrame({"chainage_km": km, "height_m": height_m})


def km_where(watched: Watched, which: Flags) -> float:
    """Return the kilometres of some of the pieces."""
    km: Floats = watched.pieces["km"].to_numpy(dtype=float)
    return float(km[which].sum())
