"""What open ground promises: a way takes its metres in each ground over the speed there."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio import Affine
from shapely import LineString, Point, Polygon, box

import boxreach as br
from boxreach.crs import line_lengths_m, point_distances_m
from boxreach.network.ground import NO_WAY, PLAIN, Ground, find_ground
from boxreach.sources.terrain import Terrain
from boxreach.speeds import GROUND_KMH, Slope, SpeedModel
from boxreach.speeds.ground import read_ground_file

ROAD = gpd.GeoDataFrame(
    {"speed_kmh": [60.0]}, index=["r"], geometry=[LineString([(43.8, 33), (44.2, 33)])], crs=4326
).rename_axis("road_id")
SITE = gpd.GeoDataFrame(index=["s"], geometry=[Point(44, 33)], crs=4326).rename_axis("site_id")
FAR = box(50, 40, 51, 41)


def areas(*rows, crs=4326):
    """Build a layer of ground from shapes with a class or a speed."""
    said = [what if isinstance(what, str) else "" for _, what in rows]
    kmh = [np.nan if isinstance(what, str) else what for _, what in rows]
    shapes = [shape for shape, _ in rows]
    columns = {"ground_class": said, "off_road_kmh": kmh}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_crs(crs)


def places(*xy):
    """Build a table of demand."""
    table = gpd.GeoDataFrame(geometry=[Point(*one) for one in xy], crs=4326)
    return table.set_axis([f"d{at}" for at in range(len(xy))], axis=0)


def reached(network, *xy, **options):
    """Return the reach of places from a site on the road."""
    return br.reach(br.travel_times(network, SITE, places(*xy), **options), minutes=60)


def metres(here, there):
    """Return the metres between two places."""
    ends = (np.array([value], dtype=float) for value in (*here, *there))
    return float(point_distances_m(*ends)[0])


def time_one(ground, here, there, kmh=15.0):
    """Return the milliseconds of one way that the ground bears on; None if it does not."""
    ends = [np.array([value], dtype=float) for value in (*here, *there)]
    which, ms = ground.time(*ends, point_distances_m(*ends), kmh)
    return int(ms[0]) if len(which) else None


def ms_of(*parts):
    """Return the milliseconds of metres at km/h."""
    return sum(m * 3600 / kmh for m, kmh in parts)


def lengths_m(shapes):
    """Return the metres of the lines of each shape."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    lines = shapely.get_dimensions(parts) == 1
    return np.bincount(owner[lines], line_lengths_m(parts[lines]), minlength=len(shapes))


# --- the shipped table -----------------------------------------------------------------------


def test_every_class_has_its_reason_and_every_word_means_one_class():
    """No number stands alone, and no word is read in two ways."""
    written = read_ground_file()
    assert all(set(one) == {"kmh", "also", "reason"} and one["reason"] for one in written.values())
    words = [word for name, one in written.items() for word in (name, *one["also"])]
    assert len(words) == len(set(words)) > 50
    assert all(kmh == 0 or 0.1 <= kmh <= 300 for kmh in GROUND_KMH.values())


def test_no_ground_is_as_fast_as_a_track():
    """Tracks are worn smooth."""
    assert max(GROUND_KMH.values()) < SpeedModel().kmh["track"]


def test_the_page_shows_the_table_as_it_is():
    """`docs/ground.md` and ground.toml say the same."""
    page = (Path(__file__).parents[1] / "docs" / "ground.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| (.+?) \| (.+) \|$", page, flags=re.MULTILINE)
    shown = {
        name: {"kmh": float(kmh), "also": also.split(", "), "reason": reason}
        for name, kmh, also, reason in rows
    }
    assert shown == read_ground_file()


# --- how long a way takes --------------------------------------------------------------------


