"""How many sites each part of a question gets: curves of parts, and the best shares of a number."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boxreach.location.models import Solution

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_SLACK = 1e-11
"""What sums of floats are forgiven, as a share of them."""


@dataclass(eq=False)
class Curve:
    """What so many sites of one part cover at most, from none on.

    Attributes
    ----------
    bounds
        For each number of sites, what none of its choices can exceed.
    plans
        The choices that were found for some numbers, positions within the part.
    """

    bounds: Floats
    plans: dict[int, Integers] = field(default_factory=dict)

    @classmethod
    def over(cls, alone: Floats, most: int) -> Curve:
        """Return what is known at once: together sites cover no more than each for itself.

        Parameters
        ----------
        alone
            What each site covers.
        most
            The largest number of sites to look at.

        Examples
        --------
        >>> Curve.over(np.array([1.0, 4.0, 2.0]), 2).bounds.round(6).tolist()
        [0.0, 4.0, 6.0]
        """
        best = np.sort(alone)[::-1][:most]
        return cls(np.append(0.0, np.cumsum(best)) * (1 + _SLACK))

    def note(self, count: int, found: Solution) -> None:
        """Take over an answer for one number of sites, and what it says of others.

        Fewer sites cover no more. More of them cover no more for each: of the best of these any
        may be left out, and the least of them adds no more than the mean (Nemhauser and others,
        1978).

        Parameters
        ----------
        count
            The number.
        found
            The answer.
        """
        self.plans[count] = found.sites
        numbers = np.arange(len(self.bounds))
        more = np.maximum(numbers / max(count, 1), 1.0) if count else np.inf
        beyond = found.bound * more * (1 + _SLACK)
        self.bounds = np.minimum(self.bounds, np.where(numbers > count, beyond, found.bound))

    def cut(self, paid: Floats, rest: float) -> None:
        """Take over what prices prove: sites are paid by what they cover, and a rest is kept.

        Parameters
        ----------
        paid
            What each site is paid.
        rest
            What all demand keeps together.
        """
        best = np.cumsum(np.sort(paid)[::-1][: len(self.bounds) - 1])
        proven = (rest + np.append(0.0, best)) * (1 + _SLACK)
        proven[0] = 0.0
        self.bounds = np.minimum(self.bounds, proven)

    def lifted(self, by: float, alone: Floats) -> Curve:
        """Return what is known where the part covers at most so much more.

        Parameters
        ----------
        by
            By how much the weights of its demand grow, together.
        alone
            What each site covers then.
        """
        fresh = Curve.over(alone, len(self.bounds) - 1)
        higher = self.bounds + by
        higher[0] = 0.0
        return Curve(np.minimum(fresh.bounds, higher))


@dataclass(frozen=True)
class Limit:
    """At least and at most so many sites in some parts."""

    parts: tuple[int, ...]
    at_least: int
    at_most: int


def share_out(
    curves: list[Curve], limits: list[Limit], sites: int
) -> tuple[float, list[int]] | None:
    """Return the most that so many sites cover by the bounds of their parts, and their shares.

    Exact, by dynamic programming: limits, then all, one part after the other.

    Parameters
    ----------
    curves
        Of each part.
    limits
        On parts, each in one limit at most.
    sites
        How many there are, in all.

    Returns
    -------
    tuple
        The value and how many sites each part has; None if no shares keep the limits.

    Examples
    --------
    >>> steep, flat = Curve(np.array([0.0, 5.0, 6.0])), Curve(np.array([0.0, 3.0, 5.0]))
    >>> share_out([steep, flat], [], 3)
    (10.0, [1, 2])
    >>> share_out([steep, flat], [Limit((1,), 0, 1)], 3)
    (9.0, [2, 1])
    """
    limited = {part for limit in limits for part in limit.parts}
    loose = Limit(tuple(k for k in range(len(curves)) if k not in limited), 0, sites)
    whole, steps = np.zeros(1), []
    for limit in [*limits, loose]:
        group, inner = np.zeros(1), []
        for part in limit.parts:
            group, taken = _add(group, curves[part].bounds, sites)
            inner.append((part, taken))
        numbers = np.arange(len(group))
        group = np.where((numbers >= limit.at_least) & (numbers <= limit.at_most), group, -np.inf)
        whole, taken = _add(whole, group, sites)
        steps.append((inner, taken))
    if len(whole) <= sites or whole[sites] == -math.inf:
        return None
    shares, left = [0] * len(curves), sites
    for inner, taken in reversed(steps):
        of_group = int(taken[left])
        left -= of_group
        for part, taken_by_part in reversed(inner):
            shares[part] = int(taken_by_part[of_group])
            of_group -= shares[part]
    return float(whole[sites]), shares


def _add(one: Floats, other: Floats, most: int) -> tuple[Floats, Integers]:
    """Return the best of two curves for each number in both together, and how many of the other."""
    length = min(len(one) + len(other) - 1, most + 1)
    best, taken = np.full(length, -np.inf), np.zeros(length, dtype=np.int64)
    for count, value in enumerate(other[:length]):
        reach = min(len(one), length - count)
        room = best[count : count + reach]
        better = one[:reach] + value > room
        room[better] = (one[:reach] + value)[better]
        taken[count : count + reach][better] = count
    return best, taken
