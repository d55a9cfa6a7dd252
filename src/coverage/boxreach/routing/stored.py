"""`StoredTimes`: travel times that are kept on the disk, for placement in little memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.arguments import require_path
from boxreach.crs import WGS84
from boxreach.disks import full_disk
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.routing.merging import Merging
from boxreach.routing.search import Part, Progress
from boxreach.routing.searching import Search
from boxreach.routing.stored_rows import MS_PER_TENTH, StoredRows
from boxreach.routing.terms import Direction, Terms
from boxreach.routing.times import TravelTimes, compute_times, search_times
from boxreach.scratch import Scratch, let_go
from boxreach.workers import Client

Integers = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000
_SITES_SAMPLED = 200
_SITES_A_PIECE = 32
"""So few that what threads have found and nobody has written yet is little."""
_EVERY = np.iinfo(np.uint16).max
"""No time is as many tenths of minutes."""
_MOST_PAIRS = np.iinfo(np.int32).max
"""So many pairs scipy's matrices count with numbers of 32 bits."""


@dataclass(frozen=True, eq=False)
class StoredTimes:
    """How long it takes from each site to each demand row, kept on the disk.

    For `boxreach.propose`, in place of `TravelTimes` that do not fit into memory. The disk holds
    tenths of minutes, rounded up: what is covered within any whole number of tenths, and within
    the cutoff, is what is covered to the millisecond. Nothing of it is left when this is gone, or
    the process.

    Attributes
    ----------
    sites, demand, cutoff_minutes, network, mobilise_minutes, direction, merging
        As in `TravelTimes`.
    pairs
        How many pairs of a site and a demand row lie within the cutoff.
    """

    sites: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    cutoff_minutes: float
    network: RoadNetwork
    mobilise_minutes: float
    direction: Direction
    merging: Merging
    pairs: int
    _rows: StoredRows = field(repr=False)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {len(self.sites):,} sites, {len(self.demand):,} demand rows,"
            f" {self.pairs:,} times within {self.cutoff_minutes:g} minutes, {self.direction};"
            f" {WGS84}; on the disk of {self.folder}>"
        )

    @property
    def folder(self) -> Path:
        """The folder on whose disk the times are."""
        return self._rows.folder

    @property
    def terms(self) -> Terms:
        """What was asked for."""
        merged = self.merging.allowed_minutes
        return Terms(self.cutoff_minutes, self.mobilise_minutes, self.direction, merged)

    def from_sites(self, sites: gpd.GeoDataFrame) -> TravelTimes:
        """Return the times from a few other sites to the same demand, in memory.

        Parameters
        ----------
        sites
            Points with unique ids in the index.

        Returns
        -------
        TravelTimes
            Sites by demand, up to the same cutoff.
        """
        return search_times(self.network, sites, self.demand, self.terms)

    def within(self, minutes: float, more: csr_array, scratch: Scratch) -> csr_array:
        """Return who covers whom within some minutes: sites in the order of their ids, then more.

        Parameters
        ----------
        minutes
            The limit, which is within; tenths, or the cutoff.
        more
            Milliseconds from further sites to the same demand.
        scratch
            Where the matrix goes if it does not fit into memory.

        Returns
        -------
        scipy.sparse.csr_array
            Ones, the demand of each site ascending.

        Raises
        ------
        InputError
            If the minutes are no tenths, the disk is full, or there are too many pairs.
        """
        limit_ms = round(minutes * _MS_PER_MINUTE)
        tenths = _tenths_of(limit_ms, self.cutoff_minutes)
        count = self._rows.count_within(tenths)
        near = [more.data[a:b] <= limit_ms for a, b in pairwise(more.indptr)]
        count = np.append(count, [int(one.sum()) for one in near]).astype(np.int64)
        start = np.append(0, np.cumsum(count))
        if start[-1] > _MOST_PAIRS:
            what = f"{start[-1]:,} pairs lie within {minutes:g} minutes, and {_MOST_PAIRS:,} may"
            raise InputError(Fault(what, advice="give fewer candidates, or plan tile by tile"))
        try:
            room, ones = scratch.room(int(start[-1])), scratch.room(int(start[-1]), np.int8)
        except OSError as error:
            size = 5 * int(start[-1])
            raise full_disk(scratch.folder, "travel times", size=size) from error
        for _ in self._rows.place_within(tenths, start, room):
            let_go(room)
        for row, (begin, flags) in enumerate(zip(more.indptr, near, strict=False)):
            home = start[len(self.sites) + row]
            found = more.indices[begin : begin + len(flags)][flags]
            room[home : home + len(found)] = np.sort(found)
        ones[:] = 1
        let_go(ones)
        shape = (len(count), len(self.demand))
        return csr_array((ones, room, start.astype(np.int32)), shape=shape)


