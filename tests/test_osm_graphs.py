"""Graphs of osmnx, in memory and as GraphML, become noded roads."""

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from shapely import LineString, MultiLineString

import boxreach as br

PLACES = {11: (44.0, 33.0), 12: (44.1, 33.0), 13: (44.2, 33.0)}
BEND = LineString([(44.0, 33.0), (44.05, 33.1), (44.1, 33.0)])
pytestmark = pytest.mark.filterwarnings("ignore:.* hold lists in")

STREET = {"osmid": 1, "highway": "primary", "oneway": False, "length": 24000.0}


def build(*edges, places=PLACES, crs="EPSG:4326"):
    """Return a graph of (from, to, attributes) as osmnx makes it."""
    graph = nx.MultiDiGraph(crs=crs)
    for node, (x, y) in places.items():
        graph.add_node(node, x=x, y=y)
    for start, end, said in edges:
        graph.add_edge(start, end, **{"length": 1.0} | said)
    return graph


@pytest.fixture
def graph():
    """A bent street both ways, drawn from 12 to 11, and a one-way street onward."""
    return build(
        (11, 12, STREET | {"geometry": BEND, "reversed": True, "maxspeed": "50"}),
        (12, 11, STREET | {"geometry": BEND.reverse(), "reversed": False, "maxspeed": "50"}),
        (
            12,
            13,
            {"osmid": [2, 3], "highway": ["trunk", "primary"], "oneway": True, "reversed": False}
            | {"maxspeed": ["40 mph", "50"], "name": "Main"},
        ),
    )


def rows(roads):
    """Return ends and direction of each row."""
    columns = ("from_node", "to_node", "oneway")
    return list(zip(*(roads[name] for name in columns), strict=True))


def test_both_directions_of_a_street_become_one_road(graph):
    """The row runs as its way was drawn; node ids are kept, and limits are read."""
    with pytest.warns(br.DataWarning, match="1 rows hold lists in highway; the first of each"):
        roads = br.read_roads(graph)
    assert rows(roads) == [(12, 11, ""), (12, 13, "forward")]
    assert roads.geometry.iloc[0].equals(BEND.reverse())
    assert roads["road_class"].tolist() == ["primary", "trunk"]
    assert roads["limit_kmh"].tolist() == [50, pytest.approx(40 * 1.609344, abs=0.5)]
    assert roads["name"].tolist() == ["", "Main"]


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ({"oneway": True}, {"oneway": True}),
        ({"maxspeed": "50"}, {"maxspeed": "30"}),
        ({"geometry": BEND}, {}),
        ({"highway": "primary"}, {"highway": "secondary"}),
    ],
)
def test_edges_that_differ_stay_two_one_way_roads(there, back):
    """Two carriageways, or two speeds, are no single street."""
    graph = build((11, 12, STREET | there), (12, 11, STREET | back))
    assert rows(br.read_roads(graph)) == [(11, 12, "forward"), (12, 11, "forward")]


def test_lists_in_the_other_order_say_the_same():
    """With osmnx, the list of merged ways turns round with the edge."""
    there, back = {"osmid": [1, 2], "name": ["A", "B"]}, {"osmid": [2, 1], "name": ["B", "A"]}
    graph = build((11, 12, STREET | there), (12, 11, STREET | back))
    assert rows(br.read_roads(graph)) == [(11, 12, "")]


def test_an_edge_over_a_bridge_is_called_one_in_memory_and_as_graphml(tmp_path):
    """Both directions are one road; of several values the first; no column without a bridge."""
    over = STREET | {"bridge": "yes"}
    graph = build((11, 12, over), (12, 11, over), (12, 13, STREET | {"bridge": ["viaduct", "yes"]}),
                  (13, 11, STREET | {"bridge": "no"}), (11, 13, STREET))  # fmt: skip
    roads = br.read_roads(graph)
    assert roads["bridge"].to_dict() == {
        "11-12-0": "yes", "12-13-0": "viaduct", "13-11-0": "", "11-13-0": "",
    }  # fmt: skip
    ox.save_graphml(graph, tmp_path / "roads.graphml")
    assert br.read_roads(tmp_path / "roads.graphml")["bridge"].equals(roads["bridge"])
    assert "bridge" not in br.read_roads(build((11, 12, STREET | {"bridge": "no"})))


