"""A plan made better by exchanging its sites one for one, until no exchange helps."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from boxreach.compilation import compiled, typed
from boxreach.location.cover_sets import CoverSets
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_NONE, _OUT, _IN, _LATER = map(typed, (-1, 0, 1, 2))
"""Typed: a kernel that is given a bare constant is compiled once more for each."""
_LOG = 4096
_WORK = 20_000_000
_MOST_KICKS = 2
_EVEN = 1e-12
"""What changes the weight covered by a smaller share than this changes nothing."""


class Board(NamedTuple):
    """A plan while it is worked on: who stands where, and what each exchange would gain.

    Attributes
    ----------
    start, demand, turned, site, weights
        The pairs by site and by demand, and what the demand weighs.
    steps
        Share of a weight that the n-th site to cover it adds; the last, 0, holds for more.
    row_start, row, amount
        What each site adds to which rules.
    activity, lower, upper
        What the plan has of each rule, and its limits.
    locked
        Sites that may not be moved.
    place
        For each site: out of the plan, in it, or one of those that follow later.
    slot, members, sizes
        The sites in the plan, and those that follow, as two lists, and where each stands in them.
    times, owner
        How many sites of the plan cover each demand, and the sum of their positions: that of the
        site itself where it is one.
    gain
        What each site would add to the plan, or for those in it what the plan would lose.
    fresh
        Whether exchanges for a site are to be looked at again.
    value
        The weight covered, and the least change that counts.
    """

    start: Integers
    demand: Indices
    turned: Integers
    site: Indices
    weights: Floats
    steps: Floats
    row_start: Integers
    row: Integers
    amount: Floats
    activity: Floats
    lower: Floats
    upper: Floats
    locked: Flags
    place: npt.NDArray[np.int8]
    slot: Integers
    members: Integers
    sizes: Integers
    times: Indices
    owner: Integers
    gain: Floats
    fresh: Flags
    value: Floats


def set_up(
    sets: CoverSets, worth: Floats, rows: Rows, chosen: Integers, later: Integers, barred: Flags
) -> Board:
    """Return a board with a plan on it.

    Parameters
    ----------
    sets
        What the sites cover.
    worth
        Share of a weight that counts when n sites cover it, from n = 0.
    rows
        The rules. The plan must keep them, together with the sites that follow.
    chosen, later
        The sites of the plan, and those that follow.
    barred
        Sites that may not come in.
    """
    turned, site = sets.by_demand
    by_site = csc_array(rows.matrix)
    board = Board(
        sets.start,
        sets.demand,
        turned,
        site,
        sets.weights,
        np.concatenate([[0.0], np.diff(worth), [0.0]]),
        by_site.indptr.astype(np.int64),
        by_site.indices.astype(np.int64),
        by_site.data,
        np.zeros(len(rows.lower)),
        rows.lower,
        rows.upper,
        (rows.column_lower > 0) | (rows.column_upper < 1) | barred,
        np.zeros(sets.sites, dtype=np.int8),
        np.zeros(sets.sites, dtype=np.int64),
        np.zeros((3, sets.sites), dtype=np.int64),
        np.zeros(3, dtype=np.int64),
        np.zeros(len(sets.weights), dtype=np.int32),
        np.zeros(len(sets.weights), dtype=np.int64),
        np.zeros(sets.sites),
        np.ones(sets.sites, dtype=np.bool_),
        np.array([0.0, _EVEN * float(sets.weights.sum())]),
    )
    for place, ones in ((_IN, chosen), (_LATER, later)):
        board.place[ones] = place
        board.slot[ones] = np.arange(len(ones))
        board.members[place, : len(ones)] = ones
        board.sizes[place] = len(ones)
    board.activity[:] = rows.matrix @ (board.place > 0)
    for one in chosen:
        board.times[sets.of(one)] += 1
        board.owner[sets.of(one)] += one
    board.value[0] = _first_gains(board)
    return board


def improve(
    board: Board, *, any_number: bool, rounds: int, deadline: float, random: np.random.Generator
) -> None:
    """Exchange sites while that gains; then kick the plan and try again, so many times.

    Parameters
    ----------
    board
        The plan. It never covers less afterwards.
    any_number
        Whether sites may be added without others leaving.
    rounds
        How often to kick.
    deadline
        When to stop, by `time.monotonic`.
    random
        Where the kicks come from.
    """
    log, cursor = np.zeros((_LOG, 2), dtype=np.int64), np.zeros(3, dtype=np.int64)
    while cursor[1] < len(board.place) and time.monotonic() < deadline:
        cursor[2] = 0
        climb(board, cursor, any_number, _WORK, log)
    for _ in range(rounds):
        if time.monotonic() > deadline:
            break
        before = board.value[0]
        cursor[2] = 0
        kick(board, random.random(4 * int(random.integers(1, _MOST_KICKS + 1))), cursor, log)
        while cursor[1] < len(board.place) and cursor[2] + 4 < _LOG:
            climb(board, cursor, any_number, _WORK, log)
            if time.monotonic() > deadline:
                break
        if board.value[0] < before - board.value[1]:
            undo(board, cursor, log)


def read_plan(board: Board) -> Integers:
    """Return the positions of the sites in the plan, ascending."""
    return np.flatnonzero(board.place == _IN)


def read_later(board: Board) -> Integers:
    """Return the positions of the sites that follow later, ascending."""
    return np.flatnonzero(board.place == _LATER)


@compiled
def climb(board: Board, cursor: Integers, any_number: bool, most_work: int, log: Integers) -> int:
    """Exchange sites while that gains, the first exchange found; return the work done, in pairs.

    Parameters
    ----------
    board
        The plan.
    cursor
        The site to look at next, how many were looked at since the last gain, and the length of
        the log. When as many were looked at as there are, no exchange gains.
    any_number
        Whether sites may be added without others leaving.
    most_work
        When to stop.
    log
        Rows of a site and its place before, to be undone from the last; stops when full.
    """
    sites = len(board.place)
    back = np.zeros(max(1, sites if any_number else board.sizes[_IN]))
    work = 0
    cheapest = _cheapest(board)
    while cursor[1] < sites and work < most_work and cursor[2] + 4 < len(log):
        into = cursor[0]
        cursor[0] = (into + 1) % sites
        cursor[1] += 1
        gain = board.gain[into]
        if board.place[into] == _IN or board.locked[into] or gain <= board.value[1]:
            continue
        if any_number and _fits(board, _NONE, into):
            _record(board, into, _IN, cursor, log)
            work += 10 * (board.start[into + 1] - board.start[into])
        elif board.fresh[into] or gain - cheapest > board.value[1]:
            work += board.start[into + 1] - board.start[into]
            board.fresh[into] = False
            _pay_back(board, into, back)
            out, third = _choose_out(board, into, back, board.value[1])
            if out < 0:
                continue
            _exchange(board, out, into, third, cursor, log)
            work += 20 * (board.start[into + 1] - board.start[into])
        else:
            continue
        cursor[1] = 0
        cheapest = _cheapest(board)
    return work


@compiled
def kick(board: Board, draws: Floats, cursor: Integers, log: Integers) -> None:
    """Exchange a few sites at random, mostly for neighbours, whatever that loses.

    Parameters
    ----------
    board
        The plan.
    draws
        Random numbers from 0 to 1, four for each exchange.
    cursor, log
        As `climb` takes them.
    """
    for nth in range(len(draws) // 4):
        a, b, c, d = draws[4 * nth], draws[4 * nth + 1], draws[4 * nth + 2], draws[4 * nth + 3]
        if board.sizes[_IN] == 0 or cursor[2] + 4 >= len(log):
            break
        out = board.members[_IN, int(a * board.sizes[_IN])]
        begin, end = board.start[out], board.start[out + 1]
        if d < 0.7 and end > begin:
            j = board.demand[begin + int(b * (end - begin))]
            first = board.turned[j]
            into = board.site[first + int(c * (board.turned[j + 1] - first))]
        else:
            into = int(b * len(board.place))
        if board.locked[out] or board.locked[into] or board.place[into] == _IN:
            continue
        if board.place[into] == _LATER or _fits(board, out, into):
            _exchange(board, out, into, _NONE, cursor, log)
    cursor[1] = 0


@compiled
def undo(board: Board, cursor: Integers, log: Integers) -> None:
    """Put every site of the log back where it stood."""
    while cursor[2] > 0:
        cursor[2] -= 1
        _move(board, log[cursor[2], 0], log[cursor[2], 1])


@compiled
def settle(board: Board, any_number: bool, log: Integers) -> None:
    """Exchange sites for earlier ones where that loses nothing; drop those that add nothing.

    So equally good plans become one, as far as single exchanges lead.
    """
    back = np.zeros(max(1, board.sizes[_IN]))
    cursor = np.zeros(3, dtype=np.int64)
    if any_number:
        for out in range(len(board.place) - 1, -1, -1):
            spare = board.place[out] == _IN and not board.locked[out] and board.gain[out] <= 0
            if spare and _fits(board, out, _NONE):
                _move(board, out, _OUT)
    changed = True
    while changed:
        changed = False
        for into in range(len(board.place)):
            if board.place[into] != _IN and not board.locked[into]:
                out = _find_even(board, into, back)
                if out >= 0:
                    cursor[2] = 0
                    _exchange(board, out, into, _NONE, cursor, log)
                    changed = True


@compiled
def _find_even(board: Board, into: int, back: Floats) -> int:
    """Return the last site for which an earlier one may come without a loss, or -1."""
    _pay_back(board, into, back)
    best = -1
    for nth in range(board.sizes[_IN]):
        out = board.members[_IN, nth]
        if out <= max(into, best) or board.locked[out]:
            continue
        if board.gain[into] - board.gain[out] + back[nth] < -board.value[1]:
            continue
        if board.place[into] == _LATER or _fits(board, out, into):
            best = out
    return best


@compiled
def _first_gains(board: Board) -> float:
    """Work out the gain of every site; return the weight covered."""
    last = len(board.steps) - 1
    for one in range(len(board.place)):
        ahead = 0 if board.place[one] == _IN else 1
        total = 0.0
        for at in range(board.start[one], board.start[one + 1]):
            j = board.demand[at]
            total += board.weights[j] * board.steps[min(board.times[j] + ahead, last)]
        board.gain[one] = total
    value = 0.0
    for j in range(len(board.weights)):
        for n in range(1, min(board.times[j], last) + 1):
            value += board.weights[j] * board.steps[n]
    return value


@compiled
def _move(board: Board, one: int, to: int) -> None:
    """Bring a site to a place, and all that hangs on it up to date."""
    was = board.place[one]
    if (was == _OUT) != (to == _OUT):
        sign = 1.0 if was == _OUT else -1.0
        for at in range(board.row_start[one], board.row_start[one + 1]):
            board.activity[board.row[at]] += sign * board.amount[at]
    if was != _OUT:
        board.sizes[was] -= 1
        last = board.members[was, board.sizes[was]]
        board.members[was, board.slot[one]] = last
        board.slot[last] = board.slot[one]
    if to != _OUT:
        board.slot[one] = board.sizes[to]
        board.members[to, board.sizes[to]] = one
        board.sizes[to] += 1
    board.place[one] = to
    if to == _IN:
        board.value[0] += board.gain[one]
        _shift(board, one, 1)
    elif was == _IN:
        board.value[0] -= board.gain[one]
        _shift(board, one, -1)
    board.fresh[one] = True


@compiled
def _shift(board: Board, one: int, by: int) -> None:
    """Count a site in or out at the demand it covers; gains of other sites follow."""
    last = len(board.steps) - 1
    for at in range(board.start[one], board.start[one + 1]):
        j = board.demand[at]
        had = board.times[j]
        has = had + by
        board.times[j] = has
        others = board.owner[j] if by > 0 else board.owner[j] - one
        board.owner[j] = others + one if by > 0 else others
        to_add = board.steps[min(has + 1, last)] - board.steps[min(had + 1, last)]
        to_drop = board.steps[min(has, last)] - board.steps[min(had, last)]
        weight = board.weights[j]
        low = min(had, has)  # how many others of the plan cover it
        if to_add == 0.0:
            if low == 1 and to_drop != 0.0:
                board.gain[others] += weight * to_drop
            if low <= 1:
                continue
            if to_drop == 0.0:
                continue
        for k in range(board.turned[j], board.turned[j + 1]):
            other = board.site[k]
            if other != one:
                if board.place[other] == _IN:
                    board.gain[other] += weight * to_drop
                else:
                    board.gain[other] += weight * to_add
                    board.fresh[other] = True


@compiled
def _pay_back(board: Board, into: int, back: Floats) -> None:
    """Tell for each site of the plan what of its loss a coming site would make good."""
    for nth in range(board.sizes[_IN]):
        back[nth] = 0.0
    last = len(board.steps) - 1
    for at in range(board.start[into], board.start[into + 1]):
        j = board.demand[at]
        have = board.times[j]
        if have == 0:
            continue
        good = board.steps[min(have, last)] - board.steps[min(have + 1, last)]
        if good == 0.0:
            continue
        good *= board.weights[j]
        if have == 1:
            back[board.slot[board.owner[j]]] += good
        else:
            for k in range(board.turned[j], board.turned[j + 1]):
                other = board.site[k]
                if board.place[other] == _IN:
                    back[board.slot[other]] += good


@compiled
def _choose_out(board: Board, into: int, back: Floats, least: float) -> tuple[int, int]:
    """Return the site whose leaving loses least, and one of the later ones that leaves too.

    Where the plan cannot keep the rules without it, the leaving site stays for later instead, and
    a later one leaves. -1 stands for no site.
    """
    best, third = -1, -1
    for nth in range(board.sizes[_IN]):
        out = board.members[_IN, nth]
        gained = board.gain[into] - board.gain[out] + back[nth]
        if board.locked[out] or gained <= least:
            continue
        if board.place[into] == _LATER or _fits(board, out, into):
            best, third, least = out, -1, gained
            continue
        for k in range(board.sizes[_LATER]):
            other = board.members[_LATER, k]
            if _fits(board, other, into):
                best, third, least = out, other, gained
                break
    return best, third


@compiled
def _exchange(
    board: Board, out: int, into: int, third: int, cursor: Integers, log: Integers
) -> None:
    to = _LATER if board.place[into] == _LATER or third >= 0 else _OUT
    if third >= 0:
        _record(board, third, _OUT, cursor, log)
    _record(board, out, to, cursor, log)
    _record(board, into, _IN, cursor, log)


@compiled
def _record(board: Board, one: int, to: int, cursor: Integers, log: Integers) -> None:
    log[cursor[2], 0], log[cursor[2], 1] = one, board.place[one]
    cursor[2] += 1
    _move(board, one, to)


@compiled
def _cheapest(board: Board) -> float:
    least = np.inf
    for nth in range(board.sizes[_IN]):
        out = board.members[_IN, nth]
        if not board.locked[out] and board.gain[out] < least:
            least = board.gain[out]
    return least


@compiled
def _fits(board: Board, out: int, into: int) -> bool:
    """Tell whether the rules hold after one site has left and another come; -1 is none."""
    if into >= 0:
        for at in range(board.row_start[into], board.row_start[into + 1]):
            row = board.row[at]
            now = board.activity[row] + board.amount[at]
            if out >= 0:
                now -= _amount_in(board, out, row)
            if now > board.upper[row] or now < board.lower[row]:
                return False
    if out >= 0:
        for at in range(board.row_start[out], board.row_start[out + 1]):
            row = board.row[at]
            if into >= 0 and _amount_in(board, into, row) > 0.0:
                continue
            if board.activity[row] - board.amount[at] < board.lower[row]:
                return False
    return True


@compiled
def _amount_in(board: Board, one: int, row: int) -> float:
    for at in range(board.row_start[one], board.row_start[one + 1]):
        if board.row[at] == row:
            return float(board.amount[at])
    return 0.0
