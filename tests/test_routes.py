"""Routes: the ways behind the times, drawn and told."""

import warnings
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, box

import boxreach as br
from boxreach.network import network_from_arrays

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="WGS84")


def points(places, name):
    """Build a table of points by id."""
    index = pd.Index(list(places), name=name)
    return gpd.GeoDataFrame(index=index, geometry=[Point(*xy) for xy in places.values()], crs=4326)


def town(seed):
    """Build random streets on a grid, some one-way, with names, sites and demand."""
    random = np.random.default_rng(seed)
    ends = 44 + random.integers(0, 6, (30, 2, 2)) * 0.01 + [0, -11]
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    middle = ends.mean(axis=1) + random.uniform(-0.002, 0.002, (len(ends), 2))
    lines = [LineString([a, m, b]) for a, m, b in zip(ends[:, 0], middle, ends[:, 1], strict=True)]
    roads = gpd.GeoDataFrame(
        {
            "road_class": random.choice(["trunk", "residential"], len(ends)),
            "oneway": random.choice(["", "", "yes", "-1"], len(ends)),
            "name": [f"street {n}" for n in range(len(ends))],
        },
        index=pd.Index([f"r{n}" for n in range(len(ends))], name="road_id"),
        geometry=lines,
        crs=4326,
    )
    where = random.uniform([44, 33], [44.05, 33.05], (14, 2))
    sites = points({f"s{n}": xy for n, xy in enumerate(where[:4])}, "site_id")
    return roads, sites, points({f"c{n}": xy for n, xy in enumerate(where[4:])}, "community_id")


@pytest.mark.slow
@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    seed=st.integers(0, 10**6),
    direction=st.sampled_from(["site_to_demand", "demand_to_site"]),
    shut=st.booleans(),
)
def test_a_route_takes_the_time_it_is_the_route_of(seed, direction, shut):
    """Line and steps agree with the minutes and begin and end at the places, closures or not."""
    roads, sites, demand = town(seed)
    shape = box(44.021, 33.021, 44.024, 33.03)
    closures = gpd.GeoDataFrame(geometry=[shape], index=["c"], crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)  # the area may meet no road
        network = br.build_network(roads, off_road_km=1, closures=closures if shut else None)
    times = br.travel_times(
        network, sites, demand, cutoff=10, direction=direction, mobilise_minutes=1
    )
    pairs = [(s, d) for s in sites.index for d in demand.index]
    routes = br.find_routes(times, pairs=pairs)
    assert len(routes) == times.ms.nnz
    matrix = pd.DataFrame(times.ms.toarray() / 60_000, index=sites.index, columns=demand.index)
    for route in routes.itertuples():
        assert route.minutes == matrix.loc[route.site_id, route.demand_id]
        minutes = sum(step.minutes for step in route.steps)
        assert minutes == pytest.approx(route.minutes - 1, abs=1e-9)
        assert sum(step.km for step in route.steps) == pytest.approx(
            route.road_km + route.off_road_m / 1000
        )
        assert GEOD.geometry_length(route.geometry) / 1000 == pytest.approx(
            route.road_km + route.off_road_m / 1000, rel=1e-3, abs=1e-4
        )
        ends = [sites.geometry[route.site_id], demand.geometry[route.demand_id]]
        ends = ends if direction == "site_to_demand" else ends[::-1]
        for end, at in zip(ends, (0, -1), strict=True):
            assert end.distance(Point(route.geometry.coords[at])) < 2e-7


def may_drive(roads):
    """Return all straight parts of roads as vertices, in every direction one may drive them."""
    legs = []
    for line, oneway in zip(roads.geometry, roads["oneway"], strict=True):
        drawn = np.array(line.coords)
        ahead = [] if oneway == "-1" else [drawn]
        back = [] if oneway == "yes" else [drawn[::-1]]
        legs += [leg for one in ahead + back for leg in pairwise(one)]
    return np.array(legs)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 10**6), direction=st.sampled_from(["site_to_demand", "demand_to_site"]))
