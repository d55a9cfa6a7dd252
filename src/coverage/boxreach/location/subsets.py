"""Sets within sets: which sites another makes needless, and which demand another implies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from boxreach.compilation import compiled

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


def needless_sites(cover: csr_array, costs: Floats) -> Flags:
    """Tell which sites cover nothing that another does not, which costs no more.

    Of equal sites that cost the same the first is kept.

    Parameters
    ----------
    cover
        Sites by demand, as stored.
    costs
        Of each site.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))
    >>> needless_sites(cover, np.array([1.0, 1.0, 1.0])).tolist()
    [False, True, False]
    """
    columns = csc_array(cover)
    return _find_subsets(*_pairs_of(cover), *_pairs_of(columns), costs, larger=False)


def implied_demand(cover: csr_array) -> Flags:
    """Tell which demand is covered whenever some other is. Of equal demand the first is kept.

    Examples
    --------
    >>> implied_demand(csr_array(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))).tolist()
    [False, True, False]
    """
    columns = csc_array(cover)
    none = np.zeros(cover.shape[1])
    return _find_subsets(*_pairs_of(columns), *_pairs_of(cover), none, larger=True)


def _pairs_of(cover: csr_array | csc_array) -> tuple[Longs, Integers]:
    """Return where the items of each set begin, and these, as of one type whatever scipy chose."""
    starts = np.ascontiguousarray(cover.indptr, np.int64)
    return starts, np.ascontiguousarray(cover.indices, np.int32)


@compiled
def _find_subsets(
    starts: Longs,
    items: Integers,
    item_starts: Longs,
    item_sets: Integers,
    costs: Floats,
    larger: bool,
) -> Flags:
    """Tell which sets to drop: the smaller of two if it costs no less, or else the larger."""
    count = len(starts) - 1
    dropped = np.zeros(count, dtype=np.bool_)
    marked = np.zeros(len(item_starts) - 1, dtype=np.bool_)
    for one in range(count):
        size = starts[one + 1] - starts[one]
        if size == 0:
            dropped[one] = not larger
        if size == 0 or dropped[one]:
            continue
        for at in range(starts[one], starts[one + 1]):
            marked[items[at]] = True
        rarest = _rarest(starts[one], starts[one + 1], items, item_starts)
        for place in range(item_starts[rarest], item_starts[rarest + 1]):
            other = item_sets[place]
            begin, end = starts[other], starts[other + 1]
            if other == one or dropped[other] or _count_marked(begin, end, items, marked) < size:
                continue
            equal = end - begin == size
            if larger:
                dropped[other] = not equal or other > one
            elif costs[other] < costs[one] or (
                costs[other] == costs[one] and (not equal or other < one)
            ):
                dropped[one] = True
                break
        for at in range(starts[one], starts[one + 1]):
            marked[items[at]] = False
    return dropped


@compiled
def _rarest(begin: int, end: int, items: Integers, item_starts: Longs) -> int:
    """Return the item of a set that is in the fewest sets."""
    rarest, fewest = -1, len(items) + 1
    for at in range(begin, end):
        number = item_starts[items[at] + 1] - item_starts[items[at]]
        if number < fewest:
            rarest, fewest = items[at], number
    return rarest


@compiled
def _count_marked(begin: int, end: int, items: Integers, marked: Flags) -> int:
    shared = 0
    for at in range(begin, end):
        if marked[items[at]]:
            shared += 1
    return shared
