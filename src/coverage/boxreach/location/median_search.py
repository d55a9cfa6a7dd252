"""Local search for p-medians: add what saves most, then swap as long as a swap saves something.

One look at a site and at all those it may replace costs no more than reading its pairs: the fast
interchange of Whitaker (1983).
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from boxreach.compilation import compiled
from boxreach.location.choices import allowed_next
from boxreach.location.median_pairs import Pairs, with_penalties
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# A swap that saves less than this share may be rounding, and could be undone for ever.
_ROUNDING = 1e-11
_SWAPS_AT_ONCE = 64
_LARGEST_KICK = 4


class Held(NamedTuple):
    """The rules by site: the rows that speak of each, their limits and what they hold now."""

    starts: Integers
    rows: Integers
    values: Floats
    lower: Floats
    upper: Floats
    now: Floats


class Standing(NamedTuple):
    """A choice: its nearest site to each demand, what it counts, and what without that site.

    `lost` is what leaves with each chosen site, `kept` how much of it another site makes good.
    """

    chosen: Flags
    leaving: Integers
    first: Integers
    near: Floats
    second: Floats
    lost: Floats
    kept: Floats


class Search:
    """A search among choices of so many sites that keep the rules."""

    def __init__(self, pairs: Pairs, rows: Rows) -> None:
        self.pairs, self.rows = with_penalties(pairs), rows
        self.stays = rows.column_lower > 0
        self.stays_out = rows.column_upper < 1
        self.columns = csc_array(rows.matrix)

    def add(self, sites: int) -> Integers | None:
        """Return so many sites, each the one that saves most after those before; None if too few.

        No site is added that breaks a rule, but rules that ask for sites may stay unkept.
        """
        chosen = self.stays.copy()
        now = self.pairs.otherwise.copy()
        for site in np.flatnonzero(chosen).tolist():
            _serve(site, self.pairs, now)
        for _ in range(sites - int(chosen.sum())):
            best = _best_addition(self.pairs, now, ~allowed_next(self.rows, chosen))
            if best < 0:
                return None
            chosen[best] = True
            _serve(best, self.pairs, now)
        return np.flatnonzero(chosen).astype(np.int64) if chosen.sum() == sites else None

    def descend(self, choice: Integers, until: float) -> tuple[Integers, float]:
        """Swap until no swap saves anything, or the clock says so; return choice and cost."""
        standing, held = self._stand(choice), self._hold(choice)
        place = 0
        while place >= 0:
            place = _descend(self.pairs, held, standing, self.stays_out, place)
            if time.perf_counter() >= until:
                break
        chosen = np.flatnonzero(standing.chosen).astype(np.int64)
        return chosen, float(standing.near.sum())

    def kick(self, choice: Integers, random: np.random.Generator) -> Integers:
        """Return the choice after a few random swaps that keep the rules."""
        taken = choice.copy()
        leaving = np.flatnonzero(~self.stays[taken])
        free = np.setdiff1d(np.flatnonzero(~self.stays_out), taken)
        many = min(int(random.integers(1, _LARGEST_KICK + 1)), len(leaving), len(free))
        places = random.choice(leaving, many, replace=False)
        for place, site in zip(places, random.choice(free, many, replace=False), strict=True):
            swapped = taken.copy()
            swapped[place] = site
            now = self._hold(swapped).now
            if (now >= self.rows.lower).all() and (now <= self.rows.upper).all():
                taken = swapped
        return np.sort(taken)

    def _stand(self, choice: Integers) -> Standing:
        count, many = len(self.stays), len(self.pairs.otherwise)
        chosen = np.zeros(count, dtype=np.bool_)
        chosen[choice] = True
        standing = Standing(
            chosen=chosen,
            leaving=np.flatnonzero(chosen & ~self.stays).astype(np.int64),
            first=np.empty(many, dtype=np.int64),
            near=np.empty(many),
            second=np.empty(many),
            lost=np.zeros(count),
            kept=np.zeros(count),
        )
        _find_all(self.pairs, standing)
        return standing

    def _hold(self, choice: Integers) -> Held:
        taken = np.zeros(len(self.stays))
        taken[choice] = 1.0
        return Held(
            self.columns.indptr.astype(np.int64),
            self.columns.indices.astype(np.int64),
            self.columns.data,
            self.rows.lower,
            self.rows.upper,
            np.asarray(self.rows.matrix @ taken, dtype=np.float64),
        )


@compiled
def _serve(site: int, pairs: Pairs, now: Floats) -> None:
    """Let a site serve what it can serve for less."""
    for at in range(pairs.starts[site], pairs.starts[site + 1]):
        now[pairs.demand[at]] = min(now[pairs.demand[at]], pairs.values[at])


@compiled
def _best_addition(pairs: Pairs, now: Floats, barred: Flags) -> int:
    """Return the site that saves most, the first of equals; -1 if all are barred."""
    best, most = -1, -1.0
    for site in range(len(barred)):
        if barred[site]:
            continue
        saved = 0.0
        for at in range(pairs.starts[site], pairs.starts[site + 1]):
            saved += max(0.0, now[pairs.demand[at]] - pairs.values[at])
        if saved > most:
            best, most = site, saved
    return best


@compiled
def _find_two(one: int, pairs: Pairs, standing: Standing) -> None:
    """Find the nearest chosen site of a demand, what it counts, and what it would without it."""
    otherwise = pairs.otherwise[one]
    standing.first[one] = -1
    standing.near[one] = otherwise
    standing.second[one] = otherwise
    for at in range(pairs.near_starts[one], pairs.near_starts[one + 1]):
        value, site = pairs.near_values[at], pairs.near_sites[at]
        if value >= otherwise:
            return
        if standing.chosen[site]:
            if standing.first[one] >= 0:
                standing.second[one] = value
                return
            standing.first[one] = site
            standing.near[one] = value


@compiled
def _find_all(pairs: Pairs, standing: Standing) -> None:
    for one in range(len(standing.near)):
        _find_two(one, pairs, standing)


@compiled
def _count_losses(standing: Standing) -> None:
    """Sum up what is lost with each chosen site."""
    standing.lost[:] = 0.0
    for one in range(len(standing.near)):
        if standing.first[one] >= 0:
            standing.lost[standing.first[one]] += standing.second[one] - standing.near[one]


@compiled
def _swap_rows(enters: int, leaves: int, held: Held) -> None:
    for at in range(held.starts[enters], held.starts[enters + 1]):
        held.now[held.rows[at]] += held.values[at]
    for at in range(held.starts[leaves], held.starts[leaves + 1]):
        held.now[held.rows[at]] -= held.values[at]


@compiled
def _rows_kept(site: int, held: Held) -> bool:
    for at in range(held.starts[site], held.starts[site + 1]):
        row = held.rows[at]
        if held.now[row] < held.lower[row] or held.now[row] > held.upper[row]:
            return False
    return True


@compiled
def _may_swap(enters: int, leaves: int, held: Held) -> bool:
    """Tell whether the rules allow one site for another."""
    _swap_rows(enters, leaves, held)
    allowed = _rows_kept(enters, held) and _rows_kept(leaves, held)
    _swap_rows(leaves, enters, held)
    return allowed


@compiled
def _weigh(site: int, pairs: Pairs, standing: Standing) -> float:
    """Return what a site saves, and note what then is not lost if another leaves."""
    saved = 0.0
    for at in range(pairs.starts[site], pairs.starts[site + 1]):
        one, value = pairs.demand[at], pairs.values[at]
        first, near, second = standing.first[one], standing.near[one], standing.second[one]
        if value < near:
            saved += near - value
            if first >= 0:
                standing.kept[first] += second - near
        elif value < second and first >= 0:
            standing.kept[first] += second - value
    return saved


@compiled
def _best_swap(enters: int, pairs: Pairs, held: Held, standing: Standing) -> int:
    """Return the place of the site that is best replaced by another; -1 if none should be."""
    for place in range(len(standing.leaving)):
        standing.kept[standing.leaving[place]] = 0.0
    saved = _weigh(enters, pairs, standing)
    best, most = -1, _ROUNDING * standing.near.sum()
    for place in range(len(standing.leaving)):
        leaves = standing.leaving[place]
        profit = saved + standing.kept[leaves] - standing.lost[leaves]
        if profit > most and _may_swap(enters, leaves, held):
            best, most = place, profit
    return best


@compiled
def _descend(pairs: Pairs, held: Held, standing: Standing, stays_out: Flags, enters: int) -> int:
    """Swap in place; return the site to go on with, or -1 where no swap saves anything."""
    count = len(stays_out)
    _count_losses(standing)
    swaps, idle = 0, 0
    while idle < count and swaps < _SWAPS_AT_ONCE:
        idle += 1
        enters = enters + 1 if enters + 1 < count else 0
        if standing.chosen[enters] or stays_out[enters]:
            continue
        place = _best_swap(enters, pairs, held, standing)
        if place < 0:
            continue
        leaves = standing.leaving[place]
        standing.leaving[place] = enters
        standing.chosen[enters], standing.chosen[leaves] = True, False
        _swap_rows(enters, leaves, held)
        for site in (enters, leaves):
            for at in range(pairs.starts[site], pairs.starts[site + 1]):
                if pairs.values[at] <= standing.second[pairs.demand[at]]:
                    _find_two(pairs.demand[at], pairs, standing)
        _count_losses(standing)
        idle = 0
        swaps += 1
    return enters if idle < count else -1
