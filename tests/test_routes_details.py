"""What routes say: every column, vertex, step and turn, on small networks."""

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod
from shapely import LineString, Point

import boxreach as br
from boxreach.errors import RoutingError
from boxreach.routing import NEVER, find_routes
from boxreach.routing.courses import OPEN_GROUND, Course
from boxreach.routing.routes import find_used
from boxreach.routing.steps import tell_steps

GEOD = Geod(ellps="WGS84")
DIRECTIONS = pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])


def points(places, name):
    index = pd.Index(list(places), name=name)
    return gpd.GeoDataFrame(index=index, geometry=[Point(*xy) for xy in places.values()], crs=4326)


def draw_town(seed):
    """Draw bent streets of a grid, each with a speed and a name of its own, and places about."""
    random = np.random.default_rng(seed)
    side, step = 3, 0.01
    at = np.stack(np.meshgrid(44 + step * np.arange(side), 33 + step * np.arange(side)), axis=-1)
    lines = []
    for row, column in np.ndindex(side, side):
        for other in ((row, column + 1), (row + 1, column)):
            if max(other) < side:
                ends = np.array([at[row, column], at[other]])[:: random.choice([1, -1])]
                bends = [ends[0] + share * (ends[1] - ends[0]) + random.uniform(-0.002, 0.002, 2)
                         for share in (0.3, 0.7)[: random.integers(0, 3)]]  # fmt: skip
                lines.append(LineString(np.round([ends[0], *bends, ends[1]], 7)))
    count = len(lines)
    roads = gpd.GeoDataFrame(
        {
            "road_class": random.choice(["trunk", "track"], count),
            "speed_kmh": random.choice([30.0, 60.0, 90.0], count),
            "oneway": random.choice(["", "", "yes", "-1"], count),
            "name": [f"street {n}" for n in range(count)],
            "ref": [f"R{n % 3}" for n in range(count)],
        },
        index=pd.Index([f"r{n}" for n in range(count)], name="road_id"),
        geometry=lines, crs=4326,
    )  # fmt: skip
    lines = roads.geometry.iloc[random.integers(0, count, 9)]
    shares = np.where(random.random(9) < 0.25, 0.0, random.random(9))
    xy = np.array([one.interpolate(share, normalized=True).coords[0]
                   for one, share in zip(lines, shares, strict=True)])  # fmt: skip
    xy = np.round(xy + random.uniform(-0.001, 0.001, (9, 2)) * (np.arange(9)[:, None] % 2), 7)
    sites = points({f"s{n}": one for n, one in enumerate(xy[:3])}, "site_id")
    return roads, sites, points({f"c{n}": one for n, one in enumerate(xy[3:])}, "community_id")


def heading(one, other):
    return GEOD.inv(*one, *other)[0]