def test_a_route_runs_on_roads_as_one_may_drive_them_and_not_where_they_are_closed(seed, direction):
    """Each straight part lies on a road in its direction; only the ends are over open ground."""
    roads, sites, demand = town(seed)
    shape = box(44.021, 33.021, 44.024, 33.03)
    closures = gpd.GeoDataFrame(geometry=[shape], index=["c"], crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        network = br.build_network(roads, off_road_km=1, closures=closures)
    times = br.travel_times(network, sites, demand, cutoff=20, direction=direction)
    legs = may_drive(roads)
    lines = shapely.linestrings(legs)
    pairs = [(s, d) for s in sites.index for d in demand.index]
    for route in br.find_routes(times, pairs=pairs).itertuples():
        assert route.geometry.intersection(shape.buffer(-1e-6)).length == 0
        xy = np.array(route.geometry.coords)
        begin = int(route.steps[0].road_class == "off_road")
        end = len(xy) - int(route.steps[-1].road_class == "off_road")
        for one, other in pairwise(xy[begin:end]):
            near = shapely.dwithin(lines, shapely.linestrings([one, other]), 1e-6)
            near &= (shapely.distance(lines, Point(one)) < 1e-6) & (
                shapely.distance(lines, Point(other)) < 1e-6
            )
            ahead = ((legs[:, 1] - legs[:, 0]) * (other - one)).sum(axis=1) > 0
            assert (near & ahead).any() or np.hypot(*(other - one)) < 2e-7


def random_graph(seed):
    """Draw straight edges between scattered nodes: one-way, parallel, looped, some of no time."""
    random = np.random.default_rng(seed)
    nodes = int(random.integers(2, 40))
    ends = random.integers(0, nodes, (int(random.integers(1, 3 * nodes)), 2))
    if seed % 3 == 0:  # long chains and rings
        ring = np.arange(len(ends) // 2)
        ends[: len(ring)] = np.column_stack([ring % nodes, (ring + 1) % nodes])
    ms = random.integers(0, random.choice([2, 5_000, 400_000]), (2, len(ends)))
    ms[random.random(ms.shape) < 0.15] = -1
    return 44 + random.random(nodes), 33 + random.random(nodes), *ends.T, *ms


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(one, marks=pytest.mark.heavy) for one in range(5, 40))]
)
def test_the_nodes_a_route_passes_cost_what_networkx_finds(seed, backwards):
    """Driven node by node on the graph as it was given, it takes the least time there is."""
    lon, lat, *edges = random_graph(seed)
    lon, lat = np.round(lon, 7), np.round(lat, 7)
    network, number = network_from_arrays(lon, lat, *edges)
    network = replace(network, parameters={**network.parameters, "off_road_km": 0.0})
    graph = nx.DiGraph()
    for tail, head, there, back in zip(*edges, strict=True):
        for one, other, ms in ((tail, head, there), (head, tail, back)):
            if 0 <= ms < graph.get_edge_data(one, other, {"ms": np.inf})["ms"]:
                graph.add_edge(one, other, ms=int(ms))
    used = np.flatnonzero(number >= 0)
    graph.add_nodes_from(used)
    sites, demand = (
        points({f"{name}{n}": (lon[n], lat[n]) for n in used}, name) for name in ("s", "d")
    )
    direction = "demand_to_site" if backwards else "site_to_demand"
    times = br.travel_times(network, sites, demand, cutoff=1440, direction=direction)
    routes = br.find_routes(times, pairs=[(f"s{a}", f"d{b}") for a in used for b in used])
    known = {(x, y): n for n, (x, y) in enumerate(zip(lon, lat, strict=True))}
    passed = 0
    for route in routes.itertuples():
        ends = [int(route.site_id[1:]), int(route.demand_id[1:])][:: -1 if backwards else 1]
        least = nx.shortest_path_length(graph, *ends, weight="ms")
        path = [known[tuple(np.round(xy, 7))] for xy in route.geometry.coords]
        path = path[:1] if path[0] == path[-1] and len(path) == 2 else path
        assert [path[0], path[-1]] == ends
        assert nx.path_weight(graph, path, "ms") == least
        assert sum(step.minutes for step in route.steps) * 60_000 == pytest.approx(least)
        passed += 1
    reached = sum(len(one) for _, one in nx.all_pairs_shortest_path_length(graph))
    assert passed == reached


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@example(seed=65)  # lands on a vertex, but for what floats lose
@given(seed=st.integers(0, 10**6))
def test_routes_are_the_same_whatever_the_order_of_the_rows(seed):
    """Ties break by place, and a route does not know which others are asked for with it."""
    roads, sites, demand = town(seed)
    pairs = [(s, d) for s in sites.index for d in demand.index]
    one = br.travel_times(br.build_network(roads, off_road_km=1), sites, demand)
    other = br.travel_times(
        br.build_network(roads.iloc[::-1], off_road_km=1), sites.iloc[::-1], demand.iloc[::-1]
    )
    routes = br.find_routes(one, pairs=pairs)
    turned = br.find_routes(other, pairs=pairs[::-1]).iloc[::-1].reset_index(drop=True)
    for column in ("site_id", "demand_id", "minutes"):
        assert routes[column].tolist() == turned[column].tolist()
    assert shapely.equals_exact(routes.geometry, turned.geometry, tolerance=1e-9).all()
    for mine, theirs in zip(routes["steps"], turned["steps"], strict=True):
        assert told(mine) == told(theirs)
    last = routes.iloc[-1]
    [alone] = br.find_routes(one, pairs=[(last["site_id"], last["demand_id"])])["steps"]
    assert alone == last["steps"]


