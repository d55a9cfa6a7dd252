"""A network in tiles: the same bytes as one network finds, whatever differs at a tile's sides."""

import pickle
import re
import warnings
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy.spatial import cKDTree
from shapely import LineString, Point, box, linestrings, points

import boxreach as br
from benchmarks.countries import CLASSES, make_country
from boxreach.network import name_tiles, window_about
from boxreach.routing import NEVER
from boxreach.sources.terrain import Terrain

ASKED = {"cutoff": 30.0}
CLASS_NAMES = ("motorway", "trunk", "primary", "tertiary", "residential", "track", "")
LAYERS = Path(__file__).parents[2] / "shared" / "data" / "iraq"
OF_DEMAND = ("off_road_m", "off_road_ms")


def table(shapes, index=None, **columns):
    """Return shapes as a table in EPSG:4326."""
    return gpd.GeoDataFrame(columns, geometry=list(shapes), index=index, crs=4326)


def places(letter, xy):
    """Return points with ids."""
    ids = [f"{letter}{row}" for row in range(len(xy))]
    return table(points(np.asarray(xy, dtype=float)), index=ids)


def assert_same(one, tiled):
    """Hold times by tile against those of one network: to the byte, and as far as they are told."""
    for name in ("data", "indices", "indptr"):
        mine, theirs = getattr(one.ms, name), getattr(tiled.ms, name)
        assert mine.dtype == theirs.dtype
        assert mine.tobytes() == theirs.tobytes()
    for name in OF_DEMAND:
        assert getattr(one, name).dtype == getattr(tiled, name).dtype
        assert getattr(one, name).tobytes() == getattr(tiled, name).tobytes()
    limit_ms, local = round(one.cutoff_minutes * 60_000), np.isnan(one.off_road_m)
    known = (one.nearest_ms != NEVER) & ((one.nearest_ms <= limit_ms) | local)
    assert np.array_equal(np.where(known, one.nearest_ms, NEVER), tiled.nearest_ms)
    assert np.array_equal(np.where(known, one.nearest_site, -1), tiled.nearest_site)
    known = (one.lifted_ms != NEVER) & ((one.lifted_ms <= limit_ms) | local)
    assert np.array_equal(np.where(known, one.lifted_ms, NEVER), tiled.lifted_ms)


def both(roads, sites, demand, tile_km, asked=ASKED, **said):
    """Return the times on one network and on its tiles, which are held against each other."""
    one = br.travel_times(br.build_network(roads, **said), sites, demand, **asked)
    tiled = br.travel_times(br.tile_network(roads, tile_km=tile_km, **said), sites, demand, **asked)
    assert_same(one, tiled)
    return one, tiled


def draw_land(draw, numbered):
    """Return roads about a hundred kilometres wide, some through many tiles, sites and demand."""
    count, span = int(draw.integers(5, 60)), draw.choice([0.3, 0.8])
    nodes = np.round([44.0, draw.choice([33.0, 62.0])] + span * draw.random((count, 2)), 7)
    near, lines, ends = cKDTree(nodes), [], []
    for one in range(count):
        for other in near.query(nodes[one], min(count, 4))[1][1:]:
            share = np.sort(draw.random(draw.integers(0, 4)))[:, None]
            bends = nodes[one] + share * (nodes[other] - nodes[one])
            bends += draw.normal(0, 0.005, bends.shape)
            lines.append(np.vstack([nodes[one], bends, nodes[other]]))
            ends.append((one, other))
    for _ in range(0 if numbered else draw.integers(0, 4)):
        lines.append(nodes[draw.choice(count, 4, replace=False)])
        ends.append((0, 0))
    numbers = np.array(ends) * 7 + 100
    columns = {"from_node": numbers[:, 0], "to_node": numbers[:, 1]} if numbered else {}
    roads = table(
        map(LineString, lines), index=[f"r{row}" for row in range(len(lines))],
        road_class=draw.choice(CLASS_NAMES, len(lines)),
        oneway=draw.choice(["", "", "", "yes", "-1"], len(lines)),
        speed_kmh=draw.choice([np.nan, np.nan, np.nan, 12.0, 140.0], len(lines)), **columns,
    )  # fmt: skip

    def settle(letter, rows):
        xy = nodes[draw.integers(0, count, rows)] + draw.normal(0, 0.02, (rows, 2))
        at_node = draw.random(rows) < 0.2
        xy[at_node] = nodes[draw.integers(0, count, at_node.sum())]
        return places(letter, xy).sample(frac=1, random_state=int(draw.integers(1000)))

    return roads, settle("s", int(draw.integers(2, 30))), settle("d", int(draw.integers(5, 120)))


