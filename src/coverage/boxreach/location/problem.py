"""A covering problem on merged sets, and what a search for a plan comes to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.location.cover_sets import CoverSets
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be chosen.

    Attributes
    ----------
    sets
        What the sites cover.
    worth
        Share of a weight that counts when n sites cover it, from n = 0; the last for more.
    rows
        The rules, for the plan with the sites that follow.
    sites, later_sites
        How many to choose, None for any number, and how many follow.
    costs
        What each site costs, if that matters.
    """

    sets: CoverSets
    worth: Floats
    rows: Rows
    sites: int | None
    later_sites: int = 0
    costs: Floats | None = None

    @property
    def total(self) -> int | None:
        """How many sites stand in the end."""
        return None if self.sites is None else self.sites + self.later_sites


@dataclass(frozen=True, eq=False)
class Finding:
    """What a search came to: a plan if there is one, a bound, and whether none can be."""

    chosen: Integers | None
    bound: float
    infeasible: bool = False


def raise_to_hull(worth: Floats) -> Floats:
    """Return the least concave worth that is nowhere below.

    Examples
    --------
    >>> raise_to_hull(np.array([0.0, 0.0, 1.0]))
    array([0. , 0.5, 1. ])
    """
    many = len(worth)
    hull = worth.copy()
    for low in range(many):
        for high in range(low + 2, many):
            between = np.arange(low + 1, high)
            line = worth[low] + (worth[high] - worth[low]) * (between - low) / (high - low)
            hull[between] = np.maximum(hull[between], line)
    return hull


def count_least(worth: Floats) -> int:
    """Return how many sites demand needs before any of it counts."""
    return int(np.argmax(worth > 0))
