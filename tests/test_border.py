"""Border posts: on the own side, as many kilometres as can be, and what stays open."""

import re
import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import LineString, Point, Polygon

import boxreach as br
from boxreach.errors import DataWarning, InfeasibleError, InputError

GEOD = Geod(ellps="WGS84")
NORTH_POINT = (44.0, 36.0)
# Segments are equal only as nearly as their own test says; these tests are of the posts.
NEARLY = 1e-3
OPEN_GROUND = {"off_road_km": 5.0, "off_road_kmh": 20.0}


def going(azimuth, km, start=NORTH_POINT):
    lon, lat, _ = GEOD.fwd(*start, azimuth, km * 1000)
    return lon, lat


def far_network(**build):
    """A network whose one road lies far from every line of these tests."""
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary"]},
        geometry=[LineString([(50.0, 36.0), (50.1, 36.0)])],
        crs=4326,
    )
    return br.build_network(roads, **(OPEN_GROUND | build))


def read(tmp_path, geometry, *, ground=None, **options):
    """Write a line, and areas where there is own ground, and read the line back."""
    path = tmp_path / "line.geojson"
    gpd.GeoDataFrame(geometry=[geometry], crs=4326).to_file(path)
    areas = None
    if ground is not None:
        areas = gpd.GeoDataFrame({"name": ["Own"]}, index=["1"], geometry=[ground], crs=4326)
        areas.index.name = "area_id"
    with warnings.catch_warnings():
        # The middle of a segment lies on the edge of the ground, inside or outside by a hair.
        warnings.filterwarnings("ignore", ".*lie in no area", DataWarning)
        return br.read_frontier(path, areas=areas, **options)


def meridian(km):
    return LineString([NORTH_POINT, going(180, km)])


def east_of(line, km=60):
    """The ground within so many kilometres east of a line that runs north to south."""
    return Polygon([*line.coords, *[going(90, km, one) for one in line.coords[::-1]]])


def all_posts(network, line, **rules):
    """Ask for as many posts as there are candidates."""
    try:
        return br.propose_posts(network, line, posts=len(line), **rules)
    except InfeasibleError as error:
        count = int(re.search(r"there are (\d+) candidates", str(error))[1])
    return br.propose_posts(network, line, posts=count, **rules)


@pytest.mark.parametrize(
    ("minutes", "setback_km", "km_each"),
    [(15, 0.5, 9), (15, 2.9, 9), (15, 3.5, 7), (15, 4.5, 5), (10, 0.5, 7), (3, 0.5, 1)],
)
def test_posts_on_open_ground_reach_what_geometry_says(tmp_path, minutes, setback_km, km_each):
    """A straight line, no road near: each post reaches the middles within range, 2k + 1 of them."""
    line = read(tmp_path, meridian(100), ground=east_of(meridian(100)))
    plan = br.propose_posts(
        far_network(), line, posts=7, minutes=minutes, setback_km=setback_km, phases=[3, 7]
    )
    assert len(line) == 100
    assert plan.unit == "km"
    assert plan.total == pytest.approx(100, rel=1e-9)
    assert plan.phases["objective"].tolist() == pytest.approx(
        [3 * km_each, 7 * km_each], rel=NEARLY
    )
    assert plan.phases["status"].tolist() == ["optimal", "optimal"]
    assert plan.sites["km_gained"].tolist() == pytest.approx([km_each] * 7, rel=NEARLY)
    reach_km = plan.sites["reach_to_km"] - plan.sites["reach_from_km"]
    assert reach_km.tolist() == pytest.approx([km_each] * 7, rel=NEARLY)
    middle = (plan.sites["reach_to_km"] + plan.sites["reach_from_km"]) / 2
    assert plan.sites["chainage_km"].tolist() == pytest.approx(middle.tolist())


def test_posts_too_far_back_reach_nothing_and_say_so(tmp_path):
    """Beyond off-road range no way leads to the line: 0 km, all of it open for want of a road."""
    line = read(tmp_path, meridian(20), ground=east_of(meridian(20)))
    plan = br.propose_posts(far_network(), line, posts=3, minutes=15, setback_km=5.5)
    assert (plan.objective, plan.status) == (0.0, "optimal")
    assert set(plan.reach["reason"]) == {"OFF_ROAD"}
    assert plan.sites["reach_from_km"].isna().all()
    table = br.open_stretches(plan)
    assert table[["from_km", "to_km", "km"]].to_numpy() == pytest.approx(np.array([[0, 20, 20]]))


