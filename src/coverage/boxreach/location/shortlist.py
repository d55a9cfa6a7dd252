"""Few sites of many: those that prices nearly take, where plans and prices are made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from boxreach.location.cover_sets import CoverSets
from boxreach.location.dual import Dual, Offer
from boxreach.location.saddle import Saddle

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_STEPS, _PAIRS = 100, 3_000_000
"""Made on a list before it is held against all sites, and listed at once."""
_NEAR = 1e-4
"""A bound on all sites is at most so much above that on the list if that lacks none."""


def list_nearest(losses: Floats, sets: CoverSets, always: Flags, pairs: int) -> Flags:
    """Return the sites that lose least by being turned over, and those that always belong.

    Parameters
    ----------
    losses
        What each site loses at least.
    sets
        What they cover.
    always
        Sites that are listed whatever they lose.
    pairs
        How many pairs the others may have together.
    """
    order = np.argsort(np.where(always, -np.inf, losses), kind="stable")
    many = int(always.sum())
    room = np.cumsum(np.diff(sets.start)[order[many:]])
    listed = always.copy()
    listed[order[: many + int(np.searchsorted(room, pairs))]] = True
    return listed


class Shortlist:
    """Sites listed so far, and prices on these alone, from which those on all follow.

    Demand that the same listed sites cover is one demand, so that a step costs a small part of one
    on all sites. But what prices leave to sites that are not listed is not seen: only an
    evaluation on all gives a bound, and lists those (sifting, as of columns of a linear program).

    Parameters
    ----------
    dual
        Prices on all sites, of which the best are kept.
    always
        Sites to be listed from the start: those of a plan, and those that are fixed.
    """

    def __init__(self, dual: Dual, always: Flags) -> None:
        self._dual, self._listed = dual, always
        self._part: Dual | None = None
        self._saddle: Saddle | None = None

    def descend(
        self, target: float, *, deadline: float, steps: int = _STEPS, pairs: int = _PAIRS
    ) -> bool:
        """Take steps on the list, and one on all sites; tell whether the list lacks none of them.

        Parameters
        ----------
        target, deadline, steps
            As `Dual.descend` takes them.
        pairs
            How many pairs of sites may be listed beside those that are.
        """
        dual = self._dual
        last = dual.last or dual.evaluate(target)
        part = self._part = self._extend(last, pairs)
        self._step_on(part, last, target, steps, deadline)
        dual.go_on_from(part.best.prices / part.sets.weights, part)
        whole = dual.evaluate(target)
        return whole.bound <= part.best.bound * (1 + _NEAR)

    def _step_on(
        self, part: Dual, offer: Offer, target: float, steps: int, deadline: float
    ) -> None:
        """Lower the bound on the list; from both sides, where picks keep all rules."""
        if len(part.rule_prices):
            part.lengthen()
            part.descend(target, steps, deadline)
            return
        saddle = self._saddle
        if saddle is None:
            chosen = np.zeros(part.sets.sites)
            chosen[offer.chosen] = 1.0
            saddle = Saddle(part, chosen)
        elif saddle.part is not part:
            saddle = Saddle(part, saddle.fractions, saddle)
        self._saddle = saddle
        saddle.approach(target, steps, deadline)

    def _extend(self, offer: Offer, pairs: int) -> Dual:
        """List sites that an offer nearly takes; return prices for all on the list."""
        dual = self._dual
        taken = np.zeros_like(self._listed)
        taken[offer.chosen] = True
        if self._part is not None and not (taken & ~self._listed).any():
            return self._part
        losses = dual.picks.losses(offer.earned, offer.chosen)
        listed = self._listed | list_nearest(losses, dual.sets, taken, pairs)
        self._listed = listed = listed & ~dual.picks.barred
        less = dual.sets.among(listed)
        picks = replace(dual.picks, barred=~listed)
        return dual.on_part(less, picks, less.sum_up(dual.prices), self._part)
