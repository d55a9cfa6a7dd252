"""The question a plan answers, on plain arrays: candidates by id, then the sites that stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, vstack

from boxreach.location import Rules
from boxreach.location.intervals import Runs, find_runs
from boxreach.placement.clauses import Clause, merge_clauses
from boxreach.placement.quotas import Quota
from boxreach.routing import Times, TravelTimes
from boxreach.scratch import Scratch

if TYPE_CHECKING:
    from boxreach.placement.aims import Aim

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked, and all that is needed to answer it.

    Attributes
    ----------
    aim
        What is made large or small.
    options, existing
        The times from candidates and from sites that stand, as they were given.
    candidates, stands
        Their tables, by id.
    ms
        Milliseconds from the candidates and, behind these, the sites that stand, by demand; None
        where only the disk has room for them.
    weights, pull
        What is counted of each demand, and what the model is to weigh: that times the priority.
    unit
        What is counted.
    minutes
        Within how many minutes demand counts as covered.
    quotas, clauses
        The quotas, and all rules.
    costs
        US dollars of a box at each candidate.
    ties, bonus
        Of each site, what decides between equal plans, and what it adds to what is made large;
        None where nothing of the kind is asked for. Sites that stand have the least and none.
    in_line
        Whether the demand stands in its order along a line.
    covers
        Who reaches whom within the minutes, where `ms` are on the disk.
    scratch
        Where pairs are kept that are too many for memory; None where they all are in it.
    """

    aim: Aim
    options: Times
    existing: TravelTimes | None
    candidates: gpd.GeoDataFrame
    stands: gpd.GeoDataFrame
    ms: csr_array | None
    weights: Floats
    pull: Floats
    unit: str
    minutes: float
    quotas: tuple[Quota, ...]
    clauses: tuple[Clause, ...]
    costs: Floats
    ties: Floats | None = None
    bonus: Floats | None = None
    in_line: bool = False
    covers: csr_array | None = None
    scratch: Scratch | None = None

    @property
    def counts_itself(self) -> bool:
        """Whether the model tells how many sites there are to be."""
        return self.aim.sites is None

    @property
    def relocates(self) -> bool:
        """Whether sites that stand may move."""
        stands = np.arange(self.count) >= len(self.candidates)
        limits = [limit for one in self.clauses if one.lasting for limit in one.limits]
        same = any(np.array_equal(limit.members, stands) for limit in limits)
        return self.standing > 0 and same

    @property
    def asks_early(self) -> bool:
        """Whether a rule asks for something at least in each phase, and not at the end alone."""
        return any(limit.at_least for one in self.clauses if one.lasting for limit in one.limits)

    @property
    def standing(self) -> int:
        """Number of sites that stand."""
        return len(self.stands)

    @property
    def count(self) -> int:
        """Number of candidates and of sites that stand."""
        return len(self.candidates) + self.standing

    @cached_property
    def stood(self) -> Integers:
        """Positions of the sites that stand."""
        return np.arange(len(self.candidates), self.count)

    @cached_property
    def cover(self) -> csr_array:
        """Who reaches whom within the minutes, as a matrix of ones."""
        if self.covers is not None:
            return self.covers
        pairs = self.known_ms.tocoo()
        near = pairs.data <= round(self.minutes * MS_PER_MINUTE)
        ones = np.ones(int(near.sum()), dtype=np.int8)
        return csr_array((ones, (pairs.row[near], pairs.col[near])), shape=pairs.shape)

    @property
    def known_ms(self) -> csr_array:
        """The milliseconds, of a question whose pairs are in memory."""
        assert self.ms is not None  # noqa: S101 - what needs them is not asked of others
        return self.ms

    @cached_property
    def line(self) -> Line | None:
        """The demand that weighs something, if it is in line and each site covers one run of it."""
        if not self.in_line:
            return None
        counting = np.flatnonzero(self.pull > 0)
        cover = csr_array(self.cover[:, counting])
        runs = find_runs(cover)
        return None if runs is None else Line(cover, self.pull[counting], runs)

    @cached_property
    def times(self) -> csr_array:
        """Minutes of all pairs."""
        ms = self.known_ms
        return csr_array((ms.data / MS_PER_MINUTE, ms.indices, ms.indptr), shape=ms.shape)

    def ms_from(self, sites: Integers) -> csr_array:
        """Return the milliseconds from some sites, by position; searched again if not in memory."""
        if self.ms is not None:
            return csr_array(self.ms[sites])
        return self.options.from_sites(self.places_of(sites)).ms

    def places_of(self, sites: Integers) -> gpd.GeoDataFrame:
        """Return the places of some sites, by id."""
        tables = self.candidates, self.stands
        places = np.concatenate([one.geometry.to_numpy() for one in tables])
        index = pd.Index(self.ids[sites], name="site_id", dtype=object)
        return gpd.GeoDataFrame(index=index, geometry=places[sites], crs=tables[0].crs)

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """Ids of the candidates and of the sites that stand."""
        both = [self.candidates.index.to_numpy(object), self.stands.index.to_numpy(object)]
        return np.concatenate(both)

    def rules(self, *more: Clause, early: bool = False, later: bool = False) -> Rules:
        """Return the rules, and more, as the models take them.

        Parameters
        ----------
        *more
            Further rules.
        early
            Whether what is asked for at least need not be kept yet.
        later
            Whether it need be kept only together with sites that follow.
        """
        clauses = list(self.clauses)
        if early:
            clauses = [one.early() for one in clauses]
        elif later:
            clauses = [one.pending(self.count) for one in clauses]
        return merge_clauses([*clauses, *more])

    def covered(self, chosen: Sequence[int] | Integers, boxes: int = 1) -> float:
        """Return how much so many of the chosen sites each reach within the minutes."""
        near = self.cover[np.asarray(chosen, dtype=np.int64)].indices
        often = np.bincount(near, minlength=len(self.weights))
        return float(self.weights[often >= boxes].sum())

    @cached_property
    def base(self) -> float:
        """How much the sites that stand reach."""
        return self.covered(self.stood)

    @property
    def total(self) -> float:
        """How much there is."""
        return float(self.weights.sum())


@dataclass(frozen=True, eq=False)
class Line:
    """What sites cover of the demand along a line that weighs something, in runs of it."""

    cover: csr_array
    pull: Floats
    runs: Runs


def stack_times(options: TravelTimes, existing: TravelTimes | None) -> csr_array:
    """Return the milliseconds of candidates and of sites that stand, each in order of the ids."""
    parts = [times.ms[order_of(times.sites)] for times in (options, existing) if times is not None]
    return csr_array(vstack(parts, format="csr"))


def order_of(sites: gpd.GeoDataFrame) -> Integers:
    """Return the positions of sites in the order of their ids, by which ties break."""
    return np.argsort(sites.index.to_numpy(dtype=str), kind="stable").astype(np.int64)


def count_by_value(sites: pd.DataFrame, column: str, value: str) -> Flags:
    """Tell which sites hold a value in a column."""
    if not len(sites):
        return np.zeros(0, dtype=bool)
    return np.asarray(sites[column].astype(str) == value)