def test_a_way_half_in_sand_takes_each_half_at_its_own_speed():
    """It takes a / v1 + b / v2, on the place's own reach."""
    network = br.build_network(ROAD, ground=areas((box(43.9, 33.01, 44.1, 33.2), "sand")))
    found = reached(network, (44, 33.02))
    expected = ms_of(
        (metres((44, 33), (44, 33.01)), 15), (metres((44, 33.01), (44, 33.02)), GROUND_KMH["sand"])
    )
    assert found["minutes"].iloc[0] * 60_000 == pytest.approx(expected, abs=1)
    assert found["off_road_minutes"].iloc[0] == found["minutes"].iloc[0]
    assert found["off_road_m"].iloc[0] == pytest.approx(metres((44, 33), (44, 33.02)))


def test_a_speed_of_its_own_comes_before_that_of_the_class():
    """As with roads."""
    layer = areas((box(43.9, 32.9, 44.1, 33.2), "sand")).assign(off_road_kmh=[40.0])
    found = reached(br.build_network(ROAD, ground=layer), (44, 33.02))
    expected = ms_of((metres((44, 33), (44, 33.02)), 40))
    assert found["minutes"].iloc[0] * 60_000 == pytest.approx(expected, abs=1)


def test_classes_are_read_as_others_call_them_and_their_speeds_can_be_replaced():
    """`Bare rock` is rock, at the speed that is given for it."""
    layer = areas((box(43.9, 32.9, 44.1, 33.2), " Bare rock"))
    network = br.build_network(ROAD, ground=layer, off_road_class_kmh={"rock": 6})
    expected = ms_of((metres((44, 33), (44, 33.02)), 6))
    assert reached(network, (44, 33.02))["minutes"].iloc[0] * 60_000 == pytest.approx(
        expected, abs=1
    )
    assert network.parameters["off_road_class_kmh"] == {**GROUND_KMH, "rock": 6}
    assert network.parameters["ground_areas"] == 1


@pytest.mark.slow
def test_where_areas_overlap_the_slowest_holds():
    """Whatever their order."""
    slow, fast = (box(44.00, 33, 44.02, 34), 5.0), (box(44.01, 33, 44.03, 34), 10.0)
    way = (44.0, 33.5), (44.04, 33.5)
    quarter = metres(*way) / 4
    expected = ms_of((2 * quarter, 5), (quarter, 10), (quarter, 15))
    for order in ((slow, fast), (fast, slow)):
        ground = find_ground(*(np.array(one) for one in zip(*order, strict=True)))
        assert time_one(ground, *way) == pytest.approx(expected, abs=1)


def test_along_a_border_the_slower_ground_counts():
    """Who drives on the edge of the sand drives in sand."""
    ground = find_ground(np.array([box(44, 33, 45, 34)]), np.array([5.0]))
    way = (44.0, 33.5), (44.0, 33.52)
    assert time_one(ground, *way) == pytest.approx(ms_of((metres(*way), 5)), abs=1)


def test_areas_that_no_way_meets_change_no_time():
    """Not by a millisecond; nor does a road that lies in one."""
    demand = np.random.default_rng(5).uniform((43.8, 32.97), (44.2, 33.03), (40, 2))
    on_road = LineString([(43.8, 33), (44.2, 33)]).buffer(1e-5)
    bare = reached(br.build_network(ROAD), *demand)
    found = reached(br.build_network(ROAD, ground=areas((FAR, "sand"))), *demand)
    assert found["minutes"].tolist() == bare["minutes"].tolist()
    sandy = br.build_network(ROAD, ground=areas((on_road, "sand")))
    along, bare = (reached(one, (44.1, 33)) for one in (sandy, br.build_network(ROAD)))
    assert along["minutes"].tolist() == bare["minutes"].tolist()


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_times_equal_those_of_areas_cut_out_of_each_other(seed):
    """An oracle that takes the slowest area first, and leaves it out of the next."""
    random = np.random.default_rng(seed)
    count = random.integers(1, 6)
    corners = random.uniform((44, 33), (44.06, 33.05), (count, 5, 2))
    drawn = shapely.polygons(np.round(corners, 7))
    shapes = shapely.make_valid(drawn, method="structure", keep_collapsed=False)
    kmh = random.choice([2.0, 5.0, 12.0, 30.0], count)
    ways = random.uniform((44, 33) * 2, (44.05, 33.05) * 2, (10, 4))
    length = point_distances_m(*ways.T)
    expected = np.zeros(len(ways))
    rest = shapely.linestrings(ways.reshape(-1, 2, 2))
    scale = length / lengths_m(rest)
    for speed in np.unique(kmh):
        ground = shapely.union_all(shapes[kmh == speed])
        expected += scale * lengths_m(shapely.intersection(rest, ground)) * 3600 / speed
        rest = shapely.difference(rest, ground)
    expected += scale * lengths_m(rest) * 3600 / 15
    found = length * 3600 / 15
    which, ms = find_ground(drawn, kmh).time(*ways.T, length, 15.0)
    found[which] = ms
    assert found == pytest.approx(expected, rel=1e-6, abs=1)


