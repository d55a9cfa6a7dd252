"""Networks in other states: roads slower, roads gone, and what is recomputed of their times."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box

import boxreach as br
from boxreach.errors import InputError
from boxreach.network.dividing import divide
from boxreach.network.slowing import restrict, slow_roads
from boxreach.network.timetable import Timetable
from boxreach.routing.failing import Failures
from boxreach.routing.states import RoadStates

pytestmark = pytest.mark.slow

_WAITING = br.SpeedModel(junction_s={"primary": 20.0})
_IDLE = pytest.mark.filterwarnings(
    "ignore:features that meet no road", "ignore:closures that meet no road",
    "ignore:the closed point",
)  # fmt: skip


def _roads(seed, side=5, step=0.05):
    """Return a grid of bent roads, some of them one-way, some missing."""
    rng = np.random.default_rng(seed)
    at = 44 + step * np.arange(side), 33 + step * np.arange(side)
    place = np.round(
        np.stack(np.meshgrid(*at), axis=-1) + rng.uniform(-0.01, 0.01, (side, side, 2)), 7
    )
    lines = []
    for row in range(side):
        for column in range(side):
            for other in ((row, column + 1), (row + 1, column)):
                if max(other) == side or rng.random() < 0.2:
                    continue
                ends = place[row, column], place[other]
                bends = [
                    ends[0] + share * (ends[1] - ends[0]) + rng.uniform(-0.005, 0.005, 2)
                    for share in (0.3, 0.7)[: rng.integers(0, 3)]
                ]
                lines.append(LineString(np.round([ends[0], *bends, ends[1]], 7)))
    columns = {
        "road_id": [f"r{one}" for one in range(len(lines))],
        "road_class": rng.choice(["primary", "tertiary", "track"], len(lines)),
        "oneway": rng.choice(["no", "no", "no", "yes"], len(lines)),
    }
    return gpd.GeoDataFrame(columns, geometry=lines, crs=4326).set_index("road_id")


def _places(seed, count, name, side=5, step=0.05):
    rng = np.random.default_rng(seed)
    xy = np.round(np.array([44, 33]) + rng.uniform(-0.02, side * step - 0.03, (count, 2)), 7)
    ids = pd.Index([f"{name}{one}" for one in range(count)], name=f"{name}_id")
    return gpd.GeoDataFrame(
        {"people": rng.integers(1, 500, count).astype(float)},
        geometry=gpd.points_from_xy(*xy.T), crs=4326, index=ids,
    )  # fmt: skip


def _same(one, other):
    return (one != other).nnz == 0 and one.nnz == other.nnz


@pytest.mark.parametrize("seed", range(3))
def test_all_roads_slowed_take_as_long_as_under_one_area_that_slows_them(seed):
    network = br.build_network(_roads(seed), off_road_km=4)
    places, sites = _places(seed, 90, "c"), _places(seed + 50, 4, "s")
    columns = {"closure_id": ["all"], "speed_factor": [0.7]}
    area = gpd.GeoDataFrame(columns, geometry=[box(43, 32, 46, 35)], crs=4326)
    area = area.set_index("closure_id")
    slow = slow_roads(network, np.full(len(network.edges), 1 / 0.7))
    one, other = (br.travel_times(net, sites, places) for net in (slow, network.without(area)))
    assert _same(one.ms, other.ms)


def test_a_network_of_which_nothing_is_slowed_is_itself():
    network = br.build_network(_roads(0))
    assert slow_roads(network, np.ones(len(network.edges))) is network


def test_slower_open_ground_takes_as_long_as_at_that_speed_from_the_start():
    roads, places, sites = _roads(1), _places(1, 30, "c"), _places(51, 3, "s")
    slow = slow_roads(br.build_network(roads), np.ones(len(br.build_network(roads).edges)),
                      off_road=0.5)  # fmt: skip
    fresh = br.build_network(roads, off_road_kmh=7.5)
    one, other = (br.travel_times(net, sites, places) for net in (slow, fresh))
    assert _same(one.ms, other.ms)


@pytest.mark.parametrize("seed", range(4))
def test_roads_that_are_gone_leave_what_is_built_without_them(seed):
    roads, places, sites = _roads(seed), _places(seed, 80, "c"), _places(seed + 50, 4, "s")
    network = br.build_network(roads, off_road_km=3)
    gone = np.random.default_rng(seed).choice(roads.index.to_numpy(), 5, replace=False)
    without = restrict(network, gone=np.isin(network.road_ids(np.arange(len(network.edges))), gone))
    fresh = br.build_network(roads.drop(gone), off_road_km=3)
    one, other = (br.travel_times(net, sites, places) for net in (without, fresh))
    assert _same(one.ms, other.ms)


def test_roads_wait_as_long_at_junctions_whether_others_are_closed_or_not():
    lines = [[(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)], [(44.1, 33), (44.1, 33.1)]]
    roads = gpd.GeoDataFrame(
        {"road_id": list("abc"), "road_class": "primary"},
        geometry=[LineString(one) for one in lines], crs=4326,
    ).set_index("road_id")  # fmt: skip
    network = br.build_network(roads, speeds=br.SpeedModel(junction_s={"primary": 30.0}))
    point = gpd.GeoDataFrame({"closure_id": ["x"]}, geometry=[_middle(lines[1])], crs=4326)
    cut = network.without(point.set_index("closure_id"))
    assert cut.forward_ms[0] == network.forward_ms[0] == cut.backward_ms[0] + 30_000


def _middle(line):
    return LineString(line).interpolate(0.5, normalized=True)


@pytest.mark.parametrize(
    ("slowed", "off_road"), [([1.0], 1.0), ([0.0] * 99, 1.0), ([np.nan] * 99, 1.0), (None, 0.0)]
)
def test_what_is_no_state_is_refused(slowed, off_road):
    network = br.build_network(_roads(0))
    slowed = np.resize(slowed or [1.0], len(network.edges) if slowed != [1.0] else 1)
    with pytest.raises(InputError):
        slow_roads(network, slowed, off_road=off_road)


def _features(seed, count):
    """Return points, lines and areas, some of them upon each other."""
    rng = np.random.default_rng(seed + 900)
    shapes = []
    for at in rng.uniform([44, 33], [44.2, 33.2], (count, 2)):
        line = LineString([at, at + rng.uniform(-0.03, 0.03, 2)])
        shapes.append((line.centroid, line, line.buffer(0.01))[rng.integers(0, 3)])
    ids = pd.Index([f"f{one}" for one in range(count)], name="feature_id")
    return gpd.GeoDataFrame(geometry=shapes, crs=4326, index=ids)


@_IDLE
@pytest.mark.parametrize("seed", range(6))
def test_dividing_a_network_changes_no_time_but_between_places_on_one_straight_piece(seed):
    network = br.build_network(_roads(seed), off_road_km=3)
    if seed % 2:
        network = network.without(_features(seed + 1000, 2))
    divided = divide(network, _features(seed, 6)).network
    places, sites = _places(seed, 80, "c"), _places(seed + 50, 4, "s")
    one, other = (br.travel_times(net, sites, places).ms for net in (network, divided))
    assert one.nnz == other.nnz
    assert ((other - one).data >= 0).all()
    assert ((other - one).data <= 1).all()
    assert (one != other).nnz <= 2


@_IDLE
@pytest.mark.parametrize("seed", range(8))
def test_the_edges_of_a_feature_are_what_it_closes(seed):
    network, features = br.build_network(_roads(seed), off_road_km=3), _features(seed, 4)
    features = features[features.geom_type != "Polygon"]  # these close ground besides
    division = divide(network, features)
    places, sites = _places(seed, 40, "c"), _places(seed + 50, 4, "s")
    for at in range(len(features)):
        gone = np.zeros(len(division.network.edges), dtype=bool)
        gone[division.edges_of(at)] = True
        states = restrict(division.network, gone=gone), network.without(features.iloc[[at]])
        one, other = (br.travel_times(net, sites, places) for net in states)
        assert _same(one.ms, other.ms)


def test_ids_of_roads_are_features_and_others_are_refused():
    network = br.build_network(_roads(0))
    division = divide(network, ["r3", "r5"])
    ids = [set(division.network.road_ids(division.edges_of(one))) for one in range(2)]
    assert ids == [{"r3"}, {"r5"}]
    with pytest.raises(InputError, match="there is no road 'x'"):
        divide(network, ["r3", "x"])


@_IDLE
@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
@pytest.mark.parametrize("seed", range(6))
def test_states_take_what_networks_put_together_for_them_do(seed, direction):
    rng = np.random.default_rng(seed)
    network = br.build_network(_roads(seed), off_road_km=3, speeds=_WAITING)
    if seed % 2:
        slow = _features(seed + 1000, 3).assign(speed_factor=[0.0, 0.5, 0.3])
        network = network.without(slow)
    division = divide(network, _features(seed, 5))
    places, sites = _places(seed, 90, "c"), _places(seed + 50, 5, "s")
    edges = len(division.network.edges)
    slowest = rng.uniform(1, 3, edges)
    states = RoadStates(
        division.network, sites, places, cutoff=40, mobilise_minutes=2, direction=direction,
        closable=division.closable, slowest=slowest, fastest_off_road=1.0, steady=False,
    )  # fmt: skip
    for turn in range(6):
        gone = np.zeros(edges, dtype=bool)
        for feature in np.flatnonzero(rng.random(5) < 0.4):
            gone[division.edges_of(feature)] = True
        slowed = np.where(rng.random(edges) < 0.5, slowest * rng.uniform(0.2, 1, edges), 1.0)
        slowed = np.minimum(slowed, slowest) if turn % 3 else np.ones(edges)
        off_road = rng.choice([1.0, 0.6])
        state = restrict(division.network, gone=gone, slowed=slowed, off_road=off_road)
        again = br.travel_times(
            state, sites, places, cutoff=40, mobilise_minutes=2, direction=direction
        )
        assert _same(states.times(gone=gone, slowed=slowed, off_road=off_road), again.ms)


@_IDLE
@pytest.mark.parametrize("seed", range(8))
def test_closures_alone_take_what_networks_put_together_for_them_do(seed):
    rng = np.random.default_rng(seed)
    network = br.build_network(_roads(seed), off_road_km=3)
    division = divide(network, _features(seed, 6))
    places, sites = _places(seed, 90, "c"), _places(seed + 50, 5, "s")
    states = RoadStates(division.network, sites, places, cutoff=30, closable=division.closable)
    assert _same(states.base, br.travel_times(division.network, sites, places, cutoff=30).ms)
    for _ in range(5):
        gone = np.zeros(len(division.network.edges), dtype=bool)
        for feature in np.flatnonzero(rng.random(6) < 0.4):
            gone[division.edges_of(feature)] = True
        again = br.travel_times(restrict(division.network, gone=gone), sites, places, cutoff=30)
        assert _same(states.times(gone=gone), again.ms)


@_IDLE
@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
@pytest.mark.parametrize("seed", range(6))
def test_only_sites_that_are_searched_again_have_other_times_when_roads_go(seed, direction):
    network = br.build_network(_roads(seed), off_road_km=2)
    division = divide(network, _features(seed, 6))
    places, sites = _places(seed, 70, "c"), _places(seed + 50, 8, "s")
    options = {"cutoff": 30, "mobilise_minutes": 1, "direction": direction}
    states = RoadStates(division.network, sites, places, closable=division.closable, **options)
    base = states.base
    failures = Failures(states, base)
    for feature in range(6):
        edges = division.edges_of(feature)
        gone = np.zeros(len(division.network.edges), dtype=bool)
        gone[edges] = True
        again = br.travel_times(restrict(division.network, gone=gone), sites, places, **options).ms
        rows, ms = failures.rows(edges)
        assert _same(ms, again[rows])
        others = np.setdiff1d(np.arange(8), rows)
        assert _same(base[others], again[others])


@_IDLE
@pytest.mark.parametrize("seed", range(6))
def test_retimed_roads_take_what_a_network_put_together_anew_does(seed):
    rng = np.random.default_rng(seed)
    network = br.build_network(_roads(seed), off_road_km=3, speeds=_WAITING)
    if seed % 2:
        slow = _features(seed + 1000, 3).assign(speed_factor=[0.0, 0.5, 0.3])
        network = network.without(slow)
    places, sites = _places(seed, 90, "c"), _places(seed + 50, 5, "s")
    slowed = np.where(rng.random(len(network.edges)) < 0.7, rng.uniform(0.6, 3), 1.0)
    one, other = (
        br.travel_times(roads, sites, places, cutoff=40)
        for roads in (Timetable(network).lay(slowed), slow_roads(network, slowed))
    )
    assert _same(one.ms, other.ms)
    for name in ("nearest_site", "nearest_ms", "lifted_ms", "off_road_m", "off_road_ms"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
def test_where_one_waits_a_side_road_that_nobody_takes_may_go(direction):
    """One may stop before a junction and walk on, whether the road there is in one piece or not."""
    lines = {
        "west": [(43.98, 33), (43.99, 33)],
        "middle": [(43.99, 33), (44, 33)],
        "north": [(44, 33), (44, 33.01)],
        "east": [(44, 33), (44.01, 33)],
        "side": [(43.99, 33), (43.99, 33.01)],
    }
    roads = gpd.GeoDataFrame(
        {"road_class": "primary"}, index=pd.Index(lines, name="road_id"),
        geometry=[LineString(one) for one in lines.values()], crs=4326,
    )  # fmt: skip
    speeds = br.SpeedModel(junction_s={"primary": 30.0})
    network = br.build_network(roads, speeds=speeds, off_road_km=0.05)
    site, places = (
        gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*xy, strict=True)), crs=4326, index=ids)
        for xy, ids in (
            ([(44.00001, 33.0002)], ["s"]),
            ([(43.995, 33), (43.985, 33)], ["near", "far"]),
        )
    )
    division = divide(network, ["side"])
    states = RoadStates(
        division.network, site, places, cutoff=60, direction=direction, closable=division.closable
    )
    gone = division.closable
    usual = br.travel_times(network, site, places, direction=direction)
    without = br.travel_times(restrict(division.network, gone=gone), site, places,
                              direction=direction)  # fmt: skip
    assert _same(without.ms, usual.ms)
    assert _same(states.times(gone=gone), usual.ms)
    assert usual.nearest_ms[0] < usual.nearest_ms[1]
