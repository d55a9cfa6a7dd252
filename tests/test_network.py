"""What the network promises: roads meet where they should, and nowhere else."""

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from scipy.sparse.csgraph import connected_components
from shapely import LineString, Point, box

import boxreach as br


def roads(*lines, **columns):
    """Build a roads table from coordinate lists in degrees."""
    ids = [f"r{number}" for number in range(len(lines))]
    index = columns.pop("index", ids)
    frame = gpd.GeoDataFrame(columns, geometry=[LineString(one) for one in lines], crs=4326)
    return frame.set_axis(index, axis=0).rename_axis("road_id")


def parts(network):
    """Count the parts of a network that no road joins."""
    return connected_components(network.adjacency(), directed=False)[0]


CROSS = ([(44.0, 33.0), (44.2, 33.0)], [(44.1, 32.9), (44.1, 33.1)])


def test_roads_that_share_an_inner_vertex_meet_there():
    """A T-junction drawn with a common vertex is a junction."""
    network = br.build_network(
        roads([(44, 33), (44.1, 33), (44.2, 33)], [(44.1, 33), (44.1, 33.1)])
    )
    assert (len(network.tail), network.node_count, parts(network)) == (3, 4, 1)


def test_a_bridge_over_a_road_is_no_junction_unless_crossings_are_noded():
    """Lines that cross without a common vertex stay apart by default."""
    assert parts(br.build_network(roads(*CROSS))) == 2
    noded = br.build_network(roads(*CROSS), node_crossings=True)
    assert (len(noded.tail), parts(noded)) == (4, 1)
    apart = br.build_network(roads(*CROSS))
    assert noded.roads["length_m"].sum() == pytest.approx(apart.roads["length_m"].sum(), rel=1e-6)


def test_an_edge_takes_its_geodesic_length_times_the_winding_factor_at_the_speed_of_its_class():
    """Times follow from length, class and surface alone."""
    line = [(44, 33), (44.5, 33.2)]
    table = roads(line, line, road_class=["trunk", "trunk"], winding_factor=[1.0, 1.1],
                  surface=["", "gravel"])  # fmt: skip
    network = br.build_network(table)
    metres = Geod(ellps="WGS84").line_length(*zip(*line, strict=True))
    expected = [round(metres / 85 * 3600), round(metres * 1.1 / (85 * 0.7) * 3600)]
    assert network.forward_ms.tolist() == pytest.approx(expected, abs=1)


def test_one_way_roads_can_be_driven_one_way_only():
    """The words of OpenStreetMap for one-way, and its opposite, are understood."""
    line = [(44, 33), (44.1, 33)]
    network = br.build_network(roads(line, line, line, line, oneway=["yes", "-1", "no", "1.0"]))
    assert (network.forward_ms >= 0).tolist() == [True, False, True, True]
    assert (network.backward_ms >= 0).tolist() == [False, True, True, False]


def test_an_unknown_word_for_one_way_is_said_and_taken_as_two_way():
    """Nothing is assumed in silence."""
    with pytest.warns(br.DataWarning, match="perhaps"):
        network = br.build_network(roads([(44, 33), (44.1, 33)], oneway=["perhaps"]))
    assert (network.forward_ms >= 0).all()
    assert (network.backward_ms >= 0).all()


def test_gaps_are_bridged_shortest_first_only_between_parts_and_listed():
    """Three parts in a row need two bridges; the widest gap stays where the tolerance ends."""
    table = roads(
        [(44, 33), (44.1, 33)], [(44.101, 33), (44.2, 33)], [(44.2, 33.003), (44.3, 33.003)]
    )
    with pytest.warns(br.DataWarning, match="1 gaps"):
        short = br.build_network(table, bridge_m=200)
    with pytest.warns(br.DataWarning, match="2 gaps"):
        wide = br.build_network(table, bridge_m=500)
    assert (parts(short), parts(wide)) == (2, 1)
    assert wide.bridges["metres"].tolist() == pytest.approx([93.4, 332.7], abs=0.5)
    assert wide.bridges["metres"].is_monotonic_increasing


