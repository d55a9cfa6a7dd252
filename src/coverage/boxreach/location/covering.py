"""A covering question brought to order: greedy covers, what is needless, what it must cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array

from boxreach.location.choices import Block, cover_block
from boxreach.location.rules import Rows, Rules
from boxreach.location.subsets import implied_demand, needless_sites

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ROUNDING = 1e-12
"""The share that sums of floats are forgiven."""
_CHEAPEST = 1e-9


@dataclass(frozen=True, eq=False)
class Covering:
    """The question brought to order.

    `cover` holds the demand that counts, merged; `need` is the weight to be covered, None for all
    of it; `original` is the cover as given; `boxes` is how many sites must cover demand for it to
    be covered.
    """

    cover: csr_array
    weights: Floats
    need: float | None
    rules: Rules
    costs: Floats
    original: csr_array
    boxes: int = 1

    @property
    def is_loose(self) -> bool:
        """Whether no rule ties sites together, so that each may stand for another."""
        rules = self.rules
        tied = bool(rules.limits) or rules.apart.size > 0 or rules.budget is not None
        return not tied and (self.need is None or not rules.must_cover.size)

    def is_cover(self, chosen: Integers) -> bool:
        """Tell whether a choice covers what it must and keeps the rules."""
        covered = self.lacking(chosen) == 0
        if self.need is None:
            enough = bool(covered.all())
        else:
            enough = math.fsum(self.weights[covered].tolist()) >= self.need
        return enough and not self.rules.broken(chosen, self.original)

    def lacking(self, chosen: Integers | list[int]) -> Integers:
        """Return how many more sites each demand asks for beside those that are chosen."""
        near = np.bincount(self.cover[chosen].indices, minlength=self.cover.shape[1])
        return np.maximum(0, self.boxes - near)


def cover_greedily(covering: Covering) -> Integers | None:
    """Return a choice that covers enough and keeps the rules, or None where none was found."""
    chosen = _take_greedily(covering)
    for limit in covering.rules.limits:
        have = int(limit.members[chosen].sum())
        if have < limit.at_least:
            barred = [*chosen, *covering.rules.forbidden]
            others = np.setdiff1d(np.flatnonzero(limit.members), barred)
            cheapest = others[np.argsort(covering.costs[others], kind="stable")]
            chosen += cheapest[: limit.at_least - have].tolist()
    found = np.array(sorted(chosen), dtype=np.int64)
    return thin_out(covering, found) if covering.is_cover(found) else None


def _take_greedily(covering: Covering) -> list[int]:
    """Take what covers most weight for its cost next, until nothing more is asked for."""
    chosen: list[int] = covering.rules.fixed.tolist()
    lacking = covering.lacking(chosen)
    weights = np.where(lacking > 0, covering.weights, 0.0)
    allowed = np.ones(len(covering.costs), dtype=bool)
    allowed[covering.rules.forbidden] = allowed[chosen] = False
    cheapest = _CHEAPEST * max(1.0, float(covering.costs.max(initial=0.0)))
    worth = 1.0 / np.maximum(covering.costs, cheapest)
    over = 0.0 if covering.need is None else float(covering.weights.sum()) - covering.need
    while weights.sum() > over and allowed.any():
        value = np.where(allowed, (covering.cover @ weights) * worth, -1.0)
        best = int(np.argmax(value))
        if value[best] <= 0:
            break
        allowed[best] = False
        near = covering.cover[[best]].indices
        lacking[near] -= 1
        weights[near[lacking[near] <= 0]] = 0.0
        chosen.append(best)
    return chosen


def thin_out(covering: Covering, chosen: Integers) -> Integers:
    """Leave out what is not needed, the dearest first."""
    for site in chosen[np.argsort(-covering.costs[chosen], kind="stable")].tolist():
        fewer = chosen[chosen != site]
        if covering.is_cover(fewer):
            chosen = fewer
    return chosen


def reduce_rows(covering: Covering, *, drop_sites: bool = True) -> tuple[Rows, Block]:
    """Return rules and the rows that cover all, without what sites and demand make needless.

    Parameters
    ----------
    covering
        The question; all demand is to be covered, by one site each.
    drop_sites
        Whether a site may be left out for another that covers as much and costs no more.
    """
    rows = covering.rules.rows(covering.original)
    open_demand = np.ones(covering.cover.shape[1], dtype=bool)
    open_demand[covering.cover[covering.rules.fixed].indices] = False
    usable = np.ones(len(covering.costs), dtype=bool)
    usable[covering.rules.forbidden] = False
    free = _free_sites(covering) if drop_sites else np.empty(0, dtype=np.int64)
    while True:
        left = _left_over(covering.cover, usable, open_demand)
        among = free[usable[free]]
        needless = among[needless_sites(csr_array(left[among]), covering.costs[among])]
        implied = implied_demand(left)
        usable[needless] = False
        open_demand[np.flatnonzero(open_demand)[implied]] = False
        if not needless.size and not implied.any():
            break
    rows.column_upper[~usable] = 0.0
    return rows, cover_block(csc_array(left))


def repeat_rows(covering: Covering) -> tuple[Rows, Block]:
    """Return rules and the rows that cover all by several sites, without implied demand.

    Parameters
    ----------
    covering
        The question; all demand is to be covered.
    """
    left = csc_array(covering.cover[:, np.flatnonzero(~implied_demand(covering.cover))])
    block = cover_block(left)
    lower = block.lower * covering.boxes
    return covering.rules.rows(covering.original), replace(block, lower=lower)


def _left_over(cover: csr_array, usable: Flags, open_demand: Flags) -> csr_array:
    """Return the pairs of usable sites and open demand; the others lose theirs or are left out."""
    left = csr_array(cover[:, np.flatnonzero(open_demand)].multiply(usable[:, None]))
    left.eliminate_zeros()
    left.sort_indices()
    return left


def _free_sites(covering: Covering) -> Integers:
    """Return the sites that no rule speaks of: any of them may stand for another."""
    bound = np.zeros(len(covering.costs), dtype=bool)
    rules = covering.rules
    bound[np.concatenate([rules.fixed, rules.forbidden, rules.apart.ravel()])] = True
    for limit in rules.limits:
        bound |= limit.members.astype(bool)
    return np.flatnonzero(~bound)


def price_bound(covering: Covering) -> float:
    """Return what demand can pay at most together if no site takes more than it costs.

    A feasible answer to the dual program, made by letting each demand in turn, those with the
    fewest sites first, pay what is left at the site where least is, once for each of the sites
    that must cover it.
    """
    left = covering.costs.copy()
    left[covering.rules.fixed] = 0.0
    left[covering.rules.forbidden] = np.inf
    fixed = math.fsum(covering.costs[covering.rules.fixed].tolist())
    columns = csc_array(covering.cover)
    paid = []
    for demand in np.argsort(np.diff(columns.indptr), kind="stable").tolist():
        sites = columns.indices[columns.indptr[demand] : columns.indptr[demand + 1]]
        least = float(left[sites].min(initial=np.inf))
        if math.isfinite(least) and least > 0:
            left[sites] -= least
            paid.append(least)
    return (fixed + math.fsum(paid) * covering.boxes) * (1 - ROUNDING)
