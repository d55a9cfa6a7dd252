"""Times of roads on which the speed changes: closed forms, and what may divide a road."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import CRS
from rasterio import Affine
from shapely import LineString, MultiLineString, Point, Polygon, box

import boxreach as br
from boxreach.crs import GEOD
from boxreach.network import load_network, save_network
from boxreach.sources.terrain import Terrain
from boxreach.speeds import SpeedModel

FAST, SLOW = 80, 20
"""Km/h of a trunk road, and of the zones."""


def roads_of(*lines, **columns):
    """Trunk roads."""
    return gpd.GeoDataFrame(
        {"road_class": "trunk", **columns},
        index=pd.Index([f"r{n}" for n in range(len(lines))], name="road_id"),
        geometry=list(lines),
        crs=4326,
    )


def zoned(*areas, **columns):
    """A model with zones of 20 km/h."""
    columns = columns or {"speed_kmh": [float(SLOW)] * len(areas)}
    return SpeedModel().replace(zones=gpd.GeoDataFrame(columns, geometry=list(areas), crs=4326))


def network_of(roads, model=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        return br.build_network(roads, speeds=model or SpeedModel(), **options)


def road_ms(network, road_id="r0"):
    """The milliseconds of a whole road both ways."""
    of_road = (network.attributes["road_id"] == road_id).to_numpy()
    return [int(one[of_road].sum()) for one in (network.forward_ms, network.backward_ms)]


def expected_ms(*stretches):
    """The sum of stretches along 33 N: from and to which longitude, and km/h."""
    return sum(GEOD.inv(a, 33, b, 33)[2] / kmh * 3600 for a, b, kmh in stretches)


def rough_terrain(seed=3):
    """Hills of some hundred metres, in cells of 200 m."""
    grid = np.random.default_rng(seed).uniform(0, 60, (60, 80)).cumsum(axis=1) % 300
    return Terrain(grid.astype("float32"), Affine(0.002, 0, 43.95, 0, -0.002, 33.06), CRS(4326))


ROAD = LineString([(44, 33), (44.1, 33)])


@pytest.mark.parametrize(
    ("areas", "stretches"),
    [
        pytest.param([box(44.04, 32, 45, 34)], [(44, 44.04, FAST), (44.04, 44.1, SLOW)], id="half"),
        pytest.param([box(44.04, 32, 44.05, 34)],
                     [(44, 44.04, FAST), (44.04, 44.05, SLOW), (44.05, 44.1, FAST)], id="through"),
        pytest.param([box(44.02, 32, 44.08, 34) - box(44.04, 32.9, 44.05, 33.1)],
                     [(44, 44.02, FAST), (44.02, 44.04, SLOW), (44.04, 44.05, FAST),
                      (44.05, 44.08, SLOW), (44.08, 44.1, FAST)], id="hole"),
        pytest.param([box(44.02, 32, 44.03, 34) | box(44.06, 32, 44.07, 34)],
                     [(44, 44.02, FAST), (44.02, 44.03, SLOW), (44.03, 44.06, FAST),
                      (44.06, 44.07, SLOW), (44.07, 44.1, FAST)], id="zone of two parts"),
        pytest.param([box(44.04, 32, 44.05, 34), box(44.05, 32, 44.06, 34)],
                     [(44, 44.04, FAST), (44.04, 44.06, SLOW), (44.06, 44.1, FAST)], id="beside"),
        pytest.param([box(43, 32, 45, 34)], [(44, 44.1, SLOW)], id="within"),
        pytest.param([box(44.02, 33, 44.06, 34)],
                     [(44, 44.02, FAST), (44.02, 44.06, SLOW), (44.06, 44.1, FAST)], id="along"),
        pytest.param([box(44.1, 32, 45, 34)], [(44, 44.1, FAST)], id="end touches"),
        pytest.param([Point(44.05, 32.99).buffer(0.01)], [(44, 44.1, FAST)], id="side touches"),
        pytest.param([box(45, 32, 46, 34)], [(44, 44.1, FAST)], id="far"),
    ],
)  # fmt: skip
def test_a_road_takes_the_sum_of_its_stretches_inside_and_outside_of_zones(areas, stretches):
    """To three milliseconds, of six to twenty minutes, and it is divided nowhere."""
    network = network_of(roads_of(ROAD), zoned(*areas))
    assert road_ms(network) == pytest.approx([expected_ms(*stretches)] * 2, abs=3)
    assert (len(network.edges), network.node_count) == (1, 2)


@pytest.mark.parametrize("seed", range(30))
def test_zones_of_any_shape_take_what_an_oracle_says(seed):
    """It cuts the road by the slowest zone first, and what is left by the next."""
    random = np.random.default_rng(seed)
    road = LineString(random.uniform([44, 33], [44.1, 33.1], (12, 2)).round(7))
    shapes = [
        Polygon(random.uniform([44, 33], [44.1, 33.1], (6, 2))).convex_hull
        - Point(random.uniform([44, 33], [44.1, 33.1])).buffer(0.02)
        for _ in range(5)
    ]
    kmh = random.uniform(5, 75, len(shapes))
    network = network_of(roads_of(road), zoned(*shapes, speed_kmh=kmh))
    rest, expected = road, 0.0
    for one in np.argsort(kmh):
        inside, rest = rest & shapes[one], rest - shapes[one]
        expected += GEOD.geometry_length(inside) / kmh[one] * 3600
    expected += GEOD.geometry_length(rest) / FAST * 3600
    assert road_ms(network) == pytest.approx([expected] * 2, abs=60, rel=1e-6)


def test_where_zones_overlap_the_slowest_holds_on_each_stretch():
    """Half the speed, 60 km/h, and where both hold the lower of them."""
    zones = [box(44.02, 32, 44.06, 34), box(44.04, 32, 44.08, 34)]
    model = zoned(*zones, speed_kmh=[None, 60], speed_factor=[0.5, None])
    stretches = [(44, 44.02, 80), (44.02, 44.06, 40), (44.06, 44.08, 60), (44.08, 44.1, 80)]
    network = network_of(roads_of(ROAD), model)
    assert road_ms(network) == pytest.approx([expected_ms(*stretches)] * 2, abs=3)


def test_the_lines_of_a_road_of_several_are_each_taken_as_they_lie():
    """One inside, one outside."""
    lines = MultiLineString([[(44, 33), (44.03, 33)], [(44.05, 33), (44.09, 33)]])
    network = network_of(roads_of(lines), zoned(box(44.04, 32, 45, 34)))
    expected = expected_ms((44, 44.03, FAST), (44.05, 44.09, SLOW))
    assert road_ms(network) == pytest.approx([expected] * 2, abs=3)


@pytest.mark.slow
def test_a_speed_of_its_own_holds_in_zones_and_on_slopes():
    """The whole road takes what it takes without them."""
    own = roads_of(ROAD, speed_kmh=55.0)
    model = zoned(box(44.04, 32, 45, 34)).replace(terrain=rough_terrain())
    assert road_ms(network_of(own, model)) == pytest.approx(road_ms(network_of(own)), abs=2)


def test_a_place_beside_a_road_takes_its_part_of_the_stretches():
    """Inside a zone, 2 km behind its border."""
    roads = roads_of(ROAD)
    network = network_of(roads, zoned(box(44.04, 32, 45, 34)))
    sites, demand = (
        gpd.GeoDataFrame(index=pd.Index([name], name=name), geometry=[Point(x, 33)], crs=4326)
        for name, x in (("site_id", 44.0), ("community_id", 44.06))
    )
    ms = br.travel_times(network, sites, demand).nearest_ms[0]
    assert ms == pytest.approx(expected_ms((44, 44.04, FAST), (44.04, 44.06, SLOW)), abs=3)


def test_the_speed_that_a_network_says_is_that_of_the_whole_edge():
    """Its length over its time."""
    network = network_of(roads_of(ROAD), zoned(box(44.05, 32, 45, 34)))
    assert network.roads["speed_kmh"].tolist() == pytest.approx([32], rel=1e-4)


@pytest.mark.parametrize("model", [zoned(box(44.033, 32, 44.071, 33.004)),
                                   SpeedModel(terrain=rough_terrain()),
                                   zoned(box(44.033, 32, 44.071, 33.004)).replace(
                                       terrain=rough_terrain())])  # fmt: skip
@pytest.mark.parametrize("noded", [False, True])
def test_a_road_divided_at_its_vertices_takes_the_same_time(model, noded):
    """To the millisecond, whether it is noded here or was before."""
    xy = [(44, 33), (44.012, 33.003), (44.05, 33.002), (44.0501, 33.0021), (44.1, 33.01)]
    whole = roads_of(LineString(xy), from_node=7, to_node=2**40)
    pieces = [LineString(xy[at : at + 2]) for at in range(4)]
    parts = roads_of(*pieces, from_node=[7, 9, 11, 8], to_node=[9, 11, 8, 2**40])
    if not noded:
        whole, parts = (one.drop(columns=["from_node", "to_node"]) for one in (whole, parts))
    divided = network_of(parts.set_axis(["r0"] * 4).rename_axis("road_id"), model)
    assert len(divided.edges) == 4
    assert road_ms(divided) == road_ms(network_of(whole, model)) != road_ms(network_of(whole))


def test_a_crossing_noded_on_request_leaves_the_speeds_of_a_road():
    """Of a long leg over rough land, half in a zone; rounding alone remains, at each crossing."""
    model = zoned(box(44.033, 32, 44.071, 34)).replace(terrain=rough_terrain())
    road = LineString([(44, 33), (44.1, 33.013)])
    random = np.random.default_rng(1)
    across = [
        LineString([(x, 32.9), (x + random.uniform(-0.01, 0.01), 33.1)])
        for x in random.uniform(44.01, 44.09, 30)
    ]
    alone = network_of(roads_of(road), model, node_crossings=True)
    crossed = network_of(roads_of(road, *across), model, node_crossings=True)
    assert (crossed.attributes["road_id"] == "r0").sum() > 30
    assert road_ms(crossed) == pytest.approx(road_ms(alone), abs=31)


def test_roads_that_cross_at_the_border_of_a_zone_do_not_meet():
    """A cut is no vertex that roads share."""
    roads = roads_of(ROAD, LineString([(44, 32.95), (44.1, 33.05)]))
    assert network_of(roads, zoned(box(44.05, 32, 45, 34))).node_count == 4


def test_bridges_over_gaps_have_the_speeds_of_zones_and_leave_those_of_roads():
    """A bridge lands in the middle of a leg of a road, and crosses a zone itself."""
    roads = roads_of(ROAD, LineString([(44.07, 33.002), (44.07, 33.02)]))
    model = zoned(box(44.04, 32.9, 44.08, 33.001)).replace(terrain=rough_terrain())
    apart = network_of(roads, model)
    joined = network_of(roads, model, bridge_m=500)
    assert road_ms(joined) == pytest.approx(road_ms(apart), abs=2)
    bridge = joined.attributes["road_class"] == "bridge_gap"
    assert joined.attributes["speed_kmh"][bridge].item() < 25


def test_slope_is_that_of_each_leg():
    """Level first, then up a ramp: the first half is as quick as ever, the second is slower."""
    heights = np.maximum(np.arange(80) - 40, 0) * 0.1 * 93.4
    grid = np.tile(heights, (30, 1)).astype("float32")
    terrain = Terrain(grid, Affine(0.001, 0, 44.0095, 0, -0.001, 33.015), CRS(4326))
    road = LineString([(44.02, 33), (44.05, 33), (44.08, 33)])
    network = network_of(roads_of(road), SpeedModel(terrain=terrain))
    level, up, down = (expected_ms((44.02, 44.05, kmh)) for kmh in (80, 80 * 0.79, 80 * 0.86))
    assert road_ms(network) == pytest.approx([level + up, level + down], rel=0.002)
    half = network.edges.part_ms(np.array([0]), np.array([0.5]), np.ones(1))
    assert [int(one[0]) for one in half] == pytest.approx([level, level], abs=2)


def test_a_long_leg_takes_the_time_of_its_steps():
    """Drawn by its ends alone, a road over a hill is as slow as drawn in steps of a cell."""
    terrain = rough_terrain()
    x = np.linspace(44, 44.1, 101)
    long = network_of(roads_of(ROAD), SpeedModel(terrain=terrain))
    fine = network_of(roads_of(LineString([(one, 33) for one in x])), SpeedModel(terrain=terrain))
    assert road_ms(long) == pytest.approx(road_ms(fine), rel=0.05)
    assert road_ms(long)[0] > 1.1 * expected_ms((44, 44.1, FAST))


def test_a_piece_without_length_takes_no_time_in_a_zone():
    """It joins the two nodes that it joins."""
    lines = [LineString([(44, 33), (44.05, 33)]), LineString([(44.05, 33)] * 2),
             LineString([(44.05, 33), (44.1, 33)])]  # fmt: skip
    roads = roads_of(*lines, from_node=[1, 2, 3], to_node=[2, 3, 4])
    model = zoned(box(44.04, 32, 45, 34)).replace(terrain=rough_terrain())
    network = network_of(roads, model)
    assert road_ms(network, "r1") == [0, 0]
    assert network.attributes["speed_kmh"].notna().all()


def test_ground_that_changes_nothing_changes_no_time():
    """Level land, and a zone elsewhere, give the same milliseconds as neither."""
    xy = np.random.default_rng(5).uniform([44, 33], [44.1, 33.1], (40, 2)).round(7)
    roads = roads_of(LineString(xy), winding_factor=1.3)
    level = Terrain(np.zeros((9, 9), "float32"), Affine(0.05, 0, 43.8, 0, -0.05, 33.2), CRS(4326))
    model = zoned(box(10, 10, 11, 11)).replace(terrain=level)
    one, other = network_of(roads), network_of(roads, model)
    assert np.array_equal(one.forward_ms, other.forward_ms)
    assert np.array_equal(one.backward_ms, other.backward_ms)


def test_a_network_with_zones_is_kept_on_disk_as_it_is(tmp_path):
    """Times within its edges too."""
    network = network_of(roads_of(ROAD), zoned(box(44.04, 32, 45, 34)))
    again = load_network(save_network(network, tmp_path))
    edge, share = np.zeros(3, dtype=np.int64), np.array([0.2, 0.5, 0.9])
    there = [one.edges.part_ms(edge, share, np.ones(3)) for one in (network, again)]
    assert np.array_equal(*there)
