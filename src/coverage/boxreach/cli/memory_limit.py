"""A limit of memory as a command takes it, and candidates whose times keep to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from boxreach.cli.plan import Plan
from boxreach.cli.proposing import model_of
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.placement.memory import fits_memory, require_memory
from boxreach.routing import Progress, Times, hold_times
from boxreach.workers import Client

_GB = {"MB": 1e-3, "GB": 1.0, "TB": 1e3, "MIB": 2**20 / 1e9, "GIB": 2**30 / 1e9}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(MB|GB|TB|MiB|GiB)", re.IGNORECASE)


@dataclass(frozen=True)
class MemoryLimit:
    """How much memory a command may take, and on whose disk it may keep what is more."""

    gb: float
    folder: Path

    def offer(
        self,
        plan: Plan,
        network: RoadNetwork,
        sites: gpd.GeoDataFrame,
        demand: gpd.GeoDataFrame,
        cutoff: float,
        *,
        merge_minutes: float,
        progress: Progress | None,
        client: Client | None,
    ) -> Times:
        """Return the times from candidates: in memory if they fit there, else on the disk.

        Raises
        ------
        InputError
            If the placement takes more memory than this, with the figure.
        """
        require_memory(self.gb, len(demand), network.node_count, 0)  # before anything is linked
        fits = fits_memory(
            model_of(plan.propose), len(demand), network.node_count, self.gb,
            whole=bool(plan.propose.cases),
        )  # fmt: skip
        return hold_times(
            network,
            sites,
            demand,
            fits=fits,
            folder=self.folder,
            cutoff=cutoff,
            mobilise_minutes=plan.reach.mobilise_minutes,
            direction=plan.reach.direction,
            merge_minutes=merge_minutes,
            progress=progress,
            client=client,
        )


def read_size_gb(text: str) -> float:
    """Return a size as people write it, in GB.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> read_size_gb("4GB"), read_size_gb("512 MB")
    (4.0, 0.512)
    """
    found = _SIZE.fullmatch(text.strip())
    size = float(found[1]) * _GB[found[2].upper()] if found else 0.0
    if not size > 0:
        raise InputError(Fault(f"{text!r} is no size", "--memory", advice="write it like 4GB"))
    return size
