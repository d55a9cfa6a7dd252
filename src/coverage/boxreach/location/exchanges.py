"""A plan for several cases made better by exchanging its sites, by what it comes to in all."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from boxreach.compilation import compiled, typed
from boxreach.location.cases import Cases

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

_NONE = typed(-1)
"""Typed: a kernel that is given a bare constant is compiled once more for it."""

_EVEN = 1e-12
"""What changes the weight covered by a smaller share than this changes nothing."""
_WORK_AT_ONCE, _MOST_WORK = 50_000_000, 2_000_000_000
"""Numbers looked at between two looks at the clock, and until kicks end."""
_MEAN = -1.0


class Table(NamedTuple):
    """A plan while it is worked on.

    Attributes
    ----------
    start, demand, turned, site
        The pairs by site and by demand.
    case_start, case, amount
        What each demand weighs in which cases.
    odds, spare
        Of the cases, and of those that may be given up; below 0 for the mean.
    row_start, row, ruled, activity, lower, upper
        What each site adds to which rules, what the plan has of each, and its limits.
    locked, chosen
        Of each site, whether it may not be moved, and whether it is in the plan.
    slot, members, size
        Places of the sites in the list of those in the plan, the list, and its length.
    times, owner
        How many sites of the plan cover each demand, and the sum of their positions.
    values, lost, back
        What the plan comes to in each case, what it would lose there without each of its sites,
        and what a coming site would make good of that.
    trial
        Room for what the cases would come to.
    even
        The least change that counts.
    """

    start: Integers
    demand: Indices
    turned: Integers
    site: Indices
    case_start: Integers
    case: Integers
    amount: Floats
    odds: Floats
    spare: float
    row_start: Integers
    row: Integers
    ruled: Floats
    activity: Floats
    lower: Floats
    upper: Floats
    locked: Flags
    chosen: Flags
    slot: Integers
    members: Integers
    size: Integers
    times: Indices
    owner: Integers
    values: Floats
    lost: Floats
    back: Floats
    trial: Floats
    even: float


def exchange(
    cases: Cases,
    chosen: Integers,
    *,
    kicks: int,
    deadline: float,
    random: np.random.Generator,
) -> Integers:
    """Return a plan no worse than one that keeps the rules, after exchanges and kicks.

    Of plans that come to the same by the criterion, that with the higher mean is better.

    Parameters
    ----------
    cases
        The question.
    chosen
        The plan.
    kicks
        How often to kick it, as long as that is not too much work.
    deadline
        When to stop, by `time.monotonic`.
    random
        Where the kicks come from.
    """
    table = _set_up(cases, chosen)
    any_number = cases.sites is None
    work = _climb_on(table, any_number, deadline)
    best, reached = np.flatnonzero(table.chosen), _judge_plan(table)
    for _ in range(kicks):
        if time.monotonic() > deadline or work > _MOST_WORK:
            break
        _kick(table, random.random(4 * int(random.integers(1, 4))))
        work += _climb_on(table, any_number, deadline)
        value = _judge_plan(table)
        if value[0] > reached[0] or (value[0] == reached[0] and value[1] > reached[1]):
            best, reached = np.flatnonzero(table.chosen), value
        else:
            _lay(table, best)
    _lay(table, best)
    if time.monotonic() < deadline:
        _settle(table)
    return np.flatnonzero(table.chosen)


def _set_up(cases: Cases, chosen: Integers) -> Table:
    """Return a table with a plan on it."""
    sets, by_demand = cases.sets, csc_array(cases.amounts)
    turned, site = sets.by_demand
    by_site = csc_array(cases.rows.matrix)
    criterion, many = cases.criterion, len(cases.criterion.odds)
    room = sets.sites if cases.sites is None else len(chosen)
    rows = cases.rows
    spare = criterion.spare * (1 + 1e-9)
    table = Table(
        sets.start,
        sets.demand,
        turned,
        site,
        by_demand.indptr.astype(np.int64),
        by_demand.indices.astype(np.int64),
        by_demand.data,
        criterion.odds,
        _MEAN if criterion.share is None else spare,
        by_site.indptr.astype(np.int64),
        by_site.indices.astype(np.int64),
        by_site.data,
        np.zeros(len(rows.lower)),
        rows.lower,
        rows.upper,
        (rows.column_lower > 0) | (rows.column_upper < 1),
        np.zeros(sets.sites, dtype=np.bool_),
        np.zeros(sets.sites, dtype=np.int64),
        np.zeros(room, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        np.zeros(len(sets.weights), dtype=np.int32),
        np.zeros(len(sets.weights), dtype=np.int64),
        np.zeros(many),
        np.zeros((room, many)),
        np.zeros((room, many)),
        np.zeros((2, many)),
        _EVEN * float(sets.weights.sum()) / max(1, many),
    )
    _lay(table, chosen.astype(np.int64))
    return table


def _climb_on(table: Table, any_number: bool, deadline: float) -> int:
    """Exchange sites while that gains; return how much was looked at."""
    cursor, work = np.zeros(2, dtype=np.int64), 0
    while cursor[1] < len(table.chosen) and time.monotonic() < deadline:
        work += _climb(table, cursor, any_number, _WORK_AT_ONCE)
    return work


def _judge_plan(table: Table) -> tuple[float, float]:
    return _judge(table, table.values), _judge_mean(table, table.values)


@compiled
def _lay(table: Table, chosen: Integers) -> None:
    """Put a plan on the table in place of what lies there."""
    table.chosen[:] = False
    table.times[:] = 0
    table.owner[:] = 0
    table.activity[:] = 0.0
    table.size[0] = len(chosen)
    for nth in range(len(chosen)):
        one = chosen[nth]
        table.chosen[one] = True
        table.members[nth] = one
        table.slot[one] = nth
        for at in range(table.start[one], table.start[one + 1]):
            table.times[table.demand[at]] += 1
            table.owner[table.demand[at]] += one
        for at in range(table.row_start[one], table.row_start[one + 1]):
            table.activity[table.row[at]] += table.ruled[at]
    _count(table)


@compiled
def _count(table: Table) -> None:
    """Work out what the plan comes to, and would without each site."""
    table.values[:] = 0.0
    for j in range(len(table.times)):
        if table.times[j] > 0:
            for at in range(table.case_start[j], table.case_start[j + 1]):
                table.values[table.case[at]] += table.amount[at]
    for nth in range(table.size[0]):
        table.lost[nth, :] = 0.0
        one = table.members[nth]
        for pair in range(table.start[one], table.start[one + 1]):
            j = table.demand[pair]
            if table.times[j] == 1:
                for at in range(table.case_start[j], table.case_start[j + 1]):
                    table.lost[nth, table.case[at]] += table.amount[at]


@compiled
def _judge(table: Table, values: Floats) -> float:
    """Return what values of the cases come to; see `Criterion.of`."""
    if table.spare < 0.0:
        return _judge_mean(table, values)
    given_up, least = 0.0, -np.inf
    while True:
        # The odds of all values up to the next higher one.
        lowest = np.inf
        for k in range(len(values)):
            if values[k] > least and values[k] < lowest:
                lowest = values[k]
        if lowest == np.inf:
            return least
        least = lowest
        for k in range(len(values)):
            if values[k] == least:
                given_up += table.odds[k]
        if given_up > table.spare:
            return least


@compiled
def _judge_mean(table: Table, values: Floats) -> float:
    total = 0.0
    for k in range(len(values)):
        total += table.odds[k] * values[k]
    return total


@compiled
def _fits(table: Table, out: int, into: int) -> bool:
    """Tell whether the rules still hold when one site leaves and one comes; -1 is none."""
    return bool(_allows(table, out, into, -1.0) and _allows(table, into, out, 1.0))


@compiled
def _allows(table: Table, one: int, other: int, sign: float) -> bool:
    """Tell whether the rules of one site hold when it comes, or leaves, and another the reverse."""
    if one < 0:
        return True
    for at in range(table.row_start[one], table.row_start[one + 1]):
        k = table.row[at]
        has = table.activity[k] + sign * table.ruled[at]
        if other >= 0:
            for place in range(table.row_start[other], table.row_start[other + 1]):
                if table.row[place] == k:
                    has -= sign * table.ruled[place]
        if has < table.lower[k] or has > table.upper[k]:
            return False
    return True


@compiled
def _change(table: Table, out: int, into: int) -> None:
    """Let a site leave, or -1, and another come."""
    if out >= 0:
        nth = table.slot[out]
        table.chosen[out] = False
        for at in range(table.start[out], table.start[out + 1]):
            table.times[table.demand[at]] -= 1
            table.owner[table.demand[at]] -= out
        for at in range(table.row_start[out], table.row_start[out + 1]):
            table.activity[table.row[at]] -= table.ruled[at]
    else:
        nth = table.size[0]
        table.size[0] += 1
    table.chosen[into] = True
    table.members[nth] = into
    table.slot[into] = nth
    for at in range(table.start[into], table.start[into + 1]):
        table.times[table.demand[at]] += 1
        table.owner[table.demand[at]] += into
    for at in range(table.row_start[into], table.row_start[into + 1]):
        table.activity[table.row[at]] += table.ruled[at]
    _count(table)


@compiled
def _pay(table: Table, into: int) -> int:
    """Work out what a coming site would gain in each case, and make good of each loss."""
    table.trial[0, :] = 0.0
    table.back[: table.size[0], :] = 0.0
    work = table.size[0] * len(table.values)
    for pair in range(table.start[into], table.start[into + 1]):
        j = table.demand[pair]
        if table.times[j] > 1:
            continue
        work += table.case_start[j + 1] - table.case_start[j]
        for at in range(table.case_start[j], table.case_start[j + 1]):
            if table.times[j] == 0:
                table.trial[0, table.case[at]] += table.amount[at]
            else:
                table.back[table.slot[table.owner[j]], table.case[at]] += table.amount[at]
    return int(work)


@compiled
def _try_out(table: Table, nth: int) -> tuple[float, float]:
    """Return what the plan would come to with the coming site for one of its own."""
    values, gained = table.trial[1], table.trial[0]
    for k in range(len(values)):
        values[k] = table.values[k] + gained[k]
        if nth >= 0:
            values[k] += table.back[nth, k] - table.lost[nth, k]
    return _judge(table, values), _judge_mean(table, values)


@compiled
def _climb(table: Table, cursor: Integers, any_number: bool, most_work: int) -> int:
    """Exchange sites while that gains, of each site that may come the best exchange.

    `cursor` is the site to look at next, and how many were looked at since the last gain.
    """
    work, sites, even = 0, len(table.chosen), table.even
    now, mean = _judge(table, table.values), _judge_mean(table, table.values)
    while cursor[1] < sites and work < most_work:
        into = cursor[0]
        cursor[0] = (into + 1) % sites
        cursor[1] += 1
        if table.chosen[into] or table.locked[into]:
            continue
        work += _pay(table, into)
        most, most_mean = _try_out(table, _NONE)
        if most_mean <= mean + even and most <= now + even:
            continue
        best, aim, aim_mean = -2, now, mean
        if any_number and _fits(table, _NONE, into):
            best, aim, aim_mean = -1, most, most_mean
        else:
            for nth in range(table.size[0]):
                if table.locked[table.members[nth]]:
                    continue
                value, value_mean = _try_out(table, nth)
                work += 4 * len(table.values)
                better = value > aim + even or (value >= aim and value_mean > aim_mean + even)
                if better and _fits(table, table.members[nth], into):
                    best, aim, aim_mean = nth, value, value_mean
        if best >= -1:
            _change(table, -1 if best < 0 else table.members[best], into)
            now, mean = _judge(table, table.values), _judge_mean(table, table.values)
            work += 20 * len(table.times)
            cursor[1] = 0
    return work


@compiled
def _kick(table: Table, draws: Floats) -> None:
    """Exchange a few sites at random, mostly for neighbours, whatever that loses."""
    for nth in range(len(draws) // 4):
        a, b, c, d = draws[4 * nth], draws[4 * nth + 1], draws[4 * nth + 2], draws[4 * nth + 3]
        if table.size[0] == 0:
            return
        out = table.members[int(a * table.size[0])]
        begin, end = table.start[out], table.start[out + 1]
        if d < 0.7 and end > begin:
            j = table.demand[begin + int(b * (end - begin))]
            first = table.turned[j]
            into = int(table.site[first + int(c * (table.turned[j + 1] - first))])
        else:
            into = int(b * len(table.chosen))
        if table.locked[out] or table.locked[into] or table.chosen[into]:
            continue
        if _fits(table, out, into):
            _change(table, out, into)


@compiled
def _settle(table: Table) -> None:
    """Exchange sites for earlier ones where that loses nothing, so that equal plans become one."""
    for into in range(len(table.chosen)):
        if table.chosen[into] or table.locked[into]:
            continue
        _pay(table, into)
        now, mean = _judge(table, table.values), _judge_mean(table, table.values)
        best = -1
        for nth in range(table.size[0]):
            out = table.members[nth]
            if out <= into or table.locked[out] or (best >= 0 and out < table.members[best]):
                continue
            value, value_mean = _try_out(table, nth)
            even = value >= now and value_mean >= mean - table.even
            if even and _fits(table, out, into):
                best = nth
        if best >= 0:
            _change(table, table.members[best], into)
