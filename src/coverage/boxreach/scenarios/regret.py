"""The best choice that is found for a state of the roads, and what none can beat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.location import Rules
from boxreach.location.cover_sets import CoverSets, merge_demand
from boxreach.location.dual import Dual
from boxreach.location.greedy import choose_greedily
from boxreach.location.picks import part_rows
from boxreach.location.rules import Rows
from boxreach.location.swaps import improve, read_plan, set_up

Integers = npt.NDArray[np.int64]

_PLAIN = np.array([0.0, 1.0])
_KICKS, _STEPS = 20, 300


@dataclass(frozen=True, eq=False)
class Best:
    """The best choice that was found.

    Attributes
    ----------
    chosen
        Positions of its sites, ascending.
    within
        What they cover.
    bound
        What no choice of as many covers more than.
    """

    chosen: Integers
    within: float
    bound: float


def find_best(
    cover: csr_array,
    weights: Floats,
    *,
    sites: int,
    starts: Sequence[Integers],
    fixed: Integers,
) -> Best:
    """Choose so many sites that cover as much as is found, from some choices on.

    Each start is bettered by exchanges, and so is what taking the best one after the other comes
    to; the best of them is returned. Prices of demand bound what any choice covers (see
    `boxreach.location.dual.Dual`). How far that goes is counted in steps and not in seconds, so
    that the same question has the same answer.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers.
    weights
        Of the demand, 0 or more.
    sites
        How many to choose, those that are fixed counted.
    starts
        Choices of so many sites, those that are fixed among them.
    fixed
        Sites in every choice.

    Returns
    -------
    Best
        No worse than the best start.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    >>> find_best(cover, np.array([5.0, 1.0, 4.0]), sites=1, starts=[np.array([2])],
    ...           fixed=np.empty(0, np.int64))
    Best(chosen=array([0]), within=6.0, bound=6.0)
    """
    kept = np.ones(cover.shape[0], dtype=bool)
    sets = merge_demand(cover.indptr, cover.indices, weights, kept=kept)
    rows = Rules(fixed=fixed).rows(cover)
    greedy = choose_greedily(sets, _PLAIN, rows, sites)
    found = [*starts, *([] if greedy is None else [greedy])]
    bettered = [_better(sets, rows, one) for one in found]
    chosen = max(bettered, key=lambda one: sets.measure(one, _PLAIN))
    within = sets.measure(chosen, _PLAIN)
    return Best(chosen, within, max(within, _bound(sets, rows, sites, chosen, within)))


def _better(sets: CoverSets, rows: Rows, chosen: Integers) -> Integers:
    """Return what exchanges make of a choice; never worse."""
    if not sets.pairs:
        return chosen
    board = set_up(sets, _PLAIN, rows, chosen, chosen[:0], np.zeros(sets.sites, dtype=bool))
    random = np.random.default_rng(0)
    improve(board, any_number=False, rounds=_KICKS, deadline=math.inf, random=random)
    return read_plan(board)


def _bound(sets: CoverSets, rows: Rows, sites: int, chosen: Integers, within: float) -> float:
    """Return what no choice covers more than."""
    total = math.fsum(sets.weights)
    picks, rest = part_rows(rows, sites)
    prices = sets.weights / (1 + sets.count(chosen))
    dual = Dual(sets, _PLAIN, picks, rest, prices, np.zeros(len(rest.lower)))
    dual.descend(within, _STEPS, math.inf)
    bound = min(total, dual.best.bound)
    whole = bool((sets.weights % 1 == 0).all())
    return math.floor(bound * (1 + 1e-10)) if whole else bound