def test_parallel_streets_and_loops_are_kept_apart():
    """Each edge finds one mirror at most; a loop that is driven both ways is one road."""
    ring = LineString([(44.0, 33.0), (44.05, 33.1), (44.05, 33.0), (44.0, 33.0)])
    graph = build(
        (11, 12, STREET),
        (12, 11, STREET),
        (11, 12, STREET),
        (11, 12, STREET | {"geometry": BEND}),
        (12, 11, STREET | {"geometry": BEND.reverse()}),
        (11, 11, STREET | {"geometry": ring}),
        (11, 11, STREET | {"geometry": ring.reverse()}),
    )
    assert rows(br.read_roads(graph)) == [
        (11, 12, ""),
        (11, 12, "forward"),
        (11, 12, ""),
        (11, 11, ""),
    ]


def test_a_projected_graph_comes_back_in_degrees(graph):
    """The coordinate reference system of the graph is heeded."""
    graph.graph["simplified"] = True  # or osmnx 2.0 leaves the bends in degrees
    plain = br.read_roads(graph)
    projected = br.read_roads(ox.project_graph(graph))
    assert rows(projected) == rows(plain)
    assert projected.geometry.geom_equals_exact(plain.geometry, 1e-6).all()


def test_nodes_of_negative_ids_get_numbers_that_are_not():
    """Negative numbers are kept for barriers."""
    places = {-1: (44.0, 33.0), 12: (44.1, 33.0), -13: (44.2, 33.0)}
    roads = br.read_roads(build((-1, 12, STREET), (12, -13, STREET), places=places))
    numbers = [*roads["from_node"], *roads["to_node"]]
    assert min(numbers) >= 0
    assert len(set(numbers)) == 3


def test_nodes_without_numbers_get_some():
    """Streets meet where they did, whatever the nodes are called."""
    places = dict(zip("abc", PLACES.values(), strict=True))
    roads = br.read_roads(build(("a", "b", STREET), ("b", "c", STREET), places=places))
    assert roads["to_node"].iloc[0] == roads["from_node"].iloc[1]
    assert len({*roads["from_node"], *roads["to_node"]}) == 3


def test_graphml_is_read_as_the_graph_it_was(graph, tmp_path):
    """What osmnx saves gives the same roads; the command line takes the file as roads."""
    path = tmp_path / "roads.graphml"
    ox.save_graphml(graph, path)
    roads, plain = br.read_roads(path), br.read_roads(graph)
    assert rows(roads) == rows(plain)
    assert roads.index.tolist() == plain.index.tolist()
    assert roads.geometry.geom_equals(plain.geometry).all()
    np.testing.assert_allclose(roads["limit_kmh"], plain["limit_kmh"])


