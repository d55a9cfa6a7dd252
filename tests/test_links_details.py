"""How sites and demand are linked to a network, and when sites arrive: on small networks."""

import warnings
from dataclasses import fields, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.crs import point_distances_m
from boxreach.network import NOT_REACHED, UNKNOWN, find_access, network_from_arrays
from boxreach.network.legs import LONGEST_MS
from boxreach.routing import arriving, beside, node_times, travel_times
from boxreach.routing.arriving import FEWEST_PLACES, find_arrivals
from boxreach.routing.beside import along_chains, straight_ways
from boxreach.routing.kernels import FAR
from boxreach.routing.linked import best_labels, no_access, put_points, read_labels, take_points
from boxreach.routing.search import Ways

DIRECTIONS = pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])


def dense(ms):
    """Return a matrix with -1 where there is no way."""
    found = np.full(ms.shape, -1, np.int64)
    pairs = ms.tocoo()
    found[pairs.row, pairs.col] = pairs.data
    return found


def same_arrays(one, other):
    """Compare dataclasses of arrays, to their depths."""
    for field in fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if hasattr(mine, "__dataclass_fields__"):
            same_arrays(mine, theirs)
        else:
            kind = np.asarray(mine).dtype.kind
            assert np.array_equal(mine, theirs, equal_nan=kind == "f"), field.name


def places(table):
    return np.array(table.geometry.x), np.array(table.geometry.y)


@pytest.mark.parametrize("outward", [False, True])
def test_links_are_taken_and_put_back_point_by_point(draw_world, outward):
    for seed in range(3):
        _, network, _, demand = draw_world(300 + seed)
        lon, lat = places(demand)
        whole = find_access(network, lon, lat, outward=outward)
        for kept in ([0, 3, 9], [13], [], list(range(14))):
            at = np.array(kept, np.int64)
            some = find_access(network, lon[at], lat[at], outward=outward)
            if kept:
                same_arrays(take_points(whole, at), some)
                same_arrays(put_points(whole, at, some), whole)
                built = put_points(no_access(14), at, some)
                same_arrays(take_points(built, at), some)
                others = np.setdiff1d(np.arange(14), at)
                if len(others):
                    bare = take_points(built, others)
                    same_arrays(bare, no_access(len(others)))
                    assert len(bare.ways) == len(bare.point) == 0


@DIRECTIONS
def test_some_sites_or_demand_have_the_ways_that_they_have_among_all(draw_world, direction):
    for seed in range(3):
        _, network, sites, demand = draw_world(400 + seed)
        linked = travel_times(network, sites, demand, direction=direction,
                              mobilise_minutes=1)._searched.linked  # fmt: skip
        mine = [
            sorted(zip(*one.beside(400_000), strict=True))
            for one in (
                linked,
                linked.take_sites(np.array([1, 3])),
                linked.take_demand(np.array([0, 5, 6])),
            )
        ]
        number = {1: 0, 3: 1}
        assert mine[1] == sorted((number[s], d, ms) for s, d, ms in mine[0] if s in number)
        number = {0: 0, 5: 1, 6: 2}
        assert mine[2] == sorted((s, number[d], ms) for s, d, ms in mine[0] if d in number)
        assert all(60_000 <= ms <= 400_000 for _, _, ms in mine[0])
        every = np.full(len(demand), FAR)
        for site, row, ms in zip(*linked.beside(np.inf), strict=True):
            every[row] = min(every[row], (ms << 5) + site)
        assert linked.labels_beside(5).tolist() == every.tolist()
        assert (linked.entries.ways[:, 1] - linked.sites.ways[:, 1] == 60_000).all()
        assert (linked.entries.ways[:, 0] == linked.sites.ways[:, 0]).all()


def test_labels_are_read_as_they_are_made():
    labels = np.array([(7 << 3) + 5, FAR, 0, FAR - 1])
    site, ms = read_labels(labels, 3)
    assert site.tolist() == [5, -1, 0, 7]
    assert ms.tolist() == [7, -1, 0, (FAR - 1) >> 3]
    exits = Ways(np.array([0, 2, 2, 3]), np.array([[0, 4], [1, 2], [1, 1]], np.int32))
    found = best_labels(exits, np.array([(1 << 3) + 1, (4 << 3) + 2]), 3)
    assert found.tolist() == [(5 << 3) + 1, FAR, (5 << 3) + 2]
    assert best_labels(exits, np.array([FAR, 5]), 3).tolist() == [(2 << 3) + 5, FAR, (1 << 3) + 5]
    assert best_labels(exits, np.full(2, FAR), 3).tolist() == [FAR] * 3
    none = Ways(np.zeros(3, np.int64), np.empty((0, 2), np.int32))
    assert best_labels(none, np.full(2, FAR), 3).tolist() == [FAR] * 2


