"""What the network promises: roads meet where they should, and nowhere else."""

import subprocess
import sys
import warnings

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from scipy.sparse.csgraph import connected_components
from shapely import LineString, MultiLineString, Point, Polygon, box

import boxreach as br
from boxreach.unfinished import unfinished_folder


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
    expected = [round(metres / 80 * 3600), round(metres * 1.1 / (80 * 0.7) * 3600)]
    assert network.forward_ms.tolist() == pytest.approx(expected, rel=2e-6)


def test_one_way_roads_can_be_driven_one_way_only():
    """The words of OpenStreetMap for one-way, and its opposite, are understood."""
    line = [(44, 33), (44.1, 33)]
    network = br.build_network(roads(line, line, line, line, oneway=["yes", "-1", "no", "1.0"]))
    assert (network.forward_ms >= 0).tolist() == [True, False, True, True]
    assert (network.backward_ms >= 0).tolist() == [False, True, True, False]


@pytest.mark.parametrize("ending", ["shp", "gpkg", "geojson", None])
def test_letters_of_geofabrik_are_read_as_directions(ending, tmp_path):
    """F is along the line, T against it and B both; T and F alone may be true and false."""
    lines = [[(44, 33), (44.1, 33 + shift / 100)] for shift in range(3)]
    layer = roads(*lines, kind=["trunk"] * 3, oneway=["F", "T", "B"]).reset_index()

    def built(rows):
        found = rows
        if ending is not None:
            path = tmp_path / f"gis_osm_roads_free_1.{ending}"
            rows.to_file(path)
            found = br.read_roads(path, columns={"road_class": rows.columns[1]})
        network = br.build_network(found)
        may = np.column_stack([network.forward_ms >= 0, network.backward_ms >= 0]).tolist()
        return [may[at] for at in np.argsort(network.attributes["road_id"].astype(str))]

    along, against, both = [True, False], [False, True], [True, True]
    assert built(layer) == [along, against, both]
    assert built(layer[:2].rename(columns={"kind": "fclass"})) == [along, against]
    with pytest.warns(br.DataWarning, match="oneway = f, t, which is not understood"):
        assert built(layer[:2]) == [both, both]


def test_an_unknown_word_for_one_way_is_said_and_taken_as_two_way():
    """Nothing is assumed in silence."""
    with pytest.warns(br.DataWarning, match="perhaps"):
        network = br.build_network(roads([(44, 33), (44.1, 33)], oneway=["perhaps"]))
    assert (network.forward_ms >= 0).all()
    assert (network.backward_ms >= 0).all()


def test_roads_that_others_cut_into_pieces_are_counted_once_in_warnings():
    """Two crossing roads are four pieces, and two roads."""
    table = roads([(44, 33), (44, 34)], [(43.9, 33.5), (44.1, 33.5)], oneway=["perhaps"] * 2)
    table["road_class"] = ["goat", "trunk"]
    with pytest.warns(br.DataWarning) as heard:
        network = br.build_network(table, node_crossings=True)
    said = [str(one.message) for one in heard]
    assert len(network.forward_ms) == 4
    assert any(one.startswith("2 roads say oneway = perhaps,") for one in said)
    assert "1 roads of unknown class (goat) drive as unclassified" in said


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


@pytest.mark.parametrize("sign", [1, -1])
def test_no_bridge_leads_past_a_bollard(write_osm, sign):
    """Neither its two sides are joined nor what lies behind it, whatever the sign of the ids."""
    places = [(44.0, 33.0), (44.0001, 33.0), (44.00015, 33.0), (44.0002, 33.0), (44.01, 33.0)]
    nodes = {sign * (one + 1): place for one, place in enumerate(places)}
    nodes[sign * 3] += ({"barrier": "bollard"},)
    nodes |= {sign * 6: (44.0001, 33.01), sign * 7: (44.0002, 32.99)}
    ways = [[1, 2, 3, 4, 5], [2, 6], [4, 7]]
    given = [(9 - n, [sign * one for one in way], {"highway": "primary"})
             for n, way in enumerate(ways)]  # fmt: skip
    with pytest.warns(br.DataWarning, match="nodes that stop vehicles 1"):
        table = br.read_roads(write_osm("roads.osm", nodes, given))
    network = br.build_network(table, bridge_m=20)
    assert network.bridges.empty
    assert parts(network) == 2


