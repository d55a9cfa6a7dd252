"""Demand linked to the roads, so many rows at a time that what is known of them fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.network import Access, Arrivals, RoadNetwork, find_access
from boxreach.network.order import hilbert_order
from boxreach.routing.beside import quickest_beside, straight_ways
from boxreach.routing.kernels import FAR
from boxreach.routing.linked import Linked
from boxreach.routing.search import Ways, label_bits
from boxreach.scratch import give_back

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Places = tuple[Floats, Floats]

ROWS_AT_ONCE = 65_536
"""More rows than this are linked in turns, and of their ways only what a search needs is kept."""
ROWS_A_TURN = 16_384
_PER_DEGREE = 10_000_000


@dataclass(frozen=True, eq=False)
class Ties:
    """Demand as it is tied to the roads and to the sites beside it.

    Attributes
    ----------
    exits
        The ways of each row from junctions.
    beside
        Site, row and milliseconds of ways that pass no junction, mobilising included, up to the
        limit; in parts, each by site.
    labels
        The least label of each row by such ways, however far: milliseconds shifted by some bits,
        and the site; `FAR` where there is none.
    alone
        Rows that have other ways than those from junctions.
    off_road_m, off_road_ms
        The way from each row to the nearest road in range, as in `boxreach.network.Access`.
    linked
        All that is known of the ways; None where it is not kept.
    """

    exits: Ways
    beside: list[tuple[Ints, Ints, Ints]]
    labels: Longs
    alone: Flags
    off_road_m: Floats
    off_road_ms: Longs
    linked: Linked | None


@dataclass(frozen=True, eq=False)
class Tying:
    """What demand is tied to: the roads, and sites that are linked to them.

    Attributes
    ----------
    network, mobilise_ms, backwards
        As in `Linked`.
    here, sites
        The places of the sites, and their ways to the network.
    arrivals
        How soon they reach the junctions.
    limit_ms
        The longest time that is of use from each site; None if the nearest site alone is.
    """

    network: RoadNetwork
    here: Places
    sites: Access
    arrivals: Arrivals
    mobilise_ms: int
    limit_ms: int | None
    backwards: bool

    @property
    def bits(self) -> int:
        """By how many bits the milliseconds of labels are shifted."""
        return label_bits(len(self.here[0]))

    def tie(self, there: Places) -> Ties:
        """Return demand at some places, tied."""
        if len(there[0]) <= ROWS_AT_ONCE:
            return self._tie_some(there, few=True)
        return _join(list(self._tie_in_turns(there)), len(there[0]))

    def _tie_some(self, there: Places, *, few: bool) -> Ties:
        ways = find_access(
            self.network, *there, outward=self.backwards, beside=self.sites, arrivals=self.arrivals
        )
        straight = straight_ways(self.network, self.here, there, backwards=self.backwards)
        linked = Linked(self.network, self.sites, ways, straight, self.mobilise_ms, self.backwards)
        alone = np.zeros(len(there[0]), dtype=bool)
        alone[ways.point] = alone[straight[1]] = True
        labels = np.full(len(alone), FAR)
        site, row, ms = quickest_beside(
            self.network, self.sites, ways, straight, backwards=self.backwards
        )
        in_all = ms.astype(np.int64) + self.mobilise_ms
        np.minimum.at(labels, row, (in_all << self.bits) + site)
        good = in_all <= (-1 if self.limit_ms is None else self.limit_ms)
        beside = [(site[good], row[good], in_all[good].astype(np.int32))]
        return Ties(
            linked.exits, beside, labels, alone, ways.off_road_m, ways.nearest_ms,
            linked if few else None,
        )  # fmt: skip

    def _tie_in_turns(self, there: Places) -> Iterator[tuple[Longs, Ties]]:
        """Yield rows that lie near each other, and these tied, without what a search needs not."""
        order = hilbert_order(*(np.round(one * _PER_DEGREE).astype(np.int32) for one in there))
        for low in range(0, len(order), ROWS_A_TURN):
            rows = np.sort(order[low : low + ROWS_A_TURN])
            yield rows, self._tie_some((there[0][rows], there[1][rows]), few=False)
            give_back()


def _join(turns: list[tuple[Longs, Ties]], rows: int) -> Ties:
    """Return demand that was tied in turns as one, each row in its place."""
    count = np.zeros(rows + 1, dtype=np.int64)
    alone = np.zeros(rows, dtype=bool)
    labels, off_road_ms = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    off_road_m = np.empty(rows)
    for at, ties in turns:
        count[at + 1] = np.diff(ties.exits.first)
        alone[at], labels[at] = ties.alone, ties.labels
        off_road_m[at], off_road_ms[at] = ties.off_road_m, ties.off_road_ms
    first = np.cumsum(count)
    ways = np.empty((first[-1], 2), dtype=np.int32)
    beside = []
    while turns:
        at, ties = turns.pop()
        lengths = np.diff(ties.exits.first)
        ways[np.repeat(first[at] - ties.exits.first[:-1], lengths) + np.arange(lengths.sum())] = (
            ties.exits.ways
        )
        beside += [(site, at[row].astype(np.int32), ms) for site, row, ms in ties.beside]
    return Ties(Ways(first, ways), beside, labels, alone, off_road_m, off_road_ms, None)
