"""The best single candidate that brings people back within reach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.scenarios.losses import people_within

Longs = npt.NDArray[np.int64]

_AT_ONCE = 16


class Menders:
    """Candidates, and whom they reach with every road there.

    Parameters
    ----------
    times
        Milliseconds within the cutoff, candidates by places.
    rank
        The rank of each candidate by its id.
    people
        The people of each place.
    limit_ms
        The threshold.
    """

    def __init__(self, times: csr_array, rank: Longs, people: Floats, limit_ms: int) -> None:
        self._by_place = times.tocsc()
        self._rank, self._people, self._limit_ms = rank, people, limit_ms
        self._count = times.shape[0]

    def best(
        self, lost: Longs, again: Callable[[Longs], tuple[Longs, csr_array]], barred: int = -1
    ) -> tuple[int, float]:
        """Return the candidate that brings most people back, and how many; -1 where none does.

        A candidate brings back no more than it reaches with every road there, so those are looked
        at first that might bring most, until none is left that might bring more. Of those that
        bring as many the first by id is taken.

        Parameters
        ----------
        lost
            The places that lost reach.
        again
            Returns of some candidates those whose times are others now, and these times.
        barred
            A candidate that is not to be had.
        """
        bound = np.zeros(self._count)
        table = self._by_place
        _add_up(table.indptr, table.indices, table.data, lost, self._people, self._limit_ms, bound)
        if barred >= 0:
            bound[barred] = 0.0
        order = np.lexsort((self._rank, -bound))
        order = order[bound[order] > 0]
        mine = np.zeros(len(self._people))
        mine[lost] = self._people[lost]
        chosen, most = -1, 0.0
        for begin in range(0, len(order), _AT_ONCE):
            some = order[begin : begin + _AT_ONCE]
            if bound[some[0]] < most:
                break
            changed, times = again(some)
            bound[changed] = people_within(times, mine, self._limit_ms)
            for one in some:
                people = bound[one]
                first = people == most and chosen >= 0 and self._rank[one] < self._rank[chosen]
                if people > most or first:
                    chosen, most = int(one), float(people)
        return chosen, most


@compiled
def _add_up(
    indptr: Longs, indices: Longs, ms: Longs, places: Longs, people: Floats, limit_ms: int,
    total: Floats,
) -> None:  # fmt: skip
    """Add to each candidate the people of the places that it reaches within a limit."""
    for place in places:
        for pair in range(indptr[place], indptr[place + 1]):
            if ms[pair] <= limit_ms:
                total[indices[pair]] += people[place]
