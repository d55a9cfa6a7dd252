"""Backup covering: weight counts only where several sites cover it."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.arguments import number_faults
from boxreach.errors import InputError
from boxreach.location.cover import NO_RULES, max_cover
from boxreach.location.models import Solution
from boxreach.location.rules import Rules
from boxreach.scratch import Scratch


def backup_cover(
    cover: csr_array,
    weights: npt.NDArray[np.float64],
    *,
    sites: int | None,
    boxes: int = 2,
    rules: Rules = NO_RULES,
    later_sites: int = 0,
    seconds: float = 60.0,
    seed: int = 0,
    progress: Callable[[float, float], None] | None = None,
    scratch: Scratch | None = None,
) -> Solution:
    """Choose sites so that the most weight has several of them in reach.

    Maximise the sum of w_j y_j subject to k y_j <= sum of x_i over the sites i that cover j,
    sum of x_i = p, all binary, after the backup coverage of Hogan and ReVelle (1986). Demand that
    fewer than k candidates cover can never count: compare the weight of what is covered so often
    before reading much into a share.

    Parameters
    ----------
    cover, weights, sites, rules, later_sites, seconds, seed, progress, scratch
        As `max_cover` takes them.
    boxes
        How many chosen sites must cover demand for its weight to count, k.

    Returns
    -------
    Solution
        Sites, with status, objective, bound and gap in weight.

    Raises
    ------
    InputError
        If an argument means nothing.
    BoxreachError
        If no choice that keeps the rules was found in the time given.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    >>> backup_cover(cover, np.array([5.0, 1.0, 4.0]), sites=2)
    Solution(status='optimal', objective=4.0, bound=4.0, sites=array([1, 2]))
    """
    advice = "give a whole number, 1 or more"
    faults = number_faults(
        "boxes", boxes, lambda count: isinstance(count, Integral) and int(count) >= 1, advice
    )
    if faults:
        raise InputError(*faults)
    return max_cover(
        cover,
        weights,
        sites=sites,
        rules=rules,
        worth=(*[0.0] * int(boxes), 1.0),
        later_sites=later_sites,
        seconds=seconds,
        seed=seed,
        progress=progress,
        scratch=scratch,
    )
