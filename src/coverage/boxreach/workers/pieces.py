"""Pieces of work, done wherever the caller says: here, or by the workers of a client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from boxreach.workers.clients import Client
from boxreach.workers.threads import work_here

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

_PER_THREAD = 16
"""So many pieces come to each thread of the workers: a lost one is little to do again."""


def work(
    client: Client | None,
    task: Callable[[Shared, Piece], Result],
    shared: Shared,
    pieces: Sequence[Piece],
    take: Callable[[int, Result], None],
    *,
    threads: int = 1,
) -> None:
    """Have pieces of work done, and take the results as they come.

    Parameters
    ----------
    client, task, shared, pieces, take
        As in `boxreach.workers.sending.work_apart`. Without a client, threads of this process do
        it; and a single piece is done here in any case, for nobody is quicker.
    threads
        How many of these.
    """
    if client is None or len(pieces) <= 1:
        work_here(task, shared, pieces, take, threads)
    else:
        from boxreach.workers.sending import work_apart  # noqa: PLC0415 - it needs an extra

        work_apart(client, task, shared, pieces, take)


def collect(
    client: Client | None,
    task: Callable[[Shared, int], Result],
    shared: Shared,
    count: int,
    tell: Callable[[int], None] | None = None,
) -> list[Result]:
    """Return what a task gives for each number from 0, in their order.

    Parameters
    ----------
    client, task, shared
        As in `work`; here one is done after the other.
    count
        How many numbers. Workers are sent several at once, for each is small.
    tell
        Called with how many are done.

    Examples
    --------
    >>> collect(None, pow, 2, 3)
    [1, 2, 4]
    """
    at_once = 1
    if client is not None:
        at_once = max(count // (_PER_THREAD * max(sum(client.nthreads().values()), 1)), 1)
    blocks = [range(low, min(low + at_once, count)) for low in range(0, count, at_once)]
    results: dict[int, list[Result]] = {}
    done = 0

    def take(at: int, some: list[Result]) -> None:
        nonlocal done
        results[at] = some
        done += len(some)
        if tell is not None:
            tell(done)

    work(client, _do_each, (task, shared), blocks, take)
    return [one for _, some in sorted(results.items()) for one in some]


def _do_each(
    work_of: tuple[Callable[[Shared, int], Result], Shared], numbers: range
) -> list[Result]:
    task, shared = work_of
    return [task(shared, number) for number in numbers]
