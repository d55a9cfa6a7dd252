"""What obstacles promise: no way over open ground crosses water or closed areas, and no more."""

import csv
import itertools
import warnings
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box
from shapely.affinity import translate

import boxreach as br
from boxreach.network.obstacles import find_obstacles
from boxreach.network.storage import load_network, save_network

RIVERS = Path(__file__).parents[2] / "shared" / "data" / "iraq" / "rivers_gshhg.gpkg"
place = st.tuples(st.integers(0, 7), st.integers(0, 7))


def layer(*shapes, **columns):
    """Build a layer of shapes in degrees."""
    ids = [f"o{number}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326).set_axis(ids, axis=0)


def blocked(obstacles, *ways):
    """Tell of each way, given as two places, whether it is blocked."""
    ends = np.array(ways, dtype=float).reshape(-1, 4).T
    found = obstacles.blocks(*ends)
    assert np.array_equal(found, obstacles.blocks(*ends[[2, 3, 0, 1]]))
    return found.tolist()


def side(start, end, other):
    """Tell on which side of a line a place lies, exactly."""
    (x1, y1), (x2, y2), (x, y) = start, end, other
    return int(np.sign((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)))


def meets_between_its_ends(way, segment):
    """Tell whether a way meets a segment anywhere but with its ends, in whole numbers."""
    (a, b), (c, d) = way, segment
    sides = side(c, d, a), side(c, d, b)
    if sides != (0, 0):
        return sides[0] * sides[1] < 0 and side(a, b, c) * side(a, b, d) <= 0
    step = b[0] - a[0], b[1] - a[1]
    along = [(one[0] - a[0]) * step[0] + (one[1] - a[1]) * step[1] for one in (c, d)]
    return min(along) < step[0] ** 2 + step[1] ** 2 and max(along) > 0


def enters(way, ground):
    """Tell whether any part of a way lies inside a box, in fractions."""
    (start, end), (low, high) = way, ground
    first, last = Fraction(0), Fraction(1)
    for here, there, least, most in zip(start, end, low, high, strict=True):
        if here == there:
            if not least < here < most:
                return False
            continue
        times = sorted(Fraction(limit - here, there - here) for limit in (least, most))
        first, last = max(first, times[0]), min(last, times[1])
    return first < last or start == end


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    river=st.lists(place, min_size=2, max_size=6),
    ways=st.lists(st.tuples(place, place), min_size=1, max_size=8),
)
def test_a_way_is_blocked_where_it_meets_a_river_anywhere_but_with_its_ends(river, ways):
    """Whole numbers are the oracle, for rivers and ways that touch, meet and overlap."""
    segments = [pair for pair in itertools.pairwise(river) if pair[0] != pair[1]]
    expected = [
        way[0] != way[1] and any(meets_between_its_ends(way, one) for one in segments)
        for way in ways
    ]
    assert blocked(find_obstacles(layer(LineString(river))), *ways) == expected


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(corners=st.tuples(place, place), ways=st.lists(st.tuples(place, place), min_size=1))
def test_a_way_is_blocked_where_any_part_of_it_lies_inside_closed_ground(corners, ways):
    """Along its border one may pass."""
    low, high = (tuple(map(pick, *corners)) for pick in (min, max))
    if low[0] == high[0] or low[1] == high[1]:
        return
    closed = find_obstacles(closures=layer(box(*low, *high)))
    assert blocked(closed, *ways) == [enters(way, (low, high)) for way in ways]


def test_a_shore_blocks_and_the_water_inside_it_does_not():
    """A place in the water of a coarse map still reaches the bridge that crosses it."""
    lake = find_obstacles(layer(box(44, 33, 45, 34)))
    inside, beyond = (44.5, 33.5), (45.5, 33.5)
    assert blocked(lake, (inside, (44.9, 33.9)), (inside, beyond), ((43, 33.5), beyond)) == [
        False, True, True
    ]  # fmt: skip


