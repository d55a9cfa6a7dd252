"""The question a plan answers, on plain arrays: candidates by id, then the sites that stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, vstack

from boxreach.location import (
    BackupCover,
    ExpectedCover,
    MaxCover,
    PCenter,
    PMedian,
    Rules,
    SetCover,
)
from boxreach.location.intervals import Runs, find_runs
from boxreach.placement.clauses import Clause, merge_clauses
from boxreach.placement.quotas import Quota
from boxreach.routing import TravelTimes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Model: TypeAlias = MaxCover | SetCover | BackupCover | ExpectedCover | PMedian | PCenter

MODELS = (MaxCover, SetCover, BackupCover, ExpectedCover, PMedian, PCenter)

MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked, and all that is needed to answer it.

    Attributes
    ----------
    model
        What is made large or small.
    options, existing
        The times from candidates and from sites that stand, as they were given.
    candidates, stands
        Their tables, by id.
    ms
        Milliseconds from the candidates and, behind these, the sites that stand, by demand.
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
    """

    model: Model
    options: TravelTimes
    existing: TravelTimes | None
    candidates: gpd.GeoDataFrame
    stands: gpd.GeoDataFrame
    ms: csr_array
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

    @property
    def counts_itself(self) -> bool:
        """Whether the model tells how many sites there are to be."""
        return getattr(self.model, "sites", None) is None

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
        pairs = self.ms.tocoo()
        near = pairs.data <= round(self.minutes * MS_PER_MINUTE)
        ones = np.ones(int(near.sum()), dtype=np.int8)
        return csr_array((ones, (pairs.row[near], pairs.col[near])), shape=self.ms.shape)

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
        return csr_array(
            (self.ms.data / MS_PER_MINUTE, self.ms.indices, self.ms.indptr), shape=self.ms.shape
        )

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """Ids of the candidates and of the sites that stand."""
        both = [self.candidates.index.to_numpy(object), self.stands.index.to_numpy(object)]
        return np.concatenate(both)

    def rules(self, *more: Clause, early: bool = False, later: bool = False) -> Rules:
        """Return the rules, and more, as the models take them.

        Parameters
        ----------
        more
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
