"""Times of which only what changed is computed anew equal those of a full computation.

A hundred random changes by default, two thousand with ``-m heavy``.
"""

import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiLineString, Point, box

import boxreach as br
from boxreach.network import load_network, save_network
from boxreach.network.graph import Stretches, assemble
from boxreach.routing import travel_times

pytestmark = pytest.mark.slow

STEP = 0.004


def draw_road(random, width, step_degrees):
    """Draw a road over the crossings of a grid, so that roads share vertices within them."""
    here = random.integers(0, width, 2)
    places = [here]
    for _ in range(random.integers(1, 6)):
        step = random.integers(-2, 3, 2)
        if step.any():
            places.append(places[-1] + step)
    if len(places) < 2:
        places.append(here + np.array([1, 0]))
    return LineString([(44 + x * step_degrees * 1.3, 33 + y * step_degrees) for x, y in places])


def draw_streets(random, width, step_degrees):
    """Draw roads from one end of a world to the other, that all meet: what is far hangs on them."""
    lines = []
    for _ in range(int(random.integers(1, 5))):
        level = random.integers(0, width)
        across = [(x, level) for x in range(width)]
        upright = random.integers(0, width)
        lines += [across, [(upright, y) for y in range(width)]]
    return [
        LineString([(44 + x * step_degrees * 1.3, 33 + y * step_degrees) for x, y in line])
        for line in lines
    ]


def world(random):
    """Draw a network, sites and places, many of which lie off the roads."""
    width, most = (9, 25) if random.random() < 0.4 else (30, 150)
    scale = 1 if width == 9 else int(random.choice([1, 3, 8]))
    count = int(random.integers(2, most))
    lines = [draw_road(random, width, scale * STEP) for _ in range(count)]
    if random.random() < 0.6:
        lines += draw_streets(random, width, scale * STEP)
    count = len(lines)
    roads = gpd.GeoDataFrame(
        {
            "road_class": random.choice(["trunk", "primary", "track", "residential"], count),
            "oneway": random.choice(["", "", "", "yes", "-1"], count),
        },
        index=pd.Index([f"r{n}" for n in range(count)], name="road_id"),
        geometry=lines,
        crs=4326,
    )
    sites = points(random, width * scale, "s", int(random.integers(1, 7)), "site_id")
    # So many that they go through the sieve, now and then.
    places = points(random, width * scale, "c", int(random.choice([6, 30, 90])), "community_id")
    if len(places) > 8:
        places.iloc[3, 0] = sites.geometry.iloc[0]
        places.iloc[4, 0] = places.geometry.iloc[5]
    rivers = None
    if random.random() < 0.3:
        shores = random.uniform(*corners(width * scale), (2, 2))
        rivers = gpd.GeoDataFrame(geometry=[LineString(shores)], crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        network = br.build_network(
            roads, off_road_km=float(random.choice([0.3, 0.6, 2.0])), rivers=rivers
        )
    return network, sites, places


def valley(random):
    """Draw two long roads that meet now and then, sites at one end: what is far hangs on both."""
    far, step = 24, 8 * STEP
    meets = [0, *sorted(random.choice(np.arange(3, far - 2), 3, replace=False).tolist()), far - 1]
    lines = [[(x, y) for x in range(far)] for y in (0, 3)]
    lines += [[(x, 0), (x, 3)] for x in meets]
    lines += [[(x, 0), (x, -2)] for x in random.integers(0, far, 4).tolist()]
    roads = gpd.GeoDataFrame(
        {"road_class": random.choice(["trunk", "primary", "track"], len(lines))},
        index=pd.Index([f"r{n}" for n in range(len(lines))], name="road_id"),
        geometry=[LineString([(44 + x * step, 33 + y * step) for x, y in line]) for line in lines],
        crs=4326,
    )
    network = br.build_network(roads, off_road_km=0.3)
    edges = network.roads.geometry
    tables = []
    for letter, name, count, ends in (("s", "site_id", 4, (0, 0.2)),
                                      ("c", "community_id", 40, (0, 1))):  # fmt: skip
        places = []
        while len(places) < count:
            line = edges.iloc[random.integers(len(edges))]
            at = line.interpolate(random.uniform(), normalized=True)
            if ends[0] <= (at.x - 44) / (far * step) <= ends[1]:
                places.append(Point(round(at.x, 7), round(at.y + random.uniform(0, 0.002), 7)))
        ids = pd.Index([f"{letter}{n}" for n in random.permutation(count)], name=name)
        tables.append(gpd.GeoDataFrame(index=ids, geometry=places, crs=4326))
    return network, *tables


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
        pytest.param(range(6), id="quick"),
        pytest.param(range(6, 700), id="all", marks=[pytest.mark.slow, pytest.mark.heavy]),
    ],
)
FEW = [
    pytest.param(range(4), id="quick"),
    pytest.param(range(4, 120), id="all", marks=[pytest.mark.slow, pytest.mark.heavy]),
]
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


