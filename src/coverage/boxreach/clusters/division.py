"""The division of places among spots: who takes what, and from where a whole piece is reached."""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.crs import Floats

Integers = npt.NDArray[np.int64]

NONE = -1
"""Stands for the cluster of a place that no spot reaches, and for the spot of such a cluster."""


def take_greedily(ms: csr_array, weights: Floats) -> tuple[Integers, Integers]:
    """Give each place to the first spot that reaches it, spots in the order of what they gain.

    Return the cluster of each place, and the spot that took each cluster.

    What a spot gains only falls as others take places, so a spot whose last known gain is not
    above the present one of another need not be looked at (M. Minoux, Accelerated greedy
    algorithms for maximizing submodular set functions, 1978).
    """
    left, open_ = weights.copy(), np.ones(len(weights), dtype=np.int64)
    cluster = np.full(len(weights), NONE)
    taken: list[int] = []

    def gain(spot: int) -> tuple[float, int, int]:
        near = ms.indices[ms.indptr[spot] : ms.indptr[spot + 1]]
        return -float(left[near].sum()), -int(open_[near].sum()), spot

    waiting = [gain(spot) for spot in range(ms.shape[0])]
    heapify(waiting)
    while waiting:
        now = gain(waiting[0][2])
        heapreplace(waiting, now)
        if now != waiting[0]:
            continue
        _, places, spot = heappop(waiting)
        if not places:
            break
        near = ms.indices[ms.indptr[spot] : ms.indptr[spot + 1]]
        cluster[near[open_[near] > 0]] = len(taken)
        taken.append(spot)
        left[near], open_[near] = 0.0, 0
    return cluster, np.array(taken, dtype=np.int64)


@compiled
def find_best(
    first: Integers, place: Integers, ms: Integers, cluster: Integers, weights: Floats,
    size: Integers, gained: Floats, places_gained: Floats,
) -> Integers:  # fmt: skip
    """Return for each cluster, of the spots that reach all of it, the best one.

    There is one: the spot that took the cluster. It is the best that gains most in all, then the
    one that is soonest with the people of the cluster, then the lower id.
    """
    best, met = np.full(len(size), NONE), np.zeros(len(size), np.int64)
    late, late_by_place = np.zeros(len(size)), np.zeros(len(size))
    best_late, best_late_by_place = np.zeros(len(size)), np.zeros(len(size))
    for spot in range(len(first) - 1):
        for at in range(first[spot], first[spot + 1]):
            here = cluster[place[at]]
            met[here] += 1
            late[here] += weights[place[at]] * ms[at]
            late_by_place[here] += ms[at]
        for at in range(first[spot], first[spot + 1]):
            here = cluster[place[at]]
            if met[here] == size[here]:
                old = best[here]
                if old == NONE or (
                    gained[spot], places_gained[spot], -late[here], -late_by_place[here]
                ) > (
                    gained[old], places_gained[old], -best_late[here], -best_late_by_place[here]
                ):  # fmt: skip
                    best[here] = spot
                    best_late[here], best_late_by_place[here] = late[here], late_by_place[here]
            met[here], late[here], late_by_place[here] = 0, 0.0, 0.0
    return best
