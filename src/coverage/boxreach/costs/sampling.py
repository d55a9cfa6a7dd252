"""Travel times of which a part is computed, to tell what all of them take."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from boxreach.costs.constants import PairCost
from boxreach.costs.work import NONE, Clock, Work, clock
from boxreach.crs import Floats, to_wgs84
from boxreach.network import RoadNetwork
from boxreach.network.sieve import BLOCK_DEGREES
from boxreach.routing.searching import Places, Search
from boxreach.routing.terms import Direction
from boxreach.routing.times import places_of

Integers = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000

FEW_ROWS, MOST_ROWS = 6_000, 50_000
"""So many rows of demand are linked of a table, if it has them."""

_SHARE_OF_ROWS = 1 / 6
_PART_OF_SAMPLE = 1 / 4
_SECONDS, _TOGETHER = 1.5, 64
"""Sites are searched from for so long, so many together that lie next to each other."""

_GOLDEN = 0.382

_FEWEST_SQUARES, _MOST_HALVINGS = 16, 5
"""Squares are made smaller until so many are taken."""

_COLUMNS = 1_000_000
"""More than the squares from pole to pole."""


@dataclass(frozen=True)
class Asked:
    """Which travel times.

    Attributes
    ----------
    network, sites, demand
        Between whom.
    cutoff_minutes, mobilise_minutes, merge_minutes, direction
        As in `travel_times`.
    minutes
        Beyond which a row is left out.
    """

    network: RoadNetwork
    sites: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    cutoff_minutes: float
    minutes: float
    mobilise_minutes: float = 0.0
    merge_minutes: float = 0.0
    direction: Direction = "site_to_demand"


@dataclass(frozen=True)
class Sampled:
    """What travel times take, told from a part of them.

    Attributes
    ----------
    sites, rows
        How many of each there are.
    sampled_rows, sampled_sites
        How many rows were linked, and from how many sites was searched.
    pairs
        How many times lie within the cutoff, about.
    links, straight
        How many ways lead from the roads to the rows, and how many straight over open ground from
        sites to them, about.
    linking, ordering, walking
        The work of linking sites and rows, of all of them; of putting links in order; and of
        searching along the roads.
    found
        That of the times that are found.
    missed
        The share of the rows that no site has within the minutes of the plan, about.
    """

    sites: int
    rows: int
    sampled_rows: int
    sampled_sites: int
    pairs: float
    links: float
    straight: float
    linking: Work
    ordering: Work
    walking: Work
    found: Work
    missed: float

    @property
    def work(self) -> Work:
        """All of it."""
        return self.linking + self.ordering + self.walking + self.found


@dataclass(frozen=True, eq=False)
class _Linked:
    """A part of the rows, what linking them took, and the search that is ready for them."""

    rows: int
    work: Work
    missed: float
    links: int
    search: Search


def sample_times(asked: Asked, pair: PairCost) -> Sampled:
    """Compute a part of some travel times, and tell what all of them take.

    Rows are linked by whole squares of the grid in which roads are sifted, since rows of one square
    share what that takes; squares with many rows and with few are taken alike. Two parts are
    linked, one larger than the other, which tells what is the same for any number of rows.

    Parameters
    ----------
    asked
        Which times.
    pair
        What each takes that is found: too little of a part to be measured there.
    """
    here, there = (places_of(to_wgs84(one, file="")) for one in (asked.sites, asked.demand))
    rows = len(there[0])
    if not len(here[0]) or not rows:
        return Sampled(len(here[0]), rows, 0, 0, 0.0, 0.0, 0.0, NONE, NONE, NONE, NONE, 1.0)
    wanted = int(min(max(rows * _SHARE_OF_ROWS, FEW_ROWS), MOST_ROWS))
    large = _link(asked, here, there, wanted)
    linking = large.work
    if large.rows < rows:
        small = _link(asked, here, there, int(wanted * _PART_OF_SAMPLE))
        difference = (large.work + small.work * -1.0).at_least_none()
        further = (rows - large.rows) / max(large.rows - small.rows, 1)
        linking = large.work + difference * further
    return _search(large, rows, linking, pair)


def _link(asked: Asked, here: Places, there: Places, wanted: int) -> _Linked:
    """Link all sites and some of the demand, and find the nearest site of each row."""
    chosen = choose_rows(*there, wanted)
    mobilise_ms = round(asked.mobilise_minutes * _MS_PER_MINUTE)
    limit_ms = round(asked.cutoff_minutes * _MS_PER_MINUTE)
    with clock() as taken:
        search = Search(
            asked.network,
            here,
            (there[0][chosen], there[1][chosen]),
            mobilise_ms,
            limit_ms,
            asked.merge_minutes,
            backwards=asked.direction == "demand_to_site",
        )
        _, nearest_ms = search.nearest()
    # A search up to a limit keeps them in another order, and these no more.
    links = len(search.question.exits.ways)
    missed = ((nearest_ms < 0) | (nearest_ms > round(asked.minutes * _MS_PER_MINUTE))).mean()
    return _Linked(len(chosen), taken.work, float(missed), links, search)


def _search(linked: _Linked, rows: int, linking: Work, pair: PairCost) -> Sampled:
    """Search from some of the sites to the rows that are linked."""
    tied = linked.search.linked
    assert tied is not None  # noqa: S101 - a part is no more rows than are linked at once
    with clock() as ordered:
        sweep = linked.search.sweep
    sites = len(sweep.order)
    groups = linked.search.groups
    members = np.bincount(groups.group, minlength=len(groups.row))
    found = spread = sampled = 0
    taken = Clock()
    for begin in _begins(sites):
        if taken.work.cpu_s > _SECONDS:
            break
        with clock() as one:
            demand = sweep.search(sweep.order[begin : begin + _TOGETHER])[2]
        taken.work += one.work
        sampled += min(_TOGETHER, sites - begin)
        found += len(demand)
        # Rows that share their links are searched for as one, and counted each.
        spread += int(members[demand].sum())
    whole = rows / linked.rows
    pairs = spread * sites / sampled * whole
    walked_s = max(taken.work.cpu_s - found * pair.found_s, 0.0) * sites / sampled
    return Sampled(
        sites=sites,
        rows=rows,
        sampled_rows=linked.rows,
        sampled_sites=sampled,
        pairs=pairs,
        links=linked.links * whole,
        straight=len(tied.straight[0]) * whole,
        linking=linking,
        ordering=ordered.work * whole,
        walking=Work(workers_s=walked_s),
        found=pair.work(pairs),
        missed=linked.missed,
    )


def _begins(sites: int) -> list[int]:
    """Return where runs of neighbours begin, in an order that is spread over all from the start.

    Examples
    --------
    >>> _begins(100), _begins(64 * 5)
    ([0, 64], [0, 128, 256, 64, 192])
    """
    count = -(-sites // _TOGETHER)
    steps = range(round(count * _GOLDEN) or 1, 0, -1)
    step = next(one for one in steps if math.gcd(one, count) == 1)
    return [run * step % count * _TOGETHER for run in range(count)]


def choose_rows(lon: Floats, lat: Floats, wanted: int) -> Integers:
    """Return positions of about so many rows: all of some squares, large and small ones alike.

    Parameters
    ----------
    lon, lat
        Degrees.
    wanted
        How many rows.

    Examples
    --------
    >>> lon = np.repeat(44.01 + 0.05 * np.arange(40), 5)
    >>> len(choose_rows(lon, np.full(200, 33.01), 50)), len(choose_rows(lon, lon, 500))
    (50, 200)
    """
    if wanted >= len(lon):
        return np.arange(len(lon))
    every = len(lon) / wanted
    for halvings in range(_MOST_HALVINGS):
        degrees = BLOCK_DEGREES / 2**halvings
        square = np.floor(lon / degrees) * _COLUMNS + np.floor(lat / degrees)
        _, number, size = np.unique(square, return_inverse=True, return_counts=True)
        if len(size) >= _FEWEST_SQUARES * every:
            break
    taken = np.argsort(size, kind="stable")[np.arange(every / 2, len(size), every).astype(np.int64)]
    chosen = np.zeros(len(size), dtype=bool)
    chosen[taken] = True
    return np.flatnonzero(chosen[number])
