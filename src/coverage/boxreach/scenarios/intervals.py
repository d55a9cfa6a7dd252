"""Intervals that hold a further draw, from the draws that were made."""

from __future__ import annotations

import math

import numpy as np

from boxreach.crs import Floats

_DUST = 1e-9
"""Of a rank, from a share that has no exact float."""


def read_interval(values: Floats, share: float = 0.9) -> tuple[float, float]:
    """Return two of the values between which a further one like them lies, so often at least.

    They are order statistics: of n values in order, those of rank floor(a (n + 1)) and
    ceil((1 - a) (n + 1)), with a = (1 - share) / 2. One more value from the same distribution is
    equally likely to take each of the n + 1 ranks among them, so it lies from the lower to the
    upper, both included, with probability (upper - lower) / (n + 1) where values never tie, and
    with more where they do (Wilks, 1941): `share` at least, and at most 2 / (n + 1) more without
    ties. That is a **prediction interval** for one more draw, over all sets of draws; it is no
    confidence interval for the mean, and knows nothing that was not drawn.

    Of fewer than 2 / (1 - share) - 1 values, 19 for 90 %, it is the least and the largest, and
    holds a share of (n - 1) / (n + 1).

    Parameters
    ----------
    values
        In any order, one at least.
    share
        How often.

    Examples
    --------
    >>> read_interval(np.arange(1.0, 200.0))
    (10.0, 190.0)
    >>> read_interval(np.arange(1.0, 201.0))
    (10.0, 191.0)
    """
    tail = (1 - share) / 2
    ordered, count = np.sort(values), len(values)
    lower = math.floor(tail * (count + 1) + _DUST)
    return float(ordered[max(lower, 1) - 1]), read_upper(values, 1 - tail)


def read_upper(values: Floats, share: float = 0.95) -> float:
    """Return the value that a further one like them does not pass, so often at least.

    The order statistic of rank ceil(share (n + 1)), and the largest where there is none such; see
    `read_interval`.

    Examples
    --------
    >>> read_upper(np.arange(1.0, 20.0))
    19.0
    """
    upper = math.ceil(share * (len(values) + 1) - _DUST)
    return float(np.sort(values)[min(upper, len(values)) - 1])
