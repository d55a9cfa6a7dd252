"""Times in states of the roads on small networks: every pair, every argument, every refusal."""

import warnings

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

import boxreach as br
from boxreach.network.dividing import divide
from boxreach.network.slowing import restrict
from boxreach.routing.failing import Failures
from boxreach.routing.states import RoadStates

DIRECTIONS = pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])


def draw_roads(random, side=3, step=0.02):
    """Draw a grid of bent roads, a third of them one-way."""
    at = np.stack(np.meshgrid(44 + step * np.arange(side), 33 + step * np.arange(side)), axis=-1)
    at = np.round(at + random.uniform(-0.004, 0.004, at.shape), 7)
    lines = []
    for row, column in np.ndindex(side, side):
        for other in ((row, column + 1), (row + 1, column)):
            if max(other) < side and random.random() < 0.85:
                ends = at[row, column], at[other]
                bend = (ends[0] + ends[1]) / 2 + random.uniform(-0.003, 0.003, 2)
                lines.append(LineString(np.round([ends[0], bend, ends[1]], 7)))
    return gpd.GeoDataFrame(
        {
            "road_class": random.choice(["primary", "track"], len(lines)),
            "oneway": random.choice(["", "", "", "yes", "-1"], len(lines)),
        },
        index=pd.Index([f"r{n}" for n in range(len(lines))], name="road_id"),
        geometry=lines, crs=4326,
    )  # fmt: skip


def draw_places(random, roads, count, name):
    """Draw places on the roads, at their ends, beside them and off them all."""
    lines = roads.geometry.iloc[random.integers(0, len(roads), count)]
    shares = np.where(random.random(count) < 0.2, 0.0, random.random(count))
    xy = np.array([one.interpolate(share, normalized=True).coords[0]
                   for one, share in zip(lines, shares, strict=True)])  # fmt: skip
    xy += random.uniform(-0.002, 0.002, (count, 2)) * (random.random((count, 1)) < 0.5)
    ids = pd.Index([f"{name}{n}" for n in range(count)], name=f"{name}_id")
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*np.round(xy, 7).T), crs=4326, index=ids)


def draw_state(seed):
    """Draw a divided network, sites and demand, and what its features are."""
    random = np.random.default_rng(seed)
    roads = draw_roads(random)
    speeds = br.SpeedModel(junction_s={"primary": 20.0}) if seed % 3 == 0 else br.SpeedModel()
    network = br.build_network(roads, off_road_km=[0.05, 0.3, 0.8][seed % 3], speeds=speeds)
    # Of every other network whole roads may close, along which there are places.
    features = list(roads.index[:5]) if seed % 2 else draw_places(random, roads, 5, "f")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        division = divide(network, features)
    return random, division, draw_places(random, roads, 4, "s"), draw_places(random, roads, 14, "c")


def dense(ms):
    """Return a matrix with -1 where there is no way."""
    found = np.full(ms.shape, -1, np.int64)
    pairs = ms.tocoo()
    found[pairs.row, pairs.col] = pairs.data
    return found


def without(division, features):
    """Return which edges are gone with some features."""
    gone = np.zeros(len(division.network.edges), dtype=bool)
    for one in features:
        gone[division.edges_of(one)] = True
    return gone


@pytest.mark.slow
@DIRECTIONS
@pytest.mark.parametrize("block", range(3))
def test_every_pair_takes_in_a_state_what_it_does_on_a_network_of_that_state(block, direction):
    for seed in range(4 * block, 4 * block + 4):
        random, division, sites, places = draw_state(seed)
        edges = len(division.network.edges)
        slowest = random.uniform(1, 3, edges)
        asked = {"cutoff": float(random.choice([2, 6, 30])), "direction": direction,
                 "mobilise_minutes": float(random.choice([0, 1]))}  # fmt: skip
        states = RoadStates(
            division.network, sites, places, closable=division.closable, slowest=slowest,
            fastest_off_road=1.5, steady=False, **asked,
        )  # fmt: skip
        for turn in range(4):
            gone = without(division, np.flatnonzero(random.random(5) < 0.4))
            slowed = [None, np.ones(edges), slowest, np.where(random.random(edges) < 0.5, 1, 0.9)]
            state = {"gone": gone, "slowed": slowed[turn], "off_road": [1.0, 0.6, 1.5, 1.0][turn]}
            expected = br.travel_times(
                restrict(division.network, **state), sites, places, **asked
            ).ms
            assert np.array_equal(dense(states.times(**state)), dense(expected))


