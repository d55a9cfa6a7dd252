"""What the sieve promises: whatever it leaves out, no time changes by a millisecond."""

import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from rasterio import Affine
from shapely import LineString, Point, Polygon, box

import boxreach as br
from boxreach.network import access, link_points, nearness
from boxreach.network.obstacles import Obstacles
from boxreach.network.sieve import Sieve, _area_boxes, _line_boxes
from boxreach.routing import arriving
from boxreach.sources.terrain import Terrain

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="WGS84")
SEEDS = st.integers(0, 10**9)
ALL, NONE = 1, 10**9
"""From how many points on roads are sifted."""

BRUTE, BLIND, KNOWING = (NONE, NONE), (ALL, NONE), (ALL, ALL)
"""From how many points on roads are sifted, and junctions are searched first."""


def hinder(random, kind):
    """Return what `build_network` is given to make ways over open ground harder."""
    low = random.uniform((43.99, 32.99), (44.05, 33.03))
    area = box(*low, *(low + random.uniform(0.002, 0.03, 2)))
    if kind == "river":
        line = LineString(random.uniform((43.98, 32.98), (44.09, 33.06), (4, 2)))
        return {"rivers": gpd.GeoDataFrame(geometry=[line], crs=4326)}
    if kind == "ground":
        kmh = random.choice([0.0, 3.0, 40.0], 2)
        shapes = [area, Point(44.03, 33.01).buffer(0.01)]
        return {"ground": gpd.GeoDataFrame({"off_road_kmh": kmh}, geometry=shapes, crs=4326)}
    if kind == "slow":
        west = [box(43.97, 32.97, 44.0 + random.uniform(0.002, 0.03), 33.07)]
        return {"ground": gpd.GeoDataFrame({"off_road_kmh": [2.0]}, geometry=west, crs=4326)}
    if kind == "closures":
        factor = random.choice([np.nan, 0.5])
        shapes = [area, Point(44.004, 33.004).buffer(0.0005)]
        shut = gpd.GeoDataFrame({"speed_factor": [factor, np.nan]}, geometry=shapes, crs=4326)
        return {"closures": shut.rename(index=str)}
    if kind == "terrain":
        heights = random.uniform(0, 300, (40, 40)).astype(np.float32)
        place = Affine(0.004, 0, 43.95, 0, -0.004, 33.1)
        terrain = Terrain(heights, place, CRS.from_epsg(4326), "dem.tif")
        return {"speeds": br.SpeedModel().replace(terrain=terrain)}
    return {}


def find_times(monkeypatch, fewest, *given, **options):
    """Return the times with roads sifted, and sites known, from so many points on."""
    monkeypatch.setattr(access, "FEWEST_SIFTED", fewest[0])
    monkeypatch.setattr(arriving, "FEWEST_PLACES", fewest[1])
    return br.travel_times(*given, **options)


def check_same_way(network, site, here):
    """Places are as far from a road in range, and have the same way to it, whoever looks."""
    with pytest.MonkeyPatch.context() as patch:
        few, *many = (
            find_times(patch, fewest, network, site, here) for fewest in (BRUTE, BLIND, KNOWING)
        )
    for found in many:
        assert few.off_road_m[0] == found.off_road_m[0] <= network.off_road_km * 1000
        assert few.nearest_ms[0] == found.nearest_ms[0] > 0


KINDS = ["plain", "river", "ground", "slow", "closures", "terrain"]


@pytest.mark.parametrize(
    ("direction", "kind", "count"),
    [
        # Each kind in one direction by default, and in the other one before a release.
        pytest.param(direction, kind, count, marks=marks)
        for way, direction in enumerate(["site_to_demand", "demand_to_site"])
        for at, kind in enumerate(KINDS)
        for count, marks in (
            (2, [pytest.mark.release] * ((way + at) % 2)),
            (400, [pytest.mark.slow, pytest.mark.heavy]),
        )
    ],
)
def test_sifting_changes_no_time(kind, direction, count, draw_towns):
    """All three searches give the same milliseconds, nearest sites and ways over open ground."""

    @settings(max_examples=count, deadline=None)
    @given(seed=SEEDS)
    def check(seed):
        random, roads, sites, demand = draw_towns(seed)
        kmh = float(random.choice([4.0, 15.0, 35.0]))
        range_km = float(random.choice([0.5, 2.0, 5.0]))
        asked = {
            "direction": direction,
            "cutoff": float(random.choice([4.0, 12.0, 90.0])),
            "mobilise_minutes": float(random.choice([0.0, 2.5])),
        }
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore", br.DataWarning)
            network = br.build_network(
                roads, off_road_kmh=kmh, off_road_km=range_km, **hinder(random, kind)
            )
            one, *others = (
                find_times(patch, fewest, network, sites, demand, **asked)
                for fewest in (BRUTE, BLIND, KNOWING)
            )
        for other in others:
            assert np.array_equal(one.ms.toarray(), other.ms.toarray())
            for name in ("nearest_site", "nearest_ms", "lifted_ms", "off_road_ms"):
                assert np.array_equal(getattr(one, name), getattr(other, name)), name
            assert np.array_equal(one.off_road_m, other.off_road_m, equal_nan=True)

    check()


@pytest.mark.parametrize("outward", [True, False])
def test_in_a_town_few_roads_are_left(outward, draw_towns):
    """A place among streets is linked to some of them, not to hundreds."""
    _, roads, _, demand = draw_towns(3)
    network = br.build_network(roads, off_road_kmh=5.0)
    lon, lat = (np.round(one, 7) for one in (demand.geometry.x, demand.geometry.y))
    sieve = Sieve.over(network, lon.to_numpy(), lat.to_numpy(), outward=outward)
    first, known, after = sieve.sift(0, sieve.blocks, 10**9)
    links, _ = link_points(network, lon.to_numpy(), lat.to_numpy(), outward=outward)
    assert after == sieve.blocks
    assert len(known) < len(links.point) / 4
    assert (np.diff(first) > 0).sum() == len(np.unique(links.point))


