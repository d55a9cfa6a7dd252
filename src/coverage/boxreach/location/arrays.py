"""Arrays as the location models take them: looked at first, then brought into one order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, issparse

from boxreach.arguments import kind_of, number_faults
from boxreach.errors import Fault, FaultCollector
from boxreach.location.rules import Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SAME = 1e-9
"""Numbers in the solver are floats; two answers that differ by less than this share are one."""

_MOST_WEIGHT = 1e300
"""Beyond some 1e308 sums of floats are infinite."""


@dataclass(frozen=True, eq=False)
class Merged:
    """Demand that is the same to every site made one, in an order of its own.

    The order does not hang on that of the demand given, so that shuffled demand is solved alike.

    Attributes
    ----------
    columns
        Sites by merged demand; sites ascending in each column.
    weights
        Weight of each, summed without rounding on the way.
    group
        Which of them each demand became; -1 for what weighs nothing.
    """

    columns: csc_array
    weights: Floats
    group: Integers


def check_inputs(
    matrix: object,
    weights: object,
    rules: object,
    *,
    sites: object,
    seconds: Any,
    seed: Any,
    more: list[Fault] | None = None,
    weighed: bool = True,
) -> None:
    """Raise `InputError` with all that is wrong with the arguments of a model.

    Parameters
    ----------
    matrix
        Sites by demand.
    weights, sites
        None where the model was given none.
    rules, seconds, seed
        As the model was given them.
    more
        Faults of arguments that only this model has.
    weighed
        Whether the model asks for weights.
    """
    faults = FaultCollector()
    shape = shape_of(matrix)
    if shape is None:
        what = f"cover is {kind_of(matrix)}"
        faults.add([Fault(what, advice="give a sparse array of sites by demand")])
    count, demand = shape or (None, None)
    if sites is not None:
        faults.add(_site_faults(sites, count))
    if weighed or weights is not None:
        faults.add(_weight_faults(weights, demand))
    advice = "give 0 or more"
    faults.add(number_faults("seconds", seconds, lambda given: given >= 0, advice))
    advice = "give a whole number from 0 to 2147483647"
    faults.add(number_faults("seed", seed, _is_seed, advice))
    faults.add(more or [])
    if not isinstance(rules, Rules):
        faults.add([Fault(f"rules is {kind_of(rules)}", advice="give Rules")])
    elif shape is not None:
        with faults.attempt():
            rules.check(*shape)
    faults.raise_any()


def shape_of(matrix: object) -> tuple[int, int] | None:
    """Return how many rows and columns a matrix has; None of what is no matrix of numbers.

    Examples
    --------
    >>> shape_of(csr_array((2, 3))), shape_of([[1, 0]]), shape_of(np.ones(3))
    ((2, 3), None, None)
    """
    if not issparse(matrix) and not isinstance(matrix, np.ndarray):
        return None
    given: Any = matrix
    return given.shape if given.ndim == 2 and given.dtype.kind in "biuf" else None


def as_array(given: object) -> npt.NDArray[Any]:
    """Return what was given as an array, one without a shape where rows differ in length.

    Examples
    --------
    >>> as_array([1, 2]).shape, as_array([[1], [2, 3]]).shape
    ((2,), ())
    """
    try:
        return np.asarray(given)
    except ValueError:
        return np.array(None)


def _site_faults(sites: Any, count: int | None) -> list[Fault]:
    if isinstance(sites, Integral) and not isinstance(sites, bool):
        most = int(sites) if count is None else count
        if 0 <= int(sites) <= most:
            return []
    of = "" if count is None else f" of {count}"
    what = f"{sites}{of} sites are to be chosen"
    return [Fault(what, column="sites", advice="choose from 0 to all of them")]


def _weight_faults(weights: object, demand: int | None) -> list[Fault]:
    given = as_array(weights)
    fits = given.ndim == 1 and given.dtype.kind in "iufb"
    fits &= demand is None or given.shape == (demand,)
    if not fits or not (np.isfinite(given) & (given >= 0)).all():
        advice = "give each demand a number of 0 or more"
        return [Fault("they do not fit", column="weights", advice=advice)]
    if given.size and float(given.max()) * given.size > _MOST_WEIGHT:
        what = f"weights of up to {float(given.max()):g} are too large to be added up"
        return [Fault(what, column="weights", advice="divide all of them by one number")]
    return []


def _is_seed(seed: Any) -> bool:
    return isinstance(seed, Integral) and 0 <= int(seed) <= 2**31 - 1


def as_costs(cost: csr_array | Floats) -> tuple[csr_array, list[Fault]]:
    """Return the costs of the pairs that are possible, and what is wrong with them.

    Parameters
    ----------
    cost
        Sites by demand. Of a sparse array what is stored is possible, a stored 0 is a cost of 0;
        of a dense one, what is not infinite.

    Examples
    --------
    >>> pairs, _ = as_costs(np.array([[0.0, np.inf], [2.0, 1.0]]))
    >>> pairs.nnz, pairs.data.tolist()
    (3, [0.0, 2.0, 1.0])
    """
    if issparse(cost):
        pairs = csr_array(cost, dtype=np.float64, copy=True)
        pairs.sort_indices()
    else:
        given = as_array(cost)
        if given.ndim != 2 or given.dtype.kind not in "biuf":
            what = f"an array of {given.ndim} dimensions" if given.ndim else kind_of(cost)
            return csr_array((0, 0)), [Fault(what, column="cost", advice="give sites by demand")]
        dense = given.astype(np.float64)
        rows, columns = np.nonzero(dense != np.inf)
        starts = np.append(0, np.cumsum(np.bincount(rows, minlength=len(dense))))
        pairs = csr_array((dense[rows, columns], columns, starts), shape=dense.shape)
    faults = []
    if not (np.isfinite(pairs.data) & (pairs.data >= 0)).all():
        what = "a cost is below 0 or not known"
        faults.append(Fault(what, column="cost", advice="give numbers of 0 or more"))
    if not pairs.has_canonical_format:
        faults.append(Fault("a pair is stored twice", column="cost", advice="store each once"))
    return pairs, faults


def merge_demand(matrix: csr_array, weights: Floats, *, with_values: bool) -> Merged:
    """Merge demand that is the same to every site.

    The stored numbers themselves are compared, not hashes of them, and put in order.

    Parameters
    ----------
    matrix
        Sites by demand; stored pairs count.
    weights
        Of each demand; what weighs nothing is left out.
    with_values
        Whether the values must be the same too, and not only the sites.

    Examples
    --------
    >>> merged = merge_demand(
    ...     csr_array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]), np.array([1.0, 2.0, 4.0]),
    ...     with_values=False,
    ... )
    >>> merged.weights.tolist()
    [3.0, 4.0]
    """
    columns = csc_array(matrix)
    columns.sort_indices()
    starts, sites = columns.indptr, columns.indices.astype(np.int32)
    same: dict[tuple[bytes, bytes], list[int]] = {}
    for demand in np.flatnonzero(weights > 0).tolist():
        span = slice(starts[demand], starts[demand + 1])
        values = columns.data[span].tobytes() if with_values else b""
        same.setdefault((sites[span].tobytes(), values), []).append(demand)
    keys = sorted(same)
    firsts = np.array([same[key][0] for key in keys], dtype=np.int64)
    summed = [math.fsum(weights[same[key]].tolist()) for key in keys]
    group = np.full(len(weights), -1, dtype=np.int64)
    for number, key in enumerate(keys):
        group[same[key]] = number
    return Merged(csc_array(columns[:, firsts]), np.array(summed, dtype=np.float64), group)


def nearest_sites(cost: csr_array, chosen: Integers) -> tuple[Integers, Floats]:
    """Return the chosen site that serves each demand at the least cost, and that cost.

    Of several as near, the first; -1 and infinity where none can.

    Parameters
    ----------
    cost
        Sites by demand; stored pairs are possible.
    chosen
        Positions of the chosen sites, ascending.
    """
    nearest = np.full(cost.shape[1], -1, dtype=np.int64)
    least = np.full(cost.shape[1], np.inf)
    for site in chosen.tolist():
        span = slice(cost.indptr[site], cost.indptr[site + 1])
        demand, costs = cost.indices[span], cost.data[span]
        nearer = costs < least[demand]
        nearest[demand[nearer]], least[demand[nearer]] = site, costs[nearer]
    return nearest, least


def are_whole(weights: Floats, *values: Floats) -> bool:
    """Tell whether all numbers are whole, and sums of weights times values exact in floats.

    Examples
    --------
    >>> are_whole(np.array([1.0, 2.0])), are_whole(np.array([1.0]), np.array([0.5]))
    (True, False)
    """
    most = float(weights.sum())
    for one in values:
        most *= float(one.max(initial=1.0))
    return most < 2.0**52 and all(bool((one % 1 == 0).all()) for one in (weights, *values))


def prefer_first(
    matrix: csr_array, chosen: Integers, traits: Callable[[int], tuple[Any, ...]]
) -> Integers:
    """Swap chosen sites for the first ones that are the same to the demand and to the rules.

    Parameters
    ----------
    matrix
        Sites by demand, demand ascending in each row.
    chosen
        Positions of the chosen sites.
    traits
        What else tells sites apart.
    """
    twins: dict[tuple[Any, ...], list[int]] = {}
    for site in range(matrix.shape[0]):
        span = slice(matrix.indptr[site], matrix.indptr[site + 1])
        key = (matrix.indices[span].tobytes(), matrix.data[span].tobytes(), *traits(site))
        twins.setdefault(key, []).append(site)
    taken = set(chosen.tolist())
    first = [one for same in twins.values() for one in same[: len(taken.intersection(same))]]
    return np.array(sorted(first), dtype=np.int64)
