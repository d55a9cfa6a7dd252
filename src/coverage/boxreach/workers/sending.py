"""Pieces of work that are sent to workers, and come back whatever becomes of these.

What all pieces share is sent once to each worker, by the workers themselves once one has it; where
all workers are processes of this machine, they read it in memory of this one. Nobody can compute it
again: where all that hold it are lost, it is sent anew, and with it the pieces that were under way.
No more of these are under way than keep the workers busy, so that no more results wait than that.

This module needs Dask, and is imported where there is a client, or in a worker.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from distributed import KilledWorker

from boxreach.errors import WorkersError
from boxreach.workers.clients import Client, own_versions, require_workers
from boxreach.workers.memory import UnseenError, machine
from boxreach.workers.parcels import Loan, Parcel, wrap
from boxreach.workers.threads import on_one_thread

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")

PATIENCE_S = 30.0
"""So long the last workers may be gone before a run gives up: a worker that restarts takes less."""

_LOOK_S = 0.5
_PER_THREAD = 3
"""So many pieces are under way for each thread: one is done, others wait to be."""
_MOST_LOSSES = 8
_KILLED = 4
"""So many losses it is where Dask itself gave up on a piece, as it does after so many."""
_SHARED = -1
"""Stands for what is shared, where losses of pieces are counted."""


def work_apart(
    client: Client,
    task: Callable[[Shared, Piece], Result],
    shared: Shared,
    pieces: Sequence[Piece],
    take: Callable[[int, Result], None],
) -> None:
    """Have pieces of work done by the workers of a client.

    Parameters
    ----------
    client
        Of `distributed`; its workers have the same versions as this process.
    task
        A function of a module, of what is shared and a piece. It changes neither, and gives the
        same for the same.
    shared
        What all pieces need. It is sent once to each worker.
    pieces
        What each call is about; small.
    take
        Called with the position of each piece and its result, in this thread, as they come.

    Raises
    ------
    InputError
        If a worker has another version of what the answers depend on.
    WorkersError
        If all workers are gone and none comes back, a piece is lost again and again, or the
        scheduler is gone.

    Notes
    -----
    Nothing stays with the scheduler, however it ends: what was under way is cancelled. A worker
    ends the piece that it is at, and nobody hears of it.
    """
    errands = _Errands(client, task, shared)
    try:
        errands.run(pieces, take)
    finally:
        errands.let_go()


class _Errands:
    """Pieces that are under way, and what they share."""

    def __init__(self, client: Client, task: Callable[[Any, Any], Any], shared: Any) -> None:
        self.client, self.task, self.wanted = client, task, shared
        self.name = f"boxreach-{uuid.uuid4().hex}"
        self.come: SimpleQueue[str] = SimpleQueue()
        self.under_way: dict[str, tuple[int, Any, Any]] = {}
        self.near = False
        self.parcel: Parcel | Loan | None = None
        self.shared: Any = None
        self.losses: Counter[int] = Counter()
        self.sent = 0
        self.looked_s = time.monotonic()
        self.threads = 0
        self.alone_s = 0.0

    def run(self, pieces: Sequence[Any], take: Callable[[int, Any], None]) -> None:
        """Send pieces and take what comes, until all is done."""
        self._await_workers()
        require_workers(self.client)
        self.near = self._are_near()
        waiting = deque(range(len(pieces)))
        while waiting or self.under_way:
            while waiting and len(self.under_way) < max(_PER_THREAD * self.threads, 1):
                at = waiting.popleft()
                self._send(at, pieces[at])
            at, future, shared = self.under_way.pop(self._next())
            try:
                result = self._result(future)
            except CancelledError:
                self._lose(at, 1)
                if shared is self.shared:  # gone with all who had it
                    self.shared = None
                waiting.appendleft(at)
            except UnseenError:  # one that joined meanwhile is not near, or one went
                future.release()  # else it lives as long as the error that it keeps
                if shared is self.shared:
                    self.near, self.parcel, self.shared = False, None, None
                waiting.appendleft(at)
            except KilledWorker as error:
                self._lose(at, _KILLED, error)
                waiting.appendleft(at)
            except ImportError as error:
                what = f"a worker cannot import what it is to do ({error})"
                raise WorkersError(f"{what}; install the same boxreach on each") from error
            else:
                take(at, result)

    def _result(self, future: Any) -> Any:
        while True:
            try:
                parcel: Parcel | Loan = future.result(timeout=PATIENCE_S)
                return parcel.contents
            except TimeoutError:  # its worker was lost just then, and it is done again
                self._look(PATIENCE_S)

    def _send(self, at: int, piece: Any) -> None:
        while self.shared is None:
            self._await_workers()
            self.shared = self._share()
        self.sent += 1
        key = f"{self.name}-{self.sent}"
        future = self.client.submit(
            _work, self.task, self.shared, piece, own_versions(), self.near, key=key, pure=False
        )
        self.under_way[key] = at, future, self.shared
        future.add_done_callback(lambda one: self.come.put(one.key))

    def _share(self) -> Any:
        """Send what is shared to each worker; None where these were lost meanwhile."""
        try:
            if self.parcel is None:
                self.parcel = wrap(self.wanted, near=self.near, many=True)
            return self.client.scatter(self.parcel, broadcast=True, hash=False)
        except Exception as error:  # of a worker that went meanwhile, Dask tells in many ways
            self._lose(_SHARED, 1, error)
            return None

    def _next(self) -> str:
        """Return the key of a piece that is done or lost, as soon as there is one."""
        while True:
            self._look()
            with suppress(Empty):
                return self.come.get(timeout=_LOOK_S)

    def _are_near(self) -> bool:
        """Whether all workers can read what this process lends."""
        here = machine()
        if here is None:
            return False
        with suppress(OSError):  # of a scheduler that went, which is told of where it is needed
            return {*self.client.run(machine, on_error="ignore").values()} == {here}
        return False

    def _await_workers(self) -> None:
        self.threads = 0  # whoever was there may be gone
        while self._look() == 0:
            time.sleep(_LOOK_S)

    def _look(self, waited_s: float = _LOOK_S) -> int:
        """Return how many threads the workers have, who may come and go; not too often.

        Only time in which somebody waited for workers tires patience: not that in which results
        were taken, or the machine slept.
        """
        now = time.monotonic()
        since_s = now - self.looked_s
        if self.threads and since_s < _LOOK_S:
            return self.threads
        self._require_scheduler()
        try:
            self.threads = sum(self.client.nthreads().values())
        except OSError:  # a closed connection is such
            self.threads = 0
            self._require_scheduler()
        self.looked_s = now
        self.alone_s = 0.0 if self.threads else self.alone_s + min(since_s, waited_s)
        if self.alone_s > PATIENCE_S:
            what = f"the scheduler has had no workers for {PATIENCE_S:.0f} seconds"
            raise WorkersError(f"{what}; start some, and run it again")
        return self.threads

    def _require_scheduler(self) -> None:
        if self.client.status != "running":
            what = "the connection to the scheduler is lost"
            raise WorkersError(f"{what}; see whether it runs, and run it again")

    def _lose(self, at: int, times: int, error: Exception | None = None) -> None:
        self._require_scheduler()
        self.alone_s = 0.0  # who is lost was there
        self.losses[at] += times
        if self.losses[at] >= _MOST_LOSSES:
            what = "the workers that one piece of the work was given to were lost, again and again"
            if at == _SHARED:
                what = f"what the pieces share could not be sent to the workers ({error})"
            advice = "see whether they have memory enough"
            raise WorkersError(f"{what}; {advice}") from error

    def let_go(self) -> None:
        """Leave nothing with the scheduler."""
        held = [future for _, future, _ in self.under_way.values()]
        held += [] if self.shared is None else [self.shared]
        with suppress(Exception):  # it may be gone
            self.client.cancel(held, force=True)
        self.parcel = None


def _work(
    task: Callable[[Any, Any], Any],
    shared: Parcel | Loan,
    piece: Any,
    versions: object,
    near: bool,
) -> Parcel | Loan:
    """Do a piece of work in a worker, for a process that is near or not."""
    if versions != own_versions():
        what = f"a worker joined that has Python, boxreach and numpy {own_versions()}"
        raise WorkersError(f"{what}, not {versions}; install the same on each")
    with on_one_thread():
        return wrap(task(shared.contents, piece), near=near)
