"""How posts hold: who helps whom, what supplies them, and how defensible the ground is."""

import warnings
from itertools import combinations, pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from rasterio import Affine
from shapely import LineString, Point

import boxreach as br
from boxreach.border.approaches import count_approaches
from boxreach.border.nearest_shapes import find_nearest_shapes
from boxreach.crs import WGS84
from boxreach.errors import CRSError, DataWarning, InputError
from boxreach.network import network_from_arrays
from boxreach.sources.terrain import Terrain

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="WGS84")
HERE = (41.0, 34.0)
MINUTE = 60_000


def going(azimuth, metres, start=HERE):
    lon, lat, _ = GEOD.fwd(*start, azimuth, metres)
    return lon, lat


def posts_at(places, chainage_km=None, ids=None):
    """Make posts of places in degrees, named post-0 and so on, a km of line from each other."""
    count = len(places)
    return gpd.GeoDataFrame(
        {"chainage_km": np.arange(float(count)) if chainage_km is None else chainage_km},
        index=pd.Index(ids or [f"post-{n}" for n in range(count)], name="site_id", dtype=object),
        geometry=[Point(one) for one in places],
        crs=4326,
    )


def points_at(places, **columns):
    ids = pd.Index([f"t{n}" for n in range(len(places))], dtype=object)
    return gpd.GeoDataFrame(columns, index=ids, geometry=[Point(one) for one in places], crs=4326)


def roads_of(lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=[LineString(one) for one in lines], crs=4326)


def far_network(**build):
    """A network whose one road lies far from all places of these tests."""
    return br.build_network(roads_of([[(50.0, 36.0), (50.1, 36.0)]]), **build)


NODES = 9
# On a circle of about 100 km no straight road passes near a third node.
RING = [(41 + np.cos(turn), 34 + np.sin(turn)) for turn in 2 * np.pi * np.arange(NODES) / NODES]
ONE_WAY = st.integers(-1, 40).map(lambda minutes: minutes * MINUTE if minutes > 0 else -1)
EDGES = st.dictionaries(
    st.sampled_from(list(combinations(range(NODES), 2))), st.tuples(ONE_WAY, ONE_WAY), min_size=1
)


def ring_network(edges):
    """Return a network of edges with milliseconds each way, the same for networkx."""
    lon, lat = np.array(RING).T
    tail, head = np.array(list(edges)).T
    there, back = np.array(list(edges.values())).T
    network, _ = network_from_arrays(lon, lat, tail, head, there, back)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(NODES))
    for (one, other), (forward, backward) in edges.items():
        graph.add_weighted_edges_from([(one, other, forward)] if forward >= 0 else [])
        graph.add_weighted_edges_from([(other, one, backward)] if backward >= 0 else [])
    return network, dict(nx.all_pairs_dijkstra_path_length(graph))


def slower_ms(ways, one, other):
    return max(ways[one].get(other, np.inf), ways[other].get(one, np.inf))


@settings(deadline=None, max_examples=40)
@given(EDGES, st.sets(st.integers(0, NODES - 1), min_size=1), st.integers(1, 90), st.randoms())
def test_support_equals_that_of_networkx(edges, nodes, minutes, random):
    """Links, nearest posts, groups and gaps, by shortest paths in both directions."""
    network, ways = ring_network(edges)
    nodes = sorted(nodes)
    random.shuffle(nodes)
    # Posts keep the chainage of their place in `nodes`; the table is shuffled once more.
    table = posts_at([RING[one] for one in nodes], ids=[f"p{one}" for one in nodes])
    held = br.hold_line(network, table.sample(frac=1, random_state=1), minutes=minutes)
    near = {
        (f"p{one}", f"p{other}"): ms / MINUTE
        for one, other in combinations(nodes, 2)
        for ms in [slower_ms(ways, one, other)]
        if ms <= minutes * MINUTE
    }
    links = held.links.set_index(["from_site_id", "to_site_id"])["minutes"]
    assert links.to_dict() == pytest.approx(near)
    graph = nx.Graph(list(near))
    graph.add_nodes_from(table.index)
    groups = [one for one in nx.connected_components(graph) if len(one) > 1]
    assert held.groups == len(groups)
    groups.sort(key=lambda one: min(map(table.index.get_loc, one)))
    for number, group in enumerate(groups, 1):
        assert (held.posts.loc[list(group), "group"] == number).all()
    assert held.isolated == sum(1 for _, degree in graph.degree if degree == 0)
    for node in nodes:
        row = held.posts.loc[f"p{node}"]
        assert row["isolated"] == (graph.degree[f"p{node}"] == 0) == (row["group"] == 0)
        assert sorted(row["neighbours"].split()) == sorted(graph[f"p{node}"])
        others = {f"p{one}": slower_ms(ways, node, one) for one in nodes if one != node}
        best = min(others.values(), default=np.inf)
        if best == np.inf:
            assert row["nearest_site_id"] == ""
            assert np.isnan(row["nearest_minutes"])
        else:
            assert row["nearest_minutes"] == pytest.approx(best / MINUTE)
            assert row["nearest_site_id"] == min(one for one in others if others[one] == best)
    gaps = [slower_ms(ways, *pair) / MINUTE for pair in pairwise(nodes)]
    expected = [gap if gap < np.inf else np.nan for gap in gaps]
    assert held.gaps["minutes"].tolist() == pytest.approx(expected, nan_ok=True)
    pairs = [(f"p{one}", f"p{other}") for one, other in pairwise(nodes)]
    ends = held.gaps[["from_site_id", "to_site_id"]].itertuples(index=False, name=None)
    assert list(ends) == pairs