@pytest.mark.slow
@DIRECTIONS
@pytest.mark.parametrize("block", range(2))
def test_steady_states_take_what_networks_without_their_roads_do(block, direction):
    for seed in range(100 + 5 * block, 105 + 5 * block):
        random, division, sites, places = draw_state(seed)
        asked = {"cutoff": 20.0, "direction": direction}
        states = RoadStates(division.network, sites, places, closable=division.closable, **asked)
        usual = br.travel_times(division.network, sites, places, **asked).ms
        assert np.array_equal(dense(states.base), dense(usual))
        assert states.base is states.base
        gone = without(division, np.flatnonzero(random.random(5) < 0.5))
        expected = br.travel_times(restrict(division.network, gone=gone), sites, places, **asked).ms
        assert np.array_equal(dense(states.times(gone=gone)), dense(expected))


@pytest.mark.slow
def test_some_sites_are_told_in_the_order_they_are_asked_for():
    for seed in range(3):
        _, division, sites, places = draw_state(seed)
        states = RoadStates(division.network, sites, places, cutoff=20)
        whole = dense(states.times())
        for asked in ([2, 0], [3], [], [1, 1, 0]):
            rows = np.array(asked, dtype=np.int64)
            assert np.array_equal(dense(states.times(sites=rows)), whole[rows])


def test_a_pair_at_just_the_cutoff_is_inside_and_one_beyond_it_is_not():
    _, division, sites, places = draw_state(1)
    ms = dense(RoadStates(division.network, sites, places, cutoff=60, mobilise_minutes=1).times())
    for limit_ms in np.unique(ms[ms > 60_000])[:12]:
        states = RoadStates(
            division.network, sites, places, cutoff=limit_ms / 60_000, mobilise_minutes=1
        )
        assert np.array_equal(dense(states.times()), np.where(ms <= limit_ms, ms, -1))


def test_states_of_other_sites_share_the_links_of_the_demand():
    random, division, sites, places = draw_state(4)
    one = RoadStates(division.network, sites, places, cutoff=20, closable=division.closable)
    others = draw_places(random, division.network.roads, 3, "o")
    two = RoadStates(division.network, others, places, cutoff=20, beside=one)
    assert two.demand is one.demand
    assert two.states is one.states
    gone = without(division, [0, 2])
    fresh = RoadStates(division.network, others, places, cutoff=20, closable=division.closable)
    assert np.array_equal(dense(two.times(gone=gone)), dense(fresh.times(gone=gone)))


