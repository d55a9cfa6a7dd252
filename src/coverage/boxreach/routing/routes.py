"""Routes: the ways behind travel times, drawn and told road by road."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.arguments import require_kind, shown
from boxreach.crs import WGS84
from boxreach.errors import Fault, InputError
from boxreach.routing.courses import OPEN_GROUND, Course
from boxreach.routing.landings import Landings
from boxreach.routing.steps import tell_steps
from boxreach.routing.times import NEVER, TravelTimes, places_of, travel_times
from boxreach.routing.trips import Trips
from boxreach.tables import in_order

Integers = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000
_SAME_DEGREES = 1e-8
"""Places are told to 1e-7 degrees; what is nearer than this to the vertex before is the same."""

_COLUMNS = (
    "site_id", "demand_id", "minutes", "road_km", "off_road_m", "off_road_minutes", "steps",
    "geometry",
)  # fmt: skip


def find_routes(
    times: TravelTimes, *, pairs: Sequence[tuple[str, str]] | None = None
) -> gpd.GeoDataFrame:
    """Return the quickest ways between sites and demand, with their roads by name.

    Parameters
    ----------
    times
        From `travel_times`; only what lies within its cutoff has a route.
    pairs
        Ids of sites and of demand rows. Without them, each demand row and its quickest site.

    Returns
    -------
    geopandas.GeoDataFrame
        A row a pair in EPSG:4326, in the order asked for: ``site_id``, ``demand_id``,
        ``minutes`` (mobilising included), ``road_km``, ``off_road_m``, ``off_road_minutes``,
        ``steps`` (a tuple of `Step`) and the line as travelled. A pair that is beyond the cutoff
        has none. Rows that were merged (``merge_minutes``) get the way and the minutes that each
        has for itself, which differ from those of `times` by ``times.merging`` at most.

    Raises
    ------
    InputError
        If an id is not that of a site or a demand row, or a pair is none.
    """
    require_kind(times, TravelTimes, "times", "give what travel_times returned")
    wanted = _positions(times, pairs)
    if times.merging.allowed_minutes > 0:
        times, wanted = _part(times, wanted[_stored_ms(times, wanted) != NEVER])
    total_ms = _stored_ms(times, wanted)
    # Site by site, but told in the order asked for.
    order = np.argsort(wanted[:, 0], kind="stable")
    order = order[total_ms[order] >= 0]
    rows: list[tuple[object, ...] | None] = [None] * len(wanted)
    for at, course in zip(order, _courses(times, wanted[order], total_ms[order]), strict=True):
        site, demand = wanted[at]
        on_road = course.edge != OPEN_GROUND
        rows[at] = (
            times.sites.index[site],
            times.demand.index[demand],
            float(total_ms[at]) / _MS_PER_MINUTE,
            float(course.metres[on_road].sum()) / 1000,
            float(course.metres[~on_road].sum()),
            float(course.ms[~on_road].sum()) / _MS_PER_MINUTE,
            tell_steps(times.network, course),
            _line(course),
        )
    table = pd.DataFrame([row for row in rows if row is not None], columns=list(_COLUMNS))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=WGS84)


def _part(times: TravelTimes, wanted: Integers) -> tuple[TravelTimes, Integers]:
    """Return the times of some pairs, each row searched for itself, and where the pairs are there.

    No way takes just the time of a row that was merged: it is that of another one.
    """
    sites, site = np.unique(wanted[:, 0], return_inverse=True)
    demand, row = np.unique(wanted[:, 1], return_inverse=True)
    found = travel_times(
        times.network,
        times.sites.iloc[sites],
        times.demand.iloc[demand],
        # A row may be as much farther than the one that stood for it.
        cutoff=times.cutoff_minutes + times.merging.allowed_minutes,
        mobilise_minutes=times.mobilise_minutes,
        direction=times.direction,
    )
    return found, np.column_stack([site, row])


def find_used(times: TravelTimes, site: Integers, demand: Integers) -> Integers:
    """Return the edges of the network on the quickest ways of pairs, one way each; rising.

    Parameters
    ----------
    times
        From `travel_times`.
    site, demand
        Positions of the pairs, all of them within the cutoff.
    """
    pairs = np.column_stack([site, demand]).astype(np.int64)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    used = np.zeros(len(times.network.edges), dtype=bool)
    for course in _courses(times, pairs, _stored_ms(times, pairs)):
        used[course.edge[course.edge != OPEN_GROUND]] = True
    return np.flatnonzero(used)


def _positions(times: TravelTimes, pairs: Sequence[tuple[str, str]] | None) -> Integers:
    """Return rows of site and demand, each once."""
    if pairs is None:
        found = np.flatnonzero(times.nearest_site >= 0)
        return np.column_stack([times.nearest_site[found], found])
    faults, columns = [], []
    for ids, table in zip(_two_columns(pairs), (times.sites, times.demand), strict=True):
        at = table.index.get_indexer(pd.Index(ids, dtype=object, tupleize_cols=False))
        columns.append(at)
        faults += [
            Fault(f"there is no {table.index.name or 'row'} {ids[row]!r}", "pairs", int(row) + 1,
                  advice="give ids of the tables")
            for row in np.flatnonzero(at < 0)
        ]  # fmt: skip
    if faults:
        raise InputError(*in_order(faults))
    positions = np.column_stack(columns).astype(np.int64)
    _, first = np.unique(positions, axis=0, return_index=True)
    return positions[np.sort(first)]


def _two_columns(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return the ids of sites and those of demand rows."""
    advice = "give pairs of a site's id and a demand row's id"
    if isinstance(pairs, str) or not isinstance(pairs, Iterable):
        raise InputError(Fault(f"pairs is {shown(pairs)}", advice=advice))
    rows = list(pairs)
    faults = [
        Fault(f"it is {shown(one)}", "pairs", row, advice=advice)
        for row, one in enumerate(rows, start=1)
        if not isinstance(one, tuple | list | np.ndarray)
        or len(one) != 2
        or not all(isinstance(name, Hashable) for name in one)
    ]
    if faults:
        raise InputError(*faults)
    return [one[0] for one in rows], [one[1] for one in rows]