@pytest.mark.parametrize("first", [1, -4])
def test_ends_at_one_place_are_bridged_unless_a_barrier_stands_there(first):
    """Negative numbers stand for barriers."""
    table = roads([(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)])
    table = table.assign(from_node=[first, first + 2], to_node=[first + 1, first + 3])
    if first < 0:
        assert br.build_network(table, bridge_m=20).bridges.empty
        return
    with pytest.warns(br.DataWarning, match="1 gaps of 0 to 0 m"):
        assert parts(br.build_network(table, bridge_m=20)) == 1


def test_no_bridge_lands_at_a_bollard_but_beside_it_one_may():
    """A third road that ends near to a bollard joins neither side there."""
    both = [(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)]
    for lon, made in ((44.1, 0), (44.1005, 1)):
        table = roads(*both, [(lon, 33.0001), (lon, 33.1)])
        table = table.assign(from_node=[1, -2, 5], to_node=[-1, 3, 6])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", br.DataWarning)
            assert len(br.build_network(table, bridge_m=20).bridges) == made


def test_no_bridge_crosses_a_river_or_a_shore():
    """What lies behind the water stays without a way."""
    table = roads([(44, 33), (44.1, 33)], [(44.101, 33), (44.2, 33)])
    site, place = (
        gpd.GeoDataFrame({"people": [1.0]}, index=["a"], geometry=[Point(lon, 33)], crs=4326)
        for lon in (44.01, 44.19)
    )
    for water in (LineString([(44.1005, 32), (44.1005, 34)]), box(44.1002, 32.9, 44.1008, 33.1)):
        rivers = gpd.GeoDataFrame(geometry=[water], crs=4326)
        network = br.build_network(table, rivers=rivers, bridge_m=200, off_road_km=1)
        assert network.bridges.empty
        reached = br.reach(br.travel_times(network, site, place), minutes=30)
        assert reached["reason"].tolist() == ["ISOLATED"]


def test_a_longer_gap_is_bridged_where_a_river_runs_through_the_shorter_one():
    """The two roads draw apart to the north, where the river has ended."""
    west = [(44, 33), (44.1, 33)], [(44.1, 33), (44.1, 33.1)]
    east = [(44.2, 33), (44.101, 33)], [(44.101, 33), (44.102, 33.1)]
    table = roads(*west, *east)
    shorter = gpd.GeoDataFrame(geometry=[LineString([(44.1005, 32), (44.1005, 33.05)])], crs=4326)
    bridged = []
    for rivers in (None, shorter):
        with pytest.warns(br.DataWarning, match="1 gaps"):
            network = br.build_network(table, rivers=rivers, bridge_m=300)
        assert parts(network) == 1
        bridged += network.bridges["metres"].tolist()
    assert bridged == pytest.approx([93.4, 186.7], abs=0.5)


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
    assert sorted(network.roads.index) == ["r0", "r1", "r1"]


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


def reached_minutes(network, here, there, cutoff=300):
    """Return the minutes from one place to another, infinite where there is no way."""
    sites, demand = (
        gpd.GeoDataFrame(index=[name], geometry=[Point(*xy)], crs=4326)
        for name, xy in (("site", here), ("place", there))
    )
    ms = br.travel_times(network, sites, demand, cutoff=cutoff).nearest_ms[0]
    return np.inf if ms < 0 else ms / 60_000


def closed(*shapes, **columns):
    """Build a table of closures."""
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326).set_axis(
        [f"c{number}" for number in range(len(shapes))], axis=0
    )


