"""Pieces of work: on threads of this process, or by workers of Dask, here or on other machines."""

from boxreach.workers.clients import Client, client_faults
from boxreach.workers.pieces import collect, work
from boxreach.workers.threads import thread_count

__all__ = ["Client", "client_faults", "collect", "thread_count", "work"]