def draw_closures(draw, roads, count):
    """Return points, lines and areas that close or slow roads, some of them one road alone."""
    rows = []
    for _ in range(count):
        at = int(draw.integers(len(roads)))
        place = roads.geometry.iloc[at].interpolate(draw.random(), normalized=True)
        away = draw.normal(0, 0.05, 2)
        shape = [
            place,
            LineString([(place.x, place.y), (place.x + away[0], place.y + away[1])]),
            box(place.x, place.y, place.x + abs(away[0]), place.y + abs(away[1])),
            place.buffer(0.01),
        ][draw.integers(4)]
        alone = roads.index[at] if draw.random() < 0.3 else ""
        rows.append((alone, draw.choice([0.0, 0.5]), shape))
    ids, factors, shapes = zip(*rows, strict=True)
    return table(shapes, index=[f"c{row}" for row in range(count)], road_id=ids,
                 speed_factor=factors)  # fmt: skip


def draw_said(draw, roads):
    """Return what else a network is built with."""
    said = {
        "off_road_km": float(draw.choice([1.0, 5.0, 12.0])),
        "off_road_kmh": float(draw.choice([5.0, 15.0, 60.0])),
        "node_crossings": bool(draw.random() < 0.3),
    }
    speeds = br.SpeedModel()
    if draw.random() < 0.3:
        speeds = speeds.replace(junction_s={"primary": 9.0, "tertiary": 14.0, "trunk": 3.0})
    if draw.random() < 0.3:
        areas = [box(44.1, 33.1, 44.3, 33.5), box(44.2, 33, 44.6, 33.3)]
        speeds = speeds.replace(zones=table(areas, speed_kmh=[200, np.nan],
                                            speed_factor=[np.nan, 0.5]))  # fmt: skip
    if draw.random() < 0.3:
        heights_m = 400 * draw.random((200, 100)).astype(np.float32)
        place = Affine(0.01, 0, 43.9, 0, -0.01, 34.9)
        speeds = speeds.replace(terrain=Terrain(heights_m, place, CRS.from_epsg(4326), "hills"))
    if draw.random() < 0.6:
        said["closures"] = draw_closures(draw, roads, int(draw.integers(1, 6)))
    if draw.random() < 0.3:
        said["rivers"] = table([LineString([roads.geometry.iloc[0].coords[0], (44.5, 33.4)])])
    if draw.random() < 0.3:
        areas = [box(44.1, 33.1, 44.2, 33.2), box(44.2, 33, 44.4, 33.3), box(44.3, 33, 44.5, 34)]
        said["ground"] = table(areas, off_road_kmh=[0.0, 3.0, 40.0])
    return {**said, "speeds": speeds}


