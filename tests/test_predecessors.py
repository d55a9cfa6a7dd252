"""The search that keeps its ways, against scipy."""

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from boxreach.network import network_from_arrays
from boxreach.routing.hops import chains_along
from boxreach.routing.kernels import UNREACHED
from boxreach.routing.predecessors import Predecessors


def random_arcs(random):
    """Draw arcs by junction: parallel ones, loops and such of no time among them."""
    junctions = int(random.integers(1, 60))
    count = int(random.integers(0, 4 * junctions))
    tail = np.sort(random.integers(0, junctions, count))
    ms = random.integers(0, random.choice([2, 1_000, 1_000_000]), count)
    arcs = np.column_stack([random.integers(0, junctions, count), ms]).astype(np.int32)
    first = np.searchsorted(tail, np.arange(junctions + 1)).astype(np.int32)
    return first, arcs


def oracle(first, arcs, entries, entry_ms):
    """Return the times by scipy, from a source of its own behind the junctions."""
    nodes = len(first) - 1
    tail = np.append(np.repeat(np.arange(nodes), np.diff(first)), np.full(len(entries), nodes))
    head, ms = np.append(arcs[:, 0], entries), np.append(arcs[:, 1], entry_ms)
    # One arc a pair: the quickest comes first.
    order = np.lexsort((ms, head, tail))
    _, kept = np.unique(tail[order] * nodes + head[order], return_index=True)
    row, column, ms = tail[order][kept], head[order][kept], ms[order][kept].astype(float)
    starts = np.searchsorted(row, np.arange(nodes + 2))
    graph = csr_array((ms, column, starts), shape=(nodes + 1, nodes + 1))
    return dijkstra(graph, indices=nodes)[:nodes]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_times_equal_scipy_and_ways_take_them(seed):
    """One search after the other, up to one of the times themselves, which is within."""
    random = np.random.default_rng(seed)
    first, arcs = random_arcs(random)
    ways = Predecessors(first, arcs)
    for _ in range(3):
        entries = random.integers(0, len(first) - 1, int(random.integers(0, 5)))
        entry_ms = random.integers(0, 2_000, len(entries))
        expected = oracle(first, arcs, entries, entry_ms)
        limit = int(random.choice(expected[np.isfinite(expected)])) if len(entries) else 10
        ways.search(entries, entry_ms, limit_ms=limit)
        within = expected <= limit
        assert np.array_equal(ways.ms, np.where(within, expected, UNREACHED))
        for junction in np.flatnonzero(within):
            path = ways.path(junction)
            ms = entry_ms[entries == path[0]].min()
            for one, other in itertools.pairwise(path):
                of_one = arcs[first[one] : first[one + 1]]
                ms += of_one[of_one[:, 0] == other, 1].min()
            assert ms == ways.ms[junction]
            assert path[-1] == junction


@pytest.mark.parametrize("seed", range(50))
def test_equally_quick_ways_are_chosen_alike_in_whatever_order_arcs_stand(seed):
    """Few different times make many ties."""
    random = np.random.default_rng(seed)
    first, arcs = random_arcs(random)
    arcs[:, 1] %= 3
    shuffled = np.concatenate(
        [
            arcs[:0],
            *(random.permutation(arcs[a:b]) for a, b in itertools.pairwise(first)),
        ]
    )
    entries, entry_ms = np.array([0, len(first) - 2]), np.array([1, 1])
    one, other = Predecessors(first, arcs), Predecessors(first, shuffled)
    one.search(entries, entry_ms, limit_ms=50)
    other.search(entries[::-1].copy(), entry_ms, limit_ms=50)
    for junction in np.flatnonzero(one.ms < UNREACHED):
        assert np.array_equal(one.path(junction), other.path(junction))