def test_the_parts_of_a_road_are_not_joined_across_its_gap():
    """A road of two lines is two roads, however it is handed over."""
    parts_apart = MultiLineString([[(44, 33), (44.1, 33)], [(45, 33), (45.1, 33)]])
    table = gpd.GeoDataFrame(index=["r"], geometry=[parts_apart], crs=4326)
    network = br.build_network(table, off_road_km=1)
    assert np.isinf(reached_minutes(network, (44, 33), (45.1, 33)))


def test_a_closure_holds_on_a_road_that_crosses_itself():
    """The closed leg is closed, and the crossing is no way around it."""
    s = 0.1
    eight = [(44, 33), (44 + 2 * s, 33), (44 + 2 * s, 33 + s), (44 + s, 33 + s), (44 + s, 33 - s)]
    shut = closed(Point(44 + 2 * s, 33 + s / 2))
    ends = (44 + 1.9 * s, 33), (44 + s, 33 - s)
    assert np.isfinite(reached_minutes(br.build_network(roads(eight), off_road_km=1), *ends))
    network = br.build_network(roads(eight), off_road_km=1, closures=shut)
    assert np.isinf(reached_minutes(network, *ends))


@pytest.mark.parametrize(("west", "east", "lat"), [(-74, -34, -5), (95, 141, -2), (-125, -67, 40)])
def test_a_road_in_range_is_found_however_wide_the_country_is(west, east, lat):
    """Brazil, Indonesia and the United States are planned as well as Iraq."""
    wide = roads([(west, lat), (west + 0.5, lat)], [(east - 0.5, lat), (east, lat)])
    network = br.build_network(wide, off_road_km=5)
    lon, north, _ = Geod(ellps="WGS84").fwd(west + 0.1, lat, 0, 4900)
    assert reached_minutes(network, (west + 0.1, lat), (lon, north)) == pytest.approx(19.6, abs=0.2)


def test_what_lies_at_a_pole_is_refused_in_words():
    """The metres from places there to the roads would be wrong by their own size."""
    near = gpd.GeoDataFrame(geometry=[LineString([(0, 88.5), (9, 88.5)])], crs=4326)
    north = gpd.GeoDataFrame(geometry=[LineString([(0, 88.5), (0, 90)])], crs=4326)
    advice = "it lies within a degree of a pole; leave it out, as no distance is known there"
    with pytest.raises(br.InputError, match=f"^roads, row 1: {advice}$"):
        br.build_network(north)
    network = br.build_network(near, off_road_km=200)
    ends = gpd.GeoDataFrame(geometry=[Point(0, 88.5), Point(90, 89.99)], index=["a", "b"], crs=4326)
    for sites, demand, file in ((ends, ends[:1], "sites"), (ends[:1], ends, "demand")):
        with pytest.raises(br.InputError, match=f"^{file}, row 2: {advice}$"):
            br.travel_times(network, sites, demand, cutoff=30)
    assert br.travel_times(network, ends[:1], ends[:1], cutoff=30).ms.nnz == 1


def test_a_layer_across_the_antimeridian_is_refused():
    """Better refused than planned as if it went round the world."""
    with pytest.raises(br.CRSError, match="antimeridian"):
        br.build_network(roads([(179.5, -17), (180, -17)], [(-180, -17), (-179.5, -17)]))


def test_a_long_straight_road_is_where_it_is_drawn():
    """A town on it is on it, and a closed point on it closes it."""
    long = roads([(42, 33), (46, 33)])
    network = br.build_network(long, off_road_km=1)
    assert np.isfinite(reached_minutes(network, (42, 33), (44, 33)))
    shut = br.build_network(long, off_road_km=1, closures=closed(Point(44, 33)))
    assert np.isinf(reached_minutes(shut, (42, 33), (46, 33)))


def test_a_dead_end_of_the_main_part_is_bridged_to_the_middle_of_another_road():
    """It does not matter which of two parts is the larger one."""
    main = [[(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)], [(44.2, 33), (44.2, 33.2)]]
    with pytest.warns(br.DataWarning, match="1 gaps"):
        network = br.build_network(roads(*main, [(43.999, 32.9), (43.999, 33.1)]), bridge_m=500)
    assert parts(network) == 1


