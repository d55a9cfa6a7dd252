"""Times under other closures, of which only what the closures change is computed anew.

A time changes only if its way, before or after, meets a road that differs, or if the links of the
place or of the site do. So a site is searched from again if it reaches an end of such a road within
the cutoff, or a place that is linked anew; and places are linked anew about the roads that differ
alone. How soon each junction is reached from the nearest site is mended where it rests on what is
gone, after G. Ramalingam and T. Reps, "An incremental algorithm for a generalization of the
shortest-path problem" (1996).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.compilation import compiled, lend
from boxreach.crs import Floats
from boxreach.network import RoadNetwork, find_access
from boxreach.network.access import FEWEST_SIFTED
from boxreach.network.differences import (
    Differences,
    chain_boxes,
    find_about,
    find_differences,
    find_in_range,
)
from boxreach.routing.beside import straight_ways
from boxreach.routing.kernels import FAR, bucket_count, drop_labels, spread_labels
from boxreach.routing.linked import (
    Linked,
    best_labels,
    no_access,
    put_points,
    read_labels,
    renumber,
)
from boxreach.routing.search import Question, Ways, find_nearest, find_within, pack

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Places = tuple[Floats, Floats]


@dataclass(frozen=True, eq=False)
class Searched:
    """What is kept of a search so that the next one, under other closures, need not be whole.

    Attributes
    ----------
    linked
        Sites, by id, and demand; no link is left out because sites arrive otherwise.
    known
        Which demand rows are linked; the others are so when they are asked for.
    here, there
        The places of both.
    labels, bits
        The nearest site of each junction (see `find_nearest`).
    """

    linked: Linked
    known: Flags
    here: Places
    there: Places
    labels: Longs
    bits: int

    @classmethod
    def of(
        cls, network: RoadNetwork, here: Places, there: Places, mobilise_ms: int, *, backwards: bool
    ) -> Searched:
        """Return what is kept of a search of which nothing is at hand."""
        sites = find_access(network, *here, outward=not backwards)
        straight = straight_ways(network, here, there, backwards=backwards)
        demand = no_access(len(there[0]))
        linked = Linked(network, sites, demand, straight, mobilise_ms, backwards)
        known = np.zeros(len(there[0]), dtype=bool)
        return cls(linked, known, here, there, *find_nearest(linked.question()))

    def knowing(self, rows: Longs) -> Searched:
        """Return the same with some demand rows linked."""
        rows = rows[~self.known[rows]]
        if not len(rows):
            return self
        linked, known = self.linked, self.known.copy()
        fresh = find_access(
            linked.network,
            *_take(self.there, rows),
            outward=linked.backwards,
            beside=linked.sites,
        )
        known[rows] = True
        linked = replace(linked, demand=put_points(linked.demand, rows, fresh))
        return replace(self, linked=linked, known=known)


@dataclass(frozen=True, eq=False)
class Changed:
    """What was computed anew.

    Attributes
    ----------
    before, searched
        What is kept for the next change, from the state before and from this one.
    ms
        Milliseconds, sites by demand.
    nearest
        The nearest site of each demand row, and its milliseconds.
    """

    before: Searched
    searched: Searched
    ms: csr_array
    nearest: tuple[Longs, Longs]


def change_times(
    searched: Searched,
    ms: csr_array,
    nearest: tuple[Longs, Longs],
    network: RoadNetwork,
    limit_ms: int,
) -> Changed:
    """Return the times under other closures, equal to those of a full search.

    Parameters
    ----------
    searched
        What is kept of the search before.
    ms, nearest
        What it found: milliseconds, sites by demand, up to the limit; the nearest site of each
        demand row and its milliseconds.
    network
        The same network under other closures.
    limit_ms
        The longest time.
    """
    differences = find_differences(searched.linked.network, network)
    near = _near(differences, searched.there)
    searched = searched.knowing(near)
    after, sites, places = _link_again(searched, differences, near)
    again = _find_sources(searched, differences, after.linked, sites, places, limit_ms)
    labels, news = _mend_labels(searched, differences, after.linked, sites)
    news |= _reached(after.linked, again, limit_ms)
    chains = [
        one.spots.chain[np.isin(one.point, again)]
        for one in (searched.linked.sites, after.linked.sites)
    ]
    about = find_about(network, news, np.concatenate(chains), *searched.there)
    asked = np.union1d(places, about)
    if not searched.known[asked].all():
        # Before and not after, so that the next change from there finds them.
        searched = searched.knowing(asked)
        after, _, places = _link_again(searched, differences, near)
    after = replace(after, labels=labels)
    if len(again):
        ms = _put_rows(ms, again, _search(after.linked, again, limit_ms))
    bits = searched.bits
    some = after.linked.take_demand(asked)
    best = np.minimum(best_labels(some.exits, labels, bits), some.labels_beside(bits))
    nearest_site, nearest_ms = (one.copy() for one in nearest)
    nearest_site[asked], nearest_ms[asked] = read_labels(best, bits)
    return Changed(searched, after, ms, (nearest_site, nearest_ms))


def _reached(linked: Linked, sites: Longs, limit_ms: int) -> Flags:
    """Tell which junctions any of some sites reaches within a limit."""
    junctions = len(linked.network.chains.node)
    exits = np.zeros((junctions, 2), dtype=np.int32)
    exits[:, 0] = np.arange(junctions)
    mine = np.isin(linked.entries.row, sites)
    ways = linked.entries.ways[mine]
    question = Question.on(
        linked.network,
        Ways(np.array([0, len(ways)]), ways),
        Ways(np.arange(junctions + 1), exits),
        backwards=linked.backwards,
    )
    question = replace(question, exits_by_junction=question.exits)
    reached = np.zeros(junctions, dtype=bool)
    reached[find_within(question, _none(), limit_ms).indices] = True
    return reached


def _none() -> Ways:
    """Return no ways of one source."""
    nothing = np.empty(0, dtype=np.int64)
    return Ways.sort(nothing, nothing, nothing, 1)


def _link_again(
    searched: Searched, differences: Differences, near: Longs
) -> tuple[Searched, Longs, Longs]:
    """Return sites and demand linked to the network after, and which of them were so anew."""
    before, network = searched.linked, differences.after
    here, there = searched.here, searched.there
    sites, lost = renumber(before.sites, differences)
    known = np.unique(sites.spots.chain)
    which = np.union1d(lost, _near(differences, here))
    if len(which):
        fresh = find_access(network, *_take(here, which), outward=not before.backwards)
        sites = put_points(sites, which, fresh)
    demand, lost = renumber(before.demand, differences)
    # Places have spots only on chains on which sites have some; these may be others now.
    other = np.setdiff1d(sites.spots.chain, known)
    beside = find_in_range(network, chain_boxes(network, other), *there, blocks=False)
    places = np.union1d(np.union1d(lost, beside[searched.known[beside]]), near)
    straight = straight_ways(network, here, there, backwards=before.backwards)
    linked = Linked(network, sites, demand, straight, before.mobilise_ms, before.backwards)
    known_rows = searched.known.copy()
    known_rows[places] = False
    after = replace(searched, linked=linked, known=known_rows)
    return after.knowing(places), which, places


def _near(differences: Differences, points: Places) -> Longs:
    return differences.near(*points, blocks=len(points[0]) >= FEWEST_SIFTED)


def _take(points: Places, which: Longs) -> Places:
    return points[0][which], points[1][which]


def _find_sources(
    searched: Searched,
    differences: Differences,
    linked: Linked,
    sites: Longs,
    demand: Longs,
    limit_ms: int,
) -> Longs:
    """Return the sites of which a time may differ, rising.

    Whatever is not the same lies behind an end of a road that differs, or is a place that was
    linked anew; so far the roads are the same before and after.
    """
    before = searched.linked
    back = np.full(len(linked.network.chains.node), -1)
    there = np.flatnonzero(differences.junction >= 0)
    back[differences.junction[there]] = there
    some = np.zeros(len(before.demand.first) - 1, dtype=bool)
    some[demand] = True
    old, new = (
        one.ways[np.repeat(some, np.diff(one.first)), 0] for one in (before.demand, linked.demand)
    )
    seeds = np.unique(np.concatenate([differences.ends, old, back[new]]))
    seeds = seeds[seeds >= 0]
    entries = Ways(np.array([0, len(seeds)]), np.column_stack([seeds, 0 * seeds]).astype(np.int32))
    exits = Ways(before.sites.first, before.sites.ways)
    question = Question.on(before.network, entries, exits, backwards=not before.backwards)
    reach = find_within(question, _none(), limit_ms - before.mobilise_ms).indices
    beside = []
    for one in (before, linked):
        chains = np.unique(one.demand.spots.chain[some[one.demand.point]])
        beside.append(one.sites.point[np.isin(one.sites.spots.chain, chains)])
        beside.append(one.straight[0][some[one.straight[1]]])
    return np.unique(np.concatenate([sites, reach, *beside])).astype(np.int64)


def _search(linked: Linked, sites: Longs, limit_ms: int) -> csr_array:
    """Return the milliseconds from some sites up to a limit."""
    some = linked.take_sites(sites)
    return find_within(some.question(), Ways.sort(*some.beside(limit_ms), len(sites)), limit_ms)


def _put_rows(ms: csr_array, at: Longs, rows: csr_array) -> csr_array:
    """Return a matrix with some of its rows, rising, replaced by others."""
    count = np.diff(ms.indptr)
    count[at] = np.diff(rows.indptr)
    first = np.append(0, np.cumsum(count))
    parts = []
    for name in ("indices", "data"):
        old, new = getattr(ms, name), getattr(rows, name)
        pieces, done = [], 0
        for nth, row in enumerate(at.tolist()):
            pieces.append(old[ms.indptr[done] : ms.indptr[row]])
            pieces.append(new[rows.indptr[nth] : rows.indptr[nth + 1]])
            done = row + 1
        parts.append(np.concatenate([*pieces, old[ms.indptr[done] :]]))
    return csr_array((parts[1], parts[0], first.astype(parts[0].dtype)), shape=ms.shape)


def _mend_labels(
    searched: Searched, differences: Differences, linked: Linked, sites: Longs
) -> tuple[Longs, Flags]:
    """Return the nearest site of each junction after what differs, and where it is another."""
    bits = searched.bits
    chains, arcs = linked.network.chains, linked.question().arcs
    labels = np.full(len(chains.node), FAR)
    kept = np.flatnonzero(differences.junction >= 0)
    labels[differences.junction[kept]] = searched.labels[kept]
    known = labels.copy()
    gone = _resting_on_chains(searched, differences)
    entries = searched.linked.entries
    row = entries.row
    mine = np.isin(row, sites)
    node, label = (
        entries.ways[mine, 0],
        (entries.ways[mine, 1].astype(np.int64) << bits) + row[mine],
    )
    gone = np.append(gone, node[searched.labels[node] == label])
    gone = differences.junction[gone]
    first, packed = lend(linked.question().first), lend(pack(arcs))
    gone = drop_labels(first, packed, labels, bits, np.unique(gone[gone >= 0]))
    after = differences.chains_after
    asked = np.unique(np.concatenate([gone, chains.tail[after], chains.head[after]]))
    in_first, in_arcs = (
        (chains.out_first, chains.out_arcs)
        if linked.backwards
        else (chains.in_first, chains.in_arcs)
    )
    seeds = _ask_arcs(asked, in_first, in_arcs, labels, bits)
    entries = linked.entries
    own = (entries.ways[:, 1].astype(np.int64) << bits) + entries.row
    seeds = np.concatenate([seeds, np.column_stack([entries.ways[:, 0].astype(np.int64), own])])
    longest_ms = max(int(seeds[:, 1].max(initial=0)) >> bits, int(arcs[:, 1].max(initial=0)))
    spread_labels(first, packed, seeds, labels, bits, bucket_count(longest_ms))
    return labels, labels != known


def _resting_on_chains(searched: Searched, differences: Differences) -> Longs:
    """Return the junctions before that may be reached soonest by a chain that differs."""
    chains, which = differences.before.chains, differences.chains_before
    tail, head = chains.tail[which], chains.head[which]
    ways = [(tail, head, chains.forward_ms[which]), (head, tail, chains.backward_ms[which])]
    if searched.linked.backwards:
        ways = [(tail, head, ways[1][2]), (head, tail, ways[0][2])]
    found = []
    for begin, end, ms in ways:
        labels = searched.labels[begin], searched.labels[end]
        rests = (ms >= 0) & (labels[0] < FAR)
        rests &= labels[0] + (ms.astype(np.int64) << searched.bits) == labels[1]
        found.append(end[rests])
    return np.concatenate(found).astype(np.int64)


@compiled
def _ask_arcs(asked: Longs, first: Ints, arcs: Ints, labels: Longs, bits: int) -> Longs:
    """Return rows of junction and label: what the arcs that arrive at some junctions bring."""
    count = 0
    for node in asked:
        count += first[node + 1] - first[node]
    found = np.empty((count, 2), np.int64)
    count = 0
    for node in asked:
        for at in range(first[node], first[node + 1]):
            label = labels[arcs[at, 0]]
            if label < FAR:
                found[count, 0] = node
                found[count, 1] = label + (np.int64(arcs[at, 1]) << bits)
                count += 1
    return found[:count].copy()
