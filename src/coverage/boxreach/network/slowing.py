"""The network with roads slower than usual or gone: the reference for every state of the roads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from boxreach.arguments import number_faults, shown
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.network.closing import OpenStretches
from boxreach.network.graph import Parameters, RoadNetwork, Stretches, assemble
from boxreach.network.stretches import cut

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def slow_roads(network: RoadNetwork, slowed: Floats, *, off_road: float = 1.0) -> RoadNetwork:
    """Return the network with roads that take longer than usual, or less long.

    Parameters
    ----------
    network
        The network, with closures or without. What a closure slows is slowed further.
    slowed
        How many times as long each edge takes; 1 as usual. Milliseconds are rounded up leg by leg,
        as for closures that slow; what is waited at junctions stays.
    off_road
        The share of the usual speed over open ground, of whatever kind.

    Returns
    -------
    RoadNetwork
        Its ``lifted`` is the network without closures at the usual speeds. Where nothing is
        slowed it is the network itself, but for open ground.

    Raises
    ------
    InputError
        If there is not one number above 0 for each edge, or `off_road` is none from 0.01 to 10.

    Examples
    --------
    >>> from boxreach.network import network_from_arrays
    >>> lon = np.array([44.0, 44.1])
    >>> network, _ = network_from_arrays(lon, np.full(2, 33.0), np.array([0]), np.array([1]),
    ...     np.array([700]), np.array([-1]))
    >>> slow_roads(network, np.array([1 / 0.7])).forward_ms.tolist()
    [1000]
    """
    return restrict(network, slowed=slowed, off_road=off_road)


def restrict(
    network: RoadNetwork,
    *,
    gone: Flags | None = None,
    slowed: Floats | None = None,
    off_road: float = 1.0,
) -> RoadNetwork:
    """Return the network in a state of its roads, everything put together anew.

    Parameters
    ----------
    network
        The network, with closures or without.
    gone
        Which of its edges are gone; none if not given.
    slowed, off_road
        As in `slow_roads`.

    Raises
    ------
    InputError
        As `slow_roads`; if `gone` has not one entry for each edge, or leaves no road.
    """
    gone = np.zeros(len(network.edges), dtype=bool) if gone is None else np.asarray(gone)
    slowed = np.ones(len(network.edges)) if slowed is None else np.asarray(slowed, dtype=float)
    require_state(len(network.edges), gone, slowed, off_road)
    if gone.any() or (slowed != 1).any():
        whole, found = stretches_of(network)
        kept = ~gone[found.piece]
        network = lay_stretches(network, whole, _slow(found, kept, slowed))
    return pace_ground(network, off_road)


def pace_ground(network: RoadNetwork, off_road: float) -> RoadNetwork:
    """Return the network with another share of the usual speed over open ground."""
    if off_road == 1:
        return network
    parameters: Parameters = {
        **network.parameters,
        "off_road_kmh": network.off_road_kmh * off_road,
        "off_road_class_kmh": {
            name: kmh * off_road for name, kmh in network.parameters["off_road_class_kmh"].items()
        },
    }
    ground = replace(network.ground, kmh=network.ground.kmh * off_road)
    return network.changed(parameters=parameters, ground=ground)


def require_state(edges: int, gone: Flags, slowed: Floats, off_road: float) -> None:
    """Raise `InputError` where a state does not fit a network of so many edges."""
    faults = number_faults(
        "off_road", off_road, lambda one: 0.01 <= one <= 10, "give a share from 0.01 to 10"
    )
    for name, given, kind in (("gone", gone, "whether it is gone"), ("slowed", slowed, "a number")):
        if given.shape != (edges,):
            what = f"{name} has the shape {shown(given.shape)}, and there are {edges} edges"
            faults.append(Fault(what, advice=f"give {kind} for each edge"))
    if not (np.isfinite(slowed) & (slowed > 0)).all():
        faults.append(Fault("slowed is not above 0 everywhere", advice="give 1 for what is usual"))
    if gone.dtype != bool:
        faults.append(Fault("gone holds what is neither true nor false", advice="give flags"))
    if faults:
        raise InputError(*faults)
    if gone.all() and edges:
        raise InputError(Fault("no road is left", advice="leave one"))


def stretches_of(network: RoadNetwork) -> tuple[RoadNetwork, Stretches]:
    """Return the lifted network, and the stretches of its edges that the network is."""
    if network.lifted is not None and network.stretches is not None:
        return network.lifted, network.stretches
    every, whole = np.arange(len(network.edges)), np.ones(len(network.edges))
    return network, Stretches(every, np.zeros(len(whole)), whole, whole, every)


def _slow(found: Stretches, kept: Flags, slowed: Floats) -> OpenStretches:
    return OpenStretches(
        edge=found.edge[kept],
        start=found.start[kept],
        end=found.end[kept],
        slowed=(found.slowed * slowed[found.piece])[kept],
    )


def lay_stretches(
    network: RoadNetwork, whole: RoadNetwork, found: OpenStretches, apart: Longs | None = None
) -> RoadNetwork:
    """Return the network that stretches of the lifted one are, all else as in another.

    Parameters
    ----------
    network
        The other.
    whole
        The lifted one.
    found
        What is open of its edges.
    apart
        A number for each stretch: those of different numbers are chains of their own.
    """
    edges, order = cut(whole.edges, found)
    attributes = whole.attributes.iloc[found.edge[order]]
    label = None if apart is None else apart[order]
    left, _, kept = assemble(edges, attributes, network.parameters, apart=label)
    piece = np.empty(len(kept), dtype=np.int64)
    piece[order[kept]] = np.arange(len(kept))
    return replace(
        network,
        edges=left.edges,
        chains=left.chains,
        attributes=left.attributes,
        lifted=whole,
        stretches=Stretches(found.edge, found.start, found.end, found.slowed, piece),
    )
