"""Joining edges to chains and ordering nodes change no time, on real networks either."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra

import boxreach as br
from boxreach.network import network_from_arrays
from boxreach.routing import nearest_nodes, node_times

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real networks are not in {DATA}"),
]


def plain_times(network, sources, limit_ms):
    """Return times between nodes by scipy on the edges as they are; -1 beyond the limit."""
    found = dijkstra(network.adjacency().astype(float), indices=sources, limit=float(limit_ms))
    return np.where(np.isfinite(found), found, -1).astype(np.int64)


def check(network, *, seed=1, limit_ms=20 * 60_000):
    """Compare both directions between random nodes with scipy, and all nodes' nearest source."""
    random = np.random.default_rng(seed)
    sources = random.choice(network.node_count, 40, replace=False)
    targets = random.choice(network.node_count, min(3_000, network.node_count), replace=False)
    expected = plain_times(network, sources, limit_ms)[:, targets]
    found = np.full(expected.shape, -1)
    pairs = node_times(network, sources, targets, limit_ms=limit_ms).tocoo()
    found[pairs.row, pairs.col] = pairs.data
    assert np.array_equal(found, expected)
    assert (expected >= 0).sum() > 1_000
    nearest = dijkstra(network.adjacency().astype(float), indices=sources, min_only=True)
    _, ms = nearest_nodes(network, sources)
    assert np.array_equal(ms, np.where(np.isfinite(nearest), nearest, -1))


def unmerged(network):
    """Return the same edges, each a chain of its own, in an order of their own."""
    edges = network.edges
    shuffled = np.random.default_rng(2).permutation(len(edges))
    degrees = edges.lon / 1e7, edges.lat / 1e7
    ways = (edges.tail, edges.head, edges.forward_ms, edges.backward_ms)
    return network_from_arrays(*degrees, *(one[shuffled] for one in ways), contract=False)


def check_with_and_without(network):
    """Compare the times of merged and unmerged edges between the same nodes."""
    check(network)
    plain, number = unmerged(network)
    assert len(plain.chains.node) == plain.node_count
    assert len(network.chains.node) < network.node_count
    random = np.random.default_rng(3)
    nodes = random.choice(network.node_count, 300, replace=False)
    for backwards in (False, True):
        one, other = (
            node_times(which, at, at, limit_ms=15 * 60_000, backwards=backwards).toarray()
            for which, at in ((network, nodes), (plain, number[nodes]))
        )
        assert np.array_equal(one, other)


@pytest.mark.slow
def test_rome_has_the_known_distances_and_counts_with_and_without():
    """200 distances and the number of nodes within four limits, those exactly at them too."""
    rome = json.loads((DATA / "validation" / "rome99.json").read_text())
    tail, head, metres = np.array(rome["arcs"]).T
    nodes = np.arange(rome["n"])
    place = 12 + nodes % 60 * 1e-3, 41 + nodes // 60 * 1e-3
    for contract in (True, False):
        network, number = network_from_arrays(
            *place, tail - 1, head - 1, metres, np.full(len(metres), -1), contract=contract
        )
        for pair in rome["pairs"]:
            ends = number[[pair["s"] - 1]], number[[pair["t"] - 1]]
            assert node_times(network, *ends, limit_ms=10**6)[0, 0] == pair["distance"]
        sources = number[np.array(rome["sources"]) - 1]
        for limit, counts in rome["nodes_within"].items():
            within = node_times(network, sources, limit_ms=int(limit))
            assert np.diff(within.indptr).tolist() == counts


@pytest.mark.release
@pytest.mark.slow
def test_porto_from_its_raw_file_with_and_without():
    """347,182 road nodes, as OpenStreetMap has them."""
    with pytest.warns(br.DataWarning, match="left out"):
        roads = br.read_roads(DATA / "networks" / "porto_portugal.osm.pbf")
    check_with_and_without(br.build_network(roads))


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.filterwarnings("default:.*unknown class:boxreach.DataWarning")
def test_aleppo_with_and_without():
    """78,908 edges, two-way, in UTM."""
    pytest.importorskip("pyarrow", reason="GeoParquet wants boxreach[parquet]")
    roads = gpd.read_parquet(DATA / "networks" / "aleppo_1133.parquet")
    table = br.read_roads(roads, columns={"road_class": "highway"})
    with pytest.warns(br.DataWarning, match=r"518 .* left out \(pedestrian\)"):
        network = br.build_network(table)
    check_with_and_without(network)