def test_lines_of_several_parts_and_rows_without_a_shape_are_understood():
    """A layer that draws nothing blocks nothing."""
    rivers = MultiLineString([[(44, 33), (44, 34)], [(45, 33), (45, 34)]])
    ways = ((44.5, 33.5), (45.5, 33.5)), ((44.1, 33.5), (44.9, 33.5))
    assert blocked(find_obstacles(layer(rivers, None, LineString())), *ways) == [True, False]
    assert blocked(find_obstacles(layer(None)), *ways) == [False, False]
    assert blocked(find_obstacles(), *ways) == [False, False]


def test_only_closed_areas_are_closed_ground():
    """Slowed areas, those that mean one road, lines and points close no open ground."""
    area = box(44, 33, 45, 34)
    way = ((43.5, 33.5), (45.5, 33.5))
    line = LineString([(44.5, 33), (44.5, 34)])
    for shape, columns, expected in (
        (area, {}, True),
        (area, {"speed_factor": [0.0], "road_id": [""]}, True),
        (area, {"speed_factor": [0.5]}, False),
        (area, {"road_id": ["r1"]}, False),
        (line, {}, False),
        (Point(44.5, 33.5), {}, False),
    ):
        assert blocked(find_obstacles(closures=layer(shape, **columns)), way) == [expected]


@pytest.mark.real
@pytest.mark.skipif(not RIVERS.exists(), reason="no shared data beside the checkout")
def test_ways_across_the_rivers_of_iraq_are_blocked_as_one_by_one():
    """The grid and the tree pass over nothing."""
    rivers = gpd.read_file(RIVERS)
    rng = np.random.default_rng(7)
    starts = rng.uniform((38.5, 29), (49, 38), (20_000, 2))
    ends = starts + rng.normal(0, 0.05, starts.shape)
    ways = shapely.linestrings(np.stack([starts, ends], axis=1))
    water = shapely.union_all(rivers.geometry.to_numpy())
    shapely.prepare(water)
    expected = shapely.intersects(water, ways)
    assert 100 < expected.sum() < 10_000
    assert np.array_equal(find_obstacles(rivers).blocks(*starts.T, *ends.T), expected)


# --- what they do to times -----------------------------------------------------------------

ROAD = layer(LineString([(44.0, 33.0), (44.2, 33.0)])).rename_axis("road_id")
RIVER = LineString([(43.9, 33.01), (44.3, 33.01)])


def reached(network, *places):
    """Return the reach of places from a site at the western end of the road."""
    site = gpd.GeoDataFrame(index=["s"], geometry=[Point(44.0, 33.0)], crs=4326)
    demand = gpd.GeoDataFrame(geometry=[Point(*xy) for xy in places], crs=4326)
    demand = demand.set_axis([f"d{at}" for at in range(len(places))], axis=0)
    return br.reach(br.travel_times(network, site, demand), minutes=60)


def test_a_village_across_the_river_from_the_only_road_is_off_road():
    """Two kilometres of straight line are no way."""
    over, beside = (44.1, 33.02), (44.1, 32.98)
    assert reached(br.build_network(ROAD), over, beside)["covered"].all()
    found = reached(br.build_network(ROAD, rivers=layer(RIVER)), over, beside)
    assert found["covered"].tolist() == [False, True]
    assert found["reason"].tolist() == ["OFF_ROAD", ""]


def test_roads_cross_rivers():
    """Where a road crosses there is a bridge or a ford: rivers block open ground alone."""
    bridge = layer(LineString([(44.0, 33.0), (44.1, 33.0), (44.1, 33.03)])).rename_axis("road_id")
    network = br.build_network(bridge, rivers=layer(RIVER))
    assert reached(network, (44.102, 33.02))["covered"].all()


def test_a_village_in_a_closed_area_is_closed():
    """Its tracks are closed with its roads; lifting the closure brings the way back."""
    zone = layer(box(44.08, 33.005, 44.12, 33.03))
    with pytest.warns(br.DataWarning, match="meet no road"):
        network = br.build_network(ROAD, closures=zone)
    found = reached(network, (44.1, 33.02), (44.15, 33.02))
    assert found["reason"].tolist() == ["CLOSED", ""]


