"""What a choice of sites must keep to, on plain arrays: quotas, spacing, budget, single places."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from boxreach.arguments import kind_of, number_faults
from boxreach.errors import Fault, InputError
from boxreach.scratch import stages

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ROUNDING = 1e-9
"""Costs are sums of floats: what exceeds a budget by less than this share of it keeps it."""


def nobody() -> Integers:
    """Return no positions."""
    return np.empty(0, dtype=np.int64)


def no_pairs() -> Integers:
    """Return no pairs of positions."""
    return np.empty((0, 2), dtype=np.int64)


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
class Rows:
    """Rules as a program takes them: lower <= matrix @ x <= upper, and limits on each x.

    Attributes
    ----------
    matrix
        Rules by sites.
    lower, upper
        Limits of each rule; infinite where there is none.
    column_lower, column_upper
        Limits of each site: 1 and 1 if it is fixed, 0 and 0 if it is forbidden, else 0 and 1.
    """

    matrix: csr_array
    lower: Floats
    upper: Floats
    column_lower: Floats
    column_upper: Floats


@dataclass(frozen=True, eq=False)
class Rules:
    """What a choice of sites must keep to.

    Parameters
    ----------
    limits
        Limits on the number of chosen sites in groups.
    fixed, forbidden
        Positions of sites that must, and must not, be chosen.
    must_cover
        Positions of demand that a chosen site must cover.
    apart
        Pairs of positions of sites that may not both stand, of shape (pairs, 2).
    costs, budget
        What each site costs, and what the chosen may cost together. Rounding is forgiven: one part
        in a billion.

    Raises
    ------
    InputError
        If a number, a position or a shape means nothing.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    >>> rules = Rules(must_cover=np.array([0]), apart=np.array([[0, 1]]))
    >>> rules.broken(np.array([1]), cover)
    ['demand 0 must be covered, and it is not']
    >>> rules.broken(np.array([0, 2]), cover)
    []
    """

    limits: tuple[GroupLimit, ...] = ()
    fixed: Integers = field(default_factory=nobody)
    forbidden: Integers = field(default_factory=nobody)
    must_cover: Integers = field(default_factory=nobody)
    apart: Integers = field(default_factory=no_pairs)
    costs: Floats | None = None
    budget: float | None = None

    def __post_init__(self) -> None:
        """Bring what was given to arrays, and refuse what means nothing."""
        limits = tuple(self.limits) if isinstance(self.limits, Iterable) else (self.limits,)
        faults = _limit_faults(limits)
        if not faults:
            object.__setattr__(self, "limits", tuple(map(_as_flags, limits)))
        for name in ("fixed", "forbidden", "must_cover", "apart"):
            given = np.asarray(getattr(self, name))
            if not given.size:
                given = no_pairs() if name == "apart" else nobody()
            faults += _position_faults(name, given)
            if not faults:
                given = given.astype(np.int64)
                object.__setattr__(self, name, given if name == "apart" else np.unique(given))
        if self.costs is not None:
            object.__setattr__(self, "costs", np.asarray(self.costs, dtype=np.float64))
        faults += self._budget_faults()
        if faults:
            raise InputError(*faults)

    def check(self, sites: int, demand: int) -> None:
        """Raise `InputError` if the rules name sites or demand that are not there.

        Parameters
        ----------
        sites, demand
            How many there are.
        """
        faults = []
        for name, count in (
            ("fixed", sites),
            ("forbidden", sites),
            ("must_cover", demand),
            ("apart", sites),
        ):
            given = getattr(self, name)
            if given.size and given.max() >= count:
                what = f"position {given.max()} of {count}"
                faults.append(Fault(what, column=name, advice="count from 0"))
        wrong = [limit for limit in self.limits if limit.members.shape != (sites,)]
        if wrong:
            what = f"{len(wrong)} limits do not tell of {sites} sites whether they count"
            faults.append(Fault(what, column="limits", advice="give a truth value for each site"))
        if self.costs is not None and self.costs.shape != (sites,):
            what = f"{self.costs.size} costs for {sites} sites"
            faults.append(Fault(what, column="costs", advice="give one for each site"))
        if faults:
            raise InputError(*faults)

    def broken(self, chosen: Integers, cover: csr_array) -> list[str]:
        """Return what a choice breaks, in words; nothing if it keeps all rules.

        Parameters
        ----------
        chosen
            Positions of the chosen sites.
        cover
            Sites by demand; what is stored covers, whatever its value.

        Returns
        -------
        list of str
            One for each rule that is broken.
        """
        taken = np.zeros(cover.shape[0], dtype=bool)
        taken[chosen] = True
        said = []
        for number, limit in enumerate(self.limits):
            have = int(taken[limit.members.astype(bool)].sum())
            if have < limit.at_least:
                said.append(f"limit {number} asks for at least {limit.at_least}, and has {have}")
            if limit.at_most is not None and have > limit.at_most:
                said.append(f"limit {number} asks for at most {limit.at_most}, and has {have}")
        said += [f"site {one} is fixed, and not chosen" for one in self.fixed[~taken[self.fixed]]]
        forbidden = self.forbidden[taken[self.forbidden]]
        said += [f"site {one} is forbidden, and chosen" for one in forbidden]
        if self.must_cover.size:
            reached = np.unique(cover[np.flatnonzero(taken)].indices)
            missed = np.setdiff1d(self.must_cover, reached)
            said += [f"demand {one} must be covered, and it is not" for one in missed]
        both = self.apart[taken[self.apart].all(axis=1)]
        said += [f"sites {one} and {other} may not both stand" for one, other in both]
        if self.costs is not None and self.budget is not None:
            cost = math.fsum(self.costs[taken])
            if cost > self.budget * (1 + _ROUNDING):
                said.append(f"the sites cost {cost:g}, and the budget is {self.budget:g}")
        return said

    def rows(self, cover: csr_array) -> Rows:
        """Return the rules as rows and limits over the site variables.

        Parameters
        ----------
        cover
            Sites by demand, as `broken` takes it.

        Returns
        -------
        Rows
            Rules by sites, as a program of HiGHS takes them.
        """
        count = cover.shape[0]
        blocks = [csr_array((0, count))]
        lower, upper = [_filled(0, 0.0)], [_filled(0, 0.0)]

        def add(block: Any, least: Floats, most: Floats) -> None:
            blocks.append(csr_array(block, dtype=np.float64))
            lower.append(least)
            upper.append(most)

        for limit in self.limits:
            most = math.inf if limit.at_most is None else limit.at_most
            members = csr_array(limit.members.astype(np.float64)[None, :])
            add(members, _filled(1, limit.at_least), _filled(1, most))
        if must := len(self.must_cover):
            add(_covering(cover, self.must_cover), _filled(must, 1.0), _filled(must, math.inf))
        if pairs := len(self.apart):
            at = np.repeat(np.arange(pairs), 2)
            both = csr_array((np.ones(2 * pairs), (at, self.apart.ravel())), shape=(pairs, count))
            add(both, _filled(pairs, -math.inf), _filled(pairs, 1.0))
        if self.costs is not None and self.budget is not None:
            most = self.budget * (1 + _ROUNDING / 2)
            add(csr_array(self.costs[None, :]), _filled(1, -math.inf), _filled(1, most))
        column_lower, column_upper = np.zeros(count), np.ones(count)
        column_lower[self.fixed] = 1.0
        column_upper[self.forbidden] = 0.0
        matrix = csr_array(vstack(blocks, format="csr"))
        return Rows(
            matrix, np.concatenate(lower), np.concatenate(upper), column_lower, column_upper
        )

    def _budget_faults(self) -> list[Fault]:
        faults = []
        if self.costs is not None and not (np.isfinite(self.costs) & (self.costs >= 0)).all():
            what = "a cost is below 0 or not known"
            faults.append(
                Fault(what, column="costs", advice="give each site a number of 0 or more")
            )
        if self.budget is not None:
            advice = "give a number of 0 or more"
            faults += number_faults(
                "budget", self.budget, lambda most: 0 <= most < math.inf, advice
            )
            if self.costs is None:
                what = "there is a budget, and no costs"
                faults.append(Fault(what, column="costs", advice="give what each site costs"))
        return faults


def _limit_faults(limits: Iterable[object]) -> list[Fault]:
    """Return what is wrong with limits on groups, each by its number."""
    faults = []
    for at, limit in enumerate(limits):
        if not isinstance(limit, GroupLimit):
            what = f"limit {at} is {kind_of(limit)}"
            faults.append(Fault(what, column="limits", advice="give a GroupLimit"))
            continue
        members = _members_of(limit)
        # Zeros and ones are taken for truth values; positions are not told from them else.
        flags = members.dtype.kind in "iu" and bool(((members == 0) | (members == 1)).all())
        if members.ndim != 1 or not (members.dtype == bool or flags):
            what = f"the members of limit {at} are no truth values"
            advice = "give True or False for each site, not positions"
            faults.append(Fault(what, column="limits", advice=advice))
        numbers = {"at_least": limit.at_least, "at_most": limit.at_most}
        if limit.at_most is None:
            del numbers["at_most"]
        for name, number in numbers.items():
            # Below 0 it asks for nothing, which is no wish where it stands alone.
            least = -math.inf if name == "at_least" and limit.at_most is not None else 0
            allowed = partial(_is_whole, least=least)
            advice = "give a whole number, 0 or more"
            faults += number_faults(f"{name} of limit {at}", number, allowed, advice)
    return faults


def _members_of(limit: GroupLimit) -> npt.NDArray[Any]:
    try:
        return np.asarray(limit.members)
    except ValueError:  # rows of different lengths
        return np.array(None)


def _as_flags(limit: GroupLimit) -> GroupLimit:
    return replace(limit, members=_members_of(limit).astype(bool))


def _is_whole(number: float, *, least: float) -> bool:
    return number >= least and number % 1 == 0


def _position_faults(name: str, given: npt.NDArray[Any]) -> list[Fault]:
    shape = "pairs of positions" if name == "apart" else "a list of positions"
    right = given.ndim == 2 and given.shape[1] == 2 if name == "apart" else given.ndim == 1
    if not right or given.dtype.kind not in "iu":
        what = f"it holds {given.dtype} values of shape {given.shape}"
        return [Fault(what, column=name, advice=f"give {shape}, whole numbers from 0")]
    if given.size and given.min() < 0:
        return [Fault(f"position {given.min()}", column=name, advice="count from 0")]
    if name == "apart" and (given[:, 0] == given[:, 1]).any():
        return [Fault("a site is apart from itself", column=name, advice="give pairs of two sites")]
    return []


def _covering(cover: csr_array, demand: Integers) -> csr_array:
    """Return which sites cover some demand, demand by sites, as ones."""
    place = np.full(cover.shape[1], -1)
    place[demand] = np.arange(len(demand))
    sites, rows = [nobody()], [nobody()]
    for low, high in stages(cover.indptr, [cover.indices]):
        begin = cover.indptr[low]
        row = place[cover.indices[begin : cover.indptr[high]]]
        found = np.flatnonzero(row >= 0)
        rows.append(row[found])
        sites.append(np.searchsorted(cover.indptr, begin + found, side="right") - 1)
    at = np.concatenate(rows), np.concatenate(sites)
    matrix = csr_array((np.ones(len(at[0])), at), shape=(len(demand), cover.shape[0]))
    matrix.data[:] = 1.0  # a pair may be stored twice
    return matrix


def _filled(count: int, value: float) -> Floats:
    return np.full(count, float(value))
