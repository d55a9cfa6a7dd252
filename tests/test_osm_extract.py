"""Extracts of OpenStreetMap become noded roads, and what is left out of them is counted."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boxreach as br

FORMATS = ["roads.osm.pbf", "roads.pbf", "roads.osm", "roads.osm.gz", "roads.osm.bz2"]
ROAD = {"highway": "primary"}

# A cross: 1 - 2 - 3 - 4 - 5 from west to east, and 6 - 3 - 7 from north to south.
PLACES = {
    1: (44.0, 33.0),
    2: (44.1, 33.0),
    3: (44.2, 33.0),
    4: (44.3, 33.0),
    5: (44.4, 33.0),
    6: (44.2, 33.1),
    7: (44.2, 32.9),
}
EAST = (20, [1, 2, 3, 4, 5], ROAD)
SOUTH = (10, [6, 3, 7], {"highway": "track"})


@pytest.fixture
def read(write_osm):
    """Write an extract, read it and return its roads and what was said about it."""

    def run(ways, nodes=PLACES, name="roads.osm.pbf", **options):
        path = write_osm(name, nodes, ways, **options)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            roads = br.read_roads(path)
        assert all(one.category is br.DataWarning for one in heard)
        assert len(heard) <= 1
        return roads, "".join(str(one.message) for one in heard)

    return run


def ends(roads):
    """Return road, first and last node of each row."""
    return list(zip(roads.index, roads["from_node"], roads["to_node"], strict=True))


def test_ways_are_cut_where_they_share_a_node(read):
    """The pieces of a way keep its id and follow each other as it is drawn; nothing is said."""
    roads, said = read([EAST, SOUTH])
    assert ends(roads) == [("w10", 6, 3), ("w10", 3, 7), ("w20", 1, 3), ("w20", 3, 5)]
    assert roads.geometry.iloc[2].coords[:] == [(44.0, 33.0), (44.1, 33.0), (44.2, 33.0)]
    assert roads["road_class"].tolist() == ["track", "track", "primary", "primary"]
    assert roads["from_node"].dtype == np.int64
    assert said == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS[1:])
def test_all_formats_give_the_same_roads(read, name):
    """PBF and XML, packed or not, hold the same roads to the last digit, and say the same."""
    nodes = PLACES | {4: (*PLACES[4], {"barrier": "bollard"})}
    tags = {"highway": "primary", "name": "شارع % = , الموصل", "ref": "1", "oneway": "-1"}
    ways = [(20, [1, 2, 3, 4, 5], tags), SOUTH, (30, [6, 7], {"highway": "steps"})]
    roads, said = read(ways, nodes)
    again, said_again = read(ways, nodes, name)
    assert_geodataframe_equal(again, roads)
    assert said_again.replace(name, "roads.osm.pbf") == said
    assert roads["name"].tolist()[-1] == "شارع % = , الموصل"
    assert set(roads["oneway"]) == {"", "backward"}


def test_the_order_of_ways_in_a_file_changes_nothing(read):
    """The table is ordered by the ids of the ways."""
    roads, _ = read([EAST, SOUTH])
    turned, _ = read([SOUTH, EAST])
    assert_geodataframe_equal(turned, roads)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_nodes_may_stand_behind_their_ways(read, name):
    """A file that is not sorted is read to the end before anything is called missing."""
    roads, said = read([EAST, SOUTH], name=name, ways_first=True)
    assert_geodataframe_equal(roads, read([EAST, SOUTH])[0])
    assert said == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_negative_ids_are_counted_on_from_the_highest(read, name):
    """Editors number what is new downward from -1; negative numbers are kept for barriers."""
    nodes = {-one: place for one, place in PLACES.items()}
    ways = [(-20, [-1, -2, -3, -4, -5], ROAD), (-10, [-6, -3, -7], ROAD)]
    roads, _ = read(ways, nodes, name)
    assert ends(roads) == [("w-20", 1, 3), ("w-20", 3, 5), ("w-10", 6, 3), ("w-10", 3, 7)]
    nodes |= {8: (44.5, 33.0)}
    roads, _ = read([(-20, [8, -1, -2], ROAD), (-10, [-1, -3], ROAD)], nodes, name)
    assert ends(roads) == [("w-20", 8, 9), ("w-20", 9, 10), ("w-10", 9, 11)]


def test_a_bridge_meets_no_road_under_it(read):
    """Roads meet at shared nodes alone: not where they cross, nor where nodes lie on each other."""
    nodes = PLACES | {33: PLACES[3]}
    roads, _ = read([EAST, (10, [6, 33, 7], ROAD | {"bridge": "yes"})], nodes)
    assert ends(roads) == [("w10", 6, 7), ("w20", 1, 5)]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_bridge_is_called_what_its_tag_says_in_all_its_pieces(read, name):
    """Blank where a way is none, or says so; where no way is one there is no such column."""
    tags = ROAD | {"bridge": " Viaduct", "name": "High road"}
    other = {"highway": "track", "bridge": "no"}
    roads, said = read([(20, [1, 2, 3, 4, 5], tags), (10, [6, 3, 7], other)], name=name)
    assert roads["bridge"].tolist() == ["", "", "Viaduct", "Viaduct"]
    assert said == ""
    roads, _ = read([(20, [1, 2], ROAD | {"bridge": "yes"}), (30, [2, 3], ROAD)], name=name)
    assert roads["bridge"].tolist() == ["yes", ""]
    roads, _ = read([EAST, (10, [6, 3, 7], other)], name=name)
    assert "bridge" not in roads


def test_a_loop_is_cut_where_it_meets_itself(read):
    """A way that comes back to one of its nodes is cut there; a ring ends where it begins."""
    roads, _ = read([(1, [1, 2, 6, 3, 2, 7], ROAD)])
    assert ends(roads) == [("w1", 1, 2), ("w1", 2, 2), ("w1", 2, 7)]
    roads, _ = read([(1, [1, 2, 6, 1], ROAD | {"junction": "roundabout"}), (2, [2, 3], ROAD)])
    assert ends(roads) == [("w1", 1, 2), ("w1", 2, 1), ("w2", 2, 3)]
    assert roads["oneway"].tolist() == ["forward", "forward", ""]


def test_nobody_drives_through_a_bollard(read):
    """Each side of a node that stops vehicles ends in a number of its own; both sides stay."""
    nodes = PLACES | {3: (*PLACES[3], {"barrier": "bollard"}), 2: (*PLACES[2], {"barrier": "gate"})}
    roads, said = read([EAST, SOUTH], nodes)
    assert ends(roads) == [("w10", 6, -1), ("w10", -2, 7), ("w20", 1, -3), ("w20", -4, 5)]
    assert roads.geometry.iloc[0].coords[-1] == roads.geometry.iloc[3].coords[0] == (44.2, 33.0)
    assert "nodes that stop vehicles 1" in said


def test_a_node_without_a_barrier_stops_vehicles_by_its_access(read):
    """`motor_vehicle=no` on a node is enough."""
    nodes = PLACES | {2: (*PLACES[2], {"motor_vehicle": "no"})}
    roads, _ = read([EAST], nodes)
    assert ends(roads) == [("w20", 1, -1), ("w20", -2, 5)]


def test_the_numbers_at_bollards_are_nobody_elses(read):
    """Only they are negative, also where ids are."""
    nodes = {-one: place for one, place in PLACES.items()} | {
        -2: (*PLACES[2], {"barrier": "bollard"})
    }
    roads, _ = read([(1, [-1, -2, -3], ROAD)], nodes)
    assert ends(roads) == [("w1", 1, -1), ("w1", -2, 3)]


@pytest.mark.parametrize("name", FORMATS)
def test_a_way_is_cut_at_the_edge_of_an_extract(read, name):
    """What lies between two missing nodes stays, unless it is a node alone; all is counted."""
    nodes = {one: PLACES[one] for one in (1, 2, 4, 5, 6)}
    ways = [EAST, SOUTH, (30, [8, 9], ROAD), (40, [9, 5, 9, 8], ROAD)]
    roads, said = read(ways, nodes, name)
    assert ends(roads) == [("w20", 1, 2), ("w20", 4, 5)]
    assert "ways without two nodes 3" in said
    assert "nodes beyond the edge 4" in said
    assert "ways cut at the edge 1" in said


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_the_newest_version_of_a_way_counts(read, name, newest_first):
    """A way that stands twice is read once, with its highest version, whatever the order."""
    ways = [
        (10, [6, 3, 7], {"highway": "track"}, {"version": 1}),
        (10, [6, 3], {"highway": "trunk"}, {"version": 2}),
    ]
    roads, said = read([*(ways[::-1] if newest_first else ways), EAST], name=name)
    assert ends(roads) == [("w10", 6, 3), ("w20", 1, 3), ("w20", 3, 5)]
    assert roads["road_class"].iloc[0] == "trunk"
    assert "older versions of ways 1" in said


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_deleted_is_no_road(read, name):
    """A way whose newest version is not visible is gone, although an older one is in the file."""
    ways = [
        (10, [6, 3, 7], ROAD, {"version": 1}),
        (10, [6, 3, 7], ROAD, {"version": 2, "visible": False}),
        (15, [4, 7], ROAD, {"version": 1, "visible": False}),
        EAST,
    ]
    roads, said = read(ways, name=name, history=True)
    assert ends(roads) == [("w20", 1, 5)]
    assert "deleted ways 2" in said


@pytest.mark.parametrize("name", FORMATS)
def test_a_way_deleted_with_its_tags_is_no_road(read, name):
    """The deletion itself has no tags any more; a history is read with that in mind."""
    ways = [
        (10, [6, 7], ROAD, {"version": 1}),
        (10, [], {}, {"version": 2, "visible": False}),
        EAST,
    ]
    assert ends(read(ways, name=name, history=True)[0]) == [("w20", 1, 5)]


def test_a_node_is_where_its_newest_version_says(tmp_path):
    """A file with several versions of a node puts it where it is now."""
    path = tmp_path / "roads.osm"
    path.write_text(
        '<osm version="0.6"><node id="1" version="2" lat="33" lon="44.5"/>'
        '<node id="1" version="1" lat="33" lon="44"/><node id="2" version="1" lat="33" lon="45"/>'
        '<way id="1" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="road"/></way></osm>'
    )
    assert br.read_roads(path).geometry.iloc[0].coords[:] == [(44.5, 33.0), (45.0, 33.0)]


def test_a_node_of_no_place_on_earth_is_missing(tmp_path):
    """A latitude of 91 degrees is no place a road leads to."""
    path = tmp_path / "roads.osm"
    path.write_text(
        '<osm version="0.6"><node id="1" lat="91" lon="44.5"/><node id="2" lat="33" lon="44"/>'
        '<node id="3" lat="33" lon="45"/><way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>'
        '<tag k="highway" v="road"/></way></osm>'
    )
    with pytest.warns(br.DataWarning, match="nodes beyond the edge 1"):
        assert ends(br.read_roads(path)) == [("w1", 2, 3)]


def test_ways_of_one_place_are_counted(read):
    """A way of one node is none; a node that repeats the one before it is left out."""
    ways = [EAST, (1, [3], ROAD), (2, [4, 4], ROAD), (3, [], ROAD), (4, [6, 6, 7, 7], ROAD)]
    roads, said = read(ways)
    assert ends(roads) == [("w4", 6, 7), ("w20", 1, 5)]
    assert len(roads.geometry.iloc[0].coords) == 2
    assert "ways without two nodes 3" in said


def test_the_same_line_under_two_ids_is_counted(read):
    """Both stay, in either direction of drawing: they change no time."""
    roads, said = read([EAST, (30, [5, 4, 3, 2, 1], ROAD), (40, [6, 7], ROAD)])
    assert len(roads) == 9
    assert "ways drawn twice under two ids 1" in said


def test_what_is_left_out_is_counted_by_kind(read):
    """Ferries, paths and works are no roads for a vehicle; each kind is named with its number."""
    ways = [
        EAST,
        (30, [1, 6], {"highway": "footway"}),
        (31, [2, 6], {"highway": "footway"}),
        (32, [3, 6], {"route": "ferry"}),
        (33, [4, 6], {"highway": "construction", "construction": "primary"}),
        (34, [4, 6], {"highway": "teleporter"}),
        (35, [4, 6], {"building": "yes"}),
        (36, [5, 6], {"highway": "track", "ford": "yes"}),
    ]
    roads, said = read(ways)
    assert ends(roads) == [("w20", 1, 5), ("w36", 5, 6)]
    assert said.startswith("roads.osm.pbf: 7 ways with a highway tag; left out: footway 2, ")
    for words in ("ferry 1", "construction 1", "unknown class 1", "kept, but look: ford 1"):
        assert words in said


def test_limits_are_read_with_and_against_the_direction_of_drawing(read):
    """A blank limit is not known; a blank one against it means the same as with it."""
    tags = {"maxspeed:forward": "80", "maxspeed:backward": "60"}
    roads, _ = read([(1, [1, 2], ROAD | tags), (2, [3, 4], ROAD)])
    assert roads["limit_kmh"].tolist()[0] == 80
    assert roads["limit_back_kmh"].tolist()[0] == 60
    assert np.isnan(roads["limit_kmh"].iloc[1])


def test_an_extract_has_no_layers(write_osm):
    """A layer or columns asked of an extract are a mistake, and said to be one."""
    path = write_osm("roads.osm.pbf", PLACES, [EAST])
    for options in ({"layer": "lines"}, {"columns": {"road_class": "highway"}}):
        with pytest.raises(br.InputError, match=r"roads\.osm\.pbf: it has neither layers nor"):
            br.read_roads(path, **options)


def test_the_network_takes_the_roads_of_an_extract(read):
    """What is read passes the one check of the table."""
    roads, _ = read([EAST, SOUTH])
    br.read_roads(roads)
    assert br.read_roads(roads).index.tolist() == ["w10", "w10", "w20", "w20"]


@st.composite
def extracts(draw):
    """Ways over a few nodes, of which some are missing and some stop vehicles."""
    numbers = st.integers(1, 9)
    ways = draw(st.lists(st.lists(numbers, max_size=7), min_size=1, max_size=6))
    return ways, draw(st.sets(numbers, max_size=3)), draw(st.sets(numbers, max_size=2))


def cut_by_hand(ways, missing, blocked):
    """Return the pieces of ways as lists of nodes: cut one edge at a time."""
    runs = []
    for number, nodes in enumerate(ways, 1):
        run = []
        for node in [*nodes, None]:
            if node is None or node in missing:
                runs += [(number, run)] if len(run) > 1 else []
                run = []
            elif not run or run[-1] != node:
                run.append(node)
    uses = Counter(node for _, run in runs for node in run)
    pieces = []
    for number, run in runs:
        piece = [run[0]]
        for node in run[1:]:
            piece.append(node)
            if uses[node] > 1 or node in blocked or node is run[-1]:
                pieces += [(f"w{number}", *piece)] if len(piece) > 1 else []
                piece = [node]
        pieces += [(f"w{number}", *piece)] if len(piece) > 1 else []
    return pieces


@pytest.mark.slow
@pytest.mark.parametrize(
    "count", [pytest.param(12, id="quick"), pytest.param(300, id="all", marks=pytest.mark.heavy)]
)
def test_pieces_are_what_cutting_by_hand_gives(read, count):
    """Vectorised cutting agrees with a loop over nodes, whatever is missing, looped or blocked."""

    @settings(max_examples=count, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(extracts())
    def agree(extract):
        ways, missing, blocked = extract
        nodes = {
            one: (
                44 + one / 100,
                33 + one * one / 1000,
                {"barrier": "block"} if one in blocked else {},
            )
            for one in range(1, 10)
            if one not in missing
        }
        places = {place[:2]: one for one, place in nodes.items()}
        expected = cut_by_hand(ways, missing, blocked)
        written = [(number, drawn, ROAD) for number, drawn in enumerate(ways, 1)]
        if not expected:
            with pytest.raises(br.InputError, match=r"nodes|nothing says where"):
                read(written, nodes)
            return
        roads, _ = read(written, nodes)
        found = [
            (road, *(places[round(x, 7), round(y, 7)] for x, y in line.coords))
            for road, line in roads.geometry.items()
        ]
        assert found == expected
        for (_, *piece), start, end in zip(
            found, roads["from_node"], roads["to_node"], strict=True
        ):
            assert start == piece[0] or (start < 0 and piece[0] in blocked)
            assert end == piece[-1] or (end < 0 and piece[-1] in blocked)
        numbers = pd.concat([roads["from_node"], roads["to_node"]])
        assert numbers[numbers < 0].is_unique
        assert not set(numbers) & blocked

    agree()
