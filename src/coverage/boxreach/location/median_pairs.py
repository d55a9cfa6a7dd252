"""The pairs of a p-median question, by site and by demand, as its kernels read them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location.arrays import are_whole, merge_demand

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Pairs(NamedTuple):
    """Possible pairs of site and demand; values are costs times the weight of the demand.

    Attributes
    ----------
    starts, demand, values
        The pairs of each site.
    near_starts, near_sites, near_values
        The pairs of each demand, the least first; of equals the first site.
    otherwise
        What each demand counts if no site serves it; infinite where one must.
    whole
        Whether all values are whole numbers whose sums are exact.
    """

    starts: Integers
    demand: Integers
    values: Floats
    near_starts: Integers
    near_sites: Integers
    near_values: Floats
    otherwise: Floats
    whole: bool


def pair_up(cost: csr_array, weights: Floats, beyond: float | None) -> Pairs:
    """Return the pairs of the demand that weighs something, what is alike merged.

    Parameters
    ----------
    cost
        Sites by demand; stored pairs are possible.
    weights
        Of each demand.
    beyond
        What demand counts that no site serves; None if one must. No stored cost is above it.

    Examples
    --------
    >>> pairs = pair_up(csr_array([[2.0, 4.0], [1.0, 9.0]]), np.array([1.0, 2.0]), None)
    >>> pairs.near_sites.tolist(), pairs.near_values.tolist()
    ([1, 0, 0, 1], [1.0, 2.0, 8.0, 18.0])
    """
    merged = merge_demand(cost, weights, with_values=True)
    columns = merged.columns
    owner = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
    values = columns.data * merged.weights[owner]
    nearest = np.lexsort((columns.indices, values, owner))
    by_site = np.lexsort((owner, columns.indices))
    at_site = np.bincount(columns.indices, minlength=columns.shape[0])
    most = math.inf if beyond is None else beyond
    finite = [] if beyond is None else [np.array([beyond])]
    return Pairs(
        starts=np.append(0, np.cumsum(at_site)).astype(np.int64),
        demand=owner[by_site].astype(np.int64),
        values=values[by_site],
        near_starts=columns.indptr.astype(np.int64),
        near_sites=columns.indices[nearest].astype(np.int64),
        near_values=values[nearest],
        otherwise=merged.weights * most,
        whole=are_whole(merged.weights, columns.data, *finite),
    )


def with_penalties(pairs: Pairs) -> Pairs:
    """Return the pairs with unserved demand counting more than any plan that serves all."""
    last = pairs.near_starts[1:] - 1
    worst = math.fsum(pairs.near_values[last[np.diff(pairs.near_starts) > 0]])
    otherwise = np.where(np.isinf(pairs.otherwise), 1.0 + worst, pairs.otherwise)
    return pairs._replace(otherwise=otherwise)
