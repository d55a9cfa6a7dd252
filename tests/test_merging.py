"""What merging promises: demand that shares its links is searched once, and no answer changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import boxreach as br
from boxreach.routing.merging import merge_rows
from boxreach.routing.search import Ways


def ways_of(rows):
    """Return ways of rows given as lists of junction and milliseconds."""
    first = np.append(0, np.cumsum([len(one) for one in rows]))
    flat = [way for one in rows for way in one]
    return Ways(first, np.array(flat, dtype=np.int32).reshape(-1, 2))


def test_rows_of_the_same_ways_are_one_and_others_stay_apart():
    """Junctions and milliseconds must both be the same; a row with other ways stays alone."""
    rows = [[(1, 50), (2, 70)], [(1, 50)], [(1, 50), (2, 70)], [], [(1, 51)], [], [(1, 50)]]
    alone = np.array([False] * 6 + [True])
    groups, merging = merge_rows(ways_of(rows), alone, 0.0)
    assert groups.group.tolist() == [0, 1, 0, 2, 3, 2, 4]
    assert (merging.rows, merging.searched, merging.largest_change_minutes) == (7, 5, 0.0)
    assert groups.ways(ways_of(rows)).ways.tolist() == [[1, 50], [2, 70], [1, 50], [1, 51], [1, 50]]


def test_a_row_that_stays_alone_stands_for_no_other():
    """Not even for rows without ways, of which there are many far from all roads."""
    rows = [[], [], [(1, 5)], [(1, 5)], []]
    alone = np.array([True, False, True, False, False])
    groups, merging = merge_rows(ways_of(rows), alone, 0.0)
    assert groups.group.tolist() == [0, 1, 2, 3, 1]
    assert merging.searched == 4


def test_what_may_differ_is_told_as_it_does():
    """Rows less than so many minutes apart are one, and the largest difference is said."""
    rows = [[(1, 60_000), (2, 3)], [(1, 75_000), (2, 9)], [(1, 121_000), (2, 3)], [(1, 60_000)]]
    groups, merging = merge_rows(ways_of(rows), np.zeros(4, bool), 1.0)
    assert groups.group.tolist() == [0, 0, 1, 2]
    assert merging.largest_change_minutes == 0.25
    assert merging.allowed_minutes == 1.0


def test_times_stand_in_the_order_of_the_rows():
    """However groups are mixed, so that answers of the same times are the same bytes."""
    rows = [[(1, 5)], [(2, 5)], [(1, 5)], [(3, 5)], [(2, 5)], [(1, 5)]] * 30
    groups, _ = merge_rows(ways_of(rows), np.zeros(180, dtype=bool), 0.0)
    given = csr_array(np.array([[7, 8, 9], [0, 6, 0], [5, 0, 4]]))
    found = groups.spread(given)
    assert all((np.diff(found[[row]].indices) > 0).all() for row in range(3))
    assert (found.toarray() == given.toarray()[:, groups.group]).all()


def test_times_of_groups_are_those_of_all_their_rows():
    """Each row gets the column of its group, zeros kept."""
    groups, _ = merge_rows(ways_of([[(1, 5)], [(2, 5)], [(1, 5)]]), np.zeros(3, bool), 0.0)
    found = groups.spread(csr_array((np.array([0, 7]), [0, 1], [0, 1, 2]), shape=(2, 2)))
    assert found.shape == (2, 3)
    pairs = found.tocoo()
    assert sorted(zip(pairs.row, pairs.col, pairs.data, strict=True)) == [
        (0, 0, 0), (0, 2, 0), (1, 1, 7),
    ]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**9), minutes=st.sampled_from([0.0, 0.2, 1.0, 5.0]))
def test_no_time_changes_by_more_than_is_said(draw_towns, place_points, seed, minutes):
    """With 0 not by a millisecond; else at most by what the times say of themselves."""
    _, roads, sites, demand = draw_towns(seed)
    xy = np.column_stack([demand.geometry.x, demand.geometry.y])
    far = np.random.default_rng(seed).uniform((43.9, 32.9), (44.2, 33.2), (30, 2))
    demand = place_points(
        np.random.default_rng(seed).permutation(np.vstack([xy, xy[::3], far])), "d"
    )
    network = br.build_network(roads, off_road_km=float(seed % 4 + 1) / 2)
    merged = br.travel_times(network, sites, demand, cutoff=90, merge_minutes=minutes)
    most_ms = round(merged.merging.largest_change_minutes * 60_000)
    for at in range(seed % 21, len(demand), 21):
        alone = br.travel_times(network, sites, demand.iloc[[at]], cutoff=90)
        mine, own = merged.ms[:, [at]].tocoo(), alone.ms.tocoo()
        if not minutes:
            assert sorted(mine.coords[0]) == sorted(own.coords[0])
        shared = dict(zip(own.coords[0], own.data, strict=True))
        found = dict(zip(mine.coords[0], mine.data, strict=True))
        for site in {*shared} | {*found}:
            apart = abs(shared.get(site, 90 * 60_000) - found.get(site, 90 * 60_000))
            assert apart <= most_ms
        assert (merged.nearest_ms[at] < 0) == (alone.nearest_ms[0] < 0)
        assert abs(merged.nearest_ms[at] - alone.nearest_ms[0]) <= most_ms
    assert merged.merging.rows == len(demand)
    assert merged.merging.searched <= len(demand)
    assert merged.merging.largest_change_minutes <= minutes
    assert merged.parameters["merge_minutes"] == minutes


@pytest.mark.parametrize("minutes", [-1, 6, float("nan"), "1", None])
def test_minutes_out_of_range_are_refused(minutes, draw_towns):
    """The message says from where to where."""
    _, roads, sites, demand = draw_towns(1)
    with pytest.raises(br.InputError, match="from 0 to 5"):
        br.travel_times(br.build_network(roads), sites, demand, merge_minutes=minutes)


def test_the_order_of_rows_changes_no_time(draw_towns, place_points):
    """Also of rows off all roads, some of them near a site; who is covered has minutes."""
    random, roads, sites, demand = draw_towns(5)
    xy = np.column_stack([demand.geometry.x, demand.geometry.y])
    far = random.uniform((44.2, 33.1), (44.6, 33.5), (60, 2))
    demand = place_points(np.vstack([xy, far]), "d")
    sites = place_points(np.vstack([far[:2] + 0.005, (44.0, 33.0)]), "s")
    network = br.build_network(roads, off_road_km=3.0)
    whole = br.travel_times(network, sites, demand)
    order = random.permutation(len(demand))
    mixed = br.travel_times(network, sites, demand.iloc[order])
    assert np.array_equal(whole.ms.toarray()[:, order], mixed.ms.toarray())
    reached = br.reach(whole, minutes=30)
    assert (reached["covered"] == (reached["minutes"] <= 30)).all()
