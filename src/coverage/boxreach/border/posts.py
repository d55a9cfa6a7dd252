"""`propose_posts`: border posts that hold the most of the frontier."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.crs import metric_crs
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.location import MaxCover
from boxreach.network import RoadNetwork
from boxreach.placement import Proposal, propose
from boxreach.routing import travel_times
from boxreach.sources.frontier import middles_and_inward


def propose_posts(
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    *,
    posts: int,
    minutes: float,
    phases: Sequence[int] | None = None,
    setback_km: float = 0.5,
    mobilise_minutes: float = 0.0,
    seconds: float = 60.0,
) -> Proposal:
    """Choose border posts that reach the most kilometres of the frontier in time.

    A segment is reached when a post has a way to its middle, over open ground and by road,
    within so many minutes: a weak barrier, in which every part of the line can be reached, and
    not one that is watched.

    Parameters
    ----------
    network
        From `build_network`; its off-road range and speed hold along the line too.
    line
        Segments from `read_frontier`.
    posts
        How many posts in all.
    minutes
        The response time.
    phases
        Running totals of posts, the last one `posts`: ``[50, 100]``.
    setback_km
        How far inside the own side posts stand. Where `line` does not know its own side (it was
        read without areas), posts stand on the line and a `DataWarning` says so; where its own
        ground is not so deep, no post stands, and a `DataWarning` counts these segments.
    mobilise_minutes, seconds
        As in `travel_times` and `propose`.

    Returns
    -------
    Proposal
        Unit ``km``. Its sites have ``chainage_km``, ``governorate`` where the line has it, and
        ``reach_from_km`` and ``reach_to_km``, the first and last chainage they reach; its
        ``reach`` is the frontier by segment.

    Raises
    ------
    InputError
        If a number is out of range.
    InfeasibleError
        If there are fewer candidates than posts.
    """
    if not 0 <= setback_km <= 50:
        raise InputError(Fault(f"setback_km is {setback_km:g}", advice="give 0 to 50"))
    candidates = _candidates(line, setback_km)
    options = travel_times(
        network, candidates, line, cutoff=minutes, mobilise_minutes=mobilise_minutes
    )
    plan = propose(
        options,
        MaxCover(sites=posts, minutes=minutes),
        phases=phases,
        weight="km",
        seconds=seconds,
    )
    rows = candidates.index.get_indexer(plan.sites.index)
    reached = [
        options.ms.indices[options.ms.indptr[row] : options.ms.indptr[row + 1]] for row in rows
    ]
    start = line["chainage_from_km"].to_numpy()
    end = line["chainage_to_km"].to_numpy()
    sites = plan.sites.assign(
        reach_from_km=[start[one].min() if len(one) else np.nan for one in reached],
        reach_to_km=[end[one].max() if len(one) else np.nan for one in reached],
    )
    return replace(plan, sites=sites)


def _candidates(line: gpd.GeoDataFrame, setback_km: float) -> gpd.GeoDataFrame:
    """Return one candidate a segment, set back from its middle to the own side of the line."""
    crs = metric_crs(tuple(line.total_bounds))
    segments = line.to_crs(crs)
    drawn = segments.geometry.to_numpy()
    if "own_side" not in line:
        warnings.warn(
            "the frontier does not know its own side, so posts stand on the line itself; read it"
            " with areas= to set them back",
            DataWarning,
            stacklevel=3,
        )
        middle = shapely.line_interpolate_point(drawn, 0.5, normalized=True)
        places, usable = shapely.get_coordinates(middle), np.ones(len(line), dtype=bool)
    else:
        middle, inward = middles_and_inward(segments)
        places = middle + inward * setback_km * 1000
        # A bend may bring the line between a segment and its candidate: that one is across it.
        whole = shapely.union_all(drawn)
        ways = shapely.linestrings(np.stack([middle + inward * 1.0, places], axis=1))
        usable = ~shapely.intersects(ways, whole) & _is_own(line, setback_km)
    points = gpd.GeoSeries.from_xy(*places.T, crs=crs).to_crs(line.crs)
    kept = [name for name in ("governorate",) if name in line]
    candidates = gpd.GeoDataFrame(
        line[kept]
        .assign(chainage_km=(line["chainage_from_km"] + line["chainage_to_km"]) / 2)
        .to_numpy(),
        columns=[*kept, "chainage_km"],
        index=pd.Index([f"post-{one}" for one in line.index], name="site_id", dtype=object),
        geometry=points.to_numpy(),
        crs=line.crs,
    )
    candidates["chainage_km"] = candidates["chainage_km"].astype(float)
    return candidates[usable]


def _is_own(line: gpd.GeoDataFrame, setback_km: float) -> npt.NDArray[np.bool_]:
    """Tell at which segments the own ground is at least as deep as posts are set back."""
    deep = np.asarray(line["own_depth_km"] >= setback_km)
    if not deep.all():
        warnings.warn(
            f"at {(~deep).sum()} of {len(line)} segments of the frontier the own areas are not"
            f" {setback_km:g} km deep, so no post stands there",
            DataWarning,
            stacklevel=4,
        )
    return np.asarray(deep)