def _stored_ms(times: TravelTimes, wanted: Integers) -> Integers:
    """Return the milliseconds of each pair; `NEVER` beyond the cutoff."""
    found = np.full(len(wanted), NEVER, dtype=np.int64)
    if not len(wanted):
        return found
    ms, by_site = times.ms, np.argsort(wanted[:, 0], kind="stable")
    sites, starts = np.unique(wanted[by_site, 0], return_index=True)
    for site, rows in zip(sites, np.split(by_site, starts[1:]), strict=True):
        stored = slice(ms.indptr[site], ms.indptr[site + 1])
        _, at, where = np.intersect1d(
            wanted[rows, 1], ms.indices[stored], assume_unique=True, return_indices=True
        )
        found[rows[at]] = ms.data[stored][where]
    return found


def _courses(times: TravelTimes, pairs: Integers, total_ms: Integers) -> Iterator[Course]:
    """Yield the course of each pair of a site and demand; those of a site stand together."""
    if not len(pairs):
        return
    sites, site = np.unique(pairs[:, 0], return_inverse=True)
    here = places_of(times.sites.iloc[sites])
    there = places_of(times.demand.iloc[pairs[:, 1]])
    backwards = times.direction == "demand_to_site"
    trips = Trips(times.network, backwards=backwards)
    road_ms = total_ms - round(times.mobilise_minutes * _MS_PER_MINUTE)
    done = 0
    while done < len(pairs):
        # Of both sides so many are linked as memory is given to; at least one of each.
        first = site[done]
        theirs, linked = Landings.of_first(
            times.network, *(one[done:] for one in there), outward=backwards
        )
        of_batch = (one[first : site[done + linked - 1] + 1] for one in here)
        mine, known = Landings.of_first(times.network, *of_batch, outward=not backwards)
        rows = np.arange(done, done + linked)
        rows = rows[site[rows] < first + known]
        for one in np.unique(site[rows]):
            of_site = rows[site[rows] == one]
            trips.begin(mine, int(one - first), int(road_ms[of_site].max()))
            for row in of_site:
                yield trips.course(theirs, int(row - done), int(road_ms[row]))
        done += len(rows)


def _line(course: Course) -> shapely.LineString:
    xy = course.xy
    kept = np.append(True, (np.abs(np.diff(xy, axis=0)) > _SAME_DEGREES).any(axis=1))
    return shapely.LineString(xy[kept] if kept.sum() > 1 else xy[:2])