@settings(deadline=None, max_examples=10)
@given(EDGES, st.permutations(range(NODES)))
def test_the_order_of_the_rows_changes_nothing(edges, order):
    """Of support, supply and score."""
    network, _ = ring_network(edges)
    posts = posts_at(RING)
    towns = points_at([RING[0], RING[0], RING[4]], name=["A", "B", ""])
    shuffled, towns_shuffled = posts.iloc[list(order)], towns.iloc[::-1]
    one, other = br.hold_line(network, posts), br.hold_line(network, shuffled)
    pd.testing.assert_frame_equal(one.posts, other.posts.loc[posts.index])
    assert other.posts.index.equals(shuffled.index)
    pd.testing.assert_frame_equal(one.links, other.links)
    pd.testing.assert_frame_equal(one.gaps, other.gaps)
    supply = br.measure_supply(network, posts, towns=towns)
    again = br.measure_supply(network, shuffled, towns=towns_shuffled)
    assert again.index.equals(shuffled.index)
    pd.testing.assert_frame_equal(supply, again.loc[posts.index])
    score = br.score_defence(posts, network=network, buildings=towns)
    again = br.score_defence(shuffled, network=network, buildings=towns_shuffled)
    assert again.index.equals(shuffled.index)
    pd.testing.assert_frame_equal(score, again.loc[posts.index])


def test_support_must_come_both_ways():
    """Ten minutes there and thirty back are thirty: no support in twenty, support in thirty."""
    network, _ = ring_network({(0, 1): (10 * MINUTE, 30 * MINUTE)})
    posts = posts_at([RING[0], RING[1]])
    assert br.hold_line(network, posts, minutes=20).isolated == 2
    held = br.hold_line(network, posts, minutes=30)
    assert held.links["minutes"].tolist() == [30.0]
    assert held.posts["nearest_minutes"].tolist() == [30.0, 30.0]


def test_the_nearest_post_is_known_however_far_within_a_day():
    """Steps of seven hours are beyond every first look; a way of one direction only is none."""
    hours = 7 * 60 * MINUTE
    network, _ = ring_network({(0, 1): (hours, hours), (1, 2): (hours, hours), (3, 4): (hours, -1)})
    held = br.hold_line(network, posts_at(RING[:5]), minutes=1)
    assert held.isolated == 5
    assert held.groups == 0
    assert held.posts["nearest_minutes"].tolist() == pytest.approx(
        [420, 420, 420, np.nan, np.nan], nan_ok=True
    )
    assert held.gaps["minutes"].tolist() == pytest.approx([420, 420, np.nan, np.nan], nan_ok=True)


def test_the_widest_gap_is_told_by_kilometres_and_by_minutes():
    """A gap without a way is wider than any other by minutes."""
    network, _ = ring_network({(0, 1): (MINUTE, MINUTE), (1, 2): (9 * MINUTE, 9 * MINUTE)})
    posts = posts_at(RING[:4], chainage_km=[0.0, 50.0, 60.0, 61.0])
    held = br.hold_line(network, posts)
    assert held.widest_km[["from_site_id", "km"]].tolist() == ["post-0", 50.0]
    assert held.widest_minutes["from_site_id"] == "post-2"
    assert np.isnan(held.widest_minutes["minutes"])
    held = br.hold_line(network, posts.iloc[:3])
    assert held.widest_minutes[["to_site_id", "minutes"]].tolist() == ["post-2", 9.0]


