"""`hold_line`: which posts can come to each other's help, and where the line is thin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from boxreach.arguments import number_faults, require_kind
from boxreach.border.post_table import require_posts
from boxreach.errors import FaultCollector
from boxreach.network import RoadNetwork
from boxreach.routing import travel_times
from boxreach.routing.terms import Direction

Integers = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000
_DAY_MINUTES = 24 * 60.0
_FURTHER = 6


@dataclass(frozen=True, eq=False)
class Holding:
    """Posts that support each other, and the gaps between neighbours along the line.

    Two posts support each other where each reaches the other within the minutes; the minutes of
    two posts are those of the slower direction.

    Attributes
    ----------
    posts
        As they came, by their ids: ``neighbours``, the ids of those that support it, along the
        line and with spaces between; ``nearest_site_id`` and ``nearest_minutes``, the post
        quickest to and from it, however far within a day, blank where none has a way both ways;
        ``group``, the number of its group from the north, 0 for none; ``isolated``, whether
        nobody supports it.
    links
        The pairs that support each other, along the line: ``from_site_id``, the one of the two
        that comes first along it, ``to_site_id``, ``minutes``.
    gaps
        Neighbours along the chainage: ``from_site_id``, ``to_site_id``, ``km`` of line between
        them, ``minutes``, NaN where there is no way, or none within a day.
    minutes
        Within how many minutes posts support each other.
    """

    posts: pd.DataFrame
    links: pd.DataFrame
    gaps: pd.DataFrame
    minutes: float

    @property
    def groups(self) -> int:
        """How many groups of two posts or more there are, joined by those that support others."""
        return int(self.posts["group"].max()) if len(self.posts) else 0

    @property
    def isolated(self) -> int:
        """How many posts nobody supports."""
        return int(self.posts["isolated"].sum())

    @property
    def widest_km(self) -> pd.Series[Any] | None:
        """The gap with the most kilometres, the first of several; None where there is none."""
        return self._widest(self.gaps["km"])

    @property
    def widest_minutes(self) -> pd.Series[Any] | None:
        """The gap with the most minutes, one without a way before all; None where there is none."""
        return self._widest(self.gaps["minutes"].fillna(np.inf))

    def _widest(self, by: pd.Series[float]) -> pd.Series[Any] | None:
        return self.gaps.iloc[int(by.to_numpy().argmax())] if len(self.gaps) else None


def hold_line(network: RoadNetwork, posts: gpd.GeoDataFrame, *, minutes: float = 20.0) -> Holding:
    """Tell which posts reach each other in time in both directions, and which stand alone.

    Groups are the connected components of the graph whose nodes are posts and whose edges are
    pairs that support each other: within a group help may come from post to post, though not in
    the minutes of one step.

    Parameters
    ----------
    network
        From `build_network`; its off-road range and speed hold between posts too.
    posts
        Points with unique ids in the index, and ``chainage_km`` along the frontier.
    minutes
        How long help may take; the time itself is inside.

    Returns
    -------
    Holding
        Pairs of posts that help each other, the groups they make, and the widest holes.

    Raises
    ------
    InputError
        If the posts are no such table, or the minutes are not above 0 and up to 1440.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach.network import build_network
    >>> road = gpd.GeoDataFrame({"speed_kmh": [60.0]}, geometry=[LineString([(44, 33), (45, 33)])],
    ...                         crs=4326)
    >>> posts = gpd.GeoDataFrame({"chainage_km": [0.0, 9.3, 60.0]}, index=["a", "b", "c"],
    ...                          geometry=[Point(44, 33), Point(44.1, 33), Point(44.7, 33)],
    ...                          crs=4326)
    >>> held = hold_line(build_network(road, off_road_km=0.1), posts, minutes=20)
    >>> held.posts[["neighbours", "nearest_minutes", "group", "isolated"]].round(1)
      neighbours  nearest_minutes  group  isolated
    a          b              9.3      1     False
    b          a              9.3      1     False
    c                        56.1      0      True
    >>> held.gaps.round(1)
      from_site_id to_site_id    km  minutes
    0            a          b   9.3      9.3
    1            b          c  50.7     56.1
    """
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    faults = FaultCollector()
    with faults.attempt():
        posts = require_posts(posts, placed=True)
    faults.add(
        number_faults("minutes", minutes, lambda one: 0 < one <= _DAY_MINUTES,
                      "give minutes above 0, up to 1440")
    )  # fmt: skip
    faults.raise_any()
    chainage_km = posts["chainage_km"].to_numpy(dtype=float)
    ids = posts.index.to_numpy(dtype=str)
    order = np.lexsort((ids, chainage_km))
    along = posts.iloc[order]
    one, other, ms = _find_pairs(network, along, float(minutes))
    near = ms <= round(minutes * _MS_PER_MINUTE)
    table = _describe(along.index, one, other, ms, near)
    return Holding(
        posts=table.iloc[np.argsort(order)],
        links=_pair_table(along.index, one[near], other[near], minutes=ms[near] / _MS_PER_MINUTE),
        gaps=_gaps(along.index, chainage_km[order], one, other, ms),
        minutes=float(minutes),
    )


def _find_pairs(
    network: RoadNetwork, along: gpd.GeoDataFrame, minutes: float
) -> tuple[Integers, Integers, Integers]:
    """Return pairs of posts with a way both ways, and the milliseconds of the slower one.

    All within the minutes are there, and as many more as it takes for each post to have one, and
    for each pair of neighbours along the line to be there, as far as there are ways: those still
    without are searched from again, further out.
    """
    places, count = along.geometry.to_frame(), len(along)
    if count < 2:
        return (np.empty(0, dtype=np.int64),) * 3
    ms = travel_times(network, places, places, cutoff=minutes).ms
    pair, slower = _both_ways(ms, ms.T, np.arange(count))
    one, other = np.divmod(pair, count)
    for cutoff in (min(_FURTHER * minutes, _DAY_MINUTES), _DAY_MINUTES):
        unmet = _find_unmet(one, other, count)
        if not len(unmet):
            break
        there, back = (
            travel_times(network, places.iloc[unmet], places, cutoff=cutoff, direction=way).ms
            for way in get_args(Direction)
        )
        more, more_ms = _both_ways(there, back, unmet)
        pair, first = np.unique(np.append(pair, more), return_index=True)
        slower = np.append(slower, more_ms)[first]
        one, other = np.divmod(pair, count)
    return one, other, slower


def _both_ways(there: csr_array, back: csr_array, some: Integers) -> tuple[Integers, Integers]:
    """Return the pairs of some places and any with a way both ways, and the slower milliseconds.

    A pair is one number: the lower position times how many places there are, and the higher.
    """
    count, ways = there.shape[1], (there.tocoo(), back.tocoo())
    out, home = (some[way.coords[0]] * count + way.coords[1] for way in ways)
    pair, at, again = np.intersect1d(out, home, assume_unique=True, return_indices=True)
    one, other = np.divmod(pair, count)
    slower = np.maximum(ways[0].data[at], ways[1].data[again]).astype(np.int64)
    apart = one != other
    pair = np.minimum(one, other)[apart] * count + np.maximum(one, other)[apart]
    pair, first = np.unique(pair, return_index=True)
    return pair, slower[apart][first]


def _find_unmet(one: Integers, other: Integers, count: int) -> Integers:
    """Return posts that are in no pair, and those that are in none with the next along the line."""
    alone = np.bincount(np.append(one, other), minlength=count) == 0
    apart = np.ones(count, dtype=bool)
    apart[-1] = False
    apart[one[other - one == 1]] = False
    return np.flatnonzero(alone | apart)


def _describe(
    ids: pd.Index[str], one: Integers, other: Integers, ms: Integers, near: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Return what is told of each post, in the order of the line."""
    count, names = len(ids), ids.to_numpy(dtype=object)
    post, partner, both = np.append(one, other), np.append(other, one), np.append(ms, ms)
    by_id = np.argsort(np.argsort(names.astype(str), kind="stable"))
    order = np.lexsort((by_id[partner], both, post))
    met, first = np.unique(post[order], return_index=True)
    nearest = np.full(count, "", dtype=object)
    nearest[met] = names[partner[order[first]]]
    nearest_minutes = np.full(count, np.nan)
    nearest_minutes[met] = both[order[first]] / _MS_PER_MINUTE
    helped: list[list[str]] = [[] for _ in range(count)]
    in_line = np.lexsort((partner, post))
    for at in in_line[np.append(near, near)[in_line]]:
        helped[post[at]].append(str(names[partner[at]]))
    return pd.DataFrame(
        {
            "neighbours": pd.Series([" ".join(one) for one in helped], index=ids, dtype=object),
            "nearest_site_id": nearest,
            "nearest_minutes": nearest_minutes,
            "group": _number_groups(one[near], other[near], count),
            "isolated": np.array([not one for one in helped], dtype=bool),
        },
        index=ids,
    )