@QUIET
@pytest.mark.parametrize("seeds", FEW)
def test_what_is_far_from_a_closure_and_hangs_on_it_is_computed_anew(seeds):
    """Sites far from it are searched from again, and far places have another nearest site."""
    moved = np.zeros(2, dtype=int)
    for seed in seeds:
        random = np.random.default_rng([seed, 4])
        network, sites, places = valley(random)
        options = draw_options(random) | {"cutoff": float(random.choice([60, 240]))}
        times = travel_times(network, sites, places, **options)
        for _ in range(2):
            before, closures = times, draw_closures(random, network)
            closed = without(network, closures)
            times = times.under(closures)
            assert_same(times, travel_times(closed, sites, places, **options))
            moved += (before.ms != times.ms).nnz > 0, (before.nearest_ms != times.nearest_ms).any()
    assert (moved > len(seeds)).all()


def no_closures():
    return gpd.GeoDataFrame(geometry=[], crs=4326)


def draw_options(random):
    return {
        "cutoff": float(random.choice([3, 6, 10, 60])),
        "direction": str(random.choice(["site_to_demand", "demand_to_site"])),
        "mobilise_minutes": float(random.choice([0, 1])),
    }


@QUIET
@CASES
def test_more_and_fewer_sites_give_the_times_of_all_that_are_there(seeds):
    """Under closures or not, with ties, and down to none at all."""
    for seed in seeds:
        random = np.random.default_rng([seed, 2])
        network, sites, places = world(random)
        if random.random() < 0.5:
            network = without(network, draw_closures(random, network)) or network
        options = draw_options(random)
        more = points(random, 12, "m", int(random.integers(1, 4)), "site_id")
        if random.random() < 0.5:
            more.iloc[0, 0] = sites.geometry.iloc[0]
        every = pd.concat([sites, more])
        times = travel_times(network, sites, places, **options).with_sites(more)
        assert_same(times, travel_times(network, every, places, **options))
        lost = random.choice(every.index, random.integers(0, len(every) + 1), replace=False)
        left = every[~every.index.isin(lost)]
        fewer = times.without_sites(lost)
        assert_same(fewer, travel_times(network, left, places, **options))


def test_ids_that_stand_twice_and_ids_of_no_site_are_refused():
    """All of them at once."""
    network, sites, places = world(np.random.default_rng(3))
    times = travel_times(network, sites, places)
    with pytest.raises(br.InputError, match="stands twice"):
        times.with_sites(sites)
    with pytest.raises(br.InputError, match=r"'z'[^y]*'y'"):
        times.without_sites(["z", "y", sites.index[0]])
    with pytest.raises(br.InputError, match="ids is 's1'"):
        times.without_sites("s1")


def test_a_network_keeps_the_closures_it_was_given_on_disk_too(tmp_path):
    """Ids, columns and shapes, also of those that are out of force; none where there are none."""
    network, _, _ = world(np.random.default_rng(8))
    assert network.closures is None
    closures = gpd.GeoDataFrame(
        {"until_date": ["2020-01-01", ""], "speed_factor": [np.nan, 0.5], "reason": ["flood", ""]},
        index=pd.Index(["a", "b"], name="closure_id"),
        geometry=[network.roads.geometry.iloc[0].centroid, network.roads.geometry.iloc[-1]],
        crs=4326,
    )
    closed = network.without(closures, on="2024-01-01")
    loaded = load_network(save_network(closed, tmp_path))
    for one in (closed.closures, loaded.closures):
        assert list(one.index) == ["a", "b"]
        assert list(one["until_date"]) == ["2020-01-01", ""]
        assert one.geometry.geom_equals(closures.geometry).all()
    assert loaded.closures["speed_factor"].tolist()[1] == 0.5
    assert closed.without(no_closures()).closures is None
    again = loaded.without(loaded.closures, on="2024-01-01")
    assert again.edges.forward_ms.tolist() == closed.edges.forward_ms.tolist()
    assert load_network(save_network(network, tmp_path)).closures is None


def test_what_no_closure_touches_keeps_its_numbers():
    """Nodes, junctions and chains that were there before; only edges count on."""
    random = np.random.default_rng(9)
    network, _, _ = world(random)
    closed = network.without(draw_closures(random, network))
    old, new = network.chains, closed.chains
    stays = np.flatnonzero(np.diff(new.first)[: len(old.tail)])
    assert 0 < len(stays) < len(old.tail)
    for name in ("tail", "head", "forward_ms", "backward_ms"):
        assert np.array_equal(getattr(new, name)[stays], getattr(old, name)[stays])
    assert np.array_equal(new.node[: len(old.node)], old.node)
    assert np.array_equal(closed.edges.lon[: network.node_count], network.edges.lon)