def test_posts_at_one_place_support_each_other_at_once():
    """No time passes between them, with a road near or without; the lower id comes first."""
    posts = posts_at([HERE, HERE, HERE], chainage_km=[5.0, 5.0, 5.0])
    held = br.hold_line(far_network(), posts)
    assert held.links["minutes"].tolist() == [0.0, 0.0, 0.0]
    assert held.posts["nearest_site_id"].tolist() == ["post-1", "post-0", "post-0"]
    assert held.gaps[["km", "minutes"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    assert held.groups == 1


def test_open_ground_joins_posts_without_a_road():
    """At 20 km/h over 4 km they are 12 minutes apart; beyond off-road range there is no way."""
    network = far_network(off_road_km=5, off_road_kmh=20)
    held = br.hold_line(network, posts_at([HERE, going(180, 4000), going(180, 10_000)]))
    assert held.links["minutes"].tolist() == pytest.approx([12], abs=0.01)
    assert held.posts["isolated"].tolist() == [False, False, True]


@pytest.mark.parametrize("count", [0, 1])
def test_one_post_or_none_is_told_of_without_links(count):
    """Tables are whole: the same columns, without rows where there is nothing."""
    posts = posts_at([HERE] * count)
    held = br.hold_line(far_network(), posts)
    assert list(held.posts.columns) == [
        "neighbours", "nearest_site_id", "nearest_minutes", "group", "isolated",
    ]  # fmt: skip
    assert (held.groups, held.isolated) == (0, count)
    assert held.posts["nearest_site_id"].tolist() == [""] * count
    assert held.posts["isolated"].dtype == bool
    assert list(held.links.columns) == ["from_site_id", "to_site_id", "minutes"]
    assert list(held.gaps.columns) == ["from_site_id", "to_site_id", "km", "minutes"]
    assert held.links.empty
    assert held.gaps.empty
    assert held.widest_km is None
    assert held.widest_minutes is None
    assert len(br.measure_supply(far_network(), posts, towns=points_at([HERE]))) == count
    assert len(br.score_defence(posts, network=far_network(), terrain=flat())) == count


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda one: one.drop(columns="chainage_km"), "column chainage_km: the column is missing"),
        (lambda one: one.assign(chainage_km=[0, np.nan]), "row 2, column chainage_km: it is blank"),
        (lambda one: one.assign(chainage_km=["a", "b"]), "chainage_km: it holds"),
        (lambda one: one.assign(chainage_km=[-1.0, 2]), "-1 is below what is allowed"),
        (lambda one: one.set_axis(["a", "a"]), "'a' stands twice"),
        (lambda one: one.set_geometry([Point(HERE), None], crs=4326), "it has no geometry"),
        (pd.DataFrame, "posts: it is a DataFrame"),
    ],
)
def test_posts_that_are_no_posts_are_refused_by_row_and_column(damage, what):
    """With all that is wrong in one message, of the minutes too."""
    with pytest.raises(InputError, match=what) as caught:
        br.hold_line(far_network(), damage(posts_at([HERE, HERE])), minutes=0)
    assert "minutes is 0; give minutes above 0, up to 1440" in str(caught.value)


def test_posts_without_a_system_are_refused():
    """As every table is."""
    with pytest.raises(CRSError, match="posts"):
        br.hold_line(far_network(), posts_at([HERE]).set_crs(None, allow_override=True))


@pytest.mark.parametrize(
    "ask",
    [
        lambda network: br.hold_line(network, posts_at([HERE])),
        lambda network: br.measure_supply(network, posts_at([HERE])),
        lambda network: br.score_defence(posts_at([HERE]), network=network),
    ],
)
def test_what_is_no_network_is_refused(ask):
    """Each says what to give."""
    with pytest.raises(InputError, match="network is None; give what build_network returned"):
        ask(None)