def told(steps):
    """Return what steps say, lengths to the millimetre."""
    return [(one.turn, one.name, one.ref, one.road_class, round(one.km, 6), round(one.minutes, 6))
            for one in steps]  # fmt: skip


BLOCK = [((44.0, 33.02), (44.02, 33.02)), ((44.02, 33.02), (44.02, 33.0)),
         ((44.02, 33.0), (44.0, 33.0)), ((44.0, 33.0), (44.0, 33.02))]  # fmt: skip
FORK = [((44.01, 33.03), (44.0, 33.02)), ((44.01, 33.03), (44.02, 33.02)),
        ((44.01, 33.0), (44.0, 33.02)), ((44.01, 33.0), (44.02, 33.02))]  # fmt: skip


@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
@pytest.mark.parametrize(
    ("streets", "one_way", "north", "south"),
    [(BLOCK, "13", 33.02, 33.0), (FORK, "01", 33.03, 33.01)],
)
def test_of_two_equally_long_ways_the_same_is_taken_in_any_order_of_the_streets(
    streets, one_way, north, south, direction
):
    """East and west are alike; which is told hangs on where they are alone."""
    ends = sorted({end for street in streets for end in street})
    lines = [*streets, *(((x, y), (x, y + (0.005 if y > 33.01 else -0.005))) for x, y in ends)]
    roads = gpd.GeoDataFrame(
        index=[str(n) for n in range(len(lines))], geometry=[*map(LineString, lines)], crs=4326
    )
    roads["name"] = roads.index
    sites = points({"north": (44.01, north)}, "site_id")
    demand = points({"south": (44.01, south)}, "community_id")

    def way(streets):
        network = br.build_network(streets, off_road_km=0.6)
        times = br.travel_times(network, sites, demand, direction=direction)
        [route] = br.find_routes(times).itertuples()
        return route.minutes, [step.name for step in route.steps]

    east, west = (way(roads.drop(street)) for street in one_way)
    assert east[0] == west[0]
    assert east[1] != west[1]
    random = np.random.default_rng(0)
    told = [way(roads.iloc[random.permutation(len(roads))]) for _ in range(8)]
    assert all(one == told[0] for one in told)


def test_a_place_at_the_site_itself_has_a_route_of_no_time():
    """It begins and ends there."""
    roads = gpd.GeoDataFrame(index=["a"], geometry=[LineString([(44, 33), (44.2, 33)])], crs=4326)
    for place in ((44.1, 33.0), (44.1, 33.01)):
        sites, demand = points({"box": place}, "site_id"), points({"c": place}, "id")
        times = br.travel_times(br.build_network(roads), sites, demand)
        [route] = br.find_routes(times).itertuples()
        assert (route.minutes, route.road_km, route.off_road_m) == (0, 0, 0)
        assert [step.minutes for step in route.steps] == [0]
        assert shapely.distance(route.geometry, Point(place)) < 2e-7


def test_of_two_places_on_one_road_the_way_between_is_driven_as_the_road_allows():
    """Ahead along the road; against its direction round by the other one."""
    roads = gpd.GeoDataFrame(
        {"oneway": ["yes", ""], "name": ["short", "long"], "speed_kmh": [60.0, 60.0]},
        index=["a", "b"],
        geometry=[
            LineString([(44, 33), (44.02, 33)]),
            LineString([(44.02, 33), (44.02, 33.02), (44, 33.02), (44, 33)]),
        ],
        crs=4326,
    )
    sites = points({"west": (44.005, 33.0), "east": (44.015, 33.0)}, "site_id")
    times = br.travel_times(br.build_network(roads, off_road_km=0.05), sites, sites)
    routes = br.find_routes(times, pairs=[("west", "east"), ("east", "west")])
    told = [[step.name for step in steps] for steps in routes["steps"]]
    assert told == [["short"], ["short", "long", "short"]]


