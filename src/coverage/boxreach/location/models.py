"""What can be asked of the location models, and what they answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from boxreach.arguments import number_faults
from boxreach.errors import Fault, InputError

Status = Literal["optimal", "feasible", "infeasible"]
Sense = Literal["max", "min"]


@dataclass(frozen=True)
class Model:
    """What a plan makes large or small."""


@dataclass(frozen=True, kw_only=True)
class MaxCover(Model):
    """Cover as much weight as possible with so many new sites, within so many minutes.

    The maximal covering location problem of Church and ReVelle (1974): choose candidates so that
    the weight of demand with at least one of them within `minutes` is largest. With `capacity` it
    is that of Current and Storbeck (1988): no site serves more weight than that, and the weight of
    a place may be divided between sites.

    Parameters
    ----------
    sites
        How many to choose, exactly; None if the budget alone decides.
    minutes
        Within how many minutes demand is covered; the limit itself is inside.
    budget
        What the chosen sites may cost together, in the unit of the column of costs.
    capacity
        The weight that one site can serve; None is any.

    Raises
    ------
    InputError
        If a number means nothing, or if neither sites nor a budget are given.

    Examples
    --------
    >>> MaxCover(sites=50, minutes=30)
    MaxCover(sites=50, minutes=30, budget=None, capacity=None)
    """

    sites: int | None = None
    minutes: float
    budget: float | None = None
    capacity: float | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        faults = _minutes_faults(self.minutes)
        if self.sites is not None:
            faults += _count_faults("sites", self.sites)
        elif self.budget is None:
            advice = "give sites or a budget"
            faults.append(Fault("how much may be chosen is not said", advice=advice))
        if self.budget is not None:
            faults += number_faults("budget", self.budget, _is_amount, "give a number of 0 or more")
        if self.capacity is not None:
            advice = "give the weight that one site can serve, more than 0"
            faults += number_faults("capacity", self.capacity, lambda most: most > 0, advice)
        _raise_any(faults)


@dataclass(frozen=True, kw_only=True)
class SetCover(Model):
    """Cover all weight, or a share of it, with as few sites as possible, or the cheapest.

    The location set covering problem of Toregas, Swain, ReVelle and Bergman (1971): choose the
    fewest candidates so that all demand has at least one of them within `minutes`, or at least
    `boxes` of them. With a share below 1 it is the partial covering problem of Daskin and Owen
    (1999).

    Parameters
    ----------
    minutes
        Within how many minutes demand is covered; the limit itself is inside.
    share
        The share of the weight that is to be covered, above 0 and up to 1, all of it.
    boxes
        How many sites must be that near for demand to be covered.

    Raises
    ------
    InputError
        If a number means nothing.

    Examples
    --------
    >>> SetCover(minutes=30, share=0.9)
    SetCover(minutes=30, share=0.9, boxes=1)
    """

    minutes: float
    share: float = 1.0
    boxes: int = 1

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        faults = _minutes_faults(self.minutes) + share_faults(self.share)
        _raise_any(faults + boxes_faults(self.boxes))


@dataclass(frozen=True, kw_only=True)
class BackupCover(Model):
    """Cover as much weight as possible by several sites each, so that one may be lost or busy.

    The backup covering problem of Hogan and ReVelle (1986): choose `sites` candidates so that the
    weight of demand with at least `boxes` of them within `minutes` is largest. What fewer
    candidates than that can reach at all cannot count.

    Parameters
    ----------
    sites
        How many to choose, exactly.
    minutes
        Within how many minutes demand is covered; the limit itself is inside.
    boxes
        How many sites must be that near.

    Raises
    ------
    InputError
        If a number means nothing.

    Examples
    --------
    >>> BackupCover(sites=50, minutes=30)
    BackupCover(sites=50, minutes=30, boxes=2)
    """

    sites: int
    minutes: float
    boxes: int = 2

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        faults = _count_faults("sites", self.sites) + _minutes_faults(self.minutes)
        _raise_any(faults + boxes_faults(self.boxes))


@dataclass(frozen=True, kw_only=True)
class ExpectedCover(Model):
    """Cover as much weight as can be expected where vehicles are busy some of the time.

    The maximum expected covering location problem (MEXCLP) of Daskin (1983): choose `sites`
    candidates so that the sum of w_j (1 - q^k_j) is largest, where k_j is the number of vehicles
    within `minutes` of demand j and q the share of the time that each is busy. The k-th of them
    gains w_j (1 - q) q^(k - 1).

    Parameters
    ----------
    sites
        How many to choose, exactly.
    minutes
        Within how many minutes demand is covered; the limit itself is inside.
    busy
        The share of the time that a vehicle is busy, from 0 and below 1; each as if alone.
    vehicles
        How many stand at each site.

    Raises
    ------
    InputError
        If a number means nothing.

    Examples
    --------
    >>> ExpectedCover(sites=50, minutes=30)
    ExpectedCover(sites=50, minutes=30, busy=0.3, vehicles=2)
    """

    sites: int
    minutes: float
    busy: float = 0.3
    vehicles: int = 2

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        faults = _count_faults("sites", self.sites) + _minutes_faults(self.minutes)
        advice = "give a share of the time, from 0 and below 1"
        faults += number_faults("busy", self.busy, lambda share: 0 <= share < 1, advice)
        _raise_any(faults + _count_faults("vehicles", self.vehicles, least=1))


@dataclass(frozen=True, kw_only=True)
class PMedian(Model):
    """Make the mean time to the nearest site as short as possible.

    The p-median problem of Hakimi (1964): choose `sites` candidates so that the sum of w_j times
    the minutes from the nearest of them to demand j is smallest.

    Parameters
    ----------
    sites
        How many to choose, exactly.
    minutes
        What demand farther than this, or out of reach, counts; None if all must be in reach.

    Raises
    ------
    InputError
        If a number means nothing.

    Examples
    --------
    >>> PMedian(sites=50, minutes=60)
    PMedian(sites=50, minutes=60)
    """

    sites: int
    minutes: float | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        faults = _count_faults("sites", self.sites)
        _raise_any(faults + ([] if self.minutes is None else _minutes_faults(self.minutes)))


@dataclass(frozen=True, kw_only=True)
class PCenter(Model):
    """Make the longest time to the nearest site as short as possible.

    The p-center problem of Hakimi (1964): choose `sites` candidates so that the largest of the
    minutes from the nearest of them to any demand is smallest.

    Parameters
    ----------
    sites
        How many to choose, exactly.

    Raises
    ------
    InputError
        If a number means nothing.

    Examples
    --------
    >>> PCenter(sites=50)
    PCenter(sites=50)
    """

    sites: int

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        _raise_any(_count_faults("sites", self.sites))


@dataclass(frozen=True, eq=False)
class Solution:
    """An answer and how good it is proven to be.

    Attributes
    ----------
    status
        ``optimal``: no choice is better. ``feasible``: the rules hold, a better one may exist.
        ``infeasible``: no choice keeps the rules; `sites` is empty.
    objective
        What is made large (or small), recomputed from `sites`. Of an infeasible question it is 0
        where it was to be large, and infinity where it was to be small.
    bound
        What no choice can exceed (or, of what is to be small, go below).
    sites
        Positions of the chosen sites, ascending.
    sense
        ``max`` if the objective is to be large, ``min`` if it is to be small.
    seconds
        How long it took.
    seed
        Seed of the random choices.
    assignment
        Position of the site that serves each demand, -1 where none does; None of a model that
        assigns nothing.
    """

    status: Status
    objective: float
    bound: float
    sites: npt.NDArray[np.int64]
    sense: Sense = field(default="max", repr=False)
    seconds: float = field(default=0.0, repr=False)
    seed: int = field(default=0, repr=False)
    assignment: npt.NDArray[np.int64] | None = field(default=None, repr=False)

    @property
    def gap(self) -> float:
        """How far the objective may be from the best, as a share of the larger of the two."""
        if self.sense == "min":
            return relative_gap(self.bound, self.objective)
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """Return (bound - objective) / bound, and 0 where the bound is 0 or no larger.

    Examples
    --------
    >>> relative_gap(9.0, 10.0), relative_gap(0.0, 0.0)
    (0.1, 0.0)
    """
    if not bound > max(objective, 0.0):
        return 0.0
    return 1.0 if math.isinf(bound) else (bound - max(objective, 0.0)) / bound


def share_faults(share: object) -> list[Fault]:
    """Return the fault of what is no share above 0 and up to 1."""
    advice = "give a share above 0, up to 1"
    return number_faults("share", share, lambda given: 0 < given <= 1, advice)


def boxes_faults(boxes: object) -> list[Fault]:
    """Return the fault of what is no number of sites that cover demand together."""
    return _count_faults("boxes", boxes, least=1)


def _count_faults(name: str, value: Any, least: int = 0) -> list[Fault]:
    advice = f"give a whole number, {least} or more"
    return number_faults(
        name, value, lambda count: isinstance(count, Integral) and int(count) >= least, advice
    )


def _minutes_faults(minutes: Any) -> list[Fault]:
    return number_faults("minutes", minutes, lambda given: given > 0, "give more than 0")


def _is_amount(value: float) -> bool:
    return 0 <= value < math.inf


def _raise_any(faults: list[Fault]) -> None:
    if faults:
        raise InputError(*faults)
