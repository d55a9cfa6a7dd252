"""The best choice of sites when each counts for itself, as a relaxation asks again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Picks:
    """Choices of so many sites within limits on groups that share no site.

    They are the bases of a matroid, so that the greedy choice is the best one, and the best one
    with a site forced in or out is one exchange away (Edmonds, 1971).

    Attributes
    ----------
    count
        How many sites, exactly; None for any number.
    group
        Group of each site, the last for those that no limit counts.
    low, high
        Limits of each group.
    fixed, barred
        Sites that every choice takes, and those that none takes.
    """

    count: int | None
    group: Integers
    low: Integers
    high: Integers
    fixed: Flags
    barred: Flags

    def best(self, scores: Floats) -> Integers | None:
        """Return the sites that score most together, or None if there is no choice at all.

        Parameters
        ----------
        scores
            What each site adds if it is chosen. Ties go to the first.
        """
        value = np.where(self.fixed, np.inf, np.where(self.barred, -np.inf, scores))
        order = np.argsort(-value, kind="stable")
        if self.barred.any():
            order = order[~self.barred[order]]
        rank = self._rank(order)
        group = self.group[order]
        must = (rank < self.low[group]) | self.fixed[order]
        may = rank < self.high[group]
        taken = np.bincount(group[must], minlength=len(self.low))
        if (taken < self.low).any() or (must & ~may).any():
            return None
        if self.count is None:
            return np.sort(order[must | (may & (value[order] > 0))])
        left = self.count - int(must.sum())
        rest = order[may & ~must]
        if not 0 <= left <= len(rest):
            return None
        return np.sort(np.concatenate([order[must], rest[:left]]))

    def losses(self, scores: Floats, chosen: Integers) -> Floats:
        """Return what is lost at least by turning each site over: chosen ones out, others in.

        Parameters
        ----------
        scores
            What each site adds.
        chosen
            The best choice.
        """
        taken = np.zeros(len(scores), dtype=bool)
        taken[chosen] = True
        groups = len(self.low)
        have = np.bincount(self.group[chosen], minlength=groups)
        worst, next_best = np.full(groups, np.inf), np.full(groups, -np.inf)
        loose, able = taken & ~self.fixed, ~taken & ~self.barred
        np.minimum.at(worst, self.group[loose], scores[loose])
        np.maximum.at(next_best, self.group[able], scores[able])
        if self.count is None:
            out = np.where(have >= self.high, worst, 0.0)
            into = np.where(have <= self.low, next_best, np.maximum(next_best, 0.0))
        else:
            spare = float(worst[have > self.low].min(initial=np.inf))
            out = np.where(have >= self.high, worst, np.minimum(worst, spare))
            room = float(next_best[have < self.high].max(initial=-np.inf))
            into = np.where(have <= self.low, next_best, np.maximum(next_best, room))
        lost = np.where(taken, scores - into[self.group], out[self.group] - scores)
        return np.where(taken & self.fixed | ~taken & self.barred, np.inf, lost)

    def _rank(self, order: Integers) -> Integers:
        """Return how many sites of its own group stand before each in an order."""
        if len(self.low) == 1:
            return np.arange(len(order))
        group = self.group[order]
        by_group = np.argsort(group, kind="stable")
        begins = np.searchsorted(group[by_group], np.arange(len(self.low)))
        rank = np.empty(len(order), dtype=np.int64)
        rank[by_group] = np.arange(len(order)) - begins[group[by_group]]
        return rank


def part_rows(rows: Rows, count: int | None) -> tuple[Picks, Rows]:
    """Part rules into those that picks keep, and the rest.

    Parameters
    ----------
    rows
        The rules.
    count
        How many sites are to be chosen, if that is said.

    Returns
    -------
    tuple
        Picks within limits that share no site, and the rules they leave open.
    """
    matrix, sites = rows.matrix, rows.matrix.shape[1]
    group = np.full(sites, -1, dtype=np.int64)
    low: list[float] = []
    high: list[float] = []
    rest: list[int] = []
    for row in range(matrix.shape[0]):
        members = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        ones = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]] == 1
        if ones.all() and (group[members] < 0).all():
            group[members] = len(low)
            low.append(max(0.0, float(np.ceil(rows.lower[row]))))
            high.append(min(float(sites), float(np.floor(rows.upper[row]))))
        else:
            rest.append(row)
    group[group < 0] = len(low)
    picks = Picks(
        count,
        group,
        np.array([*low, 0], dtype=np.int64),
        np.array([*high, sites], dtype=np.int64),
        rows.column_lower > 0,
        rows.column_upper < 1,
    )
    left = Rows(
        csr_array(matrix[rest]),
        rows.lower[rest],
        rows.upper[rest],
        rows.column_lower,
        rows.column_upper,
    )
    return picks, left
