"""What is left of a p-median question after its bounds are known, as a program.

Variables are the sites x_i and, for each demand and each of its distinct values, whether no site
serves it at that value or less (Cornuejols, Nemhauser and Wolsey, 1980; Garcia, Labbe and Marin,
2011). Sites and pairs that no better plan can use are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from boxreach.location.choices import Block, build_program, count_block
from boxreach.location.median_bound import Prices
from boxreach.location.median_pairs import Pairs
from boxreach.location.program import Program
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rest:
    """A program of all plans that cost less than a target: `least` more than it says.

    There is none, and `least` is infinite, where bounds alone show that there is no such plan.
    """

    program: Program | None
    least: float


def write_rest(
    pairs: Pairs, rows: Rows, sites: int, prices: Prices, target: float, most_pairs: int
) -> Rest | None:
    """Return the program of all plans that cost less than a target; None if it is too large.

    Parameters
    ----------
    pairs, rows, sites
        The question.
    prices
        Prices of the demand, and the bound they give.
    target
        What a plan must cost less than to be of interest.
    most_pairs
        How many pairs may be left.
    """
    rows = _close_sites(rows, prices, target)
    levels = _find_levels(pairs, rows, prices, target)
    if levels is None:
        return Rest(None, np.inf)
    if len(levels.sites) > most_pairs:
        return None
    count = len(rows.column_lower)
    blocks = [count_block(count, sites), _level_block(levels, count)]
    gain = np.concatenate([np.zeros(count), -levels.rise])
    program = build_program(rows, blocks, gain, np.where(levels.last, 0.0, 1.0))
    return Rest(program, levels.least)


def _close_sites(rows: Rows, prices: Prices, target: float) -> Rows:
    """Fix the sites that every plan below the target opens, or none does."""
    lower, upper = rows.column_lower.copy(), rows.column_upper.copy()
    opened = np.zeros(len(lower), dtype=bool)
    opened[prices.chosen] = True
    loose = (lower < 1) & (upper > 0)
    last, following = _margins(prices, opened, loose)
    upper[~opened & loose & (prices.bound + prices.reduced - last >= target)] = 0.0
    lower[opened & loose & (prices.bound - prices.reduced + following >= target)] = 1.0
    return Rows(rows.matrix, rows.lower, rows.upper, lower, upper)


def _margins(prices: Prices, opened: Flags, loose: Flags) -> tuple[float, float]:
    """Return what the last open site adds to the bound, and what the first closed one would."""
    last = float(prices.reduced[opened & loose].max(initial=-np.inf))
    following = float(prices.reduced[~opened & loose].min(initial=np.inf))
    return last, following


@dataclass(frozen=True, eq=False)
class _Levels:
    """The distinct values of each demand, and the sites at each.

    `level` and `sites` are pairs; `first` tells whether a level is the first of its demand, `last`
    whether it must serve, as there is none after it; `rise` is how far it is to the next; `least`
    the sum of the first values.
    """

    level: Integers
    sites: Integers
    first: Flags
    last: Flags
    rise: Floats
    least: float


def _find_levels(pairs: Pairs, rows: Rows, prices: Prices, target: float) -> _Levels | None:
    """Sort what each demand may count, as far as a plan below the target may use it."""
    many = len(pairs.otherwise)
    owner = np.repeat(np.arange(many), np.diff(pairs.near_starts))
    spare = target - prices.bound
    over = np.maximum(0.0, pairs.near_values - prices.prices[owner])
    kept = (rows.column_upper[pairs.near_sites] > 0) & (over < spare)
    kept &= pairs.near_values <= pairs.otherwise[owner]
    owner, site, value = owner[kept], pairs.near_sites[kept], pairs.near_values[kept]
    unserved = np.flatnonzero(pairs.otherwise - prices.prices < spare)
    owners = np.concatenate([owner, unserved])
    values = np.concatenate([value, pairs.otherwise[unserved]])
    places = np.concatenate([site, np.full(len(unserved), -1)])
    if len(np.unique(owners)) < many:
        return None
    # Unserved comes after all sites of its value, as if it were one beyond the last.
    order = np.lexsort((places < 0, values, owners))
    owners, values, places = owners[order], values[order], places[order]
    new = np.ones(len(owners), dtype=bool)
    new[1:] = (np.diff(owners) != 0) | (np.diff(values) != 0) | (places[1:] < 0)
    level = np.cumsum(new) - 1
    level_owner, level_value = owners[new], values[new]
    is_place = places[new] >= 0
    first = np.ones(len(level_owner), dtype=bool)
    first[1:] = np.diff(level_owner) != 0
    follows = np.zeros(len(level_owner), dtype=bool)
    follows[:-1] = ~first[1:]
    rise = np.zeros(len(level_owner))
    rise[:-1] = np.where(follows[:-1], np.diff(level_value), 0.0)
    served = places >= 0
    # Levels without a site, the unserved, are the last of their demand and need no row.
    number = np.cumsum(is_place) - 1
    return _Levels(
        level=number[level[served]],
        sites=places[served],
        first=first[is_place],
        last=~follows[is_place],
        rise=rise[is_place],
        least=float(level_value[first].sum()),
    )


def _level_block(levels: _Levels, count: int) -> Block:
    """Return the rows: what was not served at the level before is served, or is not at this."""
    many = len(levels.rise)
    each = np.arange(many)
    later = each[~levels.first]
    row = np.concatenate([levels.level, each, later])
    column = np.concatenate([levels.sites, count + each, count + later - 1])
    ones = np.ones(len(levels.level) + many)
    value = np.concatenate([ones, np.full(len(later), -1.0)])
    matrix = csr_array(coo_array((value, (row, column)), shape=(many, count + many)))
    return Block(matrix, levels.first.astype(np.float64), np.full(many, np.inf))