def test_605_km_need_68_posts_of_9_km(tmp_path):
    """The size of the real line: 50 posts hold 450 km, 67 hold 603, 68 all of it; all proven."""
    line = read(tmp_path, meridian(605), ground=east_of(meridian(605)))
    plan = br.propose_posts(far_network(), line, posts=67, minutes=15, phases=[50, 67])
    assert plan.phases["objective"].tolist() == pytest.approx([450, 603], rel=NEARLY)
    assert plan.phases["bound"].iloc[0] == pytest.approx(450, rel=NEARLY)
    whole = br.propose_posts(far_network(), line, posts=68, minutes=15)
    assert (whole.status, whole.gap) == ("optimal", 0.0)
    assert whole.objective == pytest.approx(605, rel=NEARLY)
    assert br.open_stretches(whole).empty
    assert {"from_km", "to_km", "km", "reason"} <= set(br.open_stretches(whole))


def test_a_road_along_the_line_lengthens_the_reach(tmp_path):
    """With a road on the own side a post reaches as far as its speed takes it, as well counted."""
    line = read(tmp_path, meridian(100), ground=east_of(meridian(100)))
    road = [going(90, 1, one) for one in (NORTH_POINT, going(180, 100))]
    roads = gpd.GeoDataFrame({"speed_kmh": [80.0]}, geometry=[LineString(road)], crs=4326)
    network = br.build_network(roads, **OPEN_GROUND)
    plan = br.propose_posts(network, line, posts=1, minutes=15)
    # 0.5 km and 1 km over open ground take 4.5 minutes, the 10.5 left 14 km of road each way.
    assert plan.objective == pytest.approx(29 - 1, abs=1.01)
    assert plan.status == "optimal"


def test_mobilising_shortens_the_reach(tmp_path):
    """Five minutes to mobilise leave ten to drive."""
    line = read(tmp_path, meridian(30), ground=east_of(meridian(30)))
    plan = br.propose_posts(far_network(), line, posts=1, minutes=15, mobilise_minutes=5)
    assert plan.objective == pytest.approx(7, rel=NEARLY)


def test_a_line_that_does_not_know_its_side_has_posts_on_it_and_says_so(tmp_path):
    """Without areas there is no own side: a warning, and no setback."""
    line = read(tmp_path, meridian(30))
    with pytest.warns(DataWarning, match="own side"):
        plan = br.propose_posts(far_network(), line, posts=2, minutes=14)
    assert shapely.distance(plan.sites.geometry.to_numpy(), meridian(30)).max() < 1e-6
    assert plan.objective == pytest.approx(18, rel=NEARLY)


@pytest.mark.parametrize("azimuth", [90, 100, 135, 180, 200, 225, 260, 270])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_own_side_is_told_by_the_areas_whatever_way_the_line_runs(tmp_path, azimuth, side):
    """Posts stand the setback inside the own ground, for lines of any direction, drawn any way."""
    ends = [NORTH_POINT, going(azimuth, 40)]
    across = azimuth + (90 if side == "right" else -90)
    ground = Polygon([*ends, going(across, 50, ends[1]), going(across, 50, ends[0])])
    for drawn in (ends, ends[::-1]):
        line = read(tmp_path, LineString(drawn), ground=ground, segment_km=2)
        plan = all_posts(far_network(), line, minutes=15, setback_km=1.0)
        assert len(plan.sites) == len(line)
        assert plan.sites.within(ground).all()
        metres = [
            GEOD.inv(*one.coords[0], *LineString(ends).interpolate(along).coords[0])[2]
            for one in plan.sites.geometry
            for along in [LineString(ends).project(one)]
        ]
        assert min(metres) > 900
        assert max(metres) < 1300
    southward = 90 < azimuth < 270
    if southward:
        assert set(line["own_side"]) == {side}


def local(points):
    """Return places from kilometres east and north of the north point."""
    return [going(90, x, going(180, -y)) for x, y in points]


def test_no_post_stands_across_a_bend_of_the_line(tmp_path):
    """A tongue of own ground 1.2 km wide, far ground on both sides: 2 km back is across."""
    bend = [(0, 8), (0, -20), (1.2, -20), (1.2, 0.5)]
    line = LineString(local(bend))
    tongue = Polygon(local([*bend, (20, 0.5), (20, 20), (0, 20)]))
    segments = read(tmp_path, line, ground=tongue, segment_km=1)
    for setback_km in (0.5, 1.0, 1.5, 2.5):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # the tongue is 1.2 km deep
            plan = all_posts(far_network(), segments, minutes=15, setback_km=setback_km)
        assert plan.sites.within(tongue).all()