def check_route(route, roads, minutes, ends):
    """Hold a route against the roads it says that it takes, step by step."""
    line = np.array(route.geometry.coords)
    assert np.abs(line[[0, -1]] - ends).max() < 2e-7
    metres = np.array([GEOD.inv(*a, *b)[2] for a, b in pairwise(line)])
    after = np.append(0, np.cumsum(metres))
    whole_m = 1000 * route.road_km + route.off_road_m
    assert after[-1] == pytest.approx(whole_m, rel=1e-5, abs=0.05)
    assert route.off_road_minutes == pytest.approx(route.off_road_m * 0.004, abs=2e-4)
    assert sum(one.minutes for one in route.steps) == pytest.approx(minutes, abs=1e-9)
    assert sum(one.km for one in route.steps) * 1000 == pytest.approx(whole_m, abs=1e-6)
    off_road = [one for one in route.steps if one.road_class == "off_road"]
    assert sum(one.km for one in off_road) * 1000 == pytest.approx(route.off_road_m, abs=0.03)
    begin, known = 0.0, None
    for step in route.steps:
        end = begin + 1000 * step.km
        within = np.flatnonzero((after > begin + 0.5) & (after < end - 0.5))
        if step.km < 0.003:
            begin, known = end, None
            continue
        middle = LineString(line).interpolate(
            np.interp((begin + end) / 2, after, np.append(0, np.cumsum(lengths(line))))
        )
        if step.road_class == "off_road":
            assert (step.name, step.ref) == ("", "")
            assert step.minutes == pytest.approx(step.km * 4, abs=1e-3)
        else:
            [road] = roads[roads["name"] == step.name].itertuples()
            assert (step.ref, step.road_class) == (road.ref, road.road_class)
            assert road.geometry.distance(middle) < 1e-6
            assert step.minutes == pytest.approx(60 * step.km / road.speed_kmh, abs=1e-3)
        places = [np.array([np.interp(at, after, one) for one in line.T]) for at in (begin, end)]
        vertices = [places[0], *line[within], places[1]]
        if known is None:
            assert step.turn == "start" or begin > 0
        else:
            right = (heading(*vertices[:2]) - known + 180) % 360 - 180
            if min(abs(abs(right) - limit) for limit in (40, 150, 0)) > 2:
                said = "straight" if abs(right) < 40 else "back" if abs(right) > 150 else (
                    "right" if right > 0 else "left")  # fmt: skip
                assert step.turn == said
        begin, known = end, heading(*vertices[-2:])
    assert [one.turn == "start" for one in route.steps] == [True] + [False] * (len(route.steps) - 1)


def lengths(line):
    return np.hypot(*np.diff(line, axis=0).T)


@pytest.mark.slow
@DIRECTIONS
@pytest.mark.parametrize("block", range(4))
def test_each_step_of_a_route_is_as_long_as_its_road_and_turns_as_it_does(block, direction):
    for seed in range(3 * block, 3 * block + 3):
        roads, sites, demand = draw_town(seed)
        network = br.build_network(roads, off_road_km=0.4)
        times = br.travel_times(
            network, sites, demand, cutoff=8, mobilise_minutes=1, direction=direction
        )
        pairs = [(s, d) for d in demand.index for s in sites.index]
        routes = find_routes(times, pairs=pairs)
        ms = times.ms.toarray()
        told = [pair for pair in pairs
                if ms[sites.index.get_loc(pair[0]), demand.index.get_loc(pair[1])]]  # fmt: skip
        assert list(zip(routes["site_id"], routes["demand_id"], strict=True)) == told
        for route in routes.itertuples():
            took = ms[sites.index.get_loc(route.site_id), demand.index.get_loc(route.demand_id)]
            assert route.minutes == took / 60_000
            ends = [sites.geometry[route.site_id], demand.geometry[route.demand_id]]
            ends = [one.coords[0] for one in ends][:: -1 if direction == "demand_to_site" else 1]
            check_route(route, roads, route.minutes - 1, ends)
        nearest = find_routes(times)
        assert nearest["demand_id"].tolist() == [
            one for one, ms in zip(demand.index, times.nearest_ms, strict=True)
            if 0 <= ms <= 8 * 60_000
        ]  # fmt: skip
        for route in nearest.itertuples():
            same = routes[(routes.site_id == route.site_id) & (routes.demand_id == route.demand_id)]
            assert same["steps"].iloc[0] == route.steps
            assert same.geometry.iloc[0].equals(route.geometry)
        used = {network.attributes["name"].array[edge] for edge in find_used(
            times, *(one.astype(np.int64) for one in np.nonzero(ms)))}  # fmt: skip
        assert used >= {step.name for steps in routes["steps"] for step in steps} - {""}


