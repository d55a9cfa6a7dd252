"""Sums by group that no order of the rows changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats

Integers = npt.NDArray[np.int64]
_LEAST_EXPONENT = -1074
"""Of the smallest number above 0."""

Sums = npt.NDArray[Any]
"""Whole numbers where rows are counted, else floats."""


@dataclass(frozen=True, eq=False)
class StepSums:
    """Sums of groups, and of all of them in the last row, by steps.

    Attributes
    ----------
    up_to
        What counts by each step.
    beyond
        The rest of the whole, which is not the difference of two rounded sums: where nearly all
        count, that would be all rounding.
    """

    up_to: Sums
    beyond: Sums

    @property
    def whole(self) -> Sums:
        """Everything, once for each step but the last."""
        return np.broadcast_to(self.up_to[:, -1:], self.up_to[:, :-1].shape)


def sums_by_step(
    groups: Integers, group_count: int, steps: Integers, step_count: int, weights: Floats | None
) -> StepSums:
    """Add up weights by group, up to each step and beyond it.

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

    Examples
    --------
    >>> groups, steps = np.array([0, 1, 1]), np.array([0, 0, 1])
    >>> sums = sums_by_step(groups, 2, steps, 2, np.array([0.5, 2.0, 4.0]))
    >>> sums.up_to
    array([[0.5, 0.5],
           [2. , 6. ],
           [2.5, 6.5]])
    >>> sums.beyond
    array([[0., 0.],
           [4., 0.],
           [4., 0.]])
    """
    cells = groups * step_count + steps
    up_to, beyond = [], []
    for part in [None] if weights is None else _exact_parts(weights):
        counts = np.bincount(cells, part, minlength=group_count * step_count)
        counts = counts.reshape(group_count, step_count)
        up_to.append(np.cumsum(np.vstack([counts, counts.sum(axis=0)]), axis=1))
        beyond.append(up_to[-1][:, -1:] - up_to[-1])
    return StepSums(np.sum(up_to, axis=0), np.sum(beyond, axis=0))


def sums_of(groups: Integers, group_count: int, weights: Floats) -> Floats:
    """Return the sum of each group, and of all together last.

    Examples
    --------
    >>> sums_of(np.array([0, 1, 1]), 2, np.array([0.5, 2.0, 4.0]))
    array([0.5, 6. , 6.5])
    """
    return sums_by_step(groups, group_count, np.zeros_like(groups), 1, weights).up_to[:, 0]


def _exact_parts(weights: Floats) -> list[Floats]:
    parts: list[Floats] = []
    left = weights
    for _ in range(2):
        largest = float(np.abs(left).max(initial=0.0))
        if largest == 0 and parts:
            break
        exponent = int(np.frexp(largest)[1]) + len(left).bit_length()
        grain = np.ldexp(1.0, max(exponent - 52, _LEAST_EXPONENT))
        part = np.rint(left / grain) * grain
        parts.append(part)
        left = left - part
    return parts
