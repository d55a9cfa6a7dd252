"""By what a plan is judged that meets several cases: their mean, the worst, or a percentile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from boxreach.arguments import shown
from boxreach.errors import Fault

Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-9
"""Odds are sums of floats: what differs by less than this from a percentile meets it."""
_DOUBLINGS, _BISECTIONS = 60, 200


@dataclass(frozen=True, eq=False)
class Criterion:
    """What is made of the values of a plan in several cases.

    Attributes
    ----------
    share
        None for the mean. Else the odds of the cases that may be given up, 0 for none of them: the
        plan counts what it comes to, or more, in all the others.
    odds
        Of each case, above 0; their sum is 1.

    Examples
    --------
    >>> odds = np.full(4, 0.25)
    >>> [Criterion(share, odds).of(np.array([4.0, 1.0, 3.0, 2.0])) for share in (None, 0.0, 0.3)]
    [2.5, 1.0, 2.0]
    """

    share: float | None
    odds: Floats

    @cached_property
    def spare(self) -> float:
        """Odds of the cases that may be given up; of equal cases, those of whole ones."""
        if not self.share:
            return 0.0
        spare = self.share + _ROUNDING
        if np.ptp(self.odds) <= _ROUNDING * self.odds[0] / len(self.odds):
            return float(math.floor(spare / self.odds[0]) * self.odds[0])
        return spare

    def of(self, values: Floats) -> float:
        """Return what values of the cases come to; it does not fall where none of them does."""
        if self.share is None:
            return math.fsum((self.odds * values).tolist())
        order = np.argsort(values, kind="stable")
        given_up = np.cumsum(self.odds[order])
        # The odds of all cases are more than may be given up, but for rounding.
        first = int(np.argmax(given_up > self.spare * (1 + _ROUNDING))) if self.spare else 0
        return float(values[order[first]])

    def mixed(self, most: float, mix: Floats, least: Floats) -> float:
        """Return what no plan comes to more than, if in a mix of the cases none comes to more.

        Of a plan that comes to q, the cases that are not given up come to q each, the others to
        what every plan does there; so the mix comes to what `in_mix` tells of q, or more.

        Parameters
        ----------
        most
            What no plan comes to more than in the mix.
        mix
            Weight of each case, 0 or more and not all of them 0; of the mean, as the odds are.
        least
            What every plan comes to in each case.
        """
        if self.share is None or not self.spare:
            return most / math.fsum(mix.tolist())
        low, high = 0.0, max(most, float(least.max())) / math.fsum(mix.tolist()) + 1.0
        for _ in range(_DOUBLINGS):
            if self.in_mix(high, mix, least) > most:
                break
            low, high = high, 2 * high
        else:
            return math.inf  # the cases of the mix can all be given up
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if not low < middle < high:
                break
            low, high = (middle, high) if self.in_mix(middle, mix, least) <= most else (low, middle)
        return high

    def in_mix(self, value: float, mix: Floats, least: Floats) -> float:
        """Return what a plan that comes to a value comes to in a mix of cases at least.

        Which cases are given up is a knapsack; in part, the one that gains most for its odds is
        given up last (Dantzig, 1957).

        Parameters
        ----------
        value
            What the plan comes to.
        mix, least
            As `mixed` takes them.
        """
        if self.share is None or not self.spare:
            return value * math.fsum(mix.tolist())
        lost = mix * np.maximum(value - least, 0.0)
        order = np.argsort(-lost / self.odds, kind="stable")
        before = np.cumsum(self.odds[order]) - self.odds[order]
        part = np.clip((self.spare * (1 + _ROUNDING) - before) / self.odds[order], 0.0, 1.0)
        kept = (mix * np.maximum(value, least))[order] - part * lost[order]
        return math.fsum(kept.tolist())


def read_criterion(criterion: str) -> tuple[float | None, list[Fault]]:
    """Return the share that a criterion gives up, and the faults of what is none.

    Examples
    --------
    >>> [read_criterion(one)[0] for one in ("mean", "worst", "p10", "p2.5")]
    [None, 0.0, 0.1, 0.025]
    """
    word = criterion if isinstance(criterion, str) else ""
    if word == "mean":
        return None, []
    if word == "worst":
        return 0.0, []
    if word[:1] == "p":
        try:
            percent = float(word[1:])
        except ValueError:
            percent = math.nan
        if 0 < percent < 100:
            return percent / 100, []
    advice = 'give "mean", "worst", or a percentile between "p0" and "p100", such as "p10"'
    return None, [Fault(f"it is {shown(criterion)}", column="criterion", advice=advice)]