@pytest.mark.slow
def test_routes_are_the_same_however_few_links_memory_is_given_to(monkeypatch):
    """Place by place, if it must be: of many sites and many places."""
    for seed in range(3):
        roads, sites, demand = draw_town(seed)
        network = br.build_network(roads, off_road_km=0.4)
        for direction in ("site_to_demand", "demand_to_site"):
            times = br.travel_times(network, sites, demand, direction=direction)
            pairs = [(s, d) for d in demand.index for s in sites.index]
            whole = find_routes(times, pairs=pairs)
            with monkeypatch.context() as patch:
                patch.setattr("boxreach.network.links.LINKS_AT_ONCE", 1)
                parts = find_routes(times, pairs=pairs)
            assert parts.drop(columns="geometry").equals(whole.drop(columns="geometry"))
            assert shapely.equals_exact(parts.geometry, whole.geometry).all()


@pytest.mark.slow
@DIRECTIONS
def test_where_one_waits_at_junctions_the_steps_still_add_up(direction):
    for seed in range(4):
        roads, sites, demand = draw_town(seed)
        speeds = br.SpeedModel(junction_s={"trunk": 17.0})
        network = br.build_network(roads.drop(columns="speed_kmh"), off_road_km=0.4, speeds=speeds)
        times = br.travel_times(network, sites, demand, cutoff=20, direction=direction)
        pairs = [(s, d) for s in sites.index for d in demand.index]
        for route in find_routes(times, pairs=pairs).itertuples():
            told = sum(step.minutes for step in route.steps)
            assert told == pytest.approx(route.minutes, abs=1e-9)


# --- a street plan by hand -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan():
    """North Road with a bend, East Road, and Steep Lane that runs back from its end; a 1 km site.

    At 60 km/h a kilometre is a minute.
    """
    lines = {
        "north": [(44.0, 33.0), (44.0, 33.005), (44.0, 33.01)],
        "east": [(44.02, 33.01), (44.01, 33.01), (44.0, 33.01)],
        "steep": [(44.02, 33.01), (44.005, 33.012)],
    }
    roads = gpd.GeoDataFrame(
        {"name": ["North Road", "East Road", "Steep Lane"], "ref": ["N", "", "S"],
         "road_class": ["trunk", "primary", "track"], "speed_kmh": 60.0, "oneway": ["", "", "yes"]},
        index=pd.Index(lines, name="road_id"), geometry=[LineString(one) for one in lines.values()],
        crs=4326,
    )  # fmt: skip
    sites = points({"b": (44.0, 33.002)}, "site_id")
    demand = points(
        {
            "e": (44.015, 33.01),
            "s": (44.005, 33.012),
            "n": (44.0, 33.008),
            "b": (44.0, 33.002),
            "x": (45.0, 34.0),
            "g": (44.0003, 33.002),
        },
        "id",
    )
    network = br.build_network(roads, off_road_km=0.05)
    return br.travel_times(network, sites, demand, mobilise_minutes=2)


def km(*line):
    return GEOD.line_length(*zip(*line, strict=True)) / 1000


