"""A whole search: sites and demand linked to a network, and the times between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.network import RoadNetwork, find_access
from boxreach.routing.arriving import find_arrivals
from boxreach.routing.changed_times import Searched
from boxreach.routing.linked import best_labels, enter, no_access, read_labels
from boxreach.routing.linking import Tying
from boxreach.routing.merging import merge_rows
from boxreach.routing.search import (
    ENGINE,
    Part,
    Progress,
    Question,
    Sweep,
    Ways,
    find_nearest,
    gather_parts,
    join_parts,
    plan_search,
)
from boxreach.scratch import give_back
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
        self.left_out = len(arrivals.latest) > 0
        tying = Tying(network, here, access, arrivals, mobilise_ms, limit_ms, backwards)
        ties = tying.tie(there)
        self.groups, self.merging = merge_rows(ties.exits, ties.alone, merge_minutes)
        exits = self.groups.ways(ties.exits)
        entries = enter(access, mobilise_ms)
        self.question = Question.on(network, entries, exits, backwards=backwards)
        group = self.groups.group.astype(np.int32)
        beside = [(site, group[row], ms) for site, row, ms in ties.beside]
        ties.beside.clear()
        self.beside = Ways.join(beside, len(here[0]))
        # Of the ties no more is kept, for they take as much memory as all of this.
        self.labels_beside, self.linked = ties.labels, ties.linked
        self.off_road_m, self.off_road_ms = ties.off_road_m, ties.off_road_ms
        self.limit_ms = limit_ms
        del tying, ties
        give_back()

    @cached_property
    def sweep(self) -> Sweep:
        """The search up to the limit."""
        assert self.limit_ms is not None  # noqa: S101 - without one the nearest alone is of use
        if ENGINE == "compiled":  # one order of the ways of demand is enough to hold
            self.question = self.question.turned()
            give_back()
        return plan_search(self.question, self.beside, self.limit_ms)

    def within(self, progress: Progress | None, client: Client | None = None) -> csr_array:
        """Return all times up to the limit, sites by demand."""
        shape = self.question.sources, self.question.demands
        return self.groups.spread(gather_parts(self.sweep, shape, progress=progress, client=client))

    def sample(self, sites: int) -> int:
        """Return how many pairs there are up to the limit, reckoned from some of the sites."""
        sweep = self.sweep
        picked = np.unique(np.linspace(0, len(sweep.order) - 1, sites).astype(np.int64))
        if not len(sweep.order):
            return 0
        found = sweep.search(sweep.order[picked])[2]
        rows = np.bincount(self.groups.group, minlength=self.question.demands)
        pairs = int(rows[found].sum())
        del found
        give_back()
        return round(pairs / len(picked) * len(sweep.order))

    def stream(self, share: int, take: Callable[[int, Part], None], client: Client | None) -> None:
        """Hand over the times up to the limit of so many sites each, as they are found.

        Demand is that which was searched for: `spread` tells the times of all of it.

        Parameters
        ----------
        share
            How many sites are a piece.
        take
            Called with the number of each piece, and what was found.
        client
            As in `find_within`.
        """
        self.sweep.run(take, client=client, share=share)

    def spread(self, part: Part) -> Rows:
        """Return the sites of a piece, rising, and their times to all demand."""
        sites = np.sort(part[0])
        place = np.searchsorted(sites, part[0])
        found = join_parts([(place, *part[1:])], (len(sites), self.question.demands))
        return sites, self.groups.spread(found)

    def nearest(self) -> tuple[Integers, Integers]:
        """Return the quickest site for each demand row and its milliseconds, however far."""
        labels, bits = find_nearest(self.question)
        self.labels = labels, bits
        best = best_labels(self.question.exits_by_demand, labels, bits)[self.groups.group]
        return read_labels(np.minimum(best, self.labels_beside), bits)

    def kept(self) -> Searched | None:
        """Return what other closures start from: not the demand where links were left out.

        None where too much would have to be kept.
        """
        linked, rows = self.linked, len(self.places[1][0])
        if linked is None:
            return None
        if self.left_out:
            linked = replace(linked, demand=no_access(rows))
        known = np.full(rows, not self.left_out)
        return Searched(linked, known, *self.places, *self.labels)
