"""Whole milliseconds of pieces of roads, counted along the whole road.

The time at every vertex is summed up from the beginning of the road and then rounded, so the
pieces of a road add up to it, however a new road or a junction divides it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import Floats
from boxreach.network.chains import LONGEST_MS

Longs = npt.NDArray[np.int64]

_MS_PER_HOUR_KM = 3_600.0
"""Milliseconds that a metre takes at 1 km/h."""


def time_pieces(
    leg_m: Floats, piece: Longs, goes_on: npt.NDArray[np.bool_], kmh: Floats
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return the milliseconds of each piece, and by how much its ends lie off whole ones.

    Parameters
    ----------
    leg_m
        Metres of each leg of all pieces.
    piece
        Whose leg each is, rising.
    goes_on
        Whether each piece begins where the one before ends, on the same road.
    kmh
        Speed on each piece.

    Returns
    -------
    tuple
        Milliseconds, and pairs of the true time at begin and end less the whole milliseconds.

    Examples
    --------
    >>> legs, three = np.array([10.0, 10.0, 10.0]), np.arange(3)
    >>> ms, _ = time_pieces(legs, three, np.array([False, True, True]), np.full(3, 70.0))
    >>> ms.tolist(), time_pieces(legs.sum(keepdims=True), three[:1], three[:1] > 0,
    ...                          np.array([70.0]))[0].tolist()
    ([514, 515, 514], [1543])
    """
    return _count(leg_m, piece, goes_on, _MS_PER_HOUR_KM / kmh)


@compiled
def _count(
    leg_m: Floats, piece: Longs, goes_on: npt.NDArray[np.bool_], ms_per_m: Floats
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    count = len(goes_on)
    ms, phase = np.zeros(count, np.int32), np.zeros((count, 2), np.float32)
    leg, time = 0, 0.0
    for one in range(count):
        if not goes_on[one]:
            time = 0.0
        begin = np.rint(time)
        phase[one, 0] = time - begin
        while leg < len(piece) and piece[leg] == one:
            time += leg_m[leg] * ms_per_m[one]
            leg += 1
        ms[one] = min(np.rint(time) - begin, LONGEST_MS)
        phase[one, 1] = time - np.rint(time)
    return ms, phase