def test_a_plan_by_hand_is_told_column_by_column(plan):
    routes = find_routes(plan)
    assert list(routes.columns) == ["site_id", "demand_id", "minutes", "road_km", "off_road_m",
                                    "off_road_minutes", "steps", "geometry"]  # fmt: skip
    assert routes.crs == 4326
    assert routes.index.tolist() == [0, 1, 2, 3, 4]
    assert routes["demand_id"].tolist() == ["e", "s", "n", "b", "g"]
    assert {*routes["site_id"]} == {"b"}
    north = km((44, 33.002), (44, 33.01))
    east, beyond = km((44, 33.01), (44.015, 33.01)), km((44.015, 33.01), (44.02, 33.01))
    steep = km((44.02, 33.01), (44.005, 33.012))
    expected = [north + east, north + east + beyond + steep, km((44, 33.002), (44, 33.008)), 0]
    assert routes["road_km"].tolist()[:4] == pytest.approx(expected, abs=2e-5)
    assert routes["minutes"].tolist()[:4] == pytest.approx([2 + one for one in expected], abs=2e-4)
    assert routes["off_road_m"].tolist()[:4] == pytest.approx([0] * 4, abs=0.02)
    first = ("start", "North Road", "N", "trunk")
    right = ("right", "East Road", "", "primary")
    told = [[(s.turn, s.name, s.ref, s.road_class) for s in one] for one in routes["steps"]]
    assert told[:3] == [
        [first, right],
        [first, right, ("back", "Steep Lane", "S", "track")],
        [first],
    ]
    lengths = [step.km for step in routes["steps"][1]]
    assert lengths == pytest.approx([north, east + beyond, steep], abs=2e-5)
    lines = [[tuple(np.round(xy, 5)) for xy in one.coords] for one in routes.geometry]
    assert lines[0] == [(44, 33.002), (44, 33.005), (44, 33.01), (44.01, 33.01), (44.015, 33.01)]
    assert lines[1] == [*lines[0][:-1], (44.02, 33.01), (44.005, 33.012)]
    assert lines[2] == [(44, 33.002), (44, 33.005), (44, 33.008)]
    assert lines[3] == [(44, 33.002)] * 2
    # The last is nearer over open ground than by the road that lies between.
    over = 1000 * km((44, 33.002), (44.0003, 33.002))
    row = routes.iloc[4]
    assert row["off_road_m"] == pytest.approx(over, abs=0.1)
    assert (row["road_km"], len(row["steps"])) == (pytest.approx(0, abs=1e-4), 1)
    assert row["off_road_minutes"] == pytest.approx(over * 0.004, abs=1e-3)


def test_pairs_are_told_once_and_in_the_order_asked_for(plan):
    asked = [("b", "n"), ("b", "x"), ("b", "e"), ("b", "n"), ["b", "b"]]
    routes = find_routes(plan, pairs=asked)
    assert routes["demand_id"].tolist() == ["n", "e", "b"]
    assert find_routes(plan, pairs=np.array(asked))["demand_id"].tolist() == ["n", "e", "b"]
    assert find_routes(plan, pairs=iter(asked[:1]))["demand_id"].tolist() == ["n"]
    for none in ([], [("b", "x")]):
        empty = find_routes(plan, pairs=none)
        assert (len(empty), empty.crs, list(empty.columns)) == (0, routes.crs, list(routes.columns))


def faults_of(times, pairs):
    with pytest.raises(br.InputError) as error:
        find_routes(times, pairs=pairs)
    return [(one.what, one.file, one.row, one.advice) for one in error.value.faults]


def test_ids_that_are_not_there_are_told_row_by_row(plan):
    advice = "give ids of the tables"
    assert faults_of(plan, [("b", "q"), ("a", "n"), ("b", "n"), ("a", "z")]) == [
        ("there is no id 'q'", "pairs", 1, advice),
        ("there is no site_id 'a'", "pairs", 2, advice),
        ("there is no site_id 'a'", "pairs", 4, advice),
        ("there is no id 'z'", "pairs", 4, advice),
    ]
    unnamed = replace(plan, demand=plan.demand.rename_axis(index=None))
    assert faults_of(unnamed, [("b", "q")]) == [("there is no row 'q'", "pairs", 1, advice)]


def test_what_are_no_pairs_is_told_row_by_row(plan):
    advice = "give pairs of a site's id and a demand row's id"
    assert faults_of(plan, "bn") == [("pairs is 'bn'", "", None, advice)]
    assert faults_of(plan, 7)[0][0] == "pairs is 7"
    asked = [("b", "n"), "bn", ("b",), ("b", "n", "e"), ("b", ["n"]), (["b"], "n"), 5, None]
    told = faults_of(plan, asked)
    assert [row for _, _, row, _ in told] == [2, 3, 4, 5, 6, 7, 8]
    assert {(file, said) for _, file, _, said in told} == {("pairs", advice)}
    assert [what for what, *_ in told][:2] == ["it is 'bn'", "it is ('b',)"]