def test_sifting_in_small_steps_gives_the_same(draw_towns):
    """Where it stops between blocks changes nothing."""
    _, roads, _, demand = draw_towns(4)
    network = br.build_network(roads)
    lon, lat = demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()
    sieve = Sieve.over(network, lon, lat, outward=False)
    assert sieve.blocks > 2
    whole = sieve.sift(0, sieve.blocks, 10**9)
    block, parts = 0, []
    while block < sieve.blocks:
        _, known, block = sieve.sift(block, sieve.blocks, 1)
        parts.append(known)
    assert np.array_equal(np.concatenate(parts), whole[1])
    assert sieve.shares(3)[0] == 0
    assert sieve.shares(3)[-1] == sieve.blocks
    assert np.array_equal(np.sort(sieve.order), np.arange(len(lon)))


def test_a_long_hindrance_stands_in_the_way_only_where_it_is():
    """Of a slanting river and a slanting strip of closed ground, boxes hold little more."""
    river = Obstacles(np.array([[44.0, 33.0, 44.1, 33.1]]), np.array([], dtype=object))
    strip = Polygon([(44.0, 33.0), (44.1, 33.1), (44.1, 33.1005), (44.0, 33.0005)])
    closed = Obstacles(np.empty((0, 4)), np.array([strip, box(45, 33, 46, 34)], dtype=object))
    for boxes in (_line_boxes(river.segments), _area_boxes(closed.closed[:1])):
        assert 20 < len(boxes) < 200
        assert shapely.area(shapely.box(*boxes.T)).sum() < 0.001
    assert len(_area_boxes(closed.closed[1:])) == 1
    held = shapely.union_all(shapely.box(*_area_boxes(closed.closed).T)).buffer(1e-12)
    assert held.covers(shapely.union_all(closed.closed))


@pytest.mark.parametrize("angle", [10, 45, 100, 200, 320])
@pytest.mark.parametrize(
    ("lat", "range_km", "kmh"), [(75.0, 200.0, 10.0), (-70.0, 50.0, 15.0), (33.0, 50.0, 0.1)]
)
def test_far_north_far_off_and_at_a_crawl_it_holds_too(lat, range_km, kmh, angle, place_points):
    """A road at the very edge of range is found; one row more, so that it is sifted, is too."""
    end = np.array(GEOD.fwd(44, lat, angle, range_km * 999.5)[:2])
    outward = np.array([np.sign(np.sin(np.radians(angle))) * 0.5, 0.0])
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary"]},
        index=["r"],
        geometry=[LineString([end, end + outward])],
        crs=4326,
    )
    network = br.build_network(roads, off_road_km=range_km, off_road_kmh=kmh)
    site = place_points((end + outward)[None], "s")
    check_same_way(network, site, place_points(np.array([(44, lat)] * 64), "d"))


@pytest.mark.parametrize(
    ("lat", "range_km", "kmh"), [(75.0, 200.0, 10.0), (-70.0, 50.0, 15.0), (33.0, 50.0, 0.1)]
)
def test_ways_of_days_are_sifted_as_they_are_capped(lat, range_km, kmh, place_points):
    """At a crawl links of several roads take the longest time there is, and none is lost."""
    ends = [GEOD.fwd(44, lat, angle, range_km * 999)[:2] for angle in (10, 45, 100, 200, 320)]
    lines = [LineString([one, (one[0] + 0.5, one[1])]) for one in ends]
    roads = gpd.GeoDataFrame({"road_class": "primary"}, index=range(5), geometry=lines, crs=4326)
    network = br.build_network(roads, off_road_km=range_km, off_road_kmh=kmh)
    site = place_points(np.array([ends[0]]), "s")
    check_same_way(network, site, place_points(np.array([(44, lat)] * 64), "d"))


def test_places_east_of_all_roads_have_none(place_points):
    """However far, and compiled or not."""
    road = gpd.GeoDataFrame(
        {"road_class": ["primary"]}, index=["r"],
        geometry=[LineString([(44, 33), (44.001, 33)])], crs=4326,
    )  # fmt: skip
    network = br.build_network(road)
    xy = np.array([(44.0, 33.0), (60.0, 33.0), (179.9, 33.0), (-179.9, 33.0), (44.0, -80.0)])
    lon, lat = np.tile(xy, (20, 1)).T.copy()
    for fewest in (ALL, NONE):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(access, "FEWEST_SIFTED", fewest)
            found = access.find_access(network, lon, lat, outward=False)
        assert np.isnan(found.off_road_m.reshape(20, 5)[:, 1:]).all()
        assert (np.diff(found.first).reshape(20, 5)[:, 1:] == 0).all()
    east = xy[1:2].T.copy()
    grid, edges = network.grid, network.edges
    rows = nearness._scan.py_func(
        edges.drawn, edges.pace, edges.forward_ms, edges.backward_ms, *edges.before_legs,
        grid.west, grid.south, grid.cell_lon, grid.cell_lat, grid.columns, grid.rows,
        grid.first, grid.legs, *east, np.array([93_000.0]), np.array([110_900.0]),
        np.array([0.1]), 5_000.0, 10,
    )[0] if hasattr(nearness._scan, "py_func") else np.empty((0, 3))  # fmt: skip
    assert len(rows) == 0