@settings(deadline=None, max_examples=40)
@given(EDGES, st.sets(st.integers(0, NODES - 1), min_size=1))
def test_the_town_is_the_quickest_by_networkx(edges, nodes):
    """From the town to the post; of those equally quick the lower id."""
    network, ways = ring_network(edges)
    nodes = sorted(nodes)
    towns = points_at([RING[one] for one in nodes])
    found = br.measure_supply(network, posts_at(RING), towns=towns)
    for post in range(NODES):
        ms = [ways[node].get(post, np.inf) for node in nodes]
        row = found.iloc[post]
        at = int(np.argmin(ms)) if min(ms) < np.inf else int(row["town"][1:])
        if min(ms) < np.inf:
            assert row["town_minutes"] == pytest.approx(min(ms) / MINUTE)
            assert row["town"] == f"t{at}"
        else:
            assert np.isnan(row["town_minutes"])
            straight = [GEOD.inv(*RING[post], *RING[node])[2] for node in nodes]
            assert straight[at] == pytest.approx(min(straight), rel=1e-3)
        km = GEOD.inv(*RING[post], *RING[nodes[at]])[2] / 1000
        assert row["town_km"] == pytest.approx(km, abs=1e-6)


def test_a_town_is_named_or_else_its_id():
    """Blank and missing names are none; the distance is that to the town which is quickest."""
    quick, near = going(90, 20_000), going(270, 8000)
    network = br.build_network(roads_of([[HERE, quick]], speed_kmh=[60.0]), off_road_km=1)
    towns = points_at([quick, near], name=["Quick", "Near"])
    found = br.measure_supply(network, posts_at([HERE, near]), towns=towns)
    assert found["town"].tolist() == ["Quick", "Near"]
    assert found["town_km"].tolist() == pytest.approx([20, 0], abs=1e-6)
    assert found["town_minutes"].tolist() == pytest.approx([20, 0], abs=0.01)
    unnamed = towns.assign(name=[None, "  "])
    assert br.measure_supply(network, posts_at([HERE]), towns=unnamed)["town"].tolist() == ["t0"]


def densest_m(place, line, step_m=5.0):
    """Return the geodesic metres from a place to a line, by points on it and pyproj."""
    along = shapely.segmentize(line, step_m / 111_000)
    lon, lat = shapely.get_coordinates(along).T
    return GEOD.inv(np.full(len(lon), place[0]), np.full(len(lat), place[1]), lon, lat)[2].min()


@pytest.mark.parametrize("seed", range(6))
def test_distances_to_water_and_main_roads_equal_those_of_pyproj(seed):
    """To a thousandth, over posts along 300 km; minor roads do not count."""
    random = np.random.default_rng(seed)
    places = np.column_stack([random.uniform(40, 42, 12), random.uniform(33, 36, 12)])
    rivers = [LineString(random.uniform((40, 33), (42, 36), (4, 2))) for _ in range(3)]
    mains = [random.uniform((40, 33), (42, 36), (3, 2)) for _ in range(2)]
    minor = [(x, y + 0.001) for x, y in places]
    roads = roads_of([*mains, minor], road_class=["trunk", "primary", "track"])
    water = gpd.GeoDataFrame(geometry=[*rivers, None], crs=4326)
    found = br.measure_supply(br.build_network(roads), posts_at(places), water=water)
    for place, (_, row) in zip(places, found.iterrows(), strict=True):
        for name, lines in (("water_km", rivers), ("main_road_km", map(LineString, mains))):
            km = min(densest_m(place, one, 20) for one in lines) / 1000
            assert row[name] == pytest.approx(km, rel=1e-3, abs=0.02)
    only = br.measure_supply(br.build_network(roads), posts_at(places), main_classes=["track"])
    assert only["main_road_km"].max() < 0.12


def test_water_is_points_lines_and_areas():
    """A well and a shore by their distance; in a lake it is 0 km off."""
    lake = shapely.box(41.5, 33.5, 42, 34.5)
    well = Point(going(270, 3000))
    water = gpd.GeoDataFrame(geometry=[lake, well], crs=4326)
    posts = posts_at([HERE, (41.7, 34.0), (41.49, 34.0)])
    found = br.measure_supply(far_network(), posts, water=water)["water_km"]
    shore = GEOD.inv(41.49, 34, 41.5, 34)[2] / 1000
    assert found.tolist() == pytest.approx([3, 0, shore], abs=1e-4)
    assert found.iloc[1] == 0


