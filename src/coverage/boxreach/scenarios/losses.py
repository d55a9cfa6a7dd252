"""Who loses reach when sites or roads are lost, from matrices of times alone."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.routing import NEVER
from boxreach.scenarios.differences import unit_of

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_FAR = np.int64(2**62)


@dataclass(frozen=True, eq=False)
class Change:
    """Places whose quickest site within the cutoff is another, or later.

    Attributes
    ----------
    place
        Positions of the places, rising.
    site, ms
        The quickest site then, and its milliseconds; -1 and `NEVER` where none is within the
        cutoff.
    """

    place: Longs
    site: Longs
    ms: Longs

    def lost(self, before_ms: Longs, limit_ms: int) -> Flags:
        """Tell which of the places were within a limit before, and are not then."""
        within = (before_ms[self.place] >= 0) & (before_ms[self.place] <= limit_ms)
        return np.asarray(within & ((self.ms < 0) | (self.ms > limit_ms)))

    def slower(self, before_ms: Longs, limit_ms: int) -> Flags:
        """Tell which of the places are within a limit before and then, and later."""
        return np.asarray(
            (before_ms[self.place] >= 0) & (self.ms > before_ms[self.place]) & (self.ms <= limit_ms)
        )


class Quickest:
    """The quickest sites of places within the cutoff, and what is left when rows change.

    Parameters
    ----------
    times
        Milliseconds within the cutoff, sites by places.
    rank
        The rank of each site by its id: of sites as quick as each other the first is named.

    Attributes
    ----------
    site, ms
        The quickest site of each place, and its milliseconds; -1 and `NEVER` where none is within
        the cutoff.
    """

    def __init__(self, times: csr_array, rank: Longs) -> None:
        self.times, self.rank = times, rank.astype(np.int64)
        self._by_place = times.tocsc()
        places = np.arange(times.shape[1])
        nothing = csr_array((0, times.shape[1]), dtype=np.int64)
        self.site, self.ms = self._best(places, np.empty(0, dtype=np.int64), nothing)

    def after(self, rows: Longs, times: csr_array) -> Change:
        """Return what changes when some sites have other times, none of them quicker.

        Parameters
        ----------
        rows, times
            The sites, and their times then.
        """
        # One more for the places that no site reaches.
        changed = np.zeros(len(self.rank) + 1, dtype=bool)
        changed[rows] = True
        places = np.flatnonzero(changed[self.site])
        site, ms = self._best(places, rows, times)
        kept = ms != self.ms[places]
        return Change(places[kept], site[kept], ms[kept])

    def without(self, site: int) -> Change:
        """Return what changes when a site is lost."""
        nothing = csr_array((1, self.times.shape[1]), dtype=np.int64)
        places = np.flatnonzero(self.site == site)
        return Change(places, *self._best(places, np.array([site]), nothing))

    def _best(self, places: Longs, rows: Longs, times: csr_array) -> tuple[Longs, Longs]:
        """Return the quickest site and its milliseconds, where some rows have other times."""
        changed = np.zeros(len(self.rank), dtype=bool)
        changed[rows] = True
        best, best_site = np.full(self.times.shape[1], _FAR), np.full(self.times.shape[1], -1)
        _take_rows(times.indptr, times.indices, times.data, rows, self.rank, best, best_site)
        table = self._by_place
        _take_others(
            table.indptr, table.indices, table.data, places, changed, self.rank, best, best_site
        )
        ms = np.where(best[places] < _FAR, best[places], NEVER)
        return best_site[places], ms


@compiled
def _take_rows(
    indptr: Longs, indices: Longs, ms: Longs, rows: Longs, rank: Longs, best: Longs, site: Longs
) -> None:
    for at in range(len(indptr) - 1):
        one = rows[at]
        for pair in range(indptr[at], indptr[at + 1]):
            place = indices[pair]
            if ms[pair] < best[place] or (
                ms[pair] == best[place] and rank[one] < rank[site[place]]
            ):
                best[place], site[place] = ms[pair], one


@compiled
def _take_others(
    indptr: Longs, indices: Longs, ms: Longs, places: Longs, changed: Flags, rank: Longs,
    best: Longs, site: Longs,
) -> None:  # fmt: skip
    for place in places:
        for pair in range(indptr[place], indptr[place + 1]):
            one = indices[pair]
            if changed[one]:
                continue
            if ms[pair] < best[place] or (
                ms[pair] == best[place] and rank[one] < rank[site[place]]
            ):
                best[place], site[place] = ms[pair], one


def people_within(times: csr_array, people: Floats, limit_ms: int) -> Floats:
    """Return how many people each site reaches within a limit."""
    near = times.data <= limit_ms
    row = np.repeat(np.arange(times.shape[0]), np.diff(times.indptr))
    weights = people[times.indices[near]]
    return np.bincount(row[near], weights=weights, minlength=times.shape[0]).astype(float)


def weights_of(demand: gpd.GeoDataFrame) -> Floats:
    """Return what is counted of each place: its people, else its kilometres; unknown is none."""
    column = demand[unit_of(demand)]
    counted: Floats = np.nan_to_num(column.to_numpy(dtype=float, na_value=np.nan))
    return counted
