"""Maximal covering: merged demand, HiGHS, and an answer that is checked before it is believed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from boxreach.errors import BoxreachError, Fault, InputError
from boxreach.location.greedy import choose_greedily
from boxreach.location.mip import solve_cover
from boxreach.location.models import Solution, Status
from boxreach.location.rules import GroupLimit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Numbers in the solver are floats; two plans whose weights differ by less than this share are one.
_SAME = 1e-9
_DUST = 1e-10


def max_cover(
    cover: csr_array,
    weights: Floats,
    *,
    sites: int,
    limits: Sequence[GroupLimit] = (),
    later_sites: int = 0,
    seconds: float = 60.0,
) -> Solution:
    """Choose sites that cover the most weight: the maximal covering location problem.

    Maximise the sum of w_j y_j subject to y_j <= sum of x_i over the sites i that cover j,
    sum of x_i = p, x_i in {0, 1}, 0 <= y_j <= 1 (Church and ReVelle, 1974), with limits on groups
    of sites. Demand with the same covering sites is merged first, which changes no answer. Of
    sites that cover the same and count in the same groups, the first are chosen.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers, whatever its value.
    weights
        Weight of each demand, 0 or more.
    sites
        How many to choose, exactly.
    limits
        Limits on the choice, or, where more are to follow, on the choice with those.
    later_sites
        How many more will be chosen afterwards: the choice must leave a way to keep the limits.
    seconds
        How long the solver may take; what it has then is returned with a valid bound.

    Returns
    -------
    Solution

    Raises
    ------
    InputError
        If a number is out of range.
    BoxreachError
        If no choice that keeps the limits was found in the time given.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    >>> max_cover(cover, np.array([5.0, 1.0, 4.0]), sites=1)
    Solution(status='optimal', objective=6.0, bound=6.0, sites=array([0]))
    """
    _check_numbers(cover, weights, sites, seconds)
    merged, merged_weights = _merge_demand(cover, weights)
    start = choose_greedily(merged, merged_weights, sites, limits, later_sites)
    answer = solve_cover(merged, merged_weights, sites, limits, later_sites, start, seconds)
    if answer.infeasible:
        return Solution("infeasible", 0.0, 0.0, np.empty(0, dtype=np.int64))
    chosen = answer.chosen if answer.chosen is not None else start
    if chosen is None:
        message = f"no plan that keeps the limits was found in {seconds:g} seconds; allow more"
        raise BoxreachError(message)
    chosen = _prefer_first(merged, chosen, limits)
    objective = covered_weight(cover, weights, chosen)
    # What weighs less than the solver can tell from nothing may be missing from its bound.
    dust = _DUST * float(merged_weights.max(initial=0.0))
    most_each = np.sort(merged @ merged_weights)[::-1][:sites].sum()
    bound = min(answer.bound + dust, float(merged_weights.sum()), float(most_each))
    if (weights % 1 == 0).all():
        # Whole weights add up to whole numbers, so what the bound has beyond one is solver dust.
        bound = float(np.floor(bound))
    status: Status = "feasible"
    if objective >= bound * (1 - _SAME):
        status, bound = "optimal", objective
    return Solution(status, objective, max(bound, objective), chosen)


def covered_weight(cover: csr_array, weights: Floats, chosen: Integers) -> float:
    """Return the weight of the demand that the chosen sites cover, each counted once."""
    covered = np.unique(cover[chosen].indices)
    return float(weights[covered].sum())


def _check_numbers(cover: csr_array, weights: Floats, sites: int, seconds: float) -> None:
    faults = []
    if not 0 <= sites <= cover.shape[0]:
        what = f"{sites} of {cover.shape[0]} sites are to be chosen"
        faults.append(Fault(what, column="sites", advice="choose from 0 to all of them"))
    if len(weights) != cover.shape[1] or not (np.isfinite(weights) & (weights >= 0)).all():
        advice = "give each demand a number of 0 or more"
        faults.append(Fault("they do not fit", column="weights", advice=advice))
    if not seconds >= 0:
        faults.append(Fault(f"{seconds:g} seconds", column="seconds", advice="give 0 or more"))
    if faults:
        raise InputError(*faults)


def _merge_demand(cover: csr_array, weights: Floats) -> tuple[csr_array, Floats]:
    """Merge demand that the same sites cover; drop what none covers or what weighs nothing.

    The lists of covering sites themselves are compared, not hashes of them, and put in order, so
    that the order of the demand changes no answer.
    """
    columns = csc_array(cover)
    columns.sum_duplicates()
    merged: dict[bytes, float] = {}
    for demand in np.flatnonzero((np.diff(columns.indptr) > 0) & (weights > 0)):
        key = columns.indices[columns.indptr[demand] : columns.indptr[demand + 1]].tobytes()
        merged[key] = merged.get(key, 0.0) + float(weights[demand])
    keys = sorted(merged)
    sets = [np.frombuffer(key, dtype=columns.indices.dtype) for key in keys]
    indptr = np.append(0, np.cumsum([len(one) for one in sets], dtype=np.int64))
    indices = np.concatenate(sets) if sets else np.empty(0, dtype=np.int32)
    by_demand = csr_array(
        (np.ones(len(indices)), indices, indptr), shape=(len(sets), cover.shape[0])
    )
    return csr_array(by_demand.T), np.array([merged[key] for key in keys])


def _prefer_first(cover: csr_array, chosen: Integers, limits: Sequence[GroupLimit]) -> Integers:
    """Swap chosen sites for the first ones that cover the same and count in the same groups."""
    cover.sort_indices()
    groups = np.zeros((len(limits), cover.shape[0]), dtype=bool)
    for number, limit in enumerate(limits):
        groups[number] = limit.members
    twins: dict[tuple[bytes, bytes], list[int]] = {}
    for site in range(cover.shape[0]):
        covered = cover.indices[cover.indptr[site] : cover.indptr[site + 1]]
        twins.setdefault((covered.tobytes(), groups[:, site].tobytes()), []).append(site)
    taken = set(chosen.tolist())
    first = [one for same in twins.values() for one in same[: len(taken.intersection(same))]]
    return np.array(sorted(first), dtype=np.int64)