@pytest.mark.parametrize("segment_km", [0.7, 3, 10, 60])
def test_no_post_stands_on_the_far_side_where_the_line_winds_within_a_segment(tmp_path, segment_km):
    """Loops of 10 km, 1 km apart: the middle of a segment may run against its two ends."""
    winding = [(0, 0), (10, 0), (10, -1), (0, -1), (0, -2), (10, -2)]
    line = LineString(local(winding))
    ground = Polygon(local([*winding, (40, -2), (40, 30), (0, 30)]))
    assert ground.is_valid
    segments = read(tmp_path, line, ground=ground, segment_km=segment_km)
    plan = all_posts(far_network(), segments, minutes=15, setback_km=0.3)
    assert plan.sites.within(ground).all()


CROOKED = LineString(local([(0, 0), (3, -12), (-4, -25), (2, -40)]))
LEVEL = LineString([(44.0, 36.0), (44.4, 36.0)])


@pytest.mark.parametrize("line", [CROOKED, LEVEL], ids=["north to south", "along a parallel"])
def test_a_line_drawn_the_other_way_gives_the_same_plan(tmp_path, line):
    """Ids, chainages, own side and posts do not know which end of the file came first."""
    outward = 90 if line is CROOKED else 0
    ground = Polygon([*line.coords, *[going(outward, 50, one) for one in line.coords[::-1]]])
    plans, tables = [], []
    for drawn in (line, line.reverse()):
        tables.append(read(tmp_path, drawn, ground=ground, segment_km=1))
        plans.append(br.propose_posts(far_network(), tables[-1], posts=3, minutes=15))
    assert tables[0].index.equals(tables[1].index)
    assert shapely.equals_exact(
        tables[0].geometry.to_numpy(), tables[1].geometry.to_numpy(), tolerance=1e-9
    ).all()
    assert plans[0].sites.index.tolist() == plans[1].sites.index.tolist()
    assert plans[0].objective == pytest.approx(plans[1].objective, rel=1e-9)
    places = [shapely.get_coordinates(plan.sites.geometry) for plan in plans]
    assert np.allclose(*places, rtol=0, atol=1e-7)


@pytest.mark.parametrize("setback_km", [-0.1, 51, np.nan])
def test_a_setback_out_of_range_is_refused(tmp_path, setback_km):
    """From 0 to 50 km."""
    with pytest.raises(InputError, match="setback_km"):
        br.propose_posts(
            far_network(), read(tmp_path, CROOKED), posts=1, minutes=15, setback_km=setback_km
        )


def test_areas_on_both_sides_of_the_line_do_not_tell_a_side(tmp_path):
    """The areas must be those of one country."""
    line = meridian(40)
    both = shapely.union(
        east_of(line), Polygon([*line.coords, *[going(270, 60, one) for one in line.coords[::-1]]])
    )
    with pytest.raises(InputError, match="own side cannot be told"):
        read(tmp_path, line, ground=both)


def test_fewer_candidates_than_posts_is_said_with_both_numbers(tmp_path):
    """Ten segments are ten candidates."""
    line = read(tmp_path, meridian(10), ground=east_of(meridian(10)))
    with pytest.raises(InfeasibleError, match="11 new sites are asked for, and there are 10"):
        br.propose_posts(far_network(), line, posts=11, minutes=15)


def with_segments(plan, covered, reason, governorate):
    """A plan whose segments are set by hand, 1 km each."""
    count = len(covered)
    start = np.arange(count, dtype=float)
    segments = gpd.GeoDataFrame(
        {
            "chainage_from_km": start,
            "chainage_to_km": start + 1,
            "km": np.full(count, 1.0),
            "covered": covered,
            "reason": reason,
            "governorate": governorate,
        },
        index=[f"km-{one:04.1f}" for one in start],
        geometry=[Point(44, 33)] * count,
        crs=4326,
    )
    return replace(plan, reach=segments)


@pytest.fixture
def some_plan(tmp_path):
    line = read(tmp_path, meridian(30), ground=east_of(meridian(30)))
    return br.propose_posts(far_network(), line, posts=2, minutes=15)