Times: TypeAlias = TravelTimes | StoredTimes
"""In memory or on the disk."""


def store_travel_times(
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    cutoff: float = 60.0,
    mobilise_minutes: float = 0.0,
    direction: Direction = "site_to_demand",
    merge_minutes: float = 0.0,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> StoredTimes:
    """Compute travel times as `travel_times` does, and keep them on the disk.

    Parameters
    ----------
    network, sites, demand, cutoff, mobilise_minutes, direction, merge_minutes, progress, client
        As in `travel_times`.
    folder
        On whose disk they are kept, in a file without a name; that of the system if not given. It
        must be there.

    Returns
    -------
    StoredTimes
        For `propose`.

    Raises
    ------
    InputError
        As `travel_times` does, if nothing can be kept in the folder, or if the disk is full.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach import MaxCover, build_network, propose
    >>> road = gpd.GeoDataFrame({"speed_kmh": [60.0]}, crs=4326,
    ...                         geometry=[LineString([(44, 33), (45, 33)])])
    >>> towns = gpd.GeoDataFrame({"people": [100.0, 50.0]}, index=["t1", "t2"], crs=4326,
    ...                          geometry=[Point(44.1, 33), Point(44.6, 33)])
    >>> sites = gpd.GeoDataFrame(index=["a", "b"], geometry=[Point(44, 33), Point(44.4, 33)],
    ...                          crs=4326)
    >>> options = store_travel_times(build_network(road), sites, towns, cutoff=30)
    >>> plan = propose(options, MaxCover(sites=1, minutes=30))
    >>> options.pairs, plan.sites.index.tolist(), plan.objective
    (3, ['b'], 150.0)
    """
    terms = Terms(cutoff, mobilise_minutes, direction, merge_minutes)
    found = hold_times(
        network, sites, demand, terms, fits=lambda _pairs: False, folder=folder,
        progress=progress, client=client,
    )  # fmt: skip
    assert isinstance(found, StoredTimes)  # noqa: S101 - for nothing fits
    return found


def hold_times(
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    terms: Terms,
    *,
    fits: Callable[[int], bool],
    folder: str | Path | None,
    progress: Progress | None,
    client: Client | None,
) -> Times:
    """Compute travel times, and keep them in memory if they fit there, else on the disk.

    Parameters
    ----------
    network, sites, demand, terms, progress, client
        As in `search_times`.
    fits
        Tells whether so many pairs fit into memory. How many there are is reckoned from a sample
        of the sites; it may raise an error too.
    folder
        As in `store_travel_times`.
    """
    home = _require_home(folder)
    stored: list[StoredRows] = []

    def find(search: Search) -> csr_array:
        if fits(search.sample(_SITES_SAMPLED)):
            return search.within(progress, client)
        rows, done = StoredRows(home, len(search.places[0][0]), search.groups), 0
        stored.append(rows)

        def take(_at: int, part: Part) -> None:
            nonlocal done
            rows.write(part)
            done += len(part[0])
            if progress is not None:
                progress("travel times", done, rows.sites)

        search.stream(_SITES_A_PIECE, take, client)
        return csr_array((rows.sites, rows.rows), dtype=np.int64)

    times = compute_times(network, sites, demand, terms, find, progress, client)
    if not stored:
        return times
    return StoredTimes(
        times.sites, times.demand, times.cutoff_minutes, network, times.mobilise_minutes,
        times.direction, times.merging, int(stored[0].count_within(_EVERY).sum()), stored[0],
    )  # fmt: skip


def _require_home(folder: str | Path | None) -> Path:
    """Return the folder in which times are kept, or raise `InputError` where none can be."""
    given = None if folder is None else require_path(folder, "folder")
    try:
        home = given or Path(tempfile.gettempdir())
        tempfile.TemporaryFile(dir=home).close()
    except OSError as error:
        what = f"no travel times can be kept there ({error.strerror or error})"
        advice = "give as folder one that is there and may be written to"
        raise InputError(Fault(what, str(given or ""), advice=advice)) from error
    return home


def _tenths_of(limit_ms: int, cutoff_minutes: float) -> int:
    """Return a limit in tenths of minutes."""
    if limit_ms == round(cutoff_minutes * _MS_PER_MINUTE):
        return int(_EVERY)
    if limit_ms % MS_PER_TENTH:
        what = f"{limit_ms / _MS_PER_MINUTE:g} minutes, and stored times know tenths of minutes"
        advice = "give tenths, or store the times with a cutoff of as many minutes"
        raise InputError(Fault(what, advice=advice))
    return limit_ms // MS_PER_TENTH
