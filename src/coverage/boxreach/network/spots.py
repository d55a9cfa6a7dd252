"""Spots: where links meet their chains, and how long one drives along a chain between two."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.network.chains import Chains
from boxreach.network.graph import RoadNetwork
from boxreach.network.links import NO_LEG, Links

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Spots:
    """Places along chains.

    Attributes
    ----------
    chain
        The chain of each.
    place
        Where along its chain: how many of its edges lie before, and the share of the edge.
    there_ms, back_ms
        From the chain's tail to that place and back, as if both were allowed.
    leg
        The straight piece of road it lies on, or `NO_LEG`.
    leg_there_ms, leg_back_ms
        As `there_ms` and `back_ms`, but not rounded, and from a place that all spots of a leg
        share: only their differences mean something.
    """

    chain: Longs
    place: Floats
    there_ms: Longs
    back_ms: Longs
    leg: Longs
    leg_there_ms: Floats
    leg_back_ms: Floats

    @classmethod
    def of(cls, network: RoadNetwork, links: Links) -> Spots:
        """Return where links meet the chains of a network."""
        chains, edges, edge = network.chains, network.edges, links.edge
        along = chains.along[edge]
        rest_there = np.maximum(edges.forward_ms[edge], 0) - links.from_tail_ms
        rest_back = np.maximum(edges.backward_ms[edge], 0) - links.to_tail_ms
        there = chains.before_ms[edge] + np.where(along, links.from_tail_ms, rest_back)
        back = chains.behind_ms[edge] + np.where(along, links.to_tail_ms, rest_there)
        return cls(
            chain=chains.chain[edge].astype(np.int64),
            place=np.where(along, links.share, 1 - links.share)
            + (edge - chains.first[chains.chain[edge]]),
            there_ms=there.astype(np.int64),
            back_ms=back.astype(np.int64),
            leg=links.leg,
            leg_there_ms=np.where(along, links.leg_there_ms, -links.leg_back_ms),
            leg_back_ms=np.where(along, links.leg_back_ms, -links.leg_there_ms),
        )

    @classmethod
    def join(cls, parts: list[Spots]) -> Spots:
        """Return the spots of all parts, one after the other."""
        return cls(
            **{one.name: np.concatenate([getattr(part, one.name) for part in parts])
               for one in fields(cls)}
        )  # fmt: skip

    def take(self, kept: npt.NDArray[Any]) -> Spots:
        """Return the spots that are kept."""
        return Spots(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})


def drive_between(
    chains: Chains, mine: Spots, one: Longs, theirs: Spots, other: Longs, *, backwards: bool
) -> Floats:
    """Return the milliseconds along one chain between spots; infinite where one may not drive so.

    Between two spots of one leg it is their share of its milliseconds, rounded down. The
    difference of two rounded numbers, which is right from leg to leg, could there grow by one when
    the leg becomes faster; and what is not more than it stays no slower than any closure makes it.

    Parameters
    ----------
    chains
        The chains.
    mine, one, theirs, other
        Spots and positions among them: pairs of spots on the same chain.
    backwards
        Whether one drives from theirs to mine.
    """
    chain, place, far = mine.chain[one], mine.place[one], theirs.place[other]
    forward, backward, there, back = chains.forward_ms, chains.backward_ms, "there_ms", "back_ms"
    if backwards:  # what lies ahead is come back from
        forward, backward, there, back = backward, forward, back, there
    ahead = _differ(there, theirs, other, mine, one)
    behind = _differ(back, mine, one, theirs, other)
    ms = np.minimum(
        np.where((place <= far) & (forward[chain] >= 0), ahead, np.inf),
        np.where((place >= far) & (backward[chain] >= 0), behind, np.inf),
    )
    return np.where(place == far, 0.0, ms)


def _differ(name: str, far: Spots, at: Longs, near: Spots, by: Longs) -> Longs:
    """Return by how many milliseconds the first spots of each pair are farther than the others."""
    ms: Longs = getattr(far, name)[at] - getattr(near, name)[by]
    same = np.flatnonzero((far.leg[at] == near.leg[by]) & (far.leg[at] != NO_LEG))
    part = getattr(far, f"leg_{name}")[at[same]] - getattr(near, f"leg_{name}")[by[same]]
    ms[same] = np.floor(np.maximum(part, 0.0)).astype(np.int64)
    return ms