def test_a_bridge_may_land_in_the_middle_of_a_road():
    """The road is split where the bridge meets it."""
    table = roads([(44, 33), (44.2, 33)], [(44.1, 33.001), (44.1, 33.1)])
    with pytest.warns(br.DataWarning, match="bridged"):
        network = br.build_network(table, bridge_m=200)
    assert (parts(network), len(network.tail)) == (1, 4)


def test_no_bridge_is_made_within_a_part():
    """A detour stays a detour: a bridge across a river is not invented."""
    horseshoe = roads([(44, 33), (44.1, 33), (44.1, 33.001), (44, 33.001)])
    assert br.build_network(horseshoe, bridge_m=500).bridges.empty


@pytest.mark.parametrize(
    "closed", [box(44.09, 32.99, 44.11, 33.01), LineString([(44.1, 32.9), (44.1, 33.1)]),
               Point(44.1, 33.0002)], ids=["area", "line", "point"]
)  # fmt: skip
def test_a_closure_cuts_the_road_and_the_lifted_network_keeps_it(closed):
    """Areas, lines and points all cut; lifting them brings the way back."""
    closures = gpd.GeoDataFrame(geometry=[closed], index=["c1"], crs=4326)
    network = br.build_network(roads([(44, 33), (44.2, 33)]), closures=closures)
    assert parts(network) == 2
    assert parts(network.lifted) == 1


def test_a_closed_bridge_is_cut_and_the_road_under_it_is_not():
    """A point with a road's id closes that road alone."""
    closures = gpd.GeoDataFrame(
        {"road_id": ["r1"]}, geometry=[Point(44.1, 33)], index=["c"], crs=4326
    )
    network = br.build_network(roads(*CROSS), closures=closures)
    assert network.roads.index.tolist() == ["r0", "r1", "r1"]


def test_a_closure_that_meets_no_road_is_named():
    """A closure in the wrong place must not pass for a closed road."""
    closures = gpd.GeoDataFrame(geometry=[Point(45, 34)], index=["lost"], crs=4326)
    with pytest.warns(br.DataWarning, match="lost"):
        br.build_network(roads([(44, 33), (44.2, 33)]), closures=closures)


def test_closing_every_road_is_refused():
    """A network without roads cannot be planned on."""
    closures = gpd.GeoDataFrame(geometry=[box(43, 32, 46, 34)], index=["c"], crs=4326)
    with pytest.raises(br.InputError, match="no road open"):
        br.build_network(roads([(44, 33), (44.2, 33)]), closures=closures)


def test_roads_still_meet_at_their_nodes_when_one_of_them_is_cut():
    """Cutting a road far from a junction leaves the junction whole."""
    star = roads([(44, 33), (44.3, 33)], [(44, 33), (44.0, 33.3)], [(44, 33), (43.8, 32.9)])
    closures = gpd.GeoDataFrame(geometry=[box(44.1, 32.9, 44.2, 33.1)], index=["c"], crs=4326)
    network = br.build_network(star, closures=closures)
    assert (len(network.tail), parts(network)) == (4, 2)


def test_inputs_stay_as_they_were():
    """No function writes into the tables it is given."""
    table = roads(*CROSS)
    before = table.copy()
    br.build_network(table, node_crossings=True, bridge_m=100)
    assert table.equals(before)


def test_parameters_out_of_range_are_refused_together():
    """All wrong parameters are named in one message."""
    with pytest.raises(br.InputError) as error:
        br.build_network(roads(*CROSS), off_road_km=-1, off_road_kmh=0, bridge_m=-5)
    assert len(error.value.faults) == 3


def test_times_do_not_depend_on_the_order_of_the_roads():
    """Shuffling rows gives the same edges."""
    table = roads(*CROSS, [(44, 33), (44.1, 33.1)], road_class=["trunk", "primary", "track"])
    one = br.build_network(table, node_crossings=True)
    other = br.build_network(table.iloc[[2, 0, 1]], node_crossings=True)
    assert np.sort(one.forward_ms).tolist() == np.sort(other.forward_ms).tolist()
