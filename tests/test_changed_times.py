"""Times of which only what changed is computed anew equal those of a full computation.

A few hundred random changes by default, two thousand with ``-m heavy``.
"""

import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, box

import boxreach as br
from boxreach.network.graph import Stretches, assemble
from boxreach.routing import travel_times

STEP = 0.004


def draw_road(random, width):
    """Draw a road over the crossings of a grid, so that roads share vertices within them."""
    here = random.integers(0, width, 2)
    places = [here]
    for _ in range(random.integers(1, 6)):
        step = random.integers(-2, 3, 2)
        if step.any():
            places.append(places[-1] + step)
    if len(places) < 2:
        places.append(here + np.array([1, 0]))
    return LineString([(44 + x * STEP * 1.3, 33 + y * STEP) for x, y in places])


def world(random):
    """Draw a network, sites and places, many of which lie off the roads."""
    width, most = (9, 25) if random.random() < 0.5 else (30, 150)
    count = int(random.integers(2, most))
    roads = gpd.GeoDataFrame(
        {
            "road_class": random.choice(["trunk", "primary", "track", "residential"], count),
            "oneway": random.choice(["", "", "", "yes", "-1"], count),
        },
        index=pd.Index([f"r{n}" for n in range(count)], name="road_id"),
        geometry=[draw_road(random, width) for _ in range(count)],
        crs=4326,
    )
    sites = points(random, width, "s", int(random.integers(1, 7)), "site_id")
    # So many that they go through the sieve, now and then.
    places = points(random, width, "c", int(random.choice([6, 30, 90])), "community_id")
    if len(places) > 8:
        places.iloc[3, 0] = sites.geometry.iloc[0]
        places.iloc[4, 0] = places.geometry.iloc[5]
    rivers = None
    if random.random() < 0.3:
        shores = random.uniform(*corners(width), (2, 2))
        rivers = gpd.GeoDataFrame(geometry=[LineString(shores)], crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        network = br.build_network(
            roads, off_road_km=float(random.choice([0.3, 0.6, 2.0])), rivers=rivers
        )
    return network, sites, places


def corners(width):
    """Return where the roads of a world lie, and a little more."""
    return [43.99, 32.99], [44.01 + width * STEP * 1.3, 33.01 + width * STEP]


def points(random, width, letter, count, name, first=0):
    """Draw points with ids in any order."""
    places = np.round(random.uniform(*corners(width), (count, 2)), 7)
    index = pd.Index([f"{letter}{n + first}" for n in random.permutation(count)], name=name)
    return gpd.GeoDataFrame(index=index, geometry=gpd.points_from_xy(*places.T), crs=4326)


def draw_closures(random, network):
    """Draw closures of all kinds, most of them on a road."""
    count = int(random.choice([1, 1, 1, 2, 4]))
    whole = network.lifted or network
    shapes, ids = [], []
    for _ in range(count):
        line = whole.roads.geometry.iloc[random.integers(len(whole.edges))]
        at = line.interpolate(random.uniform(), normalized=True)
        kind = random.integers(5)
        size = random.uniform(0.0003, 0.006, 2)
        shape = [
            at,
            Point(*line.coords[0]),
            LineString([at, line.interpolate(random.uniform(), normalized=True)]),
            box(at.x - size[0], at.y - size[1], at.x + size[0] / 3, at.y + size[1]),
            MultiLineString([line]),
        ][kind]
        if kind == 2 and shape.length == 0:
            shape = at
        shapes.append(shape)
        ids.append(whole.road_ids(np.array([0]))[0] if random.random() < 0.05 else "")
    factors = np.where(random.random(count) < 0.3, random.choice([0.3, 0.5, 0.9], count), np.nan)
    return gpd.GeoDataFrame(
        {"speed_factor": factors, "road_id": ids},
        index=pd.Index([f"x{n}" for n in range(count)], name="closure_id"),
        geometry=shapes,
        crs=4326,
    )


def assembled_anew(network):
    """Return the same network with closures, its roads put in order and joined from the start."""
    if network.lifted is None:
        return network
    left, _, order = assemble(network.edges, network.attributes, network.parameters)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    kept = network.stretches
    stretches = Stretches(kept.edge, kept.start, kept.end, kept.slowed, rank[kept.piece])
    return replace(network, edges=left.edges, chains=left.chains, stretches=stretches,
                   attributes=left.attributes)  # fmt: skip


def without(network, closures):
    """Return the network under closures, and None if none of its roads stays open."""
    try:
        return network.without(closures)
    except br.InputError:
        return None


def assert_same(found, expected):
    """Compare every array of travel times."""
    one, other = (times.ms.sorted_indices() for times in (found, expected))
    assert one.shape == other.shape
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("nearest_site", "nearest_ms", "lifted_ms", "off_road_ms"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name
    assert np.array_equal(found.off_road_m, expected.off_road_m, equal_nan=True)
    assert list(found.sites.index) == list(expected.sites.index)
    assert found.parameters == expected.parameters
    assert found.cutoff_minutes == expected.cutoff_minutes


CASES = pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(60), id="quick"),
        pytest.param(range(60, 700), id="all", marks=[pytest.mark.slow, pytest.mark.heavy]),
    ],
)
QUIET = pytest.mark.filterwarnings("ignore::boxreach.DataWarning")


