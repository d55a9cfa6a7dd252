"""Sums by group that no order of the rows changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats

Integers = npt.NDArray[np.int64]
Sums = npt.NDArray[Any]
"""Whole numbers where rows are counted, else floats."""


def sums_up_to(
    groups: Integers, group_count: int, steps: Integers, step_count: int, weights: Floats | None
) -> Sums:
    """Add up weights by group and up to each step; the last row is all groups together.

    Sums of floats depend on their order; these do not, to the last bit. Each weight is cut into
    two parts, each a whole multiple of a power of two so large that no sum of such parts is ever
    rounded (Demmel and Nguyen, Fast Reproducible Floating-Point Summation, 2013). What is below
    the second part, 2 ** -64 of the largest weight for a million rows, is left out.

    Parameters
    ----------
    groups, group_count
        The group of each row.
    steps, step_count
        The first step that counts each row.
    weights
        Finite and not negative; None counts rows, in whole numbers.

    Returns
    -------
    numpy.ndarray
        Groups and their total by steps.

    Examples
    --------
    >>> groups, steps = np.array([0, 1, 1]), np.array([0, 0, 1])
    >>> sums_up_to(groups, 2, steps, 2, np.array([0.5, 2.0, 4.0]))
    array([[0.5, 0.5],
           [2. , 6. ],
           [2.5, 6.5]])
    """
    cells = groups * step_count + steps
    shape = (group_count, step_count)
    if weights is None:
        return _up_to(np.bincount(cells, minlength=group_count * step_count).reshape(shape))
    parts = [
        _up_to(np.bincount(cells, one, minlength=group_count * step_count).reshape(shape))
        for one in _exact_parts(weights)
    ]
    total: Sums = np.sum(parts, axis=0)
    return total


def _up_to(cells: Sums) -> Sums:
    return np.cumsum(np.vstack([cells, cells.sum(axis=0)]), axis=1)


def _exact_parts(weights: Floats) -> list[Floats]:
    parts: list[Floats] = []
    left = weights
    for _ in range(2):
        largest = float(np.abs(left).max(initial=0.0))
        if largest == 0 and parts:
            break
        _, exponent = np.frexp(largest * len(left))
        grain = np.ldexp(1.0, int(exponent) - 52)
        part = np.rint(left / grain) * grain
        parts.append(part)
        left = left - part
    return parts
