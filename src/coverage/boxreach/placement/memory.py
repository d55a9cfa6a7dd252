"""How much memory a placement takes, and what of it goes to the disk."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from boxreach.disks import telling_full_disk
from boxreach.errors import Fault, InputError
from boxreach.location.models import Model
from boxreach.network import RoadNetwork
from boxreach.placement.aims import aim_of
from boxreach.routing import StoredTimes, TravelTimes
from boxreach.routing.stored_rows import BYTES_A_PAIR
from boxreach.scratch import PAIRS_IN_MEMORY, Scratch

BYTES_PER_GB = 1e9
_BYTES_A_PAIR = 60
"""At most, where all pairs are in memory: found, put in order, and looked at by the models."""
_BYTES_A_LISTED_PAIR = 24
"""Of a list of pairs in memory, with what the search makes of it."""
_BYTES_A_ROW, _BYTES_A_NODE = 2_200, 250
"""Of a row of demand with its ways from roads and sites, and of a node of the roads."""
_BYTES_ALWAYS = 700e6
"""The libraries, and the lists that are as long whatever there is to choose from."""
_MOST_LISTED = 48_000_000
"""Longer lists make no better plans."""
_BYTES_A_COVERED_PAIR = 9
"""On the disk, of one within the minutes that are asked for, at most."""
_ALLOW = "allow more (memory_gb; --memory on the command line)"


class NotEnoughMemory(InputError):  # noqa: N818 - it is told as the InputError that it is
    """A placement takes more memory than it may.

    Attributes
    ----------
    memory_mb
        What it takes.
    """

    def __init__(self, fault: Fault, needed_gb: float = math.nan) -> None:
        self.memory_mb = needed_gb * 1000
        super().__init__(fault)


def _bytes_in_memory(pairs: int, rows: int, nodes: int) -> float:
    """Return how many bytes a placement takes that has all pairs in memory, at most.

    Parameters
    ----------
    pairs, rows, nodes
        Pairs of a candidate and demand within the minutes, rows of demand, nodes of the roads.
    """
    return _BYTES_ALWAYS + _BYTES_A_PAIR * pairs + _BYTES_A_ROW * rows + _BYTES_A_NODE * nodes


def bytes_with_disk(rows: int, nodes: int, listed: int = PAIRS_IN_MEMORY) -> float:
    """Return how many bytes one takes at least that keeps pairs on the disk, but for a list."""
    given = _BYTES_A_ROW * rows + _BYTES_A_NODE * nodes
    return _BYTES_ALWAYS + given + _BYTES_A_LISTED_PAIR * listed


def bytes_of_files(pairs: int) -> int:
    """Return how many bytes of the disk so many pairs take that are all within the minutes."""
    return (BYTES_A_PAIR + _BYTES_A_COVERED_PAIR) * pairs


def spare_pairs(memory_gb: float, rows: int, nodes: int) -> int:
    """Return how many pairs a list in memory may have, by a limit and by what is given."""
    spare = memory_gb * BYTES_PER_GB - bytes_with_disk(rows, nodes, 0)
    return min(_MOST_LISTED, int(spare / _BYTES_A_LISTED_PAIR))


def useful_limits_gb(rows: int, nodes: int) -> tuple[float, float]:
    """Return the lowest limit that makes plans no worse, and the lowest of all, in tenths of GB.

    Parameters
    ----------
    rows, nodes
        As in `bytes_with_disk`.
    """
    enough, least = (
        math.ceil(bytes_with_disk(rows, nodes, listed) / BYTES_PER_GB * 10) / 10
        for listed in (_MOST_LISTED, PAIRS_IN_MEMORY)
    )
    return enough, least


def place_for_pairs(options: StoredTimes, model: Model, memory_gb: float | None) -> Scratch:
    """Return where the pairs of stored times go that are too many for memory.

    How many are kept in memory depends on the limit and on what is given, not on the machine, so
    that the plan does not either.

    Parameters
    ----------
    options
        The times.
    model
        What is asked.
    memory_gb
        The limit; None for none.

    Raises
    ------
    InputError
        If the limit is too low, or the model needs all times in memory.
    """
    folder, rows = Path(options.folder), len(options.demand)
    nodes = options.network.node_count
    if not _covers_plainly(model):
        kind = type(model).__name__ + " with a capacity" * (
            getattr(model, "capacity", None) is not None
        )
        needed = _bytes_in_memory(options.pairs, rows, nodes) / BYTES_PER_GB
        what = f"{kind} needs all {options.pairs:,} times in memory, some {needed:,.1f} GB"
        advice = "give the times as travel_times returns them, or cover with a number of sites"
        raise InputError(Fault(what, column="model", advice=advice))
    if memory_gb is None:
        return Scratch(folder, _MOST_LISTED)
    require_memory(memory_gb, rows, nodes)
    return Scratch(folder, spare_pairs(memory_gb, rows, nodes))


@contextmanager
def tell_full_disk(scratch: Scratch | None) -> Iterator[None]:
    """Tell in words that the disk has no room for lists of pairs."""
    if scratch is None:
        yield
        return
    with telling_full_disk(scratch.folder, "what is kept of travel times"):
        yield


def require_room(options: TravelTimes, memory_gb: float | None) -> None:
    """Raise `NotEnoughMemory` if a placement on times in memory takes more than it may.

    Parameters
    ----------
    options
        The times; of a network in tiles no nodes are held.
    memory_gb
        The limit; None for none.
    """
    if memory_gb is None:
        return
    pairs, network = int(options.ms.nnz), options.network
    nodes = network.node_count if isinstance(network, RoadNetwork) else 0
    needed = _bytes_in_memory(pairs, len(options.demand), nodes) / BYTES_PER_GB
    if needed > memory_gb:
        what = f"placing on {pairs:,} times that lie in memory takes {_gb(needed)} GB"
        what = f"{what}, and {memory_gb:g} GB are allowed"
        advice = "allow more (memory_gb), or keep the times on the disk (store_travel_times)"
        raise NotEnoughMemory(Fault(what, advice=advice), needed)


def require_memory(memory_gb: float, rows: int, nodes: int, listed: int = PAIRS_IN_MEMORY) -> None:
    """Raise `NotEnoughMemory` if it is too little for a placement with pairs on the disk.

    Parameters
    ----------
    memory_gb
        The limit.
    rows, nodes, listed
        As in `bytes_with_disk`; without a list, it is too little wherever pairs are.
    """
    needed = bytes_with_disk(rows, nodes, listed) / BYTES_PER_GB
    if memory_gb < needed:
        what = f"placing with {rows:,} rows of demand on {nodes:,} nodes of road takes"
        what = f"{what} {_gb(needed)} GB of memory, and {memory_gb:g} GB are allowed"
        raise NotEnoughMemory(Fault(what, advice=f"{_ALLOW}, or merge demand"), needed)


def fits_memory(
    model: Model, rows: int, nodes: int, memory_gb: float, *, whole: bool
) -> Callable[[int], bool]:
    """Return what tells whether so many pairs fit into memory.

    It raises `NotEnoughMemory`, with the figure that it takes, where neither they do nor a
    placement that keeps them on the disk.

    Parameters
    ----------
    model
        What is asked.
    rows, nodes
        Rows of demand, and nodes of the roads.
    memory_gb
        The limit.
    whole
        Whether all pairs are needed in memory whatever the model, as by cases.
    """
    plain = _covers_plainly(model) and not whole
    least = bytes_with_disk(rows, nodes) / BYTES_PER_GB

    def fits(pairs: int) -> bool:
        needed = _bytes_in_memory(pairs, rows, nodes) / BYTES_PER_GB
        if needed <= memory_gb:
            return True
        if plain and least < needed:
            require_memory(memory_gb, rows, nodes)
            return False
        what = f"with some {pairs:,} times this takes {_gb(needed)} GB of memory"
        what = f"{what}, and {memory_gb:g} GB are allowed"
        others = ["give fewer candidates"] + ["ask for plain cover without cases"] * (not plain)
        raise NotEnoughMemory(Fault(what, advice=", or ".join([_ALLOW, *others])), needed)

    return fits


def _gb(needed: float) -> str:
    """Return an amount that suffices: rounded up, so that who allows as much is not refused."""
    return f"{math.ceil(needed * 100) / 100:,.2f}"


def _covers_plainly(model: Model) -> bool:
    """Tell whether a model only asks who is covered, so that its pairs may be on the disk."""
    return aim_of(model).covers