@pytest.mark.slow
def test_dividing_large_areas_changes_no_time():
    """Lakes of many corners are cut up for speed alone."""
    random = np.random.default_rng(3)
    angle = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    reach = 0.04 + 0.02 * random.random(3000)
    shape = Polygon(np.column_stack([44 + reach * np.cos(angle), 33 + reach * np.sin(angle)]))
    shape = shapely.transform(shape, lambda xy: np.round(xy, 7))
    whole = Ground(np.array([shape]), np.array([4.0]))
    divided = find_ground(whole.areas, whole.kmh)
    assert len(divided.areas) > 20
    assert shapely.get_num_coordinates(divided.areas).max() <= 128
    assert shapely.area(divided.areas).sum() == pytest.approx(shape.area)
    ways = random.uniform((43.93, 32.93) * 2, (44.07, 33.07) * 2, (300, 4))
    found = [one.time(*ways.T, point_distances_m(*ways.T), 15.0) for one in (whole, divided)]
    assert np.array_equal(found[0][0], found[1][0])
    assert np.abs(found[0][1] - found[1][1]).max() <= 1


def test_places_serve_each_other_straight_at_the_speed_of_the_ground():
    """Also where no road is involved."""
    ground = areas((box(43.9, 33.4, 44.1, 33.6), 6.0))
    network = br.build_network(ROAD, ground=ground)
    site = SITE.set_geometry([Point(44, 33.5)])
    times = br.travel_times(network, site, places((44.01, 33.51)))
    expected = ms_of((metres((44, 33.5), (44.01, 33.51)), 6))
    assert times.nearest_ms[0] == pytest.approx(expected, abs=1)


def test_an_isochrone_reaches_over_fast_ground():
    """Its grid is laid as wide as the fastest ground carries."""
    ground = areas((box(43, 32, 45, 34), 120.0))
    network = br.build_network(ROAD.assign(speed_kmh=5.0), ground=ground, off_road_km=8)
    drawn = br.isochrones(network, SITE, minutes=[3], cell_m=500)
    assert drawn.geometry.iloc[0].covers(Point(44, 33.04))


# --- ground that cannot be crossed -----------------------------------------------------------

MARSH = box(43.99, 33.005, 44.01, 33.015)


def test_a_place_whose_every_way_leads_through_water_is_off_road():
    """It has no metres and no minutes off the road."""
    network = br.build_network(ROAD, ground=areas((MARSH, "marsh")))
    found = reached(network, (44, 33.02), (44.05, 33.02), (44, 32.98))
    assert found["reason"].tolist() == ["OFF_ROAD", "", ""]
    assert np.isnan(found[["off_road_m", "off_road_minutes"]].iloc[0].to_numpy(dtype=float)).all()
    dry = reached(br.build_network(ROAD, ground=areas((MARSH, 2.0))), (44, 33.02))
    assert dry["reason"].tolist() == [""]


def test_a_place_behind_a_marsh_takes_another_road():
    """Farther, and round it."""
    side = LineString([(44.03, 33), (44.03, 33.05)])
    roads = gpd.GeoDataFrame(geometry=[ROAD.geometry.iloc[0], side], index=["r", "t"], crs=4326)
    found = reached(br.build_network(roads, ground=areas((MARSH, 0.0))), (44, 33.02))
    assert found["off_road_m"].iloc[0] == pytest.approx(
        metres((44, 33.02), (44.03, 33.02)), rel=1e-6
    )


