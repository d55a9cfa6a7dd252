"""The real extract of Porto is read as an independent reader counts it, and fast enough."""

import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import osmium
import pytest

import boxreach as br
from boxreach.crs import GEOD
from boxreach.scenarios.used_roads import bridges_of
from boxreach.sources.osm.access import blocks, read_way

PORTO = Path(__file__).parents[2] / "shared" / "data" / "networks" / "porto_portugal.osm.pbf"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.real,
    pytest.mark.release,
    pytest.mark.skipif(not PORTO.is_file(), reason="the real data are not beside the checkout"),
]


@pytest.fixture(scope="module")
def porto():
    """The roads of Porto, what was said about them, and the seconds of CPU it took."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        start = time.process_time()
        roads = br.read_roads(PORTO)
        seconds = time.process_time() - start
    (said,) = (str(one.message) for one in heard)
    return roads, said, seconds


class Counting(osmium.SimpleHandler):
    """The plainest reader there is: an object at a time, no arrays."""

    def __init__(self):
        super().__init__()
        self.highways = 0
        self.nodes = set()
        self.left_out = Counter()
        self.driven = {}
        self.bridges = {}
        self.blocked = set()
        self.places = {}

    def node(self, node):
        if blocks(dict(node.tags)):
            self.blocked.add(node.id)

    def way(self, way):
        tags = dict(way.tags)
        if "highway" not in tags:
            return
        self.highways += 1
        self.nodes.update(one.ref for one in way.nodes)
        meaning = read_way(tags)
        if not meaning.driven:
            self.left_out[meaning.why] += 1
            return
        drawn = [
            one for at, one in enumerate(way.nodes) if not at or way.nodes[at - 1].ref != one.ref
        ]
        self.places.update((one.ref, (one.lon, one.lat)) for one in drawn)
        if len(drawn) > 1:
            self.driven[way.id] = [one.ref for one in drawn]
            if tags.get("bridge", "no") != "no":
                self.bridges[f"w{way.id}"] = tags["bridge"]


@pytest.fixture(scope="module")
def counted():
    handler = Counting()
    handler.apply_file(str(PORTO), locations=True)
    return handler


def test_the_extract_is_the_one_that_is_known(counted):
    """51,349 ways with a highway tag and 347,182 nodes of theirs, as its README says."""
    assert (counted.highways, len(counted.nodes)) == (51_349, 347_182)


def test_each_kind_that_is_left_out_is_counted(porto, counted):
    """Every number of the warning is the one of the plain reader."""
    _, said, _ = porto
    assert said.startswith("porto_portugal.osm.pbf: 51,349 ways with a highway tag; left out: ")
    for kind, count in counted.left_out.items():
        assert f"{kind} {count:,}" in said


def test_every_driven_way_is_there_node_by_node(porto, counted):
    """The pieces of a way, one after the other, are the way: its nodes and their places."""
    roads, _, _ = porto
    assert roads.index.unique().tolist() == [f"w{one}" for one in sorted(counted.driven)]
    lines = roads.geometry.groupby(level=0, sort=False).agg(list)
    for road, pieces in lines.items():
        places = [counted.places[one] for one in counted.driven[int(road[1:])]]
        found = [*pieces[0].coords[:1], *(xy for one in pieces for xy in one.coords[1:])]
        assert found == places


def test_every_driven_bridge_is_one_and_no_other_road(porto, counted):
    """Each way that is tagged so, by what the tag says, in the table and in its network."""
    roads, _, _ = porto
    assert len(counted.bridges) > 500
    said = roads["bridge"]
    assert said[said != ""].groupby(level=0).agg(set).to_dict() == {
        road: {word} for road, word in counted.bridges.items()
    }
    assert bridges_of(br.build_network(roads)) == sorted(counted.bridges)


def test_pieces_end_where_ways_share_nodes_and_nowhere_else(porto, counted):
    """The numbers of pieces, of shared nodes and of blocked ends agree with the plain count."""
    roads, _, _ = porto
    uses = Counter(node for nodes in counted.driven.values() for node in nodes)
    shared = {node for node, count in uses.items() if count > 1}
    inner = sum(
        node in shared or node in counted.blocked
        for nodes in counted.driven.values()
        for node in nodes[1:-1]
    )
    assert len(roads) == len(counted.driven) + inner
    ends = np.concatenate([roads["from_node"], roads["to_node"]])
    numbers, pieces = np.unique(ends, return_counts=True)
    ways_end = {node for nodes in counted.driven.values() for node in (nodes[0], nodes[-1])}
    assert set(numbers[numbers > 0].tolist()) == (ways_end | shared) - counted.blocked
    assert (pieces[numbers < 0] == 1).all()
    assert (numbers < 0).sum() == sum(
        (node in counted.blocked) * (1 + (0 < at < len(nodes) - 1))
        for nodes in counted.driven.values()
        for at, node in enumerate(nodes)
    )


def test_the_length_is_that_of_the_ways(porto, counted):
    """Nothing is lost or counted twice: the same kilometres to a millimetre."""
    roads, _, _ = porto
    metres = sum(
        GEOD.line_length(*zip(*(counted.places[one] for one in nodes), strict=True))
        for nodes in counted.driven.values()
    )
    assert roads.geometry.apply(GEOD.geometry_length).sum() == pytest.approx(metres, abs=0.001)


def test_xml_gives_the_same_roads(porto, tmp_path):
    """The whole extract as packed XML is read by the other path, to the same table."""
    path = tmp_path / "porto_portugal.osm.gz"
    keep = osmium.filter.KeyFilter("highway", "route")
    keep.enable_for(osmium.osm.WAY)
    with osmium.SimpleWriter(str(path)) as writer:
        osmium.apply(str(PORTO), keep, writer)
    with pytest.warns(br.DataWarning, match="51,349 ways"):
        roads = br.read_roads(path)
    assert roads.equals(porto[0])


@pytest.mark.slow
def test_reading_is_fast(porto):
    """At least 180,000 highway nodes a second of CPU, half of it on a machine at work."""
    _, _, seconds = porto
    assert 347_182 / seconds > 90_000
