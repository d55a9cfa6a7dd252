"""Travel times against networkx, and what must hold whatever the roads are."""

import warnings
from itertools import permutations
from math import floor

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, box

import boxreach as br
from boxreach.crs import point_distances_m
from boxreach.network import link_points
from boxreach.tables import demand_points

GEOD = Geod(ellps="WGS84")


def points(lon, lat, name, prefix):
    """Build a table of points with ids."""
    index = pd.Index([f"{prefix}{number}" for number in range(len(lon))], name=name)
    return gpd.GeoDataFrame(index=index, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def random_world(seed, roads=25, sites=4, demand=12):
    """Build a small country: roads between points of a grid, some one-way, some parallel."""
    random = np.random.default_rng(seed)
    grid = 44 + random.integers(0, 6, (roads, 2, 2)) * [0.05, 0.05] + [0, -11]
    grid = grid[(grid[:, 0] != grid[:, 1]).any(axis=1)]
    classes = random.choice(["trunk", "primary", "track", "residential"], len(grid))
    oneway = random.choice(["", "", "yes", "-1"], len(grid))
    table = gpd.GeoDataFrame(
        {"road_class": classes, "oneway": oneway},
        index=pd.Index([f"r{n}" for n in range(len(grid))], name="road_id"),
        geometry=[LineString(one) for one in grid],
        crs=4326,
    )
    where = [random.uniform(low, low + 0.27, n) for n in (sites, demand) for low in (43.99, 32.99)]
    return table, points(*where[:2], "site_id", "s"), points(*where[2:], "community_id", "d")


def add_way(graph, one, other, ms):
    """Add a way, or shorten the one that is there."""
    if 0 <= ms < graph.get_edge_data(one, other, {"ms": np.inf})["ms"]:
        graph.add_edge(one, other, ms=int(ms))


def link_to_roads(graph, network, table, kind):
    """Add every link of a table as a node of its own; return where each meets which edge."""
    graph.add_nodes_from((kind, number) for number in range(len(table)))
    links, done = link_points(network, *(np.round(one, 7) for one in demand_points(table)))
    assert done == len(table)
    stops = []
    for n, (point, edge) in enumerate(zip(links.point, links.edge, strict=True)):
        place = (kind, "link", n)
        ends = ((kind, point), place) if kind == "s" else (place, (kind, point))
        add_way(graph, *ends, links.off_road_ms[n])
        leg = (links.leg[n], links.leg_there_ms[n], links.leg_back_ms[n])
        times = (links.from_tail_ms[n], links.to_tail_ms[n])
        stops.append((edge, links.share[n], *times, place, leg))
    return stops


def is_way(one, other):
    """Tell whether a way may lead from a node or a site's place to a node or a demand's."""
    kinds = [place[0] if isinstance(place, tuple) else "" for place in (one, other)]
    return kinds[0] != "d" and kinds[1] != "s"


def drive_edges(graph, network, stops):
    """Add the ways along each edge, from each stop to each other one and to both ends."""
    for edge, (tail, head) in enumerate(zip(network.tail, network.head, strict=True)):
        forward, backward = network.forward_ms[edge], network.backward_ms[edge]
        on_edge = [one[1:] for one in stops if one[0] == edge]
        ends = [(0.0, 0, 0, tail, (-1, 0, 0)), (1.0, forward, backward, head, (-2, 0, 0))]
        for near, far in permutations([*ends, *on_edge], 2):
            (share, there, back, one, leg), (after, later, longer, other, same) = near, far
            if share > after:
                continue
            # From a site's place to a demand's: no other place on the way is one to change at.
            out, back_in = is_way(one, other), is_way(other, one)
            ahead, behind = later - there, longer - back
            if leg[0] == same[0]:
                ahead, behind = floor(same[1] - leg[1]), floor(same[2] - leg[2])
            if share == after:
                ahead = behind = 0
            if out and (forward >= 0 or share == after):
                add_way(graph, one, other, ahead)
            if back_in and (backward >= 0 or share == after):
                add_way(graph, other, one, behind)


def oracle(network, sites, demand):
    """Compute all times with networkx on the same whole milliseconds; -1 where there is no way."""
    graph = nx.DiGraph()
    stops = link_to_roads(graph, network, sites, "s") + link_to_roads(graph, network, demand, "d")
    drive_edges(graph, network, stops)
    for i, here in enumerate(sites.geometry):
        for j, there in enumerate(demand.geometry):
            lon, lat = np.round([here.x, there.x], 7), np.round([here.y, there.y], 7)
            metres = point_distances_m(lon[:1], lat[:1], lon[1:], lat[1:])[0]
            if metres <= network.off_road_km * 1000:
                add_way(graph, ("s", i), ("d", j), network.off_road_ms(np.array([metres]))[0])
    found = [
        nx.single_source_dijkstra_path_length(graph, ("s", i), weight="ms")
        for i in range(len(sites))
    ]
    return np.array([[one.get(("d", j), -1) for j in range(len(demand))] for one in found])


@pytest.mark.parametrize("seed", range(60))
def test_times_equal_networkx_to_the_millisecond(seed):
    """Every pair, both directions, one-way streets and parallel roads included."""
    table, sites, demand = random_world(seed)
    network = br.build_network(table, node_crossings=bool(seed % 2), off_road_km=3.0)
    there = oracle(network, sites, demand)
    back = oracle(network, demand, sites).T
    for direction, expected in (("site_to_demand", there), ("demand_to_site", back)):
        times = br.travel_times(network, sites, demand, cutoff=45, direction=direction)
        within = (expected >= 0) & (expected <= 45 * 60_000)
        found = np.full(expected.shape, -1, dtype=np.int64)
        pairs = times.ms.tocoo()
        found[pairs.row, pairs.col] = pairs.data
        assert np.array_equal(found, np.where(within, expected, -1))
        nearest = np.where(expected < 0, 2**60, expected).min(axis=0)
        assert np.array_equal(times.nearest_ms, np.where(nearest == 2**60, -1, nearest))


def test_a_place_at_exactly_the_cutoff_is_inside():
    """T itself is within reach."""
    line = gpd.GeoDataFrame(
        {"speed_kmh": [60.0]}, index=["r"], geometry=[LineString([(44, 33), (44.5, 33)])], crs=4326
    )
    network = br.build_network(line)
    exact = network.forward_ms[0] / 60_000
    ends = points([44.0], [33.0], "site_id", "s"), points([44.5], [33.0], "community_id", "d")
    assert br.reach(br.travel_times(network, *ends, cutoff=exact), minutes=exact)["covered"].all()
    below = (network.forward_ms[0] - 1) / 60_000
    assert not br.reach(br.travel_times(network, *ends, cutoff=below), minutes=below)[
        "covered"
    ].any()


def test_mobilising_is_added_to_every_time():
    """Ten minutes to get going are ten minutes more everywhere."""
    table, sites, demand = random_world(3)
    network = br.build_network(table, off_road_km=3.0)
    plain = br.travel_times(network, sites, demand, cutoff=100)
    later = br.travel_times(network, sites, demand, cutoff=110, mobilise_minutes=10)
    assert np.array_equal(
        plain.ms.toarray() + 600_000 * (plain.ms.toarray() > 0), later.ms.toarray()
    )
    moved = plain.nearest_ms >= 0
    assert np.array_equal(plain.nearest_ms[moved] + 600_000, later.nearest_ms[moved])


def test_off_road_metres_tell_how_far_the_nearest_road_is():
    """A place beyond the range has none."""
    line = gpd.GeoDataFrame(
        index=["r"], geometry=[LineString([(44.19, 33), (44.21, 33)])], crs=4326
    )
    network = br.build_network(line, off_road_km=2)
    demand = points([44.2, 44.2], [33.01, 33.5], "community_id", "d")
    times = br.travel_times(network, points([44.2], [33.0], "site_id", "s"), demand)
    assert times.off_road_m[0] == pytest.approx(GEOD.inv(44.2, 33.0, 44.2, 33.01)[2], abs=5)
    assert np.isnan(times.off_road_m[1])


def test_no_sites_reach_nothing():
    """An empty table of sites is a plan before its first box."""
    table, sites, demand = random_world(5)
    times = br.travel_times(br.build_network(table), sites.iloc[:0], demand)
    reached = br.reach(times, minutes=30)
    assert not reached["covered"].any()
    assert set(reached["reason"]) <= {"ISOLATED", "OFF_ROAD"}


def minutes_of(network, sites, demand):
    """Return the nearest minutes, infinite where there is no way."""
    ms = br.travel_times(network, sites, demand, cutoff=60).nearest_ms
    return np.where(ms < 0, np.inf, ms)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_more_roads_faster_roads_and_more_sites_never_make_a_place_slower(seed, data):
    """The answer is monotone."""
    table, sites, demand = random_world(seed)
    fewer = table.drop(data.draw(st.sampled_from(list(table.index))))
    slower = table.assign(speed_kmh=20.0)
    whole = minutes_of(br.build_network(table), sites, demand)
    assert (whole <= minutes_of(br.build_network(fewer), sites, demand)).all()
    assert (whole <= minutes_of(br.build_network(table), sites.iloc[1:], demand)).all()
    faster = minutes_of(br.build_network(slower.assign(speed_kmh=40.0)), sites, demand)
    assert (faster <= minutes_of(br.build_network(slower), sites, demand)).all()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), at=st.floats(44, 44.25), width=st.floats(0.001, 0.05))
