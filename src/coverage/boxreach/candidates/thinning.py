"""Thinning: of places near to each other, the first one stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import GEOD, Floats

Longs = npt.NDArray[np.int64]

_BITS = 21
_NOBODY = -1


def thin_places(lon: Floats, lat: Floats, order: Longs, apart_m: float) -> Longs:
    """Return for each place the position of the one that stays for it: itself, if it stays.

    Places are taken in an order, and one stays if no earlier one that stays is nearer than so
    many metres, straight through the ground, which up to 50 km is within 15 cm of the way over it.
    So no two that stay are nearer, and each that goes is that near to one that stays.

    Parameters
    ----------
    lon, lat
        The places, in degrees.
    order
        All their positions, those that should rather stay first.
    apart_m
        How far apart places must be, above 0.

    Examples
    --------
    >>> lon, lat = np.array([44.0, 44.001, 44.002]), np.full(3, 33.0)
    >>> thin_places(lon, lat, np.array([0, 1, 2]), 100.0).tolist()
    [0, 0, 2]
    >>> thin_places(lon, lat, np.array([1, 0, 2]), 100.0).tolist()
    [1, 1, 1]
    """
    if not len(lon):
        return np.empty(0, dtype=np.int64)
    xyz = place_in_space(lon, lat)
    low = xyz.min(axis=0)
    # Three numbers of a cell and its neighbours fit into one of 63 bits.
    side_m = max(apart_m, float((xyz.max(axis=0) - low).max()) / 2 ** (_BITS - 1))
    cells = ((xyz - low) // side_m).astype(np.int64) + 1
    key = (cells[:, 0] << 2 * _BITS) + (cells[:, 1] << _BITS) + cells[:, 2]
    known, cell = np.unique(key, return_inverse=True)
    return _thin(xyz, known, cell.astype(np.int64), order.astype(np.int64), apart_m)


def place_in_space(lon: Floats, lat: Floats) -> Floats:
    """Return metres from the centre of the ellipsoid (W. Torge, Geodesy, 2001, section 4.1)."""
    along, up = np.radians(lon), np.radians(lat)
    radius = GEOD.a / np.sqrt(1 - GEOD.es * np.sin(up) ** 2)
    flat = radius * np.cos(up)
    z = radius * (1 - GEOD.es) * np.sin(up)
    return np.column_stack([flat * np.cos(along), flat * np.sin(along), z])


@compiled
def _thin(xyz: Floats, known: Longs, cell: Longs, order: Longs, apart_m: float) -> Longs:
    """Return who stays for each place; those that stay are listed by the cell they lie in."""
    keeper, rank = np.full(len(xyz), _NOBODY), np.empty(len(xyz), np.int64)
    last, before = np.full(len(known), _NOBODY), np.full(len(xyz), _NOBODY)
    for turn in range(len(order)):
        place = order[turn]
        rank[place] = turn
        best = _NOBODY
        for beside in range(27):
            east, north, up = beside // 9 - 1, beside // 3 % 3 - 1, beside % 3 - 1
            wanted = known[cell[place]] + (east << 2 * _BITS) + (north << _BITS) + up
            at = np.searchsorted(known, wanted)
            if at == len(known) or known[at] != wanted:
                continue
            other = last[at]
            while other != _NOBODY:
                dx, dy = xyz[other, 0] - xyz[place, 0], xyz[other, 1] - xyz[place, 1]
                dz = xyz[other, 2] - xyz[place, 2]
                if dx * dx + dy * dy + dz * dz < apart_m * apart_m and (
                    best == _NOBODY or rank[other] < rank[best]
                ):
                    best = other
                other = before[other]
        if best == _NOBODY:
            best = place
            before[place], last[cell[place]] = last[cell[place]], place
        keeper[place] = best
    return keeper
