"""Local search for covers: drop a site, mend the cover with others, and never twice the same way.

Demand that stays uncovered weighs more and more, so that it is covered in the end (Gao, Weise and
Li, 2015). Where only a share of the weight is asked for, weights stay what they are.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from boxreach.compilation import compiled
from boxreach.location.covering import Covering

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_STEPS_AT_ONCE = 500
_LEAST_STEPS, _MOST_STEPS = 2_000, 200_000
_CHEAPEST = 1e-9
_MEMORY = 10


class Sets(NamedTuple):
    """Which site covers which demand, both ways, and what is asked.

    `over` is the weight that may stay uncovered, -1 where none may; `fixed` are the sites that
    stay, `barred` those that never come in; `boxes` sites must cover demand.
    """

    starts: Integers
    demand: Integers
    demand_starts: Integers
    sites: Integers
    costs: Floats
    weights: Floats
    over: float
    fixed: Flags
    barred: Flags
    boxes: int


class Board(NamedTuple):
    """A choice: how often demand is covered, its weight now, and what each site is worth.

    `score` is what a site that is out would gain and what one that is in would lose; `moved` is
    the step of its last move. `totals` are cost, uncovered weight and uncovered demand; `best` is
    the cheapest cover so far, `least` its cost; `chance` the state of the random numbers.
    """

    chosen: Flags
    covers: Integers
    weights: Floats
    score: Floats
    moved: Integers
    totals: Floats
    best: Flags
    least: Floats
    chance: Integers


def search_covers(
    covering: Covering,
    start: Integers,
    *,
    enough: float,
    until: float,
    seed: int,
    reads: float = 3e8,
) -> Integers:
    """Return the cheapest cover found, of rules only those on single sites kept.

    Parameters
    ----------
    covering
        The question.
    start
        A choice that covers what it must.
    enough
        A cost at which the search may end.
    until
        When the clock says to stop.
    seed
        Seed of the random choices.
    reads
        About how many pairs may be read.
    """
    sets = _read_sets(covering)
    board = _set_up(sets, start, seed)
    count, many = len(sets.costs), len(sets.weights)
    # A move reads the pairs of a site, for each those of its demand, and looks at all sites.
    moved = (len(sets.demand) / max(1, count)) * (len(sets.sites) / max(1, many))
    steps = int(reads / (2 * moved + count + many + 1))
    for first in range(0, min(max(steps, _LEAST_STEPS), _MOST_STEPS), _STEPS_AT_ONCE):
        _improve(sets, board, first + 1, first + 1 + _STEPS_AT_ONCE, enough)
        if board.least[0] <= enough or time.perf_counter() >= until:
            break
    return np.flatnonzero(board.best).astype(np.int64)


def _read_sets(covering: Covering) -> Sets:
    columns = csc_array(covering.cover)
    fixed = np.zeros(len(covering.costs), dtype=np.bool_)
    barred = fixed.copy()
    fixed[covering.rules.fixed] = True
    barred[covering.rules.forbidden] = True
    over = -1.0 if covering.need is None else float(covering.weights.sum()) - covering.need
    return Sets(
        covering.cover.indptr.astype(np.int64),
        covering.cover.indices.astype(np.int64),
        columns.indptr.astype(np.int64),
        columns.indices.astype(np.int64),
        np.maximum(covering.costs, _CHEAPEST),
        covering.weights.astype(np.float64),
        over,
        fixed,
        barred,
        covering.boxes,
    )


def _set_up(sets: Sets, start: Integers, seed: int) -> Board:
    count, many = len(sets.costs), len(sets.weights)
    weights = np.ones(many) if sets.over < 0 else sets.weights.copy()
    owner = np.repeat(np.arange(count), np.diff(sets.starts))
    score = np.bincount(owner, weights[sets.demand], minlength=count).astype(np.float64)
    board = Board(
        chosen=np.zeros(count, dtype=np.bool_),
        covers=np.zeros(many, dtype=np.int64),
        weights=weights,
        score=score,
        moved=np.full(count, -2 * _MEMORY, dtype=np.int64),
        totals=np.array([0.0, float(sets.weights.sum()), float(many)]),
        best=np.zeros(count, dtype=np.bool_),
        least=np.array([np.inf]),
        chance=np.array([seed % 2147483647 + 1], dtype=np.int64),
    )
    for site in start.tolist():
        _enter(site, sets, board)
    board.best[start] = True
    board.least[0] = board.totals[0]
    return board


@compiled
def _enter(site: int, sets: Sets, board: Board) -> None:
    """Let a site in, and keep the scores of all that cover the same."""
    board.chosen[site] = True
    board.totals[0] += sets.costs[site]
    board.score[site] = 0.0
    for at in range(sets.starts[site], sets.starts[site + 1]):
        one = sets.demand[at]
        board.covers[one] += 1
        if board.covers[one] <= sets.boxes:
            board.score[site] += board.weights[one]
        if board.covers[one] == sets.boxes:
            board.totals[1] -= sets.weights[one]
            board.totals[2] -= 1.0
            _change_others(site, one, -board.weights[one], False, sets, board)
        elif board.covers[one] == sets.boxes + 1:
            _change_others(site, one, -board.weights[one], True, sets, board)


@compiled
def _leave(site: int, sets: Sets, board: Board) -> None:
    """Take a site out, and keep the scores of all that cover the same."""
    board.chosen[site] = False
    board.totals[0] -= sets.costs[site]
    board.score[site] = 0.0
    for at in range(sets.starts[site], sets.starts[site + 1]):
        one = sets.demand[at]
        board.covers[one] -= 1
        if board.covers[one] < sets.boxes:
            board.score[site] += board.weights[one]
        if board.covers[one] == sets.boxes - 1:
            board.totals[1] += sets.weights[one]
            board.totals[2] += 1.0
            _change_others(site, one, board.weights[one], False, sets, board)
        elif board.covers[one] == sets.boxes:
            _change_others(site, one, board.weights[one], True, sets, board)


@compiled
def _change_others(
    site: int, one: int, change: float, chosen: bool, sets: Sets, board: Board
) -> None:
    """Change the scores of the other sites that cover some demand, of those in or those out."""
    left = sets.boxes if chosen else len(board.chosen)
    for place in range(sets.demand_starts[one], sets.demand_starts[one + 1]):
        other = sets.sites[place]
        if board.chosen[other] == chosen and other != site:
            board.score[other] += change
            left -= 1
            if left == 0:
                break


@compiled
def _is_enough(sets: Sets, board: Board) -> bool:
    if sets.over < 0.0:
        return bool(board.totals[2] < 0.5)
    return bool(board.totals[1] <= sets.over)


@compiled
def _cheapest_loss(sets: Sets, board: Board, since: int) -> int:
    """Return the site whose leaving loses least for its cost, of equals the longest in; or -1.

    Sites that moved at the step `since` or later are left where they are.
    """
    best = -1
    for site in range(len(board.chosen)):
        if not board.chosen[site] or sets.fixed[site] or board.moved[site] >= since:
            continue
        if best >= 0:
            here, there = board.score[site] * sets.costs[best], board.score[best] * sets.costs[site]
            if here > there or (here == there and board.moved[site] >= board.moved[best]):
                continue
        best = site
    return best


@compiled
def _is_better(site: int, best: int, sets: Sets, board: Board) -> bool:
    """Tell whether one site gains more for its cost than another, of equals the longest out."""
    if board.chosen[site] or sets.barred[site]:
        return False
    if board.totals[0] + sets.costs[site] >= board.least[0] * (1.0 - 1e-12):
        return False
    if best < 0:
        return True
    here, there = board.score[site] * sets.costs[best], board.score[best] * sets.costs[site]
    return bool(here > there or (here == there and board.moved[site] < board.moved[best]))


@compiled
def _best_gain(sets: Sets, board: Board, since: int) -> int:
    """Return a site to let in: one that covers some uncovered demand, or of a share any; or -1."""
    best = -1
    if sets.over >= 0.0:
        for site in range(len(board.chosen)):
            if board.moved[site] < since and _is_better(site, best, sets, board):
                best = site
        return best
    board.chance[0] = board.chance[0] * 48271 % 2147483647
    skip = board.chance[0] % int(board.totals[2] + 0.5)
    for one in range(len(board.covers)):
        if board.covers[one] >= sets.boxes:
            continue
        if skip == 0:
            for place in range(sets.demand_starts[one], sets.demand_starts[one + 1]):
                site = sets.sites[place]
                if board.moved[site] < since and _is_better(site, best, sets, board):
                    best = site
            return best
        skip -= 1
    return best


@compiled
def _weigh_more(sets: Sets, board: Board) -> None:
    """Let uncovered demand weigh more."""
    for one in range(len(board.covers)):
        if board.covers[one] < sets.boxes:
            board.weights[one] += 1.0
            for place in range(sets.demand_starts[one], sets.demand_starts[one + 1]):
                board.score[sets.sites[place]] += 1.0


@compiled
def _improve(sets: Sets, board: Board, first: int, last: int, enough: float) -> None:
    """Go so many steps."""
    for step in range(first, last):
        while _is_enough(sets, board):
            if board.totals[0] < board.least[0]:
                board.least[0] = board.totals[0]
                board.best[:] = board.chosen
            leaves = _cheapest_loss(sets, board, last)
            if leaves < 0 or board.least[0] <= enough:
                return
            _leave(leaves, sets, board)
            board.moved[leaves] = step
        # Growing weights keep a cover of all from going in circles; a share needs a longer memory.
        board.chance[0] = board.chance[0] * 48271 % 2147483647
        memory = 1 if sets.over < 0.0 else 1 + board.chance[0] % _MEMORY
        leaves = _cheapest_loss(sets, board, step - memory)
        if leaves >= 0:
            _leave(leaves, sets, board)
            board.moved[leaves] = step
        while not _is_enough(sets, board):
            enters = _best_gain(sets, board, step - memory + 1)
            if enters < 0:
                break
            _enter(enters, sets, board)
            board.moved[enters] = step
        if sets.over < 0.0:
            _weigh_more(sets, board)
