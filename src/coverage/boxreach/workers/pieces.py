"""Pieces of work, done wherever the caller says: here, or by the workers of a client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from boxreach.workers.clients import Client
from boxreach.workers.threads import work_here

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")


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