@pytest.mark.slow
@example(seed=3, by_function=False)
@given(seed=st.integers(0, 2**32 - 1), by_function=st.booleans())
@settings(max_examples=20)
def test_tiles_find_what_one_network_does(seed, by_function):
    """Many tilings of many lands, whatever is closed, crossed, slowed, drawn or numbered in them.

    How far one drives until the cutoff is guessed too near at first, so that the guess, right or
    wrong, is seen not to matter.
    """
    draw = np.random.default_rng(seed)
    roads, sites, demand = draw_land(draw, numbered=bool(draw.random() < 0.3))
    asked = {
        "cutoff": float(draw.choice([5, 15, 30, 60])),
        "mobilise_minutes": float(draw.choice([0, 0, 3])),
        "direction": str(draw.choice(["site_to_demand", "demand_to_site"])),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        said = draw_said(draw, roads)
        one = br.travel_times(br.build_network(roads, **said), sites, demand, **asked)

        def read(window):
            return roads[roads.intersects(box(*window)).to_numpy()]

        source, tile_km = (read if by_function else roads), float(draw.choice([8, 20, 50]))
        network = br.tile_network(source, tile_km=tile_km, **said)
        network.__dict__["fastest_kmh"] = float(draw.choice([1.0, 30.0, 110.0]))
        assert_same(one, br.travel_times(network, sites, demand, **asked))


def test_a_road_is_cut_where_it_meets_others_beyond_its_tile():
    """A place is linked to both arms of a road that turns back, though it is cut far away."""
    turn = 46.0
    hairpin = LineString([(44.0, 33.0), (turn, 33.005), (44.0, 33.01)])
    crossing = LineString([(turn, 33.005), (turn + 0.1, 33.005)])
    roads = table([hairpin, crossing], road_class=["primary", "primary"])
    roads["oneway"] = ["yes", ""]
    sites, demand = places("s", [(44.05, 33.005)]), places("d", [(44.01, 33.012), (44.1, 33.0)])
    one, _ = both(roads, sites, demand, 20, off_road_km=2.0)
    assert one.ms.nnz == 2
    alone = br.travel_times(br.build_network(roads.iloc[:1], off_road_km=2.0), sites, demand,
                            **ASKED)  # fmt: skip
    assert alone.ms.nnz != one.ms.nnz or (alone.ms.data != one.ms.data).any()


def test_a_node_lies_where_the_ends_of_all_roads_have_it():
    """Roads beyond the window that end at a node, some metres apart, say where it lies too."""
    roads = table(
        [LineString([(44.0, 33.0), (44.06, 33.0)]), LineString([(44.0593, 33.0005), (46.5, 33.5)])],
        from_node=[1, 2], to_node=[2, 3],
    )  # fmt: skip
    sites, demand = places("s", [(43.0, 33.0)]), places("d", [(44.0325, 33.0)])
    asked, said = {"cutoff": 1.0}, {"off_road_km": 0.5}
    one, _ = both(roads, sites, demand, 5, asked, **said)
    alone = br.travel_times(br.build_network(roads.iloc[:1], **said), sites, demand, **asked)
    assert (alone.off_road_m != one.off_road_m).any()


def test_crossings_beyond_a_tile_count():
    """A road that only crosses one far away cuts it there, and bends it to the whole centimetre."""
    hairpin = LineString([(44.0, 33.0), (46.0, 33.004), (46.0, 33.006), (44.0, 33.01)])
    crossing = LineString([(45.99, 33.005), (46.1, 33.00501)])
    roads = table([hairpin, crossing], oneway=["yes", ""])
    sites, demand = places("s", [(44.05, 33.005)]), places("d", [(44.01, 33.012), (44.1, 33.0)])
    both(roads, sites, demand, 20, off_road_km=2.0, node_crossings=True)


@pytest.mark.slow
@pytest.mark.parametrize("closed", [False, True])
def test_where_a_tile_has_no_road_one_still_drives_straight(closed):
    """No road at all, or none that is open: places within off-road range reach each other."""
    roads = table([LineString([(44.0, 33.0), (44.2, 33.0)]), LineString([(47.0, 33), (47.1, 33)])])
    shut = table([box(46.9, 32.9, 47.2, 33.1)]) if closed else None
    sites = places("s", [(47.3, 34.5), (47.05, 33.2)])
    demand = places("d", [(47.32, 34.5), (47.06, 33.2)])
    one, _ = both(roads, sites, demand, 30, closures=shut)
    assert one.ms.nnz == 2


def test_straight_ways_lead_over_the_antimeridian():
    roads = table([LineString([(179.0, 60.0), (179.9, 60.0)])])
    sites, demand = places("s", [(179.99, 60.0)]), places("d", [(-179.99, 60.0), (179.5, 60.0)])
    one, _ = both(roads, sites, demand, 50)
    assert one.ms.toarray()[0, 0] > 0


def test_roads_on_both_sides_of_the_antimeridian_are_refused():
    roads = table([LineString([(179.0, 60.0), (179.9, 60.0)]),
                   LineString([(-179.9, 60.0), (-179.0, 60.0)])])  # fmt: skip
    with pytest.raises(br.CRSError, match="180 degrees"):
        br.tile_network(roads)
    network = br.tile_network(lambda window: roads[roads.intersects(box(*window))], tile_km=20)
    sites = places("s", [(179.5, 60.0), (-179.5, 60.0)])
    with pytest.raises(br.CRSError, match="180 degrees"):
        br.travel_times(network, sites, sites.rename("d{}".format), **ASKED)


@pytest.mark.slow
def test_a_closure_slows_as_far_as_all_closures_say():
    """How long fifty metres are is told about the middle of all, those of other tiles too."""
    roads = table([LineString([(44.0, 33.0), (44.5, 33.21)]), LineString([(20, 60), (20.2, 60)])],
                  index=["near", "far"])  # fmt: skip
    closures = table([Point(44.25, 33.105), Point(20.1, 60.0)], road_id=["", "far"],
                     speed_factor=[0.1, 0.1])  # fmt: skip
    sites, demand = places("s", [(44.2, 33.084)]), places("d", [(44.3, 33.126)])
    one, _ = both(roads, sites, demand, 10, closures=closures)
    alone = br.build_network(roads, closures=closures.iloc[:1])
    assert br.travel_times(alone, sites, demand, **ASKED).ms.data != one.ms.data


def test_closures_that_meet_no_road_are_told_by_the_tile_that_sees_them():
    roads = table([LineString([(44.0, 33.0), (44.2, 33.0)])], index=["a1"])
    sites = places("s", [(44.0, 33.0)])
    closures = table([Point(44.1, 33.2), Point(44.1, 33.0)], index=["field", "bridge"])
    network = br.tile_network(roads, closures=closures)
    with pytest.warns(br.DataWarning) as told:
        br.travel_times(network, sites, sites.rename("d{}".format), **ASKED)
    assert [str(one.message) for one in told] == ["closures that meet no road: field"]


@pytest.mark.slow
def test_closures_may_name_roads_of_other_tiles_but_none_that_is_not():
    roads = table([LineString([(44.0, 33.0), (44.2, 33.0)]), LineString([(48, 33), (48.2, 33)])],
                  index=["west", "east"])  # fmt: skip
    closures = table([Point(48.1, 33.0)], road_id=["east"])
    sites, demand = places("s", [(44, 33), (48, 33)]), places("d", [(44.15, 33), (48.15, 33)])
    one, _ = both(roads, sites, demand, 20, closures=closures)
    assert one.ms.nnz == 1
    with pytest.raises(br.InputError, match="there is no road 'north'"):
        br.tile_network(roads, closures=closures.assign(road_id="north"))


def test_a_closed_point_means_the_road_that_is_nearest_of_all():
    """Also where that one begins a few metres beyond the window of a tile, and another ends in it.

    Roads are faster than any class, so that one drives up to the window's side in time.
    """
    said, asked, speeds = {"off_road_km": 0.05}, {"cutoff": 2.0}, [250.0, 250.0]
    network = br.tile_network(lambda _: None, **said)
    halo_m = network.off_road_m + 200 + network.fastest_kmh * 1000 / 60 * asked["cutoff"]
    east, metre = window_about(np.array([[44.0, 33.0, 44.0, 33.0]]), halo_m)[2], 1.07e-5
    lines = [[44.0, east - 20 * metre], [east + 6 * metre, east + 3000 * metre]]
    roads = table([LineString([(lon, 33.0) for lon in line]) for line in lines], speed_kmh=speeds)
    closures = table([Point(east + 3 * metre, 33.0)], speed_factor=[0.1])
    sites = places("s", [(44.0, 33.0)])
    demand = places("d", [(east - 25 * metre, 33.0), (east - 40 * metre, 33.0)])
    one = br.travel_times(br.build_network(roads, closures=closures, **said), sites, demand,
                          **asked)  # fmt: skip

    def read(window):
        return roads[roads.intersects(box(*window)).to_numpy()].rename("r{}".format)

    tiled = br.tile_network(read, tile_km=5, closures=closures, **said)
    assert one.ms.nnz == 2
    assert_same(one, br.travel_times(tiled, sites, demand, **asked))


def test_a_closed_line_is_looked_at_as_a_whole():
    """What passes over the road that it runs along stays open, in whichever tile that road ends."""
    roads = table(
        [LineString([(44.0, 33.0), (44.6, 33.0)]), LineString([(44.02, 32.9), (44.02, 33.1)])]
    )
    closures = table([LineString([(44.0, 33.0), (44.6, 33.0)])])
    sites, demand = places("s", [(44.02, 32.92)]), places("d", [(44.02, 33.08)])
    one, _ = both(roads, sites, demand, 5, {"cutoff": 40.0}, closures=closures, off_road_km=0.5)
    assert one.ms.nnz == 1


@pytest.mark.slow
def test_legs_that_take_no_time_lead_out_of_no_tile():
    """A road drawn centimetre by centimetre takes no whole millisecond: no speed bounds it."""
    step = 1e-7
    dense = np.column_stack([44.0 + step * np.arange(120_000), np.full(120_000, 33.0)])
    end = dense[-1, 0]
    onward = LineString([(end, 33.0), (end + 0.0003, 33.0)])
    roads = table([LineString(dense), onward], speed_kmh=[300.0, 300.0])
    sites, demand = places("s", [(44.0, 33.0)]), places("d", [(end + 0.0003, 33.0)])
    asked = {"cutoff": 0.01}
    one, _ = both(roads, sites, demand, 1, asked, off_road_km=0.01)
    assert one.ms.nnz == 1


def test_zones_and_own_speeds_that_are_faster_than_any_class_widen_the_halo():
    roads = table([LineString([(44.0, 33.0), (45.5, 33.0)])] * 2, speed_kmh=[np.nan, 150.0])
    zones = table([box(44.2, 32, 46, 34)], speed_kmh=[250.0])
    speeds = br.SpeedModel().replace(zones=zones)
    assert br.tile_network(roads).fastest_kmh == 150.0
    assert br.tile_network(roads, speeds=speeds).fastest_kmh == 250.0
    sites, demand = places("s", [(44.0, 33.0)]), places("d", [(45.4, 33.0)])
    both(roads, sites, demand, 30, {"cutoff": 60.0}, speeds=speeds)


@pytest.mark.slow
def test_places_at_one_spot_of_a_one_way_road_stay_there_wherever_its_chain_begins():
    """What floats lose on the way along a long chain must not put one behind the other."""
    draw = np.random.default_rng(7)
    lon = np.round(44.0 + np.cumsum(draw.uniform(1e-3, 1e-2, 300)), 7)
    ends = np.column_stack([lon, np.full(300, 33.0)])
    lines = [LineString(ends[at : at + 2]) for at in range(299)]
    roads = table(lines, oneway=["yes"] * len(lines))
    east = draw.uniform(44.0, lon[-1], 200)
    sites, demand = (
        places(letter, np.column_stack([east, 33.0 + way * draw.uniform(1e-4, 1e-3, 200)]))
        for letter, way in (("s", 1), ("d", -1))
    )
    one, _ = both(roads, sites, demand, 5, {"cutoff": 3.0}, off_road_km=0.3)
    beside = one.ms.toarray().diagonal()
    assert (beside > 0).all()


@pytest.mark.slow
def test_a_function_reads_no_more_than_a_tile_at_once():
    """Roads that cross a window are asked for as a whole; what lies elsewhere is not."""
    lon = 44 + 0.05 * np.arange(80)
    lines = [LineString([(one, 33.0), (two, 33.0)]) for one, two in pairwise(lon)]
    roads, asked = table(lines), []

    def read(window):
        asked.append(window)
        return roads[roads.intersects(box(*window))]

    sites = places("s", np.column_stack([lon[::8], np.full(10, 33.001)]))
    demand = places("d", np.column_stack([lon[::4], np.full(20, 33.002)]))
    tiled = br.travel_times(br.tile_network(read, tile_km=25), sites, demand, cutoff=15)
    assert_same(br.travel_times(br.build_network(roads), sites, demand, cutoff=15), tiled)
    assert len(asked) > 20
    assert max(east - west for west, _, east, _ in asked) < 1.4


@pytest.mark.slow
def test_roads_that_are_numbered_anew_in_each_window_are_refused_where_closures_name_roads(
    tmp_path,
):
    """The closed road would be another one in each tile, or none, and stay open."""
    lon = 44 + 0.05 * np.arange(80)
    lines = [LineString([(one, 33.0), (two, 33.0)]) for one, two in pairwise(lon)]
    path = tmp_path / "roads.gpkg"
    table(lines).assign(road_class="primary").to_file(path)
    sites = places("s", np.column_stack([lon[::8], np.full(10, 33.001)]))
    demand = places("d", np.column_stack([lon[::4], np.full(20, 33.002)]))

    def read(window):
        return br.read_roads(gpd.read_file(path, bbox=window))

    def read_numbered(window):
        roads = gpd.read_file(path, bbox=window, fid_as_index=True)
        return br.read_roads(roads.rename_axis("road_id"))

    whole = read_numbered((-180, -90, 180, 90))
    gone = table([lines[60].centroid], road_id=[str(whole.index[60])])
    one = br.travel_times(br.build_network(whole, closures=gone), sites, demand, cutoff=40)
    is_open = br.travel_times(br.build_network(whole), sites, demand, cutoff=40)
    assert one.ms.nnz < is_open.ms.nnz
    tiled = br.tile_network(read_numbered, tile_km=25, closures=gone)
    assert_same(one, br.travel_times(tiled, sites, demand, cutoff=40))
    anew = br.tile_network(read, tile_km=25, closures=gone)
    with pytest.raises(br.InputError, match=r"road .* of one window is .* give each a road_id"):
        br.travel_times(anew, sites, demand, cutoff=40)


@pytest.mark.parametrize("found", [None, [], "roads"], ids=["nothing", "a list", "text"])
def test_a_reader_that_returns_no_table_is_told_what_to_return(valley, found):
    sites, places = valley[1:]
    tiled = br.tile_network(lambda _: found, tile_km=20)
    with pytest.raises(br.InputError) as told:
        br.travel_times(tiled, sites, places, cutoff=10)
    for part in ("the function that reads roads returned", "west", "have it return a GeoDataFrame"):
        assert part in str(told.value)


def test_a_window_without_a_road_may_be_a_table_of_nothing(valley):
    """Which has no column at all, nor a system."""
    roads, sites, places = valley

    def read(window):
        return roads.cx[window[0] : window[2], window[1] : window[3]]

    def read_none(window):
        found = read(window)
        return found if len(found) else gpd.GeoDataFrame()

    asked = sites, places
    times = [
        br.travel_times(br.tile_network(one, tile_km=20), *asked, cutoff=10)
        for one in (read, read_none)
    ]
    assert_same(*times)


def test_gaps_that_are_to_be_bridged_are_refused_in_words(valley):
    with pytest.raises(br.InputError, match=r"bridge_m is 50, .*; give 0, or one network"):
        br.tile_network(valley[0], bridge_m=50)
    with pytest.raises(br.InputError, match="bridge_m is 'wide'"):
        br.tile_network(valley[0], bridge_m="wide")
    assert br.tile_network(valley[0], bridge_m=0).parameters["bridge_m"] == 0


def test_where_nobody_reads_a_road_it_is_said():
    network = br.tile_network(lambda _: table([]).assign(road_class=""))
    sites = places("s", [(44, 33)])
    with pytest.raises(br.InputError, match="no road can be driven"):
        br.travel_times(network, sites, sites.rename("d{}".format))


@pytest.fixture(scope="module")
def valley():
    """Two towns with a road each, far from each other, and one without any."""
    roads = table([LineString([(44.0, 33.0), (45.0, 33.0)]), LineString([(48, 33), (48.5, 33)])],
                  index=["west", "east"])  # fmt: skip
    demand = places("d", [(44.05, 33), (44.9, 33), (48.2, 33), (46.5, 34.5)])
    return roads, places("s", [(44.0, 33.0), (44.02, 33.01)]), demand


def test_what_lies_beyond_the_cutoff_is_said_to_be_unclear(valley):
    """On another road, or farther along this one than a tile: times by tile do not tell."""
    one, tiled = both(*valley, 20)
    assert one.known_minutes == np.inf
    assert tiled.known_minutes == 30.0
    assert br.reach(one, minutes=30)["reason"].tolist() == ["", "TOO_FAR", "ISOLATED", "OFF_ROAD"]
    assert br.reach(tiled, minutes=30)["reason"].tolist() == ["", "UNCLEAR", "UNCLEAR", "OFF_ROAD"]
    assert tiled.farther.tolist() == [False] * 4
    assert br.reach(tiled, minutes=1)["reason"].tolist()[0] == "TOO_FAR"


def test_a_way_that_takes_longer_than_the_cutoff_is_told_where_a_tile_has_it(valley):
    """It is too far then, and neither closed nor isolated; how far is not told."""
    roads, sites, _ = valley
    demand = places("d", [(44.2, 33), (44.29, 33.02)])
    one, tiled = both(roads, sites, demand, 20, {"cutoff": 25.0})
    told = br.reach(tiled, minutes=25)
    assert (
        told["reason"].tolist() == br.reach(one, minutes=25)["reason"].tolist() == ["TOO_FAR"] * 2
    )
    assert told["minutes"].isna().all()
    assert tiled.farther.tolist() == [True, True]
    more = tiled.with_sites(places("m", [(44.19, 33.0)]))
    assert more.farther.tolist() == [False, False]
    assert br.reach(more, minutes=25)["reason"].tolist() == ["", ""]


def test_sites_that_are_added_tell_the_same_as_all_sites_at_once():
    """Also of who is reached too late: the window of a tile is about all of its sites together."""
    at = np.arange(16) / 10
    east = [LineString([(44 + x, 33 + y), (44.1 + x, 33 + y)]) for x in at for y in at]
    north = [LineString([(44 + x, 33 + y), (44 + x, 33.1 + y)]) for x in at for y in at]
    stands, more = places("s", [(44.5, 33.7)]), places("m", [(44.9, 33.9)])
    network = br.tile_network(table(east + north), tile_km=60)
    times = br.travel_times(network, stands, places("d", [(44.3, 34.0)]), cutoff=15)
    added, anew = times.with_sites(more), times.from_sites(pd.concat([stands, more]))
    assert_same(anew, added)
    assert times.farther.tolist() == [False]
    assert added.farther.tolist() == anew.farther.tolist() == [True]
    assert br.reach(added, minutes=15)["reason"].tolist() == ["TOO_FAR"]


def test_what_a_closure_keeps_from_coming_in_time_is_told(valley):
    roads, sites, _ = valley
    demand, down = places("d", [(44.2, 33), (44.4, 33)]), table([Point(44.1, 33.0)])
    one, tiled = both(roads, sites, demand, 20, {"cutoff": 40.0}, closures=down)
    assert br.reach(one, minutes=40)["reason"].tolist() == ["CLOSED", "CLOSED"]
    assert br.reach(tiled, minutes=40)["reason"].tolist() == ["CLOSED", "UNCLEAR"]


@pytest.mark.slow
def test_times_by_tile_change_as_others_do(valley):
    """Other sites, more and fewer of them, and other closures."""
    roads, sites, demand = valley
    one, tiled = both(roads, sites, demand, 20)
    more = places("m", [(48.1, 33.0)])
    down = table([Point(44.03, 33.0)], index=["bridge"])
    assert_same(one.from_sites(more), tiled.from_sites(more))
    assert_same(one.with_sites(more), tiled.with_sites(more))
    assert_same(one.without_sites(["s0"]), tiled.without_sites(["s0"]))
    assert_same(one.under(down), tiled.under(down))
    assert_same(one, tiled.under(down).under(None))
    assert tiled.under(down).parameters["closures_in_force"] == 1
    assert one.parameters.items() <= tiled.parameters.items()
    assert tiled.parameters["tile_km"] == 20


@pytest.mark.slow
def test_plans_are_made_on_times_by_tile_as_on_others(valley):
    roads, sites, demand = valley
    people = demand.assign(people=[5, 9, 4, 2])
    one, tiled = both(roads, pd.concat([sites, places("m", [(48.1, 33.0)])]), people, 20)
    plans = [br.propose(times, br.MaxCover(sites=2, minutes=30)) for times in (one, tiled)]
    assert plans[0].sites.index.tolist() == plans[1].sites.index.tolist()
    assert plans[0].objective == plans[1].objective == 9.0


def test_what_only_one_network_can_tell_is_refused_in_words(valley):
    roads, sites, demand = valley
    network = br.tile_network(roads, tile_km=20)
    with pytest.raises(br.InputError, match="merge_minutes is more than 0"):
        br.travel_times(network, sites, demand, merge_minutes=1)
    times = br.travel_times(network, sites, demand, **ASKED)
    with pytest.raises(br.InputError, match="a network in tiles"):
        br.find_routes(times)
    with pytest.raises(br.InputError):
        br.criticality(times, minutes=30)
    with pytest.raises(br.InputError):
        br.robustness(times, minutes=30, speeds={"all": (0.5, 1.0)})
    with pytest.raises(br.InputError, match="tile_km"):
        br.tile_network(roads, tile_km=0)
    with pytest.raises(br.InputError, match="give a GeoDataFrame, or a function"):
        br.tile_network("roads.gpkg")
    with pytest.raises(AttributeError):
        network.no_such_thing  # noqa: B018


def test_a_network_in_tiles_and_its_times_are_the_same_after_pickling(valley):
    roads, sites, demand = valley
    speeds = br.SpeedModel(season="wet", kmh={"primary": 71.0})
    network = br.tile_network(roads, tile_km=20, speeds=speeds)
    times = br.travel_times(network, sites, demand, **ASKED)
    again, tiles = (pickle.loads(pickle.dumps(one)) for one in (times, network))  # noqa: S301 - our own
    assert again.ms.data.tobytes() == times.ms.data.tobytes()
    assert again.parameters == times.parameters
    for one in (again.from_sites(sites), br.travel_times(tiles, sites, demand, **ASKED)):
        assert_same(br.travel_times(br.build_network(roads, speeds=speeds), sites, demand, **ASKED),
                    one)  # fmt: skip


@pytest.mark.parametrize(("sites", "demand"), [(0, 3), (2, 0), (0, 0)])
def test_where_there_are_no_sites_or_no_demand_there_are_no_times(valley, sites, demand):
    roads, all_sites, all_demand = valley
    one, _ = both(roads, all_sites.iloc[:sites], all_demand.iloc[:demand], 20)
    assert one.ms.shape == (sites, demand)


def test_progress_goes_on_over_all_tiles(valley):
    roads, sites, demand = valley
    told = []
    more = pd.concat([sites, places("m", [(48.1, 33.0)])])
    br.travel_times(br.tile_network(roads, tile_km=20), more, demand,
                    progress=lambda *one: told.append(one))  # fmt: skip
    assert told[-1] == ("travel times", 3, 3)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


@given(
    lon=st.floats(-180, 180), lat=st.floats(-90, 90), tile_km=st.floats(1, 20_000),
    east=st.floats(-0.5, 0.5), north=st.floats(-0.5, 0.5),
)  # fmt: skip
def test_a_window_about_places_holds_what_is_near(lon, lat, tile_km, east, north):
    """Any place is in one tile, the same one whatever it is asked with, and in windows about it."""
    here = np.array([lon, lon]), np.array([lat, lat])
    tiles = name_tiles(*here, tile_km)
    assert tiles[0] == tiles[1] == name_tiles(here[0][:1], here[1][:1], tile_km)[0] >= 0
    other = np.clip(lon + east, -180, 180), np.clip(lat + north, -90, 90)
    metres = float(br.crs.GEOD.inv(lon, lat, *other)[2])
    if abs(lat) < 85:
        west, south, far_east, far_north = window_about(np.array([lon, lat, lon, lat]), metres)
        assert west <= other[0] <= far_east
        assert south <= other[1] <= far_north


def settle_country(nodes, sites, demand):
    """Return the roads of a synthetic country, sites and demand near its nodes."""
    country = make_country(nodes)
    at = np.column_stack([country.lon, country.lat])
    ways = np.stack([at[country.tail], at[country.head]], axis=1)
    roads = table(linestrings(ways), index=[f"r{row}" for row in range(len(ways))],
                  road_class=np.array(CLASSES, dtype=object)[country.road_class])  # fmt: skip
    draw = np.random.default_rng(1)
    near = [at[draw.choice(len(at), count)] + draw.normal(0, 0.01, (count, 2))
            for count in (sites, demand)]  # fmt: skip
    return roads, places("s", near[0]), places("d", near[1])


@pytest.mark.release
@pytest.mark.slow
def test_a_country_in_tiles_is_the_country_as_a_whole():
    roads, sites, demand = settle_country(50_000, 500, 3_000)
    one, _ = both(roads, sites, demand, 100, {"cutoff": 40.0})
    assert one.ms.nnz > 10_000


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(not LAYERS.is_dir(), reason=f"the real layers are not in {LAYERS}")
def test_iraq_in_tiles_is_iraq_as_a_whole():
    """Roads of 2016 as they are drawn: in one file, without numbers for where they meet."""
    roads = br.read_roads(LAYERS / "roads_osm_2016.gpkg")
    demand = gpd.read_file(LAYERS / "communities_dtm_2015.gpkg")[["geometry"]]
    demand = demand.rename("c{}".format)
    one, _ = both(roads, demand.iloc[::6].rename("s{}".format), demand, 150, {"cutoff": 60.0})
    assert one.ms.nnz > 50_000


@pytest.mark.slow
@pytest.mark.release
def test_the_python_in_the_page_about_tiles_runs(tmp_path, monkeypatch, capsys):
    """A reader can copy it, block after block."""
    page = (Path(__file__).parents[1] / "docs" / "tiles.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    br.load_demo().roads.to_file("roads.gpkg")
    known = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, "docs/tiles.md", "exec"), known)
    towns, plan = capsys.readouterr().out.splitlines()
    assert towns.endswith(" towns")
    assert plan.startswith(("optimal", "feasible"))
    asked = known["demo"].boxes, known["demo"].communities
    assert br.travel_times(known["tiled"], *asked).ms.nnz > 0


# --- a reader for other processes ----------------------------------------------------------------


def test_a_reader_that_no_process_can_find_is_refused_in_words():
    """Before it is sent: what it is, where, and what to do."""
    tiled = br.tile_network(lambda _: table([]), tile_km=100)
    with pytest.raises(br.InputError, match="cannot be sent to another process") as refused:
        pickle.dumps(tiled)
    assert "<lambda>" in str(refused.value)
    assert "roads" in str(refused.value)
    assert "a name of its own in a module" in str(refused.value)


def test_a_reader_that_a_process_can_find_is_sent():
    """And what Dask sends whole is sent too, whatever it is."""
    cloudpickle = pytest.importorskip("cloudpickle")
    named = pickle.loads(pickle.dumps(br.tile_network(gpd.read_file, tile_km=100)))  # noqa: S301
    assert (named.roads, named.tile_km) == (gpd.read_file, 100)
    sent = cloudpickle.dumps(br.tile_network(lambda window: window, tile_km=50))
    assert pickle.loads(sent).roads(7) == 7  # noqa: S301
