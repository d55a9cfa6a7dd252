"""A limit of memory as a command takes it, and candidates whose times keep to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from boxreach.arguments import shown
from boxreach.cli.plan import Plan, Propose
from boxreach.cli.proposing import model_of
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.placement.memory import fits_memory, require_memory
from boxreach.routing import Progress, Terms, Times, hold_times
from boxreach.workers import Client

_GB_BY_UNIT = {"MB": 1e-3, "GB": 1.0, "TB": 1e3, "MiB": 2**20 / 1e9, "GiB": 2**30 / 1e9}
_UNITS = [*_GB_BY_UNIT]
_GB = {unit.upper(): gb for unit, gb in _GB_BY_UNIT.items()}
_SIZE = re.compile(rf"([0-9]+(?:\.[0-9]+)?)\s*({'|'.join(_UNITS)})", re.IGNORECASE)


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
        NotEnoughMemory
            If the placement takes more than this, with the figure.
        """
        require_memory(self.gb, len(demand), network.node_count, 0)  # before anything is linked
        fits = fits_within(self.gb, plan.propose, len(demand), network.node_count)
        asked = plan.reach
        terms = Terms(cutoff, asked.mobilise_minutes, asked.direction, merge_minutes)
        return hold_times(
            network, sites, demand, terms, fits=fits, folder=self.folder,
            progress=progress, client=client,
        )  # fmt: skip


def fits_within(memory_gb: float, rules: Propose, rows: int, nodes: int) -> Callable[[int], bool]:
    """Return what tells whether so many times of a plan stay in memory, or go to the disk.

    It raises `NotEnoughMemory` where the plan may do neither.

    Parameters
    ----------
    memory_gb
        The limit.
    rules
        How boxes are proposed.
    rows, nodes
        Rows on which people are counted, and nodes of the roads.
    """
    return fits_memory(model_of(rules), rows, nodes, memory_gb, whole=bool(rules.cases))


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
    size_gb = float(found[1]) * _GB[found[2].upper()] if found else 0.0
    if not 0 < size_gb < 1e9:  # a thousand million GB are none
        units = f"{', '.join(_UNITS[:-1])} or {_UNITS[-1]}"
        advice = f"write a number above 0 and {units}, as 4GB"
        raise InputError(Fault(f"{shown(text)} is no size", advice=advice))
    return size_gb
