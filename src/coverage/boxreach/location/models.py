"""What can be asked of the location models, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from boxreach.errors import Fault, InputError

Status = Literal["optimal", "feasible", "infeasible"]


@dataclass(frozen=True, kw_only=True)
class MaxCover:
    """Cover as much weight as possible with so many new sites, within so many minutes.

    The maximal covering location problem of Church and ReVelle (1974): choose `sites` candidates
    so that the weight of demand with at least one of them within `minutes` is largest.
    """

    sites: int
    minutes: float

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        faults = []
        if not isinstance(self.sites, int) or self.sites < 0:
            advice = "give a whole number, 0 or more"
            faults.append(Fault(f"{self.sites!r} sites", column="sites", advice=advice))
        if not self.minutes > 0:
            faults.append(
                Fault(f"{self.minutes:g} minutes", column="minutes", advice="give more than 0")
            )
        if faults:
            raise InputError(*faults)


@dataclass(frozen=True, eq=False)
class GroupLimit:
    """At least and at most so many chosen sites among some: a quota on plain arrays.

    Parameters
    ----------
    members
        For each site, whether it counts.
    at_least, at_most
        The limits; `at_most` None means no limit.
    """

    members: npt.NDArray[np.bool_]
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True, eq=False)
class Solution:
    """An answer and how good it is proven to be.

    Attributes
    ----------
    status
        ``optimal``: no choice is better. ``feasible``: the limits hold, a better one may exist.
        ``infeasible``: no choice keeps the limits; `sites` is empty.
    objective
        Weight covered, recomputed from `sites`.
    bound
        What no choice can exceed.
    sites
        Positions of the chosen sites, ascending.
    """

    status: Status
    objective: float
    bound: float
    sites: npt.NDArray[np.int64]

    @property
    def gap(self) -> float:
        """How far the objective may be from the best, as a share of the bound."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """Return (bound - objective) / bound, and 0 where the bound is 0."""
    return max(0.0, (bound - objective) / bound) if bound > 0 else 0.0