def test_edges_that_are_used_are_those_of_the_roads_passed(plan):
    zero = np.zeros(1, np.int64)
    names = plan.network.attributes["name"].array

    def used(*demand):
        at = np.array([plan.demand.index.get_loc(one) for one in demand], np.int64)
        edges = find_used(plan, np.repeat(zero, len(at)), at)
        assert (np.diff(edges) > 0).all()
        return {names[edge] for edge in edges}

    assert used("n") == {"North Road"}
    assert used("e") == {"North Road", "East Road"}
    assert used("n", "s") == {"North Road", "East Road", "Steep Lane"}
    assert used("s", "n", "e") == used("n", "s")
    assert find_used(plan, zero[:0], zero[:0]).tolist() == []


def test_a_time_that_no_way_takes_is_refused_and_a_millisecond_is_rounding(plan):
    """Over open ground alone; the times were not those of the network."""
    network = plan.network
    here, there = points({"a": (44.1, 33.1)}, "s"), points({"b": (44.1002, 33.1)}, "d")
    times = br.travel_times(network, here, there)
    took = int(times.ms.data[0])
    for off in (-2, -1, 0, 1, 2):
        ms = times.ms.copy()
        ms.data[:] = took + off
        if abs(off) > 1:
            with pytest.raises(RoutingError, match="cannot be read back"):
                find_routes(replace(times, ms=ms))
            continue
        [route] = find_routes(replace(times, ms=ms)).itertuples()
        assert route.off_road_minutes == route.minutes == (took + off) / 60_000
        assert [step.turn for step in route.steps] == ["start"]
        assert list(route.geometry.coords) == [(44.1, 33.1), (44.1002, 33.1)]


def test_what_is_within_the_cutoff_alone_has_a_route(plan):
    cut = br.travel_times(plan.network, plan.sites, plan.demand, cutoff=2.7, mobilise_minutes=2)
    assert find_routes(cut)["demand_id"].tolist() == ["n", "b", "g"]
    assert (cut.nearest_ms == plan.nearest_ms).all()
    assert plan.nearest_ms[4] == NEVER


# --- steps ---------------------------------------------------------------------------------------


def course(edges, metres, ms, legs):
    """Return a course of legs that are given vertex by vertex."""
    first = np.append(0, np.cumsum([len(one) for one in legs]))
    return Course(np.array(edges), np.array(metres, float), np.array(ms), first, np.vstack(legs))


def away(start, degrees, km=0.2):
    """Return the place in a direction from another, on a sphere that is flat here."""
    east, north = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return start + km / 111 * np.array([east / np.cos(np.radians(start[1])), north])


@pytest.mark.parametrize("begin", [0, 77, 165, 250, 340])
@pytest.mark.parametrize("lat", [0.0, 33.0, 60.0])
def test_turns_are_told_by_the_angle_from_the_last_piece_to_the_first(plan, begin, lat):
    """Up to 40 degrees is straight on, beyond 150 back; else it is to one side."""
    for angle, said in ((0, "straight"), (39.4, "straight"), (40.6, "right"), (90, "right"),
                        (149.4, "right"), (150.6, "back"), (179, "back"), (-179, "back"),
                        (-150.6, "back"), (-149.4, "left"), (-90, "left"), (-40.6, "left"),
                        (-39.4, "straight")):  # fmt: skip
        start = np.array([44.0, lat])
        bend = away(start, begin + 123)
        meet = away(bend, begin)
        legs = [start, bend, meet], [meet, away(meet, begin + angle), start]
        steps = tell_steps(plan.network, course([OPEN_GROUND, 0], [9, 9], [5, 7], legs))
        assert [one.turn for one in steps] == ["start", said]


def edge_of(network, name):
    return int(np.flatnonzero(np.asarray(network.attributes["name"].array) == name)[0])


