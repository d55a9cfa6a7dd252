"""Rules in words and on plain arrays, one by one, so that those in the way can be named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.location import GroupLimit, Rules
from boxreach.location.rules import no_pairs, nobody

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_NAMED = 10


@dataclass(frozen=True, eq=False)
class Clause:
    """One rule: what it says, and what of `Rules` it asks for.

    Attributes
    ----------
    said
        The rule in words.
    limits, fixed, forbidden, must_cover, apart, costs, budget
        As in `boxreach.location.Rules`.
    lasting
        Whether it holds in each phase, and not at the end alone.
    boxes
        How many sites must cover what must be covered.
    """

    said: str
    limits: tuple[GroupLimit, ...] = ()
    fixed: Integers = field(default_factory=nobody)
    forbidden: Integers = field(default_factory=nobody)
    must_cover: Integers = field(default_factory=nobody)
    apart: Integers = field(default_factory=no_pairs)
    costs: Floats | None = None
    budget: float | None = None
    lasting: bool = False
    boxes: int = 1

    def early(self) -> Clause:
        """Return what the rule asks while more sites are to follow: nothing at least."""
        if self.lasting:
            return self
        limits = tuple(replace(limit, at_least=0) for limit in self.limits)
        return replace(self, limits=limits, fixed=nobody(), must_cover=nobody())

    def pending(self, count: int) -> Clause:
        """Return what the rule asks of a choice that more sites follow: of all of them together.

        Parameters
        ----------
        count
            How many sites there are.
        """
        if self.lasting or not len(self.fixed):
            return self
        members = np.zeros(count, dtype=bool)
        members[self.fixed] = True
        limit = GroupLimit(members, at_least=len(self.fixed))
        return replace(self, fixed=nobody(), limits=(*self.limits, limit))


def merge_clauses(clauses: Sequence[Clause]) -> Rules:
    """Return rules that ask for all of some.

    Parameters
    ----------
    clauses
        The rules.
    """
    paid = [one for one in clauses if one.costs is not None]
    return Rules(
        limits=tuple(limit for one in clauses for limit in one.limits),
        fixed=all_positions(clauses, "fixed"),
        forbidden=all_positions(clauses, "forbidden"),
        must_cover=all_positions(clauses, "must_cover"),
        apart=np.concatenate([no_pairs(), *(one.apart for one in clauses)]),
        costs=paid[0].costs if paid else None,
        budget=paid[0].budget if paid else None,
    )


def all_positions(clauses: Sequence[Clause], name: str) -> Integers:
    """Return the positions that any of some rules names, rising.

    Parameters
    ----------
    clauses
        The rules.
    name
        ``fixed``, ``forbidden`` or ``must_cover``.
    """
    return np.unique(np.concatenate([nobody(), *(getattr(one, name) for one in clauses)]))


def name_places(places: pd.DataFrame) -> str:
    """Return the ids of places, with their names where they have any, the first few of many."""
    said = []
    for place, row in places.iloc[:_NAMED].iterrows():
        name = row.get("name")
        said.append(f"{place} ({name})" if isinstance(name, str) and name else str(place))
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return ", ".join(said) + more