@pytest.mark.parametrize("backwards", [False, True])
def test_ways_along_chains_are_the_same_batch_by_batch_and_in_any_order(
    draw_world, backwards, monkeypatch
):
    for seed in range(3):
        _, network, sites, demand = draw_world(500 + seed)
        mine = find_access(network, *places(demand), outward=not backwards)
        theirs = find_access(network, *places(sites), outward=backwards)
        whole = [
            np.concatenate(one)
            for one in zip(
                *along_chains(network, mine, theirs, np.inf, backwards=backwards), strict=True
            )
        ]
        monkeypatch.setattr(beside, "_PAIRS_AT_ONCE", 2)
        parts = list(along_chains(network, mine, theirs, np.inf, backwards=backwards))
        assert len(parts) > 1 or len(whole[0]) < 4
        assert [np.concatenate(one).tolist() for one in zip(*parts, strict=True)] == [
            one.tolist() for one in whole
        ]
        monkeypatch.undo()
        limit_ms = int(np.median(whole[2])) if len(whole[2]) else 5
        some = list(along_chains(network, mine, theirs, limit_ms, backwards=backwards))
        kept = whole[2] <= limit_ms
        assert [np.concatenate(one).tolist() for one in zip(*some, strict=True)] == [
            one[kept].tolist() for one in whole
        ]
        # Of each other they are the same ways.
        turned = [
            np.concatenate(one)
            for one in zip(
                *along_chains(network, theirs, mine, np.inf, backwards=not backwards), strict=True
            )
        ]
        assert sorted(zip(turned[1], turned[0], turned[2], strict=True)) == sorted(
            zip(*whole, strict=True)
        )
        assert whole[2].dtype == np.int64


@pytest.mark.parametrize("backwards", [False, True])
def test_straight_ways_are_those_in_range_and_no_others(draw_world, backwards):
    """A place at just the range is in it; both directions take the same on level ground."""
    _, network, sites, demand = draw_world(600)
    here, there = places(sites), places(demand)
    metres = np.array([point_distances_m(np.full(14, x), np.full(14, y), *there)
                       for x, y in zip(*here, strict=True)])  # fmt: skip
    for range_m in (float(np.median(metres)), float(metres.min()), 1.0, float(metres.max())):
        parameters = {**network.parameters, "off_road_km": range_m / 1000}
        near = network.changed(parameters=parameters)
        site, row, ms = straight_ways(near, here, there, backwards=backwards)
        expected = np.argwhere(metres <= near.off_road_km * 1000)
        assert np.column_stack([site, row]).tolist() == expected.tolist()
        assert ms.tolist() == near.off_road_ms(metres[site, row]).tolist()
    nowhere = np.empty(0), np.empty(0)
    for one, other in ((nowhere, there), (here, nowhere), (nowhere, nowhere)):
        found = straight_ways(network, one, other, backwards=backwards)
        assert [(len(part), part.dtype) for part in found] == [(0, np.int64)] * 3


