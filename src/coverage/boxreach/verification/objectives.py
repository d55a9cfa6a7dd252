"""What each location model makes of the sites that serve, by its own formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.sparse import csr_array, vstack

from boxreach.verification.ledger import Floats
from boxreach.verification.tables import MS_PER_MINUTE

if TYPE_CHECKING:
    from boxreach.placement.aims import Aim

Recount: TypeAlias = Callable[[Mapping[str, Any], Floats, Floats, int], float]
"""The keys of ``[propose]``, milliseconds from sites to rows, what rows count, the threshold."""


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
        return self.model in _SMALL if self.model in _KNOWN else _look_up(self.model).small

    @property
    def whole(self) -> float:
        """What it cannot go beyond, of what is to be large."""
        known = not self.small and self.model in _KNOWN
        return float(self.pull.sum()) + self.more if known else np.inf

    @property
    def covers(self) -> bool:
        """Whether it is what lies within the minutes of any site, and no more."""
        return self.model == "max-cover" and self.asked.get("capacity") is None

    @property
    def formula(self) -> Recount | None:
        """What some sites come to; None of a model that does not say.

        Models of one's own say it in their own file.
        """
        if self.model in _KNOWN:
            return _FORMULAS.get(self.model)
        return _look_up(self.model).recount

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
        assert self.formula is not None  # noqa: S101 - whoever asks has looked
        return self.formula(self.asked, ms, self.pull, self.limit_ms)


def _sum_covered(asked: Mapping[str, Any], ms: Floats, pull: Floats, limit_ms: int) -> float:
    within = ms <= limit_ms
    if asked.get("capacity") is not None:
        return share_out(within, pull, float(asked["capacity"]))
    return float(pull[within.any(axis=0)].sum())


def _sum_backed(asked: Mapping[str, Any], ms: Floats, pull: Floats, limit_ms: int) -> float:
    often = (ms <= limit_ms).sum(axis=0)
    return float(pull[often >= int(asked["backup_boxes"])].sum())


def _sum_expected(asked: Mapping[str, Any], ms: Floats, pull: Floats, limit_ms: int) -> float:
    vehicles = (ms <= limit_ms).sum(axis=0) * int(asked["vehicles"])
    return float(pull @ (1 - float(asked["busy"]) ** vehicles))


def _sum_minutes(_: Mapping[str, Any], ms: Floats, pull: Floats, limit_ms: int) -> float:
    nearest = ms.min(axis=0, initial=np.inf)
    return float(pull @ np.minimum(nearest, limit_ms)) / MS_PER_MINUTE


def _find_longest(_: Mapping[str, Any], ms: Floats, pull: Floats, _limit_ms: int) -> float:
    nearest = ms.min(axis=0, initial=np.inf)[pull > 0]
    return float(nearest.max(initial=0.0)) / MS_PER_MINUTE


_FORMULAS: dict[str, Recount] = {
    "max-cover": _sum_covered,
    "backup-cover": _sum_backed,
    "expected-cover": _sum_expected,
    "p-median": _sum_minutes,
    "p-center": _find_longest,
}
"""By the names of the models; none of it is shared with what made the plan."""

_KNOWN = {*_FORMULAS, "set-cover"}
_SMALL = {"set-cover", "p-median", "p-center"}
_OF_COVER = {"max-cover", "backup-cover", "expected-cover"}


def is_of_cover(model: str) -> bool:
    """Tell whether plans of a model may have phases and a curve."""
    return model in _OF_COVER if model in _KNOWN else _look_up(model).of_cover


def _look_up(model: str) -> type[Aim]:
    """Return what a model that is not known here says of itself."""
    from boxreach.placement.aims import aim_called  # noqa: PLC0415 - the engine, else left alone

    return aim_called(model)


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
