"""Clusters of gaps: each uncovered place in one, each closed from its best spot, by brute force."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from shapely import LineString, Point

import boxreach as br
from boxreach.clusters import spots as spots_module
from boxreach.clusters.division import take_greedily
from boxreach.errors import DataWarning, InputError

pytestmark = pytest.mark.slow

KM = 1 / 100  # of a degree, about


def points(places, index_name, **columns):
    """A table of places given by east and north in hundredths of a degree."""
    index = pd.Index(list(places), name=index_name)
    shapes = [Point(44 + east * KM, 33 + north * KM) for east, north in places.values()]
    return gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs=4326)


def roads(*lines, **columns):
    """Roads at 60 km/h, about a minute a hundredth of a degree."""
    shapes = [LineString([(44 + e * KM, 33 + n * KM) for e, n in line]) for line in lines]
    index = [f"r{number}" for number in range(len(lines))]
    return gpd.GeoDataFrame({"speed_kmh": 60.0} | columns, index=index, geometry=shapes, crs=4326)


LONG = roads([(0, 0), (200, 0)])


def times_on(lines, boxes, places, *, off_road_km=3.0, closures=None, **options):
    network = br.build_network(lines, off_road_km=off_road_km, off_road_kmh=30.0, closures=closures)
    return br.travel_times(network, boxes, places, **{"cutoff": 60} | options)


def two_towns(**options):
    """A box in the west; a town of three places at 100, a larger one of two at 150."""
    places = points(
        {"a": (2, 0), "t1": (95, 0), "t2": (100, 0), "t3": (105, 0),
         "u1": (148, 0), "u2": (150, 0)},
        "community_id",
        name=["A", "West", "Middle", "", "Small", "Great"],
        name_ar=["أ", "غرب", None, "", "", "كبير"],
        governorate="G",
        people=[9.0, 10.0, 40.0, np.nan, 30.0, 70.0],
    )  # fmt: skip
    return times_on(LONG, points({"box": (0, 0)}, "site_id"), places, **options)


def test_two_towns_are_two_clusters_named_after_their_largest_places():
    """Ranked by people, each closed by one box at its best spot."""
    found = br.cluster_gaps(two_towns(), minutes=10)
    table = found.clusters
    assert table.index.tolist() == ["gap-1", "gap-2"]
    assert table.index.name == "cluster_id"
    assert table["name"].tolist() == ["Great", "Middle"]
    assert table["name_ar"].tolist() == ["كبير", ""]
    assert table["governorate"].tolist() == ["G", "G"]
    assert table["largest_id"].tolist() == ["u2", "t2"]
    assert table["people"].tolist() == [100.0, 50.0]
    assert table["places"].tolist() == [2, 3]
    assert table["places_unknown_people"].tolist() == [0, 1]
    assert table["too_far"].tolist() == [2, 3]
    assert table[["off_road", "isolated", "closed"]].to_numpy().sum() == 0
    # From t1 and t3 one box closes the town too; from t2 it is soonest with its people.
    assert table["spot_id"].tolist() == ["u2", "t2"]
    assert table["spot_name"].tolist() == ["Great", "Middle"]
    assert table["people_gained"].tolist() == [100.0, 50.0]
    assert table["people_gained_here"].tolist() == [100.0, 50.0]
    assert table["places_gained"].tolist() == [2, 3]
    assert table.geometry.iloc[0] == Point(44 + 150 * KM, 33)
    assert found.gaps["cluster_id"].to_dict() == {
        "t1": "gap-2", "t2": "gap-2", "t3": "gap-2", "u1": "gap-1", "u2": "gap-1"
    }  # fmt: skip
    assert (found.minutes, found.unit, found.spots, found.spot_step_km) == (10.0, "people", 5, 0.0)


def test_places_are_grouped_by_road_and_not_by_straight_distance():
    """Two places 2 km apart, out of off-road range, on roads that meet only far away."""
    lines = roads([(0, 0), (60, 0), (60, 2), (0, 2)])
    places = points({"south": (20, 0), "north": (20, 2)}, "community_id", people=[5.0, 4.0])
    found = br.cluster_gaps(
        times_on(lines, points({"box": (60, 1)}, "site_id"), places, off_road_km=0.5), minutes=10
    )
    assert found.clusters["places"].tolist() == [1, 1]
    wide = br.cluster_gaps(
        times_on(lines, points({"box": (60, 1)}, "site_id"), places, off_road_km=3.0), minutes=10
    )
    assert wide.clusters["places"].tolist() == [2]


def test_a_larger_gain_in_all_wins_among_the_spots_that_close_a_cluster():
    """The cluster of one place is closed from itself and from half-way; only there others count."""
    places = points({"a": (100, 0), "b": (109, 0), "far": (118, 0)}, "community_id",
                    people=[50.0, 30.0, 20.0])  # fmt: skip
    times = times_on(LONG, points({"box": (0, 0)}, "site_id"), places)
    spots = points({"s1": (104, 0), "s2": (113, 0), "s3": (121, 0)}, "site_id", name="Spot")
    found = br.cluster_gaps(times, minutes=10, spots=spots).clusters
    assert found["places"].tolist() == [2, 1]
    assert found["spot_id"].tolist() == ["s1", "s2"]
    assert found["spot_name"].tolist() == ["Spot", "Spot"]
    assert found["people_gained"].tolist() == [80.0, 50.0]
    assert found["people_gained_here"].tolist() == [80.0, 20.0]


def test_a_spot_that_gains_more_elsewhere_but_closes_only_part_of_a_cluster_is_not_its_spot():
    """Half-way between two clusters a box gains 60, and leaves a place of the second open."""
    where = {"a": (100, 0), "b": (109, 0), "c": (118, 0), "d": (127, 0)}
    places = points(where, "community_id", people=[50.0, 30.0, 30.0, 25.0])
    times = times_on(LONG, points({"box": (0, 0)}, "site_id"), places)
    spots = points({"s1": (104, 0), "s2": (113, 0), "s3": (122, 0)}, "site_id")
    found = br.cluster_gaps(times, minutes=10, spots=spots).clusters
    assert found["spot_id"].tolist() == ["s1", "s3"]
    assert found["people_gained"].tolist() == [80.0, 55.0]


def test_places_without_people_are_grouped_by_number():
    """No people are known: the spot that reaches more places comes first."""
    places = points({f"p{n}": (100 + 8 * n, 0) for n in range(5)}, "community_id")
    found = br.cluster_gaps(
        times_on(LONG, points({"box": (0, 0)}, "site_id"), places), minutes=10
    ).clusters
    assert found["places"].tolist() == [3, 2]
    assert found["people"].tolist() == [0.0, 0.0]
    assert found["places_unknown_people"].tolist() == [3, 2]
    assert found["places_gained"].tolist() == [3, 3]


def test_lines_are_counted_in_their_own_unit():
    """Kilometres of a frontier, and columns named after them."""
    shapes = [LineString([(44 + e * KM, 33), (44 + (e + 1) * KM, 33)]) for e in (100, 101, 150)]
    line = gpd.GeoDataFrame({"km": [0.9, 0.9, 0.9]}, index=list("xyz"), geometry=shapes, crs=4326)
    found = br.cluster_gaps(
        times_on(LONG, points({"box": (0, 0)}, "site_id"), line), minutes=10, people="km"
    )
    assert found.unit == "km"
    assert found.clusters["km"].tolist() == [1.8, 0.9]
    assert found.clusters["km_gained_here"].tolist() == [1.8, 0.9]
    assert {"places_unknown_km", "km_gained"} <= set(found.clusters)
    assert set(found.clusters.geom_type) == {"Point"}


def test_what_no_spot_reaches_is_alone_unless_it_stands_in_the_same_place():
    """The given spot is far from all; its cluster has no spot and no gain, at the largest place."""
    places = points({"a": (100, 0), "b": (100, 0), "c": (101, 0)}, "community_id",
                    people=[5.0, 7.0, 9.0])  # fmt: skip
    times = times_on(LONG, points({"box": (0, 0)}, "site_id"), places)
    spots = points({"s": (190, 0)}, "site_id")
    found = br.cluster_gaps(times, minutes=10, spots=spots)
    table = found.clusters
    assert table["largest_id"].tolist() == ["b", "c"]
    assert table["places"].tolist() == [2, 1]
    assert table["people"].tolist() == [12.0, 9.0]
    assert table["spot_id"].tolist() == ["", ""]
    assert (table[["people_gained", "people_gained_here", "places_gained"]] == 0).all(axis=None)
    assert table.geometry.tolist() == [Point(44 + 100 * KM, 33), Point(44 + 101 * KM, 33)]
    assert found.spots == 1
    assert np.isnan(found.spot_step_km)


def test_where_mobilising_takes_all_the_time_nothing_can_be_gained_and_it_is_said():
    """Every place is uncovered, and no box helps."""
    times = two_towns(mobilise_minutes=20)
    with pytest.warns(DataWarning, match="mobilising alone takes 20 of 10 minutes"):
        found = br.cluster_gaps(times, minutes=10)
    assert found.clusters["places"].tolist() == [1] * 6
    assert found.clusters["people_gained"].sum() == 0
    assert found.clusters["people"].sum() == 159


@pytest.mark.parametrize("mobilise", [9.99, 10])
def test_where_mobilising_leaves_no_way_a_box_still_reaches_where_it_stands(mobilise):
    """T itself is inside."""
    found = br.cluster_gaps(two_towns(mobilise_minutes=mobilise), minutes=10).clusters
    assert found["people_gained"].tolist() == [70.0, 40.0, 30.0, 10.0, 9.0, 0.0]
    assert found["places_gained"].tolist() == [1] * 6


def test_a_place_at_exactly_the_threshold_from_the_spot_is_in_the_cluster():
    """And a millisecond less parts them."""
    times = two_towns()
    ms = times.from_sites(points({"s": (95, 0)}, "site_id")).ms.toarray()[0, 2]
    spots = points({"s": (95, 0)}, "site_id")
    for limit_ms, places in ((ms, 2), (ms - 1, 1)):
        found = br.cluster_gaps(times, minutes=limit_ms / 60_000, spots=spots)
        assert found.clusters["places_gained"].max() == places


def test_the_direction_of_the_times_is_that_of_the_boxes_that_are_tried():
    """A one-way road out of a: towards the box only a reaches b."""
    lines = roads([(100, 0), (108, 0)], [(0, 0), (1, 0)], oneway=["yes", "no"])
    places = points({"a": (100, 0), "b": (108, 0)}, "community_id", people=[1.0, 1.0])
    box = points({"box": (0, 0)}, "site_id")
    for direction, spot in (("site_to_demand", "a"), ("demand_to_site", "b")):
        times = times_on(lines, box, places, direction=direction)
        assert br.cluster_gaps(times, minutes=10).clusters["spot_id"].tolist() == [spot]


def test_closed_places_are_counted_by_their_reason_and_reached_from_within():
    """A box beyond the closure reaches them."""
    shut = gpd.GeoDataFrame(index=["c"], geometry=[Point(44 + 4 * KM, 33)], crs=4326)
    places = points({"a": (8, 0), "b": (9, 0)}, "community_id", people=[1.0, 2.0])
    found = br.cluster_gaps(
        times_on(LONG, points({"box": (0, 0)}, "site_id"), places, closures=shut), minutes=10
    ).clusters
    assert found["closed"].tolist() == [2]
    assert found["people_gained"].tolist() == [3.0]


def test_where_everything_is_covered_there_is_no_cluster():
    """The tables are empty and have their columns."""
    found = br.cluster_gaps(two_towns(cutoff=300), minutes=300)
    full = br.cluster_gaps(two_towns(), minutes=10)
    assert len(found.clusters) == len(found.gaps) == found.spots == 0
    assert list(found.clusters) == list(full.clusters)
    assert list(found.gaps) == list(full.gaps)


def test_ids_of_clusters_sort_as_they_rank():
    """Ten clusters and more have leading zeros."""
    places = points({f"p{n}": (80 + 10 * n, 0) for n in range(12)}, "community_id", people=1.0)
    found = br.cluster_gaps(
        times_on(LONG, points({"box": (0, 0)}, "site_id"), places), minutes=5
    ).clusters
    assert found.index.tolist() == sorted(found.index)
    assert found.index[[0, -1]].tolist() == ["gap-01", "gap-12"]
    assert found["largest_id"].tolist() == sorted(places.index)


def test_the_tables_that_were_given_stay_as_they_are():
    """Also where their columns have the names of results."""
    times = two_towns()
    spots = points({"s": (100, 0)}, "site_id", people=3.0, cluster_id="mine")
    before = times.demand.copy(), spots.copy()
    br.cluster_gaps(times, minutes=10, spots=spots)
    pd.testing.assert_frame_equal(times.demand, before[0])
    pd.testing.assert_frame_equal(spots, before[1])


@pytest.mark.parametrize(
    ("values", "said"),
    [(["x"] * 6, "numbers"), ([1.0, -1.0, 1, 1, 1, 1], "below 0"), ([np.inf] * 6, "infinite")],
)
def test_people_that_are_no_numbers_are_refused(values, said):
    """By the name of the column."""
    times = two_towns()
    times.demand["people"] = values
    with pytest.raises(InputError, match=said):
        br.cluster_gaps(times, minutes=10)


def test_all_that_is_wrong_with_the_call_is_said_at_once():
    """A column that is not there, and spots whose ids repeat."""
    spots = points({"s": (100, 0), "t": (101, 0)}, "site_id").set_axis(["s", "s"])
    with pytest.raises(InputError, match="2 faults") as caught:
        br.cluster_gaps(two_towns(), minutes=10, spots=spots, people="peple")
    assert "did you mean people" in str(caught.value)
    with pytest.raises(InputError, match="no row"):
        br.cluster_gaps(two_towns(), minutes=10, spots=spots.iloc[:0])


# --- by brute force --------------------------------------------------------------------------


@st.composite
def situations(draw):
    """A small network, a box or two, places with known, zero and unknown people, and spots."""
    size = 4
    at = [(east * 6, north * 6) for east in range(size) for north in range(size)]
    ways = [(a, b) for a in at for b in at if a < b and abs(a[0] - b[0]) + abs(a[1] - b[1]) == 6]
    lines = draw(st.lists(st.sampled_from(ways), min_size=4, max_size=len(ways), unique=True))
    place = st.tuples(st.integers(0, 20), st.integers(0, 20))
    # Few different amounts, so that there are ties.
    people = st.sampled_from([0.0, 1.0, 2.0, 2.0, 5.0, np.nan])
    where = draw(st.lists(place, min_size=1, max_size=14))
    ids = draw(st.permutations([f"p{n}" for n in range(len(where))]))
    places = points(
        dict(zip(ids, where, strict=True)),
        "community_id",
        people=draw(st.lists(people, min_size=len(where), max_size=len(where))),
    )
    boxes = draw(st.lists(place, min_size=1, max_size=2))
    boxes = points({f"b{n}": one for n, one in enumerate(boxes)}, "site_id")
    times = times_on(
        roads(*lines, oneway=draw(st.sampled_from(["yes", "no"]))),
        boxes,
        places,
        off_road_km=draw(st.sampled_from([0.5, 3.0])),
        mobilise_minutes=draw(st.sampled_from([0.0, 1.0])),
        direction=draw(st.sampled_from(["site_to_demand", "demand_to_site"])),
    )
    spots = None
    if draw(st.booleans()):
        given_spots = draw(st.lists(place, min_size=1, max_size=6))
        spots = points({f"s{n}": one for n, one in enumerate(given_spots)}, "site_id")
    return times, spots, draw(st.sampled_from([3.0, 6.0, 12.0]))


def newly_reached(times, spots, minutes):
    """Return the uncovered ids that a box at each spot reaches, asked of `reach` box by box."""
    gaps = br.gaps(times, minutes=minutes)
    table = gaps if spots is None else spots
    reached, ms = {}, {}
    for one in sorted(table.index):
        alone = gpd.GeoDataFrame(
            index=pd.Index(["new"], name="site_id"), geometry=[table.geometry[one]], crs=4326
        )
        both = pd.concat([times.sites[["geometry"]], alone])
        now = br.reach(times.from_sites(both), minutes=minutes)
        reached[one] = {two for two in gaps.index if now.loc[two, "covered"]}
        row = times.from_sites(alone).ms.toarray()[0]
        ms[one] = dict(zip(times.demand.index, row, strict=True))
    return reached, ms


def divide_slowly(reached, people):
    """Return the greedy division: ids of each piece that a spot takes."""
    left = set(people)
    pieces = []
    while True:
        gain = {s: (sum(people[p] for p in r & left), len(r & left)) for s, r in reached.items()}
        best = min(gain, key=lambda s: (-gain[s][0], -gain[s][1], s))
        if not gain[best][1]:
            return pieces, left
        pieces.append(reached[best] & left)
        left -= reached[best]


@settings(max_examples=25, deadline=None)
@given(situations())
def test_division_spots_and_gains_are_those_of_brute_force(situation):
    """The greedy pieces, the best spot of each by enumeration, gains by `reach` with the box."""
    times, spots, minutes = situation
    found = br.cluster_gaps(times, minutes=minutes, spots=spots)
    gaps = br.gaps(times, minutes=minutes)
    pd.testing.assert_frame_equal(found.gaps.drop(columns="cluster_id"), gaps)
    if gaps.empty:
        assert found.clusters.empty
        return
    people = gaps["people"].fillna(0.0).to_dict()
    reached, ms = newly_reached(times, spots, minutes)
    pieces, alone = divide_slowly(reached, people)
    members = {
        cluster: set(rows.index) for cluster, rows in found.gaps.groupby("cluster_id", sort=False)
    }
    assert set(members) == set(found.clusters.index)
    where = gaps.geometry.to_wkt()
    alone = {frozenset(p for p in alone if where[p] == spot) for spot in {where[p] for p in alone}}
    expected = {frozenset(piece) for piece in pieces} | alone
    assert {frozenset(one) for one in members.values()} == expected
    for cluster, row in found.clusters.iterrows():
        piece = members[cluster]
        assert row["places"] == len(piece)
        assert row["people"] == sum(people[p] for p in piece)
        assert row["places_unknown_people"] == gaps["people"].isna()[list(piece)].sum()
        assert row["largest_id"] == min(piece, key=lambda p: (-people[p], p))
        if frozenset(piece) in alone:
            assert (row["spot_id"], row["people_gained"], row["places_gained"]) == ("", 0, 0)
            assert row["people_gained_here"] == 0
            continue
        score = {
            s: (-sum(people[p] for p in r & piece), -len(r & piece), -sum(people[p] for p in r),
                -len(r), sum(people[p] * ms[s][p] for p in piece & r),
                sum(ms[s][p] for p in piece & r), s)
            for s, r in reached.items()
        }  # fmt: skip
        best = min(score, key=score.get)
        assert row["spot_id"] == best
        assert row["people_gained"] == -score[best][2]
        assert row["places_gained"] == -score[best][3]
        assert row["people_gained_here"] == -score[best][0] == row["people"]
    ranked = [(-r["people"], -r["places"], r["largest_id"]) for _, r in found.clusters.iterrows()]
    assert ranked == sorted(ranked)
    if pieces:
        # A cluster that no spot closes may have more people; of the others the first is the most.
        closable = found.clusters[found.clusters["spot_id"] != ""]
        most = max(sum(people[p] for p in r) for r in reached.values())
        assert closable["people"].iloc[0] == closable["people_gained"].max() == most
    for reason in ("TOO_FAR", "OFF_ROAD", "ISOLATED", "CLOSED"):
        counted = {one: sum(gaps["reason"][p] == reason for p in members[one]) for one in members}
        assert found.clusters[reason.lower()].to_dict() == counted


@settings(max_examples=15, deadline=None)
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(situation, shuffler):
    """Of demand, sites and spots."""
    times, spots, minutes = situation

    def shuffle(table):
        rows = list(range(len(table)))
        shuffler.shuffle(rows)
        return table.iloc[rows]

    other = br.travel_times(
        times.network,
        shuffle(times.sites),
        shuffle(times.demand),
        mobilise_minutes=times.mobilise_minutes,
        direction=times.direction,
    )
    one = br.cluster_gaps(times, minutes=minutes, spots=spots)
    two = br.cluster_gaps(other, minutes=minutes, spots=None if spots is None else shuffle(spots))
    pd.testing.assert_frame_equal(one.clusters, two.clusters)
    pd.testing.assert_frame_equal(one.gaps.sort_index(), two.gaps.sort_index())


@settings(max_examples=15, deadline=None)
@given(situations())
def test_a_further_spot_gains_no_fewer_people_at_best(situation):
    """More spots to compare: the best of them is no worse."""
    times, _, minutes = situation
    spots = points({f"s{n}": (n * 3, n * 2) for n in range(6)}, "site_id")
    best = [
        br.cluster_gaps(times, minutes=minutes, spots=spots.iloc[:count]).clusters["people_gained"]
        for count in (1, 3, 6)
    ]
    best = [one.max() if len(one) else 0.0 for one in best]
    assert best == sorted(best)


# --- many places -----------------------------------------------------------------------------


@pytest.fixture
def few_spots(monkeypatch):
    """Thin out as if there were many places."""
    monkeypatch.setattr(spots_module, "_MOST_SPOTS", 12)
    monkeypatch.setattr(spots_module, "_MOST_MORE", 6)
    monkeypatch.setattr(spots_module, "_MOST_AROUND", 4)


def crowd(count=150, seed=3):
    """Places beside a grid of roads, far from the box."""
    random = np.random.default_rng(seed)
    lines = roads(*[[(0, n), (60, n)] for n in range(0, 61, 10)],
                  *[[(n, 0), (n, 60)] for n in range(0, 61, 10)])  # fmt: skip
    where = {f"p{n:03d}": tuple(one) for n, one in enumerate(random.uniform(0, 60, (count, 2)))}
    places = points(where, "community_id", people=random.integers(0, 500, count).astype(float))
    return times_on(lines, points({"box": (-300, 0)}, "site_id"), places, off_road_km=6.0)


@pytest.mark.parametrize("minutes", [2, 8, 20])
def test_of_many_places_each_is_still_in_a_cluster_that_a_box_can_close(few_spots, minutes):
    """Whatever the grid left out is reached from some spot, or is one."""
    times = crowd()
    found = br.cluster_gaps(times, minutes=minutes)
    assert found.spot_step_km >= 1
    assert 12 < found.spots <= 150
    assert found.clusters["places"].sum() == 150
    assert (found.clusters["spot_id"] != "").all()
    assert found.clusters["people_gained_here"].sum() == times.demand["people"].sum()
    for spot, gained in found.clusters.set_index("spot_id")["people_gained"].iloc[:5].items():
        alone = times.from_sites(times.demand.loc[[spot]])
        reached = br.reach(alone, minutes=minutes)
        assert reached.loc[reached["covered"], "people"].sum() == gained


def test_of_many_places_the_best_spot_is_sought_around_the_best_of_the_grid(few_spots, monkeypatch):
    """Which is better than the best of the grid alone, and no better than the best of all."""
    times = crowd(seed=5)
    refined = br.cluster_gaps(times, minutes=6).clusters["people_gained"].max()
    monkeypatch.setattr(spots_module, "_ROUNDS", 0)
    thinned = br.cluster_gaps(times, minutes=6).clusters["people_gained"].max()
    monkeypatch.setattr(spots_module, "_MOST_SPOTS", 1000)
    every = br.cluster_gaps(times, minutes=6)
    assert (every.spots, every.spot_step_km) == (150, 0.0)
    assert thinned < refined <= every.clusters["people_gained"].max()


def test_many_places_in_another_order_are_thinned_alike(few_spots):
    """Squares hang on the places, not on their order."""
    times = crowd()
    demand = times.demand.iloc[::-1]
    other = br.travel_times(times.network, times.sites, demand)
    one, two = (br.cluster_gaps(each, minutes=8) for each in (times, other))
    pd.testing.assert_frame_equal(one.clusters, two.clusters)


def test_many_places_are_not_tried_where_mobilising_takes_all_the_time(few_spots):
    """It would never end."""
    times = crowd()
    late = br.travel_times(times.network, times.sites, times.demand, mobilise_minutes=30)
    with pytest.warns(DataWarning, match="mobilising"):
        assert len(br.cluster_gaps(late, minutes=8).clusters) == 150


def test_one_place_per_square_remains_the_most_populous_and_of_equals_the_first():
    """Three squares of 1 km, two places in each but one."""
    lon = 44 + np.array([0, 0.001, 0.011, 0.012, 0.025])
    lat = np.full(5, 33.0)
    kept, step_km = spots_module._thin(lon, lat, np.array([1.0, 2.0, 3.0, 3.0, 0.0]), 3)
    assert (kept.tolist(), step_km) == ([1, 2, 4], 1.0)
    assert spots_module._thin(lon, lat, np.ones(5), 5)[1] == 0.0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_looking_only_at_what_may_be_best_takes_what_looking_at_all_takes(seed):
    """Many spots and places with broken amounts: the same spots in the same order."""
    random = np.random.default_rng(seed)
    spots, places = random.integers(1, 25), random.integers(1, 60)
    dense = random.random((spots, places)) < random.choice([0.05, 0.2, 0.5])
    weights = np.where(random.random(places) < 0.2, 0.0, random.integers(0, 20, places) / 4)
    cluster, taken = take_greedily(csr_array(dense.astype(np.int64)), weights)
    open_, expected, order = np.ones(places, dtype=bool), np.full(places, -1), []
    while True:
        gains = [(-weights[row & open_].sum(), -(row & open_).sum(), n)
                 for n, row in enumerate(dense)]  # fmt: skip
        _, count, best = min(gains)
        if not count:
            break
        expected[dense[best] & open_] = len(order)
        open_ &= ~dense[best]
        order.append(best)
    assert taken.tolist() == order
    assert cluster.tolist() == expected.tolist()


# --- the demo --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo():
    """The embedded plan and its network."""
    data = br.load_demo()
    return data, br.build_network(data.roads, off_road_km=10, off_road_kmh=20)


def test_the_demo_says_where_most_people_are_left_out(demo):
    """Towns first that a planner knows, each figure the sum of its places."""
    data, network = demo
    times = br.travel_times(network, data.boxes, data.communities)
    found = br.cluster_gaps(times, minutes=30)
    assert found.clusters["name"].iloc[:4].tolist() == ["Baghdad", "Erbil", "Basra", "Karbala"]
    gaps = found.gaps.groupby("cluster_id")
    assert gaps["people"].sum().equals(found.clusters["people"])
    assert gaps.size().equals(found.clusters["places"])
    spot = found.clusters.loc["gap-02", "spot_id"]
    box = data.communities.loc[[spot], ["geometry"]].rename_axis("site_id")
    more = br.reach(times.from_sites(pd.concat([data.boxes[["geometry"]], box])), minutes=30)
    before = br.reach(times, minutes=30)
    gained = more.loc[more["covered"] & ~before["covered"], "people"].sum()
    assert gained == found.clusters.loc["gap-02", "people_gained"]


@pytest.mark.slow
def test_the_cells_of_the_demo_add_up_and_the_best_spot_is_best_of_all(demo, monkeypatch):
    """8,207 cells, thinned: the first clusters are those found when every cell is a spot."""
    data, network = demo
    times = br.travel_times(network, data.boxes, data.cells)
    thinned = br.cluster_gaps(times, minutes=30)
    assert thinned.spot_step_km > 0
    assert thinned.clusters["people"].sum() == pytest.approx(thinned.gaps["people"].sum())
    monkeypatch.setattr(spots_module, "_MOST_SPOTS", 10**6)
    every = br.cluster_gaps(times, minutes=30)
    assert every.spots == len(every.gaps)
    columns = ["largest_id", "people", "spot_id", "people_gained"]
    assert (
        thinned.clusters[columns].iloc[:10].to_numpy().tolist()
        == every.clusters[columns].iloc[:10].to_numpy().tolist()
    )
