"""When sites arrive at the junctions: searched first where many places are to be linked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.network import NOT_REACHED, UNKNOWN, Access, Arrivals, RoadNetwork
from boxreach.network.legs import LONGEST_MS
from boxreach.routing.kernels import FAR
from boxreach.routing.search import Question, Ways, find_nearest, find_within

Longs = npt.NDArray[np.int64]

FEWEST_PLACES = 1_000
"""For fewer, the search takes longer than it spares."""

_MOST_NUMBERS = 32_000_000
"""So many arrivals are held at once."""


def find_arrivals(
    network: RoadNetwork,
    sites: Access,
    places: int,
    mobilise_ms: int,
    limit_ms: int | None,
    *,
    backwards: bool,
) -> Arrivals:
    """Return when the sites arrive at each junction, or `UNKNOWN` where it is not worth it.

    Parameters
    ----------
    network
        The network.
    sites
        The ways between the sites and the network.
    places
        How many places are to be linked then.
    mobilise_ms
        Milliseconds until they move.
    limit_ms
        The longest time that is of use from each site; None if the nearest site alone is.
    backwards
        Whether one drives to the sites.
    """
    junctions, count = len(network.chains.node), len(sites.first) - 1
    columns = 1 if limit_ms is None else count + 1
    longest_ms = max(
        int(one.max(initial=0)) for one in (network.chains.forward_ms, network.chains.backward_ms)
    )
    if places < FEWEST_PLACES or junctions * columns > _MOST_NUMBERS or longest_ms > LONGEST_MS:
        return UNKNOWN
    entries = Ways(sites.first, sites.ways + np.array([0, mobilise_ms], np.int32))
    places = np.column_stack([np.arange(junctions), np.zeros(junctions)]).astype(np.int32)
    exits = Ways(np.arange(junctions + 1), places)
    question = Question.on(network, entries, exits, backwards=backwards)
    ms = np.full((junctions, columns), NOT_REACHED, dtype=np.int32)
    labels, bits = find_nearest(question)
    nearest = np.where(labels < FAR, labels >> bits, NOT_REACHED)
    if (nearest[labels < FAR] >= NOT_REACHED).any():
        return UNKNOWN
    ms[:, -1] = nearest
    if limit_ms is not None:
        none = Ways.sort(*np.empty((3, 0), dtype=np.int64), count)
        found = find_within(question, none, limit_ms).tocoo()
        ms[found.col, found.row] = found.data
    latest = np.full(columns, NOT_REACHED - 1, dtype=np.int32)
    latest[:-1] = 0 if limit_ms is None else limit_ms
    beside = _find_beside(network, sites, mobilise_ms, columns)
    return Arrivals(ms, latest, beside.first, beside.ways)


def _find_beside(network: RoadNetwork, sites: Access, mobilise_ms: int, columns: int) -> Ways:
    """Return column and least milliseconds of the sites that stand at each chain."""
    chain, ms = sites.spots.chain, sites.off_road_ms + mobilise_ms
    nearest = np.full(len(chain), columns - 1)
    if columns > 1:
        chain, ms = np.tile(chain, 2), np.tile(ms, 2)
        nearest = np.concatenate([sites.point, nearest])
    ms = np.minimum(ms, NOT_REACHED)
    return Ways.sort(chain, nearest, ms, len(network.chains.tail))