def test_with_no_off_road_range_a_place_on_a_road_is_still_on_it():
    """Projecting moves a point by less than a hair."""
    network = br.build_network(roads([(44.123456, 33.1), (44.3, 33.2)]), off_road_km=0)
    assert np.isfinite(reached_minutes(network, (44.123456, 33.1), (44.3, 33.2)))


def test_a_closed_junction_closes_every_road_there():
    """None of its arms is left open by chance."""
    arms = roads([(44, 33), (44.5, 33)], [(44.5, 33), (45, 33)], [(44.5, 33), (44.5, 33.5)])
    network = br.build_network(arms, off_road_km=0.1, closures=closed(Point(44.5, 33)))
    for here, there in (((44, 33), (45, 33)), ((45, 33), (44.5, 33.5))):
        assert np.isinf(reached_minutes(network, here, there))


def test_a_closed_point_where_roads_cross_says_that_one_was_taken():
    """Bridge or road under it: the file must say, or the planner is told."""
    with pytest.warns(br.DataWarning, match="where roads cross"):
        br.build_network(roads(*CROSS), closures=closed(Point(44.1, 33)))


def test_a_closure_by_road_id_finds_every_part_of_the_road():
    """`hw` means `hw/1` and `hw/2`; a blank id means the nearest road; a wrong one is refused."""
    table = roads([(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)], index=["hw/1", "hw/2"])
    shut = br.build_network(table, closures=closed(Point(44.15, 33), road_id=["hw"]))
    assert parts(shut) == 2
    blank = br.build_network(table, closures=closed(Point(44.15, 33), road_id=[None]))
    assert parts(blank) == 2
    with pytest.raises(br.InputError, match="no road 'hx'"):
        br.build_network(table, closures=closed(Point(44.15, 33), road_id=["hx"]))


def test_a_closed_area_whose_outline_crosses_itself_is_repaired_and_said():
    """A bow tie closes what both its wings cover."""
    bow = Polygon([(44.05, 32.9), (44.15, 33.3), (44.15, 32.9), (44.05, 33.3)])
    with pytest.warns(br.DataWarning, match="repaired: c0"):
        network = br.build_network(roads([(44, 33), (44.2, 33)]), closures=closed(bow))
    assert parts(network) == 3


def test_paths_and_roads_not_yet_built_are_left_out_and_counted():
    """Nobody answers a call over a flight of steps."""
    table = roads([(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)], road_class=["steps", "trunk"])
    with pytest.warns(br.DataWarning, match=r"1 roads cannot be driven.*steps"):
        assert len(br.build_network(table).tail) == 1


def test_a_link_at_a_shared_end_of_one_way_roads_is_at_that_node():
    """Found by fuzzing: a further one-way road made a junction of it, and a place slower."""
    lines = [(44, 33), (44, 33.01)], [(44, 33.01), (44.001, 33.02)], [(44, 33.01), (43.999, 33.02)]
    kmh = [1.0, 1.0, 1.0]
    table = roads(*lines, oneway=["yes"] * 3, speed_kmh=kmh)
    ends = (44, 33), (44, 33.027)
    minutes = [
        reached_minutes(br.build_network(one, off_road_km=2, off_road_kmh=60), *ends, cutoff=1440)
        for one in (table.iloc[:2], table)
    ]
    assert minutes[1] <= minutes[0] == pytest.approx(2.994, abs=0.01)


def test_a_road_slowed_beyond_all_measure_never_becomes_faster():
    """Milliseconds are held at six days, and do not wrap round."""
    long = roads([(44, 33), (46, 33)])
    for factor in (0.001, 1.96e-4):
        zone = closed(box(43, 32, 47, 34), speed_factor=[factor])
        slowed = br.build_network(long, closures=zone)
        assert slowed.forward_ms[0] >= br.build_network(long).forward_ms[0]