def test_what_is_not_given_or_not_known_is_blank():
    """Roads without classes have no main ones; 500 km off there is nothing."""
    posts = posts_at([HERE])
    for found in (
        br.measure_supply(far_network(), posts),
        br.measure_supply(far_network(), posts, towns=points_at([]), water=points_at([])),
        br.measure_supply(
            far_network(), posts, towns=points_at([(0, 0)]), water=points_at([(0, 0)])
        ),
    ):
        assert list(found.columns) == [
            "town", "town_km", "town_minutes", "water_km", "main_road_km",
        ]  # fmt: skip
        assert found["town"].tolist() == [""]
        assert found.drop(columns="town").isna().all(axis=None)


def test_faults_of_supply_are_said_at_once():
    """Of every table and argument, each by its name."""
    posts, towns = posts_at([HERE, HERE], ids=["a", "a"]), points_at([(500, 0)])
    mixed = shapely.GeometryCollection([Point(HERE)])
    water = gpd.GeoDataFrame(geometry=[mixed], crs=4326)
    with pytest.raises(InputError) as caught:
        br.measure_supply(far_network(), posts, towns=towns, water=water, main_classes="trunk")
    assert {one.file for one in caught.value.faults} == {"posts", "towns", "water", ""}
    assert "main_classes is 'trunk'" in str(caught.value)


def test_of_shapes_equally_near_the_first_is_told():
    """Whatever stands beside them, and none beyond the distance asked for."""
    shapes = np.array([None, Point(42, 34), Point(41, 34.1), Point(41, 34.1)])
    lon, lat = np.array([41.0, 60.0]), np.array([34.0, 34.0])
    which, metres = find_nearest_shapes(lon, lat, shapes, within_m=20_000)
    assert which.tolist() == [2, -1]
    assert metres[0] == pytest.approx(GEOD.inv(41, 34, 41, 34.1)[2])
    near = find_nearest_shapes(lon, lat, shapes, within_m=11_000)
    assert near[0].tolist() == [-1, -1]


def ground(height_of, cell_m=25.0, reach_m=1500.0):
    """Return heights about `HERE` by the metres east and north of it."""
    side = int(2 * reach_m / cell_m)
    middle = (np.arange(side) + 0.5) * cell_m - reach_m
    east, north = np.meshgrid(middle, middle[::-1])
    crs = CRS.from_proj4(f"+proj=aeqd +lon_0={HERE[0]} +lat_0={HERE[1]} +ellps=WGS84")
    place = Affine(cell_m, 0, -reach_m, 0, -cell_m, reach_m)
    return Terrain(height_of(east, north).astype("float32"), place, crs)


def flat():
    return ground(lambda east, _: np.full(east.shape, 300.0))


def cone(slope):
    return ground(lambda east, north: 500 - slope * np.hypot(east, north))


@pytest.mark.parametrize(
    ("slope", "score"), [(0.0, 0.5), (0.01, 2 / 3), (0.02, 5 / 6), (0.1, 1), (-0.01, 1 / 3)]
)
def test_on_a_cone_relief_is_two_thirds_of_its_height(slope, score):
    """The mean distance from the middle of a disc is two thirds of its radius."""
    found = br.score_defence(posts_at([HERE]), network=far_network(), terrain=cone(slope))
    assert found["relief_m"].item() == pytest.approx(slope * 2000 / 3, abs=abs(slope) * 20 + 0.01)
    assert found["relief_score"].item() == pytest.approx(score, abs=0.02)
    hollow = br.score_defence(posts_at([HERE]), network=far_network(), terrain=cone(-0.1))
    assert hollow["relief_score"].item() == 0


def test_unknown_heights_are_left_out_and_said():
    """Half of the ground must be known, and the height of the post."""

    def known(part):
        height = np.where(part, 100.0, np.nan)
        return ground(lambda east, north: height)

    network, posts = far_network(), posts_at([HERE])
    east, north = np.meshgrid(np.arange(120) - 59.5, np.arange(120) - 59.5)
    hole = known(np.hypot(east, north) > 3)
    most, few = known(east < 20), known(np.hypot(east, north) < 10)
    assert br.score_defence(posts, network=network, terrain=most)["relief_m"].item() == 0
    for terrain in (hole, few):
        found = br.score_defence(posts, network=network, terrain=terrain)
        assert np.isnan(found["relief_m"].item())
        assert "relief" in found["not_known"].item().split()
    outside = br.score_defence(posts_at([(45, 30)]), network=network, terrain=flat())
    assert np.isnan(outside["relief_m"].item())


