"""Which chains lead from junction to junction."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled, lend
from boxreach.network import RoadNetwork
from boxreach.network.chains import sort_ends

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ENDS: WeakKeyDictionary[RoadNetwork, tuple[Ints, Ints]] = WeakKeyDictionary()
"""The chains that end at each junction of networks that were asked for them."""


def chains_along(network: RoadNetwork, path: Longs) -> tuple[Longs, Flags]:
    """Return the quickest chain from each junction of a path to the next.

    Of chains that are equally quick the first is taken.

    Parameters
    ----------
    network
        The network.
    path
        Junctions, neighbours one behind the other, as it is driven.

    Returns
    -------
    tuple
        The chains, and whether the path follows each of them from its head to its tail.

    Examples
    --------
    >>> from boxreach.network import network_from_arrays
    >>> network, _ = network_from_arrays(
    ...     np.array([44.0, 44.1, 44.2]), np.full(3, 33.0), np.array([0, 0, 2]),
    ...     np.array([1, 1, 1]), np.array([700, 600, 800]), np.array([700, 600, -1]),
    ...     contract=False)
    >>> chain, turned = chains_along(network, np.array([0, 1]))
    >>> network.chains.forward_ms[chain].tolist(), turned.tolist()
    ([600], [False])
    """
    chains = network.chains
    if network not in _ENDS:
        _ENDS[network] = sort_ends(lend(chains.tail), lend(chains.head), len(chains.node))
    return _choose(
        *_ENDS[network], lend(chains.tail), lend(chains.head), lend(chains.forward_ms),
        lend(chains.backward_ms), np.ascontiguousarray(path, np.int64),
    )  # fmt: skip


@compiled
def _choose(
    first: Ints, ends: Ints, tail: Ints, head: Ints, there: Ints, back: Ints, path: Longs
) -> tuple[Longs, Flags]:
    chosen, turned = np.empty(len(path) - 1, np.int64), np.empty(len(path) - 1, np.bool_)
    for hop in range(len(path) - 1):
        best = -1
        for at in range(first[path[hop]], first[path[hop] + 1]):
            chain, at_head = ends[at] >> 1, ends[at] & 1 == 1
            ms = back[chain] if at_head else there[chain]
            beyond = tail[chain] if at_head else head[chain]
            if beyond == path[hop + 1] and ms >= 0 and (best < 0 or ms < best):
                best, chosen[hop], turned[hop] = ms, chain, at_head
        if best < 0:
            raise ValueError("no chain leads from a junction of the path to the next")
    return chosen, turned
