"""Travel times on small networks: arguments, more and fewer sites, other closures, links."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPoint, Point

import boxreach as br
from boxreach.errors import RoutingError
from boxreach.routing import NEVER, changed_times, travel_times
from boxreach.routing.linked import take_points

DIRECTIONS = pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
QUIET = pytest.mark.filterwarnings("ignore::boxreach.DataWarning")


def draw_closures(random, network):
    """Draw closed points and slowed stretches of roads."""
    whole = network.lifted or network
    shapes, factors = [], []
    for _ in range(int(random.integers(1, 4))):
        line = whole.roads.geometry.iloc[random.integers(len(whole.edges))]
        one, other = (line.interpolate(random.random(), normalized=True) for _ in range(2))
        slows = random.random() < 0.4
        shapes.append(LineString([one, other]) if slows else one)
        factors.append(0.5 if slows else np.nan)
    ids = pd.Index([f"x{n}" for n in range(len(shapes))], name="closure_id")
    return gpd.GeoDataFrame({"speed_factor": factors}, index=ids, geometry=shapes, crs=4326)


def dense(ms):
    """Return a matrix with -1 where there is no way."""
    found = np.full(ms.shape, -1, np.int64)
    pairs = ms.tocoo()
    found[pairs.row, pairs.col] = pairs.data
    return found


def assert_same(found, expected):
    """Compare all that travel times say."""
    assert np.array_equal(dense(found.ms), dense(expected.ms))
    assert found.ms.nnz == expected.ms.nnz
    for name in ("nearest_site", "nearest_ms", "lifted_ms", "off_road_ms"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist(), name
    assert np.array_equal(found.off_road_m, expected.off_road_m, equal_nan=True)
    assert found.sites.equals(expected.sites)
    assert found.demand.equals(expected.demand)
    assert found.parameters == expected.parameters
    assert found.cutoff_minutes == expected.cutoff_minutes


# --- other closures ------------------------------------------------------------------------------


@pytest.mark.slow
@QUIET
@DIRECTIONS
@pytest.mark.parametrize("block", range(3))
def test_times_and_labels_under_other_closures_are_those_of_a_whole_search(
    draw_world, block, direction
):
    for seed in range(4 * block, 4 * block + 4):
        random, network, sites, places = draw_world(seed)
        asked = {"cutoff": float(random.choice([3, 20])), "direction": direction,
                 "mobilise_minutes": float(random.choice([0, 1]))}  # fmt: skip
        times = travel_times(network, sites, places, **asked)
        for turn in range(3):
            before = times
            closures = None if turn == 1 and seed % 2 else draw_closures(random, network)
            times = times.under(closures)
            fresh = travel_times(times.network, sites, places, **asked)
            assert_same(times, fresh)
            mine, theirs = times._searched, fresh._searched
            assert mine.labels.tolist() == theirs.labels.tolist()
            assert mine.bits == theirs.bits
            known = np.flatnonzero(mine.known)
            assert np.array_equal(
                take_points(mine.linked.demand, known).ways,
                take_points(theirs.linked.demand, known).ways,
            )
            assert np.array_equal(mine.linked.sites.ways, theirs.linked.sites.ways)
            assert before._searched.knowing(np.flatnonzero(before._searched.known)) is (
                before._searched
            )


@pytest.mark.slow
@QUIET
@DIRECTIONS
def test_times_that_were_given_are_searched_for_when_closures_change(draw_world, direction):
    """Of times whose search was not kept, the same comes out."""
    for seed in range(3):
        random, network, sites, places = draw_world(100 + seed)
        times = travel_times(network, sites, places, direction=direction, mobilise_minutes=1)
        bare = replace(times)
        assert "_searched" not in bare.__dict__
        kept = replace(times)._searched
        some = kept.knowing(np.array([0, 2]))
        assert not kept.known.any()
        assert np.flatnonzero(some.known).tolist() == [0, 2]
        assert some.knowing(np.array([2])) is some
        closures = draw_closures(random, network)
        assert_same(bare.under(closures), times.under(closures))
        assert bare._searched.labels.tolist() == times._searched.labels.tolist()


@QUIET
@DIRECTIONS
def test_closures_change_nothing_where_there_are_no_sites_or_no_places(draw_world, direction):
    random, network, sites, places = draw_world(5)
    closures = draw_closures(random, network)
    for one, other in ((sites.iloc[:0], places), (sites, places.iloc[:0])):
        times = travel_times(network, one, other, direction=direction).under(closures)
        assert times.ms.shape == (len(one), len(other))
        assert times.ms.nnz == 0
        assert times.nearest_ms.tolist() == [NEVER] * len(other)


@QUIET
def test_closures_are_in_force_on_their_days(draw_world):
    random, network, sites, places = draw_world(1)
    closures = draw_closures(random, network).assign(start="2026-03-01", end="2026-03-31")
    times = travel_times(network, sites, places)
    for day in (date(2026, 3, 5), "2026-05-05"):
        found = times.under(closures, on=day)
        assert_same(found, travel_times(network.without(closures, on=day), sites, places))
    assert times.under(closures, on="2026-05-05").network.lifted is not None
    assert times.under(None).parameters["closures_given"] == 0
    assert np.array_equal(times.under(closures, on="2026-03-05").lifted_ms, times.nearest_ms)


def test_rows_of_a_matrix_are_replaced_by_others_longer_or_shorter():
    from scipy.sparse import csr_array

    old = np.array([[1, 0, 2], [0, 0, 3], [4, 5, 6], [0, 0, 0], [7, 0, 0]])
    new = np.array([[0, 0, 0], [8, 9, 0], [0, 1, 1]])
    for at in ([0, 1, 2], [0, 3, 4], [2, 3, 4], [1, 2, 4]):
        expected = old.copy()
        expected[at] = new
        found = changed_times._put_rows(csr_array(old), np.array(at), csr_array(new))
        assert found.toarray().tolist() == expected.tolist()
        assert found.nnz == np.count_nonzero(expected)
        assert found.indptr.dtype == found.indices.dtype


# --- more and fewer sites ------------------------------------------------------------------------


@pytest.mark.slow
@QUIET
@DIRECTIONS
@pytest.mark.parametrize("block", range(2))
def test_more_and_fewer_sites_are_as_if_they_had_been_there_from_the_start(
    draw_world, block, direction
):
    """Ties by id, under closures or not, merged rows or not; down to none."""
    for seed in range(4 * block, 4 * block + 4):
        random, network, sites, places = draw_world(200 + seed)
        if seed % 2:
            network = network.without(draw_closures(random, network))
        asked = {"cutoff": 12.0, "direction": direction, "mobilise_minutes": 0.5,
                 "merge_minutes": [0.0, 0.0, 0.0, 0.3][seed % 4]}  # fmt: skip
        twins = sites.rename({one: f"{'az'[n % 2]}{one}" for n, one in enumerate(sites.index)})
        more = twins.iloc[:3].rename_axis(index="site_id")
        every = pd.concat([sites, more])
        times = travel_times(network, sites, places, **asked)
        assert_same(times.with_sites(more), travel_times(network, every, places, **asked))
        whole = travel_times(network, every, places, **asked)
        for lost in (sites.index[:2], more.index, every.index[::2], every.index, []):
            left = every[~every.index.isin(lost)]
            assert_same(whole.without_sites(lost), travel_times(network, left, places, **asked))
        assert_same(times.from_sites(more), travel_times(network, more, places, **asked))


def test_ids_that_cannot_be_added_or_dropped_are_told_all_at_once(draw_world):
    _, network, sites, places = draw_world(2)
    times = travel_times(network, sites, places)

    def told(call, given):
        with pytest.raises(br.InputError) as error:
            call(given)
        return [(one.what, one.file, one.advice) for one in error.value.faults]

    twice = [f"the id {one!r} stands twice" for one in sites.index]
    assert [one[0] for one in told(times.with_sites, sites)] == twice
    assert {one[1:] for one in told(times.with_sites, sites)} == {
        ("sites", "give sites with ids of their own")
    }
    assert [one[0] for one in told(times.without_sites, ["y", "s0", 3])] == [
        "there is no site 'y'", "there is no site 3",
    ]  # fmt: skip
    assert told(times.without_sites, "s0")[0][0] == "ids is 's0'"
    assert len(times.without_sites(iter(["s0"])).sites) == len(sites) - 1


# --- arguments -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(draw_world):
    _, network, sites, places = draw_world(3)
    return network, sites, places


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"cutoff": 0}, ["cutoff is 0"]), ({"cutoff": 1440.01}, ["cutoff is 1440.01"]),
        ({"cutoff": "9"}, ["cutoff is '9'"]), ({"cutoff": float("nan")}, ["cutoff is nan"]),
        ({"mobilise_minutes": 5, "cutoff": 5}, ["mobilise_minutes is 5"]),
        ({"mobilise_minutes": -0.1}, ["mobilise_minutes is -0.1"]),
        ({"mobilise_minutes": 1440, "cutoff": "x"}, ["cutoff is 'x'", "mobilise_minutes is 1440"]),
        ({"mobilise_minutes": 1439, "cutoff": "x"}, ["cutoff is 'x'"]),
        ({"merge_minutes": 5.01}, ["merge_minutes is 5.01"]),
        ({"merge_minutes": -1}, ["merge_minutes is -1"]),
        ({"progress": 3}, ["progress is 3"]), ({"direction": "up"}, ["direction is 'up'"]),
        ({"direction": "up", "cutoff": 0, "merge_minutes": 9, "progress": "x"},
         ["direction is 'up'", "cutoff is 0", "merge_minutes is 9", "progress is 'x'"]),
    ],
)  # fmt: skip
def test_arguments_that_will_not_do_are_told_together(small, asked, said):
    with pytest.raises(br.InputError) as error:
        travel_times(*small, **asked)
    assert [one.what for one in error.value.faults] == said


@pytest.mark.parametrize("asked", [{"cutoff": 1440}, {"cutoff": 0.01}, {"merge_minutes": 5},
                                   {"mobilise_minutes": 4.99, "cutoff": 5}])  # fmt: skip
def test_arguments_at_their_ends_will_do(small, asked):
    times = travel_times(*small, **asked)
    for name, given in asked.items():
        kept = times.cutoff_minutes if name == "cutoff" else times.parameters[name]
        assert kept == given
        assert isinstance(kept, float)


def test_tables_are_checked_for_what_they_are_to_be(small):
    network, sites, places = small
    lines = gpd.GeoDataFrame(
        index=["l"], geometry=[LineString([(44, 33), (44, 33.002), (44.01, 33.002)])], crs=4326
    )
    middle = lines.geometry.iloc[0].interpolate(0.5, normalized=True)
    point = gpd.GeoDataFrame(index=["l"], geometry=[middle], crs=4326)
    found, expected = (travel_times(network, sites, one) for one in (lines, point))
    near = np.abs(found.nearest_ms - expected.nearest_ms)
    assert near.max() < 5_000
    with pytest.raises(br.InputError, match="sites"):
        travel_times(network, lines, places)
    shapes = gpd.GeoDataFrame(index=["m"], geometry=[MultiPoint([(44, 33), (44.1, 33)])], crs=4326)
    with pytest.raises(br.InputError, match="demand"):
        travel_times(network, sites, shapes)
    with pytest.raises(br.InputError, match="network"):
        travel_times(sites, sites, places)
    none = travel_times(network, sites.iloc[:0], places)
    assert (none.nearest_site == -1).all()
    assert (none.nearest_ms == NEVER).all()
    assert travel_times(network, sites, places.iloc[:0]).ms.shape == (4, 0)


@pytest.mark.parametrize("shape", [None, Point(), Point(np.nan, 33.0), Point(44.0, np.inf)])
def test_a_row_that_has_no_place_is_not_searched_for(small, shape):
    from boxreach.routing.times import places_of

    rows = gpd.GeoDataFrame(
        index=pd.Index(["a", "b"], name="id"), geometry=[Point(44, 33), shape], crs=4326
    )
    with pytest.raises(RoutingError, match=r"by id has no place"):
        places_of(rows)
    lon, lat = places_of(rows.iloc[:1])
    assert (lon.tolist(), lat.tolist()) == ([44.0], [33.0])
    assert [len(one) for one in places_of(rows.iloc[:0])] == [0, 0]


def test_progress_is_told_of_sites_and_answers_do_not_change(small):
    network, sites, places = small
    told = []
    one = travel_times(network, sites, places, progress=lambda *said: told.append(said))
    assert told == [("travel times", 4, 4)]
    assert_same(one, travel_times(network, sites, places))


def test_parameters_say_what_was_assumed(small):
    network, sites, places = small
    times = travel_times(network, sites, places, mobilise_minutes=2, merge_minutes=1,
                         direction="demand_to_site")  # fmt: skip
    assert times.parameters == {
        **network.parameters, "mobilise_minutes": 2.0, "direction": "demand_to_site",
        "merge_minutes": 1.0,
    }  # fmt: skip
    assert (times.merging.rows, times.merging.allowed_minutes) == (14, 1.0)
    assert travel_times(network, sites, places, cutoff=7).cutoff_minutes == 7


def test_a_place_near_a_site_in_open_country_lends_its_time_to_no_other(draw_world):
    """Neither has a way by road, and both are searched for; one drives straight."""
    _, network, sites, _ = draw_world(3)
    lonely = gpd.GeoDataFrame(index=["s"], geometry=[Point(45, 34)], crs=4326)
    rows = gpd.GeoDataFrame(
        index=["near", "far", "farther"],
        geometry=[Point(45.0002, 34), Point(46, 34), Point(46, 35)], crs=4326,
    )  # fmt: skip
    times = travel_times(network, pd.concat([sites, lonely]), rows)
    assert times.nearest_site.tolist() == [4, -1, -1]
    assert times.ms.nnz == 1
    assert (times.merging.rows, times.merging.searched) == (3, 2)


def test_the_backup_is_the_second_by_time_and_then_by_id(small):
    network, sites, places = small
    twin = sites.iloc[[0]].rename({sites.index[0]: "a"})
    every = pd.concat([sites, twin]).rename_axis(index="site_id")
    times = travel_times(network, every, places, cutoff=15)
    ms = dense(times.ms)
    ids = np.array(every.index)
    for column in range(len(places)):
        order = sorted((took, ids[row], row) for row, took in enumerate(ms[:, column]) if took >= 0)
        site, backup_ms = (one[column] for one in times.backup)
        if order:
            assert (times.nearest_ms[column], times.nearest_site[column]) == order[0][::2]
        assert (backup_ms, site) == (order[1][::2] if len(order) > 1 else (NEVER, -1))
