"""What many of something take, told from trials with fewer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from boxreach.costs.work import NONE, Work, clock


@dataclass(frozen=True)
class Trial:
    """Something that was done for some of its units.

    Attributes
    ----------
    first, last
        The work for fewer units and for more; the same where there are no more.
    fewer, more
        How many units these are.
    """

    first: Work
    last: Work
    fewer: int
    more: int

    def of(self, units: float) -> Work:
        """Return the work for so many units.

        Examples
        --------
        >>> Trial(Work(1.0), Work(1.5), fewer=5, more=10).of(110)
        Work(alone_s=11.5, threads_s=0.0, workers_s=0.0)
        """
        if self.more == self.fewer:
            return self.last * (units / max(self.more, 1))
        each = (self.last + self.first * -1.0).at_least_none()
        return self.last + each * ((units - self.more) / (self.more - self.fewer))


def try_out(run: Callable[[int], object], fewer: int, more: int) -> Trial:
    """Do something for fewer units and for more, and tell what each takes.

    Parameters
    ----------
    run
        What is done, of the number of units.
    fewer, more
        How many units.

    Examples
    --------
    >>> trial = try_out(lambda units: sum(range(units)), fewer=10, more=100)
    >>> 0 <= trial.of(100).cpu_s < 1
    True
    """
    if not more:
        return Trial(NONE, NONE, 0, 0)
    first = NONE
    if fewer < more:
        with clock() as taken:
            run(fewer)
        first = taken.work
    with clock() as taken:
        run(more)
    return Trial(first, taken.work, fewer, more)


def extend_rows(few: tuple[int, Work], many: tuple[int, Work], rows: int) -> Work:
    """Return the work of so many rows, from those of few and of many.

    Parameters
    ----------
    few, many
        How many rows there were, and the work that they took.
    rows
        How many there are in all.

    Examples
    --------
    >>> extend_rows((10, Work(2.0)), (20, Work(3.0)), 50).cpu_s
    6.0
    """
    each = (many[1] + few[1] * -1.0).at_least_none()
    return many[1] + each * _further(few[0], many[0], rows)


def extend_memory(few: tuple[int, float], many: tuple[int, float], rows: int) -> float:
    """Return what so many rows hold, from what few and many do.

    Parameters
    ----------
    few, many, rows
        As in `extend_rows`.

    Examples
    --------
    >>> extend_memory((10, 80.0), (20, 100.0), 50)
    160.0
    """
    return many[1] + max(many[1] - few[1], 0.0) * _further(few[0], many[0], rows)


def _further(few: int, many: int, rows: int) -> float:
    """Return how often rows from few to many are there beyond these."""
    return (rows - many) / (many - few) if few < many < rows else 0.0


def extend_count(few: tuple[int, float], many: tuple[int, float], rows: int, most: int) -> float:
    """Return how many of something there are to so many rows, of which further rows add fewer.

    Parameters
    ----------
    few, many
        How many rows there were, and how many of it.
    rows, most
        How many rows there are in all, and how many of it at most.

    Examples
    --------
    >>> extend_count((100, 50), (400, 100), rows=1_600, most=1_000)
    200.0
    """
    if rows <= many[0] or few[0] >= many[0] or not 0 < few[1] < many[1]:
        return float(many[1])
    power = math.log(many[1] / few[1]) / math.log(many[0] / few[0])
    # There is no less of it than was found already.
    found = many[1] * math.pow(rows / many[0], min(power, 1.0))
    return max(min(found, float(most)), many[1])