def test_a_closure_never_makes_a_place_faster(seed, at, width):
    """Cutting roads out can only take ways away."""
    table, sites, demand = random_world(seed)
    closed = gpd.GeoDataFrame(geometry=[box(at, 32.9, at + width, 33.4)], index=["c"], crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        try:
            shut = br.build_network(table, closures=closed)
        except br.InputError:
            return
    whole = br.build_network(table)
    assert (minutes_of(whole, sites, demand) <= minutes_of(shut, sites, demand)).all()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_row_order_and_crs_change_no_time(seed):
    """The same places give the same times, however the tables are written."""
    table, sites, demand = random_world(seed)
    network = br.build_network(table)
    times = br.travel_times(network, sites, demand)
    shuffled = br.travel_times(
        br.build_network(table.iloc[::-1]), sites.iloc[::-1], demand.iloc[::-1]
    )
    assert np.array_equal(times.ms.toarray(), shuffled.ms.toarray()[::-1, ::-1])
    mine = br.reach(times, minutes=30)
    theirs = br.reach(shuffled, minutes=30).loc[demand.index]
    assert mine["site_id"].tolist() == theirs["site_id"].tolist()
    projected = br.travel_times(network, sites.to_crs(32638), demand.to_crs(32638))
    assert np.allclose(times.ms.toarray(), projected.ms.toarray(), atol=2)


def test_a_table_without_crs_and_twice_used_ids_are_refused():
    """Times to nowhere are not computed."""
    table, sites, demand = random_world(1)
    network = br.build_network(table)
    with pytest.raises(br.CRSError):
        br.travel_times(network, sites.set_crs(None, allow_override=True), demand)
    with pytest.raises(br.InputError, match="s0"):
        br.travel_times(network, pd.concat([sites, sites]), demand)
