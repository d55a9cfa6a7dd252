"""Ways that pass no junction: along one chain, or straight over open ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from boxreach.crs import Floats, on_sphere, point_distances_m
from boxreach.network import NO_WAY, Access, RoadNetwork, drive_between, time_ways

Longs = npt.NDArray[np.int64]
Pairs = tuple[Longs, Longs, Longs]

_PAIRS_AT_ONCE = 10_000_000


def along_chains(
    network: RoadNetwork, mine: Access, theirs: Access, limit_ms: float, *, backwards: bool
) -> Iterator[Pairs]:
    """Yield source, demand and milliseconds of ways along one chain, up to a limit.

    Parameters
    ----------
    network
        The network.
    mine, theirs
        Ways out of the sources, and into the demand (the other way round if backwards).
    limit_ms
        The longest time.
    backwards
        Whether ways lead from the demand to the sources.
    """
    chain, order = _in_order(theirs.spots.chain)
    begin = np.searchsorted(chain, mine.spots.chain, side="left")
    count = np.searchsorted(chain, mine.spots.chain, side="right") - begin
    batch = np.cumsum(count) // _PAIRS_AT_ONCE
    for rows in np.split(np.arange(len(count)), np.flatnonzero(np.diff(batch)) + 1):
        one = np.repeat(rows, count[rows])
        skipped = np.cumsum(count[rows]) - count[rows]
        other = begin[one] + np.arange(len(one)) - np.repeat(skipped, count[rows])
        other = other if order is None else order[other]
        by_road = drive_between(
            network.chains, mine.spots, one, theirs.spots, other, backwards=backwards
        )
        ms = mine.off_road_ms[one] + by_road + theirs.off_road_ms[other]
        good = (ms <= limit_ms) & np.isfinite(ms)
        yield mine.point[one][good], theirs.point[other][good], ms[good].astype(np.int64)


def _in_order(chain: Longs) -> tuple[Longs, Longs | None]:
    """Return the chains in rising order, and which was where; None if they already rise."""
    if (chain[1:] >= chain[:-1]).all():
        return chain, None
    order = np.argsort(chain, kind="stable")
    return chain[order], order


def straight_ways(
    network: RoadNetwork,
    here: tuple[Floats, Floats],
    there: tuple[Floats, Floats],
    *,
    backwards: bool = False,
) -> Pairs:
    """Return source, demand and milliseconds of ways over open ground alone.

    Parameters
    ----------
    network
        Its off-road range and speed hold.
    here, there
        Longitude and latitude of the sources and of the demand, in degrees.
    backwards
        Whether ways lead from the demand to the sources.
    """
    none = np.empty(0, dtype=np.int64)
    if not len(here[0]) or not len(there[0]):
        return none, none, none
    range_m = network.off_road_km * 1000
    # A tree for few questions: balancing it takes longer than they do.
    tree = cKDTree(on_sphere(*there), balanced_tree=False, compact_nodes=False)
    near = tree.query_ball_point(on_sphere(*here), range_m + 1.0, return_sorted=True)
    count = np.array([len(one) for one in near])
    source = np.repeat(np.arange(len(near)), count)
    demand = np.concatenate([np.asarray(one, dtype=np.int64) for one in near])
    metres = point_distances_m(here[0][source], here[1][source], there[0][demand], there[1][demand])
    in_range = metres <= range_m
    source, demand, metres = source[in_range], demand[in_range], metres[in_range]
    begin, end = (here[0][source], here[1][source]), (there[0][demand], there[1][demand])
    if backwards:
        begin, end = end, begin
    ms = time_ways(network, begin, end, metres)
    kept = ms != NO_WAY
    return source[kept], demand[kept], ms[kept]
