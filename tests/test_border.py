"""Border posts: what they reach and see of the line, whom they support, and what stays open."""

import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from pyproj import CRS, Geod
from shapely import LineString, MultiLineString, Point, Polygon

import boxreach as br
from boxreach.crs import WGS84
from boxreach.errors import DataWarning, InfeasibleError, InputError
from boxreach.sources.chainage import place_on_line
from boxreach.sources.terrain import Terrain

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="WGS84")
NORTH_POINT = (44.0, 36.0)
OPEN_GROUND = {"off_road_km": 8.0, "off_road_kmh": 30.0}
METRE = 1e-3


def going(azimuth, km, start=NORTH_POINT):
    lon, lat, _ = GEOD.fwd(*start, azimuth, km * 1000)
    return lon, lat


def local(points):
    """Return places from kilometres east and north of the north point."""
    return [going(90, x, going(180, -y)) for x, y in points]


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


def on_line(line, every_km):
    """Candidates on the line itself, every so many kilometres from its northern end."""
    last = line["chainage_to_km"].iloc[-1]
    at_km = np.minimum(np.arange(0, last + every_km / 2, every_km), last)
    return places(*place_on_line(line, at_km))


def places(lon, lat):
    ids = pd.Index([f"post-{one:04d}" for one in range(len(lon))], dtype=object, name="site_id")
    return gpd.GeoDataFrame(index=ids, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def set_back(network, line, setback_km=0.5, spacing_km=1.0):
    """Candidates straight inward of the line, wherever roads are."""
    return br.candidate_posts(
        network, line, kinds=["setback"], setback_km=(setback_km, setback_km),
        spacing_km=spacing_km, road_km=None,
    ).kept  # fmt: skip


CROOKED = LineString(local([(0, 0), (3, -12), (-4, -25), (2, -40)]))


# -- The straight line of 605 km


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return read(tmp_path_factory.mktemp("straight"), meridian(605), ground=east_of(meridian(605)))


@pytest.fixture(scope="module")
def network():
    return far_network()


def test_605_km_take_41_posts_that_reach_7_and_a_half(straight, network):
    """605 / 15 = 40.3: 41 posts, proven; all of it is covered."""
    plan = br.propose_posts(network, straight, share=1.0, candidates=on_line(straight, 0.5))
    assert (len(plan.sites), plan.status) == (41, "optimal")
    assert plan.facts["covered_km"] == pytest.approx(605, rel=1e-9)
    assert br.open_stretches(plan).empty


@pytest.mark.release
def test_605_km_take_82_posts_for_two_at_every_place_where_two_may_stand_together(
    straight, network
):
    """Twice 41 with shared sites; every piece is in reach of two."""
    plan = br.propose_posts(
        network, straight, share=1.0, each=2, per_site=2, candidates=on_line(straight, 0.5)
    )
    assert (len(plan.sites), plan.status) == (82, "optimal")
    assert (plan.reach["sites_within"] >= 2).all()
    assert plan.facts["backed_km"] == pytest.approx(605, rel=1e-9)


def test_40_posts_cover_600_km_and_the_hole_of_5_is_found_where_it_is(straight, network):
    """What is open is what lies in no interval of 7.5 km about a post, to a metre."""
    plan = br.propose_posts(network, straight, posts=40, candidates=on_line(straight, 0.5))
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(600, abs=40 * METRE)
    at_km = np.sort(plan.posts["chainage_km"].to_numpy())
    edges = np.concatenate([[0.0], np.column_stack([at_km - 7.5, at_km + 7.5]).ravel(), [605.0]])
    gaps = edges.reshape(-1, 2)
    gaps = gaps[gaps[:, 1] - gaps[:, 0] > 2 * METRE]
    found = br.open_stretches(plan, whole=True)
    assert found[["from_km", "to_km"]].to_numpy() == pytest.approx(gaps, abs=2 * METRE)
    assert found["km"].sum() == pytest.approx(5, abs=40 * METRE)
    assert plan.facts["widest_hole_km"] == pytest.approx(found["km"].max())


def test_fifty_posts_and_then_a_hundred_are_nested(tmp_path, network):
    """Phases as of any plan; each is proven, and the first is part of the second."""
    line = read(tmp_path, meridian(1200), ground=east_of(meridian(1200)))
    plan = br.propose_posts(
        network, line, posts=100, phases=[50, 100], candidates=on_line(line, 5.0)
    )
    assert plan.phases["objective"].tolist() == pytest.approx([750, 1200], abs=0.1)
    assert plan.sites["phase"].tolist() == [50] * 50 + [100] * 50
    assert plan.status == "optimal"


@pytest.mark.parametrize(("minutes", "setback_km"), [(15, 0.5), (15, 2.9), (10, 0.5), (3, 0.5)])
def test_posts_on_open_ground_reach_what_geometry_says(tmp_path, network, minutes, setback_km):
    """Each reaches 2 sqrt((v t)^2 - s^2) of a straight line, to a few metres."""
    line = read(tmp_path, meridian(100), ground=east_of(meridian(100)))
    candidates = set_back(network, line, setback_km)
    plan = br.propose_posts(network, line, posts=3, minutes=minutes, candidates=candidates)
    km = 2 * np.sqrt((minutes / 2) ** 2 - setback_km**2)
    assert plan.objective == pytest.approx(3 * km, abs=0.03)
    inner = plan.posts[plan.posts["reach_from_km"] > 0]
    assert (inner["reach_to_km"] - inner["reach_from_km"]).to_numpy() == pytest.approx(km, abs=0.01)


def test_a_road_along_the_line_lengthens_the_reach(tmp_path):
    """0.5 km and 1 km over open ground take 3 minutes, the 12 left 16 km of road each way."""
    line = read(tmp_path, meridian(100), ground=east_of(meridian(100)))
    road = [going(90, 1, one) for one in (NORTH_POINT, going(180, 100))]
    roads = gpd.GeoDataFrame({"speed_kmh": [80.0]}, geometry=[LineString(road)], crs=4326)
    network = br.build_network(roads, **OPEN_GROUND)
    plan = br.propose_posts(network, line, posts=1, candidates=set_back(network, line))
    assert plan.objective == pytest.approx(32, abs=0.05)


def test_mobilising_shortens_the_reach(straight, network):
    """Five minutes to mobilise leave ten to drive: 5 km."""
    plan = br.propose_posts(
        network, straight, posts=1, mobilise_minutes=5, candidates=on_line(straight, 10)
    )
    assert plan.objective == pytest.approx(10, abs=0.01)


@pytest.mark.parametrize("seed", range(6))
def test_every_ten_metres_of_the_line_are_told_as_they_are_reached(tmp_path, seed):
    """Roads at random, by which time hardly grows along some stretches: to a metre of each cut."""
    random = np.random.default_rng(seed)
    line = read(tmp_path, CROOKED, ground=east_of(CROOKED))
    ends = np.column_stack([random.uniform(-3, 15, 16), random.uniform(-42, 2, 16)])
    drawn = [LineString(local(pair)) for pair in ends.reshape(8, 2, 2)]
    roads = gpd.GeoDataFrame({"speed_kmh": random.uniform(20, 90, 8)}, geometry=drawn, crs=4326)
    network = br.build_network(roads, node_crossings=True, off_road_km=4.0, off_road_kmh=20.0)
    plan = br.propose_posts(
        network, line, posts=4, minutes=12, candidates=set_back(network, line, spacing_km=3)
    )
    pieces, last = plan.reach, line["chainage_to_km"].iloc[-1]
    km = np.arange(0.005, last, 0.01)
    times = br.travel_times(
        network, plan.posts[["geometry"]], places(*place_on_line(line, km)), cutoff=12
    )
    often = np.bincount(times.ms.indices, minlength=len(km))
    at = np.searchsorted(pieces["chainage_from_km"], km, side="right") - 1
    start, end = (pieces[f"chainage_{one}_km"].to_numpy()[at] for one in ("from", "to"))
    inside = np.minimum(km - start, end - km) > 1.5 * METRE
    assert (often == pieces["sites_within"].to_numpy()[at])[inside].all()
    assert inside.mean() > 0.95


# -- Several posts at a place, posts that stand, risk, quotas, crossings


def test_posts_that_stand_are_kept_and_count(straight, network):
    """One stands in the middle: three more cover 45 km beside its 15."""
    standing = places(*place_on_line(straight, [302.5])).set_axis(["old"])
    standing.index.name = "site_id"
    plan = br.propose_posts(
        network, straight, posts=3, existing=standing, candidates=on_line(straight, 0.5)
    )
    assert plan.objective == pytest.approx(60, abs=0.01)
    assert plan.total_before == pytest.approx(15, abs=0.01)
    assert set(plan.posts.index) == {"old", *plan.sites.index}
    assert plan.posts["rank"].isna().tolist() == [one == "old" for one in plan.posts.index]


def test_risk_draws_posts_and_changes_no_kilometre(straight, network):
    """Of 605 km ten count five times: the one post goes there, and 15 km are counted as 15."""
    risky = straight["chainage_from_km"].between(399.5, 409.5)
    line = straight.assign(risk=np.where(risky, 5.0, 1.0))
    plan = br.propose_posts(network, line, posts=1, candidates=on_line(line, 0.5))
    assert plan.sites["chainage_km"].item() == pytest.approx(405, abs=2.51)
    assert plan.facts["covered_km"] == pytest.approx(15, abs=0.01)
    assert plan.objective == pytest.approx(15 + 4 * risky.sum(), abs=0.1)


def test_quotas_by_governorate_are_kept_and_what_they_cost_is_told(straight, network):
    """Half of the line belongs to the south: five of six posts are to stand there."""
    south = straight["chainage_from_km"] >= 560
    line = straight.assign(governorate=np.where(south, "South", "North"))
    plan = br.propose_posts(
        network, line, posts=6, candidates=on_line(line, 2.5),
        quotas=[br.Quota("governorate", "South", at_least=5)],
    )  # fmt: skip
    assert (plan.posts["governorate"] == "South").sum() >= 5
    assert plan.objective < 90 - 1
    assert plan.forgone.at_least == pytest.approx(90 - plan.objective, abs=0.1)


def test_a_post_stands_within_2_km_of_each_crossing_that_one_can_reach(straight, network):
    """Two crossings, one of them far from every candidate: told by its name, and left blank."""
    lon, lat = place_on_line(straight, [100.2, 303.0])
    crossings = gpd.GeoDataFrame(
        {"name": ["Near", "Far"]}, index=["c1", "c2"], crs=4326,
        geometry=[Point(lon[0], lat[0]), Point(going(90, 30, (lon[1], lat[1])))],
    )  # fmt: skip
    crossings.index.name = "crossing_id"
    with pytest.warns(DataWarning, match="within 2 km of Far"):
        plan = br.propose_posts(
            network, straight, posts=2, candidates=on_line(straight, 0.5), crossings=crossings
        )
    assert plan.crossings["site_id"].map(bool).tolist() == [True, False]
    assert plan.crossings.loc["c1", "km"] <= 2
    post = plan.posts.loc[plan.crossings.loc["c1", "site_id"]]
    assert post["crossing"] == "c1"
    assert abs(post["chainage_km"] - 100.2) <= 2
    assert "1 of 2 crossings" in str(plan)


def crossings_at(line, km, names):
    lon, lat = place_on_line(line, km)
    table = gpd.GeoDataFrame({"name": names}, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    return table.set_axis(pd.Index([f"c{one}" for one in range(len(km))], name="crossing_id"))


def test_one_post_may_stand_at_two_crossings(straight, network):
    """A kilometre apart, or at one place: a post within 2 km of both does for both."""
    for km in ([100.0, 101.0], [100.0, 100.0]):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            plan = br.propose_posts(
                network, straight, posts=1, candidates=on_line(straight, 0.5),
                crossings=crossings_at(straight, km, ["One", "Two"]),
            )  # fmt: skip
        assert (plan.status, len(plan.sites)) == ("optimal", 1)
        assert (plan.crossings["site_id"] == plan.sites.index[0]).all()
        assert not [name for name in plan.sites if "crossing " in name]


def test_crossings_have_their_posts_from_the_first_phase_on(straight, network):
    """Where the first phase has posts enough; else at the end."""
    crossings = crossings_at(straight, [100.0, 300.0, 500.0], ["One", "Two", "Three"])
    ask = {"candidates": on_line(straight, 2.5), "crossings": crossings}
    plan = br.propose_posts(network, straight, posts=20, phases=[10, 20], **ask)
    first = plan.sites[plan.sites["phase"] == 10]["chainage_km"].to_numpy()
    assert all(np.abs(first - km).min() <= 2.001 for km in (100, 300, 500))
    assert plan.phases["objective"].tolist() == pytest.approx([150, 300], abs=0.1)
    few = br.propose_posts(network, straight, posts=20, phases=[2, 20], **ask)
    assert few.crossings["site_id"].map(bool).all()


def test_crossings_that_too_few_posts_can_hold_are_named(straight, network):
    """Two crossings far apart and one post."""
    crossings = crossings_at(straight, [100.0, 300.0], ["Rabia", "Walid"])
    with pytest.raises(InfeasibleError, match=r"within 2 km of Rabia\n.*within 2 km of Walid"):
        br.propose_posts(
            network, straight, posts=1, candidates=on_line(straight, 0.5), crossings=crossings
        )


def test_the_better_defended_of_equal_places_is_taken(straight, network):
    """A hill under one of many equal candidates draws the post; a bonus in km buys line for it."""
    candidates = places(*place_on_line(straight, [296.0, 298.0, 300.0, 302.0]))
    plain = br.propose_posts(network, straight, posts=1, candidates=candidates)
    lon, lat = place_on_line(straight, [300.0])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*not known", DataWarning)
        plan = br.propose_posts(
            network, straight, posts=1, candidates=candidates, terrain=hill_at(lon[0], lat[0])
        )
    assert plain.sites["chainage_km"].item() == pytest.approx(296, abs=0.01)
    assert plan.objective == pytest.approx(plain.objective, abs=1e-6)
    assert plan.sites["chainage_km"].item() == pytest.approx(300, abs=0.01)
    assert plan.posts["relief_m"].item() > 20
    bought = candidates.iloc[[0, 2]]
    line = straight.assign(risk=np.where(straight["chainage_from_km"] < 289.5, 2.0, 1.0))
    for km, place in ((0.0, 296), (100.0, 300)):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*not known", DataWarning)
            paid = br.propose_posts(
                network, line, posts=1, candidates=bought, defence_km=km,
                terrain=hill_at(lon[0], lat[0]),
            )  # fmt: skip
        assert paid.sites["chainage_km"].item() == pytest.approx(place, abs=0.01)


# -- Sight


def metric_terrain(lon, lat, height, *, half_km=12.0, cell_m=30.0):
    """Terrain about a place by a function of metres east and north of it."""
    crs = CRS.from_proj4(f"+proj=tmerc +lat_0={lat} +lon_0={lon} +ellps=WGS84 +units=m")
    count = int(2 * half_km * 1000 / cell_m)
    middle = (np.arange(count) + 0.5) * cell_m - half_km * 1000
    x, y = np.meshgrid(middle, -middle)
    grid = height(x, y).astype(np.float32)
    return Terrain(
        grid, Affine(cell_m, 0, -half_km * 1000, 0, -cell_m, half_km * 1000), crs, "ground.tif"
    )


def hill_at(lon, lat):
    return metric_terrain(
        lon, lat, lambda x, y: 400 + 60 * np.exp(-(x**2 + y**2) / (2 * 300.0**2)), half_km=8
    )


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A line of 20 km, and a post 1 km east of its middle."""
    line = read(
        tmp_path_factory.mktemp("short"), meridian(20), ground=east_of(meridian(20)), segment_km=0.5
    )
    lon, lat = place_on_line(line, [10.0])
    return line, going(90, 1, (lon[0], lat[0]))


def behind(x, y):
    """Return where the line lies, in metres from its middle, that one sees past a place."""
    return y * 1000 / np.maximum(1000 - x, 1)


def test_a_ridge_hides_3_km_that_can_be_reached(short, network):
    """A wall on the way hides what lies behind it on 1.5 km to each side, to a cell."""
    line, place = short
    middle = place_on_line(line, [10.0])
    wall = metric_terrain(
        float(middle[0][0]), float(middle[1][0]),
        lambda x, y: 400 + 60.0 * ((np.abs(x - 200) < 31) & (np.abs(behind(x, y)) < 1500)),
    )  # fmt: skip
    plan = br.propose_posts(network, line, posts=1, candidates=places(*np.transpose([place])),
                            terrain=wall)  # fmt: skip
    pieces = plan.reach
    middles = (pieces["chainage_from_km"] + pieces["chainage_to_km"]) / 2
    hidden = np.abs(middles - 10) < 1.5
    near = np.abs(middles - 10) < 4.8
    edge = np.abs(np.abs(middles - 10) - 1.5) < 0.1
    assert pieces.loc[hidden, "reached"].all()
    assert (pieces.loc[hidden & ~edge, "seen"] == 0).all()
    assert (pieces.loc[near & ~hidden & ~edge, "seen"] == 1).all()
    hidden_km = pieces.loc[(pieces["seen"] == 0) & near, "km"].sum()
    assert hidden_km == pytest.approx(3.0, abs=0.14)


def test_flat_ground_is_seen_as_far_as_it_is_told(short, network):
    """5 km by day and 2 by night, of which 1 lies between the post and the line."""
    line, place = short
    middle = place_on_line(line, [10.0])
    flat = metric_terrain(float(middle[0][0]), float(middle[1][0]), lambda x, y: 400 + 0 * x)
    plan = br.propose_posts(network, line, posts=1, candidates=places(*np.transpose([place])),
                            terrain=flat)  # fmt: skip
    assert plan.facts["seen_km"] == pytest.approx(2 * np.sqrt(24), abs=0.07)
    assert plan.facts["seen_night_km"] == pytest.approx(2 * np.sqrt(3), abs=0.07)
    assert plan.facts["reached_km"] == pytest.approx(2 * np.sqrt(7.5**2 - 1), abs=0.03)
    assert plan.facts["unknown_km"] == 0
    assert plan.profile["height_m"].between(399, 401).all()


@pytest.mark.parametrize(("see", "km"), [("day", 2 * np.sqrt(24)), ("night", 2 * np.sqrt(3))])
def test_where_a_post_must_see_only_what_it_sees_counts(short, network, see, km):
    """Beyond sight the line is reached and open, for that reason."""
    line, place = short
    middle = place_on_line(line, [10.0])
    flat = metric_terrain(float(middle[0][0]), float(middle[1][0]), lambda x, y: 400 + 0 * x)
    plan = br.propose_posts(network, line, posts=1, candidates=places(*np.transpose([place])),
                            terrain=flat, see=see)  # fmt: skip
    assert plan.objective == pytest.approx(km, abs=0.07)
    assert plan.facts["covered_km"] == pytest.approx(plan.objective, abs=1e-6)
    unseen = plan.reach["reason"] == "UNSEEN"
    assert (unseen == (plan.reach["reached"] & ~plan.reach["covered"])).all()
    assert plan.reach.loc[unseen, "km"].sum() > 4
    assert set(br.open_stretches(plan)["reason"]) >= {"UNSEEN"}


def test_holes_in_the_ground_are_told_by_the_kilometres_they_hide(short, network):
    """Where heights on the way are not known, nothing is told as seen, and it is said how much."""
    line, place = short
    middle = place_on_line(line, [10.0])
    ground = metric_terrain(
        float(middle[0][0]), float(middle[1][0]),
        lambda x, y: np.where((np.abs(x - 500) < 100) & (y > 0), np.nan, 400.0),
    )  # fmt: skip
    with pytest.warns(DataWarning, match="km"):
        plan = br.propose_posts(network, line, posts=1, candidates=places(*np.transpose([place])),
                                terrain=ground)  # fmt: skip
    assert plan.facts["unknown_km"] == pytest.approx(np.sqrt(24), abs=0.2)
    assert plan.facts["seen_km"] == pytest.approx(np.sqrt(24), abs=0.2)


def test_ground_of_long_cells_gives_heights_and_no_sight(straight, network):
    """Cells of 9 km: a profile, nothing of what is seen, and no plan that rests on it."""
    coarse = metric_terrain(*NORTH_POINT, lambda x, y: 400 - y / 1000, half_km=620, cell_m=9_000)
    ask = {"posts": 2, "candidates": on_line(straight, 50), "terrain": coarse}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*tell neither relief", DataWarning)
        plan = br.propose_posts(network, straight, **ask)
    assert "seen" not in plan.reach
    assert "seen_km" not in plan.facts
    assert np.ptp(plan.profile["height_m"]) == pytest.approx(605, rel=0.02)
    assert plan.facts["cell_m"] == pytest.approx(9_000, rel=0.02)
    with pytest.raises(InputError, match=r"ground\.tif: its cells are 9,\d+ m long"):
        br.propose_posts(network, straight, see="day", **ask)


def test_ground_that_misses_the_line_is_refused_by_name(straight, network):
    """The message names the grid."""
    away = metric_terrain(60.0, 10.0, lambda x, y: 0 * x)
    with pytest.raises(InputError, match=r"ground\.tif"):
        br.propose_posts(
            network, straight, posts=1, candidates=on_line(straight, 50), terrain=away, see="day"
        )


# -- Support and interception


def test_posts_20_minutes_apart_support_each_other(straight, network):
    """At 30 km/h over open ground no farther than 8 km: of posts 8 km and 16 km apart the first."""
    three = places(*place_on_line(straight, [100.0, 107.9, 130.0]))
    plan = br.propose_posts(network, straight, posts=3, candidates=three)
    assert plan.posts["neighbours"].tolist() == ["post-0001", "post-0000", ""]
    assert plan.posts["nearest_minutes"].iloc[0] == pytest.approx(7.9 * 2, abs=0.01)
    assert plan.facts["isolated"] == 1


def test_interception_is_told_of_posts_and_of_all_candidates(straight, network):
    """2 km deep at 5 km/h leave 24 minutes; with 30 minutes of delay no post is ever in time."""
    candidates = on_line(straight, 5.0)
    some = br.propose_posts(
        network, straight, posts=10, candidates=candidates, intercept=br.Intercept(depth_km=2)
    )
    assert 0 < some.facts["intercept_km"] < 605 - some.facts["beyond_posts_km"] + 1e-6
    assert some.facts["beyond_posts_km"] == pytest.approx(0, abs=1e-6)
    late = br.propose_posts(
        network, straight, posts=10, candidates=candidates,
        intercept=br.Intercept(depth_km=2, detect_minutes=30),
    )  # fmt: skip
    assert late.facts["intercept_km"] == 0
    assert late.facts["beyond_posts_km"] == pytest.approx(605, rel=1e-9)
    assert late.facts["shallow_km"] == 0
    narrow = straight.assign(own_depth_km=np.where(straight["chainage_from_km"] < 99.5, 1.0, 50.0))
    held = br.propose_posts(
        network, narrow, posts=10, candidates=candidates, intercept=br.Intercept(depth_km=2)
    )
    assert held.facts["shallow_km"] == pytest.approx(100, rel=1e-9)
    assert held.facts["beyond_posts_km"] == pytest.approx(0, abs=1e-6)


# -- What stands where


def test_a_line_reversed_or_densified_gives_the_same_posts(tmp_path, network):
    """Ids, places and kilometres do not know how the line was drawn."""
    ground = Polygon([*CROOKED.coords, *[going(90, 50, one) for one in CROOKED.coords[::-1]]])
    plans = []
    for drawn in (CROOKED, CROOKED.reverse(), shapely.segmentize(CROOKED, 0.001)):
        line = read(tmp_path, drawn, ground=ground)
        candidates = set_back(network, line)
        plans.append(br.propose_posts(network, line, posts=2, minutes=10, candidates=candidates))
    first = plans[0]
    for plan in plans[1:]:
        assert plan.sites.index.tolist() == first.sites.index.tolist()
        assert plan.objective == pytest.approx(first.objective, abs=5 * METRE)
        there = [shapely.get_coordinates(one.sites.geometry) for one in (plan, first)]
        # A straight leg in degrees is no geodesic: 0.1 m over the 13 km of one of these.
        assert np.allclose(*there, rtol=0, atol=2e-5)


def test_no_post_stands_in_a_gap_of_the_line(tmp_path, network):
    """Two parts, 20 km apart: every post stands beside one of them, and what is open is of them."""
    parts = MultiLineString([[NORTH_POINT, going(180, 20)], [going(180, 40), going(180, 60)]])
    ground = east_of(meridian(60))
    with pytest.warns(DataWarning, match="gap"):
        line = read(tmp_path, parts, ground=ground)
    plan = br.propose_posts(network, line, posts=3, candidates=set_back(network, line))
    south_km = [
        GEOD.inv(*NORTH_POINT, NORTH_POINT[0], one.y)[2] / 1000 for one in plan.sites.geometry
    ]
    assert all(one <= 20.001 or one >= 39.999 for one in south_km)
    assert plan.total == pytest.approx(40, rel=1e-6)
    assert plan.reach["part"].unique().tolist() == [1, 2]


def test_a_line_that_does_not_know_its_side_has_posts_on_it_and_says_so(tmp_path, network):
    """Without areas there is no own side: a warning, and no setback."""
    line = read(tmp_path, meridian(30))
    with pytest.warns(DataWarning, match="own side"):
        candidates = br.candidate_posts(network, line, kinds=["setback"], road_km=None).kept
    plan = br.propose_posts(network, line, posts=2, candidates=candidates)
    assert shapely.distance(plan.sites.geometry.to_numpy(), meridian(30)).max() < 1e-6


# -- Errors


def test_what_is_asked_wrongly_is_said_all_at_once(straight, network):
    """Every argument by its name, in one message."""
    with pytest.raises(InputError) as caught:
        br.propose_posts(
            network, straight, posts=1, share=0.5, each=0, per_site=-1, minutes=0, see="dusk",
            support_minutes=0, defence_km=-1,
        )  # fmt: skip
    said = str(caught.value)
    for name in ("posts and a share", "each", "per_site", "minutes", "see", "support_minutes",
                 "defence_km"):  # fmt: skip
        assert name in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"share": 0}, "share is 0"),
        ({"share": 1.5}, "share is 1.5"),
        ({"share": 0.5, "phases": [1, 2]}, "phases with a share"),
        ({"share": 0.5, "defence_km": 1}, "defence_km with a share"),
        ({"posts": 1, "minutes": np.inf}, "minutes"),
        ({"posts": 1, "mobilise_minutes": "1"}, "mobilise_minutes"),
        ({"posts": 1, "surroundings": "x"}, "surroundings"),
        ({"posts": 1, "candidates": "areas"}, "candidates"),
        ({"posts": 1, "crossings": "twice"}, "crossings.*twice"),
        ({"posts": 1, "line": "risk"}, "risk is no number"),
        ({"posts": 1, "line": "no risk"}, "risk is no number"),
        ({"posts": 1, "line": "empty"}, "it has no row"),
        ({"posts": 1, "line": "twice"}, "id of a segment stands twice"),
        ({"posts": 1, "line": "chainage"}, "no column chainage_from_km"),
        ({"posts": 1, "line": None}, "line: it is"),
    ],
)
def test_what_means_nothing_is_refused_by_its_name(straight, network, asked, said):
    """Nothing else is raised."""
    candidates = on_line(straight, 50)
    twice = crossings_at(straight, [1.0, 2.0], ["a", "b"])
    given = {
        "areas": candidates.set_geometry(shapely.buffer(candidates.geometry.to_numpy(), 0.01)),
        "twice": twice.set_axis(pd.Index(["c", "c"], name="crossing_id")),
        "risk": straight.assign(risk=np.nan),
        "no risk": straight.drop(columns="risk"),
        "empty": straight.iloc[:0],
        "chainage": straight.drop(columns="chainage_from_km"),
    }
    asked = {"candidates": candidates} | asked
    for name in ("candidates", "crossings"):
        if isinstance(asked.get(name), str):
            asked[name] = given[asked[name]]
    line = asked.pop("line", straight)
    if isinstance(line, str):
        same = straight.set_axis(pd.Index(["a"] * len(straight), name="segment_id"))
        line = same if line == "twice" else given[line]
    with pytest.raises(InputError, match=said):
        br.propose_posts(network, line, **asked)


def test_a_line_in_another_system_and_order_gives_the_same_posts(straight, network):
    """What is told of candidates before does not count: where they lie is worked out again."""
    candidates = on_line(straight, 2.0)
    first = br.propose_posts(network, straight, posts=5, candidates=candidates)
    stale = candidates.assign(chainage_km=7.0)
    other = br.propose_posts(network, straight.iloc[::-1], posts=5, candidates=stale)
    assert other.sites.index.tolist() == first.sites.index.tolist()
    assert other.objective == pytest.approx(first.objective, abs=1e-6)
    there = br.propose_posts(
        network, straight.to_crs(32638), posts=5, candidates=stale.to_crs(3857)
    )
    assert there.objective == pytest.approx(first.objective, abs=0.01)


def test_neither_posts_nor_a_share_is_refused(straight, network):
    """One of them is wanted."""
    with pytest.raises(InputError, match="neither posts nor a share"):
        br.propose_posts(network, straight)


def test_fewer_candidates_than_posts_is_said_with_both_numbers(straight, network):
    """122 candidates are not 200 posts."""
    with pytest.raises(InfeasibleError, match="200 new sites are asked for, and there are 122"):
        br.propose_posts(network, straight, posts=200, candidates=on_line(straight, 5.0))


def test_too_few_places_near_roads_are_told_with_what_was_dropped(straight, network):
    """Without candidates of its own a plan looks within 1 km of roads, and here are none."""
    with pytest.raises(InfeasibleError, match=r"none is left: .* OFF_ROAD"):
        br.propose_posts(network, straight, posts=5)
    road = [going(90, 1, one) for one in (NORTH_POINT, going(180, 4))]
    roads = gpd.GeoDataFrame(geometry=[LineString(road)], crs=4326)
    near = br.build_network(roads, **OPEN_GROUND)
    with pytest.raises(InfeasibleError, match=r"100 places .* \d+ candidates; .*OFF_ROAD"):
        br.propose_posts(near, straight, posts=100)


def test_posts_too_far_back_reach_nothing_and_say_so(tmp_path, network):
    """Beyond off-road range no way leads to the line: 0 km, all of it open for want of a road."""
    line = read(tmp_path, meridian(20), ground=east_of(meridian(20)))
    candidates = set_back(network, line, 8.5, spacing_km=5)
    plan = br.propose_posts(network, line, posts=3, candidates=candidates)
    assert (plan.objective, plan.status) == (0.0, "optimal")
    assert set(plan.reach["reason"]) == {"OFF_ROAD"}
    assert plan.posts["reach_from_km"].isna().all()
    table = br.open_stretches(plan)
    assert table[["from_km", "to_km", "km"]].to_numpy() == pytest.approx(np.array([[0, 20, 20]]))


# -- Tables


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
        crs=WGS84,
    )
    return replace(plan, reach=segments)


@pytest.fixture(scope="module")
def some_plan(straight, network):
    return br.propose_posts(network, straight, posts=20, candidates=on_line(straight, 1.0))


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
    whole = br.open_stretches(plan, whole=True)
    assert whole[["from_km", "to_km", "km"]].to_numpy().tolist() == [[0, 2, 2], [3, 7, 4]]


def test_all_tables_tell_the_same_kilometres(some_plan):
    """Pieces, segments, posts, open stretches and facts add up to the line."""
    pieces, segments, facts = some_plan.reach, some_plan.segments, some_plan.facts
    covered = pieces.loc[pieces["covered"], "km"].sum()
    assert covered == pytest.approx(some_plan.objective, abs=1e-6)
    assert facts["covered_km"] == pytest.approx(covered, abs=1e-9)
    assert segments["covered_km"].sum() == pytest.approx(covered, abs=1e-9)
    assert segments["km"].sum() == pytest.approx(pieces["km"].sum(), abs=1e-9)
    assert br.open_stretches(some_plan)["km"].sum() + covered == pytest.approx(605, rel=1e-9)
    assert some_plan.posts["reached_km"].sum() >= covered - 1e-9
    assert (segments["site_ids"].map(bool) == (segments["covered_km"] > 0)).all()
    assert (segments["reason"].map(bool) == (segments["covered_km"] < segments["km"] - 1e-9)).all()
    assert not pieces["minutes"][pieces["reached"]].isna().any()
    assert (pieces["minutes"][pieces["reached"]] <= 15).all()


def test_pieces_are_cut_only_where_something_changes(some_plan):
    """Neighbouring pieces of a segment differ in the posts that reach them."""
    pieces = some_plan.reach
    same_segment = pieces["segment_id"] == pieces["segment_id"].shift()
    alike = (
        same_segment
        & (pieces["site_id"] == pieces["site_id"].shift())
        & (pieces["sites_within"] == pieces["sites_within"].shift())
        & (pieces["covered"] == pieces["covered"].shift())
    )
    assert not alike.any()


# -- The embedded line


@pytest.fixture(scope="module")
def demo():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return br.load_demo()


@pytest.fixture(scope="module")
def demo_posts(demo):
    network = br.build_network(demo.roads)
    candidates = br.candidate_posts(network, demo.line, spacing_km=1, road_km=None).kept
    return br.propose_posts(
        network, demo.line, posts=100, phases=[50, 100], candidates=candidates, seconds=3
    )


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
    """50 posts first, then 100; objective recomputed from the pieces that are covered."""
    phases, pieces = demo_posts.phases, demo_posts.reach
    assert phases.index.tolist() == [50, 100]
    assert (phases["objective"] <= phases["bound"]).all()
    assert demo_posts.sites["phase"].value_counts().to_dict() == {50: 50, 100: 50}
    held = pieces.loc[pieces["covered"], "km"].sum()
    assert held == pytest.approx(demo_posts.objective)
    opened = br.open_stretches(demo_posts)["km"].sum()
    assert held + opened == pytest.approx(demo.line["km"].sum())
    assert (demo_posts.status == "optimal") == (demo_posts.gap == 0)


def test_posts_that_the_line_does_not_need_back_the_others(straight, network):
    """Of 60 posts 41 cover the line, crossing or not: the other 19 cover 285 km a second time."""
    lon, lat = place_on_line(straight, [300.0])
    crossing = gpd.GeoDataFrame(
        {"name": ["One"]}, index=["c1"], geometry=gpd.points_from_xy(lon, lat), crs=4326
    )
    for crossings in (None, crossing):
        plan = br.propose_posts(
            network, straight, posts=60, candidates=on_line(straight, 0.5), crossings=crossings
        )
        assert plan.objective == pytest.approx(605, rel=1e-9)
        twice = plan.reach.loc[plan.reach["sites_within"] >= 2, "km"].sum()
        assert twice >= 270


def test_a_plan_without_any_post_leaves_the_whole_line_open(straight, network):
    """None proposed and none standing: tables are empty, and all of it is one stretch."""
    plan = br.propose_posts(network, straight, posts=0, candidates=on_line(straight, 50))
    assert len(plan.posts) == len(plan.sites) == 0
    assert plan.facts["covered_km"] == 0
    assert br.open_stretches(plan, whole=True)["km"].tolist() == pytest.approx([605])
