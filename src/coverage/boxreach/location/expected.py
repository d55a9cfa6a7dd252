"""Expected covering: weight counts by the chance that a vehicle is free in reach of it."""

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

_CERTAIN = 1e-9
"""Further sites add less than this share of a weight together: they add nothing."""
_MOST_SITES = 12


def expected_cover(
    cover: csr_array,
    weights: npt.NDArray[np.float64],
    *,
    sites: int | None,
    busy: float,
    vehicles: int = 2,
    rules: Rules = NO_RULES,
    later_sites: int = 0,
    seconds: float = 60.0,
    seed: int = 0,
    progress: Callable[[float, float], None] | None = None,
    scratch: Scratch | None = None,
) -> Solution:
    """Choose sites so that the most weight is expected to find a vehicle free in reach.

    Each vehicle is busy with chance q, whatever the others do. Demand that n chosen sites cover,
    each with v vehicles, finds one free with chance 1 - q**(v n); the sum of weights times these
    chances is maximised (the model MEXCLP of Daskin, 1983). Sites beyond the twelfth, or beyond
    where all further ones together would add less than one part in a billion, add nothing.

    Parameters
    ----------
    cover, weights, sites, rules, later_sites, seconds, seed, progress, scratch
        As `max_cover` takes them.
    busy
        Chance that a vehicle is busy, q, from 0 to below 1.
    vehicles
        How many vehicles each site has, v.

    Returns
    -------
    Solution
        Sites, with status, objective, bound and gap in expected weight.

    Raises
    ------
    InputError
        If an argument means nothing.
    BoxreachError
        If no choice that keeps the rules was found in the time given.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    >>> expected_cover(cover, np.array([5.0, 1.0, 4.0]), sites=2, busy=0.5)
    Solution(status='optimal', objective=7.6875, bound=7.6875, sites=array([0, 1]))
    """
    advice = "give a chance from 0 to below 1"
    faults = number_faults("busy", busy, lambda chance: 0 <= chance < 1, advice)
    advice = "give a whole number, 1 or more"
    faults += number_faults(
        "vehicles", vehicles, lambda count: isinstance(count, Integral) and int(count) >= 1, advice
    )
    if faults:
        raise InputError(*faults)
    return max_cover(
        cover,
        weights,
        sites=sites,
        rules=rules,
        worth=list_chances(busy, vehicles),
        later_sites=later_sites,
        seconds=seconds,
        seed=seed,
        progress=progress,
        scratch=scratch,
    )


def list_chances(busy: float, vehicles: int) -> list[float]:
    """Return the chance that a vehicle is free where n sites cover, from n = 0.

    Examples
    --------
    >>> list_chances(0.5, 2)[:4]
    [0.0, 0.75, 0.9375, 0.984375]
    """
    chances = [0.0]
    while len(chances) <= _MOST_SITES and 1 - chances[-1] > _CERTAIN:
        chances.append(1 - busy ** (vehicles * len(chances)))
    return chances
