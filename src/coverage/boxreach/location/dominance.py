"""Sites that no plan needs: one other covers all that they do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.location.cover_sets import CoverSets

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def find_dominated(sets: CoverSets, open_sites: Flags, costs: Floats | None) -> Flags:
    """Tell which sites cover nothing that one other does not cover too, at no higher cost.

    Of sites that cover and cost the same, all but the first are dominated.

    Parameters
    ----------
    sets
        What the sites cover.
    open_sites
        Between which sites to compare.
    costs
        What each costs, if that matters.
    """
    start, site = sets.by_demand
    costs = np.zeros(sets.sites) if costs is None else costs
    return _compare(sets.start, sets.demand, start, site, open_sites, costs)


@compiled
def _compare(
    start: Integers,
    demand: Indices,
    turned: Integers,
    site: Indices,
    open_sites: Flags,
    costs: Floats,
) -> Flags:
    dominated = np.zeros(len(start) - 1, dtype=np.bool_)
    _compare_empty(start, open_sites, costs, dominated)
    for one in range(len(start) - 1):
        low, high = start[one], start[one + 1]
        if not open_sites[one] or low == high:
            continue
        rarest = demand[low]
        for at in range(low, high):
            j = demand[at]
            if turned[j + 1] - turned[j] < turned[rarest + 1] - turned[rarest]:
                rarest = j
        for at in range(turned[rarest], turned[rarest + 1]):
            other = site[at]
            if other == one or dominated[other] or not open_sites[other]:
                continue
            longer = start[other + 1] - start[other] - (high - low)
            same = longer == 0 and costs[other] == costs[one]
            if longer < 0 or costs[other] > costs[one] or (same and other > one):
                continue
            if _is_within(start, demand, one, other):
                dominated[one] = True
                break
    return dominated


@compiled
def _compare_empty(start: Integers, open_sites: Flags, costs: Floats, dominated: Flags) -> None:
    """Of the sites that cover nothing, leave the cheapest."""
    least = -1
    for one in range(len(start) - 1):
        if open_sites[one] and start[one] == start[one + 1]:
            if least < 0:
                least = one
            elif costs[one] < costs[least]:
                dominated[least] = True
                least = one
            else:
                dominated[one] = True


@compiled
def _is_within(start: Integers, demand: Indices, one: int, other: int) -> bool:
    """Tell whether a site covers all that one does, by binary searches that go on rightwards."""
    at = start[other]
    for mine in range(start[one], start[one + 1]):
        j = demand[mine]
        end = start[other + 1]
        while at < end:
            middle = (at + end) // 2
            if demand[middle] < j:
                at = middle + 1
            else:
                end = middle
        if at == start[other + 1] or demand[at] != j:
            return False
    return True