def test_a_route_names_its_roads_and_turns():
    """From the box over open ground, north along one road, right into the next."""
    roads = gpd.GeoDataFrame(
        {"name": ["Long Road", "Long Road", "Side Road"], "road_class": ["trunk"] * 2 + ["track"],
         "ref": ["1", "1", ""]},
        index=["a", "b", "c"],
        geometry=[LineString([(44, 33), (44, 33.05)]), LineString([(44, 33.05), (44, 33.1)]),
                  LineString([(44, 33.1), (44.05, 33.1)])],
        crs=4326,
    )  # fmt: skip
    sites = points({"box": (43.999, 33.01)}, "site_id")
    demand = points({"east": (44.04, 33.1), "far": (50, 40)}, "community_id")
    times = br.travel_times(br.build_network(roads), sites, demand)
    [route] = br.find_routes(times).itertuples()
    told = [(step.turn, step.name, step.ref, step.road_class) for step in route.steps]
    assert told == [
        ("start", "", "", "off_road"),
        ("left", "Long Road", "1", "trunk"),
        ("right", "Side Road", "", "track"),
    ]
    assert route.demand_id == "east"
    assert route.off_road_m == pytest.approx(GEOD.inv(43.999, 33.01, 44, 33.01)[2], abs=0.5)
    assert shapely.is_valid(route.geometry)


def test_places_near_each_other_are_joined_straight():
    """No road is needed to the next field."""
    roads = gpd.GeoDataFrame(index=["a"], geometry=[LineString([(44, 33), (44.2, 33)])], crs=4326)
    sites, demand = points({"box": (44, 33.03)}, "site_id"), points({"c": (44.001, 33.03)}, "id")
    [route] = br.find_routes(br.travel_times(br.build_network(roads), sites, demand)).itertuples()
    assert [step.road_class for step in route.steps] == ["off_road"]
    assert route.road_km == 0


def test_ids_that_are_not_there_are_refused_together():
    """Both are named."""
    roads, sites, demand = town(1)
    times = br.travel_times(br.build_network(roads), sites, demand)
    with pytest.raises(br.InputError, match=r"s99[\s\S]*c99"):
        br.find_routes(times, pairs=[("s99", "c0"), ("s0", "c99")])


@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
def test_rows_that_were_merged_have_routes_of_their_own(direction):
    """Each pair of merged times has a route, whose minutes are those without merging."""
    fork = [LineString([(44.1, 33), end]) for end in [(44, 33), (44.2, 33), (44.1, 33.1)]]
    roads = gpd.GeoDataFrame({"road_class": "primary"}, index=list("abc"), geometry=fork, crs=4326)
    sites = points({"s1": (44.02, 33), "s0": (44.04, 33.001)}, "site_id")
    places = {f"c{n}": (44.15 + 0.0004 * (n % 5), 33.002 + 0.0004 * (n // 5)) for n in range(20)}
    demand = points(places, "community_id")
    network = br.build_network(roads, off_road_km=1)
    asked = {"direction": direction, "mobilise_minutes": 1}
    merged = br.travel_times(network, sites, demand, cutoff=12, merge_minutes=2, **asked)
    assert merged.merging.searched < merged.merging.rows
    assert merged.merging.largest_change_minutes > 0
    found = merged.ms.tocoo()
    pairs = list(zip(sites.index[found.row], demand.index[found.col], strict=True))
    routes = br.find_routes(merged, pairs=pairs)
    assert list(zip(routes["site_id"], routes["demand_id"], strict=True)) == pairs
    alone = br.travel_times(network, sites, demand, cutoff=14, **asked)
    right = alone.ms.toarray()[found.row, found.col] / 60_000
    assert (routes["minutes"] == right).all()
    assert (abs(right - found.data / 60_000) <= merged.merging.largest_change_minutes).all()
    assert (right * 60_000 != found.data).any()
    nearest = br.find_routes(merged)
    assert len(nearest) == (merged.nearest_site >= 0).sum()
    assert len(br.find_routes(merged, pairs=[])) == 0
