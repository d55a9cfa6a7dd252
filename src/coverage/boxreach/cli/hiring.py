"""Workers that a command has its work done by: those of a scheduler, or processes of its own."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from boxreach.errors import Fault, InputError
from boxreach.unfinished import unfinished_folder
from boxreach.workers import Client
from boxreach.workers.clients import EXTRA, require_workers

_ANSWER_S = 5.0
"""So long a scheduler has to answer."""

_UNWATCHED = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}
"""Dask looks at itself a hundred times a second, for pages that nobody sees here."""

_KEPT = {"distributed.deploy.lost-worker-timeout": "365 days"}
"""Dask gives up for good whoever is away so long after a loss, which is mostly somebody who is
starting again at that moment; how long nobody may be there is for those who wait to say."""


@contextmanager
def join_scheduler(address: str | None) -> Iterator[Client | None]:
    """Give a client of a scheduler that runs somewhere; None where no address is given.

    Raises
    ------
    InputError
        If none answers there within seconds, or its workers have other versions.
    """
    if address is None:
        yield None
        return
    _require_dask("--scheduler")
    from distributed import Client as Joined  # noqa: PLC0415 - an extra

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of versions, which are looked at next, and told in words
        try:
            with ThreadPoolExecutor(1) as pool:  # here a loop may run already, as in a notebook
                pool.submit(lambda: asyncio.run(_knock(address))).result()
            client = Joined(address, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            what = f"no scheduler answers at {address}"
            advice = "give the address that `dask scheduler` told, and see whether it runs"
            raise InputError(Fault(what, "--scheduler", advice=advice)) from error
    with client:
        require_workers(client)
        yield client


async def _knock(address: str) -> None:
    """Raise `OSError` if nobody at an address greets as Dask does: a client waits for minutes."""
    from distributed import Security  # noqa: PLC0415 - an extra
    from distributed.comm import connect  # noqa: PLC0415

    greeted = connect(address, timeout=_ANSWER_S, **Security().get_connection_args("client"))
    (await asyncio.wait_for(greeted, _ANSWER_S)).abort()


@contextmanager
def start_workers(count: int | None) -> Iterator[Client | None]:
    """Give a client of so many processes on this machine, which end with it; None for none.

    Nobody else on this machine can give them work: they speak to this process alone, encrypted and
    by certificates that last as long as they do.
    """
    if count is None:
        yield None
        return
    _require_dask("--workers")
    import dask  # noqa: PLC0415 - an extra
    from distributed import Client as Joined  # noqa: PLC0415
    from distributed import LocalCluster  # noqa: PLC0415

    # Who is killed has this folder cleared away by the process that waits for the command.
    with (
        unfinished_folder(Path(tempfile.gettempdir()) / "boxreach-workers") as scratch,
        dask.config.set(
            {f"distributed.{one}.http.routes": [] for one in ("scheduler", "worker")}
            | {"temporary-directory": str(scratch)}
            | _UNWATCHED
            | _KEPT
        ),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            memory_limit=None,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # or all of the network sees it
            security=True,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Joined(cluster, set_as_default=False, direct_to_workers=True) as client,
    ):
        yield client


def _require_dask(option: str) -> None:
    """Raise `InputError` if an option needs what is not installed; else let Dask be silent."""
    if any(find_spec(one) is None for one in ("distributed", "cryptography")):
        raise InputError(Fault("Dask is not installed", option, advice=EXTRA))
    # What becomes of workers is told in words of our own where it matters.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
