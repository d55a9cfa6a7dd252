"""What the machine has: processors, memory, and how quick it is beside that of the constants."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.costs.constants import Constants
from boxreach.costs.work import clock
from boxreach.network import RoadNetwork, network_from_arrays
from boxreach.routing import node_times, travel_times
from boxreach.workers import thread_count

_SLOWEST, _QUICKEST = 20.0, 0.05
"""A pace beyond these is that of a clock that stood, and not of a machine."""

_SIDE, _DEGREES_BETWEEN = 160, 0.002
_SOURCES, _LIMIT_MS = 120, 2_400_000
_SITES, _PLACES = 70, 1_100
"""Enough that what is only done for many is done too."""

_RECORDS = 20_000
_REPEATS = 5
_LIMITS = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Pace:
    """Seconds that this machine takes for one second of the machine of the constants.

    Attributes
    ----------
    kernels
        In compiled searches.
    words
        In Python that makes text of numbers.
    """

    kernels: float = 1.0
    words: float = 1.0


@dataclass(frozen=True)
class Machine:
    """A machine.

    Attributes
    ----------
    threads
        How many of a process work at once.
    memory_mb
        What it has; None where the system does not tell.
    pace
        How quick it is.
    """

    threads: int
    memory_mb: float | None
    pace: Pace = Pace()


def this_machine(constants: Constants) -> Machine:
    """Return what this machine has, and measure in a second or two how quick it is.

    Kernels are compiled or loaded meanwhile, so that what is measured next is work alone.
    """
    network = _square()
    _warm(network)
    return Machine(
        thread_count(),
        find_memory_mb(),
        Pace(
            _within(time_kernels(network) / constants.kernels_s),
            _within(time_words() / constants.words_s),
        ),
    )


def _within(pace: float) -> float:
    return min(max(pace, _QUICKEST), _SLOWEST)


def time_kernels(network: RoadNetwork | None = None) -> float:
    """Return the seconds of the processor that some searches on a small network take.

    Examples
    --------
    >>> 0 < time_kernels() < 60
    True
    """
    network = network or _square()
    sources = np.linspace(0, network.node_count - 1, _SOURCES).astype(np.int64)

    def search() -> None:
        node_times(network, sources, None, limit_ms=_LIMIT_MS, threads=1)

    return _least_s(search)


def time_words() -> float:
    """Return the seconds of the processor that it takes to write some numbers as text.

    Examples
    --------
    >>> 0 < time_words() < 60
    True
    """
    rows = [{"id": f"c{row}", "lon": row / 7, "lat": row / 11} for row in range(_RECORDS)]
    table = pd.DataFrame(rows)

    def write() -> None:
        json.dumps(rows)
        table.to_csv(index=False)

    return _least_s(write)


def _least_s(task: Callable[[], None]) -> float:
    """Return the least seconds of the processor of some runs, the first of which is left out."""
    task()
    taken = []
    for _ in range(_REPEATS):
        with clock() as one:
            task()
        taken.append(one.work.cpu_s)
    return min(taken)


def _square() -> RoadNetwork:
    """Return a network of streets about squares of unlike length."""
    node = np.arange(_SIDE * _SIDE).reshape(_SIDE, _SIDE)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    ms = 10_000 + np.arange(len(tail)) * 7919 % 20_000
    lon = 44 + (node % _SIDE).astype(float) * _DEGREES_BETWEEN
    lat = 33 + (node // _SIDE).astype(float) * _DEGREES_BETWEEN
    return network_from_arrays(lon.ravel(), lat.ravel(), tail, head, ms, ms)[0]


def _warm(network: RoadNetwork) -> None:
    """Search once as a run does: kernels are compiled, or loaded, on their first use."""
    width = _SIDE * _DEGREES_BETWEEN
    tables = []
    for count, name in ((_SITES, "site_id"), (_PLACES, "cell_id")):
        step = np.arange(count) / count
        points = gpd.points_from_xy(44 + width * step, 33 + width * (step * 7 % 1))
        ids = pd.Index([f"p{row}" for row in range(count)], name=name)
        tables.append(gpd.GeoDataFrame(index=ids, geometry=points, crs=4326))
    travel_times(network, *tables, cutoff=15)


def find_memory_mb() -> float | None:
    """Return the memory that this process may have, None where the system does not tell.

    Examples
    --------
    >>> memory_mb = find_memory_mb()
    >>> memory_mb is None or memory_mb > 100
    True
    """
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    for path in _LIMITS:  # of a container, which has less than its machine
        if path.is_file() and (said := path.read_text().strip()).isdigit():
            whole = min(whole, int(said))
    return whole / 1e6


def held_mb() -> tuple[float, float]:
    """Return what this process holds of memory, and the most that it has held; 0 if not told.

    Examples
    --------
    >>> now_mb, most_mb = held_mb()
    >>> most_mb >= now_mb >= 0
    True
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0, _most_held_mb()
    told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    now, most = (int(told[key].split()[0]) * 1024 / 1e6 for key in ("VmRSS", "VmHWM"))
    return now, max(now, most)


def forget_most() -> None:
    """Have `held_mb` tell the most that is held from now on, where the system can forget.

    Examples
    --------
    >>> forget_most()
    >>> most_mb = held_mb()[1]
    """
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_bytes(b"5")


def _most_held_mb() -> float:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return 0.0
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
