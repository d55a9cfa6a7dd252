"""What no plan can beat, region by region: sites that share no demand only share the number."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from boxreach.location.branching import Branching
from boxreach.location.cover_sets import CoverSets
from boxreach.location.dual import add_up
from boxreach.location.picks import Picks

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SLACK = 1e-11


class Regions:
    """The regions of a covering problem, and the bound that they prove together.

    All that ties regions together is how many sites are to be chosen. With a price c for each of
    them, the best choices of the regions are found one by one:

        bound(c) = c p + sum_R max over choices S of region R of (what S covers - c |S|)

    which is a Lagrangian decomposition (Guignard and Kim, 1987), or the bound of Dantzig and Wolfe
    (1960) at those prices: for a c of the linear relaxation, never above what that proves. A bound
    of any region's maximum serves in its place, so this one holds whenever time ends.

    Parameters
    ----------
    sets, worth
        The problem; worth concave.
    picks
        How many sites to choose, and which are barred and sure; its groups are not looked at.
    price
        Of each site, 0 or more.
    chosen
        A plan to begin with.
    """

    def __init__(
        self, sets: CoverSets, worth: Floats, picks: Picks, price: float, chosen: Integers
    ) -> None:
        self.sets, self.worth, self.picks, self.price = sets, worth, picks, price
        covers = np.diff(sets.start) > 0
        self._idle = np.flatnonzero(picks.fixed & ~covers)
        parts = find_regions(sets, ~picks.barred & covers)
        self._parts = sorted(parts, key=lambda part: int(np.diff(sets.start)[part].sum()))
        self._searches = [
            Branching(
                cut_out(sets, part),
                worth,
                price,
                sure=picks.fixed[part],
                chosen=np.flatnonzero(np.isin(part, chosen) | picks.fixed[part]),
            )
            for part in self._parts
        ]

    def follow(self, deadline: float) -> None:
        """Search the regions, from the smallest on, until all are known or the time ends.

        Parameters
        ----------
        deadline
            When to stop, by `time.monotonic`.
        """
        for search in self._searches:
            search.follow(deadline)

    @property
    def bound(self) -> float:
        """What no plan can beat."""
        left = (self.picks.count or 0) - len(self._idle)
        terms = [self.price * left, *(search.bound for search in self._searches)]
        return math.fsum(terms) + _SLACK * math.fsum(map(abs, terms))

    def plan(self) -> Integers:
        """Return the best choices of the regions, made as many sites as a plan has."""
        found = [
            part[search.chosen] for part, search in zip(self._parts, self._searches, strict=True)
        ]
        return fit(self.sets, self.worth, self.picks, np.concatenate([self._idle, *found]))

    def turned_over(self, least: float) -> tuple[Flags, Flags]:
        """Tell which sites no plan has that covers more than `least`, and which every one has.

        A site that is turned over costs its region what it loses without branching; the other
        regions still have no more than their best choices.

        Parameters
        ----------
        least
            What a plan covers.
        """
        out, into = np.zeros(self.sets.sites, dtype=bool), np.zeros(self.sets.sites, dtype=bool)
        bound = self.bound
        for part, search in zip(self._parts, self._searches, strict=True):
            root = search.root
            loose = bound - search.bound + root.bound - np.abs(root.margins)
            lost = (loose < least * (1 - _SLACK) - _SLACK) & ~root.low
            out[part[lost & (root.margins <= 0)]] = True
            into[part[lost & (root.margins > 0)]] = True
        return out, into


def find_regions(sets: CoverSets, open_sites: Flags) -> list[Integers]:
    """Return groups of sites, such that sites of different ones share no demand.

    Parameters
    ----------
    sets
        What the sites cover.
    open_sites
        Which of them to look at.

    Examples
    --------
    >>> from boxreach.location.cover_sets import merge_demand
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))
    >>> sets = merge_demand(
    ...     cover.indptr, cover.indices, np.ones(3), kept=np.ones(3, dtype=bool)
    ... )
    >>> [region.tolist() for region in find_regions(sets, np.ones(3, dtype=bool))]
    [[0, 1], [2]]
    """
    sites = np.flatnonzero(open_sites)
    matrix = csr_array(sets.as_matrix()[sites])
    # Sites and demand are the ends of the pairs; the numbers of the demand follow those of sites.
    ends = len(sites) + matrix.shape[1]
    begins = np.append(matrix.indptr, np.full(matrix.shape[1], matrix.nnz))
    pairs = csr_array((matrix.data, matrix.indices + len(sites), begins), shape=(ends, ends))
    count, label = connected_components(pairs, directed=False)
    order = np.argsort(label[: len(sites)], kind="stable")
    edges = np.searchsorted(label[: len(sites)][order], np.arange(count + 1))
    parts = [sites[order[low:high]] for low, high in pairwise(edges)]
    return [part for part in parts if len(part)]


def fit(sets: CoverSets, worth: Floats, picks: Picks, chosen: Integers) -> Integers:
    """Return as many sites as picks ask for: add what then covers most, or drop what least.

    Parameters
    ----------
    sets, worth
        The problem.
    picks
        How many sites to choose, which are not to be added, and which not to be dropped.
    chosen
        Sites to begin with.

    Examples
    --------
    >>> from boxreach.location.cover_sets import merge_demand
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))
    >>> everything = np.ones(3, dtype=bool)
    >>> sets = merge_demand(cover.indptr, cover.indices, np.ones(3), kept=everything)
    >>> none = np.zeros(1, dtype=np.int64)
    >>> picks = Picks(2, np.zeros(3, dtype=np.int64), none, none + 3, ~everything, ~everything)
    >>> fit(sets, np.array([0.0, 1.0]), picks, np.array([0])).tolist()
    [0, 2]
    >>> fit(sets, np.array([0.0, 1.0]), picks, np.arange(3)).tolist()
    [0, 2]
    """
    steps = np.append(0.0, np.diff(worth))  # of the n-th site to cover some demand
    taken = np.zeros(sets.sites, dtype=bool)
    taken[chosen] = True
    while taken.sum() != picks.count:
        short = taken.sum() < picks.count
        counts = sets.count(np.flatnonzero(taken)) + short
        gain = np.where(counts < len(worth), steps[np.minimum(counts, len(worth) - 1)], 0.0)
        gains = add_up(sets, sets.weights * gain)
        if short:
            taken[np.argmax(np.where(taken | picks.barred, -np.inf, gains))] = True
        else:
            taken[np.argmin(np.where(taken & ~picks.fixed, gains, np.inf))] = False
    return np.flatnonzero(taken)


def cut_out(sets: CoverSets, sites: Integers) -> CoverSets:
    """Return some sites alone, in their order, with the demand that they cover, merged.

    Parameters
    ----------
    sets
        What all sites cover.
    sites
        Which of them, ascending.
    """
    kept = np.zeros(sets.sites, dtype=bool)
    kept[sites] = True
    alone = sets.among(kept)
    begins = np.append(alone.start[sites], alone.pairs)
    return CoverSets(begins, alone.demand, alone.weights, alone.merged)