def test_a_place_on_a_road_through_a_marsh_is_on_the_road():
    """No open ground is crossed; beside the road there is none to drive on."""
    network = br.build_network(ROAD, ground=areas((box(43.9, 32.9, 44.1, 33.1), "marsh")))
    found = reached(network, (44.05, 33.0), (44.05, 33.001))
    assert found["reason"].tolist() == ["", "OFF_ROAD"]
    assert found["off_road_minutes"].iloc[0] == 0


def test_a_way_that_ends_at_a_shore_is_open():
    """It touches the water with less than a centimetre."""
    ground = find_ground(np.array([box(44, 33, 45, 34)]), np.array([0.0]))
    assert time_one(ground, (43.99, 33.5), (44.0, 33.5)) != NO_WAY
    assert time_one(ground, (43.99, 33.5), (44.0 + 5e-8, 33.5)) != NO_WAY
    assert time_one(ground, (43.99, 33.5), (44.0 + 5e-7, 33.5)) == NO_WAY


# --- slope -----------------------------------------------------------------------------------


def ramp(grade, north=34.2):
    """A terrain that rises to the north by so much for each metre."""
    rows = np.arange(300)[::-1] * 0.005
    height_m = grade * metres((44, 33), (44, 34)) * rows
    grid = np.tile(height_m[:, None], (1, 200)).astype("float32")
    return Terrain(grid, Affine(0.005, 0, 43.5, 0, -0.005, north), CRS.from_epsg(4326))


@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
def test_uphill_and_downhill_take_their_own_times(direction):
    """To a place above its road it is up, from there it is down."""
    network = br.build_network(ROAD, speeds=SpeedModel(terrain=ramp(0.08)))
    found = reached(network, (44, 33.02), direction=direction)
    slope, up = Slope(), direction == "site_to_demand"
    factor = float(slope.factor(np.array([0.08 if up else -0.08]))[0])
    expected = ms_of((metres((44, 33), (44, 33.02)), 15 * factor)) / 60_000
    assert found["minutes"].iloc[0] == pytest.approx(expected, rel=2e-3)
    assert found["off_road_minutes"].iloc[0] == found["minutes"].iloc[0]


@pytest.mark.parametrize("backwards", [False, True])
def test_slope_and_ground_multiply_where_both_are(backwards):
    """Half in sand, all of it uphill, one way or the other, also straight between places."""
    layer = areas((box(43.9, 33.51, 44.1, 33.6), 5.0))
    network = br.build_network(ROAD, ground=layer, speeds=SpeedModel(terrain=ramp(0.1)))
    site, there = SITE.set_geometry([Point(44, 33.50)]), places((44, 33.52))
    direction = "demand_to_site" if backwards else "site_to_demand"
    times = br.travel_times(network, site, there, direction=direction)
    factor = float(Slope().factor(np.array([-0.1 if backwards else 0.1]))[0])
    half = metres((44, 33.5), (44, 33.52)) / 2
    expected = ms_of((half, 15 * factor), (half, 5 * factor))
    assert times.nearest_ms[0] == pytest.approx(expected, rel=2e-3)


def test_open_ground_is_as_steep_as_it_is():
    """`steepest` is for roads, which are cut into what is steeper."""
    ground = replace(PLAIN, terrain=ramp(0.25))
    way = (44, 33.5), (44, 33.52)
    steep = float(Slope(steepest=1).factor(np.array([0.25]))[0])
    assert time_one(ground, *way) == pytest.approx(ms_of((metres(*way), 15 * steep)), rel=3e-3)
    assert steep < float(Slope().factor(np.array([0.25]))[0])


