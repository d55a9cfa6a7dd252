"""How each place's quickest box changes as a plan goes on: what a slider of boxes needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.routing import NEVER

Integers = npt.NDArray[np.int64]

NOBODY = -1

_FAR = 2**62
"""Milliseconds beyond all others."""


@dataclass(frozen=True, eq=False)
class Steps:
    """The changes of each place's quickest site, place by place and by rank within a place.

    Attributes
    ----------
    place
        Positions of the places, ascending.
    rank
        With how many new sites the change comes; 0 for what stands.
    site
        Position of the quickest site from then on; `NOBODY` where none has a way there.
    ms
        Its milliseconds; `NEVER` where there is none.
    """

    place: Integers
    rank: Integers
    site: Integers
    ms: Integers


def list_steps(
    ms: csr_array,
    standing: int,
    gone: Integers,
    order: Integers,
    site: Integers,
    first_ms: Integers,
) -> Steps:
    """Return the changes of each place's quickest site, from what stands to the whole plan.

    Parameters
    ----------
    ms
        Sites by places: milliseconds; what is not stored is too far to count. The sites that
        stand come first, then the new ones in the order of the plan.
    standing
        How many stand.
    gone
        For each new site the position of the one that gives up its place for it, or `NOBODY`.
    order
        Where each site comes among all ids: of two that are as quick, the first is named.
    site, first_ms
        The quickest of those that stand for each place, however far it is; `NOBODY` and `NEVER`
        where none has a way there.

    Examples
    --------
    >>> ms = csr_array(np.array([[50, 20], [30, 20]]))
    >>> nobody = np.array([NOBODY])
    >>> steps = list_steps(ms, 1, nobody, np.arange(2), np.zeros(2, int), np.array([50, 20]))
    >>> steps.place.tolist(), steps.rank.tolist(), steps.ms.tolist()
    ([0, 0, 1], [0, 1, 0], [50, 30, 20])
    """
    places = np.arange(len(site))
    best, best_ms = site.copy(), np.where(first_ms == NEVER, _FAR, first_ms)
    stands = np.arange(len(order)) < standing
    found = [(places, np.zeros_like(places), site, best_ms.copy())]
    columns = ms.tocsc()
    for rank, given_up in enumerate(gone.tolist(), 1):
        new = standing + rank - 1
        stands[new] = True
        near = slice(ms.indptr[new], ms.indptr[new + 1])
        at, new_ms = ms.indices[near], ms.data[near].astype(np.int64)
        sooner = (new_ms < best_ms[at]) | ((new_ms == best_ms[at]) & (order[new] < order[best[at]]))
        changed = at[sooner]
        best[changed], best_ms[changed] = new, new_ms[sooner]
        if given_up != NOBODY:
            stands[given_up] = False
            orphans = np.flatnonzero(best == given_up)
            best[orphans], best_ms[orphans] = _find_quickest(columns[:, orphans], stands, order)
            changed = np.union1d(changed, orphans)
        found.append((changed, np.full(len(changed), rank), best[changed], best_ms[changed]))
    every = [np.concatenate(column).astype(np.int64) for column in zip(*found, strict=True)]
    every[3][every[3] == _FAR] = NEVER
    sorting = np.lexsort((every[1], every[0]))
    return Steps(*(column[sorting] for column in every))


def _find_quickest(
    columns: csr_array, stands: npt.NDArray[np.bool_], order: Integers
) -> tuple[Integers, Integers]:
    """Return the quickest site that stands for each column, and its milliseconds."""
    pairs = columns.tocoo()
    kept = stands[pairs.row]
    row, column, ms = pairs.row[kept], pairs.col[kept], pairs.data[kept].astype(np.int64)
    best = np.full(columns.shape[1], NOBODY, dtype=np.int64)
    best_ms = np.full(columns.shape[1], _FAR, dtype=np.int64)
    worst_first = np.lexsort((-order[row], -ms))
    best[column[worst_first]] = row[worst_first]
    best_ms[column[worst_first]] = ms[worst_first]
    return best, best_ms
