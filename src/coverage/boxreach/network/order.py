"""Nodes in the order of a Hilbert curve: what is near on the ground is near in memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled

_BITS = 16


def hilbert_order(lon: npt.NDArray[np.int32], lat: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the positions of points in the order in which a Hilbert curve passes them.

    Formula: the iterative form of D. Hilbert's curve (1891) on a grid of 2**16 by 2**16.

    Parameters
    ----------
    lon, lat
        Coordinates in any one unit.

    Examples
    --------
    >>> xy = np.array([[0, 0], [9, 9], [0, 9], [9, 0]], dtype=np.int32)
    >>> hilbert_order(xy[:, 0], xy[:, 1]).tolist()
    [0, 2, 1, 3]
    """
    if not len(lon):
        return np.empty(0, dtype=np.int64)
    west, south = int(lon.min()), int(lat.min())
    side = max(int(lon.max()) - west, int(lat.max()) - south, 1)
    keys = _curve_positions(lon, lat, west, south, side)
    return np.argsort(keys, kind="stable")


@compiled
def _curve_positions(
    lon: npt.NDArray[np.int32], lat: npt.NDArray[np.int32], west: int, south: int, side: int
) -> npt.NDArray[np.uint32]:
    keys = np.empty(len(lon), np.uint32)
    top = (1 << _BITS) - 1
    for at in range(len(lon)):
        x = (np.int64(lon[at]) - west) * top // side
        y = (np.int64(lat[at]) - south) * top // side
        key = 0
        step = 1 << (_BITS - 1)
        while step > 0:
            right = 1 if x & step else 0
            up = 1 if y & step else 0
            key += step * step * ((3 * right) ^ up)
            if up == 0:
                if right == 1:
                    x, y = top - x, top - y
                x, y = y, x
            step >>= 1
        keys[at] = key
    return keys