@pytest.mark.slow
@DIRECTIONS
def test_junctions_are_reached_when_networkx_says(direction):
    """From the ends of the chains that sites are linked to, mobilising included."""
    backwards = direction == "demand_to_site"
    for seed in range(5):
        _, division, sites, places = draw_state(seed)
        states = RoadStates(
            division.network, sites, places, cutoff=7, mobilise_minutes=1, direction=direction
        )
        chains = division.network.chains
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(chains.node)))
        ways = zip(chains.tail, chains.head, chains.forward_ms, chains.backward_ms, strict=True)
        arcs = [arc for one, other, there, back in ways
                for arc in ((one, other, there), (other, one, back)) if arc[2] >= 0]  # fmt: skip
        for one, other, ms in sorted(arcs, key=lambda arc: -arc[2]):
            graph.add_edge(*((other, one) if backwards else (one, other)), ms=int(ms))
        links = states.sites.timed(
            states, states.states.table.under(None, None), 1.0, outward=not backwards
        )
        firm = states.sites.firm
        for link, (edge, point) in enumerate(zip(firm.edge, firm.point, strict=True)):
            chain = chains.chain[edge]
            for side, junction in enumerate((chains.tail[chain], chains.head[chain])):
                ms = int(links.ends_ms[link, side])
                known = graph.get_edge_data(("s", point), junction, {"ms": 10**9})["ms"]
                if ms < min(10**9, known):
                    graph.add_edge(("s", point), junction, ms=ms)
        junctions = np.arange(len(chains.node))[::-1]
        found = dense(states.reach(junctions))
        for site in range(len(sites)):
            least = {}
            if ("s", site) in graph:
                least = nx.single_source_dijkstra_path_length(graph, ("s", site), weight="ms")
            expected = [least.get(one, 10**9) + 60_000 for one in junctions]
            assert found[site].tolist() == [ms if ms <= 420_000 else -1 for ms in expected]


# --- what is no state of these roads -------------------------------------------------------------


@pytest.fixture(scope="module")
def limited():
    """States in which two features may close, roads take twice as long, open ground 1.2 times."""
    _, division, sites, places = draw_state(2)
    edges = len(division.network.edges)
    states = RoadStates(
        division.network, sites, places, cutoff=20, closable=without(division, [0, 1]),
        slowest=np.full(edges, 2.0), fastest_off_road=1.2, steady=False,
    )  # fmt: skip
    return states, division


CLOSED = "an edge is gone that may not close"
SLOW = "an edge is slower than the slowest that was named"
GROUND = "open ground is quicker than was named, or not steady"


def said(states, **state):
    """Return what is said of a state, each fault with what to do."""
    try:
        states.times(**state)
    except br.InputError as error:
        return {one.what: one.advice for one in error.faults}
    return {}


def test_a_state_at_the_edge_of_what_was_named_is_one_and_beyond_it_none(limited):
    states, division = limited
    edges = len(division.network.edges)
    inside, outside = without(division, [0, 1]), ~without(division, [0, 1])
    one_slower = np.where(np.arange(edges) == 3, 2.01, 1.0)
    for state in ({}, {"gone": inside}, {"slowed": np.full(edges, 2.0)}, {"off_road": 1.2}):
        assert said(states, **state) == {}
    assert said(states, gone=outside) == {CLOSED: "name it closable"}
    assert said(states, slowed=one_slower) == {SLOW: "give a larger slowest"}
    assert said(states, slowed=np.ones(edges - 1)) == {SLOW: "give a larger slowest"}
    assert said(states, off_road=1.21) == {GROUND: "give fastest_off_road and steady=False"}
    every = said(states, gone=outside, slowed=one_slower, off_road=9.0)
    assert list(every) == [CLOSED, SLOW, GROUND]


def test_nothing_closes_slows_or_differs_where_nothing_was_named():
    _, division, sites, places = draw_state(2)
    edges = len(division.network.edges)
    states = RoadStates(division.network, sites, places, cutoff=20)
    assert said(states, gone=np.zeros(edges, bool), slowed=np.ones(edges), off_road=1.0) == {}
    assert list(said(states, gone=np.arange(edges) == 1)) == [CLOSED]
    assert list(said(states, slowed=np.full(edges, 1.001))) == [SLOW]
    assert list(said(states, off_road=0.9)) == list(said(states, off_road=1.1)) == [GROUND]
    loose = RoadStates(division.network, sites, places, cutoff=20, steady=False)
    assert said(loose, off_road=0.9) == {}
    assert list(said(loose, off_road=1.1)) == [GROUND]