def test_cells_too_long_to_tell_of_the_ground_are_said():
    """On 9 km cells nothing is told, and the parts are left out."""
    coarse = Terrain(np.ones((50, 50), np.float32), Affine(1 / 12, 0, 39, 0, -1 / 12, 36), WGS84)
    with pytest.warns(DataWarning, match="tell neither relief nor view within 1,000 m"):
        found = br.score_defence(posts_at([HERE]), network=far_network(), terrain=coarse)
    assert found["not_known"].item() == "relief visible standoff"


@pytest.mark.parametrize("slope", [0.0, 0.05, 0.3])
def test_from_flat_ground_and_from_a_peak_all_is_seen(slope):
    """Nothing stands between a tower and what lies level with its foot, or falls away evenly."""
    found = br.score_defence(posts_at([HERE]), network=far_network(), terrain=cone(slope))
    assert found["visible_share_1km"].item() == found["visible_score"].item() == 1
    assert found["not_known"].item() == "standoff"


@pytest.mark.parametrize("away_m", [0, 200, 500, 800])
def test_behind_a_wall_nothing_is_seen(away_m):
    """What is seen is the disc without the segment behind the wall, and a cell or two of it."""
    wall = ground(lambda east, _: np.where(np.abs(east - away_m - 62.5) < 13, 350.0, 300.0))
    found = br.score_defence(posts_at([HERE]), network=far_network(), terrain=wall)
    near_m = away_m + 50
    behind = 1e6 * np.arccos(near_m / 1000) - near_m * np.sqrt(1e6 - near_m**2)
    share = 1 - behind / (np.pi * 1e6)
    assert share - 0.005 <= found["visible_share_1km"].item() <= share + 0.035


def test_a_higher_tower_sees_more():
    """The sight that is given is the one that is used."""
    dunes = ground(lambda east, _: 300 + 5 * np.sin(east / 60))
    low, usual, high = (
        br.score_defence(posts_at([HERE]), network=far_network(), terrain=dunes, sight=sight)
        for sight in (br.Sight(tower_m=1), None, br.Sight(tower_m=60))
    )
    shares = [one["visible_share_1km"].item() for one in (low, usual, high)]
    assert shares == sorted(set(shares))
    assert usual["relief_m"].item() == high["relief_m"].item()


def test_heights_in_a_file_say_what_heights_in_memory_say(tmp_path):
    """Posts on the grid and off it; the file is read in parts."""
    random = np.random.default_rng(4)
    grid = random.normal(300, 4, (240, 240)).astype("float32")
    grid[:40, :90] = np.nan
    place = Affine(0.0003, 0, HERE[0] - 0.036, 0, -0.0003, HERE[1] + 0.036)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "height": 240, "width": 240}
    path = tmp_path / "dem.tif"
    with rasterio.open(path, "w", crs=4326, transform=place, nodata=np.nan, **profile) as file:
        file.write(grid, 1)
    corner = (HERE[0] - 0.0359, HERE[1] - 0.0359)
    posts = posts_at([HERE, going(30, 1500), corner, (HERE[0] - 0.03, HERE[1] + 0.03), (50, 10)])
    held, read = (
        br.score_defence(posts, network=far_network(), terrain=one)
        for one in (br.read_terrain(path), br.open_terrain(path))
    )
    pd.testing.assert_frame_equal(held, read)
    # In the corner a quarter of the disc is known, and in the hole the post itself is not.
    assert held["relief_m"].isna().tolist() == [False, False, True, True, True]
    assert held["visible_share_1km"].isna().tolist() == [False, False, True, True, True]


def test_cells_too_long_for_lines_of_sight_are_said_once():
    """However many posts look over them."""
    coarse = ground(lambda east, _: np.zeros(east.shape), cell_m=150)
    with pytest.warns(DataWarning) as said:
        found = br.score_defence(posts_at([HERE] * 3), network=far_network(), terrain=coarse)
    (told,) = (one for one in said if one.category is DataWarning)
    assert "cannot tell lines of sight" in str(told.message)
    assert told.filename == __file__
    assert found["visible_share_1km"].tolist() == [1, 1, 1]


