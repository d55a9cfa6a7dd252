"""A first choice that keeps the rules, made by taking what gains most next."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from boxreach.compilation import compiled
from boxreach.location.cover_sets import CoverSets
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def choose_greedily(
    sets: CoverSets, worth: Floats, rows: Rows, sites: int | None, costs: Floats | None = None
) -> Integers | None:
    """Return a choice that keeps the rules, or None where none was found.

    Sites that fill what the rules ask at least come when there is no more room for others; if
    that leads nowhere they come first. Where sites have costs, those are preferred, in a second
    attempt, that gain most for what they cost, and the better choice is returned.

    Parameters
    ----------
    sets
        What the sites cover.
    worth
        Share of a weight that counts when n sites cover it, from n = 0. Each site must add at most
        what the one before it did.
    rows
        The rules.
    sites
        How many to choose, or None for as many as gain and keep the rules.
    costs
        What each site costs.

    Returns
    -------
    numpy.ndarray or None
        Positions, ascending.
    """
    by_site = csc_array(rows.matrix)
    found, most = None, -1.0
    for price in (None, costs) if costs is not None else (None,):
        for first in (False, True):
            chosen = np.full(sets.sites, -1, dtype=np.int64)
            value = _fill(
                sets.start,
                sets.demand,
                sets.weights,
                np.concatenate([[0.0], np.diff(worth), [0.0]]),
                by_site.indptr.astype(np.int64),
                by_site.indices.astype(np.int64),
                by_site.data,
                rows.lower,
                rows.upper,
                rows.column_lower > 0,
                rows.column_upper < 1,
                np.ones(sets.sites) if price is None else price,
                -1 if sites is None else sites,
                first,
                chosen,
            )
            if value > most:
                found, most = np.sort(chosen[chosen >= 0]), value
            if value >= 0:
                break
    return found


@compiled
def _fill(  # noqa: C901
    start: Integers,
    demand: Indices,
    weights: Floats,
    steps: Floats,
    row_start: Integers,
    row: Integers,
    amount: Floats,
    lower: Floats,
    upper: Floats,
    fixed: Flags,
    barred: Flags,
    price: Floats,
    sites: int,
    first: bool,
    chosen: Integers,
) -> float:
    """Fill a choice; return the weight it covers, or -1 if it cannot keep the rules."""
    count = np.zeros(len(weights), dtype=np.int32)
    activity, gain = np.zeros(len(lower)), np.zeros(len(fixed))
    able = ~barred
    value, size = 0.0, 0
    for one in range(len(fixed)):
        gain[one] = _gain(start, demand, weights, steps, count, one)
        if fixed[one] and barred[one]:
            return -1.0
    for one in range(len(fixed)):
        if fixed[one]:
            chosen[size] = one
            size += 1
            value += _take(start, demand, weights, steps, count, one)
            _add(row_start, row, amount, activity, one, able)
    while size < sites or sites < 0:
        lacking = 0.0
        for k in range(len(lower)):
            lacking += max(0.0, lower[k] - activity[k])
        asked = lacking > 0 and (first or sites < 0 or lacking >= sites - size)
        one = _find_next(
            start, demand, weights, steps, count, gain, price,
            row_start, row, amount, activity, lower, upper, able, asked,
        )  # fmt: skip
        if one < 0 and asked:
            return -1.0
        if one < 0 or (sites < 0 and not asked and gain[one] <= 0.0):
            break
        chosen[size] = one
        size += 1
        value += _take(start, demand, weights, steps, count, one)
        _add(row_start, row, amount, activity, one, able)
    for k in range(len(lower)):
        if not lower[k] <= activity[k] <= upper[k]:
            return -1.0
    return value if sites < 0 or size == sites else -1.0


@compiled
def _find_next(
    start: Integers,
    demand: Indices,
    weights: Floats,
    steps: Floats,
    count: Indices,
    gain: Floats,
    price: Floats,
    row_start: Integers,
    row: Integers,
    amount: Floats,
    activity: Floats,
    lower: Floats,
    upper: Floats,
    able: Flags,
    asked: bool,
) -> int:
    """Return the site that gains most for its price; old gains are upper limits of new ones."""
    while True:
        best, most = -1, -1.0
        for one in range(len(able)):
            if not able[one]:
                continue
            key = gain[one] / price[one] if price[one] > 0 else gain[one] * 1e300
            if key > most and (not asked or _helps(row_start, row, amount, activity, lower, one)):
                best, most = one, key
        if best < 0:
            return -1
        if not _fits(row_start, row, amount, activity, upper, best):
            able[best] = False  # and never will, for what the rules have only grows
            continue
        now = _gain(start, demand, weights, steps, count, best)
        if now == gain[best]:
            return best
        gain[best] = now


@compiled
def _helps(
    row_start: Integers, row: Integers, amount: Floats, activity: Floats, lower: Floats, one: int
) -> bool:
    for at in range(row_start[one], row_start[one + 1]):
        if activity[row[at]] < lower[row[at]] and amount[at] > 0:
            return True
    return False


@compiled
def _fits(
    row_start: Integers, row: Integers, amount: Floats, activity: Floats, upper: Floats, one: int
) -> bool:
    for at in range(row_start[one], row_start[one + 1]):
        if activity[row[at]] + amount[at] > upper[row[at]]:
            return False
    return True


@compiled
def _gain(
    start: Integers, demand: Indices, weights: Floats, steps: Floats, count: Indices, one: int
) -> float:
    total, last = 0.0, len(steps) - 1
    for at in range(start[one], start[one + 1]):
        total += weights[demand[at]] * steps[min(count[demand[at]] + 1, last)]
    return total


@compiled
def _take(
    start: Integers, demand: Indices, weights: Floats, steps: Floats, count: Indices, one: int
) -> float:
    total = _gain(start, demand, weights, steps, count, one)
    for at in range(start[one], start[one + 1]):
        count[demand[at]] += 1
    return total


@compiled
def _add(
    row_start: Integers,
    row: Integers,
    amount: Floats,
    activity: Floats,
    one: int,
    able: Flags,
) -> None:
    able[one] = False
    for at in range(row_start[one], row_start[one + 1]):
        activity[row[at]] += amount[at]