def test_open_stretches_join_neighbours_of_one_reason_and_governorate(some_plan):
    """A covered segment, another reason or another governorate ends a stretch; sums are kept."""
    far, off = "TOO_FAR", "OFF_ROAD"
    plan = with_segments(
        some_plan,
        [False, False, True, False, False, False, False, True],
        [far, far, "", far, off, off, off, ""],
        ["N", "N", "N", "N", "N", "N", "A", "A"],
    )
    table = br.open_stretches(plan)
    assert list(table.columns) == ["from_km", "to_km", "km", "reason", "governorate"]
    assert table.to_numpy().tolist() == [
        [0.0, 2.0, 2.0, far, "N"],
        [3.0, 4.0, 1.0, far, "N"],
        [4.0, 6.0, 2.0, off, "N"],
        [6.0, 7.0, 1.0, off, "A"],
    ]


def test_open_and_held_kilometres_add_up_to_the_line(some_plan):
    """Eighteen of thirty are held, twelve stand in the table of open stretches."""
    table = br.open_stretches(some_plan)
    assert some_plan.objective == pytest.approx(18, rel=NEARLY)
    assert table["km"].sum() + some_plan.objective == pytest.approx(some_plan.total)
    assert (table["to_km"] - table["from_km"]).tolist() == pytest.approx(table["km"].tolist())
    assert (table["from_km"].iloc[1:].to_numpy() >= table["to_km"].iloc[:-1].to_numpy()).all()


@pytest.fixture(scope="module")
def demo():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return br.load_demo()


@pytest.fixture(scope="module")
def demo_posts(demo):
    network = br.build_network(demo.roads)
    # The coarse outlines of the governorates leave one segment at the end without own ground.
    with pytest.warns(DataWarning, match="at 1 of 606 segments"):
        return br.propose_posts(network, demo.line, posts=100, minutes=15, phases=[50, 100])


def test_the_segments_of_the_embedded_frontier_sum_to_its_geodesic_length(demo):
    """About 604 km, and to 1e-9 of what pyproj says of the file."""
    path = br.sources.demo.demo_folder() / "frontier.geojson"
    km = GEOD.geometry_length(gpd.read_file(path).geometry.item()) / 1000
    assert km == pytest.approx(604, abs=1)
    assert demo.line["km"].sum() == pytest.approx(km, rel=1e-9)
    assert demo.line.geometry.iloc[0].coords[0][1] > demo.line.geometry.iloc[-1].coords[0][1]


def test_every_post_of_the_embedded_plan_stands_in_a_border_governorate(demo, demo_posts):
    """Ninewa, Anbar or Dohuk; none in Kirkuk, Salah al-Din or Diyala, by column and by place."""
    assert set(demo_posts.sites["governorate"]) <= {"Ninewa", "Anbar", "Dohuk"}
    inland = demo.areas[demo.areas["name"].isin(["Kirkuk", "Salah al-Din", "Diyala"])]
    assert len(inland) == 3
    assert not demo_posts.sites.intersects(inland.union_all()).any()


def test_every_post_of_the_embedded_plan_stands_on_the_iraqi_side(demo, demo_posts):
    """The side of the line that Baghdad is on, by a polygon drawn from the line to the east."""
    whole = np.vstack([np.array(one.coords)[:-1] for one in demo.line.geometry])
    (north_lon, _), (south_lon, _) = whole[0], whole[-1]
    iraq = Polygon([*whole, (south_lon, 25), (60, 25), (60, 45), (north_lon, 45)])
    assert iraq.is_valid
    assert iraq.contains(Point(44.36, 33.31))
    assert demo_posts.sites.within(iraq).all()


def test_the_phases_of_the_embedded_posts_are_nested_and_below_their_bounds(demo, demo_posts):
    """50 posts first, then 100; objective recomputed from the segments that are reached."""
    phases, segments = demo_posts.phases, demo_posts.reach
    assert phases.index.tolist() == [50, 100]
    assert (phases["objective"] <= phases["bound"]).all()
    assert demo_posts.sites["phase"].value_counts().to_dict() == {50: 50, 100: 50}
    held = segments.loc[segments["covered"], "km"].sum()
    assert held == pytest.approx(demo_posts.objective)
    opened = br.open_stretches(demo_posts)["km"].sum()
    assert held + opened == pytest.approx(demo.line["km"].sum())
    assert (demo_posts.status == "optimal") == (demo_posts.gap == 0)