def test_standoff_is_the_distance_to_the_nearest_building_up_to_its_end():
    """0 in a building; 300 m where none is nearer, or where there are none."""
    yard = shapely.box(*going(225, 50), *going(45, 50))
    huts = gpd.GeoDataFrame(geometry=[yard, Point(going(90, 400)), None], crs=4326)
    places = [HERE, going(90, 250), going(270, 5000)]
    found = br.score_defence(posts_at(places), network=far_network(), buildings=huts)
    assert found["standoff_m"].tolist() == pytest.approx([0, 150, 300], abs=0.01)
    assert found["standoff_score"].tolist() == pytest.approx([0, 0.5, 1], abs=1e-4)
    none = br.score_defence(posts_at(places), network=far_network(), buildings=points_at([]))
    assert none["standoff_m"].tolist() == [300] * 3
    assert found["not_known"].tolist() == ["relief visible"] * 3


def approaches_of(place, lines, within_m):
    """Count, with shapely on a map about the place, the crossings that stand apart."""
    flat_crs = CRS.from_proj4(f"+proj=aeqd +lon_0={place[0]} +lat_0={place[1]} +ellps=WGS84")
    onto = Transformer.from_crs(WGS84, flat_crs, always_xy=True)
    drawn = shapely.transform(lines, lambda xy: np.column_stack(onto.transform(*xy.T)))
    circle = shapely.Point(0, 0).buffer(within_m, quad_segs=4096).exterior
    points = shapely.get_coordinates(shapely.intersection(drawn, circle))
    bearing = np.arctan2(*points.T)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(points)))
    for one, other in combinations(range(len(points)), 2):
        turn = abs(bearing[one] - bearing[other])
        if min(turn, 2 * np.pi - turn) * within_m <= 30:
            graph.add_edge(one, other)
    return nx.number_connected_components(graph)


@pytest.mark.parametrize("seed", range(8))
def test_approaches_equal_the_crossings_that_shapely_finds(seed, draw_towns):
    """In two towns, at several radii."""
    _, roads, sites, _ = draw_towns(seed)
    network = br.build_network(roads)
    lines = roads.geometry.to_numpy()
    xy = shapely.get_coordinates(sites.geometry)
    for within_m in (200.0, 500.0, 1000.0, 3000.0):
        found = count_approaches(network, *xy.T, within_m=within_m)
        assert found.tolist() == [approaches_of(one, lines, within_m) for one in xy]


def test_carriageways_of_one_road_are_one_approach():
    """Two lines 20 m apart through the circle are two approaches, 60 m apart four."""

    def count(apart_m):
        lines = [
            [going(90, 5000, start), going(270, 5000, start)] for start in (HERE, going(0, apart_m))
        ]
        return count_approaches(br.build_network(roads_of(lines)), *np.array([HERE]).T).item()

    assert count(20) == 2
    assert count(60) == 4


def test_a_road_that_may_be_driven_in_no_direction_is_no_approach():
    """One direction is enough."""
    lon, lat = np.array([HERE, going(0, 3000), going(120, 3000), going(240, 3000)]).T
    there, back = np.array([[9, -1, -1], [9, 9, -1]])
    network, _ = network_from_arrays(lon, lat, np.zeros(3, int), np.arange(1, 4), there, back)
    assert count_approaches(network, lon[:1], lat[:1]).tolist() == [2]


def test_fewer_approaches_are_better_and_closed_roads_are_none():
    """The score falls with each road; where none leads it is 1."""
    star = [[HERE, going(azimuth, 3000)] for azimuth in (0, 120, 240)]
    scores = []
    for count in range(1, 4):
        network = br.build_network(roads_of(star[:count]))
        found = br.score_defence(posts_at([HERE]), network=network)
        assert found["approaches"].item() == count
        scores.append(found["approaches_score"].item())
    assert scores == pytest.approx([1 / 2, 1 / 3, 1 / 4])
    closure = gpd.GeoDataFrame(geometry=[Point(going(0, 1000)).buffer(0.001)], crs=4326)
    closed = network.without(closure)
    assert br.score_defence(posts_at([HERE]), network=closed)["approaches"].item() == 2
    nowhere = br.score_defence(posts_at([HERE]), network=far_network())
    assert nowhere[["approaches", "approaches_score"]].to_numpy().tolist() == [[0, 1]]


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=4).filter(any), st.booleans())
def test_the_score_is_the_weighted_mean_of_the_parts_that_are_known(weights, with_terrain):
    """Between the lowest and the highest of them; what weighs nothing changes nothing."""
    parts = ["relief", "visible", "standoff", "approaches"]
    network = br.build_network(roads_of([[HERE, going(90, 3000)]]))
    found = br.score_defence(
        posts_at([HERE]),
        network=network,
        terrain=cone(0.01) if with_terrain else None,
        buildings=points_at([going(0, 100)]),
        weights=dict(zip(parts, weights, strict=True)),
    ).iloc[0]
    score = {part: found[f"{part}_score"] for part in parts}
    known = [part for part in parts if not np.isnan(score[part])]
    assert found["not_known"].split() == [part for part in parts if part not in known]
    weigh = dict(zip(parts, weights, strict=True))
    total = sum(weigh[part] for part in known)
    if total == 0:
        assert np.isnan(found["defensibility"])
    elif total > 1e-300:
        mean = sum(weigh[part] * score[part] for part in known) / total
        assert found["defensibility"] == pytest.approx(mean)
        assert 0 <= found["defensibility"] <= 1