def test_noded_roads_whose_ends_lie_apart_or_that_have_several_lines_are_refused():
    """Numbers and lines must tell the same story."""
    apart = roads(
        [(44, 33), (44.1, 33)], [(46.1, 33), (46.2, 33)], from_node=[1, 2], to_node=[2, 3]
    )
    with pytest.raises(br.InputError, match="node 2"):
        br.build_network(apart)
    two = MultiLineString([[(44, 33), (44.1, 33)], [(45, 33), (45.1, 33)]])
    several = roads([(44, 33), (44.1, 33)], from_node=[1], to_node=[2]).set_geometry(
        gpd.GeoSeries([two], index=["r0"], crs=4326)
    )
    with pytest.raises(br.InputError, match="several lines"):
        br.build_network(several)


def test_the_order_of_rows_does_not_decide_on_which_of_two_equal_roads_a_bridge_lands():
    """The first by id is taken."""
    drawn = {"a": [(44, 33), (44.02, 33)], "b": [(44, 33), (44.02, 33)],
             "s": [(44.01, 33.001), (44.01, 33.02)]}  # fmt: skip
    kmh = {"a": 80.0, "b": 5.0, "s": 50.0}
    found = []
    for order in (["a", "b", "s"], ["b", "a", "s"]):
        table = roads(*(drawn[one] for one in order), index=order,
                      speed_kmh=[kmh[one] for one in order])  # fmt: skip
        with pytest.warns(br.DataWarning, match="1 gaps"):
            network = br.build_network(table, bridge_m=200, off_road_km=0)
        found.append(reached_minutes(network, (44.01, 33.02), (44.02, 33)))
    assert found[0] == found[1]


def test_only_undriven_roads_are_refused_in_words():
    """There is nothing to plan on."""
    with (
        pytest.warns(br.DataWarning, match="left out"),
        pytest.raises(br.InputError, match="no road can be driven"),
    ):
        br.build_network(roads([(44, 33), (44.1, 33)], road_class=["footway"]))


def test_names_of_any_kind_are_kept_on_disk(tmp_path):
    """Line ends within them too."""
    table = roads([(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)], name=["a\nb", "a b"])
    network = br.load_network(br.save_network(br.build_network(table), tmp_path))
    assert sorted(network.roads["name"]) == ["a\nb", "a b"]


_KILLED = """
import os, sys
from pathlib import Path
import geopandas as gpd, numpy as np
from shapely import LineString
import boxreach as br

def die(*_, **__):
    os._exit(9)

lines = [LineString([(44, 33), (44.1, 33)])]
network = br.build_network(gpd.GeoDataFrame(geometry=lines, index=["r"], crs=4326))
np.save = die
br.save_network(network, sys.argv[1])
"""


@pytest.mark.slow
def test_what_a_killed_process_left_of_a_network_goes_with_the_next(tmp_path):
    """A folder that holds anything else, or that somebody writes to, is left alone."""
    killed = subprocess.run([sys.executable, "-c", _KILLED, tmp_path], check=False)
    assert killed.returncode == 9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".network-")
    (left / "edges.tail.npy").write_bytes(b"half")
    others = tmp_path / ".network-abcdefgh.unfinished"
    others.mkdir()
    (others / "notes.txt").write_text("mine")
    network = br.build_network(roads([(44, 33), (44.1, 33)]))
    with unfinished_folder(tmp_path / "network") as alive:
        saved = br.save_network(network, tmp_path)
        assert {*tmp_path.iterdir()} == {saved, others, alive}
    assert {*tmp_path.iterdir()} == {saved, others}
    assert br.save_network(network, tmp_path) == saved


def test_lifting_all_closures_and_naming_no_road():
    """An empty table closes nothing; a road that is not there is refused."""
    network = br.build_network(roads([(44, 33), (44.1, 33)]))
    shut = network.without(closed(Point(44.05, 33)))
    assert shut.without(closed(Point(44.05, 33)).iloc[:0]).lifted is None
    with pytest.raises(br.InputError, match="nope"):
        network.without(closed(Point(44.05, 33), road_id=["nope"]))