@pytest.mark.filterwarnings("ignore:terrain. heights are not known")
def test_level_and_unknown_heights_change_no_time():
    """Nor does a terrain that lies elsewhere."""
    demand = np.random.default_rng(5).uniform((43.8, 32.97), (44.2, 33.03), (40, 2))
    bare = reached(br.build_network(ROAD), *demand)
    for terrain in (ramp(0.02), ramp(0.2, north=50)):
        found = reached(br.build_network(ROAD, speeds=SpeedModel(terrain=terrain)), *demand)
        assert found["minutes"].to_numpy() == pytest.approx(bare["minutes"].to_numpy(), abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_hill_never_makes_a_way_faster(seed):
    """Whatever the heights, up or down."""
    random = np.random.default_rng(seed)
    grid = random.uniform(0, 300, (12, 12)).astype("float32")
    hills = Terrain(grid, Affine(0.005, 0, 44, 0, -0.005, 33.05), CRS.from_epsg(4326))
    ways = random.uniform((44, 33) * 2, (44.05, 33.05) * 2, (20, 4))
    length = point_distances_m(*ways.T)
    _, ms = replace(PLAIN, terrain=hills).time(*ways.T, length, 15.0)
    assert (ms >= np.floor(length * 3600 / 15)).all()


# --- what carries it -------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), direction=st.sampled_from(["site_to_demand", "demand_to_site"]))
def test_a_route_over_ground_takes_the_time_it_is_the_route_of(seed, direction):
    """Steps add up to the minutes, on slopes and through areas, and tell what is off the road."""
    random = np.random.default_rng(seed)
    lines = [LineString(44 + random.uniform(0, 0.05, (2, 2)) + [0, -11]) for _ in range(6)]
    roads = gpd.GeoDataFrame(geometry=lines, crs=4326).rename_axis("road_id")
    where = random.uniform((44, 33), (44.05, 33.05), (8, 2))
    layer = areas((box(44.01, 33.01, 44.03, 33.04), 5.0), (box(44.02, 33.02, 44.03, 33.05), 0.0))
    grid = random.uniform(0, 200, (14, 14)).astype("float32")
    hills = Terrain(grid, Affine(0.005, 0, 43.99, 0, -0.005, 33.06), CRS.from_epsg(4326))
    network = br.build_network(roads, ground=layer, speeds=SpeedModel(terrain=hills), off_road_km=2)
    sites = places(*where[:3]).rename_axis("site_id")
    times = br.travel_times(network, sites, places(*where[3:]), direction=direction)
    for route in br.find_routes(times).itertuples():
        minutes = sum(step.minutes for step in route.steps)
        assert minutes == pytest.approx(route.minutes, abs=1e-3)
        off = sum(step.minutes for step in route.steps if step.road_class == "off_road")
        assert route.off_road_minutes == pytest.approx(off)


@pytest.mark.slow
@pytest.mark.parametrize("closed", [False, True])
def test_a_saved_network_and_one_with_closures_keep_their_ground(tmp_path, closed):
    """Areas, heights and slope come back as they were."""
    layer = areas((box(43.9, 33.01, 44.1, 33.2), "sand"), (MARSH, "water"), (FAR, "rock"))
    model = SpeedModel(terrain=ramp(0.08), slope=Slope(up_loss=4))
    network = br.build_network(ROAD, ground=layer, speeds=model)
    if closed:
        shut = gpd.GeoDataFrame(geometry=[box(44.1, 32.99, 44.11, 33.01)], index=["c"], crs=4326)
        network = network.without(shut)
    loaded = br.load_network(br.save_network(network, tmp_path))
    demand = np.random.default_rng(5).uniform((43.9, 32.97), (44.09, 33.03), (40, 2))
    first, second = (br.travel_times(one, SITE, places(*demand)) for one in (network, loaded))
    assert np.array_equal(first.nearest_ms, second.nearest_ms)
    assert np.array_equal(first.off_road_ms, second.off_road_ms)
    assert np.array_equal(first.lifted_ms, second.lifted_ms)
    bare = br.travel_times(br.build_network(ROAD), SITE, places(*demand))
    assert (first.nearest_ms != bare.nearest_ms).mean() > 0.5


def test_plain_ground_is_not_kept(tmp_path):
    """A network without areas and heights is on disk what it was before."""
    home = br.save_network(br.build_network(ROAD), tmp_path)
    assert not list(home.glob("ground*"))


@pytest.mark.slow
def test_of_places_equally_far_on_one_road_the_first_counts_whatever_else_is_drawn():
    """A road far away moves the grid, and must not choose between the sand and the plain."""
    east, west = 44.00201, 43.99799
    bend = LineString([(east, 33.01), (east, 32.99), (west, 32.99), (west, 33.01)])
    ground = areas((box(43.9, 32.9, 44, 33.1), 1.0))
    minutes = set()
    for far in np.arange(43.9, 43.93, 0.002):
        lines = [bend, LineString([(far, 32.5), (far, 32.6)])]
        roads = gpd.GeoDataFrame(geometry=lines, crs=4326)
        network = br.build_network(roads, ground=ground, off_road_km=1)
        minutes.add(reached(network, (44, 33.005))["off_road_minutes"].iloc[0])
    assert len(minutes) == 1


# --- what is refused -------------------------------------------------------------------------


def faults(call):
    """Return the faults of a call that must be refused."""
    with pytest.raises(br.InputError) as caught:
        call()
    return [(one.file, one.feature or one.row, one.column, one.what) for one in caught.value.faults]


def test_what_is_wrong_with_a_layer_is_said_by_row(tmp_path):
    """All at once."""
    layer = areas((box(44, 33, 45, 34), "sand"), (Point(44, 33), 5.0), (FAR, ""), (FAR, -3.0))
    layer.to_file(tmp_path / "ground.gpkg")
    found = faults(lambda: br.read_ground(tmp_path / "ground.gpkg"))
    assert found == [
        ("ground.gpkg", 2, "geometry", "it is a Point"),
        ("ground.gpkg", 4, "off_road_kmh", "-3 is below what is allowed"),
    ]
    layer.iloc[[0, 2]].to_file(tmp_path / "blank.gpkg")
    assert faults(lambda: br.read_ground(tmp_path / "blank.gpkg")) == [
        ("blank.gpkg", 2, "ground_class", "it has neither a class nor a speed")
    ]
    slow = areas((FAR, 0.0), (FAR, 0.05))
    assert faults(lambda: br.build_network(ROAD, ground=slow)) == [
        ("ground", 2, "off_road_kmh", "0.05 will not do")
    ]


def test_a_class_that_is_not_known_is_refused_unless_its_row_has_a_speed():
    """It names the nearest word that is known."""
    layer = areas((FAR, "sand"), (FAR, "sannd"), (FAR, 5.0))
    layer.loc[2, "ground_class"] = "moor"
    with pytest.raises(br.InputError, match=r"ground, row 2.*did you mean sand") as caught:
        br.build_network(ROAD, ground=layer)
    assert len(caught.value.faults) == 1


def test_a_layer_without_a_system_is_refused():
    """Nothing is guessed."""
    layer = gpd.GeoDataFrame({"off_road_kmh": [5.0]}, geometry=[FAR])
    with pytest.raises(br.CRSError, match="ground: the layer does not say"):
        br.build_network(ROAD, ground=layer)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"sannd": 5}, "did you mean sand"), ({"sand": -1}, "it is -1"), ({"sand": 0.01}, "0.01"),
     ({"sand": np.nan}, "nan"), ({"sand": "fast"}, "fast"), ({"sand": 301}, "301")],
)  # fmt: skip
def test_speeds_of_classes_are_refused_by_name(given, said):
    """0, or 0.1 to 300."""
    with pytest.raises(br.InputError, match=said) as caught:
        br.build_network(ROAD, off_road_class_kmh=given)
    assert "off_road_class_kmh" in str(caught.value)


