"""Towns and countryside in a plane: who lies within a radius of which candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled

Floats = npt.NDArray[np.float64]

SIDE_KM: Final = 600.0
_TOWNS: Final = 400
_COUNTRYSIDE: Final = 0.3
"""Share of the points that lie anywhere; the others lie about towns."""
_QUOTAS: Final = 5


@dataclass(frozen=True, eq=False)
class Land:
    """An instance of the covering problem.

    Attributes
    ----------
    cover
        Sites by demand, ones of a byte.
    weights
        People of each demand, whole numbers with a heavy tail.
    zone
        For each site, which of five strips of the land it lies in.
    """

    cover: csr_array
    weights: Floats
    zone: npt.NDArray[np.int64]


def make_land(sites: int, demand: int, radius_km: float, seed: int = 1) -> Land:
    """Return a land that is the same for the same numbers.

    Towns have sizes by Zipf's law and thin out outwards; sites lie where demand does.
    """
    random = np.random.default_rng([seed, sites, demand])
    towns = random.random((_TOWNS, 2)) * SIDE_KM
    share = 1 / np.arange(1, _TOWNS + 1) ** 0.8
    spread = 3.0 + 25.0 * np.sqrt(share)
    share /= share.sum()

    def scatter(count: int) -> Floats:
        town = random.choice(_TOWNS, count, p=share)
        points = towns[town] + random.normal(size=(count, 2)) * spread[town, None]
        anywhere = random.random(count) < _COUNTRYSIDE
        points[anywhere] = random.random((int(anywhere.sum()), 2)) * SIDE_KM
        return np.clip(points, 0, SIDE_KM)

    where, whom = scatter(sites), scatter(demand)
    weights = np.ceil(random.pareto(1.3, demand) * 40 + 1)
    weights = np.minimum(weights, 200_000.0)
    zone = np.minimum((where[:, 0] / SIDE_KM * _QUOTAS).astype(np.int64), _QUOTAS - 1)
    return Land(_find_within(where, whom, radius_km), weights, zone)


def _find_within(where: Floats, whom: Floats, radius_km: float) -> csr_array:
    """Return which points lie within the radius of which sites, by a grid of that width."""
    across = int(SIDE_KM / radius_km) + 1
    column, row = (whom / radius_km).astype(np.int64).T
    cell = row * across + column
    order = np.argsort(cell, kind="stable")
    first = np.searchsorted(cell[order], np.arange(across * across + 1))
    near, order = np.ascontiguousarray(whom[order]), order.astype(np.int32)
    none = np.empty(0, dtype=np.int32)
    counts = _walk(where, near, order, first, across, radius_km, none, np.zeros(1, dtype=np.int64))
    indptr = np.append(0, np.cumsum(counts))
    indices = np.empty(indptr[-1], dtype=np.int32)
    _walk(where, near, order, first, across, radius_km, indices, indptr)
    ones = np.ones(len(indices), dtype=np.int8)
    if indptr[-1] < np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)
    return csr_array((ones, indices, indptr), shape=(len(where), len(whom)))


@compiled
def _walk(where, near, order, first, across, radius_km, indices, indptr):  # type: ignore[no-untyped-def]
    """Count the points about each site, or write them down where there is room."""
    counts = np.zeros(len(where), dtype=np.int64)
    for site in range(len(where)):
        x, y = where[site, 0], where[site, 1]
        column, row = int(x / radius_km), int(y / radius_km)
        for r in range(max(0, row - 1), min(across, row + 2)):
            for c in range(max(0, column - 1), min(across, column + 2)):
                for one in range(first[r * across + c], first[r * across + c + 1]):
                    dx, dy = near[one, 0] - x, near[one, 1] - y
                    if dx * dx + dy * dy <= radius_km * radius_km:
                        if len(indices):
                            indices[indptr[site] + counts[site]] = order[one]
                        counts[site] += 1
        if len(indices):
            indices[indptr[site] : indptr[site + 1]].sort()
    return counts