@QUIET
@CASES
def test_a_closed_network_has_the_times_of_one_put_together_anew(seeds):
    """Chains that no closure touches keep their numbers; no time tells."""
    for seed in seeds:
        random = np.random.default_rng(seed)
        network, sites, places = world(random)
        closed = without(network, draw_closures(random, network))
        if closed is None:
            continue
        options = {
            "cutoff": float(random.choice([3, 10, 60])),
            "direction": str(random.choice(["site_to_demand", "demand_to_site"])),
        }
        found = travel_times(closed, sites, places, **options)
        expected = travel_times(assembled_anew(closed), sites, places, **options)
        assert_same(found, expected)
        check_numbers(closed)


def check_numbers(network):
    """Check that edges, chains, nodes and junctions of a network fit each other."""
    chains, edges = network.chains, network.edges
    count = np.diff(chains.first)
    assert chains.first[-1] == len(edges) == len(network.attributes)
    assert np.array_equal(chains.chain, np.repeat(np.arange(len(count)), count))
    assert np.array_equal(chains.junction[chains.node], np.arange(len(chains.node)))
    inner = np.flatnonzero(chains.junction < 0)
    begin = np.where(chains.along, edges.tail, edges.head)
    finish = np.where(chains.along, edges.head, edges.tail)
    assert np.array_equal(begin[chains.begins[inner]], inner)
    whole = np.flatnonzero(count)
    first, last = chains.first[whole], chains.first[whole + 1] - 1
    assert np.array_equal(chains.junction[begin[first]], chains.tail[whole])
    assert np.array_equal(chains.junction[finish[last]], chains.head[whole])
    within = np.setdiff1d(np.arange(len(edges)), first)
    assert np.array_equal(begin[within], finish[within - 1])
    for first, arcs, there, back in (
        (chains.out_first, chains.out_arcs, chains.forward_ms, chains.backward_ms),
        (chains.in_first, chains.in_arcs, chains.backward_ms, chains.forward_ms),
    ):
        found = {
            (one, *arcs[at].tolist())
            for one in range(len(first) - 1)
            for at in range(first[one], first[one + 1])
        }
        ways = np.concatenate([np.stack([chains.tail, chains.head, there], axis=1),
                               np.stack([chains.head, chains.tail, back], axis=1)])  # fmt: skip
        ways = ways[(ways[:, 2] >= 0) & (ways[:, 0] != ways[:, 1])]
        assert found == set(map(tuple, ways.tolist()))
        assert first[-1] == len(ways)


@QUIET
@CASES
def test_times_under_other_closures_equal_those_computed_anew(seeds):
    """From none to some, on to others, to none, and to others again."""
    for seed in seeds:
        random = np.random.default_rng([seed, 1])
        network, sites, places = world(random)
        if random.random() < 0.3:
            network = without(network, draw_closures(random, network)) or network
        options = draw_options(random)
        times = travel_times(network, sites, places, **options)
        for _ in range(3):
            closures = None if random.random() < 0.15 else draw_closures(random, network)
            closed = (network.lifted or network) if closures is None else without(network, closures)
            if closed is None:
                continue
            if closures is None:
                closed = closed.without(no_closures())
            times = times.under(closures)
            assert_same(times, travel_times(closed, sites, places, **options))
            check_numbers(times.network)


def no_closures():
    return gpd.GeoDataFrame(geometry=[], crs=4326)


def draw_options(random):
    return {
        "cutoff": float(random.choice([3, 6, 10, 60])),
        "direction": str(random.choice(["site_to_demand", "demand_to_site"])),
        "mobilise_minutes": float(random.choice([0, 1])),
    }
