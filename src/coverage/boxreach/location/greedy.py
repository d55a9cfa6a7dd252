"""A first choice that keeps the limits, made by taking what gains most next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location.rules import GroupLimit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def order_by_gain(cover: csr_array, weights: Floats, sites: Sequence[int]) -> list[int]:
    """Put sites in the order of what each gains next; ties go to the first."""
    left, order = sorted(sites), []
    weights = weights.copy()
    while left:
        gains = [_gain(cover, weights, site) for site in left]
        best = left.pop(int(np.argmax(gains)))
        weights[_covered(cover, best)] = 0.0
        order.append(best)
    return order


def choose_greedily(
    cover: csr_array,
    weights: Floats,
    sites: int,
    limits: Sequence[GroupLimit],
    later_sites: int,
) -> Integers | None:
    """Return a choice of so many sites that keeps the limits, or None where none was found.

    First what the limits still ask for is filled, then the rest; where more sites are to follow,
    the whole is chosen, and of it the sites that gain most.
    """
    total = sites + later_sites
    chosen: list[int] = []
    whole, weights = weights, weights.copy()
    gains = np.array([_gain(cover, weights, site) for site in range(cover.shape[0])])
    while len(chosen) < total:
        allowed = _allowed(cover.shape[0], chosen, limits)
        if not allowed.any():
            return None
        best = _best(cover, weights, gains, allowed)
        weights[_covered(cover, best)] = 0.0
        chosen.append(best)
    if any(limit.members[chosen].sum() < limit.at_least for limit in limits):
        return None
    kept = order_by_gain(cover, whole, chosen)[:sites] if later_sites else chosen
    return np.array(sorted(kept), dtype=np.int64)


def _allowed(count: int, chosen: list[int], limits: Sequence[GroupLimit]) -> npt.NDArray[np.bool_]:
    """Tell which sites may come next: none over a limit, and those that one still needs."""
    allowed = np.ones(count, dtype=bool)
    allowed[chosen] = False
    needed = np.zeros(count, dtype=bool)
    for limit in limits:
        have = int(limit.members[chosen].sum())
        if limit.at_most is not None and have >= limit.at_most:
            allowed &= ~limit.members
        if have < limit.at_least:
            needed |= limit.members
    return allowed & needed if (allowed & needed).any() else allowed


def _best(cover: csr_array, weights: Floats, gains: Floats, allowed: npt.NDArray[np.bool_]) -> int:
    """Return the allowed site that gains most; `gains` are upper limits, brought up to date."""
    while True:
        best = int(np.argmax(np.where(allowed, gains, -1.0)))
        gain = _gain(cover, weights, best)
        if gain == gains[best]:
            return best
        gains[best] = gain


def _gain(cover: csr_array, weights: Floats, site: int) -> float:
    return float(weights[_covered(cover, site)].sum())


def _covered(cover: csr_array, site: int) -> Integers:
    return np.asarray(cover.indices[cover.indptr[site] : cover.indptr[site + 1]])
