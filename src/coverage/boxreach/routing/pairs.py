"""Passes over the pairs of a matrix of times: who is second, and how many are within."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled

Integers = npt.NDArray[np.int64]


def second_quickest(
    ms: csr_array, quickest: Integers, site_order: Integers
) -> tuple[Integers, Integers]:
    """Return the quickest site but one of each column, and its milliseconds; -1 where none is.

    Parameters
    ----------
    ms
        Sites by demand, in milliseconds.
    quickest
        The site of each column that is passed over.
    site_order
        The rows in the order in which ties are broken.

    Examples
    --------
    >>> ms = csr_array(np.array([[5, 9, 0], [5, 7, 0], [8, 0, 3]]))
    >>> second_quickest(ms, np.array([0, 1, 2]), np.arange(3))
    (array([ 1,  0, -1]), array([ 5,  9, -1]))
    """
    site = np.full(ms.shape[1], -1, np.int32)
    best = np.full(ms.shape[1], np.iinfo(np.int64).max)
    first = quickest.astype(np.int32)
    _take_second(ms.indptr, ms.indices, ms.data, first, site_order, site, best)
    return site.astype(np.int64), np.where(site < 0, -1, best)


def count_within(ms: csr_array, limit_ms: int) -> Integers:
    """Return how many rows of each column hold at most so many milliseconds.

    Examples
    --------
    >>> count_within(csr_array(np.array([[5, 9, 0], [5, 7, 0]])), 7)
    array([2, 1, 0])
    """
    counts = np.zeros(ms.shape[1], np.int64)
    _count_within(ms.indices, ms.data, limit_ms, counts)
    return counts


@compiled
def _take_second(
    starts: Integers,
    columns: Integers,
    ms: Integers,
    quickest: npt.NDArray[np.int32],
    order: Integers,
    site: npt.NDArray[np.int32],
    best: Integers,
) -> None:
    for row in order:
        for at in range(starts[row], starts[row + 1]):
            column = columns[at]
            # Less and not equal: of two sites as quick as each other the first in order stays.
            if ms[at] < best[column] and quickest[column] != row:
                best[column] = ms[at]
                site[column] = row


@compiled
def _count_within(columns: Integers, ms: Integers, limit_ms: int, counts: Integers) -> None:
    for at in range(len(columns)):
        counts[columns[at]] += ms[at] <= limit_ms
