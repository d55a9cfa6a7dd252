"""A whole search: sites and demand linked to a network, and the times between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.network import RoadNetwork, find_access
from boxreach.routing.arriving import find_arrivals
from boxreach.routing.beside import straight_ways
from boxreach.routing.changed_times import Searched
from boxreach.routing.linked import Linked, best_labels, no_access, read_labels
from boxreach.routing.merging import merge_rows
from boxreach.routing.search import (
    Part,
    Progress,
    Sweep,
    Ways,
    find_nearest,
    find_within,
    join_parts,
    plan_search,
)
from boxreach.workers import Client

Integers = npt.NDArray[np.int64]
Places = tuple[Floats, Floats]
Rows = tuple[Integers, csr_array]
"""Some sites, and their times to all demand."""


class Search:
    """Ways from sites to demand on one network: through junctions, along a chain, or straight."""

    def __init__(
        self,
        network: RoadNetwork,
        here: Places,
        there: Places,
        mobilise_ms: int,
        limit_ms: int | None,
        merge_minutes: float,
        *,
        backwards: bool,
    ) -> None:
        self.places = here, there
        access = find_access(network, *here, outward=not backwards)
        arrivals = find_arrivals(
            network, access, len(there[0]), mobilise_ms, limit_ms, backwards=backwards
        )
        ways = find_access(network, *there, outward=backwards, beside=access, arrivals=arrivals)
        self.left_out = len(arrivals.latest) > 0
        straight = straight_ways(network, here, there, backwards=backwards)
        self.linked = Linked(network, access, ways, straight, mobilise_ms, backwards)
        alone = np.zeros(len(there[0]), dtype=bool)
        alone[ways.point] = alone[straight[1]] = True
        exits = self.linked.exits
        self.groups, self.merging = merge_rows(exits, alone, merge_minutes)
        self.question = replace(self.linked.question(), exits=self.groups.ways(exits))

    def within(
        self, limit_ms: int, progress: Progress | None, client: Client | None = None
    ) -> csr_array:
        """Return all times up to the limit, sites by demand."""
        beside = self._beside(limit_ms)
        found = find_within(self.question, beside, limit_ms, progress=progress, client=client)
        return self.groups.spread(found)

    def stream(
        self, limit_ms: int, share: int, take: Callable[[int, Rows], None], client: Client | None
    ) -> None:
        """Hand over the times up to the limit of so many sites each, as they are found.

        Parameters
        ----------
        limit_ms
            The longest time.
        share
            How many sites are a piece.
        take
            Called with the number of each piece, its sites, rising, and their times to demand.
        client
            As in `find_within`.
        """

        def spread(at: int, part: Part) -> None:
            sites = np.sort(part[0])
            place = np.searchsorted(sites, part[0])
            found = join_parts([(place, *part[1:])], (len(sites), self.question.demands))
            take(at, (sites, self.groups.spread(found)))

        self.sweep(limit_ms).run(spread, client=client, share=share)

    def sweep(self, limit_ms: int) -> Sweep:
        """Return what is to be searched, rows that share their links as one."""
        return plan_search(self.question, self._beside(limit_ms), limit_ms)

    def _beside(self, limit_ms: int) -> Ways:
        site, demand, ms = self.linked.beside(limit_ms)
        return Ways.sort(site, self.groups.group[demand], ms, self.question.sources)

    def nearest(self) -> tuple[Integers, Integers]:
        """Return the quickest site for each demand row and its milliseconds, however far."""
        labels, bits = find_nearest(self.question)
        beside = self.linked.labels_beside(bits)
        self.labels = labels, bits
        best = best_labels(self.question.exits, labels, bits)[self.groups.group]
        return read_labels(np.minimum(best, beside), bits)

    def kept(self) -> Searched:
        """Return what other closures start from: not the demand where links were left out."""
        linked, rows = self.linked, len(self.places[1][0])
        if self.left_out:
            linked = replace(linked, demand=no_access(rows))
        known = np.full(rows, not self.left_out)
        return Searched(linked, known, *self.places, *self.labels)
