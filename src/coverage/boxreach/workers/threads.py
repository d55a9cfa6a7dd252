"""Threads of this process: how many work at once, and pieces of work that are done by them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

_THREADS: ContextVar[int | None] = ContextVar("boxreach_threads", default=None)
_AHEAD = 4
"""So many pieces are under way for each thread, so that results do not pile up."""


def thread_count() -> int:
    """Return how many threads work here at once: as many as there are processors, or one.

    Examples
    --------
    >>> with on_one_thread():
    ...     thread_count()
    1
    """
    return _THREADS.get() or os.cpu_count() or 1


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Do what follows on this thread alone: the other processors have tasks of their own."""
    token = _THREADS.set(1)
    try:
        yield
    finally:
        _THREADS.reset(token)


def work_here(
    task: Callable[[Shared, Piece], Result],
    shared: Shared,
    pieces: Sequence[Piece],
    take: Callable[[int, Result], None],
    threads: int,
) -> None:
    """Do pieces of work on threads of this process.

    Parameters
    ----------
    task, shared, pieces, take
        As in `boxreach.workers.work_apart`; what is taken comes in the order of the pieces.
    threads
        How many at once.

    Examples
    --------
    >>> work_here(pow, 2, [3, 4], lambda at, result: print(at, result), threads=2)
    0 8
    1 16
    """
    if threads == 1 or len(pieces) == 1:
        for at, piece in enumerate(pieces):
            take(at, task(shared, piece))
        return
    under_way: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for at in range(len(pieces)):
            for piece in pieces[at + len(under_way) : at + _AHEAD * threads]:
                under_way.append(pool.submit(task, shared, piece))
            take(at, under_way.popleft().result())
    finally:
        pool.shutdown(cancel_futures=True)