def _number_groups(one: Integers, other: Integers, count: int) -> Integers:
    """Return the group of each post, numbered along the line from 1; 0 for those alone."""
    links = csr_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(count, count))
    part = connected_components(links, directed=False)[1] if count else np.empty(0, dtype=np.int64)
    several = np.bincount(part)[part] > 1 if count else np.empty(0, dtype=bool)
    group = np.zeros(count, dtype=np.int64)
    _, first, which = np.unique(part[several], return_index=True, return_inverse=True)
    group[several] = np.argsort(np.argsort(first))[which] + 1
    return group


def _gaps(
    ids: pd.Index[str],
    chainage_km: npt.NDArray[np.float64],
    one: Integers,
    other: Integers,
    ms: Integers,
) -> pd.DataFrame:
    """Return the neighbours along the line, and how far they are from each other."""
    before = np.arange(max(len(ids) - 1, 0))
    minutes = np.full(len(before), np.nan)
    follow = other - one == 1
    minutes[one[follow]] = ms[follow] / _MS_PER_MINUTE
    return _pair_table(ids, before, before + 1, km=np.diff(chainage_km), minutes=minutes)


def _pair_table(
    ids: pd.Index[str], one: Integers, other: Integers, **columns: npt.NDArray[np.float64]
) -> pd.DataFrame:
    names = ids.to_numpy(dtype=object)
    return pd.DataFrame({"from_site_id": names[one], "to_site_id": names[other], **columns})
