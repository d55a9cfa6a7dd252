"""What each location model makes of the sites that serve, by its own formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from boxreach.verification.ledger import Floats
from boxreach.verification.tables import MS_PER_MINUTE

SMALL = ("set-cover", "p-median", "p-center")
"""The models that make something small."""


@dataclass(frozen=True, eq=False)
class Objective:
    """The model of a plan, with what it asks for.

    Attributes
    ----------
    model
        What it is called.
    asked
        Its parameters, as ``run.json`` has them without ``propose.``.
    pull
        What each row counts in it.
    limit_ms
        The threshold.
    more
        What sites may add to it by themselves, at most.
    """

    model: str
    asked: Mapping[str, Any]
    pull: Floats
    limit_ms: int
    more: float = 0.0

    @property
    def small(self) -> bool:
        """Whether it is to be small."""
        return self.model in SMALL

    @property
    def whole(self) -> float:
        """What it cannot go beyond, of what is to be large."""
        return np.inf if self.small else float(self.pull.sum()) + self.more

    @property
    def covers(self) -> bool:
        """Whether it is what lies within the minutes of any site, and no more."""
        return self.model == "max-cover" and self.asked.get("capacity") is None

    def value(self, ms: Floats) -> float:
        """Return what some sites come to.

        Of "max-cover" with a capacity that is a transport problem, solved as a linear program; of
        the others it is a sum. "set-cover" counts sites and not times, and is not told here.

        Parameters
        ----------
        ms
            Milliseconds from these sites to the rows.

        Examples
        --------
        >>> model = Objective("backup-cover", {"backup_boxes": 2}, np.array([10.0, 5.0]), 60_000)
        >>> model.value(np.array([[0.0, 0.0], [60_000.0, 60_001.0]]))
        10.0
        """
        within = ms <= self.limit_ms
        often = within.sum(axis=0)
        match self.model:
            case "backup-cover":
                return float(self.pull[often >= int(self.asked["backup_boxes"])].sum())
            case "expected-cover":
                vehicles = often * int(self.asked["vehicles"])
                return float(self.pull @ (1 - float(self.asked["busy"]) ** vehicles))
            case "p-median":
                nearest = ms.min(axis=0, initial=np.inf)
                return float(self.pull @ np.minimum(nearest, self.limit_ms)) / MS_PER_MINUTE
            case "p-center":
                nearest = ms.min(axis=0, initial=np.inf)[self.pull > 0]
                return float(nearest.max(initial=0.0)) / MS_PER_MINUTE
        if self.asked.get("capacity") is not None:
            return share_out(within, self.pull, float(self.asked["capacity"]))
        return float(self.pull[often > 0].sum())


def share_out(within: Any, weights: Floats, capacity: float) -> float:
    """Return how much can be served at once by sites that serve so much each.

    Examples
    --------
    >>> within = np.array([[True, True], [False, True]])
    >>> share_out(within, np.array([4.0, 5.0]), 6.0)
    9.0
    >>> share_out(within[:1], np.array([4.0, 5.0]), 6.0)
    6.0
    """
    # Rows that the same sites reach are one.
    kinds, of = np.unique(np.asarray(within).T, axis=0, return_inverse=True)
    amounts = np.bincount(of.ravel(), weights, minlength=len(kinds))
    kind, site = np.nonzero(kinds)
    if not len(kind):
        return 0.0
    from scipy.optimize import linprog  # noqa: PLC0415 - large, and seldom asked for

    ones, each = np.ones(len(kind)), np.arange(len(kind))
    rows = csr_array((ones, (kind, each)), shape=(len(kinds), len(kind)))
    sites = csr_array((ones, (site, each)), shape=(len(within), len(kind)))
    limits = np.append(amounts, np.full(len(within), capacity))
    found = linprog(-ones, A_ub=vstack([rows, sites]), b_ub=limits, method="highs")
    return float(-found.fun)