def test_legs_that_only_touch_are_counted_to_the_next_step_or_else_to_the_last(plan):
    """A centimetre is a step; what is less is none, but its metres and milliseconds stay."""
    network = plan.network
    north, east = edge_of(network, "North Road"), edge_of(network, "East Road")
    spots = np.array([(44 + 0.001 * n, 33) for n in range(7)])
    legs = [spots[n : n + 2] for n in range(6)]

    def told(edges, metres, ms):
        steps = tell_steps(network, course(edges, metres, ms, legs[: len(edges)]))
        return [(one.name, round(1000 * one.km, 6), round(60_000 * one.minutes)) for one in steps]

    edges = [north, north, east, east, OPEN_GROUND, north]
    assert told(edges, [1, 2, 4, 8, 16, 32], [1, 2, 3, 4, 5, 6]) == [
        ("North Road", 3, 3), ("East Road", 12, 7), ("", 16, 5), ("North Road", 32, 6),
    ]  # fmt: skip
    assert told(edges, [1, 2, 0.009, 0.01, 0.004, 0.005], [1, 2, 3, 4, 5, 6]) == [
        ("North Road", 3, 3), ("East Road", 0.028, 18),
    ]  # fmt: skip
    assert told([north, east, north], [5, 0.009, 7], [1, 2, 3]) == [("North Road", 12.009, 6)]
    assert told([east, north], [0.009, 7], [1, 2]) == [("North Road", 7.009, 3)]
    assert told([east, north], [0.001, 0.002], [1, 2]) == [("East Road", 0.003, 3)]


def test_roads_without_names_are_told_by_their_class_alone():
    roads = gpd.GeoDataFrame(
        {"road_class": ["trunk", "track"]}, index=["a", "b"], crs=4326,
        geometry=[LineString([(44, 33), (44.01, 33)]), LineString([(44.01, 33), (44.02, 33)])],
    )  # fmt: skip
    places = points({"w": (44.0, 33.0)}, "s"), points({"e": (44.02, 33.0)}, "d")
    [steps] = find_routes(br.travel_times(br.build_network(roads), *places))["steps"]
    assert [(one.turn, one.name, one.ref, one.road_class) for one in steps] == [
        ("start", "", "", "trunk"), ("straight", "", "", "track"),
    ]  # fmt: skip


# --- how it is drawn -----------------------------------------------------------------------------


@DIRECTIONS
@pytest.mark.parametrize("turned", [False, True])
def test_a_part_of_a_bent_road_is_drawn_with_its_bends_and_no_vertex_twice(turned, direction):
    """Both places on one edge, at a vertex or between two, whichever way the road was drawn."""
    bends = [(44.0, 33.0), (44.002, 33.001), (44.004, 33.0), (44.006, 33.001), (44.008, 33.0)]
    roads = gpd.GeoDataFrame({"speed_kmh": [60.0]}, index=["r"], crs=4326,
                             geometry=[LineString(bends[::-1] if turned else bends)])  # fmt: skip
    network = br.build_network(roads, off_road_km=0.001)
    middle = [tuple(np.mean(two, axis=0)) for two in pairwise(bends)]
    spots = [spot for pair in zip(bends, [*middle, None], strict=True) for spot in pair][:-1]
    places = {str(at): xy for at, xy in enumerate(spots)}
    times = br.travel_times(network, points(places, "s"), points(places, "d"), direction=direction)
    pairs = [(one, other) for one in places for other in places if one != other]
    routes = find_routes(times, pairs=pairs)
    assert len(routes) == len(pairs)
    for route in routes.itertuples():
        one, other = int(route.site_id), int(route.demand_id)
        step = 1 if one < other else -1
        between = [spot for spot in spots[one + step : other : step] if spot in bends]
        expected = [spots[one], *between, spots[other]]
        expected = expected if direction == "site_to_demand" else expected[::-1]
        drawn = np.array(route.geometry.coords)
        apart = drawn[np.append(True, (np.abs(np.diff(drawn, axis=0)) > 2e-7).any(axis=1))]
        assert apart.shape == np.shape(expected)
        assert np.abs(apart - expected).max() < 2e-7
        assert route.road_km == pytest.approx(km(*expected), abs=5e-5)
        assert len(route.steps) == 1
        assert shapely.is_valid(route.geometry)