@pytest.mark.parametrize(
    "graph",
    [
        nx.MultiDiGraph(crs="EPSG:4326"),
        ox.convert.to_undirected(build((11, 12, STREET))),
        build((11, 12, STREET), crs=None),
        nx.path_graph(3),
    ],
    ids=["empty", "undirected", "no crs", "no places"],
)
def test_what_is_no_directed_graph_of_osmnx_is_refused(graph, tmp_path):
    """In memory and as GraphML, with words for the one who made it."""
    if graph.graph.get("crs", "") is None:
        del graph.graph["crs"]
    with pytest.raises(br.InputError, match="roads: it is no file"):
        br.read_roads(graph)
    path = tmp_path / "roads.graphml"
    (ox.save_graphml if graph.is_multigraph() else nx.write_graphml)(graph, path)
    with pytest.raises(br.InputError, match=r"roads\.graphml: it cannot be read as a graph"):
        br.read_roads(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!DOCTYPE g [<!ENTITY a 'b'>]><graphml/>", "it has a DOCTYPE"),
        ("<osm/>", "it is no GraphML but <osm>"),
        ("roads", "it is no GraphML"),
        ("<graphml><graph", "it cannot be read as a graph of osmnx"),
        ("<graphml></graphml>", "it cannot be read as a graph of osmnx"),
    ],
)
def test_bad_graphml_is_refused_by_name(tmp_path, text, said, no_traceback):
    """Entities, other XML, text and cut files never reach the parser of graphs, or end in words."""
    path = tmp_path / "bad.graphml"
    path.write_text(text)
    with pytest.raises(br.InputError, match=f"bad.graphml: {said}") as caught:
        br.read_roads(path)
    no_traceback(str(caught.value))


@pytest.mark.parametrize("said", ["epsg:99999", "", None])
def test_a_graph_of_a_system_that_nobody_knows_is_refused(graph, tmp_path, said):
    graph.graph["crs"] = said
    with pytest.raises(br.InputError, match="its coordinate reference system is not known"):
        br.read_roads(graph)
    ox.save_graphml(graph, tmp_path / "roads.graphml")
    with pytest.raises(br.InputError, match=r"roads\.graphml: .* is not known"):
        br.read_roads(tmp_path / "roads.graphml")


def test_noded_frames_keep_their_nodes(graph):
    """A roads table that is read again stays as it is, row by row, with ids that repeat."""
    roads = br.read_roads(graph)
    roads.index = ["street", "street"]
    roads.index.name = "road_id"
    again = br.read_roads(roads)
    assert rows(again) == rows(roads)
    assert again.index.tolist() == ["street", "street"]
    assert again["from_node"].dtype == np.int64


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"from_node": None}, "row 1, column from_node: it is blank"),
        ({"from_node": 1.5}, "row 1, column from_node: 1.5 will not do"),
        ({"from_node": "x"}, "row 1, column from_node: 'x' is not a number"),
        ({"to_node": 2.0**60}, r"column to_node: 1\.15\d*e\+18 will not do"),
    ],
)
def test_node_numbers_are_whole(graph, changes, said):
    """Every row has both, or the columns are not there."""
    roads = br.read_roads(graph)
    for name, value in changes.items():
        roads[name] = roads[name].astype(object)
        roads.iloc[0, roads.columns.get_loc(name)] = value
    with pytest.raises(br.InputError, match=said):
        br.read_roads(roads)


def test_one_column_of_node_numbers_is_not_enough(graph):
    """Half of it is a mistake; ids may not repeat then either."""
    roads = br.read_roads(graph).drop(columns="to_node")
    with pytest.raises(br.InputError, match="column to_node: the column is missing; give"):
        br.read_roads(roads)
    roads = br.read_roads(graph).drop(columns=["to_node", "from_node"])
    roads.index = roads.index[[0, 0]]
    with pytest.raises(br.InputError, match="stands already in row 1"):
        br.read_roads(roads)


def test_large_node_numbers_are_kept_exactly(graph):
    """Integers do not go through floats."""
    roads = br.read_roads(graph).assign(to_node=[2**60 + 1, 2**60 + 3])
    assert br.read_roads(roads)["to_node"].tolist() == [2**60 + 1, 2**60 + 3]


def test_a_noded_road_of_several_parts_is_refused(graph):
    """Nothing says where its inner ends lie."""
    roads = br.read_roads(graph)
    line = roads.geometry.iloc[0]
    roads.loc[roads.index[0], "geometry"] = MultiLineString([line, line])
    with pytest.raises(br.InputError, match="row 1, column geometry: it has 2 parts"):
        br.read_roads(roads)