def test_broken_outlines_are_repaired():
    """A bow tie is two triangles; empty parts are nothing."""
    tie = Polygon([(44, 33), (44.02, 33.02), (44.02, 33), (44, 33.02)])
    ground = find_ground(np.array([tie]), np.array([5.0]))
    assert shapely.is_valid(ground.areas).all()
    assert shapely.area(ground.areas).sum() == pytest.approx(0.0002)


def test_corners_that_stand_twice_enclose_nothing_more():
    """A way beside such an area takes its own time."""
    corners = [(44, 33), (44, 33), (44.02, 33), (44.02, 33.02), (44.02, 33.02), (44, 33)]
    ground = Ground(np.array([Polygon(corners)]), np.array([5.0]))
    way = (44.001, 33.015), (44.005, 33.019)
    assert time_one(ground, *way) is None


@pytest.mark.parametrize("crs", [3857, 32638])
def test_the_system_of_a_layer_changes_no_time(crs):
    """To the millisecond."""
    layer = areas((box(43.9, 33.01, 44.1, 33.2), "sand"), (MARSH, "water"))
    demand = np.random.default_rng(5).uniform((43.9, 32.97), (44.09, 33.03), (40, 2))
    here, there = (
        reached(br.build_network(ROAD, ground=one), *demand)["minutes"]
        for one in (layer, layer.to_crs(crs))
    )
    assert here.equals(there)