# --- when sites arrive ---------------------------------------------------------------------------


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("limit_ms", [None, 300_000])
def test_sites_arrive_at_junctions_when_they_do_at_their_nodes(draw_world, backwards, limit_ms):
    for seed in range(3):
        network = draw_world(700 + seed)[1]
        chains = network.chains
        nodes = chains.node[[0, len(chains.node) // 2, -1]]
        lon, lat = network.edges.lon / 1e7, network.edges.lat / 1e7
        near = network.changed(parameters={**network.parameters, "off_road_km": 0.001})
        access = find_access(near, lon[nodes], lat[nodes], outward=not backwards)
        found = find_arrivals(near, access, FEWEST_PLACES, 1_000, limit_ms, backwards=backwards)
        expected = dense(node_times(near, nodes, limit_ms=10**8, backwards=backwards))
        expected = np.where(expected < 0, NOT_REACHED, expected + 1_000)[:, chains.node]
        assert found.ms[:, -1].tolist() == expected.min(axis=0).tolist()
        assert found.ms.shape == (len(chains.node), 1 if limit_ms is None else 4)
        assert found.latest.tolist() == ([NOT_REACHED - 1] if limit_ms is None else
                                         [300_000] * 3 + [NOT_REACHED - 1])  # fmt: skip
        if limit_ms is not None:
            within = np.where(expected <= limit_ms, expected, NOT_REACHED)
            assert found.ms[:, :-1].T.tolist() == within.tolist()
        told = set()
        for spot, (point, off_ms) in enumerate(zip(access.point, access.off_road_ms, strict=True)):
            chain = int(access.spots.chain[spot])
            for column in {found.ms.shape[1] - 1, int(point) if limit_ms is not None else 0}:
                told.add((chain, column, int(off_ms) + 1_000))
        known = {
            (chain, *found.beside[at].tolist())
            for chain in range(len(chains.tail))
            for at in range(found.beside_first[chain], found.beside_first[chain + 1])
        }
        assert known == told


def test_arrivals_are_not_searched_for_where_that_is_not_worth_it(draw_world, monkeypatch):
    _, network, sites, _ = draw_world(700)
    access = find_access(network, *places(sites), outward=True)

    def asked(count=FEWEST_PLACES, limit_ms=300_000, net=network, mobilise_ms=0):
        return find_arrivals(net, access, count, mobilise_ms, limit_ms, backwards=False)

    assert asked(FEWEST_PLACES - 1) is UNKNOWN
    assert asked(FEWEST_PLACES) is not UNKNOWN
    assert FEWEST_PLACES == 1_000
    numbers = len(network.chains.node) * 5
    monkeypatch.setattr(arriving, "_MOST_NUMBERS", numbers)
    assert asked() is not UNKNOWN
    monkeypatch.setattr(arriving, "_MOST_NUMBERS", numbers - 1)
    assert asked() is UNKNOWN
    assert asked(limit_ms=None) is not UNKNOWN
    monkeypatch.undo()
    for name in ("forward_ms", "backward_ms"):
        for longest, known in ((LONGEST_MS + 1, False),):
            ms = getattr(network.chains, name).copy()
            ms[2] = longest
            slow = network.changed(chains=replace(network.chains, **{name: ms}))
            assert (asked(net=slow) is not UNKNOWN) is known
    assert asked(mobilise_ms=NOT_REACHED) is UNKNOWN


@DIRECTIONS
def test_a_thousand_places_have_the_times_that_each_has_alone(draw_world, direction):
    """Links by which no site comes first are left out, and found where closures ask for them."""
    random, network, sites, _ = draw_world(800)
    xy = np.round(np.column_stack([random.uniform(43.999, 44.026, 1_000),
                                   random.uniform(32.999, 33.026, 1_000)]), 7)  # fmt: skip
    ids = pd.Index([f"c{n}" for n in range(1_000)], name="community_id")
    many = gpd.GeoDataFrame(index=ids, geometry=gpd.points_from_xy(*xy.T), crs=4326)
    times = travel_times(network, sites, many, cutoff=4, direction=direction)
    assert not times._searched.known.any()
    few = many.iloc[::25]
    alone = travel_times(network, sites, few, cutoff=4, direction=direction)
    assert alone._searched.known.all()
    at = np.arange(0, 1_000, 25)
    assert np.array_equal(dense(times.ms)[:, at], dense(alone.ms))
    assert times.nearest_ms[at].tolist() == alone.nearest_ms.tolist()
    assert times.nearest_site[at].tolist() == alone.nearest_site.tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        line = network.roads.geometry.iloc[2]
        closures = gpd.GeoDataFrame(index=["x"], geometry=[line.centroid], crs=4326)
        one, other = times.under(closures), alone.under(closures)
    assert np.array_equal(dense(one.ms)[:, at], dense(other.ms))
    assert one.nearest_ms[at].tolist() == other.nearest_ms.tolist()


def test_a_network_of_one_road_is_enough():
    network, number = network_from_arrays(
        np.array([44.0, 44.01]), np.full(2, 33.0), np.array([0]), np.array([1]),
        np.array([600]), np.array([-1]),
    )  # fmt: skip
    assert number.tolist() == [0, 1]
    both = gpd.GeoDataFrame(index=["a", "b"], geometry=gpd.points_from_xy([44, 44.01], [33, 33]),
                            crs=4326)  # fmt: skip
    network = network.changed(parameters={**network.parameters, "off_road_km": 0.1})
    assert dense(travel_times(network, both, both).ms).tolist() == [[0, 600], [-1, 0]]