def test_of_parallel_chains_the_quickest_that_may_be_driven_is_taken():
    """Also where it is drawn the other way round."""
    lon, lat = np.array([44.0, 44.1]), np.full(2, 33.0)
    there, back = np.array([700, 100, 600]), np.array([500, -1, 800])
    tail, head = np.array([0, 1, 0]), np.array([1, 0, 1])
    network, number = network_from_arrays(lon, lat, tail, head, there, back, contract=False)
    junction = network.chains.junction[number]
    chain, turned = chains_along(network, junction[np.array([0, 1, 0])])
    ms = np.where(turned, network.chains.backward_ms[chain], network.chains.forward_ms[chain])
    assert ms.tolist() == [600, 100]


def test_a_search_reaches_what_is_at_its_limit_and_forgets_the_one_before():
    """Of entries to one junction the quickest counts; beyond the limit nothing is told."""
    first = np.array([0, 2, 3, 3, 4], np.int32)
    arcs = np.array([[1, 5], [2, 9], [2, 4], [0, 0]], np.int32)
    ways = Predecessors(first, arcs)
    ways.search(np.array([0, 0, 3]), np.array([7, 2, 50]), limit_ms=11)
    assert ways.ms.tolist() == [2, 7, 11, UNREACHED]
    assert [ways.path(one).tolist() for one in range(3)] == [[0], [0, 1], [0, 2]]
    ways.search(np.array([3]), np.array([1]), limit_ms=6)
    assert ways.ms.tolist() == [1, 6, UNREACHED, 1]
    assert ways.path(1).tolist() == [3, 0, 1]
    ways.search(np.array([2]), np.array([6]), limit_ms=6)
    assert ways.ms.tolist() == [UNREACHED, UNREACHED, 6, UNREACHED]
    assert ways.path(2).tolist() == [2]
    ways.search(np.array([2]), np.array([7]), limit_ms=6)
    assert ways.ms.tolist() == [UNREACHED] * 4


def test_of_equally_quick_ways_that_through_the_lowest_junction_is_kept():
    first = np.array([0, 2, 3, 4, 4], np.int32)
    for arcs in ([[1, 3], [2, 3], [3, 5], [3, 5]], [[2, 3], [1, 3], [3, 5], [3, 5]]):
        ways = Predecessors(first, np.array(arcs, np.int32))
        ways.search(np.array([0]), np.array([0]), limit_ms=100)
        assert ways.path(3).tolist() == [0, 1, 3]


def test_the_quickest_of_parallel_chains_is_told_and_how_it_is_driven():
    """The first of those that are equal; none that one may not drive so."""
    place = np.array([44.0, 44.1, 44.2]), np.full(3, 33.0)
    tail, head = np.array([0, 1, 0, 0, 1]), np.array([1, 0, 1, 1, 2])
    ms = np.array([500, -1, 700, 400, 100]), np.array([900, 400, 300, -1, -1])
    network, _ = network_from_arrays(*place, tail, head, *ms, contract=False)
    chains = network.chains
    for path, expected in (([0, 1], (400, False)), ([1, 0], (300, True)), ([1, 2], (100, False))):
        chain, turned = chains_along(network, np.array(path))
        took = np.where(turned, chains.backward_ms[chain], chains.forward_ms[chain])
        ends = np.where(turned, chains.head[chain], chains.tail[chain])
        least = min(
            [there for one, other, there in zip(chains.tail, chains.head, chains.forward_ms,
                                                strict=True) if [one, other] == path and there >= 0]
            + [back for one, other, back in zip(chains.tail, chains.head, chains.backward_ms,
                                                strict=True) if [other, one] == path and back >= 0]
        )  # fmt: skip
        assert (int(took[0]), ends.tolist()) == (least, path[:1])
        assert least == expected[0]
    twice = [at for at in range(len(chains.tail))
             if 400 in (chains.forward_ms[at], chains.backward_ms[at])]  # fmt: skip
    assert chains_along(network, np.array([0, 1]))[0].tolist() == [min(twice)]
    chain, turned = chains_along(network, np.array([0, 1, 0, 1, 2]))
    assert (len(chain), turned.dtype) == (4, bool)
    with pytest.raises(ValueError, match="no chain leads"):
        chains_along(network, np.array([2, 1]))
    with pytest.raises(ValueError, match="no chain leads"):
        chains_along(network, np.array([0, 1, 2, 0]))