def test_sites_do_not_serve_straight_across_a_river():
    """Nor where no road is involved at all."""
    near = (44.0, 33.02)
    road = layer(LineString([(44.5, 33.0), (44.6, 33.0)])).rename_axis("road_id")
    assert reached(br.build_network(road), near)["covered"].all()
    assert not reached(br.build_network(road, rivers=layer(RIVER)), near)["covered"].any()


@pytest.mark.parametrize("closures", [None, layer(
    box(44.08, 33.005, 44.12, 33.03), box(44.15, 32.9, 44.16, 33.1)
)], ids=["rivers", "closed too"])  # fmt: skip
def test_a_saved_network_keeps_its_obstacles(closures, tmp_path):
    """Rivers and closed ground come back as they were."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        network = br.build_network(ROAD, closures=closures, rivers=layer(RIVER))
    loaded = load_network(save_network(network, tmp_path))
    ways = np.random.default_rng(3).uniform((43.9, 32.9) * 2, (44.3, 33.1) * 2, (500, 4)).T
    found = network.obstacles.blocks(*ways)
    assert 0 < found.sum() < 500
    assert np.array_equal(loaded.obstacles.blocks(*ways), found)
    if closures is not None:
        lifted = network.lifted.obstacles.blocks(*ways)
        assert np.array_equal(loaded.lifted.obstacles.blocks(*ways), lifted)
        assert (found & ~lifted).any()


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(["river", "lake", "closed"]))
def test_an_obstacle_never_makes_a_place_faster_and_one_far_away_changes_nothing(seed, kind):
    """Water and closed ground only take ways away."""
    rng = np.random.default_rng(seed)
    nodes = np.round(rng.uniform((44, 33), (44.3, 33.3), (10, 2)), 4)
    pairs = {tuple(sorted(pair)) for pair in rng.integers(0, 10, (14, 2)).tolist()}
    lines = [LineString(nodes[list(pair)]) for pair in sorted(pairs) if pair[0] != pair[1]]
    table = layer(*lines).rename_axis("road_id")
    demand = layer(*shapely.points(rng.uniform((44, 33), (44.3, 33.3), (15, 2))))
    x, y = rng.uniform((44, 33), (44.3, 33.3))
    shape = LineString([(x, y), (44.15, 33.15)]) if kind == "river" else box(x, y, x + 0.06, 34)
    given_as = "closures" if kind == "closed" else "rivers"
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        for moved in (None, shape, translate(shape, 0, 5)):
            options = {} if moved is None else {given_as: layer(moved)}
            network = br.build_network(table, off_road_km=4, **options)
            ms = br.travel_times(network, demand.iloc[:3], demand).nearest_ms
            found.append(np.where(ms < 0, np.inf, ms))
    free, hindered, far = found
    assert (hindered >= free).all()
    assert np.array_equal(far, free)


@pytest.mark.slow
def test_rivers_of_a_plan_block_unless_it_says_otherwise(plan, cli, tmp_path, edit):
    """`rivers_block = false` only draws them."""
    river = LineString([(43.8, 33.105), (44.24, 33.105), (44.24, 33.4)])
    layer(river).to_file(plan.parent / "rivers.geojson")
    edit(plan, "[network]", 'rivers = "rivers.geojson"\n[network]')
    found = []
    for setting in ([], ["--set", "network.rivers_block=false"]):
        assert cli("reach", plan, *setting, "-o", tmp_path / "out")[0] == 0
        with (tmp_path / "out" / "reach.csv").open(encoding="utf-8-sig") as file:
            found.append({row["community_id"]: row["reason"] for row in csv.DictReader(file)})
    assert (found[0]["c1"], found[1]["c1"]) == ("OFF_ROAD", "")
    assert found[0]["c2"] == found[1]["c2"] == ""