# --- in a plan -------------------------------------------------------------------------------


def reach_of(folder):
    with (folder / "reach.csv").open(encoding="utf-8-sig") as file:
        return {row["community_id"]: row for row in csv.DictReader(file)}


@pytest.mark.slow
def test_a_plan_reads_its_ground(plan, cli, tmp_path, edit):
    """Slower through sand; the speeds and the number of areas are in run.json."""
    layer = areas((box(44.0, 33.105, 44.12, 33.15), "sand")).drop(columns="off_road_kmh")
    layer.rename(columns={"ground_class": "natural"}).to_file(plan.parent / "ground.gpkg")
    assert cli("run", plan, "-o", tmp_path / "plain")[0] == 0
    written = 'ground = { file = "ground.gpkg", columns = { ground_class = "natural" } }\n[network]'
    edit(plan, "[network]", written)
    settings = ["--set", "network.off_road_class_kmh={ sand = 4 }"]
    code, _, message = cli("run", plan, *settings, "-o", tmp_path / "out")
    assert code == 0, message
    plain, sandy = (reach_of(tmp_path / name) for name in ("plain", "out"))
    assert float(sandy["c1"]["off_road_minutes"]) > float(plain["c1"]["off_road_minutes"]) > 0
    assert sandy["c1"]["off_road_m"] == plain["c1"]["off_road_m"]
    assert sandy["c2"] == plain["c2"]
    run = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["parameters"]["network.off_road_class_kmh"] == {**GROUND_KMH, "sand": 4}
    assert run["parameters"]["network.ground_areas"] == 1
    assert any(one["name"] == "ground" and one["rows"] == 1 for one in run["inputs"])


@pytest.mark.slow
def test_a_plan_with_wrong_ground_is_refused_by_file_and_row(plan, refused, edit):
    """Together with whatever else is wrong."""
    areas((FAR, "sand"), (FAR, "sannd")).to_file(plan.parent / "ground.gpkg")
    edit(plan, "[network]", 'ground = "ground.gpkg"\n[network]')
    edit(plan, "minutes = 20\n", "minutes = 20\nphases = [9]\n")
    message = refused(plan)
    assert "ground.gpkg, feature 2, column ground_class: 'sannd' is no class of ground" in message
    assert "phases are [9]" in message


@pytest.mark.parametrize(
    ("value", "said"),
    [("{ sannd = 5 }", "did you mean sand"), ("{ sand = -1 }", "give 0 where there is no way"),
     ("{ sand = 0.01 }", "give 0 where"), ('{ sand = "fast" }', "give a number")],
)  # fmt: skip
def test_speeds_of_ground_in_a_plan_are_checked(plan, refused, edit, value, said):
    """By the same rule as in Python."""
    edit(plan, "off_road_km = 10", f"off_road_km = 10\noff_road_class_kmh = {value}")
    message = refused(plan)
    assert "plan.toml, line 10, key network.off_road_class_kmh" in message
    assert said in message
