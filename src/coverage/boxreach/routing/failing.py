"""What changes when roads go: only sites whose quickest ways lead over them are searched again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled
from boxreach.routing.states import RoadStates

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_FAR = np.int32(2**31 - 1)


class Failures:
    """The rows of a matrix of times that change when edges are gone.

    Parameters
    ----------
    states
        The states of the network; what may go is closable there.
    base
        The times with every road there, sites by demand.
    """

    def __init__(self, states: RoadStates, base: csr_array) -> None:
        self.states, self.base = states, base
        chains = states.network.chains
        self._chain_of = chains.chain
        closable = np.unique(chains.chain[states.states.closable])
        self._junction = np.unique([chains.tail[closable], chains.head[closable]])
        # By site: when it arrives at both ends of what may go.
        reached = states.reach(self._junction).tocoo()
        self._arrives = np.full(reached.shape, _FAR, dtype=np.int32)
        self._arrives[reached.row, reached.col] = reached.data
        self._by_demand = base.tocsc()
        firm = states.demand.firm
        self._link_chain = chains.chain[firm.edge]
        self._by_chain = np.argsort(self._link_chain, kind="stable")
        self._link_chain = self._link_chain[self._by_chain]
        self._usual = states.usual_links
        self._site_chain = chains.chain[states.sites.firm.edge]

    def affected(self, edges: Longs) -> Longs:
        """Return the sites that may have other times when some edges are gone."""
        chains = self.states.network.chains
        affected = np.zeros(len(self._arrives), dtype=bool)
        for chain in np.unique(self._chain_of[edges]):
            ends = chains.tail[chain], chains.head[chain]
            tail, head = (self._arrives[:, np.searchsorted(self._junction, one)] for one in ends)
            forward, backward = int(chains.forward_ms[chain]), int(chains.backward_ms[chain])
            if self.states.backwards:
                forward, backward = backward, forward
            affected |= _leads_over(tail, head, forward) | _leads_over(head, tail, backward)
            affected[self.states.sites.firm.point[self._site_chain == chain]] = True
            low, high = np.searchsorted(self._link_chain, [chain, chain + 1])
            links, table = self._by_chain[low:high], self._by_demand
            for arrives, ms in (
                (tail, self._usual.ends_ms[:, 0]),
                (head, self._usual.ends_ms[:, 1]),
            ):
                _mark_served(
                    self.states.demand.firm.point[links], ms[links], arrives,
                    table.indptr, table.indices, table.data, affected,
                )  # fmt: skip
        return np.flatnonzero(affected)

    def rows(self, edges: Longs, among: Longs | None = None) -> tuple[Longs, csr_array]:
        """Return the sites that may have other times when edges are gone, and these times.

        All other sites have the times of the base.

        Parameters
        ----------
        edges
            The edges.
        among
            Positions of the sites that are asked for; all if not given.
        """
        sites = self.affected(edges)
        if among is not None:
            sites = np.intersect1d(sites, among)
        return sites, self.times(edges, sites)

    def times(self, edges: Longs, sites: Longs) -> csr_array:
        """Return the times of some sites when edges are gone."""
        if not len(sites):
            return csr_array((0, self.base.shape[1]), dtype=np.int64)
        gone = np.zeros(len(self._chain_of), dtype=bool)
        gone[edges] = True
        return self.states.times(gone=gone, sites=sites)


def _leads_over(begin: Ints, end: Ints, ms: int) -> Flags:
    """Tell from which sites a quickest way to the end of a chain may lead over it."""
    if ms < 0:
        return np.zeros(len(begin), dtype=bool)
    return np.asarray((begin != _FAR) & (begin.astype(np.int64) + ms <= end))


@compiled
def _mark_served(
    demand: Ints, ms: Ints, arrives: Ints,
    indptr: Ints, indices: Ints, data: Longs, affected: Flags,
) -> None:  # fmt: skip
    """Mark the sites that are as quick at any of some places by links from a junction."""
    for link in range(len(demand)):
        for at in range(indptr[demand[link]], indptr[demand[link] + 1]):
            site = indices[at]
            if arrives[site] != _FAR and np.int64(arrives[site]) + ms[link] <= data[at]:
                affected[site] = True