def test_a_higher_weight_draws_the_score_to_its_part():
    """Parts that are not named weigh 1."""
    huts = points_at([HERE])
    ask = {"network": far_network(), "buildings": huts}
    plain, heavy = (
        br.score_defence(posts_at([HERE]), weights=one, **ask)["defensibility"].item()
        for one in (None, {"standoff": 3})
    )
    assert plain == pytest.approx(1 / 2)
    assert heavy == pytest.approx(1 / 4)


def test_the_radius_names_the_column_of_what_is_seen():
    """A column never says another distance than it was measured at."""
    found = br.score_defence(posts_at([HERE]), network=far_network(), within_km=0.5)
    assert "visible_share_0.5km" in found
    assert list(br.score_defence(posts_at([HERE]), network=far_network()).columns) == [
        "defensibility", "relief_m", "visible_share_1km", "standoff_m", "approaches",
        "relief_score", "visible_score", "standoff_score", "approaches_score", "not_known",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ({"within_km": 0.0}, "within_km is 0; give a number from 0.1 to 10"),
        ({"weights": {"view": 1}}, "weights has 'view'"),
        ({"weights": {"relief": -1}}, "the weight of relief is -1"),
        ({"weights": {"relief": np.nan}}, "the weight of relief is nan"),
        ({"weights": [1, 2]}, "weights is a list"),
        (
            {"weights": dict.fromkeys(["relief", "visible", "standoff", "approaches"], 0)},
            "every part weighs 0",
        ),
        ({"terrain": "dem.tif"}, "terrain is a path or text"),
        ({"sight": 7.6}, "sight is a float; give a Sight"),
        ({"buildings": "huts.gpkg"}, "buildings: it is a path or text"),
    ],
)
def test_faults_of_the_score_are_said_with_what_to_do(option, what):
    """Together with those of the posts."""
    with pytest.raises(InputError, match=what) as caught:
        br.score_defence(posts_at([HERE, HERE], ids=["a", "a"]), network=far_network(), **option)
    assert "stands twice" in str(caught.value)


def test_tables_in_another_system_and_geometry_column_say_the_same():
    """In metres, in a column of another name, beside one of the usual name that is not theirs."""
    network = far_network(off_road_km=5, off_road_kmh=20)
    posts, towns = posts_at([HERE, going(180, 4000)]), points_at([going(90, 3000)])

    def moved(table):
        return table.to_crs(32637).rename_geometry("place").assign(geometry="")

    frames = [
        [
            br.hold_line(network, one).posts,
            br.measure_supply(network, one, towns=other, water=other),
            br.score_defence(one, network=network, buildings=other),
        ]
        for one, other in ((posts, towns), (moved(posts), moved(towns)))
    ]
    for plain, other in zip(*frames, strict=True):
        pd.testing.assert_frame_equal(plain, other, rtol=1e-6, atol=1e-6)


def test_inputs_stay_as_they_are():
    """No table of a caller is changed."""
    posts, towns = posts_at([HERE, going(0, 900)]), points_at([HERE], name=[None])
    before, towns_before = posts.copy(), towns.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        br.hold_line(far_network(), posts)
        br.measure_supply(far_network(), posts, towns=towns, water=towns)
        br.score_defence(posts, network=far_network(), buildings=towns)
    pd.testing.assert_frame_equal(posts, before)
    pd.testing.assert_frame_equal(towns, towns_before)
