"""Seconds of the processor: what one thread must do alone, and what several do at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """Seconds of the processor.

    Attributes
    ----------
    alone_s
        Done by one thread, whoever else is there.
    threads_s
        Shared out among the threads of the process.
    workers_s
        Shared out among the workers where there are any, else among the threads.

    Examples
    --------
    >>> work = Work(alone_s=2.0, threads_s=4.0, workers_s=8.0)
    >>> work.cpu_s, work.wall_s(2), work.wall_s(2, workers=4)
    (14.0, 8.0, 6.0)
    """

    alone_s: float = 0.0
    threads_s: float = 0.0
    workers_s: float = 0.0

    @property
    def cpu_s(self) -> float:
        """All of it."""
        return self.alone_s + self.threads_s + self.workers_s

    def wall_s(self, threads: int, workers: int | None = None) -> float:
        """Return the seconds of the clock, with so many threads, and workers if there are any."""
        return self.alone_s + self.threads_s / threads + self.workers_s / (workers or threads)

    def __add__(self, other: Work) -> Work:
        return Work(
            self.alone_s + other.alone_s,
            self.threads_s + other.threads_s,
            self.workers_s + other.workers_s,
        )

    def __mul__(self, factor: float) -> Work:
        return Work(self.alone_s * factor, self.threads_s * factor, self.workers_s * factor)

    def at_least_none(self) -> Work:
        """Return it with nothing below zero, as a difference of two measurements may be."""
        return Work(*(max(one, 0.0) for one in (self.alone_s, self.threads_s, self.workers_s)))

    def for_workers(self) -> Work:
        """Return it with what threads share done by workers where there are any."""
        return Work(self.alone_s, 0.0, self.threads_s + self.workers_s)


NONE = Work()
"""Nothing to do."""


@dataclass
class Clock:
    """Takes what work was done in this process between two moments.

    Attributes
    ----------
    work
        What was done; known when it stopped.
    """

    work: Work = NONE


@contextmanager
def clock() -> Iterator[Clock]:
    """Measure the work of the body, that of this thread apart from that of others.

    Seconds of the processor are counted, so that others who use the machine change little.

    Examples
    --------
    >>> with clock() as taken:
    ...     total = sum(range(1000))
    >>> 0 <= taken.work.cpu_s < 1
    True
    """
    taken = Clock()
    alone_s, all_s = time.thread_time(), time.process_time()
    yield taken
    alone_s, all_s = time.thread_time() - alone_s, time.process_time() - all_s
    taken.work = Work(alone_s, max(all_s - alone_s, 0.0))