@pytest.mark.parametrize(
    "named",
    [
        {"slowest": np.ones(2)},
        {"fastest_off_road": 11.0},
        {"fastest_off_road": 0.0},
        {"slowest": 0},
    ],
)
def test_arrays_that_do_not_fit_the_network_are_refused_at_once(named):
    _, division, sites, places = draw_state(2)
    if "slowest" in named and np.ndim(named["slowest"]) == 0:
        named = {"slowest": np.zeros(len(division.network.edges))}
    with pytest.raises(br.InputError):
        RoadStates(division.network, sites, places, cutoff=20, **named)


# --- what changes when roads go ------------------------------------------------------------------


@pytest.mark.slow
@DIRECTIONS
@pytest.mark.parametrize("block", range(2))
def test_sites_that_are_not_searched_again_keep_all_their_times(block, direction):
    for seed in range(4 * block, 4 * block + 4):
        _, division, sites, places = draw_state(seed)
        asked = {"cutoff": 8.0, "mobilise_minutes": 1.0, "direction": direction}
        states = RoadStates(division.network, sites, places, closable=division.closable, **asked)
        failures = Failures(states, states.base)
        for feature in range(5):
            edges = division.edges_of(feature)
            expected = dense(states.times(gone=without(division, [feature])))
            rows, ms = failures.rows(edges)
            assert np.array_equal(rows, failures.affected(edges))
            assert np.array_equal(dense(ms), expected[rows])
            others = np.setdiff1d(np.arange(len(sites)), rows)
            assert np.array_equal(dense(states.base)[others], expected[others])
            among = np.array([0, 2])
            some, some_ms = failures.rows(edges, among)
            assert some.tolist() == [one for one in rows if one in among]
            assert np.array_equal(dense(some_ms), expected[some])


@DIRECTIONS
def test_only_sites_whose_quickest_ways_lead_over_a_bridge_are_searched_again(direction):
    """Two towns in a row with a bridge between: who drives over it hangs on where places are."""
    line = [(44 + 0.01 * n, 33) for n in range(7)]
    names = [f"r{n}" for n in range(6)]
    stubs = [(x, 33.004) for x, _ in line]
    roads = gpd.GeoDataFrame(
        {"speed_kmh": 60.0}, index=pd.Index([*names, *(f"x{n}" for n in range(7))], name="road_id"),
        geometry=[LineString(line[n : n + 2]) for n in range(6)]
        + [LineString([one, other]) for one, other in zip(line, stubs, strict=True)],
        crs=4326,
    )  # fmt: skip
    network = br.build_network(roads, off_road_km=0.05)

    def at(*east):
        ids = [f"p{n}" for n in range(len(east))]
        xy = np.array([(44 + 0.01 * one, 33.002) for one in east])
        return gpd.GeoDataFrame(index=ids, geometry=gpd.points_from_xy(*xy.T), crs=4326)

    division = divide(network, names)
    sites = at(0, 2, 4, 6)
    minute = 0.01 * 93.4  # km of a hundredth of a degree here, so minutes at 60 km/h
    asked = {"cutoff": 2 * minute + 0.5, "direction": direction, "closable": division.closable}
    states = RoadStates(division.network, sites, at(1, 3, 5), **asked)
    failures = Failures(states, states.base)
    over = {0: [0], 1: [0, 1], 2: [1, 0], 3: [2], 4: [2, 3], 5: [3]}
    for bridge, expected in over.items():
        found = failures.affected(division.edges_of(bridge)).tolist()
        assert set(found) >= {0, 1} & {*expected} if bridge < 3 else {2, 3} & {*expected}
    # With places in the east alone nobody drives west, but to junctions; far sites stay.
    assert 3 not in failures.affected(division.edges_of(0))
    assert 0 not in failures.affected(division.edges_of(5))
    nobody = failures.times(division.edges_of(0), np.empty(0, np.int64))
    assert nobody.shape == (0, 3)
    assert nobody.dtype == np.int64
