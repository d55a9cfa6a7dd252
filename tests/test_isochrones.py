"""Isochrones: nested, valid, and as near to the times as their grid is fine."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, box

import boxreach as br

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="WGS84")
LON_M, LAT_M = 93_453, 110_915
"""Metres of a degree of longitude and of latitude at 33 N."""

ROOT = Path(__file__).parents[1]
LAYERS = ROOT.parent / "shared" / "data" / "iraq"


def table(places, name, prefix):
    """Build a table of points with ids."""
    index = [f"{prefix}{number}" for number in range(len(places))]
    return gpd.GeoDataFrame(index=index, geometry=list(map(Point, places)), crs=4326).rename_axis(
        name
    )


def roads(*lines, **columns):
    """Build a table of roads."""
    index = [f"r{number}" for number in range(len(lines))]
    return gpd.GeoDataFrame(columns, index=index, geometry=list(map(LineString, lines)), crs=4326)


def small_world(seed):
    """Build some roads between the points of a grid, some one-way, some apart, and two sites."""
    random = np.random.default_rng(seed)
    ends = 44 + random.integers(0, 5, (9, 2, 2)) * 0.05 + [0, -11]
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    oneway = random.choice(["", "", "forward", "backward"], len(ends))
    classes = random.choice(["trunk", "residential", "track"], len(ends))
    sites = random.uniform([43.98, 32.98], [44.22, 33.22], (2, 2))
    return roads(*ends, oneway=oneway, road_class=classes), table(sites, "site_id", "s")


def minutes_to(network, sites, places, **options):
    """Return the minutes to places, infinite where there is no way."""
    demand = table(places, "community_id", "c")
    ms = br.travel_times(network, sites, demand, **options).nearest_ms
    return np.where(ms < 0, np.inf, ms / 60_000)


def test_a_straight_road_gives_the_outline_of_the_closed_form():
    """Along the road, then straight away from it, as far as off-road range.

    Half a cell off at most away from the road, and as much longer along it as one is faster there.
    """
    network = br.build_network(
        roads([(43.5, 33), (44.5, 33)], speed_kmh=[60.0]), off_road_km=3, off_road_kmh=15
    )
    site = table([(44.0, 33.0)], "site_id", "s")
    cell_m = 200
    drawn = br.isochrones(network, site, minutes=[8, 20], cell_m=cell_m)
    for minutes, outline in zip(drawn["minutes"], drawn.geometry, strict=True):
        along, away = minutes * 1000, min(minutes * 250, 3000)
        left = along - away * 4  # how far one may drive and still walk as far as that
        shape = [
            (-along, 0),
            (-left, away),
            (left, away),
            (along, 0),
            (left, -away),
            (-left, -away),
        ]
        exact = shapely.convex_hull(shapely.MultiPoint(shape)).union(Point(0, 0).buffer(away, 64))
        found = shapely.transform(outline, lambda xy: (xy - [44, 33]) * [LON_M, LAT_M])
        assert shapely.hausdorff_distance(found, exact, densify=0.01) < cell_m / 2 * 60 / 15
        assert found.symmetric_difference(exact).area < exact.length * cell_m / 4


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    minutes=st.lists(st.floats(0.5, 40), min_size=2, max_size=4),
    each=st.booleans(),
    off_road_km=st.sampled_from([1.0, 1.7, 5.0]),
)
def test_outlines_are_valid_and_that_of_fewer_minutes_lies_within_that_of_more(
    seed, minutes, each, off_road_km
):
    """Exactly, with no tolerance, of one site and of all."""
    lines, sites = small_world(seed)
    network = br.build_network(lines, off_road_km=off_road_km)
    drawn = br.isochrones(network, sites, minutes=minutes, cell_m=1000, each=each)
    assert drawn.crs == "EPSG:4326"
    assert set(drawn.geom_type) == {"MultiPolygon"}
    assert drawn.is_valid.all()
    whose = drawn["site_id"] if each else np.zeros(len(drawn))
    for _, one in drawn.groupby(whose):
        assert one["minutes"].tolist() == sorted(set(minutes))
        outlines = one.geometry.to_numpy()
        # Nothing covers an empty outline in shapely's words, and every outline does in ours.
        within = shapely.covers(outlines[1:], outlines[:-1]) | shapely.is_empty(outlines[:-1])
        assert within.all()


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    minutes=st.floats(3, 40),
    direction=st.sampled_from(["site_to_demand", "demand_to_site"]),
)
def test_a_place_inside_is_in_time_and_one_outside_is_late_but_for_the_way_across_a_cell(
    seed, minutes, direction
):
    """Where all ground is in off-road range, an outline is as exact as its grid is fine.

    A corner of a place's cell is on its side of the outline, so its time differs from that by the
    way to the corner: at most a diagonal, and that at most partly along a road.
    """
    lines, sites = small_world(seed)
    network = br.build_network(lines, off_road_km=60)
    cell_m = 900
    drawn = br.isochrones(network, sites, minutes=[minutes], cell_m=cell_m, direction=direction)
    outline = drawn.geometry.iloc[0]
    places = np.random.default_rng(seed).uniform([43.9, 32.9], [44.3, 33.3], (300, 2))
    found = minutes_to(network, sites, places, direction=direction)
    inside = shapely.contains_xy(outline, *places.T)
    across = 2 * cell_m * 0.06 / network.off_road_kmh
    assert (found[inside] <= minutes + across).all()
    assert (found[~inside] > minutes - across).all()


def test_a_place_well_inside_is_reached_in_time_and_one_well_outside_is_not():
    """A cell away from the outline, time and picture agree; in 20 worlds with short links."""
    checked = wrong = 0
    for seed in range(20):
        lines, sites = small_world(seed)
        network = br.build_network(lines, off_road_km=3)
        drawn = br.isochrones(network, sites, minutes=[15], cell_m=400)
        outline = drawn.geometry.iloc[0]
        places = np.random.default_rng(seed).uniform([43.9, 32.9], [44.3, 33.3], (200, 2))
        points = shapely.points(places)
        places = places[shapely.distance(points, outline.boundary) > 400 / LON_M]
        inside = shapely.contains_xy(outline, *places.T)
        assert 0 < inside.sum() < len(places)
        checked += len(places)
        wrong += (inside != (minutes_to(network, sites, places) <= 15)).sum()
    # Only pockets that the grid steps over may differ.
    assert checked > 2500
    assert wrong <= checked / 1000


def test_an_island_and_ground_beyond_off_road_range_stay_outside():
    """What no road reaches is drawn as not reached, however many minutes are asked for."""
    network = br.build_network(
        roads([(44, 33), (44.3, 33)], [(44.5, 33), (44.8, 33)]), off_road_km=2
    )
    drawn = br.isochrones(network, table([(44.1, 33)], "site_id", "s"), minutes=[600], cell_m=500)
    outline = drawn.geometry.iloc[0]
    assert shapely.contains_xy(outline, [44.01, 44.29], [33, 33]).all()
    assert not shapely.intersects(outline, box(44.4, 32, 45, 34))
    assert not shapely.intersects(outline, LineString([(44, 33.025), (44.3, 33.025)]))


def test_ground_inside_a_ring_of_roads_is_a_hole():
    """Nothing is filled that is not reached."""
    ring = [(44, 33), (44.2, 33), (44.2, 33.2), (44, 33.2), (44, 33)]
    network = br.build_network(roads(ring), off_road_km=2)
    drawn = br.isochrones(network, table([(44, 33)], "site_id", "s"), minutes=[200], cell_m=500)
    (part,) = drawn.geometry.iloc[0].geoms
    assert len(part.interiors) == 1
    assert not part.contains(Point(44.1, 33.1))
    assert shapely.Polygon(part.interiors[0]).contains(Point(44.1, 33.1))


def test_a_one_way_street_is_drawn_in_the_direction_asked_for():
    """Response goes down the street; the way to the site comes down it from the other end."""
    lines = roads([(44, 33), (44.4, 33)], oneway=["forward"], speed_kmh=[60.0])
    network = br.build_network(lines, off_road_km=1)
    site = table([(44.2, 33)], "site_id", "s")
    there = br.isochrones(network, site, minutes=[10], cell_m=250).total_bounds
    back = br.isochrones(
        network, site, minutes=[10], cell_m=250, direction="demand_to_site"
    ).total_bounds
    assert there[2] == pytest.approx(44.2 + 10_000 / LON_M, abs=0.003)
    assert back[0] == pytest.approx(44.2 - 10_000 / LON_M, abs=0.003)
    assert there[0] > 44.18
    assert back[2] < 44.22


def test_order_of_rows_and_coordinate_system_change_nothing():
    """The same outlines to the last digit."""
    lines, sites = small_world(4)
    options = {"minutes": [5, 20], "cell_m": 700}
    drawn = br.isochrones(br.build_network(lines), sites, **options)
    other = br.isochrones(br.build_network(lines.iloc[::-1]), sites.iloc[::-1], **options)
    assert drawn.geometry.geom_equals_exact(other.geometry, 0).all()
    moved = br.isochrones(br.build_network(lines), sites.to_crs(32638), **options)
    assert drawn.geometry.geom_equals_exact(moved.geometry, 1e-6).all()


def test_each_site_has_its_rows_in_the_order_of_the_sites():
    """One site alone is drawn like all sites where there is but one."""
    lines, sites = small_world(6)
    network = br.build_network(lines)
    drawn = br.isochrones(network, sites, minutes=[20, 10], cell_m=700, each=True)
    assert list(drawn.columns) == ["minutes", "site_id", "geometry"]
    assert drawn["site_id"].tolist() == ["s0", "s0", "s1", "s1"]
    assert drawn["minutes"].tolist() == [10, 20, 10, 20]
    alone = br.isochrones(network, sites.iloc[1:], minutes=[10, 20], cell_m=700)
    same = br.isochrones(network, sites.iloc[1:], minutes=[10, 20], cell_m=700, each=True)
    assert alone.geometry.geom_equals_exact(same.geometry, 0).all()


@pytest.mark.release
def test_outlines_can_be_explored():
    """They are drawn by geopandas, each with its minutes."""
    road = roads([(44.0, 33.0), (44.3, 33.0)], speed_kmh=[60.0])
    site = table([(44.15, 33.0)], "site_id", "s")
    drawn = br.isochrones(br.build_network(road), site, minutes=[5, 10], cell_m=500)
    page = drawn.explore("minutes").get_root().render()
    assert page.count('"minutes": 5.0') == page.count('"minutes": 10.0') == 1


def test_mobilising_leaves_the_rest_of_the_minutes_for_the_way():
    """Twenty minutes, ten of them to get going, are ten minutes on the way."""
    lines, sites = small_world(7)
    network = br.build_network(lines)
    later = br.isochrones(network, sites, minutes=[20], mobilise_minutes=10, cell_m=700)
    plain = br.isochrones(network, sites, minutes=[10], cell_m=700)
    assert later.geometry.geom_equals_exact(plain.geometry, 0).all()


def test_no_sites_make_a_table_without_rows():
    """A plan before its first box has the same columns."""
    lines, sites = small_world(8)
    network = br.build_network(lines)
    for each, columns in (
        (False, ["minutes", "geometry"]),
        (True, ["minutes", "site_id", "geometry"]),
    ):
        drawn = br.isochrones(network, sites.iloc[:0], each=each)
        assert list(drawn.columns) == columns
        assert len(drawn) == 0
        assert drawn.crs == "EPSG:4326"


def test_the_size_of_a_cell_is_chosen_from_the_extent_and_said():
    """Finer for a district than for a country, and never more cells than a grid may have."""
    for minutes in (5, 240):
        lines, sites = small_world(9)
        drawn = br.isochrones(br.build_network(lines), sites, minutes=[minutes])
        cell_m = drawn.attrs["cell_m"]
        west, south, east, north = drawn.total_bounds
        cells = (east - west) * LON_M * (north - south) * LAT_M / cell_m**2
        assert 2_000 < cells < 110_000
    with pytest.raises(br.InputError, match="more than 250,000 cells; give 62 m or more"):
        br.isochrones(br.build_network(lines), sites, minutes=[240], cell_m=20)


def test_cells_wider_than_the_reach_of_a_road_are_a_warning():
    """The picture may have gaps where the roads have none, and that is said."""
    network = br.build_network(roads([(44, 33), (44.3, 33)]), off_road_km=0.2)
    with pytest.warns(br.DataWarning, match="cells of 500 m are wider than off_road_km = 0.2"):
        br.isochrones(network, table([(44.1, 33)], "site_id", "s"), minutes=[10], cell_m=500)


def test_all_that_is_wrong_is_said_at_once():
    """Numbers out of range and words that are not known, in one message."""
    lines, sites = small_world(10)
    network = br.build_network(lines)
    with pytest.raises(br.InputError) as caught:
        br.isochrones(network, sites, minutes=[0, 15], cell_m=-5, direction="up")
    assert [fault.what.split()[0] for fault in caught.value.faults] == [
        "minutes", "cell_m", "direction",
    ]  # fmt: skip
    for minutes in ([], [1441], [float("nan")], ["15"]):
        with pytest.raises(br.InputError, match="minutes is"):
            br.isochrones(network, sites, minutes=minutes)
    for mobilise in (-1, 30, float("nan")):
        with pytest.raises(br.InputError, match="mobilise_minutes is"):
            br.isochrones(network, sites, minutes=[15, 30], mobilise_minutes=mobilise)
    with pytest.raises(br.CRSError, match="sites"):
        br.isochrones(network, sites.set_crs(None, allow_override=True))
    with pytest.raises(br.InputError, match="stands already"):
        br.isochrones(network, sites.set_axis(["s", "s"]))


@pytest.mark.release
@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not LAYERS.is_dir(), reason=f"the real layers are not in {LAYERS}")
def test_outlines_of_a_whole_country_agree_with_the_time_at_its_places():
    """The roads of 2016 and 3,541 sites: nested, valid, and on the side that times say."""
    columns = {"road_class": "osm_type"}
    lines = br.read_roads(LAYERS / "roads_osm_2016.gpkg", columns=columns)
    columns = {
        "community_id": "place_id",
        "people": "idp_individuals",
        "governorate": "Governorate",
    }
    with pytest.warns(br.DataWarning, match="at 88 places"):
        communities = br.read_communities(LAYERS / "communities_dtm_2015.gpkg", columns=columns)
    boxes = br.read_sites(ROOT / "data" / "iraq" / "boxes.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        network = br.build_network(lines, node_crossings=True, bridge_m=3000, off_road_kmh=20)
    drawn = br.isochrones(network, boxes, minutes=[15, 30, 60])
    outlines = drawn.geometry.to_numpy()
    assert drawn.is_valid.all()
    assert shapely.covers(outlines[1:], outlines[:-1]).all()
    times = br.travel_times(network, boxes, communities, cutoff=60)
    places = shapely.get_coordinates(communities.geometry.to_numpy())
    for minutes, outline in zip(drawn["minutes"], outlines, strict=True):
        covered = br.reach(times, minutes=minutes)["covered"].to_numpy()
        inside = shapely.contains_xy(outline, *places.T)
        assert covered.sum() > 100
        assert (inside == covered).mean() > 0.95
