"""Times between nodes equal networkx on the same whole milliseconds, whatever the graph."""

import os
import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxreach.errors import InputError
from boxreach.network import load_network, network_from_arrays, save_network
from boxreach.routing import nearest_nodes, node_times

pytestmark = pytest.mark.slow


def random_graph(seed):
    """Draw a graph with one-way streets, parallel edges, loops and edges of no length."""
    random = np.random.default_rng(seed)
    nodes = int(random.integers(2, 40))
    edges = int(random.integers(1, 3 * nodes))
    ends = random.integers(0, nodes, (edges, 2))
    if seed % 3 == 0:  # long chains and rings
        ends[: edges // 2, 0] = np.arange(edges // 2) % nodes
        ends[: edges // 2, 1] = (np.arange(edges // 2) + 1) % nodes
    ms = random.integers(0, random.choice([2, 5_000, 400_000]), (2, edges))
    ms[random.random((2, edges)) < 0.15] = -1
    ms[1] = np.where(random.random(edges) < 0.5, ms[0], ms[1])
    ms[random.random((2, edges)) < 0.05] = 0
    place = random.integers(0, 1000, (nodes, 2)) * 1e-4
    return 44 + place[:, 0], 33 + place[:, 1], ends[:, 0], ends[:, 1], ms[0], ms[1]


def oracle(nodes, tail, head, forward_ms, backward_ms):
    """Return all times by networkx, -1 where there is no way."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(nodes))
    for one, other, there, back in zip(tail, head, forward_ms, backward_ms, strict=True):
        if there >= 0:
            graph.add_edge(one, other, ms=int(there))
        if back >= 0:
            graph.add_edge(other, one, ms=int(back))
    found = np.full((nodes, nodes), -1)
    for source, times in nx.all_pairs_dijkstra_path_length(graph, weight="ms"):
        for target, ms in times.items():
            found[source, target] = ms
    return found


def dense(matrix):
    """Return a matrix of times with -1 for what is not stored."""
    found = np.full(matrix.shape, -1)
    pairs = matrix.tocoo()
    found[pairs.row, pairs.col] = pairs.data
    return found


def check_graph(seed):
    """Compare both directions, both engines, with and without contraction."""
    arrays = random_graph(seed)
    expected = oracle(len(arrays[0]), *arrays[2:])
    random = np.random.default_rng(seed)
    used = np.unique(np.concatenate(arrays[2:4]))
    expected = expected[np.ix_(used, used)]
    limit = int(random.choice(expected[expected >= 0]))
    for contract in (True, False):
        network, number = network_from_arrays(*arrays, contract=contract)
        nodes = number[used]
        for backwards in (False, True):
            times = expected.T if backwards else expected
            for engine in ("compiled", "scipy") if contract else ("compiled",):
                options = {"backwards": backwards, "engine": engine}
                found = node_times(network, nodes, nodes, limit_ms=limit, **options)
                assert np.array_equal(dense(found), np.where(times <= limit, times, -1))
                sites = nodes[: 1 + len(nodes) // 4]
                site, ms = nearest_nodes(network, sites, **options)
                column = np.where(times < 0, 2**60, times)[: len(sites)]
                nearest = column.min(axis=0)
                assert np.array_equal(ms[nodes], np.where(nearest == 2**60, -1, nearest))
                first = np.where(nearest == 2**60, -1, column.argmin(axis=0))
                assert np.array_equal(site[nodes], first)


@pytest.mark.parametrize("block", range(10))
def test_times_equal_networkx_on_random_graphs(block):
    """Bounded by one of the times themselves, so a node at exactly T is inside every time."""
    for seed in range(block * 20, block * 20 + 20):
        check_graph(seed)


@pytest.mark.slow
@pytest.mark.heavy
@pytest.mark.parametrize("block", range(100))
def test_times_equal_networkx_on_ten_thousand_random_graphs(block):
    """The same, ten thousand times."""
    for seed in range(1_000 + block * 100, 1_100 + block * 100):
        check_graph(seed)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9), threads=st.integers(1, 3))
def test_threads_and_all_nodes_as_targets_change_nothing(seed, threads):
    """The same matrix, however the work is divided."""
    arrays = random_graph(seed)
    network, _ = network_from_arrays(*arrays)
    every = np.arange(network.node_count)
    one = node_times(network, every, limit_ms=10**6, threads=threads)
    other = node_times(network, every, every, limit_ms=10**6)
    assert np.array_equal(dense(one), dense(other))


@pytest.mark.parametrize("shape", ["star", "wide star", "path", "comb", "storm"])
def test_graphs_that_outgrow_the_first_queue_give_the_times_of_scipy(shape):
    """A hub of many roads, a long road, many dead ends at once, and edges of no length."""
    random = np.random.default_rng(5)
    count = 90_000
    node = np.arange(1, count)
    tail = {
        "star": np.zeros(count - 1),
        "wide star": np.zeros(count - 1),
        "path": node - 1,
        "comb": np.where(node % 2, (node - 1) // 300, node - 2),
        "storm": random.integers(0, 60, count - 1),
    }[shape].astype(np.int64)
    head = random.integers(0, 60, count - 1) if shape == "storm" else node
    longest = {"storm": 3, "wide star": 100_000_000}.get(shape, 4_000)
    ms = random.integers(0, longest, (2, count - 1))
    place = random.random((2, count))
    network, _ = network_from_arrays(place[0], place[1], tail, head, *ms, contract=False)
    sources = np.array([0, network.node_count // 2, network.node_count - 1])
    found, expected = (
        node_times(network, sources, limit_ms=4 * 10**8, engine=engine)
        for engine in ("compiled", "scipy")
    )
    assert found.nnz == len(sources) * network.node_count
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


_PLAIN = """
import sys
import numpy as np
from boxreach.network import network_from_arrays
from boxreach.routing import node_times
arrays = np.load(sys.argv[1])
network, _ = network_from_arrays(*(arrays[name] for name in arrays.files))
found = node_times(network, np.arange(network.node_count), limit_ms=10**6, engine="compiled")
np.save(sys.argv[2], found.toarray())
"""


def test_plain_python_gives_the_same_numbers_as_compiled_kernels(tmp_path):
    """Where numba is missing kernels are slow, and right."""
    arrays = random_graph(3)
    np.savez(tmp_path / "graph.npz", *arrays)
    subprocess.run(
        [sys.executable, "-c", _PLAIN, tmp_path / "graph.npz", tmp_path / "found.npy"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=True,
    )
    network, _ = network_from_arrays(*arrays)
    found = node_times(network, np.arange(network.node_count), limit_ms=10**6)
    assert np.array_equal(np.load(tmp_path / "found.npy"), found.toarray())


def test_a_saved_network_gives_the_same_times_and_is_kept_once(tmp_path):
    """The hash of what it holds is its name."""
    network, _ = network_from_arrays(*random_graph(6))
    home = save_network(network, tmp_path)
    assert save_network(network, tmp_path) == home
    assert [one.name for one in tmp_path.iterdir()] == [home.name]
    again = load_network(home)
    every = np.arange(network.node_count)
    for one in (network, again):
        assert np.array_equal(
            dense(node_times(one, every, limit_ms=10**6)),
            dense(node_times(network, every, limit_ms=10**6)),
        )
    assert not list(home.glob("*.pickle"))
    assert save_network(again, tmp_path) == home


def test_a_saved_network_whose_list_was_changed_is_refused(tmp_path):
    """Its name stands for the list of what it holds."""
    home = save_network(network_from_arrays(*random_graph(6))[0], tmp_path)
    contents = home / "contents.json"
    contents.write_text(contents.read_text().replace('"off_road_km": 5.0', '"off_road_km": 6.0'))
    with pytest.raises(InputError, match="not what its name stands for"):
        load_network(home)


def test_a_damaged_saved_network_is_refused_by_name(tmp_path):
    """A flipped byte, a missing file and a foreign folder are all said."""
    network, _ = network_from_arrays(*random_graph(9))
    home = save_network(network, tmp_path)
    arcs = home / "chains.out_arcs.npy"
    data = bytearray(arcs.read_bytes())
    data[-1] ^= 1
    arcs.write_bytes(data)
    (home / "edges.lon.npy").unlink()
    with pytest.raises(InputError) as error:
        load_network(home)
    assert {"chains.out_arcs", "edges.lon"} == {
        fault.file.rpartition("/")[2].removesuffix(".npy") for fault in error.value.faults
    }
    with pytest.raises(InputError, match="no saved network"):
        load_network(tmp_path)


def test_the_arrays_of_a_network_cannot_be_changed():
    """A network is a value."""
    network, _ = network_from_arrays(*random_graph(1))
    with pytest.raises(ValueError, match="read-only"):
        network.forward_ms[0] = 1
